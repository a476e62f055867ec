"""When Maps may be carried out together, one element after the other, and when a program says so rightly."""

from __future__ import annotations

from symrnn.errors import IRError
from symrnn.ir.dependence import meet
from symrnn.ir.nodes import Each, Map, Program, Statement, full
from symrnn.ir.shapes import dims, domain, same_dims, show
from symrnn.ir.text import line
from symrnn.ir.walk import Leaf, compounds, leaves, loads


def go_together(program: Program, first: Statement, second: Statement) -> bool:
    """Return whether a Map and a later one over the same domain may be carried out together for each element.

    Where both touch a buffer and one of them writes it, they touch the same elements, each at its own place.
    """
    assert isinstance(first, Map) and isinstance(second, Map)
    return _agree(program, first, second) and _agree(program, second, first)


def _agree(program: Program, writer: Map, other: Map) -> bool:
    whole = full(len(dims(program, writer.out)))
    outs_agree = writer.out == other.out or not meet(writer.out, other.out)
    return outs_agree and all(
        (load.ref == writer.out and load.axes == whole) or not meet(load.ref, writer.out) for load in loads(other.value)
    )


def elements_are_computed_together(program: Program) -> None:
    """What stands in an Each are Maps over one domain, of which no one loads what another writes at other elements."""
    for procedure in (program.forward, program.backward):
        for each in compounds(procedure.body):
            if not isinstance(each, Each):
                continue
            where = f"{program.name}, {procedure.name}"
            inside = tuple(leaves(each.body))
            for number, statement in enumerate(inside):
                _check(program, where, statement, inside[:number])


def _check(program: Program, where: str, statement: Statement, before: tuple[Statement, ...]) -> None:
    assert isinstance(statement, Leaf)
    if not isinstance(statement, Map):
        raise IRError(f"{where}: «{line(program, statement)}» stands in a loop over elements: it may hold Maps only.")
    for other in before:
        assert isinstance(other, Map)
        found, needed = domain(program, statement), domain(program, other)
        if not same_dims(found, needed):
            raise IRError(f"{where}: «{line(program, statement)}» is over {show(found)}, the loop over {show(needed)}.")
        if not go_together(program, other, statement):
            raise IRError(
                f"{where}: «{line(program, other)}» and «{line(program, statement)}» meet at different elements: "
                "carry them out one after the other."
            )
