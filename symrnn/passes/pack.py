"""Store a matrix in the order in which products read it."""

from __future__ import annotations

from dataclasses import replace

from symrnn.ir.buffers import Buffer, Role
from symrnn.ir.nodes import Chunks, Compound, Gemm, Load, Loop, Map, Program, Ref, Statement, full
from symrnn.ir.rename import free_name
from symrnn.ir.walk import is_copy, leaves, references
from symrnn.passes.splitting import put


def pack(program: Program) -> Program:
    """Keep in panels what many products multiply by: stacked matrices, and parameters that a loop multiplies by in every step.

        for t:                                  U_panels = U                        (rearranged, once)
          z += h[t] @ Uᵀ               →        for t:
                                                  z += h[t] @ U_panelsᵀ

    Valid when: the matrix is read by products only, as a whole, on the right and with one orientation.
    Cost: a copy of each matrix for each call; every product reads memory from front to back.
    """
    for name in ("forward", "backward"):
        for repeated in [one for one in getattr(program, name).body if isinstance(one, Loop | Chunks)]:
            program = _copied(program, name, repeated)
    return _marked(program)


def _copied(program: Program, name: str, repeated: Loop | Chunks) -> Program:
    """Copy the parameters that the products of a loop multiply by, for each orientation."""
    parameters = {one.name: one for one in program.having(Role.PARAMETER)}
    products = [one for one in leaves(repeated.body) if isinstance(one, Gemm)]
    wanted = dict.fromkeys(
        (one.b.buffer, one.trans_b) for one in products if one.b.buffer in parameters and one.b == Ref(one.b.buffer)
    )
    names: dict[tuple[str, bool], str] = {}
    copies: list[Statement] = []
    for matrix, transposed in wanted:
        panels = Buffer(
            free_name(program, f"{matrix}_panels"),
            parameters[matrix].dims,
            Role.WORK,
            about=f"{matrix} as products read it",
        )
        program = replace(program, buffers=(*program.buffers, panels))
        names[matrix, transposed] = panels.name
        copies.append(Map(Ref(panels.name), Load(Ref(matrix), full(2))))
    new = replace(repeated, body=tuple(_replaced(one, names) for one in repeated.body))
    return put(program, name, repeated, (*copies, new))


def _replaced(statement: Statement, names: dict[tuple[str, bool], str]) -> Statement:
    if isinstance(statement, Gemm):
        panels = names.get((statement.b.buffer, statement.trans_b))
        return statement if panels is None else replace(statement, b=Ref(panels))
    if isinstance(statement, Compound):
        return replace(statement, body=tuple(_replaced(one, names) for one in statement.body))
    return statement


def _marked(program: Program) -> Program:
    """Mark the workspace that is filled with copies and read as the right operand of products only."""
    buffers = tuple(replace(one, panels=True) if _is_packed(program, one) else one for one in program.buffers)
    return replace(program, buffers=buffers)


def _is_packed(program: Program, buffer: Buffer) -> bool:
    if buffer.role is not Role.WORK or buffer.steps or len(buffer.dims) != 2:
        return False
    used = [
        one
        for procedure in (program.forward, program.backward)
        for one in leaves(procedure.body)
        if any(ref.buffer == buffer.name for ref in references(one))
    ]
    products = [one for one in used if isinstance(one, Gemm)]
    copies = [one for one in used if is_copy(one) and one.out.buffer == buffer.name]
    whole = all(one.b == Ref(buffer.name) and buffer.name not in (one.a.buffer, one.out.buffer) for one in products)
    return (
        bool(products)
        and len(products) + len(copies) == len(used)
        and whole
        and len({one.trans_b for one in products}) == 1
    )
