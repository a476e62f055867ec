"""Gradients held against numerical differentiation: one row for each gradient, one column for each way of computing it.

The truth is the loss as the cell's equations say it (`oracle`), differentiated by complex steps; where a function has a
kink, central differences with step control find the entries that lie on it, and those are held against the one-sided
slopes. The sizes are pairwise different, the states non-zero, and the gradient is computed twice in a row, so that a
missing transpose, a forgotten carry or an accumulator that was not cleared cannot hide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symrnn.errors import SymrnnError
from symrnn.model.network import Network
from symrnn.verify import numeric, oracle
from symrnn.verify.exact import Exact

Array = npt.NDArray[Any]
Run = Callable[[Mapping[str, Array]], Mapping[str, Array]]  # arrays → gradients by name (dW, dx, …), and the loss

# Relative to the largest entry of each gradient. At T = 50 some 3e-15 and 1e-6 are measured, whatever the cell; rounding grows
# with the steps, and a wrong formula is off by 1e-3 or more.
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}
# A gradient that is zero by cancellation, as of a parameter that only shifts a softmax, is rounding and nothing else: one whose
# truth is smaller than this part of the largest entry of any gradient is zero, and what was found is measured against the latter.
ZERO = 1e-13


@dataclass(frozen=True, slots=True)
class Case:
    """The data of one comparison."""

    sizes: tuple[tuple[str, int], ...]
    arrays: Mapping[str, Array]
    names: tuple[str, ...]  # what is differentiated


@dataclass(frozen=True, slots=True)
class Truth:
    """The gradient by numerical differentiation: `method`, the loss, the values, and where there may be kinks the differences.

    `kinks` counts the entries at which the function has no derivative; they are compared with the one-sided slopes.
    """

    method: str
    loss: float
    values: Mapping[str, Array]
    estimates: Mapping[str, numeric.Estimate] | None
    kinks: int

    @property
    def largest(self) -> float:
        """The largest entry of any gradient."""
        return max((float(np.abs(value).max(initial=0.0)) for value in self.values.values()), default=0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One gradient by one way: its largest relative error and whether that is within the tolerance."""

    name: str
    shape: tuple[int, ...]
    way: str
    error: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the gradient is right; a NaN is not."""
        return self.error <= self.tolerance


@dataclass(frozen=True, slots=True)
class Report:
    """All rows, the method they were held against, and the ways that could not be checked, with the reason."""

    network: str
    case: Case
    method: str
    kinks: int
    rows: tuple[Row, ...]
    not_checked: tuple[tuple[str, str], ...] = ()
    identity: Exact | None = None  # of the adjoint equations, exactly

    @property
    def passed(self) -> bool:
        """Whether every row that was checked is right, and the adjoint identity; at least one row must have been checked."""
        exactly = self.identity is None or self.identity.holds
        return bool(self.rows) and all(row.passed for row in self.rows) and exactly


def case(network: Network, steps: int = 5, batch: int = 2, seed: int = 0, first: int = 3) -> Case:
    """Return random data for a network at pairwise different sizes."""
    sizes = oracle.distinct_sizes(network, first)
    arrays = oracle.samples(network, sizes, steps, batch, seed)
    passive = {leaf.name for leaf in (*network.targets, *network.constants)} | {
        given.name for _, given in network.seeds
    }
    names = tuple(name for name in arrays if name not in passive)
    return Case((("T", steps), ("B", batch), *((size.name, value) for size, value in sizes.items())), arrays, names)


def truth(network: Network, data: Case) -> Truth:
    """Differentiate the loss of a network numerically.

    A function with kinks is analytic between them, so complex steps are exact there too; central differences tell at which
    entries the point lies on a kink, and must agree with the complex steps wherever they settle.

    Raises:
        SymrnnError: if the loss is not a number there, or if the two methods disagree: then neither is believed.
    """
    counted = dict(data.sizes)
    names = (*network.sizes, *network.lengths)
    function = oracle.loss(network, {size: counted[size.name] for size in names})
    with np.errstate(all="ignore"):
        value = float(function({name: array[None] for name, array in data.arrays.items()})[0])
    if not np.isfinite(value):
        raise SymrnnError(
            f"the loss of {network.name} is {value} at random data, so there is no gradient to compare: a logarithm or a root "
            f"of something that is not positive, a division by zero or an overflow; try other data with another seed"
        )
    values = numeric.complex_step(function, data.arrays, data.names)
    if oracle.is_analytic(network):
        return Truth("complex step", value, values, None, 0)
    estimates = numeric.central_difference(function, data.arrays, data.names)
    for name, estimate in estimates.items():
        if not (estimate.admits(values[name]) | estimate.unsettled).all():
            raise SymrnnError(
                f"complex steps and central differences disagree about the gradient of {name}, so nothing can be held "
                f"against it; try other data with another seed"
            )
    kinks = sum(int(one.kink.sum()) for one in estimates.values())
    return Truth("complex step, kinks by central differences", value, values, estimates, kinks)


def compare(network: Network, data: Case, reference: Truth, way: str, dtype: str, run: Run) -> tuple[Row, ...]:
    """Run one way of computing the gradient, twice, and return a row for the loss and for each gradient."""
    arrays = {name: array.astype(dtype) for name, array in data.arrays.items()}
    run(arrays)
    found = run(arrays)
    rows = []
    if network.loss is not None:
        error = abs(float(found["loss"]) - reference.loss) / max(abs(reference.loss), 1.0)
        rows.append(Row(network.loss.name, (), way, error, TOLERANCE[dtype]))
    for name in data.names:
        value = np.asarray(found[f"d{name}"], dtype=np.float64)
        rows.append(_row(f"d{name}", value, reference, name, way, dtype))
    return tuple(rows)


def _row(label: str, value: Array, reference: Truth, name: str, way: str, dtype: str) -> Row:
    found, wanted = value, reference.values[name]
    if reference.estimates is not None:
        kink = reference.estimates[name].kink
        admitted = reference.estimates[name].admits(value)  # at a kink: anything between the one-sided slopes
        found = np.where(kink & admitted, wanted, np.where(kink, np.nan, value))
    if np.abs(wanted).max(initial=0.0) < ZERO * reference.largest:
        error = float(np.abs(found).max(initial=0.0) / reference.largest)
        return Row(label, value.shape, way, np.inf if np.isnan(error) else error, TOLERANCE[dtype])
    return Row(label, value.shape, way, numeric.relative_error(found, wanted), TOLERANCE[dtype])
