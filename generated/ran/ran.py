"""recurrent additive network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Lee, Levy, Zettlemoyer, "Recurrent additive networks", 2017, arXiv:1705.07393

    (1)   c_hat[t] = W_cx x[t]
    (2)   z_i[t] = W_ih h[t−1] + W_ix x[t] + b_i
    (3)   i[t] = sigmoid(z_i[t])
    (4)   z_f[t] = W_fh h[t−1] + W_fx x[t] + b_f
    (5)   f[t] = sigmoid(z_f[t])
    (6)   c[t] = i[t] ∘ c_hat[t] + f[t] ∘ c[t−1]
    (7)   h[t] = tanh(c[t])
    (8)   z_y[t] = W_hy h[t] + b_y
    (9)   y_hat[t] = softmax(z_y[t])
    (10)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of c
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    c0    (B, H)     initial state: c before the first step
    h0    (B, H)     initial state: h before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_cx  (H, I)     parameter: trained
    W_ih  (H, H)     parameter: trained
    W_ix  (H, I)     parameter: trained
    b_i   (H)        parameter: trained
    W_fh  (H, H)     parameter: trained
    W_fx  (H, I)     parameter: trained
    b_f   (H)        parameter: trained
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
    c_hat: np.ndarray  # (T, B, H)      saved: kept for the backward pass
    i_f: np.ndarray    # (T, B, 2*H)    saved: i, f, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_cx: np.ndarray  # (H, I)     gradient: with respect to W_cx
    dW_ih: np.ndarray  # (H, H)     gradient: with respect to W_ih
    dW_ix: np.ndarray  # (H, I)     gradient: with respect to W_ix
    db_i: np.ndarray   # (H)        gradient: with respect to b_i
    dW_fh: np.ndarray  # (H, H)     gradient: with respect to W_fh
    dW_fx: np.ndarray  # (H, I)     gradient: with respect to W_fx
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dc0: np.ndarray    # (B, H)     gradient: with respect to c0
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_cx,  # (H, I)     parameter: trained
    W_ih,  # (H, H)     parameter: trained
    W_ix,  # (H, I)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_fh,  # (H, H)     parameter: trained
    W_fx,  # (H, I)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    T, B, I = x.shape
    H = c0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("c0", c0, (B, H), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_cx", W_cx, (H, I), dtype)
    _check("W_ih", W_ih, (H, H), dtype)
    _check("W_ix", W_ix, (H, I), dtype)
    _check("b_i", b_i, (H,), dtype)
    _check("W_fh", W_fh, (H, H), dtype)
    _check("W_fx", W_fx, (H, I), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    c = np.empty((T + 1, B, H), dtype)
    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    c_hat = np.empty((T, B, H), dtype)
    i_f = np.empty((T, B, 2*H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_ih_fh = np.empty((2*H, H), dtype)
    W_ix_fx = np.empty((2*H, I), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(c[0], c0)
        np.copyto(h[0], h0)
        np.copyto(W_ih_fh[:H], W_ih)
        np.copyto(W_ih_fh[H : 2*H], W_fh)
        np.copyto(W_ix_fx[:H], W_ix)
        np.copyto(W_ix_fx[H : 2*H], W_fx)
        # (1) c_hat[t] = W_cx x[t]
        np.matmul(x.reshape(T * B, I), W_cx.T, out=c_hat.reshape(T * B, H))
        for t in range(T):
            # (2) z_i[t] = W_ih h[t−1] + W_ix x[t] + b_i
            np.matmul(h[t], W_ih_fh.T, out=i_f[t])
            np.matmul(x[t], W_ix_fx.T, out=_B_2xH)
            np.add(i_f[t], _B_2xH, out=i_f[t])
            np.add(i_f[t, :, :H], b_i, out=i_f[t, :, :H])
            # (3) i[t] = sigmoid(z_i[t])
            _sigmoid(i_f[t, :, :H], out=i_f[t, :, :H])
            # (4) z_f[t] = W_fh h[t−1] + W_fx x[t] + b_f
            np.add(i_f[t, :, H : 2*H], b_f, out=i_f[t, :, H : 2*H])
            # (5) f[t] = sigmoid(z_f[t])
            _sigmoid(i_f[t, :, H : 2*H], out=i_f[t, :, H : 2*H])
            # (6) c[t] = i[t] ∘ c_hat[t] + f[t] ∘ c[t−1]
            np.multiply(i_f[t, :, :H], c_hat[t], out=_B_H)
            np.multiply(i_f[t, :, H : 2*H], c[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=c[t + 1])
            # (7) h[t] = tanh(c[t])
            np.tanh(c[t + 1], out=h[t + 1])
        # (8) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (8) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (9) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (10) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (10) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(c=c, h=h, y_hat=y_hat, c_hat=c_hat, i_f=i_f, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_cx,   # (H, I)         parameter: trained
    W_ih,   # (H, H)         parameter: trained
    W_ix,   # (H, I)         parameter: trained
    W_fh,   # (H, H)         parameter: trained
    W_fx,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    c_hat,  # (T, B, H)      saved: kept for the backward pass
    i_f,    # (T, B, 2*H)    saved: i, f, side by side
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_cx.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_cx", W_cx, (H, I), dtype)
    _check("W_ih", W_ih, (H, H), dtype)
    _check("W_ix", W_ix, (H, I), dtype)
    _check("W_fh", W_fh, (H, H), dtype)
    _check("W_fx", W_fx, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("c_hat", c_hat, (T, B, H), dtype)
    _check("i_f", i_f, (T, B, 2*H), dtype)

    dW_cx = np.empty((H, I), dtype)
    dW_ih = np.empty((H, H), dtype)
    dW_ix = np.empty((H, I), dtype)
    db_i = np.empty((H,), dtype)
    dW_fh = np.empty((H, H), dtype)
    dW_fx = np.empty((H, I), dtype)
    db_f = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dc0 = np.empty((B, H), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dc = np.empty((T, B, H), dtype)
    df = np.empty((B, H), dtype)
    dz_f_dz_i_dc_hat = np.empty((T, B, 3*H), dtype)
    di = np.empty((B, H), dtype)
    W_fx_ix_cx = np.empty((3*H, I), dtype)
    W_fh_ih = np.empty((2*H, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_c, 0.0)
        np.copyto(carry_h, 0.0)
        np.copyto(W_fx_ix_cx[:H], W_fx)
        np.copyto(W_fx_ix_cx[H : 2*H], W_ix)
        np.copyto(W_fx_ix_cx[2*H : 3*H], W_cx)
        np.copyto(W_fh_ih[:H], W_fh)
        np.copyto(W_fh_ih[H : 2*H], W_ih)
        for t in reversed(range(T)):
            # (12) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (13) h̄[t] = W_hyᵀ z̄_y[t] + W_fhᵀ z̄_f[t+1] + W_ihᵀ z̄_i[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (27) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (28) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (13) h̄[t] = W_hyᵀ z̄_y[t] + W_fhᵀ z̄_f[t+1] + W_ihᵀ z̄_i[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (14) c̄[t] = h̄[t] ∘ (1 − h[t]²) + c̄[t+1] ∘ f[t+1]
            np.square(h[t + 1], out=dc[t])
            np.subtract(1.0, dc[t], out=dc[t])
            np.multiply(dh[t], dc[t], out=dc[t])
            np.add(dc[t], carry_c, out=dc[t])
            # (15) f̄[t] = c̄[t] ∘ c[t−1]
            np.multiply(dc[t], c[t], out=df)
            # (16) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, i_f[t, :, H : 2*H], out=dz_f_dz_i_dc_hat[t, :, :H])
            np.subtract(1.0, i_f[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_f_dz_i_dc_hat[t, :, :H], _B_H, out=dz_f_dz_i_dc_hat[t, :, :H])
            # (17) ī[t] = c̄[t] ∘ c_hat[t]
            np.multiply(dc[t], c_hat[t], out=di)
            # (18) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(di, i_f[t, :, :H], out=dz_f_dz_i_dc_hat[t, :, H : 2*H])
            np.subtract(1.0, i_f[t, :, :H], out=_B_H)
            np.multiply(dz_f_dz_i_dc_hat[t, :, H : 2*H], _B_H, out=dz_f_dz_i_dc_hat[t, :, H : 2*H])
            # (13) what step t gives to h of earlier steps: W_fhᵀ z̄_f[t] + W_ihᵀ z̄_i[t]
            np.matmul(dz_f_dz_i_dc_hat[t, :, :2*H], W_fh_ih, out=carry_h)
            # (14) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
            np.multiply(dc[t], i_f[t, :, H : 2*H], out=carry_c)
        # (21) W̄_ih += z̄_i[t] h[t−1]ᵀ
        np.matmul(dz_f_dz_i_dc_hat.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), out=dW_ih)
        # (22) W̄_ix += z̄_i[t] x[t]ᵀ
        np.matmul(dz_f_dz_i_dc_hat.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dW_ix)
        # (23) b̄_i += z̄_i[t]
        np.sum(dz_f_dz_i_dc_hat[:, :, H : 2*H], axis=(0, 1), out=db_i)
        # (24) W̄_fh += z̄_f[t] h[t−1]ᵀ
        np.matmul(dz_f_dz_i_dc_hat.reshape(T * B, 3*H)[:, :H].T, h[0:T].reshape(T * B, H), out=dW_fh)
        # (25) W̄_fx += z̄_f[t] x[t]ᵀ
        np.matmul(dz_f_dz_i_dc_hat.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), out=dW_fx)
        # (26) b̄_f += z̄_f[t]
        np.sum(dz_f_dz_i_dc_hat[:, :, :H], axis=(0, 1), out=db_f)
        for t in reversed(range(T)):
            # (19) c̄_hat[t] = c̄[t] ∘ i[t]
            np.multiply(dc[t], i_f[t, :, :H], out=dz_f_dz_i_dc_hat[t, :, 2*H : 3*H])
        # (20) W̄_cx += c̄_hat[t] x[t]ᵀ
        np.matmul(dz_f_dz_i_dc_hat.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), out=dW_cx)
        # (29) x̄[t] = W_fxᵀ z̄_f[t] + W_ixᵀ z̄_i[t] + W_cxᵀ c̄_hat[t]
        np.matmul(dz_f_dz_i_dc_hat.reshape(T * B, 3*H), W_fx_ix_cx, out=dx.reshape(T * B, I))
        # (30) c̄[0] = c̄[1] ∘ f[1]
        np.copyto(dc0, carry_c)
        # (31) h̄[0] = W_fhᵀ z̄_f[1] + W_ihᵀ z̄_i[1]
        np.copyto(dh0, carry_h)
    return Gradients(dW_cx=dW_cx, dW_ih=dW_ih, dW_ix=dW_ix, db_i=db_i, dW_fh=dW_fh, dW_fx=dW_fx, db_f=db_f, dW_hy=dW_hy, db_y=db_y, dx=dx, dc0=dc0, dh0=dh0)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_cx,  # (H, I)     parameter: trained
    W_ih,  # (H, H)     parameter: trained
    W_ix,  # (H, I)     parameter: trained
    b_i,   # (H)        parameter: trained
    W_fh,  # (H, H)     parameter: trained
    W_fx,  # (H, I)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, c0, h0, y, W_cx, W_ih, W_ix, b_i, W_fh, W_fx, b_f, W_hy, b_y)
    gradients = backward(x, y, W_cx, W_ih, W_ix, W_fh, W_fx, W_hy, kept.c, kept.h, kept.y_hat, kept.c_hat, kept.i_f)
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
