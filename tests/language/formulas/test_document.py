"""Every formula of a document is found, in order, with its place; one that is wrong does not spoil the others."""

import pytest
from trees import L, call, equal, minus, one, plus, row, sub, t

from symrnn.errors import LanguageError
from symrnn.language.formulas.document import read_document
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.nodes import Chain, Word
from symrnn.language.formulas.plain import read_plain

FULL = r"""\documentclass{article}
\newcommand{\h}{\mathbf{h}}  % bold
\newcommand\pd[2]{\frac{\partial #1}{\partial #2}}
\DeclareMathOperator{\diag}{diag}
\def\W{W_{hh}}
\begin{document}
Let $\h_t$ be the state. It costs 5\% more. % $x = 1$
\begin{equation} \label{eq:state}
  \h_t = \tanh(\W \h_{t-1})
\end{equation}
Then
\begin{align}
  \pd{J}{\h_t} &= \foo \\
  \pd{J}{z} &= \pd{J}{\h_t} \diag(1 - \h_t^2) \tag{2} \\
            &= a \\[2pt]
  \Rightarrow b &= \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}
\end{align}
\[ x = 1 \]
\end{document}
"""


def formulas(text, **more):
    return [line.formula for line in read_document(text, **more)]


def test_a_whole_document_is_read():
    lines = read_document(FULL, where="paper.tex")
    assert [line.number for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert lines[0].formula == sub("h", "t")
    assert not lines[0].display
    assert lines[1].formula == equal(sub("h", "t"), call("tanh", row(sub("W", "hh"), sub("h", minus(t, one)))))
    assert (lines[1].label, lines[1].words) == ("eq:state", "be the state. It costs 5\\% more.")
    assert lines[2].formula is None
    assert lines[2].problem.startswith("line 13, column 19: the macro \\foo is not known")
    right = read_latex(r"\frac{\partial J}{\partial h_t} \text{diag}(1 - h_t^2)")
    assert lines[3].formula == equal(read_latex(r"\frac{\partial J}{\partial z}"), right)
    assert (lines[3].label, lines[3].continues, str(lines[3].where)) == ("2", False, "line 14, column 3")
    assert (lines[4].formula, lines[4].continues) == (equal(right, L("a")), True)
    assert lines[5].formula.relations == ("=>", "=")
    assert lines[5].formula.parts[:2] == (L("a"), L("b"))
    assert lines[6].formula == equal(L("x"), one)


@pytest.mark.parametrize(
    "environment",
    ["equation", "equation*", "align", "align*", "gather", "multline", "eqnarray", "flalign*", "displaymath"],
)
def test_environments(environment):
    text = f"\\begin{{{environment}}}\n a = b\n\\end{{{environment}}}"
    (line,) = read_document(text)
    assert line.formula == equal(L("a"), L("b"))
    assert line.display
    assert (line.where.line, line.where.column) == (2, 2)


@pytest.mark.parametrize("text", ["$a$", r"\(a\)", r"\[a\]", "$$a$$", "$$\n\\begin{aligned} a \\end{aligned}\n$$"])
def test_delimiters(text):
    (line,) = read_document(text)
    assert line.formula == L("a")
    assert line.display == ("$a$" != text != r"\(a\)")


def test_rows_of_aligned_formulas():
    found = formulas(
        "$$\\begin{aligned} a &= b \\\\ &= c \\\\ \\implies d &\\le 1 \\end{aligned}$$", names=frozenset("d")
    )
    assert found == [
        equal(L("a"), L("b")),
        equal(L("b"), L("c")),
        Chain((L("c"), L("d"), one), ("=>", "<=")),
    ]


def test_rows_that_go_on_are_one_formula():
    (found,) = formulas(r"\begin{align} a &= b \\ &\quad + c \end{align}")
    assert found == equal(L("a"), plus(L("b"), L("c")))
    (found,) = formulas(r"\begin{multline} a = b \\ c \end{multline}")
    assert found == equal(L("a"), row(L("b"), L("c")))
    (found,) = formulas(r"\begin{align} a &= \\ & b \end{align}")
    assert found == equal(L("a"), L("b"))


def test_several_formulas_on_a_row_are_several_lines():
    lines = read_document(r"$a = 0$, and $$b = 1, \quad t = 1, \dots, T \quad \text{(all steps)}$$")
    assert [line.formula for line in lines] == [
        equal(L("a"), read_latex("0")),
        equal(L("b"), one),
        equal(t, row(one, Word("…"), L("T"), sign=",")),
    ]
    assert [line.number for line in lines] == [1, 2, 3]
    assert lines[2].where.column == 29


def test_a_fragment_without_delimiters_is_a_formula():
    assert formulas("a &= \\tanh(x) \\\\\n &= b") == [
        equal(L("a"), call("tanh", L("x"))),
        equal(call("tanh", L("x")), L("b")),
    ]


def test_markdown():
    text = "# Cost\n50% of `$x$` is $h_t$.\n\n```\ny = $a\n```\n- $W_{hh}$: weights, 3 \\$ each\n"
    lines = read_document(text)
    assert [line.formula for line in lines] == [sub("h", "t"), sub("W", "hh")]
    assert str(lines[1].where) == "line 7, column 4"


def test_a_lone_dollar_is_no_formula():
    assert formulas("It costs $5.\n\nAnd $x$ is \\(y\\).") == [L("x"), L("y")]


def test_plain_text():
    text = "The cell is\n\n  h_t = tanh(W x_t)   # the state\n- y_t = W h_t.\nWe see that x = y for this.\n1. a = (b\n= c\n"
    lines = read_document(text)
    assert [line.formula for line in lines] == [read_plain("h_t = tanh(W x_t)"), read_plain("y_t = W h_t"), None, None]
    assert lines[0].words == "The cell is"
    assert str(lines[1].where) == "line 4, column 3"
    assert lines[2].problem.startswith("line 6, column 8: ( is never closed")
    assert lines[3].problem.startswith("line 7, column 1: the line starts with = and there is no line before it")


def test_plain_text_goes_on():
    lines = read_document("a = b\n  = c\n\n  ≈ 1\n", kind="text")
    assert [line.formula for line in lines] == [
        equal(L("a"), L("b")),
        equal(L("b"), L("c")),
        Chain((L("c"), one), ("~",)),
    ]
    assert [line.continues for line in lines] == [False, True, True]


def test_the_kind_can_be_said():
    assert formulas("a = b", kind="latex") == [equal(L("a"), L("b"))]
    assert read_document(r"a = \tanh", kind="text")[0].problem.startswith("line 1, column 5")
    with pytest.raises(LanguageError, match="the kinds are auto, latex, text"):
        read_document("a", kind="html")


def test_the_first_row_has_nothing_before_it():
    (line,) = read_document("$= b$")
    assert line.problem == "line 1, column 2: the row starts with = and there is no row before it"


MACROS = {
    r"\newcommand{\a}{x}$\a_t$": "x_t",
    r"\newcommand\a[1]{\mathbf{#1}}$\a h \a{W}$": "h W",
    r"\def\a#1#2{#2 #1}$\a{x}{y}$": "y x",
    r"\newcommand{\b}{\a}\newcommand{\a}{y}$\b$": "y",
    r"\renewcommand{\vec}[1]{\mathbf{#1}}$\vec{x}$": "x",
    r"\newcommand{\T}{\top}$W^\T x$": r"W^\top x",
    r"\newcommand{\s}{\sigma}$\s x$": r"\sigma x",
}


@pytest.mark.parametrize("text", MACROS)
def test_macros_of_the_document_are_written_out(text):
    assert formulas(text) == [read_latex(MACROS[text])]


def test_places_are_those_of_the_document():
    (line,) = read_document(r"\newcommand{\a}{\mathbf{x}}" + "\n$a + \\a_t + \\bad$")
    assert line.problem.startswith("line 2, column 13: the macro \\bad")


def test_macros_that_cannot_be_written_out():
    (line,) = read_document(r"\newcommand{\a}{\b x}\newcommand{\b}{\a}$\a$")
    assert "calls itself" in line.problem
    (line,) = read_document(r"\newcommand{\a}[2]{#1}$\a{x}$")
    assert "needs 2 arguments" in line.problem


def test_nothing_in_nothing():
    assert read_document("") == ()
    assert read_document("only words, no formula") == ()
    assert read_document("$ $") == ()
