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
    s_r: np.ndarray    # (T, B, I)      saved: kept for the backward pass
    s_k: np.ndarray    # (T, B, I)      saved: kept for the backward pass
    s_v: np.ndarray    # (T, B, I)      saved: kept for the backward pass
    v: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    a_wkv: np.ndarray  # (T, B, H)      saved: kept for the backward pass
    wkv: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    a2_a: np.ndarray   # (T, B, H)      saved: kept for the backward pass
    a_y: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    s_y: np.ndarray    # (T, B, H)      saved: kept for the backward pass
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

    a = np.empty((T + 1, B, H), dtype)
    b = np.empty((T + 1, B, H), dtype)
    y = np.empty((T, B, I), dtype)
    p = np.empty((T + 1, B, I), dtype)
    y_hat = np.empty((T, B, O), dtype)
    a_a = np.empty((H,), dtype)
    s_r = np.empty((T, B, I), dtype)
    s_k = np.empty((T, B, I), dtype)
    s_v = np.empty((T, B, I), dtype)
    v = np.empty((T, B, H), dtype)
    a_wkv = np.empty((T, B, H), dtype)
    wkv = np.empty((T, B, H), dtype)
    a2_a = np.empty((T, B, H), dtype)
    a_y = np.empty((T, B, H), dtype)
    s_y = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_a = np.empty((H,), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((T, B), dtype)
    _B_I = np.empty((B, I), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    with np.errstate(all="ignore"):
        # (1) z_a = −w
        np.negative(w, out=z_a)
        # (2) a_a = exp(z_a)
        np.exp(z_a, out=a_a)
        np.copyto(a[0], 0.0)
        np.copyto(b[0], 0.0)
        np.copyto(p[0], p0)
        for t in range(T):
            # (3) s_r[t] = mu_r ∘ x[t] + (1 − mu_r) ∘ p[t−1]
            np.multiply(mu_r, x[t], out=s_r[t])
            np.subtract(1.0, mu_r, out=_B_I)
            np.multiply(_B_I, p[t], out=_B_I)
            np.add(s_r[t], _B_I, out=s_r[t])
            # (5) s_k[t] = mu_k ∘ x[t] + (1 − mu_k) ∘ p[t−1]
            np.multiply(mu_k, x[t], out=s_k[t])
            np.subtract(1.0, mu_k, out=_B_I)
            np.multiply(_B_I, p[t], out=_B_I)
            np.add(s_k[t], _B_I, out=s_k[t])
            # (7) s_v[t] = mu_v ∘ x[t] + (1 − mu_v) ∘ p[t−1]
            np.multiply(mu_v, x[t], out=s_v[t])
            np.subtract(1.0, mu_v, out=_B_I)
            np.multiply(_B_I, p[t], out=_B_I)
            np.add(s_v[t], _B_I, out=s_v[t])
            # (18) p[t] = x[t]
            np.copyto(p[t + 1], x[t])
        # (4) r[t] = W_r s_r[t]
        np.matmul(s_r.reshape(T * B, I), W_r.T, out=a_y.reshape(T * B, H))
        # (6) k[t] = W_k s_k[t]
        np.matmul(s_k.reshape(T * B, I), W_k.T, out=a2_a.reshape(T * B, H))
        # (8) v[t] = W_v s_v[t]
        np.matmul(s_v.reshape(T * B, I), W_v.T, out=v.reshape(T * B, H))
        for t in range(T):
            # (9) z_wkv[t] = u + k[t]
            np.add(u, a2_a[t], out=a_wkv[t])
            # (10) a_wkv[t] = exp(z_wkv[t])
            np.exp(a_wkv[t], out=a_wkv[t])
            # (12) a2_a[t] = exp(k[t])
            np.exp(a2_a[t], out=a2_a[t])
            # (15) a_y[t] = sigmoid(r[t])
            _sigmoid(a_y[t], out=a_y[t])
        for t in range(T):
            # (13) a[t] = a_a ∘ a[t−1] + a2_a[t] ∘ v[t]
            np.multiply(a_a, a[t], out=_B_H)
            np.multiply(a2_a[t], v[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=a[t + 1])
            # (14) b[t] = a_a ∘ b[t−1] + a2_a[t]
            np.multiply(a_a, b[t], out=_B_H)
            np.add(_B_H, a2_a[t], out=b[t + 1])
        for t in range(T):
            # (11) wkv[t] = (a[t−1] + a_wkv[t] ∘ v[t]) ⊘ (b[t−1] + a_wkv[t])
            np.multiply(a_wkv[t], v[t], out=wkv[t])
            np.add(a[t], wkv[t], out=wkv[t])
            np.add(b[t], a_wkv[t], out=_B_H)
            np.divide(wkv[t], _B_H, out=wkv[t])
            # (16) s_y[t] = a_y[t] ∘ wkv[t]
            np.multiply(a_y[t], wkv[t], out=s_y[t])
        # (17) y[t] = W_o s_y[t]
        np.matmul(s_y.reshape(T * B, H), W_o.T, out=y.reshape(T * B, I))
        # (19) z_y[t] = W_hy y[t] + b_y
        np.matmul(y.reshape(T * B, I), W_hy.T, out=z_y.reshape(T * B, O))
        for t in range(T):
            # (19) z_y[t] = W_hy y[t] + b_y
            np.add(z_y[t], b_y, out=z_y[t])
            # (20) y_hat[t] = softmax(z_y[t])
            np.max(z_y[t], axis=1, out=largest[t])
            np.subtract(z_y[t], largest[t][:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (21) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total[t])
        # (21) J += −y2[t]ᵀ log_softmax(z_y[t])
        np.subtract(z_y, largest[:, :, np.newaxis], out=_T_B_O)
        np.subtract(_T_B_O, log_total[:, :, np.newaxis], out=_T_B_O)
        np.multiply(y2, _T_B_O, out=_T_B_O)
        np.negative(_T_B_O, out=_T_B_O)
        np.sum(_T_B_O, out=J)
    return Kept(a=a, b=b, y=y, p=p, y_hat=y_hat, a_a=a_a, s_r=s_r, s_k=s_k, s_v=s_v, v=v, a_wkv=a_wkv, wkv=wkv, a2_a=a2_a, a_y=a_y, s_y=s_y, J=J[()])


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
    s_r,    # (T, B, I)      saved: kept for the backward pass
    s_k,    # (T, B, I)      saved: kept for the backward pass
    s_v,    # (T, B, I)      saved: kept for the backward pass
    v,      # (T, B, H)      saved: kept for the backward pass
    a_wkv,  # (T, B, H)      saved: kept for the backward pass
    wkv,    # (T, B, H)      saved: kept for the backward pass
    a2_a,   # (T, B, H)      saved: kept for the backward pass
    a_y,    # (T, B, H)      saved: kept for the backward pass
    s_y,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
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
    _check("s_r", s_r, (T, B, I), dtype)
    _check("s_k", s_k, (T, B, I), dtype)
    _check("s_v", s_v, (T, B, I), dtype)
    _check("v", v, (T, B, H), dtype)
    _check("a_wkv", a_wkv, (T, B, H), dtype)
    _check("wkv", wkv, (T, B, H), dtype)
    _check("a2_a", a2_a, (T, B, H), dtype)
    _check("a_y", a_y, (T, B, H), dtype)
    _check("s_y", s_y, (T, B, H), dtype)

    dW_r = np.empty((H, I), dtype)
    dW_o = np.empty((I, H), dtype)
    dmu_r = np.empty((I,), dtype)
    dW_k = np.empty((H, I), dtype)
    dmu_k = np.empty((I,), dtype)
    dW_v = np.empty((H, I), dtype)
    dmu_v = np.empty((I,), dtype)
    du = np.empty((H,), dtype)
    dw = np.empty((H,), dtype)
    dW_hy = np.empty((O, I), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dp0 = np.empty((B, I), dtype)
    carry_a = np.empty((B, H), dtype)
    carry_b = np.empty((B, H), dtype)
    carry_p = np.empty((B, I), dtype)
    da_a = np.empty((H,), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dp = np.empty((T, B, I), dtype)
    dy = np.empty((T, B, I), dtype)
    ds_y = np.empty((T, B, H), dtype)
    da_y = np.empty((B, H), dtype)
    db = np.empty((T, B, H), dtype)
    da = np.empty((T, B, H), dtype)
    da2_a = np.empty((B, H), dtype)
    dwkv = np.empty((T, B, H), dtype)
    da_wkv = np.empty((B, H), dtype)
    dz_wkv = np.empty((T, B, H), dtype)
    dv = np.empty((T, B, H), dtype)
    ds_v = np.empty((T, B, I), dtype)
    dk = np.empty((T, B, H), dtype)
    ds_k = np.empty((T, B, I), dtype)
    dr = np.empty((T, B, H), dtype)
    ds_r = np.empty((T, B, I), dtype)
    dz_a = np.empty((H,), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _I = np.empty((I,), dtype)
    _T_B_I = np.empty((T, B, I), dtype)
    _B_I = np.empty((B, I), dtype)
    _H = np.empty((H,), dtype)

    with np.errstate(all="ignore"):
        np.copyto(carry_a, 0.0)
        np.copyto(carry_b, 0.0)
        np.copyto(carry_p, 0.0)
        for t in reversed(range(T)):
            # (23) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat[t], y2[t], out=dz_y[t])
        # (25) ȳ[t] = W_hyᵀ z̄_y[t]
        np.matmul(dz_y.reshape(T * B, O), W_hy, out=dy.reshape(T * B, I))
        # (51) W̄_hy += z̄_y[t] y[t]ᵀ
        np.matmul(dz_y.reshape(T * B, O).T, y.reshape(T * B, I), out=dW_hy)
        # (52) b̄_y += z̄_y[t]
        np.sum(dz_y, axis=(0, 1), out=db_y)
        # (26) s̄_y[t] = W_oᵀ ȳ[t]
        np.matmul(dy.reshape(T * B, I), W_o, out=ds_y.reshape(T * B, H))
        # (43) W̄_o += ȳ[t] s_y[t]ᵀ
        np.matmul(dy.reshape(T * B, I).T, s_y.reshape(T * B, H), out=dW_o)
        for t in reversed(range(T)):
            # (27) ā_y[t] = s̄_y[t] ∘ wkv[t]
            np.multiply(ds_y[t], wkv[t], out=da_y)
            # (31) wkv̄[t] = s̄_y[t] ∘ a_y[t]
            np.multiply(ds_y[t], a_y[t], out=dwkv[t])
            # (32) ā_wkv[t] = (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])) ∘ v[t] − (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])²) ∘ (a[t−1] + a_wkv[t] ∘ v[t])
            np.add(b[t], a_wkv[t], out=da_wkv)
            np.divide(dwkv[t], da_wkv, out=da_wkv)
            np.multiply(da_wkv, v[t], out=da_wkv)
            np.add(b[t], a_wkv[t], out=_B_H)
            np.square(_B_H, out=_B_H)
            np.divide(dwkv[t], _B_H, out=_B_H)
            np.multiply(a_wkv[t], v[t], out=_B_H_1)
            np.add(a[t], _B_H_1, out=_B_H_1)
            np.multiply(_B_H, _B_H_1, out=_B_H)
            np.subtract(da_wkv, _B_H, out=da_wkv)
            # (33) z̄_wkv[t] = ā_wkv[t] ∘ a_wkv[t]
            np.multiply(da_wkv, a_wkv[t], out=dz_wkv[t])
            # (38) r̄[t] = ā_y[t] ∘ a_y[t] ∘ (1 − a_y[t])
            np.multiply(da_y, a_y[t], out=dr[t])
            np.subtract(1.0, a_y[t], out=_B_H)
            np.multiply(dr[t], _B_H, out=dr[t])
        # (39) s̄_r[t] = W_rᵀ r̄[t]
        np.matmul(dr.reshape(T * B, H), W_r, out=ds_r.reshape(T * B, I))
        # (42) W̄_r += r̄[t] s_r[t]ᵀ
        np.matmul(dr.reshape(T * B, H).T, s_r.reshape(T * B, I), out=dW_r)
        # (49) ū += z̄_wkv[t]
        np.sum(dz_wkv, axis=(0, 1), out=du)
        # (44) mū_r += s̄_r[t] ∘ x[t] − s̄_r[t] ∘ p[t−1]
        np.einsum("ijk,ijk->k", ds_r, x, out=dmu_r)
        np.multiply(ds_r, p[0:T], out=_T_B_I)
        np.negative(_T_B_I, out=_T_B_I)
        np.sum(_T_B_I, axis=(0, 1), out=_I)
        np.add(dmu_r, _I, out=dmu_r)
        for t in reversed(range(T)):
            # (24) p̄[t] = s̄_v[t+1] ∘ (1 − mu_v) + s̄_k[t+1] ∘ (1 − mu_k) + s̄_r[t+1] ∘ (1 − mu_r)
            np.copyto(dp[t], carry_p)
            # (28) b̄[t] = b̄[t+1] ∘ a_a − (wkv̄[t+1] ⊘ (b[t] + a_wkv[t+1])²) ∘ (a[t] + a_wkv[t+1] ∘ v[t+1])
            np.copyto(db[t], carry_b)
            # (29) ā[t] = ā[t+1] ∘ a_a + wkv̄[t+1] ⊘ (b[t] + a_wkv[t+1])
            np.copyto(da[t], carry_a)
            # (30) a2̄_a[t] = b̄[t] + ā[t] ∘ v[t]
            np.multiply(da[t], v[t], out=da2_a)
            np.add(db[t], da2_a, out=da2_a)
            # (34) v̄[t] = ā[t] ∘ a2_a[t] + (wkv̄[t] ⊘ (b[t−1] + a_wkv[t])) ∘ a_wkv[t]
            np.multiply(da[t], a2_a[t], out=dv[t])
            np.add(b[t], a_wkv[t], out=_B_H)
            np.divide(dwkv[t], _B_H, out=_B_H)
            np.multiply(_B_H, a_wkv[t], out=_B_H)
            np.add(dv[t], _B_H, out=dv[t])
            # (35) s̄_v[t] = W_vᵀ v̄[t]
            np.matmul(dv[t], W_v, out=ds_v[t])
            # (36) k̄[t] = a2̄_a[t] ∘ a2_a[t] + z̄_wkv[t]
            np.multiply(da2_a, a2_a[t], out=dk[t])
            np.add(dk[t], dz_wkv[t], out=dk[t])
            # (37) s̄_k[t] = W_kᵀ k̄[t]
            np.matmul(dk[t], W_k, out=ds_k[t])
            # (24) what step t gives to p of earlier steps: s̄_v[t] ∘ (1 − mu_v) + s̄_k[t] ∘ (1 − mu_k) + s̄_r[t] ∘ (1 − mu_r)
            np.subtract(1.0, mu_v, out=carry_p)
            np.multiply(ds_v[t], carry_p, out=carry_p)
            np.subtract(1.0, mu_k, out=_B_I)
            np.multiply(ds_k[t], _B_I, out=_B_I)
            np.add(carry_p, _B_I, out=carry_p)
            np.subtract(1.0, mu_r, out=_B_I)
            np.multiply(ds_r[t], _B_I, out=_B_I)
            np.add(carry_p, _B_I, out=carry_p)
            # (28) what step t gives to b of earlier steps: b̄[t] ∘ a_a + −(wkv̄[t] ⊘ (b[t−1] + a_wkv[t])²) ∘ (a[t−1] + a_wkv[t] ∘ v[t])
            np.multiply(db[t], a_a, out=carry_b)
            np.add(b[t], a_wkv[t], out=_B_H)
            np.square(_B_H, out=_B_H)
            np.divide(dwkv[t], _B_H, out=_B_H)
            np.multiply(a_wkv[t], v[t], out=_B_H_1)
            np.add(a[t], _B_H_1, out=_B_H_1)
            np.multiply(_B_H, _B_H_1, out=_B_H)
            np.subtract(carry_b, _B_H, out=carry_b)
            # (29) what step t gives to a of earlier steps: ā[t] ∘ a_a + wkv̄[t] ⊘ (b[t−1] + a_wkv[t])
            np.multiply(da[t], a_a, out=carry_a)
            np.add(b[t], a_wkv[t], out=_B_H)
            np.divide(dwkv[t], _B_H, out=_B_H)
            np.add(carry_a, _B_H, out=carry_a)
        # (45) W̄_k += k̄[t] s_k[t]ᵀ
        np.matmul(dk.reshape(T * B, H).T, s_k.reshape(T * B, I), out=dW_k)
        # (46) mū_k += s̄_k[t] ∘ x[t] − s̄_k[t] ∘ p[t−1]
        np.einsum("ijk,ijk->k", ds_k, x, out=dmu_k)
        np.multiply(ds_k, p[0:T], out=_T_B_I)
        np.negative(_T_B_I, out=_T_B_I)
        np.sum(_T_B_I, axis=(0, 1), out=_I)
        np.add(dmu_k, _I, out=dmu_k)
        # (47) W̄_v += v̄[t] s_v[t]ᵀ
        np.matmul(dv.reshape(T * B, H).T, s_v.reshape(T * B, I), out=dW_v)
        # (48) mū_v += s̄_v[t] ∘ x[t] − s̄_v[t] ∘ p[t−1]
        np.einsum("ijk,ijk->k", ds_v, x, out=dmu_v)
        np.multiply(ds_v, p[0:T], out=_T_B_I)
        np.negative(_T_B_I, out=_T_B_I)
        np.sum(_T_B_I, axis=(0, 1), out=_I)
        np.add(dmu_v, _I, out=dmu_v)
        # (40) ā_a += b̄[t] ∘ b[t−1] + ā[t] ∘ a[t−1]
        np.einsum("ijk,ijk->k", db, b[0:T], out=da_a)
        np.einsum("ijk,ijk->k", da, a[0:T], out=_H)
        np.add(da_a, _H, out=da_a)
        for t in reversed(range(T)):
            # (53) x̄[t] = p̄[t] + s̄_v[t] ∘ mu_v + s̄_k[t] ∘ mu_k + s̄_r[t] ∘ mu_r
            np.multiply(ds_v[t], mu_v, out=dx[t])
            np.add(dp[t], dx[t], out=dx[t])
            np.multiply(ds_k[t], mu_k, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.multiply(ds_r[t], mu_r, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
        # (54) p̄[0] = s̄_v[1] ∘ (1 − mu_v) + s̄_k[1] ∘ (1 − mu_k) + s̄_r[1] ∘ (1 − mu_r)
        np.copyto(dp0, carry_p)
        # (41) z̄_a = ā_a ∘ a_a
        np.multiply(da_a, a_a, out=dz_a)
        # (50) w̄ += −z̄_a
        np.negative(dz_a, out=dw)
    return Gradients(dW_r=dW_r, dW_o=dW_o, dmu_r=dmu_r, dW_k=dW_k, dmu_k=dmu_k, dW_v=dW_v, dmu_v=dmu_v, du=du, dw=dw, dW_hy=dW_hy, db_y=db_y, dx=dx, dp0=dp0)


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
    gradients = backward(x, y2, W_r, W_o, mu_r, W_k, mu_k, W_v, mu_v, W_hy, kept.a, kept.b, kept.y, kept.p, kept.y_hat, kept.a_a, kept.s_r, kept.s_k, kept.s_v, kept.v, kept.a_wkv, kept.wkv, kept.a2_a, kept.a_y, kept.s_y)
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
