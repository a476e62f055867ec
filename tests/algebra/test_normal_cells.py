"""The gradient set of an LSTM: written with named gates, and written out by hand in other forms; and mutants of it."""

import time
from random import Random

import pytest
from sympy import symbols

from symrnn.algebra.decide import Answer, decide
from symrnn.algebra.nodes import Add, Apply, Bar, Concat, Diag, Had, Leaf, Mul, Node, Ones, Power, Scale, Transpose, t
from symrnn.algebra.normal import Normalizer

H, I = symbols("H I", integer=True, positive=True)  # noqa: E741
GATES = "ifgo"
x, c, h = Leaf("x", I, 1, t), Leaf("c", H, 1, t), Leaf("h", H, 1, t)
h_before, c_before, c_next = h.at(t - 1), c.at(t - 1), Leaf("c_next", H, 1, t)
W = {gate: Leaf(f"W_{gate}", H, I) for gate in GATES}
U = {gate: Leaf(f"U_{gate}", H, H) for gate in GATES}
b = {gate: Leaf(f"b_{gate}", H) for gate in GATES}
z = {gate: Leaf(f"z_{gate}", H, 1, t) for gate in GATES}
a = {gate: Leaf(gate, H, 1, t) for gate in GATES}
one = Ones(H)


def squashed(gate, body):
    return Apply("tanh" if gate == "g" else "sigmoid", body)


def definitions():
    cell = {z[gate]: W[gate] @ x + U[gate] @ h_before + b[gate] for gate in GATES}
    cell |= {a[gate]: squashed(gate, z[gate]) for gate in GATES}
    cell |= {c: a["f"] * c_before + a["i"] * a["g"], h: a["o"] * Apply("tanh", c)}
    h_bar, c_bar = Bar(h), Bar(c)
    adjoint = {
        c_bar: c_next + h_bar * a["o"] * (one - Power(Apply("tanh", c), 2)),
        Bar(z["o"]): h_bar * Apply("tanh", c) * a["o"] * (one - a["o"]),
        Bar(z["i"]): c_bar * a["g"] * a["i"] * (one - a["i"]),
        Bar(z["f"]): c_bar * c_before * a["f"] * (one - a["f"]),
        Bar(z["g"]): c_bar * a["i"] * (one - a["g"] * a["g"]),
    }
    return cell | adjoint


def gradients():
    bars = [Bar(z[gate]) for gate in GATES]
    found = [bar @ x.T for bar in bars] + [bar @ h_before.T for bar in bars] + bars
    for weights in (W, U):
        found.append(Add(*(weights[gate].T @ Bar(z[gate]) for gate in GATES)))
    return found


def by_hand():
    pre = {gate: b[gate] + U[gate] @ h_before + W[gate] @ x for gate in GATES}
    act = {gate: squashed(gate, pre[gate]) for gate in GATES}
    tanh_c = Apply("tanh", act["i"] * act["g"] + c_before * act["f"])
    c_bar = Bar(h) * act["o"] - Had(act["o"], Bar(h), tanh_c, tanh_c) + c_next
    bars = {
        "i": act["i"] * Apply("sigmoid", -pre["i"]) * c_bar * act["g"],
        "f": Diag(c_before) @ c_bar * act["f"] * (one - act["f"]),
        "g": c_bar * act["i"] - c_bar * act["i"] * Power(act["g"], 2),
        "o": Diag(act["o"] - act["o"] * act["o"]) @ (tanh_c * Bar(h)),
    }
    found = [(x @ bars[gate].T).T for gate in GATES] + [(h_before @ bars[gate].T).T for gate in GATES]
    found += [bars[gate] for gate in GATES]
    stacked = Concat(*(bars[gate] for gate in GATES))
    return [*found, *(Concat(*(weights[gate] for gate in GATES)).T @ stacked for weights in (W, U))]


def test_the_gradients_of_an_lstm_are_proved():
    claims, truths = by_hand(), gradients()
    start = time.perf_counter()
    normalizer = Normalizer(definitions(), among=[*claims, *truths])
    proved = [normalizer(claim) == normalizer(truth) for claim, truth in zip(claims, truths, strict=True)]
    assert len(proved) == 14 and all(proved)
    assert time.perf_counter() - start < 3.0  # 0.03 s on an idle machine; this only guards against an explosion


def places(expr):
    yield ()
    if not isinstance(expr, Leaf | Bar):
        for number, arg in enumerate(expr.args):
            if isinstance(arg, Node):
                yield from ((number, *rest) for rest in places(arg))


def changed(expr, place, change):
    if not place:
        return change(expr)
    args = list(expr.args)
    args[place[0]] = changed(args[place[0]], place[1:], change)
    return expr.func(*args)


def mutations(node):
    yield lambda part: Scale(-1, part)
    if isinstance(node, Add | Had):
        yield lambda part: part.func(*part.args[1:])
    if isinstance(node, Leaf) and node.time is not None:
        yield lambda part: part.at(part.time - 1)
    if isinstance(node, Leaf) and node.shape[0] == node.shape[1]:
        yield Transpose
    if isinstance(node, Mul | Apply | Leaf):
        yield lambda part: Power(part, 2)
    if isinstance(node, Apply):
        yield lambda part: Apply("sigmoid" if part.function == "tanh" else "tanh", part.body)


def part_at(expr, place):
    for number in place:
        expr = expr.args[number]
    return expr


@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_the_gradients_are_refuted(seed):
    random = Random(seed)
    known, claims, truths = definitions(), by_hand(), gradients()
    normalizer = Normalizer(known, among=[*claims, *truths])
    for _ in range(20):
        number = random.randrange(len(claims))
        place = random.choice(list(places(claims[number])))
        change = random.choice(list(mutations(part_at(claims[number], place))))
        mutant = changed(claims[number], place, change)
        found = decide(mutant, truths[number], definitions=known, normalizer=normalizer)
        assert found.answer is Answer.REFUTED, (mutant, truths[number], str(found))
