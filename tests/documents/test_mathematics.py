"""Formulas are mathematics only, break where they may, and are measured well enough to know when they must."""

from __future__ import annotations

import pytest

from symrnn.documents.document import BREAK, Line
from symrnn.documents.mathematics import check, factors, joined, pieces, relaxed, terms
from symrnn.documents.measure import filled, hangs, shares, width
from symrnn.documents.tex import guarded
from symrnn.errors import SymrnnError

HOSTILE = (
    "a % b",
    "a $ b",
    "a # b",
    r"\input{x}",
    r"\write18{x}",
    r"\immediate\write18{x}",
    r"\csname input\endcsname{x}",
    r"\catcode`\%=12",
    r"\def\a{b}\a",
    r"\newcommand{\a}{b}",
    r"\let\a\b",
    r"\end{align*} x",
    r"\begin{document}",
    r"a \\ b",
    "a & b",
    "a } b",
    "a { b",
    r"\left( a",
    "a \\",
    r"\href{x}{y}",
    r"\includegraphics{x}",
    r"\tag{1}",
    r"\label{x}",
    "ŷ",
    r"\text{$\input{x}$}",
)


@pytest.mark.parametrize("latex", HOSTILE)
def test_what_is_not_mathematics_is_refused(latex):
    with pytest.raises(SymrnnError, match="formula"):
        check(latex)


@pytest.mark.parametrize("latex", [r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}", "a < b > c", r"\{ x \}", "x'"])
def test_mathematics_passes(latex):
    assert check(latex) == latex


def test_a_formula_is_cut_at_its_breaks():
    assert pieces(rf"a {BREAK} + b {BREAK} + c") == ("a", "+ b", "+ c")
    assert joined(rf"a {BREAK} + b") == "a + b"


@pytest.mark.parametrize("latex", [rf"\left( a {BREAK} b \right)", rf"\frac{{a {BREAK} b}}{{c}}"])
def test_a_break_inside_a_fence_or_braces_is_refused(latex):
    with pytest.raises(SymrnnError, match="outside all braces"):
        pieces(latex)


def test_terms_are_cut_outside_parentheses_and_not_at_signs():
    assert terms(r"-a + b (c - d) - \left( e + f \right) = -g") == (
        "-a",
        "+ b (c - d)",
        r"- \left( e + f \right)",
        "= -g",
    )


def test_factors_are_cut_behind_parentheses_and_before_elementwise_products():
    assert factors(r"a \left( b \circ c \right) \bm{d} \circ e") == (
        r"a \left( b \circ c \right)",
        r"\bm{d}",
        r"\circ e",
    )
    assert factors(r"\left( a \right)^{\top} b") == (r"\left( a \right)^{\top} b",)


def test_fences_stay_around_tall_things_only():
    assert relaxed(r"\left( a \left[ b \right] \right)") == "( a [ b ] )"
    assert relaxed(r"\left( \sum_k a_k \right)") == r"\left( \sum_k a_k \right)"


def test_rows_are_filled_and_nothing_is_lost():
    latex = f" {BREAK} ".join(["aaaaaaaa", *["+ bbbbbbbb"] * 9])
    rows = filled(latex, 20, 18)
    assert len(rows) > 2
    assert all(width(row) <= 20 for row in rows)
    assert " ".join(rows) == joined(latex)


def test_a_piece_that_is_too_wide_breaks_between_its_terms():
    assert len(filled(" + ".join(["abcdefgh"] * 8), 20, 20)) > 2


def test_a_long_left_side_hangs_only_if_the_right_side_is_long_too():
    assert hangs(Line("a" * 30, "=", "b" * 60), 38)
    assert not hangs(Line("a" * 30, "=", "b"), 38)
    assert not hangs(Line("a", "=", "b" * 90), 38)


def test_columns_share_a_room_without_losing_what_they_need():
    assert shares([5, 10], [1, 1], 20) == [5, 10]
    given = shares([4, 30, 60], [4, 12, 5], 34)
    assert given[0] == 4
    assert given[1] >= 12
    assert sum(given) <= 34 + 1e-9


def test_an_accent_in_a_group_keeps_the_scripts_of_the_group():
    assert guarded(r"{\bar{s}_{h}}_{[0:H]}") == r"{{}\bar{s}_{h}}_{[0:H]}"
    assert guarded(r"\bar{\hat{y}}_{h}") == r"\bar{\hat{y}}_{h}"


def test_estimates_of_widths_are_near_what_tex_sets():
    measured = {r"\tanh\left( \bm{z}^{(t)} \right)": 4.79, r"\sum_{t=1}^{T} \bar{\bm{z}}^{(t)} \bm{x}^{(t)\top}": 5.21}
    measured |= {r"\bm{W}_{hh} \bm{h}^{(t-1)} + \bm{W}_{hx} \bm{x}^{(t)} + \bm{b}_{h}": 11.69}  # ems of Latin Modern
    for latex, ems in measured.items():
        assert abs(width(latex) / ems - 1) < 0.08
