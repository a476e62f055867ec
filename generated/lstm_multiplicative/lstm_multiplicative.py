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

    c: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    u_m: np.ndarray    # (T, B, M)      saved: kept for the backward pass
    u2_m: np.ndarray   # (T, B, M)      saved: kept for the backward pass
    m: np.ndarray      # (T, B, M)      saved: kept for the backward pass
    i: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    f: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    o: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    a_c: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    a_h: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


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

    c = np.empty((T + 1, B, H), dtype)
    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    u_m = np.empty((T, B, M), dtype)
    u2_m = np.empty((T, B, M), dtype)
    m = np.empty((T, B, M), dtype)
    i = np.empty((T, B, H), dtype)
    f = np.empty((T, B, H), dtype)
    o = np.empty((T, B, H), dtype)
    a_c = np.empty((T, B, H), dtype)
    a_h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    h_hat = np.empty((B, H), dtype)
    z_i = np.empty((B, H), dtype)
    z_f = np.empty((B, H), dtype)
    z_o = np.empty((B, H), dtype)
    z_y = np.empty((B, O), dtype)
    largest = np.empty((B,), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((B,), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _B_O = np.empty((B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(J, 0.0)
        np.copyto(h[0], h0)
        np.copyto(c[0], c0)
        for t in range(T):
            # (1) u_m[t] = W_mx x[t]
            np.matmul(x[t], W_mx.T, out=u_m[t])
            # (2) u2_m[t] = W_mh h[t−1]
            np.matmul(h[t], W_mh.T, out=u2_m[t])
            # (3) m[t] = u_m[t] ∘ u2_m[t]
            np.multiply(u_m[t], u2_m[t], out=m[t])
            # (4) h_hat[t] = W_hx x[t] + W_hm m[t] + b_h
            np.matmul(x[t], W_hx.T, out=h_hat)
            np.matmul(m[t], W_hm.T, out=_B_H)
            np.add(h_hat, _B_H, out=h_hat)
            np.add(h_hat, b_h, out=h_hat)
            # (5) z_i[t] = W_ix x[t] + W_im m[t] + b_i
            np.matmul(x[t], W_ix.T, out=z_i)
            np.matmul(m[t], W_im.T, out=_B_H)
            np.add(z_i, _B_H, out=z_i)
            np.add(z_i, b_i, out=z_i)
            # (6) i[t] = sigmoid(z_i[t])
            _sigmoid(z_i, out=i[t])
            # (7) z_f[t] = W_fx x[t] + W_fm m[t] + b_f
            np.matmul(x[t], W_fx.T, out=z_f)
            np.matmul(m[t], W_fm.T, out=_B_H)
            np.add(z_f, _B_H, out=z_f)
            np.add(z_f, b_f, out=z_f)
            # (8) f[t] = sigmoid(z_f[t])
            _sigmoid(z_f, out=f[t])
            # (9) z_o[t] = W_ox x[t] + W_om m[t] + b_o
            np.matmul(x[t], W_ox.T, out=z_o)
            np.matmul(m[t], W_om.T, out=_B_H)
            np.add(z_o, _B_H, out=z_o)
            np.add(z_o, b_o, out=z_o)
            # (10) o[t] = sigmoid(z_o[t])
            _sigmoid(z_o, out=o[t])
            # (11) a_c[t] = tanh(h_hat[t])
            np.tanh(h_hat, out=a_c[t])
            # (12) c[t] = f[t] ∘ c[t−1] + i[t] ∘ a_c[t]
            np.multiply(f[t], c[t], out=_B_H)
            np.multiply(i[t], a_c[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=c[t + 1])
            # (13) a_h[t] = tanh(c[t])
            np.tanh(c[t + 1], out=a_h[t])
            # (14) h[t] = o[t] ∘ a_h[t]
            np.multiply(o[t], a_h[t], out=h[t + 1])
            # (15) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t + 1], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (16) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (17) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(c=c, h=h, y_hat=y_hat, u_m=u_m, u2_m=u2_m, m=m, i=i, f=f, o=o, a_c=a_c, a_h=a_h, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_mx,   # (M, I)         parameter: trained
    W_mh,   # (M, H)         parameter: trained
    W_hx,   # (H, I)         parameter: trained
    W_hm,   # (H, M)         parameter: trained
    W_ix,   # (H, I)         parameter: trained
    W_im,   # (H, M)         parameter: trained
    W_fx,   # (H, I)         parameter: trained
    W_fm,   # (H, M)         parameter: trained
    W_ox,   # (H, I)         parameter: trained
    W_om,   # (H, M)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    u_m,    # (T, B, M)      saved: kept for the backward pass
    u2_m,   # (T, B, M)      saved: kept for the backward pass
    m,      # (T, B, M)      saved: kept for the backward pass
    i,      # (T, B, H)      saved: kept for the backward pass
    f,      # (T, B, H)      saved: kept for the backward pass
    o,      # (T, B, H)      saved: kept for the backward pass
    a_c,    # (T, B, H)      saved: kept for the backward pass
    a_h,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
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
    _check("u_m", u_m, (T, B, M), dtype)
    _check("u2_m", u2_m, (T, B, M), dtype)
    _check("m", m, (T, B, M), dtype)
    _check("i", i, (T, B, H), dtype)
    _check("f", f, (T, B, H), dtype)
    _check("o", o, (T, B, H), dtype)
    _check("a_c", a_c, (T, B, H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    dW_mx = np.empty((M, I), dtype)
    dW_mh = np.empty((M, H), dtype)
    dW_hx = np.empty((H, I), dtype)
    dW_hm = np.empty((H, M), dtype)
    db_h = np.empty((H,), dtype)
    dW_ix = np.empty((H, I), dtype)
    dW_im = np.empty((H, M), dtype)
    db_i = np.empty((H,), dtype)
    dW_fx = np.empty((H, I), dtype)
    dW_fm = np.empty((H, M), dtype)
    db_f = np.empty((H,), dtype)
    dW_ox = np.empty((H, I), dtype)
    dW_om = np.empty((H, M), dtype)
    db_o = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    dc0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    da_h = np.empty((B, H), dtype)
    dc = np.empty((B, H), dtype)
    da_c = np.empty((B, H), dtype)
    do_ = np.empty((B, H), dtype)
    dz_o = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    dz_f = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    dz_i = np.empty((B, H), dtype)
    dh_hat = np.empty((B, H), dtype)
    dm = np.empty((B, M), dtype)
    du2_m = np.empty((B, M), dtype)
    du_m = np.empty((B, M), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_M = np.empty((B, M), dtype)
    _M_I = np.empty((M, I), dtype)
    _M_H = np.empty((M, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H_M = np.empty((H, M), dtype)
    _H = np.empty((H,), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dW_mx, 0.0)
        np.copyto(dW_mh, 0.0)
        np.copyto(dW_hx, 0.0)
        np.copyto(dW_hm, 0.0)
        np.copyto(db_h, 0.0)
        np.copyto(dW_ix, 0.0)
        np.copyto(dW_im, 0.0)
        np.copyto(db_i, 0.0)
        np.copyto(dW_fx, 0.0)
        np.copyto(dW_fm, 0.0)
        np.copyto(db_f, 0.0)
        np.copyto(dW_ox, 0.0)
        np.copyto(dW_om, 0.0)
        np.copyto(db_o, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_h, 0.0)
        np.copyto(carry_c, 0.0)
        for t in reversed(range(T)):
            # (19) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (20) h̄[t] = W_hyᵀ z̄_y[t] + W_mhᵀ u2̄_m[t+1]
            np.matmul(dz_y, W_hy, out=dh)
            np.add(dh, carry_h, out=dh)
            # (21) ā_h[t] = h̄[t] ∘ o[t]
            np.multiply(dh, o[t], out=da_h)
            # (22) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1]
            np.square(a_h[t], out=dc)
            np.subtract(1.0, dc, out=dc)
            np.multiply(da_h, dc, out=dc)
            np.add(dc, carry_c, out=dc)
            # (23) ā_c[t] = c̄[t] ∘ i[t]
            np.multiply(dc, i[t], out=da_c)
            # (24) ō[t] = h̄[t] ∘ a_h[t]
            np.multiply(dh, a_h[t], out=do_)
            # (25) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(do_, o[t], out=dz_o)
            np.subtract(1.0, o[t], out=_B_H)
            np.multiply(dz_o, _B_H, out=dz_o)
            # (26) f̄[t] = c̄[t] ∘ c[t−1]
            np.multiply(dc, c[t], out=df)
            # (27) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, f[t], out=dz_f)
            np.subtract(1.0, f[t], out=_B_H)
            np.multiply(dz_f, _B_H, out=dz_f)
            # (28) ī[t] = c̄[t] ∘ a_c[t]
            np.multiply(dc, a_c[t], out=di)
            # (29) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(di, i[t], out=dz_i)
            np.subtract(1.0, i[t], out=_B_H)
            np.multiply(dz_i, _B_H, out=dz_i)
            # (30) h̄_hat[t] = ā_c[t] ∘ (1 − a_c[t]²)
            np.square(a_c[t], out=dh_hat)
            np.subtract(1.0, dh_hat, out=dh_hat)
            np.multiply(da_c, dh_hat, out=dh_hat)
            # (31) m̄[t] = W_omᵀ z̄_o[t] + W_fmᵀ z̄_f[t] + W_imᵀ z̄_i[t] + W_hmᵀ h̄_hat[t]
            np.matmul(dz_o, W_om, out=dm)
            np.matmul(dz_f, W_fm, out=_B_M)
            np.add(dm, _B_M, out=dm)
            np.matmul(dz_i, W_im, out=_B_M)
            np.add(dm, _B_M, out=dm)
            np.matmul(dh_hat, W_hm, out=_B_M)
            np.add(dm, _B_M, out=dm)
            # (32) u2̄_m[t] = m̄[t] ∘ u_m[t]
            np.multiply(dm, u_m[t], out=du2_m)
            # (33) ū_m[t] = m̄[t] ∘ u2_m[t]
            np.multiply(dm, u2_m[t], out=du_m)
            # (34) W̄_mx += ū_m[t] x[t]ᵀ
            np.matmul(du_m.T, x[t], out=_M_I)
            np.add(dW_mx, _M_I, out=dW_mx)
            # (35) W̄_mh += u2̄_m[t] h[t−1]ᵀ
            np.matmul(du2_m.T, h[t], out=_M_H)
            np.add(dW_mh, _M_H, out=dW_mh)
            # (36) W̄_hx += h̄_hat[t] x[t]ᵀ
            np.matmul(dh_hat.T, x[t], out=_H_I)
            np.add(dW_hx, _H_I, out=dW_hx)
            # (37) W̄_hm += h̄_hat[t] m[t]ᵀ
            np.matmul(dh_hat.T, m[t], out=_H_M)
            np.add(dW_hm, _H_M, out=dW_hm)
            # (38) b̄_h += h̄_hat[t]
            np.sum(dh_hat, axis=0, out=_H)
            np.add(db_h, _H, out=db_h)
            # (39) W̄_ix += z̄_i[t] x[t]ᵀ
            np.matmul(dz_i.T, x[t], out=_H_I)
            np.add(dW_ix, _H_I, out=dW_ix)
            # (40) W̄_im += z̄_i[t] m[t]ᵀ
            np.matmul(dz_i.T, m[t], out=_H_M)
            np.add(dW_im, _H_M, out=dW_im)
            # (41) b̄_i += z̄_i[t]
            np.sum(dz_i, axis=0, out=_H)
            np.add(db_i, _H, out=db_i)
            # (42) W̄_fx += z̄_f[t] x[t]ᵀ
            np.matmul(dz_f.T, x[t], out=_H_I)
            np.add(dW_fx, _H_I, out=dW_fx)
            # (43) W̄_fm += z̄_f[t] m[t]ᵀ
            np.matmul(dz_f.T, m[t], out=_H_M)
            np.add(dW_fm, _H_M, out=dW_fm)
            # (44) b̄_f += z̄_f[t]
            np.sum(dz_f, axis=0, out=_H)
            np.add(db_f, _H, out=db_f)
            # (45) W̄_ox += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o.T, x[t], out=_H_I)
            np.add(dW_ox, _H_I, out=dW_ox)
            # (46) W̄_om += z̄_o[t] m[t]ᵀ
            np.matmul(dz_o.T, m[t], out=_H_M)
            np.add(dW_om, _H_M, out=dW_om)
            # (47) b̄_o += z̄_o[t]
            np.sum(dz_o, axis=0, out=_H)
            np.add(db_o, _H, out=db_o)
            # (48) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t + 1], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (49) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (50) x̄[t] = W_oxᵀ z̄_o[t] + W_fxᵀ z̄_f[t] + W_ixᵀ z̄_i[t] + W_hxᵀ h̄_hat[t] + W_mxᵀ ū_m[t]
            np.matmul(dz_o, W_ox, out=dx[t])
            np.matmul(dz_f, W_fx, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dz_i, W_ix, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dh_hat, W_hx, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(du_m, W_mx, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            # (20) what step t gives to h of earlier steps: W_mhᵀ u2̄_m[t]
            np.matmul(du2_m, W_mh, out=carry_h)
            # (22) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
            np.multiply(dc, f[t], out=carry_c)
        # (51) h̄[0] = W_mhᵀ u2̄_m[1]
        np.copyto(dh0, carry_h)
        # (52) c̄[0] = c̄[1] ∘ f[1]
        np.copyto(dc0, carry_c)
    return Gradients(dW_mx=dW_mx, dW_mh=dW_mh, dW_hx=dW_hx, dW_hm=dW_hm, db_h=db_h, dW_ix=dW_ix, dW_im=dW_im, db_i=db_i, dW_fx=dW_fx, dW_fm=dW_fm, db_f=db_f, dW_ox=dW_ox, dW_om=dW_om, db_o=db_o, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0, dc0=dc0)


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
    gradients = backward(x, y, W_mx, W_mh, W_hx, W_hm, W_ix, W_im, W_fx, W_fm, W_ox, W_om, W_hy, kept.c, kept.h, kept.y_hat, kept.u_m, kept.u2_m, kept.m, kept.i, kept.f, kept.o, kept.a_c, kept.a_h)
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
