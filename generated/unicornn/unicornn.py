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
    kept, run = bind_forward(u, y0, z0, y2, c, w, V, b, W_hy, b_y, dt, alpha)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
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
    _check("c", c, (H,), dtype)
    _check("w", w, (H,), dtype)
    _check("V", V, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("dt", dt, (), dtype)
    _check("alpha", alpha, (), dtype)

    if into is None:
        into = Kept(
            z=np.empty((T + 1, B, H), dtype),
            y=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_delta=np.empty((H,), dtype),
            delta=np.empty((H,), dtype),
            a_z=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    z, y, y_hat, a_delta, delta, a_z, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_z,           # a_z_t
        y[0:T],        # y_t
        z[1 : T + 1],  # z_next
        z[0:T],        # z_t
        y[1 : T + 1],  # y_next
    ))

    def run():
        with np.errstate(all="ignore"):
            # (1) a_delta = sigmoid(c)
            _sigmoid(c, a_delta)
            # (2) delta = dt a_delta
            np.multiply(dt, a_delta, delta)
            np.copyto(y[0], y0)
            np.copyto(z[0], z0)
            # (3) z_z[t] = w ∘ y[t−1] + V u[t] + b
            np.dot(u.reshape(T * B, I), V.T, a_z.reshape(T * B, H))
            w_row = w[np.newaxis]
            b_row = b[np.newaxis]
            delta_row = delta[np.newaxis]
            for a_z_t, y_t, z_next, z_t, y_next in steps:
                # (3) z_z[t] = w ∘ y[t−1] + V u[t] + b
                np.multiply(w_row, y_t, _B_H)
                np.add(_B_H, b_row, _B_H)
                np.add(a_z_t, _B_H, a_z_t)
                # (4) a_z[t] = tanh(z_z[t])
                np.tanh(a_z_t, a_z_t)
                # (5) z[t] = z[t−1] − delta ∘ (a_z[t] + alpha y[t−1])
                np.multiply(alpha, y_t, z_next)
                np.add(a_z_t, z_next, z_next)
                np.multiply(delta_row, z_next, z_next)
                np.subtract(z_t, z_next, z_next)
                # (6) y[t] = y[t−1] + delta ∘ z[t]
                np.multiply(delta_row, z_next, y_next)
                np.add(y_t, y_next, y_next)
            # (7) z_y[t] = W_hy y[t] + b_y
            np.dot(y[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (8) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (9) J += −y2[t]ᵀ log_softmax(z_y[t])
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
    gradients, run = bind_backward(u, y2, w, V, W_hy, dt, alpha, z, y, y_hat, a_delta, delta, a_z)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dc=np.empty((H,), dtype),
            dw=np.empty((H,), dtype),
            dV=np.empty((H, I), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            du=np.empty((T, B, I), dtype),
            dy0=np.empty((B, H), dtype),
            dz0=np.empty((B, H), dtype),
        )
    dc, dw, dV, db, dW_hy, db_y, du, dy0, dz0 = into
    carry_y = np.empty((B, H), dtype)
    carry_z = np.empty((B, H), dtype)
    ddelta = np.empty((H,), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dz = np.empty((T, B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    da_delta = np.empty((H,), dtype)
    _H = np.empty((H,), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dy[::-1],    # dy_t
        dz[::-1],    # dz_t
        dz_z[::-1],  # dz_z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_y, 0.0)
            np.copyto(carry_z, 0.0)
            # (11) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (15) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
            np.negative(delta, _H)
            np.square(a_z, dz_z)
            np.subtract(1.0, dz_z, dz_z)
            np.multiply(_H, dz_z, dz_z)
            # (12) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − alpha (z̄[t+1] ∘ delta) + z̄_z[t+1] ∘ w
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (22) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y[1 : T + 1].reshape(T * B, H), dW_hy)
            # (23) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            delta_row = delta[np.newaxis]
            w_row = w[np.newaxis]
            for dy_t, dz_t, dz_z_t in steps:
                # (12) ȳ[t] = W_hyᵀ z̄_y[t] + ȳ[t+1] − alpha (z̄[t+1] ∘ delta) + z̄_z[t+1] ∘ w
                np.add(dy_t, carry_y, dy_t)
                # (13) z̄[t] = ȳ[t] ∘ delta + z̄[t+1]
                np.multiply(dy_t, delta_row, dz_t)
                np.add(dz_t, carry_z, dz_t)
                # (15) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
                np.multiply(dz_t, dz_z_t, dz_z_t)
                # (12) what step t gives to y of earlier steps: ȳ[t] + −alpha (z̄[t] ∘ delta) + z̄_z[t] ∘ w
                np.multiply(dz_t, delta_row, carry_y)
                np.multiply(alpha, carry_y, carry_y)
                np.subtract(dy_t, carry_y, carry_y)
                np.multiply(dz_z_t, w_row, _B_H)
                np.add(carry_y, _B_H, carry_y)
                # (13) what step t gives to z of earlier steps: z̄[t]
                np.copyto(carry_z, dz_t)
            # (19) w̄ += z̄_z[t] ∘ y[t−1]
            np.einsum("ijk,ijk->k", dz_z, y[0:T], out=dw)
            # (20) V̄ += z̄_z[t] u[t]ᵀ
            np.dot(dz_z.reshape(T * B, H).T, u.reshape(T * B, I), dV)
            # (21) b̄ += z̄_z[t]
            np.matmul(_ones_T_B, dz_z.reshape(T * B, H), db)
            # (24) ū[t] = Vᵀ z̄_z[t]
            np.dot(dz_z.reshape(T * B, H), V, du.reshape(T * B, I))
            # (16) deltā += ȳ[t] ∘ z[t] − z̄[t] ∘ (a_z[t] + alpha y[t−1])
            np.einsum("ijk,ijk->k", dy, z[1 : T + 1], out=ddelta)
            np.multiply(alpha, y[0:T], _T_B_H)
            np.add(a_z, _T_B_H, _T_B_H)
            np.multiply(dz, _T_B_H, _T_B_H)
            np.negative(_T_B_H, _T_B_H)
            np.add.reduce(_T_B_H, axis=(0, 1), out=_H)
            np.add(ddelta, _H, ddelta)
            # (25) ȳ[0] = ȳ[1] + −alpha (z̄[1] ∘ delta) + z̄_z[1] ∘ w
            np.copyto(dy0, carry_y)
            # (26) z̄[0] = z̄[1]
            np.copyto(dz0, carry_z)
            # (17) ā_delta = dt deltā
            np.multiply(dt, ddelta, da_delta)
            # (18) c̄ += ā_delta ∘ a_delta ∘ (1 − a_delta)
            np.multiply(da_delta, a_delta, dc)
            np.subtract(1.0, a_delta, _H)
            np.multiply(dc, _H, dc)

    return into, run


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
    np.negative(x, out)
    np.exp(out, out)
    np.add(out, 1.0, out)
    np.reciprocal(out, out)
