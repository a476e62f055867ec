"""What checkpoints cost in memory, as formulas and as numbers. What they are is in `symrnn.passes.checkpoint`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symrnn.ir.buffers import CHUNK, KEPT, Buffer, Size
from symrnn.ir.cost import elements
from symrnn.ir.nodes import Chunks, Procedure, Program
from symrnn.ir.walk import compounds, workspace

Polynomial = Mapping[tuple[str, ...], int]  # products of sizes, and how many of them


def counted(program: Program) -> tuple[Chunks, ...]:
    """Return the loops over chunks that states are kept between, longest steps of the interface first."""
    bodies = (program.forward.body, program.backward.body)
    return tuple(one for body in bodies for one in compounds(body) if isinstance(one, Chunks) and one.count)


def count_name(program: Program) -> str:
    """Return the size that says how many chunks there are; nothing if the program has no checkpoints."""
    return next((one.count for one in counted(program)), "")


def of_checkpoint(program: Program) -> Polynomial:
    """Return how many reals are kept between two chunks: S in the formulas."""
    name = count_name(program)
    return _sum(one for one in program.having(*KEPT) if one.steps and one.dims[0].terms == ((name, 1),))


def of_step(program: Program) -> Polynomial:
    """Return how many reals of workspace a step of a chunk takes in the procedure that needs more of them: W in the formulas."""
    both = [_sum(_of_chunk(program, one)) for one in (program.forward, program.backward)]
    return max(both, key=lambda one: sum(one.values()))


def _of_chunk(program: Program, procedure: Procedure) -> Iterator[Buffer]:
    return (one for one in workspace(program, procedure) if one.is_of_chunk)


def _sum(buffers: Iterator[Buffer]) -> Polynomial:
    found: Counter[tuple[str, ...]] = Counter()
    for buffer in buffers:
        terms: Counter[tuple[str, ...]] = Counter({(): 1})
        for one in buffer.inner:
            terms = _times(terms, one)
        found.update(terms)
    return found


def _times(terms: Counter[tuple[str, ...]], one: Size) -> Counter[tuple[str, ...]]:
    product: Counter[tuple[str, ...]] = Counter()
    for names, number in terms.items():
        for name, times in one.terms:
            product[(*names, name)] += number * times
        if one.constant:
            product[names] += number * one.constant
    return product


def polynomial_text(terms: Polynomial) -> str:
    """Return `14*B*H + 2*B`."""
    parts = ["*".join((*([str(number)] if number > 1 or not names else []), *names)) for names, number in terms.items()]
    return " + ".join(parts) or "0"


@dataclass(frozen=True, slots=True)
class Memory:
    """The reals that a gradient takes besides what is given and the gradients: kept from forward to backward, and workspace."""

    count: int
    longest: int  # steps of a chunk
    kept: int
    work: int

    @property
    def reals(self) -> int:
        """Both together."""
        return self.kept + self.work


def memory(program: Program, sizes: Mapping[str, int], count: int) -> Memory:
    """Return what a program with so many chunks takes at these sizes."""
    here = {**sizes, count_name(program): count}
    longest = max(one.steps(here) for one in counted(program))
    kept = sum(elements(one.dims, here) for one in program.having(*KEPT))
    procedures = (program.forward, program.backward)
    work = max(
        sum(elements(one.dims, {**here, CHUNK: _longest(each, here)}) for one in workspace(program, each))
        for each in procedures
    )
    return Memory(count, longest, kept, work)


def _longest(procedure: Procedure, sizes: Mapping[str, int]) -> int:
    return max((one.steps(sizes) for one in compounds(procedure.body) if isinstance(one, Chunks)), default=0)


def steps_of(program: Program, sizes: Mapping[str, int]) -> int:
    """Return the number of steps of the longest loop that is in chunks."""
    return max(sizes[one.length] for one in counted(program))


def least(program: Program, sizes: Mapping[str, int]) -> Memory:
    """Return the number of chunks with which a program takes the least memory, and this memory.

    N chunks keep about S·N reals and have W·T/N of workspace: least where both are the same, N = sqrt(T·W/S). The best of the
    numbers near it is taken, for a chunk has a whole number of steps. Where no states are kept, N = sqrt(T).
    """
    steps = steps_of(program, sizes)
    state, step = (_value(one, sizes) for one in (of_checkpoint(program), of_step(program)))
    longest = math.sqrt(steps * state / step) if state and step else math.sqrt(steps)
    near = range(max(int(longest) - 2, 1), int(longest) + 4)
    return min((every(program, sizes, min(one, steps)) for one in near), key=lambda one: one.reals)


MOST = 256  # steps of a chunk that has a budget: longer ones are not faster, for they leave the cache


def within(program: Program, sizes: Mapping[str, int], reals: int) -> Memory | None:
    """Return the fewest chunks with which a program takes at most so much memory; None if no number of them does.

    They have at most MOST steps, but where longer ones take the least memory.
    """
    best = least(program, sizes)
    if best.reals > reals:
        return None
    low, high = min(-(-steps_of(program, sizes) // MOST), best.count), best.count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if memory(program, sizes, middle).reals <= reals else (middle + 1, high)
    return memory(program, sizes, low)


def every(program: Program, sizes: Mapping[str, int], steps: int) -> Memory:
    """Return the fewest chunks of which none has more than so many steps."""
    return memory(program, sizes, -(-steps_of(program, sizes) // steps))


def _value(terms: Polynomial, sizes: Mapping[str, int]) -> int:
    return sum(number * math.prod(sizes[name] for name in names) for names, number in terms.items())
