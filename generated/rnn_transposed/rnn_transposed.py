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

    a = np.empty((T + 1, B, n_a), dtype)
    y_hat = np.empty((T, B, n_y), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, n_y), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_n_a = np.empty((B, n_a), dtype)
    _T_B_n_y = np.empty((T, B, n_y), dtype)

    with np.errstate(all="ignore"):
        np.copyto(a[0], a0)
        for t in range(T):
            # (1) z_a[t] = W_aaᵀ a[t−1] + W_axᵀ x[t] + b_a
            np.matmul(a[t], W_aa, out=a[t + 1])
            np.matmul(x[t], W_ax, out=_B_n_a)
            np.add(a[t + 1], _B_n_a, out=a[t + 1])
            np.add(a[t + 1], b_a, out=a[t + 1])
            # (2) a[t] = tanh(z_a[t])
            np.tanh(a[t + 1], out=a[t + 1])
        # (3) z_y[t] = W_yaᵀ a[t] + b_y
        np.matmul(a[1 : T + 1].reshape(T * B, n_a), W_ya, out=z_y.reshape(T * B, n_y))
        for t in range(T):
            # (3) z_y[t] = W_yaᵀ a[t] + b_y
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
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_n_y)
        np.subtract(_T_B_n_y, log_total[:, :, np.newaxis], out=_T_B_n_y)
        np.multiply(y, _T_B_n_y, out=_T_B_n_y)
        np.negative(_T_B_n_y, out=_T_B_n_y)
        np.sum(_T_B_n_y, out=J)
    return Kept(a=a, y_hat=y_hat, J=J[()])


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

    dW_aa = np.empty((n_a, n_a), dtype)
    dW_ax = np.empty((n_x, n_a), dtype)
    db_a = np.empty((n_a,), dtype)
    dW_ya = np.empty((n_a, n_y), dtype)
    db_y = np.empty((n_y,), dtype)
    dx = np.empty((T, B, n_x), dtype)
    da0 = np.empty((B, n_a), dtype)
    carry_a = np.empty((B, n_a), dtype)
    dz_y = np.empty((T, B, n_y), dtype)
    da = np.empty((T, B, n_a), dtype)
    dz_a = np.empty((T, B, n_a), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_a, 0.0)
        for t in reversed(range(T)):
            # (7) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (8) ā[t] = W_ya z̄_y[t] + W_aa z̄_a[t+1]
        np.matmul(dz_y.reshape(T * B, n_y), W_ya.T, out=da.reshape(T * B, n_a))
        # (13) W̄_ya += a[t] z̄_y[t]ᵀ
        np.matmul(a[1 : T + 1].reshape(T * B, n_a).T, dz_y.reshape(T * B, n_y), out=dW_ya)
        # (14) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (8) ā[t] = W_ya z̄_y[t] + W_aa z̄_a[t+1]
            np.add(da[t], carry_a, out=da[t])
            # (9) z̄_a[t] = ā[t] ∘ (1 − a[t]²)
            np.square(a[t + 1], out=dz_a[t])
            np.subtract(1.0, dz_a[t], out=dz_a[t])
            np.multiply(da[t], dz_a[t], out=dz_a[t])
            # (8) what step t gives to a of earlier steps: W_aa z̄_a[t]
            np.matmul(dz_a[t], W_aa.T, out=carry_a)
        # (10) W̄_aa += a[t−1] z̄_a[t]ᵀ
        np.matmul(a[0:T].reshape(T * B, n_a).T, dz_a.reshape(T * B, n_a), out=dW_aa)
        # (11) W̄_ax += x[t] z̄_a[t]ᵀ
        np.matmul(x.reshape(T * B, n_x).T, dz_a.reshape(T * B, n_a), out=dW_ax)
        # (12) b̄_a += z̄_a[t]
        np.sum(dz_a, axis=(0, 1), out=db_a)
        # (15) x̄[t] = W_ax z̄_a[t]
        np.matmul(dz_a.reshape(T * B, n_a), W_ax.T, out=dx.reshape(T * B, n_x))
        # (16) ā[0] = W_aa z̄_a[1]
        np.copyto(da0, carry_a)
    return Gradients(dW_aa=dW_aa, dW_ax=dW_ax, db_a=db_a, dW_ya=dW_ya, db_y=db_y, dx=dx, da0=da0)


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
