"""The oracle itself: the loss of a network by its equations is the loss of the recurrence written by hand."""

import networks
import numpy as np
import pytest
from recurrences import NUMPY, STEPS, cross_entropy

from symrnn.language.read import read_cell
from symrnn.model.composition import compose
from symrnn.verify import numeric, oracle

# A sum of T·B·O = 60 terms of order one, in another order.
TOLERANCE = 2e-15


def drawn(name: str, steps: int = 5, batch: int = 2, seed: int = 0):
    network = networks.network(f"{name}+softmax_cross_entropy")
    sizes = oracle.distinct_sizes(network)
    return network, sizes, oracle.samples(network, sizes, steps, batch, seed)


def stacked(*points):
    return {name: np.stack([point[name] for point in points]) for name in points[0]}


@pytest.mark.parametrize("steps", [1, 5, 9])
@pytest.mark.parametrize("name", STEPS)
def test_the_loss_is_that_of_the_recurrence_by_hand(name, steps):
    network, sizes, arrays = drawn(name, steps)
    found = oracle.loss(network, sizes, steps)(stacked(arrays))
    wanted = cross_entropy(NUMPY, name, arrays)
    assert found.shape == (1,)
    assert abs(found[0] - wanted) <= TOLERANCE * abs(wanted)


@pytest.mark.parametrize("name", STEPS)
def test_many_points_at_once_are_each_on_their_own(name):
    network, sizes, _ = drawn(name)
    points = [drawn(name, seed=seed)[2] for seed in range(3)]
    found = oracle.loss(network, sizes, 5)(stacked(*points))
    wanted = np.array([cross_entropy(NUMPY, name, point) for point in points])
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE)


@pytest.mark.parametrize("name", STEPS)
def test_every_array_has_its_own_say(name):
    """A change of any one entry changes the loss as it changes the loss by hand; none is ignored."""
    network, sizes, arrays = drawn(name)
    value = oracle.loss(network, sizes, 5)
    for key, array in arrays.items():
        index = tuple(length - 1 for length in array.shape)
        moved = {**arrays, key: array.copy()}
        moved[key][index] += 0.25
        found, wanted = value(stacked(moved))[0], cross_entropy(NUMPY, name, moved)
        assert abs(found - wanted) <= TOLERANCE * abs(wanted), key
        assert abs(wanted - cross_entropy(NUMPY, name, arrays)) > 1e-6 or name == "irnn", key


def test_without_a_loss_the_seeds_weigh_the_outputs():
    network = networks.network("rnn+none")
    sizes = oracle.distinct_sizes(network)
    arrays = oracle.samples(network, sizes, 4, 2, 1)
    h, wanted = arrays["h0"], 0.0
    for x, seed in zip(arrays["x"], arrays["dh"], strict=True):
        h = np.tanh(x @ arrays["W_xh"].T + h @ arrays["W_hh"].T + arrays["b_h"])
        wanted += (seed * h).sum()
    assert oracle.loss(network, sizes, 4)(stacked(arrays))[0] == pytest.approx(wanted, rel=1e-14)


def test_initial_states_of_several_lags_are_in_the_order_of_time():
    network = networks.network("two_lags+none")
    sizes = oracle.distinct_sizes(network)
    arrays = oracle.samples(network, sizes, 4, 2, 1)
    assert arrays["h0"].shape[0] == 2
    past, wanted = list(arrays["h0"]), 0.0  # h(−1), h(0)
    for x, seed in zip(arrays["x"], arrays["dh"], strict=True):
        z = x @ arrays["W"].T + past[-1] @ arrays["U_1"].T + past[-2] @ arrays["U_2"].T + arrays["b"]
        past.append(np.tanh(z))
        wanted += (seed * past[-1]).sum()
    assert oracle.loss(network, sizes, 4)(stacked(arrays))[0] == pytest.approx(wanted, rel=1e-14)


def test_an_error_of_the_hand_form_is_noticed():
    """The agreement above is not trivial: another order of time, or a bias forgotten, is seen."""
    network, sizes, arrays = drawn("rnn")
    found = oracle.loss(network, sizes, 5)(stacked(arrays))[0]
    for wrong in ({"x": arrays["x"][::-1]}, {"b_h": 0 * arrays["b_h"]}, {"W_hh": arrays["W_hh"].T}):
        assert abs(cross_entropy(NUMPY, "rnn", {**arrays, **wrong}) - found) > 1e-3


# -- data -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", networks.ALL)
def test_samples_are_neither_zero_nor_symmetric_nor_square_by_accident(name):
    network = networks.network(name)
    sizes = oracle.distinct_sizes(network)
    assert len(set(sizes.values()) | {2, 5}) == len(sizes) + 2
    arrays = oracle.samples(network, sizes, 5, 2, 0)
    masks = {leaf.name for leaf in network.masks}
    assert all(array.all() for key, array in arrays.items() if key not in masks)
    assert all(array.any() and not array.all() for key, array in arrays.items() if key in masks)
    for array in arrays.values():
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            assert np.abs(array - array.T).max() > 0.01
    for leaf in network.assumptions:
        np.testing.assert_allclose(arrays[leaf.name].sum(-1), 1.0, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "analytic"),
    [("rnn+none", True), ("irnn+none", False), ("indrnn+none", False), ("lstm+squared_error", True)],
)
def test_kinks_are_known(name, analytic):
    network = networks.network(name)
    assert oracle.is_analytic(network) is analytic


def test_a_scalar_parameter_is_a_number():
    network = compose(
        read_cell("cell a\n  input x: I\n  state h: H\n  param s: 1\n  h = tanh(W @ x) + h[t-1] @ s\n", "a")
    )
    sizes = oracle.distinct_sizes(network)
    arrays = oracle.samples(network, sizes, 3, 2, 0)
    assert arrays["s"].shape == ()
    slope = numeric.complex_step(oracle.loss(network, sizes, 3), arrays, ["s"])["s"]
    moved = [{**arrays, "s": arrays["s"] + sign * 1e-6} for sign in (1, -1)]
    up, down = oracle.loss(network, sizes, 3)(stacked(*moved))
    assert slope == pytest.approx((up - down) / 2e-6, rel=1e-8)
