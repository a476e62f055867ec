"""A call made ready: arrays checked once, memory allocated once, then run again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.ir.buffers import GIVEN, KEPT, Role
from symrnn.ir.nodes import Program
from symrnn.ir.walk import arguments_written
from symrnn.runtime.arrays import Needs, checked
from symrnn.runtime.calls import Calls
from symrnn.runtime.engines import Engine
from symrnn.runtime.results import Results

Array = NDArray[Any]
_LINE = 64  # bytes of a cache line, and of the widest vector register


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Forward and backward on the arrays that were given to `Compiled.bind`, in the same memory at every call.

    Every call returns the same `results`, whose arrays it overwrites: copy what has to outlive the next call. What
    changes in a given array between calls is seen, `W_hh -= 0.01 * results["dW_hh"]` for instance; but what could not
    be read where it lies was bound as a copy that was made at that time: an array that is not contiguous or not
    aligned, a Python number, targets that are class indices. One object is for one thread at a time.
    """

    results: Results
    calls: Calls = field(repr=False)

    def __call__(self) -> Results:
        """Compute everything that forward and backward write."""
        self.calls.both()
        return self.results

    def forward(self) -> Results:
        """Compute states, outputs, what backward needs and, if there is one, the loss; gradients are left as they are."""
        self.calls.forward()
        return self.results

    def backward(self) -> Results:
        """Compute every gradient from what forward left in `results`."""
        self.calls.backward()
        return self.results


def bind(
    program: Program, needed: Mapping[str, Needs], engine: Engine, dtype: str, given: Mapping[str, object]
) -> Bound:
    """Return forward and backward of a program, bound to arrays that hold what both of them need.

    Raises:
        ArrayError: an array is missing, unknown, or does not fit.
    """
    roles = program.having(*GIVEN, Role.SEED)
    arrays, sizes = checked(needed["forward"], roles, given, dtype)
    kept = {b.name: _zeros(b.dims, sizes, dtype) for b in arguments_written(program, program.forward)}
    left = {name: array for name, array in kept.items() if program.buffer(name).role in KEPT}
    more, known = checked(needed["backward"], (*roles, *program.having(*KEPT)), {**given, **arrays, **left}, dtype)
    sizes |= known
    gradients = {b.name: _zeros(b.dims, sizes, dtype) for b in arguments_written(program, program.backward)}
    written = {**kept, **gradients}
    calls = engine.bind({**arrays, **more, **left}, written, sizes)
    return Bound(Results(program.name, written, program.loss.name if program.loss else None), calls)


def _zeros(dims: tuple[Any, ...], sizes: Mapping[str, int], dtype: str) -> Array:
    """Return an array of zeros that begins at a cache line."""
    shape = tuple(one.value(sizes) for one in dims)
    count = int(np.prod(shape, dtype=np.intp)) * np.dtype(dtype).itemsize
    memory = np.zeros(count + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + count].view(dtype).reshape(shape)
