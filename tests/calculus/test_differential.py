"""Each differential rule on its own: what it makes of an expression is the derivative along the differentials, by numbers."""

import numpy as np
import pytest
from sympy import Rational, Symbol
from trajectories import STEP, relative

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.functions import ALL, FUNCTIONS
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Concat,
    D,
    Diag,
    Eye,
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
    Trace,
    Transpose,
    Zeros,
)
from symrnn.algebra.sizes import size
from symrnn.algebra.time import SumT
from symrnn.algebra.walk import leaves
from symrnn.calculus import differential, rules
from symrnn.calculus.differential import differential_rule, expand
from symrnn.calculus.records import Differential, Step
from symrnn.errors import RuleError

N, M, K = size("n"), size("m"), size("k")
SIZES = {N: 3, M: 4, K: 2}
A, B, C = Leaf("A", N, M), Leaf("B", M, K), Leaf("C", N, M)
u, v, w = Leaf("u", N), Leaf("v", N), Leaf("w", M)
P = Leaf("P", N)  # positive, for functions that need it
s, r, row = Leaf("s", 1, 1), Leaf("r", 1, 1), Leaf("row", 1, M)
Q, k = Leaf("Q", N, N), Symbol("k", integer=True)
ALL_LEAVES = (A, B, C, u, v, w, P, s, r, row)
# One factor after the other, sums of at most four products: rounding of a few units in the last place.
TOLERANCE = 1e-14

EXAMPLES: dict[type[Node], tuple[Node, ...]] = {
    Ones: (Add(A, Ones(N, M)), Had(Ones(N, M), A)),
    Zeros: (Add(Zeros(N, M), A),),
    Eye: (Add(Eye(N), A @ C.T),),
    Add: (Add(A, C, A), A - C),
    Scale: (Scale(Rational(-3, 2), A), Scale(2, A @ B)),
    Multiple: (
        Multiple(s, A),
        Multiple(s, Ones(N, M)),
        Multiple(Scale(2, u.T @ v), Multiple(r, Scale(1 / N, A))),
        u - Multiple(Scale(1 / N, Ones(1, N) @ u), Ones(N)),
        Quotient(A, Multiple(Apply("exp", s), Ones(N, M))),
        Multiple(s, row) + Mul(u.T, A),
        Multiple(s, r),
    ),
    Trace: (
        Trace(A @ C.T),
        Multiple(Trace(Mul(A, B, B.T, C.T)), A),
        Trace(Had(A @ A.T, Eye(N))),
        Trace(s),
        Trace(u @ u.T),
    ),
    Mul: (A @ B, Mul(A, B, B.T), Mul(A.T, C, w), Mul(u.T, A, w), Mul(w, u.T, A)),
    Had: (Had(A, C), Had(A, C, A), Had(u, A @ w, v)),
    Transpose: (A.T, (A @ B).T, (A @ B).T @ C, Had(A, C).T, Transpose(Mul(A, B, B.T))),
    Diag: (Diag(u), Diag(Had(u, v)) @ A, Mul(Diag(u), A, w)),
    Concat: (Concat(A, C), Concat(A, Ones(K, M), C, A), Concat(w, u, v, A @ w)),
    Slice: (Slice(A, 1, 2), Slice(Concat(u, w, v), 2, N), Slice(A @ B, 0, 1)),
    Quotient: (Quotient(A, C), Quotient(Ones(N, M), A), Quotient(Had(A, C), A + C), Quotient(A @ w, P)),
    Power: (Power(A, 2), Power(A, 3), Power(A, -1), Power(P, -2), Power(A, 0), Power(A @ B, 4)),
    Apply: (*(Apply(name, P) for name in ALL), Apply("tanh", Mul(A, w) + u), Apply("softmax", Had(u, v))),
}
CASES = pytest.mark.parametrize("expr", [expr for exprs in EXAMPLES.values() for expr in exprs], ids=str)


def values(seed: int = 5) -> dict[Node, np.ndarray]:
    draw = np.random.default_rng(seed)
    found: dict[Node, np.ndarray] = {}
    for leaf in ALL_LEAVES:
        shape = tuple(SIZES.get(length, 1) for length in leaf.shape)
        found[leaf] = draw.uniform(0.3, 0.9, size=shape) * draw.choice([-1.0, 1.0], size=shape)  # none is nearly zero
        found[D(leaf)] = draw.normal(size=shape)
    found[P] = np.abs(found[P])
    return found


def along(expr: Node, held: tuple[Leaf, ...] = ()) -> np.ndarray:
    """Return the derivative of an expression along the differentials of its leaves, by a complex step."""
    given = values()
    moved = {leaf: given[leaf] + (0 if leaf in held else 1j * STEP) * given[D(leaf)] for leaf in ALL_LEAVES}
    return np.imag(evaluate(expr, moved, SIZES)) / STEP


def side(expr: Node, held: tuple[Leaf, ...]) -> np.ndarray:
    """Return the value of one side of a step; d(X) of a whole expression is a complex step through X."""
    if isinstance(expr, Differential):
        return along(expr.body, held)
    opened = {one: Leaf(f"opened{place}", *one.shape) for place, one in enumerate(_whole(expr))}
    given = {**values(), **{leaf: along(one.body, held) for one, leaf in opened.items()}}
    given |= {D(leaf): np.zeros_like(given[leaf]) for leaf in held}
    return evaluate(expr.xreplace(opened) if opened else expr, given, SIZES)


def _whole(expr: Node) -> set[Differential]:
    if isinstance(expr, Differential):
        return {expr}
    return {one for arg in expr.args if isinstance(arg, Node) for one in _whole(arg)}


def total(terms: tuple[Node, ...], shape: tuple) -> np.ndarray:
    return evaluate(Add(Zeros(*shape), *terms), values(), SIZES)


def test_every_node_with_a_rule_has_an_example():
    assert set(EXAMPLES) == set(differential_rule.registry) - {object}
    for kind, examples in EXAMPLES.items():
        assert all(kind in kinds(expr) for expr in examples), kind
    named = {function.__name__ for kind, function in differential_rule.registry.items() if kind is not object}
    assert named <= {name for name, one in vars(differential).items() if callable(one)}


def kinds(expr: Node) -> set[type]:
    return {type(expr)}.union(*(kinds(arg) for arg in expr.args if isinstance(arg, Node)))


@CASES
def test_a_rule_gives_the_derivative(expr):
    record: list[Step] = []
    terms = expand(expr, leaves(expr), record)
    truth = along(expr)
    size_of = max(1.0, float(np.abs(truth).max()))
    assert np.abs(total(terms, expr.shape) - truth).max() <= TOLERANCE * size_of
    for step in record:
        before, after = side(step.before, step.held), side(step.after, step.held)
        assert np.abs(before - after).max() <= TOLERANCE * max(1.0, float(np.abs(before).max())), step.rule.name


@pytest.mark.parametrize("held", [A, w, u])
def test_held_leaves_have_no_differential(held):
    expr = Apply("tanh", Mul(A, w) + Had(u, u))
    record: list[Step] = []
    active = tuple(leaf for leaf in leaves(expr) if leaf != held)
    terms = expand(expr, active, record)
    assert D(held) not in {part for term in terms for part in differentials(term)}
    assert relative(total(terms, expr.shape), along(expr, (held,))) < TOLERANCE
    assert relative(total(terms, expr.shape), along(expr)) > 1e-2
    assert all(step.held == (held,) for step in record if held in leaves(step.before.body))


def differentials(expr: Node) -> set[D]:
    if isinstance(expr, D):
        return {expr}
    return {one for arg in expr.args if isinstance(arg, Node) for one in differentials(arg)}


@CASES
def test_every_term_holds_exactly_one_differential(expr):
    assert {count(term) for term in expand(expr, leaves(expr), [])} <= {1}


def count(expr: Node) -> int:
    return 1 if isinstance(expr, D) else sum(count(arg) for arg in expr.args if isinstance(arg, Node))


@pytest.mark.parametrize(
    ("expr", "rule"),
    [
        (A + C, rules.SUM),
        (Scale(2, A), rules.MULTIPLE),
        (Multiple(s, A), rules.QUANTITY),
        (Trace(Q), rules.TRACE),
        (A @ B, rules.PRODUCT),
        (Had(A, C), rules.ENTRYWISE),
        (A.T, rules.TRANSPOSE),
        (Diag(u), rules.DIAGONAL),
        (Concat(A, C), rules.STACK),
        (Slice(A, 0, 2), rules.ROWS),
        (Quotient(A, C), rules.QUOTIENT),
        (Power(A, 2), rules.POWER),
        (Apply("tanh", A), rules.CHAIN),
        (Apply("softmax", u), rules.SOFTMAX),
        (Apply("log_softmax", u), rules.LOG_SOFTMAX),
    ],
)
def test_a_step_names_its_rule(expr, rule):
    record: list[Step] = []
    expand(expr, leaves(expr), record)
    assert [step.rule for step in record] == [rule]
    assert record[0].before == Differential(expr)


def test_what_does_not_depend_on_the_active_leaves_has_no_term():
    record: list[Step] = []
    assert expand(Had(A, C) + Ones(N, M), (w,), record) == ()
    assert not record


def test_a_node_without_a_rule_names_the_file_to_extend():
    with pytest.raises(RuleError, match=r"no differential rule for SumT: add one in symrnn/calculus/differential\.py"):
        expand(SumT(A, k, 1, 3), (A,), [])


def test_a_wrong_rule_would_be_noticed():
    """(1 − tanh)² for 1 − tanh², and a product rule without its second half, differ by far more than the tolerance."""
    y = Apply("tanh", u)
    assert relative(evaluate(Had(Power(Ones(N) - y, 2), D(u)), values(), SIZES), along(y)) > 1e-2
    assert relative(evaluate(D(A) @ B, values(), SIZES), along(A @ B)) > 1e-2


@pytest.mark.parametrize(
    "wrong", [Multiple(s, D(A)), Multiple(D(s), A), Multiple(s, D(A)) - Multiple(D(s), A)], ids=str
)
def test_a_multiple_has_both_halves(wrong):
    assert relative(evaluate(wrong, values(), SIZES), along(Multiple(s, A))) > 1e-2


@pytest.mark.parametrize("wrong", [Trace(D(A) @ C.T), Trace(A @ D(C).T), Trace(D(A) @ D(C).T)], ids=str)
def test_a_trace_has_both_halves(wrong):
    assert relative(evaluate(wrong, values(), SIZES), along(Trace(A @ C.T))) > 1e-2


# Every function, entry by entry of a matrix, of a row and of a matrix that no step has (a parameter).
MATRIX, ROW = Leaf("A", N, M), Leaf("row", 1, M)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("leaf", [MATRIX, ROW, s], ids=str)
def test_functions_act_on_matrices_rows_and_numbers(name, leaf):
    argument = Power(leaf, 2) if FUNCTIONS[name].domain == "positive" else leaf
    expr = Apply(name, argument)
    truth = along(expr)
    found = total(expand(expr, leaves(expr), []), expr.shape)
    assert truth.shape == found.shape == tuple(SIZES.get(length, 1) for length in leaf.shape)
    assert np.abs(found - truth).max() <= TOLERANCE * max(1.0, float(np.abs(truth).max()))
