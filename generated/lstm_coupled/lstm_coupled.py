"""long short-term memory with coupled input and forget gates, without peepholes with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Greff, Srivastava, Koutnik, Steunebrink, Schmidhuber, "LSTM: a search space odyssey", 2015,
arXiv:1503.04069

    (1)   z_i[t] = W_i x[t] + U_i h[t−1] + b_i
    (2)   i[t] = sigmoid(z_i[t])
    (3)   z_g[t] = W_g x[t] + U_g h[t−1] + b_g
    (4)   g[t] = tanh(z_g[t])
    (5)   z_o[t] = W_o x[t] + U_o h[t−1] + b_o
    (6)   o[t] = sigmoid(z_o[t])
    (7)   c[t] = (1 − i[t]) ∘ c[t−1] + i[t] ∘ g[t]
    (8)   a_h[t] = tanh(c[t])
    (9)   h[t] = o[t] ∘ a_h[t]
    (10)  z_y[t] = W_hy h[t] + b_y
    (11)  y_hat[t] = softmax(z_y[t])
    (12)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    b_i   (H)        parameter: trained
    W_g   (H, I)     parameter: trained
    U_g   (H, H)     parameter: trained
    b_g   (H)        parameter: trained
    W_o   (H, I)     parameter: trained
    U_o   (H, H)     parameter: trained
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

    c: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    i_g_o: np.ndarray  # (T, B, 3*H)    saved: i, g, o, side by side
    a_h: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_i: np.ndarray   # (H, I)     gradient: with respect to W_i
    dU_i: np.ndarray   # (H, H)     gradient: with respect to U_i
    db_i: np.ndarray   # (H)        gradient: with respect to b_i
    dW_g: np.ndarray   # (H, I)     gradient: with respect to W_g
    dU_g: np.ndarray   # (H, H)     gradient: with respect to U_g
    db_g: np.ndarray   # (H)        gradient: with respect to b_g
    dW_o: np.ndarray   # (H, I)     gradient: with respect to W_o
    dU_o: np.ndarray   # (H, H)     gradient: with respect to U_o
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
    b_i,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, c0, y, W_i, U_i, b_i, W_g, U_g, b_g, W_o, U_o, b_o, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    U_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
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
    _check("b_i", b_i, (H,), dtype)
    _check("W_g", W_g, (H, I), dtype)
    _check("U_g", U_g, (H, H), dtype)
    _check("b_g", b_g, (H,), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("b_o", b_o, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            i_g_o=np.empty((T, B, 3*H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, i_g_o, a_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_i_g_o = np.empty((3*H, I), dtype)
    U_i_g_o = np.empty((H, 3*H), dtype)
    scale = np.empty((3*H,), dtype)
    shift = np.empty((3*H,), dtype)
    b_i_g_o = np.empty((3*H,), dtype)
    _B_3xH = np.empty((B, 3*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        i_g_o,                   # i_g_o_t
        h[0:T],                  # h_t
        c[1 : T + 1],            # c_next
        i_g_o[:, :, :H],         # i_t
        c[0:T],                  # c_t
        i_g_o[:, :, H : 2*H],    # g_t
        a_h,                     # a_h_t
        h[1 : T + 1],            # h_next
        i_g_o[:, :, 2*H : 3*H],  # o_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(c[0], c0)
            np.multiply(0.5, W_i, W_i_g_o[:H])
            np.copyto(W_i_g_o[H : 2*H], W_g)
            np.multiply(0.5, W_o, W_i_g_o[2*H : 3*H])
            np.multiply(0.5, U_i.T, U_i_g_o[:, :H])
            np.copyto(U_i_g_o[:, H : 2*H], U_g.T)
            np.multiply(0.5, U_o.T, U_i_g_o[:, 2*H : 3*H])
            np.copyto(scale[:H], 0.5)
            np.copyto(scale[H : 2*H], 1.0)
            np.copyto(scale[2*H : 3*H], 0.5)
            np.copyto(shift[:H], 0.5)
            np.copyto(shift[H : 2*H], 0.0)
            np.copyto(shift[2*H : 3*H], 0.5)
            np.multiply(0.5, b_i, b_i_g_o[:H])
            np.copyto(b_i_g_o[H : 2*H], b_g)
            np.multiply(0.5, b_o, b_i_g_o[2*H : 3*H])
            # (1) z_i[t] = W_i x[t] + U_i h[t−1] + b_i
            np.dot(x.reshape(T * B, I), W_i_g_o.T, i_g_o.reshape(T * B, 3*H))
            # (1, 3, 5) the terms that are the same in every step
            np.add(i_g_o, b_i_g_o, i_g_o)
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for i_g_o_t, h_t, c_next, i_t, c_t, g_t, a_h_t, h_next, o_t in steps:
                # (1) z_i[t] = W_i x[t] + U_i h[t−1] + b_i
                np.dot(h_t, U_i_g_o, _B_3xH)
                np.add(i_g_o_t, _B_3xH, i_g_o_t)
                # (2, 4, 6) i[t] = sigmoid(z_i[t]), g[t] = tanh(z_g[t]), o[t] = sigmoid(z_o[t])
                np.tanh(i_g_o_t, i_g_o_t)
                np.multiply(scale_row, i_g_o_t, i_g_o_t)
                np.add(i_g_o_t, shift_row, i_g_o_t)
                # (7) c[t] = (1 − i[t]) ∘ c[t−1] + i[t] ∘ g[t]
                np.subtract(number_1, i_t, c_next)
                np.multiply(c_next, c_t, c_next)
                np.multiply(i_t, g_t, _B_H)
                np.add(c_next, _B_H, c_next)
                # (8) a_h[t] = tanh(c[t])
                np.tanh(c_next, a_h_t)
                # (9) h[t] = o[t] ∘ a_h[t]
                np.multiply(o_t, a_h_t, h_next)
            # (10) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (11) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (12) J += −y[t]ᵀ log_softmax(z_y[t])
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
    W_i,    # (H, I)         parameter: trained
    U_i,    # (H, H)         parameter: trained
    W_g,    # (H, I)         parameter: trained
    U_g,    # (H, H)         parameter: trained
    W_o,    # (H, I)         parameter: trained
    U_o,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    i_g_o,  # (T, B, 3*H)    saved: i, g, o, side by side
    a_h,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_i, U_i, W_g, U_g, W_o, U_o, W_hy, c, h, y_hat, i_g_o, a_h)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,    # (H, I)         parameter: trained
    U_i,    # (H, H)         parameter: trained
    W_g,    # (H, I)         parameter: trained
    U_g,    # (H, H)         parameter: trained
    W_o,    # (H, I)         parameter: trained
    U_o,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    i_g_o,  # (T, B, 3*H)    saved: i, g, o, side by side
    a_h,    # (T, B, H)      saved: kept for the backward pass
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
    _check("W_g", W_g, (H, I), dtype)
    _check("U_g", U_g, (H, H), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("i_g_o", i_g_o, (T, B, 3*H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_i=np.empty((H, I), dtype),
            dU_i=np.empty((H, H), dtype),
            db_i=np.empty((H,), dtype),
            dW_g=np.empty((H, I), dtype),
            dU_g=np.empty((H, H), dtype),
            db_g=np.empty((H,), dtype),
            dW_o=np.empty((H, I), dtype),
            dU_o=np.empty((H, H), dtype),
            db_o=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_i, dU_i, db_i, dW_g, dU_g, db_g, dW_o, dU_o, db_o, dW_hy, db_y, dx, dh0, dc0 = into
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dc = np.empty((T, B, H), dtype)
    dz_o_g_i = np.empty((T, B, 3*H), dtype)
    W_o_g_i = np.empty((3*H, I), dtype)
    U_o_g_i = np.empty((3*H, H), dtype)
    factor_carry_c = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                         # dh_t
        dc[::-1],                         # dc_t
        dz_o_g_i[:, :, :H][::-1],         # dz_o_t
        dz_o_g_i[:, :, H : 2*H][::-1],    # dz_g_t
        dz_o_g_i[:, :, 2*H : 3*H][::-1],  # dz_i_t
        dz_o_g_i[::-1],                   # dz_o_g_i_t
        factor_carry_c[::-1],             # factor_carry_c_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_c, 0.0)
            np.copyto(W_o_g_i[:H], W_o)
            np.copyto(W_o_g_i[H : 2*H], W_g)
            np.copyto(W_o_g_i[2*H : 3*H], W_i)
            np.copyto(U_o_g_i[:H], U_o)
            np.copyto(U_o_g_i[H : 2*H], U_g)
            np.copyto(U_o_g_i[2*H : 3*H], U_i)
            # (14) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (17) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ (1 − i[t+1])
            np.square(a_h, dc)
            np.subtract(1.0, dc, dc)
            np.multiply(i_g_o[:, :, 2*H : 3*H], dc, dc)
            # (19) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(a_h, i_g_o[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, i_g_o[:, :, 2*H : 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_i[:, :, :H])
            # (21) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
            np.square(i_g_o[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(i_g_o[:, :, :H], _T_B_H, dz_o_g_i[:, :, H : 2*H])
            # (23) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.negative(c[0:T], _T_B_H)
            np.add(_T_B_H, i_g_o[:, :, H : 2*H], _T_B_H)
            np.multiply(_T_B_H, i_g_o[:, :, :H], _T_B_H)
            np.subtract(1.0, i_g_o[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_g_i[:, :, 2*H : 3*H])
            # (17) what step t gives to c of earlier steps: c̄[t] ∘ (1 − i[t])
            np.subtract(1.0, i_g_o[:, :, :H], factor_carry_c)
            # (15) h̄[t] = W_hyᵀ z̄_y[t] + U_oᵀ z̄_o[t+1] + U_gᵀ z̄_g[t+1] + U_iᵀ z̄_i[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (33) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (34) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dc_t, dz_o_t, dz_g_t, dz_i_t, dz_o_g_i_t, factor_carry_c_t in steps:
                # (15) h̄[t] = W_hyᵀ z̄_y[t] + U_oᵀ z̄_o[t+1] + U_gᵀ z̄_g[t+1] + U_iᵀ z̄_i[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (17) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ (1 − i[t+1])
                np.multiply(dh_t, dc_t, dc_t)
                np.add(dc_t, carry_c, dc_t)
                # (19) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
                np.multiply(dh_t, dz_o_t, dz_o_t)
                # (21) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
                np.multiply(dc_t, dz_g_t, dz_g_t)
                # (23) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
                np.multiply(dc_t, dz_i_t, dz_i_t)
                # (15) what step t gives to h of earlier steps: U_oᵀ z̄_o[t] + U_gᵀ z̄_g[t] + U_iᵀ z̄_i[t]
                np.dot(dz_o_g_i_t, U_o_g_i, carry_h)
                # (17) what step t gives to c of earlier steps: c̄[t] ∘ (1 − i[t])
                np.multiply(dc_t, factor_carry_c_t, carry_c)
            # (24) W̄_i += z̄_i[t] x[t]ᵀ
            np.matmul(dz_o_g_i.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_i)
            # (25) Ū_i += z̄_i[t] h[t−1]ᵀ
            np.matmul(dz_o_g_i.reshape(T * B, 3*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dU_i)
            # (26) b̄_i += z̄_i[t]
            np.matmul(_ones_T_B, dz_o_g_i.reshape(T * B, 3*H)[:, 2*H : 3*H], db_i)
            # (27) W̄_g += z̄_g[t] x[t]ᵀ
            np.matmul(dz_o_g_i.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_g)
            # (28) Ū_g += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz_o_g_i.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_g)
            # (29) b̄_g += z̄_g[t]
            np.matmul(_ones_T_B, dz_o_g_i.reshape(T * B, 3*H)[:, H : 2*H], db_g)
            # (30) W̄_o += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o_g_i.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), dW_o)
            # (31) Ū_o += z̄_o[t] h[t−1]ᵀ
            np.matmul(dz_o_g_i.reshape(T * B, 3*H)[:, :H].T, h[0:T].reshape(T * B, H), dU_o)
            # (32) b̄_o += z̄_o[t]
            np.matmul(_ones_T_B, dz_o_g_i.reshape(T * B, 3*H)[:, :H], db_o)
            # (35) x̄[t] = W_oᵀ z̄_o[t] + W_gᵀ z̄_g[t] + W_iᵀ z̄_i[t]
            np.dot(dz_o_g_i.reshape(T * B, 3*H), W_o_g_i, dx.reshape(T * B, I))
            # (36) h̄[0] = U_oᵀ z̄_o[1] + U_gᵀ z̄_g[1] + U_iᵀ z̄_i[1]
            np.copyto(dh0, carry_h)
            # (37) c̄[0] = c̄[1] ∘ (1 − i[1])
            np.copyto(dc0, carry_c)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    U_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_g,   # (H, I)     parameter: trained
    U_g,   # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_i, U_i, b_i, W_g, U_g, b_g, W_o, U_o, b_o, W_hy, b_y)
    gradients = backward(x, y, W_i, U_i, W_g, U_g, W_o, U_o, W_hy, kept.c, kept.h, kept.y_hat, kept.i_g_o, kept.a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
