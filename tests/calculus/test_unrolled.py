"""The gradient for a given number of steps, term by term: the sum of the terms is the gradient, for every cell and T = 1 … 6."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from sympy import Integer
from trajectories import STEP, Run, derivation, direct, gradient, jacobian, moved, of_step, relative, run

from symrnn import cells
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Add, Diag, Leaf, Mul, Node, Ones, Power, Zeros, t
from symrnn.algebra.normal import normal_forms
from symrnn.algebra.sizes import size
from symrnn.calculus import unrolled as module
from symrnn.calculus.derive import derive
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.unrolled import direct as direct_part
from symrnn.calculus.unrolled import reads_states_only, source, source_leaf, transition_leaf, unrolled, use
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell
from symrnn.model.composition import compose

# Products of up to six Jacobians, sums of up to 21 terms of order one; relative to the largest entry of the gradient.
TOLERANCE = 1e-13
ALL_LENGTHS = range(1, 7)


# -- what M and g stand for, by numbers alone -----------------------------------------------------------------------------


def with_opaque(at: Run, stacked: Stacked) -> Run:
    """Add the values of M and g of every step to a run, by complex steps through the equations."""
    if stacked.is_single:
        return at  # everything is written out, and a cell may have an M or a g of its own
    values = dict(at.values)
    for step in range(1, at.steps + 1):
        blocks = [[block(at, step, one, other) for other in stacked.parts] for one in stacked.parts]
        values[transition_leaf(stacked).at(step)] = np.block(blocks).T
        parts = [zero(at, leaf) if back else direct(at, step, leaf) for leaf, back in stacked.parts]
        values[source_leaf(stacked).at(step)] = np.concatenate(parts)
    return replace(at, values=values)


def block(at: Run, step: int, one: tuple[Leaf, int], other: tuple[Leaf, int]) -> np.ndarray:
    (of, back), (by, earlier) = one, other
    if back == 0:
        return jacobian(at, step, of.at(step), by.at(step - 1 - earlier))
    return np.eye(len(zero(at, of)), len(zero(at, by))) * (of == by and earlier == back - 1)


def zero(at: Run, leaf: Leaf) -> np.ndarray:
    return np.zeros((int(leaf.shape[0].subs(at.sizes)), 1))


# -- every cell, every length ---------------------------------------------------------------------------------------------


# Of a matrix there is no Jacobian, and none of what reaches the next state by way of a row: nothing to unroll.
UNROLLED = tuple(
    name
    for name in networks.RUNNABLE
    if not name.startswith("normalized+") and all(state.leaf.is_column for state in networks.network(name).states)
)
BY_STATES = tuple(name for name in UNROLLED if reads_states_only(derivation(name)))
CASES = [(name, steps) for name in BY_STATES for steps in (ALL_LENGTHS if name.endswith("+none") else (3,))]


@pytest.mark.parametrize("name", [name for name in UNROLLED if name not in BY_STATES])
def test_a_loss_that_reads_more_than_states_is_refused(name):
    with pytest.raises(SymrnnError, match="beside its new states"):
        unrolled(derivation(name), networks.network(name).params[0].name, 3)


@pytest.mark.parametrize(("name", "steps"), CASES)
def test_the_terms_add_up_to_the_gradient(name, steps):
    """And they are as many as there are ways: use ≤ loss for a weight of the recurrence, one per step for one behind it."""
    derived = derivation(name)
    stacked = stack(derived)
    at = with_opaque(run(derived.network, steps, seed=steps), stacked)
    for leaf in derived.network.params:
        terms = unrolled(derived, leaf.name, steps)
        total = at.expressed(Add(*(term.value for term in terms)))
        # the 4 by 4 Legendre matrix of lmu is drawn at random: what reaches e_x through its powers cancels
        assert relative(total, gradient(at, leaf)) < (1e-12 if name.startswith("lmu") else TOLERANCE), leaf
        every = range(1, steps + 1)
        pairs = [(s, s) for s in every] if direct_part(derived, leaf.name) is not None else []
        delta = Leaf("δ", stacked.rows, 1, t)
        if use(derived, stacked, leaf.name, delta) is not None:
            pairs += [(s, k) for s in every for k in range(1, s + 1)]
        assert [(term.loss_step, term.use_step) for term in terms] == pairs


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "lstm+softmax_cross_entropy", "two_lags+none"])
def test_a_term_is_what_one_loss_gives_through_one_use(name, steps):
    """Not only the sum: each term is the derivative of the loss of its step with respect to the copy used at its step."""
    derived = derivation(name)
    at = with_opaque(run(derived.network, steps), stack(derived))
    leaf = derived.network.cell.params[0]
    for term in unrolled(derived, leaf.name, steps):
        truth = through(at, leaf, term.loss_step, term.use_step)
        assert relative(at.expressed(term.value), truth) < TOLERANCE


def through(at: Run, leaf: Leaf, loss_step: int, use_step: int) -> np.ndarray:
    """Return the derivative of the loss of one step with respect to the copy of a weight that another step uses."""
    values = dict(at.given)
    for step in range(1, at.steps + 1):
        now, copies = {t: Integer(step)}, {leaf: moved(at.given[leaf])} if step == use_step else {}
        for line in at.network.equations:
            values[line.target.xreplace(now)] = evaluate(line.expr.xreplace(now), {**values, **copies}, at.sizes)
    slopes = of_step(at.network, values, loss_step).imag / STEP
    return np.broadcast_to(slopes, (at.given[leaf].size,)).reshape(at.given[leaf].shape)


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "gru_after+none"])
def test_a_forgotten_term_is_noticed(name):
    derived = derivation(name)
    at = run(derived.network, 3)
    leaf = derived.network.cell.params[-1]
    terms = [term.value for term in unrolled(derived, leaf.name, 3)]
    truth = gradient(at, leaf)
    assert relative(at.expressed(Add(*terms)), truth) < TOLERANCE
    for place in range(len(terms)):
        assert relative(at.expressed(Add(*terms[:place], *terms[place + 1 :])), truth) > 1e-4


@pytest.mark.parametrize("mutant", ["reversed", "one factor less", "one factor more"])
def test_a_wrong_product_of_jacobians_is_noticed(monkeypatch, mutant):
    """M(k+1) … M(s): in this order, from the next step, up to the step of the loss."""
    orders = {
        "reversed": lambda step, last: range(last, step, -1),
        "one factor less": lambda step, last: range(step + 1, last),
        "one factor more": lambda step, last: range(step, last + 1),
    }

    def delta(derived, stacked, step, last):
        (part,) = source(derived, stacked)
        factors = (module.at(stacked.transition, j) for j in orders[mutant](step, last))
        return Mul(*factors, module.at(part, last))

    derived = derivation("rnn+softmax_cross_entropy")
    at = run(derived.network, 4)
    leaf = derived.network.params[1]
    monkeypatch.setattr(module, "_delta", delta)
    total = at.expressed(Add(*(term.value for term in unrolled(derived, leaf.name, 4))))
    assert relative(total, gradient(at, leaf)) > 1e-3


# -- written out ----------------------------------------------------------------------------------------------------------


def test_source_003_problem_4_written_out():
    """∂L/∂W_hh for T = 3 as six terms: (∂L_s/∂h_s) (∂h_s/∂h_{s−1}) … (∂h_{k+1}/∂h_k) (∂h_k/∂W_hh), every s ≥ k."""
    H = size("H")
    W = Leaf("W_hh", H, H)
    h = Leaf("h", H, 1, t)
    seed = Leaf("dh", H, 1, t)

    def slope(step: int) -> Node:
        return Ones(H) - Power(h.at(step), 2)

    def use(step: int, delta: Node) -> Node:
        """δ reaches W_hh at step k by (δ ∘ (1 − h_k²)) h_{k−1}ᵀ."""
        return (delta * slope(step)) @ h.at(step - 1).T

    def back(step: int) -> Node:
        return W.T @ Diag(slope(step))

    wanted = [
        (1, 1, use(1, seed.at(1))),
        (2, 1, use(1, back(2) @ seed.at(2))),
        (2, 2, use(2, seed.at(2))),
        (3, 1, use(1, back(2) @ back(3) @ seed.at(3))),
        (3, 2, use(2, back(3) @ seed.at(3))),
        (3, 3, use(3, seed.at(3))),
    ]
    derived = derivation("rnn+none")
    found = unrolled(derived, "W_hh", 3)
    assert [(term.loss_step, term.use_step) for term in found] == [(s, k) for s, k, _ in wanted]
    at = run(derived.network, 3)
    for term, (_, _, value) in zip(found, wanted, strict=True):
        left, right = normal_forms(term.value, value)
        assert left == right
        assert relative(at.expressed(term.value), at.expressed(value)) < TOLERANCE


def test_several_states_are_written_with_the_stacked_jacobian():
    derived = derivation("lstm_text+none")
    stacked = stack(derived)
    M, g = transition_leaf(stacked), source_leaf(stacked)
    (first, across, last) = unrolled(derived, "b_f", 2)
    assert first.value.has(g.at(1)) and not first.value.has(M.at(1))
    assert across.value.has(M.at(2)) and across.value.has(g.at(2)) and not across.value.has(g.at(1))
    assert last.value.has(g.at(2)) and not last.value.has(M.at(2))


# -- what is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [-1, 0, 7, 100])
def test_a_number_of_steps_out_of_range_is_refused(steps):
    message = f"a gradient is written out for 1 to 6 steps, not for {steps}; the closed form holds for every T"
    with pytest.raises(SymrnnError) as caught:
        unrolled(derivation("rnn+none"), "W_hh", steps)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["W", "x", "h", "", "W_hy"])
def test_an_unknown_parameter_is_refused_with_the_known_ones(name):
    with pytest.raises(SymrnnError) as caught:
        unrolled(derivation("rnn+none"), name, 3)
    assert str(caught.value) == f"rnn has no parameter {name}; its parameters are W_xh, W_hh, b_h"


# -- cells that put out something else than a state -----------------------------------------------------------------------

OUTPUT = """
cell readout
  input x: I
  state h: H
  h = tanh(W @ x + U @ h[t-1])
  param V: O x H
  y = V @ h
  output y
"""
SEVERAL_USES = """
cell several
  input x: I
  state h: H, c: H
  c = tanh(W @ x + U @ h[t-1]) * c[t-1]
  h = tanh(U @ c + W @ x) + c
"""
UNREACHED = """
cell unreached
  input x: I
  state h: H, c: H
  c = tanh(U @ c[t-1] + W @ x)
  h = tanh(V @ x)
  output h
"""


@pytest.mark.parametrize(
    ("text", "head"),
    [
        (OUTPUT, None),
        (OUTPUT, "squared_error"),
        (SEVERAL_USES, None),
        (SEVERAL_USES, "softmax_cross_entropy"),
        (UNREACHED, None),
    ],
)
@pytest.mark.parametrize("steps", [1, 3])
def test_the_terms_add_up_for_unusual_cells(text, head, steps):
    found = cells.load_head(head) if head else None
    derived = derive(compose(read_cell(text, "test"), found))
    stacked = stack(derived)
    at = with_opaque(run(derived.network, steps), stacked)
    for leaf in derived.network.params:
        terms = unrolled(derived, leaf.name, steps)
        total = at.expressed(Add(Zeros(*leaf.shape), *(term.value for term in terms)))
        truth = gradient(at, leaf)
        assert relative(total, truth) < TOLERANCE or not (total.any() or truth.any()), leaf
