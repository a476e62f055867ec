"""gated recurrent unit, reset before the product, z takes the new state with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Chung, Gulcehre, Cho, Bengio, "Empirical evaluation of gated recurrent neural networks on
sequence modeling", 2014, arXiv:1412.3555

    (1)   z_r[t] = W_r x[t] + U_r h[t−1] + b_r
    (2)   r[t] = sigmoid(z_r[t])
    (3)   z_z[t] = W_z x[t] + U_z h[t−1] + b_z
    (4)   z[t] = sigmoid(z_z[t])
    (5)   s_n[t] = r[t] ∘ h[t−1]
    (6)   z_n[t] = W x[t] + U s_n[t] + b
    (7)   n[t] = tanh(z_n[t])
    (8)   h[t] = (1 − z[t]) ∘ h[t−1] + z[t] ∘ n[t]
    (9)   z_y[t] = W_hy h[t] + b_y
    (10)  y_hat[t] = softmax(z_y[t])
    (11)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r   (H, I)     parameter: trained
    U_r   (H, H)     parameter: trained
    b_r   (H)        parameter: trained
    W_z   (H, I)     parameter: trained
    U_z   (H, H)     parameter: trained
    b_z   (H)        parameter: trained
    W     (H, I)     parameter: trained
    U     (H, H)     parameter: trained
    b     (H)        parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    r_z_n: np.ndarray  # (T, B, 3*H)    saved: r, z, n, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_r: np.ndarray   # (H, I)     gradient: with respect to W_r
    dU_r: np.ndarray   # (H, H)     gradient: with respect to U_r
    db_r: np.ndarray   # (H)        gradient: with respect to b_r
    dW_z: np.ndarray   # (H, I)     gradient: with respect to W_z
    dU_z: np.ndarray   # (H, H)     gradient: with respect to U_z
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dW: np.ndarray     # (H, I)     gradient: with respect to W
    dU: np.ndarray     # (H, H)     gradient: with respect to U
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,   # (H, I)     parameter: trained
    U_r,   # (H, H)     parameter: trained
    b_r,   # (H)        parameter: trained
    W_z,   # (H, I)     parameter: trained
    U_z,   # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_r, U_r, b_r, W_z, U_z, b_z, W, U, b, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,   # (H, I)     parameter: trained
    U_r,   # (H, H)     parameter: trained
    b_r,   # (H)        parameter: trained
    W_z,   # (H, I)     parameter: trained
    U_z,   # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    H = h0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_r", W_r, (H, I), dtype)
    _check("U_r", U_r, (H, H), dtype)
    _check("b_r", b_r, (H,), dtype)
    _check("W_z", W_z, (H, I), dtype)
    _check("U_z", U_z, (H, H), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            r_z_n=np.empty((T, B, 3*H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, r_z_n, J = into
    s_n = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_r_W_z_W = np.empty((3*H, I), dtype)
    U_r_z = np.empty((H, 2*H), dtype)
    b_r_z_n = np.empty((2*H,), dtype)
    U_T = np.empty((H, H), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        r_z_n[:, :, :2*H],       # r_z_n_t
        h[0:T],                  # h_t
        r_z_n[:, :, :H],         # r_t
        r_z_n[:, :, 2*H : 3*H],  # n_t
        h[1 : T + 1],            # h_next
        r_z_n[:, :, H : 2*H],    # z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(U_T, U.T)
            np.copyto(h[0], h0)
            np.multiply(0.5, W_r, W_r_W_z_W[:H])
            np.multiply(0.5, W_z, W_r_W_z_W[H : 2*H])
            np.copyto(W_r_W_z_W[2*H : 3*H], W)
            np.multiply(0.5, U_r.T, U_r_z[:, :H])
            np.multiply(0.5, U_z.T, U_r_z[:, H : 2*H])
            np.multiply(0.5, b_r, b_r_z_n[:H])
            np.multiply(0.5, b_z, b_r_z_n[H : 2*H])
            # (1) z_r[t] = W_r x[t] + U_r h[t−1] + b_r
            np.dot(x.reshape(T * B, I), W_r_W_z_W.T, r_z_n.reshape(T * B, 3*H))
            # (1, 3) the terms that are the same in every step
            np.add(r_z_n[:, :, :2*H], b_r_z_n, r_z_n[:, :, :2*H])
            # (6) z_n[t] = W x[t] + U s_n[t] + b
            np.add(r_z_n[:, :, 2*H : 3*H], b, r_z_n[:, :, 2*H : 3*H])
            number_1_2 = np.array(0.5, dtype)
            number_1 = np.array(1.0, dtype)
            for r_z_n_t, h_t, r_t, n_t, h_next, z_t in steps:
                # (1) z_r[t] = W_r x[t] + U_r h[t−1] + b_r
                np.matmul(h_t, U_r_z, _B_2xH)
                np.add(r_z_n_t, _B_2xH, r_z_n_t)
                # (2, 4) r[t] = sigmoid(z_r[t]), z[t] = sigmoid(z_z[t])
                np.tanh(r_z_n_t, r_z_n_t)
                np.multiply(number_1_2, r_z_n_t, r_z_n_t)
                np.add(r_z_n_t, number_1_2, r_z_n_t)
                # (5) s_n[t] = r[t] ∘ h[t−1]
                np.multiply(r_t, h_t, s_n)
                # (6) z_n[t] = W x[t] + U s_n[t] + b
                np.matmul(s_n, U_T, _B_H)
                np.add(n_t, _B_H, n_t)
                # (7) n[t] = tanh(z_n[t])
                np.tanh(n_t, n_t)
                # (8) h[t] = (1 − z[t]) ∘ h[t−1] + z[t] ∘ n[t]
                np.subtract(number_1, z_t, h_next)
                np.multiply(h_next, h_t, h_next)
                np.multiply(z_t, n_t, _B_H)
                np.add(h_next, _B_H, h_next)
            # (9) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (10) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (11) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,    # (H, I)         parameter: trained
    U_r,    # (H, H)         parameter: trained
    W_z,    # (H, I)         parameter: trained
    U_z,    # (H, H)         parameter: trained
    W,      # (H, I)         parameter: trained
    U,      # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    r_z_n,  # (T, B, 3*H)    saved: r, z, n, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_r, U_r, W_z, U_z, W, U, W_hy, h, y_hat, r_z_n)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,    # (H, I)         parameter: trained
    U_r,    # (H, H)         parameter: trained
    W_z,    # (H, I)         parameter: trained
    U_z,    # (H, H)         parameter: trained
    W,      # (H, I)         parameter: trained
    U,      # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    r_z_n,  # (T, B, 3*H)    saved: r, z, n, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_r.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_r", W_r, (H, I), dtype)
    _check("U_r", U_r, (H, H), dtype)
    _check("W_z", W_z, (H, I), dtype)
    _check("U_z", U_z, (H, H), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("r_z_n", r_z_n, (T, B, 3*H), dtype)

    if into is None:
        into = Gradients(
            dW_r=np.empty((H, I), dtype),
            dU_r=np.empty((H, H), dtype),
            db_r=np.empty((H,), dtype),
            dW_z=np.empty((H, I), dtype),
            dU_z=np.empty((H, H), dtype),
            db_z=np.empty((H,), dtype),
            dW=np.empty((H, I), dtype),
            dU=np.empty((H, H), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_r, dU_r, db_r, dW_z, dU_z, db_z, dW, dU, db, dW_hy, db_y, dx, dh0 = into
    s_n_again = np.empty((T, B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_n_z_r = np.empty((T, B, 3*H), dtype)
    ds_n = np.empty((B, H), dtype)
    W_W_z_W_r = np.empty((3*H, I), dtype)
    U_z_r = np.empty((2*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                         # dh_t
        dz_n_z_r[:, :, :H][::-1],         # dz_n_t
        dz_n_z_r[:, :, H : 2*H][::-1],    # dz_z_t
        dz_n_z_r[:, :, 2*H : 3*H][::-1],  # dz_r_t
        dz_n_z_r[:, :, H : 3*H][::-1],    # dz_n_z_r_t
        r_z_n[:, :, H : 2*H][::-1],       # z_t
        r_z_n[:, :, :H][::-1],            # r_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_W_z_W_r[:H], W)
            np.copyto(W_W_z_W_r[H : 2*H], W_z)
            np.copyto(W_W_z_W_r[2*H : 3*H], W_r)
            np.copyto(U_z_r[:H], U_z)
            np.copyto(U_z_r[H : 2*H], U_r)
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (16) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
            np.square(r_z_n[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(r_z_n[:, :, H : 2*H], _T_B_H, dz_n_z_r[:, :, :H])
            # (19) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.negative(h[0:T], _T_B_H)
            np.add(_T_B_H, r_z_n[:, :, 2*H : 3*H], _T_B_H)
            np.multiply(_T_B_H, r_z_n[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, r_z_n[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_n_z_r[:, :, H : 2*H])
            # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(h[0:T], r_z_n[:, :, :H], _T_B_H)
            np.subtract(1.0, r_z_n[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_n_z_r[:, :, 2*H : 3*H])
            # (5) s_n[t] = r[t] ∘ h[t−1]
            np.multiply(r_z_n[:, :, :H], h[0:T], s_n_again)
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1]) + s̄_n[t+1] ∘ r[t+1] + U_zᵀ z̄_z[t+1] + U_rᵀ z̄_r[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (31) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (32) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            number_1 = np.array(1.0, dtype)
            for dh_t, dz_n_t, dz_z_t, dz_r_t, dz_n_z_r_t, z_t, r_t in steps:
                # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1]) + s̄_n[t+1] ∘ r[t+1] + U_zᵀ z̄_z[t+1] + U_rᵀ z̄_r[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (16) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
                np.multiply(dh_t, dz_n_t, dz_n_t)
                # (17) s̄_n[t] = Uᵀ z̄_n[t]
                np.matmul(dz_n_t, U, ds_n)
                # (19) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
                np.multiply(dh_t, dz_z_t, dz_z_t)
                # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
                np.multiply(ds_n, dz_r_t, dz_r_t)
                # (14) what step t gives to h of earlier steps: h̄[t] ∘ (1 − z[t]) + s̄_n[t] ∘ r[t] + U_zᵀ z̄_z[t] + U_rᵀ z̄_r[t]
                np.matmul(dz_n_z_r_t, U_z_r, carry_h)
                np.subtract(number_1, z_t, _B_H)
                np.multiply(dh_t, _B_H, _B_H)
                np.multiply(ds_n, r_t, _B_H_1)
                np.add(_B_H, _B_H_1, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (22) W̄_r += z̄_r[t] x[t]ᵀ
            np.matmul(dz_n_z_r.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_r)
            # (23) Ū_r += z̄_r[t] h[t−1]ᵀ
            np.matmul(dz_n_z_r.reshape(T * B, 3*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dU_r)
            # (24) b̄_r += z̄_r[t]
            np.matmul(_ones_T_B, dz_n_z_r.reshape(T * B, 3*H)[:, 2*H : 3*H], db_r)
            # (25) W̄_z += z̄_z[t] x[t]ᵀ
            np.matmul(dz_n_z_r.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_z)
            # (26) Ū_z += z̄_z[t] h[t−1]ᵀ
            np.matmul(dz_n_z_r.reshape(T * B, 3*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dU_z)
            # (27) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_n_z_r.reshape(T * B, 3*H)[:, H : 2*H], db_z)
            # (28) W̄ += z̄_n[t] x[t]ᵀ
            np.matmul(dz_n_z_r.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), dW)
            # (29) Ū += z̄_n[t] s_n[t]ᵀ
            np.matmul(dz_n_z_r.reshape(T * B, 3*H)[:, :H].T, s_n_again.reshape(T * B, H), dU)
            # (30) b̄ += z̄_n[t]
            np.matmul(_ones_T_B, dz_n_z_r.reshape(T * B, 3*H)[:, :H], db)
            # (33) x̄[t] = Wᵀ z̄_n[t] + W_zᵀ z̄_z[t] + W_rᵀ z̄_r[t]
            np.dot(dz_n_z_r.reshape(T * B, 3*H), W_W_z_W_r, dx.reshape(T * B, I))
            # (34) h̄[0] = h̄[1] ∘ (1 − z[1]) + s̄_n[1] ∘ r[1] + U_zᵀ z̄_z[1] + U_rᵀ z̄_r[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,   # (H, I)     parameter: trained
    U_r,   # (H, H)     parameter: trained
    b_r,   # (H)        parameter: trained
    W_z,   # (H, I)     parameter: trained
    U_z,   # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W,     # (H, I)     parameter: trained
    U,     # (H, H)     parameter: trained
    b,     # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_r, U_r, b_r, W_z, U_z, b_z, W, U, b, W_hy, b_y)
    gradients = backward(x, y, W_r, U_r, W_z, U_z, W, U, W_hy, kept.h, kept.y_hat, kept.r_z_n)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
