"""What a document's labels stand for: numbers of sections, statements and figures, and every reference resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symrnn.documents.document import (
    DEEPEST,
    KINDS,
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
from symrnn.documents.markup import references
from symrnn.errors import SymrnnError


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference prints and leads to: `(7)`, `Section 2.1`, `Theorem 1`, `Figure 1`."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Index:
    """The targets by label, and the numbers of what is numbered by its place."""

    targets: Mapping[str, Target]
    sections: Mapping[int, str]
    blocks: Mapping[int, int]

    def section(self, section: Section) -> str:
        """Return the number of a section, `2.1`."""
        return self.sections[id(section)]

    def number(self, block: Statement | Figure) -> int:
        """Return the number of a statement among those of its kind, or of a figure."""
        return self.blocks[id(block)]

    def anchor(self, section: Section) -> str:
        """Return the anchor of a section, which it has with or without a label."""
        return anchor("sec", section.label or self.section(section))


def anchor(kind: str, label: str) -> str:
    """Return an identifier that is valid in LaTeX, HTML and an address, and differs for different labels."""
    return f"{kind}:" + re.sub(r"[^A-Za-z0-9_.-]", lambda match: f":{ord(match[0]):x}:", label)


def numbered(sections: tuple[Section, ...], prefix: str = "") -> Iterator[tuple[str, Section]]:
    """Yield every section with its number, in reading order."""
    for position, section in enumerate(sections, start=1):
        yield f"{prefix}{position}", section
        yield from numbered(section.sections, f"{prefix}{position}.")


def blocks(document: Document) -> Iterator[Block]:
    """Yield every block in reading order, those inside statements after the statement."""
    for _, section in numbered(document.sections):
        yield from _within(section.blocks)


def _within(outer: tuple[Block, ...]) -> Iterator[Block]:
    for block in outer:
        yield block
        if isinstance(block, Statement):
            yield from _within(block.blocks)


def lines(block: Block) -> tuple[Line, ...]:
    """Return the lines of a block, none for words."""
    return block.lines if isinstance(block, Display | Steps | Box) else ()


def _texts(block: Block) -> tuple[str, ...]:
    match block:
        case Paragraph(text):
            return (text,)
        case Items(items):
            return items
        case Table(head, rows, caption):
            return (*head, *(cell for row in rows for cell in row), caption)
        case Display():
            return tuple(line.reason for line in block.lines)
        case Steps() | Box():
            return (block.title, *(line.reason for line in block.lines))
        case Statement():
            return (block.title,)
        case Figure():
            return (block.caption,)
        case Listing():
            return ()


def _targets(document: Document, counts: Mapping[int, int]) -> Iterator[tuple[str, Target]]:
    for number, section in numbered(document.sections):
        if section.label:
            yield section.label, Target(f"Section {number}", anchor("sec", section.label))
    for block in blocks(document):
        if isinstance(block, Statement) and block.label:
            name = block.kind if block.kind == "Proof" else f"{block.kind} {counts[id(block)]}"
            yield block.label, Target(name, anchor("thm", block.label))
        if isinstance(block, Figure):
            yield block.name, Target(f"Figure {counts[id(block)]}", anchor("fig", block.name))
        for line in lines(block):
            if line.label:
                yield line.label, Target(f"({line.number})", anchor("eq", line.label))


def _counts(document: Document) -> dict[int, int]:
    numbers: dict[int, int] = {}
    last: dict[str, int] = {}
    for block in blocks(document):
        if isinstance(block, Statement | Figure):
            kind = block.kind if isinstance(block, Statement) else "Figure"
            numbers[id(block)] = last[kind] = last.get(kind, 0) + 1
    return numbers


def _check_blocks(document: Document) -> None:
    for block in blocks(document):
        match block:
            case Statement(kind) if kind not in KINDS:
                kinds = ", ".join(KINDS)
                raise SymrnnError(f"document {document.name}: a statement of kind {kind!r}; the kinds are {kinds}")
            case Table(head, rows) if any(len(row) != len(head) for row in rows):
                raise SymrnnError(f"document {document.name}: a row of the table {head} has not {len(head)} cells")
            case Display() | Steps() | Box() if not block.lines:
                raise SymrnnError(f"document {document.name}: a {type(block).__name__} without lines; leave it out")
            case Items(()) | Table(()):
                raise SymrnnError(f"document {document.name}: an empty {type(block).__name__}; leave it out")
            case _:
                pass
        for line in lines(block):
            if line.label and not line.number:
                raise SymrnnError(f"document {document.name}: line {line.label!r} has a label and no number")


def _check_references(document: Document, targets: Mapping[str, Target]) -> None:
    texts = [("abstract", document.abstract), ("title", document.title), ("subtitle", document.subtitle)]
    texts += [(f"section {number}", section.title) for number, section in numbered(document.sections)]
    texts += [(type(block).__name__.lower(), text) for block in blocks(document) for text in _texts(block)]
    for where, text in texts:
        for label in references(text):
            if label not in targets:
                raise SymrnnError(f"document {document.name}, {where} {text!r}: nothing has the label {label!r}")


def index(document: Document) -> Index:
    """Return what the labels stand for, having checked the document.

    Raises: SymrnnError, for an unknown or repeated label, a label without a number, a ragged table, an unknown kind of
    statement, an empty block, or sections nested too deep.
    """
    sections = {id(section): number for number, section in numbered(document.sections)}
    for number in sections.values():
        if number.count(".") >= DEEPEST:
            raise SymrnnError(f"document {document.name}: section {number} is nested deeper than {DEEPEST} levels")
    _check_blocks(document)
    counts = _counts(document)
    targets: dict[str, Target] = {}
    for label, target in _targets(document, counts):
        if label in targets:
            known = targets[label].text
            raise SymrnnError(f"document {document.name}: the label {label!r} is on {known} and again on {target.text}")
        targets[label] = target
    _check_references(document, targets)
    return Index(targets, sections, counts)
