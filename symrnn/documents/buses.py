"""What goes from one column of a composed network into another one, by tracks and lanes."""

from __future__ import annotations

from itertools import pairwise

from symrnn.documents.levels import Levels
from symrnn.documents.paths import beside, both, straightened
from symrnn.documents.places import HALF, PAD, SMALL, Column, entry, line_width
from symrnn.documents.rails import beside_each_other, entrance, leaves_at, step_before
from symrnn.documents.shapes import BACKWARD, QUIET, Arrow, Dot, Label, Point, Shape, Sum
from symrnn.documents.wiring import Read

_RADIUS = 5.5


def buses(levels: Levels) -> list[Shape]:
    """Draw everything that leaves its column, but for states along their row."""
    shapes: list[Shape] = []
    for read in levels.wiring.ways("back"):
        shapes += _fed_back(levels, read)
    for read in levels.wiring.ways("enter"):
        group = levels.wiring.group(levels.wiring.part(read.target).group)
        columns = levels.across.of_group(group)
        down = levels.wiring.part(read.target).direction < 0
        shapes += _named_entry(levels, read, columns[-1] if down else columns[0], True)
    for read in levels.wiring.ways("bus"):
        shapes += _to_every_step(levels, read)
    for read in levels.wiring.ways("hand"):
        if not levels.along(read):
            shapes += _handed_over(levels, read)
    return shapes


def _source(levels: Levels, read: Read) -> Column:
    columns = levels.across.of_group(levels.wiring.group(levels.wiring.part(read.source).group))
    return columns[0] if levels.wiring.place(read) == "first" else columns[-1]


def _forks(levels: Levels, read: Read, column: Column) -> bool:
    """Tell whether a value that leaves a column is read in it too, or leaves it by a higher track as well."""
    exits = levels.exits(levels.across.row_of[read.source])
    higher = [one for one in exits[exits.index(read) + 1 :] if one.source == read.source]
    return any(one.source == read.source for one in levels.across.joined(column)) or any(
        leaves_at(levels.wiring, one, column) for one in higher
    )


def _out(levels: Levels, read: Read, column: Column) -> tuple[list[Point], bool]:
    """Return the first points of the way of a value out of a column, and whether it forks off there."""
    x, y = levels.across.x(read.source, column), levels.exit(read)
    if _forks(levels, read, column):
        return [(x, y)], True
    return [(x, levels.rows[levels.across.row_of[read.source]].top), (x, y)], False


def _line(points: list[Point], read: Read, forks: bool, heads: tuple[bool, bool] = (True, True)) -> list[Shape]:
    """Draw a way with its adjoint, from a fork where the value is read twice: there the adjoint is added."""
    if not forks:
        return both(points, HALF, read.adjoint, heads)
    way = straightened(points)
    x, rightwards = way[0][0], way[1][0] > way[0][0]
    forward, back = beside(way, -HALF), beside(way, HALF)
    start = (x - HALF, forward[0][1])
    shapes: list[Shape] = [Arrow((start, *forward[1:]), head=heads[0]), Dot(start)]
    if read.adjoint:
        end = (x + HALF + (_RADIUS if rightwards else -_RADIUS), back[0][1])
        shapes += [Arrow((*back[:0:-1], end), BACKWARD), Sum((x + HALF, back[0][1]))]
    return shapes


def _fed_back(levels: Levels, read: Read) -> list[Shape]:
    """Draw what is read at the next step by another part: out, along a lane, in from below; names where there are dots."""
    across, target = levels.across, levels.wiring.part(read.target)
    columns = across.of_group(levels.wiring.group(target.group))
    steps = columns if target.direction > 0 else columns[::-1]
    shapes: list[Shape] = []
    for source, sink in pairwise(steps):
        points, forks = _out(levels, read, source)
        lane, track = across.lane(read, source), levels.entry(read)
        points += [(lane, points[-1][1]), (lane, track)]
        if columns[-1] in (source, sink):
            end = lane + target.direction * 34
            shapes += _line([*points, (end, track)], read, forks)
            shapes.append(Label("…", (end + target.direction * 14, track + 5), 20.0, QUIET))
            shapes += _named_entry(levels, read, sink, False)
        else:
            port = across.ports(read.target, sink)[entry(read)]
            shapes += _line([*points, (port, track), (port, _foot(levels, read.target))], read, forks)
    return shapes


def _foot(levels: Levels, key: str) -> float:
    return levels.rows[levels.across.row_of[key]].bottom


def _named_entry(levels: Levels, read: Read, column: Column, initial: bool) -> list[Shape]:
    """Draw what comes into a box from a step that is not drawn, by its name."""
    across, way = levels.across, levels.wiring.part(read.target).direction
    time = f"({step_before(column.time, way)})"
    track, port = levels.entry(read), across.ports(read.target, column)[entry(read)]
    wide = line_width(read.names, time)
    start = column.left - PAD if way > 0 else column.right + PAD
    middle = start - way * wide / 2
    points = [(start + way * 4, track), (port, track), (port, _foot(levels, read.target))]
    shapes = both(points, HALF, read.adjoint)
    shapes += beside_each_other(read.names, time, (middle, track - HALF), SMALL)
    return [*shapes, *beside_each_other(read.back, time, (middle, track + HALF + 12), SMALL, BACKWARD)]


def _to_every_step(levels: Levels, read: Read) -> list[Shape]:
    """Draw what is read from one step at every other one, or at one of them."""
    across, source = levels.across, _source(levels, read)
    points, forks = _out(levels, read, source)
    sinks = [column for column in across.columns if across.stands(read.target, column)]
    ports = [across.ports(read.target, column)[entry(read)] for column in sinks]
    if across.far(read):
        lane, track = across.lane(read, sinks[0]), levels.entry(read)
        points += [(lane, points[-1][1]), (lane, track)]
    else:
        lane, track = points[-1][0], points[-1][1]
    ports.sort(key=lambda port: abs(port - lane))
    foot = _foot(levels, read.target)
    shapes = _line([*points, (ports[-1], track), (ports[-1], foot)], read, forks)
    rightwards = ports[-1] > lane
    over, under = (track - HALF, track + HALF) if rightwards else (track + HALF, track - HALF)
    for port in ports[:-1]:
        shapes += [Arrow(((port - HALF, over), (port - HALF, foot))), Dot((port - HALF, over))]
        if read.adjoint:
            shapes += [
                Arrow(((port + HALF, foot), (port + HALF, under - _RADIUS)), BACKWARD, False),
                Sum((port + HALF, under)),
            ]
    return shapes


def _handed_over(levels: Levels, read: Read) -> list[Shape]:
    """Draw what goes from a box by a track into the box of a computed initial state."""
    points, forks = _out(levels, read, _source(levels, read))
    into = entrance(levels, read)
    assert into is not None
    return _line([*points, (into[0], points[-1][1]), into], read, forks)
