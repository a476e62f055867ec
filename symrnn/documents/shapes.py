"""What a drawing is made of, and how it becomes SVG: names, arrows with square turns, boxes, and sums of adjoints."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

FORWARD, BACKWARD, QUIET = "forward", "backward", "quiet"
_GREEK_NAMES = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi
psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"""
GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδϵζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_ACCENTS = ("hat", "bar", "tilde", "dot")
COMBINING = {
    "hat": "\u0302",
    "tilde": "\u0303",
    "bar": "\u0304",
    "dot": "\u0307",
}  # over the letter before, in a subscript
_WIDTHS = dict.fromkeys("ijl()", 0.34) | dict.fromkeys("rstfI", 0.42) | {
    **dict.fromkeys(COMBINING.values(), 0.0),
    "m": 0.85, "w": 0.74, "W": 1.02, "M": 0.98, ",": 0.28, " ": 0.3, "J": 0.52, "−": 0.7, "+": 0.7, "…": 0.95,
}  # fmt: skip
_SCRIPT = 0.7
_CORNER = 5.0


@dataclass(frozen=True, slots=True)
class Name:
    """A typeset name: a base with an accent and scripts, bold but for a scalar; `adjoint` puts a bar over it."""

    base: str
    sub: str = ""
    sup: str = ""
    accent: str = ""
    adjoint: bool = False
    scalar: bool = False

    def width(self, size: float) -> float:
        """Return its estimated width in the units of `size`."""
        return size * (_em(self.base) + max(_em(self.sub), _em(self.sup)) * _SCRIPT) + 1


def words_width(words: str, size: float) -> float:
    """Return the estimated width of plain words."""
    return size * 0.95 * _em(words)


def fitted(words: str, width: float, size: float = 14.0) -> float:
    """Return the size, at most this one, at which plain words fit a width."""
    return min(size, width / max(words_width(words, 1.0), 0.1))


def name(text: str, sup: str = "", adjoint: bool = False, scalar: bool = False) -> Name:
    """Read a name as in a cell: `z_h`, `W_hh`, `y_hat`, `sigma`; an accent is that of what stands before it."""
    base, *rest = text.split("_")
    accent = rest.pop(0) if rest and rest[0] in _ACCENTS else ""
    under: list[str] = []
    for part in filter(None, rest):
        if part in _ACCENTS and under:
            under[-1] += COMBINING[part]
        else:
            under.append(GREEK.get(part, part))
    return Name(GREEK.get(base, base), ",".join(under), sup, accent, adjoint, scalar)


def _em(text: str) -> float:
    return sum(_WIDTHS.get(character, 0.74 if character.isupper() else 0.53) for character in text)


@dataclass(frozen=True, slots=True)
class Label:
    """A name, or plain words, centred at `at` on its baseline."""

    text: Name | str
    at: Point
    size: float = 17.0
    style: str = FORWARD

    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom, as estimated."""
        x, y = self.at
        half = (self.text.width(self.size) if isinstance(self.text, Name) else words_width(self.text, self.size)) / 2
        return x - half, y - 0.8 * self.size, x + half, y + 0.28 * self.size


@dataclass(frozen=True, slots=True)
class Arrow:
    """A path of horizontal and vertical pieces; `head` puts an arrowhead at its end."""

    points: tuple[Point, ...]
    style: str = FORWARD
    head: bool = True


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A box with rounded corners; `strong` for the one that the drawing is about."""

    at: Point
    width: float
    height: float
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """A circle with a plus: two adjoints are added here."""

    at: Point


@dataclass(frozen=True, slots=True)
class Dot:
    """A value goes two ways from here."""

    at: Point


Shape = Label | Arrow | Rectangle | Sum | Dot


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in a frame of this width and height, y downwards."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str


_STYLE = """\
svg.symrnn { --d-ink: #1d1f22; --d-back: #b1431c; --d-quiet: #63676d; --d-fill: #f3f6f7; --d-edge: #1f5673;
  --d-paper: #fdfdfb; font-family: 'Latin Modern Roman', 'STIX Two Text', Cambria, Georgia, serif; }
@media (prefers-color-scheme: dark) {
  svg.symrnn { --d-ink: #e4e2dc; --d-back: #f09a76; --d-quiet: #a0a39f; --d-fill: #1d2126; --d-edge: #8cc2df;
    --d-paper: #15171a; }
}
svg.symrnn path { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
svg.symrnn path.forward { stroke: var(--d-ink); }
svg.symrnn path.backward { stroke: var(--d-back); stroke-dasharray: 5 3; }
svg.symrnn path.quiet { stroke: var(--d-quiet); }
svg.symrnn .head { stroke: none; }
svg.symrnn .head.forward, svg.symrnn .dot { fill: var(--d-ink); }
svg.symrnn .head.backward { fill: var(--d-back); }
svg.symrnn rect { fill: var(--d-fill); stroke: var(--d-edge); stroke-width: 1.2; }
svg.symrnn rect.strong { stroke-width: 2; }
svg.symrnn circle.sum { fill: var(--d-paper); stroke: var(--d-back); stroke-width: 1.4; }
svg.symrnn path.plus, svg.symrnn path.accent { stroke-width: 1.3; stroke-dasharray: none; stroke-linecap: round; }
svg.symrnn text { stroke: none; fill: var(--d-ink); }
svg.symrnn text.backward { fill: var(--d-back); }
svg.symrnn text.quiet { fill: var(--d-quiet); }
svg.symrnn .b { font-weight: 700; }
svg.symrnn .i { font-style: italic; }
"""


def to_svg(drawing: Drawing) -> str:
    """Return the drawing as SVG that stands alone, or inside a page, in light and in dark."""
    body = "\n".join(_svg(shape) for shape in drawing.shapes)
    wide, high = _n(drawing.width), _n(drawing.height)
    size = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="symrnn" {size} role="img">'
    return f"{head}\n<title>{escape(drawing.title)}</title>\n<style>\n{_STYLE}</style>\n{body}\n</svg>\n"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _svg(shape: Shape) -> str:
    match shape:
        case Label():
            return _label(shape)
        case Arrow():
            return _arrow(shape)
        case Rectangle((x, y), width, height, strong):
            size = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            kind = 'class="strong" ' if strong else ""
            return f'<rect {kind}{size} rx="6"/>'
        case Sum((x, y)):
            plus = f"M{_n(x - 3)} {_n(y)}h6M{_n(x)} {_n(y - 3)}v6"
            return f'<circle class="sum" cx="{_n(x)}" cy="{_n(y)}" r="5.5"/><path class="backward plus" d="{plus}"/>'
        case Dot((x, y)):
            return f'<circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="2.3"/>'


def _label(label: Label) -> str:
    x, y = label.at
    if isinstance(label.text, str):
        place = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(label.size)}" text-anchor="middle"'
        return f'<text class="{label.style}" {place}>{escape(label.text)}</text>'
    start, size = label.box()[0], label.size
    face = "i" if label.text.scalar else "b"
    runs = f'<tspan class="{face}">{escape(label.text.base)}</tspan>{_scripts(label.text, size)}'
    text = f'<text class="{label.style}" x="{_n(start)}" y="{_n(y)}" font-size="{_n(size)}">{runs}</text>'
    return text + "".join(
        f'<path class="{label.style} accent" d="{path}"/>' for path in _accents(label.text, start, y, size)
    )


def _scripts(text: Name, size: float) -> str:
    small = f'font-size="{_n(_SCRIPT * size)}"'
    sub = f'<tspan class="i" {small} dy="{_n(0.22 * size)}">{escape(text.sub)}</tspan>' if text.sub else ""
    if not text.sup:
        return sub
    rise = (0.22 if text.sub else 0.0) * size + 0.36 * size
    back = f' dx="{_n(-_SCRIPT * size * _em(text.sub))}"' if text.sub else ""
    return f'{sub}<tspan class="i" {small} dy="{_n(-rise)}"{back}>{escape(text.sup)}</tspan>'


def _accents(text: Name, start: float, y: float, size: float) -> tuple[str, ...]:
    wide = size * _em(text.base)
    tall = 0.72 if text.base[:1].isupper() or text.base[:1] in "bdfhklt" else 0.5
    top, middle = y - tall * size - 0.09 * size, start + wide / 2 + (0.06 if text.scalar else 0.0) * size
    half = min(wide / 2, 0.24 * size)
    paths = []
    if text.accent == "hat":
        paths.append(f"M{_n(middle - half)} {_n(top)}L{_n(middle)} {_n(top - 3)}L{_n(middle + half)} {_n(top)}")
    elif text.accent == "tilde":
        paths.append(f"M{_n(middle - half)} {_n(top)}q{_n(half / 2)} -3 {_n(half)} -1t{_n(half)} -1")
    elif text.accent == "dot":
        paths.append(f"M{_n(middle)} {_n(top - 1)}h0.1")
    if text.accent == "bar" or text.adjoint:
        over = top - (4.5 if text.accent else 0)
        paths.append(f"M{_n(middle - half)} {_n(over)}H{_n(middle + half)}")
    return tuple(paths)


def _arrow(arrow: Arrow) -> str:
    *_, before, end = arrow.points
    toward = _step(before, end)
    stop = (end[0] - 6 * toward[0], end[1] - 6 * toward[1]) if arrow.head else end
    path = f'<path class="{arrow.style}" d="{_rounded((*arrow.points[:-1], stop))}"/>'
    if not arrow.head:
        return path
    (x, y), (dx, dy) = end, toward
    back = [(x - 9 * dx + side * 3.6 * dy, y - 9 * dy + side * 3.6 * dx) for side in (1, -1)]
    corners = " ".join(f"{_n(px)},{_n(py)}" for px, py in ((x, y), back[0], (x - 7 * dx, y - 7 * dy), back[1]))
    return f'{path}<polygon class="head {arrow.style}" points="{corners}"/>'


def _step(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return (1.0 if dx > 0 else -1.0, 0.0) if abs(dx) > abs(dy) else (0.0, 1.0 if dy > 0 else -1.0)


def _rounded(points: tuple[Point, ...]) -> str:
    """Return the path with its corners rounded."""
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _step(before, corner), _step(corner, after)
        radius = min(_CORNER, _length(before, corner) / 2, _length(corner, after) / 2)
        start = (corner[0] - radius * into[0], corner[1] - radius * into[1])
        stop = (corner[0] + radius * out[0], corner[1] + radius * out[1])
        parts.append(f"L{_n(start[0])} {_n(start[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(stop[0])} {_n(stop[1])}")
    parts.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(parts)


def _length(start: Point, end: Point) -> float:
    return abs(end[0] - start[0]) + abs(end[1] - start[1])
