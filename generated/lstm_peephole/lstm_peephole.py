"""long short-term memory with peepholes with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Gers, Schraudolph, Schmidhuber, "Learning precise timing with LSTM recurrent networks",
Journal of Machine Learning Research 3 (2002) 115-143

    (1)   z_i[t] = W_i x[t] + U_i h[t−1] + p_i ∘ c[t−1] + b_i
    (2)   i[t] = sigmoid(z_i[t])
    (3)   z_f[t] = W_f x[t] + U_f h[t−1] + p_f ∘ c[t−1] + b_f
    (4)   f[t] = sigmoid(z_f[t])
    (5)   z_g[t] = W_g x[t] + U_g h[t−1] + b_g
    (6)   g[t] = tanh(z_g[t])
    (7)   c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
    (8)   z_o[t] = W_o x[t] + U_o h[t−1] + p_o ∘ c[t] + b_o
    (9)   o[t] = sigmoid(z_o[t])
    (10)  a_h[t] = tanh(c[t])
    (11)  h[t] = o[t] ∘ a_h[t]
    (12)  z_y[t] = W_hy h[t] + b_y
    (13)  y_hat[t] = softmax(z_y[t])
    (14)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    p_i   (H)        parameter: trained
    b_i   (H)        parameter: trained
    W_f   (H, I)     parameter: trained
    U_f   (H, H)     parameter: trained
    p_f   (H)        parameter: trained
    b_f   (H)        parameter: trained
    W_g   (H, I)     parameter: trained
    U_g   (H, H)     parameter: trained
    b_g   (H)        parameter: trained
    W_o   (H, I)     parameter: trained
    U_o   (H, H)     parameter: trained
    p_o   (H)        parameter: trained
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
    i_f_g_o: np.ndarray  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_i: np.ndarray   # (H, I)     gradient: with respect to W_i
    dU_i: np.ndarray   # (H, H)     gradient: with respect to U_i
    dp_i: np.ndarray   # (H)        gradient: with respect to p_i
    db_i: np.ndarray   # (H)        gradient: with respect to b_i
    dW_f: np.ndarray   # (H, I)     gradient: with respect to W_f
    dU_f: np.ndarray   # (H, H)     gradient: with respect to U_f
    dp_f: np.ndarray   # (H)        gradient: with respect to p_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_g: np.ndarray   # (H, I)     gradient: with respect to W_g
    dU_g: np.ndarray   # (H, H)     gradient: with respect to U_g
    db_g: np.ndarray   # (H)        gradient: with respect to b_g
    dW_o: np.ndarray   # (H, I)     gradient: with respect to W_o
    dU_o: np.ndarray   # (H, H)     gradient: with respect to U_o
    dp_o: np.ndarray   # (H)        gradient: with respect to p_o
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
    p_i,   # (H)        parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    p_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    p_o,   # (H)        parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, c0, y, W_i, U_i, p_i, b_i, W_f, U_f, p_f, b_f, W_g, U_g, b_g, W_o, U_o, p_o, b_o, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    U_i,   # (H, H)     parameter: trained
    p_i,   # (H)        parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    p_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    p_o,   # (H)        parameter: trained
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
    _check("p_i", p_i, (H,), dtype)
    _check("b_i", b_i, (H,), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("p_f", p_f, (H,), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_g", W_g, (H, I), dtype)
    _check("U_g", U_g, (H, H), dtype)
    _check("b_g", b_g, (H,), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("p_o", p_o, (H,), dtype)
    _check("b_o", b_o, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            i_f_g_o=np.empty((T, B, 4*H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, i_f_g_o, a_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_i_f_g_o = np.empty((4*H, I), dtype)
    U_i_f_g_o = np.empty((H, 4*H), dtype)
    scale = np.empty((3*H,), dtype)
    shift = np.empty((3*H,), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        i_f_g_o,                   # i_f_g_o_t
        h[0:T],                    # h_t
        i_f_g_o[:, :, :H],         # i_t
        c[0:T],                    # c_t
        i_f_g_o[:, :, H : 2*H],    # f_t
        i_f_g_o[:, :, :3*H],       # i_f_g_o_t_2
        c[1 : T + 1],              # c_next
        i_f_g_o[:, :, 2*H : 3*H],  # g_t
        i_f_g_o[:, :, 3*H : 4*H],  # o_t
        a_h,                       # a_h_t
        h[1 : T + 1],              # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(c[0], c0)
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
            # (1) z_i[t] = W_i x[t] + U_i h[t−1] + p_i ∘ c[t−1] + b_i
            np.dot(x.reshape(T * B, I), W_i_f_g_o.T, i_f_g_o.reshape(T * B, 4*H))
            # (5) z_g[t] = W_g x[t] + U_g h[t−1] + b_g
            np.add(i_f_g_o[:, :, 2*H : 3*H], b_g, i_f_g_o[:, :, 2*H : 3*H])
            p_i_row = p_i[np.newaxis]
            b_i_row = b_i[np.newaxis]
            p_f_row = p_f[np.newaxis]
            b_f_row = b_f[np.newaxis]
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            p_o_row = p_o[np.newaxis]
            b_o_row = b_o[np.newaxis]
            number_1_2 = np.array(0.5, dtype)
            for i_f_g_o_t, h_t, i_t, c_t, f_t, i_f_g_o_t_2, c_next, g_t, o_t, a_h_t, h_next in steps:
                # (1) z_i[t] = W_i x[t] + U_i h[t−1] + p_i ∘ c[t−1] + b_i
                np.dot(h_t, U_i_f_g_o, _B_4xH)
                np.add(i_f_g_o_t, _B_4xH, i_f_g_o_t)
                np.multiply(p_i_row, c_t, _B_H)
                np.add(_B_H, b_i_row, _B_H)
                np.multiply(number_1_2, _B_H, _B_H)
                np.add(i_t, _B_H, i_t)
                # (3) z_f[t] = W_f x[t] + U_f h[t−1] + p_f ∘ c[t−1] + b_f
                np.multiply(p_f_row, c_t, _B_H)
                np.add(_B_H, b_f_row, _B_H)
                np.multiply(number_1_2, _B_H, _B_H)
                np.add(f_t, _B_H, f_t)
                # (2, 4, 6) i[t] = sigmoid(z_i[t]), f[t] = sigmoid(z_f[t]), g[t] = tanh(z_g[t])
                np.tanh(i_f_g_o_t_2, i_f_g_o_t_2)
                np.multiply(scale_row, i_f_g_o_t_2, i_f_g_o_t_2)
                np.add(i_f_g_o_t_2, shift_row, i_f_g_o_t_2)
                # (7) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
                np.multiply(f_t, c_t, c_next)
                np.multiply(i_t, g_t, _B_H)
                np.add(c_next, _B_H, c_next)
                # (8) z_o[t] = W_o x[t] + U_o h[t−1] + p_o ∘ c[t] + b_o
                np.multiply(p_o_row, c_next, _B_H)
                np.add(_B_H, b_o_row, _B_H)
                np.add(o_t, _B_H, o_t)
                # (9) o[t] = sigmoid(z_o[t])
                _sigmoid(o_t, o_t)
                # (10) a_h[t] = tanh(c[t])
                np.tanh(c_next, a_h_t)
                # (11) h[t] = o[t] ∘ a_h[t]
                np.multiply(o_t, a_h_t, h_next)
            # (12) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (13) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (14) J += −y[t]ᵀ log_softmax(z_y[t])
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
    p_i,      # (H)            parameter: trained
    W_f,      # (H, I)         parameter: trained
    U_f,      # (H, H)         parameter: trained
    p_f,      # (H)            parameter: trained
    W_g,      # (H, I)         parameter: trained
    U_g,      # (H, H)         parameter: trained
    W_o,      # (H, I)         parameter: trained
    U_o,      # (H, H)         parameter: trained
    p_o,      # (H)            parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_f_g_o,  # (T, B, 4*H)    saved: i, f, g, o, side by side
    a_h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_i, U_i, p_i, W_f, U_f, p_f, W_g, U_g, W_o, U_o, p_o, W_hy, c, h, y_hat, i_f_g_o, a_h)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,      # (H, I)         parameter: trained
    U_i,      # (H, H)         parameter: trained
    p_i,      # (H)            parameter: trained
    W_f,      # (H, I)         parameter: trained
    U_f,      # (H, H)         parameter: trained
    p_f,      # (H)            parameter: trained
    W_g,      # (H, I)         parameter: trained
    U_g,      # (H, H)         parameter: trained
    W_o,      # (H, I)         parameter: trained
    U_o,      # (H, H)         parameter: trained
    p_o,      # (H)            parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_f_g_o,  # (T, B, 4*H)    saved: i, f, g, o, side by side
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
    _check("p_i", p_i, (H,), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("p_f", p_f, (H,), dtype)
    _check("W_g", W_g, (H, I), dtype)
    _check("U_g", U_g, (H, H), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("p_o", p_o, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("i_f_g_o", i_f_g_o, (T, B, 4*H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_i=np.empty((H, I), dtype),
            dU_i=np.empty((H, H), dtype),
            dp_i=np.empty((H,), dtype),
            db_i=np.empty((H,), dtype),
            dW_f=np.empty((H, I), dtype),
            dU_f=np.empty((H, H), dtype),
            dp_f=np.empty((H,), dtype),
            db_f=np.empty((H,), dtype),
            dW_g=np.empty((H, I), dtype),
            dU_g=np.empty((H, H), dtype),
            db_g=np.empty((H,), dtype),
            dW_o=np.empty((H, I), dtype),
            dU_o=np.empty((H, H), dtype),
            dp_o=np.empty((H,), dtype),
            db_o=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_i, dU_i, dp_i, db_i, dW_f, dU_f, dp_f, db_f, dW_g, dU_g, db_g, dW_o, dU_o, dp_o, db_o, dW_hy, db_y, dx, dh0, dc0 = into
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    da_h = np.empty((B, H), dtype)
    dz_o_g_f_i = np.empty((T, B, 4*H), dtype)
    dc = np.empty((B, H), dtype)
    W_o_g_f_i = np.empty((4*H, I), dtype)
    U_o_g_f_i = np.empty((4*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                           # dh_t
        i_f_g_o[:, :, 3*H : 4*H][::-1],     # o_t
        dz_o_g_f_i[:, :, :H][::-1],         # dz_o_t
        a_h[::-1],                          # a_h_t
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
            np.copyto(W_o_g_f_i[:H], W_o)
            np.copyto(W_o_g_f_i[H : 2*H], W_g)
            np.copyto(W_o_g_f_i[2*H : 3*H], W_f)
            np.copyto(W_o_g_f_i[3*H : 4*H], W_i)
            np.copyto(U_o_g_f_i[:H], U_o)
            np.copyto(U_o_g_f_i[H : 2*H], U_g)
            np.copyto(U_o_g_f_i[2*H : 3*H], U_f)
            np.copyto(U_o_g_f_i[3*H : 4*H], U_i)
            # (16) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (20) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(a_h, i_f_g_o[:, :, 3*H : 4*H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, 3*H : 4*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_f_i[:, :, :H])
            # (23) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
            np.square(i_f_g_o[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(i_f_g_o[:, :, :H], _T_B_H, dz_o_g_f_i[:, :, H : 2*H])
            # (25) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(c[0:T], i_f_g_o[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_f_i[:, :, 2*H : 3*H])
            # (27) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(i_f_g_o[:, :, 2*H : 3*H], i_f_g_o[:, :, :H], _T_B_H)
            np.subtract(1.0, i_f_g_o[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_f_i[:, :, 3*H : 4*H])
            # (17) h̄[t] = W_hyᵀ z̄_y[t] + U_oᵀ z̄_o[t+1] + U_gᵀ z̄_g[t+1] + U_fᵀ z̄_f[t+1] + U_iᵀ z̄_i[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (43) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (44) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            p_o_row = p_o[np.newaxis]
            p_f_row = p_f[np.newaxis]
            p_i_row = p_i[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for dh_t, o_t, dz_o_t, a_h_t, dz_g_t, dz_f_t, dz_i_t, dz_o_g_f_i_t, f_t in steps:
                # (17) h̄[t] = W_hyᵀ z̄_y[t] + U_oᵀ z̄_o[t+1] + U_gᵀ z̄_g[t+1] + U_fᵀ z̄_f[t+1] + U_iᵀ z̄_i[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (18) ā_h[t] = h̄[t] ∘ o[t]
                np.multiply(dh_t, o_t, da_h)
                # (20) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
                np.multiply(dh_t, dz_o_t, dz_o_t)
                # (21) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + z̄_o[t] ∘ p_o + c̄[t+1] ∘ f[t+1] + z̄_f[t+1] ∘ p_f + z̄_i[t+1] ∘ p_i
                np.square(a_h_t, dc)
                np.subtract(number_1, dc, dc)
                np.multiply(da_h, dc, dc)
                np.multiply(dz_o_t, p_o_row, _B_H)
                np.add(dc, _B_H, dc)
                np.add(dc, carry_c, dc)
                # (23) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
                np.multiply(dc, dz_g_t, dz_g_t)
                # (25) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(dc, dz_f_t, dz_f_t)
                # (27) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
                np.multiply(dc, dz_i_t, dz_i_t)
                # (17) what step t gives to h of earlier steps: U_oᵀ z̄_o[t] + U_gᵀ z̄_g[t] + U_fᵀ z̄_f[t] + U_iᵀ z̄_i[t]
                np.dot(dz_o_g_f_i_t, U_o_g_f_i, carry_h)
                # (21) what step t gives to c of earlier steps: c̄[t] ∘ f[t] + z̄_f[t] ∘ p_f + z̄_i[t] ∘ p_i
                np.multiply(dc, f_t, carry_c)
                np.multiply(dz_f_t, p_f_row, _B_H)
                np.add(carry_c, _B_H, carry_c)
                np.multiply(dz_i_t, p_i_row, _B_H)
                np.add(carry_c, _B_H, carry_c)
            # (28) W̄_i += z̄_i[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, x.reshape(T * B, I), dW_i)
            # (29) Ū_i += z̄_i[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, H), dU_i)
            # (30) p̄_i += z̄_i[t] ∘ c[t−1]
            np.einsum("ijk,ijk->k", dz_o_g_f_i[:, :, 3*H : 4*H], c[0:T], out=dp_i)
            # (31) b̄_i += z̄_i[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H], db_i)
            # (32) W̄_f += z̄_f[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_f)
            # (33) Ū_f += z̄_f[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dU_f)
            # (34) p̄_f += z̄_f[t] ∘ c[t−1]
            np.einsum("ijk,ijk->k", dz_o_g_f_i[:, :, 2*H : 3*H], c[0:T], out=dp_f)
            # (35) b̄_f += z̄_f[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H], db_f)
            # (36) W̄_g += z̄_g[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_g)
            # (37) Ū_g += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_g)
            # (38) b̄_g += z̄_g[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H], db_g)
            # (39) W̄_o += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), dW_o)
            # (40) Ū_o += z̄_o[t] h[t−1]ᵀ
            np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, :H].T, h[0:T].reshape(T * B, H), dU_o)
            # (41) p̄_o += z̄_o[t] ∘ c[t]
            np.einsum("ijk,ijk->k", dz_o_g_f_i[:, :, :H], c[1 : T + 1], out=dp_o)
            # (42) b̄_o += z̄_o[t]
            np.matmul(_ones_T_B, dz_o_g_f_i.reshape(T * B, 4*H)[:, :H], db_o)
            # (45) x̄[t] = W_oᵀ z̄_o[t] + W_gᵀ z̄_g[t] + W_fᵀ z̄_f[t] + W_iᵀ z̄_i[t]
            np.dot(dz_o_g_f_i.reshape(T * B, 4*H), W_o_g_f_i, dx.reshape(T * B, I))
            # (46) h̄[0] = U_oᵀ z̄_o[1] + U_gᵀ z̄_g[1] + U_fᵀ z̄_f[1] + U_iᵀ z̄_i[1]
            np.copyto(dh0, carry_h)
            # (47) c̄[0] = c̄[1] ∘ f[1] + z̄_f[1] ∘ p_f + z̄_i[1] ∘ p_i
            np.copyto(dc0, carry_c)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    U_i,   # (H, H)     parameter: trained
    p_i,   # (H)        parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    p_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    p_o,   # (H)        parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_i, U_i, p_i, b_i, W_f, U_f, p_f, b_f, W_g, U_g, b_g, W_o, U_o, p_o, b_o, W_hy, b_y)
    gradients = backward(x, y, W_i, U_i, p_i, W_f, U_f, p_f, W_g, U_g, W_o, U_o, p_o, W_hy, kept.c, kept.h, kept.y_hat, kept.i_f_g_o, kept.a_h)
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
