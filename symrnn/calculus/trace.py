"""The trace identities: from dJ = tr(A · … dX …) to dJ = tr(K dX), where K is read off.

`isolate(left, term)` moves everything that stands around the differential in `term` into the left factor, one identity at a
time, in the order in which one does it by hand: a transposed differential first has its trace transposed, then the product is
rotated. K is ∂J/∂X in numerator layout. The left factor of the loss itself is ONE, the 1 × 1 matrix of one.

The differential of a number in front of a matrix, A (dx B), gives a number: tr(A B). It is written without a trace where some
inner size of the product is one, `kᵀ A v` for B = v kᵀ.
"""

from __future__ import annotations

from functools import singledispatch

from sympy import Expr, Integer

from symrnn.algebra.nodes import (
    Add,
    Bar,
    Concat,
    D,
    Diag,
    Eye,
    Had,
    Jac,
    Mul,
    Multiple,
    Node,
    Ones,
    Quotient,
    Scale,
    Slice,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.calculus import rules
from symrnn.calculus.records import Rule, Step
from symrnn.errors import RuleError

ONE = Ones(1, 1)

Moved = tuple[Rule | None, Node, Node]  # the identity, the new left factor, what is left of the term


def isolate(left: Node, term: Node, record: list[Step]) -> Node:
    """Return K with tr(left · term) = tr(K dX), where `term` holds exactly one differential; append each identity.

    Raises:
        RuleError: when something stands around the differential for which no identity is known.
    """
    while not isinstance(term, D):
        moves = _of_product(term, left) if isinstance(term, Mul) else (move(term, left),)
        for rule, moved, rest in moves:
            if rule is not None:
                record.append(Step(rule, traced(left, term), traced(moved, rest)))
            left, term = moved, rest
    return left


def traced(*factors: Node) -> Trace:
    """Return the trace of a product."""
    return Trace(times(*factors))


def times(*factors: Node) -> Node:
    """Return a matrix product without identities and without the number one; numbers in front of a factor move to the front.

    So a product of the matrices with a column is not more than that: (s A) u is s (A u).
    """
    factor: Expr = Integer(1)
    kept: list[Node] = []
    front: list[Node] = []
    identity: Node = ONE
    for item in factors:
        if isinstance(item, Scale):
            factor, item = factor * item.factor, item.body
        while isinstance(item, Multiple):
            front.append(item.scalar)
            item = item.body
        if isinstance(item, Eye):
            identity = item
        elif item != ONE:
            kept.append(item)
    product = Mul(*kept) if kept else identity
    for scalar in reversed(front):
        product = Multiple(scalar, product)
    return Scale(factor, product)


def number(*factors: Node) -> Node:
    """Return the trace of a product as a matrix of one row and column: a product itself where some inner size is one."""
    product = times(*factors)
    if isinstance(product, Scale | Multiple):
        return product.func(product.args[0], number(product.body))
    parts = product.args if isinstance(product, Mul) else (product,)
    start = next((place for place, part in enumerate(parts) if part.shape[0] == 1), None)
    return Trace(product) if start is None else times(*parts[start:], *parts[:start])


def holds_differential(expr: Node) -> bool:
    """Return whether the differential of a leaf occurs in an expression."""
    return isinstance(expr, D) or any(holds_differential(arg) for arg in expr.args if isinstance(arg, Node))


def _active(args: tuple[Node, ...]) -> int:
    return next(place for place, arg in enumerate(args) if holds_differential(arg))


def _of_product(term: Mul, left: Node) -> tuple[Moved, ...]:
    """tr(A L X R) = tr((R A L) X); with X = Yᵀ first tr(A L Yᵀ R) = tr(Rᵀ Y (A L)ᵀ), then tr(((A L)ᵀ Rᵀ) Y)."""
    place = _active(term.args)
    before, inner, after = term.args[:place], term.args[place], term.args[place + 1 :]
    if isinstance(inner, Diag):
        return _of_diagonal(before, inner, after, left)
    if isinstance(inner, Transpose) and after:
        turned = Mul(inner.args[0], _transposed(times(left, *before)))
        right = _transposed(times(*after))
        return (
            (rules.TRACE_TRANSPOSE, right, turned),
            (rules.TRACE_ROTATE, times(_transposed(times(left, *before)), right), inner.args[0]),
        )
    rule = rules.TRACE_ROTATE if after else None
    return ((rule, times(*after, left, *before), inner),)


def _of_diagonal(before: tuple[Node, ...], inner: Diag, after: tuple[Node, ...], left: Node) -> tuple[Moved, ...]:
    """tr(A diag(x) B) = tr(1ᵀ (A ∘ Bᵀ) x): no product A B is needed; without B the left factor is rotated to its place."""
    if after:
        sums = _column_sums(times(left, *before), _transposed(times(*after)))
        return ((rules.TRACE_DIAGONAL, sums, inner.args[0]),)
    front = times(*before)
    return (
        (rules.TRACE_ROTATE, front, times(inner, left)),
        (rules.TRACE_DIAGONAL, _column_sums(front, _transposed(left)), inner.args[0]),
    )


def _column_sums(left: Node, right: Node) -> Node:
    """Return 1ᵀ (A ∘ B), the sums of the columns of an elementwise product."""
    return times(Ones(1, left.shape[0]), _hadamard(left, right))


def _hadamard(left: Node, *others: Node) -> Node:
    return Had(*others) if left == ONE else Had(left, *others)


def _transposed(expr: Node) -> Node:
    """Return the transpose with the transposes moved to the factors; of a number in front, or alone, there is none."""
    if isinstance(expr, Mul):
        return Mul(*(_transposed(factor) for factor in reversed(expr.args)))
    if isinstance(expr, Scale | Multiple):
        return expr.func(expr.args[0], _transposed(expr.body))
    if isinstance(expr, Had | Quotient) or (isinstance(expr, Add) and _holds_product(expr)):
        return type(expr)(*map(_transposed, expr.args))
    if isinstance(expr, Ones | Zeros):
        return type(expr)(*reversed(expr.shape))
    return expr if isinstance(expr, Diag | Eye) or expr.is_scalar_shape else expr.T


def _holds_product(expr: Node) -> bool:
    return isinstance(expr, Mul | Jac) or any(_holds_product(arg) for arg in expr.args if isinstance(arg, Node))


@singledispatch
def move(term: Node, left: Node) -> Moved:
    """Apply the identity for what stands outermost around the differential."""
    raise RuleError(f"no trace identity for {type(term).__name__}: add one in symrnn/calculus/trace.py")


@move.register
def move_multiple(term: Scale, left: Node) -> Moved:
    """tr(A (c X)) = tr((c A) X)."""
    return None, Scale(term.factor, left), term.body


@move.register
def move_quantity(term: Multiple, left: Node) -> Moved:
    """tr(A (s X)) = tr((s A) X), and with the differential in the number tr(A (x B)) = tr(A B) x."""
    if holds_differential(term.scalar):
        return rules.TRACE_QUANTITY, number(left, term.body), term.scalar
    return rules.TRACE_MULTIPLE, Multiple(term.scalar, left), term.body


@move.register
def move_trace(term: Trace, left: Node) -> Moved:
    """A tr(X) = tr((a I) X), for a of one row and column."""
    return rules.TRACE_INNER, Multiple(left, Eye(term.args[0].shape[0])), term.args[0]


@move.register
def move_diagonal(term: Diag, left: Node) -> Moved:
    """tr(A diag(x)) = tr(1ᵀ (A ∘ I) x)."""
    return rules.TRACE_DIAGONAL, _column_sums(left, Eye(term.shape[0])), term.args[0]


@move.register
def move_transpose(term: Transpose, left: Node) -> Moved:
    """tr(A Xᵀ) = tr(Aᵀ X)."""
    return rules.TRACE_TRANSPOSE, _transposed(left), term.args[0]


@move.register
def move_entrywise(term: Had, left: Node) -> Moved:
    """tr(A (B ∘ X)) = tr((A ∘ Bᵀ) X)."""
    place = _active(term.args)
    others = (_transposed(other) for other in (*term.args[:place], *term.args[place + 1 :]))
    return rules.TRACE_ENTRYWISE, _hadamard(left, *others), term.args[place]


@move.register
def move_quotient(term: Quotient, left: Node) -> Moved:
    """tr(A (X ⊘ B)) = tr((A ⊘ Bᵀ) X)."""
    factor, bare = (left.factor, left.body) if isinstance(left, Scale) else (Integer(1), left)
    return rules.TRACE_QUOTIENT, Scale(factor, Quotient(bare, _transposed(term.args[1]))), term.args[0]


@move.register
def move_block(term: Concat, left: Node) -> Moved:
    """tr([A₁ A₂] [X; 0]) = tr(A₁ X): the columns of A that meet the block."""
    place = _active(term.args)
    first: Expr = Integer(0)
    for block in term.args[:place]:
        first = first + block.shape[0]
    rows = Slice(_transposed(left), first, term.args[place].shape[0])
    return rules.TRACE_STACK, Transpose(rows), term.args[place]


@move.register
def move_rows(term: Slice, left: Node) -> Moved:
    """tr(A X[a:b]) = tr([0 A 0] X)."""
    rows, below = term.body.shape[0], term.body.shape[0] - term.first - term.shape[0]
    column = left.shape[0]
    blocks = [Zeros(term.first, column), _transposed(left), Zeros(below, column)]
    padded = Concat(*(block for block in blocks if block.shape[0] != 0))
    assert padded.shape[0] == rows
    return rules.TRACE_ROWS, Transpose(padded), term.body


def gradient_layout(jacobian: Node) -> Node:
    """Return Kᵀ with ∂J/∂X written as adjoints: a derivative in numerator layout becomes one in gradient layout."""
    turned = _transposed(jacobian)

    def adjoints(expr: Node) -> Node:
        if isinstance(expr, Transpose) and isinstance(expr.args[0], Jac):
            return Bar(expr.args[0].leaf)
        if isinstance(expr, Jac):
            return Bar(expr.leaf) if expr.is_scalar_shape else Transpose(Bar(expr.leaf))
        if not any(isinstance(arg, Node) for arg in expr.args) or isinstance(expr, D | Bar):
            return expr
        args = [adjoints(arg) if isinstance(arg, Node) else arg for arg in expr.args]
        if isinstance(expr, Trace) and isinstance(args[0], Transpose):
            return Trace(args[0].args[0])  # tr(Aᵀ) = tr(A)
        return expr.func(*args)

    return adjoints(turned)
