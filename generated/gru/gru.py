"""gated recurrent unit, reset after the product, z keeps the old state, as in PyTorch with softmax and cross-entropy:
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
    (8)   h[t] = (1 − z[t]) ∘ n[t] + z[t] ∘ h[t−1]
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

    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    r_z_n = np.empty((T, B, 3*H), dtype)
    u_n = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    W_ir_iz_in = np.empty((3*H, I), dtype)
    W_hr_hz = np.empty((2*H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_2xH = np.empty((B, 2*H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(h[0], h0)
        np.copyto(W_ir_iz_in[:H], W_ir)
        np.copyto(W_ir_iz_in[H : 2*H], W_iz)
        np.copyto(W_ir_iz_in[2*H : 3*H], W_in)
        np.copyto(W_hr_hz[:H], W_hr)
        np.copyto(W_hr_hz[H : 2*H], W_hz)
        # (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
        np.matmul(x.reshape(T * B, I), W_ir_iz_in.T, out=r_z_n.reshape(T * B, 3*H))
        for t in range(T):
            # (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
            np.add(b_ir, b_hr, out=_B_H)
            np.add(r_z_n[t, :, :H], _B_H, out=r_z_n[t, :, :H])
            # (3) z_z[t] = W_iz x[t] + b_iz + W_hz h[t−1] + b_hz
            np.add(b_iz, b_hz, out=_B_H)
            np.add(r_z_n[t, :, H : 2*H], _B_H, out=r_z_n[t, :, H : 2*H])
        for t in range(T):
            # (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
            np.matmul(h[t], W_hr_hz.T, out=_B_2xH)
            np.add(r_z_n[t, :, :2*H], _B_2xH, out=r_z_n[t, :, :2*H])
            # (2) r[t] = sigmoid(z_r[t])
            _sigmoid(r_z_n[t, :, :H], out=r_z_n[t, :, :H])
            # (4) z[t] = sigmoid(z_z[t])
            _sigmoid(r_z_n[t, :, H : 2*H], out=r_z_n[t, :, H : 2*H])
            # (5) u_n[t] = W_hn h[t−1] + b_hn
            np.matmul(h[t], W_hn.T, out=u_n[t])
            np.add(u_n[t], b_hn, out=u_n[t])
            # (6) z_n[t] = W_in x[t] + b_in + r[t] ∘ u_n[t]
            np.multiply(r_z_n[t, :, :H], u_n[t], out=_B_H)
            np.add(b_in, _B_H, out=_B_H)
            np.add(r_z_n[t, :, 2*H : 3*H], _B_H, out=r_z_n[t, :, 2*H : 3*H])
            # (7) n[t] = tanh(z_n[t])
            np.tanh(r_z_n[t, :, 2*H : 3*H], out=r_z_n[t, :, 2*H : 3*H])
            # (8) h[t] = (1 − z[t]) ∘ n[t] + z[t] ∘ h[t−1]
            np.subtract(1.0, r_z_n[t, :, H : 2*H], out=_B_H)
            np.multiply(_B_H, r_z_n[t, :, 2*H : 3*H], out=_B_H)
            np.multiply(r_z_n[t, :, H : 2*H], h[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
        # (9) z_y[t] = W_hy h[t] + b_y
        np.matmul(h[1 : T + 1].reshape(T * B, H), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (9) z_y[t] = W_hy h[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (10) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (11) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (11) J += −y[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(h=h, y_hat=y_hat, r_z_n=r_z_n, u_n=u_n, J=J[()])


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

    dW_ir = np.empty((H, I), dtype)
    db_ir = np.empty((H,), dtype)
    dW_hr = np.empty((H, H), dtype)
    db_hr = np.empty((H,), dtype)
    dW_iz = np.empty((H, I), dtype)
    db_iz = np.empty((H,), dtype)
    dW_hz = np.empty((H, H), dtype)
    db_hz = np.empty((H,), dtype)
    dW_in = np.empty((H, I), dtype)
    db_in = np.empty((H,), dtype)
    dW_hn = np.empty((H, H), dtype)
    db_hn = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dn = np.empty((B, H), dtype)
    dz_n_dz_z_dz_r_du_n = np.empty((T, B, 4*H), dtype)
    dz = np.empty((B, H), dtype)
    dr = np.empty((B, H), dtype)
    W_in_iz_ir = np.empty((3*H, I), dtype)
    W_hz_hr_hn = np.empty((3*H, H), dtype)
    _B_H = np.empty((B, H), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_h, 0.0)
        np.copyto(W_in_iz_ir[:H], W_in)
        np.copyto(W_in_iz_ir[H : 2*H], W_iz)
        np.copyto(W_in_iz_ir[2*H : 3*H], W_ir)
        np.copyto(W_hz_hr_hn[:H], W_hz)
        np.copyto(W_hz_hr_hn[H : 2*H], W_hr)
        np.copyto(W_hz_hr_hn[2*H : 3*H], W_hn)
        for t in reversed(range(T)):
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y[t])
        # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + W_hnᵀ ū_n[t+1] + W_hzᵀ z̄_z[t+1] + W_hrᵀ z̄_r[t+1]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dh.reshape(T * B, H))
        # (34) W̄_hy += z̄_y[t] h[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), out=dW_hy)
        # (35) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        for t in reversed(range(T)):
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + W_hnᵀ ū_n[t+1] + W_hzᵀ z̄_z[t+1] + W_hrᵀ z̄_r[t+1]
            np.add(dh[t], carry_h, out=dh[t])
            # (15) n̄[t] = h̄[t] ∘ (1 − z[t])
            np.subtract(1.0, r_z_n[t, :, H : 2*H], out=dn)
            np.multiply(dh[t], dn, out=dn)
            # (16) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
            np.square(r_z_n[t, :, 2*H : 3*H], out=dz_n_dz_z_dz_r_du_n[t, :, :H])
            np.subtract(1.0, dz_n_dz_z_dz_r_du_n[t, :, :H], out=dz_n_dz_z_dz_r_du_n[t, :, :H])
            np.multiply(dn, dz_n_dz_z_dz_r_du_n[t, :, :H], out=dz_n_dz_z_dz_r_du_n[t, :, :H])
            # (17) ū_n[t] = z̄_n[t] ∘ r[t]
            np.multiply(dz_n_dz_z_dz_r_du_n[t, :, :H], r_z_n[t, :, :H], out=dz_n_dz_z_dz_r_du_n[t, :, 3*H : 4*H])
            # (18) z̄[t] = −h̄[t] ∘ n[t] + h̄[t] ∘ h[t−1]
            np.multiply(dh[t], r_z_n[t, :, 2*H : 3*H], out=dz)
            np.negative(dz, out=dz)
            np.multiply(dh[t], h[t], out=_B_H)
            np.add(dz, _B_H, out=dz)
            # (19) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.multiply(dz, r_z_n[t, :, H : 2*H], out=dz_n_dz_z_dz_r_du_n[t, :, H : 2*H])
            np.subtract(1.0, r_z_n[t, :, H : 2*H], out=_B_H)
            np.multiply(dz_n_dz_z_dz_r_du_n[t, :, H : 2*H], _B_H, out=dz_n_dz_z_dz_r_du_n[t, :, H : 2*H])
            # (20) r̄[t] = z̄_n[t] ∘ u_n[t]
            np.multiply(dz_n_dz_z_dz_r_du_n[t, :, :H], u_n[t], out=dr)
            # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(dr, r_z_n[t, :, :H], out=dz_n_dz_z_dz_r_du_n[t, :, 2*H : 3*H])
            np.subtract(1.0, r_z_n[t, :, :H], out=_B_H)
            np.multiply(dz_n_dz_z_dz_r_du_n[t, :, 2*H : 3*H], _B_H, out=dz_n_dz_z_dz_r_du_n[t, :, 2*H : 3*H])
            # (14) what step t gives to h of earlier steps: h̄[t] ∘ z[t] + W_hnᵀ ū_n[t] + W_hzᵀ z̄_z[t] + W_hrᵀ z̄_r[t]
            np.matmul(dz_n_dz_z_dz_r_du_n[t, :, H : 4*H], W_hz_hr_hn, out=carry_h)
            np.multiply(dh[t], r_z_n[t, :, H : 2*H], out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (22) W̄_ir += z̄_r[t] x[t]ᵀ
        np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), out=dW_ir)
        # (23) b̄_ir += z̄_r[t]
        np.sum(dz_n_dz_z_dz_r_du_n[:, :, 2*H : 3*H], axis=(0, 1), out=db_ir)
        # (24) W̄_hr += z̄_r[t] h[t−1]ᵀ
        np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 2*H : 3*H].T, h[0:T].reshape(T * B, H), out=dW_hr)
        # (26) W̄_iz += z̄_z[t] x[t]ᵀ
        np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, H : 2*H].T, x.reshape(T * B, I), out=dW_iz)
        # (27) b̄_iz += z̄_z[t]
        np.sum(dz_n_dz_z_dz_r_du_n[:, :, H : 2*H], axis=(0, 1), out=db_iz)
        # (28) W̄_hz += z̄_z[t] h[t−1]ᵀ
        np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, H : 2*H].T, h[0:T].reshape(T * B, H), out=dW_hz)
        # (30) W̄_in += z̄_n[t] x[t]ᵀ
        np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, :H].T, x.reshape(T * B, I), out=dW_in)
        # (31) b̄_in += z̄_n[t]
        np.sum(dz_n_dz_z_dz_r_du_n[:, :, :H], axis=(0, 1), out=db_in)
        # (32) W̄_hn += ū_n[t] h[t−1]ᵀ
        np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, 3*H : 4*H].T, h[0:T].reshape(T * B, H), out=dW_hn)
        # (33) b̄_hn += ū_n[t]
        np.sum(dz_n_dz_z_dz_r_du_n[:, :, 3*H : 4*H], axis=(0, 1), out=db_hn)
        # (36) x̄[t] = W_inᵀ z̄_n[t] + W_izᵀ z̄_z[t] + W_irᵀ z̄_r[t]
        np.matmul(dz_n_dz_z_dz_r_du_n.reshape(T * B, 4*H)[:, :3*H], W_in_iz_ir, out=dx.reshape(T * B, I))
        # (37) h̄[0] = h̄[1] ∘ z[1] + W_hnᵀ ū_n[1] + W_hzᵀ z̄_z[1] + W_hrᵀ z̄_r[1]
        np.copyto(dh0, carry_h)
        np.copyto(db_hr, db_ir)
        np.copyto(db_hz, db_iz)
    return Gradients(dW_ir=dW_ir, db_ir=db_ir, dW_hr=dW_hr, db_hr=db_hr, dW_iz=dW_iz, db_iz=db_iz, dW_hz=dW_hz, db_hz=db_hz, dW_in=dW_in, db_in=db_in, dW_hn=dW_hn, db_hn=db_hn, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0)


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


def _sigmoid(x, out):
    """Write 1/(1 + e^−x). Where e^−x exceeds all numbers, 1/∞ = 0 is the result."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)
