"""Compute again in backward what costs less than to keep it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symrnn.ir.buffers import GIVEN, KEPT, Buffer, Role, size
from symrnn.ir.cost import TRANSCENDENTAL
from symrnn.ir.dependence import accesses, edges, follow
from symrnn.ir.nodes import At, Gemm, Load, Loop, Map, Procedure, Program, Reduce, Ref, Scalar, Statement, full
from symrnn.ir.rename import exchange, exchanged, free_name, with_bodies
from symrnn.ir.shapes import dims, with_arguments
from symrnn.ir.walk import Leaf, calls, leaves, loads, operands, references
from symrnn.passes.splitting import Unit, blocks, loops, put, units

# The cost model, for each element, in the time in which one more element goes between memory and the processor. To keep it:
# its place comes, it goes there, and comes back. To compute it again: each operation, and each operand that backward does not
# read anyway, if that has as many elements. Functions like tanh take longer than to keep their values.
_KEPT = 3.0
_OPERATION = 0.5
_FUNCTION = 4.0
_OPERAND = 1.0

_NOWHERE = ""  # the name of no buffer


def recompute(program: Program) -> Program:
    """Compute again in backward what costs less than to keep it: little arithmetic with what is there anyway.

        forward:  s[t] = r[t] ∘ h[t]                  forward:  s = r[t] ∘ h[t]
                  z = s[t] @ Uᵀ                                 z = s @ Uᵀ
                                             →
        backward:                                     backward: s_again = r[t] ∘ h[t]
                  dU += zᵀ @ s[t]                               dU += zᵀ @ s_again

    Valid when: one statement computes it for all steps of a loop, only that loop of forward and one of backward read it, the
        same step of it; and what it is computed from is given or kept, and not written between there and the end of forward.
    Cost: an element computed again costs less than to write and to read it, by the model above.
    """
    found = tuple(leaf.out.buffer for leaf in leaves(program.forward.body))
    for name in dict.fromkeys(
        reversed(found)
    ):  # the last first: what follows from others is computed again before they are
        program = _without(program, program.buffer(name))
    return program


def _without(program: Program, buffer: Buffer) -> Program:
    """Return the program in which a buffer is not kept, if that is right and pays."""
    sources = tuple(_sources(program, buffer))
    readers = tuple(loop for loop in loops(program.backward) if _reads(loop, buffer.name))
    if len(sources) != 1 or len(readers) != 1:
        return program
    (loop, unit), (reader,) = sources[0], readers
    statement = unit.statement
    if not isinstance(statement, Map) or not _is_of_steps(program, buffer, loop, reader):
        return program
    if not _stays(program, loop, statement) or not _pays(program, statement, reader):
        return program
    return _recomputed(program, buffer, reader, unit)


def _recomputed(program: Program, buffer: Buffer, reader: Loop, unit: Unit) -> Program:
    """Return the program in which a loop of backward carries out what computes a buffer, which is workspace now."""
    work = replace(buffer, role=Role.WORK, dims=buffer.dims[1:], steps=False)
    own = replace(work, name=free_name(program, f"{buffer.name}_again"))  # one procedure may come to have steps of it
    program = put(program, program.backward.name, reader, [_with(reader, unit, buffer.name)])
    buffers = tuple(new for one in program.buffers for new in ((work, own) if one is buffer else (one,)))

    def body(procedure: Procedure) -> tuple[Statement, ...]:
        name = buffer.name if procedure is program.forward else own.name

        def in_this_step(ref: Ref) -> Ref:
            return replace(ref, buffer=name, at=None) if ref.buffer == buffer.name else ref

        return tuple(exchange(statement, in_this_step) for statement in procedure.body)

    return with_arguments(replace(with_bodies(program, body), buffers=buffers))


def _sources(program: Program, buffer: Buffer) -> Iterator[tuple[Loop, Unit]]:
    """Yield every statement of a loop of forward that writes a buffer, with the loop."""
    for loop in (one for one in program.forward.body if isinstance(one, Loop)):
        for unit in units(loop.body):
            if any(one.writes and one.ref.buffer == buffer.name for one in accesses(unit.statement)):
                yield loop, unit


def _reads(loop: Loop, name: str) -> bool:
    return any(name in _read(one) for one in loop.body)


def _is_of_steps(program: Program, buffer: Buffer, source: Loop, reader: Loop) -> bool:
    """Return whether a buffer is kept for all steps of two loops, and nothing else reaches it, or another step of it."""
    here = [ref for loop in (source, reader) for leaf in leaves(loop.body) for ref in references(leaf)]
    both = (program.forward, program.backward)
    all_of_it = [ref for procedure in both for leaf in leaves(procedure.body) for ref in references(leaf)]
    count, steps = (sum(ref.buffer == buffer.name for ref in refs) for refs in (here, all_of_it))
    return (
        buffer.role is Role.SAVED
        and source.length == reader.length
        and buffer.dims[:1] == (size(source.length),)
        and count == steps
        and all(ref.at == At("t") for ref in here if ref.buffer == buffer.name)
    )


def _stays(program: Program, loop: Loop, statement: Map) -> bool:
    """Return whether backward finds what a statement reads in a step as the statement found it."""
    known = {one.name for one in program.having(*GIVEN, *KEPT)}
    if statement.accumulate or any(ref.buffer not in known for ref in operands(statement)):
        return False
    apart = replace(statement, out=replace(statement.out, buffer=_NOWHERE))
    body = [apart if unit.statement is statement else unit.statement for unit in units(loop.body)]
    place = next(number for number, one in enumerate(body) if one is apart)
    later = program.forward.body[program.forward.body.index(loop) + 1 :]
    return not edges(body, loop.reverse)[place] and not any(follow(apart, one) for one in later)


def _pays(program: Program, statement: Map, reader: Loop) -> bool:
    """Return whether to compute an element again costs less than to keep it."""
    whole = full(len(dims(program, statement.out)))
    names = [one.function for one in calls(statement.value)]
    functions = sum(name in TRANSCENDENTAL for name in names)
    read = {one.ref.buffer for one in loads(statement.value) if one.axes == whole}
    more = sum(not _reads(reader, name) for name in read)
    times = sum(load.ref == statement.out for leaf in leaves(reader.body) for load in _loads(leaf))
    again = functions * _FUNCTION + (len(names) - functions) * _OPERATION
    return max(times, 1) * again + more * _OPERAND < _KEPT


def _with(reader: Loop, unit: Unit, name: str) -> Loop:
    """Return a loop of backward in which elementwise work has the formula of a buffer inside; a product needs its memory.

    Where some do, the statement comes before the first of them.
    """
    statement = unit.statement
    assert isinstance(statement, Map)
    found = [
        replace(one, statement=_inside(one.statement, statement.out, statement.value)) for one in units(reader.body)
    ]
    needing = [number for number, one in enumerate(found) if name in _read(one.statement)]
    return replace(reader, body=blocks((*found[: needing[0]], unit, *found[needing[0] :]) if needing else found))


def _inside(statement: Statement, out: Ref, value: Scalar) -> Statement:
    """Return a statement with a formula in the place of every load of what it computes."""

    def put(load: Load) -> Scalar:
        def along(axis: int | None) -> int | None:
            return None if axis is None else load.axes[axis]

        return exchanged(value, lambda one: replace(one, axes=tuple(map(along, one.axes))))

    if not isinstance(statement, Map | Reduce):
        return statement
    return replace(statement, value=exchanged(statement.value, lambda one: put(one) if one.ref == out else one))


def _read(statement: Statement) -> set[str]:
    return {ref.buffer for leaf in leaves((statement,)) for ref in operands(leaf)}


def _loads(leaf: Leaf) -> tuple[Load, ...]:
    return () if isinstance(leaf, Gemm) else tuple(loads(leaf.value))
