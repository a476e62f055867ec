"""continuous-time network in currents that obeys Dale's law with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Song, Yang, Wang, "Training excitatory-inhibitory recurrent neural networks for cognitive
tasks", PLoS Computational Biology 12 (2016) e1004792

    (1)  s_W_rec = abs(W)
    (2)  W_rec = s_W_rec diag(d)
    (3)  s_x[t] = relu(x[t−1])
    (4)  u_x[t] = W_rec s_x[t] + W_in u[t] + b
    (5)  x[t] = (1 − alpha) x[t−1] + alpha u_x[t]
    (6)  r[t] = relu(x[t])
    (7)  z_y[t] = W_hy r[t] + b_y
    (8)  y_hat[t] = softmax(z_y[t])
    (9)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of u
    H  entries of x
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u      (T, B, I)  input: of every step
    x0     (B, H)     initial state: x before the first step
    y      (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W      (H, H)     parameter: trained
    W_in   (H, I)     parameter: trained
    b      (H)        parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained
    alpha  ()         parameter: constant: it has no gradient; usually 0.2
    d      (H)        parameter: constant: it has no gradient

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    x: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    r: np.ndarray      # (T, B, H)      output: of every step
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    W_rec: np.ndarray  # (H, H)         saved: kept for the backward pass
    s_x: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, H)     gradient: with respect to W
    dW_in: np.ndarray  # (H, I)     gradient: with respect to W_in
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    du: np.ndarray     # (T, B, I)  gradient: with respect to u[t]
    dx0: np.ndarray    # (B, H)     gradient: with respect to x0


def forward(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    d,      # (H)        parameter: constant: it has no gradient
):
    """Compute every step."""
    T, B, I = u.shape
    H = x0.shape[1]
    O = y.shape[2]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("x0", x0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("alpha", alpha, (), dtype)
    _check("d", d, (H,), dtype)

    x = np.empty((T + 1, B, H), dtype)
    r = np.empty((T, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    W_rec = np.empty((H, H), dtype)
    s_x = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    s_W_rec = np.empty((H, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        # (1) s_W_rec = abs(W)
        np.abs(W, out=s_W_rec)
        # (2) W_rec = s_W_rec diag(d)
        np.multiply(s_W_rec, d, out=W_rec)
        np.copyto(x[0], x0)
        for t in range(T):
            # (3) s_x[t] = relu(x[t−1])
            _relu(x[t], out=s_x[t])
            # (4) u_x[t] = W_rec s_x[t] + W_in u[t] + b
            np.matmul(s_x[t], W_rec.T, out=x[t + 1])
            np.matmul(u[t], W_in.T, out=_B_H)
            np.add(x[t + 1], _B_H, out=x[t + 1])
            np.add(x[t + 1], b, out=x[t + 1])
            # (5) x[t] = (1 − alpha) x[t−1] + alpha u_x[t]
            np.subtract(1.0, alpha, out=_B_H)
            np.multiply(_B_H, x[t], out=_B_H)
            np.multiply(alpha, x[t + 1], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=x[t + 1])
        for t in range(T):
            # (6) r[t] = relu(x[t])
            _relu(x[t + 1], out=r[t])
        # (7) z_y[t] = W_hy r[t] + b_y
        np.matmul(r.reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (7) z_y[t] = W_hy r[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (8) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (9) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (9) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(x=x, r=r, y_hat=y_hat, W_rec=W_rec, s_x=s_x, J=J[()])


def backward(
    u,      # (T, B, I)  input: of every step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    d,      # (H)        parameter: constant: it has no gradient
    r,      # (T, B, H)  output: of every step
    y_hat,  # (T, B, O)  output: of every step
    W_rec,  # (H, H)     saved: kept for the backward pass
    s_x,    # (T, B, H)  saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = u.shape
    O = y.shape[2]
    H = W.shape[0]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("alpha", alpha, (), dtype)
    _check("d", d, (H,), dtype)
    _check("r", r, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("W_rec", W_rec, (H, H), dtype)
    _check("s_x", s_x, (T, B, H), dtype)

    dW = np.empty((H, H), dtype)
    dW_in = np.empty((H, I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    du = np.empty((T, B, I), dtype)
    dx0 = np.empty((B, H), dtype)
    carry_x = np.empty((B, H), dtype)
    dW_rec = np.empty((H, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dr = np.empty((T, B, H), dtype)
    dx = np.empty((T, B, H), dtype)
    du_x = np.empty((T, B, H), dtype)
    ds_x = np.empty((B, H), dtype)
    ds_W_rec = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_x, 0.0)
        for t in reversed(range(T)):
            # (11) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (12) r̄[t] = W_hyᵀ z̄_y[t]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dr.reshape(T * B, H))
        # (21) W̄_hy += z̄_y[t] r[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, r.reshape(T * B, H), out=dW_hy)
        # (22) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (13) x̄[t] = r̄[t] ∘ step(r[t]) + (1 − alpha) x̄[t+1] + s̄_x[t+1] ∘ step(s_x[t+1])
            _step(r[t], out=dx[t])
            np.multiply(dr[t], dx[t], out=dx[t])
        for t in reversed(range(T)):
            # (13) x̄[t] = r̄[t] ∘ step(r[t]) + (1 − alpha) x̄[t+1] + s̄_x[t+1] ∘ step(s_x[t+1])
            np.add(dx[t], carry_x, out=dx[t])
            # (14) ū_x[t] = alpha x̄[t]
            np.multiply(alpha, dx[t], out=du_x[t])
            # (15) s̄_x[t] = W_recᵀ ū_x[t]
            np.matmul(du_x[t], W_rec, out=ds_x)
            # (13) what step t gives to x of earlier steps: (1 − alpha) x̄[t] + s̄_x[t] ∘ step(s_x[t])
            np.subtract(1.0, alpha, out=carry_x)
            np.multiply(carry_x, dx[t], out=carry_x)
            _step(s_x[t], out=_B_H)
            np.multiply(ds_x, _B_H, out=_B_H)
            np.add(carry_x, _B_H, out=carry_x)
        # (19) W̄_in += ū_x[t] u[t]ᵀ
        np.matmul(du_x.reshape(T * B, H).T, u.reshape(T * B, I), out=dW_in)
        # (20) b̄ += ū_x[t]
        np.sum(du_x, axis=(0, 1), out=db)
        # (23) ū[t] = W_inᵀ ū_x[t]
        np.matmul(du_x.reshape(T * B, H), W_in, out=du.reshape(T * B, I))
        # (16) W̄_rec += ū_x[t] s_x[t]ᵀ
        np.matmul(du_x.reshape(T * B, H).T, s_x.reshape(T * B, H), out=dW_rec)
        # (24) x̄[0] = (1 − alpha) x̄[1] + s̄_x[1] ∘ step(s_x[1])
        np.copyto(dx0, carry_x)
        # (17) s̄_W_rec = W̄_rec diag(d)
        np.multiply(dW_rec, d, out=ds_W_rec)
        # (18) W̄ += s̄_W_rec ∘ sign(W)
        np.sign(W, out=dW)
        np.multiply(ds_W_rec, dW, out=dW)
    return Gradients(dW=dW, dW_in=dW_in, db=db, dW_hy=dW_hy, db_y=db_y, du=du, dx0=dx0)


def loss_and_gradient(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    d,      # (H)        parameter: constant: it has no gradient
):
    """Return the loss and its gradients."""
    kept = forward(u, x0, y, W, W_in, b, W_hy, b_y, alpha, d)
    gradients = backward(u, y, W, W_in, W_hy, alpha, d, kept.r, kept.y_hat, kept.W_rec, kept.s_x)
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
    np.heaviside(x, 0.0, out=out)
