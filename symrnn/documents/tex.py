"""Text as TeX reads it: every character stands for itself, none acts."""

from __future__ import annotations

import re
import unicodedata

from symrnn.documents.mathematics import tokens

_ACCENTS = frozenset({r"\bar", r"\hat", r"\tilde", r"\dot", r"\vec", r"\widehat", r"\widetilde", r"\overline"})
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\u2013": r"\textendash{}",
    "\u2014": r"\textemdash{}",
    "\u2026": r"\textellipsis{}",
    "\u2018": "`",
    "\u2019": "'",
    "\u201c": "``",
    "\u201d": "''",
    "\u00a0": "~",
}
_GREEK_LETTERS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
_GREEK_NAMES = """alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon
    varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"""
_GREEK = dict(zip(_GREEK_LETTERS, _GREEK_NAMES.split(), strict=True))
_SYMBOLS = {
    "∂": "partial",
    "∇": "nabla",
    "∘": "circ",
    "⊙": "odot",
    "⊘": "oslash",
    "⊕": "oplus",
    "·": "cdot",
    "×": "times",
    "±": "pm",
    "→": "to",
    "←": "gets",
    "⇒": "Rightarrow",
    "≤": "le",
    "≥": "ge",
    "≠": "ne",
    "≈": "approx",
    "∈": "in",
    "∑": "sum",
    "∏": "prod",
    "∞": "infty",
    "\u22a4": "top",
    "√": "surd",
    "′": "prime",
}
_LIGATURES = frozenset("-<>?!")
_QUOTES = {"'": r"\textquotesingle{}", "`": r"\textasciigrave{}", '"': r"\textquotedbl{}"}
_LIGATURE = re.compile(r"(?<=[-`'<>,!?])(?=[-`'<>,])")
_BREAKABLE = frozenset("_/.,;:)]}=")
_SCRIPTS = {"²": "^2", "³": "^3", "¹": "^1", "−": "-", "ᵀ": r"^{\top}", "ᵢ": "_i", "ⱼ": "_j", "ₖ": "_k"}


def escape(text: str) -> str:
    """Return running text whose every character prints as itself."""
    apart = _LIGATURE.sub("\0", unicodedata.normalize("NFC", text.replace("\0", "")))
    return "".join("{}" if character == "\0" else _character(character) for character in apart)


def escape_code(text: str) -> str:
    """Return one line of code: no ligatures, no curled quotes, breakable behind punctuation."""
    return "".join(_code(character) for character in unicodedata.normalize("NFC", text.replace("\t", "    ")))


def _code(character: str) -> str:
    if character in _QUOTES:
        return _QUOTES[character]
    written = _character(character)
    if character in _BREAKABLE:
        return rf"{written}\allowbreak{{}}"
    return f"{written}{{}}" if character in _LIGATURES else written


def bookmark(text: str) -> str:
    """Return text for the outline of a PDF: its ASCII letters, without accents."""
    return escape(unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode())


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in _SCRIPTS:
        return rf"\ensuremath{{{_SCRIPTS[character]}}}"
    name = _GREEK.get(character) or _SYMBOLS.get(character)
    if name:
        return rf"\ensuremath{{\{name}}}"
    if character.isascii():
        return character if character.isprintable() or character in "\n " else " "
    return character if _in_face(character) else _spelled(character)


def _in_face(character: str) -> bool:
    return (
        "\u00c0" <= character <= "\u017e"
        and unicodedata.category(character) in ("Lu", "Ll")
        and character not in "ĸŉŀĿĦħŦŧ"
    )


def _spelled(character: str) -> str:
    return rf"\texttt{{<U+{ord(character):04X}>}}"


def guarded(latex: str) -> str:
    """Return the formula with an empty group in each `{accented}` that has scripts: TeX would give them to the accent."""
    parts = tokens(latex)
    opened: list[int] = []
    for place, token in enumerate(parts):
        if token == "{":
            opened.append(place)
        elif token == "}" and opened:
            start = opened.pop()
            scripted = parts[place + 1 : place + 2] in (["_"], ["^"])
            argument = start > 0 and (parts[start - 1][0] == "\\" or parts[start - 1] in "_^")
            if scripted and not argument and parts[start + 1] in _ACCENTS:
                parts[start] = "{{}"
    return "".join(parts)
