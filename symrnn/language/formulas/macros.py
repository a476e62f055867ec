r"""The macros a document defines: \newcommand and \def, with or without arguments, written out within hard limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symrnn.language.formulas.source import LONGEST_FORMULA, Misread, Source

_MOST_MACROS = 300
_LONGEST_BODY = 1_000  # characters
_DEEPEST = 20  # macros inside one another
_MOST_USES = 2_000  # in one formula
_DEFINITION = re.compile(r"\\(newcommand|renewcommand|providecommand|DeclareMathOperator|def)\*?(?![A-Za-z])\s*")
_NAME = re.compile(r"\{\s*\\([A-Za-z]+)\s*\}|\\([A-Za-z]+)")
_COUNT = re.compile(r"\s*\[([1-9])\]")
_HASHES = re.compile(r"(?:#[1-9])*")
_USE = re.compile(r"\\([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of a document: how many arguments it takes and what stands for it, with #1, #2, …"""

    arguments: int
    body: str


def definitions(text: str) -> tuple[dict[str, Macro], list[tuple[int, int]]]:
    """Return the macros a text defines and where; what is defined in another way is left alone."""
    macros: dict[str, Macro] = {}
    places: list[tuple[int, int]] = []
    position = 0
    while (found := _DEFINITION.search(text, position)) and len(macros) < _MOST_MACROS:
        position = found.end()
        name = _NAME.match(text, position)
        if name is None:
            continue
        counted = (_HASHES if found[1] == "def" else _COUNT).match(text, name.end())
        start = counted.end() if counted else name.end()
        body = balanced(text, start, _LONGEST_BODY)
        if body is None:
            continue
        count = 0 if counted is None else len(counted[0]) // 2 if found[1] == "def" else int(counted[1])
        inside = text[body[0] + 1 : body[1] - 1]
        inside = f"\\operatorname{{{inside}}}" if found[1] == "DeclareMathOperator" else inside
        macros[name[1] or name[2]] = Macro(count, inside)
        places.append((found.start(), body[1]))
        position = body[1]
    return macros, places


def balanced(text: str, start: int, longest: int) -> tuple[int, int] | None:
    """Return from where to where the next group in braces goes, or None."""
    while start < len(text) and text[start].isspace():
        start += 1
    if text[start : start + 1] != "{":
        return None
    depth = 0
    position = start
    while position < min(len(text), start + longest):
        char = text[position]
        depth += (char == "{") - (char == "}")
        position += 2 if char == "\\" else 1
        if depth == 0:
            return start, position
    return None


def written_out(source: Source, macros: dict[str, Macro]) -> Source:
    """Return a piece of a text without macros of the document.

    Raises:
        Misread: a macro calls itself, lacks an argument, or the formula becomes too long.
    """
    text, offsets = source.text, list(source.offsets)
    uses = 0
    for _ in range(_DEEPEST + 1):
        pieces: list[str] = []
        places: list[int] = []
        position = 0
        for found in _USE.finditer(text):
            if found[1] not in macros or found.start() < position:
                continue
            uses += 1
            pieces.append(text[position : found.start()])
            places += offsets[position : found.start()]
            position = _replace(source, text, offsets, found, macros[found[1]], pieces, places)
            if uses > _MOST_USES or len(places) > LONGEST_FORMULA:
                raise Misread(
                    "the macros of the formula become too long", source.place(0, 1), "write it with fewer of them"
                )
        if not pieces:
            return source if not uses else Source(source.page, text, offsets, source.breaks)
        text = "".join(pieces) + text[position:]
        offsets = places + offsets[position:]
    raise Misread(
        f"macros are more than {_DEEPEST} deep, or one of them calls itself",
        source.place(0, 1),
        "write it without them",
    )


def _replace(
    source: Source,
    text: str,
    offsets: list[int],
    found: re.Match[str],
    macro: Macro,
    pieces: list[str],
    places: list[int],
) -> int:
    """Add what stands for a use of a macro; return where the use ends."""
    here = offsets[found.start()]
    end = found.end()
    arguments: list[tuple[int, int]] = []
    for _ in range(macro.arguments):
        while end < len(text) and text[end].isspace():
            end += 1
        group = balanced(text, end, LONGEST_FORMULA)
        one = _USE.match(text, end)
        if group is None and end >= len(text):
            place = source.place(0, 1)
            raise Misread(f"the macro \\{found[1]} needs {macro.arguments} arguments in braces", place)
        inside = (group[0] + 1, group[1] - 1) if group else (end, one.end() if one else end + 1)
        arguments.append(inside)
        end = group[1] if group else inside[1]
    for piece in re.findall(r"#[1-9]|[^#]+|#", macro.body):
        index = int(piece[1]) - 1 if len(piece) == 2 and piece[0] == "#" else len(arguments)
        if index < len(arguments):
            first, last = arguments[index]
            pieces.append(text[first:last])
            places += offsets[first:last]
        else:
            pieces.append(piece)
            places += [here] * len(piece)
    if end < len(text) and text[end].isalpha() and pieces and re.search(r"\\[A-Za-z]+$", pieces[-1]):
        pieces.append(" ")
        places.append(here)
    return end
