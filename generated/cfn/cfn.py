"""chaos-free network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Laurent, von Brecht, "A recurrent neural network without chaos", 2016, arXiv:1612.06212

    (1)   z_theta[t] = U_theta h[t−1] + V_theta x[t] + b_theta
    (2)   theta[t] = sigmoid(z_theta[t])
    (3)   z_eta[t] = U_eta h[t−1] + V_eta x[t] + b_eta
    (4)   eta[t] = sigmoid(z_eta[t])
    (5)   a_h[t] = tanh(h[t−1])
    (6)   z_h[t] = W x[t]
    (7)   a2_h[t] = tanh(z_h[t])
    (8)   h[t] = theta[t] ∘ a_h[t] + eta[t] ∘ a2_h[t]
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

    x        (T, B, I)  input: of every step
    h0       (B, H)     initial state: h before the first step
    y        (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_theta  (H, H)     parameter: trained
    V_theta  (H, I)     parameter: trained
    b_theta  (H)        parameter: trained
    U_eta    (H, H)     parameter: trained
    V_eta    (H, I)     parameter: trained
    b_eta    (H)        parameter: trained
    W        (H, I)     parameter: trained
    W_hy     (O, H)     parameter: trained
    b_y      (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray          # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray      # (T, B, O)      output: of every step
    theta_eta: np.ndarray  # (T, B, 2*H)    saved: theta, eta, side by side
    a_h: np.ndarray        # (T, B, H)      saved: kept for the backward pass
    a2_h: np.ndarray       # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray          # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dU_theta: np.ndarray  # (H, H)     gradient: with respect to U_theta
    dV_theta: np.ndarray  # (H, I)     gradient: with respect to V_theta
    db_theta: np.ndarray  # (H)        gradient: with respect to b_theta
    dU_eta: np.ndarray    # (H, H)     gradient: with respect to U_eta
    dV_eta: np.ndarray    # (H, I)     gradient: with respect to V_eta
    db_eta: np.ndarray    # (H)        gradient: with respect to b_eta
    dW: np.ndarray        # (H, I)     gradient: with respect to W
    dW_hy: np.ndarray     # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray      # (O)        gradient: with respect to b_y
    dx: np.ndarray        # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray       # (B, H)     gradient: with respect to h0


def forward(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_theta,  # (H, H)     parameter: trained
    V_theta,  # (H, I)     parameter: trained
    b_theta,  # (H)        parameter: trained
    U_eta,    # (H, H)     parameter: trained
    V_eta,    # (H, I)     parameter: trained
    b_eta,    # (H)        parameter: trained
    W,        # (H, I)     parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
):
    """Compute every step."""
    T, B, I = x.shape
    H = h0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("U_theta", U_theta, (H, H), dtype)
    _check("V_theta", V_theta, (H, I), dtype)
    _check("b_theta", b_theta, (H,), dtype)
    _check("U_eta", U_eta, (H, H), dtype)
    _check("V_eta", V_eta, (H, I), dtype)
    _check("b_eta", b_eta, (H,), dtype)
    _check("W", W, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    theta_eta = np.empty((T, B, 2*H), dtype)
    a_h = np.empty((T, B, H), dtype)
    a2_h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    U_theta_eta = np.empty((2*H, H), dtype)
    V_theta_eta = np.empty((2*H, I), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(U_theta_eta[:H], U_theta)
        np.copyto(U_theta_eta[H : 2*H], U_eta)
        np.copyto(V_theta_eta[:H], V_theta)
        np.copyto(V_theta_eta[H : 2*H], V_eta)
        # (6) z_h[t] = W x[t]
        np.matmul(x.reshape(T * B, I), W.T, out=a2_h.reshape(T * B, H))
        for t in range(T):
            # (7) a2_h[t] = tanh(z_h[t])
            np.tanh(a2_h[t], out=a2_h[t])
        for t in range(T):
            # (1) z_theta[t] = U_theta h[t−1] + V_theta x[t] + b_theta
            np.matmul(h[t], U_theta_eta.T, out=theta_eta[t])
            np.matmul(x[t], V_theta_eta.T, out=_B_2xH)
            np.add(theta_eta[t], _B_2xH, out=theta_eta[t])
            np.add(theta_eta[t, :, :H], b_theta, out=theta_eta[t, :, :H])
            # (2) theta[t] = sigmoid(z_theta[t])
            _sigmoid(theta_eta[t, :, :H], out=theta_eta[t, :, :H])
            # (3) z_eta[t] = U_eta h[t−1] + V_eta x[t] + b_eta
            np.add(theta_eta[t, :, H : 2*H], b_eta, out=theta_eta[t, :, H : 2*H])
            # (4) eta[t] = sigmoid(z_eta[t])
            _sigmoid(theta_eta[t, :, H : 2*H], out=theta_eta[t, :, H : 2*H])
            # (5) a_h[t] = tanh(h[t−1])
            np.tanh(h[t], out=a_h[t])
            # (8) h[t] = theta[t] ∘ a_h[t] + eta[t] ∘ a2_h[t]
            np.multiply(theta_eta[t, :, :H], a_h[t], out=h[t + 1])
            np.multiply(theta_eta[t, :, H : 2*H], a2_h[t], out=_B_H)
            np.add(h[t + 1], _B_H, out=h[t + 1])
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
    return Kept(h=h, y_hat=y_hat, theta_eta=theta_eta, a_h=a_h, a2_h=a2_h, J=J[()])


def backward(
    x,          # (T, B, I)      input: of every step
    y,          # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_theta,    # (H, H)         parameter: trained
    V_theta,    # (H, I)         parameter: trained
    U_eta,      # (H, H)         parameter: trained
    V_eta,      # (H, I)         parameter: trained
    W,          # (H, I)         parameter: trained
    W_hy,       # (O, H)         parameter: trained
    h,          # (T + 1, B, H)  output: state; the first is initial
    y_hat,      # (T, B, O)      output: of every step
    theta_eta,  # (T, B, 2*H)    saved: theta, eta, side by side
    a_h,        # (T, B, H)      saved: kept for the backward pass
    a2_h,       # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = U_theta.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("U_theta", U_theta, (H, H), dtype)
    _check("V_theta", V_theta, (H, I), dtype)
    _check("U_eta", U_eta, (H, H), dtype)
    _check("V_eta", V_eta, (H, I), dtype)
    _check("W", W, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("theta_eta", theta_eta, (T, B, 2*H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)
    _check("a2_h", a2_h, (T, B, H), dtype)

    dU_theta = np.empty((H, H), dtype)
    dV_theta = np.empty((H, I), dtype)
    db_theta = np.empty((H,), dtype)
    dU_eta = np.empty((H, H), dtype)
    dV_eta = np.empty((H, I), dtype)
    db_eta = np.empty((H,), dtype)
    dW = np.empty((H, I), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    da2_h = np.empty((B, H), dtype)
    dz_h_eta_theta = np.empty((T, B, 3*H), dtype)
    da_h = np.empty((B, H), dtype)
    deta = np.empty((B, H), dtype)
    dtheta = np.empty((B, H), dtype)
    W_V_eta_V_theta = np.empty((3*H, I), dtype)
    U_eta_theta = np.empty((2*H, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        np.copyto(W_V_eta_V_theta[:H], W)
        np.copyto(W_V_eta_V_theta[H : 2*H], V_eta)
        np.copyto(W_V_eta_V_theta[2*H : 3*H], V_theta)
        np.copyto(U_eta_theta[:H], U_eta)
        np.copyto(U_eta_theta[H : 2*H], U_theta)
        for t in reversed(range(T)):
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (14) h̄[t] = W_hyᵀ z̄_y[t] + ā_h[t+1] ∘ (1 − a_h[t+1]²) + U_etaᵀ z̄_eta[t+1] + U_thetaᵀ z̄_theta[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (29) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (30) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + ā_h[t+1] ∘ (1 − a_h[t+1]²) + U_etaᵀ z̄_eta[t+1] + U_thetaᵀ z̄_theta[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (17) ā_h[t] = h̄[t] ∘ theta[t]
            np.multiply(dh[t], theta_eta[t, :, :H], out=da_h)
            # (18) etā[t] = h̄[t] ∘ a2_h[t]
            np.multiply(dh[t], a2_h[t], out=deta)
            # (19) z̄_eta[t] = etā[t] ∘ eta[t] ∘ (1 − eta[t])
            np.multiply(deta, theta_eta[t, :, H : 2*H], out=dz_h_eta_theta[t, :, H : 2*H])
            np.subtract(1.0, theta_eta[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_h_eta_theta[t, :, H : 2*H], _B_H, out=dz_h_eta_theta[t, :, H : 2*H])
            # (20) thetā[t] = h̄[t] ∘ a_h[t]
            np.multiply(dh[t], a_h[t], out=dtheta)
            # (21) z̄_theta[t] = thetā[t] ∘ theta[t] ∘ (1 − theta[t])
            np.multiply(dtheta, theta_eta[t, :, :H], out=dz_h_eta_theta[t, :, 2*H : 3*H])
            np.subtract(1.0, theta_eta[t, :, :H], out=_B_H)
            np.multiply(dz_h_eta_theta[t, :, 2*H : 3*H], _B_H, out=dz_h_eta_theta[t, :, 2*H : 3*H])
            # (14) what step t gives to h of earlier steps: ā_h[t] ∘ (1 − a_h[t]²) + U_etaᵀ z̄_eta[t] + U_thetaᵀ z̄_theta[t]
            np.matmul(dz_h_eta_theta[t, :, H : 3*H], U_eta_theta, out=carry_h)
            np.square(a_h[t], out=_B_H)
            np.subtract(1.0, _B_H, out=_B_H)
            np.multiply(da_h, _B_H, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (22) Ū_theta += z̄_theta[t] h[t−1]ᵀ
        np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), out=dU_theta)
        # (23) V̄_theta += z̄_theta[t] x[t]ᵀ
        np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), out=dV_theta)
        # (24) b̄_theta += z̄_theta[t]
        np.sum(dz_h_eta_theta[:, :, 2*H : 3*H], axis=(0, 1), out=db_theta)
        # (25) Ū_eta += z̄_eta[t] h[t−1]ᵀ
        np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), out=dU_eta)
        # (26) V̄_eta += z̄_eta[t] x[t]ᵀ
        np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dV_eta)
        # (27) b̄_eta += z̄_eta[t]
        np.sum(dz_h_eta_theta[:, :, H : 2*H], axis=(0, 1), out=db_eta)
        for t in reversed(range(T)):
            # (15) a2̄_h[t] = h̄[t] ∘ eta[t]
            np.multiply(dh[t], theta_eta[t, :, H : 2*H], out=da2_h)
            # (16) z̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²)
            np.square(a2_h[t], out=dz_h_eta_theta[t, :, :H])
            np.subtract(1.0, dz_h_eta_theta[t, :, :H], out=dz_h_eta_theta[t, :, :H])
            np.multiply(da2_h, dz_h_eta_theta[t, :, :H], out=dz_h_eta_theta[t, :, :H])
        # (28) W̄ += z̄_h[t] x[t]ᵀ
        np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), out=dW)
        # (31) x̄[t] = Wᵀ z̄_h[t] + V_etaᵀ z̄_eta[t] + V_thetaᵀ z̄_theta[t]
        np.matmul(dz_h_eta_theta.reshape(T * B, 3*H), W_V_eta_V_theta, out=dx.reshape(T * B, I))
        # (32) h̄[0] = ā_h[1] ∘ (1 − a_h[1]²) + U_etaᵀ z̄_eta[1] + U_thetaᵀ z̄_theta[1]
        np.copyto(dh0, carry_h)
    return Gradients(dU_theta=dU_theta, dV_theta=dV_theta, db_theta=db_theta, dU_eta=dU_eta, dV_eta=dV_eta, db_eta=db_eta, dW=dW, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


def loss_and_gradient(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_theta,  # (H, H)     parameter: trained
    V_theta,  # (H, I)     parameter: trained
    b_theta,  # (H)        parameter: trained
    U_eta,    # (H, H)     parameter: trained
    V_eta,    # (H, I)     parameter: trained
    b_eta,    # (H)        parameter: trained
    W,        # (H, I)     parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, U_theta, V_theta, b_theta, U_eta, V_eta, b_eta, W, W_hy, b_y)
    gradients = backward(x, y, U_theta, V_theta, U_eta, V_eta, W, W_hy, kept.h, kept.y_hat, kept.theta_eta, kept.a_h, kept.a2_h)
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
