"""Every kind of expression has LaTeX, and every name is written as the field writes it, in formulas that can be set."""

from __future__ import annotations

import pytest
from sympy import Symbol

from symrnn.algebra import nodes, time
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    Concat,
    D,
    Diag,
    Eye,
    Had,
    Jac,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Trace,
    Transpose,
    Zeros,
    t,
)
from symrnn.calculus import records
from symrnn.documents.mathematics import check
from symrnn.documents.notation import leaf, math, symbol, write
from symrnn.documents.telling import transition
from symrnn.errors import RuleError

H, N = Symbol("H", integer=True, positive=True), Symbol("N", integer=True, positive=True)
W, V, x, h = Leaf("W", H, N), Leaf("V", H, H), Leaf("x", N, 1, t), Leaf("h", H, 1, t - 1)
BASES = {"Binder", "OfLeaf"}  # and what is private to a module of the algebra, which no document meets

NAMES = {
    "h": r"\mathbf{h}",
    "W_hh": r"\mathbf{W}_{hh}",
    "b_y": r"\mathbf{b}_y",
    "y_hat": r"\hat{\mathbf{y}}",
    "h_tilde": r"\tilde{\mathbf{h}}",
    "z_bar": r"\bar{\mathbf{z}}",
    "x_dot": r"\dot{\mathbf{x}}",
    "h_tilde_t": r"\tilde{\mathbf{h}}_t",
    "y_hat_bar": r"\bar{\hat{\mathbf{y}}}",
    "alpha": r"\boldsymbol{\alpha}",
    "W_alpha": r"\mathbf{W}_{\alpha}",
    "delta_h_1": r"\boldsymbol{\delta}_{h,1}",
    "W_in_out": r"\mathbf{W}_{in,\mathrm{out}}",
    "W_gate": r"\mathbf{W}_{\mathrm{gate}}",
    "logits": r"\mathbf{logits}",
    "W_y_hat": r"\mathbf{W}_{\hat{y}}",
}


def kinds(base: type) -> set[type]:
    """The nodes that documents tell; derivative signs of claims are written back as formulas of their author."""
    layers = ("symrnn.algebra.", "symrnn.calculus.", "symrnn.documents.")
    below = {one for one in base.__subclasses__() if one.__module__.startswith(layers)}
    return below.union(*(kinds(one) for one in below)) if below else below


def test_every_kind_of_expression_has_latex():
    assert {nodes, time, records, transition}
    missing = [one.__name__ for one in kinds(Node) if write.dispatch(one) is write.dispatch(object)]
    assert {name for name in missing if not name.startswith("_")} <= BASES


def test_a_kind_without_latex_is_refused():
    class Strange(Node):
        pass

    with pytest.raises(RuleError, match="no LaTeX for Strange"):
        math(Strange())


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_as_the_field_writes_it(name):
    written = symbol(name)
    assert check(written)
    assert written == NAMES[name]
    for wrapped in (Bar(Leaf(name, H, 1, t)), Jac(Leaf(name, H, N)), D(Leaf(name, H, 1)), Leaf(name, H).T):
        assert check(math(wrapped))
        assert check(math(Transpose(wrapped)) if not isinstance(wrapped, Transpose) else math(wrapped))


@pytest.mark.parametrize("name", ["_", "__", "h_", "_h", "x__y", "W1", "hat", "bar_bar", "a_hat_tilde_dot", "Q" * 30])
def test_an_odd_name_can_be_set(name):
    assert check(leaf(Leaf(name, H, 1, t)))
    assert check(math(Bar(Leaf(name, H, 1, t))))


def test_a_step_stands_above_and_a_bar_covers_the_letter_alone():
    assert math(Bar(Leaf("z_h", H, 1, t))) == r"\bar{\mathbf{z}}_h^{(t)}"
    assert math(Bar(Leaf("y_hat", H, 1, t - 1))) == r"\bar{\hat{\mathbf{y}}}^{(t-1)}"
    assert leaf(Leaf("J", 1, 1, t)) == "J^{(t)}"


def test_parentheses_stand_where_they_are_needed():
    assert math(Mul(V, Add(h, -h))) == r"\mathbf{V} \left(\mathbf{h}^{(t-1)} - \mathbf{h}^{(t-1)}\right)"
    assert math(Had(Mul(V, h), h)).startswith(r"\left(\mathbf{V} \mathbf{h}^{(t-1)}\right) \circ")
    assert math(Mul(Had(h, h), h.T)).startswith(r"\left(\mathbf{h}^{(t-1)} \circ \mathbf{h}^{(t-1)}\right)")
    assert math(Mul(V, Diag(h))).startswith(r"\mathbf{V} \, \operatorname{diag}")


def test_a_stack_turned_on_its_side_is_a_row():
    assert math(Transpose(Concat(Zeros(N, H), Eye(H)))) == r"\begin{bmatrix} \mathbf{0} & \mathbf{I} \end{bmatrix}"
    assert math(Concat(x, h)).count(r"\\") == 1
    assert math(Ones(1, H)) == math(Ones(H).T) == r"\mathbf{1}^\top"


alpha, sigma = Leaf("alpha", 1, 1), Leaf("sigma", 1, 1, t)
everywhere = Multiple(sigma, Ones(H, 1))
NUMBERS_IN_FRONT = {
    r"\alpha\,\mathbf{h}^{(t-1)}": Multiple(alpha, h),
    r"-\alpha\,\mathbf{h}^{(t-1)}": Multiple(-alpha, h),
    r"\alpha\,\sigma^{(t)}\,\mathbf{h}^{(t-1)}": Multiple(alpha, Multiple(sigma, h)),
    r"\alpha\,\mathbf{V} \mathbf{h}^{(t-1)}": Multiple(alpha, Mul(V, h)),
    r"\mathbf{V} \left(\alpha\,\mathbf{h}^{(t-1)}\right)": Mul(V, Multiple(alpha, h)),
    r"\alpha\,\left(\mathbf{h}^{(t-1)} + \mathbf{h}^{(t-1)}\right)": Multiple(alpha, h + h),
    r"\left(\alpha + \sigma^{(t)}\right)\,\mathbf{h}^{(t-1)}": Multiple(alpha + sigma, h),
    r"\mathbf{h}^{(t-1)} - \sigma^{(t)}\,\mathbf{1}": h - everywhere,
    r"\frac{\mathbf{h}^{(t-1)}}{\sigma^{(t)}}": Quotient(h, everywhere),
    r"\frac{\mathbf{h}^{(t-1)}}{2\,\sigma^{(t)}}": Quotient(h, Scale(2, everywhere)),
    r"\frac{\mathbf{h}^{(t-1)}}{(\sigma^{(t)})^2}": Quotient(h, Power(everywhere, 2)),
    r"\frac{1}{\alpha^2}": Quotient(Ones(1, 1), Power(alpha, 2)),
    r"\frac{\alpha}{\sigma^{(t)}}\,\mathbf{h}^{(t-1)}": Multiple(Quotient(alpha, sigma), h),
    r"\mathbf{h}^{(t-1)} \oslash \mathbf{h}^{(t-1)}": Quotient(h, h),
    r"\mathbf{h}^{(t-1)} \oslash \left(\sigma^{(t)}\,\mathbf{h}^{(t-1)}\right)": Quotient(h, Multiple(sigma, h)),
    r"\frac{1}{H}\,\mathbf{1}^\top \mathbf{h}^{(t-1)}": Scale(1 / H, Mul(Ones(1, H), h)),
    r"\mathbf{h}^{(t-1)} - \frac{1}{H}\,\mathbf{h}^{(t-1)}": h - Scale(1 / H, h),
    r"\left(H + 1\right)\,\mathbf{h}^{(t-1)}": Scale(H + 1, h),
    r"\operatorname{tr}\left(\mathbf{V}\right)\,\mathbf{h}^{(t-1)}": Multiple(Trace(V), h),
    r"\operatorname{sqrt}\left(\alpha\right)\,\mathbf{1}": Multiple(Apply("sqrt", alpha), Ones(H)),
}


@pytest.mark.parametrize("written", NUMBERS_IN_FRONT)
def test_a_number_in_front_is_written_as_a_factor_and_below_as_a_fraction(written):
    assert math(NUMBERS_IN_FRONT[written]) == written
    assert check(written)
