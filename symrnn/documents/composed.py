"""A composed network over its steps: one box for each part and step, values forward, adjoints back."""

from __future__ import annotations

from dataclasses import replace

from symrnn.documents.buses import buses
from symrnn.documents.channels import Channel, route
from symrnn.documents.levels import Levels
from symrnn.documents.places import HALF, SMALL, Across, Column, line_width
from symrnn.documents.rails import beside_each_other, leaves_at, rails
from symrnn.documents.shapes import BACKWARD, QUIET, Arrow, Drawing, Label, Rectangle, Shape, fitted, name
from symrnn.documents.wiring import Part, Wiring

_WIDEST = 920.0
_TRIED = (
    (2, 2, 2),
    (1, 2, 2),
    (1, 1, 2),
    (1, 1, 1),
)  # leading steps of the first group and of the others; names abreast


def composed(wiring: Wiring) -> Drawing:
    """Draw the network."""
    levels = placed(wiring)
    shapes: list[Shape] = []
    for column in levels.across.columns:
        shapes += _column(levels, column)
    shapes += _sums(levels)
    shapes += rails(levels)
    shapes += buses(levels)
    return Drawing(levels.across.width, levels.bottom, tuple(shapes), wiring.title)


def placed(wiring: Wiring) -> Levels:
    """Return the places of everything, with as many steps as there is room for, and names over each other if there is none."""
    across = Across(wiring)
    for first, others, abreast in _TRIED:
        across = Across(_leading(wiring, first, others), abreast)
        if across.width <= _WIDEST:
            break
    return Levels(across)


def _leading(wiring: Wiring, first: int, others: int) -> Wiring:
    """Return the wiring with at most so many steps in front of the dots, in the first group and in the others."""
    most = (first, *(others for _ in wiring.groups[1:]))
    groups = (replace(one, leading=min(one.leading, count)) for one, count in zip(wiring.groups, most, strict=True))
    return replace(wiring, groups=tuple(groups))


def _column(levels: Levels, column: Column) -> list[Shape]:
    across = levels.across
    shapes: list[Shape] = []
    for row in range(levels.count - 1):
        joins = levels.joins(column, row)
        if joins:
            low, high = levels.rows[row], levels.rows[row + 1]
            shapes += route(Channel(joins, HALF), low.top, high.bottom, levels.below(row), levels.above(row))
    for key, item in across.layouts[column.group.length].items.items():
        if key not in across.row_of:
            shapes += _passed(levels, key, item.layer, column)
        elif across.stands(key, column):
            shapes += _box(levels, levels.wiring.part(key), column)
    return shapes


def _passed(levels: Levels, key: str, layer: int, column: Column) -> list[Shape]:
    """Draw a value that passes a row."""
    reads, row, x = levels.passing(key, column), levels.rows[layer], levels.across.x(key, column)
    if not reads:
        return []
    shapes: list[Shape] = [Arrow(((x - HALF, row.bottom), (x - HALF, row.top)), head=False)]
    if any(read.adjoint for read in reads):
        shapes.append(Arrow(((x + HALF, row.top), (x + HALF, row.bottom)), BACKWARD, False))
    return shapes


def _box(levels: Levels, part: Part, column: Column) -> list[Shape]:
    across, row = levels.across, levels.rows[levels.across.row_of[part.key]]
    x, time = across.x(part.key, column), f"({column.time})"
    if part.kind == "sum":
        return []
    if part.kind == "given":
        return beside_each_other(part.names, time, (x, row.top + 17), 17.0)
    left, right = across.edges(part.key, column)
    strong = part.kind in ("cell", "loss")
    shapes: list[Shape] = [Rectangle((left, row.top), right - left, row.bottom - row.top, strong)]
    if part.kind == "loss":
        shapes.append(Label(name(part.names[0], time, scalar=True), (x, row.top + 22), 17.0))
        return [*shapes, *_given_to(part, time, left, row.top + 16)]
    if part.kind == "glue":
        return [*shapes, *beside_each_other(part.names, time, (x, row.top + 20), 16.0)]
    if part.kind == "head":
        shapes.append(Label(part.note, (x, row.top + 21), fitted(part.note, right - left - 12, 13.5), QUIET))
    else:
        shapes.append(Label(part.note, (x, row.rail + 23), fitted(part.note, right - left - 12, 13.5), QUIET))
        shapes += beside_each_other(part.beside, time, (x, row.bottom - 7), 13.0, QUIET)
    return [*shapes, *_named(levels, part, column)]


def _given_to(part: Part, time: str, left: float, y: float) -> list[Shape]:
    """Draw what is given to a loss beside its box: targets, weights, masks."""
    if not part.beside:
        return []
    middle = left - 25 - line_width(part.beside, time, 15.0) / 2
    return [*beside_each_other(part.beside, time, (middle, y + 5), 15.0), Arrow(((left - 18, y), (left, y)))]


def _named(levels: Levels, part: Part, column: Column) -> list[Shape]:
    """Write what a box puts out beside the line that goes up."""
    across = levels.across
    reads = [read for read in across.joined(column) if read.source == part.key]
    reads += [
        read
        for read in levels.exits(across.row_of[part.key])
        if read.source == part.key and leaves_at(levels.wiring, read, column)
    ]
    names = tuple(dict.fromkeys(each for read in reads for each in read.names))
    if not names:
        return []
    time = f"({column.time})"
    x = across.x(part.key, column) - HALF - 5 - line_width(names, time) / 2
    return beside_each_other(names, time, (x, levels.rows[across.row_of[part.key]].top - 9), SMALL)


def _sums(levels: Levels) -> list[Shape]:
    """Draw the loss of all steps as one box over them."""
    across = levels.across
    shapes: list[Shape] = []
    for part in levels.wiring.parts:
        if part.kind == "sum":
            columns = [column for column in across.columns if across.stands(part.key, column)]
            left, right = across.edges(part.key, columns[0])[0], across.edges(part.key, columns[-1])[1]
            row = levels.rows[across.row_of[part.key]]
            shapes.append(Rectangle((left, row.top), right - left, row.bottom - row.top, True))
            shapes.append(Label(name(part.names[0], scalar=True), ((left + right) / 2, row.top + 21), 17.0))
    return shapes
