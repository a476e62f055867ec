"""The backward pass that is broken for a diagnosis is the gradient as long as it is whole; a part that is missing is missed."""

from dataclasses import replace

import numpy as np
import pytest

from symrnn import driver
from symrnn.calculus.derive import derive
from symrnn.verify import numeric, oracle
from symrnn.verify.functions.backward import Backward, gradients, truncated
from symrnn.verify.functions.mistakes import mistakes
from symrnn.verify.functions.truth import Given, Size, draw
from symrnn.verify.functions.values import quantities, total_loss

NETWORKS = {
    **{name: {"cell": name} for name in ("rnn", "lstm", "gru", "elman", "mlstm", "narx", "mamba", "rnn_transposed")},
    "downwards": {"cell": "gru", "bidirectional": True, "mode": "many-to-one"},
    "decoder": {"cell": "rnn", "mode": "encoder-decoder", "context": "every-step"},
    "outputs": {"cell": "lstm", "head": "none"},
}


def sampled(name):
    network = driver.network(**NETWORKS[name])
    sample = draw(network, Size(4), Given())
    return network, sample, Backward.of(derive(network))


@pytest.mark.parametrize("name", NETWORKS)
def test_whole_it_is_the_gradient(name):
    network, sample, backward = sampled(name)
    function = oracle.loss(network, sample.sizes)
    forward = quantities(sample)
    assert np.isclose(total_loss(forward, network), function({key: one[None] for key, one in sample.arrays.items()})[0])
    found = gradients(backward, forward)
    truth = numeric.complex_step(function, sample.arrays, list(found))
    largest = max(np.abs(one).max() for one in truth.values())
    for key, value in found.items():
        np.testing.assert_allclose(value, truth[key], rtol=0, atol=1e-12 * largest, err_msg=key)


@pytest.mark.parametrize("name", ["rnn", "gru"])
def test_every_mistake_changes_something(name):
    """But that of a carry left out where there is none, above the recurrence."""
    _network, sample, backward = sampled(name)
    forward = quantities(sample)
    truth = gradients(backward, forward)
    with np.errstate(all="ignore"):
        same = [
            one.kind
            for one in mistakes(backward)
            if all(np.allclose(value, truth[key]) for key, value in gradients(one.backward, forward).items())
        ]
    assert set(same) <= {"carry left out in one place"}
    assert len(same) <= 4


def test_truncation_of_the_full_length_is_the_gradient():
    _network, sample, backward = sampled("rnn")
    forward = quantities(sample)
    whole, cut = gradients(backward, forward), truncated(backward, forward, 1)
    for key, value in truncated(backward, forward, sample.steps).items():
        np.testing.assert_allclose(value, whole[key], rtol=1e-10, atol=1e-13)
    assert not np.allclose(cut["W_hh"], whole["W_hh"])


def test_a_gradient_without_adjoints_is_zero():
    _network, sample, backward = sampled("rnn")
    found = gradients(replace(backward, adjoints=()), quantities(sample), ["W_hh"])
    assert set(found) == {"W_hh"}
    assert not found["W_hh"].any()
