"""Right backward passes are not accused, in whatever convention, and the convention is said."""

from functools import cache

import numpy as np
import pytest
import right

from symrnn import driver
from symrnn.verify.functions import AGREES, verify_function

LSTM_GATES = ("dX", "dh0", "dc0", "dWf", "dWi", "dWc", "dWo", "dbf", "dbi", "dbc", "dbo")
STEP = ("dx", "dh0", "dWxh", "dWhh", "db")
# name: function, cell, head, what is told, a part of what has to be said about the convention
CASES = {
    "cs231n": (right.rnn_backward, "rnn", "none", {"forward": right.rnn_forward}, "(in, out), x W"),
    "time lstm": (right.time_lstm, "lstm", "none", {}, "Wx is (W_if, W_ig, W_ii, W_io)"),
    "time gru": (right.time_gru, "gru_reset_before_new", "none", {}, "Wx is (W_z, W_r, W)"),
    "numpy-ml lstm": (
        right.concatenated_lstm,
        "lstm",
        "none",
        {"layout": "BnT", "results": LSTM_GATES},
        "Wf is [W_hf, W_if]",
    ),
    "karpathy": (right.char_rnn, "rnn", "softmax_cross_entropy", {}, "targets is y as class numbers"),
    "wildml": (
        right.bptt,
        "rnn",
        "softmax_cross_entropy",
        {"arguments": {"bptt_truncate": 1000}},
        "zero, because no argument stands for it: b_h, b_y, h0",
    ),
    "ng": (right.mean_rnn, "rnn", "none", {}, "gradients of parameters are means over the batch"),
    "one step": (right.one_step, "rnn", "none", {"results": STEP}, "sequences are (B, n)"),
    "z flipped": (right.time_gru, "gru_reset_before", "none", {}, "z and 1 − z are exchanged"),
    "reset moved": (
        right.time_gru,
        "gru_reset_after_new",
        "none",
        {
            "arguments": {
                "Wx": ("W_iz", "W_ir", "W_in"),
                "Wh": ("W_hz", "W_hr", "W_hn"),
                "b": ("b_iz", "b_ir", "b_in"),
            }
        },
        "r resets before the product",
    ),
}


@cache
def verdict(name):
    function, cell, head, told, _ = CASES[name]
    return verify_function(function, driver.network(cell, head), **told)


@pytest.mark.parametrize("name", CASES)
def test_a_right_function_agrees(name):
    found = verdict(name)
    assert found.answer == AGREES, str(found)
    assert found.samples == 3
    assert found.rows
    assert all(row.error < 1e-13 for row in found.rows)


@pytest.mark.parametrize("name", CASES)
def test_the_convention_is_said(name):
    assert CASES[name][4] in "\n".join(verdict(name).convention), str(verdict(name))


def test_a_forward_function_is_compared_and_differentiated():
    assert verdict("cs231n").forward == (
        "rnn_forward computes the cell; the gradients are those of numerical differentiation",
    )


@pytest.mark.parametrize("which", ["backward", "by_autograd"])
def test_tensors_are_recognised(which):
    pytest.importorskip("torch")
    import tensors

    found = verify_function(getattr(tensors, which), driver.network("rnn", "none"))
    assert found.agrees, str(found)
    assert not found.remarks


def test_numpy_functions_are_not_given_tensors_because_torch_is_there():
    pytest.importorskip("torch")
    assert verify_function(right.rnn_backward, driver.network("rnn", "none"), forward=right.rnn_forward).agrees


def mean_loss(divide):
    def backward(x, h0, Wxh, Whh, b, dh):
        hs = [h0]
        for step in x:
            hs.append(np.tanh(step @ Wxh + hs[-1] @ Whh + b))
        dx, dWxh, dWhh, db, dh0 = (np.zeros_like(one) for one in (x, Wxh, Whh, b, h0))
        for t in reversed(range(len(x))):
            dz = (dh[t] / divide(x) + dh0) * (1 - hs[t + 1] ** 2)
            dx[t], dh0 = dz @ Wxh.T, dz @ Whh.T
            dWxh += x[t].T @ dz
            dWhh += hs[t].T @ dz
            db += dz.sum(0)
        return dx, dh0, dWxh, dWhh, db

    return backward


@pytest.mark.parametrize(
    ("divide", "said"),
    [
        (lambda x: x.shape[1], "the loss is the mean over the batch"),
        (lambda x: x.shape[0], "the loss is the mean over the steps"),
        (lambda x: x.shape[0] * x.shape[1], "the loss is the mean over steps and batch"),
    ],
)
def test_means_are_a_convention(divide, said):
    found = verify_function(mean_loss(divide), driver.network("rnn", "none"))
    assert found.agrees, str(found)
    assert said in found.convention


def test_another_divisor_is_no_convention():
    assert verify_function(mean_loss(lambda x: x.shape[2]), driver.network("rnn", "none")).answer == "REFUTED"


def test_what_is_not_returned_is_said():
    def backward(x, h0, Wxh, Whh, b, dh):
        dx, dh0, *_ = mean_loss(lambda x: 1)(x, h0, Wxh, Whh, b, dh)
        return dx, dh0

    found = verify_function(backward, driver.network("rnn", "none"))
    assert found.agrees
    assert found.remarks == ("not returned, so not verified: dW_xh, dW_hh, db_h",)


def test_writing_to_an_argument_is_remarked():
    def backward(x, h0, Wxh, Whh, b, dh):
        dx, dh0, dWxh, dWhh, db = mean_loss(lambda x: 1)(x, h0, Wxh, Whh, b, dh)
        dh *= 0.5
        return dx, dh0, dWxh, dWhh, db

    found = verify_function(backward, driver.network("rnn", "none"))
    assert found.agrees
    assert found.remarks == ("it writes to its argument dh: a second call with the same arrays is wrong",)
