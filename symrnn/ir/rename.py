"""Other names for the buffers of a program; nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symrnn.ir.nodes import Call, Compound, Gemm, Load, Procedure, Program, Ref, Scalar, Statement


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """Return the program with every buffer that is a key of `names` called by its value instead.

    The new names must not be taken: `validate` finds out.
    """
    return replace(
        program,
        buffers=tuple(replace(buffer, name=names.get(buffer.name, buffer.name)) for buffer in program.buffers),
        forward=_procedure(program.forward, names),
        backward=_procedure(program.backward, names),
    )


def _procedure(procedure: Procedure, names: Mapping[str, str]) -> Procedure:
    arguments = tuple(names.get(name, name) for name in procedure.arguments)
    return replace(procedure, arguments=arguments, body=_body(procedure.body, names))


def _body(body: tuple[Statement, ...], names: Mapping[str, str]) -> tuple[Statement, ...]:
    return tuple(_statement(statement, names) for statement in body)


def _statement(statement: Statement, names: Mapping[str, str]) -> Statement:
    if isinstance(statement, Compound):
        return replace(statement, body=_body(statement.body, names))
    out = _ref(statement.out, names)
    if isinstance(statement, Gemm):
        return replace(statement, out=out, a=_ref(statement.a, names), b=_ref(statement.b, names))
    return replace(statement, out=out, value=_scalar(statement.value, names))


def _scalar(value: Scalar, names: Mapping[str, str]) -> Scalar:
    if isinstance(value, Load):
        return replace(value, ref=_ref(value.ref, names))
    if isinstance(value, Call):
        return replace(value, arguments=tuple(_scalar(argument, names) for argument in value.arguments))
    return value


def _ref(ref: Ref, names: Mapping[str, str]) -> Ref:
    return replace(ref, buffer=names.get(ref.buffer, ref.buffer))
