"""real-gated linear recurrent unit (RG-LRU) with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: De et al., "Griffin: mixing gated linear recurrences with local attention for efficient
language models", 2024, arXiv:2402.19427

    (1)   z_a = −Lambda
    (2)   a_a = softplus(z_a)
    (3)   z_r[t] = W_a x[t] + b_a
    (4)   r[t] = sigmoid(z_r[t])
    (5)   z_i[t] = W_x x[t] + b_x
    (6)   i[t] = sigmoid(z_i[t])
    (7)   z2_a[t] = −(c a_a) ∘ r[t]
    (8)   a[t] = exp(z2_a[t])
    (9)   z_h[t] = 1 − a[t]²
    (10)  a_h[t] = sqrt(z_h[t])
    (11)  h[t] = a[t] ∘ h[t−1] + a_h[t] ∘ i[t] ∘ x[t]
    (12)  z_y[t] = W_hy h[t] + b_y
    (13)  y_hat[t] = softmax(z_y[t])
    (14)  J[t] = −y[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T  steps
    B  sequences in the batch
    H  entries of x
    O  entries of y

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x       (T, B, H)  input: of every step
    h0      (B, H)     initial state: h before the first step
    y       (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_a     (H, H)     parameter: trained
    b_a     (H)        parameter: trained
    W_x     (H, H)     parameter: trained
    b_x     (H)        parameter: trained
    Lambda  (H)        parameter: trained
    W_hy    (O, H)     parameter: trained
    b_y     (O)        parameter: trained
    c       ()         parameter: constant: it has no gradient; usually 8

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray      # (T + 1, B, H)  output: state; the first is initial
    y_hat: np.ndarray  # (T, B, O)      output: of every step
    a_a: np.ndarray    # (H)            saved: kept for the backward pass
    r_i: np.ndarray    # (T, B, 2*H)    saved: r, i, side by side
    a: np.ndarray      # (T, B, H)      saved: kept for the backward pass
    a_h: np.ndarray    # (T, B, H)      saved: kept for the backward pass
    J: np.ndarray      # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dW_a: np.ndarray     # (H, H)     gradient: with respect to W_a
    db_a: np.ndarray     # (H)        gradient: with respect to b_a
    dW_x: np.ndarray     # (H, H)     gradient: with respect to W_x
    db_x: np.ndarray     # (H)        gradient: with respect to b_x
    dLambda: np.ndarray  # (H)        gradient: with respect to Lambda
    dW_hy: np.ndarray    # (O, H)     gradient: with respect to W_hy
    db_y: np.ndarray     # (O)        gradient: with respect to b_y
    dx: np.ndarray       # (T, B, H)  gradient: with respect to x[t]
    dh0: np.ndarray      # (B, H)     gradient: with respect to h0


def forward(
    x,       # (T, B, H)  input: of every step
    h0,      # (B, H)     initial state: h before the first step
    y,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_a,     # (H, H)     parameter: trained
    b_a,     # (H)        parameter: trained
    W_x,     # (H, H)     parameter: trained
    b_x,     # (H)        parameter: trained
    Lambda,  # (H)        parameter: trained
    W_hy,    # (O, H)     parameter: trained
    b_y,     # (O)        parameter: trained
    c,       # ()         parameter: constant: it has no gradient; usually 8
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y, W_a, b_a, W_x, b_x, Lambda, W_hy, b_y, c)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,       # (T, B, H)  input: of every step
    h0,      # (B, H)     initial state: h before the first step
    y,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_a,     # (H, H)     parameter: trained
    b_a,     # (H)        parameter: trained
    W_x,     # (H, H)     parameter: trained
    b_x,     # (H)        parameter: trained
    Lambda,  # (H)        parameter: trained
    W_hy,    # (O, H)     parameter: trained
    b_y,     # (O)        parameter: trained
    c,       # ()         parameter: constant: it has no gradient; usually 8
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, H = x.shape
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("h0", h0, (B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_a", W_a, (H, H), dtype)
    _check("b_a", b_a, (H,), dtype)
    _check("W_x", W_x, (H, H), dtype)
    _check("b_x", b_x, (H,), dtype)
    _check("Lambda", Lambda, (H,), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("b_y", b_y, (O,), dtype)
    _check("c", c, (), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, H), dtype),
            y_hat=np.empty((T, B, O), dtype),
            a_a=np.empty((H,), dtype),
            r_i=np.empty((T, B, 2*H), dtype),
            a=np.empty((T, B, H), dtype),
            a_h=np.empty((T, B, H), dtype),
            J=np.empty((), dtype),
        )
    h, y_hat, a_a, r_i, a, a_h, J = into
    z_a = np.empty((H,), dtype)
    z_y = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    W_a_x = np.empty((2*H, H), dtype)
    b_r_i = np.empty((2*H,), dtype)
    h_factors = np.empty((T, B, H), dtype)
    h_terms = np.empty((T, B, H), dtype)
    _H = np.empty((H,), dtype)
    _T_B_O = np.empty((T, B, O), dtype)

    def run():
        with np.errstate(all="ignore"):
            # (1) z_a = −Lambda
            np.negative(Lambda, z_a)
            # (2) a_a = softplus(z_a)
            _softplus(z_a, a_a)
            np.copyto(h[0], h0)
            np.multiply(0.5, W_a, W_a_x[:H])
            np.multiply(0.5, W_x, W_a_x[H : 2*H])
            np.multiply(0.5, b_a, b_r_i[:H])
            np.multiply(0.5, b_x, b_r_i[H : 2*H])
            # (3) z_r[t] = W_a x[t] + b_a
            np.dot(x.reshape(T * B, H), W_a_x.T, r_i.reshape(T * B, 2*H))
            # (3, 5) the terms that are the same in every step
            np.add(r_i, b_r_i, r_i)
            # (4, 6) r[t] = sigmoid(z_r[t]), i[t] = sigmoid(z_i[t])
            np.tanh(r_i, r_i)
            np.multiply(0.5, r_i, r_i)
            np.add(r_i, 0.5, r_i)
            # (7) z2_a[t] = −(c a_a) ∘ r[t]
            np.multiply(c, a_a, _H)
            np.multiply(_H, r_i[:, :, :H], a)
            np.negative(a, a)
            # (8) a[t] = exp(z2_a[t])
            np.exp(a, a)
            # (9) z_h[t] = 1 − a[t]²
            np.square(a, a_h)
            np.subtract(1.0, a_h, a_h)
            # (10) a_h[t] = sqrt(z_h[t])
            np.sqrt(a_h, a_h)
            # (11) h[t] = a[t] ∘ h[t−1] + a_h[t] ∘ i[t] ∘ x[t]
            np.copyto(h_factors, a)
            np.multiply(a_h, r_i[:, :, H : 2*H], h_terms)
            np.multiply(h_terms, x, h_terms)
            # (11) h[t] = a[t] ∘ h[t−1] + a_h[t] ∘ i[t] ∘ x[t]
            _scan(h_factors, h_terms, h[0 : T + 1])
            # (12) z_y[t] = W_hy h[t] + b_y
            np.dot(h[1 : T + 1].reshape(T * B, H), W_hy.T, z_y.reshape(T * B, O))
            np.add(z_y, b_y, z_y)
            # (13) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (14) J += −y[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O)
            np.subtract(_T_B_O, log_total[:, :, np.newaxis], _T_B_O)
            np.multiply(y, _T_B_O, _T_B_O)
            np.negative(_T_B_O, _T_B_O)
            np.add.reduce(_T_B_O, axis=None, out=J)

    return into, run


def backward(
    x,      # (T, B, H)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_a,    # (H, H)         parameter: trained
    W_x,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # ()             parameter: constant: it has no gradient; usually 8
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    a_a,    # (H)            saved: kept for the backward pass
    r_i,    # (T, B, 2*H)    saved: r, i, side by side
    a,      # (T, B, H)      saved: kept for the backward pass
    a_h,    # (T, B, H)      saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y, W_a, W_x, W_hy, c, h, y_hat, a_a, r_i, a, a_h)
    run()
    return gradients


def bind_backward(
    x,      # (T, B, H)      input: of every step
    y,      # (T, B, O)      target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_a,    # (H, H)         parameter: trained
    W_x,    # (H, H)         parameter: trained
    W_hy,   # (O, H)         parameter: trained
    c,      # ()             parameter: constant: it has no gradient; usually 8
    h,      # (T + 1, B, H)  output: state; the first is initial
    y_hat,  # (T, B, O)      output: of every step
    a_a,    # (H)            saved: kept for the backward pass
    r_i,    # (T, B, 2*H)    saved: r, i, side by side
    a,      # (T, B, H)      saved: kept for the backward pass
    a_h,    # (T, B, H)      saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, H = x.shape
    O = y.shape[2]
    dtype = x.dtype
    _check("x", x, (T, B, H), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("W_a", W_a, (H, H), dtype)
    _check("W_x", W_x, (H, H), dtype)
    _check("W_hy", W_hy, (O, H), dtype)
    _check("c", c, (), dtype)
    _check("h", h, (T + 1, B, H), dtype)
    _check("y_hat", y_hat, (T, B, O), dtype)
    _check("a_a", a_a, (H,), dtype)
    _check("r_i", r_i, (T, B, 2*H), dtype)
    _check("a", a, (T, B, H), dtype)
    _check("a_h", a_h, (T, B, H), dtype)

    if into is None:
        into = Gradients(
            dW_a=np.empty((H, H), dtype),
            db_a=np.empty((H,), dtype),
            dW_x=np.empty((H, H), dtype),
            db_x=np.empty((H,), dtype),
            dLambda=np.empty((H,), dtype),
            dW_hy=np.empty((O, H), dtype),
            db_y=np.empty((O,), dtype),
            dx=np.empty((T, B, H), dtype),
            dh0=np.empty((B, H), dtype),
        )
    dW_a, db_a, dW_x, db_x, dLambda, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, H), dtype)
    da_a = np.empty((H,), dtype)
    dz_y = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, H), dtype)
    da_h = np.empty((T, B, H), dtype)
    dz_h = np.empty((T, B, H), dtype)
    da = np.empty((T, B, H), dtype)
    dz2_a = np.empty((T, B, H), dtype)
    di = np.empty((T, B, H), dtype)
    dz_i_r = np.empty((T, B, 2*H), dtype)
    dr = np.empty((T, B, H), dtype)
    dz_a = np.empty((H,), dtype)
    W_x_a = np.empty((2*H, H), dtype)
    dh_factors = np.empty((T, B, H), dtype)
    dh_terms = np.empty((T, B, H), dtype)
    dh_carries = np.empty((T + 1, B, H), dtype)
    _T_B_H = np.empty((T, B, H), dtype)
    _T_B_H_1 = np.empty((T, B, H), dtype)
    _H = np.empty((H,), dtype)

    _ones_T_B = np.ones(T * B, dtype)

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            np.copyto(W_x_a[:H], W_x)
            np.copyto(W_x_a[H : 2*H], W_a)
            # (16) z̄_y[t] = y_hat[t] − y[t]
            np.subtract(y_hat, y, dz_y)
            # (17) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ a[t+1]
            np.dot(dz_y.reshape(T * B, O), W_hy, dh.reshape(T * B, H))
            # (33) W̄_hy += z̄_y[t] h[t]ᵀ
            np.dot(dz_y.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, H), dW_hy)
            # (34) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O), db_y)
            # (17) what step t gives to h of earlier steps: h̄[t] ∘ a[t]
            np.copyto(dh_factors, a)
            np.multiply(dh_factors, dh, dh_terms)
            np.copyto(dh_carries[T], carry_h)
            # (17) what step t gives to h of earlier steps: h̄[t] ∘ a[t]
            _scan(dh_factors[::-1], dh_terms[::-1], dh_carries[0 : T + 1][::-1])
            # (17) h̄[t] = W_hyᵀ z̄_y[t] + h̄[t+1] ∘ a[t+1]
            np.add(dh, dh_carries[1 : T + 1], dh)
            np.copyto(carry_h, dh_carries[0])
            # (18) ā_h[t] = h̄[t] ∘ i[t] ∘ x[t]
            np.multiply(dh, r_i[:, :, H : 2*H], da_h)
            np.multiply(da_h, x, da_h)
            # (19) z̄_h[t] = ā_h[t] ∘ (1 ⊘ (2 a_h[t]))
            np.multiply(2.0, a_h, dz_h)
            np.divide(1.0, dz_h, dz_h)
            np.multiply(da_h, dz_h, dz_h)
            # (20) ā[t] = h̄[t] ∘ h[t−1] − 2 (z̄_h[t] ∘ a[t])
            np.multiply(dh, h[0:T], da)
            np.multiply(dz_h, a, _T_B_H)
            np.multiply(2.0, _T_B_H, _T_B_H)
            np.subtract(da, _T_B_H, da)
            # (21) z2̄_a[t] = ā[t] ∘ a[t]
            np.multiply(da, a, dz2_a)
            # (22) ī[t] = h̄[t] ∘ a_h[t] ∘ x[t]
            np.multiply(dh, a_h, di)
            np.multiply(di, x, di)
            # (23) z̄_i[t] = ī[t] ∘ i[t] ∘ (1 − i[t])
            np.multiply(di, r_i[:, :, H : 2*H], _T_B_H)
            np.subtract(1.0, r_i[:, :, H : 2*H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_i_r[:, :, :H])
            # (24) r̄[t] = −z2̄_a[t] ∘ (c a_a)
            np.multiply(c, a_a, _H)
            np.multiply(dz2_a, _H, dr)
            np.negative(dr, dr)
            # (25) z̄_r[t] = r̄[t] ∘ r[t] ∘ (1 − r[t])
            np.multiply(dr, r_i[:, :, :H], _T_B_H)
            np.subtract(1.0, r_i[:, :, :H], _T_B_H_1)
            np.multiply(_T_B_H, _T_B_H_1, dz_i_r[:, :, H : 2*H])
            # (28) W̄_a += z̄_r[t] x[t]ᵀ
            np.matmul(dz_i_r.reshape(T * B, 2*H)[:, H : 2*H].T, x.reshape(T * B, H), dW_a)
            # (29) b̄_a += z̄_r[t]
            np.matmul(_ones_T_B, dz_i_r.reshape(T * B, 2*H)[:, H : 2*H], db_a)
            # (30) W̄_x += z̄_i[t] x[t]ᵀ
            np.matmul(dz_i_r.reshape(T * B, 2*H)[:, :H].T, x.reshape(T * B, H), dW_x)
            # (31) b̄_x += z̄_i[t]
            np.matmul(_ones_T_B, dz_i_r.reshape(T * B, 2*H)[:, :H], db_x)
            # (35) x̄[t] = h̄[t] ∘ a_h[t] ∘ i[t] + W_xᵀ z̄_i[t] + W_aᵀ z̄_r[t]
            np.dot(dz_i_r.reshape(T * B, 2*H), W_x_a, dx.reshape(T * B, H))
            # (26) ā_a += −c (z2̄_a[t] ∘ r[t])
            np.multiply(dz2_a, r_i[:, :, :H], _T_B_H)
            np.multiply(c, _T_B_H, _T_B_H)
            np.negative(_T_B_H, _T_B_H)
            np.add.reduce(_T_B_H, axis=(0, 1), out=da_a)
            # (35) x̄[t] = h̄[t] ∘ a_h[t] ∘ i[t] + W_xᵀ z̄_i[t] + W_aᵀ z̄_r[t]
            np.multiply(dh, a_h, _T_B_H)
            np.multiply(_T_B_H, r_i[:, :, H : 2*H], _T_B_H)
            np.add(dx, _T_B_H, dx)
            # (36) h̄[0] = h̄[1] ∘ a[1]
            np.copyto(dh0, carry_h)
            # (27) z̄_a = ā_a ∘ (1 + (−1) ⊘ exp(a_a))
            np.negative(1.0, dz_a)
            np.exp(a_a, _H)
            np.divide(dz_a, _H, dz_a)
            np.add(1.0, dz_a, dz_a)
            np.multiply(da_a, dz_a, dz_a)
            # (32) Lambdā += −z̄_a
            np.negative(dz_a, dLambda)

    return into, run


def loss_and_gradient(
    x,       # (T, B, H)  input: of every step
    h0,      # (B, H)     initial state: h before the first step
    y,       # (T, B, O)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    W_a,     # (H, H)     parameter: trained
    b_a,     # (H)        parameter: trained
    W_x,     # (H, H)     parameter: trained
    b_x,     # (H)        parameter: trained
    Lambda,  # (H)        parameter: trained
    W_hy,    # (O, H)     parameter: trained
    b_y,     # (O)        parameter: trained
    c,       # ()         parameter: constant: it has no gradient; usually 8
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y, W_a, b_a, W_x, b_x, Lambda, W_hy, b_y, c)
    gradients = backward(x, y, W_a, W_x, W_hy, c, kept.h, kept.y_hat, kept.a_a, kept.r_i, kept.a, kept.a_h)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


def _softplus(x, out):
    """Write log(1 + e^x), without overflow."""
    np.logaddexp(x, 0.0, out)


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
