"""The adjoint identity of a short sequence at one random point, in exact arithmetic: a check that needs nothing installed.

    ⟨seeds, JVP(tangents)⟩ = ⟨gradients, tangents⟩

Values, tangents and adjoints are integers modulo the prime 2⁶¹ − 1, parameters, inputs, initial states, tangents and seeds random
ones. Nothing is rounded, so both sides are equal or they are not. A function such as tanh is a table of random numbers, filled as
it is asked: of it only its derivative is used, as a relation between numbers, tanh′ = 1 − y². What holds of all numbers that obey
these relations holds of the functions.

If the adjoint equations are wrong, the two sides are different rational functions of the random numbers, and agree at a random
point with probability at most d / (2⁶¹ − 1), d the degree of their difference (Schwartz, "Fast probabilistic algorithms for
verification of polynomial identities", J. ACM 27, 1980; Zippel 1979): `Exact.risk`, for which degrees are counted on the way.

What it is about is the same `Statement` as that of a certificate. It is no proof for all sizes and numbers of steps, and what is
said of functions here is trusted: that is what certificates are for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt
from sympy import Expr

from symrnn.algebra.nodes import Leaf
from symrnn.calculus.records import Derivation
from symrnn.certificates.statement import Block, Part, Quantity, Statement, state
from symrnn.verify.modular import Field, Number, VanishedError, draw, pair, step_of

Array = npt.NDArray[Any]
STEPS = 3  # of a sequence: the first, one with a step before and after it, and the last
_POINTS = 8  # at most
_SMALL = 1e-9  # a risk for which no further point is needed
_TRIES = 5  # points, for a denominator may be 0, or have no square root, at one


@dataclass(frozen=True, slots=True)
class Exact:
    """Whether both sides are equal; the sizes; and with which probability at most they are although an equation is wrong."""

    holds: bool
    sizes: tuple[tuple[str, int], ...]
    risk: float


def exact(derivation: Derivation, seed: int = 0) -> Exact:
    """Return whether the adjoint identity of a derivation holds at random points; its gradient is not a truncated one.

    There are as many points as make the risk small: their risks multiply.

    Raises:
        NotCovered: something in its equations has no meaning here.
        VanishedError: denominators are 0 at every point that was tried.
    """
    return exact_of(state(derivation), frozenset(output.name for output, _ in derivation.network.seeds), seed)


def exact_of(statement: Statement, seeded: frozenset[str], seed: int = 0) -> Exact:
    """Return whether the adjoint identity of a statement holds at random points; see `exact`.

    `seeded` are the outputs on which the loss depends directly, where it is any function of them.
    """
    found = _somewhere(statement, seeded, f"{seed}")
    for number in range(1, _POINTS):
        if not found.holds or found.risk <= _SMALL:
            break
        more = _somewhere(statement, seeded, f"{seed} {number}")
        found = replace(found, holds=more.holds, risk=found.risk * more.risk)
    return found


def _somewhere(statement: Statement, seeded: frozenset[str], seed: str) -> Exact:
    """Return whether it holds at one point, of those that are tried one at which everything is defined."""
    for attempt in range(_TRIES - 1):
        with suppress(VanishedError):
            return _at_a_point(statement, seeded, random.Random(f"{seed}, {attempt}"))
    return _at_a_point(statement, seeded, random.Random(f"{seed}, {_TRIES - 1}"))


def _at_a_point(statement: Statement, seeded: frozenset[str], source: random.Random) -> Exact:
    sizes = {size: number for number, size in enumerate(statement.sizes, 2)}
    sizes |= {length: STEPS + number for number, length in enumerate(statement.lengths)}
    point = _Point(statement, Field(source, sizes), seeded)
    point.begin()
    point.forward()
    left, right = point.sides()
    difference = left.minus(right)
    told = tuple((size.name, number) for size, number in sizes.items())
    holds = not difference.value.any() and not statement.complaints
    return Exact(holds, told, min(point.within.risk(difference), 1.0))


@dataclass
class _Point:
    """A random point: the values with their tangents, and the adjoints, each by its name and step."""

    statement: Statement
    within: Field
    seeded: frozenset[str]
    values: dict[tuple[str, int], Number] = field(default_factory=dict)
    adjoints: dict[tuple[str, int], Number] = field(default_factory=dict)
    seeds: dict[tuple[str, int], Number] = field(default_factory=dict)
    free: list[tuple[str, int]] = field(default_factory=list)  # what no equation computes

    def number(self, expr: Expr) -> int:
        """Return a step as a number."""
        return int(self.within.scalar(expr))

    def shape(self, leaf: Leaf) -> tuple[int, int]:
        """Return the rows and columns of a quantity."""
        return self.number(leaf.shape[0]), self.number(leaf.shape[1])

    def span(self, of: Quantity | Block) -> range:
        """Return the steps of a quantity or of a stage."""
        return range(self.number(of.first), self.number(of.last) + 1)

    # -- forward --------------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Draw what no equation computes, with its tangents, and constants, which have none."""
        computed = {
            (line.target.name, step)
            for block in self.statement.stages
            for line in block.equations
            for step in self.span(block)
        }
        for one in self.statement.quantities:
            for step in self.span(one):
                if (one.leaf.name, step) not in computed:
                    self.free.append((one.leaf.name, step))
                    self.values[one.leaf.name, step] = draw(self.within, self.shape(one.leaf), tangent=True)
        steps = range(min(0, *self.all_steps()), max(self.all_steps()) + 1)
        for leaf in self.statement.constants:
            for step in steps:
                number = draw(self.within, self.shape(leaf), tangent=False)
                if leaf in self.statement.sums_to_one:
                    number = number.summing_to_one()
                self.values[leaf.name, step] = number

    def all_steps(self) -> list[int]:
        """Return the first and the last step of every quantity."""
        spans = [self.span(one) for one in self.statement.quantities]
        return [step for span in spans for step in (span[0], span[-1]) if span]

    def forward(self) -> None:
        """Compute every equation at every step of its stage, in their order."""
        for block in self.statement.stages:
            steps = self.span(block)
            for step in steps if block.upwards else reversed(steps):
                for line in block.equations:
                    self.values[line.target.name, step] = pair(line.expr, self.within, self.read, step)

    def read(self, leaf: Leaf, now: int, bar: bool) -> Number:
        """Return a quantity, or its adjoint, at the time at which it is read in step `now`."""
        place = leaf.name, step_of(leaf, self.within, now)
        return self.adjoint(*place, self.shape(leaf)) if bar else self.values[place]

    # -- backward -------------------------------------------------------------------------------------------------------------

    def adjoint(self, name: str, step: int, shape: tuple[int, int]) -> Number:
        """Return the solution of an adjoint equation: the seed, and what every part hands on."""
        if (name, step) not in self.adjoints:
            total = self.seed(name, step, shape)
            for part in self.statement.parts:
                if part.of.name == name:
                    for now in self.givers(part, step):
                        total = total.plus(pair(part.term, self.within, self.read, now).without_tangent())
            self.adjoints[name, step] = total
        return self.adjoints[name, step]

    def givers(self, part: Part, step: int) -> Iterator[int]:
        """Yield the steps of the stage of a part in which the quantity of a step was read."""
        for now in self.span(self.statement.stages[part.stage]):
            if step_of(part.of, self.within, now) == step:
                yield now

    def seed(self, name: str, step: int, shape: tuple[int, int]) -> Number:
        """Return the derivative of the loss itself: 1 of a loss that is summed, a random number of any other function."""
        if (name, step) not in self.seeds:
            loss = self.statement.loss
            if loss is None and name in self.seeded:
                self.seeds[name, step] = draw(self.within, shape, tangent=False)
            else:
                self.seeds[name, step] = self.within.filled(shape, int(loss is not None and name == loss.name))
        return self.seeds[name, step]

    def sides(self) -> tuple[Number, Number]:
        """Return both sides of the identity."""
        left = right = self.within.filled((1, 1), 0)
        for one in self.statement.quantities:
            for step in self.span(one):
                place, shape = (one.leaf.name, step), self.shape(one.leaf)
                tangent = self.values[place].as_tangent()
                left = left.plus(self.seed(*place, shape).inner(tangent))
                if place in self.free:
                    right = right.plus(self.adjoint(*place, shape).inner(tangent))
        return left, right
