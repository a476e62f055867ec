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
    s_h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
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

    c = np.empty((T + 1, B, H), dtype)
    h = np.empty((T + 1, B, P), dtype)
    y_hat = np.empty((T, B, O), dtype)
    i_f_g_o = np.empty((T, B, 4*H), dtype)
    a_h = np.empty((T, B, H), dtype)
    s_h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_ii_if_ig_io = np.empty((4*H, I), dtype)
    W_hi_hf_hg_ho = np.empty((4*H, P), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(c[0], c0)
        np.copyto(W_ii_if_ig_io[:H], W_ii)
        np.copyto(W_ii_if_ig_io[H : 2*H], W_if)
        np.copyto(W_ii_if_ig_io[2*H : 3*H], W_ig)
        np.copyto(W_ii_if_ig_io[3*H : 4*H], W_io)
        np.copyto(W_hi_hf_hg_ho[:H], W_hi)
        np.copyto(W_hi_hf_hg_ho[H : 2*H], W_hf)
        np.copyto(W_hi_hf_hg_ho[2*H : 3*H], W_hg)
        np.copyto(W_hi_hf_hg_ho[3*H : 4*H], W_ho)
        # (1) z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
        np.matmul(x.reshape(T * B, I), W_ii_if_ig_io.T, out=i_f_g_o.reshape(T * B, 4*H))
        for t in range(T):
            # (1) z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
            np.add(b_ii, b_hi, out=_B_H)
            np.add(i_f_g_o[t, :, :H], _B_H, out=i_f_g_o[t, :, :H])
            # (3) z_f[t] = W_if x[t] + b_if + W_hf h[t−1] + b_hf
            np.add(b_if, b_hf, out=_B_H)
            np.add(i_f_g_o[t, :, H : 2*H], _B_H, out=i_f_g_o[t, :, H : 2*H])
            # (5) z_g[t] = W_ig x[t] + b_ig + W_hg h[t−1] + b_hg
            np.add(b_ig, b_hg, out=_B_H)
            np.add(i_f_g_o[t, :, 2*H : 3*H], _B_H, out=i_f_g_o[t, :, 2*H : 3*H])
            # (7) z_o[t] = W_io x[t] + b_io + W_ho h[t−1] + b_ho
            np.add(b_io, b_ho, out=_B_H)
            np.add(i_f_g_o[t, :, 3*H : 4*H], _B_H, out=i_f_g_o[t, :, 3*H : 4*H])
        for t in range(T):
            # (1) z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
            np.matmul(h[t], W_hi_hf_hg_ho.T, out=_B_4xH)
            np.add(i_f_g_o[t], _B_4xH, out=i_f_g_o[t])
            # (2) i[t] = sigmoid(z_i[t])
            _sigmoid(i_f_g_o[t, :, :H], out=i_f_g_o[t, :, :H])
            # (4) f[t] = sigmoid(z_f[t])
            _sigmoid(i_f_g_o[t, :, H : 2*H], out=i_f_g_o[t, :, H : 2*H])
            # (6) g[t] = tanh(z_g[t])
            np.tanh(i_f_g_o[t, :, 2*H : 3*H], out=i_f_g_o[t, :, 2*H : 3*H])
            # (8) o[t] = sigmoid(z_o[t])
            _sigmoid(i_f_g_o[t, :, 3*H : 4*H], out=i_f_g_o[t, :, 3*H : 4*H])
            # (9) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
            np.multiply(i_f_g_o[t, :, H : 2*H], c[t], out=_B_H)
            np.multiply(i_f_g_o[t, :, :H], i_f_g_o[t, :, 2*H : 3*H], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=c[t + 1])
            # (10) a_h[t] = tanh(c[t])
            np.tanh(c[t + 1], out=a_h[t])
            # (11) s_h[t] = o[t] ∘ a_h[t]
            np.multiply(i_f_g_o[t, :, 3*H : 4*H], a_h[t], out=s_h[t])
            # (12) h[t] = W_hr s_h[t]
            np.matmul(s_h[t], W_hr.T, out=h[t + 1])
        # (13) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, P), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (13) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (14) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (15) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (15) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(c=c, h=h, y_hat=y_hat, i_f_g_o=i_f_g_o, a_h=a_h, s_h=s_h, J=J[()])


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
    s_h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
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
    _check("s_h", s_h, (T, B, H), dtype)

    dW_ii = np.empty((H, I), dtype)
    db_ii = np.empty((H,), dtype)
    dW_hi = np.empty((H, P), dtype)
    db_hi = np.empty((H,), dtype)
    dW_if = np.empty((H, I), dtype)
    db_if = np.empty((H,), dtype)
    dW_hf = np.empty((H, P), dtype)
    db_hf = np.empty((H,), dtype)
    dW_ig = np.empty((H, I), dtype)
    db_ig = np.empty((H,), dtype)
    dW_hg = np.empty((H, P), dtype)
    db_hg = np.empty((H,), dtype)
    dW_io = np.empty((H, I), dtype)
    db_io = np.empty((H,), dtype)
    dW_ho = np.empty((H, P), dtype)
    db_ho = np.empty((H,), dtype)
    dW_hr = np.empty((P, H), dtype)
    dW_hy = np.empty((O, P), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, P), dtype)
    dc0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, P), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, P), dtype)
    ds_h = np.empty((B, H), dtype)
    da_h = np.empty((B, H), dtype)
    dc = np.empty((B, H), dtype)
    do_ = np.empty((B, H), dtype)
    dz_o_g_f_i = np.empty((T, B, 4*H), dtype)
    dg = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    W_io_ig_if_ii = np.empty((4*H, I), dtype)
    W_ho_hg_hf_hi = np.empty((4*H, P), dtype)
    _B_H = np.empty((B, H), dtype)

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
        for t in reversed(range(T)):
            # (17) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (18) h̄[t] = W_hyᵀ z̄_y[t] + W_hoᵀ z̄_o[t+1] + W_hgᵀ z̄_g[t+1] + W_hfᵀ z̄_f[t+1] + W_hiᵀ z̄_i[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, P))
        # (47) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, P), out=dW_hy)
        # (48) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (18) h̄[t] = W_hyᵀ z̄_y[t] + W_hoᵀ z̄_o[t+1] + W_hgᵀ z̄_g[t+1] + W_hfᵀ z̄_f[t+1] + W_hiᵀ z̄_i[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (19) s̄_h[t] = W_hrᵀ h̄[t]
            np.matmul(dh[t], W_hr, out=ds_h)
            # (20) ā_h[t] = s̄_h[t] ∘ o[t]
            np.multiply(ds_h, i_f_g_o[t, :, 3*H : 4*H], out=da_h)
            # (21) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1]
            np.square(a_h[t], out=dc)
            np.subtract(1.0, dc, out=dc)
            np.multiply(da_h, dc, out=dc)
            np.add(dc, carry_c, out=dc)
            # (22) ō[t] = s̄_h[t] ∘ a_h[t]
            np.multiply(ds_h, a_h[t], out=do_)
            # (23) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(do_, i_f_g_o[t, :, 3*H : 4*H], out=dz_o_g_f_i[t, :, :H])
            np.subtract(1.0, i_f_g_o[t, :, 3*H : 4*H], out=_B_H)
            np.multiply(dz_o_g_f_i[t, :, :H], _B_H, out=dz_o_g_f_i[t, :, :H])
            # (24) ḡ[t] = c̄[t] ∘ i[t]
            np.multiply(dc, i_f_g_o[t, :, :H], out=dg)
            # (25) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
            np.square(i_f_g_o[t, :, 2*H : 3*H], out=dz_o_g_f_i[t, :, H : 2*H])
            np.subtract(1.0, dz_o_g_f_i[t, :, H : 2*H], out=dz_o_g_f_i[t, :, H : 2*H])
            np.multiply(dg, dz_o_g_f_i[t, :, H : 2*H], out=dz_o_g_f_i[t, :, H : 2*H])
            # (26) f̄[t] = c̄[t] ∘ c[t−1]
            np.multiply(dc, c[t], out=df)
            # (27) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, i_f_g_o[t, :, H : 2*H], out=dz_o_g_f_i[t, :, 2*H : 3*H])
            np.subtract(1.0, i_f_g_o[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_o_g_f_i[t, :, 2*H : 3*H], _B_H, out=dz_o_g_f_i[t, :, 2*H : 3*H])
            # (28) ī[t] = c̄[t] ∘ g[t]
            np.multiply(dc, i_f_g_o[t, :, 2*H : 3*H], out=di)
            # (29) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(di, i_f_g_o[t, :, :H], out=dz_o_g_f_i[t, :, 3*H : 4*H])
            np.subtract(1.0, i_f_g_o[t, :, :H], out=_B_H)
            np.multiply(dz_o_g_f_i[t, :, 3*H : 4*H], _B_H, out=dz_o_g_f_i[t, :, 3*H : 4*H])
            # (18) what step t gives to h of earlier steps: W_hoᵀ z̄_o[t] + W_hgᵀ z̄_g[t] + W_hfᵀ z̄_f[t] + W_hiᵀ z̄_i[t]
            np.matmul(dz_o_g_f_i[t], W_ho_hg_hf_hi, out=carry_h)
            # (21) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
            np.multiply(dc, i_f_g_o[t, :, H : 2*H], out=carry_c)
        # (30) W̄_ii += z̄_i[t] x[t]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, x.reshape(T * B, I), out=dW_ii)
        # (31) b̄_ii += z̄_i[t]
        np.sum(dz_o_g_f_i[:, :, 3*H : 4*H], axis=(0, 1), out=db_ii)
        # (32) W̄_hi += z̄_i[t] h[t−1]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, P), out=dW_hi)
        # (34) W̄_if += z̄_f[t] x[t]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), out=dW_if)
        # (35) b̄_if += z̄_f[t]
        np.sum(dz_o_g_f_i[:, :, 2*H : 3*H], axis=(0, 1), out=db_if)
        # (36) W̄_hf += z̄_f[t] h[t−1]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, P), out=dW_hf)
        # (38) W̄_ig += z̄_g[t] x[t]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dW_ig)
        # (39) b̄_ig += z̄_g[t]
        np.sum(dz_o_g_f_i[:, :, H : 2*H], axis=(0, 1), out=db_ig)
        # (40) W̄_hg += z̄_g[t] h[t−1]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, P), out=dW_hg)
        # (42) W̄_io += z̄_o[t] x[t]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), out=dW_io)
        # (43) b̄_io += z̄_o[t]
        np.sum(dz_o_g_f_i[:, :, :H], axis=(0, 1), out=db_io)
        # (44) W̄_ho += z̄_o[t] h[t−1]ᵀ
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H)[:, :H].T, h[0:T].reshape(T * B, P), out=dW_ho)
        # (46) W̄_hr += h̄[t] s_h[t]ᵀ
        np.matmul(dh.reshape(T * B, P).T, s_h.reshape(T * B, H), out=dW_hr)
        # (49) x̄[t] = W_ioᵀ z̄_o[t] + W_igᵀ z̄_g[t] + W_ifᵀ z̄_f[t] + W_iiᵀ z̄_i[t]
        np.matmul(dz_o_g_f_i.reshape(T * B, 4*H), W_io_ig_if_ii, out=dx.reshape(T * B, I))
        # (50) h̄[0] = W_hoᵀ z̄_o[1] + W_hgᵀ z̄_g[1] + W_hfᵀ z̄_f[1] + W_hiᵀ z̄_i[1]
        np.copyto(dh0, carry_h)
        # (51) c̄[0] = c̄[1] ∘ f[1]
        np.copyto(dc0, carry_c)
        np.copyto(db_hi, db_ii)
        np.copyto(db_hf, db_if)
        np.copyto(db_hg, db_ig)
        np.copyto(db_ho, db_io)
    return Gradients(dW_ii=dW_ii, db_ii=db_ii, dW_hi=dW_hi, db_hi=db_hi, dW_if=dW_if, db_if=db_if, dW_hf=dW_hf, db_hf=db_hf, dW_ig=dW_ig, db_ig=db_ig, dW_hg=dW_hg, db_hg=db_hg, dW_io=dW_io, db_io=db_io, dW_ho=dW_ho, db_ho=db_ho, dW_hr=dW_hr, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0, dc0=dc0)


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
    gradients = backward(x, y, W_ii, W_hi, W_if, W_hf, W_ig, W_hg, W_io, W_ho, W_hr, W_hy, kept.c, kept.h, kept.y_hat, kept.i_f_g_o, kept.a_h, kept.s_h)
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
