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
    i: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    f: np.ndarray      # (T, B, H)      saved: kept for the backward pass
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
    i = np.empty((T, B, H), dtype)
    f = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_i = np.empty((B, H), dtype)
    z_f = np.empty((B, H), dtype)
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
        np.copyto(c[0], c0)
        np.copyto(h[0], h0)
        for t in range(T):
            # (1) c_hat[t] = W_cx x[t]
            np.matmul(x[t], W_cx.T, out=c_hat[t])
            # (2) z_i[t] = W_ih h[t−1] + W_ix x[t] + b_i
            np.matmul(h[t], W_ih.T, out=z_i)
            np.matmul(x[t], W_ix.T, out=_B_H)
            np.add(z_i, _B_H, out=z_i)
            np.add(z_i, b_i, out=z_i)
            # (3) i[t] = sigmoid(z_i[t])
            _sigmoid(z_i, out=i[t])
            # (4) z_f[t] = W_fh h[t−1] + W_fx x[t] + b_f
            np.matmul(h[t], W_fh.T, out=z_f)
            np.matmul(x[t], W_fx.T, out=_B_H)
            np.add(z_f, _B_H, out=z_f)
            np.add(z_f, b_f, out=z_f)
            # (5) f[t] = sigmoid(z_f[t])
            _sigmoid(z_f, out=f[t])
            # (6) c[t] = i[t] ∘ c_hat[t] + f[t] ∘ c[t−1]
            np.multiply(i[t], c_hat[t], out=_B_H)
            np.multiply(f[t], c[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=c[t + 1])
            # (7) h[t] = tanh(c[t])
            np.tanh(c[t + 1], out=h[t + 1])
            # (8) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t + 1], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (9) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (10) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(c=c, h=h, y_hat=y_hat, c_hat=c_hat, i=i, f=f, J=J[()])


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
    i,      # (T, B, H)      saved: kept for the backward pass
    f,      # (T, B, H)      saved: kept for the backward pass
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
    _check("i", i, (T, B, H), dtype)
    _check("f", f, (T, B, H), dtype)

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
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    dc = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    dz_f = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    dz_i = np.empty((B, H), dtype)
    dc_hat = np.empty((B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H_H = np.empty((H, H), dtype)
    _H = np.empty((H,), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dW_cx, 0.0)
        np.copyto(dW_ih, 0.0)
        np.copyto(dW_ix, 0.0)
        np.copyto(db_i, 0.0)
        np.copyto(dW_fh, 0.0)
        np.copyto(dW_fx, 0.0)
        np.copyto(db_f, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_c, 0.0)
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (12) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (13) h̄[t] = W_hyᵀ z̄_y[t] + W_fhᵀ z̄_f[t+1] + W_ihᵀ z̄_i[t+1]
            np.matmul(dz_y, W_hy, out=dh)
            np.add(dh, carry_h, out=dh)
            # (14) c̄[t] = h̄[t] ∘ (1 − h[t]²) + c̄[t+1] ∘ f[t+1]
            np.square(h[t + 1], out=dc)
            np.subtract(1.0, dc, out=dc)
            np.multiply(dh, dc, out=dc)
            np.add(dc, carry_c, out=dc)
            # (15) f̄[t] = c̄[t] ∘ c[t−1]
            np.multiply(dc, c[t], out=df)
            # (16) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, f[t], out=dz_f)
            np.subtract(1.0, f[t], out=_B_H)
            np.multiply(dz_f, _B_H, out=dz_f)
            # (17) ī[t] = c̄[t] ∘ c_hat[t]
            np.multiply(dc, c_hat[t], out=di)
            # (18) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(di, i[t], out=dz_i)
            np.subtract(1.0, i[t], out=_B_H)
            np.multiply(dz_i, _B_H, out=dz_i)
            # (19) c̄_hat[t] = c̄[t] ∘ i[t]
            np.multiply(dc, i[t], out=dc_hat)
            # (20) W̄_cx += c̄_hat[t] x[t]ᵀ
            np.matmul(dc_hat.T, x[t], out=_H_I)
            np.add(dW_cx, _H_I, out=dW_cx)
            # (21) W̄_ih += z̄_i[t] h[t−1]ᵀ
            np.matmul(dz_i.T, h[t], out=_H_H)
            np.add(dW_ih, _H_H, out=dW_ih)
            # (22) W̄_ix += z̄_i[t] x[t]ᵀ
            np.matmul(dz_i.T, x[t], out=_H_I)
            np.add(dW_ix, _H_I, out=dW_ix)
            # (23) b̄_i += z̄_i[t]
            np.sum(dz_i, axis=0, out=_H)
            np.add(db_i, _H, out=db_i)
            # (24) W̄_fh += z̄_f[t] h[t−1]ᵀ
            np.matmul(dz_f.T, h[t], out=_H_H)
            np.add(dW_fh, _H_H, out=dW_fh)
            # (25) W̄_fx += z̄_f[t] x[t]ᵀ
            np.matmul(dz_f.T, x[t], out=_H_I)
            np.add(dW_fx, _H_I, out=dW_fx)
            # (26) b̄_f += z̄_f[t]
            np.sum(dz_f, axis=0, out=_H)
            np.add(db_f, _H, out=db_f)
            # (27) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t + 1], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (28) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (29) x̄[t] = W_fxᵀ z̄_f[t] + W_ixᵀ z̄_i[t] + W_cxᵀ c̄_hat[t]
            np.matmul(dz_f, W_fx, out=dx[t])
            np.matmul(dz_i, W_ix, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dc_hat, W_cx, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            # (13) what step t gives to h of earlier steps: W_fhᵀ z̄_f[t] + W_ihᵀ z̄_i[t]
            np.matmul(dz_f, W_fh, out=carry_h)
            np.matmul(dz_i, W_ih, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            # (14) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
            np.multiply(dc, f[t], out=carry_c)
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
    gradients = backward(x, y, W_cx, W_ih, W_ix, W_fh, W_fx, W_hy, kept.c, kept.h, kept.y_hat, kept.c_hat, kept.i, kept.f)
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
