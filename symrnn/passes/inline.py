"""Put what is added to a value into the one statement that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symrnn.ir.dependence import accesses, are_apart, conflict, meet
from symrnn.ir.nodes import Call, Compound, Load, Map, Program, Scalar, Statement, full
from symrnn.ir.rename import exchanged
from symrnn.ir.shapes import dims
from symrnn.ir.walk import loads
from symrnn.passes.splitting import Unit, blocks, in_each_loop


def inline(program: Program) -> Program:
    """Let the statement that overwrites a value add what the one before added to it.

        z[t] += row(b)
        z[t] = sigmoid(z[t])           →        z[t] = sigmoid(z[t] + row(b))

    Valid when: nothing between the two reads or writes the value, but to add to it, or writes what is added; the value is
        read once.
    Cost: nothing; the value goes through memory once less.
    """
    return in_each_loop(program, lambda found: blocks(_inlined(program, found)))


def _inlined(program: Program, found: Sequence[Unit]) -> list[Unit]:
    left = list(found)
    for number in reversed(range(len(left))):
        target = _target(program, [unit.statement for unit in left], number)
        if target is not None:
            place, statement = target
            left[place] = replace(left[place], statement=statement)
            del left[number]
    return left


def _target(program: Program, body: Sequence[Statement], number: int) -> tuple[int, Map] | None:
    """Return the statement that reads what a Map adds, and what it is with that inside."""
    added = body[number]
    if not isinstance(added, Map) or not added.accumulate:
        return None
    for place in range(number + 1, len(body)):
        statement = body[place]
        if isinstance(statement, Map) and statement.out == added.out:
            return (place, new) if (new := _with(program, statement, added)) is not None else None
        if not _passes(statement, added):
            return None
    return None


def _passes(statement: Statement, added: Map) -> bool:
    """Return whether what is added may as well be added after a statement."""
    touches = [one for one in accesses(statement) if meet(one.ref, added.out)]
    return all(one.adds for one in touches) and not isinstance(statement, Compound) and not conflict(statement, added)


def _with(program: Program, statement: Map, added: Map) -> Map | None:
    if statement.accumulate:
        return replace(statement, value=Call("add", (added.value, statement.value)))
    whole = full(len(dims(program, added.out)))
    found = [load for load in loads(statement.value) if not are_apart(load.ref, added.out)]
    if len(found) != 1 or found[0] != Load(added.out, whole):
        return None

    def put(load: Load) -> Scalar:
        return Call("add", (load, added.value)) if load == found[0] else load

    return replace(statement, value=exchanged(statement.value, put))
