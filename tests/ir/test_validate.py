"""One broken program for every invariant: each is refused, with a message that says where and what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from altered import (
    backward,
    dead_dimension,
    forward,
    no_sequences,
    scratch,
    two_loops,
    z,
)
from broken import BROKEN
from programs import (
    T1,
    B,
    H,
    assign,
    at,
    call,
    concatenated_rnn,
    last,
    load,
    step,
)
from wide import WIDE, truncated

from symrnn.errors import IRError
from symrnn.ir.buffers import Role, Size
from symrnn.ir.nodes import At, Loop, Statement, When
from symrnn.ir.shapes import arguments, fixings
from symrnn.ir.validate import INVARIANTS, validate

CASES = [(name, make, message) for name, rows in BROKEN.items() for make, message in rows]


@pytest.mark.parametrize(("name", "make", "message"), CASES, ids=[f"{name}-{k}" for k, (name, *_) in enumerate(CASES)])
def test_a_program_that_breaks_the_invariant_is_refused(name, make, message) -> None:
    with pytest.raises(IRError, match=message):
        validate(make())


def test_every_invariant_has_a_broken_program() -> None:
    assert set(BROKEN) == {invariant.__name__ for invariant in INVARIANTS}


@pytest.mark.parametrize("name", BROKEN)
def test_the_invariant_itself_refuses_not_another_one(name) -> None:
    """Those before it let the program pass."""
    position = [invariant.__name__ for invariant in INVARIANTS].index(name)
    for make, _ in BROKEN[name]:
        program = make()
        for invariant in INVARIANTS[:position]:
            invariant(program)
        with pytest.raises(IRError):
            INVARIANTS[position](program)


def test_an_in_place_map_and_a_step_read_from_its_neighbour_are_fine() -> None:
    program = z(call("mul", "z", call("add", "z", 1)))
    assert validate(program) is program
    stepping = scratch(
        forward(first=(assign(step("w", 0), 0),), inside=(assign(at("w", 1), call("add", at("w"), 1)),)),
        T1,
        B,
        H,
        steps=True,
    )
    assert validate(stepping) is stepping


def test_a_reverse_loop_may_read_the_later_step() -> None:
    loop = Loop((assign(at("w"), at("w", 1)),), reverse=True)
    program = scratch(backward(assign(last("w", 0), 0), loop), T1, B, H, steps=True)
    assert validate(program) is program
    with pytest.raises(IRError, match="is read before it is written"):
        validate(scratch(backward(loop), T1, B, H, steps=True))


def test_sizes_may_be_read_off_sums() -> None:
    """H follows from I + H when I is known."""
    program = concatenated_rnn()
    assert [
        (f.size, f.buffer, f.axis)
        for f in fixings(program, program.forward, program.having(Role.INPUT, Role.PARAMETER))
    ] == [
        ("T", "x", 0),
        ("B", "x", 1),
        ("I", "x", 2),
        ("H", "W", 0),
    ]
    only = tuple(replace(b, dims=b.dims[1:]) for b in program.having(Role.PARAMETER) if b.name == "W")
    found = fixings(program, program.forward, (*program.having(Role.INPUT), *only))
    assert found[-1].solve(7, {"T": 5, "B": 2, "I": 3}) == 4
    assert found[-1].solve(3, {"T": 5, "B": 2, "I": 3}) is None


def test_an_array_may_be_an_argument_for_its_shape_alone():
    program = dead_dimension()
    assert program.backward.arguments[0] == "x"
    assert validate(program) is program


def test_a_transposed_or_spread_load_of_another_buffer_is_fine():
    program = scratch(forward(assign("w", load("W_hh", (1, 0)))), H, H)
    assert validate(program) is program


def test_given_sizes_need_no_array() -> None:
    program = no_sequences()
    with pytest.raises(IRError, match="make it a given size"):
        validate(program)
    assert validate(replace(program, given_sizes=("T",))).given_sizes == ("T",)


def test_where_t_is_known_its_neighbours_may_be_reached() -> None:
    """In the first step, t + 1 is 1, which exists in a buffer of two steps; in the last, t − 1 is T − 2."""
    two = scratch(
        forward(
            first=(assign(step("w", 0), 0), assign(step("w", 1), 0)),
            inside=(When(At("", 0), (assign("z", at("w", 1), True),)),),
        ),
        Size((), 2),
        B,
        H,
        steps=True,
    )
    assert validate(two) is two
    last_but_one = (When(At("T", -1), (assign("z", at("h", 0), True),)),)
    assert validate(forward(inside=last_but_one))


def test_what_a_window_adds_to_was_written_before_all_of_them() -> None:
    """Whatever the steps of blocks and windows are: one that is never reached leaves what was there."""
    program = truncated()
    assert validate(program).given_sizes == ("K", "N")
    *zeros, inputs, windows = program.backward.body
    reset, block, older = windows.body

    def refused(match: str, *body: Statement) -> None:
        with pytest.raises(IRError, match=match):
            validate(replace(program, backward=replace(program.backward, body=body)))

    refused(r"dx\[t\] is accumulated into before it is written", *zeros, windows)
    refused("dh0 is accumulated into before it is written", *zeros[:2], inputs, windows)
    refused("carry is read before it is written", *zeros, inputs, replace(windows, body=(block, older)))
    first = replace(block, body=(assign(at("dx"), "carry"), *block.body))
    refused("dx is not fully written", *zeros, replace(windows, body=(reset, first)))


def test_marks_are_kept_for_loops_of_any_length() -> None:
    """A loop over B writes what a loop over T does not, and lengths do not stand for one another."""
    assert validate(two_loops(read=step("w", 2), length="B"))
    with pytest.raises(IRError, match=r"w\[t \+ 2\] may lie outside the B \+ 2 steps of w"):
        validate(two_loops(read=step("w", 2), length="T"))


@pytest.mark.parametrize("name", WIDE)
def test_an_argument_more_or_less_is_refused(name) -> None:
    program = WIDE[name]()
    fewer = replace(program, forward=replace(program.forward, arguments=program.forward.arguments[1:]))
    with pytest.raises(IRError, match="needed are"):
        validate(fewer)


def test_something_is_read_for_its_precision() -> None:
    """A procedure that needs nothing gets an array all the same: the precision of the results is told by it."""
    program = no_sequences()
    zero = replace(program, given_sizes=("T", "B", "H"), backward=replace(program.backward, body=(assign("dh0", 0),)))
    assert arguments(zero, zero.backward) == ("h0", "dh0")
