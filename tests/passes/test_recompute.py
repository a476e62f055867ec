"""What is computed again in backward: the exact text, the conditions, and the model of costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from examples import TANH, gradient, lines, same_values, summed, whole
from programs import B, H, assign, at, call, step

from symrnn import driver
from symrnn.ir.buffers import Role
from symrnn.ir.nodes import Gemm, Loop, Program, Reduce, Ref, Statement
from symrnn.ir.validate import validate
from symrnn.passes import KEPT, optimize
from symrnn.passes.recompute import recompute

FROM_S = Gemm(Ref("z"), at("s"), Ref("U"), trans_b=True)
S = assign(at("s"), call("mul", at("h"), at("s2")))
GIVEN = assign(at("s2"), call("sigmoid", at("h")))


def both(inside: tuple[Statement, ...], reader: tuple[Statement, ...], *later: Statement) -> Program:
    """Return a program with these statements in its loops, and some behind the loop of forward."""
    starts = (assign("dU", 0), assign("db", 0), assign("dh0", step("h", 0)))
    begin = (assign(step("h", 0), "h0"),)
    return whole((*begin, Loop((*inside, FROM_S, TANH)), *later), (*starts, Loop(reader, reverse=True)))


PRODUCT = gradient("dU", at("h", 1), at("s"))
SUM = Reduce(Ref("db"), call("mul", at("dh"), at("s")), (B, H), (0,), accumulate=True)
CHANGED = {
    "a product needs its memory": (
        both((GIVEN, S), (PRODUCT, summed("db", at("s2")))),
        (
            "dU = 0",
            "db = 0",
            "dh0 = h[0]",
            "for t = T−1 … 0:",
            "  s_again = h[t] ∘ s2[t]",
            "  dU += h[t + 1]ᵀ @ s_again",
        ),
    ),
    "elementwise work has the formula inside": (
        both((GIVEN, S), (SUM, summed("db", at("s2")))),
        ("dU = 0", "db = 0", "dh0 = h[0]", "for t = T−1 … 0:", "  db += sum over rows of dh[t] ∘ (h[t] ∘ s2[t])"),
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_the_text_is_exactly_this(name) -> None:
    before, wanted = CHANGED[name]
    after = validate(recompute(before))
    assert tuple(lines(after, "backward")[: len(wanted)]) == wanted
    assert "  s = h[t] ∘ s2[t]" in lines(after)
    assert (after.buffer("s").role, after.buffer("s").dims) == (Role.WORK, (B, H))
    assert same_values(before, after)


TANH_OF = assign(at("s"), call("tanh", at("h")))
SEVEN = call("neg", call("neg", call("neg", call("neg", call("neg", call("neg", S.value))))))
READ_S2 = summed("db", at("s2"))
LEFT_ALONE = {
    "a function costs more than to keep its value": both((TANH_OF,), (PRODUCT,)),
    "so do seven operations": both((GIVEN, assign(at("s"), SEVEN)), (PRODUCT, READ_S2)),
    "it is computed in two statements": both((GIVEN, S, replace(S, accumulate=True)), (PRODUCT, READ_S2)),
    "it is computed by a product": both((Gemm(at("s"), at("h"), Ref("U")),), (PRODUCT,)),
    "it is computed from workspace": both((assign("q", at("h")), assign(at("s"), call("neg", "q"))), (PRODUCT,)),
    "what it is computed from changes afterwards": both((GIVEN, S, assign(at("s2"), at("s"))), (PRODUCT, READ_S2)),
    "and so it does after the loop": both(
        (GIVEN, S), (PRODUCT, READ_S2), Loop((assign(at("s2"), call("neg", at("h"))),))
    ),
    "something behind the loop reads it": both(
        (GIVEN, S), (PRODUCT, READ_S2), Reduce(Ref("J"), call("neg", step("s", 0)), (B, H), (0, 1))
    ),
    "another step of it is read": both((GIVEN, S), (gradient("dU", at("h", 1), step("s", 0)), READ_S2)),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_program_in_which_it_is_wrong_or_does_not_pay_is_left_alone(name) -> None:
    program = LEFT_ALONE[name]
    assert recompute(program) == program
    assert program.buffer("s").role is Role.SAVED


def test_two_loops_of_backward_that_read_it_are_left_alone() -> None:
    program = both((GIVEN, S), (PRODUCT, READ_S2))
    (loop,) = (one for one in program.backward.body if isinstance(one, Loop))
    program = replace(program, backward=replace(program.backward, body=(*program.backward.body, loop)))
    assert recompute(validate(program)) == program


def test_what_follows_from_others_is_computed_again_first() -> None:
    """s from s2, and s2 from h: both are computed again, in this order."""
    program = both((assign(at("s2"), call("neg", at("h"))), S), (PRODUCT, READ_S2))
    after = validate(recompute(program))
    assert not after.having(Role.SAVED)
    assert lines(after, "backward")[4:6] == ["  s_again = h[t] ∘ (−h[t])", "  dU += h[t + 1]ᵀ @ s_again"]
    assert same_values(program, after)


def test_a_formula_goes_along_the_axes_of_what_reads_it() -> None:
    """An outer product for each sequence, of which a sum over rows is taken."""
    program = optimize(driver.program(driver.derive("mlstm", "none")), KEPT)
    assert program.buffer("u_C").role is Role.WORK
    (found,) = [line.split(" of ")[1] for line in lines(program, "backward") if "of dCᵢₖⱼ ∘ (q" in line]
    assert found == "dCᵢₖⱼ ∘ (q_k_v_o[t][:, 2*K : 2*K + H]ᵢₖ ∘ q_k_v_o[t][:, K : 2*K]ᵢⱼ)"
