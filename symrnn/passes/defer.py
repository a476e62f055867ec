"""Put off a sum over sequences until all steps are done."""

from __future__ import annotations

from dataclasses import replace

from symrnn.ir.buffers import Buffer, Role, Size
from symrnn.ir.nodes import Compound, Load, Map, Number, Procedure, Program, Reduce, Ref, Span, Statement
from symrnn.ir.rename import free_name, with_bodies
from symrnn.ir.shapes import dims, same
from symrnn.ir.walk import Leaf, leaves, loads, operands


def defer(program: Program) -> Program:
    """Add up one number for each sequence, and all of them after the last step.

        J = 0                                        J_of_each = 0
        for chunks:                                  for chunks:
          J += sum over all of v[chunk]       →        J_of_each += sum over steps and columns of v[chunk]
                                                     J = sum over all of J_of_each

    Valid when: the number is only added to after it was set to zero, by sums over what has one row for each sequence, one of
        them in a loop; nothing reads it.
    Cost: workspace (B); the sum is divided by sequences, as what it adds up is.
    """
    for name in ("forward", "backward"):
        for buffer in program.having(Role.LOSS, Role.GRADIENT):
            procedure = getattr(program, name)
            axis = None if buffer.dims else _sequences(program, procedure, buffer.name)
            if axis is not None:
                program = _deferred(program, procedure, buffer, axis)
    return program


def _sequences(program: Program, procedure: Procedure, name: str) -> Size | None:
    """Return how many sequences all sums have that are added to a number; nothing if that is not all that is done with it."""
    zeros = [one for one in procedure.body if _is_zero(one, name)]
    uses = [one for one in leaves(procedure.body) if one.out.buffer == name]
    sums = [one for one in uses if isinstance(one, Reduce) and one.accumulate and len(one.over) == len(one.domain)]
    outside = [one for one in procedure.body if one in sums]
    read = any(ref.buffer == name for one in leaves(procedure.body) for ref in operands(one))
    if read or len(zeros) != 1 or len(uses) != len(sums) + 1 or len(outside) == len(sums):
        return None
    counts = [one.domain[axis] if (axis := _axis(program, one)) is not None else None for one in sums]
    first = counts[0]
    return first if first is not None and all(one is not None and same(one, first) for one in counts) else None


def _is_zero(statement: Statement, name: str) -> bool:
    is_set = isinstance(statement, Map) and statement.out.buffer == name and not statement.accumulate
    return is_set and isinstance(statement, Map) and statement.value == Number(0)


def _axis(program: Program, statement: Reduce) -> int | None:
    """Return the axis along which every matrix or batch of matrices in a sum has its rows."""
    found = {_rows(load) for load in loads(statement.value) if len(dims(program, replace(load.ref, at=None))) > 1}
    return found.pop() if len(found) == 1 else None


def _rows(load: Load) -> int | None:
    return load.axes[int(isinstance(load.ref.at, Span))]


def _deferred(program: Program, procedure: Procedure, buffer: Buffer, count: Size) -> Program:
    each = Buffer(
        free_name(program, f"{buffer.name}_of_each"),
        (count,),
        Role.WORK,
        about=f"what each sequence adds to {buffer.name}",
    )

    def changed(statement: Statement) -> Statement:
        if isinstance(statement, Compound):
            return replace(statement, body=tuple(map(changed, statement.body)))
        return _for_each(program, statement, buffer.name, each.name)

    total = Reduce(Ref(buffer.name), Load(Ref(each.name), (0,)), (count,), (0,))
    body = (*map(changed, procedure.body), total)
    new = replace(program, buffers=(*program.buffers, each))
    return with_bodies(new, lambda one: body if one.name == procedure.name else one.body)


def _for_each(program: Program, statement: Leaf, name: str, each: str) -> Leaf:
    if statement.out.buffer != name:
        return statement
    if not isinstance(statement, Reduce):
        return replace(statement, out=Ref(each))
    over = tuple(axis for axis in statement.over if axis != _axis(program, statement))
    if not over:  # one number for each sequence already
        return Map(Ref(each), statement.value, accumulate=True)
    return replace(statement, out=Ref(each), over=over)
