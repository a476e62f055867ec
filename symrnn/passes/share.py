"""Compute once what two gradients have in common."""

from __future__ import annotations

from dataclasses import replace

from symrnn.ir.buffers import Role
from symrnn.ir.nodes import Block, Compound, Load, Map, Procedure, Program, Ref, Statement, full
from symrnn.ir.rename import exchange
from symrnn.ir.shapes import same_dims
from symrnn.ir.walk import leaves, operands


def share(program: Program) -> Program:
    """Copy a gradient whose every statement is that of another gradient.

        db_i += sum over rows of dz              db_i += sum over rows of dz
        db_h += sum over rows of dz      →       db_h = db_i                        (once, at the end)

    Valid when: the same statements write both, in the same places, and nothing reads either.
    Cost: nothing; a sum over all steps less. Two biases that are added have the same gradient.
    """
    procedure = program.backward
    copies: list[Statement] = []
    gradients = list(program.having(Role.GRADIENT))
    for number, later in enumerate(gradients):
        for first in gradients[:number]:
            alike = first.steps == later.steps is False and same_dims(first.dims, later.dims)
            if alike and _same(procedure, first.name, later.name):
                procedure = replace(procedure, body=_without(procedure.body, later.name))
                copies.append(Map(Ref(later.name), Load(Ref(first.name), full(len(later.dims)))))
                break
    return replace(program, backward=replace(procedure, body=(*procedure.body, *copies)))


def _same(procedure: Procedure, first: str, later: str) -> bool:
    if any(ref.buffer in (first, later) for leaf in leaves(procedure.body) for ref in operands(leaf)):
        return False

    def put(ref: Ref) -> Ref:
        return replace(ref, buffer=first) if ref.buffer == later else ref

    mine = _of(procedure.body, first)
    return bool(mine) and mine == [(at, exchange(one, put)) for at, one in _of(procedure.body, later)]


def _of(body: tuple[Statement, ...], name: str, at: tuple[int, ...] = ()) -> list[tuple[tuple[int, ...], Statement]]:
    """Return the statements that write a buffer, each with the numbers of the loops that it stands in."""
    found: list[tuple[tuple[int, ...], Statement]] = []
    for number, statement in enumerate(body):
        if isinstance(statement, Compound):
            found += _of(statement.body, name, at if isinstance(statement, Block) else (*at, number))
        elif statement.out.buffer == name:
            found.append((at, statement))
    return found


def _without(body: tuple[Statement, ...], name: str) -> tuple[Statement, ...]:
    kept: list[Statement] = []
    for statement in body:
        if isinstance(statement, Compound):
            inside = _without(statement.body, name)
            kept += [replace(statement, body=inside)] if inside else []
        elif statement.out.buffer != name:
            kept.append(statement)
    return tuple(kept)
