"""quasi-recurrent network, width 2, fo-pooling with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Bradbury, Merity, Xiong, Socher, "Quasi-recurrent neural networks", 2016, arXiv:1611.01576

    (1)   z_z[t] = W_z1 p[t−1] + W_z2 x[t]
    (2)   z[t] = tanh(z_z[t])
    (3)   z_f[t] = W_f1 p[t−1] + W_f2 x[t]
    (4)   f[t] = sigmoid(z_f[t])
    (5)   z_o[t] = W_o1 p[t−1] + W_o2 x[t]
    (6)   o[t] = sigmoid(z_o[t])
    (7)   c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ z[t]
    (8)   h[t] = o[t] ∘ c[t]
    (9)   p[t] = x[t]
    (10)  z_y[t] = W_hy h[t] + b_y
    (11)  y_hat[t] = softmax(z_y[t])
    (12)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of c
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    c0    (B, H)     initial state: c before the first step
    p0    (B, I)     initial state: p before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z1  (H, I)     parameter: trained
    W_z2  (H, I)     parameter: trained
    W_f1  (H, I)     parameter: trained
    W_f2  (H, I)     parameter: trained
    W_o1  (H, I)     parameter: trained
    W_o2  (H, I)     parameter: trained
    W_hy  (O, H)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    c: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray      # (T, B, H)      output: of every step
    p: np.ndarray      # (T + 1, B, I)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    z_f_o: np.ndarray  # (T, B, 3*H)    saved: z, f, o, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_z1: np.ndarray  # (H, I)     gradient: with respect to W_z1
    dW_z2: np.ndarray  # (H, I)     gradient: with respect to W_z2
    dW_f1: np.ndarray  # (H, I)     gradient: with respect to W_f1
    dW_f2: np.ndarray  # (H, I)     gradient: with respect to W_f2
    dW_o1: np.ndarray  # (H, I)     gradient: with respect to W_o1
    dW_o2: np.ndarray  # (H, I)     gradient: with respect to W_o2
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dc0: np.ndarray    # (B, H)     gradient: with respect to c0
    dp0: np.ndarray    # (B, I)     gradient: with respect to p0


def forward(
    x,     # (T, B, I)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    p0,    # (B, I)     initial state: p before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z1,  # (H, I)     parameter: trained
    W_z2,  # (H, I)     parameter: trained
    W_f1,  # (H, I)     parameter: trained
    W_f2,  # (H, I)     parameter: trained
    W_o1,  # (H, I)     parameter: trained
    W_o2,  # (H, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, c0, p0, y, W_z1, W_z2, W_f1, W_f2, W_o1, W_o2, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    p0,    # (B, I)     initial state: p before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z1,  # (H, I)     parameter: trained
    W_z2,  # (H, I)     parameter: trained
    W_f1,  # (H, I)     parameter: trained
    W_f2,  # (H, I)     parameter: trained
    W_o1,  # (H, I)     parameter: trained
    W_o2,  # (H, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    H = c0.shape[1]
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("c0", c0, (B, H), dtype)
    _check("p0", p0, (B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_z1", W_z1, (H, I), dtype)
    _check("W_z2", W_z2, (H, I), dtype)
    _check("W_f1", W_f1, (H, I), dtype)
    _check("W_f2", W_f2, (H, I), dtype)
    _check("W_o1", W_o1, (H, I), dtype)
    _check("W_o2", W_o2, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T, B, H), dtype),
            p=np.empty((T + 1, B, I), dtype),
            y_hat=np.empty((T, B, O), dtype),
            z_f_o=np.empty((T, B, 3*H), dtype),
            J=np.empty((), dtype),
        )
    c, h, p, y_hat, z_f_o, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_z1_f1_o1 = np.empty((3*H, I), dtype)
    W_z2_f2_o2 = np.empty((3*H, I), dtype)
    scale = np.empty((3*H,), dtype)
    shift = np.empty((3*H,), dtype)
    c_factors = np.empty((T, B, H), dtype)
    c_terms = np.empty((T, B, H), dtype)
    _T_B_3xH = np.empty((T, B, 3*H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    def run():
        with np.errstate(all="ignore"):
            np.copyto(c[0], c0)
            np.copyto(p[0], p0)
            np.copyto(W_z1_f1_o1[:H], W_z1)
            np.multiply(0.5, W_f1, W_z1_f1_o1[H : 2*H])
            np.multiply(0.5, W_o1, W_z1_f1_o1[2*H : 3*H])
            np.copyto(W_z2_f2_o2[:H], W_z2)
            np.multiply(0.5, W_f2, W_z2_f2_o2[H : 2*H])
            np.multiply(0.5, W_o2, W_z2_f2_o2[2*H : 3*H])
            np.copyto(scale[:H], 1.0)
            np.copyto(scale[H : 2*H], 0.5)
            np.copyto(scale[2*H : 3*H], 0.5)
            np.copyto(shift[:H], 0.0)
            np.copyto(shift[H : 2*H], 0.5)
            np.copyto(shift[2*H : 3*H], 0.5)
            # (9) p[t] = x[t]
            np.copyto(p[1 : T + 1], x)
            # (1) z_z[t] = W_z1 p[t−1] + W_z2 x[t]
            np.dot(p[0:T].reshape(T * B, I), W_z1_f1_o1.T, z_f_o.reshape(T * B, 3*H))
            np.dot(x.reshape(T * B, I), W_z2_f2_o2.T, _T_B_3xH.reshape(T * B, 3*H))
            np.add(z_f_o, _T_B_3xH, z_f_o)
            # (2, 4, 6) z[t] = tanh(z_z[t]), f[t] = sigmoid(z_f[t]), o[t] = sigmoid(z_o[t])
            np.tanh(z_f_o, z_f_o)
            np.multiply(scale, z_f_o, z_f_o)
            np.add(z_f_o, shift, z_f_o)
            # (7) c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ z[t]
            np.copyto(c_factors, z_f_o[:, :, H : 2*H])
            np.subtract(1.0, z_f_o[:, :, H : 2*H], c_terms)
            np.multiply(c_terms, z_f_o[:, :, :H], c_terms)
            # (7) c[t] = f[t] ∘ c[t−1] + (1 − f[t]) ∘ z[t]
            _scan(c_factors, c_terms, c[0 : T + 1])
            # (8) h[t] = o[t] ∘ c[t]
            np.multiply(z_f_o[:, :, 2*H : 3*H], c[1 : T + 1], h)
            # (10) z_y[t] = W_hy h[t] + b_y
            np.dot(h.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
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
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z1,   # (H, I)         parameter: trained
    W_z2,   # (H, I)         parameter: trained
    W_f1,   # (H, I)         parameter: trained
    W_f2,   # (H, I)         parameter: trained
    W_o1,   # (H, I)         parameter: trained
    W_o2,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T, B, H)      output: of every step
    p,      # (T + 1, B, I)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_f_o,  # (T, B, 3*H)    saved: z, f, o, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_z1, W_z2, W_f1, W_f2, W_o1, W_o2, W_hy, c, h, p, y_hat, z_f_o)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z1,   # (H, I)         parameter: trained
    W_z2,   # (H, I)         parameter: trained
    W_f1,   # (H, I)         parameter: trained
    W_f2,   # (H, I)         parameter: trained
    W_o1,   # (H, I)         parameter: trained
    W_o2,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T, B, H)      output: of every step
    p,      # (T + 1, B, I)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_f_o,  # (T, B, 3*H)    saved: z, f, o, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_z1.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_z1", W_z1, (H, I), dtype)
    _check("W_z2", W_z2, (H, I), dtype)
    _check("W_f1", W_f1, (H, I), dtype)
    _check("W_f2", W_f2, (H, I), dtype)
    _check("W_o1", W_o1, (H, I), dtype)
    _check("W_o2", W_o2, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T, B, H), dtype)
    _check("p", p, (T + 1, B, I), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("z_f_o", z_f_o, (T, B, 3*H), dtype)

    if into is None:
        into = Gradients(
            dW_z1=np.empty((H, I), dtype),
            dW_z2=np.empty((H, I), dtype),
            dW_f1=np.empty((H, I), dtype),
            dW_f2=np.empty((H, I), dtype),
            dW_o1=np.empty((H, I), dtype),
            dW_o2=np.empty((H, I), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dc0=np.empty((B, H), dtype),
            dp0=np.empty((B, I), dtype),
        )
    dW_z1, dW_z2, dW_f1, dW_f2, dW_o1, dW_o2, dW_hy, db_y, dx, dc0, dp0 = into
    carry_c = np.empty((B, H), dtype)
    carry_p = np.empty((B, I), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dp = np.empty((T, B, I), dtype)
    dh = np.empty((T, B, H), dtype)
    dc = np.empty((T, B, H), dtype)
    do_ = np.empty((T, B, H), dtype)
    dz_o_f_z = np.empty((T, B, 3*H), dtype)
    W_o2_f2_z2 = np.empty((3*H, I), dtype)
    W_o1_f1_z1 = np.empty((3*H, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dp[::-1],                         # dp_t
        dc[::-1],                         # dc_t
        dz_o_f_z[:, :, H : 2*H][::-1],    # dz_f_t
        dz_o_f_z[:, :, 2*H : 3*H][::-1],  # dz_z_t
        dz_o_f_z[::-1],                   # dz_o_f_z_t
        z_f_o[:, :, H : 2*H][::-1],       # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_c, 0.0)
            np.copyto(carry_p, 0.0)
            np.copyto(W_o2_f2_z2[:H], W_o2)
            np.copyto(W_o2_f2_z2[H : 2*H], W_f2)
            np.copyto(W_o2_f2_z2[2*H : 3*H], W_z2)
            np.copyto(W_o1_f1_z1[:H], W_o1)
            np.copyto(W_o1_f1_z1[H : 2*H], W_f1)
            np.copyto(W_o1_f1_z1[2*H : 3*H], W_z1)
            # (14) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (21) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.subtract(c[0:T], z_f_o[:, :, :H], _T_B_H)
            np.multiply(_T_B_H, z_f_o[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, z_f_o[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_f_z[:, :, H : 2*H])
            # (23) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
            np.subtract(1.0, z_f_o[:, :, H : 2*H], _T_B_H)
            np.square(z_f_o[:, :, :H], _T_B_H_1)
            np.subtract(1.0, _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_f_z[:, :, 2*H : 3*H])
            # (16) h̄[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (30) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h.reshape(T * B, H), dW_hy)
            # (31) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (17) c̄[t] = h̄[t] ∘ o[t] + c̄[t+1] ∘ f[t+1]
            np.multiply(dh, z_f_o[:, :, 2*H : 3*H], dc)
            # (18) ō[t] = h̄[t] ∘ c[t]
            np.multiply(dh, c[1 : T + 1], do_)
            # (19) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(do_, z_f_o[:, :, 2*H : 3*H], _T_B_H)
            np.subtract(1.0, z_f_o[:, :, 2*H : 3*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_o_f_z[:, :, :H])
            # (28) W̄_o1 += z̄_o[t] p[t−1]ᵀ
            np.matmul(dz_o_f_z.reshape(T * B, 3*H)[:, :H].T, p[0:T].reshape(T * B, I), dW_o1)
            # (29) W̄_o2 += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o_f_z.reshape(T * B, 3*H)[:, :H].T, x.reshape(T * B, I), dW_o2)
            for dp_t, dc_t, dz_f_t, dz_z_t, dz_o_f_z_t, f_t in steps:
                # (15) p̄[t] = W_o1ᵀ z̄_o[t+1] + W_f1ᵀ z̄_f[t+1] + W_z1ᵀ z̄_z[t+1]
                np.copyto(dp_t, carry_p)
                # (17) c̄[t] = h̄[t] ∘ o[t] + c̄[t+1] ∘ f[t+1]
                np.add(dc_t, carry_c, dc_t)
                # (21) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
                np.multiply(dc_t, dz_f_t, dz_f_t)
                # (23) z̄_z[t] = z̄[t] ∘ (1 − z[t]²)
                np.multiply(dc_t, dz_z_t, dz_z_t)
                # (15) what step t gives to p of earlier steps: W_o1ᵀ z̄_o[t] + W_f1ᵀ z̄_f[t] + W_z1ᵀ z̄_z[t]
                np.dot(dz_o_f_z_t, W_o1_f1_z1, carry_p)
                # (17) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
                np.multiply(dc_t, f_t, carry_c)
            # (24) W̄_z1 += z̄_z[t] p[t−1]ᵀ
            np.matmul(dz_o_f_z.reshape(T * B, 3*H)[:, 2*H : 3*H].T, p[0:T].reshape(T * B, I), dW_z1)
            # (25) W̄_z2 += z̄_z[t] x[t]ᵀ
            np.matmul(dz_o_f_z.reshape(T * B, 3*H)[:, 2*H : 3*H].T, x.reshape(T * B, I), dW_z2)
            # (26) W̄_f1 += z̄_f[t] p[t−1]ᵀ
            np.matmul(dz_o_f_z.reshape(T * B, 3*H)[:, H : 2*H].T, p[0:T].reshape(T * B, I), dW_f1)
            # (27) W̄_f2 += z̄_f[t] x[t]ᵀ
            np.matmul(dz_o_f_z.reshape(T * B, 3*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_f2)
            # (32) x̄[t] = p̄[t] + W_o2ᵀ z̄_o[t] + W_f2ᵀ z̄_f[t] + W_z2ᵀ z̄_z[t]
            np.dot(dz_o_f_z.reshape(T * B, 3*H), W_o2_f2_z2, dx.reshape(T * B, I))
            np.add(dx, dp, dx)
            # (33) c̄[0] = c̄[1] ∘ f[1]
            np.copyto(dc0, carry_c)
            # (34) p̄[0] = W_o1ᵀ z̄_o[1] + W_f1ᵀ z̄_f[1] + W_z1ᵀ z̄_z[1]
            np.copyto(dp0, carry_p)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    c0,    # (B, H)     initial state: c before the first step
    p0,    # (B, I)     initial state: p before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z1,  # (H, I)     parameter: trained
    W_z2,  # (H, I)     parameter: trained
    W_f1,  # (H, I)     parameter: trained
    W_f2,  # (H, I)     parameter: trained
    W_o1,  # (H, I)     parameter: trained
    W_o2,  # (H, I)     parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, c0, p0, y, W_z1, W_z2, W_f1, W_f2, W_o1, W_o2, W_hy, b_y)
    gradients = backward(x, y, W_z1, W_z2, W_f1, W_f2, W_o1, W_o2, W_hy, kept.c, kept.h, kept.p, kept.y_hat, kept.z_f_o)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _scan(factors, terms, states):
    """Compute states[t + 1] = factors[t] * states[t] + terms[t] for all t: for few numbers a step, many steps in one call.

    Two steps are one: (a2, b2) after (a1, b1) is (a2 * a1, a2 * b1 + b2). Nothing is divided; where something overflows on
    the way, step follows step.
    """
    steps, count, new = len(terms), states[0].size, states[1:]
    if count <= 16 and steps >= 16:
        _scan_pairs(factors, terms, states)
    elif count <= 128 and steps >= 64:
        _scan_blocks(factors, terms, states, 8 if steps < 512 else 32)
    if count > 128 or steps < 16 or (count > 16 and steps < 64) or not np.isfinite(new).all():
        for factor, term, before, after in zip(factors, terms, states, new):
            np.multiply(factor, before, out=after)
            np.add(after, term, out=after)


def _scan_pairs(factors, terms, states):
    """Combine every step with the one before, then what came out two steps apart, then four, and so on."""
    new, products, length = states[1:], factors.copy(), 1
    np.copyto(new, terms)
    new[0] += products[0] * states[0]
    while length < len(new):
        new[length:] += products[length:] * new[:-length]
        products[length:] *= products[:-length]
        length *= 2


def _scan_blocks(factors, terms, states, length):
    """Go through all blocks of a few steps side by side, then through the blocks, then add what each begins with."""
    whole = len(terms) // length * length
    new = states[1 : whole + 1]
    np.copyto(new, terms[:whole])
    blocks = new.reshape(whole // length, length, *new.shape[1:])
    products = factors[:whole].reshape(blocks.shape).copy()
    for step in range(1, length):
        blocks[:, step] += products[:, step] * blocks[:, step - 1]
        products[:, step] *= products[:, step - 1]
    starts = np.empty((len(blocks) + 1, *states.shape[1:]), states.dtype)
    starts[0] = states[0]
    _scan(products[:, -1], blocks[:, -1], starts)
    products *= starts[:-1, np.newaxis]
    blocks += products
    _scan(factors[whole:], terms[whole:], states[whole:])
