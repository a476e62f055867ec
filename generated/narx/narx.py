"""NARX network, two earlier inputs and three earlier outputs, one hidden layer with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Lin, Horne, Tino, Giles, "Learning long-term dependencies in NARX recurrent neural
networks", IEEE Transactions on Neural Networks 7 (1996) 1329-1338

    (1)  z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
    (2)  h[t] = tanh(z_h[t])
    (3)  y[t] = W_y h[t] + b_y
    (4)  p[t] = u[t]
    (5)  z_y[t] = W_hy y[t] + b2_y
    (6)  y_hat[t] = softmax(z_y[t])
    (7)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T   steps
    B   sequences in the batch
    I   entries of u
    O   entries of y
    H   entries of W_0
    O2  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u     (T, B, I)   input: of every step
    y0    (3, B, O)   initial state: y before the first step
    p0    (2, B, I)   initial state: p before the first step
    y2    (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_0   (H, I)      parameter: trained
    W_1   (H, I)      parameter: trained
    W_2   (H, I)      parameter: trained
    V_1   (H, O)      parameter: trained
    V_2   (H, O)      parameter: trained
    V_3   (H, O)      parameter: trained
    b     (H)         parameter: trained
    W_y   (O, H)      parameter: trained
    b_y   (O)         parameter: trained
    W_hy  (O2, O)     parameter: trained
    b2_y  (O2)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    y: np.ndarray      # (T + 3, B, O)  output: state; the first 3 are initial
    p: np.ndarray      # (T + 2, B, I)  output: state; the first 2 are initial
    y_hat: np.ndarray  # (T, B, O2)     output: of every step
    h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_0: np.ndarray   # (H, I)     gradient: with respect to W_0
    dW_1: np.ndarray   # (H, I)     gradient: with respect to W_1
    dW_2: np.ndarray   # (H, I)     gradient: with respect to W_2
    dV_1: np.ndarray   # (H, O)     gradient: with respect to V_1
    dV_2: np.ndarray   # (H, O)     gradient: with respect to V_2
    dV_3: np.ndarray   # (H, O)     gradient: with respect to V_3
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_y: np.ndarray   # (O, H)     gradient: with respect to W_y
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dW_hy: np.ndarray  # (O2, O)    gradient: with respect to W_hy
    db2_y: np.ndarray  # (O2)       gradient: with respect to b2_y
    du: np.ndarray     # (T, B, I)  gradient: with respect to u[t]
    dy0: np.ndarray    # (3, B, O)  gradient: with respect to y0
    dp0: np.ndarray    # (2, B, I)  gradient: with respect to p0


def forward(
    u,     # (T, B, I)   input: of every step
    y0,    # (3, B, O)   initial state: y before the first step
    p0,    # (2, B, I)   initial state: p before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_0,   # (H, I)      parameter: trained
    W_1,   # (H, I)      parameter: trained
    W_2,   # (H, I)      parameter: trained
    V_1,   # (H, O)      parameter: trained
    V_2,   # (H, O)      parameter: trained
    V_3,   # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    W_y,   # (O, H)      parameter: trained
    b_y,   # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b2_y,  # (O2)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(u, y0, p0, y2, W_0, W_1, W_2, V_1, V_2, V_3, b, W_y, b_y, W_hy, b2_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    u,     # (T, B, I)   input: of every step
    y0,    # (3, B, O)   initial state: y before the first step
    p0,    # (2, B, I)   initial state: p before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_0,   # (H, I)      parameter: trained
    W_1,   # (H, I)      parameter: trained
    W_2,   # (H, I)      parameter: trained
    V_1,   # (H, O)      parameter: trained
    V_2,   # (H, O)      parameter: trained
    V_3,   # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    W_y,   # (O, H)      parameter: trained
    b_y,   # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b2_y,  # (O2)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    O = y0.shape[2]
    O2 = y2.shape[2]
    H = W_0.shape[0]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y0", y0, (3, B, O), dtype)
    _check("p0", p0, (2, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("W_0", W_0, (H, I), dtype)
    _check("W_1", W_1, (H, I), dtype)
    _check("W_2", W_2, (H, I), dtype)
    _check("V_1", V_1, (H, O), dtype)
    _check("V_2", V_2, (H, O), dtype)
    _check("V_3", V_3, (H, O), dtype)
    _check("b", b, (H,), dtype)
    _check("W_y", W_y, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("b2_y", b2_y, (O2,), dtype)

    if into is None:
        into = Kept(
            y=np.empty((T + 3, B, O), dtype),
            p=np.empty((T + 2, B, I), dtype),
            y_hat=np.empty((T, B, O2), dtype),
            h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    y, p, y_hat, h, J = into
    z_y = np.empty((T, B, O2), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    V_1_T = np.empty((O, H), dtype)
    V_2_T = np.empty((O, H), dtype)
    V_3_T = np.empty((O, H), dtype)
    W_y_T = np.empty((H, O), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    steps = list(zip(
        h,             # h_t
        y[2 : T + 2],  # y_in_2
        y[1 : T + 1],  # y_next
        y[0:T],        # y_t
        y[3 : T + 3],  # y_in_3
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_y_T, W_y.T)
            np.copyto(V_3_T, V_3.T)
            np.copyto(V_2_T, V_2.T)
            np.copyto(V_1_T, V_1.T)
            np.copyto(y[0], y0[0])
            np.copyto(y[1], y0[1])
            np.copyto(y[2], y0[2])
            np.copyto(p[0], p0[0])
            np.copyto(p[1], p0[1])
            # (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
            np.dot(u.reshape(T * B, I), W_0.T, h.reshape(T * B, H))
            np.add(h, b, h)
            # (4) p[t] = u[t]
            np.copyto(p[2 : T + 2], u)
            # (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
            np.dot(p[1 : T + 1].reshape(T * B, I), W_1.T, _T_B_H.reshape(T * B, H))
            np.add(h, _T_B_H, h)
            np.dot(p[0:T].reshape(T * B, I), W_2.T, _T_B_H.reshape(T * B, H))
            np.add(h, _T_B_H, h)
            b_y_row = b_y[np.newaxis]
            for h_t, y_in_2, y_next, y_t, y_in_3 in steps:
                # (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
                np.dot(y_in_2, V_1_T, _B_H)
                np.add(h_t, _B_H, h_t)
                np.dot(y_next, V_2_T, _B_H)
                np.add(h_t, _B_H, h_t)
                np.dot(y_t, V_3_T, _B_H)
                np.add(h_t, _B_H, h_t)
                # (2) h[t] = tanh(z_h[t])
                np.tanh(h_t, h_t)
                # (3) y[t] = W_y h[t] + b_y
                np.dot(h_t, W_y_T, y_in_3)
                np.add(y_in_3, b_y_row, y_in_3)
            # (5) z_y[t] = W_hy y[t] + b2_y
            np.dot(y[3 : T + 3].reshape(T * B, O), W_hy.T, z_y.reshape(T * B, O2))
            np.add(z_y, b2_y, z_y)
            # (6) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (7) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O2)
            np.subtract(_T_B_O2, log_total[:, :, np.newaxis], _T_B_O2)
            np.multiply(y2, _T_B_O2, _T_B_O2)
            np.negative(_T_B_O2, _T_B_O2)
            np.add.reduce(_T_B_O2, axis=None, out=J)

    return into, run


def backward(
    u,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_0,    # (H, I)         parameter: trained
    W_1,    # (H, I)         parameter: trained
    W_2,    # (H, I)         parameter: trained
    V_1,    # (H, O)         parameter: trained
    V_2,    # (H, O)         parameter: trained
    V_3,    # (H, O)         parameter: trained
    W_y,    # (O, H)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    y,      # (T + 3, B, O)  output: state; the first 3 are initial
    p,      # (T + 2, B, I)  output: state; the first 2 are initial
    y_hat,  # (T, B, O2)     output: of every step
    h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(u, y2, W_0, W_1, W_2, V_1, V_2, V_3, W_y, W_hy, y, p, y_hat, h)
    run()
    return gradients


def bind_backward(
    u,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_0,    # (H, I)         parameter: trained
    W_1,    # (H, I)         parameter: trained
    W_2,    # (H, I)         parameter: trained
    V_1,    # (H, O)         parameter: trained
    V_2,    # (H, O)         parameter: trained
    V_3,    # (H, O)         parameter: trained
    W_y,    # (O, H)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    y,      # (T + 3, B, O)  output: state; the first 3 are initial
    p,      # (T + 2, B, I)  output: state; the first 2 are initial
    y_hat,  # (T, B, O2)     output: of every step
    h,      # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    O2 = y2.shape[2]
    H = W_0.shape[0]
    O = V_1.shape[1]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("W_0", W_0, (H, I), dtype)
    _check("W_1", W_1, (H, I), dtype)
    _check("W_2", W_2, (H, I), dtype)
    _check("V_1", V_1, (H, O), dtype)
    _check("V_2", V_2, (H, O), dtype)
    _check("V_3", V_3, (H, O), dtype)
    _check("W_y", W_y, (O, H), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("y", y, (T + 3, B, O), dtype)
    _check("p", p, (T + 2, B, I), dtype)
    _check("y_hat", y_hat, (T, B, O2), dtype)
    _check("h", h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_0=np.empty((H, I), dtype),
            dW_1=np.empty((H, I), dtype),
            dW_2=np.empty((H, I), dtype),
            dV_1=np.empty((H, O), dtype),
            dV_2=np.empty((H, O), dtype),
            dV_3=np.empty((H, O), dtype),
            db=np.empty((H,), dtype),
            dW_y=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dW_hy=np.empty((O2, O), dtype),
            db2_y=np.empty((O2,), dtype),
            du=np.empty((T, B, I), dtype),
            dy0=np.empty((3, B, O), dtype),
            dp0=np.empty((2, B, I), dtype),
        )
    dW_0, dW_1, dW_2, dV_1, dV_2, dV_3, db, dW_y, db_y, dW_hy, db2_y, du, dy0, dp0 = into
    carry_y = np.empty((B, O), dtype)
    carry_y2 = np.empty((B, O), dtype)
    carry_y3 = np.empty((B, O), dtype)
    carry_p = np.empty((B, I), dtype)
    carry_p2 = np.empty((B, I), dtype)
    dz_y = np.empty((T, B, O2), dtype)
    dp = np.empty((T, B, I), dtype)
    dy = np.empty((T, B, O), dtype)
    dh = np.empty((B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dp[::-1],    # dp_t
        dy[::-1],    # dy_t
        dz_h[::-1],  # dz_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_y, 0.0)
            np.copyto(carry_y2, 0.0)
            np.copyto(carry_y3, 0.0)
            np.copyto(carry_p, 0.0)
            np.copyto(carry_p2, 0.0)
            # (9) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (13) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h, dz_h)
            np.subtract(1.0, dz_h, dz_h)
            # (11) ȳ[t] = W_hyᵀ z̄_y[t] + V_1ᵀ z̄_h[t+1] + V_2ᵀ z̄_h[t+2] + V_3ᵀ z̄_h[t+3]
            np.dot(dz_y.reshape(T * B, O2), W_hy, dy.reshape(T * B, O))
            # (23) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O2).T, y[3 : T + 3].reshape(T * B, O), dW_hy)
            # (24) b2̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O2), db2_y)
            for dp_t, dy_t, dz_h_t in steps:
                # (10) p̄[t] = W_1ᵀ z̄_h[t+1] + W_2ᵀ z̄_h[t+2]
                np.copyto(dp_t, carry_p)
                # (11) ȳ[t] = W_hyᵀ z̄_y[t] + V_1ᵀ z̄_h[t+1] + V_2ᵀ z̄_h[t+2] + V_3ᵀ z̄_h[t+3]
                np.add(dy_t, carry_y, dy_t)
                # (12) h̄[t] = W_yᵀ ȳ[t]
                np.dot(dy_t, W_y, dh)
                # (13) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
                np.multiply(dh, dz_h_t, dz_h_t)
                # (10) what step t gives to p of earlier steps: W_1ᵀ z̄_h[t] + W_2ᵀ z̄_h[t]
                np.dot(dz_h_t, W_1, carry_p)
                np.add(carry_p, carry_p2, carry_p)
                np.dot(dz_h_t, W_2, carry_p2)
                # (11) what step t gives to y of earlier steps: V_1ᵀ z̄_h[t] + V_2ᵀ z̄_h[t] + V_3ᵀ z̄_h[t]
                np.dot(dz_h_t, V_1, carry_y)
                np.add(carry_y, carry_y2, carry_y)
                np.dot(dz_h_t, V_2, carry_y2)
                np.add(carry_y2, carry_y3, carry_y2)
                np.dot(dz_h_t, V_3, carry_y3)
            # (14) W̄_0 += z̄_h[t] u[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, u.reshape(T * B, I), dW_0)
            # (15) W̄_1 += z̄_h[t] p[t−1]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, p[1 : T + 1].reshape(T * B, I), dW_1)
            # (16) W̄_2 += z̄_h[t] p[t−2]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, p[0:T].reshape(T * B, I), dW_2)
            # (17) V̄_1 += z̄_h[t] y[t−1]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, y[2 : T + 2].reshape(T * B, O), dV_1)
            # (18) V̄_2 += z̄_h[t] y[t−2]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, y[1 : T + 1].reshape(T * B, O), dV_2)
            # (19) V̄_3 += z̄_h[t] y[t−3]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, y[0:T].reshape(T * B, O), dV_3)
            # (20) b̄ += z̄_h[t]
            np.matmul(_ones_T_B, dz_h.reshape(T * B, H), db)
            # (21) W̄_y += ȳ[t] h[t]ᵀ
            np.dot(dy.reshape(T * B, O).T, h.reshape(T * B, H), dW_y)
            # (22) b̄_y += ȳ[t]
            np.matmul(_ones_T_B, dy.reshape(T * B, O), db_y)
            # (25) ū[t] = p̄[t] + W_0ᵀ z̄_h[t]
            np.dot(dz_h.reshape(T * B, H), W_0, du.reshape(T * B, I))
            np.add(du, dp, du)
            # (26) ȳ[0] = V_1ᵀ z̄_h[1] + V_2ᵀ z̄_h[2] + V_3ᵀ z̄_h[3]
            np.copyto(dy0[2], carry_y)
            # (27) ȳ[−1] = V_2ᵀ z̄_h[1] + V_3ᵀ z̄_h[2]
            np.copyto(dy0[1], carry_y2)
            # (28) ȳ[−2] = V_3ᵀ z̄_h[1]
            np.copyto(dy0[0], carry_y3)
            # (29) p̄[0] = W_1ᵀ z̄_h[1] + W_2ᵀ z̄_h[2]
            np.copyto(dp0[1], carry_p)
            # (30) p̄[−1] = W_2ᵀ z̄_h[1]
            np.copyto(dp0[0], carry_p2)

    return into, run


def loss_and_gradient(
    u,     # (T, B, I)   input: of every step
    y0,    # (3, B, O)   initial state: y before the first step
    p0,    # (2, B, I)   initial state: p before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_0,   # (H, I)      parameter: trained
    W_1,   # (H, I)      parameter: trained
    W_2,   # (H, I)      parameter: trained
    V_1,   # (H, O)      parameter: trained
    V_2,   # (H, O)      parameter: trained
    V_3,   # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    W_y,   # (O, H)      parameter: trained
    b_y,   # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b2_y,  # (O2)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(u, y0, p0, y2, W_0, W_1, W_2, V_1, V_2, V_3, b, W_y, b_y, W_hy, b2_y)
    gradients = backward(u, y2, W_0, W_1, W_2, V_1, V_2, V_3, W_y, W_hy, kept.y, kept.p, kept.y_hat, kept.h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
