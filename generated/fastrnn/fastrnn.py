"""FastRNN, a residual connection with two trainable scalars with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Kusupati, Singh, Bhatia, Kumar, Jain, Varma, "FastGRNN: a fast, accurate, stable and tiny
kilobyte sized gated recurrent neural network", 2018, arXiv:1901.02358

    (1)  alpha = sigmoid(a)
    (2)  beta = sigmoid(c)
    (3)  z_h_hat[t] = W x[t] + U h[t−1] + b
    (4)  h_hat[t] = tanh(z_h_hat[t])
    (5)  h[t] = alpha h_hat[t] + beta h[t−1]
    (6)  z_y[t] = W_hy h[t] + b_y
    (7)  y_hat[t] = softmax(z_y[t])
    (8)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    a     ()         parameter: trained
    c     ()         parameter: trained
    W     (H, I)     parameter: trained
    U     (H, H)     parameter: trained
    b     (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    alpha: np.ndarray  # ()             saved: kept for the backward pass
    beta: np.ndarray   # ()             saved: kept for the backward pass
    h_hat: np.ndarray  # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    da: np.ndarray     # ()         gradient: with respect to a
    dc: np.ndarray     # ()         gradient: with respect to c
    dW: np.ndarray     # (H, I)     gradient: with respect to W
    dU: np.ndarray     # (H, H)     gradient: with respect to U
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    a,     # ()         parameter: trained
    c,     # ()         parameter: trained
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, a, c, W, U, b, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    a,     # ()         parameter: trained
    c,     # ()         parameter: trained
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
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
    _check("a", a, (), dtype)
    _check("c", c, (), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            alpha=np.empty((), dtype),
            beta=np.empty((), dtype),
            h_hat=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, alpha, beta, h_hat, J = into
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
        h[1 : T + 1],  # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(U_T, U.T)
            # (1) alpha = sigmoid(a)
            _sigmoid(a, alpha)
            # (2) beta = sigmoid(c)
            _sigmoid(c, beta)
            np.copyto(h[0], h0)
            # (3) z_h_hat[t] = W x[t] + U h[t−1] + b
            np.dot(x.reshape(T * B, I), W.T, h_hat.reshape(T * B, H))
            np.add(h_hat, b, h_hat)
            for h_hat_t, h_t, h_next in steps:
                # (3) z_h_hat[t] = W x[t] + U h[t−1] + b
                np.dot(h_t, U_T, _B_H)
                np.add(h_hat_t, _B_H, h_hat_t)
                # (4) h_hat[t] = tanh(z_h_hat[t])
                np.tanh(h_hat_t, h_hat_t)
                # (5) h[t] = alpha h_hat[t] + beta h[t−1]
                np.multiply(alpha, h_hat_t, h_next)
                np.multiply(beta, h_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (6) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (7) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (8) J += −y[t]ᵀ log_softmax(z_y[t])
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
    alpha,  # ()             saved: kept for the backward pass
    beta,   # ()             saved: kept for the backward pass
    h_hat,  # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W, U, W_hy, h, y_hat, alpha, beta, h_hat)
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
    alpha,  # ()             saved: kept for the backward pass
    beta,   # ()             saved: kept for the backward pass
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
    _check("alpha", alpha, (), dtype)
    _check("beta", beta, (), dtype)
    _check("h_hat", h_hat, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            da=np.empty((), dtype),
            dc=np.empty((), dtype),
            dW=np.empty((H, I), dtype),
            dU=np.empty((H, H), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    da, dc, dW, dU, db, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dbeta = np.empty((), dtype)
    dalpha = np.empty((), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h_hat = np.empty((T, B, H), dtype)
    inner = np.empty((T, B), dtype)
    inner_2 = np.empty((T, B), dtype)
    _B_H = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _1_2 = np.empty((), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],        # dh_t
        dz_h_hat[::-1],  # dz_h_hat_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            # (10) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (13) z̄_h_hat[t] = h̄_hat[t] ∘ (1 − h_hat[t]²)
            np.square(h_hat, dz_h_hat)
            np.subtract(1.0, dz_h_hat, dz_h_hat)
            np.multiply(alpha, dz_h_hat, dz_h_hat)
            # (11) h̄[t] = W_hyᵀ z̄_y[t] + beta h̄[t+1] + Uᵀ z̄_h_hat[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (21) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (22) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_h_hat_t in steps:
                # (11) h̄[t] = W_hyᵀ z̄_y[t] + beta h̄[t+1] + Uᵀ z̄_h_hat[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (13) z̄_h_hat[t] = h̄_hat[t] ∘ (1 − h_hat[t]²)
                np.multiply(dh_t, dz_h_hat_t, dz_h_hat_t)
                # (11) what step t gives to h of earlier steps: beta h̄[t] + Uᵀ z̄_h_hat[t]
                np.dot(dz_h_hat_t, U, carry_h)
                np.multiply(beta, dh_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (18) W̄ += z̄_h_hat[t] x[t]ᵀ
            np.dot(dz_h_hat.reshape(T * B, H).T, x.reshape(T * B, I), dW)
            # (19) Ū += z̄_h_hat[t] h[t−1]ᵀ
            np.dot(dz_h_hat.reshape(T * B, H).T, h[0:T].reshape(T * B, H), dU)
            # (20) b̄ += z̄_h_hat[t]
            np.matmul(_ones_T_B, dz_h_hat.reshape(T * B, H), db)
            # (23) x̄[t] = Wᵀ z̄_h_hat[t]
            np.dot(dz_h_hat.reshape(T * B, H), W, dx.reshape(T * B, I))
            # (14) betā += h[t−1]ᵀ h̄[t]
            np.einsum("ijk,ijk->ij", h[0:T], dh, out=inner)
            # (15) alphā += h_hat[t]ᵀ h̄[t]
            np.einsum("ijk,ijk->ij", h_hat, dh, out=inner_2)
            # (14) betā += h[t−1]ᵀ h̄[t]
            np.add.reduce(inner, axis=None, out=dbeta)
            # (15) alphā += h_hat[t]ᵀ h̄[t]
            np.add.reduce(inner_2, axis=None, out=dalpha)
            # (24) h̄[0] = beta h̄[1] + Uᵀ z̄_h_hat[1]
            np.copyto(dh0, carry_h)
            # (16) ā += alphā ∘ alpha ∘ (1 − alpha)
            np.multiply(dalpha, alpha, _1)
            np.subtract(1.0, alpha, _1_2)
            np.multiply(_1, _1_2, da)
            # (17) c̄ += betā ∘ beta ∘ (1 − beta)
            np.multiply(dbeta, beta, _1)
            np.subtract(1.0, beta, _1_2)
            np.multiply(_1, _1_2, dc)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    a,     # ()         parameter: trained
    c,     # ()         parameter: trained
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, a, c, W, U, b, W_hy, b_y)
    gradients = backward(x, y, W, U, W_hy, kept.h, kept.y_hat, kept.alpha, kept.beta, kept.h_hat)
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
