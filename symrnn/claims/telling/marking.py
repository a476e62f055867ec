"""Where a statement and its repair differ, as marks in both texts.

Two trees are walked together down to whole symbols; sums and products are aligned by their terms. What is left out of one text
and what is new in the other stands between MARK and END. Marks never change the text itself: without them it is what `write` gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any

from symrnn.claims.trees import Path, part_at, replaced, turns
from symrnn.language.formulas.nodes import Formula, Letter, Number, Product, Scripted, Total, Word

MARK, END = "\uf8f0", "\uf8f1"  # characters for private use: no formula that is marked has any
_WITH_SIGN = "\uf8f2"
_PLACE = 0xE000  # placeholders count from here
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_MOST = 200  # marks in one formula
_OPERATORS = r"\\(?:odot|circ|cdot|ast|times)|[⊙∘*·@×/+−-]"
_BETWEEN = re.compile(f"{END}( ?(?:{_OPERATORS})? ?){MARK}")
_SIGNED = re.compile(f"([+−-]) ?{_WITH_SIGN}")

Mark = tuple[Path, bool]  # where, and whether the sign in front belongs to it
Write = Callable[[Formula], str]


def marked(before: Formula, after: Formula, write: Write) -> tuple[str, str]:
    """Return both formulas as text, each with what the other does not have between MARK and END."""
    gone: list[Mark] = []
    new: list[Mark] = []
    _compare(before, after, (), (), gone, new)
    return _written(before, gone, write), _written(after, new, write)


def unmarked(text: str) -> str:
    """Return a text without its marks."""
    return text.replace(MARK, "").replace(END, "")


# -- comparing ---------------------------------------------------------------------------------------------------------


def _compare(a: Formula, b: Formula, at_a: Path, at_b: Path, gone: list[Mark], new: list[Mark]) -> None:
    if a == b:
        return
    for kind, slot in ((Total, "terms"), (Product, "factors")):
        if isinstance(a, kind) or isinstance(b, kind):
            one, other = _items(a, kind, slot, at_a), _items(b, kind, slot, at_b)
            if len(one) + len(other) > 2 and _shares(one, other):
                _align(one, other, kind is Total, gone, new)
                return
    if type(a) is type(b) and not _is_symbol(a) and _frame(a) == _frame(b):
        for (turn, x), (_, y) in zip(turns(a), turns(b), strict=True):
            _compare(x, y, (*at_a, turn), (*at_b, turn), gone, new)
        return
    gone.append((at_a, False))
    new.append((at_b, False))


Item = tuple[str, Formula, Path]


def _items(formula: Formula, kind: Any, slot: str, path: Path) -> list[Item]:
    """Return the signs, terms and places of a sum or product; anything else is one of a single term."""
    if not isinstance(formula, kind):
        return [("+" if kind is Total else "", formula, path)]
    parts: Sequence[Formula] = getattr(formula, slot)
    signs: Sequence[str] = getattr(formula, "signs", ())
    before = signs if kind is Total else ("", *signs)
    return [(sign, part, (*path, (slot, place))) for place, (sign, part) in enumerate(zip(before, parts, strict=True))]


def _shares(one: list[Item], other: list[Item]) -> bool:
    """Whether it helps to align two lists: something is in both, or they are equally long."""
    return len(one) == len(other) or any(x[1] == y[1] for x in one for y in other)


def _align(one: list[Item], other: list[Item], signed: bool, gone: list[Mark], new: list[Mark]) -> None:
    matcher = SequenceMatcher(None, [item[1] for item in one], [item[1] for item in other], autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if j - i != m - k:
            gone += [(path, signed) for _, _, path in one[i:j]]
            new += [(path, signed) for _, _, path in other[k:m]]
            continue
        for place, ((sign, a, at_a), (sign_b, b, at_b)) in enumerate(zip(one[i:j], other[k:m], strict=True)):
            if signed and sign != sign_b:
                gone.append((at_a, True))
                new.append((at_b, True))
            elif sign != sign_b and what == "equal" and i + place and k + place:
                gone += [(one[i + place - 1][2], False), (at_a, False)]  # the sign between two factors
                new += [(other[k + place - 1][2], False), (at_b, False)]
            else:
                _compare(a, b, at_a, at_b, gone, new)


def _is_symbol(formula: Formula) -> bool:
    """Whether a formula is one symbol for a reader, with all its scripts."""
    while isinstance(formula, Scripted):
        formula = formula.base
    return isinstance(formula, Letter | Number | Word)


def _frame(formula: Formula) -> tuple[Any, ...]:
    """Return everything of a formula that is not a formula in it, and which parts it has."""
    ways = [turn for turn, _ in turns(formula)]
    held = {turn[0] for turn in ways} | {"where", "style"}
    return (*ways, *(getattr(formula, slot) for slot in formula.__slots__ if slot not in held))


# -- writing -----------------------------------------------------------------------------------------------------------


def _written(formula: Formula, marks: list[Mark], write: Write) -> str:
    whole = write(formula)
    if _PRIVATE.search(whole) or len(marks) > _MOST:
        return whole
    kept = _apart({(place, signed) for mark, signed in marks for place in [_visible(formula, mark, whole, write)]})
    shown = formula
    parts: list[tuple[str, str, bool]] = []
    for path, signed in kept:
        if not path:
            return MARK + whole + END
        sign = chr(_PLACE + len(parts))
        parts.append((sign, write(part_at(formula, path)), signed))
        shown = replaced(shown, path, Letter(sign))
    text = write(shown)
    for sign, inner, signed in parts:
        text = text.replace(sign, (_WITH_SIGN if signed else MARK) + inner + END)
    text = _SIGNED.sub(rf"{MARK}\1 ", text).replace(_WITH_SIGN, MARK)
    text = _BETWEEN.sub(r"\1", text)
    return text if _bare(text) == _bare(whole) else MARK + whole + END


def _visible(formula: Formula, path: Path, whole: str, write: Write) -> Path:
    """Return the place itself, or the nearest around it that can be cut out of the text and put back."""
    while path:
        sign = chr(_PLACE)
        if _bare(write(replaced(formula, path, Letter(sign))).replace(sign, write(part_at(formula, path)))) == _bare(
            whole
        ):
            return path
        path = path[:-1]
    return path


def _bare(text: str) -> str:
    """Return a text without marks and what does not show: braces of scripts, spaces."""
    return re.sub(r"[{} ]", "", unmarked(text))


def _apart(marks: set[Mark]) -> list[Mark]:
    """Return the marks in order, without those that lie inside of others."""
    found: list[Mark] = []
    for path, signed in sorted(marks, key=lambda mark: (len(mark[0]), str(mark))):
        if not any(path[: len(other)] == other for other, _ in found):
            found.append((path, signed))
    return sorted(found, key=str)
