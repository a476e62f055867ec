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
    delta: np.ndarray                # (T, B, H)      saved: kept for the backward pass
    delta_bar: np.ndarray            # (T, B, H)      saved: kept for the backward pass
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

    z = np.empty((T + 1, B, H), dtype)
    y = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    a_delta_delta_bar_z = np.empty((T, B, 3*H), dtype)
    delta = np.empty((T, B, H), dtype)
    delta_bar = np.empty((T, B, H), dtype)
    a_y = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z2_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_1_2_z = np.empty((3*H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(y[0], y0)
        np.copyto(z[0], z0)
        np.copyto(W_1_2_z[:H], W_1)
        np.copyto(W_1_2_z[H : 2*H], W_2)
        np.copyto(W_1_2_z[2*H : 3*H], W_z)
        for t in range(T):
            # (1) z_delta[t] = W_1 y[t−1] + V_1 u[t] + b_1
            np.matmul(y[t], W_1_2_z.T, out=a_delta_delta_bar_z[t])
            np.matmul(u[t], V_1.T, out=_B_H)
            np.add(a_delta_delta_bar_z[t, :, :H], _B_H, out=a_delta_delta_bar_z[t, :, :H])
            np.add(a_delta_delta_bar_z[t, :, :H], b_1, out=a_delta_delta_bar_z[t, :, :H])
            # (2) a_delta[t] = sigmoid(z_delta[t])
            _sigmoid(a_delta_delta_bar_z[t, :, :H], out=a_delta_delta_bar_z[t, :, :H])
            # (3) delta[t] = dt a_delta[t]
            np.multiply(dt, a_delta_delta_bar_z[t, :, :H], out=delta[t])
            # (4) z_delta_bar[t] = W_2 y[t−1] + V_2 u[t] + b_2
            np.matmul(u[t], V_2.T, out=_B_H)
            np.add(a_delta_delta_bar_z[t, :, H : 2*H], _B_H, out=a_delta_delta_bar_z[t, :, H : 2*H])
            np.add(a_delta_delta_bar_z[t, :, H : 2*H], b_2, out=a_delta_delta_bar_z[t, :, H : 2*H])
            # (5) a_delta_bar[t] = sigmoid(z_delta_bar[t])
            _sigmoid(a_delta_delta_bar_z[t, :, H : 2*H], out=a_delta_delta_bar_z[t, :, H : 2*H])
            # (6) delta_bar[t] = dt a_delta_bar[t]
            np.multiply(dt, a_delta_delta_bar_z[t, :, H : 2*H], out=delta_bar[t])
            # (7) z_z[t] = W_z y[t−1] + V_z u[t] + b_z
            np.matmul(u[t], V_z.T, out=_B_H)
            np.add(a_delta_delta_bar_z[t, :, 2*H : 3*H], _B_H, out=a_delta_delta_bar_z[t, :, 2*H : 3*H])
            np.add(a_delta_delta_bar_z[t, :, 2*H : 3*H], b_z, out=a_delta_delta_bar_z[t, :, 2*H : 3*H])
            # (8) a_z[t] = tanh(z_z[t])
            np.tanh(a_delta_delta_bar_z[t, :, 2*H : 3*H], out=a_delta_delta_bar_z[t, :, 2*H : 3*H])
            # (9) z[t] = (1 − delta[t]) ∘ z[t−1] + delta[t] ∘ a_z[t]
            np.subtract(1.0, delta[t], out=_B_H)
            np.multiply(_B_H, z[t], out=_B_H)
            np.multiply(delta[t], a_delta_delta_bar_z[t, :, 2*H : 3*H], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=z[t + 1])
            # (10) z_y[t] = W_y z[t] + V_y u[t] + b_y
            np.matmul(z[t + 1], W_y.T, out=a_y[t])
            np.matmul(u[t], V_y.T, out=_B_H)
            np.add(a_y[t], _B_H, out=a_y[t])
            np.add(a_y[t], b_y, out=a_y[t])
            # (11) a_y[t] = tanh(z_y[t])
            np.tanh(a_y[t], out=a_y[t])
            # (12) y[t] = (1 − delta_bar[t]) ∘ y[t−1] + delta_bar[t] ∘ a_y[t]
            np.subtract(1.0, delta_bar[t], out=_B_H)
            np.multiply(_B_H, y[t], out=_B_H)
            np.multiply(delta_bar[t], a_y[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=y[t + 1])
        # (13) z2_y[t] = W_hy y[t] + b2_y
        np.matmul(y[1 : T + 1].reshape(T * B, H), W_hy.T, out=z2_y.reshape(T * B, O))
        for t in range(T):
            # (13) z2_y[t] = W_hy y[t] + b2_y
            np.add(z2_y[t], b2_y, out=z2_y[t])
            # (14) y_hat[t] = softmax(z2_y[t])
            np.max(z2_y[t], axis=1, out=largest[t])
            np.subtract(z2_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (15) J += −y2[t]ᵀ log_softmax(z2_y[t])
            np.log(total, out=log_total[t])
        # (15) J += −y2[t]ᵀ log_softmax(z2_y[t])
        np.subtract(z2_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y2, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(z=z, y=y, y_hat=y_hat, a_delta_delta_bar_z=a_delta_delta_bar_z, delta=delta, delta_bar=delta_bar, a_y=a_y, J=J[()])


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
    delta,                # (T, B, H)      saved: kept for the backward pass
    delta_bar,            # (T, B, H)      saved: kept for the backward pass
    a_y,                  # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
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
    _check("delta", delta, (T, B, H), dtype)
    _check("delta_bar", delta_bar, (T, B, H), dtype)
    _check("a_y", a_y, (T, B, H), dtype)

    dW_1 = np.empty((H, H), dtype)
    dV_1 = np.empty((H, I), dtype)
    db_1 = np.empty((H,), dtype)
    dW_2 = np.empty((H, H), dtype)
    dV_2 = np.empty((H, I), dtype)
    db_2 = np.empty((H,), dtype)
    dW_z = np.empty((H, H), dtype)
    dV_z = np.empty((H, I), dtype)
    db_z = np.empty((H,), dtype)
    dW_y = np.empty((H, H), dtype)
    dV_y = np.empty((H, I), dtype)
    db_y = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db2_y = np.empty((O,), dtype)
    du = np.empty((T, B, I), dtype)
    dy0 = np.empty((B, H), dtype)
    dz0 = np.empty((B, H), dtype)
    carry_y = np.empty((B, H), dtype)
    carry_z = np.empty((B, H), dtype)
    dz2_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    da_y = np.empty((B, H), dtype)
    dz_y_z_delta_bar_delta = np.empty((T, B, 4*H), dtype)
    dz = np.empty((B, H), dtype)
    da_z = np.empty((B, H), dtype)
    ddelta_bar = np.empty((B, H), dtype)
    da_delta_bar = np.empty((B, H), dtype)
    ddelta = np.empty((B, H), dtype)
    da_delta = np.empty((B, H), dtype)
    V_y_z_2_1 = np.empty((4*H, I), dtype)
    W_z_2_1 = np.empty((3*H, H), dtype)
    _B_H = np.empty((B, H), dtype)

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
        for t in reversed(range(T)):
            # (17) z2̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz2_y[t])
        # (18) ȳ[t] = W_hyᵀ z2̄_y[t] + ȳ[t+1] ∘ (1 − delta_bar[t+1]) + W_zᵀ z̄_z[t+1] + W_2ᵀ z̄_delta_bar[t+1] + W_1ᵀ z̄_delta[t+1]
        np.matmul(dz2_y.reshape(T * B, O), W_hy, out=dy.reshape(T * B, H))
        # (42) W̄_hy += z2̄_y[t] y[t]ᵀ
        np.matmul(dz2_y.reshape(T * B, O).T, y[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (43) b2̄_y += z2̄_y[t]
        np.sum(dz2_y, axis=(0, 1), out=db2_y)
        for t in reversed(range(T)):
            # (18) ȳ[t] = W_hyᵀ z2̄_y[t] + ȳ[t+1] ∘ (1 − delta_bar[t+1]) + W_zᵀ z̄_z[t+1] + W_2ᵀ z̄_delta_bar[t+1] + W_1ᵀ z̄_delta[t+1]
            np.add(dy[t], carry_y, out=dy[t])
            # (19) ā_y[t] = ȳ[t] ∘ delta_bar[t]
            np.multiply(dy[t], delta_bar[t], out=da_y)
            # (20) z̄_y[t] = ā_y[t] ∘ (1 − a_y[t]²)
            np.square(a_y[t], out=dz_y_z_delta_bar_delta[t, :, :H])
            np.subtract(1.0, dz_y_z_delta_bar_delta[t, :, :H], out=dz_y_z_delta_bar_delta[t, :, :H])
            np.multiply(da_y, dz_y_z_delta_bar_delta[t, :, :H], out=dz_y_z_delta_bar_delta[t, :, :H])
            # (21) z̄[t] = W_yᵀ z̄_y[t] + z̄[t+1] ∘ (1 − delta[t+1])
            np.matmul(dz_y_z_delta_bar_delta[t, :, :H], W_y, out=dz)
            np.add(dz, carry_z, out=dz)
            # (22) ā_z[t] = z̄[t] ∘ delta[t]
            np.multiply(dz, delta[t], out=da_z)
            # (23) z̄_z[t] = ā_z[t] ∘ (1 − a_z[t]²)
            np.square(a_delta_delta_bar_z[t, :, 2*H : 3*H], out=dz_y_z_delta_bar_delta[t, :, H : 2*H])
            np.subtract(1.0, dz_y_z_delta_bar_delta[t, :, H : 2*H], out=dz_y_z_delta_bar_delta[t, :, H : 2*H])
            np.multiply(da_z, dz_y_z_delta_bar_delta[t, :, H : 2*H], out=dz_y_z_delta_bar_delta[t, :, H : 2*H])
            # (24) deltā_bar[t] = −ȳ[t] ∘ y[t−1] + ȳ[t] ∘ a_y[t]
            np.multiply(dy[t], y[t], out=ddelta_bar)
            np.negative(ddelta_bar, out=ddelta_bar)
            np.multiply(dy[t], a_y[t], out=_B_H)
            np.add(ddelta_bar, _B_H, out=ddelta_bar)
            # (25) ā_delta_bar[t] = dt deltā_bar[t]
            np.multiply(dt, ddelta_bar, out=da_delta_bar)
            # (26) z̄_delta_bar[t] = ā_delta_bar[t] ∘ a_delta_bar[t] ∘ (1 − a_delta_bar[t])
            np.multiply(da_delta_bar, a_delta_delta_bar_z[t, :, H : 2*H], out=dz_y_z_delta_bar_delta[t, :, 2*H : 3*H])
            np.subtract(1.0, a_delta_delta_bar_z[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_y_z_delta_bar_delta[t, :, 2*H : 3*H], _B_H, out=dz_y_z_delta_bar_delta[t, :, 2*H : 3*H])
            # (27) deltā[t] = −z̄[t] ∘ z[t−1] + z̄[t] ∘ a_z[t]
            np.multiply(dz, z[t], out=ddelta)
            np.negative(ddelta, out=ddelta)
            np.multiply(dz, a_delta_delta_bar_z[t, :, 2*H : 3*H], out=_B_H)
            np.add(ddelta, _B_H, out=ddelta)
            # (28) ā_delta[t] = dt deltā[t]
            np.multiply(dt, ddelta, out=da_delta)
            # (29) z̄_delta[t] = ā_delta[t] ∘ a_delta[t] ∘ (1 − a_delta[t])
            np.multiply(da_delta, a_delta_delta_bar_z[t, :, :H], out=dz_y_z_delta_bar_delta[t, :, 3*H : 4*H])
            np.subtract(1.0, a_delta_delta_bar_z[t, :, :H], out=_B_H)
            np.multiply(dz_y_z_delta_bar_delta[t, :, 3*H : 4*H], _B_H, out=dz_y_z_delta_bar_delta[t, :, 3*H : 4*H])
            # (18) what step t gives to y of earlier steps: ȳ[t] ∘ (1 − delta_bar[t]) + W_zᵀ z̄_z[t] + W_2ᵀ z̄_delta_bar[t] + W_1ᵀ z̄_delta[t]
            np.matmul(dz_y_z_delta_bar_delta[t, :, H : 4*H], W_z_2_1, out=carry_y)
            np.subtract(1.0, delta_bar[t], out=_B_H)
            np.multiply(dy[t], _B_H, out=_B_H)
            np.add(carry_y, _B_H, out=carry_y)
            # (21) what step t gives to z of earlier steps: z̄[t] ∘ (1 − delta[t])
            np.subtract(1.0, delta[t], out=carry_z)
            np.multiply(dz, carry_z, out=carry_z)
        # (30) W̄_1 += z̄_delta[t] y[t−1]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 3*H : 4*H].T, y[0:T].reshape(T * B, H), out=dW_1)
        # (31) V̄_1 += z̄_delta[t] u[t]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 3*H : 4*H].T, u.reshape(T * B, I), out=dV_1)
        # (32) b̄_1 += z̄_delta[t]
        np.sum(dz_y_z_delta_bar_delta[:, :, 3*H : 4*H], axis=(0, 1), out=db_1)
        # (33) W̄_2 += z̄_delta_bar[t] y[t−1]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 2*H : 3*H].T, y[0:T].reshape(T * B, H), out=dW_2)
        # (34) V̄_2 += z̄_delta_bar[t] u[t]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, 2*H : 3*H].T, u.reshape(T * B, I), out=dV_2)
        # (35) b̄_2 += z̄_delta_bar[t]
        np.sum(dz_y_z_delta_bar_delta[:, :, 2*H : 3*H], axis=(0, 1), out=db_2)
        # (36) W̄_z += z̄_z[t] y[t−1]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, H : 2*H].T, y[0:T].reshape(T * B, H), out=dW_z)
        # (37) V̄_z += z̄_z[t] u[t]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, H : 2*H].T, u.reshape(T * B, I), out=dV_z)
        # (38) b̄_z += z̄_z[t]
        np.sum(dz_y_z_delta_bar_delta[:, :, H : 2*H], axis=(0, 1), out=db_z)
        # (39) W̄_y += z̄_y[t] z[t]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, :H].T, z[1 : T + 1].reshape(T * B, H), out=dW_y)
        # (40) V̄_y += z̄_y[t] u[t]ᵀ
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H)[:, :H].T, u.reshape(T * B, I), out=dV_y)
        # (41) b̄_y += z̄_y[t]
        np.sum(dz_y_z_delta_bar_delta[:, :, :H], axis=(0, 1), out=db_y)
        # (44) ū[t] = V_yᵀ z̄_y[t] + V_zᵀ z̄_z[t] + V_2ᵀ z̄_delta_bar[t] + V_1ᵀ z̄_delta[t]
        np.matmul(dz_y_z_delta_bar_delta.reshape(T * B, 4*H), V_y_z_2_1, out=du.reshape(T * B, I))
        # (45) ȳ[0] = ȳ[1] ∘ (1 − delta_bar[1]) + W_zᵀ z̄_z[1] + W_2ᵀ z̄_delta_bar[1] + W_1ᵀ z̄_delta[1]
        np.copyto(dy0, carry_y)
        # (46) z̄[0] = z̄[1] ∘ (1 − delta[1])
        np.copyto(dz0, carry_z)
    return Gradients(dW_1=dW_1, dV_1=dV_1, db_1=db_1, dW_2=dW_2, dV_2=dV_2, db_2=db_2, dW_z=dW_z, dV_z=dV_z, db_z=db_z, dW_y=dW_y, dV_y=dV_y, db_y=db_y, dW_hy=dW_hy, db2_y=db2_y, du=du, dy0=dy0, dz0=dz0)


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
    gradients = backward(u, y2, W_1, V_1, W_2, V_2, W_z, V_z, W_y, V_y, W_hy, dt, kept.z, kept.y, kept.y_hat, kept.a_delta_delta_bar_z, kept.delta, kept.delta_bar, kept.a_y)
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
