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

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    theta: np.ndarray  # (T, B, H)      saved: kept for the backward pass
    eta: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    a_h: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    a2_h: np.ndarray   # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


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
    theta = np.empty((T, B, H), dtype)
    eta = np.empty((T, B, H), dtype)
    a_h = np.empty((T, B, H), dtype)
    a2_h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_theta = np.empty((B, H), dtype)
    z_eta = np.empty((B, H), dtype)
    z_h = np.empty((B, H), dtype)
    z_y = np.empty((B, O), dtype)
    largest = np.empty((B,), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((B,), dtype)
    _B_H = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _B_O = np.empty((B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(J, 0.0)
        np.copyto(h[0], h0)
        for t in range(T):
            # (1) z_theta[t] = U_theta h[t−1] + V_theta x[t] + b_theta
            np.matmul(h[t], U_theta.T, out=z_theta)
            np.matmul(x[t], V_theta.T, out=_B_H)
            np.add(z_theta, _B_H, out=z_theta)
            np.add(z_theta, b_theta, out=z_theta)
            # (2) theta[t] = sigmoid(z_theta[t])
            _sigmoid(z_theta, out=theta[t])
            # (3) z_eta[t] = U_eta h[t−1] + V_eta x[t] + b_eta
            np.matmul(h[t], U_eta.T, out=z_eta)
            np.matmul(x[t], V_eta.T, out=_B_H)
            np.add(z_eta, _B_H, out=z_eta)
            np.add(z_eta, b_eta, out=z_eta)
            # (4) eta[t] = sigmoid(z_eta[t])
            _sigmoid(z_eta, out=eta[t])
            # (5) a_h[t] = tanh(h[t−1])
            np.tanh(h[t], out=a_h[t])
            # (6) z_h[t] = W x[t]
            np.matmul(x[t], W.T, out=z_h)
            # (7) a2_h[t] = tanh(z_h[t])
            np.tanh(z_h, out=a2_h[t])
            # (8) h[t] = theta[t] ∘ a_h[t] + eta[t] ∘ a2_h[t]
            np.multiply(theta[t], a_h[t], out=h[t + 1])
            np.multiply(eta[t], a2_h[t], out=_B_H)
            np.add(h[t + 1], _B_H, out=h[t + 1])
            # (9) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t + 1], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (10) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (11) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(h=h, y_hat=y_hat, theta=theta, eta=eta, a_h=a_h, a2_h=a2_h, J=J[()])


def backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    U_theta,  # (H, H)         parameter: trained
    V_theta,  # (H, I)         parameter: trained
    U_eta,    # (H, H)         parameter: trained
    V_eta,    # (H, I)         parameter: trained
    W,        # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    theta,    # (T, B, H)      saved: kept for the backward pass
    eta,      # (T, B, H)      saved: kept for the backward pass
    a_h,      # (T, B, H)      saved: kept for the backward pass
    a2_h,     # (T, B, H)      saved: kept for the backward pass
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
    _check("theta", theta, (T, B, H), dtype)
    _check("eta", eta, (T, B, H), dtype)
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
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    da2_h = np.empty((B, H), dtype)
    dz_h = np.empty((B, H), dtype)
    da_h = np.empty((B, H), dtype)
    deta = np.empty((B, H), dtype)
    dz_eta = np.empty((B, H), dtype)
    dtheta = np.empty((B, H), dtype)
    dz_theta = np.empty((B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _H_H = np.empty((H, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H = np.empty((H,), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dU_theta, 0.0)
        np.copyto(dV_theta, 0.0)
        np.copyto(db_theta, 0.0)
        np.copyto(dU_eta, 0.0)
        np.copyto(dV_eta, 0.0)
        np.copyto(db_eta, 0.0)
        np.copyto(dW, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + ā_h[t+1] ∘ (1 − a_h[t+1]²) + U_etaᵀ z̄_eta[t+1] + U_thetaᵀ z̄_theta[t+1]
            np.matmul(dz_y, W_hy, out=dh)
            np.add(dh, carry_h, out=dh)
            # (15) a2̄_h[t] = h̄[t] ∘ eta[t]
            np.multiply(dh, eta[t], out=da2_h)
            # (16) z̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²)
            np.square(a2_h[t], out=dz_h)
            np.subtract(1.0, dz_h, out=dz_h)
            np.multiply(da2_h, dz_h, out=dz_h)
            # (17) ā_h[t] = h̄[t] ∘ theta[t]
            np.multiply(dh, theta[t], out=da_h)
            # (18) etā[t] = h̄[t] ∘ a2_h[t]
            np.multiply(dh, a2_h[t], out=deta)
            # (19) z̄_eta[t] = etā[t] ∘ eta[t] ∘ (1 − eta[t])
            np.multiply(deta, eta[t], out=dz_eta)
            np.subtract(1.0, eta[t], out=_B_H)
            np.multiply(dz_eta, _B_H, out=dz_eta)
            # (20) thetā[t] = h̄[t] ∘ a_h[t]
            np.multiply(dh, a_h[t], out=dtheta)
            # (21) z̄_theta[t] = thetā[t] ∘ theta[t] ∘ (1 − theta[t])
            np.multiply(dtheta, theta[t], out=dz_theta)
            np.subtract(1.0, theta[t], out=_B_H)
            np.multiply(dz_theta, _B_H, out=dz_theta)
            # (22) Ū_theta += z̄_theta[t] h[t−1]ᵀ
            np.matmul(dz_theta.T, h[t], out=_H_H)
            np.add(dU_theta, _H_H, out=dU_theta)
            # (23) V̄_theta += z̄_theta[t] x[t]ᵀ
            np.matmul(dz_theta.T, x[t], out=_H_I)
            np.add(dV_theta, _H_I, out=dV_theta)
            # (24) b̄_theta += z̄_theta[t]
            np.sum(dz_theta, axis=0, out=_H)
            np.add(db_theta, _H, out=db_theta)
            # (25) Ū_eta += z̄_eta[t] h[t−1]ᵀ
            np.matmul(dz_eta.T, h[t], out=_H_H)
            np.add(dU_eta, _H_H, out=dU_eta)
            # (26) V̄_eta += z̄_eta[t] x[t]ᵀ
            np.matmul(dz_eta.T, x[t], out=_H_I)
            np.add(dV_eta, _H_I, out=dV_eta)
            # (27) b̄_eta += z̄_eta[t]
            np.sum(dz_eta, axis=0, out=_H)
            np.add(db_eta, _H, out=db_eta)
            # (28) W̄ += z̄_h[t] x[t]ᵀ
            np.matmul(dz_h.T, x[t], out=_H_I)
            np.add(dW, _H_I, out=dW)
            # (29) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t + 1], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (30) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (31) x̄[t] = Wᵀ z̄_h[t] + V_etaᵀ z̄_eta[t] + V_thetaᵀ z̄_theta[t]
            np.matmul(dz_h, W, out=dx[t])
            np.matmul(dz_eta, V_eta, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dz_theta, V_theta, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            # (14) what step t gives to h of earlier steps: ā_h[t] ∘ (1 − a_h[t]²) + U_etaᵀ z̄_eta[t] + U_thetaᵀ z̄_theta[t]
            np.matmul(dz_eta, U_eta, out=carry_h)
            np.matmul(dz_theta, U_theta, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            np.square(a_h[t], out=_B_H)
            np.subtract(1.0, _B_H, out=_B_H)
            np.multiply(da_h, _B_H, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
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
    gradients = backward(x, y, U_theta, V_theta, U_eta, V_eta, W, W_hy, kept.h, kept.y_hat, kept.theta, kept.eta, kept.a_h, kept.a2_h)
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
