"""Sums with parts of one step only, and over the steps of other stages: the right-hand sides of adjoints and gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Add, Bar, Node
from symrnn.calculus.records import Adjoint, Gradient, InitialGradient
from symrnn.documents.document import BREAK, Line
from symrnn.documents.notation import PRODUCT, breakable, math, time
from symrnn.documents.telling.words import gradient, label
from symrnn.model.network import Network, Steps

Key = TypeVar("Key")


def adjoint_line(network: Network, adjoint: Adjoint) -> Line:
    """Return the numbered equation of an adjoint, in gradient layout."""
    seed = [adjoint.seed] if adjoint.seed is not None else []
    now = [*adjoint.terms, *seed, *(term for _, term in adjoint.carries)]
    right = total(network, now, adjoint.ends, adjoint.sums)
    return Line(math(Bar(adjoint.of)), "=", right, label=label(adjoint.label), number=adjoint.label)


def total(
    network: Network,
    now: Iterable[Node],
    ends: Iterable[tuple[Expr, Node]] = (),
    sums: Iterable[tuple[int, Node]] = (),
) -> str:
    """Return a sum in LaTeX: terms, terms of one step in brackets, and sums over the steps of a stage."""
    here = list(now)
    written = [breakable(Add(*here))] if here else []
    written += [rf"\left[t = {time(step)}\right] {_factor(terms)}" for step, terms in _sorted(ends)]
    by_length = [(length_of(network, stage), term) for stage, term in sums]
    written += [over(length, terms) for length, terms in _sorted(by_length)]
    return f" {BREAK} + ".join(written) if written else "0"


def _factor(terms: list[Node]) -> str:
    written = math(Add(*terms), PRODUCT)
    return rf"\left({written}\right)" if written.startswith("-") else written


def _sorted(pairs: Iterable[tuple[Key, Node]]) -> Iterable[tuple[Key, list[Node]]]:
    """Return what has the same key together, in order of first occurrence."""
    found: dict[Key, list[Node]] = {}
    for key, term in pairs:
        found.setdefault(key, []).append(term)
    return found.items()


def length_of(network: Network, stage: int) -> Symbol | None:
    """Return the number of steps of a stage, or None if it is evaluated once."""
    when = network.stages[stage].when
    return when.length if isinstance(when, Steps) else None


def over(length: Symbol | None, terms: list[Node]) -> str:
    """Return the sum of some terms over the steps 1 to `length`, or just their sum."""
    inner = breakable(Add(*terms))
    if length is None:
        return inner
    return (
        rf"\sum_{{t=1}}^{{{time(length)}}} {_grouped(inner) if len(terms) > 1 or isinstance(terms[0], Add) else inner}"
    )


def _grouped(inner: str) -> str:
    return rf"\left({inner.replace(f' {BREAK} ', ' ')}\right)"


def by_steps(network: Network, one: Gradient) -> list[tuple[Symbol | None, list[Node]]]:
    """Return the parts of the gradient of a parameter, those that are summed over the same steps together."""
    return list(_sorted((length_of(network, stage), term) for stage, term in zip(one.stages, one.terms, strict=True)))


def gradient_line(network: Network, one: Gradient) -> Line:
    """Return the numbered gradient of a parameter or an input."""
    if not one.terms:
        right = "0"
    elif one.summed:
        right = f" {BREAK} + ".join(over(length, terms) for length, terms in by_steps(network, one))
    else:
        right = breakable(Add(*one.terms))
    return Line(gradient(one.of), "=", right, label=label(one.label), number=one.label)


def initial_line(network: Network, one: InitialGradient) -> Line:
    """Return the numbered gradient of an initial state."""
    parts = [*(term for _, term in one.carries), *(term for _, term in one.ends)]
    lags = max((lag for lag, _ in one.carries), default=1)
    when = network.stages[network.stage_of(one.of)].when
    beyond = when.last if isinstance(when, Steps) else None
    side = "beyond" if isinstance(when, Steps) and when.direction > 0 else "before"
    reason = "" if lags == 1 or beyond is None else f"parts of steps {side} ${time(beyond)}$ are absent"
    right = breakable(Add(*parts)) if parts else "0"
    return Line(gradient(one.of), "=", right, reason, label(one.label), one.label)
