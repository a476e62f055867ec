"""Each edit undoes one class of mistake: the kind is named, and what it makes is the statement as its author would write it."""

import pytest

from symrnn import driver
from symrnn.claims.context import Context
from symrnn.claims.diagnosis import kinds, missing, products, repeats, sums, symbols
from symrnn.claims.diagnosis.editor import Editor
from symrnn.claims.diagnosis.edits import CHANGES, SIZES, edits
from symrnn.claims.diagnosis.omissions import omissions
from symrnn.claims.diagnosis.truth import parts_inside, true_terms
from symrnn.claims.judging import Judge
from symrnn.claims.partial import Partial
from symrnn.claims.trees import flat, replaced, shifted, spots
from symrnn.claims.world import total_loss
from symrnn.claims.writing import Notation
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_plain

CONTEXT = Context(driver.network("rnn", head="softmax_cross_entropy"))
GATES = Context(driver.network("lstm", head="softmax_cross_entropy"))

# change: (wrong, right, kind of the edit that leads from one to the other)
IN_RNN = {
    sums.signs: [(r"\hat y_t + y_t", r"\hat y_t - y_t", kinds.SIGN), (r"-h_t", r"+h_t", kinds.SIGN)],
    symbols.transposes: [
        (r"W_{hh} h_t", r"W_{hh}^\top h_t", kinds.TRANSPOSED),
        (r"W_{hh}^\top h_t", r"W_{hh} h_t", kinds.TRANSPOSED),
        (r"\frac{\partial J}{\partial h_t}", r"\left(\frac{\partial J}{\partial h_t}\right)^\top", kinds.TRANSPOSED),
    ],
    symbols.steps: [
        (r"h_t x_t^\top", r"h_{t-1} x_t^\top", kinds.STEP),
        (r"h_{t-1}", r"h_t", kinds.STEP),
        (r"h^{(t+1)}", r"h^{(t)}", kinds.STEP),
        (r"h_1", r"h_2", kinds.STEP),
        (r"z_{h,t+1}", r"z_{h,t}", kinds.STEP),
        (r"b_h x_t", r"b_h x_{t+1}", kinds.STEP),
        (r"dz_{h,t}", r"dz_{h,t+1}", kinds.STEP),
    ],
    sums.terms: [(r"h_t + y_t", r"h_t", kinds.TERM), (r"h_t - x_t - y_t", r"h_t - y_t", kinds.TERM)],
    products.factors: [
        (r"2 h_t", r"h_t", kinds.FACTOR),
        (r"(1 - h_t^2) \odot x_t", r"x_t", kinds.SLOPE),
        (r"\tanh'(z_{h,t}) \odot x_t", r"x_t", kinds.SLOPE),
        (r"x_t \odot h_t \odot (1 - h_t)", r"x_t", kinds.SLOPE),
    ],
    products.numbers: [
        (r"T - h_t^2", r"1 - h_t^2", kinds.FACTOR),
        (r"\frac12 - h_t^2", r"1 - h_t^2", kinds.FACTOR),
        (r"1/2 - h_t^2", r"1 - h_t^2", kinds.FACTOR),
    ],
    products.signs: [
        (r"W_{hh} h_t", r"W_{hh} \odot h_t", kinds.ELEMENTWISE),
        (r"h_t \odot y_t", r"h_t y_t", kinds.ELEMENTWISE),
        (r"h_t \odot W_{hh}", r"W_{hh} h_t", kinds.ELEMENTWISE),
        (r"h_t \odot W_{hh} \odot y_t", r"W_{hh} h_t \odot y_t", kinds.ELEMENTWISE),
    ],
    sums.ranges: [
        (r"\sum_{t=2}^T h_t", r"\sum_{t=1}^T h_t", kinds.RANGE),
        (r"\sum_{t=1}^{T-1} h_t", r"\sum_{t=1}^T h_t", kinds.RANGE),
        (r"\prod_{j=k}^{t} h_j", r"\prod_{j=k+1}^{t} h_j", kinds.RANGE),
        (r"\prod_{j=k}^{t} h_j", r"\prod_{j=t}^{k} h_j", kinds.DIRECTION),
    ],
    products.orders: [
        (r"W_{hh} W_{xh}", r"W_{xh} W_{hh}", kinds.ORDER),
        (r"h_t x_t", r"x_t^\top h_t^\top", kinds.TRANSPOSED),
    ],
    products.parentheses: [
        (r"1 - h_t^2 \odot h_t", r"(1 - h_t^2) \odot h_t", kinds.PARENTHESES),
        (r"h_t \odot y_t - x_t", r"h_t \odot (y_t - x_t)", kinds.PARENTHESES),
        (r"W_{hh} h_t + x_t", r"W_{hh} (h_t + x_t)", kinds.PARENTHESES),
        (r"b_h - h_t \odot x_t + y_t", r"b_h - h_t \odot (x_t - y_t)", kinds.PARENTHESES),
        (r"h_t \odot x_t + y_{t+1}", r"(h_t + y_{t+1}) \odot x_t", kinds.SIDE),
        (r"h_t \odot x_t + y_{t+1} + b_h", r"(h_t + y_{t+1}) \odot x_t + b_h", kinds.SIDE),
    ],
    symbols.complements: [
        (r"(1 - h_t) \odot x_t", r"h_t \odot x_t", kinds.COMPLEMENT),
        (r"h_t \odot x_t", r"(1 - h_t) \odot x_t", kinds.COMPLEMENT),
    ],
    sums.sums: [(r"\sum_t h_t", r"(h_t)", kinds.SUMMED)],
    symbols.powers: [(r"1 - h_t", r"1 - (h_t)^2", kinds.POWER), (r"1 - h_t^2", r"1 - h_t", kinds.POWER)],
    symbols.activations: [
        (r"1 - \tanh^2(h_t)", r"1 - (h_t)^2", kinds.ACTIVATED),
        (r"\exp(h_t)", r"h_t", kinds.ACTIVATED),
    ],
    symbols.adjoints: [
        (r"\frac{\partial J}{\partial h_t}", r"\frac{\partial J}{\partial z_{h,t}}", kinds.SLOPE),
        (r"dh_t", r"dz_{h,t}", kinds.SLOPE),
        (r"\bar h_t", r"\bar z_{h,t}", kinds.SLOPE),
    ],
    symbols.names: [
        (r"\hat y_t - y_t", r"z_{y,t} - y_t", kinds.GATE),
        (r"z_{y,t} - y_t", r"y_t - y_t", kinds.GATE),
        (r"W_{hh}^\top h_t^2", r"W_{hh}^\top (z_{h,t})^2", kinds.GATE),
    ],
    repeats.of_slopes: [(r"1 - z_{h,t}^2", r"1 - (h_t)^2", kinds.ACTIVATED)],
    repeats.activations: [(r"\sigma(h_t) \odot (1 - \sigma(h_t))", r"h_t \odot (1 - h_t)", kinds.ACTIVATED)],
    repeats.times: [(r"h_{t-1} \odot (1 - h_{t-1})", r"h_t \odot (1 - h_t)", kinds.STEP)],
    products.groups: [
        (r"W_{hh} h_t \odot x_t", r"W_{hh} (h_t \odot x_t)", kinds.PARENTHESES),
        (r"W_{hh} (h_t \odot x_t)", r"W_{hh} h_t \odot x_t", kinds.PARENTHESES),
    ],
}
IN_LSTM = {
    symbols.adjoints: [
        (r"\frac{\partial J}{\partial i_t}", r"\frac{\partial J}{\partial f_t}", kinds.GATE),
        (r"dz_{i,t}", r"dz_{o,t}", kinds.GATE),
    ],
    repeats.names: [
        (r"do_t \odot i_t \odot (1 - i_t)", r"do_t \odot o_t \odot (1 - o_t)", kinds.GATE),
        (r"do_t \odot z_{o,t} \odot (1 - z_{o,t})", r"do_t \odot o_t \odot (1 - o_t)", kinds.ACTIVATED),
    ],
    missing.slopes: [
        (r"do_t", r"do_t \odot o_t \odot (1 - o_t)", kinds.SLOPE),
        (r"W^\top dg_{t+1}", r"W^\top (dg_{t+1} \odot (1 - (g_{t+1})^2))", kinds.SLOPE),
    ],
    missing.in_terms: [
        (r"dc_t + \sum_k (x_k)", r"dc_t \odot c_{t-1} + \sum_k (x_k)", kinds.FACTOR),
        (r"\sum_{k=1}^T x_k", r"\sum_{k=1}^T x_k \odot c_{k-1}", kinds.FACTOR),
        (r"x_t + dc_t", r"x_t + dc_t \odot f_t \odot (1 - f_t)", kinds.SLOPE),
        (r"x_t + dc_t", r"x_t + 2 dc_t", kinds.FACTOR),
    ],
    missing.terms: [
        (
            r"(da_{h,t} \odot (1 - a_{h,t}^2)) \odot f_t",
            r"(da_{h,t} \odot (1 - a_{h,t}^2) + (\frac{\partial J}{\partial c_{t+1}}) \odot f_{t+1}) \odot f_t",
            kinds.CARRY,
        ),
        (r"da_{h,t} + c_t", r"da_{h,t} + c_t + (\frac{\partial J}{\partial c_{t+1}}) \odot f_{t+1}", kinds.CARRY),
    ],
}
OF_WHOLE = [
    (r"x_t", r"-x_t", kinds.SIGN),
    (r"x_t", r"\sum_{t=1}^T x_t", kinds.SUMMED),
    (r"dc_t \odot c_{t-1}", r"dc_t \odot c_{t-1} \odot f_t \odot (1 - f_t)", kinds.SLOPE),
    (r"x_t", r"\frac{1}{T} x_t", kinds.FACTOR),
]


def notation(*formulas):
    return Notation.of(list(formulas), {}, "gradient", "J")


def lstm_editor(before):
    """Return an editor that knows what ∂J/∂z_f is: ∂J/∂f ⊙ f ⊙ (1 − f), with ∂J/∂f = ∂J/∂c ⊙ c_{t−1}."""
    judge, found = Judge.of(GATES), []
    for name in ("z_f", "f"):
        found += true_terms(Partial(total_loss(GATES.network), GATES.leaves[name]).T, judge.prover)
    inner = parts_inside(tuple(found), GATES.leaves["f"].time, judge.prover)
    return Editor(GATES, notation(before), omissions(GATES.network, tuple(found), inner, notation(before)))


def made(change, editor, before):
    """Return what a change makes of a formula: kinds and texts."""
    every = [(path, part) for path, part in spots(before, scripts=False)]
    found = [(replaced(before, path, new), kind) for path, part in every for new, kind, _ in change(editor, part)]
    return {(kind, plain(new)) for new, kind in found}


def plain(formula):
    """Return a formula as text without spaces: how far apart factors stand says nothing."""
    return as_plain(flat(formula)).replace(" ", "")


def cases(table):
    return [(change, *case) for change, some in table.items() for case in some]


@pytest.mark.parametrize(("change", "wrong", "right", "kind"), cases(IN_RNN))
def test_a_change_undoes_its_kind_of_mistake(change, wrong, right, kind):
    before = read_latex(wrong)
    assert (kind, plain(read_latex(right))) in made(change, Editor(CONTEXT, notation(before)), before)


@pytest.mark.parametrize(("change", "wrong", "right", "kind"), cases(IN_LSTM))
def test_a_change_puts_in_what_the_network_has(change, wrong, right, kind):
    before = read_latex(wrong)
    found = made(change, lstm_editor(before), before)
    assert (kind, plain(read_latex(right))) in found


@pytest.mark.parametrize(("wrong", "right", "kind"), OF_WHOLE)
def test_a_change_of_the_whole_puts_in_what_is_missing(wrong, right, kind):
    before = read_latex(wrong)
    found = {(one, plain(new)) for new, one, _ in missing.of_whole(lstm_editor(before), before)}
    assert (kind, plain(read_latex(right))) in found


@pytest.mark.parametrize("wrong", [wrong for _, wrong, _, _ in cases(IN_RNN)])
def test_an_edit_says_what_it_changes_and_where(wrong):
    before = read_latex(wrong)
    for one in edits(Editor(CONTEXT, notation(before)), before):
        assert one.words and one.kind in {getattr(kinds, name) for name in kinds.__all__}
        assert one.formula == replaced(before, one.path, one.new)


def test_every_change_is_tried_here():
    assert set(CHANGES) == set(IN_RNN) | set(IN_LSTM)


def test_what_takes_away_and_what_puts_in_is_told_apart():
    before = read_latex(r"x_t + dc_t \odot o_t")
    sizes = {(one.size, plain(one.formula)) for one in edits(lstm_editor(before), before)}
    assert {(-1, "x_t"), (-1, "x_t+dc_t"), (1, "x_t+2(dc_t⊙o_t)"), (0, "x_t-dc_t⊙o_t")} <= sizes
    assert set(SIZES) <= set(CHANGES)


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
    found = {as_plain(one.formula) for one in edits(Editor(CONTEXT, notation(before)), before)}
    assert written in found


def test_what_is_no_quantity_of_the_network_is_not_renamed():
    before = read_latex("q_t")
    found = {one.kind for one in edits(Editor(CONTEXT, notation(before)), before)}
    assert not found & {kinds.GATE, kinds.ACTIVATED, kinds.COMPLEMENT, kinds.TRANSPOSED}
