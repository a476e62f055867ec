"""Each trace identity on its own: tr(A · … dX …) = tr(K dX) by numbers, and every step on the way."""

import numpy as np
import pytest
from sympy import Rational

from symrnn.algebra.evaluate import evaluate
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
    Trace,
    Transpose,
    Zeros,
    t,
)
from symrnn.algebra.sizes import size
from symrnn.calculus import rules
from symrnn.calculus.differential import expand
from symrnn.calculus.records import Step
from symrnn.calculus.trace import ONE, gradient_layout, isolate, move, times, traced
from symrnn.calculus.trace import number as number_of
from symrnn.errors import RuleError

N, M, K, L = size("n"), size("m"), size("k"), size("l")
SIZES = {N: 3, M: 4, K: 2, L: 5}
X, Y = Leaf("X", N, M), Leaf("Y", N, M)
W, V, U = Leaf("W", K, N), Leaf("V", M, L), Leaf("U", M, K)
x, y, z = Leaf("x", N), Leaf("y", N), Leaf("z", M)
s, r, row = Leaf("s", 1, 1), Leaf("r", 1, 1), Leaf("row", 1, M)
dX, dx, ds = D(X), D(x), D(s)
J = Leaf("J", N, N)  # shapes of left factors are taken from the term
# Traces of products of at most five matrices with at most five rows: some hundred roundings of terms of order one.
TOLERANCE = 1e-13

SINGLE: dict[type[Node], tuple[Node, ...]] = {
    Scale: (Scale(Rational(2, 3), dX),),
    Transpose: (dX.T, Transpose(dx)),
    Had: (Had(Y, dX), Had(dX, Y, Y), Had(Apply("tanh", x), y, dx)),
    Quotient: (Quotient(dX, Y), Quotient(dx, y)),
    Concat: (
        Concat(dX, Zeros(K, M)),
        Concat(Zeros(K, M), dX),
        Concat(Zeros(K, M), Zeros(L, M), dX, Zeros(N, M)),
    ),
    Multiple: (
        Multiple(s, dX),
        Multiple(y.T @ y, dx),
        Multiple(ds, Y),
        Multiple(ds, Ones(N)),
        Multiple(ds, y @ z.T),
        Multiple(ds, Multiple(r, y @ z.T)),
        Multiple(ds, row),
        Multiple(ds, y),
        Multiple(ds, r),
        Multiple(r, ds),
        Multiple(Multiple(r, ds), Y),
        Multiple(y.T @ dx, Y),
        Multiple(Trace(dX @ Y.T), W),
    ),
    Trace: (Trace(dX @ Y.T), Trace(Mul(Y.T, dX)), Trace(Mul(V, V.T, dX.T, Y)), Trace(Diag(dx))),
    Diag: (Diag(dx), Diag(Had(y, dx)), Diag(Multiple(ds, y))),
    Slice: (Slice(dX, 0, 2), Slice(dX, 1, 2), Slice(dX, 1, 1), Slice(dX, 0, N)),
}
PRODUCTS: tuple[Node, ...] = (
    W @ dX,
    dX @ V,
    Mul(W, dX, V),
    Mul(dX.T, y),
    dX.T @ W.T,
    Mul(U.T, dX.T),
    Mul(U.T, dX.T, W.T),
    Mul(z.T, dX.T, y),
    Mul(dx, z.T, V),
    Mul(y.T, dx),
    Mul(Diag(dx), X),
    Mul(Diag(dx), y),
    Mul(W, Diag(dx)),
    Mul(W, Diag(dx), X, V),
    Mul(y.T, Diag(dx), y),
    Mul(Multiple(ds, W), y),
    Mul(y, ds),
    Mul(row, Multiple(r, dX.T)),
)
NESTED: tuple[Node, ...] = (
    Mul(W, Had(Y, dX), V),
    Multiple(Scale(1 / N, y.T @ y), dx),
    Multiple(ds, Multiple(r, Scale(-1 / M, y @ z.T))),
    Had(Mul(W, dX, V), Mul(W, Y, V)),
    Transpose(Mul(W, dX, V)),
    Mul(U.T, Transpose(Had(Y, dX)), W.T),
    Scale(-1, Quotient(Had(y, dx), Had(y, y))),
    Mul(W, Slice(Concat(Zeros(K, M), dX), 1, N)),
    Concat(Zeros(L, 1), Had(y, W.T @ W @ dx)),
    Quotient(Mul(W, dx), W @ y),
    Mul(Diag(y) - y @ y.T, dx),
    Had(Transpose(dX), Transpose(Y)),
)
CASES = (*(term for terms in SINGLE.values() for term in terms), *PRODUCTS, *NESTED)


def left_of(term: Node) -> Leaf:
    return Leaf("A", term.shape[1], term.shape[0])


def number(length) -> int:
    return int(length.xreplace(SIZES))


def values(term: Node, seed: int = 2) -> dict[Node, np.ndarray]:
    draw = np.random.default_rng(seed)
    found: dict[Node, np.ndarray] = {}
    for leaf in (X, Y, W, V, U, x, y, z, s, r, row, left_of(term)):
        found[leaf] = draw.normal(size=tuple(map(number, leaf.shape))) + 2.0
        found[D(leaf)] = draw.normal(size=found[leaf].shape)
    return found


def value(expr: Node, term: Node) -> float:
    return evaluate(expr, values(term), SIZES).item()


def close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other), 1.0)


def differential(term: Node) -> D:
    return next(one for one in (dX, dx, ds) if term.has(one))


def test_every_identity_has_an_example():
    assert set(SINGLE) == set(move.registry) - {object}
    assert all(isinstance(term, kind) or kind is Transpose for kind, terms in SINGLE.items() for term in terms)


@pytest.mark.parametrize("term", CASES, ids=str)
def test_what_is_read_off_keeps_the_trace(term):
    record: list[Step] = []
    found = isolate(left_of(term), term, record)
    assert not found.has(D)
    before = value(Trace(left_of(term) @ term), term)
    assert close(value(Trace(found @ differential(term)), term), before)
    assert abs(before) > 1e-3
    for step in record:
        assert close(value(step.before, term), before), step.rule.name
        assert close(value(step.after, term), before), step.rule.name


@pytest.mark.parametrize("term", CASES, ids=str)
def test_what_is_read_off_has_the_shape_of_the_transposed_leaf(term):
    found = isolate(left_of(term), term, [])
    assert found.shape == tuple(reversed(differential(term).shape))
    assert gradient_layout(found).shape == differential(term).shape


@pytest.mark.parametrize("term", CASES, ids=str)
def test_the_gradient_layout_is_the_transpose(term):
    found = isolate(left_of(term), term, [])
    given = values(term)
    turned = evaluate(gradient_layout(found), given, SIZES)
    np.testing.assert_allclose(turned, evaluate(found, given, SIZES).T, rtol=TOLERANCE, atol=1e-14)


@pytest.mark.parametrize("term", [term for term in CASES if term.is_scalar_shape], ids=str)
def test_the_left_factor_of_the_loss_is_one(term):
    record: list[Step] = []
    found = isolate(ONE, term, record)
    assert close(value(Trace(found @ differential(term)), term), value(term, term))
    assert all(close(value(step.after, term), value(term, term)) for step in record)


@pytest.mark.parametrize(
    ("term", "names"),
    [
        (Scale(2, dX), []),
        (dX.T, [rules.TRACE_TRANSPOSE]),
        (Had(Y, dX), [rules.TRACE_ENTRYWISE]),
        (Quotient(dX, Y), [rules.TRACE_QUOTIENT]),
        (Concat(Zeros(K, M), dX), [rules.TRACE_STACK]),
        (Slice(dX, 1, 2), [rules.TRACE_ROWS]),
        (W @ dX, []),
        (dX @ V, [rules.TRACE_ROTATE]),
        (Mul(W, dX, V), [rules.TRACE_ROTATE]),
        (dX.T @ W.T, [rules.TRACE_TRANSPOSE, rules.TRACE_ROTATE]),
        (U.T @ dX.T, [rules.TRACE_TRANSPOSE]),
        (Multiple(s, dX), [rules.TRACE_MULTIPLE]),
        (Multiple(ds, Y), [rules.TRACE_QUANTITY]),
        (Trace(dX @ Y.T), [rules.TRACE_INNER, rules.TRACE_ROTATE]),
        (Diag(dx), [rules.TRACE_DIAGONAL]),
        (Diag(dx) @ Y, [rules.TRACE_DIAGONAL]),
        (W @ Diag(dx), [rules.TRACE_ROTATE, rules.TRACE_DIAGONAL]),
    ],
    ids=str,
)
def test_the_identities_are_applied_in_the_order_of_a_hand_derivation(term, names):
    record: list[Step] = []
    isolate(left_of(term), term, record)
    assert [step.rule for step in record] == names


def test_read_off_as_source_002_writes_it():
    """3.1.3: dJ = tr(∂J/∂z dWᵀ a) gives ∂J/∂W = (∂J/∂z)ᵀ aᵀ, through tr(aᵀ dW (∂J/∂z)ᵀ)."""
    weight, state, argument = Leaf("W", N, M), Leaf("a", N, 1, t), Leaf("z", M, 1, t)
    record: list[Step] = []
    found = isolate(Jac(argument), Mul(D(weight).T, state), record)
    assert found == Mul(Jac(argument).T, state.T)
    assert [step.after for step in record] == [
        Trace(Mul(state.T, D(weight), Jac(argument).T)),
        Trace(Mul(Jac(argument).T, state.T, D(weight))),
    ]
    assert gradient_layout(found) == Mul(state, Bar(argument).T)


@pytest.mark.parametrize("node", [Power(dX, 2), Apply("tanh", dx)], ids=str)
def test_what_has_no_identity_is_refused_with_the_file_to_extend(node):
    with pytest.raises(RuleError, match=r"no trace identity for \w+: add one in symrnn/calculus/trace\.py"):
        isolate(left_of(node), node, [])


def test_a_product_without_ones():
    assert times(ONE, x) == x
    assert times(ONE, ONE) == ONE
    assert times(Scale(3, ONE), x.T, Scale(-1, x)) == Scale(-3, Mul(x.T, x))
    assert traced(ONE, Mul(x.T, dx)) == Trace(Mul(x.T, dx))
    assert times(Eye(N), X) == X
    assert times(Eye(N), Eye(N)) == Eye(N)
    assert times(Multiple(s, Eye(N)), X, Multiple(r, z)) == Multiple(s, Multiple(r, X @ z))


def test_what_a_number_in_front_is_given():
    """tr(C̄ᵀ C′) for the forget gate of a matrix memory, vᵀ C̄ k without a trace for what stands before v kᵀ."""
    memory, before = Leaf("C", N, M, t), Leaf("C", N, M, t - 1)
    assert gradient_layout(isolate(Jac(memory), Multiple(ds, before), [])) == Trace(Mul(Bar(memory).T, before))
    assert gradient_layout(isolate(Jac(memory), Multiple(ds, y @ z.T), [])) == Mul(y.T, Bar(memory), z)
    assert gradient_layout(isolate(Jac(memory), Multiple(s, D(before)), [])) == Multiple(s, Bar(memory))
    assert gradient_layout(isolate(Jac(memory), Multiple(s, Mul(dx, z.T)), [])) == Multiple(s, Bar(memory) @ z)
    square = Leaf("A", N, N)
    assert gradient_layout(isolate(Jac(square), Multiple(ds, Eye(N)), [])) == Trace(Bar(square))


def test_a_parameter_minus_its_transpose():
    weight, skew = Leaf("W", N, N), Leaf("A", N, N)
    terms = expand(weight - weight.T, (weight,), [])
    assert gradient_layout(Add(*(isolate(Jac(skew), term, []) for term in terms))) == Bar(skew) - Bar(skew).T


def test_number_is_the_trace_of_a_product():
    values_of = values(W @ dX)
    for factors in (
        (Y.T, X),
        (z, x.T, X),
        (Multiple(s, Y.T), Scale(2, X)),
        (row, z),
        (x, Multiple(r, x.T)),
        (Eye(N), X @ Y.T),
    ):
        found = number_of(*factors)
        truth = np.trace(evaluate(Mul(*factors), values_of, SIZES))
        assert close(evaluate(found, values_of, SIZES).item(), truth)
    assert number_of(z, x.T, X) == Mul(x.T, X, z)


WRONG_FOR = (
    W @ dX,
    dX @ V,
    Had(Y, dX),
    dX.T @ W.T,
    Concat(Zeros(K, M), dX),
    Multiple(s, dX),
    Multiple(ds, Y),
    Diag(dx) @ Y,
)


@pytest.mark.parametrize("term", [*WRONG_FOR, Trace(dX @ Y.T)], ids=str)
def test_a_wrong_read_off_would_be_noticed(term):
    """With the left factor forgotten, its sign turned or a factor moved to the wrong end the traces differ."""
    before = value(Trace(left_of(term) @ term), term)
    right = isolate(left_of(term), term, [])
    for wrong in (Scale(-1, right), Scale(2, right), Add(right, Ones(*right.shape))):
        assert not close(value(Trace(wrong @ differential(term)), term), before)
