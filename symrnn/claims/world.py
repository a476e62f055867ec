"""Numbers for statements: a network run once on random values, and any derivative of anything in it by complex steps.

Everything is evaluated by the network's equations alone, one sequence at a time; nothing that was derived is used. A derivative
along some of the paths is found by moving a quantity only for those who read it there:

    all      every reader          now      readers in the same step
    own      one equation          later    readers in other steps
    path     every reader, but other states than the one that is moved keep their values until the step in question

Sizes are pairwise different and small, states and targets random, T ≥ 4 unless a counterexample is to be made small.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Integer, Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import D, Leaf, Node, T, t
from symrnn.algebra.time import unroll
from symrnn.algebra.walk import leaves, parts
from symrnn.claims.partial import Partial
from symrnn.errors import RuleError
from symrnn.model.equations import Equation, State
from symrnn.model.network import Network, Steps
from symrnn.model.schedule import evaluations, initials, stored_place
from symrnn.verify.oracle import samples

Array = npt.NDArray[Any]
Key = tuple[str, int | None]
WIDER = 4.0  # of large inputs: a kink may lie beyond small numbers
STEP = 1e-30  # of a complex step: its square is lost below every rounding error
LOSS = "J"  # how the total loss is called where the network has none


def total_loss(network: Network) -> Leaf:
    """Return the leaf that stands for the loss summed over all steps."""
    return _loss(LOSS if network.loss is None else network.loss.name)


@cache
def _loss(name: str) -> Leaf:
    return Leaf(name, 1, 1)


def step_loss(network: Network, step: Expr = t) -> Leaf:
    """Return the leaf that stands for the loss of one step."""
    return total_loss(network).at(step)


class NoValue(RuleError):
    """A quantity has no value at a step: there is no such step, or nothing computes it there."""


@dataclass(frozen=True)
class Moved:
    """A quantity that is moved, entry by entry, and by whom that is seen.

    With `each` it is moved at one step after the other, what is the same at every step at one use after the other; without, at
    every use at once.
    """

    name: str
    each: bool
    route: str = "all"
    line: str = ""  # with the route "own": what the one equation computes
    until: int | None = None  # with the route "path": the step of what is differentiated


@dataclass
class World:
    """One sample: sizes with the numbers of steps, arrays for what is given, and the values of everything else.

    Fields:
        network, sizes, seed: what is evaluated and where.
        scale: by how much the given arrays are multiplied: 1 as they come.
        special: what is set to something that hides mistakes: names of `SPECIAL`.
    """

    network: Network
    sizes: Mapping[Symbol, int]
    seed: int = 0
    special: frozenset[str] = frozenset()
    given: Mapping[str, Array] | None = None
    _moved: dict[Moved, dict[Key, Array]] = field(default_factory=dict)

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The arrays of parameters, inputs, targets, initial states and seeds, one sequence."""
        plain = {size: number for size, number in self.sizes.items() if size != T}
        found = samples(self.network, plain, self.sizes[T], 1, self.seed)
        found.update(self.given or {})
        for word in sorted(self.special):
            SPECIAL[word](self.network, found)
        return found

    @cached_property
    def values(self) -> dict[Key, Array]:
        """Every quantity at every step, (rows, columns), by name and step; the total loss under its name and None."""
        return {key: value[0] for key, value in _Run(self, None).run().items()}

    def value(self, expr: Node, steps: Mapping[Symbol, int] | None = None) -> Array:
        """Return the value of an expression, given numbers for its steps.

        Raises:
            RuleError: it speaks of a step that does not exist, or of something without a value.
        """
        numbers = {**self.sizes, **(steps or {})}
        grounded = unroll(expr, numbers)
        known: dict[Node, Array] = {}
        for part in parts(grounded, Leaf | Partial | D):
            if part not in known:
                known[part] = self._part(part)
        try:
            return np.asarray(evaluate(grounded, known, {}))
        except (ValueError, OverflowError, TypeError, ZeroDivisionError) as problem:
            raise RuleError(f"it cannot be computed: {problem}") from problem

    def _part(self, part: Leaf | Partial | D) -> Array:
        if isinstance(part, Partial):
            return self.derivative(part)
        return self._leaf(part) if isinstance(part, Leaf) else self._any(part)

    def _any(self, differential: D) -> Array:
        """Return a differential: any matrix, the same one wherever it stands."""
        draw = np.random.default_rng([self.seed, zlib.crc32(repr(differential).encode())])
        return draw.normal(size=_numbers(differential.shape, self.sizes))

    def _leaf(self, leaf: Leaf) -> Array:
        step = whole_step(leaf)
        found = self.values.get((leaf.name, step))
        if found is None and step is not None:
            found = self.values.get((leaf.name, None))  # what does not move is the same at step k
        if found is None:
            raise NoValue(f"{leaf.name} has no value at step {step}")
        return found

    def derivative(self, partial: Partial) -> Array:
        """Return ∂of/∂by in numerator layout, or zeros when `of` does not depend on `by`."""
        of, by = partial.of, partial.by
        step, when = whole_step(of), whole_step(by)
        if self._is_beyond(of, by, when):
            return np.zeros(_numbers(partial.shape, self.sizes))
        if (by.name, when) not in self.values and (by.name, None) not in self.values:
            raise NoValue(f"{by.name} has no value at step {when}")
        if (of.name, step) not in self.values:
            raise NoValue(f"{of.name} has no value at step {step}")
        rows, columns = _numbers(by.shape, self.sizes)
        size, entries = self.values[of.name, step].size, rows * columns
        line = of.name if partial.route == "own" else ""
        until = step if partial.route == "path" else None
        part = self.directions(Moved(by.name, when is not None, partial.route, line, until)).get((of.name, step))
        if part is None or (when is not None and not self.first <= when <= self.last):
            jacobian = np.zeros((size, entries))
        else:
            block = 0 if when is None else when - self.first
            part = np.broadcast_to(part, (self._blocks(when) * entries, *part.shape[1:]))
            jacobian = part[block * entries : (block + 1) * entries].reshape(entries, size).T
        if of.name == by.name and step == when and partial.route in ("all", "now", "path"):
            jacobian = jacobian + np.eye(size)
        if of.is_scalar_shape and not partial.flat:
            return jacobian.reshape(rows, columns).T
        return jacobian

    def _is_beyond(self, of: Leaf, by: Leaf, when: int | None) -> bool:
        """Return whether a loss is differentiated by something after the last step: nothing depends on that."""
        is_loss = of.name == total_loss(self.network).name
        return is_loss and when is not None and when > self.sizes[T] and (by.name, self.sizes[T]) in self.values

    @cached_property
    def first(self) -> int:
        """The first step at which anything has a value: that of the earliest initial state."""
        return min(step for _, step in self.values if step is not None)

    @cached_property
    def last(self) -> int:
        """The last step at which anything has a value."""
        return max(step for _, step in self.values if step is not None)

    def _blocks(self, when: int | None) -> int:
        return 1 if when is None else self.last - self.first + 1

    def directions(self, moved: Moved) -> dict[Key, Array]:
        """Return the derivative of everything along each entry of what is moved, (steps × entries, rows, columns)."""
        if moved not in self._moved:
            self._moved[moved] = {key: value.imag / STEP for key, value in _Run(self, moved).run().items()}
        return self._moved[moved]


def whole_step(leaf: Leaf) -> int | None:
    """Return the step of a quantity as a number; None if it has none.

    Raises:
        RuleError: no number is given for a step that occurs in it.
    """
    if leaf.time is None:
        return None
    if not leaf.time.is_Integer:
        raise RuleError(f"no number is given for the step of {leaf!r}")
    return int(leaf.time)


def _numbers(shape: Iterable[Expr], sizes: Mapping[Symbol, int]) -> tuple[int, ...]:
    return tuple(_whole(one, sizes) for one in shape)


def _whole(expr: Expr, numbers: Mapping[Symbol, int]) -> int:
    """Return a size or a step as a number."""
    if expr in numbers:
        return numbers[expr]
    return int(expr if expr.is_Integer else expr.xreplace({symbol: Integer(one) for symbol, one in numbers.items()}))


@dataclass
class _Run:
    """One evaluation of the equations, with a complex movement of one quantity; values are (entries moved, rows, columns)."""

    world: World
    moved: Moved | None
    known: dict[Key, Array] = field(default_factory=dict)
    line: str = ""  # what the equation that is evaluated computes

    def run(self) -> dict[Key, Array]:
        network = self.world.network
        self._given()
        for state, steps, back in initials(network):
            self._begin(state, steps, back)
        for line, step in evaluations(network, lambda expr: _whole(expr, self.world.sizes)):
            self._evaluate(line, step)
        self._losses()
        return self.known

    def _given(self) -> None:
        network, arrays = self.world.network, self.world.arrays
        for leaf in (*network.params, *network.constants):
            self._put(leaf.name, None, arrays[leaf.name].reshape(_numbers(leaf.shape, self.world.sizes)))
        for leaf in (*network.inputs, *network.targets, *(seed for _, seed in network.seeds)):
            array, shape = arrays[leaf.name], _numbers(leaf.shape, self.world.sizes)
            if not leaf.moves:
                self._put(leaf.name, self._step(leaf, None), array.reshape(shape))
                continue
            for step in range(array.shape[0]):
                self._put(leaf.name, step + 1, array[step].reshape(shape))

    def _begin(self, state: State, steps: Steps, back: int) -> None:
        leaf = state.leaf
        shape, when = _numbers(leaf.shape, self.world.sizes), _whole(steps.initial(back), self.world.sizes)
        if state.initial == "zero":
            self._put(leaf.name, when, np.zeros(shape))
        elif state.initial == "given":
            array = self.world.arrays[f"{leaf.name}0"]
            place = stored_place(state, steps, back)
            self._put(leaf.name, when, (array if place is None else array[place]).reshape(shape))

    def _put(self, name: str, step: int | None, value: Array) -> None:
        self.known[name, step] = value if value.ndim == 3 else value[np.newaxis]

    def _evaluate(self, line: Equation, step: int | None) -> None:
        self.line = line.target.name
        inner = {leaf: self._read(leaf, step) for leaf in leaves(line.expr)}
        value = evaluate(line.expr, inner, self.world.sizes)
        when = self._step(line.target, step)
        self._put(line.target.name, when, value.real if self._is_held(line.target.name, when) else value)

    def _is_held(self, name: str, step: int | None) -> bool:
        """Return whether a state keeps its value although something before it is moved."""
        moved = self.moved
        if moved is None or moved.until is None or step is None or name == moved.name:
            return False
        return step < moved.until and self.world.network.state(name) is not None

    def _step(self, leaf: Leaf, step: int | None) -> int | None:
        if leaf.time is None:
            return None
        return _whole(leaf.time, {**self.world.sizes, **({} if step is None else {t: step})})

    def _read(self, leaf: Leaf, reader: int | None) -> Array:
        """Return a value as the equations of one step see it: with the movement, if they are among those who see it."""
        step = self._step(leaf, reader)
        value, moved = self.known[leaf.name, step], self.moved
        if moved is None or leaf.name != moved.name or moved.line not in ("", self.line):
            return value
        if step is None and moved.each and reader is None:
            return value  # this use belongs to no step
        if step is None:  # the same at every step: moved for one reader, or for all
            return self._along(value, reader if moved.each else None)
        return self._along(value, step) if _sees(moved.route, step == reader) else value

    def _along(self, value: Array, step: int | None) -> Array:
        """Return a value moved along every entry: in the block of its step, or everywhere."""
        world, entries = self.world, value[0].size
        if step is None:
            return np.asarray(value + STEP * 1j * np.eye(entries).reshape(entries, *value.shape[1:]))
        whole = np.zeros((world._blocks(step), entries, *value.shape[1:]), complex)
        whole[step - world.first] = STEP * 1j * np.eye(entries).reshape(entries, *value.shape[1:])
        return np.asarray(value + whole.reshape(-1, *value.shape[1:]))

    def _losses(self) -> None:
        network, name = self.world.network, total_loss(self.world.network).name
        if network.loss is None:
            self._seeded(name)
        parts = [value for (of, step), value in self.known.items() if of == name and step is not None]
        if parts:
            self.known[name, None] = np.asarray(sum(parts))

    def _seeded(self, name: str) -> None:
        """A network without a loss: J^(t) = ⟨seed, output⟩, whose derivative by the output is the seed."""
        for output, seed in self.world.network.seeds:
            for of, step in list(self.known):
                if of == output.name and (seed.name, step) in self.known:
                    seen = self._read(output.at(Integer(step)), step)
                    part = (seen * self.known[seed.name, step]).sum(axis=(1, 2)).reshape(-1, 1, 1)
                    self.known[name, step] = self.known.get((name, step), 0.0) + part


def _sees(route: str, same_step: bool) -> bool:
    return route in ("all", "own", "path") or (route == "now") == same_step


# -- what hides mistakes ---------------------------------------------------------------------------------------------------


def _zero_initial(network: Network, arrays: dict[str, Array]) -> None:
    for state in network.states:
        if f"{state.leaf.name}0" in arrays:
            arrays[f"{state.leaf.name}0"] = np.zeros_like(arrays[f"{state.leaf.name}0"])


def _symmetric(network: Network, arrays: dict[str, Array]) -> None:
    for leaf in network.params:
        array = arrays[leaf.name]
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            arrays[leaf.name] = (array + array.T) / 2


def _free_targets(network: Network, arrays: dict[str, Array]) -> None:
    for leaf in network.assumptions:
        arrays[leaf.name] = arrays[leaf.name] * 1.7


def _whole_targets(network: Network, arrays: dict[str, Array]) -> None:
    for leaf in network.targets:
        if leaf not in network.masks:
            arrays[leaf.name] = np.abs(arrays[leaf.name]) / np.abs(arrays[leaf.name]).sum(-1, keepdims=True)


def _wide(network: Network, arrays: dict[str, Array]) -> None:
    for leaf in network.inputs:
        arrays[leaf.name] = arrays[leaf.name] * WIDER


WIDE = "large inputs"
FREE_TARGETS = "targets that do not sum to one"
ZERO_START = "zero initial states"
WHOLE_TARGETS = "targets that sum to one"
SPECIAL = {
    ZERO_START: _zero_initial,
    WHOLE_TARGETS: _whole_targets,
    "symmetric recurrent weights": _symmetric,
    FREE_TARGETS: _free_targets,
    WIDE: _wide,
}


__all__ = [
    "FREE_TARGETS",
    "SPECIAL",
    "WHOLE_TARGETS",
    "WIDE",
    "ZERO_START",
    "Moved",
    "NoValue",
    "World",
    "step_loss",
    "total_loss",
]
