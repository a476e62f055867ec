"""The function table: every derivative against the definition, every form against the other, on the whole line."""

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Expr

from symrnn.algebra import functions
from symrnn.algebra.evaluate import function
from symrnn.algebra.functions import ALL, COLUMN_FUNCTIONS, FUNCTIONS, Function, Y, Z

POINTS = ("-3.7", "-1.25", "-0.3", "0.2", "0.9", "2.6")
DEFINITIONS = {
    type(row.body): row.definition for row in FUNCTIONS.values() if type(row.body).__module__ == functions.__name__
}
ROWS = pytest.mark.parametrize("row", FUNCTIONS.values(), ids=lambda row: row.name)
KINKED = [row for row in FUNCTIONS.values() if row.kinks]


def elementary(expr: Expr) -> Expr:
    """Return a formula with the functions of the table written out."""
    for head, definition in DEFINITIONS.items():
        expr = expr.replace(head, lambda argument, formula=definition: formula.subs(Z, argument))
    return expr


def points(row: Function) -> list[sympy.Float]:
    return [sympy.Float(point, 40) for point in POINTS if row.domain == "real" or not point.startswith("-")]


def value(expr: Expr, symbol: sympy.Symbol, at: Expr) -> mpmath.mpf:
    return mpmath.mpf(str(elementary(expr).subs(symbol, at).evalf(40)))


@ROWS
def test_the_body_is_the_definition(row: Function) -> None:
    for point in points(row):
        assert abs(value(row.body, Z, point) - value(row.definition, Z, point)) < 1e-35


@ROWS
def test_the_derivative_is_the_derivative_of_the_definition(row: Function) -> None:
    if row.derivative.has(sympy.Derivative):  # SymPy knows no rule for it: the form in the output has to do
        assert row.from_output is not None
        return
    expected = sympy.diff(row.definition, Z)
    for point in points(row):
        assert abs(value(row.derivative, Z, point) - value(expected, Z, point)) < 1e-35


@ROWS
def test_the_derivative_is_the_slope(row: Function) -> None:
    form, symbol = (row.from_output, Y) if row.from_output is not None else (row.derivative, Z)
    with mpmath.workdps(60):
        compute = sympy.lambdify(Z, row.definition, "mpmath")
        for point in points(row):
            argument = mpmath.mpf(str(point))
            slope = mpmath.diff(compute, argument)
            at = sympy.Float(str(compute(argument)), 50) if symbol == Y else point
            assert abs(value(form, symbol, at) - slope) < 1e-25


@ROWS
def test_the_form_in_the_output_is_the_derivative(row: Function) -> None:
    if row.from_output is None:
        return
    expected = sympy.diff(row.definition, Z)
    form = elementary(row.from_output.subs(Y, row.definition))
    if row.kinks:
        for point in points(row):
            assert abs(value(form, Z, point) - value(expected, Z, point)) < 1e-35
    else:
        assert sympy.simplify((form - expected).rewrite(sympy.exp)) == 0


@ROWS
def test_parity_is_what_the_row_says(row: Function) -> None:
    if row.domain == "positive":
        assert row.parity == ""
        return
    even = all(close(row, point, 1) for point in points(row))
    odd = all(close(row, point, -1) for point in points(row))
    assert row.parity == ("even" if even else "odd" if odd else "")


def close(row: Function, point: Expr, factor: int) -> bool:
    return bool(abs(value(row.body, Z, -point) - factor * value(row.body, Z, point)) < 1e-35)


@pytest.mark.parametrize("row", KINKED, ids=lambda row: row.name)
def test_a_kink_has_two_slopes_or_a_jump(row: Function) -> None:
    compute = function(row.name)
    for kink in row.kinks:
        left, middle, right = compute(np.array([kink - 1e-6, kink, kink + 1e-6]))
        assert abs((right - middle) - (middle - left)) > 1e-7 or abs(right - left) > 0.5


@ROWS
def test_without_kinks_the_slope_has_no_jump(row: Function) -> None:
    if row.kinks:
        return
    derivative = sympy.lambdify(Z, elementary(row.derivative), "numpy")
    grid = np.linspace(0.01, 4, 4001) if row.domain == "positive" else np.linspace(-4, 4, 4001)
    slopes = np.broadcast_to(derivative(grid), grid.shape)
    assert np.max(np.abs(np.diff(slopes))) < 0.2 * max(1.0, np.max(np.abs(slopes)))


def test_the_subgradients_that_are_declared() -> None:
    assert function("step")(np.zeros(1)) == 0
    assert function("sign")(np.zeros(1)) == 0
    assert function("relu")(np.zeros(1)) == 0


@ROWS
def test_the_domain_is_what_the_row_says(row: Function) -> None:
    inside = sympy.lambdify(Z, row.definition, "mpmath")(mpmath.mpf("-1.5"))
    assert (row.domain == "positive") == isinstance(inside, mpmath.mpc)


@ROWS
def test_analytic_rows_have_a_complex_step(row: Function) -> None:
    if not row.analytic:
        assert row.kinks
        return
    for point in points(row):
        step = function(row.name)(np.array([float(point) + 1e-30j]))[0].imag / 1e-30
        expected = float(value(row.derivative, Z, sympy.Float(float(point), 40)))
        assert step == pytest.approx(expected, rel=4e-15, abs=1e-16)  # a few roundings


@pytest.mark.parametrize("name", COLUMN_FUNCTIONS)
@pytest.mark.parametrize("length", [1, 2, 5])
def test_column_functions_are_their_entries(name: str, length: int) -> None:
    symbols = list(sympy.symbols(f"z:{length}"))
    column = np.linspace(-1.3, 2.1, length)[:, None]
    found = function(name)(column)
    for index in range(length):
        entry = COLUMN_FUNCTIONS[name].entry(symbols, index).subs(dict(zip(symbols, column[:, 0], strict=True)))
        assert found[index, 0] == pytest.approx(float(entry), rel=1e-14)


def test_rows_are_found_under_their_names() -> None:
    assert all(row.name == name for name, row in ALL.items())
    assert all(row.latex and row.about for row in ALL.values())


def test_a_wrong_derivative_would_be_seen() -> None:
    wrong = Function("tanh", "", sympy.tanh(Z), FUNCTIONS["tanh"].definition, from_output=1 - Y)
    checks: list[Callable[[Function], None]] = [
        test_the_derivative_is_the_slope,
        test_the_form_in_the_output_is_the_derivative,
    ]
    for check in checks:
        with pytest.raises(AssertionError):
            check(wrong)
