"""multiplicative LSTM with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Krause, Lu, Murray, Renals, "Multiplicative LSTM for sequence modelling", 2016,
arXiv:1609.07959

    (1)   u_m[t] = W_mx x[t]
    (2)   u2_m[t] = W_mh h[t−1]
    (3)   m[t] = u_m[t] ∘ u2_m[t]
    (4)   h_hat[t] = W_hx x[t] + W_hm m[t] + b_h
    (5)   z_i[t] = W_ix x[t] + W_im m[t] + b_i
    (6)   i[t] = sigmoid(z_i[t])
    (7)   z_f[t] = W_fx x[t] + W_fm m[t] + b_f
    (8)   f[t] = sigmoid(z_f[t])
    (9)   z_o[t] = W_ox x[t] + W_om m[t] + b_o
    (10)  o[t] = sigmoid(z_o[t])
    (11)  a_c[t] = tanh(h_hat[t])
    (12)  c[t] = f[t] ∘ c[t−1] + i[t] ∘ a_c[t]
    (13)  a_h[t] = tanh(c[t])
    (14)  h[t] = o[t] ∘ a_h[t]
    (15)  z_y[t] = W_hy h[t] + b_y
    (16)  y_hat[t] = softmax(z_y[t])
    (17)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    M  entries of W_mx
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    c0    (B, H)     initial state: c before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_mx  (M, I)     parameter: trained
    W_mh  (M, H)     parameter: trained
    W_hx  (H, I)     parameter: trained
    W_hm  (H, M)     parameter: trained
    b_h   (H)        parameter: trained
    W_ix  (H, I)     parameter: trained
    W_im  (H, M)     parameter: trained
    b_i   (H)        parameter: trained
    W_fx  (H, I)     parameter: trained
    W_fm  (H, M)     parameter: trained
    b_f   (H)        parameter: trained
    W_ox  (H, I)     parameter: trained
    W_om  (H, M)     parameter: trained
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

    c: np.ndarray              # (T + 1, B, H)    output: state; the first is initial
    h: np.ndarray              # (T + 1, B, H)    output: state; the first is initial
    y_hat: np.ndarray          # (T, B, O)        output: of every step
    u_m_a_c_i_f_o: np.ndarray  # (T, B, M + 4*H)  saved: u_m, a_c, i, f, o, side by side
    u2_m: np.ndarray           # (T, B, M)        saved: kept for the backward pass
    a_h: np.ndarray            # (T, B, H)        saved: kept for the backward pass
    J: np.ndarray              # ()               loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_mx: np.ndarray  # (M, I)     gradient: with respect to W_mx
    dW_mh: np.ndarray  # (M, H)     gradient: with respect to W_mh
    dW_hx: np.ndarray  # (H, I)     gradient: with respect to W_hx
    dW_hm: np.ndarray  # (H, M)     gradient: with respect to W_hm
    db_h: np.ndarray   # (H)        gradient: with respect to b_h
    dW_ix: np.ndarray  # (H, I)     gradient: with respect to W_ix
    dW_im: np.ndarray  # (H, M)     gradient: with respect to W_im
    db_i: np.ndarray   # (H)        gradient: with respect to b_i
    dW_fx: np.ndarray  # (H, I)     gradient: with respect to W_fx
    dW_fm: np.ndarray  # (H, M)     gradient: with respect to W_fm
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_ox: np.ndarray  # (H, I)     gradient: with respect to W_ox
    dW_om: np.ndarray  # (H, M)     gradient: with respect to W_om
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
    W_mx,  # (M, I)     parameter: trained
    W_mh,  # (M, H)     parameter: trained
    W_hx,  # (H, I)     parameter: trained
    W_hm,  # (H, M)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_ix,  # (H, I)     parameter: trained
    W_im,  # (H, M)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_fx,  # (H, I)     parameter: trained
    W_fm,  # (H, M)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_ox,  # (H, I)     parameter: trained
    W_om,  # (H, M)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, c0, y, W_mx, W_mh, W_hx, W_hm, b_h, W_ix, W_im, b_i, W_fx, W_fm, b_f, W_ox, W_om, b_o, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_mx,  # (M, I)     parameter: trained
    W_mh,  # (M, H)     parameter: trained
    W_hx,  # (H, I)     parameter: trained
    W_hm,  # (H, M)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_ix,  # (H, I)     parameter: trained
    W_im,  # (H, M)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_fx,  # (H, I)     parameter: trained
    W_fm,  # (H, M)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_ox,  # (H, I)     parameter: trained
    W_om,  # (H, M)     parameter: trained
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
    M = W_mx.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("c0", c0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_mx", W_mx, (M, I), dtype)
    _check("W_mh", W_mh, (M, H), dtype)
    _check("W_hx", W_hx, (H, I), dtype)
    _check("W_hm", W_hm, (H, M), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_ix", W_ix, (H, I), dtype)
    _check("W_im", W_im, (H, M), dtype)
    _check("b_i", b_i, (H,), dtype)
    _check("W_fx", W_fx, (H, I), dtype)
    _check("W_fm", W_fm, (H, M), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_ox", W_ox, (H, I), dtype)
    _check("W_om", W_om, (H, M), dtype)
    _check("b_o", b_o, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            u_m_a_c_i_f_o=np.empty((T, B, M + 4*H), dtype),
            u2_m=np.empty((T, B, M), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, u_m_a_c_i_f_o, u2_m, a_h, J = into
    m = np.empty((B, M), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_mx_hx_ix_fx_ox = np.empty((M + 4*H, I), dtype)
    W_hm_im_fm_om = np.empty((M, 4*H), dtype)
    scale = np.empty((4*H,), dtype)
    shift = np.empty((4*H,), dtype)
    b_u_m_a_c_i_f_o = np.empty((4*H,), dtype)
    W_mh_T = np.empty((H, M), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        u2_m,                                    # u2_m_t
        h[0:T],                                  # h_t
        u_m_a_c_i_f_o[:, :, :M],                 # u_m_t
        u_m_a_c_i_f_o[:, :, M : M + 4*H],        # u_m_a_c_i_f_o_t
        c[1 : T + 1],                            # c_next
        u_m_a_c_i_f_o[:, :, M + 2*H : M + 3*H],  # f_t
        c[0:T],                                  # c_t
        u_m_a_c_i_f_o[:, :, M + H : M + 2*H],    # i_t
        u_m_a_c_i_f_o[:, :, M : M + H],          # a_c_t
        a_h,                                     # a_h_t
        h[1 : T + 1],                            # h_next
        u_m_a_c_i_f_o[:, :, M + 3*H : M + 4*H],  # o_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_mh_T, W_mh.T)
            np.copyto(h[0], h0)
            np.copyto(c[0], c0)
            np.copyto(W_mx_hx_ix_fx_ox[:M], W_mx)
            np.copyto(W_mx_hx_ix_fx_ox[M : M + H], W_hx)
            np.multiply(0.5, W_ix, W_mx_hx_ix_fx_ox[M + H : M + 2*H])
            np.multiply(0.5, W_fx, W_mx_hx_ix_fx_ox[M + 2*H : M + 3*H])
            np.multiply(0.5, W_ox, W_mx_hx_ix_fx_ox[M + 3*H : M + 4*H])
            np.copyto(W_hm_im_fm_om[:, :H], W_hm.T)
            np.multiply(0.5, W_im.T, W_hm_im_fm_om[:, H : 2*H])
            np.multiply(0.5, W_fm.T, W_hm_im_fm_om[:, 2*H : 3*H])
            np.multiply(0.5, W_om.T, W_hm_im_fm_om[:, 3*H : 4*H])
            np.copyto(scale[:H], 1.0)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(scale[2*H : 3*H], 0.5)
            np.copyto(scale[3*H : 4*H], 0.5)
            np.copyto(shift[:H], 0.0)
            np.copyto(shift[H : 2*H], 0.5)
            np.copyto(shift[2*H : 3*H], 0.5)
            np.copyto(shift[3*H : 4*H], 0.5)
            np.copyto(b_u_m_a_c_i_f_o[:H], b_h)
            np.multiply(0.5, b_i, b_u_m_a_c_i_f_o[H : 2*H])
            np.multiply(0.5, b_f, b_u_m_a_c_i_f_o[2*H : 3*H])
            np.multiply(0.5, b_o, b_u_m_a_c_i_f_o[3*H : 4*H])
            # (1) u_m[t] = W_mx x[t]
            np.dot(x.reshape(T * B, I), W_mx_hx_ix_fx_ox.T, u_m_a_c_i_f_o.reshape(T * B, M + 4*H))
            # (4, 5, 7, 9) the terms that are the same in every step
            np.add(u_m_a_c_i_f_o[:, :, M : M + 4*H], b_u_m_a_c_i_f_o, u_m_a_c_i_f_o[:, :, M : M + 4*H])
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            for u2_m_t, h_t, u_m_t, u_m_a_c_i_f_o_t, c_next, f_t, c_t, i_t, a_c_t, a_h_t, h_next, o_t in steps:
                # (2) u2_m[t] = W_mh h[t−1]
                np.dot(h_t, W_mh_T, u2_m_t)
                # (3) m[t] = u_m[t] ∘ u2_m[t]
                np.multiply(u_m_t, u2_m_t, m)
                # (4) h_hat[t] = W_hx x[t] + W_hm m[t] + b_h
                np.matmul(m, W_hm_im_fm_om, _B_4xH)
                np.add(u_m_a_c_i_f_o_t, _B_4xH, u_m_a_c_i_f_o_t)
                # (6, 8, 10, 11) i[t] = sigmoid(z_i[t]), f[t] = sigmoid(z_f[t]), o[t] = sigmoid(z_o[t]), a_c[t] = tanh(h_hat[t])
                np.tanh(u_m_a_c_i_f_o_t, u_m_a_c_i_f_o_t)
                np.multiply(scale_row, u_m_a_c_i_f_o_t, u_m_a_c_i_f_o_t)
                np.add(u_m_a_c_i_f_o_t, shift_row, u_m_a_c_i_f_o_t)
                # (12) c[t] = f[t] ∘ c[t−1] + i[t] ∘ a_c[t]
                np.multiply(f_t, c_t, c_next)
                np.multiply(i_t, a_c_t, _B_H)
                np.add(c_next, _B_H, c_next)
                # (13) a_h[t] = tanh(c[t])
                np.tanh(c_next, a_h_t)
                # (14) h[t] = o[t] ∘ a_h[t]
                np.multiply(o_t, a_h_t, h_next)
            # (15) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (16) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (17) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,              # (T, B, I)        input: of every step
    y,              # (T, B, O)        target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_mx,           # (M, I)           parameter: trained
    W_mh,           # (M, H)           parameter: trained
    W_hx,           # (H, I)           parameter: trained
    W_hm,           # (H, M)           parameter: trained
    W_ix,           # (H, I)           parameter: trained
    W_im,           # (H, M)           parameter: trained
    W_fx,           # (H, I)           parameter: trained
    W_fm,           # (H, M)           parameter: trained
    W_ox,           # (H, I)           parameter: trained
    W_om,           # (H, M)           parameter: trained
    W_hy,           # (O, H)           parameter: trained
    c,              # (T + 1, B, H)    output: state; the first is initial
    h,              # (T + 1, B, H)    output: state; the first is initial
    y_hat,          # (T, B, O)        output: of every step
    u_m_a_c_i_f_o,  # (T, B, M + 4*H)  saved: u_m, a_c, i, f, o, side by side
    u2_m,           # (T, B, M)        saved: kept for the backward pass
    a_h,            # (T, B, H)        saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_mx, W_mh, W_hx, W_hm, W_ix, W_im, W_fx, W_fm, W_ox, W_om, W_hy, c, h, y_hat, u_m_a_c_i_f_o, u2_m, a_h)
    run()
    return gradients


def bind_backward(
    x,              # (T, B, I)        input: of every step
    y,              # (T, B, O)        target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_mx,           # (M, I)           parameter: trained
    W_mh,           # (M, H)           parameter: trained
    W_hx,           # (H, I)           parameter: trained
    W_hm,           # (H, M)           parameter: trained
    W_ix,           # (H, I)           parameter: trained
    W_im,           # (H, M)           parameter: trained
    W_fx,           # (H, I)           parameter: trained
    W_fm,           # (H, M)           parameter: trained
    W_ox,           # (H, I)           parameter: trained
    W_om,           # (H, M)           parameter: trained
    W_hy,           # (O, H)           parameter: trained
    c,              # (T + 1, B, H)    output: state; the first is initial
    h,              # (T + 1, B, H)    output: state; the first is initial
    y_hat,          # (T, B, O)        output: of every step
    u_m_a_c_i_f_o,  # (T, B, M + 4*H)  saved: u_m, a_c, i, f, o, side by side
    u2_m,           # (T, B, M)        saved: kept for the backward pass
    a_h,            # (T, B, H)        saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    M = W_mx.shape[0]
    H = W_mh.shape[1]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_mx", W_mx, (M, I), dtype)
    _check("W_mh", W_mh, (M, H), dtype)
    _check("W_hx", W_hx, (H, I), dtype)
    _check("W_hm", W_hm, (H, M), dtype)
    _check("W_ix", W_ix, (H, I), dtype)
    _check("W_im", W_im, (H, M), dtype)
    _check("W_fx", W_fx, (H, I), dtype)
    _check("W_fm", W_fm, (H, M), dtype)
    _check("W_ox", W_ox, (H, I), dtype)
    _check("W_om", W_om, (H, M), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("u_m_a_c_i_f_o", u_m_a_c_i_f_o, (T, B, M + 4*H), dtype)
    _check("u2_m", u2_m, (T, B, M), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_mx=np.empty((M, I), dtype),
            dW_mh=np.empty((M, H), dtype),
            dW_hx=np.empty((H, I), dtype),
            dW_hm=np.empty((H, M), dtype),
            db_h=np.empty((H,), dtype),
            dW_ix=np.empty((H, I), dtype),
            dW_im=np.empty((H, M), dtype),
            db_i=np.empty((H,), dtype),
            dW_fx=np.empty((H, I), dtype),
            dW_fm=np.empty((H, M), dtype),
            db_f=np.empty((H,), dtype),
            dW_ox=np.empty((H, I), dtype),
            dW_om=np.empty((H, M), dtype),
            db_o=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_mx, dW_mh, dW_hx, dW_hm, db_h, dW_ix, dW_im, db_i, dW_fx, dW_fm, db_f, dW_ox, dW_om, db_o, dW_hy, db_y, dx, dh0, dc0 = into
    m_again = np.empty((T, B, M), dtype)
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dc = np.empty((T, B, H), dtype)
    dz_o_dz_f_dz_i_dh_hat_du_m = np.empty((T, B, 4*H + M), dtype)
    dm = np.empty((T, B, M), dtype)
    du2_m = np.empty((T, B, M), dtype)
    W_om_fm_im_hm = np.empty((4*H, M), dtype)
    W_ox_fx_ix_hx_mx = np.empty((4*H + M, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                                           # dh_t
        dc[::-1],                                           # dc_t
        dz_o_dz_f_dz_i_dh_hat_du_m[:, :, :H][::-1],         # dz_o_t
        dz_o_dz_f_dz_i_dh_hat_du_m[:, :, H : 2*H][::-1],    # dz_f_t
        dz_o_dz_f_dz_i_dh_hat_du_m[:, :, 2*H : 3*H][::-1],  # dz_i_t
        dz_o_dz_f_dz_i_dh_hat_du_m[:, :, 3*H : 4*H][::-1],  # dh_hat_t
        dm[::-1],                                           # dm_t
        dz_o_dz_f_dz_i_dh_hat_du_m[:, :, :4*H][::-1],       # dz_o_dz_f_dz_i_dh_hat_du_m_t
        du2_m[::-1],                                        # du2_m_t
        u_m_a_c_i_f_o[:, :, :M][::-1],                      # u_m_t
        u_m_a_c_i_f_o[:, :, M + 2*H : M + 3*H][::-1],       # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_c, 0.0)
            np.copyto(W_om_fm_im_hm[:H], W_om)
            np.copyto(W_om_fm_im_hm[H : 2*H], W_fm)
            np.copyto(W_om_fm_im_hm[2*H : 3*H], W_im)
            np.copyto(W_om_fm_im_hm[3*H : 4*H], W_hm)
            np.copyto(W_ox_fx_ix_hx_mx[:H], W_ox)
            np.copyto(W_ox_fx_ix_hx_mx[H : 2*H], W_fx)
            np.copyto(W_ox_fx_ix_hx_mx[2*H : 3*H], W_ix)
            np.copyto(W_ox_fx_ix_hx_mx[3*H : 4*H], W_hx)
            np.copyto(W_ox_fx_ix_hx_mx[4*H : 4*H + M], W_mx)
            # (19) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (22) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1]
            np.square(a_h, dc)
            np.subtract(1.0, dc, dc)
            np.multiply(u_m_a_c_i_f_o[:, :, M + 3*H : M + 4*H], dc, dc)
            # (25) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(a_h, u_m_a_c_i_f_o[:, :, M + 3*H : M + 4*H], _T_B_H)
            np.subtract(1.0, u_m_a_c_i_f_o[:, :, M + 3*H : M + 4*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_dz_f_dz_i_dh_hat_du_m[:, :, :H])
            # (27) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(c[0:T], u_m_a_c_i_f_o[:, :, M + 2*H : M + 3*H], _T_B_H)
            np.subtract(1.0, u_m_a_c_i_f_o[:, :, M + 2*H : M + 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_dz_f_dz_i_dh_hat_du_m[:, :, H : 2*H])
            # (29) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(u_m_a_c_i_f_o[:, :, M : M + H], u_m_a_c_i_f_o[:, :, M + H : M + 2*H], _T_B_H)
            np.subtract(1.0, u_m_a_c_i_f_o[:, :, M + H : M + 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_dz_f_dz_i_dh_hat_du_m[:, :, 2*H : 3*H])
            # (30) h̄_hat[t] = ā_c[t] ∘ (1 − a_c[t]²)
            np.square(u_m_a_c_i_f_o[:, :, M : M + H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(u_m_a_c_i_f_o[:, :, M + H : M + 2*H], _T_B_H, dz_o_dz_f_dz_i_dh_hat_du_m[:, :, 3*H : 4*H])
            # (3) m[t] = u_m[t] ∘ u2_m[t]
            np.multiply(u_m_a_c_i_f_o[:, :, :M], u2_m, m_again)
            # (20) h̄[t] = W_hyᵀ z̄_y[t] + W_mhᵀ u2̄_m[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (48) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (49) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for (
                dh_t, dc_t, dz_o_t, dz_f_t, dz_i_t, dh_hat_t, dm_t, dz_o_dz_f_dz_i_dh_hat_du_m_t, du2_m_t, u_m_t, f_t,
            ) in steps:
                # (20) h̄[t] = W_hyᵀ z̄_y[t] + W_mhᵀ u2̄_m[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (22) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1]
                np.multiply(dh_t, dc_t, dc_t)
                np.add(dc_t, carry_c, dc_t)
                # (25) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
                np.multiply(dh_t, dz_o_t, dz_o_t)
                # (27) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(dc_t, dz_f_t, dz_f_t)
                # (29) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
                np.multiply(dc_t, dz_i_t, dz_i_t)
                # (30) h̄_hat[t] = ā_c[t] ∘ (1 − a_c[t]²)
                np.multiply(dc_t, dh_hat_t, dh_hat_t)
                # (31) m̄[t] = W_omᵀ z̄_o[t] + W_fmᵀ z̄_f[t] + W_imᵀ z̄_i[t] + W_hmᵀ h̄_hat[t]
                np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m_t, W_om_fm_im_hm, dm_t)
                # (32) u2̄_m[t] = m̄[t] ∘ u_m[t]
                np.multiply(dm_t, u_m_t, du2_m_t)
                # (20) what step t gives to h of earlier steps: W_mhᵀ u2̄_m[t]
                np.dot(du2_m_t, W_mh, carry_h)
                # (22) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
                np.multiply(dc_t, f_t, carry_c)
            # (35) W̄_mh += u2̄_m[t] h[t−1]ᵀ
            np.dot(du2_m.reshape(T * B, M).T, h[0:T].reshape(T * B, H), dW_mh)
            # (36) W̄_hx += h̄_hat[t] x[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, 3*H : 4*H].T, x.reshape(T * B, I), dW_hx)
            # (37) W̄_hm += h̄_hat[t] m[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, 3*H : 4*H].T, m_again.reshape(T * B, M), dW_hm)
            # (38) b̄_h += h̄_hat[t]
            np.matmul(_ones_T_B, dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, 3*H : 4*H], db_h)
            # (39) W̄_ix += z̄_i[t] x[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_ix)
            # (40) W̄_im += z̄_i[t] m[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, 2*H : 3*H].T, m_again.reshape(T * B, M), dW_im)
            # (41) b̄_i += z̄_i[t]
            np.matmul(_ones_T_B, dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, 2*H : 3*H], db_i)
            # (42) W̄_fx += z̄_f[t] x[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, H : 2*H].T, x.reshape(T * B, I), dW_fx)
            # (43) W̄_fm += z̄_f[t] m[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, H : 2*H].T, m_again.reshape(T * B, M), dW_fm)
            # (44) b̄_f += z̄_f[t]
            np.matmul(_ones_T_B, dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, H : 2*H], db_f)
            # (45) W̄_ox += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, :H].T, x.reshape(T * B, I), dW_ox)
            # (46) W̄_om += z̄_o[t] m[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, :H].T, m_again.reshape(T * B, M), dW_om)
            # (47) b̄_o += z̄_o[t]
            np.matmul(_ones_T_B, dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, :H], db_o)
            # (33) ū_m[t] = m̄[t] ∘ u2_m[t]
            np.multiply(dm, u2_m, dz_o_dz_f_dz_i_dh_hat_du_m[:, :, 4*H : 4*H + M])
            # (34) W̄_mx += ū_m[t] x[t]ᵀ
            np.matmul(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M)[:, 4*H : 4*H + M].T, x.reshape(T * B, I), dW_mx)
            # (50) x̄[t] = W_oxᵀ z̄_o[t] + W_fxᵀ z̄_f[t] + W_ixᵀ z̄_i[t] + W_hxᵀ h̄_hat[t] + W_mxᵀ ū_m[t]
            np.dot(dz_o_dz_f_dz_i_dh_hat_du_m.reshape(T * B, 4*H + M), W_ox_fx_ix_hx_mx, dx.reshape(T * B, I))
            # (51) h̄[0] = W_mhᵀ u2̄_m[1]
            np.copyto(dh0, carry_h)
            # (52) c̄[0] = c̄[1] ∘ f[1]
            np.copyto(dc0, carry_c)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_mx,  # (M, I)     parameter: trained
    W_mh,  # (M, H)     parameter: trained
    W_hx,  # (H, I)     parameter: trained
    W_hm,  # (H, M)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_ix,  # (H, I)     parameter: trained
    W_im,  # (H, M)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_fx,  # (H, I)     parameter: trained
    W_fm,  # (H, M)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_ox,  # (H, I)     parameter: trained
    W_om,  # (H, M)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_mx, W_mh, W_hx, W_hm, b_h, W_ix, W_im, b_i, W_fx, W_fm, b_f, W_ox, W_om, b_o, W_hy, b_y)
    gradients = backward(x, y, W_mx, W_mh, W_hx, W_hm, W_ix, W_im, W_fx, W_fm, W_ox, W_om, W_hy, kept.c, kept.h, kept.y_hat, kept.u_m_a_c_i_f_o, kept.u2_m, kept.a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
