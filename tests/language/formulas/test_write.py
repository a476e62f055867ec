"""What is written reads as the same tree, in both spellings."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from trees import LATEX, PLAIN, L, N, call, minus, paren, plus, row, sub, t, top, total_over

from symrnn.errors import LanguageError
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.nodes import Derivative, Differential, Letter, Nabla, Norm, Scripted, Total
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_latex, as_plain


def check(tree):
    latex, plain = as_latex(tree), as_plain(tree)
    assert read_latex(latex) == tree, latex
    assert read_plain(plain) == tree, plain


@pytest.mark.parametrize("text", LATEX)
def test_latex_is_written_back(text):
    check(read_latex(text))


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_is_written_back(text):
    check(read_plain(text))


WRITTEN = {
    r"\mathbf{W}_{hh}^\top h_{t - 1}": (r"\mathbf{W}_{hh}^{\top} h_{t-1}", "W_hhᵀ h_{t-1}"),
    r"\boldsymbol\delta^{(t)}": (r"\boldsymbol{\delta}^{(t)}", "δ^(t)"),
    r"\hat{\mathbf y}_\text{next}": (r"\hat{\mathbf{y}}_{\mathrm{next}}", "ŷ_next"),
    r"\mathrm{d}J = \mathrm{tr}(A)": (r"\mathrm{d}J = \operatorname{tr}(A)", "d J = tr(A)"),
    r"\frac{dL}{dh_t}": (r"\frac{\mathrm{d}L}{\mathrm{d}h_t}", "dL/dh_t"),
    r"\sum_{t=1}^T \tanh^2(z) \odot b": (r"\sum_{t=1}^T \tanh^2(z) \odot b", "Σ_{t=1}^T tanh^2(z) ⊙ b"),
    r"\mathbf{1} \le \|x\|_2": (
        r"\mathbf{1} \le \left\lVert x \right\rVert_{2}",
        "\N{MATHEMATICAL BOLD DIGIT ONE} ≤ ‖x‖_2",
    ),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_it_is_written_as_one_would(text):
    tree = read_latex(text)
    latex, plain = WRITTEN[text]
    assert as_latex(tree) == latex
    # combining and precomposed marks look the same
    assert as_plain(tree).replace("y\u0302", "ŷ") == plain


EDITED = [  # trees as an edit leaves them: an operand that binds less tightly than its place
    (row(L("W"), plus(L("a"), L("b"))), "W (a + b)"),
    (row(row(L("a"), L("b"), sign="odot"), L("c")), "(a ⊙ b) c"),
    (minus(L("a"), minus(L("b"), L("c"))), "a - (b - c)"),
    (row(total_over(t, None, None, L("a")), L("b")), "(Σ_t a) b"),
    (row(row(L("c"), total_over(t, None, None, L("a"))), L("b"), sign="odot"), "(c Σ_t a) ⊙ b"),
    (top(plus(L("a"), L("b"))), "(a + b)ᵀ"),
    (Differential(plus(L("a"), L("b"))), "d (a + b)"),
    (Nabla(L("W"), row(L("a"), L("b"))), "∇_W (a b)"),
    (call("tanh", row(L("a"), L("b"), sign=",")), "tanh((a, b))"),
    (Derivative(row(L("W"), L("x")), L("x")), "∂(W x)/∂x"),
    (total_over(t, None, None, plus(L("a"), L("b"))), "Σ_t (a + b)"),
    (row(L("a"), Derivative(L("L"), L("h")), sign="/"), "a / {∂L/∂h}"),
    (top(Derivative(L("L"), L("h"))), "{∂L/∂h}ᵀ"),
    (Scripted(Norm(L("x")), sub=N(3)), "‖x‖_3"),
    (row(Nabla(L("W")), L("a")), "(∇_W) a"),
    (row(L("d"), L("x")), "{d} x"),
    (Total((Total((L("a"),), ("-",)), sub("b", "t")), ("+", "-")), "(-a) - b_t"),
]


@pytest.mark.parametrize(("tree", "plain"), EDITED)
def test_edited_trees_get_parentheses(tree, plain):
    assert as_plain(tree) == plain
    for read, write in ((read_plain, as_plain), (read_latex, as_latex)):
        again = read(write(tree))
        assert write(again).replace(" ", "") == write(tree).replace(" ", "")
        assert again == tree or "(" in plain
    assert paren(t) != t


def test_the_style_is_written():
    assert as_latex(Letter("W", style="bf")) == r"\mathbf{W}"
    assert as_latex(Letter("loss")) == r"\mathrm{loss}"


def test_only_formulas_are_written():
    with pytest.raises(TypeError, match="is no formula"):
        as_latex("x")


LETTER = st.sampled_from(
    [
        *"ahxWT",
        r"\mathbf{h}",
        r"\delta",
        r"\hat{y}",
        r"\bar{\tilde{c}}",
        r"\mathrm{loss}",
        r"\ell",
        r"\mathbf{1}",
        r"\hat{\delta}",
    ]
)
SCRIPT = st.sampled_from(
    [
        *(
            "_t",
            "_{t-1}",
            "_{hh}",
            "_{ij}",
            "_{i,j}",
            "_{[t-1]}",
            "_{n_a}",
            r"_{\text{next}}",
            r"_\alpha",
            "_{alpha}",
            "_{1:T}",
        ),
        *(
            "^T",
            r"^\top",
            "^{(t)}",
            "^{(t-1)}",
            "'",
            "''",
            "^2",
            "^{-1}",
            r"^{\langle t\rangle}",
            r"^{\odot 2}",
            "^*",
            "^{-h^2}",
        ),
    ]
)
ATOM = st.builds(lambda letter, scripts: letter + "".join(scripts), LETTER, st.lists(SCRIPT, max_size=3))
NUMBER = st.sampled_from(["1", "2", "0.25", r"\infty", r"\dots"])


def larger(part):
    def wrap(before, after):
        return part.map(lambda text: f"{before}{text}{after}")

    def pair(text):
        return st.builds(lambda a, b: text.replace("A", a, 1).replace("B", b), part, part)

    wraps = [("(", ")"), (r"\left[", r"\right]"), (r"\{", r"\}"), (r"\tanh(", ")"), (r"\operatorname{diag}'(", ")^2")]
    wraps += [(r"\mathrm{d}(", ")"), (r"\lVert ", r"\rVert_F"), (r"e^{", "}"), (r"\sqrt{", "}"), (r"\sigma^2(", ")_t")]
    wraps += [
        (r"\nabla_{W}^{(t)} (", ")"),
        (r"\sum_{t=1}^{T} (", ")"),
        (r"\prod_{k \le t} ", ""),
        (r"\sum_{i \in I} ", ""),
    ]
    wraps += [("x_{", "}"), (r"\mathrm{d}", ""), (r"\log ", "")]
    pairs = [
        "A + B",
        "A - B",
        "-A + B",
        r"A \odot B",
        r"A \cdot B",
        "A B",
        r"\frac{A}{B}",
        "A / B",
        "[A, B]",
        r"A \ast B",
        "A @ B",
    ]
    pairs += [
        r"\frac{\partial (A)}{\partial (B)}",
        r"\begin{bmatrix} A \\ B \end{bmatrix}",
        r"\max(A, B)",
        r"A \times (B)",
    ]
    pairs += [r"\frac{\partial A}{\partial x} B", r"\left(A\right)^\top B", "[[A, B], [1, 2]]", r"\frac{d}{dW} (A) B"]
    pairs += [
        r"\sum_{t} A \circ B",
        r"\left|A\right| B",
        "(A, B)",
        r"\frac{\partial^+ x}{\partial W}^\top (A - B)",
        "(A = B)",
    ]
    return st.one_of(*(wrap(*one) for one in wraps), *(pair(one) for one in pairs))


FORMULA = st.recursive(ATOM | NUMBER, larger, max_leaves=8)
CHAIN = st.builds(
    lambda sides, sign: sign.join(sides),
    st.lists(FORMULA, min_size=1, max_size=3),
    st.sampled_from([" = ", r" \le ", ", "]),
)


@settings(derandomize=True, deadline=None, max_examples=200, phases=[Phase.generate])
@given(CHAIN)
def test_whatever_is_read_is_written_back(text):
    try:
        tree = read_latex(text)
    except LanguageError:
        return
    check(tree)


def test_most_of_these_are_read():
    read = []

    @settings(derandomize=True, deadline=None, max_examples=100, database=None)
    @given(CHAIN)
    def count(text):
        try:
            read_latex(text)
        except LanguageError:
            read.append(False)
        else:
            read.append(True)

    count()
    assert sum(read) > 0.8 * len(read)
