"""linear recurrent unit, complex and diagonal, in real and imaginary parts with softmax and cross-entropy:
forward, and gradients through time. Emitted by symrnn; needs NumPy only.

Source: Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu, De, "Resurrecting recurrent neural networks
for long sequences", 2023, arXiv:2303.06349

    (1)   a_modulus = exp(nu_log)
    (2)   z_modulus = −a_modulus
    (3)   modulus = exp(z_modulus)
    (4)   phase = exp(theta_log)
    (5)   a_lambda_re = cos(phase)
    (6)   lambda_re = modulus ∘ a_lambda_re
    (7)   a_lambda_im = sin(phase)
    (8)   lambda_im = modulus ∘ a_lambda_im
    (9)   gamma = exp(gamma_log)
    (10)  u_h_re[t] = B_re x[t]
    (11)  h_re[t] = lambda_re ∘ h_re[t−1] − lambda_im ∘ h_im[t−1] + gamma ∘ u_h_re[t]
    (12)  u_h_im[t] = B_im x[t]
    (13)  h_im[t] = lambda_re ∘ h_im[t−1] + lambda_im ∘ h_re[t−1] + gamma ∘ u_h_im[t]
    (14)  y[t] = C_re h_re[t] − C_im h_im[t] + D_skip x[t]
    (15)  z_y[t] = W_hy y[t] + b_y
    (16)  y_hat[t] = softmax(z_y[t])
    (17)  J[t] = −y2[t]ᵀ log(y_hat[t])

Sizes, read off the shapes:

    T   steps
    B   sequences in the batch
    I   entries of x
    N   entries of h_re
    O   entries of C_re
    O2  entries of y2

Arrays are all float32 or all float64, indexed as below; what is given is never changed:

    x          (T, B, I)   input: of every step
    h_re0      (B, N)      initial state: h_re before the first step
    h_im0      (B, N)      initial state: h_im before the first step
    y2         (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C_re       (O, N)      parameter: trained
    nu_log     (N)         parameter: trained
    theta_log  (N)         parameter: trained
    gamma_log  (N)         parameter: trained
    B_re       (N, I)      parameter: trained
    B_im       (N, I)      parameter: trained
    C_im       (O, N)      parameter: trained
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

    h_re: np.ndarray         # (T + 1, B, N)  output: state; the first is initial
    h_im: np.ndarray         # (T + 1, B, N)  output: state; the first is initial
    y: np.ndarray            # (T, B, O)      output: of every step
    y_hat: np.ndarray        # (T, B, O2)     output: of every step
    a_modulus: np.ndarray    # (N)            saved: kept for the backward pass
    modulus: np.ndarray      # (N)            saved: kept for the backward pass
    phase: np.ndarray        # (N)            saved: kept for the backward pass
    a_lambda_re: np.ndarray  # (N)            saved: kept for the backward pass
    lambda_re: np.ndarray    # (N)            saved: kept for the backward pass
    a_lambda_im: np.ndarray  # (N)            saved: kept for the backward pass
    lambda_im: np.ndarray    # (N)            saved: kept for the backward pass
    gamma: np.ndarray        # (N)            saved: kept for the backward pass
    u_h_re_im: np.ndarray    # (T, B, 2*N)    saved: u_h_re, u_h_im, side by side
    J: np.ndarray            # ()             loss: summed over steps and sequences


class Gradients(NamedTuple):
    """What backward returns."""

    dC_re: np.ndarray       # (O, N)     gradient: with respect to C_re
    dnu_log: np.ndarray     # (N)        gradient: with respect to nu_log
    dtheta_log: np.ndarray  # (N)        gradient: with respect to theta_log
    dgamma_log: np.ndarray  # (N)        gradient: with respect to gamma_log
    dB_re: np.ndarray       # (N, I)     gradient: with respect to B_re
    dB_im: np.ndarray       # (N, I)     gradient: with respect to B_im
    dC_im: np.ndarray       # (O, N)     gradient: with respect to C_im
    dD_skip: np.ndarray     # (O, I)     gradient: with respect to D_skip
    dW_hy: np.ndarray       # (O2, O)    gradient: with respect to W_hy
    db_y: np.ndarray        # (O2)       gradient: with respect to b_y
    dx: np.ndarray          # (T, B, I)  gradient: with respect to x[t]
    dh_re0: np.ndarray      # (B, N)     gradient: with respect to h_re0
    dh_im0: np.ndarray      # (B, N)     gradient: with respect to h_im0


def forward(
    x,          # (T, B, I)   input: of every step
    h_re0,      # (B, N)      initial state: h_re before the first step
    h_im0,      # (B, N)      initial state: h_im before the first step
    y2,         # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C_re,       # (O, N)      parameter: trained
    nu_log,     # (N)         parameter: trained
    theta_log,  # (N)         parameter: trained
    gamma_log,  # (N)         parameter: trained
    B_re,       # (N, I)      parameter: trained
    B_im,       # (N, I)      parameter: trained
    C_im,       # (O, N)      parameter: trained
    D_skip,     # (O, I)      parameter: trained
    W_hy,       # (O2, O)     parameter: trained
    b_y,        # (O2)        parameter: trained
):
    """Compute every step."""
    kept, run = bind_forward(x, h_re0, h_im0, y2, C_re, nu_log, theta_log, gamma_log, B_re, B_im, C_im, D_skip, W_hy, b_y)
    run()
    return kept._replace(J=kept.J[()])


def bind_forward(
    x,          # (T, B, I)   input: of every step
    h_re0,      # (B, N)      initial state: h_re before the first step
    h_im0,      # (B, N)      initial state: h_im before the first step
    y2,         # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C_re,       # (O, N)      parameter: trained
    nu_log,     # (N)         parameter: trained
    theta_log,  # (N)         parameter: trained
    gamma_log,  # (N)         parameter: trained
    B_re,       # (N, I)      parameter: trained
    B_im,       # (N, I)      parameter: trained
    C_im,       # (O, N)      parameter: trained
    D_skip,     # (O, I)      parameter: trained
    W_hy,       # (O2, O)     parameter: trained
    b_y,        # (O2)        parameter: trained
    *,
    into=None,  # Kept: arrays for the results
):
    """Return the results of forward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    N = h_re0.shape[1]
    O2 = y2.shape[2]
    O = C_re.shape[0]
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("h_re0", h_re0, (B, N), dtype)
    _check("h_im0", h_im0, (B, N), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("C_re", C_re, (O, N), dtype)
    _check("nu_log", nu_log, (N,), dtype)
    _check("theta_log", theta_log, (N,), dtype)
    _check("gamma_log", gamma_log, (N,), dtype)
    _check("B_re", B_re, (N, I), dtype)
    _check("B_im", B_im, (N, I), dtype)
    _check("C_im", C_im, (O, N), dtype)
    _check("D_skip", D_skip, (O, I), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("b_y", b_y, (O2,), dtype)

    if into is None:
        into = Kept(
            h_re=np.empty((T + 1, B, N), dtype),
            h_im=np.empty((T + 1, B, N), dtype),
            y=np.empty((T, B, O), dtype),
            y_hat=np.empty((T, B, O2), dtype),
            a_modulus=np.empty((N,), dtype),
            modulus=np.empty((N,), dtype),
            phase=np.empty((N,), dtype),
            a_lambda_re=np.empty((N,), dtype),
            lambda_re=np.empty((N,), dtype),
            a_lambda_im=np.empty((N,), dtype),
            lambda_im=np.empty((N,), dtype),
            gamma=np.empty((N,), dtype),
            u_h_re_im=np.empty((T, B, 2*N), dtype),
            J=np.empty((), dtype),
        )
    h_re, h_im, y, y_hat, a_modulus, modulus, phase, a_lambda_re, lambda_re, a_lambda_im, lambda_im, gamma, u_h_re_im, J = into
    z_modulus = np.empty((N,), dtype)
    z_y = np.empty((T, B, O2), dtype)
    scratch = np.empty((T, B, O), dtype)
    largest = np.empty((T, B), dtype)
    total = np.empty((T, B), dtype)
    log_total = np.empty((T, B), dtype)
    B_re_im = np.empty((2*N, I), dtype)
    _B_N = np.empty((B, N), dtype)
    _T_B_O = np.empty((T, B, O), dtype)
    _T_B_O2 = np.empty((T, B, O2), dtype)

    steps = list(zip(
        h_re[1 : T + 1],           # h_re_next
        h_re[0:T],                 # h_re_t
        h_im[0:T],                 # h_im_t
        u_h_re_im[:, :, :N],       # u_h_re_t
        h_im[1 : T + 1],           # h_im_next
        u_h_re_im[:, :, N : 2*N],  # u_h_im_t
    ))

    def run():
        with np.errstate(all="ignore"):
            # (1) a_modulus = exp(nu_log)
            np.exp(nu_log, a_modulus)
            # (2) z_modulus = −a_modulus
            np.negative(a_modulus, z_modulus)
            # (3) modulus = exp(z_modulus)
            np.exp(z_modulus, modulus)
            # (4) phase = exp(theta_log)
            np.exp(theta_log, phase)
            # (5) a_lambda_re = cos(phase)
            np.cos(phase, a_lambda_re)
            # (6) lambda_re = modulus ∘ a_lambda_re
            np.multiply(modulus, a_lambda_re, lambda_re)
            # (7) a_lambda_im = sin(phase)
            np.sin(phase, a_lambda_im)
            # (8) lambda_im = modulus ∘ a_lambda_im
            np.multiply(modulus, a_lambda_im, lambda_im)
            # (9) gamma = exp(gamma_log)
            np.exp(gamma_log, gamma)
            np.copyto(h_re[0], h_re0)
            np.copyto(h_im[0], h_im0)
            np.copyto(B_re_im[:N], B_re)
            np.copyto(B_re_im[N : 2*N], B_im)
            # (10) u_h_re[t] = B_re x[t]
            np.dot(x.reshape(T * B, I), B_re_im.T, u_h_re_im.reshape(T * B, 2*N))
            lambda_re_row = lambda_re[np.newaxis]
            lambda_im_row = lambda_im[np.newaxis]
            gamma_row = gamma[np.newaxis]
            for h_re_next, h_re_t, h_im_t, u_h_re_t, h_im_next, u_h_im_t in steps:
                # (11) h_re[t] = lambda_re ∘ h_re[t−1] − lambda_im ∘ h_im[t−1] + gamma ∘ u_h_re[t]
                np.multiply(lambda_re_row, h_re_t, h_re_next)
                np.multiply(lambda_im_row, h_im_t, _B_N)
                np.subtract(h_re_next, _B_N, h_re_next)
                np.multiply(gamma_row, u_h_re_t, _B_N)
                np.add(h_re_next, _B_N, h_re_next)
                # (13) h_im[t] = lambda_re ∘ h_im[t−1] + lambda_im ∘ h_re[t−1] + gamma ∘ u_h_im[t]
                np.multiply(lambda_re_row, h_im_t, h_im_next)
                np.multiply(lambda_im_row, h_re_t, _B_N)
                np.add(h_im_next, _B_N, h_im_next)
                np.multiply(gamma_row, u_h_im_t, _B_N)
                np.add(h_im_next, _B_N, h_im_next)
            # (14) y[t] = C_re h_re[t] − C_im h_im[t] + D_skip x[t]
            np.dot(h_re[1 : T + 1].reshape(T * B, N), C_re.T, y.reshape(T * B, O))
            np.dot(h_im[1 : T + 1].reshape(T * B, N), C_im.T, scratch.reshape(T * B, O))
            np.dot(x.reshape(T * B, I), D_skip.T, _T_B_O.reshape(T * B, O))
            np.add(y, _T_B_O, y)
            np.negative(scratch, _T_B_O)
            np.add(y, _T_B_O, y)
            # (15) z_y[t] = W_hy y[t] + b_y
            np.dot(y.reshape(T * B, O), W_hy.T, z_y.reshape(T * B, O2))
            np.add(z_y, b_y, z_y)
            # (16) y_hat[t] = softmax(z_y[t])
            np.maximum.reduce(z_y, axis=2, out=largest)
            np.subtract(z_y, largest[:, :, np.newaxis], y_hat)
            np.exp(y_hat, y_hat)
            np.add.reduce(y_hat, axis=2, out=total)
            np.divide(y_hat, total[:, :, np.newaxis], y_hat)
            # (17) J += −y2[t]ᵀ log_softmax(z_y[t])
            np.log(total, log_total)
            np.subtract(z_y, largest[:, :, np.newaxis], _T_B_O2)
            np.subtract(_T_B_O2, log_total[:, :, np.newaxis], _T_B_O2)
            np.multiply(y2, _T_B_O2, _T_B_O2)
            np.negative(_T_B_O2, _T_B_O2)
            np.add.reduce(_T_B_O2, axis=None, out=J)

    return into, run


def backward(
    x,            # (T, B, I)      input: of every step
    y2,           # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    C_re,         # (O, N)         parameter: trained
    B_re,         # (N, I)         parameter: trained
    B_im,         # (N, I)         parameter: trained
    C_im,         # (O, N)         parameter: trained
    D_skip,       # (O, I)         parameter: trained
    W_hy,         # (O2, O)        parameter: trained
    h_re,         # (T + 1, B, N)  output: state; the first is initial
    h_im,         # (T + 1, B, N)  output: state; the first is initial
    y,            # (T, B, O)      output: of every step
    y_hat,        # (T, B, O2)     output: of every step
    a_modulus,    # (N)            saved: kept for the backward pass
    modulus,      # (N)            saved: kept for the backward pass
    phase,        # (N)            saved: kept for the backward pass
    a_lambda_re,  # (N)            saved: kept for the backward pass
    lambda_re,    # (N)            saved: kept for the backward pass
    a_lambda_im,  # (N)            saved: kept for the backward pass
    lambda_im,    # (N)            saved: kept for the backward pass
    gamma,        # (N)            saved: kept for the backward pass
    u_h_re_im,    # (T, B, 2*N)    saved: u_h_re, u_h_im, side by side
):
    """Compute every gradient from what the forward pass left."""
    gradients, run = bind_backward(x, y2, C_re, B_re, B_im, C_im, D_skip, W_hy, h_re, h_im, y, y_hat, a_modulus, modulus, phase, a_lambda_re, lambda_re, a_lambda_im, lambda_im, gamma, u_h_re_im)
    run()
    return gradients


def bind_backward(
    x,            # (T, B, I)      input: of every step
    y2,           # (T, B, O2)     target: of every step; each row sums to 1, or the gradients are not those of the loss
    C_re,         # (O, N)         parameter: trained
    B_re,         # (N, I)         parameter: trained
    B_im,         # (N, I)         parameter: trained
    C_im,         # (O, N)         parameter: trained
    D_skip,       # (O, I)         parameter: trained
    W_hy,         # (O2, O)        parameter: trained
    h_re,         # (T + 1, B, N)  output: state; the first is initial
    h_im,         # (T + 1, B, N)  output: state; the first is initial
    y,            # (T, B, O)      output: of every step
    y_hat,        # (T, B, O2)     output: of every step
    a_modulus,    # (N)            saved: kept for the backward pass
    modulus,      # (N)            saved: kept for the backward pass
    phase,        # (N)            saved: kept for the backward pass
    a_lambda_re,  # (N)            saved: kept for the backward pass
    lambda_re,    # (N)            saved: kept for the backward pass
    a_lambda_im,  # (N)            saved: kept for the backward pass
    lambda_im,    # (N)            saved: kept for the backward pass
    gamma,        # (N)            saved: kept for the backward pass
    u_h_re_im,    # (T, B, 2*N)    saved: u_h_re, u_h_im, side by side
    *,
    into=None,  # Gradients: arrays for the results
):
    """Return the results of backward, and a function that computes them, each time from what the arrays then hold."""
    T, B, I = x.shape
    O2 = y2.shape[2]
    O, N = C_re.shape
    dtype = x.dtype
    _check("x", x, (T, B, I), dtype)
    _check("y2", y2, (T, B, O2), dtype)
    _check("C_re", C_re, (O, N), dtype)
    _check("B_re", B_re, (N, I), dtype)
    _check("B_im", B_im, (N, I), dtype)
    _check("C_im", C_im, (O, N), dtype)
    _check("D_skip", D_skip, (O, I), dtype)
    _check("W_hy", W_hy, (O2, O), dtype)
    _check("h_re", h_re, (T + 1, B, N), dtype)
    _check("h_im", h_im, (T + 1, B, N), dtype)
    _check("y", y, (T, B, O), dtype)
    _check("y_hat", y_hat, (T, B, O2), dtype)
    _check("a_modulus", a_modulus, (N,), dtype)
    _check("modulus", modulus, (N,), dtype)
    _check("phase", phase, (N,), dtype)
    _check("a_lambda_re", a_lambda_re, (N,), dtype)
    _check("lambda_re", lambda_re, (N,), dtype)
    _check("a_lambda_im", a_lambda_im, (N,), dtype)
    _check("lambda_im", lambda_im, (N,), dtype)
    _check("gamma", gamma, (N,), dtype)
    _check("u_h_re_im", u_h_re_im, (T, B, 2*N), dtype)

    if into is None:
        into = Gradients(
            dC_re=np.empty((O, N), dtype),
            dnu_log=np.empty((N,), dtype),
            dtheta_log=np.empty((N,), dtype),
            dgamma_log=np.empty((N,), dtype),
            dB_re=np.empty((N, I), dtype),
            dB_im=np.empty((N, I), dtype),
            dC_im=np.empty((O, N), dtype),
            dD_skip=np.empty((O, I), dtype),
            dW_hy=np.empty((O2, O), dtype),
            db_y=np.empty((O2,), dtype),
            dx=np.empty((T, B, I), dtype),
            dh_re0=np.empty((B, N), dtype),
            dh_im0=np.empty((B, N), dtype),
        )
    dC_re, dnu_log, dtheta_log, dgamma_log, dB_re, dB_im, dC_im, dD_skip, dW_hy, db_y, dx, dh_re0, dh_im0 = into
    carry_h_re = np.empty((B, N), dtype)
    carry_h_im = np.empty((B, N), dtype)
    dgamma = np.empty((N,), dtype)
    dlambda_im = np.empty((N,), dtype)
    dlambda_re = np.empty((N,), dtype)
    dz_y = np.empty((T, B, O2), dtype)
    dy_du_h_im_du_h_re = np.empty((T, B, O + 2*N), dtype)
    dh_im = np.empty((T, B, N), dtype)
    scratch_2_dh_re = np.empty((T, B, 2*N), dtype)
    scratch_3 = np.empty((T, B, O), dtype)
    da_lambda_im = np.empty((N,), dtype)
    da_lambda_re = np.empty((N,), dtype)
    dphase = np.empty((N,), dtype)
    dmodulus = np.empty((N,), dtype)
    dz_modulus = np.empty((N,), dtype)
    da_modulus = np.empty((N,), dtype)
    C_im_re = np.empty((O, 2*N), dtype)
    D_skip_B_im_B_re = np.empty((O + 2*N, I), dtype)
    _B_N = np.empty((B, N), dtype)
    _N = np.empty((N,), dtype)
    _T_B_N = np.empty((T, B, N), dtype)

    _ones_T_B = np.ones(T * B, dtype)
    steps = list(zip(
        dh_im[::-1],                           # dh_im_t
        scratch_2_dh_re[:, :, N : 2*N][::-1],  # dh_re_t
    ))

    def run():
        with np.errstate(all="ignore"):
            np.copyto(carry_h_re, 0.0)
            np.copyto(carry_h_im, 0.0)
            np.copyto(C_im_re[:, :N], C_im)
            np.copyto(C_im_re[:, N : 2*N], C_re)
            np.copyto(D_skip_B_im_B_re[:O], D_skip)
            np.copyto(D_skip_B_im_B_re[O : O + N], B_im)
            np.copyto(D_skip_B_im_B_re[O + N : O + 2*N], B_re)
            # (19) z̄_y[t] = y_hat[t] − y2[t]
            np.subtract(y_hat, y2, dz_y)
            # (20) ȳ[t] = W_hyᵀ z̄_y[t]
            np.matmul(dz_y.reshape(T * B, O2), W_hy, dy_du_h_im_du_h_re.reshape(T * B, O + 2*N)[:, :O])
            # (42) W̄_hy += z̄_y[t] y[t]ᵀ
            np.dot(dz_y.reshape(T * B, O2).T, y.reshape(T * B, O), dW_hy)
            # (43) b̄_y += z̄_y[t]
            np.matmul(_ones_T_B, dz_y.reshape(T * B, O2), db_y)
            # (21) h̄_im[t] = −C_imᵀ ȳ[t] + h̄_im[t+1] ∘ lambda_re − h̄_re[t+1] ∘ lambda_im
            np.matmul(dy_du_h_im_du_h_re.reshape(T * B, O + 2*N)[:, :O], C_im_re, scratch_2_dh_re.reshape(T * B, 2*N))
            # (34) C̄_re += ȳ[t] h_re[t]ᵀ
            np.matmul(dy_du_h_im_du_h_re.reshape(T * B, O + 2*N)[:, :O].T, h_re[1 : T + 1].reshape(T * B, N), dC_re)
            # (41) D̄_skip += ȳ[t] x[t]ᵀ
            np.matmul(dy_du_h_im_du_h_re.reshape(T * B, O + 2*N)[:, :O].T, x.reshape(T * B, I), dD_skip)
            # (21) h̄_im[t] = −C_imᵀ ȳ[t] + h̄_im[t+1] ∘ lambda_re − h̄_re[t+1] ∘ lambda_im
            np.negative(scratch_2_dh_re[:, :, :N], dh_im)
            # (40) C̄_im += −ȳ[t] h_im[t]ᵀ
            np.negative(dy_du_h_im_du_h_re[:, :, :O], scratch_3)
            np.dot(scratch_3.reshape(T * B, O).T, h_im[1 : T + 1].reshape(T * B, N), dC_im)
            lambda_re_row = lambda_re[np.newaxis]
            lambda_im_row = lambda_im[np.newaxis]
            for dh_im_t, dh_re_t in steps:
                # (21) h̄_im[t] = −C_imᵀ ȳ[t] + h̄_im[t+1] ∘ lambda_re − h̄_re[t+1] ∘ lambda_im
                np.add(dh_im_t, carry_h_im, dh_im_t)
                # (23) h̄_re[t] = C_reᵀ ȳ[t] + h̄_im[t+1] ∘ lambda_im + h̄_re[t+1] ∘ lambda_re
                np.add(dh_re_t, carry_h_re, dh_re_t)
                # (21) what step t gives to h_im of earlier steps: h̄_im[t] ∘ lambda_re + −h̄_re[t] ∘ lambda_im
                np.multiply(dh_im_t, lambda_re_row, carry_h_im)
                np.multiply(dh_re_t, lambda_im_row, _B_N)
                np.subtract(carry_h_im, _B_N, carry_h_im)
                # (23) what step t gives to h_re of earlier steps: h̄_im[t] ∘ lambda_im + h̄_re[t] ∘ lambda_re
                np.multiply(dh_im_t, lambda_im_row, carry_h_re)
                np.multiply(dh_re_t, lambda_re_row, _B_N)
                np.add(carry_h_re, _B_N, carry_h_re)
            # (25) gammā += h̄_im[t] ∘ u_h_im[t] + h̄_re[t] ∘ u_h_re[t]
            np.einsum("ijk,ijk->k", dh_im, u_h_re_im[:, :, N : 2*N], out=dgamma)
            np.einsum("ijk,ijk->k", scratch_2_dh_re[:, :, N : 2*N], u_h_re_im[:, :, :N], out=_N)
            np.add(dgamma, _N, dgamma)
            # (26) lambdā_im += h̄_im[t] ∘ h_re[t−1] − h̄_re[t] ∘ h_im[t−1]
            np.einsum("ijk,ijk->k", dh_im, h_re[0:T], out=dlambda_im)
            np.multiply(scratch_2_dh_re[:, :, N : 2*N], h_im[0:T], _T_B_N)
            np.negative(_T_B_N, _T_B_N)
            np.add.reduce(_T_B_N, axis=(0, 1), out=_N)
            np.add(dlambda_im, _N, dlambda_im)
            # (28) lambdā_re += h̄_im[t] ∘ h_im[t−1] + h̄_re[t] ∘ h_re[t−1]
            np.einsum("ijk,ijk->k", dh_im, h_im[0:T], out=dlambda_re)
            np.einsum("ijk,ijk->k", scratch_2_dh_re[:, :, N : 2*N], h_re[0:T], out=_N)
            np.add(dlambda_re, _N, dlambda_re)
            # (22) ū_h_im[t] = h̄_im[t] ∘ gamma
            np.multiply(dh_im, gamma, dy_du_h_im_du_h_re[:, :, O : O + N])
            # (24) ū_h_re[t] = h̄_re[t] ∘ gamma
            np.multiply(scratch_2_dh_re[:, :, N : 2*N], gamma, dy_du_h_im_du_h_re[:, :, O + N : O + 2*N])
            # (38) B̄_re += ū_h_re[t] x[t]ᵀ
            np.matmul(dy_du_h_im_du_h_re.reshape(T * B, O + 2*N)[:, O + N : O + 2*N].T, x.reshape(T * B, I), dB_re)
            # (39) B̄_im += ū_h_im[t] x[t]ᵀ
            np.matmul(dy_du_h_im_du_h_re.reshape(T * B, O + 2*N)[:, O : O + N].T, x.reshape(T * B, I), dB_im)
            # (44) x̄[t] = D_skipᵀ ȳ[t] + B_imᵀ ū_h_im[t] + B_reᵀ ū_h_re[t]
            np.dot(dy_du_h_im_du_h_re.reshape(T * B, O + 2*N), D_skip_B_im_B_re, dx.reshape(T * B, I))
            # (45) h̄_re[0] = h̄_im[1] ∘ lambda_im + h̄_re[1] ∘ lambda_re
            np.copyto(dh_re0, carry_h_re)
            # (46) h̄_im[0] = h̄_im[1] ∘ lambda_re + −h̄_re[1] ∘ lambda_im
            np.copyto(dh_im0, carry_h_im)
            # (27) ā_lambda_im = lambdā_im ∘ modulus
            np.multiply(dlambda_im, modulus, da_lambda_im)
            # (29) ā_lambda_re = lambdā_re ∘ modulus
            np.multiply(dlambda_re, modulus, da_lambda_re)
            # (30) phasē = ā_lambda_im ∘ cos(phase) − ā_lambda_re ∘ sin(phase)
            np.cos(phase, dphase)
            np.multiply(da_lambda_im, dphase, dphase)
            np.sin(phase, _N)
            np.multiply(da_lambda_re, _N, _N)
            np.subtract(dphase, _N, dphase)
            # (31) modulus̄ = lambdā_im ∘ a_lambda_im + lambdā_re ∘ a_lambda_re
            np.multiply(dlambda_im, a_lambda_im, dmodulus)
            np.multiply(dlambda_re, a_lambda_re, _N)
            np.add(dmodulus, _N, dmodulus)
            # (32) z̄_modulus = modulus̄ ∘ modulus
            np.multiply(dmodulus, modulus, dz_modulus)
            # (33) ā_modulus = −z̄_modulus
            np.negative(dz_modulus, da_modulus)
            # (35) nū_log += ā_modulus ∘ a_modulus
            np.multiply(da_modulus, a_modulus, dnu_log)
            # (36) thetā_log += phasē ∘ phase
            np.multiply(dphase, phase, dtheta_log)
            # (37) gammā_log += gammā ∘ gamma
            np.multiply(dgamma, gamma, dgamma_log)

    return into, run


def loss_and_gradient(
    x,          # (T, B, I)   input: of every step
    h_re0,      # (B, N)      initial state: h_re before the first step
    h_im0,      # (B, N)      initial state: h_im before the first step
    y2,         # (T, B, O2)  target: of every step; each row sums to 1, or the gradients are not those of the loss
    C_re,       # (O, N)      parameter: trained
    nu_log,     # (N)         parameter: trained
    theta_log,  # (N)         parameter: trained
    gamma_log,  # (N)         parameter: trained
    B_re,       # (N, I)      parameter: trained
    B_im,       # (N, I)      parameter: trained
    C_im,       # (O, N)      parameter: trained
    D_skip,     # (O, I)      parameter: trained
    W_hy,       # (O2, O)     parameter: trained
    b_y,        # (O2)        parameter: trained
):
    """Return the loss and its gradients."""
    kept = forward(x, h_re0, h_im0, y2, C_re, nu_log, theta_log, gamma_log, B_re, B_im, C_im, D_skip, W_hy, b_y)
    gradients = backward(x, y2, C_re, B_re, B_im, C_im, D_skip, W_hy, kept.h_re, kept.h_im, kept.y, kept.y_hat, kept.a_modulus, kept.modulus, kept.phase, kept.a_lambda_re, kept.lambda_re, kept.a_lambda_im, kept.lambda_im, kept.gamma, kept.u_h_re_im)
    return kept.J, gradients


def _check(name, array, shape, dtype):
    """Raise ValueError unless an array has this shape and dtype."""
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} is {array.dtype}; needed is float32 or float64, the same for all arrays")
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}; needed is {dtype} {shape}")
