"""RWKV-4 time mixing, not stabilised with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Peng et al., "RWKV: reinventing RNNs for the transformer era", 2023, arXiv:2305.13048

    (1)   z_a = −w
    (2)   a_a = exp(z_a)
    (3)   s_r[t] = mu_r ∘ x[t] + (1 − mu_r) ∘ p[t−1]
    (4)   r[t] = W_r s_r[t]
    (5)   s_k[t] = mu_k ∘ x[t] + (1 − mu_k) ∘ p[t−1]
    (6)   k[t] = W_k s_k[t]
    (7)   s_v[t] = mu_v ∘ x[t] + (1 − mu_v) ∘ p[t−1]
    (8)   v[t] = W_v s_v[t]
    (9)   z_wkv[t] = u + k[t]
    (10)  a_wkv[t] = exp(z_wkv[t])
    (11)  wkv[t] = (a[t−1] + a_wkv[t] ∘ v[t]) ⊘ (b[t−1] + a_wkv[t])
    (12)  a2_a[t] = exp(k[t])
    (13)  a[t] = a_a ∘ a[t−1] + a2_a[t] ∘ v[t]
    (14)  b[t] = a_a ∘ b[t−1] + a2_a[t]
    (15)  a_y[t] = sigmoid(r[t])
    (16)  s_y[t] = a_y[t] ∘ wkv[t]
    (17)  y[t] = W_o s_y[t]
    (18)  p[t] = x[t]
    (19)  z_y[t] = W_hy y[t] + b_y
    (20)  y_hat[t] = softmax(z_y[t])
    (21)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of a
    O  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    p0    (B, I)     initial state: p before the first step
    y2    (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r   (H, I)     parameter: trained
    W_o   (I, H)     parameter: trained
    mu_r  (I)        parameter: trained
    W_k   (H, I)     parameter: trained
    mu_k  (I)        parameter: trained
    W_v   (H, I)     parameter: trained
    mu_v  (I)        parameter: trained
    u     (H)        parameter: trained
    w     (H)        parameter: trained
    W_hy  (O, I)     parameter: trained
    b_y   (O)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    a: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    b: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y: np.ndarray      # (T, B, I)      output: of every step
    p: np.ndarray      # (T + 1, B, I)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    a_a: np.ndarray    # (H)            saved: kept for the backward pass
    v: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    a_wkv: np.ndarray  # (T, B, H)      saved: kept for the backward pass
    wkv: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    a2_a: np.ndarray   # (T, B, H)      saved: kept for the backward pass
    a_y: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_r: np.ndarray   # (H, I)     gradient: with respect to W_r
    dW_o: np.ndarray   # (I, H)     gradient: with respect to W_o
    dmu_r: np.ndarray  # (I)        gradient: with respect to mu_r
    dW_k: np.ndarray   # (H, I)     gradient: with respect to W_k
    dmu_k: np.ndarray  # (I)        gradient: with respect to mu_k
    dW_v: np.ndarray   # (H, I)     gradient: with respect to W_v
    dmu_v: np.ndarray  # (I)        gradient: with respect to mu_v
    du: np.ndarray     # (H)        gradient: with respect to u
    dw: np.ndarray     # (H)        gradient: with respect to w
    dW_hy: np.ndarray  # (O, I)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dp0: np.ndarray    # (B, I)     gradient: with respect to p0


def forward(
    x,     # (T, B, I)  input: of every step
    p0,    # (B, I)     initial state: p before the first step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,   # (H, I)     parameter: trained
    W_o,   # (I, H)     parameter: trained
    mu_r,  # (I)        parameter: trained
    W_k,   # (H, I)     parameter: trained
    mu_k,  # (I)        parameter: trained
    W_v,   # (H, I)     parameter: trained
    mu_v,  # (I)        parameter: trained
    u,     # (H)        parameter: trained
    w,     # (H)        parameter: trained
    W_hy,  # (O, I)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, p0, y2, W_r, W_o, mu_r, W_k, mu_k, W_v, mu_v, u, w, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    p0,    # (B, I)     initial state: p before the first step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,   # (H, I)     parameter: trained
    W_o,   # (I, H)     parameter: trained
    mu_r,  # (I)        parameter: trained
    W_k,   # (H, I)     parameter: trained
    mu_k,  # (I)        parameter: trained
    W_v,   # (H, I)     parameter: trained
    mu_v,  # (I)        parameter: trained
    u,     # (H)        parameter: trained
    w,     # (H)        parameter: trained
    W_hy,  # (O, I)     parameter: trained
    b_y,   # (O)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y2.shape[2]
    H = W_r.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("p0", p0, (B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_r", W_r, (H, I), dtype)
    _check("W_o", W_o, (I, H), dtype)
    _check("mu_r", mu_r, (I,), dtype)
    _check("W_k", W_k, (H, I), dtype)
    _check("mu_k", mu_k, (I,), dtype)
    _check("W_v", W_v, (H, I), dtype)
    _check("mu_v", mu_v, (I,), dtype)
    _check("u", u, (H,), dtype)
    _check("w", w, (H,), dtype)
    _check("W_hy", W_hy, (O, I), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            a=np.empty((T + 1, B, H), dtype),
            b=np.empty((T + 1, B, H), dtype),
            y=np.empty((T, B, I), dtype),
            p=np.empty((T + 1, B, I), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_a=np.empty((H,), dtype),
            v=np.empty((T, B, H), dtype),
            a_wkv=np.empty((T, B, H), dtype),
            wkv=np.empty((T, B, H), dtype),
            a2_a=np.empty((T, B, H), dtype),
            a_y=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    a, b, y, p, y_hat, a_a, v, a_wkv, wkv, a2_a, a_y, J = into
    s_r = np.empty((T, B, I), dtype)
    s_k = np.empty((T, B, I), dtype)
    s_v = np.empty((T, B, I), dtype)
    s_y = np.empty((T, B, H), dtype)
    z_a = np.empty((H,), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    _I = np.empty((I,), dtype)
    _T_B_I = np.empty((T, B, I), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        a[1 : T + 1],  # a_next
        a[0:T],        # a_t
        a2_a,          # a2_a_t
        v,             # v_t
        b[1 : T + 1],  # b_next
        b[0:T],        # b_t
    ))

    def run():
        with np.errstate(all="ignore"):
            # (1) z_a = −w
            np.negative(w, z_a)
            # (2) a_a = exp(z_a)
            np.exp(z_a, a_a)
            np.copyto(a[0], 0.0)
            np.copyto(b[0], 0.0)
            np.copyto(p[0], p0)
            # (18) p[t] = x[t]
            np.copyto(p[1 : T + 1], x)
            # (3) s_r[t] = mu_r ∘ x[t] + (1 − mu_r) ∘ p[t−1]
            np.multiply(mu_r, x, s_r)
            np.subtract(1.0, mu_r, _I)
            np.multiply(_I, p[0:T], _T_B_I)
            np.add(s_r, _T_B_I, s_r)
            # (5) s_k[t] = mu_k ∘ x[t] + (1 − mu_k) ∘ p[t−1]
            np.multiply(mu_k, x, s_k)
            np.subtract(1.0, mu_k, _I)
            np.multiply(_I, p[0:T], _T_B_I)
            np.add(s_k, _T_B_I, s_k)
            # (7) s_v[t] = mu_v ∘ x[t] + (1 − mu_v) ∘ p[t−1]
            np.multiply(mu_v, x, s_v)
            np.subtract(1.0, mu_v, _I)
            np.multiply(_I, p[0:T], _T_B_I)
            np.add(s_v, _T_B_I, s_v)
            # (4) r[t] = W_r s_r[t]
            np.dot(s_r.reshape(T * B, I), W_r.T, a_y.reshape(T * B, H))
            # (6) k[t] = W_k s_k[t]
            np.dot(s_k.reshape(T * B, I), W_k.T, a2_a.reshape(T * B, H))
            # (8) v[t] = W_v s_v[t]
            np.dot(s_v.reshape(T * B, I), W_v.T, v.reshape(T * B, H))
            # (9) z_wkv[t] = u + k[t]
            np.add(u, a2_a, a_wkv)
            # (10) a_wkv[t] = exp(z_wkv[t])
            np.exp(a_wkv, a_wkv)
            # (12) a2_a[t] = exp(k[t])
            np.exp(a2_a, a2_a)
            # (15) a_y[t] = sigmoid(r[t])
            _sigmoid(a_y, a_y)
            a_a_row = a_a[np.newaxis]
            for a_next, a_t, a2_a_t, v_t, b_next, b_t in steps:
                # (13) a[t] = a_a ∘ a[t−1] + a2_a[t] ∘ v[t]
                np.multiply(a_a_row, a_t, a_next)
                np.multiply(a2_a_t, v_t, _B_H)
                np.add(a_next, _B_H, a_next)
                # (14) b[t] = a_a ∘ b[t−1] + a2_a[t]
                np.multiply(a_a_row, b_t, b_next)
                np.add(b_next, a2_a_t, b_next)
            # (11) wkv[t] = (a[t−1] + a_wkv[t] ∘ v[t]) ⊘ (b[t−1] + a_wkv[t])
            np.multiply(a_wkv, v, wkv)
            np.add(a[0:T], wkv, wkv)
            np.add(b[0:T], a_wkv, _T_B_H)
            np.divide(wkv, _T_B_H, wkv)
            # (16) s_y[t] = a_y[t] ∘ wkv[t]
            np.multiply(a_y, wkv, s_y)
            # (17) y[t] = W_o s_y[t]
            np.dot(s_y.reshape(T * B, H), W_o.T, y.reshape(T * B, I))
            # (19) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, I), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (20) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (21) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y2, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,    # (H, I)         parameter: trained
    W_o,    # (I, H)         parameter: trained
    mu_r,   # (I)            parameter: trained
    W_k,    # (H, I)         parameter: trained
    mu_k,   # (I)            parameter: trained
    W_v,    # (H, I)         parameter: trained
    mu_v,   # (I)            parameter: trained
    W_hy,   # (O, I)         parameter: trained
    a,      # (T + 1, B, H)  output: state; the first is initial
    b,      # (T + 1, B, H)  output: state; the first is initial
    y,      # (T, B, I)      output: of every step
    p,      # (T + 1, B, I)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    a_a,    # (H)            saved: kept for the backward pass
    v,      # (T, B, H)      saved: kept for the backward pass
    a_wkv,  # (T, B, H)      saved: kept for the backward pass
    wkv,    # (T, B, H)      saved: kept for the backward pass
    a2_a,   # (T, B, H)      saved: kept for the backward pass
    a_y,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, W_r, W_o, mu_r, W_k, mu_k, W_v, mu_v, W_hy, a, b, y, p, y_hat, a_a, v, a_wkv, wkv, a2_a, a_y)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,    # (H, I)         parameter: trained
    W_o,    # (I, H)         parameter: trained
    mu_r,   # (I)            parameter: trained
    W_k,    # (H, I)         parameter: trained
    mu_k,   # (I)            parameter: trained
    W_v,    # (H, I)         parameter: trained
    mu_v,   # (I)            parameter: trained
    W_hy,   # (O, I)         parameter: trained
    a,      # (T + 1, B, H)  output: state; the first is initial
    b,      # (T + 1, B, H)  output: state; the first is initial
    y,      # (T, B, I)      output: of every step
    p,      # (T + 1, B, I)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    a_a,    # (H)            saved: kept for the backward pass
    v,      # (T, B, H)      saved: kept for the backward pass
    a_wkv,  # (T, B, H)      saved: kept for the backward pass
    wkv,    # (T, B, H)      saved: kept for the backward pass
    a2_a,   # (T, B, H)      saved: kept for the backward pass
    a_y,    # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y2.shape[2]
    H = W_r.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O), dtype)
    _check("W_r", W_r, (H, I), dtype)
    _check("W_o", W_o, (I, H), dtype)
    _check("mu_r", mu_r, (I,), dtype)
    _check("W_k", W_k, (H, I), dtype)
    _check("mu_k", mu_k, (I,), dtype)
    _check("W_v", W_v, (H, I), dtype)
    _check("mu_v", mu_v, (I,), dtype)
    _check("W_hy", W_hy, (O, I), dtype)
    _check("a", a, (T + 1, B, H), dtype)
    _check("b", b, (T + 1, B, H), dtype)
    _check("y", y, (T, B, I), dtype)
    _check("p", p, (T + 1, B, I), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_a", a_a, (H,), dtype)
    _check("v", v, (T, B, H), dtype)
    _check("a_wkv", a_wkv, (T, B, H), dtype)
    _check("wkv", wkv, (T, B, H), dtype)
    _check("a2_a", a2_a, (T, B, H), dtype)
    _check("a_y", a_y, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_r=np.empty((H, I), dtype),
            dW_o=np.empty((I, H), dtype),
            dmu_r=np.empty((I,), dtype),
            dW_k=np.empty((H, I), dtype),
            dmu_k=np.empty((I,), dtype),
            dW_v=np.empty((H, I), dtype),
            dmu_v=np.empty((I,), dtype),
            du=np.empty((H,), dtype),
            dw=np.empty((H,), dtype),
            dW_hy=np.empty((O, I), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dp0=np.empty((B, I), dtype),
        )
    dW_r, dW_o, dmu_r, dW_k, dmu_k, dW_v, dmu_v, du, dw, dW_hy, db_y, dx, dp0 = into
    s_r_again = np.empty((T, B, I), dtype)
    s_k_again = np.empty((T, B, I), dtype)
    s_v_again = np.empty((T, B, I), dtype)
    s_y_again = np.empty((T, B, H), dtype)
    carry_a = np.empty((B, H), dtype)
    carry_b = np.empty((B, H), dtype)
    carry_p = np.empty((B, I), dtype)
    da_a = np.empty((H,), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dp = np.empty((T, B, I), dtype)
    dy = np.empty((T, B, I), dtype)
    ds_y = np.empty((T, B, H), dtype)
    da_y = np.empty((T, B, H), dtype)
    db = np.empty((T, B, H), dtype)
    da = np.empty((T, B, H), dtype)
    da2_a = np.empty((B, H), dtype)
    dwkv = np.empty((T, B, H), dtype)
    da_wkv = np.empty((T, B, H), dtype)
    dz_wkv = np.empty((T, B, H), dtype)
    dv = np.empty((T, B, H), dtype)
    ds_v = np.empty((T, B, I), dtype)
    dk = np.empty((T, B, H), dtype)
    ds_k = np.empty((T, B, I), dtype)
    dr = np.empty((T, B, H), dtype)
    ds_r = np.empty((T, B, I), dtype)
    dz_a = np.empty((H,), dtype)
    _I = np.empty((I,), dtype)
    _T_B_I = np.empty((T, B, I), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_I = np.empty((B, I), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _H = np.empty((H,), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dp[::-1],      # dp_t
        db[::-1],      # db_t
        da[::-1],      # da_t
        v[::-1],       # v_t
        dv[::-1],      # dv_t
        a2_a[::-1],    # a2_a_t
        dwkv[::-1],    # dwkv_t
        b[0:T][::-1],  # b_t
        a_wkv[::-1],   # a_wkv_t
        ds_v[::-1],    # ds_v_t
        dk[::-1],      # dk_t
        dz_wkv[::-1],  # dz_wkv_t
        ds_k[::-1],    # ds_k_t
        ds_r[::-1],    # ds_r_t
        a[0:T][::-1],  # a_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_a, 0.0)
            np.copyto(carry_b, 0.0)
            np.copyto(carry_p, 0.0)
            # (23) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (3) s_r[t] = mu_r ∘ x[t] + (1 − mu_r) ∘ p[t−1]
            np.multiply(mu_r, x, s_r_again)
            np.subtract(1.0, mu_r, _I)
            np.multiply(_I, p[0:T], _T_B_I)
            np.add(s_r_again, _T_B_I, s_r_again)
            # (16) s_y[t] = a_y[t] ∘ wkv[t]
            np.multiply(a_y, wkv, s_y_again)
            # (5) s_k[t] = mu_k ∘ x[t] + (1 − mu_k) ∘ p[t−1]
            np.multiply(mu_k, x, s_k_again)
            np.subtract(1.0, mu_k, _I)
            np.multiply(_I, p[0:T], _T_B_I)
            np.add(s_k_again, _T_B_I, s_k_again)
            # (7) s_v[t] = mu_v ∘ x[t] + (1 − mu_v) ∘ p[t−1]
            np.multiply(mu_v, x, s_v_again)
            np.subtract(1.0, mu_v, _I)
            np.multiply(_I, p[0:T], _T_B_I)
            np.add(s_v_again, _T_B_I, s_v_again)
            # (25) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dy.reshape(T * B, I))
            # (51) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, y.reshape(T * B, I), dW_hy)
            # (52) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (26) s̄_y[t] = W_oᵀ ȳ[t]
            np.dot(dy.reshape(T * B, I), W_o, ds_y.reshape(T * B, H))
            # (43) W̄_o += ȳ[t] s_y[t]ᵀ
            np.dot(dy.reshape(T * B, I).T, s_y_again.reshape(T * B, H), dW_o)
            # (27) ā_y[t] = s̄_y[t] ∘ wkv[t]
            np.multiply(ds_y, wkv, da_y)
            # (31) wkv̄[t] = s̄_y[t] ∘ a_y[t]
            np.multiply(ds_y, a_y, dwkv)
            # (32) ā_wkv[t] = (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])) ∘ v[t] − (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])²) ∘ (a[t−1] + a_wkv[t] ∘ v[t])
            np.add(b[0:T], a_wkv, da_wkv)
            np.divide(dwkv, da_wkv, da_wkv)
            np.multiply(da_wkv, v, da_wkv)
            np.add(b[0:T], a_wkv, _T_B_H)
            np.square(_T_B_H, _T_B_H)
            np.divide(dwkv, _T_B_H, _T_B_H)
            np.multiply(a_wkv, v, _T_B_H_1)
            np.add(a[0:T], _T_B_H_1, _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, _T_B_H)
            np.subtract(da_wkv, _T_B_H, da_wkv)
            # (33) z̄_wkv[t] = ā_wkv[t] ∘ a_wkv[t]
            np.multiply(da_wkv, a_wkv, dz_wkv)
            # (38) r̄[t] = ā_y[t] ∘ a_y[t] ∘ (1 − a_y[t])
            np.multiply(da_y, a_y, dr)
            np.subtract(1.0, a_y, _T_B_H)
            np.multiply(dr, _T_B_H, dr)
            # (39) s̄_r[t] = W_rᵀ r̄[t]
            np.dot(dr.reshape(T * B, H), W_r, ds_r.reshape(T * B, I))
            # (42) W̄_r += r̄[t] s_r[t]ᵀ
            np.dot(dr.reshape(T * B, H).T, s_r_again.reshape(T * B, I), dW_r)
            # (49) ū += z̄_wkv[t]
            np.matmul(_ones_T_B, dz_wkv.reshape(T * B, H), du)
            # (44) mū_r += s̄_r[t] ∘ x[t] − s̄_r[t] ∘ p[t−1]
            np.einsum("ijk,ijk->k", ds_r, x, out=dmu_r)
            np.multiply(ds_r, p[0:T], _T_B_I)
            np.negative(_T_B_I, _T_B_I)
            np.add.reduce(_T_B_I, axis=(0, 1), out=_I)
            np.add(dmu_r, _I, dmu_r)
            mu_v_row = mu_v[np.newaxis]
            mu_k_row = mu_k[np.newaxis]
            mu_r_row = mu_r[np.newaxis]
            a_a_row = a_a[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for (
                dp_t, db_t, da_t, v_t, dv_t, a2_a_t, dwkv_t, b_t, a_wkv_t, ds_v_t, dk_t, dz_wkv_t, ds_k_t, ds_r_t, a_t,
            ) in steps:
                # (24) p̄[t] = s̄_v[t+1] ∘ (1 − mu_v) + s̄_k[t+1] ∘ (1 − mu_k) + s̄_r[t+1] ∘ (1 − mu_r)
                np.copyto(dp_t, carry_p)
                # (28) b̄[t] = b̄[t+1] ∘ a_a − (wkv̄[t+1] ⊘ (b[t] + a_wkv[t+1])²) ∘ (a[t] + a_wkv[t+1] ∘ v[t+1])
                np.copyto(db_t, carry_b)
                # (29) ā[t] = ā[t+1] ∘ a_a + wkv̄[t+1] ⊘ (b[t] + a_wkv[t+1])
                np.copyto(da_t, carry_a)
                # (30) a2̄_a[t] = b̄[t] + ā[t] ∘ v[t]
                np.multiply(da_t, v_t, da2_a)
                np.add(db_t, da2_a, da2_a)
                # (34) v̄[t] = ā[t] ∘ a2_a[t] + (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])) ∘ a_wkv[t]
                np.multiply(da_t, a2_a_t, dv_t)
                np.add(b_t, a_wkv_t, _B_H)
                np.divide(dwkv_t, _B_H, _B_H)
                np.multiply(_B_H, a_wkv_t, _B_H)
                np.add(dv_t, _B_H, dv_t)
                # (35) s̄_v[t] = W_vᵀ v̄[t]
                np.dot(dv_t, W_v, ds_v_t)
                # (36) k̄[t] = a2̄_a[t] ∘ a2_a[t] + z̄_wkv[t]
                np.multiply(da2_a, a2_a_t, dk_t)
                np.add(dk_t, dz_wkv_t, dk_t)
                # (37) s̄_k[t] = W_kᵀ k̄[t]
                np.dot(dk_t, W_k, ds_k_t)
                # (24) what step t gives to p of earlier steps: s̄_v[t] ∘ (1 − mu_v) + s̄_k[t] ∘ (1 − mu_k) + s̄_r[t] ∘ (1 − mu_r)
                np.subtract(number_1, mu_v_row, carry_p)
                np.multiply(ds_v_t, carry_p, carry_p)
                np.subtract(number_1, mu_k_row, _B_I)
                np.multiply(ds_k_t, _B_I, _B_I)
                np.add(carry_p, _B_I, carry_p)
                np.subtract(number_1, mu_r_row, _B_I)
                np.multiply(ds_r_t, _B_I, _B_I)
                np.add(carry_p, _B_I, carry_p)
                # (28) what step t gives to b of earlier steps: b̄[t] ∘ a_a + −(wkv̄[t] ⊘ (b[t−1] + a_wkv[t])²) ∘ (a[t−1] + a_wkv[t] ∘ v[t])
                np.multiply(db_t, a_a_row, carry_b)
                np.add(b_t, a_wkv_t, _B_H)
                np.square(_B_H, _B_H)
                np.divide(dwkv_t, _B_H, _B_H)
                np.multiply(a_wkv_t, v_t, _B_H_1)
                np.add(a_t, _B_H_1, _B_H_1)
                np.multiply(_B_H, _B_H_1, _B_H)
                np.subtract(carry_b, _B_H, carry_b)
                # (29) what step t gives to a of earlier steps: ā[t] ∘ a_a + wkv̄[t] ⊘ (b[t−1] + a_wkv[t])
                np.multiply(da_t, a_a_row, carry_a)
                np.add(b_t, a_wkv_t, _B_H)
                np.divide(dwkv_t, _B_H, _B_H)
                np.add(carry_a, _B_H, carry_a)
            # (45) W̄_k += k̄[t] s_k[t]ᵀ
            np.dot(dk.reshape(T * B, H).T, s_k_again.reshape(T * B, I), dW_k)
            # (46) mū_k += s̄_k[t] ∘ x[t] − s̄_k[t] ∘ p[t−1]
            np.einsum("ijk,ijk->k", ds_k, x, out=dmu_k)
            np.multiply(ds_k, p[0:T], _T_B_I)
            np.negative(_T_B_I, _T_B_I)
            np.add.reduce(_T_B_I, axis=(0, 1), out=_I)
            np.add(dmu_k, _I, dmu_k)
            # (47) W̄_v += v̄[t] s_v[t]ᵀ
            np.dot(dv.reshape(T * B, H).T, s_v_again.reshape(T * B, I), dW_v)
            # (48) mū_v += s̄_v[t] ∘ x[t] − s̄_v[t] ∘ p[t−1]
            np.einsum("ijk,ijk->k", ds_v, x, out=dmu_v)
            np.multiply(ds_v, p[0:T], _T_B_I)
            np.negative(_T_B_I, _T_B_I)
            np.add.reduce(_T_B_I, axis=(0, 1), out=_I)
            np.add(dmu_v, _I, dmu_v)
            # (40) ā_a += b̄[t] ∘ b[t−1] + ā[t] ∘ a[t−1]
            np.einsum("ijk,ijk->k", db, b[0:T], out=da_a)
            np.einsum("ijk,ijk->k", da, a[0:T], out=_H)
            np.add(da_a, _H, da_a)
            # (53) x̄[t] = p̄[t] + s̄_v[t] ∘ mu_v + s̄_k[t] ∘ mu_k + s̄_r[t] ∘ mu_r
            np.multiply(ds_v, mu_v, dx)
            np.add(dp, dx, dx)
            np.multiply(ds_k, mu_k, _T_B_I)
            np.add(dx, _T_B_I, dx)
            np.multiply(ds_r, mu_r, _T_B_I)
            np.add(dx, _T_B_I, dx)
            # (54) p̄[0] = s̄_v[1] ∘ (1 − mu_v) + s̄_k[1] ∘ (1 − mu_k) + s̄_r[1] ∘ (1 − mu_r)
            np.copyto(dp0, carry_p)
            # (41) z̄_a = ā_a ∘ a_a
            np.multiply(da_a, a_a, dz_a)
            # (50) w̄ += −z̄_a
            np.negative(dz_a, dw)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    p0,    # (B, I)     initial state: p before the first step
    y2,    # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_r,   # (H, I)     parameter: trained
    W_o,   # (I, H)     parameter: trained
    mu_r,  # (I)        parameter: trained
    W_k,   # (H, I)     parameter: trained
    mu_k,  # (I)        parameter: trained
    W_v,   # (H, I)     parameter: trained
    mu_v,  # (I)        parameter: trained
    u,     # (H)        parameter: trained
    w,     # (H)        parameter: trained
    W_hy,  # (O, I)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, p0, y2, W_r, W_o, mu_r, W_k, mu_k, W_v, mu_v, u, w, W_hy, b_y)
    gradients = backward(x, y2, W_r, W_o, mu_r, W_k, mu_k, W_v, mu_v, W_hy, kept.a, kept.b, kept.y, kept.p, kept.y_hat, kept.a_a, kept.v, kept.a_wkv, kept.wkv, kept.a2_a, kept.a_y)
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
