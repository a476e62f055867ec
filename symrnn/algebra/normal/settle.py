"""Products of polynomials, put in normal form.

`product` multiplies polynomials under a renaming of their labels and sums over the labels that were contracted. Every resulting
term is settled: δ is eliminated, equal factors are merged, the identities that are recorded with an atom are applied, sums over
an index that no factor carries become the size of the index, the bounds on steps are closed, the dummies get canonical labels.

Each rule is an identity of entries, valid for all values that satisfy the side conditions of the expression (no denominator is
zero), so whatever order the rules are applied in, two terms that settle to the same monomial are equal.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import floor

from sympy import Expr

from symrnn.algebra.domain import closure
from symrnn.algebra.normal.labels import labelled, rename_factor
from symrnn.algebra.normal.terms import (
    COL,
    FIRST_DUMMY,
    ONE,
    ROW,
    ZERO_STEP,
    Atom,
    Bound,
    Facts,
    Factor,
    GaveUp,
    Monomial,
    Number,
    Poly,
    Step,
    gather,
    lone,
)

MAX_TERMS = 20_000
MAX_REDUCTIONS = 200
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


def delta(size: Expr) -> Atom:
    """Return δ_ij, the entries of the identity matrix."""
    return Atom(f"δ:{size}", Facts("δ", (size, size), symmetry=1, idempotent=True))


def product(*parts: Part, summed: Mapping[int, Expr] | None = None, size: SizeOf | None = None) -> Poly:
    """Return the product of polynomials with renamed labels, summed over the labels in `summed` (label ↦ size).

    Raises:
        GaveUp: the result is too large.
    """
    count = 1
    for poly, _ in parts:
        count *= len(poly)
    if count > MAX_TERMS:
        raise GaveUp(f"a product of {count} terms is too large to expand")
    terms: dict[Monomial, Number] = {}
    contracted = dict(summed or {})
    first = max((FIRST_DUMMY - 1, *contracted, *(label for _, naming in parts for label, _ in naming.values()))) + 1
    for chosen in itertools.product(*(poly.terms for poly, _ in parts)):
        namings = (naming for _, naming in parts)
        _collect(_draft(chosen, namings, contracted, first), terms)
    return gather(terms)


SizeOf = None


def renamed(poly: Poly, naming: Naming) -> Poly:
    """Return a polynomial with other free labels."""
    if all(naming.get(label, (label, 0)) == (label, 0) for label in poly.free):
        return poly
    return product((poly, naming))


def multiplied(left: Poly, right: Poly) -> Poly:
    """Return the entrywise product."""
    if left is ONE or right is ONE:
        return right if left is ONE else left
    return product((left, {}), (right, {}))


def _draft(
    chosen: Iterable[tuple[Monomial, Number]], namings: Iterable[Naming], summed: Mapping[int, Expr], first: int
) -> Draft:
    coefficient: Number = 1
    factors: list[Factor] = []
    bounds: list[Bound] = []
    for (monomial, number), naming in zip(chosen, namings, strict=True):
        coefficient *= number
        shift = first - FIRST_DUMMY
        factors.extend(_moved(factor, naming, shift) for factor in monomial.factors)
        bounds.extend(_moved_bound(bound, naming, shift) for bound in monomial.bounds)
        first += monomial.next_dummy - FIRST_DUMMY
    return Draft(coefficient, tuple(factors), tuple(bounds), summed)


def _moved(factor: Factor, naming: Naming, shift: int) -> Factor:
    labels, offsets = [], list(factor.offsets)
    indices = len(factor.labels) - len(offsets)
    for place, label in enumerate(factor.labels):
        new, offset = (label + shift, 0) if label >= FIRST_DUMMY else naming.get(label, (label, 0))
        labels.append(new)
        if place >= indices:
            offsets[place - indices] += offset
    return Factor(factor.atom, tuple(labels), tuple(offsets), factor.exponent)


def _moved_bound(bound: Bound, naming: Naming, shift: int) -> Bound:
    ends: list[Step] = []
    gap = bound.gap
    for step, sign in ((bound.low, -1), (bound.high, 1)):
        if step[0] == "#":
            label = step[1]
            new, offset = (label + shift, 0) if label >= FIRST_DUMMY else naming.get(label, (label, 0))
            step, gap = ("#", new), gap + sign * offset
        ends.append(step)
    return Bound(ends[0], ends[1], gap)


def _collect(draft: Draft, terms: dict[Monomial, Number]) -> None:
    """Settle a draft and add what it is to `terms`."""
    pending = [draft]
    while pending:
        current = _merged(_without_deltas(_with_sizes(pending.pop())))
        replaced = _replacement(current)
        if replaced is not None:
            pending.extend(replaced)
            if len(pending) > MAX_TERMS:
                raise GaveUp("a term has too many parts to be expanded")
            continue
        for monomial, number in _finished(current):
            terms[monomial] = terms.get(monomial, 0) + number


def _with_sizes(draft: Draft) -> Draft:
    summed = dict(draft.summed)
    for factor in draft.factors:
        for label, size in zip(factor.labels, factor.atom.facts.sizes, strict=False):
            if label >= FIRST_DUMMY:
                summed[label] = size
    return replace(draft, summed=summed)


def _without_deltas(draft: Draft) -> Draft:
    """Σ_j δ_ij x_j = x_i; δ_ii = 1; what stands beside δ_ij between free indices is written in i alone."""
    factors, summed = draft.factors, dict(draft.summed)
    kept: tuple[Factor, ...] = ()
    while True:
        found = next((factor for factor in factors if factor.atom.startswith("δ:")), None)
        if found is None:
            return replace(draft, factors=(*kept, *factors), summed=summed)
        keep, away = sorted(found.labels)
        factors = tuple(factor for factor in factors if factor is not found)
        if away == keep:
            continue
        if away < FIRST_DUMMY:
            kept = (Factor(found.atom, (ROW, COL), (), 1),)
        summed.pop(away, None)
        factors = tuple(rename_factor(factor, {away: keep}) for factor in factors)


def _merged(draft: Draft) -> Draft:
    """x^a x^b = x^{a+b}; x^0 = 1."""
    exponents: dict[tuple[Atom, tuple[int, ...], tuple[int, ...]], Number] = {}
    coefficient = draft.coefficient
    for atom, labels, offsets, exponent in draft.factors:
        symmetry = atom.facts.symmetry
        if symmetry and labels[0] > labels[1] and (symmetry == 1 or labels[0] < FIRST_DUMMY):
            labels = (labels[1], labels[0], *labels[2:])
            coefficient *= symmetry**exponent if symmetry == -1 else 1
        key = atom, labels, offsets
        exponents[key] = exponents.get(key, 0) + exponent
    factors = []
    for (atom, labels, offsets), exponent in exponents.items():
        if exponent:
            once = atom.facts.idempotent and exponent > 1
            factors.append(Factor(atom, labels, offsets, 1 if once else exponent))
    return replace(draft, coefficient=coefficient, factors=tuple(factors))


# Identities recorded with atoms


def _replacement(draft: Draft) -> list[Draft] | None:
    """Return the drafts that replace this one if some identity applies, else None."""
    for place, factor in enumerate(draft.factors):
        facts = factor.atom.facts
        rest = draft.factors[:place] + draft.factors[place + 1 :]
        if facts.power is not None and factor.exponent >= facts.power[0]:
            return _powers(draft, rest, factor, *facts.power)
        if facts.diagonal is not None and factor.labels[0] == factor.labels[1] and _is_count(factor.exponent):
            parts = ((facts.diagonal(), naming_of(factor)),) * int(factor.exponent)
            return expanded(replace(draft, factors=rest), *parts)
        if facts.total is not None and _is_summed_alone(factor, rest):
            summed = {label: size for label, size in draft.summed.items() if label != factor.labels[0]}
            return expanded(replace(draft, factors=rest, summed=summed), (facts.total, naming_of(factor)))
        if facts.relation and draft.reductions < MAX_REDUCTIONS:
            reduced = _reduced(draft, factor)
            if reduced is not None:
                return reduced
    return None


def _is_count(exponent: Number) -> bool:
    return exponent >= 1 and exponent == floor(exponent)


def _is_summed_alone(factor: Factor, rest: tuple[Factor, ...]) -> bool:
    label = factor.labels[0]
    return factor.exponent == 1 and label >= FIRST_DUMMY and all(label not in other.labels for other in rest)


def naming_of(factor: Factor) -> dict[int, tuple[int, int]]:
    """Return the renaming that puts what was recorded with an atom in the place of one factor."""
    naming = {index: (label, 0) for index, label in zip((ROW, COL), factor.indices, strict=False)}
    naming.update({-1 - place: step for place, step in enumerate(factor.steps)})
    return naming


def expanded(draft: Draft, *parts: Part) -> list[Draft]:
    """Return the drafts of a draft multiplied by polynomials whose free labels are labels of the draft."""
    labels = (label for factor in draft.factors for label in factor.labels)
    steps = (step[1] for bound in draft.bounds for step in bound[:2] if step[0] == "#")
    named = (label for _, naming in parts for label, _ in naming.values())
    first = max((COL, *labels, *steps, *named, *draft.summed)) + 1
    found = []
    for chosen in itertools.product(*(poly.terms for poly, _ in parts)):
        more = _draft(chosen, (naming for _, naming in parts), {}, first)
        factors, bounds = draft.factors + more.factors, draft.bounds + more.bounds
        number = draft.coefficient * more.coefficient
        found.append(Draft(number, factors, bounds, draft.summed, draft.reductions))
    return found


def _powers(draft: Draft, rest: tuple[Factor, ...], factor: Factor, period: int, value: Poly) -> list[Draft]:
    """x^{pq+r} = value^q x^r where x^p = value."""
    count = floor(factor.exponent / period)
    left = factor.exponent - count * period
    kept = (*rest, factor._replace(exponent=left)) if left else rest
    return expanded(replace(draft, factors=kept), *(((value, naming_of(factor)),) * count))


def _reduced(draft: Draft, factor: Factor) -> list[Draft] | None:
    """Apply P·a = r to a term that contains a and the leading monomial m of P = c m + R: m a = (r − R a)/c.

    For the indicator of zeros r = 0; for the reciprocal of P, r = 1. Only a leading monomial without dummies is looked for.
    """
    facts = factor.atom.facts
    if facts.inner is None or (facts.relation == "1" and factor.exponent > -1):
        return None
    found = _lead(facts.inner)
    if found is None:
        return None
    lead, coefficient = found
    naming = naming_of(factor)
    wanted = tuple(_moved(part, naming, 0) for part in lead.factors)
    left = _taken_out(draft.factors, wanted)
    if left is None:
        return None
    remainder = Poly(tuple((m, c) for m, c in facts.inner.terms if m != lead)).times(-1)
    base = replace(draft, factors=left, coefficient=_divided(draft.coefficient, coefficient))
    base = replace(base, reductions=draft.reductions + 1)
    results = expanded(base, (remainder, naming))
    if facts.relation == "1":
        results.append(replace(base, factors=(*left, factor._replace(exponent=1))))
    return results


def _divided(above: Number, below: Number) -> Number:
    from fractions import Fraction

    return Fraction(above) / Fraction(below)


def _lead(poly: Poly) -> tuple[Monomial, Number] | None:
    """Return the largest monomial that has no dummies, by degree and then by name."""
    candidates = [(m, c) for m, c in poly.terms if m.next_dummy == FIRST_DUMMY and not m.bounds and m.factors]
    candidates = [(m, c) for m, c in candidates if all(_is_count(factor.exponent) for factor in m.factors)]
    return max(candidates, key=lambda term: (sum(f.exponent for f in term[0].factors), term[0]), default=None)


def _taken_out(factors: tuple[Factor, ...], wanted: tuple[Factor, ...]) -> tuple[Factor, ...] | None:
    """Return what is left of a product after dividing by the wanted factors, or None if they are not all there."""
    left = list(factors)
    for want in wanted:
        for place, factor in enumerate(left):
            if factor[:3] == want[:3] and factor.exponent >= want.exponent:
                left[place] = factor._replace(exponent=factor.exponent - want.exponent)
                break
        else:
            return None
    return tuple(factor for factor in left if factor.exponent)


# What remains


def _finished(draft: Draft) -> Iterator[tuple[Monomial, Number]]:
    used = {label for factor in draft.factors for label in factor.labels}
    alone = [label for label in draft.summed if label not in used]
    if alone:
        raise NotImplementedError
    bounds = _closed(draft.bounds)
    if bounds is None:
        return
    factors, bounds = _anchored(draft.factors, bounds)
    yield labelled(factors, bounds), draft.coefficient


def _closed(bounds: tuple[Bound, ...]) -> tuple[Bound, ...] | None:
    if not bounds:
        return ()
    tight: dict[tuple[Step, Step], int] = {}
    for low, high, gap in bounds:
        tight[low, high] = min(gap, tight.get((low, high), gap))
    found = closure(tight)
    return None if found is None else tuple(Bound(low, high, gap) for (low, high), gap in found.items())


def _anchored(factors: tuple[Factor, ...], bounds: tuple[Bound, ...]) -> tuple[tuple[Factor, ...], tuple[Bound, ...]]:
    """Shift every summed step so that the smallest offset it appears with is 0."""
    lowest: dict[int, int] = {}
    for factor in factors:
        for label, offset in factor.steps:
            if label >= FIRST_DUMMY:
                lowest[label] = min(offset, lowest.get(label, offset))
    for bound in bounds:
        for step in bound[:2]:
            if step[0] == "#" and step[1] >= FIRST_DUMMY and step[1] not in lowest:
                lowest[step[1]] = _limit(step, bounds)
    naming = {label: (label, -offset) for label, offset in lowest.items() if offset}
    if not naming:
        return factors, bounds
    return tuple(_moved_all(f, naming) for f in factors), tuple(_moved_bound_all(b, naming) for b in bounds)
