"""The forward function that goes with a backward one: held against the cell, and differentiated numerically."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symrnn.verify.functions import calls
from symrnn.verify.functions.attempts import Asked, Reading
from symrnn.verify.functions.judging import Settled
from symrnn.verify.functions.layout import MisfitError, as_array, restored
from symrnn.verify.functions.regimes import changed
from symrnn.verify.functions.slots import given
from symrnn.verify.functions.truth import Case, Size
from symrnn.verify.functions.values import Array, Sample, total_loss
from symrnn.verify.functions.verdict import Diagnosis, Named

SMALL = Size(3, 2, 3, seed=4)
STEP, NUMERICAL = (
    1e-3,
    1e-6,
)  # of the five-point stencil, whose error is STEP⁴; a gradient closer than this is the numerical one
DISAGREE = "forward and backward disagree"


@dataclass(frozen=True, slots=True)
class ForwardCheck:
    """What was found: whether the forward function is the cell, and whether the backward one is its derivative.

    None where it cannot be told, as nothing that the function returns is recognised.
    """

    agrees: bool | None
    consistent: bool | None
    words: tuple[str, ...]
    diagnosis: tuple[Diagnosis, ...] = ()
    repair: tuple[str, ...] = ()

    @property
    def refutes(self) -> bool:
        """Whether a backward function that is right for the cell is wrong for this forward function."""
        return self.agrees is False or self.consistent is False


def check_forward(asked: Asked, case: Case, settled: Settled) -> ForwardCheck | None:
    """Hold the forward function against the cell, and the backward one against numerical differentiation of it."""
    if asked.forward is None:
        return None
    name = calls.name_of(asked.forward)
    read = outputs_of(settled.reading, settled.sample, settled.outcome.outputs, case)
    if not read:
        return ForwardCheck(None, None, (f"nothing that {name} returns was recognised as an output of the cell",))
    known = case.forward(settled.sample)
    wrong = {}
    for quantity, value in read.items():
        true = _true(quantity, value, settled.sample, known, case)
        error = float(np.abs(value - true).max(initial=0.0)) / max(float(np.abs(true).max(initial=0.0)), 1e-300)
        if not error <= 1e3 * settled.tolerance:
            wrong[quantity] = error
    consistent = _numerical(asked, case, settled)
    return _said(name, asked.name, wrong, consistent, settled)


def _said(
    forward: str, backward: str, wrong: dict[str, float], consistent: bool | None, settled: Settled
) -> ForwardCheck:
    if not wrong:
        same = f"{forward} computes the cell"
        also = "; the gradients are those of numerical differentiation" if consistent else ""
        return ForwardCheck(True, consistent, (same + also,))
    what = ", ".join(f"{name} (relative error {error:.2g})" for name, error in wrong.items())
    said = f"{forward} does not compute the cell: {what}"
    if consistent:
        words = (said, f"{backward} is the gradient of {forward}: it is right for another cell")
        named = Named("another cell", f"{forward} and {backward} agree with each other, and not with the cell")
        return ForwardCheck(
            False, True, words, (Diagnosis((named,)),), (f"verify it against the cell that {forward} is",)
        )
    if consistent is None:
        return ForwardCheck(False, None, (said,))
    named = Named(DISAGREE, f"{backward} is not the gradient of {forward}, by numerical differentiation")
    if settled.right:
        repair = (f"{backward} is right for the cell: let {forward} compute the cell",)
        return ForwardCheck(False, False, (said,), (Diagnosis((named,)),), repair)
    return ForwardCheck(
        False, False, (said, f"{backward} is not the gradient of {forward} either"), (Diagnosis((named,)),)
    )


# -- what a forward function returns -----------------------------------------------------------------------------------------


def outputs_of(reading: Reading, sample: Sample, outputs: tuple[Any, ...], case: Case) -> dict[str, Array]:
    """Return the outputs of the cell among what the forward function returned: (T, B, n), or (B, n) for the last step alone."""
    found: dict[str, Array] = {}
    network = case.network
    wanted = [leaf for leaf in (*network.outputs, *(s.leaf for s in network.states)) if leaf.moves and leaf.is_column]
    for item in outputs:
        if network.loss is not None and _is_number(item):
            found.setdefault("loss", np.asarray(as_array(item, "loss")).reshape(()))
            continue
        for leaf in dict.fromkeys(wanted):
            if leaf.name in found:
                continue
            value = _read(item, reading, sample, int(leaf.shape[0].subs(sample.sizes)), leaf.name)
            if value is not None:
                found[leaf.name] = value
                break
    return found


def _is_number(item: Any) -> bool:
    return getattr(item, "ndim", None) == 0 or isinstance(item, float)


def _read(item: Any, reading: Reading, sample: Sample, entries: int, name: str) -> Array | None:
    layout, steps, batch = reading.layout, sample.steps, sample.batch
    for count in (steps, steps + 1) if layout.stepped else ():
        try:
            return restored(item, "TBn", layout.sequence, (count, batch, entries), name)[count - steps :]
        except (MisfitError, TypeError, ValueError):
            continue
    try:
        return restored(item, "Bn", layout.state, (batch, entries), name)
    except (MisfitError, TypeError, ValueError):
        return None


def _true(quantity: str, value: Array, sample: Sample, known: Any, case: Case) -> Array:
    if quantity == "loss":
        total = total_loss(known, case.network)
        means = (total, total / sample.batch, total / sample.steps, total / (sample.batch * sample.steps))
        return np.asarray(min(means, key=lambda one: abs(one - float(value))))
    steps = [known.known[quantity, step][..., 0] for step in range(1, sample.steps + 1)]
    return np.stack(steps) if value.ndim == 3 else steps[-1]


# -- numerical differentiation of it -----------------------------------------------------------------------------------------


def _numerical(asked: Asked, case: Case, settled: Settled) -> bool | None:
    """Return whether the backward function is the derivative of the forward one; None if that cannot be told."""
    small = changed(asked, case, settled, SMALL)
    if small is None:
        return None
    reading, sample, scale = settled.reading, small.sample, settled.scale
    parameters = frozenset(leaf.name for leaf in case.network.params)
    for name, theirs in small.outcome.found.items():
        slopes = np.zeros(theirs.size)
        for place in range(theirs.size):
            values = [_objective(asked, case, reading, sample, name, place, step * STEP) for step in (-2, -1, 1, 2)]
            if any(value is None for value in values):
                return None
            far, near, ahead, farther = (float(value) for value in values if value is not None)
            slopes[place] = (far - 8 * near + 8 * ahead - farther) / (12 * STEP)
        true = slopes.reshape(theirs.shape) * (
            1.0 if case.network.loss is not None else scale.factor(name, sample, parameters)
        )
        unit = max(float(np.abs(true).max(initial=0.0)), 1e-6)
        if not float(np.abs(theirs - true).max(initial=0.0)) <= max(NUMERICAL, settled.tolerance) * unit:
            return False
    return True


def _objective(
    asked: Asked, case: Case, reading: Reading, sample: Sample, name: str, place: int, by: float
) -> float | None:
    """Return the loss by the forward function, with one entry of one array moved."""
    assert asked.forward is not None
    array = np.array(sample.arrays[name])
    array.reshape(-1)[place] += by
    moved = Sample(sample.network, sample.sizes, sample.batch, {**sample.arrays, name: array})
    arguments = {slot.name: given(slot, reading.layout, moved, case.forward(sample)) for slot in reading.forward}
    returned, problem = calls.called(asked.forward, arguments, reading.tensors)
    if problem:
        return None
    read = outputs_of(reading, moved, returned if isinstance(returned, tuple) else (returned,), case)
    if case.network.loss is not None:
        return float(read["loss"]) if "loss" in read else None
    total, seen = 0.0, False
    for output, seed in case.network.seeds:
        weight = sample.arrays[seed.name]
        if output.name in read:
            value = read[output.name]
            total, seen = total + float((value * (weight if value.ndim == 3 else weight[-1])).sum()), True
    return total if seen else None
