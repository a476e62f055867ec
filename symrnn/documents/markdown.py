"""A document as GitHub's Markdown, readable raw as well: fenced mathematics, drawings as files beside the text."""

from __future__ import annotations

import html
import re
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
from symrnn.documents.mathematics import check
from symrnn.documents.measure import filled, hangs, width
from symrnn.documents.references import Index, anchor, index, numbered
from symrnn.documents.references import blocks as blocks_of
from symrnn.errors import SymrnnError

_MEASURE = 36.0
_INDENT = 2.0
_ACTIVE = re.compile(r"([\\`*_{}\[\]<>#|~$!&@])")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$)", re.MULTILINE)
_OPERATOR = re.compile(r"\\operatorname\*?\s*\{([^{}]*)\}")


def to_markdown(document: Document) -> dict[str, str]:
    """Return the files by name: `<document.name>.md`, and one `.svg` per figure.

    Raises: SymrnnError, for an unknown or repeated label, text outside the markup, or a formula that is none.
    """
    known = index(document)
    head = [f"# {_text(document.title, known)}"]
    head += [f"*{_text(document.subtitle, known)}*"] if document.subtitle else []
    head += [_text(document.abstract, known)] if document.abstract else []
    body = (_section(section, known, 2) for section in document.sections)
    files = {f"{document.name}.md": "\n\n".join((*head, _contents(document, known), *body)) + "\n"}
    for block in blocks_of(document):
        if isinstance(block, Figure):
            files[_file(block)] = block.svg
    return files


def _file(figure: Figure) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", figure.name):
        raise SymrnnError(
            f"figure {figure.name!r}: the name of a file needs letters, digits, dots, dashes, underscores"
        )
    return f"{figure.name}.svg"


def _text(text: str, known: Index) -> str:
    return "".join(_inline(piece, known) for piece in parse(text))


def _inline(piece: Inline, known: Index) -> str:
    match piece:
        case Words(text):
            return escape(text)
        case Mathematics(latex):
            return f"$`{_dialect(latex)}`$"
        case Code(text):
            return _code(text)
        case Emphasis(inside):
            return f"*{''.join(_inline(part, known) for part in inside)}*"
        case Reference(label):
            target = known.targets[label]
            return f"[{target.text}](#{target.anchor})"
        case _:
            assert_never(piece)


def escape(text: str) -> str:
    """Return running text whose every character prints as itself."""
    return _LINE_START.sub(r"\1\\\2", _ACTIVE.sub(r"\\\1", text))


def _code(text: str) -> str:
    fence = _fence(text, 1)
    room = " " if "`" in text else ""
    return f"{fence}{room}{text}{room}{fence}"


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * (longest + 1 if longest >= least else least)


def _dialect(latex: str) -> str:
    """Return a formula in the commands that GitHub's renderer allows: neither `operatorname` nor `bm`."""
    spelled = _OPERATOR.sub(r"\\mathop{\\mathrm{\1}}\\nolimits", check(latex))
    spelled = spelled.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    return spelled.replace(r"\bm{", r"\boldsymbol{").replace(r"\bm ", r"\boldsymbol ").replace(r"\coloneqq", ":=")


def _contents(document: Document, known: Index) -> str:
    return "\n".join(
        f"{'  ' * number.count('.')}- [{number} {_text(section.title, known)}](#{known.anchor(section)})"
        for number, section in numbered(document.sections)
    )


def _section(section: Section, known: Index, level: int) -> str:
    title = f"{known.section(section)} {_text(section.title, known)}"
    head = f'<a id="{known.anchor(section)}"></a>\n\n{"#" * level} {title}'
    inner = [_section(part, known, level + 1) for part in section.sections]
    body = "\n\n".join((*(_block(block, known) for block in section.blocks), *inner))
    if section.folded:
        body = f"<details>\n<summary>Show</summary>\n\n{body}\n\n</details>"
    return f"{head}\n\n{body}"


def _block(block: Block, known: Index) -> str:
    match block:
        case Paragraph(text):
            return _text(text, known)
        case Listing(text, language):
            fence = _fence(text, 3)
            return f"{fence}{re.sub('[^A-Za-z0-9+-]', '', language)}\n{text.rstrip()}\n{fence}"
        case Items(items):
            return "\n".join(f"- {_text(item, known)}" for item in items)
        case Table():
            return _table(block, known)
        case Display(lines):
            return _chain(lines, known)
        case Steps(title, lines, folded):
            state = "" if folded else " open"
            head = f"<details{state}>\n<summary><i>{html.escape(words(title))}</i></summary>"
            return f"{head}\n\n{_chain(lines, known)}\n\n</details>"
        case Box(title, lines):
            return "\n".join(
                f"> {line}".rstrip() for line in f"**{_text(title, known)}**\n\n{_chain(lines, known)}".split("\n")
            )
        case Statement():
            return _statement(block, known)
        case Figure():
            return _figure(block, known)
        case _:
            assert_never(block)


def _table(table: Table, known: Index) -> str:
    rows = (table.head, tuple("---" for _ in table.head), *table.rows)
    written = [" | ".join(_cell(cell, known) for cell in row) for row in rows]
    body = "\n".join(f"| {row} |" for row in written)
    return f"{body}\n\n{_text(table.caption, known)}" if table.caption else body


def _cell(text: str, known: Index) -> str:
    written = _text(text, known).replace("\n", " ")
    return re.sub(r"(?<!\\)\|", r"\\|", written)


def _statement(statement: Statement, known: Index) -> str:
    proof = statement.kind == "Proof"
    count = "" if proof else f" {known.number(statement)}"
    title = f" ({_text(statement.title, known)})" if statement.title else ""
    place = f'<a id="{anchor("thm", statement.label)}"></a>' if statement.label else ""
    head = f"{place}**{statement.kind}{count}**{title}." if title else f"{place}**{statement.kind}{count}.**"
    match statement.blocks:
        case (Paragraph(text), *rest):
            parts = [f"{head} {_text(text, known)}", *(_block(block, known) for block in rest)]
        case blocks:
            parts = [head, *(_block(block, known) for block in blocks)]
    return "\n\n".join((*parts, "□") if proof else parts)


def _figure(figure: Figure, known: Index) -> str:
    place = f'<a id="{anchor("fig", figure.name)}"></a>'
    caption = f"**Figure {known.number(figure)}.** {_text(figure.caption, known)}"
    return f"{place}\n\n![{escape(figure.description)}]({_file(figure)})\n\n{caption}"


def _chain(lines: tuple[Line, ...], known: Index) -> str:
    places = "".join(f'<a id="{anchor("eq", line.label)}"></a>' for line in lines if line.label)
    left = max((width(line.left) for line in lines if not hangs(line, _MEASURE)), default=0.0)
    rows = " \\\\\n".join(_line(line, known, _MEASURE - left) for line in lines)
    body = f"```math\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n```"
    return f"{places}\n\n{body}" if places else body


def _line(line: Line, known: Index, room: float) -> str:
    """Write a line: its left side on a row of its own, if that leaves the right side too little room."""
    start = f"{_dialect(line.left)} " if line.left else ""
    rows = []
    if hangs(line, _MEASURE):
        rows.append(rf"&{start}")
        start = ""
    first, *rest = (_dialect(row) for row in filled(line.right, room, room - _INDENT))
    rows += [f"{start}&{_dialect(line.relation)} {first}", *(f"&\\qquad {{}}{row}" for row in rest)]
    reason = "".join(_in_mathematics(piece, known) for piece in parse(line.reason))
    number = rf"\text{{({_bare(line.number)})}}" if line.number else ""
    notes = rf" &&{reason}" if reason else ""
    if number:
        notes = f"{notes or ' &&'} &&{number}"
    return " \\\\\n".join(rows) + notes


def _in_mathematics(piece: Inline, known: Index) -> str:
    match piece:
        case Words(text):
            return rf"\text{{{_bare(text)}}}"
        case Mathematics(latex):
            return _dialect(latex)
        case Code(text):
            return rf"\texttt{{{_bare(text)}}}"
        case Emphasis(inside):
            return "".join(_in_mathematics(part, known) for part in inside)
        case Reference(label):
            return rf"\text{{{_bare(known.targets[label].text)}}}"
        case _:
            assert_never(piece)


def _bare(text: str) -> str:
    """Return text for the inside of a LaTeX text command, in signs that need no escape and mean nothing there."""
    swapped = {
        "\\": "\u2216",
        "{": "(",
        "}": ")",
        "$": "\uff04",
        "^": "\u02c6",
        "~": "\u223c",
        "`": "\u2019",
        "\n": " ",
    }
    escaped = {"#": r"\#", "%": r"\%", "&": r"\&", "_": r"\_"}
    return "".join(swapped.get(character) or escaped.get(character, character) for character in text)
