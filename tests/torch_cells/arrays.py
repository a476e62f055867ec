"""Arrays for a program: every size another one, weights without structure, constants as papers have them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from symrnn.ir.buffers import GIVEN, Role
from symrnn.ir.nodes import Program
from symrnn.model.network import Network

SIZES = {
    "T": 5,
    "B": 2,
    "I": 3,
    "H": 4,
    "O": 6,
    "S": 7,
    "P": 2,
    "N": 9,
    "K": 10,
    "R": 11,
    "M": 12,
    "n_x": 3,
    "n_a": 4,
    "n_y": 6,
}
PERIODS = (1, 2, 2, 4)  # of the units of the clockwork network
Arrays = dict[str, NDArray[np.float64]]


def arrays(program: Program, net: Network, equal: bool = False, **sizes: int) -> Arrays:
    """Return everything that a program reads: inputs, initial states, targets, weights, adjoints of outputs.

    Sizes such as H_1 and H_2 differ, unless they have to be `equal`.
    """
    draw = np.random.default_rng(0)
    more = {name: SIZES[name[0]] if equal else 13 + place for place, name in enumerate(_unknown(program))}
    known = {**SIZES, **more, **sizes}
    constants, masks = ({leaf.name for leaf in some} for some in (net.constants, net.masks))
    found: Arrays = {}
    for buffer in program.having(*GIVEN, Role.SEED):
        shape = tuple(dim.value(known) for dim in buffer.dims)
        if buffer.name in constants and not shape:
            found[buffer.name] = np.array(draw.uniform(0.2, 0.9))
        elif buffer.sums_to_one:
            found[buffer.name] = draw.dirichlet(np.ones(shape[-1]), shape[:-1])
        elif buffer.name in masks:
            found[buffer.name] = draw.integers(0, 2, shape).astype(float)
        else:
            found[buffer.name] = draw.normal(size=shape) * 0.8
    return {**found, **_special(net.name, found, draw)}


def _unknown(program: Program) -> list[str]:
    named = (name for buffer in program.buffers for dim in buffer.dims for name, _ in dim.terms)
    return [name for name in dict.fromkeys(named) if name not in SIZES]


def _special(name: str, found: Mapping[str, NDArray[np.float64]], draw: np.random.Generator) -> Arrays:
    """Return the constants that mean something: signs of neurons, periods of units."""
    if name == "ctrnn_dale":
        return {"d": draw.permutation([1.0, -1.0] * len(found["d"]))[: len(found["d"])]}
    if name == "clockwork":
        steps, batch, _ = found["m"].shape
        periods = np.array(PERIODS)
        due = (np.arange(1, steps + 1)[:, None] % periods == 0).astype(float)
        return {
            "m": np.ascontiguousarray(np.broadcast_to(due[:, None], (steps, batch, len(periods)))),
            "M": (periods[None, :] >= periods[:, None]).astype(float),
        }
    return {}
