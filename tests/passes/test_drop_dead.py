"""Exact text, equal values, refusal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import NUMBERS, PROGRAMS, B, H, arguments, assign, at, call, seeded_rnn
from wide import WIDE, K, composed, truncated

from symrnn.errors import IRError
from symrnn.ir.buffers import Buffer, Role
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import At, Block, Loop, Program, Ref, Stretch, When, Windows
from symrnn.ir.text import text
from symrnn.ir.validate import validate
from symrnn.ir.walk import leaves
from symrnn.passes import PIPELINE, optimize
from symrnn.passes.drop_dead import drop_dead


def with_dead_code() -> Program:
    """The seeded RNN, whose forward loop ends with a chain that nobody reads."""
    program = seeded_rnn()
    first, loop = program.forward.body
    dead = (
        Block(
            "useless", "u = h + 1, v = u²", (assign("u", call("add", at("h"), 1)), assign("v", call("power", "u", 2)))
        ),
        assign("v", call("add", "v", "v")),
        assign("v", "u", accumulate=True),
    )
    work = tuple(Buffer(name, (B, H), Role.WORK) for name in "uv")
    body = (first, Loop((*loop.body, *dead)), Loop((assign("v", at("h")),)))
    return replace(program, buffers=(*program.buffers, *work), forward=replace(program.forward, body=body))


def values(program: Program) -> dict:
    arrays = arguments(program)
    kept = interpret(program, program.forward, arrays, NUMBERS)
    return {**kept, **interpret(program, program.backward, {**arrays, **kept}, NUMBERS)}


def test_the_text_is_that_of_the_program_without_dead_code() -> None:
    before = validate(with_dead_code())
    assert "(useless)" in text(before) and "  v   " in text(before)
    assert text(drop_dead(before)) == text(seeded_rnn())
    assert drop_dead(before) == seeded_rnn()


def test_dropping_keeps_values() -> None:
    before, after = values(with_dead_code()), values(drop_dead(with_dead_code()))
    assert set(before) == set(after) and all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("name", [*PROGRAMS, *WIDE])
def test_what_the_caller_reads_stays(name) -> None:
    """Outputs, saved values, the loss and gradients are never dead, although no statement may read them."""
    program = {**PROGRAMS, **WIDE}[name]()
    assert drop_dead(program) == program


def test_workspace_that_something_living_reads_stays() -> None:
    program = with_dead_code()
    first, loop, _ = program.forward.body
    used = (first, Loop((*loop.body[:-2], assign(at("h", 1), call("add", at("h", 1), "u")))))
    living = drop_dead(replace(program, forward=replace(program.forward, body=used)))
    assert "u = h[t] + 1" in text(living) and "  v = u²" not in text(living)


def test_the_pipeline_validates_and_names_the_pass_that_broke_the_program() -> None:
    def lose_everything(program: Program) -> Program:
        return replace(program, forward=replace(program.forward, body=()))

    program = with_dead_code()
    assert optimize(program) == seeded_rnn()
    assert optimize(program, ()) == program
    assert drop_dead in PIPELINE
    with pytest.raises(IRError, match="after lose_everything: seeded_rnn, forward: arguments are"):
        optimize(program, (lose_everything,))
    with pytest.raises(IRError, match="seeded_rnn, forward: arguments"):
        optimize(lose_everything(program))


def test_conditions_and_loops_of_any_length_go_with_what_they_hold() -> None:
    """And with them a size that only they mention."""
    program = composed()
    first, *others = program.forward.body
    dead = (
        assign("w", 0),
        Loop((assign("w", 1), When(At("S", -1), (assign("w", 2, True),))), length="S"),
        Loop((When(At("T", -1), (assign("w", 1, True),)),)),
        Windows(K, K, (assign("w", 0), Stretch((Block("n", "nothing", (assign("w", 0),)),)))),
    )
    body = (first, *dead, *others)
    longer = replace(
        program,
        sizes=(*program.sizes, ("K", "")),
        given_sizes=("K",),
        buffers=(*program.buffers, Buffer("w", (B, H), Role.WORK)),
        forward=replace(program.forward, body=body),
    )
    assert drop_dead(validate(longer)) == program


def test_what_is_carried_out_in_some_steps_stays_if_it_is_read() -> None:
    program = truncated()
    assert drop_dead(program).given_sizes == ("K", "N") and "for t = begin−1 … first:" in text(drop_dead(program))
    assert "when t = 0:" in text(drop_dead(program))
    assert Ref("carry") in {one.out for one in leaves(drop_dead(program).backward.body)}
