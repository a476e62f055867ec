"""vanilla recurrent network whose state is the pre-activation with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", 2012,
arXiv:1211.5063

    (1)  s_x[t] = tanh(x[t−1])
    (2)  x[t] = W_rec s_x[t] + W_in u[t] + b
    (3)  z_y[t] = W_hy x[t] + b_y
    (4)  y_hat[t] = softmax(z_y[t])
    (5)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    W_rec  (H, H)     parameter: trained
    W_in   (H, I)     parameter: trained
    b      (H)        parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    x: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    s_x: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_rec: np.ndarray  # (H, H)     gradient: with respect to W_rec
    dW_in: np.ndarray   # (H, I)     gradient: with respect to W_in
    db: np.ndarray      # (H)        gradient: with respect to b
    dW_hy: np.ndarray   # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray    # (O)        gradient: with respect to b_y
    du: np.ndarray      # (T, B, I)  gradient: with respect to u[t]
    dx0: np.ndarray     # (B, H)     gradient: with respect to x0


def forward(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
):
    """Compute every step."""
    T, B, I = u.shape
    H = x0.shape[1]
    O = y.shape[2]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("x0", x0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_rec", W_rec, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    x = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    s_x = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(x[0], x0)
        for t in range(T):
            # (1) s_x[t] = tanh(x[t−1])
            np.tanh(x[t], out=s_x[t])
            # (2) x[t] = W_rec s_x[t] + W_in u[t] + b
            np.matmul(s_x[t], W_rec.T, out=x[t + 1])
            np.matmul(u[t], W_in.T, out=_B_H)
            np.add(x[t + 1], _B_H, out=x[t + 1])
            np.add(x[t + 1], b, out=x[t + 1])
        # (3) z_y[t] = W_hy x[t] + b_y
        np.matmul(x[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (3) z_y[t] = W_hy x[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (4) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (5) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (5) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(x=x, y_hat=y_hat, s_x=s_x, J=J[()])


def backward(
    u,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)         parameter: trained
    W_in,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    x,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    s_x,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = u.shape
    O = y.shape[2]
    H = W_rec.shape[0]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_rec", W_rec, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("x", x, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("s_x", s_x, (T, B, H), dtype)

    dW_rec = np.empty((H, H), dtype)
    dW_in = np.empty((H, I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    du = np.empty((T, B, I), dtype)
    dx0 = np.empty((B, H), dtype)
    carry_x = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dx = np.empty((T, B, H), dtype)
    ds_x = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_x, 0.0)
        for t in reversed(range(T)):
            # (7) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (8) x̄[t] = W_hyᵀ z̄_y[t] + s̄_x[t+1] ∘ (1 − s_x[t+1]²)
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dx.reshape(T * B, H))
        # (13) W̄_hy += z̄_y[t] x[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, x[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (14) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (8) x̄[t] = W_hyᵀ z̄_y[t] + s̄_x[t+1] ∘ (1 − s_x[t+1]²)
            np.add(dx[t], carry_x, out=dx[t])
            # (9) s̄_x[t] = W_recᵀ x̄[t]
            np.matmul(dx[t], W_rec, out=ds_x)
            # (8) what step t gives to x of earlier steps: s̄_x[t] ∘ (1 − s_x[t]²)
            np.square(s_x[t], out=carry_x)
            np.subtract(1.0, carry_x, out=carry_x)
            np.multiply(ds_x, carry_x, out=carry_x)
        # (10) W̄_rec += x̄[t] s_x[t]ᵀ
        np.matmul(dx.reshape(T * B, H).T, s_x.reshape(T * B, H), out=dW_rec)
        # (11) W̄_in += x̄[t] u[t]ᵀ
        np.matmul(dx.reshape(T * B, H).T, u.reshape(T * B, I), out=dW_in)
        # (12) b̄ += x̄[t]
        np.sum(dx, axis=(0, 1), out=db)
        # (15) ū[t] = W_inᵀ x̄[t]
        np.matmul(dx.reshape(T * B, H), W_in, out=du.reshape(T * B, I))
        # (16) x̄[0] = s̄_x[1] ∘ (1 − s_x[1]²)
        np.copyto(dx0, carry_x)
    return Gradients(dW_rec=dW_rec, dW_in=dW_in, db=db, dW_hy=dW_hy, db_y=db_y, du=du, dx0=dx0)


def loss_and_gradient(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(u, x0, y, W_rec, W_in, b, W_hy, b_y)
    gradients = backward(u, y, W_rec, W_in, W_hy, kept.x, kept.y_hat, kept.s_x)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
