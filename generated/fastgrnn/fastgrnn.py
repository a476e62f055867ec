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
    kept, run = bind_forward(x, h0, y, zeta_raw, nu_raw, W, U, b_z, b_h, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
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
    _check("zeta_raw", zeta_raw, (), dtype)
    _check("nu_raw", nu_raw, (), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            zeta=np.empty((), dtype),
            nu=np.empty((), dtype),
            z=np.empty((T, B, H), dtype),
            h_hat=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, zeta, nu, z, h_hat, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    U_T = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        h_hat,         # h_hat_t
        h[0:T],        # h_t
        z,             # z_t
        h[1 : T + 1],  # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(U_T, U.T)
            # (1) zeta = sigmoid(zeta_raw)
            _sigmoid(zeta_raw, zeta)
            # (2) nu = sigmoid(nu_raw)
            _sigmoid(nu_raw, nu)
            np.copyto(h[0], h0)
            # (3) p[t] = W x[t] + U h[t−1]
            np.dot(x.reshape(T * B, I), W.T, h_hat.reshape(T * B, H))
            b_z_row = b_z[np.newaxis]
            b_h_row = b_h[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for h_hat_t, h_t, z_t, h_next in steps:
                # (3) p[t] = W x[t] + U h[t−1]
                np.dot(h_t, U_T, _B_H)
                np.add(h_hat_t, _B_H, h_hat_t)
                # (4) z_z[t] = p[t] + b_z
                np.add(h_hat_t, b_z_row, z_t)
                # (5) z[t] = sigmoid(z_z[t])
                _sigmoid(z_t, z_t)
                # (6) z_h_hat[t] = p[t] + b_h
                np.add(h_hat_t, b_h_row, h_hat_t)
                # (7) h_hat[t] = tanh(z_h_hat[t])
                np.tanh(h_hat_t, h_hat_t)
                # (8) h[t] = (zeta (1 − z[t]) + nu 1) ∘ h_hat[t] + z[t] ∘ h[t−1]
                np.subtract(number_1, z_t, h_next)
                np.multiply(zeta, h_next, h_next)
                np.add(h_next, nu, h_next)
                np.multiply(h_next, h_hat_t, h_next)
                np.multiply(z_t, h_t, _B_H)
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
    gradients, run = bind_backward(x, y, W, U, W_hy, h, y_hat, zeta, nu, z, h_hat)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dzeta_raw=np.empty((), dtype),
            dnu_raw=np.empty((), dtype),
            dW=np.empty((H, I), dtype),
            dU=np.empty((H, H), dtype),
            db_z=np.empty((H,), dtype),
            db_h=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dzeta_raw, dnu_raw, dW, dU, db_z, db_h, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dnu = np.empty((), dtype)
    dzeta = np.empty((), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h_hat = np.empty((T, B, H), dtype)
    dz_z = np.empty((T, B, H), dtype)
    dp = np.empty((T, B, H), dtype)
    inner = np.empty((T, B), dtype)
    inner_2 = np.empty((T, B), dtype)
    inner_3 = np.empty((T, B), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B = np.empty((T, B), dtype)
    _1 = np.empty((), dtype)
    _1_2 = np.empty((), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],        # dh_t
        dz_h_hat[::-1],  # dz_h_hat_t
        dz_z[::-1],      # dz_z_t
        dp[::-1],        # dp_t
        z[::-1],         # z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (16) z̄_h_hat[t] = h̄_hat[t] ∘ (1 − h_hat[t]²)
            np.subtract(1.0, z, dz_h_hat)
            np.multiply(zeta, dz_h_hat, dz_h_hat)
            np.add(dz_h_hat, nu, dz_h_hat)
            np.square(h_hat, _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(dz_h_hat, _T_B_H, dz_h_hat)
            # (18) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.multiply(zeta, h_hat, dz_z)
            np.negative(dz_z, dz_z)
            np.add(dz_z, h[0:T], dz_z)
            np.multiply(dz_z, z, dz_z)
            np.subtract(1.0, z, _T_B_H)
            np.multiply(dz_z, _T_B_H, dz_z)
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + Uᵀ p̄[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (28) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (29) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_h_hat_t, dz_z_t, dp_t, z_t in steps:
                # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + Uᵀ p̄[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (16) z̄_h_hat[t] = h̄_hat[t] ∘ (1 − h_hat[t]²)
                np.multiply(dh_t, dz_h_hat_t, dz_h_hat_t)
                # (18) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
                np.multiply(dh_t, dz_z_t, dz_z_t)
                # (19) p̄[t] = z̄_h_hat[t] + z̄_z[t]
                np.add(dz_h_hat_t, dz_z_t, dp_t)
                # (14) what step t gives to h of earlier steps: h̄[t] ∘ z[t] + Uᵀ p̄[t]
                np.dot(dp_t, U, carry_h)
                np.multiply(dh_t, z_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (24) W̄ += p̄[t] x[t]ᵀ
            np.dot(dp.reshape(T * B, H).T, x.reshape(T * B, I), dW)
            # (25) Ū += p̄[t] h[t−1]ᵀ
            np.dot(dp.reshape(T * B, H).T, h[0:T].reshape(T * B, H), dU)
            # (26) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_z.reshape(T * B, H), db_z)
            # (27) b̄_h += z̄_h_hat[t]
            np.matmul(_ones_T_B, dz_h_hat.reshape(T * B, H), db_h)
            # (30) x̄[t] = Wᵀ p̄[t]
            np.dot(dp.reshape(T * B, H), W, dx.reshape(T * B, I))
            # (20) nū += 1ᵀ (h̄[t] ∘ h_hat[t])
            np.einsum("ijk,ijk->ij", dh, h_hat, out=inner)
            # (21) zetā += (1 − z[t])ᵀ (h̄[t] ∘ h_hat[t])
            np.einsum("ijk,ijk->ij", dh, h_hat, out=inner_2)
            np.einsum("ijk,ijk,ijk->ij", z, dh, h_hat, out=inner_3)
            # (20) nū += 1ᵀ (h̄[t] ∘ h_hat[t])
            np.add.reduce(inner, axis=None, out=dnu)
            # (21) zetā += (1 − z[t])ᵀ (h̄[t] ∘ h_hat[t])
            np.negative(inner_3, _T_B)
            np.add(inner_2, _T_B, _T_B)
            np.add.reduce(_T_B, axis=None, out=dzeta)
            # (31) h̄[0] = h̄[1] ∘ z[1] + Uᵀ p̄[1]
            np.copyto(dh0, carry_h)
            # (22) zetā_raw += zetā ∘ zeta ∘ (1 − zeta)
            np.multiply(dzeta, zeta, _1)
            np.subtract(1.0, zeta, _1_2)
            np.multiply(_1, _1_2, dzeta_raw)
            # (23) nū_raw += nū ∘ nu ∘ (1 − nu)
            np.multiply(dnu, nu, _1)
            np.subtract(1.0, nu, _1_2)
            np.multiply(_1, _1_2, dnu_raw)

    return into, run


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
    np.negative(x, out)
    np.exp(out, out)
    np.add(out, 1.0, out)
    np.reciprocal(out, out)
