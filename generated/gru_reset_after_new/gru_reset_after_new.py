"""gated recurrent unit, reset after the product, z takes the new state with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014,
arXiv:1406.1078v1

    (1)   z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
    (2)   r[t] = sigmoid(z_r[t])
    (3)   z_z[t] = W_iz x[t] + b_iz + W_hz h[t−1] + b_hz
    (4)   z[t] = sigmoid(z_z[t])
    (5)   u_n[t] = W_hn h[t−1] + b_hn
    (6)   z_n[t] = W_in x[t] + b_in + r[t] ∘ u_n[t]
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
    W_ir  (H, I)     parameter: trained
    b_ir  (H)        parameter: trained
    W_hr  (H, H)     parameter: trained
    b_hr  (H)        parameter: trained
    W_iz  (H, I)     parameter: trained
    b_iz  (H)        parameter: trained
    W_hz  (H, H)     parameter: trained
    b_hz  (H)        parameter: trained
    W_in  (H, I)     parameter: trained
    b_in  (H)        parameter: trained
    W_hn  (H, H)     parameter: trained
    b_hn  (H)        parameter: trained
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
    u_n: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_ir: np.ndarray  # (H, I)     gradient: with respect to W_ir
    db_ir: np.ndarray  # (H)        gradient: with respect to b_ir
    dW_hr: np.ndarray  # (H, H)     gradient: with respect to W_hr
    db_hr: np.ndarray  # (H)        gradient: with respect to b_hr
    dW_iz: np.ndarray  # (H, I)     gradient: with respect to W_iz
    db_iz: np.ndarray  # (H)        gradient: with respect to b_iz
    dW_hz: np.ndarray  # (H, H)     gradient: with respect to W_hz
    db_hz: np.ndarray  # (H)        gradient: with respect to b_hz
    dW_in: np.ndarray  # (H, I)     gradient: with respect to W_in
    db_in: np.ndarray  # (H)        gradient: with respect to b_in
    dW_hn: np.ndarray  # (H, H)     gradient: with respect to W_hn
    db_hn: np.ndarray  # (H)        gradient: with respect to b_hn
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir,  # (H, I)     parameter: trained
    b_ir,  # (H)        parameter: trained
    W_hr,  # (H, H)     parameter: trained
    b_hr,  # (H)        parameter: trained
    W_iz,  # (H, I)     parameter: trained
    b_iz,  # (H)        parameter: trained
    W_hz,  # (H, H)     parameter: trained
    b_hz,  # (H)        parameter: trained
    W_in,  # (H, I)     parameter: trained
    b_in,  # (H)        parameter: trained
    W_hn,  # (H, H)     parameter: trained
    b_hn,  # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_ir, b_ir, W_hr, b_hr, W_iz, b_iz, W_hz, b_hz, W_in, b_in, W_hn, b_hn, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir,  # (H, I)     parameter: trained
    b_ir,  # (H)        parameter: trained
    W_hr,  # (H, H)     parameter: trained
    b_hr,  # (H)        parameter: trained
    W_iz,  # (H, I)     parameter: trained
    b_iz,  # (H)        parameter: trained
    W_hz,  # (H, H)     parameter: trained
    b_hz,  # (H)        parameter: trained
    W_in,  # (H, I)     parameter: trained
    b_in,  # (H)        parameter: trained
    W_hn,  # (H, H)     parameter: trained
    b_hn,  # (H)        parameter: trained
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
    _check("W_ir", W_ir, (H, I), dtype)
    _check("b_ir", b_ir, (H,), dtype)
    _check("W_hr", W_hr, (H, H), dtype)
    _check("b_hr", b_hr, (H,), dtype)
    _check("W_iz", W_iz, (H, I), dtype)
    _check("b_iz", b_iz, (H,), dtype)
    _check("W_hz", W_hz, (H, H), dtype)
    _check("b_hz", b_hz, (H,), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("b_in", b_in, (H,), dtype)
    _check("W_hn", W_hn, (H, H), dtype)
    _check("b_hn", b_hn, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            r_z_n=np.empty((T, B, 3*H), dtype),
            u_n=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, r_z_n, u_n, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_ir_iz_in = np.empty((3*H, I), dtype)
    W_hr_hz = np.empty((H, 2*H), dtype)
    b_r_z_n = np.empty((2*H,), dtype)
    W_hn_T = np.empty((H, H), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        r_z_n[:, :, :2*H],       # r_z_n_t
        h[0:T],                  # h_t
        u_n,                     # u_n_t
        r_z_n[:, :, 2*H : 3*H],  # n_t
        r_z_n[:, :, :H],         # r_t
        h[1 : T + 1],            # h_next
        r_z_n[:, :, H : 2*H],    # z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_hn_T, W_hn.T)
            np.copyto(h[0], h0)
            np.multiply(0.5, W_ir, W_ir_iz_in[:H])
            np.multiply(0.5, W_iz, W_ir_iz_in[H : 2*H])
            np.copyto(W_ir_iz_in[2*H : 3*H], W_in)
            np.multiply(0.5, W_hr.T, W_hr_hz[:, :H])
            np.multiply(0.5, W_hz.T, W_hr_hz[:, H : 2*H])
            np.add(b_ir, b_hr, b_r_z_n[:H])
            np.multiply(0.5, b_r_z_n[:H], b_r_z_n[:H])
            np.add(b_iz, b_hz, b_r_z_n[H : 2*H])
            np.multiply(0.5, b_r_z_n[H : 2*H], b_r_z_n[H : 2*H])
            # (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
            np.dot(x.reshape(T * B, I), W_ir_iz_in.T, r_z_n.reshape(T * B, 3*H))
            # (1, 3) the terms that are the same in every step
            np.add(r_z_n[:, :, :2*H], b_r_z_n, r_z_n[:, :, :2*H])
            b_hn_row = b_hn[np.newaxis]
            b_in_row = b_in[np.newaxis]
            number_1_2 = np.array(0.5, dtype)
            number_1 = np.array(1.0, dtype)
            for r_z_n_t, h_t, u_n_t, n_t, r_t, h_next, z_t in steps:
                # (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
                np.matmul(h_t, W_hr_hz, _B_2xH)
                np.add(r_z_n_t, _B_2xH, r_z_n_t)
                # (2, 4) r[t] = sigmoid(z_r[t]), z[t] = sigmoid(z_z[t])
                np.tanh(r_z_n_t, r_z_n_t)
                np.multiply(number_1_2, r_z_n_t, r_z_n_t)
                np.add(r_z_n_t, number_1_2, r_z_n_t)
                # (5) u_n[t] = W_hn h[t−1] + b_hn
                np.dot(h_t, W_hn_T, u_n_t)
                np.add(u_n_t, b_hn_row, u_n_t)
                # (6) z_n[t] = W_in x[t] + b_in + r[t] ∘ u_n[t]
                np.multiply(r_t, u_n_t, _B_H)
                np.add(b_in_row, _B_H, _B_H)
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
    W_ir,   # (H, I)         parameter: trained
    W_hr,   # (H, H)         parameter: trained
    W_iz,   # (H, I)         parameter: trained
    W_hz,   # (H, H)         parameter: trained
    W_in,   # (H, I)         parameter: trained
    W_hn,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    r_z_n,  # (T, B, 3*H)    saved: r, z, n, side by side
    u_n,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_ir, W_hr, W_iz, W_hz, W_in, W_hn, W_hy, h, y_hat, r_z_n, u_n)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir,   # (H, I)         parameter: trained
    W_hr,   # (H, H)         parameter: trained
    W_iz,   # (H, I)         parameter: trained
    W_hz,   # (H, H)         parameter: trained
    W_in,   # (H, I)         parameter: trained
    W_hn,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    r_z_n,  # (T, B, 3*H)    saved: r, z, n, side by side
    u_n,    # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_ir.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_ir", W_ir, (H, I), dtype)
    _check("W_hr", W_hr, (H, H), dtype)
    _check("W_iz", W_iz, (H, I), dtype)
    _check("W_hz", W_hz, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("W_hn", W_hn, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("r_z_n", r_z_n, (T, B, 3*H), dtype)
    _check("u_n", u_n, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_ir=np.empty((H, I), dtype),
            db_ir=np.empty((H,), dtype),
            dW_hr=np.empty((H, H), dtype),
            db_hr=np.empty((H,), dtype),
            dW_iz=np.empty((H, I), dtype),
            db_iz=np.empty((H,), dtype),
            dW_hz=np.empty((H, H), dtype),
            db_hz=np.empty((H,), dtype),
            dW_in=np.empty((H, I), dtype),
            db_in=np.empty((H,), dtype),
            dW_hn=np.empty((H, H), dtype),
            db_hn=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_ir, db_ir, dW_hr, db_hr, dW_iz, db_iz, dW_hz, db_hz, dW_in, db_in, dW_hn, db_hn, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_n_dz_z_dz_r_du_n = np.empty((T, B, 4*H), dtype)
    W_in_iz_ir = np.empty((3*H, I), dtype)
    W_hz_hr_hn = np.empty((3*H, H), dtype)
    factor_carry_h = np.empty((T, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                                    # dh_t
        dz_n_dz_z_dz_r_du_n[:, :, :H][::-1],         # dz_n_t
        dz_n_dz_z_dz_r_du_n[:, :, 3*H : 4*H][::-1],  # du_n_t
        r_z_n[:, :, :H][::-1],                       # r_t
        dz_n_dz_z_dz_r_du_n[:, :, H : 2*H][::-1],    # dz_z_t
        dz_n_dz_z_dz_r_du_n[:, :, 2*H : 3*H][::-1],  # dz_r_t
        dz_n_dz_z_dz_r_du_n[:, :, H : 4*H][::-1],    # dz_n_dz_z_dz_r_du_n_t
        factor_carry_h[::-1],                        # factor_carry_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_in_iz_ir[:H], W_in)
            np.copyto(W_in_iz_ir[H : 2*H], W_iz)
            np.copyto(W_in_iz_ir[2*H : 3*H], W_ir)
            np.copyto(W_hz_hr_hn[:H], W_hz)
            np.copyto(W_hz_hr_hn[H : 2*H], W_hr)
            np.copyto(W_hz_hr_hn[2*H : 3*H], W_hn)
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (16) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
            np.square(r_z_n[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(r_z_n[:, :, H : 2*H], _T_B_H, dz_n_dz_z_dz_r_du_n[:, :, :H])
            # (19) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.negative(h[0:T], _T_B_H)
            np.add(_T_B_H, r_z_n[:, :, 2*H : 3*H], _T_B_H)
            np.multiply(_T_B_H, r_z_n[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, r_z_n[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_n_dz_z_dz_r_du_n[:, :, H : 2*H])
            # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(u_n, r_z_n[:, :, :H], _T_B_H)
            np.subtract(1.0, r_z_n[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_n_dz_z_dz_r_du_n[:, :, 2*H : 3*H])
            # (14) what step t gives to h of earlier steps: h̄[t] ∘ (1 − z[t]) + W_hnᵀ ū_n[t] + W_hzᵀ z̄_z[t] + W_hrᵀ z̄_r[t]
            np.subtract(1.0, r_z_n[:, :, H : 2*H], factor_carry_h)
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1]) + W_hnᵀ ū_n[t+1] + W_hzᵀ z̄_z[t+1] + W_hrᵀ z̄_r[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (34) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (35) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            for dh_t, dz_n_t, du_n_t, r_t, dz_z_t, dz_r_t, dz_n_dz_z_dz_r_du_n_t, factor_carry_h_t in steps:
                # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1]) + W_hnᵀ ū_n[t+1] + W_hzᵀ z̄_z[t+1] + W_hrᵀ z̄_r[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (16) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
                np.multiply(dh_t, dz_n_t, dz_n_t)
                # (17) ū_n[t] = z̄_n[t] ∘ r[t]
                np.multiply(dz_n_t, r_t, du_n_t)
                # (19) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
                np.multiply(dh_t, dz_z_t, dz_z_t)
                # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
                np.multiply(dz_n_t, dz_r_t, dz_r_t)
                # (14) what step t gives to h of earlier steps: h̄[t] ∘ (1 − z[t]) + W_hnᵀ ū_n[t] + W_hzᵀ z̄_z[t] + W_hrᵀ z̄_r[t]
                np.matmul(dz_n_dz_z_dz_r_du_n_t, W_hz_hr_hn, carry_h)
                np.multiply(dh_t, factor_carry_h_t, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (22) W̄_ir += z̄_r[t] x[t]ᵀ
            np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_ir)
            # (23) b̄_ir += z̄_r[t]
            np.matmul(_ones_T_B, dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 2*H : 3*H], db_ir)
            # (24) W̄_hr += z̄_r[t] h[t−1]ᵀ
            np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), dW_hr)
            # (26) W̄_iz += z̄_z[t] x[t]ᵀ
            np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_iz)
            # (27) b̄_iz += z̄_z[t]
            np.matmul(_ones_T_B, dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, H : 2*H], db_iz)
            # (28) W̄_hz += z̄_z[t] h[t−1]ᵀ
            np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), dW_hz)
            # (30) W̄_in += z̄_n[t] x[t]ᵀ
            np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), dW_in)
            # (31) b̄_in += z̄_n[t]
            np.matmul(_ones_T_B, dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, :H], db_in)
            # (32) W̄_hn += ū_n[t] h[t−1]ᵀ
            np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, H), dW_hn)
            # (33) b̄_hn += ū_n[t]
            np.matmul(_ones_T_B, dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 3*H : 4*H], db_hn)
            # (36) x̄[t] = W_inᵀ z̄_n[t] + W_izᵀ z̄_z[t] + W_irᵀ z̄_r[t]
            np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, :3*H], W_in_iz_ir, dx.reshape(T * B, I))
            # (37) h̄[0] = h̄[1] ∘ (1 − z[1]) + W_hnᵀ ū_n[1] + W_hzᵀ z̄_z[1] + W_hrᵀ z̄_r[1]
            np.copyto(dh0, carry_h)
            np.copyto(db_hr, db_ir)
            np.copyto(db_hz, db_iz)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ir,  # (H, I)     parameter: trained
    b_ir,  # (H)        parameter: trained
    W_hr,  # (H, H)     parameter: trained
    b_hr,  # (H)        parameter: trained
    W_iz,  # (H, I)     parameter: trained
    b_iz,  # (H)        parameter: trained
    W_hz,  # (H, H)     parameter: trained
    b_hz,  # (H)        parameter: trained
    W_in,  # (H, I)     parameter: trained
    b_in,  # (H)        parameter: trained
    W_hn,  # (H, H)     parameter: trained
    b_hn,  # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_ir, b_ir, W_hr, b_hr, W_iz, b_iz, W_hz, b_hz, W_in, b_in, W_hn, b_hn, W_hy, b_y)
    gradients = backward(x, y, W_ir, W_hr, W_iz, W_hz, W_in, W_hn, W_hy, kept.h, kept.y_hat, kept.r_z_n, kept.u_n)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
