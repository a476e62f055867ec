"""Every step of every derivation keeps the value, and every adjoint is the derivative that it claims to be."""

from dataclasses import replace

import networks
import pytest

from symrnn.algebra.nodes import Scale
from symrnn.calculus import rules
from symrnn.calculus.derive import derive
from symrnn.calculus.records import Step
from symrnn.verify.steps import check_steps, check_totals

# Both sides are sums of at most some hundred products of numbers of order one in double precision.
TOLERANCE = 1e-12


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_every_step_keeps_the_value(name):
    derivation = derive(networks.network(name))
    checked = list(check_steps(derivation))
    assert len(checked) == len(derivation.steps) > 0
    for one in checked:
        assert one.error < TOLERANCE, f"{one.step.rule.name}: {one.step.before!r} → {one.step.after!r}"


@pytest.mark.parametrize("name", networks.RUNNABLE)
def test_every_adjoint_is_the_numerical_derivative(name):
    found = dict(check_totals(derive(networks.network(name)), seed=3))
    assert found
    for leaf, error in found.items():
        assert error < TOLERANCE, leaf


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "elman+none", "lstm+none"])
def test_a_broken_step_is_noticed(name):
    derivation = derive(networks.network(name))
    for place, passage in enumerate(derivation.passages):
        for number, one in enumerate(passage.contributions):
            for position, step in enumerate(one.steps):
                broken = replace(step, after=Scale(-1, step.after))
                steps = (*one.steps[:position], broken, *one.steps[position + 1 :])
                given = (
                    *passage.contributions[:number],
                    replace(one, steps=steps),
                    *passage.contributions[number + 1 :],
                )
                passages = (
                    *derivation.passages[:place],
                    replace(passage, contributions=given),
                    *derivation.passages[place + 1 :],
                )
                errors = [found.error for found in check_steps(replace(derivation, passages=passages))]
                assert max(errors) > 0.1


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "lstm+none"])
def test_a_forgotten_contribution_is_noticed(name):
    derivation = derive(networks.network(name))
    passage = derivation.passages[-1]
    passages = (
        *derivation.passages[:-1],
        replace(passage, contributions=passage.contributions[:-1] + passage.contributions[:1]),
    )
    assert max(error for _, error in check_totals(replace(derivation, passages=passages))) > 0.1


def test_every_rule_is_applied_by_some_derivation():
    used = {rule for name in networks.ALL for rule in derive(networks.network(name)).rules}
    wanted = {
        rules.SUM,
        rules.MULTIPLE,
        rules.PRODUCT,
        rules.ENTRYWISE,
        rules.TRANSPOSE,
        rules.STACK,
        rules.CHAIN,
        rules.SOFTMAX,
        rules.OUTPUT_FORM,
        rules.TRACE_TRANSPOSE,
        rules.TRACE_ROTATE,
        rules.TRACE_ENTRYWISE,
        rules.TRACE_QUOTIENT,
        rules.TRACE_STACK,
        rules.COLLECT,
        rules.INSERT,
        rules.CANCEL,
        rules.SUM_TO_ONE,
        rules.LOG_OF_SOFTMAX,
    }
    assert wanted <= used


def test_steps_are_frozen():
    step = derive(networks.network("rnn+none")).steps[0]
    assert isinstance(step, Step)
    with pytest.raises(AttributeError):
        step.rule = rules.SUM
