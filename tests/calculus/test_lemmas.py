"""Every line of every lemma equals the next one: the text of a derivative cannot drift from its mathematics."""

import pytest
import sympy

from symrnn.algebra.functions import COLUMN_FUNCTIONS, FUNCTIONS, Z
from symrnn.calculus.lemmas import lemma

POINTS = (sympy.Rational(7, 10), sympy.Rational(13, 8))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_line_is_the_derivative_of_the_definition(name):
    row, found = FUNCTIONS[name], lemma(name)
    assert found.lines
    points = POINTS if row.domain == "positive" else (*POINTS, *(-point for point in POINTS))
    for line in found.lines:
        for point in points:
            truth = sympy.diff(row.definition, Z).subs(Z, point)
            assert abs(sympy.N(line.value.subs(Z, point) - truth, 40)) < 1e-30, line.right


@pytest.mark.parametrize("name", COLUMN_FUNCTIONS)
def test_each_line_is_the_jacobian_of_the_definition(name):
    z = list(sympy.symbols("z0:3", real=True))
    values = dict(zip(z, (sympy.Rational(3, 10), sympy.Rational(-7, 5), sympy.Rational(9, 8)), strict=True))
    for line in lemma(name).lines:
        for i in range(3):
            for j in range(3):
                truth = sympy.diff(COLUMN_FUNCTIONS[name].entry(z, i), z[j])
                assert abs(sympy.N((line.value(z, i, j) - truth).subs(values), 40)) < 1e-30, (line.right, i, j)


@pytest.mark.parametrize("name", [name for name, row in FUNCTIONS.items() if row.kinks])
def test_a_kink_is_told(name):
    assert "no derivative" in lemma(name).remark
