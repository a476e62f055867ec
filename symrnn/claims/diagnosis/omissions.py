"""What the truth has and a claim may have left out, as formulas in the notation of the document.

Slopes are those of the activations of the network; the rest is read off the terms of the true right side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from symrnn.algebra.nodes import Add, Had, Leaf, Mul, Multiple, Node, Scale, Transpose, t
from symrnn.algebra.time import SumT
from symrnn.calculus.activations import derivative, derivative_from_output
from symrnn.claims.diagnosis.truth import Term, upright
from symrnn.claims.partial import Partial
from symrnn.claims.writing import Notation, as_formula, number
from symrnn.errors import RuleError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula
from symrnn.model.network import Network


@dataclass(frozen=True)
class Omissions:
    """Factors that may be missing, at step t.

    Fields:
        slopes: h with h = f(z) → f'(z), as the adjoint of h is laid out. columns: elementwise factors, alone and together, each
            with whether it is the derivative of an activation.
        matrices: factors of matrix products. numbers: what may stand in front.
        terms: of the sums that stand for an adjoint, each with its sign and what leaving it out is called.
    """

    slopes: Mapping[str, Formula] = field(default_factory=dict)
    columns: tuple[tuple[Formula, bool], ...] = ()
    matrices: tuple[Formula, ...] = ()
    numbers: tuple[Formula, ...] = ()
    terms: tuple[tuple[Formula, str, str], ...] = ()


def omissions(network: Network, terms: tuple[Term, ...], inner: tuple[Term, ...], notation: Notation) -> Omissions:
    """Return what may have been left out of a sum of terms, `inner` being the parts of the adjoints that occur there."""
    slopes = dict(_slopes(network))
    turned = notation.layout == "numerator"
    nodes = [_at_t(term.node) for term in terms]
    columns = list(dict.fromkeys(one for node in nodes for one in _columns(node)))
    entries = {factor for slope in slopes.values() for one in (slope, slope.T) for factor in _apart(upright(one))}
    shown = {name: upright(slope.T) if turned else slope for name, slope in slopes.items()}
    return Omissions(
        {name: formula for name, slope in shown.items() for formula in _written([slope], notation)},
        tuple((form, set(_apart(one)) <= entries) for one in columns for form in _written([one], notation)),
        tuple(_written(dict.fromkeys(one for node in nodes for one in _matrices(node)), notation)),
        tuple(dict.fromkeys(one for node in nodes for one in _numbers(node, notation))) + _plain(),
        tuple(dict.fromkeys(one for term in inner for one in _signed(term, notation))),
    )


def _signed(term: Term, notation: Notation) -> Iterator[tuple[Formula, str, str]]:
    for formula in _written([term.node], notation):
        if isinstance(formula, f.Total) and len(formula.terms) == 1:
            yield formula.terms[0], formula.signs[0], term.missing
        else:
            yield formula, "+", term.missing


def _slopes(network: Network) -> Iterator[tuple[str, Node]]:
    for name, (function, before) in network.activations.items():
        if function == "softmax":
            continue
        try:
            found = derivative_from_output(function, Leaf(name, *before.shape, before.time))
            yield name, derivative(function, before) if found is None else found
        except (RuleError, KeyError):
            continue


def _at_t(node: Any) -> Any:
    """Return a term without the sum around it, for step t."""
    return node.body.xreplace({node.index: t}) if isinstance(node, SumT) else node


def _apart(node: Any) -> tuple[Node, ...]:
    return node.args if isinstance(node, Had) else (node,)


def _speaks_of_adjoints(node: Node) -> bool:
    return any(sign.of.is_scalar_shape for sign in node.atoms(Partial))


LINEAR = (Had, Mul, Add, Scale, Transpose, Multiple)


def _factors(node: Any) -> Iterator[Any]:
    """Yield an expression, and what is added up or multiplied in it."""
    yield node
    for arg in node.args if isinstance(node, LINEAR) else ():
        if isinstance(arg, Node):
            yield from _factors(arg)


def _columns(node: Node) -> Iterator[Node]:
    """Yield the elementwise factors of a term, wherever they stand: all of a product that are no adjoint together, then each."""
    for product in (one for one in _factors(node) if isinstance(one, Had)):
        factors = [one for one in product.args if not _speaks_of_adjoints(one)]
        if len(factors) > 1:
            yield Had(*factors)
        yield from factors


def _matrices(node: Node) -> Iterator[Node]:
    """Yield the factors of matrix products that are no adjoint."""
    for product in (one for one in _factors(node) if isinstance(one, Mul)):
        yield from (one for one in product.args if not _speaks_of_adjoints(one))


def _numbers(node: Node, notation: Notation) -> Iterator[Formula]:
    """Yield the numbers that stand in front of something, without their signs."""
    for one in _factors(node):
        if isinstance(one, Scale) and abs(one.factor) != 1:
            yield from _formula(partial(number, abs(one.factor)))
        if isinstance(one, Multiple):
            yield from _formula(partial(as_formula, one.scalar, notation))


def _plain() -> tuple[Formula, ...]:
    """Return the numbers that are forgotten anywhere: 2, ½, T, 1/T."""
    two, last, one = f.Number("2"), f.Letter("T"), f.Number("1")
    return two, f.Ratio(one, two), last, f.Ratio(one, last)


def _written(nodes: Iterable[Node], notation: Notation) -> Iterator[Formula]:
    for node in nodes:
        yield from _formula(partial(as_formula, node, notation))


def _formula(write: Callable[[], Formula]) -> Iterator[Formula]:
    """Yield a formula, if there is a notation for it."""
    try:
        yield write()
    except RuleError:
        return


__all__ = ["Omissions", "omissions"]
