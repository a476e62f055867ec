"""Identities of matrix calculus that the index normal form has to decide, and lookalikes that it must tell apart."""

import pytest
from sympy import Rational, Symbol, symbols

from symrnn.algebra.decide import Counterexample, Question, sample
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    Concat,
    D,
    Diag,
    Eye,
    Jac,
    Leaf,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    T,
    Trace,
    Zeros,
    t,
)
from symrnn.algebra.normal import GaveUp, Normalizer, normal_form, normal_forms
from symrnn.algebra.time import ProdT, SumT
from symrnn.errors import ProofError

N, M, P, H, I = symbols("n m p H I", integer=True, positive=True)  # noqa: E741
J, K, L, S = symbols("j k l s", integer=True)
A, B, C = Leaf("A", N, M), Leaf("B", M, N), Leaf("C", N, N)
W, U = Leaf("W", H, I), Leaf("U", H, H)
b, c = Leaf("b", H), Leaf("c", H)
x, h_before, h_bar = Leaf("x", I, 1, t), Leaf("h", H, 1, t - 1), Bar(Leaf("h", H, 1, t))
u, v, w = Leaf("u", N), Leaf("v", N), Leaf("w", N)
y = Leaf("y", N, 1, t)
one = Ones(N)
gates = {name: Leaf(f"z_{name}", H, 1, t) for name in "ifgo"}


def f(name, body):
    return Apply(name, body)


def at(name, step, *shape):
    return Leaf(name, *(shape or (N, 1)), step)


def terms(first, last, body):
    return SumT(body, K, first, last)


p = f("softmax", C @ v)
z = W @ x + U @ h_before + b
W_part, U_part = Leaf("W_x", N, I), Leaf("W_h", N, H)
both = Concat(x, h_before)
stacked = Leaf("W_s", 4 * H, I)
U_n, V_n = Leaf("U", N, N), Leaf("V", N, N)
POSITIVE_ARGUMENTS = {"exp of log", "square root", "derivative of sqrt in its output"}  # where numbers need it
factors = ProdT(at("M", J, N, N), J, t + 1, K)

IDENTITIES = {
    "transpose of a product": ((A @ B).T, B.T @ A.T),
    "rotation of a trace": (Trace(A @ B @ C), Trace(C @ A @ B)),
    "trace of a transpose": (Trace(C @ C), Trace(C.T @ C.T)),
    "trace of an outer product": (Trace(u @ v.T), v.T @ u),
    "trace and entrywise product": (Trace(A @ (B * A.T)), Trace((A * B.T) @ A.T)),
    "inner product": (u.T @ C @ v, v.T @ C.T @ u),
    "diag times a column": (Diag(u) @ v, v * u),
    "product of diagonals": (Diag(u) @ Diag(v), Diag(u * v)),
    "diag is a masked outer product": (Diag(u), (u @ Ones(1, N)) * Eye(N)),
    "trace of diag": (Trace(Diag(u)), Ones(1, N) @ u),
    "size of the identity": (Trace(Eye(N)), Scale(N, Ones(1))),
    "ones times ones": (Ones(M, N) @ Ones(N, P), Scale(N, Ones(M, P))),
    "a size that is a sum": (Ones(1, H + I) @ Ones(H + I), Scale(H + I, Ones(1))),
    "distribution": (C @ (u + v) * w, (C @ u) * w + w * (C @ v)),
    "outer products of entrywise products": ((u * v) @ w.T, Diag(u) @ v @ w.T),
    "tanh is odd": (f("tanh", -u), -f("tanh", u)),
    "σ(−x) = 1 − σ(x)": (f("sigmoid", C @ u - v), one - f("sigmoid", v - C @ u)),
    "derivative of σ at −x": (f("sigmoid", u) * f("sigmoid", -u), f("sigmoid", u) * (one - f("sigmoid", u))),
    "functions and transposes": (f("tanh", C).T @ u, f("tanh", C.T) @ u),
    "tanh of a symmetric matrix": (f("tanh", C + C.T).T, f("tanh", C.T + C)),
    "tanh of an antisymmetric matrix": (f("tanh", C - C.T), -f("tanh", C - C.T).T),
    "the diagonal of f(C) and f(Cᵀ)": (Trace(f("exp", C)), Trace(f("exp", C.T))),
    "trace of tanh of an antisymmetric matrix": (Trace(f("tanh", C - C.T)), Zeros(1, 1)),
    "tanh in its output": (
        Diag(one - Power(f("tanh", u), 2)) @ v,
        v - v * f("tanh", u) * f("tanh", u),
    ),
    "values at zero": (f("tanh", u - u) + f("sigmoid", Zeros(N)) + f("cos", Zeros(N)), Scale(Rational(3, 2), one)),
    "softmax sums to one": (Ones(1, N) @ f("softmax", u), Ones(1)),
    "softmax ignores a shift": (f("softmax", u + Scale(2, one)), f("softmax", u)),
    "softmax of equal entries": (f("softmax", Scale(5, one)), Scale(1 / N, one)),
    "log softmax": (f("log", f("softmax", u + v)), f("log_softmax", v + u)),
    "exp of log softmax": (f("exp", f("log_softmax", u)), f("softmax", u)),
    "softmax Jacobian": (
        (Diag(p) - p @ p.T) @ Quotient(y, p),
        y - p @ (Ones(1, N) @ y),
    ),
    "log of exp": (f("log", f("exp", u + v)), v + u),
    "exp of log": (f("exp", Scale(2, f("log", u))), u * u),
    "exp of a sum": (f("exp", u - v), Quotient(f("exp", u), f("exp", v))),
    "derivative of softplus in its output": (one - f("exp", -f("softplus", u)), f("sigmoid", u)),
    "softplus(x) − softplus(−x)": (f("softplus", u) - f("softplus", -u), u),
    "log σ": (f("log", f("sigmoid", u)), -f("softplus", -u)),
    "log(1 − σ)": (f("log", one - f("sigmoid", u)), -f("softplus", u)),
    "relu by step": (f("relu", C @ u + v), (v + C @ u) * f("step", C @ u + v)),
    "step of relu": (f("step", f("relu", C @ u)), f("step", C @ u)),
    "relu(x) − relu(−x)": (f("relu", u - v) - f("relu", v - u), u - v),
    "step of relu of −x": (f("step", f("relu", -u)), f("step", -u)),
    "relu of |x|": (f("relu", f("abs", C @ u)), f("abs", C @ u)),
    "step of |x|": (f("step", f("abs", u)), Power(f("sign", u), 2)),
    "|x| = x sign x": (f("abs", C @ u + v), (C @ u + v) * f("sign", v + C @ u)),
    "|x|²": (f("abs", u) * f("abs", u), Power(u, 2)),
    "sign times step": (f("sign", u) * f("step", u), f("step", u)),
    "step squared": (Power(f("step", u), 3), f("step", u)),
    "square root": (Quotient(u, f("sqrt", u)), f("sqrt", u)),
    "derivative of sqrt in its output": (
        Quotient(one, Scale(2, f("sqrt", u + v))),
        Scale(Rational(1, 2), Quotient(f("sqrt", u + v), u + v)),
    ),
    "x / x": (Quotient(u, u), one),
    "a polynomial over itself": (Quotient(Power(u, 2) - Power(v, 2), u - v), u + v),
    "quotient rule": (
        Quotient(u * v - w * v, Power(v, 2)),
        Quotient(u - w, v),
    ),
    "sin² + cos²": (Power(f("sin", u), 2) + Power(f("cos", u), 2), one),
    "the adjoint in both layouts": (Jac(Leaf("h", H, 1, t)).T @ x.T, h_bar @ x.T),
    "matrix adjoints in both layouts": (Trace(Jac(W) @ D(W)), Trace(D(W).T @ Bar(W))),
    "a row stacked from parts": (Concat(W_part.T, U_part.T).T @ both, W_part @ x + U_part @ h_before),
    "a slice of a concatenation": (Slice(both, I, H), h_before),
    "a concatenation of slices": (Concat(Slice(stacked, 0, 3 * H), Slice(stacked, 3 * H, H)), stacked),
    "functions of concatenations": (f("tanh", both), Concat(f("tanh", x), f("tanh", h_before))),
    "gates one by one": (
        Slice(f("sigmoid", stacked @ x), H, H),
        f("sigmoid", Slice(stacked, H, H) @ x),
    ),
    "adjoints of stacked gates": (
        Concat(*(Leaf(f"W_{g}", H, I) for g in "ifgo")).T @ Concat(*gates.values()),
        Add(*(Leaf(f"W_{g}", H, I).T @ z for g, z in gates.items())),
    ),
    "gradients of stacked gates": (
        Slice(Concat(*gates.values()) @ x.T, 2 * H, H),
        gates["g"] @ x.T,
    ),
    "softmax of a concatenation": (
        Ones(1, H) @ Slice(f("softmax", Leaf("z", H + I)), 0, H)
        + Ones(1, I) @ Slice(f("softmax", Leaf("z", H + I)), H, I),
        Ones(1),
    ),
    "exchanged sums": (
        SumT(SumT(at("u", t) * at("v", K), K, t, T), t, 1, T),
        SumT(SumT(at("u", t) * at("v", K), t, 1, K), K, 1, T),
    ),
    "lags instead of steps": (
        SumT(SumT(at("u", t) * at("v", t + L), L, 0, T - t), t, 1, T),
        SumT(SumT(at("u", t) * at("v", K), K, t, T), t, 1, T),
    ),
    "a sum read backwards": (terms(0, T - 1, at("u", T - K)), terms(1, T, at("u", K))),
    "a shifted sum of functions": (
        terms(1, T, f("tanh", at("u", K - 1) + at("v", K))),
        terms(0, T - 1, f("tanh", at("u", K) + at("v", K + 1))),
    ),
    "a product of sums": (
        (terms(1, T, at("u", K))) @ (terms(1, T, at("v", K))).T,
        SumT(SumT(at("u", L) @ at("v", K).T, L, 1, T), K, 1, T),
    ),
    "a gradient summed over time": (
        terms(1, T, at("d", K) @ at("u", K - 1).T),
        terms(1, T, at("u", K - 1) @ at("d", K).T).T,
    ),
    "a sum of known length": (terms(1, 3, at("u", K)), at("u", 3) + at("u", 1) + at("u", 2)),
    "an empty sum": (terms(t + 1, t, at("u", K)), Zeros(N)),
    "a product of two factors": (ProdT(at("M", J, N, N), J, t + 1, t + 2), at("M", t + 1, N, N) @ at("M", t + 2, N, N)),
    "an empty product": (ProdT(C, J, t + 1, t), Eye(N)),
    "backpropagation through time, by lags": (
        SumT(factors @ at("g", K), K, t, T),
        SumT(ProdT(at("M", J, N, N), J, t + 1, t + L) @ at("g", t + L), L, 0, T - t),
    ),
    "backpropagation through time, a factor pushed in": (
        at("M", t, N, N) @ SumT(factors @ at("g", K), K, t, T),
        SumT(at("M", t, N, N) @ factors @ at("g", K), K, t, T),
    ),
    "the forward product by either index": (
        ProdT(at("M", J, N, N).T, J, S + 1, t).T @ u,
        ProdT(at("M", L + S, N, N).T, L, 1, t - S).T @ u,
    ),
    "a shifted product": (ProdT(at("M", J, N, N), J, t + 1, K), ProdT(at("M", J - 2, N, N), J, t + 3, K + 2)),
    "a product of a constant": (ProdT(C, J, 1, t), ProdT(C, J, 0, t - 1)),
}

LOOKALIKES = {
    "transpose without exchange": ((C @ U_n).T, C.T @ U_n.T),
    "trace of a different order": (Trace(C @ U_n @ V_n), Trace(U_n @ C @ V_n)),
    "a transpose left out": (u.T @ C @ v, v.T @ C @ u),
    "the step before": (y, y.at(t - 1)),
    "1 − y instead of 1 − y²": (one - f("tanh", u), one - Power(f("tanh", u), 2)),
    "σ is not odd": (f("sigmoid", -u), -f("sigmoid", u)),
    "entrywise and matrix square": (Power(C, 2), C @ C),
    "√x² is |x|": (f("sqrt", Power(u, 2)), u),
    "sign² is 0 at 0": (Power(f("sign", u), 2), one),
    "step(−x) is not 1 − step(x)": (f("step", -u), one - f("step", u)),
    "cross-entropy without the assumption": (p @ (Ones(1, N) @ y) - y, p - y),
    "exp of half a logarithm": (f("exp", Scale(Rational(1, 2), f("log", u))), u),
    "a mask of ones": (Concat(Ones(2), Zeros(3)), Concat(Ones(3), Zeros(2))),
    "one term more": (terms(1, T, at("u", K)), terms(0, T, at("u", K))),
    "only the last term": (terms(t, T, at("u", K)), at("u", T)),
    "the wrong triangle": (
        SumT(SumT(at("u", t) * at("v", K), K, t, T), t, 1, T),
        SumT(SumT(at("u", t) * at("v", K), K, 1, t), t, 1, T),
    ),
    "a sum of squares": (terms(1, T, Power(at("u", K), 2)), Power(terms(1, T, at("u", K)), 2)),
    "a product in the other order": (ProdT(at("M", J, N, N), J, t, K), ProdT(at("M", J, N, N).T, J, t, K).T),
    "a product from the step itself": (factors, ProdT(at("M", J, N, N), J, t, K)),
    "a product to the step before": (factors, ProdT(at("M", J, N, N), J, t + 1, K - 1)),
    "g_t for g_k": (SumT(factors @ at("g", K), K, t, T), SumT(factors @ at("g", t), K, t, T)),
    "exp of T logarithms": (f("exp", terms(1, T, f("log", u))), u),
    "exp of T softplus": (f("exp", -terms(1, T, f("softplus", u))), one - f("sigmoid", u)),
    "one over T times x": (Quotient(one, terms(1, T, u)), Quotient(one, u)),
    "the root of T x": (f("sqrt", terms(1, T, u)), f("sqrt", u)),
    "the log of 1 + T exp x": (f("log", one + terms(1, T, f("exp", u))), f("softplus", u)),
    "the sign of an empty sum": (f("sign", terms(1, K, f("exp", u))), one),
    "the softmax of T x": (f("softmax", terms(1, T, u)), f("softmax", u)),
    "symbols of one name": (y, y.at(Symbol("t"))),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_are_proved(name):
    left, right = IDENTITIES[name]
    one_form, other = normal_forms(left, right, positive=["q"])
    assert one_form == other, f"{one_form}\n{other}"
    assert hash(one_form) == hash(other)


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_hold_in_numbers(name):
    left, right = IDENTITIES[name]
    positive = {"u", "v", "w", "y"} if name in POSITIVE_ARGUMENTS else set()
    found = sample(left, right, Question({}, frozenset(), frozenset(positive), None, 0))
    assert not isinstance(found, Counterexample), str(found)
    assert found[0] >= 4


@pytest.mark.parametrize("name", LOOKALIKES)
def test_lookalikes_are_told_apart(name):
    left, right = LOOKALIKES[name]
    assert len(set(normal_forms(left, right))) == 2


def test_cross_entropy_needs_that_the_targets_sum_to_one():
    left, right = p @ (Ones(1, N) @ y) - y, p - y
    assert len(set(normal_forms(left, right, sum_to_one=[y]))) == 1
    assert len(set(normal_forms(left, right))) == 2


def test_sums_to_one_of_a_cut_column():
    target = Leaf("y", H + I)
    parts = Ones(1, H) @ Slice(target, 0, H) + Ones(1, I) @ Slice(target, H, I)
    assert len(set(normal_forms(parts, Ones(1), sum_to_one=["y"]))) == 1
    assert len(set(normal_forms(parts, Ones(1)))) == 2


def test_only_columns_can_sum_to_one():
    with pytest.raises(ProofError, match="column"):
        normal_form(C, sum_to_one=[C])


def test_positive_leaves_split_logarithms():
    left, right = f("log", u * v), f("log", u) + f("log", v)
    assert len(set(normal_forms(left, right, positive=["u", "v"]))) == 1
    assert len(set(normal_forms(left, right))) == 2


def test_definitions_are_inlined():
    a = Leaf("a", N, 1, t)
    definitions = {a: f("tanh", C @ y), Bar(y): C.T @ ((one - a * a) * Bar(a))}
    left = Jac(y)
    right = (Bar(a).T * (one - Power(f("tanh", C @ y), 2)).T) @ C
    assert len(set(normal_forms(left, right, definitions=definitions))) == 1


def test_definitions_hold_at_their_step_only():
    a = Leaf("a", N, 1, t)
    assert len(set(normal_forms(a.at(t - 1), u, definitions={a: u}))) == 2


def test_circular_definitions_are_refused():
    with pytest.raises(ProofError, match="refers to itself"):
        normal_form(u, definitions={u: v, v: u + one})


def test_definitions_of_another_shape_are_refused():
    with pytest.raises(ProofError, match="shapes"):
        normal_form(u, definitions={u: x})


def test_bound_steps_are_not_captured_by_definitions():
    outer = SumT(Leaf("a", N, 1, K), K, 1, T)
    inner = SumT(at("v", K), K, 1, T)
    nested = SumT(u * inner, K, 1, T)
    assert (
        len(
            set(
                normal_forms(
                    SumT(w * Leaf("a", N), K, 1, T), SumT(w * inner, L, 1, T), definitions={Leaf("a", N): inner}
                )
            )
        )
        == 1
    )
    assert normal_form(outer) != normal_form(nested)


def test_division_by_zero_is_not_decided():
    with pytest.raises(GaveUp):
        normal_form(Quotient(u, v - v))


def test_too_symmetric_products_are_not_decided():
    product = Ones(1)
    for place in range(6):
        product = product * (u.T @ v) if place % 2 else product
    assert normal_form(product) == normal_form(Power(u.T @ v, 3))
    with pytest.raises(GaveUp):
        normal_form(Power(Add(*(Leaf(f"e{i}", 1) for i in range(12))), 20))


def test_parts_in_two_orders_are_not_decided():
    with pytest.raises(GaveUp, match="order"):
        normal_forms(Concat(x, h_before), Concat(h_before, x))


def test_a_normalizer_refuses_cuts_it_does_not_know():
    for expr in (Concat(x, h_before), Slice(Leaf("e", H + I), 0, H)):
        with pytest.raises(GaveUp, match="among"):
            Normalizer(among=[Concat(h_before, x)] if isinstance(expr, Concat) else [])(expr)


def test_the_last_entry_of_a_softmax_may_be_a_block_of_its_own():
    logits = Concat(Leaf("z", H), Leaf("s", 1))
    left, right = f("exp", f("log_softmax", logits)), f("softmax", logits)
    assert len(set(normal_forms(left, right))) == 1
    assert len(set(normal_forms(f("exp", -f("log_softmax", logits)) * right, Ones(H + 1)))) == 1


def test_cuts_that_cannot_be_ordered_are_not_decided():
    whole = Leaf("e", N + M)
    with pytest.raises(GaveUp, match="order"):
        normal_form(Slice(whole, 0, N).T @ Slice(whole, M, N))


def test_equal_forms_of_different_shapes_differ():
    assert normal_form(Zeros(2)) != normal_form(Zeros(3))


def test_a_normal_form_is_readable():
    assert str(normal_form(f("tanh", C @ u + v) * w)) == "w[i] tanh(C[i,k] u[k] + v[i])[i]"
    assert str(normal_form(Scale(Rational(-1, 2), u.T @ v))) == "-1/2 u[k] v[k]"
    assert normal_form(Zeros(N)).is_zero and not normal_form(u).is_zero


def test_a_normalizer_remembers():
    among = [z, f("tanh", z)]
    normalizer = Normalizer(among=among)
    assert normalizer(among[1]).size == 1
    assert normalizer(among[0]).size == 3
