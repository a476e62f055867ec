"""Carry out earlier what has all that it needs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from symrnn.ir.buffers import Role
from symrnn.ir.dependence import accesses, edges, follow
from symrnn.ir.nodes import At, Loop, Procedure, Program, Ref, Statement
from symrnn.ir.rename import exchange, with_bodies
from symrnn.ir.walk import leaves, references
from symrnn.passes.splitting import blocks, units


def advance(program: Program) -> Program:
    """Carry out a statement in the earlier loop from which it reads what was stored for it alone.

        for t = 0 … T−1:                      for t = 0 … T−1:
          z[t] = …                              z = …
        for t = T−1 … 0:                        h[t] = z @ W
          q = …                        →      for t = T−1 … 0:
          h[t] = z[t] @ W                       q = …
          h[t] += q @ W                         h[t] += q @ W

    Valid when: nothing before it, in its loop or between the two, must come before it, in any step; nothing of the earlier
        loop must come after it.
    Cost: nothing; what was stored for all steps is needed for one, and stands where it can be stacked and kept in chunks.
        Layers of two directions have it: what both give to the layer below is a sum, begun in one loop and ended in the other.
    """
    for name in ("forward", "backward"):
        procedure = getattr(program, name)
        while (body := next(_moves(program, procedure.body), None)) is not None:
            procedure = replace(procedure, body=body)
            program = _narrowed(replace(program, **{name: procedure}), procedure)
            procedure = getattr(program, name)
    return program


def _moves(program: Program, body: tuple[Statement, ...]) -> Iterator[tuple[Statement, ...]]:
    """Yield bodies of a procedure in which one statement stands in an earlier loop."""
    stored = {one.name for one in program.having(Role.WORK) if one.steps}
    for (early, earlier), (late, later) in itertools.combinations(enumerate(body), 2):
        if not isinstance(earlier, Loop) or not isinstance(later, Loop) or earlier.length != later.length:
            continue
        for number, unit in enumerate(units(later.body)):
            if _is_for_it(body, earlier, unit.statement, stored) and _may_move(body, early, late, number):
                yield _moved(body, early, late, number)


def _is_for_it(body: tuple[Statement, ...], earlier: Loop, statement: Statement, stored: set[str]) -> bool:
    """Return whether a statement reads something stored that only an earlier loop touches besides, in step t."""
    for name in {one.ref.buffer for one in accesses(statement) if not one.writes} & stored:
        inside = [ref for leaf in leaves((earlier, statement)) for ref in references(leaf) if ref.buffer == name]
        count = sum(ref.buffer == name for leaf in leaves(body) for ref in references(leaf))
        written = any(one.writes and one.ref.buffer == name for one in accesses(earlier))
        if written and len(inside) == count and all(ref.at == At("t") for ref in inside):
            return True
    return False


def _may_move(body: tuple[Statement, ...], early: int, late: int, number: int) -> bool:
    earlier, later = body[early], body[late]
    assert isinstance(earlier, Loop) and isinstance(later, Loop)
    statement = units(later.body)[number].statement
    before = edges([unit.statement for unit in units(later.body)], later.reverse)
    if any(number in after for after in before.values()):
        return False
    if any(follow(one, statement) for one in body[early + 1 : late]):
        return False
    joined = [*(unit.statement for unit in units(earlier.body)), statement]
    return not edges(joined, earlier.reverse)[len(joined) - 1]


def _moved(body: tuple[Statement, ...], early: int, late: int, number: int) -> tuple[Statement, ...]:
    earlier, later = body[early], body[late]
    assert isinstance(earlier, Loop) and isinstance(later, Loop)
    found = units(later.body)
    left = (*found[:number], *found[number + 1 :])
    changed = {
        early: replace(earlier, body=blocks((*units(earlier.body), found[number]))),
        late: replace(later, body=blocks(left)),
    }
    return tuple(changed.get(place, one) for place, one in enumerate(body) if place != late or left)


def _narrowed(program: Program, procedure: Procedure) -> Program:
    """Return the program in which workspace that one loop of a procedure only touches, in step t, has no steps."""
    stored = [one for one in program.having(Role.WORK) if one.steps]
    alone = {one.name for one in stored if _is_of_one_step(procedure.body, one.name)}

    def put(ref: Ref) -> Ref:
        return replace(ref, at=None) if ref.buffer in alone else ref

    buffers = tuple(
        replace(one, dims=one.dims[1:], steps=False) if one.name in alone else one for one in program.buffers
    )
    changed = with_bodies(program, lambda one: tuple(exchange(statement, put) for statement in one.body))
    return replace(changed, buffers=buffers)


def _is_of_one_step(body: tuple[Statement, ...], name: str) -> bool:
    touching = [one for one in body if any(access.ref.buffer == name for access in accesses(one))]
    found = [ref for leaf in leaves(body) for ref in references(leaf) if ref.buffer == name]
    return len(touching) == 1 and isinstance(touching[0], Loop) and all(ref.at == At("t") for ref in found)
