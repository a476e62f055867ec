"""A network unrolled over its steps: states to the right, losses up, adjoints back."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.documents.shapes import BACKWARD, QUIET, Arrow, Drawing, Label, Rectangle, Shape, Sum, fitted, name

_LEAST, _GAP, _LANE, _MARGIN = 96.0, 92.0, 66.0, 74.0
_LOSS, _HEAD = 24.0, 78.0  # baselines: of the losses, and the top of the head's boxes
_HEAD_HEIGHT = 34.0
_CELL_TOP = 168.0
_D = 7.0  # half the distance between an arrow and the adjoint that comes back beside it


@dataclass(frozen=True, slots=True)
class Unrolled:
    """What to draw: names as in the cell; `read` are the states that the head reads; `cell` is printed in the boxes.

    Without a `loss` the outputs stand above the heads; without a `head` either, one box over all steps takes what is read.
    `steps` counts the steps that are drawn at the left, before the dots and the last one.
    """

    inputs: tuple[str, ...]
    states: tuple[str, ...]
    read: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    loss: str = "J"
    cell: str = "cell"
    head: str = "head"
    steps: int = 2


def unrolled(network: Unrolled) -> Drawing:
    """Draw the network over steps 1, 2, …, T. States that the head reads are drawn above the others."""
    lanes = tuple(sorted(network.states, key=lambda state: state not in network.read))
    times = [str(step) for step in range(1, network.steps + 1)]
    columns = [*times, "T"]
    bottom = _CELL_TOP + _LANE * len(lanes) + 8
    shapes: list[Shape] = []
    for position, time in enumerate(columns):
        x = _x(position, network)
        shapes += _column(network, x, time, bottom, time == "T")
        before = {"1": "0", "T": "T−1"}.get(time) or str(int(time) - 1)
        for lane, state in enumerate(lanes):
            shapes += _carry(network, state, lane, x, before, position)
    if not network.head:
        shapes += _over_all(network)
    width = _x(network.steps, network) + _box(network) + 26
    return Drawing(width, bottom + 62, tuple(shapes), f"{network.cell}, unrolled over its steps")


def _over_all(network: Unrolled) -> list[Shape]:
    """Draw the loss of all steps as one box."""
    first, last = _x(0, network), _x(network.steps, network) + _box(network)
    return [
        Rectangle((first + 6, _HEAD), last - first - 12, _HEAD_HEIGHT),
        Label(name("J", "", scalar=True), ((first + last) / 2, _HEAD + 23)),
    ]


def _box(network: Unrolled) -> float:
    """Return the width of a cell's box: its inputs stand side by side under it."""
    return max(_LEAST, sum(name(text, "(T)").width(17) + 14 for text in network.inputs))


def _x(position: int, network: Unrolled) -> float:
    """Return the left side of a box; the last one stands behind the dots."""
    return _MARGIN + position * (_box(network) + _GAP) + (_GAP + 14 if position == network.steps else 0)


def _lane(lane: int) -> float:
    return _CELL_TOP + 38 + lane * _LANE


def _column(network: Unrolled, x: float, time: str, bottom: float, last: bool) -> list[Shape]:
    wide = _box(network)
    middle, sup = x + wide / 2, f"({time})"
    shapes: list[Shape] = [Rectangle((x, _CELL_TOP), wide, bottom - _CELL_TOP, True)]
    shapes.append(Label(network.cell, (middle, bottom - 12), fitted(network.cell, wide - 14), QUIET))
    shapes += _upwards(network, x, sup, last)
    count = len(network.inputs)
    for place, text in enumerate(network.inputs):
        at = x + wide * (place + 1) / (count + 1)
        shapes += [
            Arrow(((at - _D, bottom + 34), (at - _D, bottom))),
            Arrow(((at + _D, bottom), (at + _D, bottom + 34)), BACKWARD),
            Label(name(text, sup), (at, bottom + 54)),
        ]
    return shapes


def _upwards(network: Unrolled, x: float, sup: str, last: bool) -> list[Shape]:
    """Draw the head above a box, its loss, and the adjoint that comes down to where it is added."""
    wide = _box(network)
    up, down = x + 26.0, x + wide - 24
    bottom = _HEAD + _HEAD_HEIGHT
    middle = (up + down) / 2
    shapes: list[Shape] = [Arrow(((up, _CELL_TOP), (up, bottom)))]
    if network.head:
        top = name(network.loss, sup, scalar=True) if network.loss else name("".join(network.outputs[:1]), sup)
        shapes = [
            Rectangle((x + 6, _HEAD), wide - 12, _HEAD_HEIGHT),
            Label(network.head, (x + wide / 2, _HEAD + 22), fitted(network.head, wide - 24), QUIET),
            *shapes,
            Label(top, (middle, _LOSS)),
            Arrow(((middle - _D, _HEAD), (middle - _D, _LOSS + 12))),
            Arrow(((middle + _D, _LOSS + 12), (middle + _D, _HEAD)), BACKWARD),
        ]
    if network.outputs and network.loss:
        shapes.append(Label(name(network.outputs[0], sup), (middle - 28, _HEAD - 14), 15))
    end = _lane(0) - _D - (0 if last else 5.5)
    tail = ((down, bottom), (down, end))
    if last:
        tail = ((down, bottom), (down, _lane(0) - _D))
        shapes.append(Arrow((*tail, (x + wide - 52, _lane(0) - _D)), BACKWARD))
    else:
        shapes.append(Arrow(tail, BACKWARD))
    if network.read:
        shapes.append(Label(name(network.read[0], sup), (up - 17, (bottom + _CELL_TOP) / 2 + 5), 15))
    return shapes


def _carry(network: Unrolled, state: str, lane: int, x: float, before: str, position: int) -> list[Shape]:
    """Draw a state coming into the box at x from the left, and its adjoint going out."""
    wide = _box(network)
    y, sup = _lane(lane), f"({before})"
    dots = position == network.steps
    start = x - _GAP if position else x - 34
    end = start if position else start - 2
    shapes: list[Shape] = []
    if dots:
        first = _x(position - 1, network) + wide
        shapes += [Label("…", ((first + x) / 2, y + 5), 22, QUIET)]
        shapes += _pair(first, first + _GAP - 14, y, state, f"({position})", lane == 0 and state in network.read)
        return [*shapes, *_pair(x - _GAP + 14, x, y, state, sup, False)]
    if not position:
        shapes.append(Label(name(state, sup), (x - 52, y + 8 + _D), 15))
        shapes += [Arrow(((start, y + _D), (x, y + _D))), Arrow(((x, y - _D), (end, y - _D)), BACKWARD)]
        return [*shapes, Label(name(state, sup, True), (x - 52, y - _D + 3), 15, BACKWARD)]
    return _pair(start, x, y, state, sup, lane == 0 and state in network.read)


def _pair(start: float, end: float, y: float, state: str, sup: str, added: bool) -> list[Shape]:
    middle = (start + end) / 2
    stop = start - 18.5 if added else start
    shapes: list[Shape] = [
        Arrow(((start, y + _D), (end, y + _D))),
        Arrow(((end, y - _D), (stop, y - _D)), BACKWARD),
        Label(name(state, sup), (middle, y + _D + 20), 15),
        Label(name(state, sup, True), (middle, y - _D - 7), 15, BACKWARD),
    ]
    if added:
        shapes += [Sum((start - 24, y - _D)), Arrow(((start - 29.5, y - _D), (start - 52, y - _D)), BACKWARD)]
    return shapes
