"""The search for repairs: the truth is broken until it is what was claimed, and the claim is edited until it is the truth.

Values at one sample decide what is tried further; what survives is judged like any other statement, so that every repair that is
offered is proved, or agrees everywhere.

    near    terms left out              claim = truth − terms
            one edit                    claim′ = truth
    far     an edit, and terms left out claim′ = truth − terms
            two edits                   claim″ = truth
            one edit in each term, terms left out and terms too many
            the right side anew
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from symrnn.algebra.nodes import Node, Transpose
from symrnn.claims.diagnosis.editor import Editor
from symrnn.claims.diagnosis.edits import Edit, edits
from symrnn.claims.diagnosis.kinds import ELSE, TERM
from symrnn.claims.diagnosis.omissions import omissions
from symrnn.claims.diagnosis.pairs import matches, pairs
from symrnn.claims.diagnosis.sample import Sample, equal
from symrnn.claims.diagnosis.truth import Term, opened, parts_inside, true_terms
from symrnn.claims.judging import Judge
from symrnn.claims.partial import Partial
from symrnn.claims.records import Repair
from symrnn.claims.trees import flat
from symrnn.claims.writing import Notation, as_formula
from symrnn.errors import RuleError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

MOST_REPAIRS, MOST_EDITS, MOST_TERMS = 3, 6000, 8
MOST_JUDGED = 100  # candidates of one way: where a mask is zero at the sample, values say little


@dataclass(frozen=True, slots=True)
class Candidate:
    """A repair before it is judged."""

    kinds: tuple[str, ...]
    words: str
    formula: Formula
    edits: int = 1


@dataclass
class Search:
    """The search for repairs of one statement.

    Fields:
        sample: the statement with its values. notation: of the document.
    """

    sample: Sample
    notation: Notation

    def near(self) -> tuple[Repair, ...]:
        """Return the repairs by one change; nothing if there is none."""
        return self._found((self._left_out, self._one_edit, self._many_left_out))

    def far(self) -> tuple[Repair, ...]:
        """Return the repairs by several changes, and the right side anew."""
        ways = (self._edit_and_terms, self._two_edits, self._edit_in_each_term, self._term_for_another, self._anew)
        return self._found(ways)

    def _found(self, ways: tuple[Callable[[], Iterator[Candidate]], ...]) -> tuple[Repair, ...]:
        if self.sample.node is None or self.sample.target is None:
            return ()
        found: dict[Node, Repair] = {}  # by what the right side says: brackets make no other repair
        for way in ways:
            for one in itertools.islice(_written(way), MOST_JUDGED):
                formula = flat(one.formula)
                said = self.sample.meaning(formula)
                if said is not None and said not in found and self.sample.is_right(formula):
                    found[said] = Repair(one.kinds, one.words, formula, self.sample.answer(formula), one.edits)
                if len(found) >= MOST_REPAIRS:
                    return tuple(found.values())
            if found:
                break
        return tuple(found.values())

    # -- what is known ----------------------------------------------------------------------------------------------------

    @property
    def _judge(self) -> Judge:
        return self.sample.judge

    @cached_property
    def _terms(self) -> tuple[Term, ...]:
        """The parts of the truth, if they add up to it."""
        left, judge = self.sample.node, self._judge
        return self._checked(() if left is None else true_terms(left, judge.prover, judge.context.hidden))

    @cached_property
    def _opened(self) -> tuple[Term, ...]:
        """The parts of the truth with the adjoint on the right written by its own parts, if that makes more of them."""
        found = self._checked(opened(self._terms, self._step, self._judge.prover, self._judge.context.hidden))
        return found if len(found) > len(self._terms) else ()

    def _checked(self, found: tuple[Term, ...]) -> tuple[Term, ...]:
        if not found or len(found) > MOST_TERMS:
            return ()
        parts = [self.sample.of_node(term.node) for term in found]
        if any(part is None or part.shape != self.sample.target.shape for part in parts):
            return ()
        return found if equal(sum(parts), self.sample.target) else ()

    def _subsets(self) -> Iterator[tuple[Term, ...]]:
        for terms in (self._terms, self._opened):
            for count in range(1, len(terms)):
                yield from itertools.combinations(terms, count)

    def _without(self, missing: tuple[Term, ...]) -> Any:
        return self.sample.target - sum(self.sample.of_node(term.node) for term in missing)

    @cached_property
    def _editor(self) -> Editor:
        truth = (*self._terms, *self._opened)
        context = self._judge.context
        inner = parts_inside(self._terms, self._step, self._judge.prover, context.hidden)
        return Editor(context, self.notation, omissions(context.network, truth, inner, self.notation))

    @property
    def _step(self) -> Any:
        """The step that the left side speaks of, or None."""
        left = self.sample.node
        sign = left.args[0] if isinstance(left, Transpose) else left
        return sign.by.time if isinstance(sign, Partial) else None

    @cached_property
    def _edits(self) -> tuple[Edit, ...]:
        number = self.sample.numbering.of
        found: dict[int, Edit] = {}
        for edit in itertools.islice(edits(self._editor, self.sample.right), MOST_EDITS):
            found.setdefault(number(edit.formula), edit)
        found.pop(number(self.sample.right), None)
        return tuple(found.values())

    # -- one change -------------------------------------------------------------------------------------------------------

    def _left_out(self) -> Iterator[Candidate]:
        yield from self._truth_without(missing for missing in self._subsets() if len(missing) == 1)

    def _many_left_out(self) -> Iterator[Candidate]:
        yield from self._truth_without(missing for missing in self._subsets() if len(missing) > 1)

    def _truth_without(self, some: Iterable[tuple[Term, ...]]) -> Iterator[Candidate]:
        for missing in some if self.sample.claimed is not None else ():
            if equal(self.sample.claimed, self._without(missing)):
                kinds = tuple(dict.fromkeys(term.missing for term in missing))
                formula = self._with_terms(self.sample.right, missing)
                yield Candidate(kinds, "a term is missing", formula, len(missing))

    def _with_terms(self, formula: Formula, missing: tuple[Term, ...]) -> Formula:
        terms, signs = _as_terms(formula)
        for term in missing:
            more, more_signs = _as_terms(as_formula(term.node, self.notation))
            terms, signs = (*terms, *more), (*signs, *more_signs)
        return f.Total(terms, signs)

    def _one_edit(self) -> Iterator[Candidate]:
        for edit in self._edits:
            value = self.sample.of_formula(edit.formula)
            if value is not None and equal(value, self.sample.target):
                yield Candidate((edit.kind,), edit.words, edit.formula)

    # -- several ----------------------------------------------------------------------------------------------------------

    def _edit_and_terms(self) -> Iterator[Candidate]:
        yield from self._with_missing([edit for edit in self._edits if edit.kind != TERM])

    def _term_for_another(self) -> Iterator[Candidate]:
        yield from self._with_missing([edit for edit in self._edits if edit.kind == TERM])

    def _with_missing(self, some: list[Edit]) -> Iterator[Candidate]:
        valued = [edit for edit in some if self.sample.of_formula(edit.formula) is not None]
        subsets = list(self._subsets())
        if not valued or not subsets:
            return
        every = np.array([np.ravel(self.sample.of_formula(edit.formula)) for edit in valued])
        wanted = np.array([np.ravel(self._without(missing)) for missing in subsets])
        for place, index in matches(every, wanted):
            edit, missing = valued[index], subsets[place]
            if equal(self.sample.of_formula(edit.formula), self._without(missing)):
                kinds = tuple(dict.fromkeys((edit.kind, *(term.missing for term in missing))))
                formula = self._with_terms(edit.formula, missing)
                yield Candidate(kinds, f"{edit.words}, and a term is missing", formula, 1 + len(missing))

    def _two_edits(self) -> Iterator[Candidate]:
        for first, second, formula in pairs(self.sample, self._editor, self._edits):
            kinds = tuple(dict.fromkeys((first.kind, second.kind)))
            yield Candidate(kinds, f"{first.words}, and {second.words}", formula, 2)

    def _edit_in_each_term(self) -> Iterator[Candidate]:
        """Match the terms of the claim with those of the truth, each after at most one edit."""
        terms, signs = _as_terms(self.sample.right)
        if len(terms) < 2 or len(self._terms) < 2:
            return
        wanted = [self.sample.of_node(term.node) for term in self._terms]
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
        flattened = [pair for one in chosen for pair in zip(*_as_terms(one), strict=True)]
        formula: Formula = f.Total(tuple(one for one, _ in flattened), tuple(sign for _, sign in flattened))
        if len(chosen) < len(terms):
            kinds.append(TERM)
        kinds += [term.missing for term in missing]
        whole = self._with_terms(formula, missing) if missing else formula
        yield Candidate(tuple(dict.fromkeys(kinds)), "; ".join(words) or "terms are missing", whole, max(len(kinds), 1))

    def _nearest(self, term: Formula, wanted: list[Any]) -> tuple[int, Edit] | None:
        value = self.sample.of_formula(term)
        for place, one in enumerate(wanted):
            if value is not None and equal(value, one):
                return place, Edit(term, "", "")
        for edit in itertools.islice(edits(self._editor, term), MOST_EDITS):
            value = self.sample.of_formula(edit.formula)
            for place, one in enumerate(wanted):
                if value is not None and equal(value, one):
                    return place, edit
        return None

    def _anew(self) -> Iterator[Candidate]:
        if self._terms:
            formula = self._with_terms(as_formula(self._terms[0].node, self.notation), self._terms[1:])
            yield Candidate((ELSE,), "the right side is to be written anew", formula, 3)


def _written(way: Callable[[], Iterator[Candidate]]) -> Iterator[Candidate]:
    """Yield the candidates of a way up to one for which there is no notation."""
    try:
        yield from way()
    except RuleError:
        return


def _as_terms(formula: Formula) -> tuple[tuple[Formula, ...], tuple[str, ...]]:
    if isinstance(formula, f.Group) and isinstance(formula.body, f.Total):
        return _as_terms(formula.body)
    if isinstance(formula, f.Total):
        return formula.terms, formula.signs
    return (formula,), ("+",)


__all__ = ["Search"]
