"""The truth of a statement by numbers: the equations of a network are run, everything in them is moved by complex steps.

Nothing that was derived is used, and nothing of the verifier but the sign `Partial`: what a mutant is worth is found without it.
A quantity can be moved for all who read it, for the readers of its own step ("now"), for those of other steps ("later"), or for
the equation of one quantity alone ("own"); a parameter also for the readers of one step.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Integer, Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Leaf, Node, T, Zeros, t
from symrnn.algebra.time import unroll
from symrnn.algebra.walk import leaves
from symrnn.claims.partial import Partial
from symrnn.errors import RuleError, ShapeError
from symrnn.model.network import Network, Steps
from symrnn.verify.oracle import distinct_sizes, samples

Array = npt.NDArray[Any]
Key = tuple[str, int | None]
STEPS = 5
SAMPLES = 5
MOVE = 1e-40  # the square of a complex step vanishes in every sum
LOSS = "J"
SIDES = ("all", "now", "later", "step")  # what ∂J/∂v, or ∂J/∂W, on the left means
ROUTES = ("all", "later", "own")  # what ∂u/∂v means: all paths, those between the steps, the equation of u alone
EQUAL, DIFFERENT = 1e-8, 1e-5  # relative; what lies between is not used as a mutant


@dataclass
class Numbers:
    """One random sample of a network with one recurrence, T = 5, all sizes different."""

    network: Network
    seed: int
    _runs: dict[tuple[str, int | None, str], dict[Key, Array]] = field(default_factory=dict)
    _shapes: dict[Any, tuple[int, int]] = field(default_factory=dict)
    _steps: dict[Any, int | None] = field(default_factory=dict)

    @property
    def loss(self) -> str:
        """How the loss is called."""
        return loss_name(self.network)

    @cached_property
    def sizes(self) -> dict[Symbol, int]:
        """The sizes, with the number of steps."""
        return {**distinct_sizes(self.network), T: STEPS}

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """What is given."""
        plain = {size: number for size, number in self.sizes.items() if size != T}
        return samples(self.network, plain, STEPS, 1, self.seed)

    def run(self, name: str = "", step: int | None = None, sees: str = "all") -> dict[Key, Array]:
        """Return the value of everything by name and step, (entries moved, rows, columns), with one quantity moved."""
        key = (name, step, sees)
        if key not in self._runs:
            self._runs[key] = _Run(self, *key).run()
        return self._runs[key]

    def shape(self, leaf: Leaf) -> tuple[int, int]:
        """Return a shape in numbers."""
        if leaf.shape not in self._shapes:
            rows, columns = (int(size.subs(self.sizes)) for size in leaf.shape)
            self._shapes[leaf.shape] = rows, columns
        return self._shapes[leaf.shape]

    def step(self, leaf: Leaf, step: int) -> int | None:
        """Return the step of a quantity as a number, for the equations of one step."""
        key = (leaf.time, step)
        if key not in self._steps:
            self._steps[key] = None if leaf.time is None else int(leaf.time.subs({**self.sizes, t: step}))
        return self._steps[key]

    # -- values of statements ---------------------------------------------------------------------------------------------

    def value(self, node: Node, step: int) -> Array:
        """Return the value of an expression at one step.

        Raises:
            RuleError: something in it does not exist at this step.
        """
        grounded = unroll(node, {**self.sizes, t: step})
        return np.asarray(evaluate(grounded, {atom: self.atom(atom) for atom in set(atoms(grounded))}, {}))

    def atom(self, atom: Node) -> Array:
        """Return the value of a quantity, or of a derivative in numerator layout."""
        if not isinstance(atom, Partial):
            assert isinstance(atom, Leaf)
            return np.real(self._read(self.run(), atom)[0])
        found = self.jacobian(atom.of, atom.by, f"own {atom.of.name}" if atom.route == "own" else atom.route)
        return found.reshape(self.shape(atom.by)).T if atom.of.is_scalar_shape and not atom.flat else found

    def _read(self, values: Mapping[Key, Array], leaf: Leaf) -> Array:
        step = None if leaf.time is None else int(leaf.time)
        if (leaf.name, step) not in values:
            raise RuleError(f"{leaf.name} does not exist at step {step}")
        return values[leaf.name, step]

    def jacobian(self, of: Leaf, by: Leaf, sees: str = "all") -> Array:
        """Return ∂of/∂by, one row for each entry of `of`, a column for each of `by`."""
        step = None if by.time is None else int(by.time)
        if not {(by.name, step), (by.name, None)} & self.run().keys():
            raise RuleError(f"{by.name} does not exist at step {step}")
        rows, columns = self.shape(by)
        size = rows * columns
        moved = np.imag(self._read(self.run(by.name, step, sees), of)) / MOVE
        found = np.broadcast_to(moved, (size, *moved.shape[1:])).reshape(size, moved[0].size).T
        if (of.name, of.time) == (by.name, by.time) and sees != "later":
            found = found + np.eye(size)
        return found


def atoms(expr: Any) -> Iterator[Node]:
    """Yield the quantities and derivatives of an expression."""
    if isinstance(expr, Leaf | Partial):
        yield expr
    elif isinstance(expr, Node):
        for arg in expr.args:
            yield from atoms(arg)


def loss_name(network: Network) -> str:
    """Return how the loss is called."""
    return LOSS if network.loss is None else network.loss.name


@dataclass
class _Run:
    """One run of the equations with a quantity moved along each of its entries, for those who see it."""

    numbers: Numbers
    name: str
    step: int | None
    sees: str
    values: dict[Key, Array] = field(default_factory=dict)

    def run(self) -> dict[Key, Array]:
        network, numbers = self.numbers.network, self.numbers
        self._given()
        for stage in network.stages:
            for step in range(1, STEPS + 1) if isinstance(stage.when, Steps) else (0,):
                for line in stage.equations:
                    name = line.target.name
                    known: dict[Node, Array] = {leaf: self._seen(leaf, step, name) for leaf in leaves(line.expr)}
                    value = evaluate(line.expr, known, numbers.sizes)
                    self._put(line.target.name, self.numbers.step(line.target, step), value)
        self._add_up(network)
        return self.values

    def _put(self, name: str, step: int | None, value: Array) -> None:
        self.values[name, step] = value if value.ndim == 3 else value[np.newaxis]

    def _given(self) -> None:
        network, arrays, shape = self.numbers.network, self.numbers.arrays, self.numbers.shape
        for leaf in (*network.params, *network.constants):
            self._put(leaf.name, None, arrays[leaf.name].reshape(shape(leaf)))
        for leaf in (*network.inputs, *network.targets, *(seed for _, seed in network.seeds)):
            for step in range(1, STEPS + 1):
                self._put(leaf.name, step, arrays[leaf.name][step - 1].reshape(shape(leaf)))
        for state in network.states:
            array = arrays.get(f"{state.leaf.name}0")
            for back in range(state.lags):
                one = None if array is None else array if state.lags == 1 else array[state.lags - 1 - back]
                start = np.zeros(shape(state.leaf)) if one is None else one.reshape(shape(state.leaf))
                self._put(state.leaf.name, -back, start)

    def _seen(self, leaf: Leaf, reader: int, target: str = "") -> Array:
        """Return a value as the equation of one quantity sees it at one step."""
        when = self.numbers.step(leaf, reader)
        value = self.values[leaf.name, when]
        if leaf.name != self.name:
            return value
        if when is None:
            visible = self.step is None or self.step == reader
        else:
            same, own = when == reader, self.sees.removeprefix("own ")
            meant = target == own if own != self.sees else self.sees == "all" or same == (self.sees == "now")
            visible = when == self.step and meant
        size = value[0].size
        return value + 1j * MOVE * np.eye(size).reshape(size, *value.shape[1:]) if visible else value

    def _add_up(self, network: Network) -> None:
        name = loss_name(network)
        if network.loss is None:
            for output, seed in network.seeds:
                for step in range(1, STEPS + 1):
                    part = self._seen(output.at(Integer(step)), step) * self.values[seed.name, step]
                    before = self.values.get((name, step), 0.0)
                    self.values[name, step] = before + part.sum(axis=(1, 2)).reshape(-1, 1, 1)
        parts = [value for (of, step), value in self.values.items() if of == name and step is not None]
        self.values[name, None] = np.asarray(sum(parts))


@dataclass(frozen=True)
class Truth:
    """Whether statements about a network are right, by a few samples: one may be blind where an activation is flat."""

    samples: tuple[Numbers, ...]

    @classmethod
    def of(cls, network: Network, seed: int) -> Truth:
        """Return the truth about a network."""
        return cls(tuple(Numbers(network, 1000 * seed + place) for place in range(1, SAMPLES + 1)))

    def holds(self, left: Node, right: Node) -> bool | None:
        """Return whether left = right at every step at which both exist; None if that is never, or cannot be told."""
        worst, compared = 0.0, 0
        for sample in self.samples:
            for step in range(1, STEPS + 1):
                try:
                    with np.errstate(all="ignore"):
                        gap = _gap(sample.value(left, step), sample.value(right, step))
                except RuleError:
                    continue
                compared += 1
                worst = max(worst, gap)
                if worst >= DIFFERENT:
                    return False
        return True if compared and worst <= EQUAL else None

    def convention(self, left: Node, right: Node) -> str:
        """Return the meaning of the signs, other than the usual one, by which a statement is right; nothing if there is none."""
        for is_row, is_turned, route, side in itertools.product((False, True), (False, True), ROUTES, SIDES):
            meaning = Meaning(is_row, is_turned, route, self.samples[0].loss)
            try:
                one, other = meaning.of(sided(left, side, meaning.loss)), meaning.of(right)
            except ShapeError:
                continue
            is_other = (one, other) != (left, right) and one.shape == other.shape
            if is_other and self._is_meant(other) and self.holds(one, other):
                return f"{meaning}, {side}"
        return ""

    def _is_meant(self, right: Node) -> bool:
        """Return whether no derivative vanishes by the meaning it is given: then it would not have been written."""
        signs = [atom for atom in atoms(right) if isinstance(atom, Partial) and atom.route != "all"]
        return all(self.holds(sign, Zeros(*sign.shape)) is not True for sign in signs)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What derivatives mean: that of the loss transposed, a Jacobian transposed, and along which paths a Jacobian runs."""

    is_row: bool
    is_turned: bool
    route: str
    loss: str

    def __str__(self) -> str:
        loss, jacobian = "row" if self.is_row else "column", "turned" if self.is_turned else "usual"
        return f"loss {loss}, Jacobian {jacobian} ({self.route})"

    def of(self, expr: Any) -> Any:
        """Return an expression with this meaning.

        Raises:
            ShapeError: it has no shape then.
        """
        if isinstance(expr, Partial):
            if expr.of.name == self.loss:
                return expr.T if self.is_row else expr
            routed = Partial(expr.of, expr.by, self.route) if expr.route == "all" else expr
            return routed.T if self.is_turned else routed
        if not isinstance(expr, Node) or isinstance(expr, Leaf):
            return expr
        return expr.func(*(self.of(arg) for arg in expr.args))


def sided(left: Node, side: str, loss: str) -> Node:
    """Return a left side ∂J/∂v for some of the paths only, ∂J/∂W for the use at step t only."""
    sign = next(atom for atom in atoms(left) if isinstance(atom, Partial))
    if side == "all" or sign.of.name != loss:
        return left
    if side == "step":
        return left.xreplace({sign: Partial(sign.of, sign.by.at(t))}) if sign.by.time is None else left
    return left.xreplace({sign: Partial(sign.of, sign.by, side)}) if sign.by.time is not None else left


def _gap(one: Array, other: Array) -> float:
    if one.shape != other.shape:
        return float("inf")
    size = max(float(np.max(np.abs(one), initial=0)), float(np.max(np.abs(other), initial=0)))
    gap = float(np.max(np.abs(one - other), initial=0))
    return float("inf") if not np.isfinite(gap) else gap / size if size else 0.0


__all__ = ["LOSS", "Numbers", "Truth", "atoms", "loss_name"]
