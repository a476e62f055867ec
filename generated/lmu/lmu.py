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
    kept, run = bind_forward(x, h0, m0, y, e_x, e_h, e_m, W_x, W_h, W_m, W_hy, b_y, A_bar, B_bar)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
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
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Kept(
            m=np.empty((T + 1, B, N), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            J=np.empty((), dtype),
        )
    m, h, y_hat, J = into
    u = np.empty((B, 1), dtype)
    z_y = np.empty((T, B, O), dtype)
    inner = np.empty((T, B), dtype)
    inner_2 = np.empty((B,), dtype)
    inner_3 = np.empty((B,), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    A_bar_T = np.empty((N, N), dtype)
    W_h_T = np.empty((H, H), dtype)
    W_m_T = np.empty((N, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_N = np.empty((B, N), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        h[0:T],        # h_t
        m[0:T],        # m_t
        inner,         # inner_t
        m[1 : T + 1],  # m_next
        h[1 : T + 1],  # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_m_T, W_m.T)
            np.copyto(W_h_T, W_h.T)
            np.copyto(A_bar_T, A_bar.T)
            np.copyto(h[0], h0)
            np.copyto(m[0], m0)
            # (3) z_h[t] = W_x x[t] + W_h h[t−1] + W_m m[t]
            np.dot(x.reshape(T * B, I), W_x.T, h[1 : T + 1].reshape(T * B, H))
            # (1) u[t] = e_xᵀ x[t] + e_hᵀ h[t−1] + e_mᵀ m[t−1]
            np.einsum("k,ijk->ij", e_x, x, out=inner)
            e_h_row = e_h[np.newaxis]
            e_m_row = e_m[np.newaxis]
            B_bar_row = B_bar[np.newaxis]
            for h_t, m_t, inner_t, m_next, h_next in steps:
                # (1) u[t] = e_xᵀ x[t] + e_hᵀ h[t−1] + e_mᵀ m[t−1]
                np.multiply(e_h_row, h_t, _B_H)
                np.add.reduce(_B_H, axis=1, out=inner_2)
                np.multiply(e_m_row, m_t, _B_N)
                np.add.reduce(_B_N, axis=1, out=inner_3)
                np.add(inner_t[:, np.newaxis], inner_2[:, np.newaxis], u)
                np.add(u, inner_3[:, np.newaxis], u)
                # (2) m[t] = A_bar m[t−1] + B_bar u[t]
                np.dot(m_t, A_bar_T, m_next)
                np.multiply(B_bar_row, u, _B_N)
                np.add(m_next, _B_N, m_next)
                # (3) z_h[t] = W_x x[t] + W_h h[t−1] + W_m m[t]
                np.dot(h_t, W_h_T, _B_H)
                np.add(h_next, _B_H, h_next)
                np.dot(m_next, W_m_T, _B_H)
                np.add(h_next, _B_H, h_next)
                # (4) h[t] = tanh(z_h[t])
                np.tanh(h_next, h_next)
            # (5) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (6) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (7) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


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
    gradients, run = bind_backward(x, y, e_x, e_h, e_m, W_x, W_h, W_m, W_hy, A_bar, B_bar, m, h, y_hat)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            de_x=np.empty((I,), dtype),
            de_h=np.empty((H,), dtype),
            de_m=np.empty((N,), dtype),
            dW_x=np.empty((H, I), dtype),
            dW_h=np.empty((H, H), dtype),
            dW_m=np.empty((H, N), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
            dm0=np.empty((B, N), dtype),
        )
    de_x, de_h, de_m, dW_x, dW_h, dW_m, dW_hy, db_y, dx, dh0, dm0 = into
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
    _T_B_I = np.empty((T, B, I), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],    # dh_t
        dz_h[::-1],  # dz_h_t
        du[::-1],    # du_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_m, 0.0)
            # (9) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (11) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h[1 : T + 1], dz_h)
            np.subtract(1.0, dz_h, dz_h)
            # (10) h̄[t] = W_hyᵀ z̄_y[t] + W_hᵀ z̄_h[t+1] + e_h ū[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (20) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (21) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            B_bar_row = B_bar[np.newaxis]
            e_h_row = e_h[np.newaxis]
            e_m_row = e_m[np.newaxis]
            for dh_t, dz_h_t, du_t in steps:
                # (10) h̄[t] = W_hyᵀ z̄_y[t] + W_hᵀ z̄_h[t+1] + e_h ū[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (11) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (12) m̄[t] = W_mᵀ z̄_h[t] + A_barᵀ m̄[t+1] + e_m ū[t+1]
                np.dot(dz_h_t, W_m, dm)
                np.add(dm, carry_m, dm)
                # (13) ū[t] = B_barᵀ m̄[t]
                np.multiply(B_bar_row, dm, _B_N)
                np.add.reduce(_B_N, axis=1, out=inner_4)
                np.copyto(du_t, inner_4[:, np.newaxis])
                # (10) what step t gives to h of earlier steps: W_hᵀ z̄_h[t] + e_h ū[t]
                np.dot(dz_h_t, W_h, carry_h)
                np.multiply(e_h_row, du_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
                # (12) what step t gives to m of earlier steps: A_barᵀ m̄[t] + e_m ū[t]
                np.dot(dm, A_bar, carry_m)
                np.multiply(e_m_row, du_t, _B_N)
                np.add(carry_m, _B_N, carry_m)
            # (14) ē_x += x[t] ū[t]
            np.einsum("ijk,ij->k", x, du[:, :, 0], out=de_x)
            # (15) ē_h += h[t−1] ū[t]
            np.einsum("ijk,ij->k", h[0:T], du[:, :, 0], out=de_h)
            # (16) ē_m += m[t−1] ū[t]
            np.einsum("ijk,ij->k", m[0:T], du[:, :, 0], out=de_m)
            # (17) W̄_x += z̄_h[t] x[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, x.reshape(T * B, I), dW_x)
            # (18) W̄_h += z̄_h[t] h[t−1]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, h[0:T].reshape(T * B, H), dW_h)
            # (19) W̄_m += z̄_h[t] m[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, m[1 : T + 1].reshape(T * B, N), dW_m)
            # (22) x̄[t] = W_xᵀ z̄_h[t] + e_x ū[t]
            np.dot(dz_h.reshape(T * B, H), W_x, dx.reshape(T * B, I))
            np.multiply(e_x, du, _T_B_I)
            np.add(dx, _T_B_I, dx)
            # (23) h̄[0] = W_hᵀ z̄_h[1] + e_h ū[1]
            np.copyto(dh0, carry_h)
            # (24) m̄[0] = A_barᵀ m̄[1] + e_m ū[1]
            np.copyto(dm0, carry_m)

    return into, run


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
