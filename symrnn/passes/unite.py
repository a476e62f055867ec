"""Compute gates that lie side by side with one activation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symrnn.ir.buffers import Buffer
from symrnn.ir.dependence import are_apart, conflict
from symrnn.ir.nodes import Call, Gemm, Load, Loop, Map, Number, Program, Ref, Scalar, Statement, full
from symrnn.ir.walk import calls, leaves, loads
from symrnn.passes.halving import HALF, Run, halved, row_of, together
from symrnn.passes.splitting import Unit, blocks, loops, put, units

_UNSAFE = ("log", "div", "sqrt", "power")


def unite(program: Program) -> Program:
    """Replace a sigmoid and what lies beside it by one hyperbolic tangent: sigmoid(z) = ½ + ½ tanh(½ z).

        W[0 : H, :] = W_i                          W[0 : H, :] = ½ W_i,  b[0 : H] = ½ b_i        scale = ½ … ½ 1 … 1
        W[H : 2*H, :] = W_g                        W[H : 2*H, :] = W_g,  b[H : 2*H] = b_g        shift = ½ … ½ 0 … 0
        for t:                                     for t:
          z[t] = x[t] @ Wᵀ                   →       z[t] = x[t] @ Wᵀ
          z[t][:, 0 : H] += row(b_i)                 z[t] += row(b)
          z[t][:, 0 : H] = sigmoid(z[t][:, 0 : H])   z[t] = row(scale) ∘ tanh(z[t]) + row(shift)
          z[t][:, H : 2*H] += row(b_g)
          z[t][:, H : 2*H] = tanh(z[t][:, H : 2*H])

    Where a term of z cannot be halved before, for it is no product with a stacked matrix, z is halved itself.

    A sigmoid is then as near to the true value as one half unit in the last place of 1, not of itself: nearer than that to 0 it
    is 0. At ±∞ and NaN it is what it was.

    Valid when: nothing divides by the gate, or takes its logarithm, its root or a power of it; all of it can be computed at
        one place, for nothing between needs a part of it.
    Cost: copies of the rows for each call; one call for all gates instead of one, or four for a sigmoid, for each.
    """
    for name in ("forward", "backward"):
        for loop in loops(getattr(program, name)):
            program = _loop(program, name, loop)
    return program


def _loop(program: Program, name: str, loop: Loop) -> Program:
    found = units(loop.body)
    for buffer in program.buffers:
        run = next(_runs(program, found, buffer), None)
        if run is not None:
            return _united(program, name, loop, found, run)
    return program


# -- which activations can be one ------------------------------------------------------------------------------------------


def _runs(program: Program, found: Sequence[Unit], buffer: Buffer) -> Iterator[Run]:
    """Yield what can be one activation, the longest first."""
    places = [place for _, place in buffer.parts]
    here = {
        places.index(one.out.columns): number
        for number, unit in enumerate(found)
        if isinstance(one := unit.statement, Map)
        and one.out.buffer == buffer.name
        and one.out.columns in places
        and _is_activation(program, one)
    }
    for length in range(len(places), 1, -1):
        for first in range(len(places) - length + 1):
            chosen = range(first, first + length)
            if all(one in here for one in chosen):
                numbers = tuple(here[one] for one in chosen)
                functions = tuple(_function(found[number].statement) for number in numbers)
                place = _place(found, numbers)
                if place is not None and "sigmoid" in functions:
                    yield Run(numbers, tuple(places[one] for one in chosen), functions, place)


def _is_activation(program: Program, statement: Map) -> bool:
    if statement.accumulate or statement.out.rows is not None or statement.out.at is None:
        return False
    value = statement.value
    in_place = isinstance(value, Call) and value.arguments == (Load(statement.out, full(2)),)
    if not in_place or _function(statement) not in ("tanh", "sigmoid"):
        return False
    return _function(statement) == "tanh" or not _needs_digits(program, statement.out)


def _function(statement: Statement) -> str:
    assert isinstance(statement, Map) and isinstance(statement.value, Call)
    return statement.value.function


def _needs_digits(program: Program, gate: Ref) -> bool:
    """Return whether something divides by a gate or takes its logarithm, root or power: it must be right however small."""
    return any(
        not are_apart(load.ref, gate)
        for procedure in (program.forward, program.backward)
        for leaf in leaves(procedure.body)
        if not isinstance(leaf, Gemm)
        for call in calls(leaf.value)
        if call.function in _UNSAFE and not _is_square(call)
        for load in loads(call)
    )


def _is_square(call: Call) -> bool:
    return call.function == "power" and call.arguments[1] == Number(2)


def _place(found: Sequence[Unit], numbers: Sequence[int]) -> int | None:
    """Return at which of some statements all of them can be carried out, the last one first."""
    for place in sorted(numbers, reverse=True):
        passed = (
            (number, range(number + 1, place + 1) if number < place else range(place, number)) for number in numbers
        )
        if not any(
            conflict(found[number].statement, found[other].statement)
            for number, others in passed
            for other in others
            if other not in numbers
        ):
            return place
    return None


# -- the one activation ----------------------------------------------------------------------------------------------------


def _united(program: Program, name: str, loop: Loop, found: tuple[Unit, ...], run: Run) -> Program:
    program, (scale, shift), before = _rows(program, run)
    gates = run.gates(program, found)
    inner: Scalar = Load(gates, full(2))
    scaled = halved(program, name, loop, run)
    changed: dict[int, Unit | None] = dict.fromkeys(run.numbers)
    if scaled is None:
        inner = Call("mul", (scale, inner))
    else:
        program, others, more = scaled
        changed |= others
        before = (*before, *more)
    value = Call("add", (Call("mul", (scale, Call("tanh", (inner,)))), shift))
    changed[run.place] = Unit(Map(gates, value), together([found[one].block for one in sorted(run.numbers)]))
    kept = [new for number, unit in enumerate(found) if (new := changed.get(number, unit)) is not None]
    return put(program, name, loop, (*before, replace(loop, body=blocks(kept))))


def _rows(program: Program, run: Run) -> tuple[Program, tuple[Scalar, Scalar], tuple[Statement, ...]]:
    """Return what gates are multiplied by, and what is added: rows, or numbers where these are the same in all columns."""
    if set(run.functions) == {"sigmoid"}:
        return program, (HALF, HALF), ()
    program, scale, first = row_of(
        program, "scale", "what makes a sigmoid of a hyperbolic tangent: the factor", run, run.scales
    )
    program, shift, second = row_of(
        program, "shift", "what makes a sigmoid of a hyperbolic tangent: the term", run, run.shifts
    )
    return program, (scale, shift), (*first, *second)
