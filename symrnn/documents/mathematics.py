"""LaTeX mathematics as a writer handles it: refused when it could be anything else, cut where it may be broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from math_core import LatexError, LatexToMathML

from symrnn.documents.document import BREAK
from symrnn.errors import SymrnnError

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|.", re.DOTALL)
_WHOLE = 100  # depth of what must never be cut, beside 1 for a parenthesis
_OPENING = frozenset({"{", r"\left", r"\begin"})
_CLOSING = frozenset({"}", r"\right", r"\end"})
_REFUSED = frozenset({"$", "%", "#", r"\def", r"\gdef", r"\edef", r"\xdef", r"\let", r"\newline"}) | frozenset(
    {
        r"\newcommand",
        r"\renewcommand",
        r"\providecommand",
        r"\DeclareMathOperator",
        r"\tag",
        r"\label",
        r"\eqref",
        r"\ref",
        r"\overline",  # becomes a line below in MathML; \bar is the one over a letter
    }
)
_BOLD_DIGITS = re.compile(r"\\(?:bm|boldsymbol)\s*\{?([0-9])\}?")
_OPEN_ACCENT, _BAR = '<mover accent="true">', '<mo stretchy="false">\u00af</mo>'
_ACCENTED = re.compile(rf"({_OPEN_ACCENT}|</mover>)")
_TALL = frozenset({r"\frac", r"\dfrac", r"\sum", r"\prod", r"\begin", "."})
_ACCENTS = {r"\bar": "\u0304", r"\hat": "\u0302", r"\tilde": "\u0303", r"\dot": "\u0307"}
_SPOKEN = {
    r"\partial": "∂",
    r"\nabla": "∇",
    r"\circ": "∘",
    r"\odot": "⊙",
    r"\sum": "∑",
    r"\prod": "∏",
    r"\top": "T",
} | {
    f"\\{name}": letter
    for name, letter in (("alpha", "α"), ("gamma", "γ"), ("rho", "ρ"), ("sigma", "σ"), ("tanh", "tanh"))
}
_BINARY = frozenset({"+", "-", "=", r"\Rightarrow", r"\iff"})
_ELEMENTWISE = frozenset({r"\circ", r"\odot", r"\oslash"})
_BEFORE_SIGN = frozenset({"(", "[", ",", "=", "+", "-", r"\quad", r"\qquad", r"\cdot", r"\circ", r"\odot", r"\times"})


def tokens(latex: str) -> list[str]:
    """Return the control sequences and single characters of a formula."""
    return _TOKEN.findall(latex)


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False)


@lru_cache(maxsize=4096)
def mathml(latex: str, display: bool) -> str:
    """Return the formula as a MathML element.

    Raises: SymrnnError, for anything but a complete formula in known commands: what only HTML or only TeX could set, a
    definition, a comment, or what would end the formula.
    """
    tables = 0
    for token in tokens(latex):
        tables += (token == r"\begin") - (token == r"\end")
        if token in _REFUSED or not token.isascii() or (token == r"\\" and not tables):
            raise SymrnnError(
                f"formula {latex!r}: {token!r} is not mathematics; give LaTeX in ASCII that only typesets"
            )
    try:
        return _barred(
            _converter().convert_with_local_state(_BOLD_DIGITS.sub(r"\\mathbf{\1}", latex), displaystyle=display)
        )
    except LatexError as error:
        raise SymrnnError(f"formula {latex!r}: character {error}") from None


def _barred(element: str) -> str:
    """Mark what has a bar: the glyph of a bar is thinner than a pixel and gets lost, so the style sheet draws a line."""
    parts = _ACCENTED.split(element)
    opened: list[int] = []
    for place, part in enumerate(parts):
        if part == _OPEN_ACCENT:
            opened.append(place)
        elif part == "</mover>" and opened:
            start = opened.pop()
            if parts[place - 1].endswith(_BAR):
                parts[start] = '<mover accent="true" class="bar">'
    return "".join(parts)


def check(latex: str) -> str:
    """Return the formula itself, having made sure that every format can set it.

    Raises: SymrnnError, as `mathml` does.
    """
    mathml(latex, True)
    return latex


def _cut(latex: str, here: Callable[[str, str, int], bool]) -> Iterator[str]:
    piece, before, depth = "", "", 0
    for token in tokens(latex):
        if token in ")]":
            depth -= 1
        elif token in _CLOSING:
            depth -= _WHOLE
        if before and here(token, before, depth):
            yield piece
            piece = ""
        piece += token
        if token in "([":
            depth += 1
        elif token in _OPENING:
            depth += _WHOLE
        if not token.isspace():
            before = token
    yield piece


def _is_sign(token: str, before: str, depth: int) -> bool:
    return depth == 0 and token in _BINARY and before not in _BEFORE_SIGN


def pieces(latex: str) -> tuple[str, ...]:
    r"""Return the formula cut at each `\linebreakhere`.

    Raises: SymrnnError, if a break lies inside braces or between `\left` and `\right`, or a piece is no formula.
    """
    parts = tuple(part.strip() for part in latex.split(BREAK))
    for part in parts:
        try:
            check(part)
        except SymrnnError as error:
            where = f"; a {BREAK} has to lie outside all braces and fences" if len(parts) > 1 else ""
            raise SymrnnError(f"{error}{where}") from None
    return parts


def terms(piece: str) -> tuple[str, ...]:
    """Return a piece cut before each `+`, `-` and `=` that joins two terms outside every parenthesis."""
    return tuple(part.strip() for part in _cut(piece, _is_sign))


def factors(term: str) -> tuple[str, ...]:
    r"""Return a term cut before each elementwise product and behind each parenthesis that another factor follows."""
    return tuple(part.strip() for part in _cut(term, _is_factor))


def _is_factor(token: str, before: str, depth: int) -> bool:
    if depth:
        return False
    starts = token.isalnum() or (token[0] == "\\" and token[1:].isalpha() and token not in (r"\right", r"\end"))
    return token in _ELEMENTWISE or (before == ")" and starts)


def inner_terms(term: str) -> tuple[str, ...]:
    """Return a term cut between the terms inside its outermost parentheses; its fences stay whole only where tall."""
    return tuple(part.strip() for part in _cut(relaxed(term), _is_inner_sign))


def _is_inner_sign(token: str, before: str, depth: int) -> bool:
    return depth <= 1 and _is_sign(token, before, 0)


def joined(latex: str) -> str:
    """Return the formula without its break marks."""
    return " ".join(pieces(latex))


def spoken(latex: str) -> str:
    """Return the formula as bare characters, for titles of windows and folds, which hold no mathematics."""
    said, accent = "", ""
    for token in tokens(latex):
        if token in _ACCENTS:
            accent = _ACCENTS[token]
        elif token in _SPOKEN or (len(token) == 1 and token not in "{}"):
            said += _SPOKEN.get(token, token) + accent
            accent = ""
    return said.strip()


def relaxed(latex: str) -> str:
    r"""Return the formula with `\left` and `\right` only where what they fence is tall: others need not grow.

    TeX cannot break an inline formula inside growing fences, and MathML sets them with loose space.
    """
    parts: list[str] = []
    opened: list[int] = []
    for token in tokens(latex):
        parts.append(token)
        if token == r"\left":
            opened.append(len(parts) - 1)
        elif token == r"\right" and opened:
            start = opened.pop()
            if not _TALL.intersection(parts[start:]):
                parts[start] = parts[-1] = ""
    return "".join(parts)
