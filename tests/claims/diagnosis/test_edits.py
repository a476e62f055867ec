"""Each edit undoes one class of mistake: the kind is named, and what it makes is the statement as its author would write it."""

import pytest

from symrnn import driver
from symrnn.claims import edits
from symrnn.claims.context import Context
from symrnn.claims.edits import Editor, shifted
from symrnn.claims.writing import Notation
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_plain

CONTEXT = Context(driver.network("rnn", head="softmax_cross_entropy"))

# wrong, right, kind of the edit that leads from one to the other
EDITS = [
    (r"\hat y_t + y_t", r"\hat y_t - y_t", edits.SIGN),
    (r"-h_t", r"+h_t", edits.SIGN),
    (r"W_{hh} h_t", r"W_{hh}^\top h_t", edits.TRANSPOSED),
    (r"W_{hh}^\top h_t", r"W_{hh} h_t", edits.TRANSPOSED),
    (r"h_t x_t^\top", r"h_{t-1} x_t^\top", edits.STEP),
    (r"h_{t-1}", r"h_t", edits.STEP),
    (r"h_{t}", r"h_{t+1}", edits.STEP),
    (r"h^{(t+1)}", r"h^{(t)}", edits.STEP),
    (r"h_1", r"h_2", edits.STEP),
    (r"z_{h,t+1}", r"z_{h,t}", edits.STEP),
    (r"W_{hh} h_t", r"W_{hh} \odot h_t", edits.ELEMENTWISE),
    (r"h_t \odot y_t", r"h_t y_t", edits.ELEMENTWISE),
    (r"1 - h_t^2 \odot h_t", r"(1 - h_t^2) \odot h_t", edits.PARENTHESES),
    (r"h_t \odot y_t - x_t", r"h_t \odot (y_t - x_t)", edits.PARENTHESES),
    (r"(1 - h_t) \odot x_t", r"h_t \odot x_t", edits.COMPLEMENT),
    (r"h_t \odot x_t", r"(1 - h_t) \odot x_t", edits.COMPLEMENT),
    (r"\sum_{t=2}^T h_t", r"\sum_{t=1}^T h_t", edits.RANGE),
    (r"\sum_{t=1}^{T-1} h_t", r"\sum_{t=1}^T h_t", edits.RANGE),
    (r"\prod_{j=k}^{t} h_j", r"\prod_{j=k+1}^{t} h_j", edits.RANGE),
    (r"\prod_{j=k}^{t} h_j", r"\prod_{j=t}^{k} h_j", edits.DIRECTION),
    (r"W_{hh} W_{xh}", r"W_{xh} W_{hh}", edits.ORDER),
    (r"h_t x_t", r"x_t^\top h_t^\top", edits.TRANSPOSED),
    (r"h_t + y_t", r"h_t", edits.TERM),
    (r"2 h_t", r"h_t", edits.FACTOR),
    (r"1 - h_t", r"1 - (h_t)^2", edits.POWER),
    (r"(1 - h_t^2) \odot x_t", r"x_t", edits.SLOPE),
    (r"\tanh'(z_{h,t}) \odot x_t", r"x_t", edits.SLOPE),
    (r"\sum_t h_t", r"(h_t)", edits.SUMMED),
    (r"1 - z_{h,t}^2", r"1 - (h_t)^2", edits.ACTIVATED),
    (r"b_h x_t", r"b_h x_{t+1}", edits.STEP),
    (r"\hat y_t - y_t", r"z_{y,t} - y_t", edits.ACTIVATED),
    (r"z_{y,t} - y_t", r"y_t - y_t", edits.GATE),
]


def notation(*formulas):
    return Notation.of(list(formulas), {}, "gradient", "L")


@pytest.mark.parametrize(("wrong", "right", "kind"), EDITS)
def test_an_edit_undoes_its_kind_of_mistake(wrong, right, kind):
    before, after = read_latex(wrong), read_latex(right)
    found = {(one.kind, as_plain(one.formula)) for one in Editor(CONTEXT, notation(before)).edits(before)}
    assert (kind, as_plain(after)) in found


@pytest.mark.parametrize(("wrong", "right", "kind"), EDITS)
def test_an_edit_changes_something_and_says_what(wrong, right, kind):
    before = read_latex(wrong)
    for one in Editor(CONTEXT, notation(before)).edits(before):
        assert one.formula != before and one.words and one.kind


def test_every_change_is_tried_here():
    used = {kind for _, _, kind in EDITS}
    kinds = {value for name, value in vars(edits).items() if name.isupper() and isinstance(value, str)}
    assert kinds - used == set()


@pytest.mark.parametrize(
    ("step", "by", "wanted"),
    [
        ("t", 1, "t+1"),
        ("t", -1, "t-1"),
        ("t-1", 1, "t"),
        ("t+1", -1, "t"),
        ("t-1", -1, "t-2"),
        ("T", 1, "T+1"),
        ("0", 1, "1"),
        ("3", -1, "2"),
        ("(t)", 1, "(t+1)"),
    ],
)
def test_a_step_is_moved_by_one(step, by, wanted):
    assert shifted(read_latex(step), by) == read_latex(wanted)


@pytest.mark.parametrize(("step", "by"), [("0", -1), ("t+k", 1), ("t+k-1", 1)])
def test_a_step_that_cannot_be_moved_is_left_alone(step, by):
    assert shifted(read_latex(step), by) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [("h_t", "h_{t-1}"), ("h^(t)", "h^(t-1)"), ("h[t]", "h[t-1]")],
)
def test_an_edit_keeps_the_way_steps_are_written(text, written):
    before = read_plain(text)
    found = {as_plain(one.formula) for one in Editor(CONTEXT, notation(before)).edits(before)}
    assert written in found


def test_what_is_no_quantity_of_the_network_is_not_renamed():
    before = read_latex("q_t")
    kinds = {one.kind for one in Editor(CONTEXT, notation(before)).edits(before)}
    assert not kinds & {edits.GATE, edits.ACTIVATED, edits.COMPLEMENT, edits.TRANSPOSED}
