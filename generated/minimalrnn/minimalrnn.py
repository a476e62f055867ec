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
    kept, run = bind_forward(x, h0, y, W_x, b_z, U_h, U_z, b_u, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
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
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            z=np.empty((T, B, H), dtype),
            u=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, z, u, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    U_h_T = np.empty((H, H), dtype)
    U_z_T = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        u,             # u_t
        h[0:T],        # h_t
        z,             # z_t
        h[1 : T + 1],  # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(U_z_T, U_z.T)
            np.copyto(U_h_T, U_h.T)
            np.copyto(h[0], h0)
            # (1) z_z[t] = W_x x[t] + b_z
            np.dot(x.reshape(T * B, I), W_x.T, z.reshape(T * B, H))
            np.add(z, b_z, z)
            # (2) z[t] = tanh(z_z[t])
            np.tanh(z, z)
            b_u_row = b_u[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for u_t, h_t, z_t, h_next in steps:
                # (3) z_u[t] = U_h h[t−1] + U_z z[t] + b_u
                np.dot(h_t, U_h_T, u_t)
                np.dot(z_t, U_z_T, _B_H)
                np.add(u_t, _B_H, u_t)
                np.add(u_t, b_u_row, u_t)
                # (4) u[t] = sigmoid(z_u[t])
                _sigmoid(u_t, u_t)
                # (5) h[t] = u[t] ∘ h[t−1] + (1 − u[t]) ∘ z[t]
                np.multiply(u_t, h_t, h_next)
                np.subtract(number_1, u_t, _B_H)
                np.multiply(_B_H, z_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (6) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (7) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (8) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


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
    gradients, run = bind_backward(x, y, W_x, U_h, U_z, W_hy, h, y_hat, z, u)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dW_x=np.empty((H, I), dtype),
            db_z=np.empty((H,), dtype),
            dU_h=np.empty((H, H), dtype),
            dU_z=np.empty((H, H), dtype),
            db_u=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_x, db_z, dU_h, dU_z, db_u, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_u = np.empty((T, B, H), dtype)
    dz = np.empty((T, B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],    # dh_t
        dz_u[::-1],  # dz_u_t
        u[::-1],     # u_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            # (10) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (13) z̄_u[t] = ū[t] ∘ u[t] ∘ (1 − u[t])
            np.subtract(h[0:T], z, dz_u)
            np.multiply(dz_u, u, dz_u)
            np.subtract(1.0, u, _T_B_H)
            np.multiply(dz_u, _T_B_H, dz_u)
            # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ u[t+1] + U_hᵀ z̄_u[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (21) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (22) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_u_t, u_t in steps:
                # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ u[t+1] + U_hᵀ z̄_u[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (13) z̄_u[t] = ū[t] ∘ u[t] ∘ (1 − u[t])
                np.multiply(dh_t, dz_u_t, dz_u_t)
                # (11) what step t gives to h of earlier steps: h̄[t] ∘ u[t] + U_hᵀ z̄_u[t]
                np.dot(dz_u_t, U_h, carry_h)
                np.multiply(dh_t, u_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (14) z̄[t] = h̄[t] ∘ (1 − u[t]) + U_zᵀ z̄_u[t]
            np.dot(dz_u.reshape(T * B, H), U_z, dz.reshape(T * B, H))
            # (18) Ū_h += z̄_u[t] h[t−1]ᵀ
            np.dot(dz_u.reshape(T * B, H).T, h[0:T].reshape(T * B, H), dU_h)
            # (19) Ū_z += z̄_u[t] z[t]ᵀ
            np.dot(dz_u.reshape(T * B, H).T, z.reshape(T * B, H), dU_z)
            # (20) b̄_u += z̄_u[t]
            np.matmul(_ones_T_B, dz_u.reshape(T * B, H), db_u)
            # (14) z̄[t] = h̄[t] ∘ (1 − u[t]) + U_zᵀ z̄_u[t]
            np.subtract(1.0, u, _T_B_H)
            np.multiply(dh, _T_B_H, _T_B_H)
            np.add(dz, _T_B_H, dz)
            # (15) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
            np.square(z, dz_z)
            np.subtract(1.0, dz_z, dz_z)
            np.multiply(dz, dz_z, dz_z)
            # (16) W̄_x += z̄_z[t] x[t]ᵀ
            np.dot(dz_z.reshape(T * B, H).T, x.reshape(T * B, I), dW_x)
            # (17) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_z.reshape(T * B, H), db_z)
            # (23) x̄[t] = W_xᵀ z̄_z[t]
            np.dot(dz_z.reshape(T * B, H), W_x, dx.reshape(T * B, I))
            # (24) h̄[0] = h̄[1] ∘ u[1] + U_hᵀ z̄_u[1]
            np.copyto(dh0, carry_h)

    return into, run


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
    np.negative(x, out)
    np.exp(out, out)
    np.add(out, 1.0, out)
    np.reciprocal(out, out)
