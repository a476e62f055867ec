"""Matrix products in C: calls of the functions in templates/c/products, and what they need of the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symrnn.ir.buffers import Buffer, Size
from symrnn.ir.nodes import Gemm, Load, Map, Procedure, Program, Ref, Span
from symrnn.ir.shapes import Dims, dims, matrix
from symrnn.ir.walk import leaves

LANES = 16  # no vector has more: of a row of panels, at most as many zeros


def orientation(program: Program, buffer: Buffer) -> tuple[bool, Size, Size]:
    """Return whether what lies in panels is the transpose of a buffer, and its rows and columns as a right operand."""
    gemm = next(
        one
        for procedure in (program.forward, program.backward)
        for one in leaves(procedure.body)
        if isinstance(one, Gemm) and one.b.buffer == buffer.name
    )
    rows, columns = buffer.dims
    return (True, columns, rows) if gemm.trans_b else (False, rows, columns)


def once(procedure: Procedure, program: Program) -> Iterator[Gemm]:
    """Yield the products of a procedure whose right operand is not in panels: they rearrange it as they go."""
    for one in leaves(procedure.body):
        if isinstance(one, Gemm) and not program.buffer(one.b.buffer).panels:
            yield one


def sizes_of(program: Program, gemm: Gemm) -> tuple[Dims, Dims, Dims]:
    """Return the rows and columns of a product, and what it sums over; each may be several sizes multiplied."""
    out, a = matrix(dims(program, gemm.out)), matrix(dims(program, gemm.a))
    return out[0], out[1], a[0] if gemm.trans_a else a[1]


def product(program: Program, gemm: Gemm, address: Mapping[Ref, str], own: str) -> str:
    """Return the call that carries out a product; `address` tells where each operand begins, `own` which rows of the result.

    All rows are meant where `own` is nothing. They are counted in each step of a span.
    """
    m, n, k = (product_of(one) for one in sizes_of(program, gemm))
    pages, page = "1", m
    if own and isinstance(gemm.out.at, Span):
        pages, page = gemm.out.at.length, product_of(dims(program, gemm.out)[1:-1])
    own = own or f"(range){{0, {m}}}"
    stride = {ref: str(row_length(program, ref)) for ref in (gemm.a, gemm.b, gemm.out)}
    a = ("1", stride[gemm.a]) if gemm.trans_a else (stride[gemm.a], "1")
    b = ("1", stride[gemm.b]) if gemm.trans_b else (stride[gemm.b], "1")
    left, out = (address[gemm.a], *a), (address[gemm.out], stride[gemm.out], "true" if gemm.accumulate else "false")
    if program.buffer(gemm.b.buffer).panels:
        return _call("product", own, pages, page, n, k, *left, gemm.b.buffer, *out)
    return _call("product_once", own, pages, page, n, k, *left, address[gemm.b], *b, *out, "rearranged")


def copy(program: Program, statement: Map, address: str, own: str) -> str:
    """Return the call that puts a part of a matrix into panels, or of its rows those that are `own`."""
    assert isinstance(statement.value, Load)
    source = statement.value.ref
    buffer = program.buffer(statement.out.buffer)
    transposed, k, n = orientation(program, buffer)
    rows, columns = dims(program, statement.out)
    first_row = statement.out.rows[0] if statement.out.rows else Size()
    first_column = statement.out.columns[0] if statement.out.columns else Size()
    stride = str(row_length(program, source))
    first, count = str(first_row), str(rows)
    if own:
        first, count = f"{own}.begin" if first == "0" else f"{first} + {own}.begin", f"{own}.end - {own}.begin"
        address = f"{address} + {own}.begin * {factor(stride)}"
    place = (
        (str(first_column), first, str(columns), count)
        if transposed
        else (first, str(first_column), count, str(columns))
    )
    steps = ("1", stride) if transposed else (stride, "1")
    return _call("pack", str(k), str(n), *place, address, *steps, buffer.name)


def row_length(program: Program, ref: Ref) -> Size:
    """Return how far apart two rows lie: the last dimension of the whole buffer."""
    inner = program.buffer(ref.buffer).inner
    if not inner and isinstance(ref.at, Span):
        return Size((), 1)
    return matrix(inner)[1][0]


def product_of(sizes: Dims) -> str:
    """Return the product of some sizes as C."""
    return " * ".join(f"({one})" if " " in str(one) and len(sizes) > 1 else str(one) for one in sizes)


def factor(written: str) -> str:
    """Return a size as a factor."""
    return f"({written})" if " " in written else written


def _call(name: str, *arguments: str) -> str:
    return f"{name}({', '.join(arguments)});"
