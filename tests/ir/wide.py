"""Programs with a matrix for each sequence, several loops, conditions and given sizes; and the same in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from programs import (
    SIZES,
    T1,
    B,
    H,
    I,
    T,
    assign,
    at,
    call,
    last,
    load,
    procedures,
    row,
    step,
)

from symrnn.ir.buffers import Buffer, Role, Size, size
from symrnn.ir.nodes import (
    At,
    Block,
    Extent,
    Gemm,
    Loop,
    Number,
    Program,
    Reduce,
    Ref,
    Statement,
    Stretch,
    When,
    Windows,
    full,
)

S, K, N = size("S"), size("K"), size("N")
S1 = Size((("S", 1),), 1)
STACK = (B, H, I)
MORE = (
    ("S", "steps of the second sequence"),
    ("K", "steps before the gradient is cut off"),
    ("N", "steps of a block"),
)


def stack(ref: Ref | str) -> Any:
    return load(ref, full(3))


def _memory_buffers() -> tuple[Buffer, ...]:
    return (
        Buffer("x", (T, *STACK), Role.INPUT, True, "a matrix at every step"),
        Buffer("k", (T, B, I), Role.INPUT, True),
        Buffer("C0", STACK, Role.INITIAL),
        Buffer("dC", (T, *STACK), Role.SEED, True),
        Buffer("dy", (T, B, H), Role.SEED, True),
        Buffer("w", (H,), Role.PARAMETER),
        Buffer("D", (H, I), Role.PARAMETER),
        Buffer("C", (T1, *STACK), Role.OUTPUT, True, "states; the first is initial"),
        Buffer("y", (T, B, H), Role.OUTPUT, True),
        Buffer("dx", (T, *STACK), Role.GRADIENT, True),
        Buffer("dk", (T, B, I), Role.GRADIENT, True),
        Buffer("dC0", STACK, Role.GRADIENT),
        Buffer("dw", (H,), Role.GRADIENT),
        Buffer("dD", (H, I), Role.GRADIENT),
        Buffer("g", STACK, Role.WORK, False, "adjoint of C"),
        Buffer("carry", STACK, Role.WORK),
    )


def matrix_memory() -> Program:
    """C = tanh(D ∘ C[t−1] + x + w kᵀ), y = C k: the state of each sequence is a matrix (H, I)."""
    buffers = _memory_buffers()
    decay, weight = load("D", (1, 2)), load("w", (1,))
    key, given = load(at("k"), (0, 2)), load(at("dy"), (0, 1))
    now = stack(at("C", 1))
    outer = call("mul", weight, key)
    forward = (
        assign(step("C", 0), stack("C0")),
        Loop(
            (
                assign(
                    at("C", 1),
                    call("tanh", call("add", call("add", call("mul", decay, stack(at("C"))), stack(at("x"))), outer)),
                ),
                Reduce(at("y"), call("mul", now, key), STACK, (2,)),
            )
        ),
    )
    adjoint = call("add", call("add", stack(at("dC")), stack("carry")), call("mul", given, key))
    backward = (
        *(assign(name, 0) for name in ("dw", "dD", "carry")),
        Loop(
            (
                assign("g", call("mul", call("sub", 1, call("power", now, 2)), adjoint)),
                Reduce(at("dk"), call("mul", given, now), STACK, (1,)),
                Reduce(at("dk"), call("mul", stack("g"), weight), STACK, (1,), accumulate=True),
                assign(at("dx"), stack("g")),
                Reduce(Ref("dw"), call("mul", stack("g"), key), STACK, (0, 2), accumulate=True),
                Reduce(Ref("dD"), call("mul", stack("g"), stack(at("C"))), STACK, (0,), accumulate=True),
                assign("carry", call("mul", decay, stack("g"))),
            ),
            reverse=True,
        ),
        assign("dC0", stack("carry")),
    )
    return Program("matrix_memory", "A memory", "", SIZES[:4], buffers, *procedures(buffers, forward, backward))


def _memory_objective(a: Mapping[str, Any]) -> Any:
    state, total = a["C0"], 0.0
    for t in range(len(a["x"])):
        state = np.tanh(a["D"] * state + a["x"][t] + a["w"][:, None] * a["k"][t][:, None, :])
        total = total + np.sum(a["dC"][t] * state) + np.sum(a["dy"][t] * np.einsum("bij,bj->bi", state, a["k"][t]))
    return total


def _composed_buffers() -> tuple[Buffer, ...]:
    return (
        Buffer("x", (T, B, I), Role.INPUT, True),
        Buffer("u", (S, B, I), Role.INPUT, True),
        Buffer("h0", (B, H), Role.INITIAL),
        Buffer("y", (B, H), Role.TARGET),
        Buffer("W", (H, I), Role.PARAMETER),
        Buffer("r", (H,), Role.PARAMETER),
        Buffer("h", (T1, B, H), Role.OUTPUT, True),
        Buffer("v", (S1, B, H), Role.OUTPUT, True, "from the last step to the first; v[S] is the last h"),
        Buffer("J", (), Role.LOSS),
        Buffer("dx", (T, B, I), Role.GRADIENT, True),
        Buffer("du", (S, B, I), Role.GRADIENT, True),
        Buffer("dh0", (B, H), Role.GRADIENT),
        Buffer("dW", (H, I), Role.GRADIENT),
        Buffer("dr", (H,), Role.GRADIENT),
        Buffer("z", (B, H), Role.WORK),
        Buffer("a", (S1, B, H), Role.WORK, True, "adjoint of v, which the other loop reads"),
        Buffer("dz", (B, H), Role.WORK),
        Buffer("g", (B, H), Role.WORK),
    )


def _recurrence(new: Ref, inputs: Ref, old: Ref) -> tuple[Any, ...]:
    return (
        Gemm(Ref("z"), inputs, Ref("W"), trans_b=True),
        assign(new, call("tanh", call("add", "z", call("mul", row("r"), old)))),
    )


def _back(new: Ref, inputs: Ref, old: Ref, adjoint: Ref | str, gradient: Ref) -> tuple[Any, ...]:
    return (
        assign("dz", call("mul", call("sub", 1, call("power", new, 2)), adjoint)),
        Gemm(gradient, Ref("dz"), Ref("W")),
        Gemm(Ref("dW"), Ref("dz"), inputs, trans_a=True, accumulate=True),
        Reduce(Ref("dr"), call("mul", "dz", old), (B, H), (0,), accumulate=True),
    )


def composed() -> Program:
    """One recurrence over T, its last state the first of one over S, backwards; the loss: a mean over T, and v[0]."""
    buffers, share = _composed_buffers(), call("div", "y", Extent(T))

    forward = (
        assign(step("h", 0), "h0"),
        assign("J", 0),
        Loop(
            (
                *_recurrence(at("h", 1), at("x"), at("h")),
                Reduce(Ref("J"), call("mul", share, at("h", 1)), (B, H), (0, 1), accumulate=True),
            )
        ),
        assign(Ref("v", At("S")), last("h", 0)),
        Loop(_recurrence(at("v"), at("u"), at("v", 1)), reverse=True, length="S"),
        Reduce(Ref("J"), call("mul", "y", step("v", 0)), (B, H), (0, 1), accumulate=True),
    )
    backward = (
        *(assign(name, 0) for name in ("dW", "dr", "g")),
        assign(step("a", 0), "y"),
        Loop(
            (
                *_back(at("v"), at("u"), at("v", 1), at("a"), at("du")),
                assign(at("a", 1), call("mul", row("r"), "dz")),
            ),
            length="S",
        ),
        Loop(
            (
                assign("g", share, accumulate=True),
                Block("last", "v[S] = h[T]", (When(At("T", -1), (assign("g", Ref("a", At("S")), accumulate=True),)),)),
                *_back(at("h", 1), at("x"), at("h"), "g", at("dx")),
                assign("g", call("mul", row("r"), "dz")),
            ),
            reverse=True,
        ),
        assign("dh0", "g"),
    )
    sizes = (*SIZES[:4], MORE[0])
    return Program("composed", "Two recurrences", "", sizes, buffers, *procedures(buffers, forward, backward))


def _composed_objective(a: Mapping[str, Any]) -> Any:
    h, total = a["h0"], 0.0
    for x in a["x"]:
        h = np.tanh(x @ a["W"].T + a["r"] * h)
        total = total + np.sum(a["y"] * h) / len(a["x"])
    for u in a["u"][::-1]:
        h = np.tanh(u @ a["W"].T + a["r"] * h)
    return total + np.sum(a["y"] * h)


def _truncated_buffers() -> tuple[Buffer, ...]:
    return (
        Buffer("x", (T, B, H), Role.INPUT, True),
        Buffer("h0", (B, H), Role.INITIAL),
        Buffer("dh", (T, B, H), Role.SEED, True),
        Buffer("r", (H,), Role.PARAMETER),
        Buffer("p", (H,), Role.PARAMETER),
        Buffer("h", (T1, B, H), Role.OUTPUT, True),
        Buffer("dx", (T, B, H), Role.GRADIENT, True),
        Buffer("dh0", (B, H), Role.GRADIENT),
        Buffer("dr", (H,), Role.GRADIENT),
        Buffer("dp", (H,), Role.GRADIENT),
        Buffer("carry", (B, H), Role.WORK),
        Buffer("dz", (B, H), Role.WORK),
    )


def truncated() -> Program:
    """h = tanh(x + r ∘ h[t−1]), and + p in the first step; the adjoints of a block of N steps go K steps back from its end."""
    buffers = _truncated_buffers()
    recurrence = call("add", at("x"), call("mul", row("r"), at("h")))
    forward = (
        assign(step("h", 0), "h0"),
        Loop(
            (
                assign(at("h", 1), recurrence),
                When(At("", 0), (assign(at("h", 1), row("p"), accumulate=True),)),
                assign(at("h", 1), call("tanh", at("h", 1))),
            )
        ),
    )
    backward = (
        *(assign(name, 0) for name in ("dr", "dp", "dh0")),
        Loop((assign(at("dx"), 0),)),
        Windows(
            N,
            K,
            (
                Block("cut", "every N steps", (assign("carry", 0),)),
                Stretch(_truncated_step(call("add", at("dh"), "carry"))),
                Stretch(_truncated_step(load("carry")), older=True),
            ),
        ),
    )
    both = procedures(buffers, forward, backward)
    sizes = (*(one for one in SIZES if one[0] in "TBH"), *MORE[1:])
    return Program("truncated", "Truncated", "", sizes, buffers, *both, given_sizes=("K", "N"))


def _truncated_step(adjoint: Any) -> tuple[Statement, ...]:
    return (
        assign("dz", call("mul", call("sub", 1, call("power", at("h", 1), 2)), adjoint)),
        assign(at("dx"), "dz", accumulate=True),
        Reduce(Ref("dr"), call("mul", "dz", at("h")), (B, H), (0,), accumulate=True),
        assign("carry", call("mul", row("r"), "dz")),
        When(
            At("", 0),
            (Reduce(Ref("dp"), load("dz"), (B, H), (0,), accumulate=True), assign("dh0", "carry", accumulate=True)),
        ),
    )


def truncated_gradients(a: Mapping[str, Any], span: int, every: int) -> dict[str, Any]:
    """The same by hand, the loss of each step by itself."""
    h, first = [a["h0"]], np.zeros_like(a["x"])
    first[0] = a["p"]
    for x, extra in zip(a["x"], first, strict=True):
        h.append(np.tanh(x + a["r"] * h[-1] + extra))
    dz, dh0 = np.zeros_like(a["x"]), np.zeros_like(a["h0"])
    for loss, adjoint in enumerate(a["dh"]):
        end = min((loss // every + 1) * every, len(dz))
        for t in range(loss, max(end - span, 0) - 1, -1):
            part = (1 - h[t + 1] ** 2) * adjoint
            dz[t] += part
            adjoint = a["r"] * part
            dh0 += adjoint if t == 0 else 0
    dr = sum((one * old).sum(0) for one, old in zip(dz, h[:-1], strict=True))
    return {"h": np.stack(h), "dx": dz, "dh0": dh0, "dr": dr, "dp": dz[0].sum(0)}


def self_driven() -> Program:
    """h = tanh(r ∘ h[t−1]): no array tells the number of steps, so the caller does; a mean over H by its value."""
    buffers = (
        Buffer("h0", (B, H), Role.INITIAL),
        Buffer("r", (H,), Role.PARAMETER),
        Buffer("h", (T1, B, H), Role.OUTPUT, True),
        Buffer("m", (B,), Role.OUTPUT, False, "mean of the last state"),
        Buffer("dm", (B,), Role.SEED),
        Buffer("dh0", (B, H), Role.GRADIENT),
        Buffer("dr", (H,), Role.GRADIENT),
        Buffer("g", (B, H), Role.WORK),
    )
    mean = call("div", last("h", 0), call("mul", Extent(H), Number(1)))
    forward = (
        assign(step("h", 0), "h0"),
        Loop((assign(at("h", 1), call("tanh", call("mul", row("r"), at("h")))),)),
        Reduce(Ref("m"), mean, (B, H), (1,)),
    )
    backward = (
        assign("dr", 0),
        assign("g", call("mul", load("dm", (0,)), call("power", Extent(H), -1))),
        Loop(
            (
                assign("g", call("mul", "g", call("sub", 1, call("power", at("h", 1), 2)))),
                Reduce(Ref("dr"), call("mul", "g", at("h")), (B, H), (0,), accumulate=True),
                assign("g", call("mul", "g", row("r"))),
            ),
            reverse=True,
        ),
        assign("dh0", "g"),
    )
    both = procedures(buffers, forward, backward)
    sizes = tuple(one for one in SIZES if one[0] in "TBH")
    return Program("self_driven", "Driven by itself", "", sizes, buffers, *both, given_sizes=("T",))


def _self_driven_objective(a: Mapping[str, Any]) -> Any:
    h = a["h0"]
    for _ in range(a["T"]):
        h = np.tanh(a["r"] * h)
    return np.sum(a["dm"] * h.mean(axis=1))


WIDE: dict[str, Callable[[], Program]] = {
    "matrix_memory": matrix_memory,
    "composed": composed,
    "truncated": truncated,
    "self_driven": self_driven,
}
OBJECTIVES: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "matrix_memory": _memory_objective,
    "composed": _composed_objective,
    "self_driven": _self_driven_objective,
}
