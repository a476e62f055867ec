"""The quantities of a network at every step, on one sample, straight from its equations. Nothing that was derived is used.

A value is (B, rows, columns), or (rows, columns) for what is the same for every sequence. Changed networks are evaluated too: a
step outside of the sequence is then the one that Python's negative index finds, or zero behind the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Bar, Leaf, Node, Ones, T, Zeros, t
from symrnn.model.network import Network, Steps

Array = npt.NDArray[Any]
Key = tuple[str, int | None]

BATCH = Symbol("B", integer=True, positive=True)
WRAPPED, ZERO, LOCAL, CARRY = "⟨wrapped⟩", "⟨zero⟩", "⟨local⟩", "⟨carry⟩"  # marks on the names of changed quantities


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Arrays of a network in its own layout, (T, B, n), with the sizes that they have."""

    network: Network
    sizes: Mapping[Symbol, int]  # with the numbers of steps
    batch: int
    arrays: Mapping[str, Array]

    @property
    def steps(self) -> int:
        """The number of steps, T."""
        return self.sizes[T]

    @property
    def size_text(self) -> str:
        """The sizes in words: `T = 5, B = 2, I = 3, H = 4`."""
        rest = [f"{size} = {number}" for size, number in self.sizes.items() if size != T]
        return ", ".join([f"T = {self.steps}", f"B = {self.batch}", *rest])


@cache
def atoms(expr: Node) -> tuple[Node, ...]:
    """Return what an expression needs values for: leaves, adjoints, and the matrices of ones and zeros."""
    found: dict[Node, None] = {}

    def collect(node: Any) -> None:
        if isinstance(node, Leaf | Bar | Ones | Zeros):
            found.setdefault(node)
        else:
            for arg in node.args:
                if isinstance(arg, Node):
                    collect(arg)

    collect(expr)
    return tuple(found)


@cache
def _relative(leaf: Leaf) -> tuple[str, int | None, Expr | None]:
    """Return the name of a leaf, how far its step is from t if it moves, and its step if it does not but has one."""
    if leaf.time is None:
        return leaf.name, None, None
    return (leaf.name, int(leaf.time - t), None) if leaf.time.has(t) else (leaf.name, None, leaf.time)


@cache
def _number(expr: Expr, sizes: frozenset[tuple[Symbol, int]]) -> int:
    return int(expr.subs(dict(sizes)))


@dataclass(eq=False)
class Quantities:
    """Values by name and step, of the forward pass; `bars` are those of adjoints, which a backward pass puts here."""

    sample: Sample
    known: dict[Key, Array] = field(default_factory=dict)
    bars: dict[Key, Array] = field(default_factory=dict)
    filled: dict[Node, Array] = field(default_factory=dict)
    frozen: frozenset[tuple[Symbol, int]] = frozenset()
    counted: Mapping[Symbol, int] = field(default_factory=dict)  # the sizes, and the number of sequences

    def __post_init__(self) -> None:
        self.frozen = frozenset(self.sample.sizes.items())
        self.counted = {**self.sample.sizes, BATCH: self.sample.batch}

    def number(self, expr: Expr) -> int:
        """Return a size or a step as a number."""
        if expr.is_Integer:
            return int(expr)
        return _number(expr, self.frozen)

    def place(self, leaf: Leaf, step: int) -> Key:
        """Return the name and the step of a leaf that an equation reads at `step`."""
        name, offset, fixed = _relative(leaf)
        if offset is not None:
            return name, step + offset
        return name, None if fixed is None else self.number(fixed)

    def value(self, expr: Node, step: int) -> Array:
        """Return the value of an expression of step t at one step."""
        read = {atom: self._read(atom, step) for atom in atoms(expr)}
        return evaluate(expr, read, self.counted)

    def _read(self, atom: Node, step: int) -> Array:
        if isinstance(atom, Bar):
            name, when = self.place(atom.leaf, step)
            found = self.bars.get((name, when))
            return np.zeros([self.number(size) for size in atom.shape]) if found is None else found
        if isinstance(atom, Leaf):
            return self._leaf(*self.place(atom, step))
        if atom not in self.filled:
            self.filled[atom] = evaluate(atom, {}, self.sample.sizes)
        return self.filled[atom]

    def _leaf(self, name: str, step: int | None) -> Array:
        steps = self.sample.steps
        for mark in (WRAPPED, ZERO):
            if name.endswith(mark):
                name = name.removesuffix(mark)
                if step is not None and step < 1:
                    return self.known[name, step + steps] if mark == WRAPPED else 0 * self.known[name, 1]
        if (name, step) in self.known or step is None:
            return self.known[name, step]
        return 0 * self.known[name, 1] if step > steps else self.known[name, (step - 1) % steps + 1]


def quantities(sample: Sample, network: Network | None = None) -> Quantities:
    """Return the values of every quantity of a network, or of a changed one with the same names, on a sample."""
    network = network or sample.network
    found = Quantities(sample)
    _read_given(found, network)
    for stage in network.stages:
        if not isinstance(stage.when, Steps):
            for line in stage.equations:
                found.known[found.place(line.target, 0)] = found.value(line.expr, 0)
            continue
        for state in stage.states:
            for back in range(state.lags):
                _begin(found, state.leaf, stage.when, state.initial, state.lags, back)
        order: Iterable[int] = range(1, found.number(stage.when.length) + 1)
        for step in order if stage.when.direction > 0 else reversed(list(order)):
            for line in stage.equations:
                found.known[found.place(line.target, step)] = found.value(line.expr, step)
    return found


def _read_given(found: Quantities, network: Network) -> None:
    arrays = found.sample.arrays
    for leaf in (*network.params, *network.constants):
        found.known[leaf.name, None] = arrays[leaf.name].reshape(_shape(found, leaf))
    for leaf in (*network.inputs, *network.targets, *(seed for _, seed in network.seeds)):
        array, shape = arrays[leaf.name], _shape(found, leaf)
        if not leaf.moves:
            found.known[found.place(leaf, 0)] = array.reshape(len(array), *shape)
            continue
        for step in range(len(array)):
            found.known[leaf.name, step + 1] = array[step].reshape(array.shape[1], *shape)


def _shape(found: Quantities, leaf: Leaf) -> tuple[int, int]:
    return found.number(leaf.shape[0]), found.number(leaf.shape[1])


def _begin(found: Quantities, leaf: Leaf, steps: Steps, kind: str, lags: int, back: int) -> None:
    """Put an initial value where the first step looks for it; arrays are in the order of time."""
    key, shape, batch = (leaf.name, found.number(steps.initial(back))), _shape(found, leaf), found.sample.batch
    if kind == "zero":
        found.known[key] = np.zeros((batch, *shape))
    elif kind == "given":
        array = found.sample.arrays[f"{leaf.name}0"]
        place = lags - 1 - back if steps.direction > 0 else back
        found.known[key] = (array if lags == 1 else array[place]).reshape(batch, *shape)


def total_loss(found: Quantities, network: Network) -> float:
    """Return the loss, summed over steps and sequences; without one Σ ⟨seed, output⟩."""
    if network.loss is not None:
        values = (value for (name, _), value in found.known.items() if name == network.loss.name)
        return float(sum(value.sum() for value in values))
    total = 0.0
    for output, seed in network.seeds:
        for (name, when), value in found.known.items():
            if name == output.name and (seed.name, when) in found.known:
                total += float((found.known[seed.name, when] * value).sum())
    return total
