"""Values at one sample: what decides which changes of a statement are worth a judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import D, Leaf, Node, Scale, T, Transpose
from symrnn.algebra.time import Binder
from symrnn.claims import values
from symrnn.claims.context import Reading
from symrnn.claims.judging import Judge
from symrnn.claims.partial import Partial
from symrnn.claims.reading import Reader
from symrnn.claims.records import Answer, Statement
from symrnn.claims.sampling import TOLERANCE, Outcome, assignments, largest_difference
from symrnn.claims.spelling import sort_scripts
from symrnn.claims.trees import Numbering
from symrnn.claims.values import Value
from symrnn.claims.world import World
from symrnn.errors import RuleError, SymrnnError
from symrnn.language.formulas.nodes import Formula

MOST_VALUES = 24_000  # for a cell of one equation


@dataclass
class Remembering(Reader):
    """A reader that reads the same part of a formula once: formulas that differ by an edit share all other parts."""

    found: dict[int, tuple[Formula, Value]] = field(default_factory=dict)

    def read(self, formula: Formula) -> Value:
        """Return what a formula stands for."""
        if id(formula) not in self.found:
            self.found[id(formula)] = formula, super().read(formula)
        return self.found[id(formula)][1]


@dataclass
class Sample:
    """The values of formulas that may stand on the right of a statement, where its left side has a value.

    Fields:
        judge: answers whether a repaired statement is right. left, right: the two sides. reading: how they are read.
        numbering: of all formulas that are compared.
    """

    judge: Judge
    left: Formula
    right: Formula
    reading: Reading
    numbering: Numbering = field(default_factory=Numbering)
    _values: dict[int, Any] = field(default_factory=dict)
    _nodes: dict[Node, Any] = field(default_factory=dict)

    @cached_property
    def node(self) -> Node | None:
        """The left side as an expression."""
        try:
            return values.as_node(Reader(self.judge.context, self.reading).read(self.left))
        except (SymrnnError, RuleError):
            return None

    @cached_property
    def target(self) -> Any:
        """The value of the left side."""
        return None if self.node is None else self.of_node(self.node)

    @cached_property
    def claimed(self) -> Any:
        """The value of the right side as it was claimed, or None if it has no shape."""
        return self.of_formula(self.right)

    @cached_property
    def _point(self) -> tuple[World, dict[Symbol, Any]] | None:
        """A sample at which the left side has a value: an early step, where most is still ahead."""
        sampler, left = self.judge.sampler, self.node
        if left is None:
            return None
        world = sampler.world(sampler.usual_sizes(), 0)
        scalars = {symbol: 0.7 + 0.1 * place for place, symbol in enumerate(self.judge.context.scalars.values())}
        statement = Statement(left, self._right_node(left), self.reading)
        usable = [steps for steps in assignments(statement, world, {}) if self._exists(left, world, steps)]
        middle = [steps for steps in usable if all(1 < number < world.sizes[T] for number in steps.values())]
        for steps in (*middle, *usable):
            return world, {**steps, **scalars}
        return None

    @property
    def steps(self) -> int:
        """The number of steps there."""
        return 0 if self._point is None else self._point[0].sizes[T]

    def _right_node(self, left: Node) -> Node:
        try:
            return values.as_node(Reader(self.judge.context, self.reading).read(self.right), left.shape)
        except (SymrnnError, RuleError):
            return left

    def _exists(self, node: Node, world: World, steps: Any) -> bool:
        try:
            world.value(node, steps)
        except RuleError:
            return False
        return True

    def of_node(self, node: Node) -> Any:
        """Return the value of an expression, or None."""
        try:
            with np.errstate(all="ignore"):  # an edit may divide by zero
                return None if self._point is None else self._of_part(node)
        except (RuleError, SymrnnError, ValueError):
            return None

    def _of_part(self, node: Any) -> Any:
        if node not in self._nodes:
            self._nodes[node] = self._evaluated(node)
        return self._nodes[node]

    def _evaluated(self, node: Any) -> Any:
        assert self._point is not None
        world, steps = self._point
        inner = (
            {}
            if isinstance(node, Leaf | Partial | D | Binder)
            else {arg: self._of_part(arg) for arg in node.args if isinstance(arg, Node)}
        )
        if not inner or (isinstance(node, Scale) and node.factor.free_symbols):
            return world.value(node, steps)
        return np.asarray(evaluate(node, inner, {}))

    def of_formula(self, formula: Formula) -> Any:
        """Return the value of a right side, or None if it has none, or not the shape of the left one, or all have been computed."""
        number = self.numbering.of(formula)
        if number not in self._values:
            if self.is_spent:
                return None
            self._values[number] = self._computed(formula)
        return self._values[number]

    @property
    def is_spent(self) -> bool:
        """Whether as many formulas were computed as may be: fewer for large cells, so that an answer comes in seconds."""
        return len(self._values) >= max(300, MOST_VALUES // len(self.judge.context.network.equations))

    def _computed(self, formula: Formula) -> Any:
        node = self.meaning(formula)
        return None if node is None else self.of_node(node)

    def meaning(self, formula: Formula) -> Node | None:
        """Return a right side as an expression, or None if it has none of the shape of the left side."""
        left = self.node
        if left is None:
            return None
        try:
            node = values.as_node(self._reader.read(formula), left.shape)
        except (SymrnnError, RuleError):
            return None
        return node if node.shape == left.shape else None

    @cached_property
    def _reader(self) -> Remembering:
        return Remembering(self.judge.context, self.reading.but(route=self.judge.reading.route))

    # -- judgement --------------------------------------------------------------------------------------------------------

    def is_right(self, formula: Formula) -> bool:
        """Return whether the statement with another right side stands, and says something."""
        try:
            statement = self.judge.statement(self.left, formula, self.reading)
            outcome = self.judge.sampler.compare(statement)
        except (SymrnnError, RuleError):
            return False
        return outcome.holds and not self._says_nothing(statement, outcome)

    def _says_nothing(self, statement: Statement, outcome: Outcome) -> bool:
        """Return whether a statement is ∂J/∂v = … ∂J/∂v …, or by a convention in which all of it vanishes."""
        left = statement.left.args[0] if isinstance(statement.left, Transpose) else statement.left
        if isinstance(left, Partial) and statement.right.has(left) and not self._is_a_name:
            return True
        is_other = self.reading.held != self.judge.reading.held
        return is_other and (outcome.trivial or self.judge.sampler.vanishes(statement))

    @cached_property
    def _is_a_name(self) -> bool:
        """Whether the left side is a name that the document defined: to say what it stands for says something."""
        spelt = sort_scripts(self.left, self.judge.context.steps())
        return spelt is not None and spelt.name in self.judge.context.defined

    def answer(self, formula: Formula) -> Answer:
        """Return whether a right statement with another right side is proved."""
        decision = self.judge.prover.prove(self.judge.statement(self.left, formula, self.reading))
        return Answer.PROVED if decision is not None and decision.is_proved else Answer.AGREES


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal, but for rounding."""
    if left.shape != right.shape:
        return False
    _, relative = largest_difference(left, right)
    return bool(relative <= TOLERANCE)


__all__ = ["Sample", "equal"]
