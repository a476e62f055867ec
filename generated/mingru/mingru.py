"""minGRU, gate and candidate of the input alone with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Feng, Tung, Ahmed, Bengio, Hajimirsadegh, "Were RNNs all we needed?", 2024, arXiv:2410.01201

    (1)  z_z[t] = W_z x[t] + b_z
    (2)  z[t] = sigmoid(z_z[t])
    (3)  n[t] = W_h x[t] + b_h
    (4)  h[t] = (1 − z[t]) ∘ h[t−1] + z[t] ∘ n[t]
    (5)  z_y[t] = W_hy h[t] + b_y
    (6)  y_hat[t] = softmax(z_y[t])
    (7)  J[t] = −y[t]ᵀ log(y_hat[t])

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
    W_z   (H, I)     parameter: trained
    b_z   (H)        parameter: trained
    W_h   (H, I)     parameter: trained
    b_h   (H)        parameter: trained
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
    z_n: np.ndarray    # (T, B, 2*H)    saved: z, n, side by side
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_z: np.ndarray   # (H, I)     gradient: with respect to W_z
    db_z: np.ndarray   # (H)        gradient: with respect to b_z
    dW_h: np.ndarray   # (H, I)     gradient: with respect to W_h
    db_h: np.ndarray   # (H)        gradient: with respect to b_h
    dW_hy: np.ndarray  # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray   # (O)        gradient: with respect to b_y
    dx: np.ndarray     # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray    # (B, H)     gradient: with respect to h0


def forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_z, b_z, W_h, b_h, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
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
    _check("y", y, (T, B, O), dtype)
    _check("W_z", W_z, (H, I), dtype)
    _check("b_z", b_z, (H,), dtype)
    _check("W_h", W_h, (H, I), dtype)
    _check("b_h", b_h, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            z_n=np.empty((T, B, 2*H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, z_n, J = into
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_z_h = np.empty((2*H, I), dtype)
    h_factors = np.empty((T, B, H), dtype)
    h_terms = np.empty((T, B, H), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    def run():
        with np.errstate(all="ignore"):
            np.copyto(h[0], h0)
            np.copyto(W_z_h[:H], W_z)
            np.copyto(W_z_h[H : 2*H], W_h)
            # (1) z_z[t] = W_z x[t] + b_z
            np.dot(x.reshape(T * B, I), W_z_h.T, z_n.reshape(T * B, 2*H))
            np.add(z_n[:, :, :H], b_z, z_n[:, :, :H])
            # (2) z[t] = sigmoid(z_z[t])
            _sigmoid(z_n[:, :, :H], z_n[:, :, :H])
            # (3) n[t] = W_h x[t] + b_h
            np.add(z_n[:, :, H : 2*H], b_h, z_n[:, :, H : 2*H])
            # (4) h[t] = (1 − z[t]) ∘ h[t−1] + z[t] ∘ n[t]
            np.subtract(1.0, z_n[:, :, :H], h_factors)
            np.multiply(z_n[:, :, :H], z_n[:, :, H : 2*H], h_terms)
            # (4) h[t] = (1 − z[t]) ∘ h[t−1] + z[t] ∘ n[t]
            _scan(h_factors, h_terms, h[0 : T + 1])
            # (5) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
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
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,    # (H, I)         parameter: trained
    W_h,    # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_n,    # (T, B, 2*H)    saved: z, n, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_z, W_h, W_hy, h, y_hat, z_n)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, I)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,    # (H, I)         parameter: trained
    W_h,    # (H, I)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    z_n,    # (T, B, 2*H)    saved: z, n, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O = y.shape[2]
    H = W_z.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_z", W_z, (H, I), dtype)
    _check("W_h", W_h, (H, I), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("z_n", z_n, (T, B, 2*H), dtype)

    if into is None:
        into = Gradients(
            dW_z=np.empty((H, I), dtype),
            db_z=np.empty((H,), dtype),
            dW_h=np.empty((H, I), dtype),
            db_h=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_z, db_z, dW_h, db_h, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    dn_dz_z = np.empty((T, B, 2*H), dtype)
    dz = np.empty((T, B, H), dtype)
    W_h_z = np.empty((2*H, I), dtype)
    factor_carry_h = np.empty((T, B, H), dtype)
    dh_factors = np.empty((T, B, H), dtype)
    dh_terms = np.empty((T, B, H), dtype)
    dh_carries = np.empty((T + 1, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)

    _ones_T_B = np.ones(T * B, dtype)

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_h_z[:H], W_h)
            np.copyto(W_h_z[H : 2*H], W_z)
            # (9) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (10) what step t gives to h of earlier steps: h̄[t] ∘ (1 − z[t])
            np.subtract(1.0, z_n[:, :, :H], factor_carry_h)
            # (10) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1])
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (18) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (19) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (10) what step t gives to h of earlier steps: h̄[t] ∘ (1 − z[t])
            np.copyto(dh_factors, factor_carry_h)
            np.multiply(dh_factors, dh, dh_terms)
            np.copyto(dh_carries[T], carry_h)
            # (10) what step t gives to h of earlier steps: h̄[t] ∘ (1 − z[t])
            _scan(dh_factors[::-1], dh_terms[::-1], dh_carries[0 : T + 1][::-1])
            # (10) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ (1 − z[t+1])
            np.add(dh, dh_carries[1 : T + 1], dh)
            np.copyto(carry_h, dh_carries[0])
            # (11) n̄[t] = h̄[t] ∘ z[t]
            np.multiply(dh, z_n[:, :, :H], dn_dz_z[:, :, :H])
            # (12) z̄[t] = −h̄[t] ∘ h[t−1] + h̄[t] ∘ n[t]
            np.multiply(dh, h[0:T], dz)
            np.negative(dz, dz)
            np.multiply(dh, z_n[:, :, H : 2*H], _T_B_H)
            np.add(dz, _T_B_H, dz)
            # (13) z̄_z[t] = z̄[t] ∘ z[t] ∘ (1 − z[t])
            np.multiply(dz, z_n[:, :, :H], _T_B_H)
            np.subtract(1.0, z_n[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dn_dz_z[:, :, H : 2*H])
            # (14) W̄_z += z̄_z[t] x[t]ᵀ
            np.matmul(dn_dz_z.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, I), dW_z)
            # (15) b̄_z += z̄_z[t]
            np.matmul(_ones_T_B, dn_dz_z.reshape(T * B, 2*H)[:, H : 2*H], db_z)
            # (16) W̄_h += n̄[t] x[t]ᵀ
            np.matmul(dn_dz_z.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, I), dW_h)
            # (17) b̄_h += n̄[t]
            np.matmul(_ones_T_B, dn_dz_z.reshape(T * B, 2*H)[:, :H], db_h)
            # (20) x̄[t] = W_hᵀ n̄[t] + W_zᵀ z̄_z[t]
            np.dot(dn_dz_z.reshape(T * B, 2*H), W_h_z, dx.reshape(T * B, I))
            # (21) h̄[0] = h̄[1] ∘ (1 − z[1])
            np.copyto(dh0, carry_h)

    return into, run


def loss_and_gradient(
    x,     # (T, B, I)  input: of every step
    h0,    # (B, H)     initial state: h before the first step
    y,     # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_z,   # (H, I)     parameter: trained
    b_z,   # (H)        parameter: trained
    W_h,   # (H, I)     parameter: trained
    b_h,   # (H)        parameter: trained
    W_hy,  # (O, H)     parameter: trained
    b_y,   # (O)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_z, b_z, W_h, b_h, W_hy, b_y)
    gradients = backward(x, y, W_z, W_h, W_hy, kept.h, kept.y_hat, kept.z_n)
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
