"""Plain text with a formula on a line: which lines are formulas and which are prose. `document` calls it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from symrnn.language.formulas.nodes import Chain, Formula, Line, Product
from symrnn.language.formulas.plain import plain_start
from symrnn.language.formulas.signs import BIG, FUNCTIONS, GREEK_NAMES
from symrnn.language.formulas.source import LONGEST_FORMULA, Misread, Source
from symrnn.language.formulas.tree import continued

_RELATION = re.compile(r"[=≈≤≥≠≡∝<>]")
_LEAD = re.compile(r"\s*(?:[-*•]\s+|\(?[0-9a-z]{1,2}[.)]\s+|[A-Z][A-Za-z ]{2,40}:\s+)?")
_REMARK = re.compile(r"\s(?:#|//|--)\s.*$|\s\((?:[A-Za-z]{2,}[ ,]+)+[A-Za-z]{2,}\)\s*$")
_WORD = re.compile(r"(?<![\w\\^{])[A-Za-z]{2,}(?![\w(\[{'])")


def formula_lines(source: Source, names: frozenset[str]) -> Iterator[Line]:
    """Return the lines that are formulas, and those that should be and cannot be read."""
    number, words = 0, ""
    previous: Formula | None = None
    for i, start in enumerate(source.breaks):
        end = source.breaks[i + 1] - 1 if i + 1 < len(source.breaks) else len(source.text)
        found = False
        for line in _one(source, start, end, names, previous):
            number += 1
            found = True
            previous = line.formula or previous
            yield replace(line, number=number, words=words)
            words = ""
        if not found:
            words = " ".join([words, *source.text[start:end].split()]).strip()[-300:]
            previous = None if source.text[start:end].strip() else previous


def _one(source: Source, start: int, end: int, names: frozenset[str], previous: Formula | None) -> Iterator[Line]:
    text = source.text[start : min(end, start + LONGEST_FORMULA)]
    if not _RELATION.search(text) or text.lstrip().startswith("#"):  # a heading or a remark
        return
    lead = _LEAD.match(text)
    skip = lead.end() if lead else 0
    body = _REMARK.sub("", text[skip:]).rstrip(" .;,\t")
    if not body or not _RELATION.search(body) or _is_prose(body, names):
        return
    piece = source.part(start + skip, start + skip + len(body))
    line = Line(body, None, 0, piece.place(0, len(body)))
    try:
        relation, formula = plain_start(piece, names)
        if relation and previous is None:
            raise Misread(f"the line starts with {relation} and there is no line before it", line.where)
    except Misread as misread:
        if "=" in body:
            more = " ".join(misread.more.split("\n"))
            yield replace(line, problem=f"{misread.place}: {misread.message}" + (f" ({more})" if more else ""))
        return
    chains = (
        formula.factors if isinstance(formula, Product) and any(isinstance(x, Chain) for x in formula.factors) else ()
    )
    for i, part in enumerate(chains or (formula,)):
        if i == 0 and relation and previous is not None:
            yield replace(line, formula=continued(relation, previous, part), continues=True)
        else:
            yield replace(line, formula=part, where=part.where if chains else line.where)


def _is_prose(text: str, names: frozenset[str]) -> bool:
    """Whether two words of a language stand side by side."""
    last = -2
    for found in _WORD.finditer(text):
        word = found[0]
        if word in FUNCTIONS or word in GREEK_NAMES or word in BIG or word in names or word in ("in", "np"):
            continue
        if text[last : found.start()].strip(" ,") == "" and last > 0:
            return True
        last = found.end()
    return False
