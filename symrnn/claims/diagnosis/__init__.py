"""Where a wrong statement goes wrong, what kind of mistake it is, and the smallest change that makes it right.

kinds       the classes of mistakes by name
edits       single changes of a formula; by what they change: symbols, repeats, products, sums, missing
omissions   what the truth has that may have been left out
sample      values, which decide what is worth a judgement
pairs       two edits at once
search      the ways to a repair, the nearest first
"""

from __future__ import annotations

from dataclasses import replace

from symrnn.claims.diagnosis.kinds import TERM
from symrnn.claims.diagnosis.sample import Sample
from symrnn.claims.diagnosis.search import Search
from symrnn.claims.judging import Judge
from symrnn.claims.records import Answer, Repair, Verdict
from symrnn.claims.trees import letters
from symrnn.claims.writing import Notation
from symrnn.language.formulas.nodes import Formula

OTHERS = frozenset({"held", "product"})  # conventions of which a repair may need another one than the document


def diagnosed(judge: Judge, notation: Notation, left: Formula, right: Formula, verdict: Verdict) -> tuple[Repair, ...]:
    """Return the repairs of a statement that was refuted or has no shape."""
    if verdict.answer not in (Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION):
        return ()
    if verdict.statement is not None and verdict.statement.relation != "=":
        return ()  # of what is too large for a bound nobody knows which side was meant
    reading = judge.reading if verdict.statement is None else verdict.statement.reading
    first = Search(Sample(judge, left, right, reading), notation)
    found = first.near()
    if found:
        return found
    asked = OTHERS if verdict.statement is None else verdict.statement.asked & OTHERS
    if judge.context.step not in letters(right):
        asked |= {"weights"}  # without steps, ∂J/∂W = x δᵀ may mean what each step gives
    for other in judge.readings(asked):
        near = Search(Sample(judge, left, right, other), notation).near()
        found = tuple(one for one in near if TERM not in one.kinds)  # with more held fixed, less is enough: no repair
        if found:
            return tuple(replace(one, words=f"{one.words}; then {judge.told(other)}") for one in found)
    return first.far()


__all__ = ["diagnosed"]
