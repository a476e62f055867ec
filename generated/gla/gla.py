"""gated linear attention, one head with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Yang, Wang, Shen, Panda, Kim, "Gated linear attention transformers with hardware-efficient
training", 2023, arXiv:2312.06635

    (1)   q[t] = W_Q x[t]
    (2)   k[t] = W_K x[t]
    (3)   v[t] = W_V x[t]
    (4)   u_alpha[t] = W_1 x[t]
    (5)   z_alpha[t] = −(W_2 u_alpha[t] + b_alpha)
    (6)   a_alpha[t] = softplus(z_alpha[t])
    (7)   z2_alpha[t] = (−a_alpha[t]) ⊘ (tau 1)
    (8)   alpha[t] = exp(z2_alpha[t])
    (9)   S[t] = diag(alpha[t]) S[t−1] + k[t] v[t]ᵀ
    (10)  y[t] = S[t]ᵀ q[t]
    (11)  z_y[t] = W_hy y[t] + b_y
    (12)  y_hat[t] = softmax(z_y[t])
    (13)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    K  entries of S
    H  entries of W_V
    R  entries of W_1
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x        (T, B, I)  input: of every step
    S0       (B, K, H)  initial state: S before the first step
    y2       (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q      (K, I)     parameter: trained
    W_V      (H, I)     parameter: trained
    W_1      (R, I)     parameter: trained
    W_K      (K, I)     parameter: trained
    W_2      (K, R)     parameter: trained
    b_alpha  (K)        parameter: trained
    W_hy     (O, H)     parameter: trained
    b_y      (O)        parameter: trained
    tau      ()         parameter: constant: it has no gradient; usually 16

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    S: np.ndarray              # (T + 1, B, K, H)     output: state; the first is initial
    y: np.ndarray              # (T, B, H)            output: of every step
    y_hat: np.ndarray          # (T, B, O)            output: of every step
    q_k_v_u_alpha: np.ndarray  # (T, B, 2*K + H + R)  saved: q, k, v, u_alpha, side by side
    a_alpha: np.ndarray        # (T, B, K)            saved: kept for the backward pass
    alpha: np.ndarray          # (T, B, K)            saved: kept for the backward pass
    J: np.ndarray              # ()                   loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_Q: np.ndarray      # (K, I)     gradient: with respect to W_Q
    dW_V: np.ndarray      # (H, I)     gradient: with respect to W_V
    dW_1: np.ndarray      # (R, I)     gradient: with respect to W_1
    dW_K: np.ndarray      # (K, I)     gradient: with respect to W_K
    dW_2: np.ndarray      # (K, R)     gradient: with respect to W_2
    db_alpha: np.ndarray  # (K)        gradient: with respect to b_alpha
    dW_hy: np.ndarray     # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray      # (O)        gradient: with respect to b_y
    dx: np.ndarray        # (T, B, I)  gradient: with respect to x[t]
    dS0: np.ndarray       # (B, K, H)  gradient: with respect to S0


def forward(
    x,        # (T, B, I)  input: of every step
    S0,       # (B, K, H)  initial state: S before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,      # (K, I)     parameter: trained
    W_V,      # (H, I)     parameter: trained
    W_1,      # (R, I)     parameter: trained
    W_K,      # (K, I)     parameter: trained
    W_2,      # (K, R)     parameter: trained
    b_alpha,  # (K)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    tau,      # ()         parameter: constant: it has no gradient; usually 16
):
    """Compute every step."""
    kept, run = bind_forward(x, S0, y2, W_Q, W_V, W_1, W_K, W_2, b_alpha, W_hy, b_y, tau)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,        # (T, B, I)  input: of every step
    S0,       # (B, K, H)  initial state: S before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,      # (K, I)     parameter: trained
    W_V,      # (H, I)     parameter: trained
    W_1,      # (R, I)     parameter: trained
    W_K,      # (K, I)     parameter: trained
    W_2,      # (K, R)     parameter: trained
    b_alpha,  # (K)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    tau,      # ()         parameter: constant: it has no gradient; usually 16
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    K = S0.shape[1]
    H = S0.shape[2]
    O = y2.shape[2]
    R = W_1.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("S0", S0, (B, K, H), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_Q", W_Q, (K, I), dtype)
    _check("W_V", W_V, (H, I), dtype)
    _check("W_1", W_1, (R, I), dtype)
    _check("W_K", W_K, (K, I), dtype)
    _check("W_2", W_2, (K, R), dtype)
    _check("b_alpha", b_alpha, (K,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("tau", tau, (), dtype)

    if into is None:
        into = Kept(
            S=np.empty((T + 1, B, K, H), dtype),
            y=np.empty((T, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            q_k_v_u_alpha=np.empty((T, B, 2*K + H + R), dtype),
            a_alpha=np.empty((T, B, K), dtype),
            alpha=np.empty((T, B, K), dtype),
            J=np.empty((), dtype),
        )
    S, y, y_hat, q_k_v_u_alpha, a_alpha, alpha, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_Q_K_V_1 = np.empty((2*K + H + R, I), dtype)
    _B_K_H = np.empty((B, K, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        S[1 : T + 1],                        # S_next
        alpha,                               # alpha_t
        S[0:T],                              # S_t
        q_k_v_u_alpha[:, :, K : 2*K],        # k_t
        q_k_v_u_alpha[:, :, 2*K : 2*K + H],  # v_t
    ))
    steps_2 = list(zip(
        y,                        # y_t
        S[1 : T + 1],             # S_next
        q_k_v_u_alpha[:, :, :K],  # q_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(S[0], S0)
            np.copyto(W_Q_K_V_1[:K], W_Q)
            np.copyto(W_Q_K_V_1[K : 2*K], W_K)
            np.copyto(W_Q_K_V_1[2*K : 2*K + H], W_V)
            np.copyto(W_Q_K_V_1[2*K + H : 2*K + H + R], W_1)
            # (1) q[t] = W_Q x[t]
            np.dot(x.reshape(T * B, I), W_Q_K_V_1.T, q_k_v_u_alpha.reshape(T * B, 2*K + H + R))
            # (5) z_alpha[t] = −(W_2 u_alpha[t] + b_alpha)
            np.matmul(q_k_v_u_alpha.reshape(T * B, 2*K + H + R)[:, 2*K + H : 2*K + H + R], W_2.T, a_alpha.reshape(T * B, K))
            np.add(a_alpha, b_alpha, a_alpha)
            np.negative(a_alpha, a_alpha)
            # (6) a_alpha[t] = softplus(z_alpha[t])
            _softplus(a_alpha, a_alpha)
            # (7) z2_alpha[t] = (−a_alpha[t]) ⊘ (tau 1)
            np.negative(a_alpha, alpha)
            np.divide(alpha, tau, alpha)
            # (8) alpha[t] = exp(z2_alpha[t])
            np.exp(alpha, alpha)
            for S_next, alpha_t, S_t, k_t, v_t in steps:
                # (9) S[t] = diag(alpha[t]) S[t−1] + k[t] v[t]ᵀ
                np.multiply(alpha_t[:, :, np.newaxis], S_t, S_next)
                np.multiply(k_t[:, :, np.newaxis], v_t[:, np.newaxis, :], _B_K_H)
                np.add(S_next, _B_K_H, S_next)
            for y_t, S_next, q_t in steps_2:
                # (10) y[t] = S[t]ᵀ q[t]
                np.matmul(S_next.transpose(0, 2, 1), q_t[:, :, np.newaxis], y_t[:, :, np.newaxis])
            # (10) y[t] = S[t]ᵀ q[t]
            np.copyto(y, y)
            # (11) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (12) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (13) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,              # (T, B, I)            input: of every step
    y2,             # (T, B, O)            target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,            # (K, I)               parameter: trained
    W_V,            # (H, I)               parameter: trained
    W_1,            # (R, I)               parameter: trained
    W_K,            # (K, I)               parameter: trained
    W_2,            # (K, R)               parameter: trained
    W_hy,           # (O, H)               parameter: trained
    tau,            # ()                   parameter: constant: it has no gradient; usually 16
    S,              # (T + 1, B, K, H)     output: state; the first is initial
    y,              # (T, B, H)            output: of every step
    y_hat,          # (T, B, O)            output: of every step
    q_k_v_u_alpha,  # (T, B, 2*K + H + R)  saved: q, k, v, u_alpha, side by side
    a_alpha,        # (T, B, K)            saved: kept for the backward pass
    alpha,          # (T, B, K)            saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, W_Q, W_V, W_1, W_K, W_2, W_hy, tau, S, y, y_hat, q_k_v_u_alpha, a_alpha, alpha)
    run()
    return gradients


def bind_backward(
    x,              # (T, B, I)            input: of every step
    y2,             # (T, B, O)            target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,            # (K, I)               parameter: trained
    W_V,            # (H, I)               parameter: trained
    W_1,            # (R, I)               parameter: trained
    W_K,            # (K, I)               parameter: trained
    W_2,            # (K, R)               parameter: trained
    W_hy,           # (O, H)               parameter: trained
    tau,            # ()                   parameter: constant: it has no gradient; usually 16
    S,              # (T + 1, B, K, H)     output: state; the first is initial
    y,              # (T, B, H)            output: of every step
    y_hat,          # (T, B, O)            output: of every step
    q_k_v_u_alpha,  # (T, B, 2*K + H + R)  saved: q, k, v, u_alpha, side by side
    a_alpha,        # (T, B, K)            saved: kept for the backward pass
    alpha,          # (T, B, K)            saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y2.shape[2]
    K = W_Q.shape[0]
    H = W_V.shape[0]
    R = W_1.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_Q", W_Q, (K, I), dtype)
    _check("W_V", W_V, (H, I), dtype)
    _check("W_1", W_1, (R, I), dtype)
    _check("W_K", W_K, (K, I), dtype)
    _check("W_2", W_2, (K, R), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("tau", tau, (), dtype)
    _check("S", S, (T + 1, B, K, H), dtype)
    _check("y", y, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("q_k_v_u_alpha", q_k_v_u_alpha, (T, B, 2*K + H + R), dtype)
    _check("a_alpha", a_alpha, (T, B, K), dtype)
    _check("alpha", alpha, (T, B, K), dtype)

    if into is None:
        into = Gradients(
            dW_Q=np.empty((K, I), dtype),
            dW_V=np.empty((H, I), dtype),
            dW_1=np.empty((R, I), dtype),
            dW_K=np.empty((K, I), dtype),
            dW_2=np.empty((K, R), dtype),
            db_alpha=np.empty((K,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dS0=np.empty((B, K, H), dtype),
        )
    dW_Q, dW_V, dW_1, dW_K, dW_2, db_alpha, dW_hy, db_y, dx, dS0 = into
    carry_S = np.empty((B, K, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, H), dtype)
    dS = np.empty((T, B, K, H), dtype)
    dalpha = np.empty((T, B, K), dtype)
    scratch_3 = np.empty((T, B, K), dtype)
    dz2_alpha = np.empty((T, B, K), dtype)
    da_alpha = np.empty((T, B, K), dtype)
    dz_alpha = np.empty((T, B, K), dtype)
    du_alpha_dv_dk_dq = np.empty((T, B, R + H + 2*K), dtype)
    scratch_4 = np.empty((T, B, R), dtype)
    scratch_5 = np.empty((T, B, H), dtype)
    scratch_6 = np.empty((T, B, K), dtype)
    scratch_7 = np.empty((T, B, K), dtype)
    scratch_8 = np.empty((T, B, K), dtype)
    W_1_V_K_Q = np.empty((R + H + 2*K, I), dtype)
    _T_B_K = np.empty((T, B, K), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dS[::-1],                       # dS_t
        q_k_v_u_alpha[:, :, :K][::-1],  # q_t
        dy[::-1],                       # dy_t
        scratch_7[::-1],                # scratch_7_t
        S[1 : T + 1][::-1],             # S_next
    ))
    steps_2 = list(zip(
        dS[::-1],     # dS_t
        alpha[::-1],  # alpha_t
    ))
    steps_3 = list(zip(
        scratch_3[::-1],  # scratch_3_t
        dS[::-1],         # dS_t
        S[0:T][::-1],     # S_t
    ))
    steps_4 = list(zip(
        scratch_5[::-1],                     # scratch_5_t
        dS[::-1],                            # dS_t
        q_k_v_u_alpha[:, :, K : 2*K][::-1],  # k_t
    ))
    steps_5 = list(zip(
        scratch_6[::-1],                           # scratch_6_t
        dS[::-1],                                  # dS_t
        q_k_v_u_alpha[:, :, 2*K : 2*K + H][::-1],  # v_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_S, 0.0)
            np.copyto(W_1_V_K_Q[:R], W_1)
            np.copyto(W_1_V_K_Q[R : R + H], W_V)
            np.copyto(W_1_V_K_Q[R + H : R + H + K], W_K)
            np.copyto(W_1_V_K_Q[R + H + K : R + H + 2*K], W_Q)
            # (15) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (16) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, H))
            # (32) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y.reshape(T * B, H), dW_hy)
            # (33) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dS_t, q_t, dy_t, scratch_7_t, S_next in steps:
                # (17) S̄[t] = q[t] ȳ[t]ᵀ + diag(alpha[t+1]) S̄[t+1]
                np.multiply(q_t[:, :, np.newaxis], dy_t[:, np.newaxis, :], dS_t)
                # (25) q̄[t] = S[t] ȳ[t]
                np.matmul(S_next, dy_t[:, :, np.newaxis], scratch_7_t[:, :, np.newaxis])
            # (25) q̄[t] = S[t] ȳ[t]
            np.copyto(du_alpha_dv_dk_dq[:, :, R + H + K : R + H + 2*K], scratch_7)
            # (26) W̄_Q += q̄[t] x[t]ᵀ
            np.matmul(du_alpha_dv_dk_dq.reshape(T * B, R + H + 2*K)[:, R + H + K : R + H + 2*K].T, x.reshape(T * B, I), dW_Q)
            for dS_t, alpha_t in steps_2:
                # (17) S̄[t] = q[t] ȳ[t]ᵀ + diag(alpha[t+1]) S̄[t+1]
                np.add(dS_t, carry_S, dS_t)
                # (17) what step t gives to S of earlier steps: diag(alpha[t]) S̄[t]
                np.multiply(alpha_t[:, :, np.newaxis], dS_t, carry_S)
            for scratch_3_t, dS_t, S_t in steps_3:
                # (18) alphā[t] = (S̄[t] ∘ S[t−1]) 1
                np.einsum("ijk,ijk->ij", dS_t, S_t, out=scratch_3_t)
            # (18) alphā[t] = (S̄[t] ∘ S[t−1]) 1
            np.copyto(dalpha, scratch_3)
            # (19) z2̄_alpha[t] = alphā[t] ∘ alpha[t]
            np.multiply(dalpha, alpha, dz2_alpha)
            # (20) ā_alpha[t] = −z2̄_alpha[t] ⊘ (tau 1)
            np.divide(dz2_alpha, tau, da_alpha)
            np.negative(da_alpha, da_alpha)
            # (21) z̄_alpha[t] = ā_alpha[t] ∘ (1 + (−1) ⊘ exp(a_alpha[t]))
            np.negative(1.0, dz_alpha)
            np.exp(a_alpha, _T_B_K)
            np.divide(dz_alpha, _T_B_K, dz_alpha)
            np.add(1.0, dz_alpha, dz_alpha)
            np.multiply(da_alpha, dz_alpha, dz_alpha)
            for scratch_5_t, dS_t, k_t in steps_4:
                # (23) v̄[t] = S̄[t]ᵀ k[t]
                np.matmul(dS_t.transpose(0, 2, 1), k_t[:, :, np.newaxis], scratch_5_t[:, :, np.newaxis])
            # (23) v̄[t] = S̄[t]ᵀ k[t]
            np.copyto(du_alpha_dv_dk_dq[:, :, R : R + H], scratch_5)
            for scratch_6_t, dS_t, v_t in steps_5:
                # (24) k̄[t] = S̄[t] v[t]
                np.matmul(dS_t, v_t[:, :, np.newaxis], scratch_6_t[:, :, np.newaxis])
            # (24) k̄[t] = S̄[t] v[t]
            np.copyto(du_alpha_dv_dk_dq[:, :, R + H : R + H + K], scratch_6)
            # (30) W̄_2 += −z̄_alpha[t] u_alpha[t]ᵀ
            np.negative(dz_alpha, scratch_8)
            # (22) ū_alpha[t] = −W_2ᵀ z̄_alpha[t]
            np.dot(dz_alpha.reshape(T * B, K), W_2, scratch_4.reshape(T * B, R))
            # (27) W̄_V += v̄[t] x[t]ᵀ
            np.matmul(du_alpha_dv_dk_dq.reshape(T * B, R + H + 2*K)[:, R : R + H].T, x.reshape(T * B, I), dW_V)
            # (29) W̄_K += k̄[t] x[t]ᵀ
            np.matmul(du_alpha_dv_dk_dq.reshape(T * B, R + H + 2*K)[:, R + H : R + H + K].T, x.reshape(T * B, I), dW_K)
            # (30) W̄_2 += −z̄_alpha[t] u_alpha[t]ᵀ
            np.matmul(scratch_8.reshape(T * B, K).T, q_k_v_u_alpha.reshape(T * B, 2*K + H + R)[:, 2*K + H : 2*K + H + R], dW_2)
            # (31) b̄_alpha += −z̄_alpha[t]
            np.negative(dz_alpha, _T_B_K)
            np.add.reduce(_T_B_K, axis=(0, 1), out=db_alpha)
            # (22) ū_alpha[t] = −W_2ᵀ z̄_alpha[t]
            np.negative(scratch_4, du_alpha_dv_dk_dq[:, :, :R])
            # (28) W̄_1 += ū_alpha[t] x[t]ᵀ
            np.matmul(du_alpha_dv_dk_dq.reshape(T * B, R + H + 2*K)[:, :R].T, x.reshape(T * B, I), dW_1)
            # (34) x̄[t] = W_1ᵀ ū_alpha[t] + W_Vᵀ v̄[t] + W_Kᵀ k̄[t] + W_Qᵀ q̄[t]
            np.dot(du_alpha_dv_dk_dq.reshape(T * B, R + H + 2*K), W_1_V_K_Q, dx.reshape(T * B, I))
            # (35) S̄[0] = diag(alpha[1]) S̄[1]
            np.copyto(dS0, carry_S)

    return into, run


def loss_and_gradient(
    x,        # (T, B, I)  input: of every step
    S0,       # (B, K, H)  initial state: S before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_Q,      # (K, I)     parameter: trained
    W_V,      # (H, I)     parameter: trained
    W_1,      # (R, I)     parameter: trained
    W_K,      # (K, I)     parameter: trained
    W_2,      # (K, R)     parameter: trained
    b_alpha,  # (K)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    tau,      # ()         parameter: constant: it has no gradient; usually 16
):
    """Return the loss and its gradients."""
    kept = forward(x, S0, y2, W_Q, W_V, W_1, W_K, W_2, b_alpha, W_hy, b_y, tau)
    gradients = backward(x, y2, W_Q, W_V, W_1, W_K, W_2, W_hy, tau, kept.S, kept.y, kept.y_hat, kept.q_k_v_u_alpha, kept.a_alpha, kept.alpha)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _softplus(x, out):
    """Write log(1 + e^x), without overflow."""
    np.logaddexp(x, 0.0, out)
