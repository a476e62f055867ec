"""What becomes of the terms of a gate when all of it is multiplied by a number before its activation.

Not a pass: `unite` says why that pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symrnn.ir.buffers import Buffer, Role, Size
from symrnn.ir.dependence import accesses, are_apart, conflict
from symrnn.ir.nodes import Block, Call, Gemm, Load, Loop, Map, Number, Program, Ref, Scalar, Statement
from symrnn.ir.rename import exchanged, free_name
from symrnn.ir.shapes import same
from symrnn.ir.walk import leaves, loads, references
from symrnn.passes.splitting import Unit, put, units
from symrnn.passes.stack import total

HALF = Number(1, 2)
Changed = dict[int, Unit | None]  # what becomes of statements of a body, by their numbers


@dataclass(frozen=True, slots=True)
class Run:
    """Activations of neighbouring columns of one buffer: where each stands in the body, and its columns, from the left."""

    numbers: tuple[int, ...]
    parts: tuple[tuple[Size, Size], ...]
    functions: tuple[str, ...]
    place: int  # the statement where all of them can stand

    def gates(self, program: Program, found: Sequence[Unit]) -> Ref:
        """Return all of the columns of these in the buffer."""
        first = found[self.numbers[0]].statement
        assert isinstance(first, Map)
        every = len(self.parts) == len(program.buffer(first.out.buffer).parts)
        return replace(first.out, columns=None if every else self.columns)

    @property
    def columns(self) -> tuple[Size, Size]:
        """All of the columns."""
        return self.parts[0][0], total(count for _, count in self.parts)

    @property
    def scales(self) -> tuple[Number, ...]:
        """What z and its hyperbolic tangent are multiplied by in each part."""
        return tuple(HALF if one == "sigmoid" else Number(1) for one in self.functions)

    @property
    def shifts(self) -> tuple[Number, ...]:
        """What is added in each part."""
        return tuple(HALF if one == "sigmoid" else Number(0) for one in self.functions)


def together(found: Sequence[Block | None], formula: str = "") -> Block | None:
    """Return the block of what carries out several equations, with a text or the formulas of all."""
    named = [one for one in found if one is not None]
    if not named:
        return None
    said = formula or ", ".join(one.formula for one in named)
    return replace(named[0], label=", ".join(one.label for one in named), formula=said)


def row_of(
    program: Program, wanted: str, about: str, run: Run, values: Sequence[Scalar]
) -> tuple[Program, Load, tuple[Statement, ...]]:
    """Return the program with a row that has a value in each part, and the statements that fill it."""
    row = Buffer(free_name(program, wanted), (run.columns[1],), Role.WORK, about=about)
    start = Size()
    filled: list[Statement] = []
    for (_, count), value in zip(run.parts, values, strict=True):
        filled.append(Map(Ref(row.name, columns=(start, count)), value))
        start += count
    return replace(program, buffers=(*program.buffers, row)), Load(Ref(row.name), (1,)), tuple(filled)


def halved(program: Program, name: str, loop: Loop, run: Run) -> tuple[Program, Changed, tuple[Statement, ...]] | None:
    """Return the program in which the gates get what they are scaled by with each of their terms; None where that cannot be.

    With it comes what becomes of statements of the loop, and what must stand before the loop.
    """
    found = units(loop.body)
    gates = run.gates(program, found)
    terms = _terms(found, run, gates)
    if terms is None or _is_written_elsewhere(getattr(program, name).body, loop, gates):
        return None
    changed: Changed = {}
    for number, index in terms:
        statement = found[number].statement
        if isinstance(statement, Gemm):
            scaled = _scaled_matrix(program, name, statement, run)
            if scaled is None:
                return None
            program = scaled
        elif isinstance(statement, Map) and index is not None:
            changed[number] = replace(found[number], statement=_times(statement, run.scales[index]))
        else:
            return None
    return _gathered(program, found, run, gates, changed)


def _terms(found: Sequence[Unit], run: Run, gates: Ref) -> list[tuple[int, int | None]] | None:
    """Return what is written to the gates before their activations, with the part that a Map writes.

    None where something reads them before, or writes them after.
    """
    terms: list[tuple[int, int | None]] = []
    for number, unit in enumerate(found):
        if number in run.numbers:
            continue
        touched = [one for one in accesses(unit.statement) if not are_apart(one.ref, gates)]
        for one in touched:
            reached = [i for i, part in enumerate(run.parts) if not are_apart(one.ref, replace(gates, columns=part))]
            before = [i for i in reached if number < run.numbers[i]]
            if one.writes:
                if before != reached or one.ref.at != gates.at:
                    return None
                exact = reached[0] if one.ref.columns == run.parts[reached[0]] and one.ref.rows is None else None
                terms.append((number, exact))
            elif before:
                return None
    return terms


def _is_written_elsewhere(body: tuple[Statement, ...], loop: Loop, gates: Ref) -> bool:
    inside = {id(leaf) for leaf in leaves(loop.body)}
    return any(not are_apart(leaf.out, gates) for leaf in leaves(body) if id(leaf) not in inside)


def _times(statement: Map, scale: Number) -> Map:
    return statement if scale == Number(1) else replace(statement, value=Call("mul", (scale, statement.value)))


def _scaled_matrix(program: Program, name: str, product: Gemm, run: Run) -> Program | None:
    """Return the program in which the rows of a stacked matrix are scaled as the gates that they give are."""
    body = getattr(program, name).body
    matrix = product.b.buffer
    uses = [leaf for leaf in leaves(body) if any(ref.buffer == matrix for ref in references(leaf))]
    fills = [one for one in body if isinstance(one, Map) and one.out.buffer == matrix and not one.accumulate]
    start = product.out.columns[0] if product.out.columns else Size()
    if not product.trans_b or product.b != Ref(matrix) or product.out.rows is not None or len(uses) != len(fills) + 1:
        return None
    for (first, count), scale in zip(run.parts, run.scales, strict=True):
        rows = [one for one in fills if one.out.rows and same(start + one.out.rows[0], first)]
        if len(rows) != 1 or not rows[0].out.rows or not same(rows[0].out.rows[1], count):
            return None
        program = put(program, name, rows[0], (_times(rows[0], scale),))
    return program


def _gathered(
    program: Program, found: Sequence[Unit], run: Run, gates: Ref, changed: Changed
) -> tuple[Program, Changed, tuple[Statement, ...]]:
    """Return the same with one addition of a row to all of the gates in the place of one to each part, if there are such."""
    rows = {
        run.parts.index(one.out.columns): number
        for number, unit in changed.items()
        if unit is not None and isinstance(one := unit.statement, Map) and one.out.columns and _is_row(program, one)
    }
    numbers = sorted(rows.values())
    if len(rows) < 2 or len(rows) < sum(_is_row(program, found[number].statement) for number in changed):
        return program, changed, ()
    for number in numbers[1:]:
        if any(conflict(found[number].statement, found[other].statement) for other in range(numbers[0], number)):
            return program, changed, ()
    values = [_along(changed[rows[index]]) if index in rows else Number(0) for index in range(len(run.parts))]
    about = "what is added to " + ", ".join(
        name for name, place in program.buffer(gates.buffer).parts if place in run.parts
    )
    program, row, filled = row_of(program, "b_" + gates.buffer, about, run, values)
    block = together([found[number].block for number in numbers], "the terms that are the same in every step")
    first = Unit(Map(gates, row, accumulate=True), block)
    return program, {**changed, **dict.fromkeys(numbers), numbers[0]: first}, filled


def _is_row(program: Program, statement: Statement) -> bool:
    """Return whether a statement adds what is the same in all rows and all steps."""
    if not isinstance(statement, Map) or not statement.accumulate:
        return False
    found = tuple(loads(statement.value))
    return bool(found) and all(
        load.axes == (1,) and load.ref.at is None and program.buffer(load.ref.buffer).role is Role.PARAMETER
        for load in found
    )


def _along(unit: Unit | None) -> Scalar:
    """Return what a statement adds to each column."""
    assert unit is not None and isinstance(unit.statement, Map)
    return exchanged(unit.statement.value, lambda load: replace(load, axes=(0,)))
