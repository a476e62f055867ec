"""Programs written by hand, and the same recurrences in plain NumPy, for the tests of ir, passes, backends, runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symrnn.ir.buffers import Buffer, Role, Size, size
from symrnn.ir.nodes import (
    At,
    Axes,
    Block,
    Call,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Scalar,
    Statement,
    full,
)
from symrnn.ir.walk import touched

Arrays = dict[str, np.ndarray[Any, Any]]

T, B, I, H, O = (size(name) for name in "TBIHO")  # noqa: E741
T1, T2, TWO = Size((("T", 1),), 1), Size((("T", 1),), 2), Size((), 2)
COLUMNS = I + H
SIZES = (("T", "steps"), ("B", "sequences"), ("I", "inputs"), ("H", "hidden units"), ("O", "outputs"))
NUMBERS = {"T": 5, "B": 2, "I": 3, "H": 4, "O": 6, "S": 7, "K": 4, "N": 2}


def at(buffer: str, offset: int = 0) -> Ref:
    return Ref(buffer, At("t", offset))


def step(buffer: str, offset: int) -> Ref:
    return Ref(buffer, At("", offset))


def last(buffer: str, offset: int) -> Ref:
    return Ref(buffer, At("T", offset))


def load(ref: Ref | str, axes: Axes = (0, 1)) -> Load:
    return Load(Ref(ref) if isinstance(ref, str) else ref, axes)


def call(function: str, *arguments: Scalar | Ref | str | int) -> Call:
    return Call(function, tuple(value(argument) for argument in arguments))


def value(argument: Scalar | Ref | str | int) -> Scalar:
    if isinstance(argument, int):
        return Number(argument)
    return load(argument) if isinstance(argument, Ref | str) else argument


def assign(out: Ref | str, what: Scalar | Ref | str | int, accumulate: bool = False) -> Map:
    return Map(Ref(out) if isinstance(out, str) else out, value(what), accumulate)


def scalar(ref: Ref | str) -> Load:
    return load(ref, ())


def vector(ref: Ref | str) -> Load:
    return load(ref, full(1))


def row(ref: Ref | str) -> Load:
    return load(ref, (1,))


def column(ref: Ref | str) -> Load:
    return load(ref, (0,))


def procedures(
    buffers: tuple[Buffer, ...], forward: tuple[Statement, ...], backward: tuple[Statement, ...]
) -> tuple[Procedure, Procedure]:
    """Both procedures, with their arguments found by looking at what the statements touch."""

    def one(name: str, body: tuple[Statement, ...]) -> Procedure:
        names = touched(Procedure(name, (), body))
        return Procedure(name, tuple(b.name for b in buffers if b.name in names and b.role is not Role.WORK), body)

    return one("forward", forward), one("backward", backward)


def _softmax_forward() -> tuple[Statement, ...]:
    """p = softmax(W_hy h + b_y) by rows, J −= Σ y log p."""
    return (
        Gemm(Ref("a"), at("h", 1), Ref("W_hy"), trans_b=True),
        assign("a", call("add", "a", row("b_y"))),
        Reduce(Ref("m"), load("a"), (B, O), (1,), "max"),
        assign("a", call("sub", "a", column("m"))),
        Reduce(Ref("m"), call("exp", "a"), (B, O), (1,)),
        assign("a", call("sub", "a", call("log", column("m")))),
        assign(at("p"), call("exp", "a")),
        Reduce(Ref("J"), call("neg", call("mul", at("y"), "a")), (B, O), (0, 1), accumulate=True),
    )


_RNN = (
    Buffer("x", (T, B, I), Role.INPUT, True, "inputs"),
    Buffer("h0", (B, H), Role.INITIAL, False, "state before the first step"),
    Buffer("y", (T, B, O), Role.TARGET, True, "targets, each row sums to 1"),
    Buffer("dh", (T, B, H), Role.SEED, True, "adjoint of h that the caller's loss gives"),
    Buffer("W_xh", (H, I), Role.PARAMETER),
    Buffer("W_hh", (H, H), Role.PARAMETER),
    Buffer("b_h", (H,), Role.PARAMETER),
    Buffer("W_hy", (O, H), Role.PARAMETER),
    Buffer("b_y", (O,), Role.PARAMETER),
    Buffer("h", (T1, B, H), Role.OUTPUT, True, "states, h[0] is the initial one"),
    Buffer("p", (T, B, O), Role.OUTPUT, True, "probabilities"),
    Buffer("J", (), Role.LOSS, False, "sum over steps and sequences"),
    Buffer("dx", (T, B, I), Role.GRADIENT, True),
    Buffer("dh0", (B, H), Role.GRADIENT),
    Buffer("dW_xh", (H, I), Role.GRADIENT),
    Buffer("dW_hh", (H, H), Role.GRADIENT),
    Buffer("db_h", (H,), Role.GRADIENT),
    Buffer("dW_hy", (O, H), Role.GRADIENT),
    Buffer("db_y", (O,), Role.GRADIENT),
    Buffer("z", (B, H), Role.WORK, False, "pre-activation"),
    Buffer("a", (B, O), Role.WORK, False, "logits, then log p"),
    Buffer("m", (B,), Role.WORK, False, "maximum, then sum, of a row"),
    Buffer("da", (B, O), Role.WORK, False, "adjoint of the logits"),
    Buffer("dz", (B, H), Role.WORK, False, "adjoint of z"),
    Buffer("g", (B, H), Role.WORK, False, "adjoint of h"),
    Buffer("carry", (B, H), Role.WORK, False, "what step t + 1 hands to step t"),
)

_STEP = Block(
    "h",
    "h = tanh(W_xh x + W_hh h[t−1] + b_h)",
    (
        Gemm(Ref("z"), at("x"), Ref("W_xh"), trans_b=True),
        Gemm(Ref("z"), at("h"), Ref("W_hh"), trans_b=True, accumulate=True),
        assign(at("h", 1), call("tanh", call("add", "z", row("b_h")))),
    ),
)

_STEP_BACK = (
    Block(
        "dz",
        "dz = (1 − h∘h) ∘ dh",
        (assign("dz", call("mul", call("sub", 1, call("power", at("h", 1), 2)), "g")),),
    ),
    Block(
        "dW",
        "dW_xh = Σ dz xᵀ,  dW_hh = Σ dz h[t−1]ᵀ,  db_h = Σ dz",
        (
            Gemm(Ref("dW_xh"), Ref("dz"), at("x"), trans_a=True, accumulate=True),
            Gemm(Ref("dW_hh"), Ref("dz"), at("h"), trans_a=True, accumulate=True),
            Reduce(Ref("db_h"), load("dz"), (B, H), (0,), accumulate=True),
            Gemm(at("dx"), Ref("dz"), Ref("W_xh")),
            Gemm(Ref("carry"), Ref("dz"), Ref("W_hh")),
        ),
    ),
)


def _only(drop: str) -> tuple[Buffer, ...]:
    return tuple(buffer for buffer in _RNN if buffer.name not in drop.split())


def tanh_rnn() -> Program:
    """h = tanh(W_xh x + W_hh h[t−1] + b_h), p = softmax(W_hy h + b_y), J = −Σ yᵀ log p."""
    buffers = _only("dh")
    zeros = tuple(assign(name, 0) for name in ("carry", "dW_xh", "dW_hh", "db_h", "dW_hy", "db_y"))
    forward = (
        assign(step("h", 0), "h0"),
        assign("J", 0),
        Loop((_STEP, Block("p", "p = softmax(W_hy h + b_y)", _softmax_forward()))),
    )
    head = Block(
        "da",
        "da = p − y,  dh = W_hyᵀ da + carry",
        (
            assign("da", call("sub", at("p"), at("y"))),
            Gemm(Ref("dW_hy"), Ref("da"), at("h", 1), trans_a=True, accumulate=True),
            Reduce(Ref("db_y"), load("da"), (B, O), (0,), accumulate=True),
            Gemm(Ref("g"), Ref("da"), Ref("W_hy")),
            assign("g", "carry", accumulate=True),
        ),
    )
    backward = (*zeros, Loop((head, *_STEP_BACK), reverse=True), assign("dh0", "carry"))
    equations = (
        ("h", "h = tanh(W_xh x + W_hh h[t−1] + b_h)"),
        ("p", "p = softmax(W_hy h + b_y)"),
        ("J", "J = −yᵀ log(p)"),
    )
    return Program(
        "tanh_rnn",
        "Tanh RNN with softmax cross-entropy",
        "Elman 1990",
        SIZES,
        buffers,
        *procedures(buffers, forward, backward),
        equations,
    )


def seeded_rnn() -> Program:
    """The same cell without a head; the caller gives the adjoint of every h."""
    buffers = _only("y W_hy b_y p J dW_hy db_y a m da")
    zeros = tuple(assign(name, 0) for name in ("carry", "dW_xh", "dW_hh", "db_h"))
    forward = (assign(step("h", 0), "h0"), Loop((_STEP,)))
    seed = Block("dh", "dh given, plus carry", (assign("g", call("add", at("dh"), "carry")),))
    backward = (*zeros, Loop((seed, *_STEP_BACK), reverse=True), assign("dh0", "carry"))
    return Program(
        "seeded_rnn",
        "Tanh RNN",
        "",
        SIZES[:4],
        buffers,
        *procedures(buffers, forward, backward),
        (("h", _STEP.formula),),
    )


def concatenated_rnn() -> Program:
    """h = tanh(W [x; h[t−1]] + b): one matrix over a concatenation kept for backward in column slices."""
    x_columns, h_columns = (Size(), I), (I, H)
    buffers = (
        Buffer("x", (T, B, I), Role.INPUT, True),
        Buffer("h0", (B, H), Role.INITIAL),
        Buffer("dh", (T, B, H), Role.SEED, True),
        Buffer("W", (H, COLUMNS), Role.PARAMETER),
        Buffer("b", (H,), Role.PARAMETER),
        Buffer("h", (T1, B, H), Role.OUTPUT, True),
        Buffer("c", (T, B, COLUMNS), Role.SAVED, True, "concatenation of x and h[t−1]"),
        Buffer("dx", (T, B, I), Role.GRADIENT, True),
        Buffer("dh0", (B, H), Role.GRADIENT),
        Buffer("dW", (H, COLUMNS), Role.GRADIENT),
        Buffer("db", (H,), Role.GRADIENT),
        Buffer("z", (B, H), Role.WORK),
        Buffer("dc", (B, COLUMNS), Role.WORK),
        Buffer("dz", (B, H), Role.WORK),
    )
    forward = (
        assign(step("h", 0), "h0"),
        Loop(
            (
                assign(Ref("c", At("t"), x_columns), at("x")),
                assign(Ref("c", At("t"), h_columns), at("h")),
                Gemm(Ref("z"), at("c"), Ref("W"), trans_b=True),
                assign(at("h", 1), call("tanh", call("add", "z", row("b")))),
            )
        ),
    )
    carry = Ref("dc", None, h_columns)
    backward = (
        *(assign(name, 0) for name in ("dW", "db", "dc")),
        Loop(
            (
                assign(
                    "dz",
                    call("mul", call("sub", 1, call("mul", at("h", 1), at("h", 1))), call("add", at("dh"), carry)),
                ),
                Gemm(Ref("dW"), Ref("dz"), at("c"), trans_a=True, accumulate=True),
                Reduce(Ref("db"), load("dz"), (B, H), (0,), accumulate=True),
                Gemm(Ref("dc"), Ref("dz"), Ref("W")),
                assign(at("dx"), Ref("dc", None, x_columns)),
            ),
            reverse=True,
        ),
        assign("dh0", carry),
    )
    return Program("concatenated_rnn", "Elman cell", "", SIZES[:4], buffers, *procedures(buffers, forward, backward))


def _lagged_buffers() -> tuple[Buffer, ...]:
    return (
        Buffer("x", (T, B, I), Role.INPUT, True),
        Buffer("h0", (TWO, B, H), Role.INITIAL, True, "h[−2] and h[−1]"),
        Buffer("dh", (T, B, H), Role.SEED, True),
        Buffer("W", (H, I), Role.PARAMETER),
        Buffer("U", (H, H), Role.PARAMETER),
        Buffer("V", (H, H), Role.PARAMETER),
        Buffer("s", (), Role.PARAMETER),
        Buffer("h", (T2, B, H), Role.OUTPUT, True, "h[0], h[1] are the initial ones"),
        Buffer("v", (T, B, H), Role.SAVED, True, "V h[t−2]"),
        Buffer("dx", (T, B, I), Role.GRADIENT, True),
        Buffer("dh0", (TWO, B, H), Role.GRADIENT, True),
        Buffer("dW", (H, I), Role.GRADIENT),
        Buffer("dU", (H, H), Role.GRADIENT),
        Buffer("dV", (H, H), Role.GRADIENT),
        Buffer("ds", (), Role.GRADIENT),
        Buffer("z", (B, H), Role.WORK),
        Buffer("carry", (T2, B, H), Role.WORK, True, "adjoint of h[t] from later steps"),
        Buffer("dz", (B, H), Role.WORK),
        Buffer("dv", (B, H), Role.WORK),
    )


def lagged_rnn() -> Program:
    """h = tanh(W_x x + U h[t−1] + s V h[t−2]): two initial states, a scalar parameter, adjoints kept for all steps."""
    buffers = _lagged_buffers()
    scale = scalar("s")
    forward = (
        assign(step("h", 0), step("h0", 0)),
        assign(step("h", 1), step("h0", 1)),
        Loop(
            (
                Gemm(at("v"), at("h"), Ref("V"), trans_b=True),
                Gemm(Ref("z"), at("x"), Ref("W"), trans_b=True),
                Gemm(Ref("z"), at("h", 1), Ref("U"), trans_b=True, accumulate=True),
                assign(at("h", 2), call("tanh", call("add", "z", call("mul", scale, at("v"))))),
            )
        ),
    )
    backward = (
        *(assign(name, 0) for name in ("dW", "dU", "dV", "ds")),
        assign(last("carry", 1), 0),
        assign(last("carry", 0), 0),
        Loop(
            (
                assign(
                    "dz",
                    call("mul", call("sub", 1, call("power", at("h", 2), 2)), call("add", at("dh"), at("carry", 2))),
                ),
                assign("dv", call("mul", "dz", scale)),
                Gemm(at("dx"), Ref("dz"), Ref("W")),
                Gemm(Ref("dW"), Ref("dz"), at("x"), trans_a=True, accumulate=True),
                Gemm(Ref("dU"), Ref("dz"), at("h", 1), trans_a=True, accumulate=True),
                Gemm(Ref("dV"), Ref("dv"), at("h"), trans_a=True, accumulate=True),
                Reduce(Ref("ds"), call("mul", "dz", at("v")), (B, H), (0, 1), accumulate=True),
                Gemm(at("carry", 1), Ref("dz"), Ref("U"), accumulate=True),
                Gemm(at("carry"), Ref("dv"), Ref("V")),
            ),
            reverse=True,
        ),
        assign(step("dh0", 0), step("carry", 0)),
        assign(step("dh0", 1), step("carry", 1)),
    )
    return Program("lagged_rnn", "Two lags", "", SIZES[:4], buffers, *procedures(buffers, forward, backward))


def states(name: str, a: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """The new states (T, B, H) of a program, from the recurrence as a person writes it."""
    previous = list(a["h0"]) if name == "lagged_rnn" else [a["h0"]]
    lags = len(previous)
    for x in a["x"]:
        if name == "concatenated_rnn":
            z = np.concatenate([x, previous[-1]], axis=-1) @ a["W"].T + a["b"]
        elif name == "lagged_rnn":
            z = x @ a["W"].T + previous[-1] @ a["U"].T + a["s"] * (previous[-2] @ a["V"].T)
        else:
            z = x @ a["W_xh"].T + previous[-1] @ a["W_hh"].T + a["b_h"]
        previous.append(np.tanh(z))
    return np.stack(previous[lags:])


def objective(name: str, a: Mapping[str, Any]) -> Any:
    """The loss, or Σ dh ∘ h where the program has none."""
    h = states(name, a)
    if name != "tanh_rnn":
        return np.sum(a["dh"] * h)
    logits = h @ a["W_hy"].T + a["b_y"]
    return -np.sum(a["y"] * (logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))))


PROGRAMS: dict[str, Callable[[], Program]] = {
    "tanh_rnn": tanh_rnn,
    "seeded_rnn": seeded_rnn,
    "concatenated_rnn": concatenated_rnn,
    "lagged_rnn": lagged_rnn,
}


def arguments(program: Program, dtype: str = "float64", seed: int = 0, numbers: Mapping[str, int] = NUMBERS) -> Arrays:
    """Random arrays for everything that is given, targets with rows summing to 1; and the sizes that are given."""
    generator = np.random.default_rng(seed)
    arrays: Arrays = {}
    for buffer in program.having(Role.INPUT, Role.INITIAL, Role.TARGET, Role.SEED, Role.PARAMETER):
        shape = tuple(one.value(numbers) for one in buffer.dims)
        drawn = generator.normal(size=shape) * 0.7
        if buffer.role is Role.TARGET:
            drawn = np.exp(drawn) / np.exp(drawn).sum(axis=-1, keepdims=True)
        arrays[buffer.name] = np.asarray(drawn, dtype)
    return arrays | {name: numbers[name] for name in program.given_sizes}
