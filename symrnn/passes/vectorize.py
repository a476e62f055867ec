"""Carry out elementwise work for all steps at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symrnn.ir.buffers import CHUNK, size
from symrnn.ir.dependence import Edges, edges, recurrence
from symrnn.ir.nodes import Loop, Map, Program, Reduce, Statement
from symrnn.ir.rename import all_steps
from symrnn.ir.shapes import domain
from symrnn.ir.walk import references
from symrnn.passes.splitting import blocks, expandable, loops, put, regrouped, units, with_steps
from symrnn.passes.widen import moves, over_steps


def vectorize(program: Program) -> Program:
    """Make one statement over all steps of each Map and each sum of a loop that is no recurrence.

        for t:                                     e[0 : T] = y[0 : T] − p[0 : T]
          e = y[t] − p[t]                  →       s[0 : T] = sum over columns of e[0 : T]²
          s[t] = sum over columns of e²

    Valid when: no statement of the loop depends on itself in another step, nor on one that depends on it; a statement over all
        steps writes to step t, reads what is of step t or the same in every step, and has at most three axes then. What
        cannot be so stays in loops. Workspace that several statements touch gets a step axis; were it one matrix for each
        sequence, the loop is left as it is.
    Cost: workspace (T, B, n) instead of (B, n), which goes through memory; a call for all steps instead of one for each.
        Code that is called for each operation gains much at small sizes; compiled loops over elements gain nothing.
    """
    for name in ("forward", "backward"):
        for loop in loops(getattr(program, name)):
            if loop.length != CHUNK:
                program = _taken_apart(program, name, loop)
        for loop in loops(getattr(program, name)):
            found = units(loop.body)
            if len(found) == 1 and loop.length != CHUNK and _can_be_wide(program, found[0].statement):
                wide = replace(found[0], statement=_wide(found[0].statement, loop.length))
                program = put(program, name, loop, blocks([wide]))
    return program


def _taken_apart(program: Program, name: str, loop: Loop) -> Program:
    """Return the program with loops of their own for what can be carried out for all steps at once."""
    found = [unit.statement for unit in with_steps(program, name, loop)]
    after = edges(found, loop.reverse)
    wide = {number for number, statement in enumerate(found) if _can_be_wide(program, statement)}
    free = expandable(program, getattr(program, name), loop)
    if not wide or recurrence(after) or any(len(program.buffer(one).inner) > 2 for one in free):
        return program
    return regrouped(program, name, loop, tuple(_groups(after, wide)))


def _groups(after: Edges, wide: set[int]) -> Iterator[tuple[int, ...]]:
    """Yield the statements in an order that keeps what must follow: those that can be wide alone, others together."""
    together: tuple[int, ...] = ()
    for number in _in_order(after):
        if number not in wide:
            together = (*together, number)
            continue
        if together:
            yield together
        together = ()
        yield (number,)
    if together:
        yield together


def _in_order(after: Edges) -> Sequence[int]:
    """Return numbers so that each comes before those that must follow it, and else as they are."""
    order: list[int] = []
    left = sorted(after)
    while left:
        order.append(next(one for one in left if all(one not in after[other] for other in left if other != one)))
        left.remove(order[-1])
    return order


def _can_be_wide(program: Program, statement: Statement) -> bool:
    """Return whether a statement writes to step t, reads what is of step t or fixed, and has room for one axis more."""
    if not isinstance(statement, Map | Reduce) or len(domain(program, statement)) > 2 or not moves(statement.out):
        return False
    alone = not recurrence(edges([statement], False))
    return alone and all(ref.at is None or moves(ref) for ref in references(statement))


def _wide(statement: Statement, length: str) -> Statement:
    """Return what a statement is over all steps."""
    assert isinstance(statement, Map | Reduce)
    whole = replace(statement, out=all_steps(statement.out, length), value=over_steps(statement.value, length))
    if isinstance(whole, Map):
        return whole
    return replace(whole, domain=(size(length), *whole.domain), over=tuple(axis + 1 for axis in whole.over))
