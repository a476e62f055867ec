"""Proofs of statements for all sizes and all numbers of steps, from the derivation of the network.

A derivative sign is replaced by what the derivation says it is: ∂J/∂v by the adjoint of v, ∂J/∂W by the sum of what the steps give,
∂u/∂v of neighbouring steps by the Jacobian. The equations for the adjoints are then used as definitions, down to the adjoints of
the states at the last step that occurs, which stay opaque: a statement that holds for every value of these holds at every step
below T, and with zeros in their place at T. Two sides with the same normal form are equal.

Sums and ordered products over steps are proved by induction (`closed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, Integer, Symbol, expand

from symrnn.algebra.decide import Decision, decide
from symrnn.algebra.nodes import Add, Bar, Jac, Leaf, Mul, Multiple, Node, Scale, T, Trace, Transpose, Zeros, t
from symrnn.algebra.time import Binder, SumT, push_into_sum
from symrnn.algebra.walk import mapped, parts
from symrnn.calculus.derive import derive
from symrnn.calculus.jacobians import local_jacobians, step_jacobian
from symrnn.calculus.records import Derivation
from symrnn.claims.closed import Closed
from symrnn.claims.partial import Partial
from symrnn.claims.records import Statement
from symrnn.claims.world import total_loss
from symrnn.errors import RuleError, SymrnnError
from symrnn.model.network import Network, Steps

MOST_DEFINITIONS = 36


class NoMeaning(SymrnnError):
    """A derivative has no closed meaning in the derivation: nothing is proved, and nothing is said against it."""


@dataclass(frozen=True)
class Prover:
    """Proves statements about one network, a single recurrence upwards."""

    network: Network

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of the network, made once."""
        return derive(self.network)

    @cached_property
    def states(self) -> frozenset[str]:
        """The names of the states."""
        return frozenset(state.leaf.name for state in self.network.states)

    def prove(self, statement: Statement) -> Decision | None:
        """Return the decision about a statement, or None if it speaks of something that the derivation has no word for."""
        if not self.network.is_single_recurrence:
            return None
        if self.closed is not None and (found := self.closed.prove(statement.left, statement.right)) is not None:
            return found
        try:
            left, right = (one_index(self.meaning(side)) for side in (statement.left, statement.right))
            left, right = inside(left, right)
            found = None
            for depth, forward in ((0, False), (0, True), (1, False), (1, True)):
                definitions = self.definitions((left, right), depth, forward)
                if len(definitions) > MOST_DEFINITIONS:
                    continue  # written out, that many equations are millions of terms
                found = decide(left, right, definitions=definitions, sum_to_one=self.network.assumptions)
                if found.is_proved:
                    return found
            return found
        except (NoMeaning, RuleError):
            return None

    @cached_property
    def closed(self) -> Closed | None:
        """The closed forms over time, of a network with one state."""
        return Closed.of(self.derivation, self._equal, self.meaning)

    def _equal(self, left: Node, right: Node) -> bool:
        """Return whether two expressions of one step are proved equal; both may speak of adjoints and quantities of the step."""
        if left.shape != right.shape:
            return False
        definitions = self.definitions((left, right), 0)
        return decide(left, right, definitions=definitions, sum_to_one=self.network.assumptions).is_proved

    # -- what a derivative sign is ----------------------------------------------------------------------------------------

    def meaning(self, expr: Any) -> Any:
        """Return an expression with its derivative signs replaced."""
        if isinstance(expr, Partial):
            return self._partial(expr)
        if not isinstance(expr, Node) or isinstance(expr, Leaf):
            return expr
        return mapped(self.meaning, expr)

    def _partial(self, sign: Partial) -> Node:
        of, by = sign.of, sign.by
        loss = total_loss(self.network)
        if of.name != loss.name:
            return self._jacobian(of, by, sign.route)
        if sign.flat:
            raise NoMeaning("the entries of a matrix in a row")
        if self._is_static(by.name):
            return self._weight(by) if of.time is None else self._weight_of_one_loss(of, by)
        if of.time is None:
            return self._adjoint(by, sign.route)
        if of.time == by.time:
            return self._here(by.at(t)).xreplace({t: by.time}).T
        raise NoMeaning("the loss of one step and a quantity of another")

    def _is_static(self, name: str) -> bool:
        return any(leaf.name == name for leaf in self.network.params)

    def _weight(self, by: Leaf) -> Node:
        gradient = self.derivation.gradient(by.name)
        if any(not isinstance(self.network.stages[stage].when, Steps) for stage in gradient.stages):
            raise NoMeaning("a parameter that is used before the first step")
        if not gradient.terms:
            return Zeros(by.shape[1], by.shape[0])
        whole = Add(*gradient.terms)
        if by.time is not None:
            return whole.xreplace({t: by.time}).T
        k = Symbol("k_", integer=True)
        return SumT(whole.xreplace({t: k}), k, Integer(1), T).T

    def _weight_of_one_loss(self, of: Leaf, by: Leaf) -> Node:
        raise NoMeaning("the loss of one step and a parameter")

    def _adjoint(self, by: Leaf, route: str) -> Node:
        if route == "all":
            return Jac(by)
        adjoint = next((one for one in self.derivation.adjoints if one.of.name == by.name), None)
        if adjoint is None:
            raise NoMeaning("a quantity without an adjoint equation")
        terms = list(adjoint.terms) + ([adjoint.seed] if adjoint.seed is not None else [])
        found = terms if route == "now" else [term for _, term in adjoint.carries]
        return (Add(*found) if found else Zeros(*by.shape)).xreplace({t: by.time}).T

    def _here(self, by: Leaf) -> Node:
        """Return the gradient of the loss of step t with respect to a quantity of step t."""
        adjoint = next((one for one in self.derivation.adjoints if one.of == by), None)
        if adjoint is None:
            raise NoMeaning("a quantity without an adjoint equation")
        terms = [*adjoint.terms, *([adjoint.seed] if adjoint.seed is not None else [])]
        if not terms:
            return Zeros(*by.shape)
        whole = Add(*terms)
        return whole.xreplace({bar: self._here(bar.leaf) for bar in _bars(whole)})

    def _jacobian(self, of: Leaf, by: Leaf, route: str) -> Node:
        if self._is_static(by.name) or of.time is None or by.time is None:
            raise NoMeaning("a derivative by a matrix")
        gap = expand(of.time - by.time)
        if route == "own":
            return self._own(of, by, gap)
        if gap == 0:
            return self._block(of, by, 0)
        if gap != 1:
            raise NoMeaning("steps that are not neighbours")
        if route in ("later", "path"):
            return self._block(of, by, 1)
        found = []
        for state in self.network.states:
            if state.lags != 1:
                raise NoMeaning("a state that is read several steps back")
            inside = self._inside(state.leaf, by)
            if inside is not None:
                outer = self._block(of, state.leaf.at(by.time), 1)
                found.append(outer if inside == 1 else outer @ inside)
        return Add(*found) if found else Zeros(of.shape[0], by.shape[0])

    def _own(self, of: Leaf, by: Leaf, gap: Expr) -> Node:
        """Return the derivative by the equation of `of` alone."""
        passage = next((one for one in self.derivation.passages if one.equation.target.name == of.name), None)
        if passage is None or not gap.is_Integer:
            raise NoMeaning("no equation")
        found = local_jacobians(passage).get(by.at(t - gap))
        return Zeros(of.shape[0], by.shape[0]) if found is None else found.xreplace({t: of.time})

    def _inside(self, state: Leaf, by: Leaf) -> Any:
        """Return ∂state/∂by in the step of `by`: 1 for the state itself, None for zero."""
        if state.name == by.name:
            return 1
        found = step_jacobian(self.derivation, state.at(t), by.at(t))
        return None if found is None else found.xreplace({t: by.time})

    def _block(self, of: Leaf, by: Leaf, lag: int) -> Node:
        found = step_jacobian(self.derivation, of.at(t), by.at(t - lag))
        return Zeros(of.shape[0], by.shape[0]) if found is None else found.xreplace({t: of.time})

    # -- what adjoints and quantities are ---------------------------------------------------------------------------------

    def definitions(self, sides: tuple[Node, ...], depth: int, forward: bool = True) -> Mapping[Node, Node]:
        """Return the adjoints that occur, with their equations, and on demand the quantities that the steps of these compute."""
        found: dict[Node, Node] = {}
        steps = {bar.leaf.time for side in sides for bar in _bars(side)}
        last = _latest({step for step in steps if step is not None})
        queue = [bar.leaf for side in sides for bar in _bars(side)]
        while queue:
            leaf = queue.pop()
            if Bar(leaf) in found or leaf.time is None or self._stays(leaf, last, depth):
                continue
            meaning = self._equation(leaf)
            found[Bar(leaf)] = meaning
            queue += [bar.leaf for bar in _bars(meaning)]
        return {**found, **(self._forward((*sides, *found.values())) if forward else {})}

    def _stays(self, leaf: Leaf, last: Expr | None, depth: int) -> bool:
        """Return whether the adjoint of a state is one of the opaque ones: at the last step that occurs, or beyond it."""
        if leaf.name not in self.states:
            return False
        gap = None if last is None else expand(leaf.time - last)
        return gap is None or not gap.is_Integer or int(gap) >= depth

    def _equation(self, leaf: Leaf) -> Node:
        adjoint = next((one for one in self.derivation.adjoints if one.of.name == leaf.name), None)
        if adjoint is None:
            for gradient in self.derivation.gradients:
                if gradient.of.name == leaf.name and gradient.terms:
                    return Add(*gradient.terms).xreplace({t: leaf.time})
            return Zeros(*leaf.shape)
        terms = [*adjoint.terms, *([adjoint.seed] if adjoint.seed is not None else [])]
        if leaf.time is not None and leaf.time.is_Integer and leaf.time <= 0:
            terms = []  # an initial state is read by the first steps only
        if leaf.time != T:
            terms += [term for _, term in adjoint.carries]  # nothing comes from beyond the last step
        if adjoint.ends or adjoint.sums or not terms:
            raise NoMeaning("an adjoint with parts of other stages")
        return Add(*terms).xreplace({t: leaf.time})

    def _forward(self, expressions: tuple[Node, ...]) -> dict[Node, Node]:
        """Return the quantities of the steps that occur by their equations, so that z and tanh(z) meet h."""
        lines = {line.target.name: line for line in self.network.equations}
        found: dict[Node, Node] = {}
        queue = [leaf for expr in expressions for leaf in _quantities(expr)]
        steps = [leaf.time for leaf in queue if leaf.time is not None and leaf.name in lines]
        first = _latest({-step for step in steps})
        while queue:
            leaf = queue.pop()
            if (
                leaf in found
                or leaf.time is None
                or leaf.name not in lines
                or leaf.name == total_loss(self.network).name
            ):
                continue
            gap = None if first is None else expand(leaf.time + first)
            if gap is None or not gap.is_Integer or (leaf.name in self.states and int(gap) < self._reach(steps, leaf)):
                continue
            meaning = lines[leaf.name].expr.xreplace({t: leaf.time})
            found[leaf] = meaning
            queue += _quantities(meaning)
        return found

    def _reach(self, steps: list[Expr], leaf: Leaf) -> int:
        """Return from which step on states are computed: all but the very first step that occurs, if there are several."""
        return 1 if len(set(steps)) > 1 else 0


def one_index(expr: Any, depth: int = 0) -> Any:
    """Return an expression whose sums and products over steps of one depth have one index: definitions speak of it by name."""
    if isinstance(expr, Binder):
        index = Symbol(f"k{depth}_", integer=True)
        inner = expr if expr.index == index else expr.with_index(index)
        return inner.with_body(one_index(inner.body, depth + 1))
    if not isinstance(expr, Node) or isinstance(expr, Leaf | Partial | Bar | Jac):
        return expr
    return mapped(lambda arg: one_index(arg, depth), expr)


def inside(left: Node, right: Node) -> tuple[Node, Node]:
    """Return what two sums over the same steps sum: sums of equal terms are equal."""
    one, other = as_sum(left), as_sum(right)
    while isinstance(one, SumT) and isinstance(other, SumT) and (one.low, one.high) == (other.low, other.high):
        left, right = one.body, other.body.xreplace({other.index: one.index})
        one, other = as_sum(left), as_sum(right)
    return left, right


def as_sum(expr: Node) -> Node:
    """Return an expression as one sum over steps, if it is linear in one, or a sum of several over the same steps."""
    if isinstance(expr, Add):
        parts = [as_sum(term) for term in expr.args]
        first = parts[0]
        alike = all(isinstance(part, SumT) and (part.low, part.high) == (first.low, first.high) for part in parts)
        if isinstance(first, SumT) and alike:
            bodies = (part.body.xreplace({part.index: first.index}) for part in parts)
            return SumT(Add(*bodies), first.index, first.low, first.high)
        return expr
    if isinstance(expr, Mul | Scale | Multiple | Transpose | Trace) and expr.args:
        try:
            opened = expr.func(*(as_sum(arg) if isinstance(arg, Node) else arg for arg in expr.args))
            return push_into_sum(opened).after
        except RuleError:
            return expr
    return expr


def _latest(steps: set[Expr]) -> Expr | None:
    """Return the last of some steps that differ by numbers; None if that cannot be seen."""
    found: Expr | None = None
    for step in steps:
        gap = Integer(0) if found is None else expand(step - found)
        if not gap.is_Integer:
            return None
        found = step if found is None or gap > 0 else found
    return found


def _bars(expr: Any) -> list[Bar]:
    """Return the adjoints of which an expression speaks, in either layout."""
    return [Bar(part.leaf) for part in parts(expr, Bar | Jac, Leaf)]


def _quantities(expr: Any) -> list[Leaf]:
    """Return the leaves of which an expression speaks other than by their adjoints."""
    return list(parts(expr, Leaf, Bar | Jac))


__all__ = ["NoMeaning", "Prover"]
