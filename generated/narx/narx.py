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

    y = np.empty((T + 3, B, O), dtype)
    p = np.empty((T + 2, B, I), dtype)
    y_hat = np.empty((T, B, O2), dtype)
    h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O2), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    with np.errstate(all="ignore"):
        np.copyto(y[0], y0[0])
        np.copyto(y[1], y0[1])
        np.copyto(y[2], y0[2])
        np.copyto(p[0], p0[0])
        np.copyto(p[1], p0[1])
        # (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
        np.matmul(u.reshape(T * B, I), W_0.T, out=h.reshape(T * B, H))
        for t in range(T):
            # (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
            np.add(h[t], b, out=h[t])
            # (4) p[t] = u[t]
            np.copyto(p[t + 2], u[t])
        # (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
        np.matmul(p[1 : T + 1].reshape(T * B, I), W_1.T, out=_T_B_H.reshape(T * B, H))
        np.add(h, _T_B_H, out=h)
        np.matmul(p[0:T].reshape(T * B, I), W_2.T, out=_T_B_H.reshape(T * B, H))
        np.add(h, _T_B_H, out=h)
        for t in range(T):
            # (1) z_h[t] = W_0 u[t] + W_1 p[t−1] + W_2 p[t−2] + V_1 y[t−1] + V_2 y[t−2] + V_3 y[t−3] + b
            np.matmul(y[t + 2], V_1.T, out=_B_H)
            np.add(h[t], _B_H, out=h[t])
            np.matmul(y[t + 1], V_2.T, out=_B_H)
            np.add(h[t], _B_H, out=h[t])
            np.matmul(y[t], V_3.T, out=_B_H)
            np.add(h[t], _B_H, out=h[t])
            # (2) h[t] = tanh(z_h[t])
            np.tanh(h[t], out=h[t])
            # (3) y[t] = W_y h[t] + b_y
            np.matmul(h[t], W_y.T, out=y[t + 3])
            np.add(y[t + 3], b_y, out=y[t + 3])
        # (5) z_y[t] = W_hy y[t] + b2_y
        np.matmul(y[3 : T + 3].reshape(T * B, O), W_hy.T, out=z_y.reshape(T * B, O2))
        for t in range(T):
            # (5) z_y[t] = W_hy y[t] + b2_y
            np.add(z_y[t], b2_y, out=z_y[t])
            # (6) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (7) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (7) J += −y2[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O2)
        np.subtract(_T_B_O2, log_total[:, :, np.newaxis], out=_T_B_O2)
        np.multiply(y2, _T_B_O2, out=_T_B_O2)
        np.negative(_T_B_O2, out=_T_B_O2)
        np.sum(_T_B_O2, out=J)
    return Kept(y=y, p=p, y_hat=y_hat, h=h, J=J[()])


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

    dW_0 = np.empty((H, I), dtype)
    dW_1 = np.empty((H, I), dtype)
    dW_2 = np.empty((H, I), dtype)
    dV_1 = np.empty((H, O), dtype)
    dV_2 = np.empty((H, O), dtype)
    dV_3 = np.empty((H, O), dtype)
    db = np.empty((H,), dtype)
    dW_y = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dW_hy = np.empty((O2, O), dtype)
    db2_y = np.empty((O2,), dtype)
    du = np.empty((T, B, I), dtype)
    dy0 = np.empty((3, B, O), dtype)
    dp0 = np.empty((2, B, I), dtype)
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

    with np.errstate(all="ignore"):
        np.copyto(carry_y, 0.0)
        np.copyto(carry_y2, 0.0)
        np.copyto(carry_y3, 0.0)
        np.copyto(carry_p, 0.0)
        np.copyto(carry_p2, 0.0)
        for t in reversed(range(T)):
            # (9) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y[t])
        # (11) ȳ[t] = W_hyᵀ z̄_y[t] + V_1ᵀ z̄_h[t+1] + V_2ᵀ z̄_h[t+2] + V_3ᵀ z̄_h[t+3]
        np.matmul(dz_y.reshape(T * B, O2), W_hy, out=dy.reshape(T * B, O))
        # (23) W̄_hy += z̄_y[t] y[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O2).T, y[3 : T + 3].reshape(T * B, O), out=dW_hy)
        # (24) b2̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db2_y)
        for t in reversed(range(T)):
            # (10) p̄[t] = W_1ᵀ z̄_h[t+1] + W_2ᵀ z̄_h[t+2]
            np.copyto(dp[t], carry_p)
            # (11) ȳ[t] = W_hyᵀ z̄_y[t] + V_1ᵀ z̄_h[t+1] + V_2ᵀ z̄_h[t+2] + V_3ᵀ z̄_h[t+3]
            np.add(dy[t], carry_y, out=dy[t])
            # (12) h̄[t] = W_yᵀ ȳ[t]
            np.matmul(dy[t], W_y, out=dh)
            # (13) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h[t], out=dz_h[t])
            np.subtract(1.0, dz_h[t], out=dz_h[t])
            np.multiply(dh, dz_h[t], out=dz_h[t])
            # (10) what step t gives to p of earlier steps: W_1ᵀ z̄_h[t] + W_2ᵀ z̄_h[t]
            np.matmul(dz_h[t], W_1, out=carry_p)
            np.add(carry_p, carry_p2, out=carry_p)
            np.matmul(dz_h[t], W_2, out=carry_p2)
            # (11) what step t gives to y of earlier steps: V_1ᵀ z̄_h[t] + V_2ᵀ z̄_h[t] + V_3ᵀ z̄_h[t]
            np.matmul(dz_h[t], V_1, out=carry_y)
            np.add(carry_y, carry_y2, out=carry_y)
            np.matmul(dz_h[t], V_2, out=carry_y2)
            np.add(carry_y2, carry_y3, out=carry_y2)
            np.matmul(dz_h[t], V_3, out=carry_y3)
        # (14) W̄_0 += z̄_h[t] u[t]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, u.reshape(T * B, I), out=dW_0)
        # (15) W̄_1 += z̄_h[t] p[t−1]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, p[1 : T + 1].reshape(T * B, I), out=dW_1)
        # (16) W̄_2 += z̄_h[t] p[t−2]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, p[0:T].reshape(T * B, I), out=dW_2)
        # (17) V̄_1 += z̄_h[t] y[t−1]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, y[2 : T + 2].reshape(T * B, O), out=dV_1)
        # (18) V̄_2 += z̄_h[t] y[t−2]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, y[1 : T + 1].reshape(T * B, O), out=dV_2)
        # (19) V̄_3 += z̄_h[t] y[t−3]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, y[0:T].reshape(T * B, O), out=dV_3)
        # (20) b̄ += z̄_h[t]
        np.sum(dz_h, axis=(0, 1), out=db)
        # (21) W̄_y += ȳ[t] h[t]ᵀ
        np.matmul(dy.reshape(T * B, O).T, h.reshape(T * B, H), out=dW_y)
        # (22) b̄_y += ȳ[t]
        np.sum(dy, axis=(0, 1), out=db_y)
        # (25) ū[t] = p̄[t] + W_0ᵀ z̄_h[t]
        np.matmul(dz_h.reshape(T * B, H), W_0, out=du.reshape(T * B, I))
        for t in reversed(range(T)):
            # (25) ū[t] = p̄[t] + W_0ᵀ z̄_h[t]
            np.add(du[t], dp[t], out=du[t])
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
    return Gradients(dW_0=dW_0, dW_1=dW_1, dW_2=dW_2, dV_1=dV_1, dV_2=dV_2, dV_3=dV_3, db=db, dW_y=dW_y, db_y=db_y, dW_hy=dW_hy, db2_y=db2_y, du=du, dy0=dy0, dp0=dp0)


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
