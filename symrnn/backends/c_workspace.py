"""The workspace of emitted C: what each procedure needs of it, and how it is cut into buffers that begin at vectors."""

from __future__ import annotations

from functools import reduce

from symrnn.backends.c_products import LANES, once, orientation, product_of, sizes_of
from symrnn.backends.c_threads import sequences
from symrnn.backends.names import plain
from symrnn.ir.buffers import CHUNK, Buffer, Size, size
from symrnn.ir.nodes import Chunks, Procedure, Program
from symrnn.ir.shapes import Dims, show
from symrnn.ir.walk import compounds, workspace


def safe_lengths(program: Program, procedure: Procedure) -> str:
    """Return the length of the workspace of a procedure, at least, which is SIZE_MAX where it is too large; or nothing."""
    lengths = [safe_size(size(one.length)) for one in compounds(procedure.body) if isinstance(one, Chunks)]
    steps = _folded("plus", lengths) if lengths else CHUNK
    parts = [
        _safe_panels(program, one) if one.panels else safe_length(_in_chunk(one.dims, steps))
        for one in workspace(program, procedure)
    ]
    parts += [str(_MOST_SCRATCH)] if any(True for _ in once(procedure, program)) else []
    return _folded("plus", [*parts, str((len(parts) + 1) * LANES)]) if parts else ""


_LONGEST = "longest"  # steps of a chunk, of those that all chunks have but the last one
_MOST_SCRATCH = 1 << 26  # more than product_once_scratch ever is, for as many threads as there may be


def _in_chunk(sizes: Dims, steps: str) -> Dims:
    """Return sizes in which the steps of a chunk are spelled so."""
    return tuple(
        Size(tuple((steps if name == CHUNK else name, count) for name, count in one.terms), one.constant)
        for one in sizes
    )


def safe_length(inner: Dims) -> str:
    """Return the length of an array, which is SIZE_MAX where it is too large."""
    return _folded("times", [safe_size(one) for one in inner]) if inner else "1"


def _safe_panels(program: Program, buffer: Buffer) -> str:
    _, rows, columns = orientation(program, buffer)
    return f"times({safe_size(rows)}, plus({safe_size(columns)}, {LANES}))"


def safe_size(one: Size) -> str:
    """Return a size, which is SIZE_MAX where it is too large."""
    terms = [name if count == 1 else f"times({count}, {name})" for name, count in one.terms]
    return _folded("plus", terms + ([str(one.constant)] if one.constant else []))


def _folded(function: str, terms: list[str]) -> str:
    result = terms[0]
    for term in terms[1:]:
        result = f"{function}({result}, {term})"
    return result


def length(program: Program, buffer: Buffer) -> str:
    """Return how many reals a buffer takes."""
    if buffer.panels:
        _, rows, columns = orientation(program, buffer)
        return f"panels_size({rows}, {columns})"
    return product_of(_in_chunk(buffer.dims, _LONGEST)) or "1"


def needed(program: Program, procedure: Procedure) -> list[str]:
    """Return the statements that add up what a procedure needs, in `sum`."""
    lines = [f"sum += rounded({length(program, one)}); /* {one.name} */" for one in workspace(program, procedure)]
    scratch = _scratch(program, procedure)
    lines += [*scratch, f"sum += rearranging{_of_each(program)};"] if scratch else []
    return [*_longest(procedure, lines), *lines]


def _longest(procedure: Procedure, lines: list[str]) -> list[str]:
    """Return the line that says how many steps the longest chunk has, if other lines need it."""
    if not any(_LONGEST in line for line in lines):
        return []
    found = dict.fromkeys(most_steps(one) for one in compounds(procedure.body) if isinstance(one, Chunks))
    longest = reduce(lambda one, other: f"larger_size({one}, {other})", found)
    return [f"const size_t {_LONGEST} = {longest};"]


def most_steps(chunks: Chunks) -> str:
    """Return how many steps a chunk has."""
    if chunks.count:
        return f"({chunks.length} / {chunks.count} + ({chunks.length} % {chunks.count} != 0))"
    return f"chunk_steps({chunks.height}, {chunks.rows}, {chunks.length})"


def _scratch(program: Program, procedure: Procedure) -> list[str]:
    """Return the statements that find what the products need that rearrange their right operand."""
    found = dict.fromkeys(
        ", ".join(product_of(_in_chunk(factors, _LONGEST)) for factors in sizes_of(program, one))
        for one in once(procedure, program)
    )
    if not found:
        return []
    return ["size_t rearranging = 0;"] + [
        f"rearranging = larger_size(rearranging, rounded(product_once_scratch({sizes})));" for sizes in found
    ]


def _of_each(program: Program) -> str:
    """Return by what the scratch of one thread is multiplied."""
    count = sequences(program)
    return "" if count is None else f" * threads_of(sizes->threads, {count})"


def names(program: Program, procedure: Procedure) -> dict[str, str]:
    """Return what the workspace of a procedure is cut into, with comments: its buffers, and scratch of its products."""
    found = {
        buffer.name: f"{show(buffer.dims)} {plain(buffer.about)}".rstrip() + (", in panels" if buffer.panels else "")
        for buffer in workspace(program, procedure)
    }
    scratch = {"rearranged": "of products that rearrange their right operand"}
    return found | (scratch if any(True for _ in once(procedure, program)) else {})


def cut(program: Program, procedure: Procedure, left: str = "real *const ") -> list[tuple[str, str]]:
    """Return the lines that cut the workspace of a procedure, one buffer behind the other, with comments."""
    buffers = {one.name: one for one in workspace(program, procedure)}
    lines = [("real *next = first_vector(of->work);", "")]
    for name, about in names(program, procedure).items():
        if name in buffers:
            lines.append((f"{left}{name} = next;", about))
            lines.append((f"next += rounded({length(program, buffers[name])});", ""))
        else:
            place = "next" if sequences(program) is None else "next + thread * rearranging"
            lines.append((f"{left}{name} = {place};", about))
            lines = [*((line, "") for line in _scratch(program, procedure) if place != "next"), *lines]
    needed = lines[: 1 + max((number for number, (_, about) in enumerate(lines) if about), default=-1)]
    return [*((line, "") for line in _longest(procedure, [line for line, _ in needed])), *needed]
