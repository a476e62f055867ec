"""Wrong backward passes of public code and of an article: what is wrong is named, with the repair and what hid it."""

from functools import cache

import many_to_many
import numpy as np
import pytest
import right
import wrong

from symrnn import driver
from symrnn.verify.functions import AGREES, NOT_UNDERSTOOD, REFUTED, verify_function

LSTM_RESULTS = ("dx", "dh0", "dc0", "dWf", "dWi", "dWo", "dWc", "dbf", "dbi", "dbo", "dbc")


def wrong_rows(found):
    return [row.name for row in found.rows if not row.right]


def test_a_missing_transpose_is_hidden_by_symmetric_weights():
    net = driver.network("rnn", "softmax_cross_entropy", mode="many-to-one")
    found = verify_function(wrong.transposed, net)
    assert found.answer == REFUTED
    assert found.diagnosis[0].mistakes[0].words == "W_hh where W_hhᵀ belongs"
    assert wrong_rows(found) == ["dWxh", "dWhh", "dbh"]
    assert "symmetric recurrent weights" in found.hidden
    assert "a single step (T = 1)" in found.hidden


def test_an_input_gradient_taken_too_early_is_hidden_by_comparing_weights():
    told = {"U": "W_xh", "W": "W_hh", "accum_grad": "dh"}
    found = verify_function(wrong.early_input, driver.network("rnn", "none"), arguments=told)
    assert found.answer == REFUTED
    assert found.diagnosis[0].kinds == ("carry left out in one place",)
    assert found.repair == ("x̄[t] = W_xhᵀ z̄_h[t]",)
    assert wrong_rows(found) == ["dX"]
    assert "weights and biases compared alone" in found.hidden


@pytest.mark.parametrize("most", [1, 2, 3])
def test_truncation_is_named_with_its_number_of_steps(most):
    net = driver.network("rnn", "softmax_cross_entropy")
    found = verify_function(right.bptt, net, arguments={"bptt_truncate": most})
    assert found.answer == REFUTED
    assert found.diagnosis[0].kinds == (f"truncated {most}",)
    assert f"{most + 1} with its own" in found.diagnosis[0].mistakes[0].words
    assert ("two steps (T = 2)" in found.hidden) and (("three steps (T = 3)" in found.hidden) == (most > 1))


@cache
def hipsternet():
    net = driver.network("lstm", "none")
    return verify_function(wrong.lstm_backward, net, forward=wrong.lstm_forward, results=LSTM_RESULTS, seconds=60)


def test_a_forward_and_a_backward_that_disagree_are_told_with_both_repairs():
    found = hipsternet()
    assert found.answer == REFUTED
    assert found.diagnosis[0].kinds == ("forward and backward disagree",)
    assert found.diagnosis[1].kinds == ("carry added on the wrong side of the activation derivative",)
    assert "it hands on tanh(c) to the next step where c belongs" in found.forward
    first, second = found.repair
    assert first == "in the forward function, c[t] = f[t] ∘ c[t−1] + i[t] ∘ g[t]"
    assert second.startswith("or keep c[t] = tanh(f[t] ∘ c[t−1] + i[t] ∘ g[t])")
    assert second.endswith("z̄_c[t] = c̄[t] ∘ (1 − c[t]²)")


def lstm_forward(carried):
    def forward(x, h0, c0, Wf, Wi, Wo, Wc, bf, bi, bo, bc):
        h, c, cache, hs = h0, c0, [], []
        for step in x:
            X = np.hstack([h, step])
            f, i, o = (1 / (1 + np.exp(-(X @ W + b))) for W, b in ((Wf, bf), (Wi, bi), (Wo, bo)))
            g = np.tanh(X @ Wc + bc)
            before, c = c, f * c + i * g
            cache.append((X, before, f, i, o, g, np.tanh(c), Wf, Wi, Wo, Wc))
            h = o * np.tanh(c)
            c = np.tanh(c) if carried else c
            hs.append(h)
        return np.stack(hs), cache

    return forward


def test_the_first_repair_is_exact():
    net = driver.network("lstm", "none")
    found = verify_function(wrong.lstm_backward, net, forward=lstm_forward(False), results=LSTM_RESULTS, seconds=60)
    assert found.answer == AGREES, str(found)


def test_the_second_repair_is_exact():
    def backward(dh, cache):
        T, B, H = dh.shape
        D = cache[0][0].shape[1] - H
        dx, carry, dc = np.zeros((T, B, D)), np.zeros((B, H)), np.zeros((B, H))
        sums = dict.fromkeys(("dWf", "dWi", "dWo", "dWc", "dbf", "dbi", "dbo", "dbc"), 0)
        for t in reversed(range(T)):
            X, c, f, i, o, g, new, Wf, Wi, Wo, Wc = cache[t]
            total = dh[t] + carry
            dz = (total * o + dc) * (1 - new**2)
            parts = {
                "f": dz * c * f * (1 - f),
                "i": dz * g * i * (1 - i),
                "o": total * new * o * (1 - o),
                "c": dz * i * (1 - g**2),
            }
            dX = sum(part @ W.T for part, W in zip(parts.values(), (Wf, Wi, Wo, Wc), strict=True))
            for gate, part in parts.items():
                sums["dW" + gate] = sums["dW" + gate] + X.T @ part
                sums["db" + gate] = sums["db" + gate] + part.sum(0)
            carry, dx[t], dc = dX[:, :H], dX[:, H:], dz * f
        return {"dx": dx, "dh0": carry, "dc0": dc, **sums}

    net = driver.network("lstm", "none")
    found = verify_function(backward, net, forward=wrong.lstm_forward, results=LSTM_RESULTS, seconds=60)
    assert found.diagnosis[0].kinds == ("another cell",)
    assert "backward is the gradient of lstm_forward: it is right for another cell" in found.forward


# -- an article on many-to-many networks ---------------------------------------------------------------------------------------


@cache
def article(*repairs):
    net = driver.network("rnn", "linear")
    return verify_function(many_to_many.backward(repairs), net, results=many_to_many.NAMES, layout="BTn")


def but(missing):
    return tuple(one for one in many_to_many.REPAIRS if one != missing)


def test_the_article_does_not_run_as_it_stands():
    found = article(*many_to_many.ARTICLE)
    assert found.answer == NOT_UNDERSTOOD
    assert "NameError: name 'x' is not defined" in found.message


def test_the_article_is_right_with_every_repair():
    assert article(*many_to_many.REPAIRS).agrees


@pytest.mark.parametrize("missing", many_to_many.REPAIRS)
def test_the_article_is_wrong_without_any_one_repair(missing):
    assert not article(*but(missing)).agrees


def test_what_is_wrong_in_the_article_one_by_one():
    seeds = article(*but("seed of every step"))
    assert seeds.diagnosis[0].kinds == ("direct term missing",)
    assert "of step T only" in seeds.diagnosis[0].mistakes[0].words
    assert "a loss of the last step only" in seeds.hidden
    twice = article(*but("direct term where it belongs"))
    assert twice.diagnosis[0].kinds == ("term too many",)
    assert "h̄[t+1] itself is added to h̄[t]" in twice.diagnosis[0].mistakes[0].words
    through_head = article(*but("carry beside the head"))
    assert any(one.startswith("it only runs where all sizes are equal") for one in through_head.remarks)
    assert "core dimension" in article(*but("dWhy transposed")).message
