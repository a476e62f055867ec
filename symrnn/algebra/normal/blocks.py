"""Matrices cut into blocks, so that concatenations and slices are nothing but lists of blocks.

Every size that is cut somewhere, by a slice or by the parts of a concatenation, is cut there everywhere: a column of I + H rows
is two blocks wherever it occurs. The cuts are found from all expressions that are to be compared, and are carried from a
concatenation to its parts and from a slice to what it is cut from, until nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cmp_to_key
from itertools import pairwise

from sympy import Expr, Integer, S, expand

from symrnn.algebra.nodes import Concat, Node, Slice
from symrnn.algebra.normal.terms import GaveUp, Poly

MAX_ROUNDS = 12


def compare(first: Expr, second: Expr) -> int:
    """Return the sign of first − second for sums of sizes, which are positive.

    Raises:
        GaveUp: the order depends on the sizes.
    """
    gap = expand(first - second)
    coefficients = gap.as_coefficients_dict().values()
    if gap == 0:
        return 0
    if all(coefficient > 0 for coefficient in coefficients):
        return 1
    if all(coefficient < 0 for coefficient in coefficients):
        return -1
    raise GaveUp(f"the order of the rows {first} and {second} depends on the sizes")


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where each size is cut: size ↦ the first rows of its blocks but the first, in order."""

    places: dict[Expr, tuple[Expr, ...]] = field(default_factory=dict)

    def blocks(self, size: Expr) -> tuple[tuple[Expr, Expr], ...]:
        """Return the blocks of a size as pairs (first row, number of rows)."""
        edges = (S.Zero, *self.places.get(size, ()), size)
        return tuple((low, expand(high - low)) for low, high in pairwise(edges))

    def sizes(self, size: Expr) -> tuple[Expr, ...]:
        """Return the numbers of rows of the blocks of a size."""
        return tuple(count for _, count in self.blocks(size))


def find_cuts(expressions: Iterable[Node]) -> Cuts:
    """Return the common cuts of some expressions.

    Raises:
        GaveUp: two cuts of one size cannot be put in order.
    """
    parts = {part for expr in expressions for part in _parts(expr)}
    places: dict[Expr, set[Expr]] = {}
    for _ in range(MAX_ROUNDS):
        before = sum(map(len, places.values()))
        for whole, first, count in parts:
            _carry(places, whole, first, count)
        if sum(map(len, places.values())) == before:
            return Cuts(
                {size: tuple(sorted(found, key=cmp_to_key(compare))) for size, found in places.items() if found}
            )
    raise GaveUp("slices of slices cut the sizes into ever smaller blocks")


def _parts(expr: Node) -> Iterable[tuple[Expr, Expr, Expr]]:
    """Yield (whole size, first row, number of rows) for each slice and each block of a concatenation."""
    pending: list[object] = [expr]
    seen = set()
    while pending:
        node = pending.pop()
        if not isinstance(node, Node) or node in seen:
            continue
        seen.add(node)
        pending.extend(node.args)
        if isinstance(node, Slice):
            yield node.body.shape[0], node.first, node.shape[0]
        elif isinstance(node, Concat):
            first: Expr = Integer(0)
            for block in node.args:
                yield node.shape[0], first, block.shape[0]
                first = first + block.shape[0]


def _carry(places: dict[Expr, set[Expr]], whole: Expr, first: Expr, count: Expr) -> None:
    last = expand(first + count)
    if compare(first, S.Zero) < 0 or compare(last, whole) > 0:
        raise GaveUp(f"rows {first} to {last} are not all among {whole} rows")
    outer, inner = places.setdefault(whole, set()), places.setdefault(count, set())
    outer.update(edge for edge in (first, last) if edge not in (S.Zero, whole))
    outer.update(expand(first + edge) for edge in inner)
    inside = {expand(edge - first) for edge in outer if compare(edge, first) > 0 and compare(edge, last) < 0}
    inner.update(inside)


@dataclass(frozen=True)
class Grid:
    """A matrix as blocks of polynomials; rows and columns are the sizes of the blocks."""

    rows: tuple[Expr, ...]
    columns: tuple[Expr, ...]
    blocks: tuple[tuple[Poly, ...], ...]

    @property
    def transposed(self) -> tuple[tuple[Poly, ...], ...]:
        """The blocks, column by column (the entries of each block are not transposed)."""
        return tuple(zip(*self.blocks, strict=True))

    def map(self, change: Callable[[Poly, tuple[Expr, Expr]], Poly]) -> Grid:
        """Return the grid with every block changed; the change is told the shape of the block."""
        blocks = tuple(
            tuple(change(block, (rows, columns)) for block, columns in zip(row, self.columns, strict=True))
            for row, rows in zip(self.blocks, self.rows, strict=True)
        )
        return Grid(self.rows, self.columns, blocks)


def combined(grids: Iterable[Grid], combine: Callable[..., Poly]) -> Grid:
    """Return the grid of the combinations of corresponding blocks."""
    first, *rest = grids
    blocks = tuple(
        tuple(combine(*entries) for entries in zip(*rows, strict=True))
        for rows in zip(first.blocks, *(grid.blocks for grid in rest), strict=True)
    )
    return Grid(first.rows, first.columns, blocks)


def grid_of(cuts: Cuts, shape: tuple[Expr, Expr], entry: Callable[[int, int], Poly]) -> Grid:
    """Return the grid whose blocks are given by their places."""
    rows, columns = cuts.sizes(shape[0]), cuts.sizes(shape[1])
    blocks = tuple(tuple(entry(i, j) for j in range(len(columns))) for i in range(len(rows)))
    return Grid(rows, columns, blocks)
