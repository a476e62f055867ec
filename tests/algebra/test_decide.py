"""Three answers, each with a case; numbers never contradict a proof."""

import pytest
from sympy import Symbol, symbols

from symrnn.algebra.decide import Answer, Question, decide, denominators, sample
from symrnn.algebra.domain import Domain, at_most
from symrnn.algebra.nodes import Apply, Bar, Jac, Leaf, Mul, Ones, Power, Quotient, Scale, T, Trace, t
from symrnn.algebra.normal import Normalizer
from symrnn.algebra.time import SumT

n, m = symbols("n m", integer=True, positive=True)
k = Symbol("k", integer=True)
A, B, C = Leaf("A", n, m), Leaf("B", m, n), Leaf("C", n, n)
u, v = Leaf("u", n), Leaf("v", n)
h = Leaf("h", n, 1, t)


def test_proved():
    found = decide(Trace(A @ B), Trace(B @ A))
    assert found.answer is Answer.PROVED and found.is_proved and not found.is_refuted


def test_refuted_with_numbers():
    found = decide(C @ u, C.T @ u)
    assert found.is_refuted
    example = found.counterexample
    assert dict(example.sizes)[n] >= 2
    assert example.difference == example.left - example.right != 0
    values = dict(example.values)
    row, column = example.entry
    assert (values[leaf_of(values, "C")] @ values[leaf_of(values, "u")])[row, column] == pytest.approx(example.left)
    assert "on the left" in str(found)


def leaf_of(values, name):
    return next(leaf for leaf in values if leaf.name == name)


def test_undecided():
    found = decide(Apply("tanh", u), Scale(2, Apply("sigmoid", Scale(2, u))) - Ones(n))
    assert found.answer is Answer.UNDECIDED
    assert found.samples >= 5 and found.largest_difference < 1e-12


def test_ill_typed():
    found = decide(A, B)
    assert found.answer is Answer.ILL_TYPED and "(n, m)" in found.reason


def test_sizes_of_a_sample_are_all_different():
    found = decide(A @ B @ u, A @ B @ v)
    sizes = [value for _, value in found.counterexample.sizes]
    assert len(set(sizes)) == len(sizes) == 2


def test_both_layouts_have_the_same_numbers():
    assert decide(Scale(2, Jac(h)), Bar(h).T).is_refuted
    assert decide(Apply("sin", Scale(2, Jac(h))), Scale(2, Apply("sin", Jac(h)) * Apply("cos", Bar(h).T))).samples >= 5


def test_definitions_hold_in_numbers_too():
    a = Leaf("a", n, 1, t)
    definitions = {a: Apply("tanh", C @ u), v: Apply("sigmoid", Scale(2, C @ u))}
    assert decide(a, Scale(2, v) - Ones(n)).is_refuted
    found = decide(a, Scale(2, v) - Ones(n), definitions=definitions)
    assert found.answer is Answer.UNDECIDED and found.samples >= 5


def test_declared_sums_hold_in_numbers_too():
    y = Leaf("y", n, 1, t)
    left, right = Apply("exp", Ones(1, n) @ y), Apply("exp", Ones(1))
    assert decide(left, right).is_refuted
    assert decide(left, right, sum_to_one=[y]).is_proved
    tanh = Apply("tanh", y @ Ones(1, n) @ y)
    doubled = Scale(2, Apply("sigmoid", Scale(2, y))) - Ones(n)
    assert decide(tanh, doubled, sum_to_one=[y]).answer is Answer.UNDECIDED


def test_positive_leaves():
    left, right = Apply("log", Power(u, 2)), Scale(2, Apply("log", u))
    assert decide(left, right).samples < 6
    assert decide(left, right, positive=[u]).is_proved
    assert decide(left, Apply("log", u), positive=[u]).is_refuted


def test_denominators_are_named():
    found = decide(Quotient(u * v, v), u)
    assert found.is_proved and found.nonzero == (v,)
    assert list(denominators(Power(u, -2) + Quotient(u, v))) == [u, v]


def test_numbers_stay_inside_the_domain():
    before, after = SumT(h.at(k), k, t, T), h + SumT(h.at(k), k, t + 1, T)
    assert decide(before, after).answer is Answer.UNDECIDED
    assert decide(before, after, domain=Domain.of(at_most(T + 1, t), at_most(1, T))).is_refuted
    assert decide(h, h.at(T)).is_refuted


def test_saturation_does_not_hide_a_difference():
    assert decide(Apply("tanh", Scale(1000, u)), Apply("tanh", Scale(999, u))).answer is not Answer.PROVED
    assert decide(Apply("tanh", Trace(C) @ Trace(C)), Apply("tanh", Trace(C @ C))).is_refuted


def test_rounding_does_not_refute():
    large = Scale(10**9, Ones(n))
    left = Apply("exp", Apply("log", Apply("abs", u) + large)) - large
    assert not decide(left, Apply("abs", u)).is_refuted
    squares = Apply("sqrt", Power(u * large + v, 2)) - Apply("abs", u * large + v)
    assert not decide(squares, u - u).is_refuted


def test_the_sign_of_a_rounding_error_does_not_refute():
    zero = Apply("tanh", u) - Scale(2, Apply("sigmoid", Scale(2, u))) + Ones(n)
    for name in ("step", "sign"):
        for seed in range(20):
            assert not decide(Apply(name, zero), Apply(name, u - u), seed=seed).is_refuted


def test_symbols_that_are_steps_and_scalars():
    assert decide(Scale(t, h), Scale(t, h.at(t - 1))).is_refuted
    assert decide(Scale(1 / T, SumT(Scale(k, h.at(k)), k, 1, T)), SumT(Scale(k / T, h.at(k)), k, 1, T)).is_proved


def test_equal_questions_have_equal_answers():
    assert decide(C @ u, C.T @ u, seed=4) == decide(C @ u, C.T @ u, seed=4)
    assert str(decide(C @ u, C.T @ u, seed=4)) != str(decide(C @ u, C.T @ u, seed=5))


def test_a_shared_normalizer():
    pairs = [(Mul(C, u), C @ u), (u.T @ C @ v, v.T @ C.T @ u)]
    normalizer = Normalizer(among=[side for pair in pairs for side in pair])
    assert all(decide(*pair, normalizer=normalizer).is_proved for pair in pairs)


def test_a_sample_without_a_value_counts_for_nothing():
    question = Question({}, frozenset(), frozenset(), None, 0)
    assert sample(Apply("log", -Apply("exp", u)), u, question) == (0, 0.0)
    assert decide(Apply("log", -Apply("exp", u)), u).answer is Answer.UNDECIDED
