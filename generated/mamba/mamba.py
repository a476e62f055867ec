"""selective state space step (S6), input matrix by Euler as in the released code with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Gu, Dao, "Mamba: linear-time sequence modeling with selective state spaces", 2023,
arXiv:2312.00752

    (1)   a_A = exp(A_log)
    (2)   A = −a_A
    (3)   B_t[t] = W_B x[t]
    (4)   C_t[t] = W_C x[t]
    (5)   u_delta[t] = W_1 x[t]
    (6)   z_delta[t] = W_2 u_delta[t] + b_delta
    (7)   delta[t] = softplus(z_delta[t])
    (8)   z_h[t] = diag(delta[t]) A
    (9)   a_h[t] = exp(z_h[t])
    (10)  s_h[t] = delta[t] ∘ x[t]
    (11)  h[t] = a_h[t] ∘ h[t−1] + s_h[t] B_t[t]ᵀ
    (12)  y[t] = h[t] C_t[t] + D_skip ∘ x[t]
    (13)  z_y[t] = W_hy y[t] + b_y
    (14)  y_hat[t] = softmax(z_y[t])
    (15)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    N  entries of W_B
    R  entries of W_1
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x        (T, B, I)  input: of every step
    h0       (B, I, N)  initial state: h before the first step
    y2       (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A_log    (I, N)     parameter: trained
    W_1      (R, I)     parameter: trained
    W_B      (N, I)     parameter: trained
    W_C      (N, I)     parameter: trained
    W_2      (I, R)     parameter: trained
    b_delta  (I)        parameter: trained
    D_skip   (I)        parameter: trained
    W_hy     (O, I)     parameter: trained
    b_y      (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray                # (T + 1, B, I, N)  output: state; the first is initial
    y: np.ndarray                # (T, B, I)         output: of every step
    y_hat: np.ndarray            # (T, B, O)         output: of every step
    a_A: np.ndarray              # (I, N)            saved: kept for the backward pass
    A: np.ndarray                # (I, N)            saved: kept for the backward pass
    B_t_C_t_u_delta: np.ndarray  # (T, B, 2*N + R)   saved: B_t, C_t, u_delta, side by side
    delta: np.ndarray            # (T, B, I)         saved: kept for the backward pass
    a_h: np.ndarray              # (T, B, I, N)      saved: kept for the backward pass
    J: np.ndarray                # ()                loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dA_log: np.ndarray    # (I, N)     gradient: with respect to A_log
    dW_1: np.ndarray      # (R, I)     gradient: with respect to W_1
    dW_B: np.ndarray      # (N, I)     gradient: with respect to W_B
    dW_C: np.ndarray      # (N, I)     gradient: with respect to W_C
    dW_2: np.ndarray      # (I, R)     gradient: with respect to W_2
    db_delta: np.ndarray  # (I)        gradient: with respect to b_delta
    dD_skip: np.ndarray   # (I)        gradient: with respect to D_skip
    dW_hy: np.ndarray     # (O, I)     gradient: with respect to W_hy
    db_y: np.ndarray      # (O)        gradient: with respect to b_y
    dx: np.ndarray        # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray       # (B, I, N)  gradient: with respect to h0


def forward(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, I, N)  initial state: h before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A_log,    # (I, N)     parameter: trained
    W_1,      # (R, I)     parameter: trained
    W_B,      # (N, I)     parameter: trained
    W_C,      # (N, I)     parameter: trained
    W_2,      # (I, R)     parameter: trained
    b_delta,  # (I)        parameter: trained
    D_skip,   # (I)        parameter: trained
    W_hy,     # (O, I)     parameter: trained
    b_y,      # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y2, A_log, W_1, W_B, W_C, W_2, b_delta, D_skip, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, I, N)  initial state: h before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A_log,    # (I, N)     parameter: trained
    W_1,      # (R, I)     parameter: trained
    W_B,      # (N, I)     parameter: trained
    W_C,      # (N, I)     parameter: trained
    W_2,      # (I, R)     parameter: trained
    b_delta,  # (I)        parameter: trained
    D_skip,   # (I)        parameter: trained
    W_hy,     # (O, I)     parameter: trained
    b_y,      # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    N = h0.shape[2]
    O = y2.shape[2]
    R = W_1.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, I, N), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("A_log", A_log, (I, N), dtype)
    _check("W_1", W_1, (R, I), dtype)
    _check("W_B", W_B, (N, I), dtype)
    _check("W_C", W_C, (N, I), dtype)
    _check("W_2", W_2, (I, R), dtype)
    _check("b_delta", b_delta, (I,), dtype)
    _check("D_skip", D_skip, (I,), dtype)
    _check("W_hy", W_hy, (O, I), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, I, N), dtype),
            y=np.empty((T, B, I), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_A=np.empty((I, N), dtype),
            A=np.empty((I, N), dtype),
            B_t_C_t_u_delta=np.empty((T, B, 2*N + R), dtype),
            delta=np.empty((T, B, I), dtype),
            a_h=np.empty((T, B, I, N), dtype),
            J=np.empty((), dtype),
        )
    h, y, y_hat, a_A, A, B_t_C_t_u_delta, delta, a_h, J = into
    s_h = np.empty((T, B, I), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_B_C_1 = np.empty((2*N + R, I), dtype)
    _B_I_N = np.empty((B, I, N), dtype)
    _T_B_I = np.empty((T, B, I), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a_h,    # a_h_t
        delta,  # delta_t
    ))
    steps_2 = list(zip(
        h[1 : T + 1],               # h_next
        a_h,                        # a_h_t
        h[0:T],                     # h_t
        s_h,                        # s_h_t
        B_t_C_t_u_delta[:, :, :N],  # B_t_t
    ))
    steps_3 = list(zip(
        y,                               # y_t
        h[1 : T + 1],                    # h_next
        B_t_C_t_u_delta[:, :, N : 2*N],  # C_t_t
    ))

    def run():
        with np.errstate(all="ignore"):
            # (1) a_A = exp(A_log)
            np.exp(A_log, a_A)
            # (2) A = −a_A
            np.negative(a_A, A)
            np.copyto(h[0], h0)
            np.copyto(W_B_C_1[:N], W_B)
            np.copyto(W_B_C_1[N : 2*N], W_C)
            np.copyto(W_B_C_1[2*N : 2*N + R], W_1)
            # (3) B_t[t] = W_B x[t]
            np.dot(x.reshape(T * B, I), W_B_C_1.T, B_t_C_t_u_delta.reshape(T * B, 2*N + R))
            # (6) z_delta[t] = W_2 u_delta[t] + b_delta
            np.matmul(B_t_C_t_u_delta.reshape(T * B, 2*N + R)[:, 2*N : 2*N + R], W_2.T, delta.reshape(T * B, I))
            np.add(delta, b_delta, delta)
            # (7) delta[t] = softplus(z_delta[t])
            _softplus(delta, delta)
            for a_h_t, delta_t in steps:
                # (8) z_h[t] = diag(delta[t]) A
                np.multiply(delta_t[:, :, np.newaxis], A, a_h_t)
                # (9) a_h[t] = exp(z_h[t])
                np.exp(a_h_t, a_h_t)
            # (10) s_h[t] = delta[t] ∘ x[t]
            np.multiply(delta, x, s_h)
            for h_next, a_h_t, h_t, s_h_t, B_t_t in steps_2:
                # (11) h[t] = a_h[t] ∘ h[t−1] + s_h[t] B_t[t]ᵀ
                np.multiply(a_h_t, h_t, h_next)
                np.multiply(s_h_t[:, :, np.newaxis], B_t_t[:, np.newaxis, :], _B_I_N)
                np.add(h_next, _B_I_N, h_next)
            for y_t, h_next, C_t_t in steps_3:
                # (12) y[t] = h[t] C_t[t] + D_skip ∘ x[t]
                np.matmul(h_next, C_t_t[:, :, np.newaxis], y_t[:, :, np.newaxis])
            # (12) y[t] = h[t] C_t[t] + D_skip ∘ x[t]
            np.multiply(D_skip, x, _T_B_I)
            np.add(y, _T_B_I, y)
            # (13) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, I), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (14) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (15) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,                # (T, B, I)         input: of every step
    y2,               # (T, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1,              # (R, I)            parameter: trained
    W_B,              # (N, I)            parameter: trained
    W_C,              # (N, I)            parameter: trained
    W_2,              # (I, R)            parameter: trained
    D_skip,           # (I)               parameter: trained
    W_hy,             # (O, I)            parameter: trained
    h,                # (T + 1, B, I, N)  output: state; the first is initial
    y,                # (T, B, I)         output: of every step
    y_hat,            # (T, B, O)         output: of every step
    a_A,              # (I, N)            saved: kept for the backward pass
    A,                # (I, N)            saved: kept for the backward pass
    B_t_C_t_u_delta,  # (T, B, 2*N + R)   saved: B_t, C_t, u_delta, side by side
    delta,            # (T, B, I)         saved: kept for the backward pass
    a_h,              # (T, B, I, N)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, W_1, W_B, W_C, W_2, D_skip, W_hy, h, y, y_hat, a_A, A, B_t_C_t_u_delta, delta, a_h)
    run()
    return gradients


def bind_backward(
    x,                # (T, B, I)         input: of every step
    y2,               # (T, B, O)         target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_1,              # (R, I)            parameter: trained
    W_B,              # (N, I)            parameter: trained
    W_C,              # (N, I)            parameter: trained
    W_2,              # (I, R)            parameter: trained
    D_skip,           # (I)               parameter: trained
    W_hy,             # (O, I)            parameter: trained
    h,                # (T + 1, B, I, N)  output: state; the first is initial
    y,                # (T, B, I)         output: of every step
    y_hat,            # (T, B, O)         output: of every step
    a_A,              # (I, N)            saved: kept for the backward pass
    A,                # (I, N)            saved: kept for the backward pass
    B_t_C_t_u_delta,  # (T, B, 2*N + R)   saved: B_t, C_t, u_delta, side by side
    delta,            # (T, B, I)         saved: kept for the backward pass
    a_h,              # (T, B, I, N)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y2.shape[2]
    R = W_1.shape[0]
    N = W_B.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_1", W_1, (R, I), dtype)
    _check("W_B", W_B, (N, I), dtype)
    _check("W_C", W_C, (N, I), dtype)
    _check("W_2", W_2, (I, R), dtype)
    _check("D_skip", D_skip, (I,), dtype)
    _check("W_hy", W_hy, (O, I), dtype)
    _check("h", h, (T + 1, B, I, N), dtype)
    _check("y", y, (T, B, I), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_A", a_A, (I, N), dtype)
    _check("A", A, (I, N), dtype)
    _check("B_t_C_t_u_delta", B_t_C_t_u_delta, (T, B, 2*N + R), dtype)
    _check("delta", delta, (T, B, I), dtype)
    _check("a_h", a_h, (T, B, I, N), dtype)

    if into is None:
        into = Gradients(
            dA_log=np.empty((I, N), dtype),
            dW_1=np.empty((R, I), dtype),
            dW_B=np.empty((N, I), dtype),
            dW_C=np.empty((N, I), dtype),
            dW_2=np.empty((I, R), dtype),
            db_delta=np.empty((I,), dtype),
            dD_skip=np.empty((I,), dtype),
            dW_hy=np.empty((O, I), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, I, N), dtype),
        )
    dA_log, dW_1, dW_B, dW_C, dW_2, db_delta, dD_skip, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, I, N), dtype)
    dA = np.empty((I, N), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dy = np.empty((T, B, I), dtype)
    dh = np.empty((T, B, I, N), dtype)
    ds_h = np.empty((T, B, I), dtype)
    scratch_2 = np.empty((B, I), dtype)
    da_h = np.empty((B, I, N), dtype)
    dz_h = np.empty((T, B, I, N), dtype)
    ddelta = np.empty((B, I), dtype)
    scratch_3 = np.empty((B, I), dtype)
    dz_delta = np.empty((T, B, I), dtype)
    du_delta_dC_t_dB_t = np.empty((T, B, R + 2*N), dtype)
    scratch_4 = np.empty((T, B, N), dtype)
    scratch_5 = np.empty((B, N), dtype)
    da_A = np.empty((I, N), dtype)
    W_1_C_B = np.empty((R + 2*N, I), dtype)
    _1 = np.empty((), dtype)
    _I_N = np.empty((I, N), dtype)
    _T_B_I = np.empty((T, B, I), dtype)
    _T_B_I_1 = np.empty((T, B, I), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                              # dh_t
        dy[::-1],                              # dy_t
        B_t_C_t_u_delta[:, :, N : 2*N][::-1],  # C_t_t
        scratch_4[::-1],                       # scratch_4_t
        h[1 : T + 1][::-1],                    # h_next
    ))
    steps_2 = list(zip(
        dh[::-1],   # dh_t
        a_h[::-1],  # a_h_t
    ))
    steps_3 = list(zip(
        dh[::-1],                                         # dh_t
        B_t_C_t_u_delta[:, :, :N][::-1],                  # B_t_t
        ds_h[::-1],                                       # ds_h_t
        h[0:T][::-1],                                     # h_t
        dz_h[::-1],                                       # dz_h_t
        a_h[::-1],                                        # a_h_t
        x[::-1],                                          # x_t
        dz_delta[::-1],                                   # dz_delta_t
        delta[::-1],                                      # delta_t
        du_delta_dC_t_dB_t[:, :, R + N : R + 2*N][::-1],  # dB_t_t
    ))
    steps_4 = list(zip(
        delta[::-1],  # delta_t
        dz_h[::-1],   # dz_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(dA, 0.0)
            np.copyto(carry_h, 0.0)
            np.copyto(W_1_C_B[:R], W_1)
            np.copyto(W_1_C_B[R : R + N], W_C)
            np.copyto(W_1_C_B[R + N : R + 2*N], W_B)
            # (17) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (18) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, I))
            # (37) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y.reshape(T * B, I), dW_hy)
            # (38) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (36) D̄_skip += ȳ[t] ∘ x[t]
            np.einsum("ijk,ijk->k", dy, x, out=dD_skip)
            for dh_t, dy_t, C_t_t, scratch_4_t, h_next in steps:
                # (19) h̄[t] = ȳ[t] C_t[t]ᵀ + h̄[t+1] ∘ a_h[t+1]
                np.multiply(dy_t[:, :, np.newaxis], C_t_t[:, np.newaxis, :], dh_t)
                # (26) C̄_t[t] = h[t]ᵀ ȳ[t]
                np.matmul(h_next.transpose(0, 2, 1), dy_t[:, :, np.newaxis], scratch_4_t[:, :, np.newaxis])
            # (26) C̄_t[t] = h[t]ᵀ ȳ[t]
            np.copyto(du_delta_dC_t_dB_t[:, :, R : R + N], scratch_4)
            # (33) W̄_C += C̄_t[t] x[t]ᵀ
            np.matmul(du_delta_dC_t_dB_t.reshape(T * B, R + 2*N)[:, R : R + N].T, x.reshape(T * B, I), dW_C)
            for dh_t, a_h_t in steps_2:
                # (19) h̄[t] = ȳ[t] C_t[t]ᵀ + h̄[t+1] ∘ a_h[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (19) what step t gives to h of earlier steps: h̄[t] ∘ a_h[t]
                np.multiply(dh_t, a_h_t, carry_h)
            number_1 = np.array(1.0, dtype)
            for dh_t, B_t_t, ds_h_t, h_t, dz_h_t, a_h_t, x_t, dz_delta_t, delta_t, dB_t_t in steps_3:
                # (20) s̄_h[t] = h̄[t] B_t[t]
                np.matmul(dh_t, B_t_t[:, :, np.newaxis], scratch_2[:, :, np.newaxis])
                np.copyto(ds_h_t, scratch_2)
                # (21) ā_h[t] = h̄[t] ∘ h[t−1]
                np.multiply(dh_t, h_t, da_h)
                # (22) z̄_h[t] = ā_h[t] ∘ a_h[t]
                np.multiply(da_h, a_h_t, dz_h_t)
                # (23) deltā[t] = s̄_h[t] ∘ x[t] + (z̄_h[t] ∘ A) 1
                np.einsum("ijk,jk->ij", dz_h_t, A, out=scratch_3)
                np.multiply(ds_h_t, x_t, ddelta)
                np.add(ddelta, scratch_3, ddelta)
                # (24) z̄_delta[t] = deltā[t] ∘ (1 + (−1) ⊘ exp(delta[t]))
                np.negative(number_1, _1)
                np.exp(delta_t, dz_delta_t)
                np.divide(_1, dz_delta_t, dz_delta_t)
                np.add(number_1, dz_delta_t, dz_delta_t)
                np.multiply(ddelta, dz_delta_t, dz_delta_t)
                # (27) B̄_t[t] = h̄[t]ᵀ s_h[t]
                np.einsum("ikj,ik,ik->ij", dh_t, delta_t, x_t, out=scratch_5)
                np.copyto(dB_t_t, scratch_5)
            # (25) ū_delta[t] = W_2ᵀ z̄_delta[t]
            np.matmul(dz_delta.reshape(T * B, I), W_2, du_delta_dC_t_dB_t.reshape(T * B, R + 2*N)[:, :R])
            # (32) W̄_B += B̄_t[t] x[t]ᵀ
            np.matmul(du_delta_dC_t_dB_t.reshape(T * B, R + 2*N)[:, R + N : R + 2*N].T, x.reshape(T * B, I), dW_B)
            # (34) W̄_2 += z̄_delta[t] u_delta[t]ᵀ
            np.matmul(dz_delta.reshape(T * B, I).T, B_t_C_t_u_delta.reshape(T * B, 2*N + R)[:, 2*N : 2*N + R], dW_2)
            # (35) b̄_delta += z̄_delta[t]
            np.matmul(_ones_T_B, dz_delta.reshape(T * B, I), db_delta)
            for delta_t, dz_h_t in steps_4:
                # (28) Ā += diag(delta[t]) z̄_h[t]
                np.einsum("ij,ijk->jk", delta_t, dz_h_t, out=_I_N)
                np.add(dA, _I_N, dA)
            # (31) W̄_1 += ū_delta[t] x[t]ᵀ
            np.matmul(du_delta_dC_t_dB_t.reshape(T * B, R + 2*N)[:, :R].T, x.reshape(T * B, I), dW_1)
            # (39) x̄[t] = ȳ[t] ∘ D_skip + s̄_h[t] ∘ delta[t] + W_1ᵀ ū_delta[t] + W_Cᵀ C̄_t[t] + W_Bᵀ B̄_t[t]
            np.dot(du_delta_dC_t_dB_t.reshape(T * B, R + 2*N), W_1_C_B, dx.reshape(T * B, I))
            np.multiply(dy, D_skip, _T_B_I)
            np.multiply(ds_h, delta, _T_B_I_1)
            np.add(_T_B_I, _T_B_I_1, _T_B_I)
            np.add(dx, _T_B_I, dx)
            # (40) h̄[0] = h̄[1] ∘ a_h[1]
            np.copyto(dh0, carry_h)
            # (29) ā_A = −Ā
            np.negative(dA, da_A)
            # (30) Ā_log += ā_A ∘ a_A
            np.multiply(da_A, a_A, dA_log)

    return into, run


def loss_and_gradient(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, I, N)  initial state: h before the first step
    y2,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A_log,    # (I, N)     parameter: trained
    W_1,      # (R, I)     parameter: trained
    W_B,      # (N, I)     parameter: trained
    W_C,      # (N, I)     parameter: trained
    W_2,      # (I, R)     parameter: trained
    b_delta,  # (I)        parameter: trained
    D_skip,   # (I)        parameter: trained
    W_hy,     # (O, I)     parameter: trained
    b_y,      # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y2, A_log, W_1, W_B, W_C, W_2, b_delta, D_skip, W_hy, b_y)
    gradients = backward(x, y2, W_1, W_B, W_C, W_2, D_skip, W_hy, kept.h, kept.y, kept.y_hat, kept.a_A, kept.A, kept.B_t_C_t_u_delta, kept.delta, kept.a_h)
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
