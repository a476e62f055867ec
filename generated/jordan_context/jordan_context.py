"""Jordan network with a decaying context of past outputs with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Jordan, "Serial order: a parallel distributed processing approach", ICS report 8604, UC San
Diego, 1986

    (1)  s[t] = mu s[t−1] + y[t−1]
    (2)  z_h[t] = W x[t] + U s[t] + b
    (3)  h[t] = tanh(z_h[t])
    (4)  z_y[t] = V h[t] + c
    (5)  y[t] = sigmoid(z_y[t])
    (6)  z2_y[t] = W_hy y[t] + b_y
    (7)  y_hat[t] = softmax(z2_y[t])
    (8)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T   steps
    B   sequences in the batch
    I   entries of x
    O   entries of s
    H   entries of W
    O2  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)   input: of every step
    s0    (B, O)      initial state: s before the first step
    y0    (B, O)      initial state: y before the first step
    y2    (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W     (H, I)      parameter: trained
    U     (H, O)      parameter: trained
    b     (H)         parameter: trained
    V     (O, H)      parameter: trained
    c     (O)         parameter: trained
    W_hy  (O2, O)     parameter: trained
    b_y   (O2)        parameter: trained
    mu    ()          parameter: constant: it has no gradient; usually 0.5

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    s: np.ndarray      # (T + 1, B, O)  output: state; the first is initial
    y: np.ndarray      # (T + 1, B, O)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O2)     output: of every step
    h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, I)     gradient: with respect to W
    dU: np.ndarray     # (H, O)     gradient: with respect to U
    db: np.ndarray     # (H)        gradient: with respect to b
    dV: np.ndarray     # (O, H)     gradient: with respect to V
    dc: np.ndarray     # (O)        gradient: with respect to c
    dW_hy: np.ndarray  # (O2, O)    gradient: with respect to W_hy
    db_y: np.ndarray   # (O2)       gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    ds0: np.ndarray    # (B, O)     gradient: with respect to s0
    dy0: np.ndarray    # (B, O)     gradient: with respect to y0


def forward(
    x,     # (T, B, I)   input: of every step
    s0,    # (B, O)      initial state: s before the first step
    y0,    # (B, O)      initial state: y before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)      parameter: trained
    U,     # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    V,     # (O, H)      parameter: trained
    c,     # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b_y,   # (O2)        parameter: trained
    mu,    # ()          parameter: constant: it has no gradient; usually 0.5
):
    """Compute every step."""
    T, B, I = x.shape
    O = s0.shape[1]
    O2 = y2.shape[2]
    H = W.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("s0", s0, (B, O), dtype)
    _check("y0", y0, (B, O), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, O), dtype)
    _check("b", b, (H,), dtype)
    _check("V", V, (O, H), dtype)
    _check("c", c, (O,), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("b_y", b_y, (O2,), dtype)
    _check("mu", mu, (), dtype)

    s = np.empty((T + 1, B, O), dtype)
    y = np.empty((T + 1, B, O), dtype)
    y_hat = np.empty((T, B, O2), dtype)
    h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z2_y = np.empty((T, B, O2), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_O = np.empty((B, O), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    with np.errstate(all="ignore"):
        np.copyto(s[0], s0)
        np.copyto(y[0], y0)
        # (2) z_h[t] = W x[t] + U s[t] + b
        np.matmul(x.reshape(T * B, I), W.T, out=h.reshape(T * B, H))
        for t in range(T):
            # (2) z_h[t] = W x[t] + U s[t] + b
            np.add(h[t], b, out=h[t])
        for t in range(T):
            # (1) s[t] = mu s[t−1] + y[t−1]
            np.multiply(mu, s[t], out=_B_O)
            np.add(_B_O, y[t], out=s[t + 1])
            # (2) z_h[t] = W x[t] + U s[t] + b
            np.matmul(s[t + 1], U.T, out=_B_H)
            np.add(h[t], _B_H, out=h[t])
            # (3) h[t] = tanh(z_h[t])
            np.tanh(h[t], out=h[t])
            # (4) z_y[t] = V h[t] + c
            np.matmul(h[t], V.T, out=y[t + 1])
            np.add(y[t + 1], c, out=y[t + 1])
            # (5) y[t] = sigmoid(z_y[t])
            _sigmoid(y[t + 1], out=y[t + 1])
        # (6) z2_y[t] = W_hy y[t] + b_y
        np.matmul(y[1 : T + 1].reshape(T * B, O), W_hy.T, out=z2_y.reshape(T * B, O2))
        for t in range(T):
            # (6) z2_y[t] = W_hy y[t] + b_y
            np.add(z2_y[t], b_y, out=z2_y[t])
            # (7) y_hat[t] = softmax(z2_y[t])
            np.max(z2_y[t], axis=1, out=largest[t])
            np.subtract(z2_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (8) J += −y2[t]ᵀ log_softmax(z2_y[t])
            np.log(total, out=log_total[t])
        # (8) J += −y2[t]ᵀ log_softmax(z2_y[t])
        np.subtract(z2_y, largest[:, :, np.newaxis], out=_T_B_O2)
        np.subtract(_T_B_O2, log_total[:, :, np.newaxis], out=_T_B_O2)
        np.multiply(y2, _T_B_O2, out=_T_B_O2)
        np.negative(_T_B_O2, out=_T_B_O2)
        np.sum(_T_B_O2, out=J)
    return Kept(s=s, y=y, y_hat=y_hat, h=h, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, I)         parameter: trained
    U,      # (H, O)         parameter: trained
    V,      # (O, H)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    mu,     # ()             parameter: constant: it has no gradient; usually 0.5
    s,      # (T + 1, B, O)  output: state; the first is initial
    y,      # (T + 1, B, O)  output: state; the first is initial
    y_hat,  # (T, B, O2)     output: of every step
    h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O2 = y2.shape[2]
    H = W.shape[0]
    O = U.shape[1]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, O), dtype)
    _check("V", V, (O, H), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("mu", mu, (), dtype)
    _check("s", s, (T + 1, B, O), dtype)
    _check("y", y, (T + 1, B, O), dtype)
    _check("y_hat", y_hat, (T, B, O2), dtype)
    _check("h", h, (T, B, H), dtype)

    dW = np.empty((H, I), dtype)
    dU = np.empty((H, O), dtype)
    db = np.empty((H,), dtype)
    dV = np.empty((O, H), dtype)
    dc = np.empty((O,), dtype)
    dW_hy = np.empty((O2, O), dtype)
    db_y = np.empty((O2,), dtype)
    dx = np.empty((T, B, I), dtype)
    ds0 = np.empty((B, O), dtype)
    dy0 = np.empty((B, O), dtype)
    carry_s = np.empty((B, O), dtype)
    carry_y = np.empty((B, O), dtype)
    dz2_y = np.empty((T, B, O2), dtype)
    dy = np.empty((T, B, O), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    ds = np.empty((B, O), dtype)
    _B_O = np.empty((B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_s, 0.0)
        np.copyto(carry_y, 0.0)
        for t in reversed(range(T)):
            # (10) z2̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz2_y[t])
        # (11) ȳ[t] = W_hyᵀ z2̄_y[t] + s̄[t+1]
        np.matmul(dz2_y.reshape(T * B, O2), W_hy, out=dy.reshape(T * B, O))
        # (21) W̄_hy += z2̄_y[t] y[t]ᵀ
        np.matmul(dz2_y.reshape(T * B, O2).T, y[1 : T + 1].reshape(T * B, O), out=dW_hy)
        # (22) b̄_y += z2̄_y[t]
        np.sum(dz2_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (11) ȳ[t] = W_hyᵀ z2̄_y[t] + s̄[t+1]
            np.add(dy[t], carry_y, out=dy[t])
            # (12) z̄_y[t] = ȳ[t] ∘ y[t] ∘ (1 − y[t])
            np.multiply(dy[t], y[t + 1], out=dz_y[t])
            np.subtract(1.0, y[t + 1], out=_B_O)
            np.multiply(dz_y[t], _B_O, out=dz_y[t])
            # (13) h̄[t] = Vᵀ z̄_y[t]
            np.matmul(dz_y[t], V, out=dh)
            # (14) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h[t], out=dz_h[t])
            np.subtract(1.0, dz_h[t], out=dz_h[t])
            np.multiply(dh, dz_h[t], out=dz_h[t])
            # (15) s̄[t] = Uᵀ z̄_h[t] + mu s̄[t+1]
            np.matmul(dz_h[t], U, out=ds)
            np.add(ds, carry_s, out=ds)
            # (11) what step t gives to y of earlier steps: s̄[t]
            np.copyto(carry_y, ds)
            # (15) what step t gives to s of earlier steps: mu s̄[t]
            np.multiply(mu, ds, out=carry_s)
        # (16) W̄ += z̄_h[t] x[t]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, x.reshape(T * B, I), out=dW)
        # (17) Ū += z̄_h[t] s[t]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, s[1 : T + 1].reshape(T * B, O), out=dU)
        # (18) b̄ += z̄_h[t]
        np.sum(dz_h, axis=(0, 1), out=db)
        # (19) V̄ += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h.reshape(T * B, H), out=dV)
        # (20) c̄ += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=dc)
        # (23) x̄[t] = Wᵀ z̄_h[t]
        np.matmul(dz_h.reshape(T * B, H), W, out=dx.reshape(T * B, I))
        # (24) s̄[0] = mu s̄[1]
        np.copyto(ds0, carry_s)
        # (25) ȳ[0] = s̄[1]
        np.copyto(dy0, carry_y)
    return Gradients(dW=dW, dU=dU, db=db, dV=dV, dc=dc, dW_hy=dW_hy, db_y=db_y, dx=dx, ds0=ds0, dy0=dy0)


def loss_and_gradient(
    x,     # (T, B, I)   input: of every step
    s0,    # (B, O)      initial state: s before the first step
    y0,    # (B, O)      initial state: y before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)      parameter: trained
    U,     # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    V,     # (O, H)      parameter: trained
    c,     # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b_y,   # (O2)        parameter: trained
    mu,    # ()          parameter: constant: it has no gradient; usually 0.5
):
    """Return the loss and its gradients."""
    kept = forward(x, s0, y0, y2, W, U, b, V, c, W_hy, b_y, mu)
    gradients = backward(x, y2, W, U, V, W_hy, mu, kept.s, kept.y, kept.y_hat, kept.h)
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
