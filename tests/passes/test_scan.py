"""Linear recurrences as scans: the text, the values, what is left alone, and the emitted function in every way it goes."""

from __future__ import annotations

from dataclasses import replace

import networks
import numpy as np
import pytest
import running
from examples import backward, forward, lines, same_values
from programs import T, assign, at, call, row

from symrnn.calculus.derive import derive
from symrnn.calculus.linear import linear_recurrences
from symrnn.ir.buffers import Role
from symrnn.ir.nodes import Call, Loop, Map, Number, Ref
from symrnn.ir.rename import exchange
from symrnn.ir.scans import scan_of
from symrnn.ir.validate import validate
from symrnn.ir.walk import compounds
from symrnn.lower import lower
from symrnn.passes import FOR, optimize
from symrnn.passes.scan import scan
from symrnn.rendering import templates_dir
from symrnn.runtime import load

STATE = forward(assign(at("h", 1), call("add", call("mul", row("b"), at("h")), row("b2"))))


def test_the_text_of_a_state() -> None:
    program = validate(scan(STATE))
    assert lines(program) == [
        "h_factors[0 : T] = bₖ",
        "h_terms[0 : T] = b2ₖ",
        "for t = 0 … T−1:",
        "  h[t + 1] = h_factors[t] ∘ h[t] + h_terms[t]",
    ]
    assert same_values(STATE, program)


def test_the_text_of_what_is_carried() -> None:
    adding = (assign("z", call("add", at("dh"), "carry")), assign("carry", call("mul", "z", row("b"))))
    program = backward(*adding, before=(assign("carry", 0),), after=(assign("dh0", "carry"),))
    assert scan(program) == program  # z is of one step only
    steps = tuple(replace(one, dims=(T, *one.dims), steps=True) if one.name == "z" else one for one in program.buffers)
    body = tuple(exchange(one, lambda ref: at("z") if ref == Ref("z") else ref) for one in program.backward.body)
    wide = validate(replace(program, buffers=steps, backward=replace(program.backward, body=body)))
    after = validate(scan(wide))
    assert lines(after, "backward") == [
        "carry = 0",
        "z_factors[0 : T] = bₖ",
        "z_terms[0 : T] = z_factors[0 : T] ∘ dh[0 : T]",
        "z_carries[T] = carry",
        "for t = T−1 … 0:",
        "  z_carries[t] = z_factors[t] ∘ z_carries[t + 1] + z_terms[t]",
        "z[0 : T] = dh[0 : T] + z_carries[1 : T + 1]",
        "carry = z_carries[0]",
        "dh0 = carry",
    ]
    assert same_values(wide, after)


SPLIT = (
    (call("sub", at("h"), call("mul", Number(1, 2), at("h"))), True),
    (call("add", at("h"), row("b")), False),  # the factor is 1: a sum
    (call("div", at("h"), row("b")), True),
    (call("mul", call("add", at("h"), row("b2")), row("b")), True),
)


@pytest.mark.parametrize(("value", "found"), SPLIT)
def test_what_is_linear_is_taken_apart(value, found) -> None:
    program = forward(assign(at("h", 1), value))
    after = validate(scan(program))
    assert (after != program) is found
    assert same_values(program, after)


NOT_LINEAR = (
    call("tanh", at("h")),
    call("mul", at("h"), at("h")),
    call("div", row("b"), at("h")),
    call("mul", call("sigmoid", at("h")), at("h")),
    row("b"),
)


@pytest.mark.parametrize("value", NOT_LINEAR)
def test_anything_else_is_left_alone(value) -> None:
    program = forward(assign(at("h", 1), value))
    assert scan(program) is program or scan(program) == program


def test_two_statements_that_are_no_carry_are_left_alone() -> None:
    program = forward(assign(at("h", 1), call("mul", row("b"), at("h"))), assign("z", at("h", 1)))
    assert scan(program) == program


def test_only_the_form_itself_is_a_scan() -> None:
    program = scan(STATE)
    loop = next(one for one in compounds(program.forward.body) if isinstance(one, Loop))
    assert scan_of(program, loop) is not None
    (unit,) = loop.body
    assert isinstance(unit, Map)
    assert isinstance(unit.value, Call)
    for changed in (
        Map(unit.out, unit.value, True),
        Map(unit.out, Call("sub", unit.value.arguments)),
        Map(unit.out, Call("add", unit.value.arguments[::-1])),
        Map(Ref("h", unit.out.at, None, None), Call("add", (unit.value.arguments[1], unit.value.arguments[1]))),
    ):
        assert scan_of(program, Loop((changed,))) is None
    assert scan_of(program, Loop((unit,), reverse=True)) is None


SCANNED = (
    "mingru",
    "minlstm",
    "rglru",
    "ssm_diagonal",
    "trnn",
    "qrnn",
)  # the others have matrices, or two states together


@pytest.mark.parametrize("name", [f"{one}+softmax_cross_entropy" for one in (*SCANNED, "gru", "indrnn", "scrn", "lru")])
def test_cells_whose_jacobian_is_diagonal_and_free_of_states_are_scanned(name) -> None:
    derivation = derive(networks.network(name))
    program = optimize(lower(derivation), FOR["numpy"])
    found = [one.name for one in program.having(Role.WORK) if one.name.endswith("_factors")]
    assert bool(found) is (name.partition("+")[0] in SCANNED)
    assert not found or linear_recurrences(derivation)


@pytest.mark.parametrize("name", ("rglru+softmax_cross_entropy", "mingru+none"))
def test_emitted_code_computes_the_same_for_any_number_of_steps_and_sequences(name) -> None:
    net = networks.network(name)
    program = lower(derive(net))
    compiled = load(program, "numpy")
    assert "_scan(" in compiled.source[f"{program.name}.py"]
    for steps, batch in ((1, 2), (17, 3), (700, 2), (100, 9), (700, 9), (40, 40)):
        arrays, sizes = running.drawn(net, steps=steps, batch=batch)
        wanted = running.run(program, arrays, sizes)
        found = (compiled.loss_and_gradient if program.loss else compiled.gradient)(**arrays)
        for key in set(wanted) & set(found):
            # sums of up to 6300 terms in another order
            assert np.abs(found[key] - wanted[key]).max() <= 1e-12 * max(1.0, np.abs(wanted[key]).max()), key


def emitted():
    found: dict[str, object] = {"np": np}
    exec((templates_dir() / "numpy" / "scan.py").read_text(encoding="utf-8"), found)
    return found["_scan"]


def one_by_one(factors: np.ndarray, terms: np.ndarray, first: np.ndarray) -> np.ndarray:
    states = [first]
    for factor, term in zip(factors, terms, strict=True):
        states.append(factor * states[-1] + term)
    return np.array(states)


SIZES = ((1, 1), (15, 3), (16, 1), (300, 16), (65, 17), (600, 100), (40, 200), (1000, 1))


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize(("steps", "count"), SIZES)
def test_a_scan_is_accurate(steps, count, down) -> None:
    draw = np.random.default_rng(steps)
    factors, terms = draw.uniform(-1, 1, (steps, count)), draw.normal(size=(steps, count))
    states = np.empty((steps + 1, count))
    view = slice(None, None, -1 if down else 1)
    states[view][0] = draw.normal(size=count)
    wanted = one_by_one(factors[view], terms[view], states[view][0])
    with np.errstate(all="raise", under="ignore"):
        emitted()(factors[view], terms[view], states[view])
    assert np.abs(states[view] - wanted).max() <= 1e-14 * np.abs(wanted).max()


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize(
    ("factor", "term", "first"),
    [(2.0, 0.0, 0.0), (1e-300, 1.0, 1.0), (0.5, np.inf, 1.0), (0.5, np.nan, 1.0), (0.0, 1.0, np.inf)],
)
def test_what_overflows_on_the_way_or_was_never_finite_is_as_step_by_step(factor, term, first, count) -> None:
    factors, terms = np.full((2000, count), factor), np.zeros((2000, count))
    terms[7] = term
    states = np.full((2001, count), first)
    with np.errstate(all="ignore"):
        emitted()(factors, terms, states)
        assert np.array_equal(states, one_by_one(factors, terms, states[0]), equal_nan=True)


def test_a_scan_that_forgets_the_first_state_is_noticed() -> None:
    factors, terms = np.full((100, 1), 0.9), np.ones((100, 1))
    states = np.zeros((101, 1))
    emitted()(factors, terms, states)
    assert np.abs(states - one_by_one(factors, terms, np.ones(1))).max() > 0.1
