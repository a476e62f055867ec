"""What can be wrong with a drawing: each function returns the faults that it finds, and what is connected with what."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from symrnn.documents.drawings import Drawing
from symrnn.documents.levels import Levels
from symrnn.documents.places import Column
from symrnn.documents.shapes import Arrow, Label, Rectangle, Sum
from symrnn.documents.wiring import Part

Extent = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float]
NEAR = 0.6
DOTS = "…"


def extent(shape: Rectangle) -> Extent:
    (x, y), wide, high = shape.at, shape.width, shape.height
    return x, y, x + wide, y + high


def length(arrow: Arrow) -> float:
    return sum(abs(bx - ax) + abs(by - ay) for (ax, ay), (bx, by) in pairwise(arrow.points))


def meet(a: Extent, b: Extent, slack: float = 0.0) -> bool:
    return a[0] + slack < b[2] and b[0] + slack < a[2] and a[1] + slack < b[3] and b[1] + slack < a[3]


def labels(drawing: Drawing) -> list[Label]:
    return [shape for shape in drawing.shapes if isinstance(shape, Label)]


def boxes(drawing: Drawing) -> list[Rectangle]:
    return [shape for shape in drawing.shapes if isinstance(shape, Rectangle)]


def arrows(drawing: Drawing, style: str) -> list[Arrow]:
    return [shape for shape in drawing.shapes if isinstance(shape, Arrow) and shape.style == style]


def overlapping(drawing: Drawing) -> list[object]:
    """Labels on labels, boxes on boxes."""
    found: list[object] = [(a, b) for a, b in combinations(labels(drawing), 2) if meet(a.box(), b.box(), 2.5)]
    return found + [(a, b) for a, b in combinations(boxes(drawing), 2) if meet(extent(a), extent(b))]


def outside(drawing: Drawing) -> list[object]:
    """Shapes that leave the frame."""
    corners = [(shape, extent(shape)) for shape in boxes(drawing)] + [(shape, shape.box()) for shape in labels(drawing)]
    for shape in drawing.shapes:
        if isinstance(shape, Arrow):
            xs, ys = zip(*shape.points, strict=True)
            corners.append((shape, (min(xs), min(ys), max(xs), max(ys))))
    wide, high = drawing.width, drawing.height
    return [shape for shape, at in corners if at[0] < 0 or at[1] < 0 or at[2] > wide or at[3] > high]


def _lines(drawing: Drawing) -> Iterator[tuple[Arrow, Extent]]:
    for shape in drawing.shapes:
        if isinstance(shape, Arrow):
            for (ax, ay), (bx, by) in pairwise(shape.points):
                yield shape, (min(ax, bx) - 0.1, min(ay, by) - 0.1, max(ax, bx) + 0.1, max(ay, by) + 0.1)


def crossed(drawing: Drawing) -> list[object]:
    """Lines through names, and through boxes; in a strong box adjoints may be added above what is written in it."""
    found: list[object] = []
    for arrow, line in _lines(drawing):
        found += [(arrow, each) for each in labels(drawing) if meet(line, each.box(), 1.5)]
        for each in boxes(drawing):
            if meet(line, extent(each), 0.3) and not (arrow.style == "backward" and each.strong):
                found.append((arrow, each))
    return found


def crooked(drawing: Drawing) -> list[object]:
    """Lines that are neither horizontal nor vertical."""
    segments = [segment for shape in drawing.shapes if isinstance(shape, Arrow) for segment in pairwise(shape.points)]
    return [(a, b) for a, b in segments if abs(a[0] - b[0]) > 1e-6 and abs(a[1] - b[1]) > 1e-6]


def covered(drawing: Drawing) -> list[object]:
    """Values and adjoints that lie on each other."""
    forward = [line for arrow, line in _lines(drawing) if arrow.style == "forward"]
    backward = [line for arrow, line in _lines(drawing) if arrow.style == "backward"]
    found: list[object] = []
    for a in forward:
        for b in backward:
            common = (min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))
            if min(common) > 0 and max(common) > 3:
                found.append((a, b))
    return found


# -- what is connected -----------------------------------------------------------------------------------------------------


def place(levels: Levels, part: Part, column: Column | None) -> Extent:
    """Where a part stands: in a column, or in front of the first one or behind the last one."""
    if column is None:
        left, right = levels.across.start(part)
        cell = next(r.target for r in levels.wiring.ways("begin", "enter") if r.source == part.key)
        rail = levels.rows[levels.across.row_of[cell]].rail
        return left - 5, rail - 30, right + 5, rail + 30
    row = levels.rows[levels.across.row_of[part.key]]
    left, right = levels.across.edges(part.key, column)
    if part.kind == "sum":
        columns = [one for one in levels.across.columns if levels.across.stands(part.key, one)]
        left, right = (levels.across.edges(part.key, one)[side] for side, one in ((0, columns[0]), (1, columns[-1])))
    if part.kind == "given":
        left, right = left - 8, right + 8
    return left, row.top, right, row.bottom


def _at_edge(point: Point, area: Extent) -> bool:
    return area[0] - NEAR <= point[0] <= area[2] + NEAR and area[1] - NEAR <= point[1] <= area[3] + NEAR


def _on(point: Point, arrow: Arrow, near: float) -> bool:
    return any(
        min(ax, bx) - near <= point[0] <= max(ax, bx) + near and min(ay, by) - near <= point[1] <= max(ay, by) + near
        for (ax, ay), (bx, by) in pairwise(arrow.points)
    )


def linked(drawing: Drawing, reader: Extent, source: Extent, style: str) -> bool:
    """Whether a way of arrows leads from the source to its reader, or back from the reader to the source."""
    known = arrows(drawing, style)
    if style == "forward":
        waiting = [arrow for arrow in known if arrow.head and _at_edge(arrow.points[-1], reader)]
    else:
        waiting = [arrow for arrow in known if _at_edge(arrow.points[0], reader)]
    sums = [shape.at for shape in drawing.shapes if isinstance(shape, Sum)]
    seen: list[Arrow] = []
    while waiting:
        arrow = waiting.pop()
        if any(arrow is one for one in seen):
            continue
        seen.append(arrow)
        end = arrow.points[0] if style == "forward" else arrow.points[-1]
        if _at_edge(end, source):
            return True
        near = next(
            (at for at in sums if style == "backward" and max(abs(at[0] - end[0]), abs(at[1] - end[1])) < 6), end
        )
        waiting += [one for one in known if _on(near, one, 6.0 if near is not end else NEAR)]
    return False


def to_dots(drawing: Drawing, area: Extent, style: str) -> bool:
    """Whether an arrow leads from a part to where steps are left out, or an adjoint from there back to it."""
    dots = [label.at for label in labels(drawing) if label.text == DOTS]
    return any(linked(drawing, (x - 22, y - 22, x + 22, y + 22), area, style) for x, y in dots)


def from_dots(drawing: Drawing, area: Extent, style: str) -> bool:
    """Whether an arrow leads into a part from where steps are left out, or an adjoint out of it and there."""
    dots = [label.at for label in labels(drawing) if label.text == DOTS]
    return any(linked(drawing, area, (x - 22, y - 22, x + 22, y + 22), style) for x, y in dots)


def within(arrow: Arrow, area: Extent) -> bool:
    """Whether an arrow lies inside of a box."""
    return all(_at_edge(point, area) for point in arrow.points)
