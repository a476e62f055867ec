"""long short-term memory with a forget gate, as in PyTorch with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Gers, Schmidhuber, Cummins, "Learning to forget: continual prediction with LSTM", Neural
Computation 12 (2000) 2451-2471

    (1)   z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
    (2)   i[t] = sigmoid(z_i[t])
    (3)   z_f[t] = W_if x[t] + b_if + W_hf h[t−1] + b_hf
    (4)   f[t] = sigmoid(z_f[t])
    (5)   z_g[t] = W_ig x[t] + b_ig + W_hg h[t−1] + b_hg
    (6)   g[t] = tanh(z_g[t])
    (7)   z_o[t] = W_io x[t] + b_io + W_ho h[t−1] + b_ho
    (8)   o[t] = sigmoid(z_o[t])
    (9)   c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
    (10)  a_h[t] = tanh(c[t])
    (11)  h[t] = o[t] ∘ a_h[t]
    (12)  z_y[t] = W_hy h[t] + b_y
    (13)  y_hat[t] = softmax(z_y[t])
    (14)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of x
    H  entries of h
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)  input: of every step
    h0    (B, H)     initial state: h before the first step
    c0    (B, H)     initial state: c before the first step
    y     (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii  (H, I)     parameter: trained
    b_ii  (H)        parameter: trained
    W_hi  (H, H)     parameter: trained
    b_hi  (H)        parameter: trained
    W_if  (H, I)     parameter: trained
    b_if  (H)        parameter: trained
    W_hf  (H, H)     parameter: trained
    b_hf  (H)        parameter: trained
    W_ig  (H, I)     parameter: trained
    b_ig  (H)        parameter: trained
    W_hg  (H, H)     parameter: trained
    b_hg  (H)        parameter: trained
    W_io  (H, I)     parameter: trained
    b_io  (H)        parameter: trained
    W_ho  (H, H)     parameter: trained
    b_ho  (H)        parameter: trained
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
    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    i: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    f: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    g: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    o: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    a_h: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_ii: np.ndarray  # (H, I)     gradient: with respect to W_ii
    db_ii: np.ndarray  # (H)        gradient: with respect to b_ii
    dW_hi: np.ndarray  # (H, H)     gradient: with respect to W_hi
    db_hi: np.ndarray  # (H)        gradient: with respect to b_hi
    dW_if: np.ndarray  # (H, I)     gradient: with respect to W_if
    db_if: np.ndarray  # (H)        gradient: with respect to b_if
    dW_hf: np.ndarray  # (H, H)     gradient: with respect to W_hf
    db_hf: np.ndarray  # (H)        gradient: with respect to b_hf
    dW_ig: np.ndarray  # (H, I)     gradient: with respect to W_ig
    db_ig: np.ndarray  # (H)        gradient: with respect to b_ig
    dW_hg: np.ndarray  # (H, H)     gradient: with respect to W_hg
    db_hg: np.ndarray  # (H)        gradient: with respect to b_hg
    dW_io: np.ndarray  # (H, I)     gradient: with respect to W_io
    db_io: np.ndarray  # (H)        gradient: with respect to b_io
    dW_ho: np.ndarray  # (H, H)     gradient: with respect to W_ho
    db_ho: np.ndarray  # (H)        gradient: with respect to b_ho
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0
    dc0: np.ndarray    # (B, H)     gradient: with respect to c0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,  # (H, I)     parameter: trained
    b_ii,  # (H)        parameter: trained
    W_hi,  # (H, H)     parameter: trained
    b_hi,  # (H)        parameter: trained
    W_if,  # (H, I)     parameter: trained
    b_if,  # (H)        parameter: trained
    W_hf,  # (H, H)     parameter: trained
    b_hf,  # (H)        parameter: trained
    W_ig,  # (H, I)     parameter: trained
    b_ig,  # (H)        parameter: trained
    W_hg,  # (H, H)     parameter: trained
    b_hg,  # (H)        parameter: trained
    W_io,  # (H, I)     parameter: trained
    b_io,  # (H)        parameter: trained
    W_ho,  # (H, H)     parameter: trained
    b_ho,  # (H)        parameter: trained
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
    _check("c0", c0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_ii", W_ii, (H, I), dtype)
    _check("b_ii", b_ii, (H,), dtype)
    _check("W_hi", W_hi, (H, H), dtype)
    _check("b_hi", b_hi, (H,), dtype)
    _check("W_if", W_if, (H, I), dtype)
    _check("b_if", b_if, (H,), dtype)
    _check("W_hf", W_hf, (H, H), dtype)
    _check("b_hf", b_hf, (H,), dtype)
    _check("W_ig", W_ig, (H, I), dtype)
    _check("b_ig", b_ig, (H,), dtype)
    _check("W_hg", W_hg, (H, H), dtype)
    _check("b_hg", b_hg, (H,), dtype)
    _check("W_io", W_io, (H, I), dtype)
    _check("b_io", b_io, (H,), dtype)
    _check("W_ho", W_ho, (H, H), dtype)
    _check("b_ho", b_ho, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    c = np.empty((T + 1, B, H), dtype)
    h = np.empty((T + 1, B, H), dtype)
    y_hat = np.empty((T, B, O), dtype)
    i = np.empty((T, B, H), dtype)
    f = np.empty((T, B, H), dtype)
    g = np.empty((T, B, H), dtype)
    o = np.empty((T, B, H), dtype)
    a_h = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_i = np.empty((B, H), dtype)
    z_f = np.empty((B, H), dtype)
    z_g = np.empty((B, H), dtype)
    z_o = np.empty((B, H), dtype)
    z_y = np.empty((B, O), dtype)
    largest = np.empty((B,), dtype)
    total = np.empty((B,), dtype)
    log_total = np.empty((B,), dtype)
    _B_H = np.empty((B, H), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _B_O = np.empty((B, O), dtype)

    with np.errstate(all="ignore"):
        np.copyto(J, 0.0)
        np.copyto(h[0], h0)
        np.copyto(c[0], c0)
        for t in range(T):
            # (1) z_i[t] = W_ii x[t] + b_ii + W_hi h[t−1] + b_hi
            np.matmul(x[t], W_ii.T, out=z_i)
            np.matmul(h[t], W_hi.T, out=_B_H)
            np.add(z_i, _B_H, out=z_i)
            np.add(b_ii, b_hi, out=_B_H)
            np.add(z_i, _B_H, out=z_i)
            # (2) i[t] = sigmoid(z_i[t])
            _sigmoid(z_i, out=i[t])
            # (3) z_f[t] = W_if x[t] + b_if + W_hf h[t−1] + b_hf
            np.matmul(x[t], W_if.T, out=z_f)
            np.matmul(h[t], W_hf.T, out=_B_H)
            np.add(z_f, _B_H, out=z_f)
            np.add(b_if, b_hf, out=_B_H)
            np.add(z_f, _B_H, out=z_f)
            # (4) f[t] = sigmoid(z_f[t])
            _sigmoid(z_f, out=f[t])
            # (5) z_g[t] = W_ig x[t] + b_ig + W_hg h[t−1] + b_hg
            np.matmul(x[t], W_ig.T, out=z_g)
            np.matmul(h[t], W_hg.T, out=_B_H)
            np.add(z_g, _B_H, out=z_g)
            np.add(b_ig, b_hg, out=_B_H)
            np.add(z_g, _B_H, out=z_g)
            # (6) g[t] = tanh(z_g[t])
            np.tanh(z_g, out=g[t])
            # (7) z_o[t] = W_io x[t] + b_io + W_ho h[t−1] + b_ho
            np.matmul(x[t], W_io.T, out=z_o)
            np.matmul(h[t], W_ho.T, out=_B_H)
            np.add(z_o, _B_H, out=z_o)
            np.add(b_io, b_ho, out=_B_H)
            np.add(z_o, _B_H, out=z_o)
            # (8) o[t] = sigmoid(z_o[t])
            _sigmoid(z_o, out=o[t])
            # (9) c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]
            np.multiply(f[t], c[t], out=_B_H)
            np.multiply(i[t], g[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=c[t + 1])
            # (10) a_h[t] = tanh(c[t])
            np.tanh(c[t + 1], out=a_h[t])
            # (11) h[t] = o[t] ∘ a_h[t]
            np.multiply(o[t], a_h[t], out=h[t + 1])
            # (12) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t + 1], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (13) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (14) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(c=c, h=h, y_hat=y_hat, i=i, f=f, g=g, o=o, a_h=a_h, J=J[()])


def backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,   # (H, I)         parameter: trained
    W_hi,   # (H, H)         parameter: trained
    W_if,   # (H, I)         parameter: trained
    W_hf,   # (H, H)         parameter: trained
    W_ig,   # (H, I)         parameter: trained
    W_hg,   # (H, H)         parameter: trained
    W_io,   # (H, I)         parameter: trained
    W_ho,   # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # (T + 1, B, H)  output: state; the first is initial
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    i,      # (T, B, H)      saved: kept for the backward pass
    f,      # (T, B, H)      saved: kept for the backward pass
    g,      # (T, B, H)      saved: kept for the backward pass
    o,      # (T, B, H)      saved: kept for the backward pass
    a_h,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_ii.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_ii", W_ii, (H, I), dtype)
    _check("W_hi", W_hi, (H, H), dtype)
    _check("W_if", W_if, (H, I), dtype)
    _check("W_hf", W_hf, (H, H), dtype)
    _check("W_ig", W_ig, (H, I), dtype)
    _check("W_hg", W_hg, (H, H), dtype)
    _check("W_io", W_io, (H, I), dtype)
    _check("W_ho", W_ho, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (T + 1, B, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("i", i, (T, B, H), dtype)
    _check("f", f, (T, B, H), dtype)
    _check("g", g, (T, B, H), dtype)
    _check("o", o, (T, B, H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    dW_ii = np.empty((H, I), dtype)
    db_ii = np.empty((H,), dtype)
    dW_hi = np.empty((H, H), dtype)
    db_hi = np.empty((H,), dtype)
    dW_if = np.empty((H, I), dtype)
    db_if = np.empty((H,), dtype)
    dW_hf = np.empty((H, H), dtype)
    db_hf = np.empty((H,), dtype)
    dW_ig = np.empty((H, I), dtype)
    db_ig = np.empty((H,), dtype)
    dW_hg = np.empty((H, H), dtype)
    db_hg = np.empty((H,), dtype)
    dW_io = np.empty((H, I), dtype)
    db_io = np.empty((H,), dtype)
    dW_ho = np.empty((H, H), dtype)
    db_ho = np.empty((H,), dtype)
    dW_hy = np.empty((O, H), dtype)
    db_y = np.empty((O,), dtype)
    dx = np.empty((T, B, I), dtype)
    dh0 = np.empty((B, H), dtype)
    dc0 = np.empty((B, H), dtype)
    carry_h = np.empty((B, H), dtype)
    carry_c = np.empty((B, H), dtype)
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    da_h = np.empty((B, H), dtype)
    dc = np.empty((B, H), dtype)
    do_ = np.empty((B, H), dtype)
    dz_o = np.empty((B, H), dtype)
    dg = np.empty((B, H), dtype)
    dz_g = np.empty((B, H), dtype)
    df = np.empty((B, H), dtype)
    dz_f = np.empty((B, H), dtype)
    di = np.empty((B, H), dtype)
    dz_i = np.empty((B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H = np.empty((H,), dtype)
    _H_H = np.empty((H, H), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dW_ii, 0.0)
        np.copyto(db_ii, 0.0)
        np.copyto(dW_hi, 0.0)
        np.copyto(db_hi, 0.0)
        np.copyto(dW_if, 0.0)
        np.copyto(db_if, 0.0)
        np.copyto(dW_hf, 0.0)
        np.copyto(db_hf, 0.0)
        np.copyto(dW_ig, 0.0)
        np.copyto(db_ig, 0.0)
        np.copyto(dW_hg, 0.0)
        np.copyto(db_hg, 0.0)
        np.copyto(dW_io, 0.0)
        np.copyto(db_io, 0.0)
        np.copyto(dW_ho, 0.0)
        np.copyto(db_ho, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_h, 0.0)
        np.copyto(carry_c, 0.0)
        for t in reversed(range(T)):
            # (16) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (17) h̄[t] = W_hyᵀ z̄_y[t] + W_hoᵀ z̄_o[t+1] + W_hgᵀ z̄_g[t+1] + W_hfᵀ z̄_f[t+1] + W_hiᵀ z̄_i[t+1]
            np.matmul(dz_y, W_hy, out=dh)
            np.add(dh, carry_h, out=dh)
            # (18) ā_h[t] = h̄[t] ∘ o[t]
            np.multiply(dh, o[t], out=da_h)
            # (19) c̄[t] = ā_h[t] ∘ (1 − a_h[t]²) + c̄[t+1] ∘ f[t+1]
            np.square(a_h[t], out=dc)
            np.subtract(1.0, dc, out=dc)
            np.multiply(da_h, dc, out=dc)
            np.add(dc, carry_c, out=dc)
            # (20) ō[t] = h̄[t] ∘ a_h[t]
            np.multiply(dh, a_h[t], out=do_)
            # (21) z̄_o[t] = ō[t] ∘ o[t] ∘ (1 − o[t])
            np.multiply(do_, o[t], out=dz_o)
            np.subtract(1.0, o[t], out=_B_H)
            np.multiply(dz_o, _B_H, out=dz_o)
            # (22) ḡ[t] = c̄[t] ∘ i[t]
            np.multiply(dc, i[t], out=dg)
            # (23) z̄_g[t] = ḡ[t] ∘ (1 − g[t]²)
            np.square(g[t], out=dz_g)
            np.subtract(1.0, dz_g, out=dz_g)
            np.multiply(dg, dz_g, out=dz_g)
            # (24) f̄[t] = c̄[t] ∘ c[t−1]
            np.multiply(dc, c[t], out=df)
            # (25) z̄_f[t] = f̄[t] ∘ f[t] ∘ (1 − f[t])
            np.multiply(df, f[t], out=dz_f)
            np.subtract(1.0, f[t], out=_B_H)
            np.multiply(dz_f, _B_H, out=dz_f)
            # (26) ī[t] = c̄[t] ∘ g[t]
            np.multiply(dc, g[t], out=di)
            # (27) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(di, i[t], out=dz_i)
            np.subtract(1.0, i[t], out=_B_H)
            np.multiply(dz_i, _B_H, out=dz_i)
            # (28) W̄_ii += z̄_i[t] x[t]ᵀ
            np.matmul(dz_i.T, x[t], out=_H_I)
            np.add(dW_ii, _H_I, out=dW_ii)
            # (29) b̄_ii += z̄_i[t]
            np.sum(dz_i, axis=0, out=_H)
            np.add(db_ii, _H, out=db_ii)
            # (30) W̄_hi += z̄_i[t] h[t−1]ᵀ
            np.matmul(dz_i.T, h[t], out=_H_H)
            np.add(dW_hi, _H_H, out=dW_hi)
            # (31) b̄_hi += z̄_i[t]
            np.sum(dz_i, axis=0, out=_H)
            np.add(db_hi, _H, out=db_hi)
            # (32) W̄_if += z̄_f[t] x[t]ᵀ
            np.matmul(dz_f.T, x[t], out=_H_I)
            np.add(dW_if, _H_I, out=dW_if)
            # (33) b̄_if += z̄_f[t]
            np.sum(dz_f, axis=0, out=_H)
            np.add(db_if, _H, out=db_if)
            # (34) W̄_hf += z̄_f[t] h[t−1]ᵀ
            np.matmul(dz_f.T, h[t], out=_H_H)
            np.add(dW_hf, _H_H, out=dW_hf)
            # (35) b̄_hf += z̄_f[t]
            np.sum(dz_f, axis=0, out=_H)
            np.add(db_hf, _H, out=db_hf)
            # (36) W̄_ig += z̄_g[t] x[t]ᵀ
            np.matmul(dz_g.T, x[t], out=_H_I)
            np.add(dW_ig, _H_I, out=dW_ig)
            # (37) b̄_ig += z̄_g[t]
            np.sum(dz_g, axis=0, out=_H)
            np.add(db_ig, _H, out=db_ig)
            # (38) W̄_hg += z̄_g[t] h[t−1]ᵀ
            np.matmul(dz_g.T, h[t], out=_H_H)
            np.add(dW_hg, _H_H, out=dW_hg)
            # (39) b̄_hg += z̄_g[t]
            np.sum(dz_g, axis=0, out=_H)
            np.add(db_hg, _H, out=db_hg)
            # (40) W̄_io += z̄_o[t] x[t]ᵀ
            np.matmul(dz_o.T, x[t], out=_H_I)
            np.add(dW_io, _H_I, out=dW_io)
            # (41) b̄_io += z̄_o[t]
            np.sum(dz_o, axis=0, out=_H)
            np.add(db_io, _H, out=db_io)
            # (42) W̄_ho += z̄_o[t] h[t−1]ᵀ
            np.matmul(dz_o.T, h[t], out=_H_H)
            np.add(dW_ho, _H_H, out=dW_ho)
            # (43) b̄_ho += z̄_o[t]
            np.sum(dz_o, axis=0, out=_H)
            np.add(db_ho, _H, out=db_ho)
            # (44) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t + 1], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (45) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (46) x̄[t] = W_ioᵀ z̄_o[t] + W_igᵀ z̄_g[t] + W_ifᵀ z̄_f[t] + W_iiᵀ z̄_i[t]
            np.matmul(dz_o, W_io, out=dx[t])
            np.matmul(dz_g, W_ig, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dz_f, W_if, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dz_i, W_ii, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            # (17) what step t gives to h of earlier steps: W_hoᵀ z̄_o[t] + W_hgᵀ z̄_g[t] + W_hfᵀ z̄_f[t] + W_hiᵀ z̄_i[t]
            np.matmul(dz_o, W_ho, out=carry_h)
            np.matmul(dz_g, W_hg, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            np.matmul(dz_f, W_hf, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            np.matmul(dz_i, W_hi, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            # (19) what step t gives to c of earlier steps: c̄[t] ∘ f[t]
            np.multiply(dc, f[t], out=carry_c)
        # (47) h̄[0] = W_hoᵀ z̄_o[1] + W_hgᵀ z̄_g[1] + W_hfᵀ z̄_f[1] + W_hiᵀ z̄_i[1]
        np.copyto(dh0, carry_h)
        # (48) c̄[0] = c̄[1] ∘ f[1]
        np.copyto(dc0, carry_c)
    return Gradients(dW_ii=dW_ii, db_ii=db_ii, dW_hi=dW_hi, db_hi=db_hi, dW_if=dW_if, db_if=db_if, dW_hf=dW_hf, db_hf=db_hf, dW_ig=dW_ig, db_ig=db_ig, dW_hg=dW_hg, db_hg=db_hg, dW_io=dW_io, db_io=db_io, dW_ho=dW_ho, db_ho=db_ho, dW_hy=dW_hy, db_y=db_y, dx=dx, dh0=dh0, dc0=dc0)


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    c0,    # (B, H)     initial state: c before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_ii,  # (H, I)     parameter: trained
    b_ii,  # (H)        parameter: trained
    W_hi,  # (H, H)     parameter: trained
    b_hi,  # (H)        parameter: trained
    W_if,  # (H, I)     parameter: trained
    b_if,  # (H)        parameter: trained
    W_hf,  # (H, H)     parameter: trained
    b_hf,  # (H)        parameter: trained
    W_ig,  # (H, I)     parameter: trained
    b_ig,  # (H)        parameter: trained
    W_hg,  # (H, H)     parameter: trained
    b_hg,  # (H)        parameter: trained
    W_io,  # (H, I)     parameter: trained
    b_io,  # (H)        parameter: trained
    W_ho,  # (H, H)     parameter: trained
    b_ho,  # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, c0, y, W_ii, b_ii, W_hi, b_hi, W_if, b_if, W_hf, b_hf, W_ig, b_ig, W_hg, b_hg, W_io, b_io, W_ho, b_ho, W_hy, b_y)
    gradients = backward(x, y, W_ii, W_hi, W_if, W_hf, W_ig, W_hg, W_io, W_ho, W_hy, kept.c, kept.h, kept.y_hat, kept.i, kept.f, kept.g, kept.o, kept.a_h)
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
