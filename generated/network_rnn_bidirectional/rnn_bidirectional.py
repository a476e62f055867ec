"""bidirectional vanilla recurrent network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Elman, "Finding structure in time", Cognitive Science 14 (1990) 179-211

    (1)  z_h_f[t] = W_xh_f x[t] + W_hh_f h_f[t−1] + b_h_f
    (2)  h_f[t] = tanh(z_h_f[t])
    (3)  z_h_b[t] = W_xh_b x[t] + W_hh_b h_b[t+1] + b_h_b
    (4)  h_b[t] = tanh(z_h_b[t])
    (5)  h[t] = [h_f[t]; h_b[t]]
    (6)  z_y[t] = W_hy h[t] + b_y
    (7)  y_hat[t] = softmax(z_y[t])
    (8)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T    steps
    B    sequences in the batch
    I    entries of x
    H_f  entries of h_f
    H_b  entries of h_b
    O    entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x       (T, B, I)       input: of every step
    h_f0    (B, H_f)        initial state: h_f before the first step
    h_b0    (B, H_b)        initial state: h_b behind the last step
    y       (T, B, O)       target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh_f  (H_f, I)        parameter: trained
    W_hh_f  (H_f, H_f)      parameter: trained
    b_h_f   (H_f)           parameter: trained
    W_xh_b  (H_b, I)        parameter: trained
    W_hh_b  (H_b, H_b)      parameter: trained
    b_h_b   (H_b)           parameter: trained
    W_hy    (O, H_b + H_f)  parameter: trained
    b_y     (O)             parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h_f: np.ndarray    # (T + 1, B, H_f)    output: state; the first is initial
    h_b: np.ndarray    # (T + 1, B, H_b)    output: state; the last is initial
    h: np.ndarray      # (T, B, H_b + H_f)  output: of every step
    y_hat: np.ndarray  # (T, B, O)          output: of every step
    J: np.ndarray      # ()                 loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_xh_f: np.ndarray  # (H_f, I)        gradient: with respect to W_xh_f
    dW_hh_f: np.ndarray  # (H_f, H_f)      gradient: with respect to W_hh_f
    db_h_f: np.ndarray   # (H_f)           gradient: with respect to b_h_f
    dW_xh_b: np.ndarray  # (H_b, I)        gradient: with respect to W_xh_b
    dW_hh_b: np.ndarray  # (H_b, H_b)      gradient: with respect to W_hh_b
    db_h_b: np.ndarray   # (H_b)           gradient: with respect to b_h_b
    dW_hy: np.ndarray    # (O, H_b + H_f)  gradient: with respect to W_hy
    db_y: np.ndarray     # (O)             gradient: with respect to b_y
    dx: np.ndarray       # (T, B, I)       gradient: with respect to x[t]
    dh_f0: np.ndarray    # (B, H_f)        gradient: with respect to h_f0
    dh_b0: np.ndarray    # (B, H_b)        gradient: with respect to h_b0


def forward(
    x,       # (T, B, I)       input: of every step
    h_f0,    # (B, H_f)        initial state: h_f before the first step
    h_b0,    # (B, H_b)        initial state: h_b behind the last step
    y,       # (T, B, O)       target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh_f,  # (H_f, I)        parameter: trained
    W_hh_f,  # (H_f, H_f)      parameter: trained
    b_h_f,   # (H_f)           parameter: trained
    W_xh_b,  # (H_b, I)        parameter: trained
    W_hh_b,  # (H_b, H_b)      parameter: trained
    b_h_b,   # (H_b)           parameter: trained
    W_hy,    # (O, H_b + H_f)  parameter: trained
    b_y,     # (O)             parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h_f0, h_b0, y, W_xh_f, W_hh_f, b_h_f, W_xh_b, W_hh_b, b_h_b, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,       # (T, B, I)       input: of every step
    h_f0,    # (B, H_f)        initial state: h_f before the first step
    h_b0,    # (B, H_b)        initial state: h_b behind the last step
    y,       # (T, B, O)       target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh_f,  # (H_f, I)        parameter: trained
    W_hh_f,  # (H_f, H_f)      parameter: trained
    b_h_f,   # (H_f)           parameter: trained
    W_xh_b,  # (H_b, I)        parameter: trained
    W_hh_b,  # (H_b, H_b)      parameter: trained
    b_h_b,   # (H_b)           parameter: trained
    W_hy,    # (O, H_b + H_f)  parameter: trained
    b_y,     # (O)             parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    H_f = h_f0.shape[1]
    H_b = h_b0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h_f0", h_f0, (B, H_f), dtype)
    _check("h_b0", h_b0, (B, H_b), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_xh_f", W_xh_f, (H_f, I), dtype)
    _check("W_hh_f", W_hh_f, (H_f, H_f), dtype)
    _check("b_h_f", b_h_f, (H_f,), dtype)
    _check("W_xh_b", W_xh_b, (H_b, I), dtype)
    _check("W_hh_b", W_hh_b, (H_b, H_b), dtype)
    _check("b_h_b", b_h_b, (H_b,), dtype)
    _check("W_hy", W_hy, (O, H_b + H_f), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h_f=np.empty((T + 1, B, H_f), dtype),
            h_b=np.empty((T + 1, B, H_b), dtype),
            h=np.empty((T, B, H_b + H_f), dtype),
            y_hat=np.empty((T, B, O), dtype),
            J=np.empty((), dtype),
        )
    h_f, h_b, h, y_hat, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_hh_f_T = np.empty((H_f, H_f), dtype)
    W_hh_b_T = np.empty((H_b, H_b), dtype)
    _B_H_f = np.empty((B, H_f), dtype)
    _B_H_b = np.empty((B, H_b), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        h_f[1 : T + 1],  # h_f_next
        h_f[0:T],        # h_f_t
    ))
    steps_2 = list(zip(
        h_b[0:T][::-1],        # h_b_t
        h_b[1 : T + 1][::-1],  # h_b_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_hh_b_T, W_hh_b.T)
            np.copyto(W_hh_f_T, W_hh_f.T)
            np.copyto(h_f[0], h_f0)
            # (1) z_h_f[t] = W_xh_f x[t] + W_hh_f h_f[t−1] + b_h_f
            np.dot(x.reshape(T * B, I), W_xh_f.T, h_f[1 : T + 1].reshape(T * B, H_f))
            np.add(h_f[1 : T + 1], b_h_f, h_f[1 : T + 1])
            for h_f_next, h_f_t in steps:
                # (1) z_h_f[t] = W_xh_f x[t] + W_hh_f h_f[t−1] + b_h_f
                np.dot(h_f_t, W_hh_f_T, _B_H_f)
                np.add(h_f_next, _B_H_f, h_f_next)
                # (2) h_f[t] = tanh(z_h_f[t])
                np.tanh(h_f_next, h_f_next)
            np.copyto(h_b[T], h_b0)
            # (3) z_h_b[t] = W_xh_b x[t] + W_hh_b h_b[t+1] + b_h_b
            np.dot(x.reshape(T * B, I), W_xh_b.T, h_b[0:T].reshape(T * B, H_b))
            np.add(h_b[0:T], b_h_b, h_b[0:T])
            for h_b_t, h_b_next in steps_2:
                # (3) z_h_b[t] = W_xh_b x[t] + W_hh_b h_b[t+1] + b_h_b
                np.dot(h_b_next, W_hh_b_T, _B_H_b)
                np.add(h_b_t, _B_H_b, h_b_t)
                # (4) h_b[t] = tanh(z_h_b[t])
                np.tanh(h_b_t, h_b_t)
            # (5) h[t] = [h_f[t]; h_b[t]]
            np.copyto(h[:, :, :H_f], h_f[1 : T + 1])
            np.copyto(h[:, :, H_f : H_f + H_b], h_b[0:T])
            # (6) z_y[t] = W_hy h[t] + b_y
            np.dot(h.reshape(T * B, H_b + H_f), W_hy.T, z_y.reshape(T * B, O))
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
    x,       # (T, B, I)          input: of every step
    y,       # (T, B, O)          target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh_f,  # (H_f, I)           parameter: trained
    W_hh_f,  # (H_f, H_f)         parameter: trained
    W_xh_b,  # (H_b, I)           parameter: trained
    W_hh_b,  # (H_b, H_b)         parameter: trained
    W_hy,    # (O, H_b + H_f)     parameter: trained
    h_f,     # (T + 1, B, H_f)    output: state; the first is initial
    h_b,     # (T + 1, B, H_b)    output: state; the last is initial
    h,       # (T, B, H_b + H_f)  output: of every step
    y_hat,   # (T, B, O)          output: of every step
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_xh_f, W_hh_f, W_xh_b, W_hh_b, W_hy, h_f, h_b, h, y_hat)
    run()
    return gradients


def bind_backward(
    x,       # (T, B, I)          input: of every step
    y,       # (T, B, O)          target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh_f,  # (H_f, I)           parameter: trained
    W_hh_f,  # (H_f, H_f)         parameter: trained
    W_xh_b,  # (H_b, I)           parameter: trained
    W_hh_b,  # (H_b, H_b)         parameter: trained
    W_hy,    # (O, H_b + H_f)     parameter: trained
    h_f,     # (T + 1, B, H_f)    output: state; the first is initial
    h_b,     # (T + 1, B, H_b)    output: state; the last is initial
    h,       # (T, B, H_b + H_f)  output: of every step
    y_hat,   # (T, B, O)          output: of every step
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H_f = W_xh_f.shape[0]
    H_b = W_xh_b.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_xh_f", W_xh_f, (H_f, I), dtype)
    _check("W_hh_f", W_hh_f, (H_f, H_f), dtype)
    _check("W_xh_b", W_xh_b, (H_b, I), dtype)
    _check("W_hh_b", W_hh_b, (H_b, H_b), dtype)
    _check("W_hy", W_hy, (O, H_b + H_f), dtype)
    _check("h_f", h_f, (T + 1, B, H_f), dtype)
    _check("h_b", h_b, (T + 1, B, H_b), dtype)
    _check("h", h, (T, B, H_b + H_f), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)

    if into is None:
        into = Gradients(
            dW_xh_f=np.empty((H_f, I), dtype),
            dW_hh_f=np.empty((H_f, H_f), dtype),
            db_h_f=np.empty((H_f,), dtype),
            dW_xh_b=np.empty((H_b, I), dtype),
            dW_hh_b=np.empty((H_b, H_b), dtype),
            db_h_b=np.empty((H_b,), dtype),
            dW_hy=np.empty((O, H_b + H_f), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh_f0=np.empty((B, H_f), dtype),
            dh_b0=np.empty((B, H_b), dtype),
        )
    dW_xh_f, dW_hh_f, db_h_f, dW_xh_b, dW_hh_b, db_h_b, dW_hy, db_y, dx, dh_f0, dh_b0 = into
    carry_h_f = np.empty((B, H_f), dtype)
    carry_h_b = np.empty((B, H_b), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H_b + H_f), dtype)
    dh_b = np.empty((T, B, H_b), dtype)
    dz_h_b = np.empty((T, B, H_b), dtype)
    dh_f = np.empty((T, B, H_f), dtype)
    dz_h_f = np.empty((T, B, H_f), dtype)
    _T_B_I = np.empty((T, B, I), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh_b,    # dh_b_t
        dz_h_b,  # dz_h_b_t
    ))
    steps_2 = list(zip(
        dh_f[::-1],    # dh_f_t
        dz_h_f[::-1],  # dz_h_f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            # (10) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (11) h̄[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H_b + H_f))
            # (22) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h.reshape(T * B, H_b + H_f), dW_hy)
            # (23) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            np.copyto(carry_h_b, 0.0)
            # (12) h̄_b[t] = h̄[t]⟨H_f : H_b + H_f⟩ + W_hh_bᵀ z̄_h_b[t−1]
            np.copyto(dh_b, dh[:, :, H_f : H_f + H_b])
            # (13) z̄_h_b[t] = h̄_b[t] ∘ (1 − h_b[t]²)
            np.square(h_b[0:T], dz_h_b)
            np.subtract(1.0, dz_h_b, dz_h_b)
            for dh_b_t, dz_h_b_t in steps:
                # (12) h̄_b[t] = h̄[t]⟨H_f : H_b + H_f⟩ + W_hh_bᵀ z̄_h_b[t−1]
                np.add(dh_b_t, carry_h_b, dh_b_t)
                # (13) z̄_h_b[t] = h̄_b[t] ∘ (1 − h_b[t]²)
                np.multiply(dh_b_t, dz_h_b_t, dz_h_b_t)
                # (12) what step t gives to h_b of earlier steps: W_hh_bᵀ z̄_h_b[t]
                np.dot(dz_h_b_t, W_hh_b, carry_h_b)
            # (19) W̄_xh_b += z̄_h_b[t] x[t]ᵀ
            np.dot(dz_h_b.reshape(T * B, H_b).T, x.reshape(T * B, I), dW_xh_b)
            # (20) W̄_hh_b += z̄_h_b[t] h_b[t+1]ᵀ
            np.dot(dz_h_b.reshape(T * B, H_b).T, h_b[1 : T + 1].reshape(T * B, H_b), dW_hh_b)
            # (21) b̄_h_b += z̄_h_b[t]
            np.matmul(_ones_T_B, dz_h_b.reshape(T * B, H_b), db_h_b)
            # (24) x̄[t] = W_xh_bᵀ z̄_h_b[t]
            np.dot(dz_h_b.reshape(T * B, H_b), W_xh_b, dx.reshape(T * B, I))
            # (26) h̄_b[T+1] = W_hh_bᵀ z̄_h_b[T]
            np.copyto(dh_b0, carry_h_b)
            np.copyto(carry_h_f, 0.0)
            # (14) h̄_f[t] = h̄[t]⟨0 : H_f⟩ + W_hh_fᵀ z̄_h_f[t+1]
            np.copyto(dh_f, dh[:, :, :H_f])
            # (15) z̄_h_f[t] = h̄_f[t] ∘ (1 − h_f[t]²)
            np.square(h_f[1 : T + 1], dz_h_f)
            np.subtract(1.0, dz_h_f, dz_h_f)
            for dh_f_t, dz_h_f_t in steps_2:
                # (14) h̄_f[t] = h̄[t]⟨0 : H_f⟩ + W_hh_fᵀ z̄_h_f[t+1]
                np.add(dh_f_t, carry_h_f, dh_f_t)
                # (15) z̄_h_f[t] = h̄_f[t] ∘ (1 − h_f[t]²)
                np.multiply(dh_f_t, dz_h_f_t, dz_h_f_t)
                # (14) what step t gives to h_f of earlier steps: W_hh_fᵀ z̄_h_f[t]
                np.dot(dz_h_f_t, W_hh_f, carry_h_f)
            # (16) W̄_xh_f += z̄_h_f[t] x[t]ᵀ
            np.dot(dz_h_f.reshape(T * B, H_f).T, x.reshape(T * B, I), dW_xh_f)
            # (17) W̄_hh_f += z̄_h_f[t] h_f[t−1]ᵀ
            np.dot(dz_h_f.reshape(T * B, H_f).T, h_f[0:T].reshape(T * B, H_f), dW_hh_f)
            # (18) b̄_h_f += z̄_h_f[t]
            np.matmul(_ones_T_B, dz_h_f.reshape(T * B, H_f), db_h_f)
            # (24) x̄[t] += W_xh_fᵀ z̄_h_f[t]
            np.dot(dz_h_f.reshape(T * B, H_f), W_xh_f, _T_B_I.reshape(T * B, I))
            np.add(dx, _T_B_I, dx)
            # (25) h̄_f[0] = W_hh_fᵀ z̄_h_f[1]
            np.copyto(dh_f0, carry_h_f)

    return into, run


def loss_and_gradient(
    x,       # (T, B, I)       input: of every step
    h_f0,    # (B, H_f)        initial state: h_f before the first step
    h_b0,    # (B, H_b)        initial state: h_b behind the last step
    y,       # (T, B, O)       target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xh_f,  # (H_f, I)        parameter: trained
    W_hh_f,  # (H_f, H_f)      parameter: trained
    b_h_f,   # (H_f)           parameter: trained
    W_xh_b,  # (H_b, I)        parameter: trained
    W_hh_b,  # (H_b, H_b)      parameter: trained
    b_h_b,   # (H_b)           parameter: trained
    W_hy,    # (O, H_b + H_f)  parameter: trained
    b_y,     # (O)             parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h_f0, h_b0, y, W_xh_f, W_hh_f, b_h_f, W_xh_b, W_hh_b, b_h_b, W_hy, b_y)
    gradients = backward(x, y, W_xh_f, W_hh_f, W_xh_b, W_hh_b, W_hy, kept.h_f, kept.h_b, kept.h, kept.y_hat)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
