"""Other references in a program: other names for its buffers, or anything else in their place. Nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from symrnn.ir.nodes import Call, Compound, Gemm, Load, Procedure, Program, Ref, Scalar, Statement

Put = Callable[[Ref], Ref]


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """Return the program with every buffer that is a key of `names` called by its value instead.

    The new names must not be taken: `validate` finds out.
    """

    def put(ref: Ref) -> Ref:
        return replace(ref, buffer=names.get(ref.buffer, ref.buffer))

    def named(procedure: Procedure) -> Procedure:
        arguments = tuple(names.get(name, name) for name in procedure.arguments)
        return replace(procedure, arguments=arguments, body=tuple(exchange(one, put) for one in procedure.body))

    return replace(
        program,
        buffers=tuple(replace(buffer, name=names.get(buffer.name, buffer.name)) for buffer in program.buffers),
        forward=named(program.forward),
        backward=named(program.backward),
    )


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
