"""structurally constrained recurrent network with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Mikolov, Joulin, Chopra, Mathieu, Ranzato, "Learning longer memory in recurrent neural
networks", 2014, arXiv:1412.7753

    (1)  u_s[t] = B_x x[t]
    (2)  s[t] = (1 − alpha) u_s[t] + alpha s[t−1]
    (3)  z_h[t] = P_s s[t] + A x[t] + R h[t−1]
    (4)  h[t] = sigmoid(z_h[t])
    (5)  y[t] = U h[t] + V s[t]
    (6)  z_y[t] = W_hy y[t] + b_y
    (7)  y_hat[t] = softmax(z_y[t])
    (8)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T   steps
    B   sequences in the batch
    I   entries of x
    P   entries of s
    H   entries of h
    O   entries of U
    O2  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x      (T, B, I)   input: of every step
    s0     (B, P)      initial state: s before the first step
    h0     (B, H)      initial state: h before the first step
    y2     (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A      (H, I)      parameter: trained
    U      (O, H)      parameter: trained
    B_x    (P, I)      parameter: trained
    P_s    (H, P)      parameter: trained
    R      (H, H)      parameter: trained
    V      (O, P)      parameter: trained
    W_hy   (O2, O)     parameter: trained
    b_y    (O2)        parameter: trained
    alpha  ()          parameter: constant: it has no gradient; usually 0.95

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    s: np.ndarray      # (T + 1, B, P)  output: state; the first is initial
    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y: np.ndarray      # (T, B, O)      output: of every step
    y_hat: np.ndarray  # (T, B, O2)     output: of every step
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dA: np.ndarray     # (H, I)     gradient: with respect to A
    dU: np.ndarray     # (O, H)     gradient: with respect to U
    dB_x: np.ndarray   # (P, I)     gradient: with respect to B_x
    dP_s: np.ndarray   # (H, P)     gradient: with respect to P_s
    dR: np.ndarray     # (H, H)     gradient: with respect to R
    dV: np.ndarray     # (O, P)     gradient: with respect to V
    dW_hy: np.ndarray  # (O2, O)    gradient: with respect to W_hy
    db_y: np.ndarray   # (O2)       gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    ds0: np.ndarray    # (B, P)     gradient: with respect to s0
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,      # (T, B, I)   input: of every step
    s0,     # (B, P)      initial state: s before the first step
    h0,     # (B, H)      initial state: h before the first step
    y2,     # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)      parameter: trained
    U,      # (O, H)      parameter: trained
    B_x,    # (P, I)      parameter: trained
    P_s,    # (H, P)      parameter: trained
    R,      # (H, H)      parameter: trained
    V,      # (O, P)      parameter: trained
    W_hy,   # (O2, O)     parameter: trained
    b_y,    # (O2)        parameter: trained
    alpha,  # ()          parameter: constant: it has no gradient; usually 0.95
):
    """Compute every step."""
    kept, run = bind_forward(x, s0, h0, y2, A, U, B_x, P_s, R, V, W_hy, b_y, alpha)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,      # (T, B, I)   input: of every step
    s0,     # (B, P)      initial state: s before the first step
    h0,     # (B, H)      initial state: h before the first step
    y2,     # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)      parameter: trained
    U,      # (O, H)      parameter: trained
    B_x,    # (P, I)      parameter: trained
    P_s,    # (H, P)      parameter: trained
    R,      # (H, H)      parameter: trained
    V,      # (O, P)      parameter: trained
    W_hy,   # (O2, O)     parameter: trained
    b_y,    # (O2)        parameter: trained
    alpha,  # ()          parameter: constant: it has no gradient; usually 0.95
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    P = s0.shape[1]
    H = h0.shape[1]
    O2 = y2.shape[2]
    O = U.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("s0", s0, (B, P), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("A", A, (H, I), dtype)
    _check("U", U, (O, H), dtype)
    _check("B_x", B_x, (P, I), dtype)
    _check("P_s", P_s, (H, P), dtype)
    _check("R", R, (H, H), dtype)
    _check("V", V, (O, P), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("b_y", b_y, (O2,), dtype)
    _check("alpha", alpha, (), dtype)

    if into is None:
        into = Kept(
            s=np.empty((T + 1, B, P), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y=np.empty((T, B, O), dtype),
            y_hat=np.empty((T, B, O2), dtype),
            J=np.empty((), dtype),
        )
    s, h, y, y_hat, J = into
    z_y = np.empty((T, B, O2), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    P_s_T = np.empty((P, H), dtype)
    A_T = np.empty((I, H), dtype)
    R_T = np.empty((H, H), dtype)
    _1 = np.empty((), dtype)
    _B_P = np.empty((B, P), dtype)
    _B_P_1 = np.empty((B, P), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    steps = list(zip(
        s[1 : T + 1],  # s_next
        s[0:T],        # s_t
        h[1 : T + 1],  # h_next
        x,             # x_t
        h[0:T],        # h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(R_T, R.T)
            np.copyto(A_T, A.T)
            np.copyto(P_s_T, P_s.T)
            np.copyto(s[0], s0)
            np.copyto(h[0], h0)
            # (1) u_s[t] = B_x x[t]
            np.dot(x.reshape(T * B, I), B_x.T, s[1 : T + 1].reshape(T * B, P))
            number_1 = np.array(1.0, dtype)
            for s_next, s_t, h_next, x_t, h_t in steps:
                # (2) s[t] = (1 − alpha) u_s[t] + alpha s[t−1]
                np.subtract(number_1, alpha, _1)
                np.multiply(_1, s_next, _B_P)
                np.multiply(alpha, s_t, _B_P_1)
                np.add(_B_P, _B_P_1, s_next)
                # (3) z_h[t] = P_s s[t] + A x[t] + R h[t−1]
                np.dot(s_next, P_s_T, h_next)
                np.dot(x_t, A_T, _B_H)
                np.add(h_next, _B_H, h_next)
                np.dot(h_t, R_T, _B_H)
                np.add(h_next, _B_H, h_next)
                # (4) h[t] = sigmoid(z_h[t])
                _sigmoid(h_next, h_next)
            # (5) y[t] = U h[t] + V s[t]
            np.dot(h[1 : T + 1].reshape(T * B, H), U.T, y.reshape(T * B, O))
            np.dot(s[1 : T + 1].reshape(T * B, P), V.T, _T_B_O.reshape(T * B, O))
            np.add(y, _T_B_O, y)
            # (6) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, O), W_hy.T, z_y.reshape(T * B, O2))
            np.add(z_y, b_y, z_y)
            # (7) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (8) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O2)
            np.subtract(_T_B_O2, log_total[:, :, np.newaxis], _T_B_O2)
            np.multiply(y2, _T_B_O2, _T_B_O2)
            np.negative(_T_B_O2, _T_B_O2)
            np.add.reduce(_T_B_O2, axis=None, out=J)

    return into, run


def backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)         parameter: trained
    U,      # (O, H)         parameter: trained
    B_x,    # (P, I)         parameter: trained
    P_s,    # (H, P)         parameter: trained
    R,      # (H, H)         parameter: trained
    V,      # (O, P)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    alpha,  # ()             parameter: constant: it has no gradient; usually 0.95
    s,      # (T + 1, B, P)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y,      # (T, B, O)      output: of every step
    y_hat,  # (T, B, O2)     output: of every step
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, A, U, B_x, P_s, R, V, W_hy, alpha, s, h, y, y_hat)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)         parameter: trained
    U,      # (O, H)         parameter: trained
    B_x,    # (P, I)         parameter: trained
    P_s,    # (H, P)         parameter: trained
    R,      # (H, H)         parameter: trained
    V,      # (O, P)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    alpha,  # ()             parameter: constant: it has no gradient; usually 0.95
    s,      # (T + 1, B, P)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y,      # (T, B, O)      output: of every step
    y_hat,  # (T, B, O2)     output: of every step
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O2 = y2.shape[2]
    H = A.shape[0]
    O = U.shape[0]
    P = B_x.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("A", A, (H, I), dtype)
    _check("U", U, (O, H), dtype)
    _check("B_x", B_x, (P, I), dtype)
    _check("P_s", P_s, (H, P), dtype)
    _check("R", R, (H, H), dtype)
    _check("V", V, (O, P), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("alpha", alpha, (), dtype)
    _check("s", s, (T + 1, B, P), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("y_hat", y_hat, (T, B, O2), dtype)

    if into is None:
        into = Gradients(
            dA=np.empty((H, I), dtype),
            dU=np.empty((O, H), dtype),
            dB_x=np.empty((P, I), dtype),
            dP_s=np.empty((H, P), dtype),
            dR=np.empty((H, H), dtype),
            dV=np.empty((O, P), dtype),
            dW_hy=np.empty((O2, O), dtype),
            db_y=np.empty((O2,), dtype),
            dx=np.empty((T, B, I), dtype),
            ds0=np.empty((B, P), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dA, dU, dB_x, dP_s, dR, dV, dW_hy, db_y, dx, ds0, dh0 = into
    carry_s = np.empty((B, P), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O2), dtype)
    dy = np.empty((T, B, O), dtype)
    dh_ds = np.empty((T, B, H + P), dtype)
    dz_h_du_s = np.empty((T, B, H + P), dtype)
    U_V = np.empty((O, H + P), dtype)
    A_B_x = np.empty((H + P, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_P = np.empty((B, P), dtype)
    _1 = np.empty((), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh_ds[:, :, :H][::-1],         # dh_t
        dz_h_du_s[:, :, :H][::-1],     # dz_h_t
        dh_ds[:, :, H : H + P][::-1],  # ds_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_s, 0.0)
            np.copyto(carry_h, 0.0)
            np.copyto(U_V[:, :H], U)
            np.copyto(U_V[:, H : H + P], V)
            np.copyto(A_B_x[:H], A)
            np.copyto(A_B_x[H : H + P], B_x)
            # (10) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (13) z̄_h[t] = h̄[t] ∘ h[t] ∘ (1 − h[t])
            np.subtract(1.0, h[1 : T + 1], _T_B_H)
            np.multiply(h[1 : T + 1], _T_B_H, dz_h_du_s[:, :, :H])
            # (11) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O2), W_hy, dy.reshape(T * B, O))
            # (22) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O2).T, y.reshape(T * B, O), dW_hy)
            # (23) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O2), db_y)
            # (12) h̄[t] = Uᵀ ȳ[t] + Rᵀ z̄_h[t+1]
            np.dot(dy.reshape(T * B, O), U_V, dh_ds.reshape(T * B, H + P))
            # (17) Ū += ȳ[t] h[t]ᵀ
            np.dot(dy.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dU)
            # (21) V̄ += ȳ[t] s[t]ᵀ
            np.dot(dy.reshape(T * B, O).T, s[1 : T + 1].reshape(T * B, P), dV)
            for dh_t, dz_h_t, ds_t in steps:
                # (12) h̄[t] = Uᵀ ȳ[t] + Rᵀ z̄_h[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (13) z̄_h[t] = h̄[t] ∘ h[t] ∘ (1 − h[t])
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (14) s̄[t] = Vᵀ ȳ[t] + P_sᵀ z̄_h[t] + alpha s̄[t+1]
                np.matmul(dz_h_t, P_s, _B_P)
                np.add(ds_t, _B_P, ds_t)
                np.add(ds_t, carry_s, ds_t)
                # (12) what step t gives to h of earlier steps: Rᵀ z̄_h[t]
                np.matmul(dz_h_t, R, carry_h)
                # (14) what step t gives to s of earlier steps: alpha s̄[t]
                np.multiply(alpha, ds_t, carry_s)
            # (16) Ā += z̄_h[t] x[t]ᵀ
            np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, :H].T, x.reshape(T * B, I), dA)
            # (19) P̄_s += z̄_h[t] s[t]ᵀ
            np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, :H].T, s[1 : T + 1].reshape(T * B, P), dP_s)
            # (20) R̄ += z̄_h[t] h[t−1]ᵀ
            np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, :H].T, h[0:T].reshape(T * B, H), dR)
            # (15) ū_s[t] = (1 − alpha) s̄[t]
            np.subtract(1.0, alpha, _1)
            np.multiply(_1, dh_ds[:, :, H : H + P], dz_h_du_s[:, :, H : H + P])
            # (18) B̄_x += ū_s[t] x[t]ᵀ
            np.matmul(dz_h_du_s.reshape(T * B, H + P)[:, H : H + P].T, x.reshape(T * B, I), dB_x)
            # (24) x̄[t] = Aᵀ z̄_h[t] + B_xᵀ ū_s[t]
            np.dot(dz_h_du_s.reshape(T * B, H + P), A_B_x, dx.reshape(T * B, I))
            # (25) s̄[0] = alpha s̄[1]
            np.copyto(ds0, carry_s)
            # (26) h̄[0] = Rᵀ z̄_h[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,      # (T, B, I)   input: of every step
    s0,     # (B, P)      initial state: s before the first step
    h0,     # (B, H)      initial state: h before the first step
    y2,     # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    A,      # (H, I)      parameter: trained
    U,      # (O, H)      parameter: trained
    B_x,    # (P, I)      parameter: trained
    P_s,    # (H, P)      parameter: trained
    R,      # (H, H)      parameter: trained
    V,      # (O, P)      parameter: trained
    W_hy,   # (O2, O)     parameter: trained
    b_y,    # (O2)        parameter: trained
    alpha,  # ()          parameter: constant: it has no gradient; usually 0.95
):
    """Return the loss and its gradients."""
    kept = forward(x, s0, h0, y2, A, U, B_x, P_s, R, V, W_hy, b_y, alpha)
    gradients = backward(x, y2, A, U, B_x, P_s, R, V, W_hy, alpha, kept.s, kept.h, kept.y, kept.y_hat)
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
