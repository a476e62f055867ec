"""How many chunks of the steps there are between checkpoints, where the caller gives no number: chosen, and said in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from symrnn.errors import ArrayError, SymrnnError
from symrnn.ir.checkpoints import Memory, count_name, every, least, steps_of, within
from symrnn.ir.cost import cost
from symrnn.ir.nodes import Program

_UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_BUDGET = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([A-Za-z]+)")
_FORMS = '"sqrt" for the least memory, a number of steps from one checkpoint to the next, or a budget such as "200 MB"'


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Where states are kept: `every` so many steps, in at most `budget` bytes, or, with neither, where memory is least.

    Memory is what forward keeps and the workspace; what is given, and the gradients, are the caller's in any case. In a budget
    the chunks are as long as they can be, up to 256 steps: products of more steps at once are faster.
    Emitted C needs up to 0.3 MB more, for products that rearrange an operand as they go.
    """

    every: int | None = None
    budget: int | None = None

    @classmethod
    def read(cls, given: object) -> Checkpoints:
        """Return what "sqrt", 100 or "200 MB" says.

        Raises:
            SymrnnError: it is none of these.
        """
        if isinstance(given, int) and not isinstance(given, bool) and given > 0:
            return cls(every=given)
        if given == "sqrt":
            return cls()
        if isinstance(given, str) and re.fullmatch("[1-9][0-9]{0,17}", given):
            return cls(every=int(given))
        found = _BUDGET.fullmatch(given) if isinstance(given, str) else None
        if found is None or found[2] not in _UNITS:
            raise SymrnnError(f"checkpoints are {_FORMS}; found {given!r}")
        return cls(budget=int(float(found[1]) * _UNITS[found[2]]))

    def chosen(self, program: Program, sizes: Mapping[str, int], dtype: str) -> Memory:
        """Return the number of chunks at these sizes, and what it costs.

        Raises:
            ArrayError: the program has no checkpoints, a size is missing, or nothing fits the budget.
        """
        name = count_name(program)
        if not name:
            raise ArrayError(f"{program.name} has no checkpoints: compile it with checkpoint={_FORMS}.")
        missing = [one for one, _ in program.sizes if one != name and one not in sizes]
        if missing:
            raise ArrayError(f"{program.name}: the memory follows from all sizes; missing {', '.join(missing)}.")
        if self.every is not None:
            return every(program, sizes, self.every)
        best = least(program, sizes)
        if self.budget is None:
            return best
        width = np.dtype(dtype).itemsize
        found = within(program, sizes, self.budget // width)
        if found is None:
            raise ArrayError(
                f"{program.name}: no checkpoints fit {_bytes(self.budget)}: the least is {_bytes(best.reals * width)}, with "
                f"{name} = {best.count} chunks; give that much, or take fewer sequences at once."
            )
        return found

    def told(self, program: Program, arrays: Mapping[str, object], dtype: str) -> dict[str, int]:
        """Return the number of chunks for some arrays by its name; nothing where it is given, or is not needed.

        What forward kept tells how many there were. Where sizes are missing there is one: that an array is will be told.
        """
        name = count_name(program)
        if not name or name in arrays:
            return {}
        sizes = _sizes(program, arrays)
        if name in sizes:
            return {name: sizes[name]}
        if any(one not in sizes for one, _ in program.sizes if one != name):
            return {name: 1}
        return {name: self.chosen(program, sizes, dtype).count}


def _sizes(program: Program, arrays: Mapping[str, object]) -> dict[str, int]:
    """Return the sizes that are a length of some array, or that but for a constant."""
    found: dict[str, int] = {}
    for buffer in program.buffers:
        shape = getattr(arrays.get(buffer.name), "shape", ())
        for form, length in zip(buffer.dims, shape, strict=False):
            if len(form.terms) == 1 and form.terms[0][1] == 1 and length > form.constant:
                found.setdefault(form.terms[0][0], length - form.constant)
    told = {one: arrays[one] for one in program.given_sizes if one in arrays}
    return found | {name: size for name, size in told.items() if isinstance(size, int) and size > 0}


def sentence(program: Program, plain: Program, sizes: Mapping[str, int], chosen: Memory, dtype: str) -> str:
    """Return the choice in words and numbers; `plain` is the program without checkpoints."""
    name, width, steps = count_name(program), np.dtype(dtype).itemsize, steps_of(program, sizes)
    here, whole = cost(program, {**sizes, name: chosen.count}), cost(plain, sizes)
    return (
        f"{steps} steps in {name} = {chosen.count} chunks of at most {chosen.longest}: {_bytes(chosen.kept * width)} kept and "
        f"{_bytes(chosen.work * width)} of workspace, {_bytes(chosen.reals * width)} instead of "
        f"{_bytes((whole.kept + whole.work) * width)}; backward computes forward again, with "
        f"{here.flops / max(whole.flops, 1):.2f} times the operations in products"
    )


def _bytes(number: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number} bytes"
