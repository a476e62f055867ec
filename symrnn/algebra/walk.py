"""Ways through an expression: the leaves that it reads, and whether something occurs in it."""

from __future__ import annotations

from sympy import Basic

from symrnn.algebra.nodes import Leaf, Node, OfLeaf


def leaves(expr: Basic) -> tuple[Leaf, ...]:
    """Return the leaves that are read by an expression, in order of first appearance; D, Bar and Jac are not entered."""
    found: dict[Leaf, None] = {}
    _collect(expr, found)
    return tuple(found)


def _collect(expr: Basic, found: dict[Leaf, None]) -> None:
    if isinstance(expr, Leaf):
        found.setdefault(expr)
    elif isinstance(expr, Node) and not isinstance(expr, OfLeaf):
        for arg in expr.args:
            _collect(arg, found)


def contains(expr: Basic, part: Basic) -> bool:
    """Return whether `part` occurs in `expr`."""
    return expr == part or any(contains(arg, part) for arg in expr.args)
