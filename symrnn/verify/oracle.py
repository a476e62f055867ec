"""The loss of a network by its equations alone, for complex steps and central differences. Nothing that was derived is used.

The arrays are those of emitted code, (T, B, n); each may have one more axis in front, for many points at once. Equations are
evaluated as they are written, by `symrnn.algebra.evaluate`: every quantity of every step has a value of its own, (P, B, rows,
columns), under its name and its step as a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import Apply, Leaf, Node, T, t
from symrnn.algebra.walk import leaves
from symrnn.model.equations import Equation, State
from symrnn.model.network import Network, Steps
from symrnn.model.schedule import evaluations, initials, stored_place

Array = npt.NDArray[Any]
Sizes = Mapping[Symbol, int]  # with the numbers of steps


def loss(network: Network, sizes: Sizes, steps: int | None = None) -> Callable[[Mapping[str, Array]], Array]:
    """Return J as a function of named arrays with one axis in front, (P, …) → (P,).

    `steps` is T, where it is not among the sizes. Without a loss J is Σ_t Σ_b ⟨seed, output⟩, whose adjoints are the seeds.
    """
    counted = dict(sizes) if steps is None else {**sizes, T: steps}

    def value(arrays: Mapping[str, Array]) -> Array:
        run = _Run(network, counted, arrays)
        return np.asarray(run.total())

    return value


@cache
def _number(expr: Expr, now: int | None, sizes: frozenset[tuple[Symbol, int]]) -> int:
    """Return a size or a step as a number, where the step t is `now`. Done once: an equation takes less time than SymPy."""
    known = dict(sizes) if now is None else {**dict(sizes), t: now}
    return int(expr.subs(known))


class _Run:
    """One evaluation: the value of each quantity by name and step (None for what has no step)."""

    def __init__(self, network: Network, sizes: Sizes, arrays: Mapping[str, Array]) -> None:
        self.network, self.sizes, self.arrays = network, sizes, arrays
        self.counted = frozenset(sizes.items())
        self.values: dict[tuple[str, int | None], Array] = {}
        self.sum: Any = 0.0

    def total(self) -> Any:
        """Return the loss, summed over steps and sequences."""
        self._read_given()
        for state, steps, back in initials(self.network):
            self._begin(state, steps, back)
        for line, step in evaluations(self.network, self._number):
            self._evaluate(line, step)
        for output, seed in self.network.seeds:
            for (name, when), value in list(self.values.items()):
                if name == output.name and (seed.name, when) in self.values:
                    self.sum = self.sum + (self.values[seed.name, when] * value).sum(axis=(1, 2, 3))
        return self.sum

    def _number(self, step: Expr, now: int | None = None) -> int:
        return _number(step, now, self.counted)

    def _read_given(self) -> None:
        network = self.network
        for leaf in (*network.params, *network.constants):
            array = self.arrays[leaf.name]
            self.values[leaf.name, None] = array.reshape(array.shape[0], 1, *self._shape(leaf))
        for leaf in (*network.inputs, *network.targets, *(seed for _, seed in network.seeds)):
            array = self.arrays[leaf.name]
            if not leaf.moves:
                self.values[leaf.name, self._number(leaf.time)] = self._matrix(leaf, array)
                continue
            for step in range(array.shape[1]):
                self.values[leaf.name, step + 1] = self._matrix(leaf, array[:, step])

    def _shape(self, leaf: Leaf) -> tuple[int, int]:
        return self._number(leaf.shape[0]), self._number(leaf.shape[1])

    def _matrix(self, leaf: Leaf, array: Array) -> Array:
        """Return (P, B, entries) as (P, B, rows, columns)."""
        return array.reshape(*array.shape[:2], *self._shape(leaf))

    def _begin(self, state: State, steps: Steps, back: int) -> None:
        """Put an initial value where the first step looks for it."""
        leaf, when = state.leaf, self._number(steps.initial(back))
        if state.initial == "zero":
            self.values[leaf.name, when] = np.zeros((1, 1, *self._shape(leaf)))
        elif state.initial == "given":
            array, place = self.arrays[f"{leaf.name}0"], stored_place(state, steps, back)
            self.values[leaf.name, when] = self._matrix(leaf, array if place is None else array[:, place])

    def _evaluate(self, line: Equation, step: int | None) -> None:
        known: dict[Node, Array] = {leaf: self.values[self._key(leaf, step)] for leaf in leaves(line.expr)}
        value = evaluate(line.expr, known, self.sizes)
        self.values[self._key(line.target, step)] = value
        if line.target == self.network.loss:
            self.sum = self.sum + value.sum(axis=(1, 2, 3))

    def _key(self, leaf: Leaf, step: int | None) -> tuple[str, int | None]:
        return leaf.name, None if leaf.time is None else self._number(leaf.time, step)


def is_analytic(network: Network) -> bool:
    """Return whether complex steps apply: no function with a kink anywhere."""

    def smooth(expr: Node) -> bool:
        if isinstance(expr, Apply) and not ALL[expr.function].analytic:
            return False
        return all(smooth(arg) for arg in expr.args if isinstance(arg, Node))

    return all(smooth(equation.expr) for equation in network.equations)


def samples(network: Network, sizes: Sizes, steps: int, batch: int, seed: int) -> dict[str, Array]:
    """Return random arrays for a network in float64: nothing is zero, nothing symmetric, targets obey their assumptions.

    Weights of n columns have the variance 1/2n, so that activations are neither linear nor saturated and a recurrence
    without saturation does not grow without bound. What a logarithm or a square root is taken of is positive; masks hold
    zeros and ones; constants have their usual values, or values near one half.
    """
    draw = np.random.default_rng(seed)
    counted = {T: steps, **sizes}
    lengths = _lengths(network)
    found: dict[str, Array] = {}

    def dims(leaf: Leaf) -> tuple[int, ...]:
        inner = (batch, *_entries(leaf, counted))
        return (int(lengths.get(leaf.name, T).subs(counted)), *inner) if leaf.moves else inner

    for leaf in network.inputs:
        found[leaf.name] = draw.normal(size=dims(leaf))
    for state in network.states:
        if state.initial == "given":
            shape = (batch, *_entries(state.leaf, counted))
            found[f"{state.leaf.name}0"] = draw.normal(size=shape if state.lags == 1 else (state.lags, *shape)) * 0.7
    for leaf in network.targets:
        found[leaf.name] = _target(leaf, network, dims(leaf), draw)
    for leaf in (*network.params, *network.constants):
        found[leaf.name] = _weight(leaf, sizes, draw)
    for leaf, value in network.values:
        found[leaf.name] = np.full_like(found[leaf.name], float(value))
    for output, given in network.seeds:
        lengths[given.name] = lengths.get(output.name, T)
        found[given.name] = draw.normal(size=dims(given))
    for leaf in positive(network):
        if leaf.name in found:
            found[leaf.name] = np.abs(found[leaf.name]) + 0.1
    return found


def _target(leaf: Leaf, network: Network, dims: tuple[int, ...], draw: np.random.Generator) -> Array:
    array = draw.uniform(0.1, 1.0, size=dims)
    if leaf in network.masks:
        return (array > 0.4).astype(np.float64)
    return array / array.sum(-1, keepdims=True) if leaf in network.assumptions else array


def _entries(leaf: Leaf, sizes: Sizes) -> tuple[int, ...]:
    """Return the dimensions of one sequence's entries as they are stored: (n) for a column or a row, (n, m) for a matrix."""
    rows, columns = (int(size.subs(sizes)) for size in leaf.shape)
    if leaf.shape[1] == 1:
        return (rows,)
    return (columns,) if leaf.shape[0] == 1 else (rows, columns)


def _lengths(network: Network) -> dict[str, Symbol]:
    """Return the number of steps of every sequence: that of the steps that compute or read it."""
    found: dict[str, Symbol] = {}
    for stage in network.stages:
        if isinstance(stage.when, Steps):
            found.update((line.target.name, stage.when.length) for line in stage.equations)
            for line in stage.equations:
                for leaf in leaves(line.expr):
                    found.setdefault(leaf.name, stage.when.length)
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


def distinct_sizes(network: Network, first: int = 3) -> dict[Symbol, int]:
    """Return pairwise different values for the sizes of a network, in order: 3, 4, 6, 7, … (5 and 2 are for T and B).

    A second number of steps, of a decoder, is 4 and then not among the others.
    """
    more = network.lengths[1:]
    taken = {2, 5, *((4,) if more else ())}
    free = (number for number in range(first, 100) if number not in taken)
    return {**dict.fromkeys(more, 4), **dict(zip(network.sizes, free, strict=False))}
