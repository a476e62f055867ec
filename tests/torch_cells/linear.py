"""Recurrences that are linear in their state, and those that can be computed in parallel."""

from __future__ import annotations

import torch
from torch import einsum, exp, sigmoid
from torch.nn.functional import elu, normalize, silu, softplus

from torch_cells.registry import dot, linear, outer, reference


@reference("linear_attention")
def linear_attention(w, x, S=0.0, z=0.0):
    """Katharopoulos et al. 2020, arXiv:2006.16236, equations 16 to 20, with elu + 1."""
    q, k = elu(linear(w.W_Q, x)) + 1, elu(linear(w.W_K, x)) + 1
    S, z = S + outer(k, linear(w.W_V, x)), z + k
    return {"S": S, "z": z, "y": einsum("bkh,bk->bh", S, q) / dot(z, q)}


@reference("retnet")
def retnet(w, x, S):
    """Sun et al. 2023, arXiv:2307.08621, equation 6, without the rotation."""
    S = w.gamma * S + outer(linear(w.W_K, x), linear(w.W_V, x))
    return {"S": S, "y": einsum("bkh,bk->bh", S, linear(w.W_Q, x))}


@reference("gla")
def gla(w, x, S):
    """Yang et al. 2024, arXiv:2312.06635, equation 3 and section 4.4."""
    alpha = sigmoid(linear(w.W_2, linear(w.W_1, x)) + w.b_alpha) ** (1 / w.tau)
    S = alpha[:, :, None] * S + outer(linear(w.W_K, x), linear(w.W_V, x))
    return {"S": S, "y": einsum("bkh,bk->bh", S, linear(w.W_Q, x))}


@reference("deltanet")
def deltanet(w, x, S):
    """Yang et al. 2024, arXiv:2406.06484: the value at a key is moved towards the new one; keys of length one after SiLU."""
    q, k = (normalize(silu(linear(of, x))) for of in (w.W_Q, w.W_K))
    v = linear(w.W_V, x)
    beta = sigmoid(x @ w.w_beta)[:, None]
    old = einsum("bhk,bk->bh", S, k)
    S = S + outer(beta * (v - old), k)
    return {"S": S, "y": einsum("bhk,bk->bh", S, q)}


@reference("rwkv4")
def rwkv4(w, x, p, a=0.0, b=0.0):
    """Peng et al. 2023, arXiv:2305.13048, equations 11 to 17: time mixing; p is the input."""
    r = linear(w.W_r, w.mu_r * x + (1 - w.mu_r) * p)
    k = linear(w.W_k, w.mu_k * x + (1 - w.mu_k) * p)
    v = linear(w.W_v, w.mu_v * x + (1 - w.mu_v) * p)
    mean = (a + exp(w.u + k) * v) / (b + exp(w.u + k))
    a, b = exp(-w.w) * a + exp(k) * v, exp(-w.w) * b + exp(k)
    return {"a": a, "b": b, "p": x, "y": linear(w.W_o, sigmoid(r) * mean)}


@reference("ssm_diagonal")
def ssm_diagonal(w, x, h):
    """Gu et al. 2022, arXiv:2206.11893, S4D-Real with zero-order hold."""
    rate = -exp(w.A_log)
    kept = exp(exp(w.delta_log) * rate)
    h = kept * h + (kept - 1) / rate * linear(w.B_in, x)
    return {"h": h, "y": linear(w.C, h) + linear(w.D_skip, x)}


@reference("lru")
def lru(w, x, h_re, h_im):
    """Orvieto et al. 2023, arXiv:2303.06349, in complex numbers."""
    turn = exp(torch.complex(-exp(w.nu_log), exp(w.theta_log)))
    h = turn * torch.complex(h_re, h_im) + exp(w.gamma_log) * linear(
        torch.complex(w.B_re, w.B_im), torch.complex(x, 0 * x)
    )
    y = linear(torch.complex(w.C_re, w.C_im), h).real + linear(w.D_skip, x)
    return {"h_re": h.real, "h_im": h.imag, "y": y}


@reference("rglru")
def rglru(w, x, h):
    """De et al. 2024, arXiv:2402.19427, equations 1 to 4."""
    r, i = sigmoid(linear(w.W_a, x) + w.b_a), sigmoid(linear(w.W_x, x) + w.b_x)
    a = sigmoid(w.Lambda) ** (w.c * r)
    return {"h": a * h + (1 - a**2).sqrt() * (i * x)}


@reference("mamba")
def mamba(w, x, h):
    """Gu, Dao 2023, arXiv:2312.00752, algorithm 2, with the Euler step for B of the released code."""
    delta = softplus(linear(w.W_2, linear(w.W_1, x)) + w.b_delta, threshold=40)
    h = exp(delta[:, :, None] * -exp(w.A_log)) * h + outer(delta * x, linear(w.W_B, x))
    return {"h": h, "y": einsum("bin,bn->bi", h, linear(w.W_C, x)) + w.D_skip * x}
