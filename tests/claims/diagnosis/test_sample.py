"""What a sample says of formulas: the values of the verifier, each part computed once, and no repair that says nothing."""

import numpy as np
import pytest

from symrnn import driver
from symrnn.claims import values
from symrnn.claims.context import Context, Reading
from symrnn.claims.diagnosis.sample import Sample, equal
from symrnn.claims.judging import Judge
from symrnn.claims.partial import Partial
from symrnn.claims.reading import Reader
from symrnn.claims.world import total_loss
from symrnn.language.formulas.plain import read_plain

CONTEXT = Context(driver.network("gru", head="softmax_cross_entropy"))
JUDGE = Judge.of(CONTEXT)
FORMULAS = [
    "dh_t * (1 - z_t) * (1 - n_t^2)",
    "2 dh_t - n_t",
    "W_hy^T (y_hat_t - y_t) + dh_{t+1} * z_{t+1}",
    "T dh_t",
    "diag(1 - z_t) dh_t",
    "sum_{k=1}^T dn_k",
    "tanh'(z_n_t) * dn_t",
]


def sample(left="dn_t", right="dh_t", judge=JUDGE):
    return Sample(judge, read_plain(left), read_plain(right), Reading())


@pytest.mark.parametrize("text", FORMULAS)
def test_a_value_is_that_of_the_world(text):
    one = sample()
    world, steps = one._point
    node = values.as_node(Reader(CONTEXT, Reading()).read(read_plain(text)), one.node.shape)
    found = one.of_formula(read_plain(text))
    assert np.array_equal(found, world.value(node, steps)) and np.any(found)


def test_what_is_shared_is_read_once():
    one = sample()
    formula = read_plain(FORMULAS[0])
    one.of_formula(formula)
    read = len(one._reader.found)
    one.of_formula(type(formula)((*formula.factors[:-1], read_plain("r_t")), formula.signs))
    assert len(one._reader.found) == read + 2


@pytest.mark.parametrize("text", ["W_hy dh_t", "Q_t", "h_t h_t^T", "h_99"])
def test_what_has_no_value_or_another_shape_has_none(text):
    assert sample().of_formula(read_plain(text)) is None


def test_no_more_is_computed_than_may_be(monkeypatch):
    one = sample()
    monkeypatch.setattr(Sample, "is_spent", property(lambda self: len(self._values) >= 1))
    assert one.of_formula(read_plain("dh_t")) is not None
    assert one.of_formula(read_plain("n_t")) is None
    assert one.of_formula(read_plain("dh_t")) is not None


def test_a_repair_that_repeats_the_left_side_is_none():
    assert sample().is_right(read_plain("dh_t * (1 - z_t)"))
    assert not sample().is_right(read_plain("dn_t"))
    assert not sample().is_right(read_plain("dn_t + 0 h_t"))


def test_what_a_name_stands_for_is_no_repetition():
    meaning = Partial(total_loss(CONTEXT.network), CONTEXT.leaves["n"]).T
    judge = Judge.of(CONTEXT.defining("delta_n", meaning))
    assert sample("delta_n_t", "dh_t", judge).is_right(read_plain("dn_t"))


def test_equal_is_equal_but_for_rounding():
    one = np.array([[1.0], [2.0]])
    assert equal(one, one * (1 + 1e-12)) and not equal(one, one * (1 + 1e-6)) and not equal(one, one.T)
