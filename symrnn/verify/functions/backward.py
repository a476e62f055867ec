"""A backward pass as equations that may be changed, and its value on a sample. What changes it is in `mistakes`.

adjoints of every step   terms + seed + carries      only at the steps that `only` says
gradients                Σ_t terms
initial states           the carries that leave the sequence

It reads the same records as the emitted code is made from, and evaluates them one by one: slow, plain, and open to any change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from symrnn.algebra.nodes import Bar, Leaf, Node
from symrnn.calculus.records import Adjoint, Derivation, Gradient, InitialGradient
from symrnn.model.equations import State
from symrnn.model.network import Network, Once, Stage, Steps
from symrnn.verify.functions.values import CARRY, LOCAL, Array, Quantities, Sample, atoms


@dataclass(frozen=True, slots=True)
class Backward:
    """The equations of a backward pass.

    Fields:
        network, adjoints, gradients, initial: as in `Derivation`.
        only: (label, part, steps): a part of an equation, "terms", "seed", "carries" or "gradient", that is there at some steps
            only: "first", "last", "not first", "not last"; carries also "initial", into the initial state.
        instead: (name, terms) of an initial state whose gradient is not the carry that leaves the sequence.
    """

    network: Network
    adjoints: tuple[Adjoint, ...]
    gradients: tuple[Gradient, ...]
    initial: tuple[InitialGradient, ...]
    only: tuple[tuple[str, str, str], ...] = ()
    instead: tuple[tuple[str, tuple[Node, ...]], ...] = ()

    @classmethod
    def of(cls, derivation: Derivation) -> Backward:
        """Return the backward pass that was derived."""
        return cls(derivation.network, derivation.adjoints, derivation.gradients, derivation.initial)

    @property
    def expressions(self) -> tuple[Node, ...]:
        """Every expression that is evaluated."""
        found: list[Node] = [term for one in self.adjoints for term in one.terms]
        found += [term for one in self.adjoints for _, term in (*one.carries, *one.ends, *one.sums)]
        found += [term for one in self.gradients for term in one.terms]
        return (*found, *(term for _, terms in self.instead for term in terms))


@dataclass(frozen=True, slots=True)
class Window:
    """Truncation: only what the loss of step `source` gives, at most `depth` steps back."""

    source: int
    depth: int


def gradients(
    backward: Backward, forward: Quantities, names: Iterable[str] | None = None, window: Window | None = None
) -> dict[str, Array]:
    """Return the gradients by the name of what they belong to (`W_hh`, `x`, `h0`), in the layout of the sample.

    Where `forward` has values of adjoints already, they are taken as they are.
    """
    return _Sweep(backward, forward, names, window).run()


def with_adjoints(backward: Backward, forward: Quantities) -> Quantities:
    """Return the quantities with the values of every adjoint, for what changes gradients of parameters and inputs only."""
    sweep = _Sweep(backward, forward, (), None)
    sweep.local = True
    sweep.run()
    return sweep.at


def truncated(backward: Backward, sample_values: Quantities, depth: int) -> dict[str, Array]:
    """Return the gradients of which the loss of every step reaches back over `depth` steps at most."""
    total: dict[str, Array] = {}
    for source in range(1, sample_values.sample.steps + 1):
        for name, value in gradients(backward, sample_values, None, Window(source, depth)).items():
            total[name] = total.get(name, 0) + value
    return total


class _Sweep:
    """One backward pass: the adjoints go into `bars` of a copy of the quantities."""

    def __init__(
        self, backward: Backward, forward: Quantities, names: Iterable[str] | None, window: Window | None
    ) -> None:
        self.backward, self.network, self.window = backward, backward.network, window
        self.swept = bool(forward.bars)
        self.at = Quantities(forward.sample, forward.known, dict(forward.bars), forward.filled)
        self.sample: Sample = forward.sample
        self.wanted = None if names is None else set(names)
        self.only = {(label, part): steps for label, part, steps in backward.only}
        read = {atom.leaf.name for expr in backward.expressions for atom in atoms(expr) if isinstance(atom, Bar)}
        self.local = any(name.endswith((LOCAL, CARRY)) for name in read)
        self.found: dict[str, Array] = {}

    def run(self) -> dict[str, Array]:
        """Return every gradient that is wanted."""
        for number in reversed(range(len(self.network.stages))):
            stage = self.network.stages[number]
            if not self.swept:
                self._adjoints(stage)
                self._sums(number, stage)
            for one in self.backward.gradients:
                if self.wanted is None or one.of.name in self.wanted:
                    self._gradient(one, number, stage)
        for one in (*self.network.params, *self.network.inputs):
            if one.name not in self.found and (self.wanted is None or one.name in self.wanted):
                self.found[one.name] = np.zeros_like(self.sample.arrays[one.name], dtype=float)
        for stage in self.network.stages:
            for state in stage.states:
                if state.initial == "given" and (self.wanted is None or f"{state.leaf.name}0" in self.wanted):
                    self._initial(state, stage)
        return {name: value.reshape(self.sample.arrays[name].shape) for name, value in self.found.items()}

    # -- adjoints ------------------------------------------------------------------------------------------------------

    def _adjoints(self, stage: Stage) -> None:
        targets = {line.target for line in stage.equations}
        own = [one for one in self.backward.adjoints if one.of in targets]
        for step in self._backwards(stage):
            for one in own:
                self._adjoint(one, step, stage)

    def _backwards(self, stage: Stage) -> list[int]:
        if not isinstance(stage.when, Steps):
            return [0]
        order = list(range(1, self.at.number(stage.when.length) + 1))
        return order[::-1] if stage.when.direction > 0 else order

    def _adjoint(self, one: Adjoint, step: int, stage: Stage) -> None:
        key = self.at.place(one.of, step)
        here = self._direct(one, step)
        carry = self._carried(one, step, stage)
        self.at.bars[key] = self.at.bars.get(key, 0) + here + carry
        if self.local:
            self.at.bars[key[0] + CARRY, key[1]] = np.asarray(carry + np.zeros_like(self.at.bars[key]))
            known = dict(self.at.bars)
            for adjoint in self.backward.adjoints:  # the same step without what came from later ones
                place = self.at.place(adjoint.of, step)
                self.at.bars[place] = known.get((place[0] + LOCAL, place[1]), np.zeros((1, 1, 1)))
            local = np.asarray(self._direct(one, step) + np.zeros_like(known[key]))
            self.at.bars = {**known, (key[0] + LOCAL, key[1]): local}

    def _direct(self, one: Adjoint, step: int) -> Array:
        """Return what the step itself gives."""
        shape = [self.at.number(size) for size in one.of.shape]
        total: Array = np.zeros(shape if one.of.time is None else (self.sample.batch, *shape))
        if self._there(one.label, "terms", step):
            for term in one.terms:
                if self._allowed(term, step):
                    total = total + self.at.value(term, step)
        if one.seed is not None and self._there(one.label, "seed", step) and self._from(step):
            total = total + self.at.value(one.seed, step)
        for when, term in one.ends:
            if self.at.number(when) == step or not one.of.moves:
                total = total + self.at.value(term, step)
        return total

    def _carried(self, one: Adjoint, step: int, stage: Stage) -> Array:
        total: Array = np.zeros(1)
        if self.window is not None and step > 0 and self.window.source - step > self.window.depth:
            return total
        if not self._there(one.label, "carries", step):
            return total
        for lag, term in one.carries:
            if not one.of.moves or self._inside(step, lag, stage):
                total = total + self.at.value(term, step)
        return total

    def _inside(self, step: int, lag: int, stage: Stage) -> bool:
        assert isinstance(stage.when, Steps)
        return 1 <= step + stage.when.direction * lag <= self.at.number(stage.when.length)

    def _there(self, label: str, part: str, step: int) -> bool:
        steps = self.only.get((label, part))
        first, last = step == 1, step == self.sample.steps
        initial = not 1 <= step <= self.sample.steps
        there = {"first": first, "last": last, "not first": not first, "not last": not last, "initial": initial}
        return steps is None or there[steps]

    def _allowed(self, term: Node, step: int) -> bool:
        return self._from(step) or any(isinstance(atom, Bar) for atom in atoms(term))

    def _from(self, step: int) -> bool:
        """Return whether the loss of a step counts."""
        return self.window is None or step == self.window.source

    # -- sums and gradients --------------------------------------------------------------------------------------------

    def _sums(self, number: int, stage: Stage) -> None:
        for one in self.backward.adjoints:
            for where, term in one.sums:
                if where != number:
                    continue
                key = self.at.place(one.of, 0)
                for step in self._backwards(stage):
                    value = self.at.value(term, step)
                    given = value.sum(0) if one.of.time is None and value.ndim == 3 else value
                    self.at.bars[key] = self.at.bars.get(key, 0) + given

    def _gradient(self, one: Gradient, number: int, stage: Stage) -> None:
        terms = one.of_stage(number)
        if not terms:
            return
        name, batch = one.of.name, self.sample.batch
        if not one.summed and one.of.moves:
            total = np.zeros((len(self.sample.arrays[name]), batch, *(self.at.number(size) for size in one.of.shape)))
            for step in self._backwards(stage):
                if self._there(one.label, "gradient", step):
                    total[step - 1] = sum(self.at.value(term, step) for term in terms if self._allowed(term, step))
            self.found[name] = self.found.get(name, 0) + total
            return
        for step in self._backwards(stage):
            for term in terms:
                value = self.at.value(term, step)
                if one.summed and not isinstance(stage.when, Once):
                    value = np.broadcast_to(value, (batch, *value.shape[-2:])).sum(0)
                counts = self._there(one.label, "gradient", step) and self._allowed(term, step)
                self.found[name] = self.found.get(name, 0) + (value if counts else 0 * value)

    def _initial(self, state: State, stage: Stage) -> None:
        assert isinstance(stage.when, Steps)
        name, shape = f"{state.leaf.name}0", [self.at.number(size) for size in state.leaf.shape]
        adjoint = next((one for one in self.backward.adjoints if one.of == state.leaf), None)
        places = []
        for back in range(state.lags):
            step = self.at.number(stage.when.initial(back))
            total: Array = np.zeros((self.sample.batch, *shape))
            instead = dict(self.backward.instead).get(name)
            if instead is not None:
                total = total + sum(self.at.value(term, 0) for term in instead)
            elif adjoint is not None:
                total = total + self._carried(adjoint, step, stage)
            total = total + self._ends_of(state.leaf.at(stage.when.initial(back)))
            places.append(total)
        order = places[::-1] if stage.when.direction > 0 else places
        self.found[name] = np.stack(order) if state.lags > 1 else order[0]

    def _ends_of(self, leaf: Leaf) -> Array:
        found = [one for one in self.backward.initial if one.of == leaf]
        total: Array = np.zeros(1)
        for one in found:
            for _, term in one.ends:
                total = total + self.at.value(term, 0)
        return total


def reads(backward: Backward) -> Mapping[str, frozenset[str]]:
    """Return, for each adjoint and gradient by its label, the names of the adjoints that it reads, directly or not."""
    direct: dict[str, set[str]] = {}
    label_of = {one.of.name: one.label for one in backward.adjoints}
    for one in backward.adjoints:
        terms = (*one.terms, *(term for _, term in (*one.carries, *one.ends, *one.sums)))
        direct[one.label] = _bars(terms)
    for gradient in backward.gradients:
        direct[gradient.label] = _bars(gradient.terms)
    found = {label: {label_of[name] for name in names if name in label_of} for label, names in direct.items()}
    changed = True
    while changed:
        changed = False
        for names in found.values():
            more = set().union(*(found[label] for label in names)) - names if names else set()
            if more:
                names |= more
                changed = True
    return {label: frozenset(names) for label, names in found.items()}


def _bars(terms: Iterable[Node]) -> set[str]:
    read = {atom.leaf.name for term in terms for atom in atoms(term) if isinstance(atom, Bar)}
    return {name.replace(LOCAL, "").replace(CARRY, "") for name in read}
