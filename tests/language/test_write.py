"""A cell's text reads as the same cell, for the cells there are and for expressions that nobody thought of."""

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sympy import Rational
from texts import TEXTS

from symrnn import cells
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Diag,
    Had,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Trace,
    t,
)
from symrnn.algebra.sizes import size
from symrnn.errors import LanguageError
from symrnn.language.read import read_cell
from symrnn.language.write import cell_text, expression_text, without_notes
from symrnn.model.equations import Cell, Equation
from symrnn.model.naming import name_intermediates

EVERY: dict[str, Cell] = {
    **{name: cells.load(name) for name in cells.names()},
    **{f"head {name}": cells.load_head(name) for name in cells.heads()},
    **{f"text {name}": read_cell(text) for name, text in TEXTS.items()},
}


@pytest.mark.parametrize("name", EVERY)
def test_a_cell_survives_its_text(name: str) -> None:
    cell = EVERY[name]
    assert without_notes(read_cell(cell_text(cell))) == without_notes(cell)


@pytest.mark.parametrize("name", EVERY)
def test_a_cell_with_named_intermediates_survives_its_text(name: str) -> None:
    cell = name_intermediates(EVERY[name])
    assert without_notes(read_cell(cell_text(cell))) == without_notes(cell)


def test_the_text_of_the_gru() -> None:
    lines = cell_text(EVERY["text gru_after"]).splitlines()
    assert lines[0] == "cell gru_after"
    assert lines[-4:] == [
        "  r = sigmoid(W_ir @ x + b_ir + W_hr @ h[t-1] + b_hr)",
        "  z = sigmoid(W_iz @ x + b_iz + W_hz @ h[t-1] + b_hz)",
        "  n = tanh(W_in @ x + b_in + r * (W_hn @ h[t-1] + b_hn))",
        "  h = (1 - z) * n + z * h[t-1]",
    ]


def test_the_text_of_a_head() -> None:
    assert cell_text(cells.load_head("squared_error")) == (
        "head squared_error\n  title: half the squared error\n  about: regression at every step\n  input h: H\n  target y: O\n"
        "  param W_hy: O x H\n  param b_y: O\n  output y_hat\n  y_hat = W_hy @ h + b_y\n  e = y_hat - y\n  J = 0.5 * (e.T @ e)\n"
    )


H = size("H")
a, b, h, s = Leaf("a", H), Leaf("b", H), Leaf("h", H, 1, t), Leaf("s", 1)
M, I = Leaf("M", H, H), size("I")  # noqa: E741 - the name of a size
total, s_H = Mul(Ones(H).T, a), Multiple(s, Ones(H))


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (h.at(t - 2), "h[t-2]"),
        (Scale(-1, Add(a, b)), "-(a + b)"),
        (Add(a, Scale(-2, b)), "a - 2 * b"),
        (Scale(Rational(-3, 4), a), "-0.75 * a"),
        (Scale(Rational(1, 3), a), "1 / 3 * a"),
        (Scale(2, Had(a, b)), "2 * a * b"),
        (Scale(2, Quotient(a, b)), "2 * (a / b)"),
        (Scale(-1, Quotient(a, b)), "-(a / b)"),
        (Scale(-1, Power(a, 2)), "-a ** 2"),
        (Power(Scale(-1, a), 2), "(-a) ** 2"),
        (Power(Power(a, 2), 3), "(a ** 2) ** 3"),
        (Quotient(Scale(Rational(1, 3), Ones(H)), a), "1 / 3 / a"),
        (Quotient(Ones(H), Scale(-1, a)), "1 / (-a)"),
        (Add(Ones(H), Ones(H), a), "1 + (1 + a)"),
        (Mul(Had(a, b).T, a), "(a * b).T @ a"),
        (Scale(-1, Mul(M, a)), "-M @ a"),
        (Mul(Ones(H).T, M, Ones(H)), "sum(M)"),
        (Mul(Ones(H).T, M, a), "sum(M @ a)"),
        (Mul(Ones(H).T, M, Ones(H), Ones(H).T, a), "sum(M) @ sum(a)"),
        (Multiple(s, a), "s * a"),
        (Multiple(s, Multiple(s, a)), "s * (s * a)"),
        (Multiple(Had(s, s), a), "s * s * a"),
        (Multiple(Add(s, s), a), "(s + s) * a"),
        (Multiple(total, a), "sum(a) * a"),
        (Multiple(Mul(a.T, b), Had(a, b)), "(a.T @ b) * (a * b)"),
        (Multiple(s, Mul(M, a)), "s * (M @ a)"),
        (Scale(-1, Multiple(s, a)), "-s * a"),
        (Scale(2, Multiple(Mul(a.T, b), a)), "(2 * (a.T @ b)) * a"),
        (Had(Multiple(s, a), b), "s * a * b"),
        (Had(b, Multiple(s, a)), "b * (s * a)"),
        (Add(a, s_H), "a + s"),
        (Add(s_H, Scale(-2, a)), "s - 2 * a"),
        (Add(a, Scale(-2, s_H)), "a - 2 * s"),
        (Add(a, Multiple(Add(s, Ones(1)), Ones(H))), "a + (s + 1)"),
        (Quotient(a, s_H), "a / s"),
        (Quotient(a, Scale(2, s_H)), "a / (2 * s)"),
        (Quotient(s_H, a), "s / a"),
        (Scale(1 / H, total), "mean(a)"),
        (Scale(-1 / H, total), "-mean(a)"),
        (Scale(3 / H, total), "3 * mean(a)"),
        (Scale(1 / H**2, Mul(Ones(H).T, M, Ones(H))), "mean(M)"),
        (Add(a, Scale(-1 / H, Multiple(total, Ones(H)))), "a - mean(a)"),
        (Scale(1 / H, Multiple(total, a)), "mean(a) * a"),
        (Scale(1 / I, total), "1 / I * sum(a)"),
        (Scale(H, a), "H * a"),
        (Scale(2 * H / I, a), "2 * H / I * a"),
        (Scale(1 / (H + I), a), "1 / (H + I) * a"),
        (Scale(1 - 1 / H, a), "(1 - 1 / H) * a"),
        (Scale(H**2 / (2 * I) ** 3, a), "0.125 * H ** 2 / I ** 3 * a"),
        (Apply("sqrt", Scale(H, Ones(H))), "sqrt(H)"),
        (Mul(Diag(a), M), "diag(a) @ M"),
        (Diag(Ones(H)), "diag(1)"),
        (Diag(Add(a, b)), "diag(a + b)"),
    ],
)
def test_expressions(node: Node, text: str) -> None:
    assert expression_text(node) == text


@pytest.mark.parametrize(
    "node",
    [
        Trace(M),
        s_H,
        Multiple(s, Ones(H)),
        Mul(M, Ones(H)),
        Mul(Ones(H).T, M),
        Scale(size("T"), a),
        Leaf("a", H, 1, t - 1),
    ],
)
def test_what_the_language_cannot_say_is_refused(node: Node) -> None:
    cell = read_cell("cell c\nstate h: H\nh = tanh(h[t-1])\n")
    odd = Equation(Leaf("q", *node.shape, t), node)  # type: ignore[call-arg]
    with pytest.raises(LanguageError):
        cell_text(replace(cell, equations=(*cell.equations, odd), outputs=(*cell.outputs, odd.target)))


@pytest.mark.parametrize("title", ["two\nlines", " spaces ", "a\ttab\x0b"])
def test_a_title_that_would_not_survive_is_refused(title: str) -> None:
    with pytest.raises(LanguageError):
        cell_text(replace(cells.load("rnn"), title=title))


# Expressions by shape: columns (H, 1), squares (H, H) and scalars (1, 1), as texts.

numbers = st.sampled_from(["1", "2", "0.5", "1e-3", "(1 / 3)", "(1 - 3)", "7 ** 2", "(-2)", "0", "H", "1 / H"])
Texts = st.SearchStrategy[str]


simple = st.sampled_from(["x", "h[t-1]", "h[t-2]", "g", "b", "1 * x", "m"]), st.sampled_from(["U", "V.T"]), st.just("s")


def deeper(columns: Texts, squares: Texts, scalars: Texts) -> tuple[Texts, Texts, Texts]:
    """Return expressions of each shape, one level above the given ones."""
    either = st.one_of(columns, numbers)
    return (
        st.one_of(
            columns,
            st.builds("({} + {})".format, columns, columns),
            st.builds("({} - {})".format, either, columns),
            st.builds("({} + {} - {})".format, numbers, numbers, columns),
            st.builds("({} - {})".format, columns, numbers),
            st.builds("{} * {}".format, columns, st.sampled_from(["x", "b", "-g"])),
            st.builds("({}) / ({})".format, either, columns),
            st.builds("{} * ({})".format, numbers, columns),
            st.builds("(-{})".format, columns),
            st.builds("({}) ** {}".format, columns, st.integers(1, 4)),
            st.builds("tanh({})".format, columns),
            st.builds("(exp({}) + {})".format, numbers, columns),
            st.builds("softmax({})".format, columns),
            st.builds("concat({}, {})[0:H]".format, columns, columns),
            st.builds("(({}) @ ({}))".format, squares, columns),
            st.builds("(({}) @ ({}))".format, columns, scalars),
            st.builds("({}).T.T".format, columns),
            st.builds("({}) * ({})".format, scalars, columns),
            st.builds("({}) * ({})".format, columns, scalars),
            st.builds("({}) / ({})".format, columns, scalars),
            st.builds("({}) / ({})".format, scalars, columns),
            st.builds("({} + {} - {})".format, scalars, columns, scalars),
            st.builds("max({}, {})".format, st.one_of(either, scalars), simple[0]),
            st.builds("min({}, {})".format, columns, st.sampled_from(["0", "s", "b", "0.5"])),
            st.builds("(diag({}) @ ({}))".format, columns, columns),
        ),
        st.one_of(
            st.builds("(({}) @ ({}).T)".format, columns, columns),
            st.builds("({} - {}.T)".format, squares, squares),
            st.builds("(({}) @ ({}))".format, squares, squares),
            st.builds("(({}) * ({}))".format, squares, squares),
            st.builds("({} - {})".format, numbers, squares),
            st.builds("(({}) * ({}))".format, scalars, squares),
            st.builds("({} - {})".format, squares, scalars),
            st.builds("diag({})".format, columns),
            st.builds("(({}) @ diag({}))".format, squares, columns),
        ),
        st.one_of(
            st.builds("{}({})".format, st.sampled_from(["sum", "mean"]), st.one_of(columns, squares)),
            st.builds("({} + {} * {})".format, scalars, scalars, scalars),
            st.builds("max({}, 1)".format, scalars),
            st.builds("(({}).T @ ({}))".format, columns, columns),
            st.builds("(({}) @ ({}))".format, scalars, scalars),
        ),
    )


columns, squares, scalars = deeper(*deeper(*deeper(*simple)))

FRAME = """cell random
  input x: H
  state h: H
  const m: H
  param U: H x H
  param V: H x H
  param b: H
  param s: 1
  g = U @ x + V @ h[t-1] + b + h[t-2] + m @ s
  h = g + {column}
  q = {square}
  e = {scalar}
  y = q @ x
  z = e * x
  output h, y, z
"""


@settings(derandomize=True, deadline=None, max_examples=40, phases=[Phase.generate])
@given(columns, squares, scalars)
def test_any_cell_survives_its_text(column: str, square: str, scalar: str) -> None:
    cell = read_cell(FRAME.format(column=column, square=square, scalar=scalar))
    assert without_notes(read_cell(cell_text(cell))) == without_notes(cell)
    named = name_intermediates(cell)
    assert name_intermediates(named) == named
    assert without_notes(read_cell(cell_text(named))) == without_notes(named)
