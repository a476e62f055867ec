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
    kept, run = bind_forward(x, h0, y, W, b, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)   input: of every step
    h0,    # (B, H)      initial state: h before the first step
    y,     # (T, B, O)   target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, H + I)  parameter: trained
    b,     # (H)         parameter: trained
    W_hy,  # (O, H)      parameter: trained
    b_y,   # (O)         parameter: trained
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
    _check("W", W, (H, H + I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            s_h=np.empty((T, B, H + I), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, s_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_T = np.empty((H + I, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        s_h[:, :, I : I + H],  # s_h_t
        h[0:T],                # h_t
        h[1 : T + 1],          # h_next
        s_h,                   # s_h_t_2
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_T, W.T)
            np.copyto(h[0], h0)
            # (1) s_h[t] = [x[t]; h[t−1]]
            np.copyto(s_h[:, :, :I], x)
            b_row = b[np.newaxis]
            for s_h_t, h_t, h_next, s_h_t_2 in steps:
                # (1) s_h[t] = [x[t]; h[t−1]]
                np.copyto(s_h_t, h_t)
                # (2) z_h[t] = W s_h[t] + b
                np.dot(s_h_t_2, W_T, h_next)
                np.add(h_next, b_row, h_next)
                # (3) h[t] = tanh(z_h[t])
                np.tanh(h_next, h_next)
            # (4) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (5) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (6) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H + I)     parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    s_h,    # (T, B, H + I)  saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(y, W, W_hy, h, y_hat, s_h)
    run()
    return gradients


def bind_backward(
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H + I)     parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    s_h,    # (T, B, H + I)  saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dW=np.empty((H, H + I), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW, db, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    ds_h = np.empty((T, B, H + I), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                     # dh_t
        dz_h[::-1],                   # dz_h_t
        ds_h[::-1],                   # ds_h_t
        ds_h[:, :, I : I + H][::-1],  # ds_h_t_2
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            # (8) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (10) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h[1 : T + 1], dz_h)
            np.subtract(1.0, dz_h, dz_h)
            # (9) h̄[t] = W_hyᵀ z̄_y[t] + s̄_h[t+1]⟨I : H + I⟩
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (14) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (15) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_h_t, ds_h_t, ds_h_t_2 in steps:
                # (9) h̄[t] = W_hyᵀ z̄_y[t] + s̄_h[t+1]⟨I : H + I⟩
                np.add(dh_t, carry_h, dh_t)
                # (10) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (11) s̄_h[t] = Wᵀ z̄_h[t]
                np.dot(dz_h_t, W, ds_h_t)
                # (9) what step t gives to h of earlier steps: s̄_h[t]⟨I : H + I⟩
                np.copyto(carry_h, ds_h_t_2)
            # (12) W̄ += z̄_h[t] s_h[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, s_h.reshape(T * B, H + I), dW)
            # (13) b̄ += z̄_h[t]
            np.matmul(_ones_T_B, dz_h.reshape(T * B, H), db)
            # (16) x̄[t] = s̄_h[t]⟨0 : I⟩
            np.copyto(dx, ds_h[:, :, :I])
            # (17) h̄[0] = s̄_h[1]⟨I : H + I⟩
            np.copyto(dh0, carry_h)

    return into, run


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
