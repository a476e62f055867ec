"""Where a mistake shows: the smallest sizes at which it does, and the conditions under which nobody would have noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from symrnn.verify.functions.attempts import Asked, run, sized
from symrnn.verify.functions.judging import Settled, held
from symrnn.verify.functions.truth import USUAL, Case, Size
from symrnn.verify.functions.values import Array, Sample

Change = Callable[[Sample], dict[str, Array]]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest sizes that show a mistake, and the entry with the largest error there."""

    sizes: str
    result: str
    index: tuple[int, ...]
    theirs: float
    true: float

    def __str__(self) -> str:
        place = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{self.sizes}: d{self.result}{place} is {self.theirs:.6g} and should be {self.true:.6g}"


@dataclass(frozen=True, slots=True)
class Regime:
    """A condition: its words, the sizes, what is changed of a sample, and whether it can be there at all."""

    words: str
    size: Size = USUAL[0]
    change: Change | None = None
    applies: Callable[[Case, Settled], bool] = lambda case, settled: True


def _stepped(case: Case, settled: Settled) -> bool:
    return settled.reading.layout.stepped


def _batched(case: Case, settled: Settled) -> bool:
    return settled.reading.layout.batched


def _with_states(case: Case, settled: Settled) -> bool:
    return any(slot.kind == "state" for slot in settled.reading.slots)


def _with_square(case: Case, settled: Settled) -> bool:
    return bool(_square(settled.sample))


def _with_seeds(case: Case, settled: Settled) -> bool:
    return _stepped(case, settled) and any(
        slot.kind == "sequence" and part in {seed.name for _, seed in case.network.seeds}
        for slot in settled.reading.slots
        for part in slot.quantities
    )


def _square(sample: Sample) -> tuple[str, ...]:
    params = (leaf for leaf in sample.network.params if not leaf.is_column)
    return tuple(leaf.name for leaf in params if leaf.shape[0] == leaf.shape[1])


def _zero_states(sample: Sample) -> dict[str, Array]:
    names = [f"{state.leaf.name}0" for state in sample.network.states if state.initial == "given"]
    return {name: np.zeros_like(sample.arrays[name]) for name in names}


def _symmetric(sample: Sample) -> dict[str, Array]:
    return {name: (sample.arrays[name] + sample.arrays[name].T) / 2 for name in _square(sample)}


def _last_only(sample: Sample) -> dict[str, Array]:
    found = {}
    for _, seed in sample.network.seeds:
        found[seed.name] = np.array(sample.arrays[seed.name])
        found[seed.name][:-1] = 0
    return found


REGIMES = (
    Regime("a single step (T = 1)", Size(1), None, _stepped),
    Regime("two steps (T = 2)", Size(2), None, _stepped),
    Regime("three steps (T = 3)", Size(3), None, _stepped),
    Regime("a single sequence (B = 1)", Size(batch=1), None, _batched),
    Regime("initial states of zero", USUAL[0], _zero_states, _with_states),
    Regime("symmetric recurrent weights", USUAL[0], _symmetric, _with_square),
    Regime("a loss of the last step only", USUAL[0], _last_only, _with_seeds),
    Regime("all sizes equal", Size(equal=4)),
    Regime("all sizes 1", Size(equal=1)),
)


def hiding(asked: Asked, case: Case, settled: Settled, until: float) -> tuple[str, ...]:
    """Return the conditions under which the function gives exactly what is right."""
    found = [one.words for one in REGIMES if one.applies(case, settled) and _right(asked, case, settled, one, until)]
    return (*found, *_partly(case, settled))


def _partly(case: Case, settled: Settled) -> Iterator[str]:
    """Yield what is seen of the results if only some of them are compared."""
    parameters = {leaf.name for leaf in case.network.params}
    wrong, known = set(settled.wrong), set(settled.errors)
    states = {name for name in known if name.endswith("0") and name not in parameters}
    for names, words in (
        (parameters & known, "weights and biases compared alone"),
        (known - parameters, "inputs and initial states compared alone"),
        (states, "initial states compared alone"),
        (known - states, "everything compared but the initial states"),
    ):
        if wrong and names and names != known and not names & wrong:
            yield words


def _right(asked: Asked, case: Case, settled: Settled, regime: Regime, until: float) -> bool:
    if monotonic() > until:
        return False
    size = replace(regime.size, equal=settled.size.equal) if settled.told and not regime.size.equal else regime.size
    found = changed(asked, case, settled, size, regime.change)
    return found is not None and found.right


def changed(asked: Asked, case: Case, settled: Settled, size: Size, change: Change | None = None) -> Settled | None:
    """Return what the function gives on a sample of some size, which may be changed; None if it raises."""
    size = sized(settled.reading, size)
    sample = case.sample(size, settled.given)
    if change is not None:
        sample = replace(sample, arrays={**sample.arrays, **change(sample)})
    outcome = run(asked, settled.reading, sample, case.forward(sample))
    if outcome.problem:
        return None
    return held(case, settled.reading, settled.given, size, sample, outcome, settled.scale)


def smallest(asked: Asked, case: Case, settled: Settled, until: float) -> Counterexample | None:
    """Return the smallest sizes at which a result is wrong: fewest steps first, then entries, then sequences."""
    layout = settled.reading.layout
    for steps in range(1, 6 if layout.stepped else 2):
        for equal in (1, 2, 3):
            for batch in (1, 2) if layout.batched else (1,):
                if monotonic() > until:
                    return None
                found = changed(asked, case, settled, Size(steps, batch, 3, equal, seed=3))
                if found is not None and found.wrong:
                    return _entry(case, found)
    return _entry(case, settled) if settled.wrong else None


def _entry(case: Case, found: Settled) -> Counterexample:
    name = max(found.wrong, key=lambda one: found.errors[one])
    index, theirs, true = worst(case, found, name)
    return Counterexample(found.sample.size_text, name, index, theirs, true)


def worst(case: Case, found: Settled, name: str) -> tuple[tuple[int, ...], float, float]:
    """Return where the largest error of a result is, what the function gives there, and the truth."""
    parameters = frozenset(leaf.name for leaf in case.network.params)
    true = case.truth(found.sample)[name] * found.scale.factor(name, found.sample, parameters)
    theirs = found.outcome.found[name]
    distance = np.where(np.isfinite(theirs), np.abs(theirs - true), np.inf)
    index = np.unravel_index(int(distance.argmax()), distance.shape) if distance.ndim else ()
    return tuple(int(one) for one in index), float(theirs[index]), float(true[index])
