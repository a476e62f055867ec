"""The loss of a network by its equations alone, for complex steps and central differences. Nothing that was derived is used.

The arrays are those of emitted code, (T, B, n); each may have one more axis in front, for many points at once. Equations are
evaluated column by column as they are written, by `symrnn.algebra.evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import Apply, Leaf, Node, t
from symrnn.model.network import Network

Array = npt.NDArray[Any]


def loss(network: Network, sizes: Mapping[Symbol, int], steps: int) -> Callable[[Mapping[str, Array]], Array]:
    """Return J as a function of named arrays with one axis in front, (P, …) → (P,).

    Without a loss J is Σ_t Σ_b ⟨seed, output⟩, whose adjoints are the seeds.
    """

    def value(arrays: Mapping[str, Array]) -> Array:
        total: Any = 0.0
        values = _constant(network, arrays)
        for state in network.states:
            initial = arrays[f"{state.leaf.name}0"]
            for back in range(state.lags):
                one = initial if state.lags == 1 else initial[:, state.lags - 1 - back]
                values[state.leaf.at(t - 1 - back)] = one[..., None]
        for step in range(steps):
            _step(network, arrays, values, sizes, step)
            if network.loss is not None:
                total = total + values[network.loss].sum(axis=(1, 2, 3))
            for output, seed in network.seeds:
                total = total + (values[seed] * values[output]).sum(axis=(1, 2, 3))
            _advance(network, values)
        return np.asarray(total)

    return value


def _constant(network: Network, arrays: Mapping[str, Array]) -> dict[Node, Array]:
    """Return parameters and constants as (P, 1, rows, columns)."""
    found: dict[Node, Array] = {}
    for leaf in (*network.params, *network.constants):
        array = arrays[leaf.name]
        found[leaf] = array.reshape(array.shape[0], 1, *_matrix(leaf, array))
    return found


def _matrix(leaf: Leaf, array: Array) -> tuple[int, int]:
    inner = array.shape[1:]
    return (1, 1) if not inner else (inner[0], 1) if len(inner) == 1 else (inner[0], inner[1])


def _step(
    network: Network, arrays: Mapping[str, Array], values: dict[Node, Array], sizes: Mapping[Symbol, int], step: int
) -> None:
    for leaf in (*network.inputs, *network.targets, *(seed for _, seed in network.seeds)):
        values[leaf] = arrays[leaf.name][:, step, :, :, None]
    for equation in network.equations:
        values[equation.target] = evaluate(equation.expr, values, sizes)


def _advance(network: Network, values: dict[Node, Array]) -> None:
    """Make the states of step t those of step t − 1."""
    for state in network.states:
        for back in reversed(range(state.lags)):
            values[state.leaf.at(t - 1 - back)] = values[state.leaf.at(t - back)]


def is_analytic(network: Network) -> bool:
    """Return whether complex steps apply: no function with a kink anywhere."""

    def smooth(expr: Node) -> bool:
        if isinstance(expr, Apply) and not ALL[expr.function].analytic:
            return False
        return all(smooth(arg) for arg in expr.args if isinstance(arg, Node))

    return all(smooth(equation.expr) for equation in network.equations)


def samples(network: Network, sizes: Mapping[Symbol, int], steps: int, batch: int, seed: int) -> dict[str, Array]:
    """Return random arrays for a network in float64: nothing is zero, nothing symmetric, targets obey their assumptions.

    Weights of n columns have the variance 1/2n, so that activations are neither linear nor saturated and a recurrence
    without saturation does not grow without bound. What a logarithm or a square root is taken of is positive.
    """
    draw = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for leaf in network.inputs:
        found[leaf.name] = draw.normal(size=(steps, batch, _length(leaf, sizes)))
    for state in network.states:
        shape = (batch, _length(state.leaf, sizes))
        found[f"{state.leaf.name}0"] = draw.normal(size=shape if state.lags == 1 else (state.lags, *shape)) * 0.7
    for leaf in network.targets:
        array = draw.uniform(0.1, 1.0, size=(steps, batch, _length(leaf, sizes)))
        found[leaf.name] = array / array.sum(-1, keepdims=True) if leaf in network.assumptions else array
    for leaf in (*network.params, *network.constants):
        found[leaf.name] = _weight(leaf, sizes, draw)
    for output, given in network.seeds:
        found[given.name] = draw.normal(size=(steps, batch, _length(output, sizes)))
    for leaf in positive(network):
        if leaf.name in found:
            found[leaf.name] = np.abs(found[leaf.name]) + 0.1
    return found


def _weight(leaf: Leaf, sizes: Mapping[Symbol, int], draw: np.random.Generator) -> Array:
    """Return a parameter in the dimensions in which it is stored: those of its symbolic shape, also where a size is 1."""
    rows, columns = (int(size.subs(sizes)) for size in leaf.shape)
    if leaf.is_scalar_shape:
        return np.asarray(draw.normal())
    if leaf.is_column:
        return draw.normal(size=rows) * 0.5
    return 0.7 * draw.normal(size=(rows, columns)) / np.sqrt(columns)


def positive(network: Network) -> tuple[Leaf, ...]:
    """Return the leaves of which some equation takes a function that needs a positive argument."""

    def arguments(expr: Node) -> Iterator[Leaf]:
        if isinstance(expr, Apply) and ALL[expr.function].domain == "positive" and isinstance(expr.body, Leaf):
            yield expr.body
        for arg in expr.args:
            if isinstance(arg, Node):
                yield from arguments(arg)

    return tuple(dict.fromkeys(leaf for line in network.equations for leaf in arguments(line.expr)))


def _length(leaf: Leaf, sizes: Mapping[Symbol, int]) -> int:
    return int(leaf.shape[0].subs(sizes))


def distinct_sizes(network: Network, first: int = 3) -> dict[Symbol, int]:
    """Return pairwise different values for the sizes of a network, in order: 3, 4, 6, 7, … (5 and 2 are for T and B)."""
    free = (number for number in range(first, 100) if number not in (2, 5))
    return dict(zip(network.sizes, free, strict=False))
