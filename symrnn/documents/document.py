"""A document: what is told, before it is LaTeX, HTML or Markdown. Pure data; the writers are its only readers.

    document  = Document(title, subtitle, abstract, sections, name)
    section   = Section(title, blocks, label, sections, folded)                  at most three levels
    block     = Paragraph | Listing | Items | Table                              words
              | Display(lines) | Steps(title, lines, folded) | Box(title, lines) mathematics
              | Statement(kind, title, blocks, label)                            theorem, proof, remark ...
              | Figure(name, svg, caption, description, picture)
    line      = Line(left, relation, right, reason, label, number)               one line of an aligned chain

Text is a string in a small markup: `$...$` inline mathematics in LaTeX, `*emphasis*`, `` `code` ``, and `@(label)` a
reference to the line, section, statement or figure of that label. A literal `$`, `*`, `` ` ``, `@` or backslash has a
backslash before it; text from a user goes through `plain`. Everything called a title, caption, reason, abstract, item
or cell of a table is text; `left`, `relation` and `right` are LaTeX; listings, names, labels and descriptions are
verbatim.
"""

from __future__ import annotations

from dataclasses import dataclass

MARKUP = "\\$*`@"
KINDS = ("Theorem", "Lemma", "Proof", "Remark", "Assumption", "Definition")
DEEPEST = 3
BREAK = r"\linebreakhere"


def plain(text: str) -> str:
    """Return the markup that reads as exactly this text."""
    return "".join(f"\\{character}" if character in MARKUP else character for character in text)


@dataclass(frozen=True, slots=True)
class Line:
    r"""`left relation right`, with the reason for it at the right. An empty left continues the chain above.

    `right` may hold `\linebreakhere` where it may be broken: outside every brace and every `\left ... \right`. A line
    with a label has a number, which is printed as given: `7` or `7.2`.
    """

    left: str
    relation: str
    right: str
    reason: str = ""
    label: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Text as it is in a file, in a typewriter face."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A bulleted list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a head; every row is as long as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Display:
    """An aligned chain of equations."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """A chain that a reader may pass over: closed at first, if `folded`, where the format can fold."""

    title: str
    lines: tuple[Line, ...]
    folded: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """The result, framed."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing: `svg` for HTML and Markdown, `picture` for LaTeX, where a figure without one is left out.

    `name` is the name of its file and the label to refer to it; `description` is for readers who cannot see it.
    """

    name: str
    svg: str
    caption: str
    description: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A theorem, lemma, proof, remark, assumption or definition. All but proofs are numbered, each kind by itself."""

    kind: str
    title: str
    blocks: tuple[Block, ...]
    label: str = ""


Block = Paragraph | Listing | Items | Table | Display | Steps | Box | Figure | Statement


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part. `folded` closes it at first, where the format can fold."""

    title: str
    blocks: tuple[Block, ...]
    label: str = ""
    sections: tuple[Section, ...] = ()
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The whole: `name` is the stem of the files, the rest is read by people."""

    title: str
    subtitle: str
    abstract: str
    sections: tuple[Section, ...]
    name: str = "derivation"
