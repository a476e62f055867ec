"""The arrays that everybody computes with, drawn once in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.bench.speed.job import Point
from symrnn.ir.buffers import GIVEN, Role
from symrnn.ir.nodes import Program
from symrnn.ir.walk import calls, leaves

Array = NDArray[Any]
_FAR = (
    4.0  # biases of units with a kink: no preactivation comes near it, so that rounding cannot put it on the other side
)


def drawn(program: Program, point: Point, dtype: str) -> dict[str, Array]:
    """Return inputs, initial states, parameters and given adjoints of a program.

    Parameters are uniform in ±1/√H, as in PyTorch; those that scale a normalised sum, `alpha_…`, are around one half, where small
    differences do not grow from step to step. A constant has its usual value. Where the program has a kink, biases are ±4 in
    turn: half of the units are on, half are off.

    The numbers are those of `dtype`, rounded once: in double precision they are what single precision sees.
    """
    draw = np.random.default_rng(0)
    has_kink = any(
        call.function == "step"
        for leaf in leaves(program.backward.body)
        if hasattr(leaf, "value")
        for call in calls(leaf.value)
    )
    arrays = {}
    for buffer in program.having(*GIVEN, Role.SEED):
        shape = tuple(one.value(point.sizes) for one in buffer.dims)
        if buffer.usual is not None:
            array = np.full(shape, buffer.usual)
        elif buffer.role is Role.PARAMETER:
            array = draw.uniform(-1, 1, shape) / np.sqrt(point.H)
            if buffer.name.startswith("alpha"):
                array += 0.5
            if has_kink and buffer.name.startswith("b"):
                array += np.resize([_FAR, -_FAR], shape)
        else:
            array = draw.normal(size=shape)
        arrays[buffer.name] = array.astype(dtype)
    return arrays
