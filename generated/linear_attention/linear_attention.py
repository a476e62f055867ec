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
    a2_k: np.ndarray         # (T, B, K)         saved: kept for the backward pass
    a4_k: np.ndarray         # (T, B, K)         saved: kept for the backward pass
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
    kept, run = bind_forward(x, y2, W_Q, W_V, W_K, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,   # (K, I)     parameter: trained
    W_V,   # (H, I)     parameter: trained
    W_K,   # (K, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
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

    if into is None:
        into = Kept(
            S=np.empty((T + 1, B, K, H), dtype),
            z=np.empty((T + 1, B, K), dtype),
            y=np.empty((T, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a2_q=np.empty((T, B, K), dtype),
            a3_q_a3_k_v=np.empty((T, B, 2*K + H), dtype),
            a4_q=np.empty((T, B, K), dtype),
            a2_k=np.empty((T, B, K), dtype),
            a4_k=np.empty((T, B, K), dtype),
            u_y=np.empty((T, B, H), dtype),
            u2_y=np.empty((T, B, 1), dtype),
            J=np.empty((), dtype),
        )
    S, z, y, y_hat, a2_q, a3_q_a3_k_v, a4_q, a2_k, a4_k, u_y, u2_y, J = into
    q = np.empty((T, B, K), dtype)
    k = np.empty((T, B, K), dtype)
    z_y = np.empty((T, B, O), dtype)
    inner = np.empty((T, B), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_Q_K_V = np.empty((2*K + H, I), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        S[1 : T + 1],                      # S_next
        S[0:T],                            # S_t
        k,                                 # k_t
        a3_q_a3_k_v[:, :, 2*K : 2*K + H],  # v_t
        z[1 : T + 1],                      # z_next
        z[0:T],                            # z_t
    ))
    steps_2 = list(zip(
        u_y,           # u_y_t
        S[1 : T + 1],  # S_next
        q,             # q_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(S[0], 0.0)
            np.copyto(z[0], 0.0)
            np.copyto(W_Q_K_V[:K], W_Q)
            np.copyto(W_Q_K_V[K : 2*K], W_K)
            np.copyto(W_Q_K_V[2*K : 2*K + H], W_V)
            # (1) a_q[t] = W_Q x[t]
            np.dot(x.reshape(T * B, I), W_Q_K_V.T, a3_q_a3_k_v.reshape(T * B, 2*K + H))
            # (3) a2_q[t] = relu(a_q[t])
            _relu(a3_q_a3_k_v[:, :, :K], a2_q)
            # (4) z_q[t] = −a_q[t]
            np.negative(a3_q_a3_k_v[:, :, :K], a3_q_a3_k_v[:, :, :K])
            # (5) a3_q[t] = relu(z_q[t])
            _relu(a3_q_a3_k_v[:, :, :K], a3_q_a3_k_v[:, :, :K])
            # (6) z2_q[t] = −a3_q[t]
            np.negative(a3_q_a3_k_v[:, :, :K], a4_q)
            # (7) a4_q[t] = exp(z2_q[t])
            np.exp(a4_q, a4_q)
            # (8) q[t] = a2_q[t] + a4_q[t]
            np.add(a2_q, a4_q, q)
            # (9) a2_k[t] = relu(a_k[t])
            _relu(a3_q_a3_k_v[:, :, K : 2*K], a2_k)
            # (10) z_k[t] = −a_k[t]
            np.negative(a3_q_a3_k_v[:, :, K : 2*K], a3_q_a3_k_v[:, :, K : 2*K])
            # (11) a3_k[t] = relu(z_k[t])
            _relu(a3_q_a3_k_v[:, :, K : 2*K], a3_q_a3_k_v[:, :, K : 2*K])
            # (12) z2_k[t] = −a3_k[t]
            np.negative(a3_q_a3_k_v[:, :, K : 2*K], a4_k)
            # (13) a4_k[t] = exp(z2_k[t])
            np.exp(a4_k, a4_k)
            # (14) k[t] = a2_k[t] + a4_k[t]
            np.add(a2_k, a4_k, k)
            for S_next, S_t, k_t, v_t, z_next, z_t in steps:
                # (16) S[t] = S[t−1] + k[t] v[t]ᵀ
                np.multiply(k_t[:, :, np.newaxis], v_t[:, np.newaxis, :], S_next)
                np.add(S_t, S_next, S_next)
                # (17) z[t] = z[t−1] + k[t]
                np.add(z_t, k_t, z_next)
            for u_y_t, S_next, q_t in steps_2:
                # (18) u_y[t] = S[t]ᵀ q[t]
                np.matmul(S_next.transpose(0, 2, 1), q_t[:, :, np.newaxis], u_y_t[:, :, np.newaxis])
            # (18) u_y[t] = S[t]ᵀ q[t]
            np.copyto(u_y, u_y)
            # (19) u2_y[t] = z[t]ᵀ q[t]
            np.einsum("ijk,ijk->ij", z[1 : T + 1], q, out=inner)
            np.copyto(u2_y, inner[:, :, np.newaxis])
            # (20) y[t] = u_y[t] ⊘ (u2_y[t] 1)
            np.divide(u_y, u2_y, y)
            # (21) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (22) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (23) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


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
    a2_k,         # (T, B, K)         saved: kept for the backward pass
    a4_k,         # (T, B, K)         saved: kept for the backward pass
    u_y,          # (T, B, H)         saved: kept for the backward pass
    u2_y,         # (T, B, 1)         saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, W_Q, W_V, W_K, W_hy, S, z, y, y_hat, a2_q, a3_q_a3_k_v, a4_q, a2_k, a4_k, u_y, u2_y)
    run()
    return gradients


def bind_backward(
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
    a2_k,         # (T, B, K)         saved: kept for the backward pass
    a4_k,         # (T, B, K)         saved: kept for the backward pass
    u_y,          # (T, B, H)         saved: kept for the backward pass
    u2_y,         # (T, B, 1)         saved: kept for the backward pass
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
    _check("S", S, (T + 1, B, K, H), dtype)
    _check("z", z, (T + 1, B, K), dtype)
    _check("y", y, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a2_q", a2_q, (T, B, K), dtype)
    _check("a3_q_a3_k_v", a3_q_a3_k_v, (T, B, 2*K + H), dtype)
    _check("a4_q", a4_q, (T, B, K), dtype)
    _check("a2_k", a2_k, (T, B, K), dtype)
    _check("a4_k", a4_k, (T, B, K), dtype)
    _check("u_y", u_y, (T, B, H), dtype)
    _check("u2_y", u2_y, (T, B, 1), dtype)

    if into is None:
        into = Gradients(
            dW_Q=np.empty((K, I), dtype),
            dW_V=np.empty((H, I), dtype),
            dW_K=np.empty((K, I), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
        )
    dW_Q, dW_V, dW_K, dW_hy, db_y, dx = into
    carry_S = np.empty((B, K, H), dtype)
    carry_z = np.empty((B, K), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    du2_y = np.empty((T, B, 1), dtype)
    inner_2 = np.empty((T, B), dtype)
    du_y = np.empty((T, B, H), dtype)
    dz = np.empty((T, B, K), dtype)
    dS = np.empty((T, B, K, H), dtype)
    dv_da_k_da_q = np.empty((T, B, H + 2*K), dtype)
    scratch_2 = np.empty((T, B, H), dtype)
    dk = np.empty((T, B, K), dtype)
    scratch_3 = np.empty((T, B, K), dtype)
    da4_k = np.empty((T, B, K), dtype)
    dz2_k = np.empty((T, B, K), dtype)
    da3_k = np.empty((T, B, K), dtype)
    dz_k = np.empty((T, B, K), dtype)
    da2_k = np.empty((T, B, K), dtype)
    dq = np.empty((T, B, K), dtype)
    scratch_4 = np.empty((T, B, K), dtype)
    da4_q = np.empty((T, B, K), dtype)
    dz2_q = np.empty((T, B, K), dtype)
    da3_q = np.empty((T, B, K), dtype)
    dz_q = np.empty((T, B, K), dtype)
    da2_q = np.empty((T, B, K), dtype)
    W_V_K_Q = np.empty((H + 2*K, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_K = np.empty((T, B, K), dtype)
    _T_B_K_1 = np.empty((T, B, K), dtype)
    _B_H_K = np.empty((B, H, K), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dS[::-1],            # dS_t
        a2_q[::-1],          # a2_q_t
        a4_q[::-1],          # a4_q_t
        du_y[::-1],          # du_y_t
        scratch_4[::-1],     # scratch_4_t
        S[1 : T + 1][::-1],  # S_next
    ))
    steps_2 = list(zip(
        dz[::-1],  # dz_t
        dS[::-1],  # dS_t
    ))
    steps_3 = list(zip(
        scratch_2[::-1],  # scratch_2_t
        dS[::-1],         # dS_t
        a2_k[::-1],       # a2_k_t
        a4_k[::-1],       # a4_k_t
    ))
    steps_4 = list(zip(
        scratch_3[::-1],                         # scratch_3_t
        dS[::-1],                                # dS_t
        a3_q_a3_k_v[:, :, 2*K : 2*K + H][::-1],  # v_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_S, 0.0)
            np.copyto(carry_z, 0.0)
            np.copyto(W_V_K_Q[:H], W_V)
            np.copyto(W_V_K_Q[H : H + K], W_K)
            np.copyto(W_V_K_Q[H + K : H + 2*K], W_Q)
            # (25) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (26) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (49) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y.reshape(T * B, H), dW_hy)
            # (50) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (27) u2̄_y[t] = −1ᵀ ((ȳ[t] ⊘ (u2_y[t] 1)²) ∘ u_y[t])
            np.square(u2_y, _T_B_H)
            np.divide(dy, _T_B_H, _T_B_H)
            np.multiply(_T_B_H, u_y, _T_B_H)
            np.add.reduce(_T_B_H, axis=2, out=inner_2)
            np.negative(inner_2[:, :, np.newaxis], du2_y)
            # (28) ū_y[t] = ȳ[t] ⊘ (u2_y[t] 1)
            np.divide(dy, u2_y, du_y)
            # (29) z̄[t] = q[t] u2̄_y[t] + z̄[t+1]
            np.add(a2_q, a4_q, dz)
            np.multiply(dz, du2_y, dz)
            for dS_t, a2_q_t, a4_q_t, du_y_t, scratch_4_t, S_next in steps:
                # (30) S̄[t] = q[t] ū_y[t]ᵀ + S̄[t+1]
                np.add(a2_q_t[:, :, np.newaxis], a4_q_t[:, :, np.newaxis], dS_t)
                np.multiply(dS_t, du_y_t[:, np.newaxis, :], dS_t)
                # (38) q̄[t] = z[t] u2̄_y[t] + S[t] ū_y[t]
                np.matmul(S_next, du_y_t[:, :, np.newaxis], scratch_4_t[:, :, np.newaxis])
            # (38) q̄[t] = z[t] u2̄_y[t] + S[t] ū_y[t]
            np.multiply(z[1 : T + 1], du2_y, dq)
            np.add(dq, scratch_4, dq)
            # (39) a4̄_q[t] = q̄[t]
            np.copyto(da4_q, dq)
            # (40) z2̄_q[t] = a4̄_q[t] ∘ a4_q[t]
            np.multiply(da4_q, a4_q, dz2_q)
            # (41) a3̄_q[t] = −z2̄_q[t]
            np.negative(dz2_q, da3_q)
            # (42) z̄_q[t] = a3̄_q[t] ∘ step(a3_q[t])
            _step(a3_q_a3_k_v[:, :, :K], dz_q)
            np.multiply(da3_q, dz_q, dz_q)
            # (43) a2̄_q[t] = q̄[t]
            np.copyto(da2_q, dq)
            # (45) ā_q[t] = −z̄_q[t] + a2̄_q[t] ∘ step(a2_q[t])
            np.negative(dz_q, _T_B_K)
            _step(a2_q, _T_B_K_1)
            np.multiply(da2_q, _T_B_K_1, _T_B_K_1)
            np.add(_T_B_K, _T_B_K_1, dv_da_k_da_q[:, :, H + K : H + 2*K])
            # (46) W̄_Q += ā_q[t] x[t]ᵀ
            np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, H + K : H + 2*K].T, x.reshape(T * B, I), dW_Q)
            for dz_t, dS_t in steps_2:
                # (29) z̄[t] = q[t] u2̄_y[t] + z̄[t+1]
                np.add(dz_t, carry_z, dz_t)
                # (30) S̄[t] = q[t] ū_y[t]ᵀ + S̄[t+1]
                np.add(dS_t, carry_S, dS_t)
                # (29) what step t gives to z of earlier steps: z̄[t]
                np.copyto(carry_z, dz_t)
                # (30) what step t gives to S of earlier steps: S̄[t]
                np.copyto(carry_S, dS_t)
            for scratch_2_t, dS_t, a2_k_t, a4_k_t in steps_3:
                # (31) v̄[t] = S̄[t]ᵀ k[t]
                np.add(a2_k_t[:, np.newaxis, :], a4_k_t[:, np.newaxis, :], _B_H_K)
                np.multiply(dS_t.transpose(0, 2, 1), _B_H_K, _B_H_K)
                np.add.reduce(_B_H_K, axis=2, out=scratch_2_t)
            # (31) v̄[t] = S̄[t]ᵀ k[t]
            np.copyto(dv_da_k_da_q[:, :, :H], scratch_2)
            for scratch_3_t, dS_t, v_t in steps_4:
                # (32) k̄[t] = z̄[t] + S̄[t] v[t]
                np.matmul(dS_t, v_t[:, :, np.newaxis], scratch_3_t[:, :, np.newaxis])
            # (32) k̄[t] = z̄[t] + S̄[t] v[t]
            np.add(dz, scratch_3, dk)
            # (33) a4̄_k[t] = k̄[t]
            np.copyto(da4_k, dk)
            # (34) z2̄_k[t] = a4̄_k[t] ∘ a4_k[t]
            np.multiply(da4_k, a4_k, dz2_k)
            # (35) a3̄_k[t] = −z2̄_k[t]
            np.negative(dz2_k, da3_k)
            # (36) z̄_k[t] = a3̄_k[t] ∘ step(a3_k[t])
            _step(a3_q_a3_k_v[:, :, K : 2*K], dz_k)
            np.multiply(da3_k, dz_k, dz_k)
            # (37) a2̄_k[t] = k̄[t]
            np.copyto(da2_k, dk)
            # (44) ā_k[t] = −z̄_k[t] + a2̄_k[t] ∘ step(a2_k[t])
            np.negative(dz_k, _T_B_K)
            _step(a2_k, _T_B_K_1)
            np.multiply(da2_k, _T_B_K_1, _T_B_K_1)
            np.add(_T_B_K, _T_B_K_1, dv_da_k_da_q[:, :, H : H + K])
            # (47) W̄_V += v̄[t] x[t]ᵀ
            np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, :H].T, x.reshape(T * B, I), dW_V)
            # (48) W̄_K += ā_k[t] x[t]ᵀ
            np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, H : H + K].T, x.reshape(T * B, I), dW_K)
            # (51) x̄[t] = W_Vᵀ v̄[t] + W_Kᵀ ā_k[t] + W_Qᵀ ā_q[t]
            np.dot(dv_da_k_da_q.reshape(T * B, H + 2*K), W_V_K_Q, dx.reshape(T * B, I))

    return into, run


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
    gradients = backward(x, y2, W_Q, W_V, W_K, W_hy, kept.S, kept.z, kept.y, kept.y_hat, kept.a2_q, kept.a3_q_a3_k_v, kept.a4_q, kept.a2_k, kept.a4_k, kept.u_y, kept.u2_y)
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
    np.heaviside(x, 0.0, out)
