"""Multiply what does not depend on the recurrence together, apart from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from symrnn.ir.buffers import CHUNK, Buffer, Role
from symrnn.ir.dependence import accesses, are_apart, conflict
from symrnn.ir.nodes import At, Call, Load, Loop, Map, Number, Program, Ref, Scalar, full
from symrnn.ir.rename import free_name
from symrnn.ir.shapes import dims
from symrnn.ir.walk import leaves, loads, operands
from symrnn.passes.splitting import Unit, blocks, expandable, loops, parted, put, units


def factor(program: Program) -> Program:
    """Compute the factors that a recurrence does not change in a statement of its own, which `hoist` then takes out of the loop.

        do = dh ∘ a[t]                                    dz[t] = a[t] ∘ o[t] ∘ (1 − o[t])
        dz[t] = do ∘ o[t] ∘ (1 − o[t])           →        dz[t] = dh ∘ dz[t]
        dh[t] = dh[t] ∘ p[t] ∘ p[t]                       factor = p[t] ∘ p[t]
                                                          dh[t] = dh[t] ∘ factor

    Products are put in another order for it, and a factor that all terms of a sum have is put outside: values change by a
    few units in the last place of the terms.

    Valid when: the factors are written neither in the recurrence nor after it; what stands between, read once, is workspace
        of this loop, and nothing that it reads is written before it is used. A factor lies where the product goes if nothing
        touches that before, or in another step.
    Cost: workspace (T, B, n) for each factor that must lie elsewhere. A step of the recurrence has fewer operations; those of
        the factors are the same in number, but can be carried out for all steps at once.
    """
    for name in ("forward", "backward"):
        for loop in loops(getattr(program, name)):
            if loop.length != CHUNK:
                program = _loop(program, name, loop)
    return program


@dataclass(frozen=True, slots=True)
class _Body:
    """A loop's body, what of it is written by the recurrence or after it, and workspace that is written and read once."""

    program: Program
    found: tuple[Unit, ...]
    carried: tuple[Ref, ...]
    single: frozenset[str]
    expandable: frozenset[str]

    def is_free(self, value: Scalar) -> bool:
        """Return whether a scalar does not depend on the recurrence."""
        return all(are_apart(load.ref, ref) for load in loads(value) for ref in self.carried)


@dataclass(frozen=True, slots=True)
class _Product:
    """A scalar as a product: the factors that the recurrence changes, and one that it does not, if there is one."""

    carried: tuple[Scalar, ...]
    free: Scalar | None = None
    used: tuple[int, ...] = ()  # statements that are part of it now


def _loop(program: Program, name: str, loop: Loop) -> Program:
    found = units(loop.body)
    parts = parted(program, name, loop)
    later = [found[number].statement for number in sorted(parts.during | parts.after)]
    body = _Body(
        program,
        found,
        tuple(leaf.out for leaf in leaves(tuple(later))),
        _single(program, name, loop),
        expandable(program, getattr(program, name), loop),
    )
    changed: dict[int, tuple[Unit, ...]] = {}
    for number in sorted(parts.during, reverse=True):  # what reads workspace before what writes it
        new = _factored(body, number) if number not in changed else None
        if new is not None:
            program, body, statements, used = new
            changed |= {**dict.fromkeys(used, ()), number: statements}
    if not changed:
        return program
    kept = [one for number, unit in enumerate(found) for one in changed.get(number, (unit,))]
    return put(program, name, loop, [replace(loop, body=blocks(kept))])


def _single(program: Program, name: str, loop: Loop) -> frozenset[str]:
    """Return the workspace of a loop that one Map writes and one statement reads, once."""
    free = expandable(program, getattr(program, name), loop)
    inside = tuple(leaves(loop.body))
    written = [leaf.out.buffer for leaf in inside]
    read = [ref.buffer for leaf in inside for ref in operands(leaf)]
    return frozenset(one for one in free if written.count(one) == 1 and read.count(one) == 1)


def _factored(body: _Body, number: int) -> tuple[Program, _Body, tuple[Unit, ...], tuple[int, ...]] | None:
    """Return the program with a buffer for a factor, and what becomes of a statement; nothing where that does not pay."""
    unit = body.found[number]
    statement = unit.statement
    if not isinstance(statement, Map) or not 1 <= len(dims(body.program, statement.out)) <= 2:
        return None
    product = _product(body, number, statement.value)
    if not isinstance(product.free, Call) or not product.carried or not _moves(product.free):
        return None
    program, place = body.program, statement.out
    whole = full(len(dims(program, place)))
    if not _has_room(body, number, product):
        about = f"factor of {_called(program, place)}[t] that no other step changes"
        buffer = Buffer(
            free_name(program, f"factor_{_called(program, place)}"), dims(program, place), Role.WORK, about=about
        )
        program, place = replace(program, buffers=(*program.buffers, buffer)), Ref(buffer.name)
    factors = (*product.carried, Load(place, whole))
    statements = (Map(place, product.free), replace(statement, value=_multiplied(factors)))
    changed = tuple(replace(unit, statement=one) for one in statements)
    return program, replace(body, program=program), changed, product.used


def _has_room(body: _Body, number: int, product: _Product) -> bool:
    """Return whether the factor may lie where the product goes: nothing in the loop touches that before, or in another step."""
    statement = body.found[number].statement
    assert isinstance(statement, Map)
    out = statement.out
    moves = isinstance(out.at, At) and out.at.base == "t" and body.program.buffer(out.buffer).role is Role.WORK
    if statement.accumulate or not (moves or out.buffer in body.expandable):
        return False
    read = [load.ref for factor in product.carried for load in loads(factor)]
    touched = [
        (place, one.ref)
        for place, unit in enumerate(body.found)
        if place != number
        for one in accesses(unit.statement)
        if not are_apart(one.ref, out)
    ]
    return all(are_apart(ref, out) for ref in read) and all(
        place > number and ref.at == out.at for place, ref in touched
    )


def _called(program: Program, ref: Ref) -> str:
    parts = program.buffer(ref.buffer).parts
    return next((name for name, place in parts if place == ref.columns), ref.buffer)


def _moves(value: Scalar) -> bool:
    return any(isinstance(load.ref.at, At) and load.ref.at.base == "t" for load in loads(value))


def _multiplied(factors: Sequence[Scalar]) -> Scalar:
    return reduce(lambda left, right: Call("mul", (left, right)), factors)


def _product(body: _Body, number: int, value: Scalar) -> _Product:
    """Return what a scalar in a statement is as a product; as one factor where it is none."""
    if isinstance(value, Load) and value.ref.buffer in body.single:
        return _of_workspace(body, number, value)
    if body.is_free(value):
        return _Product((), value)
    if isinstance(value, Call) and value.function in ("mul", "neg", "add", "sub"):
        parts = [_product(body, number, one) for one in value.arguments]
        whole = _joined(value.function, parts)
        if whole is not None:
            return replace(whole, used=tuple(one for part in parts for one in part.used))
    return _Product((value,))


def _of_workspace(body: _Body, number: int, load: Load) -> _Product:
    """Return what workspace holds, if that can as well be computed where it is read."""
    place, writer = next(
        (place, leaf)
        for place, unit in enumerate(body.found)
        for leaf in leaves((unit.statement,))
        if leaf.out.buffer == load.ref.buffer
    )
    between = [unit.statement for unit in body.found[place + 1 : number]]
    whole = full(len(dims(body.program, load.ref)))
    if (
        not isinstance(writer, Map)
        or writer is not body.found[place].statement
        or writer.accumulate
        or load != Load(writer.out, whole)
        or any(conflict(writer, one) for one in between)
    ):
        return _Product((load,))
    inner = _product(body, number, writer.value)
    if inner.free is None or not inner.carried:
        return _Product((load,))
    return replace(inner, used=(*inner.used, place))


def _joined(function: str, parts: Sequence[_Product]) -> _Product | None:
    """Return the product, the sum, the difference or the negative of some products; nothing where it is no product."""
    if function == "mul":
        carried = tuple(one for part in parts for one in part.carried)
        free = [part.free for part in parts if part.free is not None]
        return _Product(carried, _multiplied(free) if free else None)
    if any(part.free is None or not part.carried for part in parts):
        return None
    if len({part.carried for part in parts}) > 1:
        return None
    return _Product(parts[0].carried, Call(function, tuple(part.free or Number(1) for part in parts)))
