"""A document as LaTeX: one file for pdflatex that needs amsmath and Latin Modern, and compiles without a warning."""

from __future__ import annotations

from typing import assert_never

from symrnn.documents.document import (
    Block,
    Box,
    Display,
    Document,
    Figure,
    Items,
    Line,
    Listing,
    Paragraph,
    Section,
    Statement,
    Steps,
    Table,
)
from symrnn.documents.markup import Code, Emphasis, Inline, Mathematics, Reference, Words, parse, words
from symrnn.documents.mathematics import check, relaxed
from symrnn.documents.measure import filled, hangs, printed_width, shares, unbreakable_width, width
from symrnn.documents.references import Index, anchor, index
from symrnn.documents.tex import bookmark, escape, escape_code, guarded
from symrnn.rendering import render

MEASURE = 37.5  # the width of a display in ems: 152 mm at 11 pt, less indentation and slack
_FRAME = 36.0  # the same inside the frame of a result
_RELATION = 1.4
_INDENT = 2.0
_ROOM_FOR_REASON = 25.0
_FRAMED_LINES = 14
_ROWS_TOGETHER = 20
_LEVELS = ("section", "subsection", "subsubsection")


def to_latex(document: Document) -> str:
    """Return the document as a LaTeX file.

    Raises: SymrnnError, for an unknown or repeated label, text outside the markup, or a formula that is none.
    """
    known = index(document)
    return render(
        "latex/document.tex.j2",
        pdf_title=bookmark(words(document.title)),
        title=_text(document.title, known),
        subtitle=_text(document.subtitle, known),
        abstract=_text(document.abstract, known),
        body="".join(_section(section, known, 0) for section in document.sections),
    )


def _text(text: str, known: Index) -> str:
    return "".join(_inline(piece, known) for piece in parse(text))


def _inline(piece: Inline, known: Index) -> str:
    match piece:
        case Words(text):
            return escape(text)
        case Mathematics(latex):
            return f"${guarded(relaxed(check(latex)))}$"
        case Code(text):
            return rf"\code{{{escape_code(text)}}}"
        case Emphasis(inside):
            return rf"\emph{{{''.join(_inline(part, known) for part in inside)}}}"
        case Reference(label):
            target = known.targets[label]
            return rf"\hyperref[{target.anchor}]{{{target.text.replace(' ', '~')}}}"
        case _:
            assert_never(piece)


def _section(section: Section, known: Index, level: int) -> str:
    title = _text(section.title, known)
    if "$" in section.title:
        title = rf"\texorpdfstring{{{title}}}{{{bookmark(words(section.title))}}}"
    head = rf"\{_LEVELS[level]}{{{title}}}\label{{{known.anchor(section)}}}"
    inner = "".join(_section(part, known, level + 1) for part in section.sections)
    return f"{head}\n\n{_blocks(section.blocks, known)}{inner}"


def _blocks(blocks: tuple[Block, ...], known: Index, after_words: bool = False) -> str:
    """Write blocks; a chain belongs to the paragraph before it, if words come before it."""
    written = ""
    for position, block in enumerate(blocks):
        if isinstance(block, Display):
            if isinstance(blocks[position - 1], Paragraph) if position else after_words:
                written = f"{written.rstrip()}\n" if position else ""
            else:
                written += "\\chainfirst\n"
        part = _block(block, known)
        written += f"{part}\n\n" if part else ""
    return written


def _block(block: Block, known: Index) -> str:
    match block:
        case Paragraph(text):
            return _text(text, known)
        case Listing():
            return _listing(block)
        case Items(items):
            entries = "".join(f"  \\item {_text(item, known)}\n" for item in items)
            return f"\\begin{{itemize}}\n{entries}\\end{{itemize}}"
        case Table():
            return _table(block, known)
        case Display(lines):
            return _chain(lines, known, MEASURE)
        case Steps(title, lines):
            return f"\\begin{{steps}}{{{_text(title, known)}}}\n{_chain(lines, known, MEASURE)}\n\\end{{steps}}"
        case Box():
            return _result(block, known)
        case Statement():
            return _statement(block, known)
        case Figure():
            return _figure(block, known)
        case _:
            assert_never(block)


def _listing(listing: Listing) -> str:
    lines = listing.text.rstrip("\n").split("\n")
    return "\\begin{listing}\n" + "".join(f"{_code_line(line)}\n" for line in lines) + "\\end{listing}"


def _code_line(line: str) -> str:
    bare = line.lstrip(" ")
    indent = "~" * (len(line) - len(bare))
    code = escape_code(bare).replace("  ", r"~\ ")
    return rf"\codeline{{{indent}{code}}}"


def _table(table: Table, known: Index) -> str:
    """Write a table; a long one breaks over pages."""
    columns = _columns(table)
    apart = "[3pt]" if "P" in columns else ""
    rows = "".join(f"  {_row(row, known)} \\\\{apart}\n" for row in table.rows)
    head = f"  \\toprule\n  {_row(table.head, known)} \\\\\n  \\midrule\n"
    caption = f"\n\n\\smallskip\n{{\\small {_text(table.caption, known)}\\par}}" if table.caption else ""
    if len(table.rows) > _ROWS_TOGETHER or "P" in columns:
        centred = f"\\begin{{center}}{caption.strip()}\\end{{center}}" if caption else ""
        body = f"{head}\\endhead\n{rows}  \\bottomrule\n"
        return f"\\begin{{longtable}}{{@{{}}{columns}@{{}}}}\n{body}\\end{{longtable}}\n{centred}"
    body = f"\\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n{head}{rows}  \\bottomrule\n\\end{{tabular}}"
    return f"\\begin{{exhibit}}\n{body}{caption}\n\\end{{exhibit}}"


def _columns(table: Table) -> str:
    """Return the columns of a table: as wide as their text if there is room, else paragraphs that share it."""
    lines = (table.head, *table.rows)
    wanted = [max(printed_width(row[column]) for row in lines) for column in range(len(table.head))]
    least = [max(unbreakable_width(row[column]) for row in lines) for column in range(len(table.head))]
    room = MEASURE + 1.0 - 1.2 * len(wanted)
    if sum(wanted) <= room:
        return "l" * len(wanted)
    widths = zip(shares(wanted, least, room), wanted, strict=True)
    return "".join("l" if wide >= want else f"P{{{wide:.1f}em}}" for wide, want in widths)


def _row(cells: tuple[str, ...], known: Index) -> str:
    return " & ".join(_text(cell, known) for cell in cells)


def _result(box: Box, known: Index) -> str:
    name = "result" if len(box.lines) <= _FRAMED_LINES else "longresult"
    return f"\\begin{{{name}}}{{{_text(box.title, known)}}}\n{_chain(box.lines, known, _FRAME)}\n\\end{{{name}}}"


def _statement(statement: Statement, known: Index) -> str:
    proof = statement.kind == "Proof"
    head = statement.kind if proof else f"{statement.kind}~{known.number(statement)}"
    title = f" \\textmd{{({_text(statement.title, known)})}}" if statement.title else ""
    label = rf"\phantomsection\label{{{anchor('thm', statement.label)}}}" if statement.label else ""
    body = _blocks(statement.blocks, known, True).rstrip("\n")
    end = r"\qed" if proof else ""
    return f"\\begin{{statement}}{{{head}{title}.}}{label}\n{body}{end}\n\\end{{statement}}"


def _figure(figure: Figure, known: Index) -> str:
    if not figure.picture:
        return ""
    label = rf"\phantomsection\label{{{anchor('fig', figure.name)}}}"
    caption = f"{{\\small \\textbf{{Figure~{known.number(figure)}.}} {_text(figure.caption, known)}\\par}}"
    return f"\\begin{{figure}}[htbp]\n\\centering\n{label}{figure.picture}\n\n\\medskip\n{caption}\n\\end{{figure}}"


def _chain(lines: tuple[Line, ...], known: Index, measure: float) -> str:
    left = max((width(line.left) for line in lines if not hangs(line, measure)), default=0.0) + _RELATION
    rows = " \\\\\n".join(_line(line, known, measure, measure - left) for line in lines)
    return f"\\begin{{align*}}\n{rows}\n\\end{{align*}}"


def _line(line: Line, known: Index, measure: float, room: float) -> str:
    """Write a line: its left side on a row of its own, if that leaves the right side too little room."""
    start, indent = f"{guarded(check(line.left))} " if line.left else "", ""
    rows = []
    if hangs(line, measure):
        rows.append(rf"  \mathrlap{{{start}}}")
        start, indent, room = "", r"\quad ", min(room, measure - _RELATION - 1.0)
    first, *rest = filled(line.right, room, room - _INDENT)
    rows.append(f"  {start}&{indent}{check(line.relation)} {guarded(first)}")
    rows += [f"  &{indent}\\qquad {{}}{guarded(row)}" for row in rest]
    return " \\\\\n".join(rows) + _tag(line, known)


def _tag(line: Line, known: Index) -> str:
    number = f"({escape(line.number)})" if line.number else ""
    reason = rf"\reason{{{_text(line.reason, known)}}}" if line.reason else ""
    if reason and printed_width(line.reason) > _ROOM_FOR_REASON:
        reason = rf"\parbox{{{_ROOM_FOR_REASON:g}em}}{{\raggedleft{reason}}}"
    if not (number or reason):
        return ""
    label = rf"\label{{{anchor('eq', line.label)}}}" if line.label else ""
    content = r"\quad ".join(part for part in (reason, number) if part)
    return f" \\tag*{{{content}}}{label}"
