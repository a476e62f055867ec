"""Arithmetic of what a formula stands for: matrices and plain numbers, with the operation that the shapes settle.

    a b, a · b     the matrix product if columns meet rows; else a multiple, if one side is a number; else, for equal shapes, the
                   elementwise product, which is noted
    a ⊙ b          the elementwise product of equal shapes; a number spreads
    a + b          equal shapes; a number spreads: 1 − h∘h

Nothing here knows names or steps. A shape that does not fit is a `ShapeError` that names both sides.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import AtomicExpr, Basic, Expr, Integer, S, Symbol, expand

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Eye,
    Had,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Transpose,
    shape_text,
)
from symrnn.claims.trees import NotUnderstood
from symrnn.errors import ShapeError

Value = Any  # Node | Expr; SymPy has no types, so that a union with Expr is none

ELEMENTWISE = "the juxtaposed factors have equal shapes: read as an elementwise product"


MOST_DIGITS = 3000  # of a power of numbers
UNIT = Symbol("identity", commutative=True)  # the identity matrix of whatever size it meets


class Entry(AtomicExpr):
    """The entry of a matrix of one entry, as a plain number: α in α I, as long as the size of I is open."""

    is_commutative = True

    def __new__(cls, node: Node) -> Any:  # noqa: D102
        return Basic.__new__(cls, node)


def is_number(value: Value) -> bool:
    """Return whether a value is a plain number, without a shape."""
    return not isinstance(value, Node)


def shape(value: Value) -> tuple[Expr, Expr]:
    """Return the shape; of a plain number (1, 1)."""
    return value.shape if isinstance(value, Node) else (S.One, S.One)


def as_node(value: Value, like: tuple[Expr, Expr] = (S.One, S.One)) -> Node:
    """Return a value as a matrix; a number fills the shape it meets."""
    if isinstance(value, Node):
        return value
    if value.has(UNIT):
        factor = expand(value).coeff(UNIT)
        if like[0] != like[1] or expand(value - factor * UNIT) != 0:
            raise ShapeError(f"the identity meets something that is {shape_text(like)}")
        return scaled(factor, Eye(like[0]))
    return Scale(value, Ones(*like))


def scaled(factor: Expr, body: Node) -> Node:
    """Return a matrix times a plain number, in which matrices of one entry may occur."""
    if not factor.has(Entry):
        return Scale(factor, body)
    found: list[Node] = []
    for term in sympy.Add.make_args(expand(factor)):
        number, node = S.One, body
        for one in reversed(sympy.Mul.make_args(term)):
            base, exponent = one.as_base_exp()
            if not isinstance(base, Entry):
                number = number * one
                continue
            if not (exponent.is_Integer and exponent > 0):
                raise ShapeError(
                    f"nothing is divided by {base.args[0]!r} beside an identity; write diag of a column instead"
                )
            for _ in range(int(exponent)):
                node = Multiple(base.args[0], node)
        found.append(Scale(number, node))
    return found[0] if len(found) == 1 else Add(*found)


def is_scalar(value: Value) -> bool:
    """Return whether a value is a number or a matrix of one entry."""
    return is_number(value) or value.is_scalar_shape


def times(left: Value, right: Value, notes: list[str] | None) -> Value:
    """Return a product by juxtaposition or a dot; without notes, by a sign that can only be a matrix product."""
    if is_number(left) or is_number(right):
        return _multiple(left, right)
    if left.shape[1] == right.shape[0]:
        return Mul(left, right)
    if left.is_scalar_shape:
        return Multiple(left, right)
    if right.is_scalar_shape:
        return Multiple(right, left)
    if left.shape == right.shape and notes is not None and not _are_turned(left, right):
        notes.append(ELEMENTWISE)
        return Had(left, right)
    raise ShapeError(f"{left!r} is {shape_text(left.shape)} and {right!r} is {shape_text(right.shape)}: no product")


def _are_turned(left: Node, right: Node) -> bool:
    """Return whether two rows stand beside each other of which one was turned into a row: an outer product was meant."""
    return left.shape[0] == 1 and (left.has(Transpose) or right.has(Transpose))


def _multiple(left: Value, right: Value) -> Value:
    number, other = (left, right) if is_number(left) else (right, left)
    if is_number(other):
        return left * right
    if number.has(UNIT) and other.is_scalar_shape:
        return number * Entry(other)
    return scaled(number.xreplace({UNIT: S.One}), other)


def elementwise(left: Value, right: Value) -> Value:
    """Return an elementwise product."""
    if is_number(left) and left.has(UNIT) and isinstance(right, Node):
        left = as_node(left, right.shape)
    if is_number(right) and right.has(UNIT) and isinstance(left, Node):
        right = as_node(right, left.shape)
    if is_number(left) or is_number(right):
        return _multiple(left, right)
    if left.shape == right.shape:
        return Had(left, right)
    if left.is_scalar_shape:
        return Multiple(left, right)
    if right.is_scalar_shape:
        return Multiple(right, left)
    raise ShapeError(
        f"an elementwise product needs equal shapes: {left!r} is {shape_text(left.shape)}, {right!r} is {shape_text(right.shape)}"
    )


def over(above: Value, below: Value) -> Value:
    """Return a quotient: entry by entry, or by one number."""
    if is_number(below):
        return Scale(1 / below, above) if isinstance(above, Node) else above / below
    if is_number(above):
        return Quotient(as_node(above, below.shape), below)
    if below.is_scalar_shape and not above.is_scalar_shape:
        return Multiple(Quotient(Ones(1, 1), below), above)
    if above.is_scalar_shape and not below.is_scalar_shape:
        return Multiple(above, Quotient(Ones(*below.shape), below))
    return Quotient(above, below)


def total(terms: list[Value]) -> Value:
    """Return a sum; numbers and matrices of one entry take the shape of what they are added to."""
    nodes = [term for term in terms if isinstance(term, Node)]
    if not nodes:
        return sum(terms, Integer(0))
    wide = next((node for node in nodes if not node.is_scalar_shape), nodes[0])
    return Add(*(_spread(term, wide) for term in terms))


def _spread(term: Value, like: Node) -> Node:
    node = as_node(term, like.shape)
    if node.is_scalar_shape and not like.is_scalar_shape:
        return Multiple(node, Ones(*like.shape))
    return node


def negative(value: Value) -> Value:
    """Return −value."""
    return Scale(-1, value) if isinstance(value, Node) else -value


def power(value: Value, exponent: Expr) -> Value:
    """Return an elementwise power; of a square matrix that is no number it is refused, since it could mean a product."""
    if is_number(value):
        if value.is_Rational and exponent.is_Rational:
            digits = len(str(max(abs(value.p), value.q))) * abs(exponent)
            if digits > MOST_DIGITS:
                raise NotUnderstood(f"a power of more than {MOST_DIGITS} digits is not computed")
        return value**exponent
    if exponent == S.Half:
        return Apply("sqrt", value)
    if value.shape[0] == value.shape[1] and not value.is_scalar_shape:
        raise NotUnderstood(
            f"{value!r} is a square matrix: a power of it could be of its entries or of the matrix; write which"
        )
    return Power(value, exponent)
