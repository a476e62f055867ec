"""Two mistakes at once: the second edit is looked up by the value that it must have, wherever both stand."""

import numpy as np
import pytest

from symrnn import driver
from symrnn.claims.context import Context, Reading
from symrnn.claims.diagnosis import kinds
from symrnn.claims.diagnosis.edits import Edit
from symrnn.claims.diagnosis.pairs import matches, pairs, together
from symrnn.claims.diagnosis.sample import Sample, equal
from symrnn.claims.diagnosis.search import Search
from symrnn.claims.judging import Judge
from symrnn.claims.writing import Notation
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_plain

LSTM = Context(driver.network("lstm", head="squared_error"))
JUDGE = Judge.of(LSTM)


def searched(left, right):
    """Return a sample of left = right, and its pairs of edits as kinds and texts."""
    one, other = read_plain(left), read_plain(right)
    sample = Sample(JUDGE, one, other, Reading())
    search = Search(sample, Notation.of([one, other], {}, "gradient", "J"))
    found = pairs(sample, search._editor, search._edits)
    return sample, [
        ({first.kind, second.kind}, formula) for first, second, formula in found if sample.is_right(formula)
    ]


# what is wrong in different terms, in different factors, inside of each other, and with no shape at all
PAIRS = {
    ("df_t", "dc_t * c_t * 2"): [{kinds.STEP, kinds.FACTOR}],
    ("dc_t", "-dh_t * o_t * (1 - tanh(c_t)^2) + dc_{t+1} * f_t"): [{kinds.SIGN, kinds.STEP}],
    ("dz_g_t", "dg_t * 1 - z_g_t^2"): [{kinds.PARENTHESES, kinds.ACTIVATED}],
    ("dW_hi", "2 sum_{t=2}^T dz_i_t h_{t-1}^T"): [{kinds.FACTOR, kinds.RANGE}],
    ("dW_hi", "sum_t h_t dz_i_t^T"): [{kinds.ORDER, kinds.STEP}, {kinds.TRANSPOSED, kinds.STEP}],
    ("dx_t", "-(W_ii dz_i_t + W_if^T dz_f_t + W_ig^T dz_g_t + W_io^T dz_o_t)"): [{kinds.TRANSPOSED, kinds.SIGN}],
}


@pytest.mark.parametrize(("sides", "wanted"), PAIRS.items())
def test_a_pair_is_found_and_has_the_value_of_the_left_side(sides, wanted):
    sample, found = searched(*sides)
    assert any(both in wanted for both, _ in found[:5])
    for _, formula in found:
        assert equal(sample.of_formula(formula), sample.target), as_plain(formula)


def test_what_takes_away_and_puts_in_comes_last():
    _, found = searched("dz_g_t", "dg_t * 1 - z_g_t^2")
    kinds_found = [both for both, _ in found]
    assert kinds_found.index({kinds.PARENTHESES, kinds.ACTIVATED}) < kinds_found.index({kinds.TERM, kinds.SLOPE})


def test_two_edits_in_different_places_are_made_at_once():
    whole = read_plain("h_t + x_t")
    one = Edit(read_plain("c_t + x_t"), "", "", (("terms", 0),), read_plain("c_t"))
    other = Edit(read_plain("h_t + y_t"), "", "", (("terms", 1),), read_plain("y_t"))
    assert together(whole, one, other) == read_plain("c_t + y_t")


def test_an_edit_inside_of_another_is_not_made_at_once():
    whole = read_plain("h_t + x_t")
    outer = Edit(read_plain("h_t"), "", "", (), read_plain("h_t"))
    inner = Edit(read_plain("c_t + x_t"), "", "", (("terms", 0),), read_plain("c_t"))
    assert together(whole, outer, inner) is None and together(whole, inner, outer) is None


def test_rows_are_matched_by_their_values():
    draw = np.random.default_rng(5)
    every = draw.normal(size=(40, 6))
    wanted = np.array([every[7] * (1 + 1e-12), draw.normal(size=6), every[31], np.full(6, np.nan)])
    assert set(matches(every, wanted)) == {(0, 7), (2, 31)}
