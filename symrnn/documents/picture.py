"""A drawing as a LaTeX picture: lines, vectors and formulas, with no package but xcolor."""

from __future__ import annotations

from itertools import pairwise

from symrnn.documents.shapes import (
    BACKWARD,
    COMBINING,
    GREEK,
    QUIET,
    Arrow,
    Dot,
    Drawing,
    Label,
    Name,
    Point,
    Rectangle,
    Sum,
)
from symrnn.documents.tex import escape

_WIDEST, _HIGHEST, _SCALE = 425.0, 575.0, 0.64  # points; the last is the scale of a drawing that has room
_DASH, _STEP = 5.0, 8.0
_COLOURS = {BACKWARD: "adjoint", QUIET: "quiet"}
_SIZES = ((r"\small", 9.4), (r"\footnotesize", 8.4), (r"\scriptsize", 6.8))
_LETTERS = {letter: rf"\{name}" for name, letter in GREEK.items()}
_ACCENTS = {sign: rf"\{name}" for name, sign in COMBINING.items()}


def scale(drawing: Drawing) -> float:
    """Return the points that a unit of a drawing has on a page that it has to fit."""
    return min(_SCALE, _WIDEST / drawing.width, _HIGHEST / drawing.height)


def to_picture(drawing: Drawing) -> str:
    """Return the drawing as a picture environment, scaled to fit the page."""
    unit = scale(drawing)
    lines = [rf"\begingroup\setlength{{\unitlength}}{{{unit:.3f}pt}}\linethickness{{0.45pt}}%"]
    lines.append(rf"\begin{{picture}}({_n(drawing.width)},{_n(drawing.height)})")
    for shape in drawing.shapes:
        match shape:
            case Label():
                lines += _label(shape, drawing.height, unit)
            case Arrow():
                lines += _arrow(shape, drawing.height)
            case Rectangle():
                lines += _rectangle(shape, drawing.height)
            case Sum((x, y)):
                at = f"({_n(x)},{_n(drawing.height - y)})"
                lines.append(rf"\put{at}{{\color{{white}}\circle*{{11}}}}")
                lines.append(rf"\put{at}{{\makebox(0,0){{\color{{adjoint}}\scriptsize$\oplus$}}}}")
            case Dot((x, y)):
                lines.append(rf"\put({_n(x)},{_n(drawing.height - y)}){{\circle*{{4}}}}")
    return "\n".join((*lines, r"\end{picture}\endgroup"))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _coloured(style: str, body: str) -> str:
    return rf"\color{{{_COLOURS[style]}}}{body}" if style in _COLOURS else body


def _label(label: Label, height: float, unit: float) -> list[str]:
    x, y = label.at
    points = label.size * unit
    size = next((size for size, least in _SIZES if points >= least), _exactly(points))
    text = f"${formula(label.text)}$" if isinstance(label.text, Name) else escape(label.text)
    body = _coloured(label.style, f"{size} {text}")
    return [rf"\put({_n(x)},{_n(height - y)}){{\hbox to 0pt{{\hss {body}\hss}}}}"]


def _exactly(points: float) -> str:
    r"""Return a size below all that have a name but \tiny: there a subscript is as large as what it belongs to."""
    return rf"\fontsize{{{_n(points)}}}{{{_n(points)}}}\selectfont"


def formula(text: Name) -> str:
    """Return a name as LaTeX."""
    base = "".join(_LETTERS.get(letter, letter) for letter in text.base)
    if not text.scalar:
        base = rf"\mathbf{{{base}}}" if base.isalnum() else rf"\bm{{{base}}}"
    if text.accent:
        base = rf"\{text.accent}{{{base}}}"
    if text.adjoint:
        base = rf"\bar{{{base}}}"
    sub = f"_{{{','.join(map(_script, text.sub.split(',')))}}}" if text.sub else ""
    sup = f"^{{{text.sup.replace('−', '-')}}}" if text.sup else ""
    return f"{base}{sub}{sup}"


def _script(part: str) -> str:
    """Return a part of a subscript: letters in italics, words upright, accents over what stands before them."""
    accents = [_ACCENTS[letter] for letter in part if letter in _ACCENTS]
    plain = "".join(letter for letter in part if letter not in _ACCENTS)
    written = _LETTERS.get(plain, plain if len(plain) <= 2 else rf"\mathrm{{{plain}}}")
    for accent in accents:
        written = f"{accent}{{{written}}}"
    return written


def _rectangle(box: Rectangle, height: float) -> list[str]:
    (x, y), wide, high = box.at, box.width, box.height
    rule = "0.9pt" if box.strong else "0.5pt"
    frame = rf"\color{{accent}}\linethickness{{{rule}}}\framebox({_n(wide)},{_n(high)}){{}}"
    return [rf"\put({_n(x)},{_n(height - y - high)}){{{frame}}}"]


def _arrow(arrow: Arrow, height: float) -> list[str]:
    points = [(x, height - y) for x, y in arrow.points]
    lines = [part for start, end in pairwise(points) for part in _segment(start, end, arrow.style)]
    if arrow.head:
        (x, y), (dx, dy) = points[-1], _direction(points[-2], points[-1])
        head = _coloured(arrow.style, rf"\vector({dx},{dy}){{0}}")
        lines.append(rf"\put({_n(x)},{_n(y)}){{{head}}}")
    return lines


def _direction(start: Point, end: Point) -> tuple[int, int]:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return (1 if dx > 0 else -1, 0) if abs(dx) > abs(dy) else (0, 1 if dy > 0 else -1)


def _segment(start: Point, end: Point, style: str) -> list[str]:
    dx, dy = _direction(start, end)
    length = abs(end[0] - start[0]) + abs(end[1] - start[1])
    at = f"({_n(start[0])},{_n(start[1])})"
    if style != BACKWARD:
        line = _coloured(style, rf"\line({dx},{dy}){{{_n(length)}}}")
        return [rf"\put{at}{{{line}}}"]
    count = int((length - _DASH) // _STEP) + 1 if length >= _DASH else 0
    dash = _coloured(style, rf"\line({dx},{dy}){{{_n(_DASH)}}}")
    dashes = [rf"\multiput{at}({_n(dx * _STEP)},{_n(dy * _STEP)}){{{count}}}{{{dash}}}"] if count else []
    rest = length - count * _STEP
    if rest > 1:
        last = f"({_n(start[0] + dx * count * _STEP)},{_n(start[1] + dy * count * _STEP)})"
        end_dash = _coloured(style, rf"\line({dx},{dy}){{{_n(rest)}}}")
        dashes.append(rf"\put{last}{{{end_dash}}}")
    return dashes
