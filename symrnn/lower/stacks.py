"""Where the blocks of a stacked column are in memory, and whether some of them fill it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from symrnn.algebra.nodes import Concat, Node, Zeros
from symrnn.ir.buffers import Size
from symrnn.ir.nodes import Ref
from symrnn.ir.shapes import at_most, same
from symrnn.lower.memory import as_size


def blocks(out: Ref, stack: Node) -> Iterator[tuple[Ref, Node]]:
    """Yield every block of a stacked column, with the columns of `out` that it is stored in."""
    first = out.columns[0] if out.columns else Size()
    for block in stack.args:
        count = as_size(block.shape[0])
        yield replace(out, columns=(first, count)), block
        first = first + count


def is_padded(term: Node) -> bool:
    """Return whether a term is a stacked column with zeros in it: [0; a], what a slice hands back to what it is of."""
    return isinstance(term, Concat) and term.is_column and any(isinstance(block, Zeros) for block in term.args)


def fill(places: Sequence[Ref], count: Size) -> bool:
    """Return whether places reach each of so many columns once."""
    parts = [one.columns for one in places if one.columns is not None]
    apart = all(at_most(a + m, b) or at_most(b + n, a) for (a, m), (b, n) in combinations(parts, 2))
    return apart and same(sum((one for _, one in parts), Size()), count)
