"""The passes that make fewer and larger operations, for code in which each of them is a call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from examples import BACK, END, ZERO, back, backward, forward, into, lines, same_values
from programs import B, H, assign, at, call, column, load, row

from symrnn.ir.buffers import Role
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import At, Program, Reduce, Ref, When
from symrnn.ir.shapes import with_arguments
from symrnn.ir.validate import validate
from symrnn.passes import Pass
from symrnn.passes.factor import factor
from symrnn.passes.hoist import hoist
from symrnn.passes.reuse import reuse
from symrnn.passes.sink import sink
from symrnn.passes.stack import stack
from symrnn.passes.turn import turn
from symrnn.passes.unite import unite
from symrnn.passes.vectorize import vectorize

ADJOINT = assign("q", call("add", at("dh"), "carry"))
CHAIN = (
    ADJOINT,
    assign("g", call("mul", "q", at("h"))),
    assign("z", call("mul", "g", call("sub", 1, at("h")))),
    back("carry", "z", "U"),
)
GATES = (
    into("z", at("x"), "W", False),
    into("z", at("h"), "U"),
    assign("z", row("b"), True),
    assign(at("s"), call("sigmoid", "z")),
    into("z2", at("x"), "W2", False),
    into("z2", at("h"), "U2"),
    assign("z2", row("b2"), True),
    assign(at("s2"), call("tanh", "z2")),
)
STATE = assign(at("h", 1), call("mul", at("s"), call("add", at("s2"), at("h"))))


def chain(*inside: object) -> Program:
    return backward(*inside, before=ZERO[:1], after=END)  # type: ignore[arg-type]


def gates(*inside: object) -> Program:
    """Return a program whose gates s and s2 are columns of one buffer."""
    return stack(reuse(forward(*inside)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    """A pass, what it is applied to, and the text of a procedure afterwards, from the first line that it changes."""

    rewriting: Pass
    before: Program
    after: tuple[str, ...]
    procedure: str = "forward"


CHANGED = {
    "factor: what lies between is put in, and the factor where the product goes": Case(
        factor,
        chain(*CHAIN),
        (
            "  q = dh[t] + carry",
            "  z = h[t] ∘ (1 − h[t])",
            "  z = q ∘ z",
            "  carry = z @ U",
            "dh0 = carry",
        ),
        "backward",
    ),
    "factor: and what is the same in all terms of a sum is outside": Case(
        factor,
        chain(
            ADJOINT,
            assign("g", call("sub", call("mul", "q", at("h")), call("mul", "q", at("h", 1)))),
            assign("z", call("mul", "g", at("h"))),
            back("carry", "z", "U"),
        ),
        (
            "  q = dh[t] + carry",
            "  z = (h[t] − h[t + 1]) ∘ h[t]",
            "  z = q ∘ z",
            "  carry = z @ U",
            "dh0 = carry",
        ),
        "backward",
    ),
    "factor: elsewhere, if the product changes itself": Case(
        factor,
        chain(ADJOINT, assign("q", call("mul", "q", call("tanh", at("h")))), back("carry", "q", "U")),
        (
            "  q = dh[t] + carry",
            "  factor_q = tanh(h[t])",
            "  q = q ∘ factor_q",
            "  carry = q @ U",
            "dh0 = carry",
        ),
        "backward",
    ),
    "vectorize: after factor and hoist": Case(
        lambda program: vectorize(hoist(factor(program))),
        chain(*CHAIN),
        (
            "z[0 : T] = h[0 : T] ∘ (1 − h[0 : T])",
            "for t = T−1 … 0:",
            "  q = dh[t] + carry",
            "  z[t] = q ∘ z[t]",
            "  carry = z[t] @ U",
            "dh0 = carry",
        ),
        "backward",
    ),
    "vectorize: sums of each row": Case(
        lambda program: vectorize(sink(program)),
        forward(
            assign("z", at("h")),
            Reduce(Ref("m"), load("z"), (B, H), (1,)),
            assign(at("s"), call("sub", "z", column("m"))),
            assign(at("h", 1), call("tanh", at("h"))),
        ),
        (
            "  h[t + 1] = tanh(h[t])",
            "z[0 : T] = h[0 : T]",
            "m[0 : T] = sumₖ of z[0 : T]",
            "s[0 : T] = z[0 : T] − m[0 : T]ᵢⱼ",
        ),
    ),
    "turn: parameters": Case(
        turn,
        forward(*GATES[:2], assign(at("h", 1), call("tanh", "z"))),
        (
            "U_T = Uᵀ",
            "W_T = Wᵀ",
            "for t = 0 … T−1:",
            "  z = x[t] @ W_T",
            "  z += h[t] @ U_T",
            "  h[t + 1] = tanh(z)",
        ),
    ),
    "turn: stacked matrices are stored so": Case(
        turn,
        gates(*GATES[:2], *GATES[3:6], assign(at("s2"), call("tanh", "z2")), STATE),
        (
            "W_W2[:, 0 : H] = Wᵀ",
            "W_W2[:, H : 2*H] = W2ᵀ",
            "U_U2[:, 0 : H] = Uᵀ",
            "U_U2[:, H : 2*H] = U2ᵀ",
            "for t = 0 … T−1:",
            "  s_s2[t] = x[t] @ W_W2",
            "  s_s2[t] += h[t] @ U_U2",
            "  s_s2[t][:, 0 : H] = sigmoid(s_s2[t][:, 0 : H])",
            "  s_s2[t][:, H : 2*H] = tanh(s_s2[t][:, H : 2*H])",
            "  h[t + 1] = s_s2[t][:, 0 : H] ∘ (s_s2[t][:, H : 2*H] + h[t])",
        ),
    ),
    "unite: a sigmoid and a hyperbolic tangent": Case(
        unite,
        gates(*GATES, STATE),
        (
            "W_W2[0 : H, :] = 1/2 ∘ W",
            "W_W2[H : 2*H, :] = W2",
            "U_U2[0 : H, :] = 1/2 ∘ U",
            "U_U2[H : 2*H, :] = U2",
            "scale[:, 0 : H] = 1/2",
            "scale[:, H : 2*H] = 1",
            "shift[:, 0 : H] = 1/2",
            "shift[:, H : 2*H] = 0",
            "b_s_s2[:, 0 : H] = 1/2 ∘ b",
            "b_s_s2[:, H : 2*H] = b2",
            "for t = 0 … T−1:",
            "  s_s2[t] = x[t] @ W_W2ᵀ",
            "  s_s2[t] += h[t] @ U_U2ᵀ",
            "  s_s2[t] += row(b_s_s2)",
            "  s_s2[t] = row(scale) ∘ tanh(s_s2[t]) + row(shift)",
            "  h[t + 1] = s_s2[t][:, 0 : H] ∘ (s_s2[t][:, H : 2*H] + h[t])",
        ),
    ),
    "unite: two sigmoids, and a term that is no row": Case(
        unite,
        gates(
            *GATES[:2],
            assign("z", call("mul", row("b"), at("h")), True),
            *GATES[3:6],
            assign(at("s2"), call("sigmoid", "z2")),
            STATE,
        ),
        (
            "W_W2[0 : H, :] = 1/2 ∘ W",
            "W_W2[H : 2*H, :] = 1/2 ∘ W2",
            "U_U2[0 : H, :] = 1/2 ∘ U",
            "U_U2[H : 2*H, :] = 1/2 ∘ U2",
            "for t = 0 … T−1:",
            "  s_s2[t] = x[t] @ W_W2ᵀ",
            "  s_s2[t] += h[t] @ U_U2ᵀ",
            "  s_s2[t][:, 0 : H] += 1/2 ∘ (row(b) ∘ h[t])",
            "  s_s2[t] = 1/2 ∘ tanh(s_s2[t]) + 1/2",
            "  h[t + 1] = s_s2[t][:, 0 : H] ∘ (s_s2[t][:, H : 2*H] + h[t])",
        ),
    ),
    "unite: what is read before cannot be halved before": Case(
        unite,
        gates(*GATES[:2], assign("q", "z"), *GATES[3:6], GATES[7], assign("q", at("h"), True), STATE),
        (
            "scale[:, 0 : H] = 1/2",
            "scale[:, H : 2*H] = 1",
            "shift[:, 0 : H] = 1/2",
            "shift[:, H : 2*H] = 0",
            "for t = 0 … T−1:",
            "  s_s2[t] = x[t] @ W_W2ᵀ",
            "  s_s2[t] += h[t] @ U_U2ᵀ",
            "  q = s_s2[t][:, 0 : H]",
            "  s_s2[t] = row(scale) ∘ tanh(row(scale) ∘ s_s2[t]) + row(shift)",
            "  q += h[t]",
            "  h[t + 1] = s_s2[t][:, 0 : H] ∘ (s_s2[t][:, H : 2*H] + h[t])",
        ),
    ),
}

LEFT_ALONE = {
    "factor: the recurrence changes every factor": (factor, backward(*BACK, before=ZERO, after=END)),
    "factor: what lies between is read twice": (
        factor,
        chain(
            ADJOINT,
            assign("g", call("mul", "q", at("h"))),
            assign("z", call("mul", "g", at("h"))),
            back("carry", "z", "U"),
            assign("carry", "g", True),
        ),
    ),
    "factor: what lies between reads what is written before its use": (
        factor,
        chain(
            ADJOINT,
            assign("g", call("mul", "q", at("h"))),
            assign("q", at("dh")),
            assign("z", call("mul", "g", at("h"))),
            back("carry", "z", "U"),
            assign("carry", "q", True),
        ),
    ),
    "factor: it is the same in every step": (
        factor,
        chain(ADJOINT, assign("z", call("mul", "q", call("tanh", row("b")))), back("carry", "z", "U")),
    ),
    "vectorize: a recurrence": (vectorize, forward(assign("z", at("h")), assign(at("h", 1), call("tanh", "z")))),
    "vectorize: a condition": (
        vectorize,
        forward(assign(at("h", 1), at("h")), When(At("T", -1), (assign(at("h", 1), row("b"), True),))),
    ),
    "turn: products of all steps": (turn, forward(assign(at("h", 1), at("h")), after=())),
    "turn: a product that needs the matrix as it is": (turn, chain(*CHAIN)),
    "unite: the logarithm of a gate": (
        unite,
        gates(*GATES, assign(at("h", 1), call("mul", call("log", at("s")), call("add", at("s2"), at("h"))))),
    ),
    "unite: one gate needs the other": (
        unite,
        gates(*GATES[:7], assign("z2", call("mul", at("s"), at("h")), True), GATES[7], STATE),
    ),
    "unite: no sigmoid": (
        unite,
        gates(*GATES[:3], assign(at("s"), call("tanh", "z")), *GATES[4:], STATE),
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_the_text_is_exactly_this(name) -> None:
    case = CHANGED[name]
    after = lines(validate(with_arguments(case.rewriting(case.before))), case.procedure)
    assert after[-len(case.after) :] == list(case.after)


@pytest.mark.parametrize("name", CHANGED)
def test_values_are_kept(name) -> None:
    case = CHANGED[name]
    assert same_values(case.before, with_arguments(case.rewriting(case.before)))


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_program_in_which_the_condition_fails_is_left_alone(name) -> None:
    rewriting, program = LEFT_ALONE[name]
    for procedure in ("forward", "backward"):
        assert lines(with_arguments(rewriting(program)), procedure) == lines(program, procedure)


def test_a_sigmoid_that_is_a_hyperbolic_tangent_keeps_its_limits() -> None:
    """1 at ∞, 0 at −∞, NaN at NaN; between them as near as one half unit in the last place of 1 and the rounding of tanh."""
    program = unite(gates(*GATES, assign(at("h", 1), at("s"))))
    z = np.array([np.inf, -np.inf, np.nan, -800, 800, -40, -1, 0, 0.5, 30])
    sizes = {"T": 1, "B": 10, "I": 1, "H": 1}
    shapes = {
        one.name: [form.value(sizes) for form in one.dims] for one in program.buffers if one.role is not Role.WORK
    }
    arrays = {name: np.zeros(shapes[name]) for name in program.forward.arguments if name in shapes}
    arrays |= {"x": z.reshape(1, 10, 1), "W": np.ones((1, 1))}
    with np.errstate(all="ignore"):
        found = interpret(program, program.forward, arrays, sizes)["h"][1, :, 0]
        np.testing.assert_allclose(found, 1 / (1 + np.exp(-z)), rtol=0, atol=3e-16)
