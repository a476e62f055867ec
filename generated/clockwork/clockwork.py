"""clockwork network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Koutnik, Greff, Gomez, Schmidhuber, "A clockwork RNN", 2014, arXiv:1402.3511

    (1)  V = M ∘ U
    (2)  z_h[t] = W x[t] + V h[t−1] + b
    (3)  a_h[t] = tanh(z_h[t])
    (4)  h[t] = m[t] ∘ a_h[t] + (1 − m[t]) ∘ h[t−1]
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
    m     (T, B, H)  target: 0 or 1 at every step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U     (H, H)     parameter: trained
    W     (H, I)     parameter: trained
    b     (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained
    M     (H, H)     parameter: constant: it has no gradient

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    V: np.ndarray      # (H, H)         saved: kept for the backward pass
    a_h: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dU: np.ndarray     # (H, H)     gradient: with respect to U
    dW: np.ndarray     # (H, I)     gradient: with respect to W
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    m,     # (T, B, H)  target: 0 or 1 at every step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U,     # (H, H)     parameter: trained
    W,     # (H, I)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    M,     # (H, H)     parameter: constant: it has no gradient
):
    """Compute every step."""
    T, B, I = x.shape
    H = h0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("m", m, (T, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("U", U, (H, H), dtype)
    _check("W", W, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("M", M, (H, H), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    V = np.empty((H, H), dtype)
    a_h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_h = np.empty((B, H), dtype)
    z_y = np.empty((B, O), dtype)
    largest = np.empty((B,), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((B,), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _B_O = np.empty((B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(J, 0.0)
        # (1) V = M ∘ U
        np.multiply(M, U, out=V)
        np.copyto(h[0], h0)
        for t in range(T):
            # (2) z_h[t] = W x[t] + V h[t−1] + b
            np.matmul(x[t], W.T, out=z_h)
            np.matmul(h[t], V.T, out=_B_H)
            np.add(z_h, _B_H, out=z_h)
            np.add(z_h, b, out=z_h)
            # (3) a_h[t] = tanh(z_h[t])
            np.tanh(z_h, out=a_h[t])
            # (4) h[t] = m[t] ∘ a_h[t] + (1 − m[t]) ∘ h[t−1]
            np.multiply(m[t], a_h[t], out=_B_H)
            np.subtract(1.0, m[t], out=_B_H_1)
            np.multiply(_B_H_1, h[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
            # (5) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t + 1], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (6) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (7) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(h=h, y_hat=y_hat, V=V, a_h=a_h, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    m,      # (T, B, H)      target: 0 or 1 at every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    M,      # (H, H)         parameter: constant: it has no gradient
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    V,      # (H, H)         saved: kept for the backward pass
    a_h,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    H = m.shape[2]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("m", m, (T, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("M", M, (H, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("V", V, (H, H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    dU = np.empty((H, H), dtype)
    dW = np.empty((H, I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dV = np.empty((H, H), dtype)
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    da_h = np.empty((B, H), dtype)
    dz_h = np.empty((B, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H = np.empty((H,), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _H_H = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dU, 0.0)
        np.copyto(dW, 0.0)
        np.copyto(db, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(dV, 0.0)
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (9) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (10) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − m[t+1]) + Vᵀ z̄_h[t+1]
            np.matmul(dz_y, W_hy, out=dh)
            np.add(dh, carry_h, out=dh)
            # (11) ā_h[t] = h̄[t] ∘ m[t]
            np.multiply(dh, m[t], out=da_h)
            # (12) z̄_h[t] = ā_h[t] ∘ (1 − a_h[t]²)
            np.square(a_h[t], out=dz_h)
            np.subtract(1.0, dz_h, out=dz_h)
            np.multiply(da_h, dz_h, out=dz_h)
            # (15) W̄ += z̄_h[t] x[t]ᵀ
            np.matmul(dz_h.T, x[t], out=_H_I)
            np.add(dW, _H_I, out=dW)
            # (16) b̄ += z̄_h[t]
            np.sum(dz_h, axis=0, out=_H)
            np.add(db, _H, out=db)
            # (17) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t + 1], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (18) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (19) x̄[t] = Wᵀ z̄_h[t]
            np.matmul(dz_h, W, out=dx[t])
            # (13) V̄ += z̄_h[t] h[t−1]ᵀ
            np.matmul(dz_h.T, h[t], out=_H_H)
            np.add(dV, _H_H, out=dV)
            # (10) what step t gives to h of earlier steps: h̄[t] ∘ (1 − m[t]) + Vᵀ z̄_h[t]
            np.matmul(dz_h, V, out=carry_h)
            np.subtract(1.0, m[t], out=_B_H)
            np.multiply(dh, _B_H, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (20) h̄[0] = h̄[1] ∘ (1 − m[1]) + Vᵀ z̄_h[1]
        np.copyto(dh0, carry_h)
        # (14) Ū += V̄ ∘ M
        np.multiply(dV, M, out=_H_H)
        np.add(dU, _H_H, out=dU)
    return Gradients(dU=dU, dW=dW, db=db, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    m,     # (T, B, H)  target: 0 or 1 at every step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U,     # (H, H)     parameter: trained
    W,     # (H, I)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    M,     # (H, H)     parameter: constant: it has no gradient
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, m, y, U, W, b, W_hy, b_y, M)
    gradients = backward(x, m, y, W, W_hy, M, kept.h, kept.y_hat, kept.V, kept.a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
