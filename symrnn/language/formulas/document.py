r"""Documents as formulas in order: `read_document`. It finds where formulas stand; what they say is read by `latex` and `plain`.

A row that starts with a relation goes on from the row before: its chain begins with the last part of that one. Rows that start
with + or another operator and have no relation of their own belong to the row before. A row of several formulas is several Lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from symrnn.errors import LanguageError
from symrnn.language.formulas.latex import latex_start
from symrnn.language.formulas.macros import Macro, definitions, written_out
from symrnn.language.formulas.nodes import Chain, Formula, Line, Product
from symrnn.language.formulas.prose import formula_lines
from symrnn.language.formulas.source import LONGEST_DOCUMENT, LONGEST_FORMULA, Misread, Source, open_source
from symrnn.language.formulas.tree import continued

_DISPLAYS = (
    "equation|align|aligned|alignat|alignedat|gather|gathered|multline|eqnarray|displaymath|math|flalign|split|dmath"
)
_WRAPPERS = re.compile(rf"\\(?:begin|end)[ ]*\{{(?:{_DISPLAYS})\*?\}}(?:\[[tbc]\])?(?:\{{[0-9]+\}})?")
_START = re.compile(
    r"(?<!\\)(?:\\\\)*(?P<dollars>\$\$|\$)|\\(?P<bracket>[\[(])"
    rf"|\\begin[ ]*\{{(?P<environment>(?:{_DISPLAYS})\*?)\}}"
)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_CODE = re.compile(r"```[^`]*(?:`{1,2}[^`]+)*```|`[^`\n]+`")
_LABEL = re.compile(r"\\(?:label|tag\*?)[ ]*\{([^{}]*)\}")
_LATEX = re.compile(r"\$|\\\[|\\\(|\\begin[ ]*\{|\\[A-Za-z]{2,}")
_NESTING = re.compile(r"\\\\(?:[ ]*\[-?[0-9.]+[a-z]{2}\])?|\\begin[ ]*\{|\\end[ ]*\{|\\.|[{}]", re.DOTALL)
_GOES_ON = re.compile(r"(?:[\s&]|\\quad|\\qquad|\\[,;! ])*(?:[+\-−]|\\(?:cdot|times|odot|circ)(?![A-Za-z]))")
_RELATION = re.compile(r"[=<>≤≥≈]|\\(?:le|ge|leq|geq|approx|equiv|triangleq|propto|Rightarrow|implies)(?![A-Za-z])")
_OPEN_END = re.compile(r"(?:[=+\-]|\\(?:cdot|times|odot|circ|le|ge|leq|geq|approx))[\s&]*$")
_WORDS_KEPT = 300  # characters
_LONGEST_INLINE = 4_000  # characters of a formula inside of a line of text


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Where a formula of a document stands: its inside, the whole with its delimiters, and whether it stands alone."""

    start: int
    end: int
    first: int
    last: int
    display: bool
    environment: str = ""


def read_document(
    text: str, names: frozenset[str] = frozenset(), kind: str = "auto", where: str = "document"
) -> tuple[Line, ...]:
    """Return every formula of a document, in order. One that cannot be read says why in its `problem`.

    Args:
        text: LaTeX, a part of it, Markdown with formulas between dollars, or plain text with a formula on a line.
        names: declared names, as for `read_latex`.
        kind: "latex", "text", or "auto" to decide by what stands in it.
        where: how errors call the text.

    Raises:
        LanguageError: the text is too long, or the kind is not known.
    """
    source = open_source(text, where, LONGEST_DOCUMENT)
    if kind not in ("auto", "latex", "text"):
        raise LanguageError(f"a document of the kind {kind!r} is not known; the kinds are auto, latex, text")
    if kind == "text" or (kind == "auto" and not _LATEX.search(source.text)):
        return tuple(formula_lines(source, names))
    return tuple(_latex_lines(source, names))


def _latex_lines(source: Source, names: frozenset[str]) -> Iterator[Line]:
    text = _blanked(source.text)
    macros, places = definitions(text)
    for first, last in places:
        text = text[:first] + _spaces(text[first:last]) + text[last:]
    chunks = list(_chunks(text)) or [_Chunk(0, len(text), 0, len(text), True)]
    number, before_end = 0, 0
    for chunk in chunks:
        words = " ".join(text[before_end : chunk.first].split())[-_WORDS_KEPT:]
        before_end = chunk.last
        previous: Formula | None = None
        for first, row in _rows(text, chunk):
            for line in _row_lines(source, row, first, macros, names, previous):
                number += 1
                yield replace(line, number=number, display=chunk.display, words=words)
                words = ""
                previous = line.formula or previous


def _blanked(text: str) -> str:
    """Return a text of the same length without comments and code."""
    if r"\documentclass" in text or r"\begin{document}" in text:
        text = _COMMENT.sub(lambda found: _spaces(found[0]), text)
        return re.sub(
            r"\\begin\{(verbatim|lstlisting)\}.*?\\end\{\1\}", lambda found: _spaces(found[0]), text, flags=re.DOTALL
        )
    return _CODE.sub(lambda found: _spaces(found[0]), text) if "`" in text else text


def _spaces(text: str) -> str:
    return "".join("\n" if char == "\n" else " " for char in text)


def _chunks(text: str) -> Iterator[_Chunk]:
    position = 0
    missing: set[str] = set()  # what does not occur any more is not looked for again
    while found := _START.search(text, position):
        position = start = found.end()
        opening = found["dollars"] or found["bracket"] or found["environment"]
        closing = {"$$": "$$", "$": "$", "[": r"\]", "(": r"\)"}.get(opening, f"\\end{{{opening}}}")
        end = -1 if closing in missing else _closing(text, start, closing, missing)
        if end >= 0:
            position = end + len(closing)
            display = opening not in ("$", "(", "math")
            yield _Chunk(start, end, found.start(), position, display, found["environment"] or "")


def _closing(text: str, start: int, closing: str, missing: set[str]) -> int:
    """Return where a formula ends, or -1; one inside of a line of text ends in its paragraph."""
    inline = closing in ("$", r"\)")
    limit = min(len(text), start + _LONGEST_INLINE) if inline else len(text)
    end = text.find(closing, start, limit)
    while end > 0 and closing[0] == "$" and text[end - 1] == "\\":
        end = text.find(closing, end + 1, limit)
    if end < 0 and limit == len(text):
        missing.add(closing)
    return -1 if inline and end >= 0 and "\n\n" in text[start:end] else end


def _rows(text: str, chunk: _Chunk) -> Iterator[tuple[int, str]]:
    r"""Return the rows of a formula and where they stand: split at \\ outside of braces and matrices, joined where one goes on."""
    inside = _cleaned(text[chunk.start : chunk.end])
    rows: list[tuple[int, int]] = []
    depth, begin = 0, 0
    for found in _NESTING.finditer(inside):
        if found[0].startswith("\\\\") and depth <= 0:
            rows.append((begin, found.start()))
            begin = found.end()
        elif found[0] == "}":
            depth -= 1  # also that of \\end{…}, whose { is not counted
        elif found[0][-1] == "{" and found[0][:2] not in (r"\{", r"\e"):
            depth += 2 if found[0].startswith(r"\begin") else 1
    rows.append((begin, len(inside)))
    joined: list[tuple[int, str]] = []
    for first, last in rows:
        row = inside[first:last]
        if not row.strip(" \n\t&"):
            continue
        goes_on = chunk.environment.startswith("multline") or (_GOES_ON.match(row) and not _RELATION.search(row))
        if joined and (goes_on or _OPEN_END.search(joined[-1][1])):
            start, before = joined[-1]
            between = first - start - len(before)
            joined[-1] = (start, before + " " * between + row)
        else:
            joined.append((first, row))
    for first, row in joined:
        yield chunk.start + first, row


def _cleaned(text: str) -> str:
    """Return rows of the same length without comments and the environments that only arrange them."""
    text = _COMMENT.sub(lambda found: _spaces(found[0]), text)
    return _WRAPPERS.sub(lambda found: _spaces(found[0]), text)


def _row_lines(
    source: Source, text: str, start: int, macros: dict[str, Macro], names: frozenset[str], previous: Formula | None
) -> Iterator[Line]:
    label = found[1] if (found := _LABEL.search(text)) else ""
    clean = _LABEL.sub(lambda one: _spaces(one[0]), text)
    lead = len(clean) - len(clean.lstrip(" \n\t&"))
    clean = clean.strip(" \n\t&")
    if not clean:
        return
    offset = start + lead
    piece = Source(source.page, clean, source.offsets[offset : offset + len(clean) + 1], source.breaks)
    line = Line(clean, None, 0, piece.place(0, len(clean)), label)
    try:
        if len(clean) > LONGEST_FORMULA:
            raise Misread(f"the formula has {len(clean)} characters; at most {LONGEST_FORMULA} are read", line.where)
        relation, formula = latex_start(written_out(piece, macros), names)
        if relation and previous is None:
            raise Misread(f"the row starts with {relation} and there is no row before it", line.where)
    except Misread as misread:
        yield replace(line, problem=problem(misread))
        return
    parts = (
        formula.factors if isinstance(formula, Product) and any(isinstance(x, Chain) for x in formula.factors) else None
    )
    for i, part in enumerate(parts or (formula,)):
        if i == 0 and relation and previous is not None:
            yield replace(line, formula=continued(relation, previous, part), continues=True)
        else:
            yield replace(line, formula=part, where=line.where if parts is None else part.where)


def problem(misread: Misread) -> str:
    """Return what is wrong in one sentence, with its place."""
    more = " ".join(misread.more.split("\n"))
    return f"{misread.place}: {misread.message}" + (f" ({more})" if more else "")
