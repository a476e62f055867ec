"""What is wrong: the truth is broken until it gives what the function gives, one mistake at a time, from the loss downwards.

One mistake that explains all results is looked for first. Of several, those that show at T = 1, where nothing is carried, are
found there, and what is left at more steps. A mistake counts if some wrong results become what the function gives, and none that
was explained is lost; an explanation is complete when every result is explained, also on a sample of other sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from sympy import Expr, Integer, Rational

from symrnn.algebra.nodes import T
from symrnn.verify import kinds
from symrnn.verify.functions.attempts import Asked, run, sized
from symrnn.verify.functions.backward import Backward, gradients, reads, truncated, with_adjoints
from symrnn.verify.functions.judging import Settled
from symrnn.verify.functions.mistakes import Mistake, equation, mistakes
from symrnn.verify.functions.truth import USUAL, Case, Size
from symrnn.verify.functions.values import BATCH, Array, Quantities, Sample

TRUNCATED = "truncated"
SEARCHED = Size(3, 3, 6, seed=1)  # as small as it can be for a mistake to show
LONGER = 200  # mistakes looked at after the first that explains everything, for alternatives
MOST, BEAM, DEEPEST = 4, 3, 6  # alternatives told; explanations followed at once; mistakes in one explanation
FACTORS: tuple[Expr, ...] = (
    *(Integer(-1), Integer(2), Rational(1, 2), Integer(-2), BATCH, 1 / BATCH, T, 1 / T, T * BATCH, 1 / (T * BATCH)),
    *(2 / BATCH, 2 / T, 2 / (T * BATCH), -BATCH, -1 / BATCH),
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Mistakes that together give exactly what the function gives."""

    mistakes: tuple[Mistake, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The classes of its mistakes."""
        return tuple(one.kind for one in self.mistakes)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A sample, with what the function gives on it."""

    sample: Sample
    forward: Quantities
    theirs: Mapping[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A backward pass on the way to an explanation, and the results that it explains."""

    backward: Backward
    mistakes: tuple[Mistake, ...]
    matched: frozenset[str]


class Search:
    """The search for explanations of one function."""

    def __init__(self, asked: Asked, case: Case, settled: Settled, until: float) -> None:
        self.asked, self.case, self.settled, self.until = asked, case, settled, until
        self.tolerance = settled.tolerance
        self.size = replace(SEARCHED, equal=settled.size.equal)
        self.parameters = frozenset(leaf.name for leaf in case.network.params)

    def explanations(self) -> tuple[Explanation, ...]:
        """Return the explanations that hold on two samples; none if there is none in the time there was."""
        many = self.place(self.size)
        check = self.place(self.settled.size)
        if many is None or check is None:
            return ()
        start = self._found(self.case.backward, (), many)
        good = self._scaled(start, many, check)
        if not good:
            long = self.place(replace(USUAL[2], equal=self.size.equal))
            good = [one for one in self._truncated(long) if self._holds_truncated(one, check)] if long else []
        if not good:
            good = self._holding(self.improved(start, many, all_at_once=True), many, check)
        if not good:
            good = self._holding(self._composed(many), many, check)
        if not good:
            good = self._negated(many, check)
        return tuple(Explanation(one.mistakes) for one in good[:MOST])

    def _negated(self, many: Place, check: Place) -> list[_Found]:
        """Return the explanations in which every result has the other sign too."""
        turned, checked = (
            Place(one.sample, one.forward, {name: -value for name, value in one.theirs.items()})
            for one in (many, check)
        )
        start = self._found(self.case.backward, (), turned)
        if not start.matched:
            return []
        sign = Mistake(kinds.SIGN, "every result has the other sign", (), frozenset(), self.case.backward)
        found = self._holding(iter(self._followed([start], turned)), turned, checked)
        return [replace(one, mistakes=(sign, *one.mistakes)) for one in found]

    def _holding(self, found: Iterator[_Found], many: Place, check: Place) -> list[_Found]:
        complete = [one for one in found if one.matched >= many.theirs.keys() and self._holds(one, check)]
        fewest = min((len(one.mistakes) for one in complete), default=0)
        return [one for one in complete if len(one.mistakes) == fewest]

    def place(self, size: Size) -> Place | None:
        """Return what the function gives on a sample, without the convention of means; None if it raises there."""
        size = sized(self.settled.reading, size)
        sample = self.case.sample(size, self.settled.given)
        forward = self.case.forward(sample)
        outcome = run(self.asked, self.settled.reading, sample, forward)
        if outcome.problem:
            return None
        scale = self.settled.scale
        found = {name: value / scale.factor(name, sample, self.parameters) for name, value in outcome.found.items()}
        return Place(sample, forward, found)

    # -- what a backward pass explains ---------------------------------------------------------------------------------

    def matched(self, values: Mapping[str, Array], place: Place) -> frozenset[str]:
        """Return the results that are what the function gives."""
        return frozenset(
            name for name, value in values.items() if name in place.theirs and self._same(value, place, name)
        )

    def _same(self, value: Array, place: Place, name: str) -> bool:
        theirs = place.theirs[name]
        size = max(float(np.abs(theirs).max(initial=0.0)), float(np.abs(value).max(initial=0.0)), 1e-300)
        with np.errstate(all="ignore"):
            return bool(float(np.abs(value - theirs).max(initial=0.0)) <= 10 * self.tolerance * size)

    def _found(self, backward: Backward, made: tuple[Mistake, ...], place: Place) -> _Found:
        return _Found(backward, made, self.matched(gradients(backward, place.forward), place))

    def _holds(self, one: _Found, place: Place) -> bool:
        values = gradients(one.backward, place.forward)
        return self.matched(values, place) >= place.theirs.keys()

    def improved(self, start: _Found, place: Place, all_at_once: bool = False, names: bool = True) -> Iterator[_Found]:
        """Yield what one more mistake explains: more than before and nothing less, or everything."""
        depends = _depends(start.backward, place.theirs)
        wrong = frozenset(place.theirs) - start.matched
        left: int | None = None
        own = {one.label: one.of.name for one in start.backward.gradients}
        swept = with_adjoints(start.backward, place.forward)
        for one in mistakes(start.backward, names):
            left = left if left is None else left - 1
            if monotonic() > self.until or left == 0:
                return
            affected = frozenset(name for name, labels in depends.items() if labels & one.labels)
            if not (wrong <= affected if all_at_once else wrong & affected):
                continue
            known = swept if one.labels <= own.keys() else place.forward  # adjoints are as they were
            values = gradients(one.backward, known, affected)
            matched = (start.matched - affected) | self.matched(values, place)
            if matched > start.matched:
                left = LONGER if left is None and matched >= place.theirs.keys() else left
                yield _Found(one.backward, (*start.mistakes, one), matched)

    # -- several mistakes ----------------------------------------------------------------------------------------------

    def _composed(self, many: Place) -> Iterator[_Found]:
        """Yield explanations of several mistakes: those that show at one step first, then what more steps show."""
        single = self.place(replace(self.size, steps=1)) if many.sample.steps > 1 else None
        starts = [self._found(self.case.backward, (), many)]
        if single is not None:
            at_one = self._followed([self._found(self.case.backward, (), single)], single)
            if any(one.mistakes for one in at_one):
                starts = [self._found(one.backward, one.mistakes, many) for one in at_one[: 4 * BEAM]] + starts
        for start in starts:
            if start.matched >= many.theirs.keys():
                yield start
        yield from self._followed(starts, many)

    def _followed(self, starts: list[_Found], place: Place) -> list[_Found]:
        """Return the explanations of most, complete ones alone if there are any."""
        beam = starts
        complete = [one for one in beam if one.matched >= place.theirs.keys()]
        for _ in range(DEEPEST):
            if complete or monotonic() > self.until:
                break
            better: list[_Found] = []
            for start in beam:
                better += self.improved(start, place, names=False)
                if any(one.matched >= place.theirs.keys() for one in better):
                    break
            better = better or [one for start in beam for one in self.improved(start, place)]
            better = better or [one for start in beam for one in self._twice(start, place)]
            if not better:
                break
            better.sort(key=lambda one: -len(one.matched))  # stable: likely mistakes first
            complete = [one for one in better if one.matched >= place.theirs.keys()]
            beam = better[:BEAM]
        return complete or beam

    def _twice(self, start: _Found, place: Place) -> Iterator[_Found]:
        """Yield what two mistakes in the equation of one gradient explain."""
        swept = with_adjoints(start.backward, place.forward)
        for gradient in start.backward.gradients:
            name, label = gradient.of.name, frozenset([gradient.label])
            if name in start.matched or name not in place.theirs:
                continue
            for first in (one for one in mistakes(start.backward) if one.labels == label):
                for second in (one for one in mistakes(first.backward) if one.labels == label):
                    if monotonic() > self.until:
                        return
                    values = gradients(second.backward, swept, [name])
                    if self._same(values[name], place, name):
                        yield _Found(second.backward, (*start.mistakes, first, second), start.matched | {name})
                        break
                else:
                    continue
                break

    # -- numbers, and truncation ---------------------------------------------------------------------------------------

    def _scaled(self, start: _Found, many: Place, check: Place) -> list[_Found]:
        """Return the explanation that wrong results are the true ones times a number, the same formula on both samples."""
        wrong = sorted(frozenset(many.theirs) - start.matched)
        numbers = {name: _ratio(self, many, name) for name in wrong}
        if not wrong or None in numbers.values() or numbers != {name: _ratio(self, check, name) for name in wrong}:
            return []
        made = []
        for number in dict.fromkeys(numbers.values()):
            names = [name for name in wrong if numbers[name] == number]
            where = tuple(equation(one) for one in self.case.backward.gradients if one.of.name in names)
            said = "every result" if names == sorted(many.theirs) else " and ".join(f"d{name}" for name in names)
            words = f"{said} {'is' if said[0] == 'e' or len(names) == 1 else 'are'} {number} times the gradient"
            made.append(
                Mistake(kinds.SIGN if number == -1 else kinds.FACTOR, words, where, frozenset(), start.backward)
            )
        return [_Found(start.backward, tuple(made), frozenset(many.theirs))]

    def _truncated(self, place: Place) -> Iterator[_Found]:
        for depth in range(1, place.sample.steps - 1):
            if self.matched(truncated(self.case.backward, place.forward, depth), place) >= place.theirs.keys():
                words = f"the loss of every step reaches back over {depth} steps only, {depth + 1} with its own"
                one = Mistake(f"{TRUNCATED} {depth}", words, (), frozenset(), self.case.backward)
                yield _Found(self.case.backward, (one,), frozenset(place.theirs))

    def _holds_truncated(self, one: _Found, place: Place) -> bool:
        depth = int(one.mistakes[0].kind.removeprefix(TRUNCATED))
        values = truncated(self.case.backward, place.forward, depth)
        return self.matched(values, place) >= place.theirs.keys()


def _ratio(search: Search, place: Place, name: str) -> Expr | None:
    """Return the number that a result is too large by, if it is one of the usual ones."""
    theirs, truth, sample = place.theirs[name], search.case.truth(place.sample)[name], place.sample
    square = float((truth * truth).sum())
    if not square:
        return None
    number = float((theirs * truth).sum()) / square
    if not np.allclose(theirs, number * truth, rtol=1e-7, atol=1e-9 * np.sqrt(square)):
        return None
    for one in FACTORS:
        if abs(float(one.subs({T: sample.steps, BATCH: sample.batch})) - number) < 1e-7 * abs(number):
            return one
    return None


def _depends(backward: Backward, names: Mapping[str, Array]) -> dict[str, frozenset[str]]:
    """Return the labels of the equations on which every result depends."""
    read = reads(backward)
    found: dict[str, frozenset[str]] = {}
    for gradient in backward.gradients:
        found[gradient.of.name] = read[gradient.label] | {gradient.label}
    for one in backward.adjoints:
        state = f"{one.of.name}0"
        if state in names:
            found[state] = read[one.label] | {one.label, state}
    return {name: labels for name, labels in found.items() if name in names}
