"""How wide a formula is when TeX sets it: an estimate in ems, good to a few per cent, to decide where lines break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from symrnn.documents.document import Line
from symrnn.documents.markup import Code, Emphasis, Inline, Mathematics, Reference, Words, parse
from symrnn.documents.mathematics import factors, inner_terms, joined, pieces, relaxed, terms, tokens

Group = tuple["str | Group", ...]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONGEST_LEFT = 9.0  # ems that a left side may take from a right side that has to be broken
_SCRIPT = 0.75
_ACCENTS = _names(
    r"\hat \bar \tilde \dot \ddot \vec \widehat \widetilde \overline \underline \mathbf \mathrm \mathsf \mathit "
    r"\mathcal \mathbb \mathfrak \mathtt \bm \boldsymbol \overleftarrow \overrightarrow"
)
_WORDS = frozenset({r"\text", r"\operatorname", r"\operatorname*", r"\textbf", r"\textit", r"\textrm"})
_STACKS = frozenset({r"\overset", r"\underset", r"\stackrel"})
_FRACTIONS = {r"\frac": 1.0, r"\dfrac": 1.0, r"\tfrac": _SCRIPT, r"\binom": 1.0}
_LARGE = {r"\sum": 1.44, r"\prod": 1.28, r"\int": 0.9, r"\bigodot": 1.5, r"\bigoplus": 1.5}
_SPACES = {
    r"\,": 0.17,
    r"\:": 0.22,
    r"\;": 0.28,
    r"\!": -0.17,
    r"\ ": 0.33,
    r"\quad": 1.0,
    r"\qquad": 2.0,
    "~": 0.33,
    r"\nabla": 0.83,
}
_BINARY = _names(r"+ - * \pm \circ \odot \oslash \cdot \times \otimes \oplus \ast \star \cup \cap")
_RELATIONS = _names(
    r"= < > \le \ge \leq \geq \neq \equiv \in \to \mapsto \sim \approx \Rightarrow \Leftarrow \iff \implies "
    r"\coloneqq \rightarrow \leftarrow \mid"
)
_WIDE = {"m": 0.88, "w": 0.73, "W": 1.0, "M": 0.97, "i": 0.35, "j": 0.42, "l": 0.3, "t": 0.37, "f": 0.55, "I": 0.45}
_NARROW = {"(": 0.39, ")": 0.39, "[": 0.28, "]": 0.28, ",": 0.45, ".": 0.28, "|": 0.28, "'": 0.3, "/": 0.5, "!": 0.28}
_NAMED = _names(r"\tanh \exp \log \max \min \det \sin \cos \lim \sup \dim \ker \ln")
_FENCES = _names(r"\left \right \bigl \bigr \Bigl \Bigr \big \Big")


@dataclass(slots=True)
class _Reader:
    """A place in a sequence of tokens and groups."""

    atoms: Group
    position: int = 0

    def take(self) -> str | Group:
        while self.position < len(self.atoms):
            atom = self.atoms[self.position]
            self.position += 1
            if atom != " ":
                return atom
        return ()

    def peek(self) -> str | Group:
        rest = (atom for atom in self.atoms[self.position :] if atom != " ")
        return next(rest, ())


def _nest(latex: str) -> Group:
    stack: list[list[str | Group]] = [[]]
    for token in tokens(latex):
        if token == "{":
            stack.append([])
        elif token == "}" and len(stack) > 1:
            group = tuple(stack.pop())
            stack[-1].append(group)
        else:
            stack[-1].append(token)
    return tuple(stack[0])


@lru_cache(maxsize=4096)
def width(latex: str) -> float:
    """Return the width of a formula in display style, in ems of the text face."""
    return _sequence(_nest(latex))


def printed_width(text: str) -> float:
    """Return the width of running text in the markup, in ems, set in one line."""
    return sum(_piece_width(piece) for piece in parse(text))


def _piece_width(piece: Inline) -> float:
    match piece:
        case Mathematics(latex):
            return width(latex)
        case Words(content) | Code(content) | Reference(content):
            return 0.49 * len(content)
        case Emphasis(inside):
            return sum(_piece_width(part) for part in inside)


def unbreakable_width(text: str) -> float:
    """Return the width of the widest part of running text that no line can break, in ems."""
    return max((_widest(piece) for piece in parse(text)), default=0.0)


def _widest(piece: Inline) -> float:
    match piece:
        case Mathematics(latex):
            return max(width(term) for term in terms(relaxed(latex))) + 0.3
        case Words(content) | Code(content) | Reference(content):
            return max((0.55 * len(word) for word in content.split()), default=0.0)
        case Emphasis(inside):
            return max(_widest(part) for part in inside)


def shares(wanted: Sequence[float], least: Sequence[float], room: float) -> list[float]:
    """Share a room: whoever wants little gets it, whoever needs more than an even share gets that, the others the rest."""
    given = dict(enumerate(least))
    open_columns = list(given)
    while open_columns:
        even = (room - sum(given[column] for column in given if column not in open_columns)) / len(open_columns)
        settled = [column for column in open_columns if wanted[column] <= even or least[column] >= even]
        if not settled:
            total = sum(sqrt(wanted[column]) for column in open_columns)
            rest = even * len(open_columns)
            return [max(least[c], rest * sqrt(wanted[c]) / total) if c in open_columns else given[c] for c in given]
        for column in settled:
            given[column] = wanted[column] if wanted[column] <= even else least[column]
            open_columns.remove(column)
    return list(given.values())


def _sequence(atoms: Group) -> float:
    reader, total = _Reader(atoms), 0.0
    while reader.peek() != ():
        total += _scripted(reader)
    return total


def _scripted(reader: _Reader) -> float:
    first = reader.take()
    base = _atom(first, reader)
    scripts = 0.0
    while reader.peek() in ("^", "_"):
        reader.take()
        scripts = max(scripts, _SCRIPT * _atom(reader.take(), reader))
    return max(base, scripts) + 0.17 if first in _LARGE else base + scripts + (0.05 if scripts else 0.0)


def _atom(atom: str | Group, reader: _Reader) -> float:
    if not isinstance(atom, str):
        return _sequence(atom)
    if atom in _ACCENTS:
        return 1.12 * _atom(reader.take(), reader)
    if atom in _WORDS:
        return 0.5 * _length(reader.take()) + 0.17
    if atom in _STACKS:
        return max(_SCRIPT * _atom(reader.take(), reader), _scripted(reader))
    if atom in _FRACTIONS:
        return _FRACTIONS[atom] * max(_atom(reader.take(), reader), _atom(reader.take(), reader)) + 0.24
    if atom == r"\sqrt":
        return 0.9 + _atom(reader.take(), reader)
    if atom in _FENCES:
        reader.take()
        return 0.62
    if atom == r"\begin":
        return _table(_length(reader.take()), reader)
    return _symbol(atom)


def _symbol(token: str) -> float:
    for widths in (_LARGE, _SPACES, _WIDE, _NARROW):
        if token in widths:
            return widths[token]
    if token in _BINARY:
        return 1.22
    if token in _RELATIONS:
        return 1.34
    if token in _NAMED:
        return 0.5 * (len(token) - 1) + 0.17
    if token.isupper():
        return 0.76
    return 0.5 if len(token) == 1 else 0.62


def _length(atom: str | Group) -> int:
    return 1 if isinstance(atom, str) else sum(_length(part) for part in atom)


def _table(name: int, reader: _Reader) -> float:
    columns: list[float] = []
    cell: list[str | Group] = []
    column = 0
    while (atom := reader.take()) != () and atom != r"\end":
        if atom in ("&", r"\\"):
            _widen(columns, column, cell)
            cell, column = [], 0 if atom == r"\\" else column + 1
        else:
            cell.append(atom)
    reader.take()
    _widen(columns, column, cell)
    return sum(columns) + 0.9 * len(columns) + 0.1 * min(name, 1)


def _widen(columns: list[float], column: int, cell: list[str | Group]) -> None:
    columns.extend(0.0 for _ in range(column + 1 - len(columns)))
    columns[column] = max(columns[column], _sequence(tuple(cell)))


def filled(latex: str, first: float, rest: float) -> tuple[str, ...]:
    """Return a formula in as few rows as fit: `first` ems for the first one, `rest` for those after it.

    Breaks are taken where the formula marks them, and between terms only inside a piece that is too wide by itself.
    """
    rows: list[str] = []
    for piece in _fitting(latex, min(first, rest)):
        limit = first if len(rows) <= 1 else rest
        if rows and width(f"{rows[-1]} {piece}") <= limit:
            rows[-1] = f"{rows[-1]} {piece}"
        else:
            rows.append(piece)
    return tuple(rows)


def hangs(line: Line, measure: float, longest: float = _LONGEST_LEFT) -> bool:
    """Tell whether a left side is so long that it stands above its right side, which does not fit beside it."""
    left = width(line.left)
    return left > longest and left + width(joined(line.right)) + 1.4 > measure


def _fitting(latex: str, limit: float) -> tuple[str, ...]:
    parts = pieces(latex)
    if width(" ".join(parts)) <= limit:
        return (" ".join(parts),)
    for finer in (terms, factors, inner_terms):
        parts = tuple(smaller for part in parts for smaller in (finer(part) if width(part) > limit else (part,)))
    return parts
