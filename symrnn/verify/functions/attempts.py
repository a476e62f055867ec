"""Readings of a function: which argument is what, in which layout; run on a sample, and the one that fits found by numbers.

The shapes of a sample are pairwise different, so that most wrong readings do not even run. Of the others the one with the most
right results is taken: nobody is accused in a reading in which more is wrong than in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, permutations, product
from typing import Any

import numpy as np

from symrnn.errors import SymrnnError
from symrnn.verify.functions import calls
from symrnn.verify.functions.layout import Layout, MisfitError, layouts
from symrnn.verify.functions.naming import candidates, consistent, gates_of, plain, result_candidates
from symrnn.verify.functions.slots import Slot, given, kinds, parsed, taken
from symrnn.verify.functions.truth import Case, Given, Size
from symrnn.verify.functions.values import Array, Quantities, Sample

TOLERANCE = {
    "f8": 1e-9,
    "f4": 2e-4,
}  # relative to the largest entry: rounding is 1e-14 and 1e-6; mistakes are 1e-3 and more
MOST = 48  # readings of the names of one layout
CACHE = ("cache", "caches", "saved", "ctx", "memory", "context", "stored")


class MissingError(SymrnnError):
    """In some reading of a function, no argument stands for a matrix of the network."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user said: the functions, and as much of the mapping as is needed."""

    backward: calls.Function
    forward: calls.Function | None = None
    arguments: Mapping[str, Any] | None = None
    results: tuple[str, ...] | Mapping[str, Any] | None = None
    layout: str | None = None
    weights: str | None = None
    tensors: bool | None = None

    @property
    def name(self) -> str:
        """What the function is called."""
        return calls.name_of(self.backward)


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of all arguments and results.

    `passed` are arguments of the backward function that come out of the forward one: (name, place, −1 for all of it).
    """

    layout: Layout
    arguments: tuple[Slot, ...]
    results: tuple[Slot, ...]
    forward: tuple[Slot, ...] = ()
    passed: tuple[tuple[str, int], ...] = ()
    order: tuple[str, ...] = ()
    tensors: bool = False

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every argument, of both functions."""
        return (*self.forward, *self.arguments)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a call gave: gradients by quantity, or what went wrong; and what else was seen."""

    found: Mapping[str, Array]
    problem: str = ""
    outputs: tuple[Any, ...] = ()  # of the forward function
    changed: tuple[str, ...] = ()  # arguments that the function wrote to
    loss: float | None = None
    single: bool = False  # whether it computes in single precision


def given_by(reading: Reading, case: Case) -> Given:
    """Return what a function gets of the network in a reading.

    Raises:
        MissingError: if it gets no matrix where there is one.
    """
    network = case.network
    there = {part for slot in reading.slots for part in slot.quantities}
    final = {part for slot in reading.slots if slot.kind == "final" for part in slot.quantities}
    moving = {part for slot in reading.slots if slot.kind == "sequence" for part in slot.quantities}
    names = [name for name, kind in kinds(network).items() if kind in ("parameter", "state")]
    names += [seed.name for _, seed in network.seeds]
    zeroed = frozenset(name for name in names if name not in there and name not in _fixed(case))
    seeds = {seed.name for _, seed in network.seeds}
    if network.loss is None and not seeds & there:
        raise MissingError(
            f"no argument stands for the adjoint of what {network.name} puts out, {' or '.join(sorted(seeds))}: say which it is, "
            f"as in arguments={{'dout': '{min(seeds, default='dh')}'}}, or give a head with a loss"
        )
    matrices = {leaf.name for leaf in network.params if not leaf.is_column and not leaf.is_scalar_shape}
    if zeroed & matrices and not any(slot.kind == "value" for slot in reading.slots):
        missing = ", ".join(sorted(zeroed & matrices))
        raise MissingError(
            f"no argument stands for {missing} of {network.name}; say what each of them is, as in "
            f"arguments={{'W': '{sorted(zeroed & matrices)[0]}', ...}}"
        )
    return Given(zeroed, frozenset(final - moving), any(slot.kind == "labels" for slot in reading.slots))


def _fixed(case: Case) -> set[str]:
    return {leaf.name for leaf in case.network.constants}


def run(
    asked: Asked, reading: Reading, sample: Sample, forward: Quantities, again: Mapping[str, Any] | None = None
) -> Outcome:
    """Call the functions on a sample and return the gradients in its layout."""
    outputs: tuple[Any, ...] = ()
    arguments: dict[str, Any] = {}
    if asked.forward is not None:
        arguments = {slot.name: given(slot, reading.layout, sample, forward) for slot in reading.forward}
        returned, problem = calls.called(asked.forward, arguments, reading.tensors)
        if problem:
            return Outcome({}, f"{calls.name_of(asked.forward)} raised {problem}")
        outputs = returned if isinstance(returned, tuple) else (returned,)
    own = (
        dict(again)
        if again is not None
        else {s.name: given(s, reading.layout, sample, forward) for s in reading.arguments}
    )
    for name, place in reading.passed:
        own[name] = (outputs if len(outputs) > 1 else outputs[0]) if place < 0 else outputs[place]
    before = {name: np.array(value) for name, value in own.items() if isinstance(value, np.ndarray)}
    order = [name for name in calls.parameters(asked.backward) if name in own]
    returned, problem = calls.called(asked.backward, {name: own[name] for name in order}, reading.tensors)
    if problem:
        return Outcome({}, f"{asked.name} raised {problem}", outputs)
    changed = tuple(n for n, old in before.items() if not np.array_equal(old, own[n], equal_nan=True))
    return _outcome(asked, reading, sample, returned, outputs, changed)


def _outcome(
    asked: Asked, reading: Reading, sample: Sample, returned: Any, outputs: tuple[Any, ...], changed: tuple[str, ...]
) -> Outcome:
    try:
        items = itemised(returned, reading.results, asked.name)
        found: dict[str, Array] = {}
        loss = None
        for slot, item in items:
            if slot.kind == "loss":
                loss = float(np.asarray(item.detach() if hasattr(item, "detach") else item).reshape(-1)[0])
            elif slot.kind != "value":
                found |= taken(slot, item, reading.layout, sample)
    except (MisfitError, TypeError, ValueError, IndexError) as error:
        return Outcome({}, f"{asked.name}: {error}", outputs, changed)
    single = bool(found) and any(value.dtype == np.float32 for value in found.values())
    return Outcome(
        {name: value.astype(np.float64) for name, value in found.items()}, "", outputs, changed, loss, single
    )


def itemised(returned: Any, results: tuple[Slot, ...], name: str) -> list[tuple[Slot, Any]]:
    """Return what was returned, each with what it stands for.

    Raises:
        MisfitError: if there are more or fewer results than names, or a name is missing.
    """
    if isinstance(returned, Mapping):
        missing = [slot.name for slot in results if slot.name not in returned]
        if missing:
            raise MisfitError(f"the result has no {', '.join(missing)}; it has {', '.join(map(str, returned))}")
        return [(slot, returned[slot.name]) for slot in results]
    items = returned if isinstance(returned, tuple | list) and len(results) != 1 else (returned,)
    if isinstance(returned, tuple) and len(returned) == 1:
        items = returned
    if len(items) != len(results):
        raise MisfitError(
            f"it returns {len(items)} result{'s' * (len(items) != 1)}, and {len(results)} are named: "
            f"{', '.join(slot.name for slot in results)}"
        )
    return list(zip(results, items, strict=True))


def readings(asked: Asked, case: Case) -> Iterator[Reading]:
    """Yield the readings in the cell's own order of gates, for every layout.

    Raises:
        SymrnnError: if an argument or a result has no meaning.
    """
    meanings: tuple[Reading, ...] = ()
    for layout in layouts(asked.layout, asked.weights):
        meanings = meanings or tuple(islice(_of_names(asked, case, layout, gates_of(case.network)), MOST))
        yield from (replace(one, layout=layout) for one in meanings)


def reordered(asked: Asked, case: Case, reading: Reading) -> Iterator[Reading]:
    """Yield a reading with the gates stacked in every other order."""
    gates = gates_of(case.network)
    stacked = [slot for slot in (*reading.slots, *reading.results) if len(slot.parts) > 1]
    if len(gates) < 2 or len(gates) > 4 or not stacked or _said(asked, stacked):
        return
    for order in permutations(gates):
        if order != gates:
            place = [gates.index(gate) for gate in order]

            def turn(slots: tuple[Slot, ...], place: list[int] = place) -> tuple[Slot, ...]:
                return tuple(
                    replace(slot, parts=tuple(slot.parts[one] for one in place))
                    if len(slot.parts) == len(place)
                    else slot
                    for slot in slots
                )

            changed = replace(reading, arguments=turn(reading.arguments), results=turn(reading.results))
            yield replace(changed, forward=turn(reading.forward), order=order)


def _said(asked: Asked, slots: list[Slot]) -> bool:
    return any(slot.name in (asked.arguments or {}) for slot in slots)


def _of_names(asked: Asked, case: Case, layout: Layout, order: tuple[str, ...]) -> Iterator[Reading]:
    forward = () if asked.forward is None else _choices(asked, case, asked.forward, order)
    passed: list[tuple[str, int]] = []
    own = _choices(asked, case, asked.backward, order, passed)
    names = _result_names(asked)
    for choice in consistent([*forward, *own]):
        first, second = choice[: len(forward)], choice[len(forward) :]
        if _twice(first) or _twice(second):
            continue
        results = [_results(asked, case, name, choice, order) for name in names]
        for chosen in product(*results):
            if not _twice(chosen):
                tensors = calls.wants_tensors(asked.backward) if asked.tensors is None else asked.tensors
                yield Reading(layout, second, chosen, first, tuple(passed), order, tensors)


def _twice(slots: tuple[Slot, ...]) -> bool:
    """Return whether something would stand for the same quantity as something else."""
    found = [(part, slot.kind in ("final", "labels")) for slot in slots for part in slot.quantities]
    return len(found) != len(set(found))


Choice = Callable[[str], tuple[Slot, ...]]


def _choices(
    asked: Asked,
    case: Case,
    function: calls.Function,
    order: tuple[str, ...],
    passed: list[tuple[str, int]] | None = None,
) -> list[tuple[Slot, ...]]:
    """Return, for each parameter of a function, what it can stand for; what comes from the forward goes to `passed`."""
    told = asked.arguments or {}
    found: list[tuple[Slot, ...]] = []
    outputs = () if asked.forward is None else calls.returned_names(asked.forward)
    for name, needed in calls.parameters(function).items():
        if name in told:
            found.append((parsed(name, told[name], case.network),))
            continue
        options = () if plain(name) in CACHE else candidates(name, case.network, order)
        if options:
            found.append(options)
        elif passed is not None and asked.forward is not None and name in outputs and len(outputs) > 1:
            passed.append((name, outputs.index(name)))
        elif passed is not None and asked.forward is not None and needed:
            passed.append((name, -1 if len(outputs) == 1 or not outputs else len(outputs) - 1))
        elif needed:
            raise SymrnnError(
                f"{calls.name_of(function)}: it is not known what {name} stands for; say it, as in "
                f"arguments={{'{name}': ...}}, where ... is one of {', '.join(kinds(case.network))}, a tuple of weights that "
                f"are stacked, a list of weights side by side, or a constant"
            )
    return found


def _result_names(asked: Asked) -> tuple[str, ...]:
    if asked.results is not None:
        return tuple(asked.results)
    names = calls.returned_names(asked.backward)
    if not names:
        raise SymrnnError(
            f"{asked.name}: it cannot be read off the function what it returns; say it, as in results=('dx', 'dh0', 'dW')"
        )
    return names


def _results(
    asked: Asked, case: Case, name: str, arguments: tuple[Slot, ...], order: tuple[str, ...]
) -> tuple[Slot, ...]:
    if isinstance(asked.results, Mapping):
        spec = asked.results[name]
        if spec is None:
            return (Slot(name, "value"),)
        return (parsed(name, _without_d(spec, case), case.network),)
    found = result_candidates(name, case.network, arguments, order)
    if not found:
        names = [leaf.name for leaf in (*case.network.params, *case.network.inputs)]
        names += [f"{state.leaf.name}0" for state in case.network.states]
        raise SymrnnError(
            f"{asked.name}: it is not known what the result {name} is the gradient of; say it, as in "
            f"results={{'{name}': ...}}, where ... is one of {', '.join(names)}, or None if it is to be left out"
        )
    return found


def _without_d(spec: Any, case: Case) -> Any:
    known = kinds(case.network)
    own = (
        isinstance(spec, str)
        and spec.partition(":")[0].removesuffix(".T") not in known
        and spec[1:].removesuffix(".T") in known
    )
    return spec[1:] if own and spec.startswith("d") else spec


def sized(reading: Reading, size: Size) -> Size:
    """Return sizes that a layout can hold: one sequence where there is no batch, one step where there are none."""
    return replace(
        size, batch=size.batch if reading.layout.batched else 1, steps=size.steps if reading.layout.stepped else 1
    )
