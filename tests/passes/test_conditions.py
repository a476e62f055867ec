"""Every pass leaves a program alone in which its condition does not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from examples import (
    BACK,
    DZ,
    END,
    FROM_X,
    HOISTED,
    LOSS,
    TANH,
    ZERO,
    back,
    backward,
    forward,
    into,
    lines,
    summed,
)
from programs import B, H, assign, at, call, column, load, row, scalar, step

from symrnn.ir.nodes import At, Loop, Reduce, Ref, Statement, When
from symrnn.ir.shapes import with_arguments
from symrnn.passes.begin import begin
from symrnn.passes.chunk import chunk
from symrnn.passes.defer import defer
from symrnn.passes.fuse import fuse
from symrnn.passes.hoist import hoist
from symrnn.passes.inline import inline
from symrnn.passes.omit_zeros import omit_zeros
from symrnn.passes.pack import pack
from symrnn.passes.reuse import reuse
from symrnn.passes.share import share
from symrnn.passes.sink import sink
from symrnn.passes.stack import stack
from symrnn.passes.widen import widen

LATER: tuple[Statement, ...] = (assign(at("h", 1), at("h")),)
LEFT_ALONE = {
    "hoist: what depends on the state": (hoist, forward(into("z", at("h"), "U", False), TANH)),
    "hoist: workspace that an earlier step wrote": (
        hoist,
        forward(assign("z", call("add", "q", row("b"))), assign("q", "z"), TANH, before=(assign("q", 0),)),
    ),
    "sink: what the next step needs": (
        sink,
        backward(DZ, back("carry", "z", "U"), before=ZERO[:1], after=END),
    ),
    "widen: two statements": (widen, HOISTED),
    "widen: a linear recurrence": (widen, forward(into(at("h", 1), at("h"), "U", False))),
    "widen: a sum that begins anew in every step": (
        widen,
        forward(*LATER, after=(Loop((Reduce(Ref("m"), load(at("h")), (B, H), (1,)),)),)),
    ),
    "omit_zeros: something reads the zero": (
        omit_zeros,
        backward(DZ, back("carry", "z", "U"), before=ZERO[:1], after=END),
    ),
    "omit_zeros: the sum is in a loop": (
        omit_zeros,
        backward(*BACK, before=ZERO, after=END),
    ),
    "reuse: the workspace is read again": (
        reuse,
        forward(
            FROM_X,
            assign(at("s"), call("sigmoid", "z")),
            assign("q", call("mul", at("s"), "z")),
            assign(at("h", 1), row("b")),
        ),
    ),
    "reuse: what is kept was touched before": (
        reuse,
        forward(
            assign(at("h", 1), at("h")),
            FROM_X,
            assign(at("s"), at("h", 1)),
            assign(at("h", 1), call("add", "z", at("s"))),
        ),
    ),
    "stack: something between needs the first": (
        stack,
        forward(
            into("z", at("h"), "U", False),
            assign(at("h", 1), "z"),
            into("z2", at("h", 1), "U2", False),
            assign(at("s"), call("mul", "z", "z2")),
        ),
    ),
    "stack: the right operands are no parameters": (
        stack,
        forward(assign("z", at("h")), assign("z2", at("h")), assign(at("h", 1), call("mul", "z", "z2"))),
    ),
    "inline: it is read twice": (
        inline,
        forward(
            FROM_X,
            assign("z", row("b"), True),
            assign("z", call("mul", call("tanh", "z"), "z")),
            assign(at("h", 1), "z"),
        ),
    ),
    "inline: something between reads it": (
        inline,
        forward(
            FROM_X,
            assign("z", row("b"), True),
            assign(at("s"), "z"),
            assign("z", call("tanh", "z")),
            assign(at("h", 1), "z"),
        ),
    ),
    "begin: the term needs the product": (
        begin,
        backward(
            DZ,
            back("carry", "z", "U"),
            assign("q", "carry"),
            assign("carry", call("mul", "q", at("h")), True),
            before=ZERO[:1],
            after=END,
        ),
    ),
    "fuse: an element needs others": (
        fuse,
        forward(
            assign("z", at("h")),
            Reduce(Ref("m"), load("z"), (B, H), (1,)),
            assign(at("h", 1), call("sub", "z", column("m"))),
        ),
    ),
    "fuse: outside of loops": (fuse, forward(*LATER, before=(assign("z", 0), assign("q", 0)))),
    "share: one of the two is read": (
        share,
        backward(DZ, summed("db", "z"), back("carry", "z", "U"), before=(*ZERO[:1], *ZERO[2:]), after=END),
    ),
    "pack: products carried out once": (pack, forward(*LATER, after=(into("z", step("h", 0), "U", False),))),
    "defer: what is not in a loop": (
        defer,
        forward(
            *LATER,
            before=(assign("J", 0),),
            after=(Reduce(Ref("J"), load(step("h", 0)), (B, H), (0, 1), accumulate=True),),
        ),
    ),
    "defer: a number that is read": (
        defer,
        forward(*LATER, LOSS, before=(assign("J", 0),), after=(assign("m", scalar("J")),)),
    ),
    "defer: a sum that is not of sequences only": (
        defer,
        forward(*LATER, LOSS, replace(LOSS, value=load("U"), domain=(H, H)), before=(assign("J", 0),)),
    ),
    "chunk: a loop without products": (chunk, forward(*LATER)),
    "chunk: a condition keeps its step": (
        lambda program: hoist(sink(program)),
        forward(assign(at("h", 1), at("h")), When(At("T", -1), (assign(at("h", 1), row("b"), True),))),
    ),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_program_in_which_the_condition_fails_is_left_alone(name) -> None:
    rewriting, program = LEFT_ALONE[name]
    for procedure in ("forward", "backward"):
        assert lines(with_arguments(rewriting(program)), procedure) == lines(program, procedure)
