"""Every construct of LaTeX formulas reads as the tree one would draw by hand."""

import pytest
from trees import (
    LATEX,
    TOP,
    L,
    N,
    after,
    at,
    before,
    call,
    equal,
    letters,
    minus,
    one,
    paren,
    partial,
    plus,
    row,
    sub,
    t,
    top,
    total_over,
)

from symrnn.errors import LanguageError
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.nodes import (
    Chain,
    Derivative,
    Differential,
    Entries,
    Group,
    Letter,
    Nabla,
    Norm,
    Product,
    Ratio,
    Scripted,
    Total,
    Word,
)

W, h, x, J = L("W"), L("h"), L("x"), L("J")
hh = sub("W", "hh")

TREES = {
    # numbers in fractions
    r"\frac{a_{12}}{b_{13}}": Ratio(sub("a", N("12")), sub("b", N("13"))),
    r"\frac{1}23": row(Ratio(one, N("2")), N("3")),
    # functions without a backslash
    r"diag(h)": call("diag", h),
    r"1 - tanh^2(x)": minus(one, call("tanh", x, power=N("2"))),
    r"W diag \left(h\right)": row(W, call("diag", h)),
    r"\mathbf{W}tanh(x)": row(W, call("tanh", x)),
    r"W_{exp}(h)": row(sub("W", "exp"), paren(h)),
    # letters
    r"W": W,
    r"\mathbf{W}": W,
    r"\boldsymbol{\delta}": L("delta"),
    r"\bm{h}": h,
    r"\vec{h}": h,
    r"\mathcal{L}": L("L"),
    r"\ell": L("ell"),
    r"\varepsilon": L("epsilon"),
    r"\mathrm{loss}": L("loss"),
    r"\operatorname{loss}": L("loss"),
    r"\mathbf{1}": L("1"),
    r"\mathbb{1}": L("1"),
    r"1_{(n,1)}": sub(N(1), paren(row(L("n"), one, sign=","))),
    r"\hat{y}": L("y", "hat"),
    r"\hat y": L("y", "hat"),
    r"\hat{\mathbf{y}}": L("y", "hat"),
    r"\mathbf{\hat y}": L("y", "hat"),
    r"\widetilde{c}": L("c", "tilde"),
    r"\bar{\hat{y}}": L("y", "hat", "bar"),
    r"\overline{x}": L("x", "bar"),
    r"\dot h": L("h", "dot"),
    r"\hat{y_t}": Scripted(L("y", "hat"), sub=t),
    "ŷ": L("y", "hat"),
    "h\u0302": L("h", "hat"),
    "δ": L("delta"),
    "\N{MATHEMATICAL BOLD CAPITAL W}": W,
    # scripts
    r"W_{hh}": hh,
    r"W_{\text{hh}}": hh,
    r"W_{\mathrm{hh}}": hh,
    r"h_t": sub("h", t),
    r"{h}_{t}": sub("h", t),
    r"h_{t-1}": sub("h", before),
    r"h₁": sub("h", one),
    r"z₁₁": sub("z", N(11)),
    r"a^{(t)}": at("a"),
    r"a^{(t-1)}": at("a", before),
    r"a^{\langle t \rangle}": Scripted(L("a"), sup=Group(t, "<>")),
    r"a^{<t>}": Scripted(L("a"), sup=Group(t, "<>")),
    r"a^t^h_i": Scripted(Scripted(L("a"), sub=L("i"), sup=t), sup=h),
    r"a^t_h": Scripted(L("a"), sub=h, sup=t),
    r"{h_t}^T": Scripted(h, sub=t, sup=L("T")),
    r"x^10": row(Scripted(x, sup=one), N(0)),
    r"W^\top": top(W),
    r"W^{\mathsf T}": top(W),
    r"W^{\mathrm{T}}": top(W),
    r"W^\intercal": top(W),
    "Wᵀ": top(W),
    r"W^T": Scripted(W, sup=L("T")),
    r"x^{(t)\top}": top(at("x")),
    r"{x^{(t)}}^{\top}": top(at("x")),
    r"W_{hh}^\top": Scripted(W, sub=letters("hh"), sup=TOP),
    r"f'": Scripted(L("f"), primes=1),
    r"f^{\prime\prime}": Scripted(L("f"), primes=2),
    r"z^{\odot 2}": Scripted(L("z"), sup=row(Word("odot"), N(2))),
    r"A^{-1}": Scripted(L("A"), sup=Total((one,), ("-",))),
    r"h^*": Scripted(h, sup=Word("*")),
    r"\delta_{ij}": sub("delta", "ij"),
    r"\delta_{i,j}": sub("delta", row(L("i"), L("j"), sign=",")),
    r"x_{1:T}": sub("x", row(one, L("T"), sign=":")),
    r"T_{\max}": sub("T", "max"),
    r"n_d": sub("n", "d"),
    # products
    r"W h": row(W, h),
    r"a b \cdot c": Product((L("a"), L("b"), L("c")), ("", "cdot")),
    r"a \cdot b \odot c": row(row(L("a"), L("b"), sign="cdot"), L("c"), sign="odot"),
    r"a \circ W h": row(L("a"), row(W, h), sign="circ"),
    r"a \ast b": row(L("a"), L("b"), sign="*"),
    r"a \times b": row(L("a"), L("b"), sign="times"),
    r"a / b": row(L("a"), L("b"), sign="/"),
    r"{a b} c": row(L("a"), L("b"), L("c")),
    r"a \cdot -b": row(L("a"), paren(Total((L("b"),), ("-",))), sign="cdot"),
    r"-a + b - c": Total((L("a"), L("b"), L("c")), ("-", "+", "-")),
    "a ∘ b": row(L("a"), L("b"), sign="circ"),
    "a − b": minus(L("a"), L("b")),
    # functions
    r"\tanh(z)": call("tanh", L("z")),
    r"\tanh z_t y": row(call("tanh", sub("z", t)), L("y")),
    r"\tanh'(z)": call("tanh", L("z"), primes=1),
    r"\tanh^2(z)": call("tanh", L("z"), power=N(2)),
    r"\tanh(z)^2": Scripted(call("tanh", L("z")), sup=N(2)),
    r"\sigma'\left(z\right)": call("sigma", L("z"), primes=1),
    r"\sigma": L("sigma"),
    r"\sigma_g(z)": row(sub("sigma", "g"), paren(L("z"))),
    r"\sigma(\cdot)": call("sigma", Word("cdot")),
    r"\text{softmax}(z)": call("softmax", L("z")),
    r"\operatorname{diag}(v)": call("diag", L("v")),
    r"\text{diag}(v)": call("diag", L("v")),
    r"\mathrm{diag}\bigl(v\bigr)": call("diag", L("v")),
    r"\mathrm{Tr}[A]": call("tr", L("A")),
    r"\log\log x": call("log", call("log", x)),
    r"\ln x": call("log", x),
    r"\max(a, b)": call("max", L("a"), L("b")),
    r"\mathrm{ReLU}(x)": call("relu", x),
    r"\sqrt{x}": call("sqrt", x),
    r"e^{-z}": Scripted(L("e"), sup=Total((L("z"),), ("-",))),
    r"f(x)": row(L("f"), paren(x)),
    # derivatives
    r"\frac{\partial J}{\partial x}": partial(J, x),
    r"\partial J / \partial x": partial(J, x),
    "∂J/∂x": partial(J, x),
    r"\frac{d J}{d x}": Derivative(J, x, "d"),
    r"\frac{dJ}{dx}": Derivative(J, x, "d"),
    r"\frac{\mathrm{d}J}{\mathrm{d}x}": Derivative(J, x, "d"),
    r"\frac{\mathrm d J}{\mathrm d x}": Derivative(J, x, "d"),
    r"\tfrac{d}{dx} J": Derivative(J, x, "d"),
    r"\frac{\partial}{\partial W} L h": row(partial(L("L"), W), h),
    r"\frac{\partial^+ h}{\partial W}": Derivative(h, W, "partial", True),
    r"\frac{\partial W x}{\partial x}": partial(paren(row(W, x)), x),
    r"\frac{\partial}{\partial W} \sum_t L_t": partial(total_over(t, None, None, sub("L", "t")), W),
    r"d\mathbf{z}": Differential(L("z")),
    r"\mathrm{d}z": Differential(L("z")),
    r"dJ": Differential(J),
    r"d(A B)": Differential(paren(row(L("A"), L("B")))),
    r"d \times d": row(L("d"), L("d"), sign="times"),
    r"A dW x": row(L("A"), Differential(W), x),
    r"\partial x": Differential(x),
    r"\nabla_W L": Nabla(W, L("L")),
    r"\nabla_{\mathbf W}^{(t)} J": Nabla(W, J, paren(t)),
    r"(\nabla_h L)_i": sub(paren(Nabla(h, L("L"))), "i"),
    r"\nabla L": Nabla(Word(""), L("L")),
    # sums
    r"\sum_{t=1}^{T} x_t + 1": plus(total_over(t, one, L("T"), sub("x", t)), one),
    r"\sum_t x \odot y": total_over(t, None, None, row(x, L("y"), sign="odot")),
    r"a \sum_t b c": row(L("a"), total_over(t, None, None, row(L("b"), L("c")))),
    r"\sum_{k\le t} x": total_over(L("k"), None, t, x),
    r"\sum_{k < t} x": total_over(L("k"), None, before, x),
    r"\sum_{t \ge 1} x": total_over(t, one, None, x),
    r"\sum_{1 \le k \le t} x": total_over(L("k"), one, t, x),
    r"\prod_{t \ge i > k} x": total_over(L("i"), t, plus(L("k"), one), x, "prod"),
    r"\sum_{i \in I} x": total_over(Chain((L("i"), L("I")), ("in",)), None, None, x),
    r"\sum\limits_{i,j} x": total_over(row(L("i"), L("j"), sign=","), None, None, x),
    r"\prod_{j=k}^{2} W": total_over(L("j"), L("k"), N(2), W, "prod"),
    "Σ_{t=1}^T x": total_over(t, one, L("T"), x),
    "∏_j x": total_over(L("j"), None, None, x, "prod"),
    # fractions, matrices, brackets
    r"\tfrac12": Ratio(one, N(2)),
    r"\frac{1}2 3": row(Ratio(one, N(2)), N(3)),
    r"\frac{a}{b}": Ratio(L("a"), L("b")),
    r"\|W\|_F": Norm(W, "F"),
    r"\lVert W \rVert": Norm(W),
    r"||W|| ||h||": row(Norm(W), Norm(h)),
    "‖W‖": Norm(W),
    r"\left\|x\right\|_2^2": Scripted(Norm(x, "2"), sup=N(2)),
    r"|x|": Norm(x, "abs"),
    r"\lvert \tanh' \rvert": Norm(Scripted(L("tanh"), primes=1), "abs"),
    r"[a, b]": Entries(((L("a"), L("b")),), True),
    r"[x; h]": Entries(((x,), (h,))),
    r"[a]": Group(L("a"), "[]"),
    r"\begin{bmatrix} a & b \\ c & \dots \end{bmatrix}": Entries(((L("a"), L("b")), (L("c"), Word("…")))),
    r"\begin{array}{cc} a & b \end{array}": Entries(((L("a"), L("b")),)),
    r"[[1,2],[3,4]]": Entries(((one, N(2)), (N(3), N(4)))),
    r"\{a\}": Group(L("a"), "{}"),
    r"\Bigl( a \Bigr)": paren(L("a")),
    r"\underbrace{a + b}_{\text{direct}}": plus(L("a"), L("b")),
    r"\overbrace{a}^{n}": L("a"),
    r"\underbrace{a b}_{x}^2": Scripted(paren(row(L("a"), L("b"))), sup=N(2)),
    r"e^{\operatorname{diag}(x)}": Scripted(L("e"), sup=call("diag", x)),
    # relations
    r"a = b = c": equal(L("a"), L("b"), L("c")),
    r"a := b": Chain((L("a"), L("b")), (":=",)),
    r"a \triangleq b \approx c": Chain((L("a"), L("b"), L("c")), (":=", "~")),
    r"a \equiv b": Chain((L("a"), L("b")), (":=",)),
    r"a \le b \geq c": Chain((L("a"), L("b"), L("c")), ("<=", ">=")),
    r"a \implies b \to c": Chain((L("a"), L("b"), L("c")), ("=>", "->")),
    r"x \in \mathbb{R}^{n}": Chain((x, Scripted(L("R"), sup=L("n"))), ("in",)),
    "a ≤ b → c": Chain((L("a"), L("b"), L("c")), ("<=", "->")),
    r"t = 1, \dots, T": equal(t, row(one, Word("…"), L("T"), sign=",")),
    r"a = b, c = d": row(equal(L("a"), L("b")), equal(L("c"), L("d")), sign=","),
    r"a = b \quad c = 1": row(equal(L("a"), L("b")), equal(L("c"), one), sign=","),
    r"a = b \quad \text{(forget gate)}": equal(L("a"), L("b")),
    r"a = b \quad \text{for } t = 1": row(equal(L("a"), L("b")), equal(t, one), sign=","),
    r"a \;=\; b \,.": equal(L("a"), L("b")),
    r"a = b, \tag{3} \label{eq:a}": equal(L("a"), L("b")),
    r"a &= b \nonumber \\": equal(L("a"), L("b")),
    r"h_{t+1}": sub("h", after),
}


@pytest.mark.parametrize("text", TREES)
def test_a_construct_is_read(text):
    assert read_latex(text) == TREES[text]


def test_a_whole_formula_is_read():
    found = read_latex(
        r"\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} = \frac{\partial J}{\partial \mathbf{a}^{(t)}} \circ "
        r"(\mathbf{1}_{(n_a,1)} - \tanh^2(\mathbf{z}_a^{(t)}))^\top"
    )
    z = Scripted(L("z"), sub=L("a"), sup=paren(t))
    ones = sub("1", paren(row(sub("n", "a"), one, sign=",")))
    slope = top(paren(minus(ones, call("tanh", z, power=N(2)))))
    assert found == equal(partial(J, z), row(partial(J, at("a")), slope, sign="circ"))


@pytest.mark.parametrize("text", LATEX)
def test_formulas_of_the_literature_are_read(text):
    assert read_latex(text)


def test_a_declared_d_is_a_letter():
    assert read_latex("d x", names=frozenset({"d"})) == row(L("d"), x)
    assert read_latex(r"\mathrm{d}x", names=frozenset({"d"})) == Differential(x)


def test_the_style_is_kept_and_not_compared():
    assert read_latex(r"\mathbf{h}").style == "bf"
    assert read_latex(r"\mathbf{1}") == Letter("1", style="bb") != N(1)


def test_a_node_knows_its_place():
    product = read_latex("a +\n  W h").terms[1]
    assert (product.where.line, product.where.column) == (2, 3)
    assert (product.where.start, product.where.end) == (6, 9)


ERRORS = {
    r"\foo": (1, 1, r"the macro \foo is not known"),
    "a +\n \\odott z": (2, 2, r"did you mean odot"),
    r"\input{x}": (1, 1, "no file is read"),
    r"\sqrt[3]{x}": (1, 1, "only square roots"),
    r"a \otimes b": (1, 3, r"\odot"),
    r"a \pm b": (1, 3, "two formulas"),
    r"\underset{x}{a}": (1, 1, "not read in a formula"),
    r"\begin{cases} a \end{cases}": (1, 1, "one formula for each case"),
    r"\begin{align} a \end{align}": (1, 1, "whole document"),
    r"(a": (1, 1, "( is never closed by )"),
    r"a)": (1, 2, "found ), needed no closing bracket"),
    r"(a]": (1, 3, "found ], needed )"),
    r"\left. a \right|": (1, 1, "leaves a bracket open"),
    r"a +": (1, 3, "the formula ends behind +, needed a symbol"),
    r"a = = b": (1, 5, "found =, needed a symbol"),
    r"= b": (1, 3, "starts with ="),
    r"": (1, 1, "no formula here"),
    r"x^{}": (1, 4, "found }"),
    r"\frac{\partial^2 L}{\partial x \partial y}": (1, 7, "second derivative"),
    r"\hat{a + b}": (1, 1, "over one symbol only"),
    r"\mathbf{\frac a b}": (1, 1, "another style"),
    r"{a + b} c": (1, 2, "braces do not show"),
    r"-{a + b}": (1, 3, "braces do not show"),
    r"{a b}^2": (1, 2, "braces do not show"),
    r"{a = b} = c": (1, 2, "relation inside a relation"),
    r"\begin{bmatrix} a & b \\ c \end{bmatrix}": (1, 1, "different lengths"),
    "a $ b": (1, 3, "found $"),
    "a 漢": (1, 3, "no meaning in a formula"),
    r"a\_b": (1, 2, "sign of words"),
    r"\@ a": (1, 1, "not known"),
    r"a \\ b": (1, 3, "needed"),
}


@pytest.mark.parametrize("text", ERRORS)
def test_an_error_points_at_its_place(text):
    line, column, words = ERRORS[text]
    with pytest.raises(LanguageError) as caught:
        read_latex(text, where="my.tex")
    assert str(caught.value).startswith(f"my.tex:{line}:{column}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (r"\sum_i -y_i z + c", r"\sum_i (-y_i z) + c"),
        (r"\sum_t \sum_i -y_i", r"\sum_t \sum_i (-y_i)"),
        (r"a - \alpha \sum_t -x_t", r"a - \alpha \sum_t (-x_t)"),
    ],
)
def test_a_sign_behind_a_sum_belongs_to_what_is_summed(text, same):
    assert read_latex(text) == read_latex(same)


def test_a_sign_behind_a_complete_sum_begins_the_next_term():
    assert read_latex(r"\sum_i y_i - z") != read_latex(r"\sum_i (y_i - z)")
