"""Canonical labels for the dummies of a monomial, so that equal products are equal values.

The factors and dummies of a product form a graph. Each part that is connected by dummies is labelled by itself: dummies are
told apart by where they occur (colour refinement); where that leaves a tie every choice is tried and the smallest code wins.
The number of tries is limited; beyond it the answer is `GaveUp`, never a wrong label.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from symrnn.algebra.normal.terms import FIRST_DUMMY, Bound, Factor, GaveUp, Monomial, Step

MAX_TRIES = 720
Colours = dict[int, int]
Code = tuple[int, tuple[Factor, ...], tuple[Bound, ...]]


def labelled(factors: Sequence[Factor], bounds: Sequence[Bound]) -> Monomial:
    """Return the canonical monomial of a product; the bounds must be closed."""
    if not any(label >= FIRST_DUMMY for factor in factors for label in factor.labels) and not bounds:
        return Monomial(tuple(sorted(factors)))
    coded = sorted((_labelled_part(*part) for part in _parts(factors, bounds)), key=lambda pair: pair[0])
    naming: dict[int, int] = {}
    for _, order in coded:
        for dummy in order:
            naming[dummy] = FIRST_DUMMY + len(naming)
    renamed = [rename_factor(factor, naming) for factor in factors]
    limits = sorted(rename_bound(bound, naming) for bound in bounds)
    return Monomial(tuple(sorted(renamed)), tuple(limits))


def rename_factor(factor: Factor, naming: Mapping[int, int]) -> Factor:
    """Return a factor with other labels; a symmetric atom keeps its two indices in order."""
    labels = tuple(naming.get(label, label) for label in factor.labels)
    if factor.atom.facts.symmetry == 1:
        labels = (*sorted(labels[:2]), *labels[2:])
    return Factor(factor.atom, labels, factor.offsets, factor.exponent)


def rename_bound(bound: Bound, naming: Mapping[int, int]) -> Bound:
    """Return a bound with other labels."""
    low, high = (("#", naming.get(step[1], step[1])) if step[0] == "#" else step for step in bound[:2])
    return Bound(low, high, bound.gap)


def _dummies_of(bound: Bound) -> tuple[int, ...]:
    return tuple(step[1] for step in bound[:2] if step[0] == "#" and step[1] >= FIRST_DUMMY)


Part = tuple[list[int], list[Factor], list[Bound]]


def _parts(factors: Sequence[Factor], bounds: Sequence[Bound]) -> list[Part]:
    """Return the parts of a product that are connected by dummies; what has no dummies is in none of them."""
    parent: dict[int, int] = {}

    def root(dummy: int) -> int:
        while parent.setdefault(dummy, dummy) != dummy:
            dummy = parent[dummy]
        return dummy

    groups = [tuple(x for x in factor.labels if x >= FIRST_DUMMY) for factor in factors]
    limits = [_dummies_of(bound) for bound in bounds]
    for group in (*groups, *limits):
        for dummy in group:
            parent[root(dummy)] = root(group[0])
    parts: dict[int, Part] = {}
    for dummy in sorted(parent):
        parts.setdefault(root(dummy), ([], [], []))[0].append(dummy)
    for factor, group in zip(factors, groups, strict=True):
        if group:
            parts[root(group[0])][1].append(factor)
    for bound, group in zip(bounds, limits, strict=True):
        if group:
            parts[root(group[0])][2].append(bound)
    return list(parts.values())


def _labelled_part(dummies: list[int], factors: list[Factor], bounds: list[Bound]) -> tuple[Code, list[int]]:
    """Return the smallest code of a connected part and the order of its dummies that gives it."""
    if len(dummies) == 1:
        return _code(dummies, factors, bounds), dummies
    tries = 0
    best: tuple[Code, list[int]] | None = None
    pending = [_refined(dict.fromkeys(dummies, 0), factors, bounds)]
    while pending:
        colours = pending.pop()
        tied = _first_tie(colours)
        if tied:
            pending.extend(_refined({**colours, dummy: -1}, factors, bounds) for dummy in tied)
            continue
        tries += 1
        if tries > MAX_TRIES:
            raise GaveUp("a product is too symmetric to be put in normal form")
        order = sorted(dummies, key=colours.__getitem__)
        code = _code(order, factors, bounds)
        if best is None or code < best[0]:
            best = code, order
    assert best is not None
    return best


def _code(order: list[int], factors: Iterable[Factor], bounds: Iterable[Bound]) -> Code:
    naming = {dummy: FIRST_DUMMY + place for place, dummy in enumerate(order)}
    return (
        len(order),
        tuple(sorted(rename_factor(factor, naming) for factor in factors)),
        tuple(sorted(rename_bound(bound, naming) for bound in bounds)),
    )


def _first_tie(colours: Colours) -> list[int]:
    """Return the dummies of the smallest colour class that has more than one member (of those, the first colour)."""
    classes: dict[int, list[int]] = {}
    for dummy, colour in colours.items():
        classes.setdefault(colour, []).append(dummy)
    ties = [(len(members), colour) for colour, members in classes.items() if len(members) > 1]
    return classes[min(ties)[1]] if ties else []


def _refined(colours: Colours, factors: Sequence[Factor], bounds: Sequence[Bound]) -> Colours:
    """Refine colours until every two dummies of one colour see the same colours around them."""
    while True:
        seen: dict[int, list[Hashable]] = {dummy: [] for dummy in colours}
        for factor in factors:
            _look_around(factor, colours, seen)
        for bound in bounds:
            _look_along(bound, colours, seen)
        views = {dummy: (colours[dummy], sorted(seen[dummy])) for dummy in colours}  # type: ignore[type-var]
        finer = _ranked(views)
        if len(set(finer.values())) == len(set(colours.values())):
            return finer
        colours = finer


def _ranked(views: Mapping[int, tuple[int, list[Hashable]]]) -> Colours:
    ordered = sorted(views.items(), key=lambda item: item[1])
    colours: Colours = {}
    rank = -1
    previous: object = None
    for dummy, view in ordered:
        if view != previous:
            rank, previous = rank + 1, view
        colours[dummy] = rank
    return colours


def _look_around(factor: Factor, colours: Colours, seen: dict[int, list[Hashable]]) -> None:
    # a fixed label is seen as itself, a dummy as its colour
    around = tuple((0, label) if label < FIRST_DUMMY else (1, colours[label]) for label in factor.labels)
    symmetric = factor.atom.facts.symmetry == 1
    if symmetric:
        around = (*sorted(around[:2]), *around[2:])
    for place, label in enumerate(factor.labels):
        if label >= FIRST_DUMMY:
            position = 0 if symmetric and place < 2 else place
            seen[label].append((factor.atom, position, factor.offsets, factor.exponent, around))


def _look_along(bound: Bound, colours: Colours, seen: dict[int, list[Hashable]]) -> None:
    def view(step: Step) -> tuple[str, int]:
        return ("#dummy", colours[step[1]]) if step[0] == "#" and step[1] >= FIRST_DUMMY else step

    for place, step in enumerate(bound[:2]):
        if step[0] == "#" and step[1] >= FIRST_DUMMY:
            other = bound.high if place == 0 else bound.low
            seen[step[1]].append(("≤", place, (bound.gap,), 0, (view(other),)))
