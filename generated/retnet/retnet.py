"""retention as a recurrence, one head, without rotation with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Sun et al., "Retentive network: a successor to transformer for large language models", 2023,
arXiv:2307.08621

    (1)  q[t] = W_Q x[t]
    (2)  k[t] = W_K x[t]
    (3)  v[t] = W_V x[t]
    (4)  S[t] = gamma S[t−1] + k[t] v[t]ᵀ
    (5)  y[t] = S[t]ᵀ q[t]
    (6)  z_y[t] = W_hy y[t] + b_y
    (7)  y_hat[t] = softmax(z_y[t])
    (8)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    K  entries of S
    H  entries of W_V
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x      (T, B, I)  input: of every step
    S0     (B, K, H)  initial state: S before the first step
    y2     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q    (K, I)     parameter: trained
    W_V    (H, I)     parameter: trained
    W_K    (K, I)     parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained
    gamma  ()         parameter: constant: it has no gradient; usually 0.96875

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    S: np.ndarray      # (T + 1, B, K, H)  output: state; the first is initial
    y: np.ndarray      # (T, B, H)         output: of every step
    y_hat: np.ndarray  # (T, B, O)         output: of every step
    q: np.ndarray      # (T, B, K)         saved: kept for the backward pass
    k: np.ndarray      # (T, B, K)         saved: kept for the backward pass
    v: np.ndarray      # (T, B, H)         saved: kept for the backward pass
    J: np.ndarray      # ()                loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_Q: np.ndarray   # (K, I)     gradient: with respect to W_Q
    dW_V: np.ndarray   # (H, I)     gradient: with respect to W_V
    dW_K: np.ndarray   # (K, I)     gradient: with respect to W_K
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dS0: np.ndarray    # (B, K, H)  gradient: with respect to S0


def forward(
    x,      # (T, B, I)  input: of every step
    S0,     # (B, K, H)  initial state: S before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,    # (K, I)     parameter: trained
    W_V,    # (H, I)     parameter: trained
    W_K,    # (K, I)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    gamma,  # ()         parameter: constant: it has no gradient; usually 0.96875
):
    """Compute every step."""
    T, B, I = x.shape
    K = S0.shape[1]
    H = S0.shape[2]
    O = y2.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("S0", S0, (B, K, H), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_Q", W_Q, (K, I), dtype)
    _check("W_V", W_V, (H, I), dtype)
    _check("W_K", W_K, (K, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("gamma", gamma, (), dtype)

    S = np.empty((T + 1, B, K, H), dtype)
    y = np.empty((T, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    q = np.empty((T, B, K), dtype)
    k = np.empty((T, B, K), dtype)
    v = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((B, O), dtype)
    scratch = np.empty((B, H), dtype)
    largest = np.empty((B,), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((B,), dtype)
    _B_K_H = np.empty((B, K, H), dtype)
    _B_K_H_1 = np.empty((B, K, H), dtype)
    _1 = np.empty((), dtype)
    _B_O = np.empty((B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(J, 0.0)
        np.copyto(S[0], S0)
        for t in range(T):
            # (1) q[t] = W_Q x[t]
            np.matmul(x[t], W_Q.T, out=q[t])
            # (2) k[t] = W_K x[t]
            np.matmul(x[t], W_K.T, out=k[t])
            # (3) v[t] = W_V x[t]
            np.matmul(x[t], W_V.T, out=v[t])
            # (4) S[t] = gamma S[t−1] + k[t] v[t]ᵀ
            np.multiply(gamma, S[t], out=_B_K_H)
            np.multiply(k[t][:, :, np.newaxis], v[t][:, np.newaxis, :], out=_B_K_H_1)
            np.add(_B_K_H, _B_K_H_1, out=S[t + 1])
            # (5) y[t] = S[t]ᵀ q[t]
            np.matmul(S[t + 1].transpose(0, 2, 1), q[t][:, :, np.newaxis], out=scratch[:, :, np.newaxis])
            np.copyto(y[t], scratch)
            # (6) z_y[t] = W_hy y[t] + b_y
            np.matmul(y[t], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (7) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (8) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y2[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(S=S, y=y, y_hat=y_hat, q=q, k=k, v=v, J=J[()])


def backward(
    x,      # (T, B, I)         input: of every step
    y2,     # (T, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,    # (K, I)            parameter: trained
    W_V,    # (H, I)            parameter: trained
    W_K,    # (K, I)            parameter: trained
    W_hy,   # (O, H)            parameter: trained
    gamma,  # ()                parameter: constant: it has no gradient; usually 0.96875
    S,      # (T + 1, B, K, H)  output: state; the first is initial
    y,      # (T, B, H)         output: of every step
    y_hat,  # (T, B, O)         output: of every step
    q,      # (T, B, K)         saved: kept for the backward pass
    k,      # (T, B, K)         saved: kept for the backward pass
    v,      # (T, B, H)         saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y2.shape[2]
    K = W_Q.shape[0]
    H = W_V.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_Q", W_Q, (K, I), dtype)
    _check("W_V", W_V, (H, I), dtype)
    _check("W_K", W_K, (K, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("gamma", gamma, (), dtype)
    _check("S", S, (T + 1, B, K, H), dtype)
    _check("y", y, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("q", q, (T, B, K), dtype)
    _check("k", k, (T, B, K), dtype)
    _check("v", v, (T, B, H), dtype)

    dW_Q = np.empty((K, I), dtype)
    dW_V = np.empty((H, I), dtype)
    dW_K = np.empty((K, I), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dS0 = np.empty((B, K, H), dtype)
    carry_S = np.empty((B, K, H), dtype)
    dz_y = np.empty((B, O), dtype)
    dy = np.empty((B, H), dtype)
    dS = np.empty((B, K, H), dtype)
    dv = np.empty((B, H), dtype)
    scratch_2 = np.empty((B, H), dtype)
    dk = np.empty((B, K), dtype)
    scratch_3 = np.empty((B, K), dtype)
    dq = np.empty((B, K), dtype)
    scratch_4 = np.empty((B, K), dtype)
    _K_I = np.empty((K, I), dtype)
    _H_I = np.empty((H, I), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dW_Q, 0.0)
        np.copyto(dW_V, 0.0)
        np.copyto(dW_K, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_S, 0.0)
        for t in reversed(range(T)):
            # (10) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y)
            # (11) ȳ[t] = W_hyᵀ z̄_y[t]
            np.matmul(dz_y, W_hy, out=dy)
            # (12) S̄[t] = q[t] ȳ[t]ᵀ + gamma S̄[t+1]
            np.multiply(q[t][:, :, np.newaxis], dy[:, np.newaxis, :], out=dS)
            np.add(dS, carry_S, out=dS)
            # (13) v̄[t] = S̄[t]ᵀ k[t]
            np.matmul(dS.transpose(0, 2, 1), k[t][:, :, np.newaxis], out=scratch_2[:, :, np.newaxis])
            np.copyto(dv, scratch_2)
            # (14) k̄[t] = S̄[t] v[t]
            np.matmul(dS, v[t][:, :, np.newaxis], out=scratch_3[:, :, np.newaxis])
            np.copyto(dk, scratch_3)
            # (15) q̄[t] = S[t] ȳ[t]
            np.matmul(S[t + 1], dy[:, :, np.newaxis], out=scratch_4[:, :, np.newaxis])
            np.copyto(dq, scratch_4)
            # (16) W̄_Q += q̄[t] x[t]ᵀ
            np.matmul(dq.T, x[t], out=_K_I)
            np.add(dW_Q, _K_I, out=dW_Q)
            # (17) W̄_V += v̄[t] x[t]ᵀ
            np.matmul(dv.T, x[t], out=_H_I)
            np.add(dW_V, _H_I, out=dW_V)
            # (18) W̄_K += k̄[t] x[t]ᵀ
            np.matmul(dk.T, x[t], out=_K_I)
            np.add(dW_K, _K_I, out=dW_K)
            # (19) W̄_hy += z̄_y[t] y[t]ᵀ
            np.matmul(dz_y.T, y[t], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (20) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (21) x̄[t] = W_Vᵀ v̄[t] + W_Kᵀ k̄[t] + W_Qᵀ q̄[t]
            np.matmul(dv, W_V, out=dx[t])
            np.matmul(dk, W_K, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dq, W_Q, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            # (12) what step t gives to S of earlier steps: gamma S̄[t]
            np.multiply(gamma, dS, out=carry_S)
        # (22) S̄[0] = gamma S̄[1]
        np.copyto(dS0, carry_S)
    return Gradients(dW_Q=dW_Q, dW_V=dW_V, dW_K=dW_K, dW_hy=dW_hy, db_y=db_y, dx=dx, dS0=dS0)


def loss_and_gradient(
    x,      # (T, B, I)  input: of every step
    S0,     # (B, K, H)  initial state: S before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,    # (K, I)     parameter: trained
    W_V,    # (H, I)     parameter: trained
    W_K,    # (K, I)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    gamma,  # ()         parameter: constant: it has no gradient; usually 0.96875
):
    """Return the loss and its gradients."""
    kept = forward(x, S0, y2, W_Q, W_V, W_K, W_hy, b_y, gamma)
    gradients = backward(x, y2, W_Q, W_V, W_K, W_hy, gamma, kept.S, kept.y, kept.y_hat, kept.q, kept.k, kept.v)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
