"""Products, sums and quotients of what formulas stand for: the operation follows from the shapes, else it is refused."""

import numpy as np
import pytest
from sympy import Integer, Rational, S, Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Add, Eye, Leaf, Multiple, Scale
from symrnn.claims import values
from symrnn.claims.trees import NotUnderstood
from symrnn.errors import ShapeError

n, m = Symbol("n", integer=True, positive=True), Symbol("m", integer=True, positive=True)
SIZES = {n: 3, m: 4}
A, B, S1, x, y, u, c = (
    Leaf("A", n, m),
    Leaf("B", m, n),
    Leaf("S1", n, n),
    Leaf("x", n, 1),
    Leaf("y", n, 1),
    Leaf("u", m, 1),
    Leaf("c", 1, 1),
)
DRAW = np.random.default_rng(3)
ARRAYS = {leaf: DRAW.normal(size=[int(size.subs(SIZES)) for size in leaf.shape]) for leaf in (A, B, S1, x, y, u, c)}


def number(value):
    return evaluate(value, ARRAYS, SIZES)


a_, b_, s_, x_, y_, u_, c_ = (ARRAYS[leaf] for leaf in (A, B, S1, x, y, u, c))
PRODUCTS = {
    "matrix by matrix": (A, B, a_ @ b_),
    "matrix by column": (A, u, a_ @ u_),
    "row by matrix": (x.T, A, x_.T @ a_),
    "inner product": (x.T, y, x_.T @ y_),
    "outer product": (x, u.T, x_ @ u_.T),
    "a number by a matrix": (c, A, c_ * a_),
    "a matrix by a number": (A, c, c_ * a_),
    "a plain number by a matrix": (Integer(2), A, 2 * a_),
    "a matrix by a plain number": (A, Rational(1, 2), a_ / 2),
    "two columns": (x, y, x_ * y_),
}


@pytest.mark.parametrize("which", PRODUCTS)
def test_juxtaposition_means_what_the_shapes_allow(which):
    left, right, wanted = PRODUCTS[which]
    notes = []
    assert number(values.times(left, right, notes)) == pytest.approx(wanted)
    assert bool(notes) == (which == "two columns")  # only a guess is noted


@pytest.mark.parametrize(("left", "right"), [(A, x), (x, u), (x.T, u), (B, u)])
def test_factors_that_do_not_fit_are_refused_with_both_shapes(left, right):
    with pytest.raises(ShapeError, match=r"\(.*\).*\(.*\)"):
        values.times(left, right, [])


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [(x, y, x_ * y_), (A, A, a_ * a_), (c, A, c_ * a_), (A, c, c_ * a_), (Integer(3), x, 3 * x_), (S1, S1, s_ * s_)],
)
def test_an_elementwise_product_multiplies_entries(left, right, wanted):
    assert number(values.elementwise(left, right)) == pytest.approx(wanted)


@pytest.mark.parametrize(("left", "right"), [(x, u), (A, x), (x, y.T), (A, A.T)])
def test_an_elementwise_product_needs_equal_shapes(left, right):
    with pytest.raises(ShapeError, match="equal shapes"):
        values.elementwise(left, right)


@pytest.mark.parametrize(
    ("above", "below", "wanted"),
    [
        (x, y, x_ / y_),
        (x, Integer(2), x_ / 2),
        (Integer(1), x, 1 / x_),
        (x, c, x_ / c_),
        (c, x, c_ / x_),
        (c, c, c_ / c_),
    ],
)
def test_a_quotient_is_taken_entry_by_entry(above, below, wanted):
    assert number(values.over(above, below)) == pytest.approx(wanted)


def test_plain_numbers_stay_plain():
    assert values.over(Integer(1), Integer(2)) == Rational(1, 2)
    assert values.times(Integer(3), Integer(2), []) == 6
    assert values.total([Integer(3), Rational(1, 2)]) == Rational(7, 2)
    assert values.negative(Integer(3)) == -3
    assert values.power(Integer(3), Integer(2)) == 9
    assert values.shape(Integer(3)) == (S.One, S.One)


@pytest.mark.parametrize(
    ("terms", "wanted"),
    [
        ([x, y], x_ + y_),
        ([Integer(1), x], 1 + x_),
        ([x, Integer(1)], 1 + x_),
        ([c, x], c_ + x_),
        ([Integer(1), A], 1 + a_),
    ],
)
def test_a_number_in_a_sum_takes_the_shape_of_the_others(terms, wanted):
    assert number(values.total(terms)) == pytest.approx(wanted)


@pytest.mark.parametrize("terms", [[x, u], [A, A.T], [x, x.T]])
def test_a_sum_of_different_shapes_is_refused(terms):
    with pytest.raises(ShapeError):
        values.total(terms)


def test_a_power_is_of_the_entries():
    assert number(values.power(x, Integer(2))) == pytest.approx(x_**2)
    assert number(values.power(c, Integer(2))) == pytest.approx(c_**2)
    assert number(values.power(values.elementwise(x, x), S.Half)) == pytest.approx(abs(x_))


def test_a_power_of_a_square_matrix_is_refused_since_it_has_two_meanings():
    with pytest.raises(NotUnderstood, match="write which"):
        values.power(S1, Integer(2))


def test_a_negative_is_of_every_entry():
    assert number(values.negative(A)) == pytest.approx(-a_)


def test_the_identity_takes_the_size_of_what_it_meets():
    assert values.total([values.UNIT, S1]) == Eye(n) + S1
    assert values.times(values.UNIT, S1, []) == S1


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (lambda unit: values.times(c, unit, []), Multiple(c, Eye(n))),
        (lambda unit: values.times(unit, c, []), Multiple(c, Eye(n))),
        (lambda unit: values.times(c, values.times(c, unit, []), []), Multiple(c, Multiple(c, Eye(n)))),
        (
            lambda unit: values.total([unit, values.negative(values.times(c, unit, []))]),
            Add(Eye(n), Scale(-1, Multiple(c, Eye(n)))),
        ),
    ],
)
def test_the_identity_beside_a_number_of_one_entry_takes_its_size_from_what_it_meets(number, meaning):
    assert values.as_node(number(values.UNIT), (n, n)) == meaning


def test_a_number_of_one_entry_beside_the_identity_scales_what_they_meet():
    assert values.times(values.times(c, values.UNIT, []), x, []) == Multiple(c, x)


def test_nothing_is_divided_by_a_number_of_one_entry_beside_the_identity():
    with pytest.raises(ShapeError, match="divided"):
        values.scaled(1 / values.Entry(c), Eye(n))
