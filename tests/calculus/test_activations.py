"""Derivatives of the function table as matrix expressions, in the argument and in the output, against complex steps."""

import numpy as np
import pytest
import sympy
from trajectories import STEP

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.evaluate import function as numeric
from symrnn.algebra.functions import COLUMN_FUNCTIONS, FUNCTIONS, Z
from symrnn.algebra.nodes import Had, Leaf, Ones, Power, Zeros
from symrnn.algebra.sizes import size
from symrnn.calculus.activations import (
    derivative,
    derivative_from_output,
    elementwise,
    log_softmax_jacobian,
    softmax_jacobian,
)
from symrnn.errors import RuleError

N, M = size("n"), size("m")
SIZES = {N: 3, M: 2}
z, y, p = Leaf("z", N, M), Leaf("y", N, M), Leaf("p", N)
POSITIVE = np.array([[0.2, 1.7], [0.9, 2.6], [0.05, 4.1]])
SIGNED = np.array([[-2.3, 1.7], [0.9, -0.6], [-0.05, 3.1]])
COLUMN = np.array([[0.3], [-1.4], [1.1]])
TOLERANCE = 4e-15  # of values up to 4 by at most four roundings; 1 − y² near saturation is rounded to units of 1
FROM_OUTPUT = [name for name, row in FUNCTIONS.items() if row.from_output is not None]


def points(name: str) -> np.ndarray:
    return POSITIVE if FUNCTIONS[name].domain == "positive" else SIGNED


def slope(name: str, at: np.ndarray) -> np.ndarray:
    """Return f'(z): a complex step, which is exact for functions with kinks too as long as it stays off them."""
    return np.imag(numeric(name)(at + 1j * STEP)) / STEP


def off(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(found - truth).max() / max(1.0, float(np.abs(truth).max())))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_complex_step_is_the_slope(name):
    """The oracle itself, against central differences: their error is h² f‴/6 + 1e-16/h."""
    at, h = points(name), 1e-5
    differences = (numeric(name)(at + h) - numeric(name)(at - h)) / (2 * h)
    np.testing.assert_allclose(slope(name, at), differences, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_derivative_in_the_argument(name):
    at = points(name)
    found = derivative(name, z)
    assert found.shape == z.shape
    assert off(evaluate(found, {z: at}, SIZES), slope(name, at)) < TOLERANCE


@pytest.mark.parametrize("name", FROM_OUTPUT)
def test_the_derivative_in_the_output(name):
    at = points(name)
    found = derivative_from_output(name, y)
    assert found.shape == y.shape
    assert off(evaluate(found, {y: numeric(name)(at)}, SIZES), slope(name, at)) < TOLERANCE


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in FROM_OUTPUT])
def test_a_function_without_such_a_form_has_none(name):
    assert derivative_from_output(name, y) is None


@pytest.mark.parametrize("name", [name for name, row in FUNCTIONS.items() if row.kinks])
def test_at_a_kink_both_forms_give_a_declared_subgradient(name):
    zero = np.zeros((3, 2))
    for form in (derivative_from_output(name, y), derivative(name, z)):
        if form is not None:
            assert not evaluate(form, {y: numeric(name)(zero), z: zero}, SIZES).any()


def test_the_output_forms_that_decide_what_is_kept():
    assert derivative_from_output("tanh", y) == Ones(N, M) - Power(y, 2)
    assert derivative_from_output("sigmoid", y) == Had(y, Ones(N, M) - y)
    assert derivative_from_output("exp", y) == y
    assert derivative_from_output("identity", y) == Ones(N, M)
    assert derivative_from_output("step", y) == Zeros(N, M)


def test_a_form_that_is_wrong_is_noticed():
    """(1 − y)² for 1 − y² and y(1 + y) for y(1 − y) are off by far more than the tolerance."""
    values = {y: numeric("tanh")(SIGNED)}
    assert off(evaluate(Power(Ones(N, M) - y, 2), values, SIZES), slope("tanh", SIGNED)) > 0.1
    values = {y: numeric("sigmoid")(SIGNED)}
    assert off(evaluate(Had(y, Ones(N, M) + y), values, SIZES), slope("sigmoid", SIGNED)) > 0.1


@pytest.mark.parametrize("name", COLUMN_FUNCTIONS)
def test_the_jacobian_of_a_column_function(name):
    moved = COLUMN + 1j * STEP * np.eye(3)[:, :, None]
    truth = (np.imag(numeric(name)(moved)) / STEP)[:, :, 0].T
    if name == "softmax":
        found = evaluate(softmax_jacobian(p), {p: numeric(name)(COLUMN)}, {N: 3})
    else:
        found = evaluate(log_softmax_jacobian(p), {p: COLUMN}, {N: 3})
    assert off(found, truth) < TOLERANCE
    if name == "log_softmax":  # the one that is not symmetric: its transpose would be wrong
        assert off(found.T, truth) > 0.1


@pytest.mark.parametrize(
    "formula",
    [
        1 / Z,
        Z / (1 + Z**2),
        2 - Z,
        sympy.Rational(1, 3) * Z**3 - Z**-2,
        sympy.exp(-Z) * (1 + Z),
        sympy.tanh(Z) / 2,
        sympy.sin(Z) ** 2,
        sympy.Integer(0),
        sympy.Rational(5, 2),
    ],
    ids=str,
)
def test_a_scalar_formula_becomes_its_matrix_form(formula):
    found = elementwise(formula, {Z: z})
    truth = sympy.lambdify(Z, formula, "numpy")(POSITIVE) * np.ones_like(POSITIVE)
    assert off(evaluate(found, {z: POSITIVE}, SIZES), truth) < TOLERANCE


def test_a_function_outside_of_the_table_is_refused():
    with pytest.raises(RuleError, match=r"no matrix form for gamma\(z\): add the function to .*functions\.py"):
        elementwise(sympy.gamma(Z), {Z: z})
