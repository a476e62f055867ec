"""Truncated gradients held against numerical differentiation of the modified objective. Nothing that was derived is used.

For every block, which ends at step e, the network is run with the data as they are up to step e − k2; from there on the steps up
to e are run again with the states of step e − k2 held constant, and the losses of the block are differentiated by complex steps.
The sum over the blocks is what a truncated gradient must be. How far that is from the full gradient is measured too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Symbol

from symrnn.calculus.truncated import CHUNK, WINDOW, Chunk, Truncated, Truncation, Window
from symrnn.errors import SymrnnError
from symrnn.ir.nodes import Program
from symrnn.model.network import Network, Steps
from symrnn.model.schedule import initials
from symrnn.runtime import Compiled
from symrnn.verify import numeric, oracle
from symrnn.verify.check import WAYS, compared
from symrnn.verify.check import runner as plain_runner
from symrnn.verify.gradients import Case, Report, Run, Truth, case

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TruncatedReport(Report):
    """A report on a truncated gradient: how it was cut, and ‖truncated − full‖ / ‖full‖ of each gradient."""

    cut: Truncation | None = None
    differences: tuple[tuple[str, float], ...] = ()


# -- the modified objective ------------------------------------------------------------------------------------------------


class _Run(oracle._Run):
    """One evaluation of some steps: from the data, or from the states that another run left."""

    def start(self, held: oracle._Run | None, first: int) -> None:
        """Read what is given, and put the states where step first + 1 looks for them: those that are held, or the given ones."""
        self._read_given()
        for stage in self.network.stages:
            if not isinstance(stage.when, Steps):
                for line in stage.equations:
                    self._evaluate(line, None)
        for state, steps, back in initials(self.network):
            if held is None:
                self._begin(state, steps, back)
            else:
                key = (state.leaf.name, first - back)
                self.values[key] = held.values[key]

    def go(self, first: int, last: int) -> None:
        """Evaluate the steps first + 1 … last."""
        for step in range(first + 1, last + 1):
            for stage in self.network.stages:
                if isinstance(stage.when, Steps):
                    for line in stage.equations:
                        self._evaluate(line, step)

    def losses(self, begin: int, end: int) -> Any:
        """Return the sum of what the seeds give at the steps begin + 1 … end, added to the losses that were collected."""
        total = self.sum
        for output, seed in self.network.seeds:
            for step in range(begin + 1, end + 1):
                total = total + (self.values[seed.name, step] * self.values[output.name, step]).sum(axis=(1, 2, 3))
        return total


def objective(
    network: Network, sizes: Mapping[Symbol, int], data: Mapping[str, Array], begin: int, end: int, span: int
) -> Callable[[Mapping[str, Array]], Array]:
    """Return the losses of the steps begin + 1 … end as a function of named arrays, the state of step end − span held constant.

    Shapes: (P, …) → (P,) as in `oracle.loss`; `data` are the arrays that the constant is computed from, without P.
    """
    first = max(end - span, 0)
    held = _Run(network, sizes, {name: array[None] for name, array in data.items()})
    held.start(None, 0)
    held.go(0, first)

    def value(arrays: Mapping[str, Array]) -> Array:
        run = _Run(network, sizes, arrays)
        run.start(held if first else None, first)
        count = len(next(iter(arrays.values())))
        run.go(first, max(begin, first))
        run.sum = np.zeros(count)
        run.go(max(begin, first), end)
        return np.broadcast_to(np.asarray(run.losses(max(begin, first), end)), (count,))

    return value


def truth(network: Network, data: Case, every: int, span: int) -> Truth:
    """Return the truncated gradient by complex steps, with the loss of the whole sequence."""
    counted = dict(data.sizes)
    sizes = {size: counted[size.name] for size in (*network.sizes, *network.lengths)}
    steps = counted["T"]
    loss = float(oracle.loss(network, sizes)({name: array[None] for name, array in data.arrays.items()})[0])
    total: dict[str, Array] = {name: np.zeros_like(data.arrays[name]) for name in data.names}
    for begin in range(0, steps, every):
        part = objective(network, sizes, data.arrays, begin, min(begin + every, steps), span)
        for name, value in numeric.complex_step(part, data.arrays, data.names).items():
            total[name] = total[name] + value
    return Truth("complex step of the truncated objective", loss, total, None, 0)


# -- the check -------------------------------------------------------------------------------------------------------------


def chosen(
    network: Network, steps: int, k: int | None = None, k1: int | None = None, k2: int | None = None
) -> Truncation | None:
    """Return how the gradient of a network is cut, or None for the full one.

    Where nothing is said, numbers of steps with which something is dropped, if the sequence is long enough.

    Raises:
        SymrnnError: if a number is given that does not belong to this network.
    """
    given = [name for name, number in (("k", k), ("k1", k1), ("k2", k2)) if number is not None]
    by = network.by if isinstance(network, Truncated) else ""
    for name in given:
        if name not in {WINDOW: ("k",), CHUNK: ("k1", "k2")}.get(by, ()):
            told = f"the gradient of {network.name} is {f'truncated by {by}' if by else 'not truncated'}"
            raise SymrnnError(f"{told}, so there is no {name}; k is for a window, k1 and k2 are for a chunk")
    most = min(3, max(steps - 1, 1))
    if by == WINDOW:
        return Window(most if k is None else k)
    if by == CHUNK:
        return Chunk(min(2, most) if k1 is None else k1, most if k2 is None else k2)
    return None


def check(
    network: Truncated,
    program: Program,
    cut: Truncation,
    ways: Sequence[tuple[str, str]] = WAYS,
    steps: int = 5,
    batch: int = 2,
    seed: int = 0,
) -> TruncatedReport:
    """Run truncated code on random data, compare every gradient with the modified objective, and measure what was dropped.

    Raises:
        BuildError: if the emitted code does not compile.
    """
    data = case(network, steps, batch, seed)
    reference, full = truth(network, data, cut.every, cut.span), truth(network, data, 1, steps)
    rows, missing = compared(network, program, data, reference, ways, lambda of: runner(of, cut, dict(data.sizes)))
    differences = tuple(
        (f"d{name}", distance(reference.values[name], full.values[name], full.largest)) for name in data.names
    )
    return TruncatedReport(network.name, data, reference.method, 0, rows, missing, cut=cut, differences=differences)


def distance(found: Array, full: Array, largest: float) -> float:
    """Return ‖found − full‖ / ‖full‖; of a gradient that is zero, relative to the largest entry of any."""
    scale = float(np.linalg.norm(full)) or largest or 1.0
    return float(np.linalg.norm(found - full)) / scale


def numbers(program: Program, cut: Truncation) -> dict[str, int]:
    """Return what truncated code is given by name: the steps of a window, of a block before it. They come first."""
    steps = (cut.span,) if isinstance(cut, Window) else (cut.k1, cut.k2)
    return dict(zip(program.given_sizes, steps, strict=False))


def runner(compiled: Compiled, cut: Truncation, sizes: Mapping[str, int] | None = None) -> Run:
    """Return truncated code as a function from arrays to gradients; `sizes` holds those that no array tells."""
    return plain_runner(compiled, {**(sizes or {}), **numbers(compiled.program, cut)})
