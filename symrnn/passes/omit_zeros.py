"""Begin a sum with its first term instead of with zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symrnn.ir.dependence import accesses, are_apart
from symrnn.ir.nodes import Compound, Map, Number, Program, Statement
from symrnn.ir.rename import with_bodies
from symrnn.passes.splitting import Unit, blocks, units


def omit_zeros(program: Program) -> Program:
    """Leave out a zero to which the next statement that touches it adds.

        dW = 0
        dW += dz[0 : T]ᵀ @ x[0 : T]      →      dW = dz[0 : T]ᵀ @ x[0 : T]

    Valid when: that statement stands in no loop and adds to all of what is zero.
    Cost: nothing.
    """
    return with_bodies(program, lambda procedure: blocks(_omitted(units(procedure.body))))


def _omitted(found: Sequence[Unit]) -> list[Unit]:
    left = list(found)
    for number in reversed(range(len(left))):
        zero = left[number].statement
        if not isinstance(zero, Map) or zero.accumulate or zero.value != Number(0):
            continue
        place = _next(left, number, zero)
        if place is not None:
            adding = left[place].statement
            assert not isinstance(adding, Compound)
            left[place] = replace(left[place], statement=replace(adding, accumulate=False))
            del left[number]
    return left


def _next(found: Sequence[Unit], number: int, zero: Map) -> int | None:
    for place in range(number + 1, len(found)):
        statement: Statement = found[place].statement
        touches = [one for one in accesses(statement) if not are_apart(one.ref, zero.out)]
        if touches:
            adds = len(touches) == 1 and touches[0].adds and touches[0].ref == zero.out
            return place if adds and not isinstance(statement, Compound) else None
    return None
