"""update gate recurrent network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Collins, Sohl-Dickstein, Sussillo, "Capacity and trainability in recurrent neural networks",
2016, arXiv:1611.09913

    (1)  z_c[t] = W_cx x[t] + W_ch h[t−1] + b_c
    (2)  c[t] = tanh(z_c[t])
    (3)  z_g[t] = W_gx x[t] + W_gh h[t−1] + b_g
    (4)  g[t] = sigmoid(z_g[t])
    (5)  h[t] = g[t] ∘ h[t−1] + (1 − g[t]) ∘ c[t]
    (6)  z_y[t] = W_hy h[t] + b_y
    (7)  y_hat[t] = softmax(z_y[t])
    (8)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    W_cx  (H, I)     parameter: trained
    W_ch  (H, H)     parameter: trained
    b_c   (H)        parameter: trained
    W_gx  (H, I)     parameter: trained
    W_gh  (H, H)     parameter: trained
    b_g   (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    c_g: np.ndarray    # (T, B, 2*H)    saved: c, g, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_cx: np.ndarray  # (H, I)     gradient: with respect to W_cx
    dW_ch: np.ndarray  # (H, H)     gradient: with respect to W_ch
    db_c: np.ndarray   # (H)        gradient: with respect to b_c
    dW_gx: np.ndarray  # (H, I)     gradient: with respect to W_gx
    dW_gh: np.ndarray  # (H, H)     gradient: with respect to W_gh
    db_g: np.ndarray   # (H)        gradient: with respect to b_g
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_cx,  # (H, I)     parameter: trained
    W_ch,  # (H, H)     parameter: trained
    b_c,   # (H)        parameter: trained
    W_gx,  # (H, I)     parameter: trained
    W_gh,  # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
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
    _check("W_cx", W_cx, (H, I), dtype)
    _check("W_ch", W_ch, (H, H), dtype)
    _check("b_c", b_c, (H,), dtype)
    _check("W_gx", W_gx, (H, I), dtype)
    _check("W_gh", W_gh, (H, H), dtype)
    _check("b_g", b_g, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    c_g = np.empty((T, B, 2*H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_cx_gx = np.empty((2*H, I), dtype)
    W_ch_gh = np.empty((2*H, H), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(W_cx_gx[:H], W_cx)
        np.copyto(W_cx_gx[H : 2*H], W_gx)
        np.copyto(W_ch_gh[:H], W_ch)
        np.copyto(W_ch_gh[H : 2*H], W_gh)
        # (1) z_c[t] = W_cx x[t] + W_ch h[t−1] + b_c
        np.matmul(x.reshape(T * B, I), W_cx_gx.T, out=c_g.reshape(T * B, 2*H))
        for t in range(T):
            # (1) z_c[t] = W_cx x[t] + W_ch h[t−1] + b_c
            np.add(c_g[t, :, :H], b_c, out=c_g[t, :, :H])
            # (3) z_g[t] = W_gx x[t] + W_gh h[t−1] + b_g
            np.add(c_g[t, :, H : 2*H], b_g, out=c_g[t, :, H : 2*H])
        for t in range(T):
            # (1) z_c[t] = W_cx x[t] + W_ch h[t−1] + b_c
            np.matmul(h[t], W_ch_gh.T, out=_B_2xH)
            np.add(c_g[t], _B_2xH, out=c_g[t])
            # (2) c[t] = tanh(z_c[t])
            np.tanh(c_g[t, :, :H], out=c_g[t, :, :H])
            # (4) g[t] = sigmoid(z_g[t])
            _sigmoid(c_g[t, :, H : 2*H], out=c_g[t, :, H : 2*H])
            # (5) h[t] = g[t] ∘ h[t−1] + (1 − g[t]) ∘ c[t]
            np.multiply(c_g[t, :, H : 2*H], h[t], out=_B_H)
            np.subtract(1.0, c_g[t, :, H : 2*H], out=_B_H_1)
            np.multiply(_B_H_1, c_g[t, :, :H], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
        # (6) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (6) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (7) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (8) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (8) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(h=h, y_hat=y_hat, c_g=c_g, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_cx,   # (H, I)         parameter: trained
    W_ch,   # (H, H)         parameter: trained
    W_gx,   # (H, I)         parameter: trained
    W_gh,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    c_g,    # (T, B, 2*H)    saved: c, g, side by side
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_cx.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_cx", W_cx, (H, I), dtype)
    _check("W_ch", W_ch, (H, H), dtype)
    _check("W_gx", W_gx, (H, I), dtype)
    _check("W_gh", W_gh, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("c_g", c_g, (T, B, 2*H), dtype)

    dW_cx = np.empty((H, I), dtype)
    dW_ch = np.empty((H, H), dtype)
    db_c = np.empty((H,), dtype)
    dW_gx = np.empty((H, I), dtype)
    dW_gh = np.empty((H, H), dtype)
    db_g = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dg = np.empty((B, H), dtype)
    dz_g_c = np.empty((T, B, 2*H), dtype)
    dc = np.empty((B, H), dtype)
    W_gx_cx = np.empty((2*H, I), dtype)
    W_gh_ch = np.empty((2*H, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        np.copyto(W_gx_cx[:H], W_gx)
        np.copyto(W_gx_cx[H : 2*H], W_cx)
        np.copyto(W_gh_ch[:H], W_gh)
        np.copyto(W_gh_ch[H : 2*H], W_ch)
        for t in reversed(range(T)):
            # (10) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ g[t+1] + W_ghᵀ z̄_g[t+1] + W_chᵀ z̄_c[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (22) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (23) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ g[t+1] + W_ghᵀ z̄_g[t+1] + W_chᵀ z̄_c[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (12) ḡ[t] = h̄[t] ∘ h[t−1] − h̄[t] ∘ c[t]
            np.multiply(dh[t], h[t], out=dg)
            np.multiply(dh[t], c_g[t, :, :H], out=_B_H)
            np.subtract(dg, _B_H, out=dg)
            # (13) z̄_g[t] = ḡ[t] ∘ g[t] ∘ (1 − g[t])
            np.multiply(dg, c_g[t, :, H : 2*H], out=dz_g_c[t, :, :H])
            np.subtract(1.0, c_g[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_g_c[t, :, :H], _B_H, out=dz_g_c[t, :, :H])
            # (14) c̄[t] = h̄[t] ∘ (1 − g[t])
            np.subtract(1.0, c_g[t, :, H : 2*H], out=dc)
            np.multiply(dh[t], dc, out=dc)
            # (15) z̄_c[t] = c̄[t] ∘ (1 − c[t]²)
            np.square(c_g[t, :, :H], out=dz_g_c[t, :, H : 2*H])
            np.subtract(1.0, dz_g_c[t, :, H : 2*H], out=dz_g_c[t, :, H : 2*H])
            np.multiply(dc, dz_g_c[t, :, H : 2*H], out=dz_g_c[t, :, H : 2*H])
            # (11) what step t gives to h of earlier steps: h̄[t] ∘ g[t] + W_ghᵀ z̄_g[t] + W_chᵀ z̄_c[t]
            np.matmul(dz_g_c[t], W_gh_ch, out=carry_h)
            np.multiply(dh[t], c_g[t, :, H : 2*H], out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (16) W̄_cx += z̄_c[t] x[t]ᵀ
        np.matmul(dz_g_c.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dW_cx)
        # (17) W̄_ch += z̄_c[t] h[t−1]ᵀ
        np.matmul(dz_g_c.reshape(T * B, 2*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), out=dW_ch)
        # (18) b̄_c += z̄_c[t]
        np.sum(dz_g_c[:, :, H : 2*H], axis=(0, 1), out=db_c)
        # (19) W̄_gx += z̄_g[t] x[t]ᵀ
        np.matmul(dz_g_c.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), out=dW_gx)
        # (20) W̄_gh += z̄_g[t] h[t−1]ᵀ
        np.matmul(dz_g_c.reshape(T * B, 2*H)[:, :H].T, h[0:T].reshape(T * B, H), out=dW_gh)
        # (21) b̄_g += z̄_g[t]
        np.sum(dz_g_c[:, :, :H], axis=(0, 1), out=db_g)
        # (24) x̄[t] = W_gxᵀ z̄_g[t] + W_cxᵀ z̄_c[t]
        np.matmul(dz_g_c.reshape(T * B, 2*H), W_gx_cx, out=dx.reshape(T * B, I))
        # (25) h̄[0] = h̄[1] ∘ g[1] + W_ghᵀ z̄_g[1] + W_chᵀ z̄_c[1]
        np.copyto(dh0, carry_h)
    return Gradients(dW_cx=dW_cx, dW_ch=dW_ch, db_c=db_c, dW_gx=dW_gx, dW_gh=dW_gh, db_g=db_g, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_cx,  # (H, I)     parameter: trained
    W_ch,  # (H, H)     parameter: trained
    b_c,   # (H)        parameter: trained
    W_gx,  # (H, I)     parameter: trained
    W_gh,  # (H, H)     parameter: trained
    b_g,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_cx, W_ch, b_c, W_gx, W_gh, b_g, W_hy, b_y)
    gradients = backward(x, y, W_cx, W_ch, W_gx, W_gh, W_hy, kept.h, kept.y_hat, kept.c_g)
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
