r"""Formulas in plain text as syntax trees: `read_plain`. Words and their subscripts live here; the nodes are made in `build`.

The tree is that of the LaTeX that says the same (see `latex` for what binds tighter). What is written differently:

    W_hh h_next x_1 n_{y}   W_{hh} h_{next} x_1 n_y: a subscript is letters side by side, or one Greek name (W_alpha)
    h_t-1                   h_t minus 1; h_{t-1} is the step before
    h[t-1] W_xh[0,0]        an index in brackets that touch what they belong to: a subscript in brackets, h_{[t-1]}
    loss dW                 words are one letter; Wx is W x if all its letters are declared and it is not
    dL/dh_t, d L / d h_t    a derivative; dW_hh alone stays the letter dW with the subscript hh; d x with a space is a differential
    A.T  Aᵀ                 the transpose, Word("top"); A^T stays a letter T
    a * b, a @ b            elementwise or by a number; matrix product. Both stand between whole products: a * W h is a * (W h)
    x**2 x^2 x^(t) x²       an upper script
    sum_{t=1}^{T} a, sum(t=1..T) a, Σ_t a
    {a + b}/{c}             \frac{a + b}{c}: braces do not show
"""

from __future__ import annotations

import re
import unicodedata

from symrnn.language.formulas.nodes import Formula
from symrnn.language.formulas.scan import ENDS, Scanner
from symrnn.language.formulas.signs import BIG, COMBINING, FUNCTIONS, GREEK_NAMES, LETTERS, RELATIONS
from symrnn.language.formulas.source import Source
from symrnn.language.formulas.tree import read_whole, start_of

_TOKEN = re.compile(
    r"""(?P<space>[\s~]+)
    | (?P<words>"[^"\n]*")
    | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![A-Za-z0-9_]))?)
    | (?P<name>(?:(?:np|torch|math|jnp|F)\.(?=[A-Za-z]{2}))?[A-Za-z][A-Za-z0-9]*)
    | (?P<transpose>\.T(?![A-Za-z0-9_]))
    | (?P<power>\*\*|\^)
    | (?P<relation>:=|<=|>=|==|!=|\+=|-=(?!=)|->|<-|=>|[=<>])
    | (?P<dots>\.\.\.|\.\.)
    | (?P<bars>\|\|?)
    | (?P<set>\\[{}])
    | (?P<over>\}[ ]*/[ ]*\{)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_RUN = re.compile(r"[A-Za-z0-9]+")
_OPERAND = re.compile(r"[ ]+(?:[A-Za-z({\[]|[^\x00-\x7f ])")
_COUNTED = re.compile(r"\s*\(\s*[A-Za-z]\w*\s*=[^()=\n]{1,80}?\.\.")
_INDEXED = frozenset({"LETTER", "RBRACE", "RPAR", "RSQB", "WORD", "PRIME"})


class _Plain(Scanner):
    counted = 0  # how many brackets were open where sum(k=1..T) began, plus 1

    def scan(self) -> None:
        """Cut the whole text into terminals."""
        position = 0
        while position < len(self.text):
            found = _TOKEN.match(self.text, position)
            assert found is not None and found.lastgroup is not None  # the last branch takes any character
            position = self._one(found.lastgroup, found[0], position, found.end())

    def _one(self, kind: str, text: str, start: int, end: int) -> int:
        match kind:
            case "words":
                self.emit("WORD", text[1:-1], start, end)
            case "number":
                self.emit("NUMBER", text, start, end)
            case "name":
                return self._name(text.rpartition(".")[2], start, end)
            case "transpose":
                self.emit("SUP", "^", start, end)
                self.emit("WORD", "top", start, end)
            case "power":
                return self._raised(start, end)
            case "relation":
                self._relation(text, start, end)
            case "dots" if self.last in ENDS and self.last != "WORD" and text == "..":
                self.emit("COLON", "..", start, end)
            case "dots":
                self.emit("WORD", "…", start, end)
            case "bars":
                self.bar(text, start, end)
            case "set" if text == r"\{":
                self.open("set", start, end)
            case "set":
                self.close("set", start, end)
            case "over":
                self._over(start, end)
            case "other":
                return self._character(text, start)
        return end

    def _name(self, name: str, start: int, end: int) -> int:
        if self.in_script:
            return self._in_script(name, start, end)
        marked = end < len(self.text) and self.text[end] in COMBINING
        if name in FUNCTIONS and name not in self.names and not marked:
            return self._function(FUNCTIONS[name], start, end)
        if name in BIG and name not in self.names:
            self.emit("LETTER", f"{name}\0big", start, end)
            return end
        if name == "d" and "d" not in self.names and self._before_operand(end):
            self.emit("LETTER", "d\0diff", start, end)
            return end
        if len(name) > 1 and name not in self.names and all(letter in self.names for letter in name):
            for i in range(len(name)):
                self.emit("LETTER", f"{name[i]}\0", start + i, start + i + 1)
            return end
        if name in ("in", "inf", "infty"):
            self.emit("REL" if name == "in" else "WORD", "in" if name == "in" else "infty", start, end)
            return end
        glued = re.fullmatch(r"d[A-Za-z]\w*", name) and name not in self.names and name not in GREEK_NAMES
        return self.letter(name, start, end, "glued" if glued else "rm" if len(name) > 1 else "")

    def _before_operand(self, end: int) -> bool:
        """Whether an operand follows: behind a space, or a bracket or another alphabet at once."""
        found = _OPERAND.match(self.text, end) or _OPERAND.match(
            " " + self.text[end : end + 1] if self.text[end:] else ""
        )
        if found is None or (self.text[end : end + 1].isascii() and self.text[end : end + 1].isalnum()):
            return False
        char = found[0][-1]
        return char.isascii() or char in LETTERS or unicodedata.category(char)[0] == "L" or char == "∂"

    def _function(self, name: str, start: int, end: int) -> int:
        if name == "sum":
            counted = _COUNTED.match(self.text, end)
            if counted is not None or not self.text[end : end + 20].lstrip().startswith("("):
                self.emit("LETTER", "sum\0big", start, end)
                if counted is not None:
                    return self._count(end)
                return end
        self.emit("LETTER", f"{name}\0fn", start, end)
        return end

    def _count(self, end: int) -> int:
        opening = self.text.index("(", end)
        self.emit("SUB", "_", end, opening)
        self.open("{", opening, opening + 1)
        self.counted = len(self.brackets)
        return opening + 1

    def _in_script(self, name: str, start: int, end: int) -> int:
        called = len(name) > 2 and name in FUNCTIONS and not self.is_script_word(end)
        if called:
            self.emit("LETTER", f"{FUNCTIONS[name]}\0fn", start, end)
        elif name == "in" and self.last in ENDS:
            self.emit("REL", "in", start, end)
        elif name in BIG and self.text[end : end + 1] == "_":
            self.emit("LETTER", f"{name}\0big", start, end)
        elif len(name) == 1 or (name in GREEK_NAMES and len(name) > 2):
            return self.letter(name, start, end)
        else:
            self.spelt(name, start, end)
        return end

    def _raised(self, start: int, end: int) -> int:
        self.emit("SUP", "^", start, end)
        minus = re.compile(r"[-−]\s*(?:[0-9]+(?:\.[0-9]+)?|[A-Za-z])").match(self.text, end)
        if minus is not None:
            self.spelt("-" + minus[0][1:].strip(), end, minus.end())
            return minus.end()
        return end

    def _relation(self, text: str, start: int, end: int) -> None:
        if text == "<" and (self.last in ("SUB", "SUP") or (self.last == "LBRACE" and self.brackets[-1].script)):
            self.open("<", start, end)
        elif text == ">" and self.brackets and self.brackets[-1].kind == "<":
            self.close("<", start, end)
        else:
            self.emit("REL", RELATIONS[text], start, end)

    def _over(self, start: int, end: int) -> None:
        bracket = self.close("{", start, start + 1)
        if bracket.script:
            self.emit("SIGN", "/", start + 1, end - 1)
        else:
            self.emit("BAR", "/", start + 1, end - 1)
        self.open("{", end - 1, end)

    def _character(self, char: str, start: int) -> int:
        touches = start > 0 and not self.text[start - 1].isspace() and self.last in _INDEXED
        if char == "[" and touches and not self.tokens[-1].value.endswith(("\0fn", "\0diff")):
            self.emit("INDEX", "[", start, start + 1)
            self.enter("[", start)
        elif char == "_":
            return self._below(start)
        elif char in "([{":
            self.open(char, start, start + 1)
        elif char in ")]}":
            kind = {"}": "{", "]": "[", ")": "("}[char]
            if kind == "(" and self.counted and self.counted == len(self.brackets):
                self.counted, kind = 0, "{"
            self.close(kind, start, start + 1)
        elif char in "+-−–":
            self.plus("+" if char == "+" else "-", start)
        elif char == ";":
            in_list = self.brackets and self.brackets[-1].kind == "["
            self.emit("SEMI" if in_list else "COLON" if self.brackets else "COMMA", ";", start, start + 1)
        elif char == "\\":
            raise self.misread("found \\, which is LaTeX; this is read as plain text", start)
        else:
            return self.character(start)
        return start + 1

    def _below(self, start: int) -> int:
        self.emit("SUB", "_", start, start + 1)
        run = _RUN.match(self.text, start + 1)
        if run is None:
            return start + 1
        word, end = run[0], run.end()
        if end < len(self.text) and self.text[end] in COMBINING and len(word) == 1:
            return self.letter(word, start + 1, end)
        if word in GREEK_NAMES and len(word) > 2:
            return self.letter(word, start + 1, end)
        self.spelt(word, start + 1, end)
        return end


def read_plain(text: str, where: str = "formula", names: frozenset[str] = frozenset()) -> Formula:
    r"""Return the tree of one formula in plain text. Several, separated by commas, are a Product with ",".

    Args:
        text: the formula, on one line.
        where: how errors call the text.
        names: declared names: they are no functions, and `d` among them is no differential.

    Raises:
        LanguageError: it is no formula, or is too long or too deep.
    """
    return read_whole(text, where, names, plain_start)


def plain_start(source: Source, names: frozenset[str]) -> tuple[str, Formula]:
    """Return the relation that a piece of a text starts with, or "", and the tree of the rest.

    Raises:
        Misread: it is no formula.
    """
    scanner = _Plain(source, names)
    scanner.scan()
    return start_of(scanner.finish())
