"""A document as one HTML file: mathematics as MathML, no script, nothing loaded from elsewhere."""

from __future__ import annotations

import re
from html import escape
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
from symrnn.documents.mathematics import factors, joined, mathml, pieces, relaxed, terms
from symrnn.documents.measure import hangs, printed_width, width
from symrnn.documents.references import Index, anchor, index
from symrnn.rendering import render

_ROOM = 31.0  # ems that a line and its reason may take beside each other
_TOUCHING = re.compile(r"(?P<before>[^\s<>]*)<math[ >].*?</math>(?P<after>[^\s<>]*)", re.DOTALL)
_HYPHENED = re.compile(r"(?<![\w<\"-])[A-Za-z]+-[a-z]+(?![^<]*>)")  # outside of tags: back-propagation in a title
_SMALL_ROOM, _SMALL_LEFT = 16.0, 5.5  # what a small screen has, and what it can give to a left side


def to_html(document: Document) -> str:
    """Return the document as a complete HTML file.

    Raises: SymrnnError, for an unknown or repeated label, text outside the markup, or a formula that is none.
    """
    known = index(document)
    subtitle, abstract = _text(document.subtitle, known), _text(document.abstract, known)
    return render(
        "html/document.html.j2",
        style=render("html/style.css"),
        window_title=escape(words(document.title)),
        title=_HYPHENED.sub(r'<span class="kept">\g<0></span>', _text(document.title, known)),
        subtitle=f'<p class="subtitle">{subtitle}</p>\n' if subtitle else "",
        abstract=f'<p class="abstract">{abstract}</p>\n' if abstract else "",
        contents=_contents(document.sections, known),
        body="".join(_section(section, known, 2) for section in document.sections),
    )


def _text(text: str, known: Index) -> str:
    """Return a text with each formula kept on one line with what touches it: browsers break before the comma after a formula."""
    return _TOUCHING.sub(_kept, "".join(_inline(piece, known) for piece in parse(text)))


def _kept(found: re.Match[str]) -> str:
    return f'<span class="kept">{found[0]}</span>' if found["before"] or found["after"] else found[0]


def _inline(piece: Inline, known: Index) -> str:
    match piece:
        case Words(text):
            return escape(text)
        case Mathematics(latex):
            return _mathematics(latex, False)
        case Code(text):
            return f"<code>{escape(text)}</code>"
        case Emphasis(inside):
            return f"<em>{''.join(_inline(part, known) for part in inside)}</em>"
        case Reference(label):
            target = known.targets[label]
            return f'<a class="ref" href="#{escape(target.anchor)}">{escape(target.text)}</a>'
        case _:
            assert_never(piece)


def _mathematics(latex: str, display: bool) -> str:
    return mathml(relaxed(latex), display)


def _contents(sections: tuple[Section, ...], known: Index) -> str:
    entries = "".join(
        f'<li><a href="#{escape(known.anchor(section))}"><span class="count">{known.section(section)}</span>'
        f"{_text(section.title, known)}</a>{_contents(section.sections, known)}</li>\n"
        for section in sections
    )
    return f"<ol>\n{entries}</ol>\n" if entries else ""


def _section(section: Section, known: Index, level: int) -> str:
    name = escape(known.anchor(section))
    count = f'<span class="count">{known.section(section)}</span>'
    head = f'<h{level} id="{name}">{count}{_text(section.title, known)}</h{level}>'
    inner = "".join(_section(part, known, level + 1) for part in section.sections)
    body = f"{_blocks(section.blocks, known)}{inner}"
    if section.folded:
        return f'<details class="part"><summary>{head}</summary>\n{body}</details>\n'
    return f'<section aria-labelledby="{name}">\n{head}\n{body}</section>\n'


def _blocks(blocks: tuple[Block, ...], known: Index) -> str:
    return "".join(f"{_block(block, known)}\n" for block in blocks)


def _block(block: Block, known: Index) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{_text(text, known)}</p>"
        case Listing(text, language):
            kind = f' class="language-{escape(language)}"' if language else ""
            return f'<pre tabindex="0"><code{kind}>{escape(text)}</code></pre>'
        case Items(items):
            return "<ul>\n" + "".join(f"<li>{_text(item, known)}</li>\n" for item in items) + "</ul>"
        case Table():
            return _table(block, known)
        case Display(lines):
            return _chain(lines, known)
        case Steps(title, lines, folded):
            state = "" if folded else " open"
            head = f"<summary>{_text(title, known)}</summary>"
            return f'<details class="steps"{state}>{head}\n{_chain(lines, known)}\n</details>'
        case Box(title, lines):
            return f'<div class="result">\n<p class="title">{_text(title, known)}</p>\n{_chain(lines, known)}\n</div>'
        case Statement():
            return _statement(block, known)
        case Figure():
            return _figure(block, known)
        case _:
            assert_never(block)


def _table(table: Table, known: Index) -> str:
    head = "".join(f'<th scope="col">{_text(cell, known)}</th>' for cell in table.head)
    rows = "".join(f"<tr>{''.join(f'<td>{_text(cell, known)}</td>' for cell in row)}</tr>\n" for row in table.rows)
    caption = f"<figcaption>{_text(table.caption, known)}</figcaption>\n" if table.caption else ""
    body = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n"
    return f'<figure>\n<div class="scroll" tabindex="0">\n<table>\n{body}</table>\n</div>\n{caption}</figure>'


def _statement(statement: Statement, known: Index) -> str:
    proof = statement.kind == "Proof"
    count = "" if proof else f" {known.number(statement)}"
    title = f" <span>({_text(statement.title, known)})</span>" if statement.title else ""
    head = f'<span class="kind">{statement.kind}{count}{title}.</span>'
    name = f' id="{escape(anchor("thm", statement.label))}"' if statement.label else ""
    first, rest = _opening(statement, known)
    end = '<span class="qed" aria-label="end of proof">□</span>\n' if proof else ""
    return f'<div class="statement {statement.kind.lower()}"{name}>\n<p>{head}{first}</p>\n{rest}{end}</div>'


def _opening(statement: Statement, known: Index) -> tuple[str, str]:
    match statement.blocks:
        case (Paragraph(text), *rest):
            return _text(text, known), _blocks(tuple(rest), known)
        case blocks:
            return "", _blocks(blocks, known)


def _figure(figure: Figure, known: Index) -> str:
    name = escape(anchor("fig", figure.name))
    drawing = (
        f'<div class="drawing" role="img" aria-label="{escape(figure.description)}">\n{figure.svg.strip()}\n</div>'
    )
    caption = f'<b class="ref">Figure {known.number(figure)}.</b> {_text(figure.caption, known)}'
    return f'<figure id="{name}">\n{drawing}\n<figcaption>{caption}</figcaption>\n</figure>'


def _chain(lines: tuple[Line, ...], known: Index) -> str:
    return '<div class="chain">\n' + "".join(_line(line, known) for line in lines) + "</div>"


def _line(line: Line, known: Index) -> str:
    name = escape(anchor("eq", line.label))
    number = escape(f"({line.number})") if line.number else ""
    if line.label:
        number = f'<a href="#{name}">{number}</a>'
    cells = (
        ("left", _mathematics(line.left, True) if line.left else ""),
        ("right", f'<span class="relation">{_mathematics(line.relation, True)}</span>{_right(line.right)}'),
        ("reason", _text(line.reason, known)),
        ("number", number),
    )
    written = "".join(f'<div class="{kind}">{content}</div>' for kind, content in cells if content)
    here = f' id="{name}"' if line.label else ""
    return f'<div class="line{_room(line)}"{here}>{written}</div>\n'


def _room(line: Line) -> str:
    """Return the classes that tell where there is no room: for a reason, for a left side, on a small screen."""
    left, right = width(line.left), width(joined(line.right))
    beside = line.reason and left + right + printed_width(line.reason) <= _ROOM
    kinds = {
        "wide": not beside,
        "unnumbered": not beside and not line.number,
        "hung": hangs(line, _ROOM),
        "hung-small": hangs(line, _SMALL_ROOM, _SMALL_LEFT),
    }
    return "".join(f" {kind}" for kind, holds in kinds.items() if holds)


def _right(latex: str) -> str:
    """Return a right-hand side that wraps: at its marked breaks first, then between terms, then between factors."""
    written = []
    for position, piece in enumerate(pieces(latex)):
        first, *rest = terms(relaxed(piece))
        parts = [_term(first, position > 0), *(_term(term, True) for term in rest)]
        written.append(f'<span class="piece">{"<wbr>".join(parts)}</span>')
    return "<wbr>".join(written)


def _term(latex: str, joins: bool) -> str:
    """Return one term; an empty group before its sign tells that the sign joins it to the term before."""
    first, *rest = factors(latex)
    written = [_mathematics(f"{{}}{first}" if joins else first, True)]
    written += (_mathematics(f"{{}}{factor}", True) for factor in rest)
    return f'<span class="term">{"<wbr>".join(written)}</span>'
