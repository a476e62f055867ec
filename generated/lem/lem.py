"""long expressive memory with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Rusch, Mishra, Erichson, Mahoney, "Long expressive memory for sequence modeling", 2021,
arXiv:2110.04744

    (1)   z_delta[t] = W_1 y[t−1] + V_1 u[t] + b_1
    (2)   a_delta[t] = sigmoid(z_delta[t])
    (3)   delta[t] = dt a_delta[t]
    (4)   z_delta_bar[t] = W_2 y[t−1] + V_2 u[t] + b_2
    (5)   a_delta_bar[t] = sigmoid(z_delta_bar[t])
    (6)   delta_bar[t] = dt a_delta_bar[t]
    (7)   z_z[t] = W_z y[t−1] + V_z u[t] + b_z
    (8)   a_z[t] = tanh(z_z[t])
    (9)   z[t] = (1 − delta[t]) ∘ z[t−1] + delta[t] ∘ a_z[t]
    (10)  z_y[t] = W_y z[t] + V_y u[t] + b_y
    (11)  a_y[t] = tanh(z_y[t])
    (12)  y[t] = (1 − delta_bar[t]) ∘ y[t−1] + delta_bar[t] ∘ a_y[t]
    (13)  z2_y[t] = W_hy y[t] + b2_y
    (14)  y_hat[t] = softmax(z2_y[t])
    (15)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of u
    H  entries of y
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u     (T, B, I)  input: of every step
    y0    (B, H)     initial state: y before the first step
    z0    (B, H)     initial state: z before the first step
    y2    (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1   (H, H)     parameter: trained
    V_1   (H, I)     parameter: trained
    b_1   (H)        parameter: trained
    W_2   (H, H)     parameter: trained
    V_2   (H, I)     parameter: trained
    b_2   (H)        parameter: trained
    W_z   (H, H)     parameter: trained
    V_z   (H, I)     parameter: trained
    b_z   (H)        parameter: trained
    W_y   (H, H)     parameter: trained
    V_y   (H, I)     parameter: trained
    b_y   (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b2_y  (O)        parameter: trained
    dt    ()         parameter: constant: it has no gradient; usually 1

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    z: np.ndarray                    # (T + 1, B, H)  output: state; the first is initial
    y: np.ndarray                    # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray                # (T, B, O)      output: of every step
    a_delta_delta_bar_z: np.ndarray  # (T, B, 3*H)    saved: a_delta, a_delta_bar, a_z, side by side
    a_y: np.ndarray                  # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray                    # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_1: np.ndarray   # (H, H)     gradient: with respect to W_1
    dV_1: np.ndarray   # (H, I)     gradient: with respect to V_1
    db_1: np.ndarray   # (H)        gradient: with respect to b_1
    dW_2: np.ndarray   # (H, H)     gradient: with respect to W_2
    dV_2: np.ndarray   # (H, I)     gradient: with respect to V_2
    db_2: np.ndarray   # (H)        gradient: with respect to b_2
    dW_z: np.ndarray   # (H, H)     gradient: with respect to W_z
    dV_z: np.ndarray   # (H, I)     gradient: with respect to V_z
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dW_y: np.ndarray   # (H, H)     gradient: with respect to W_y
    dV_y: np.ndarray   # (H, I)     gradient: with respect to V_y
    db_y: np.ndarray   # (H)        gradient: with respect to b_y
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db2_y: np.ndarray  # (O)        gradient: with respect to b2_y
    du: np.ndarray     # (T, B, I)  gradient: with respect to u[t]
    dy0: np.ndarray    # (B, H)     gradient: with respect to y0
    dz0: np.ndarray    # (B, H)     gradient: with respect to z0


def forward(
    u,     # (T, B, I)  input: of every step
    y0,    # (B, H)     initial state: y before the first step
    z0,    # (B, H)     initial state: z before the first step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1,   # (H, H)     parameter: trained
    V_1,   # (H, I)     parameter: trained
    b_1,   # (H)        parameter: trained
    W_2,   # (H, H)     parameter: trained
    V_2,   # (H, I)     parameter: trained
    b_2,   # (H)        parameter: trained
    W_z,   # (H, H)     parameter: trained
    V_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_y,   # (H, H)     parameter: trained
    V_y,   # (H, I)     parameter: trained
    b_y,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b2_y,  # (O)        parameter: trained
    dt,    # ()         parameter: constant: it has no gradient; usually 1
):
    """Compute every step."""
    kept, run = bind_forward(u, y0, z0, y2, W_1, V_1, b_1, W_2, V_2, b_2, W_z, V_z, b_z, W_y, V_y, b_y, W_hy, b2_y, dt)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    u,     # (T, B, I)  input: of every step
    y0,    # (B, H)     initial state: y before the first step
    z0,    # (B, H)     initial state: z before the first step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1,   # (H, H)     parameter: trained
    V_1,   # (H, I)     parameter: trained
    b_1,   # (H)        parameter: trained
    W_2,   # (H, H)     parameter: trained
    V_2,   # (H, I)     parameter: trained
    b_2,   # (H)        parameter: trained
    W_z,   # (H, H)     parameter: trained
    V_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_y,   # (H, H)     parameter: trained
    V_y,   # (H, I)     parameter: trained
    b_y,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b2_y,  # (O)        parameter: trained
    dt,    # ()         parameter: constant: it has no gradient; usually 1
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    H = y0.shape[1]
    O = y2.shape[2]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y0", y0, (B, H), dtype)
    _check("z0", z0, (B, H), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_1", W_1, (H, H), dtype)
    _check("V_1", V_1, (H, I), dtype)
    _check("b_1", b_1, (H,), dtype)
    _check("W_2", W_2, (H, H), dtype)
    _check("V_2", V_2, (H, I), dtype)
    _check("b_2", b_2, (H,), dtype)
    _check("W_z", W_z, (H, H), dtype)
    _check("V_z", V_z, (H, I), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("W_y", W_y, (H, H), dtype)
    _check("V_y", V_y, (H, I), dtype)
    _check("b_y", b_y, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b2_y", b2_y, (O,), dtype)
    _check("dt", dt, (), dtype)

    if into is None:
        into = Kept(
            z=np.empty((T + 1, B, H), dtype),
            y=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_delta_delta_bar_z=np.empty((T, B, 3*H), dtype),
            a_y=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    z, y, y_hat, a_delta_delta_bar_z, a_y, J = into
    delta = np.empty((B, H), dtype)
    delta_bar = np.empty((B, H), dtype)
    z2_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_1_2_z = np.empty((H, 3*H), dtype)
    V_1_T = np.empty((I, H), dtype)
    V_2_T = np.empty((I, H), dtype)
    V_z_T = np.empty((I, H), dtype)
    W_y_T = np.empty((H, H), dtype)
    V_y_T = np.empty((I, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_delta_delta_bar_z,                   # a_delta_delta_bar_z_t
        y[0:T],                                # y_t
        a_delta_delta_bar_z[:, :, :H],         # a_delta_t
        u,                                     # u_t
        a_delta_delta_bar_z[:, :, H : 2*H],    # a_delta_bar_t
        a_delta_delta_bar_z[:, :, 2*H : 3*H],  # a_z_t
        z[1 : T + 1],                          # z_next
        z[0:T],                                # z_t
        a_y,                                   # a_y_t
        y[1 : T + 1],                          # y_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(V_y_T, V_y.T)
            np.copyto(W_y_T, W_y.T)
            np.copyto(V_z_T, V_z.T)
            np.copyto(V_2_T, V_2.T)
            np.copyto(V_1_T, V_1.T)
            np.copyto(y[0], y0)
            np.copyto(z[0], z0)
            np.copyto(W_1_2_z[:, :H], W_1.T)
            np.copyto(W_1_2_z[:, H : 2*H], W_2.T)
            np.copyto(W_1_2_z[:, 2*H : 3*H], W_z.T)
            b_1_row = b_1[np.newaxis]
            b_2_row = b_2[np.newaxis]
            b_z_row = b_z[np.newaxis]
            b_y_row = b_y[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for a_delta_delta_bar_z_t, y_t, a_delta_t, u_t, a_delta_bar_t, a_z_t, z_next, z_t, a_y_t, y_next in steps:
                # (1) z_delta[t] = W_1 y[t−1] + V_1 u[t] + b_1
                np.dot(y_t, W_1_2_z, a_delta_delta_bar_z_t)
                np.matmul(u_t, V_1_T, _B_H)
                np.add(a_delta_t, _B_H, a_delta_t)
                np.add(a_delta_t, b_1_row, a_delta_t)
                # (2) a_delta[t] = sigmoid(z_delta[t])
                _sigmoid(a_delta_t, a_delta_t)
                # (3) delta[t] = dt a_delta[t]
                np.multiply(dt, a_delta_t, delta)
                # (4) z_delta_bar[t] = W_2 y[t−1] + V_2 u[t] + b_2
                np.matmul(u_t, V_2_T, _B_H)
                np.add(a_delta_bar_t, _B_H, a_delta_bar_t)
                np.add(a_delta_bar_t, b_2_row, a_delta_bar_t)
                # (5) a_delta_bar[t] = sigmoid(z_delta_bar[t])
                _sigmoid(a_delta_bar_t, a_delta_bar_t)
                # (6) delta_bar[t] = dt a_delta_bar[t]
                np.multiply(dt, a_delta_bar_t, delta_bar)
                # (7) z_z[t] = W_z y[t−1] + V_z u[t] + b_z
                np.matmul(u_t, V_z_T, _B_H)
                np.add(a_z_t, _B_H, a_z_t)
                np.add(a_z_t, b_z_row, a_z_t)
                # (8) a_z[t] = tanh(z_z[t])
                np.tanh(a_z_t, a_z_t)
                # (9) z[t] = (1 − delta[t]) ∘ z[t−1] + delta[t] ∘ a_z[t]
                np.subtract(number_1, delta, z_next)
                np.multiply(z_next, z_t, z_next)
                np.multiply(delta, a_z_t, _B_H)
                np.add(z_next, _B_H, z_next)
                # (10) z_y[t] = W_y z[t] + V_y u[t] + b_y
                np.dot(z_next, W_y_T, a_y_t)
                np.dot(u_t, V_y_T, _B_H)
                np.add(a_y_t, _B_H, a_y_t)
                np.add(a_y_t, b_y_row, a_y_t)
                # (11) a_y[t] = tanh(z_y[t])
                np.tanh(a_y_t, a_y_t)
                # (12) y[t] = (1 − delta_bar[t]) ∘ y[t−1] + delta_bar[t] ∘ a_y[t]
                np.subtract(number_1, delta_bar, y_next)
                np.multiply(y_next, y_t, y_next)
                np.multiply(delta_bar, a_y_t, _B_H)
                np.add(y_next, _B_H, y_next)
            # (13) z2_y[t] = W_hy y[t] + b2_y
            np.dot(y[1 : T + 1].reshape(T * B, H), W_hy.T, z2_y.reshape(T * B, O))
            np.add(z2_y, b2_y, z2_y)
            # (14) y_hat[t] = softmax(z2_y[t])
            np.maximum.reduce(z2_y, axis=2, out=largest)
            np.subtract(z2_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (15) J += −y2[t]ᵀ log_softmax(z2_y[t])
            np.log(total, log_total)
            np.subtract(z2_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    u,                    # (T, B, I)      input: of every step
    y2,                   # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1,                  # (H, H)         parameter: trained
    V_1,                  # (H, I)         parameter: trained
    W_2,                  # (H, H)         parameter: trained
    V_2,                  # (H, I)         parameter: trained
    W_z,                  # (H, H)         parameter: trained
    V_z,                  # (H, I)         parameter: trained
    W_y,                  # (H, H)         parameter: trained
    V_y,                  # (H, I)         parameter: trained
    W_hy,                 # (O, H)         parameter: trained
    dt,                   # ()             parameter: constant: it has no gradient; usually 1
    z,                    # (T + 1, B, H)  output: state; the first is initial
    y,                    # (T + 1, B, H)  output: state; the first is initial
    y_hat,                # (T, B, O)      output: of every step
    a_delta_delta_bar_z,  # (T, B, 3*H)    saved: a_delta, a_delta_bar, a_z, side by side
    a_y,                  # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(u, y2, W_1, V_1, W_2, V_2, W_z, V_z, W_y, V_y, W_hy, dt, z, y, y_hat, a_delta_delta_bar_z, a_y)
    run()
    return gradients


def bind_backward(
    u,                    # (T, B, I)      input: of every step
    y2,                   # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1,                  # (H, H)         parameter: trained
    V_1,                  # (H, I)         parameter: trained
    W_2,                  # (H, H)         parameter: trained
    V_2,                  # (H, I)         parameter: trained
    W_z,                  # (H, H)         parameter: trained
    V_z,                  # (H, I)         parameter: trained
    W_y,                  # (H, H)         parameter: trained
    V_y,                  # (H, I)         parameter: trained
    W_hy,                 # (O, H)         parameter: trained
    dt,                   # ()             parameter: constant: it has no gradient; usually 1
    z,                    # (T + 1, B, H)  output: state; the first is initial
    y,                    # (T + 1, B, H)  output: state; the first is initial
    y_hat,                # (T, B, O)      output: of every step
    a_delta_delta_bar_z,  # (T, B, 3*H)    saved: a_delta, a_delta_bar, a_z, side by side
    a_y,                  # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    O = y2.shape[2]
    H = W_1.shape[0]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_1", W_1, (H, H), dtype)
    _check("V_1", V_1, (H, I), dtype)
    _check("W_2", W_2, (H, H), dtype)
    _check("V_2", V_2, (H, I), dtype)
    _check("W_z", W_z, (H, H), dtype)
    _check("V_z", V_z, (H, I), dtype)
    _check("W_y", W_y, (H, H), dtype)
    _check("V_y", V_y, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("dt", dt, (), dtype)
    _check("z", z, (T + 1, B, H), dtype)
    _check("y", y, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_delta_delta_bar_z", a_delta_delta_bar_z, (T, B, 3*H), dtype)
    _check("a_y", a_y, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_1=np.empty((H, H), dtype),
            dV_1=np.empty((H, I), dtype),
            db_1=np.empty((H,), dtype),
            dW_2=np.empty((H, H), dtype),
            dV_2=np.empty((H, I), dtype),
            db_2=np.empty((H,), dtype),
            dW_z=np.empty((H, H), dtype),
            dV_z=np.empty((H, I), dtype),
            db_z=np.empty((H,), dtype),
            dW_y=np.empty((H, H), dtype),
            dV_y=np.empty((H, I), dtype),
            db_y=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db2_y=np.empty((O,), dtype),
            du=np.empty((T, B, I), dtype),
            dy0=np.empty((B, H), dtype),
            dz0=np.empty((B, H), dtype),
        )
    dW_1, dV_1, db_1, dW_2, dV_2, db_2, dW_z, dV_z, db_z, dW_y, dV_y, db_y, dW_hy, db2_y, du, dy0, dz0 = into
    carry_y = np.empty((B, H), dtype)
    carry_z = np.empty((B, H), dtype)
    dz2_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dz_y_z_delta_bar_delta = np.empty((T, B, 4*H), dtype)
    dz = np.empty((B, H), dtype)
    ddelta_bar = np.empty((T, B, H), dtype)
    ddelta = np.empty((T, B, H), dtype)
    V_y_z_2_1 = np.empty((4*H, I), dtype)
    W_z_2_1 = np.empty((3*H, H), dtype)
    factor_carry_z = np.empty((T, B, H), dtype)
    factor_carry_y = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dy[::-1],                                       # dy_t
        dz_y_z_delta_bar_delta[:, :, :H][::-1],         # dz_y_t
        dz_y_z_delta_bar_delta[:, :, H : 2*H][::-1],    # dz_z_t
        ddelta_bar[::-1],                               # ddelta_bar_t
        dz_y_z_delta_bar_delta[:, :, 2*H : 3*H][::-1],  # dz_delta_bar_t
        ddelta[::-1],                                   # ddelta_t
        dz_y_z_delta_bar_delta[:, :, 3*H : 4*H][::-1],  # dz_delta_t
        dz_y_z_delta_bar_delta[:, :, H : 4*H][::-1],    # dz_y_z_delta_bar_delta_t
        factor_carry_y[::-1],                           # factor_carry_y_t
        factor_carry_z[::-1],                           # factor_carry_z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_y, 0.0)
            np.copyto(carry_z, 0.0)
            np.copyto(V_y_z_2_1[:H], V_y)
            np.copyto(V_y_z_2_1[H : 2*H], V_z)
            np.copyto(V_y_z_2_1[2*H : 3*H], V_2)
            np.copyto(V_y_z_2_1[3*H : 4*H], V_1)
            np.copyto(W_z_2_1[:H], W_z)
            np.copyto(W_z_2_1[H : 2*H], W_2)
            np.copyto(W_z_2_1[2*H : 3*H], W_1)
            # (17) z2̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz2_y)
            # (20) z̄_y[t] = ā_y[t] ∘ (1 − a_y[t]²)
            np.multiply(dt, a_delta_delta_bar_z[:, :, H : 2*H], _T_B_H)
            np.square(a_y, _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_y_z_delta_bar_delta[:, :, :H])
            # (23) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
            np.multiply(dt, a_delta_delta_bar_z[:, :, :H], _T_B_H)
            np.square(a_delta_delta_bar_z[:, :, 2*H : 3*H], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_y_z_delta_bar_delta[:, :, H : 2*H])
            # (24) deltā_bar[t] = −ȳ[t] ∘ y[t−1] + ȳ[t] ∘ a_y[t]
            np.negative(y[0:T], ddelta_bar)
            np.add(ddelta_bar, a_y, ddelta_bar)
            # (26) z̄_delta_bar[t] = ā_delta_bar[t] ∘ a_delta_bar[t] ∘ (1 − a_delta_bar[t])
            np.multiply(dt, a_delta_delta_bar_z[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, a_delta_delta_bar_z[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_y_z_delta_bar_delta[:, :, 2*H : 3*H])
            # (27) deltā[t] = −z̄[t] ∘ z[t−1] + z̄[t] ∘ a_z[t]
            np.negative(z[0:T], ddelta)
            np.add(ddelta, a_delta_delta_bar_z[:, :, 2*H : 3*H], ddelta)
            # (29) z̄_delta[t] = ā_delta[t] ∘ a_delta[t] ∘ (1 − a_delta[t])
            np.multiply(dt, a_delta_delta_bar_z[:, :, :H], _T_B_H)
            np.subtract(1.0, a_delta_delta_bar_z[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_y_z_delta_bar_delta[:, :, 3*H : 4*H])
            # (18) what step t gives to y of earlier steps: ȳ[t] ∘ (1 − delta_bar[t]) + W_zᵀ z̄_z[t] + W_2ᵀ z̄_delta_bar[t] + W_1ᵀ z̄_delta[t]
            np.multiply(dt, a_delta_delta_bar_z[:, :, H : 2*H], factor_carry_y)
            np.subtract(1.0, factor_carry_y, factor_carry_y)
            # (21) what step t gives to z of earlier steps: z̄[t] ∘ (1 − delta[t])
            np.multiply(dt, a_delta_delta_bar_z[:, :, :H], factor_carry_z)
            np.subtract(1.0, factor_carry_z, factor_carry_z)
            # (18) ȳ[t] = W_hyᵀ z2̄_y[t] + ȳ[t+1] ∘ (1 − delta_bar[t+1]) + W_zᵀ z̄_z[t+1] + W_2ᵀ z̄_delta_bar[t+1] + W_1ᵀ z̄_delta[t+1]
            np.dot(dz2_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (42) W̄_hy += z2̄_y[t] y[t]ᵀ
            np.dot(dz2_y.reshape(T * B, O).T, y[1 : T + 1].reshape(T * B, H), dW_hy)
            # (43) b2̄_y += z2̄_y[t]
            np.matmul(_ones_T_B, dz2_y.reshape(T * B, O), db2_y)
            for (
                dy_t, dz_y_t, dz_z_t, ddelta_bar_t, dz_delta_bar_t, ddelta_t, dz_delta_t, dz_y_z_delta_bar_delta_t,
                factor_carry_y_t, factor_carry_z_t,
            ) in steps:
                # (18) ȳ[t] = W_hyᵀ z2̄_y[t] + ȳ[t+1] ∘ (1 − delta_bar[t+1]) + W_zᵀ z̄_z[t+1] + W_2ᵀ z̄_delta_bar[t+1] + W_1ᵀ z̄_delta[t+1]
                np.add(dy_t, carry_y, dy_t)
                # (20) z̄_y[t] = ā_y[t] ∘ (1 − a_y[t]²)
                np.multiply(dy_t, dz_y_t, dz_y_t)
                # (21) z̄[t] = W_yᵀ z̄_y[t] + z̄[t+1] ∘ (1 − delta[t+1])
                np.matmul(dz_y_t, W_y, dz)
                np.add(dz, carry_z, dz)
                # (23) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
                np.multiply(dz, dz_z_t, dz_z_t)
                # (24) deltā_bar[t] = −ȳ[t] ∘ y[t−1] + ȳ[t] ∘ a_y[t]
                np.multiply(dy_t, ddelta_bar_t, ddelta_bar_t)
                # (26) z̄_delta_bar[t] = ā_delta_bar[t] ∘ a_delta_bar[t] ∘ (1 − a_delta_bar[t])
                np.multiply(ddelta_bar_t, dz_delta_bar_t, dz_delta_bar_t)
                # (27) deltā[t] = −z̄[t] ∘ z[t−1] + z̄[t] ∘ a_z[t]
                np.multiply(dz, ddelta_t, ddelta_t)
                # (29) z̄_delta[t] = ā_delta[t] ∘ a_delta[t] ∘ (1 − a_delta[t])
                np.multiply(ddelta_t, dz_delta_t, dz_delta_t)
                # (18) what step t gives to y of earlier steps: ȳ[t] ∘ (1 − delta_bar[t]) + W_zᵀ z̄_z[t] + W_2ᵀ z̄_delta_bar[t] + W_1ᵀ z̄_delta[t]
                np.matmul(dz_y_z_delta_bar_delta_t, W_z_2_1, carry_y)
                np.multiply(dy_t, factor_carry_y_t, _B_H)
                np.add(carry_y, _B_H, carry_y)
                # (21) what step t gives to z of earlier steps: z̄[t] ∘ (1 − delta[t])
                np.multiply(dz, factor_carry_z_t, carry_z)
            # (30) W̄_1 += z̄_delta[t] y[t−1]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 3*H : 4*H].T, y[0:T].reshape(T * B, H), dW_1)
            # (31) V̄_1 += z̄_delta[t] u[t]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 3*H : 4*H].T, u.reshape(T * B, I), dV_1)
            # (32) b̄_1 += z̄_delta[t]
            np.matmul(_ones_T_B, dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 3*H : 4*H], db_1)
            # (33) W̄_2 += z̄_delta_bar[t] y[t−1]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 2*H : 3*H].T, y[0:T].reshape(T * B, H), dW_2)
            # (34) V̄_2 += z̄_delta_bar[t] u[t]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 2*H : 3*H].T, u.reshape(T * B, I), dV_2)
            # (35) b̄_2 += z̄_delta_bar[t]
            np.matmul(_ones_T_B, dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 2*H : 3*H], db_2)
            # (36) W̄_z += z̄_z[t] y[t−1]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, H : 2*H].T, y[0:T].reshape(T * B, H), dW_z)
            # (37) V̄_z += z̄_z[t] u[t]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, H : 2*H].T, u.reshape(T * B, I), dV_z)
            # (38) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, H : 2*H], db_z)
            # (39) W̄_y += z̄_y[t] z[t]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, :H].T, z[1 : T + 1].reshape(T * B, H), dW_y)
            # (40) V̄_y += z̄_y[t] u[t]ᵀ
            np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, :H].T, u.reshape(T * B, I), dV_y)
            # (41) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, :H], db_y)
            # (44) ū[t] = V_yᵀ z̄_y[t] + V_zᵀ z̄_z[t] + V_2ᵀ z̄_delta_bar[t] + V_1ᵀ z̄_delta[t]
            np.dot(dz_y_z_delta_bar_delta.reshape(T * B, 4*H), V_y_z_2_1, du.reshape(T * B, I))
            # (45) ȳ[0] = ȳ[1] ∘ (1 − delta_bar[1]) + W_zᵀ z̄_z[1] + W_2ᵀ z̄_delta_bar[1] + W_1ᵀ z̄_delta[1]
            np.copyto(dy0, carry_y)
            # (46) z̄[0] = z̄[1] ∘ (1 − delta[1])
            np.copyto(dz0, carry_z)

    return into, run


def loss_and_gradient(
    u,     # (T, B, I)  input: of every step
    y0,    # (B, H)     initial state: y before the first step
    z0,    # (B, H)     initial state: z before the first step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1,   # (H, H)     parameter: trained
    V_1,   # (H, I)     parameter: trained
    b_1,   # (H)        parameter: trained
    W_2,   # (H, H)     parameter: trained
    V_2,   # (H, I)     parameter: trained
    b_2,   # (H)        parameter: trained
    W_z,   # (H, H)     parameter: trained
    V_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_y,   # (H, H)     parameter: trained
    V_y,   # (H, I)     parameter: trained
    b_y,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b2_y,  # (O)        parameter: trained
    dt,    # ()         parameter: constant: it has no gradient; usually 1
):
    """Return the loss and its gradients."""
    kept = forward(u, y0, z0, y2, W_1, V_1, b_1, W_2, V_2, b_2, W_z, V_z, b_z, W_y, V_y, b_y, W_hy, b2_y, dt)
    gradients = backward(u, y2, W_1, V_1, W_2, V_2, W_z, V_z, W_y, V_y, W_hy, dt, kept.z, kept.y, kept.y_hat, kept.a_delta_delta_bar_z, kept.a_y)
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
