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
    r: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    z: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    u_n: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    n: np.ndarray      # (T, B, H)      saved: kept for the backward pass
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
    r = np.empty((T, B, H), dtype)
    z = np.empty((T, B, H), dtype)
    u_n = np.empty((T, B, H), dtype)
    n = np.empty((T, B, H), dtype)
    J = np.empty((), dtype)
    z_r = np.empty((B, H), dtype)
    z_z = np.empty((B, H), dtype)
    z_n = np.empty((B, H), dtype)
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
        for t in range(T):
            # (1) z_r[t] = W_ir x[t] + b_ir + W_hr h[t−1] + b_hr
            np.matmul(x[t], W_ir.T, out=z_r)
            np.matmul(h[t], W_hr.T, out=_B_H)
            np.add(z_r, _B_H, out=z_r)
            np.add(b_ir, b_hr, out=_B_H)
            np.add(z_r, _B_H, out=z_r)
            # (2) r[t] = sigmoid(z_r[t])
            _sigmoid(z_r, out=r[t])
            # (3) z_z[t] = W_iz x[t] + b_iz + W_hz h[t−1] + b_hz
            np.matmul(x[t], W_iz.T, out=z_z)
            np.matmul(h[t], W_hz.T, out=_B_H)
            np.add(z_z, _B_H, out=z_z)
            np.add(b_iz, b_hz, out=_B_H)
            np.add(z_z, _B_H, out=z_z)
            # (4) z[t] = sigmoid(z_z[t])
            _sigmoid(z_z, out=z[t])
            # (5) u_n[t] = W_hn h[t−1] + b_hn
            np.matmul(h[t], W_hn.T, out=u_n[t])
            np.add(u_n[t], b_hn, out=u_n[t])
            # (6) z_n[t] = W_in x[t] + b_in + r[t] ∘ u_n[t]
            np.matmul(x[t], W_in.T, out=z_n)
            np.multiply(r[t], u_n[t], out=_B_H)
            np.add(b_in, _B_H, out=_B_H)
            np.add(z_n, _B_H, out=z_n)
            # (7) n[t] = tanh(z_n[t])
            np.tanh(z_n, out=n[t])
            # (8) h[t] = (1 − z[t]) ∘ n[t] + z[t] ∘ h[t−1]
            np.subtract(1.0, z[t], out=_B_H)
            np.multiply(_B_H, n[t], out=_B_H)
            np.multiply(z[t], h[t], out=_B_H_1)
            np.add(_B_H, _B_H_1, out=h[t + 1])
            # (9) z_y[t] = W_hy h[t] + b_y
            np.matmul(h[t + 1], W_hy.T, out=z_y)
            np.add(z_y, b_y, out=z_y)
            # (10) y_hat[t] = softmax(z_y[t])
            np.max(z_y, axis=1, out=largest)
            np.subtract(z_y, largest[:, np.newaxis], out=y_hat[t])
            np.exp(y_hat[t], out=y_hat[t])
            np.sum(y_hat[t], axis=1, out=total)
            np.divide(y_hat[t], total[:, np.newaxis], out=y_hat[t])
            # (11) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, out=log_total)
            np.subtract(z_y, largest[:, np.newaxis], out=_B_O)
            np.subtract(_B_O, log_total[:, np.newaxis], out=_B_O)
            np.multiply(y[t], _B_O, out=_B_O)
            np.negative(_B_O, out=_B_O)
            np.sum(_B_O, out=_1)
            np.add(J, _1, out=J)
    return Kept(h=h, y_hat=y_hat, r=r, z=z, u_n=u_n, n=n, J=J[()])


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
    r,      # (T, B, H)      saved: kept for the backward pass
    z,      # (T, B, H)      saved: kept for the backward pass
    u_n,    # (T, B, H)      saved: kept for the backward pass
    n,      # (T, B, H)      saved: kept for the backward pass
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
    _check("r", r, (T, B, H), dtype)
    _check("z", z, (T, B, H), dtype)
    _check("u_n", u_n, (T, B, H), dtype)
    _check("n", n, (T, B, H), dtype)

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
    dz_y = np.empty((B, O), dtype)
    dh = np.empty((B, H), dtype)
    dn = np.empty((B, H), dtype)
    dz_n = np.empty((B, H), dtype)
    du_n = np.empty((B, H), dtype)
    dz = np.empty((B, H), dtype)
    dz_z = np.empty((B, H), dtype)
    dr = np.empty((B, H), dtype)
    dz_r = np.empty((B, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _H_I = np.empty((H, I), dtype)
    _H = np.empty((H,), dtype)
    _H_H = np.empty((H, H), dtype)
    _O_H = np.empty((O, H), dtype)
    _O = np.empty((O,), dtype)
    _B_I = np.empty((B, I), dtype)

    with np.errstate(all="ignore"):
        np.copyto(dW_ir, 0.0)
        np.copyto(db_ir, 0.0)
        np.copyto(dW_hr, 0.0)
        np.copyto(db_hr, 0.0)
        np.copyto(dW_iz, 0.0)
        np.copyto(db_iz, 0.0)
        np.copyto(dW_hz, 0.0)
        np.copyto(db_hz, 0.0)
        np.copyto(dW_in, 0.0)
        np.copyto(db_in, 0.0)
        np.copyto(dW_hn, 0.0)
        np.copyto(db_hn, 0.0)
        np.copyto(dW_hy, 0.0)
        np.copyto(db_y, 0.0)
        np.copyto(carry_h, 0.0)
        for t in reversed(range(T)):
            # (13) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat[t], y[t], out=dz_y)
            # (14) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ z[t+1] + W_hnᵀ ū_n[t+1] + W_hzᵀ z̄_z[t+1] + W_hrᵀ z̄_r[t+1]
            np.matmul(dz_y, W_hy, out=dh)
            np.add(dh, carry_h, out=dh)
            # (15) n̄[t] = h̄[t] ∘ (1 − z[t])
            np.subtract(1.0, z[t], out=dn)
            np.multiply(dh, dn, out=dn)
            # (16) z̄_n[t] = n̄[t] ∘ (1 − n[t]²)
            np.square(n[t], out=dz_n)
            np.subtract(1.0, dz_n, out=dz_n)
            np.multiply(dn, dz_n, out=dz_n)
            # (17) ū_n[t] = z̄_n[t] ∘ r[t]
            np.multiply(dz_n, r[t], out=du_n)
            # (18) z̄[t] = −h̄[t] ∘ n[t] + h̄[t] ∘ h[t−1]
            np.multiply(dh, n[t], out=dz)
            np.negative(dz, out=dz)
            np.multiply(dh, h[t], out=_B_H)
            np.add(dz, _B_H, out=dz)
            # (19) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.multiply(dz, z[t], out=dz_z)
            np.subtract(1.0, z[t], out=_B_H)
            np.multiply(dz_z, _B_H, out=dz_z)
            # (20) r̄[t] = z̄_n[t] ∘ u_n[t]
            np.multiply(dz_n, u_n[t], out=dr)
            # (21) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(dr, r[t], out=dz_r)
            np.subtract(1.0, r[t], out=_B_H)
            np.multiply(dz_r, _B_H, out=dz_r)
            # (22) W̄_ir += z̄_r[t] x[t]ᵀ
            np.matmul(dz_r.T, x[t], out=_H_I)
            np.add(dW_ir, _H_I, out=dW_ir)
            # (23) b̄_ir += z̄_r[t]
            np.sum(dz_r, axis=0, out=_H)
            np.add(db_ir, _H, out=db_ir)
            # (24) W̄_hr += z̄_r[t] h[t−1]ᵀ
            np.matmul(dz_r.T, h[t], out=_H_H)
            np.add(dW_hr, _H_H, out=dW_hr)
            # (25) b̄_hr += z̄_r[t]
            np.sum(dz_r, axis=0, out=_H)
            np.add(db_hr, _H, out=db_hr)
            # (26) W̄_iz += z̄_z[t] x[t]ᵀ
            np.matmul(dz_z.T, x[t], out=_H_I)
            np.add(dW_iz, _H_I, out=dW_iz)
            # (27) b̄_iz += z̄_z[t]
            np.sum(dz_z, axis=0, out=_H)
            np.add(db_iz, _H, out=db_iz)
            # (28) W̄_hz += z̄_z[t] h[t−1]ᵀ
            np.matmul(dz_z.T, h[t], out=_H_H)
            np.add(dW_hz, _H_H, out=dW_hz)
            # (29) b̄_hz += z̄_z[t]
            np.sum(dz_z, axis=0, out=_H)
            np.add(db_hz, _H, out=db_hz)
            # (30) W̄_in += z̄_n[t] x[t]ᵀ
            np.matmul(dz_n.T, x[t], out=_H_I)
            np.add(dW_in, _H_I, out=dW_in)
            # (31) b̄_in += z̄_n[t]
            np.sum(dz_n, axis=0, out=_H)
            np.add(db_in, _H, out=db_in)
            # (32) W̄_hn += ū_n[t] h[t−1]ᵀ
            np.matmul(du_n.T, h[t], out=_H_H)
            np.add(dW_hn, _H_H, out=dW_hn)
            # (33) b̄_hn += ū_n[t]
            np.sum(du_n, axis=0, out=_H)
            np.add(db_hn, _H, out=db_hn)
            # (34) W̄_hy += z̄_y[t] h[t]ᵀ
            np.matmul(dz_y.T, h[t + 1], out=_O_H)
            np.add(dW_hy, _O_H, out=dW_hy)
            # (35) b̄_y += z̄_y[t]
            np.sum(dz_y, axis=0, out=_O)
            np.add(db_y, _O, out=db_y)
            # (36) x̄[t] = W_inᵀ z̄_n[t] + W_izᵀ z̄_z[t] + W_irᵀ z̄_r[t]
            np.matmul(dz_n, W_in, out=dx[t])
            np.matmul(dz_z, W_iz, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            np.matmul(dz_r, W_ir, out=_B_I)
            np.add(dx[t], _B_I, out=dx[t])
            # (14) what step t gives to h of earlier steps: h̄[t] ∘ z[t] + W_hnᵀ ū_n[t] + W_hzᵀ z̄_z[t] + W_hrᵀ z̄_r[t]
            np.matmul(du_n, W_hn, out=carry_h)
            np.matmul(dz_z, W_hz, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            np.matmul(dz_r, W_hr, out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
            np.multiply(dh, z[t], out=_B_H)
            np.add(carry_h, _B_H, out=carry_h)
        # (37) h̄[0] = h̄[1] ∘ z[1] + W_hnᵀ ū_n[1] + W_hzᵀ z̄_z[1] + W_hrᵀ z̄_r[1]
        np.copyto(dh0, carry_h)
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
    gradients = backward(x, y, W_ir, W_hr, W_iz, W_hz, W_in, W_hn, W_hy, kept.h, kept.y_hat, kept.r, kept.z, kept.u_n, kept.n)
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
