"""Relations between an atom and the polynomial it was made from.

    zeros(P) · P = 0        B^{−k} · P = B^{1−k}, B standing for P

They are applied as a division by the leading monomial of P: wherever that occurs beside the atom, it is replaced by what the
relation says, so that P itself need not be recognised in a sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from symrnn.algebra.normal.drafts import Draft, expanded, is_count, moved, naming_of
from symrnn.algebra.normal.terms import COL, FIRST_DUMMY, Factor, Monomial, Number, Poly

MAX_REDUCTIONS = 200


def reduced(draft: Draft, factor: Factor) -> list[Draft] | None:
    """Apply P a = 0 (a indicates the zeros of P) or P a^{−k} = a^{1−k} (a is P itself) to the leading monomial m of P.

    With P = c m + R the first is m a = −R a / c, the second m a^{−k} = (a^{1−k} − R a^{−k}) / c.
    """
    facts = factor.atom.facts
    if draft.reductions >= MAX_REDUCTIONS or facts.inner is None:
        return None
    if facts.relation == "reciprocal" and factor.exponent > 0:
        return None
    found = _lead(facts.inner)
    if found is None:
        return None
    lead, coefficient = found
    naming = naming_of(factor)
    first = 1 + max((COL, *(label for part in draft.factors for label in part.labels), *draft.summed))
    wanted = tuple(moved(part, naming, first - FIRST_DUMMY) for part in lead.factors)
    left = _taken_out(draft, wanted, first)
    if left is None:
        return None
    number = draft.coefficient * Fraction(1) / coefficient
    base = replace(left, coefficient=number, reductions=draft.reductions + 1)
    remainder = Poly(tuple((monomial, -c) for monomial, c in facts.inner.terms if monomial != lead))
    results = expanded(base, (remainder, naming))
    if facts.relation == "reciprocal":
        results.append(replace(base, factors=(*left.factors, factor._replace(exponent=1))))
    return results


def _lead(poly: Poly) -> tuple[Monomial, Number] | None:
    """Return the largest monomial, by degree and then by name, among those that can be looked for in a term."""
    candidates = [
        (monomial, c)
        for monomial, c in poly.terms
        if monomial.factors and not monomial.bounds and all(is_count(factor.exponent) for factor in monomial.factors)
    ]
    return max(candidates, key=lambda term: (sum(f.exponent for f in term[0].factors), term[0]), default=None)


def _taken_out(draft: Draft, wanted: tuple[Factor, ...], first: int) -> Draft | None:
    """Return what is left of a product after dividing by the wanted factors, or None if they are not all there.

    Labels of the wanted factors from `first` on are dummies: each has to be a dummy of the draft that is summed over and that
    nothing else carries.
    """
    for factors, met in _matches(draft.factors, wanted, {}, first):
        used = {label for factor in factors for label in factor.labels}
        if all(label in draft.summed and label not in used for label in met):
            return replace(draft, factors=factors, summed={k: v for k, v in draft.summed.items() if k not in met})
    return None


def _matches(
    factors: tuple[Factor, ...], wanted: tuple[Factor, ...], met: Mapping[int, int], first: int
) -> Iterator[tuple[tuple[Factor, ...], tuple[int, ...]]]:
    """Yield the ways to take the wanted factors out: what is left, and the labels that met the dummies (from `first` on)."""
    if not wanted:
        yield factors, tuple(met.values())
        return
    want = wanted[0]
    for place, factor in enumerate(factors):
        if factor.atom != want.atom or factor.offsets != want.offsets or factor.exponent < want.exponent:
            continue
        more = _met(factor.labels, want.labels, met, first)
        if more is not None:
            left = factor._replace(exponent=factor.exponent - want.exponent)
            rest = (*factors[:place], *((left,) if left.exponent else ()), *factors[place + 1 :])
            yield from _matches(rest, wanted[1:], more, first)


def _met(
    labels: tuple[int, ...], wanted: tuple[int, ...], met: Mapping[int, int], first: int
) -> Mapping[int, int] | None:
    """Return the dummies met so far with those of one more factor, or None if the labels do not fit."""
    now = dict(met)
    for label, want in zip(labels, wanted, strict=True):
        if want < first:
            if label != want:
                return None
        elif now.setdefault(want, label) != label or label < FIRST_DUMMY:
            return None
    return now if len(set(now.values())) == len(now) else None
