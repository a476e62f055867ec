"""Programs that break an invariant, by its name, each with what the refusal must say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from altered import (
    backward,
    changed,
    forward,
    half_written,
    no_sequences,
    over_batch,
    scratch,
    sharing,
    short_loop,
    together,
    total,
    truncating,
    two_loops,
    windowed,
    with_buffers,
    with_panels,
    without,
    z,
)
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
    last,
    load,
    row,
    scalar,
    step,
    tanh_rnn,
)
from wide import K

from symrnn.ir.buffers import CHUNK, Buffer, Role, Size, size
from symrnn.ir.nodes import (
    At,
    Block,
    Chunks,
    Each,
    Extent,
    Gemm,
    Loop,
    Number,
    Program,
    Reduce,
    Ref,
    Share,
    Stretch,
    When,
    Windows,
)

BROKEN: dict[str, list[tuple[Callable[[], Program], str]]] = {
    "names_are_identifiers_and_differ": [
        (lambda: replace(tanh_rnn(), name="tanh rnn"), "plain identifier"),
        (lambda: with_buffers(Buffer("h", (B,), Role.WORK)), "name h is given 2 times"),
        (lambda: with_buffers(Buffer("T", (B,), Role.WORK)), "name T is given 2 times"),
        (lambda: with_buffers(Buffer("ĥ", (B,), Role.WORK)), "plain identifier"),
        (lambda: replace(tanh_rnn(), sizes=(*tanh_rnn().sizes, ("t", ""))), "a size is called t"),
    ],
    "procedures_have_their_names": [
        (lambda: replace(tanh_rnn(), forward=replace(tanh_rnn().forward, name="run")), "must be forward and backward"),
    ],
    "the_first_size_counts_steps": [
        (lambda: replace(tanh_rnn(), sizes=tanh_rnn().sizes[1:]), "the first size is B"),
        (lambda: replace(tanh_rnn(), sizes=()), "the first size is nothing"),
    ],
    "given_sizes_are_named_sizes": [
        (lambda: replace(tanh_rnn(), given_sizes=("K",)), "K in given_sizes is no size: sizes are T, B, I, H, O"),
        (lambda: replace(tanh_rnn(), given_sizes=("T", "H", "T")), "T in given_sizes is given 2 times"),
    ],
    "dimensions_are_over_named_sizes": [
        (lambda: changed("b_h", dims=(size("K"),)), "uses size K"),
        (lambda: changed("b_h", dims=(Size(),)), "may be empty"),
        (lambda: changed("x", dims=(Size((("T", 2),)), B, I)), "first size must be T"),
        (lambda: changed("x", dims=(T + B, B, I)), "first size must be T"),
        (lambda: changed("x", dims=(), steps=True), "first size must be T"),
        (lambda: changed("W_xh", dims=(H, H, I, B)), "at most three dimensions"),
        (lambda: changed("x", dims=(T, B, I, H, O)), "at most three dimensions"),
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
        (lambda: windowed(assign("a", at("p"))), "outside the time loop"),
        (lambda: forward(assign("a", Ref("p", At("s")))), "counted from one of t, 0, T"),
        (lambda: forward(assign("a", Ref("p", At("B")))), "counted from one of t, 0, T"),
        (lambda: forward(assign("a", Ref("p", At("begin")))), "counted from one of t, 0, T"),
        (
            lambda: forward(Chunks((assign("z", Ref("h", At("number"))),), B)),
            "counted from one of t, 0, T, chunk, begin, end",
        ),
    ],
    "statements_use_named_sizes": [
        (lambda: z(Extent(size("K"))), "forward: there is no size K: declare it"),
        (lambda: forward(Loop((assign("z", 0),), length="K")), "no size K"),
        (lambda: forward(Windows(size("K"), H, (assign("z", 0),))), "no size K"),
        (lambda: forward(Windows(H, size("K"), (assign("z", 0),))), "no size K"),
        (lambda: forward(Windows(H, H, (assign("z", 0),), "K")), "no size K"),
        (lambda: forward(inside=(When(At("K", -1), (assign("z", 0, True),)),)), "no size K"),
        (lambda: z(Ref("z", None, (Size(), size("K")))), "no size K"),
        (lambda: forward(inside=(Reduce(Ref("J"), Number(1), (size("K"),), (0,)),)), "no size K"),
    ],
    "steps_lie_inside_their_buffers": [
        (lambda: forward(inside=(assign("z", at("h", 2)),)), r"outside the T \+ 1 steps"),
        (lambda: forward(inside=(assign("z", at("h", -1)),)), "outside"),
        (lambda: forward(assign("a", last("p", 0))), "outside the T steps"),
        (lambda: forward(assign("a", step("p", 1))), "outside"),  # T may be 1
        (lambda: forward(assign("z", last("h", -2))), "outside"),
        (lambda: over_batch(at("h")), r"h\[t\] may lie outside the T \+ 1 steps of h"),
        (lambda: forward(inside=(When(At("T", -1), (assign("z", at("h", 2), True),)),)), "outside"),
        (lambda: forward(inside=(When(At("", 0), (assign("z", at("h", -1), True),)),)), "outside"),
        (lambda: windowed(Stretch((assign("z", at("h", -1)),))), "outside"),
        (lambda: forward(Chunks((assign("z", Ref("h", At("end", 1))),), B)), r"h\[end \+ 1\] may lie outside"),
        (lambda: forward(Chunks((assign("z", Ref("h", At("begin", -1))),), B)), "outside"),
        (lambda: forward(Chunks((assign("a", Ref("p", At("end"))),), B)), r"p\[end\] may lie outside the T steps"),
        (lambda: forward(Chunks((assign("z", Ref("h", At("number", 1))),), B, count="B")), "outside"),
        (lambda: windowed(Stretch((assign("z", at("h", 2)),), older=True)), "outside"),
    ],
    "rows_and_columns_lie_inside_their_buffers": [
        (lambda: z(Ref("z", None, (I, H))), "outside the H columns"),
        (lambda: z(Ref("z", None, (Size(), Size()))), "outside"),
        (lambda: z(Ref("J", None, (Size(), H))), "has no columns"),
        (lambda: z(Ref("z", None, None, (B, B))), "outside the B rows"),
        (lambda: z(Ref("b_h", None, None, (Size(), H))), "b_h is a vector and has no rows"),
    ],
    "loops_are_not_nested_and_nothing_is_empty": [
        (lambda: forward(inside=(Loop((assign("z", 0),)),)), "a loop stands inside a loop"),
        (lambda: forward(inside=(Block("1", "", (Loop((assign("z", 0),)),)),)), "a loop stands inside a loop"),
        (lambda: forward(Loop(())), "a loop is empty"),
        (lambda: forward(Block("7", "", ())), r"block \(7\) is empty"),
        (lambda: forward(inside=(When(At("", 0), ()),)), "condition t = 0 is empty"),
        (lambda: truncating(Windows(K, K, ())), "a loop over windows of K for every K is empty"),
        (lambda: windowed(Stretch(())), "a stretch of steps is empty"),
        (lambda: truncating(Stretch((assign("z", 0),), older=True)), "stretch of older steps stands outside windows"),
        (lambda: forward(inside=(Stretch((assign("z", 0),)),)), "stretch of steps stands inside a loop"),
        (lambda: windowed(Stretch((Stretch((assign("z", 0),)),))), "stretch of steps stands inside a loop"),
        (lambda: windowed(Loop((assign("z", 0),))), "a loop stands inside windows"),
        (lambda: windowed(Stretch((Loop((assign("z", 0),)),))), "a loop stands inside windows"),
        (lambda: windowed(Windows(K, K, (assign("z", 0),))), "windows of K for every K stands inside windows"),
        (lambda: forward(inside=(Windows(H, H, (assign("z", 0),)),)), "windows of H for every H stands inside a loop"),
        (lambda: windowed(When(At("", 0), (assign("z", 0, True),))), "t = 0 stands outside a loop"),
        (lambda: forward(When(At("T", -1), (assign("z", 0, True),))), "t = T − 1 stands outside a loop"),
        (
            lambda: forward(inside=(Each((Each((assign("z", 0),)),)),)),
            "loop over elements stands inside a loop over elements",
        ),
        (lambda: forward(inside=(Each(()),)), "a loop over elements is empty"),
        (lambda: forward(inside=(Chunks((assign("z", 0),), B),)), "loop over chunks stands inside another loop"),
        (lambda: forward(Chunks((Loop((assign("z", 0),)),), B)), "a loop stands inside chunks, and counts other steps"),
        (lambda: forward(Loop((assign("z", 0),), length=CHUNK)), "a loop stands outside chunks, whose steps it counts"),
        (lambda: forward(Chunks((Chunks((assign("z", 0),), B),), B)), "loop over chunks stands inside another loop"),
        (lambda: forward(Share((Share((assign("z", 0),)),))), "a share stands inside something else than chunks"),
        (lambda: forward(inside=(Share((assign("z", 0),)),)), "a share stands inside something else than chunks"),
    ],
    "elements_are_computed_together": [
        (
            lambda: forward(inside=(Each((assign("z", 0), assign("J", 0, True))),)),
            r"is over \(\), the loop over \(B, H\)",
        ),
        (
            lambda: forward(inside=(Each((Gemm(Ref("z"), Ref("h", At("t")), Ref("W_hh"), False, True),)),)),
            "it may hold Maps only",
        ),
        (
            lambda: together(assign("u", 0), assign("v", load("u", (1, 0)))),
            "«u = 0» and «v = uᵀ» meet at different elements",
        ),
        (
            lambda: together(assign("v", load("u", (1, 0))), assign("u", 0)),
            "«v = uᵀ» and «u = 0» meet at different elements",
        ),
    ],
    "threads_do_not_meet": [
        (lambda: forward(Share((assign("J", 0),))), "«J = 0» has no rows to share"),
        (
            lambda: sharing(assign("v", load("u", (1, 0))), assign("u", 0)),
            "threads meet in «u = 0» and «v = uᵀ»",
        ),
        (
            lambda: sharing(assign("u", 0), Gemm(Ref("v"), Ref("W_hh"), Ref("u"))),
            "threads meet in «u = 0» and «v = W_hh @ u»",
        ),
        (
            lambda: sharing(assign("u", 0), Gemm(Ref("v"), Ref("u"), Ref("W_hh"), trans_a=True)),
            "threads meet in «u = 0» and «v = uᵀ @ W_hh»",
        ),
    ],
    "panels_hold_what_products_multiply_by": [
        (lambda: with_panels(assign("z", "P")), "P is in panels: only a product reads it"),
        (lambda: with_panels(Gemm(Ref("P"), Ref("P"), Ref("W_hh"))), "P is in panels: only a matrix is copied there"),
        (lambda: with_panels(assign("P", 0)), "P is in panels: only a matrix is copied there"),
        (
            lambda: with_panels(
                Gemm(Ref("z"), Ref("h", At("t")), Ref("P")), Gemm(Ref("z"), Ref("h", At("t")), Ref("P"), False, True)
            ),
            "one orientation",
        ),
    ],
    "conditions_are_of_steps_that_occur": [
        (lambda: forward(inside=(When(At("T"), (assign("z", 0, True),)),)), "condition t = T: no t is T"),
        (lambda: forward(inside=(When(At("", -1), (assign("z", 0, True),)),)), "no t is −1"),
        (lambda: forward(inside=(When(At("t"), (assign("z", 0, True),)),)), "counted from 0 or T"),
        (lambda: forward(inside=(When(At("B", -1), (assign("z", 0, True),)),)), "counted from 0 or T"),
        (lambda: truncating(Windows(Size(), K, (assign("z", 0),))), "must be at least 1"),
        (lambda: truncating(Block("1", "", (Windows(K, Size(), (assign("z", 0),)),))), "must be at least 1"),
        (lambda: forward(Chunks((assign("z", 0),), B, count="B")), "B must be over sizes that the caller gives"),
        (lambda: truncating(Windows(K, H, (assign("z", 0),))), "H must be over sizes that the caller gives"),
        (lambda: truncating(Windows(H + K, K, (assign("z", 0),))), r"H \+ K must be over sizes that the caller gives"),
        (lambda: windowed(Stretch((When(At("T"), (assign("z", 0, True),)),))), "no t is T"),
        (lambda: windowed(Stretch((When(At("B", -1), (assign("z", 0, True),)),))), "counted from 0 or T"),
    ],
    "conditions_define_nothing": [
        (lambda: forward(inside=(When(At("T", -1), (assign("z", 0),)),)), r"it must accumulate \(\+=\)"),
        (lambda: forward(inside=(When(At("", 0), (Block("1", "", (assign("z", 0),)),)),)), "it must accumulate"),
        (lambda: windowed(Stretch((When(At("", 0), (assign("z", 0),)),))), "it must accumulate"),
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
        (lambda: scratch(forward(inside=(Gemm(Ref("z"), Ref("w"), Ref("W_hh")),)), B, H, H), "are a Reduce"),
    ],
    "maps_agree_in_their_dimensions": [
        (lambda: z("a"), r"a is \(B, O\), loaded along axes \(0, 1\) of \(B, H\): it must be \(B, H\)"),
        (lambda: z(row("b_y")), r"b_y is \(O\), loaded along axes \(1,\) of \(B, H\): it must be \(H\)"),
        (lambda: z(column("b_h")), r"it must be \(B\)"),
        (lambda: z(load("W_hh", (1, 0))), r"it must be \(H, B\)"),
        (lambda: z(load("m", ())), "one axis for each dimension"),
        (lambda: z(load("m", (0, None))), "one axis for each dimension"),
        (lambda: z(load("m", (None,))), r"it must be \(1\)"),
        (lambda: z(load("W_hh", (1, 1))), "different ones of 0 … 1"),
        (lambda: z(load("b_h", (2,))), "different ones of 0 … 1"),
        (lambda: z(load("b_h", (-1,))), "different ones of 0 … 1"),
        (lambda: forward(assign("m", load("W_hh", (0, 1)))), "different ones of 0 … 0"),
        (lambda: scratch(forward(inside=(assign("w", load("z", (0, 2))),)), B, I, O), r"it must be \(B, O\)"),
    ],
    "reductions_agree_in_their_dimensions": [
        (lambda: total("m", load("a"), (B, O), (0,)), r"m is \(B\); what is left of the domain is \(O\)"),
        (lambda: total("m", load("a"), (B, H), (1,)), r"a is \(B, O\)"),
        (lambda: total("m", load("a"), (B, O), (1,), "mean"), "sum or max"),
        (lambda: total("m", load("a"), (B, O), (1,), "max", True), "only a sum"),
        (lambda: total("m", load("a"), (B, O), ()), "some of the axes 0 … 1, in order"),
        (lambda: total("m", load("a"), (B, O), (2,)), "some of the axes 0 … 1, in order"),
        (lambda: total("J", load("a"), (B, O), (1, 0)), "some of the axes 0 … 1, in order"),
        (lambda: total("J", load("a"), (B, O), (1, 1)), "some of the axes 0 … 1, in order"),
        (lambda: total("J", Number(1), (), ()), r"one to three dimensions; found \(\)"),
        (lambda: total("J", Number(1), (B, O, H, I), (0, 1, 2, 3)), "one to three dimensions"),
        (lambda: total("z", load("W_hh", (1, 2)), (B, I, H), (1,)), r"W_hh is \(H, H\).* it must be \(I, H\)"),
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
        (lambda: backward(assign("dh0", scalar("J"))), "J is loss, which backward must not read"),
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
        (lambda: scratch(windowed(Stretch((assign("w", 0, True),))), B, H), "w is accumulated into before"),
        (  # a window that is shorter than its block begins with steps of the block, and then there are no older ones
            lambda: scratch(windowed(Stretch((assign("w", 0),), older=True), after=(assign("z", "w"),)), B, H),
            "w is read before it is written",
        ),
        (  # a window of one step reaches the last step of its block only
            lambda: scratch(
                truncating(Windows(K, Size((), 1), (Stretch((assign(at("w"), 0),)),)), assign("z", step("w", 0))),
                *(T, B, H),
                steps=True,
            ),
            r"w\[0\] is read before",
        ),
        (
            lambda: scratch(
                windowed(Stretch((assign("z", at("w", 1)), assign(at("w"), 0))), after=()), T1, B, H, steps=True
            ),
            r"w\[t \+ 1\] is read before",
        ),
        (
            lambda: scratch(forward(inside=(When(At("T", -1), (assign("z", "w", True),)),)), B, H),
            "w is read before it is written",
        ),
        (lambda: two_loops(read=step("w", 1), length="B"), r"w\[1\] is read before"),
        (  # as one chunk it would do: all of w is written by the time that it is read
            lambda: scratch(
                forward(
                    assign(last("w", 0), 0),
                    Chunks(
                        (Loop((assign(at("w"), 0),), length=CHUNK), Loop((assign("z", at("w", 1)),), length=CHUNK)), B
                    ),
                ),
                *(T1, B, H),
                steps=True,
            ),
            r"at t = 0 of T = 2: w\[t \+ 1\] is read before",
        ),
        (  # what one loop over chunks left is forgotten when another one begins
            lambda: scratch(
                forward(
                    Chunks((Loop((assign(at("w"), 0),), length=CHUNK),), B),
                    Chunks((Loop((assign("z", at("w")),), length=CHUNK),), B),
                ),
                *(size(CHUNK), B, H),
                steps=True,
            ),
            r"w\[t\] is read before",
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
        (
            lambda: scratch(forward(assign("w", 0), assign("w", call("add", "w", load("w", (1, 0))))), H, H),
            "not the same elements",
        ),
        (lambda: scratch(forward(assign("w", 0), assign("w", load("w", (0, None)))), B, Size((), 1)), "not the same"),
        (
            lambda: scratch(forward(assign("w", 0), assign("w", load("w", (0, 2, 1)))), B, H, H),
            "not the same elements",
        ),
        (lambda: forward(Reduce(Ref("m"), column("m"), (B, O), (1,))), "overlaps the result of a reduction"),
    ],
    "everything_returned_is_written": [
        (lambda: without("dh0", 7), "gradient dh0 is not fully written"),
        (lambda: with_buffers(Buffer("s", (T, B, H), Role.SAVED, True)), "saved s is not fully written"),
        (lambda: short_loop(), r"output v is not fully written \(step 1, row 0, column 0, at {'T': 1, 'S': 1,"),
    ],
}
