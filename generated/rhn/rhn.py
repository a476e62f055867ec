"""recurrent highway network of depth 3, with its own carry gates with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Zilly, Srivastava, Koutnik, Schmidhuber, "Recurrent highway networks", 2016,
arXiv:1607.03474

    (1)   z_h_1[t] = W_H x[t] + R_H1 s[t−1] + b_H1
    (2)   h_1[t] = tanh(z_h_1[t])
    (3)   z_t_1[t] = W_T x[t] + R_T1 s[t−1] + b_T1
    (4)   t_1[t] = sigmoid(z_t_1[t])
    (5)   z_c_1[t] = W_C x[t] + R_C1 s[t−1] + b_C1
    (6)   c_1[t] = sigmoid(z_c_1[t])
    (7)   s_1[t] = h_1[t] ∘ t_1[t] + s[t−1] ∘ c_1[t]
    (8)   z_h_2[t] = R_H2 s_1[t] + b_H2
    (9)   h_2[t] = tanh(z_h_2[t])
    (10)  z_t_2[t] = R_T2 s_1[t] + b_T2
    (11)  t_2[t] = sigmoid(z_t_2[t])
    (12)  z_c_2[t] = R_C2 s_1[t] + b_C2
    (13)  c_2[t] = sigmoid(z_c_2[t])
    (14)  s_2[t] = h_2[t] ∘ t_2[t] + s_1[t] ∘ c_2[t]
    (15)  z_h_3[t] = R_H3 s_2[t] + b_H3
    (16)  h_3[t] = tanh(z_h_3[t])
    (17)  z_t_3[t] = R_T3 s_2[t] + b_T3
    (18)  t_3[t] = sigmoid(z_t_3[t])
    (19)  z_c_3[t] = R_C3 s_2[t] + b_C3
    (20)  c_3[t] = sigmoid(z_c_3[t])
    (21)  s[t] = h_3[t] ∘ t_3[t] + s_2[t] ∘ c_3[t]
    (22)  z_y[t] = W_hy s[t] + b_y
    (23)  y_hat[t] = softmax(z_y[t])
    (24)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of s
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    s0    (B, H)     initial state: s before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_H   (H, I)     parameter: trained
    R_H1  (H, H)     parameter: trained
    b_H1  (H)        parameter: trained
    W_T   (H, I)     parameter: trained
    R_T1  (H, H)     parameter: trained
    b_T1  (H)        parameter: trained
    W_C   (H, I)     parameter: trained
    R_C1  (H, H)     parameter: trained
    b_C1  (H)        parameter: trained
    R_H2  (H, H)     parameter: trained
    b_H2  (H)        parameter: trained
    R_T2  (H, H)     parameter: trained
    b_T2  (H)        parameter: trained
    R_C2  (H, H)     parameter: trained
    b_C2  (H)        parameter: trained
    R_H3  (H, H)     parameter: trained
    b_H3  (H)        parameter: trained
    R_T3  (H, H)     parameter: trained
    b_T3  (H)        parameter: trained
    R_C3  (H, H)     parameter: trained
    b_C3  (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    s: np.ndarray            # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray        # (T, B, O)      output: of every step
    h_1_t_1_c_1: np.ndarray  # (T, B, 3*H)    saved: h_1, t_1, c_1, side by side
    s_1: np.ndarray          # (T, B, H)      saved: kept for the backward pass
    h_2_t_2_c_2: np.ndarray  # (T, B, 3*H)    saved: h_2, t_2, c_2, side by side
    h_3_t_3_c_3: np.ndarray  # (T, B, 3*H)    saved: h_3, t_3, c_3, side by side
    J: np.ndarray            # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_H: np.ndarray   # (H, I)     gradient: with respect to W_H
    dR_H1: np.ndarray  # (H, H)     gradient: with respect to R_H1
    db_H1: np.ndarray  # (H)        gradient: with respect to b_H1
    dW_T: np.ndarray   # (H, I)     gradient: with respect to W_T
    dR_T1: np.ndarray  # (H, H)     gradient: with respect to R_T1
    db_T1: np.ndarray  # (H)        gradient: with respect to b_T1
    dW_C: np.ndarray   # (H, I)     gradient: with respect to W_C
    dR_C1: np.ndarray  # (H, H)     gradient: with respect to R_C1
    db_C1: np.ndarray  # (H)        gradient: with respect to b_C1
    dR_H2: np.ndarray  # (H, H)     gradient: with respect to R_H2
    db_H2: np.ndarray  # (H)        gradient: with respect to b_H2
    dR_T2: np.ndarray  # (H, H)     gradient: with respect to R_T2
    db_T2: np.ndarray  # (H)        gradient: with respect to b_T2
    dR_C2: np.ndarray  # (H, H)     gradient: with respect to R_C2
    db_C2: np.ndarray  # (H)        gradient: with respect to b_C2
    dR_H3: np.ndarray  # (H, H)     gradient: with respect to R_H3
    db_H3: np.ndarray  # (H)        gradient: with respect to b_H3
    dR_T3: np.ndarray  # (H, H)     gradient: with respect to R_T3
    db_T3: np.ndarray  # (H)        gradient: with respect to b_T3
    dR_C3: np.ndarray  # (H, H)     gradient: with respect to R_C3
    db_C3: np.ndarray  # (H)        gradient: with respect to b_C3
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    ds0: np.ndarray    # (B, H)     gradient: with respect to s0


def forward(
    x,     # (T, B, I)  input: of every step
    s0,    # (B, H)     initial state: s before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_H,   # (H, I)     parameter: trained
    R_H1,  # (H, H)     parameter: trained
    b_H1,  # (H)        parameter: trained
    W_T,   # (H, I)     parameter: trained
    R_T1,  # (H, H)     parameter: trained
    b_T1,  # (H)        parameter: trained
    W_C,   # (H, I)     parameter: trained
    R_C1,  # (H, H)     parameter: trained
    b_C1,  # (H)        parameter: trained
    R_H2,  # (H, H)     parameter: trained
    b_H2,  # (H)        parameter: trained
    R_T2,  # (H, H)     parameter: trained
    b_T2,  # (H)        parameter: trained
    R_C2,  # (H, H)     parameter: trained
    b_C2,  # (H)        parameter: trained
    R_H3,  # (H, H)     parameter: trained
    b_H3,  # (H)        parameter: trained
    R_T3,  # (H, H)     parameter: trained
    b_T3,  # (H)        parameter: trained
    R_C3,  # (H, H)     parameter: trained
    b_C3,  # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, s0, y, W_H, R_H1, b_H1, W_T, R_T1, b_T1, W_C, R_C1, b_C1, R_H2, b_H2, R_T2, b_T2, R_C2, b_C2, R_H3, b_H3, R_T3, b_T3, R_C3, b_C3, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    s0,    # (B, H)     initial state: s before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_H,   # (H, I)     parameter: trained
    R_H1,  # (H, H)     parameter: trained
    b_H1,  # (H)        parameter: trained
    W_T,   # (H, I)     parameter: trained
    R_T1,  # (H, H)     parameter: trained
    b_T1,  # (H)        parameter: trained
    W_C,   # (H, I)     parameter: trained
    R_C1,  # (H, H)     parameter: trained
    b_C1,  # (H)        parameter: trained
    R_H2,  # (H, H)     parameter: trained
    b_H2,  # (H)        parameter: trained
    R_T2,  # (H, H)     parameter: trained
    b_T2,  # (H)        parameter: trained
    R_C2,  # (H, H)     parameter: trained
    b_C2,  # (H)        parameter: trained
    R_H3,  # (H, H)     parameter: trained
    b_H3,  # (H)        parameter: trained
    R_T3,  # (H, H)     parameter: trained
    b_T3,  # (H)        parameter: trained
    R_C3,  # (H, H)     parameter: trained
    b_C3,  # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    H = s0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("s0", s0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_H", W_H, (H, I), dtype)
    _check("R_H1", R_H1, (H, H), dtype)
    _check("b_H1", b_H1, (H,), dtype)
    _check("W_T", W_T, (H, I), dtype)
    _check("R_T1", R_T1, (H, H), dtype)
    _check("b_T1", b_T1, (H,), dtype)
    _check("W_C", W_C, (H, I), dtype)
    _check("R_C1", R_C1, (H, H), dtype)
    _check("b_C1", b_C1, (H,), dtype)
    _check("R_H2", R_H2, (H, H), dtype)
    _check("b_H2", b_H2, (H,), dtype)
    _check("R_T2", R_T2, (H, H), dtype)
    _check("b_T2", b_T2, (H,), dtype)
    _check("R_C2", R_C2, (H, H), dtype)
    _check("b_C2", b_C2, (H,), dtype)
    _check("R_H3", R_H3, (H, H), dtype)
    _check("b_H3", b_H3, (H,), dtype)
    _check("R_T3", R_T3, (H, H), dtype)
    _check("b_T3", b_T3, (H,), dtype)
    _check("R_C3", R_C3, (H, H), dtype)
    _check("b_C3", b_C3, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            s=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            h_1_t_1_c_1=np.empty((T, B, 3*H), dtype),
            s_1=np.empty((T, B, H), dtype),
            h_2_t_2_c_2=np.empty((T, B, 3*H), dtype),
            h_3_t_3_c_3=np.empty((T, B, 3*H), dtype),
            J=np.empty((), dtype),
        )
    s, y_hat, h_1_t_1_c_1, s_1, h_2_t_2_c_2, h_3_t_3_c_3, J = into
    s_2 = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_H_T_C = np.empty((3*H, I), dtype)
    R_H1_T1_C1 = np.empty((H, 3*H), dtype)
    R_H2_T2_C2 = np.empty((H, 3*H), dtype)
    R_H3_T3_C3 = np.empty((H, 3*H), dtype)
    scale = np.empty((3*H,), dtype)
    shift = np.empty((3*H,), dtype)
    b_h_1_t_1_c_1 = np.empty((3*H,), dtype)
    _B_3xH = np.empty((B, 3*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        h_1_t_1_c_1,                   # h_1_t_1_c_1_t
        s[0:T],                        # s_t
        s_1,                           # s_1_t
        h_1_t_1_c_1[:, :, :H],         # h_1_t
        h_1_t_1_c_1[:, :, H : 2*H],    # t_1_t
        h_1_t_1_c_1[:, :, 2*H : 3*H],  # c_1_t
        h_2_t_2_c_2,                   # h_2_t_2_c_2_t
        h_2_t_2_c_2[:, :, :H],         # h_2_t
        h_2_t_2_c_2[:, :, H : 2*H],    # t_2_t
        h_2_t_2_c_2[:, :, 2*H : 3*H],  # c_2_t
        h_3_t_3_c_3,                   # h_3_t_3_c_3_t
        h_3_t_3_c_3[:, :, :H],         # h_3_t
        h_3_t_3_c_3[:, :, H : 2*H],    # t_3_t
        h_3_t_3_c_3[:, :, 2*H : 3*H],  # c_3_t
        s[1 : T + 1],                  # s_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(s[0], s0)
            np.copyto(W_H_T_C[:H], W_H)
            np.multiply(0.5, W_T, W_H_T_C[H : 2*H])
            np.multiply(0.5, W_C, W_H_T_C[2*H : 3*H])
            np.copyto(R_H1_T1_C1[:, :H], R_H1.T)
            np.multiply(0.5, R_T1.T, R_H1_T1_C1[:, H : 2*H])
            np.multiply(0.5, R_C1.T, R_H1_T1_C1[:, 2*H : 3*H])
            np.copyto(R_H2_T2_C2[:, :H], R_H2.T)
            np.copyto(R_H2_T2_C2[:, H : 2*H], R_T2.T)
            np.copyto(R_H2_T2_C2[:, 2*H : 3*H], R_C2.T)
            np.copyto(R_H3_T3_C3[:, :H], R_H3.T)
            np.copyto(R_H3_T3_C3[:, H : 2*H], R_T3.T)
            np.copyto(R_H3_T3_C3[:, 2*H : 3*H], R_C3.T)
            np.copyto(scale[:H], 1.0)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(scale[2*H : 3*H], 0.5)
            np.copyto(shift[:H], 0.0)
            np.copyto(shift[H : 2*H], 0.5)
            np.copyto(shift[2*H : 3*H], 0.5)
            np.copyto(b_h_1_t_1_c_1[:H], b_H1)
            np.multiply(0.5, b_T1, b_h_1_t_1_c_1[H : 2*H])
            np.multiply(0.5, b_C1, b_h_1_t_1_c_1[2*H : 3*H])
            # (1) z_h_1[t] = W_H x[t] + R_H1 s[t−1] + b_H1
            np.dot(x.reshape(T * B, I), W_H_T_C.T, h_1_t_1_c_1.reshape(T * B, 3*H))
            # (1, 3, 5) the terms that are the same in every step
            np.add(h_1_t_1_c_1, b_h_1_t_1_c_1, h_1_t_1_c_1)
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            b_H2_row = b_H2[np.newaxis]
            b_T2_row = b_T2[np.newaxis]
            b_C2_row = b_C2[np.newaxis]
            b_H3_row = b_H3[np.newaxis]
            b_T3_row = b_T3[np.newaxis]
            b_C3_row = b_C3[np.newaxis]
            for (
                h_1_t_1_c_1_t, s_t, s_1_t, h_1_t, t_1_t, c_1_t, h_2_t_2_c_2_t, h_2_t, t_2_t, c_2_t, h_3_t_3_c_3_t,
                h_3_t, t_3_t, c_3_t, s_next,
            ) in steps:
                # (1) z_h_1[t] = W_H x[t] + R_H1 s[t−1] + b_H1
                np.dot(s_t, R_H1_T1_C1, _B_3xH)
                np.add(h_1_t_1_c_1_t, _B_3xH, h_1_t_1_c_1_t)
                # (2, 4, 6) h_1[t] = tanh(z_h_1[t]), t_1[t] = sigmoid(z_t_1[t]), c_1[t] = sigmoid(z_c_1[t])
                np.tanh(h_1_t_1_c_1_t, h_1_t_1_c_1_t)
                np.multiply(scale_row, h_1_t_1_c_1_t, h_1_t_1_c_1_t)
                np.add(h_1_t_1_c_1_t, shift_row, h_1_t_1_c_1_t)
                # (7) s_1[t] = h_1[t] ∘ t_1[t] + s[t−1] ∘ c_1[t]
                np.multiply(h_1_t, t_1_t, s_1_t)
                np.multiply(s_t, c_1_t, _B_H)
                np.add(s_1_t, _B_H, s_1_t)
                # (8) z_h_2[t] = R_H2 s_1[t] + b_H2
                np.dot(s_1_t, R_H2_T2_C2, h_2_t_2_c_2_t)
                np.add(h_2_t, b_H2_row, h_2_t)
                # (9) h_2[t] = tanh(z_h_2[t])
                np.tanh(h_2_t, h_2_t)
                # (10) z_t_2[t] = R_T2 s_1[t] + b_T2
                np.add(t_2_t, b_T2_row, t_2_t)
                # (11) t_2[t] = sigmoid(z_t_2[t])
                _sigmoid(t_2_t, t_2_t)
                # (12) z_c_2[t] = R_C2 s_1[t] + b_C2
                np.add(c_2_t, b_C2_row, c_2_t)
                # (13) c_2[t] = sigmoid(z_c_2[t])
                _sigmoid(c_2_t, c_2_t)
                # (14) s_2[t] = h_2[t] ∘ t_2[t] + s_1[t] ∘ c_2[t]
                np.multiply(h_2_t, t_2_t, s_2)
                np.multiply(s_1_t, c_2_t, _B_H)
                np.add(s_2, _B_H, s_2)
                # (15) z_h_3[t] = R_H3 s_2[t] + b_H3
                np.dot(s_2, R_H3_T3_C3, h_3_t_3_c_3_t)
                np.add(h_3_t, b_H3_row, h_3_t)
                # (16) h_3[t] = tanh(z_h_3[t])
                np.tanh(h_3_t, h_3_t)
                # (17) z_t_3[t] = R_T3 s_2[t] + b_T3
                np.add(t_3_t, b_T3_row, t_3_t)
                # (18) t_3[t] = sigmoid(z_t_3[t])
                _sigmoid(t_3_t, t_3_t)
                # (19) z_c_3[t] = R_C3 s_2[t] + b_C3
                np.add(c_3_t, b_C3_row, c_3_t)
                # (20) c_3[t] = sigmoid(z_c_3[t])
                _sigmoid(c_3_t, c_3_t)
                # (21) s[t] = h_3[t] ∘ t_3[t] + s_2[t] ∘ c_3[t]
                np.multiply(h_3_t, t_3_t, s_next)
                np.multiply(s_2, c_3_t, _B_H)
                np.add(s_next, _B_H, s_next)
            # (22) z_y[t] = W_hy s[t] + b_y
            np.dot(s[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (23) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (24) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,            # (T, B, I)      input: of every step
    y,            # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_H,          # (H, I)         parameter: trained
    R_H1,         # (H, H)         parameter: trained
    W_T,          # (H, I)         parameter: trained
    R_T1,         # (H, H)         parameter: trained
    W_C,          # (H, I)         parameter: trained
    R_C1,         # (H, H)         parameter: trained
    R_H2,         # (H, H)         parameter: trained
    R_T2,         # (H, H)         parameter: trained
    R_C2,         # (H, H)         parameter: trained
    R_H3,         # (H, H)         parameter: trained
    R_T3,         # (H, H)         parameter: trained
    R_C3,         # (H, H)         parameter: trained
    W_hy,         # (O, H)         parameter: trained
    s,            # (T + 1, B, H)  output: state; the first is initial
    y_hat,        # (T, B, O)      output: of every step
    h_1_t_1_c_1,  # (T, B, 3*H)    saved: h_1, t_1, c_1, side by side
    s_1,          # (T, B, H)      saved: kept for the backward pass
    h_2_t_2_c_2,  # (T, B, 3*H)    saved: h_2, t_2, c_2, side by side
    h_3_t_3_c_3,  # (T, B, 3*H)    saved: h_3, t_3, c_3, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_H, R_H1, W_T, R_T1, W_C, R_C1, R_H2, R_T2, R_C2, R_H3, R_T3, R_C3, W_hy, s, y_hat, h_1_t_1_c_1, s_1, h_2_t_2_c_2, h_3_t_3_c_3)
    run()
    return gradients


def bind_backward(
    x,            # (T, B, I)      input: of every step
    y,            # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_H,          # (H, I)         parameter: trained
    R_H1,         # (H, H)         parameter: trained
    W_T,          # (H, I)         parameter: trained
    R_T1,         # (H, H)         parameter: trained
    W_C,          # (H, I)         parameter: trained
    R_C1,         # (H, H)         parameter: trained
    R_H2,         # (H, H)         parameter: trained
    R_T2,         # (H, H)         parameter: trained
    R_C2,         # (H, H)         parameter: trained
    R_H3,         # (H, H)         parameter: trained
    R_T3,         # (H, H)         parameter: trained
    R_C3,         # (H, H)         parameter: trained
    W_hy,         # (O, H)         parameter: trained
    s,            # (T + 1, B, H)  output: state; the first is initial
    y_hat,        # (T, B, O)      output: of every step
    h_1_t_1_c_1,  # (T, B, 3*H)    saved: h_1, t_1, c_1, side by side
    s_1,          # (T, B, H)      saved: kept for the backward pass
    h_2_t_2_c_2,  # (T, B, 3*H)    saved: h_2, t_2, c_2, side by side
    h_3_t_3_c_3,  # (T, B, 3*H)    saved: h_3, t_3, c_3, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_H.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_H", W_H, (H, I), dtype)
    _check("R_H1", R_H1, (H, H), dtype)
    _check("W_T", W_T, (H, I), dtype)
    _check("R_T1", R_T1, (H, H), dtype)
    _check("W_C", W_C, (H, I), dtype)
    _check("R_C1", R_C1, (H, H), dtype)
    _check("R_H2", R_H2, (H, H), dtype)
    _check("R_T2", R_T2, (H, H), dtype)
    _check("R_C2", R_C2, (H, H), dtype)
    _check("R_H3", R_H3, (H, H), dtype)
    _check("R_T3", R_T3, (H, H), dtype)
    _check("R_C3", R_C3, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("s", s, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("h_1_t_1_c_1", h_1_t_1_c_1, (T, B, 3*H), dtype)
    _check("s_1", s_1, (T, B, H), dtype)
    _check("h_2_t_2_c_2", h_2_t_2_c_2, (T, B, 3*H), dtype)
    _check("h_3_t_3_c_3", h_3_t_3_c_3, (T, B, 3*H), dtype)

    if into is None:
        into = Gradients(
            dW_H=np.empty((H, I), dtype),
            dR_H1=np.empty((H, H), dtype),
            db_H1=np.empty((H,), dtype),
            dW_T=np.empty((H, I), dtype),
            dR_T1=np.empty((H, H), dtype),
            db_T1=np.empty((H,), dtype),
            dW_C=np.empty((H, I), dtype),
            dR_C1=np.empty((H, H), dtype),
            db_C1=np.empty((H,), dtype),
            dR_H2=np.empty((H, H), dtype),
            db_H2=np.empty((H,), dtype),
            dR_T2=np.empty((H, H), dtype),
            db_T2=np.empty((H,), dtype),
            dR_C2=np.empty((H, H), dtype),
            db_C2=np.empty((H,), dtype),
            dR_H3=np.empty((H, H), dtype),
            db_H3=np.empty((H,), dtype),
            dR_T3=np.empty((H, H), dtype),
            db_T3=np.empty((H,), dtype),
            dR_C3=np.empty((H, H), dtype),
            db_C3=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            ds0=np.empty((B, H), dtype),
        )
    dW_H, dR_H1, db_H1, dW_T, dR_T1, db_T1, dW_C, dR_C1, db_C1, dR_H2, db_H2, dR_T2, db_T2, dR_C2, db_C2, dR_H3, db_H3, dR_T3, db_T3, dR_C3, db_C3, dW_hy, db_y, dx, ds0 = into
    s_2_again = np.empty((T, B, H), dtype)
    carry_s = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    ds = np.empty((T, B, H), dtype)
    dz_c_3_dz_t_3_dz_h_3 = np.empty((T, B, 3*H), dtype)
    ds_2 = np.empty((B, H), dtype)
    dz_c_2_dz_t_2_dz_h_2 = np.empty((T, B, 3*H), dtype)
    ds_1 = np.empty((B, H), dtype)
    dz_c_1_dz_t_1_dz_h_1 = np.empty((T, B, 3*H), dtype)
    R_C3_T3_H3 = np.empty((3*H, H), dtype)
    R_C2_T2_H2 = np.empty((3*H, H), dtype)
    W_C_T_H = np.empty((3*H, I), dtype)
    R_C1_T1_H1 = np.empty((3*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        ds[::-1],                                     # ds_t
        dz_c_3_dz_t_3_dz_h_3[:, :, :H][::-1],         # dz_c_3_t
        dz_c_3_dz_t_3_dz_h_3[:, :, H : 2*H][::-1],    # dz_t_3_t
        dz_c_3_dz_t_3_dz_h_3[:, :, 2*H : 3*H][::-1],  # dz_h_3_t
        dz_c_3_dz_t_3_dz_h_3[::-1],                   # dz_c_3_dz_t_3_dz_h_3_t
        h_3_t_3_c_3[:, :, 2*H : 3*H][::-1],           # c_3_t
        dz_c_2_dz_t_2_dz_h_2[:, :, :H][::-1],         # dz_c_2_t
        dz_c_2_dz_t_2_dz_h_2[:, :, H : 2*H][::-1],    # dz_t_2_t
        dz_c_2_dz_t_2_dz_h_2[:, :, 2*H : 3*H][::-1],  # dz_h_2_t
        dz_c_2_dz_t_2_dz_h_2[::-1],                   # dz_c_2_dz_t_2_dz_h_2_t
        h_2_t_2_c_2[:, :, 2*H : 3*H][::-1],           # c_2_t
        dz_c_1_dz_t_1_dz_h_1[:, :, :H][::-1],         # dz_c_1_t
        dz_c_1_dz_t_1_dz_h_1[:, :, H : 2*H][::-1],    # dz_t_1_t
        dz_c_1_dz_t_1_dz_h_1[:, :, 2*H : 3*H][::-1],  # dz_h_1_t
        dz_c_1_dz_t_1_dz_h_1[::-1],                   # dz_c_1_dz_t_1_dz_h_1_t
        h_1_t_1_c_1[:, :, 2*H : 3*H][::-1],           # c_1_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_s, 0.0)
            np.copyto(R_C3_T3_H3[:H], R_C3)
            np.copyto(R_C3_T3_H3[H : 2*H], R_T3)
            np.copyto(R_C3_T3_H3[2*H : 3*H], R_H3)
            np.copyto(R_C2_T2_H2[:H], R_C2)
            np.copyto(R_C2_T2_H2[H : 2*H], R_T2)
            np.copyto(R_C2_T2_H2[2*H : 3*H], R_H2)
            np.copyto(W_C_T_H[:H], W_C)
            np.copyto(W_C_T_H[H : 2*H], W_T)
            np.copyto(W_C_T_H[2*H : 3*H], W_H)
            np.copyto(R_C1_T1_H1[:H], R_C1)
            np.copyto(R_C1_T1_H1[H : 2*H], R_T1)
            np.copyto(R_C1_T1_H1[2*H : 3*H], R_H1)
            # (26) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (29) z̄_c_3[t] = c̄_3[t] ∘ c_3[t] ∘ (1 − c_3[t])
            np.multiply(h_2_t_2_c_2[:, :, :H], h_2_t_2_c_2[:, :, H : 2*H], _T_B_H)
            np.multiply(s_1, h_2_t_2_c_2[:, :, 2*H : 3*H], _T_B_H_1)
            np.add(_T_B_H, _T_B_H_1, _T_B_H)
            np.multiply(_T_B_H, h_3_t_3_c_3[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, h_3_t_3_c_3[:, :, 2*H : 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_c_3_dz_t_3_dz_h_3[:, :, :H])
            # (31) z̄_t_3[t] = t̄_3[t] ∘ t_3[t] ∘ (1 − t_3[t])
            np.multiply(h_3_t_3_c_3[:, :, :H], h_3_t_3_c_3[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, h_3_t_3_c_3[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_c_3_dz_t_3_dz_h_3[:, :, H : 2*H])
            # (33) z̄_h_3[t] = h̄_3[t] ∘ (1 − h_3[t]²)
            np.square(h_3_t_3_c_3[:, :, :H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(h_3_t_3_c_3[:, :, H : 2*H], _T_B_H, dz_c_3_dz_t_3_dz_h_3[:, :, 2*H : 3*H])
            # (36) z̄_c_2[t] = c̄_2[t] ∘ c_2[t] ∘ (1 − c_2[t])
            np.multiply(s_1, h_2_t_2_c_2[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, h_2_t_2_c_2[:, :, 2*H : 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_c_2_dz_t_2_dz_h_2[:, :, :H])
            # (38) z̄_t_2[t] = t̄_2[t] ∘ t_2[t] ∘ (1 − t_2[t])
            np.multiply(h_2_t_2_c_2[:, :, :H], h_2_t_2_c_2[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, h_2_t_2_c_2[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_c_2_dz_t_2_dz_h_2[:, :, H : 2*H])
            # (40) z̄_h_2[t] = h̄_2[t] ∘ (1 − h_2[t]²)
            np.square(h_2_t_2_c_2[:, :, :H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(h_2_t_2_c_2[:, :, H : 2*H], _T_B_H, dz_c_2_dz_t_2_dz_h_2[:, :, 2*H : 3*H])
            # (43) z̄_c_1[t] = c̄_1[t] ∘ c_1[t] ∘ (1 − c_1[t])
            np.multiply(s[0:T], h_1_t_1_c_1[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, h_1_t_1_c_1[:, :, 2*H : 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_c_1_dz_t_1_dz_h_1[:, :, :H])
            # (45) z̄_t_1[t] = t̄_1[t] ∘ t_1[t] ∘ (1 − t_1[t])
            np.multiply(h_1_t_1_c_1[:, :, :H], h_1_t_1_c_1[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, h_1_t_1_c_1[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_c_1_dz_t_1_dz_h_1[:, :, H : 2*H])
            # (47) z̄_h_1[t] = h̄_1[t] ∘ (1 − h_1[t]²)
            np.square(h_1_t_1_c_1[:, :, :H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(h_1_t_1_c_1[:, :, H : 2*H], _T_B_H, dz_c_1_dz_t_1_dz_h_1[:, :, 2*H : 3*H])
            # (14) s_2[t] = h_2[t] ∘ t_2[t] + s_1[t] ∘ c_2[t]
            np.multiply(h_2_t_2_c_2[:, :, :H], h_2_t_2_c_2[:, :, H : 2*H], s_2_again)
            np.multiply(s_1, h_2_t_2_c_2[:, :, 2*H : 3*H], _T_B_H)
            np.add(s_2_again, _T_B_H, s_2_again)
            # (27) s̄[t] = W_hyᵀ z̄_y[t] + s̄_1[t+1] ∘ c_1[t+1] + R_C1ᵀ z̄_c_1[t+1] + R_T1ᵀ z̄_t_1[t+1] + R_H1ᵀ z̄_h_1[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, ds.reshape(T * B, H))
            # (69) W̄_hy += z̄_y[t] s[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, s[1 : T + 1].reshape(T * B, H), dW_hy)
            # (70) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for (
                ds_t, dz_c_3_t, dz_t_3_t, dz_h_3_t, dz_c_3_dz_t_3_dz_h_3_t, c_3_t, dz_c_2_t, dz_t_2_t, dz_h_2_t,
                dz_c_2_dz_t_2_dz_h_2_t, c_2_t, dz_c_1_t, dz_t_1_t, dz_h_1_t, dz_c_1_dz_t_1_dz_h_1_t, c_1_t,
            ) in steps:
                # (27) s̄[t] = W_hyᵀ z̄_y[t] + s̄_1[t+1] ∘ c_1[t+1] + R_C1ᵀ z̄_c_1[t+1] + R_T1ᵀ z̄_t_1[t+1] + R_H1ᵀ z̄_h_1[t+1]
                np.add(ds_t, carry_s, ds_t)
                # (29) z̄_c_3[t] = c̄_3[t] ∘ c_3[t] ∘ (1 − c_3[t])
                np.multiply(ds_t, dz_c_3_t, dz_c_3_t)
                # (31) z̄_t_3[t] = t̄_3[t] ∘ t_3[t] ∘ (1 − t_3[t])
                np.multiply(ds_t, dz_t_3_t, dz_t_3_t)
                # (33) z̄_h_3[t] = h̄_3[t] ∘ (1 − h_3[t]²)
                np.multiply(ds_t, dz_h_3_t, dz_h_3_t)
                # (34) s̄_2[t] = s̄[t] ∘ c_3[t] + R_C3ᵀ z̄_c_3[t] + R_T3ᵀ z̄_t_3[t] + R_H3ᵀ z̄_h_3[t]
                np.dot(dz_c_3_dz_t_3_dz_h_3_t, R_C3_T3_H3, ds_2)
                np.multiply(ds_t, c_3_t, _B_H)
                np.add(ds_2, _B_H, ds_2)
                # (36) z̄_c_2[t] = c̄_2[t] ∘ c_2[t] ∘ (1 − c_2[t])
                np.multiply(ds_2, dz_c_2_t, dz_c_2_t)
                # (38) z̄_t_2[t] = t̄_2[t] ∘ t_2[t] ∘ (1 − t_2[t])
                np.multiply(ds_2, dz_t_2_t, dz_t_2_t)
                # (40) z̄_h_2[t] = h̄_2[t] ∘ (1 − h_2[t]²)
                np.multiply(ds_2, dz_h_2_t, dz_h_2_t)
                # (41) s̄_1[t] = s̄_2[t] ∘ c_2[t] + R_C2ᵀ z̄_c_2[t] + R_T2ᵀ z̄_t_2[t] + R_H2ᵀ z̄_h_2[t]
                np.dot(dz_c_2_dz_t_2_dz_h_2_t, R_C2_T2_H2, ds_1)
                np.multiply(ds_2, c_2_t, _B_H)
                np.add(ds_1, _B_H, ds_1)
                # (43) z̄_c_1[t] = c̄_1[t] ∘ c_1[t] ∘ (1 − c_1[t])
                np.multiply(ds_1, dz_c_1_t, dz_c_1_t)
                # (45) z̄_t_1[t] = t̄_1[t] ∘ t_1[t] ∘ (1 − t_1[t])
                np.multiply(ds_1, dz_t_1_t, dz_t_1_t)
                # (47) z̄_h_1[t] = h̄_1[t] ∘ (1 − h_1[t]²)
                np.multiply(ds_1, dz_h_1_t, dz_h_1_t)
                # (27) what step t gives to s of earlier steps: s̄_1[t] ∘ c_1[t] + R_C1ᵀ z̄_c_1[t] + R_T1ᵀ z̄_t_1[t] + R_H1ᵀ z̄_h_1[t]
                np.dot(dz_c_1_dz_t_1_dz_h_1_t, R_C1_T1_H1, carry_s)
                np.multiply(ds_1, c_1_t, _B_H)
                np.add(carry_s, _B_H, carry_s)
            # (48) W̄_H += z̄_h_1[t] x[t]ᵀ
            np.matmul(dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_H)
            # (49) R̄_H1 += z̄_h_1[t] s[t−1]ᵀ
            np.matmul(dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, 2*H : 3*H].T, s[0:T].reshape(T * B, H), dR_H1)
            # (50) b̄_H1 += z̄_h_1[t]
            np.matmul(_ones_T_B, dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, 2*H : 3*H], db_H1)
            # (51) W̄_T += z̄_t_1[t] x[t]ᵀ
            np.matmul(dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_T)
            # (52) R̄_T1 += z̄_t_1[t] s[t−1]ᵀ
            np.matmul(dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, H : 2*H].T, s[0:T].reshape(T * B, H), dR_T1)
            # (53) b̄_T1 += z̄_t_1[t]
            np.matmul(_ones_T_B, dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, H : 2*H], db_T1)
            # (54) W̄_C += z̄_c_1[t] x[t]ᵀ
            np.matmul(dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), dW_C)
            # (55) R̄_C1 += z̄_c_1[t] s[t−1]ᵀ
            np.matmul(dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, :H].T, s[0:T].reshape(T * B, H), dR_C1)
            # (56) b̄_C1 += z̄_c_1[t]
            np.matmul(_ones_T_B, dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H)[:, :H], db_C1)
            # (57) R̄_H2 += z̄_h_2[t] s_1[t]ᵀ
            np.matmul(dz_c_2_dz_t_2_dz_h_2.reshape(T * B, 3*H)[:, 2*H : 3*H].T, s_1.reshape(T * B, H), dR_H2)
            # (58) b̄_H2 += z̄_h_2[t]
            np.matmul(_ones_T_B, dz_c_2_dz_t_2_dz_h_2.reshape(T * B, 3*H)[:, 2*H : 3*H], db_H2)
            # (59) R̄_T2 += z̄_t_2[t] s_1[t]ᵀ
            np.matmul(dz_c_2_dz_t_2_dz_h_2.reshape(T * B, 3*H)[:, H : 2*H].T, s_1.reshape(T * B, H), dR_T2)
            # (60) b̄_T2 += z̄_t_2[t]
            np.matmul(_ones_T_B, dz_c_2_dz_t_2_dz_h_2.reshape(T * B, 3*H)[:, H : 2*H], db_T2)
            # (61) R̄_C2 += z̄_c_2[t] s_1[t]ᵀ
            np.matmul(dz_c_2_dz_t_2_dz_h_2.reshape(T * B, 3*H)[:, :H].T, s_1.reshape(T * B, H), dR_C2)
            # (62) b̄_C2 += z̄_c_2[t]
            np.matmul(_ones_T_B, dz_c_2_dz_t_2_dz_h_2.reshape(T * B, 3*H)[:, :H], db_C2)
            # (63) R̄_H3 += z̄_h_3[t] s_2[t]ᵀ
            np.matmul(dz_c_3_dz_t_3_dz_h_3.reshape(T * B, 3*H)[:, 2*H : 3*H].T, s_2_again.reshape(T * B, H), dR_H3)
            # (64) b̄_H3 += z̄_h_3[t]
            np.matmul(_ones_T_B, dz_c_3_dz_t_3_dz_h_3.reshape(T * B, 3*H)[:, 2*H : 3*H], db_H3)
            # (65) R̄_T3 += z̄_t_3[t] s_2[t]ᵀ
            np.matmul(dz_c_3_dz_t_3_dz_h_3.reshape(T * B, 3*H)[:, H : 2*H].T, s_2_again.reshape(T * B, H), dR_T3)
            # (66) b̄_T3 += z̄_t_3[t]
            np.matmul(_ones_T_B, dz_c_3_dz_t_3_dz_h_3.reshape(T * B, 3*H)[:, H : 2*H], db_T3)
            # (67) R̄_C3 += z̄_c_3[t] s_2[t]ᵀ
            np.matmul(dz_c_3_dz_t_3_dz_h_3.reshape(T * B, 3*H)[:, :H].T, s_2_again.reshape(T * B, H), dR_C3)
            # (68) b̄_C3 += z̄_c_3[t]
            np.matmul(_ones_T_B, dz_c_3_dz_t_3_dz_h_3.reshape(T * B, 3*H)[:, :H], db_C3)
            # (71) x̄[t] = W_Cᵀ z̄_c_1[t] + W_Tᵀ z̄_t_1[t] + W_Hᵀ z̄_h_1[t]
            np.dot(dz_c_1_dz_t_1_dz_h_1.reshape(T * B, 3*H), W_C_T_H, dx.reshape(T * B, I))
            # (72) s̄[0] = s̄_1[1] ∘ c_1[1] + R_C1ᵀ z̄_c_1[1] + R_T1ᵀ z̄_t_1[1] + R_H1ᵀ z̄_h_1[1]
            np.copyto(ds0, carry_s)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    s0,    # (B, H)     initial state: s before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_H,   # (H, I)     parameter: trained
    R_H1,  # (H, H)     parameter: trained
    b_H1,  # (H)        parameter: trained
    W_T,   # (H, I)     parameter: trained
    R_T1,  # (H, H)     parameter: trained
    b_T1,  # (H)        parameter: trained
    W_C,   # (H, I)     parameter: trained
    R_C1,  # (H, H)     parameter: trained
    b_C1,  # (H)        parameter: trained
    R_H2,  # (H, H)     parameter: trained
    b_H2,  # (H)        parameter: trained
    R_T2,  # (H, H)     parameter: trained
    b_T2,  # (H)        parameter: trained
    R_C2,  # (H, H)     parameter: trained
    b_C2,  # (H)        parameter: trained
    R_H3,  # (H, H)     parameter: trained
    b_H3,  # (H)        parameter: trained
    R_T3,  # (H, H)     parameter: trained
    b_T3,  # (H)        parameter: trained
    R_C3,  # (H, H)     parameter: trained
    b_C3,  # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, s0, y, W_H, R_H1, b_H1, W_T, R_T1, b_T1, W_C, R_C1, b_C1, R_H2, b_H2, R_T2, b_T2, R_C2, b_C2, R_H3, b_H3, R_T3, b_T3, R_C3, b_C3, W_hy, b_y)
    gradients = backward(x, y, W_H, R_H1, W_T, R_T1, W_C, R_C1, R_H2, R_T2, R_C2, R_H3, R_T3, R_C3, W_hy, kept.s, kept.y_hat, kept.h_1_t_1_c_1, kept.s_1, kept.h_2_t_2_c_2, kept.h_3_t_3_c_3)
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
