"""Function atoms: f(P) as one atom, known by the canonical form of its argument P.

The same function of the same entries may be written with its indices exchanged, with other names for the open steps, with the
opposite sign (f odd or even) or as a multiple. Of all these ways the one with the smallest digest is taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sympy import Expr

from symrnn.algebra.normal.drafts import Naming
from symrnn.algebra.normal.settle import renamed
from symrnn.algebra.normal.terms import COL, ROW, Number, Poly

MAX_OPEN_STEPS = 3
Shape = tuple[Expr, Expr]
Normalised = tuple[Number, Poly]  # P = number · normalised


def plain(poly: Poly) -> Normalised:
    """Leave the argument as it is."""
    return 1, poly


def unsigned(poly: Poly) -> Normalised:
    """Make the first coefficient positive: for functions with f(−x) known from f(x)."""
    return (1, poly) if poly.leading > 0 else (-1, poly.times(-1))


def monic(poly: Poly) -> Normalised:
    """Make the first coefficient 1: for functions with f(c x) known from f(x)."""
    return poly.leading, poly.times(1 / Fraction(poly.leading))


@dataclass(frozen=True, slots=True)
class Argument:
    """The canonical form of an argument.

    Fields:
        poly: the argument, in ROW, COL and the open steps −1, −2, …
        number: the argument as given is number · poly, under the labels below.
        labels, offsets: what stands for ROW, COL, −1, −2, … in the argument as given.
        sizes: the sizes of the indices in use.
        symmetry: 1 or −1 if exchanging the indices of `poly` gives the same, or the same with the other sign; else 0.
    """

    poly: Poly
    number: Number
    labels: tuple[int, ...]
    offsets: tuple[int, ...]
    sizes: tuple[Expr, ...]
    symmetry: int = 0


def canonical_argument(poly: Poly, shape: Shape, normalise: Callable[[Poly], Normalised] = plain) -> Argument:
    """Return the canonical form of the argument of an entrywise function."""
    indices = tuple(label for label in (ROW, COL) if label in poly.free)
    found: list[tuple[tuple[str, bool, int], Argument]] = []
    for order in itertools.permutations(indices):
        for steps, offsets in step_orders((poly,)):
            naming = parameters(order, steps, offsets)
            number, candidate = normalise(renamed(poly, naming))
            sizes = tuple(shape[label] for label in order)
            argument = Argument(candidate, number, (*order, *steps), offsets, sizes)
            found.append(((candidate.key, number < 0, len(found)), argument))
    best = min(found, key=lambda pair: pair[0])[1]
    return best if len(indices) < 2 else _with_symmetry(best, normalise)


def _with_symmetry(best: Argument, normalise: Callable[[Poly], Normalised]) -> Argument:
    number, exchanged = normalise(renamed(best.poly, {ROW: (COL, 0), COL: (ROW, 0)}))
    if exchanged.key != best.poly.key:
        return best
    symmetry = int(number) if number in (1, -1) else 0
    return Argument(best.poly, best.number, best.labels, best.offsets, best.sizes, symmetry)


def step_orders(polys: tuple[Poly, ...]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the ways to number the open steps of some polynomials: the labels in order, with their smallest offsets.

    With many open steps only one way is tried; equal atoms may then be told apart, unequal ones never confused.
    """
    lowest = lowest_offsets(polys)
    labels = sorted(lowest, reverse=True)
    orders = itertools.permutations(labels) if len(labels) <= MAX_OPEN_STEPS else iter([tuple(labels)])
    for order in orders:
        yield order, tuple(lowest[label] for label in order)


def lowest_offsets(polys: tuple[Poly, ...]) -> dict[int, int]:
    """Return the smallest offset of each open step."""
    lowest: dict[int, int] = {}
    for poly in polys:
        for label in poly.free:
            if label < 0:
                lowest.setdefault(label, 0)
    seen: dict[int, int] = {}
    for poly in polys:
        for monomial, _ in poly.terms:
            for factor in monomial.factors:
                for label, offset in factor.steps:
                    if label < 0:
                        seen[label] = min(offset, seen.get(label, offset))
    return {label: seen.get(label, 0) for label in lowest}


def parameters(order: tuple[int, ...], steps: tuple[int, ...], offsets: tuple[int, ...]) -> Naming:
    """Return the renaming of indices to ROW, COL and of open steps to −1, −2, … counted from their smallest offset."""
    naming = {label: (place, 0) for place, label in enumerate(order)}
    naming.update({label: (-1 - place, -offsets[place]) for place, label in enumerate(steps)})
    return naming
