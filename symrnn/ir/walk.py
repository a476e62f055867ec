"""Ways through a program: its statements, and what each of them reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from symrnn.ir.buffers import BEGIN, END, NUMBER, Buffer, Role, Size, size
from symrnn.ir.nodes import (
    At,
    Call,
    Chunks,
    Compound,
    Extent,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Scalar,
    Span,
    Statement,
    Stretch,
    When,
    Windows,
)

Leaf = Gemm | Map | Reduce


@dataclass(frozen=True, slots=True)
class Site:
    """One statement that computes, and what it stands in, outermost first."""

    procedure: Procedure
    statement: Leaf
    inside: tuple[Compound, ...]

    @property
    def loop(self) -> Loop | Stretch | None:
        """The loop or the stretch of steps that it stands in: t is defined there."""
        return next((one for one in self.inside if isinstance(one, Loop | Stretch)), None)

    @property
    def length(self) -> str:
        """The size that counts the steps t, where t is defined; else nothing."""
        if self.loop is None:
            return ""
        return next((one.length for one in self.inside if isinstance(one, Loop | Windows | Chunks)), "")


def sites(program: Program) -> Iterator[Site]:
    """Yield every statement that computes, forward first, in the order of the text."""
    for procedure in (program.forward, program.backward):
        for statement, inside in _leaves(procedure.body, ()):
            yield Site(procedure, statement, inside)


def leaves(body: tuple[Statement, ...]) -> Iterator[Leaf]:
    """Yield every statement in `body` that computes, in the order of the text."""
    for statement, _ in _leaves(body, ()):
        yield statement


def _leaves(body: tuple[Statement, ...], inside: tuple[Compound, ...]) -> Iterator[tuple[Leaf, tuple[Compound, ...]]]:
    for statement in body:
        if isinstance(statement, Compound):
            yield from _leaves(statement.body, (*inside, statement))
        else:
            yield statement, inside


def compounds(body: tuple[Statement, ...]) -> Iterator[Compound]:
    """Yield every statement in `body` that has a body of its own, in the order of the text."""
    for statement in body:
        if isinstance(statement, Compound):
            yield statement
            yield from compounds(statement.body)


def loads(value: Scalar) -> Iterator[Load]:
    """Yield every load in a scalar, from left to right."""
    return _parts(value, Load)


def calls(value: Scalar) -> Iterator[Call]:
    """Yield every call in a scalar, outermost first."""
    return _parts(value, Call)


def numbers(value: Scalar) -> Iterator[Number]:
    """Yield every literal in a scalar, from left to right."""
    return _parts(value, Number)


def extents(value: Scalar) -> Iterator[Extent]:
    """Yield every size that stands in a scalar as a number, from left to right."""
    return _parts(value, Extent)


def _parts(value: Scalar, kind: type[Any]) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    if isinstance(value, Call):
        for argument in value.arguments:
            yield from _parts(argument, kind)


def operands(statement: Leaf) -> tuple[Ref, ...]:
    """Return what a statement reads, apart from the old contents of an accumulated `out`."""
    if isinstance(statement, Gemm):
        return statement.a, statement.b
    return tuple(load.ref for load in loads(statement.value))


def references(statement: Leaf) -> tuple[Ref, ...]:
    """Return every reference of a statement, `out` first."""
    return statement.out, *operands(statement)


def is_copy(statement: Leaf) -> bool:
    """Return whether a statement copies a matrix as it is."""
    if not isinstance(statement, Map) or statement.accumulate:
        return False
    return isinstance(statement.value, Load) and statement.value.axes == (0, 1)


def sizes_mentioned(procedure: Procedure) -> Iterator[Size]:
    """Yield the sizes that the statements of a procedure mention, apart from the dimensions of buffers."""
    steps: list[At | Span | None] = []
    for compound in compounds(procedure.body):
        if isinstance(compound, Loop):
            yield size(compound.length)
        elif isinstance(compound, Chunks):
            yield from (size(compound.length), compound.rows, *((size(compound.count),) if compound.count else ()))
        elif isinstance(compound, Windows):
            yield from (size(compound.length), compound.every, compound.span)
        elif isinstance(compound, When):
            steps.append(compound.at)
    for statement in leaves(procedure.body):
        yield from (one for ref in references(statement) for one in (*(ref.columns or ()), *(ref.rows or ())))
        steps += [ref.at for ref in references(statement)]
        if not isinstance(statement, Gemm):
            yield from (one.size for one in extents(statement.value))
        if isinstance(statement, Reduce):
            yield from statement.domain
    yield from (size(at.length) for at in steps if isinstance(at, Span))
    known = ("", "t", BEGIN, END, NUMBER)
    yield from (size(at.base) for at in steps if isinstance(at, At) and at.base not in known)


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


def workspace(program: Program, procedure: Procedure, roles: tuple[Role, ...] = (Role.WORK,)) -> tuple[Buffer, ...]:
    """Return the workspace that a procedure uses, in the order of the buffers; with roles OWN also what is local."""
    names = touched(procedure)
    return tuple(b for b in program.having(*roles) if b.name in names)


def step_sizes(program: Program) -> tuple[str, ...]:
    """Return the sizes that count steps: the lengths of loops, and the first dimensions of buffers with steps."""
    bodies = (program.forward.body, program.backward.body)
    names = {one.length for body in bodies for one in compounds(body) if isinstance(one, Loop | Windows | Chunks)}
    names |= {name for b in program.buffers if b.steps and b.dims for name, _ in b.dims[0].terms}
    return tuple(name for name, _ in program.sizes if name in names)
