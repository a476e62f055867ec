"""Legendre memory unit with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Voelker, Kajic, Eliasmith, "Legendre memory units: continuous-time representation in
recurrent neural networks", NeurIPS 2019

    (1)  u[t] = e_xᵀ x[t] + e_hᵀ h[t−1] + e_mᵀ m[t−1]
    (2)  m[t] = A_bar m[t−1] + B_bar u[t]
    (3)  z_h[t] = W_x x[t] + W_h h[t−1] + W_m m[t]
    (4)  h[t] = tanh(z_h[t])
    (5)  z_y[t] = W_hy h[t] + b_y
    (6)  y_hat[t] = softmax(z_y[t])
    (7)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    N  entries of m
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x      (T, B, I)  input: of every step
    h0     (B, H)     initial state: h before the first step
    m0     (B, N)     initial state: m before the first step
    y      (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    e_x    (I)        parameter: trained
    e_h    (H)        parameter: trained
    e_m    (N)        parameter: trained
    W_x    (H, I)     parameter: trained
    W_h    (H, H)     parameter: trained
    W_m    (H, N)     parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained
    A_bar  (N, N)     parameter: constant: it has no gradient
    B_bar  (N)        parameter: constant: it has no gradient

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    m: np.ndarray      # (T + 1, B, N)  output: state; the first is initial
    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    de_x: np.ndarray   # (I)        gradient: with respect to e_x
    de_h: np.ndarray   # (H)        gradient: with respect to e_h
    de_m: np.ndarray   # (N)        gradient: with respect to e_m
    dW_x: np.ndarray   # (H, I)     gradient: with respect to W_x
    dW_h: np.ndarray   # (H, H)     gradient: with respect to W_h
    dW_m: np.ndarray   # (H, N)     gradient: with respect to W_m
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0
    dm0: np.ndarray    # (B, N)     gradient: with respect to m0


def forward(
    x,      # (T, B, I)  input: of every step
    h0,     # (B, H)     initial state: h before the first step
    m0,     # (B, N)     initial state: m before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    e_x,    # (I)        parameter: trained
    e_h,    # (H)        parameter: trained
    e_m,    # (N)        parameter: trained
    W_x,    # (H, I)     parameter: trained
    W_h,    # (H, H)     parameter: trained
    W_m,    # (H, N)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    A_bar,  # (N, N)     parameter: constant: it has no gradient
    B_bar,  # (N)        parameter: constant: it has no gradient
):
    """Compute every step."""
    T, B, I = x.shape
    H = h0.shape[1]
    N = m0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("m0", m0, (B, N), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("e_x", e_x, (I,), dtype)
    _check("e_h", e_h, (H,), dtype)
    _check("e_m", e_m, (N,), dtype)
    _check("W_x", W_x, (H, I), dtype)
    _check("W_h", W_h, (H, H), dtype)
    _check("W_m", W_m, (H, N), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("A_bar", A_bar, (N, N), dtype)
    _check("B_bar", B_bar, (N,), dtype)

    m = np.empty((T + 1, B, N), dtype)
    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    J = np.empty((), dtype)
    u = np.empty((B, 1), dtype)
    z_y = np.empty((T, B, O), dtype)
    inner = np.empty((T, B), dtype)
    inner_2 = np.empty((B,), dtype)
    inner_3 = np.empty((B,), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_I = np.empty((B, I), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_N = np.empty((B, N), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(m[0], m0)
        # (3) z_h[t] = W_x x[t] + W_h h[t−1] + W_m m[t]
        np.matmul(x.reshape(T * B, I), W_x.T, out=h[1 : T + 1].reshape(T * B, H))
        for t in range(T):
            # (1) u[t] = e_xᵀ x[t] + e_hᵀ h[t−1] + e_mᵀ m[t−1]
            np.multiply(e_x, x[t], out=_B_I)
            np.sum(_B_I, axis=1, out=inner[t])
        for t in range(T):
            # (1) u[t] = e_xᵀ x[t] + e_hᵀ h[t−1] + e_mᵀ m[t−1]
            np.multiply(e_h, h[t], out=_B_H)
            np.sum(_B_H, axis=1, out=inner_2)
            np.multiply(e_m, m[t], out=_B_N)
            np.sum(_B_N, axis=1, out=inner_3)
            np.add(inner[t][:, np.newaxis], inner_2[:, np.newaxis], out=u)
            np.add(u, inner_3[:, np.newaxis], out=u)
            # (2) m[t] = A_bar m[t−1] + B_bar u[t]
            np.matmul(m[t], A_bar.T, out=m[t + 1])
            np.multiply(B_bar, u, out=_B_N)
            np.add(m[t + 1], _B_N, out=m[t + 1])
            # (3) z_h[t] = W_x x[t] + W_h h[t−1] + W_m m[t]
            np.matmul(h[t], W_h.T, out=_B_H)
            np.add(h[t + 1], _B_H, out=h[t + 1])
            np.matmul(m[t + 1], W_m.T, out=_B_H)
            np.add(h[t + 1], _B_H, out=h[t + 1])
            # (4) h[t] = tanh(z_h[t])
            np.tanh(h[t + 1], out=h[t + 1])
        # (5) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (5) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (6) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (7) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (7) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(m=m, h=h, y_hat=y_hat, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    e_x,    # (I)            parameter: trained
    e_h,    # (H)            parameter: trained
    e_m,    # (N)            parameter: trained
    W_x,    # (H, I)         parameter: trained
    W_h,    # (H, H)         parameter: trained
    W_m,    # (H, N)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    A_bar,  # (N, N)         parameter: constant: it has no gradient
    B_bar,  # (N)            parameter: constant: it has no gradient
    m,      # (T + 1, B, N)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H, = e_h.shape
    N, = e_m.shape
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("e_x", e_x, (I,), dtype)
    _check("e_h", e_h, (H,), dtype)
    _check("e_m", e_m, (N,), dtype)
    _check("W_x", W_x, (H, I), dtype)
    _check("W_h", W_h, (H, H), dtype)
    _check("W_m", W_m, (H, N), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("A_bar", A_bar, (N, N), dtype)
    _check("B_bar", B_bar, (N,), dtype)
    _check("m", m, (T + 1, B, N), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)

    de_x = np.empty((I,), dtype)
    de_h = np.empty((H,), dtype)
    de_m = np.empty((N,), dtype)
    dW_x = np.empty((H, I), dtype)
    dW_h = np.empty((H, H), dtype)
    dW_m = np.empty((H, N), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    dm0 = np.empty((B, N), dtype)
    carry_h = np.empty((B, H), dtype)
    carry_m = np.empty((B, N), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    dm = np.empty((B, N), dtype)
    du = np.empty((T, B, 1), dtype)
    inner_4 = np.empty((B,), dtype)
    _B_N = np.empty((B, N), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_I = np.empty((B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        np.copyto(carry_m, 0.0)
        for t in reversed(range(T)):
            # (9) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (10) h̄[t] = W_hyᵀ z̄_y[t] + W_hᵀ z̄_h[t+1] + e_h ū[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (20) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (21) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (10) h̄[t] = W_hyᵀ z̄_y[t] + W_hᵀ z̄_h[t+1] + e_h ū[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (11) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h[t + 1], out=dz_h[t])
            np.subtract(1.0, dz_h[t], out=dz_h[t])
            np.multiply(dh[t], dz_h[t], out=dz_h[t])
            # (12) m̄[t] = W_mᵀ z̄_h[t] + A_barᵀ m̄[t+1] + e_m ū[t+1]
            np.matmul(dz_h[t], W_m, out=dm)
            np.add(dm, carry_m, out=dm)
            # (13) ū[t] = B_barᵀ m̄[t]
            np.multiply(B_bar, dm, out=_B_N)
            np.sum(_B_N, axis=1, out=inner_4)
            np.copyto(du[t], inner_4[:, np.newaxis])
            # (10) what step t gives to h of earlier steps: W_hᵀ z̄_h[t] + e_h ū[t]
            np.matmul(dz_h[t], W_h, out=carry_h)
            np.multiply(e_h, du[t], out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            # (12) what step t gives to m of earlier steps: A_barᵀ m̄[t] + e_m ū[t]
            np.matmul(dm, A_bar, out=carry_m)
            np.multiply(e_m, du[t], out=_B_N)
            np.add(carry_m, _B_N, out=carry_m)
        # (14) ē_x += x[t] ū[t]
        np.einsum("ijk,ij->k", x, du[:, :, 0], out=de_x)
        # (15) ē_h += h[t−1] ū[t]
        np.einsum("ijk,ij->k", h[0:T], du[:, :, 0], out=de_h)
        # (16) ē_m += m[t−1] ū[t]
        np.einsum("ijk,ij->k", m[0:T], du[:, :, 0], out=de_m)
        # (17) W̄_x += z̄_h[t] x[t]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, x.reshape(T * B, I), out=dW_x)
        # (18) W̄_h += z̄_h[t] h[t−1]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, h[0:T].reshape(T * B, H), out=dW_h)
        # (19) W̄_m += z̄_h[t] m[t]ᵀ
        np.matmul(dz_h.reshape(T * B, H).T, m[1 : T + 1].reshape(T * B, N), out=dW_m)
        # (22) x̄[t] = W_xᵀ z̄_h[t] + e_x ū[t]
        np.matmul(dz_h.reshape(T * B, H), W_x, out=dx.reshape(T * B, I))
        for t in reversed(range(T)):
            # (22) x̄[t] = W_xᵀ z̄_h[t] + e_x ū[t]
            np.multiply(e_x, du[t], out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
        # (23) h̄[0] = W_hᵀ z̄_h[1] + e_h ū[1]
        np.copyto(dh0, carry_h)
        # (24) m̄[0] = A_barᵀ m̄[1] + e_m ū[1]
        np.copyto(dm0, carry_m)
    return Gradients(de_x=de_x, de_h=de_h, de_m=de_m, dW_x=dW_x, dW_h=dW_h, dW_m=dW_m, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0, dm0=dm0)


def loss_and_gradient(
    x,      # (T, B, I)  input: of every step
    h0,     # (B, H)     initial state: h before the first step
    m0,     # (B, N)     initial state: m before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    e_x,    # (I)        parameter: trained
    e_h,    # (H)        parameter: trained
    e_m,    # (N)        parameter: trained
    W_x,    # (H, I)     parameter: trained
    W_h,    # (H, H)     parameter: trained
    W_m,    # (H, N)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    A_bar,  # (N, N)     parameter: constant: it has no gradient
    B_bar,  # (N)        parameter: constant: it has no gradient
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, m0, y, e_x, e_h, e_m, W_x, W_h, W_m, W_hy, b_y, A_bar, B_bar)
    gradients = backward(x, y, e_x, e_h, e_m, W_x, W_h, W_m, W_hy, A_bar, B_bar, kept.m, kept.h, kept.y_hat)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
