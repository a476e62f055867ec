"""linear attention as a recurrence with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Katharopoulos, Vyas, Pappas, Fleuret, "Transformers are RNNs: fast autoregressive
transformers with linear attention", 2020, arXiv:2006.16236

    (1)   a_q[t] = W_Q x[t]
    (2)   a_k[t] = W_K x[t]
    (3)   a2_q[t] = relu(a_q[t])
    (4)   z_q[t] = −a_q[t]
    (5)   a3_q[t] = relu(z_q[t])
    (6)   z2_q[t] = −a3_q[t]
    (7)   a4_q[t] = exp(z2_q[t])
    (8)   q[t] = a2_q[t] + a4_q[t]
    (9)   a2_k[t] = relu(a_k[t])
    (10)  z_k[t] = −a_k[t]
    (11)  a3_k[t] = relu(z_k[t])
    (12)  z2_k[t] = −a3_k[t]
    (13)  a4_k[t] = exp(z2_k[t])
    (14)  k[t] = a2_k[t] + a4_k[t]
    (15)  v[t] = W_V x[t]
    (16)  S[t] = S[t−1] + k[t] v[t]ᵀ
    (17)  z[t] = z[t−1] + k[t]
    (18)  u_y[t] = S[t]ᵀ q[t]
    (19)  u2_y[t] = z[t]ᵀ q[t]
    (20)  y[t] = u_y[t] ⊘ (u2_y[t] 1)
    (21)  z_y[t] = W_hy y[t] + b_y
    (22)  y_hat[t] = softmax(z_y[t])
    (23)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    K  entries of S
    H  entries of W_V
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    y2    (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q   (K, I)     parameter: trained
    W_V   (H, I)     parameter: trained
    W_K   (K, I)     parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    S: np.ndarray            # (T + 1, B, K, H)  output: state; the first is initial
    z: np.ndarray            # (T + 1, B, K)     output: state; the first is initial
    y: np.ndarray            # (T, B, H)         output: of every step
    y_hat: np.ndarray        # (T, B, O)         output: of every step
    a2_q: np.ndarray         # (T, B, K)         saved: kept for the backward pass
    a3_q_a3_k_v: np.ndarray  # (T, B, 2*K + H)   saved: a3_q, a3_k, v, side by side
    a4_q: np.ndarray         # (T, B, K)         saved: kept for the backward pass
    q: np.ndarray            # (T, B, K)         saved: kept for the backward pass
    a2_k: np.ndarray         # (T, B, K)         saved: kept for the backward pass
    a4_k: np.ndarray         # (T, B, K)         saved: kept for the backward pass
    k: np.ndarray            # (T, B, K)         saved: kept for the backward pass
    u_y: np.ndarray          # (T, B, H)         saved: kept for the backward pass
    u2_y: np.ndarray         # (T, B, 1)         saved: kept for the backward pass
    J: np.ndarray            # ()                loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_Q: np.ndarray   # (K, I)     gradient: with respect to W_Q
    dW_V: np.ndarray   # (H, I)     gradient: with respect to W_V
    dW_K: np.ndarray   # (K, I)     gradient: with respect to W_K
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]


def forward(
    x,     # (T, B, I)  input: of every step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,   # (K, I)     parameter: trained
    W_V,   # (H, I)     parameter: trained
    W_K,   # (K, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
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
    _check("b_y", b_y, (O,), dtype)

    S = np.empty((T + 1, B, K, H), dtype)
    z = np.empty((T + 1, B, K), dtype)
    y = np.empty((T, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    a2_q = np.empty((T, B, K), dtype)
    a3_q_a3_k_v = np.empty((T, B, 2*K + H), dtype)
    a4_q = np.empty((T, B, K), dtype)
    q = np.empty((T, B, K), dtype)
    a2_k = np.empty((T, B, K), dtype)
    a4_k = np.empty((T, B, K), dtype)
    k = np.empty((T, B, K), dtype)
    u_y = np.empty((T, B, H), dtype)
    u2_y = np.empty((T, B, 1), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    inner = np.empty((B,), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_Q_K_V = np.empty((2*K + H, I), dtype)
    _B_K_H = np.empty((B, K, H), dtype)
    _B_K = np.empty((B, K), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(S[0], 0.0)
        np.copyto(z[0], 0.0)
        np.copyto(W_Q_K_V[:K], W_Q)
        np.copyto(W_Q_K_V[K : 2*K], W_K)
        np.copyto(W_Q_K_V[2*K : 2*K + H], W_V)
        # (1) a_q[t] = W_Q x[t]
        np.matmul(x.reshape(T * B, I), W_Q_K_V.T, out=a3_q_a3_k_v.reshape(T * B, 2*K + H))
        for t in range(T):
            # (3) a2_q[t] = relu(a_q[t])
            _relu(a3_q_a3_k_v[t, :, :K], out=a2_q[t])
            # (4) z_q[t] = −a_q[t]
            np.negative(a3_q_a3_k_v[t, :, :K], out=a3_q_a3_k_v[t, :, :K])
            # (5) a3_q[t] = relu(z_q[t])
            _relu(a3_q_a3_k_v[t, :, :K], out=a3_q_a3_k_v[t, :, :K])
            # (6) z2_q[t] = −a3_q[t]
            np.negative(a3_q_a3_k_v[t, :, :K], out=a4_q[t])
            # (7) a4_q[t] = exp(z2_q[t])
            np.exp(a4_q[t], out=a4_q[t])
            # (8) q[t] = a2_q[t] + a4_q[t]
            np.add(a2_q[t], a4_q[t], out=q[t])
            # (9) a2_k[t] = relu(a_k[t])
            _relu(a3_q_a3_k_v[t, :, K : 2*K], out=a2_k[t])
            # (10) z_k[t] = −a_k[t]
            np.negative(a3_q_a3_k_v[t, :, K : 2*K], out=a3_q_a3_k_v[t, :, K : 2*K])
            # (11) a3_k[t] = relu(z_k[t])
            _relu(a3_q_a3_k_v[t, :, K : 2*K], out=a3_q_a3_k_v[t, :, K : 2*K])
            # (12) z2_k[t] = −a3_k[t]
            np.negative(a3_q_a3_k_v[t, :, K : 2*K], out=a4_k[t])
            # (13) a4_k[t] = exp(z2_k[t])
            np.exp(a4_k[t], out=a4_k[t])
            # (14) k[t] = a2_k[t] + a4_k[t]
            np.add(a2_k[t], a4_k[t], out=k[t])
        for t in range(T):
            # (16) S[t] = S[t−1] + k[t] v[t]ᵀ
            np.multiply(k[t][:, :, np.newaxis], a3_q_a3_k_v[t, :, 2*K : 2*K + H][:, np.newaxis, :], out=_B_K_H)
            np.add(S[t], _B_K_H, out=S[t + 1])
            # (17) z[t] = z[t−1] + k[t]
            np.add(z[t], k[t], out=z[t + 1])
        for t in range(T):
            # (18) u_y[t] = S[t]ᵀ q[t]
            np.matmul(S[t + 1].transpose(0, 2, 1), q[t][:, :, np.newaxis], out=u_y[t][:, :, np.newaxis])
            np.copyto(u_y[t], u_y[t])
            # (19) u2_y[t] = z[t]ᵀ q[t]
            np.multiply(z[t + 1], q[t], out=_B_K)
            np.sum(_B_K, axis=1, out=inner)
            np.copyto(u2_y[t], inner[:, np.newaxis])
            # (20) y[t] = u_y[t] ⊘ (u2_y[t] 1)
            np.divide(u_y[t], u2_y[t], out=y[t])
        # (21) z_y[t] = W_hy y[t] + b_y
        np.matmul(y.reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (21) z_y[t] = W_hy y[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (22) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (23) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (23) J += −y2[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y2, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(S=S, z=z, y=y, y_hat=y_hat, a2_q=a2_q, a3_q_a3_k_v=a3_q_a3_k_v, a4_q=a4_q, q=q, a2_k=a2_k, a4_k=a4_k, k=k, u_y=u_y, u2_y=u2_y, J=J[()])


def backward(
    x,            # (T, B, I)         input: of every step
    y2,           # (T, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,          # (K, I)            parameter: trained
    W_V,          # (H, I)            parameter: trained
    W_K,          # (K, I)            parameter: trained
    W_hy,         # (O, H)            parameter: trained
    S,            # (T + 1, B, K, H)  output: state; the first is initial
    z,            # (T + 1, B, K)     output: state; the first is initial
    y,            # (T, B, H)         output: of every step
    y_hat,        # (T, B, O)         output: of every step
    a2_q,         # (T, B, K)         saved: kept for the backward pass
    a3_q_a3_k_v,  # (T, B, 2*K + H)   saved: a3_q, a3_k, v, side by side
    a4_q,         # (T, B, K)         saved: kept for the backward pass
    q,            # (T, B, K)         saved: kept for the backward pass
    a2_k,         # (T, B, K)         saved: kept for the backward pass
    a4_k,         # (T, B, K)         saved: kept for the backward pass
    k,            # (T, B, K)         saved: kept for the backward pass
    u_y,          # (T, B, H)         saved: kept for the backward pass
    u2_y,         # (T, B, 1)         saved: kept for the backward pass
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
    _check("S", S, (T + 1, B, K, H), dtype)
    _check("z", z, (T + 1, B, K), dtype)
    _check("y", y, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a2_q", a2_q, (T, B, K), dtype)
    _check("a3_q_a3_k_v", a3_q_a3_k_v, (T, B, 2*K + H), dtype)
    _check("a4_q", a4_q, (T, B, K), dtype)
    _check("q", q, (T, B, K), dtype)
    _check("a2_k", a2_k, (T, B, K), dtype)
    _check("a4_k", a4_k, (T, B, K), dtype)
    _check("k", k, (T, B, K), dtype)
    _check("u_y", u_y, (T, B, H), dtype)
    _check("u2_y", u2_y, (T, B, 1), dtype)

    dW_Q = np.empty((K, I), dtype)
    dW_V = np.empty((H, I), dtype)
    dW_K = np.empty((K, I), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    carry_S = np.empty((B, K, H), dtype)
    carry_z = np.empty((B, K), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    du2_y = np.empty((B, 1), dtype)
    inner_2 = np.empty((B,), dtype)
    du_y = np.empty((B, H), dtype)
    dz = np.empty((T, B, K), dtype)
    dS = np.empty((T, B, K, H), dtype)
    dv_da_k_da_q = np.empty((T, B, H + 2*K), dtype)
    scratch_2 = np.empty((B, H), dtype)
    dk = np.empty((B, K), dtype)
    scratch_3 = np.empty((B, K), dtype)
    da4_k = np.empty((B, K), dtype)
    dz2_k = np.empty((B, K), dtype)
    da3_k = np.empty((B, K), dtype)
    dz_k = np.empty((B, K), dtype)
    da2_k = np.empty((B, K), dtype)
    dq = np.empty((B, K), dtype)
    scratch_4 = np.empty((B, K), dtype)
    da4_q = np.empty((B, K), dtype)
    dz2_q = np.empty((B, K), dtype)
    da3_q = np.empty((B, K), dtype)
    dz_q = np.empty((B, K), dtype)
    da2_q = np.empty((B, K), dtype)
    W_V_K_Q = np.empty((H + 2*K, I), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_K = np.empty((B, K), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_S, 0.0)
        np.copyto(carry_z, 0.0)
        np.copyto(W_V_K_Q[:H], W_V)
        np.copyto(W_V_K_Q[H : H + K], W_K)
        np.copyto(W_V_K_Q[H + K : H + 2*K], W_Q)
        for t in reversed(range(T)):
            # (25) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y[t])
        # (26) ȳ[t] = W_hyᵀ z̄_y[t]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dy.reshape(T * B, H))
        # (49) W̄_hy += z̄_y[t] y[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, y.reshape(T * B, H), out=dW_hy)
        # (50) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (27) u2̄_y[t] = −1ᵀ ((ȳ[t] ⊘ (u2_y[t] 1)²) ∘ u_y[t])
            np.square(u2_y[t], out=_B_H)
            np.divide(dy[t], _B_H, out=_B_H)
            np.multiply(_B_H, u_y[t], out=_B_H)
            np.sum(_B_H, axis=1, out=inner_2)
            np.negative(inner_2[:, np.newaxis], out=du2_y)
            # (28) ū_y[t] = ȳ[t] ⊘ (u2_y[t] 1)
            np.divide(dy[t], u2_y[t], out=du_y)
            # (29) z̄[t] = q[t] u2̄_y[t] + z̄[t+1]
            np.multiply(q[t], du2_y, out=dz[t])
            # (30) S̄[t] = q[t] ū_y[t]ᵀ + S̄[t+1]
            np.multiply(q[t][:, :, np.newaxis], du_y[:, np.newaxis, :], out=dS[t])
            # (38) q̄[t] = z[t] u2̄_y[t] + S[t] ū_y[t]
            np.matmul(S[t + 1], du_y[:, :, np.newaxis], out=scratch_4[:, :, np.newaxis])
            np.multiply(z[t + 1], du2_y, out=dq)
            np.add(dq, scratch_4, out=dq)
            # (39) a4̄_q[t] = q̄[t]
            np.copyto(da4_q, dq)
            # (40) z2̄_q[t] = a4̄_q[t] ∘ a4_q[t]
            np.multiply(da4_q, a4_q[t], out=dz2_q)
            # (41) a3̄_q[t] = −z2̄_q[t]
            np.negative(dz2_q, out=da3_q)
            # (42) z̄_q[t] = a3̄_q[t] ∘ step(a3_q[t])
            _step(a3_q_a3_k_v[t, :, :K], out=dz_q)
            np.multiply(da3_q, dz_q, out=dz_q)
            # (43) a2̄_q[t] = q̄[t]
            np.copyto(da2_q, dq)
            # (45) ā_q[t] = −z̄_q[t] + a2̄_q[t] ∘ step(a2_q[t])
            np.negative(dz_q, out=dv_da_k_da_q[t, :, H + K : H + 2*K])
            _step(a2_q[t], out=_B_K)
            np.multiply(da2_q, _B_K, out=_B_K)
            np.add(dv_da_k_da_q[t, :, H + K : H + 2*K], _B_K, out=dv_da_k_da_q[t, :, H + K : H + 2*K])
        # (46) W̄_Q += ā_q[t] x[t]ᵀ
        np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, H + K : H + 2*K].T, x.reshape(T * B, I), out=dW_Q)
        for t in reversed(range(T)):
            # (29) z̄[t] = q[t] u2̄_y[t] + z̄[t+1]
            np.add(dz[t], carry_z, out=dz[t])
            # (30) S̄[t] = q[t] ū_y[t]ᵀ + S̄[t+1]
            np.add(dS[t], carry_S, out=dS[t])
            # (29) what step t gives to z of earlier steps: z̄[t]
            np.copyto(carry_z, dz[t])
            # (30) what step t gives to S of earlier steps: S̄[t]
            np.copyto(carry_S, dS[t])
        for t in reversed(range(T)):
            # (31) v̄[t] = S̄[t]ᵀ k[t]
            np.matmul(dS[t].transpose(0, 2, 1), k[t][:, :, np.newaxis], out=scratch_2[:, :, np.newaxis])
            np.copyto(dv_da_k_da_q[t, :, :H], scratch_2)
            # (32) k̄[t] = z̄[t] + S̄[t] v[t]
            np.matmul(dS[t], a3_q_a3_k_v[t, :, 2*K : 2*K + H][:, :, np.newaxis], out=scratch_3[:, :, np.newaxis])
            np.add(dz[t], scratch_3, out=dk)
            # (33) a4̄_k[t] = k̄[t]
            np.copyto(da4_k, dk)
            # (34) z2̄_k[t] = a4̄_k[t] ∘ a4_k[t]
            np.multiply(da4_k, a4_k[t], out=dz2_k)
            # (35) a3̄_k[t] = −z2̄_k[t]
            np.negative(dz2_k, out=da3_k)
            # (36) z̄_k[t] = a3̄_k[t] ∘ step(a3_k[t])
            _step(a3_q_a3_k_v[t, :, K : 2*K], out=dz_k)
            np.multiply(da3_k, dz_k, out=dz_k)
            # (37) a2̄_k[t] = k̄[t]
            np.copyto(da2_k, dk)
            # (44) ā_k[t] = −z̄_k[t] + a2̄_k[t] ∘ step(a2_k[t])
            np.negative(dz_k, out=dv_da_k_da_q[t, :, H : H + K])
            _step(a2_k[t], out=_B_K)
            np.multiply(da2_k, _B_K, out=_B_K)
            np.add(dv_da_k_da_q[t, :, H : H + K], _B_K, out=dv_da_k_da_q[t, :, H : H + K])
        # (47) W̄_V += v̄[t] x[t]ᵀ
        np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, :H].T, x.reshape(T * B, I), out=dW_V)
        # (48) W̄_K += ā_k[t] x[t]ᵀ
        np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, H : H + K].T, x.reshape(T * B, I), out=dW_K)
        # (51) x̄[t] = W_Vᵀ v̄[t] + W_Kᵀ ā_k[t] + W_Qᵀ ā_q[t]
        np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K), W_V_K_Q, out=dx.reshape(T * B, I))
    return Gradients(dW_Q=dW_Q, dW_V=dW_V, dW_K=dW_K, dW_hy=dW_hy, db_y=db_y, dx=dx)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,   # (K, I)     parameter: trained
    W_V,   # (H, I)     parameter: trained
    W_K,   # (K, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, y2, W_Q, W_V, W_K, W_hy, b_y)
    gradients = backward(x, y2, W_Q, W_V, W_K, W_hy, kept.S, kept.z, kept.y, kept.y_hat, kept.a2_q, kept.a3_q_a3_k_v, kept.a4_q, kept.q, kept.a2_k, kept.a4_k, kept.k, kept.u_y, kept.u2_y)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _relu(x, out):
    """Write max(x, 0); NaN stays NaN."""
    np.maximum(x, 0.0, out=out)


def _step(x, out):
    """Write 1 where x > 0, else 0: the subgradient of max(x, 0) that was declared; NaN stays NaN."""
    np.heaviside(x, 0.0, out=out)
