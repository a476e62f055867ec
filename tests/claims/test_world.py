"""Every derivative of a sample is that of central differences: of the oracle's loss, or of a forward pass written here."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer

from symrnn import driver
from symrnn.algebra.nodes import Bar, D, T, Trace, t
from symrnn.claims.partial import Partial
from symrnn.claims.sampling import Sampler
from symrnn.claims.world import SPECIAL, World, step_loss, total_loss
from symrnn.errors import RuleError
from symrnn.verify.oracle import loss

STEPS = 4
NEAR = 1e-8  # central differences with a step of 1e-5 leave some 1e-10 of rounding and 1e-10 of curvature
STEP = 1e-5
NETWORKS = (
    ("rnn", "squared_error"),
    ("rnn", "softmax_cross_entropy"),
    ("rnn", "none"),
    ("gru", "none"),
    ("gru_reset_before", "squared_error"),
    ("lstm", "logistic"),
    ("lstm_peephole", "none"),
    ("narx", "none"),
    ("mlstm", "none"),
    ("linear_attention", "none"),
    ("rnn_transposed", "softmax_cross_entropy_transposed"),
)


def world_of(cell, head, steps=STEPS, seed=0):
    network = driver.network(cell, head=head)
    return World(network, Sampler(network).usual_sizes(steps), seed)


def differences(function, array):
    """Central differences of a function of one array, entry by entry; the entries of its value in front."""
    found = []
    for entry in np.ndindex(array.shape):
        moved = np.zeros_like(array)
        moved[entry] = STEP
        found.append((function(array + moved) - function(array - moved)) / (2 * STEP))
    return np.moveaxis(np.asarray(found), 0, -1)


def oracle_gradient(world, name):
    """All points at once, in the front axis of the oracle."""
    value, array = loss(world.network, world.sizes), np.asarray(world.arrays[name], float)
    moves = STEP * np.eye(array.size).reshape(array.size, *array.shape)
    whole = {key: np.broadcast_to(one, (2 * array.size, *np.shape(one))) for key, one in world.arrays.items()}
    points = value({**whole, name: np.concatenate([array + moves, array - moves])})
    return ((points[: array.size] - points[array.size :]) / (2 * STEP)).reshape(array.shape)


def gradient(world, leaf):
    return world.derivative(Partial(total_loss(world.network), leaf)).T


@pytest.mark.parametrize(("cell", "head"), NETWORKS)
def test_gradients_of_parameters_are_those_of_the_oracle(cell, head):
    world = world_of(cell, head)
    for leaf in world.network.params:
        found, wanted = gradient(world, leaf), oracle_gradient(world, leaf.name)
        assert found.reshape(wanted.shape) == pytest.approx(wanted, abs=NEAR), leaf.name


@pytest.mark.parametrize(("cell", "head"), NETWORKS)
def test_gradients_of_inputs_are_those_of_the_oracle(cell, head):
    world = world_of(cell, head)
    for leaf in world.network.inputs:
        wanted = oracle_gradient(world, leaf.name)
        for step in range(1, STEPS + 1):
            found = gradient(world, leaf.at(Integer(step)))
            assert found.ravel() == pytest.approx(wanted[step - 1].ravel(), abs=NEAR), (leaf.name, step)


@pytest.mark.parametrize(("cell", "head"), NETWORKS)
def test_gradients_of_initial_states_are_those_of_the_oracle(cell, head):
    world = world_of(cell, head)
    for state in (state for state in world.network.states if state.initial == "given"):
        wanted = oracle_gradient(world, f"{state.leaf.name}0")
        for back in range(state.lags):
            found = gradient(world, state.leaf.at(Integer(-back)))
            part = wanted if state.lags == 1 else wanted[state.lags - 1 - back]
            assert found.ravel() == pytest.approx(part.ravel(), abs=NEAR), (state.leaf.name, -back)


@pytest.mark.parametrize(("cell", "head"), NETWORKS)
def test_gradients_per_use_add_up_to_the_gradient(cell, head):
    world = world_of(cell, head)
    for leaf in world.network.params:
        uses = sum(gradient(world, leaf.at(Integer(step))) for step in range(1, STEPS + 1))
        assert uses == pytest.approx(gradient(world, leaf), abs=1e-12), leaf.name  # sums of some ten terms


@pytest.mark.parametrize(("cell", "head"), NETWORKS)
def test_the_parts_now_and_later_add_up_to_the_derivative(cell, head):
    world = world_of(cell, head)
    everything = total_loss(world.network)
    for state in world.network.states:
        for step in range(1, STEPS + 1):
            leaf = state.leaf.at(Integer(step))
            both = sum(world.derivative(Partial(everything, leaf, route)) for route in ("now", "later"))
            assert both == pytest.approx(world.derivative(Partial(everything, leaf)), abs=1e-12), (
                state.leaf.name,
                step,
            )


# -- a forward pass written here: h = tanh(W x + U h + b), J = ½ Σ ‖V h + c − y‖² ------------------------------------------


@pytest.fixture(scope="module")
def small():
    return world_of("rnn", "squared_error")


def plain_run(arrays, weights=None, kicks=None, carried=None):
    """States and losses; `weights` are the W_hh of each step, `kicks` are added to h, `carried` only to what is carried on."""
    weights = {} if weights is None else weights
    kicks, carried = kicks or {}, carried or {}
    h, states, losses = arrays["h0"][0] + kicks.get(0, 0.0), {}, {}
    for step in range(1, STEPS + 1):
        inner = arrays["W_xh"] @ arrays["x"][step - 1, 0] + weights.get(step, arrays["W_hh"]) @ h + arrays["b_h"]
        own = np.tanh(inner) + kicks.get(step, 0.0)
        error = arrays["W_hy"] @ own + arrays["b_y"] - arrays["y"][step - 1, 0]
        states[step], losses[step] = own, 0.5 * error @ error
        h = own + carried.get(step, 0.0)
    return states, losses


def leaf(world, name, step=None):
    found = next(
        one for one in (*world.network.params, *(line.target for line in world.network.equations)) if one.name == name
    )
    return found if step is None else found.at(Integer(step))


def test_values_are_those_of_the_plain_run(small):
    states, losses = plain_run(small.arrays)
    for step in range(1, STEPS + 1):
        assert small.values["h", step][:, 0] == pytest.approx(states[step], abs=1e-14)
        assert small.values["J", step].item() == pytest.approx(losses[step], abs=1e-13)
    assert small.values["J", None].item() == pytest.approx(sum(losses.values()), abs=1e-13)


@pytest.mark.parametrize("use", range(1, STEPS + 1))
def test_the_gradient_of_one_use_moves_only_that_use(small, use):
    wanted = differences(lambda W: sum(plain_run(small.arrays, {use: W})[1].values()), small.arrays["W_hh"])
    found = gradient(small, leaf(small, "W_hh", use))
    assert found.ravel() == pytest.approx(wanted, abs=NEAR)


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_the_loss_moves_with_a_state_along_each_route(small, step):
    zero = np.zeros(small.arrays["h0"].shape[1])

    def total(**how):
        return sum(plain_run(small.arrays, **how)[1].values())

    whole = differences(lambda kick: total(kicks={step: kick}), zero)
    later = differences(lambda kick: total(carried={step: kick}), zero)
    for route, wanted in (("all", whole), ("later", later), ("now", whole - later)):
        found = small.derivative(Partial(total_loss(small.network), leaf(small, "h", step), route))
        assert found[0] == pytest.approx(wanted, abs=NEAR), route


@pytest.mark.parametrize(("of", "by"), [(4, 1), (3, 2), (2, 2), (4, 0), (1, 3)])
def test_jacobians_between_steps_are_those_of_the_plain_run(small, of, by):
    zero = np.zeros(small.arrays["h0"].shape[1])
    wanted = differences(lambda kick: plain_run(small.arrays, kicks={by: kick})[0][of], zero)
    found = small.derivative(Partial(leaf(small, "h", of), leaf(small, "h", by)))
    assert found == pytest.approx(wanted, abs=NEAR)


def test_a_state_by_a_matrix_takes_its_entries_row_by_row(small):
    wanted = differences(lambda W: plain_run(small.arrays, dict.fromkeys(range(1, 5), W))[0][3], small.arrays["W_hh"])
    found = small.derivative(Partial(leaf(small, "h", 3), leaf(small, "W_hh")))
    assert found == pytest.approx(wanted.reshape(found.shape), abs=NEAR)


def test_the_loss_by_a_flat_matrix_is_the_row_of_its_entries(small):
    by = leaf(small, "W_hy")
    row = small.derivative(Partial(total_loss(small.network), by, "all", True))
    assert row == pytest.approx(gradient(small, by).reshape(1, -1))


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_the_loss_of_one_step_is_differentiated_alone(small, step):
    wanted = differences(
        lambda W: plain_run(small.arrays, dict.fromkeys(range(1, 5), W))[1][step], small.arrays["W_hh"]
    )
    found = small.derivative(Partial(step_loss(small.network, Integer(step)), leaf(small, "W_hh"))).T
    assert found.ravel() == pytest.approx(wanted, abs=NEAR)


def test_nothing_moves_what_came_before_it(small):
    found = small.derivative(Partial(leaf(small, "h", 2), leaf(small, "h", 3)))
    assert not found.any()


def test_a_quantity_moves_with_itself_as_one(small):
    h = leaf(small, "h", 2)
    assert small.derivative(Partial(h, h)) == pytest.approx(np.eye(4))
    assert not small.derivative(Partial(h, h, "later")).any()


def test_a_step_before_the_first_has_no_derivative(small):
    with pytest.raises(RuleError, match="no value at step"):
        small.derivative(Partial(total_loss(small.network), leaf(small, "h", -1)))


@pytest.mark.parametrize("step", [-1, STEPS + 1])
def test_a_step_that_does_not_exist_has_no_value(small, step):
    with pytest.raises(RuleError, match="no value at step"):
        small.value(leaf(small, "h", step))


def test_the_loss_does_not_move_with_what_comes_after_the_last_step(small):
    assert not small.derivative(Partial(total_loss(small.network), leaf(small, "h", STEPS + 1))).any()


def test_a_step_without_a_number_is_refused(small):
    with pytest.raises(RuleError, match="number"):
        small.value(leaf(small, "h").at(t))


def test_a_differential_is_one_matrix_wherever_it_stands(small):
    one = D(leaf(small, "W_hh"))
    assert small.value(one).shape == (4, 4)
    assert small.value(one) == pytest.approx(small.value(one))
    assert small.value(Trace(one)).item() == pytest.approx(np.trace(small.value(one)))
    assert not np.allclose(small.value(one), replace(small, seed=1, _moved={}).value(one))


def test_an_adjoint_has_no_value_of_its_own(small):
    with pytest.raises((RuleError, KeyError, TypeError, ValueError, AttributeError)):
        small.value(Bar(leaf(small, "h", 2)))


def test_given_arrays_replace_the_random_ones():
    network = driver.network("rnn", head="none")
    given = {"W_hh": np.eye(4)}
    world = World(network, Sampler(network).usual_sizes(3), 0, frozenset(), given)
    assert world.values["W_hh", None][:, :] == pytest.approx(np.eye(4))


@pytest.mark.parametrize("word", SPECIAL)
def test_each_regime_that_hides_mistakes_is_what_it_says(word):
    network = driver.network("rnn", head="softmax_cross_entropy")
    world = World(network, Sampler(network).usual_sizes(), 0, frozenset({word}))
    arrays, usual = world.arrays, World(network, Sampler(network).usual_sizes(), 0).arrays
    holds = {
        "zero initial states": not arrays["h0"].any(),
        "targets that sum to one": np.allclose(arrays["y"].sum(-1), 1),
        "symmetric recurrent weights": np.allclose(arrays["W_hh"], arrays["W_hh"].T),
        "targets that do not sum to one": not np.allclose(arrays["y"].sum(-1), 1),
        "large inputs": np.abs(arrays["x"]).max() > 2 * np.abs(usual["x"]).max(),
    }
    assert holds[word]
    assert usual["h0"].any() and not np.allclose(usual["W_hh"], usual["W_hh"].T)


def test_sizes_of_a_sample_are_pairwise_different():
    for cell, head in NETWORKS:
        sizes = Sampler(driver.network(cell, head=head)).usual_sizes()
        assert len(set(sizes.values())) == len(sizes) and sizes[T] >= 4
