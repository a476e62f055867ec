"""What a program costs: products, operations and memory, counted from its text at given sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symrnn.ir.buffers import CHUNK, KEPT, Size
from symrnn.ir.nodes import (
    Block,
    Chunks,
    Each,
    Gemm,
    Loop,
    Map,
    Procedure,
    Program,
    Share,
    Statement,
    Stretch,
    When,
    Windows,
)
from symrnn.ir.shapes import dims, domain, matrix
from symrnn.ir.walk import Leaf, calls, compounds, workspace

TRANSCENDENTAL = ("tanh", "sigmoid", "exp", "log", "softplus", "sin", "cos")


@dataclass(frozen=True, slots=True)
class Cost:
    """Counts for forward and backward together, but for `kept` and `work`, which are memory.

    Units: `products` calls of a matrix product, `flops` the additions and multiplications in them (2·m·k·n each),
    `operations` the elementwise operations and functions (each counted as 1) and terms of reductions, `transcendentals`
    those of them that take many operations of the machine, tanh and the like, `kept` the reals that forward leaves for
    backward, `work` the reals of workspace that the larger procedure needs.
    """

    products: int
    flops: int
    operations: int
    transcendentals: int
    kept: int
    work: int


def cost(program: Program, sizes: Mapping[str, int]) -> Cost:
    """Return what one forward and one backward cost at these sizes."""
    both = [*_times(program.forward.body, (0,), sizes), *_times(program.backward.body, (0,), sizes)]
    products = [(times, leaf, here) for times, leaf, here in both if isinstance(leaf, Gemm)]
    return Cost(
        products=sum(times for times, _, _ in products),
        flops=sum(times * _flops(program, leaf, here) for times, leaf, here in products),
        operations=sum(times * _operations(program, leaf, here) for times, leaf, here in both),
        transcendentals=sum(times * _transcendentals(program, leaf, here) for times, leaf, here in both),
        kept=sum(elements(buffer.dims, sizes) for buffer in program.having(*KEPT)),
        work=max(_work(program, procedure, sizes) for procedure in (program.forward, program.backward)),
    )


def elements(inner: tuple[Size, ...], sizes: Mapping[str, int]) -> int:
    """Return the number of reals in an array with these dimensions."""
    count = 1
    for one in inner:
        count *= one.value(sizes)
    return count


def _times(
    body: tuple[Statement, ...], steps: Sequence[int], sizes: Mapping[str, int], around: Windows | None = None
) -> Iterator[tuple[int, Leaf, Mapping[str, int]]]:
    """Yield every statement that computes, how often it is carried out, and the sizes there; `steps` are those of its loop."""
    for statement in body:
        if isinstance(statement, Loop):
            yield from _times(statement.body, range(sizes[statement.length]), sizes)
        elif isinstance(statement, Chunks):
            for steps_of_chunk in statement.ranges(sizes):
                yield from _times(statement.body, (0,), {**sizes, CHUNK: len(steps_of_chunk)})
        elif isinstance(statement, When):
            at = statement.at.value(sizes, 0)
            yield from _times(statement.body, [t for t in steps if t == at], sizes)
        elif isinstance(statement, Windows):
            blocks = [0 for _ in statement.stretches(sizes)]
            yield from _times(statement.body, blocks, sizes, statement)
        elif isinstance(statement, Stretch):
            windows = around.stretches(sizes) if around is not None else ()
            yield from _times(statement.body, [t for both in windows for t in both[statement.older]], sizes)
        elif isinstance(statement, Block | Each | Share):
            yield from _times(statement.body, steps, sizes, around)
        else:
            yield len(steps), statement, sizes


def _flops(program: Program, gemm: Gemm, sizes: Mapping[str, int]) -> int:
    a = matrix(dims(program, gemm.a))
    inner = a[0] if gemm.trans_a else a[1]
    return 2 * elements(dims(program, gemm.out), sizes) * elements(inner, sizes)


def _operations(program: Program, leaf: Leaf, sizes: Mapping[str, int]) -> int:
    if isinstance(leaf, Gemm):
        return 0
    extra = int(leaf.accumulate) if isinstance(leaf, Map) else 1
    return (len(tuple(calls(leaf.value))) + extra) * elements(domain(program, leaf), sizes)


def _transcendentals(program: Program, leaf: Leaf, sizes: Mapping[str, int]) -> int:
    if isinstance(leaf, Gemm):
        return 0
    found = [call for call in calls(leaf.value) if call.function in TRANSCENDENTAL]
    return len(found) * elements(domain(program, leaf), sizes)


def _work(program: Program, procedure: Procedure, sizes: Mapping[str, int]) -> int:
    chunk = max((one.steps(sizes) for one in compounds(procedure.body) if isinstance(one, Chunks)), default=0)
    return sum(elements(buffer.dims, {**sizes, CHUNK: chunk}) for buffer in workspace(program, procedure))
