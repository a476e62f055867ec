"""strongly typed recurrent network (T-RNN) with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Balduzzi, Ghifary, "Strongly-typed recurrent neural networks", 2016, arXiv:1602.02218

    (1)  z[t] = W x[t]
    (2)  z_f[t] = V x[t] + b
    (3)  f[t] = sigmoid(z_f[t])
    (4)  h[t] = f[t] ∘ h[t−1] + (1 − f[t]) ∘ z[t]
    (5)  z_y[t] = W_hy h[t] + b_y
    (6)  y_hat[t] = softmax(z_y[t])
    (7)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    W     (H, I)     parameter: trained
    V     (H, I)     parameter: trained
    b     (H)        parameter: trained
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
    z_f: np.ndarray    # (T, B, 2*H)    saved: z, f, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, I)     gradient: with respect to W
    dV: np.ndarray     # (H, I)     gradient: with respect to V
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)     parameter: trained
    V,     # (H, I)     parameter: trained
    b,     # (H)        parameter: trained
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
    _check("W", W, (H, I), dtype)
    _check("V", V, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    z_f = np.empty((T, B, 2*H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_V = np.empty((2*H, I), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(W_V[:H], W)
        np.copyto(W_V[H : 2*H], V)
        # (1) z[t] = W x[t]
        np.matmul(x.reshape(T * B, I), W_V.T, out=z_f.reshape(T * B, 2*H))
        for t in range(T):
            # (2) z_f[t] = V x[t] + b
            np.add(z_f[t, :, H : 2*H], b, out=z_f[t, :, H : 2*H])
            # (3) f[t] = sigmoid(z_f[t])
            _sigmoid(z_f[t, :, H : 2*H], out=z_f[t, :, H : 2*H])
        for t in range(T):
            # (4) h[t] = f[t] ∘ h[t−1] + (1 − f[t]) ∘ z[t]
            np.multiply(z_f[t, :, H : 2*H], h[t], out=_B_H)
            np.subtract(1.0, z_f[t, :, H : 2*H], out=_B_H_1)
            np.multiply(_B_H_1, z_f[t, :, :H], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
        # (5) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (5) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (6) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (7) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (7) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(h=h, y_hat=y_hat, z_f=z_f, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, I)         parameter: trained
    V,      # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_f,    # (T, B, 2*H)    saved: z, f, side by side
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, I), dtype)
    _check("V", V, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("z_f", z_f, (T, B, 2*H), dtype)

    dW = np.empty((H, I), dtype)
    dV = np.empty((H, I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    df = np.empty((B, H), dtype)
    dz_f_dz = np.empty((T, B, 2*H), dtype)
    V_W = np.empty((2*H, I), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        np.copyto(V_W[:H], V)
        np.copyto(V_W[H : 2*H], W)
        for t in reversed(range(T)):
            # (9) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (10) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ f[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (17) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (18) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (10) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ f[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (10) what step t gives to h of earlier steps: h̄[t] ∘ f[t]
            np.multiply(dh[t], z_f[t, :, H : 2*H], out=carry_h)
        for t in reversed(range(T)):
            # (11) f̄[t] = h̄[t] ∘ h[t−1] − h̄[t] ∘ z[t]
            np.multiply(dh[t], h[t], out=df)
            np.multiply(dh[t], z_f[t, :, :H], out=_B_H)
            np.subtract(df, _B_H, out=df)
            # (12) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, z_f[t, :, H : 2*H], out=dz_f_dz[t, :, :H])
            np.subtract(1.0, z_f[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_f_dz[t, :, :H], _B_H, out=dz_f_dz[t, :, :H])
            # (13) z̄[t] = h̄[t] ∘ (1 − f[t])
            np.subtract(1.0, z_f[t, :, H : 2*H], out=dz_f_dz[t, :, H : 2*H])
            np.multiply(dh[t], dz_f_dz[t, :, H : 2*H], out=dz_f_dz[t, :, H : 2*H])
        # (14) W̄ += z̄[t] x[t]ᵀ
        np.matmul(dz_f_dz.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dW)
        # (15) V̄ += z̄_f[t] x[t]ᵀ
        np.matmul(dz_f_dz.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), out=dV)
        # (16) b̄ += z̄_f[t]
        np.sum(dz_f_dz[:, :, :H], axis=(0, 1), out=db)
        # (19) x̄[t] = Vᵀ z̄_f[t] + Wᵀ z̄[t]
        np.matmul(dz_f_dz.reshape(T * B, 2*H), V_W, out=dx.reshape(T * B, I))
        # (20) h̄[0] = h̄[1] ∘ f[1]
        np.copyto(dh0, carry_h)
    return Gradients(dW=dW, dV=dV, db=db, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)     parameter: trained
    V,     # (H, I)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W, V, b, W_hy, b_y)
    gradients = backward(x, y, W, V, W_hy, kept.h, kept.y_hat, kept.z_f)
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
