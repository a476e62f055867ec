"""vanilla recurrent network with transposed weights with softmax and cross-entropy with transposed weights:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Harsha Vardhan, "vanilla Recurrent Neural-Network: back-propagation derivation", 2022

    (1)  z_a[t] = W_aaᵀ a[t−1] + W_axᵀ x[t] + b_a
    (2)  a[t] = tanh(z_a[t])
    (3)  z_y[t] = W_yaᵀ a[t] + b_y
    (4)  y_hat[t] = softmax(z_y[t])
    (5)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T    steps
    B    sequences in the batch
    n_x  entries of x
    n_a  entries of a
    n_y  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, n_x)  input: of every step
    a0    (B, n_a)     initial state: a before the first step
    y     (T, B, n_y)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_aa  (n_a, n_a)   parameter: trained
    W_ax  (n_x, n_a)   parameter: trained
    b_a   (n_a)        parameter: trained
    W_ya  (n_a, n_y)   parameter: trained
    b_y   (n_y)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    a: np.ndarray      # (T + 1, B, n_a)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, n_y)      output: of every step
    J: np.ndarray      # ()               loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_aa: np.ndarray  # (n_a, n_a)   gradient: with respect to W_aa
    dW_ax: np.ndarray  # (n_x, n_a)   gradient: with respect to W_ax
    db_a: np.ndarray   # (n_a)        gradient: with respect to b_a
    dW_ya: np.ndarray  # (n_a, n_y)   gradient: with respect to W_ya
    db_y: np.ndarray   # (n_y)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, n_x)  gradient: with respect to x[t]
    da0: np.ndarray    # (B, n_a)     gradient: with respect to a0


def forward(
    x,     # (T, B, n_x)  input: of every step
    a0,    # (B, n_a)     initial state: a before the first step
    y,     # (T, B, n_y)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_aa,  # (n_a, n_a)   parameter: trained
    W_ax,  # (n_x, n_a)   parameter: trained
    b_a,   # (n_a)        parameter: trained
    W_ya,  # (n_a, n_y)   parameter: trained
    b_y,   # (n_y)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, a0, y, W_aa, W_ax, b_a, W_ya, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, n_x)  input: of every step
    a0,    # (B, n_a)     initial state: a before the first step
    y,     # (T, B, n_y)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_aa,  # (n_a, n_a)   parameter: trained
    W_ax,  # (n_x, n_a)   parameter: trained
    b_a,   # (n_a)        parameter: trained
    W_ya,  # (n_a, n_y)   parameter: trained
    b_y,   # (n_y)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, n_x = x.shape
    n_a = a0.shape[1]
    n_y = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, n_x), dtype)
    _check("a0", a0, (B, n_a), dtype)
    _check("y", y, (T, B, n_y), dtype)
    _check("W_aa", W_aa, (n_a, n_a), dtype)
    _check("W_ax", W_ax, (n_x, n_a), dtype)
    _check("b_a", b_a, (n_a,), dtype)
    _check("W_ya", W_ya, (n_a, n_y), dtype)
    _check("b_y", b_y, (n_y,), dtype)

    if into is None:
        into = Kept(
            a=np.empty((T + 1, B, n_a), dtype),
            y_hat=np.empty((T, B, n_y), dtype),
            J=np.empty((), dtype),
        )
    a, y_hat, J = into
    z_y = np.empty((T, B, n_y), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    _B_n_a = np.empty((B, n_a), dtype)
    _T_B_n_y = np.empty((T, B, n_y), dtype)

    steps = list(zip(
        a[1 : T + 1],  # a_next
        a[0:T],        # a_t
        x,             # x_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(a[0], a0)
            b_a_row = b_a[np.newaxis]
            for a_next, a_t, x_t in steps:
                # (1) z_a[t] = W_aaᵀ a[t−1] + W_axᵀ x[t] + b_a
                np.dot(a_t, W_aa, a_next)
                np.dot(x_t, W_ax, _B_n_a)
                np.add(a_next, _B_n_a, a_next)
                np.add(a_next, b_a_row, a_next)
                # (2) a[t] = tanh(z_a[t])
                np.tanh(a_next, a_next)
            # (3) z_y[t] = W_yaᵀ a[t] + b_y
            np.dot(a[1 : T + 1].reshape(T * B, n_a), W_ya, z_y.reshape(T * B, n_y))
            np.add(z_y, b_y, z_y)
            # (4) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (5) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_n_y)
            np.subtract(_T_B_n_y, log_total[:, :, np.newaxis], _T_B_n_y)
            np.multiply(y, _T_B_n_y, _T_B_n_y)
            np.negative(_T_B_n_y, _T_B_n_y)
            np.add.reduce(_T_B_n_y, axis=None, out=J)

    return into, run


def backward(
    x,      # (T, B, n_x)      input: of every step
    y,      # (T, B, n_y)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_aa,   # (n_a, n_a)       parameter: trained
    W_ax,   # (n_x, n_a)       parameter: trained
    W_ya,   # (n_a, n_y)       parameter: trained
    a,      # (T + 1, B, n_a)  output: state; the first is initial
    y_hat,  # (T, B, n_y)      output: of every step
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_aa, W_ax, W_ya, a, y_hat)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, n_x)      input: of every step
    y,      # (T, B, n_y)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_aa,   # (n_a, n_a)       parameter: trained
    W_ax,   # (n_x, n_a)       parameter: trained
    W_ya,   # (n_a, n_y)       parameter: trained
    a,      # (T + 1, B, n_a)  output: state; the first is initial
    y_hat,  # (T, B, n_y)      output: of every step
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, n_x = x.shape
    n_y = y.shape[2]
    n_a = W_aa.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, n_x), dtype)
    _check("y", y, (T, B, n_y), dtype)
    _check("W_aa", W_aa, (n_a, n_a), dtype)
    _check("W_ax", W_ax, (n_x, n_a), dtype)
    _check("W_ya", W_ya, (n_a, n_y), dtype)
    _check("a", a, (T + 1, B, n_a), dtype)
    _check("y_hat", y_hat, (T, B, n_y), dtype)

    if into is None:
        into = Gradients(
            dW_aa=np.empty((n_a, n_a), dtype),
            dW_ax=np.empty((n_x, n_a), dtype),
            db_a=np.empty((n_a,), dtype),
            dW_ya=np.empty((n_a, n_y), dtype),
            db_y=np.empty((n_y,), dtype),
            dx=np.empty((T, B, n_x), dtype),
            da0=np.empty((B, n_a), dtype),
        )
    dW_aa, dW_ax, db_a, dW_ya, db_y, dx, da0 = into
    carry_a = np.empty((B, n_a), dtype)
    dz_y = np.empty((T, B, n_y), dtype)
    da = np.empty((T, B, n_a), dtype)
    dz_a = np.empty((T, B, n_a), dtype)
    W_aa_T = np.empty((n_a, n_a), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        da[::-1],    # da_t
        dz_a[::-1],  # dz_a_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_aa_T, W_aa.T)
            np.copyto(carry_a, 0.0)
            # (7) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (9) z̄_a[t] = ā[t] ∘ (1 − a[t]²)
            np.square(a[1 : T + 1], dz_a)
            np.subtract(1.0, dz_a, dz_a)
            # (8) ā[t] = W_ya z̄_y[t] + W_aa z̄_a[t+1]
            np.dot(dz_y.reshape(T * B, n_y), W_ya.T, da.reshape(T * B, n_a))
            # (13) W̄_ya += a[t] z̄_y[t]ᵀ
            np.dot(a[1 : T + 1].reshape(T * B, n_a).T, dz_y.reshape(T * B, n_y), dW_ya)
            # (14) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, n_y), db_y)
            for da_t, dz_a_t in steps:
                # (8) ā[t] = W_ya z̄_y[t] + W_aa z̄_a[t+1]
                np.add(da_t, carry_a, da_t)
                # (9) z̄_a[t] = ā[t] ∘ (1 − a[t]²)
                np.multiply(da_t, dz_a_t, dz_a_t)
                # (8) what step t gives to a of earlier steps: W_aa z̄_a[t]
                np.dot(dz_a_t, W_aa_T, carry_a)
            # (10) W̄_aa += a[t−1] z̄_a[t]ᵀ
            np.dot(a[0:T].reshape(T * B, n_a).T, dz_a.reshape(T * B, n_a), dW_aa)
            # (11) W̄_ax += x[t] z̄_a[t]ᵀ
            np.dot(x.reshape(T * B, n_x).T, dz_a.reshape(T * B, n_a), dW_ax)
            # (12) b̄_a += z̄_a[t]
            np.matmul(_ones_T_B, dz_a.reshape(T * B, n_a), db_a)
            # (15) x̄[t] = W_ax z̄_a[t]
            np.dot(dz_a.reshape(T * B, n_a), W_ax.T, dx.reshape(T * B, n_x))
            # (16) ā[0] = W_aa z̄_a[1]
            np.copyto(da0, carry_a)

    return into, run


def loss_and_gradient(
    x,     # (T, B, n_x)  input: of every step
    a0,    # (B, n_a)     initial state: a before the first step
    y,     # (T, B, n_y)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_aa,  # (n_a, n_a)   parameter: trained
    W_ax,  # (n_x, n_a)   parameter: trained
    b_a,   # (n_a)        parameter: trained
    W_ya,  # (n_a, n_y)   parameter: trained
    b_y,   # (n_y)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, a0, y, W_aa, W_ax, b_a, W_ya, b_y)
    gradients = backward(x, y, W_aa, W_ax, W_ya, kept.a, kept.y_hat)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
