"""simple recurrent unit, second version with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Lei, Zhang, Wang, Dai, Artzi, "Simple recurrent units for highly parallelizable recurrence",
2017, arXiv:1709.02755v5

    (1)   z_f[t] = W_f x[t] + v_f ∘ c[t−1] + b_f
    (2)   f[t] = sigmoid(z_f[t])
    (3)   z_r[t] = W_r x[t] + v_r ∘ c[t−1] + b_r
    (4)   r[t] = sigmoid(z_r[t])
    (5)   u_c[t] = W x[t]
    (6)   c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ u_c[t]
    (7)   h[t] = r[t] ∘ c[t] + (1 − r[t]) ∘ x[t]
    (8)   z_y[t] = W_hy h[t] + b_y
    (9)   y_hat[t] = softmax(z_y[t])
    (10)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    H  entries of x
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, H)  input: of every step
    c0    (B, H)     initial state: c before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f   (H, H)     parameter: trained
    v_f   (H)        parameter: trained
    b_f   (H)        parameter: trained
    W_r   (H, H)     parameter: trained
    v_r   (H)        parameter: trained
    b_r   (H)        parameter: trained
    W     (H, H)     parameter: trained
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
    h: np.ndarray      # (T, B, H)      output: of every step
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    f: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    r: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    u_c: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_f: np.ndarray   # (H, H)     gradient: with respect to W_f
    dv_f: np.ndarray   # (H)        gradient: with respect to v_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_r: np.ndarray   # (H, H)     gradient: with respect to W_r
    dv_r: np.ndarray   # (H)        gradient: with respect to v_r
    db_r: np.ndarray   # (H)        gradient: with respect to b_r
    dW: np.ndarray     # (H, H)     gradient: with respect to W
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, H)  gradient: with respect to x[t]
    dc0: np.ndarray    # (B, H)     gradient: with respect to c0


def forward(
    x,     # (T, B, H)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, H)     parameter: trained
    v_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_r,   # (H, H)     parameter: trained
    v_r,   # (H)        parameter: trained
    b_r,   # (H)        parameter: trained
    W,     # (H, H)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    T, B, H = x.shape
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("c0", c0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_f", W_f, (H, H), dtype)
    _check("v_f", v_f, (H,), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_r", W_r, (H, H), dtype)
    _check("v_r", v_r, (H,), dtype)
    _check("b_r", b_r, (H,), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    c = np.empty((T + 1, B, H), dtype)
    h = np.empty((T, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    f = np.empty((T, B, H), dtype)
    r = np.empty((T, B, H), dtype)
    u_c = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_f = np.empty((B, H), dtype)
    z_r = np.empty((B, H), dtype)
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
        for t in range(T):
            # (1) z_f[t] = W_f x[t] + v_f ∘ c[t−1] + b_f
            np.matmul(x[t], W_f.T, out=z_f)
            np.multiply(v_f, c[t], out=_B_H)
            np.add(_B_H, b_f, out=_B_H)
            np.add(z_f, _B_H, out=z_f)
            # (2) f[t] = sigmoid(z_f[t])
            _sigmoid(z_f, out=f[t])
            # (3) z_r[t] = W_r x[t] + v_r ∘ c[t−1] + b_r
            np.matmul(x[t], W_r.T, out=z_r)
            np.multiply(v_r, c[t], out=_B_H)
            np.add(_B_H, b_r, out=_B_H)
            np.add(z_r, _B_H, out=z_r)
            # (4) r[t] = sigmoid(z_r[t])
            _sigmoid(z_r, out=r[t])
            # (5) u_c[t] = W x[t]
            np.matmul(x[t], W.T, out=u_c[t])
            # (6) c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ u_c[t]
            np.multiply(f[t], c[t], out=_B_H)
            np.subtract(1.0, f[t], out=_B_H_1)
            np.multiply(_B_H_1, u_c[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=c[t + 1])
            # (7) h[t] = r[t] ∘ c[t] + (1 − r[t]) ∘ x[t]
            np.multiply(r[t], c[t + 1], out=h[t])
            np.subtract(1.0, r[t], out=_B_H)
            np.multiply(_B_H, x[t], out=_B_H)
            np.add(h[t], _B_H, out=h[t])
            # (8) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t], W_hy.T, out=z_y)
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
    return Kept(c=c, h=h, y_hat=y_hat, f=f, r=r, u_c=u_c, J=J[()])


def backward(
    x,      # (T, B, H)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,    # (H, H)         parameter: trained
    v_f,    # (H)            parameter: trained
    W_r,    # (H, H)         parameter: trained
    v_r,    # (H)            parameter: trained
    W,      # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T, B, H)      output: of every step
    y_hat,  # (T, B, O)      output: of every step
    f,      # (T, B, H)      saved: kept for the backward pass
    r,      # (T, B, H)      saved: kept for the backward pass
    u_c,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, H = x.shape
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_f", W_f, (H, H), dtype)
    _check("v_f", v_f, (H,), dtype)
    _check("W_r", W_r, (H, H), dtype)
    _check("v_r", v_r, (H,), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("f", f, (T, B, H), dtype)
    _check("r", r, (T, B, H), dtype)
    _check("u_c", u_c, (T, B, H), dtype)

    dW_f = np.empty((H, H), dtype)
    dv_f = np.empty((H,), dtype)
    db_f = np.empty((H,), dtype)
    dW_r = np.empty((H, H), dtype)
    dv_r = np.empty((H,), dtype)
    db_r = np.empty((H,), dtype)
    dW = np.empty((H, H), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, H), dtype)
    dc0 = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    dc = np.empty((B, H), dtype)
    du_c = np.empty((B, H), dtype)
    dr = np.empty((B, H), dtype)
    dz_r = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    dz_f = np.empty((B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _H_H = np.empty((H, H), dtype)
    _H = np.empty((H,), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dW_f, 0.0)
        np.copyto(dv_f, 0.0)
        np.copyto(db_f, 0.0)
        np.copyto(dW_r, 0.0)
        np.copyto(dv_r, 0.0)
        np.copyto(db_r, 0.0)
        np.copyto(dW, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_c, 0.0)
        for t in reversed(range(T)):
            # (12) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (13) h̄[t] = W_hyᵀ z̄_y[t]
            np.matmul(dz_y, W_hy, out=dh)
            # (14) c̄[t] = h̄[t] ∘ r[t] + c̄[t+1] ∘ f[t+1] + z̄_r[t+1] ∘ v_r + z̄_f[t+1] ∘ v_f
            np.multiply(dh, r[t], out=dc)
            np.add(dc, carry_c, out=dc)
            # (15) ū_c[t] = c̄[t] ∘ (1 − f[t])
            np.subtract(1.0, f[t], out=du_c)
            np.multiply(dc, du_c, out=du_c)
            # (16) r̄[t] = h̄[t] ∘ c[t] − h̄[t] ∘ x[t]
            np.multiply(dh, c[t + 1], out=dr)
            np.multiply(dh, x[t], out=_B_H)
            np.subtract(dr, _B_H, out=dr)
            # (17) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(dr, r[t], out=dz_r)
            np.subtract(1.0, r[t], out=_B_H)
            np.multiply(dz_r, _B_H, out=dz_r)
            # (18) f̄[t] = c̄[t] ∘ c[t−1] − c̄[t] ∘ u_c[t]
            np.multiply(dc, c[t], out=df)
            np.multiply(dc, u_c[t], out=_B_H)
            np.subtract(df, _B_H, out=df)
            # (19) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, f[t], out=dz_f)
            np.subtract(1.0, f[t], out=_B_H)
            np.multiply(dz_f, _B_H, out=dz_f)
            # (20) W̄_f += z̄_f[t] x[t]ᵀ
            np.matmul(dz_f.T, x[t], out=_H_H)
            np.add(dW_f, _H_H, out=dW_f)
            # (21) v̄_f += z̄_f[t] ∘ c[t−1]
            np.multiply(dz_f, c[t], out=_B_H)
            np.sum(_B_H, axis=0, out=_H)
            np.add(dv_f, _H, out=dv_f)
            # (22) b̄_f += z̄_f[t]
            np.sum(dz_f, axis=0, out=_H)
            np.add(db_f, _H, out=db_f)
            # (23) W̄_r += z̄_r[t] x[t]ᵀ
            np.matmul(dz_r.T, x[t], out=_H_H)
            np.add(dW_r, _H_H, out=dW_r)
            # (24) v̄_r += z̄_r[t] ∘ c[t−1]
            np.multiply(dz_r, c[t], out=_B_H)
            np.sum(_B_H, axis=0, out=_H)
            np.add(dv_r, _H, out=dv_r)
            # (25) b̄_r += z̄_r[t]
            np.sum(dz_r, axis=0, out=_H)
            np.add(db_r, _H, out=db_r)
            # (26) W̄ += ū_c[t] x[t]ᵀ
            np.matmul(du_c.T, x[t], out=_H_H)
            np.add(dW, _H_H, out=dW)
            # (27) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (28) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (29) x̄[t] = h̄[t] ∘ (1 − r[t]) + Wᵀ ū_c[t] + W_rᵀ z̄_r[t] + W_fᵀ z̄_f[t]
            np.matmul(du_c, W, out=dx[t])
            np.matmul(dz_r, W_r, out=_B_H)
            np.add(dx[t], _B_H, out=dx[t])
            np.matmul(dz_f, W_f, out=_B_H)
            np.add(dx[t], _B_H, out=dx[t])
            np.subtract(1.0, r[t], out=_B_H)
            np.multiply(dh, _B_H, out=_B_H)
            np.add(dx[t], _B_H, out=dx[t])
            # (14) what step t gives to c of earlier steps: c̄[t] ∘ f[t] + z̄_r[t] ∘ v_r + z̄_f[t] ∘ v_f
            np.multiply(dc, f[t], out=carry_c)
            np.multiply(dz_r, v_r, out=_B_H)
            np.add(carry_c, _B_H, out=carry_c)
            np.multiply(dz_f, v_f, out=_B_H)
            np.add(carry_c, _B_H, out=carry_c)
        # (30) c̄[0] = c̄[1] ∘ f[1] + z̄_r[1] ∘ v_r + z̄_f[1] ∘ v_f
        np.copyto(dc0, carry_c)
    return Gradients(dW_f=dW_f, dv_f=dv_f, db_f=db_f, dW_r=dW_r, dv_r=dv_r, db_r=db_r, dW=dW, dW_hy=dW_hy, db_y=db_y, dx=dx, dc0=dc0)


def loss_and_gradient(
    x,     # (T, B, H)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, H)     parameter: trained
    v_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_r,   # (H, H)     parameter: trained
    v_r,   # (H)        parameter: trained
    b_r,   # (H)        parameter: trained
    W,     # (H, H)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, c0, y, W_f, v_f, b_f, W_r, v_r, b_r, W, W_hy, b_y)
    gradients = backward(x, y, W_f, v_f, W_r, v_r, W, W_hy, kept.c, kept.h, kept.y_hat, kept.f, kept.r, kept.u_c)
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
