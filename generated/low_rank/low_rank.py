"""low-rank network, Euler steps with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Mastrogiuseppe, Ostojic, "Linking connectivity, dynamics, and computations in low-rank
recurrent neural networks", Neuron 99 (2018) 609-623, arXiv:1711.09672

    (1)  s_kappa[t] = tanh(x[t−1])
    (2)  kappa[t] = 1/H Nᵀ s_kappa[t]
    (3)  u_x[t] = M kappa[t] + W_in u[t]
    (4)  x[t] = (1 − alpha) x[t−1] + alpha u_x[t]
    (5)  z_y[t] = W_hy x[t] + b_y
    (6)  y_hat[t] = softmax(z_y[t])
    (7)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    I  entries of u
    H  entries of x
    R  entries of the rows of M
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    u      (T, B, I)  input: of every step
    x0     (B, H)     initial state: x before the first step
    y      (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    M      (H, R)     parameter: trained
    N      (H, R)     parameter: trained
    W_in   (H, I)     parameter: trained
    W_hy   (O, H)     parameter: trained
    b_y    (O)        parameter: trained
    alpha  ()         parameter: constant: it has no gradient; usually 0.2

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    x: np.ndarray        # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray    # (T, B, O)      output: of every step
    s_kappa: np.ndarray  # (T, B, H)      saved: kept for the backward pass
    kappa: np.ndarray    # (T, B, R)      saved: kept for the backward pass
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dM: np.ndarray     # (H, R)     gradient: with respect to M
    dN: np.ndarray     # (H, R)     gradient: with respect to N
    dW_in: np.ndarray  # (H, I)     gradient: with respect to W_in
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    du: np.ndarray     # (T, B, I)  gradient: with respect to u[t]
    dx0: np.ndarray    # (B, H)     gradient: with respect to x0


def forward(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    M,      # (H, R)     parameter: trained
    N,      # (H, R)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
):
    """Compute every step."""
    kept, run = bind_forward(u, x0, y, M, N, W_in, W_hy, b_y, alpha)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    M,      # (H, R)     parameter: trained
    N,      # (H, R)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    H = x0.shape[1]
    O = y.shape[2]
    R = M.shape[1]
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("x0", x0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("M", M, (H, R), dtype)
    _check("N", N, (H, R), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("alpha", alpha, (), dtype)

    if into is None:
        into = Kept(
            x=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            s_kappa=np.empty((T, B, H), dtype),
            kappa=np.empty((T, B, R), dtype),
            J=np.empty((), dtype),
        )
    x, y_hat, s_kappa, kappa, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    M_T = np.empty((R, H), dtype)
    W_in_T = np.empty((I, H), dtype)
    _B_H = np.empty((B, H), dtype)
    _1 = np.empty((), dtype)
    _B_H_1 = np.empty((B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    steps = list(zip(
        s_kappa,       # s_kappa_t
        x[0:T],        # x_t
        kappa,         # kappa_t
        x[1 : T + 1],  # x_next
        u,             # u_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(W_in_T, W_in.T)
            np.copyto(M_T, M.T)
            np.copyto(x[0], x0)
            extent = np.array(float(H), dtype)
            number_1 = np.array(1.0, dtype)
            for s_kappa_t, x_t, kappa_t, x_next, u_t in steps:
                # (1) s_kappa[t] = tanh(x[t−1])
                np.tanh(x_t, s_kappa_t)
                # (2) kappa[t] = 1/H Nᵀ s_kappa[t]
                np.dot(s_kappa_t, N, kappa_t)
                np.divide(kappa_t, extent, kappa_t)
                # (3) u_x[t] = M kappa[t] + W_in u[t]
                np.dot(kappa_t, M_T, x_next)
                np.dot(u_t, W_in_T, _B_H)
                np.add(x_next, _B_H, x_next)
                # (4) x[t] = (1 − alpha) x[t−1] + alpha u_x[t]
                np.subtract(number_1, alpha, _1)
                np.multiply(_1, x_t, _B_H)
                np.multiply(alpha, x_next, _B_H_1)
                np.add(_B_H, _B_H_1, x_next)
            # (5) z_y[t] = W_hy x[t] + b_y
            np.dot(x[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (6) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (7) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    u,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    M,        # (H, R)         parameter: trained
    N,        # (H, R)         parameter: trained
    W_in,     # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    alpha,    # ()             parameter: constant: it has no gradient; usually 0.2
    x,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    s_kappa,  # (T, B, H)      saved: kept for the backward pass
    kappa,    # (T, B, R)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(u, y, M, N, W_in, W_hy, alpha, x, y_hat, s_kappa, kappa)
    run()
    return gradients


def bind_backward(
    u,        # (T, B, I)      input: of every step
    y,        # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    M,        # (H, R)         parameter: trained
    N,        # (H, R)         parameter: trained
    W_in,     # (H, I)         parameter: trained
    W_hy,     # (O, H)         parameter: trained
    alpha,    # ()             parameter: constant: it has no gradient; usually 0.2
    x,        # (T + 1, B, H)  output: state; the first is initial
    y_hat,    # (T, B, O)      output: of every step
    s_kappa,  # (T, B, H)      saved: kept for the backward pass
    kappa,    # (T, B, R)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = u.shape
    O = y.shape[2]
    H, R = M.shape
    dtype = u.dtype
    _check("u", u, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("M", M, (H, R), dtype)
    _check("N", N, (H, R), dtype)
    _check("W_in", W_in, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("alpha", alpha, (), dtype)
    _check("x", x, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("s_kappa", s_kappa, (T, B, H), dtype)
    _check("kappa", kappa, (T, B, R), dtype)

    if into is None:
        into = Gradients(
            dM=np.empty((H, R), dtype),
            dN=np.empty((H, R), dtype),
            dW_in=np.empty((H, I), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            du=np.empty((T, B, I), dtype),
            dx0=np.empty((B, H), dtype),
        )
    dM, dN, dW_in, dW_hy, db_y, du, dx0 = into
    carry_x = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dx = np.empty((T, B, H), dtype)
    du_x = np.empty((T, B, H), dtype)
    dkappa = np.empty((T, B, R), dtype)
    ds_kappa = np.empty((B, H), dtype)
    scratch_2 = np.empty((B, H), dtype)
    scratch_3 = np.empty((T, B, H), dtype)
    N_T = np.empty((R, H), dtype)
    _1 = np.empty((), dtype)
    _B_H = np.empty((B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dx[::-1],       # dx_t
        du_x[::-1],     # du_x_t
        dkappa[::-1],   # dkappa_t
        s_kappa[::-1],  # s_kappa_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(N_T, N.T)
            np.copyto(carry_x, 0.0)
            # (9) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (15) N̄ += 1/H s_kappa[t] kappā[t]ᵀ
            np.divide(s_kappa, float(H), scratch_3)
            # (10) x̄[t] = W_hyᵀ z̄_y[t] + (1 − alpha) x̄[t+1] + s̄_kappa[t+1] ∘ (1 − s_kappa[t+1]²)
            np.dot(dz_y.reshape(T * B, O), W_hy, dx.reshape(T * B, H))
            # (17) W̄_hy += z̄_y[t] x[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, x[1 : T + 1].reshape(T * B, H), dW_hy)
            # (18) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            extent = np.array(float(H), dtype)
            number_1 = np.array(1.0, dtype)
            for dx_t, du_x_t, dkappa_t, s_kappa_t in steps:
                # (10) x̄[t] = W_hyᵀ z̄_y[t] + (1 − alpha) x̄[t+1] + s̄_kappa[t+1] ∘ (1 − s_kappa[t+1]²)
                np.add(dx_t, carry_x, dx_t)
                # (11) ū_x[t] = alpha x̄[t]
                np.multiply(alpha, dx_t, du_x_t)
                # (12) kappā[t] = Mᵀ ū_x[t]
                np.dot(du_x_t, M, dkappa_t)
                # (13) s̄_kappa[t] = 1/H N kappā[t]
                np.dot(dkappa_t, N_T, scratch_2)
                np.divide(scratch_2, extent, ds_kappa)
                # (10) what step t gives to x of earlier steps: (1 − alpha) x̄[t] + s̄_kappa[t] ∘ (1 − s_kappa[t]²)
                np.subtract(number_1, alpha, _1)
                np.multiply(_1, dx_t, carry_x)
                np.square(s_kappa_t, _B_H)
                np.subtract(number_1, _B_H, _B_H)
                np.multiply(ds_kappa, _B_H, _B_H)
                np.add(carry_x, _B_H, carry_x)
            # (14) M̄ += ū_x[t] kappa[t]ᵀ
            np.dot(du_x.reshape(T * B, H).T, kappa.reshape(T * B, R), dM)
            # (15) N̄ += 1/H s_kappa[t] kappā[t]ᵀ
            np.dot(scratch_3.reshape(T * B, H).T, dkappa.reshape(T * B, R), dN)
            # (16) W̄_in += ū_x[t] u[t]ᵀ
            np.dot(du_x.reshape(T * B, H).T, u.reshape(T * B, I), dW_in)
            # (19) ū[t] = W_inᵀ ū_x[t]
            np.dot(du_x.reshape(T * B, H), W_in, du.reshape(T * B, I))
            # (20) x̄[0] = (1 − alpha) x̄[1] + s̄_kappa[1] ∘ (1 − s_kappa[1]²)
            np.copyto(dx0, carry_x)

    return into, run


def loss_and_gradient(
    u,      # (T, B, I)  input: of every step
    x0,     # (B, H)     initial state: x before the first step
    y,      # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    M,      # (H, R)     parameter: trained
    N,      # (H, R)     parameter: trained
    W_in,   # (H, I)     parameter: trained
    W_hy,   # (O, H)     parameter: trained
    b_y,    # (O)        parameter: trained
    alpha,  # ()         parameter: constant: it has no gradient; usually 0.2
):
    """Return the loss and its gradients."""
    kept = forward(u, x0, y, M, N, W_in, W_hy, b_y, alpha)
    gradients = backward(u, y, M, N, W_in, W_hy, alpha, kept.x, kept.y_hat, kept.s_kappa, kept.kappa)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
