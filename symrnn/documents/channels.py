"""The space between two layers of a drawing: one track for each value that moves sideways, its adjoint beside it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from symrnn.documents.shapes import BACKWARD, Arrow, Dot, Point, Shape, Sum

_TRACK = 30.0
_SIDE = 8.0  # between the tracks of a value and of its adjoint
_FOOT, _SUM, _TOP = 24.0, 13.0, 18.0
_CLASH = 50
_MOST = 6  # tracks up to which all orders are tried


@dataclass(frozen=True, slots=True)
class Join:
    """A value that goes up from `low` to `high`. `starts` at its own node, `ends` at a node that reads it.

    Its adjoint comes `back`, and `arrives` there unless it goes on inside of the node.
    """

    net: str
    low: float
    high: float
    starts: bool = True
    ends: bool = True
    back: bool = True
    arrives: bool = True

    @property
    def straight(self) -> bool:
        """Tell whether it needs no track."""
        return abs(self.low - self.high) < 1


@dataclass(frozen=True, slots=True)
class Channel:
    """All that is joined between two neighbouring layers; `half` is half the distance from a value to its adjoint."""

    joins: tuple[Join, ...]
    half: float

    @property
    def nets(self) -> tuple[str, ...]:
        """Return the values that need a track."""
        return tuple(dict.fromkeys(join.net for join in self.joins if not join.straight))

    @property
    def height(self) -> float:
        """Return the room that the tracks need."""
        return _FOOT + _TOP + max(len(self.nets) - 1, 0) * _TRACK + (2 * _SIDE if self.nets else 0.0)


def route(channel: Channel, bottom: float, top: float, below: float = 0.0, above: float = 0.0) -> list[Shape]:
    """Draw the channel between the tops of the lower layer at `bottom` and the feet of the upper one at `top`.

    Its tracks leave as much free `below` and `above` them as is said.
    """
    order = _order(channel)
    used = (len(order) - 1) * _TRACK
    first = bottom - below - _FOOT - _SIDE - ((bottom - below - top - above) - channel.height) / 2 - used
    tracks = {net: first + place * _TRACK for place, net in enumerate(order)}
    shapes: list[Shape] = []
    for net in dict.fromkeys(join.net for join in channel.joins):
        joins = tuple(join for join in channel.joins if join.net == net)
        y = tracks.get(net, (bottom + top) / 2)
        shapes += _forward(joins, channel.half, y, bottom, top)
        back = tuple(join for join in joins if join.back)
        if back:
            shapes += _backward(back, channel.half, y, (bottom, bottom - below - _SUM), top)
    return shapes


def _forward(joins: tuple[Join, ...], half: float, y: float, bottom: float, top: float) -> list[Shape]:
    start = joins[0].low - half
    shapes: list[Shape] = []
    for join in joins:
        end = join.high - half
        turns: tuple[Point, ...] = () if join.straight else ((start, y), (end, y))
        shapes.append(Arrow(((start, bottom), *turns, (end, top)), head=join.ends))
    ways = {(join.high > join.low) - (join.high < join.low) for join in joins}
    if len(ways) > 1:
        shapes.append(Dot((start, y)))
    for side in (1, -1):
        out = sorted(
            abs(join.high - join.low) for join in joins if not join.straight and (join.high > join.low) == (side > 0)
        )
        shapes += [Dot((start + side * far, y)) for far in out[:-1]]
    return shapes


def _backward(joins: tuple[Join, ...], half: float, y: float, feet: Point, top: float) -> list[Shape]:
    """Draw the adjoints of all readers, joined at the value they read: a sum where there are two or more.

    The feet are where they end, and where they meet.
    """
    start, head = joins[0].low + half, joins[0].starts and joins[0].arrives
    bottom, meet = feet
    if len(joins) == 1:
        return [Arrow((*_descent(joins[0], half, y, top), (start, bottom)), BACKWARD, head)]
    shapes: list[Shape] = [
        Arrow((*_descent(join, half, y, top), (start, meet - 5.5)), BACKWARD, False) for join in joins
    ]
    return [*shapes, Sum((start, meet)), Arrow(((start, meet + 5.5), (start, bottom)), BACKWARD, head)]


def _descent(join: Join, half: float, y: float, top: float) -> tuple[Point, ...]:
    """Return the way of an adjoint from its reader to the value: under the value's track, or over it."""
    start, end = join.low + half, join.high + half
    if join.straight:
        return ((end, top),)
    beside = y + (_SIDE if end > start else -_SIDE)
    return ((end, top), (end, beside), (start, beside))


def _order(channel: Channel) -> tuple[str, ...]:
    """Return the values that need a track, from the highest to the lowest, with few crossings."""
    nets = channel.nets
    if len(nets) <= _MOST:
        return min(permutations(nets), key=lambda order: _cost(order, channel), default=())
    order = list(nets)
    for _ in nets:
        for place in range(len(order) - 1):
            swapped = [*order[:place], order[place + 1], order[place], *order[place + 2 :]]
            order = min(order, swapped, key=lambda each: _cost(tuple(each), channel))
    return tuple(order)


def _cost(order: tuple[str, ...], channel: Channel) -> int:
    spans = {net: tuple(join for join in channel.joins if join.net == net) for net in order}
    return sum(
        _between(spans[above], spans[below], channel.half) for at, below in enumerate(order) for above in order[:at]
    )


def _between(above: tuple[Join, ...], below: tuple[Join, ...], half: float) -> int:
    """Return the crossings of two nets, one track above the other, and a fine for lines that lie on each other."""
    stem = above[0].low
    crossings = int(_low(below) < stem < _high(below))
    crossings += sum(_low(above) < join.high < _high(above) for join in below)
    clashes = sum(abs(join.high - stem) < 2 * half + 6 for join in below)
    return crossings + _CLASH * clashes


def _low(joins: tuple[Join, ...]) -> float:
    return min(min(join.low, join.high) for join in joins)


def _high(joins: tuple[Join, ...]) -> float:
    return max(max(join.low, join.high) for join in joins)
