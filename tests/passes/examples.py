"""Small programs for the passes: what stands in one loop, and the rest of a program around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from programs import T1, B, H, I, T, assign, at, call, load, step

from symrnn.ir.buffers import OWN, Buffer, Role, Size
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import Gemm, Loop, Procedure, Program, Reduce, Ref, Statement
from symrnn.ir.shapes import with_arguments
from symrnn.ir.text import text
from symrnn.ir.validate import validate
from symrnn.ir.walk import touched

NUMBERS = {"T": 5, "B": 2, "I": 3, "H": 4}
_BUFFERS = (
    Buffer("x", (T, B, I), Role.INPUT, True),
    Buffer("h0", (B, H), Role.INITIAL),
    Buffer("dh", (T, B, H), Role.SEED, True),
    *(Buffer(name, (H, I), Role.PARAMETER) for name in ("W", "W2", "W3")),
    *(Buffer(name, (H, H), Role.PARAMETER) for name in ("U", "U2")),
    *(Buffer(name, (H,), Role.PARAMETER) for name in ("b", "b2")),
    Buffer("h", (T1, B, H), Role.OUTPUT, True),
    *(Buffer(name, (T, B, H), Role.SAVED, True) for name in ("s", "s2")),
    Buffer("dx", (T, B, I), Role.GRADIENT, True),
    Buffer("dh0", (B, H), Role.GRADIENT),
    *(Buffer(f"d{name}", (H, I), Role.GRADIENT) for name in ("W", "W2")),
    Buffer("dU", (H, H), Role.GRADIENT),
    *(Buffer(f"d{name}", (H,), Role.GRADIENT) for name in ("b", "b2")),
    *(Buffer(name, (B, H), Role.WORK) for name in ("z", "z2", "z3", "q", "g", "carry")),
    Buffer("m", (B,), Role.WORK),
    Buffer("J", (), Role.LOSS),
)
_SIZES = (("T", "steps"), ("B", "sequences"), ("I", "entries of x"), ("H", "entries of h"))


def forward(*inside: Statement, before: tuple[Statement, ...] = (), after: tuple[Statement, ...] = ()) -> Program:
    """Return a program whose forward loop holds these statements; h[0] is h0, and backward gives dh0 only."""
    body = (assign(step("h", 0), "h0"), *before, Loop(inside), *after)
    return whole(body, (assign("dh0", step("h", 0)),))


def backward(*inside: Statement, before: tuple[Statement, ...] = (), after: tuple[Statement, ...] = ()) -> Program:
    """Return a program whose backward loop holds these statements; forward adds up the products W x."""
    plain = (assign(step("h", 0), "h0"), Loop((assign(at("h", 1), at("h")),)))
    return whole(plain, (*before, Loop(inside, reverse=True), *after))


def whole(forward: tuple[Statement, ...], backward: tuple[Statement, ...], *stored: str) -> Program:
    """Return a program of two bodies, with the buffers that they need; workspace in `stored` has steps."""
    procedures = Procedure("forward", (), forward), Procedure("backward", (), backward)
    reached = touched(procedures[0]) | touched(procedures[1])
    names = reached | {"x"} | {name.removeprefix("d") for name in reached}
    kept = tuple(
        replace(one, dims=(T, *one.dims), steps=True) if one.name in stored else one
        for one in _BUFFERS
        if one.name in names
    )
    used = {name for one in kept for form in one.dims for name, _ in form.terms}
    sizes = tuple(one for one in _SIZES if one[0] in used)
    return validate(with_arguments(Program("small", "a small program", "", sizes, kept, *procedures)))


def with_role(program: Program, name: str, role: Role) -> Program:
    """Return the program with another role for a buffer."""
    changed = tuple(replace(one, role=role) if one.name == name else one for one in program.buffers)
    return validate(with_arguments(replace(program, buffers=changed)))


def lines(program: Program, procedure: str = "forward") -> list[str]:
    """Return the statements of a procedure as text, without its head, its first two spaces, and what sets h[0]."""
    written = text(program)
    start = written.index(f"\n{procedure}(") + 1
    body = written[start:].split("\n\n")[0].splitlines()[1:]
    return [line.removeprefix("  ") for line in body if line.strip() != "h[0] = h0"]


def values(program: Program, order: tuple[int, ...] = (0,)) -> dict[str, np.ndarray]:
    """Return what both procedures write for a caller, from random arrays that depend on their names only.

    `order` is that in which threads carry out their parts.
    """
    arrays = {}
    for buffer in program.buffers:
        if buffer.role in (Role.INPUT, Role.INITIAL, Role.PARAMETER, Role.SEED):
            random = np.random.default_rng(sum(map(ord, buffer.name)))
            arrays[buffer.name] = random.uniform(-1, 1, [one.value(NUMBERS) for one in buffer.dims])
    kept = interpret(program, program.forward, arrays, NUMBERS, order)
    return {**kept, **interpret(program, program.backward, {**arrays, **kept}, NUMBERS, order)}


def same_values(before: Program, after: Program) -> bool:
    """Return whether two programs give a caller the same, but for what is only kept for backward."""
    mine, other = values(before), values(after)
    visible = [one.name for one in before.buffers if one.role not in (*OWN, Role.SAVED) and one.name in mine]
    # sums in another order: a few units in the last place of numbers up to about 10
    return bool(visible) and all(np.allclose(mine[name], other[name], rtol=1e-13, atol=1e-13) for name in visible)


def columns(first: Size, count: Size, name: str, when: object = None) -> Ref:
    """Return some columns of a buffer."""
    return Ref(name, when, (first, count))


def into(out: str | Ref, a: str | Ref, b: str, accumulate: bool = True) -> Gemm:
    """out += a bᵀ"""
    out, a = (Ref(one) if isinstance(one, str) else one for one in (out, a))
    return Gemm(out, a, Ref(b), trans_b=True, accumulate=accumulate)


def back(out: str | Ref, a: str | Ref, b: str, accumulate: bool = False) -> Gemm:
    """out = a b"""
    out, a = (Ref(one) if isinstance(one, str) else one for one in (out, a))
    return Gemm(out, a, Ref(b), accumulate=accumulate)


def gradient(out: str, a: str | Ref, b: str | Ref) -> Gemm:
    """out += aᵀ b"""
    a, b = (Ref(one) if isinstance(one, str) else one for one in (a, b))
    return Gemm(Ref(out), a, b, trans_a=True, accumulate=True)


LOSS = Reduce(Ref("J"), load(at("h", 1)), (B, H), (0, 1), accumulate=True)


def summed(out: str, what: str | Ref) -> Reduce:
    return Reduce(Ref(out), load(what), (B, H), (0,), accumulate=True)


FROM_X = into("z", at("x"), "W", accumulate=False)
FROM_H = into("z", at("h"), "U")
TANH = assign(at("h", 1), call("tanh", "z"))
TWO_GATES = (
    into("z", at("x"), "W", accumulate=False),
    assign(at("s"), call("sigmoid", "z")),
    into("z2", at("x"), "W2", accumulate=False),
    assign(at("h", 1), call("mul", at("s"), call("add", call("tanh", "z2"), at("h")))),
)
DZ = assign("z", call("mul", at("dh"), call("add", "carry", at("h"))))
ZERO = tuple(assign(name, 0) for name in ("carry", "dW", "db"))
BACK = (DZ, gradient("dW", "z", at("x")), summed("db", "z"), back("carry", "z", "U"))
END = (assign("dh0", "carry"),)
HOISTED = forward(FROM_X, FROM_H, TANH)
