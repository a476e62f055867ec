"""AntisymmetricRNN with a gate with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Chang, Chen, Haber, Chi, "AntisymmetricRNN: a dynamical system view on recurrent neural
networks", 2019, arXiv:1902.09689

    (1)   A = W_h − W_hᵀ
    (2)   a[t] = A h[t−1] − gamma h[t−1]
    (3)   z_z[t] = a[t] + V_z x[t] + b_z
    (4)   z[t] = sigmoid(z_z[t])
    (5)   z_h[t] = a[t] + V_h x[t] + b_h
    (6)   a_h[t] = tanh(z_h[t])
    (7)   h[t] = h[t−1] + (epsilon z[t]) ∘ a_h[t]
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

    x        (T, B, I)  input: of every step
    h0       (B, H)     initial state: h before the first step
    y        (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h      (H, H)     parameter: trained
    V_z      (H, I)     parameter: trained
    b_z      (H)        parameter: trained
    V_h      (H, I)     parameter: trained
    b_h      (H)        parameter: trained
    W_hy     (O, H)     parameter: trained
    b_y      (O)        parameter: trained
    epsilon  ()         parameter: constant: it has no gradient; usually 0.01
    gamma    ()         parameter: constant: it has no gradient; usually 0.01

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    A: np.ndarray      # (H, H)         saved: kept for the backward pass
    z_a_h: np.ndarray  # (T, B, 2*H)    saved: z, a_h, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_h: np.ndarray   # (H, H)     gradient: with respect to W_h
    dV_z: np.ndarray   # (H, I)     gradient: with respect to V_z
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dV_h: np.ndarray   # (H, I)     gradient: with respect to V_h
    db_h: np.ndarray   # (H)        gradient: with respect to b_h
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (H, H)     parameter: trained
    V_z,      # (H, I)     parameter: trained
    b_z,      # (H)        parameter: trained
    V_h,      # (H, I)     parameter: trained
    b_h,      # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    epsilon,  # ()         parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()         parameter: constant: it has no gradient; usually 0.01
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_h, V_z, b_z, V_h, b_h, W_hy, b_y, epsilon, gamma)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (H, H)     parameter: trained
    V_z,      # (H, I)     parameter: trained
    b_z,      # (H)        parameter: trained
    V_h,      # (H, I)     parameter: trained
    b_h,      # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    epsilon,  # ()         parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()         parameter: constant: it has no gradient; usually 0.01
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
    _check("W_h", W_h, (H, H), dtype)
    _check("V_z", V_z, (H, I), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("V_h", V_h, (H, I), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("epsilon", epsilon, (), dtype)
    _check("gamma", gamma, (), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            A=np.empty((H, H), dtype),
            z_a_h=np.empty((T, B, 2*H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, A, z_a_h, J = into
    a = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    V_z_h = np.empty((2*H, I), dtype)
    scale = np.empty((2*H,), dtype)
    shift = np.empty((2*H,), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        h[0:T],                # h_t
        z_a_h[:, :, :H],       # z_t
        z_a_h[:, :, H : 2*H],  # a_h_t
        z_a_h,                 # z_a_h_t
        h[1 : T + 1],          # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            # (1) A = W_h − W_hᵀ
            np.subtract(W_h, W_h.T, A)
            np.copyto(h[0], h0)
            np.multiply(0.5, V_z, V_z_h[:H])
            np.copyto(V_z_h[H : 2*H], V_h)
            np.copyto(scale[:H], 0.5)
            np.copyto(scale[H : 2*H], 1.0)
            np.copyto(shift[:H], 0.5)
            np.copyto(shift[H : 2*H], 0.0)
            # (3) z_z[t] = a[t] + V_z x[t] + b_z
            np.dot(x.reshape(T * B, I), V_z_h.T, z_a_h.reshape(T * B, 2*H))
            b_z_row = b_z[np.newaxis]
            b_h_row = b_h[np.newaxis]
            scale_row = scale[np.newaxis]
            shift_row = shift[np.newaxis]
            number_1_2 = np.array(0.5, dtype)
            for h_t, z_t, a_h_t, z_a_h_t, h_next in steps:
                # (2) a[t] = A h[t−1] − gamma h[t−1]
                np.dot(h_t, A.T, a)
                np.multiply(gamma, h_t, _B_H)
                np.negative(_B_H, _B_H)
                np.add(a, _B_H, a)
                # (3) z_z[t] = a[t] + V_z x[t] + b_z
                np.add(a, b_z_row, _B_H)
                np.multiply(number_1_2, _B_H, _B_H)
                np.add(z_t, _B_H, z_t)
                # (5) z_h[t] = a[t] + V_h x[t] + b_h
                np.add(a, b_h_row, _B_H)
                np.add(a_h_t, _B_H, a_h_t)
                # (4, 6) z[t] = sigmoid(z_z[t]), a_h[t] = tanh(z_h[t])
                np.tanh(z_a_h_t, z_a_h_t)
                np.multiply(scale_row, z_a_h_t, z_a_h_t)
                np.add(z_a_h_t, shift_row, z_a_h_t)
                # (7) h[t] = h[t−1] + (epsilon z[t]) ∘ a_h[t]
                np.multiply(epsilon, z_t, h_next)
                np.multiply(h_next, a_h_t, h_next)
                np.add(h_t, h_next, h_next)
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
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    V_z,      # (H, I)         parameter: trained
    V_h,      # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    epsilon,  # ()             parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()             parameter: constant: it has no gradient; usually 0.01
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    A,        # (H, H)         saved: kept for the backward pass
    z_a_h,    # (T, B, 2*H)    saved: z, a_h, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, V_z, V_h, W_hy, epsilon, gamma, h, y_hat, A, z_a_h)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    V_z,      # (H, I)         parameter: trained
    V_h,      # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    epsilon,  # ()             parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()             parameter: constant: it has no gradient; usually 0.01
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    A,        # (H, H)         saved: kept for the backward pass
    z_a_h,    # (T, B, 2*H)    saved: z, a_h, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = V_z.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("V_z", V_z, (H, I), dtype)
    _check("V_h", V_h, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("epsilon", epsilon, (), dtype)
    _check("gamma", gamma, (), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("A", A, (H, H), dtype)
    _check("z_a_h", z_a_h, (T, B, 2*H), dtype)

    if into is None:
        into = Gradients(
            dW_h=np.empty((H, H), dtype),
            dV_z=np.empty((H, I), dtype),
            db_z=np.empty((H,), dtype),
            dV_h=np.empty((H, I), dtype),
            db_h=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_h, dV_z, db_z, dV_h, db_h, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dA = np.empty((H, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h_z = np.empty((T, B, 2*H), dtype)
    da = np.empty((T, B, H), dtype)
    V_h_z = np.empty((2*H, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                     # dh_t
        dz_h_z[:, :, :H][::-1],       # dz_h_t
        dz_h_z[:, :, H : 2*H][::-1],  # dz_z_t
        da[::-1],                     # da_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(V_h_z[:H], V_h)
            np.copyto(V_h_z[H : 2*H], V_z)
            # (12) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (15) z̄_h[t] = ā_h[t] ∘ (1 − a_h[t]²)
            np.multiply(epsilon, z_a_h[:, :, :H], _T_B_H)
            np.square(z_a_h[:, :, H : 2*H], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_h_z[:, :, :H])
            # (17) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.multiply(epsilon, z_a_h[:, :, H : 2*H], _T_B_H)
            np.multiply(_T_B_H, z_a_h[:, :, :H], _T_B_H)
            np.subtract(1.0, z_a_h[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_h_z[:, :, H : 2*H])
            # (13) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] + Aᵀ ā[t+1] − gamma ā[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (25) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (26) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_h_t, dz_z_t, da_t in steps:
                # (13) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] + Aᵀ ā[t+1] − gamma ā[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (15) z̄_h[t] = ā_h[t] ∘ (1 − a_h[t]²)
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (17) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
                np.multiply(dh_t, dz_z_t, dz_z_t)
                # (18) ā[t] = z̄_h[t] + z̄_z[t]
                np.add(dz_h_t, dz_z_t, da_t)
                # (13) what step t gives to h of earlier steps: h̄[t] + Aᵀ ā[t] − gamma ā[t]
                np.dot(da_t, A, carry_h)
                np.multiply(gamma, da_t, _B_H)
                np.subtract(dh_t, _B_H, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (21) V̄_z += z̄_z[t] x[t]ᵀ
            np.matmul(dz_h_z.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), dV_z)
            # (22) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_h_z.reshape(T * B, 2*H)[:, H : 2*H], db_z)
            # (23) V̄_h += z̄_h[t] x[t]ᵀ
            np.matmul(dz_h_z.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), dV_h)
            # (24) b̄_h += z̄_h[t]
            np.matmul(_ones_T_B, dz_h_z.reshape(T * B, 2*H)[:, :H], db_h)
            # (27) x̄[t] = V_hᵀ z̄_h[t] + V_zᵀ z̄_z[t]
            np.dot(dz_h_z.reshape(T * B, 2*H), V_h_z, dx.reshape(T * B, I))
            # (19) Ā += ā[t] h[t−1]ᵀ
            np.dot(da.reshape(T * B, H).T, h[0:T].reshape(T * B, H), dA)
            # (28) h̄[0] = h̄[1] + Aᵀ ā[1] − gamma ā[1]
            np.copyto(dh0, carry_h)
            # (20) W̄_h += Ā − Āᵀ
            np.subtract(dA, dA.T, dW_h)

    return into, run


def loss_and_gradient(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (H, H)     parameter: trained
    V_z,      # (H, I)     parameter: trained
    b_z,      # (H)        parameter: trained
    V_h,      # (H, I)     parameter: trained
    b_h,      # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    epsilon,  # ()         parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()         parameter: constant: it has no gradient; usually 0.01
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_h, V_z, b_z, V_h, b_h, W_hy, b_y, epsilon, gamma)
    gradients = backward(x, y, V_z, V_h, W_hy, epsilon, gamma, kept.h, kept.y_hat, kept.A, kept.z_a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
