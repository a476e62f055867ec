"""The differential of an expression: one small function per node, in one table.

`expand(expr, active)` returns the terms of dX, each with exactly one D(leaf), and records every rule that was applied. A node's
rule returns its parts: (what stands around the differential, what is differentiated). Everything here is linear in the
differentials, which `trace` then isolates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import singledispatch

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Concat,
    D,
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
    Slice,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.calculus import rules
from symrnn.calculus.activations import derivative, log_softmax_jacobian, softmax_jacobian
from symrnn.calculus.records import Differential, Rule, Step
from symrnn.errors import RuleError

Around = Callable[[Node], Node]
Parts = Iterable[tuple[Around, Node]]


def expand(expr: Node, active: Collection[Leaf], record: list[Step]) -> tuple[Node, ...]:
    """Return the terms of d(expr) in the differentials of the `active` leaves; append the applied rules to `record`.

    Raises:
        RuleError: for a node that has no rule here.
    """
    if isinstance(expr, Leaf):
        return (D(expr),) if expr in active else ()
    rule, parts = differential_rule(expr)
    parts = tuple((around, part) for around, part in parts if _depends(part, active))
    if parts and rule is not None:
        record.append(
            Step(rule, Differential(expr), Add(*(around(_opened(part)) for around, part in parts)), _held(expr, active))
        )
    return tuple(around(term) for around, part in parts for term in expand(part, active, record))


def _opened(part: Node) -> Node:
    return D(part) if isinstance(part, Leaf) else Differential(part)


def _depends(expr: Node, active: Collection[Leaf]) -> bool:
    if isinstance(expr, Leaf):
        return expr in active
    return any(_depends(arg, active) for arg in expr.args if isinstance(arg, Node))


def _held(expr: Node, active: Collection[Leaf]) -> tuple[Leaf, ...]:
    found: dict[Leaf, None] = {}

    def collect(node: Node) -> None:
        if isinstance(node, Leaf):
            if node not in active:
                found.setdefault(node)
            return
        for arg in node.args:
            if isinstance(arg, Node):
                collect(arg)

    collect(expr)
    return tuple(found)


@singledispatch
def differential_rule(expr: Node) -> tuple[Rule | None, Parts]:
    """Return the rule for a node, and its parts: what stands around each differential, and what is differentiated."""
    raise RuleError(f"no differential rule for {type(expr).__name__}: add one in symrnn/calculus/differential.py")


@differential_rule.register(Ones)
@differential_rule.register(Zeros)
@differential_rule.register(Eye)
def constant(expr: Node) -> tuple[Rule | None, Parts]:
    """DA = 0."""
    return rules.CONSTANT, ()


@differential_rule.register
def sum_rule(expr: Add) -> tuple[Rule | None, Parts]:
    """d(A + B) = dA + dB."""
    return rules.SUM, [(lambda x: x, term) for term in expr.args]


@differential_rule.register
def multiple(expr: Scale) -> tuple[Rule | None, Parts]:
    """d(cA) = c dA."""
    return rules.MULTIPLE, [(lambda x: Scale(expr.factor, x), expr.body)]


@differential_rule.register
def quantity(expr: Multiple) -> tuple[Rule | None, Parts]:
    """d(sA) = (ds) A + s dA, for s of one row and column."""
    return rules.QUANTITY, _each(expr, Multiple)


def _each(expr: Node, build: Callable[..., Node]) -> Parts:
    def around(place: int) -> Around:
        return lambda x: build(*expr.args[:place], x, *expr.args[place + 1 :])

    return [(around(place), factor) for place, factor in enumerate(expr.args)]


@differential_rule.register
def product(expr: Mul) -> tuple[Rule | None, Parts]:
    """d(AB) = (dA) B + A dB."""
    return rules.PRODUCT, _each(expr, Mul)


@differential_rule.register
def entrywise_product(expr: Had) -> tuple[Rule | None, Parts]:
    """d(A ∘ B) = dA ∘ B + A ∘ dB."""
    return rules.ENTRYWISE, _each(expr, Had)


@differential_rule.register
def transpose(expr: Transpose) -> tuple[Rule | None, Parts]:
    """d(Aᵀ) = (dA)ᵀ."""
    return rules.TRANSPOSE, [(lambda x: x.T, expr.args[0])]


@differential_rule.register
def diagonal(expr: Diag) -> tuple[Rule | None, Parts]:
    """D diag(v) = diag(dv)."""
    return rules.DIAGONAL, [(Diag, expr.args[0])]


@differential_rule.register
def trace(expr: Trace) -> tuple[Rule | None, Parts]:
    """D tr(A) = tr(dA)."""
    return rules.TRACE, [(Trace, expr.args[0])]


@differential_rule.register
def concatenation(expr: Concat) -> tuple[Rule | None, Parts]:
    """d[A; B] = [dA; 0] + [0; dB]."""

    def around(place: int) -> Around:
        zeros = [Zeros(*block.shape) for block in expr.args]
        return lambda x: Concat(*zeros[:place], x, *zeros[place + 1 :])

    return rules.STACK, [(around(place), block) for place, block in enumerate(expr.args)]


@differential_rule.register
def rows(expr: Slice) -> tuple[Rule | None, Parts]:
    """d(A[a:b]) = (dA)[a:b]."""
    return rules.ROWS, [(lambda x: Slice(x, expr.first, expr.shape[0]), expr.body)]


@differential_rule.register
def quotient(expr: Quotient) -> tuple[Rule | None, Parts]:
    """d(A ⊘ B) = dA ⊘ B − (A ∘ dB) ⊘ B²."""
    above, below = expr.args
    square = Power(below, 2)
    return rules.QUOTIENT, [
        (lambda x: Quotient(x, below), above),
        (lambda x: Scale(-1, Quotient(Had(above, x), square)), below),
    ]


@differential_rule.register
def power(expr: Power) -> tuple[Rule | None, Parts]:
    """d(A^k) = k A^(k−1) ∘ dA, entry by entry."""
    body, exponent = expr.args
    if exponent == 0:
        return rules.CONSTANT, ()
    return rules.POWER, [(lambda x: Scale(exponent, Had(Power(body, exponent - 1), x) if exponent != 1 else x), body)]


@differential_rule.register
def application(expr: Apply) -> tuple[Rule | None, Parts]:
    """d f(A) = f'(A) ∘ dA; softmax and log softmax have a full Jacobian."""
    if expr.function == "softmax":
        return rules.SOFTMAX, [(lambda x: Mul(softmax_jacobian(expr), x), expr.body)]
    if expr.function in COLUMN_FUNCTIONS:
        return rules.LOG_SOFTMAX, [(lambda x: Mul(log_softmax_jacobian(expr.body), x), expr.body)]
    if expr.function == "log":
        return rules.CHAIN, [(lambda x: Quotient(x, expr.body), expr.body)]
    slope = derivative(expr.function, expr.body)
    if isinstance(slope, Zeros):  # a step: flat wherever it has a derivative
        return rules.CHAIN, ()
    return rules.CHAIN, [(lambda x: x if isinstance(slope, Ones) else Had(slope, x), expr.body)]
