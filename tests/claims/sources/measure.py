"""What the evidence is made of: random draws, errors, gradients."""

from __future__ import annotations

import numpy as np
import torch

Numbers = dict[str, float]


def draw(seed: int):
    """A function that draws a float64 tensor with a gradient; its scale keeps tanh away from its flat ends."""
    generator = np.random.default_rng(seed)

    def tensor(*shape: int, scale: float = 0.7) -> torch.Tensor:
        values = scale * generator.normal(size=shape)
        return torch.tensor(values, dtype=torch.float64, requires_grad=True)

    return tensor


def off(found, true) -> float:
    """The largest difference, as a part of the largest true number; a wrong shape is no number at all."""
    found, true = torch.as_tensor(found).detach(), torch.as_tensor(true).detach()
    if found.shape != true.shape:
        raise ValueError(f"{tuple(found.shape)} is not {tuple(true.shape)}")
    return float((found - true).abs().max() / true.abs().max())


def gradient(of: torch.Tensor, by):
    """The gradient of a number, with a zero where it does not depend."""
    return torch.autograd.grad(of, by, retain_graph=True, materialize_grads=True)


def jacobian(of: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
    """d of / d by in numerator layout, both flattened."""
    rows = [gradient(entry, by)[0].reshape(-1) for entry in of.reshape(-1)]
    return torch.stack(rows)


def product(factors) -> torch.Tensor:
    """The matrix product of at least one factor, in the order in which they are given, left to right."""
    first, *others = factors
    for other in others:
        first = first @ other
    return first


def norm(matrix: torch.Tensor) -> float:
    """The spectral norm."""
    return float(torch.linalg.matrix_norm(matrix.detach(), 2))
