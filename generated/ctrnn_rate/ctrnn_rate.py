"""continuous-time network in rates, Euler steps, without noise with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Yang, Joglekar, Song, Newsome, Wang, "Task representations in neural networks trained to
perform many cognitive tasks", Nature Neuroscience 22 (2019) 297-306

    (1)  z_r[t] = W_rec r[t−1] + W_in u[t] + b
    (2)  a_r[t] = softplus(z_r[t])
    (3)  r[t] = (1 − alpha) r[t−1] + alpha a_r[t]
    (4)  z_y[t] = W_hy r[t] + b_y
    (5)  y_hat[t] = softmax(z_y[t])
    (6)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of u
    H  entries of r
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u      (T, B, I)  input: of every step
    r0     (B, H)     initial state: r before the first step
    y      (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec  (H, H)     parameter: trained
    W_in   (H, I)     parameter: trained
    b      (H)        parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained
    alpha  ()         parameter: constant: it has no gradient; usually 0.2

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    r: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    a_r: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_rec: np.ndarray  # (H, H)     gradient: with respect to W_rec
    dW_in: np.ndarray   # (H, I)     gradient: with respect to W_in
    db: np.ndarray      # (H)        gradient: with respect to b
    dW_hy: np.ndarray   # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray    # (O)        gradient: with respect to b_y
    du: np.ndarray      # (T, B, I)  gradient: with respect to u[t]
    dr0: np.ndarray     # (B, H)     gradient: with respect to r0


def forward(
    u,      # (T, B, I)  input: of every step
    r0,     # (B, H)     initial state: r before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
):
    """Compute every step."""
    T, B, I = u.shape
    H = r0.shape[1]
    O = y.shape[2]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("r0", r0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_rec", W_rec, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("alpha", alpha, (), dtype)

    r = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    a_r = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(r[0], r0)
        for t in range(T):
            # (1) z_r[t] = W_rec r[t−1] + W_in u[t] + b
            np.matmul(r[t], W_rec.T, out=a_r[t])
            np.matmul(u[t], W_in.T, out=_B_H)
            np.add(a_r[t], _B_H, out=a_r[t])
            np.add(a_r[t], b, out=a_r[t])
            # (2) a_r[t] = softplus(z_r[t])
            _softplus(a_r[t], out=a_r[t])
            # (3) r[t] = (1 − alpha) r[t−1] + alpha a_r[t]
            np.subtract(1.0, alpha, out=_B_H)
            np.multiply(_B_H, r[t], out=_B_H)
            np.multiply(alpha, a_r[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=r[t + 1])
        # (4) z_y[t] = W_hy r[t] + b_y
        np.matmul(r[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (4) z_y[t] = W_hy r[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (5) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (6) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (6) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(r=r, y_hat=y_hat, a_r=a_r, J=J[()])


def backward(
    u,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)         parameter: trained
    W_in,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    alpha,  # ()             parameter: constant: it has no gradient; usually 0.2
    r,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    a_r,    # (T, B, H)      saved: kept for the backward pass
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
    _check("alpha", alpha, (), dtype)
    _check("r", r, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_r", a_r, (T, B, H), dtype)

    dW_rec = np.empty((H, H), dtype)
    dW_in = np.empty((H, I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    du = np.empty((T, B, I), dtype)
    dr0 = np.empty((B, H), dtype)
    carry_r = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dr = np.empty((T, B, H), dtype)
    da_r = np.empty((B, H), dtype)
    dz_r = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_r, 0.0)
        for t in reversed(range(T)):
            # (8) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (9) r̄[t] = W_hyᵀ z̄_y[t] + (1 − alpha) r̄[t+1] + W_recᵀ z̄_r[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dr.reshape(T * B, H))
        # (15) W̄_hy += z̄_y[t] r[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, r[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (16) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (9) r̄[t] = W_hyᵀ z̄_y[t] + (1 − alpha) r̄[t+1] + W_recᵀ z̄_r[t+1]
            np.add(dr[t], carry_r, out=dr[t])
            # (10) ā_r[t] = alpha r̄[t]
            np.multiply(alpha, dr[t], out=da_r)
            # (11) z̄_r[t] = ā_r[t] ∘ (1 + (−1) ⊘ exp(a_r[t]))
            np.negative(1.0, out=dz_r[t])
            np.exp(a_r[t], out=_B_H)
            np.divide(dz_r[t], _B_H, out=dz_r[t])
            np.add(1.0, dz_r[t], out=dz_r[t])
            np.multiply(da_r, dz_r[t], out=dz_r[t])
            # (9) what step t gives to r of earlier steps: (1 − alpha) r̄[t] + W_recᵀ z̄_r[t]
            np.matmul(dz_r[t], W_rec, out=carry_r)
            np.subtract(1.0, alpha, out=_B_H)
            np.multiply(_B_H, dr[t], out=_B_H)
            np.add(carry_r, _B_H, out=carry_r)
        # (12) W̄_rec += z̄_r[t] r[t−1]ᵀ
        np.matmul(dz_r.reshape(T * B, H).T, r[0:T].reshape(T * B, H), out=dW_rec)
        # (13) W̄_in += z̄_r[t] u[t]ᵀ
        np.matmul(dz_r.reshape(T * B, H).T, u.reshape(T * B, I), out=dW_in)
        # (14) b̄ += z̄_r[t]
        np.sum(dz_r, axis=(0, 1), out=db)
        # (17) ū[t] = W_inᵀ z̄_r[t]
        np.matmul(dz_r.reshape(T * B, H), W_in, out=du.reshape(T * B, I))
        # (18) r̄[0] = (1 − alpha) r̄[1] + W_recᵀ z̄_r[1]
        np.copyto(dr0, carry_r)
    return Gradients(dW_rec=dW_rec, dW_in=dW_in, db=db, dW_hy=dW_hy, db_y=db_y, du=du, dr0=dr0)


def loss_and_gradient(
    u,      # (T, B, I)  input: of every step
    r0,     # (B, H)     initial state: r before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
):
    """Return the loss and its gradients."""
    kept = forward(u, r0, y, W_rec, W_in, b, W_hy, b_y, alpha)
    gradients = backward(u, y, W_rec, W_in, W_hy, alpha, kept.r, kept.y_hat, kept.a_r)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _softplus(x, out):
    """Write log(1 + e^x), without overflow."""
    np.logaddexp(x, 0.0, out=out)
