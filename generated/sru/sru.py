"""simple recurrent unit, second version with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Lei, Zhang, Wang, Dai, Artzi, "Simple recurrent units for highly parallelizable recurrence",
2017, arXiv:1709.02755v5

    (1)   z_f[t] = W_f x[t] + v_f ∘ c[t−1] + b_f
    (2)   f[t] = sigmoid(z_f[t])
    (3)   z_r[t] = W_r x[t] + v_r ∘ c[t−1] + b_r
    (4)   r[t] = sigmoid(z_r[t])
    (5)   u_c[t] = W x[t]
    (6)   c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ u_c[t]
    (7)   h[t] = r[t] ∘ c[t] + (1 − r[t]) ∘ x[t]
    (8)   z_y[t] = W_hy h[t] + b_y
    (9)   y_hat[t] = softmax(z_y[t])
    (10)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    H  entries of x
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, H)  input: of every step
    c0    (B, H)     initial state: c before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f   (H, H)     parameter: trained
    v_f   (H)        parameter: trained
    b_f   (H)        parameter: trained
    W_r   (H, H)     parameter: trained
    v_r   (H)        parameter: trained
    b_r   (H)        parameter: trained
    W     (H, H)     parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    c: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray        # (T, B, H)      output: of every step
    y_hat: np.ndarray    # (T, B, O)      output: of every step
    f_r_u_c: np.ndarray  # (T, B, 3*H)    saved: f, r, u_c, side by side
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_f: np.ndarray   # (H, H)     gradient: with respect to W_f
    dv_f: np.ndarray   # (H)        gradient: with respect to v_f
    db_f: np.ndarray   # (H)        gradient: with respect to b_f
    dW_r: np.ndarray   # (H, H)     gradient: with respect to W_r
    dv_r: np.ndarray   # (H)        gradient: with respect to v_r
    db_r: np.ndarray   # (H)        gradient: with respect to b_r
    dW: np.ndarray     # (H, H)     gradient: with respect to W
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, H)  gradient: with respect to x[t]
    dc0: np.ndarray    # (B, H)     gradient: with respect to c0


def forward(
    x,     # (T, B, H)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, H)     parameter: trained
    v_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_r,   # (H, H)     parameter: trained
    v_r,   # (H)        parameter: trained
    b_r,   # (H)        parameter: trained
    W,     # (H, H)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, c0, y, W_f, v_f, b_f, W_r, v_r, b_r, W, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, H)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, H)     parameter: trained
    v_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_r,   # (H, H)     parameter: trained
    v_r,   # (H)        parameter: trained
    b_r,   # (H)        parameter: trained
    W,     # (H, H)     parameter: trained
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
    _check("c0", c0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_f", W_f, (H, H), dtype)
    _check("v_f", v_f, (H,), dtype)
    _check("b_f", b_f, (H,), dtype)
    _check("W_r", W_r, (H, H), dtype)
    _check("v_r", v_r, (H,), dtype)
    _check("b_r", b_r, (H,), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            f_r_u_c=np.empty((T, B, 3*H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, f_r_u_c, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_f_W_r_W = np.empty((3*H, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        f_r_u_c[:, :, :H],         # f_t
        c[0:T],                    # c_t
        f_r_u_c[:, :, H : 2*H],    # r_t
        f_r_u_c[:, :, :2*H],       # f_r_u_c_t
        c[1 : T + 1],              # c_next
        f_r_u_c[:, :, 2*H : 3*H],  # u_c_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(c[0], c0)
            np.multiply(0.5, W_f, W_f_W_r_W[:H])
            np.multiply(0.5, W_r, W_f_W_r_W[H : 2*H])
            np.copyto(W_f_W_r_W[2*H : 3*H], W)
            # (1) z_f[t] = W_f x[t] + v_f ∘ c[t−1] + b_f
            np.dot(x.reshape(T * B, H), W_f_W_r_W.T, f_r_u_c.reshape(T * B, 3*H))
            v_f_row = v_f[np.newaxis]
            b_f_row = b_f[np.newaxis]
            v_r_row = v_r[np.newaxis]
            b_r_row = b_r[np.newaxis]
            number_1_2 = np.array(0.5, dtype)
            number_1 = np.array(1.0, dtype)
            for f_t, c_t, r_t, f_r_u_c_t, c_next, u_c_t in steps:
                # (1) z_f[t] = W_f x[t] + v_f ∘ c[t−1] + b_f
                np.multiply(v_f_row, c_t, _B_H)
                np.add(_B_H, b_f_row, _B_H)
                np.multiply(number_1_2, _B_H, _B_H)
                np.add(f_t, _B_H, f_t)
                # (3) z_r[t] = W_r x[t] + v_r ∘ c[t−1] + b_r
                np.multiply(v_r_row, c_t, _B_H)
                np.add(_B_H, b_r_row, _B_H)
                np.multiply(number_1_2, _B_H, _B_H)
                np.add(r_t, _B_H, r_t)
                # (2, 4) f[t] = sigmoid(z_f[t]), r[t] = sigmoid(z_r[t])
                np.tanh(f_r_u_c_t, f_r_u_c_t)
                np.multiply(number_1_2, f_r_u_c_t, f_r_u_c_t)
                np.add(f_r_u_c_t, number_1_2, f_r_u_c_t)
                # (6) c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ u_c[t]
                np.multiply(f_t, c_t, c_next)
                np.subtract(number_1, f_t, _B_H)
                np.multiply(_B_H, u_c_t, _B_H)
                np.add(c_next, _B_H, c_next)
            # (7) h[t] = r[t] ∘ c[t] + (1 − r[t]) ∘ x[t]
            np.multiply(f_r_u_c[:, :, H : 2*H], c[1 : T + 1], h)
            np.subtract(1.0, f_r_u_c[:, :, H : 2*H], _T_B_H)
            np.multiply(_T_B_H, x, _T_B_H)
            np.add(h, _T_B_H, h)
            # (8) z_y[t] = W_hy h[t] + b_y
            np.dot(h.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (9) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (10) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,        # (T, B, H)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,      # (H, H)         parameter: trained
    v_f,      # (H)            parameter: trained
    W_r,      # (H, H)         parameter: trained
    v_r,      # (H)            parameter: trained
    W,        # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T, B, H)      output: of every step
    y_hat,    # (T, B, O)      output: of every step
    f_r_u_c,  # (T, B, 3*H)    saved: f, r, u_c, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_f, v_f, W_r, v_r, W, W_hy, c, h, y_hat, f_r_u_c)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, H)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,      # (H, H)         parameter: trained
    v_f,      # (H)            parameter: trained
    W_r,      # (H, H)         parameter: trained
    v_r,      # (H)            parameter: trained
    W,        # (H, H)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T, B, H)      output: of every step
    y_hat,    # (T, B, O)      output: of every step
    f_r_u_c,  # (T, B, 3*H)    saved: f, r, u_c, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, H = x.shape
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_f", W_f, (H, H), dtype)
    _check("v_f", v_f, (H,), dtype)
    _check("W_r", W_r, (H, H), dtype)
    _check("v_r", v_r, (H,), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("f_r_u_c", f_r_u_c, (T, B, 3*H), dtype)

    if into is None:
        into = Gradients(
            dW_f=np.empty((H, H), dtype),
            dv_f=np.empty((H,), dtype),
            db_f=np.empty((H,), dtype),
            dW_r=np.empty((H, H), dtype),
            dv_r=np.empty((H,), dtype),
            db_r=np.empty((H,), dtype),
            dW=np.empty((H, H), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, H), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_f, dv_f, db_f, dW_r, dv_r, db_r, dW, dW_hy, db_y, dx, dc0 = into
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dc = np.empty((T, B, H), dtype)
    du_c_dz_r_dz_f = np.empty((T, B, 3*H), dtype)
    dr = np.empty((T, B, H), dtype)
    W_W_r_W_f = np.empty((3*H, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dc[::-1],                               # dc_t
        du_c_dz_r_dz_f[:, :, 2*H : 3*H][::-1],  # dz_f_t
        f_r_u_c[:, :, :H][::-1],                # f_t
        du_c_dz_r_dz_f[:, :, H : 2*H][::-1],    # dz_r_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_c, 0.0)
            np.copyto(W_W_r_W_f[:H], W)
            np.copyto(W_W_r_W_f[H : 2*H], W_r)
            np.copyto(W_W_r_W_f[2*H : 3*H], W_f)
            # (12) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (19) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.subtract(c[0:T], f_r_u_c[:, :, 2*H : 3*H], _T_B_H)
            np.multiply(_T_B_H, f_r_u_c[:, :, :H], _T_B_H)
            np.subtract(1.0, f_r_u_c[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, du_c_dz_r_dz_f[:, :, 2*H : 3*H])
            # (13) h̄[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (27) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h.reshape(T * B, H), dW_hy)
            # (28) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (14) c̄[t] = h̄[t] ∘ r[t] + c̄[t+1] ∘ f[t+1] + z̄_r[t+1] ∘ v_r + z̄_f[t+1] ∘ v_f
            np.multiply(dh, f_r_u_c[:, :, H : 2*H], dc)
            # (16) r̄[t] = h̄[t] ∘ c[t] − h̄[t] ∘ x[t]
            np.multiply(dh, c[1 : T + 1], dr)
            np.multiply(dh, x, _T_B_H)
            np.subtract(dr, _T_B_H, dr)
            # (17) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(dr, f_r_u_c[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, f_r_u_c[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, du_c_dz_r_dz_f[:, :, H : 2*H])
            # (23) W̄_r += z̄_r[t] x[t]ᵀ
            np.matmul(du_c_dz_r_dz_f.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, H), dW_r)
            # (24) v̄_r += z̄_r[t] ∘ c[t−1]
            np.einsum("ijk,ijk->k", du_c_dz_r_dz_f[:, :, H : 2*H], c[0:T], out=dv_r)
            # (25) b̄_r += z̄_r[t]
            np.matmul(_ones_T_B, du_c_dz_r_dz_f.reshape(T * B, 3*H)[:, H : 2*H], db_r)
            v_r_row = v_r[np.newaxis]
            v_f_row = v_f[np.newaxis]
            for dc_t, dz_f_t, f_t, dz_r_t in steps:
                # (14) c̄[t] = h̄[t] ∘ r[t] + c̄[t+1] ∘ f[t+1] + z̄_r[t+1] ∘ v_r + z̄_f[t+1] ∘ v_f
                np.add(dc_t, carry_c, dc_t)
                # (19) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(dc_t, dz_f_t, dz_f_t)
                # (14) what step t gives to c of earlier steps: c̄[t] ∘ f[t] + z̄_r[t] ∘ v_r + z̄_f[t] ∘ v_f
                np.multiply(dc_t, f_t, carry_c)
                np.multiply(dz_r_t, v_r_row, _B_H)
                np.add(carry_c, _B_H, carry_c)
                np.multiply(dz_f_t, v_f_row, _B_H)
                np.add(carry_c, _B_H, carry_c)
            # (20) W̄_f += z̄_f[t] x[t]ᵀ
            np.matmul(du_c_dz_r_dz_f.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, H), dW_f)
            # (21) v̄_f += z̄_f[t] ∘ c[t−1]
            np.einsum("ijk,ijk->k", du_c_dz_r_dz_f[:, :, 2*H : 3*H], c[0:T], out=dv_f)
            # (22) b̄_f += z̄_f[t]
            np.matmul(_ones_T_B, du_c_dz_r_dz_f.reshape(T * B, 3*H)[:, 2*H : 3*H], db_f)
            # (15) ū_c[t] = c̄[t] ∘ (1 − f[t])
            np.subtract(1.0, f_r_u_c[:, :, :H], _T_B_H)
            np.multiply(dc, _T_B_H, du_c_dz_r_dz_f[:, :, :H])
            # (26) W̄ += ū_c[t] x[t]ᵀ
            np.matmul(du_c_dz_r_dz_f.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, H), dW)
            # (29) x̄[t] = h̄[t] ∘ (1 − r[t]) + Wᵀ ū_c[t] + W_rᵀ z̄_r[t] + W_fᵀ z̄_f[t]
            np.dot(du_c_dz_r_dz_f.reshape(T * B, 3*H), W_W_r_W_f, dx.reshape(T * B, H))
            np.subtract(1.0, f_r_u_c[:, :, H : 2*H], _T_B_H)
            np.multiply(dh, _T_B_H, _T_B_H)
            np.add(dx, _T_B_H, dx)
            # (30) c̄[0] = c̄[1] ∘ f[1] + z̄_r[1] ∘ v_r + z̄_f[1] ∘ v_f
            np.copyto(dc0, carry_c)

    return into, run


def loss_and_gradient(
    x,     # (T, B, H)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_f,   # (H, H)     parameter: trained
    v_f,   # (H)        parameter: trained
    b_f,   # (H)        parameter: trained
    W_r,   # (H, H)     parameter: trained
    v_r,   # (H)        parameter: trained
    b_r,   # (H)        parameter: trained
    W,     # (H, H)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, c0, y, W_f, v_f, b_f, W_r, v_r, b_r, W, W_hy, b_y)
    gradients = backward(x, y, W_f, v_f, W_r, v_r, W, W_hy, kept.c, kept.h, kept.y_hat, kept.f_r_u_c)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
