"""Sums and ordered products over time in normal form.

While the body of a sum or product is put in normal form, its index is an *open step*: a symbol of this module, the n-th for the
n-th binder around, which atoms carry as a label −n with an offset. A sum then turns the label into a dummy with bounds; since the
bounds of all sums of a term are closed together, Σ_t Σ_{k≥t} and Σ_k Σ_{t≤k} are the same. An ordered product stays an atom,
known by its body and its range.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache

from sympy import Basic, Dummy, Expr, Max, Min, Symbol, expand

from symrnn.algebra.nodes import Add as Sum
from symrnn.algebra.nodes import Eye, Leaf, Mul, Node, Zeros
from symrnn.algebra.normal.arguments import parameters, step_orders
from symrnn.algebra.normal.blocks import Grid
from symrnn.algebra.normal.scalars import as_number, scalar, symbol_key
from symrnn.algebra.normal.settle import product, renamed
from symrnn.algebra.normal.terms import (
    COL,
    FIRST_DUMMY,
    ROW,
    ZERO_STEP,
    Atom,
    Bound,
    Facts,
    GaveUp,
    Poly,
    Step,
    lone,
    total,
)
from symrnn.algebra.time import Binder, ProdT, SumT

MAX_DEPTH = 16
MAX_WRITTEN_OUT = 32
OPEN = tuple(Dummy(f"τ{depth + 1}", integer=True) for depth in range(MAX_DEPTH))
_DEPTH = {symbol: depth + 1 for depth, symbol in enumerate(OPEN)}
_HOLES = tuple(Symbol(f"·{place}") for place in range(MAX_DEPTH))
Located = tuple[str, tuple[int, ...], tuple[int, ...]]  # text with holes; labels and offsets of what fills them


def _open_in(expr: Basic) -> list[Dummy]:
    return sorted((symbol for symbol in expr.free_symbols if symbol in _DEPTH), key=_DEPTH.__getitem__)


@cache
def open_step(time: Expr) -> Located:
    """Return a step as text in which open steps are holes, with the labels and offsets that fill the holes.

    The constant goes into the offset of the first open step: T − k + 1 is T − (k − 1).
    """
    inside = _open_in(time)
    if not inside:
        return symbol_key(time), (), ()
    offsets = [0] * len(inside)
    constant, rest = expand(time).as_coeff_Add()
    sign = rest.coeff(inside[0])
    if constant.is_Integer and sign in (1, -1) and inside[0] not in (rest - sign * inside[0]).free_symbols:
        offsets[0] = int(sign * constant)
        time = rest
    text = symbol_key(time.xreplace(dict(zip(inside, _HOLES, strict=False))))
    return text, tuple(-_DEPTH[symbol] for symbol in inside), tuple(offsets)


def open_scalar(factor: Expr) -> Poly:
    """Return a scalar that may depend on open steps as a polynomial."""
    if not _open_in(factor):
        return scalar(factor)
    terms: list[Poly] = []
    for term in expand(factor).as_ordered_terms():
        number, rest = term.as_coeff_Mul()
        value = as_number(number)
        if value is None:
            raise GaveUp(f"the scalar {factor} has no normal form")
        parts = [_scalar_part(part) for part in rest.as_ordered_factors()]
        terms.append(product(*((part, {}) for part in parts)).times(value))
    return total(terms)


def _scalar_part(part: Expr) -> Poly:
    base, exponent = part.as_base_exp()
    power = as_number(exponent)
    if power is None:
        base, power = part, 1
    if not _open_in(base):
        return scalar(part)
    text, labels, offsets = open_step(base)
    return lone(Atom(f"clock:{text}", Facts(str(base))), labels, offsets, power)


# Sums


def time_sum(node: SumT, grid: Callable[[Node], Grid]) -> Grid:
    """Return Σ_{k=low}^{high} body."""
    length = expand(node.high - node.low)
    if length.is_Integer and (length < 0 or length == 0 or _is_written_out(node)):
        terms = [node.at(node.low + place) for place in range(int(length) + 1)]
        return grid(Sum(*terms) if terms else Zeros(*node.shape))
    plain = _with_plain_steps(node)
    if plain != node:
        return grid(plain)
    body, depth, low, high = _opened(node)
    bounds = _bounds(low, high, depth)
    inner = grid(body)
    if bounds is None:
        return _opaque(inner, depth, "sum", low, high)
    naming = {-depth: (FIRST_DUMMY, 0)}
    moved = tuple(_over_dummy(bound, depth) for bound in bounds)
    return inner.map(lambda block, _: product((block, naming), bounds=moved))


def _is_written_out(node: SumT) -> bool:
    return node.low.is_Integer and node.high.is_Integer and node.high - node.low < MAX_WRITTEN_OUT


def _over_dummy(bound: Bound, depth: int) -> Bound:
    steps = [("#", FIRST_DUMMY) if step == ("#", -depth) else step for step in bound[:2]]
    return Bound(steps[0], steps[1], bound.gap)


def _opened(node: Binder) -> tuple[Node, int, Expr, Expr]:
    """Return the body with the index replaced by an open step that is not in use around it."""
    around = [_DEPTH[symbol] for symbol in _open_in(node)]
    depth = max(around, default=0) + 1
    if depth > MAX_DEPTH:
        raise GaveUp("too many sums over time inside each other")
    return node.at(OPEN[depth - 1]), depth, node.low, node.high


def _bounds(low: Expr, high: Expr, depth: int) -> list[Bound] | None:
    """Return low ≤ k ≤ high as difference bounds; a maximum below and a minimum above are several. None if they are not."""
    index: Step = ("#", -depth)
    found = []
    for limit in low.args if isinstance(low, Max) else (low,):
        step = _split(limit)
        if step is None:
            return None
        found.append(Bound(step[0], index, -step[1]))
    for limit in high.args if isinstance(high, Min) else (high,):
        step = _split(limit)
        if step is None:
            return None
        found.append(Bound(index, step[0], step[1]))
    return found


def _split(time: Expr) -> tuple[Step, int] | None:
    """Return variable + constant as a step and a number."""
    constant, rest = expand(time).as_coeff_Add()
    if not constant.is_Integer:
        return None
    if rest == 0:
        return ZERO_STEP, int(constant)
    if not isinstance(rest, Symbol):
        return None
    return (("#", -_DEPTH[rest]) if rest in _DEPTH else (symbol_key(rest), 0)), int(constant)


def _with_plain_steps(node: Binder) -> Binder:
    """Change the index so that the body is read at index + constant if it can be: k = t + l, or for a sum k = T − l."""
    if _reads_plainly(node):
        return node
    index = node.index
    for rest, sign in _changes(node):
        if sign == -1 and isinstance(node, ProdT):
            continue  # a product has an order
        ends = (node.low + rest, node.high + rest) if sign == 1 else (rest - node.high, rest - node.low)
        changed = type(node)(node.at(expand(sign * (index - rest))), index, *ends)
        if _reads_plainly(changed):
            return changed
    return node


def _changes(node: Binder) -> Iterator[tuple[Expr, int]]:
    """Yield the changes of index to try, new = rest + sign · old: those that occur in the body, or else in the range."""
    index = node.index
    if index not in node.body.free_symbols:
        symbols = node.low.free_symbols | node.high.free_symbols
        yield from ((sign * symbol, 1) for symbol in sorted(symbols, key=symbol_key) for sign in (1, -1))
    for time in sorted(set(_times(node.body)), key=symbol_key):
        rest, sign = expand(time - time.coeff(index) * index), time.coeff(index)
        if sign in (1, -1) and index not in rest.free_symbols and not rest.is_Integer:
            yield rest.as_coeff_Add()[1], int(sign)


def _reads_plainly(node: Binder) -> bool:
    return (
        _is_limit(node.low) and _is_limit(node.high) and all(_is_plain(time, node.index) for time in _times(node.body))
    )


def _is_limit(end: Expr) -> bool:
    return all(_split(part) is not None for part in (end.args if isinstance(end, Max | Min) else (end,)))


def _is_plain(time: Expr, index: Symbol) -> bool:
    return index not in time.free_symbols or expand(time - index).is_Integer


def _times(expr: Basic) -> Iterator[Expr]:
    """Yield the steps that occur in an expression: of its leaves, and the ends of its sums and products."""
    if isinstance(expr, Leaf):
        if expr.time is not None:
            yield expr.time
        return
    if isinstance(expr, Binder):
        yield expr.low
        yield expr.high
    for arg in expr.args:
        if isinstance(arg, Node):
            yield from _times(arg)


# Ordered products, and sums whose range is not a system of difference bounds


def time_product(node: ProdT, grid: Callable[[Node], Grid]) -> Grid:
    """Return A(low) … A(high): written out if its length is a number, else an atom per block."""
    length = expand(node.high - node.low)
    if length.is_Integer and length < MAX_WRITTEN_OUT:
        factors = [node.at(node.low + place) for place in range(int(length) + 1)]
        return grid(Mul(*factors) if factors else Eye(node.shape[0]))
    plain = _with_plain_steps(node) if node.index in node.body.free_symbols else node.over(1, length + 1)
    if plain != node:
        return grid(plain)
    body, depth, low, high = _opened(node)
    return _opaque(grid(body), depth, "product", low, high)


def _opaque(inner: Grid, depth: int, kind: str, low: Expr, high: Expr) -> Grid:
    """Return an atom per block for a sum or product with a body (open at −depth) over a range.

    The index is counted from the smallest offset it has in the body, so that it does not matter how it was written.
    """
    polys = tuple(block for row in inner.blocks for block in row)
    shift = _own_offset(polys, depth)
    low, high = low + shift, high + shift
    found = []
    for order, offsets in step_orders(polys):
        outer = tuple((label, offset) for label, offset in zip(order, offsets, strict=True) if label != -depth)
        labels, lowest = tuple(label for label, _ in outer), tuple(offset for _, offset in outer)
        naming = {**parameters((ROW, COL), labels, lowest), -depth: (-MAX_DEPTH - 1, -shift)}
        moved = tuple(renamed(poly, naming) for poly in polys)
        found.append(("".join(poly.key for poly in moved), labels, lowest))
    digest, labels, offsets = min(found)
    ends = open_step(low), open_step(high)
    written = f"{kind}:{digest}:{ends[0][0]}:{ends[1][0]}:{inner.rows}:{inner.columns}"
    key = hashlib.blake2b(written.encode(), digest_size=20).hexdigest()
    labels = (*labels, *ends[0][1], *ends[1][1])
    offsets = (*offsets, *ends[0][2], *ends[1][2])
    return _atoms(inner, f"{kind}#{key}", _shown(kind, low, high), labels, offsets)


def _shown(kind: str, low: Expr, high: Expr) -> str:
    return f"{'∏' if kind == 'product' else '∑'}_{{{low}…{high}}}".replace(" ", "")


def _own_offset(polys: tuple[Poly, ...], depth: int) -> int:
    offsets = [
        offset
        for poly in polys
        for monomial, _ in poly.terms
        for factor in monomial.factors
        for label, offset in factor.steps
        if label == -depth
    ]
    return min(offsets, default=0)


def _atoms(inner: Grid, key: str, shown: str, labels: tuple[int, ...], offsets: tuple[int, ...]) -> Grid:
    def block(place: tuple[int, int], shape: tuple[Expr, Expr]) -> Poly:
        used = [(label, size) for label, size in zip((ROW, COL), shape, strict=True) if size != 1]
        facts = Facts(shown, tuple(size for _, size in used))
        return lone(Atom(f"{key}@{place}", facts), (*(label for label, _ in used), *labels), offsets)

    blocks = tuple(
        tuple(block((i, j), (rows, columns)) for j, columns in enumerate(inner.columns))
        for i, rows in enumerate(inner.rows)
    )
    return Grid(inner.rows, inner.columns, blocks)
