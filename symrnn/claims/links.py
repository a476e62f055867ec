"""The statements of a line, and which of them are about a part of a derivative only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symrnn.algebra.nodes import Leaf, Node, Transpose, t
from symrnn.claims.partial import Partial
from symrnn.claims.records import Verdict
from symrnn.language.formulas.nodes import Chain, Formula, Line, Total


@dataclass(frozen=True)
class Link:
    """One statement of a document: two neighbours of a chain."""

    line: Line
    left: Formula
    relation: str
    right: Formula
    is_first: bool


def part_of(verdict: Verdict) -> tuple[str, str] | None:
    """Return which derivative of the loss a right statement gives, by the name of the quantity, and which paths of it."""
    if not verdict.answer.is_right or verdict.statement is None:
        return None
    left = verdict.statement.left
    sign = left.args[0] if isinstance(left, Transpose) else left
    if isinstance(sign, Partial) and sign.of.time is None and sign.by.time is not None and sign.of.is_scalar_shape:
        return sign.by.name, sign.route
    return None


def lacks(verdict: Verdict, given_parts: set[tuple[str, str]]) -> bool:
    """Return whether a statement gives one part of a derivative, and none gives the other part or the whole."""
    part = part_of(verdict)
    if part is None or part[1] not in OTHER:
        return False
    return not {(part[0], OTHER[part[1]]), (part[0], "all")} & given_parts


def takers(part: tuple[str, str], verdicts: Sequence[Verdict]) -> tuple[int, ...]:
    """Return the lines that take a derivative for the whole one, if nothing gives the whole: both parts are to be added first."""
    if part[1] not in OTHER or any(part_of(verdict) == (part[0], "all") for verdict in verdicts):
        return ()
    found = (verdict.line for verdict in verdicts if part_of(verdict) != part and _takes_whole(verdict, part[0]))
    return tuple(dict.fromkeys(found))


def _takes_whole(verdict: Verdict, name: str) -> bool:
    if not verdict.answer.is_right or verdict.statement is None:
        return False
    signs = verdict.statement.right.atoms(Partial)
    return any(one.by.name == name and one.of.time is None and one.route == "all" for one in signs)


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


def added_up(link: Link) -> Link:
    """Return dW := dW + x δᵀ as dW += x δᵀ; anything else as it is."""
    right = link.right
    if link.relation != ":=" or not isinstance(right, Total) or len(right.terms) < 2 or link.left not in right.terms:
        return link
    place = right.terms.index(link.left)
    if right.signs[place] != "+":
        return link
    terms = (*right.terms[:place], *right.terms[place + 1 :])
    signs = (*right.signs[:place], *right.signs[place + 1 :])
    rest = terms[0] if len(terms) == 1 and signs[0] == "+" else Total(terms, signs)
    return replace(link, relation="+=", right=rest)


def shown(meaning: Node) -> str:
    """Return what a name is read as, in one line."""
    inner = meaning.args[0] if not isinstance(meaning, Partial) else meaning
    if isinstance(inner, Partial) and isinstance(inner.by, Leaf):
        return f"∂{inner.of.name}/∂{inner.by.xreplace({t: t})!r}"
    return repr(meaning)


OTHER = {"now": "later", "later": "now"}


__all__ = ["Link", "added_up", "lacks", "links", "part_of", "shown", "takers"]
