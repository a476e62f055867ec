"""What the derivation says a derivative is, term by term, in the signs of statements: what diagnosis breaks and mends with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Integer, Symbol

from symrnn.algebra.nodes import Add, Bar, Had, Jac, Leaf, Mul, Node, T, Transpose, t
from symrnn.algebra.time import SumT
from symrnn.algebra.walk import leaves, mapped
from symrnn.claims.diagnosis.kinds import CARRY, DIRECT, MINUS_TARGET, USE
from symrnn.claims.partial import Partial
from symrnn.claims.proving import NoMeaning, Prover
from symrnn.claims.world import total_loss
from symrnn.errors import RuleError


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a true right side; `missing` is the mistake of leaving it out."""

    node: Node
    missing: str


def true_terms(left: Node, prover: Prover, hidden: frozenset[str] = frozenset()) -> tuple[Term, ...]:
    """Return the parts of what the left side of a statement is, in its layout; nothing if the derivation has no word for it."""
    turned = isinstance(left, Transpose)
    sign = left.args[0] if turned else left
    if not isinstance(sign, Partial):
        return ()
    try:
        found = _parts(sign, prover)
    except (NoMeaning, RuleError):
        return ()
    shown = [Term(without(term.node, hidden, prover), term.missing) for term in found]
    return tuple(Term(upright(term.node.T if turned else term.node), term.missing) for term in shown)


def opened(
    terms: tuple[Term, ...], step: Any, prover: Prover, hidden: frozenset[str] = frozenset()
) -> tuple[Term, ...]:
    """Return terms in which the adjoint of a quantity of the same step is written by its parts, one term for each part.

    ∂J/∂z = ∂J/∂h ∘ f'(z) becomes (what h gives to its step) ∘ f'(z) + (what comes from the step after) ∘ f'(z).
    """
    found: list[Term] = []
    for term in terms:
        inner = _inner(term, step)
        try:
            parts = _parts(inner[0], prover) if len(inner) == 1 else []
        except (NoMeaning, RuleError):
            parts = []
        for part in parts if len(parts) > 1 else ():
            node = without(term.node.xreplace({inner[0]: part.node}), hidden, prover)
            found.append(Term(upright(node), part.missing))
        found += [] if len(parts) > 1 else [term]
    return tuple(found)


def _inner(term: Term, step: Any) -> list[Partial]:
    """Return the adjoints of a term, but for those of other steps than `step`; None is every step."""
    signs = [sign for sign in term.node.atoms(Partial) if sign.of.time is None and sign.route == "all"]
    return [sign for sign in signs if step is None or sign.by.time == step]


def parts_inside(
    terms: tuple[Term, ...], step: Any, prover: Prover, hidden: frozenset[str] = frozenset()
) -> tuple[Term, ...]:
    """Return the parts of the adjoints that occur in terms: what a sum in brackets may lack."""
    inside = dict.fromkeys(sign for term in terms for sign in _inner(term, step))
    found = (part for sign in inside for turned in (sign, sign.T) for part in true_terms(turned, prover, hidden))
    return tuple(dict.fromkeys(found))


def upright(expr: Any) -> Any:
    """Return an expression with its transposes moved inwards, where those of products and sums meet and vanish."""
    if isinstance(expr, Transpose):
        inner = expr.args[0]
        if isinstance(inner, SumT):
            return inner.with_body(upright(inner.body.T))
        if isinstance(inner, Mul):
            return Mul(*(upright(arg.T) for arg in reversed(inner.args)))
        if isinstance(inner, Had | Add):
            return inner.func(*(upright(arg.T) for arg in inner.args))
        return expr
    if not isinstance(expr, Node) or isinstance(expr, Leaf | Partial):
        return expr
    return mapped(upright, expr)


def without(expr: Any, hidden: frozenset[str], prover: Prover) -> Any:
    """Return an expression in which quantities without a name in the document, and their adjoints, are written out."""
    if isinstance(expr, Partial):
        if expr.by.name not in hidden or expr.route != "all" or expr.of.time is not None:
            return expr
        return without(Add(*(term.node for term in _parts(expr, prover))), hidden, prover)
    if isinstance(expr, Leaf):
        line = next((line for line in prover.network.equations if line.target.name == expr.name), None)
        if expr.name not in hidden or line is None or expr.time is None:
            return expr
        return without(line.expr.xreplace({t: expr.time}), hidden, prover)
    if not isinstance(expr, Node):
        return expr
    return mapped(lambda arg: without(arg, hidden, prover), expr)


def _parts(sign: Partial, prover: Prover) -> list[Term]:
    """Return the parts in numerator layout."""
    derivation, of, by = prover.derivation, sign.of, sign.by
    if of.name != total_loss(prover.network).name:
        return [Term(prover.meaning(sign), DIRECT)]
    if sign.flat:
        return []
    if any(leaf.name == by.name for leaf in prover.network.params):
        terms = derivation.gradient(by.name).terms
        if by.time is not None:
            return [Term(signs(term.xreplace({t: by.time}).T, prover), USE) for term in terms]
        k = Symbol("k_", integer=True)
        return [Term(SumT(signs(term.xreplace({t: k}).T, prover), k, Integer(1), T), USE) for term in terms]
    if of.time is not None:
        return []
    adjoint = next((one for one in derivation.adjoints if one.of.name == by.name), None)
    if adjoint is None:
        gradients = [one for one in derivation.gradients if one.of.name == by.name]
        return [Term(signs(term.xreplace({t: by.time}).T, prover), DIRECT) for one in gradients for term in one.terms]
    targets = {leaf.name for leaf in prover.network.targets}
    found = [
        _split(term, targets)
        for whole in adjoint.terms
        for term in (whole.args if isinstance(whole, Add) else (whole,))
    ]
    if adjoint.seed is not None:
        found.append((adjoint.seed, DIRECT))
    carries = adjoint.carries
    if by.time is not None and by.time.is_Integer and by.time <= 0:  # an initial state is read by the first steps only
        found, carries = [], tuple((lag, term) for lag, term in carries if by.time + lag >= 1)
    found += [(term, CARRY) for _, term in carries]
    wanted = {
        "all": found,
        "now": [one for one in found if one[1] != CARRY],
        "later": [one for one in found if one[1] == CARRY],
    }
    return [Term(signs(node.xreplace({t: by.time}).T, prover), kind) for node, kind in wanted[sign.route]]


def _split(term: Node, targets: set[str]) -> tuple[Node, str]:
    moving = {leaf.name for leaf in leaves(term) if leaf.moves}
    return term, MINUS_TARGET if moving and moving <= targets else DIRECT


def signs(expr: Any, prover: Prover) -> Any:
    """Return an expression with its adjoints written as derivatives of the loss."""
    loss = total_loss(prover.network)
    if isinstance(expr, Bar):
        return Partial(loss, expr.leaf).T
    if isinstance(expr, Jac):
        return Partial(loss, expr.leaf)
    if not isinstance(expr, Node) or isinstance(expr, Leaf):
        return expr
    return mapped(lambda arg: signs(arg, prover), expr)


__all__ = ["Term", "opened", "parts_inside", "true_terms", "upright", "without"]
