"""What is written when: a program is run on marks instead of numbers.

For every step, row and column of a buffer one mark says whether it was written. Loops are run for small lengths, so the
reasoning is exact in time: offsets are constants, and nothing new happens beyond T = the largest offset + 2. Windows are run
for the same numbers of steps, up to those that hold a whole sequence; chunks have one, two and all steps. Ranges of rows and
columns are compared at one generic choice of the other sizes. A third dimension is always written whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from symrnn.errors import IRError
from symrnn.ir.buffers import BEGIN, CHUNK, END, GIVEN, KEPT, NUMBER, Role, Size
from symrnn.ir.nodes import (
    At,
    Chunks,
    Compound,
    Gemm,
    Loop,
    Map,
    Procedure,
    Program,
    Ref,
    Span,
    Statement,
    Stretch,
    When,
    Windows,
    full,
)
from symrnn.ir.shapes import Dims, domain
from symrnn.ir.text import line, ref_text
from symrnn.ir.walk import Leaf, compounds, loads, operands, references, sites, step_sizes

Region = tuple[slice, slice, slice]  # steps, rows, columns

_GENERIC = (5, 13, 37, 101, 23, 61, 149, 211, 83, 127)  # sums and small multiples of them differ from one another


@dataclass(frozen=True, slots=True)
class _Now:
    """Where a run is: in step t of a loop of this length; which steps are those of the block, and older, or of the chunk."""

    t: int = 0
    length: str = ""
    window: tuple[range, ...] = ()
    chunk: range = range(0)
    number: int = 0

    @property
    def places(self) -> dict[str, int]:
        """What is known of the chunk by name."""
        return {BEGIN: self.chunk.start, END: self.chunk.stop, NUMBER: self.number}


@dataclass(frozen=True, slots=True)
class _Run:
    """One procedure at one choice of sizes; `marks` is the only thing that changes."""

    program: Program
    procedure: Procedure
    sizes: dict[str, int]
    chunk: int  # how many steps a chunk has
    marks: dict[str, NDArray[np.bool_]]

    def region(self, ref: Ref, now: _Now) -> Region:
        steps, rows, columns = self.marks[ref.buffer].shape
        step = slice(0, steps)
        if isinstance(ref.at, Span) and ref.at.length == CHUNK:
            step = slice(ref.at.first + now.chunk.start, ref.at.first + now.chunk.stop)
        elif isinstance(ref.at, Span):
            step = slice(ref.at.first, ref.at.first + self.sizes[ref.at.length])
        elif ref.at is not None:
            first = ref.at.value({**self.sizes, **now.places}, now.t)
            step = slice(first, first + 1)
        return step, self._part(ref.rows, rows), self._part(ref.columns, columns)

    def _part(self, part: tuple[Size, Size] | None, whole: int) -> slice:
        if part is None:
            return slice(0, whole)
        start, count = (one.value(self.sizes) for one in part)
        return slice(start, start + count)

    def is_written(self, ref: Ref, now: _Now) -> bool:
        return bool(self.marks[ref.buffer][self.region(ref, now)].all())

    def fail(self, statement: Leaf, now: _Now, found: str) -> IRError:
        written = line(self.program, statement)
        at = f" at t = {now.t} of {now.length} = {self.sizes[now.length]}" if "[t" in written else ""
        return IRError(f"{self.program.name}, {self.procedure.name}: «{written}»{at}: {found}")


_Check = Callable[[_Run, Leaf, _Now], None]


def every_read_follows_a_write(program: Program) -> None:
    """Whatever is read, or accumulated into, was given or was written before, at every step and in every column."""
    for run in _runs(program):
        _walk(run, run.procedure.body, _Now(), _reads_are_written)


def operands_do_not_alias_the_result(program: Program) -> None:
    """A statement's `out` shares no element with what it reads, but for the update of a Map in place."""
    for run in _runs(program):
        _walk(run, run.procedure.body, _Now(), _result_is_apart)


def everything_returned_is_written(program: Program) -> None:
    """Forward writes all of every OUTPUT, SAVED and LOSS; backward all of every GRADIENT."""
    for run in _runs(program):
        _walk(run, run.procedure.body, _Now(), lambda run, statement, now: None)
        forward = run.procedure is program.forward
        for buffer in program.having(*((*KEPT, Role.LOSS) if forward else (Role.GRADIENT,))):
            if not run.marks[buffer.name].all():
                steps, rows, columns = (int(index[0]) for index in np.nonzero(~run.marks[buffer.name]))
                sizes = {name: number for name, number in run.sizes.items() if name != CHUNK}
                raise IRError(
                    f"{program.name}, {run.procedure.name}: {buffer.role.value} {buffer.name} is not fully written "
                    f"(step {steps}, row {rows}, column {columns}, at {sizes}): write all of it, or drop the buffer."
                )


def _runs(program: Program) -> list[_Run]:
    bodies = (program.forward.body, program.backward.body)
    reached = [ref.at for site in sites(program) for ref in references(site.statement)]
    reached += [one.at for body in bodies for one in compounds(body) if isinstance(one, When)]
    horizons = dict.fromkeys((1, 2, max((_offset(at) for at in reached if at), default=0) + 2))
    runs = []
    for procedure in (program.forward, program.backward):
        windows = (one for one in compounds(procedure.body) if isinstance(one, Windows))
        counts = {name for one in windows for size in (one.every, one.span) for name, _ in size.terms}
        counts |= {one.count for one in compounds(procedure.body) if isinstance(one, Chunks) and one.count}
        names = (*step_sizes(program), *sorted(counts - set(step_sizes(program))))
        for chosen in itertools.product(horizons, repeat=len(names)):
            steps = dict(zip(names, chosen, strict=True))
            longest = max(steps.values(), default=1)
            has_chunks = any(isinstance(one, Chunks) for one in compounds(procedure.body))
            chunks = dict.fromkeys((1, min(2, longest), longest)) if has_chunks else (longest,)
            runs += [_start(program, procedure, steps, chunk) for chunk in chunks]
    return runs


def _offset(at: At | Span) -> int:
    return at.first if isinstance(at, Span) else abs(at.offset)


def _start(program: Program, procedure: Procedure, steps: dict[str, int], chunk: int) -> _Run:
    others = [name for name, _ in program.sizes if name not in steps]
    sizes = steps | {name: _GENERIC[k % 10] + 211 * (k // 10) for k, name in enumerate(others)}
    sizes[CHUNK] = max(steps.values(), default=1)
    ready = GIVEN if procedure is program.forward else (*GIVEN, *KEPT, Role.SEED)
    marks = {
        buffer.name: np.full(
            (
                buffer.dims[0].value(sizes) if buffer.steps else 1,
                _extent(buffer.inner[-2:-1], sizes),
                _extent(buffer.inner[-1:], sizes),
            ),
            buffer.role in ready,
        )
        for buffer in program.buffers
    }
    return _Run(program, procedure, sizes, chunk, marks)


def _extent(inner: Dims, sizes: dict[str, int]) -> int:
    return inner[0].value(sizes) if inner else 1


def _walk(run: _Run, body: tuple[Statement, ...], now: _Now, check: _Check) -> None:
    for statement in body:
        if isinstance(statement, Loop):
            steps = now.chunk if statement.length == CHUNK else range(run.sizes[statement.length])
            for step in reversed(steps) if statement.reverse else steps:
                _walk(run, statement.body, replace(now, t=step, length=now.length or statement.length), check)
        elif isinstance(statement, Chunks):
            chunks = tuple(statement.ranges(run.sizes, run.chunk))
            for place, chunk in enumerate(chunks):
                _forget(run)
                number = len(chunks) - 1 - place if statement.reverse else place
                _walk(run, statement.body, _Now(0, statement.length, chunk=chunk, number=number), check)
        elif isinstance(statement, Windows):
            for stretches in statement.stretches(run.sizes):
                _walk(run, statement.body, _Now(0, statement.length, stretches), check)
        elif isinstance(statement, Stretch):
            for step in now.window[statement.older]:
                _walk(run, statement.body, _Now(step, now.length, now.window), check)
        elif isinstance(statement, Compound):
            if not isinstance(statement, When) or statement.at.value(run.sizes, now.t) == now.t:
                _walk(run, statement.body, now, check)
        else:
            check(run, statement, now)
            run.marks[statement.out.buffer][run.region(statement.out, now)] = True


def _forget(run: _Run) -> None:
    """Take away the marks of what holds the steps of one chunk only."""
    for buffer in run.program.buffers:
        if buffer.is_of_chunk:
            run.marks[buffer.name][...] = False


def _reads_are_written(run: _Run, statement: Leaf, now: _Now) -> None:
    for ref in operands(statement):
        if not run.is_written(ref, now):
            raise run.fail(statement, now, f"{ref_text(ref)} is read before it is written: write it first.")
    out = ref_text(statement.out)
    if statement.accumulate and not run.is_written(statement.out, now):
        raise run.fail(statement, now, f"{out} is accumulated into before it is written: set it to 0 first.")


def _result_is_apart(run: _Run, statement: Leaf, now: _Now) -> None:
    out = run.region(statement.out, now)
    for ref in operands(statement):
        region = run.region(ref, now)
        if ref.buffer != statement.out.buffer or not _overlap(region, out):
            continue
        if not isinstance(statement, Map):
            kind = "a product" if isinstance(statement, Gemm) else "a reduction"
            raise run.fail(statement, now, f"{ref_text(ref)} overlaps the result of {kind}: use another buffer.")
        if region != out or not _in_place(run.program, statement, ref):
            raise run.fail(
                statement, now, f"{ref_text(ref)} overlaps the result but is not the same elements: use another buffer."
            )


def _in_place(program: Program, statement: Map, ref: Ref) -> bool:
    axes = full(len(domain(program, statement)))
    return all(load.axes == axes for load in loads(statement.value) if load.ref == ref)


def _overlap(left: Region, right: Region) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(left, right, strict=True))
