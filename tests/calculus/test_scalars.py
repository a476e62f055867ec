"""The derivation against SymPy on fully expanded scalars: one formula for the whole network, differentiated."""

import numpy as np
import pytest
import sympy
from scalars import gradient, loss
from trajectories import Run, derivation, forward, relative, run

from symrnn.algebra.nodes import Add
from symrnn.calculus.unrolled import unrolled

# Some hundred operations on numbers of order one in double precision, in another order on each side.
TOLERANCE = 1e-13
SMALL = (
    ("rnn+none", 1, 3),
    ("rnn+none", 2, 2),
    ("rnn+none", 2, 3),
    ("rnn+squared_error", 1, 3),
    ("rnn+softmax_cross_entropy", 1, 2),
    ("rnn_transposed+softmax_cross_entropy_transposed", 1, 2),
    ("elman+none", 2, 2),
    ("elman+linear", 1, 3),
    ("gru_before+none", 1, 2),
)


def small(name: str, hidden: int, steps: int) -> Run:
    """Return a run with `hidden` entries in the state and as many more in everything else as there are sizes."""
    network = derivation(name).network
    at = run(network, steps, seed=hidden + steps)
    order = [network.states[0].leaf.shape[0], *(one for one in network.sizes if one != network.states[0].leaf.shape[0])]
    sizes = {size: hidden + number for number, size in enumerate(order)}
    draw = np.random.default_rng(17)
    given = {leaf: draw.normal(size=tuple(int(n.subs(sizes)) for n in leaf.shape)) for leaf in at.given}
    for leaf in given:
        if leaf.name in {one.name for one in network.assumptions}:
            given[leaf] = np.abs(given[leaf]) / np.abs(given[leaf]).sum()
    return Run(network, sizes, steps, given, forward(network, given, sizes, steps))


@pytest.mark.parametrize(("name", "hidden", "steps"), SMALL)
def test_the_derivation_is_the_derivative_of_the_expanded_formula(name, hidden, steps):
    derived, at = derivation(name), small(name, hidden, steps)
    formula = loss(at.network, at.sizes, steps, at.given)
    for leaf in at.network.params:
        terms = [term.value for term in unrolled(derived, leaf.name, steps)]
        truth = gradient(formula, leaf, at.sizes, at.given)
        assert relative(at.expressed(Add(*terms)), truth) < TOLERANCE, leaf


def test_the_expanded_formula_of_one_step_is_what_one_writes_down():
    at = small("rnn+none", 1, 1)
    formula = loss(at.network, at.sizes, 1, at.given)
    w, u, b, s, h0 = (sympy.Symbol(f"{name}[0,0]", real=True) for name in ("W_xh", "W_hh", "b_h", "dh@1", "h@0"))
    second = sympy.Symbol("W_xh[0,1]", real=True)
    x0, x1 = (sympy.Symbol(f"x@1[{i},0]", real=True) for i in range(2))
    assert sympy.expand(formula - s * sympy.tanh(w * x0 + second * x1 + u * h0 + b)) == 0


def test_a_gradient_without_its_early_uses_is_noticed():
    """Only the last use of the weight at each loss, as when the carry is forgotten."""
    derived, at = derivation("rnn+none"), small("rnn+none", 2, 3)
    formula = loss(at.network, at.sizes, 3, at.given)
    leaf = at.network.params[1]
    terms = [term.value for term in unrolled(derived, leaf.name, 3) if term.use_step == term.loss_step]
    assert relative(at.expressed(Add(*terms)), gradient(formula, leaf, at.sizes, at.given)) > 1e-2
