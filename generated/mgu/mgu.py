"""minimal gated unit with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Zhou, Wu, Zhang, Zhou, "Minimal gated unit for recurrent neural networks", 2016,
arXiv:1603.09420

    (1)  z_f[t] = W_f x[t] + U_f h[t−1] + b_f
    (2)  f[t] = sigmoid(z_f[t])
    (3)  s_n[t] = f[t] ∘ h[t−1]
    (4)  z_n[t] = W_h x[t] + U_h s_n[t] + b_h
    (5)  n[t] = tanh(z_n[t])
    (6)  h[t] = (1 − f[t]) ∘ h[t−1] + f[t] ∘ n[t]
    (7)  z_y[t] = W_hy h[t] + b_y
    (8)  y_hat[t] = softmax(z_y[t])
    (9)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    W_f   (H, I)     parameter: trained
    U_f   (H, H)     parameter: trained
    b_f   (H)        parameter: trained
    W_h   (H, I)     parameter: trained
    U_h   (H, H)     parameter: trained
    b_h   (H)        parameter: trained
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
    f: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    s_n: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    n: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_f: np.ndarray   # (H, I)     gradient: with respect to W_f
    dU_f: np.ndarray   # (H, H)     gradient: with respect to U_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_h: np.ndarray   # (H, I)     gradient: with respect to W_h
    dU_h: np.ndarray   # (H, H)     gradient: with respect to U_h
    db_h: np.ndarray   # (H)        gradient: with respect to b_h
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    U_h,   # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
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
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_h", W_h, (H, I), dtype)
    _check("U_h", U_h, (H, H), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    f = np.empty((T, B, H), dtype)
    s_n = np.empty((T, B, H), dtype)
    n = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_f = np.empty((B, H), dtype)
    z_n = np.empty((B, H), dtype)
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
        np.copyto(h[0], h0)
        for t in range(T):
            # (1) z_f[t] = W_f x[t] + U_f h[t−1] + b_f
            np.matmul(x[t], W_f.T, out=z_f)
            np.matmul(h[t], U_f.T, out=_B_H)
            np.add(z_f, _B_H, out=z_f)
            np.add(z_f, b_f, out=z_f)
            # (2) f[t] = sigmoid(z_f[t])
            _sigmoid(z_f, out=f[t])
            # (3) s_n[t] = f[t] ∘ h[t−1]
            np.multiply(f[t], h[t], out=s_n[t])
            # (4) z_n[t] = W_h x[t] + U_h s_n[t] + b_h
            np.matmul(x[t], W_h.T, out=z_n)
            np.matmul(s_n[t], U_h.T, out=_B_H)
            np.add(z_n, _B_H, out=z_n)
            np.add(z_n, b_h, out=z_n)
            # (5) n[t] = tanh(z_n[t])
            np.tanh(z_n, out=n[t])
            # (6) h[t] = (1 − f[t]) ∘ h[t−1] + f[t] ∘ n[t]
            np.subtract(1.0, f[t], out=_B_H)
            np.multiply(_B_H, h[t], out=_B_H)
            np.multiply(f[t], n[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
            # (7) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t + 1], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (8) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (9) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(h=h, y_hat=y_hat, f=f, s_n=s_n, n=n, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,    # (H, I)         parameter: trained
    U_f,    # (H, H)         parameter: trained
    W_h,    # (H, I)         parameter: trained
    U_h,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    f,      # (T, B, H)      saved: kept for the backward pass
    s_n,    # (T, B, H)      saved: kept for the backward pass
    n,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_f.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("W_h", W_h, (H, I), dtype)
    _check("U_h", U_h, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("f", f, (T, B, H), dtype)
    _check("s_n", s_n, (T, B, H), dtype)
    _check("n", n, (T, B, H), dtype)

    dW_f = np.empty((H, I), dtype)
    dU_f = np.empty((H, H), dtype)
    db_f = np.empty((H,), dtype)
    dW_h = np.empty((H, I), dtype)
    dU_h = np.empty((H, H), dtype)
    db_h = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    dn = np.empty((B, H), dtype)
    dz_n = np.empty((B, H), dtype)
    ds_n = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    dz_f = np.empty((B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H_H = np.empty((H, H), dtype)
    _H = np.empty((H,), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)
    _B_H_1 = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dW_f, 0.0)
        np.copyto(dU_f, 0.0)
        np.copyto(db_f, 0.0)
        np.copyto(dW_h, 0.0)
        np.copyto(dU_h, 0.0)
        np.copyto(db_h, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (11) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (12) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − f[t+1]) + s̄_n[t+1] ∘ f[t+1] + U_fᵀ z̄_f[t+1]
            np.matmul(dz_y, W_hy, out=dh)
            np.add(dh, carry_h, out=dh)
            # (13) n̄[t] = h̄[t] ∘ f[t]
            np.multiply(dh, f[t], out=dn)
            # (14) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
            np.square(n[t], out=dz_n)
            np.subtract(1.0, dz_n, out=dz_n)
            np.multiply(dn, dz_n, out=dz_n)
            # (15) s̄_n[t] = U_hᵀ z̄_n[t]
            np.matmul(dz_n, U_h, out=ds_n)
            # (16) f̄[t] = −h̄[t] ∘ h[t−1] + h̄[t] ∘ n[t] + s̄_n[t] ∘ h[t−1]
            np.multiply(dh, h[t], out=df)
            np.negative(df, out=df)
            np.multiply(dh, n[t], out=_B_H)
            np.add(df, _B_H, out=df)
            np.multiply(ds_n, h[t], out=_B_H)
            np.add(df, _B_H, out=df)
            # (17) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, f[t], out=dz_f)
            np.subtract(1.0, f[t], out=_B_H)
            np.multiply(dz_f, _B_H, out=dz_f)
            # (18) W̄_f += z̄_f[t] x[t]ᵀ
            np.matmul(dz_f.T, x[t], out=_H_I)
            np.add(dW_f, _H_I, out=dW_f)
            # (19) Ū_f += z̄_f[t] h[t−1]ᵀ
            np.matmul(dz_f.T, h[t], out=_H_H)
            np.add(dU_f, _H_H, out=dU_f)
            # (20) b̄_f += z̄_f[t]
            np.sum(dz_f, axis=0, out=_H)
            np.add(db_f, _H, out=db_f)
            # (21) W̄_h += z̄_n[t] x[t]ᵀ
            np.matmul(dz_n.T, x[t], out=_H_I)
            np.add(dW_h, _H_I, out=dW_h)
            # (22) Ū_h += z̄_n[t] s_n[t]ᵀ
            np.matmul(dz_n.T, s_n[t], out=_H_H)
            np.add(dU_h, _H_H, out=dU_h)
            # (23) b̄_h += z̄_n[t]
            np.sum(dz_n, axis=0, out=_H)
            np.add(db_h, _H, out=db_h)
            # (24) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t + 1], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (25) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (26) x̄[t] = W_hᵀ z̄_n[t] + W_fᵀ z̄_f[t]
            np.matmul(dz_n, W_h, out=dx[t])
            np.matmul(dz_f, W_f, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            # (12) what step t gives to h of earlier steps: h̄[t] ∘ (1 − f[t]) + s̄_n[t] ∘ f[t] + U_fᵀ z̄_f[t]
            np.matmul(dz_f, U_f, out=carry_h)
            np.subtract(1.0, f[t], out=_B_H)
            np.multiply(dh, _B_H, out=_B_H)
            np.multiply(ds_n, f[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (27) h̄[0] = h̄[1] ∘ (1 − f[1]) + s̄_n[1] ∘ f[1] + U_fᵀ z̄_f[1]
        np.copyto(dh0, carry_h)
    return Gradients(dW_f=dW_f, dU_f=dU_f, db_f=db_f, dW_h=dW_h, dU_h=dU_h, db_h=db_h, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    U_h,   # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_f, U_f, b_f, W_h, U_h, b_h, W_hy, b_y)
    gradients = backward(x, y, W_f, U_f, W_h, U_h, W_hy, kept.h, kept.y_hat, kept.f, kept.s_n, kept.n)
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
