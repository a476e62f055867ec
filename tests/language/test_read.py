"""What a text means: names, shapes, steps, numbers, the order of operations."""

import subprocess
import sys

import pytest
from sympy import Integer, Rational
from texts import TEXTS

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Concat,
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
    Slice,
    Zeros,
    t,
)
from symrnn.algebra.sizes import size
from symrnn.algebra.walk import leaves
from symrnn.language.read import read_cell
from symrnn.model.equations import Cell, State

I, H, O = size("I"), size("H"), size("O")  # noqa: E741 - the names of the sizes
x, h, past = Leaf("x", I, 1, t), Leaf("h", H, 1, t), Leaf("h", H, 1, t - 1)
CELL = "cell a\n  input x: I\n  state h: H\n"


def param(name: str, rows: object = H, cols: object = 1) -> Leaf:
    return Leaf(name, rows, cols)


def expression(text: str) -> Node:
    """Return the node of an expression over x (I), h[t-1] (H), U (H x H), W (H x I), the column v (H) and the scalar s."""
    declared = f"{CELL}param U: H x H\nparam W: H x I\nparam v: H\nparam s: 1\n"
    uses = "h = tanh(U @ h[t-1] + W @ x + s * v)\n"
    seen = "seen = sum(result) * x\n"
    cell = read_cell(f"{declared}{uses}result = {text}\n{seen}output h, seen\n")
    return cell.equations[-2].expr


U, W, v, s = param("U", H, H), param("W", H, I), param("v"), param("s", 1)
s_H = Multiple(s, Ones(H))


def test_the_elman_cell() -> None:
    cell = read_cell("cell rnn\n title: vanilla\n source: Elman 1990\n head: linear\n input x: I\n state h: H\n"
                     " h = tanh(W_xh @ x + W_hh @ h[t-1] + b_h)\n", "some/where/rnn.cell")  # fmt: skip
    weights = param("W_xh", H, I), param("W_hh", H, H), param("b_h")
    assert (cell.name, cell.kind, cell.title, cell.source) == ("rnn", "cell", "vanilla", "Elman 1990")
    assert (cell.inputs, cell.states, cell.params) == ((x,), (State(h, 1),), weights)
    assert (cell.outputs, cell.targets, cell.constants, cell.loss) == ((h,), (), (), None)
    assert (cell.sizes, cell.head, cell.assumptions) == ((I, H), "linear", ())
    (equation,) = cell.equations
    assert equation.target == h
    assert equation.note == "rnn.cell:7"
    assert equation.expr == Apply("tanh", Add(Mul(weights[0], x), Mul(weights[1], past), weights[2]))


def test_a_head_with_a_loss() -> None:
    head = read_cell("head a\ninput h: H\ntarget y: O sums to 1\np = softmax(V @ h + b)\nJ = -y.T @ log(p)\n")
    y, p = Leaf("y", O, 1, t), Leaf("p", O, 1, t)
    assert head.kind == "head"
    assert head.loss == Leaf("J", 1, 1, t)
    assert (head.targets, head.assumptions, head.outputs) == ((y,), (y,), ())
    assert head.params == (param("V", O, H), param("b", O))
    assert head.equations[1].expr == Scale(-1, Mul(y.T, Apply("log", p)))


@pytest.mark.parametrize("name", TEXTS)
def test_cells_of_the_literature_are_read(name: str) -> None:
    cell = read_cell(TEXTS[name], f"{name}.cell")
    assert cell.name == name
    known = {leaf.name for leaf in (*cell.inputs, *cell.params, *cell.constants, *cell.targets)}
    known |= {state.leaf.name for state in cell.states}
    for equation in cell.equations:
        assert equation.target.shape == equation.expr.shape
        assert {leaf.name for leaf in leaves(equation.expr)} <= known
        known.add(equation.target.name)


def test_lags_are_counted() -> None:
    assert read_cell(TEXTS["two_lags"]).states == (State(h, 2),)
    assert read_cell(TEXTS["lstm"]).states == (State(h, 1), State(Leaf("c", H, 1, t), 1))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("v + h[t-1] - v", Add(v, past, Scale(-1, v))),
        ("v - (h[t-1] - v)", Add(v, Scale(-1, Add(past, Scale(-1, v))))),
        ("-v + h[t-1]", Add(Scale(-1, v), past)),
        ("--v", v),
        ("v * h[t-1] * v", Had(v, past, v)),
        ("v / h[t-1] * v", Had(Quotient(v, past), v)),
        ("v / h[t-1] / v", Quotient(Quotient(v, past), v)),
        ("-v / h[t-1]", Quotient(Scale(-1, v), past)),
        ("v * -h[t-1]", Scale(-1, Had(v, past))),
        ("v ** 2", Power(v, 2)),
        ("-v ** 2", Scale(-1, Power(v, 2))),
        ("(-v) ** 2", Power(Scale(-1, v), 2)),
        ("v * v ** 2", Had(v, Power(v, 2))),
        ("U @ U.T @ v", Mul(U, U.T, v)),
        ("U.T.T @ v", Mul(U, v)),
        ("(U @ U).T @ v", Mul(Mul(U, U).T, v)),
        ("2 * U @ v", Scale(2, Mul(U, v))),
        ("U @ v * 2", Scale(2, Mul(U, v))),
        ("U @ v / 4", Scale(Rational(1, 4), Mul(U, v))),
        ("1 - v", Add(Ones(H), Scale(-1, v))),
        ("v - 0.1", Add(v, Scale(Rational(-1, 10), Ones(H)))),
        ("1 + 1 + v", Add(Scale(2, Ones(H)), v)),
        ("1 + v + 1", Add(Ones(H), v, Ones(H))),
        ("0 + v", Add(Zeros(H), v)),
        ("2 * 3 * v", Scale(6, v)),
        ("1 / 3 * v", Scale(Rational(1, 3), v)),
        ("1 / v", Quotient(Ones(H), v)),
        ("v / 3", Scale(Rational(1, 3), v)),
        ("2 ** 3 * v", Scale(8, v)),
        ("(1 - 0.5) ** 2 * v", Scale(Rational(1, 4), v)),
        ("1.5e-3 * v", Scale(Rational(3, 2000), v)),
        ("0.1 * v", Scale(Rational(1, 10), v)),
        ("h[t] + h + h[ t - 1 ]", Add(h, h, past)),
        ("U @ (1 - v)", Mul(U, Add(Ones(H), Scale(-1, v)))),
        ("tanh(0.5) * v", Had(Apply("tanh", Scale(Rational(1, 2), Ones(H))), v)),
        ("softmax(v)", Apply("softmax", v)),
        ("concat(x, h[t-1])", Concat(x, past)),
        ("concat(x, h[t-1])[0:I]", Slice(Concat(x, past), 0, I)),
        ("concat(x, h[t-1])[I:I + H]", Slice(Concat(x, past), I, H)),
        ("v[0:1]", Slice(v, 0, 1)),
        ("sum(v)", Mul(Ones(H).T, v)),
        ("sum(U)", Mul(Ones(H).T, U, Ones(H))),
        ("sum(v * v)", Mul(Ones(H).T, Had(v, v))),
        ("v @ sum(v)", Mul(v, Ones(H).T, v)),
        ("sum(x.T)", Mul(Ones(1).T, x.T, Ones(I))),
        ("s * v", Multiple(s, v)),
        ("v * s", Multiple(s, v)),
        ("s * U", Multiple(s, U)),
        ("2 * s * v", Scale(2, Multiple(s, v))),
        ("-s * v", Scale(-1, Multiple(s, v))),
        ("s * v * v", Had(Multiple(s, v), v)),
        ("s * (v * v)", Multiple(s, Had(v, v))),
        ("s * s * v", Multiple(Had(s, s), v)),
        ("s * (s * v)", Multiple(s, Multiple(s, v))),
        ("s * (U @ v)", Multiple(s, Mul(U, v))),
        ("(s * U) @ v", Mul(Multiple(s, U), v)),
        ("s * s", Had(s, s)),
        ("v / s", Quotient(v, s_H)),
        ("s / v", Quotient(s_H, v)),
        ("v / (2 * s)", Quotient(v, Scale(2, s_H))),
        ("s / s", Quotient(s, s)),
        ("v + s", Add(v, s_H)),
        ("v - s", Add(v, Scale(-1, s_H))),
        ("s - v", Add(s_H, Scale(-1, v))),
        ("s + 1 + v", Add(s_H, Ones(H), v)),
        ("(s + 1) + v", Add(Multiple(Add(s, Ones(1)), Ones(H)), v)),
        ("(1 - s) * v", Multiple(Add(Ones(1), Scale(-1, s)), v)),
        ("s + 1", Add(s, Ones(1))),
        ("U - s", Add(U, Scale(-1, Multiple(s, Ones(H, H))))),
        ("v[0:1] * h[t-1]", Multiple(Slice(v, 0, 1), past)),
        ("(v.T @ v) * v", Multiple(Mul(v.T, v), v)),
        ("sum(v) * v", Multiple(Mul(Ones(H).T, v), v)),
        ("mean(v)", Scale(1 / H, Mul(Ones(H).T, v))),
        ("mean(W)", Scale(1 / (H * I), Mul(Ones(H).T, W, Ones(I)))),
        ("v - mean(v)", Add(v, Scale(-1 / H, Multiple(Mul(Ones(H).T, v), Ones(H))))),
        ("sum(v) / H", Scale(1 / H, Mul(Ones(H).T, v))),
        ("H * v", Scale(H, v)),
        ("v / (H + I)", Scale(1 / (H + I), v)),
        ("v - H", Add(v, Scale(-H, Ones(H)))),
        ("W @ x / I", Scale(1 / I, Mul(W, x))),
        ("max(v, h[t-1])", Add(past, Apply("relu", Add(v, Scale(-1, past))))),
        ("min(v, h[t-1])", Add(past, Scale(-1, Apply("relu", Add(past, Scale(-1, v)))))),
        ("max(v, 0)", Apply("relu", v)),
        ("max(0, v)", Add(v, Apply("relu", Scale(-1, v)))),
        ("min(v, 0)", Scale(-1, Apply("relu", Scale(-1, v)))),
        ("max(v, 1)", Add(Ones(H), Apply("relu", Add(v, Scale(-1, Ones(H)))))),
        ("max(s, v)", Add(v, Apply("relu", Add(s_H, Scale(-1, v))))),
        ("max(v, s)", Add(s_H, Apply("relu", Add(v, Scale(-1, s_H))))),
        ("max(s, 1)", Add(Ones(1), Apply("relu", Add(s, Scale(-1, Ones(1)))))),
        ("max(1, 2) * v", Scale(2, v)),
        ("min(1, 2) * v", v),
        (
            "max(max(v, 1), h[t-1])",
            Add(past, Apply("relu", Add(Ones(H), Apply("relu", Add(v, Scale(-1, Ones(H)))), -past))),
        ),
        ("diag(v) @ W", Mul(Diag(v), W)),
        ("abs(U) @ diag(v)", Mul(Apply("abs", U), Diag(v))),
        ("U + diag(1)", Add(U, Diag(Ones(H)))),
    ],
)
def test_expressions(text: str, node: Node) -> None:
    assert expression(text) == node


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("h = A @ x + b", {"A": (H, I), "b": (H, 1)}),
        ("h = A @ concat(x, h[t-1]) + b", {"A": (H, I + H), "b": (H, 1)}),
        ("h = (x.T @ A).T * a", {"A": (I, H), "a": (H, 1)}),
        ("h = A.T @ x", {"A": (I, H)}),
        ("h = a * h[t-1] + (A @ x) / d", {"a": (H, 1), "d": (H, 1), "A": (H, I)}),
        ("h = (A * C) @ x", {"A": (H, I), "C": (H, I)}),
        ("h = h[t-1] @ a + A @ x", {"a": (1, 1), "A": (H, I)}),
    ],
)
def test_shapes_are_found(equation: str, shapes: dict[str, tuple[object, object]]) -> None:
    cell = read_cell(CELL + equation)
    assert {leaf.name: leaf.shape for leaf in cell.params} == shapes


def test_a_number_takes_the_rows_that_are_left() -> None:
    cell = read_cell(CELL + "param A: H x I + 1\nh = A @ concat(x, 1) + h[t-1]")
    assert cell.equations[0].expr == Add(Mul(param("A", H, I + 1), Concat(x, Ones(1))), past)


def test_a_declared_shape_decides_what_use_leaves_open() -> None:
    cell = read_cell(CELL + "param D: H x K\nh = D @ E @ x + h[t-1]")
    assert [leaf.shape for leaf in cell.params] == [(H, size("K")), (size("K"), I)]
    assert cell.sizes == (I, H, size("K"))


def test_a_name_takes_the_shape_of_what_it_meets() -> None:
    cell = read_cell(CELL + "param s: 1\nh = s * a * (A @ x) + s * (C @ h[t-1]) + (s + b) + (s + c + h[t-1])")
    shapes = {"s": (1, 1), "a": (1, 1), "A": (H, I), "C": (H, H), "b": (1, 1), "c": (H, 1)}
    assert {leaf.name: leaf.shape for leaf in cell.params} == shapes


def test_a_scalar_leaves_the_size_of_an_expression_open() -> None:
    cell = read_cell(CELL + "param s: 1\nM = s * diag(1) - s * exp(A)\nh = M @ h[t-1] + s * tanh(b) + V @ x")
    assert {leaf.name: leaf.shape for leaf in cell.params} == {"s": (1, 1), "A": (H, H), "b": (H, 1), "V": (H, I)}


def test_a_scalar_meets_what_turns_out_to_be_one() -> None:
    cell = read_cell("cell a\ninput x: I\nstate h: 1\nparam s: 1\nh = s * (A @ x) + s / (h[t-1] + (A @ x)) - s")
    line, small, now = cell.equations[0].expr, param("s", 1), Mul(param("A", 1, I), x)
    before = Leaf("h", 1, 1, t - 1)
    assert line == Add(Had(small, now), Quotient(small, Add(before, now)), Scale(-1, small))


def test_usual_values_masks_and_starts() -> None:
    cell = read_cell(
        "cell a\ninput x: I\nstate h: H, c: H\nmask m: H, last: 1\nconst dt: 1 = 0.1, k: H = -1 / 3, free: 1\n"
        "initial c: learned\nc = last * c[t-1] + m * (W @ x)\nh = h[t-1] + dt * k * c + free\n"
    )
    m, last = Leaf("m", H, 1, t), Leaf("last", 1, 1, t)
    assert (cell.targets, cell.masks) == ((m, last), (m, last))
    assert cell.values == ((param("dt", 1), Rational(1, 10)), (param("k"), Rational(-1, 3)))
    assert [state.initial for state in cell.states] == ["given", "learned"]


def test_the_lines_of_a_catalogue() -> None:
    cell = read_cell(CELL + "year: 1997\nfamily: lstm\nabout: long gaps – what else?\nh = W @ x + h[t-1]")
    assert (cell.year, cell.family, cell.about) == (1997, "lstm", "long gaps – what else?")
    plain = read_cell(CELL + "h = W @ x + h[t-1]")
    assert (plain.year, plain.family, plain.about, plain.values, plain.masks) == (0, "", "", (), ())


def test_what_reads_nothing_that_moves_is_the_same_at_every_step() -> None:
    cell = read_cell(CELL + "A = M - M.T\na = -exp(k)\nb = A @ a\nz = A @ h[t-1] + V @ x\nh = tanh(z) + b")
    assert [equation.target.time for equation in cell.equations] == [None, None, None, t, t]
    assert cell.equations[2].expr == Mul(Leaf("A", H, H), Leaf("a", H))
    assert cell.equations[4].expr.args[1] == Leaf("b", H)


def test_an_earlier_input_is_held_in_a_state() -> None:
    cell = read_cell("cell a\ninput x: I\nstate h: H, p: I\nh = tanh(W @ x + V @ p[t-1] + U @ h[t-1])\np = x\n")
    assert cell.equations[1].expr == x
    assert cell.states[1] == State(Leaf("p", I, 1, t))


def test_constants_and_parameters_do_not_move() -> None:
    cell = read_cell(CELL + "const m: H\nh = m * (A @ x) + h[t-1]")
    assert cell.constants == (param("m"),)
    assert cell.params == (param("A", H, I),)


def test_sizes_may_be_numbers_and_sums() -> None:
    cell = read_cell("cell a\ninput x: 3\nstate h: 2*H + 1\nh = A @ x + h[t-1]")
    assert cell.params == (param("A", 2 * H + 1, 3),)
    assert cell.sizes == (H,)


def test_statements_come_in_any_order() -> None:
    cell = read_cell("cell a\nh = A @ x + g * h[t-1]\noutput h\nstate h: H\ninput x: I\nparam g: H\n")
    assert cell.params == (param("g"), param("A", H, I))


PLAIN = "cell a\n  # a comment\n  input x: I\n\n  state h: H  # another one\n  h = A @ x + h[t-1]\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.removesuffix("\n"),
        PLAIN.replace("  ", "\t"),
        PLAIN.replace("  ", ""),
        "\n\n# first\n" + PLAIN,
        PLAIN.replace("A @ x", "A@x").replace(" = ", "="),
    ],
)
def test_marks_line_ends_and_indentation_mean_nothing(text: str) -> None:
    cell = read_cell(text)
    assert cell.equations[0].expr == Add(Mul(param("A", H, I), x), past)


def test_titles_hold_any_letters() -> None:
    cell = read_cell(
        "cell a\n title: h ↦ σ(h) # not a comment\n source: Jürgen, 王\n" + "\n".join(PLAIN.split("\n")[1:])
    )
    assert (cell.title, cell.source) == ("h ↦ σ(h) # not a comment", "Jürgen, 王")


def test_names_may_look_like_words_of_the_language() -> None:
    cell = read_cell("cell inputs\ninput title_x: I\nstate to: H\nto = sums @ title_x + to[t-1]\n")
    assert [leaf.name for leaf in cell.params] == ["sums"]


def test_a_given_start_may_be_said() -> None:
    assert read_cell(PLAIN + "initial h: given\n") == read_cell(PLAIN)


def test_reading_twice_gives_the_same_cell() -> None:
    first, second = read_cell(TEXTS["gru_after"]), read_cell(TEXTS["gru_after"])
    assert isinstance(first, Cell)
    assert first == second
    assert hash(first) == hash(second)


def test_importing_the_language_does_not_load_the_parser() -> None:
    code = "import sys, symrnn.language.read, symrnn.language.write, symrnn.cells; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_numbers_are_exact() -> None:
    expr = expression("0.1 * v + 0.2 * v")
    assert expr.args[0].factor + expr.args[1].factor == Rational(3, 10)
    assert expression("3 * v").factor == Integer(3)
