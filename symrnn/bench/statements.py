"""Right statements about a network, as an author would write them: every equation of its derivation, in several conventions.

    adjoint      ∂J/∂v_t = its terms + what step t + 1 hands back
    gradient     ∂J/∂W = Σ_t …
    initial      ∂J/∂h_0 = …
    one line     ∂J/∂z_t = (W_yᵀ ∂J/∂y_t + Wᵀ ∂J/∂z_{t+1}) ⊙ (1 − h_t²): the adjoint of h put in where it is used
    Jacobian     ∂h_t/∂h_{t−1} = …
    by Jacobian  ∂J/∂h_t = … + (∂h_{t+1}/∂h_t)ᵀ ∂J/∂h_{t+1}, for a network with one state

A `Claim` is kept in gradient layout as algebra; a `Style` says how it is put into text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sympy import Basic, Integer, Symbol

from symrnn.algebra.nodes import Add, Apply, Had, Leaf, Mul, Node, Ones, Power, Scale, T, Transpose, t
from symrnn.algebra.time import SumT
from symrnn.bench.numbers import loss_name
from symrnn.calculus.derive import derive
from symrnn.calculus.jacobians import step_jacobian
from symrnn.calculus.records import Derivation
from symrnn.claims.context import Context
from symrnn.claims.diagnosis.truth import signs
from symrnn.claims.partial import Partial
from symrnn.claims.proving import Prover
from symrnn.claims.writing import MARKS, Notation, as_formula, step
from symrnn.errors import RuleError, ShapeError
from symrnn.language.formulas.nodes import Big, Chain, Formula, Group, Letter, Total
from symrnn.language.formulas.write import as_latex, as_plain
from symrnn.model.network import Network


@dataclass(frozen=True, slots=True)
class Claim:
    """left = right in gradient layout; `sort` is one of those above."""

    sort: str
    left: Node
    right: Node

    @property
    def sign(self) -> Partial:
        """The derivative on the left."""
        return self.left.args[0] if isinstance(self.left, Transpose) else self.left


@dataclass(frozen=True, slots=True)
class Style:
    """How a document writes.

    Fields:
        layout: "gradient", "numerator" or "denominator". latex: LaTeX or plain text. above: h^{(t)} instead of h_t.
        named: dh_t instead of ∂J/∂h_t.
    """

    layout: str
    latex: bool
    above: bool = False
    named: bool = False


STYLES = (
    Style("gradient", latex=True),
    Style("gradient", latex=True, above=True),
    Style("gradient", latex=False),
    Style("gradient", latex=False, named=True),
    Style("numerator", latex=True),
    Style("numerator", latex=False),
    Style("denominator", latex=True, above=True),
)


# -- what is right ---------------------------------------------------------------------------------------------------------


def right_claims(network: Network) -> tuple[Claim, ...]:
    """Return every statement of the derivation of a network."""
    derivation = derive(network)
    prover = Prover(network)
    return tuple(_adjoints(derivation, prover)) + tuple(_gradients(derivation, prover)) + tuple(_jacobians(derivation))


def _adjoints(derivation: Derivation, prover: Prover) -> Iterator[Claim]:
    loss = Leaf(loss_name(derivation.network), 1, 1)
    found: dict[Node, Node] = {}
    for one in derivation.adjoints:
        terms = (*one.terms, *([one.seed] if one.seed is not None else ()), *(term for _, term in one.carries))
        if one.ends or one.sums or not terms:
            continue
        left, right = Partial(loss, one.of).T, signs(Add(*terms), prover)
        yield Claim("adjoint", left, right)
        for inner, meaning in found.items():
            if right.has(inner) and isinstance(meaning, Add) and not meaning.has(left):
                yield Claim("one line", left, right.xreplace({inner: meaning}))
        found[left] = right
    for gradient in derivation.gradients:
        if gradient.of.time == t and gradient.terms:
            yield Claim("adjoint", Partial(loss, gradient.of).T, signs(Add(*gradient.terms), prover))
    for initial in derivation.initial:
        if initial.carries and not initial.ends:
            whole = signs(Add(*(term for _, term in initial.carries)), prover)
            yield Claim("initial", Partial(loss, initial.of).T, whole)


def _gradients(derivation: Derivation, prover: Prover) -> Iterator[Claim]:
    loss = Leaf(loss_name(derivation.network), 1, 1)
    names = Context(derivation.network).leaves
    for place, gradient in enumerate(derivation.gradients):
        if gradient.summed and gradient.terms:
            k = Symbol("k" if place % 3 == 2 and "k" not in names else "t_", integer=True)
            body = signs(Add(*gradient.terms), prover).xreplace({t: k})
            yield Claim("gradient", Partial(loss, gradient.of).T, SumT(body, k, Integer(1), T))


def _jacobians(derivation: Derivation) -> Iterator[Claim]:
    states = [state for state in derivation.network.states if state.lags == 1]
    loss = Leaf(loss_name(derivation.network), 1, 1)
    for of in states:
        for by in states:
            try:
                found = step_jacobian(derivation, of.leaf, by.leaf.at(t - 1))
            except RuleError:
                continue
            if found is not None:
                yield Claim("Jacobian", Partial(of.leaf, by.leaf.at(t - 1)), found)
    if len(derivation.network.states) == 1 and states and states[0].leaf.is_column:
        leaf = states[0].leaf
        later = Mul(Partial(leaf.at(t + 1), leaf).T, Partial(loss, leaf.at(t + 1)).T)
        adjoint = derivation.adjoint(leaf)
        prover = Prover(derivation.network)
        terms = [*adjoint.terms, *([adjoint.seed] if adjoint.seed is not None else [])]
        if terms:
            yield Claim("by Jacobian", Partial(loss, leaf).T, Add(*(signs(term, prover) for term in terms), later))


# -- how it is written -----------------------------------------------------------------------------------------------------


def text(claim: Claim, style: Style, network: Network) -> str:
    """Return a statement as an author would write it.

    Raises:
        RuleError: there is no notation for it.
    """
    left, right = in_layout(claim, style.layout)
    if style.named:
        left, right = _named(left, loss_name(network)), _named(right, loss_name(network))
    seeds = {seed.name: f"seed_{written(output.name)}" for output, seed in network.seeds}
    notation = Notation(above=style.above, spelling=seeds, layout=style.layout, loss=loss_name(network))
    chain = Chain((as_formula(left, notation), _written(right, notation)), ("=",))
    return as_latex(chain) if style.latex else as_plain(chain)


def written(name: str) -> str:
    """Return the name that a reader sees: one lower script, W_ghh for W_gh_h."""
    head, *rest = name.split("_")
    marks = 0
    while marks < len(rest) and rest[marks] in MARKS:
        marks += 1
    return "_".join((head, *rest[:marks], *(["".join(rest[marks:])] if rest[marks:] else [])))


def _written(node: Any, notation: Notation) -> Formula:
    """Return a right side as a formula; the terms of a sum over steps may have no shape."""
    if not isinstance(node, SumT):
        return as_formula(node, notation)
    body = as_formula(node.body, notation)
    grouped = Group(body) if isinstance(body, Total) else body
    return Big("sum", Letter(node.index.name.rstrip("_")), step(node.low, notation), step(node.high, notation), grouped)


def in_layout(claim: Claim, layout: str) -> tuple[Node, Node]:
    """Return both sides in a layout: the loss by a column is a row in numerator layout, a Jacobian transposed in the other."""
    turned_sort = "denominator" if claim.sort == "Jacobian" else "numerator"
    if layout != turned_sort:
        return claim.left, claim.right
    return claim.left.T, turned(claim.right)


def turned(node: Any) -> Any:
    """Return the transpose of an expression, written without transposes of products and sums."""
    if isinstance(node, Mul):
        return rebuilt(Mul, *(turned(arg) for arg in reversed(node.args)))
    if isinstance(node, Add | Had):
        return rebuilt(node.func, *(turned(arg) for arg in node.args))
    if isinstance(node, Scale):
        return Scale(node.factor, turned(node.body))
    if isinstance(node, SumT):
        return SumT(turned(node.body), node.index, node.low, node.high)
    if isinstance(node, Power):
        return Power(turned(node.args[0]), node.args[1])
    if isinstance(node, Ones):
        return Ones(node.shape[1], node.shape[0])
    if isinstance(node, Apply) and node.function != "softmax":
        return rebuilt(Apply, node.args[0], turned(node.body))
    return node.T


def rebuilt(kind: Any, *args: Any) -> Any:
    """Return a node, also one whose parts do not fit together: that is what some mistakes come to."""
    try:
        return kind(*args)
    except ShapeError:
        return Basic.__new__(kind, *args)


def _named(expr: Any, loss: str) -> Any:
    """Return an expression in gradient layout with dv for ∂J/∂v."""
    if isinstance(expr, Transpose) and isinstance(expr.args[0], Partial):
        sign = expr.args[0]
        return Leaf(f"d{sign.by.name}", *sign.by.shape, sign.by.time) if sign.of.name == loss else expr
    if isinstance(expr, Partial) and expr.of.name == loss:
        return Transpose(_named(expr.T, loss))
    if not isinstance(expr, Node) or isinstance(expr, Leaf | Partial):
        return expr
    return rebuilt(expr.func, *(_named(arg, loss) for arg in expr.args))


__all__ = ["STYLES", "Claim", "Style", "in_layout", "rebuilt", "right_claims", "text", "turned", "written"]
