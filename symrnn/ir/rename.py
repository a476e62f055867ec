"""Programs with something else in the place of their parts: names, references, loads, bodies. Nothing else changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

from symrnn.ir.nodes import At, Call, Compound, Gemm, Load, Procedure, Program, Ref, Scalar, Span, Statement

Put = Callable[[Ref], Ref]


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """Return the program with every buffer that is a key of `names` called by its value instead.

    The new names must not be taken: `validate` finds out.
    """

    def put(ref: Ref) -> Ref:
        return replace(ref, buffer=names.get(ref.buffer, ref.buffer))

    renamed = with_bodies(program, lambda procedure: tuple(exchange(one, put) for one in procedure.body))
    forward, backward = (
        replace(one, arguments=tuple(names.get(name, name) for name in one.arguments))
        for one in (renamed.forward, renamed.backward)
    )
    buffers = tuple(replace(buffer, name=names.get(buffer.name, buffer.name)) for buffer in program.buffers)
    return replace(renamed, buffers=buffers, forward=forward, backward=backward)


def with_bodies(program: Program, body: Callable[[Procedure], tuple[Statement, ...]]) -> Program:
    """Return the program in which each procedure has the body that `body` makes of it."""
    forward, backward = (replace(one, body=body(one)) for one in (program.forward, program.backward))
    return replace(program, forward=forward, backward=backward)


def free_name(program: Program, wanted: str) -> str:
    """Return a name that no buffer or size has: the one that is wanted, or it with the first number that makes it free."""
    taken = {one.name for one in program.buffers} | {name for name, _ in program.sizes}
    candidates = itertools.chain([wanted], (f"{wanted}_{k}" for k in itertools.count(2)))
    return next(one for one in candidates if one not in taken)


def exchange(statement: Statement, put: Put) -> Statement:
    """Return a statement with `put(ref)` in the place of every reference."""
    if isinstance(statement, Compound):
        return replace(statement, body=tuple(exchange(one, put) for one in statement.body))
    out = put(statement.out)
    if isinstance(statement, Gemm):
        return replace(statement, out=out, a=put(statement.a), b=put(statement.b))
    return replace(statement, out=out, value=exchanged(statement.value, lambda load: replace(load, ref=put(load.ref))))


def exchanged(value: Scalar, put: Callable[[Load], Scalar]) -> Scalar:
    """Return a scalar with `put(load)` in the place of every load."""
    if isinstance(value, Load):
        return put(value)
    if isinstance(value, Call):
        return replace(value, arguments=tuple(exchanged(argument, put) for argument in value.arguments))
    return value


def all_steps(ref: Ref, length: str) -> Ref:
    """Return what a reference reaches in all steps of a loop."""
    return replace(ref, at=Span(length, ref.at.offset)) if isinstance(ref.at, At) else ref
