"""Every class of mistake is refuted, and named first; pairs of them too. The repair is the equation that was derived."""

import mutants
import pytest

from symrnn import driver
from symrnn.verify.functions import AGREES, REFUTED, verify_function

MANY = {
    "rnn": (mutants.rnn, mutants.RNN, "rnn", "none", {}),
    "lstm": (mutants.lstm, mutants.LSTM, "lstm", "none", {"results": mutants.LSTM_RESULTS}),
    "head": (mutants.with_head, mutants.HEAD, "rnn", "softmax_cross_entropy", {}),
}
SINGLE = [(cell, mistake) for cell, (_, table, *_) in MANY.items() for mistake in table]


def verdict(cell, *made):
    make, _, name, head, told = MANY[cell]
    return verify_function(make(*made), driver.network(name, head), seconds=60, **told)


def kinds(cell, mistake):
    found = MANY[cell][1][mistake]
    return {found} if isinstance(found, str) else set(found)


@pytest.mark.parametrize("cell", MANY)
def test_without_a_mistake_it_agrees(cell):
    found = verdict(cell)
    assert found.answer == AGREES, str(found)


@pytest.mark.parametrize(("cell", "mistake"), SINGLE)
def test_a_mistake_is_refuted_and_named(cell, mistake):
    found = verdict(cell, mistake)
    assert found.answer == REFUTED
    assert found.diagnosis, str(found)
    first = found.diagnosis[0].mistakes
    assert len(first) == 1, str(found)
    assert first[0].kind in kinds(cell, mistake), str(found)
    assert found.counterexample is not None


def test_stale_sums_are_found_by_a_second_call():
    found = verdict("rnn", "stale")
    assert found.answer == REFUTED
    assert found.diagnosis[0].kinds == ("stale accumulators",)
    assert found.hidden == ("one call only",)


@pytest.mark.parametrize(
    ("mistake", "equation"),
    [
        ("Wh for its transpose", "h̄[t] = dh[t] + W_hhᵀ z̄_h[t+1]"),
        ("no carry", "h̄[t] = dh[t] + W_hhᵀ z̄_h[t+1]"),
        ("no derivative", "z̄_h[t] = h̄[t] ∘ (1 − h[t]²)"),
        ("h[t] for h[t-1]", "W̄_hh = Σ_t z̄_h[t] h[t−1]ᵀ"),
        ("dx before the carry", "x̄[t] = W_xhᵀ z̄_h[t]"),
        ("dh0 one step short", "h̄[0] = W_hhᵀ z̄_h[1]"),
    ],
)
def test_the_repair_is_the_equation(mistake, equation):
    assert verdict("rnn", mistake).repair == (equation,)


def test_words_say_what_was_done():
    found = verdict("rnn", "no carry").diagnosis[0].mistakes[0]
    assert found.words == "the carry from step t+1 into h̄[t] is missing: W_hhᵀ z̄_h[t+1] has to be added"
    found = verdict("rnn", "twice dWh").diagnosis[0].mistakes[0]
    assert found.words == "dW_hh is 2 times the gradient"


@pytest.mark.parametrize(
    ("cell", "pair"),
    [
        ("rnn", ("Wh for its transpose", "no derivative")),
        ("rnn", ("dWh overwritten", "no carry")),
        ("rnn", ("h[t] for h[t-1]", "x[t-1] for x[t]")),
        ("rnn", ("dx before the carry", "minus in the carry")),
        ("head", ("no minus y", "dWhy overwritten")),
        ("lstm", ("no derivative in f", "no carry of c")),
    ],
)
def test_two_mistakes_are_both_named(cell, pair):
    found = verdict(cell, *pair)
    assert found.answer == REFUTED
    assert found.diagnosis, str(found)
    named = set(found.diagnosis[0].kinds)
    assert all(named & kinds(cell, one) for one in pair), str(found)


def test_three_mistakes_in_different_equations():
    three = ("h[t] for h[t-1]", "twice dWh", "mean over the steps in db")
    assert len(verdict("rnn", *three).diagnosis[0].kinds) == 3


def test_what_is_in_no_catalogue_is_said():
    def backward(x, h0, Wxh, Whh, b, dh):
        dx, dh0, dWxh, dWhh, db = mutants.rnn()(x, h0, Wxh, Whh, b, dh)
        return dx, dh0, dWxh**3, dWhh, db

    found = verify_function(backward, driver.network("rnn", "none"))
    assert found.answer == REFUTED
    assert found.diagnosis == ()
    assert "no mistake of the catalogue explains all results" in found.remarks
    assert [row.name for row in found.rows if not row.right] == ["dWxh"]
