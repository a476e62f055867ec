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
    q_k_v: np.ndarray  # (T, B, 2*K + H)   saved: q, k, v, side by side
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
    q_k_v = np.empty((T, B, 2*K + H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_Q_K_V = np.empty((2*K + H, I), dtype)
    _B_K_H = np.empty((B, K, H), dtype)
    _B_K_H_1 = np.empty((B, K, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(S[0], S0)
        np.copyto(W_Q_K_V[:K], W_Q)
        np.copyto(W_Q_K_V[K : 2*K], W_K)
        np.copyto(W_Q_K_V[2*K : 2*K + H], W_V)
        # (1) q[t] = W_Q x[t]
        np.matmul(x.reshape(T * B, I), W_Q_K_V.T, out=q_k_v.reshape(T * B, 2*K + H))
        for t in range(T):
            # (4) S[t] = gamma S[t−1] + k[t] v[t]ᵀ
            np.multiply(gamma, S[t], out=_B_K_H)
            np.multiply(q_k_v[t, :, K : 2*K][:, :, np.newaxis], q_k_v[t, :, 2*K : 2*K + H][:, np.newaxis, :], out=_B_K_H_1)
            np.add(_B_K_H, _B_K_H_1, out=S[t + 1])
        for t in range(T):
            # (5) y[t] = S[t]ᵀ q[t]
            np.matmul(S[t + 1].transpose(0, 2, 1), q_k_v[t, :, :K][:, :, np.newaxis], out=y[t][:, :, np.newaxis])
            np.copyto(y[t], y[t])
        # (6) z_y[t] = W_hy y[t] + b_y
        np.matmul(y.reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
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
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y2, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(S=S, y=y, y_hat=y_hat, q_k_v=q_k_v, J=J[()])


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
    q_k_v,  # (T, B, 2*K + H)   saved: q, k, v, side by side
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
    _check("q_k_v", q_k_v, (T, B, 2*K + H), dtype)

    dW_Q = np.empty((K, I), dtype)
    dW_V = np.empty((H, I), dtype)
    dW_K = np.empty((K, I), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dS0 = np.empty((B, K, H), dtype)
    carry_S = np.empty((B, K, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dS = np.empty((T, B, K, H), dtype)
    dv_dk_dq = np.empty((T, B, H + 2*K), dtype)
    scratch_2 = np.empty((B, H), dtype)
    scratch_3 = np.empty((B, K), dtype)
    scratch_4 = np.empty((B, K), dtype)
    W_V_K_Q = np.empty((H + 2*K, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_S, 0.0)
        np.copyto(W_V_K_Q[:H], W_V)
        np.copyto(W_V_K_Q[H : H + K], W_K)
        np.copyto(W_V_K_Q[H + K : H + 2*K], W_Q)
        for t in reversed(range(T)):
            # (10) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y[t])
        # (11) ȳ[t] = W_hyᵀ z̄_y[t]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dy.reshape(T * B, H))
        # (19) W̄_hy += z̄_y[t] y[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, y.reshape(T * B, H), out=dW_hy)
        # (20) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (12) S̄[t] = q[t] ȳ[t]ᵀ + gamma S̄[t+1]
            np.multiply(q_k_v[t, :, :K][:, :, np.newaxis], dy[t][:, np.newaxis, :], out=dS[t])
            # (15) q̄[t] = S[t] ȳ[t]
            np.matmul(S[t + 1], dy[t][:, :, np.newaxis], out=scratch_4[:, :, np.newaxis])
            np.copyto(dv_dk_dq[t, :, H + K : H + 2*K], scratch_4)
        # (16) W̄_Q += q̄[t] x[t]ᵀ
        np.matmul(dv_dk_dq.reshape(T * B, H + 2*K)[:, H + K : H + 2*K].T, x.reshape(T * B, I), out=dW_Q)
        for t in reversed(range(T)):
            # (12) S̄[t] = q[t] ȳ[t]ᵀ + gamma S̄[t+1]
            np.add(dS[t], carry_S, out=dS[t])
            # (12) what step t gives to S of earlier steps: gamma S̄[t]
            np.multiply(gamma, dS[t], out=carry_S)
        for t in reversed(range(T)):
            # (13) v̄[t] = S̄[t]ᵀ k[t]
            np.matmul(dS[t].transpose(0, 2, 1), q_k_v[t, :, K : 2*K][:, :, np.newaxis], out=scratch_2[:, :, np.newaxis])
            np.copyto(dv_dk_dq[t, :, :H], scratch_2)
            # (14) k̄[t] = S̄[t] v[t]
            np.matmul(dS[t], q_k_v[t, :, 2*K : 2*K + H][:, :, np.newaxis], out=scratch_3[:, :, np.newaxis])
            np.copyto(dv_dk_dq[t, :, H : H + K], scratch_3)
        # (17) W̄_V += v̄[t] x[t]ᵀ
        np.matmul(dv_dk_dq.reshape(T * B, H + 2*K)[:, :H].T, x.reshape(T * B, I), out=dW_V)
        # (18) W̄_K += k̄[t] x[t]ᵀ
        np.matmul(dv_dk_dq.reshape(T * B, H + 2*K)[:, H : H + K].T, x.reshape(T * B, I), out=dW_K)
        # (21) x̄[t] = W_Vᵀ v̄[t] + W_Kᵀ k̄[t] + W_Qᵀ q̄[t]
        np.matmul(dv_dk_dq.reshape(T * B, H + 2*K), W_V_K_Q, out=dx.reshape(T * B, I))
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
    gradients = backward(x, y2, W_Q, W_V, W_K, W_hy, gamma, kept.S, kept.y, kept.y_hat, kept.q_k_v)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
