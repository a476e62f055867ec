"""Two edits at once: which pairs of single edits could make a claim right.

Most pairs need not be evaluated. Let v be the value of the claim, v₁ and v₂ those after each edit alone, w the truth.

    edits in different terms     v₁ + v₂ − v = w
    edits in different factors   v₁ ⊙ v₂ ⊘ v = w, for elementwise products

So the second edit is looked up by the value that it must have. What is left, edits inside of each other and in factors of a matrix
product, is tried in the order of likelihood.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symrnn.claims.diagnosis.editor import Editor
from symrnn.claims.diagnosis.edits import Edit, edits
from symrnn.claims.diagnosis.sample import Sample, equal
from symrnn.claims.trees import Path, replaced
from symrnn.language.formulas.nodes import Formula

MOST_FOUND = 400  # pairs that are made because of their values
MOST_SECONDS = 400  # edits that are tried after another one
NEAR = 1e-7  # relative: values that are compared by one number first


def pairs(sample: Sample, editor: Editor, single: Sequence[Edit]) -> Iterator[tuple[Edit, Edit, Formula]]:
    """Yield two edits and the formula with both whose value is that of the left side, the likeliest first."""
    found = list(_looked_up(sample, editor, single))
    yield from (pair for pair in found if not _is_exchange(*pair[:2]))
    yield from _tried(sample, editor, single)
    yield from (pair for pair in found if _is_exchange(*pair[:2]))


def _looked_up(sample: Sample, editor: Editor, single: Sequence[Edit]) -> Iterator[tuple[Edit, Edit, Formula]]:
    """Yield the pairs that are found by their values."""
    claimed, target = sample.claimed, sample.target
    if claimed is None:
        return
    valued = [(edit, value) for edit in single if (value := sample.of_formula(edit.formula)) is not None]
    if not valued:
        return
    every = np.array([np.ravel(value) for _, value in valued])
    found: set[tuple[int, int]] = set()
    with np.errstate(all="ignore"):
        for wanted in (np.ravel(target + claimed) - every, np.ravel(target * claimed) / every):
            found |= {(i, j) for i, j in matches(every, wanted) if i < j}
    for first, second in sorted(found, key=lambda pair: (sum(pair), pair))[:MOST_FOUND]:
        one, other = valued[first][0], valued[second][0]
        for formula in _both(sample, editor, one, other):
            value = sample.of_formula(formula)
            if value is not None and equal(value, target):
                yield one, other, formula


def _both(sample: Sample, editor: Editor, one: Edit, other: Edit) -> Iterator[Formula]:
    """Yield the formulas with two edits; where one is inside of the other, one is made and the other looked for in what it made."""
    formula = together(sample.right, one, other)
    if formula is not None:
        yield formula
        return
    for outer, inner in ((one, other), (other, one)):
        for edit in edits(editor, outer.new, is_whole=not outer.path):
            if (edit.kind, edit.words) == (inner.kind, inner.words):
                yield replaced(sample.right, outer.path, edit.formula)


def matches(every: Any, wanted: Any) -> Iterator[tuple[int, int]]:
    """Yield (i, j) with row j of `every` equal to row i of `wanted`, by a number that is all but unique to a row."""
    draw = np.random.default_rng(0).uniform(1, 2, every.shape[1])
    keys, asked = every @ draw, wanted @ draw
    order, size = np.argsort(keys), float(np.median(np.abs(every).sum(axis=1)))
    sorted_keys = keys[order]
    for i in np.flatnonzero(np.isfinite(asked)):
        room = NEAR * max(size, float(np.abs(wanted[i]).sum()), 1e-30)
        low, high = np.searchsorted(sorted_keys, (asked[i] - room, asked[i] + room))
        yield from ((int(i), int(j)) for j in order[low:high])


def together(whole: Formula, one: Edit, other: Edit) -> Formula | None:
    """Return a formula with two edits in different places; None if one is inside of the other."""
    if _is_within(one.path, other.path) or _is_within(other.path, one.path):
        return None
    return replaced(replaced(whole, one.path, one.new), other.path, other.new)


def _is_within(path: Path, other: Path) -> bool:
    return path[: len(other)] == other


def _tried(sample: Sample, editor: Editor, single: Sequence[Edit]) -> Iterator[tuple[Edit, Edit, Formula]]:
    """Yield the pairs that are found by evaluating one after the other, until as many were evaluated as may be.

    If the claim has no shape, one of the two edits gives it one, most likely.
    """
    firsts = list(single)
    if sample.claimed is None:
        firsts = [edit for edit in single if sample.of_formula(edit.formula) is not None] or firsts
    seconds: dict[int, list[Edit]] = {}
    for total in range(len(firsts) + MOST_SECONDS):
        for place in range(min(total + 1, len(firsts))):
            one = firsts[place]
            if place not in seconds:
                seconds[place] = list(itertools.islice(edits(editor, one.formula), MOST_SECONDS))
            if total - place >= len(seconds[place]):
                continue
            second = seconds[place][total - place]
            if sample.is_spent:
                return
            if _is_exchange(one, second):
                continue
            value = sample.of_formula(second.formula)
            if value is not None and equal(value, sample.target):
                yield one, second, second.formula


def _is_exchange(one: Edit, other: Edit) -> bool:
    """Return whether one edit takes something away and the other puts something in: that is no account of a mistake."""
    return one.size * other.size < 0


__all__ = ["matches", "pairs", "together"]
