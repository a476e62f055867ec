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
    kept, run = bind_forward(x, S0, y2, W_Q, W_V, W_K, W_hy, b_y, gamma)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,      # (T, B, I)  input: of every step
    S0,     # (B, K, H)  initial state: S before the first step
    y2,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,    # (K, I)     parameter: trained
    W_V,    # (H, I)     parameter: trained
    W_K,    # (K, I)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    gamma,  # ()         parameter: constant: it has no gradient; usually 0.96875
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Kept(
            S=np.empty((T + 1, B, K, H), dtype),
            y=np.empty((T, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            q_k_v=np.empty((T, B, 2*K + H), dtype),
            J=np.empty((), dtype),
        )
    S, y, y_hat, q_k_v, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_Q_K_V = np.empty((2*K + H, I), dtype)
    _B_K_H = np.empty((B, K, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        S[1 : T + 1],                # S_next
        S[0:T],                      # S_t
        q_k_v[:, :, K : 2*K],        # k_t
        q_k_v[:, :, 2*K : 2*K + H],  # v_t
    ))
    steps_2 = list(zip(
        y,                # y_t
        S[1 : T + 1],     # S_next
        q_k_v[:, :, :K],  # q_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(S[0], S0)
            np.copyto(W_Q_K_V[:K], W_Q)
            np.copyto(W_Q_K_V[K : 2*K], W_K)
            np.copyto(W_Q_K_V[2*K : 2*K + H], W_V)
            # (1) q[t] = W_Q x[t]
            np.dot(x.reshape(T * B, I), W_Q_K_V.T, q_k_v.reshape(T * B, 2*K + H))
            for S_next, S_t, k_t, v_t in steps:
                # (4) S[t] = gamma S[t−1] + k[t] v[t]ᵀ
                np.multiply(gamma, S_t, S_next)
                np.multiply(k_t[:, :, np.newaxis], v_t[:, np.newaxis, :], _B_K_H)
                np.add(S_next, _B_K_H, S_next)
            for y_t, S_next, q_t in steps_2:
                # (5) y[t] = S[t]ᵀ q[t]
                np.matmul(S_next.transpose(0, 2, 1), q_t[:, :, np.newaxis], y_t[:, :, np.newaxis])
            # (5) y[t] = S[t]ᵀ q[t]
            np.copyto(y, y)
            # (6) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (7) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (8) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


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
    gradients, run = bind_backward(x, y2, W_Q, W_V, W_K, W_hy, gamma, S, y, y_hat, q_k_v)
    run()
    return gradients


def bind_backward(
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
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Gradients(
            dW_Q=np.empty((K, I), dtype),
            dW_V=np.empty((H, I), dtype),
            dW_K=np.empty((K, I), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dS0=np.empty((B, K, H), dtype),
        )
    dW_Q, dW_V, dW_K, dW_hy, db_y, dx, dS0 = into
    carry_S = np.empty((B, K, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dS = np.empty((T, B, K, H), dtype)
    dv_dk_dq = np.empty((T, B, H + 2*K), dtype)
    scratch_2 = np.empty((T, B, H), dtype)
    scratch_3 = np.empty((T, B, K), dtype)
    scratch_4 = np.empty((T, B, K), dtype)
    W_V_K_Q = np.empty((H + 2*K, I), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dS[::-1],               # dS_t
        q_k_v[:, :, :K][::-1],  # q_t
        dy[::-1],               # dy_t
        scratch_4[::-1],        # scratch_4_t
        S[1 : T + 1][::-1],     # S_next
    ))
    steps_2 = list(dS[::-1])
    steps_3 = list(zip(
        scratch_2[::-1],             # scratch_2_t
        dS[::-1],                    # dS_t
        q_k_v[:, :, K : 2*K][::-1],  # k_t
    ))
    steps_4 = list(zip(
        scratch_3[::-1],                   # scratch_3_t
        dS[::-1],                          # dS_t
        q_k_v[:, :, 2*K : 2*K + H][::-1],  # v_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_S, 0.0)
            np.copyto(W_V_K_Q[:H], W_V)
            np.copyto(W_V_K_Q[H : H + K], W_K)
            np.copyto(W_V_K_Q[H + K : H + 2*K], W_Q)
            # (10) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (11) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (19) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y.reshape(T * B, H), dW_hy)
            # (20) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dS_t, q_t, dy_t, scratch_4_t, S_next in steps:
                # (12) S̄[t] = q[t] ȳ[t]ᵀ + gamma S̄[t+1]
                np.multiply(q_t[:, :, np.newaxis], dy_t[:, np.newaxis, :], dS_t)
                # (15) q̄[t] = S[t] ȳ[t]
                np.matmul(S_next, dy_t[:, :, np.newaxis], scratch_4_t[:, :, np.newaxis])
            # (15) q̄[t] = S[t] ȳ[t]
            np.copyto(dv_dk_dq[:, :, H + K : H + 2*K], scratch_4)
            # (16) W̄_Q += q̄[t] x[t]ᵀ
            np.matmul(dv_dk_dq.reshape(T * B, H + 2*K)[:, H + K : H + 2*K].T, x.reshape(T * B, I), dW_Q)
            for dS_t in steps_2:
                # (12) S̄[t] = q[t] ȳ[t]ᵀ + gamma S̄[t+1]
                np.add(dS_t, carry_S, dS_t)
                # (12) what step t gives to S of earlier steps: gamma S̄[t]
                np.multiply(gamma, dS_t, carry_S)
            for scratch_2_t, dS_t, k_t in steps_3:
                # (13) v̄[t] = S̄[t]ᵀ k[t]
                np.matmul(dS_t.transpose(0, 2, 1), k_t[:, :, np.newaxis], scratch_2_t[:, :, np.newaxis])
            # (13) v̄[t] = S̄[t]ᵀ k[t]
            np.copyto(dv_dk_dq[:, :, :H], scratch_2)
            for scratch_3_t, dS_t, v_t in steps_4:
                # (14) k̄[t] = S̄[t] v[t]
                np.matmul(dS_t, v_t[:, :, np.newaxis], scratch_3_t[:, :, np.newaxis])
            # (14) k̄[t] = S̄[t] v[t]
            np.copyto(dv_dk_dq[:, :, H : H + K], scratch_3)
            # (17) W̄_V += v̄[t] x[t]ᵀ
            np.matmul(dv_dk_dq.reshape(T * B, H + 2*K)[:, :H].T, x.reshape(T * B, I), dW_V)
            # (18) W̄_K += k̄[t] x[t]ᵀ
            np.matmul(dv_dk_dq.reshape(T * B, H + 2*K)[:, H : H + K].T, x.reshape(T * B, I), dW_K)
            # (21) x̄[t] = W_Vᵀ v̄[t] + W_Kᵀ k̄[t] + W_Qᵀ q̄[t]
            np.dot(dv_dk_dq.reshape(T * B, H + 2*K), W_V_K_Q, dx.reshape(T * B, I))
            # (22) S̄[0] = gamma S̄[1]
            np.copyto(dS0, carry_S)

    return into, run


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
