"""MUT1, the first mutation of the architecture search with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Jozefowicz, Zaremba, Sutskever, "An empirical exploration of recurrent network
architectures", ICML 2015

    (1)   z_z[t] = W_xz x[t] + b_z
    (2)   z[t] = sigmoid(z_z[t])
    (3)   z_r[t] = W_xr x[t] + W_hr h[t−1] + b_r
    (4)   r[t] = sigmoid(z_r[t])
    (5)   s_h[t] = r[t] ∘ h[t−1]
    (6)   a_h[t] = tanh(x[t])
    (7)   z_h[t] = W_hh s_h[t] + a_h[t] + b_h
    (8)   a2_h[t] = tanh(z_h[t])
    (9)   h[t] = a2_h[t] ∘ z[t] + h[t−1] ∘ (1 − z[t])
    (10)  z_y[t] = W_hy h[t] + b_y
    (11)  y_hat[t] = softmax(z_y[t])
    (12)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    H  entries of x
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, H)  input: of every step
    h0    (B, H)     initial state: h before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xz  (H, H)     parameter: trained
    b_z   (H)        parameter: trained
    W_xr  (H, H)     parameter: trained
    W_hr  (H, H)     parameter: trained
    b_r   (H)        parameter: trained
    W_hh  (H, H)     parameter: trained
    b_h   (H)        parameter: trained
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
    z_r: np.ndarray    # (T, B, 2*H)    saved: z, r, side by side
    a_h: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    a2_h: np.ndarray   # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_xz: np.ndarray  # (H, H)     gradient: with respect to W_xz
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dW_xr: np.ndarray  # (H, H)     gradient: with respect to W_xr
    dW_hr: np.ndarray  # (H, H)     gradient: with respect to W_hr
    db_r: np.ndarray   # (H)        gradient: with respect to b_r
    dW_hh: np.ndarray  # (H, H)     gradient: with respect to W_hh
    db_h: np.ndarray   # (H)        gradient: with respect to b_h
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, H)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, H)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xz,  # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_xr,  # (H, H)     parameter: trained
    W_hr,  # (H, H)     parameter: trained
    b_r,   # (H)        parameter: trained
    W_hh,  # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_xz, b_z, W_xr, W_hr, b_r, W_hh, b_h, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, H)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xz,  # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_xr,  # (H, H)     parameter: trained
    W_hr,  # (H, H)     parameter: trained
    b_r,   # (H)        parameter: trained
    W_hh,  # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, H = x.shape
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_xz", W_xz, (H, H), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("W_xr", W_xr, (H, H), dtype)
    _check("W_hr", W_hr, (H, H), dtype)
    _check("b_r", b_r, (H,), dtype)
    _check("W_hh", W_hh, (H, H), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            z_r=np.empty((T, B, 2*H), dtype),
            a_h=np.empty((T, B, H), dtype),
            a2_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, z_r, a_h, a2_h, J = into
    s_h = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_xz_xr = np.empty((2*H, H), dtype)
    W_hr_T = np.empty((H, H), dtype)
    W_hh_T = np.empty((H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        z_r[:, :, H : 2*H],  # r_t
        h[0:T],              # h_t
        z_r,                 # z_r_t
        a2_h,                # a2_h_t
        a_h,                 # a_h_t
        h[1 : T + 1],        # h_next
        z_r[:, :, :H],       # z_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_hh_T, W_hh.T)
            np.copyto(W_hr_T, W_hr.T)
            np.copyto(h[0], h0)
            np.copyto(W_xz_xr[:H], W_xz)
            np.copyto(W_xz_xr[H : 2*H], W_xr)
            # (1) z_z[t] = W_xz x[t] + b_z
            np.dot(x.reshape(T * B, H), W_xz_xr.T, z_r.reshape(T * B, 2*H))
            np.add(z_r[:, :, :H], b_z, z_r[:, :, :H])
            # (3) z_r[t] = W_xr x[t] + W_hr h[t−1] + b_r
            np.add(z_r[:, :, H : 2*H], b_r, z_r[:, :, H : 2*H])
            # (6) a_h[t] = tanh(x[t])
            np.tanh(x, a_h)
            b_h_row = b_h[np.newaxis]
            number_1_2 = np.array(0.5, dtype)
            number_1 = np.array(1.0, dtype)
            for r_t, h_t, z_r_t, a2_h_t, a_h_t, h_next, z_t in steps:
                # (3) z_r[t] = W_xr x[t] + W_hr h[t−1] + b_r
                np.matmul(h_t, W_hr_T, _B_H)
                np.add(r_t, _B_H, r_t)
                # (2, 4) z[t] = sigmoid(z_z[t]), r[t] = sigmoid(z_r[t])
                np.multiply(number_1_2, z_r_t, z_r_t)
                np.tanh(z_r_t, z_r_t)
                np.multiply(number_1_2, z_r_t, z_r_t)
                np.add(z_r_t, number_1_2, z_r_t)
                # (5) s_h[t] = r[t] ∘ h[t−1]
                np.multiply(r_t, h_t, s_h)
                # (7) z_h[t] = W_hh s_h[t] + a_h[t] + b_h
                np.dot(s_h, W_hh_T, a2_h_t)
                np.add(a_h_t, b_h_row, _B_H)
                np.add(a2_h_t, _B_H, a2_h_t)
                # (8) a2_h[t] = tanh(z_h[t])
                np.tanh(a2_h_t, a2_h_t)
                # (9) h[t] = a2_h[t] ∘ z[t] + h[t−1] ∘ (1 − z[t])
                np.multiply(a2_h_t, z_t, h_next)
                np.subtract(number_1, z_t, _B_H)
                np.multiply(h_t, _B_H, _B_H)
                np.add(h_next, _B_H, h_next)
            # (10) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (11) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (12) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,      # (T, B, H)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xz,   # (H, H)         parameter: trained
    W_xr,   # (H, H)         parameter: trained
    W_hr,   # (H, H)         parameter: trained
    W_hh,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_r,    # (T, B, 2*H)    saved: z, r, side by side
    a_h,    # (T, B, H)      saved: kept for the backward pass
    a2_h,   # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_xz, W_xr, W_hr, W_hh, W_hy, h, y_hat, z_r, a_h, a2_h)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, H)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xz,   # (H, H)         parameter: trained
    W_xr,   # (H, H)         parameter: trained
    W_hr,   # (H, H)         parameter: trained
    W_hh,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_r,    # (T, B, 2*H)    saved: z, r, side by side
    a_h,    # (T, B, H)      saved: kept for the backward pass
    a2_h,   # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, H = x.shape
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_xz", W_xz, (H, H), dtype)
    _check("W_xr", W_xr, (H, H), dtype)
    _check("W_hr", W_hr, (H, H), dtype)
    _check("W_hh", W_hh, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("z_r", z_r, (T, B, 2*H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)
    _check("a2_h", a2_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_xz=np.empty((H, H), dtype),
            db_z=np.empty((H,), dtype),
            dW_xr=np.empty((H, H), dtype),
            dW_hr=np.empty((H, H), dtype),
            db_r=np.empty((H,), dtype),
            dW_hh=np.empty((H, H), dtype),
            db_h=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, H), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_xz, db_z, dW_xr, dW_hr, db_r, dW_hh, db_h, dW_hy, db_y, dx, dh0 = into
    s_h_again = np.empty((T, B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    da_h = np.empty((T, B, H), dtype)
    ds_h = np.empty((B, H), dtype)
    dz_r_z = np.empty((T, B, 2*H), dtype)
    dz = np.empty((T, B, H), dtype)
    W_xr_xz = np.empty((2*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                  # dh_t
        dz_h[::-1],                # dz_h_t
        dz_r_z[:, :, :H][::-1],    # dz_r_t
        z_r[:, :, :H][::-1],       # z_t
        z_r[:, :, H : 2*H][::-1],  # r_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_xr_xz[:H], W_xr)
            np.copyto(W_xr_xz[H : 2*H], W_xz)
            # (14) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (17) z̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²)
            np.square(a2_h, dz_h)
            np.subtract(1.0, dz_h, dz_h)
            np.multiply(z_r[:, :, :H], dz_h, dz_h)
            # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(h[0:T], z_r[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, z_r[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_r_z[:, :, :H])
            # (5) s_h[t] = r[t] ∘ h[t−1]
            np.multiply(z_r[:, :, H : 2*H], h[0:T], s_h_again)
            # (15) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1]) + s̄_h[t+1] ∘ r[t+1] + W_hrᵀ z̄_r[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (31) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (32) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            number_1 = np.array(1.0, dtype)
            for dh_t, dz_h_t, dz_r_t, z_t, r_t in steps:
                # (15) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1]) + s̄_h[t+1] ∘ r[t+1] + W_hrᵀ z̄_r[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (17) z̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²)
                np.multiply(dh_t, dz_h_t, dz_h_t)
                # (19) s̄_h[t] = W_hhᵀ z̄_h[t]
                np.dot(dz_h_t, W_hh, ds_h)
                # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
                np.multiply(ds_h, dz_r_t, dz_r_t)
                # (15) what step t gives to h of earlier steps: h̄[t] ∘ (1 − z[t]) + s̄_h[t] ∘ r[t] + W_hrᵀ z̄_r[t]
                np.matmul(dz_r_t, W_hr, carry_h)
                np.subtract(number_1, z_t, _B_H)
                np.multiply(dh_t, _B_H, _B_H)
                np.multiply(ds_h, r_t, _B_H_1)
                np.add(_B_H, _B_H_1, _B_H)
                np.add(carry_h, _B_H, carry_h)
            # (26) W̄_xr += z̄_r[t] x[t]ᵀ
            np.matmul(dz_r_z.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, H), dW_xr)
            # (27) W̄_hr += z̄_r[t] h[t−1]ᵀ
            np.matmul(dz_r_z.reshape(T * B, 2*H)[:, :H].T, h[0:T].reshape(T * B, H), dW_hr)
            # (28) b̄_r += z̄_r[t]
            np.matmul(_ones_T_B, dz_r_z.reshape(T * B, 2*H)[:, :H], db_r)
            # (29) W̄_hh += z̄_h[t] s_h[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, s_h_again.reshape(T * B, H), dW_hh)
            # (30) b̄_h += z̄_h[t]
            np.matmul(_ones_T_B, dz_h.reshape(T * B, H), db_h)
            # (18) ā_h[t] = z̄_h[t]
            np.copyto(da_h, dz_h)
            # (22) z̄[t] = h̄[t] ∘ a2_h[t] − h̄[t] ∘ h[t−1]
            np.multiply(dh, a2_h, dz)
            np.multiply(dh, h[0:T], _T_B_H)
            np.subtract(dz, _T_B_H, dz)
            # (23) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.multiply(dz, z_r[:, :, :H], _T_B_H)
            np.subtract(1.0, z_r[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_r_z[:, :, H : 2*H])
            # (24) W̄_xz += z̄_z[t] x[t]ᵀ
            np.matmul(dz_r_z.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, H), dW_xz)
            # (25) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dz_r_z.reshape(T * B, 2*H)[:, H : 2*H], db_z)
            # (33) x̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + W_xrᵀ z̄_r[t] + W_xzᵀ z̄_z[t]
            np.dot(dz_r_z.reshape(T * B, 2*H), W_xr_xz, dx.reshape(T * B, H))
            np.square(a_h, _T_B_H)
            np.subtract(1.0, _T_B_H, _T_B_H)
            np.multiply(da_h, _T_B_H, _T_B_H)
            np.add(dx, _T_B_H, dx)
            # (34) h̄[0] = h̄[1] ∘ (1 − z[1]) + s̄_h[1] ∘ r[1] + W_hrᵀ z̄_r[1]
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, H)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_xz,  # (H, H)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_xr,  # (H, H)     parameter: trained
    W_hr,  # (H, H)     parameter: trained
    b_r,   # (H)        parameter: trained
    W_hh,  # (H, H)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_xz, b_z, W_xr, W_hr, b_r, W_hh, b_h, W_hy, b_y)
    gradients = backward(x, y, W_xz, W_xr, W_hr, W_hh, W_hy, kept.h, kept.y_hat, kept.z_r, kept.a_h, kept.a2_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
