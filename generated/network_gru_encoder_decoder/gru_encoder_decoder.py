"""gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with softmax and cross-entropy, encoder decoder:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014,
arXiv:1406.1078v1

    (1)   z_r_e[t] = W_ir_e x[t] + b_ir_e + W_hr_e h_e[t−1] + b_hr_e
    (2)   r_e[t] = sigmoid(z_r_e[t])
    (3)   z_z_e[t] = W_iz_e x[t] + b_iz_e + W_hz_e h_e[t−1] + b_hz_e
    (4)   z_e[t] = sigmoid(z_z_e[t])
    (5)   u_n_e[t] = W_hn_e h_e[t−1] + b_hn_e
    (6)   z_n_e[t] = W_in_e x[t] + b_in_e + r_e[t] ∘ u_n_e[t]
    (7)   n_e[t] = tanh(z_n_e[t])
    (8)   h_e[t] = (1 − z_e[t]) ∘ n_e[t] + z_e[t] ∘ h_e[t−1]
    (9)   c_e[T] = h_e[T]
    (10)  h_d[0] = h_e[T]
    (11)  u_d[t] = [x_d[t]; c_e[T]]
    (12)  z_r_d[t] = W_ir_d u_d[t] + b_ir_d + W_hr_d h_d[t−1] + b_hr_d
    (13)  r_d[t] = sigmoid(z_r_d[t])
    (14)  z_z_d[t] = W_iz_d u_d[t] + b_iz_d + W_hz_d h_d[t−1] + b_hz_d
    (15)  z_d[t] = sigmoid(z_z_d[t])
    (16)  u_n_d[t] = W_hn_d h_d[t−1] + b_hn_d
    (17)  z_n_d[t] = W_in_d u_d[t] + b_in_d + r_d[t] ∘ u_n_d[t]
    (18)  n_d[t] = tanh(z_n_d[t])
    (19)  h_d[t] = (1 − z_d[t]) ∘ n_d[t] + z_d[t] ∘ h_d[t−1]
    (20)  z_y[t] = W_hy h_d[t] + b_y
    (21)  y_hat[t] = softmax(z_y[t])
    (22)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T    steps
    S    steps of the decoder
    B    sequences in the batch
    I    entries of x
    I_d  entries of x_d
    H_e  entries of h_e
    O    entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x       (T, B, I)         input: of every step
    x_d     (S, B, I_d)       input: of every step
    h_e0    (B, H_e)          initial state: h_e before the first step
    y       (S, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir_e  (H_e, I)          parameter: trained
    b_ir_e  (H_e)             parameter: trained
    W_hr_e  (H_e, H_e)        parameter: trained
    b_hr_e  (H_e)             parameter: trained
    W_iz_e  (H_e, I)          parameter: trained
    b_iz_e  (H_e)             parameter: trained
    W_hz_e  (H_e, H_e)        parameter: trained
    b_hz_e  (H_e)             parameter: trained
    W_in_e  (H_e, I)          parameter: trained
    b_in_e  (H_e)             parameter: trained
    W_hn_e  (H_e, H_e)        parameter: trained
    b_hn_e  (H_e)             parameter: trained
    W_ir_d  (H_e, H_e + I_d)  parameter: trained
    b_ir_d  (H_e)             parameter: trained
    W_hr_d  (H_e, H_e)        parameter: trained
    b_hr_d  (H_e)             parameter: trained
    W_iz_d  (H_e, H_e + I_d)  parameter: trained
    b_iz_d  (H_e)             parameter: trained
    W_hz_d  (H_e, H_e)        parameter: trained
    b_hz_d  (H_e)             parameter: trained
    W_in_d  (H_e, H_e + I_d)  parameter: trained
    b_in_d  (H_e)             parameter: trained
    W_hn_d  (H_e, H_e)        parameter: trained
    b_hn_d  (H_e)             parameter: trained
    W_hy    (O, H_e)          parameter: trained
    b_y     (O)               parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h_e: np.ndarray          # (T + 1, B, H_e)    output: state; the first is initial
    h_d: np.ndarray          # (S + 1, B, H_e)    output: state; the first is initial
    y_hat: np.ndarray        # (S, B, O)          output: of every step
    r_e_z_e_n_e: np.ndarray  # (T, B, 3*H_e)      saved: r_e, z_e, n_e, side by side
    u_n_e: np.ndarray        # (T, B, H_e)        saved: kept for the backward pass
    u_d: np.ndarray          # (S, B, H_e + I_d)  saved: kept for the backward pass
    r_d_z_d_n_d: np.ndarray  # (S, B, 3*H_e)      saved: r_d, z_d, n_d, side by side
    u_n_d: np.ndarray        # (S, B, H_e)        saved: kept for the backward pass
    J: np.ndarray            # ()                 loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_ir_e: np.ndarray  # (H_e, I)          gradient: with respect to W_ir_e
    db_ir_e: np.ndarray  # (H_e)             gradient: with respect to b_ir_e
    dW_hr_e: np.ndarray  # (H_e, H_e)        gradient: with respect to W_hr_e
    db_hr_e: np.ndarray  # (H_e)             gradient: with respect to b_hr_e
    dW_iz_e: np.ndarray  # (H_e, I)          gradient: with respect to W_iz_e
    db_iz_e: np.ndarray  # (H_e)             gradient: with respect to b_iz_e
    dW_hz_e: np.ndarray  # (H_e, H_e)        gradient: with respect to W_hz_e
    db_hz_e: np.ndarray  # (H_e)             gradient: with respect to b_hz_e
    dW_in_e: np.ndarray  # (H_e, I)          gradient: with respect to W_in_e
    db_in_e: np.ndarray  # (H_e)             gradient: with respect to b_in_e
    dW_hn_e: np.ndarray  # (H_e, H_e)        gradient: with respect to W_hn_e
    db_hn_e: np.ndarray  # (H_e)             gradient: with respect to b_hn_e
    dW_ir_d: np.ndarray  # (H_e, H_e + I_d)  gradient: with respect to W_ir_d
    db_ir_d: np.ndarray  # (H_e)             gradient: with respect to b_ir_d
    dW_hr_d: np.ndarray  # (H_e, H_e)        gradient: with respect to W_hr_d
    db_hr_d: np.ndarray  # (H_e)             gradient: with respect to b_hr_d
    dW_iz_d: np.ndarray  # (H_e, H_e + I_d)  gradient: with respect to W_iz_d
    db_iz_d: np.ndarray  # (H_e)             gradient: with respect to b_iz_d
    dW_hz_d: np.ndarray  # (H_e, H_e)        gradient: with respect to W_hz_d
    db_hz_d: np.ndarray  # (H_e)             gradient: with respect to b_hz_d
    dW_in_d: np.ndarray  # (H_e, H_e + I_d)  gradient: with respect to W_in_d
    db_in_d: np.ndarray  # (H_e)             gradient: with respect to b_in_d
    dW_hn_d: np.ndarray  # (H_e, H_e)        gradient: with respect to W_hn_d
    db_hn_d: np.ndarray  # (H_e)             gradient: with respect to b_hn_d
    dW_hy: np.ndarray    # (O, H_e)          gradient: with respect to W_hy
    db_y: np.ndarray     # (O)               gradient: with respect to b_y
    dx: np.ndarray       # (T, B, I)         gradient: with respect to x[t]
    dx_d: np.ndarray     # (S, B, I_d)       gradient: with respect to x_d[t]
    dh_e0: np.ndarray    # (B, H_e)          gradient: with respect to h_e0


def forward(
    x,       # (T, B, I)         input: of every step
    x_d,     # (S, B, I_d)       input: of every step
    h_e0,    # (B, H_e)          initial state: h_e before the first step
    y,       # (S, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir_e,  # (H_e, I)          parameter: trained
    b_ir_e,  # (H_e)             parameter: trained
    W_hr_e,  # (H_e, H_e)        parameter: trained
    b_hr_e,  # (H_e)             parameter: trained
    W_iz_e,  # (H_e, I)          parameter: trained
    b_iz_e,  # (H_e)             parameter: trained
    W_hz_e,  # (H_e, H_e)        parameter: trained
    b_hz_e,  # (H_e)             parameter: trained
    W_in_e,  # (H_e, I)          parameter: trained
    b_in_e,  # (H_e)             parameter: trained
    W_hn_e,  # (H_e, H_e)        parameter: trained
    b_hn_e,  # (H_e)             parameter: trained
    W_ir_d,  # (H_e, H_e + I_d)  parameter: trained
    b_ir_d,  # (H_e)             parameter: trained
    W_hr_d,  # (H_e, H_e)        parameter: trained
    b_hr_d,  # (H_e)             parameter: trained
    W_iz_d,  # (H_e, H_e + I_d)  parameter: trained
    b_iz_d,  # (H_e)             parameter: trained
    W_hz_d,  # (H_e, H_e)        parameter: trained
    b_hz_d,  # (H_e)             parameter: trained
    W_in_d,  # (H_e, H_e + I_d)  parameter: trained
    b_in_d,  # (H_e)             parameter: trained
    W_hn_d,  # (H_e, H_e)        parameter: trained
    b_hn_d,  # (H_e)             parameter: trained
    W_hy,    # (O, H_e)          parameter: trained
    b_y,     # (O)               parameter: trained
):
    """Compute every step."""
    T, B, I = x.shape
    S = x_d.shape[0]
    I_d = x_d.shape[2]
    H_e = h_e0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("x_d", x_d, (S, B, I_d), dtype)
    _check("h_e0", h_e0, (B, H_e), dtype)
    _check("y", y, (S, B, O), dtype)
    _check("W_ir_e", W_ir_e, (H_e, I), dtype)
    _check("b_ir_e", b_ir_e, (H_e,), dtype)
    _check("W_hr_e", W_hr_e, (H_e, H_e), dtype)
    _check("b_hr_e", b_hr_e, (H_e,), dtype)
    _check("W_iz_e", W_iz_e, (H_e, I), dtype)
    _check("b_iz_e", b_iz_e, (H_e,), dtype)
    _check("W_hz_e", W_hz_e, (H_e, H_e), dtype)
    _check("b_hz_e", b_hz_e, (H_e,), dtype)
    _check("W_in_e", W_in_e, (H_e, I), dtype)
    _check("b_in_e", b_in_e, (H_e,), dtype)
    _check("W_hn_e", W_hn_e, (H_e, H_e), dtype)
    _check("b_hn_e", b_hn_e, (H_e,), dtype)
    _check("W_ir_d", W_ir_d, (H_e, H_e + I_d), dtype)
    _check("b_ir_d", b_ir_d, (H_e,), dtype)
    _check("W_hr_d", W_hr_d, (H_e, H_e), dtype)
    _check("b_hr_d", b_hr_d, (H_e,), dtype)
    _check("W_iz_d", W_iz_d, (H_e, H_e + I_d), dtype)
    _check("b_iz_d", b_iz_d, (H_e,), dtype)
    _check("W_hz_d", W_hz_d, (H_e, H_e), dtype)
    _check("b_hz_d", b_hz_d, (H_e,), dtype)
    _check("W_in_d", W_in_d, (H_e, H_e + I_d), dtype)
    _check("b_in_d", b_in_d, (H_e,), dtype)
    _check("W_hn_d", W_hn_d, (H_e, H_e), dtype)
    _check("b_hn_d", b_hn_d, (H_e,), dtype)
    _check("W_hy", W_hy, (O, H_e), dtype)
    _check("b_y", b_y, (O,), dtype)

    h_e = np.empty((T + 1, B, H_e), dtype)
    h_d = np.empty((S + 1, B, H_e), dtype)
    y_hat = np.empty((S, B, O), dtype)
    r_e_z_e_n_e = np.empty((T, B, 3*H_e), dtype)
    u_n_e = np.empty((T, B, H_e), dtype)
    u_d = np.empty((S, B, H_e + I_d), dtype)
    r_d_z_d_n_d = np.empty((S, B, 3*H_e), dtype)
    u_n_d = np.empty((S, B, H_e), dtype)
    J = np.empty((), dtype)
    c_e = np.empty((B, H_e), dtype)
    z_y = np.empty((S, B, O), dtype)
    largest = np.empty((S, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((S, B), dtype)
    W_ir_e_W_iz_e_W_in_e = np.empty((3*H_e, I), dtype)
    W_hr_e_W_hz_e = np.empty((2*H_e, H_e), dtype)
    _B_H_e = np.empty((B, H_e), dtype)
    _B_2xH_e = np.empty((B, 2*H_e), dtype)
    _B_H_e_1 = np.empty((B, H_e), dtype)
    _S_B_O = np.empty((S, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h_e[0], h_e0)
        np.copyto(W_ir_e_W_iz_e_W_in_e[:H_e], W_ir_e)
        np.copyto(W_ir_e_W_iz_e_W_in_e[H_e : 2*H_e], W_iz_e)
        np.copyto(W_ir_e_W_iz_e_W_in_e[2*H_e : 3*H_e], W_in_e)
        np.copyto(W_hr_e_W_hz_e[:H_e], W_hr_e)
        np.copyto(W_hr_e_W_hz_e[H_e : 2*H_e], W_hz_e)
        # (1) z_r_e[t] = W_ir_e x[t] + b_ir_e + W_hr_e h_e[t−1] + b_hr_e
        np.matmul(x.reshape(T * B, I), W_ir_e_W_iz_e_W_in_e.T, out=r_e_z_e_n_e.reshape(T * B, 3*H_e))
        for t in range(T):
            # (1) z_r_e[t] = W_ir_e x[t] + b_ir_e + W_hr_e h_e[t−1] + b_hr_e
            np.add(b_ir_e, b_hr_e, out=_B_H_e)
            np.add(r_e_z_e_n_e[t, :, :H_e], _B_H_e, out=r_e_z_e_n_e[t, :, :H_e])
            # (3) z_z_e[t] = W_iz_e x[t] + b_iz_e + W_hz_e h_e[t−1] + b_hz_e
            np.add(b_iz_e, b_hz_e, out=_B_H_e)
            np.add(r_e_z_e_n_e[t, :, H_e : 2*H_e], _B_H_e, out=r_e_z_e_n_e[t, :, H_e : 2*H_e])
        for t in range(T):
            # (1) z_r_e[t] = W_ir_e x[t] + b_ir_e + W_hr_e h_e[t−1] + b_hr_e
            np.matmul(h_e[t], W_hr_e_W_hz_e.T, out=_B_2xH_e)
            np.add(r_e_z_e_n_e[t, :, :2*H_e], _B_2xH_e, out=r_e_z_e_n_e[t, :, :2*H_e])
            # (2) r_e[t] = sigmoid(z_r_e[t])
            _sigmoid(r_e_z_e_n_e[t, :, :H_e], out=r_e_z_e_n_e[t, :, :H_e])
            # (4) z_e[t] = sigmoid(z_z_e[t])
            _sigmoid(r_e_z_e_n_e[t, :, H_e : 2*H_e], out=r_e_z_e_n_e[t, :, H_e : 2*H_e])
            # (5) u_n_e[t] = W_hn_e h_e[t−1] + b_hn_e
            np.matmul(h_e[t], W_hn_e.T, out=u_n_e[t])
            np.add(u_n_e[t], b_hn_e, out=u_n_e[t])
            # (6) z_n_e[t] = W_in_e x[t] + b_in_e + r_e[t] ∘ u_n_e[t]
            np.multiply(r_e_z_e_n_e[t, :, :H_e], u_n_e[t], out=_B_H_e)
            np.add(b_in_e, _B_H_e, out=_B_H_e)
            np.add(r_e_z_e_n_e[t, :, 2*H_e : 3*H_e], _B_H_e, out=r_e_z_e_n_e[t, :, 2*H_e : 3*H_e])
            # (7) n_e[t] = tanh(z_n_e[t])
            np.tanh(r_e_z_e_n_e[t, :, 2*H_e : 3*H_e], out=r_e_z_e_n_e[t, :, 2*H_e : 3*H_e])
            # (8) h_e[t] = (1 − z_e[t]) ∘ n_e[t] + z_e[t] ∘ h_e[t−1]
            np.subtract(1.0, r_e_z_e_n_e[t, :, H_e : 2*H_e], out=_B_H_e)
            np.multiply(_B_H_e, r_e_z_e_n_e[t, :, 2*H_e : 3*H_e], out=_B_H_e)
            np.multiply(r_e_z_e_n_e[t, :, H_e : 2*H_e], h_e[t], out=_B_H_e_1)
            np.add(_B_H_e, _B_H_e_1, out=h_e[t + 1])
        # (9) c_e[T] = h_e[T]
        np.copyto(c_e, h_e[T])
        # (10) h_d[0] = h_e[T]
        np.copyto(h_d[0], h_e[T])
        for t in range(S):
            # (11) u_d[t] = [x_d[t]; c_e[T]]
            np.copyto(u_d[t, :, :I_d], x_d[t])
            np.copyto(u_d[t, :, I_d : I_d + H_e], c_e)
        # (12) z_r_d[t] = W_ir_d u_d[t] + b_ir_d + W_hr_d h_d[t−1] + b_hr_d
        np.matmul(u_d.reshape(S * B, H_e + I_d), W_ir_d.T, out=r_d_z_d_n_d.reshape(S * B, 3*H_e)[:, :H_e])
        # (14) z_z_d[t] = W_iz_d u_d[t] + b_iz_d + W_hz_d h_d[t−1] + b_hz_d
        np.matmul(u_d.reshape(S * B, H_e + I_d), W_iz_d.T, out=r_d_z_d_n_d.reshape(S * B, 3*H_e)[:, H_e : 2*H_e])
        # (17) z_n_d[t] = W_in_d u_d[t] + b_in_d + r_d[t] ∘ u_n_d[t]
        np.matmul(u_d.reshape(S * B, H_e + I_d), W_in_d.T, out=r_d_z_d_n_d.reshape(S * B, 3*H_e)[:, 2*H_e : 3*H_e])
        for t in range(S):
            # (12) z_r_d[t] = W_ir_d u_d[t] + b_ir_d + W_hr_d h_d[t−1] + b_hr_d
            np.add(b_ir_d, b_hr_d, out=_B_H_e)
            np.add(r_d_z_d_n_d[t, :, :H_e], _B_H_e, out=r_d_z_d_n_d[t, :, :H_e])
            # (14) z_z_d[t] = W_iz_d u_d[t] + b_iz_d + W_hz_d h_d[t−1] + b_hz_d
            np.add(b_iz_d, b_hz_d, out=_B_H_e)
            np.add(r_d_z_d_n_d[t, :, H_e : 2*H_e], _B_H_e, out=r_d_z_d_n_d[t, :, H_e : 2*H_e])
        for t in range(S):
            # (12) z_r_d[t] = W_ir_d u_d[t] + b_ir_d + W_hr_d h_d[t−1] + b_hr_d
            np.matmul(h_d[t], W_hr_d.T, out=_B_H_e)
            np.add(r_d_z_d_n_d[t, :, :H_e], _B_H_e, out=r_d_z_d_n_d[t, :, :H_e])
            # (13) r_d[t] = sigmoid(z_r_d[t])
            _sigmoid(r_d_z_d_n_d[t, :, :H_e], out=r_d_z_d_n_d[t, :, :H_e])
            # (14) z_z_d[t] = W_iz_d u_d[t] + b_iz_d + W_hz_d h_d[t−1] + b_hz_d
            np.matmul(h_d[t], W_hz_d.T, out=_B_H_e)
            np.add(r_d_z_d_n_d[t, :, H_e : 2*H_e], _B_H_e, out=r_d_z_d_n_d[t, :, H_e : 2*H_e])
            # (15) z_d[t] = sigmoid(z_z_d[t])
            _sigmoid(r_d_z_d_n_d[t, :, H_e : 2*H_e], out=r_d_z_d_n_d[t, :, H_e : 2*H_e])
            # (16) u_n_d[t] = W_hn_d h_d[t−1] + b_hn_d
            np.matmul(h_d[t], W_hn_d.T, out=u_n_d[t])
            np.add(u_n_d[t], b_hn_d, out=u_n_d[t])
            # (17) z_n_d[t] = W_in_d u_d[t] + b_in_d + r_d[t] ∘ u_n_d[t]
            np.multiply(r_d_z_d_n_d[t, :, :H_e], u_n_d[t], out=_B_H_e)
            np.add(b_in_d, _B_H_e, out=_B_H_e)
            np.add(r_d_z_d_n_d[t, :, 2*H_e : 3*H_e], _B_H_e, out=r_d_z_d_n_d[t, :, 2*H_e : 3*H_e])
            # (18) n_d[t] = tanh(z_n_d[t])
            np.tanh(r_d_z_d_n_d[t, :, 2*H_e : 3*H_e], out=r_d_z_d_n_d[t, :, 2*H_e : 3*H_e])
            # (19) h_d[t] = (1 − z_d[t]) ∘ n_d[t] + z_d[t] ∘ h_d[t−1]
            np.subtract(1.0, r_d_z_d_n_d[t, :, H_e : 2*H_e], out=_B_H_e)
            np.multiply(_B_H_e, r_d_z_d_n_d[t, :, 2*H_e : 3*H_e], out=_B_H_e)
            np.multiply(r_d_z_d_n_d[t, :, H_e : 2*H_e], h_d[t], out=_B_H_e_1)
            np.add(_B_H_e, _B_H_e_1, out=h_d[t + 1])
        # (20) z_y[t] = W_hy h_d[t] + b_y
        np.matmul(h_d[1 : S + 1].reshape(S * B, H_e), W_hy.T, out=z_y.reshape(S * B, O))
        for t in range(S):
            # (20) z_y[t] = W_hy h_d[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (21) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (22) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (22) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_S_B_O)
        np.subtract(_S_B_O, log_total[:, :, np.newaxis], out=_S_B_O)
        np.multiply(y, _S_B_O, out=_S_B_O)
        np.negative(_S_B_O, out=_S_B_O)
        np.sum(_S_B_O, out=J)
    return Kept(h_e=h_e, h_d=h_d, y_hat=y_hat, r_e_z_e_n_e=r_e_z_e_n_e, u_n_e=u_n_e, u_d=u_d, r_d_z_d_n_d=r_d_z_d_n_d, u_n_d=u_n_d, J=J[()])


def backward(
    x,            # (T, B, I)          input: of every step
    y,            # (S, B, O)          target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir_e,       # (H_e, I)           parameter: trained
    W_hr_e,       # (H_e, H_e)         parameter: trained
    W_iz_e,       # (H_e, I)           parameter: trained
    W_hz_e,       # (H_e, H_e)         parameter: trained
    W_in_e,       # (H_e, I)           parameter: trained
    W_hn_e,       # (H_e, H_e)         parameter: trained
    W_ir_d,       # (H_e, H_e + I_d)   parameter: trained
    W_hr_d,       # (H_e, H_e)         parameter: trained
    W_iz_d,       # (H_e, H_e + I_d)   parameter: trained
    W_hz_d,       # (H_e, H_e)         parameter: trained
    W_in_d,       # (H_e, H_e + I_d)   parameter: trained
    W_hn_d,       # (H_e, H_e)         parameter: trained
    W_hy,         # (O, H_e)           parameter: trained
    h_e,          # (T + 1, B, H_e)    output: state; the first is initial
    h_d,          # (S + 1, B, H_e)    output: state; the first is initial
    y_hat,        # (S, B, O)          output: of every step
    r_e_z_e_n_e,  # (T, B, 3*H_e)      saved: r_e, z_e, n_e, side by side
    u_n_e,        # (T, B, H_e)        saved: kept for the backward pass
    u_d,          # (S, B, H_e + I_d)  saved: kept for the backward pass
    r_d_z_d_n_d,  # (S, B, 3*H_e)      saved: r_d, z_d, n_d, side by side
    u_n_d,        # (S, B, H_e)        saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    S = y.shape[0]
    O = y.shape[2]
    H_e = W_ir_e.shape[0]
    I_d = W_ir_d.shape[1] - H_e
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (S, B, O), dtype)
    _check("W_ir_e", W_ir_e, (H_e, I), dtype)
    _check("W_hr_e", W_hr_e, (H_e, H_e), dtype)
    _check("W_iz_e", W_iz_e, (H_e, I), dtype)
    _check("W_hz_e", W_hz_e, (H_e, H_e), dtype)
    _check("W_in_e", W_in_e, (H_e, I), dtype)
    _check("W_hn_e", W_hn_e, (H_e, H_e), dtype)
    _check("W_ir_d", W_ir_d, (H_e, H_e + I_d), dtype)
    _check("W_hr_d", W_hr_d, (H_e, H_e), dtype)
    _check("W_iz_d", W_iz_d, (H_e, H_e + I_d), dtype)
    _check("W_hz_d", W_hz_d, (H_e, H_e), dtype)
    _check("W_in_d", W_in_d, (H_e, H_e + I_d), dtype)
    _check("W_hn_d", W_hn_d, (H_e, H_e), dtype)
    _check("W_hy", W_hy, (O, H_e), dtype)
    _check("h_e", h_e, (T + 1, B, H_e), dtype)
    _check("h_d", h_d, (S + 1, B, H_e), dtype)
    _check("y_hat", y_hat, (S, B, O), dtype)
    _check("r_e_z_e_n_e", r_e_z_e_n_e, (T, B, 3*H_e), dtype)
    _check("u_n_e", u_n_e, (T, B, H_e), dtype)
    _check("u_d", u_d, (S, B, H_e + I_d), dtype)
    _check("r_d_z_d_n_d", r_d_z_d_n_d, (S, B, 3*H_e), dtype)
    _check("u_n_d", u_n_d, (S, B, H_e), dtype)

    dW_ir_e = np.empty((H_e, I), dtype)
    db_ir_e = np.empty((H_e,), dtype)
    dW_hr_e = np.empty((H_e, H_e), dtype)
    db_hr_e = np.empty((H_e,), dtype)
    dW_iz_e = np.empty((H_e, I), dtype)
    db_iz_e = np.empty((H_e,), dtype)
    dW_hz_e = np.empty((H_e, H_e), dtype)
    db_hz_e = np.empty((H_e,), dtype)
    dW_in_e = np.empty((H_e, I), dtype)
    db_in_e = np.empty((H_e,), dtype)
    dW_hn_e = np.empty((H_e, H_e), dtype)
    db_hn_e = np.empty((H_e,), dtype)
    dW_ir_d = np.empty((H_e, H_e + I_d), dtype)
    db_ir_d = np.empty((H_e,), dtype)
    dW_hr_d = np.empty((H_e, H_e), dtype)
    db_hr_d = np.empty((H_e,), dtype)
    dW_iz_d = np.empty((H_e, H_e + I_d), dtype)
    db_iz_d = np.empty((H_e,), dtype)
    dW_hz_d = np.empty((H_e, H_e), dtype)
    db_hz_d = np.empty((H_e,), dtype)
    dW_in_d = np.empty((H_e, H_e + I_d), dtype)
    db_in_d = np.empty((H_e,), dtype)
    dW_hn_d = np.empty((H_e, H_e), dtype)
    db_hn_d = np.empty((H_e,), dtype)
    dW_hy = np.empty((O, H_e), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dx_d = np.empty((S, B, I_d), dtype)
    dh_e0 = np.empty((B, H_e), dtype)
    carry_h_e = np.empty((B, H_e), dtype)
    carry_h_d = np.empty((B, H_e), dtype)
    dc_e = np.empty((B, H_e), dtype)
    dz_y = np.empty((S, B, O), dtype)
    dh_d = np.empty((S, B, H_e), dtype)
    dn_d = np.empty((B, H_e), dtype)
    dz_n_d_dz_z_d_dz_r_d_du_n_d = np.empty((S, B, 4*H_e), dtype)
    dz_d = np.empty((B, H_e), dtype)
    dr_d = np.empty((B, H_e), dtype)
    du_d = np.empty((S, B, H_e + I_d), dtype)
    dh_d_start = np.empty((B, H_e), dtype)
    dh_e = np.empty((B, H_e), dtype)
    dn_e = np.empty((B, H_e), dtype)
    dz_n_e = np.empty((T, B, H_e), dtype)
    du_n_e = np.empty((T, B, H_e), dtype)
    dz_e = np.empty((B, H_e), dtype)
    dz_z_e = np.empty((T, B, H_e), dtype)
    dr_e = np.empty((B, H_e), dtype)
    dz_r_e = np.empty((T, B, H_e), dtype)
    W_in_d_W_iz_d_W_ir_d = np.empty((3*H_e, H_e + I_d), dtype)
    W_hz_d_W_hr_d_W_hn_d = np.empty((3*H_e, H_e), dtype)
    _B_H_e = np.empty((B, H_e), dtype)
    _T_B_I = np.empty((T, B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dc_e, 0.0)
        np.copyto(carry_h_d, 0.0)
        np.copyto(W_in_d_W_iz_d_W_ir_d[:H_e], W_in_d)
        np.copyto(W_in_d_W_iz_d_W_ir_d[H_e : 2*H_e], W_iz_d)
        np.copyto(W_in_d_W_iz_d_W_ir_d[2*H_e : 3*H_e], W_ir_d)
        np.copyto(W_hz_d_W_hr_d_W_hn_d[:H_e], W_hz_d)
        np.copyto(W_hz_d_W_hr_d_W_hn_d[H_e : 2*H_e], W_hr_d)
        np.copyto(W_hz_d_W_hr_d_W_hn_d[2*H_e : 3*H_e], W_hn_d)
        for t in reversed(range(S)):
            # (24) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (25) h̄_d[t] = W_hyᵀ z̄_y[t] + h̄_d[t+1] ∘ z_d[t+1] + W_hn_dᵀ ū_n_d[t+1] + W_hz_dᵀ z̄_z_d[t+1] + W_hr_dᵀ z̄_r_d[t+1]
        np.matmul(dz_y.reshape(S * B, O), W_hy, out=dh_d.reshape(S * B, H_e))
        # (68) W̄_hy += z̄_y[t] h_d[t]ᵀ
        np.matmul(dz_y.reshape(S * B, O).T, h_d[1 : S + 1].reshape(S * B, H_e), out=dW_hy)
        # (69) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(S)):
            # (25) h̄_d[t] = W_hyᵀ z̄_y[t] + h̄_d[t+1] ∘ z_d[t+1] + W_hn_dᵀ ū_n_d[t+1] + W_hz_dᵀ z̄_z_d[t+1] + W_hr_dᵀ z̄_r_d[t+1]
            np.add(dh_d[t], carry_h_d, out=dh_d[t])
            # (26) n̄_d[t] = h̄_d[t] ∘ (1 − z_d[t])
            np.subtract(1.0, r_d_z_d_n_d[t, :, H_e : 2*H_e], out=dn_d)
            np.multiply(dh_d[t], dn_d, out=dn_d)
            # (27) z̄_n_d[t] = n̄_d[t] ∘ (1 − n_d[t]²)
            np.square(r_d_z_d_n_d[t, :, 2*H_e : 3*H_e], out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, :H_e])
            np.subtract(1.0, dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, :H_e], out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, :H_e])
            np.multiply(dn_d, dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, :H_e], out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, :H_e])
            # (28) ū_n_d[t] = z̄_n_d[t] ∘ r_d[t]
            np.multiply(dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, :H_e], r_d_z_d_n_d[t, :, :H_e], out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, 3*H_e : 4*H_e])
            # (29) z̄_d[t] = −h̄_d[t] ∘ n_d[t] + h̄_d[t] ∘ h_d[t−1]
            np.multiply(dh_d[t], r_d_z_d_n_d[t, :, 2*H_e : 3*H_e], out=dz_d)
            np.negative(dz_d, out=dz_d)
            np.multiply(dh_d[t], h_d[t], out=_B_H_e)
            np.add(dz_d, _B_H_e, out=dz_d)
            # (30) z̄_z_d[t] = z̄_d[t] ∘ z_d[t] ∘ (1 − z_d[t])
            np.multiply(dz_d, r_d_z_d_n_d[t, :, H_e : 2*H_e], out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, H_e : 2*H_e])
            np.subtract(1.0, r_d_z_d_n_d[t, :, H_e : 2*H_e], out=_B_H_e)
            np.multiply(dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, H_e : 2*H_e], _B_H_e, out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, H_e : 2*H_e])
            # (31) r̄_d[t] = z̄_n_d[t] ∘ u_n_d[t]
            np.multiply(dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, :H_e], u_n_d[t], out=dr_d)
            # (32) z̄_r_d[t] = r̄_d[t] ∘ r_d[t] ∘ (1 − r_d[t])
            np.multiply(dr_d, r_d_z_d_n_d[t, :, :H_e], out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, 2*H_e : 3*H_e])
            np.subtract(1.0, r_d_z_d_n_d[t, :, :H_e], out=_B_H_e)
            np.multiply(dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, 2*H_e : 3*H_e], _B_H_e, out=dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, 2*H_e : 3*H_e])
            # (25) what step t gives to h_d of earlier steps: h̄_d[t] ∘ z_d[t] + W_hn_dᵀ ū_n_d[t] + W_hz_dᵀ z̄_z_d[t] + W_hr_dᵀ z̄_r_d[t]
            np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d[t, :, H_e : 4*H_e], W_hz_d_W_hr_d_W_hn_d, out=carry_h_d)
            np.multiply(dh_d[t], r_d_z_d_n_d[t, :, H_e : 2*H_e], out=_B_H_e)
            np.add(carry_h_d, _B_H_e, out=carry_h_d)
        # (33) ū_d[t] = W_in_dᵀ z̄_n_d[t] + W_iz_dᵀ z̄_z_d[t] + W_ir_dᵀ z̄_r_d[t]
        np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d.reshape(S * B, 4*H_e)[:, :3*H_e], W_in_d_W_iz_d_W_ir_d, out=du_d.reshape(S * B, H_e + I_d))
        # (56) W̄_ir_d += z̄_r_d[t] u_d[t]ᵀ
        np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d.reshape(S * B, 4*H_e)[:, 2*H_e : 3*H_e].T, u_d.reshape(S * B, H_e + I_d), out=dW_ir_d)
        # (57) b̄_ir_d += z̄_r_d[t]
        np.sum(dz_n_d_dz_z_d_dz_r_d_du_n_d[:, :, 2*H_e : 3*H_e], axis=(0, 1), out=db_ir_d)
        # (58) W̄_hr_d += z̄_r_d[t] h_d[t−1]ᵀ
        np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d.reshape(S * B, 4*H_e)[:, 2*H_e : 3*H_e].T, h_d[0:S].reshape(S * B, H_e), out=dW_hr_d)
        # (60) W̄_iz_d += z̄_z_d[t] u_d[t]ᵀ
        np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d.reshape(S * B, 4*H_e)[:, H_e : 2*H_e].T, u_d.reshape(S * B, H_e + I_d), out=dW_iz_d)
        # (61) b̄_iz_d += z̄_z_d[t]
        np.sum(dz_n_d_dz_z_d_dz_r_d_du_n_d[:, :, H_e : 2*H_e], axis=(0, 1), out=db_iz_d)
        # (62) W̄_hz_d += z̄_z_d[t] h_d[t−1]ᵀ
        np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d.reshape(S * B, 4*H_e)[:, H_e : 2*H_e].T, h_d[0:S].reshape(S * B, H_e), out=dW_hz_d)
        # (64) W̄_in_d += z̄_n_d[t] u_d[t]ᵀ
        np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d.reshape(S * B, 4*H_e)[:, :H_e].T, u_d.reshape(S * B, H_e + I_d), out=dW_in_d)
        # (65) b̄_in_d += z̄_n_d[t]
        np.sum(dz_n_d_dz_z_d_dz_r_d_du_n_d[:, :, :H_e], axis=(0, 1), out=db_in_d)
        # (66) W̄_hn_d += ū_n_d[t] h_d[t−1]ᵀ
        np.matmul(dz_n_d_dz_z_d_dz_r_d_du_n_d.reshape(S * B, 4*H_e)[:, 3*H_e : 4*H_e].T, h_d[0:S].reshape(S * B, H_e), out=dW_hn_d)
        # (67) b̄_hn_d += ū_n_d[t]
        np.sum(dz_n_d_dz_z_d_dz_r_d_du_n_d[:, :, 3*H_e : 4*H_e], axis=(0, 1), out=db_hn_d)
        for t in reversed(range(S)):
            # (71) x̄_d[t] = ū_d[t]⟨0 : I_d⟩
            np.copyto(dx_d[t], du_d[t, :, :I_d])
            # (35) c̄_e[T] += ū_d[t]⟨I_d : H_e + I_d⟩
            np.add(dc_e, du_d[t, :, I_d : I_d + H_e], out=dc_e)
        # (34) h̄_d[0] = h̄_d[1] ∘ z_d[1] + W_hn_dᵀ ū_n_d[1] + W_hz_dᵀ z̄_z_d[1] + W_hr_dᵀ z̄_r_d[1]
        np.copyto(dh_d_start, carry_h_d)
        np.copyto(carry_h_e, 0.0)
        for t in reversed(range(T)):
            # (36) h̄_e[t] = h̄_e[t+1] ∘ z_e[t+1] + W_hn_eᵀ ū_n_e[t+1] + W_hz_eᵀ z̄_z_e[t+1] + W_hr_eᵀ z̄_r_e[t+1] + [t = T] h̄_d[0] + [t = T] c̄_e[T]
            np.copyto(dh_e, carry_h_e)
            if t == T - 1:
                np.add(dh_e, dh_d_start, out=dh_e)
            if t == T - 1:
                np.add(dh_e, dc_e, out=dh_e)
            # (37) n̄_e[t] = h̄_e[t] ∘ (1 − z_e[t])
            np.subtract(1.0, r_e_z_e_n_e[t, :, H_e : 2*H_e], out=dn_e)
            np.multiply(dh_e, dn_e, out=dn_e)
            # (38) z̄_n_e[t] = n̄_e[t] ∘ (1 − n_e[t]²)
            np.square(r_e_z_e_n_e[t, :, 2*H_e : 3*H_e], out=dz_n_e[t])
            np.subtract(1.0, dz_n_e[t], out=dz_n_e[t])
            np.multiply(dn_e, dz_n_e[t], out=dz_n_e[t])
            # (39) ū_n_e[t] = z̄_n_e[t] ∘ r_e[t]
            np.multiply(dz_n_e[t], r_e_z_e_n_e[t, :, :H_e], out=du_n_e[t])
            # (40) z̄_e[t] = −h̄_e[t] ∘ n_e[t] + h̄_e[t] ∘ h_e[t−1]
            np.multiply(dh_e, r_e_z_e_n_e[t, :, 2*H_e : 3*H_e], out=dz_e)
            np.negative(dz_e, out=dz_e)
            np.multiply(dh_e, h_e[t], out=_B_H_e)
            np.add(dz_e, _B_H_e, out=dz_e)
            # (41) z̄_z_e[t] = z̄_e[t] ∘ z_e[t] ∘ (1 − z_e[t])
            np.multiply(dz_e, r_e_z_e_n_e[t, :, H_e : 2*H_e], out=dz_z_e[t])
            np.subtract(1.0, r_e_z_e_n_e[t, :, H_e : 2*H_e], out=_B_H_e)
            np.multiply(dz_z_e[t], _B_H_e, out=dz_z_e[t])
            # (42) r̄_e[t] = z̄_n_e[t] ∘ u_n_e[t]
            np.multiply(dz_n_e[t], u_n_e[t], out=dr_e)
            # (43) z̄_r_e[t] = r̄_e[t] ∘ r_e[t] ∘ (1 − r_e[t])
            np.multiply(dr_e, r_e_z_e_n_e[t, :, :H_e], out=dz_r_e[t])
            np.subtract(1.0, r_e_z_e_n_e[t, :, :H_e], out=_B_H_e)
            np.multiply(dz_r_e[t], _B_H_e, out=dz_r_e[t])
            # (36) what step t gives to h_e of earlier steps: h̄_e[t] ∘ z_e[t] + W_hn_eᵀ ū_n_e[t] + W_hz_eᵀ z̄_z_e[t] + W_hr_eᵀ z̄_r_e[t]
            np.matmul(du_n_e[t], W_hn_e, out=carry_h_e)
            np.matmul(dz_z_e[t], W_hz_e, out=_B_H_e)
            np.add(carry_h_e, _B_H_e, out=carry_h_e)
            np.matmul(dz_r_e[t], W_hr_e, out=_B_H_e)
            np.add(carry_h_e, _B_H_e, out=carry_h_e)
            np.multiply(dh_e, r_e_z_e_n_e[t, :, H_e : 2*H_e], out=_B_H_e)
            np.add(carry_h_e, _B_H_e, out=carry_h_e)
        # (44) W̄_ir_e += z̄_r_e[t] x[t]ᵀ
        np.matmul(dz_r_e.reshape(T * B, H_e).T, x.reshape(T * B, I), out=dW_ir_e)
        # (45) b̄_ir_e += z̄_r_e[t]
        np.sum(dz_r_e, axis=(0, 1), out=db_ir_e)
        # (46) W̄_hr_e += z̄_r_e[t] h_e[t−1]ᵀ
        np.matmul(dz_r_e.reshape(T * B, H_e).T, h_e[0:T].reshape(T * B, H_e), out=dW_hr_e)
        # (48) W̄_iz_e += z̄_z_e[t] x[t]ᵀ
        np.matmul(dz_z_e.reshape(T * B, H_e).T, x.reshape(T * B, I), out=dW_iz_e)
        # (49) b̄_iz_e += z̄_z_e[t]
        np.sum(dz_z_e, axis=(0, 1), out=db_iz_e)
        # (50) W̄_hz_e += z̄_z_e[t] h_e[t−1]ᵀ
        np.matmul(dz_z_e.reshape(T * B, H_e).T, h_e[0:T].reshape(T * B, H_e), out=dW_hz_e)
        # (52) W̄_in_e += z̄_n_e[t] x[t]ᵀ
        np.matmul(dz_n_e.reshape(T * B, H_e).T, x.reshape(T * B, I), out=dW_in_e)
        # (53) b̄_in_e += z̄_n_e[t]
        np.sum(dz_n_e, axis=(0, 1), out=db_in_e)
        # (54) W̄_hn_e += ū_n_e[t] h_e[t−1]ᵀ
        np.matmul(du_n_e.reshape(T * B, H_e).T, h_e[0:T].reshape(T * B, H_e), out=dW_hn_e)
        # (55) b̄_hn_e += ū_n_e[t]
        np.sum(du_n_e, axis=(0, 1), out=db_hn_e)
        # (70) x̄[t] = W_in_eᵀ z̄_n_e[t] + W_iz_eᵀ z̄_z_e[t] + W_ir_eᵀ z̄_r_e[t]
        np.matmul(dz_n_e.reshape(T * B, H_e), W_in_e, out=dx.reshape(T * B, I))
        np.matmul(dz_z_e.reshape(T * B, H_e), W_iz_e, out=_T_B_I.reshape(T * B, I))
        np.add(dx, _T_B_I, out=dx)
        np.matmul(dz_r_e.reshape(T * B, H_e), W_ir_e, out=_T_B_I.reshape(T * B, I))
        np.add(dx, _T_B_I, out=dx)
        # (72) h̄_e[0] = h̄_e[1] ∘ z_e[1] + W_hn_eᵀ ū_n_e[1] + W_hz_eᵀ z̄_z_e[1] + W_hr_eᵀ z̄_r_e[1]
        np.copyto(dh_e0, carry_h_e)
        np.copyto(db_hr_e, db_ir_e)
        np.copyto(db_hz_e, db_iz_e)
        np.copyto(db_hr_d, db_ir_d)
        np.copyto(db_hz_d, db_iz_d)
    return Gradients(dW_ir_e=dW_ir_e, db_ir_e=db_ir_e, dW_hr_e=dW_hr_e, db_hr_e=db_hr_e, dW_iz_e=dW_iz_e, db_iz_e=db_iz_e, dW_hz_e=dW_hz_e, db_hz_e=db_hz_e, dW_in_e=dW_in_e, db_in_e=db_in_e, dW_hn_e=dW_hn_e, db_hn_e=db_hn_e, dW_ir_d=dW_ir_d, db_ir_d=db_ir_d, dW_hr_d=dW_hr_d, db_hr_d=db_hr_d, dW_iz_d=dW_iz_d, db_iz_d=db_iz_d, dW_hz_d=dW_hz_d, db_hz_d=db_hz_d, dW_in_d=dW_in_d, db_in_d=db_in_d, dW_hn_d=dW_hn_d, db_hn_d=db_hn_d, dW_hy=dW_hy, db_y=db_y, dx=dx, dx_d=dx_d, dh_e0=dh_e0)


def loss_and_gradient(
    x,       # (T, B, I)         input: of every step
    x_d,     # (S, B, I_d)       input: of every step
    h_e0,    # (B, H_e)          initial state: h_e before the first step
    y,       # (S, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir_e,  # (H_e, I)          parameter: trained
    b_ir_e,  # (H_e)             parameter: trained
    W_hr_e,  # (H_e, H_e)        parameter: trained
    b_hr_e,  # (H_e)             parameter: trained
    W_iz_e,  # (H_e, I)          parameter: trained
    b_iz_e,  # (H_e)             parameter: trained
    W_hz_e,  # (H_e, H_e)        parameter: trained
    b_hz_e,  # (H_e)             parameter: trained
    W_in_e,  # (H_e, I)          parameter: trained
    b_in_e,  # (H_e)             parameter: trained
    W_hn_e,  # (H_e, H_e)        parameter: trained
    b_hn_e,  # (H_e)             parameter: trained
    W_ir_d,  # (H_e, H_e + I_d)  parameter: trained
    b_ir_d,  # (H_e)             parameter: trained
    W_hr_d,  # (H_e, H_e)        parameter: trained
    b_hr_d,  # (H_e)             parameter: trained
    W_iz_d,  # (H_e, H_e + I_d)  parameter: trained
    b_iz_d,  # (H_e)             parameter: trained
    W_hz_d,  # (H_e, H_e)        parameter: trained
    b_hz_d,  # (H_e)             parameter: trained
    W_in_d,  # (H_e, H_e + I_d)  parameter: trained
    b_in_d,  # (H_e)             parameter: trained
    W_hn_d,  # (H_e, H_e)        parameter: trained
    b_hn_d,  # (H_e)             parameter: trained
    W_hy,    # (O, H_e)          parameter: trained
    b_y,     # (O)               parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, x_d, h_e0, y, W_ir_e, b_ir_e, W_hr_e, b_hr_e, W_iz_e, b_iz_e, W_hz_e, b_hz_e, W_in_e, b_in_e, W_hn_e, b_hn_e, W_ir_d, b_ir_d, W_hr_d, b_hr_d, W_iz_d, b_iz_d, W_hz_d, b_hz_d, W_in_d, b_in_d, W_hn_d, b_hn_d, W_hy, b_y)
    gradients = backward(x, y, W_ir_e, W_hr_e, W_iz_e, W_hz_e, W_in_e, W_hn_e, W_ir_d, W_hr_d, W_iz_d, W_hz_d, W_in_d, W_hn_d, W_hy, kept.h_e, kept.h_d, kept.y_hat, kept.r_e_z_e_n_e, kept.u_n_e, kept.u_d, kept.r_d_z_d_n_d, kept.u_n_d)
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
