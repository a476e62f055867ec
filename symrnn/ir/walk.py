"""Ways through a program: its statements, and what each of them reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symrnn.ir.nodes import (
    Block,
    Buffer,
    Call,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Role,
    Scalar,
    Statement,
)

Leaf = Gemm | Map | Reduce


@dataclass(frozen=True, slots=True)
class Site:
    """One statement that computes, and where it stands."""

    procedure: Procedure
    statement: Leaf
    in_loop: bool


def sites(program: Program) -> Iterator[Site]:
    """Yield every statement that computes, forward first, in the order of the text."""
    for procedure in (program.forward, program.backward):
        for statement, in_loop in _leaves(procedure.body, in_loop=False):
            yield Site(procedure, statement, in_loop)


def leaves(body: tuple[Statement, ...]) -> Iterator[Leaf]:
    """Yield every statement in `body` that computes, in the order of the text."""
    for statement, _ in _leaves(body, in_loop=False):
        yield statement


def _leaves(body: tuple[Statement, ...], in_loop: bool) -> Iterator[tuple[Leaf, bool]]:
    for statement in body:
        if isinstance(statement, Loop):
            yield from _leaves(statement.body, in_loop=True)
        elif isinstance(statement, Block):
            yield from _leaves(statement.body, in_loop)
        else:
            yield statement, in_loop


def loads(value: Scalar) -> Iterator[Load]:
    """Yield every load in a scalar, from left to right."""
    if isinstance(value, Load):
        yield value
    elif isinstance(value, Call):
        for argument in value.arguments:
            yield from loads(argument)


def calls(value: Scalar) -> Iterator[Call]:
    """Yield every call in a scalar, outermost first."""
    if isinstance(value, Call):
        yield value
        for argument in value.arguments:
            yield from calls(argument)


def numbers(value: Scalar) -> Iterator[Number]:
    """Yield every literal in a scalar, from left to right."""
    if isinstance(value, Number):
        yield value
    elif isinstance(value, Call):
        for argument in value.arguments:
            yield from numbers(argument)


def operands(statement: Leaf) -> tuple[Ref, ...]:
    """Return what a statement reads, apart from the old contents of an accumulated `out`."""
    if isinstance(statement, Gemm):
        return statement.a, statement.b
    return tuple(load.ref for load in loads(statement.value))


def references(statement: Leaf) -> tuple[Ref, ...]:
    """Return every reference of a statement, `out` first."""
    return statement.out, *operands(statement)


def touched(procedure: Procedure) -> frozenset[str]:
    """Return the names of the buffers that a procedure reads or writes."""
    return frozenset(ref.buffer for statement in leaves(procedure.body) for ref in references(statement))


def written(procedure: Procedure) -> frozenset[str]:
    """Return the names of the buffers that a procedure writes."""
    return frozenset(statement.out.buffer for statement in leaves(procedure.body))


def arguments_read(program: Program, procedure: Procedure) -> tuple[Buffer, ...]:
    """Return the arguments that a procedure only reads, in the order of the buffers."""
    results = written(procedure)
    return tuple(b for b in program.buffers if b.name in procedure.arguments and b.name not in results)


def arguments_written(program: Program, procedure: Procedure) -> tuple[Buffer, ...]:
    """Return the arguments that a procedure writes, in the order of the buffers."""
    results = written(procedure)
    return tuple(b for b in program.buffers if b.name in procedure.arguments and b.name in results)


def workspace(program: Program, procedure: Procedure) -> tuple[Buffer, ...]:
    """Return the workspace that a procedure uses, in the order of the buffers."""
    names = touched(procedure)
    return tuple(b for b in program.having(Role.WORK) if b.name in names)
