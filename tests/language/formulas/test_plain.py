"""Plain text reads as the tree of the LaTeX that says the same."""

import pytest
from trees import PLAIN, TOP, L, N, before, call, equal, letters, minus, one, paren, row, sub, t, top, total_over

from symrnn.errors import LanguageError
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.nodes import (
    Chain,
    Derivative,
    Differential,
    Entries,
    Group,
    Letter,
    Norm,
    Ratio,
    Scripted,
    Word,
)
from symrnn.language.formulas.plain import read_plain

W, h, x = L("W"), L("h"), L("x")

TREES = {
    "W_hh": sub("W", "hh"),
    "h_next": sub("h", "next"),
    "W_alpha": sub("W", L("alpha")),
    "x_1": sub("x", one),
    "h_{t-1}": sub("h", before),
    "h_t-1": minus(sub("h", "t"), one),
    "h[t-1]": sub("h", Group(before, "[]")),
    "W_xh[0,0]": Scripted(sub("W", "xh"), sub=Entries(((N(0), N(0)),), True)),
    "W_f [h, x]": row(sub("W", "f"), Entries(((h, x),), True)),
    "dW_hh": sub("dW", "hh"),
    "dh_next": sub("dh", "next"),
    "loss": L("loss"),
    "delta_t": sub("delta", "t"),
    "δ_t": sub("delta", "t"),
    "ŷ_t": Scripted(L("y", "hat"), sub=t),
    "h\u0302_t": Scripted(L("h", "hat"), sub=t),
    "x₁": sub("x", one),
    "xₜ": sub("x", "t"),
    "h_{t}^T": Scripted(h, sub=t, sup=L("T")),
    "W.T": top(W),
    "Wᵀ": top(W),
    "W_hh.T": Scripted(W, sub=letters("hh"), sup=TOP),
    "W'": Scripted(W, primes=1),
    "x**2": Scripted(x, sup=N(2)),
    "x^10": Scripted(x, sup=N(10)),
    "x²": Scripted(x, sup=N(2)),
    "x^-1": read_latex("x^{-1}"),
    "a^(t)": Scripted(L("a"), sup=paren(t)),
    "a^<t>": Scripted(L("a"), sup=Group(t, "<>")),
    "tanh(z)**2": Scripted(call("tanh", L("z")), sup=N(2)),
    "tanh²(z)": call("tanh", L("z"), power=N(2)),
    "tanh'(z)": call("tanh", L("z"), primes=1),
    "np.tanh(z)": call("tanh", L("z")),
    "max |x|": call("max", Norm(x, "abs")),
    "sum(x)": call("sum", x),
    "f(x, y)": row(L("f"), paren(row(x, L("y"), sign=","))),
    "a * W h": row(L("a"), row(W, h), sign="*"),
    "W @ h": row(W, h, sign="@"),
    "W · h": row(W, h, sign="cdot"),
    "a ⊙ b": row(L("a"), L("b"), sign="odot"),
    "3 / n": row(N(3), L("n"), sign="/"),
    "1e-5": N("1e-5"),
    "dL/dh_t": Derivative(L("L"), sub("h", "t"), "d"),
    "d L / d h_t": Derivative(L("L"), sub("h", "t"), "d"),
    "dL/dh[t-1]": Derivative(L("L"), sub("h", Group(before, "[]")), "d"),
    "a * dL/dh_t x": row(L("a"), row(Derivative(L("L"), sub("h", "t"), "d"), x), sign="*"),
    "∂L/∂W": Derivative(L("L"), W),
    "∂/∂W L": Derivative(L("L"), W),
    "d x": Differential(x),
    "d(A B)": Differential(paren(row(L("A"), L("B")))),
    "sum_t x_t": total_over(t, None, None, sub("x", "t")),
    "sum_{k=1}^{T} x": total_over(L("k"), one, L("T"), x),
    "sum(k=1..T) x + 1": read_latex(r"\sum_{k=1}^{T} x + 1"),
    "Σ_{k=1..T} x": total_over(L("k"), one, L("T"), x),
    "∏ diag(tanh')·W": read_latex(r"\prod \operatorname{diag}(\tanh') \cdot W"),
    "||W|| · ||h||": row(Norm(W), Norm(h), sign="cdot"),
    "[[0.2],[0.3]]": Entries(((N(0.2),), (N(0.3),))),
    "h_2 = [0.4832, 0.6437]": equal(sub("h", N(2)), Entries(((N(0.4832), N(0.6437)),), True)),
    "{a + b}/{c}": Ratio(read_latex("a + b"), L("c")),
    "W_{hh}/{c}": row(sub("W", "hh"), L("c"), sign="/"),
    "x += y": Chain((x, L("y")), ("+=",)),
    "x → y": Chain((x, L("y")), ("->",)),
    "x <= y": Chain((x, L("y")), ("<=",)),
    'x = "a word"': equal(x, Word("a word")),
    "a, b": row(L("a"), L("b"), sign=","),
    "t = 1, ..., T": equal(t, row(one, Word("…"), L("T"), sign=",")),
    "h_0 = 0, c_0 = 0": row(equal(sub("h", N(0)), N(0)), equal(sub("c", N(0)), N(0)), sign=","),
}

SAME = {
    "h_t = tanh(W_hh · h_{t-1} + W_xh · x_t + b_h)": r"h_t = \tanh(W_{hh} \cdot h_{t-1} + W_{xh} \cdot x_t + b_h)",
    "δ_t = (∂L_t/∂h_t) + (∂h_{t+1}/∂h_t)ᵀ · δ_{t+1}": r"\delta_t = \left(\frac{\partial L_t}{\partial h_t}\right) + "
    r"\left(\frac{\partial h_{t+1}}{\partial h_t}\right)^\top \cdot \delta_{t+1}",
    "delta_t = dL_t/dh_t + (dh_{t+1}/dh_t)^T delta_{t+1}": r"\delta_t = \frac{dL_t}{dh_t} + "
    r"\left(\frac{dh_{t+1}}{dh_t}\right)^T \delta_{t+1}",
    "∏_{j=k}^{2} W_hhᵀ · diag(tanh'(z_j))": r"\prod_{j=k}^2 W_{hh}^\top \cdot \text{diag}(\tanh'(z_j))",
    "dW_hh = sum_t ((1 - h_t^2) * dL/dh_t) h_{t-1}^T": r"\mathrm{dW}_{hh} = \sum_t ((1 - h_t^2) \ast "
    r"\frac{dL}{dh_t}) h_{t-1}^T",
    "||∂h_t/∂h₁|| ≤ (||W_hh|| · max |tanh'|)^(t-1)": r"\Bigl\|\frac{\partial h_t}{\partial h_1}\Bigr\| \leq "
    r"(\|W_{hh}\| \cdot \max |\tanh'|)^{(t-1)}",
}


@pytest.mark.parametrize("text", TREES)
def test_a_construct_is_read(text):
    assert read_plain(text) == TREES[text]


@pytest.mark.parametrize("text", SAME)
def test_both_spellings_give_equal_trees(text):
    assert read_plain(text) == read_latex(SAME[text])


@pytest.mark.parametrize("text", PLAIN)
def test_formulas_of_notes_are_read(text):
    assert read_plain(text)


def test_declared_names_decide():
    assert read_plain("Wx", names=frozenset("Wx")) == row(W, x)
    assert read_plain("Wx", names=frozenset({"W", "x", "Wx"})) == L("Wx")
    assert read_plain("d x", names=frozenset("d")) == row(L("d"), x)
    assert read_plain("dL/dh", names=frozenset({"dh"})) == row(L("dL"), L("dh"), sign="/")
    assert read_plain("max(x)", names=frozenset({"max"})) == row(L("max"), paren(x))


def test_bold_digits_are_letters():
    assert read_plain("\N{MATHEMATICAL BOLD DIGIT ONE}") == Letter("1")


ERRORS = {
    "a + (b": (5, "( is never closed by )"),
    "a b) c": (4, "found ), needed no closing bracket"),
    r"\frac12": (1, "which is LaTeX"),
    "a * ": (3, "the formula ends behind *"),
    "a ? b": (3, "no meaning in a formula"),
    "= a": (3, "starts with ="),
    "  ": (1, "no formula here"),
    "h_": (2, "the formula ends"),
}


@pytest.mark.parametrize("text", ERRORS)
def test_an_error_points_at_its_place(text):
    column, words = ERRORS[text]
    with pytest.raises(LanguageError) as caught:
        read_plain(text, where="notes.txt")
    assert str(caught.value).startswith(f"notes.txt:1:{column}: ")
    assert words in str(caught.value)
