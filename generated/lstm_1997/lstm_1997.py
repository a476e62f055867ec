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
    g: np.ndarray        # (T, B, H)      saved: kept for the backward pass
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

    c = np.empty((T + 1, B, H), dtype)
    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    i_o_a_g = np.empty((T, B, 3*H), dtype)
    g = np.empty((T, B, H), dtype)
    a_h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_i_o_c = np.empty((3*H, I), dtype)
    U_i_o_c = np.empty((3*H, H), dtype)
    _B_3xH = np.empty((B, 3*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(c[0], c0)
        np.copyto(W_i_o_c[:H], W_i)
        np.copyto(W_i_o_c[H : 2*H], W_o)
        np.copyto(W_i_o_c[2*H : 3*H], W_c)
        np.copyto(U_i_o_c[:H], U_i)
        np.copyto(U_i_o_c[H : 2*H], U_o)
        np.copyto(U_i_o_c[2*H : 3*H], U_c)
        # (1) z_i[t] = W_i x[t] + U_i h[t−1] + b_i
        np.matmul(x.reshape(T * B, I), W_i_o_c.T, out=i_o_a_g.reshape(T * B, 3*H))
        for t in range(T):
            # (1) z_i[t] = W_i x[t] + U_i h[t−1] + b_i
            np.add(i_o_a_g[t, :, :H], b_i, out=i_o_a_g[t, :, :H])
            # (3) z_o[t] = W_o x[t] + U_o h[t−1] + b_o
            np.add(i_o_a_g[t, :, H : 2*H], b_o, out=i_o_a_g[t, :, H : 2*H])
            # (5) z_g[t] = W_c x[t] + U_c h[t−1] + b_c
            np.add(i_o_a_g[t, :, 2*H : 3*H], b_c, out=i_o_a_g[t, :, 2*H : 3*H])
        for t in range(T):
            # (1) z_i[t] = W_i x[t] + U_i h[t−1] + b_i
            np.matmul(h[t], U_i_o_c.T, out=_B_3xH)
            np.add(i_o_a_g[t], _B_3xH, out=i_o_a_g[t])
            # (2) i[t] = sigmoid(z_i[t])
            _sigmoid(i_o_a_g[t, :, :H], out=i_o_a_g[t, :, :H])
            # (4) o[t] = sigmoid(z_o[t])
            _sigmoid(i_o_a_g[t, :, H : 2*H], out=i_o_a_g[t, :, H : 2*H])
            # (6) a_g[t] = sigmoid(z_g[t])
            _sigmoid(i_o_a_g[t, :, 2*H : 3*H], out=i_o_a_g[t, :, 2*H : 3*H])
            # (7) g[t] = 4 a_g[t] − 2
            np.multiply(4.0, i_o_a_g[t, :, 2*H : 3*H], out=g[t])
            np.subtract(g[t], 2.0, out=g[t])
            # (8) c[t] = c[t−1] + i[t] ∘ g[t]
            np.multiply(i_o_a_g[t, :, :H], g[t], out=_B_H)
            np.add(c[t], _B_H, out=c[t + 1])
            # (9) a_h[t] = sigmoid(c[t])
            _sigmoid(c[t + 1], out=a_h[t])
            # (10) h[t] = o[t] ∘ (2 a_h[t] − 1)
            np.multiply(2.0, a_h[t], out=h[t + 1])
            np.subtract(h[t + 1], 1.0, out=h[t + 1])
            np.multiply(i_o_a_g[t, :, H : 2*H], h[t + 1], out=h[t + 1])
        # (11) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (11) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (12) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (13) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (13) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(c=c, h=h, y_hat=y_hat, i_o_a_g=i_o_a_g, g=g, a_h=a_h, J=J[()])


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
    g,        # (T, B, H)      saved: kept for the backward pass
    a_h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
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
    _check("g", g, (T, B, H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    dW_i = np.empty((H, I), dtype)
    dU_i = np.empty((H, H), dtype)
    db_i = np.empty((H,), dtype)
    dW_o = np.empty((H, I), dtype)
    dU_o = np.empty((H, H), dtype)
    db_o = np.empty((H,), dtype)
    dW_c = np.empty((H, I), dtype)
    dU_c = np.empty((H, H), dtype)
    db_c = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    dc0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    da_h = np.empty((B, H), dtype)
    dc = np.empty((B, H), dtype)
    dg = np.empty((B, H), dtype)
    da_g = np.empty((B, H), dtype)
    dz_g_o_i = np.empty((T, B, 3*H), dtype)
    do_ = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    W_c_o_i = np.empty((3*H, I), dtype)
    U_c_o_i = np.empty((3*H, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        np.copyto(carry_c, 0.0)
        np.copyto(W_c_o_i[:H], W_c)
        np.copyto(W_c_o_i[H : 2*H], W_o)
        np.copyto(W_c_o_i[2*H : 3*H], W_i)
        np.copyto(U_c_o_i[:H], U_c)
        np.copyto(U_c_o_i[H : 2*H], U_o)
        np.copyto(U_c_o_i[2*H : 3*H], U_i)
        for t in reversed(range(T)):
            # (15) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (16) h̄[t] = W_hyᵀ z̄_y[t] + U_cᵀ z̄_g[t+1] + U_oᵀ z̄_o[t+1] + U_iᵀ z̄_i[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (35) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (36) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (16) h̄[t] = W_hyᵀ z̄_y[t] + U_cᵀ z̄_g[t+1] + U_oᵀ z̄_o[t+1] + U_iᵀ z̄_i[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (17) ā_h[t] = 2 (h̄[t] ∘ o[t])
            np.multiply(dh[t], i_o_a_g[t, :, H : 2*H], out=da_h)
            np.multiply(2.0, da_h, out=da_h)
            # (18) c̄[t] = ā_h[t] ∘ a_h[t] ∘ (1 − a_h[t]) + c̄[t+1]
            np.multiply(da_h, a_h[t], out=dc)
            np.subtract(1.0, a_h[t], out=_B_H)
            np.multiply(dc, _B_H, out=dc)
            np.add(dc, carry_c, out=dc)
            # (19) ḡ[t] = c̄[t] ∘ i[t]
            np.multiply(dc, i_o_a_g[t, :, :H], out=dg)
            # (20) ā_g[t] = 4 ḡ[t]
            np.multiply(4.0, dg, out=da_g)
            # (21) z̄_g[t] = ā_g[t] ∘ a_g[t] ∘ (1 − a_g[t])
            np.multiply(da_g, i_o_a_g[t, :, 2*H : 3*H], out=dz_g_o_i[t, :, :H])
            np.subtract(1.0, i_o_a_g[t, :, 2*H : 3*H], out=_B_H)
            np.multiply(dz_g_o_i[t, :, :H], _B_H, out=dz_g_o_i[t, :, :H])
            # (22) ō[t] = h̄[t] ∘ (2 a_h[t] − 1)
            np.multiply(2.0, a_h[t], out=do_)
            np.subtract(do_, 1.0, out=do_)
            np.multiply(dh[t], do_, out=do_)
            # (23) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(do_, i_o_a_g[t, :, H : 2*H], out=dz_g_o_i[t, :, H : 2*H])
            np.subtract(1.0, i_o_a_g[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_g_o_i[t, :, H : 2*H], _B_H, out=dz_g_o_i[t, :, H : 2*H])
            # (24) ī[t] = c̄[t] ∘ g[t]
            np.multiply(dc, g[t], out=di)
            # (25) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(di, i_o_a_g[t, :, :H], out=dz_g_o_i[t, :, 2*H : 3*H])
            np.subtract(1.0, i_o_a_g[t, :, :H], out=_B_H)
            np.multiply(dz_g_o_i[t, :, 2*H : 3*H], _B_H, out=dz_g_o_i[t, :, 2*H : 3*H])
            # (16) what step t gives to h of earlier steps: U_cᵀ z̄_g[t] + U_oᵀ z̄_o[t] + U_iᵀ z̄_i[t]
            np.matmul(dz_g_o_i[t], U_c_o_i, out=carry_h)
            # (18) what step t gives to c of earlier steps: c̄[t]
            np.copyto(carry_c, dc)
        # (26) W̄_i += z̄_i[t] x[t]ᵀ
        np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), out=dW_i)
        # (27) Ū_i += z̄_i[t] h[t−1]ᵀ
        np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), out=dU_i)
        # (28) b̄_i += z̄_i[t]
        np.sum(dz_g_o_i[:, :, 2*H : 3*H], axis=(0, 1), out=db_i)
        # (29) W̄_o += z̄_o[t] x[t]ᵀ
        np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dW_o)
        # (30) Ū_o += z̄_o[t] h[t−1]ᵀ
        np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), out=dU_o)
        # (31) b̄_o += z̄_o[t]
        np.sum(dz_g_o_i[:, :, H : 2*H], axis=(0, 1), out=db_o)
        # (32) W̄_c += z̄_g[t] x[t]ᵀ
        np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), out=dW_c)
        # (33) Ū_c += z̄_g[t] h[t−1]ᵀ
        np.matmul(dz_g_o_i.reshape(T * B, 3*H)[:, :H].T, h[0:T].reshape(T * B, H), out=dU_c)
        # (34) b̄_c += z̄_g[t]
        np.sum(dz_g_o_i[:, :, :H], axis=(0, 1), out=db_c)
        # (37) x̄[t] = W_cᵀ z̄_g[t] + W_oᵀ z̄_o[t] + W_iᵀ z̄_i[t]
        np.matmul(dz_g_o_i.reshape(T * B, 3*H), W_c_o_i, out=dx.reshape(T * B, I))
        # (38) h̄[0] = U_cᵀ z̄_g[1] + U_oᵀ z̄_o[1] + U_iᵀ z̄_i[1]
        np.copyto(dh0, carry_h)
        # (39) c̄[0] = c̄[1]
        np.copyto(dc0, carry_c)
    return Gradients(dW_i=dW_i, dU_i=dU_i, db_i=db_i, dW_o=dW_o, dU_o=dU_o, db_o=db_o, dW_c=dW_c, dU_c=dU_c, db_c=db_c, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0, dc0=dc0)


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
    gradients = backward(x, y, W_i, U_i, W_o, U_o, W_c, U_c, W_hy, kept.h, kept.y_hat, kept.i_o_a_g, kept.g, kept.a_h)
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
