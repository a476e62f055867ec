"""Every recorded step of a derivation, checked by numbers: both sides are evaluated where every differential is independent.

One step of the network is evaluated at random, pairwise different sizes. The differential of each leaf that an equation reads is
a random matrix of its own, and zero for the leaves that a step holds; the derivatives ∂J/∂v are those of a random functional of
the step, found by complex steps through the equations and not from the derivation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Bar, D, Jac, Leaf, Node, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation, Differential, Step
from symrnn.model.network import Network
from symrnn.verify.numeric import COMPLEX_STEP
from symrnn.verify.oracle import distinct_sizes, positive

Array = npt.NDArray[Any]
Values = dict[Node, Array]

DRAWS = 4  # of the differentials of each step: a trace is one number, which a single draw may leave close to zero


# Values at a point are of order one: a side smaller than this is zero by cancellation, as d(v − v), and rounding is all of it.
ZERO = 1e-13


@dataclass(frozen=True)
class Point:
    """A random point: the sizes, the values of every leaf at one step, and ∂J/∂v of every quantity for a random functional."""

    network: Network
    sizes: Mapping[Symbol, int]
    values: Values
    jacobians: Values
    outside: Values  # the cotangents of what leaves the step


@dataclass(frozen=True, slots=True)
class Checked:
    """A step and the largest difference of its two sides, relative to their size."""

    step: Step
    error: float


def point(network: Network, seed: int = 0) -> Point:
    """Return a random point of one step of a network."""
    sizes = distinct_sizes(network)
    draw = np.random.default_rng(seed)
    values: Values = {}
    for leaf in _entering(network):
        shape = tuple(int(size.subs(sizes)) for size in leaf.shape)
        values[leaf] = draw.normal(size=shape) / np.sqrt(shape[1])
    for leaf in network.targets:
        values[leaf] = draw.uniform(0.1, 1.0, size=values[leaf].shape)
        if leaf in network.assumptions:
            values[leaf] = values[leaf] / values[leaf].sum()
    for leaf in positive(network):
        if leaf in values:
            values[leaf] = np.abs(values[leaf]) + 0.1
    for leaf, usual in network.values:
        values[leaf] = np.full_like(values[leaf], float(usual))
    values = _forward(network, sizes, values)
    ends = [state.leaf for state in network.states] + [output for output, _ in network.seeds]
    outside: Values = {end: draw.normal(size=values[end].shape) for end in dict.fromkeys(ends)}
    jacobians = {Jac(leaf): _jacobian(network, sizes, values, outside, leaf) for leaf in values}
    return Point(network, sizes, values, jacobians, outside)


def _entering(network: Network) -> tuple[Leaf, ...]:
    past = tuple(state.leaf.at(t - back) for state in network.states for back in range(1, state.lags + 1))
    seeds = tuple(seed for _, seed in network.seeds)
    return (*network.inputs, *past, *network.params, *network.constants, *network.targets, *seeds)


def _forward(network: Network, sizes: Mapping[Symbol, int], start: Values, fixed: Leaf | None = None) -> Values:
    values = dict(start)
    for line in network.equations:
        if line.target != fixed:
            values[line.target] = evaluate(line.expr, values, sizes)
    return values


def _functional(network: Network, values: Values, outside: Values) -> Array:
    total: Any = 0.0
    if network.loss is not None:
        total = total + values[network.loss].sum(axis=(-2, -1))
    for end, weight in outside.items():
        total = total + (weight * values[end]).sum(axis=(-2, -1))
    return np.asarray(total)


def _jacobian(network: Network, sizes: Mapping[Symbol, int], values: Values, outside: Values, leaf: Leaf) -> Array:
    """Return ∂J/∂leaf in numerator layout: what is computed before the leaf is held, what is computed from it is not."""
    shape = values[leaf].shape
    count = shape[0] * shape[1]
    moved = values[leaf] + 1j * COMPLEX_STEP * np.eye(count).reshape(count, *shape)
    stacked = _forward(network, sizes, {**_given(values), leaf: moved}, fixed=leaf)
    slopes = np.broadcast_to(_functional(network, stacked, outside), (count,)).imag / COMPLEX_STEP
    return slopes.reshape(shape).T


def _given(values: Values) -> Values:
    return {leaf: value.astype(complex) for leaf, value in values.items()}


def check_steps(derivation: Derivation, seed: int = 0) -> Iterator[Checked]:
    """Yield every step of a derivation with the difference of its sides."""
    here = point(derivation.network, seed)
    draw = np.random.default_rng(seed + 1)
    for step in derivation.steps:
        number = int(draw.integers(1 << 30))
        left = side_value(step.before, step, here, np.random.default_rng(number))
        right = side_value(step.after, step, here, np.random.default_rng(number))
        size = max(float(np.abs(left).max()), float(np.abs(right).max()))
        fits = left.shape[-2:] == right.shape[-2:]
        error = float(np.abs(left - right).max()) if fits else np.inf
        yield Checked(step, error / (size if size > ZERO else 1.0))


def side_value(side: Node, step: Step, here: Point, draw: np.random.Generator) -> Array:
    """Return the value of one side of a step; the same generator state gives both sides the same differentials."""
    values: Values = {**here.values, **here.jacobians}
    values |= {Bar(key.leaf): value.T for key, value in here.jacobians.items()}
    for leaf, value in here.values.items():
        tangent = draw.normal(size=(DRAWS, *value.shape))
        values[D(leaf)] = np.zeros_like(tangent) if leaf in step.held else tangent
    swap: dict[Node, Node] = {}
    for place, differential in enumerate(_differentials(side)):
        opened = Leaf(f"differential_{place}", *differential.shape)
        values[opened] = _along(differential.body, values, here)
        swap[differential] = opened
    return evaluate(side.xreplace(swap), values, here.sizes)


def _differentials(expr: Node) -> tuple[Differential, ...]:
    if isinstance(expr, Differential):
        return (expr,)
    return tuple(dict.fromkeys(one for arg in expr.args if isinstance(arg, Node) for one in _differentials(arg)))


def _along(body: Node, values: Values, here: Point) -> Array:
    """Return the derivative of an expression along the differentials of its leaves, by a complex step."""
    passive = {*here.network.targets, *here.network.constants}
    moved = {
        leaf: here.values[leaf] + (0 if leaf in passive else 1j * COMPLEX_STEP) * values[D(leaf)]
        for leaf in leaves(body)
    }
    return evaluate(body, moved, here.sizes).imag / COMPLEX_STEP


def check_totals(derivation: Derivation, seed: int = 0) -> Iterator[tuple[Leaf, float]]:
    """Yield every quantity with the difference between its adjoint by numbers and the sum of what the equations gave to it.

    The difference is relative to the largest part: parts may cancel, as for a shift of the argument of a softmax.
    """
    here = point(derivation.network, seed)
    values: Values = {**here.values, **{Bar(key.leaf): value.T for key, value in here.jacobians.items()}}
    given: dict[Leaf, list[Node]] = {}
    for passage in derivation.passages:
        for one in passage.contributions:
            given.setdefault(one.of, []).append(one.gradient)
    for leaf, parts in given.items():
        found = [evaluate(part, values, here.sizes) for part in parts] + [here.outside.get(leaf, np.zeros(1))]
        truth = here.jacobians[Jac(leaf)].T
        size = max(float(np.abs(part).max()) for part in (*found, truth))
        yield leaf, float(np.abs(sum(found) - truth).max() / max(size, 1e-300))
