"""Begin a sum with the term that is computed element by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symrnn.ir.dependence import Access, accesses, are_apart
from symrnn.ir.nodes import Gemm, Map, Program
from symrnn.passes.splitting import Unit, blocks, in_each_loop


def begin(program: Program) -> Program:
    """Let an elementwise term of a sum with a product come first, beside the other elementwise work of the step.

        carry = dz @ U                          carry = dh ∘ z[t]
        carry += dh ∘ z[t]             →        carry += dz @ U

    Valid when: the term comes after a product that begins the sum, everything between the two adds to it or does not touch it,
        and nothing between them writes what the term reads.
    Cost: nothing; the term can be fused with what computes its factors, and these need no memory.
    """
    return in_each_loop(program, lambda found: blocks(_begun(list(found))))


def _begun(found: list[Unit]) -> list[Unit]:
    written = {one.ref.buffer for unit in found for one in accesses(unit.statement) if one.writes}
    for number in range(len(found)):
        term = found[number].statement
        if not isinstance(term, Map) or not term.accumulate:
            continue
        if not any(one.ref.buffer in written for one in accesses(term) if not one.writes):
            continue  # only what is given: it can be added where the sum is read
        first = _first(found, number, term)
        if first is not None:
            product = found[first].statement
            assert isinstance(product, Gemm)
            begun = replace(found[number], statement=replace(term, accumulate=False))
            adding = replace(found[first], statement=replace(product, accumulate=True))
            found[first : number + 1] = [begun, adding, *found[first + 1 : number]]
    return found


def _first(found: Sequence[Unit], number: int, term: Map) -> int | None:
    """Return the product that begins the sum to which a term is added, if the term can begin it instead."""
    for place in reversed(range(number)):
        statement = found[place].statement
        if any(one.writes and not are_apart(one.ref, read.ref) for one in accesses(statement) for read in _reads(term)):
            return None
        touches = [one for one in accesses(statement) if not are_apart(one.ref, term.out)]
        if touches and isinstance(statement, Gemm) and not statement.accumulate and statement.out == term.out:
            return place
        if not all(one.adds for one in touches):
            return None
    return None


def _reads(term: Map) -> list[Access]:
    return [one for one in accesses(term) if not one.writes]
