"""Go through a long sequence in chunks that stay in cache."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from symrnn.ir.buffers import CHUNK, Size
from symrnn.ir.nodes import Chunks, Gemm, Loop, Procedure, Program
from symrnn.ir.walk import leaves, references

HEIGHT = 256  # rows of a chunk


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
    forward, backward = (_chunked(program, one, height) for one in (program.forward, program.backward))
    return replace(program, forward=forward, backward=backward)


def _chunked(program: Program, procedure: Procedure, height: int) -> Procedure:
    body = tuple(
        Chunks((replace(one, length=CHUNK),), rows, one.reverse, one.length, height)
        if isinstance(one, Loop) and (rows := _rows(program, one)) is not None
        else one
        for one in procedure.body
    )
    return replace(procedure, body=body)


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
