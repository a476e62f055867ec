"""Where a network is differentiable: the conditions on its values under which a certificate holds.

Off the kinks of relu, abs, sign and step, with positive arguments of logarithms and roots, with denominators other than zero.
What holds by the form of an expression, or by the equation that defines a quantity, is no condition: ε + Σ d² is positive where
the constant ε is, so that is the condition. The rules here are among those of the tactic `positive` in coq/Checking.v, which
proves the same again; where they say too little, the condition is the plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr

from symrnn.algebra.functions import FUNCTIONS
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Had,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Quotient,
    Scale,
    Slice,
    Transpose,
    Zeros,
)
from symrnn.algebra.walk import parts
from symrnn.certificates.statement import Statement

NONZERO, POSITIVE = "Nonzero", "Positive"
_POSITIVE_VALUES = ("exp", "sigmoid", "softplus", "softmax")


@dataclass(frozen=True, slots=True)
class Condition:
    """No entry of `expr` is zero, or every one is positive, at every step of a stage."""

    kind: str
    stage: int
    expr: Node


def conditions(statement: Statement) -> tuple[Condition, ...]:
    """Return the conditions under which every equation of a network is differentiable, each once."""
    found: dict[Condition, None] = {}
    lines = [line for block in statement.stages for line in block.equations]
    fixed = {line.target: line.expr for line in lines if line.target.time is None}
    for number, block in enumerate(statement.stages):
        signs = _Signs({**fixed, **{line.target: line.expr for line in block.equations}}, statement.constants)
        for line in block.equations:
            for kind, expr in _needed(line.expr):
                for one in signs.given(found, number).enough(kind, expr):
                    found[Condition(one[0], number, one[1])] = None
    return tuple(found)


def _needed(expr: Node) -> Iterator[tuple[str, Node]]:
    """Yield what has to be positive, or not zero, for an expression to be differentiable."""
    for part in parts(expr, (Quotient, Apply)):
        for arg in part.args:
            if isinstance(arg, Node):
                yield from _needed(arg)
        if isinstance(part, Quotient):
            yield NONZERO, part.args[1]
        elif part.function in FUNCTIONS and FUNCTIONS[part.function].kinks:
            yield NONZERO, part.body
        elif part.function in FUNCTIONS and FUNCTIONS[part.function].domain == "positive":
            yield POSITIVE, part.body


Found = tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class _Signs:
    """What is known of signs: by equations, and, on conditions, of constants. None means that nothing is known."""

    equations: Mapping[Leaf, Node]
    constants: tuple[Leaf, ...]
    assumed: frozenset[Node] = frozenset()  # positive by a condition that is there already

    def given(self, found: Collection[Condition], stage: int) -> _Signs:
        """Return the same with conditions that have been found for the same stage."""
        here = (one.expr for one in found if one.kind == POSITIVE and one.stage == stage)
        return replace(self, assumed=frozenset(here))

    def enough(self, kind: str, expr: Node) -> Found:
        """Return conditions that are enough for an expression to be positive or not zero."""
        if expr in self.constants:
            return ((kind, expr),)
        found = self.positive(expr)
        return ((kind, expr),) if found is None else found

    def positive(self, expr: Node) -> Found | None:
        """Return what is enough for every entry to be positive."""
        if isinstance(expr, Leaf):
            return self._defined(expr, self.positive)
        if isinstance(expr, Ones):
            return ()
        if isinstance(expr, Add):
            return self._sum(expr.args)
        if isinstance(expr, Scale):
            return self.positive(expr.body) if expr.factor.is_Rational and expr.factor > 0 else None
        if isinstance(expr, Had | Multiple | Quotient):
            return _both(self.positive(one) for one in expr.args)
        if isinstance(expr, Transpose | Slice):
            return self.positive(expr.args[0])
        if isinstance(expr, Apply) and expr.function == "sqrt":
            return self.positive(expr.body)
        return () if isinstance(expr, Apply) and expr.function in _POSITIVE_VALUES else None

    def _sum(self, terms: tuple[Node, ...]) -> Found | None:
        """One term is positive, and the others are not negative."""
        for one in terms:
            others = [self.nonnegative(other) for other in terms if other is not one]
            found = _both([self.positive(one), *others])
            if found is not None:
                return found
        return None

    def nonnegative(self, expr: Node) -> Found | None:
        """Return what is enough for no entry to be negative."""
        if isinstance(expr, Leaf):
            return self._defined(expr, self.nonnegative)
        if isinstance(expr, Zeros):
            return ()
        if isinstance(expr, Had) and len(expr.args) == 2 and expr.args[0] == expr.args[1]:
            return ()
        if isinstance(expr, Scale):
            return self.nonnegative(expr.body) if _counts(expr.factor) else None
        if isinstance(expr, Add | Had | Mul | Multiple | Quotient):
            return _both(self.nonnegative(one) for one in expr.args)
        if isinstance(expr, Transpose | Slice):
            return self.nonnegative(expr.args[0])
        if isinstance(expr, Apply) and expr.function in ("relu", "abs"):
            return ()
        return self.positive(expr)

    def _defined(self, leaf: Leaf, sign: Callable[[Node], Found | None]) -> Found | None:
        if leaf in self.constants:
            return ((POSITIVE, leaf),)
        if leaf in self.assumed:
            return ()
        return sign(self.equations[leaf]) if leaf in self.equations else None


def _both(found: Iterable[Found | None]) -> Found | None:
    """Return all conditions, or None if one of them is None."""
    together: list[tuple[str, Node]] = []
    for one in found:
        if one is None:
            return None
        together += one
    return tuple(together)


def _counts(factor: Expr) -> bool:
    """Whether a factor is never negative: a positive number, times sizes or by them."""
    return bool(factor.is_nonnegative or factor.subs(dict.fromkeys(factor.free_symbols, 1)).is_positive) and not any(
        one.is_Add for one in factor.args
    )
