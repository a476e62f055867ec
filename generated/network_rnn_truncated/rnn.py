"""vanilla recurrent network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Elman, "Finding structure in time", Cognitive Science 14 (1990) 179-211

    (1)  z_h[t] = W_xh x[t] + W_hh h[t−1] + b_h
    (2)  h[t] = tanh(z_h[t])
    (3)  z_y[t] = W_hy h[t] + b_y
    (4)  y_hat[t] = softmax(z_y[t])
    (5)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes, but for K1, K2, which the caller gives:

    T   steps
    B   sequences in the batch
    I   entries of x
    H   entries of h
    O   entries of y
    K1  steps of a block, whose losses are propagated back together
    K2  steps that they reach back, counted from the end of their block

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh  (H, I)     parameter: trained
    W_hh  (H, H)     parameter: trained
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
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_xh: np.ndarray  # (H, I)     gradient: with respect to W_xh
    dW_hh: np.ndarray  # (H, H)     gradient: with respect to W_hh
    db_h: np.ndarray   # (H)        gradient: with respect to b_h
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh,  # (H, I)     parameter: trained
    W_hh,  # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_xh, W_hh, b_h, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh,  # (H, I)     parameter: trained
    W_hh,  # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
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
    _check("W_xh", W_xh, (H, I), dtype)
    _check("W_hh", W_hh, (H, H), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_hh_T = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        h[1 : T + 1],  # h_next
        h[0:T],        # h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_hh_T, W_hh.T)
            np.copyto(h[0], h0)
            # (1) z_h[t] = W_xh x[t] + W_hh h[t−1] + b_h
            np.dot(x.reshape(T * B, I), W_xh.T, h[1 : T + 1].reshape(T * B, H))
            np.add(h[1 : T + 1], b_h, h[1 : T + 1])
            for h_next, h_t in steps:
                # (1) z_h[t] = W_xh x[t] + W_hh h[t−1] + b_h
                np.dot(h_t, W_hh_T, _B_H)
                np.add(h_next, _B_H, h_next)
                # (2) h[t] = tanh(z_h[t])
                np.tanh(h_next, h_next)
            # (3) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (4) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (5) J += −y[t]ᵀ log_softmax(z_y[t])
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
    W_xh,   # (H, I)         parameter: trained
    W_hh,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    *,
    K1,  # at least 1: steps of a block, whose losses are propagated back together
    K2,  # at least 1: steps that they reach back, counted from the end of their block
):
    """Compute every gradient, truncated: the losses of each block of K1 steps reach back K2 from its end."""
    gradients, run = bind_backward(x, y, W_xh, W_hh, W_hy, h, y_hat, K1=K1, K2=K2)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh,   # (H, I)         parameter: trained
    W_hh,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    *,
    K1,  # at least 1: steps of a block, whose losses are propagated back together
    K2,  # at least 1: steps that they reach back, counted from the end of their block
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    K1 = _check_size("K1", K1)
    K2 = _check_size("K2", K2)
    T, B, I = x.shape
    O = y.shape[2]
    H = W_xh.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_xh", W_xh, (H, I), dtype)
    _check("W_hh", W_hh, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)

    if into is None:
        into = Gradients(
            dW_xh=np.empty((H, I), dtype),
            dW_hh=np.empty((H, H), dtype),
            db_h=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_xh, dW_hh, db_h, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    dz_h = np.empty((B, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H_H = np.empty((H, H), dtype)
    _H = np.empty((H,), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)

    def run():
        with np.errstate(all="ignore"):
            np.copyto(dW_xh, 0.0)
            np.copyto(dW_hh, 0.0)
            np.copyto(db_h, 0.0)
            np.copyto(dW_hy, 0.0)
            np.copyto(db_y, 0.0)
            np.copyto(dx, 0.0)
            np.copyto(dh0, 0.0)
            for begin in range(0, T, K1):
                end = min(begin + K1, T)
                first = max(end - K2, 0)
                np.copyto(carry_h, 0.0)
                for t in reversed(range(max(begin, first), end)):
                    # (7) z̄_y[t] = y_hat[t] − y[t]
                    np.subtract(y_hat[t], y[t], dz_y)
                    # (8) h̄[t] = W_hyᵀ z̄_y[t] + W_hhᵀ z̄_h[t+1]
                    np.dot(dz_y, W_hy, dh)
                    np.add(dh, carry_h, dh)
                    # (9) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
                    np.square(h[t + 1], dz_h)
                    np.subtract(1.0, dz_h, dz_h)
                    np.multiply(dh, dz_h, dz_h)
                    # (10) W̄_xh += z̄_h[t] x[t]ᵀ
                    np.dot(dz_h.T, x[t], _H_I)
                    np.add(dW_xh, _H_I, dW_xh)
                    # (11) W̄_hh += z̄_h[t] h[t−1]ᵀ
                    np.dot(dz_h.T, h[t], _H_H)
                    np.add(dW_hh, _H_H, dW_hh)
                    # (12) b̄_h += z̄_h[t]
                    np.add.reduce(dz_h, axis=0, out=_H)
                    np.add(db_h, _H, db_h)
                    # (13) W̄_hy += z̄_y[t] h[t]ᵀ
                    np.dot(dz_y.T, h[t + 1], _O_H)
                    np.add(dW_hy, _O_H, dW_hy)
                    # (14) b̄_y += z̄_y[t]
                    np.add.reduce(dz_y, axis=0, out=_O)
                    np.add(db_y, _O, db_y)
                    # (15) x̄[t] += W_xhᵀ z̄_h[t]
                    np.dot(dz_h, W_xh, _B_I)
                    np.add(dx[t], _B_I, dx[t])
                    # (8) what step t gives to h of earlier steps: W_hhᵀ z̄_h[t]
                    np.dot(dz_h, W_hh, carry_h)
                    if t == 0:
                        # (16) h̄[0] += W_hhᵀ z̄_h[1]
                        np.add(dh0, carry_h, dh0)
                for t in reversed(range(first, begin)):
                    # (8) h̄[t] = W_hhᵀ z̄_h[t+1]
                    np.copyto(dh, carry_h)
                    # (9) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
                    np.square(h[t + 1], dz_h)
                    np.subtract(1.0, dz_h, dz_h)
                    np.multiply(dh, dz_h, dz_h)
                    # (10) W̄_xh += z̄_h[t] x[t]ᵀ
                    np.dot(dz_h.T, x[t], _H_I)
                    np.add(dW_xh, _H_I, dW_xh)
                    # (11) W̄_hh += z̄_h[t] h[t−1]ᵀ
                    np.dot(dz_h.T, h[t], _H_H)
                    np.add(dW_hh, _H_H, dW_hh)
                    # (12) b̄_h += z̄_h[t]
                    np.add.reduce(dz_h, axis=0, out=_H)
                    np.add(db_h, _H, db_h)
                    # (15) x̄[t] += W_xhᵀ z̄_h[t]
                    np.dot(dz_h, W_xh, _B_I)
                    np.add(dx[t], _B_I, dx[t])
                    # (8) what step t gives to h of earlier steps: W_hhᵀ z̄_h[t]
                    np.dot(dz_h, W_hh, carry_h)
                    if t == 0:
                        # (16) h̄[0] += W_hhᵀ z̄_h[1]
                        np.add(dh0, carry_h, dh0)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh,  # (H, I)     parameter: trained
    W_hh,  # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    K1,  # at least 1: steps of a block, whose losses are propagated back together
    K2,  # at least 1: steps that they reach back, counted from the end of their block
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_xh, W_hh, b_h, W_hy, b_y)
    gradients = backward(x, y, W_xh, W_hh, W_hy, kept.h, kept.y_hat, K1=K1, K2=K2)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _check_size(name, number):
    """Return a size as an int; raise ValueError unless it is a whole number, at least 1."""
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
        raise ValueError(f"{name} is {number!r}; needed is a whole number, at least 1")
    return int(number)
