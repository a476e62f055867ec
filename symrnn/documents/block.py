"""One step of a cell as a block diagram: values go up, previous states come in at the left, adjoints come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symrnn.documents.channels import Channel, Join, route
from symrnn.documents.layers import Item, Layout, Link, arrange, depths, spread
from symrnn.documents.shapes import (
    BACKWARD,
    QUIET,
    Arrow,
    Drawing,
    Label,
    Name,
    Rectangle,
    Shape,
    fitted,
    name,
    words_width,
)
from symrnn.errors import SymrnnError

SOURCES = ("input", "target", "previous")
KINDS = (*SOURCES, "named", "state", "output", "loss", "above")
_LABELS = (*SOURCES, "above")
_GAP, _PORT, _MARGIN, _LIFT = 22.0, 26.0, 16.0, 10.0
_D = 6.0  # half the distance between a value's arrow and its adjoint's
_SIZE = 17.0
_STATE = 46.0  # the height of a lane: a state and its adjoint
_APART = 9.0  # between the parameters in a box
_LIGHT = 0.002


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the step: `note` says what computes it, `parameters` what it reads beside the edges.

    `key` tells nodes apart (the state `h` from `h` of the step before), `name` is printed: `z_h`, `y_hat`. `kind` is
    one of `KINDS`; a `state` is handed to the next step, a `previous` one comes from `back` steps before. A node without
    an adjoint, as a target, has no way back.
    """

    key: str
    name: str
    kind: str
    note: str = ""
    parameters: tuple[str, ...] = ()
    adjoint: bool = True
    back: int = 1
    at: str = ""

    @property
    def time(self) -> str:
        """Return the superscript of the step that it belongs to."""
        if self.at:
            return f"({self.at})"
        return f"(t{'−' if self.back > 0 else '+'}{abs(self.back)})" if self.kind == "previous" else "(t)"


@dataclass(frozen=True, slots=True)
class Edge:
    """The value of `source` is read by `target`, both keys."""

    source: str
    target: str


def block(nodes: Sequence[Node], edges: Sequence[Edge], title: str = "one step of the cell") -> Drawing:
    """Draw one step.

    Raises: SymrnnError, for an edge to no node, a kind that is none of `KINDS`, or a repeated key.
    """
    _check(nodes, edges)
    layout = _layout(nodes, edges)
    known = {node.key: node for node in nodes}
    left = max((_wide(node) for node in nodes if node.kind == "previous"), default=0.0) + 2 * _MARGIN
    right = max((_wide(node) for node in nodes if node.kind == "state"), default=0.0) + 2 * _MARGIN
    span = max(layout.x[key] + layout.items[key].width / 2 for key in layout.x)
    x = {key: place + left for key, place in layout.x.items()}
    channels = _channels(layout, known, x)
    rows = _rows(layout, known, channels)
    shapes: list[Shape] = []
    for channel, low, high in zip(channels, rows, rows[1:], strict=False):
        shapes += route(channel, low.top, high.bottom)
    width = left + span + right
    for layer, row in zip(layout.layers, rows, strict=True):
        for key in layer:
            place = _Place(x[key], layout.items[key].width, row, _lane(key, layer, layout))
            shapes += _shapes(key, known, place, width)
    return Drawing(width, rows[0].bottom + 34, tuple(shapes), title)


def _check(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    keys = [node.key for node in nodes]
    for node in nodes:
        if node.kind not in KINDS or keys.count(node.key) > 1:
            raise SymrnnError(
                f"drawing: node {node.key!r} of kind {node.kind!r}: keys are unique, kinds {', '.join(KINDS)}"
            )
    for edge in edges:
        if edge.source not in keys or edge.target not in keys:
            raise SymrnnError(f"drawing: the edge from {edge.source!r} to {edge.target!r} has an end that is no node")


@dataclass(frozen=True, slots=True)
class _Row:
    """The vertical extent of a layer."""

    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item stands; `lane` counts the states that come in or go out in its row, from the middle of them."""

    x: float
    width: float
    row: _Row
    lane: float

    @property
    def y(self) -> float:
        """Return where the state comes in or goes out."""
        return (self.row.top + self.row.bottom) / 2 + self.lane * _STATE


def _lane(key: str, layer: Sequence[str], layout: Layout) -> float:
    """Return the lane of a state: the outer one goes below at the left and at the right, so that none cross."""
    beside = [other for other in layer if layout.items[other].side == layout.items[key].side]
    return beside.index(key) - (len(beside) - 1) / 2


def _layout(nodes: Sequence[Node], edges: Sequence[Edge]) -> Layout:
    pairs = list(dict.fromkeys((edge.source, edge.target) for edge in edges))
    depth = depths([node.key for node in nodes], pairs)
    items = []
    for node in nodes:
        if node.kind in ("target", "previous"):
            depth[node.key] = min((depth[high] for low, high in pairs if low == node.key), default=1) - 1
        ports = sum(high == node.key for _, high in pairs)
        side = -1 if node.kind == "previous" else 0
        weight = _LIGHT if node.kind in _LABELS else 1.0
        items.append(
            Item(node.key, depth[node.key], max(_inner(node), _PORT * (3 if ports == 2 else ports) + 10), side, weight)
        )
    for node in nodes:
        if node.kind == "state":
            items.append(Item(_exit(node.key), depth[node.key] + 1, 14.0, 1, _LIGHT))
            pairs.append((node.key, _exit(node.key)))
    return arrange(items, pairs, _GAP)


def _exit(key: str) -> str:
    return f"{key}|next"


def _wide(node: Node) -> float:
    return name(node.name, node.time, True).width(_SIZE)


def _inner(node: Node) -> float:
    """Return the width that a node needs for what is written in it."""
    if node.kind == "previous":
        return 14.0
    if node.kind in _LABELS:
        return 2 * _wide(node) + 16
    both = (2 if node.adjoint and node.kind != "loss" else 1) * name(node.name).width(_SIZE) + 44
    return max(
        both, 18 + words_width(node.note, 12.5), 18 + sum(each.width(13) + _APART for each in _notes(node)), 60.0
    )


def _notes(node: Node) -> tuple[Name, ...]:
    return tuple(name(each) for each in node.parameters)


def _height(node: Node | None) -> float:
    if node is None or node.kind in _LABELS:
        return 26.0
    return 34.0 + (17.0 if node.note else 0.0) + (17.0 if node.parameters else 0.0)


def _row_height(layer: Sequence[str], layout: Layout, known: dict[str, Node]) -> float:
    sides = [layout.items[key].side for key in layer]
    return max(*(_height(known.get(key)) for key in layer), 0.0, *((sides.count(s) - 1) * _STATE + 26 for s in (-1, 1)))


def _channels(layout: Layout, known: dict[str, Node], x: dict[str, float]) -> list[Channel]:
    """Return for each space between two layers what is joined there, and where on each item."""
    channels = []
    for layer in range(len(layout.layers) - 1):
        links = [link for link in layout.links if layout.items[link.low].layer == layer]
        ports = {port: place for high in layout.layers[layer + 1] for port, place in _ports(high, links, layout, x)}
        joins = tuple(_join(link, known, x[link.low], ports[link]) for link in links)
        channels.append(Channel(joins, _D))
    return channels


def _join(link: Link, known: dict[str, Node], low: float, high: float) -> Join:
    source = known[link.net]
    starts = link.low == link.net and source.kind != "previous"
    return Join(link.net, low, low if abs(low - high) < 1 else high, starts, link.high in known, source.adjoint)


def _ports(high: str, links: list[Link], layout: Layout, x: dict[str, float]) -> list[tuple[Link, float]]:
    """Return where each link comes into an item: straight up, if the item is wide enough."""
    into = sorted((link for link in links if link.high == high), key=lambda link: x[link.low])
    room = layout.items[high].width / 2 - _PORT / 2
    middle = (len(into) - 1) / 2
    wanted = []
    for place, link in enumerate(into):
        first, last = x[high] - room + place * _PORT, x[high] + room - (len(into) - 1 - place) * _PORT
        wanted.append(min(max(x[link.low], first), last) if first <= last else x[high] + (place - middle) * _PORT)
    return list(zip(into, spread(wanted, [_PORT] * (len(into) - 1), [1.0] * len(into)), strict=True))


def _rows(layout: Layout, known: dict[str, Node], channels: list[Channel]) -> list[_Row]:
    heights = [_row_height(layer, layout, known) for layer in layout.layers]
    top = _MARGIN
    rows = []
    for layer in reversed(range(len(heights))):
        rows.append(_Row(top, top + heights[layer]))
        top += heights[layer] + (channels[layer - 1].height if layer else 0.0)
    return rows[::-1]


def _shapes(key: str, known: dict[str, Node], at: _Place, right: float) -> list[Shape]:
    node = known.get(key)
    if node is None:
        source = key.partition("|")[0]
        return _handed(known[source], at, right) if key.endswith("|next") else _through(known[source], at)
    if node.kind == "previous":
        return _received(node, at)
    if node.kind in _LABELS:
        return _given(node, at)
    return _boxed(node, at)


def _through(node: Node, at: _Place) -> list[Shape]:
    """Draw a value that passes a layer."""
    x, row = at.x, at.row
    shapes: list[Shape] = [Arrow(((x - _D, row.bottom), (x - _D, row.top)), head=False)]
    if node.adjoint:
        shapes.append(Arrow(((x + _D, row.top), (x + _D, row.bottom)), BACKWARD, False))
    return shapes


def _handed(node: Node, at: _Place, right: float) -> list[Shape]:
    """Draw a state that goes to the next step, at the right, and its adjoint that comes from there."""
    x, y, end = at.x, at.y, right - _wide(node) - 1.5 * _MARGIN
    middle = right - _MARGIN - _wide(node) / 2
    return [
        Arrow(((x - _D, at.row.bottom), (x - _D, y - _LIFT), (end, y - _LIFT))),
        Arrow(((end, y + _LIFT), (x + _D, y + _LIFT), (x + _D, at.row.bottom)), BACKWARD, False),
        Label(name(node.name, node.time), (middle, y - _LIFT + 4), _SIZE),
        Label(name(node.name, node.time, True), (middle, y + _LIFT + 9), _SIZE, BACKWARD),
    ]


def _received(node: Node, at: _Place) -> list[Shape]:
    """Draw a state of the step before, at the left, and the adjoint handed to it."""
    x, y, middle = at.x, at.y, _MARGIN + _wide(node) / 2
    start = _wide(node) + 1.5 * _MARGIN
    shapes: list[Shape] = [
        Arrow(((start, y - _LIFT), (x - _D, y - _LIFT), (x - _D, at.row.top)), head=False),
        Label(name(node.name, node.time), (middle, y - _LIFT + 4), _SIZE),
    ]
    if not node.adjoint:
        return shapes
    back = Arrow(((x + _D, at.row.top), (x + _D, y + _LIFT), (start, y + _LIFT)), BACKWARD)
    return [*shapes, back, Label(name(node.name, node.time, True), (middle, y + _LIFT + 9), _SIZE, BACKWARD)]


def _given(node: Node, at: _Place) -> list[Shape]:
    shift = _wide(node) / 2 + 5
    x, y = at.x, at.row.bottom - 8 if node.kind == "above" else at.row.top + 18
    if not node.adjoint:
        return [Label(name(node.name, node.time), (x - _D, y), _SIZE)]
    return [
        Label(name(node.name, node.time), (x - shift, y), _SIZE),
        Label(name(node.name, node.time, True), (x + shift, y), _SIZE, BACKWARD),
    ]


def _boxed(node: Node, at: _Place) -> list[Shape]:
    """Draw a computed value and its adjoint in a box, with what computes it beneath."""
    x, width, row = at.x, at.width, at.row
    height = row.bottom - row.top
    y = row.top + (height - _height(node)) / 2 + 23
    scalar, both = node.kind == "loss", node.adjoint and node.kind != "loss"
    shift = (name(node.name).width(_SIZE) / 2 + 9) if both else 0.0
    shapes: list[Shape] = [Rectangle((x - width / 2, row.top), width, height, node.kind in ("state", "loss"))]
    shapes.append(Label(name(node.name, scalar=scalar), (x - shift, y), _SIZE))
    if both:
        shapes.append(Label(name(node.name, adjoint=True), (x + shift, y), _SIZE, BACKWARD))
    if node.note:
        y += 17
        shapes.append(Label(node.note, (x, y), fitted(node.note, width - 12, 12.5), QUIET))
    if node.parameters:
        shapes += _row_of(_notes(node), x, y + 17)
    return shapes


def _row_of(names: Sequence[Name], x: float, y: float) -> list[Shape]:
    widths = [each.width(13) for each in names]
    start = x - (sum(widths) + _APART * (len(widths) - 1)) / 2
    shapes: list[Shape] = []
    for each, wide in zip(names, widths, strict=True):
        shapes.append(Label(each, (start + wide / 2, y), 12, QUIET))
        start += wide + _APART
    return shapes
