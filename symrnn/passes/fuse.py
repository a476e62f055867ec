"""Carry out elementwise work together, and keep what only it needs out of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symrnn.ir.buffers import Role
from symrnn.ir.dependence import accesses, conflict, covers
from symrnn.ir.elementwise import go_together
from symrnn.ir.nodes import Each, Gemm, Map, Program, Ref, Statement
from symrnn.ir.shapes import domain, same_dims
from symrnn.ir.walk import compounds, leaves, references
from symrnn.passes.splitting import Unit, blocks, in_each_loop, units


def fuse(program: Program) -> Program:
    """Make one loop over elements of Maps over the same domain; workspace that only it touches becomes local to an element.

        da = dh ∘ o[t]                                  for each element:
        dc = da ∘ (1 − a[t]²)                             da = dh ∘ o[t]                    (one number)
        dz[t] = dc ∘ g[t]                      →          dc = da ∘ (1 − a[t]²)             (one number)
        carry = dz[t] @ U                                 dz[t] = dc ∘ g[t]
        carry_c = dc ∘ f[t]                               carry_c = dc ∘ f[t]
                                                        carry = dz[t] @ U

    Valid when: what one Map writes the others load at the same element, or not at all; a Map that comes from further down
        depends on nothing between.
    Cost: nothing; every element is loaded once and what is local takes no memory.
    """
    return _localized(in_each_loop(program, lambda found: _fused(program, found)))


def _fused(program: Program, found: Sequence[Unit]) -> tuple[Statement, ...]:
    left, done = _products_first(found), list[Statement]()
    open_units: list[Unit] = []  # what is passed over, in order
    while left:
        first = left.pop(0)
        if not isinstance(first.statement, Map):
            open_units.append(first)
            continue
        done += blocks(open_units)
        open_units = []
        together, left = _gather(program, first, left)
        done += [Each(blocks(together))] if len(together) > 1 else blocks(together)
    return blocks(units((*done, *blocks(open_units))))


def _products_first(found: Sequence[Unit]) -> list[Unit]:
    """Return statements with every product as early as it can be, so that it does not stand between Maps."""
    done: list[Unit] = []
    for unit in found:
        place = len(done)
        while isinstance(unit.statement, Gemm) and place and not conflict(done[place - 1].statement, unit.statement):
            place -= 1
        while place < len(done) and isinstance(done[place].statement, Gemm):
            place += 1
        done.insert(place, unit)
    return done


def _gather(program: Program, first: Unit, others: Sequence[Unit]) -> tuple[list[Unit], list[Unit]]:
    """Return what can be carried out with a Map, and the rest in its order."""
    together, rest = [first], list[Unit]()
    assert isinstance(first.statement, Map)
    inside = domain(program, first.statement)
    for unit in others:
        statement = unit.statement
        fits = isinstance(statement, Map) and same_dims(domain(program, statement), inside)
        passes = not any(conflict(one.statement, statement) for one in rest)
        if fits and passes and all(go_together(program, one.statement, statement) for one in together):
            together.append(unit)
        else:
            rest.append(unit)
    return together, rest


def _localized(program: Program) -> Program:
    names = {
        name
        for procedure in (program.forward, program.backward)
        for each in compounds(procedure.body)
        if isinstance(each, Each)
        for name in _only_here(program, each)
    }
    buffers = tuple(replace(one, role=Role.LOCAL) if one.name in names else one for one in program.buffers)
    return replace(program, buffers=buffers)


def _only_here(program: Program, each: Each) -> frozenset[str]:
    """Return the workspace that an Each writes before it reads it, and that nothing else touches."""
    inside = [ref.buffer for leaf in leaves((each,)) for ref in references(leaf)]
    everywhere = [
        ref.buffer
        for procedure in (program.forward, program.backward)
        for leaf in leaves(procedure.body)
        for ref in references(leaf)
    ]
    names = {one.name for one in program.having(Role.WORK) if not one.steps and one.name in inside}
    names = {name for name in names if everywhere.count(name) == inside.count(name)}
    written: list[Ref] = []
    for leaf in leaves((each,)):
        for access in accesses(leaf):
            if (not access.writes or access.adds) and not covers(written, access.ref, program):
                names.discard(access.ref.buffer)
        written.append(leaf.out)
    return frozenset(names)
