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
    kept, run = bind_forward(x, h0, y, U_theta, V_theta, b_theta, U_eta, V_eta, b_eta, W, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
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
    _check("U_theta", U_theta, (H, H), dtype)
    _check("V_theta", V_theta, (H, I), dtype)
    _check("b_theta", b_theta, (H,), dtype)
    _check("U_eta", U_eta, (H, H), dtype)
    _check("V_eta", V_eta, (H, I), dtype)
    _check("b_eta", b_eta, (H,), dtype)
    _check("W", W, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            theta_eta=np.empty((T, B, 2*H), dtype),
            a_h=np.empty((T, B, H), dtype),
            a2_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, theta_eta, a_h, a2_h, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    U_theta_eta = np.empty((H, 2*H), dtype)
    V_theta_eta = np.empty((I, 2*H), dtype)
    b_theta_eta = np.empty((2*H,), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        theta_eta,                 # theta_eta_t
        h[0:T],                    # h_t
        x,                         # x_t
        a_h,                       # a_h_t
        h[1 : T + 1],              # h_next
        theta_eta[:, :, :H],       # theta_t
        theta_eta[:, :, H : 2*H],  # eta_t
        a2_h,                      # a2_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.multiply(0.5, U_theta.T, U_theta_eta[:, :H])
            np.multiply(0.5, U_eta.T, U_theta_eta[:, H : 2*H])
            np.multiply(0.5, V_theta.T, V_theta_eta[:, :H])
            np.multiply(0.5, V_eta.T, V_theta_eta[:, H : 2*H])
            np.multiply(0.5, b_theta, b_theta_eta[:H])
            np.multiply(0.5, b_eta, b_theta_eta[H : 2*H])
            # (6) z_h[t] = W x[t]
            np.dot(x.reshape(T * B, I), W.T, a2_h.reshape(T * B, H))
            # (7) a2_h[t] = tanh(z_h[t])
            np.tanh(a2_h, a2_h)
            b_theta_eta_row = b_theta_eta[np.newaxis]
            number_1_2 = np.array(0.5, dtype)
            for theta_eta_t, h_t, x_t, a_h_t, h_next, theta_t, eta_t, a2_h_t in steps:
                # (1) z_theta[t] = U_theta h[t−1] + V_theta x[t] + b_theta
                np.dot(h_t, U_theta_eta, theta_eta_t)
                np.dot(x_t, V_theta_eta, _B_2xH)
                np.add(theta_eta_t, _B_2xH, theta_eta_t)
                # (1, 3) the terms that are the same in every step
                np.add(theta_eta_t, b_theta_eta_row, theta_eta_t)
                # (2, 4) theta[t] = sigmoid(z_theta[t]), eta[t] = sigmoid(z_eta[t])
                np.tanh(theta_eta_t, theta_eta_t)
                np.multiply(number_1_2, theta_eta_t, theta_eta_t)
                np.add(theta_eta_t, number_1_2, theta_eta_t)
                # (5) a_h[t] = tanh(h[t−1])
                np.tanh(h_t, a_h_t)
                # (8) h[t] = theta[t] ∘ a_h[t] + eta[t] ∘ a2_h[t]
                np.multiply(theta_t, a_h_t, h_next)
                np.multiply(eta_t, a2_h_t, _B_H)
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
    gradients, run = bind_backward(x, y, U_theta, V_theta, U_eta, V_eta, W, W_hy, h, y_hat, theta_eta, a_h, a2_h)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dU_theta=np.empty((H, H), dtype),
            dV_theta=np.empty((H, I), dtype),
            db_theta=np.empty((H,), dtype),
            dU_eta=np.empty((H, H), dtype),
            dV_eta=np.empty((H, I), dtype),
            db_eta=np.empty((H,), dtype),
            dW=np.empty((H, I), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dU_theta, dV_theta, db_theta, dU_eta, dV_eta, db_eta, dW, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    da2_h = np.empty((T, B, H), dtype)
    dz_h_eta_theta = np.empty((T, B, 3*H), dtype)
    W_V_eta_V_theta = np.empty((3*H, I), dtype)
    U_eta_theta = np.empty((2*H, H), dtype)
    factor_carry_h = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                               # dh_t
        dz_h_eta_theta[:, :, H : 2*H][::-1],    # dz_eta_t
        dz_h_eta_theta[:, :, 2*H : 3*H][::-1],  # dz_theta_t
        dz_h_eta_theta[:, :, H : 3*H][::-1],    # dz_h_eta_theta_t
        factor_carry_h[::-1],                   # factor_carry_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_V_eta_V_theta[:H], W)
            np.copyto(W_V_eta_V_theta[H : 2*H], V_eta)
            np.copyto(W_V_eta_V_theta[2*H : 3*H], V_theta)
            np.copyto(U_eta_theta[:H], U_eta)
            np.copyto(U_eta_theta[H : 2*H], U_theta)
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (19) z̄_eta[t] = etā[t] ∘ eta[t] ∘ (1 − eta[t])
            np.multiply(a2_h, theta_eta[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, theta_eta[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_h_eta_theta[:, :, H : 2*H])
            # (21) z̄_theta[t] = thetā[t] ∘ theta[t] ∘ (1 − theta[t])
            np.multiply(a_h, theta_eta[:, :, :H], _T_B_H)
            np.subtract(1.0, theta_eta[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_h_eta_theta[:, :, 2*H : 3*H])
            # (14) what step t gives to h of earlier steps: ā_h[t] ∘ (1 − a_h[t]²) + U_etaᵀ z̄_eta[t] + U_thetaᵀ z̄_theta[t]
            np.square(a_h, factor_carry_h)
            np.subtract(1.0, factor_carry_h, factor_carry_h)
            np.multiply(theta_eta[:, :, :H], factor_carry_h, factor_carry_h)
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + ā_h[t+1] ∘ (1 − a_h[t+1]²) + U_etaᵀ z̄_eta[t+1] + U_thetaᵀ z̄_theta[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (29) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (30) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_eta_t, dz_theta_t, dz_h_eta_theta_t, factor_carry_h_t in steps:
                # (14) h̄[t] = W_hyᵀ z̄_y[t] + ā_h[t+1] ∘ (1 − a_h[t+1]²) + U_etaᵀ z̄_eta[t+1] + U_thetaᵀ z̄_theta[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (19) z̄_eta[t] = etā[t] ∘ eta[t] ∘ (1 − eta[t])
                np.multiply(dh_t, dz_eta_t, dz_eta_t)
                # (21) z̄_theta[t] = thetā[t] ∘ theta[t] ∘ (1 − theta[t])
                np.multiply(dh_t, dz_theta_t, dz_theta_t)
                # (14) what step t gives to h of earlier steps: ā_h[t] ∘ (1 − a_h[t]²) + U_etaᵀ z̄_eta[t] + U_thetaᵀ z̄_theta[t]
                np.matmul(dz_h_eta_theta_t, U_eta_theta, carry_h)
                np.multiply(dh_t, factor_carry_h_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (22) Ū_theta += z̄_theta[t] h[t−1]ᵀ
            np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dU_theta)
            # (23) V̄_theta += z̄_theta[t] x[t]ᵀ
            np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dV_theta)
            # (24) b̄_theta += z̄_theta[t]
            np.matmul(_ones_T_B, dz_h_eta_theta.reshape(T * B, 3*H)[:, 2*H : 3*H], db_theta)
            # (25) Ū_eta += z̄_eta[t] h[t−1]ᵀ
            np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_eta)
            # (26) V̄_eta += z̄_eta[t] x[t]ᵀ
            np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), dV_eta)
            # (27) b̄_eta += z̄_eta[t]
            np.matmul(_ones_T_B, dz_h_eta_theta.reshape(T * B, 3*H)[:, H : 2*H], db_eta)
            # (15) a2̄_h[t] = h̄[t] ∘ eta[t]
            np.multiply(dh, theta_eta[:, :, H : 2*H], da2_h)
            # (16) z̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²)
            np.square(a2_h, _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(da2_h, _T_B_H, dz_h_eta_theta[:, :, :H])
            # (28) W̄ += z̄_h[t] x[t]ᵀ
            np.matmul(dz_h_eta_theta.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), dW)
            # (31) x̄[t] = Wᵀ z̄_h[t] + V_etaᵀ z̄_eta[t] + V_thetaᵀ z̄_theta[t]
            np.dot(dz_h_eta_theta.reshape(T * B, 3*H), W_V_eta_V_theta, dx.reshape(T * B, I))
            # (32) h̄[0] = ā_h[1] ∘ (1 − a_h[1]²) + U_etaᵀ z̄_eta[1] + U_thetaᵀ z̄_theta[1]
            np.copyto(dh0, carry_h)

    return into, run


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
