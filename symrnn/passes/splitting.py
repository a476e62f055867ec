"""How a loop is taken apart: its statements in the three parts before, of and after its recurrence, each part in loops.

Not a pass: `hoist` and `sink` say which part leaves the loop, and why it pays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from symrnn.ir.buffers import Role, size
from symrnn.ir.dependence import Edges, accesses, covers, edges, reachable, recurrence
from symrnn.ir.nodes import At, Block, Chunks, Compound, Gemm, Loop, Procedure, Program, Reduce, Ref, Statement
from symrnn.ir.rename import exchange, with_bodies
from symrnn.ir.walk import Leaf, compounds, leaves, references


@dataclass(frozen=True, slots=True)
class Unit:
    """A statement of a loop's body that stays whole, and the block that it stands in."""

    statement: Statement
    block: Block | None = None


def units(body: Sequence[Statement]) -> tuple[Unit, ...]:
    """Return the statements of a body, each with its block."""
    found: list[Unit] = []
    for statement in body:
        if isinstance(statement, Block):
            found += [Unit(one, statement) for one in statement.body]
        else:
            found.append(Unit(statement))
    return tuple(found)


def _same(one: Block, other: Block) -> bool:
    return (one.label, one.formula) == (other.label, other.formula)


def blocks(found: Sequence[Unit]) -> tuple[Statement, ...]:
    """Return units as a body again; neighbours of one block stand in it together."""
    body: list[Statement] = []
    last: Block | None = None
    for unit in found:
        if unit.block is not None and last is not None and _same(unit.block, last):
            open_block = body[-1]
            assert isinstance(open_block, Block)
            body[-1] = replace(open_block, body=(*open_block.body, unit.statement))
        elif unit.block is not None:
            body.append(replace(unit.block, body=(unit.statement,)))
        else:
            body.append(unit.statement)
        last = unit.block
    return tuple(body)


@dataclass(frozen=True, slots=True)
class Parts:
    """The numbers of a loop's statements: those that need no earlier step, those that do, and what only follows from these."""

    before: frozenset[int]
    during: frozenset[int]
    after: frozenset[int]


def split_all(program: Program, *, hoist: bool = False, sink: bool = False) -> Program:
    """Return the program with every loop taken apart; what is not hoisted or not sunk stays with the recurrence."""
    for name in ("forward", "backward"):
        for loop in loops(getattr(program, name)):
            program = _split(program, name, loop, hoist, sink)
    return program


def loops(procedure: Procedure) -> tuple[Loop, ...]:
    """Return the loops over steps of a procedure, those in chunks too."""
    return tuple(one for one in compounds(procedure.body) if isinstance(one, Loop))


def in_each_loop(program: Program, change: Callable[[tuple[Unit, ...]], Sequence[Statement]]) -> Program:
    """Return the program in which the statements of every loop over steps have become what `change` makes of them."""

    def changed(statement: Statement) -> Statement:
        if isinstance(statement, Chunks):
            return replace(statement, body=tuple(map(changed, statement.body)))
        return (
            replace(statement, body=tuple(change(units(statement.body)))) if isinstance(statement, Loop) else statement
        )

    return with_bodies(program, lambda procedure: tuple(map(changed, procedure.body)))


def put(program: Program, name: str, old: Statement, new: Sequence[Statement]) -> Program:
    """Return the program with statements in the place of one of a procedure, which stands in no loop, or in chunks."""

    def changed(body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(part for one in body for part in (new if one is old else (inside(one),)))

    def inside(one: Statement) -> Statement:
        """Return chunks with what is put there; others stay the same objects, for which a caller may look next."""
        holds = isinstance(one, Chunks) and any(old is other for other in compounds(one.body))
        return replace(one, body=changed(one.body)) if isinstance(one, Chunks) and holds else one

    return with_bodies(program, lambda one: changed(one.body) if one.name == name else one.body)


def parted(program: Program, name: str, loop: Loop) -> Parts:
    """Return which statements of a loop of a procedure are of its recurrence, come before it, and after it."""
    moved = [unit.statement for unit in with_steps(program, name, loop)]
    return _parts(edges(moved, loop.reverse), True, True)


def with_steps(program: Program, name: str, loop: Loop) -> tuple[Unit, ...]:
    """Return the statements of a loop of a procedure as they were if all workspace that can have a step axis had one."""
    wide = expandable(program, getattr(program, name), loop)
    return tuple(replace(unit, statement=_with_steps(unit.statement, wide)) for unit in units(loop.body))


def _split(program: Program, name: str, loop: Loop, hoist: bool, sink: bool) -> Program:
    moved = with_steps(program, name, loop)
    after = edges([unit.statement for unit in moved], loop.reverse)
    return regrouped(program, name, loop, _groups(moved, after, _parts(after, hoist, sink)))


def regrouped(program: Program, name: str, loop: Loop, groups: Sequence[tuple[int, ...]]) -> Program:
    """Return the program with a loop for each group of the statements of one; workspace that several touch gets a step axis."""
    found, moved = units(loop.body), with_steps(program, name, loop)
    wide = expandable(program, getattr(program, name), loop)
    needed = {name for name in wide if sum(_touches(moved, group, name) for group in groups) > 1}
    final = tuple(replace(unit, statement=_with_steps(unit.statement, needed)) for unit in found)
    buffers = tuple(
        replace(one, dims=(size(loop.length), *one.dims), steps=True) if one.name in needed else one
        for one in program.buffers
    )
    parts = [replace(loop, body=blocks([final[number] for number in group])) for group in groups]
    return put(replace(program, buffers=buffers), name, loop, parts)


def _parts(after: Edges, hoist: bool, sink: bool) -> Parts:
    during = recurrence(after)
    later = reachable(during, after) - during
    rest = frozenset(after) - during - later
    if not hoist:
        during, rest = during | rest, frozenset()
    if not sink:
        during, later = during | later, frozenset()
    return Parts(rest, during, later)


def _groups(found: Sequence[Unit], after: Edges, parts: Parts) -> list[tuple[int, ...]]:
    during = [tuple(sorted(parts.during))] if parts.during else []
    return [*_levels(found, after, parts.before), *during, *_levels(found, after, parts.after)]


def _levels(found: Sequence[Unit], after: Edges, part: frozenset[int]) -> Iterator[tuple[int, ...]]:
    """Yield the statements of a part in an order that keeps what must follow: some alone, everything else together."""
    left = set(part)
    alone = True
    while left:
        taken = _ready(found, after, left, alone)
        left -= set(taken)
        if alone:
            yield from ((number,) for number in taken)
        elif taken:
            yield taken
        alone = not alone


def _is_alone(unit: Unit) -> bool:
    """Return whether a statement gets a loop of its own: a product, or a sum into what is the same in every step."""
    statement = unit.statement
    return isinstance(statement, Gemm) or (
        isinstance(statement, Reduce) and statement.accumulate and not statement.out.at
    )


def _ready(found: Sequence[Unit], after: Edges, left: set[int], alone: bool) -> tuple[int, ...]:
    """Return what can be carried out now, and what then can, of one kind.

    What gets loops of its own is in an order in which these can follow one another; what stays together is in that of the text.
    """
    taken: list[int] = []
    while True:
        rest = left - set(taken)
        open_now = [
            number
            for number in sorted(rest)
            if _is_alone(found[number]) is alone and all(number not in after[other] for other in rest - {number})
        ]
        if not open_now:
            return tuple(taken if alone else sorted(taken))
        taken += open_now


def expandable(program: Program, procedure: Procedure, loop: Loop) -> frozenset[str]:
    """Return the workspace that a loop writes before it reads it in every step, and that nothing else touches."""
    outside = {ref.buffer for leaf in _leaves_but(procedure.body, loop) for ref in references(leaf)}
    names = {one.name for one in program.having(Role.WORK) if not one.steps} - outside
    written: list[Ref] = []
    for unit in units(loop.body):
        for access in accesses(unit.statement):
            reads = not access.writes or access.adds or isinstance(unit.statement, Compound)
            if reads and not covers(written, access.ref, program):
                names.discard(access.ref.buffer)
        written += [one.ref for one in accesses(unit.statement) if one.writes]
    return frozenset(names & {ref.buffer for leaf in leaves(loop.body) for ref in references(leaf)})


def _leaves_but(body: tuple[Statement, ...], loop: Loop) -> Iterator[Leaf]:
    """Yield every statement that computes, but for those in one loop."""
    for statement in body:
        if statement is not loop and isinstance(statement, Compound):
            yield from _leaves_but(statement.body, loop)
        elif not isinstance(statement, Compound):
            yield statement


def _with_steps(statement: Statement, names: frozenset[str] | set[str]) -> Statement:
    def put(ref: Ref) -> Ref:
        return replace(ref, at=At("t")) if ref.buffer in names else ref

    return exchange(statement, put)


def _touches(found: Sequence[Unit], group: tuple[int, ...], name: str) -> bool:
    return any(one.ref.buffer == name for number in group for one in accesses(found[number].statement))
