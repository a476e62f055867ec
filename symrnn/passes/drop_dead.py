"""Remove what nobody reads."""

from __future__ import annotations

from dataclasses import replace

from symrnn.ir.buffers import OWN
from symrnn.ir.nodes import Compound, Procedure, Program, Statement
from symrnn.ir.shapes import all_sizes_used, with_arguments
from symrnn.ir.walk import leaves, operands, touched


def drop_dead(program: Program) -> Program:
    """Remove statements whose result nobody reads, then what has an empty body, unused workspace, arguments, sizes.

        a = x[t] + 1
        y[t] = 2 ∘ x[t]               →     y[t] = 2 ∘ x[t]

    Valid when: `a` is workspace, and no other statement of the procedure reads any of it. A buffer in another role is
        the caller's to read, so what writes it stays. The test is by whole buffers: sound, not complete.
    Cost: nothing; the program computes the same with less.
    """
    work = frozenset(buffer.name for buffer in program.having(*OWN))
    forward, backward = (_living(procedure, work) for procedure in (program.forward, program.backward))
    used = touched(forward) | touched(backward)
    buffers = tuple(buffer for buffer in program.buffers if buffer.name in used or buffer.role not in OWN)
    left = replace(program, buffers=buffers, forward=forward, backward=backward)
    sizes = tuple(one for one in program.sizes if one[0] in all_sizes_used(left))
    given = tuple(name for name in program.given_sizes if name in all_sizes_used(left))
    return with_arguments(replace(left, sizes=sizes, given_sizes=given))


def _living(procedure: Procedure, work: frozenset[str]) -> Procedure:
    """Repeat until nothing changes: a statement that goes may have been the last reader of another's result."""
    body = _without(procedure.body, work - _read(procedure.body))
    return procedure if body == procedure.body else _living(replace(procedure, body=body), work)


def _read(body: tuple[Statement, ...]) -> frozenset[str]:
    """Return the buffers that some statement reads, other than to update them."""
    return frozenset(ref.buffer for leaf in leaves(body) for ref in operands(leaf) if ref.buffer != leaf.out.buffer)


def _without(body: tuple[Statement, ...], dead: frozenset[str]) -> tuple[Statement, ...]:
    kept: list[Statement] = []
    for statement in body:
        if isinstance(statement, Compound):
            inside = _without(statement.body, dead)
            if inside:
                kept.append(replace(statement, body=inside))
        elif statement.out.buffer not in dead:
            kept.append(statement)
    return tuple(kept)
