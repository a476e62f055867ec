"""2 layers of long short-term memory with a forget gate, as in PyTorch with softmax and cross-entropy, many to one:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Gers, Schmidhuber, Cummins, "Learning to forget: continual prediction with LSTM", Neural
Computation 12 (2000) 2451-2471

    (1)   z_i_1[t] = W_ii_1 x[t] + b_ii_1 + W_hi_1 h_1[t−1] + b_hi_1
    (2)   i_1[t] = sigmoid(z_i_1[t])
    (3)   z_f_1[t] = W_if_1 x[t] + b_if_1 + W_hf_1 h_1[t−1] + b_hf_1
    (4)   f_1[t] = sigmoid(z_f_1[t])
    (5)   z_g_1[t] = W_ig_1 x[t] + b_ig_1 + W_hg_1 h_1[t−1] + b_hg_1
    (6)   g_1[t] = tanh(z_g_1[t])
    (7)   z_o_1[t] = W_io_1 x[t] + b_io_1 + W_ho_1 h_1[t−1] + b_ho_1
    (8)   o_1[t] = sigmoid(z_o_1[t])
    (9)   c_1_new[t] = f_1[t] ∘ c_1[t−1] + i_1[t] ∘ g_1[t]
    (10)  a_h_1[t] = tanh(c_1_new[t])
    (11)  h_1_new[t] = o_1[t] ∘ a_h_1[t]
    (12)  h_1[t] = m[t] h_1_new[t] + (1 − m[t]) h_1[t−1]
    (13)  c_1[t] = m[t] c_1_new[t] + (1 − m[t]) c_1[t−1]
    (14)  z_i_2[t] = W_ii_2 h_1[t] + b_ii_2 + W_hi_2 h_2[t−1] + b_hi_2
    (15)  i_2[t] = sigmoid(z_i_2[t])
    (16)  z_f_2[t] = W_if_2 h_1[t] + b_if_2 + W_hf_2 h_2[t−1] + b_hf_2
    (17)  f_2[t] = sigmoid(z_f_2[t])
    (18)  z_g_2[t] = W_ig_2 h_1[t] + b_ig_2 + W_hg_2 h_2[t−1] + b_hg_2
    (19)  g_2[t] = tanh(z_g_2[t])
    (20)  z_o_2[t] = W_io_2 h_1[t] + b_io_2 + W_ho_2 h_2[t−1] + b_ho_2
    (21)  o_2[t] = sigmoid(z_o_2[t])
    (22)  c_2_new[t] = f_2[t] ∘ c_2[t−1] + i_2[t] ∘ g_2[t]
    (23)  a_h_2[t] = tanh(c_2_new[t])
    (24)  h_2_new[t] = o_2[t] ∘ a_h_2[t]
    (25)  h_2[t] = m[t] h_2_new[t] + (1 − m[t]) h_2[t−1]
    (26)  c_2[t] = m[t] c_2_new[t] + (1 − m[t]) c_2[t−1]
    (27)  z_y[T] = W_hy h_2[T] + b_y
    (28)  y_hat[T] = softmax(z_y[T])
    (29)  J[T] = −y[T]ᵀ log(y_hat[T])

Sizes, read off the shapes:

    T    steps
    B    sequences in the batch
    I    entries of x
    H_1  entries of h_1
    H_2  entries of h_2
    O    entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x       (T, B, I)   input: of every step
    h_10    (B, H_1)    initial state: h_1 before the first step
    c_10    (B, H_1)    initial state: c_1 before the first step
    h_20    (B, H_2)    initial state: h_2 before the first step
    c_20    (B, H_2)    initial state: c_2 before the first step
    y       (B, O)      target: of one step; each row sums to 1, or the gradients are not those of the loss
    m       (T, B, 1)   target: 0 or 1 at every step
    W_ii_1  (H_1, I)    parameter: trained
    b_ii_1  (H_1)       parameter: trained
    W_hi_1  (H_1, H_1)  parameter: trained
    b_hi_1  (H_1)       parameter: trained
    W_if_1  (H_1, I)    parameter: trained
    b_if_1  (H_1)       parameter: trained
    W_hf_1  (H_1, H_1)  parameter: trained
    b_hf_1  (H_1)       parameter: trained
    W_ig_1  (H_1, I)    parameter: trained
    b_ig_1  (H_1)       parameter: trained
    W_hg_1  (H_1, H_1)  parameter: trained
    b_hg_1  (H_1)       parameter: trained
    W_io_1  (H_1, I)    parameter: trained
    b_io_1  (H_1)       parameter: trained
    W_ho_1  (H_1, H_1)  parameter: trained
    b_ho_1  (H_1)       parameter: trained
    W_ii_2  (H_2, H_1)  parameter: trained
    b_ii_2  (H_2)       parameter: trained
    W_hi_2  (H_2, H_2)  parameter: trained
    b_hi_2  (H_2)       parameter: trained
    W_if_2  (H_2, H_1)  parameter: trained
    b_if_2  (H_2)       parameter: trained
    W_hf_2  (H_2, H_2)  parameter: trained
    b_hf_2  (H_2)       parameter: trained
    W_ig_2  (H_2, H_1)  parameter: trained
    b_ig_2  (H_2)       parameter: trained
    W_hg_2  (H_2, H_2)  parameter: trained
    b_hg_2  (H_2)       parameter: trained
    W_io_2  (H_2, H_1)  parameter: trained
    b_io_2  (H_2)       parameter: trained
    W_ho_2  (H_2, H_2)  parameter: trained
    b_ho_2  (H_2)       parameter: trained
    W_hy    (O, H_2)    parameter: trained
    b_y     (O)         parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h_1: np.ndarray              # (T + 1, B, H_1)  output: state; the first is initial
    c_1: np.ndarray              # (T + 1, B, H_1)  output: state; the first is initial
    h_2: np.ndarray              # (T + 1, B, H_2)  output: state; the first is initial
    c_2: np.ndarray              # (T + 1, B, H_2)  output: state; the first is initial
    y_hat: np.ndarray            # (B, O)           output: of one step
    i_1_f_1_g_1_o_1: np.ndarray  # (T, B, 4*H_1)    saved: i_1, f_1, g_1, o_1, side by side
    a_h_1: np.ndarray            # (T, B, H_1)      saved: kept for the backward pass
    i_2_f_2_g_2_o_2: np.ndarray  # (T, B, 4*H_2)    saved: i_2, f_2, g_2, o_2, side by side
    a_h_2: np.ndarray            # (T, B, H_2)      saved: kept for the backward pass
    J: np.ndarray                # ()               loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_ii_1: np.ndarray  # (H_1, I)    gradient: with respect to W_ii_1
    db_ii_1: np.ndarray  # (H_1)       gradient: with respect to b_ii_1
    dW_hi_1: np.ndarray  # (H_1, H_1)  gradient: with respect to W_hi_1
    db_hi_1: np.ndarray  # (H_1)       gradient: with respect to b_hi_1
    dW_if_1: np.ndarray  # (H_1, I)    gradient: with respect to W_if_1
    db_if_1: np.ndarray  # (H_1)       gradient: with respect to b_if_1
    dW_hf_1: np.ndarray  # (H_1, H_1)  gradient: with respect to W_hf_1
    db_hf_1: np.ndarray  # (H_1)       gradient: with respect to b_hf_1
    dW_ig_1: np.ndarray  # (H_1, I)    gradient: with respect to W_ig_1
    db_ig_1: np.ndarray  # (H_1)       gradient: with respect to b_ig_1
    dW_hg_1: np.ndarray  # (H_1, H_1)  gradient: with respect to W_hg_1
    db_hg_1: np.ndarray  # (H_1)       gradient: with respect to b_hg_1
    dW_io_1: np.ndarray  # (H_1, I)    gradient: with respect to W_io_1
    db_io_1: np.ndarray  # (H_1)       gradient: with respect to b_io_1
    dW_ho_1: np.ndarray  # (H_1, H_1)  gradient: with respect to W_ho_1
    db_ho_1: np.ndarray  # (H_1)       gradient: with respect to b_ho_1
    dW_ii_2: np.ndarray  # (H_2, H_1)  gradient: with respect to W_ii_2
    db_ii_2: np.ndarray  # (H_2)       gradient: with respect to b_ii_2
    dW_hi_2: np.ndarray  # (H_2, H_2)  gradient: with respect to W_hi_2
    db_hi_2: np.ndarray  # (H_2)       gradient: with respect to b_hi_2
    dW_if_2: np.ndarray  # (H_2, H_1)  gradient: with respect to W_if_2
    db_if_2: np.ndarray  # (H_2)       gradient: with respect to b_if_2
    dW_hf_2: np.ndarray  # (H_2, H_2)  gradient: with respect to W_hf_2
    db_hf_2: np.ndarray  # (H_2)       gradient: with respect to b_hf_2
    dW_ig_2: np.ndarray  # (H_2, H_1)  gradient: with respect to W_ig_2
    db_ig_2: np.ndarray  # (H_2)       gradient: with respect to b_ig_2
    dW_hg_2: np.ndarray  # (H_2, H_2)  gradient: with respect to W_hg_2
    db_hg_2: np.ndarray  # (H_2)       gradient: with respect to b_hg_2
    dW_io_2: np.ndarray  # (H_2, H_1)  gradient: with respect to W_io_2
    db_io_2: np.ndarray  # (H_2)       gradient: with respect to b_io_2
    dW_ho_2: np.ndarray  # (H_2, H_2)  gradient: with respect to W_ho_2
    db_ho_2: np.ndarray  # (H_2)       gradient: with respect to b_ho_2
    dW_hy: np.ndarray    # (O, H_2)    gradient: with respect to W_hy
    db_y: np.ndarray     # (O)         gradient: with respect to b_y
    dx: np.ndarray       # (T, B, I)   gradient: with respect to x[t]
    dh_10: np.ndarray    # (B, H_1)    gradient: with respect to h_10
    dc_10: np.ndarray    # (B, H_1)    gradient: with respect to c_10
    dh_20: np.ndarray    # (B, H_2)    gradient: with respect to h_20
    dc_20: np.ndarray    # (B, H_2)    gradient: with respect to c_20


def forward(
    x,       # (T, B, I)   input: of every step
    h_10,    # (B, H_1)    initial state: h_1 before the first step
    c_10,    # (B, H_1)    initial state: c_1 before the first step
    h_20,    # (B, H_2)    initial state: h_2 before the first step
    c_20,    # (B, H_2)    initial state: c_2 before the first step
    y,       # (B, O)      target: of one step; each row sums to 1, or the gradients are not those of the loss
    m,       # (T, B, 1)   target: 0 or 1 at every step
    W_ii_1,  # (H_1, I)    parameter: trained
    b_ii_1,  # (H_1)       parameter: trained
    W_hi_1,  # (H_1, H_1)  parameter: trained
    b_hi_1,  # (H_1)       parameter: trained
    W_if_1,  # (H_1, I)    parameter: trained
    b_if_1,  # (H_1)       parameter: trained
    W_hf_1,  # (H_1, H_1)  parameter: trained
    b_hf_1,  # (H_1)       parameter: trained
    W_ig_1,  # (H_1, I)    parameter: trained
    b_ig_1,  # (H_1)       parameter: trained
    W_hg_1,  # (H_1, H_1)  parameter: trained
    b_hg_1,  # (H_1)       parameter: trained
    W_io_1,  # (H_1, I)    parameter: trained
    b_io_1,  # (H_1)       parameter: trained
    W_ho_1,  # (H_1, H_1)  parameter: trained
    b_ho_1,  # (H_1)       parameter: trained
    W_ii_2,  # (H_2, H_1)  parameter: trained
    b_ii_2,  # (H_2)       parameter: trained
    W_hi_2,  # (H_2, H_2)  parameter: trained
    b_hi_2,  # (H_2)       parameter: trained
    W_if_2,  # (H_2, H_1)  parameter: trained
    b_if_2,  # (H_2)       parameter: trained
    W_hf_2,  # (H_2, H_2)  parameter: trained
    b_hf_2,  # (H_2)       parameter: trained
    W_ig_2,  # (H_2, H_1)  parameter: trained
    b_ig_2,  # (H_2)       parameter: trained
    W_hg_2,  # (H_2, H_2)  parameter: trained
    b_hg_2,  # (H_2)       parameter: trained
    W_io_2,  # (H_2, H_1)  parameter: trained
    b_io_2,  # (H_2)       parameter: trained
    W_ho_2,  # (H_2, H_2)  parameter: trained
    b_ho_2,  # (H_2)       parameter: trained
    W_hy,    # (O, H_2)    parameter: trained
    b_y,     # (O)         parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h_10, c_10, h_20, c_20, y, m, W_ii_1, b_ii_1, W_hi_1, b_hi_1, W_if_1, b_if_1, W_hf_1, b_hf_1, W_ig_1, b_ig_1, W_hg_1, b_hg_1, W_io_1, b_io_1, W_ho_1, b_ho_1, W_ii_2, b_ii_2, W_hi_2, b_hi_2, W_if_2, b_if_2, W_hf_2, b_hf_2, W_ig_2, b_ig_2, W_hg_2, b_hg_2, W_io_2, b_io_2, W_ho_2, b_ho_2, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,       # (T, B, I)   input: of every step
    h_10,    # (B, H_1)    initial state: h_1 before the first step
    c_10,    # (B, H_1)    initial state: c_1 before the first step
    h_20,    # (B, H_2)    initial state: h_2 before the first step
    c_20,    # (B, H_2)    initial state: c_2 before the first step
    y,       # (B, O)      target: of one step; each row sums to 1, or the gradients are not those of the loss
    m,       # (T, B, 1)   target: 0 or 1 at every step
    W_ii_1,  # (H_1, I)    parameter: trained
    b_ii_1,  # (H_1)       parameter: trained
    W_hi_1,  # (H_1, H_1)  parameter: trained
    b_hi_1,  # (H_1)       parameter: trained
    W_if_1,  # (H_1, I)    parameter: trained
    b_if_1,  # (H_1)       parameter: trained
    W_hf_1,  # (H_1, H_1)  parameter: trained
    b_hf_1,  # (H_1)       parameter: trained
    W_ig_1,  # (H_1, I)    parameter: trained
    b_ig_1,  # (H_1)       parameter: trained
    W_hg_1,  # (H_1, H_1)  parameter: trained
    b_hg_1,  # (H_1)       parameter: trained
    W_io_1,  # (H_1, I)    parameter: trained
    b_io_1,  # (H_1)       parameter: trained
    W_ho_1,  # (H_1, H_1)  parameter: trained
    b_ho_1,  # (H_1)       parameter: trained
    W_ii_2,  # (H_2, H_1)  parameter: trained
    b_ii_2,  # (H_2)       parameter: trained
    W_hi_2,  # (H_2, H_2)  parameter: trained
    b_hi_2,  # (H_2)       parameter: trained
    W_if_2,  # (H_2, H_1)  parameter: trained
    b_if_2,  # (H_2)       parameter: trained
    W_hf_2,  # (H_2, H_2)  parameter: trained
    b_hf_2,  # (H_2)       parameter: trained
    W_ig_2,  # (H_2, H_1)  parameter: trained
    b_ig_2,  # (H_2)       parameter: trained
    W_hg_2,  # (H_2, H_2)  parameter: trained
    b_hg_2,  # (H_2)       parameter: trained
    W_io_2,  # (H_2, H_1)  parameter: trained
    b_io_2,  # (H_2)       parameter: trained
    W_ho_2,  # (H_2, H_2)  parameter: trained
    b_ho_2,  # (H_2)       parameter: trained
    W_hy,    # (O, H_2)    parameter: trained
    b_y,     # (O)         parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    H_1 = h_10.shape[1]
    H_2 = h_20.shape[1]
    O = y.shape[1]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h_10", h_10, (B, H_1), dtype)
    _check("c_10", c_10, (B, H_1), dtype)
    _check("h_20", h_20, (B, H_2), dtype)
    _check("c_20", c_20, (B, H_2), dtype)
    _check("y", y, (B, O), dtype)
    _check("m", m, (T, B, 1), dtype)
    _check("W_ii_1", W_ii_1, (H_1, I), dtype)
    _check("b_ii_1", b_ii_1, (H_1,), dtype)
    _check("W_hi_1", W_hi_1, (H_1, H_1), dtype)
    _check("b_hi_1", b_hi_1, (H_1,), dtype)
    _check("W_if_1", W_if_1, (H_1, I), dtype)
    _check("b_if_1", b_if_1, (H_1,), dtype)
    _check("W_hf_1", W_hf_1, (H_1, H_1), dtype)
    _check("b_hf_1", b_hf_1, (H_1,), dtype)
    _check("W_ig_1", W_ig_1, (H_1, I), dtype)
    _check("b_ig_1", b_ig_1, (H_1,), dtype)
    _check("W_hg_1", W_hg_1, (H_1, H_1), dtype)
    _check("b_hg_1", b_hg_1, (H_1,), dtype)
    _check("W_io_1", W_io_1, (H_1, I), dtype)
    _check("b_io_1", b_io_1, (H_1,), dtype)
    _check("W_ho_1", W_ho_1, (H_1, H_1), dtype)
    _check("b_ho_1", b_ho_1, (H_1,), dtype)
    _check("W_ii_2", W_ii_2, (H_2, H_1), dtype)
    _check("b_ii_2", b_ii_2, (H_2,), dtype)
    _check("W_hi_2", W_hi_2, (H_2, H_2), dtype)
    _check("b_hi_2", b_hi_2, (H_2,), dtype)
    _check("W_if_2", W_if_2, (H_2, H_1), dtype)
    _check("b_if_2", b_if_2, (H_2,), dtype)
    _check("W_hf_2", W_hf_2, (H_2, H_2), dtype)
    _check("b_hf_2", b_hf_2, (H_2,), dtype)
    _check("W_ig_2", W_ig_2, (H_2, H_1), dtype)
    _check("b_ig_2", b_ig_2, (H_2,), dtype)
    _check("W_hg_2", W_hg_2, (H_2, H_2), dtype)
    _check("b_hg_2", b_hg_2, (H_2,), dtype)
    _check("W_io_2", W_io_2, (H_2, H_1), dtype)
    _check("b_io_2", b_io_2, (H_2,), dtype)
    _check("W_ho_2", W_ho_2, (H_2, H_2), dtype)
    _check("b_ho_2", b_ho_2, (H_2,), dtype)
    _check("W_hy", W_hy, (O, H_2), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h_1=np.empty((T + 1, B, H_1), dtype),
            c_1=np.empty((T + 1, B, H_1), dtype),
            h_2=np.empty((T + 1, B, H_2), dtype),
            c_2=np.empty((T + 1, B, H_2), dtype),
            y_hat=np.empty((B, O), dtype),
            i_1_f_1_g_1_o_1=np.empty((T, B, 4*H_1), dtype),
            a_h_1=np.empty((T, B, H_1), dtype),
            i_2_f_2_g_2_o_2=np.empty((T, B, 4*H_2), dtype),
            a_h_2=np.empty((T, B, H_2), dtype),
            J=np.empty((), dtype),
        )
    h_1, c_1, h_2, c_2, y_hat, i_1_f_1_g_1_o_1, a_h_1, i_2_f_2_g_2_o_2, a_h_2, J = into
    z_y = np.empty((B, O), dtype)
    largest = np.empty((B,), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((B,), dtype)
    W_ii_1_W_if_1_W_ig_1_W_io_1 = np.empty((4*H_1, I), dtype)
    W_hi_1_W_hf_1_W_hg_1_W_ho_1 = np.empty((H_1, 4*H_1), dtype)
    W_ii_2_W_if_2_W_ig_2_W_io_2 = np.empty((H_1, 4*H_2), dtype)
    W_hi_2_W_hf_2_W_hg_2_W_ho_2 = np.empty((H_2, 4*H_2), dtype)
    scale = np.empty((4*H_1,), dtype)
    shift = np.empty((4*H_1,), dtype)
    b_i_1_f_1_g_1_o_1 = np.empty((4*H_1,), dtype)
    _B_4xH_1 = np.empty((B, 4*H_1), dtype)
    _B_H_1 = np.empty((B, H_1), dtype)
    _B_H_1_1 = np.empty((B, H_1), dtype)
    _B_4xH_2 = np.empty((B, 4*H_2), dtype)
    _B_H_2 = np.empty((B, H_2), dtype)
    _B_H_2_1 = np.empty((B, H_2), dtype)
    _B_O = np.empty((B, O), dtype)

    steps = list(zip(
        i_1_f_1_g_1_o_1,                       # i_1_f_1_g_1_o_1_t
        h_1[0:T],                              # h_1_t
        c_1[1 : T + 1],                        # c_1_next
        i_1_f_1_g_1_o_1[:, :, H_1 : 2*H_1],    # f_1_t
        c_1[0:T],                              # c_1_t
        i_1_f_1_g_1_o_1[:, :, :H_1],           # i_1_t
        i_1_f_1_g_1_o_1[:, :, 2*H_1 : 3*H_1],  # g_1_t
        a_h_1,                                 # a_h_1_t
        h_1[1 : T + 1],                        # h_1_next
        i_1_f_1_g_1_o_1[:, :, 3*H_1 : 4*H_1],  # o_1_t
        m,                                     # m_t
        i_2_f_2_g_2_o_2,                       # i_2_f_2_g_2_o_2_t
        h_2[0:T],                              # h_2_t
        i_2_f_2_g_2_o_2[:, :, :H_2],           # i_2_t
        i_2_f_2_g_2_o_2[:, :, H_2 : 2*H_2],    # f_2_t
        i_2_f_2_g_2_o_2[:, :, 2*H_2 : 3*H_2],  # g_2_t
        i_2_f_2_g_2_o_2[:, :, 3*H_2 : 4*H_2],  # o_2_t
        c_2[1 : T + 1],                        # c_2_next
        c_2[0:T],                              # c_2_t
        a_h_2,                                 # a_h_2_t
        h_2[1 : T + 1],                        # h_2_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h_1[0], h_10)
            np.copyto(c_1[0], c_10)
            np.copyto(h_2[0], h_20)
            np.copyto(c_2[0], c_20)
            np.multiply(0.5, W_ii_1, W_ii_1_W_if_1_W_ig_1_W_io_1[:H_1])
            np.multiply(0.5, W_if_1, W_ii_1_W_if_1_W_ig_1_W_io_1[H_1 : 2*H_1])
            np.copyto(W_ii_1_W_if_1_W_ig_1_W_io_1[2*H_1 : 3*H_1], W_ig_1)
            np.multiply(0.5, W_io_1, W_ii_1_W_if_1_W_ig_1_W_io_1[3*H_1 : 4*H_1])
            np.multiply(0.5, W_hi_1.T, W_hi_1_W_hf_1_W_hg_1_W_ho_1[:, :H_1])
            np.multiply(0.5, W_hf_1.T, W_hi_1_W_hf_1_W_hg_1_W_ho_1[:, H_1 : 2*H_1])
            np.copyto(W_hi_1_W_hf_1_W_hg_1_W_ho_1[:, 2*H_1 : 3*H_1], W_hg_1.T)
            np.multiply(0.5, W_ho_1.T, W_hi_1_W_hf_1_W_hg_1_W_ho_1[:, 3*H_1 : 4*H_1])
            np.copyto(W_ii_2_W_if_2_W_ig_2_W_io_2[:, :H_2], W_ii_2.T)
            np.copyto(W_ii_2_W_if_2_W_ig_2_W_io_2[:, H_2 : 2*H_2], W_if_2.T)
            np.copyto(W_ii_2_W_if_2_W_ig_2_W_io_2[:, 2*H_2 : 3*H_2], W_ig_2.T)
            np.copyto(W_ii_2_W_if_2_W_ig_2_W_io_2[:, 3*H_2 : 4*H_2], W_io_2.T)
            np.copyto(W_hi_2_W_hf_2_W_hg_2_W_ho_2[:, :H_2], W_hi_2.T)
            np.copyto(W_hi_2_W_hf_2_W_hg_2_W_ho_2[:, H_2 : 2*H_2], W_hf_2.T)
            np.copyto(W_hi_2_W_hf_2_W_hg_2_W_ho_2[:, 2*H_2 : 3*H_2], W_hg_2.T)
            np.copyto(W_hi_2_W_hf_2_W_hg_2_W_ho_2[:, 3*H_2 : 4*H_2], W_ho_2.T)
            np.copyto(scale[:H_1], 0.5)
            np.copyto(scale[H_1 : 2*H_1], 0.5)
            np.copyto(scale[2*H_1 : 3*H_1], 1.0)
            np.copyto(scale[3*H_1 : 4*H_1], 0.5)
            np.copyto(shift[:H_1], 0.5)
            np.copyto(shift[H_1 : 2*H_1], 0.5)
            np.copyto(shift[2*H_1 : 3*H_1], 0.0)
            np.copyto(shift[3*H_1 : 4*H_1], 0.5)
            np.add(b_ii_1, b_hi_1, b_i_1_f_1_g_1_o_1[:H_1])
            np.multiply(0.5, b_i_1_f_1_g_1_o_1[:H_1], b_i_1_f_1_g_1_o_1[:H_1])
            np.add(b_if_1, b_hf_1, b_i_1_f_1_g_1_o_1[H_1 : 2*H_1])
            np.multiply(0.5, b_i_1_f_1_g_1_o_1[H_1 : 2*H_1], b_i_1_f_1_g_1_o_1[H_1 : 2*H_1])
            np.add(b_ig_1, b_hg_1, b_i_1_f_1_g_1_o_1[2*H_1 : 3*H_1])
            np.add(b_io_1, b_ho_1, b_i_1_f_1_g_1_o_1[3*H_1 : 4*H_1])
            np.multiply(0.5, b_i_1_f_1_g_1_o_1[3*H_1 : 4*H_1], b_i_1_f_1_g_1_o_1[3*H_1 : 4*H_1])
            # (1) z_i_1[t] = W_ii_1 x[t] + b_ii_1 + W_hi_1 h_1[t−1] + b_hi_1
            np.dot(x.reshape(T * B, I), W_ii_1_W_if_1_W_ig_1_W_io_1.T, i_1_f_1_g_1_o_1.reshape(T * B, 4*H_1))
            # (1, 3, 5, 7) the terms that are the same in every step
            np.add(i_1_f_1_g_1_o_1, b_i_1_f_1_g_1_o_1, i_1_f_1_g_1_o_1)
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            b_ii_2_row = b_ii_2[np.newaxis]
            b_hi_2_row = b_hi_2[np.newaxis]
            b_if_2_row = b_if_2[np.newaxis]
            b_hf_2_row = b_hf_2[np.newaxis]
            b_ig_2_row = b_ig_2[np.newaxis]
            b_hg_2_row = b_hg_2[np.newaxis]
            b_io_2_row = b_io_2[np.newaxis]
            b_ho_2_row = b_ho_2[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for (
                i_1_f_1_g_1_o_1_t, h_1_t, c_1_next, f_1_t, c_1_t, i_1_t, g_1_t, a_h_1_t, h_1_next, o_1_t, m_t,
                i_2_f_2_g_2_o_2_t, h_2_t, i_2_t, f_2_t, g_2_t, o_2_t, c_2_next, c_2_t, a_h_2_t, h_2_next,
            ) in steps:
                # (1) z_i_1[t] = W_ii_1 x[t] + b_ii_1 + W_hi_1 h_1[t−1] + b_hi_1
                np.dot(h_1_t, W_hi_1_W_hf_1_W_hg_1_W_ho_1, _B_4xH_1)
                np.add(i_1_f_1_g_1_o_1_t, _B_4xH_1, i_1_f_1_g_1_o_1_t)
                # (2, 4, 6, 8) i_1[t] = sigmoid(z_i_1[t]), f_1[t] = sigmoid(z_f_1[t]), g_1[t] = tanh(z_g_1[t]), o_1[t] = sigmoid(z_o_1[t])
                np.tanh(i_1_f_1_g_1_o_1_t, i_1_f_1_g_1_o_1_t)
                np.multiply(scale_row, i_1_f_1_g_1_o_1_t, i_1_f_1_g_1_o_1_t)
                np.add(i_1_f_1_g_1_o_1_t, shift_row, i_1_f_1_g_1_o_1_t)
                # (9) c_1_new[t] = f_1[t] ∘ c_1[t−1] + i_1[t] ∘ g_1[t]
                np.multiply(f_1_t, c_1_t, c_1_next)
                np.multiply(i_1_t, g_1_t, _B_H_1)
                np.add(c_1_next, _B_H_1, c_1_next)
                # (10) a_h_1[t] = tanh(c_1_new[t])
                np.tanh(c_1_next, a_h_1_t)
                # (11) h_1_new[t] = o_1[t] ∘ a_h_1[t]
                np.multiply(o_1_t, a_h_1_t, h_1_next)
                # (12) h_1[t] = m[t] h_1_new[t] + (1 − m[t]) h_1[t−1]
                np.multiply(m_t, h_1_next, _B_H_1)
                np.subtract(number_1, m_t, _B_H_1_1)
                np.multiply(_B_H_1_1, h_1_t, _B_H_1_1)
                np.add(_B_H_1, _B_H_1_1, h_1_next)
                # (13) c_1[t] = m[t] c_1_new[t] + (1 − m[t]) c_1[t−1]
                np.multiply(m_t, c_1_next, _B_H_1)
                np.subtract(number_1, m_t, _B_H_1_1)
                np.multiply(_B_H_1_1, c_1_t, _B_H_1_1)
                np.add(_B_H_1, _B_H_1_1, c_1_next)
                # (14) z_i_2[t] = W_ii_2 h_1[t] + b_ii_2 + W_hi_2 h_2[t−1] + b_hi_2
                np.dot(h_1_next, W_ii_2_W_if_2_W_ig_2_W_io_2, i_2_f_2_g_2_o_2_t)
                np.dot(h_2_t, W_hi_2_W_hf_2_W_hg_2_W_ho_2, _B_4xH_2)
                np.add(i_2_f_2_g_2_o_2_t, _B_4xH_2, i_2_f_2_g_2_o_2_t)
                np.add(b_ii_2_row, b_hi_2_row, _B_H_2)
                np.add(i_2_t, _B_H_2, i_2_t)
                # (15) i_2[t] = sigmoid(z_i_2[t])
                _sigmoid(i_2_t, i_2_t)
                # (16) z_f_2[t] = W_if_2 h_1[t] + b_if_2 + W_hf_2 h_2[t−1] + b_hf_2
                np.add(b_if_2_row, b_hf_2_row, _B_H_2)
                np.add(f_2_t, _B_H_2, f_2_t)
                # (17) f_2[t] = sigmoid(z_f_2[t])
                _sigmoid(f_2_t, f_2_t)
                # (18) z_g_2[t] = W_ig_2 h_1[t] + b_ig_2 + W_hg_2 h_2[t−1] + b_hg_2
                np.add(b_ig_2_row, b_hg_2_row, _B_H_2)
                np.add(g_2_t, _B_H_2, g_2_t)
                # (19) g_2[t] = tanh(z_g_2[t])
                np.tanh(g_2_t, g_2_t)
                # (20) z_o_2[t] = W_io_2 h_1[t] + b_io_2 + W_ho_2 h_2[t−1] + b_ho_2
                np.add(b_io_2_row, b_ho_2_row, _B_H_2)
                np.add(o_2_t, _B_H_2, o_2_t)
                # (21) o_2[t] = sigmoid(z_o_2[t])
                _sigmoid(o_2_t, o_2_t)
                # (22) c_2_new[t] = f_2[t] ∘ c_2[t−1] + i_2[t] ∘ g_2[t]
                np.multiply(f_2_t, c_2_t, c_2_next)
                np.multiply(i_2_t, g_2_t, _B_H_2)
                np.add(c_2_next, _B_H_2, c_2_next)
                # (23) a_h_2[t] = tanh(c_2_new[t])
                np.tanh(c_2_next, a_h_2_t)
                # (24) h_2_new[t] = o_2[t] ∘ a_h_2[t]
                np.multiply(o_2_t, a_h_2_t, h_2_next)
                # (25) h_2[t] = m[t] h_2_new[t] + (1 − m[t]) h_2[t−1]
                np.multiply(m_t, h_2_next, _B_H_2)
                np.subtract(number_1, m_t, _B_H_2_1)
                np.multiply(_B_H_2_1, h_2_t, _B_H_2_1)
                np.add(_B_H_2, _B_H_2_1, h_2_next)
                # (26) c_2[t] = m[t] c_2_new[t] + (1 − m[t]) c_2[t−1]
                np.multiply(m_t, c_2_next, _B_H_2)
                np.subtract(number_1, m_t, _B_H_2_1)
                np.multiply(_B_H_2_1, c_2_t, _B_H_2_1)
                np.add(_B_H_2, _B_H_2_1, c_2_next)
            # (27) z_y[T] = W_hy h_2[T] + b_y
            np.dot(h_2[T], W_hy.T, z_y)
            np.add(z_y, b_y, z_y)
            # (28) y_hat[T] = softmax(z_y[T])
            np.maximum.reduce(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=1, out=total)
            np.divide(y_hat, total[:, np.newaxis], y_hat)
            # (29) J += −y[T]ᵀ log_softmax(z_y[T])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, np.newaxis], _B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], _B_O)
            np.multiply(y, _B_O, _B_O)
            np.negative(_B_O, _B_O)
            np.add.reduce(_B_O, axis=None, out=J)

    return into, run


def backward(
    x,                # (T, B, I)        input: of every step
    y,                # (B, O)           target: of one step; each row sums to 1, or the gradients are not those of the loss
    m,                # (T, B, 1)        target: 0 or 1 at every step
    W_ii_1,           # (H_1, I)         parameter: trained
    W_hi_1,           # (H_1, H_1)       parameter: trained
    W_if_1,           # (H_1, I)         parameter: trained
    W_hf_1,           # (H_1, H_1)       parameter: trained
    W_ig_1,           # (H_1, I)         parameter: trained
    W_hg_1,           # (H_1, H_1)       parameter: trained
    W_io_1,           # (H_1, I)         parameter: trained
    W_ho_1,           # (H_1, H_1)       parameter: trained
    W_ii_2,           # (H_2, H_1)       parameter: trained
    W_hi_2,           # (H_2, H_2)       parameter: trained
    W_if_2,           # (H_2, H_1)       parameter: trained
    W_hf_2,           # (H_2, H_2)       parameter: trained
    W_ig_2,           # (H_2, H_1)       parameter: trained
    W_hg_2,           # (H_2, H_2)       parameter: trained
    W_io_2,           # (H_2, H_1)       parameter: trained
    W_ho_2,           # (H_2, H_2)       parameter: trained
    W_hy,             # (O, H_2)         parameter: trained
    h_1,              # (T + 1, B, H_1)  output: state; the first is initial
    c_1,              # (T + 1, B, H_1)  output: state; the first is initial
    h_2,              # (T + 1, B, H_2)  output: state; the first is initial
    c_2,              # (T + 1, B, H_2)  output: state; the first is initial
    y_hat,            # (B, O)           output: of one step
    i_1_f_1_g_1_o_1,  # (T, B, 4*H_1)    saved: i_1, f_1, g_1, o_1, side by side
    a_h_1,            # (T, B, H_1)      saved: kept for the backward pass
    i_2_f_2_g_2_o_2,  # (T, B, 4*H_2)    saved: i_2, f_2, g_2, o_2, side by side
    a_h_2,            # (T, B, H_2)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, m, W_ii_1, W_hi_1, W_if_1, W_hf_1, W_ig_1, W_hg_1, W_io_1, W_ho_1, W_ii_2, W_hi_2, W_if_2, W_hf_2, W_ig_2, W_hg_2, W_io_2, W_ho_2, W_hy, h_1, c_1, h_2, c_2, y_hat, i_1_f_1_g_1_o_1, a_h_1, i_2_f_2_g_2_o_2, a_h_2)
    run()
    return gradients


def bind_backward(
    x,                # (T, B, I)        input: of every step
    y,                # (B, O)           target: of one step; each row sums to 1, or the gradients are not those of the loss
    m,                # (T, B, 1)        target: 0 or 1 at every step
    W_ii_1,           # (H_1, I)         parameter: trained
    W_hi_1,           # (H_1, H_1)       parameter: trained
    W_if_1,           # (H_1, I)         parameter: trained
    W_hf_1,           # (H_1, H_1)       parameter: trained
    W_ig_1,           # (H_1, I)         parameter: trained
    W_hg_1,           # (H_1, H_1)       parameter: trained
    W_io_1,           # (H_1, I)         parameter: trained
    W_ho_1,           # (H_1, H_1)       parameter: trained
    W_ii_2,           # (H_2, H_1)       parameter: trained
    W_hi_2,           # (H_2, H_2)       parameter: trained
    W_if_2,           # (H_2, H_1)       parameter: trained
    W_hf_2,           # (H_2, H_2)       parameter: trained
    W_ig_2,           # (H_2, H_1)       parameter: trained
    W_hg_2,           # (H_2, H_2)       parameter: trained
    W_io_2,           # (H_2, H_1)       parameter: trained
    W_ho_2,           # (H_2, H_2)       parameter: trained
    W_hy,             # (O, H_2)         parameter: trained
    h_1,              # (T + 1, B, H_1)  output: state; the first is initial
    c_1,              # (T + 1, B, H_1)  output: state; the first is initial
    h_2,              # (T + 1, B, H_2)  output: state; the first is initial
    c_2,              # (T + 1, B, H_2)  output: state; the first is initial
    y_hat,            # (B, O)           output: of one step
    i_1_f_1_g_1_o_1,  # (T, B, 4*H_1)    saved: i_1, f_1, g_1, o_1, side by side
    a_h_1,            # (T, B, H_1)      saved: kept for the backward pass
    i_2_f_2_g_2_o_2,  # (T, B, 4*H_2)    saved: i_2, f_2, g_2, o_2, side by side
    a_h_2,            # (T, B, H_2)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[1]
    H_1 = W_ii_1.shape[0]
    H_2 = W_ii_2.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (B, O), dtype)
    _check("m", m, (T, B, 1), dtype)
    _check("W_ii_1", W_ii_1, (H_1, I), dtype)
    _check("W_hi_1", W_hi_1, (H_1, H_1), dtype)
    _check("W_if_1", W_if_1, (H_1, I), dtype)
    _check("W_hf_1", W_hf_1, (H_1, H_1), dtype)
    _check("W_ig_1", W_ig_1, (H_1, I), dtype)
    _check("W_hg_1", W_hg_1, (H_1, H_1), dtype)
    _check("W_io_1", W_io_1, (H_1, I), dtype)
    _check("W_ho_1", W_ho_1, (H_1, H_1), dtype)
    _check("W_ii_2", W_ii_2, (H_2, H_1), dtype)
    _check("W_hi_2", W_hi_2, (H_2, H_2), dtype)
    _check("W_if_2", W_if_2, (H_2, H_1), dtype)
    _check("W_hf_2", W_hf_2, (H_2, H_2), dtype)
    _check("W_ig_2", W_ig_2, (H_2, H_1), dtype)
    _check("W_hg_2", W_hg_2, (H_2, H_2), dtype)
    _check("W_io_2", W_io_2, (H_2, H_1), dtype)
    _check("W_ho_2", W_ho_2, (H_2, H_2), dtype)
    _check("W_hy", W_hy, (O, H_2), dtype)
    _check("h_1", h_1, (T + 1, B, H_1), dtype)
    _check("c_1", c_1, (T + 1, B, H_1), dtype)
    _check("h_2", h_2, (T + 1, B, H_2), dtype)
    _check("c_2", c_2, (T + 1, B, H_2), dtype)
    _check("y_hat", y_hat, (B, O), dtype)
    _check("i_1_f_1_g_1_o_1", i_1_f_1_g_1_o_1, (T, B, 4*H_1), dtype)
    _check("a_h_1", a_h_1, (T, B, H_1), dtype)
    _check("i_2_f_2_g_2_o_2", i_2_f_2_g_2_o_2, (T, B, 4*H_2), dtype)
    _check("a_h_2", a_h_2, (T, B, H_2), dtype)

    if into is None:
        into = Gradients(
            dW_ii_1=np.empty((H_1, I), dtype),
            db_ii_1=np.empty((H_1,), dtype),
            dW_hi_1=np.empty((H_1, H_1), dtype),
            db_hi_1=np.empty((H_1,), dtype),
            dW_if_1=np.empty((H_1, I), dtype),
            db_if_1=np.empty((H_1,), dtype),
            dW_hf_1=np.empty((H_1, H_1), dtype),
            db_hf_1=np.empty((H_1,), dtype),
            dW_ig_1=np.empty((H_1, I), dtype),
            db_ig_1=np.empty((H_1,), dtype),
            dW_hg_1=np.empty((H_1, H_1), dtype),
            db_hg_1=np.empty((H_1,), dtype),
            dW_io_1=np.empty((H_1, I), dtype),
            db_io_1=np.empty((H_1,), dtype),
            dW_ho_1=np.empty((H_1, H_1), dtype),
            db_ho_1=np.empty((H_1,), dtype),
            dW_ii_2=np.empty((H_2, H_1), dtype),
            db_ii_2=np.empty((H_2,), dtype),
            dW_hi_2=np.empty((H_2, H_2), dtype),
            db_hi_2=np.empty((H_2,), dtype),
            dW_if_2=np.empty((H_2, H_1), dtype),
            db_if_2=np.empty((H_2,), dtype),
            dW_hf_2=np.empty((H_2, H_2), dtype),
            db_hf_2=np.empty((H_2,), dtype),
            dW_ig_2=np.empty((H_2, H_1), dtype),
            db_ig_2=np.empty((H_2,), dtype),
            dW_hg_2=np.empty((H_2, H_2), dtype),
            db_hg_2=np.empty((H_2,), dtype),
            dW_io_2=np.empty((H_2, H_1), dtype),
            db_io_2=np.empty((H_2,), dtype),
            dW_ho_2=np.empty((H_2, H_2), dtype),
            db_ho_2=np.empty((H_2,), dtype),
            dW_hy=np.empty((O, H_2), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh_10=np.empty((B, H_1), dtype),
            dc_10=np.empty((B, H_1), dtype),
            dh_20=np.empty((B, H_2), dtype),
            dc_20=np.empty((B, H_2), dtype),
        )
    dW_ii_1, db_ii_1, dW_hi_1, db_hi_1, dW_if_1, db_if_1, dW_hf_1, db_hf_1, dW_ig_1, db_ig_1, dW_hg_1, db_hg_1, dW_io_1, db_io_1, dW_ho_1, db_ho_1, dW_ii_2, db_ii_2, dW_hi_2, db_hi_2, dW_if_2, db_if_2, dW_hf_2, db_hf_2, dW_ig_2, db_ig_2, dW_hg_2, db_hg_2, dW_io_2, db_io_2, dW_ho_2, db_ho_2, dW_hy, db_y, dx, dh_10, dc_10, dh_20, dc_20 = into
    carry_h_1 = np.empty((B, H_1), dtype)
    carry_c_1 = np.empty((B, H_1), dtype)
    carry_h_2 = np.empty((B, H_2), dtype)
    carry_c_2 = np.empty((B, H_2), dtype)
    dz_y = np.empty((B, O), dtype)
    dc_2 = np.empty((B, H_2), dtype)
    dh_2 = np.empty((B, H_2), dtype)
    dh_2_new = np.empty((B, H_2), dtype)
    da_h_2 = np.empty((B, H_2), dtype)
    dc_2_new = np.empty((B, H_2), dtype)
    dz_o_2_dz_g_2_dz_f_2_dz_i_2 = np.empty((T, B, 4*H_2), dtype)
    dc_1 = np.empty((B, H_1), dtype)
    dh_1 = np.empty((B, H_1), dtype)
    dh_1_new = np.empty((B, H_1), dtype)
    da_h_1 = np.empty((B, H_1), dtype)
    dc_1_new = np.empty((B, H_1), dtype)
    dz_o_1_dz_g_1_dz_f_1_dz_i_1 = np.empty((T, B, 4*H_1), dtype)
    W_io_2_W_ig_2_W_if_2_W_ii_2 = np.empty((4*H_2, H_1), dtype)
    W_ho_2_W_hg_2_W_hf_2_W_hi_2 = np.empty((4*H_2, H_2), dtype)
    W_io_1_W_ig_1_W_if_1_W_ii_1 = np.empty((4*H_1, I), dtype)
    W_ho_1_W_hg_1_W_hf_1_W_hi_1 = np.empty((4*H_1, H_1), dtype)
    factor_carry_h_1 = np.empty((T, B, H_1), dtype)
    factor_carry_h_2 = np.empty((T, B, H_2), dtype)
    _T_B_H_2 = np.empty((T, B, H_2), dtype)
    _T_B_H_2_1 = np.empty((T, B, H_2), dtype)
    _T_B_H_1 = np.empty((T, B, H_1), dtype)
    _T_B_H_1_1 = np.empty((T, B, H_1), dtype)
    _B_H_2 = np.empty((B, H_2), dtype)
    _B_H_1 = np.empty((B, H_1), dtype)

    steps = list(zip(
        reversed(range(T)),                                      # t
        m[::-1],                                                 # m_t
        i_2_f_2_g_2_o_2[:, :, 3*H_2 : 4*H_2][::-1],              # o_2_t
        a_h_2[::-1],                                             # a_h_2_t
        dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, :H_2][::-1],           # dz_o_2_t
        dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, H_2 : 2*H_2][::-1],    # dz_g_2_t
        dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, 2*H_2 : 3*H_2][::-1],  # dz_f_2_t
        dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, 3*H_2 : 4*H_2][::-1],  # dz_i_2_t
        dz_o_2_dz_g_2_dz_f_2_dz_i_2[::-1],                       # dz_o_2_dz_g_2_dz_f_2_dz_i_2_t
        i_1_f_1_g_1_o_1[:, :, 3*H_1 : 4*H_1][::-1],              # o_1_t
        a_h_1[::-1],                                             # a_h_1_t
        dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, :H_1][::-1],           # dz_o_1_t
        dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, H_1 : 2*H_1][::-1],    # dz_g_1_t
        dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, 2*H_1 : 3*H_1][::-1],  # dz_f_1_t
        dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, 3*H_1 : 4*H_1][::-1],  # dz_i_1_t
        i_2_f_2_g_2_o_2[:, :, H_2 : 2*H_2][::-1],                # f_2_t
        factor_carry_h_2[::-1],                                  # factor_carry_h_2_t
        i_1_f_1_g_1_o_1[:, :, H_1 : 2*H_1][::-1],                # f_1_t
        dz_o_1_dz_g_1_dz_f_1_dz_i_1[::-1],                       # dz_o_1_dz_g_1_dz_f_1_dz_i_1_t
        factor_carry_h_1[::-1],                                  # factor_carry_h_1_t
    ))
    _ones_T_B = np.ones(T * B, dtype)

    def run():
        with np.errstate(all="ignore"):
            # (31) z̄_y[T] = y_hat[T] − y[T]
            np.subtract(y_hat, y, dz_y)
            # (90) W̄_hy += z̄_y[T] h_2[T]ᵀ
            np.dot(dz_y.T, h_2[T], dW_hy)
            # (91) b̄_y += z̄_y[T]
            np.add.reduce(dz_y, axis=0, out=db_y)
            np.copyto(carry_h_1, 0.0)
            np.copyto(carry_c_1, 0.0)
            np.copyto(carry_h_2, 0.0)
            np.copyto(carry_c_2, 0.0)
            np.copyto(W_io_2_W_ig_2_W_if_2_W_ii_2[:H_2], W_io_2)
            np.copyto(W_io_2_W_ig_2_W_if_2_W_ii_2[H_2 : 2*H_2], W_ig_2)
            np.copyto(W_io_2_W_ig_2_W_if_2_W_ii_2[2*H_2 : 3*H_2], W_if_2)
            np.copyto(W_io_2_W_ig_2_W_if_2_W_ii_2[3*H_2 : 4*H_2], W_ii_2)
            np.copyto(W_ho_2_W_hg_2_W_hf_2_W_hi_2[:H_2], W_ho_2)
            np.copyto(W_ho_2_W_hg_2_W_hf_2_W_hi_2[H_2 : 2*H_2], W_hg_2)
            np.copyto(W_ho_2_W_hg_2_W_hf_2_W_hi_2[2*H_2 : 3*H_2], W_hf_2)
            np.copyto(W_ho_2_W_hg_2_W_hf_2_W_hi_2[3*H_2 : 4*H_2], W_hi_2)
            np.copyto(W_io_1_W_ig_1_W_if_1_W_ii_1[:H_1], W_io_1)
            np.copyto(W_io_1_W_ig_1_W_if_1_W_ii_1[H_1 : 2*H_1], W_ig_1)
            np.copyto(W_io_1_W_ig_1_W_if_1_W_ii_1[2*H_1 : 3*H_1], W_if_1)
            np.copyto(W_io_1_W_ig_1_W_if_1_W_ii_1[3*H_1 : 4*H_1], W_ii_1)
            np.copyto(W_ho_1_W_hg_1_W_hf_1_W_hi_1[:H_1], W_ho_1)
            np.copyto(W_ho_1_W_hg_1_W_hf_1_W_hi_1[H_1 : 2*H_1], W_hg_1)
            np.copyto(W_ho_1_W_hg_1_W_hf_1_W_hi_1[2*H_1 : 3*H_1], W_hf_1)
            np.copyto(W_ho_1_W_hg_1_W_hf_1_W_hi_1[3*H_1 : 4*H_1], W_hi_1)
            # (38) z̄_o_2[t] = ō_2[t] ∘ o_2[t] ∘ (1 − o_2[t])
            np.multiply(a_h_2, i_2_f_2_g_2_o_2[:, :, 3*H_2 : 4*H_2], _T_B_H_2)
            np.subtract(1.0, i_2_f_2_g_2_o_2[:, :, 3*H_2 : 4*H_2], _T_B_H_2_1)
            np.multiply(_T_B_H_2, _T_B_H_2_1, dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, :H_2])
            # (40) z̄_g_2[t] = ḡ_2[t] ∘ (1 − g_2[t]²)
            np.square(i_2_f_2_g_2_o_2[:, :, 2*H_2 : 3*H_2], _T_B_H_2)
            np.subtract(1.0, _T_B_H_2, _T_B_H_2)
            np.multiply(i_2_f_2_g_2_o_2[:, :, :H_2], _T_B_H_2, dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, H_2 : 2*H_2])
            # (42) z̄_f_2[t] = f̄_2[t] ∘ f_2[t] ∘ (1 − f_2[t])
            np.multiply(c_2[0:T], i_2_f_2_g_2_o_2[:, :, H_2 : 2*H_2], _T_B_H_2)
            np.subtract(1.0, i_2_f_2_g_2_o_2[:, :, H_2 : 2*H_2], _T_B_H_2_1)
            np.multiply(_T_B_H_2, _T_B_H_2_1, dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, 2*H_2 : 3*H_2])
            # (44) z̄_i_2[t] = ī_2[t] ∘ i_2[t] ∘ (1 − i_2[t])
            np.multiply(i_2_f_2_g_2_o_2[:, :, 2*H_2 : 3*H_2], i_2_f_2_g_2_o_2[:, :, :H_2], _T_B_H_2)
            np.subtract(1.0, i_2_f_2_g_2_o_2[:, :, :H_2], _T_B_H_2_1)
            np.multiply(_T_B_H_2, _T_B_H_2_1, dz_o_2_dz_g_2_dz_f_2_dz_i_2[:, :, 3*H_2 : 4*H_2])
            # (51) z̄_o_1[t] = ō_1[t] ∘ o_1[t] ∘ (1 − o_1[t])
            np.multiply(a_h_1, i_1_f_1_g_1_o_1[:, :, 3*H_1 : 4*H_1], _T_B_H_1)
            np.subtract(1.0, i_1_f_1_g_1_o_1[:, :, 3*H_1 : 4*H_1], _T_B_H_1_1)
            np.multiply(_T_B_H_1, _T_B_H_1_1, dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, :H_1])
            # (53) z̄_g_1[t] = ḡ_1[t] ∘ (1 − g_1[t]²)
            np.square(i_1_f_1_g_1_o_1[:, :, 2*H_1 : 3*H_1], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(i_1_f_1_g_1_o_1[:, :, :H_1], _T_B_H_1, dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, H_1 : 2*H_1])
            # (55) z̄_f_1[t] = f̄_1[t] ∘ f_1[t] ∘ (1 − f_1[t])
            np.multiply(c_1[0:T], i_1_f_1_g_1_o_1[:, :, H_1 : 2*H_1], _T_B_H_1)
            np.subtract(1.0, i_1_f_1_g_1_o_1[:, :, H_1 : 2*H_1], _T_B_H_1_1)
            np.multiply(_T_B_H_1, _T_B_H_1_1, dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, 2*H_1 : 3*H_1])
            # (57) z̄_i_1[t] = ī_1[t] ∘ i_1[t] ∘ (1 − i_1[t])
            np.multiply(i_1_f_1_g_1_o_1[:, :, 2*H_1 : 3*H_1], i_1_f_1_g_1_o_1[:, :, :H_1], _T_B_H_1)
            np.subtract(1.0, i_1_f_1_g_1_o_1[:, :, :H_1], _T_B_H_1_1)
            np.multiply(_T_B_H_1, _T_B_H_1_1, dz_o_1_dz_g_1_dz_f_1_dz_i_1[:, :, 3*H_1 : 4*H_1])
            # (33) what step t gives to h_2 of earlier steps: (1 − m[t]) h̄_2[t] + W_ho_2ᵀ z̄_o_2[t] + W_hg_2ᵀ z̄_g_2[t] + W_hf_2ᵀ z̄_f_2[t] + W_hi_2ᵀ z̄_i_2[t]
            np.subtract(1.0, m, factor_carry_h_2)
            # (46) what step t gives to h_1 of earlier steps: (1 − m[t]) h̄_1[t] + W_ho_1ᵀ z̄_o_1[t] + W_hg_1ᵀ z̄_g_1[t] + W_hf_1ᵀ z̄_f_1[t] + W_hi_1ᵀ z̄_i_1[t]
            np.subtract(1.0, m, factor_carry_h_1)
            number_1 = np.array(1.0, dtype)
            for (
                t, m_t, o_2_t, a_h_2_t, dz_o_2_t, dz_g_2_t, dz_f_2_t, dz_i_2_t, dz_o_2_dz_g_2_dz_f_2_dz_i_2_t, o_1_t,
                a_h_1_t, dz_o_1_t, dz_g_1_t, dz_f_1_t, dz_i_1_t, f_2_t, factor_carry_h_2_t, f_1_t,
                dz_o_1_dz_g_1_dz_f_1_dz_i_1_t, factor_carry_h_1_t,
            ) in steps:
                # (32) c̄_2[t] = (1 − m[t+1]) c̄_2[t+1] + c̄_2_new[t+1] ∘ f_2[t+1]
                np.copyto(dc_2, carry_c_2)
                # (33) h̄_2[t] = (1 − m[t+1]) h̄_2[t+1] + W_ho_2ᵀ z̄_o_2[t+1] + W_hg_2ᵀ z̄_g_2[t+1] + W_hf_2ᵀ z̄_f_2[t+1] + W_hi_2ᵀ z̄_i_2[t+1] + [t = T] W_hyᵀ z̄_y[T]
                np.copyto(dh_2, carry_h_2)
                if t == T - 1:
                    np.dot(dz_y, W_hy, _B_H_2)
                    np.add(dh_2, _B_H_2, dh_2)
                # (34) h̄_2_new[t] = m[t] h̄_2[t]
                np.multiply(m_t, dh_2, dh_2_new)
                # (35) ā_h_2[t] = h̄_2_new[t] ∘ o_2[t]
                np.multiply(dh_2_new, o_2_t, da_h_2)
                # (36) c̄_2_new[t] = m[t] c̄_2[t] + ā_h_2[t] ∘ (1 − a_h_2[t]²)
                np.multiply(m_t, dc_2, dc_2_new)
                np.square(a_h_2_t, _B_H_2)
                np.subtract(number_1, _B_H_2, _B_H_2)
                np.multiply(da_h_2, _B_H_2, _B_H_2)
                np.add(dc_2_new, _B_H_2, dc_2_new)
                # (38) z̄_o_2[t] = ō_2[t] ∘ o_2[t] ∘ (1 − o_2[t])
                np.multiply(dh_2_new, dz_o_2_t, dz_o_2_t)
                # (40) z̄_g_2[t] = ḡ_2[t] ∘ (1 − g_2[t]²)
                np.multiply(dc_2_new, dz_g_2_t, dz_g_2_t)
                # (42) z̄_f_2[t] = f̄_2[t] ∘ f_2[t] ∘ (1 − f_2[t])
                np.multiply(dc_2_new, dz_f_2_t, dz_f_2_t)
                # (44) z̄_i_2[t] = ī_2[t] ∘ i_2[t] ∘ (1 − i_2[t])
                np.multiply(dc_2_new, dz_i_2_t, dz_i_2_t)
                # (45) c̄_1[t] = (1 − m[t+1]) c̄_1[t+1] + c̄_1_new[t+1] ∘ f_1[t+1]
                np.copyto(dc_1, carry_c_1)
                # (46) h̄_1[t] = W_io_2ᵀ z̄_o_2[t] + W_ig_2ᵀ z̄_g_2[t] + W_if_2ᵀ z̄_f_2[t] + W_ii_2ᵀ z̄_i_2[t] + (1 − m[t+1]) h̄_1[t+1] + W_ho_1ᵀ z̄_o_1[t+1] + W_hg_1ᵀ z̄_g_1[t+1] + W_hf_1ᵀ z̄_f_1[t+1] + W_hi_1ᵀ z̄_i_1[t+1]
                np.dot(dz_o_2_dz_g_2_dz_f_2_dz_i_2_t, W_io_2_W_ig_2_W_if_2_W_ii_2, dh_1)
                np.add(dh_1, carry_h_1, dh_1)
                # (47) h̄_1_new[t] = m[t] h̄_1[t]
                np.multiply(m_t, dh_1, dh_1_new)
                # (48) ā_h_1[t] = h̄_1_new[t] ∘ o_1[t]
                np.multiply(dh_1_new, o_1_t, da_h_1)
                # (49) c̄_1_new[t] = m[t] c̄_1[t] + ā_h_1[t] ∘ (1 − a_h_1[t]²)
                np.multiply(m_t, dc_1, dc_1_new)
                np.square(a_h_1_t, _B_H_1)
                np.subtract(number_1, _B_H_1, _B_H_1)
                np.multiply(da_h_1, _B_H_1, _B_H_1)
                np.add(dc_1_new, _B_H_1, dc_1_new)
                # (51) z̄_o_1[t] = ō_1[t] ∘ o_1[t] ∘ (1 − o_1[t])
                np.multiply(dh_1_new, dz_o_1_t, dz_o_1_t)
                # (53) z̄_g_1[t] = ḡ_1[t] ∘ (1 − g_1[t]²)
                np.multiply(dc_1_new, dz_g_1_t, dz_g_1_t)
                # (55) z̄_f_1[t] = f̄_1[t] ∘ f_1[t] ∘ (1 − f_1[t])
                np.multiply(dc_1_new, dz_f_1_t, dz_f_1_t)
                # (57) z̄_i_1[t] = ī_1[t] ∘ i_1[t] ∘ (1 − i_1[t])
                np.multiply(dc_1_new, dz_i_1_t, dz_i_1_t)
                # (32) what step t gives to c_2 of earlier steps: (1 − m[t]) c̄_2[t] + c̄_2_new[t] ∘ f_2[t]
                np.subtract(number_1, m_t, carry_c_2)
                np.multiply(carry_c_2, dc_2, carry_c_2)
                np.multiply(dc_2_new, f_2_t, _B_H_2)
                np.add(carry_c_2, _B_H_2, carry_c_2)
                # (33) what step t gives to h_2 of earlier steps: (1 − m[t]) h̄_2[t] + W_ho_2ᵀ z̄_o_2[t] + W_hg_2ᵀ z̄_g_2[t] + W_hf_2ᵀ z̄_f_2[t] + W_hi_2ᵀ z̄_i_2[t]
                np.dot(dz_o_2_dz_g_2_dz_f_2_dz_i_2_t, W_ho_2_W_hg_2_W_hf_2_W_hi_2, carry_h_2)
                np.multiply(dh_2, factor_carry_h_2_t, _B_H_2)
                np.add(carry_h_2, _B_H_2, carry_h_2)
                # (45) what step t gives to c_1 of earlier steps: (1 − m[t]) c̄_1[t] + c̄_1_new[t] ∘ f_1[t]
                np.subtract(number_1, m_t, carry_c_1)
                np.multiply(carry_c_1, dc_1, carry_c_1)
                np.multiply(dc_1_new, f_1_t, _B_H_1)
                np.add(carry_c_1, _B_H_1, carry_c_1)
                # (46) what step t gives to h_1 of earlier steps: (1 − m[t]) h̄_1[t] + W_ho_1ᵀ z̄_o_1[t] + W_hg_1ᵀ z̄_g_1[t] + W_hf_1ᵀ z̄_f_1[t] + W_hi_1ᵀ z̄_i_1[t]
                np.dot(dz_o_1_dz_g_1_dz_f_1_dz_i_1_t, W_ho_1_W_hg_1_W_hf_1_W_hi_1, carry_h_1)
                np.multiply(dh_1, factor_carry_h_1_t, _B_H_1)
                np.add(carry_h_1, _B_H_1, carry_h_1)
            # (58) W̄_ii_1 += z̄_i_1[t] x[t]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, 3*H_1 : 4*H_1].T, x.reshape(T * B, I), dW_ii_1)
            # (59) b̄_ii_1 += z̄_i_1[t]
            np.matmul(_ones_T_B, dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, 3*H_1 : 4*H_1], db_ii_1)
            # (60) W̄_hi_1 += z̄_i_1[t] h_1[t−1]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, 3*H_1 : 4*H_1].T, h_1[0:T].reshape(T * B, H_1), dW_hi_1)
            # (62) W̄_if_1 += z̄_f_1[t] x[t]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, 2*H_1 : 3*H_1].T, x.reshape(T * B, I), dW_if_1)
            # (63) b̄_if_1 += z̄_f_1[t]
            np.matmul(_ones_T_B, dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, 2*H_1 : 3*H_1], db_if_1)
            # (64) W̄_hf_1 += z̄_f_1[t] h_1[t−1]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, 2*H_1 : 3*H_1].T, h_1[0:T].reshape(T * B, H_1), dW_hf_1)
            # (66) W̄_ig_1 += z̄_g_1[t] x[t]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, H_1 : 2*H_1].T, x.reshape(T * B, I), dW_ig_1)
            # (67) b̄_ig_1 += z̄_g_1[t]
            np.matmul(_ones_T_B, dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, H_1 : 2*H_1], db_ig_1)
            # (68) W̄_hg_1 += z̄_g_1[t] h_1[t−1]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, H_1 : 2*H_1].T, h_1[0:T].reshape(T * B, H_1), dW_hg_1)
            # (70) W̄_io_1 += z̄_o_1[t] x[t]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, :H_1].T, x.reshape(T * B, I), dW_io_1)
            # (71) b̄_io_1 += z̄_o_1[t]
            np.matmul(_ones_T_B, dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, :H_1], db_io_1)
            # (72) W̄_ho_1 += z̄_o_1[t] h_1[t−1]ᵀ
            np.matmul(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1)[:, :H_1].T, h_1[0:T].reshape(T * B, H_1), dW_ho_1)
            # (74) W̄_ii_2 += z̄_i_2[t] h_1[t]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, 3*H_2 : 4*H_2].T, h_1[1 : T + 1].reshape(T * B, H_1), dW_ii_2)
            # (75) b̄_ii_2 += z̄_i_2[t]
            np.matmul(_ones_T_B, dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, 3*H_2 : 4*H_2], db_ii_2)
            # (76) W̄_hi_2 += z̄_i_2[t] h_2[t−1]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, 3*H_2 : 4*H_2].T, h_2[0:T].reshape(T * B, H_2), dW_hi_2)
            # (78) W̄_if_2 += z̄_f_2[t] h_1[t]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, 2*H_2 : 3*H_2].T, h_1[1 : T + 1].reshape(T * B, H_1), dW_if_2)
            # (79) b̄_if_2 += z̄_f_2[t]
            np.matmul(_ones_T_B, dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, 2*H_2 : 3*H_2], db_if_2)
            # (80) W̄_hf_2 += z̄_f_2[t] h_2[t−1]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, 2*H_2 : 3*H_2].T, h_2[0:T].reshape(T * B, H_2), dW_hf_2)
            # (82) W̄_ig_2 += z̄_g_2[t] h_1[t]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, H_2 : 2*H_2].T, h_1[1 : T + 1].reshape(T * B, H_1), dW_ig_2)
            # (83) b̄_ig_2 += z̄_g_2[t]
            np.matmul(_ones_T_B, dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, H_2 : 2*H_2], db_ig_2)
            # (84) W̄_hg_2 += z̄_g_2[t] h_2[t−1]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, H_2 : 2*H_2].T, h_2[0:T].reshape(T * B, H_2), dW_hg_2)
            # (86) W̄_io_2 += z̄_o_2[t] h_1[t]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, :H_2].T, h_1[1 : T + 1].reshape(T * B, H_1), dW_io_2)
            # (87) b̄_io_2 += z̄_o_2[t]
            np.matmul(_ones_T_B, dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, :H_2], db_io_2)
            # (88) W̄_ho_2 += z̄_o_2[t] h_2[t−1]ᵀ
            np.matmul(dz_o_2_dz_g_2_dz_f_2_dz_i_2.reshape(T * B, 4*H_2)[:, :H_2].T, h_2[0:T].reshape(T * B, H_2), dW_ho_2)
            # (92) x̄[t] = W_io_1ᵀ z̄_o_1[t] + W_ig_1ᵀ z̄_g_1[t] + W_if_1ᵀ z̄_f_1[t] + W_ii_1ᵀ z̄_i_1[t]
            np.dot(dz_o_1_dz_g_1_dz_f_1_dz_i_1.reshape(T * B, 4*H_1), W_io_1_W_ig_1_W_if_1_W_ii_1, dx.reshape(T * B, I))
            # (93) h̄_1[0] = (1 − m[1]) h̄_1[1] + W_ho_1ᵀ z̄_o_1[1] + W_hg_1ᵀ z̄_g_1[1] + W_hf_1ᵀ z̄_f_1[1] + W_hi_1ᵀ z̄_i_1[1]
            np.copyto(dh_10, carry_h_1)
            # (94) c̄_1[0] = (1 − m[1]) c̄_1[1] + c̄_1_new[1] ∘ f_1[1]
            np.copyto(dc_10, carry_c_1)
            # (95) h̄_2[0] = (1 − m[1]) h̄_2[1] + W_ho_2ᵀ z̄_o_2[1] + W_hg_2ᵀ z̄_g_2[1] + W_hf_2ᵀ z̄_f_2[1] + W_hi_2ᵀ z̄_i_2[1]
            np.copyto(dh_20, carry_h_2)
            # (96) c̄_2[0] = (1 − m[1]) c̄_2[1] + c̄_2_new[1] ∘ f_2[1]
            np.copyto(dc_20, carry_c_2)
            np.copyto(db_hi_1, db_ii_1)
            np.copyto(db_hf_1, db_if_1)
            np.copyto(db_hg_1, db_ig_1)
            np.copyto(db_ho_1, db_io_1)
            np.copyto(db_hi_2, db_ii_2)
            np.copyto(db_hf_2, db_if_2)
            np.copyto(db_hg_2, db_ig_2)
            np.copyto(db_ho_2, db_io_2)

    return into, run


def loss_and_gradient(
    x,       # (T, B, I)   input: of every step
    h_10,    # (B, H_1)    initial state: h_1 before the first step
    c_10,    # (B, H_1)    initial state: c_1 before the first step
    h_20,    # (B, H_2)    initial state: h_2 before the first step
    c_20,    # (B, H_2)    initial state: c_2 before the first step
    y,       # (B, O)      target: of one step; each row sums to 1, or the gradients are not those of the loss
    m,       # (T, B, 1)   target: 0 or 1 at every step
    W_ii_1,  # (H_1, I)    parameter: trained
    b_ii_1,  # (H_1)       parameter: trained
    W_hi_1,  # (H_1, H_1)  parameter: trained
    b_hi_1,  # (H_1)       parameter: trained
    W_if_1,  # (H_1, I)    parameter: trained
    b_if_1,  # (H_1)       parameter: trained
    W_hf_1,  # (H_1, H_1)  parameter: trained
    b_hf_1,  # (H_1)       parameter: trained
    W_ig_1,  # (H_1, I)    parameter: trained
    b_ig_1,  # (H_1)       parameter: trained
    W_hg_1,  # (H_1, H_1)  parameter: trained
    b_hg_1,  # (H_1)       parameter: trained
    W_io_1,  # (H_1, I)    parameter: trained
    b_io_1,  # (H_1)       parameter: trained
    W_ho_1,  # (H_1, H_1)  parameter: trained
    b_ho_1,  # (H_1)       parameter: trained
    W_ii_2,  # (H_2, H_1)  parameter: trained
    b_ii_2,  # (H_2)       parameter: trained
    W_hi_2,  # (H_2, H_2)  parameter: trained
    b_hi_2,  # (H_2)       parameter: trained
    W_if_2,  # (H_2, H_1)  parameter: trained
    b_if_2,  # (H_2)       parameter: trained
    W_hf_2,  # (H_2, H_2)  parameter: trained
    b_hf_2,  # (H_2)       parameter: trained
    W_ig_2,  # (H_2, H_1)  parameter: trained
    b_ig_2,  # (H_2)       parameter: trained
    W_hg_2,  # (H_2, H_2)  parameter: trained
    b_hg_2,  # (H_2)       parameter: trained
    W_io_2,  # (H_2, H_1)  parameter: trained
    b_io_2,  # (H_2)       parameter: trained
    W_ho_2,  # (H_2, H_2)  parameter: trained
    b_ho_2,  # (H_2)       parameter: trained
    W_hy,    # (O, H_2)    parameter: trained
    b_y,     # (O)         parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h_10, c_10, h_20, c_20, y, m, W_ii_1, b_ii_1, W_hi_1, b_hi_1, W_if_1, b_if_1, W_hf_1, b_hf_1, W_ig_1, b_ig_1, W_hg_1, b_hg_1, W_io_1, b_io_1, W_ho_1, b_ho_1, W_ii_2, b_ii_2, W_hi_2, b_hi_2, W_if_2, b_if_2, W_hf_2, b_hf_2, W_ig_2, b_ig_2, W_hg_2, b_hg_2, W_io_2, b_io_2, W_ho_2, b_ho_2, W_hy, b_y)
    gradients = backward(x, y, m, W_ii_1, W_hi_1, W_if_1, W_hf_1, W_ig_1, W_hg_1, W_io_1, W_ho_1, W_ii_2, W_hi_2, W_if_2, W_hf_2, W_ig_2, W_hg_2, W_io_2, W_ho_2, W_hy, kept.h_1, kept.c_1, kept.h_2, kept.c_2, kept.y_hat, kept.i_1_f_1_g_1_o_1, kept.a_h_1, kept.i_2_f_2_g_2_o_2, kept.a_h_2)
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
