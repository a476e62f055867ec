"""Truncated back-propagation through time: which terms of the gradient are kept, and the sweep that they need.

    window(k)        the loss of every step s reaches the uses at the steps u > s − k
    chunk(k1, k2)    blocks end at e = k1, 2 k1, … and T; the losses of a block reach the uses at the steps u > e − k2

A use at step u by the loss of step s is the path through the states u, u+1, …, s. In other words: for every block, which is a
step for a window, the state of step e − k2 is held constant, and what is left of the losses of the block is differentiated.
window(k) is chunk(1, k).

Within a window and before its block the losses do not count: what flows there are carries alone, see `carries_only`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from symrnn.algebra.nodes import Leaf, Node, Zeros
from symrnn.calculus.derive import shifted
from symrnn.calculus.records import Adjoint, Contribution, Derivation, Gradient
from symrnn.calculus.unrolled import PathTerm, recurrence, unrolled
from symrnn.errors import SymrnnError
from symrnn.model.network import Network, Once, Steps

WINDOW, CHUNK = "window", "chunk"
_OTHER = {"K": "K_window", "K1": "K_every", "K2": "K_span"}


def _whole(name: str, number: object) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise SymrnnError(f"{name} is a whole number of steps from 1, found {number!r}")


@dataclass(frozen=True, slots=True)
class Window:
    """The loss of every step reaches back k steps, its own among them."""

    k: int

    def __post_init__(self) -> None:
        _whole("k", self.k)

    @property
    def every(self) -> int:
        """The steps of a block."""
        return 1

    @property
    def span(self) -> int:
        """The steps of a window."""
        return self.k


@dataclass(frozen=True, slots=True)
class Chunk:
    """After every k1 steps, and after the last one, the losses of these steps reach back k2 steps from there.

    Source: Williams and Peng 1990, BPTT(h; h′), with h = k2 and h′ = k1; Sutskever 2013, section 2.8.6, for the letters.
    """

    k1: int
    k2: int

    def __post_init__(self) -> None:
        _whole("k1", self.k1)
        _whole("k2", self.k2)

    @property
    def every(self) -> int:
        """The steps of a block."""
        return self.k1

    @property
    def span(self) -> int:
        """The steps of a window."""
        return self.k2


Truncation = Window | Chunk


@dataclass(frozen=True, slots=True)
class Truncated(Network):
    """A network whose gradient is truncated, by "window" or by "chunk"; the numbers of steps are given at run time."""

    by: str = CHUNK


def truncate(network: Network, by: str) -> Truncated:
    """Return the network with its gradient truncated.

    Raises:
        SymrnnError: if `by` is neither "window" nor "chunk", or what moves is more than one loop upwards.
    """
    if by not in (WINDOW, CHUNK):
        raise SymrnnError(f'a gradient is truncated by "{WINDOW}" or by "{CHUNK}"; found {by!r}')
    if not network.is_single_recurrence:
        raise SymrnnError(
            f"the gradient of {network.name} cannot be truncated: windows are of the steps of one recurrence upwards, with every "
            f"output at its own step; layers may be stacked, but no direction is downwards, nothing is read at one step only, and "
            f"initial states are given or zero"
        )
    return Truncated(**{field.name: getattr(network, field.name) for field in fields(Network)}, by=by)


def counts(network: Truncated) -> tuple[str, ...]:
    """Return the names of the numbers of steps: K, or K1 and K2, and others where the network has something of that name."""
    leaves = (*network.inputs, *network.params, *network.constants, *network.targets, *network.outputs)
    taken = {leaf.name for leaf in leaves} | {line.target.name for line in network.equations}
    taken |= {size.name for size in network.sizes}
    names = ("K",) if network.by == WINDOW else ("K1", "K2")
    return tuple(_OTHER[name] if name in taken else name for name in names)


# -- which terms are kept --------------------------------------------------------------------------------------------------


def blocks(cut: Truncation, steps: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) for every block, whose steps are begin + 1, …, end; the last one may be shorter."""
    for begin in range(0, steps, cut.every):
        yield begin, min(begin + cut.every, steps)


def held(cut: Truncation, steps: int, loss_step: int) -> int:
    """Return the step e − k2 whose state is constant for the loss of a step; 0 or less if nothing is."""
    return min(-(-loss_step // cut.every) * cut.every, steps) - cut.span


def keeps(cut: Truncation, steps: int, loss_step: int, use_step: int) -> bool:
    """Return whether the gradient for T = `steps` holds the term of this loss by way of this use."""
    return held(cut, steps, loss_step) < use_step <= loss_step


def split(
    derivation: Derivation, name: str, steps: int, cut: Truncation
) -> tuple[tuple[PathTerm, ...], tuple[PathTerm, ...]]:
    """Return the terms of the gradient of a parameter that are kept, and those that are dropped.

    Raises:
        SymrnnError: as `unrolled`.
    """
    terms = unrolled(derivation, name, steps)
    kept = tuple(one for one in terms if keeps(cut, steps, one.loss_step, one.use_step))
    return kept, tuple(one for one in terms if not keeps(cut, steps, one.loss_step, one.use_step))


# -- the sweep before a block ----------------------------------------------------------------------------------------------


def carries_only(derivation: Derivation) -> Derivation:
    """Return the equations of a step whose loss does not count: adjoints that begin in what later steps give to the states.

    Only the contributions of equations that lead to a new state are left, and of these the ones that are reached. What such a
    step hands on may be nothing at all: its carry is zero then.
    """
    found = _Carried.of(derivation)
    adjoints = tuple(
        found.adjoint(one) for one in derivation.adjoints if one.of in found.reached or found.is_once(one.of)
    )
    return replace(
        derivation,
        passages=tuple(
            passage
            for passage in derivation.passages
            if passage.equation.target in found.reached or found.is_once(passage.equation.target)
        ),
        adjoints=adjoints,
        gradients=tuple(found.gradient(one) for one in derivation.gradients),
    )


@dataclass(frozen=True, slots=True)
class _Carried:
    """The quantities of a step that the carries reach, and what the equations of these give."""

    derivation: Derivation
    reached: frozenset[Leaf]
    given: tuple[Contribution, ...]
    moving: int

    @classmethod
    def of(cls, derivation: Derivation) -> _Carried:
        """Follow the carries through the equations of a step, last equation first."""
        network, inside = derivation.network, {of for of in recurrence(derivation) if of.time is not None}
        states = {state.leaf for state in network.states}
        by_target = {passage.equation.target: passage.contributions for passage in derivation.passages}
        reached: set[Leaf] = set()
        given: list[Contribution] = []
        for adjoint in derivation.adjoints:
            carried = adjoint.of in states and bool(adjoint.carries)
            if adjoint.of in inside and (carried or any(one.of == adjoint.of for one in given)):
                reached.add(adjoint.of)
                given += [one for one in by_target[adjoint.of] if not isinstance(one.gradient, Zeros)]
        moving = next(number for number, stage in enumerate(network.stages) if isinstance(stage.when, Steps))
        return cls(derivation, frozenset(reached), tuple(given), moving)

    def is_once(self, of: Leaf) -> bool:
        """Return whether a quantity is computed once, before the first step."""
        network = self.derivation.network
        return of.time is None and isinstance(network.stages[network.stage_of(of)].when, Once)

    def adjoint(self, full: Adjoint) -> Adjoint:
        """Return an adjoint without what losses give; of what is computed once only the sums over steps change."""
        here = [one.gradient for one in self.given if one.of == full.of]
        if self.is_once(full.of):
            others = tuple((stage, term) for stage, term in full.sums if stage != self.moving)
            return replace(full, sums=(*others, *((self.moving, term) for term in here)))
        return replace(full, terms=tuple(here), carries=self._carries(full), seed=None, steps=())

    def _carries(self, full: Adjoint) -> tuple[tuple[int, Node], ...]:
        steps = self.derivation.network.stages[self.moving].when
        assert isinstance(steps, Steps)
        past = [one for one in self.given if one.of.name == full.of.name and one.of.moves and steps.lag(one.of)]
        found = tuple((steps.lag(one.of), shifted(one.gradient, steps.lag(one.of), steps)) for one in past)
        return found or tuple((1, Zeros(*full.of.shape)) for _ in full.carries[:1])

    def gradient(self, full: Gradient) -> Gradient:
        """Return what such a step gives to a gradient; equations that are evaluated once give what they gave."""
        here = [one.gradient for one in self.given if one.of.name == full.of.name]
        others = [(term, stage) for term, stage in zip(full.terms, full.stages, strict=True) if stage != self.moving]
        found = [*((term, self.moving) for term in here), *others]
        return replace(full, terms=tuple(term for term, _ in found), stages=tuple(stage for _, stage in found))
