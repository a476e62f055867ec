"""long short-term memory with layer normalisation with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Ba, Kiros, Hinton, "Layer normalization", 2016, arXiv:1607.06450

    (1)   a[t] = W_h h[t−1]
    (2)   u_d_a[t] = 1ᵀ a[t]
    (3)   d_a[t] = a[t] − 1/(4*H) u_d_a[t] 1
    (4)   s[t] = W_x x[t]
    (5)   u_d_s[t] = 1ᵀ s[t]
    (6)   d_s[t] = s[t] − 1/(4*H) u_d_s[t] 1
    (7)   s_z[t] = d_a[t] ∘ d_a[t]
    (8)   z_z[t] = 1/(4*H) 1ᵀ s_z[t] + epsilon
    (9)   a_z[t] = sqrt(z_z[t])
    (10)  s2_z[t] = d_s[t] ∘ d_s[t]
    (11)  z2_z[t] = 1/(4*H) 1ᵀ s2_z[t] + epsilon
    (12)  a2_z[t] = sqrt(z2_z[t])
    (13)  z[t] = (alpha_1 ∘ d_a[t]) ⊘ (a_z[t] 1) + (alpha_2 ∘ d_s[t]) ⊘ (a2_z[t] 1) + b
    (14)  z_f[t] = z[t]⟨0 : H⟩
    (15)  f[t] = sigmoid(z_f[t])
    (16)  z_i[t] = z[t]⟨H : 2*H⟩
    (17)  i[t] = sigmoid(z_i[t])
    (18)  z_o[t] = z[t]⟨2*H : 3*H⟩
    (19)  o[t] = sigmoid(z_o[t])
    (20)  z_g[t] = z[t]⟨3*H : 4*H⟩
    (21)  g[t] = tanh(z_g[t])
    (22)  c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
    (23)  u_d_c[t] = 1ᵀ c[t]
    (24)  d_c[t] = c[t] − 1/H u_d_c[t] 1
    (25)  s_h[t] = d_c[t] ∘ d_c[t]
    (26)  z_h[t] = 1/H 1ᵀ s_h[t] + epsilon
    (27)  a_h[t] = sqrt(z_h[t])
    (28)  z2_h[t] = (alpha_3 ∘ d_c[t]) ⊘ (a_h[t] 1) + beta_3
    (29)  a2_h[t] = tanh(z2_h[t])
    (30)  h[t] = o[t] ∘ a2_h[t]
    (31)  z_y[t] = W_hy h[t] + b_y
    (32)  y_hat[t] = softmax(z_y[t])
    (33)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x        (T, B, I)  input: of every step
    h0       (B, H)     initial state: h before the first step
    c0       (B, H)     initial state: c before the first step
    y        (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h      (4*H, H)   parameter: trained
    W_x      (4*H, I)   parameter: trained
    alpha_1  (4*H)      parameter: trained
    alpha_2  (4*H)      parameter: trained
    b        (4*H)      parameter: trained
    alpha_3  (H)        parameter: trained
    beta_3   (H)        parameter: trained
    W_hy     (O, H)     parameter: trained
    b_y      (O)        parameter: trained
    epsilon  ()         parameter: constant: it has no gradient; usually 1e-05

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    c: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    d_a: np.ndarray    # (T, B, 4*H)    saved: kept for the backward pass
    d_s: np.ndarray    # (T, B, 4*H)    saved: kept for the backward pass
    a_z: np.ndarray    # (T, B, 1)      saved: kept for the backward pass
    a2_z: np.ndarray   # (T, B, 1)      saved: kept for the backward pass
    f: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    i: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    o: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    g: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    d_c: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    a_h: np.ndarray    # (T, B, 1)      saved: kept for the backward pass
    a2_h: np.ndarray   # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_h: np.ndarray      # (4*H, H)   gradient: with respect to W_h
    dW_x: np.ndarray      # (4*H, I)   gradient: with respect to W_x
    dalpha_1: np.ndarray  # (4*H)      gradient: with respect to alpha_1
    dalpha_2: np.ndarray  # (4*H)      gradient: with respect to alpha_2
    db: np.ndarray        # (4*H)      gradient: with respect to b
    dalpha_3: np.ndarray  # (H)        gradient: with respect to alpha_3
    dbeta_3: np.ndarray   # (H)        gradient: with respect to beta_3
    dW_hy: np.ndarray     # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray      # (O)        gradient: with respect to b_y
    dx: np.ndarray        # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray       # (B, H)     gradient: with respect to h0
    dc0: np.ndarray       # (B, H)     gradient: with respect to c0


def forward(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    c0,       # (B, H)     initial state: c before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (4*H, H)   parameter: trained
    W_x,      # (4*H, I)   parameter: trained
    alpha_1,  # (4*H)      parameter: trained
    alpha_2,  # (4*H)      parameter: trained
    b,        # (4*H)      parameter: trained
    alpha_3,  # (H)        parameter: trained
    beta_3,   # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    epsilon,  # ()         parameter: constant: it has no gradient; usually 1e-05
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, c0, y, W_h, W_x, alpha_1, alpha_2, b, alpha_3, beta_3, W_hy, b_y, epsilon)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    c0,       # (B, H)     initial state: c before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (4*H, H)   parameter: trained
    W_x,      # (4*H, I)   parameter: trained
    alpha_1,  # (4*H)      parameter: trained
    alpha_2,  # (4*H)      parameter: trained
    b,        # (4*H)      parameter: trained
    alpha_3,  # (H)        parameter: trained
    beta_3,   # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    epsilon,  # ()         parameter: constant: it has no gradient; usually 1e-05
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
    _check("c0", c0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_h", W_h, (4*H, H), dtype)
    _check("W_x", W_x, (4*H, I), dtype)
    _check("alpha_1", alpha_1, (4*H,), dtype)
    _check("alpha_2", alpha_2, (4*H,), dtype)
    _check("b", b, (4*H,), dtype)
    _check("alpha_3", alpha_3, (H,), dtype)
    _check("beta_3", beta_3, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("epsilon", epsilon, (), dtype)

    if into is None:
        into = Kept(
            c=np.empty((T + 1, B, H), dtype),
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            d_a=np.empty((T, B, 4*H), dtype),
            d_s=np.empty((T, B, 4*H), dtype),
            a_z=np.empty((T, B, 1), dtype),
            a2_z=np.empty((T, B, 1), dtype),
            f=np.empty((T, B, H), dtype),
            i=np.empty((T, B, H), dtype),
            o=np.empty((T, B, H), dtype),
            g=np.empty((T, B, H), dtype),
            d_c=np.empty((T, B, H), dtype),
            a_h=np.empty((T, B, 1), dtype),
            a2_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    c, h, y_hat, d_a, d_s, a_z, a2_z, f, i, o, g, d_c, a_h, a2_h, J = into
    u_d_a = np.empty((B, 1), dtype)
    u_d_s = np.empty((T, B, 1), dtype)
    s_z = np.empty((B, 4*H), dtype)
    s2_z = np.empty((T, B, 4*H), dtype)
    z = np.empty((B, 4*H), dtype)
    u_d_c = np.empty((B, 1), dtype)
    s_h = np.empty((B, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    inner = np.empty((B,), dtype)
    inner_2 = np.empty((T, B), dtype)
    inner_3 = np.empty((B,), dtype)
    inner_4 = np.empty((T, B), dtype)
    inner_5 = np.empty((B,), dtype)
    inner_6 = np.empty((B,), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_h_T = np.empty((H, 4*H), dtype)
    _T_B_4xH = np.empty((T, B, 4*H), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        d_a,           # d_a_t
        h[0:T],        # h_t
        a_z,           # a_z_t
        d_s,           # d_s_t
        a2_z,          # a2_z_t
        f,             # f_t
        i,             # i_t
        o,             # o_t
        g,             # g_t
        c[1 : T + 1],  # c_next
        c[0:T],        # c_t
        d_c,           # d_c_t
        a_h,           # a_h_t
        a2_h,          # a2_h_t
        h[1 : T + 1],  # h_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_h_T, W_h.T)
            np.copyto(h[0], h0)
            np.copyto(c[0], c0)
            # (4) s[t] = W_x x[t]
            np.dot(x.reshape(T * B, I), W_x.T, d_s.reshape(T * B, 4*H))
            # (5) u_d_s[t] = 1ᵀ s[t]
            np.add.reduce(d_s, axis=2, out=inner_2)
            np.copyto(u_d_s, inner_2[:, :, np.newaxis])
            # (6) d_s[t] = s[t] − 1/(4*H) u_d_s[t] 1
            np.divide(u_d_s, 4.0, _T_B_4xH)
            np.divide(_T_B_4xH, float(H), _T_B_4xH)
            np.subtract(d_s, _T_B_4xH, d_s)
            # (10) s2_z[t] = d_s[t] ∘ d_s[t]
            np.multiply(d_s, d_s, s2_z)
            # (11) z2_z[t] = 1/(4*H) 1ᵀ s2_z[t] + epsilon
            np.add.reduce(s2_z, axis=2, out=inner_4)
            np.divide(inner_4[:, :, np.newaxis], 4.0, a2_z)
            np.divide(a2_z, float(H), a2_z)
            np.add(a2_z, epsilon, a2_z)
            # (12) a2_z[t] = sqrt(z2_z[t])
            np.sqrt(a2_z, a2_z)
            alpha_1_row = alpha_1[np.newaxis]
            alpha_2_row = alpha_2[np.newaxis]
            b_row = b[np.newaxis]
            alpha_3_row = alpha_3[np.newaxis]
            beta_3_row = beta_3[np.newaxis]
            z_part = z[:, :H]
            z_part_2 = z[:, H : 2*H]
            z_part_3 = z[:, 2*H : 3*H]
            z_part_4 = z[:, 3*H : 4*H]
            number_4 = np.array(4.0, dtype)
            extent = np.array(float(H), dtype)
            for d_a_t, h_t, a_z_t, d_s_t, a2_z_t, f_t, i_t, o_t, g_t, c_next, c_t, d_c_t, a_h_t, a2_h_t, h_next in steps:
                # (1) a[t] = W_h h[t−1]
                np.dot(h_t, W_h_T, d_a_t)
                # (2) u_d_a[t] = 1ᵀ a[t]
                np.add.reduce(d_a_t, axis=1, out=inner)
                np.copyto(u_d_a, inner[:, np.newaxis])
                # (3) d_a[t] = a[t] − 1/(4*H) u_d_a[t] 1
                np.divide(u_d_a, number_4, _B_4xH)
                np.divide(_B_4xH, extent, _B_4xH)
                np.subtract(d_a_t, _B_4xH, d_a_t)
                # (7) s_z[t] = d_a[t] ∘ d_a[t]
                np.multiply(d_a_t, d_a_t, s_z)
                # (8) z_z[t] = 1/(4*H) 1ᵀ s_z[t] + epsilon
                np.add.reduce(s_z, axis=1, out=inner_3)
                np.divide(inner_3[:, np.newaxis], number_4, a_z_t)
                np.divide(a_z_t, extent, a_z_t)
                np.add(a_z_t, epsilon, a_z_t)
                # (9) a_z[t] = sqrt(z_z[t])
                np.sqrt(a_z_t, a_z_t)
                # (13) z[t] = (alpha_1 ∘ d_a[t]) ⊘ (a_z[t] 1) + (alpha_2 ∘ d_s[t]) ⊘ (a2_z[t] 1) + b
                np.multiply(alpha_1_row, d_a_t, z)
                np.divide(z, a_z_t, z)
                np.multiply(alpha_2_row, d_s_t, _B_4xH)
                np.divide(_B_4xH, a2_z_t, _B_4xH)
                np.add(z, _B_4xH, z)
                np.add(z, b_row, z)
                # (14) z_f[t] = z[t]⟨0 : H⟩
                np.copyto(f_t, z_part)
                # (15) f[t] = sigmoid(z_f[t])
                _sigmoid(f_t, f_t)
                # (16) z_i[t] = z[t]⟨H : 2*H⟩
                np.copyto(i_t, z_part_2)
                # (17) i[t] = sigmoid(z_i[t])
                _sigmoid(i_t, i_t)
                # (18) z_o[t] = z[t]⟨2*H : 3*H⟩
                np.copyto(o_t, z_part_3)
                # (19) o[t] = sigmoid(z_o[t])
                _sigmoid(o_t, o_t)
                # (20) z_g[t] = z[t]⟨3*H : 4*H⟩
                np.copyto(g_t, z_part_4)
                # (21) g[t] = tanh(z_g[t])
                np.tanh(g_t, g_t)
                # (22) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
                np.multiply(f_t, c_t, c_next)
                np.multiply(i_t, g_t, _B_H)
                np.add(c_next, _B_H, c_next)
                # (23) u_d_c[t] = 1ᵀ c[t]
                np.add.reduce(c_next, axis=1, out=inner_5)
                np.copyto(u_d_c, inner_5[:, np.newaxis])
                # (24) d_c[t] = c[t] − 1/H u_d_c[t] 1
                np.divide(u_d_c, extent, d_c_t)
                np.subtract(c_next, d_c_t, d_c_t)
                # (25) s_h[t] = d_c[t] ∘ d_c[t]
                np.multiply(d_c_t, d_c_t, s_h)
                # (26) z_h[t] = 1/H 1ᵀ s_h[t] + epsilon
                np.add.reduce(s_h, axis=1, out=inner_6)
                np.divide(inner_6[:, np.newaxis], extent, a_h_t)
                np.add(a_h_t, epsilon, a_h_t)
                # (27) a_h[t] = sqrt(z_h[t])
                np.sqrt(a_h_t, a_h_t)
                # (28) z2_h[t] = (alpha_3 ∘ d_c[t]) ⊘ (a_h[t] 1) + beta_3
                np.multiply(alpha_3_row, d_c_t, a2_h_t)
                np.divide(a2_h_t, a_h_t, a2_h_t)
                np.add(a2_h_t, beta_3_row, a2_h_t)
                # (29) a2_h[t] = tanh(z2_h[t])
                np.tanh(a2_h_t, a2_h_t)
                # (30) h[t] = o[t] ∘ a2_h[t]
                np.multiply(o_t, a2_h_t, h_next)
            # (31) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (32) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (33) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (4*H, H)       parameter: trained
    W_x,      # (4*H, I)       parameter: trained
    alpha_1,  # (4*H)          parameter: trained
    alpha_2,  # (4*H)          parameter: trained
    alpha_3,  # (H)            parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    d_a,      # (T, B, 4*H)    saved: kept for the backward pass
    d_s,      # (T, B, 4*H)    saved: kept for the backward pass
    a_z,      # (T, B, 1)      saved: kept for the backward pass
    a2_z,     # (T, B, 1)      saved: kept for the backward pass
    f,        # (T, B, H)      saved: kept for the backward pass
    i,        # (T, B, H)      saved: kept for the backward pass
    o,        # (T, B, H)      saved: kept for the backward pass
    g,        # (T, B, H)      saved: kept for the backward pass
    d_c,      # (T, B, H)      saved: kept for the backward pass
    a_h,      # (T, B, 1)      saved: kept for the backward pass
    a2_h,     # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_h, W_x, alpha_1, alpha_2, alpha_3, W_hy, c, h, y_hat, d_a, d_s, a_z, a2_z, f, i, o, g, d_c, a_h, a2_h)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (4*H, H)       parameter: trained
    W_x,      # (4*H, I)       parameter: trained
    alpha_1,  # (4*H)          parameter: trained
    alpha_2,  # (4*H)          parameter: trained
    alpha_3,  # (H)            parameter: trained
    W_hy,     # (O, H)         parameter: trained
    c,        # (T + 1, B, H)  output: state; the first is initial
    h,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    d_a,      # (T, B, 4*H)    saved: kept for the backward pass
    d_s,      # (T, B, 4*H)    saved: kept for the backward pass
    a_z,      # (T, B, 1)      saved: kept for the backward pass
    a2_z,     # (T, B, 1)      saved: kept for the backward pass
    f,        # (T, B, H)      saved: kept for the backward pass
    i,        # (T, B, H)      saved: kept for the backward pass
    o,        # (T, B, H)      saved: kept for the backward pass
    g,        # (T, B, H)      saved: kept for the backward pass
    d_c,      # (T, B, H)      saved: kept for the backward pass
    a_h,      # (T, B, 1)      saved: kept for the backward pass
    a2_h,     # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_h.shape[1]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_h", W_h, (4*H, H), dtype)
    _check("W_x", W_x, (4*H, I), dtype)
    _check("alpha_1", alpha_1, (4*H,), dtype)
    _check("alpha_2", alpha_2, (4*H,), dtype)
    _check("alpha_3", alpha_3, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("d_a", d_a, (T, B, 4*H), dtype)
    _check("d_s", d_s, (T, B, 4*H), dtype)
    _check("a_z", a_z, (T, B, 1), dtype)
    _check("a2_z", a2_z, (T, B, 1), dtype)
    _check("f", f, (T, B, H), dtype)
    _check("i", i, (T, B, H), dtype)
    _check("o", o, (T, B, H), dtype)
    _check("g", g, (T, B, H), dtype)
    _check("d_c", d_c, (T, B, H), dtype)
    _check("a_h", a_h, (T, B, 1), dtype)
    _check("a2_h", a2_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_h=np.empty((4*H, H), dtype),
            dW_x=np.empty((4*H, I), dtype),
            dalpha_1=np.empty((4*H,), dtype),
            dalpha_2=np.empty((4*H,), dtype),
            db=np.empty((4*H,), dtype),
            dalpha_3=np.empty((H,), dtype),
            dbeta_3=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
            dc0=np.empty((B, H), dtype),
        )
    dW_h, dW_x, dalpha_1, dalpha_2, db, dalpha_3, dbeta_3, dW_hy, db_y, dx, dh0, dc0 = into
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dz2_h = np.empty((T, B, H), dtype)
    da_h = np.empty((B, 1), dtype)
    inner_7 = np.empty((B,), dtype)
    dz_h = np.empty((T, B, 1), dtype)
    ds_h = np.empty((B, H), dtype)
    dd_c = np.empty((B, H), dtype)
    du_d_c = np.empty((B, 1), dtype)
    inner_8 = np.empty((B,), dtype)
    dc = np.empty((B, H), dtype)
    dg = np.empty((B, H), dtype)
    do_ = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    dz = np.empty((T, B, 4*H), dtype)
    da2_z = np.empty((T, B, 1), dtype)
    inner_9 = np.empty((T, B), dtype)
    dz2_z = np.empty((T, B, 1), dtype)
    ds2_z = np.empty((T, B, 4*H), dtype)
    da_z = np.empty((B, 1), dtype)
    inner_10 = np.empty((B,), dtype)
    dz_z = np.empty((T, B, 1), dtype)
    ds_z = np.empty((B, 4*H), dtype)
    dd_s = np.empty((T, B, 4*H), dtype)
    du_d_s = np.empty((T, B, 1), dtype)
    inner_11 = np.empty((T, B), dtype)
    ds = np.empty((T, B, 4*H), dtype)
    dd_a = np.empty((B, 4*H), dtype)
    du_d_a = np.empty((B, 1), dtype)
    inner_12 = np.empty((B,), dtype)
    da = np.empty((T, B, 4*H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_4xH = np.empty((B, 4*H), dtype)
    _T_B_4xH = np.empty((T, B, 4*H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh[::-1],                   # dh_t
        dz2_h[::-1],                # dz2_h_t
        a_h[::-1],                  # a_h_t
        d_c[::-1],                  # d_c_t
        dz_h[::-1],                 # dz_h_t
        i[::-1],                    # i_t
        a2_h[::-1],                 # a2_h_t
        g[::-1],                    # g_t
        c[0:T][::-1],               # c_t
        dz[:, :, 3*H : 4*H][::-1],  # dz_t
        dz[:, :, 2*H : 3*H][::-1],  # dz_t_2
        dz[:, :, H : 2*H][::-1],    # dz_t_3
        dz[:, :, :H][::-1],         # dz_t_4
        dz[::-1],                   # dz_t_5
        a_z[::-1],                  # a_z_t
        d_a[::-1],                  # d_a_t
        dz_z[::-1],                 # dz_z_t
        da[::-1],                   # da_t
        f[::-1],                    # f_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(carry_c, 0.0)
            # (35) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (38) z2̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²)
            np.square(a2_h, dz2_h)
            np.subtract(1.0, dz2_h, dz2_h)
            np.multiply(o, dz2_h, dz2_h)
            # (40) z̄_h[t] = ā_h[t] ∘ (1 ⊘ (2 a_h[t]))
            np.multiply(2.0, a_h, dz_h)
            np.divide(1.0, dz_h, dz_h)
            # (53) z̄[t] = [0; z̄_g[t]] + [0; z̄_o[t]; 0] + [0; z̄_i[t]; 0] + [z̄_f[t]; 0]
            np.square(g, _T_B_H)
            np.subtract(1.0, _T_B_H, dz[:, :, 3*H : 4*H])
            np.subtract(1.0, o, _T_B_H)
            np.multiply(o, _T_B_H, dz[:, :, 2*H : 3*H])
            np.subtract(1.0, i, _T_B_H)
            np.multiply(i, _T_B_H, dz[:, :, H : 2*H])
            np.subtract(1.0, f, _T_B_H)
            np.multiply(f, _T_B_H, dz[:, :, :H])
            # (58) z̄_z[t] = ā_z[t] ∘ (1 ⊘ (2 a_z[t]))
            np.multiply(2.0, a_z, dz_z)
            np.divide(1.0, dz_z, dz_z)
            # (36) h̄[t] = W_hyᵀ z̄_y[t] + W_hᵀ ā[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (73) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (74) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            alpha_3_row = alpha_3[np.newaxis]
            alpha_1_row = alpha_1[np.newaxis]
            extent = np.array(float(H), dtype)
            number_2 = np.array(2.0, dtype)
            number_4 = np.array(4.0, dtype)
            for (
                dh_t, dz2_h_t, a_h_t, d_c_t, dz_h_t, i_t, a2_h_t, g_t, c_t, dz_t, dz_t_2, dz_t_3, dz_t_4, dz_t_5,
                a_z_t, d_a_t, dz_z_t, da_t, f_t,
            ) in steps:
                # (36) h̄[t] = W_hyᵀ z̄_y[t] + W_hᵀ ā[t+1]
                np.add(dh_t, carry_h, dh_t)
                # (38) z2̄_h[t] = a2̄_h[t] ∘ (1 − a2_h[t]²)
                np.multiply(dh_t, dz2_h_t, dz2_h_t)
                # (39) ā_h[t] = −1ᵀ ((z2̄_h[t] ⊘ (a_h[t] 1)²) ∘ alpha_3 ∘ d_c[t])
                np.square(a_h_t, _B_H)
                np.divide(dz2_h_t, _B_H, _B_H)
                np.multiply(_B_H, alpha_3_row, _B_H)
                np.multiply(_B_H, d_c_t, _B_H)
                np.add.reduce(_B_H, axis=1, out=inner_7)
                np.negative(inner_7[:, np.newaxis], da_h)
                # (40) z̄_h[t] = ā_h[t] ∘ (1 ⊘ (2 a_h[t]))
                np.multiply(da_h, dz_h_t, dz_h_t)
                # (41) s̄_h[t] = 1/H 1 z̄_h[t]
                np.divide(dz_h_t, extent, ds_h)
                # (42) d̄_c[t] = (z2̄_h[t] ⊘ (a_h[t] 1)) ∘ alpha_3 + 2 (s̄_h[t] ∘ d_c[t])
                np.divide(dz2_h_t, a_h_t, dd_c)
                np.multiply(dd_c, alpha_3_row, dd_c)
                np.multiply(ds_h, d_c_t, _B_H)
                np.multiply(number_2, _B_H, _B_H)
                np.add(dd_c, _B_H, dd_c)
                # (43) ū_d_c[t] = −1/H 1ᵀ d̄_c[t]
                np.add.reduce(dd_c, axis=1, out=inner_8)
                np.divide(inner_8[:, np.newaxis], extent, du_d_c)
                np.negative(du_d_c, du_d_c)
                # (44) c̄[t] = d̄_c[t] + 1 ū_d_c[t] + c̄[t+1] ∘ f[t+1]
                np.add(dd_c, du_d_c, dc)
                np.add(dc, carry_c, dc)
                # (45) ḡ[t] = c̄[t] ∘ i[t]
                np.multiply(dc, i_t, dg)
                # (47) ō[t] = h̄[t] ∘ a2_h[t]
                np.multiply(dh_t, a2_h_t, do_)
                # (49) ī[t] = c̄[t] ∘ g[t]
                np.multiply(dc, g_t, di)
                # (51) f̄[t] = c̄[t] ∘ c[t−1]
                np.multiply(dc, c_t, df)
                # (53) z̄[t] = [0; z̄_g[t]] + [0; z̄_o[t]; 0] + [0; z̄_i[t]; 0] + [z̄_f[t]; 0]
                np.multiply(dg, dz_t, dz_t)
                np.multiply(do_, dz_t_2, dz_t_2)
                np.multiply(di, dz_t_3, dz_t_3)
                np.multiply(df, dz_t_4, dz_t_4)
                # (57) ā_z[t] = −1ᵀ ((z̄[t] ⊘ (a_z[t] 1)²) ∘ alpha_1 ∘ d_a[t])
                np.square(a_z_t, _B_4xH)
                np.divide(dz_t_5, _B_4xH, _B_4xH)
                np.multiply(_B_4xH, alpha_1_row, _B_4xH)
                np.multiply(_B_4xH, d_a_t, _B_4xH)
                np.add.reduce(_B_4xH, axis=1, out=inner_10)
                np.negative(inner_10[:, np.newaxis], da_z)
                # (58) z̄_z[t] = ā_z[t] ∘ (1 ⊘ (2 a_z[t]))
                np.multiply(da_z, dz_z_t, dz_z_t)
                # (59) s̄_z[t] = 1/(4*H) 1 z̄_z[t]
                np.divide(dz_z_t, number_4, ds_z)
                np.divide(ds_z, extent, ds_z)
                # (63) d̄_a[t] = (z̄[t] ⊘ (a_z[t] 1)) ∘ alpha_1 + 2 (s̄_z[t] ∘ d_a[t])
                np.divide(dz_t_5, a_z_t, dd_a)
                np.multiply(dd_a, alpha_1_row, dd_a)
                np.multiply(ds_z, d_a_t, _B_4xH)
                np.multiply(number_2, _B_4xH, _B_4xH)
                np.add(dd_a, _B_4xH, dd_a)
                # (64) ū_d_a[t] = −1/(4*H) 1ᵀ d̄_a[t]
                np.add.reduce(dd_a, axis=1, out=inner_12)
                np.divide(inner_12[:, np.newaxis], number_4, du_d_a)
                np.divide(du_d_a, extent, du_d_a)
                np.negative(du_d_a, du_d_a)
                # (65) ā[t] = d̄_a[t] + 1 ū_d_a[t]
                np.add(dd_a, du_d_a, da_t)
                # (36) what step t gives to h of earlier steps: W_hᵀ ā[t]
                np.dot(da_t, W_h, carry_h)
                # (44) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
                np.multiply(dc, f_t, carry_c)
            # (66) W̄_h += ā[t] h[t−1]ᵀ
            np.dot(da.reshape(T * B, 4*H).T, h[0:T].reshape(T * B, H), dW_h)
            # (68) alphā_1 += (z̄[t] ⊘ (a_z[t] 1)) ∘ d_a[t]
            np.divide(dz, a_z, _T_B_4xH)
            np.multiply(_T_B_4xH, d_a, _T_B_4xH)
            np.add.reduce(_T_B_4xH, axis=(0, 1), out=dalpha_1)
            # (69) alphā_2 += (z̄[t] ⊘ (a2_z[t] 1)) ∘ d_s[t]
            np.divide(dz, a2_z, _T_B_4xH)
            np.multiply(_T_B_4xH, d_s, _T_B_4xH)
            np.add.reduce(_T_B_4xH, axis=(0, 1), out=dalpha_2)
            # (70) b̄ += z̄[t]
            np.matmul(_ones_T_B, dz.reshape(T * B, 4*H), db)
            # (71) alphā_3 += (z2̄_h[t] ⊘ (a_h[t] 1)) ∘ d_c[t]
            np.divide(dz2_h, a_h, _T_B_H)
            np.multiply(_T_B_H, d_c, _T_B_H)
            np.add.reduce(_T_B_H, axis=(0, 1), out=dalpha_3)
            # (72) betā_3 += z2̄_h[t]
            np.matmul(_ones_T_B, dz2_h.reshape(T * B, H), dbeta_3)
            # (54) a2̄_z[t] = −1ᵀ ((z̄[t] ⊘ (a2_z[t] 1)²) ∘ alpha_2 ∘ d_s[t])
            np.square(a2_z, _T_B_4xH)
            np.divide(dz, _T_B_4xH, _T_B_4xH)
            np.multiply(_T_B_4xH, alpha_2, _T_B_4xH)
            np.multiply(_T_B_4xH, d_s, _T_B_4xH)
            np.add.reduce(_T_B_4xH, axis=2, out=inner_9)
            np.negative(inner_9[:, :, np.newaxis], da2_z)
            # (55) z2̄_z[t] = a2̄_z[t] ∘ (1 ⊘ (2 a2_z[t]))
            np.multiply(2.0, a2_z, dz2_z)
            np.divide(1.0, dz2_z, dz2_z)
            np.multiply(da2_z, dz2_z, dz2_z)
            # (56) s2̄_z[t] = 1/(4*H) 1 z2̄_z[t]
            np.divide(dz2_z, 4.0, ds2_z)
            np.divide(ds2_z, float(H), ds2_z)
            # (60) d̄_s[t] = (z̄[t] ⊘ (a2_z[t] 1)) ∘ alpha_2 + 2 (s2̄_z[t] ∘ d_s[t])
            np.divide(dz, a2_z, dd_s)
            np.multiply(dd_s, alpha_2, dd_s)
            np.multiply(ds2_z, d_s, _T_B_4xH)
            np.multiply(2.0, _T_B_4xH, _T_B_4xH)
            np.add(dd_s, _T_B_4xH, dd_s)
            # (61) ū_d_s[t] = −1/(4*H) 1ᵀ d̄_s[t]
            np.add.reduce(dd_s, axis=2, out=inner_11)
            np.divide(inner_11[:, :, np.newaxis], 4.0, du_d_s)
            np.divide(du_d_s, float(H), du_d_s)
            np.negative(du_d_s, du_d_s)
            # (62) s̄[t] = d̄_s[t] + 1 ū_d_s[t]
            np.add(dd_s, du_d_s, ds)
            # (67) W̄_x += s̄[t] x[t]ᵀ
            np.dot(ds.reshape(T * B, 4*H).T, x.reshape(T * B, I), dW_x)
            # (75) x̄[t] = W_xᵀ s̄[t]
            np.dot(ds.reshape(T * B, 4*H), W_x, dx.reshape(T * B, I))
            # (76) h̄[0] = W_hᵀ ā[1]
            np.copyto(dh0, carry_h)
            # (77) c̄[0] = c̄[1] ∘ f[1]
            np.copyto(dc0, carry_c)

    return into, run


def loss_and_gradient(
    x,        # (T, B, I)  input: of every step
    h0,       # (B, H)     initial state: h before the first step
    c0,       # (B, H)     initial state: c before the first step
    y,        # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_h,      # (4*H, H)   parameter: trained
    W_x,      # (4*H, I)   parameter: trained
    alpha_1,  # (4*H)      parameter: trained
    alpha_2,  # (4*H)      parameter: trained
    b,        # (4*H)      parameter: trained
    alpha_3,  # (H)        parameter: trained
    beta_3,   # (H)        parameter: trained
    W_hy,     # (O, H)     parameter: trained
    b_y,      # (O)        parameter: trained
    epsilon,  # ()         parameter: constant: it has no gradient; usually 1e-05
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_h, W_x, alpha_1, alpha_2, b, alpha_3, beta_3, W_hy, b_y, epsilon)
    gradients = backward(x, y, W_h, W_x, alpha_1, alpha_2, alpha_3, W_hy, kept.c, kept.h, kept.y_hat, kept.d_a, kept.d_s, kept.a_z, kept.a2_z, kept.f, kept.i, kept.o, kept.g, kept.d_c, kept.a_h, kept.a2_h)
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
