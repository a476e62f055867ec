"""Results held against the truth: which are right, in which convention of means; and the reading of a function that fits best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from time import monotonic

import numpy as np

from symrnn.errors import SymrnnError
from symrnn.verify.functions.attempts import (
    TOLERANCE,
    Asked,
    MissingError,
    Outcome,
    Reading,
    given_by,
    readings,
    reordered,
    run,
    sized,
)
from symrnn.verify.functions.layout import Layout
from symrnn.verify.functions.truth import USUAL, Case, Given, Size
from symrnn.verify.functions.values import Array, Sample

EQUAL = Size(equal=4)  # where nothing fits at different sizes
PARAMETERS = "gradients of parameters"


@dataclass(frozen=True, slots=True)
class Scale:
    """A convention of means: what results are of the gradient of the sum: 1, 1/B, 1/T or 1/(T B), of parameters or of all."""

    over: str = ""  # "B", "T", "TB"
    parameters_only: bool = False

    def factor(self, name: str, sample: Sample, parameters: frozenset[str]) -> float:
        """Return what a result is multiplied by."""
        if self.parameters_only and name not in parameters:
            return 1.0
        return 1.0 / ((sample.batch if "B" in self.over else 1) * (sample.steps if "T" in self.over else 1))

    @property
    def words(self) -> str:
        """What is said about it."""
        over = {"B": "the batch", "T": "the steps", "TB": "steps and batch"}[self.over]
        if self.parameters_only:
            return f"{PARAMETERS} are means over {over}, those of inputs and states belong to the sum"
        return f"the loss is the mean over {over}"


SCALES = (Scale(), Scale("B"), Scale("B", True), Scale("T"), Scale("TB"), Scale("T", True), Scale("TB", True))


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """The reading that fits best, and what the function gave there."""

    reading: Reading
    given: Given
    size: Size
    sample: Sample
    outcome: Outcome
    errors: Mapping[str, float]  # relative error of every result, by quantity
    scale: Scale = Scale()
    told: bool = False  # whether nothing else ran

    @property
    def tolerance(self) -> float:
        """The largest relative error of what is right."""
        return TOLERANCE["f4" if self.outcome.single else "f8"]

    @property
    def wrong(self) -> tuple[str, ...]:
        """The quantities whose gradients are wrong."""
        return tuple(name for name, error in self.errors.items() if not error <= self.tolerance)

    @property
    def right(self) -> bool:
        """Whether all of them are right, and there are some."""
        return bool(self.errors) and not self.wrong


def errors(
    found: Mapping[str, Array], truth: Mapping[str, Array], sample: Sample, scale: Scale, parameters: frozenset[str]
) -> dict[str, float]:
    """Return the largest error of every result, relative to the largest entry of its truth.

    One that is zero by cancellation is held against the largest entry of any gradient.
    """
    largest = max((float(np.abs(truth[name]).max(initial=0.0)) for name in truth), default=0.0)
    answer: dict[str, float] = {}
    for name, value in found.items():
        true = truth[name] * scale.factor(name, sample, parameters)
        size = float(np.abs(true).max(initial=0.0))
        unit = size if size > 1e-12 * largest else largest or 1.0
        with np.errstate(all="ignore"):
            error = float(np.abs(value - true).max(initial=0.0)) / unit
        answer[name] = error if np.isfinite(error) else float("inf")
    return answer


def judged(asked: Asked, case: Case, reading: Reading, size: Size, scale: Scale | None = None) -> Settled | Outcome:
    """Run a function in one reading and hold it against the truth; an outcome if it could not be run."""
    given = given_by(reading, case)
    size = sized(reading, size)
    sample = case.sample(size, given)
    outcome = run(asked, reading, sample, case.forward(sample))
    if outcome.problem:
        return outcome
    return held(case, reading, given, size, sample, outcome, scale)


def held(
    case: Case, reading: Reading, given: Given, size: Size, sample: Sample, outcome: Outcome, scale: Scale | None = None
) -> Settled:
    """Hold an outcome against the truth, in the convention of means that fits best unless one is given."""
    truth = case.truth(sample)
    parameters = frozenset(leaf.name for leaf in case.network.params)
    best: Settled | None = None
    for one in SCALES if scale is None else (scale,):
        if one.over and sample.batch * sample.steps == 1:
            continue
        found = Settled(
            reading, given, size, sample, outcome, errors(outcome.found, truth, sample, one, parameters), one
        )
        if found.right and not (one.parameters_only and not set(outcome.found) - parameters):
            return found
        best = best or found
    assert best is not None
    return best


def settle(asked: Asked, case: Case, until: float) -> Settled:
    """Return the reading that fits best.

    A function that runs over a batch is not read as one of a single sequence, nor one that runs over sequences as one of a single
    step, in which mistakes are hidden; and equal sizes are for functions that run at no others.

    Raises:
        SymrnnError: if the function runs in none.
    """
    problems: dict[str, str] = {}
    for size, like in product((USUAL[0], EQUAL), (_batches, _sequences, _steps)):
        told = size == EQUAL
        viable: list[Settled] = []
        for found in _tried(asked, case, size, like, problems, until):
            if found.right and not told:
                return found
            viable.append(found)
        best = _best(asked, case, viable, size, until)
        if best is not None:
            return Settled(
                best.reading, best.given, best.size, best.sample, best.outcome, best.errors, best.scale, told
            )
    raise SymrnnError(_no_reading(asked, problems))


def _batches(layout: Layout) -> bool:
    return layout.stepped and layout.batched


def _sequences(layout: Layout) -> bool:
    return layout.stepped and not layout.batched


def _steps(layout: Layout) -> bool:
    return not layout.stepped


def _tried(
    asked: Asked, case: Case, size: Size, like: Callable[[Layout], bool], problems: dict[str, str], until: float
) -> Iterator[Settled]:
    for reading in readings(asked, case):
        if monotonic() > until:
            return
        if not like(reading.layout):
            continue
        try:
            found = judged(asked, case, reading, size)
        except MissingError as error:
            problems.setdefault("", str(error))
            continue
        if isinstance(found, Settled):
            yield found
        else:
            problems.setdefault(reading.layout.sequence, found.problem)


def _best(asked: Asked, case: Case, viable: list[Settled], size: Size, until: float) -> Settled | None:
    """Return the one with the most right results, gates in the order that fits."""
    viable = sorted(viable, key=_score, reverse=True)  # stable: the usual layout first
    found = list(viable[:3])
    for one in viable[:3]:
        for reading in reordered(asked, case, one.reading):
            if monotonic() > until:
                break
            other = judged(asked, case, reading, size)
            if isinstance(other, Settled):
                if other.right:
                    return other
                found.append(other)
    return max(found, key=_score, default=None)


def _score(found: Settled) -> tuple[int, int]:
    """Return how much is right: results, and those that are not far off, for gates in another order."""
    close = sum(error < 0.2 for error in found.errors.values())
    return len(found.errors) - len(found.wrong), close


def _no_reading(asked: Asked, problems: dict[str, str]) -> str:
    if not problems:
        return f"{asked.name}: no meaning of its arguments was found in the time there was; say more in arguments= and layout="
    missing = problems.pop("", "")
    if not problems:
        return missing
    layout, problem = next(iter(problems.items()))
    others = sorted({one for one in problems.values() if one != problem})
    more = f"; in other layouts: {others[0]}" if others and asked.layout is None else ""
    advice = "" if asked.layout else "; say how its arrays are laid out, as in layout='TBn' (steps, sequences, entries)"
    return f"with sequences as {layout}: {problem}{more}{advice}"
