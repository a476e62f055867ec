"""Linear recurrences: what is said of every cell, held against its Jacobians at random states, and forms that are none."""

from itertools import product

import networks
import numpy as np
import pytest
from sympy import Integer
from trajectories import Run, derivation, moved, run

from symrnn.algebra.decide import decide
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Add, Apply, Diag, Eye, Had, Leaf, Mul, Multiple, Node, Ones, Scale, t
from symrnn.algebra.sizes import size
from symrnn.calculus.derive import derive
from symrnn.calculus.linear import diagonal, linear_recurrences
from symrnn.language.read import read_cell
from symrnn.model.composition import compose

EACH = tuple({name.partition("+")[0]: name for name in reversed(networks.ALL)}.values())
STEP, POINTS = 2, 6
CLOSE = 1e-13  # entries are of order one
EXPECTED = {
    "mingru": {"h"},
    "minlstm": {"h"},
    "rglru": {"h"},
    "ssm_diagonal": {"h"},
    "lru": {"h_re h_im"},
    "mamba": {"h"},
    "gla": {"S"},
    "retnet": {"S"},
    "linear_attention": {"S", "z"},
    "mlstm": {"C", "n"},
    "rwkv4": {"a", "b"},
    "qrnn": {"c"},
    "scrn": {"s"},
    "trnn": {"h"},
}
H = size("H")


def told(name: str) -> set[str]:
    return {" ".join(leaf.name for leaf in one.states) for one in linear_recurrences(derivation(name))}


def jacobians(at: Run, past: dict[Node, np.ndarray]) -> dict[tuple[str, str], np.ndarray]:
    """Return every ∂state^(2)/∂state^(1) at these states of step 1, by complex steps: (entries of one, entries of the other)."""
    network, now = at.network, {t: Integer(STEP)}
    targets = {line.target.xreplace(now) for line in network.equations}
    entering = {key: value for key, value in at.values.items() if key not in targets} | past
    found = {}
    for by in network.states:
        values = {**entering, by.leaf.at(STEP - 1): moved(past[by.leaf.at(STEP - 1)])}
        for line in network.equations:
            values[line.target.xreplace(now)] = evaluate(line.expr.xreplace(now), values, at.sizes)
        for of in network.states:
            slopes, shape = values[of.leaf.at(STEP)].imag / 1e-200, at.values[of.leaf.at(STEP)].shape
            count = past[by.leaf.at(STEP - 1)].size
            found[of.leaf.name, by.leaf.name] = np.broadcast_to(slopes, (count, *shape)).reshape(count, -1).T
    return found


def measured(name: str) -> set[str]:
    """Return the states that depend on one another by diagonals that do not change with them, and are not zero."""
    network = derivation(name).network
    if not network.states or any(state.lags > 1 for state in network.states):
        return set()
    at, draw = run(network, STEP), np.random.default_rng(1)
    names = [state.leaf.name for state in network.states]
    past = [{one.leaf.at(STEP - 1): at.values[one.leaf.at(STEP - 1)] for one in network.states} for _ in range(POINTS)]
    for point in past[1:]:
        point |= {key: draw.uniform(-9, 9, value.shape) for key, value in point.items()}
    all_of = [jacobians(at, point) for point in past]
    linked = np.array([[any(one[i, j].any() for one in all_of) for j in names] for i in names])
    for _ in names:
        linked = linked | (linked.astype(int) @ linked.astype(int) > 0)
    groups = {frozenset(j for j in range(len(names)) if linked[i, j] and linked[j, i]) for i in range(len(names))}
    found = set()
    for group in groups - {frozenset()}:
        moving = [
            {
                **past[0],
                **{network.states[i].leaf.at(STEP - 1): point[network.states[i].leaf.at(STEP - 1)] for i in group},
            }
            for point in past
        ]
        points = [jacobians(at, point) for point in moving]
        pairs = [(names[i], names[j]) for i, j in product(group, group)]
        if all(_is_one_diagonal([one[pair] for one in points]) for pair in pairs):
            found.add(" ".join(names[i] for i in sorted(group)))
    return found


def _is_one_diagonal(found: list[np.ndarray]) -> bool:
    first = found[0]
    square = first.shape[0] == first.shape[1]
    flat = square and not (first - np.diag(np.diag(first))).any()
    return flat and all(np.abs(one - first).max() <= CLOSE for one in found[1:])


@pytest.mark.parametrize("name", [name for name in EACH if name in networks.BUILT_IN])
def test_a_recurrence_is_linear_where_its_jacobian_is_diagonal_and_does_not_change(name):
    assert told(name) == measured(name) == EXPECTED.get(name.partition("+")[0], set())


@pytest.mark.parametrize("name", [name for name in EACH if name not in networks.BUILT_IN])
def test_of_no_other_text_too_much_is_said(name):
    assert told(name) <= measured(name)


def network_of(*lines: str, states: str = "h: H"):
    text = "\n".join(f"  {line}" for line in ("input x: H", f"state {states}", *lines))
    return derivation_of(f"cell tried\n{text}\n")


def derivation_of(text: str):
    return derive(compose(read_cell(text), None))


@pytest.mark.parametrize(
    "lines",
    [
        ("h = sigmoid(x) * h[t-1] + x",),
        ("f = sigmoid(x)", "h = f * h[t-1] + (1 - f) * (W @ x)"),
        ("h = 0.5 * h[t-1] + x",),
        ("h = x - h[t-1]",),
        ("h = diag(a) @ h[t-1] + x", "param a: H"),
        ("h = h[t-1] / (1 + exp(x))",),
    ],
)
def test_linear_forms_are_found(lines):
    assert [[leaf.name for leaf in one.states] for one in linear_recurrences(network_of(*lines))] == [["h"]]


@pytest.mark.parametrize(
    "lines",
    [
        ("h = tanh(h[t-1]) + x",),
        ("h = h[t-1] * h[t-1] + x",),
        ("h = sigmoid(h[t-1]) * h[t-1] + x",),
        ("h = W @ h[t-1] + x",),
        ("h = relu(h[t-1] + x)",),
        ("h = x * h[t-1] + 0.5 * h[t-2]",),
        ("h = sum(h[t-1]) * x",),
    ],
)
def test_others_are_not(lines):
    assert linear_recurrences(network_of(*lines)) == ()


def test_what_reaches_a_state_by_another_one_counts():
    lines = ("c = sigmoid(h[t-1]) * c[t-1] + x", "h = tanh(c)")
    assert linear_recurrences(network_of(*lines, states="h: H, c: H")) == ()


def test_a_gate_of_another_recurrence_does_not():
    lines = ("g = tanh(W @ g[t-1] + x)", "h = sigmoid(g) * h[t-1] + x")
    found = linear_recurrences(network_of(*lines, states="h: H, g: H"))
    assert [[leaf.name for leaf in one.states] for one in found] == [["h"]]


def test_the_diagonal_is_that_of_the_jacobian():
    a, b, s, W = Leaf("a", H, 1, t), Leaf("b", H, 1, t), Leaf("s", 1, 1, t), Leaf("W", H, H)
    for jacobian, column in (
        (Eye(H), Ones(H)),
        (Mul(Diag(a), Diag(b)), Had(a, b)),
        (Add(Diag(a), Scale(-2, Eye(H))), Add(a, Scale(-2, Ones(H)))),
        (Multiple(s, Diag(a)), Multiple(s, a)),
    ):
        found = diagonal(jacobian)
        assert found is not None
        assert decide(found, column).is_proved
    assert all(diagonal(one) is None for one in (W, Mul(Diag(a), W), Add(Diag(a), W), Apply("tanh", W)))
