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

    z = np.empty((T + 1, B, H), dtype)
    y = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    a_z = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(y[0], y0)
        np.copyto(z[0], z0)
        for t in range(T):
            # (1) z_z[t] = W y[t−1] + W_z z[t−1] + V u[t] + b
            np.matmul(y[t], W.T, out=a_z[t])
            np.matmul(z[t], W_z.T, out=_B_H)
            np.add(a_z[t], _B_H, out=a_z[t])
            np.matmul(u[t], V.T, out=_B_H)
            np.add(a_z[t], _B_H, out=a_z[t])
            np.add(a_z[t], b, out=a_z[t])
            # (2) a_z[t] = tanh(z_z[t])
            np.tanh(a_z[t], out=a_z[t])
            # (3) z[t] = (z[t−1] + dt (a_z[t] − gamma y[t−1])) ⊘ ((1 + dt ∘ epsilon) 1)
            np.multiply(gamma, y[t], out=_B_H)
            np.subtract(a_z[t], _B_H, out=_B_H)
            np.multiply(dt, _B_H, out=_B_H)
            np.add(z[t], _B_H, out=_B_H)
            np.multiply(dt, epsilon, out=_B_H_1)
            np.add(1.0, _B_H_1, out=_B_H_1)
            np.divide(_B_H, _B_H_1, out=z[t + 1])
            # (4) y[t] = y[t−1] + dt z[t]
            np.multiply(dt, z[t + 1], out=_B_H)
            np.add(y[t], _B_H, out=y[t + 1])
        # (5) z_y[t] = W_hy y[t] + b_y
        np.matmul(y[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (5) z_y[t] = W_hy y[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (6) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (7) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (7) J += −y2[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y2, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(z=z, y=y, y_hat=y_hat, a_z=a_z, J=J[()])


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

    dW = np.empty((H, H), dtype)
    dW_z = np.empty((H, H), dtype)
    dV = np.empty((H, I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    du = np.empty((T, B, I), dtype)
    dy0 = np.empty((B, H), dtype)
    dz0 = np.empty((B, H), dtype)
    carry_y = np.empty((B, H), dtype)
    carry_z = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dz = np.empty((B, H), dtype)
    da_z = np.empty((B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_y, 0.0)
        np.copyto(carry_z, 0.0)
        for t in reversed(range(T)):
            # (9) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y[t])
        # (10) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − gamma dt (z̄[t+1] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dy.reshape(T * B, H))
        # (18) W̄_hy += z̄_y[t] y[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, y[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (19) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (10) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − gamma dt (z̄[t+1] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[t+1]
            np.add(dy[t], carry_y, out=dy[t])
            # (11) z̄[t] = dt ȳ[t] + z̄[t+1] ⊘ ((1 + dt ∘ epsilon) 1) + W_zᵀ z̄_z[t+1]
            np.multiply(dt, dy[t], out=dz)
            np.add(dz, carry_z, out=dz)
            # (12) ā_z[t] = dt (z̄[t] ⊘ ((1 + dt ∘ epsilon) 1))
            np.multiply(dt, epsilon, out=da_z)
            np.add(1.0, da_z, out=da_z)
            np.divide(dz, da_z, out=da_z)
            np.multiply(dt, da_z, out=da_z)
            # (13) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
            np.square(a_z[t], out=dz_z[t])
            np.subtract(1.0, dz_z[t], out=dz_z[t])
            np.multiply(da_z, dz_z[t], out=dz_z[t])
            # (10) what step t gives to y of earlier steps: ȳ[t] + −gamma dt (z̄[t] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[t]
            np.matmul(dz_z[t], W, out=carry_y)
            np.multiply(dt, epsilon, out=_B_H)
            np.add(1.0, _B_H, out=_B_H)
            np.divide(dz, _B_H, out=_B_H)
            np.multiply(dt, _B_H, out=_B_H)
            np.multiply(gamma, _B_H, out=_B_H)
            np.subtract(dy[t], _B_H, out=_B_H)
            np.add(carry_y, _B_H, out=carry_y)
            # (11) what step t gives to z of earlier steps: z̄[t] ⊘ ((1 + dt ∘ epsilon) 1) + W_zᵀ z̄_z[t]
            np.matmul(dz_z[t], W_z, out=carry_z)
            np.multiply(dt, epsilon, out=_B_H)
            np.add(1.0, _B_H, out=_B_H)
            np.divide(dz, _B_H, out=_B_H)
            np.add(carry_z, _B_H, out=carry_z)
        # (14) W̄ += z̄_z[t] y[t−1]ᵀ
        np.matmul(dz_z.reshape(T * B, H).T, y[0:T].reshape(T * B, H), out=dW)
        # (15) W̄_z += z̄_z[t] z[t−1]ᵀ
        np.matmul(dz_z.reshape(T * B, H).T, z[0:T].reshape(T * B, H), out=dW_z)
        # (16) V̄ += z̄_z[t] u[t]ᵀ
        np.matmul(dz_z.reshape(T * B, H).T, u.reshape(T * B, I), out=dV)
        # (17) b̄ += z̄_z[t]
        np.sum(dz_z, axis=(0, 1), out=db)
        # (20) ū[t] = Vᵀ z̄_z[t]
        np.matmul(dz_z.reshape(T * B, H), V, out=du.reshape(T * B, I))
        # (21) ȳ[0] = ȳ[1] + −gamma dt (z̄[1] ⊘ ((1 + dt ∘ epsilon) 1)) + Wᵀ z̄_z[1]
        np.copyto(dy0, carry_y)
        # (22) z̄[0] = z̄[1] ⊘ ((1 + dt ∘ epsilon) 1) + W_zᵀ z̄_z[1]
        np.copyto(dz0, carry_z)
    return Gradients(dW=dW, dW_z=dW_z, dV=dV, db=db, dW_hy=dW_hy, db_y=db_y, du=du, dy0=dy0, dz0=dz0)


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
