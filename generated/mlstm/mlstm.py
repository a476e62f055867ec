"""mLSTM, a matrix memory with exponential input gate, not stabilised with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Beck et al., "xLSTM: extended long short-term memory", 2024, arXiv:2405.04517

    (1)   z_k = K
    (2)   a_k = sqrt(z_k)
    (3)   q[t] = W_q x[t] + b_q
    (4)   u_k[t] = W_k x[t]
    (5)   k[t] = u_k[t] ⊘ a_k + b_k
    (6)   v[t] = W_v x[t] + b_v
    (7)   z_i[t] = w_iᵀ x[t] + b_i
    (8)   i[t] = exp(z_i[t])
    (9)   z_f[t] = w_fᵀ x[t] + b_f
    (10)  f[t] = sigmoid(z_f[t])
    (11)  z_o[t] = W_o x[t] + b_o
    (12)  o[t] = sigmoid(z_o[t])
    (13)  u_C[t] = v[t] k[t]ᵀ
    (14)  C[t] = f[t] C[t−1] + i[t] u_C[t]
    (15)  n[t] = f[t] n[t−1] + i[t] k[t]
    (16)  u_h[t] = C[t] q[t]
    (17)  z_h[t] = n[t]ᵀ q[t]
    (18)  a_h[t] = abs(z_h[t])
    (19)  z2_h[t] = a_h[t] − 1
    (20)  a2_h[t] = relu(z2_h[t])
    (21)  h[t] = o[t] ∘ (u_h[t] ⊘ ((1 + a2_h[t]) 1))
    (22)  z_y[t] = W_hy h[t] + b_y
    (23)  y_hat[t] = softmax(z_y[t])
    (24)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of C
    K  entries of n
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_k   (K, I)     parameter: trained
    w_i   (I)        parameter: trained
    w_f   (I)        parameter: trained
    W_q   (K, I)     parameter: trained
    b_q   (K)        parameter: trained
    b_k   (K)        parameter: trained
    W_v   (H, I)     parameter: trained
    b_v   (H)        parameter: trained
    b_i   ()         parameter: trained
    b_f   ()         parameter: trained
    W_o   (H, I)     parameter: trained
    b_o   (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    C: np.ndarray        # (T + 1, B, H, K)   output: state; the first is initial
    n: np.ndarray        # (T + 1, B, K)      output: state; the first is initial
    h: np.ndarray        # (T, B, H)          output: of every step
    y_hat: np.ndarray    # (T, B, O)          output: of every step
    a_k: np.ndarray      # (K)                saved: kept for the backward pass
    q_k_v_o: np.ndarray  # (T, B, 2*K + 2*H)  saved: q, k, v, o, side by side
    i: np.ndarray        # (T, B, 1)          saved: kept for the backward pass
    f: np.ndarray        # (T, B, 1)          saved: kept for the backward pass
    u_h: np.ndarray      # (T, B, H)          saved: kept for the backward pass
    z_h: np.ndarray      # (T, B, 1)          saved: kept for the backward pass
    a2_h: np.ndarray     # (T, B, 1)          saved: kept for the backward pass
    J: np.ndarray        # ()                 loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_k: np.ndarray   # (K, I)     gradient: with respect to W_k
    dw_i: np.ndarray   # (I)        gradient: with respect to w_i
    dw_f: np.ndarray   # (I)        gradient: with respect to w_f
    dW_q: np.ndarray   # (K, I)     gradient: with respect to W_q
    db_q: np.ndarray   # (K)        gradient: with respect to b_q
    db_k: np.ndarray   # (K)        gradient: with respect to b_k
    dW_v: np.ndarray   # (H, I)     gradient: with respect to W_v
    db_v: np.ndarray   # (H)        gradient: with respect to b_v
    db_i: np.ndarray   # ()         gradient: with respect to b_i
    db_f: np.ndarray   # ()         gradient: with respect to b_f
    dW_o: np.ndarray   # (H, I)     gradient: with respect to W_o
    db_o: np.ndarray   # (H)        gradient: with respect to b_o
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]


def forward(
    x,     # (T, B, I)  input: of every step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_k,   # (K, I)     parameter: trained
    w_i,   # (I)        parameter: trained
    w_f,   # (I)        parameter: trained
    W_q,   # (K, I)     parameter: trained
    b_q,   # (K)        parameter: trained
    b_k,   # (K)        parameter: trained
    W_v,   # (H, I)     parameter: trained
    b_v,   # (H)        parameter: trained
    b_i,   # ()         parameter: trained
    b_f,   # ()         parameter: trained
    W_o,   # (H, I)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, y, W_k, w_i, w_f, W_q, b_q, b_k, W_v, b_v, b_i, b_f, W_o, b_o, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_k,   # (K, I)     parameter: trained
    w_i,   # (I)        parameter: trained
    w_f,   # (I)        parameter: trained
    W_q,   # (K, I)     parameter: trained
    b_q,   # (K)        parameter: trained
    b_k,   # (K)        parameter: trained
    W_v,   # (H, I)     parameter: trained
    b_v,   # (H)        parameter: trained
    b_i,   # ()         parameter: trained
    b_f,   # ()         parameter: trained
    W_o,   # (H, I)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    K = W_k.shape[0]
    H = W_v.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_k", W_k, (K, I), dtype)
    _check("w_i", w_i, (I,), dtype)
    _check("w_f", w_f, (I,), dtype)
    _check("W_q", W_q, (K, I), dtype)
    _check("b_q", b_q, (K,), dtype)
    _check("b_k", b_k, (K,), dtype)
    _check("W_v", W_v, (H, I), dtype)
    _check("b_v", b_v, (H,), dtype)
    _check("b_i", b_i, (), dtype)
    _check("b_f", b_f, (), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("b_o", b_o, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            C=np.empty((T + 1, B, H, K), dtype),
            n=np.empty((T + 1, B, K), dtype),
            h=np.empty((T, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_k=np.empty((K,), dtype),
            q_k_v_o=np.empty((T, B, 2*K + 2*H), dtype),
            i=np.empty((T, B, 1), dtype),
            f=np.empty((T, B, 1), dtype),
            u_h=np.empty((T, B, H), dtype),
            z_h=np.empty((T, B, 1), dtype),
            a2_h=np.empty((T, B, 1), dtype),
            J=np.empty((), dtype),
        )
    C, n, h, y_hat, a_k, q_k_v_o, i, f, u_h, z_h, a2_h, J = into
    u_C = np.empty((T, B, H, K), dtype)
    z_k = np.empty((K,), dtype)
    z_y = np.empty((T, B, O), dtype)
    inner = np.empty((T, B), dtype)
    inner_2 = np.empty((T, B), dtype)
    inner_3 = np.empty((T, B), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_q_k_v_o = np.empty((2*K + 2*H, I), dtype)
    _T_B_K = np.empty((T, B, K), dtype)
    _B_H_K = np.empty((B, H, K), dtype)
    _B_K = np.empty((B, K), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        u_C,                           # u_C_t
        q_k_v_o[:, :, 2*K : 2*K + H],  # v_t
        q_k_v_o[:, :, K : 2*K],        # k_t
    ))
    steps_2 = list(zip(
        C[1 : T + 1],            # C_next
        f,                       # f_t
        C[0:T],                  # C_t
        i,                       # i_t
        u_C,                     # u_C_t
        n[1 : T + 1],            # n_next
        n[0:T],                  # n_t
        q_k_v_o[:, :, K : 2*K],  # k_t
    ))
    steps_3 = list(zip(
        u_h,                # u_h_t
        C[1 : T + 1],       # C_next
        q_k_v_o[:, :, :K],  # q_t
    ))

    def run():
        with np.errstate(all="ignore"):
            # (1) z_k = K
            np.divide(float(K), 1.0, z_k)
            # (2) a_k = sqrt(z_k)
            np.sqrt(z_k, a_k)
            np.copyto(C[0], 0.0)
            np.copyto(n[0], 0.0)
            np.copyto(W_q_k_v_o[:K], W_q)
            np.copyto(W_q_k_v_o[K : 2*K], W_k)
            np.copyto(W_q_k_v_o[2*K : 2*K + H], W_v)
            np.copyto(W_q_k_v_o[2*K + H : 2*K + 2*H], W_o)
            # (3) q[t] = W_q x[t] + b_q
            np.dot(x.reshape(T * B, I), W_q_k_v_o.T, q_k_v_o.reshape(T * B, 2*K + 2*H))
            np.add(q_k_v_o[:, :, :K], b_q, q_k_v_o[:, :, :K])
            # (5) k[t] = u_k[t] ⊘ a_k + b_k
            np.divide(q_k_v_o[:, :, K : 2*K], a_k, _T_B_K)
            np.add(_T_B_K, b_k, q_k_v_o[:, :, K : 2*K])
            # (6) v[t] = W_v x[t] + b_v
            np.add(q_k_v_o[:, :, 2*K : 2*K + H], b_v, q_k_v_o[:, :, 2*K : 2*K + H])
            # (7) z_i[t] = w_iᵀ x[t] + b_i
            np.einsum("k,ijk->ij", w_i, x, out=inner)
            np.add(inner[:, :, np.newaxis], b_i, i)
            # (8) i[t] = exp(z_i[t])
            np.exp(i, i)
            # (9) z_f[t] = w_fᵀ x[t] + b_f
            np.einsum("k,ijk->ij", w_f, x, out=inner_2)
            np.add(inner_2[:, :, np.newaxis], b_f, f)
            # (10) f[t] = sigmoid(z_f[t])
            _sigmoid(f, f)
            # (11) z_o[t] = W_o x[t] + b_o
            np.add(q_k_v_o[:, :, 2*K + H : 2*K + 2*H], b_o, q_k_v_o[:, :, 2*K + H : 2*K + 2*H])
            # (12) o[t] = sigmoid(z_o[t])
            _sigmoid(q_k_v_o[:, :, 2*K + H : 2*K + 2*H], q_k_v_o[:, :, 2*K + H : 2*K + 2*H])
            for u_C_t, v_t, k_t in steps:
                # (13) u_C[t] = v[t] k[t]ᵀ
                np.multiply(v_t[:, :, np.newaxis], k_t[:, np.newaxis, :], u_C_t)
            for C_next, f_t, C_t, i_t, u_C_t, n_next, n_t, k_t in steps_2:
                # (14) C[t] = f[t] C[t−1] + i[t] u_C[t]
                np.multiply(f_t[:, 0, np.newaxis, np.newaxis], C_t, C_next)
                np.multiply(i_t[:, 0, np.newaxis, np.newaxis], u_C_t, _B_H_K)
                np.add(C_next, _B_H_K, C_next)
                # (15) n[t] = f[t] n[t−1] + i[t] k[t]
                np.multiply(f_t, n_t, n_next)
                np.multiply(i_t, k_t, _B_K)
                np.add(n_next, _B_K, n_next)
            for u_h_t, C_next, q_t in steps_3:
                # (16) u_h[t] = C[t] q[t]
                np.matmul(C_next, q_t[:, :, np.newaxis], u_h_t[:, :, np.newaxis])
            # (16) u_h[t] = C[t] q[t]
            np.copyto(u_h, u_h)
            # (17) z_h[t] = n[t]ᵀ q[t]
            np.einsum("ijk,ijk->ij", n[1 : T + 1], q_k_v_o[:, :, :K], out=inner_3)
            np.copyto(z_h, inner_3[:, :, np.newaxis])
            # (18) a_h[t] = abs(z_h[t])
            np.abs(z_h, a2_h)
            # (19) z2_h[t] = a_h[t] − 1
            np.subtract(a2_h, 1.0, a2_h)
            # (20) a2_h[t] = relu(z2_h[t])
            _relu(a2_h, a2_h)
            # (21) h[t] = o[t] ∘ (u_h[t] ⊘ ((1 + a2_h[t]) 1))
            np.add(1.0, a2_h, h)
            np.divide(u_h, h, h)
            np.multiply(q_k_v_o[:, :, 2*K + H : 2*K + 2*H], h, h)
            # (22) z_y[t] = W_hy h[t] + b_y
            np.dot(h.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (23) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (24) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,        # (T, B, I)          input: of every step
    y,        # (T, B, O)          target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_k,      # (K, I)             parameter: trained
    w_i,      # (I)                parameter: trained
    w_f,      # (I)                parameter: trained
    W_q,      # (K, I)             parameter: trained
    W_v,      # (H, I)             parameter: trained
    W_o,      # (H, I)             parameter: trained
    W_hy,     # (O, H)             parameter: trained
    C,        # (T + 1, B, H, K)   output: state; the first is initial
    n,        # (T + 1, B, K)      output: state; the first is initial
    h,        # (T, B, H)          output: of every step
    y_hat,    # (T, B, O)          output: of every step
    a_k,      # (K)                saved: kept for the backward pass
    q_k_v_o,  # (T, B, 2*K + 2*H)  saved: q, k, v, o, side by side
    i,        # (T, B, 1)          saved: kept for the backward pass
    f,        # (T, B, 1)          saved: kept for the backward pass
    u_h,      # (T, B, H)          saved: kept for the backward pass
    z_h,      # (T, B, 1)          saved: kept for the backward pass
    a2_h,     # (T, B, 1)          saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_k, w_i, w_f, W_q, W_v, W_o, W_hy, C, n, h, y_hat, a_k, q_k_v_o, i, f, u_h, z_h, a2_h)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)          input: of every step
    y,        # (T, B, O)          target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_k,      # (K, I)             parameter: trained
    w_i,      # (I)                parameter: trained
    w_f,      # (I)                parameter: trained
    W_q,      # (K, I)             parameter: trained
    W_v,      # (H, I)             parameter: trained
    W_o,      # (H, I)             parameter: trained
    W_hy,     # (O, H)             parameter: trained
    C,        # (T + 1, B, H, K)   output: state; the first is initial
    n,        # (T + 1, B, K)      output: state; the first is initial
    h,        # (T, B, H)          output: of every step
    y_hat,    # (T, B, O)          output: of every step
    a_k,      # (K)                saved: kept for the backward pass
    q_k_v_o,  # (T, B, 2*K + 2*H)  saved: q, k, v, o, side by side
    i,        # (T, B, 1)          saved: kept for the backward pass
    f,        # (T, B, 1)          saved: kept for the backward pass
    u_h,      # (T, B, H)          saved: kept for the backward pass
    z_h,      # (T, B, 1)          saved: kept for the backward pass
    a2_h,     # (T, B, 1)          saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    K = W_k.shape[0]
    H = W_v.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_k", W_k, (K, I), dtype)
    _check("w_i", w_i, (I,), dtype)
    _check("w_f", w_f, (I,), dtype)
    _check("W_q", W_q, (K, I), dtype)
    _check("W_v", W_v, (H, I), dtype)
    _check("W_o", W_o, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("C", C, (T + 1, B, H, K), dtype)
    _check("n", n, (T + 1, B, K), dtype)
    _check("h", h, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_k", a_k, (K,), dtype)
    _check("q_k_v_o", q_k_v_o, (T, B, 2*K + 2*H), dtype)
    _check("i", i, (T, B, 1), dtype)
    _check("f", f, (T, B, 1), dtype)
    _check("u_h", u_h, (T, B, H), dtype)
    _check("z_h", z_h, (T, B, 1), dtype)
    _check("a2_h", a2_h, (T, B, 1), dtype)

    if into is None:
        into = Gradients(
            dW_k=np.empty((K, I), dtype),
            dw_i=np.empty((I,), dtype),
            dw_f=np.empty((I,), dtype),
            dW_q=np.empty((K, I), dtype),
            db_q=np.empty((K,), dtype),
            db_k=np.empty((K,), dtype),
            dW_v=np.empty((H, I), dtype),
            db_v=np.empty((H,), dtype),
            db_i=np.empty((), dtype),
            db_f=np.empty((), dtype),
            dW_o=np.empty((H, I), dtype),
            db_o=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
        )
    dW_k, dw_i, dw_f, dW_q, db_q, db_k, dW_v, db_v, db_i, db_f, dW_o, db_o, dW_hy, db_y, dx = into
    carry_C = np.empty((B, H, K), dtype)
    carry_n = np.empty((B, K), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    da2_h = np.empty((T, B, 1), dtype)
    inner_4 = np.empty((T, B), dtype)
    dz2_h = np.empty((T, B, 1), dtype)
    da_h = np.empty((T, B, 1), dtype)
    dz_h = np.empty((T, B, 1), dtype)
    du_h = np.empty((T, B, H), dtype)
    dn = np.empty((T, B, K), dtype)
    dC = np.empty((T, B, H, K), dtype)
    du_C = np.empty((B, H, K), dtype)
    do_ = np.empty((T, B, H), dtype)
    dz_o_dv_du_k_dq = np.empty((T, B, 2*H + 2*K), dtype)
    df = np.empty((B, 1), dtype)
    inner_5 = np.empty((B,), dtype)
    inner_6 = np.empty((B,), dtype)
    dz_f = np.empty((T, B, 1), dtype)
    di = np.empty((B, 1), dtype)
    inner_7 = np.empty((B,), dtype)
    inner_8 = np.empty((B,), dtype)
    dz_i = np.empty((T, B, 1), dtype)
    scratch_2 = np.empty((B, H), dtype)
    dk = np.empty((T, B, K), dtype)
    scratch_3 = np.empty((B, K), dtype)
    scratch_4 = np.empty((T, B, K), dtype)
    W_o_v_k_q = np.empty((2*H + 2*K, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _T_B_K = np.empty((T, B, K), dtype)
    _B_K = np.empty((B, K), dtype)
    _B_1 = np.empty((B, 1), dtype)
    _T_B_I = np.empty((T, B, I), dtype)
    _T_B_I_1 = np.empty((T, B, I), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dC[::-1],                 # dC_t
        du_h[::-1],               # du_h_t
        q_k_v_o[:, :, :K][::-1],  # q_t
    ))
    steps_2 = list(zip(
        scratch_4[::-1],     # scratch_4_t
        C[1 : T + 1][::-1],  # C_next
        du_h[::-1],          # du_h_t
    ))
    steps_3 = list(zip(
        dn[::-1],  # dn_t
        dC[::-1],  # dC_t
        f[::-1],   # f_t
    ))
    steps_4 = list(zip(
        i[::-1],                                     # i_t
        dC[::-1],                                    # dC_t
        n[0:T][::-1],                                # n_t
        dn[::-1],                                    # dn_t
        C[0:T][::-1],                                # C_t
        dz_f[::-1],                                  # dz_f_t
        f[::-1],                                     # f_t
        q_k_v_o[:, :, K : 2*K][::-1],                # k_t
        q_k_v_o[:, :, 2*K : 2*K + H][::-1],          # v_t
        dz_i[::-1],                                  # dz_i_t
        dz_o_dv_du_k_dq[:, :, H : 2*H][::-1],        # dv_t
        dk[::-1],                                    # dk_t
        dz_o_dv_du_k_dq[:, :, 2*H : 2*H + K][::-1],  # du_k_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_C, 0.0)
            np.copyto(carry_n, 0.0)
            np.copyto(W_o_v_k_q[:H], W_o)
            np.copyto(W_o_v_k_q[H : 2*H], W_v)
            np.copyto(W_o_v_k_q[2*H : 2*H + K], W_k)
            np.copyto(W_o_v_k_q[2*H + K : 2*H + 2*K], W_q)
            # (26) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (27) h̄[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (60) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h.reshape(T * B, H), dW_hy)
            # (61) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (28) a2̄_h[t] = −1ᵀ (((h̄[t] ∘ o[t]) ⊘ ((1 + a2_h[t]) 1)²) ∘ u_h[t])
            np.multiply(dh, q_k_v_o[:, :, 2*K + H : 2*K + 2*H], _T_B_H)
            np.add(1.0, a2_h, _T_B_H_1)
            np.square(_T_B_H_1, _T_B_H_1)
            np.divide(_T_B_H, _T_B_H_1, _T_B_H)
            np.multiply(_T_B_H, u_h, _T_B_H)
            np.add.reduce(_T_B_H, axis=2, out=inner_4)
            np.negative(inner_4[:, :, np.newaxis], da2_h)
            # (29) z2̄_h[t] = a2̄_h[t] ∘ step(a2_h[t])
            _step(a2_h, dz2_h)
            np.multiply(da2_h, dz2_h, dz2_h)
            # (30) ā_h[t] = z2̄_h[t]
            np.copyto(da_h, dz2_h)
            # (31) z̄_h[t] = ā_h[t] ∘ sign(z_h[t])
            np.sign(z_h, dz_h)
            np.multiply(da_h, dz_h, dz_h)
            # (32) ū_h[t] = (h̄[t] ∘ o[t]) ⊘ ((1 + a2_h[t]) 1)
            np.multiply(dh, q_k_v_o[:, :, 2*K + H : 2*K + 2*H], du_h)
            np.add(1.0, a2_h, _T_B_H)
            np.divide(du_h, _T_B_H, du_h)
            # (33) n̄[t] = q[t] z̄_h[t] + f[t+1] n̄[t+1]
            np.multiply(q_k_v_o[:, :, :K], dz_h, dn)
            for dC_t, du_h_t, q_t in steps:
                # (34) C̄[t] = ū_h[t] q[t]ᵀ + f[t+1] C̄[t+1]
                np.multiply(du_h_t[:, :, np.newaxis], q_t[:, np.newaxis, :], dC_t)
            # (36) ō[t] = h̄[t] ∘ (u_h[t] ⊘ ((1 + a2_h[t]) 1))
            np.add(1.0, a2_h, do_)
            np.divide(u_h, do_, do_)
            np.multiply(dh, do_, do_)
            # (37) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(do_, q_k_v_o[:, :, 2*K + H : 2*K + 2*H], _T_B_H)
            np.subtract(1.0, q_k_v_o[:, :, 2*K + H : 2*K + 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_dv_du_k_dq[:, :, :H])
            for scratch_4_t, C_next, du_h_t in steps_2:
                # (45) q̄[t] = n[t] z̄_h[t] + C[t]ᵀ ū_h[t]
                np.matmul(C_next.transpose(0, 2, 1), du_h_t[:, :, np.newaxis], scratch_4_t[:, :, np.newaxis])
            # (45) q̄[t] = n[t] z̄_h[t] + C[t]ᵀ ū_h[t]
            np.multiply(n[1 : T + 1], dz_h, _T_B_K)
            np.add(_T_B_K, scratch_4, dz_o_dv_du_k_dq[:, :, 2*H + K : 2*H + 2*K])
            # (51) W̄_q += q̄[t] x[t]ᵀ
            np.matmul(dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K)[:, 2*H + K : 2*H + 2*K].T, x.reshape(T * B, I), dW_q)
            # (52) b̄_q += q̄[t]
            np.matmul(_ones_T_B, dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K)[:, 2*H + K : 2*H + 2*K], db_q)
            # (58) W̄_o += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K)[:, :H].T, x.reshape(T * B, I), dW_o)
            # (59) b̄_o += z̄_o[t]
            np.matmul(_ones_T_B, dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K)[:, :H], db_o)
            for dn_t, dC_t, f_t in steps_3:
                # (33) n̄[t] = q[t] z̄_h[t] + f[t+1] n̄[t+1]
                np.add(dn_t, carry_n, dn_t)
                # (34) C̄[t] = ū_h[t] q[t]ᵀ + f[t+1] C̄[t+1]
                np.add(dC_t, carry_C, dC_t)
                # (33) what step t gives to n of earlier steps: f[t] n̄[t]
                np.multiply(f_t, dn_t, carry_n)
                # (34) what step t gives to C of earlier steps: f[t] C̄[t]
                np.multiply(f_t[:, 0, np.newaxis, np.newaxis], dC_t, carry_C)
            a_k_row = a_k[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for i_t, dC_t, n_t, dn_t, C_t, dz_f_t, f_t, k_t, v_t, dz_i_t, dv_t, dk_t, du_k_t in steps_4:
                # (35) ū_C[t] = i[t] C̄[t]
                np.multiply(i_t[:, 0, np.newaxis, np.newaxis], dC_t, du_C)
                # (38) f̄[t] = n[t−1]ᵀ n̄[t] + tr(C̄[t]ᵀ C[t−1])
                np.multiply(n_t, dn_t, _B_K)
                np.add.reduce(_B_K, axis=1, out=inner_5)
                np.einsum("ikj,ikj->i", dC_t, C_t, out=inner_6)
                np.add(inner_5[:, np.newaxis], inner_6[:, np.newaxis], df)
                # (39) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(df, f_t, dz_f_t)
                np.subtract(number_1, f_t, _B_1)
                np.multiply(dz_f_t, _B_1, dz_f_t)
                # (40) ī[t] = k[t]ᵀ n̄[t] + tr(C̄[t]ᵀ u_C[t])
                np.multiply(k_t, dn_t, _B_K)
                np.add.reduce(_B_K, axis=1, out=inner_7)
                np.einsum("ikj,ik,ij->i", dC_t, v_t, k_t, out=inner_8)
                np.add(inner_7[:, np.newaxis], inner_8[:, np.newaxis], di)
                # (41) z̄_i[t] = ī[t] ∘ i[t]
                np.multiply(di, i_t, dz_i_t)
                # (42) v̄[t] = ū_C[t] k[t]
                np.matmul(du_C, k_t[:, :, np.newaxis], scratch_2[:, :, np.newaxis])
                np.copyto(dv_t, scratch_2)
                # (43) k̄[t] = i[t] n̄[t] + ū_C[t]ᵀ v[t]
                np.matmul(du_C.transpose(0, 2, 1), v_t[:, :, np.newaxis], scratch_3[:, :, np.newaxis])
                np.multiply(i_t, dn_t, dk_t)
                np.add(dk_t, scratch_3, dk_t)
                # (44) ū_k[t] = k̄[t] ⊘ a_k
                np.divide(dk_t, a_k_row, du_k_t)
            # (48) W̄_k += ū_k[t] x[t]ᵀ
            np.matmul(dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K)[:, 2*H : 2*H + K].T, x.reshape(T * B, I), dW_k)
            # (49) w̄_i += x[t] z̄_i[t]
            np.einsum("ijk,ij->k", x, dz_i[:, :, 0], out=dw_i)
            # (50) w̄_f += x[t] z̄_f[t]
            np.einsum("ijk,ij->k", x, dz_f[:, :, 0], out=dw_f)
            # (53) b̄_k += k̄[t]
            np.matmul(_ones_T_B, dk.reshape(T * B, K), db_k)
            # (54) W̄_v += v̄[t] x[t]ᵀ
            np.matmul(dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K)[:, H : 2*H].T, x.reshape(T * B, I), dW_v)
            # (55) b̄_v += v̄[t]
            np.matmul(_ones_T_B, dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K)[:, H : 2*H], db_v)
            # (56) b̄_i += z̄_i[t]
            np.add.reduce(dz_i[:, :, 0], axis=None, out=db_i)
            # (57) b̄_f += z̄_f[t]
            np.add.reduce(dz_f[:, :, 0], axis=None, out=db_f)
            # (62) x̄[t] = W_oᵀ z̄_o[t] + w_f z̄_f[t] + w_i z̄_i[t] + W_vᵀ v̄[t] + W_kᵀ ū_k[t] + W_qᵀ q̄[t]
            np.dot(dz_o_dv_du_k_dq.reshape(T * B, 2*H + 2*K), W_o_v_k_q, dx.reshape(T * B, I))
            np.multiply(w_f, dz_f, _T_B_I)
            np.multiply(w_i, dz_i, _T_B_I_1)
            np.add(_T_B_I, _T_B_I_1, _T_B_I)
            np.add(dx, _T_B_I, dx)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_k,   # (K, I)     parameter: trained
    w_i,   # (I)        parameter: trained
    w_f,   # (I)        parameter: trained
    W_q,   # (K, I)     parameter: trained
    b_q,   # (K)        parameter: trained
    b_k,   # (K)        parameter: trained
    W_v,   # (H, I)     parameter: trained
    b_v,   # (H)        parameter: trained
    b_i,   # ()         parameter: trained
    b_f,   # ()         parameter: trained
    W_o,   # (H, I)     parameter: trained
    b_o,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, y, W_k, w_i, w_f, W_q, b_q, b_k, W_v, b_v, b_i, b_f, W_o, b_o, W_hy, b_y)
    gradients = backward(x, y, W_k, w_i, w_f, W_q, W_v, W_o, W_hy, kept.C, kept.n, kept.h, kept.y_hat, kept.a_k, kept.q_k_v_o, kept.i, kept.f, kept.u_h, kept.z_h, kept.a2_h)
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


def _relu(x, out):
    """Write max(x, 0); NaN stays NaN."""
    np.maximum(x, 0.0, out=out)


def _step(x, out):
    """Write 1 where x > 0, else 0: the subgradient of max(x, 0) that was declared; NaN stays NaN."""
    np.heaviside(x, 0.0, out)
