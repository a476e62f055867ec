"""minimal gated unit with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Zhou, Wu, Zhang, Zhou, "Minimal gated unit for recurrent neural networks", 2016,
arXiv:1603.09420

    (1)  z_f[t] = W_f x[t] + U_f h[t−1] + b_f
    (2)  f[t] = sigmoid(z_f[t])
    (3)  s_n[t] = f[t] ∘ h[t−1]
    (4)  z_n[t] = W_h x[t] + U_h s_n[t] + b_h
    (5)  n[t] = tanh(z_n[t])
    (6)  h[t] = (1 − f[t]) ∘ h[t−1] + f[t] ∘ n[t]
    (7)  z_y[t] = W_hy h[t] + b_y
    (8)  y_hat[t] = softmax(z_y[t])
    (9)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    W_f   (H, I)     parameter: trained
    U_f   (H, H)     parameter: trained
    b_f   (H)        parameter: trained
    W_h   (H, I)     parameter: trained
    U_h   (H, H)     parameter: trained
    b_h   (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    f_n: np.ndarray    # (T, B, 2*H)    saved: f, n, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_f: np.ndarray   # (H, I)     gradient: with respect to W_f
    dU_f: np.ndarray   # (H, H)     gradient: with respect to U_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_h: np.ndarray   # (H, I)     gradient: with respect to W_h
    dU_h: np.ndarray   # (H, H)     gradient: with respect to U_h
    db_h: np.ndarray   # (H)        gradient: with respect to b_h
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    U_h,   # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_f, U_f, b_f, W_h, U_h, b_h, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    U_h,   # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
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
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_h", W_h, (H, I), dtype)
    _check("U_h", U_h, (H, H), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            f_n=np.empty((T, B, 2*H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, f_n, J = into
    s_n = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_f_h = np.empty((2*H, I), dtype)
    U_f_T = np.empty((H, H), dtype)
    U_h_T = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        f_n[:, :, :H],       # f_t
        h[0:T],              # h_t
        f_n[:, :, H : 2*H],  # n_t
        h[1 : T + 1],        # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(U_h_T, U_h.T)
            np.copyto(U_f_T, U_f.T)
            np.copyto(h[0], h0)
            np.copyto(W_f_h[:H], W_f)
            np.copyto(W_f_h[H : 2*H], W_h)
            # (1) z_f[t] = W_f x[t] + U_f h[t−1] + b_f
            np.dot(x.reshape(T * B, I), W_f_h.T, f_n.reshape(T * B, 2*H))
            np.add(f_n[:, :, :H], b_f, f_n[:, :, :H])
            # (4) z_n[t] = W_h x[t] + U_h s_n[t] + b_h
            np.add(f_n[:, :, H : 2*H], b_h, f_n[:, :, H : 2*H])
            number_1 = np.array(1.0, dtype)
            for f_t, h_t, n_t, h_next in steps:
                # (1) z_f[t] = W_f x[t] + U_f h[t−1] + b_f
                np.matmul(h_t, U_f_T, _B_H)
                np.add(f_t, _B_H, f_t)
                # (2) f[t] = sigmoid(z_f[t])
                _sigmoid(f_t, f_t)
                # (3) s_n[t] = f[t] ∘ h[t−1]
                np.multiply(f_t, h_t, s_n)
                # (4) z_n[t] = W_h x[t] + U_h s_n[t] + b_h
                np.matmul(s_n, U_h_T, _B_H)
                np.add(n_t, _B_H, n_t)
                # (5) n[t] = tanh(z_n[t])
                np.tanh(n_t, n_t)
                # (6) h[t] = (1 − f[t]) ∘ h[t−1] + f[t] ∘ n[t]
                np.subtract(number_1, f_t, h_next)
                np.multiply(h_next, h_t, h_next)
                np.multiply(f_t, n_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (7) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (8) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (9) J += −y[t]ᵀ log_softmax(z_y[t])
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
    W_f,    # (H, I)         parameter: trained
    U_f,    # (H, H)         parameter: trained
    W_h,    # (H, I)         parameter: trained
    U_h,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    f_n,    # (T, B, 2*H)    saved: f, n, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_f, U_f, W_h, U_h, W_hy, h, y_hat, f_n)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,    # (H, I)         parameter: trained
    U_f,    # (H, H)         parameter: trained
    W_h,    # (H, I)         parameter: trained
    U_h,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    f_n,    # (T, B, 2*H)    saved: f, n, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_f.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_f", W_f, (H, I), dtype)
    _check("U_f", U_f, (H, H), dtype)
    _check("W_h", W_h, (H, I), dtype)
    _check("U_h", U_h, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("f_n", f_n, (T, B, 2*H), dtype)

    if into is None:
        into = Gradients(
            dW_f=np.empty((H, I), dtype),
            dU_f=np.empty((H, H), dtype),
            db_f=np.empty((H,), dtype),
            dW_h=np.empty((H, I), dtype),
            dU_h=np.empty((H, H), dtype),
            db_h=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_f, dU_f, db_f, dW_h, dU_h, db_h, dW_hy, db_y, dx, dh0 = into
    s_n_again = np.empty((T, B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_n_f = np.empty((T, B, 2*H), dtype)
    ds_n = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    W_h_f = np.empty((2*H, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                     # dh_t
        dz_n_f[:, :, :H][::-1],       # dz_n_t
        h[0:T][::-1],                 # h_t
        f_n[:, :, H : 2*H][::-1],     # n_t
        dz_n_f[:, :, H : 2*H][::-1],  # dz_f_t
        f_n[:, :, :H][::-1],          # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_h_f[:H], W_h)
            np.copyto(W_h_f[H : 2*H], W_f)
            # (11) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (14) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
            np.square(f_n[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(f_n[:, :, :H], _T_B_H, dz_n_f[:, :, :H])
            # (17) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.subtract(1.0, f_n[:, :, :H], _T_B_H)
            np.multiply(f_n[:, :, :H], _T_B_H, dz_n_f[:, :, H : 2*H])
            # (3) s_n[t] = f[t] ∘ h[t−1]
            np.multiply(f_n[:, :, :H], h[0:T], s_n_again)
            # (12) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − f[t+1]) + s̄_n[t+1] ∘ f[t+1] + U_fᵀ z̄_f[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (24) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (25) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            number_1 = np.array(1.0, dtype)
            for dh_t, dz_n_t, h_t, n_t, dz_f_t, f_t in steps:
                # (12) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − f[t+1]) + s̄_n[t+1] ∘ f[t+1] + U_fᵀ z̄_f[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (14) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
                np.multiply(dh_t, dz_n_t, dz_n_t)
                # (15) s̄_n[t] = U_hᵀ z̄_n[t]
                np.matmul(dz_n_t, U_h, ds_n)
                # (16) f̄[t] = −h̄[t] ∘ h[t−1] + h̄[t] ∘ n[t] + s̄_n[t] ∘ h[t−1]
                np.multiply(dh_t, h_t, df)
                np.negative(df, df)
                np.multiply(dh_t, n_t, _B_H)
                np.add(df, _B_H, df)
                np.multiply(ds_n, h_t, _B_H)
                np.add(df, _B_H, df)
                # (17) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(df, dz_f_t, dz_f_t)
                # (12) what step t gives to h of earlier steps: h̄[t] ∘ (1 − f[t]) + s̄_n[t] ∘ f[t] + U_fᵀ z̄_f[t]
                np.matmul(dz_f_t, U_f, carry_h)
                np.subtract(number_1, f_t, _B_H)
                np.multiply(dh_t, _B_H, _B_H)
                np.multiply(ds_n, f_t, _B_H_1)
                np.add(_B_H, _B_H_1, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (18) W̄_f += z̄_f[t] x[t]ᵀ
            np.matmul(dz_n_f.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_f)
            # (19) Ū_f += z̄_f[t] h[t−1]ᵀ
            np.matmul(dz_n_f.reshape(T * B, 2*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_f)
            # (20) b̄_f += z̄_f[t]
            np.matmul(_ones_T_B, dz_n_f.reshape(T * B, 2*H)[:, H : 2*H], db_f)
            # (21) W̄_h += z̄_n[t] x[t]ᵀ
            np.matmul(dz_n_f.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), dW_h)
            # (22) Ū_h += z̄_n[t] s_n[t]ᵀ
            np.matmul(dz_n_f.reshape(T * B, 2*H)[:, :H].T, s_n_again.reshape(T * B, H), dU_h)
            # (23) b̄_h += z̄_n[t]
            np.matmul(_ones_T_B, dz_n_f.reshape(T * B, 2*H)[:, :H], db_h)
            # (26) x̄[t] = W_hᵀ z̄_n[t] + W_fᵀ z̄_f[t]
            np.dot(dz_n_f.reshape(T * B, 2*H), W_h_f, dx.reshape(T * B, I))
            # (27) h̄[0] = h̄[1] ∘ (1 − f[1]) + s̄_n[1] ∘ f[1] + U_fᵀ z̄_f[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, I)     parameter: trained
    U_f,   # (H, H)     parameter: trained
    b_f,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    U_h,   # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_f, U_f, b_f, W_h, U_h, b_h, W_hy, b_y)
    gradients = backward(x, y, W_f, U_f, W_h, U_h, W_hy, kept.h, kept.y_hat, kept.f_n)
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
