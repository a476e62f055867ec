"""The layout of a document: the one by which most of its statements hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symrnn.claims.context import OPTIONS, Reading
from symrnn.claims.judging import Judge
from symrnn.claims.links import links
from symrnn.errors import RuleError, SymrnnError
from symrnn.language.formulas.nodes import Line

EQUALITIES = ("=", ":=", "~")
HAS_A_SHAPE = 0.1  # what a statement counts for that has a shape but does not hold


def usual_layout(judge: Judge, lines: Sequence[Line]) -> Reading:
    """Return the layout under which most statements of the document hold; the usual one when that settles nothing."""
    readings = [Reading(layout=str(layout)) for layout in OPTIONS["layout"]]
    return max(readings, key=lambda reading: _score(replace(judge, reading=reading), lines))


def _score(judge: Judge, lines: Sequence[Line]) -> float:
    score = 0.0
    for link in (link for line in lines for link in links(line)):
        if link.relation not in EQUALITIES:
            continue
        try:
            statement = judge.statement(link.left, link.right)
            score += HAS_A_SHAPE + (1.0 if judge.sampler.compare(statement, seeds=(0,)).holds else 0.0)
        except (SymrnnError, RuleError):
            continue
    return score


__all__ = ["EQUALITIES", "usual_layout"]
