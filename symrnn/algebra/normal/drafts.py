"""Products before they are settled: factors in any order, with any dummies, and the renaming of labels in them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor

from sympy import Expr

from symrnn.algebra.normal.terms import COL, FIRST_DUMMY, ROW, Bound, Factor, Number, Poly

Naming = Mapping[int, tuple[int, int]]  # label ↦ (label, offset)
Part = tuple[Poly, Naming]


@dataclass(frozen=True, slots=True)
class Draft:
    """A product that is not settled yet.

    Fields:
        coefficient, factors, bounds: as in a term, in any order and with any dummies.
        summed: the dummies that are indices, with their sizes; also those that no factor carries.
        reductions: how many relations have been applied on the way here.
    """

    coefficient: Number
    factors: tuple[Factor, ...]
    bounds: tuple[Bound, ...] = ()
    summed: Mapping[int, Expr] = field(default_factory=dict)
    reductions: int = 0


def naming_of(factor: Factor) -> dict[int, tuple[int, int]]:
    """Return the renaming that puts what was recorded with an atom in the place of one factor."""
    naming = {index: (label, 0) for index, label in zip((ROW, COL), factor.indices, strict=False)}
    naming.update({-1 - place: step for place, step in enumerate(factor.steps)})
    return naming


def expanded(draft: Draft, *parts: Part) -> list[Draft]:
    """Return the terms of a draft multiplied by polynomials, each renamed into the labels of the draft."""
    labels = (label for factor in draft.factors for label in factor.labels)
    steps = (step[1] for bound in draft.bounds for step in bound[:2] if step[0] == "#")
    named = (label for _, naming in parts for label, _ in naming.values())
    first = max((COL, *labels, *steps, *named, *draft.summed)) + 1
    found = []
    for chosen in itertools.product(*(poly.terms for poly, _ in parts)):
        number, shift = draft.coefficient, first - FIRST_DUMMY
        factors, bounds = list(draft.factors), list(draft.bounds)
        for (monomial, coefficient), (_, naming) in zip(chosen, parts, strict=True):
            number *= coefficient
            factors.extend(moved(factor, naming, shift) for factor in monomial.factors)
            bounds.extend(moved_bound(bound, naming, shift) for bound in monomial.bounds)
            shift += monomial.next_dummy - FIRST_DUMMY
        found.append(Draft(number, tuple(factors), tuple(bounds), draft.summed, draft.reductions))
    return found


def _target(label: int, naming: Naming, shift: int) -> tuple[int, int]:
    found = naming.get(label)
    return found if found is not None else (label + shift if label >= FIRST_DUMMY else label, 0)


def moved(factor: Factor, naming: Naming, shift: int = 0) -> Factor:
    """Rename the labels of a factor; its own dummies are raised by `shift`."""
    targets = [_target(label, naming, shift) for label in factor.labels]
    first = len(targets) - len(factor.offsets)
    offsets = tuple(old + more for old, (_, more) in zip(factor.offsets, targets[first:], strict=True))
    return Factor(factor.atom, tuple(label for label, _ in targets), offsets, factor.exponent)


def moved_bound(bound: Bound, naming: Naming, shift: int = 0) -> Bound:
    """Rename the steps of low − high ≤ gap; with low = l + o it is l − high ≤ gap − o."""
    low, high, gap = bound
    if low[0] == "#":
        label, offset = _target(low[1], naming, shift)
        low, gap = ("#", label), gap - offset
    if high[0] == "#":
        label, offset = _target(high[1], naming, shift)
        high, gap = ("#", label), gap + offset
    return Bound(low, high, gap)


def is_count(exponent: Number) -> bool:
    """Return whether an exponent is 1, 2, 3, …"""
    return exponent >= 1 and exponent == floor(exponent)
