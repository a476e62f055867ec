"""Every way to spread what is loaded over one, two and three axes, and every way to reduce them; and what that means."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from programs import COLUMNS, SIZES, B, H, I, T, at, call, load, procedures, scalar

from symrnn.ir.buffers import Buffer, Role, Size
from symrnn.ir.nodes import At, Axes, Loop, Map, Number, Program, Reduce, Ref, full

ONE = Size((), 1)
DOMAINS = {1: (I,), 2: (H, I), 3: (B, H, I)}


def every_axes(rank: int) -> list[Axes]:
    """Every `axes` over a domain, with at most one dimension of length 1, of at most three dimensions."""
    plain = [axes for count in range(rank + 1) for axes in itertools.permutations(range(rank), count)]
    with_one = [(*axes[:k], None, *axes[k:]) for axes in plain if len(axes) < 3 for k in range(len(axes) + 1)]
    return [*plain, *with_one]


def label(axes: Axes) -> str:
    return "".join("n" if axis is None else str(axis) for axis in axes) or "s"


Cases = tuple[tuple[int, Axes], ...]
CASES: Cases = tuple((rank, axes) for rank in DOMAINS for axes in every_axes(rank))
OVERS = [over for count in (1, 2, 3) for over in itertools.combinations(range(3), count)]


def _dims(rank: int, axes: Axes) -> tuple[Size, ...]:
    return tuple(ONE if axis is None else DOMAINS[rank][axis] for axis in axes)


def _spread_buffers(cases: Cases) -> tuple[Buffer, ...]:
    return (
        *(Buffer(f"p{rank}_{label(axes)}", _dims(rank, axes), Role.PARAMETER) for rank, axes in cases),
        Buffer("x", (T, *DOMAINS[3]), Role.INPUT, True),
        *(Buffer(f"copy{rank}_{label(axes)}", DOMAINS[rank], Role.OUTPUT) for rank, axes in cases),
        *(Buffer(f"sum{rank}_{label(axes)}", DOMAINS[rank], Role.OUTPUT) for rank, axes in cases),
        *(Buffer(f"largest{rank}_{label(axes)}", DOMAINS[rank][1:], Role.OUTPUT) for rank, axes in cases),
        Buffer("dp1_s", (), Role.GRADIENT),
    )


def spreads(cases: Cases = CASES, name: str = "spreads") -> Program:
    """Each parameter copied to its domain, then used twice in a sum, then reduced over the first axis."""
    assert CASES[0] in cases  # whose gradient is what backward computes
    buffers, forward = _spread_buffers(cases), []
    for rank, axes in cases:
        loaded = load(f"p{rank}_{label(axes)}", axes)
        copied = Ref(f"copy{rank}_{label(axes)}")
        forward += [
            Map(copied, loaded),
            Map(Ref(f"sum{rank}_{label(axes)}"), call("mul", loaded, load(copied, full(rank)))),
            Map(Ref(f"sum{rank}_{label(axes)}"), call("sub", loaded, 3), accumulate=True),
            Reduce(Ref(f"largest{rank}_{label(axes)}"), loaded, DOMAINS[rank], (0,), "max"),
        ]
    both = procedures(buffers, tuple(forward), (Map(Ref("dp1_s"), scalar("p1_s")),))
    sizes = tuple(one for one in SIZES if one[0] in "TBIH")
    return Program(name, "Every spread", "", sizes, buffers, *both)


def spread_by_hand(array: Any, axes: Axes, shape: tuple[int, ...]) -> Any:
    """Entry by entry, as the definition says."""
    found = np.empty(shape, array.dtype)
    for place in np.ndindex(shape):
        found[place] = array[tuple(0 if axis is None else place[axis] for axis in axes)]
    return found


# value → (what a program computes, the same over NumPy arrays of the domain's shape)
VALUES: dict[str, tuple[Any, Any]] = {
    "stack": (load(at("x"), full(3)), lambda a: a["x"]),
    "turned": (load("flip", (1, 2, 0)), lambda a: np.transpose(a["flip"], (2, 0, 1))),
    "vector": (load("v", (2,)), lambda a: a["v"] + 0 * a["x"]),
    "pair": (call("mul", load(at("x"), full(3)), load(at("q"), (0, 2))), lambda a: a["x"] * a["q"][:, None, :]),
    "keys": (call("mul", load(at("k"), (0, 1)), load(at("x"), full(3))), lambda a: a["x"] * a["k"][:, :, None]),
    "alone": (call("mul", load(at("x"), full(3)), load("v", (2,))), lambda a: a["x"] * a["v"]),
    "gated": (call("mul", load("one", (0, None)), load(at("x"), full(3))), lambda a: a["x"] * a["one"][:, :, None]),
    "three": (
        call("mul", call("mul", load(at("k"), (0, 1)), load("flip", (1, 2, 0))), load("one", (0, None))),
        lambda a: a["k"][:, :, None] * np.transpose(a["flip"], (2, 0, 1)) * a["one"][:, :, None],
    ),
    "short": (call("mul", load(at("k"), (0, 1)), load("one", (0, None))), lambda a: (a["k"] * a["one"])[:, :, None]),
    "mixed": (
        call("add", call("tanh", load(at("q"), (0, 2))), call("mul", Number(-1, 2), load("one", (0, None)))),
        lambda a: np.tanh(a["q"])[:, None, :] - a["one"][:, :, None] / 2,
    ),
}


def _reduction_buffers(names: tuple[str, ...]) -> tuple[Buffer, ...]:
    domain = DOMAINS[3]
    return (
        Buffer("x", (T, *domain), Role.INPUT, True),
        Buffer("q", (T, B, I), Role.INPUT, True),
        Buffer("k", (T, B, H), Role.INPUT, True),
        Buffer("flip", (H, I, B), Role.PARAMETER),
        Buffer("v", (I,), Role.PARAMETER),
        Buffer("one", (B, ONE), Role.PARAMETER),
        Buffer("wide", (B, H, COLUMNS), Role.PARAMETER),
        *(
            Buffer(f"{kind}_{name}_{label(over)}", _left(over), Role.OUTPUT)
            for kind in ("sum", "max", "all")
            for name in names
            for over in OVERS
        ),
        Buffer("cut", (T, B, H, COLUMNS), Role.OUTPUT, True),
        Buffer("dv", (I,), Role.GRADIENT),
    )


def _left(over: tuple[int, ...]) -> tuple[Size, ...]:
    return tuple(one for axis, one in enumerate(DOMAINS[3]) if axis not in over)


def reductions(names: tuple[str, ...] = tuple(VALUES), name: str = "reductions") -> Program:
    """Sums and maxima of several values over all choices of axes, at the last step, and summed over all steps."""
    buffers, first, inside = _reduction_buffers(names), [], []
    for value, over in itertools.product(names, OVERS):
        what, end = VALUES[value][0], f"{value}_{label(over)}"
        first.append(Map(Ref(f"all_{end}"), Number(0)))
        inside += [
            Reduce(Ref(f"sum_{end}"), what, DOMAINS[3], over),
            Reduce(Ref(f"max_{end}"), what, DOMAINS[3], over, "max"),
            Reduce(Ref(f"all_{end}"), what, DOMAINS[3], over, accumulate=True),
        ]
    left, right = (Size(), I), (I, H)
    inside += [
        Map(Ref("cut", At("t"), right), load(Ref("wide", None, right), full(3))),
        Map(Ref("cut", At("t"), left), call("mul", load(Ref("wide", None, left), full(3)), load(at("x"), full(3)))),
        Map(Ref("cut", At("t"), left), load(at("q"), (0, 2)), accumulate=True),
    ]
    both = procedures(buffers, (*first, Loop(tuple(inside))), (Map(Ref("dv"), load("v", (0,))),))
    sizes = tuple(one for one in SIZES if one[0] in "TBIH")
    return Program(name, "Every reduction", "", sizes, buffers, *both)


# The same in several programs: a compiler takes more than twice as long for a procedure of twice the length.
_PARTS = 5
IN_PARTS: dict[str, Callable[[], Program]] = {
    **{
        f"spreads_{part}": partial(spreads, tuple(dict.fromkeys((CASES[0], *CASES[part::_PARTS]))), f"spreads_{part}")
        for part in range(_PARTS)
    },
    **{f"reductions_{value}": partial(reductions, (value,), f"reductions_{value}") for value in VALUES},
}
