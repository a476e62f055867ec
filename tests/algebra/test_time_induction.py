"""Induction over time: the closed form of backpropagation is proved, its wrong variants are not and each is refuted in numbers."""

from itertools import pairwise

import numpy as np
import pytest
from sympy import Integer, Symbol, symbols

from symrnn.algebra.decide import decide
from symrnn.algebra.domain import Domain, at_most
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.induction import (
    Recursion,
    backward_closed_form,
    backward_recursion,
    forward_closed_form,
    forward_recursion,
    prove_adjoint_of_composition,
    prove_by_induction,
    rewritten,
)
from symrnn.algebra.nodes import Add, Leaf, Mul, Scale, T, Transpose, Zeros, t
from symrnn.algebra.time import ProdT, SumT, absorb_left, split_first, unroll
from symrnn.algebra.walk import leaves
from symrnn.errors import ProofError

n = Symbol("n", integer=True, positive=True)
j, k, s = symbols("j k s", integer=True)
delta, jacobian, direct = Leaf("δ", n, 1, t), Leaf("M", n, n, t), Leaf("g", n, 1, t)
M, g = jacobian.at, direct.at
RECURSION = backward_recursion(delta, jacobian, direct)
STEPS = 5


def over(low, high, body=None, first=t, last=T):
    return SumT(Mul(ProdT(M(j) if body is None else body, j, low, high), g(k)), k, first, last)


WRONG = {
    "descending product": SumT(Mul(Transpose(ProdT(M(j).T, j, t + 1, k)), g(k)), k, t, T),
    "transposed factors": over(t + 1, k, M(j).T),
    "product from t": over(t, k),
    "product to k − 1": over(t + 1, k - 1),
    "sum from t + 1": over(t + 1, k, first=t + 1),
    "sum to T − 1": over(t + 1, k, last=T - 1),
    "last loss only": Mul(ProdT(M(j), j, t + 1, T), g(T)),
    "g_t for g_k": SumT(Mul(ProdT(M(j), j, t + 1, k), direct), k, t, T),
    "twice": Scale(2, over(t + 1, k)),
    "no product": SumT(g(k), k, t, T),
}


def arrays(expressions, size=3):
    found = {}
    for leaf in dict.fromkeys(leaf for expr in expressions for leaf in leaves(expr)):
        seed = np.random.default_rng(sum(map(ord, str(leaf))))
        found[leaf] = seed.normal(size=[int(axis.xreplace({n: Integer(size)})) for axis in leaf.shape])
    return found


def by_recursion(recursion, steps):
    """Return the values of the unknown by following the recursion, and of a claim by writing it out."""
    written = {
        step: unroll(recursion.rule.xreplace({recursion.index: Integer(step)}), {T: STEPS}) for step in steps[1:]
    }
    start = unroll(recursion.base, {T: STEPS})
    known = arrays([start, *written.values()])
    values = {steps[0]: evaluate(start, known, {n: 3})}
    for before, step in pairwise(steps):
        known[recursion.unknown.at(Integer(before))] = values[before]
        values[step] = evaluate(written[step], known, {n: 3})
    return values


def claimed(claim, steps):
    written = {step: unroll(claim, {t: step, T: STEPS}) for step in steps}
    known = arrays(written.values())
    return {step: evaluate(expr, known, {n: 3}) for step, expr in written.items()}


def test_the_closed_form_is_proved():
    proof = prove_by_induction(backward_closed_form(jacobian, direct), RECURSION)
    assert proof.statement == "δ[t] = ∑_k=t…T (∏_j=t+1…k M[j]) g[k]"
    rules = [step.rule for step in proof.step]
    assert rules[:2] == ["the recursion", "the induction hypothesis"]
    assert "absorb the factor on the left" in rules and rules[-1] == "take the first term out"
    assert str(proof.domain) == "t ≤ T−1"


def test_the_closed_form_holds_in_numbers():
    steps = range(STEPS, 0, -1)
    truth, claim = by_recursion(RECURSION, steps), claimed(backward_closed_form(jacobian, direct), steps)
    for step in steps:
        np.testing.assert_allclose(claim[step], truth[step], rtol=1e-13)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_variants_are_not_proved_and_are_refuted(name):
    with pytest.raises(ProofError, match="not proved"):
        prove_by_induction(WRONG[name], RECURSION)
    steps = range(STEPS, 0, -1)
    truth, claim = by_recursion(RECURSION, steps), claimed(WRONG[name], steps)
    error = max(np.max(np.abs(claim[step] - truth[step])) / np.max(np.abs(truth[step])) for step in steps)
    assert error > 0.1


def test_every_step_of_a_proof_holds_in_numbers():
    proof = prove_by_induction(backward_closed_form(jacobian, direct), RECURSION)
    for step in proof.step[2:]:
        for now in range(1, STEPS):
            sides = [unroll(side, {t: now, T: STEPS}) for side in (step.before, step.after)]
            left, right = (evaluate(side, arrays(sides), {n: 3}) for side in sides)
            np.testing.assert_allclose(left, right, rtol=1e-12, err_msg=str(step))


def test_the_steps_are_one_chain():
    proof = prove_by_induction(backward_closed_form(jacobian, direct), RECURSION)
    for chain in (proof.base, proof.step):
        for first, second in pairwise(chain):
            assert first.after == second.before
    assert proof.step[0].before == delta and proof.step[-1].after == backward_closed_form(jacobian, direct)
    assert proof.base[-1].after == direct.at(T)
    assert all(str(discharged) for step in proof.step for discharged in step.obligations)


def test_a_loss_at_the_last_step_only():
    recursion = Recursion(delta, t, T, g(T), Mul(M(t + 1), delta.at(t + 1)))
    claim = Mul(ProdT(M(j), j, t + 1, T), g(T))
    assert prove_by_induction(claim, recursion).step
    with pytest.raises(ProofError):
        prove_by_induction(backward_closed_form(jacobian, direct), recursion)


def test_a_gradient_accumulated_backwards():
    recursion = Recursion(delta, t, T, g(T), g(t) + delta.at(t + 1))
    assert prove_by_induction(SumT(g(k), k, t, T), recursion).step


def test_a_state_accumulated_forwards():
    recursion = Recursion(delta, t, Integer(0), Zeros(n), delta.at(t - 1) + g(t))
    proof = prove_by_induction(SumT(g(k), k, 1, t), recursion)
    assert "take the last term out" in [step.rule for step in proof.step]
    with pytest.raises(ProofError):
        prove_by_induction(SumT(g(k), k, 0, t), recursion)


def test_the_forward_product():
    sensitivity = Leaf("P", n, n, t)
    recursion = forward_recursion(sensitivity, jacobian, s)
    proof = prove_by_induction(forward_closed_form(jacobian, s), recursion)
    assert "absorb the factor on the right" in [step.rule for step in proof.step]
    assert proof.domain.implies(at_most(s + 1, t))
    for wrong in (
        ProdT(M(j), j, s + 1, t),
        Transpose(ProdT(M(j), j, s + 1, t)),
        Transpose(ProdT(M(j).T, j, s, t)),
        Transpose(ProdT(M(j).T, j, s + 1, t - 1)),
    ):
        with pytest.raises(ProofError):
            prove_by_induction(wrong, recursion)
        assert decide(wrong, forward_closed_form(jacobian, s)).is_refuted


def test_the_adjoint_of_a_composition():
    proof = prove_adjoint_of_composition()
    assert proof.statement == "wᵀ u[T] = ((∏_j=1…T A[j]ᵀ) w)ᵀ v"
    assert proof.base[-1].after == proof.left.xreplace({T: Integer(0)})
    assert proof.step[0].before == proof.left and proof.step[-1].after == proof.right
    for first, second in pairwise(proof.step):
        assert first.after == second.before
    obligations = [str(discharged) for step in proof.step for discharged in step.obligations]
    assert obligations == ["1 ≤ T follows from 1 ≤ T"]


def test_the_statement_must_not_speak_of_itself():
    with pytest.raises(ProofError, match="itself"):
        prove_by_induction(delta, RECURSION)


def test_a_rule_must_read_one_neighbour():
    for rule in (g(t), g(t) + delta.at(t + 2), delta.at(t + 1) + delta.at(t - 1), delta):
        with pytest.raises(ProofError, match="neighbouring"):
            prove_by_induction(SumT(g(k), k, t, T), Recursion(delta, t, T, g(T), rule))


def test_the_base_is_needed():
    recursion = Recursion(delta, t, T, Zeros(n), Add(g(t), Mul(M(t + 1), delta.at(t + 1))))
    with pytest.raises(ProofError, match="not proved"):
        prove_by_induction(backward_closed_form(jacobian, direct), recursion)


def test_an_obligation_is_met_inside_its_sum_only():
    inside = SumT(Mul(M(t + 1), ProdT(M(j), j, t + 2, k), g(k)), k, t + 1, T)
    assert rewritten(inside, absorb_left, Domain()) is not None
    outside = inside.over(t, T)  # k = t is allowed: the product would be too short
    assert rewritten(outside, absorb_left, Domain()) is None


def test_an_index_that_is_also_a_step_of_the_domain_is_another_step():
    domain = Domain.of(at_most(t, T))
    shadow = SumT(SumT(g(k), k, t, T), t, 1, 9)  # here t goes to 9 whatever T is
    found = rewritten(shadow.body.over(t, T), split_first, domain)
    assert found is not None
    assert rewritten(shadow.with_body(SumT(g(k), k, t, T)), lambda node: only_inner(node), domain) is None


def only_inner(node):
    found = split_first(node)
    return found if node.high == T else split_first(g(t))
