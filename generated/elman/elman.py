"""Elman network, one weight matrix for input and state with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Elman, "Finding structure in time", Cognitive Science 14 (1990) 179-211

    (1)  s_h[t] = [x[t]; h[t−1]]
    (2)  z_h[t] = W s_h[t] + b
    (3)  h[t] = tanh(z_h[t])
    (4)  z_y[t] = W_hy h[t] + b_y
    (5)  y_hat[t] = softmax(z_y[t])
    (6)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)   input: of every step
    h0    (B, H)      initial state: h before the first step
    y     (T, B, O)   target: of every step; each row sums to 1, or the gradients are not those of the loss
    W     (H, H + I)  parameter: trained
    b     (H)         parameter: trained
    W_hy  (O, H)      parameter: trained
    b_y   (O)         parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    s_h: np.ndarray    # (T, B, H + I)  saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, H + I)  gradient: with respect to W
    db: np.ndarray     # (H)         gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)      gradient: with respect to W_hy
    db_y: np.ndarray   # (O)         gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)   gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)      gradient: with respect to h0


def forward(
    x,     # (T, B, I)   input: of every step
    h0,    # (B, H)      initial state: h before the first step
    y,     # (T, B, O)   target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, H + I)  parameter: trained
    b,     # (H)         parameter: trained
    W_hy,  # (O, H)      parameter: trained
    b_y,   # (O)         parameter: trained
):
    """Compute every step."""
    T, B, I = x.shape
    H = h0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, H + I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    s_h = np.empty((T, B, H + I), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        for t in range(T):
            # (1) s_h[t] = [x[t]; h[t−1]]
            np.copyto(s_h[t, :, :I], x[t])
        for t in range(T):
            # (1) s_h[t] = [x[t]; h[t−1]]
            np.copyto(s_h[t, :, I : I + H], h[t])
            # (2) z_h[t] = W s_h[t] + b
            np.matmul(s_h[t], W.T, out=h[t + 1])
            np.add(h[t + 1], b, out=h[t + 1])
            # (3) h[t] = tanh(z_h[t])
            np.tanh(h[t + 1], out=h[t + 1])
        # (4) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (4) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (5) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (6) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (6) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(h=h, y_hat=y_hat, s_h=s_h, J=J[()])


def backward(
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H + I)     parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    s_h,    # (T, B, H + I)  saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, O = y.shape
    H = W.shape[0]
    I = W.shape[1] - H
    dtype = y.dtype
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, H + I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("s_h", s_h, (T, B, H + I), dtype)

    dW = np.empty((H, H + I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    ds_h = np.empty((T, B, H + I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (8) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (9) h̄[t] = W_hyᵀ z̄_y[t] + s̄_h[t+1]⟨I : H + I⟩
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (14) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (15) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (9) h̄[t] = W_hyᵀ z̄_y[t] + s̄_h[t+1]⟨I : H + I⟩
            np.add(dh[t], carry_h, out=dh[t])
            # (10) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h[t + 1], out=dz_h[t])
            np.subtract(1.0, dz_h[t], out=dz_h[t])
            np.multiply(dh[t], dz_h[t], out=dz_h[t])
            # (11) s̄_h[t] = Wᵀ z̄_h[t]
            np.matmul(dz_h[t], W, out=ds_h[t])
            # (9) what step t gives to h of earlier steps: s̄_h[t]⟨I : H + I⟩
            np.copyto(carry_h, ds_h[t, :, I : I + H])
        # (12) W̄ += z̄_h[t] s_h[t]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, s_h.reshape(T * B, H + I), out=dW)
        # (13) b̄ += z̄_h[t]
        np.sum(dz_h, axis=(0, 1), out=db)
        for t in reversed(range(T)):
            # (16) x̄[t] = s̄_h[t]⟨0 : I⟩
            np.copyto(dx[t], ds_h[t, :, :I])
        # (17) h̄[0] = s̄_h[1]⟨I : H + I⟩
        np.copyto(dh0, carry_h)
    return Gradients(dW=dW, db=db, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,     # (T, B, I)   input: of every step
    h0,    # (B, H)      initial state: h before the first step
    y,     # (T, B, O)   target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, H + I)  parameter: trained
    b,     # (H)         parameter: trained
    W_hy,  # (O, H)      parameter: trained
    b_y,   # (O)         parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W, b, W_hy, b_y)
    gradients = backward(y, W, W_hy, kept.h, kept.y_hat, kept.s_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
