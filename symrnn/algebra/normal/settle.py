"""Products of polynomials, put in normal form.

`product` multiplies polynomials under a renaming of their labels and sums over the labels that were contracted. Every
resulting term is settled: δ is eliminated, equal factors are merged, the identities that are recorded with an atom are
applied, a sum over an index that no factor carries becomes the size of the index, the bounds on steps are closed, the dummies
get canonical labels.

Each rule is an identity of entries, valid for all values that satisfy the side conditions of the expression (no denominator
is zero). So two terms that settle to the same monomial are equal, whatever order the rules were applied in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import floor

from sympy import Expr

from symrnn.algebra.domain import closure
from symrnn.algebra.normal.drafts import Draft, Naming, Part, expanded, is_count, moved, moved_bound, naming_of
from symrnn.algebra.normal.labels import labelled, rename_factor
from symrnn.algebra.normal.relations import reduced
from symrnn.algebra.normal.scalars import scalar
from symrnn.algebra.normal.terms import (
    COL,
    FIRST_DUMMY,
    ROW,
    Atom,
    Bound,
    Factor,
    Facts,
    GaveUp,
    Monomial,
    Number,
    Poly,
    Step,
    gather,
)

MAX_TERMS = 20_000
DELTA = "δ:"


def delta(size: Expr) -> Atom:
    """Return δ_ij, the entries of the identity matrix."""
    return Atom(f"{DELTA}{size}", Facts("δ", (size, size), symmetry=1, idempotent=True))


def product(*parts: Part, summed: Mapping[int, Expr] | None = None, bounds: tuple[Bound, ...] = ()) -> Poly:
    """Return the product of polynomials with renamed labels, summed over the labels in `summed` (label ↦ size).

    Steps among the new labels are summed where `bounds` hold.

    Raises:
        GaveUp: the result is too large.
    """
    count = 1
    for poly, _ in parts:
        count *= len(poly)
    if count > MAX_TERMS:
        raise GaveUp(f"a product of {count} terms is too large to expand")
    start = Draft(1, (), bounds, summed or {})
    terms: dict[Monomial, Number] = {}
    for draft in expanded(start, *parts):
        _settle(draft, terms)
    return gather(terms)


def renamed(poly: Poly, naming: Naming) -> Poly:
    """Return a polynomial with other free labels."""
    if all(naming.get(label, (label, 0)) == (label, 0) for label in poly.free):
        return poly
    return product((poly, naming))


def multiplied(*polys: Poly) -> Poly:
    """Return the entrywise product."""
    several = [poly for poly in polys if poly.constant != 1]
    return several[0] if len(several) == 1 else product(*((poly, {}) for poly in several)) if several else polys[0]


def _settle(draft: Draft, terms: dict[Monomial, Number]) -> None:
    """Settle a draft and add what it is to `terms`."""
    pending = [draft]
    for _ in range(MAX_TERMS):
        if not pending:
            return
        current = _merged(_without_deltas(_with_sizes(pending.pop())))
        replaced = _replacement(current)
        if replaced is None:
            _finish(current, terms)
        else:
            pending.extend(replaced)
    raise GaveUp("a term has too many parts to be expanded")


def _with_sizes(draft: Draft) -> Draft:
    summed = dict(draft.summed)
    for factor in draft.factors:
        for label, size in zip(factor.labels, factor.atom.facts.sizes, strict=False):
            if label >= FIRST_DUMMY:
                summed[label] = size
    return replace(draft, summed=summed)


def _without_deltas(draft: Draft) -> Draft:
    """Σ_j δ_ij x_j = x_i; δ_ii = 1; what stands beside δ_ij between free indices is written in i alone."""
    if not any(factor.atom.startswith(DELTA) for factor in draft.factors):
        return draft
    factors, summed = draft.factors, dict(draft.summed)
    kept: tuple[Factor, ...] = ()
    while True:
        found = next((factor for factor in factors if factor.atom.startswith(DELTA)), None)
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
    """x^a x^b = x^{a+b}; x^0 = 1; x² = x for the idempotent."""
    exponents: dict[tuple[Atom, tuple[int, ...], tuple[int, ...]], Number] = {}
    coefficient = draft.coefficient
    for atom, labels, offsets, exponent in draft.factors:
        symmetry = atom.facts.symmetry
        if symmetry and labels[0] > labels[1] and (symmetry == 1 or labels[0] < FIRST_DUMMY):
            labels = (labels[1], labels[0], *labels[2:])
            coefficient *= 1 if symmetry == 1 or exponent % 2 == 0 else -1
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
        if facts.power is not None and not 0 < factor.exponent < facts.power[0]:
            replaced = _without_power(draft, rest, factor)
            if replaced is not None:
                return replaced
        if facts.diagonal is not None and factor.labels[0] == factor.labels[1] and is_count(factor.exponent):
            parts = ((facts.diagonal(), naming_of(factor)),) * int(factor.exponent)
            return expanded(replace(draft, factors=rest), *parts)
        if facts.total is not None and _is_summed_alone(factor, rest):
            summed = {label: size for label, size in draft.summed.items() if label != factor.labels[0]}
            return expanded(replace(draft, factors=rest, summed=summed), (facts.total, naming_of(factor)))
        if facts.excludes and any(other.atom == facts.excludes and other[1:3] == factor[1:3] for other in rest):
            return []
        less = reduced(draft, factor) if facts.relation else None
        if less is not None:
            return less
    return _without_lone_indices(draft)


def _is_summed_alone(factor: Factor, rest: tuple[Factor, ...]) -> bool:
    label = factor.labels[0]
    return factor.exponent == 1 and label >= FIRST_DUMMY and all(label not in other.labels for other in rest)


def _without_power(draft: Draft, rest: tuple[Factor, ...], factor: Factor) -> list[Draft] | None:
    """x^{pq+r} = value^q x^r where x^p = value, 0 ≤ r < p; a negative q needs the inverse of the value."""
    period, value = factor.atom.facts.power or (1, Poly())
    count = floor(factor.exponent / Fraction(period))
    if count < 0:
        if factor.atom.facts.inverse is None:
            return None
        value = factor.atom.facts.inverse
    left = factor.exponent - count * period
    kept = (*rest, factor._replace(exponent=left)) if left else rest
    return expanded(replace(draft, factors=kept), *(((value, naming_of(factor)),) * abs(count)))


def _without_lone_indices(draft: Draft) -> list[Draft] | None:
    """Σ_i 1 = n for an index i that no factor carries."""
    used = {label for factor in draft.factors for label in factor.labels}
    alone = [size for label, size in draft.summed.items() if label not in used]
    if not alone:
        return None
    summed = {label: size for label, size in draft.summed.items() if label in used}
    return expanded(replace(draft, summed=summed), *((scalar(size), {}) for size in alone))


# What remains


def _finish(draft: Draft, terms: dict[Monomial, Number]) -> None:
    factors, bounds = draft.factors, draft.bounds
    if bounds:
        closed = _closed(bounds)
        if closed is None:
            return  # a sum over no steps
        factors, bounds = _anchored(factors, closed)
    monomial = labelled(factors, bounds)
    terms[monomial] = terms.get(monomial, 0) + draft.coefficient


def _closed(bounds: tuple[Bound, ...]) -> tuple[Bound, ...] | None:
    tight: dict[tuple[Step, Step], int] = {}
    for low, high, gap in bounds:
        if low != high or gap < 0:
            tight[low, high] = min(gap, tight.get((low, high), gap))
    found = closure(tight)  # type: ignore[arg-type]
    return None if found is None else tuple(Bound(*pair, gap) for pair, gap in found.items())  # type: ignore[arg-type]


def _anchored(factors: tuple[Factor, ...], bounds: tuple[Bound, ...]) -> tuple[tuple[Factor, ...], tuple[Bound, ...]]:
    """Shift every summed step so that the smallest offset it appears with is 0."""
    lowest: dict[int, int] = {}
    for factor in factors:
        for label, offset in factor.steps:
            lowest[label] = min(offset, lowest.get(label, offset))
    for step in sorted({step for bound in bounds for step in bound[:2] if step[0] == "#"}):
        if step[1] not in lowest:
            lowest[step[1]] = _limit(step, bounds)
    naming = {label: (label, -offset) for label, offset in lowest.items() if offset and label >= FIRST_DUMMY}
    if not naming:
        return factors, bounds
    return tuple(moved(f, naming) for f in factors), tuple(moved_bound(b, naming) for b in bounds)


def _limit(step: Step, bounds: tuple[Bound, ...]) -> int:
    """Return the offset that makes the first limit of a step, which no factor carries, equal to a fixed step."""
    below = sorted(b for b in bounds if b.high == step and not _is_dummy(b.low))
    above = sorted(b for b in bounds if b.low == step and not _is_dummy(b.high))
    return below[0].gap if below else -above[0].gap if above else 0


def _is_dummy(step: Step) -> bool:
    return step[0] == "#" and step[1] >= FIRST_DUMMY
