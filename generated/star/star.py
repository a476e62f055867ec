"""STAR, the stackable recurrent cell with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Turkoglu, D'Aronco, Wegner, Schindler, "Gating revisited: deep multi-layer RNNs that can be
trained", 2019, arXiv:1911.11033

    (1)  z_z[t] = W_z x[t] + b_z
    (2)  z[t] = tanh(z_z[t])
    (3)  z_k[t] = W_x x[t] + W_h h[t−1] + b_k
    (4)  k[t] = sigmoid(z_k[t])
    (5)  z_h[t] = (1 − k[t]) ∘ h[t−1] + k[t] ∘ z[t]
    (6)  h[t] = tanh(z_h[t])
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
    W_z   (H, I)     parameter: trained
    b_z   (H)        parameter: trained
    W_x   (H, I)     parameter: trained
    W_h   (H, H)     parameter: trained
    b_k   (H)        parameter: trained
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
    z_k: np.ndarray    # (T, B, 2*H)    saved: z, k, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_z: np.ndarray   # (H, I)     gradient: with respect to W_z
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dW_x: np.ndarray   # (H, I)     gradient: with respect to W_x
    dW_h: np.ndarray   # (H, H)     gradient: with respect to W_h
    db_k: np.ndarray   # (H)        gradient: with respect to b_k
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_x,   # (H, I)     parameter: trained
    W_h,   # (H, H)     parameter: trained
    b_k,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_z, b_z, W_x, W_h, b_k, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_x,   # (H, I)     parameter: trained
    W_h,   # (H, H)     parameter: trained
    b_k,   # (H)        parameter: trained
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
    _check("W_z", W_z, (H, I), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("W_x", W_x, (H, I), dtype)
    _check("W_h", W_h, (H, H), dtype)
    _check("b_k", b_k, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            z_k=np.empty((T, B, 2*H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, z_k, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_z_x = np.empty((2*H, I), dtype)
    scale = np.empty((2*H,), dtype)
    shift = np.empty((2*H,), dtype)
    W_h_T = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        z_k[:, :, H : 2*H],  # k_t
        h[0:T],              # h_t
        z_k,                 # z_k_t
        h[1 : T + 1],        # h_next
        z_k[:, :, :H],       # z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_h_T, W_h.T)
            np.copyto(h[0], h0)
            np.copyto(W_z_x[:H], W_z)
            np.copyto(W_z_x[H : 2*H], W_x)
            np.copyto(scale[:H], 1.0)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(shift[:H], 0.0)
            np.copyto(shift[H : 2*H], 0.5)
            # (1) z_z[t] = W_z x[t] + b_z
            np.dot(x.reshape(T * B, I), W_z_x.T, z_k.reshape(T * B, 2*H))
            np.add(z_k[:, :, :H], b_z, z_k[:, :, :H])
            # (3) z_k[t] = W_x x[t] + W_h h[t−1] + b_k
            np.add(z_k[:, :, H : 2*H], b_k, z_k[:, :, H : 2*H])
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for k_t, h_t, z_k_t, h_next, z_t in steps:
                # (3) z_k[t] = W_x x[t] + W_h h[t−1] + b_k
                np.matmul(h_t, W_h_T, _B_H)
                np.add(k_t, _B_H, k_t)
                # (2, 4) z[t] = tanh(z_z[t]), k[t] = sigmoid(z_k[t])
                np.multiply(scale_row, z_k_t, z_k_t)
                np.tanh(z_k_t, z_k_t)
                np.multiply(scale_row, z_k_t, z_k_t)
                np.add(z_k_t, shift_row, z_k_t)
                # (5) z_h[t] = (1 − k[t]) ∘ h[t−1] + k[t] ∘ z[t]
                np.subtract(number_1, k_t, h_next)
                np.multiply(h_next, h_t, h_next)
                np.multiply(k_t, z_t, _B_H)
                np.add(h_next, _B_H, h_next)
                # (6) h[t] = tanh(z_h[t])
                np.tanh(h_next, h_next)
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
    W_z,    # (H, I)         parameter: trained
    W_x,    # (H, I)         parameter: trained
    W_h,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_k,    # (T, B, 2*H)    saved: z, k, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_z, W_x, W_h, W_hy, h, y_hat, z_k)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,    # (H, I)         parameter: trained
    W_x,    # (H, I)         parameter: trained
    W_h,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_k,    # (T, B, 2*H)    saved: z, k, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_z.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_z", W_z, (H, I), dtype)
    _check("W_x", W_x, (H, I), dtype)
    _check("W_h", W_h, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("z_k", z_k, (T, B, 2*H), dtype)

    if into is None:
        into = Gradients(
            dW_z=np.empty((H, I), dtype),
            db_z=np.empty((H,), dtype),
            dW_x=np.empty((H, I), dtype),
            dW_h=np.empty((H, H), dtype),
            db_k=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_z, db_z, dW_x, dW_h, db_k, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    dz_k_z = np.empty((T, B, 2*H), dtype)
    dz = np.empty((T, B, H), dtype)
    W_x_z = np.empty((2*H, I), dtype)
    factor_carry_h = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                # dh_t
        dz_h[::-1],              # dz_h_t
        dz_k_z[:, :, :H][::-1],  # dz_k_t
        factor_carry_h[::-1],    # factor_carry_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_x_z[:H], W_x)
            np.copyto(W_x_z[H : 2*H], W_z)
            # (11) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (13) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h[1 : T + 1], dz_h)
            np.subtract(1.0, dz_h, dz_h)
            # (15) z̄_k[t] = k̄[t] ∘ k[t] ∘ (1 − k[t])
            np.negative(h[0:T], _T_B_H)
            np.add(_T_B_H, z_k[:, :, :H], _T_B_H)
            np.multiply(_T_B_H, z_k[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, z_k[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_k_z[:, :, :H])
            # (12) what step t gives to h of earlier steps: z̄_h[t] ∘ (1 − k[t]) + W_hᵀ z̄_k[t]
            np.subtract(1.0, z_k[:, :, H : 2*H], factor_carry_h)
            # (12) h̄[t] = W_hyᵀ z̄_y[t] + z̄_h[t+1] ∘ (1 − k[t+1]) + W_hᵀ z̄_k[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (23) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (24) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_h_t, dz_k_t, factor_carry_h_t in steps:
                # (12) h̄[t] = W_hyᵀ z̄_y[t] + z̄_h[t+1] ∘ (1 − k[t+1]) + W_hᵀ z̄_k[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (13) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (15) z̄_k[t] = k̄[t] ∘ k[t] ∘ (1 − k[t])
                np.multiply(dz_h_t, dz_k_t, dz_k_t)
                # (12) what step t gives to h of earlier steps: z̄_h[t] ∘ (1 − k[t]) + W_hᵀ z̄_k[t]
                np.matmul(dz_k_t, W_h, carry_h)
                np.multiply(dz_h_t, factor_carry_h_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (20) W̄_x += z̄_k[t] x[t]ᵀ
            np.matmul(dz_k_z.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), dW_x)
            # (21) W̄_h += z̄_k[t] h[t−1]ᵀ
            np.matmul(dz_k_z.reshape(T * B, 2*H)[:, :H].T, h[0:T].reshape(T * B, H), dW_h)
            # (22) b̄_k += z̄_k[t]
            np.matmul(_ones_T_B, dz_k_z.reshape(T * B, 2*H)[:, :H], db_k)
            # (16) z̄[t] = z̄_h[t] ∘ k[t]
            np.multiply(dz_h, z_k[:, :, H : 2*H], dz)
            # (17) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
            np.square(z_k[:, :, :H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(dz, _T_B_H, dz_k_z[:, :, H : 2*H])
            # (18) W̄_z += z̄_z[t] x[t]ᵀ
            np.matmul(dz_k_z.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_z)
            # (19) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_k_z.reshape(T * B, 2*H)[:, H : 2*H], db_z)
            # (25) x̄[t] = W_xᵀ z̄_k[t] + W_zᵀ z̄_z[t]
            np.dot(dz_k_z.reshape(T * B, 2*H), W_x_z, dx.reshape(T * B, I))
            # (26) h̄[0] = z̄_h[1] ∘ (1 − k[1]) + W_hᵀ z̄_k[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_x,   # (H, I)     parameter: trained
    W_h,   # (H, H)     parameter: trained
    b_k,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_z, b_z, W_x, W_h, b_k, W_hy, b_y)
    gradients = backward(x, y, W_z, W_x, W_h, W_hy, kept.h, kept.y_hat, kept.z_k)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
