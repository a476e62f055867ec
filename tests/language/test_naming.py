"""Naming intermediates: which names, which forms, nothing lost."""

import numpy as np
import pytest
from texts import TEXTS

from symrnn import cells
from symrnn.algebra.evaluate import evaluate
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
    Transpose,
    t,
)
from symrnn.language.read import read_cell
from symrnn.model.equations import Cell, Equation
from symrnn.model.naming import moves, name_intermediates

EVERY: dict[str, Cell] = {
    **{name: cells.load(name) for name in cells.names()},
    **{f"head {name}": cells.load_head(name) for name in cells.heads()},
    **{f"text {name}": read_cell(text) for name, text in TEXTS.items()},
}


def lines(text: str) -> list[str]:
    """Return the named equations of a text as plain lines."""
    return [f"{equation.target.name} = {equation.expr!r}" for equation in name_intermediates(read_cell(text)).equations]


def cell_lines(*equations: str) -> list[str]:
    return lines("cell a\ninput x: I\nstate h: H\n" + "\n".join(equations))


def head_lines(*equations: str) -> list[str]:
    return lines("head a\ninput h: H\ntarget y: O\n" + "\n".join(equations))


@pytest.mark.parametrize(
    ("equation", "named"),
    [
        ("h = tanh(W @ x + U @ h[t-1])", ["z_h = W x[t] + U h[t−1]", "h = tanh(z_h[t])"]),
        ("h = tanh(h[t-1]) + W @ x", ["a_h = tanh(h[t−1])", "h = a_h[t] + W x[t]"]),
        ("h = W @ tanh(x) + h[t-1]", ["s_h = tanh(x[t])", "h = W s_h[t] + h[t−1]"]),
        ("h = tanh(sigmoid(W @ x)) * h[t-1]",
         ["z_h = W x[t]", "z2_h = sigmoid(z_h[t])", "a_h = tanh(z2_h[t])", "h = a_h[t] ∘ h[t−1]"]),
        ("h = W @ concat(x, h[t-1])", ["s_h = [x[t]; h[t−1]]", "h = W s_h[t]"]),
        ("h = W @ x * 1 + U @ (r * h[t-1])", ["s_h = r ∘ h[t−1]", "h = W x[t] + U s_h[t]"]),
        ("h = r * (U @ h[t-1] + b) + W @ x", ["u_h = U h[t−1] + b", "h = r ∘ u_h[t] + W x[t]"]),
        ("h = (W @ x) / (U @ h[t-1])", ["u_h = W x[t]", "u2_h = U h[t−1]", "h = u_h[t] ⊘ u2_h[t]"]),
        ("h = (W @ x) ** 2 * h[t-1]", ["u_h = W x[t]", "h = u_h[t]² ∘ h[t−1]"]),
        ("h = (1 - h[t-1]) ** 2 * (W @ x)", ["u_h = W x[t]", "h = (1 − h[t−1])² ∘ u_h[t]"]),
        ("h = A @ B1 @ x + h[t-1]\nparam A: H x K", ["u_h = B1 x[t]", "h = A u_h[t] + h[t−1]"]),
        ("h = A @ B1 @ D @ x + h[t-1]\nparam A: H x K\nparam D: M x I",
         ["u_h = D x[t]", "u2_h = B1 u_h[t]", "h = A u2_h[t] + h[t−1]"]),
        ("h = (W - 1) @ x + h[t-1]", ["s_h = W − 1", "h = s_h x[t] + h[t−1]"]),
        ("h = (U * U).T @ h[t-1] + W @ x", ["s_h = U ∘ U", "h = s_hᵀ h[t−1] + W x[t]"]),
        ("h = (x.T @ V).T + h[t-1]", ["s_h = x[t]ᵀ V", "h = s_h[t]ᵀ + h[t−1]"]),
        ("h = h[t-1] @ (x.T @ x)", ["u_h = x[t]ᵀ x[t]", "h = h[t−1] u_h[t]"]),
        ("h = h[t-1] @ sum(x * x)", ["s_h = x[t] ∘ x[t]", "u_h = 1ᵀ s_h[t]", "h = h[t−1] u_h[t]"]),
        ("h = W @ x + h[t-1] @ sum(U @ h[t-1])\nparam U: H x H",
         ["u_h = U h[t−1]", "u2_h = 1ᵀ u_h[t]", "h = W x[t] + h[t−1] u2_h[t]"]),
        ("h = concat(W @ x, h[t-1])[0:H]\nparam W: H x I",
         ["s_h = W x[t]", "s2_h = [s_h[t]; h[t−1]]", "h = s2_h[t]⟨0 : H⟩"]),
        ("h = (tanh(x.T) @ V).T + h[t-1]",
         ["z_h = x[t]ᵀ", "s_h = tanh(z_h[t])", "s2_h = s_h[t] V", "h = s2_h[t]ᵀ + h[t−1]"]),
        ("h = s * (W @ x) + h[t-1]\nparam s: 1", ["u_h = W x[t]", "h = s u_h[t] + h[t−1]"]),
        ("h = (x.T @ x) * h[t-1]", ["u_h = x[t]ᵀ x[t]", "h = u_h[t] h[t−1]"]),
        ("h = exp(s) * h[t-1] + W @ x\nparam s: 1", ["a_h = exp(s)", "h = a_h h[t−1] + W x[t]"]),
        ("h = sigmoid(k) * h[t-1] + W @ x", ["a_h = sigmoid(k)", "h = a_h ∘ h[t−1] + W x[t]"]),
        ("h = tanh(U @ k + W @ x) + h[t-1]\nparam U: H x H",
         ["u_h = U k", "z_h = u_h + W x[t]", "a_h = tanh(z_h[t])", "h = a_h[t] + h[t−1]"]),
        ("h = (U - U.T) @ h[t-1] + W @ x", ["s_h = U − Uᵀ", "h = s_h h[t−1] + W x[t]"]),
        ("h = abs(U) @ diag(exp(k)) @ h[t-1] + W @ x",
         ["s_h = abs(U)", "a_h = exp(k)", "u_h = diag(a_h) h[t−1]", "h = s_h u_h[t] + W x[t]"]),
        ("h = W @ x - mean(x) + h[t-1]", ["u_h = 1ᵀ x[t]", "h = W x[t] − 1/I u_h[t] 1 + h[t−1]"]),
    ],
)  # fmt: skip
def test_names(equation: str, named: list[str]) -> None:
    assert cell_lines(equation) == named


@pytest.mark.parametrize(
    ("equation", "named"),
    [
        ("S = S[t-1] + k @ x.T", ["S = S[t−1] + k[t] x[t]ᵀ"]),
        ("S = diag(a) @ S[t-1] + k @ x.T\nparam a: H", ["S = diag(a) S[t−1] + k[t] x[t]ᵀ"]),
        ("S = diag(sigmoid(k)) @ S[t-1] + k @ x.T", ["a_S = sigmoid(k[t])", "S = diag(a_S[t]) S[t−1] + k[t] x[t]ᵀ"]),
        ("S = S[t-1] - k @ (k.T @ S[t-1]) + k @ x.T", ["u_S = k[t]ᵀ S[t−1]", "S = S[t−1] − k[t] u_S[t] + k[t] x[t]ᵀ"]),
        ("S = U @ S[t-1] @ V + k @ x.T\nparam V: I x I", ["u_S = U S[t−1]", "S = u_S[t] V + k[t] x[t]ᵀ"]),
        ("S = exp(S[t-1] * (k @ x.T))", ["u_S = k[t] x[t]ᵀ", "z_S = S[t−1] ∘ u_S[t]", "S = exp(z_S[t])"]),
        ("S = sum(S[t-1]) * S[t-1] + k @ x.T", ["u_S = 1ᵀ S[t−1] 1", "S = u_S[t] S[t−1] + k[t] x[t]ᵀ"]),
        ("S = sum(U @ S[t-1]) * S[t-1] + k @ x.T\nparam U: H x H",
         ["u_S = U S[t−1]", "u2_S = 1ᵀ u_S[t] 1", "S = u2_S[t] S[t−1] + k[t] x[t]ᵀ"]),
    ],
)  # fmt: skip
def test_matrices(equation: str, named: list[str]) -> None:
    assert lines(f"cell a\ninput x: I\nstate S: H x I\nk = W @ x\n{equation}")[1:] == named


def test_what_does_not_move_is_named_without_a_time() -> None:
    cell = name_intermediates(
        read_cell("cell a\nstate h: H\nA = U @ U.T - diag(exp(k))\nh = tanh(A @ h[t-1])\nparam U: H x K")
    )
    assert [(equation.target.name, equation.target.time) for equation in cell.equations] == [
        ("a_A", None),
        ("A", None),
        ("z_h", t),
        ("h", t),
    ]


def test_an_expression_is_named_once() -> None:
    named = cell_lines("i = tanh(W @ concat(x, h[t-1]))", "h = i * tanh(V @ concat(x, h[t-1]))")
    assert named == [
        "s_i = [x[t]; h[t−1]]",
        "z_i = W s_i[t]",
        "i = tanh(z_i[t])",
        "z_h = V s_i[t]",
        "a_h = tanh(z_h[t])",
        "h = i[t] ∘ a_h[t]",
    ]


def test_names_that_are_taken_are_left_alone() -> None:
    later = "param U: H x H", "g = tanh(U @ h)", "z3_h = z_h + h", "output h, g, z3_h"
    named = cell_lines("z2_h = W @ x", "h = tanh(z2_h + z_h)", *later)
    assert named[:3] == ["z2_h = W x[t]", "z4_h = z2_h[t] + z_h", "h = tanh(z4_h[t])"]


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        ("J = -y.T @ log(V @ h)", ["z_J = V h[t]", "J = −y[t]ᵀ log(z_J[t])"]),
        ("p = softmax(V @ h)\nJ = -y.T @ log(p)", ["z_p = V h[t]", "p = softmax(z_p[t])", "J = −y[t]ᵀ log(p[t])"]),
        ("J = -sum(y * log(softmax(V @ h)))",
         ["z_J = V h[t]", "z2_J = softmax(z_J[t])", "J = −1ᵀ (y[t] ∘ log(z2_J[t]))"]),
        ("e = V @ h - y\nJ = 0.5 * (e.T @ e)", ["e = V h[t] − y[t]", "J = 1/2 (e[t]ᵀ e[t])"]),
        ("p = V @ h\nJ = sum((p - y) ** 2)", ["p = V h[t]", "J = 1ᵀ (p[t] − y[t])²"]),
        ("J = (V @ h - y).T @ (V @ h - y)", ["u_J = V h[t] − y[t]", "J = u_J[t]ᵀ u_J[t]"]),
        ("J = y.T @ V @ h", ["u_J = V h[t]", "J = y[t]ᵀ u_J[t]"]),
    ],
)  # fmt: skip
def test_a_loss_stays_in_one_line_where_it_can(loss: str, named: list[str]) -> None:
    assert head_lines(loss) == named


@pytest.mark.parametrize("name", EVERY)
def test_naming_twice_changes_nothing(name: str) -> None:
    once = name_intermediates(EVERY[name])
    assert name_intermediates(once) == once


@pytest.mark.parametrize("name", EVERY)
def test_every_equation_has_one_of_the_forms(name: str) -> None:
    cell = name_intermediates(EVERY[name])
    for equation in cell.equations:
        assert equation.target == cell.loss or is_flat(equation.expr), equation
        assert (equation.target.time is not None) == moves(equation.expr), equation


def still_parts(expr: Node) -> list[Node]:
    """Return the functions and matrix products of quantities that do not move."""
    below = [found for arg in expr.args if isinstance(arg, Node) for found in still_parts(arg)]
    return [*below, expr] if isinstance(expr, (Apply, Mul)) and not moves(expr) else below


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_computed_again_at_every_step(name: str) -> None:
    for equation in name_intermediates(EVERY[name]).equations:
        if equation.target.time is not None:
            assert still_parts(equation.expr) == [], equation


def is_leaf(expr: Node) -> bool:
    return isinstance(expr, Leaf)


def is_operand(expr: Node) -> bool:
    if isinstance(expr, (Diag, Transpose)):
        return is_operand(expr.args[0])
    return isinstance(expr, (Leaf, Ones))


def is_entrywise(expr: Node) -> bool:
    if isinstance(expr, (Add, Scale, Had, Quotient, Power, Multiple)):
        return all(is_entrywise(arg) for arg in expr.args if isinstance(arg, Node))
    return is_operand(expr)


def is_flat(expr: Node) -> bool:
    if isinstance(expr, Apply):
        return is_leaf(expr.body)
    if isinstance(expr, (Concat, Slice)):
        return all(is_leaf(arg) for arg in expr.args if isinstance(arg, Node))
    if isinstance(expr, Mul):
        is_sum = len(expr.args) == 3 and isinstance(expr.args[0].T, Ones) and isinstance(expr.args[2], Ones)
        return all(map(is_operand, expr.args)) and (len(expr.args) == 2 or is_sum)
    if isinstance(expr, (Add, Scale)):
        return all(is_flat(arg) and not isinstance(arg, Apply) for arg in expr.args if isinstance(arg, Node))
    return is_entrywise(expr)


@pytest.mark.parametrize("name", EVERY)
def test_names_are_new_and_notes_are_kept(name: str) -> None:
    before, after = EVERY[name], name_intermediates(EVERY[name])
    targets = [equation.target.name for equation in after.equations]
    assert len(set(targets)) == len(targets)
    fresh = set(targets) - {equation.target.name for equation in before.equations}
    assert not fresh & {leaf.name for leaf in (*before.inputs, *before.params, *before.constants, *before.targets)}
    assert {equation.note for equation in after.equations} == {equation.note for equation in before.equations}


@pytest.mark.parametrize("name", EVERY)
def test_naming_keeps_values(name: str) -> None:
    before, after = values(EVERY[name]), values(name_intermediates(EVERY[name]))
    for target, value in before.items():
        assert np.allclose(value, after[target], rtol=1e-14, atol=1e-14)  # a product may be taken in another order


def values(cell: Cell) -> dict[Node, np.ndarray]:
    """Compute one step of a cell at pairwise different sizes."""
    sizes = {symbol: 2 + index for index, symbol in enumerate(cell.sizes)}
    random = np.random.default_rng(1)
    given: dict[Node, np.ndarray] = {}
    past = [state.leaf.at(state.leaf.time - lag) for state in cell.states for lag in range(1, state.lags + 1)]
    for leaf in (*cell.inputs, *cell.params, *cell.constants, *cell.targets, *past):
        shape = [int(extent.xreplace(sizes)) for extent in leaf.shape]
        given[leaf] = random.uniform(0.1, 0.9, shape)
    found: dict[Node, np.ndarray] = {}
    equations: tuple[Equation, ...] = cell.equations
    for equation in equations:
        found[equation.target] = evaluate(equation.expr, {**given, **found}, sizes)
    return found
