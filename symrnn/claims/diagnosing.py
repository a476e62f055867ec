"""Where a wrong statement goes wrong, what kind of mistake it is, and the smallest change that makes it right.

From both sides: the truth is broken until it is what was claimed (a term or a factor left out), and the claim is edited until it
is the truth (`edits`). Values at one sample decide what is tried further; what survives is judged like any other statement, so that
every repair that is offered is proved, or agrees everywhere.

    1  terms left out        claim = truth − terms
    2  one edit              claim′ = truth, or = truth − terms
    3  a factor left out     claim ⊙ factor = truth,  number · claim = truth
    4  two edits             a claim of several terms: one edit in each; else two edits anywhere
    5  the right side anew
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Symbol

from symrnn.algebra.nodes import Had, Node, T, Transpose
from symrnn.algebra.time import SumT
from symrnn.claims import values
from symrnn.claims.context import Reading
from symrnn.claims.edits import FACTOR, SLOPE, SUMMED, Edit, Editor
from symrnn.claims.judging import Judge
from symrnn.claims.reading import Reader
from symrnn.claims.records import Answer, Repair, Statement, Verdict
from symrnn.claims.sampling import TOLERANCE, assignments, largest_difference
from symrnn.claims.trees import letters
from symrnn.claims.truth import Term, opened, true_terms
from symrnn.claims.world import World
from symrnn.claims.writing import Notation, as_formula
from symrnn.errors import RuleError, SymrnnError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

MOST_REPAIRS, MOST_EDITS, MOST_TERMS = 3, 400, 6
MOST_PAIRS = 700  # values that are computed when two edits are tried at once
MOST_VALUES = 12_000  # for a cell of one equation


@dataclass
class Diagnosis:
    """The search for repairs of left = right.

    Fields:
        judge: answers whether a repaired statement is right. notation: of the document.
        left, right: the two sides. reading: the conventions by which they are read.
    """

    judge: Judge
    notation: Notation
    left: Formula
    right: Formula
    reading: Reading
    _values: dict[Formula, Any] = field(default_factory=dict)

    # -- values at one sample ---------------------------------------------------------------------------------------------

    @cached_property
    def _left(self) -> Node | None:
        try:
            return values.as_node(Reader(self.judge.context, self.reading).read(self.left))
        except (SymrnnError, RuleError):
            return None

    @cached_property
    def _sample(self) -> tuple[World, dict[Symbol, Any]] | None:
        """Return a sample at which the left side has a value: an early step, where most is still ahead."""
        sampler, left = self.judge.sampler, self._left
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

    def _of_node(self, node: Node) -> Any:
        if self._sample is None:
            return None
        world, steps = self._sample
        try:
            return world.value(node, steps)
        except (RuleError, SymrnnError, ValueError):
            return None

    def _of_formula(self, formula: Formula) -> Any:
        if formula not in self._values:
            if len(self._values) >= self._most_values:
                return None
            self._values[formula] = self._computed(formula)
        return self._values[formula]

    @cached_property
    def _most_values(self) -> int:
        """How many formulas are computed at most: fewer for large cells, so that an answer comes in seconds."""
        return max(150, MOST_VALUES // len(self.judge.context.network.equations))

    def _computed(self, formula: Formula) -> Any:
        left = self._left
        if left is None:
            return None
        try:
            value = Reader(self.judge.context, self.reading.but(route=self.judge.reading.route)).read(formula)
            node = values.as_node(value, left.shape)
        except (SymrnnError, RuleError):
            return None
        return None if node.shape != left.shape else self._of_node(node)

    @cached_property
    def _target(self) -> Any:
        return None if self._left is None else self._of_node(self._left)

    @cached_property
    def _terms(self) -> tuple[Term, ...]:
        """The parts of the truth, if they add up to it."""
        found = () if self._left is None else true_terms(self._left, self.judge.prover, self.judge.context.hidden)
        return self._checked(found)

    @cached_property
    def _opened(self) -> tuple[Term, ...]:
        """The parts of the truth with the adjoint on the right written by its own parts, if that makes more of them."""
        found = self._checked(opened(self._terms, self.judge.prover, self.judge.context.hidden))
        return found if len(found) > len(self._terms) else ()

    def _checked(self, found: tuple[Term, ...]) -> tuple[Term, ...]:
        if not found or len(found) > MOST_TERMS:
            return ()
        parts = [self._of_node(term.node) for term in found]
        if any(part is None or part.shape != self._target.shape for part in parts):
            return ()
        return found if _equal(sum(parts), self._target) else ()

    # -- the search -------------------------------------------------------------------------------------------------------

    def near(self) -> tuple[Repair, ...]:
        """Return the repairs by one change; nothing if there is none."""
        return self._found((self._left_out, self._one_edit, self._factor_left_out, self._edit_and_terms))

    def far(self) -> tuple[Repair, ...]:
        """Return the repairs by several changes, and the right side anew."""
        return self._found((self._edit_in_each_term, self._two_edits, self._anew))

    def _found(self, ways: tuple[Callable[[], Iterator[Candidate]], ...]) -> tuple[Repair, ...]:
        if self._left is None or self._target is None:
            return ()
        found: dict[Formula, Repair] = {}
        for way in ways:
            for one in _written(way):
                if one.formula not in found and self._is_right(one.formula):
                    found[one.formula] = Repair(one.kinds, one.words, one.formula, self._answer(one.formula), one.edits)
                if len(found) >= MOST_REPAIRS:
                    return tuple(found.values())
            if found:
                break
        return tuple(found.values())

    def _answer(self, formula: Formula) -> Answer:
        statement = self.judge.statement(self.left, formula, self.reading)
        decision = self.judge.prover.prove(statement)
        return Answer.PROVED if decision is not None and decision.is_proved else Answer.AGREES

    def _is_right(self, formula: Formula) -> bool:
        judge = self.judge
        try:
            statement = judge.statement(self.left, formula, self.reading)
            return judge.sampler.compare(statement).holds
        except (SymrnnError, RuleError):
            return False

    def _subsets(self) -> Iterator[tuple[Term, ...]]:
        for terms in (self._terms, self._opened):
            for count in range(1, len(terms)):
                yield from itertools.combinations(terms, count)

    def _without(self, missing: tuple[Term, ...]) -> Any:
        return self._target - sum(self._of_node(term.node) for term in missing)

    def _left_out(self) -> Iterator[Candidate]:
        claimed = self._of_formula(self.right)
        if claimed is None:
            return
        for missing in self._subsets():
            if _equal(claimed, self._without(missing)):
                kinds = tuple(dict.fromkeys(term.missing for term in missing))
                yield Candidate(kinds, "a term is missing", self._with_terms(self.right, missing), len(missing))

    def _with_terms(self, formula: Formula, missing: tuple[Term, ...]) -> Formula:
        terms, signs = _as_terms(formula)
        for term in missing:
            more, more_signs = _as_terms(as_formula(term.node, self.notation))
            terms, signs = (*terms, *more), (*signs, *more_signs)
        return f.Total(terms, signs)

    @cached_property
    def _edits(self) -> tuple[Edit, ...]:
        found: dict[Formula, Edit] = {}
        for edit in itertools.islice(Editor(self.judge.context, self.notation).edits(self.right), MOST_EDITS):
            found.setdefault(edit.formula, edit)
        return tuple(found.values())

    def _one_edit(self) -> Iterator[Candidate]:
        for edit in self._edits:
            value = self._of_formula(edit.formula)
            if value is not None and _equal(value, self._target):
                yield Candidate((edit.kind,), edit.words, edit.formula)

    def _edit_and_terms(self) -> Iterator[Candidate]:
        computed = [(edit, value) for edit in self._edits if (value := self._of_formula(edit.formula)) is not None]
        for missing in self._subsets():
            wanted = self._without(missing)
            for edit, value in computed:
                if _equal(value, wanted):
                    kinds = (edit.kind, *dict.fromkeys(term.missing for term in missing))
                    formula = self._with_terms(edit.formula, missing)
                    yield Candidate(kinds, f"{edit.words}, and a term is missing", formula, 1 + len(missing))

    def _factor_left_out(self) -> Iterator[Candidate]:
        claimed = self._of_formula(self.right)
        if claimed is None:
            return
        grouped = f.Group(self.right) if isinstance(self.right, f.Total) else self.right
        for factor in self._factors():
            value = self._of_node(factor)
            if value is not None and value.shape == claimed.shape and _equal(value * claimed, self._target):
                formula = f.Product((grouped, f.Group(as_formula(factor, self.notation))), ("odot",))
                yield Candidate((SLOPE,), f"the factor {factor!r} is missing", formula)
        yield from self._number_left_out(claimed, grouped)
        if self._left is not None and self.judge.context.step in letters(self.right):
            summed = f.Big(
                "sum", f.Letter(self.judge.context.step), f.Number("1"), f.Letter(self.judge.context.last), grouped
            )
            value = self._of_formula(summed)
            if value is not None and _equal(value, self._target):
                yield Candidate((SUMMED,), "the sum over the steps is missing", summed)

    def _number_left_out(self, claimed: Any, grouped: Formula) -> Iterator[Candidate]:
        size = float(np.max(np.abs(claimed), initial=0.0))
        if size == 0 or self._sample is None:
            return
        entry = np.unravel_index(int(np.argmax(np.abs(claimed))), claimed.shape)
        ratio = float(self._target[entry] / claimed[entry])
        steps = self._sample[0].sizes[T]
        letter = f.Letter(self.judge.context.last)
        numbers: list[tuple[float, Formula | None]] = [
            (1.0, None),
            (2.0, f.Number("2")),
            (0.5, f.Ratio(f.Number("1"), f.Number("2"))),
            (float(steps), letter),
            (1.0 / steps, f.Ratio(f.Number("1"), letter)),
        ]
        for number, written in numbers:
            if abs(abs(ratio) - number) < 1e-9 and _equal(np.sign(ratio) * number * claimed, self._target):
                formula = grouped if written is None else f.Product((written, grouped), ("",))
                kinds = (("sign",) if ratio < 0 else ()) + (() if written is None else (FACTOR,))
                whole = f.Total((formula,), ("-",)) if ratio < 0 else formula
                yield Candidate(kinds, f"{' and '.join(kinds)} in front of the whole", whole, len(kinds))

    def _factors(self) -> Iterator[Node]:
        """Yield the elementwise factors of the truth, in the layout of the left side."""
        for term in self._terms:
            node, turned = (term.node.args[0], True) if isinstance(term.node, Transpose) else (term.node, False)
            inner = node.body if isinstance(node, SumT) else node
            if isinstance(inner, Had):
                for factor in inner.args:
                    yield factor.T if turned else factor

    def _edit_in_each_term(self) -> Iterator[Candidate]:
        """Match the terms of the claim with those of the truth, each after at most one edit."""
        terms, signs = _as_terms(self.right)
        if len(terms) < 2 or len(self._terms) < 2:
            return
        wanted = [self._of_node(term.node) for term in self._terms]
        chosen, kinds, words, left = [], [], [], list(range(len(wanted)))
        for term, sign in zip(terms, signs, strict=True):
            found = self._nearest(f.Total((term,), (sign,)), [wanted[place] for place in left])
            if found is None:
                continue
            place, edit = found
            left.pop(place)
            chosen.append(edit.formula)
            if edit.kind:
                kinds.append(edit.kind)
                words.append(edit.words)
        missing = tuple(self._terms[place] for place in left)
        if not chosen or (not kinds and not missing and len(chosen) == len(terms)):
            return
        flat = [pair for one in chosen for pair in zip(*_as_terms(one), strict=True)]
        formula: Formula = f.Total(tuple(one for one, _ in flat), tuple(sign for _, sign in flat))
        if len(chosen) < len(terms):
            kinds.append("extra term")
        kinds += [term.missing for term in missing]
        whole = self._with_terms(formula, missing) if missing else formula
        yield Candidate(tuple(dict.fromkeys(kinds)), "; ".join(words) or "terms are missing", whole, max(len(kinds), 1))

    def _nearest(self, term: Formula, wanted: list[Any]) -> tuple[int, Edit] | None:
        value = self._of_formula(term)
        for place, one in enumerate(wanted):
            if value is not None and _equal(value, one):
                return place, Edit(term, "", "")
        for edit in itertools.islice(Editor(self.judge.context, self.notation).edits(term), MOST_EDITS):
            value = self._of_formula(edit.formula)
            for place, one in enumerate(wanted):
                if value is not None and _equal(value, one):
                    return place, edit
        return None

    def _two_edits(self) -> Iterator[Candidate]:
        tried = 0
        for first in self._edits:
            for second in Editor(self.judge.context, self.notation).edits(first.formula):
                tried += 1
                if tried > MOST_PAIRS:
                    return
                value = self._of_formula(second.formula)
                if value is not None and _equal(value, self._target):
                    kinds = tuple(dict.fromkeys((first.kind, second.kind)))
                    yield Candidate(kinds, f"{first.words}, and {second.words}", second.formula, 2)

    def _anew(self) -> Iterator[Candidate]:
        if self._terms:
            formula = self._with_terms(as_formula(self._terms[0].node, self.notation), self._terms[1:])
            yield Candidate(("something else",), "the right side is to be written anew", formula, 3)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A repair before it is judged."""

    kinds: tuple[str, ...]
    words: str
    formula: Formula
    edits: int = 1


def _written(way: Callable[[], Iterator[Candidate]]) -> Iterator[Candidate]:
    """Yield the candidates of a way up to one for which there is no notation."""
    try:
        yield from way()
    except RuleError:
        return


def _equal(left: Any, right: Any) -> bool:
    if left.shape != right.shape:
        return False
    _, relative = largest_difference(left, right)
    return bool(relative <= TOLERANCE)


def _as_terms(formula: Formula) -> tuple[tuple[Formula, ...], tuple[str, ...]]:
    if isinstance(formula, f.Group) and isinstance(formula.body, f.Total):
        return _as_terms(formula.body)
    if isinstance(formula, f.Total):
        return formula.terms, formula.signs
    return (formula,), ("+",)


def diagnosed(judge: Judge, notation: Notation, left: Formula, right: Formula, verdict: Verdict) -> tuple[Repair, ...]:
    """Return the repairs of a statement that was refuted or has no shape."""
    if verdict.answer not in (Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION):
        return ()
    reading = judge.reading if verdict.statement is None else verdict.statement.reading
    first = Diagnosis(judge, notation, left, right, reading)
    found = first.near()
    if found:
        return found
    for other in judge.readings(frozenset({"held"})):
        found = Diagnosis(judge, notation, left, right, other).near()
        if found:
            return tuple(replace(one, words=f"{one.words}; then {judge.told(other)}") for one in found)
    return first.far()


__all__ = ["Diagnosis", "diagnosed"]
