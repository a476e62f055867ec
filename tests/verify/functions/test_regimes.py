"""Each condition that hides a mistake is told for a mistake that it hides, and for none that it does not."""

import mutants
import numpy as np
import pytest
import right

from symrnn import driver
from symrnn.verify.functions import verify_function


def rnn_with(change):
    def backward(x, h0, Wx, Wh, b, dh):
        found = list(mutants.rnn()(x, h0, Wx, Wh, b, dh))
        change(found, x, h0, dh)
        dx, dh0, dWx, dWh, db = found
        return dx, dh0, dWx, dWh, db

    return backward


def wrong_divisor(found, x, h0, dh):
    found[2] = found[2] * x.shape[2] / h0.shape[1]


def one_of_the_batch(found, x, h0, dh):
    found[1] = np.repeat(found[1][:1], x.shape[1], axis=0)


HIDDEN = {
    "a single step (T = 1)": mutants.rnn("no carry"),
    "a single sequence (B = 1)": rnn_with(one_of_the_batch),
    "initial states of zero": mutants.rnn("zero for h0"),
    "symmetric recurrent weights": mutants.rnn("Wh for its transpose"),
    "a loss of the last step only": mutants.rnn("last loss only"),
    "all sizes equal": rnn_with(wrong_divisor),
    "all sizes 1": mutants.rnn("Wh for its transpose"),
    "weights and biases compared alone": mutants.rnn("dx before the carry"),
    "inputs and initial states compared alone": mutants.rnn("dWh overwritten"),
    "initial states compared alone": mutants.rnn("dWh overwritten"),
    "everything compared but the initial states": mutants.rnn("dh0 one step short"),
}


@pytest.mark.parametrize("words", HIDDEN)
def test_what_hides_a_mistake_is_told(words):
    found = verify_function(HIDDEN[words], driver.network("rnn", "none"), seconds=60)
    assert found.answer == "REFUTED"
    assert words in found.hidden, str(found)


def test_what_does_not_hide_a_mistake_is_not_told():
    found = verify_function(mutants.rnn("no derivative"), driver.network("rnn", "none"), seconds=60)
    assert found.answer == "REFUTED"
    assert found.hidden == ()


@pytest.mark.parametrize(
    ("mistake", "sizes"),
    [
        ("no derivative", "T = 1, B = 1, I = 1, H = 1"),
        ("no carry", "T = 2, B = 1, I = 1, H = 1"),
        ("Wh for its transpose", "T = 1, B = 1, I = 2, H = 2"),
    ],
)
def test_the_counterexample_is_as_small_as_it_can_be(mistake, sizes):
    found = verify_function(mutants.rnn(mistake), driver.network("rnn", "none"), seconds=60).counterexample
    assert found.sizes == sizes
    assert abs(found.theirs - found.true) > 1e-6
    assert str(found).startswith(f"{sizes}: d{found.result}[")


def test_more_steps_are_needed_to_see_a_truncation():
    net = driver.network("rnn", "softmax_cross_entropy")
    found = verify_function(right.bptt, net, arguments={"bptt_truncate": 2}, seconds=60)
    assert found.counterexample.sizes.startswith("T = 4")
