"""addition-subtraction twin-gated network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Zhang, Xiong, Su, Lin, Zhang, "Simplifying neural machine translation with addition-
subtraction twin-gated recurrent networks", 2018, arXiv:1810.12546

    (1)   p[t] = W x[t]
    (2)   q[t] = U h[t−1]
    (3)   z_i[t] = p[t] + q[t]
    (4)   i[t] = sigmoid(z_i[t])
    (5)   z_f[t] = p[t] − q[t]
    (6)   f[t] = sigmoid(z_f[t])
    (7)   h[t] = i[t] ∘ p[t] + f[t] ∘ h[t−1]
    (8)   z_y[t] = W_hy h[t] + b_y
    (9)   y_hat[t] = softmax(z_y[t])
    (10)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    U     (H, H)     parameter: trained
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
    p: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    i: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    f: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, I)     gradient: with respect to W
    dU: np.ndarray     # (H, H)     gradient: with respect to U
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W, U, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
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
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            p=np.empty((T, B, H), dtype),
            i=np.empty((T, B, H), dtype),
            f=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, p, i, f, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    U_T = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        f,             # f_t
        h[0:T],        # h_t
        i,             # i_t
        p,             # p_t
        h[1 : T + 1],  # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(U_T, U.T)
            np.copyto(h[0], h0)
            # (1) p[t] = W x[t]
            np.dot(x.reshape(T * B, I), W.T, p.reshape(T * B, H))
            for f_t, h_t, i_t, p_t, h_next in steps:
                # (2) q[t] = U h[t−1]
                np.dot(h_t, U_T, f_t)
                # (3) z_i[t] = p[t] + q[t]
                np.add(p_t, f_t, i_t)
                # (4) i[t] = sigmoid(z_i[t])
                _sigmoid(i_t, i_t)
                # (5) z_f[t] = p[t] − q[t]
                np.subtract(p_t, f_t, f_t)
                # (6) f[t] = sigmoid(z_f[t])
                _sigmoid(f_t, f_t)
                # (7) h[t] = i[t] ∘ p[t] + f[t] ∘ h[t−1]
                np.multiply(i_t, p_t, h_next)
                np.multiply(f_t, h_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (8) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (9) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (10) J += −y[t]ᵀ log_softmax(z_y[t])
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
    W,      # (H, I)         parameter: trained
    U,      # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    p,      # (T, B, H)      saved: kept for the backward pass
    i,      # (T, B, H)      saved: kept for the backward pass
    f,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W, U, W_hy, h, y_hat, p, i, f)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, I)         parameter: trained
    U,      # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    p,      # (T, B, H)      saved: kept for the backward pass
    i,      # (T, B, H)      saved: kept for the backward pass
    f,      # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("p", p, (T, B, H), dtype)
    _check("i", i, (T, B, H), dtype)
    _check("f", f, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW=np.empty((H, I), dtype),
            dU=np.empty((H, H), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW, dU, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_f = np.empty((T, B, H), dtype)
    dz_i = np.empty((T, B, H), dtype)
    dq = np.empty((T, B, H), dtype)
    dp = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],    # dh_t
        dz_f[::-1],  # dz_f_t
        dz_i[::-1],  # dz_i_t
        dq[::-1],    # dq_t
        f[::-1],     # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            # (12) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (15) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(h[0:T], f, dz_f)
            np.subtract(1.0, f, _T_B_H)
            np.multiply(dz_f, _T_B_H, dz_f)
            # (17) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(p, i, dz_i)
            np.subtract(1.0, i, _T_B_H)
            np.multiply(dz_i, _T_B_H, dz_i)
            # (13) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ f[t+1] + Uᵀ q̄[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (22) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (23) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_f_t, dz_i_t, dq_t, f_t in steps:
                # (13) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ f[t+1] + Uᵀ q̄[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (15) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(dh_t, dz_f_t, dz_f_t)
                # (17) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
                np.multiply(dh_t, dz_i_t, dz_i_t)
                # (18) q̄[t] = −z̄_f[t] + z̄_i[t]
                np.negative(dz_f_t, dq_t)
                np.add(dq_t, dz_i_t, dq_t)
                # (13) what step t gives to h of earlier steps: h̄[t] ∘ f[t] + Uᵀ q̄[t]
                np.dot(dq_t, U, carry_h)
                np.multiply(dh_t, f_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (21) Ū += q̄[t] h[t−1]ᵀ
            np.dot(dq.reshape(T * B, H).T, h[0:T].reshape(T * B, H), dU)
            # (19) p̄[t] = h̄[t] ∘ i[t] + z̄_f[t] + z̄_i[t]
            np.multiply(dh, i, dp)
            np.add(dp, dz_f, dp)
            np.add(dp, dz_i, dp)
            # (20) W̄ += p̄[t] x[t]ᵀ
            np.dot(dp.reshape(T * B, H).T, x.reshape(T * B, I), dW)
            # (24) x̄[t] = Wᵀ p̄[t]
            np.dot(dp.reshape(T * B, H), W, dx.reshape(T * B, I))
            # (25) h̄[0] = h̄[1] ∘ f[1] + Uᵀ q̄[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W, U, W_hy, b_y)
    gradients = backward(x, y, W, U, W_hy, kept.h, kept.y_hat, kept.p, kept.i, kept.f)
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
