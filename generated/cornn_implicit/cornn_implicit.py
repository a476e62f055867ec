"""coupled oscillatory network, damping of the new velocity (implicit) with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Rusch, Mishra, "Coupled oscillatory recurrent neural network (coRNN)", 2020,
arXiv:2010.00951

    (1)  z_z[t] = W y[t−1] + W_z z[t−1] + V u[t] + b
    (2)  a_z[t] = tanh(z_z[t])
    (3)  z[t] = (z[t−1] + dt (a_z[t] − gamma y[t−1])) ⊘ ((1 + dt ∘ epsilon) 1)
    (4)  y[t] = y[t−1] + dt z[t]
    (5)  z_y[t] = W_hy y[t] + b_y
    (6)  y_hat[t] = softmax(z_y[t])
    (7)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of u
    H  entries of y
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u        (T, B, I)  input: of every step
    y0       (B, H)     initial state: y before the first step
    z0       (B, H)     initial state: z before the first step
    y2       (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W        (H, H)     parameter: trained
    W_z      (H, H)     parameter: trained
    V        (H, I)     parameter: trained
    b        (H)        parameter: trained
    W_hy     (O, H)     parameter: trained
    b_y      (O)        parameter: trained
    dt       ()         parameter: constant: it has no gradient; usually 0.01
    gamma    ()         parameter: constant: it has no gradient; usually 1
    epsilon  ()         parameter: constant: it has no gradient; usually 1

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    z: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    a_z: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, H)     gradient: with respect to W
    dW_z: np.ndarray   # (H, H)     gradient: with respect to W_z
    dV: np.ndarray     # (H, I)     gradient: with respect to V
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    du: np.ndarray     # (T, B, I)  gradient: with respect to u[t]
    dy0: np.ndarray    # (B, H)     gradient: with respect to y0
    dz0: np.ndarray    # (B, H)     gradient: with respect to z0


def forward(
    u,        # (T, B, I)  input: of every step
    y0,       # (B, H)     initial state: y before the first step
    z0,       # (B, H)     initial state: z before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,        # (H, H)     parameter: trained
    W_z,      # (H, H)     parameter: trained
    V,        # (H, I)     parameter: trained
    b,        # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    dt,       # ()         parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()         parameter: constant: it has no gradient; usually 1
    epsilon,  # ()         parameter: constant: it has no gradient; usually 1
):
    """Compute every step."""
    kept, run = bind_forward(u, y0, z0, y2, W, W_z, V, b, W_hy, b_y, dt, gamma, epsilon)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    u,        # (T, B, I)  input: of every step
    y0,       # (B, H)     initial state: y before the first step
    z0,       # (B, H)     initial state: z before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,        # (H, H)     parameter: trained
    W_z,      # (H, H)     parameter: trained
    V,        # (H, I)     parameter: trained
    b,        # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    dt,       # ()         parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()         parameter: constant: it has no gradient; usually 1
    epsilon,  # ()         parameter: constant: it has no gradient; usually 1
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
    _check("W", W, (H, H), dtype)
    _check("W_z", W_z, (H, H), dtype)
    _check("V", V, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("dt", dt, (), dtype)
    _check("gamma", gamma, (), dtype)
    _check("epsilon", epsilon, (), dtype)

    if into is None:
        into = Kept(
            z=np.empty((T + 1, B, H), dtype),
            y=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_z=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    z, y, y_hat, a_z, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_T = np.empty((H, H), dtype)
    W_z_T = np.empty((H, H), dtype)
    V_T = np.empty((I, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_z,           # a_z_t
        y[0:T],        # y_t
        z[0:T],        # z_t
        u,             # u_t
        z[1 : T + 1],  # z_next
        y[1 : T + 1],  # y_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(V_T, V.T)
            np.copyto(W_z_T, W_z.T)
            np.copyto(W_T, W.T)
            np.copyto(y[0], y0)
            np.copyto(z[0], z0)
            b_row = b[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for a_z_t, y_t, z_t, u_t, z_next, y_next in steps:
                # (1) z_z[t] = W y[t−1] + W_z z[t−1] + V u[t] + b
                np.dot(y_t, W_T, a_z_t)
                np.dot(z_t, W_z_T, _B_H)
                np.add(a_z_t, _B_H, a_z_t)
                np.dot(u_t, V_T, _B_H)
                np.add(a_z_t, _B_H, a_z_t)
                np.add(a_z_t, b_row, a_z_t)
                # (2) a_z[t] = tanh(z_z[t])
                np.tanh(a_z_t, a_z_t)
                # (3) z[t] = (z[t−1] + dt (a_z[t] − gamma y[t−1])) ⊘ ((1 + dt ∘ epsilon) 1)
                np.multiply(gamma, y_t, z_next)
                np.subtract(a_z_t, z_next, z_next)
                np.multiply(dt, z_next, z_next)
                np.add(z_t, z_next, z_next)
                np.multiply(dt, epsilon, _1)
                np.add(number_1, _1, _1)
                np.divide(z_next, _1, z_next)
                # (4) y[t] = y[t−1] + dt z[t]
                np.multiply(dt, z_next, y_next)
                np.add(y_t, y_next, y_next)
            # (5) z_y[t] = W_hy y[t] + b_y
            np.dot(y[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (6) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (7) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    u,        # (T, B, I)      input: of every step
    y2,       # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,        # (H, H)         parameter: trained
    W_z,      # (H, H)         parameter: trained
    V,        # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    dt,       # ()             parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()             parameter: constant: it has no gradient; usually 1
    epsilon,  # ()             parameter: constant: it has no gradient; usually 1
    z,        # (T + 1, B, H)  output: state; the first is initial
    y,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    a_z,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(u, y2, W, W_z, V, W_hy, dt, gamma, epsilon, z, y, y_hat, a_z)
    run()
    return gradients


def bind_backward(
    u,        # (T, B, I)      input: of every step
    y2,       # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,        # (H, H)         parameter: trained
    W_z,      # (H, H)         parameter: trained
    V,        # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    dt,       # ()             parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()             parameter: constant: it has no gradient; usually 1
    epsilon,  # ()             parameter: constant: it has no gradient; usually 1
    z,        # (T + 1, B, H)  output: state; the first is initial
    y,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    a_z,      # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    O = y2.shape[2]
    H = W.shape[0]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_z", W_z, (H, H), dtype)
    _check("V", V, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("dt", dt, (), dtype)
    _check("gamma", gamma, (), dtype)
    _check("epsilon", epsilon, (), dtype)
    _check("z", z, (T + 1, B, H), dtype)
    _check("y", y, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_z", a_z, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW=np.empty((H, H), dtype),
            dW_z=np.empty((H, H), dtype),
            dV=np.empty((H, I), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            du=np.empty((T, B, I), dtype),
            dy0=np.empty((B, H), dtype),
            dz0=np.empty((B, H), dtype),
        )
    dW, dW_z, dV, db, dW_hy, db_y, du, dy0, dz0 = into
    carry_y = np.empty((B, H), dtype)
    carry_z = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dz = np.empty((B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    _1 = np.empty((), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dy[::-1],    # dy_t
        dz_z[::-1],  # dz_z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_y, 0.0)
            np.copyto(carry_z, 0.0)
            # (9) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (13) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
            np.square(a_z, dz_z)
            np.subtract(1.0, dz_z, dz_z)
            np.multiply(dt, dz_z, dz_z)
            # (10) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − gamma dt (z̄[t+1] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (18) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y[1 : T + 1].reshape(T * B, H), dW_hy)
            # (19) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            number_1 = np.array(1.0, dtype)
            for dy_t, dz_z_t in steps:
                # (10) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − gamma dt (z̄[t+1] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[t+1]
                np.add(dy_t, carry_y, dy_t)
                # (11) z̄[t] = dt ȳ[t] + z̄[t+1] ⊘ ((1 + dt ∘ epsilon) 1) + W_zᵀ z̄_z[t+1]
                np.multiply(dt, dy_t, dz)
                np.add(dz, carry_z, dz)
                # (13) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
                np.multiply(dt, epsilon, _1)
                np.add(number_1, _1, _1)
                np.divide(dz, _1, _B_H)
                np.multiply(_B_H, dz_z_t, dz_z_t)
                # (10) what step t gives to y of earlier steps: ȳ[t] + −gamma dt (z̄[t] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[t]
                np.dot(dz_z_t, W, carry_y)
                np.multiply(dt, epsilon, _1)
                np.add(number_1, _1, _1)
                np.divide(dz, _1, _B_H)
                np.multiply(dt, _B_H, _B_H)
                np.multiply(gamma, _B_H, _B_H)
                np.subtract(dy_t, _B_H, _B_H)
                np.add(carry_y, _B_H, carry_y)
                # (11) what step t gives to z of earlier steps: z̄[t] ⊘ ((1 + dt ∘ epsilon) 1) + W_zᵀ z̄_z[t]
                np.dot(dz_z_t, W_z, carry_z)
                np.multiply(dt, epsilon, _1)
                np.add(number_1, _1, _1)
                np.divide(dz, _1, _B_H)
                np.add(carry_z, _B_H, carry_z)
            # (14) W̄ += z̄_z[t] y[t−1]ᵀ
            np.dot(dz_z.reshape(T * B, H).T, y[0:T].reshape(T * B, H), dW)
            # (15) W̄_z += z̄_z[t] z[t−1]ᵀ
            np.dot(dz_z.reshape(T * B, H).T, z[0:T].reshape(T * B, H), dW_z)
            # (16) V̄ += z̄_z[t] u[t]ᵀ
            np.dot(dz_z.reshape(T * B, H).T, u.reshape(T * B, I), dV)
            # (17) b̄ += z̄_z[t]
            np.matmul(_ones_T_B, dz_z.reshape(T * B, H), db)
            # (20) ū[t] = Vᵀ z̄_z[t]
            np.dot(dz_z.reshape(T * B, H), V, du.reshape(T * B, I))
            # (21) ȳ[0] = ȳ[1] + −gamma dt (z̄[1] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[1]
            np.copyto(dy0, carry_y)
            # (22) z̄[0] = z̄[1] ⊘ ((1 + dt ∘ epsilon) 1) + W_zᵀ z̄_z[1]
            np.copyto(dz0, carry_z)

    return into, run


def loss_and_gradient(
    u,        # (T, B, I)  input: of every step
    y0,       # (B, H)     initial state: y before the first step
    z0,       # (B, H)     initial state: z before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,        # (H, H)     parameter: trained
    W_z,      # (H, H)     parameter: trained
    V,        # (H, I)     parameter: trained
    b,        # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    dt,       # ()         parameter: constant: it has no gradient; usually 0.01
    gamma,    # ()         parameter: constant: it has no gradient; usually 1
    epsilon,  # ()         parameter: constant: it has no gradient; usually 1
):
    """Return the loss and its gradients."""
    kept = forward(u, y0, z0, y2, W, W_z, V, b, W_hy, b_y, dt, gamma, epsilon)
    gradients = backward(u, y2, W, W_z, V, W_hy, dt, gamma, epsilon, kept.z, kept.y, kept.y_hat, kept.a_z)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
