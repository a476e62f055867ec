"""long short-term memory with working memory connections with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Landi, Baraldi, Cornia, Cucchiara, "Working memory connections for LSTM", 2021,
arXiv:2109.00020

    (1)   z_i[t] = V_i c[t−1]
    (2)   a_i[t] = tanh(z_i[t])
    (3)   z2_i[t] = W_i x[t] + U_i h[t−1] + a_i[t] + b_i
    (4)   i[t] = sigmoid(z2_i[t])
    (5)   z_f[t] = V_f c[t−1]
    (6)   a_f[t] = tanh(z_f[t])
    (7)   z2_f[t] = W_f x[t] + U_f h[t−1] + a_f[t] + b_f
    (8)   f[t] = sigmoid(z2_f[t])
    (9)   z_g[t] = W_g x[t] + U_g h[t−1] + b_g
    (10)  g[t] = tanh(z_g[t])
    (11)  c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
    (12)  z_o[t] = V_o c[t]
    (13)  a_o[t] = tanh(z_o[t])
    (14)  z2_o[t] = W_o x[t] + U_o h[t−1] + a_o[t] + b_o
    (15)  o[t] = sigmoid(z2_o[t])
    (16)  a_h[t] = tanh(c[t])
    (17)  h[t] = o[t] ∘ a_h[t]
    (18)  z_y[t] = W_hy h[t] + b_y
    (19)  y_hat[t] = softmax(z_y[t])
    (20)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    c0    (B, H)     initial state: c before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i   (H, I)     parameter: trained
    U_i   (H, H)     parameter: trained
    V_i   (H, H)     parameter: trained
    b_i   (H)        parameter: trained
    W_f   (H, I)     parameter: trained
    U_f   (H, H)     parameter: trained
    V_f   (H, H)     parameter: trained
    b_f   (H)        parameter: trained
    W_g   (H, I)     parameter: trained
    U_g   (H, H)     parameter: trained
    b_g   (H)        parameter: trained
    W_o   (H, I)     parameter: trained
    U_o   (H, H)     parameter: trained
    V_o   (H, H)     parameter: trained
    b_o   (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    c: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray    # (T, B, O)      output: of every step
    a_i_f: np.ndarray    # (T, B, 2*H)    saved: a_i, a_f, side by side
    i_f_g_o: np.ndarray  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_o: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    a_h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_i: np.ndarray   # (H, I)     gradient: with respect to W_i
    dU_i: np.ndarray   # (H, H)     gradient: with respect to U_i
    dV_i: np.ndarray   # (H, H)     gradient: with respect to V_i
    db_i: np.ndarray   # (H)        gradient: with respect to b_i
    dW_f: np.ndarray   # (H, I)     gradient: with respect to W_f
    dU_f: np.ndarray   # (H, H)     gradient: with respect to U_f
    dV_f: np.ndarray   # (H, H)     gradient: with respect to V_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_g: np.ndarray   # (H, I)     gradient: with respect to W_g
    dU_g: np.ndarray   # (H, H)     gradient: with respect to U_g
    db_g: np.ndarray   # (H)        gradient: with respect to b_g
    dW_o: np.ndarray   # (H, I)     gradient: with respect to W_o
    dU_o: np.ndarray   # (H, H)     gradient: with respect to U_o
    dV_o: np.ndarray   # (H, H)     gradient: with respect to V_o
    db_o: np.ndarray   # (H)        gradient: with respect to b_o
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0
    dc0: np.ndarray    # (B, H)     gradient: with respect to c0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    U_i,   # (H, H)     parameter: trained
    V_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    V_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    V_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, c0, y, W_i, U_i, V_i, b_i, W_f, U_f, V_f, b_f, W_g, U_g, b_g, W_o, U_o, V_o, b_o, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    U_i,   # (H, H)     parameter: trained
    V_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    V_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    V_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
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
    _check("c0", c0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_i", W_i, (H, I), dtype)
    _check("U_i", U_i, (H, H), dtype)
    _check("V_i", V_i, (H, H), dtype)
    _check("b_i", b_i, (H,), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("V_f", V_f, (H, H), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_g", W_g, (H, I), dtype)
    _check("U_g", U_g, (H, H), dtype)
    _check("b_g", b_g, (H,), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("V_o", V_o, (H, H), dtype)
    _check("b_o", b_o, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_i_f=np.empty((T, B, 2*H), dtype),
            i_f_g_o=np.empty((T, B, 4*H), dtype),
            a_o=np.empty((T, B, H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, a_i_f, i_f_g_o, a_o, a_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    V_i_f = np.empty((H, 2*H), dtype)
    W_i_f_g_o = np.empty((4*H, I), dtype)
    U_i_f_g_o = np.empty((H, 4*H), dtype)
    scale = np.empty((3*H,), dtype)
    shift = np.empty((3*H,), dtype)
    V_o_T = np.empty((H, H), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_i_f,                     # a_i_f_t
        c[0:T],                    # c_t
        a_i_f[:, :, :H],           # a_i_t
        i_f_g_o,                   # i_f_g_o_t
        h[0:T],                    # h_t
        i_f_g_o[:, :, :H],         # i_t
        a_i_f[:, :, H : 2*H],      # a_f_t
        i_f_g_o[:, :, H : 2*H],    # f_t
        i_f_g_o[:, :, :3*H],       # i_f_g_o_t_2
        c[1 : T + 1],              # c_next
        i_f_g_o[:, :, 2*H : 3*H],  # g_t
        a_o,                       # a_o_t
        i_f_g_o[:, :, 3*H : 4*H],  # o_t
        a_h,                       # a_h_t
        h[1 : T + 1],              # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(V_o_T, V_o.T)
            np.copyto(h[0], h0)
            np.copyto(c[0], c0)
            np.copyto(V_i_f[:, :H], V_i.T)
            np.copyto(V_i_f[:, H : 2*H], V_f.T)
            np.multiply(0.5, W_i, W_i_f_g_o[:H])
            np.multiply(0.5, W_f, W_i_f_g_o[H : 2*H])
            np.copyto(W_i_f_g_o[2*H : 3*H], W_g)
            np.copyto(W_i_f_g_o[3*H : 4*H], W_o)
            np.multiply(0.5, U_i.T, U_i_f_g_o[:, :H])
            np.multiply(0.5, U_f.T, U_i_f_g_o[:, H : 2*H])
            np.copyto(U_i_f_g_o[:, 2*H : 3*H], U_g.T)
            np.copyto(U_i_f_g_o[:, 3*H : 4*H], U_o.T)
            np.copyto(scale[:H], 0.5)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(scale[2*H : 3*H], 1.0)
            np.copyto(shift[:H], 0.5)
            np.copyto(shift[H : 2*H], 0.5)
            np.copyto(shift[2*H : 3*H], 0.0)
            # (3) z2_i[t] = W_i x[t] + U_i h[t−1] + a_i[t] + b_i
            np.dot(x.reshape(T * B, I), W_i_f_g_o.T, i_f_g_o.reshape(T * B, 4*H))
            # (9) z_g[t] = W_g x[t] + U_g h[t−1] + b_g
            np.add(i_f_g_o[:, :, 2*H : 3*H], b_g, i_f_g_o[:, :, 2*H : 3*H])
            b_i_row = b_i[np.newaxis]
            b_f_row = b_f[np.newaxis]
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            b_o_row = b_o[np.newaxis]
            number_1_2 = np.array(0.5, dtype)
            for (
                a_i_f_t, c_t, a_i_t, i_f_g_o_t, h_t, i_t, a_f_t, f_t, i_f_g_o_t_2, c_next, g_t, a_o_t, o_t, a_h_t,
                h_next,
            ) in steps:
                # (1) z_i[t] = V_i c[t−1]
                np.dot(c_t, V_i_f, a_i_f_t)
                # (2) a_i[t] = tanh(z_i[t])
                np.tanh(a_i_t, a_i_t)
                # (3) z2_i[t] = W_i x[t] + U_i h[t−1] + a_i[t] + b_i
                np.dot(h_t, U_i_f_g_o, _B_4xH)
                np.add(i_f_g_o_t, _B_4xH, i_f_g_o_t)
                np.add(a_i_t, b_i_row, _B_H)
                np.multiply(number_1_2, _B_H, _B_H)
                np.add(i_t, _B_H, i_t)
                # (6) a_f[t] = tanh(z_f[t])
                np.tanh(a_f_t, a_f_t)
                # (7) z2_f[t] = W_f x[t] + U_f h[t−1] + a_f[t] + b_f
                np.add(a_f_t, b_f_row, _B_H)
                np.multiply(number_1_2, _B_H, _B_H)
                np.add(f_t, _B_H, f_t)
                # (4, 8, 10) i[t] = sigmoid(z2_i[t]), f[t] = sigmoid(z2_f[t]), g[t] = tanh(z_g[t])
                np.tanh(i_f_g_o_t_2, i_f_g_o_t_2)
                np.multiply(scale_row, i_f_g_o_t_2, i_f_g_o_t_2)
                np.add(i_f_g_o_t_2, shift_row, i_f_g_o_t_2)
                # (11) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
                np.multiply(f_t, c_t, c_next)
                np.multiply(i_t, g_t, _B_H)
                np.add(c_next, _B_H, c_next)
                # (12) z_o[t] = V_o c[t]
                np.dot(c_next, V_o_T, a_o_t)
                # (13) a_o[t] = tanh(z_o[t])
                np.tanh(a_o_t, a_o_t)
                # (14) z2_o[t] = W_o x[t] + U_o h[t−1] + a_o[t] + b_o
                np.add(a_o_t, b_o_row, _B_H)
                np.add(o_t, _B_H, o_t)
                # (15) o[t] = sigmoid(z2_o[t])
                _sigmoid(o_t, o_t)
                # (16) a_h[t] = tanh(c[t])
                np.tanh(c_next, a_h_t)
                # (17) h[t] = o[t] ∘ a_h[t]
                np.multiply(o_t, a_h_t, h_next)
            # (18) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (19) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (20) J += −y[t]ᵀ log_softmax(z_y[t])
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
    W_i,      # (H, I)         parameter: trained
    U_i,      # (H, H)         parameter: trained
    V_i,      # (H, H)         parameter: trained
    W_f,      # (H, I)         parameter: trained
    U_f,      # (H, H)         parameter: trained
    V_f,      # (H, H)         parameter: trained
    W_g,      # (H, I)         parameter: trained
    U_g,      # (H, H)         parameter: trained
    W_o,      # (H, I)         parameter: trained
    U_o,      # (H, H)         parameter: trained
    V_o,      # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    a_i_f,    # (T, B, 2*H)    saved: a_i, a_f, side by side
    i_f_g_o,  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_o,      # (T, B, H)      saved: kept for the backward pass
    a_h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_i, U_i, V_i, W_f, U_f, V_f, W_g, U_g, W_o, U_o, V_o, W_hy, c, h, y_hat, a_i_f, i_f_g_o, a_o, a_h)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,      # (H, I)         parameter: trained
    U_i,      # (H, H)         parameter: trained
    V_i,      # (H, H)         parameter: trained
    W_f,      # (H, I)         parameter: trained
    U_f,      # (H, H)         parameter: trained
    V_f,      # (H, H)         parameter: trained
    W_g,      # (H, I)         parameter: trained
    U_g,      # (H, H)         parameter: trained
    W_o,      # (H, I)         parameter: trained
    U_o,      # (H, H)         parameter: trained
    V_o,      # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    a_i_f,    # (T, B, 2*H)    saved: a_i, a_f, side by side
    i_f_g_o,  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_o,      # (T, B, H)      saved: kept for the backward pass
    a_h,      # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_i.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_i", W_i, (H, I), dtype)
    _check("U_i", U_i, (H, H), dtype)
    _check("V_i", V_i, (H, H), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("V_f", V_f, (H, H), dtype)
    _check("W_g", W_g, (H, I), dtype)
    _check("U_g", U_g, (H, H), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("V_o", V_o, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_i_f", a_i_f, (T, B, 2*H), dtype)
    _check("i_f_g_o", i_f_g_o, (T, B, 4*H), dtype)
    _check("a_o", a_o, (T, B, H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_i=np.empty((H, I), dtype),
            dU_i=np.empty((H, H), dtype),
            dV_i=np.empty((H, H), dtype),
            db_i=np.empty((H,), dtype),
            dW_f=np.empty((H, I), dtype),
            dU_f=np.empty((H, H), dtype),
            dV_f=np.empty((H, H), dtype),
            db_f=np.empty((H,), dtype),
            dW_g=np.empty((H, I), dtype),
            dU_g=np.empty((H, H), dtype),
            db_g=np.empty((H,), dtype),
            dW_o=np.empty((H, I), dtype),
            dU_o=np.empty((H, H), dtype),
            dV_o=np.empty((H, H), dtype),
            db_o=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_i, dU_i, dV_i, db_i, dW_f, dU_f, dV_f, db_f, dW_g, dU_g, db_g, dW_o, dU_o, dV_o, db_o, dW_hy, db_y, dx, dh0, dc0 = into
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz2_o_dz_g_dz2_f_dz2_i = np.empty((T, B, 4*H), dtype)
    da_o = np.empty((B, H), dtype)
    dz_o = np.empty((T, B, H), dtype)
    dc = np.empty((B, H), dtype)
    da_f = np.empty((B, H), dtype)
    dz_f_i = np.empty((T, B, 2*H), dtype)
    da_i = np.empty((B, H), dtype)
    W_o_g_f_i = np.empty((4*H, I), dtype)
    U_o_g_f_i = np.empty((4*H, H), dtype)
    V_f_i = np.empty((2*H, H), dtype)
    factor_dc = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                                       # dh_t
        dz2_o_dz_g_dz2_f_dz2_i[:, :, :H][::-1],         # dz2_o_t
        dz_o[::-1],                                     # dz_o_t
        factor_dc[::-1],                                # factor_dc_t
        dz2_o_dz_g_dz2_f_dz2_i[:, :, H : 2*H][::-1],    # dz_g_t
        dz2_o_dz_g_dz2_f_dz2_i[:, :, 2*H : 3*H][::-1],  # dz2_f_t
        dz_f_i[:, :, :H][::-1],                         # dz_f_t
        dz2_o_dz_g_dz2_f_dz2_i[:, :, 3*H : 4*H][::-1],  # dz2_i_t
        dz_f_i[:, :, H : 2*H][::-1],                    # dz_i_t
        dz2_o_dz_g_dz2_f_dz2_i[::-1],                   # dz2_o_dz_g_dz2_f_dz2_i_t
        dz_f_i[::-1],                                   # dz_f_i_t
        i_f_g_o[:, :, H : 2*H][::-1],                   # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_c, 0.0)
            np.copyto(W_o_g_f_i[:H], W_o)
            np.copyto(W_o_g_f_i[H : 2*H], W_g)
            np.copyto(W_o_g_f_i[2*H : 3*H], W_f)
            np.copyto(W_o_g_f_i[3*H : 4*H], W_i)
            np.copyto(U_o_g_f_i[:H], U_o)
            np.copyto(U_o_g_f_i[H : 2*H], U_g)
            np.copyto(U_o_g_f_i[2*H : 3*H], U_f)
            np.copyto(U_o_g_f_i[3*H : 4*H], U_i)
            np.copyto(V_f_i[:H], V_f)
            np.copyto(V_f_i[H : 2*H], V_i)
            # (22) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (26) z2̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(a_h, i_f_g_o[:, :, 3*H : 4*H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, 3*H : 4*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz2_o_dz_g_dz2_f_dz2_i[:, :, :H])
            # (28) z̄_o[t] = ā_o[t] ∘ (1 − a_o[t]²)
            np.square(a_o, dz_o)
            np.subtract(1.0, dz_o, dz_o)
            # (29) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + V_oᵀ z̄_o[t] + c̄[t+1] ∘ f[t+1] + V_fᵀ z̄_f[t+1] + V_iᵀ z̄_i[t+1]
            np.square(a_h, factor_dc)
            np.subtract(1.0, factor_dc, factor_dc)
            np.multiply(i_f_g_o[:, :, 3*H : 4*H], factor_dc, factor_dc)
            # (31) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
            np.square(i_f_g_o[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(i_f_g_o[:, :, :H], _T_B_H, dz2_o_dz_g_dz2_f_dz2_i[:, :, H : 2*H])
            # (33) z2̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(c[0:T], i_f_g_o[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz2_o_dz_g_dz2_f_dz2_i[:, :, 2*H : 3*H])
            # (35) z̄_f[t] = ā_f[t] ∘ (1 − a_f[t]²)
            np.square(a_i_f[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, _T_B_H, dz_f_i[:, :, :H])
            # (37) z2̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(i_f_g_o[:, :, 2*H : 3*H], i_f_g_o[:, :, :H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz2_o_dz_g_dz2_f_dz2_i[:, :, 3*H : 4*H])
            # (39) z̄_i[t] = ā_i[t] ∘ (1 − a_i[t]²)
            np.square(a_i_f[:, :, :H], _T_B_H)
            np.subtract(1.0, _T_B_H, dz_f_i[:, :, H : 2*H])
            # (23) h̄[t] = W_hyᵀ z̄_y[t] + U_oᵀ z2̄_o[t+1] + U_gᵀ z̄_g[t+1] + U_fᵀ z2̄_f[t+1] + U_iᵀ z2̄_i[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (55) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (56) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for (
                dh_t, dz2_o_t, dz_o_t, factor_dc_t, dz_g_t, dz2_f_t, dz_f_t, dz2_i_t, dz_i_t, dz2_o_dz_g_dz2_f_dz2_i_t,
                dz_f_i_t, f_t,
            ) in steps:
                # (23) h̄[t] = W_hyᵀ z̄_y[t] + U_oᵀ z2̄_o[t+1] + U_gᵀ z̄_g[t+1] + U_fᵀ z2̄_f[t+1] + U_iᵀ z2̄_i[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (26) z2̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
                np.multiply(dh_t, dz2_o_t, dz2_o_t)
                # (27) ā_o[t] = z2̄_o[t]
                np.copyto(da_o, dz2_o_t)
                # (28) z̄_o[t] = ā_o[t] ∘ (1 − a_o[t]²)
                np.multiply(da_o, dz_o_t, dz_o_t)
                # (29) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + V_oᵀ z̄_o[t] + c̄[t+1] ∘ f[t+1] + V_fᵀ z̄_f[t+1] + V_iᵀ z̄_i[t+1]
                np.dot(dz_o_t, V_o, dc)
                np.multiply(dh_t, factor_dc_t, _B_H)
                np.add(dc, _B_H, dc)
                np.add(dc, carry_c, dc)
                # (31) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
                np.multiply(dc, dz_g_t, dz_g_t)
                # (33) z2̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(dc, dz2_f_t, dz2_f_t)
                # (34) ā_f[t] = z2̄_f[t]
                np.copyto(da_f, dz2_f_t)
                # (35) z̄_f[t] = ā_f[t] ∘ (1 − a_f[t]²)
                np.multiply(da_f, dz_f_t, dz_f_t)
                # (37) z2̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
                np.multiply(dc, dz2_i_t, dz2_i_t)
                # (38) ā_i[t] = z2̄_i[t]
                np.copyto(da_i, dz2_i_t)
                # (39) z̄_i[t] = ā_i[t] ∘ (1 − a_i[t]²)
                np.multiply(da_i, dz_i_t, dz_i_t)
                # (23) what step t gives to h of earlier steps: U_oᵀ z2̄_o[t] + U_gᵀ z̄_g[t] + U_fᵀ z2̄_f[t] + U_iᵀ z2̄_i[t]
                np.dot(dz2_o_dz_g_dz2_f_dz2_i_t, U_o_g_f_i, carry_h)
                # (29) what step t gives to c of earlier steps: c̄[t] ∘ f[t] + V_fᵀ z̄_f[t] + V_iᵀ z̄_i[t]
                np.dot(dz_f_i_t, V_f_i, carry_c)
                np.multiply(dc, f_t, _B_H)
                np.add(carry_c, _B_H, carry_c)
            # (40) W̄_i += z2̄_i[t] x[t]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, x.reshape(T * B, I), dW_i)
            # (41) Ū_i += z2̄_i[t] h[t−1]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, H), dU_i)
            # (42) V̄_i += z̄_i[t] c[t−1]ᵀ
            np.matmul(dz_f_i.reshape(T * B, 2*H)[:, H : 2*H].T, c[0:T].reshape(T * B, H), dV_i)
            # (43) b̄_i += z2̄_i[t]
            np.matmul(_ones_T_B, dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, 3*H : 4*H], db_i)
            # (44) W̄_f += z2̄_f[t] x[t]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_f)
            # (45) Ū_f += z2̄_f[t] h[t−1]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dU_f)
            # (46) V̄_f += z̄_f[t] c[t−1]ᵀ
            np.matmul(dz_f_i.reshape(T * B, 2*H)[:, :H].T, c[0:T].reshape(T * B, H), dV_f)
            # (47) b̄_f += z2̄_f[t]
            np.matmul(_ones_T_B, dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, 2*H : 3*H], db_f)
            # (48) W̄_g += z̄_g[t] x[t]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_g)
            # (49) Ū_g += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_g)
            # (50) b̄_g += z̄_g[t]
            np.matmul(_ones_T_B, dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, H : 2*H], db_g)
            # (51) W̄_o += z2̄_o[t] x[t]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), dW_o)
            # (52) Ū_o += z2̄_o[t] h[t−1]ᵀ
            np.matmul(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, :H].T, h[0:T].reshape(T * B, H), dU_o)
            # (53) V̄_o += z̄_o[t] c[t]ᵀ
            np.dot(dz_o.reshape(T * B, H).T, c[1 : T + 1].reshape(T * B, H), dV_o)
            # (54) b̄_o += z2̄_o[t]
            np.matmul(_ones_T_B, dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H)[:, :H], db_o)
            # (57) x̄[t] = W_oᵀ z2̄_o[t] + W_gᵀ z̄_g[t] + W_fᵀ z2̄_f[t] + W_iᵀ z2̄_i[t]
            np.dot(dz2_o_dz_g_dz2_f_dz2_i.reshape(T * B, 4*H), W_o_g_f_i, dx.reshape(T * B, I))
            # (58) h̄[0] = U_oᵀ z2̄_o[1] + U_gᵀ z̄_g[1] + U_fᵀ z2̄_f[1] + U_iᵀ z2̄_i[1]
            np.copyto(dh0, carry_h)
            # (59) c̄[0] = c̄[1] ∘ f[1] + V_fᵀ z̄_f[1] + V_iᵀ z̄_i[1]
            np.copyto(dc0, carry_c)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    U_i,   # (H, H)     parameter: trained
    V_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    V_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    V_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_i, U_i, V_i, b_i, W_f, U_f, V_f, b_f, W_g, U_g, b_g, W_o, U_o, V_o, b_o, W_hy, b_y)
    gradients = backward(x, y, W_i, U_i, V_i, W_f, U_f, V_f, W_g, U_g, W_o, U_o, V_o, W_hy, kept.c, kept.h, kept.y_hat, kept.a_i_f, kept.i_f_g_o, kept.a_o, kept.a_h)
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
