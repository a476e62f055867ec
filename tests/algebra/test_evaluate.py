"""Every node has a value, the one that plain NumPy gives; real and complex, alone and in a batch."""

import importlib
import pkgutil
import warnings

import numpy as np
import pytest
from sympy import Integer, Rational, Symbol

import symrnn.algebra
from symrnn.algebra.evaluate import evaluate, function
from symrnn.algebra.functions import ALL, FUNCTIONS, Function, Z
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
    Slice,
    T,
    Trace,
    Transpose,
    Zeros,
    t,
)
from symrnn.algebra.sizes import size
from symrnn.algebra.time import ProdT, SumT
from symrnn.errors import RuleError

Array = np.ndarray

M, N, K = size("M"), size("N"), size("K")
SIZES = {M: 3, N: 4, K: 5}
k = Symbol("k", integer=True)

A, B, C = Leaf("A", M, N), Leaf("B", N, K), Leaf("C", M, N)
Q, a, c = Leaf("Q", M, M), Leaf("a", M), Leaf("c", K)
h, F = Leaf("h", M, 1, t), Leaf("F", M, M, t)
s = Leaf("s", 1, 1)


def arrays(kind: type = float, batch: tuple[int, ...] = ()) -> dict[Node, Array]:
    """Return values for all leaves; those that move have one for each of the steps 0 to 4."""
    random = np.random.default_rng(7)

    def draw(leaf: Node, lead: tuple[int, ...] = ()) -> Array:
        shape = (*lead, *(int(extent.xreplace(SIZES)) for extent in leaf.shape))
        real = random.uniform(0.3, 1.4, shape) * random.choice([-1, 1], shape)
        return real if kind is float else real + 1j * random.uniform(-1, 1, shape)

    given = {leaf: draw(leaf) for leaf in (A, B, Q, D(A), Bar(a), Jac(A))}
    given |= {leaf: draw(leaf, batch) for leaf in (C, a, c, s)}
    for step in range(5):
        given |= {leaf: draw(leaf, batch) for leaf in (h.at(step), F.at(step), Bar(h.at(step)), D(h.at(step)))}
    return given


def cases(v: dict[Node, Array]) -> dict[type[Node], list[tuple[Node, Array]]]:
    """Return, for each class of nodes, expressions and what plain NumPy makes of them."""
    total = sum(v[F.at(step)] @ v[h.at(step - 1)] for step in (2, 3, 4))
    product = v[F.at(2)] @ v[F.at(3)] @ v[F.at(4)]
    return {
        Leaf: [(A, v[A]), (h.at(3), v[h.at(3)]), (h.at(T - 1), v[h.at(3)]), (h.at(t - 1), v[h.at(1)])],
        D: [(D(A), v[D(A)]), (D(h.at(T)), v[D(h.at(4))])],
        Bar: [(Bar(a), v[Bar(a)]), (Bar(h.at(t)), v[Bar(h.at(2))])],
        Jac: [(Jac(A), v[Jac(A)])],
        Ones: [(Ones(M, N + 1), np.ones((3, 5)))],
        Zeros: [(Zeros(K), np.zeros((5, 1)))],
        Eye: [(Eye(N), np.eye(4))],
        Add: [(Add(A, C, A), v[A] + v[C] + v[A])],
        Scale: [
            (Scale(Rational(-1, 3), A), -v[A] / 3),
            (Scale(M + K, A), 8 * v[A]),
            (Scale(1 / T, A), v[A] / 4),
            (Scale(1 / M, Ones(1, M) @ A), np.mean(v[A], axis=-2, keepdims=True)),
            (Scale(K / (M + N), C), 5 * v[C] / 7),
        ],
        Multiple: [
            (Multiple(s, C), v[s] * v[C]),
            (Multiple(s, A.T), v[s] * v[A].T),
            (Multiple(s, Ones(M)), v[s] * np.ones((3, 1))),
            (Multiple(Scale(-2, Trace(Q)), Scale(1 / N, a)), -np.trace(v[Q]) * v[a] / 2),
        ],
        Mul: [(Mul(A, B), v[A] @ v[B]), (Mul(Q, A, B, c), v[Q] @ v[A] @ v[B] @ v[c])],
        Had: [(Had(A, C), v[A] * v[C]), (Had(A, C, A), v[A] * v[C] * v[A])],
        Quotient: [(Quotient(A, C), v[A] / v[C])],
        Power: [(Power(A, 3), v[A] ** 3), (Power(A, -2), 1 / v[A] ** 2), (Power(A, 0), np.ones((3, 4)))],
        Transpose: [(Transpose(A), np.swapaxes(v[A], -1, -2)), (Mul(A, B).T, np.swapaxes(v[A] @ v[B], -1, -2))],
        Diag: [(Diag(a), v[a] * np.eye(3))],
        Apply: [(Apply("tanh", A), np.tanh(v[A])), (Apply("exp", Mul(A, B)), np.exp(v[A] @ v[B]))],
        Concat: [(Concat(a, c, a), np.concatenate([v[a], v[c], v[a]], axis=-2))],
        Slice: [(Slice(c, 1, M), v[c][..., 1:4, :]), (Slice(A, M - 1, 1), v[A][..., 2:3, :])],
        Trace: [(Trace(Q), np.trace(v[Q])[None, None])],
        SumT: [
            (SumT(Mul(F.at(k), h.at(k - 1)), k, 2, T), total),
            (SumT(h.at(k), k, 3, t), np.zeros((3, 1))),
            (SumT(A, k, 1, T), 4 * v[A]),
        ],
        ProdT: [
            (ProdT(F.at(k), k, t, T), product),
            (ProdT(F.at(k), k, 2, 1), np.eye(3)),
            (ProdT(Q, k, 1, 2), v[Q] @ v[Q]),
        ],
    }


ALL_SIZES = {**SIZES, T: 4, t: 2}
CLASSES = list(cases(arrays()))


def concrete_nodes() -> set[type[Node]]:
    """Return the classes of nodes that can be built, of every module of the algebra."""
    for module in pkgutil.walk_packages(symrnn.algebra.__path__, "symrnn.algebra."):
        importlib.import_module(module.name)
    found, waiting = set(), [Node]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found |= {node for node in below if node.__module__.startswith("symrnn.algebra") and not node.__subclasses__()}
    return found


def test_every_node_has_a_case() -> None:
    assert concrete_nodes() == set(CLASSES)


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("node", CLASSES, ids=lambda node: node.__name__)
def test_values_are_those_of_numpy(node: type[Node], kind: type) -> None:
    given = arrays(kind)
    for expr, expected in cases(given)[node]:
        found = evaluate(expr, given, ALL_SIZES)
        assert found.shape == tuple(int(extent.xreplace(ALL_SIZES)) for extent in expr.shape)
        assert np.allclose(found, expected, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("node", CLASSES, ids=lambda node: node.__name__)
def test_a_batch_is_its_items(node: type[Node]) -> None:
    batch = arrays(float, (2, 6))
    for expr, expected in cases(batch)[node]:
        found = evaluate(expr, batch, ALL_SIZES)
        shape = np.broadcast_shapes(found.shape, np.shape(expected))
        assert np.allclose(np.broadcast_to(found, shape), expected, rtol=1e-14, atol=1e-14)
        item = {leaf: value[1, 5] if value.ndim == 4 else value for leaf, value in batch.items()}
        alone = evaluate(expr, item, ALL_SIZES)
        assert np.allclose(np.broadcast_to(found, (2, 6, *found.shape[-2:]))[1, 5], alone, rtol=1e-14, atol=1e-14)


def test_a_part_that_is_given_is_not_computed() -> None:
    assert np.array_equal(evaluate(Add(Mul(A, B), Mul(A, B)), {Mul(A, B): np.ones((3, 5))}, SIZES), 2 * np.ones((3, 5)))


def test_nothing_is_conjugated() -> None:
    given: dict[Node, Array] = {A: np.full((3, 4), 1j)}
    assert np.array_equal(evaluate(Mul(A.T, A), given, SIZES), np.full((4, 4), -3))


class Strange(Node):
    """A node that nothing knows."""

    def __new__(cls) -> "Strange":
        return super().__new__(cls)  # type: ignore[no-any-return]

    shape = (Integer(1), Integer(1))
    __repr__ = object.__repr__


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (Strange(), r"add a function to symrnn/algebra/evaluate\.py"),
        (Leaf("W", M, N), "no value is given for W"),
        (Bar(h.at(9)), "no value is given for"),
        (Ones(size("X")), "no value is given for X"),
        (Scale(size("X"), A), "no value is given for X"),
        (Slice(c, 3, M), r"ends at row 6, but there are 5"),
    ],
)
def test_what_is_missing_is_named(expr: Node, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        evaluate(expr, arrays(), SIZES)


# Functions


@pytest.mark.parametrize("name", ALL)
def test_every_function_has_a_value(name: str) -> None:
    column = np.array([[0.3], [1.7], [0.2]])
    assert evaluate(Apply(name, a), {a: column}, SIZES).shape == (3, 1)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "tanh", "softmax", "log_softmax", "relu", "abs"])
@pytest.mark.parametrize("kind", [float, complex])
def test_large_arguments_do_not_overflow(name: str, kind: type) -> None:
    column = np.array([[-2000], [-750], [0], [710], [2000]]).astype(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = function(name)(column)
    assert np.all(np.isfinite(found))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_small_differences_survive(name: str) -> None:
    """Near the ends of the line the stable forms keep relative precision: sigmoid(−700) is exp(−700)."""
    if name == "sigmoid":
        assert function(name)(np.array([-700.0]))[0] == pytest.approx(np.exp(-700.0), rel=1e-13)
    elif name == "softplus":
        assert function(name)(np.array([-700.0]))[0] == pytest.approx(np.exp(-700.0), rel=1e-13)
        assert function(name)(np.array([700.0]))[0] == 700.0


@pytest.mark.parametrize("name", ["relu", "abs", "softplus", "sigmoid"])
def test_the_real_part_decides(name: str) -> None:
    points = np.array([-1.5, -0.2, 0.2, 1.5])
    step = function(name)(points + 1e-30j).imag / 1e-30
    slope = (function(name)(points + 1e-6) - function(name)(points - 1e-6)) / 2e-6
    assert np.allclose(step, slope, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ["relu", "abs"])
def test_a_kink_has_the_declared_slope(name: str) -> None:
    assert function(name)(np.array([1e-30j]))[0].imag == 0


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_column_functions_have_a_complex_step(name: str) -> None:
    column, step = np.array([[0.2], [1.1], [-0.7]]), 1e-30
    p = function("softmax")(column)
    jacobian = np.diag(p[:, 0]) - p @ p.T if name == "softmax" else np.eye(3) - np.ones((3, 1)) @ p.T
    for index in range(3):
        bumped = column.astype(complex)
        bumped[index] += 1j * step
        assert np.allclose(function(name)(bumped).imag[:, 0] / step, jacobian[:, index], rtol=1e-14, atol=1e-16)


def test_columns_are_columns_in_a_batch() -> None:
    batch = np.random.default_rng(3).normal(size=(4, 3, 1))
    assert np.allclose(function("softmax")(batch).sum(axis=-2), 1)
    assert np.allclose(function("softmax")(batch)[2], function("softmax")(batch[2]))


def test_a_new_row_is_computed_by_its_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "cube", Function("cube", "cube", Z**3, Z**3))
    assert function("cube")(np.array([2.0]))[0] == 8
    with pytest.raises(RuleError, match=r"_BY_HAND in symrnn/algebra/evaluate\.py"):
        function("nobody")
