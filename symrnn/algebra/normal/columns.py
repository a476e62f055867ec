"""Functions of a whole column, softmax and log_softmax, on a column that is cut into blocks.

Entry i of softmax(z) is one atom, known by all blocks of z after the part that does not depend on the row has been taken away
(softmax(z + c 1) = softmax(z)). The entries sum to one: the sum over the rows of the last block is 1 minus the other blocks.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from sympy import Expr

from symrnn.algebra.normal.arguments import parameters, step_orders
from symrnn.algebra.normal.drafts import naming_of
from symrnn.algebra.normal.settle import product, renamed
from symrnn.algebra.normal.terms import FIRST_DUMMY, ONE, ROW, ZERO, Atom, Factor, Facts, Poly, lone, total


def without_shift(blocks: tuple[Poly, ...]) -> tuple[Poly, ...]:
    """Take what the first block has in every row away from all blocks."""
    common = Poly(tuple((m, c) for m, c in blocks[0].terms if all(ROW not in factor.labels for factor in m.factors)))
    return tuple(block - common for block in blocks) if common else blocks


def column_entries(function: str, blocks: tuple[Poly, ...], sizes: tuple[Expr, ...]) -> tuple[Poly, ...]:
    """Return the entry in row ROW of each block of softmax or log_softmax."""
    found = []
    for order, offsets in step_orders(blocks):
        naming = parameters((ROW,), order, offsets)
        column = tuple(renamed(block, naming) for block in blocks)
        found.append((tuple(block.key for block in column), order, offsets, column))
    _, order, offsets, column = min(found, key=lambda way: way[:3])
    entries = _entries(function, column, sizes, len(order))
    actual = {-1 - place: (label, offset) for place, (label, offset) in enumerate(zip(order, offsets, strict=True))}
    return tuple(renamed(entry, actual) for entry in entries)


def _entries(function: str, column: tuple[Poly, ...], sizes: tuple[Expr, ...], steps: int) -> tuple[Poly, ...]:
    written = ";".join(f"{block.key}:{size}" for block, size in zip(column, sizes, strict=True))
    digest = hashlib.blake2b(written.encode(), digest_size=20).hexdigest()
    entries: list[Poly] = []
    sums: list[Poly] = []
    for place, size in enumerate(sizes):
        facts = Facts(function, () if size == 1 else (size,), function, positive=function == "softmax")
        last = function == "softmax" and place == len(sizes) - 1
        rest = ONE - total(sums) if last else None
        facts = replace(facts, column=(column, sizes), block=place, total=None if size == 1 else rest)
        labels = (*((ROW,) if size != 1 else ()), *(-1 - step for step in range(steps)))
        entry = lone(Atom(f"{function}#{digest}@{place}", facts), labels, (0,) * steps)
        entries.append(rest if rest is not None and size == 1 else entry)
        summed = {FIRST_DUMMY: size} if size != 1 else {}
        sums.append(product((entry, {ROW: (FIRST_DUMMY, 0)}), summed=summed) if not last else ZERO)
    return tuple(entries)


def column_entry(function: str, factor: Factor) -> Poly:
    """Return softmax(z)_i for a factor log_softmax(z)_i, and the other way round (whatever its exponent)."""
    facts = factor.atom.facts
    assert facts.column is not None
    column, sizes = facts.column
    return renamed(_entries(function, column, sizes, len(factor.offsets))[facts.block], naming_of(factor))
