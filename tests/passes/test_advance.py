"""What stands in an earlier loop: the exact text, and the conditions."""

from __future__ import annotations

import pytest
from examples import back, lines, same_values, whole
from programs import B, H, T, assign, at, call, step

from symrnn.ir.nodes import Loop, Program, Statement
from symrnn.ir.validate import validate
from symrnn.passes.advance import advance

FIRST = assign(at("z"), call("mul", at("dh"), at("h")))
OTHER = assign("q", call("mul", at("dh"), at("h", 1)))
FROM_FIRST = back(at("z2"), at("z"), "U")
FROM_OTHER = back(at("z2"), "q", "U2", True)
BELOW = assign("carry", call("mul", "carry", at("z2")))  # which stays: it needs its own step before
STORED = ("z", "z2")


def two(first: tuple[Statement, ...], other: tuple[Statement, ...], *between: Statement) -> Program:
    """Return a program whose backward has two loops, up and down, and one more that reads what they leave."""
    forward = (assign(step("h", 0), "h0"), Loop((assign(at("h", 1), at("h")),)))
    loops = (Loop(first), *between, Loop(other, reverse=True), Loop((BELOW,), reverse=True))
    return whole(forward, (assign("carry", 1), *loops, assign("dh0", "carry")), *STORED)


def test_the_text_is_exactly_this() -> None:
    before = two((FIRST,), (OTHER, FROM_FIRST, FROM_OTHER))
    after = validate(advance(before))
    assert lines(after, "backward") == [
        "carry = 1",
        "for t = 0 … T−1:",
        "  z = dh[t] ∘ h[t]",
        "  z2[t] = z @ U",
        "for t = T−1 … 0:",
        "  q = dh[t] ∘ h[t + 1]",
        "  z2[t] += q @ U2",
        "for t = T−1 … 0:",
        "  carry = carry ∘ z2[t]",
        "dh0 = carry",
    ]
    assert after.buffer("z").dims == (B, H) and after.buffer("z2").dims == (T, B, H)
    assert same_values(before, after)


LEFT_ALONE = {
    "what it adds to is written in its own loop": two(
        (FIRST,), (OTHER, assign(at("z2"), "q"), back(at("z2"), at("z"), "U", True))
    ),
    "it needs what its own loop computes": two((FIRST,), (OTHER, assign(at("z2"), call("mul", at("z"), "q")))),
    "it reads another step": two((FIRST,), (back(at("z2"), step("z", 0), "U"),)),
    "something else reads what was stored": two((FIRST,), (FROM_FIRST, assign("carry", at("z"), True))),
    "its result is cleared in between": two(
        (FIRST,), (back(at("z2"), at("z"), "U", True),), Loop((assign(at("z2"), 0),))
    ),
    "the earlier loop writes its result again": two((FIRST, assign(step("z2", 0), at("h"))), (FROM_FIRST,)),
    "its result is of the step before": two(
        (FIRST,), (assign("carry", call("add", "carry", at("z"))), assign(at("z2"), "carry"))
    ),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_program_in_which_the_condition_fails_is_left_alone(name) -> None:
    assert advance(LEFT_ALONE[name]) == LEFT_ALONE[name]
