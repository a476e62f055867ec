"""The order of evaluation: every equation at every one of its steps once, each after what it reads."""

import architectures
import networks
import pytest

from symrnn.algebra.nodes import T, t
from symrnn.algebra.walk import leaves
from symrnn.model.network import Network, Steps
from symrnn.model.schedule import evaluations, initials, stored_place

LENGTHS = (5, 4, 6, 7)  # of the sequences of a network: pairwise different
KINDS = [
    *(pytest.param(networks.network, name, id=name) for name in networks.THOROUGH),
    *(pytest.param(architectures.network, name, id=name) for name in architectures.ARCHITECTURES),
]


def numbers(network: Network):
    """Return what turns a step or a number of steps into a number."""
    known = dict(zip(dict.fromkeys((T, *network.lengths)), LENGTHS, strict=False))
    return lambda expr: int(expr.subs(known))


def key(leaf, step, number):
    """Return the name and the step of what an equation speaks of when it is evaluated at a step."""
    return leaf.name, None if leaf.time is None else number(leaf.time if step is None else leaf.time.subs(t, step))


def given(network: Network, number):
    """Return all that is not computed, at every step that any sequence has."""
    found = {(leaf.name, None) for leaf in (*network.params, *network.constants)}
    for leaf in (*network.inputs, *network.targets):
        found |= {(leaf.name, k) for k in range(1, max(LENGTHS) + 1)} if leaf.moves else {key(leaf, None, number)}
    for state, steps, back in initials(network):
        if state.initial in ("zero", "given"):
            found.add((state.leaf.name, number(steps.initial(back))))
    return found


@pytest.mark.parametrize(("make", "name"), KINDS)
def test_each_value_is_computed_once_and_after_what_it_reads(make, name):
    network = make(name)
    number = numbers(network)
    known = given(network, number)
    times = {}
    for line, step in evaluations(network, number):
        missing = {key(leaf, step, number) for leaf in leaves(line.expr)} - known
        assert not missing, (line, step)
        assert key(line.target, step, number) not in known, (line, step)
        known.add(key(line.target, step, number))
        times[line.label] = times.get(line.label, 0) + 1
    wanted = {
        line.label: number(stage.when.length) if isinstance(stage.when, Steps) else 1
        for stage in network.stages
        for line in stage.equations
    }
    assert times == wanted


@pytest.mark.parametrize("direction", [1, -1])
def test_given_states_are_stored_in_the_order_of_time(direction):
    scan = Steps(direction=direction)
    state = next(state for state in networks.network("narx+none").states if state.lags > 1)
    lags = range(state.lags)
    by_time = sorted(lags, key=lambda back: int(scan.initial(back).subs(T, 9)))
    assert [stored_place(state, scan, back) for back in by_time] == list(lags)


def test_a_state_of_one_step_is_stored_alone():
    (state,) = networks.network("rnn+none").states
    assert stored_place(state, Steps(), 0) is None
