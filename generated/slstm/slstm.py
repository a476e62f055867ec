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

    c = np.empty((T + 1, B, H), dtype)
    n = np.empty((T + 1, B, H), dtype)
    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    i_f_z_o = np.empty((T, B, 4*H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_i_f_z_o = np.empty((4*H, I), dtype)
    R_i_f_z_o = np.empty((4*H, H), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(c[0], 0.0)
        np.copyto(n[0], 0.0)
        np.copyto(W_i_f_z_o[:H], W_i)
        np.copyto(W_i_f_z_o[H : 2*H], W_f)
        np.copyto(W_i_f_z_o[2*H : 3*H], W_z)
        np.copyto(W_i_f_z_o[3*H : 4*H], W_o)
        np.copyto(R_i_f_z_o[:H], R_i)
        np.copyto(R_i_f_z_o[H : 2*H], R_f)
        np.copyto(R_i_f_z_o[2*H : 3*H], R_z)
        np.copyto(R_i_f_z_o[3*H : 4*H], R_o)
        # (1) z_i[t] = W_i x[t] + R_i h[t−1] + b_i
        np.matmul(x.reshape(T * B, I), W_i_f_z_o.T, out=i_f_z_o.reshape(T * B, 4*H))
        for t in range(T):
            # (1) z_i[t] = W_i x[t] + R_i h[t−1] + b_i
            np.add(i_f_z_o[t, :, :H], b_i, out=i_f_z_o[t, :, :H])
            # (3) z_f[t] = W_f x[t] + R_f h[t−1] + b_f
            np.add(i_f_z_o[t, :, H : 2*H], b_f, out=i_f_z_o[t, :, H : 2*H])
            # (5) z_z[t] = W_z x[t] + R_z h[t−1] + b_z
            np.add(i_f_z_o[t, :, 2*H : 3*H], b_z, out=i_f_z_o[t, :, 2*H : 3*H])
            # (7) z_o[t] = W_o x[t] + R_o h[t−1] + b_o
            np.add(i_f_z_o[t, :, 3*H : 4*H], b_o, out=i_f_z_o[t, :, 3*H : 4*H])
        for t in range(T):
            # (1) z_i[t] = W_i x[t] + R_i h[t−1] + b_i
            np.matmul(h[t], R_i_f_z_o.T, out=_B_4xH)
            np.add(i_f_z_o[t], _B_4xH, out=i_f_z_o[t])
            # (2) i[t] = exp(z_i[t])
            np.exp(i_f_z_o[t, :, :H], out=i_f_z_o[t, :, :H])
            # (4) f[t] = sigmoid(z_f[t])
            _sigmoid(i_f_z_o[t, :, H : 2*H], out=i_f_z_o[t, :, H : 2*H])
            # (6) z[t] = tanh(z_z[t])
            np.tanh(i_f_z_o[t, :, 2*H : 3*H], out=i_f_z_o[t, :, 2*H : 3*H])
            # (8) o[t] = sigmoid(z_o[t])
            _sigmoid(i_f_z_o[t, :, 3*H : 4*H], out=i_f_z_o[t, :, 3*H : 4*H])
            # (9) c[t] = f[t] ∘ c[t−1] + i[t] ∘ z[t]
            np.multiply(i_f_z_o[t, :, H : 2*H], c[t], out=_B_H)
            np.multiply(i_f_z_o[t, :, :H], i_f_z_o[t, :, 2*H : 3*H], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=c[t + 1])
            # (10) n[t] = f[t] ∘ n[t−1] + i[t]
            np.multiply(i_f_z_o[t, :, H : 2*H], n[t], out=_B_H)
            np.add(_B_H, i_f_z_o[t, :, :H], out=n[t + 1])
            # (11) h[t] = o[t] ∘ (c[t] ⊘ n[t])
            np.divide(c[t + 1], n[t + 1], out=h[t + 1])
            np.multiply(i_f_z_o[t, :, 3*H : 4*H], h[t + 1], out=h[t + 1])
        # (12) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (12) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (13) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (14) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (14) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(c=c, n=n, h=h, y_hat=y_hat, i_f_z_o=i_f_z_o, J=J[()])


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

    dW_i = np.empty((H, I), dtype)
    dR_i = np.empty((H, H), dtype)
    db_i = np.empty((H,), dtype)
    dW_f = np.empty((H, I), dtype)
    dR_f = np.empty((H, H), dtype)
    db_f = np.empty((H,), dtype)
    dW_z = np.empty((H, I), dtype)
    dR_z = np.empty((H, H), dtype)
    db_z = np.empty((H,), dtype)
    dW_o = np.empty((H, I), dtype)
    dR_o = np.empty((H, H), dtype)
    db_o = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    carry_n = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dn = np.empty((B, H), dtype)
    dc = np.empty((B, H), dtype)
    do_ = np.empty((B, H), dtype)
    dz_o_z_f_i = np.empty((T, B, 4*H), dtype)
    dz = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    W_o_z_f_i = np.empty((4*H, I), dtype)
    R_o_z_f_i = np.empty((4*H, H), dtype)
    _B_H = np.empty((B, H), dtype)

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
        for t in reversed(range(T)):
            # (16) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (17) h̄[t] = W_hyᵀ z̄_y[t] + R_oᵀ z̄_o[t+1] + R_zᵀ z̄_z[t+1] + R_fᵀ z̄_f[t+1] + R_iᵀ z̄_i[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (40) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (41) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (17) h̄[t] = W_hyᵀ z̄_y[t] + R_oᵀ z̄_o[t+1] + R_zᵀ z̄_z[t+1] + R_fᵀ z̄_f[t+1] + R_iᵀ z̄_i[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (18) n̄[t] = −((h̄[t] ∘ o[t]) ⊘ n[t]²) ∘ c[t] + n̄[t+1] ∘ f[t+1]
            np.multiply(dh[t], i_f_z_o[t, :, 3*H : 4*H], out=dn)
            np.square(n[t + 1], out=_B_H)
            np.divide(dn, _B_H, out=dn)
            np.multiply(dn, c[t + 1], out=dn)
            np.negative(dn, out=dn)
            np.add(dn, carry_n, out=dn)
            # (19) c̄[t] = (h̄[t] ∘ o[t]) ⊘ n[t] + c̄[t+1] ∘ f[t+1]
            np.multiply(dh[t], i_f_z_o[t, :, 3*H : 4*H], out=dc)
            np.divide(dc, n[t + 1], out=dc)
            np.add(dc, carry_c, out=dc)
            # (20) ō[t] = h̄[t] ∘ (c[t] ⊘ n[t])
            np.divide(c[t + 1], n[t + 1], out=do_)
            np.multiply(dh[t], do_, out=do_)
            # (21) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(do_, i_f_z_o[t, :, 3*H : 4*H], out=dz_o_z_f_i[t, :, :H])
            np.subtract(1.0, i_f_z_o[t, :, 3*H : 4*H], out=_B_H)
            np.multiply(dz_o_z_f_i[t, :, :H], _B_H, out=dz_o_z_f_i[t, :, :H])
            # (22) z̄[t] = c̄[t] ∘ i[t]
            np.multiply(dc, i_f_z_o[t, :, :H], out=dz)
            # (23) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
            np.square(i_f_z_o[t, :, 2*H : 3*H], out=dz_o_z_f_i[t, :, H : 2*H])
            np.subtract(1.0, dz_o_z_f_i[t, :, H : 2*H], out=dz_o_z_f_i[t, :, H : 2*H])
            np.multiply(dz, dz_o_z_f_i[t, :, H : 2*H], out=dz_o_z_f_i[t, :, H : 2*H])
            # (24) f̄[t] = n̄[t] ∘ n[t−1] + c̄[t] ∘ c[t−1]
            np.multiply(dn, n[t], out=df)
            np.multiply(dc, c[t], out=_B_H)
            np.add(df, _B_H, out=df)
            # (25) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, i_f_z_o[t, :, H : 2*H], out=dz_o_z_f_i[t, :, 2*H : 3*H])
            np.subtract(1.0, i_f_z_o[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_o_z_f_i[t, :, 2*H : 3*H], _B_H, out=dz_o_z_f_i[t, :, 2*H : 3*H])
            # (26) ī[t] = n̄[t] + c̄[t] ∘ z[t]
            np.multiply(dc, i_f_z_o[t, :, 2*H : 3*H], out=di)
            np.add(dn, di, out=di)
            # (27) z̄_i[t] = ī[t] ∘ i[t]
            np.multiply(di, i_f_z_o[t, :, :H], out=dz_o_z_f_i[t, :, 3*H : 4*H])
            # (17) what step t gives to h of earlier steps: R_oᵀ z̄_o[t] + R_zᵀ z̄_z[t] + R_fᵀ z̄_f[t] + R_iᵀ z̄_i[t]
            np.matmul(dz_o_z_f_i[t], R_o_z_f_i, out=carry_h)
            # (18) what step t gives to n of earlier steps: n̄[t] ∘ f[t]
            np.multiply(dn, i_f_z_o[t, :, H : 2*H], out=carry_n)
            # (19) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
            np.multiply(dc, i_f_z_o[t, :, H : 2*H], out=carry_c)
        # (28) W̄_i += z̄_i[t] x[t]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, x.reshape(T * B, I), out=dW_i)
        # (29) R̄_i += z̄_i[t] h[t−1]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, H), out=dR_i)
        # (30) b̄_i += z̄_i[t]
        np.sum(dz_o_z_f_i[:, :, 3*H : 4*H], axis=(0, 1), out=db_i)
        # (31) W̄_f += z̄_f[t] x[t]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), out=dW_f)
        # (32) R̄_f += z̄_f[t] h[t−1]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), out=dR_f)
        # (33) b̄_f += z̄_f[t]
        np.sum(dz_o_z_f_i[:, :, 2*H : 3*H], axis=(0, 1), out=db_f)
        # (34) W̄_z += z̄_z[t] x[t]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dW_z)
        # (35) R̄_z += z̄_z[t] h[t−1]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), out=dR_z)
        # (36) b̄_z += z̄_z[t]
        np.sum(dz_o_z_f_i[:, :, H : 2*H], axis=(0, 1), out=db_z)
        # (37) W̄_o += z̄_o[t] x[t]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), out=dW_o)
        # (38) R̄_o += z̄_o[t] h[t−1]ᵀ
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H)[:, :H].T, h[0:T].reshape(T * B, H), out=dR_o)
        # (39) b̄_o += z̄_o[t]
        np.sum(dz_o_z_f_i[:, :, :H], axis=(0, 1), out=db_o)
        # (42) x̄[t] = W_oᵀ z̄_o[t] + W_zᵀ z̄_z[t] + W_fᵀ z̄_f[t] + W_iᵀ z̄_i[t]
        np.matmul(dz_o_z_f_i.reshape(T * B, 4*H), W_o_z_f_i, out=dx.reshape(T * B, I))
        # (43) h̄[0] = R_oᵀ z̄_o[1] + R_zᵀ z̄_z[1] + R_fᵀ z̄_f[1] + R_iᵀ z̄_i[1]
        np.copyto(dh0, carry_h)
    return Gradients(dW_i=dW_i, dR_i=dR_i, db_i=db_i, dW_f=dW_f, dR_f=dR_f, db_f=db_f, dW_z=dW_z, dR_z=dR_z, db_z=db_z, dW_o=dW_o, dR_o=dR_o, db_o=db_o, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


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
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)
