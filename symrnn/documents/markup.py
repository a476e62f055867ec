"""The small markup of running text, read into pieces. `plain` in `document` is its inverse for literal text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symrnn.documents.document import MARKUP
from symrnn.documents.mathematics import spoken
from symrnn.errors import SymrnnError


@dataclass(frozen=True, slots=True)
class Words:
    """Literal text."""

    text: str


@dataclass(frozen=True, slots=True)
class Mathematics:
    """Inline LaTeX, without its dollars."""

    latex: str


@dataclass(frozen=True, slots=True)
class Code:
    """Literal text in a typewriter face."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to what has this label."""

    label: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Stressed text."""

    inside: tuple[Inline, ...]


Inline = Words | Mathematics | Code | Reference | Emphasis

_PIECE = re.compile(
    r"""(?P<escaped>\\[\\$*`@])
      | \$(?P<mathematics>(?:[^\\$]|\\.)+)\$
      | `(?P<code>(?:[^\\`]|\\.)+)`
      | @\((?P<label>[^()\s]+)\)
      | \*(?P<emphasis>(?:[^\\*$`]|\\.|\$(?:[^\\$]|\\.)+\$|`(?:[^\\`]|\\.)+`)+)\*
      | (?P<words>[^\\$*`@]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ONLY_TEXT = re.compile(r"\\text\{([^{}\\$]*)\}")
_ESCAPED = re.compile(r"\\([\\$*`@])")


def parse(text: str) -> tuple[Inline, ...]:
    """Return the pieces of a text in the markup; neighbouring words are one piece.

    Raises: SymrnnError, where a mark is not closed or a backslash stands before anything but a mark.
    """
    pieces: list[Inline] = []
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise SymrnnError(
                f"text {text!r}, character {position + 1}: {text[position]!r} opens nothing that is closed; "
                f"write \\{text[position]} for the character itself (the marks are {' '.join(MARKUP)})"
            )
        _join(pieces, _inline(match))
        position = match.end()
    return tuple(pieces)


def _inline(match: re.Match[str]) -> Inline:
    body = match[match.lastgroup or 0]
    match match.lastgroup:
        case "mathematics":
            only_text = _ONLY_TEXT.fullmatch(body)
            return Words(only_text[1]) if only_text else Mathematics(body)
        case "code":
            return Code(_ESCAPED.sub(r"\1", body))
        case "label":
            return Reference(body)
        case "emphasis":
            return Emphasis(parse(body))
        case "escaped":
            return Words(body[1:])
        case _:
            return Words(body)


def _join(pieces: list[Inline], piece: Inline) -> None:
    if isinstance(piece, Words) and pieces and isinstance(pieces[-1], Words):
        piece = Words(pieces.pop().text + piece.text)  # type: ignore[union-attr]
    pieces.append(piece)


def words(text: str) -> str:
    """Return the text without its marks, for places that hold nothing but characters."""
    return "".join(_bare(piece) for piece in parse(text))


def _bare(piece: Inline) -> str:
    match piece:
        case Words(text) | Code(text):
            return text
        case Mathematics(latex):
            return spoken(latex)
        case Reference(label):
            return label
        case Emphasis(inside):
            return "".join(_bare(part) for part in inside)


def references(text: str) -> tuple[str, ...]:
    """Return the labels that a text refers to, in order."""
    return tuple(label for piece in parse(text) for label in _labels(piece))


def _labels(piece: Inline) -> tuple[str, ...]:
    match piece:
        case Reference(label):
            return (label,)
        case Emphasis(inside):
            return tuple(label for part in inside for label in _labels(part))
        case _:
            return ()
