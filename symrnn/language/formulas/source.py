"""A piece of a text that knows where it stands: places, limits and errors. Nothing here knows a grammar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from symrnn.errors import LanguageError
from symrnn.language.formulas.nodes import Place
from symrnn.language.page import Page

LONGEST_DOCUMENT = 200_000  # characters
LONGEST_FORMULA = 20_000  # characters, macros of the document written out
DEEPEST = 60  # brackets, scripts and arguments inside one another
MOST_SIGNS = 8_000  # terminals of one formula


class Misread(Exception):
    """What is wrong with a formula and where, before it is put into the words of a `LanguageError`."""

    def __init__(self, message: str, place: Place, more: str = "") -> None:
        super().__init__(message)
        self.message, self.place, self.more = message, place, more


@dataclass(frozen=True, slots=True)
class Source:
    """Characters to read: `offsets` says where each stands in the page, `breaks` where the lines of the page start."""

    page: Page
    text: str
    offsets: Sequence[int]
    breaks: Sequence[int]

    def place(self, start: int, end: int) -> Place:
        """Return where the characters from start to end stand in the page."""
        first = self.offsets[min(start, len(self.offsets) - 1)]
        last = self.offsets[min(max(end - 1, start), len(self.offsets) - 1)] + 1
        line = bisect_right(self.breaks, first)
        return Place(line, first - self.breaks[line - 1] + 1, first, max(first, last))

    def part(self, start: int, end: int) -> Source:
        """Return the characters from start to end, which keep their places."""
        return Source(self.page, self.text[start:end], self.offsets[start : end + 1], self.breaks)

    def error(self, found: Misread) -> LanguageError:
        """Return the error that points at where something was misread."""
        return self.page.error(max(found.place.line, 1), max(found.place.column, 1), found.message, found.more)


def open_source(text: str, where: str, longest: int) -> Source:
    """Return a text ready to be read.

    Raises:
        LanguageError: it is too long.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    page = Page(where, plain)
    if len(plain) > longest:
        raise page.error(1, 1, f"the text has {len(plain)} characters; at most {longest} are read")
    breaks = [0, *(i + 1 for i, char in enumerate(plain) if char == "\n")]
    return Source(page, plain, range(len(plain) + 1), breaks)
