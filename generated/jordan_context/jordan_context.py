"""Jordan network with a decaying context of past outputs with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Jordan, "Serial order: a parallel distributed processing approach", ICS report 8604, UC San
Diego, 1986

    (1)  s[t] = mu s[t−1] + y[t−1]
    (2)  z_h[t] = W x[t] + U s[t] + b
    (3)  h[t] = tanh(z_h[t])
    (4)  z_y[t] = V h[t] + c
    (5)  y[t] = sigmoid(z_y[t])
    (6)  z2_y[t] = W_hy y[t] + b_y
    (7)  y_hat[t] = softmax(z2_y[t])
    (8)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T   steps
    B   sequences in the batch
    I   entries of x
    O   entries of s
    H   entries of W
    O2  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x     (T, B, I)   input: of every step
    s0    (B, O)      initial state: s before the first step
    y0    (B, O)      initial state: y before the first step
    y2    (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W     (H, I)      parameter: trained
    U     (H, O)      parameter: trained
    b     (H)         parameter: trained
    V     (O, H)      parameter: trained
    c     (O)         parameter: trained
    W_hy  (O2, O)     parameter: trained
    b_y   (O2)        parameter: trained
    mu    ()          parameter: constant: it has no gradient; usually 0.5

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    s: np.ndarray      # (T + 1, B, O)  output: state; the first is initial
    y: np.ndarray      # (T + 1, B, O)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O2)     output: of every step
    h: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, I)     gradient: with respect to W
    dU: np.ndarray     # (H, O)     gradient: with respect to U
    db: np.ndarray     # (H)        gradient: with respect to b
    dV: np.ndarray     # (O, H)     gradient: with respect to V
    dc: np.ndarray     # (O)        gradient: with respect to c
    dW_hy: np.ndarray  # (O2, O)    gradient: with respect to W_hy
    db_y: np.ndarray   # (O2)       gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    ds0: np.ndarray    # (B, O)     gradient: with respect to s0
    dy0: np.ndarray    # (B, O)     gradient: with respect to y0


def forward(
    x,     # (T, B, I)   input: of every step
    s0,    # (B, O)      initial state: s before the first step
    y0,    # (B, O)      initial state: y before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)      parameter: trained
    U,     # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    V,     # (O, H)      parameter: trained
    c,     # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b_y,   # (O2)        parameter: trained
    mu,    # ()          parameter: constant: it has no gradient; usually 0.5
):
    """Compute every step."""
    kept, run = bind_forward(x, s0, y0, y2, W, U, b, V, c, W_hy, b_y, mu)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)   input: of every step
    s0,    # (B, O)      initial state: s before the first step
    y0,    # (B, O)      initial state: y before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)      parameter: trained
    U,     # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    V,     # (O, H)      parameter: trained
    c,     # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b_y,   # (O2)        parameter: trained
    mu,    # ()          parameter: constant: it has no gradient; usually 0.5
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = s0.shape[1]
    O2 = y2.shape[2]
    H = W.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("s0", s0, (B, O), dtype)
    _check("y0", y0, (B, O), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, O), dtype)
    _check("b", b, (H,), dtype)
    _check("V", V, (O, H), dtype)
    _check("c", c, (O,), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("b_y", b_y, (O2,), dtype)
    _check("mu", mu, (), dtype)

    if into is None:
        into = Kept(
            s=np.empty((T + 1, B, O), dtype),
            y=np.empty((T + 1, B, O), dtype),
            y_hat=np.empty((T, B, O2), dtype),
            h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    s, y, y_hat, h, J = into
    z2_y = np.empty((T, B, O2), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    U_T = np.empty((O, H), dtype)
    V_T = np.empty((H, O), dtype)
    _B_H = np.empty((B, H), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    steps = list(zip(
        s[1 : T + 1],  # s_next
        s[0:T],        # s_t
        y[0:T],        # y_t
        h,             # h_t
        y[1 : T + 1],  # y_next
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(V_T, V.T)
            np.copyto(U_T, U.T)
            np.copyto(s[0], s0)
            np.copyto(y[0], y0)
            # (2) z_h[t] = W x[t] + U s[t] + b
            np.dot(x.reshape(T * B, I), W.T, h.reshape(T * B, H))
            np.add(h, b, h)
            c_row = c[np.newaxis]
            for s_next, s_t, y_t, h_t, y_next in steps:
                # (1) s[t] = mu s[t−1] + y[t−1]
                np.multiply(mu, s_t, s_next)
                np.add(s_next, y_t, s_next)
                # (2) z_h[t] = W x[t] + U s[t] + b
                np.dot(s_next, U_T, _B_H)
                np.add(h_t, _B_H, h_t)
                # (3) h[t] = tanh(z_h[t])
                np.tanh(h_t, h_t)
                # (4) z_y[t] = V h[t] + c
                np.dot(h_t, V_T, y_next)
                np.add(y_next, c_row, y_next)
                # (5) y[t] = sigmoid(z_y[t])
                _sigmoid(y_next, y_next)
            # (6) z2_y[t] = W_hy y[t] + b_y
            np.dot(y[1 : T + 1].reshape(T * B, O), W_hy.T, z2_y.reshape(T * B, O2))
            np.add(z2_y, b_y, z2_y)
            # (7) y_hat[t] = softmax(z2_y[t])
            np.maximum.reduce(z2_y, axis=2, out=largest)
            np.subtract(z2_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (8) J += −y2[t]ᵀ log_softmax(z2_y[t])
            np.log(total, log_total)
            np.subtract(z2_y, largest[:, :, np.newaxis], _T_B_O2)
            np.subtract(_T_B_O2, log_total[:, :, np.newaxis], _T_B_O2)
            np.multiply(y2, _T_B_O2, _T_B_O2)
            np.negative(_T_B_O2, _T_B_O2)
            np.add.reduce(_T_B_O2, axis=None, out=J)

    return into, run


def backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, I)         parameter: trained
    U,      # (H, O)         parameter: trained
    V,      # (O, H)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    mu,     # ()             parameter: constant: it has no gradient; usually 0.5
    s,      # (T + 1, B, O)  output: state; the first is initial
    y,      # (T + 1, B, O)  output: state; the first is initial
    y_hat,  # (T, B, O2)     output: of every step
    h,      # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, W, U, V, W_hy, mu, s, y, y_hat, h)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y2,     # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, I)         parameter: trained
    U,      # (H, O)         parameter: trained
    V,      # (O, H)         parameter: trained
    W_hy,   # (O2, O)        parameter: trained
    mu,     # ()             parameter: constant: it has no gradient; usually 0.5
    s,      # (T + 1, B, O)  output: state; the first is initial
    y,      # (T + 1, B, O)  output: state; the first is initial
    y_hat,  # (T, B, O2)     output: of every step
    h,      # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O2 = y2.shape[2]
    H = W.shape[0]
    O = U.shape[1]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("W", W, (H, I), dtype)
    _check("U", U, (H, O), dtype)
    _check("V", V, (O, H), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("mu", mu, (), dtype)
    _check("s", s, (T + 1, B, O), dtype)
    _check("y", y, (T + 1, B, O), dtype)
    _check("y_hat", y_hat, (T, B, O2), dtype)
    _check("h", h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW=np.empty((H, I), dtype),
            dU=np.empty((H, O), dtype),
            db=np.empty((H,), dtype),
            dV=np.empty((O, H), dtype),
            dc=np.empty((O,), dtype),
            dW_hy=np.empty((O2, O), dtype),
            db_y=np.empty((O2,), dtype),
            dx=np.empty((T, B, I), dtype),
            ds0=np.empty((B, O), dtype),
            dy0=np.empty((B, O), dtype),
        )
    dW, dU, db, dV, dc, dW_hy, db_y, dx, ds0, dy0 = into
    carry_s = np.empty((B, O), dtype)
    carry_y = np.empty((B, O), dtype)
    dz2_y = np.empty((T, B, O2), dtype)
    dy = np.empty((T, B, O), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    ds = np.empty((B, O), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dy[::-1],    # dy_t
        dz_y[::-1],  # dz_y_t
        dz_h[::-1],  # dz_h_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_s, 0.0)
            np.copyto(carry_y, 0.0)
            # (10) z2̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz2_y)
            # (12) z̄_y[t] = ȳ[t] ∘ y[t] ∘ (1 − y[t])
            np.subtract(1.0, y[1 : T + 1], dz_y)
            np.multiply(y[1 : T + 1], dz_y, dz_y)
            # (14) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
            np.square(h, dz_h)
            np.subtract(1.0, dz_h, dz_h)
            # (11) ȳ[t] = W_hyᵀ z2̄_y[t] + s̄[t+1]
            np.dot(dz2_y.reshape(T * B, O2), W_hy, dy.reshape(T * B, O))
            # (21) W̄_hy += z2̄_y[t] y[t]ᵀ
            np.dot(dz2_y.reshape(T * B, O2).T, y[1 : T + 1].reshape(T * B, O), dW_hy)
            # (22) b̄_y += z2̄_y[t]
            np.matmul(_ones_T_B, dz2_y.reshape(T * B, O2), db_y)
            for dy_t, dz_y_t, dz_h_t in steps:
                # (11) ȳ[t] = W_hyᵀ z2̄_y[t] + s̄[t+1]
                np.add(dy_t, carry_y, dy_t)
                # (12) z̄_y[t] = ȳ[t] ∘ y[t] ∘ (1 − y[t])
                np.multiply(dy_t, dz_y_t, dz_y_t)
                # (13) h̄[t] = Vᵀ z̄_y[t]
                np.dot(dz_y_t, V, dh)
                # (14) z̄_h[t] = h̄[t] ∘ (1 − h[t]²)
                np.multiply(dh, dz_h_t, dz_h_t)
                # (15) s̄[t] = Uᵀ z̄_h[t] + mu s̄[t+1]
                np.dot(dz_h_t, U, ds)
                np.add(ds, carry_s, ds)
                # (11) what step t gives to y of earlier steps: s̄[t]
                np.copyto(carry_y, ds)
                # (15) what step t gives to s of earlier steps: mu s̄[t]
                np.multiply(mu, ds, carry_s)
            # (16) W̄ += z̄_h[t] x[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, x.reshape(T * B, I), dW)
            # (17) Ū += z̄_h[t] s[t]ᵀ
            np.dot(dz_h.reshape(T * B, H).T, s[1 : T + 1].reshape(T * B, O), dU)
            # (18) b̄ += z̄_h[t]
            np.matmul(_ones_T_B, dz_h.reshape(T * B, H), db)
            # (19) V̄ += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h.reshape(T * B, H), dV)
            # (20) c̄ += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), dc)
            # (23) x̄[t] = Wᵀ z̄_h[t]
            np.dot(dz_h.reshape(T * B, H), W, dx.reshape(T * B, I))
            # (24) s̄[0] = mu s̄[1]
            np.copyto(ds0, carry_s)
            # (25) ȳ[0] = s̄[1]
            np.copyto(dy0, carry_y)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)   input: of every step
    s0,    # (B, O)      initial state: s before the first step
    y0,    # (B, O)      initial state: y before the first step
    y2,    # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,     # (H, I)      parameter: trained
    U,     # (H, O)      parameter: trained
    b,     # (H)         parameter: trained
    V,     # (O, H)      parameter: trained
    c,     # (O)         parameter: trained
    W_hy,  # (O2, O)     parameter: trained
    b_y,   # (O2)        parameter: trained
    mu,    # ()          parameter: constant: it has no gradient; usually 0.5
):
    """Return the loss and its gradients."""
    kept = forward(x, s0, y0, y2, W, U, b, V, c, W_hy, b_y, mu)
    gradients = backward(x, y2, W, U, V, W_hy, mu, kept.s, kept.y, kept.y_hat, kept.h)
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
