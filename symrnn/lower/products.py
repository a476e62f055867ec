"""Matrix products as statements: what meets at a single row and column is multiplied, everything else is summed.

u vᵀ  at (b, r, c)      u[b, r] · v[b, c]
W v                     Gemm for a parameter matrix:           (B, n) = (B, m) (n, m)ᵀ
C v                     Reduce for a matrix of each sequence:  Σ_c C[b, r, c] v[b, c]
uᵀ v                    Reduce:                                Σ_r u[b, r] v[b, r]
tr(A B)                 Reduce:                                Σ_rc A[b, r, c] B[b, c, r]
diag(u) X, X diag(u)    u[b, r] · X,  X · u[b, c]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sympy import Expr

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Diag,
    Eye,
    Had,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.errors import RuleError
from symrnn.ir.nodes import Call, Gemm, Number, Reduce, Ref, Scalar, Statement
from symrnn.lower.frames import Frame, frame_of, load, moves
from symrnn.lower.memory import Memory, as_size


class Writer(Protocol):
    """What a product needs of the writer of statements: see `statements.Writer`."""

    memory: Memory
    statements: list[Statement]

    def assign(self, out: Ref, expr: Node, accumulate: bool = False, batch: bool | None = None) -> None:
        """Write out = expr or out += expr."""

    def materialise(self, expr: Node) -> Ref:
        """Return the rows (B, n) of a column."""

    def vector(self, expr: Node) -> Ref:
        """Return a column that belongs to no sequence."""

    def place(self, expr: Node) -> Ref | None:
        """Return where something is stored, if it is."""

    def stored(self, expr: Node, value: Callable[[Frame], Scalar]) -> Node:
        """Compute a part of a product once."""

    def scalar(self, expr: Node, frame: Frame, flip: bool = False) -> Scalar:
        """Return an expression as the value at one element of a frame."""

    def scaled(self, factor: Expr, value: Scalar) -> Scalar:
        """Return a multiple of a value."""


def stored_matrix(factor: Node) -> Leaf | None:
    """Return the parameter matrix that a factor is, or is the transpose of; None for anything else."""
    plain = factor.args[0] if isinstance(factor, Transpose) else factor
    return plain if isinstance(plain, Leaf) and plain.time is None and not plain.is_column else None


def turned(expr: Node) -> Node:
    """Return the transpose, with the transposes moved down to the leaves: a row becomes an expression over columns."""
    if isinstance(expr, Ones | Zeros):
        return type(expr)(*reversed(expr.shape))
    if isinstance(expr, Mul):
        return Mul(*map(turned, reversed(expr.args)))
    if isinstance(expr, Multiple):
        return Multiple(expr.scalar, turned(expr.body))
    if isinstance(expr, Add | Had | Quotient | Scale | Power | Apply):
        return expr.func(*(turned(arg) if isinstance(arg, Node) else arg for arg in expr.args))
    return expr if isinstance(expr, Diag | Eye) or expr.is_scalar_shape else expr.T


def times(left: Scalar, right: Scalar) -> Scalar:
    """Return the product of two values, without a factor one."""
    if left == Number(1):
        return right
    return left if right == Number(1) else Call("mul", (left, right))


def split(factors: tuple[Node, ...]) -> int | None:
    """Return the place where a product falls into a column and a row, if it does."""
    for place in range(1, len(factors)):
        if factors[place].shape[0] == 1:
            return place
    return None


def product(writer: Writer, factors: tuple[Node, ...], frame: Frame, flip: bool) -> Scalar:
    """Return a product of matrices in a frame, rows along "r" and columns along "c", or the other way round.

    Raises:
        RuleError: if two matrices of a sequence meet, for which there is no statement.
    """
    if len(factors) == 1:
        return writer.scalar(factors[0], frame, flip)
    place = split(factors)
    if place is not None:
        left, right = product(writer, factors[:place], frame, flip), product(writer, factors[place:], frame, flip)
        return times(left, right)
    first, last = factors[0], factors[-1]
    if isinstance(first, Diag | Eye) and not factors[1].is_column:
        rest = product(writer, factors[1:], frame, flip)
        return rest if isinstance(first, Eye) else times(writer.scalar(first.args[0], frame, flip), rest)
    if isinstance(last, Diag | Eye):
        rest = product(writer, factors[:-1], frame, flip)
        return rest if isinstance(last, Eye) else times(rest, writer.scalar(last.args[0], frame, not flip))
    if last.shape[1] == 1:
        return _column(writer, factors, frame, flip)
    if first.shape[0] == 1:
        return _column(writer, tuple(turned(factor) for factor in reversed(factors)), frame, not flip)
    return _matrices(writer, factors, frame, flip)


def _column(writer: Writer, factors: tuple[Node, ...], frame: Frame, flip: bool) -> Scalar:
    """Multiply a column from the left by factor after factor; the result is read in a frame."""
    *before, column = factors
    for factor in reversed(before[1:]):
        column = _applied(writer, factor, column)
    return _last_applied(writer, before[0], column, frame, flip)


def _applied(writer: Writer, factor: Node, column: Node) -> Node:
    """Return factor · column as something that is stored."""
    expr = Mul(factor, column)
    return writer.stored(expr, lambda inner: _last_applied(writer, factor, column, inner, False))


def _last_applied(writer: Writer, factor: Node, column: Node, frame: Frame, flip: bool) -> Scalar:
    if isinstance(factor, Add):
        total, *parts = (_last_applied(writer, term, column, frame, flip) for term in factor.args)
        for part in parts:
            total = Call("add", (total, part))
        return total
    if isinstance(factor, Scale):
        return writer.scaled(factor.factor, _last_applied(writer, factor.body, column, frame, flip))
    if isinstance(factor, Multiple):
        inner = _last_applied(writer, factor.body, column, frame, flip)
        return times(writer.scalar(factor.scalar, frame, flip), inner)
    if isinstance(factor, Mul):
        return product(writer, (*factor.args, column), frame, flip)
    if isinstance(factor, Transpose) and isinstance(factor.args[0], Mul | Add | Multiple):
        return _last_applied(writer, turned(factor.args[0]), column, frame, flip)
    if isinstance(factor, Diag):
        return times(writer.scalar(factor.args[0], frame, flip), writer.scalar(column, frame, flip))
    if isinstance(factor, Eye):
        return writer.scalar(column, frame, flip)
    batch = moves(factor) or moves(column)
    if stored_matrix(factor) is not None and not isinstance(column, Ones):
        out = gemm(writer, factor, column)
        rows = frame_of((factor.shape[0], column.shape[1]), batch)
        return load(out, writer.memory.shape(out), rows.letters, frame, flip)
    row = factor.shape[0] == 1
    out = inner_product(writer, turned(factor), column, batch) if row else _summed(writer, factor, column, batch)
    letters = ("b" if batch else "") + ("" if row else "r")
    return load(out, writer.memory.shape(out), letters, frame, flip)


def gemm(writer: Writer, factor: Node, column: Node, out: Ref | None = None, accumulate: bool = False) -> Ref:
    """Write W v or Wᵀ v for a parameter matrix, rows of a batch, into `out` or into workspace; return where it is."""
    matrix = stored_matrix(factor)
    assert matrix is not None
    operand = writer.materialise(column) if out is not None or moves(column) else writer.vector(column)
    if out is None:
        frame = frame_of((factor.shape[0], column.shape[1]), moves(column))
        out = writer.memory.work("scratch", *frame.domain)
    writer.statements.append(
        Gemm(out, operand, writer.memory.find(matrix), trans_b=factor is matrix, accumulate=accumulate)
    )
    return out


def inner_product(writer: Writer, left: Node, right: Node, batch: bool) -> Ref:
    """Write uᵀ v of two columns; return where the number of each sequence is."""
    frame = frame_of(left.shape, batch)
    value = times(writer.scalar(left, frame), writer.scalar(right, frame))
    return _reduced(writer, "inner", value, frame, "r")


def _summed(writer: Writer, matrix: Node, column: Node, batch: bool) -> Ref:
    """Write C v with one matrix for each sequence; return where it is."""
    frame = frame_of(matrix.shape, batch)
    value = times(writer.scalar(matrix, frame), writer.scalar(column, frame, True))
    return _reduced(writer, "scratch", value, frame, "c")


def _reduced(writer: Writer, name: str, value: Scalar, frame: Frame, over: str) -> Ref:
    out = writer.memory.work(name, *frame.without(over).domain)
    places = tuple(place for letter in over if (place := frame.place(letter)) is not None)
    writer.statements.append(Reduce(out, value, frame.domain, places))
    return out


def _matrices(writer: Writer, factors: tuple[Node, ...], frame: Frame, flip: bool) -> Scalar:
    """Multiply two parameter matrices."""
    left, right = factors[0], Mul(*factors[1:])
    if moves(left) or moves(right):
        raise RuleError(
            f"no lowering for {Mul(*factors)!r}: a product of two matrices that vary from step to step, or of one with a "
            f"parameter matrix; multiply column by column instead, as in C @ (D @ v)"
        )
    out = writer.memory.work("scratch", as_size(left.shape[0]), as_size(right.shape[1]))
    matrix_product(writer, left, right, out, False)
    return load(out, writer.memory.shape(out), "rc", frame, flip)


def matrix_product(writer: Writer, left: Node, right: Node, out: Ref, accumulate: bool) -> None:
    """Write out = A B of matrices that belong to no sequence."""
    (a, trans_a), (b, trans_b) = (_operand(writer, side) for side in (left, right))
    writer.statements.append(Gemm(out, a, b, trans_a, trans_b, accumulate))


def _operand(writer: Writer, side: Node) -> tuple[Ref, bool]:
    plain = side.args[0] if isinstance(side, Transpose) else side
    place = writer.place(plain)
    if place is not None:
        return place, plain is not side
    out = writer.memory.work("scratch", as_size(side.shape[0]), as_size(side.shape[1]))
    writer.assign(out, side)
    return out, False


def trace(writer: Writer, expr: Trace, frame: Frame) -> Scalar:
    """Return a trace of a product, of which every sequence has one number."""
    body = expr.args[0]
    if isinstance(body, Add):
        total, *parts = (trace(writer, Trace(term), frame) for term in body.args)
        for part in parts:
            total = Call("add", (total, part))
        return total
    if isinstance(body, Scale):
        return writer.scaled(body.factor, trace(writer, Trace(body.body), frame))
    if isinstance(body, Multiple):
        return times(writer.scalar(body.scalar, frame), trace(writer, Trace(body.body), frame))
    if isinstance(body, Transpose):
        return trace(writer, Trace(turned(body.args[0])), frame)
    if not isinstance(body, Mul):
        raise RuleError(f"no lowering for {expr!r}: only the trace of a product of matrices can be computed")
    place = split(body.args)
    if place is not None:  # tr(u vᵀ) = vᵀ u
        return product(writer, (*body.args[place:], *body.args[:place]), frame, False)
    left, right = body.args[0], Mul(*body.args[1:])
    batch = moves(body)
    inner = frame_of(left.shape, batch)
    value = times(writer.scalar(left, inner), writer.scalar(right, inner, True))
    out = _reduced(writer, "inner", value, inner, "rc")
    return load(out, writer.memory.shape(out), "b" if batch else "", frame)
