"""FastGRNN, one pair of matrices for gate and candidate with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Kusupati, Singh, Bhatia, Kumar, Jain, Varma, "FastGRNN: a fast, accurate, stable and tiny
kilobyte sized gated recurrent neural network", 2018, arXiv:1901.02358

    (1)   zeta = sigmoid(zeta_raw)
    (2)   nu = sigmoid(nu_raw)
    (3)   p[t] = W x[t] + U h[t−1]
    (4)   z_z[t] = p[t] + b_z
    (5)   z[t] = sigmoid(z_z[t])
    (6)   z_h_hat[t] = p[t] + b_h
    (7)   h_hat[t] = tanh(z_h_hat[t])
    (8)   h[t] = (zeta (1 − z[t]) + nu 1) ∘ h_hat[t] + z[t] ∘ h[t−1]
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

    x         (T, B, I)  input: of every step
    h0        (B, H)     initial state: h before the first step
    y         (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    zeta_raw  ()         parameter: trained
    nu_raw    ()         parameter: trained
    W         (H, I)     parameter: trained
    U         (H, H)     parameter: trained
    b_z       (H)        parameter: trained
    b_h       (H)        parameter: trained
    W_hy      (O, H)     parameter: trained
    b_y       (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    zeta: np.ndarray   # ()             saved: kept for the backward pass
    nu: np.ndarray     # ()             saved: kept for the backward pass
    z: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    h_hat: np.ndarray  # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dzeta_raw: np.ndarray  # ()         gradient: with respect to zeta_raw
    dnu_raw: np.ndarray    # ()         gradient: with respect to nu_raw
    dW: np.ndarray         # (H, I)     gradient: with respect to W
    dU: np.ndarray         # (H, H)     gradient: with respect to U
    db_z: np.ndarray       # (H)        gradient: with respect to b_z
    db_h: np.ndarray       # (H)        gradient: with respect to b_h
    dW_hy: np.ndarray      # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray       # (O)        gradient: with respect to b_y
    dx: np.ndarray         # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray        # (B, H)     gradient: with respect to h0


def forward(
    x,         # (T, B, I)  input: of every step
    h0,        # (B, H)     initial state: h before the first step
    y,         # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    zeta_raw,  # ()         parameter: trained
    nu_raw,    # ()         parameter: trained
    W,         # (H, I)     parameter: trained
    U,         # (H, H)     parameter: trained
    b_z,       # (H)        parameter: trained
    b_h,       # (H)        parameter: trained
    W_hy,      # (O, H)     parameter: trained
    b_y,       # (O)        parameter: trained
):
    """Compute every step."""
    T, B, I = x.shape
    H = h0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("zeta_raw", zeta_raw, (), dtype)
    _check("nu_raw", nu_raw, (), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    zeta = np.empty((), dtype)
    nu = np.empty((), dtype)
    z = np.empty((T, B, H), dtype)
    h_hat = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        # (1) zeta = sigmoid(zeta_raw)
        _sigmoid(zeta_raw, out=zeta)
        # (2) nu = sigmoid(nu_raw)
        _sigmoid(nu_raw, out=nu)
        np.copyto(h[0], h0)
        # (3) p[t] = W x[t] + U h[t−1]
        np.matmul(x.reshape(T * B, I), W.T, out=h_hat.reshape(T * B, H))
        for t in range(T):
            # (3) p[t] = W x[t] + U h[t−1]
            np.matmul(h[t], U.T, out=_B_H)
            np.add(h_hat[t], _B_H, out=h_hat[t])
            # (4) z_z[t] = p[t] + b_z
            np.add(h_hat[t], b_z, out=z[t])
            # (5) z[t] = sigmoid(z_z[t])
            _sigmoid(z[t], out=z[t])
            # (6) z_h_hat[t] = p[t] + b_h
            np.add(h_hat[t], b_h, out=h_hat[t])
            # (7) h_hat[t] = tanh(z_h_hat[t])
            np.tanh(h_hat[t], out=h_hat[t])
            # (8) h[t] = (zeta (1 − z[t]) + nu 1) ∘ h_hat[t] + z[t] ∘ h[t−1]
            np.subtract(1.0, z[t], out=_B_H)
            np.multiply(zeta, _B_H, out=_B_H)
            np.add(_B_H, nu, out=_B_H)
            np.multiply(_B_H, h_hat[t], out=_B_H)
            np.multiply(z[t], h[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
        # (9) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (9) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (10) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (11) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (11) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(h=h, y_hat=y_hat, zeta=zeta, nu=nu, z=z, h_hat=h_hat, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, I)         parameter: trained
    U,      # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    zeta,   # ()             saved: kept for the backward pass
    nu,     # ()             saved: kept for the backward pass
    z,      # (T, B, H)      saved: kept for the backward pass
    h_hat,  # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("zeta", zeta, (), dtype)
    _check("nu", nu, (), dtype)
    _check("z", z, (T, B, H), dtype)
    _check("h_hat", h_hat, (T, B, H), dtype)

    dzeta_raw = np.empty((), dtype)
    dnu_raw = np.empty((), dtype)
    dW = np.empty((H, I), dtype)
    dU = np.empty((H, H), dtype)
    db_z = np.empty((H,), dtype)
    db_h = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dnu = np.empty((), dtype)
    dzeta = np.empty((), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dh_hat = np.empty((B, H), dtype)
    dz_h_hat = np.empty((T, B, H), dtype)
    dz = np.empty((B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    dp = np.empty((T, B, H), dtype)
    inner = np.empty((T, B), dtype)
    inner_2 = np.empty((T, B), dtype)
    inner_3 = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B = np.empty((T, B), dtype)
    _1 = np.empty((), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + Uᵀ p̄[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (28) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (29) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + Uᵀ p̄[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (15) h̄_hat[t] = h̄[t] ∘ (zeta (1 − z[t]) + nu 1)
            np.subtract(1.0, z[t], out=dh_hat)
            np.multiply(zeta, dh_hat, out=dh_hat)
            np.add(dh_hat, nu, out=dh_hat)
            np.multiply(dh[t], dh_hat, out=dh_hat)
            # (16) z̄_h_hat[t] = h̄_hat[t] ∘ (1 − h_hat[t]²)
            np.square(h_hat[t], out=dz_h_hat[t])
            np.subtract(1.0, dz_h_hat[t], out=dz_h_hat[t])
            np.multiply(dh_hat, dz_h_hat[t], out=dz_h_hat[t])
            # (17) z̄[t] = −zeta (h̄[t] ∘ h_hat[t]) + h̄[t] ∘ h[t−1]
            np.multiply(dh[t], h_hat[t], out=dz)
            np.multiply(zeta, dz, out=dz)
            np.negative(dz, out=dz)
            np.multiply(dh[t], h[t], out=_B_H)
            np.add(dz, _B_H, out=dz)
            # (18) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.multiply(dz, z[t], out=dz_z[t])
            np.subtract(1.0, z[t], out=_B_H)
            np.multiply(dz_z[t], _B_H, out=dz_z[t])
            # (19) p̄[t] = z̄_h_hat[t] + z̄_z[t]
            np.add(dz_h_hat[t], dz_z[t], out=dp[t])
            # (14) what step t gives to h of earlier steps: h̄[t] ∘ z[t] + Uᵀ p̄[t]
            np.matmul(dp[t], U, out=carry_h)
            np.multiply(dh[t], z[t], out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (24) W̄ += p̄[t] x[t]ᵀ
        np.matmul(dp.reshape(T * B, H).T, x.reshape(T * B, I), out=dW)
        # (25) Ū += p̄[t] h[t−1]ᵀ
        np.matmul(dp.reshape(T * B, H).T, h[0:T].reshape(T * B, H), out=dU)
        # (26) b̄_z += z̄_z[t]
        np.sum(dz_z, axis=(0, 1), out=db_z)
        # (27) b̄_h += z̄_h_hat[t]
        np.sum(dz_h_hat, axis=(0, 1), out=db_h)
        # (30) x̄[t] = Wᵀ p̄[t]
        np.matmul(dp.reshape(T * B, H), W, out=dx.reshape(T * B, I))
        for t in reversed(range(T)):
            # (20) nū += 1ᵀ (h̄[t] ∘ h_hat[t])
            np.multiply(dh[t], h_hat[t], out=_B_H)
            np.sum(_B_H, axis=1, out=inner[t])
            # (21) zetā += (1 − z[t])ᵀ (h̄[t] ∘ h_hat[t])
            np.multiply(dh[t], h_hat[t], out=_B_H)
            np.sum(_B_H, axis=1, out=inner_2[t])
            np.multiply(dh[t], h_hat[t], out=_B_H)
            np.multiply(z[t], _B_H, out=_B_H)
            np.sum(_B_H, axis=1, out=inner_3[t])
        # (20) nū += 1ᵀ (h̄[t] ∘ h_hat[t])
        np.sum(inner, out=dnu)
        # (21) zetā += (1 − z[t])ᵀ (h̄[t] ∘ h_hat[t])
        np.negative(inner_3, out=_T_B)
        np.add(inner_2, _T_B, out=_T_B)
        np.sum(_T_B, out=dzeta)
        # (31) h̄[0] = h̄[1] ∘ z[1] + Uᵀ p̄[1]
        np.copyto(dh0, carry_h)
        # (22) zetā_raw += zetā ∘ zeta ∘ (1 − zeta)
        np.multiply(dzeta, zeta, out=dzeta_raw)
        np.subtract(1.0, zeta, out=_1)
        np.multiply(dzeta_raw, _1, out=dzeta_raw)
        # (23) nū_raw += nū ∘ nu ∘ (1 − nu)
        np.multiply(dnu, nu, out=dnu_raw)
        np.subtract(1.0, nu, out=_1)
        np.multiply(dnu_raw, _1, out=dnu_raw)
    return Gradients(dzeta_raw=dzeta_raw, dnu_raw=dnu_raw, dW=dW, dU=dU, db_z=db_z, db_h=db_h, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,         # (T, B, I)  input: of every step
    h0,        # (B, H)     initial state: h before the first step
    y,         # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    zeta_raw,  # ()         parameter: trained
    nu_raw,    # ()         parameter: trained
    W,         # (H, I)     parameter: trained
    U,         # (H, H)     parameter: trained
    b_z,       # (H)        parameter: trained
    b_h,       # (H)        parameter: trained
    W_hy,      # (O, H)     parameter: trained
    b_y,       # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, zeta_raw, nu_raw, W, U, b_z, b_h, W_hy, b_y)
    gradients = backward(x, y, W, U, W_hy, kept.h, kept.y_hat, kept.zeta, kept.nu, kept.z, kept.h_hat)
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
