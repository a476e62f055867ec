"""The closed form of the adjoint through time: proved, and with numbers the recursion, the truth, and not its usual mistakes."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from sympy import Integer, Symbol
from trajectories import STEP, derivation, direct, moved, of_step, relative, run

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.induction import backward_recursion, prove_by_induction
from symrnn.algebra.nodes import Add, Leaf, Mul, Node, T, Transpose, t
from symrnn.algebra.time import ProdT, SumT
from symrnn.calculus.closed_form import ClosedForm, closed_form
from symrnn.calculus.jacobians import stack
from symrnn.calculus.unrolled import source_leaf, transition_leaf
from symrnn.errors import ProofError

TOLERANCE = 1e-13  # products of at most seven matrices of order one
j, k = Symbol("j", integer=True), Symbol("k", integer=True)
# Those with one stacked Jacobian: every state a column, and no way from one to the next that goes through a row.
CELLS = tuple(
    name
    for name in networks.RUNNABLE
    if name.endswith("+none")
    and name != "normalized+none"
    and all(state.leaf.is_column for state in networks.network(name).states)
)


def numbers(found: ClosedForm, rows: int, steps: int) -> dict[Node, np.ndarray]:
    """Return random M and g of every step: the statement holds for any."""
    draw = np.random.default_rng(rows + steps)
    M, g = transition_leaf(found.stacked), source_leaf(found.stacked)
    values: dict[Node, np.ndarray] = {}
    for step in range(1, steps + 1):
        values[M.at(step)], values[g.at(step)] = draw.normal(size=(rows, rows)), draw.normal(size=(rows, 1))
    return values


def recursion(found: ClosedForm, values: dict[Node, np.ndarray], steps: int) -> dict[int, np.ndarray]:
    """Return δ of every step as a program computes it, from the last step to the first."""
    M, g = transition_leaf(found.stacked), source_leaf(found.stacked)
    delta = {steps: values[g.at(steps)]}
    for step in reversed(range(1, steps)):
        delta[step] = values[g.at(step)] + values[M.at(step + 1)] @ delta[step + 1]
    return delta


@pytest.mark.parametrize("name", CELLS)
def test_the_closed_form_is_proved_for_every_cell(name):
    stacked = stack(derivation(name))
    found = closed_form(stacked)
    M, g = transition_leaf(stacked), source_leaf(stacked)
    assert found.claim == SumT(Mul(ProdT(M.at(j), j, t + 1, k), g.at(k)), k, t, T)
    assert found.delta.shape == (stacked.rows, 1)
    assert found.last == T
    assert found.base == g.at(T)
    assert found.step == Add(g, M.at(t + 1) @ found.delta_at(t + 1))
    assert found.proof.base and found.proof.step


@pytest.mark.parametrize("steps", [1, 2, 4, 7])
@pytest.mark.parametrize("name", ["rnn+none", "two_lags+none", "lstm+none"])
def test_its_value_is_that_of_the_recursion(name, steps):
    found = closed_form(stack(derivation(name)))
    sizes = dict.fromkeys(found.stacked.rows.free_symbols, 3)
    rows = int(found.stacked.rows.subs(sizes))
    values = numbers(found, rows, steps)
    truth = recursion(found, values, steps)
    for step in range(1, steps + 1):
        value = evaluate(found.claim.xreplace({t: Integer(step)}), values, {**sizes, T: steps})
        assert relative(value, truth[step]) < TOLERANCE
        if step < steps:
            after = {**values, found.delta_at(Integer(step + 1)): truth[step + 1]}
            value = evaluate(found.step.xreplace({t: Integer(step)}), after, {**sizes, T: steps})
            assert relative(value, truth[step]) < TOLERANCE


def wrong_claims(M: Leaf, g: Leaf) -> dict[str, Node]:
    product = ProdT(M.at(j), j, t + 1, k)
    return {
        "descending": SumT(Mul(Transpose(ProdT(M.at(j).T, j, t + 1, k)), g.at(k)), k, t, T),
        "transposed factors": SumT(Mul(ProdT(M.at(j).T, j, t + 1, k), g.at(k)), k, t, T),
        "product from t": SumT(Mul(ProdT(M.at(j), j, t, k), g.at(k)), k, t, T),
        "product to k − 1": SumT(Mul(ProdT(M.at(j), j, t + 1, k - 1), g.at(k)), k, t, T),
        "sum from t + 1": SumT(Mul(product, g.at(k)), k, t + 1, T),
        "last loss only": Mul(ProdT(M.at(j), j, t + 1, T), g.at(T)),
        "g of t": SumT(Mul(product, g), k, t, T),
    }


STACKED = stack(derivation("rnn+none"))
WRONG = wrong_claims(transition_leaf(STACKED), source_leaf(STACKED))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_closed_form_is_not_proved_and_has_other_numbers(wrong):
    found = closed_form(STACKED)
    M, g = transition_leaf(STACKED), source_leaf(STACKED)
    with pytest.raises(ProofError):
        prove_by_induction(WRONG[wrong], backward_recursion(found.delta, M, g))
    sizes = dict.fromkeys(STACKED.rows.free_symbols, 3)
    values = numbers(found, 3, 5)
    values[M.at(0)] = np.zeros((3, 3))
    truth = recursion(found, values, 5)
    errors = [
        relative(evaluate(WRONG[wrong].xreplace({t: Integer(step)}), values, {**sizes, T: 5}), truth[step])
        for step in range(1, 6)
    ]
    assert max(errors) > 0.1


def test_a_wrong_recursion_does_not_have_this_closed_form():
    found = closed_form(STACKED)
    M, g = transition_leaf(STACKED), source_leaf(STACKED)
    right = backward_recursion(found.delta, M, g)
    for rule in (
        Add(g, M @ found.delta_at(t + 1)),
        Add(g.at(t + 1), M.at(t + 1) @ found.delta_at(t + 1)),
        Add(g, M.at(t + 1).T @ found.delta_at(t + 1)),
        M.at(t + 1) @ found.delta_at(t + 1),
    ):
        with pytest.raises(ProofError):
            prove_by_induction(found.claim, replace(right, rule=rule))


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "irnn+none"])
def test_at_a_real_run_it_is_the_adjoint_of_the_state(name):
    """M and g of a single state written out: ∂J/∂h(t) by a complex step that starts in the middle of the sequence."""
    derived, steps = derivation(name), 4
    at = run(derived.network, steps)
    stacked = stack(derived)
    found = closed_form(stacked)
    values = dict(at.values)
    for step in range(1, steps + 1):
        values[transition_leaf(stacked).at(step)] = at.expressed(stacked.transition, step)
        values[source_leaf(stacked).at(step)] = direct(at, step, stacked.parts[0][0])
    for step in range(1, steps + 1):
        value = evaluate(found.claim.xreplace({t: Integer(step)}), values, {**at.sizes, T: steps})
        assert relative(value, later_gradient(at, step)) < TOLERANCE


def later_gradient(at, step: int) -> np.ndarray:
    """Return ∂(J(t) + … + J(T))/∂h(t): the state is moved after its own step."""
    h = at.network.states[0].leaf
    total = direct(at, step, h)
    values = {**at.values, h.at(step): moved(at.values[h.at(step)])}
    for later in range(step + 1, at.steps + 1):
        now = {t: Integer(later)}
        for line in at.network.equations:
            values[line.target.xreplace(now)] = evaluate(line.expr.xreplace(now), values, at.sizes)
        total = total + (of_step(at.network, values, later).imag / STEP).reshape(-1, 1)
    return total
