"""Changes of a sum: the signs of its terms, a term too many, over which steps it runs, and whether it is there at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symrnn.claims.diagnosis.editor import Change, Editor
from symrnn.claims.diagnosis.kinds import DIRECTION, RANGE, SIGN, SUMMED, TERM
from symrnn.claims.trees import shifted
from symrnn.language.formulas import nodes as f


def signs(editor: Editor, part: Any) -> Change:
    """a + b → a − b."""
    if isinstance(part, f.Total):
        for index, sign in enumerate(part.signs):
            other = "-" if sign == "+" else "+"
            changed = (*part.signs[:index], other, *part.signs[index + 1 :])
            yield replace(part, signs=changed), SIGN, f"the sign of term {index + 1} is {other}"


def terms(editor: Editor, part: Any) -> Change:
    """a + b → a."""
    if isinstance(part, f.Total) and len(part.terms) > 1:
        for index in range(len(part.terms)):
            rest = (*part.terms[:index], *part.terms[index + 1 :])
            kept = (*part.signs[:index], *part.signs[index + 1 :])
            new = rest[0] if len(rest) == 1 and kept[0] == "+" else replace(part, terms=rest, signs=kept)
            yield new, TERM, f"term {index + 1} is to be left out"


def ranges(editor: Editor, part: Any) -> Change:
    """Σ from 2 → Σ from 1; an ordered product the other way round."""
    if not isinstance(part, f.Big):
        return
    for slot in ("low", "high"):
        value = getattr(part, slot)
        for shift in (-1, 1):
            moved = None if value is None else shifted(value, shift)
            if moved is not None:
                changed = replace(part, low=moved) if slot == "low" else replace(part, high=moved)
                yield changed, RANGE, f"the {'first' if slot == 'low' else 'last'} index of the {part.kind}"
    if part.kind == "prod" and part.low is not None and part.high is not None:
        yield replace(part, low=part.high, high=part.low), DIRECTION, "the product runs the other way"


def sums(editor: Editor, part: Any) -> Change:
    """Σ a_t → a_t."""
    if isinstance(part, f.Big) and part.kind == "sum":
        yield f.Group(part.body), SUMMED, "without the sum"


__all__ = ["ranges", "signs", "sums", "terms"]
