"""continuous-time network in currents that obeys Dale's law with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Song, Yang, Wang, "Training excitatory-inhibitory recurrent neural networks for cognitive
tasks", PLoS Computational Biology 12 (2016) e1004792

    (1)  s_W_rec = abs(W)
    (2)  W_rec = s_W_rec diag(d)
    (3)  s_x[t] = relu(x[t−1])
    (4)  u_x[t] = W_rec s_x[t] + W_in u[t] + b
    (5)  x[t] = (1 − alpha) x[t−1] + alpha u_x[t]
    (6)  r[t] = relu(x[t])
    (7)  z_y[t] = W_hy r[t] + b_y
    (8)  y_hat[t] = softmax(z_y[t])
    (9)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of u
    H  entries of x
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u      (T, B, I)  input: of every step
    x0     (B, H)     initial state: x before the first step
    y      (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W      (H, H)     parameter: trained
    W_in   (H, I)     parameter: trained
    b      (H)        parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained
    alpha  ()         parameter: constant: it has no gradient; usually 0.2
    d      (H)        parameter: constant: it has no gradient

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    x: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    r: np.ndarray      # (T, B, H)      output: of every step
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    W_rec: np.ndarray  # (H, H)         saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW: np.ndarray     # (H, H)     gradient: with respect to W
    dW_in: np.ndarray  # (H, I)     gradient: with respect to W_in
    db: np.ndarray     # (H)        gradient: with respect to b
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    du: np.ndarray     # (T, B, I)  gradient: with respect to u[t]
    dx0: np.ndarray    # (B, H)     gradient: with respect to x0


def forward(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    d,      # (H)        parameter: constant: it has no gradient
):
    """Compute every step."""
    kept, run = bind_forward(u, x0, y, W, W_in, b, W_hy, b_y, alpha, d)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    d,      # (H)        parameter: constant: it has no gradient
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    H = x0.shape[1]
    O = y.shape[2]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("x0", x0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("b", b, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("alpha", alpha, (), dtype)
    _check("d", d, (H,), dtype)

    if into is None:
        into = Kept(
            x=np.empty((T + 1, B, H), dtype),
            r=np.empty((T, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            W_rec=np.empty((H, H), dtype),
            J=np.empty((), dtype),
        )
    x, r, y_hat, W_rec, J = into
    s_x = np.empty((B, H), dtype)
    s_W_rec = np.empty((H, H), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_in_T = np.empty((I, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        x[0:T],        # x_t
        x[1 : T + 1],  # x_next
        u,             # u_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_in_T, W_in.T)
            # (1) s_W_rec = abs(W)
            np.abs(W, s_W_rec)
            # (2) W_rec = s_W_rec diag(d)
            np.multiply(s_W_rec, d, W_rec)
            np.copyto(x[0], x0)
            b_row = b[np.newaxis]
            number_1 = np.array(1.0, dtype)
            for x_t, x_next, u_t in steps:
                # (3) s_x[t] = relu(x[t−1])
                _relu(x_t, s_x)
                # (4) u_x[t] = W_rec s_x[t] + W_in u[t] + b
                np.dot(s_x, W_rec.T, x_next)
                np.dot(u_t, W_in_T, _B_H)
                np.add(x_next, _B_H, x_next)
                np.add(x_next, b_row, x_next)
                # (5) x[t] = (1 − alpha) x[t−1] + alpha u_x[t]
                np.subtract(number_1, alpha, _1)
                np.multiply(_1, x_t, _B_H)
                np.multiply(alpha, x_next, _B_H_1)
                np.add(_B_H, _B_H_1, x_next)
            # (6) r[t] = relu(x[t])
            _relu(x[1 : T + 1], r)
            # (7) z_y[t] = W_hy r[t] + b_y
            np.dot(r.reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (8) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (9) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    u,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)         parameter: trained
    W_in,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    alpha,  # ()             parameter: constant: it has no gradient; usually 0.2
    d,      # (H)            parameter: constant: it has no gradient
    x,      # (T + 1, B, H)  output: state; the first is initial
    r,      # (T, B, H)      output: of every step
    y_hat,  # (T, B, O)      output: of every step
    W_rec,  # (H, H)         saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(u, y, W, W_in, W_hy, alpha, d, x, r, y_hat, W_rec)
    run()
    return gradients


def bind_backward(
    u,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)         parameter: trained
    W_in,   # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    alpha,  # ()             parameter: constant: it has no gradient; usually 0.2
    d,      # (H)            parameter: constant: it has no gradient
    x,      # (T + 1, B, H)  output: state; the first is initial
    r,      # (T, B, H)      output: of every step
    y_hat,  # (T, B, O)      output: of every step
    W_rec,  # (H, H)         saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    O = y.shape[2]
    H = W.shape[0]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W", W, (H, H), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("alpha", alpha, (), dtype)
    _check("d", d, (H,), dtype)
    _check("x", x, (T + 1, B, H), dtype)
    _check("r", r, (T, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("W_rec", W_rec, (H, H), dtype)

    if into is None:
        into = Gradients(
            dW=np.empty((H, H), dtype),
            dW_in=np.empty((H, I), dtype),
            db=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            du=np.empty((T, B, I), dtype),
            dx0=np.empty((B, H), dtype),
        )
    dW, dW_in, db, dW_hy, db_y, du, dx0 = into
    s_x_again = np.empty((T, B, H), dtype)
    carry_x = np.empty((B, H), dtype)
    dW_rec = np.empty((H, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dr = np.empty((T, B, H), dtype)
    dx = np.empty((T, B, H), dtype)
    du_x = np.empty((T, B, H), dtype)
    ds_x = np.empty((B, H), dtype)
    ds_W_rec = np.empty((H, H), dtype)
    _1 = np.empty((), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dx[::-1],      # dx_t
        du_x[::-1],    # du_x_t
        x[0:T][::-1],  # x_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_x, 0.0)
            # (11) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (3) s_x[t] = relu(x[t−1])
            _relu(x[0:T], s_x_again)
            # (12) r̄[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O), W_hy, dr.reshape(T * B, H))
            # (21) W̄_hy += z̄_y[t] r[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, r.reshape(T * B, H), dW_hy)
            # (22) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (13) x̄[t] = r̄[t] ∘ step(r[t]) + (1 − alpha) x̄[t+1] + s̄_x[t+1] ∘ step(s_x[t+1])
            _step(r, dx)
            np.multiply(dr, dx, dx)
            number_1 = np.array(1.0, dtype)
            for dx_t, du_x_t, x_t in steps:
                # (13) x̄[t] = r̄[t] ∘ step(r[t]) + (1 − alpha) x̄[t+1] + s̄_x[t+1] ∘ step(s_x[t+1])
                np.add(dx_t, carry_x, dx_t)
                # (14) ū_x[t] = alpha x̄[t]
                np.multiply(alpha, dx_t, du_x_t)
                # (15) s̄_x[t] = W_recᵀ ū_x[t]
                np.dot(du_x_t, W_rec, ds_x)
                # (13) what step t gives to x of earlier steps: (1 − alpha) x̄[t] + s̄_x[t] ∘ step(s_x[t])
                np.subtract(number_1, alpha, _1)
                np.multiply(_1, dx_t, carry_x)
                _relu(x_t, _B_H)
                _step(_B_H, _B_H)
                np.multiply(ds_x, _B_H, _B_H)
                np.add(carry_x, _B_H, carry_x)
            # (19) W̄_in += ū_x[t] u[t]ᵀ
            np.dot(du_x.reshape(T * B, H).T, u.reshape(T * B, I), dW_in)
            # (20) b̄ += ū_x[t]
            np.matmul(_ones_T_B, du_x.reshape(T * B, H), db)
            # (23) ū[t] = W_inᵀ ū_x[t]
            np.dot(du_x.reshape(T * B, H), W_in, du.reshape(T * B, I))
            # (16) W̄_rec += ū_x[t] s_x[t]ᵀ
            np.dot(du_x.reshape(T * B, H).T, s_x_again.reshape(T * B, H), dW_rec)
            # (24) x̄[0] = (1 − alpha) x̄[1] + s̄_x[1] ∘ step(s_x[1])
            np.copyto(dx0, carry_x)
            # (17) s̄_W_rec = W̄_rec diag(d)
            np.multiply(dW_rec, d, ds_W_rec)
            # (18) W̄ += s̄_W_rec ∘ sign(W)
            np.sign(W, dW)
            np.multiply(ds_W_rec, dW, dW)

    return into, run


def loss_and_gradient(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W,      # (H, H)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    b,      # (H)        parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    d,      # (H)        parameter: constant: it has no gradient
):
    """Return the loss and its gradients."""
    kept = forward(u, x0, y, W, W_in, b, W_hy, b_y, alpha, d)
    gradients = backward(u, y, W, W_in, W_hy, alpha, d, kept.x, kept.r, kept.y_hat, kept.W_rec)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _relu(x, out):
    """Write max(x, 0); NaN stays NaN."""
    np.maximum(x, 0.0, out=out)


def _step(x, out):
    """Write 1 where x > 0, else 0: the subgradient of max(x, 0) that was declared; NaN stays NaN."""
    np.heaviside(x, 0.0, out)
