"""recurrently neuromodulated bistable recurrent cell with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Vecoven, Ernst, Drion, "A bio-inspired bistable recurrent cell allows for long-lasting
memory", PLoS ONE 16 (2021) e0252676, arXiv:2006.05252

    (1)   z_a[t] = U_a x[t] + W_a h[t−1]
    (2)   a_a[t] = tanh(z_a[t])
    (3)   a[t] = 1 + a_a[t]
    (4)   z_c[t] = U_c x[t] + W_c h[t−1]
    (5)   c[t] = sigmoid(z_c[t])
    (6)   z_h[t] = U x[t] + a[t] ∘ h[t−1]
    (7)   a_h[t] = tanh(z_h[t])
    (8)   h[t] = c[t] ∘ h[t−1] + (1 − c[t]) ∘ a_h[t]
    (9)   z_y[t] = W_hy h[t] + b_y
    (10)  y_hat[t] = softmax(z_y[t])
    (11)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    U_a   (H, I)     parameter: trained
    W_a   (H, H)     parameter: trained
    U_c   (H, I)     parameter: trained
    W_c   (H, H)     parameter: trained
    U     (H, I)     parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray          # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray      # (T, B, O)      output: of every step
    a_a_c_a_h: np.ndarray  # (T, B, 3*H)    saved: a_a, c, a_h, side by side
    J: np.ndarray          # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dU_a: np.ndarray   # (H, I)     gradient: with respect to U_a
    dW_a: np.ndarray   # (H, H)     gradient: with respect to W_a
    dU_c: np.ndarray   # (H, I)     gradient: with respect to U_c
    dW_c: np.ndarray   # (H, H)     gradient: with respect to W_c
    dU: np.ndarray     # (H, I)     gradient: with respect to U
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_a,   # (H, I)     parameter: trained
    W_a,   # (H, H)     parameter: trained
    U_c,   # (H, I)     parameter: trained
    W_c,   # (H, H)     parameter: trained
    U,     # (H, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, U_a, W_a, U_c, W_c, U, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_a,   # (H, I)     parameter: trained
    W_a,   # (H, H)     parameter: trained
    U_c,   # (H, I)     parameter: trained
    W_c,   # (H, H)     parameter: trained
    U,     # (H, I)     parameter: trained
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
    _check("U_a", U_a, (H, I), dtype)
    _check("W_a", W_a, (H, H), dtype)
    _check("U_c", U_c, (H, I), dtype)
    _check("W_c", W_c, (H, H), dtype)
    _check("U", U, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_a_c_a_h=np.empty((T, B, 3*H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, a_a_c_a_h, J = into
    a = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    U_a_U_c_U = np.empty((3*H, I), dtype)
    W_a_c = np.empty((H, 2*H), dtype)
    scale = np.empty((2*H,), dtype)
    shift = np.empty((2*H,), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_a_c_a_h[:, :, :2*H],       # a_a_c_a_h_t
        h[0:T],                      # h_t
        a_a_c_a_h[:, :, :H],         # a_a_t
        a_a_c_a_h[:, :, 2*H : 3*H],  # a_h_t
        h[1 : T + 1],                # h_next
        a_a_c_a_h[:, :, H : 2*H],    # c_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(U_a_U_c_U[:H], U_a)
            np.multiply(0.5, U_c, U_a_U_c_U[H : 2*H])
            np.copyto(U_a_U_c_U[2*H : 3*H], U)
            np.copyto(W_a_c[:, :H], W_a.T)
            np.multiply(0.5, W_c.T, W_a_c[:, H : 2*H])
            np.copyto(scale[:H], 1.0)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(shift[:H], 0.0)
            np.copyto(shift[H : 2*H], 0.5)
            # (1) z_a[t] = U_a x[t] + W_a h[t−1]
            np.dot(x.reshape(T * B, I), U_a_U_c_U.T, a_a_c_a_h.reshape(T * B, 3*H))
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for a_a_c_a_h_t, h_t, a_a_t, a_h_t, h_next, c_t in steps:
                # (1) z_a[t] = U_a x[t] + W_a h[t−1]
                np.matmul(h_t, W_a_c, _B_2xH)
                np.add(a_a_c_a_h_t, _B_2xH, a_a_c_a_h_t)
                # (2, 5) a_a[t] = tanh(z_a[t]), c[t] = sigmoid(z_c[t])
                np.tanh(a_a_c_a_h_t, a_a_c_a_h_t)
                np.multiply(scale_row, a_a_c_a_h_t, a_a_c_a_h_t)
                np.add(a_a_c_a_h_t, shift_row, a_a_c_a_h_t)
                # (3) a[t] = 1 + a_a[t]
                np.add(number_1, a_a_t, a)
                # (6) z_h[t] = U x[t] + a[t] ∘ h[t−1]
                np.multiply(a, h_t, _B_H)
                np.add(a_h_t, _B_H, a_h_t)
                # (7) a_h[t] = tanh(z_h[t])
                np.tanh(a_h_t, a_h_t)
                # (8) h[t] = c[t] ∘ h[t−1] + (1 − c[t]) ∘ a_h[t]
                np.multiply(c_t, h_t, h_next)
                np.subtract(number_1, c_t, _B_H)
                np.multiply(_B_H, a_h_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (9) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (10) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (11) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,          # (T, B, I)      input: of every step
    y,          # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_a,        # (H, I)         parameter: trained
    W_a,        # (H, H)         parameter: trained
    U_c,        # (H, I)         parameter: trained
    W_c,        # (H, H)         parameter: trained
    U,          # (H, I)         parameter: trained
    W_hy,       # (O, H)         parameter: trained
    h,          # (T + 1, B, H)  output: state; the first is initial
    y_hat,      # (T, B, O)      output: of every step
    a_a_c_a_h,  # (T, B, 3*H)    saved: a_a, c, a_h, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, U_a, W_a, U_c, W_c, U, W_hy, h, y_hat, a_a_c_a_h)
    run()
    return gradients


def bind_backward(
    x,          # (T, B, I)      input: of every step
    y,          # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_a,        # (H, I)         parameter: trained
    W_a,        # (H, H)         parameter: trained
    U_c,        # (H, I)         parameter: trained
    W_c,        # (H, H)         parameter: trained
    U,          # (H, I)         parameter: trained
    W_hy,       # (O, H)         parameter: trained
    h,          # (T + 1, B, H)  output: state; the first is initial
    y_hat,      # (T, B, O)      output: of every step
    a_a_c_a_h,  # (T, B, 3*H)    saved: a_a, c, a_h, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = U_a.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("U_a", U_a, (H, I), dtype)
    _check("W_a", W_a, (H, H), dtype)
    _check("U_c", U_c, (H, I), dtype)
    _check("W_c", W_c, (H, H), dtype)
    _check("U", U, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_a_c_a_h", a_a_c_a_h, (T, B, 3*H), dtype)

    if into is None:
        into = Gradients(
            dU_a=np.empty((H, I), dtype),
            dW_a=np.empty((H, H), dtype),
            dU_c=np.empty((H, I), dtype),
            dW_c=np.empty((H, H), dtype),
            dU=np.empty((H, I), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dU_a, dW_a, dU_c, dW_c, dU, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h_c_a = np.empty((T, B, 3*H), dtype)
    da = np.empty((B, H), dtype)
    da_a = np.empty((B, H), dtype)
    U_U_c_U_a = np.empty((3*H, I), dtype)
    W_c_a = np.empty((2*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                         # dh_t
        dz_h_c_a[:, :, :H][::-1],         # dz_h_t
        dz_h_c_a[:, :, H : 2*H][::-1],    # dz_c_t
        h[0:T][::-1],                     # h_t
        dz_h_c_a[:, :, 2*H : 3*H][::-1],  # dz_a_t
        dz_h_c_a[:, :, H : 3*H][::-1],    # dz_h_c_a_t
        a_a_c_a_h[:, :, H : 2*H][::-1],   # c_t
        a_a_c_a_h[:, :, :H][::-1],        # a_a_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(U_U_c_U_a[:H], U)
            np.copyto(U_U_c_U_a[H : 2*H], U_c)
            np.copyto(U_U_c_U_a[2*H : 3*H], U_a)
            np.copyto(W_c_a[:H], W_c)
            np.copyto(W_c_a[H : 2*H], W_a)
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (16) z̄_h[t] = ā_h[t] ∘ (1 − a_h[t]²)
            np.subtract(1.0, a_a_c_a_h[:, :, H : 2*H], _T_B_H)
            np.square(a_a_c_a_h[:, :, 2*H : 3*H], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_h_c_a[:, :, :H])
            # (18) z̄_c[t] = c̄[t] ∘ c[t] ∘ (1 − c[t])
            np.subtract(h[0:T], a_a_c_a_h[:, :, 2*H : 3*H], _T_B_H)
            np.multiply(_T_B_H, a_a_c_a_h[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, a_a_c_a_h[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_h_c_a[:, :, H : 2*H])
            # (21) z̄_a[t] = ā_a[t] ∘ (1 − a_a[t]²)
            np.square(a_a_c_a_h[:, :, :H], _T_B_H)
            np.subtract(1.0, _T_B_H, dz_h_c_a[:, :, 2*H : 3*H])
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ c[t+1] + z̄_h[t+1] ∘ a[t+1] + W_cᵀ z̄_c[t+1] + W_aᵀ z̄_a[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (27) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (28) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            number_1 = np.array(1.0, dtype)
            for dh_t, dz_h_t, dz_c_t, h_t, dz_a_t, dz_h_c_a_t, c_t, a_a_t in steps:
                # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ c[t+1] + z̄_h[t+1] ∘ a[t+1] + W_cᵀ z̄_c[t+1] + W_aᵀ z̄_a[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (16) z̄_h[t] = ā_h[t] ∘ (1 − a_h[t]²)
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (18) z̄_c[t] = c̄[t] ∘ c[t] ∘ (1 − c[t])
                np.multiply(dh_t, dz_c_t, dz_c_t)
                # (19) ā[t] = z̄_h[t] ∘ h[t−1]
                np.multiply(dz_h_t, h_t, da)
                # (20) ā_a[t] = ā[t]
                np.copyto(da_a, da)
                # (21) z̄_a[t] = ā_a[t] ∘ (1 − a_a[t]²)
                np.multiply(da_a, dz_a_t, dz_a_t)
                # (14) what step t gives to h of earlier steps: h̄[t] ∘ c[t] + z̄_h[t] ∘ a[t] + W_cᵀ z̄_c[t] + W_aᵀ z̄_a[t]
                np.matmul(dz_h_c_a_t, W_c_a, carry_h)
                np.multiply(dh_t, c_t, _B_H)
                np.add(number_1, a_a_t, _B_H_1)
                np.multiply(dz_h_t, _B_H_1, _B_H_1)
                np.add(_B_H, _B_H_1, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (22) Ū_a += z̄_a[t] x[t]ᵀ
            np.matmul(dz_h_c_a.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dU_a)
            # (23) W̄_a += z̄_a[t] h[t−1]ᵀ
            np.matmul(dz_h_c_a.reshape(T * B, 3*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dW_a)
            # (24) Ū_c += z̄_c[t] x[t]ᵀ
            np.matmul(dz_h_c_a.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), dU_c)
            # (25) W̄_c += z̄_c[t] h[t−1]ᵀ
            np.matmul(dz_h_c_a.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dW_c)
            # (26) Ū += z̄_h[t] x[t]ᵀ
            np.matmul(dz_h_c_a.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), dU)
            # (29) x̄[t] = Uᵀ z̄_h[t] + U_cᵀ z̄_c[t] + U_aᵀ z̄_a[t]
            np.dot(dz_h_c_a.reshape(T * B, 3*H), U_U_c_U_a, dx.reshape(T * B, I))
            # (30) h̄[0] = h̄[1] ∘ c[1] + z̄_h[1] ∘ a[1] + W_cᵀ z̄_c[1] + W_aᵀ z̄_a[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_a,   # (H, I)     parameter: trained
    W_a,   # (H, H)     parameter: trained
    U_c,   # (H, I)     parameter: trained
    W_c,   # (H, H)     parameter: trained
    U,     # (H, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, U_a, W_a, U_c, W_c, U, W_hy, b_y)
    gradients = backward(x, y, U_a, W_a, U_c, W_c, U, W_hy, kept.h, kept.y_hat, kept.a_a_c_a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
