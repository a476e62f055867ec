"""A text with its file name, and the errors that point into it.

Lives here: characters and lines, before any grammar: what may stand in a text at all, and how a mistake is shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from symrnn.errors import LanguageError

LONGEST_TEXT = 20_000  # characters; the longest cell of the literature needs 1,500
_WIDEST_QUOTE = 120  # characters of a line that are shown with an error

_WRITE_INSTEAD = {
    **dict.fromkeys("−–—\N{HYPHEN}\N{NON-BREAKING HYPHEN}", "-"),
    **dict.fromkeys("×∘⊙⋅·•\N{ASTERISK OPERATOR}", "* (elementwise product), @ (matrix product) or, in a size, x"),
    **dict.fromkeys("⊘÷\N{DIVISION SLASH}\N{FRACTION SLASH}", "/"),
    **dict.fromkeys("ᵀ′\N{DOWN TACK}", ".T"),
    **dict.fromkeys("²³¹⁴⁵⁶⁷⁸⁹", "** and the exponent"),
    **dict.fromkeys("₀₁₂₃₄₅₆₇₈₉ₜ", "_ and the subscript, or [t-1]"),
    **dict.fromkeys("σς", "sigmoid"),
    **dict.fromkeys("\N{NO-BREAK SPACE}\N{THIN SPACE}\N{IDEOGRAPHIC SPACE}", "an ordinary space"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A text and where it comes from. Lines and columns count from 1, columns in characters."""

    file: str
    text: str

    def error(self, line: int, column: int, message: str, more: str = "") -> LanguageError:
        """Return the error that points at a place: message, the line with a caret, and `more` below it."""
        quote, caret = self._quoted(line, column)
        parts = [f"{self.file}:{line}:{column}: {message}"]
        if quote.strip():
            parts += [f"    {quote}", "    " + " " * caret + "^"]
        parts += [f"  {row}" for row in more.splitlines()]
        return LanguageError("\n".join(parts))

    def line(self, number: int) -> str:
        """Return a line, without its end; "" past the last one."""
        lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def _quoted(self, line: int, column: int) -> tuple[str, int]:
        full = "".join(char if char.isprintable() else " " for char in self.line(line))
        shift = max(0, column - 1 - _WIDEST_QUOTE + 20)
        clipped = full[shift : shift + _WIDEST_QUOTE]
        indent = len(clipped) - len(clipped.lstrip())
        return clipped[indent:].rstrip(), max(0, column - 1 - shift - indent)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean tanh?`, or "" when nothing that is known looks like the word."""
    close = get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def open_page(text: str, file: str) -> Page:
    """Return a text ready for the grammar: no byte-order mark, lines that end in one newline each, no odd characters.

    Raises:
        LanguageError: it is too long, or a character may not stand where it stands.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    page = Page(file, plain if plain.endswith("\n") else plain + "\n")
    if len(plain) > LONGEST_TEXT:
        raise page.error(1, 1, f"the text has {len(plain)} characters; at most {LONGEST_TEXT} are read")
    for number, line in enumerate(page.text.split("\n"), start=1):
        _check_characters(page, number, line)
    return page


def _check_characters(page: Page, number: int, line: str) -> None:
    free = _free_text_from(line)
    for column, char in enumerate(line, start=1):
        if char == "\t" or " " <= char <= "~":
            continue
        if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029":
            name = unicodedata.name(char, "a control character")
            raise page.error(number, column, f"found U+{ord(char):04X} ({name}), which cannot be seen; remove it")
        if column - 1 < free:
            raise page.error(number, column, _refusal(char))


def _free_text_from(line: str) -> int:
    """Return where a line may hold any letters: after `#`, or after `title:`, `source:` and `about:`."""
    word, colon, _ = line.partition(":")
    if colon and word.strip(" \t") in ("title", "source", "about"):
        return len(word)
    return line.find("#") if "#" in line else len(line)


def _refusal(char: str) -> str:
    found = f"found {char} (U+{ord(char):04X}, {unicodedata.name(char, 'unnamed')}); equations are written in ASCII"
    if char in _WRITE_INSTEAD:
        return f"{found}: write {_WRITE_INSTEAD[char]}"
    letter = unicodedata.name(char, "")
    plain = unicodedata.normalize("NFKD", char)[0]
    if plain.isascii() and plain.isalnum():
        return f"{found}: it looks like {plain} but is another letter"
    if letter.startswith("GREEK"):
        return f"{found}: write its name in letters, such as {letter.rsplit(' ', 1)[-1].lower()}"
    return f"{found}: write names with letters, digits and underscores"
