"""undamped independent controlled oscillatory network, one layer with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Rusch, Mishra, "UnICORNN: a recurrent model for learning very long time dependencies", 2021,
arXiv:2103.05487

    (1)  a_delta = sigmoid(c)
    (2)  delta = dt a_delta
    (3)  z_z[t] = w ∘ y[t−1] + V u[t] + b
    (4)  a_z[t] = tanh(z_z[t])
    (5)  z[t] = z[t−1] − delta ∘ (a_z[t] + alpha y[t−1])
    (6)  y[t] = y[t−1] + delta ∘ z[t]
    (7)  z_y[t] = W_hy y[t] + b_y
    (8)  y_hat[t] = softmax(z_y[t])
    (9)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of u
    H  entries of y
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u      (T, B, I)  input: of every step
    y0     (B, H)     initial state: y before the first step
    z0     (B, H)     initial state: z before the first step
    y2     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    c      (H)        parameter: trained
    w      (H)        parameter: trained
    V      (H, I)     parameter: trained
    b      (H)        parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained
    dt     ()         parameter: constant: it has no gradient; usually 0.1
    alpha  ()         parameter: constant: it has no gradient; usually 1

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    z: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    y: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray    # (T, B, O)      output: of every step
    a_delta: np.ndarray  # (H)            saved: kept for the backward pass
    delta: np.ndarray    # (H)            saved: kept for the backward pass
    a_z: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dc: np.ndarray     # (H)        gradient: with respect to c
    dw: np.ndarray     # (H)        gradient: with respect to w
    dV: np.ndarray     # (H, I)     gradient: with respect to V
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    du: np.ndarray     # (T, B, I)  gradient: with respect to u[t]
    dy0: np.ndarray    # (B, H)     gradient: with respect to y0
    dz0: np.ndarray    # (B, H)     gradient: with respect to z0


def forward(
    u,      # (T, B, I)  input: of every step
    y0,     # (B, H)     initial state: y before the first step
    z0,     # (B, H)     initial state: z before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    c,      # (H)        parameter: trained
    w,      # (H)        parameter: trained
    V,      # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    dt,     # ()         parameter: constant: it has no gradient; usually 0.1
    alpha,  # ()         parameter: constant: it has no gradient; usually 1
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
    _check("c", c, (H,), dtype)
    _check("w", w, (H,), dtype)
    _check("V", V, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("dt", dt, (), dtype)
    _check("alpha", alpha, (), dtype)

    z = np.empty((T + 1, B, H), dtype)
    y = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    a_delta = np.empty((H,), dtype)
    delta = np.empty((H,), dtype)
    a_z = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        # (1) a_delta = sigmoid(c)
        _sigmoid(c, out=a_delta)
        # (2) delta = dt a_delta
        np.multiply(dt, a_delta, out=delta)
        np.copyto(y[0], y0)
        np.copyto(z[0], z0)
        # (3) z_z[t] = w ∘ y[t−1] + V u[t] + b
        np.matmul(u.reshape(T * B, I), V.T, out=a_z.reshape(T * B, H))
        for t in range(T):
            # (3) z_z[t] = w ∘ y[t−1] + V u[t] + b
            np.multiply(w, y[t], out=_B_H)
            np.add(_B_H, b, out=_B_H)
            np.add(a_z[t], _B_H, out=a_z[t])
            # (4) a_z[t] = tanh(z_z[t])
            np.tanh(a_z[t], out=a_z[t])
            # (5) z[t] = z[t−1] − delta ∘ (a_z[t] + alpha y[t−1])
            np.multiply(alpha, y[t], out=_B_H)
            np.add(a_z[t], _B_H, out=_B_H)
            np.multiply(delta, _B_H, out=_B_H)
            np.subtract(z[t], _B_H, out=z[t + 1])
            # (6) y[t] = y[t−1] + delta ∘ z[t]
            np.multiply(delta, z[t + 1], out=_B_H)
            np.add(y[t], _B_H, out=y[t + 1])
        # (7) z_y[t] = W_hy y[t] + b_y
        np.matmul(y[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (7) z_y[t] = W_hy y[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (8) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (9) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (9) J += −y2[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y2, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(z=z, y=y, y_hat=y_hat, a_delta=a_delta, delta=delta, a_z=a_z, J=J[()])


def backward(
    u,        # (T, B, I)      input: of every step
    y2,       # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    w,        # (H)            parameter: trained
    V,        # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    dt,       # ()             parameter: constant: it has no gradient; usually 0.1
    alpha,    # ()             parameter: constant: it has no gradient; usually 1
    z,        # (T + 1, B, H)  output: state; the first is initial
    y,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    a_delta,  # (H)            saved: kept for the backward pass
    delta,    # (H)            saved: kept for the backward pass
    a_z,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = u.shape
    O = y2.shape[2]
    H, = w.shape
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("w", w, (H,), dtype)
    _check("V", V, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("dt", dt, (), dtype)
    _check("alpha", alpha, (), dtype)
    _check("z", z, (T + 1, B, H), dtype)
    _check("y", y, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_delta", a_delta, (H,), dtype)
    _check("delta", delta, (H,), dtype)
    _check("a_z", a_z, (T, B, H), dtype)

    dc = np.empty((H,), dtype)
    dw = np.empty((H,), dtype)
    dV = np.empty((H, I), dtype)
    db = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    du = np.empty((T, B, I), dtype)
    dy0 = np.empty((B, H), dtype)
    dz0 = np.empty((B, H), dtype)
    carry_y = np.empty((B, H), dtype)
    carry_z = np.empty((B, H), dtype)
    ddelta = np.empty((H,), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dz = np.empty((T, B, H), dtype)
    da_z = np.empty((B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    da_delta = np.empty((H,), dtype)
    _B_H = np.empty((B, H), dtype)
    _H = np.empty((H,), dtype)
    _T_B_H = np.empty((T, B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_y, 0.0)
        np.copyto(carry_z, 0.0)
        for t in reversed(range(T)):
            # (11) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y[t])
        # (12) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − alpha (z̄[t+1] ∘ delta) + z̄_z[t+1] ∘ w
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dy.reshape(T * B, H))
        # (22) W̄_hy += z̄_y[t] y[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, y[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (23) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (12) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − alpha (z̄[t+1] ∘ delta) + z̄_z[t+1] ∘ w
            np.add(dy[t], carry_y, out=dy[t])
            # (13) z̄[t] = ȳ[t] ∘ delta + z̄[t+1]
            np.multiply(dy[t], delta, out=dz[t])
            np.add(dz[t], carry_z, out=dz[t])
            # (14) ā_z[t] = −z̄[t] ∘ delta
            np.multiply(dz[t], delta, out=da_z)
            np.negative(da_z, out=da_z)
            # (15) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
            np.square(a_z[t], out=dz_z[t])
            np.subtract(1.0, dz_z[t], out=dz_z[t])
            np.multiply(da_z, dz_z[t], out=dz_z[t])
            # (12) what step t gives to y of earlier steps: ȳ[t] + −alpha (z̄[t] ∘ delta) + z̄_z[t] ∘ w
            np.multiply(dz[t], delta, out=carry_y)
            np.multiply(alpha, carry_y, out=carry_y)
            np.subtract(dy[t], carry_y, out=carry_y)
            np.multiply(dz_z[t], w, out=_B_H)
            np.add(carry_y, _B_H, out=carry_y)
            # (13) what step t gives to z of earlier steps: z̄[t]
            np.copyto(carry_z, dz[t])
        # (19) w̄ += z̄_z[t] ∘ y[t−1]
        np.einsum("ijk,ijk->k", dz_z, y[0:T], out=dw)
        # (20) V̄ += z̄_z[t] u[t]ᵀ
        np.matmul(dz_z.reshape(T * B, H).T, u.reshape(T * B, I), out=dV)
        # (21) b̄ += z̄_z[t]
        np.sum(dz_z, axis=(0, 1), out=db)
        # (24) ū[t] = Vᵀ z̄_z[t]
        np.matmul(dz_z.reshape(T * B, H), V, out=du.reshape(T * B, I))
        # (16) deltā += ȳ[t] ∘ z[t] − z̄[t] ∘ (a_z[t] + alpha y[t−1])
        np.einsum("ijk,ijk->k", dy, z[1 : T + 1], out=ddelta)
        np.multiply(alpha, y[0:T], out=_T_B_H)
        np.add(a_z, _T_B_H, out=_T_B_H)
        np.multiply(dz, _T_B_H, out=_T_B_H)
        np.negative(_T_B_H, out=_T_B_H)
        np.sum(_T_B_H, axis=(0, 1), out=_H)
        np.add(ddelta, _H, out=ddelta)
        # (25) ȳ[0] = ȳ[1] + −alpha (z̄[1] ∘ delta) + z̄_z[1] ∘ w
        np.copyto(dy0, carry_y)
        # (26) z̄[0] = z̄[1]
        np.copyto(dz0, carry_z)
        # (17) ā_delta = dt deltā
        np.multiply(dt, ddelta, out=da_delta)
        # (18) c̄ += ā_delta ∘ a_delta ∘ (1 − a_delta)
        np.multiply(da_delta, a_delta, out=dc)
        np.subtract(1.0, a_delta, out=_H)
        np.multiply(dc, _H, out=dc)
    return Gradients(dc=dc, dw=dw, dV=dV, db=db, dW_hy=dW_hy, db_y=db_y, du=du, dy0=dy0, dz0=dz0)


def loss_and_gradient(
    u,      # (T, B, I)  input: of every step
    y0,     # (B, H)     initial state: y before the first step
    z0,     # (B, H)     initial state: z before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    c,      # (H)        parameter: trained
    w,      # (H)        parameter: trained
    V,      # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    dt,     # ()         parameter: constant: it has no gradient; usually 0.1
    alpha,  # ()         parameter: constant: it has no gradient; usually 1
):
    """Return the loss and its gradients."""
    kept = forward(u, y0, z0, y2, c, w, V, b, W_hy, b_y, dt, alpha)
    gradients = backward(u, y2, w, V, W_hy, dt, alpha, kept.z, kept.y, kept.y_hat, kept.a_delta, kept.delta, kept.a_z)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _sigmoid(x, out):
    """Write 1/(1 + e^−x). Where e^−x exceeds all numbers, 1/∞ = 0 is the result."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)
