"""JANET, just another network: a forget gate and nothing else with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: van der Westhuizen, Lasenby, "The unreasonable effectiveness of the forget gate", 2018,
arXiv:1804.04849

    (1)   s[t] = U_f h[t−1] + W_f x[t] + b_f
    (2)   z_g[t] = U_c h[t−1] + W_c x[t] + b_c
    (3)   g[t] = tanh(z_g[t])
    (4)   a_h[t] = sigmoid(s[t])
    (5)   z_h[t] = s[t] − beta 1
    (6)   a2_h[t] = sigmoid(z_h[t])
    (7)   h[t] = a_h[t] ∘ h[t−1] + (1 − a2_h[t]) ∘ g[t]
    (8)   z_y[t] = W_hy h[t] + b_y
    (9)   y_hat[t] = softmax(z_y[t])
    (10)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_f   (H, H)     parameter: trained
    W_f   (H, I)     parameter: trained
    b_f   (H)        parameter: trained
    U_c   (H, H)     parameter: trained
    W_c   (H, I)     parameter: trained
    b_c   (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained
    beta  ()         parameter: constant: it has no gradient; usually 1

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray       # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray   # (T, B, O)      output: of every step
    a2_h_g: np.ndarray  # (T, B, 2*H)    saved: a2_h, g, side by side
    a_h: np.ndarray     # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray       # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dU_f: np.ndarray   # (H, H)     gradient: with respect to U_f
    dW_f: np.ndarray   # (H, I)     gradient: with respect to W_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dU_c: np.ndarray   # (H, H)     gradient: with respect to U_c
    dW_c: np.ndarray   # (H, I)     gradient: with respect to W_c
    db_c: np.ndarray   # (H)        gradient: with respect to b_c
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_f,   # (H, H)     parameter: trained
    W_f,   # (H, I)     parameter: trained
    b_f,   # (H)        parameter: trained
    U_c,   # (H, H)     parameter: trained
    W_c,   # (H, I)     parameter: trained
    b_c,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    beta,  # ()         parameter: constant: it has no gradient; usually 1
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, U_f, W_f, b_f, U_c, W_c, b_c, W_hy, b_y, beta)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_f,   # (H, H)     parameter: trained
    W_f,   # (H, I)     parameter: trained
    b_f,   # (H)        parameter: trained
    U_c,   # (H, H)     parameter: trained
    W_c,   # (H, I)     parameter: trained
    b_c,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    beta,  # ()         parameter: constant: it has no gradient; usually 1
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    H = h0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("U_c", U_c, (H, H), dtype)
    _check("W_c", W_c, (H, I), dtype)
    _check("b_c", b_c, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("beta", beta, (), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a2_h_g=np.empty((T, B, 2*H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, a2_h_g, a_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    U_f_c = np.empty((H, 2*H), dtype)
    W_f_c = np.empty((I, 2*H), dtype)
    scale = np.empty((2*H,), dtype)
    shift = np.empty((2*H,), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a2_h_g,                 # a2_h_g_t
        h[0:T],                 # h_t
        x,                      # x_t
        a2_h_g[:, :, :H],       # a2_h_t
        a2_h_g[:, :, H : 2*H],  # g_t
        a_h,                    # a_h_t
        h[1 : T + 1],           # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(U_f_c[:, :H], U_f.T)
            np.copyto(U_f_c[:, H : 2*H], U_c.T)
            np.copyto(W_f_c[:, :H], W_f.T)
            np.copyto(W_f_c[:, H : 2*H], W_c.T)
            np.copyto(scale[:H], 0.5)
            np.copyto(scale[H : 2*H], 1.0)
            np.copyto(shift[:H], 0.5)
            np.copyto(shift[H : 2*H], 0.0)
            b_f_row = b_f[np.newaxis]
            b_c_row = b_c[np.newaxis]
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for a2_h_g_t, h_t, x_t, a2_h_t, g_t, a_h_t, h_next in steps:
                # (1) s[t] = U_f h[t−1] + W_f x[t] + b_f
                np.dot(h_t, U_f_c, a2_h_g_t)
                np.dot(x_t, W_f_c, _B_2xH)
                np.add(a2_h_g_t, _B_2xH, a2_h_g_t)
                np.add(a2_h_t, b_f_row, a2_h_t)
                # (2) z_g[t] = U_c h[t−1] + W_c x[t] + b_c
                np.add(g_t, b_c_row, g_t)
                # (4) a_h[t] = sigmoid(s[t])
                _sigmoid(a2_h_t, a_h_t)
                # (5) z_h[t] = s[t] − beta 1
                np.subtract(a2_h_t, beta, a2_h_t)
                # (3, 6) g[t] = tanh(z_g[t]), a2_h[t] = sigmoid(z_h[t])
                np.multiply(scale_row, a2_h_g_t, a2_h_g_t)
                np.tanh(a2_h_g_t, a2_h_g_t)
                np.multiply(scale_row, a2_h_g_t, a2_h_g_t)
                np.add(a2_h_g_t, shift_row, a2_h_g_t)
                # (7) h[t] = a_h[t] ∘ h[t−1] + (1 − a2_h[t]) ∘ g[t]
                np.multiply(a_h_t, h_t, h_next)
                np.subtract(number_1, a2_h_t, _B_H)
                np.multiply(_B_H, g_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (8) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (9) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (10) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,       # (T, B, I)      input: of every step
    y,       # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_f,     # (H, H)         parameter: trained
    W_f,     # (H, I)         parameter: trained
    U_c,     # (H, H)         parameter: trained
    W_c,     # (H, I)         parameter: trained
    W_hy,    # (O, H)         parameter: trained
    h,       # (T + 1, B, H)  output: state; the first is initial
    y_hat,   # (T, B, O)      output: of every step
    a2_h_g,  # (T, B, 2*H)    saved: a2_h, g, side by side
    a_h,     # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, U_f, W_f, U_c, W_c, W_hy, h, y_hat, a2_h_g, a_h)
    run()
    return gradients


def bind_backward(
    x,       # (T, B, I)      input: of every step
    y,       # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_f,     # (H, H)         parameter: trained
    W_f,     # (H, I)         parameter: trained
    U_c,     # (H, H)         parameter: trained
    W_c,     # (H, I)         parameter: trained
    W_hy,    # (O, H)         parameter: trained
    h,       # (T + 1, B, H)  output: state; the first is initial
    y_hat,   # (T, B, O)      output: of every step
    a2_h_g,  # (T, B, 2*H)    saved: a2_h, g, side by side
    a_h,     # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = U_f.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("U_c", U_c, (H, H), dtype)
    _check("W_c", W_c, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a2_h_g", a2_h_g, (T, B, 2*H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dU_f=np.empty((H, H), dtype),
            dW_f=np.empty((H, I), dtype),
            db_f=np.empty((H,), dtype),
            dU_c=np.empty((H, H), dtype),
            dW_c=np.empty((H, I), dtype),
            db_c=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dU_f, dW_f, db_f, dU_c, dW_c, db_c, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    da_h = np.empty((B, H), dtype)
    dz_g_ds = np.empty((T, B, 2*H), dtype)
    W_c_f = np.empty((2*H, I), dtype)
    U_c_f = np.empty((2*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                      # dh_t
        dz_h[::-1],                    # dz_h_t
        h[0:T][::-1],                  # h_t
        dz_g_ds[:, :, :H][::-1],       # dz_g_t
        dz_g_ds[:, :, H : 2*H][::-1],  # ds_t
        a_h[::-1],                     # a_h_t
        dz_g_ds[::-1],                 # dz_g_ds_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_c_f[:H], W_c)
            np.copyto(W_c_f[H : 2*H], W_f)
            np.copyto(U_c_f[:H], U_c)
            np.copyto(U_c_f[H : 2*H], U_f)
            # (12) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (15) z̄_h[t] = a2̄_h[t] ∘ a2_h[t] ∘ (1 − a2_h[t])
            np.negative(a2_h_g[:, :, H : 2*H], dz_h)
            np.multiply(dz_h, a2_h_g[:, :, :H], dz_h)
            np.subtract(1.0, a2_h_g[:, :, :H], _T_B_H)
            np.multiply(dz_h, _T_B_H, dz_h)
            # (18) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
            np.subtract(1.0, a2_h_g[:, :, :H], _T_B_H)
            np.square(a2_h_g[:, :, H : 2*H], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_g_ds[:, :, :H])
            # (13) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ a_h[t+1] + U_cᵀ z̄_g[t+1] + U_fᵀ s̄[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (26) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (27) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            number_1 = np.array(1.0, dtype)
            for dh_t, dz_h_t, h_t, dz_g_t, ds_t, a_h_t, dz_g_ds_t in steps:
                # (13) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ a_h[t+1] + U_cᵀ z̄_g[t+1] + U_fᵀ s̄[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (15) z̄_h[t] = a2̄_h[t] ∘ a2_h[t] ∘ (1 − a2_h[t])
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (16) ā_h[t] = h̄[t] ∘ h[t−1]
                np.multiply(dh_t, h_t, da_h)
                # (18) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
                np.multiply(dh_t, dz_g_t, dz_g_t)
                # (19) s̄[t] = z̄_h[t] + ā_h[t] ∘ a_h[t] ∘ (1 − a_h[t])
                np.multiply(da_h, a_h_t, ds_t)
                np.subtract(number_1, a_h_t, _B_H)
                np.multiply(ds_t, _B_H, ds_t)
                np.add(dz_h_t, ds_t, ds_t)
                # (13) what step t gives to h of earlier steps: h̄[t] ∘ a_h[t] + U_cᵀ z̄_g[t] + U_fᵀ s̄[t]
                np.dot(dz_g_ds_t, U_c_f, carry_h)
                np.multiply(dh_t, a_h_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (20) Ū_f += s̄[t] h[t−1]ᵀ
            np.matmul(dz_g_ds.reshape(T * B, 2*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_f)
            # (21) W̄_f += s̄[t] x[t]ᵀ
            np.matmul(dz_g_ds.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_f)
            # (22) b̄_f += s̄[t]
            np.matmul(_ones_T_B, dz_g_ds.reshape(T * B, 2*H)[:, H : 2*H], db_f)
            # (23) Ū_c += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz_g_ds.reshape(T * B, 2*H)[:, :H].T, h[0:T].reshape(T * B, H), dU_c)
            # (24) W̄_c += z̄_g[t] x[t]ᵀ
            np.matmul(dz_g_ds.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), dW_c)
            # (25) b̄_c += z̄_g[t]
            np.matmul(_ones_T_B, dz_g_ds.reshape(T * B, 2*H)[:, :H], db_c)
            # (28) x̄[t] = W_cᵀ z̄_g[t] + W_fᵀ s̄[t]
            np.dot(dz_g_ds.reshape(T * B, 2*H), W_c_f, dx.reshape(T * B, I))
            # (29) h̄[0] = h̄[1] ∘ a_h[1] + U_cᵀ z̄_g[1] + U_fᵀ s̄[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_f,   # (H, H)     parameter: trained
    W_f,   # (H, I)     parameter: trained
    b_f,   # (H)        parameter: trained
    U_c,   # (H, H)     parameter: trained
    W_c,   # (H, I)     parameter: trained
    b_c,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    beta,  # ()         parameter: constant: it has no gradient; usually 1
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, U_f, W_f, b_f, U_c, W_c, b_c, W_hy, b_y, beta)
    gradients = backward(x, y, U_f, W_f, U_c, W_c, W_hy, kept.h, kept.y_hat, kept.a2_h_g, kept.a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _sigmoid(x, out):
    """Write 1/(1 + e^−x). Where e^−x exceeds all numbers, 1/∞ = 0 is the result."""
    np.negative(x, out)
    np.exp(out, out)
    np.add(out, 1.0, out)
    np.reciprocal(out, out)
