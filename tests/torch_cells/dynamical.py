"""Recurrences that discretize a differential equation, and those that tick."""

from __future__ import annotations

import torch
from torch import relu, sigmoid, tanh
from torch.nn.functional import softplus

from torch_cells.arrays import PERIODS
from torch_cells.registry import linear, reference


@reference("antisymmetric")
def antisymmetric(w, x, h):
    """Chang et al. 2019, arXiv:1902.09689, equation 11."""
    generator = w.W_h - w.W_h.T - w.gamma * torch.eye(len(w.b_h), dtype=x.dtype)
    return {"h": h + w.epsilon * tanh(linear(generator, h) + linear(w.V_h, x) + w.b_h)}


@reference("antisymmetric_gated")
def antisymmetric_gated(w, x, h):
    """Chang et al. 2019, equations 12 and 13: the gate has the same generator."""
    generator = w.W_h - w.W_h.T - w.gamma * torch.eye(len(w.b_h), dtype=x.dtype)
    z = sigmoid(linear(generator, h) + linear(w.V_z, x) + w.b_z)
    return {"h": h + w.epsilon * z * tanh(linear(generator, h) + linear(w.V_h, x) + w.b_h)}


@reference("cornn_implicit")
def cornn_implicit(w, u, y, z):
    """Rusch, Mishra 2021, arXiv:2010.00951: z of the same step is damped; its equation is linear in it."""
    force = tanh(linear(w.W, y) + linear(w.W_z, z) + linear(w.V, u) + w.b) - w.gamma * y
    z = (z + w.dt * force) / (1 + w.dt * w.epsilon)
    return {"y": y + w.dt * z, "z": z}


@reference("cornn_explicit")
def cornn_explicit(w, u, y, z):
    """Rusch, Mishra 2021: z of the step before is damped, as in their released code."""
    force = tanh(linear(w.W, y) + linear(w.W_z, z) + linear(w.V, u) + w.b) - w.gamma * y - w.epsilon * z
    z = z + w.dt * force
    return {"y": y + w.dt * z, "z": z}


@reference("unicornn")
def unicornn(w, u, y, z):
    """Rusch, Mishra 2021, arXiv:2103.05487, equation 4."""
    step = w.dt * (0.5 + 0.5 * tanh(w.c / 2))
    z = z - step * (tanh(w.w * y + linear(w.V, u) + w.b) + w.alpha * y)
    return {"y": y + step * z, "z": z}


@reference("lem")
def lem(w, u, y, z):
    """Rusch et al. 2022, arXiv:2110.04744, equation 3."""
    fast = w.dt * sigmoid(linear(w.W_1, y) + linear(w.V_1, u) + w.b_1)
    slow = w.dt * sigmoid(linear(w.W_2, y) + linear(w.V_2, u) + w.b_2)
    z = (1 - fast) * z + fast * tanh(linear(w.W_z, y) + linear(w.V_z, u) + w.b_z)
    return {"y": (1 - slow) * y + slow * tanh(linear(w.W_y, z) + linear(w.V_y, u) + w.b_y), "z": z}


@reference("lmu")
def lmu(w, x, h, m):
    """Voelker, Kajic, Eliasmith 2019, equations 5 to 7."""
    u = (x @ w.e_x + h @ w.e_h + m @ w.e_m)[:, None]
    m = linear(w.A_bar, m) + u * w.B_bar
    return {"h": tanh(linear(w.W_x, x) + linear(w.W_h, h) + linear(w.W_m, m)), "m": m}


def _current(w, recurrent, u, x):
    x = (1 - w.alpha) * x + w.alpha * (linear(recurrent, relu(x)) + linear(w.W_in, u) + w.b)
    return {"x": x, "r": relu(x)}


@reference("ctrnn_current")
def ctrnn_current(w, u, x):
    """Song, Yang, Wang 2016, equations 3 and 4, without noise."""
    return _current(w, w.W_rec, u, x)


@reference("ctrnn_dale")
def ctrnn_dale(w, u, x):
    """The same under Dale's law: columns keep their sign. The cell takes |W|; the paper, [W]₊."""
    return _current(w, w.W.abs() * w.d, u, x)


@reference("ctrnn_rate")
def ctrnn_rate(w, u, r):
    """Yang et al. 2019: the leak is on the rate; softplus, which PyTorch makes linear above 20 if it is let; without noise."""
    return {"r": (1 - w.alpha) * r + w.alpha * softplus(linear(w.W_rec, r) + linear(w.W_in, u) + w.b, threshold=40)}


@reference("low_rank")
def low_rank(w, u, x):
    """Mastrogiuseppe, Ostojic 2018: the connectivity is M Nᵀ over the number of units."""
    return {"x": (1 - w.alpha) * x + w.alpha * (linear(w.M @ w.N.T / len(w.M), tanh(x)) + linear(w.W_in, u))}


@reference("clockwork")
def clockwork(w, x, h, t):
    """Koutník et al. 2014, arXiv:1402.3511: a unit moves in the steps that its period divides, and reads slower ones."""
    units = []
    for i, period in enumerate(PERIODS):
        heard = sum(w.U[i, j] * h[:, j] for j, other in enumerate(PERIODS) if other >= period)
        units.append(tanh(heard + x @ w.W[i] + w.b[i]) if t % period == 0 else h[:, i])
    return {"h": torch.stack(units, dim=1)}
