"""long short-term memory of 1997, without a forget gate with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9 (1997) 1735-1780

    (1)   z_i[t] = W_i x[t] + U_i h[t−1] + b_i
    (2)   i[t] = sigmoid(z_i[t])
    (3)   z_o[t] = W_o x[t] + U_o h[t−1] + b_o
    (4)   o[t] = sigmoid(z_o[t])
    (5)   z_g[t] = W_c x[t] + U_c h[t−1] + b_c
    (6)   a_g[t] = sigmoid(z_g[t])
    (7)   g[t] = 4 a_g[t] − 2
    (8)   c[t] = c[t−1] + i[t] ∘ g[t]
    (9)   a_h[t] = sigmoid(c[t])
    (10)  h[t] = o[t] ∘ (2 a_h[t] − 1)
    (11)  z_y[t] = W_hy h[t] + b_y
    (12)  y_hat[t] = softmax(z_y[t])
    (13)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    W_o   (H, I)     parameter: trained
    U_o   (H, H)     parameter: trained
    b_o   (H)        parameter: trained
    W_c   (H, I)     parameter: trained
    U_c   (H, H)     parameter: trained
    b_c   (H)        parameter: trained
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
    i_o_a_g: np.ndarray  # (T, B, 3*H)    saved: i, o, a_g, side by side
    a_h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_i: np.ndarray   # (H, I)     gradient: with respect to W_i
    dU_i: np.ndarray   # (H, H)     gradient: with respect to U_i
    db_i: np.ndarray   # (H)        gradient: with respect to b_i
    dW_o: np.ndarray   # (H, I)     gradient: with respect to W_o
    dU_o: np.ndarray   # (H, H)     gradient: with respect to U_o
    db_o: np.ndarray   # (H)        gradient: with respect to b_o
    dW_c: np.ndarray   # (H, I)     gradient: with respect to W_c
    dU_c: np.ndarray   # (H, H)     gradient: with respect to U_c
    db_c: np.ndarray   # (H)        gradient: with respect to b_c
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
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_c,   # (H, I)     parameter: trained
    U_c,   # (H, H)     parameter: trained
    b_c,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, c0, y, W_i, U_i, b_i, W_o, U_o, b_o, W_c, U_c, b_c, W_hy, b_y)
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
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_c,   # (H, I)     parameter: trained
    U_c,   # (H, H)     parameter: trained
    b_c,   # (H)        parameter: trained
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
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("b_o", b_o, (H,), dtype)
    _check("W_c", W_c, (H, I), dtype)
    _check("U_c", U_c, (H, H), dtype)
    _check("b_c", b_c, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            i_o_a_g=np.empty((T, B, 3*H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, i_o_a_g, a_h, J = into
    g = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_i_o_c = np.empty((3*H, I), dtype)
    U_i_o_c = np.empty((H, 3*H), dtype)
    b_i_o_a_g = np.empty((3*H,), dtype)
    _B_3xH = np.empty((B, 3*H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        i_o_a_g,                   # i_o_a_g_t
        h[0:T],                    # h_t
        i_o_a_g[:, :, 2*H : 3*H],  # a_g_t
        c[1 : T + 1],              # c_next
        c[0:T],                    # c_t
        i_o_a_g[:, :, :H],         # i_t
        a_h,                       # a_h_t
        h[1 : T + 1],              # h_next
        i_o_a_g[:, :, H : 2*H],    # o_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(c[0], c0)
            np.multiply(0.5, W_i, W_i_o_c[:H])
            np.multiply(0.5, W_o, W_i_o_c[H : 2*H])
            np.multiply(0.5, W_c, W_i_o_c[2*H : 3*H])
            np.multiply(0.5, U_i.T, U_i_o_c[:, :H])
            np.multiply(0.5, U_o.T, U_i_o_c[:, H : 2*H])
            np.multiply(0.5, U_c.T, U_i_o_c[:, 2*H : 3*H])
            np.multiply(0.5, b_i, b_i_o_a_g[:H])
            np.multiply(0.5, b_o, b_i_o_a_g[H : 2*H])
            np.multiply(0.5, b_c, b_i_o_a_g[2*H : 3*H])
            # (1) z_i[t] = W_i x[t] + U_i h[t−1] + b_i
            np.dot(x.reshape(T * B, I), W_i_o_c.T, i_o_a_g.reshape(T * B, 3*H))
            # (1, 3, 5) the terms that are the same in every step
            np.add(i_o_a_g, b_i_o_a_g, i_o_a_g)
            number_1_2 = np.array(0.5, dtype)
            number_4 = np.array(4.0, dtype)
            number_2 = np.array(2.0, dtype)
            number_1 = np.array(1.0, dtype)
            for i_o_a_g_t, h_t, a_g_t, c_next, c_t, i_t, a_h_t, h_next, o_t in steps:
                # (1) z_i[t] = W_i x[t] + U_i h[t−1] + b_i
                np.dot(h_t, U_i_o_c, _B_3xH)
                np.add(i_o_a_g_t, _B_3xH, i_o_a_g_t)
                # (2, 4, 6) i[t] = sigmoid(z_i[t]), o[t] = sigmoid(z_o[t]), a_g[t] = sigmoid(z_g[t])
                np.tanh(i_o_a_g_t, i_o_a_g_t)
                np.multiply(number_1_2, i_o_a_g_t, i_o_a_g_t)
                np.add(i_o_a_g_t, number_1_2, i_o_a_g_t)
                # (7) g[t] = 4 a_g[t] − 2
                np.multiply(number_4, a_g_t, g)
                np.subtract(g, number_2, g)
                # (8) c[t] = c[t−1] + i[t] ∘ g[t]
                np.multiply(i_t, g, c_next)
                np.add(c_t, c_next, c_next)
                # (9) a_h[t] = sigmoid(c[t])
                _sigmoid(c_next, a_h_t)
                # (10) h[t] = o[t] ∘ (2 a_h[t] − 1)
                np.multiply(number_2, a_h_t, h_next)
                np.subtract(h_next, number_1, h_next)
                np.multiply(o_t, h_next, h_next)
            # (11) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (12) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (13) J += −y[t]ᵀ log_softmax(z_y[t])
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
    W_o,      # (H, I)         parameter: trained
    U_o,      # (H, H)         parameter: trained
    W_c,      # (H, I)         parameter: trained
    U_c,      # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_o_a_g,  # (T, B, 3*H)    saved: i, o, a_g, side by side
    a_h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_i, U_i, W_o, U_o, W_c, U_c, W_hy, h, y_hat, i_o_a_g, a_h)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,      # (H, I)         parameter: trained
    U_i,      # (H, H)         parameter: trained
    W_o,      # (H, I)         parameter: trained
    U_o,      # (H, H)         parameter: trained
    W_c,      # (H, I)         parameter: trained
    U_c,      # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_o_a_g,  # (T, B, 3*H)    saved: i, o, a_g, side by side
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
    _check("W_o", W_o, (H, I), dtype)
    _check("U_o", U_o, (H, H), dtype)
    _check("W_c", W_c, (H, I), dtype)
    _check("U_c", U_c, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("i_o_a_g", i_o_a_g, (T, B, 3*H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_i=np.empty((H, I), dtype),
            dU_i=np.empty((H, H), dtype),
            db_i=np.empty((H,), dtype),
            dW_o=np.empty((H, I), dtype),
            dU_o=np.empty((H, H), dtype),
            db_o=np.empty((H,), dtype),
            dW_c=np.empty((H, I), dtype),
            dU_c=np.empty((H, H), dtype),
            db_c=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_i, dU_i, db_i, dW_o, dU_o, db_o, dW_c, dU_c, db_c, dW_hy, db_y, dx, dh0, dc0 = into
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dc = np.empty((T, B, H), dtype)
    dg = np.empty((B, H), dtype)
    dz_g_o_i = np.empty((T, B, 3*H), dtype)
    W_c_o_i = np.empty((3*H, I), dtype)
    U_c_o_i = np.empty((3*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                         # dh_t
        dc[::-1],                         # dc_t
        i_o_a_g[:, :, :H][::-1],          # i_t
        dz_g_o_i[:, :, :H][::-1],         # dz_g_t
        dz_g_o_i[:, :, H : 2*H][::-1],    # dz_o_t
        dz_g_o_i[:, :, 2*H : 3*H][::-1],  # dz_i_t
        dz_g_o_i[::-1],                   # dz_g_o_i_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_c, 0.0)
            np.copyto(W_c_o_i[:H], W_c)
            np.copyto(W_c_o_i[H : 2*H], W_o)
            np.copyto(W_c_o_i[2*H : 3*H], W_i)
            np.copyto(U_c_o_i[:H], U_c)
            np.copyto(U_c_o_i[H : 2*H], U_o)
            np.copyto(U_c_o_i[2*H : 3*H], U_i)
            # (15) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (18) c̄[t] = ā_h[t] ∘ a_h[t] ∘ (1 − a_h[t]) + c̄[t+1]
            np.multiply(2.0, i_o_a_g[:, :, H : 2*H], dc)
            np.multiply(dc, a_h, dc)
            np.subtract(1.0, a_h, _T_B_H)
            np.multiply(dc, _T_B_H, dc)
            # (21) z̄_g[t] = ā_g[t] ∘ a_g[t] ∘ (1 − a_g[t])
            np.multiply(4.0, i_o_a_g[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, i_o_a_g[:, :, 2*H : 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_o_i[:, :, :H])
            # (23) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(2.0, a_h, _T_B_H)
            np.subtract(_T_B_H, 1.0, _T_B_H)
            np.multiply(_T_B_H, i_o_a_g[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, i_o_a_g[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_o_i[:, :, H : 2*H])
            # (25) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(4.0, i_o_a_g[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(_T_B_H, 2.0, _T_B_H)
            np.multiply(_T_B_H, i_o_a_g[:, :, :H], _T_B_H)
            np.subtract(1.0, i_o_a_g[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_o_i[:, :, 2*H : 3*H])
            # (16) h̄[t] = W_hyᵀ z̄_y[t] + U_cᵀ z̄_g[t+1] + U_oᵀ z̄_o[t+1] + U_iᵀ z̄_i[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (35) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (36) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dc_t, i_t, dz_g_t, dz_o_t, dz_i_t, dz_g_o_i_t in steps:
                # (16) h̄[t] = W_hyᵀ z̄_y[t] + U_cᵀ z̄_g[t+1] + U_oᵀ z̄_o[t+1] + U_iᵀ z̄_i[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (18) c̄[t] = ā_h[t] ∘ a_h[t] ∘ (1 − a_h[t]) + c̄[t+1]
                np.multiply(dh_t, dc_t, dc_t)
                np.add(dc_t, carry_c, dc_t)
                # (19) ḡ[t] = c̄[t] ∘ i[t]
                np.multiply(dc_t, i_t, dg)
                # (21) z̄_g[t] = ā_g[t] ∘ a_g[t] ∘ (1 − a_g[t])
                np.multiply(dg, dz_g_t, dz_g_t)
                # (23) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
                np.multiply(dh_t, dz_o_t, dz_o_t)
                # (25) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
                np.multiply(dc_t, dz_i_t, dz_i_t)
                # (16) what step t gives to h of earlier steps: U_cᵀ z̄_g[t] + U_oᵀ z̄_o[t] + U_iᵀ z̄_i[t]
                np.dot(dz_g_o_i_t, U_c_o_i, carry_h)
                # (18) what step t gives to c of earlier steps: c̄[t]
                np.copyto(carry_c, dc_t)
            # (26) W̄_i += z̄_i[t] x[t]ᵀ
            np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_i)
            # (27) Ū_i += z̄_i[t] h[t−1]ᵀ
            np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dU_i)
            # (28) b̄_i += z̄_i[t]
            np.matmul(_ones_T_B, dz_g_o_i.reshape(T * B, 3*H)[:, 2*H : 3*H], db_i)
            # (29) W̄_o += z̄_o[t] x[t]ᵀ
            np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_o)
            # (30) Ū_o += z̄_o[t] h[t−1]ᵀ
            np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_o)
            # (31) b̄_o += z̄_o[t]
            np.matmul(_ones_T_B, dz_g_o_i.reshape(T * B, 3*H)[:, H : 2*H], db_o)
            # (32) W̄_c += z̄_g[t] x[t]ᵀ
            np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), dW_c)
            # (33) Ū_c += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, :H].T, h[0:T].reshape(T * B, H), dU_c)
            # (34) b̄_c += z̄_g[t]
            np.matmul(_ones_T_B, dz_g_o_i.reshape(T * B, 3*H)[:, :H], db_c)
            # (37) x̄[t] = W_cᵀ z̄_g[t] + W_oᵀ z̄_o[t] + W_iᵀ z̄_i[t]
            np.dot(dz_g_o_i.reshape(T * B, 3*H), W_c_o_i, dx.reshape(T * B, I))
            # (38) h̄[0] = U_cᵀ z̄_g[1] + U_oᵀ z̄_o[1] + U_iᵀ z̄_i[1]
            np.copyto(dh0, carry_h)
            # (39) c̄[0] = c̄[1]
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
    W_o,   # (H, I)     parameter: trained
    U_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_c,   # (H, I)     parameter: trained
    U_c,   # (H, H)     parameter: trained
    b_c,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_i, U_i, b_i, W_o, U_o, b_o, W_c, U_c, b_c, W_hy, b_y)
    gradients = backward(x, y, W_i, U_i, W_o, U_o, W_c, U_c, W_hy, kept.h, kept.y_hat, kept.i_o_a_g, kept.a_h)
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
