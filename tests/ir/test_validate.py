"""One broken program for every invariant: each is refused, with a message that says where and what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from programs import (
    T1,
    B,
    H,
    I,
    O,
    T,
    assign,
    at,
    call,
    column,
    concatenated_rnn,
    last,
    load,
    procedures,
    row,
    step,
    tanh_rnn,
)

from symrnn.errors import IRError
from symrnn.ir import validate as module
from symrnn.ir.nodes import (
    At,
    Block,
    Broadcast,
    Buffer,
    Gemm,
    Loop,
    Number,
    Program,
    Reduce,
    Ref,
    Role,
    Size,
    Statement,
    size,
)
from symrnn.ir.shapes import arguments
from symrnn.ir.validate import INVARIANTS, validate
from symrnn.ir.walk import touched


def arguments_found(program: Program) -> Program:
    """The program with its argument lists made right, so that only what a test breaks is broken."""

    def one(procedure):
        names = touched(procedure)
        return replace(
            procedure, arguments=tuple(b.name for b in program.buffers if b.name in names and b.role is not Role.WORK)
        )

    return replace(program, forward=one(program.forward), backward=one(program.backward))


def forward(*statements: Statement, first: tuple[Statement, ...] = (), inside: tuple[Statement, ...] = ()) -> Program:
    """The tanh RNN with statements before its forward loop, at the end of the loop, or after it."""
    program = tanh_rnn()
    *before, loop = program.forward.body
    body = (*first, *before, Loop((*loop.body, *inside)), *statements)
    return arguments_found(replace(program, forward=replace(program.forward, body=body)))


def backward(*statements: Statement, first: tuple[Statement, ...] = ()) -> Program:
    program = tanh_rnn()
    body = (*first, *program.backward.body, *statements)
    return arguments_found(replace(program, backward=replace(program.backward, body=body)))


def without(name: str, position: int, procedure: str = "backward") -> Program:
    """The tanh RNN without one statement at the top level of a procedure, which writes the buffer `name`."""
    program = tanh_rnn()
    body = getattr(program, procedure).body
    assert body[position].out.buffer == name
    shorter = replace(getattr(program, procedure), body=body[:position] + body[position + 1 :])
    return arguments_found(replace(program, **{procedure: shorter}))


def changed(name: str, **fields: object) -> Program:
    """The tanh RNN with one buffer changed."""
    program = tanh_rnn()
    buffers = tuple(replace(buffer, **fields) if buffer.name == name else buffer for buffer in program.buffers)
    return arguments_found(replace(program, buffers=buffers))


def with_buffers(*buffers: Buffer) -> Program:
    program = tanh_rnn()
    return arguments_found(replace(program, buffers=(*program.buffers, *buffers)))


def scratch(program: Program, *dims: Size, steps: bool = False) -> Program:
    """The program with one more workspace buffer, `w`."""
    return replace(program, buffers=(*program.buffers, Buffer("w", dims, Role.WORK, steps)))


def z(value: object) -> Program:
    """A forward loop that ends with z = value."""
    return forward(inside=(assign("z", value),))


def half_written() -> Program:
    """The concatenation without its columns I : I + H."""
    program = concatenated_rnn()
    first, loop = program.forward.body
    body = tuple(statement for statement in loop.body if statement.out.columns != (I, H))
    return replace(program, forward=replace(program.forward, body=(first, replace(loop, body=body))))


def no_sequences() -> Program:
    """A state that drives itself: no array that forward is given has T in its shape."""
    buffers = (
        Buffer("h0", (B, H), Role.INITIAL),
        Buffer("h", (T1, B, H), Role.OUTPUT, True),
        Buffer("dh0", (B, H), Role.GRADIENT),
    )
    forward = (assign(step("h", 0), "h0"), Loop((assign(at("h", 1), call("tanh", at("h"))),)))
    backward = (assign("dh0", step("h", 0)),)
    sizes = tuple(size for size in tanh_rnn().sizes if size[0] in "TBH")
    return Program("driven", "Driven by itself", "", sizes, buffers, *procedures(buffers, forward, backward))


def dead_dimension() -> Program:
    """Its backward uses T only for an array that it writes, so that the input is an argument for its shape alone."""
    program = concatenated_rnn()
    zeros = (assign("dW", 0), assign("db", "b"), assign("dh0", 0), Loop((assign(at("dx"), 0),)))
    changed = replace(program, backward=replace(program.backward, body=zeros))
    return replace(changed, backward=replace(changed.backward, arguments=arguments(changed, changed.backward)))


BROKEN: dict[str, list[tuple[Callable[[], Program], str]]] = {
    "names_are_identifiers_and_differ": [
        (lambda: replace(tanh_rnn(), name="tanh rnn"), "plain identifier"),
        (lambda: with_buffers(Buffer("h", (B,), Role.WORK)), "name h is given 2 times"),
        (lambda: with_buffers(Buffer("T", (B,), Role.WORK)), "name T is given 2 times"),
        (lambda: with_buffers(Buffer("ĥ", (B,), Role.WORK)), "plain identifier"),
    ],
    "procedures_have_their_names": [
        (lambda: replace(tanh_rnn(), forward=replace(tanh_rnn().forward, name="run")), "must be forward and backward"),
    ],
    "the_first_size_counts_steps": [
        (lambda: replace(tanh_rnn(), sizes=tanh_rnn().sizes[1:]), "the first size is B"),
    ],
    "dimensions_are_over_named_sizes": [
        (lambda: changed("b_h", dims=(size("K"),)), "uses size K"),
        (lambda: changed("b_h", dims=(Size(),)), "may be empty"),
        (lambda: changed("x", dims=(B, B, I)), "first size must be T"),
        (lambda: changed("W_xh", dims=(H, H, I)), "at most rows and columns"),
    ],
    "there_is_something_to_compute": [
        (lambda: changed("J", dims=(B,)), r"one scalar \(\); found J \(B\)"),
        (lambda: with_buffers(Buffer("L", (), Role.LOSS)), "found J"),
        (
            lambda: replace(tanh_rnn(), buffers=tuple(b for b in tanh_rnn().buffers if b.role is not Role.GRADIENT)),
            "there is no gradient",
        ),
    ],
    "every_reference_names_a_buffer": [
        (lambda: z("nothing"), "nothing is no buffer"),
    ],
    "steps_are_given_exactly_where_buffers_have_them": [
        (lambda: forward(assign("a", "p")), "p has steps: say which"),
        (lambda: forward(inside=(assign(at("z"), "z"),)), r"z has no steps: leave \[t\] out"),
    ],
    "time_is_used_only_in_a_loop": [
        (lambda: forward(assign("a", at("p"))), "outside the time loop"),
        (lambda: forward(assign("a", Ref("p", At("s")))), "counted from t, T or 0"),
    ],
    "steps_lie_inside_their_buffers": [
        (lambda: forward(inside=(assign("z", at("h", 2)),)), r"outside the T \+ 1 steps"),
        (lambda: forward(inside=(assign("z", at("h", -1)),)), "outside"),
        (lambda: forward(assign("a", last("p", 0))), "outside the T steps"),
        (lambda: forward(assign("a", step("p", 1))), "outside"),  # T may be 1
        (lambda: forward(assign("z", last("h", -2))), "outside"),
    ],
    "columns_lie_inside_their_buffers": [
        (lambda: z(Ref("z", None, (I, H))), "outside the H columns"),
        (lambda: z(Ref("z", None, (Size(), Size()))), "outside"),
        (lambda: z(Ref("J", None, (Size(), H))), "has no columns"),
    ],
    "loops_are_not_nested_and_nothing_is_empty": [
        (lambda: forward(inside=(Loop((assign("z", 0),)),)), "a loop stands inside a loop"),
        (lambda: forward(inside=(Block("1", "", (Loop((assign("z", 0),)),)),)), "a loop stands inside a loop"),
        (lambda: forward(Loop(())), "a loop is empty"),
        (lambda: forward(Block("7", "", ())), r"block \(7\) is empty"),
    ],
    "functions_exist_and_have_their_arguments": [
        (lambda: z(call("tan", "z")), "no function tan"),
        (lambda: z(call("tanh", "z", "z")), "tanh takes 1 arguments, found 2"),
        (lambda: z(call("power", "z", "z")), "exponent of power must be a literal"),
        (lambda: z(Number(1, 0)), "denominator must be positive"),
    ],
    "products_agree_in_their_dimensions": [
        (lambda: forward(inside=(Gemm(Ref("z"), at("x"), Ref("W_xh")),)), r"\(B, I\) @ \(H, I\)"),
        (lambda: forward(inside=(Gemm(Ref("a"), at("x"), Ref("W_xh"), trans_b=True),)), r"\(B, O\) is needed"),
        (lambda: forward(inside=(Gemm(Ref("m"), Ref("b_h"), Ref("W_hh")),)), r"\(1, B\) is needed"),
    ],
    "maps_agree_in_their_dimensions": [
        (lambda: z("a"), r"a is \(B, O\); loaded as full in \(B, H\) it must be \(B, H\)"),
        (lambda: z(row("b_y")), r"b_y is \(O\); loaded as row"),
        (lambda: z(column("b_h")), "loaded as column"),
        (lambda: z(load("m", Broadcast.SCALAR)), r"loaded as scalar in \(B, H\) it must be \(\)"),
        (lambda: forward(assign("m", column("J"))), "no matrix"),
    ],
    "reductions_agree_in_their_dimensions": [
        (lambda: forward(inside=(Reduce(Ref("m"), load("a"), (B, O), "rows"),)), r"m is \(B\); what is left"),
        (lambda: forward(inside=(Reduce(Ref("m"), load("a"), (B, H), "columns"),)), r"a is \(B, O\)"),
        (lambda: forward(inside=(Reduce(Ref("m"), load("a"), (B, O), "columns", "mean"),)), "sum or max"),
        (lambda: forward(inside=(Reduce(Ref("m"), load("a"), (B, O), "columns", "max", True),)), "only a sum"),
        (lambda: forward(inside=(Reduce(Ref("m"), load("a"), (B, O), "steps"),)), "rows, columns or all"),
    ],
    "arguments_are_what_procedures_need": [
        (
            lambda: replace(tanh_rnn(), forward=replace(tanh_rnn().forward, arguments=("x",))),
            "arguments are x; needed are x, h0",
        ),
    ],
    "adjoints_are_named_after_what_they_differentiate": [
        (lambda: changed("dx", dims=(T1, B, I)), r"dx is \(T \+ 1, B, I\), x is \(T, B, I\)"),
        (lambda: with_buffers(Buffer("gW", (H, I), Role.GRADIENT)), "must be named d"),
        (lambda: with_buffers(Buffer("dp", (T1, B, O), Role.SEED, True)), "must have the same dimensions"),
    ],
    "procedures_write_only_what_is_theirs": [
        (lambda: forward(assign("b_h", 0)), "b_h is parameter, which forward must not write"),
        (lambda: backward(assign(step("p", 0), 0)), "p is output, which backward must not write"),
        (lambda: backward(assign("dh0", load("J", Broadcast.SCALAR))), "J is loss, which backward must not read"),
    ],
    "sizes_follow_from_the_shapes_of_arguments": [
        (lambda: replace(tanh_rnn(), sizes=(*tanh_rnn().sizes, ("K", ""))), "size K is used by nothing"),
        (no_sequences, "forward: size T does not follow"),
    ],
    "every_read_follows_a_write": [
        (lambda: forward(first=(assign("a", 0), assign("z", "z"))), "z is read before it is written"),
        (lambda: half_written(), r"c\[t\] is read before"),
        (lambda: without("h", 0, "forward"), r"at t = 0 of T = 1: h\[t\] is read"),
        (lambda: without("dW_xh", 1), "dW_xh is accumulated into before it is written: set it to 0"),
        (lambda: without("J", 1, "forward"), "J is accumulated into before"),
        (
            lambda: scratch(forward(inside=(assign("z", at("w", 1)), assign(at("w"), 0))), T1, B, H, steps=True),
            r"w\[t \+ 1\]",
        ),
    ],
    "operands_do_not_alias_the_result": [
        (lambda: forward(inside=(Gemm(Ref("z"), Ref("z"), Ref("W_hh")),)), "overlaps the result of a product"),
        (
            lambda: scratch(
                forward(
                    assign("w", 0),
                    assign(Ref("w", None, (Size(), H)), Ref("w", None, (I, H))),
                ),
                B,
                I + H,
            ),
            "not the same elements",
        ),
        (lambda: scratch(forward(assign("w", 0), assign("w", row("w"))), B), "not the same elements"),
        (lambda: forward(Reduce(Ref("m"), column("m"), (B, O), "columns")), "overlaps the result of a reduction"),
    ],
    "everything_returned_is_written": [
        (lambda: without("dh0", 7), "gradient dh0 is not fully written"),
        (lambda: with_buffers(Buffer("s", (T, B, H), Role.SAVED, True)), "saved s is not fully written"),
    ],
}

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
        for f in module.fixings(program, program.forward, program.having(Role.INPUT, Role.PARAMETER))
    ] == [
        ("T", "x", 0),
        ("B", "x", 1),
        ("I", "x", 2),
        ("H", "W", 0),
    ]
    only = tuple(replace(b, dims=b.dims[1:]) for b in program.having(Role.PARAMETER) if b.name == "W")
    found = module.fixings(program, program.forward, (*program.having(Role.INPUT), *only))
    assert found[-1].solve(7, {"T": 5, "B": 2, "I": 3}) == 4
    assert found[-1].solve(3, {"T": 5, "B": 2, "I": 3}) is None


def test_an_array_may_be_an_argument_for_its_shape_alone():
    program = dead_dimension()
    assert program.backward.arguments[0] == "x"
    assert validate(program) is program
