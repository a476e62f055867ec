r"""How letters, signs and brackets are spelt, in LaTeX and in plain text: the leaves of `write`. No precedence here."""

# ruff: noqa: D102, RUF001 - signs that look like letters are what this is about; `Spelling` only lists them

from __future__ import annotations

import re
from typing import Protocol

from symrnn.language.formulas.nodes import Derivative, Entries, Formula, Group, Letter, Number, Product, Scripted
from symrnn.language.formulas.signs import (
    FUNCTIONS,
    GREEK_NAMES,
    LATEX_FUNCTIONS,
    MARKS,
    RELATION_PLAIN,
    RELATION_TEX,
    SIGN_PLAIN,
    SIGN_TEX,
)

_TALL = ("\\frac", "\\sum", "\\prod", "\\begin", "\\left")
_UPRIGHT = re.compile(r"\\mathrm\{[A-Za-z]+\}$")
_STYLES = {"cal": "mathcal", "bb": "mathbb", "bf": "mathbf", "rm": "mathrm"}


class Spelling(Protocol):
    """What differs between LaTeX and plain text."""

    nabla: str
    transposed: str

    def letter(self, letter: Letter, script: bool) -> str: ...
    def number(self, text: str) -> str: ...
    def word(self, text: str) -> str: ...
    def brackets(self, kind: str, body: str) -> str: ...
    def entries(self, rows: list[list[str]], is_list: bool) -> str: ...
    def norm(self, body: str, kind: str) -> str: ...
    def ratio(self, above: str, below: str) -> str: ...
    def differential(self, sign: str, direct: bool, of: str, script: bool) -> str: ...
    def derivative(self, formula: Derivative, of: str, by: str, script: bool) -> str: ...
    def sub(self, script: Formula, text: str) -> str: ...
    def sup(self, script: Formula, text: str) -> str: ...
    def index(self, script: Formula, text: str) -> str: ...
    def joined(self, before: str, after: str, script: bool) -> str: ...
    def between(self, sign: str, after: str, before: str) -> str: ...
    def relation(self, relation: str) -> str: ...
    def function(self, name: str) -> str: ...
    def root(self, body: str) -> str: ...
    def big(self, kind: str) -> str: ...


class Latex:
    """LaTeX with amsmath."""

    nabla = r"\nabla"
    transposed = r"^{\top}"

    def letter(self, letter: Letter, script: bool) -> str:
        """Return a letter with its marks, in its style."""
        name, style = letter.name, letter.style
        if name in GREEK_NAMES or name == "partial":
            text = f"\\boldsymbol{{\\{name}}}" if style == "bf" else f"\\{name}"
        elif name in FUNCTIONS:
            text = self.function(name)
        elif len(name) == 1 and style not in _STYLES and name not in "01d":
            text = name
        elif name == "d" and style not in ("bf", "cal", "bb"):
            text = "d" if script else "{d}"
        else:
            text = f"\\{_STYLES.get(style, 'mathbf' if name in '01' else 'mathrm')}{{{name}}}"
        for mark in letter.marks:
            text = f"\\{'overrightarrow' if mark == 'vec' else mark}{{{text}}}"
        return text

    def number(self, text: str) -> str:
        """Return a number; one with an exponent is kept together."""
        return text if text.replace(".", "").isdigit() else f"\\mathrm{{{text}}}"

    def word(self, text: str) -> str:
        """Return a word: a sign, dots or text."""
        if text in ("+", "-", "*", ""):
            return text
        if text in ("top", "infty", "dagger", *SIGN_TEX):
            return f"\\{text}"
        return r"\dots" if text == "…" else f"\\text{{{text}}}"

    def brackets(self, kind: str, body: str) -> str:
        """Return something in brackets that are as tall as it is."""
        left, right = {"{}": (r"\{", r"\}"), "<>": (r"\langle ", r" \rangle")}.get(kind, (kind[0], kind[1]))
        return f"\\left{left}{body}\\right{right}" if any(sign in body for sign in _TALL) else f"{left}{body}{right}"

    def entries(self, rows: list[list[str]], is_list: bool) -> str:
        """Return a list or a matrix."""
        if is_list:
            return self.brackets("[]", ", ".join(rows[0]))
        return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"

    def norm(self, body: str, kind: str) -> str:
        """Return a norm or an absolute value."""
        if kind == "abs":
            return f"\\left\\lvert {body} \\right\\rvert"
        return f"\\left\\lVert {body} \\right\\rVert" + (
            f"_{{{self.word(kind) if kind == 'infty' else kind}}}" if kind else ""
        )

    def ratio(self, above: str, below: str) -> str:
        """Return a fraction."""
        return f"\\frac{{{above}}}{{{below}}}"

    def differential(self, sign: str, direct: bool, of: str, script: bool) -> str:
        """Return d or ∂ in front of something."""
        head = r"\partial" + ("^{+}" if direct else "") if sign == "partial" else r"\mathrm{d}"
        return f"{head} {of}" if sign == "partial" else head + of

    def derivative(self, formula: Derivative, of: str, by: str, script: bool) -> str:
        """Return a derivative as a fraction."""
        sign = r"\partial " if formula.sign == "partial" else r"\mathrm{d}"
        above = sign.strip() + "^{+} " if formula.direct else sign
        return f"\\frac{{{(above + of).strip()}}}{{{sign}{by}}}"

    def sub(self, script: Formula, text: str) -> str:
        """Return a lower script."""
        return f"_{text}" if len(text) == 1 else f"_{{{text}}}"

    def sup(self, script: Formula, text: str) -> str:
        """Return an upper script."""
        return f"^{text}" if len(text) == 1 else f"^{{{text}}}"

    def index(self, script: Formula, text: str) -> str:
        """Return nothing: an index in brackets is an ordinary lower script."""
        return ""

    def joined(self, before: str, after: str, script: bool) -> str:
        """Return two factors side by side; letters of a script touch."""
        if script and len(after) == 1 and before[-1].isalnum() and "\\" not in before:
            return before + after
        if script and after.startswith("\\mathrm{") and _UPRIGHT.search(before):
            return before[:-1] + after.removeprefix("\\mathrm{")
        return f"{before} {after}"

    def between(self, sign: str, after: str, before: str) -> str:
        """Return a sign and what stands behind it."""
        shown = {"|": r"\mid", "*": r"\ast"}.get(sign, SIGN_TEX.get(sign, sign))
        return shown + after if sign in ("/", ":", "..") else f"{shown} {after}" if sign == ";" else f" {shown} {after}"

    def relation(self, relation: str) -> str:
        """Return a relation."""
        return RELATION_TEX.get(relation, relation)

    def function(self, name: str) -> str:
        """Return the name of a function."""
        return f"\\{name}" if name in LATEX_FUNCTIONS else f"\\operatorname{{{name}}}"

    def root(self, body: str) -> str:
        """Return a square root."""
        return f"\\sqrt{{{body}}}"

    def big(self, kind: str) -> str:
        """Return the sign of a sum or product."""
        return f"\\{kind}"


class Plain:
    """Plain text in Unicode."""

    nabla = "∇"
    transposed = "ᵀ"

    def letter(self, letter: Letter, script: bool) -> str:
        """Return a letter with its marks."""
        name = letter.name
        if name in ("0", "1"):
            text = "𝟎𝟏"[int(name)]
        elif name in ("partial", "Sigma", "Pi"):
            text = {"partial": "∂", "Sigma": "𝛴", "Pi": "𝛱"}[name]
        elif name == "d" and not script and not letter.marks:
            text = "{d}"
        else:
            text = GREEK_NAMES.get(name, name)
        return text + "".join(MARKS[mark] for mark in letter.marks)

    def number(self, text: str) -> str:
        """Return a number."""
        return text

    def word(self, text: str) -> str:
        """Return a word: a sign, dots or text in quotes."""
        if text in ("+", "-", "*", "", "…"):
            return text
        return {"infty": "∞", **SIGN_PLAIN}.get(text, f'"{text}"')

    def brackets(self, kind: str, body: str) -> str:
        """Return something in brackets."""
        left, right = {"{}": (r"\{", r"\}"), "<>": ("⟨", "⟩")}.get(kind, (kind[0], kind[1]))
        return f"{left}{body}{right}"

    def entries(self, rows: list[list[str]], is_list: bool) -> str:
        """Return a list, or a matrix as a list of its rows."""
        lists = ", ".join("[" + ", ".join(row) + "]" for row in rows)
        return lists if is_list else f"[{lists}]"

    def norm(self, body: str, kind: str) -> str:
        """Return a norm or an absolute value."""
        if kind == "abs":
            return f"|{body}|"
        return f"‖{body}‖" + (f"_{'∞' if kind == 'infty' else kind}" if kind else "")

    def ratio(self, above: str, below: str) -> str:
        """Return a fraction, in braces on both sides."""
        return f"{{{above}}}/{{{below}}}"

    def differential(self, sign: str, direct: bool, of: str, script: bool) -> str:
        """Return d or ∂ in front of something."""
        if sign == "partial":
            return ("∂^+ " if direct else "∂") + of
        return ("d " if not script and (of[0].isalpha() or of[0] == "(") else "ⅆ") + of

    def derivative(self, formula: Derivative, of: str, by: str, script: bool) -> str:
        """Return a derivative on one line."""
        if formula.sign == "partial":
            return f"∂{'^+ ' if formula.direct else ''}{of}/∂{by}"
        if not script and of and _simple(formula.of) and _simple(formula.by):
            return f"d{of}/d{by}"
        return f"ⅆ{'^+ ' if formula.direct else ''}{of}/ⅆ{by}"

    def sub(self, script: Formula, text: str) -> str:
        """Return a lower script, without braces if it is a few letters."""
        run = _run(script)
        return f"_{run}" if run and (len(run) < 3 or run not in GREEK_NAMES) else f"_{{{text}}}"

    def sup(self, script: Formula, text: str) -> str:
        """Return an upper script."""
        bare = isinstance(script, Letter | Group) or (isinstance(script, Number) and text.isdigit())
        return f"^{text}" if bare and text[0] not in "{⟨" else f"^{{{text}}}"

    def index(self, script: Formula, text: str) -> str:
        """Return an index in brackets, or "" for another script."""
        bracketed = isinstance(script, Group) and script.brackets == "[]"
        return text if bracketed or (isinstance(script, Entries) and script.is_list) else ""

    def joined(self, before: str, after: str, script: bool) -> str:
        """Return two factors side by side."""
        return f"{before} {after}"

    def between(self, sign: str, after: str, before: str) -> str:
        """Return a sign and what stands behind it."""
        if sign == "/":
            return f" {'∕' if before.endswith('}') and after.startswith('{') else '/'} {after}"
        shown = SIGN_PLAIN.get(sign, sign)
        return shown + after if sign in (":", "..") else f"{shown} {after}" if sign == ";" else f" {shown} {after}"

    def relation(self, relation: str) -> str:
        """Return a relation."""
        return RELATION_PLAIN.get(relation, relation)

    def function(self, name: str) -> str:
        """Return the name of a function."""
        return GREEK_NAMES.get(name, name)

    def root(self, body: str) -> str:
        """Return a square root."""
        return f"sqrt({body})"

    def big(self, kind: str) -> str:
        """Return the sign of a sum or product."""
        return {"sum": "Σ", "prod": "∏"}[kind]


def _simple(formula: Formula) -> bool:
    """Whether d may stand right in front: dL, dh_t."""
    while isinstance(formula, Scripted):
        formula = formula.base
    return (
        isinstance(formula, Letter)
        and formula.name.isascii()
        and formula.name.isalpha()
        and (
            formula.name not in GREEK_NAMES
            and f"d{formula.name}" not in GREEK_NAMES
            and formula.name not in FUNCTIONS
            and f"d{formula.name}" not in FUNCTIONS
        )
    )


def _run(script: Formula) -> str:
    """Return the letters or digits that a script consists of, or ""."""
    parts = script.factors if isinstance(script, Product) and set(script.signs) <= {""} else (script,)
    if isinstance(script, Number):
        return script.text if script.text.isdigit() else ""
    plain = all(isinstance(part, Letter) and not part.marks and len(part.name) == 1 for part in parts)
    letters = "".join(part.name for part in parts if isinstance(part, Letter))
    return letters if plain and letters.isalpha() and letters.isascii() else ""
