"""Scripts are sorted into names, steps, entries, transposes and powers, in every way that people write them."""

import pytest

from symrnn import driver
from symrnn.claims.context import Context
from symrnn.claims.spelling import Spelt, is_step, sort_scripts, written
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.plain import read_plain

KNOWN = Context(driver.network("rnn", head="softmax_cross_entropy")).steps()
LSTM = Context(driver.network("lstm", head="none")).steps()

NAMES = {
    r"W_{hh}": "W_hh",
    r"\mathbf{W}_{hh}": "W_hh",
    r"W_{\text{hh}}": "W_hh",
    r"W_{\mathrm{hh}}": "W_hh",
    r"\hat y": "y_hat",
    r"\hat{\mathbf{y}}": "y_hat",
    r"\tilde c": "c_tilde",
    r"z_y": "z_y",
    r"W_x": "W_x",
    r"\delta": "delta",
    r"\lambda_{max}": "lambda_max",
}


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_a_name_is_its_letters_marks_and_lower_scripts(text, name):
    assert sort_scripts(read_latex(text), KNOWN) == Spelt(name)


STEPS = {
    r"h_t": ("h", "t"),
    r"h^{(t)}": ("h", "t"),
    r"h^{t}": ("h", "t"),
    r"h^{\langle t \rangle}": ("h", "t"),
    r"h^{[t]}": ("h", "t"),
    r"h_{(t)}": ("h", "t"),
    r"\mathbf h_{t-1}": ("h", "t-1"),
    r"h^{(t-1)}": ("h", "t-1"),
    r"h^{t+1}": ("h", "t+1"),
    r"h_{t+1}": ("h", "t+1"),
    r"h_0": ("h", "0"),
    r"h_2": ("h", "2"),
    r"h_T": ("h", "T"),
    r"h_{T-1}": ("h", "T-1"),
    r"h_k": ("h", "k"),
    r"h_\tau": ("h", r"\tau"),
    r"\hat y_t": ("y_hat", "t"),
    r"\hat{y}^{(t)}": ("y_hat", "t"),
    r"z_{y,t}": ("z_y", "t"),
    r"z_{t,y}": ("z_y", "t"),
    r"z_y^{(t)}": ("z_y", "t"),
    r"z_{y}^{\langle t\rangle}": ("z_y", "t"),
    r"z_{h,t+1}": ("z_h", "t+1"),
    r"z_{h}^{(t+1)}": ("z_h", "t+1"),
    r"\delta_t": ("delta", "t"),
    r"\delta^{(t)}": ("delta", "t"),
}


def body(formula):
    return formula.body if hasattr(formula, "brackets") else formula


@pytest.mark.parametrize(("text", "wanted"), STEPS.items())
def test_a_step_is_found_wherever_it_stands(text, wanted):
    found = sort_scripts(read_latex(text), KNOWN)
    assert found is not None
    assert (found.name, body(found.step)) == (wanted[0], read_latex(wanted[1]))
    assert not found.transposed and found.power is None and found.entry is None


@pytest.mark.parametrize("text", ["h[t-1]", "h_{t-1}", "h^(t-1)", "h^{t-1}", "h^<t-1>"])
def test_plain_text_has_the_same_steps(text):
    found = sort_scripts(read_plain(text), KNOWN)
    assert found is not None and (found.name, body(found.step)) == ("h", read_plain("t-1"))


TRANSPOSED = {
    r"W_{hh}^\top": ("W_hh", None),
    r"W_{hh}^T": ("W_hh", None),
    r"W_{hh}^{\top}": ("W_hh", None),
    r"W_{hh}^{\mathsf T}": ("W_hh", None),
    r"W_{hh}^{\intercal}": ("W_hh", None),
    r"h_t^\top": ("h", "t"),
    r"h_{t-1}^T": ("h", "t-1"),
    r"{h^{(t-1)}}^\top": ("h", "t-1"),
    r"h^{(t-1)\top}": ("h", "t-1"),
    r"h^{\top(t-1)}": ("h", "t-1"),
    r"{h_{t}}^{\top}": ("h", "t"),
}


@pytest.mark.parametrize(("text", "wanted"), TRANSPOSED.items())
def test_a_transpose_is_found_beside_a_step(text, wanted):
    found = sort_scripts(read_latex(text), KNOWN)
    assert found is not None and found.transposed and found.name == wanted[0]
    assert body(found.step) == (None if wanted[1] is None else read_latex(wanted[1]))


def test_two_transposes_undo_each_other():
    found = sort_scripts(read_latex(r"{{W_{hh}}^\top}^\top"), KNOWN)
    assert found is not None and not found.transposed


@pytest.mark.parametrize(
    "text", [r"h_t^2", r"{h^{(t)}}^2", r"h_t^{2}", r"h_t^{\odot 2}", r"h_t^{\circ 2}", r"h^{(t)2}", r"{h^t}^2"]
)
def test_a_power_is_found_beside_a_step(text):
    found = sort_scripts(read_latex(text), KNOWN)
    assert found is not None and found.power == read_latex("2") and body(found.step) == read_latex("t")


@pytest.mark.parametrize(("text", "primes"), [("W'", 1), ("W_{hh}'", 1), ("h_t'", 1), ("W''", 2)])
def test_primes_are_counted(text, primes):
    found = sort_scripts(read_latex(text), KNOWN)
    assert found is not None and found.primes == primes


def test_an_entry_stands_beside_a_step():
    inside = Context(driver.network("rnn", head="softmax_cross_entropy")).steps(entry="i")  # of a sum over i
    found = sort_scripts(read_latex(r"\hat y_i^{(t)}"), inside)
    assert found is not None
    assert (found.name, body(found.step), found.entry) == ("y_hat", read_latex("t"), read_latex("i"))


def test_a_letter_that_is_a_gate_is_no_entry_of_a_weight():
    found = sort_scripts(read_latex("W_{hi}"), LSTM)
    assert found == Spelt("W_hi")


def test_a_number_below_what_does_not_move_is_part_of_its_name():
    before = Context(driver.network("gru_reset_before", head="none")).steps()  # which has a W and an h
    assert sort_scripts(read_latex("W_2"), before) == Spelt("W_2")
    assert sort_scripts(read_latex("h_2"), before) == Spelt("h", read_latex("2"))


@pytest.mark.parametrize("text", ["1 + h", "h x", r"\tanh(h)", "2", "(h)"])
def test_what_is_no_symbol_has_no_spelling(text):
    assert sort_scripts(read_latex(text), KNOWN) is None


@pytest.mark.parametrize("text", ["t", "t-1", "t+1", "T", "T-1", "0", "12", "(t)", "T_x", "k", "t+k-1"])
def test_these_can_be_steps(text):
    assert is_step(read_latex(text), KNOWN)


@pytest.mark.parametrize("text", ["h", "2.5", r"\hat t", "t \\cdot 2", r"\top", "T^2"])
def test_these_cannot_be_steps(text):
    assert not is_step(read_latex(text), KNOWN)


@pytest.mark.parametrize(
    ("text", "name"),
    [("h", "h"), ("hh", "hh"), ("12", "12"), (r"\alpha", "alpha"), (r"\text{in}", "in"), ("i,j", "ij"), ("t-1", None)],
)
def test_scripts_that_are_part_of_a_name_are_letters_and_digits(text, name):
    assert written(read_latex(text)) == name


@pytest.mark.parametrize("name", ["W_{out}", "W_{int}", r"W_{\text{out}}", "b_{hyt}"])
def test_a_name_that_ends_in_t_has_no_step(name):
    found = sort_scripts(read_latex(name), KNOWN)
    assert found is not None and found.step is None
