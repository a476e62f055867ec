r"""LaTeX formulas as syntax trees: `read_latex`. Its macros live here; documents are in `document`, nodes are made in `build`.

Conventions, the same in both spellings:

    a b \cdot c \odot d     factors side by side, \cdot, \times and / bind tighter than \odot, \circ, \ast and @: (a b · c) ⊙ d
    \sum_t a \odot b + c    a sum or product reaches to the end of its term: (Σ a ⊙ b) + c
    \log x_i y              a function without brackets takes the next factor with its scripts: log(x_i) y
    \nabla_W L x            so do ∇, ∂, d and \frac{\partial}{\partial W}: (∇_W L) x
    {…}                     braces do not show: {h_t}^T is h_t^T
    W_{hh}, W_{\text{hh}}   letters and words in scripts are letters side by side
    d x                     a differential, unless `d` is a declared name; in scripts d is a letter, but \mathrm{d}x is not
    W^{\mathsf T}           upright T, \top and \intercal in an upper script are Word("top"); an italic T stays a letter
    a, \quad b = c          wide spaces and words such as \text{for} separate formulas as commas do
"""

from __future__ import annotations

import re

from symrnn.language.formulas.nodes import Formula
from symrnn.language.formulas.scan import ENDS, Scanner
from symrnn.language.formulas.signs import (
    BIG,
    DOTS,
    FONTS,
    FUNCTIONS,
    GREEK_NAMES,
    LATEX_FUNCTIONS,
    LETTERS,
    MARK_MACROS,
    MATRICES,
    REFUSED,
    RELATION_MACROS,
    RELATIONS,
    REMARKS,
    SIGN_TEX,
    SPACES,
    VARIANTS,
    WORDS,
)
from symrnn.language.formulas.source import Source
from symrnn.language.formulas.tree import read_whole, start_of
from symrnn.language.page import did_you_mean

_LETTER_MACROS = {name: name for name in GREEK_NAMES} | VARIANTS
_SIGN_MACROS = {macro[1:]: name for name, macro in SIGN_TEX.items()} | {
    "ast": "*",
    "star": "*",
    "bullet": "cdot",
    "oslash": "/",
}
_FRACTIONS = frozenset({"frac", "tfrac", "dfrac", "cfrac"})
_BARS = {"|": "|", r"\|": "||", "vert": "|", "Vert": "||"}
_SIDED = {"lVert": ("||", "left"), "rVert": ("||", "right"), "lvert": ("|", "left"), "rvert": ("|", "right")}
_BRACKETS = {"langle": "<", "lbrace": "set", "lbrack": "[", "lparen": "("}
_CLOSING = {"rangle": "<", "rbrace": "set", "rbrack": "[", "rparen": "("}
_TOKEN = re.compile(
    r"""(?P<space>[\s&~]+)
    | (?P<row>\\\\(?:[ ]*\[-?[0-9.]+[a-z]{2}\])?)
    | (?P<environment>\\(?:begin|end)[ ]*\{[A-Za-z]+\*?\})
    | (?P<words>\\(?:text(?:it|rm|bf|tt|sf)?|math(?:rm|sf|tt|it)|operatorname\*?|mbox)[ ]*\{[^{}\\$_^]*\})
    | (?P<label>\\(?:label|tag\*?|eqref|ref)[ ]*\{[^{}]*\})
    | (?P<size>\\(?:left|right|middle|[bB]ig{1,2}[lrm]?)[ ]*(?:\\\||\\[lr]?[vV]ert(?![A-Za-z])|[|.<>]))
    | (?P<macro>\\[A-Za-z]+)
    | (?P<control>\\.)
    | (?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
    | (?P<letter>[A-Za-z])
    | (?P<relation>:=|<=|>=|==|!=|\+=|->|=>|[=<>])
    | (?P<dots>\.\.\.?)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_DIRECT = re.compile(r"\s*(?:[A-Za-z(\[∂]|\{|\\(?P<macro>[A-Za-z]+)|(?P<other>[^\x00-\x7f]))")
_CALLED = re.compile(r"[A-Za-z]{3,}(?=\s*(?:\^\s*(?:[0-9]|\{[0-9]+\}))?\s*(?:\\(?:left|[bB]igg?l?)\s*)?\()")
_OPERANDS = (frozenset(FONTS) - {"operatorname"} | set(MARK_MACROS) | set(_LETTER_MACROS) | set(FUNCTIONS)) | {
    "left",
    "big",
    "bigl",
    "Big",
    "Bigl",
}
_NO_FUNCTIONS = frozenset({"sqrt", *MARK_MACROS, *FONTS, *BIG})
_COLUMNS = re.compile(r"\s*\{[clr|@ ]*\}")


class _Latex(Scanner):
    single = False  # whether the next digit is an argument of its own, as in \frac12

    def scan(self) -> None:
        """Cut the whole text into terminals."""
        position = 0
        while position < len(self.text):
            found = _TOKEN.match(self.text, position)
            assert found is not None and found.lastgroup is not None  # the last branch takes any character
            position = self._one(found.lastgroup, found[0], position, found.end())

    def _one(self, kind: str, text: str, start: int, end: int) -> int:
        self.single = self.single and kind in ("space", "number")
        match kind:
            case "space":
                if "&" in text and self.brackets and self.brackets[-1].kind == "begin":
                    self.emit("AMP", "&", start + text.index("&"), end)
            case "row":
                self.emit("ROW", text, start, end)
            case "environment":
                return self._environment(text, start, end)
            case "words":
                self._words(text, start, end)
            case "size":
                self._sized(text, start, end)
            case "macro":
                return self._macro(text[1:], start, end)
            case "control":
                self._control(text, start, end)
            case "number":
                return self._number(text, start, end)
            case "letter":
                return self._one_letter(text, start, end)
            case "relation":
                self._relation(text, start, end)
            case "dots":
                self.emit("WORD", "…", start, end)
            case "other":
                return self._character(text, start)
        return end

    def _environment(self, text: str, start: int, end: int) -> int:
        name = text[text.index("{") + 1 : -1]
        if name not in MATRICES:
            more = (
                "read a whole document to read aligned lines" if name != "cases" else "write one formula for each case"
            )
            raise self.misread(f"\\begin{{{name}}} cannot stand inside a formula", start, more)
        if text.startswith(r"\end"):
            self.close("begin", start, end)
            return end
        self.emit("MATRIX", name, start, end)
        self.enter("begin", start)
        columns = _COLUMNS.match(self.text, end) if name == "array" else None
        return columns.end() if columns else end

    def _words(self, text: str, start: int, end: int) -> None:
        macro, words = text[1 : text.index("{")].strip(), " ".join(text[text.index("{") + 1 : -1].split())
        if words in FUNCTIONS and words not in self.names and not self.is_script_word(end):
            self.emit("LETTER", f"{FUNCTIONS[words]}\0fn", start, end)
        elif re.fullmatch(r"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+", words):
            self.emit("NUMBER", words, start, end)
        elif words == "d" and _DIRECT.match(self.text, end):
            self.emit("LETTER", "d\0diff", start, end)
        elif self.in_script and re.fullmatch(r"[A-Za-z0-9]+", words):
            self.spelt(words, start, end, FONTS[macro])
        elif re.fullmatch(r"[A-Za-z][A-Za-z0-9]*|[01]", words) and words.lower() not in REMARKS:
            glued = re.fullmatch(r"d[A-Za-z]\w*", words) and words not in self.names
            self.emit("LETTER", f"{words}\0{'glued' if glued else FONTS[macro]}", start, end)
        elif not self.brackets and (self.last in ENDS or self.last in ("", "COMMA")):
            self.separate(start, end)
        elif words:
            self.emit("WORD", words, start, end)

    def _sized(self, text: str, start: int, end: int) -> None:
        macro, sign = re.split(r"[ ]*(?=\\\||\\[lr]?[vV]ert|[|.<>]$)", text[1:], maxsplit=1)
        side = "left" if macro == "left" or macro.endswith("l") else "right" if macro.endswith(("right", "r")) else ""
        if sign == ".":
            raise self.misread(
                f"\\{macro}. leaves a bracket open", start, "write both brackets, or say the condition in words"
            )
        if sign == "<" or (sign == ">" and side == "left"):
            self.open("<", start, end)
        elif sign == ">":
            self.close("<", start, end)
        else:
            self.bar("||" if sign == r"\|" or sign.endswith("Vert") else "|", start, end, side)

    def _macro(self, name: str, start: int, end: int) -> int:
        if name in SPACES:
            if name in ("quad", "qquad"):
                self.separate(start, end)
        elif name in _LETTER_MACROS and not (name in FUNCTIONS and name not in self.names):
            self.emit("LETTER", f"{_LETTER_MACROS[name]}\0", start, end)
        elif name in FUNCTIONS and name not in _NO_FUNCTIONS and (name not in self.names or name in LATEX_FUNCTIONS):
            self._function(FUNCTIONS[name], start, end)
        elif name in BIG:
            self.emit("LETTER", f"{name}\0big", start, end)
        elif name in _FRACTIONS:
            self.emit("FRAC", name, start, end)
        elif name in ("partial", "nabla"):
            self.emit("LETTER", f"{name}\0{'diff' if name == 'partial' else name}", start, end)
        elif name in RELATION_MACROS:
            self.emit("REL", RELATION_MACROS[name], start, end)
        elif name in _SIGN_MACROS:
            self.sign(_SIGN_MACROS[name], start, end)
        elif name in FONTS or name in MARK_MACROS or name in ("underbrace", "overbrace", "boxed"):
            kind = "FONT" if name in FONTS else "MARK" if name in MARK_MACROS else "BRACED"
            self.emit(kind, FONTS.get(name) or MARK_MACROS.get(name) or name, start, end)
        elif name in DOTS or name in WORDS:
            self.emit("WORD", "…" if name in DOTS else WORDS[name], start, end)
        else:
            return self._rarer(name, start, end)
        return end

    def _rarer(self, name: str, start: int, end: int) -> int:
        if name in _SIDED:
            self.bar(_SIDED[name][0], start, end, _SIDED[name][1])
        elif name in _BARS:
            self.bar(_BARS[name], start, end)
        elif name in _BRACKETS:
            self.open(_BRACKETS[name], start, end)
        elif name in _CLOSING:
            self.close(_CLOSING[name], start, end)
        elif name == "sqrt" and self.text[end : end + 20].lstrip().startswith("["):
            raise self.misread("only square roots are read", start, "write a power: x^{1/3}")
        elif name == "sqrt":
            self.emit("ROOT", name, start, end)
        elif name in ("mid", "colon"):
            self.emit("COLON", "|" if name == "mid" else ":", start, end)
        elif name == "imath" or name == "jmath":
            self.emit("LETTER", f"{name[0]}\0", start, end)
        elif name in REFUSED:
            raise self.misread(f"\\{name} is not read in a formula", start, REFUSED[name])
        else:
            known = {
                *_LETTER_MACROS,
                *FUNCTIONS,
                *RELATION_MACROS,
                *_SIGN_MACROS,
                *FONTS,
                *MARK_MACROS,
                *SPACES,
                "frac",
            }
            guess = did_you_mean(name, known)
            more = f"write \\mathrm{{{name}}} for a word of that name, or define it with \\newcommand in the document"
            raise self.misread(f"the macro \\{name[:40]} is not known", start, f"{guess}\n{more}".strip())
        return end

    def _function(self, name: str, start: int, end: int) -> None:
        if self.is_script_word(end):
            self.spelt(name, start, end) if name != "sigma" else self.emit("LETTER", "sigma\0", start, end)
        else:
            self.emit("LETTER", f"{name}\0fn", start, end)

    def _control(self, text: str, start: int, end: int) -> None:
        if text == r"\{":
            self.open("set", start, end)
        elif text == r"\}":
            self.close("set", start, end)
        elif text == r"\|":
            self.bar("||", start, end)
        elif text == r"\_":
            raise self.misread(
                r"\_ is a sign of words", start, r"write the name as \mathrm{…} without it, or a subscript"
            )
        elif text[1] not in ",;:!> \n\t-/":
            raise self.misread(f"the macro {text} is not known", start)

    def _number(self, text: str, start: int, end: int) -> int:
        argument = self.last in ("SUB", "SUP", "FRAC", "MARK", "FONT") or self.single
        self.single = argument and self.last == "FRAC"
        if argument:
            end = start + 1
        self.emit("NUMBER", text[: end - start], start, end)
        return end

    def _one_letter(self, text: str, start: int, end: int) -> int:
        word = _CALLED.match(self.text, start) if not self.in_script and self.last != "FONT" else None
        if word is not None and not self.text[start - 1 : start].isalpha():  # diag(…), whose backslash was forgotten
            name = word[0]
            if name in FUNCTIONS and name not in self.names:
                self.emit("LETTER", f"{FUNCTIONS[name]}\0fn", start, word.end())
                return word.end()
        follows = (
            _DIRECT.match(self.text, end) if text == "d" and "d" not in self.names and not self.in_script else None
        )
        operand = follows is not None and (follows["macro"] is None or follows["macro"] in _OPERANDS)
        if operand and follows is not None and follows["other"]:
            operand = follows["other"] in LETTERS
        if self.last == "FONT" or not operand:
            return self.letter(text, start, end)
        self.emit("LETTER", "d\0diff", start, end)
        return end

    def _relation(self, text: str, start: int, end: int) -> None:
        script = self.last in ("SUB", "SUP") or (self.last == "LBRACE" and self.brackets[-1].script)
        if text == "<" and script:
            self.open("<", start, end)
        elif text == ">" and self.brackets and self.brackets[-1].kind == "<":
            self.close("<", start, end)
        else:
            self.emit("REL", RELATIONS[text], start, end)

    def _character(self, char: str, start: int) -> int:
        if char == "{" or char in "([":
            self.open(char, start, start + 1)
        elif char in "}])":
            bracket = self.close({"}": "{", "]": "[", ")": "("}[char], start, start + 1)
            self.single = bracket.fraction
        elif char in "_^":
            self.emit("SUB" if char == "_" else "SUP", char, start, start + 1)
        elif char in "+-":
            self.plus(char, start)
        elif char == "|":
            double = self.text.startswith("||", start)
            self.bar("||" if double else "|", start, start + 1 + double)
            return start + 1 + double
        elif char == ";":
            self.emit(
                "SEMI" if self.brackets and self.brackets[-1].kind == "[" else "COLON" if self.brackets else "COMMA",
                ";",
                start,
                start + 1,
            )
        elif char in "$#%\\":
            raise self.misread(f"found {char}, which cannot stand in a formula", start)
        else:
            return self.character(start)
        return start + 1


def read_latex(text: str, where: str = "formula", names: frozenset[str] = frozenset()) -> Formula:
    r"""Return the tree of one formula: an expression, or relations in order. Several, separated by commas, are a Product with ",".

    Args:
        text: the formula, without the dollars around it.
        where: how errors call the text.
        names: declared names: they are no functions, and `d` among them is no differential.

    Raises:
        LanguageError: it is no formula, has a macro that is not known, or is too long or too deep.
    """
    return read_whole(text, where, names, latex_start)


def latex_start(source: Source, names: frozenset[str]) -> tuple[str, Formula]:
    """Return the relation that a piece of a text starts with, or "", and the tree of the rest.

    Raises:
        Misread: it is no formula.
    """
    scanner = _Latex(source, names)
    scanner.scan()
    return start_of(scanner.finish())
