"""Ways through an expression: the parts of a kind, a function applied to every child, and whether something occurs in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sympy import Basic

from symrnn.algebra.nodes import Leaf, Node, OfLeaf


def parts(expr: Any, kinds: Any, shut: Any = ()) -> Iterator[Any]:
    """Yield the parts of an expression that are of one of the kinds, from left to right; they and what is shut are not entered."""
    if isinstance(expr, kinds):
        yield expr
    elif isinstance(expr, Node) and not isinstance(expr, shut):
        for arg in expr.args:
            yield from parts(arg, kinds, shut)


def leaves(expr: Basic) -> tuple[Leaf, ...]:
    """Return the leaves that are read by an expression, in order of first appearance; D, Bar and Jac are not entered."""
    return tuple(dict.fromkeys(parts(expr, Leaf, OfLeaf)))


def mapped(function: Callable[[Any], Any], expr: Node) -> Any:
    """Return an expression with a function applied to each of its arguments: the same object if that changes none."""
    args = [function(arg) for arg in expr.args]
    return expr if all(new is old for new, old in zip(args, expr.args, strict=True)) else expr.func(*args)


def contains(expr: Basic, part: Basic) -> bool:
    """Return whether `part` occurs in `expr`."""
    return expr == part or any(contains(arg, part) for arg in expr.args)
