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
    kept, run = bind_forward(x, h0, m, y, U, W, b, W_hy, b_y, M)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
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
    _check("m", m, (T, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("U", U, (H, H), dtype)
    _check("W", W, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("M", M, (H, H), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            V=np.empty((H, H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, V, a_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_h,           # a_h_t
        h[0:T],        # h_t
        h[1 : T + 1],  # h_next
        m,             # m_t
    ))

    def run():
        with np.errstate(all="ignore"):
            # (1) V = M ∘ U
            np.multiply(M, U, V)
            np.copyto(h[0], h0)
            # (2) z_h[t] = W x[t] + V h[t−1] + b
            np.dot(x.reshape(T * B, I), W.T, a_h.reshape(T * B, H))
            np.add(a_h, b, a_h)
            number_1 = np.array(1.0, dtype)
            for a_h_t, h_t, h_next, m_t in steps:
                # (2) z_h[t] = W x[t] + V h[t−1] + b
                np.dot(h_t, V.T, _B_H)
                np.add(a_h_t, _B_H, a_h_t)
                # (3) a_h[t] = tanh(z_h[t])
                np.tanh(a_h_t, a_h_t)
                # (4) h[t] = m[t] ∘ a_h[t] + (1 − m[t]) ∘ h[t−1]
                np.multiply(m_t, a_h_t, h_next)
                np.subtract(number_1, m_t, _B_H)
                np.multiply(_B_H, h_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (5) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (6) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (7) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


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
    gradients, run = bind_backward(x, m, y, W, W_hy, M, h, y_hat, V, a_h)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dU=np.empty((H, H), dtype),
            dW=np.empty((H, I), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dU, dW, db, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dV = np.empty((H, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    factor_carry_h = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],              # dh_t
        dz_h[::-1],            # dz_h_t
        factor_carry_h[::-1],  # factor_carry_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            # (9) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (12) z̄_h[t] = ā_h[t] ∘ (1 − a_h[t]²)
            np.square(a_h, dz_h)
            np.subtract(1.0, dz_h, dz_h)
            np.multiply(m, dz_h, dz_h)
            # (10) what step t gives to h of earlier steps: h̄[t] ∘ (1 − m[t]) + Vᵀ z̄_h[t]
            np.subtract(1.0, m, factor_carry_h)
            # (10) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − m[t+1]) + Vᵀ z̄_h[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (17) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (18) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_h_t, factor_carry_h_t in steps:
                # (10) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − m[t+1]) + Vᵀ z̄_h[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (12) z̄_h[t] = ā_h[t] ∘ (1 − a_h[t]²)
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (10) what step t gives to h of earlier steps: h̄[t] ∘ (1 − m[t]) + Vᵀ z̄_h[t]
                np.dot(dz_h_t, V, carry_h)
                np.multiply(dh_t, factor_carry_h_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (15) W̄ += z̄_h[t] x[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, x.reshape(T * B, I), dW)
            # (16) b̄ += z̄_h[t]
            np.matmul(_ones_T_B, dz_h.reshape(T * B, H), db)
            # (19) x̄[t] = Wᵀ z̄_h[t]
            np.dot(dz_h.reshape(T * B, H), W, dx.reshape(T * B, I))
            # (13) V̄ += z̄_h[t] h[t−1]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, h[0:T].reshape(T * B, H), dV)
            # (20) h̄[0] = h̄[1] ∘ (1 − m[1]) + Vᵀ z̄_h[1]
            np.copyto(dh0, carry_h)
            # (14) Ū += V̄ ∘ M
            np.multiply(dV, M, dU)

    return into, run


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
