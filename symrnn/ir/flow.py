"""What is written when: a program is run on marks instead of numbers.

For every step and column of a buffer one mark says whether it was written. Loops are run for small T, so the reasoning
is exact in time: offsets are constants, and nothing new happens beyond T = the largest offset + 2. Column ranges are
compared at one generic choice of the other sizes. Rows are always written whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symrnn.errors import IRError
from symrnn.ir.nodes import (
    GIVEN,
    KEPT,
    Block,
    Broadcast,
    Gemm,
    Load,
    Loop,
    Map,
    Procedure,
    Program,
    Ref,
    Role,
    Statement,
)
from symrnn.ir.text import line, ref_text
from symrnn.ir.walk import Leaf, loads, operands, sites

Region = tuple[slice, slice]  # steps, columns

_GENERIC = (5, 13, 37, 101, 23, 61, 149, 211, 83, 127)  # sums and small multiples of them differ from one another


@dataclass(frozen=True, slots=True)
class _Run:
    """One procedure at one choice of sizes; `marks` is the only thing that changes."""

    program: Program
    procedure: Procedure
    sizes: dict[str, int]
    marks: dict[str, NDArray[np.bool_]]

    def region(self, ref: Ref, t: int) -> Region:
        steps, columns = self.marks[ref.buffer].shape
        step = slice(0, steps)
        if ref.at is not None:
            first = {"t": t, "T": self.sizes["T"], "": 0}[ref.at.base] + ref.at.offset
            step = slice(first, first + 1)
        if ref.columns is None:
            return step, slice(0, columns)
        start, count = (one.value(self.sizes) for one in ref.columns)
        return step, slice(start, start + count)

    def fail(self, statement: Leaf, t: int, found: str) -> IRError:
        at = f" at t = {t} of T = {self.sizes['T']}" if "[t" in line(statement) else ""
        return IRError(f"{self.program.name}, {self.procedure.name}: «{line(statement)}»{at}: {found}")


def every_read_follows_a_write(program: Program) -> None:
    """Whatever is read, or accumulated into, was given or was written before, at every step and in every column."""
    for run in _runs(program):
        _walk(run, run.procedure.body, 0, _reads_are_written)


def operands_do_not_alias_the_result(program: Program) -> None:
    """A statement's `out` shares no element with what it reads, but for the in-place update of a Map by FULL loads."""
    for run in _runs(program):
        _walk(run, run.procedure.body, 0, _result_is_apart)


def everything_returned_is_written(program: Program) -> None:
    """Forward writes all of every OUTPUT, SAVED and LOSS; backward all of every GRADIENT."""
    for run in _runs(program):
        _walk(run, run.procedure.body, 0, lambda run, statement, t: None)
        forward = run.procedure is program.forward
        for buffer in program.having(*((*KEPT, Role.LOSS) if forward else (Role.GRADIENT,))):
            if not run.marks[buffer.name].all():
                steps, columns = (int(index[0]) for index in np.nonzero(~run.marks[buffer.name]))
                raise IRError(
                    f"{program.name}, {run.procedure.name}: {buffer.role.value} {buffer.name} is not fully written "
                    f"(step {steps}, column {columns}, at {run.sizes}): write all of it, or drop the buffer."
                )


def _runs(program: Program) -> list[_Run]:
    offsets = [
        abs(ref.at.offset)
        for site in sites(program)
        for ref in (site.statement.out, *operands(site.statement))
        if ref.at
    ]
    horizons = (1, 2, max(offsets, default=0) + 2)
    return [
        _start(program, procedure, steps)
        for steps in dict.fromkeys(horizons)
        for procedure in (program.forward, program.backward)
    ]


def _start(program: Program, procedure: Procedure, steps: int) -> _Run:
    others = [name for name, _ in program.sizes if name != "T"]
    sizes = {"T": steps, **{name: _GENERIC[k % 10] + 211 * (k // 10) for k, name in enumerate(others)}}
    ready = GIVEN if procedure is program.forward else (*GIVEN, *KEPT, Role.SEED)
    marks = {
        buffer.name: np.full(
            (
                buffer.dims[0].value(sizes) if buffer.steps else 1,
                buffer.inner[-1].value(sizes) if buffer.inner else 1,
            ),
            buffer.role in ready,
        )
        for buffer in program.buffers
    }
    return _Run(program, procedure, sizes, marks)


def _walk(run: _Run, body: tuple[Statement, ...], t: int, check: Callable[[_Run, Leaf, int], None]) -> None:
    for statement in body:
        if isinstance(statement, Loop):
            steps = range(run.sizes["T"])
            for step in reversed(steps) if statement.reverse else steps:
                _walk(run, statement.body, step, check)
        elif isinstance(statement, Block):
            _walk(run, statement.body, t, check)
        else:
            check(run, statement, t)
            run.marks[statement.out.buffer][run.region(statement.out, t)] = True


def _reads_are_written(run: _Run, statement: Leaf, t: int) -> None:
    for ref in operands(statement):
        if not run.marks[ref.buffer][run.region(ref, t)].all():
            raise run.fail(statement, t, f"{ref_text(ref)} is read before it is written: write it first.")
    if statement.accumulate and not run.marks[statement.out.buffer][run.region(statement.out, t)].all():
        raise run.fail(
            statement, t, f"{ref_text(statement.out)} is accumulated into before it is written: set it to 0 first."
        )


def _result_is_apart(run: _Run, statement: Leaf, t: int) -> None:
    out = statement.out
    for ref in operands(statement):
        if ref.buffer != out.buffer or not _overlap(run.region(ref, t), run.region(out, t)):
            continue
        if not isinstance(statement, Map):
            kind = "a product" if isinstance(statement, Gemm) else "a reduction"
            raise run.fail(statement, t, f"{ref_text(ref)} overlaps the result of {kind}: use another buffer.")
        if run.region(ref, t) != run.region(out, t) or not _in_place(run, statement, ref):
            raise run.fail(
                statement, t, f"{ref_text(ref)} overlaps the result but is not the same elements: use another buffer."
            )


def _in_place(run: _Run, statement: Map, ref: Ref) -> bool:
    scalar = not run.program.buffer(ref.buffer).inner
    loaded: list[Load] = [load for load in loads(statement.value) if load.ref == ref]
    return scalar or all(load.broadcast is Broadcast.FULL for load in loaded)


def _overlap(left: Region, right: Region) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(left, right, strict=True))
