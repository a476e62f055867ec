"""Lines with square turns, side by side: a value on its way and the adjoint that comes back along it."""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.documents.shapes import BACKWARD, Arrow, Point, Shape


def beside(points: Sequence[Point], distance: float) -> tuple[Point, ...]:
    """Return the path at this distance to the right of another one, as one walks along it."""
    found = []
    for place, (x, y) in enumerate(points):
        before = _step(points[place - 1], points[place]) if place else (0.0, 0.0)
        after = _step(points[place], points[place + 1]) if place + 1 < len(points) else (0.0, 0.0)
        ways = {before, after} - {(0.0, 0.0)}
        found.append((x - sum(dy for _, dy in ways) * distance, y + sum(dx for dx, _ in ways) * distance))
    return tuple(found)


def _step(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    if abs(dx) > abs(dy):
        return (1.0 if dx > 0 else -1.0, 0.0)
    return (0.0, 1.0 if dy > 0 else -1.0)


def straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the path without pieces of no length, and without turns that are none."""
    found: list[Point] = []
    for point in points:
        if found and abs(found[-1][0] - point[0]) + abs(found[-1][1] - point[1]) < 0.5:
            continue
        if len(found) > 1 and _step(found[-2], found[-1]) == _step(found[-1], point):
            found.pop()
        found.append(point)
    return tuple(found)


def both(points: Sequence[Point], half: float, adjoint: bool, heads: tuple[bool, bool] = (True, True)) -> list[Shape]:
    """Draw a value along a path, at the left of it, and its adjoint back at the right of it; `heads` of the two."""
    way = straightened(points)
    shapes: list[Shape] = [Arrow(beside(way, -half), head=heads[0])]
    if adjoint:
        shapes.append(Arrow(beside(way, half)[::-1], BACKWARD, heads[1]))
    return shapes
