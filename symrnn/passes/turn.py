"""Store the matrices that a recurrence multiplies by as its products read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from symrnn.ir.buffers import Buffer, Role
from symrnn.ir.nodes import Compound, Gemm, Load, Loop, Map, Program, Ref, Statement
from symrnn.ir.rename import exchanged, free_name, with_bodies
from symrnn.ir.walk import Leaf, leaves, references
from symrnn.passes.splitting import loops


def turn(program: Program) -> Program:
    """Transpose a matrix once, before the loop whose products need its transpose.

        for t:                                        UT = Uᵀ
          z[t] += h[t] @ Uᵀ                  →        for t:
                                                        z[t] += h[t] @ UT

        U[0 : H, :] = U_i                             U[:, 0 : H] = U_iᵀ
        U[H : 2*H, :] = U_f                  →        U[:, H : 2*H] = U_fᵀ
        for t:                                        for t:
          z[t] += h[t] @ Uᵀ                             z[t] += h[t] @ U

    Valid when: the product is in a loop over steps, and the matrix is a parameter, or workspace of which all products of the
        procedure need the transpose, and that is filled before by Maps.
    Cost: a copy of a parameter for each call. A product of few rows with a matrix that lies as it is read takes half to
        nine tenths of the time.
    """
    for name in ("forward", "backward"):
        for matrix in dict.fromkeys(_transposed(program, name)):
            program = _turned(program, name, matrix)
    return program


def _transposed(program: Program, name: str) -> Iterator[str]:
    """Yield the matrices whose transposes products in loops need."""
    for loop in loops(getattr(program, name)):
        for leaf in leaves(loop.body):
            if isinstance(leaf, Gemm) and leaf.trans_b and leaf.b == Ref(leaf.b.buffer):
                yield leaf.b.buffer


def _turned(program: Program, name: str, matrix: str) -> Program:
    buffer = program.buffer(matrix)
    if buffer.role is Role.PARAMETER:
        return _copied(program, name, buffer)
    if buffer.role is Role.WORK and len(buffer.dims) == 2 and _can_turn(program, name, matrix):
        return _stored(program, name, buffer)
    return program


def _can_turn(program: Program, name: str, matrix: str) -> bool:
    """Return whether workspace is read as the right operand of products only, transposed, and filled by Maps outside of loops."""
    body = getattr(program, name).body
    outside = [one for one in body if isinstance(one, Map)]
    for procedure in (program.forward, program.backward):
        for leaf in leaves(procedure.body):
            if not any(ref.buffer == matrix for ref in references(leaf)):
                continue
            fills = isinstance(leaf, Map) and any(leaf is one for one in outside)
            reads = isinstance(leaf, Gemm) and leaf.trans_b and leaf.b == Ref(matrix)
            if not (fills or reads) or sum(ref.buffer == matrix for ref in references(leaf)) > 1:
                return False
    return True


def _stored(program: Program, name: str, buffer: Buffer) -> Program:
    """Return the program in which workspace is filled with the transpose, and products read it as it is."""

    def turned(leaf: Leaf) -> Leaf:
        if isinstance(leaf, Map) and leaf.out.buffer == buffer.name:
            out = replace(leaf.out, rows=leaf.out.columns, columns=leaf.out.rows)
            return replace(leaf, out=out, value=exchanged(leaf.value, _turned_load))
        return _direct(leaf, buffer.name, buffer.name)

    whole = replace(buffer, dims=buffer.dims[::-1], about=f"{buffer.about}, transposed")
    buffers = tuple(whole if one.name == buffer.name else one for one in program.buffers)
    return _in_leaves(replace(program, buffers=buffers), name, turned)


def _copied(program: Program, name: str, buffer: Buffer) -> Program:
    """Return the program in which a parameter is transposed before everything else, and products in loops read that."""
    copy = Buffer(
        free_name(program, f"{buffer.name}_T"), buffer.dims[::-1], Role.WORK, about=f"{buffer.name}, transposed"
    )
    first = Map(Ref(copy.name), Load(Ref(buffer.name), (1, 0)))
    moved = _in_leaves(program, name, lambda leaf: _direct(leaf, buffer.name, copy.name), in_loops=True)
    grown = replace(moved, buffers=(*moved.buffers, copy))
    return with_bodies(grown, lambda one: (first, *one.body) if one.name == name else one.body)


def _direct(leaf: Leaf, old: str, new: str) -> Leaf:
    """Return a product that reads the transpose as it is stored."""
    if isinstance(leaf, Gemm) and leaf.trans_b and leaf.b == Ref(old):
        return replace(leaf, b=Ref(new), trans_b=False)
    return leaf


def _turned_load(load: Load) -> Load:
    """Return what a load of a matrix is over the domain of its transpose."""
    return replace(load, axes=tuple(None if axis is None else 1 - axis for axis in load.axes))


def _in_leaves(program: Program, name: str, change: Callable[[Leaf], Leaf], in_loops: bool = False) -> Program:
    """Return the program with `change(leaf)` in the place of what computes in a procedure, or in its loops over steps only."""

    def changed(statement: Statement, inside: bool) -> Statement:
        if isinstance(statement, Compound):
            inside = inside or isinstance(statement, Loop)
            return replace(statement, body=tuple(changed(one, inside) for one in statement.body))
        return change(statement) if inside else statement

    return with_bodies(
        program,
        lambda one: tuple(changed(part, not in_loops) for part in one.body) if one.name == name else one.body,
    )
