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
    kept, run = bind_forward(u, r0, y, W_rec, W_in, b, W_hy, b_y, alpha)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    u,      # (T, B, I)  input: of every step
    r0,     # (B, H)     initial state: r before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Kept(
            r=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_r=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    r, y_hat, a_r, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_rec_T = np.empty((H, H), dtype)
    W_in_T = np.empty((I, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_r,           # a_r_t
        r[0:T],        # r_t
        u,             # u_t
        r[1 : T + 1],  # r_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_in_T, W_in.T)
            np.copyto(W_rec_T, W_rec.T)
            np.copyto(r[0], r0)
            b_row = b[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for a_r_t, r_t, u_t, r_next in steps:
                # (1) z_r[t] = W_rec r[t−1] + W_in u[t] + b
                np.dot(r_t, W_rec_T, a_r_t)
                np.dot(u_t, W_in_T, _B_H)
                np.add(a_r_t, _B_H, a_r_t)
                np.add(a_r_t, b_row, a_r_t)
                # (2) a_r[t] = softplus(z_r[t])
                _softplus(a_r_t, a_r_t)
                # (3) r[t] = (1 − alpha) r[t−1] + alpha a_r[t]
                np.subtract(number_1, alpha, _1)
                np.multiply(_1, r_t, r_next)
                np.multiply(alpha, a_r_t, _B_H)
                np.add(r_next, _B_H, r_next)
            # (4) z_y[t] = W_hy r[t] + b_y
            np.dot(r[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (5) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (6) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


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
    gradients, run = bind_backward(u, y, W_rec, W_in, W_hy, alpha, r, y_hat, a_r)
    run()
    return gradients


def bind_backward(
    u,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_rec,  # (H, H)         parameter: trained
    W_in,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    alpha,  # ()             parameter: constant: it has no gradient; usually 0.2
    r,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    a_r,    # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dW_rec=np.empty((H, H), dtype),
            dW_in=np.empty((H, I), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            du=np.empty((T, B, I), dtype),
            dr0=np.empty((B, H), dtype),
        )
    dW_rec, dW_in, db, dW_hy, db_y, du, dr0 = into
    carry_r = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dr = np.empty((T, B, H), dtype)
    dz_r = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _1 = np.empty((), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dr[::-1],    # dr_t
        dz_r[::-1],  # dz_r_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_r, 0.0)
            # (8) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (11) z̄_r[t] = ā_r[t] ∘ (1 + (−1) ⊘ exp(a_r[t]))
            np.negative(1.0, dz_r)
            np.exp(a_r, _T_B_H)
            np.divide(dz_r, _T_B_H, dz_r)
            np.add(1.0, dz_r, dz_r)
            np.multiply(alpha, dz_r, dz_r)
            # (9) r̄[t] = W_hyᵀ z̄_y[t] + (1 − alpha) r̄[t+1] + W_recᵀ z̄_r[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dr.reshape(T * B, H))
            # (15) W̄_hy += z̄_y[t] r[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, r[1 : T + 1].reshape(T * B, H), dW_hy)
            # (16) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            number_1 = np.array(1.0, dtype)
            for dr_t, dz_r_t in steps:
                # (9) r̄[t] = W_hyᵀ z̄_y[t] + (1 − alpha) r̄[t+1] + W_recᵀ z̄_r[t+1]
                np.add(dr_t, carry_r, dr_t)
                # (11) z̄_r[t] = ā_r[t] ∘ (1 + (−1) ⊘ exp(a_r[t]))
                np.multiply(dr_t, dz_r_t, dz_r_t)
                # (9) what step t gives to r of earlier steps: (1 − alpha) r̄[t] + W_recᵀ z̄_r[t]
                np.dot(dz_r_t, W_rec, carry_r)
                np.subtract(number_1, alpha, _1)
                np.multiply(_1, dr_t, _B_H)
                np.add(carry_r, _B_H, carry_r)
            # (12) W̄_rec += z̄_r[t] r[t−1]ᵀ
            np.dot(dz_r.reshape(T * B, H).T, r[0:T].reshape(T * B, H), dW_rec)
            # (13) W̄_in += z̄_r[t] u[t]ᵀ
            np.dot(dz_r.reshape(T * B, H).T, u.reshape(T * B, I), dW_in)
            # (14) b̄ += z̄_r[t]
            np.matmul(_ones_T_B, dz_r.reshape(T * B, H), db)
            # (17) ū[t] = W_inᵀ z̄_r[t]
            np.dot(dz_r.reshape(T * B, H), W_in, du.reshape(T * B, I))
            # (18) r̄[0] = (1 − alpha) r̄[1] + W_recᵀ z̄_r[1]
            np.copyto(dr0, carry_r)

    return into, run


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
    np.logaddexp(x, 0.0, out)
