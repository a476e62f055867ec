"""Whether the two sides of a statement have equal values: on samples outside the regimes that hide mistakes, and inside them.

The statement is evaluated at every step for which everything in it exists. A derivative of something by something later, outside
of a sum, puts a step out of question: nobody means ∂h₁/∂h₃.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symrnn.algebra.nodes import Apply, Leaf, Node, Ones, Scale, T, Zeros
from symrnn.algebra.time import Binder
from symrnn.claims.norms import bounded
from symrnn.claims.partial import Partial
from symrnn.claims.records import Difference, Statement
from symrnn.claims.world import WIDE, NoValue, World, total_loss
from symrnn.errors import RuleError
from symrnn.model.network import Network
from symrnn.verify.oracle import distinct_sizes

TOLERANCE = 1e-8  # relative: complex steps and sums of some hundred terms leave about 1e-14, real mistakes 1e-3
SEEDS = (0, 1, 2)
LONGEST = 128  # steps
KINKED = frozenset({"relu", "step", "abs", "sign"})
MORE_STEPS = (1, 3, 2)  # what is true of one number of steps alone is not true
TRIES = 12  # choices of sizes up to one number, when a counterexample is to be small


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many evaluations agreed, the first one that did not, and what stood in the way of comparing any."""

    agreed: int = 0
    difference: Difference | None = None
    trivial: bool = True  # whether all that was compared was zero
    problem: str = ""  # why nothing could be compared
    absent: bool = True  # whether that is because something has no value at any step; else it could not be computed

    @property
    def holds(self) -> bool:
        """Whether there was something to compare and all of it agreed."""
        return self.agreed > 0 and self.difference is None


@dataclass
class Sampler:
    """The samples of one network, each evaluated once for all statements.

    `fixed` are arrays that the document gives as numbers, with the sizes and the number of steps that follow.
    """

    network: Network
    fixed_sizes: Mapping[Symbol, int] = field(default_factory=dict)
    _worlds: dict[Any, World] = field(default_factory=dict)

    def usual_sizes(self, steps: int = 5) -> dict[Symbol, int]:
        """Return pairwise different sizes, T = 5."""
        return {**distinct_sizes(self.network), T: steps, **self.fixed_sizes}

    def sizes_for(self, statement: Statement, seed: int = 0) -> dict[Symbol, int]:
        """Return the usual sizes, with more steps than a statement names by number; another number of steps for each seed."""
        named = [int(step) for side in (statement.left, statement.right) for step in _named_steps(side)]
        return self.usual_sizes(min(max([4, *named]) + MORE_STEPS[seed % len(MORE_STEPS)], LONGEST))

    def world(self, sizes: Mapping[Symbol, int], seed: int, special: frozenset[str] = frozenset()) -> World:
        """Return a sample; the same one for the same question."""
        key = (tuple(sorted(sizes.items(), key=str)), seed, special)
        if key not in self._worlds:
            self._worlds[key] = World(self.network, dict(sizes), seed, special)
        return self._worlds[key]

    def compare(
        self,
        statement: Statement,
        sizes: Mapping[Symbol, int] | None = None,
        seeds: tuple[int, ...] = SEEDS,
        special: frozenset[str] = frozenset(),
        only: Mapping[Symbol, int] | None = None,
    ) -> Outcome:
        """Return whether the two sides agree on samples; `only` fixes some steps."""
        found, agreed, trivial = Outcome(), 0, True
        worlds = [(seed, special) for seed in seeds]
        if seeds == SEEDS and _has_kink(statement):
            worlds.append((0, special | {WIDE}))
        for seed, word in worlds:
            own = sizes or self.sizes_for(statement, seed)
            found = compare(statement, self.world(own, seed, word), only or {})
            agreed, trivial = agreed + found.agreed, trivial and found.trivial
            if found.difference is not None:
                break
        return replace(found, agreed=agreed, trivial=trivial)

    def vanishes(self, statement: Statement) -> bool:
        """Return whether a derivative by one edge or along one state is zero everywhere: a convention that says nothing."""
        world = self.world(self.sizes_for(statement), 0)
        for sign in (
            (statement.left + statement.right).atoms(Partial) if statement.left.shape == statement.right.shape else ()
        ):
            is_other = sign.route in ("own", "path") or statement.reading.held != "nothing"
            if is_other and not any(self._is_nonzero(sign, world, t) for t in range(1, world.sizes[T] + 1)):
                return True
        return False

    def _is_nonzero(self, sign: Partial, world: World, step: int) -> bool:
        free = sorted((one for one in sign.free_symbols if one not in world.sizes), key=str)
        try:
            return bool(np.any(world.value(sign, dict.fromkeys(free, step))))
        except RuleError:
            return False

    def smallest(self, statement: Statement) -> Difference | None:
        """Return the smallest counterexample: few steps first, then small sizes."""
        names = list(self.network.sizes)
        for steps in (1, 2, 3, 4):
            for most in (1, 2, 3):
                for numbers in itertools.islice(itertools.product(range(1, most + 1), repeat=len(names)), TRIES):
                    if max(numbers, default=most) != most:
                        continue
                    sizes = {**self.usual_sizes(steps), **dict(zip(names, numbers, strict=True))}
                    found = self.compare(statement, sizes, (0,)).difference
                    if found is not None:
                        return found
        return None


def compare(statement: Statement, world: World, only: Mapping[Symbol, int] | None = None) -> Outcome:
    """Return whether the two sides agree in one world, at all steps for which they mean something."""
    agreed, problem, absent, trivial = 0, "", True, True
    for steps in assignments(statement, world, only or {}):
        scalars = _scalars(statement, world.seed)
        try:
            left = world.value(statement.left, {**steps, **scalars})  # type: ignore[dict-item]
            right = world.value(statement.right, {**steps, **scalars})  # type: ignore[dict-item]
        except RuleError as found:
            problem, absent = str(found), isinstance(found, NoValue)
            continue
        if statement.left != statement.right and not np.any(left) and not np.any(right) and _are_numbers(statement):
            problem, absent = "numbers below the smallest one are not compared", False
            continue
        if statement.relation != "=":
            right = bounded(left, right, statement.relation)
        entry, relative = largest_difference(left, right)
        if not relative <= TOLERANCE:
            shown = tuple((size, world.sizes[size]) for size in world.sizes)
            place = (int(entry[0]), int(entry[1]))
            return Outcome(
                agreed,
                Difference(
                    shown, tuple(steps.items()), place, float(left[place]), float(right[place]), float(relative)
                ),
            )
        agreed += 1
        trivial = trivial and not (np.any(left) or np.any(right))
    return Outcome(agreed, None, trivial, problem, absent)


def _has_kink(statement: Statement) -> bool:
    """Return whether a function with a kink is written out in a statement: relu(5 − z) is 5 − z for small z."""
    calls = statement.left.atoms(Apply) | statement.right.atoms(Apply)
    return any(call.function in KINKED for call in calls)


def _are_numbers(statement: Statement) -> bool:
    """Return whether both sides are plain numbers."""
    sides = (statement.left, statement.right)
    return all(isinstance(side, Scale | Ones | Zeros) and not side.atoms(Leaf) for side in sides)


def largest_difference(left: Any, right: Any) -> tuple[tuple[Any, ...], float]:
    """Return where two matrices differ most, and by how much, relative to the largest entry."""
    left, right = np.broadcast_arrays(np.atleast_2d(left), np.atleast_2d(right))
    gap = np.abs(left - right)
    size = max(float(np.max(np.abs(left), initial=0)), float(np.max(np.abs(right), initial=0)))
    entry = np.unravel_index(int(np.argmax(gap)), gap.shape)
    if not np.all(np.isfinite(gap)):
        return entry, float("nan")
    return entry, float(gap[entry] / size) if size > 0 else 0.0


def assignments(statement: Statement, world: World, only: Mapping[Symbol, int]) -> Iterator[dict[Symbol, int]]:
    """Yield numbers for the free steps of a statement: all of them from 1 to T."""
    symbols = free_steps(statement, world.network)
    ranges = [[only[symbol]] if symbol in only else range(1, world.sizes[T] + 1) for symbol in symbols]
    every = [dict(zip(symbols, numbers, strict=True)) for numbers in itertools.product(*ranges)]
    meant = [steps for steps in every if _is_meant(statement, steps, world)]
    if not meant or (len(symbols) > 1 and all(len(set(steps.values())) == 1 for steps in meant)):
        meant = every  # ∂h_t/∂h_k = ∂h_k/∂h_t, and what is about causality alone, are meant everywhere
    yield from meant


def free_steps(statement: Statement, network: Network) -> list[Symbol]:
    """Return the steps that a statement is about, by name."""
    sizes = {T, *network.sizes, *network.lengths, *statement.scalars}
    found = (statement.left.free_symbols | statement.right.free_symbols) - sizes
    return sorted((symbol for symbol in found if isinstance(symbol, Symbol)), key=str)


def _scalars(statement: Statement, seed: int) -> dict[Symbol, float]:
    draw = np.random.default_rng([seed, 77])
    return {symbol: round(float(draw.uniform(0.3, 1.7)), 4) for symbol in statement.scalars}


def _is_meant(statement: Statement, steps: Mapping[Symbol, int], world: World) -> bool:
    loss, numbers = total_loss(world.network).name, {**steps, T: world.sizes[T]}

    def at(step: Expr | None) -> int | None:
        value = None if step is None else step.subs(numbers)
        return None if value is None or value.free_symbols else int(value)

    for partial in _outside(statement.left, statement.right):
        of, by = at(partial.of.time), at(partial.by.time)
        if of is not None and by is not None and by > of and not (partial.of.name == loss and by == of):
            return False
    return True


def _named_steps(expr: Any) -> Iterator[Expr]:
    """Yield the steps that stand as numbers in an expression."""
    if isinstance(expr, Leaf):
        if expr.time is not None and expr.time.is_Integer:
            yield expr.time
        return
    for arg in expr.args:
        if isinstance(arg, Node):
            yield from _named_steps(arg)


def _outside(*expressions: Any) -> Iterator[Partial]:
    """Yield the derivatives that stand outside of every sum and product over steps."""
    for expr in expressions:
        if isinstance(expr, Partial):
            yield expr
        elif isinstance(expr, Node) and not isinstance(expr, Leaf | Binder):
            yield from _outside(*(arg for arg in expr.args if isinstance(arg, Node)))


__all__ = ["SEEDS", "TOLERANCE", "Outcome", "Sampler", "compare", "free_steps"]
