"""DeltaNet, keys normalised to length one with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Yang, Wang, Zhang, Shen, Kim, "Parallelizing linear transformers with the delta rule over
sequence length", 2024, arXiv:2406.06484; Schlag, Irie, Schmidhuber, 2021, arXiv:2102.11174

    (1)   a_q[t] = W_Q x[t]
    (2)   a_k[t] = W_K x[t]
    (3)   a_s_q[t] = sigmoid(a_q[t])
    (4)   s_q[t] = a_q[t] ∘ a_s_q[t]
    (5)   a_s_k[t] = sigmoid(a_k[t])
    (6)   s_k[t] = a_k[t] ∘ a_s_k[t]
    (7)   z_q[t] = s_q[t]ᵀ s_q[t]
    (8)   a2_q[t] = sqrt(z_q[t])
    (9)   q[t] = s_q[t] ⊘ (a2_q[t] 1)
    (10)  z_k[t] = s_k[t]ᵀ s_k[t]
    (11)  a2_k[t] = sqrt(z_k[t])
    (12)  k[t] = s_k[t] ⊘ (a2_k[t] 1)
    (13)  v[t] = W_V x[t]
    (14)  z_beta[t] = w_betaᵀ x[t]
    (15)  beta[t] = sigmoid(z_beta[t])
    (16)  e[t] = v[t] − S[t−1] k[t]
    (17)  u_S[t] = e[t] k[t]ᵀ
    (18)  S[t] = S[t−1] + beta[t] u_S[t]
    (19)  y[t] = S[t] q[t]
    (20)  z_y[t] = W_hy y[t] + b_y
    (21)  y_hat[t] = softmax(z_y[t])
    (22)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of S
    K  entries of W_Q
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x       (T, B, I)  input: of every step
    S0      (B, H, K)  initial state: S before the first step
    y2      (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q     (K, I)     parameter: trained
    W_V     (H, I)     parameter: trained
    w_beta  (I)        parameter: trained
    W_K     (K, I)     parameter: trained
    W_hy    (O, H)     parameter: trained
    b_y     (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    S: np.ndarray          # (T + 1, B, H, K)  output: state; the first is initial
    y: np.ndarray          # (T, B, H)         output: of every step
    y_hat: np.ndarray      # (T, B, O)         output: of every step
    a_q_a_k_e: np.ndarray  # (T, B, 2*K + H)   saved: a_q, a_k, e, side by side
    a_s_q: np.ndarray      # (T, B, K)         saved: kept for the backward pass
    a_s_k: np.ndarray      # (T, B, K)         saved: kept for the backward pass
    a2_q: np.ndarray       # (T, B, 1)         saved: kept for the backward pass
    a2_k: np.ndarray       # (T, B, 1)         saved: kept for the backward pass
    beta: np.ndarray       # (T, B, 1)         saved: kept for the backward pass
    J: np.ndarray          # ()                loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_Q: np.ndarray     # (K, I)     gradient: with respect to W_Q
    dW_V: np.ndarray     # (H, I)     gradient: with respect to W_V
    dw_beta: np.ndarray  # (I)        gradient: with respect to w_beta
    dW_K: np.ndarray     # (K, I)     gradient: with respect to W_K
    dW_hy: np.ndarray    # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray     # (O)        gradient: with respect to b_y
    dx: np.ndarray       # (T, B, I)  gradient: with respect to x[t]
    dS0: np.ndarray      # (B, H, K)  gradient: with respect to S0


def forward(
    x,       # (T, B, I)  input: of every step
    S0,      # (B, H, K)  initial state: S before the first step
    y2,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,     # (K, I)     parameter: trained
    W_V,     # (H, I)     parameter: trained
    w_beta,  # (I)        parameter: trained
    W_K,     # (K, I)     parameter: trained
    W_hy,    # (O, H)     parameter: trained
    b_y,     # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, S0, y2, W_Q, W_V, w_beta, W_K, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,       # (T, B, I)  input: of every step
    S0,      # (B, H, K)  initial state: S before the first step
    y2,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,     # (K, I)     parameter: trained
    W_V,     # (H, I)     parameter: trained
    w_beta,  # (I)        parameter: trained
    W_K,     # (K, I)     parameter: trained
    W_hy,    # (O, H)     parameter: trained
    b_y,     # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    H = S0.shape[1]
    K = S0.shape[2]
    O = y2.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("S0", S0, (B, H, K), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_Q", W_Q, (K, I), dtype)
    _check("W_V", W_V, (H, I), dtype)
    _check("w_beta", w_beta, (I,), dtype)
    _check("W_K", W_K, (K, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            S=np.empty((T + 1, B, H, K), dtype),
            y=np.empty((T, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_q_a_k_e=np.empty((T, B, 2*K + H), dtype),
            a_s_q=np.empty((T, B, K), dtype),
            a_s_k=np.empty((T, B, K), dtype),
            a2_q=np.empty((T, B, 1), dtype),
            a2_k=np.empty((T, B, 1), dtype),
            beta=np.empty((T, B, 1), dtype),
            J=np.empty((), dtype),
        )
    S, y, y_hat, a_q_a_k_e, a_s_q, a_s_k, a2_q, a2_k, beta, J = into
    s_q = np.empty((T, B, K), dtype)
    s_k = np.empty((T, B, K), dtype)
    q = np.empty((T, B, K), dtype)
    k = np.empty((T, B, K), dtype)
    u_S = np.empty((B, H, K), dtype)
    z_y = np.empty((T, B, O), dtype)
    inner = np.empty((T, B), dtype)
    inner_2 = np.empty((T, B), dtype)
    inner_3 = np.empty((T, B), dtype)
    scratch = np.empty((B, H), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_Q_K_V = np.empty((2*K + H, I), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        S[0:T],                          # S_t
        k,                               # k_t
        a_q_a_k_e[:, :, 2*K : 2*K + H],  # e_t
        S[1 : T + 1],                    # S_next
        beta,                            # beta_t
    ))
    steps_2 = list(zip(
        y,             # y_t
        S[1 : T + 1],  # S_next
        q,             # q_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(S[0], S0)
            np.copyto(W_Q_K_V[:K], W_Q)
            np.copyto(W_Q_K_V[K : 2*K], W_K)
            np.copyto(W_Q_K_V[2*K : 2*K + H], W_V)
            # (1) a_q[t] = W_Q x[t]
            np.dot(x.reshape(T * B, I), W_Q_K_V.T, a_q_a_k_e.reshape(T * B, 2*K + H))
            # (3) a_s_q[t] = sigmoid(a_q[t])
            _sigmoid(a_q_a_k_e[:, :, :K], a_s_q)
            # (4) s_q[t] = a_q[t] ∘ a_s_q[t]
            np.multiply(a_q_a_k_e[:, :, :K], a_s_q, s_q)
            # (5) a_s_k[t] = sigmoid(a_k[t])
            _sigmoid(a_q_a_k_e[:, :, K : 2*K], a_s_k)
            # (6) s_k[t] = a_k[t] ∘ a_s_k[t]
            np.multiply(a_q_a_k_e[:, :, K : 2*K], a_s_k, s_k)
            # (7) z_q[t] = s_q[t]ᵀ s_q[t]
            np.einsum("ijk,ijk->ij", s_q, s_q, out=inner)
            np.copyto(a2_q, inner[:, :, np.newaxis])
            # (8) a2_q[t] = sqrt(z_q[t])
            np.sqrt(a2_q, a2_q)
            # (9) q[t] = s_q[t] ⊘ (a2_q[t] 1)
            np.divide(s_q, a2_q, q)
            # (10) z_k[t] = s_k[t]ᵀ s_k[t]
            np.einsum("ijk,ijk->ij", s_k, s_k, out=inner_2)
            np.copyto(a2_k, inner_2[:, :, np.newaxis])
            # (11) a2_k[t] = sqrt(z_k[t])
            np.sqrt(a2_k, a2_k)
            # (12) k[t] = s_k[t] ⊘ (a2_k[t] 1)
            np.divide(s_k, a2_k, k)
            # (14) z_beta[t] = w_betaᵀ x[t]
            np.einsum("k,ijk->ij", w_beta, x, out=inner_3)
            np.copyto(beta, inner_3[:, :, np.newaxis])
            # (15) beta[t] = sigmoid(z_beta[t])
            _sigmoid(beta, beta)
            for S_t, k_t, e_t, S_next, beta_t in steps:
                # (16) e[t] = v[t] − S[t−1] k[t]
                np.matmul(S_t, k_t[:, :, np.newaxis], scratch[:, :, np.newaxis])
                np.subtract(e_t, scratch, e_t)
                # (17) u_S[t] = e[t] k[t]ᵀ
                np.multiply(e_t[:, :, np.newaxis], k_t[:, np.newaxis, :], u_S)
                # (18) S[t] = S[t−1] + beta[t] u_S[t]
                np.multiply(beta_t[:, 0, np.newaxis, np.newaxis], u_S, S_next)
                np.add(S_t, S_next, S_next)
            for y_t, S_next, q_t in steps_2:
                # (19) y[t] = S[t] q[t]
                np.matmul(S_next, q_t[:, :, np.newaxis], y_t[:, :, np.newaxis])
            # (19) y[t] = S[t] q[t]
            np.copyto(y, y)
            # (20) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (21) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (22) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,          # (T, B, I)         input: of every step
    y2,         # (T, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,        # (K, I)            parameter: trained
    W_V,        # (H, I)            parameter: trained
    w_beta,     # (I)               parameter: trained
    W_K,        # (K, I)            parameter: trained
    W_hy,       # (O, H)            parameter: trained
    S,          # (T + 1, B, H, K)  output: state; the first is initial
    y,          # (T, B, H)         output: of every step
    y_hat,      # (T, B, O)         output: of every step
    a_q_a_k_e,  # (T, B, 2*K + H)   saved: a_q, a_k, e, side by side
    a_s_q,      # (T, B, K)         saved: kept for the backward pass
    a_s_k,      # (T, B, K)         saved: kept for the backward pass
    a2_q,       # (T, B, 1)         saved: kept for the backward pass
    a2_k,       # (T, B, 1)         saved: kept for the backward pass
    beta,       # (T, B, 1)         saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, W_Q, W_V, w_beta, W_K, W_hy, S, y, y_hat, a_q_a_k_e, a_s_q, a_s_k, a2_q, a2_k, beta)
    run()
    return gradients


def bind_backward(
    x,          # (T, B, I)         input: of every step
    y2,         # (T, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,        # (K, I)            parameter: trained
    W_V,        # (H, I)            parameter: trained
    w_beta,     # (I)               parameter: trained
    W_K,        # (K, I)            parameter: trained
    W_hy,       # (O, H)            parameter: trained
    S,          # (T + 1, B, H, K)  output: state; the first is initial
    y,          # (T, B, H)         output: of every step
    y_hat,      # (T, B, O)         output: of every step
    a_q_a_k_e,  # (T, B, 2*K + H)   saved: a_q, a_k, e, side by side
    a_s_q,      # (T, B, K)         saved: kept for the backward pass
    a_s_k,      # (T, B, K)         saved: kept for the backward pass
    a2_q,       # (T, B, 1)         saved: kept for the backward pass
    a2_k,       # (T, B, 1)         saved: kept for the backward pass
    beta,       # (T, B, 1)         saved: kept for the backward pass
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
    _check("w_beta", w_beta, (I,), dtype)
    _check("W_K", W_K, (K, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("S", S, (T + 1, B, H, K), dtype)
    _check("y", y, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_q_a_k_e", a_q_a_k_e, (T, B, 2*K + H), dtype)
    _check("a_s_q", a_s_q, (T, B, K), dtype)
    _check("a_s_k", a_s_k, (T, B, K), dtype)
    _check("a2_q", a2_q, (T, B, 1), dtype)
    _check("a2_k", a2_k, (T, B, 1), dtype)
    _check("beta", beta, (T, B, 1), dtype)

    if into is None:
        into = Gradients(
            dW_Q=np.empty((K, I), dtype),
            dW_V=np.empty((H, I), dtype),
            dw_beta=np.empty((I,), dtype),
            dW_K=np.empty((K, I), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dS0=np.empty((B, H, K), dtype),
        )
    dW_Q, dW_V, dw_beta, dW_K, dW_hy, db_y, dx, dS0 = into
    carry_S = np.empty((B, H, K), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dS = np.empty((T, B, H, K), dtype)
    du_S = np.empty((T, B, H, K), dtype)
    de = np.empty((T, B, H), dtype)
    scratch_3 = np.empty((B, H), dtype)
    dbeta = np.empty((T, B, 1), dtype)
    inner_4 = np.empty((T, B), dtype)
    dz_beta = np.empty((T, B, 1), dtype)
    dv_da_k_da_q = np.empty((T, B, H + 2*K), dtype)
    dk = np.empty((T, B, K), dtype)
    scratch_4 = np.empty((T, B, K), dtype)
    scratch_5 = np.empty((T, B, K), dtype)
    da2_k = np.empty((T, B, 1), dtype)
    inner_5 = np.empty((T, B), dtype)
    dz_k = np.empty((T, B, 1), dtype)
    dq = np.empty((T, B, K), dtype)
    scratch_6 = np.empty((T, B, K), dtype)
    da2_q = np.empty((T, B, 1), dtype)
    inner_6 = np.empty((T, B), dtype)
    dz_q = np.empty((T, B, 1), dtype)
    ds_k = np.empty((T, B, K), dtype)
    da_s_k = np.empty((T, B, K), dtype)
    ds_q = np.empty((T, B, K), dtype)
    da_s_q = np.empty((T, B, K), dtype)
    W_V_K_Q = np.empty((H + 2*K, I), dtype)
    _T_B_K = np.empty((T, B, K), dtype)
    _T_B_K_1 = np.empty((T, B, K), dtype)
    _T_B_K_2 = np.empty((T, B, K), dtype)
    _B_H_K = np.empty((B, H, K), dtype)
    _B_K_H = np.empty((B, K, H), dtype)
    _T_B_1 = np.empty((T, B, 1), dtype)
    _T_B_I = np.empty((T, B, I), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dS[::-1],                   # dS_t
        dy[::-1],                   # dy_t
        a_q_a_k_e[:, :, :K][::-1],  # a_q_t
        a_s_q[::-1],                # a_s_q_t
        a2_q[::-1],                 # a2_q_t
        scratch_6[::-1],            # scratch_6_t
        S[1 : T + 1][::-1],         # S_next
    ))
    steps_2 = list(zip(
        dS[::-1],                        # dS_t
        du_S[::-1],                      # du_S_t
        beta[::-1],                      # beta_t
        a_q_a_k_e[:, :, K : 2*K][::-1],  # a_k_t
        a_s_k[::-1],                     # a_s_k_t
        a2_k[::-1],                      # a2_k_t
        de[::-1],                        # de_t
    ))
    steps_3 = list(zip(
        inner_4[::-1],                         # inner_4_t
        dS[::-1],                              # dS_t
        a_q_a_k_e[:, :, 2*K : 2*K + H][::-1],  # e_t
        a_q_a_k_e[:, :, K : 2*K][::-1],        # a_k_t
        a_s_k[::-1],                           # a_s_k_t
        a2_k[::-1],                            # a2_k_t
    ))
    steps_4 = list(zip(
        scratch_4[::-1],                       # scratch_4_t
        du_S[::-1],                            # du_S_t
        a_q_a_k_e[:, :, 2*K : 2*K + H][::-1],  # e_t
        scratch_5[::-1],                       # scratch_5_t
        S[0:T][::-1],                          # S_t
        de[::-1],                              # de_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_S, 0.0)
            np.copyto(W_V_K_Q[:H], W_V)
            np.copyto(W_V_K_Q[H : H + K], W_K)
            np.copyto(W_V_K_Q[H + K : H + 2*K], W_Q)
            # (24) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (25) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (48) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y.reshape(T * B, H), dW_hy)
            # (49) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dS_t, dy_t, a_q_t, a_s_q_t, a2_q_t, scratch_6_t, S_next in steps:
                # (26) S̄[t] = ȳ[t] q[t]ᵀ + S̄[t+1] − ē[t+1] k[t+1]ᵀ
                np.multiply(a_q_t[:, np.newaxis, :], a_s_q_t[:, np.newaxis, :], dS_t)
                np.divide(dS_t, a2_q_t[:, 0, np.newaxis, np.newaxis], dS_t)
                np.multiply(dy_t[:, :, np.newaxis], dS_t, dS_t)
                # (35) q̄[t] = S[t]ᵀ ȳ[t]
                np.matmul(S_next.transpose(0, 2, 1), dy_t[:, :, np.newaxis], scratch_6_t[:, :, np.newaxis])
            # (35) q̄[t] = S[t]ᵀ ȳ[t]
            np.copyto(dq, scratch_6)
            # (36) a2̄_q[t] = −1ᵀ ((q̄[t] ⊘ (a2_q[t] 1)²) ∘ s_q[t])
            np.square(a2_q, _T_B_K)
            np.divide(dq, _T_B_K, _T_B_K)
            np.multiply(a_q_a_k_e[:, :, :K], a_s_q, _T_B_K_1)
            np.multiply(_T_B_K, _T_B_K_1, _T_B_K)
            np.add.reduce(_T_B_K, axis=2, out=inner_6)
            np.negative(inner_6[:, :, np.newaxis], da2_q)
            # (37) z̄_q[t] = a2̄_q[t] ∘ (1 ⊘ (2 a2_q[t]))
            np.multiply(2.0, a2_q, dz_q)
            np.divide(1.0, dz_q, dz_q)
            np.multiply(da2_q, dz_q, dz_q)
            # (40) s̄_q[t] = q̄[t] ⊘ (a2_q[t] 1) + 2 (s_q[t] z̄_q[t])
            np.divide(dq, a2_q, ds_q)
            np.multiply(a_q_a_k_e[:, :, :K], a_s_q, _T_B_K)
            np.multiply(_T_B_K, dz_q, _T_B_K)
            np.multiply(2.0, _T_B_K, _T_B_K)
            np.add(ds_q, _T_B_K, ds_q)
            # (41) ā_s_q[t] = s̄_q[t] ∘ a_q[t]
            np.multiply(ds_q, a_q_a_k_e[:, :, :K], da_s_q)
            # (43) ā_q[t] = s̄_q[t] ∘ a_s_q[t] + ā_s_q[t] ∘ a_s_q[t] ∘ (1 − a_s_q[t])
            np.multiply(ds_q, a_s_q, _T_B_K)
            np.multiply(da_s_q, a_s_q, _T_B_K_1)
            np.subtract(1.0, a_s_q, _T_B_K_2)
            np.multiply(_T_B_K_1, _T_B_K_2, _T_B_K_1)
            np.add(_T_B_K, _T_B_K_1, dv_da_k_da_q[:, :, H + K : H + 2*K])
            # (44) W̄_Q += ā_q[t] x[t]ᵀ
            np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, H + K : H + 2*K].T, x.reshape(T * B, I), dW_Q)
            for dS_t, du_S_t, beta_t, a_k_t, a_s_k_t, a2_k_t, de_t in steps_2:
                # (26) S̄[t] = ȳ[t] q[t]ᵀ + S̄[t+1] − ē[t+1] k[t+1]ᵀ
                np.add(dS_t, carry_S, dS_t)
                # (27) ū_S[t] = beta[t] S̄[t]
                np.multiply(beta_t[:, 0, np.newaxis, np.newaxis], dS_t, du_S_t)
                # (28) ē[t] = ū_S[t] k[t]
                np.multiply(a_k_t[:, np.newaxis, :], a_s_k_t[:, np.newaxis, :], _B_H_K)
                np.divide(_B_H_K, a2_k_t[:, 0, np.newaxis, np.newaxis], _B_H_K)
                np.multiply(du_S_t, _B_H_K, _B_H_K)
                np.add.reduce(_B_H_K, axis=2, out=scratch_3)
                np.copyto(de_t, scratch_3)
                # (26) what step t gives to S of earlier steps: S̄[t] + −ē[t] k[t]ᵀ
                np.multiply(a_k_t[:, np.newaxis, :], a_s_k_t[:, np.newaxis, :], carry_S)
                np.divide(carry_S, a2_k_t[:, 0, np.newaxis, np.newaxis], carry_S)
                np.multiply(de_t[:, :, np.newaxis], carry_S, carry_S)
                np.subtract(dS_t, carry_S, carry_S)
            for inner_4_t, dS_t, e_t, a_k_t, a_s_k_t, a2_k_t in steps_3:
                # (29) betā[t] = tr(S̄[t]ᵀ u_S[t])
                np.multiply(a_k_t[:, :, np.newaxis], a_s_k_t[:, :, np.newaxis], _B_K_H)
                np.divide(_B_K_H, a2_k_t[:, 0, np.newaxis, np.newaxis], _B_K_H)
                np.multiply(e_t[:, np.newaxis, :], _B_K_H, _B_K_H)
                np.multiply(dS_t.transpose(0, 2, 1), _B_K_H, _B_K_H)
                np.add.reduce(_B_K_H, axis=(1, 2), out=inner_4_t)
            # (29) betā[t] = tr(S̄[t]ᵀ u_S[t])
            np.copyto(dbeta, inner_4[:, :, np.newaxis])
            # (30) z̄_beta[t] = betā[t] ∘ beta[t] ∘ (1 − beta[t])
            np.multiply(dbeta, beta, dz_beta)
            np.subtract(1.0, beta, _T_B_1)
            np.multiply(dz_beta, _T_B_1, dz_beta)
            # (31) v̄[t] = ē[t]
            np.copyto(dv_da_k_da_q[:, :, :H], de)
            for scratch_4_t, du_S_t, e_t, scratch_5_t, S_t, de_t in steps_4:
                # (32) k̄[t] = ū_S[t]ᵀ e[t] − S[t−1]ᵀ ē[t]
                np.matmul(du_S_t.transpose(0, 2, 1), e_t[:, :, np.newaxis], scratch_4_t[:, :, np.newaxis])
                np.matmul(S_t.transpose(0, 2, 1), de_t[:, :, np.newaxis], scratch_5_t[:, :, np.newaxis])
            # (32) k̄[t] = ū_S[t]ᵀ e[t] − S[t−1]ᵀ ē[t]
            np.subtract(scratch_4, scratch_5, dk)
            # (33) a2̄_k[t] = −1ᵀ ((k̄[t] ⊘ (a2_k[t] 1)²) ∘ s_k[t])
            np.square(a2_k, _T_B_K)
            np.divide(dk, _T_B_K, _T_B_K)
            np.multiply(a_q_a_k_e[:, :, K : 2*K], a_s_k, _T_B_K_1)
            np.multiply(_T_B_K, _T_B_K_1, _T_B_K)
            np.add.reduce(_T_B_K, axis=2, out=inner_5)
            np.negative(inner_5[:, :, np.newaxis], da2_k)
            # (34) z̄_k[t] = a2̄_k[t] ∘ (1 ⊘ (2 a2_k[t]))
            np.multiply(2.0, a2_k, dz_k)
            np.divide(1.0, dz_k, dz_k)
            np.multiply(da2_k, dz_k, dz_k)
            # (38) s̄_k[t] = k̄[t] ⊘ (a2_k[t] 1) + 2 (s_k[t] z̄_k[t])
            np.divide(dk, a2_k, ds_k)
            np.multiply(a_q_a_k_e[:, :, K : 2*K], a_s_k, _T_B_K)
            np.multiply(_T_B_K, dz_k, _T_B_K)
            np.multiply(2.0, _T_B_K, _T_B_K)
            np.add(ds_k, _T_B_K, ds_k)
            # (39) ā_s_k[t] = s̄_k[t] ∘ a_k[t]
            np.multiply(ds_k, a_q_a_k_e[:, :, K : 2*K], da_s_k)
            # (42) ā_k[t] = s̄_k[t] ∘ a_s_k[t] + ā_s_k[t] ∘ a_s_k[t] ∘ (1 − a_s_k[t])
            np.multiply(ds_k, a_s_k, _T_B_K)
            np.multiply(da_s_k, a_s_k, _T_B_K_1)
            np.subtract(1.0, a_s_k, _T_B_K_2)
            np.multiply(_T_B_K_1, _T_B_K_2, _T_B_K_1)
            np.add(_T_B_K, _T_B_K_1, dv_da_k_da_q[:, :, H : H + K])
            # (45) W̄_V += v̄[t] x[t]ᵀ
            np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, :H].T, x.reshape(T * B, I), dW_V)
            # (46) w̄_beta += x[t] z̄_beta[t]
            np.einsum("ijk,ij->k", x, dz_beta[:, :, 0], out=dw_beta)
            # (47) W̄_K += ā_k[t] x[t]ᵀ
            np.matmul(dv_da_k_da_q.reshape(T * B, H + 2*K)[:, H : H + K].T, x.reshape(T * B, I), dW_K)
            # (50) x̄[t] = w_beta z̄_beta[t] + W_Vᵀ v̄[t] + W_Kᵀ ā_k[t] + W_Qᵀ ā_q[t]
            np.dot(dv_da_k_da_q.reshape(T * B, H + 2*K), W_V_K_Q, dx.reshape(T * B, I))
            np.multiply(w_beta, dz_beta, _T_B_I)
            np.add(dx, _T_B_I, dx)
            # (51) S̄[0] = S̄[1] + −ē[1] k[1]ᵀ
            np.copyto(dS0, carry_S)

    return into, run


def loss_and_gradient(
    x,       # (T, B, I)  input: of every step
    S0,      # (B, H, K)  initial state: S before the first step
    y2,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,     # (K, I)     parameter: trained
    W_V,     # (H, I)     parameter: trained
    w_beta,  # (I)        parameter: trained
    W_K,     # (K, I)     parameter: trained
    W_hy,    # (O, H)     parameter: trained
    b_y,     # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, S0, y2, W_Q, W_V, w_beta, W_K, W_hy, b_y)
    gradients = backward(x, y2, W_Q, W_V, w_beta, W_K, W_hy, kept.S, kept.y, kept.y_hat, kept.a_q_a_k_e, kept.a_s_q, kept.a_s_k, kept.a2_q, kept.a2_k, kept.beta)
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
