"""Who is right, who is quickest of a library's forms, and turns of everybody in one process."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.bench.speed.forms import Form

Array = NDArray[Any]
Clock = Callable[[], float]
CLOCKS: Mapping[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}
# Of the largest entry of a gradient. Rounding leaves some 1e-6 and 1e-15 of it after a hundred steps, and more after a thousand; a
# wrong formula is off by 1e-2 and more.
ALLOWED = {"float32": 1e-4, "float64": 1e-11}
LEAST_ROUNDS = 3
_SAMPLE = 2e-3  # seconds: short work is repeated in a turn, so that the clock and the call of it are small beside it


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some numbers, and its quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one number."""
        low, middle, high = (
            statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
        )
        return cls(middle, low, high)

    def as_dict(self) -> dict[str, float]:
        """Return it for JSON."""
        return asdict(self)


def error(found: Mapping[str, Array], wanted: Mapping[str, Array]) -> float:
    """Return the largest error of any gradient relative to the largest entry of that gradient; infinity where one is missing."""
    if not wanted.keys() <= found.keys() or any(np.shape(found[name]) != array.shape for name, array in wanted.items()):
        return math.inf
    with np.errstate(all="ignore"):
        parts = [np.abs(found[name] - array).max() / (np.abs(array).max() or 1.0) for name, array in wanted.items()]
    worst = max(float(part) if np.isfinite(part) else math.inf for part in parts)
    return worst


def once(form: Form, clock: Clock) -> float:
    """Return the time of one run."""
    return _turn(form.run, 1, clock)


def turns(
    forms: Mapping[str, Form], tried: Mapping[str, float], rounds: int, seconds: float, clock: Clock
) -> dict[str, list[float]]:
    """Return for everybody the time of one run in each round.

    In a round everybody has one turn, of several runs where `tried` says that one is short; who is first changes from round to
    round. There are fewer rounds than asked for if they would take longer than `seconds`, but at least three.
    """
    repeats = {name: max(1, math.ceil(_SAMPLE / max(tried[name], 1e-7))) for name in forms}
    one_round = sum(repeats[name] * tried[name] for name in forms)
    count = max(LEAST_ROUNDS, min(rounds, int(seconds / max(one_round, 1e-9))))
    order, found = list(forms), {name: list[float]() for name in forms}
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for number in range(count):
            first = number % max(len(order), 1)
            for name in (*order[first:], *order[:first]):
                found[name].append(_turn(forms[name].run, repeats[name], clock))
    finally:
        if was_enabled:
            gc.enable()
    return found


def _turn(run: Callable[[], object], repeats: int, clock: Clock) -> float:
    started = clock()
    for _ in range(repeats):
        run()
    return (clock() - started) / repeats


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> Spread:
    """Return how many times as long as we they take, round by round."""
    return Spread.of([a / b for a, b in zip(theirs, ours, strict=True)])


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean of some positive numbers, 1 of none."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else 1.0
