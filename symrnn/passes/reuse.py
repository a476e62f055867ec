"""Compute a value where it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symrnn.ir.buffers import KEPT
from symrnn.ir.dependence import accesses, meet
from symrnn.ir.nodes import At, Load, Map, Procedure, Program, Ref, Statement, full
from symrnn.ir.rename import exchange, with_bodies
from symrnn.ir.shapes import dims, same_dims
from symrnn.ir.walk import loads
from symrnn.passes.splitting import expandable, loops, units


def reuse(program: Program) -> Program:
    """Let workspace be the memory of what is computed from it, element by element, and kept.

        z = x[t] @ Wᵀ                         i[t] = x[t] @ Wᵀ
        z += h[t] @ Uᵀ               →        i[t] += h[t] @ Uᵀ
        i[t] = sigmoid(z)                     i[t] = sigmoid(i[t])

    Valid when: the workspace is used in this loop only, written before it is read in every step, and never after the value is
        computed; this step of what is kept is not touched before in the step.
    Cost: nothing; less memory, and a product of all steps needs none of its own.
    """
    for name in ("forward", "backward"):
        while (found := _first(program, getattr(program, name))) is not None:
            program = _put(program, *found)
    return program


def _first(program: Program, procedure: Procedure) -> tuple[str, Ref] | None:
    """Return some workspace, and what it can be a part of."""
    for loop in loops(procedure):
        free = expandable(program, procedure, loop)
        for found in _candidates(program, [one.statement for one in units(loop.body)]):
            if found[0] in free:
                return found
    return None


def _candidates(program: Program, body: list[Statement]) -> Iterator[tuple[str, Ref]]:
    for number, statement in enumerate(body):
        if not isinstance(statement, Map) or statement.accumulate or not _is_kept(program, statement.out):
            continue
        inside = dims(program, statement.out)
        for load in loads(statement.value):
            whole = load.ref == Ref(load.ref.buffer) and load.axes == full(len(inside))
            if whole and same_dims(dims(program, load.ref), inside) and _ends(body, number, load, statement):
                yield load.ref.buffer, statement.out


def _is_kept(program: Program, out: Ref) -> bool:
    moves = isinstance(out.at, At) and out.at.base == "t"
    return moves and out.columns is None and out.rows is None and program.buffer(out.buffer).role in KEPT


def _ends(body: list[Statement], number: int, last: Load, statement: Map) -> bool:
    """Return whether the workspace is read for the last time, and what is kept is not touched before."""
    name, out = last.ref.buffer, statement.out
    later = any(one.ref.buffer == name for other in body[number + 1 :] for one in accesses(other))
    spread = any(load.ref.buffer == name and load != last for load in loads(statement.value))
    before = any(meet(one.ref, out) for other in body[:number] for one in accesses(other))
    return not (later or spread or before)


def _put(program: Program, name: str, kept: Ref) -> Program:
    def put(ref: Ref) -> Ref:
        return replace(kept, columns=ref.columns, rows=ref.rows) if ref.buffer == name else ref

    left = replace(program, buffers=tuple(one for one in program.buffers if one.name != name))
    return with_bodies(left, lambda procedure: tuple(exchange(one, put) for one in procedure.body))
