"""A network: named equations, sorted into stages that say when they are evaluated. Records only; see `composition`.

    once      A = −exp(a)                          parameters alone, the same for every sequence
    steps     h^(t) = tanh(W x^(t) + U h^(t−1))    at every step t = 1 … T, in one direction
    single    ŷ^(T) = softmax(V h^(T))             at one step

A leaf without a time is the same at every step and for every sequence; a leaf with one belongs to each sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Expr, Integer, Symbol

from symrnn.algebra.nodes import Apply, Leaf, T, t
from symrnn.model.equations import Cell, Equation, State


@dataclass(frozen=True, slots=True)
class Once:
    """Before the first step, from parameters alone."""


@dataclass(frozen=True, slots=True)
class Steps:
    """At every step t = 1 … length: upwards with `direction` 1, states read at t − 1; downwards with −1, read at t + 1."""

    length: Symbol = T
    direction: int = 1

    def initial(self, back: int = 0) -> Expr:
        """Return the step of an initial state: 0, −1, … upwards, T + 1, T + 2, … downwards."""
        return Integer(-back) if self.direction > 0 else self.length + 1 + back

    @property
    def last(self) -> Expr:
        """The step that is carried out last: T upwards, 1 downwards."""
        return self.length if self.direction > 0 else Integer(1)

    def lag(self, leaf: Leaf) -> int:
        """Return k for a quantity that is read k steps before t in this direction."""
        return int(self.direction * (t - leaf.time))


@dataclass(frozen=True, slots=True)
class Single:
    """At one step: no quantity of the equations depends on t."""

    step: Expr


When = Once | Steps | Single


@dataclass(frozen=True, slots=True)
class Stage:
    """Equations that are evaluated together, in order, and the states that its steps hand on."""

    when: When
    equations: tuple[Equation, ...]
    states: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """A cell applied at every step, its states handed from step to step; its names are those that it has in the network."""

    cell: Cell
    steps: Steps = Steps()


@dataclass(frozen=True, slots=True)
class Map:
    """A head applied at every step, or at one; what it reads are quantities of what stands before it, by the same names."""

    head: Cell
    when: When = Steps()


@dataclass(frozen=True, slots=True)
class Network:
    """A differentiable function of sequences: what it was composed of, and its numbered equations, stage by stage.

    Fields:
        parts: the cells and heads, in order, with the names and sizes that they have here.
        stages: the equations, in the order of evaluation.
        inputs, targets: what is read at every step, or at one step if their time is one; targets have no gradient, `masks`
            are those of zeros and ones.
        outputs: what is of interest to the caller. loss: the scalar that is summed over the steps of its stage.
        values: usual values of constants.
        seeds: each output whose adjoint the caller gives, with the leaf that stands for it.
    """

    name: str
    title: str
    source: str
    parts: tuple[Scan | Map, ...]
    stages: tuple[Stage, ...]
    sizes: tuple[Symbol, ...]
    inputs: tuple[Leaf, ...]
    params: tuple[Leaf, ...]
    constants: tuple[Leaf, ...]
    targets: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    loss: Leaf | None
    assumptions: tuple[Leaf, ...] = ()
    masks: tuple[Leaf, ...] = ()
    values: tuple[tuple[Leaf, Expr], ...] = ()
    seeds: tuple[tuple[Leaf, Leaf], ...] = ()

    @property
    def equations(self) -> tuple[Equation, ...]:
        """All equations in the order of evaluation."""
        return tuple(equation for stage in self.stages for equation in stage.equations)

    @property
    def states(self) -> tuple[State, ...]:
        """All states, stage by stage."""
        return tuple(state for stage in self.stages for state in stage.states)

    @property
    def lengths(self) -> tuple[Symbol, ...]:
        """The sizes that count steps, in order of use."""
        return tuple(dict.fromkeys(stage.when.length for stage in self.stages if isinstance(stage.when, Steps)))

    @property
    def targets_of(self) -> Mapping[Leaf, Equation]:
        """The equation that defines each quantity."""
        return {equation.target: equation for equation in self.equations}

    @property
    def activations(self) -> Mapping[str, tuple[str, Leaf]]:
        """h → (f, z) for every equation h = f(z) between named quantities."""
        return {
            line.target.name: (line.expr.function, line.expr.body)
            for line in self.equations
            if isinstance(line.expr, Apply) and isinstance(line.expr.body, Leaf)
        }

    @property
    def cell(self) -> Cell:
        """The first cell that is scanned."""
        return next(part.cell for part in self.parts if isinstance(part, Scan))

    @property
    def heads(self) -> tuple[Cell, ...]:
        """The heads that are mapped over what the cells put out."""
        return tuple(part.head for part in self.parts if isinstance(part, Map))

    @property
    def is_single_recurrence(self) -> bool:
        """Whether everything that moves is one loop upwards over t = 1 … T: one recurrence, as a bare cell with its head."""
        moving = [stage.when for stage in self.stages if not isinstance(stage.when, Once)]
        return moving == [Steps()]

    def state(self, name: str) -> State | None:
        """Return the state with this name, if there is one."""
        return next((state for state in self.states if state.leaf.name == name), None)

    def stage_of(self, leaf: Leaf) -> int:
        """Return the number of the stage that defines a quantity (by name: a state is meant at whatever step)."""
        return self.owners()[leaf.name]

    def owners(self) -> dict[str, int]:
        """Return the number of the stage that defines each quantity, by name; initial values belong to their state."""
        found: dict[str, int] = {}
        for number, stage in enumerate(self.stages):
            found.update((line.target.name, number) for line in stage.equations)
        return found

    def numbered(self) -> Iterator[tuple[int, Equation]]:
        """Yield every equation with the number of its stage."""
        for number, stage in enumerate(self.stages):
            for equation in stage.equations:
                yield number, equation
