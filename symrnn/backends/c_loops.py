"""Loops of emitted C: over steps, over chunks and windows of them, and over the axes of a domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symrnn.backends.c_functions import identifiers
from symrnn.backends.c_products import factor
from symrnn.backends.c_workspace import most_steps
from symrnn.ir.buffers import BEGIN, CHUNK, END, NUMBER, Size
from symrnn.ir.nodes import At, Chunks, Compound, Loop, Stretch, When, Windows
from symrnn.ir.shapes import ONE, Dims, same

Places = tuple[str, ...]  # an index along each axis of a domain
_INDICES = ("page", "row", "col")  # of the last axes of a domain


def _window(windows: Windows, margin: str) -> tuple[str, ...]:
    """Return where a block of steps ends and its window begins; no sum is formed that could be too large."""
    length, every, span = windows.length, str(windows.every), factor(str(windows.span))
    end = "begin + 1" if every == "1" else f"{length} - begin < {every} ? {length} : begin + {every}"
    return (f"{margin}end = {end};", f"{margin}const size_t first = end < {span} ? 0 : end - {span};")


def start(statement: Compound, margin: str, inside: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lines with which the body of a loop over several steps begins; `inside` are those that follow."""
    if isinstance(statement, Windows):
        return _window(statement, margin)
    if not isinstance(statement, Chunks):
        return ()
    if statement.count:
        few, longer = f"{statement.length} / {statement.count}", f"({NUMBER} < {statement.length} % {statement.count})"
        step = f"begin = end - {few} - {longer};" if statement.reverse else f"end = begin + {few} + {longer};"
    elif statement.reverse:
        step = "begin = end > steps ? end - steps : 0;"
    else:
        step = f"end = {statement.length} - begin < steps ? {statement.length} : begin + steps;"
    counted = CHUNK in identifiers(inside)
    return (f"{margin}{step}", *([f"{margin}const size_t {CHUNK} = end - begin;"] if counted else []))


def head(statement: Compound) -> str:
    """Return the line with which a loop or a condition begins."""
    if isinstance(statement, Chunks):
        length, count = statement.length, statement.count
        if count and statement.reverse:
            return f"for (size_t {NUMBER} = {count}, end = {length}, begin; {NUMBER}-- > 0; end = begin)"
        if count:
            return f"for (size_t {NUMBER} = 0, begin = 0, end; {NUMBER} < {count}; begin = end, ++{NUMBER})"
        if statement.reverse:
            return f"for (size_t steps = {most_steps(statement)}, end = {length}, begin; end > 0; end = begin)"
        return f"for (size_t steps = {most_steps(statement)}, begin = 0, end; begin < {length}; begin = end)"
    if isinstance(statement, When):
        return f"if (t == {statement.at})"
    if isinstance(statement, Windows):
        return f"for (size_t begin = 0, end; begin < {statement.length}; begin = end)"
    if isinstance(statement, Stretch):
        start, last = ("begin", "first") if statement.older else ("end", "(begin > first ? begin : first)")
        return f"for (size_t t = {start}; t-- > {last};)"
    assert isinstance(statement, Loop)
    length = statement.length
    if length == CHUNK:
        return "for (size_t t = end; t-- > begin;)" if statement.reverse else "for (size_t t = begin; t < end; ++t)"
    return f"for (size_t t = {length}; t-- > 0;)" if statement.reverse else f"for (size_t t = 0; t < {length}; ++t)"


def in_chunk(at: At) -> str:
    """Return a step, counted from the first one of the chunk."""
    near = {BEGIN: "", END: CHUNK}
    return str(At(near[at.base], at.offset)) if at.base in near else f"{at} - begin"


def times(first: str, *sizes: Size) -> str:
    """Return a product, of what is not 1; 0 if the first factor is."""
    if first == "0":
        return "0"
    factors = [factor(one) for one in (first, *map(str, sizes))]
    kept = [one for one in factors if one != "1"]
    return " * ".join(kept) or "1"


def product_of(inner: Dims) -> str:
    """Return how many elements some dimensions have."""
    first, *rest = inner
    return times(str(first), *rest) if rest else str(first)


def places_of(inside: Dims) -> Places:
    """Return the indices that run along the axes of a domain."""
    return _INDICES[len(_INDICES) - len(inside) :]


def nest(
    inside: Dims, axes: Sequence[int], lines: list[str], own: Mapping[int, str] | None = None, independent: bool = False
) -> list[str]:
    """Return loops over some axes of a domain around lines; one over a single row that nothing names is left out.

    `own` says which axis runs over a range of its own. The innermost loop is said to be independent: no element of it needs
    another one.
    """
    ranges = own or {}
    for number in sorted(axes, reverse=True):
        place = places_of(inside)[number]
        last = number == len(inside) - 1
        if last or number in ranges or not same(inside[number], ONE) or any(place in one for one in lines):
            begin, end = (
                (f"{ranges[number]}.begin", f"{ranges[number]}.end") if number in ranges else ("0", inside[number])
            )
            first_line = f"for (size_t {place} = {begin}; {place} < {end}; ++{place}) {{"
            lines = [*(["INDEPENDENT"] if independent else []), first_line, *(f"    {one}" for one in lines), "}"]
            independent = False
    return lines
