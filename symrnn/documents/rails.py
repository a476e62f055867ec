"""The states of a composed network along its rows: from step to step, from initial states, and from an encoder to a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symrnn.documents.levels import Levels, Row
from symrnn.documents.paths import both
from symrnn.documents.places import BETWEEN, HALF, LINE, PORT, RAIL, SMALL, Across, Column
from symrnn.documents.shapes import BACKWARD, FORWARD, QUIET, Arrow, Label, Point, Rectangle, Shape, Sum, name
from symrnn.documents.wiring import Part, Read, Wiring

_RADIUS = 5.5
_STUB = 24.0


def step_before(time: str, direction: int = 1) -> str:
    """Return the step before: "T−1" of T, "1" of 2; downwards the one after it, "3" of 2."""
    if time.isdigit():
        return str(int(time) - direction)
    return f"{time}{'−' if direction > 0 else '+'}1"


def beside_each_other(names: Sequence[str], time: str, at: Point, size: float, style: str = FORWARD) -> list[Shape]:
    """Write names beside each other, centred, or their adjoints; a zero has no step."""
    widths = [name(each, time if each != "0" else "").width(size) for each in names]
    x = at[0] - (sum(widths) + BETWEEN * (len(widths) - 1)) / 2
    shapes: list[Shape] = []
    for each, wide in zip(names, widths, strict=True):
        text = name(each, time if each != "0" else "", style == BACKWARD)
        shapes.append(Label(text, (x + wide / 2, at[1]), size, style))
        x += wide + BETWEEN
    return shapes


def _written(levels: Levels, read: Read, time: str, x: float) -> list[Shape]:
    """Write the names of states under their line, and of their adjoints over theirs."""
    row, shapes = _row(levels, read.source), []
    for place, line in enumerate(levels.across.lines(read.names)):
        shapes += beside_each_other(line, time, (x, row.rail + RAIL + 15 + LINE * place), SMALL)
    for place, line in enumerate(reversed(levels.across.lines(read.back))):
        shapes += beside_each_other(line, time, (x, row.rail - RAIL - 6 - LINE * place), SMALL, BACKWARD)
    return shapes


def rails(levels: Levels) -> list[Shape]:
    """Draw everything that goes along rows."""
    across = levels.across
    shapes: list[Shape] = []
    for part in levels.wiring.parts:
        if part.kind == "cell":
            for column in across.columns:
                if across.stands(part.key, column):
                    shapes += _gathered(levels, part, column)
        if part.kind in ("begin", "start"):
            shapes += _initial(levels, part)
    for read in levels.wiring.ways("rail"):
        shapes += _carried(levels, read)
    for read in levels.wiring.ways("hand"):
        if levels.along(read):
            shapes += _handed(levels, read)
    return shapes


def _row(levels: Levels, key: str) -> Row:
    return levels.rows[levels.across.row_of[key]]


# -- adjoints inside a box: from the next step and from above ---------------------------------------------------------------


def _from_above(levels: Levels, part: Part, column: Column) -> bool:
    """Tell whether an adjoint comes into a box from above."""
    reads = [read for read in levels.across.joined(column) if read.source == part.key]
    reads += [read for read in levels.wiring.ways("bus", "back", "hand") if _leaves(levels, read, part, column)]
    return any(read.adjoint for read in reads)


def _leaves(levels: Levels, read: Read, part: Part, column: Column) -> bool:
    if read.source != part.key or read not in levels.exits(levels.across.row_of[part.key]):
        return False
    return leaves_at(levels.wiring, read, column)


def leaves_at(wiring: Wiring, read: Read, column: Column) -> bool:
    """Tell whether a read of one step, or of every step but the last, leaves this column."""
    place = wiring.place(read)
    if wiring.part(read.source).group != column.group.length:
        return False
    if wiring.way(read) == "back":
        return not (column.last if wiring.part(read.target).direction > 0 else column.first)
    return column.first if place == "first" else column.last


def _from_later(levels: Levels, part: Part, column: Column) -> bool:
    """Tell whether an adjoint comes into a box along its row."""
    ends = column.last if part.direction > 0 else column.first
    if not ends:
        return any(read.source == part.key and read.adjoint for read in levels.wiring.ways("rail"))
    return any(read.source == part.key and read.adjoint and levels.along(read) for read in levels.wiring.ways("hand"))


def _gathered(levels: Levels, part: Part, column: Column) -> list[Shape]:
    """Draw the adjoint that comes into a box from above, and the sum with what comes from the next step."""
    if not _from_above(levels, part, column):
        return []
    row = _row(levels, part.key)
    x, y, way = levels.across.x(part.key, column) + HALF, row.rail - RAIL, -part.direction
    if not _from_later(levels, part, column):
        return [Arrow(((x, row.top), (x, y), (x + way * _STUB, y)), BACKWARD)]
    return [
        Arrow(((x, row.top), (x, y - _RADIUS)), BACKWARD),
        Arrow(((x + way * _RADIUS, y), (x + way * (_RADIUS + _STUB - 2), y)), BACKWARD),
        Sum((x, y)),
    ]


def _end(levels: Levels, part: Part, column: Column) -> float:
    """Return where the adjoint from the next step ends: at the sum, or at the edge of the box."""
    left, right = levels.across.edges(part.key, column)
    if _from_above(levels, part, column):
        return levels.across.x(part.key, column) + HALF + part.direction * _RADIUS
    return right if part.direction > 0 else left


# -- from step to step -----------------------------------------------------------------------------------------------------


def _carried(levels: Levels, read: Read) -> list[Shape]:
    across, part = levels.across, levels.wiring.part(read.source)
    columns = across.of_group(levels.wiring.group(part.group))
    row, shapes = _row(levels, part.key), []
    room = across.rail_room(columns[0].group)
    for low, high in pairwise(columns):
        source, target = (low, high) if part.direction > 0 else (high, low)
        start, end = _facing(across, part, source)[0], _facing(across, part, target)[1]
        before = f"({step_before(target.time, part.direction)})"
        if high.last:
            lanes = across.lanes(high.group)
            near, far = low.right + lanes + room, high.left - room
            stop, go = (near, far) if part.direction > 0 else (far, near)
            shapes += _line(levels, read, source, start, stop)
            shapes += _line(levels, read, None, go, end)
            shapes.append(Label("…", ((near + far) / 2, row.rail + 5), 20.0, QUIET))
            own = f"({source.time})"
            texts = (own, before) if part.direction > 0 else (before, own)
            for text, x in zip(texts, (near - room / 2, far + room / 2), strict=True):
                shapes += _written(levels, read, text, x)
        else:
            shapes += _line(levels, read, source, start, end)
            shapes += _written(levels, read, before, high.left - room / 2)
    return shapes


def _facing(across: Across, part: Part, column: Column) -> tuple[float, float]:
    """Return the edges of a box by which its states go out and come in."""
    left, right = across.edges(part.key, column)
    return (right, left) if part.direction > 0 else (left, right)


def _line(levels: Levels, read: Read, source: Column | None, start: float, end: float) -> list[Shape]:
    """Draw a state from `start` to `end`, and its adjoint back into the box in the column of its source."""
    part = levels.wiring.part(read.source)
    y = _row(levels, part.key).rail
    shapes: list[Shape] = [Arrow(((start, y + RAIL), (end, y + RAIL)))]
    if read.adjoint:
        back = start if source is None else _end(levels, part, source)
        shapes.append(Arrow(((end, y - RAIL), (back, y - RAIL)), BACKWARD))
    return shapes


# -- from initial states ---------------------------------------------------------------------------------------------------


def _initial(levels: Levels, part: Part) -> list[Shape]:
    """Draw an initial state at the side, and the line into the first box."""
    across = levels.across
    reads = [read for read in levels.wiring.ways("begin") if read.source == part.key]
    if not reads:
        return []
    cell = levels.wiring.part(reads[0].target)
    row = _row(levels, cell.key)
    left, right = across.start(part)
    columns = across.of_group(levels.wiring.group(part.group))
    column = columns[-1] if part.at == "after" else columns[0]
    time = f"({step_before(column.time, -1)})" if part.at == "after" else "(0)"
    start, end = (
        (left, _facing_edge(across, cell, column))
        if part.at == "after"
        else (right, _facing_edge(across, cell, column))
    )
    adjoint = any(read.adjoint for read in reads)
    start += 0.0 if part.kind == "start" else (-4.0 if part.at == "after" else 4.0)
    shapes: list[Shape] = [Arrow(((start, row.rail + RAIL), (end, row.rail + RAIL)))]
    if adjoint:
        shapes.append(Arrow(((end, row.rail - RAIL), (start, row.rail - RAIL)), BACKWARD))
    middle = (left + right) / 2
    if part.kind == "start":
        return [*shapes, *_boxed(levels, part, time, row)]
    for place, line in enumerate(across.lines(part.names)):
        shapes += beside_each_other(line, time, (middle, row.rail + RAIL + 9 + LINE * place), SMALL)
    known = [each for read in reads for each in read.back]
    for place, line in enumerate(reversed(across.lines(known))):
        shapes += beside_each_other(line, time, (middle, row.rail - RAIL - 1 - LINE * place), SMALL, BACKWARD)
    return shapes


def _facing_edge(across: Across, cell: Part, column: Column) -> float:
    left, right = across.edges(cell.key, column)
    return left if column.first and cell.direction > 0 else right


def _boxed(levels: Levels, part: Part, time: str, row: Row) -> list[Shape]:
    """Draw a computed initial state."""
    (left, right), high = levels.across.start(part), start_height(levels.across, part)
    top, middle = row.rail - high / 2, (left + right) / 2
    shapes: list[Shape] = [Rectangle((left, top), right - left, high)]
    for place, line in enumerate(levels.across.lines(part.names)):
        shapes += beside_each_other(line, time, (middle, top + 22 + LINE * place), SMALL)
    if part.note:
        shapes.append(Label(part.note, (middle, top + high - 7), 11.5, QUIET))
    return shapes


def start_height(across: Across, part: Part) -> float:
    """Return the height of the box of an initial state."""
    return 14 + LINE * len(across.lines(part.names)) + (13 if part.note else 0)


# -- from one cell to the initial state of another one -----------------------------------------------------------------------


def _handed(levels: Levels, read: Read) -> list[Shape]:
    """Draw what goes from the last box of a row into a computed initial state: straight on, or up or down into it."""
    across, source = levels.across, levels.wiring.part(read.source)
    start = levels.wiring.part(read.target)
    column = across.of_group(levels.wiring.group(source.group))[-1]
    row = _row(levels, source.key)
    out = _end(levels, source, column)
    edge = across.edges(source.key, column)[1]
    into = entrance(levels, read)
    if into is None:
        end = across.start(start)[0]
        shapes: list[Shape] = [Arrow(((edge, row.rail + RAIL), (end, row.rail + RAIL)))]
        return [*shapes, Arrow(((end, row.rail - RAIL), (out, row.rail - RAIL)), BACKWARD)] if read.adjoint else shapes
    x, y = into
    value, *adjoint = both(((edge, row.rail), (x, row.rail), (x, y)), -RAIL, read.adjoint)
    back = [Arrow((*one.points[:-1], (out, one.points[-1][1])), BACKWARD) for one in adjoint if isinstance(one, Arrow)]
    return [value, *back]


def entrance(levels: Levels, read: Read) -> Point | None:
    """Return where a value comes into the box of a computed initial state, or None if straight from the left."""
    across, start = levels.across, levels.wiring.part(read.target)
    cell = next(one.target for one in levels.wiring.ways("begin") if one.source == start.key)
    row, mine = across.row_of[cell], across.row_of[read.source]
    if levels.along(read) and mine == row:
        return None
    hands = [one for one in levels.wiring.ways("hand") if one.target == start.key]
    under = [one for one in hands if _under(levels, one, row)]
    beside = under if read in under else [one for one in hands if one not in under and _bends(levels, one, row)]
    left, right = across.start(start)
    x = (left + right) / 2 + (beside.index(read) - (len(beside) - 1) / 2) * PORT
    half = start_height(across, start) / 2
    return x, levels.rows[row].rail + (half if read in under else -half)


def _bends(levels: Levels, read: Read, row: int) -> bool:
    return not (levels.along(read) and levels.across.row_of[read.source] == row)


def _under(levels: Levels, read: Read, row: int) -> bool:
    return levels.across.row_of[read.source] < row
