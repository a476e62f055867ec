"""Expressions as one line of text: parentheses where they are needed, numbers in front."""

import pytest
from sympy import Rational

from symrnn.algebra.nodes import Add, Had, Leaf, Mul, Multiple, Ones, Power, Quotient, Scale, Trace, t
from symrnn.algebra.sizes import size

H = size("H")
a, s = Leaf("a", 1, 1), Leaf("s", 1, 1, t)
h, W, C = Leaf("h", H, 1, t), Leaf("W", H, H), Leaf("C", H, H, t - 1)

WRITTEN = {
    "a h[t]": Multiple(a, h),
    "a W h[t]": Multiple(a, W @ h),
    "a s[t] C[t−1]": Multiple(a, Multiple(s, C)),
    "W (a h[t])": Mul(W, Multiple(a, h)),
    "a (h[t] ∘ h[t])": Multiple(a, h * h),
    "(a h[t]) ∘ h[t]": Had(Multiple(a, h), h),
    "a (h[t] + h[t])": Multiple(a, h + h),
    "(a + s[t]) h[t]": Multiple(a + s, h),
    "h[t] − s[t] 1": h - Multiple(s, Ones(H)),
    "h[t] + a 1": Add(h, Multiple(a, Ones(H))),
    "h[t] ⊘ (s[t] 1)": Quotient(h, Multiple(s, Ones(H))),
    "(a h[t])ᵀ": Multiple(a, h).T,
    "(s[t] C[t−1])²": Power(Multiple(s, C), 2),
    "−3/2 a h[t]": Scale(Rational(-3, 2), Multiple(a, h)),
    "1/H h[t]": Scale(1 / H, h),
    "1/H W h[t]": Scale(1 / H, W @ h),
    "(H + 1) h[t]": Scale(H + 1, h),
    "tr(W) h[t]": Multiple(Trace(W), h),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_an_expression_is_written_on_one_line(written):
    assert repr(WRITTEN[written]) == written


def test_a_multiple_by_one_is_what_is_multiplied():
    assert Multiple(Ones(1, 1), h) == h
    assert Multiple(Scale(3, Ones(1, 1)), Scale(2, h)) == Scale(6, h)
    assert Multiple(-s, h) == -Multiple(s, h)
