"""The statements of a line, and which of them are about a part of a derivative only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symrnn.claims.partial import Partial
from symrnn.claims.records import Answer, Verdict
from symrnn.language.formulas.nodes import Chain, Formula, Line


@dataclass(frozen=True)
class Link:
    """One statement of a document: two neighbours of a chain."""

    line: Line
    left: Formula
    relation: str
    right: Formula
    is_first: bool


def part_of(verdict: Verdict) -> tuple[str, str] | None:
    """Return of which quantity a statement gives a part, and which part."""
    if verdict.answer is not Answer.CONVENTION or verdict.statement is None or verdict.statement.reading.route == "all":
        return None
    signs = [sign for sign in verdict.statement.left.atoms(Partial) if sign.route != "all"]
    return (signs[0].by.name, signs[0].route) if signs else None


def lacks(verdict: Verdict, given_parts: set[tuple[str, str]]) -> bool:
    """Return whether a statement gives one part of a derivative and no statement gives the other one."""
    part = part_of(verdict)
    other = {"now": "later", "later": "now"}
    return part is not None and (part[0], other[part[1]]) not in given_parts


def links(line: Line) -> Iterator[Link]:
    """Yield the statements of a line: neighbours of its chain."""
    chain = line.formula
    if not isinstance(chain, Chain):
        return
    first = not line.continues
    for left, relation, right in zip(chain.parts, chain.relations, chain.parts[1:], strict=False):
        if relation == "=>":
            first = True
            continue
        yield Link(line, left, relation, right, first)
        first = False


__all__ = ["Link", "lacks", "links", "part_of"]
