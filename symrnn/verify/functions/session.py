"""One verification from beginning to end, in the order in which a reader would do it by hand.

read the function  →  hold it against the truth on three samples  →  right: say so, in which convention
                   →  wrong: try cells that differ by a convention  →  name the mistake, show the smallest case, say what hides it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np

from symrnn.errors import SymrnnError
from symrnn.model.network import Network
from symrnn.model.replacement import replaced
from symrnn.verify.functions import calls
from symrnn.verify.functions.attempts import Asked, Reading, run
from symrnn.verify.functions.diagnosis import Explanation, Search
from symrnn.verify.functions.disagreement import disagreement
from symrnn.verify.functions.forwards import ForwardCheck, check_forward
from symrnn.verify.functions.judging import Settled, judged, settle
from symrnn.verify.functions.patience import SECONDS as PATIENCE
from symrnn.verify.functions.patience import TookTooLong
from symrnn.verify.functions.regimes import changed, hiding, smallest, worst
from symrnn.verify.functions.slots import given
from symrnn.verify.functions.truth import USUAL, Case, Size, with_seeds
from symrnn.verify.functions.values import Array
from symrnn.verify.functions.variants import variants
from symrnn.verify.functions.verdict import (
    AGREES,
    NOT_UNDERSTOOD,
    REFUTED,
    Diagnosis,
    FunctionVerdict,
    Named,
    ResultRow,
)

SECONDS = 10.0  # for one function: its own calls are in it
CONFIRMING = Size(3)  # where the derivation is held against complex steps
STALE = "stale accumulators"


def verify_function(
    function: calls.Function,
    network: Network,
    *,
    forward: calls.Function | None = None,
    arguments: Mapping[str, Any] | None = None,
    results: tuple[str, ...] | Mapping[str, Any] | None = None,
    layout: str | None = None,
    weights: str | None = None,
    tensors: bool | None = None,
    seconds: float = SECONDS,
) -> FunctionVerdict:
    """Verify a function that computes the gradients of a network, and return the verdict.

    Args:
        function: takes inputs, states, weights and the adjoints of the outputs (or the targets of a loss), returns gradients;
            or, with `forward`, takes the adjoints and what `forward` returned.
        network: what it is held against.
        forward: the forward function that goes with it: its output is compared with the cell, and the gradients with
            numerical differentiation of it.
        arguments: what arguments mean, where names do not tell: {"U": "W_hh", "W": ("W_ii", "W_if", "W_io", "W_ig")}. A tuple
            is stacked gate by gate, a list side by side, ["W_xi", "W_hi"]; anything else is passed as it is. "W_hh.T" is
            stored transposed, "y:labels" are class numbers, "dh:last" is the adjoint of the last step, "h:all" the states
            with the initial one in front.
        results: the names of the results in order, or what each is the gradient of, {"gU": "W_hh", "state": None}.
        layout: "TBn", "BTn", "Tn", "[n1]", …: the axes of sequences; tried in turn if it is not given.
        weights: "out, in" (W x) or "in, out" (x W).
        tensors: whether the function takes torch tensors; told by its module if it is not given.
        seconds: the time for all of it; what was not done in it is said.
    """
    asked = Asked(function, forward, arguments, results, layout, weights, tensors)
    until = monotonic() + seconds
    name = calls.name_of(function) if callable(function) else str(function)
    try:
        with np.errstate(all="ignore"):  # a broken truth may divide by zero
            case = Case.of(with_seeds(network))
            settled = settle(asked, case, until - seconds / 2)
            case, settled = _plainer(asked, network, case, settled)
            case.confirm(case.sample(CONFIRMING, settled.given))
            return _Session(asked, case, settled, until).verdict()
    except SymrnnError as error:
        return FunctionVerdict(NOT_UNDERSTOOD, name, network.name, message=str(error))
    except TookTooLong:
        problem = f"{name} did not return within {PATIENCE:g} s: look for a loop without an end"
        return FunctionVerdict(NOT_UNDERSTOOD, name, network.name, message=problem)


def _plainer(asked: Asked, network: Network, case: Case, settled: Settled) -> tuple[Case, Settled]:
    """Return the case without the adjoints of states that the function is not given, so that no equation has them."""
    own = set(network.seeds)
    seeds = tuple(pair for pair in case.network.seeds if pair in own or pair[1].name not in settled.given.zeroed)
    if seeds == case.network.seeds:
        return case, settled
    other = Case.of(replace(case.network, seeds=seeds))
    found = judged(asked, other, settled.reading, settled.size)
    return (other, replace(found, told=settled.told)) if isinstance(found, Settled) else (case, settled)


class _Session:
    """What is known about one function in one reading."""

    def __init__(self, asked: Asked, case: Case, settled: Settled, until: float) -> None:
        self.asked, self.case, self.settled, self.until = asked, case, settled, until
        self.remarks: list[str] = []
        left = [
            f"d{name}" for name in case.truth(settled.sample) if name not in {*settled.errors, *settled.given.zeroed}
        ]
        if left:
            self.remarks.append(f"not returned, so not verified: {', '.join(left)}")

    def verdict(self) -> FunctionVerdict:
        """Return the answer."""
        stale = self._stale()
        if stale is not None:
            return stale
        checked = check_forward(self.asked, self.case, self.settled)
        if self.settled.right:
            return self._right(checked)
        for words, network in variants(self.case.network):
            case = Case.of(network)
            other = self._again(case)
            if other is not None and other.right:
                case.confirm(case.sample(CONFIRMING, other.given))
                session = _Session(self.asked, case, other, self.until)
                found = session._right(check_forward(self.asked, case, other))
                return replace(found, convention=(*found.convention, words))
        return self._wrong(checked)

    def _again(self, case: Case) -> Settled | None:
        """Return the reading that fits best to another network, in the same layout."""
        layout = self.settled.reading.layout
        asked = replace(self.asked, layout=layout.sequence, weights=layout.weights)
        try:
            return settle(asked, case, monotonic() + 1.0)
        except SymrnnError:
            return None

    # -- right -----------------------------------------------------------------------------------------------------------

    def _right(self, checked: ForwardCheck | None) -> FunctionVerdict:
        """Return the verdict on a function that is right on the first sample: others, and calls in a row, follow."""
        for size in USUAL[1:]:
            other = changed(self.asked, self.case, self.settled, size)
            if other is None or not other.right:
                self.settled = other or self.settled
                return self._wrong(checked)
        self._in_place()
        forward = () if checked is None else checked.words
        answer = REFUTED if checked is not None and checked.refutes else AGREES
        return self._base(answer, samples=len(USUAL), forward=forward, remarks=tuple(self.remarks))

    def _stale(self) -> FunctionVerdict | None:
        """Return a verdict if a second call on the same sample gives something else than the first."""
        again = changed(self.asked, self.case, self.settled, self.settled.size)
        first = self.settled.outcome.found
        if again is None or all(
            np.allclose(value, first[name], rtol=self.settled.tolerance, atol=0, equal_nan=True)
            for name, value in again.outcome.found.items()
        ):
            return None
        self.settled = again
        words = "a second call with the same arguments gives another result: sums are not set to zero where the sweep begins"
        return self._base(
            REFUTED,
            diagnosis=(Diagnosis((Named(STALE, words),)),),
            repair=("set every sum of gradients to zero at the beginning of the function",),
            hidden=("one call only",),
        )

    def _in_place(self) -> None:
        names = self.settled.outcome.changed
        if not names:
            return
        reading, sample = self.settled.reading, self.settled.sample
        forward = self.case.forward(sample)
        kept = {slot.name: given(slot, reading.layout, sample, forward) for slot in reading.arguments}
        run(self.asked, reading, sample, forward, kept)
        second = run(self.asked, reading, sample, forward, kept)
        truth = self.settled.outcome.found
        wrong = bool(second.problem) or any(
            abs(value - truth[name]).max(initial=0) > 1e-9 for name, value in second.found.items()
        )
        and_then = ": a second call with the same arrays is wrong" if wrong else ""
        self.remarks.append(f"it writes to its argument{'s' * (len(names) > 1)} {', '.join(names)}{and_then}")

    # -- wrong -------------------------------------------------------------------------------------------------------------

    def _wrong(self, checked: ForwardCheck | None) -> FunctionVerdict:
        settled, until = self.settled, self.until
        if checked is not None and checked.agrees is False:
            return self._disagreeing(checked)
        if settled.told:
            self.remarks.append(
                "it only runs where all sizes are equal: a product does not fit otherwise, such as one with a missing transpose"
            )
            settled = self._with_one_size()
        explained = Search(self.asked, self.case, settled, until - 1.0).explanations()
        if not explained:
            early = monotonic() > until - 1.0
            self.remarks.append(
                "no explanation was found in the time there was"
                if early
                else "no mistake of the catalogue explains all results"
            )
        diagnosis = tuple(_named(one) for one in explained)
        return self._base(
            REFUTED,
            diagnosis=diagnosis,
            repair=_repair(diagnosis),
            counterexample=smallest(self.asked, self.case, settled, until + 1.0),
            hidden=hiding(self.asked, self.case, settled, until + 2.0),
            forward=() if checked is None else checked.words,
            remarks=tuple(self.remarks),
        )

    def _with_one_size(self) -> Settled:
        """Return what the function gives for a network of which all sizes are one and the same: any transpose fits there."""
        one = self.case.network.sizes[0]
        case = Case.of(replaced(self.case.network, dict.fromkeys(self.case.network.sizes[1:], one)))
        found = judged(self.asked, case, self.settled.reading, Size(equal=4))
        if isinstance(found, Settled):
            self.case, self.settled = case, found
        return self.settled

    def _disagreeing(self, checked: ForwardCheck) -> FunctionVerdict:
        """Return the verdict on a forward function that is not the cell, and a backward one that is not right for the cell."""
        found = None if checked.consistent else disagreement(self.asked, self.case, self.settled, self.until)
        diagnosis, repair, words = checked.diagnosis, checked.repair, checked.words
        if found is not None:
            words = (*words, found.changed.words)
            diagnosis = (*diagnosis, *(_named(one) for one in found.explanations))
            first = f"in the forward function, {found.changed.before}"
            exact = "" if found.right_for_cell else " (and more: the backward function is not right for it either)"
            second = [line for one in found.explanations[:1] for mistake in one.mistakes for line in mistake.where]
            repair = (first + exact, *(f"or keep {found.changed.after} and write, backward, {line}" for line in second))
        return self._base(
            REFUTED,
            forward=words,
            diagnosis=diagnosis,
            repair=repair,
            hidden=hiding(self.asked, self.case, self.settled, self.until),
            remarks=tuple(self.remarks),
        )

    # -- what is said ------------------------------------------------------------------------------------------------------

    def _base(self, answer: str, **more: Any) -> FunctionVerdict:
        return FunctionVerdict(
            answer,
            self.asked.name,
            self.case.network.name,
            rows=tuple(self._rows()),
            convention=tuple(_conventions(self.settled, self.case)),
            **more,
        )

    def _rows(self) -> list[ResultRow]:
        settled, found = self.settled, []
        for slot in settled.reading.results:
            names = [name for name in slot.quantities if name in settled.errors]
            if not names:
                continue
            name = max(names, key=lambda one: settled.errors[one])
            index, theirs, true = worst(self.case, settled, name)
            shape = _shape([settled.outcome.found[one] for one in names])
            place = f"d{name}[{', '.join(map(str, index))}]" if index else f"d{name}"
            error = settled.errors[name]
            found.append(ResultRow(slot.name, shape, error, error <= settled.tolerance, place, theirs, true))
        return found


def _shape(parts: list[Array]) -> tuple[int, ...]:
    if len(parts) == 1:
        return tuple(parts[0].shape)
    return (sum(part.shape[0] for part in parts), *parts[0].shape[1:])


def _conventions(settled: Settled, case: Case) -> list[str]:
    reading = settled.reading
    said = list(reading.layout.words)
    said += [f"{slot.name} is {slot.words}" for slot in _told(reading)]
    if settled.scale.over:
        said.append(settled.scale.words)
    zero = sorted(settled.given.zeroed - {seed.name for _, seed in case.network.seeds})
    if zero:
        said.append(f"zero, because no argument stands for it: {', '.join(zero)}")
    if settled.outcome.single:
        said.append("single precision: differences below 2e-4 are not seen")
    return said


def _told(reading: Reading) -> list[Any]:
    """Return the arguments whose meaning is not plain from their names: stacked or renamed ones."""
    found = {slot.name: slot for slot in reading.slots if slot.kind not in ("value",)}
    return [
        slot for slot in found.values() if slot.words.replace("_", "").lower() != slot.name.replace("_", "").lower()
    ]


def _named(explanation: Explanation) -> Diagnosis:
    return Diagnosis(tuple(Named(one.kind, one.words, one.where[:6]) for one in explanation.mistakes))


def _repair(diagnosis: tuple[Diagnosis, ...]) -> tuple[str, ...]:
    """Return the equations that make it right: those of the first explanation, as they are derived."""
    if not diagnosis:
        return ()
    return tuple(dict.fromkeys(line for one in diagnosis[0].mistakes for line in one.equations))
