"""Go through a long sequence in chunks that stay in cache."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from symrnn.ir.buffers import CHUNK, Size
from symrnn.ir.nodes import Chunks, Gemm, Loop, Program, Statement
from symrnn.ir.rename import with_bodies
from symrnn.ir.walk import leaves, references

HEIGHT = 256  # rows of a chunk
FEW = 8  # the same where memory is small


def chunk(program: Program, height: int = HEIGHT) -> Program:
    """Carry out a loop chunk by chunk, each of about `height` rows; what leaves the loop afterwards leaves each chunk only.

        for t = 0 … T−1:                      for chunks of about 256 rows of B:
          z = x[t] @ Wᵀ                         for t through the chunk:
          …                            →          z = x[t] @ Wᵀ
                                                  …

    Valid when: always; the steps are the same ones in the same order.
    Cost: products of all steps become products of about `height` rows, of which the right operand is read from farther away
        as often as there are chunks. What they write is read again while it is in cache, and workspace holds one chunk only.
        The larger operand is the matrix, so `height` rows of it are multiplied by as many rows: 2·height operations for each
        of its elements, more than the slowest cache needs time for.
    """
    return with_bodies(program, lambda procedure: tuple(_chunked(program, one, height) for one in procedure.body))


def chunk_few(program: Program) -> Program:
    """Carry out a loop a few steps at a time, on devices with little memory and without cache.

    Like `chunk`, with another cost: workspace of 8 rows for what products of several steps read, which go through the weights,
    and through the gradients to which they add, once for these steps instead of once in each.
    """
    return chunk(program, FEW)


def _chunked(program: Program, statement: Statement, height: int) -> Statement:
    rows = _rows(program, statement) if isinstance(statement, Loop) else None
    if rows is None or not isinstance(statement, Loop):
        return statement
    return Chunks((replace(statement, length=CHUNK),), rows, statement.reverse, statement.length, height)


def _rows(program: Program, loop: Loop) -> Size | None:
    """Return how many rows most products of a loop have in each step; nothing if there are none."""
    found = Counter(
        program.buffer(ref.buffer).inner[0]
        for one in leaves(loop.body)
        if isinstance(one, Gemm)
        for ref in references(one)
        if ref.at is not None and len(program.buffer(ref.buffer).inner) == 2
    )
    return found.most_common(1)[0][0] if found else None
