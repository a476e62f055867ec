"""Sums and ordered products over time, and the rewritings of them; every rewriting says under which inequality it is valid.

    SumT(body, k, low, high)     Σ_{k=low}^{high} body        zero if high < low
    ProdT(body, j, low, high)    A(low) A(low+1) ⋯ A(high)    index increasing from left to right; the identity if high < low

The index is bound: substitution renames it where it would capture. A rewriting returns a `Rewriting`, whose obligations must be
discharged from a `Domain` before the new expression may be used (`symrnn.algebra.induction` does): unchecked, absorbing a
factor into a product proves false statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sympy import Basic, Dummy, Expr, Integer, S, Symbol, expand, sympify

from symrnn.algebra.domain import Domain, Obligation, at_most
from symrnn.algebra.nodes import Add, Diag, Eye, Had, Mul, Multiple, Node, Scale, Trace, Transpose, Zeros, shape_text
from symrnn.algebra.walk import mapped
from symrnn.errors import ProofError, RuleError, ShapeError


class Binder(Node):
    """Base of the nodes that bind a step: body, index, low and high (both inclusive)."""

    def __new__(cls, body: Node, index: Symbol, low: Any, high: Any) -> Any:
        if not isinstance(index, Symbol):
            raise ShapeError(f"the index of a sum or product over time is a symbol, found {index!r}")
        if any(index in size.free_symbols for size in body.shape):
            raise ShapeError(f"the shape {shape_text(body.shape)} may not depend on the index {index}")
        low, high = expand(sympify(low)), expand(sympify(high))
        if index in low.free_symbols | high.free_symbols:
            index, body = _renamed(body, index, low.free_symbols | high.free_symbols)
        return Basic.__new__(cls, body, index, low, high)

    @property
    def body(self) -> Node:
        """The term or factor, an expression in the index."""
        return self.args[0]

    @property
    def index(self) -> Symbol:
        """The bound step."""
        return self.args[1]

    @property
    def low(self) -> Expr:
        """The first step."""
        return self.args[2]

    @property
    def high(self) -> Expr:
        """The last step."""
        return self.args[3]

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The shape of the body."""
        return self.body.shape

    @property
    def free_symbols(self) -> set[Basic]:
        """All symbols but the index."""
        return (self.body.free_symbols - {self.index}) | self.low.free_symbols | self.high.free_symbols

    def at(self, time: Any) -> Node:
        """Return the body at one step."""
        return self.body.xreplace({self.index: sympify(time)})

    def over(self, low: Any, high: Any) -> Node:
        """Return the same sum or product over other steps."""
        return type(self)(self.body, self.index, low, high)

    def with_body(self, body: Node) -> Node:
        """Return the same range with another body."""
        return type(self)(body, self.index, self.low, self.high)

    def with_index(self, index: Symbol) -> Node:
        """Return the same sum or product with its index renamed to one that does not occur in it."""
        if index in self.body.free_symbols:
            raise RuleError(f"{index} occurs in {self.body!r}; the index needs a new name")
        return type(self)(self.at(index), index, self.low, self.high)

    def _xreplace(self, rule: Mapping[Any, Any]) -> tuple[Any, bool]:
        if self in rule:
            return rule[self], True
        used = {symbol for pair in rule.items() for part in pair for symbol in sympify(part).free_symbols}
        inner, index = self.body, self.index
        if index in used:
            index, inner = _renamed(inner, index, used)
        parts = [part._xreplace(rule) for part in (inner, self.low, self.high)]
        if not any(changed for _, changed in parts):
            return self, False
        (body, _), (low, _), (high, _) = parts
        return type(self)(body, index, low, high), True

    def _eval_subs(self, old: Any, new: Any) -> Any:
        return self._xreplace({old: new})[0]


def _renamed(body: Node, index: Symbol, used: set[Basic]) -> tuple[Symbol, Node]:
    """Rename a bound index to one that is not used: k, k′, k″, …"""
    taken = used | body.free_symbols
    fresh = index
    while fresh in taken:
        fresh = Symbol(fresh.name + "′", **index.assumptions0)
    return fresh, body.xreplace({index: fresh})


class SumT(Binder):
    """The sum Σ_{k=low}^{high} body; zero when high < low."""


class ProdT(Binder):
    """The ordered product A(low) A(low+1) ⋯ A(high) of square matrices; the identity when high < low."""

    def __new__(cls, body: Node, index: Symbol, low: Any, high: Any) -> Any:
        if body.shape[0] != body.shape[1]:
            raise ShapeError(f"an ordered product needs square factors, {body!r} is {shape_text(body.shape)}")
        return super().__new__(cls, body, index, low, high)


def alpha_equal(left: Node, right: Node) -> bool:
    """Return whether two expressions are the same up to the names of bound steps."""
    return _nameless(left, 0) == _nameless(right, 0)


_NAMELESS = [Dummy(f"k{depth}", integer=True) for depth in range(32)]


def _nameless(expr: Any, depth: int) -> Any:
    if isinstance(expr, Binder):
        body = _nameless(expr.at(_NAMELESS[depth]), depth + 1)
        return Basic(Symbol(type(expr).__name__), body, expr.low, expr.high)
    if not isinstance(expr, Node):
        return expr
    return Basic(Symbol(type(expr).__name__), *(_nameless(arg, depth) for arg in expr.args))


# Rewritings


@dataclass(frozen=True, slots=True)
class Rewriting:
    """An equation before = after that is valid where the obligations hold.

    Fields:
        rule: its name, in words.
        before, after: the two sides.
        obligations: what must follow from the domain before `after` may be used.
    """

    rule: str
    before: Node
    after: Node
    obligations: tuple[Obligation, ...] = ()

    def under(self, domain: Domain) -> Node:
        """Return the new expression.

        Raises:
            ProofError: an obligation does not follow from the domain.
        """
        for obligation in self.obligations:
            domain.discharge(obligation)
        return self.after


def _needs(kind: type[Node], node: Node, rule: str) -> Any:
    if not isinstance(node, kind):
        raise RuleError(f"{rule} applies to {kind.__name__}, found {node!r}")
    return node


def _joined(binder: Binder, first: Node, second: Node) -> Node:
    return Add(first, second) if isinstance(binder, SumT) else Mul(first, second)


def split_first(node: Node) -> Rewriting:
    """Σ_{k=a}^{b} f(k) = f(a) + Σ_{k=a+1}^{b} f(k), likewise for a product; needs a ≤ b."""
    whole = _needs(Binder, node, "taking the first term out")
    after = _joined(whole, whole.at(whole.low), whole.over(whole.low + 1, whole.high))
    return Rewriting("take the first term out", whole, after, (at_most(whole.low, whole.high),))


def split_last(node: Node) -> Rewriting:
    """Σ_{k=a}^{b} f(k) = Σ_{k=a}^{b−1} f(k) + f(b), likewise for a product; needs a ≤ b."""
    whole = _needs(Binder, node, "taking the last term out")
    after = _joined(whole, whole.over(whole.low, whole.high - 1), whole.at(whole.high))
    return Rewriting("take the last term out", whole, after, (at_most(whole.low, whole.high),))


def empty(node: Node) -> Rewriting:
    """Σ over no steps = 0, ∏ over no steps = I; needs high ≤ low − 1."""
    whole = _needs(Binder, node, "an empty range")
    nothing = Zeros(*whole.shape) if isinstance(whole, SumT) else Eye(whole.shape[0])
    name = "an empty sum is zero" if isinstance(whole, SumT) else "an empty product is the identity"
    return Rewriting(name, whole, nothing, (at_most(whole.high, whole.low - 1),))


def single(node: Node) -> Rewriting:
    """A sum or product over one step is its term; needs low ≤ high and high ≤ low."""
    whole = _needs(Binder, node, "a single term")
    both = (at_most(whole.low, whole.high), at_most(whole.high, whole.low))
    return Rewriting("a range of one step is its term", whole, whole.at(whole.low), both)


def _factors(node: Node) -> tuple[Node, ...]:
    return tuple(node.args) if isinstance(node, Mul) else (node,)


def _product(factors: tuple[Node, ...]) -> Node:
    return Mul(*factors)


def absorb_left(node: Node) -> Rewriting:
    """A(a−1) ∏_{j=a}^{b} A(j) = ∏_{j=a−1}^{b} A(j); needs a − 1 ≤ b.

    With b < a − 1 the left side is A(a−1), the right side the identity.
    """
    parts = _factors(_needs(Mul, node, "absorbing a factor into a product"))
    for place, part in enumerate(parts):
        if isinstance(part, ProdT):
            before = _factors(part.at(part.low - 1))
            start = place - len(before)
            if start >= 0 and parts[start:place] == before:
                wider = part.over(part.low - 1, part.high)
                after = _product((*parts[:start], wider, *parts[place + 1 :]))
                return Rewriting("absorb the factor on the left", node, after, (at_most(part.low - 1, part.high),))
    raise RuleError(f"no factor to absorb on the left of a product over time in {node!r}")


def absorb_right(node: Node) -> Rewriting:
    """∏_{j=a}^{b} A(j) · A(b+1) = ∏_{j=a}^{b+1} A(j); needs a ≤ b + 1."""
    parts = _factors(_needs(Mul, node, "absorbing a factor into a product"))
    for place, part in enumerate(parts):
        if isinstance(part, ProdT):
            following = _factors(part.at(part.high + 1))
            stop = place + 1 + len(following)
            if parts[place + 1 : stop] == following:
                wider = part.over(part.low, part.high + 1)
                after = _product((*parts[:place], wider, *parts[stop:]))
                return Rewriting("absorb the factor on the right", node, after, (at_most(part.low, part.high + 1),))
    raise RuleError(f"no factor to absorb on the right of a product over time in {node!r}")


def join(node: Node) -> Rewriting:
    """∏_{j=a}^{b} A(j) ∏_{j=b+1}^{c} A(j) = ∏_{j=a}^{c} A(j); needs a − 1 ≤ b and b ≤ c."""
    parts = _factors(_needs(Mul, node, "joining two products"))
    for place, (first, second) in enumerate(pairwise(parts)):
        if isinstance(first, ProdT) and isinstance(second, ProdT) and second.low == first.high + 1:
            whole = first.over(first.low, second.high)
            if alpha_equal(whole, second.over(first.low, second.high)):
                after = _product((*parts[:place], whole, *parts[place + 2 :]))
                needs = (at_most(first.low - 1, first.high), at_most(first.high, second.high))
                return Rewriting("join two products", node, after, needs)
    raise RuleError(f"no two products over time to join in {node!r}")


def push_into_sum(node: Node) -> Rewriting:
    """A (Σ_k f(k)) B = Σ_k A f(k) B, and so for every linear operation: ∘, a scalar, a transpose, a trace, diag."""
    name = "push the factor into the sum"
    if isinstance(node, Mul | Had | Scale | Multiple | Transpose | Trace | Diag):
        for place, part in enumerate(node.args):
            if isinstance(part, SumT):
                others = {symbol for other in node.args if other is not part for symbol in other.free_symbols}
                if part.index in others:
                    index, body = _renamed(part.body, part.index, others)
                    part = SumT(body, index, part.low, part.high)
                body = node.func(*node.args[:place], part.body, *node.args[place + 1 :])
                return Rewriting(name, node, SumT(body, part.index, part.low, part.high))
    raise RuleError(f"no sum over time inside the product {node!r}")


def split_sum(node: Node) -> Rewriting:
    """Σ_k (f(k) + g(k)) = Σ_k f(k) + Σ_k g(k)."""
    whole = _needs(SumT, node, "splitting the sum of a sum")
    terms = _needs(Add, whole.body, "splitting the sum of a sum").args
    return Rewriting("the sum of a sum", whole, Add(*(whole.with_body(term) for term in terms)))


def reindex(node: Node, index: Symbol, shift: Any) -> Rewriting:
    """Σ_{k=a}^{b} f(k) = Σ_{l=a−c}^{b−c} f(l + c), likewise for a product; c may not contain the new index l."""
    whole, shift = _needs(Binder, node, "changing the index"), sympify(shift)
    if index in (whole.body.free_symbols - {whole.index}) | shift.free_symbols:
        raise RuleError(f"{index} is in use in {whole!r}; the new index needs another name")
    body = whole.at(expand(index + shift))
    after = type(whole)(body, index, whole.low - shift, whole.high - shift)
    return Rewriting(f"write {whole.index} = {expand(index + shift)}", whole, after)


def reverse(node: Node, index: Symbol, total: Any) -> Rewriting:
    """Σ_{k=a}^{b} f(k) = Σ_{l=c−b}^{c−a} f(c − l); only for sums, since a product has an order."""
    whole, total = _needs(SumT, node, "reversing a sum"), sympify(total)
    if index in (whole.body.free_symbols - {whole.index}) | total.free_symbols:
        raise RuleError(f"{index} is in use in {whole!r}; the new index needs another name")
    after = SumT(whole.at(expand(total - index)), index, total - whole.high, total - whole.low)
    return Rewriting(f"write {whole.index} = {expand(total - index)}", whole, after)


def swap_sums(node: Node) -> Rewriting:
    """Σ_a Σ_b f(a, b) = Σ_b Σ_a f(a, b), with the bounds of the exchanged order found from the joint domain.

    Σ_{t=1}^{T} Σ_{k=t}^{T} = Σ_{k=1}^{T} Σ_{t=1}^{k}. Both orders must describe the same pairs, whatever the other steps are.
    """
    outer = _needs(SumT, node, "exchanging two sums")
    inner = _needs(SumT, outer.body, "exchanging two sums")
    if inner.index == outer.index or inner.index in outer.free_symbols:
        index, body = _renamed(inner.body, inner.index, outer.free_symbols | {outer.index})
        inner = SumT(body, index, inner.low, inner.high)
    pairs = _range(outer).with_(*_inequalities(inner))
    first_low, first_high = _limits(pairs, inner.index, hidden=outer.index)
    last_low, last_high = _limits(pairs, outer.index, beside=inner.index)
    after_inner = SumT(inner.body, outer.index, last_low, last_high)
    after = SumT(after_inner, inner.index, first_low, first_high)
    if _range(after).with_(*_inequalities(after_inner)) != pairs:
        raise ProofError(f"the two orders of {node!r} do not describe the same steps in one range each")
    return Rewriting("exchange the two sums", node, after)


def _inequalities(binder: Binder) -> tuple[Obligation, Obligation]:
    return at_most(binder.low, binder.index), at_most(binder.index, binder.high)


def _range(binder: Binder) -> Domain:
    return Domain.of(*_inequalities(binder))


def _limits(
    domain: Domain, index: Symbol, hidden: Symbol | None = None, beside: Symbol | None = None
) -> tuple[Any, Any]:
    """Return the one lower and upper limit of `index` that mention neither itself nor `hidden`, preferring `beside`."""
    lows = {a: -c for a, b, c in domain.bounds or () if b == index and a != hidden}
    highs = {b: c for a, b, c in domain.bounds or () if a == index and b != hidden}
    found = []
    for limits in (lows, highs):
        chosen = [beside] if beside in limits else sorted(limits, key=lambda v: (not isinstance(v, Symbol), str(v)))
        if not chosen:
            raise ProofError(f"{index} has no limit in {domain}")
        found.append(limits[chosen[0]] + (chosen[0] if isinstance(chosen[0], Symbol) else S.Zero))
    return found[0], found[1]


# Numbers


MOST_STEPS = 512  # of one sum or product


def unroll(expr: Any, values: Mapping[Symbol, float]) -> Any:
    """Return an expression with its sums and products over time written out, given numbers for its symbols."""
    return _written_out(expr.xreplace({symbol: sympify(value) for symbol, value in values.items()}))


def _written_out(expr: Any) -> Any:
    if isinstance(expr, Binder):
        if not (expr.low.is_Integer and expr.high.is_Integer):
            raise RuleError(f"the range of {expr!r} is not a range of numbers")
        if expr.high - expr.low > MOST_STEPS:
            raise RuleError(f"a sum or product over more than {MOST_STEPS} steps is not written out")
        parts = [_written_out(expr.at(Integer(k))) for k in range(int(expr.low), int(expr.high) + 1)]
        if not parts:
            return empty(expr).after
        return Add(*parts) if isinstance(expr, SumT) else Mul(*parts)
    if not isinstance(expr, Node) or not expr.args:
        return expr
    return mapped(_written_out, expr)
