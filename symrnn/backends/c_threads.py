"""How the threads of emitted C come to be: which rows are divided, what one thread does alone, and how much there is to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from symrnn.ir.buffers import CHUNK, Size
from symrnn.ir.cost import TRANSCENDENTAL
from symrnn.ir.nodes import Chunks, Gemm, Loop, Procedure, Program, Share, Statement
from symrnn.ir.parts import rows
from symrnn.ir.rename import free_name
from symrnn.ir.shapes import dims, domain, matrix
from symrnn.ir.walk import Leaf, Site, calls, compounds, leaves, sites

STARTING = 5_000_000
"""About as many multiplications as take the time in which a thread is started and waited for.

Measured: some 70 µs to start and end one, more until it has the weights in its cache; 45 multiplications in a nanosecond. Two
threads were quicker than one from 10 million multiplications on, 0.2 ms; 4 million took them twice the time.
"""

_FUNCTION = 16  # about as many multiplications as tanh, exp and the like take


def shares(procedure: Procedure) -> tuple[Share, ...]:
    """Return what the threads of a procedure share."""
    return tuple(one for one in compounds(procedure.body) if isinstance(one, Share))


def own_names(program: Program, procedure: Procedure) -> dict[str, str]:
    """Return for every number of rows that is divided the name of the range that is a thread's own: B → own_B."""
    found: dict[str, str] = {}
    for leaf in leaves(shares(procedure)):
        count = rows(program, leaf)
        if count is not None:
            written = "_".join([f"{factor}{name}" if factor > 1 else name for name, factor in count.terms])
            constant = str(count.constant) if count.constant or not count.terms else ""
            found[str(count)] = free_name(program, "_".join(filter(None, ("own", written, constant))))
    return found


def sequences(program: Program) -> Size | None:
    """Return the number of rows into which most statements in loops are divided: threads beyond it would wait; or nothing."""
    counts = Counter(
        count
        for procedure in (program.forward, program.backward)
        for share in shares(procedure)
        for loop in compounds(share.body)
        if isinstance(loop, Loop)
        for leaf in leaves(loop.body)
        if (count := rows(program, leaf)) is not None
    )
    return counts.most_common(1)[0][0] if counts else None


def phases(body: Sequence[Statement]) -> Iterator[tuple[bool, tuple[Statement, ...]]]:
    """Yield the statements of a body that is divided: what one thread carries out alone together, all else one by one."""
    alone: list[Statement] = []
    for statement in body:
        if is_divided(statement):
            if alone:
                yield True, tuple(alone)
            alone = []
            yield False, (statement,)
        else:
            alone.append(statement)
    if alone:
        yield True, tuple(alone)


def is_divided(statement: Statement) -> bool:
    """Return whether every thread has to come by a statement: it is a Share, or holds one."""
    return any(isinstance(one, Share) for one in compounds((statement,)))


def work(program: Program, procedure: Procedure) -> list[str]:
    """Return the terms of a sum as C: about how many multiplications a procedure takes. Sizes are doubles there."""
    found: Counter[tuple[str, ...]] = Counter()
    for site in sites(program):
        if site.procedure is procedure:
            found[_extent(program, site)] += _weight(site.statement)
    return [
        " * ".join((*([f"{weight}.0"] if weight > 1 or not factors else []), *factors))
        for factors, weight in found.items()
    ]


def _extent(program: Program, site: Site) -> tuple[str, ...]:
    """Return the sizes whose product is how often a statement multiplies, or computes an element."""
    leaf = site.statement
    sizes = [*dims(program, leaf.out)] if isinstance(leaf, Gemm) else [*domain(program, leaf)]
    if isinstance(leaf, Gemm):
        a = matrix(dims(program, leaf.a))
        sizes += a[0] if leaf.trans_a else a[1]
    steps = [site.length] if site.loop is not None else []
    chunks = next((one.length for one in site.inside if isinstance(one, Chunks)), CHUNK)
    written = (re.sub(rf"\b{CHUNK}\b", chunks, str(one)) for one in sizes)
    return tuple(sorted([*steps, *(f"({one})" if " " in one else one for one in written if one != "1")]))


def _weight(leaf: Leaf) -> int:
    if isinstance(leaf, Gemm):
        return 1
    return 1 + sum(_FUNCTION if one.function in TRANSCENDENTAL else 1 for one in calls(leaf.value))
