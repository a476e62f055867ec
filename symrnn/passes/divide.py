"""Divide the work among threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symrnn.ir.dependence import follow
from symrnn.ir.nodes import Chunks, Program, Share, Statement
from symrnn.ir.parts import meeting
from symrnn.ir.rename import with_bodies
from symrnn.passes.splitting import Unit, blocks, units


def divide(program: Program) -> Program:
    """Let every thread carry out its own rows of as much as possible before it waits for the others.

        for chunks:                                        for chunks:
          for t down through the chunk:                      every thread, its own rows:      (sequences)
            dz[t] = …                                          for t down through the chunk:
            carry = dz[t] @ U                                    dz[t] = …
          dW += dz[chunk]ᵀ @ x[chunk]               →            carry = dz[t] @ U
          dx[chunk] = dz[chunk] @ W                            dx[chunk] = dz[chunk] @ W
                                                             every thread, its own rows:      (of dW)
                                                               dW += dz[chunk]ᵀ @ x[chunk]

    Valid when: what a thread writes of the results that are shared at a time no other thread reads or writes; a statement that
        comes from further down depends on nothing that it passes.
    Cost: the threads wait for each other once for each Share and for what one of them does alone. A recurrence is divided by
        sequences for all of its steps, so nobody waits in a step; a thread without sequences waits.
    """
    return with_bodies(program, lambda procedure: tuple(_divided(program, procedure.body)))


def _divided(program: Program, body: tuple[Statement, ...]) -> Iterator[Statement]:
    left = list(units(body))
    share = True
    while left:
        taken = _ready(program, left, share)
        left = [unit for unit in left if not any(unit is one for one in taken)]
        if not share:
            yield from (_inside(program, one) for one in blocks(taken))
        elif taken:
            yield Share(blocks(taken))
        share = not share


def _ready(program: Program, left: Sequence[Unit], share: bool) -> list[Unit]:
    """Return what can be carried out now, because it depends on nothing that is left: all that threads can share, or the rest."""
    taken: list[Unit] = []
    passed: list[Unit] = []
    for unit in left:
        body = [one.statement for one in taken] + [unit.statement]
        free = not any(follow(one.statement, unit.statement) for one in passed)
        fits = meeting(program, body) is None if share else _is_alone(program, unit)
        (taken if free and fits else passed).append(unit)
    return taken


def _is_alone(program: Program, unit: Unit) -> bool:
    return meeting(program, [unit.statement]) is not None


def _inside(program: Program, statement: Statement) -> Statement:
    """Return chunks, of which threads share what they can, or another statement as it is."""
    return (
        replace(statement, body=tuple(_divided(program, statement.body)))
        if isinstance(statement, Chunks)
        else statement
    )
