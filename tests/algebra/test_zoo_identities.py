"""What the calculus finds for normalised, matrix-valued and constrained cells is the closed form of the literature, proved."""

import pytest

from symrnn.algebra.decide import decide
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    D,
    Diag,
    Eye,
    Had,
    Jac,
    Leaf,
    Mul,
    Multiple,
    Ones,
    Power,
    Quotient,
    Scale,
    Trace,
    t,
)
from symrnn.algebra.sizes import size
from symrnn.algebra.walk import leaves
from symrnn.calculus.differential import expand
from symrnn.calculus.trace import gradient_layout, holds_differential, isolate

H, N, M = size("H"), size("n"), size("m")
one = Ones(H)


def adjoints(target, expr):
    """Return what the equation target = expr gives to the adjoint of each leaf that it reads."""
    found = {}
    for term in expand(expr, leaves(expr), []):
        leaf = next(leaf for leaf in leaves(expr) if term.has(D(leaf)))
        jacobian = isolate(Jac(target), term, [])
        assert not holds_differential(jacobian)
        found.setdefault(leaf, []).append(gradient_layout(jacobian))
    return {leaf: Add(*parts) for leaf, parts in found.items()}


def mean(column):
    return Scale(1 / H, Mul(Ones(1, H), column))


# Layer normalisation (Ba, Kiros, Hinton 2016)

z, y, gain, shift, eps = Leaf("z", H, 1, t), Leaf("y", H, 1, t), Leaf("gamma", H), Leaf("beta", H), Leaf("eps", 1, 1)
mu, var, sigma = Leaf("mu", 1, 1, t), Leaf("v", 1, 1, t), Leaf("sigma", 1, 1, t)
centred, hat = Leaf("c", H, 1, t), Leaf("z_hat", H, 1, t)
LINES = (
    (mu, mean(z)),
    (centred, z - Multiple(mu, one)),
    (var, mean(Power(centred, 2))),
    (sigma, Apply("sqrt", var + eps)),
    (hat, Quotient(centred, Multiple(sigma, one))),
    (y, Had(gain, hat) + shift),
)
given = Had(Bar(y), gain)


def spread(number):
    return Multiple(number, one)


def closed(inner):
    return Quotient(inner, Multiple(sigma, one))


CLOSED = closed(given - spread(mean(given)) - Had(hat, spread(mean(Had(given, hat)))))
NOT_CLOSED = {
    "mean forgotten": closed(given - Had(hat, spread(mean(Had(given, hat))))),
    "variance forgotten": closed(given - spread(mean(given))),
    "gain forgotten": CLOSED.xreplace({gain: one}),
    "sum instead of mean": closed(given - spread(Scale(H, mean(given))) - Had(hat, spread(mean(Had(given, hat))))),
    "σ² below": Quotient(CLOSED, Multiple(sigma, one)),
    "the other sign": closed(given + spread(mean(given)) - Had(hat, spread(mean(Had(given, hat))))),
}


def line_by_line():
    """Return the forward lines and every adjoint but that of z as definitions, and the adjoint of z."""
    parts = {}
    for target, expr in reversed(LINES):
        for leaf, found in adjoints(target, expr).items():
            parts.setdefault(leaf, []).append(found)
    total = {Bar(leaf): Add(*found) for leaf, found in parts.items()}
    forward = {target: expr for target, expr in LINES if target != y}
    return total.pop(Bar(z)), {**forward, **total}


def test_layer_normalisation_line_by_line():
    found, definitions = line_by_line()
    assert decide(found, CLOSED, definitions=definitions).is_proved


@pytest.mark.parametrize("name", NOT_CLOSED)
def test_a_wrong_gradient_of_layer_normalisation_is_refuted(name):
    found, definitions = line_by_line()
    assert decide(found, NOT_CLOSED[name], definitions=definitions, positive=[eps]).is_refuted


def test_layer_normalisation_in_one_line():
    whole = dict(LINES)
    expr = whole[y]
    for line in (hat, sigma, var, centred, mu):
        expr = expr.xreplace({line: whole[line]})
    forward = {target: expr for target, expr in LINES if target != y}
    assert leaves(expr) == (gain, z, eps, shift)
    found = adjoints(y, expr)
    assert decide(found[z], CLOSED, definitions=forward).is_proved
    assert decide(found[gain], Had(Bar(y), hat), definitions=forward).is_proved
    assert decide(Mul(Ones(1, H), found[z]), Scale(0, Ones(1, 1)), definitions=forward).is_proved


# Matrix memories: mLSTM (Beck et al. 2024), linear attention, DeltaNet (Schlag et al. 2021), selective state spaces

C, before = Leaf("C", N, M, t), Leaf("C", N, M, t - 1)
f, i, beta = Leaf("f", 1, 1, t), Leaf("i", 1, 1, t), Leaf("beta", 1, 1, t)
v, k, q, r = Leaf("v", N, 1, t), Leaf("k", M, 1, t), Leaf("q", M, 1, t), Leaf("r", N, 1, t)
u, delta, A = Leaf("u", N, 1, t), Leaf("delta", N, 1, t), Leaf("A", N, M)
bar = Bar(C)
entries = Mul(Ones(1, N), Had(bar, before), Ones(M))  # Σ_ij C̄_ij C′_ij
MEMORIES = {
    "mLSTM": (
        C,
        Multiple(f, before) + Multiple(i, v @ k.T),
        {f: entries, i: Mul(v.T, bar, k), v: Multiple(i, bar @ k), k: Multiple(i, bar.T @ v), before: Multiple(f, bar)},
    ),
    "mLSTM, read": (r, Mul(C, q), {C: Bar(r) @ q.T, q: C.T @ Bar(r)}),
    "DeltaNet": (
        C,
        before - Multiple(beta, Mul(before, k, k.T)) + Multiple(beta, v @ k.T),
        {
            before: bar @ (Eye(M) - Multiple(beta, k @ k.T)),
            beta: Mul((v - before @ k).T, bar, k),
            v: Multiple(beta, bar @ k),
            k: Multiple(beta, Mul(bar.T, v - before @ k)) - Multiple(beta, Mul(before.T, bar, k)),
        },
    ),
    "rows gated": (C, Diag(u) @ before + v @ k.T, {u: Had(bar, before) @ Ones(M), before: Had(u @ Ones(1, M), bar)}),
    "columns gated": (C, before @ Diag(k), {k: Had(bar, before).T @ Ones(N), before: Had(bar, Ones(N) @ k.T)}),
    "selective state space": (
        C,
        Had(Apply("exp", Diag(delta) @ A), before) + Mul(Had(delta, u), k.T),
        {
            delta: Mul(Had(bar, Had(Apply("exp", Diag(delta) @ A), Had(A, before))), Ones(M)) + Had(u, bar @ k),
            A: Had(Mul(delta, Ones(1, M)), Had(bar, Had(Apply("exp", Diag(delta) @ A), before))),
            k: bar.T @ Had(delta, u),
        },
    ),
    "normaliser": (
        r,
        Quotient(C @ q, Multiple(f, Ones(N))),
        {f: Scale(-1, Quotient(Mul(Bar(r).T, C, q), Power(f, 2))), C: Quotient(Bar(r) @ q.T, Multiple(f, Ones(N, M)))},
    ),
    "trace of the author": (f, Trace(C @ A.T), {C: Multiple(Bar(f), A), A: Multiple(Bar(f), C)}),
}


@pytest.mark.parametrize("name", MEMORIES)
def test_adjoints_of_matrix_memories(name):
    target, expr, expected = MEMORIES[name]
    found = adjoints(target, expr)
    assert set(expected) <= set(found)
    for leaf, form in expected.items():
        assert decide(found[leaf], form).is_proved, leaf
        wrong = [Scale(-1, form), Scale(2, form), form + Ones(*form.shape)]
        assert all(decide(found[leaf], other).is_refuted for other in wrong), leaf


def test_the_delta_rule_in_three_forms():
    expr = MEMORIES["DeltaNet"][1]
    assert decide(expr, before + Multiple(beta, Mul(v - before @ k, k.T))).is_proved
    assert decide(expr, Mul(before, Eye(M) - Multiple(beta, k @ k.T)) + Multiple(beta, v @ k.T)).is_proved
    assert decide(expr, Mul(before, Eye(M) + Multiple(beta, k @ k.T)) + Multiple(beta, v @ k.T)).is_refuted
    assert decide(expr, before + Multiple(beta, Mul(v, k.T))).is_refuted


# Weights that are expressions of parameters

W, V, S = Leaf("W", H, H), Leaf("V", H, H), Leaf("S", H, H)
WEIGHTS = {
    "antisymmetric": (W - W.T - Multiple(eps, Eye(H)), {W: Bar(S) - Bar(S).T, eps: Scale(-1, Trace(Bar(S)))}),
    "masked": (Had(W, V), {W: Had(Bar(S), V), V: Had(Bar(S), W)}),
    "absolute": (Apply("abs", W), {W: Had(Bar(S), Apply("sign", W))}),
    "minus exp": (Scale(-1, Apply("exp", W)), {W: Scale(-1, Had(Bar(S), Apply("exp", W)))}),
    "symmetric": (W @ W.T, {W: (Bar(S) + Bar(S).T) @ W}),
    "normed": (
        Quotient(W, Multiple(Apply("sqrt", Trace(W @ W.T)), Ones(H, H))),
        {
            W: Quotient(
                Bar(S) - Multiple(Quotient(Trace(Bar(S).T @ W), Trace(W @ W.T)), W),
                Multiple(Apply("sqrt", Trace(W @ W.T)), Ones(H, H)),
            )
        },
    ),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_adjoints_of_constrained_weights(name):
    expr, expected = WEIGHTS[name]
    found = adjoints(S, expr)
    assert set(found) == set(expected)
    for leaf, form in expected.items():
        assert decide(found[leaf], form).is_proved, leaf
        assert decide(found[leaf], Scale(-1, form)).is_refuted, leaf


def test_antisymmetric_weights_are_what_they_are_called():
    expr = W - W.T
    assert decide(expr.T, Scale(-1, expr)).is_proved
    assert decide(Mul(z.T, expr, z), Scale(0, Ones(1, 1))).is_proved
    assert decide(Mul(z.T, expr, y), Scale(0, Ones(1, 1))).is_refuted
    assert decide(adjoints(S, expr)[W], Bar(S)).is_refuted
