"""From matrix expressions to the index normal form, one function per node.

A size-1 axis carries no index; a matrix product, a trace, contract an index; a Hadamard product repeats it; diag(v) is v_i δ_ij;
a transpose exchanges ROW and COL. Every result is remembered, so an expression that occurs twice is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Expr, expand

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    Concat,
    D,
    Diag,
    Eye,
    Had,
    Jac,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.algebra.normal.blocks import Cuts, Grid, combined, grid_of
from symrnn.algebra.normal.functions import apply, apply_to_column
from symrnn.algebra.normal.powers import divided, power
from symrnn.algebra.normal.scalars import symbol_key
from symrnn.algebra.normal.settle import delta, multiplied, product
from symrnn.algebra.normal.steps import open_step, time_product, time_sum
from symrnn.algebra.normal.terms import COL, FIRST_DUMMY, ONE, ROW, ZERO, Atom, Facts, GaveUp, Poly, lone, total
from symrnn.algebra.time import ProdT, SumT
from symrnn.errors import ProofError

Shape = tuple[Expr, Expr]


class Builder:
    """Computes normal forms under fixed assumptions and remembers them.

    Args:
        definitions: leaves that stand for expressions, and the expressions.
        sum_to_one: names of columns whose entries sum to one.
        positive: names of leaves whose entries are above zero.
        cuts: where sizes are cut into blocks.
    """

    def __init__(
        self, definitions: Mapping[Node, Node], sum_to_one: frozenset[str], positive: frozenset[str], cuts: Cuts
    ) -> None:
        self.definitions = definitions
        self.sum_to_one = sum_to_one
        self.positive = positive
        self.cuts = cuts
        self._known: dict[Node, Grid] = {}
        self._open: set[Node] = set()

    def grid(self, expr: Node) -> Grid:
        """Return an expression in normal form, block by block.

        Raises:
            GaveUp: a node has no normal form, or the result is too large.
            ProofError: the definitions go in a circle.
        """
        found = self._known.get(expr)
        if found is None:
            found = self._known[expr] = self._computed(expr)
        return found

    def _computed(self, expr: Node) -> Grid:
        meaning = _meaning(expr, self.definitions)
        if meaning is None:
            rule = _RULES.get(type(expr))
            if rule is None:
                raise GaveUp(
                    f"{type(expr).__name__} has no normal form; add a function to symrnn/algebra/normal/build.py"
                )
            return rule(self, expr)
        if expr in self._open:
            raise ProofError(f"the definition of {expr!r} refers to itself")
        if meaning.shape != expr.shape:
            raise ProofError(f"{expr!r} and its definition {meaning!r} have different shapes")
        self._open.add(expr)
        try:
            return self.grid(meaning)
        finally:
            self._open.discard(expr)


def _meaning(expr: Node, definitions: Mapping[Node, Node]) -> Node | None:
    """Return what a leaf, a differential or an adjoint is defined to be, ∂J/∂X being the transpose of X̄."""
    if expr in definitions:
        return definitions[expr]
    if isinstance(expr, Jac) and Bar(expr.leaf) in definitions:
        return definitions[Bar(expr.leaf)].T
    if isinstance(expr, Bar) and Jac(expr.leaf) in definitions:
        return definitions[Jac(expr.leaf)].T
    return None


# Names and constants


def _leaf(self: Builder, node: Leaf) -> Grid:
    return _named(self, node, node, "")


def _differential(self: Builder, node: D) -> Grid:
    return _named(self, node, node.leaf, "d")


def _adjoint(self: Builder, node: Bar) -> Grid:
    return _named(self, node, node.leaf, "bar")


def _jacobian(self: Builder, node: Jac) -> Grid:
    return transposed(self.grid(Bar(node.leaf)))


def _named(self: Builder, node: Node, leaf: Leaf, kind: str) -> Grid:
    """One atom per block: its key holds the kind, the name, the shape, the step and the place of the block."""
    shape = leaf.shape
    when, labels, offsets = ("", (), ()) if leaf.time is None else open_step(leaf.time)
    shown = leaf.name if leaf.time is None or labels else f"{leaf.name}({leaf.time})"
    name = {"": shown, "d": f"d{shown}", "bar": f"∂J/∂{shown}"}[kind]
    rows, columns = self.cuts.blocks(shape[0]), self.cuts.blocks(shape[1])
    one = kind == "" and leaf.name in self.sum_to_one
    positive = kind == "" and leaf.name in self.positive
    if one and 1 not in shape:
        raise ProofError(f"{leaf!r} is declared to sum to one, which is for a column")
    sums: list[Poly] = []

    def entry(i: int, j: int) -> Poly:
        (first, height), (left, width) = rows[i], columns[j]
        last = one and (i, j) == (len(rows) - 1, len(columns) - 1)
        axes = [(ROW, height), (COL, width)]
        used = [(label, size) for label, size in axes if size != 1]
        rest = ONE - total(sums) if last else None
        where = f"{symbol_key(first)}+{symbol_key(height)},{symbol_key(left)}+{symbol_key(width)}"
        key = f"{kind}:{leaf.name!r}:{symbol_key(shape[0])}×{symbol_key(shape[1])}:{when}:{where}"
        flags = f"{':Σ=1' if one else ''}{':>0' if positive else ''}"
        cut = len(rows) * len(columns) > 1
        shown_block = f"{name}⟨{first},{left}⟩" if cut else name
        facts = Facts(shown_block, tuple(size for _, size in used), positive=positive, total=rest if used else None)
        atom = Atom(key + flags, facts)
        found = lone(atom, (*(label for label, _ in used), *labels), offsets)
        if one and not last:
            sums.append(product((found, {ROW: (FIRST_DUMMY, 0), COL: (FIRST_DUMMY, 0)}), summed=_contracted(used)))
        return rest if rest is not None and not used else found

    return grid_of(self.cuts, shape, entry)


def _contracted(used: list[tuple[int, Expr]]) -> dict[int, Expr]:
    return {FIRST_DUMMY: used[0][1]} if used else {}


def _ones(self: Builder, node: Ones) -> Grid:
    return grid_of(self.cuts, node.shape, lambda i, j: ONE)


def _zeros(self: Builder, node: Zeros) -> Grid:
    return grid_of(self.cuts, node.shape, lambda i, j: ZERO)


def _eye(self: Builder, node: Eye) -> Grid:
    sizes = self.cuts.sizes(node.shape[0])
    return grid_of(self.cuts, node.shape, lambda i, j: _identity(sizes[i]) if i == j else ZERO)


def _identity(size: Expr) -> Poly:
    return ONE if size == 1 else lone(delta(size), (ROW, COL))


# Linear operations


def _add(self: Builder, node: Add) -> Grid:
    return combined([self.grid(term) for term in node.args], lambda *blocks: total(blocks))


def _scale(self: Builder, node: Scale) -> Grid:
    factor = divided(node.factor)
    return self.grid(node.body).map(lambda block, _: multiplied(factor, block))


def _multiple(self: Builder, node: Multiple) -> Grid:
    """The entry of a 1 × 1 matrix carries no index, so it multiplies every block as it is."""
    ((number,),) = self.grid(node.scalar).blocks
    return self.grid(node.body).map(lambda block, _: multiplied(number, block))


def _transpose(self: Builder, node: Transpose) -> Grid:
    return transposed(self.grid(node.args[0]))


def transposed(grid: Grid) -> Grid:
    """Exchange rows and columns."""
    exchange = {ROW: (COL, 0), COL: (ROW, 0)}
    blocks = tuple(tuple(product((block, exchange)) for block in row) for row in grid.transposed)
    return Grid(grid.columns, grid.rows, blocks)


def _mul(self: Builder, node: Mul) -> Grid:
    result, *rest = (self.grid(factor) for factor in node.args)
    for grid in rest:
        result = matrix_product(result, grid)
    return result


def matrix_product(left: Grid, right: Grid) -> Grid:
    """Σ_k A_ik B_kj, over the blocks of k and inside each block."""
    blocks = tuple(
        tuple(
            total(_contraction(a, b, size) for a, b, size in zip(row, column, left.columns, strict=True) if a and b)
            for column in right.transposed
        )
        for row in left.blocks
    )
    return Grid(left.rows, right.columns, blocks)


def _contraction(left: Poly, right: Poly, size: Expr) -> Poly:
    if size == 1:
        return multiplied(left, right)
    inner = (FIRST_DUMMY, 0)
    return product((left, {COL: inner}), (right, {ROW: inner}), summed={FIRST_DUMMY: size})


def _diag(self: Builder, node: Diag) -> Grid:
    column = self.grid(node.args[0])

    def entry(i: int, j: int) -> Poly:
        return multiplied(column.blocks[i][0], _identity(column.rows[i])) if i == j else ZERO

    return grid_of(self.cuts, node.shape, entry)


def _trace(self: Builder, node: Trace) -> Grid:
    grid = self.grid(node.args[0])
    inner = {ROW: (FIRST_DUMMY, 0), COL: (FIRST_DUMMY, 0)}
    parts = [
        row[place] if size == 1 else product((row[place], inner), summed={FIRST_DUMMY: size})
        for place, (row, size) in enumerate(zip(grid.blocks, grid.rows, strict=True))
    ]
    return grid_of(self.cuts, node.shape, lambda i, j: total(parts))


def _concat(self: Builder, node: Concat) -> Grid:
    grids = [self.grid(block) for block in node.args]
    rows = tuple(size for grid in grids for size in grid.rows)
    if rows != self.cuts.sizes(node.shape[0]):
        raise GaveUp(
            f"the parts of {node!r} are not among the cuts of its rows; name it among the expressions to compare"
        )
    return Grid(rows, grids[0].columns, tuple(row for grid in grids for row in grid.blocks))


def _slice(self: Builder, node: Slice) -> Grid:
    grid = self.grid(node.body)
    edges = [first for first, _ in self.cuts.blocks(node.body.shape[0])]
    sizes = self.cuts.sizes(node.shape[0])
    start = edges.index(expand(node.first)) if expand(node.first) in edges else len(edges)
    stop = start + len(sizes)
    if grid.rows[start:stop] != sizes:
        raise GaveUp(f"the rows of {node!r} are not among the cuts; name it among the expressions to compare")
    return Grid(grid.rows[start:stop], grid.columns, grid.blocks[start:stop])


# Entrywise operations


def _had(self: Builder, node: Had) -> Grid:
    return combined([self.grid(factor) for factor in node.args], multiplied)


def _quotient(self: Builder, node: Quotient) -> Grid:
    above, below = (self.grid(part) for part in node.args)
    return combined([above, below.map(lambda block, shape: power(block, -1, shape))], multiplied)


def _power(self: Builder, node: Power) -> Grid:
    exponent = int(node.args[1])
    return self.grid(node.args[0]).map(lambda block, shape: power(block, exponent, shape))


def _apply(self: Builder, node: Apply) -> Grid:
    grid = self.grid(node.body)
    if node.function not in COLUMN_FUNCTIONS:
        return grid.map(lambda block, shape: apply(node.function, block, shape))
    column = tuple(row[0] for row in grid.blocks)
    return Grid(grid.rows, grid.columns, tuple((block,) for block in apply_to_column(node.function, column, grid.rows)))


# Time


def _sum(self: Builder, node: SumT) -> Grid:
    return time_sum(node, self.grid)


def _ordered_product(self: Builder, node: ProdT) -> Grid:
    return time_product(node, self.grid)


_RULES: dict[type, Callable[[Builder, Any], Grid]] = {
    Leaf: _leaf,
    D: _differential,
    Bar: _adjoint,
    Jac: _jacobian,
    Ones: _ones,
    Zeros: _zeros,
    Eye: _eye,
    Add: _add,
    Scale: _scale,
    Multiple: _multiple,
    Mul: _mul,
    Had: _had,
    Quotient: _quotient,
    Power: _power,
    Transpose: _transpose,
    Diag: _diag,
    Apply: _apply,
    Concat: _concat,
    Slice: _slice,
    Trace: _trace,
    SumT: _sum,
    ProdT: _ordered_product,
}
