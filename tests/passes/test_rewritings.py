"""Every pass: the exact text that it makes, and equal values before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from examples import (
    BACK,
    DZ,
    END,
    FROM_H,
    FROM_X,
    HOISTED,
    TANH,
    TWO_GATES,
    ZERO,
    back,
    backward,
    forward,
    into,
    lines,
    same_values,
    summed,
)
from programs import B, H, T, assign, at, call, row

from symrnn.ir.buffers import CHUNK, size
from symrnn.ir.nodes import Block, Loop, Program
from symrnn.ir.shapes import with_arguments
from symrnn.ir.validate import validate
from symrnn.passes.begin import begin
from symrnn.passes.chunk import chunk
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


@dataclass(frozen=True)
class Case:
    """A pass, what it is applied to, and the text of a procedure afterwards; the same text as before if it refuses."""

    rewriting: Callable[[Program], Program]
    before: Program
    after: tuple[str, ...]
    procedure: str = "forward"


CHANGED = {
    "hoist: a product with the input leaves the loop": Case(
        hoist,
        HOISTED,
        (
            "for t = 0 … T−1:",
            "  z[t] = x[t] @ Wᵀ",
            "for t = 0 … T−1:",
            "  z[t] += h[t] @ Uᵀ",
            "  h[t + 1] = tanh(z[t])",
        ),
    ),
    "hoist: and with it what it needs": Case(
        hoist,
        forward(
            FROM_X,
            assign("z2", call("tanh", "z")),
            into("z3", "z2", "U", False),
            assign(at("h", 1), call("mul", "z3", at("h"))),
        ),
        (
            "for t = 0 … T−1:",
            "  z[t] = x[t] @ Wᵀ",
            "for t = 0 … T−1:",
            "  z2[t] = tanh(z[t])",
            "for t = 0 … T−1:",
            "  z3[t] = z2[t] @ Uᵀ",
            "for t = 0 … T−1:",
            "  h[t + 1] = z3[t] ∘ h[t]",
        ),
    ),
    "hoist: in the order in which they need each other": Case(
        hoist,
        forward(
            assign("z2", call("mul", at("h"), 2)),
            into(at("s"), "z2", "U", False),
            into(at("h", 1), at("x"), "W", False),
        ),
        (
            "for t = 0 … T−1:",
            "  h[t + 1] = x[t] @ Wᵀ",
            "for t = 0 … T−1:",
            "  z2[t] = h[t] ∘ 2",
            "for t = 0 … T−1:",
            "  s[t] = z2[t] @ Uᵀ",
        ),
    ),
    "hoist: a product that the text has first": Case(
        hoist,
        forward(into(at("s"), at("h"), "U", False), into(at("h", 1), at("x"), "W", False)),
        ("for t = 0 … T−1:", "  h[t + 1] = x[t] @ Wᵀ", "for t = 0 … T−1:", "  s[t] = h[t] @ Uᵀ"),
    ),
    "sink: sums leave the loop, the carry stays": Case(
        sink,
        backward(*BACK, before=ZERO, after=END),
        (
            "carry = 0",
            "dW = 0",
            "db = 0",
            "for t = T−1 … 0:",
            "  z[t] = dh[t] ∘ (carry + h[t])",
            "  carry = z[t] @ U",
            "for t = T−1 … 0:",
            "  dW += z[t]ᵀ @ x[t]",
            "for t = T−1 … 0:",
            "  db += sum over rows of z[t]",
            "dh0 = carry",
        ),
        "backward",
    ),
    "widen: rows of all steps, and sums over them": Case(
        lambda program: widen(sink(program)),
        backward(*BACK, before=ZERO, after=END),
        (
            "carry = 0",
            "dW = 0",
            "db = 0",
            "for t = T−1 … 0:",
            "  z[t] = dh[t] ∘ (carry + h[t])",
            "  carry = z[t] @ U",
            "dW += z[0 : T]ᵀ @ x[0 : T]",
            "db += sumᵢⱼ of z[0 : T]",
            "dh0 = carry",
        ),
        "backward",
    ),
    "widen: a state one step later": Case(
        widen,
        forward(assign(at("h", 1), at("h")), after=(Loop((into(at("s"), at("h", 1), "U", False),)),)),
        ("for t = 0 … T−1:", "  h[t + 1] = h[t]", "s[0 : T] = h[1 : T + 1] @ Uᵀ"),
    ),
    "omit_zeros: the first term begins the sum": Case(
        lambda program: omit_zeros(widen(sink(program))),
        backward(*BACK, before=ZERO, after=END),
        (
            "carry = 0",
            "for t = T−1 … 0:",
            "  z[t] = dh[t] ∘ (carry + h[t])",
            "  carry = z[t] @ U",
            "dW = z[0 : T]ᵀ @ x[0 : T]",
            "db = sumᵢⱼ of z[0 : T]",
            "dh0 = carry",
        ),
        "backward",
    ),
    "reuse: a pre-activation lies where its gate is kept": Case(
        reuse,
        forward(*TWO_GATES),
        (
            "for t = 0 … T−1:",
            "  s[t] = x[t] @ Wᵀ",
            "  s[t] = sigmoid(s[t])",
            "  h[t + 1] = x[t] @ W2ᵀ",
            "  h[t + 1] = s[t] ∘ (tanh(h[t + 1]) + h[t])",
        ),
    ),
    "stack: products that share an operand": Case(
        stack,
        forward(
            into("z", at("x"), "W", False),
            into("z", at("h"), "U"),
            into("z2", at("x"), "W2", False),
            into("z2", at("h"), "U2"),
            assign(at("h", 1), call("mul", "z", "z2")),
        ),
        (
            "W_W2[0 : H, :] = W",
            "W_W2[H : 2*H, :] = W2",
            "U_U2[0 : H, :] = U",
            "U_U2[H : 2*H, :] = U2",
            "for t = 0 … T−1:",
            "  z_z2 = x[t] @ W_W2ᵀ",
            "  z_z2 += h[t] @ U_U2ᵀ",
            "  h[t + 1] = z_z2[:, 0 : H] ∘ z_z2[:, H : 2*H]",
        ),
    ),
    "stack: products that are added up": Case(
        stack,
        backward(
            assign("z", call("mul", at("dh"), "carry")),
            assign("z2", call("add", at("dh"), "carry")),
            back("carry", "z", "U"),
            back("carry", "z2", "U2", True),
            before=(assign("carry", 0),),
            after=END,
        ),
        (
            "carry = 0",
            "U_U2[0 : H, :] = U",
            "U_U2[H : 2*H, :] = U2",
            "for t = T−1 … 0:",
            "  z_z2[:, 0 : H] = dh[t] ∘ carry",
            "  z_z2[:, H : 2*H] = dh[t] + carry",
            "  carry = z_z2 @ U_U2",
            "dh0 = carry",
        ),
        "backward",
    ),
    "inline: a bias is added where the sum is read": Case(
        inline,
        forward(FROM_X, assign("z", row("b"), True), FROM_H, assign("z", call("tanh", "z")), assign(at("h", 1), "z")),
        (
            "for t = 0 … T−1:",
            "  z = x[t] @ Wᵀ",
            "  z += h[t] @ Uᵀ",
            "  z = tanh(z + row(b))",
            "  h[t + 1] = z",
        ),
    ),
    "inline: two terms are one": Case(
        inline,
        forward(FROM_X, assign("z", row("b"), True), assign("z", row("b2"), True), TANH),
        ("for t = 0 … T−1:", "  z = x[t] @ Wᵀ", "  z += row(b) + row(b2)", "  h[t + 1] = tanh(z)"),
    ),
    "begin: the elementwise term comes first": Case(
        begin,
        backward(
            DZ, back("carry", "z", "U"), assign("carry", call("mul", "z", at("h")), True), before=ZERO[:1], after=END
        ),
        (
            "carry = 0",
            "for t = T−1 … 0:",
            "  z = dh[t] ∘ (carry + h[t])",
            "  carry = z ∘ h[t]",
            "  carry += z @ U",
            "dh0 = carry",
        ),
        "backward",
    ),
    "fuse: one loop over elements, past a product": Case(
        fuse,
        backward(
            assign("g", call("add", at("dh"), "carry")),
            assign("z", call("mul", "g", at("h"))),
            back("z2", "z", "U"),
            assign("carry", call("mul", "g", 2)),
            assign("carry", "z2", True),
            before=ZERO[:1],
            after=END,
        ),
        (
            "carry = 0",
            "for t = T−1 … 0:",
            "  for each element:",
            "    g = dh[t] + carry",
            "    z = g ∘ h[t]",
            "    carry = g ∘ 2",
            "  z2 = z @ U",
            "  carry += z2",
            "dh0 = carry",
        ),
        "backward",
    ),
    "share: one gradient for two biases that are added": Case(
        share,
        backward(
            DZ,
            summed("db", "z"),
            summed("db2", "z"),
            back("carry", "z", "U"),
            before=(*ZERO[:1], *ZERO[2:], assign("db2", 0)),
            after=END,
        ),
        (
            "carry = 0",
            "db = 0",
            "for t = T−1 … 0:",
            "  z = dh[t] ∘ (carry + h[t])",
            "  db += sum over rows of z",
            "  carry = z @ U",
            "dh0 = carry",
            "db2 = db",
        ),
        "backward",
    ),
    "pack: what a loop multiplies by": Case(
        pack,
        HOISTED,
        (
            "W_panels = W",
            "U_panels = U",
            "for t = 0 … T−1:",
            "  z = x[t] @ W_panelsᵀ",
            "  z += h[t] @ U_panelsᵀ",
            "  h[t + 1] = tanh(z)",
        ),
    ),
    "chunk: a few steps at a time": Case(
        partial(chunk, height=6),
        HOISTED,
        (
            "for chunks of about 6 rows of B:",
            "  for t through the chunk:",
            "    z = x[t] @ Wᵀ",
            "    z += h[t] @ Uᵀ",
            "    h[t + 1] = tanh(z)",
        ),
    ),
    "chunk: what leaves the loop leaves the chunk": Case(
        lambda program: widen(sink(chunk(program, height=4))),
        backward(*BACK, before=ZERO, after=END),
        (
            "carry = 0",
            "dW = 0",
            "db = 0",
            "for chunks of about 4 rows of B, the last first:",
            "  for t down through the chunk:",
            "    z[t] = dh[t] ∘ (carry + h[t])",
            "    carry = z[t] @ U",
            "  dW += z[chunk]ᵀ @ x[chunk]",
            "  db += sumᵢⱼ of z[chunk]",
            "dh0 = carry",
        ),
        "backward",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_the_text_is_exactly_this(name) -> None:
    case = CHANGED[name]
    after = validate(with_arguments(case.rewriting(case.before)))
    assert lines(after, case.procedure) == list(case.after)
    assert lines(case.before, case.procedure) != list(case.after)


@pytest.mark.parametrize("name", CHANGED)
def test_values_are_kept(name) -> None:
    case = CHANGED[name]
    assert same_values(case.before, with_arguments(case.rewriting(case.before)))


def test_what_only_one_loop_over_elements_touches_is_local() -> None:
    case = CHANGED["fuse: one loop over elements, past a product"]
    roles = {one.name: one.role.value for one in case.rewriting(case.before).buffers}
    assert (roles["g"], roles["z"], roles["carry"]) == ("local", "workspace", "workspace")


def test_workspace_of_chunks_holds_the_steps_of_one() -> None:
    program = widen(sink(chunk(backward(*BACK, before=ZERO, after=END), height=4)))
    assert program.buffer("z").dims == (size(CHUNK), B, H) and program.buffer("x").dims[0] == T


def test_blocks_go_with_their_statements() -> None:
    program = forward(Block("1", "z = W x + U h", (FROM_X, FROM_H)), Block("2", "h = tanh(z)", (TANH,)))
    assert lines(widen(hoist(program))) == [
        "(1) z = W x + U h",
        "  z[0 : T] = x[0 : T] @ Wᵀ",
        "for t = 0 … T−1:",
        "  (1) z = W x + U h",
        "    z[t] += h[t] @ Uᵀ",
        "  (2) h = tanh(z)",
        "    h[t + 1] = tanh(z[t])",
    ]
