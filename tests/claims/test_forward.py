"""Forward equations of a document are the built-in cell: the same values and gradients, in LaTeX and in plain text."""

import numpy as np
import pytest
from sympy import Symbol

from symrnn import driver
from symrnn.algebra.nodes import T
from symrnn.claims.equations import equation
from symrnn.claims.partial import Partial
from symrnn.claims.reviewing import Review
from symrnn.claims.sampling import Sampler
from symrnn.claims.symbols import moving_names, step_letter
from symrnn.claims.world import World, total_loss
from symrnn.errors import SymrnnError
from symrnn.language.formulas.document import read_document
from symrnn.language.formulas.latex import read_latex

NEAR = 1e-10  # both are complex steps on the same numbers


def own_network(text):
    review = Review(read_document(text))
    review.run()
    assert review.forward is not None
    return review.forward.network


def carried(own, built, names):
    """The world of the built-in network, and that of the document's own with the same numbers under its own names."""
    first = World(built, Sampler(built).usual_sizes(4), 5)
    back = {ours: theirs for theirs, ours in names.items()}
    arrays = {}
    for leaf in (*own.params, *own.inputs, *own.targets):
        arrays[leaf.name] = first.arrays[back.get(leaf.name, leaf.name)]
    for state in own.states:
        arrays[f"{state.leaf.name}0"] = first.arrays[f"{back.get(state.leaf.name, state.leaf.name)}0"]
    for (output, seed), (_, other) in zip(own.seeds, built.seeds, strict=True):
        assert output is not None
        arrays[seed.name] = first.arrays[other.name]
    sizes = {T: 4}
    for leaf in (*own.params, *own.inputs, *own.targets, *(state.leaf for state in own.states)):
        array = arrays.get(leaf.name, arrays.get(f"{leaf.name}0"))
        moving = leaf in (*own.inputs, *own.targets) or f"{leaf.name}0" in arrays
        for size, count in zip(leaf.shape, array.shape[-1:] if moving else array.shape, strict=False):
            if isinstance(size, Symbol):
                sizes[size] = count
    return first, World(own, sizes, 5, frozenset(), arrays)


def assert_same(own, built, names):
    first, second = carried(own, built, names)
    back = {ours: theirs for theirs, ours in names.items()}
    for state in own.states:
        for step in range(5):
            theirs = first.values[back.get(state.leaf.name, state.leaf.name), step]
            assert second.values[state.leaf.name, step] == pytest.approx(theirs, abs=1e-13)
    one, other = total_loss(built), total_loss(own)
    assert second.values[other.name, None].item() == pytest.approx(first.values[one.name, None].item(), abs=1e-12)
    for leaf in own.params:
        theirs = next(p for p in built.params if p.name == back.get(leaf.name, leaf.name))
        wanted = first.derivative(Partial(one, theirs))
        assert second.derivative(Partial(other, leaf)) == pytest.approx(wanted, abs=NEAR), leaf.name


RNN = {
    "latex": r"""\begin{align}
\mathbf z^{(t)} &= \mathbf W \mathbf h^{(t-1)} + \mathbf U \mathbf x^{(t)} + \mathbf b \\
\mathbf h^{(t)} &= \tanh(\mathbf z^{(t)})
\end{align}""",
    "subscripts": r"\[ h_t = \tanh\left(W h_{t-1} + U x_t + b\right) \]",
    "angle brackets": r"\[ h^{\langle t\rangle} = \tanh(W h^{\langle t-1\rangle} + U x^{\langle t\rangle} + b) \]",
    "upper steps": r"\[ h^t = \tanh(W h^{t-1} + U x^t + b) \]",
    "plain": "h_t = tanh(W h_{t-1} + U x_t + b)",
    "python": "h[t] = tanh(W @ h[t-1] + U @ x[t] + b)",
    "unicode": "zₜ = W·h_{t-1} + U·xₜ + b\nhₜ = tanh(zₜ)",
    "another step letter": r"\[ h_k = \tanh(W h_{k-1} + U x_k + b) \]",
    "in two halves": "a_t = W h_{t-1}\nc_t = U x_t + b\nh_t = tanh(a_t + c_t)",
}


@pytest.mark.parametrize("which", RNN)
def test_the_equations_of_a_plain_network_are_the_cell(which):
    names = {"W_hh": "W", "W_xh": "U", "b_h": "b"}
    assert_same(own_network(RNN[which]), driver.network("rnn", head="none"), names)


OUTPUT = {
    "latex": r"""
z_y^{(t)} &= V h^{(t)} + c \\ \hat y^{(t)} &= \operatorname{softmax}(z_y^{(t)}) \\
L^{(t)} &= -{y^{(t)}}^\top \log \hat y^{(t)} \\ L &= \sum_t L^{(t)}""",
    "sum over entries": r"""
o^{(t)} &= V h^{(t)} + c \\ \hat y^{(t)} &= \text{softmax}(o^{(t)}) \\
J^{(t)} &= -\sum_i y_i^{(t)} \log \hat y_i^{(t)} \\ J &= \sum_t J^{(t)}""",
    "sum over the steps": r"""
o^{(t)} &= V h^{(t)} + c \\ \hat y^{(t)} &= \text{softmax}(o^{(t)}) \\
J &= \sum_{t=1}^{T} -{y^{(t)}}^\top \log \hat y^{(t)}""",
}


@pytest.mark.parametrize("which", OUTPUT)
def test_output_softmax_and_loss_are_the_head(which):
    text = r"\begin{align} h^{(t)} &= \tanh(W h^{(t-1)} + U x^{(t)} + b) \\" + OUTPUT[which] + r"\end{align}"
    names = {"W_hh": "W", "W_xh": "U", "b_h": "b", "W_hy": "V", "b_y": "c"}
    assert_same(own_network(text), driver.network("rnn", head="softmax_cross_entropy"), names)


SQUARED = {
    "frac": r"L_t = \frac{1}{2} (\hat y_t - y_t)^\top (\hat y_t - y_t)",
    "short frac": r"L_t = \frac12 (\hat y_t - y_t)^\top (\hat y_t - y_t)",
    "norm": r"L_t = \frac12 \lVert \hat y_t - y_t \rVert^2",
    "decimal": r"L_t = 0.5 (\hat y_t - y_t)^\top (\hat y_t - y_t)",
}


@pytest.mark.parametrize("which", SQUARED)
def test_half_the_squared_error_is_the_head(which):
    text = r"\begin{align} h_t &= \tanh(W h_{t-1} + U x_t + b) \\ \hat y_t &= V h_t + c \\ "
    text += SQUARED[which] + r"\end{align}"
    names = {"W_hh": "W", "W_xh": "U", "b_h": "b", "W_hy": "V", "b_y": "c"}
    assert_same(own_network(text), driver.network("rnn", head="squared_error"), names)


def test_the_equations_of_a_gated_unit_are_the_cell():
    text = r"""\begin{align}
r_t &= \sigma(W_r x_t + U_r h_{t-1} + b_r) \\
z_t &= \sigma(W_z x_t + U_z h_{t-1} + b_z) \\
\tilde h_t &= \tanh(W x_t + U (r_t \odot h_{t-1}) + b) \\
h_t &= z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t
\end{align}"""
    assert_same(own_network(text), driver.network("gru_reset_before", head="none"), {"n": "h_tilde"})


LSTM = {
    "latex": r"""\begin{align}
i_t &= \sigma(W_i x_t + U_i h_{t-1} + p_i \odot c_{t-1} + b_i) \\
f_t &= \sigma(W_f x_t + U_f h_{t-1} + p_f \circ c_{t-1} + b_f) \\
g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
o_t &= \sigma(W_o x_t + U_o h_{t-1} + p_o \odot c_t + b_o) \\
h_t &= o_t \odot \tanh(c_t)
\end{align}""",
    "plain": """
i_t = sigmoid(W_i x_t + U_i h_{t-1} + p_i * c_{t-1} + b_i)
f_t = sigmoid(W_f x_t + U_f h_{t-1} + p_f * c_{t-1} + b_f)
g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
c_t = f_t * c_{t-1} + i_t * g_t
o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t + b_o)
h_t = o_t * tanh(c_t)
""",
}


@pytest.mark.parametrize("which", LSTM)
def test_the_equations_of_a_peephole_lstm_are_the_cell(which):
    own = own_network(LSTM[which] + ("\ny_t = h_t" if which == "plain" else r"\[ y_t = h_t \]"))
    first, second = carried(own, driver.network("lstm_peephole", head="none"), {})
    for name in ("h", "c", "i", "f", "g", "o"):
        for step in range(1, 5):
            assert second.values[name, step] == pytest.approx(first.values[name, step], abs=1e-13)


@pytest.mark.parametrize("name", [r"W_{out}", r"W_{\text{out}}", r"W_{int}"])
def test_a_weight_may_have_a_name_that_ends_in_t(name):
    own = own_network(rf"\[ h_t = \tanh({name} h_{{t-1}} + U x_t + b) \]")
    assert {leaf.name for leaf in own.params} == {f"W_{'int' if 'int' in name else 'out'}", "U", "b"}


def test_a_line_that_computes_nothing_of_a_step_is_no_forward_equation():
    moving = frozenset({"h", "x"})
    for text in (r"\frac{\partial L}{\partial h_t} = h_t", "h_0 = 0", r"W^\top = W", r"h_t \le x_t", "h_{t-1} = x_t"):
        assert equation(read_latex(text), moving) is None


def test_what_has_a_step_somewhere_moves():
    assert moving_names([read_latex(r"h_t = W h_{t-1} + U x_t + b_1")]) == {"h", "x"}


@pytest.mark.parametrize(("text", "letter"), [("h_t = h_{t-1}", "t"), ("h_k = h_{k-1}", "k"), ("a = b", "t")])
def test_the_letter_of_the_steps_is_the_one_that_is_moved(text, letter):
    assert step_letter([read_latex(text)]) == letter


@pytest.mark.parametrize("text", ["y_t = V x_t", r"\[ L = 1 \]", "h_t = tanh(W h_t + U x_t)"])
def test_without_a_recurrence_the_message_says_what_to_give(text):
    with pytest.raises(SymrnnError, match="Give the recurrence with --cell"):
        Review(read_document(text)).run()


def test_what_was_understood_is_shown_with_an_error_of_shapes():
    with pytest.raises(SymrnnError, match="understood as"):
        Review(read_document("h_t = tanh(W h_{t-1} + U x_t) + h_{t-1}^T")).run()


def test_numbers_of_these_tests_are_not_special():
    built = driver.network("rnn", head="none")
    first, second = carried(own_network(RNN["plain"]), built, {"W_hh": "W", "W_xh": "U", "b_h": "b"})
    assert not np.allclose(first.arrays["W_hh"], first.arrays["W_hh"].T) and second.arrays["h0"].any()


KARPATHY = """
h_t = tanh(W_xh x_t + W_hh h_{t-1} + b_h)
y_t = W_hy h_t + b_y
dW_hy = sum_t dy_t h_t^T
dh_t = W_hy^T dy_t + dh_next_t
dhraw_t = (1 - h_t * h_t) * dh_t
dW_hh = sum_t dhraw_t h_{t-1}^T
dh_next_{t-1} = W_hh^T dhraw_t
"""
OLAH = r"""\begin{align}
f_t &= \sigma(W_f [h_{t-1}, x_t] + b_f) \\ i_t &= \sigma(W_i [h_{t-1}, x_t] + b_i) \\
\tilde C_t &= \tanh(W_C [h_{t-1}, x_t] + b_C) \\ C_t &= f_t * C_{t-1} + i_t * \tilde C_t \\
o_t &= \sigma(W_o [h_{t-1}, x_t] + b_o) \\ h_t &= o_t * \tanh(C_t) \\
\frac{\partial L}{\partial o_t} &= \frac{\partial L}{\partial h_t} \odot \tanh(C_t)
\end{align}"""


def test_the_backward_pass_of_a_document_is_no_part_of_its_forward_equations():
    network = own_network(KARPATHY)
    assert {leaf.name for leaf in network.params} == {"W_xh", "W_hh", "b_h", "W_hy", "b_y"}
    assert all(one.answer.is_right for one in Review(read_document(KARPATHY)).run().verdicts)
    wrong = KARPATHY.replace("W_hh^T dhraw_t", "W_hh dhraw_t")
    assert not Review(read_document(wrong)).run().is_right


def test_a_cell_state_called_c_is_no_loss_and_inputs_may_be_stacked():
    states = {state.leaf.name for state in own_network(OLAH).states}
    assert states == {"h", "C"}
    assert Review(read_document(OLAH)).run().is_right
    wrong = OLAH.replace(r"\odot \tanh(C_t)", r"\odot C_t")
    assert not Review(read_document(wrong)).run().is_right


def test_rows_are_read_as_rows():
    text = "h_t = tanh(x_t W_x + h_{t-1} W_h + b)\ny_t = h_t V + c\ndL/dV = sum_t h_t^T dL/dy_t\n"
    assert Review(read_document(text)).run().is_right
    assert not Review(read_document(text.replace("h_t^T dL", "h_{t-1}^T dL"))).run().is_right
