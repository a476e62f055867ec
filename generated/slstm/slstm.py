"""sLSTM with exponential input gate, not stabilised with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Beck et al., "xLSTM: extended long short-term memory", 2024, arXiv:2405.04517

    (1)   z_i[t] = W_i x[t] + R_i h[t−1] + b_i
    (2)   i[t] = exp(z_i[t])
    (3)   z_f[t] = W_f x[t] + R_f h[t−1] + b_f
    (4)   f[t] = sigmoid(z_f[t])
    (5)   z_z[t] = W_z x[t] + R_z h[t−1] + b_z
    (6)   z[t] = tanh(z_z[t])
    (7)   z_o[t] = W_o x[t] + R_o h[t−1] + b_o
    (8)   o[t] = sigmoid(z_o[t])
    (9)   c[t] = f[t] ∘ c[t−1] + i[t] ∘ z[t]
    (10)  n[t] = f[t] ∘ n[t−1] + i[t]
    (11)  h[t] = o[t] ∘ (c[t] ⊘ n[t])
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
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i   (H, I)     parameter: trained
    R_i   (H, H)     parameter: trained
    b_i   (H)        parameter: trained
    W_f   (H, I)     parameter: trained
    R_f   (H, H)     parameter: trained
    b_f   (H)        parameter: trained
    W_z   (H, I)     parameter: trained
    R_z   (H, H)     parameter: trained
    b_z   (H)        parameter: trained
    W_o   (H, I)     parameter: trained
    R_o   (H, H)     parameter: trained
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
    n: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray    # (T, B, O)      output: of every step
    i_f_z_o: np.ndarray  # (T, B, 4*H)    saved: i, f, z, o, side by side
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_i: np.ndarray   # (H, I)     gradient: with respect to W_i
    dR_i: np.ndarray   # (H, H)     gradient: with respect to R_i
    db_i: np.ndarray   # (H)        gradient: with respect to b_i
    dW_f: np.ndarray   # (H, I)     gradient: with respect to W_f
    dR_f: np.ndarray   # (H, H)     gradient: with respect to R_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_z: np.ndarray   # (H, I)     gradient: with respect to W_z
    dR_z: np.ndarray   # (H, H)     gradient: with respect to R_z
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dW_o: np.ndarray   # (H, I)     gradient: with respect to W_o
    dR_o: np.ndarray   # (H, H)     gradient: with respect to R_o
    db_o: np.ndarray   # (H)        gradient: with respect to b_o
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    R_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    R_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_z,   # (H, I)     parameter: trained
    R_z,   # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    R_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_i, R_i, b_i, W_f, R_f, b_f, W_z, R_z, b_z, W_o, R_o, b_o, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    R_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    R_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_z,   # (H, I)     parameter: trained
    R_z,   # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    R_o,   # (H, H)     parameter: trained
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
    _check("y", y, (T, B, O), dtype)
    _check("W_i", W_i, (H, I), dtype)
    _check("R_i", R_i, (H, H), dtype)
    _check("b_i", b_i, (H,), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("R_f", R_f, (H, H), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_z", W_z, (H, I), dtype)
    _check("R_z", R_z, (H, H), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("R_o", R_o, (H, H), dtype)
    _check("b_o", b_o, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            n=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            i_f_z_o=np.empty((T, B, 4*H), dtype),
            J=np.empty((), dtype),
        )
    c, n, h, y_hat, i_f_z_o, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_i_f_z_o = np.empty((4*H, I), dtype)
    R_i_f_z_o = np.empty((H, 4*H), dtype)
    scale = np.empty((2*H,), dtype)
    shift = np.empty((2*H,), dtype)
    b_i_f_z_o = np.empty((2*H,), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        i_f_z_o,                   # i_f_z_o_t
        h[0:T],                    # h_t
        i_f_z_o[:, :, :H],         # i_t
        i_f_z_o[:, :, H : 3*H],    # i_f_z_o_t_2
        i_f_z_o[:, :, 3*H : 4*H],  # o_t
        c[1 : T + 1],              # c_next
        i_f_z_o[:, :, H : 2*H],    # f_t
        c[0:T],                    # c_t
        i_f_z_o[:, :, 2*H : 3*H],  # z_t
        n[1 : T + 1],              # n_next
        n[0:T],                    # n_t
        h[1 : T + 1],              # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(c[0], 0.0)
            np.copyto(n[0], 0.0)
            np.copyto(W_i_f_z_o[:H], W_i)
            np.multiply(0.5, W_f, W_i_f_z_o[H : 2*H])
            np.copyto(W_i_f_z_o[2*H : 3*H], W_z)
            np.copyto(W_i_f_z_o[3*H : 4*H], W_o)
            np.copyto(R_i_f_z_o[:, :H], R_i.T)
            np.multiply(0.5, R_f.T, R_i_f_z_o[:, H : 2*H])
            np.copyto(R_i_f_z_o[:, 2*H : 3*H], R_z.T)
            np.copyto(R_i_f_z_o[:, 3*H : 4*H], R_o.T)
            np.copyto(scale[:H], 0.5)
            np.copyto(scale[H : 2*H], 1.0)
            np.copyto(shift[:H], 0.5)
            np.copyto(shift[H : 2*H], 0.0)
            np.multiply(0.5, b_f, b_i_f_z_o[:H])
            np.copyto(b_i_f_z_o[H : 2*H], b_z)
            # (1) z_i[t] = W_i x[t] + R_i h[t−1] + b_i
            np.dot(x.reshape(T * B, I), W_i_f_z_o.T, i_f_z_o.reshape(T * B, 4*H))
            np.add(i_f_z_o[:, :, :H], b_i, i_f_z_o[:, :, :H])
            # (3, 5) the terms that are the same in every step
            np.add(i_f_z_o[:, :, H : 3*H], b_i_f_z_o, i_f_z_o[:, :, H : 3*H])
            # (7) z_o[t] = W_o x[t] + R_o h[t−1] + b_o
            np.add(i_f_z_o[:, :, 3*H : 4*H], b_o, i_f_z_o[:, :, 3*H : 4*H])
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            for i_f_z_o_t, h_t, i_t, i_f_z_o_t_2, o_t, c_next, f_t, c_t, z_t, n_next, n_t, h_next in steps:
                # (1) z_i[t] = W_i x[t] + R_i h[t−1] + b_i
                np.dot(h_t, R_i_f_z_o, _B_4xH)
                np.add(i_f_z_o_t, _B_4xH, i_f_z_o_t)
                # (2) i[t] = exp(z_i[t])
                np.exp(i_t, i_t)
                # (4, 6) f[t] = sigmoid(z_f[t]), z[t] = tanh(z_z[t])
                np.tanh(i_f_z_o_t_2, i_f_z_o_t_2)
                np.multiply(scale_row, i_f_z_o_t_2, i_f_z_o_t_2)
                np.add(i_f_z_o_t_2, shift_row, i_f_z_o_t_2)
                # (8) o[t] = sigmoid(z_o[t])
                _sigmoid(o_t, o_t)
                # (9) c[t] = f[t] ∘ c[t−1] + i[t] ∘ z[t]
                np.multiply(f_t, c_t, c_next)
                np.multiply(i_t, z_t, _B_H)
                np.add(c_next, _B_H, c_next)
                # (10) n[t] = f[t] ∘ n[t−1] + i[t]
                np.multiply(f_t, n_t, n_next)
                np.add(n_next, i_t, n_next)
                # (11) h[t] = o[t] ∘ (c[t] ⊘ n[t])
                np.divide(c_next, n_next, h_next)
                np.multiply(o_t, h_next, h_next)
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
    R_i,      # (H, H)         parameter: trained
    W_f,      # (H, I)         parameter: trained
    R_f,      # (H, H)         parameter: trained
    W_z,      # (H, I)         parameter: trained
    R_z,      # (H, H)         parameter: trained
    W_o,      # (H, I)         parameter: trained
    R_o,      # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    n,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_f_z_o,  # (T, B, 4*H)    saved: i, f, z, o, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_i, R_i, W_f, R_f, W_z, R_z, W_o, R_o, W_hy, c, n, h, y_hat, i_f_z_o)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,      # (H, I)         parameter: trained
    R_i,      # (H, H)         parameter: trained
    W_f,      # (H, I)         parameter: trained
    R_f,      # (H, H)         parameter: trained
    W_z,      # (H, I)         parameter: trained
    R_z,      # (H, H)         parameter: trained
    W_o,      # (H, I)         parameter: trained
    R_o,      # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    n,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    i_f_z_o,  # (T, B, 4*H)    saved: i, f, z, o, side by side
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
    _check("R_i", R_i, (H, H), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("R_f", R_f, (H, H), dtype)
    _check("W_z", W_z, (H, I), dtype)
    _check("R_z", R_z, (H, H), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("R_o", R_o, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("n", n, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("i_f_z_o", i_f_z_o, (T, B, 4*H), dtype)

    if into is None:
        into = Gradients(
            dW_i=np.empty((H, I), dtype),
            dR_i=np.empty((H, H), dtype),
            db_i=np.empty((H,), dtype),
            dW_f=np.empty((H, I), dtype),
            dR_f=np.empty((H, H), dtype),
            db_f=np.empty((H,), dtype),
            dW_z=np.empty((H, I), dtype),
            dR_z=np.empty((H, H), dtype),
            db_z=np.empty((H,), dtype),
            dW_o=np.empty((H, I), dtype),
            dR_o=np.empty((H, H), dtype),
            db_o=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_i, dR_i, db_i, dW_f, dR_f, db_f, dW_z, dR_z, db_z, dW_o, dR_o, db_o, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    carry_n = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dn = np.empty((T, B, H), dtype)
    dc = np.empty((B, H), dtype)
    dz_o_z_f_i = np.empty((T, B, 4*H), dtype)
    df = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    W_o_z_f_i = np.empty((4*H, I), dtype)
    R_o_z_f_i = np.empty((4*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                           # dh_t
        dn[::-1],                           # dn_t
        i_f_z_o[:, :, 3*H : 4*H][::-1],     # o_t
        n[1 : T + 1][::-1],                 # n_next
        dz_o_z_f_i[:, :, :H][::-1],         # dz_o_t
        dz_o_z_f_i[:, :, H : 2*H][::-1],    # dz_z_t
        n[0:T][::-1],                       # n_t
        c[0:T][::-1],                       # c_t
        dz_o_z_f_i[:, :, 2*H : 3*H][::-1],  # dz_f_t
        i_f_z_o[:, :, 2*H : 3*H][::-1],     # z_t
        dz_o_z_f_i[:, :, 3*H : 4*H][::-1],  # dz_i_t
        i_f_z_o[:, :, :H][::-1],            # i_t
        dz_o_z_f_i[::-1],                   # dz_o_z_f_i_t
        i_f_z_o[:, :, H : 2*H][::-1],       # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_c, 0.0)
            np.copyto(carry_n, 0.0)
            np.copyto(W_o_z_f_i[:H], W_o)
            np.copyto(W_o_z_f_i[H : 2*H], W_z)
            np.copyto(W_o_z_f_i[2*H : 3*H], W_f)
            np.copyto(W_o_z_f_i[3*H : 4*H], W_i)
            np.copyto(R_o_z_f_i[:H], R_o)
            np.copyto(R_o_z_f_i[H : 2*H], R_z)
            np.copyto(R_o_z_f_i[2*H : 3*H], R_f)
            np.copyto(R_o_z_f_i[3*H : 4*H], R_i)
            # (16) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (18) n̄[t] = −((h̄[t] ∘ o[t]) ⊘ n[t]²) ∘ c[t] + n̄[t+1] ∘ f[t+1]
            np.negative(c[1 : T + 1], dn)
            # (21) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.divide(c[1 : T + 1], n[1 : T + 1], _T_B_H)
            np.multiply(_T_B_H, i_f_z_o[:, :, 3*H : 4*H], _T_B_H)
            np.subtract(1.0, i_f_z_o[:, :, 3*H : 4*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_z_f_i[:, :, :H])
            # (23) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
            np.square(i_f_z_o[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(i_f_z_o[:, :, :H], _T_B_H, dz_o_z_f_i[:, :, H : 2*H])
            # (25) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.subtract(1.0, i_f_z_o[:, :, H : 2*H], _T_B_H)
            np.multiply(i_f_z_o[:, :, H : 2*H], _T_B_H, dz_o_z_f_i[:, :, 2*H : 3*H])
            # (17) h̄[t] = W_hyᵀ z̄_y[t] + R_oᵀ z̄_o[t+1] + R_zᵀ z̄_z[t+1] + R_fᵀ z̄_f[t+1] + R_iᵀ z̄_i[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (40) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (41) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dn_t, o_t, n_next, dz_o_t, dz_z_t, n_t, c_t, dz_f_t, z_t, dz_i_t, i_t, dz_o_z_f_i_t, f_t in steps:
                # (17) h̄[t] = W_hyᵀ z̄_y[t] + R_oᵀ z̄_o[t+1] + R_zᵀ z̄_z[t+1] + R_fᵀ z̄_f[t+1] + R_iᵀ z̄_i[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (18) n̄[t] = −((h̄[t] ∘ o[t]) ⊘ n[t]²) ∘ c[t] + n̄[t+1] ∘ f[t+1]
                np.multiply(dh_t, o_t, _B_H)
                np.square(n_next, _B_H_1)
                np.divide(_B_H, _B_H_1, _B_H)
                np.multiply(_B_H, dn_t, dn_t)
                np.add(dn_t, carry_n, dn_t)
                # (19) c̄[t] = (h̄[t] ∘ o[t]) ⊘ n[t] + c̄[t+1] ∘ f[t+1]
                np.multiply(dh_t, o_t, dc)
                np.divide(dc, n_next, dc)
                np.add(dc, carry_c, dc)
                # (21) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
                np.multiply(dh_t, dz_o_t, dz_o_t)
                # (23) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
                np.multiply(dc, dz_z_t, dz_z_t)
                # (24) f̄[t] = n̄[t] ∘ n[t−1] + c̄[t] ∘ c[t−1]
                np.multiply(dn_t, n_t, df)
                np.multiply(dc, c_t, _B_H)
                np.add(df, _B_H, df)
                # (25) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(df, dz_f_t, dz_f_t)
                # (26) ī[t] = n̄[t] + c̄[t] ∘ z[t]
                np.multiply(dc, z_t, di)
                np.add(dn_t, di, di)
                # (27) z̄_i[t] = ī[t] ∘ i[t]
                np.multiply(di, i_t, dz_i_t)
                # (17) what step t gives to h of earlier steps: R_oᵀ z̄_o[t] + R_zᵀ z̄_z[t] + R_fᵀ z̄_f[t] + R_iᵀ z̄_i[t]
                np.dot(dz_o_z_f_i_t, R_o_z_f_i, carry_h)
                # (18) what step t gives to n of earlier steps: n̄[t] ∘ f[t]
                np.multiply(dn_t, f_t, carry_n)
                # (19) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
                np.multiply(dc, f_t, carry_c)
            # (28) W̄_i += z̄_i[t] x[t]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, x.reshape(T * B, I), dW_i)
            # (29) R̄_i += z̄_i[t] h[t−1]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, H), dR_i)
            # (30) b̄_i += z̄_i[t]
            np.matmul(_ones_T_B, dz_o_z_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H], db_i)
            # (31) W̄_f += z̄_f[t] x[t]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_f)
            # (32) R̄_f += z̄_f[t] h[t−1]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dR_f)
            # (33) b̄_f += z̄_f[t]
            np.matmul(_ones_T_B, dz_o_z_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H], db_f)
            # (34) W̄_z += z̄_z[t] x[t]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_z)
            # (35) R̄_z += z̄_z[t] h[t−1]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dR_z)
            # (36) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_o_z_f_i.reshape(T * B, 4*H)[:, H : 2*H], db_z)
            # (37) W̄_o += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), dW_o)
            # (38) R̄_o += z̄_o[t] h[t−1]ᵀ
            np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, :H].T, h[0:T].reshape(T * B, H), dR_o)
            # (39) b̄_o += z̄_o[t]
            np.matmul(_ones_T_B, dz_o_z_f_i.reshape(T * B, 4*H)[:, :H], db_o)
            # (42) x̄[t] = W_oᵀ z̄_o[t] + W_zᵀ z̄_z[t] + W_fᵀ z̄_f[t] + W_iᵀ z̄_i[t]
            np.dot(dz_o_z_f_i.reshape(T * B, 4*H), W_o_z_f_i, dx.reshape(T * B, I))
            # (43) h̄[0] = R_oᵀ z̄_o[1] + R_zᵀ z̄_z[1] + R_fᵀ z̄_f[1] + R_iᵀ z̄_i[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_i,   # (H, I)     parameter: trained
    R_i,   # (H, H)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_f,   # (H, I)     parameter: trained
    R_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_z,   # (H, I)     parameter: trained
    R_z,   # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_o,   # (H, I)     parameter: trained
    R_o,   # (H, H)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_i, R_i, b_i, W_f, R_f, b_f, W_z, R_z, b_z, W_o, R_o, b_o, W_hy, b_y)
    gradients = backward(x, y, W_i, R_i, W_f, R_f, W_z, R_z, W_o, R_o, W_hy, kept.c, kept.n, kept.h, kept.y_hat, kept.i_f_z_o)
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
