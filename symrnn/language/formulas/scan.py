"""What both spellings share when a text is cut into terminals: brackets, bars, single characters, and what is left out at the end.

The order of the terminals is the business of `formula.lark`; macros are in `latex`, words in `plain`.
"""

# ruff: noqa: RUF001 - signs that look like letters are what this is about

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symrnn.language.formulas.signs import (
    BIG,
    COMBINING,
    LETTERS,
    RELATIONS,
    SIGNS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    TRANSPOSES,
)
from symrnn.language.formulas.source import DEEPEST, MOST_SIGNS, Misread, Source

if TYPE_CHECKING:
    from lark import Token

# Terminals after which a formula may end: what follows one is an operator, or stands side by side with it.
ENDS = frozenset({"LETTER", "NUMBER", "WORD", "RBRACE", "RPAR", "RSET", "RANGLE", "RSQB", "CLOSE", "PRIME", "END"})
_CLOSERS = {"(": ("RPAR", ")"), "[": ("RSQB", "]"), "{": ("RBRACE", "}"), "set": ("RSET", r"\}"), "<": ("RANGLE", ">")}
_CLOSERS |= {"|": ("CLOSE", "|"), "||": ("CLOSE", "||"), "begin": ("END", r"\end")}
_OPENERS = {"(": "LPAR", "[": "LSQB", "{": "LBRACE", "set": "LSET", "<": "LANGLE", "|": "OPEN", "||": "OPEN"}
_IDLE = frozenset({"COMMA", "PERIOD", "SEMI", "ROW"})  # left out at the end of a formula
_LETTER_NAMES = frozenset(name for name, _ in LETTERS.values())


@dataclass(frozen=True, slots=True)
class Bracket:
    """An open bracket: its kind, where it stands, whether what it holds is a script, and the first part of a fraction."""

    kind: str
    start: int
    script: bool = False
    fraction: bool = False


class Scanner:
    """The terminals found so far and the brackets that are open."""

    def __init__(self, source: Source, names: frozenset[str]) -> None:
        from lark import Token  # loaded on the first reading

        self.token = Token
        self.source, self.text, self.names = source, source.text, names
        self.tokens: list[Token] = []
        self.brackets: list[Bracket] = []
        self.scripts = 0

    def misread(self, message: str, start: int, more: str = "") -> Misread:
        """Return an error that points at a character."""
        return Misread(message, self.source.place(start, start + 1), more)

    @property
    def last(self) -> str:
        """The type of the terminal before, or ""."""
        return self.tokens[-1].type if self.tokens else ""

    @property
    def in_script(self) -> bool:
        """Whether the next terminal stands in a script."""
        return self.scripts > 0 or self.last in ("SUB", "SUP")

    def emit(self, kind: str, value: str, start: int, end: int) -> None:
        """Add a terminal."""
        if len(self.tokens) >= MOST_SIGNS:
            raise self.misread(f"the formula has more than {MOST_SIGNS} signs; split it", start)
        place = self.source.place(start, end)
        self.tokens.append(
            self.token(kind, value, place.start, place.line, place.column, place.line, place.column, place.end)
        )

    def open(self, kind: str, start: int, end: int) -> None:
        """Add an opening bracket."""
        self.enter(kind, start)
        self.emit(_OPENERS[kind], kind, start, end)

    def enter(self, kind: str, start: int) -> None:
        """Remember that a bracket is open."""
        if len(self.brackets) >= DEEPEST:
            raise self.misread(f"more than {DEEPEST} levels of brackets; name a part of it", start)
        script = self.last in ("SUB", "SUP", "INDEX")
        self.brackets.append(Bracket(kind, start, script, self.last == "FRAC"))
        self.scripts += script

    def close(self, kind: str, start: int, end: int) -> Bracket:
        """Add a closing bracket."""
        if not self.brackets or self.brackets[-1].kind != kind:
            needed = _CLOSERS[self.brackets[-1].kind][1] if self.brackets else "no closing bracket"
            raise self.misread(f"found {_CLOSERS[kind][1]}, needed {needed}", start)
        bracket = self.brackets.pop()
        self.scripts -= bracket.script
        self.emit(*_CLOSERS[kind], start, end)
        return bracket

    def bar(self, kind: str, start: int, end: int, side: str = "") -> None:
        """Add | or ||, which opens or closes: it closes where one is open and an operand has just ended."""
        inside = bool(self.brackets) and self.brackets[-1].kind == kind
        if side == "right" or (side != "left" and inside and self.last in ENDS):
            self.close(kind, start, end)
        else:
            self.open(kind, start, end)

    def script(self, kind: str, text: str, start: int, end: int) -> None:
        """Add a whole script of letters, digits and signs, such as hh or t-1."""
        self.emit(kind, "_" if kind == "SUB" else "^", start, end)
        self.spelt(text, start, end)

    def spelt(self, text: str, start: int, end: int, style: str = "") -> None:
        """Add letters and numbers side by side, as one group: scripts hold letters, not words."""
        self.emit("LBRACE", "{", start, end)
        for piece in re.findall(r"[0-9]+|.", text):
            kind = (
                "NUMBER"
                if piece.isdigit()
                else {"+": "PLUS", "-": "MINUS", "(": "LPAR", ")": "RPAR"}.get(piece, "LETTER")
            )
            kind = "REL" if piece == "=" else kind
            if piece not in " _":
                self.emit(kind, f"{piece}\0{style}" if kind == "LETTER" else piece, start, end)
        self.emit("RBRACE", "}", start, end)

    def letter(self, name: str, start: int, end: int, style: str = "") -> int:
        """Add a letter with the marks that follow it as combining characters; return where it ends."""
        marks = []
        while end < len(self.text) and self.text[end] in COMBINING:
            marks.append(COMBINING[self.text[end]])
            end += 1
        for mark in reversed(marks):
            self.emit("MARK", mark, start, end)
        self.emit("LETTER", f"{name}\0{style}", start, end)
        return end

    def character(self, start: int) -> int:
        """Add what a single character means in both spellings; return where it ends.

        Raises:
            Misread: it means nothing.
        """
        char = self.text[start]
        if char in SUBSCRIPTS or char in SUPERSCRIPTS:
            return self._small(start)
        if char in TRANSPOSES:
            self.emit("SUP", "^", start, start + 1)
            self.emit("WORD", "top", start, start + 1)
        elif char in BIG:
            self.emit("LETTER", f"{BIG[char]}\0big", start, start + 1)
        elif char == "∂" or char == "ⅆ":
            self.emit("LETTER", "partial\0diff" if char == "∂" else "d\0diff", start, start + 1)
        elif char == "∇":
            self.emit("LETTER", "nabla\0nabla", start, start + 1)
        elif char in SIGNS:
            self.sign(SIGNS[char], start, start + 1)
        elif char in RELATIONS:
            self.emit("REL", RELATIONS[char], start, start + 1)
        elif char in "‖∥":
            self.bar("||", start, start + 1)
        elif char == "⟨":
            self.open("<", start, start + 1)
        elif char == "⟩":
            self.close("<", start, start + 1)
        elif char in _PUNCTUATION:
            self.emit(_PUNCTUATION[char][0], _PUNCTUATION[char][1] or char, start, start + 1)
        else:
            return self._other(char, start)
        return start + 1

    def _small(self, start: int) -> int:
        table, kind = (SUBSCRIPTS, "SUB") if self.text[start] in SUBSCRIPTS else (SUPERSCRIPTS, "SUP")
        end = start
        while end < len(self.text) and self.text[end] in table:
            end += 1
        self.script(kind, "".join(table[char] for char in self.text[start:end]), start, end)
        return end

    def _other(self, char: str, start: int) -> int:
        if char in LETTERS:
            name, style = LETTERS[char]
            return self.letter(name, start, start + 1, "fn" if name == "sigma" and "sigma" not in self.names else style)
        plain = unicodedata.normalize("NFKD", char)
        base, marks = plain[0], plain[1:]
        if base in LETTERS:
            base = LETTERS[base][0]
        known = (base.isascii() and base.isalnum()) or base in _LETTER_NAMES
        if known and all(mark in COMBINING for mark in marks):
            for mark in reversed(marks):
                self.emit("MARK", COMBINING[mark], start, start + 1)
            style = "bf" if "BOLD" in unicodedata.name(char, "") else ""
            return self.letter(base, start, start + 1, style)
        name = unicodedata.name(char, "unnamed")
        shown = char if char.isprintable() else f"U+{ord(char):04X}"
        raise self.misread(f"found {shown} ({name}), which has no meaning in a formula", start)

    def sign(self, value: str, start: int, end: int) -> None:
        """Add a sign of a product; alone in brackets or at the start of a script it is a word."""
        after = self.text[end : end + 40].lstrip()
        alone = self.last in ("LPAR", "OPEN") and after[:1] in (")", "|", "\\")
        alone = alone or (not self.tokens and not after)
        if self.last == "SUP" or (self.last == "LBRACE" and self.brackets and self.brackets[-1].script) or alone:
            self.emit("WORD", value, start, end)
        else:
            self.emit("SIGN", value, start, end)

    def plus(self, char: str, start: int) -> None:
        """Add + or -; alone in a script it is a word."""
        after = self.text[start + 1 : start + 40].lstrip()
        opened = self.last == "LBRACE" and bool(self.brackets) and self.brackets[-1].script
        if (opened and after.startswith("}")) or (self.last == "SUP" and char == "+"):
            self.emit("WORD", char, start, start + 1)
        else:
            self.emit("PLUS" if char == "+" else "MINUS", char, start, start + 1)

    def is_script_word(self, end: int) -> bool:
        """Whether a name that ends here is all of a script or the end of it: then it is no function."""
        follows = self.text[end : end + 20].lstrip()[:1]
        return self.last in ("SUB", "SUP") or (self.in_script and follows in ("", "}", ","))

    def separate(self, start: int, end: int) -> None:
        """Add a soft comma: a wide space or words between two formulas; left out again where none is needed."""
        if not self.brackets and self.last in ENDS:
            self.emit("COMMA", "soft", start, end)

    def finish(self) -> list[Token]:
        """Return the terminals, without what is left out.

        Raises:
            Misread: a bracket is open, or there is nothing.
        """
        if self.brackets:
            bracket = self.brackets[-1]
            opener = {"set": r"\{", "begin": r"\begin"}.get(bracket.kind, bracket.kind)
            raise self.misread(f"{opener} is never closed by {_CLOSERS[bracket.kind][1]}", bracket.start)
        while self.last in _IDLE:
            self.tokens.pop()
        if not self.tokens:
            raise self.misread("there is no formula here", 0)
        kept: list[Token] = []
        needless = ("REL", "SIGN", "PLUS", "MINUS", "COMMA", "PERIOD")
        for token, after in zip(self.tokens, [*self.tokens[1:], self.tokens[-1]], strict=True):
            if token.type == "COMMA" and token.value == "soft" and after.type in needless:
                continue
            if token.type in ("COMMA", "PERIOD") and after.type == "COMMA" and after.value == "soft":
                continue
            kept.append(token)
        return kept


_PUNCTUATION = {
    ",": ("COMMA", ","),
    ".": ("PERIOD", "."),
    ":": ("COLON", ":"),
    "−": ("MINUS", "-"),
    "–": ("MINUS", "-"),
    "′": ("PRIME", "'"),
    "'": ("PRIME", "'"),
    "’": ("PRIME", "'"),
    "…": ("WORD", "…"),
    "⋯": ("WORD", "…"),
    "∞": ("WORD", "infty"),
    "⋮": ("WORD", "…"),
    "⋱": ("WORD", "…"),
}
