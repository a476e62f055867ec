"""intersection recurrent network (+RNN), relu in depth and tanh in time with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Collins, Sohl-Dickstein, Sussillo, "Capacity and trainability in recurrent neural networks",
2016, arXiv:1611.09913

    (1)   z_y_in[t] = W_yx x[t] + W_yh h[t−1] + b_y
    (2)   y_in[t] = relu(z_y_in[t])
    (3)   z_h_in[t] = W_hx x[t] + W_hh h[t−1] + b_h
    (4)   h_in[t] = tanh(z_h_in[t])
    (5)   z_g_y[t] = W_gyx x[t] + W_gyh h[t−1] + b_gy
    (6)   g_y[t] = sigmoid(z_g_y[t])
    (7)   z_g_h[t] = W_ghx x[t] + W_ghh h[t−1] + b_gh
    (8)   g_h[t] = sigmoid(z_g_h[t])
    (9)   y[t] = g_y[t] ∘ x[t] + (1 − g_y[t]) ∘ y_in[t]
    (10)  h[t] = g_h[t] ∘ h[t−1] + (1 − g_h[t]) ∘ h_in[t]
    (11)  z_y[t] = W_hy y[t] + b2_y
    (12)  y_hat[t] = softmax(z_y[t])
    (13)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    H  entries of x
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x      (T, B, H)  input: of every step
    h0     (B, H)     initial state: h before the first step
    y2     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_yx   (H, H)     parameter: trained
    W_yh   (H, H)     parameter: trained
    b_y    (H)        parameter: trained
    W_hx   (H, H)     parameter: trained
    W_hh   (H, H)     parameter: trained
    b_h    (H)        parameter: trained
    W_gyx  (H, H)     parameter: trained
    W_gyh  (H, H)     parameter: trained
    b_gy   (H)        parameter: trained
    W_ghx  (H, H)     parameter: trained
    W_ghh  (H, H)     parameter: trained
    b_gh   (H)        parameter: trained
    W_hy   (O, H)     parameter: trained
    b2_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    y: np.ndarray                  # (T, B, H)      output: of every step
    h: np.ndarray                  # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray              # (T, B, O)      output: of every step
    y_in_h_in_g_y_g_h: np.ndarray  # (T, B, 4*H)    saved: y_in, h_in, g_y, g_h, side by side
    J: np.ndarray                  # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_yx: np.ndarray   # (H, H)     gradient: with respect to W_yx
    dW_yh: np.ndarray   # (H, H)     gradient: with respect to W_yh
    db_y: np.ndarray    # (H)        gradient: with respect to b_y
    dW_hx: np.ndarray   # (H, H)     gradient: with respect to W_hx
    dW_hh: np.ndarray   # (H, H)     gradient: with respect to W_hh
    db_h: np.ndarray    # (H)        gradient: with respect to b_h
    dW_gyx: np.ndarray  # (H, H)     gradient: with respect to W_gyx
    dW_gyh: np.ndarray  # (H, H)     gradient: with respect to W_gyh
    db_gy: np.ndarray   # (H)        gradient: with respect to b_gy
    dW_ghx: np.ndarray  # (H, H)     gradient: with respect to W_ghx
    dW_ghh: np.ndarray  # (H, H)     gradient: with respect to W_ghh
    db_gh: np.ndarray   # (H)        gradient: with respect to b_gh
    dW_hy: np.ndarray   # (O, H)     gradient: with respect to W_hy
    db2_y: np.ndarray   # (O)        gradient: with respect to b2_y
    dx: np.ndarray      # (T, B, H)  gradient: with respect to x[t]
    dh0: np.ndarray     # (B, H)     gradient: with respect to h0


def forward(
    x,      # (T, B, H)  input: of every step
    h0,     # (B, H)     initial state: h before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_yx,   # (H, H)     parameter: trained
    W_yh,   # (H, H)     parameter: trained
    b_y,    # (H)        parameter: trained
    W_hx,   # (H, H)     parameter: trained
    W_hh,   # (H, H)     parameter: trained
    b_h,    # (H)        parameter: trained
    W_gyx,  # (H, H)     parameter: trained
    W_gyh,  # (H, H)     parameter: trained
    b_gy,   # (H)        parameter: trained
    W_ghx,  # (H, H)     parameter: trained
    W_ghh,  # (H, H)     parameter: trained
    b_gh,   # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b2_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y2, W_yx, W_yh, b_y, W_hx, W_hh, b_h, W_gyx, W_gyh, b_gy, W_ghx, W_ghh, b_gh, W_hy, b2_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,      # (T, B, H)  input: of every step
    h0,     # (B, H)     initial state: h before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_yx,   # (H, H)     parameter: trained
    W_yh,   # (H, H)     parameter: trained
    b_y,    # (H)        parameter: trained
    W_hx,   # (H, H)     parameter: trained
    W_hh,   # (H, H)     parameter: trained
    b_h,    # (H)        parameter: trained
    W_gyx,  # (H, H)     parameter: trained
    W_gyh,  # (H, H)     parameter: trained
    b_gy,   # (H)        parameter: trained
    W_ghx,  # (H, H)     parameter: trained
    W_ghh,  # (H, H)     parameter: trained
    b_gh,   # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b2_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, H = x.shape
    O = y2.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_yx", W_yx, (H, H), dtype)
    _check("W_yh", W_yh, (H, H), dtype)
    _check("b_y", b_y, (H,), dtype)
    _check("W_hx", W_hx, (H, H), dtype)
    _check("W_hh", W_hh, (H, H), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_gyx", W_gyx, (H, H), dtype)
    _check("W_gyh", W_gyh, (H, H), dtype)
    _check("b_gy", b_gy, (H,), dtype)
    _check("W_ghx", W_ghx, (H, H), dtype)
    _check("W_ghh", W_ghh, (H, H), dtype)
    _check("b_gh", b_gh, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b2_y", b2_y, (O,), dtype)

    if into is None:
        into = Kept(
            y=np.empty((T, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            y_in_h_in_g_y_g_h=np.empty((T, B, 4*H), dtype),
            J=np.empty((), dtype),
        )
    y, h, y_hat, y_in_h_in_g_y_g_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_yx_hx_gyx_ghx = np.empty((4*H, H), dtype)
    W_yh_hh_gyh_ghh = np.empty((H, 4*H), dtype)
    scale = np.empty((3*H,), dtype)
    shift = np.empty((3*H,), dtype)
    b_y_in_h_in_g_y_g_h = np.empty((3*H,), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        y_in_h_in_g_y_g_h,                   # y_in_h_in_g_y_g_h_t
        h[0:T],                              # h_t
        y_in_h_in_g_y_g_h[:, :, H : 4*H],    # y_in_h_in_g_y_g_h_t_2
        h[1 : T + 1],                        # h_next
        y_in_h_in_g_y_g_h[:, :, 3*H : 4*H],  # g_h_t
        y_in_h_in_g_y_g_h[:, :, H : 2*H],    # h_in_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(W_yx_hx_gyx_ghx[:H], W_yx)
            np.copyto(W_yx_hx_gyx_ghx[H : 2*H], W_hx)
            np.multiply(0.5, W_gyx, W_yx_hx_gyx_ghx[2*H : 3*H])
            np.multiply(0.5, W_ghx, W_yx_hx_gyx_ghx[3*H : 4*H])
            np.copyto(W_yh_hh_gyh_ghh[:, :H], W_yh.T)
            np.copyto(W_yh_hh_gyh_ghh[:, H : 2*H], W_hh.T)
            np.multiply(0.5, W_gyh.T, W_yh_hh_gyh_ghh[:, 2*H : 3*H])
            np.multiply(0.5, W_ghh.T, W_yh_hh_gyh_ghh[:, 3*H : 4*H])
            np.copyto(scale[:H], 1.0)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(scale[2*H : 3*H], 0.5)
            np.copyto(shift[:H], 0.0)
            np.copyto(shift[H : 2*H], 0.5)
            np.copyto(shift[2*H : 3*H], 0.5)
            np.copyto(b_y_in_h_in_g_y_g_h[:H], b_h)
            np.multiply(0.5, b_gy, b_y_in_h_in_g_y_g_h[H : 2*H])
            np.multiply(0.5, b_gh, b_y_in_h_in_g_y_g_h[2*H : 3*H])
            # (1) z_y_in[t] = W_yx x[t] + W_yh h[t−1] + b_y
            np.dot(x.reshape(T * B, H), W_yx_hx_gyx_ghx.T, y_in_h_in_g_y_g_h.reshape(T * B, 4*H))
            np.add(y_in_h_in_g_y_g_h[:, :, :H], b_y, y_in_h_in_g_y_g_h[:, :, :H])
            # (3, 5, 7) the terms that are the same in every step
            np.add(y_in_h_in_g_y_g_h[:, :, H : 4*H], b_y_in_h_in_g_y_g_h, y_in_h_in_g_y_g_h[:, :, H : 4*H])
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for y_in_h_in_g_y_g_h_t, h_t, y_in_h_in_g_y_g_h_t_2, h_next, g_h_t, h_in_t in steps:
                # (1) z_y_in[t] = W_yx x[t] + W_yh h[t−1] + b_y
                np.dot(h_t, W_yh_hh_gyh_ghh, _B_4xH)
                np.add(y_in_h_in_g_y_g_h_t, _B_4xH, y_in_h_in_g_y_g_h_t)
                # (4, 6, 8) h_in[t] = tanh(z_h_in[t]), g_y[t] = sigmoid(z_g_y[t]), g_h[t] = sigmoid(z_g_h[t])
                np.tanh(y_in_h_in_g_y_g_h_t_2, y_in_h_in_g_y_g_h_t_2)
                np.multiply(scale_row, y_in_h_in_g_y_g_h_t_2, y_in_h_in_g_y_g_h_t_2)
                np.add(y_in_h_in_g_y_g_h_t_2, shift_row, y_in_h_in_g_y_g_h_t_2)
                # (10) h[t] = g_h[t] ∘ h[t−1] + (1 − g_h[t]) ∘ h_in[t]
                np.multiply(g_h_t, h_t, h_next)
                np.subtract(number_1, g_h_t, _B_H)
                np.multiply(_B_H, h_in_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (2) y_in[t] = relu(z_y_in[t])
            _relu(y_in_h_in_g_y_g_h[:, :, :H], y_in_h_in_g_y_g_h[:, :, :H])
            # (9) y[t] = g_y[t] ∘ x[t] + (1 − g_y[t]) ∘ y_in[t]
            np.multiply(y_in_h_in_g_y_g_h[:, :, 2*H : 3*H], x, y)
            np.subtract(1.0, y_in_h_in_g_y_g_h[:, :, 2*H : 3*H], _T_B_H)
            np.multiply(_T_B_H, y_in_h_in_g_y_g_h[:, :, :H], _T_B_H)
            np.add(y, _T_B_H, y)
            # (11) z_y[t] = W_hy y[t] + b2_y
            np.dot(y.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b2_y, z_y)
            # (12) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (13) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,                  # (T, B, H)      input: of every step
    y2,                 # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_yx,               # (H, H)         parameter: trained
    W_yh,               # (H, H)         parameter: trained
    W_hx,               # (H, H)         parameter: trained
    W_hh,               # (H, H)         parameter: trained
    W_gyx,              # (H, H)         parameter: trained
    W_gyh,              # (H, H)         parameter: trained
    W_ghx,              # (H, H)         parameter: trained
    W_ghh,              # (H, H)         parameter: trained
    W_hy,               # (O, H)         parameter: trained
    y,                  # (T, B, H)      output: of every step
    h,                  # (T + 1, B, H)  output: state; the first is initial
    y_hat,              # (T, B, O)      output: of every step
    y_in_h_in_g_y_g_h,  # (T, B, 4*H)    saved: y_in, h_in, g_y, g_h, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, W_yx, W_yh, W_hx, W_hh, W_gyx, W_gyh, W_ghx, W_ghh, W_hy, y, h, y_hat, y_in_h_in_g_y_g_h)
    run()
    return gradients


def bind_backward(
    x,                  # (T, B, H)      input: of every step
    y2,                 # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_yx,               # (H, H)         parameter: trained
    W_yh,               # (H, H)         parameter: trained
    W_hx,               # (H, H)         parameter: trained
    W_hh,               # (H, H)         parameter: trained
    W_gyx,              # (H, H)         parameter: trained
    W_gyh,              # (H, H)         parameter: trained
    W_ghx,              # (H, H)         parameter: trained
    W_ghh,              # (H, H)         parameter: trained
    W_hy,               # (O, H)         parameter: trained
    y,                  # (T, B, H)      output: of every step
    h,                  # (T + 1, B, H)  output: state; the first is initial
    y_hat,              # (T, B, O)      output: of every step
    y_in_h_in_g_y_g_h,  # (T, B, 4*H)    saved: y_in, h_in, g_y, g_h, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, H = x.shape
    O = y2.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_yx", W_yx, (H, H), dtype)
    _check("W_yh", W_yh, (H, H), dtype)
    _check("W_hx", W_hx, (H, H), dtype)
    _check("W_hh", W_hh, (H, H), dtype)
    _check("W_gyx", W_gyx, (H, H), dtype)
    _check("W_gyh", W_gyh, (H, H), dtype)
    _check("W_ghx", W_ghx, (H, H), dtype)
    _check("W_ghh", W_ghh, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("y", y, (T, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("y_in_h_in_g_y_g_h", y_in_h_in_g_y_g_h, (T, B, 4*H), dtype)

    if into is None:
        into = Gradients(
            dW_yx=np.empty((H, H), dtype),
            dW_yh=np.empty((H, H), dtype),
            db_y=np.empty((H,), dtype),
            dW_hx=np.empty((H, H), dtype),
            dW_hh=np.empty((H, H), dtype),
            db_h=np.empty((H,), dtype),
            dW_gyx=np.empty((H, H), dtype),
            dW_gyh=np.empty((H, H), dtype),
            db_gy=np.empty((H,), dtype),
            dW_ghx=np.empty((H, H), dtype),
            dW_ghh=np.empty((H, H), dtype),
            db_gh=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db2_y=np.empty((O,), dtype),
            dx=np.empty((T, B, H), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_yx, dW_yh, db_y, dW_hx, dW_hh, db_h, dW_gyx, dW_gyh, db_gy, dW_ghx, dW_ghh, db_gh, dW_hy, db2_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((B, H), dtype)
    dy = np.empty((T, B, H), dtype)
    dz_g_h_dz_g_y_dz_h_in_dz_y_in = np.empty((T, B, 4*H), dtype)
    dg_y = np.empty((T, B, H), dtype)
    dy_in = np.empty((T, B, H), dtype)
    W_ghx_gyx_hx_yx = np.empty((4*H, H), dtype)
    W_ghh_gyh_hh_yh = np.empty((4*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dz_g_h_dz_g_y_dz_h_in_dz_y_in[:, :, :H][::-1],         # dz_g_h_t
        dz_g_h_dz_g_y_dz_h_in_dz_y_in[:, :, 2*H : 3*H][::-1],  # dz_h_in_t
        dz_g_h_dz_g_y_dz_h_in_dz_y_in[::-1],                   # dz_g_h_dz_g_y_dz_h_in_dz_y_in_t
        y_in_h_in_g_y_g_h[:, :, 3*H : 4*H][::-1],              # g_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_ghx_gyx_hx_yx[:H], W_ghx)
            np.copyto(W_ghx_gyx_hx_yx[H : 2*H], W_gyx)
            np.copyto(W_ghx_gyx_hx_yx[2*H : 3*H], W_hx)
            np.copyto(W_ghx_gyx_hx_yx[3*H : 4*H], W_yx)
            np.copyto(W_ghh_gyh_hh_yh[:H], W_ghh)
            np.copyto(W_ghh_gyh_hh_yh[H : 2*H], W_gyh)
            np.copyto(W_ghh_gyh_hh_yh[2*H : 3*H], W_hh)
            np.copyto(W_ghh_gyh_hh_yh[3*H : 4*H], W_yh)
            # (15) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (19) z̄_g_h[t] = ḡ_h[t] ∘ g_h[t] ∘ (1 − g_h[t])
            np.subtract(h[0:T], y_in_h_in_g_y_g_h[:, :, H : 2*H], _T_B_H)
            np.multiply(_T_B_H, y_in_h_in_g_y_g_h[:, :, 3*H : 4*H], _T_B_H)
            np.subtract(1.0, y_in_h_in_g_y_g_h[:, :, 3*H : 4*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_h_dz_g_y_dz_h_in_dz_y_in[:, :, :H])
            # (23) z̄_h_in[t] = h̄_in[t] ∘ (1 − h_in[t]²)
            np.subtract(1.0, y_in_h_in_g_y_g_h[:, :, 3*H : 4*H], _T_B_H)
            np.square(y_in_h_in_g_y_g_h[:, :, H : 2*H], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_h_dz_g_y_dz_h_in_dz_y_in[:, :, 2*H : 3*H])
            # (17) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (38) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y.reshape(T * B, H), dW_hy)
            # (39) b2̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db2_y)
            # (20) ḡ_y[t] = ȳ[t] ∘ x[t] − ȳ[t] ∘ y_in[t]
            np.multiply(dy, x, dg_y)
            np.multiply(dy, y_in_h_in_g_y_g_h[:, :, :H], _T_B_H)
            np.subtract(dg_y, _T_B_H, dg_y)
            # (21) z̄_g_y[t] = ḡ_y[t] ∘ g_y[t] ∘ (1 − g_y[t])
            np.multiply(dg_y, y_in_h_in_g_y_g_h[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, y_in_h_in_g_y_g_h[:, :, 2*H : 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_h_dz_g_y_dz_h_in_dz_y_in[:, :, H : 2*H])
            # (24) ȳ_in[t] = ȳ[t] ∘ (1 − g_y[t])
            np.subtract(1.0, y_in_h_in_g_y_g_h[:, :, 2*H : 3*H], dy_in)
            np.multiply(dy, dy_in, dy_in)
            # (25) z̄_y_in[t] = ȳ_in[t] ∘ step(y_in[t])
            _step(y_in_h_in_g_y_g_h[:, :, :H], _T_B_H)
            np.multiply(dy_in, _T_B_H, dz_g_h_dz_g_y_dz_h_in_dz_y_in[:, :, 3*H : 4*H])
            # (26) W̄_yx += z̄_y_in[t] x[t]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, 3*H : 4*H].T, x.reshape(T * B, H), dW_yx)
            # (27) W̄_yh += z̄_y_in[t] h[t−1]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, H), dW_yh)
            # (28) b̄_y += z̄_y_in[t]
            np.matmul(_ones_T_B, dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, 3*H : 4*H], db_y)
            # (32) W̄_gyx += z̄_g_y[t] x[t]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, H), dW_gyx)
            # (33) W̄_gyh += z̄_g_y[t] h[t−1]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dW_gyh)
            # (34) b̄_gy += z̄_g_y[t]
            np.matmul(_ones_T_B, dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, H : 2*H], db_gy)
            for dz_g_h_t, dz_h_in_t, dz_g_h_dz_g_y_dz_h_in_dz_y_in_t, g_h_t in steps:
                # (16) h̄[t] = h̄[t+1] ∘ g_h[t+1] + W_ghhᵀ z̄_g_h[t+1] + W_gyhᵀ z̄_g_y[t+1] + W_hhᵀ z̄_h_in[t+1] + W_yhᵀ z̄_y_in[t+1]
                np.copyto(dh, carry_h)
                # (19) z̄_g_h[t] = ḡ_h[t] ∘ g_h[t] ∘ (1 − g_h[t])
                np.multiply(dh, dz_g_h_t, dz_g_h_t)
                # (23) z̄_h_in[t] = h̄_in[t] ∘ (1 − h_in[t]²)
                np.multiply(dh, dz_h_in_t, dz_h_in_t)
                # (16) what step t gives to h of earlier steps: h̄[t] ∘ g_h[t] + W_ghhᵀ z̄_g_h[t] + W_gyhᵀ z̄_g_y[t] + W_hhᵀ z̄_h_in[t] + W_yhᵀ z̄_y_in[t]
                np.dot(dz_g_h_dz_g_y_dz_h_in_dz_y_in_t, W_ghh_gyh_hh_yh, carry_h)
                np.multiply(dh, g_h_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (29) W̄_hx += z̄_h_in[t] x[t]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, H), dW_hx)
            # (30) W̄_hh += z̄_h_in[t] h[t−1]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dW_hh)
            # (31) b̄_h += z̄_h_in[t]
            np.matmul(_ones_T_B, dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, 2*H : 3*H], db_h)
            # (35) W̄_ghx += z̄_g_h[t] x[t]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, H), dW_ghx)
            # (36) W̄_ghh += z̄_g_h[t] h[t−1]ᵀ
            np.matmul(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, :H].T, h[0:T].reshape(T * B, H), dW_ghh)
            # (37) b̄_gh += z̄_g_h[t]
            np.matmul(_ones_T_B, dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H)[:, :H], db_gh)
            # (40) x̄[t] = ȳ[t] ∘ g_y[t] + W_ghxᵀ z̄_g_h[t] + W_gyxᵀ z̄_g_y[t] + W_hxᵀ z̄_h_in[t] + W_yxᵀ z̄_y_in[t]
            np.dot(dz_g_h_dz_g_y_dz_h_in_dz_y_in.reshape(T * B, 4*H), W_ghx_gyx_hx_yx, dx.reshape(T * B, H))
            np.multiply(dy, y_in_h_in_g_y_g_h[:, :, 2*H : 3*H], _T_B_H)
            np.add(dx, _T_B_H, dx)
            # (41) h̄[0] = h̄[1] ∘ g_h[1] + W_ghhᵀ z̄_g_h[1] + W_gyhᵀ z̄_g_y[1] + W_hhᵀ z̄_h_in[1] + W_yhᵀ z̄_y_in[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,      # (T, B, H)  input: of every step
    h0,     # (B, H)     initial state: h before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_yx,   # (H, H)     parameter: trained
    W_yh,   # (H, H)     parameter: trained
    b_y,    # (H)        parameter: trained
    W_hx,   # (H, H)     parameter: trained
    W_hh,   # (H, H)     parameter: trained
    b_h,    # (H)        parameter: trained
    W_gyx,  # (H, H)     parameter: trained
    W_gyh,  # (H, H)     parameter: trained
    b_gy,   # (H)        parameter: trained
    W_ghx,  # (H, H)     parameter: trained
    W_ghh,  # (H, H)     parameter: trained
    b_gh,   # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b2_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y2, W_yx, W_yh, b_y, W_hx, W_hh, b_h, W_gyx, W_gyh, b_gy, W_ghx, W_ghh, b_gh, W_hy, b2_y)
    gradients = backward(x, y2, W_yx, W_yh, W_hx, W_hh, W_gyx, W_gyh, W_ghx, W_ghh, W_hy, kept.y, kept.h, kept.y_hat, kept.y_in_h_in_g_y_g_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _relu(x, out):
    """Write max(x, 0); NaN stays NaN."""
    np.maximum(x, 0.0, out=out)


def _step(x, out):
    """Write 1 where x > 0, else 0: the subgradient of max(x, 0) that was declared; NaN stays NaN."""
    np.heaviside(x, 0.0, out)
