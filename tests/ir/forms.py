"""Programs that compute nothing of interest, but use every function, and every statement in every form."""

from __future__ import annotations

from programs import (
    COLUMNS,
    SIZES,
    T1,
    B,
    H,
    I,
    T,
    assign,
    at,
    call,
    column,
    load,
    procedures,
    row,
    scalar,
    step,
    vector,
)

from symrnn.ir.buffers import Buffer, Role, Size
from symrnn.ir.nodes import FUNCTIONS, OPERATORS, Gemm, Loop, Number, Program, Reduce, Ref, Statement


def all_functions() -> Program:
    """One output for every operator and function, of x and of the pair x, w; the gradients are no gradients."""
    values = {name: call(name, at("x")) for name in FUNCTIONS} | {
        name: call(name, at("x"), at("w")) for name, count in OPERATORS.items() if count == 2 and name != "power"
    }
    values["neg"] = call("neg", at("x"))
    for label, exponent in {"p2": (2, 1), "p3": (3, 1), "half": (1, 2), "inverse": (-1, 1), "third": (-4, 3)}.items():
        values[f"power_{label}"] = call("power", at("x"), Number(*exponent))
    buffers = (
        Buffer("x", (T, B, I), Role.INPUT, True),
        Buffer("w", (T, B, I), Role.INPUT, True),
        *(Buffer(f"y_{name}", (T, B, I), Role.OUTPUT, True) for name in values),
        Buffer("dx", (T, B, I), Role.GRADIENT, True),
    )
    forward = (Loop(tuple(assign(at(f"y_{name}"), what) for name, what in values.items())),)
    backward = (Loop((assign(at("dx"), at("x")),), reverse=True),)
    return Program("all_functions", "Every function", "", SIZES[:3], buffers, *procedures(buffers, forward, backward))


FOUR = Size((("H", 4),))


def _buffers() -> tuple[Buffer, ...]:
    outputs = {
        "nn": (B, H),
        "tt": (I, H),
        "outer": (H, H),
        "line": (H,),
        "rows_sum": (I,),
        "rows_max": (I,),
        "columns_sum": (B,),
        "columns_max": (B,),
        "all_sum": (),
        "all_max": (),
        "spread": (B, I),
        "only_row": (I,),
        "slice": (B, COLUMNS),
        "long_row": (FOUR,),
        "numbers": (B, I),
        "deep": (B, I),
    }
    return (
        Buffer("x", (T, B, I), Role.INPUT, True),
        Buffer("u", (I, H), Role.PARAMETER),
        Buffer("q", (H, B), Role.PARAMETER),
        Buffer("v", (I,), Role.PARAMETER),
        Buffer("n", (B,), Role.PARAMETER),
        Buffer("s", (), Role.PARAMETER),
        Buffer("k", (FOUR,), Role.PARAMETER),
        Buffer("r", (T,), Role.INPUT, True),
        *(Buffer(name, inner, Role.OUTPUT) for name, inner in outputs.items()),
        Buffer("each", (T,), Role.OUTPUT, True),
        Buffer("track", (T1, I), Role.OUTPUT, True),
        Buffer("ds", (), Role.GRADIENT),
    )


def _loop() -> tuple[Statement, ...]:
    x, s, v, n = at("x"), scalar("s"), row("v"), column("n")
    square = call("power", x, 2)
    return (
        Gemm(Ref("nn"), x, Ref("u")),
        Gemm(Ref("tt"), x, Ref("q"), trans_a=True, trans_b=True, accumulate=True),
        Gemm(Ref("line"), Ref("v"), Ref("u"), accumulate=True),
        Reduce(Ref("rows_sum"), call("mul", x, n), (B, I), (0,)),
        Reduce(Ref("rows_max"), call("sub", x, v), (B, I), (0,), "max"),
        Reduce(Ref("columns_sum"), square, (B, I), (1,), accumulate=True),
        Reduce(Ref("columns_max"), load(x), (B, I), (1,), "max"),
        Reduce(Ref("all_sum"), call("mul", v, n), (B, I), (0, 1), accumulate=True),
        Reduce(Ref("all_max"), call("neg", x), (B, I), (0, 1), "max"),
        Reduce(Ref("only_row"), v, (B, I), (0,), accumulate=True),
        assign("spread", call("add", call("mul", s, x), call("div", v, call("add", n, 3)))),
        assign("spread", call("tanh", "spread"), accumulate=True),
        assign(Ref("slice", None, (Size(), I)), call("add", x, v)),
        assign(Ref("slice", None, (I, H)), "nn"),
        assign(Ref("slice", None, (I, H)), call("mul", Ref("slice", None, (I, H)), s), accumulate=True),
        assign(
            Ref("long_row", None, (H, H)),
            call("add", vector(Ref("k", None, (Size(), H))), vector(Ref("long_row", None, (H, H)))),
        ),
        assign("numbers", call("sub", call("mul", Number(-1, 3), x), call("div", Number(7), call("add", square, 1)))),
        assign(
            "deep",
            call(
                "sub",
                call("mul", call("add", x, v), call("sub", x, n)),
                call("div", call("neg", square), call("exp", x)),
            ),
        ),
        assign(at("each"), call("mul", scalar(at("r")), s)),
        assign(at("track", 1), call("add", vector(at("track")), vector("v"))),
    )


def every_form() -> Program:
    """Every kind of statement in every form: products, reductions, spreads, scalars and vectors with steps, slices."""
    buffers, x = _buffers(), at("x")
    forward = (
        *(assign(name, 0) for name in ("tt", "line", "columns_sum", "all_sum", "only_row", "long_row")),
        assign(step("track", 0), vector("v")),
        Gemm(Ref("outer"), Ref("k", None, (H, H)), Ref("k", None, (Size(), H)), trans_a=True),
        Loop(_loop()),
    )
    backward = (assign("ds", 0), Loop((Reduce(Ref("ds"), load(x), (B, I), (0, 1), accumulate=True),), reverse=True))
    return Program("every_form", "Every form", "", SIZES[:4], buffers, *procedures(buffers, forward, backward))
