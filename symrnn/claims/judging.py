"""The answer to one equation: read, evaluated, proved; and before it is called wrong, every other convention is tried.

as read                  right in every sample:  proved, or agrees
by another convention    right: which one is said
under a condition        right for symmetric weights, zero initial states, two steps: wrong, and what hides it is said
else                     refuted, with the smallest counterexample; ill-typed when no convention gives it a shape
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Symbol

from symrnn.algebra.nodes import D, Leaf, Node, T, Zeros, shape_text, t
from symrnn.algebra.walk import parts
from symrnn.claims import values
from symrnn.claims.context import OPTIONS, Context, Reading
from symrnn.claims.differentials import held, of_equation, of_loss
from symrnn.claims.proving import Prover
from symrnn.claims.reading import Reader
from symrnn.claims.records import Answer, Difference, Statement, Verdict
from symrnn.claims.sampling import Outcome, Sampler, free_steps
from symrnn.claims.trees import NotUnderstood
from symrnn.claims.world import FREE_TARGETS, SPECIAL, WHOLE_TARGETS, WIDE, ZERO_START, total_loss
from symrnn.errors import RuleError, ShapeError
from symrnn.language.formulas.nodes import NOWHERE, Differential, Formula

COST = {"layout": 1, "weights": 1, "flat": 0, "product": 2, "route": 2, "held": 2, "slope": 1, "first": 0}
LAST = ("tau", "n", "N")  # letters that often stand for the last step
MEANT = (ZERO_START, WHOLE_TARGETS)  # conditions that an author may have had in mind
DEAREST = 4  # of a convention that is still believed
CONVENTIONS = {
    (
        "layout",
        "gradient",
    ): "the derivative of the loss has the shape of what it is by, other derivatives are Jacobians",
    ("layout", "numerator"): "numerator layout: the derivative of the loss by a column is a row",
    ("layout", "denominator"): "denominator layout: every derivative is the transpose of the Jacobian",
    ("weights", "step"): "∂J/∂W means what step t alone gives; the gradient is the sum of this over the steps",
    (
        "weights",
        "immediate",
    ): "∂u/∂W of a quantity u of step t is the immediate derivative, from the use of W at step t only",
    ("weights", "total"): "∂J/∂W means the sum over all steps",
    (
        "route",
        "now",
    ): "∂J/∂v means only the part that reaches the loss from the step of v itself; the part by way of the next "
    "step is to be added",
    (
        "route",
        "later",
    ): "∂J/∂v means only the part by way of the next step; the part from the step of v itself is to be added",
    ("route", "all"): "∂J/∂v means the whole derivative",
    (
        "product",
        "reversed",
    ): "the ordered product runs against its index: the factor with the last index stands on the left",
    ("product", "down"): "the ordered product runs downwards from its first index to its last",
    ("product", "written"): "the ordered product runs with its index",
    ("held", "nothing"): "∂u/∂v counts all paths",
    ("held", "states"): "∂u/∂v by a state of the step before holds the other states of that step fixed",
    ("held", "everything"): "∂u/∂v is by the equation of u alone: all else that it reads is held fixed",
    ("slope", "diagonal"): "f'(z) of a column is the diagonal matrix of its entries",
    ("slope", "column"): "f'(z) of a column is a column",
    ("first", "0 to T"): "steps are counted from 0 to T",
    ("first", "0 to T-1"): "steps are counted from 0 to T − 1",
    ("first", "1"): "steps are counted from 1 to T",
    ("flat", True): "∂L/∂W is the row of all entries of W",
    ("flat", False): "∂L/∂W is a matrix",
}


@dataclass(frozen=True)
class Judge:
    """Answers statements about one network.

    Fields:
        context: what names mean. reading: the conventions of the document. sampler, prover: of the network.
        assumptions: what proofs may use, in words.
    """

    context: Context
    sampler: Sampler
    prover: Prover
    reading: Reading = field(default_factory=Reading)

    @classmethod
    def of(cls, context: Context, reading: Reading | None = None) -> Judge:
        """Return the judge for a context."""
        return cls(context, Sampler(context.network), Prover(context.network), reading or Reading())

    def within(self, context: Context) -> Judge:
        """Return the same judge with further definitions."""
        return replace(self, context=context)

    # -- reading ----------------------------------------------------------------------------------------------------------

    def statement(self, left: Formula, right: Formula, reading: Reading | None = None) -> Statement:
        """Return what an equation says.

        Raises:
            NotUnderstood: something in it has no meaning. ShapeError: its parts or its sides do not fit.
        """
        reading = reading or self.reading
        reader = Reader(self.context, reading)
        whole = replace(reader, reading=reading.but(route=self.reading.route))  # only the left side can be a part
        other = whole.read(right)
        one = self._left(left, other, reader)
        shape = values.shape(one if isinstance(one, Node) else other)
        first, second = values.as_node(one, shape), values.as_node(other, shape)
        if first.shape != second.shape:
            raise ShapeError(f"the left side is {shape_text(first.shape)}, the right side {shape_text(second.shape)}")
        notes = list(reader.notes)
        for one_held in held(first, second, self.context.network) if self.context.differentials else ():
            nothing = {one_held: Zeros(*one_held.shape)}
            first, second = first.xreplace(nothing), second.xreplace(nothing)
            notes.append(f"the input is held fixed: d{one_held.leaf!r} = 0")
        scalars = tuple(symbol for symbol in self.context.scalars.values() if isinstance(symbol, Symbol))
        return Statement(
            first, second, reader.reading, frozenset(reader.asked), tuple(dict.fromkeys(reader.notes)), scalars
        )

    def _left(self, left: Formula, right: Any, reader: Reader) -> Any:
        """Return the left side; what a differential there is depends on those on the right."""
        if not isinstance(left, Differential) or not self.context.differentials or not isinstance(right, Node):
            return reader.read(left)
        of, network = reader.read(left.of), self.context.network
        if of == total_loss(network):
            reader.asked.add("route")
            return of_loss(right, network, reader.reading.route)
        return of_equation(D(of), right, network) if isinstance(of, Leaf) else reader.read(left)

    def readings(self, asked: frozenset[str]) -> Iterator[Reading]:
        """Yield the other readings, the nearest first."""
        names = [name for name in OPTIONS if name in asked]
        found: list[tuple[int, int, Reading]] = []
        for choice in itertools.product(*(OPTIONS[name] for name in names)):
            reading = self.reading.but(**dict(zip(names, choice, strict=True)))
            if reading.weights == "step" and ("direct" in asked or reading.flat):
                continue  # beside ∂⁺ a plain ∂ is the total; entries in a row belong to ∂u/∂W of a quantity u
            if reading.weights == "immediate" and not reading.flat:
                continue
            if reading.held != self.reading.held and reading.route != self.reading.route:
                continue
            cost = sum(COST[name] for name in names if getattr(reading, name) != getattr(self.reading, name))
            if 0 < cost <= DEAREST:
                found.append((cost, len(found), reading))
        yield from (reading for _, _, reading in sorted(found, key=lambda one: one[:2]))

    # -- answering --------------------------------------------------------------------------------------------------------

    def answer(self, left: Formula, right: Formula) -> Verdict:
        """Return the answer to left = right."""
        problem, statement = "", None
        asked = frozenset(OPTIONS)
        try:
            statement = self.statement(left, right)
            asked = statement.asked
            outcome = self.sampler.compare(statement)
            if outcome.holds:
                return self.right(statement, outcome, Answer.PROVED)
        except NotUnderstood as found:
            return Verdict(Answer.NOT_UNDERSTOOD, _with_help(found), where=found.where)
        except (ShapeError, RuleError) as found:
            problem = str(found)
        other = self._by_another_convention(left, right, asked)
        if other is not None:
            return other
        if statement is None:
            return self._ill_typed(left, right, problem)
        return self._at_the_last_step(statement) or self.wrong(statement)

    def bound(self, left: Formula, right: Formula, relation: str) -> Verdict:
        """Return the answer to left ≤ right, for numbers: where it is broken; samples cannot say that it never is."""
        try:
            statement = replace(self.statement(left, right), relation=relation)
            if not statement.left.is_scalar_shape:
                shape = shape_text(statement.left.shape)
                raise NotUnderstood(f"matrices have no order, and both sides are {shape}; write norms")
            if not all(any(leaf.moves for leaf in parts(side, Leaf)) for side in (statement.left, statement.right)):
                raise NotUnderstood("not decided: a bound by a number or by parameters alone may be a condition")
        except (NotUnderstood, ShapeError, RuleError) as found:
            return Verdict(Answer.NOT_UNDERSTOOD, str(found), where=getattr(found, "where", NOWHERE))
        outcome = self.sampler.compare(statement)
        if not outcome.holds:
            return self.wrong(statement)
        reason = f"not decided: it holds in {outcome.agreed} evaluations, but bounds are not proved"
        return Verdict(Answer.NOT_UNDERSTOOD, reason, statement=statement, samples=outcome.agreed)

    def _at_the_last_step(self, statement: Statement) -> Verdict | None:
        """Return that a statement about step τ is right, τ being the last one."""
        steps = [step for step in free_steps(statement, self.context.network) if step.name in LAST]
        if len(steps) != 1:
            return None
        last = replace(
            statement, left=statement.left.xreplace({steps[0]: T}), right=statement.right.xreplace({steps[0]: T})
        )
        outcome = self.sampler.compare(last)
        return self.right(last, outcome, Answer.CONVENTION, f"{steps[0]} is the last step") if outcome.holds else None

    def right(self, statement: Statement, outcome: Outcome, best: Answer, convention: str = "") -> Verdict:
        """Return the answer to a statement that holds in every sample: proved if it can be."""
        decision = self.prover.prove(statement)
        proved = decision is not None and decision.is_proved
        if proved:
            reason = "for all sizes and every number of steps"
            proof = decision.reason if decision is not None else ""
        else:
            reason, proof = f"{outcome.agreed} independent evaluations agree; no proof was found", ""
        answer = Answer.CONVENTION if convention else best if proved else Answer.AGREES
        return Verdict(
            answer,
            reason,
            statement=statement,
            samples=outcome.agreed,
            proof=proof,
            convention=convention,
            notes=statement.notes,
            assumptions=self._assumptions(statement) if proved else (),
        )

    def _assumptions(self, statement: Statement) -> tuple[str, ...]:
        """Return what a proof needed: the statement fails without it."""
        names = sorted(leaf.name for leaf in self.context.network.assumptions)
        if not names or self.sampler.compare(statement, seeds=(0,), special=frozenset({FREE_TARGETS})).holds:
            return ()
        return tuple(f"the entries of {name} sum to one" for name in names)

    def _by_another_convention(self, left: Formula, right: Formula, asked: frozenset[str]) -> Verdict | None:
        found = (self.by(reading, left, right) for reading in self.readings(asked))
        return next((verdict for verdict in found if verdict is not None), None)

    def by(self, reading: Reading, left: Formula, right: Formula) -> Verdict | None:
        """Return that a statement is right by another reading, or None."""
        try:
            statement = self.statement(left, right, reading)
            first = self.sampler.compare(statement, seeds=(0,))
            if not first.holds or first.trivial or self.sampler.vanishes(statement):
                return None
            outcome = self.sampler.compare(statement)
        except (NotUnderstood, ShapeError, RuleError):
            return None
        return self.right(statement, outcome, Answer.CONVENTION, self.told(reading)) if outcome.holds else None

    def told(self, reading: Reading) -> str:
        """Return a reading in words: where it differs from that of the document."""
        names = [name for name in OPTIONS if getattr(reading, name) != getattr(self.reading, name)]
        return "; ".join(CONVENTIONS[name, getattr(reading, name)] for name in names)

    def _ill_typed(self, left: Formula, right: Formula, problem: str) -> Verdict:
        """Return the answer to an equation that has no shape as it was read; one with another layout may have one."""
        for reading in self.readings(frozenset({"layout"})):
            try:
                found = self.wrong(self.statement(left, right, reading))
            except (NotUnderstood, ShapeError, RuleError):
                continue
            return replace(found, convention=self.told(reading))
        return self._not_understood(left, right) or Verdict(Answer.ILL_TYPED, problem)

    def _not_understood(self, *sides: Formula) -> Verdict | None:
        """Return that a side has no meaning: then nothing is said of the shape of the other one."""
        for side in sides:
            try:
                Reader(self.context, self.reading).read(side)
            except NotUnderstood as found:
                return Verdict(Answer.NOT_UNDERSTOOD, _with_help(found), where=found.where)
            except (ShapeError, RuleError):
                continue
        return None

    def wrong(self, statement: Statement) -> Verdict:
        """Return the answer to a statement that is wrong by every convention: what shows it, and what would hide it."""
        outcome = self.sampler.compare(statement)
        usual = outcome.difference
        if usual is None:
            reason = f"there is no step at which everything in it exists: {outcome.problem or 'no step is meant'}"
            return Verdict(Answer.ILL_TYPED if outcome.absent else Answer.NOT_UNDERSTOOD, reason, statement=statement)
        smallest = self._told(self.sampler.smallest(statement) or usual)
        conditions = tuple(self.conditions(statement))
        meant = [one for one in conditions if one in MEANT]
        return Verdict(
            Answer.CONDITION if meant else Answer.REFUTED,
            f"right for {' and '.join(meant)}; in general {smallest}" if meant else str(smallest),
            statement=statement,
            difference=smallest,
            conditions=conditions,
            notes=statement.notes,
        )

    def _told(self, difference: Difference) -> Difference:
        """Return a difference with the step under the name that it has in the document."""
        named = ((Symbol(self.context.step) if step == t else step, number) for step, number in difference.steps)
        return replace(difference, steps=tuple(named))

    def conditions(self, statement: Statement) -> Iterator[str]:
        """Yield the conditions under which a wrong statement holds: the regimes that hide the mistake."""
        for word in SPECIAL:
            if (
                word not in (FREE_TARGETS, WIDE)
                and self.sampler.compare(statement, seeds=(0, 1), special=frozenset({word})).holds
            ):
                yield word
        usual = self.sampler.usual_sizes()
        for steps, word in ((1, "a single step"), (2, "T ≤ 2")):
            if self.sampler.compare(statement, {**usual, T: steps}, (0, 1)).holds:
                yield word
        if t in free_steps(statement, self.context.network):
            for number, word in ((usual[T], f"{self.context.step} = T"), (1, f"{self.context.step} = 1")):
                if self.sampler.compare(statement, usual, (0, 1), only={t: number}).holds:
                    yield word
        classes = {
            size for leaf in self.context.network.targets for size in leaf.shape
        }  # of one class all derivatives are zero
        for size in self.context.network.sizes:
            if size not in classes and self.sampler.compare(statement, {**usual, size: 1}, (0, 1)).holds:
                yield f"{size} = 1"


def _with_help(found: NotUnderstood) -> str:
    return str(found) + (f"; write a line such as: {found.help}" if found.help else "")


__all__ = ["CONVENTIONS", "Judge"]
