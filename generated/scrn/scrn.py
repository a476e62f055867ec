"""structurally constrained recurrent network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Mikolov, Joulin, Chopra, Mathieu, Ranzato, "Learning longer memory in recurrent neural
networks", 2014, arXiv:1412.7753

    (1)  u_s[t] = B_x x[t]
    (2)  s[t] = (1 − alpha) u_s[t] + alpha s[t−1]
    (3)  z_h[t] = P_s s[t] + A x[t] + R h[t−1]
    (4)  h[t] = sigmoid(z_h[t])
    (5)  y[t] = U h[t] + V s[t]
    (6)  z_y[t] = W_hy y[t] + b_y
    (7)  y_hat[t] = softmax(z_y[t])
    (8)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T   steps
    B   sequences in the batch
    I   entries of x
    P   entries of s
    H   entries of h
    O   entries of U
    O2  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x      (T, B, I)   input: of every step
    s0     (B, P)      initial state: s before the first step
    h0     (B, H)      initial state: h before the first step
    y2     (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A      (H, I)      parameter: trained
    U      (O, H)      parameter: trained
    B_x    (P, I)      parameter: trained
    P_s    (H, P)      parameter: trained
    R      (H, H)      parameter: trained
    V      (O, P)      parameter: trained
    W_hy   (O2, O)     parameter: trained
    b_y    (O2)        parameter: trained
    alpha  ()          parameter: constant: it has no gradient; usually 0.95

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    s: np.ndarray      # (T + 1, B, P)  output: state; the first is initial
    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y: np.ndarray      # (T, B, O)      output: of every step
    y_hat: np.ndarray  # (T, B, O2)     output: of every step
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dA: np.ndarray     # (H, I)     gradient: with respect to A
    dU: np.ndarray     # (O, H)     gradient: with respect to U
    dB_x: np.ndarray   # (P, I)     gradient: with respect to B_x
    dP_s: np.ndarray   # (H, P)     gradient: with respect to P_s
    dR: np.ndarray     # (H, H)     gradient: with respect to R
    dV: np.ndarray     # (O, P)     gradient: with respect to V
    dW_hy: np.ndarray  # (O2, O)    gradient: with respect to W_hy
    db_y: np.ndarray   # (O2)       gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    ds0: np.ndarray    # (B, P)     gradient: with respect to s0
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,      # (T, B, I)   input: of every step
    s0,     # (B, P)      initial state: s before the first step
    h0,     # (B, H)      initial state: h before the first step
    y2,     # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)      parameter: trained
    U,      # (O, H)      parameter: trained
    B_x,    # (P, I)      parameter: trained
    P_s,    # (H, P)      parameter: trained
    R,      # (H, H)      parameter: trained
    V,      # (O, P)      parameter: trained
    W_hy,   # (O2, O)     parameter: trained
    b_y,    # (O2)        parameter: trained
    alpha,  # ()          parameter: constant: it has no gradient; usually 0.95
):
    """Compute every step."""
    T, B, I = x.shape
    P = s0.shape[1]
    H = h0.shape[1]
    O2 = y2.shape[2]
    O = U.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("s0", s0, (B, P), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("A", A, (H, I), dtype)
    _check("U", U, (O, H), dtype)
    _check("B_x", B_x, (P, I), dtype)
    _check("P_s", P_s, (H, P), dtype)
    _check("R", R, (H, H), dtype)
    _check("V", V, (O, P), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("b_y", b_y, (O2,), dtype)
    _check("alpha", alpha, (), dtype)

    s = np.empty((T + 1, B, P), dtype)
    h = np.empty((T + 1, B, H), dtype)
    y = np.empty((T, B, O), dtype)
    y_hat = np.empty((T, B, O2), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O2), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_P = np.empty((B, P), dtype)
    _B_P_1 = np.empty((B, P), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    with np.errstate(all="ignore"):
        np.copyto(s[0], s0)
        np.copyto(h[0], h0)
        # (1) u_s[t] = B_x x[t]
        np.matmul(x.reshape(T * B, I), B_x.T, out=s[1 : T + 1].reshape(T * B, P))
        for t in range(T):
            # (2) s[t] = (1 − alpha) u_s[t] + alpha s[t−1]
            np.subtract(1.0, alpha, out=_B_P)
            np.multiply(_B_P, s[t + 1], out=_B_P)
            np.multiply(alpha, s[t], out=_B_P_1)
            np.add(_B_P, _B_P_1, out=s[t + 1])
            # (3) z_h[t] = P_s s[t] + A x[t] + R h[t−1]
            np.matmul(s[t + 1], P_s.T, out=h[t + 1])
            np.matmul(x[t], A.T, out=_B_H)
            np.add(h[t + 1], _B_H, out=h[t + 1])
            np.matmul(h[t], R.T, out=_B_H)
            np.add(h[t + 1], _B_H, out=h[t + 1])
            # (4) h[t] = sigmoid(z_h[t])
            _sigmoid(h[t + 1], out=h[t + 1])
        # (5) y[t] = U h[t] + V s[t]
        np.matmul(h[1 : T + 1].reshape(T * B, H), U.T, out=y.reshape(T * B, O))
        np.matmul(s[1 : T + 1].reshape(T * B, P), V.T, out=_T_B_O.reshape(T * B, O))
        np.add(y, _T_B_O, out=y)
        # (6) z_y[t] = W_hy y[t] + b_y
        np.matmul(y.reshape(T * B, O), W_hy.T, out=z_y.reshape(T * B, O2))
        for t in range(T):
            # (6) z_y[t] = W_hy y[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (7) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (8) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (8) J += −y2[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O2)
        np.subtract(_T_B_O2, log_total[:, :, np.newaxis], out=_T_B_O2)
        np.multiply(y2, _T_B_O2, out=_T_B_O2)
        np.negative(_T_B_O2, out=_T_B_O2)
        np.sum(_T_B_O2, out=J)
    return Kept(s=s, h=h, y=y, y_hat=y_hat, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)         parameter: trained
    U,      # (O, H)         parameter: trained
    B_x,    # (P, I)         parameter: trained
    P_s,    # (H, P)         parameter: trained
    R,      # (H, H)         parameter: trained
    V,      # (O, P)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    alpha,  # ()             parameter: constant: it has no gradient; usually 0.95
    s,      # (T + 1, B, P)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y,      # (T, B, O)      output: of every step
    y_hat,  # (T, B, O2)     output: of every step
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O2 = y2.shape[2]
    H = A.shape[0]
    O = U.shape[0]
    P = B_x.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("A", A, (H, I), dtype)
    _check("U", U, (O, H), dtype)
    _check("B_x", B_x, (P, I), dtype)
    _check("P_s", P_s, (H, P), dtype)
    _check("R", R, (H, H), dtype)
    _check("V", V, (O, P), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("alpha", alpha, (), dtype)
    _check("s", s, (T + 1, B, P), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("y_hat", y_hat, (T, B, O2), dtype)

    dA = np.empty((H, I), dtype)
    dU = np.empty((O, H), dtype)
    dB_x = np.empty((P, I), dtype)
    dP_s = np.empty((H, P), dtype)
    dR = np.empty((H, H), dtype)
    dV = np.empty((O, P), dtype)
    dW_hy = np.empty((O2, O), dtype)
    db_y = np.empty((O2,), dtype)
    dx = np.empty((T, B, I), dtype)
    ds0 = np.empty((B, P), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_s = np.empty((B, P), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O2), dtype)
    dy = np.empty((T, B, O), dtype)
    dh_ds = np.empty((T, B, H + P), dtype)
    dz_h_du_s = np.empty((T, B, H + P), dtype)
    U_V = np.empty((O, H + P), dtype)
    A_B_x = np.empty((H + P, I), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_P = np.empty((B, P), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_s, 0.0)
        np.copyto(carry_h, 0.0)
        np.copyto(U_V[:, :H], U)
        np.copyto(U_V[:, H : H + P], V)
        np.copyto(A_B_x[:H], A)
        np.copyto(A_B_x[H : H + P], B_x)
        for t in reversed(range(T)):
            # (10) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y[t])
        # (11) ȳ[t] = W_hyᵀ z̄_y[t]
        np.matmul(dz_y.reshape(T * B, O2), W_hy, out=dy.reshape(T * B, O))
        # (22) W̄_hy += z̄_y[t] y[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O2).T, y.reshape(T * B, O), out=dW_hy)
        # (23) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        # (12) h̄[t] = Uᵀ ȳ[t] + Rᵀ z̄_h[t+1]
        np.matmul(dy.reshape(T * B, O), U_V, out=dh_ds.reshape(T * B, H + P))
        # (17) Ū += ȳ[t] h[t]ᵀ
        np.matmul(dy.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dU)
        # (21) V̄ += ȳ[t] s[t]ᵀ
        np.matmul(dy.reshape(T * B, O).T, s[1 : T + 1].reshape(T * B, P), out=dV)
        for t in reversed(range(T)):
            # (12) h̄[t] = Uᵀ ȳ[t] + Rᵀ z̄_h[t+1]
            np.add(dh_ds[t, :, :H], carry_h, out=dh_ds[t, :, :H])
            # (13) z̄_h[t] = h̄[t] ∘ h[t] ∘ (1 − h[t])
            np.multiply(dh_ds[t, :, :H], h[t + 1], out=dz_h_du_s[t, :, :H])
            np.subtract(1.0, h[t + 1], out=_B_H)
            np.multiply(dz_h_du_s[t, :, :H], _B_H, out=dz_h_du_s[t, :, :H])
            # (14) s̄[t] = Vᵀ ȳ[t] + P_sᵀ z̄_h[t] + alpha s̄[t+1]
            np.matmul(dz_h_du_s[t, :, :H], P_s, out=_B_P)
            np.add(dh_ds[t, :, H : H + P], _B_P, out=dh_ds[t, :, H : H + P])
            np.add(dh_ds[t, :, H : H + P], carry_s, out=dh_ds[t, :, H : H + P])
            # (12) what step t gives to h of earlier steps: Rᵀ z̄_h[t]
            np.matmul(dz_h_du_s[t, :, :H], R, out=carry_h)
            # (14) what step t gives to s of earlier steps: alpha s̄[t]
            np.multiply(alpha, dh_ds[t, :, H : H + P], out=carry_s)
        # (16) Ā += z̄_h[t] x[t]ᵀ
        np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, :H].T, x.reshape(T * B, I), out=dA)
        # (19) P̄_s += z̄_h[t] s[t]ᵀ
        np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, :H].T, s[1 : T + 1].reshape(T * B, P), out=dP_s)
        # (20) R̄ += z̄_h[t] h[t−1]ᵀ
        np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, :H].T, h[0:T].reshape(T * B, H), out=dR)
        for t in reversed(range(T)):
            # (15) ū_s[t] = (1 − alpha) s̄[t]
            np.subtract(1.0, alpha, out=dz_h_du_s[t, :, H : H + P])
            np.multiply(dz_h_du_s[t, :, H : H + P], dh_ds[t, :, H : H + P], out=dz_h_du_s[t, :, H : H + P])
        # (18) B̄_x += ū_s[t] x[t]ᵀ
        np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, H : H + P].T, x.reshape(T * B, I), out=dB_x)
        # (24) x̄[t] = Aᵀ z̄_h[t] + B_xᵀ ū_s[t]
        np.matmul(dz_h_du_s.reshape(T * B, H + P), A_B_x, out=dx.reshape(T * B, I))
        # (25) s̄[0] = alpha s̄[1]
        np.copyto(ds0, carry_s)
        # (26) h̄[0] = Rᵀ z̄_h[1]
        np.copyto(dh0, carry_h)
    return Gradients(dA=dA, dU=dU, dB_x=dB_x, dP_s=dP_s, dR=dR, dV=dV, dW_hy=dW_hy, db_y=db_y, dx=dx, ds0=ds0, dh0=dh0)


def loss_and_gradient(
    x,      # (T, B, I)   input: of every step
    s0,     # (B, P)      initial state: s before the first step
    h0,     # (B, H)      initial state: h before the first step
    y2,     # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)      parameter: trained
    U,      # (O, H)      parameter: trained
    B_x,    # (P, I)      parameter: trained
    P_s,    # (H, P)      parameter: trained
    R,      # (H, H)      parameter: trained
    V,      # (O, P)      parameter: trained
    W_hy,   # (O2, O)     parameter: trained
    b_y,    # (O2)        parameter: trained
    alpha,  # ()          parameter: constant: it has no gradient; usually 0.95
):
    """Return the loss and its gradients."""
    kept = forward(x, s0, h0, y2, A, U, B_x, P_s, R, V, W_hy, b_y, alpha)
    gradients = backward(x, y2, A, U, B_x, P_s, R, V, W_hy, alpha, kept.s, kept.h, kept.y, kept.y_hat)
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
