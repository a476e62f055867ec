"""A judgement as a report for a terminal: rows of text in styles, which `as_text` leaves away.

line 5   REFUTED   dW_hh = sum_t dz_h_t h_t^T
         mistake   time index off by one: the step of h is one earlier
         write     dW_hh = Σ_t dz_h_t h_{t-1}^T                          (proved)
                                      ^^^^^^^^^
         shown by  T = 1, I = 1, H = 1: entry (1, 1) left -0.00208294, right 0.0117966
         hidden    when O = 1
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from symrnn.claims.records import Answer, Judgement, Repair, Verdict
from symrnn.claims.telling import words
from symrnn.claims.telling.marking import END, MARK, marked, unmarked
from symrnn.errors import SymrnnError
from symrnn.language.formulas.nodes import Chain, Formula
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_plain

Span = tuple[str, str]  # text and style: "right", "usage", "wrong", "unknown", "quiet", "mark", "bold" or ""
Row = tuple[Span, ...]
WIDTH = 100
_LABEL = 9  # columns of "mistake", "shown by"
_TITLE = len("not understood")  # the longest answer beside which statements are aligned
_NESTED = re.compile(r"\{(\w+)\}(?=_)")
_RELATION = re.compile(r"\s*(?:[=<>≤≥≈≠]|:=)")


def as_text(rows: tuple[Row, ...]) -> str:
    """Return rows as text without styles."""
    return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)


def report(judgement: Judgement, verbose: bool = False, width: int = WIDTH, about: str = "") -> tuple[Row, ...]:
    """Return the report on a judgement.

    Args:
        verbose: tell how each statement was read, how it was proved, and everything that was tried.
        width: columns; sentences are wrapped, formulas are not.
        about: what the statements are about, if that was not read from the document.
    """
    rows = [*_head(judgement, verbose, width, about), ()]
    titles = (len(_title(verdict)) for verdict in judgement.verdicts)
    label = max((length for length in titles if length <= _TITLE), default=0)
    place = max((len(str(words.line(verdict))) for verdict in judgement.verdicts), default=1) + 5
    alone = Counter(verdict.line for verdict in judgement.verdicts)
    for verdict in judgement.verdicts:
        rows += _Entry(verdict, place, label, width, verbose, alone[verdict.line] == 1).rows()
    while rows and not rows[-1]:
        rows.pop()
    first = judgement.first_wrong
    tone = "wrong" if first is not None else "right" if judgement.is_right else "unknown"
    rows += [(), ((words.summary(judgement), f"bold {tone}"),)]
    return tuple(tuple((words.harmless(text), style) for text, style in row) for row in rows)


def _title(verdict: Verdict) -> str:
    return words.LOOKS[verdict.answer].word.upper()


def _head(judgement: Judgement, verbose: bool, width: int, about: str) -> Iterator[Row]:
    yield ((judgement.source or "text", "bold"),)
    yield _labelled("about", about or "the recurrence of the document itself")
    if judgement.cell and (verbose or not about):
        yield from (((f"    {row}".rstrip(), "quiet"),) for row in judgement.cell.rstrip().splitlines())
    for place, text in enumerate(words.conventions(judgement.reading)):
        yield from _wrapped("" if place else "reads as", text, 2, width)
    if judgement.lets:
        yield from _wrapped("given", "; ".join(map(spelt, judgement.lets)), 2, width)
    used = words.assumptions(judgement)
    if used:
        yield from _wrapped("assumes", "; ".join(used), 2, width)
    if verbose and judgement.spelling:
        names = ", ".join(f"{name} is {meant}" for name, meant in sorted(judgement.spelling.items()))
        yield from _wrapped("names", names, 2, width)


def _labelled(label: str, text: str, margin: int = 2, style: str = "") -> Row:
    return ((" " * margin + f"{label:<{_LABEL}} ", "quiet"), (text, style))


def _wrapped(label: str, text: str, margin: int, width: int) -> Iterator[Row]:
    room = max(width - margin - _LABEL - 1, 30)
    for place, row in enumerate(textwrap.wrap(" ".join(text.split()), room) or [""]):
        yield _labelled("" if place else label, row, margin)


class _Entry:
    """The rows of one statement. `margin` is where what is said about it begins."""

    def __init__(self, verdict: Verdict, place: int, label: int, width: int, verbose: bool, alone: bool) -> None:
        self.verdict, self.width, self.verbose, self.alone = verdict, width, verbose, alone
        self.place, self.label, self.margin = place, label, place + 4

    def rows(self) -> Iterator[Row]:
        """Yield the statement with its answer, then what is to be said about it."""
        verdict = self.verdict
        where = f"  {f'line {words.line(verdict)}':<{self.place}}  "
        title, tone = f"{_title(verdict):<{self.label}}  ", words.LOOKS[verdict.answer].tone
        statement = self._statement()
        quiet = "quiet" if verdict.answer is Answer.DEFINITION else ""
        yield ((where, "quiet"), (title, f"bold {tone}"), *_spans(statement, quiet, "mark wrong"))
        yield from self._pointed(len(where) + len(title), statement, "wrong")
        said = [*self._why(), *self._repairs(), *self._shown(), *(self._details() if self.verbose else ())]
        yield from said
        if said:
            yield ()

    def _statement(self) -> str:
        """Return the statement as its author wrote it if that is one formula in plain text, else in plain notation."""
        verdict, text = self.verdict, " ".join(self.verdict.text.split())
        own = self.alone and text and not re.search(r"[\\$&]", text) and not _RELATION.match(text)
        if verdict.formula is None:
            return text
        for _, after in words.offered(verdict):
            shown, then = _marked(verdict.formula, after)
            if not own or unmarked(shown) == text or MARK not in then:
                return shown
            break
        return text if own else spelt(verdict.formula)

    def _say(self, label: str, text: str) -> Iterator[Row]:
        return _wrapped(label, text, self.margin, self.width)

    def _why(self) -> Iterator[Row]:
        verdict = self.verdict
        if verdict.answer in (Answer.ILL_TYPED, Answer.NOT_UNDERSTOOD, Answer.CONDITION, Answer.AGREES):
            yield from self._say("because", verdict.reason)
        if verdict.convention:
            yield from self._say("when" if verdict.answer is Answer.CONVENTION else "reads as", verdict.convention)
        for note in verdict.notes:
            yield from self._say("note", note)

    def _repairs(self) -> Iterator[Row]:
        for place, (repair, after) in enumerate(words.offered(self.verdict)):
            if place == 0:
                yield from self._say("mistake", f"{words.kinds(repair)}: {repair.words}")
            else:
                yield from self._say("or", f"{words.kinds(repair)}: {repair.words}")
            yield from self._write(repair, after)

    def _write(self, repair: Repair, after: Chain) -> Iterator[Row]:
        before = self.verdict.formula
        text = _marked(before, after)[1] if before is not None else spelt(after)
        label = " " * self.margin + f"{'write':<{_LABEL}} "
        answer = f"   ({words.LOOKS[repair.answer].word.lower()})"
        yield ((label, "quiet"), *_spans(text, "bold", "mark right"), (answer, "quiet"))
        yield from self._pointed(len(label), text, "right")

    def _pointed(self, margin: int, text: str, tone: str) -> Iterator[Row]:
        """Yield a row that points at the marks above it, if it is as wide as that."""
        carets = _carets(text)
        if carets and margin + len(carets) <= self.width:
            yield ((" " * margin + carets, tone),)

    def _shown(self) -> Iterator[Row]:
        verdict = self.verdict
        if verdict.difference is not None:
            left, right = words.numbers(verdict.difference)
            where = f"{words.case(verdict.difference)}: {words.entry(verdict.difference)}"
            yield from self._say("shown by", f"{where} left {left}, right {right}")
        if verdict.conditions:
            label = "only if" if verdict.answer is Answer.CONDITION else "hidden by"
            yield from self._say(label, "; ".join(verdict.conditions))

    def _details(self) -> Iterator[Row]:
        verdict = self.verdict
        if verdict.where.line:
            yield from self._say("place", f"{verdict.where}; formula {verdict.line}")
        if verdict.text and not self.alone:
            yield from self._say("in", verdict.text)
        if verdict.answer in (Answer.PROVED, Answer.CONVENTION, Answer.DEFINITION):
            yield from self._say("because", f"{verdict.reason}{f': {verdict.proof}' if verdict.proof else ''}")
        if verdict.samples:
            yield from self._say("samples", f"{verdict.samples} agree")
        if verdict.assumptions:
            yield from self._say("uses", "; ".join(verdict.assumptions))
        if verdict.statement is not None:
            yield from self._say("read as", f"{verdict.statement.left!r} = {verdict.statement.right!r}")


def spelt(formula: Formula) -> str:
    """Return a formula in plain notation; {dz_h}_t is written dz_h_t where that is read as the same."""
    return _short(_written(formula))


def _written(formula: Formula) -> str:
    return as_plain(words.on_one_line(formula))


def _marked(before: Formula, after: Formula) -> tuple[str, str]:
    one, other = marked(before, after, _written)
    return _short(one), _short(other)


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    short = _NESTED.sub(r"\1", text)
    if short == text:
        return text
    try:
        return short if read_plain(unmarked(short)) == read_plain(unmarked(text)) else text
    except SymrnnError:
        return text


def _spans(text: str, style: str, mark: str) -> Row:
    """Return a text with marks as spans."""
    found: list[Span] = []
    for place, part in enumerate(text.split(MARK)):
        inside, _, after = part.partition(END) if place else ("", "", part)
        found += [(inside, f"{style} {mark}".strip()), (after, style)]
    return tuple(span for span in found if span[0])


def _carets(text: str) -> str:
    """Return carets under the marks of a text, or nothing if there are none or everything is marked."""
    row, on = "", False
    for char in text:
        if char in (MARK, END):
            on = char == MARK
        elif not unicodedata.combining(char):
            row += ("^" if on else " ") * (2 if unicodedata.east_asian_width(char) in "WF" else 1)
    return row.rstrip() if " " in row.strip() or (row.startswith(" ") and row.strip()) else ""


__all__ = ["WIDTH", "Row", "Span", "as_text", "report", "spelt", "unmarked"]
