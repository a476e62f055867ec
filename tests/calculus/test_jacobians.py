"""Jacobians of one step: against complex steps for every cell; the stack and its blocks; the hand form of M, and wrong ones."""

from types import SimpleNamespace

import networks
import numpy as np
import pytest
from sympy import Integer
from trajectories import derivation, jacobian, local, run

from symrnn.algebra.decide import decide
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import (
    Add,
    Apply,
    D,
    Diag,
    Eye,
    Had,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    Trace,
    t,
)
from symrnn.algebra.sizes import size
from symrnn.algebra.walk import leaves
from symrnn.calculus.differential import expand
from symrnn.calculus.jacobians import local_jacobians, read_off, stack, step_jacobian
from symrnn.errors import RuleError

# One network for each cell: what its states are to each other does not depend on the head.
EACH = tuple({name.partition("+")[0]: name for name in reversed(networks.ALL)}.values())
STACKED = tuple(name for name in EACH if all(state.leaf.is_column for state in networks.network(name).states))
# The state of `normalized` goes through a row, h[t-1].T @ w, before it is a column again: refused, not guessed.
CELLS = tuple(name for name in STACKED if not name.startswith("normalized+"))
STEP = 2  # the step at which Jacobians are taken: its past has already been computed by the equations
TOLERANCE = 1e-13  # products of at most four matrices with at most five rows, of order one
H = size("H")
h, before = Leaf("h", H, 1, t), Leaf("h", H, 1, t - 1)
W = Leaf("W_hh", H, H)
s = Leaf("s", 1, 1, t)


def entering(name: str) -> list[Leaf]:
    network = networks.network(name)
    past = [state.leaf.at(t - back) for state in network.states for back in range(1, state.lags + 1)]
    return [*past, *network.inputs]


def equal(value: np.ndarray, truth: np.ndarray) -> bool:
    """Return whether two Jacobians agree: 1 − tanh² of a unit that is saturated has only the digits that one has."""
    return value.shape == truth.shape and bool(np.abs(value - truth).max() <= TOLERANCE * max(1.0, np.abs(truth).max()))


@pytest.mark.parametrize("name", CELLS)
def test_the_jacobian_of_a_step_is_the_numerical_one(name):
    derived = derivation(name)
    at = run(derived.network, STEP)
    compared = 0
    for state in derived.network.states:
        for by in entering(name):
            truth = jacobian(at, STEP, state.leaf.at(STEP), by.xreplace({t: Integer(STEP)}))
            found = step_jacobian(derived, state.leaf, by)
            if found is None:
                assert not truth.any(), f"∂{state.leaf}/∂{by} is not zero"
            else:
                value = at.expressed(found, STEP)
                assert equal(value, truth), f"∂{state.leaf}/∂{by}"
                compared += 1
    assert compared


@pytest.mark.parametrize("name", EACH)
def test_the_local_jacobians_of_an_equation_are_the_numerical_ones(name):
    """Of one equation alone: what it reads moves, everything else stays."""
    derived = derivation(name)
    at = run(derived.network, STEP)
    for passage in derived.passages:
        if passage.equation.target.is_column:
            for leaf, found in local_jacobians(passage).items():
                truth = local(at, STEP, passage.equation, leaf)
                value = at.expressed(found, STEP)
                assert equal(value, truth), (passage.equation, leaf)


# -- the stack ------------------------------------------------------------------------------------------------------------


def test_a_single_state_is_its_own_stack():
    stacked = stack(derivation("rnn+softmax_cross_entropy"))
    assert stacked.is_single
    assert (stacked.parts, stacked.rows, stacked.name) == (((h, 0),), H, "h")


def test_the_blocks_of_two_lags():
    stacked = stack(derivation("two_lags+none"))
    assert stacked.parts == ((h, 0), (h, 1))
    assert stacked.rows == 2 * H
    assert not stacked.is_single
    slope = Diag(Ones(H) - Power(h, 2))
    (first, second), (shift, none) = stacked.blocks
    assert decide(first, slope @ Leaf("U_1", H, H)).is_proved
    assert decide(second, slope @ Leaf("U_2", H, H)).is_proved
    assert (shift, none) == (Eye(H), None)
    assert decide(first, slope @ Leaf("U_2", H, H)).is_refuted


def test_the_blocks_of_an_lstm():
    derived = derivation("lstm_text+none")
    stacked = stack(derived)
    c, f, i, o, g = (Leaf(name, H, 1, t) for name in "cfiog")
    assert stacked.parts == ((h, 0), (c, 0))
    (_, h_by_c), (c_by_h, c_by_c) = stacked.blocks
    squashed = next(line.target for line in derived.network.equations if line.target.name.startswith("a_"))
    assert decide(c_by_c, Diag(f)).is_proved
    assert decide(h_by_c, Mul(Diag(o), Diag(Ones(H) - Power(squashed, 2)), Diag(f))).is_proved
    gates = [
        Mul(Diag(c.at(t - 1)), Diag(f), Diag(Ones(H) - f), Leaf("U_f", H, H)),
        Mul(Diag(g), Diag(i), Diag(Ones(H) - i), Leaf("U_i", H, H)),
        Mul(Diag(i), Diag(Ones(H) - Power(g, 2)), Leaf("U_g", H, H)),
    ]
    assert decide(c_by_h, gates[0] + gates[1] + gates[2]).is_proved
    assert decide(c_by_h, gates[0] + gates[1]).is_refuted
    assert decide(c_by_c, Diag(i)).is_refuted


@pytest.mark.parametrize("name", CELLS)
def test_the_stacked_jacobian_is_the_numerical_one(name):
    """Entry by entry of the stack: s(t) as a function of s(t−1), the later lags shifted."""
    derived = derivation(name)
    at, stacked = run(derived.network, STEP), stack(derived)
    for (of, back), row in zip(stacked.parts, stacked.blocks, strict=True):
        for (by, earlier), block in zip(stacked.parts, row, strict=True):
            moved = by.at(STEP - 1 - earlier)
            if back:
                truth = np.eye(int(of.shape[0].subs(at.sizes))) * (of == by and earlier == back - 1)
            else:
                truth = jacobian(at, STEP, of.at(STEP), moved)
            value = np.zeros_like(truth) if block is None else at.expressed(block, STEP)
            assert np.abs(value - truth).max() <= TOLERANCE * max(1.0, np.abs(truth).max()), (of, back, by, earlier)


# -- M of the vanilla cell ------------------------------------------------------------------------------------------------


def test_the_transition_of_the_rnn_is_the_form_of_the_hand():
    found = stack(derivation("rnn+none")).transition
    assert decide(found, W.T @ Diag(Ones(H) - Power(h, 2))).is_proved


WRONG: dict[str, Node] = {
    "diag on the left": Diag(Ones(H) - Power(h, 2)) @ W.T,
    "not transposed": W @ Diag(Ones(H) - Power(h, 2)),
    "the Jacobian itself": Diag(Ones(H) - Power(h, 2)) @ W,
    "one step early": W.T @ Diag(Ones(H) - Power(before, 2)),
    "(1 − h)²": W.T @ Diag(Power(Ones(H) - h, 2)),
    "the other sign": Scale(-1, W.T @ Diag(Ones(H) - Power(h, 2))),
    "slope forgotten": W.T,
}


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_form_is_refuted_with_numbers(wrong):
    decision = decide(stack(derivation("rnn+none")).transition, WRONG[wrong])
    assert decision.is_refuted
    found = decision.counterexample
    assert abs(found.difference) > 1e-3 * max(abs(found.left), abs(found.right))


# -- reading off ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "jacobian_of_it"),
    [
        (D(h), Eye(H)),
        (Scale(-2, D(h)), Scale(-2, Eye(H))),
        (W @ D(h), W),
        (Mul(W.T, W, D(h)), W.T @ W),
        (Slice(W @ D(h), 1, 2), Slice(W, 1, 2)),
        (Mul(D(h), h.T, h), Diag(Mul(Ones(H), h.T, h))),
        (Multiple(s, D(h)), Multiple(s, Eye(H))),
        (Multiple(s, W @ D(h)), Multiple(s, W)),
        (Multiple(D(s), h), h),
        (Multiple(D(s), Ones(H)), Ones(H)),
        (Multiple(h.T @ D(h), W @ h), Mul(W, h, h.T)),
        (Multiple(Trace(W @ D(h) @ h.T), h), Mul(h, h.T, W)),
        (Mul(W, Multiple(D(s), W), h), Mul(W, W, h)),
        (Diag(D(h)) @ h, Diag(h)),
        (Mul(W, Diag(D(h)), h), W @ Diag(h)),
        (Mul(W, h, D(h).T, h), Mul(W, h, h.T)),
        (Mul(W, D(h), s), Mul(W, Diag(Ones(H) @ s))),
    ],
    ids=str,
)
def test_the_factor_in_front_of_a_differential_is_read_off(term, jacobian_of_it):
    assert read_off(term) == jacobian_of_it


@pytest.mark.parametrize(
    "term", [Diag(D(h)), Multiple(D(s), W), Multiple(Trace(D(W) @ W), h), Mul(D(W), h), Power(D(h), 2)], ids=str
)
def test_a_term_of_another_form_is_refused(term):
    with pytest.raises(RuleError, match="no Jacobian for"):
        read_off(term)


def test_a_dependence_by_way_of_a_matrix_is_refused():
    derived = derivation("normalized+none")
    state = derived.network.states[0].leaf
    with pytest.raises(RuleError, match="by way of a matrix"):
        step_jacobian(derived, state, state.at(t - 1))


# -- states that are numbers or matrices -----------------------------------------------------------------------------------


def step_of(*lines: tuple[Leaf, Node], states: tuple[Leaf, ...]) -> SimpleNamespace:
    """Return what `stack` reads of a derivation, for the equations of one step."""
    passages = []
    for target, expr in reversed(lines):
        read = leaves(expr)
        terms = expand(expr, read, [])
        contributions = tuple(SimpleNamespace(of=leaf) for leaf in read)
        passages.append(
            SimpleNamespace(equation=SimpleNamespace(target=target), expanded=Add(*terms), contributions=contributions)
        )
    network = SimpleNamespace(
        states=tuple(SimpleNamespace(leaf=leaf, lags=1) for leaf in states),
        equations=tuple(passage.equation for passage in passages),
        params=(),
    )
    return SimpleNamespace(network=network, passages=tuple(passages))


SIZES = {H: 3, t: 2}
a, k = Leaf("a", 1, 1, t), Leaf("k", H, 1, t)
s_before, memory = s.at(t - 1), Leaf("C", H, H, t)
NUMBERS = {
    "a number and a column": (
        (a, Apply("sigmoid", h.at(t - 1).T @ W @ h.at(t - 1) + s_before)),
        (s, Had(a, s_before) + Trace(Mul(W, h.at(t - 1), k.T))),
        (h, Apply("tanh", Multiple(a, W @ h.at(t - 1)) - Multiple(s, Ones(H)) + Quotient(k, Multiple(a, Ones(H))))),
    ),
    "normalised": (
        (a, Scale(1 / H, Ones(1, H) @ h.at(t - 1))),
        (k, h.at(t - 1) - Multiple(a, Ones(H))),
        (s, s_before + Apply("sqrt", Scale(1 / H, k.T @ k))),
        (h, Multiple(s_before, Quotient(k, Multiple(s, Ones(H))))),
    ),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_states_of_one_row_have_jacobians(name):
    lines = NUMBERS[name]
    stacked = stack(step_of(*lines, states=(h, s)))
    draw = np.random.default_rng(3)
    entering = {leaf: draw.normal(size=shape) for leaf, shape in ((W, (3, 3)), (k, (3, 1)), (before, (3, 1)))}
    entering[s_before] = draw.uniform(1, 2, size=(1, 1))

    def forward(values):
        for target, expr in lines:
            values = {**values, target: evaluate(expr, values, SIZES)}
        return values

    found = forward(entering)
    for (of, _), row in zip(stacked.parts, stacked.blocks, strict=True):
        for (by, _), block in zip(stacked.parts, row, strict=True):
            past = by.at(t - 1)
            columns = []
            for entry in np.eye(len(entering[past])):
                moved = {**entering, past: entering[past] + 1e-200j * entry[:, None]}
                columns.append(forward(moved)[of].imag / 1e-200)
            truth = np.hstack(columns)
            value = evaluate(block, found, SIZES)
            assert np.abs(truth).max() > 1e-3
            assert np.abs(value - truth).max() <= TOLERANCE * max(1.0, np.abs(truth).max()), (of, by)
            assert not np.abs(value - 2 * truth).max() <= TOLERANCE


def test_a_state_that_is_a_matrix_is_refused():
    past = memory.at(t - 1)
    with_memory = step_of((memory, Multiple(s, past) + k @ k.T), (h, memory @ k + before), states=(h, memory))
    with pytest.raises(RuleError, match=r"the state C\[t\]: it is a matrix \(H, H\)"):
        stack(with_memory)
    with pytest.raises(RuleError, match="it is a matrix"):
        step_jacobian(with_memory, h, past)
    with pytest.raises(RuleError, match="it is a matrix"):
        step_jacobian(with_memory, memory, before)
    assert step_jacobian(with_memory, h, before) == Eye(H)


@pytest.mark.parametrize("name", sorted(set(EACH) - set(STACKED)))
def test_no_cell_with_a_matrix_for_a_state_has_a_stack(name):
    with pytest.raises(RuleError, match="it is a matrix"):
        stack(derivation(name))
