"""Jacobians of one step: against complex steps for every cell; the stack and its blocks; the hand form of M, and wrong ones."""

import networks
import numpy as np
import pytest
from sympy import Integer
from trajectories import derivation, jacobian, local, relative, run

from symrnn.algebra.decide import decide
from symrnn.algebra.nodes import D, Diag, Eye, Leaf, Mul, Node, Ones, Power, Scale, Slice, Zeros, t
from symrnn.algebra.sizes import size
from symrnn.calculus.jacobians import local_jacobians, read_off, stack, step_jacobian
from symrnn.errors import RuleError

NONE = tuple(name for name in networks.ALL if name.endswith("+none"))
# The state of `normalized` goes through a row, h[t-1].T @ w, before it is a column again: refused, not guessed.
CELLS = tuple(name for name in NONE if name != "normalized+none")
STEP = 2  # the step at which Jacobians are taken: its past has already been computed by the equations
TOLERANCE = 1e-13  # products of at most four matrices with at most five rows, of order one
H = size("H")
h, before = Leaf("h", H, 1, t), Leaf("h", H, 1, t - 1)
W = Leaf("W_hh", H, H)


def entering(name: str) -> list[Leaf]:
    network = networks.network(name)
    past = [state.leaf.at(t - back) for state in network.states for back in range(1, state.lags + 1)]
    return [*past, *network.inputs]


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
                assert relative(value, truth) < TOLERANCE or not (truth.any() or value.any()), f"∂{state.leaf}/∂{by}"
                compared += 1
    assert compared


@pytest.mark.parametrize("name", NONE)
def test_the_local_jacobians_of_an_equation_are_the_numerical_ones(name):
    """Of one equation alone: what it reads moves, everything else stays."""
    derived = derivation(name)
    at = run(derived.network, STEP)
    for passage in derived.passages:
        if passage.equation.target.is_column:
            for leaf, found in local_jacobians(passage).items():
                truth = local(at, STEP, passage.equation, leaf)
                value = at.expressed(found, STEP)
                assert relative(value, truth) < TOLERANCE or not (truth.any() or value.any()), (passage.equation, leaf)


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
    derived = derivation("lstm+none")
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
    ],
    ids=str,
)
def test_the_factor_in_front_of_a_differential_is_read_off(term, jacobian_of_it):
    assert read_off(term) == jacobian_of_it


@pytest.mark.parametrize("term", [Zeros(H), Diag(D(h)) @ h], ids=str)
def test_a_term_of_another_form_is_refused(term):
    with pytest.raises(RuleError, match="no Jacobian for"):
        read_off(term)


def test_a_dependence_by_way_of_a_matrix_is_refused():
    derived = derivation("normalized+none")
    state = derived.network.states[0].leaf
    with pytest.raises(RuleError, match="by way of a matrix"):
        step_jacobian(derived, state, state.at(t - 1))
