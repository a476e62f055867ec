"""diagonal state space model, real, zero-order hold with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Gu, Gupta, Goel, Re, "On the parameterization and initialization of diagonal state space
models" (S4D), 2022, arXiv:2206.11893; many inputs as in Smith, Warrington, Linderman, 2022,
arXiv:2208.04933

    (1)   a_A = exp(A_log)
    (2)   A = −a_A
    (3)   delta = exp(delta_log)
    (4)   z_A_bar = delta ∘ A
    (5)   A_bar = exp(z_A_bar)
    (6)   s_B_bar = (A_bar − 1) ⊘ A
    (7)   B_bar = diag(s_B_bar) B_in
    (8)   h[t] = A_bar ∘ h[t−1] + B_bar x[t]
    (9)   y[t] = C h[t] + D_skip x[t]
    (10)  z_y[t] = W_hy y[t] + b_y
    (11)  y_hat[t] = softmax(z_y[t])
    (12)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T   steps
    B   sequences in the batch
    I   entries of x
    N   entries of h
    O   entries of C
    O2  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x          (T, B, I)   input: of every step
    h0         (B, N)      initial state: h before the first step
    y2         (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C          (O, N)      parameter: trained
    A_log      (N)         parameter: trained
    delta_log  (N)         parameter: trained
    B_in       (N, I)      parameter: trained
    D_skip     (O, I)      parameter: trained
    W_hy       (O2, O)     parameter: trained
    b_y        (O2)        parameter: trained

Infinity and NaN are results here, as in C, not warnings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward returns; backward reads all of it but the loss."""

    h: np.ndarray        # (T + 1, B, N)  output: state; the first is initial
    y: np.ndarray        # (T, B, O)      output: of every step
    y_hat: np.ndarray    # (T, B, O2)     output: of every step
    a_A: np.ndarray      # (N)            saved: kept for the backward pass
    A: np.ndarray        # (N)            saved: kept for the backward pass
    delta: np.ndarray    # (N)            saved: kept for the backward pass
    A_bar: np.ndarray    # (N)            saved: kept for the backward pass
    s_B_bar: np.ndarray  # (N)            saved: kept for the backward pass
    B_bar: np.ndarray    # (N, I)         saved: kept for the backward pass
    J: np.ndarray        # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dC: np.ndarray          # (O, N)     gradient: with respect to C
    dA_log: np.ndarray      # (N)        gradient: with respect to A_log
    ddelta_log: np.ndarray  # (N)        gradient: with respect to delta_log
    dB_in: np.ndarray       # (N, I)     gradient: with respect to B_in
    dD_skip: np.ndarray     # (O, I)     gradient: with respect to D_skip
    dW_hy: np.ndarray       # (O2, O)    gradient: with respect to W_hy
    db_y: np.ndarray        # (O2)       gradient: with respect to b_y
    dx: np.ndarray          # (T, B, I)  gradient: with respect to x[t]
    dh0: np.ndarray         # (B, N)     gradient: with respect to h0


def forward(
    x,          # (T, B, I)   input: of every step
    h0,         # (B, N)      initial state: h before the first step
    y2,         # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C,          # (O, N)      parameter: trained
    A_log,      # (N)         parameter: trained
    delta_log,  # (N)         parameter: trained
    B_in,       # (N, I)      parameter: trained
    D_skip,     # (O, I)      parameter: trained
    W_hy,       # (O2, O)     parameter: trained
    b_y,        # (O2)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h0, y2, C, A_log, delta_log, B_in, D_skip, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,          # (T, B, I)   input: of every step
    h0,         # (B, N)      initial state: h before the first step
    y2,         # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C,          # (O, N)      parameter: trained
    A_log,      # (N)         parameter: trained
    delta_log,  # (N)         parameter: trained
    B_in,       # (N, I)      parameter: trained
    D_skip,     # (O, I)      parameter: trained
    W_hy,       # (O2, O)     parameter: trained
    b_y,        # (O2)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    N = h0.shape[1]
    O2 = y2.shape[2]
    O = C.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h0", h0, (B, N), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("C", C, (O, N), dtype)
    _check("A_log", A_log, (N,), dtype)
    _check("delta_log", delta_log, (N,), dtype)
    _check("B_in", B_in, (N, I), dtype)
    _check("D_skip", D_skip, (O, I), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("b_y", b_y, (O2,), dtype)

    if into is None:
        into = Kept(
            h=np.empty((T + 1, B, N), dtype),
            y=np.empty((T, B, O), dtype),
            y_hat=np.empty((T, B, O2), dtype),
            a_A=np.empty((N,), dtype),
            A=np.empty((N,), dtype),
            delta=np.empty((N,), dtype),
            A_bar=np.empty((N,), dtype),
            s_B_bar=np.empty((N,), dtype),
            B_bar=np.empty((N, I), dtype),
            J=np.empty((), dtype),
        )
    h, y, y_hat, a_A, A, delta, A_bar, s_B_bar, B_bar, J = into
    z_A_bar = np.empty((N,), dtype)
    z_y = np.empty((T, B, O2), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    h_factors = np.empty((T, B, N), dtype)
    h_terms = np.empty((T, B, N), dtype)
    _T_B_O = np.empty((T, B, O), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    def run():
        with np.errstate(all="ignore"):
            # (1) a_A = exp(A_log)
            np.exp(A_log, a_A)
            # (2) A = −a_A
            np.negative(a_A, A)
            # (3) delta = exp(delta_log)
            np.exp(delta_log, delta)
            # (4) z_A_bar = delta ∘ A
            np.multiply(delta, A, z_A_bar)
            # (5) A_bar = exp(z_A_bar)
            np.exp(z_A_bar, A_bar)
            # (6) s_B_bar = (A_bar − 1) ⊘ A
            np.subtract(A_bar, 1.0, s_B_bar)
            np.divide(s_B_bar, A, s_B_bar)
            # (7) B_bar = diag(s_B_bar) B_in
            np.multiply(s_B_bar[:, np.newaxis], B_in, B_bar)
            np.copyto(h[0], h0)
            # (8) h[t] = A_bar ∘ h[t−1] + B_bar x[t]
            np.dot(x.reshape(T * B, I), B_bar.T, h[1 : T + 1].reshape(T * B, N))
            np.copyto(h_factors, A_bar)
            np.copyto(h_terms, h[1 : T + 1])
            # (8) h[t] = A_bar ∘ h[t−1] + B_bar x[t]
            _scan(h_factors, h_terms, h[0 : T + 1])
            # (9) y[t] = C h[t] + D_skip x[t]
            np.dot(h[1 : T + 1].reshape(T * B, N), C.T, y.reshape(T * B, O))
            np.dot(x.reshape(T * B, I), D_skip.T, _T_B_O.reshape(T * B, O))
            np.add(y, _T_B_O, y)
            # (10) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, O), W_hy.T, z_y.reshape(T * B, O2))
            np.add(z_y, b_y, z_y)
            # (11) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (12) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O2)
            np.subtract(_T_B_O2, log_total[:, :, np.newaxis], _T_B_O2)
            np.multiply(y2, _T_B_O2, _T_B_O2)
            np.negative(_T_B_O2, _T_B_O2)
            np.add.reduce(_T_B_O2, axis=None, out=J)

    return into, run


def backward(
    x,        # (T, B, I)      input: of every step
    y2,       # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    C,        # (O, N)         parameter: trained
    B_in,     # (N, I)         parameter: trained
    D_skip,   # (O, I)         parameter: trained
    W_hy,     # (O2, O)        parameter: trained
    h,        # (T + 1, B, N)  output: state; the first is initial
    y,        # (T, B, O)      output: of every step
    y_hat,    # (T, B, O2)     output: of every step
    a_A,      # (N)            saved: kept for the backward pass
    A,        # (N)            saved: kept for the backward pass
    delta,    # (N)            saved: kept for the backward pass
    A_bar,    # (N)            saved: kept for the backward pass
    s_B_bar,  # (N)            saved: kept for the backward pass
    B_bar,    # (N, I)         saved: kept for the backward pass
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, C, B_in, D_skip, W_hy, h, y, y_hat, a_A, A, delta, A_bar, s_B_bar, B_bar)
    run()
    return gradients


def bind_backward(
    x,        # (T, B, I)      input: of every step
    y2,       # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    C,        # (O, N)         parameter: trained
    B_in,     # (N, I)         parameter: trained
    D_skip,   # (O, I)         parameter: trained
    W_hy,     # (O2, O)        parameter: trained
    h,        # (T + 1, B, N)  output: state; the first is initial
    y,        # (T, B, O)      output: of every step
    y_hat,    # (T, B, O2)     output: of every step
    a_A,      # (N)            saved: kept for the backward pass
    A,        # (N)            saved: kept for the backward pass
    delta,    # (N)            saved: kept for the backward pass
    A_bar,    # (N)            saved: kept for the backward pass
    s_B_bar,  # (N)            saved: kept for the backward pass
    B_bar,    # (N, I)         saved: kept for the backward pass
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O2 = y2.shape[2]
    O, N = C.shape
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("C", C, (O, N), dtype)
    _check("B_in", B_in, (N, I), dtype)
    _check("D_skip", D_skip, (O, I), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("h", h, (T + 1, B, N), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("y_hat", y_hat, (T, B, O2), dtype)
    _check("a_A", a_A, (N,), dtype)
    _check("A", A, (N,), dtype)
    _check("delta", delta, (N,), dtype)
    _check("A_bar", A_bar, (N,), dtype)
    _check("s_B_bar", s_B_bar, (N,), dtype)
    _check("B_bar", B_bar, (N, I), dtype)

    if into is None:
        into = Gradients(
            dC=np.empty((O, N), dtype),
            dA_log=np.empty((N,), dtype),
            ddelta_log=np.empty((N,), dtype),
            dB_in=np.empty((N, I), dtype),
            dD_skip=np.empty((O, I), dtype),
            dW_hy=np.empty((O2, O), dtype),
            db_y=np.empty((O2,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh0=np.empty((B, N), dtype),
        )
    dC, dA_log, ddelta_log, dB_in, dD_skip, dW_hy, db_y, dx, dh0 = into
    carry_h = np.empty((B, N), dtype)
    dB_bar = np.empty((N, I), dtype)
    dA_bar = np.empty((N,), dtype)
    dz_y = np.empty((T, B, O2), dtype)
    dy = np.empty((T, B, O), dtype)
    dh = np.empty((T, B, N), dtype)
    ds_B_bar = np.empty((N,), dtype)
    scratch = np.empty((N,), dtype)
    dz_A_bar = np.empty((N,), dtype)
    ddelta = np.empty((N,), dtype)
    dA = np.empty((N,), dtype)
    da_A = np.empty((N,), dtype)
    dh_factors = np.empty((T, B, N), dtype)
    dh_terms = np.empty((T, B, N), dtype)
    dh_carries = np.empty((T + 1, B, N), dtype)
    _T_B_I = np.empty((T, B, I), dtype)
    _N_I = np.empty((N, I), dtype)
    _N = np.empty((N,), dtype)

    _ones_T_B = np.ones(T * B, dtype)

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h, 0.0)
            # (14) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (15) ȳ[t] = W_hyᵀ z̄_y[t]
            np.dot(dz_y.reshape(T * B, O2), W_hy, dy.reshape(T * B, O))
            # (29) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O2).T, y.reshape(T * B, O), dW_hy)
            # (30) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O2), db_y)
            # (16) h̄[t] = Cᵀ ȳ[t] + h̄[t+1] ∘ A_bar
            np.dot(dy.reshape(T * B, O), C, dh.reshape(T * B, N))
            # (24) C̄ += ȳ[t] h[t]ᵀ
            np.dot(dy.reshape(T * B, O).T, h[1 : T + 1].reshape(T * B, N), dC)
            # (28) D̄_skip += ȳ[t] x[t]ᵀ
            np.dot(dy.reshape(T * B, O).T, x.reshape(T * B, I), dD_skip)
            # (31) x̄[t] = D_skipᵀ ȳ[t] + B_barᵀ h̄[t]
            np.dot(dy.reshape(T * B, O), D_skip, dx.reshape(T * B, I))
            # (16) what step t gives to h of earlier steps: h̄[t] ∘ A_bar
            np.copyto(dh_factors, A_bar)
            np.multiply(dh_factors, dh, dh_terms)
            np.copyto(dh_carries[T], carry_h)
            # (16) what step t gives to h of earlier steps: h̄[t] ∘ A_bar
            _scan(dh_factors[::-1], dh_terms[::-1], dh_carries[0 : T + 1][::-1])
            # (16) h̄[t] = Cᵀ ȳ[t] + h̄[t+1] ∘ A_bar
            np.add(dh, dh_carries[1 : T + 1], dh)
            np.copyto(carry_h, dh_carries[0])
            # (31) x̄[t] = D_skipᵀ ȳ[t] + B_barᵀ h̄[t]
            np.dot(dh.reshape(T * B, N), B_bar, _T_B_I.reshape(T * B, I))
            np.add(dx, _T_B_I, dx)
            # (17) B̄_bar += h̄[t] x[t]ᵀ
            np.dot(dh.reshape(T * B, N).T, x.reshape(T * B, I), dB_bar)
            # (19) Ā_bar += h̄[t] ∘ h[t−1]
            np.einsum("ijk,ijk->k", dh, h[0:T], out=dA_bar)
            # (32) h̄[0] = h̄[1] ∘ A_bar
            np.copyto(dh0, carry_h)
            # (18) s̄_B_bar = (B̄_bar ∘ B_in) 1
            np.multiply(dB_bar, B_in, _N_I)
            np.add.reduce(_N_I, axis=1, out=scratch)
            np.copyto(ds_B_bar, scratch)
            # (19) Ā_bar = s̄_B_bar ⊘ A + Σ_t h̄[t] ∘ h[t−1]
            np.divide(ds_B_bar, A, _N)
            np.add(dA_bar, _N, dA_bar)
            # (20) z̄_A_bar = Ā_bar ∘ A_bar
            np.multiply(dA_bar, A_bar, dz_A_bar)
            # (21) deltā = z̄_A_bar ∘ A
            np.multiply(dz_A_bar, A, ddelta)
            # (22) Ā = −(s̄_B_bar ⊘ A²) ∘ (A_bar − 1) + z̄_A_bar ∘ delta
            np.square(A, dA)
            np.divide(ds_B_bar, dA, dA)
            np.subtract(A_bar, 1.0, _N)
            np.multiply(dA, _N, dA)
            np.negative(dA, dA)
            np.multiply(dz_A_bar, delta, _N)
            np.add(dA, _N, dA)
            # (23) ā_A = −Ā
            np.negative(dA, da_A)
            # (25) Ā_log += ā_A ∘ a_A
            np.multiply(da_A, a_A, dA_log)
            # (26) deltā_log += deltā ∘ delta
            np.multiply(ddelta, delta, ddelta_log)
            # (27) B̄_in += diag(s_B_bar) B̄_bar
            np.multiply(s_B_bar[:, np.newaxis], dB_bar, dB_in)

    return into, run


def loss_and_gradient(
    x,          # (T, B, I)   input: of every step
    h0,         # (B, N)      initial state: h before the first step
    y2,         # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C,          # (O, N)      parameter: trained
    A_log,      # (N)         parameter: trained
    delta_log,  # (N)         parameter: trained
    B_in,       # (N, I)      parameter: trained
    D_skip,     # (O, I)      parameter: trained
    W_hy,       # (O2, O)     parameter: trained
    b_y,        # (O2)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h0, y2, C, A_log, delta_log, B_in, D_skip, W_hy, b_y)
    gradients = backward(x, y2, C, B_in, D_skip, W_hy, kept.h, kept.y, kept.y_hat, kept.a_A, kept.A, kept.delta, kept.A_bar, kept.s_B_bar, kept.B_bar)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")


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
