"""MinimalRNN with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Chen, "MinimalRNN: toward more interpretable and trainable recurrent neural networks", 2017,
arXiv:1711.06788

    (1)  z_z[t] = W_x x[t] + b_z
    (2)  z[t] = tanh(z_z[t])
    (3)  z_u[t] = U_h h[t−1] + U_z z[t] + b_u
    (4)  u[t] = sigmoid(z_u[t])
    (5)  h[t] = u[t] ∘ h[t−1] + (1 − u[t]) ∘ z[t]
    (6)  z_y[t] = W_hy h[t] + b_y
    (7)  y_hat[t] = softmax(z_y[t])
    (8)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_x   (H, I)     parameter: trained
    b_z   (H)        parameter: trained
    U_h   (H, H)     parameter: trained
    U_z   (H, H)     parameter: trained
    b_u   (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    z: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    u: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_x: np.ndarray   # (H, I)     gradient: with respect to W_x
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dU_h: np.ndarray   # (H, H)     gradient: with respect to U_h
    dU_z: np.ndarray   # (H, H)     gradient: with respect to U_z
    db_u: np.ndarray   # (H)        gradient: with respect to b_u
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_x,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    U_h,   # (H, H)     parameter: trained
    U_z,   # (H, H)     parameter: trained
    b_u,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    T, B, I = x.shape
    H = h0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_x", W_x, (H, I), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("U_h", U_h, (H, H), dtype)
    _check("U_z", U_z, (H, H), dtype)
    _check("b_u", b_u, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    z = np.empty((T, B, H), dtype)
    u = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        # (1) z_z[t] = W_x x[t] + b_z
        np.matmul(x.reshape(T * B, I), W_x.T, out=z.reshape(T * B, H))
        for t in range(T):
            # (1) z_z[t] = W_x x[t] + b_z
            np.add(z[t], b_z, out=z[t])
            # (2) z[t] = tanh(z_z[t])
            np.tanh(z[t], out=z[t])
        for t in range(T):
            # (3) z_u[t] = U_h h[t−1] + U_z z[t] + b_u
            np.matmul(h[t], U_h.T, out=u[t])
            np.matmul(z[t], U_z.T, out=_B_H)
            np.add(u[t], _B_H, out=u[t])
            np.add(u[t], b_u, out=u[t])
            # (4) u[t] = sigmoid(z_u[t])
            _sigmoid(u[t], out=u[t])
            # (5) h[t] = u[t] ∘ h[t−1] + (1 − u[t]) ∘ z[t]
            np.multiply(u[t], h[t], out=_B_H)
            np.subtract(1.0, u[t], out=_B_H_1)
            np.multiply(_B_H_1, z[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
        # (6) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (6) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (7) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (8) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (8) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(h=h, y_hat=y_hat, z=z, u=u, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_x,    # (H, I)         parameter: trained
    U_h,    # (H, H)         parameter: trained
    U_z,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z,      # (T, B, H)      saved: kept for the backward pass
    u,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_x.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_x", W_x, (H, I), dtype)
    _check("U_h", U_h, (H, H), dtype)
    _check("U_z", U_z, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("z", z, (T, B, H), dtype)
    _check("u", u, (T, B, H), dtype)

    dW_x = np.empty((H, I), dtype)
    db_z = np.empty((H,), dtype)
    dU_h = np.empty((H, H), dtype)
    dU_z = np.empty((H, H), dtype)
    db_u = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    du = np.empty((B, H), dtype)
    dz_u = np.empty((T, B, H), dtype)
    dz = np.empty((T, B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (10) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ u[t+1] + U_hᵀ z̄_u[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (21) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (22) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ u[t+1] + U_hᵀ z̄_u[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (12) ū[t] = h̄[t] ∘ h[t−1] − h̄[t] ∘ z[t]
            np.multiply(dh[t], h[t], out=du)
            np.multiply(dh[t], z[t], out=_B_H)
            np.subtract(du, _B_H, out=du)
            # (13) z̄_u[t] = ū[t] ∘ u[t] ∘ (1 − u[t])
            np.multiply(du, u[t], out=dz_u[t])
            np.subtract(1.0, u[t], out=_B_H)
            np.multiply(dz_u[t], _B_H, out=dz_u[t])
            # (11) what step t gives to h of earlier steps: h̄[t] ∘ u[t] + U_hᵀ z̄_u[t]
            np.matmul(dz_u[t], U_h, out=carry_h)
            np.multiply(dh[t], u[t], out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (14) z̄[t] = h̄[t] ∘ (1 − u[t]) + U_zᵀ z̄_u[t]
        np.matmul(dz_u.reshape(T * B, H), U_z, out=dz.reshape(T * B, H))
        # (18) Ū_h += z̄_u[t] h[t−1]ᵀ
        np.matmul(dz_u.reshape(T * B, H).T, h[0:T].reshape(T * B, H), out=dU_h)
        # (19) Ū_z += z̄_u[t] z[t]ᵀ
        np.matmul(dz_u.reshape(T * B, H).T, z.reshape(T * B, H), out=dU_z)
        # (20) b̄_u += z̄_u[t]
        np.sum(dz_u, axis=(0, 1), out=db_u)
        for t in reversed(range(T)):
            # (14) z̄[t] = h̄[t] ∘ (1 − u[t]) + U_zᵀ z̄_u[t]
            np.subtract(1.0, u[t], out=_B_H)
            np.multiply(dh[t], _B_H, out=_B_H)
            np.add(dz[t], _B_H, out=dz[t])
            # (15) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
            np.square(z[t], out=dz_z[t])
            np.subtract(1.0, dz_z[t], out=dz_z[t])
            np.multiply(dz[t], dz_z[t], out=dz_z[t])
        # (16) W̄_x += z̄_z[t] x[t]ᵀ
        np.matmul(dz_z.reshape(T * B, H).T, x.reshape(T * B, I), out=dW_x)
        # (17) b̄_z += z̄_z[t]
        np.sum(dz_z, axis=(0, 1), out=db_z)
        # (23) x̄[t] = W_xᵀ z̄_z[t]
        np.matmul(dz_z.reshape(T * B, H), W_x, out=dx.reshape(T * B, I))
        # (24) h̄[0] = h̄[1] ∘ u[1] + U_hᵀ z̄_u[1]
        np.copyto(dh0, carry_h)
    return Gradients(dW_x=dW_x, db_z=db_z, dU_h=dU_h, dU_z=dU_z, db_u=db_u, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_x,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    U_h,   # (H, H)     parameter: trained
    U_z,   # (H, H)     parameter: trained
    b_u,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_x, b_z, U_h, U_z, b_u, W_hy, b_y)
    gradients = backward(x, y, W_x, U_h, U_z, W_hy, kept.h, kept.y_hat, kept.z, kept.u)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _sigmoid(x, out):
    """Write 1/(1 + e^−x). Where e^−x exceeds all numbers, 1/∞ = 0 is the result."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)
