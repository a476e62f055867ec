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
    kept, run = bind_forward(x, h0, y, W_cx, W_ch, b_c, W_gx, W_gh, b_g, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
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
    _check("W_cx", W_cx, (H, I), dtype)
    _check("W_ch", W_ch, (H, H), dtype)
    _check("b_c", b_c, (H,), dtype)
    _check("W_gx", W_gx, (H, I), dtype)
    _check("W_gh", W_gh, (H, H), dtype)
    _check("b_g", b_g, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            c_g=np.empty((T, B, 2*H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, c_g, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_cx_gx = np.empty((2*H, I), dtype)
    W_ch_gh = np.empty((H, 2*H), dtype)
    scale = np.empty((2*H,), dtype)
    shift = np.empty((2*H,), dtype)
    b_c_g = np.empty((2*H,), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        c_g,                 # c_g_t
        h[0:T],              # h_t
        h[1 : T + 1],        # h_next
        c_g[:, :, H : 2*H],  # g_t
        c_g[:, :, :H],       # c_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(W_cx_gx[:H], W_cx)
            np.multiply(0.5, W_gx, W_cx_gx[H : 2*H])
            np.copyto(W_ch_gh[:, :H], W_ch.T)
            np.multiply(0.5, W_gh.T, W_ch_gh[:, H : 2*H])
            np.copyto(scale[:H], 1.0)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(shift[:H], 0.0)
            np.copyto(shift[H : 2*H], 0.5)
            np.copyto(b_c_g[:H], b_c)
            np.multiply(0.5, b_g, b_c_g[H : 2*H])
            # (1) z_c[t] = W_cx x[t] + W_ch h[t−1] + b_c
            np.dot(x.reshape(T * B, I), W_cx_gx.T, c_g.reshape(T * B, 2*H))
            # (1, 3) the terms that are the same in every step
            np.add(c_g, b_c_g, c_g)
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for c_g_t, h_t, h_next, g_t, c_t in steps:
                # (1) z_c[t] = W_cx x[t] + W_ch h[t−1] + b_c
                np.dot(h_t, W_ch_gh, _B_2xH)
                np.add(c_g_t, _B_2xH, c_g_t)
                # (2, 4) c[t] = tanh(z_c[t]), g[t] = sigmoid(z_g[t])
                np.tanh(c_g_t, c_g_t)
                np.multiply(scale_row, c_g_t, c_g_t)
                np.add(c_g_t, shift_row, c_g_t)
                # (5) h[t] = g[t] ∘ h[t−1] + (1 − g[t]) ∘ c[t]
                np.multiply(g_t, h_t, h_next)
                np.subtract(number_1, g_t, _B_H)
                np.multiply(_B_H, c_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (6) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (7) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (8) J += −y[t]ᵀ log_softmax(z_y[t])
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
    gradients, run = bind_backward(x, y, W_cx, W_ch, W_gx, W_gh, W_hy, h, y_hat, c_g)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dW_cx=np.empty((H, I), dtype),
            dW_ch=np.empty((H, H), dtype),
            db_c=np.empty((H,), dtype),
            dW_gx=np.empty((H, I), dtype),
            dW_gh=np.empty((H, H), dtype),
            db_g=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_cx, dW_ch, db_c, dW_gx, dW_gh, db_g, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_g_c = np.empty((T, B, 2*H), dtype)
    W_gx_cx = np.empty((2*H, I), dtype)
    W_gh_ch = np.empty((2*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                     # dh_t
        dz_g_c[:, :, :H][::-1],       # dz_g_t
        dz_g_c[:, :, H : 2*H][::-1],  # dz_c_t
        dz_g_c[::-1],                 # dz_g_c_t
        c_g[:, :, H : 2*H][::-1],     # g_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_gx_cx[:H], W_gx)
            np.copyto(W_gx_cx[H : 2*H], W_cx)
            np.copyto(W_gh_ch[:H], W_gh)
            np.copyto(W_gh_ch[H : 2*H], W_ch)
            # (10) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (13) z̄_g[t] = ḡ[t] ∘ g[t] ∘ (1 − g[t])
            np.subtract(h[0:T], c_g[:, :, :H], _T_B_H)
            np.multiply(_T_B_H, c_g[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, c_g[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_c[:, :, :H])
            # (15) z̄_c[t] = c̄[t] ∘ (1 − c[t]²)
            np.subtract(1.0, c_g[:, :, H : 2*H], _T_B_H)
            np.square(c_g[:, :, :H], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_c[:, :, H : 2*H])
            # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ g[t+1] + W_ghᵀ z̄_g[t+1] + W_chᵀ z̄_c[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (22) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (23) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_g_t, dz_c_t, dz_g_c_t, g_t in steps:
                # (11) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ g[t+1] + W_ghᵀ z̄_g[t+1] + W_chᵀ z̄_c[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (13) z̄_g[t] = ḡ[t] ∘ g[t] ∘ (1 − g[t])
                np.multiply(dh_t, dz_g_t, dz_g_t)
                # (15) z̄_c[t] = c̄[t] ∘ (1 − c[t]²)
                np.multiply(dh_t, dz_c_t, dz_c_t)
                # (11) what step t gives to h of earlier steps: h̄[t] ∘ g[t] + W_ghᵀ z̄_g[t] + W_chᵀ z̄_c[t]
                np.dot(dz_g_c_t, W_gh_ch, carry_h)
                np.multiply(dh_t, g_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (16) W̄_cx += z̄_c[t] x[t]ᵀ
            np.matmul(dz_g_c.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_cx)
            # (17) W̄_ch += z̄_c[t] h[t−1]ᵀ
            np.matmul(dz_g_c.reshape(T * B, 2*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dW_ch)
            # (18) b̄_c += z̄_c[t]
            np.matmul(_ones_T_B, dz_g_c.reshape(T * B, 2*H)[:, H : 2*H], db_c)
            # (19) W̄_gx += z̄_g[t] x[t]ᵀ
            np.matmul(dz_g_c.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), dW_gx)
            # (20) W̄_gh += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz_g_c.reshape(T * B, 2*H)[:, :H].T, h[0:T].reshape(T * B, H), dW_gh)
            # (21) b̄_g += z̄_g[t]
            np.matmul(_ones_T_B, dz_g_c.reshape(T * B, 2*H)[:, :H], db_g)
            # (24) x̄[t] = W_gxᵀ z̄_g[t] + W_cxᵀ z̄_c[t]
            np.dot(dz_g_c.reshape(T * B, 2*H), W_gx_cx, dx.reshape(T * B, I))
            # (25) h̄[0] = h̄[1] ∘ g[1] + W_ghᵀ z̄_g[1] + W_chᵀ z̄_c[1]
            np.copyto(dh0, carry_h)

    return into, run


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
