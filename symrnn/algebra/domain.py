"""Domains of time: conjunctions of difference bounds a − b ≤ c over steps, and the obligations that must follow from them.

A rewriting of a sum or product over time is valid only if some inequality between steps holds (taking the first term out of
Σ_{k=t}^{T} needs t ≤ T). Such an inequality is an `Obligation`; it is discharged by a `Domain`, never assumed. A system of
difference bounds over the integers has one tightest equivalent system, its closure (all-pairs shortest paths): two non-empty
domains with the same closure contain the same steps, and an inequality follows exactly if the closure contains it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, expand, sympify

from symrnn.algebra.text import step_text
from symrnn.errors import ProofError

Variable = Hashable  # a symbol or any other name of a step; ORIGIN is the constant 0
ORIGIN = ""
Bounds = Mapping[tuple[Variable, Variable], int]  # (a, b) ↦ c means a − b ≤ c


def closure(bounds: Bounds) -> dict[tuple[Variable, Variable], int] | None:
    """Return the tightest bounds that follow from `bounds`, or None if no integers satisfy them.

    c(a, b) = min over paths a → … → b of the sum of the bounds (Floyd and Warshall). A negative cycle is a contradiction.
    """
    tight = dict(bounds)
    variables = dict.fromkeys(variable for pair in bounds for variable in pair)
    for middle in variables:
        into = [(a, c) for (a, b), c in tight.items() if b == middle and a != middle]
        out = [(b, c) for (a, b), c in tight.items() if a == middle and b != middle]
        for a, first in into:
            for b, second in out:
                if first + second < tight.get((a, b), first + second + 1):
                    tight[a, b] = first + second
    if any(a == b and c < 0 for (a, b), c in tight.items()):
        return None
    return {(a, b): c for (a, b), c in tight.items() if a != b}


@dataclass(frozen=True, slots=True)
class Obligation:
    """The inequality low ≤ high between two steps."""

    low: Expr
    high: Expr

    def __str__(self) -> str:
        return f"{step_text(self.low)} ≤ {step_text(self.high)}"


def at_most(low: Any, high: Any) -> Obligation:
    """Return the inequality low ≤ high."""
    return Obligation(sympify(low), sympify(high))


def difference_bound(low: Expr, high: Expr) -> tuple[tuple[Variable, Variable], int] | None:
    """Return low ≤ high as a difference bound ((a, b), c), a − b ≤ c, or None if it is not one."""
    gap = expand(high - low)  # must be b − a + c
    variables = gap.free_symbols
    coefficients = {symbol: gap.coeff(symbol) for symbol in variables}
    rest = expand(gap - sum((coefficients[symbol] * symbol for symbol in variables), Integer(0)))
    plus = [symbol for symbol, coefficient in coefficients.items() if coefficient == 1]
    minus = [symbol for symbol, coefficient in coefficients.items() if coefficient == -1]
    if not rest.is_Integer or len(plus) + len(minus) != len(variables) or len(plus) > 1 or len(minus) > 1:
        return None
    return (minus[0] if minus else ORIGIN, plus[0] if plus else ORIGIN), int(rest)


def _bound_text(a: Variable, b: Variable, c: int) -> str:
    """Write a − b ≤ c with the constant on one side only: `1 ≤ t`, `t ≤ T−1`."""
    if a == ORIGIN:
        return f"{-c} ≤ {b}".replace("-", "−")
    shift = "" if c == 0 and b != ORIGIN else f"{c:+d}" if b != ORIGIN else str(c)
    return f"{a} ≤ {b}{shift}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Domain:
    """A conjunction of difference bounds over steps, kept closed: equal domains have equal fields.

    Fields:
        bounds: the closure as sorted triples (a, b, c), a − b ≤ c; None when no steps satisfy the conjunction.
    """

    bounds: tuple[tuple[Variable, Variable, int], ...] | None = ()

    @staticmethod
    def of(*inequalities: Obligation) -> Domain:
        """Return the domain in which all the inequalities hold.

        Raises:
            ProofError: an inequality is not a difference bound.
        """
        return Domain().with_(*inequalities)

    @property
    def is_empty(self) -> bool:
        """Whether no steps satisfy the conjunction."""
        return self.bounds is None

    @property
    def symbols(self) -> frozenset[Variable]:
        """The steps that the domain speaks of."""
        return frozenset(v for a, b, _ in self.bounds or () for v in (a, b) if v != ORIGIN)

    def with_(self, *inequalities: Obligation) -> Domain:
        """Return this domain restricted by further inequalities.

        Raises:
            ProofError: an inequality is not a difference bound.
        """
        if self.bounds is None:
            return self
        merged: dict[tuple[Variable, Variable], int] = {(a, b): c for a, b, c in self.bounds}
        for inequality in inequalities:
            found = difference_bound(inequality.low, inequality.high)
            if found is None:
                raise ProofError(f"{inequality} is not a difference bound a − b ≤ c; a domain of time holds only those")
            pair, constant = found
            merged[pair] = min(constant, merged.get(pair, constant))
        return _closed(merged)

    def implies(self, obligation: Obligation) -> bool:
        """Return whether the inequality holds at every point of the domain; False also when that cannot be seen."""
        if self.bounds is None:
            return True
        found = difference_bound(obligation.low, obligation.high)
        if found is None:
            return False
        (a, b), constant = found
        if a == b:
            return constant >= 0
        return any((x, y) == (a, b) and c <= constant for x, y, c in self.bounds)

    def discharge(self, obligation: Obligation) -> str:
        """Return how an inequality follows, in words.

        Raises:
            ProofError: it does not follow from the domain.
        """
        if not self.implies(obligation):
            raise ProofError(f"{obligation} does not follow from {self}")
        return f"{obligation} follows from {self}" if self.symbols else f"{obligation} holds"

    def __str__(self) -> str:
        if self.bounds is None:
            return "no steps"
        return ", ".join(_bound_text(*bound) for bound in _irredundant(self.bounds)) or "all steps"


def _closed(bounds: Bounds) -> Domain:
    tight = closure({pair: c for pair, c in bounds.items() if pair[0] != pair[1] or c < 0})
    if tight is None:
        return Domain(None)
    return Domain(tuple(sorted(((a, b, c) for (a, b), c in tight.items()), key=str)))


def _irredundant(bounds: Iterable[tuple[Variable, Variable, int]]) -> list[tuple[Variable, Variable, int]]:
    """Drop, one after another, the bounds that follow from the remaining ones: what a reader needs to see."""
    kept = sorted(bounds, key=lambda bound: (bound[0] != ORIGIN and bound[1] != ORIGIN, str(bound)))
    for bound in tuple(kept):
        rest = {(a, b): c for a, b, c in kept if (a, b, c) != bound}
        if (closure(rest) or {}).get(bound[:2], bound[2] + 1) <= bound[2]:
            kept.remove(bound)
    return kept
