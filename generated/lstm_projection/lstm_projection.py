"""long short-term memory with a recurrent projection, as in PyTorch (proj_size) with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Sak, Senior, Beaufays, "Long short-term memory based recurrent neural network architectures
for large vocabulary speech recognition", 2014, arXiv:1402.1128

    (1)   z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
    (2)   i[t] = sigmoid(z_i[t])
    (3)   z_f[t] = W_if x[t] + b_if + W_hf h[t−1] + b_hf
    (4)   f[t] = sigmoid(z_f[t])
    (5)   z_g[t] = W_ig x[t] + b_ig + W_hg h[t−1] + b_hg
    (6)   g[t] = tanh(z_g[t])
    (7)   z_o[t] = W_io x[t] + b_io + W_ho h[t−1] + b_ho
    (8)   o[t] = sigmoid(z_o[t])
    (9)   c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
    (10)  a_h[t] = tanh(c[t])
    (11)  s_h[t] = o[t] ∘ a_h[t]
    (12)  h[t] = W_hr s_h[t]
    (13)  z_y[t] = W_hy h[t] + b_y
    (14)  y_hat[t] = softmax(z_y[t])
    (15)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    P  entries of h
    H  entries of c
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, P)     initial state: h before the first step
    c0    (B, H)     initial state: c before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii  (H, I)     parameter: trained
    b_ii  (H)        parameter: trained
    W_hi  (H, P)     parameter: trained
    b_hi  (H)        parameter: trained
    W_if  (H, I)     parameter: trained
    b_if  (H)        parameter: trained
    W_hf  (H, P)     parameter: trained
    b_hf  (H)        parameter: trained
    W_ig  (H, I)     parameter: trained
    b_ig  (H)        parameter: trained
    W_hg  (H, P)     parameter: trained
    b_hg  (H)        parameter: trained
    W_io  (H, I)     parameter: trained
    b_io  (H)        parameter: trained
    W_ho  (H, P)     parameter: trained
    b_ho  (H)        parameter: trained
    W_hr  (P, H)     parameter: trained
    W_hy  (O, P)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    c: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray        # (T + 1, B, P)  output: state; the first is initial
    y_hat: np.ndarray    # (T, B, O)      output: of every step
    i_f_g_o: np.ndarray  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_ii: np.ndarray  # (H, I)     gradient: with respect to W_ii
    db_ii: np.ndarray  # (H)        gradient: with respect to b_ii
    dW_hi: np.ndarray  # (H, P)     gradient: with respect to W_hi
    db_hi: np.ndarray  # (H)        gradient: with respect to b_hi
    dW_if: np.ndarray  # (H, I)     gradient: with respect to W_if
    db_if: np.ndarray  # (H)        gradient: with respect to b_if
    dW_hf: np.ndarray  # (H, P)     gradient: with respect to W_hf
    db_hf: np.ndarray  # (H)        gradient: with respect to b_hf
    dW_ig: np.ndarray  # (H, I)     gradient: with respect to W_ig
    db_ig: np.ndarray  # (H)        gradient: with respect to b_ig
    dW_hg: np.ndarray  # (H, P)     gradient: with respect to W_hg
    db_hg: np.ndarray  # (H)        gradient: with respect to b_hg
    dW_io: np.ndarray  # (H, I)     gradient: with respect to W_io
    db_io: np.ndarray  # (H)        gradient: with respect to b_io
    dW_ho: np.ndarray  # (H, P)     gradient: with respect to W_ho
    db_ho: np.ndarray  # (H)        gradient: with respect to b_ho
    dW_hr: np.ndarray  # (P, H)     gradient: with respect to W_hr
    dW_hy: np.ndarray  # (O, P)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, P)     gradient: with respect to h0
    dc0: np.ndarray    # (B, H)     gradient: with respect to c0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, P)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,  # (H, I)     parameter: trained
    b_ii,  # (H)        parameter: trained
    W_hi,  # (H, P)     parameter: trained
    b_hi,  # (H)        parameter: trained
    W_if,  # (H, I)     parameter: trained
    b_if,  # (H)        parameter: trained
    W_hf,  # (H, P)     parameter: trained
    b_hf,  # (H)        parameter: trained
    W_ig,  # (H, I)     parameter: trained
    b_ig,  # (H)        parameter: trained
    W_hg,  # (H, P)     parameter: trained
    b_hg,  # (H)        parameter: trained
    W_io,  # (H, I)     parameter: trained
    b_io,  # (H)        parameter: trained
    W_ho,  # (H, P)     parameter: trained
    b_ho,  # (H)        parameter: trained
    W_hr,  # (P, H)     parameter: trained
    W_hy,  # (O, P)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, c0, y, W_ii, b_ii, W_hi, b_hi, W_if, b_if, W_hf, b_hf, W_ig, b_ig, W_hg, b_hg, W_io, b_io, W_ho, b_ho, W_hr, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, P)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,  # (H, I)     parameter: trained
    b_ii,  # (H)        parameter: trained
    W_hi,  # (H, P)     parameter: trained
    b_hi,  # (H)        parameter: trained
    W_if,  # (H, I)     parameter: trained
    b_if,  # (H)        parameter: trained
    W_hf,  # (H, P)     parameter: trained
    b_hf,  # (H)        parameter: trained
    W_ig,  # (H, I)     parameter: trained
    b_ig,  # (H)        parameter: trained
    W_hg,  # (H, P)     parameter: trained
    b_hg,  # (H)        parameter: trained
    W_io,  # (H, I)     parameter: trained
    b_io,  # (H)        parameter: trained
    W_ho,  # (H, P)     parameter: trained
    b_ho,  # (H)        parameter: trained
    W_hr,  # (P, H)     parameter: trained
    W_hy,  # (O, P)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    P = h0.shape[1]
    H = c0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, P), dtype)
    _check("c0", c0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_ii", W_ii, (H, I), dtype)
    _check("b_ii", b_ii, (H,), dtype)
    _check("W_hi", W_hi, (H, P), dtype)
    _check("b_hi", b_hi, (H,), dtype)
    _check("W_if", W_if, (H, I), dtype)
    _check("b_if", b_if, (H,), dtype)
    _check("W_hf", W_hf, (H, P), dtype)
    _check("b_hf", b_hf, (H,), dtype)
    _check("W_ig", W_ig, (H, I), dtype)
    _check("b_ig", b_ig, (H,), dtype)
    _check("W_hg", W_hg, (H, P), dtype)
    _check("b_hg", b_hg, (H,), dtype)
    _check("W_io", W_io, (H, I), dtype)
    _check("b_io", b_io, (H,), dtype)
    _check("W_ho", W_ho, (H, P), dtype)
    _check("b_ho", b_ho, (H,), dtype)
    _check("W_hr", W_hr, (P, H), dtype)
    _check("W_hy", W_hy, (O, P), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, P), dtype),
            y_hat=np.empty((T, B, O), dtype),
            i_f_g_o=np.empty((T, B, 4*H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, i_f_g_o, a_h, J = into
    s_h = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_ii_if_ig_io = np.empty((4*H, I), dtype)
    W_hi_hf_hg_ho = np.empty((P, 4*H), dtype)
    scale = np.empty((4*H,), dtype)
    shift = np.empty((4*H,), dtype)
    b_i_f_g_o = np.empty((4*H,), dtype)
    W_hr_T = np.empty((H, P), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        i_f_g_o,                   # i_f_g_o_t
        h[0:T],                    # h_t
        c[1 : T + 1],              # c_next
        i_f_g_o[:, :, H : 2*H],    # f_t
        c[0:T],                    # c_t
        i_f_g_o[:, :, :H],         # i_t
        i_f_g_o[:, :, 2*H : 3*H],  # g_t
        a_h,                       # a_h_t
        i_f_g_o[:, :, 3*H : 4*H],  # o_t
        h[1 : T + 1],              # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_hr_T, W_hr.T)
            np.copyto(h[0], h0)
            np.copyto(c[0], c0)
            np.multiply(0.5, W_ii, W_ii_if_ig_io[:H])
            np.multiply(0.5, W_if, W_ii_if_ig_io[H : 2*H])
            np.copyto(W_ii_if_ig_io[2*H : 3*H], W_ig)
            np.multiply(0.5, W_io, W_ii_if_ig_io[3*H : 4*H])
            np.multiply(0.5, W_hi.T, W_hi_hf_hg_ho[:, :H])
            np.multiply(0.5, W_hf.T, W_hi_hf_hg_ho[:, H : 2*H])
            np.copyto(W_hi_hf_hg_ho[:, 2*H : 3*H], W_hg.T)
            np.multiply(0.5, W_ho.T, W_hi_hf_hg_ho[:, 3*H : 4*H])
            np.copyto(scale[:H], 0.5)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(scale[2*H : 3*H], 1.0)
            np.copyto(scale[3*H : 4*H], 0.5)
            np.copyto(shift[:H], 0.5)
            np.copyto(shift[H : 2*H], 0.5)
            np.copyto(shift[2*H : 3*H], 0.0)
            np.copyto(shift[3*H : 4*H], 0.5)
            np.add(b_ii, b_hi, b_i_f_g_o[:H])
            np.multiply(0.5, b_i_f_g_o[:H], b_i_f_g_o[:H])
            np.add(b_if, b_hf, b_i_f_g_o[H : 2*H])
            np.multiply(0.5, b_i_f_g_o[H : 2*H], b_i_f_g_o[H : 2*H])
            np.add(b_ig, b_hg, b_i_f_g_o[2*H : 3*H])
            np.add(b_io, b_ho, b_i_f_g_o[3*H : 4*H])
            np.multiply(0.5, b_i_f_g_o[3*H : 4*H], b_i_f_g_o[3*H : 4*H])
            # (1) z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
            np.dot(x.reshape(T * B, I), W_ii_if_ig_io.T, i_f_g_o.reshape(T * B, 4*H))
            # (1, 3, 5, 7) the terms that are the same in every step
            np.add(i_f_g_o, b_i_f_g_o, i_f_g_o)
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            for i_f_g_o_t, h_t, c_next, f_t, c_t, i_t, g_t, a_h_t, o_t, h_next in steps:
                # (1) z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
                np.dot(h_t, W_hi_hf_hg_ho, _B_4xH)
                np.add(i_f_g_o_t, _B_4xH, i_f_g_o_t)
                # (2, 4, 6, 8) i[t] = sigmoid(z_i[t]), f[t] = sigmoid(z_f[t]), g[t] = tanh(z_g[t]), o[t] = sigmoid(z_o[t])
                np.tanh(i_f_g_o_t, i_f_g_o_t)
                np.multiply(scale_row, i_f_g_o_t, i_f_g_o_t)
                np.add(i_f_g_o_t, shift_row, i_f_g_o_t)
                # (9) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
                np.multiply(f_t, c_t, c_next)
                np.multiply(i_t, g_t, _B_H)
                np.add(c_next, _B_H, c_next)
                # (10) a_h[t] = tanh(c[t])
                np.tanh(c_next, a_h_t)
                # (11) s_h[t] = o[t] ∘ a_h[t]
                np.multiply(o_t, a_h_t, s_h)
                # (12) h[t] = W_hr s_h[t]
                np.dot(s_h, W_hr_T, h_next)
            # (13) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, P), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (14) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (15) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,     # (H, I)         parameter: trained
    W_hi,     # (H, P)         parameter: trained
    W_if,     # (H, I)         parameter: trained
    W_hf,     # (H, P)         parameter: trained
    W_ig,     # (H, I)         parameter: trained
    W_hg,     # (H, P)         parameter: trained
    W_io,     # (H, I)         parameter: trained
    W_ho,     # (H, P)         parameter: trained
    W_hr,     # (P, H)         parameter: trained
    W_hy,     # (O, P)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, P)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_f_g_o,  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_ii, W_hi, W_if, W_hf, W_ig, W_hg, W_io, W_ho, W_hr, W_hy, c, h, y_hat, i_f_g_o, a_h)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,     # (H, I)         parameter: trained
    W_hi,     # (H, P)         parameter: trained
    W_if,     # (H, I)         parameter: trained
    W_hf,     # (H, P)         parameter: trained
    W_ig,     # (H, I)         parameter: trained
    W_hg,     # (H, P)         parameter: trained
    W_io,     # (H, I)         parameter: trained
    W_ho,     # (H, P)         parameter: trained
    W_hr,     # (P, H)         parameter: trained
    W_hy,     # (O, P)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, P)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_f_g_o,  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_h,      # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_ii.shape[0]
    P = W_hi.shape[1]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_ii", W_ii, (H, I), dtype)
    _check("W_hi", W_hi, (H, P), dtype)
    _check("W_if", W_if, (H, I), dtype)
    _check("W_hf", W_hf, (H, P), dtype)
    _check("W_ig", W_ig, (H, I), dtype)
    _check("W_hg", W_hg, (H, P), dtype)
    _check("W_io", W_io, (H, I), dtype)
    _check("W_ho", W_ho, (H, P), dtype)
    _check("W_hr", W_hr, (P, H), dtype)
    _check("W_hy", W_hy, (O, P), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, P), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("i_f_g_o", i_f_g_o, (T, B, 4*H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_ii=np.empty((H, I), dtype),
            db_ii=np.empty((H,), dtype),
            dW_hi=np.empty((H, P), dtype),
            db_hi=np.empty((H,), dtype),
            dW_if=np.empty((H, I), dtype),
            db_if=np.empty((H,), dtype),
            dW_hf=np.empty((H, P), dtype),
            db_hf=np.empty((H,), dtype),
            dW_ig=np.empty((H, I), dtype),
            db_ig=np.empty((H,), dtype),
            dW_hg=np.empty((H, P), dtype),
            db_hg=np.empty((H,), dtype),
            dW_io=np.empty((H, I), dtype),
            db_io=np.empty((H,), dtype),
            dW_ho=np.empty((H, P), dtype),
            db_ho=np.empty((H,), dtype),
            dW_hr=np.empty((P, H), dtype),
            dW_hy=np.empty((O, P), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, P), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_ii, db_ii, dW_hi, db_hi, dW_if, db_if, dW_hf, db_hf, dW_ig, db_ig, dW_hg, db_hg, dW_io, db_io, dW_ho, db_ho, dW_hr, dW_hy, db_y, dx, dh0, dc0 = into
    s_h_again = np.empty((T, B, H), dtype)
    carry_h = np.empty((B, P), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, P), dtype)
    ds_h = np.empty((B, H), dtype)
    dc = np.empty((T, B, H), dtype)
    dz_o_g_f_i = np.empty((T, B, 4*H), dtype)
    W_io_ig_if_ii = np.empty((4*H, I), dtype)
    W_ho_hg_hf_hi = np.empty((4*H, P), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                           # dh_t
        dc[::-1],                           # dc_t
        dz_o_g_f_i[:, :, :H][::-1],         # dz_o_t
        dz_o_g_f_i[:, :, H : 2*H][::-1],    # dz_g_t
        dz_o_g_f_i[:, :, 2*H : 3*H][::-1],  # dz_f_t
        dz_o_g_f_i[:, :, 3*H : 4*H][::-1],  # dz_i_t
        dz_o_g_f_i[::-1],                   # dz_o_g_f_i_t
        i_f_g_o[:, :, H : 2*H][::-1],       # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_c, 0.0)
            np.copyto(W_io_ig_if_ii[:H], W_io)
            np.copyto(W_io_ig_if_ii[H : 2*H], W_ig)
            np.copyto(W_io_ig_if_ii[2*H : 3*H], W_if)
            np.copyto(W_io_ig_if_ii[3*H : 4*H], W_ii)
            np.copyto(W_ho_hg_hf_hi[:H], W_ho)
            np.copyto(W_ho_hg_hf_hi[H : 2*H], W_hg)
            np.copyto(W_ho_hg_hf_hi[2*H : 3*H], W_hf)
            np.copyto(W_ho_hg_hf_hi[3*H : 4*H], W_hi)
            # (17) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (21) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1]
            np.square(a_h, dc)
            np.subtract(1.0, dc, dc)
            np.multiply(i_f_g_o[:, :, 3*H : 4*H], dc, dc)
            # (23) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(a_h, i_f_g_o[:, :, 3*H : 4*H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, 3*H : 4*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_f_i[:, :, :H])
            # (25) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
            np.square(i_f_g_o[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(i_f_g_o[:, :, :H], _T_B_H, dz_o_g_f_i[:, :, H : 2*H])
            # (27) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(c[0:T], i_f_g_o[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_f_i[:, :, 2*H : 3*H])
            # (29) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(i_f_g_o[:, :, 2*H : 3*H], i_f_g_o[:, :, :H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_f_i[:, :, 3*H : 4*H])
            # (11) s_h[t] = o[t] ∘ a_h[t]
            np.multiply(i_f_g_o[:, :, 3*H : 4*H], a_h, s_h_again)
            # (18) h̄[t] = W_hyᵀ z̄_y[t] + W_hoᵀ z̄_o[t+1] + W_hgᵀ z̄_g[t+1] + W_hfᵀ z̄_f[t+1] + W_hiᵀ z̄_i[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, P))
            # (47) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, P), dW_hy)
            # (48) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dc_t, dz_o_t, dz_g_t, dz_f_t, dz_i_t, dz_o_g_f_i_t, f_t in steps:
                # (18) h̄[t] = W_hyᵀ z̄_y[t] + W_hoᵀ z̄_o[t+1] + W_hgᵀ z̄_g[t+1] + W_hfᵀ z̄_f[t+1] + W_hiᵀ z̄_i[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (19) s̄_h[t] = W_hrᵀ h̄[t]
                np.dot(dh_t, W_hr, ds_h)
                # (21) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1]
                np.multiply(ds_h, dc_t, dc_t)
                np.add(dc_t, carry_c, dc_t)
                # (23) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
                np.multiply(ds_h, dz_o_t, dz_o_t)
                # (25) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
                np.multiply(dc_t, dz_g_t, dz_g_t)
                # (27) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(dc_t, dz_f_t, dz_f_t)
                # (29) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
                np.multiply(dc_t, dz_i_t, dz_i_t)
                # (18) what step t gives to h of earlier steps: W_hoᵀ z̄_o[t] + W_hgᵀ z̄_g[t] + W_hfᵀ z̄_f[t] + W_hiᵀ z̄_i[t]
                np.dot(dz_o_g_f_i_t, W_ho_hg_hf_hi, carry_h)
                # (21) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
                np.multiply(dc_t, f_t, carry_c)
            # (30) W̄_ii += z̄_i[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, x.reshape(T * B, I), dW_ii)
            # (31) b̄_ii += z̄_i[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H], db_ii)
            # (32) W̄_hi += z̄_i[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, P), dW_hi)
            # (34) W̄_if += z̄_f[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_if)
            # (35) b̄_if += z̄_f[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H], db_if)
            # (36) W̄_hf += z̄_f[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, P), dW_hf)
            # (38) W̄_ig += z̄_g[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_ig)
            # (39) b̄_ig += z̄_g[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H], db_ig)
            # (40) W̄_hg += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, P), dW_hg)
            # (42) W̄_io += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), dW_io)
            # (43) b̄_io += z̄_o[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, :H], db_io)
            # (44) W̄_ho += z̄_o[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, :H].T, h[0:T].reshape(T * B, P), dW_ho)
            # (46) W̄_hr += h̄[t] s_h[t]ᵀ
            np.dot(dh.reshape(T * B, P).T, s_h_again.reshape(T * B, H), dW_hr)
            # (49) x̄[t] = W_ioᵀ z̄_o[t] + W_igᵀ z̄_g[t] + W_ifᵀ z̄_f[t] + W_iiᵀ z̄_i[t]
            np.dot(dz_o_g_f_i.reshape(T * B, 4*H), W_io_ig_if_ii, dx.reshape(T * B, I))
            # (50) h̄[0] = W_hoᵀ z̄_o[1] + W_hgᵀ z̄_g[1] + W_hfᵀ z̄_f[1] + W_hiᵀ z̄_i[1]
            np.copyto(dh0, carry_h)
            # (51) c̄[0] = c̄[1] ∘ f[1]
            np.copyto(dc0, carry_c)
            np.copyto(db_hi, db_ii)
            np.copyto(db_hf, db_if)
            np.copyto(db_hg, db_ig)
            np.copyto(db_ho, db_io)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, P)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,  # (H, I)     parameter: trained
    b_ii,  # (H)        parameter: trained
    W_hi,  # (H, P)     parameter: trained
    b_hi,  # (H)        parameter: trained
    W_if,  # (H, I)     parameter: trained
    b_if,  # (H)        parameter: trained
    W_hf,  # (H, P)     parameter: trained
    b_hf,  # (H)        parameter: trained
    W_ig,  # (H, I)     parameter: trained
    b_ig,  # (H)        parameter: trained
    W_hg,  # (H, P)     parameter: trained
    b_hg,  # (H)        parameter: trained
    W_io,  # (H, I)     parameter: trained
    b_io,  # (H)        parameter: trained
    W_ho,  # (H, P)     parameter: trained
    b_ho,  # (H)        parameter: trained
    W_hr,  # (P, H)     parameter: trained
    W_hy,  # (O, P)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_ii, b_ii, W_hi, b_hi, W_if, b_if, W_hf, b_hf, W_ig, b_ig, W_hg, b_hg, W_io, b_io, W_ho, b_ho, W_hr, W_hy, b_y)
    gradients = backward(x, y, W_ii, W_hi, W_if, W_hf, W_ig, W_hg, W_io, W_ho, W_hr, W_hy, kept.c, kept.h, kept.y_hat, kept.i_f_g_o, kept.a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
