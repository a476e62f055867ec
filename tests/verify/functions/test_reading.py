"""What cannot be understood is said in one clear sentence; names, layouts and files are read as people write them."""

import mutants
import numpy as np
import pytest
import right

from symrnn import driver
from symrnn.algebra.nodes import T
from symrnn.errors import SymrnnError
from symrnn.verify.functions import NOT_UNDERSTOOD, load_function, verify_function
from symrnn.verify.functions.layout import KNOWN, MisfitError, arranged, layouts, restored
from symrnn.verify.functions.naming import candidates, roles
from symrnn.verify.functions.slots import parsed
from symrnn.verify.functions.truth import USUAL, Case, Given, Size, draw

RNN, LSTM = driver.network("rnn", "none"), driver.network("lstm", "none")


def said(function, network=RNN, **told):
    found = verify_function(function, network, **told)
    assert found.answer == NOT_UNDERSTOOD, str(found)
    assert found.message in str(found)
    return found.message


def test_an_exception_is_one_line_with_its_place():
    def backward(x, h0, Wxh, Whh, b, dh):
        raise RuntimeError("nothing\nworks")

    message = said(backward, results=("dx",))
    assert "backward raised RuntimeError: nothing works (test_reading.py:" in message
    assert "Traceback" not in message


def test_an_interruption_is_not_an_error_of_the_function():
    def backward(x, h0, Wxh, Whh, b, dh):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify_function(backward, RNN, results=("dx",))


@pytest.mark.parametrize(
    ("results", "part"),
    [
        (("dx", "dh0"), "it returns 5 results, and 2 are named: dx, dh0"),
        (("dx", "what", "dWx", "dWh", "db"), "what is the gradient of; say it"),
        ({"dx": "x", "dh0": "hidden0", "dWx": None, "dWh": None, "db": None}, "hidden0"),
        (("dx", "dWx", "dh0", "dWh", "db"), "needed"),
    ],
)
def test_results_that_do_not_fit_are_said(results, part):
    assert part in said(mutants.rnn(), results=results)


def test_results_that_are_not_arrays_are_said():
    def backward(x, h0, Wxh, Whh, b, dh):
        dx, dh0 = None, "text"
        return dx, dh0

    assert "dx is None; an array of real numbers is needed" in said(backward)


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ({"arguments": {"Wx": "W_xy"}}, "Wx is said to be 'W_xy', which rnn does not have; it has x, dh, W_xh"),
        ({"arguments": {"dh": "dh:middle"}}, "'middle' is none of the marks"),
        ({"layout": "TBTn"}, "the layout 'TBTn' cannot be read"),
        ({"layout": "[TBn]"}, "cannot be read"),
        ({"weights": "sideways"}, "weights are stored as"),
    ],
)
def test_what_is_told_wrongly_is_said(told, part):
    assert part in said(mutants.rnn(), **told)


def test_an_unknown_argument_is_said_with_what_it_could_be():
    def backward(x, h0, Wxh, Whh, b, dh, temperature):
        return x

    assert "what temperature stands for; say it, as in arguments={'temperature': ...}" in said(backward)


def test_a_missing_weight_or_adjoint_is_said():
    def without_weight(x, h0, Wxh, b, dh):
        dx = x
        return dx

    def without_adjoint(x, h0, Wxh, Whh, b):
        dx = 0 * x
        return dx

    assert "no argument stands for W_hh of rnn" in said(without_weight)
    assert "no argument stands for the adjoint of what rnn puts out, dh" in said(without_adjoint)


def test_what_names_no_parameters_is_said():
    assert "does not name its parameters" in said(lambda *given: given)
    assert "a function is needed, found int" in said(5)


def test_results_are_read_off_a_dictionary():
    def backward(x, h0, Wxh, Whh, b, dh):
        _dx, _dh0, dWxh, dWhh, db = mutants.rnn()(x, h0, Wxh, Whh, b, dh)
        grads = {"Wxh": dWxh, "Whh": dWhh, "b": db}
        return grads

    found = verify_function(backward, RNN)
    assert found.agrees, str(found)
    assert [row.name for row in found.rows] == ["Wxh", "Whh", "b"]


def test_a_mapping_by_hand_is_followed():
    def backward(seq, start, one, two, shift, up):
        return mutants.rnn()(seq, start, one, two, shift, up)

    told = {"seq": "x", "start": "h0", "one": "W_xh.T", "two": "W_hh.T", "shift": "b_h", "up": "dh"}
    results = {"a": "x", "b": "dh0", "c": "W_xh.T", "d": "W_hh.T", "e": "b_h"}
    assert verify_function(backward, RNN, arguments=told, results=results, layout="TBn").agrees


# -- layouts -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("want", KNOWN)
def test_a_layout_and_back_is_the_same(want):
    array = np.random.default_rng(0).normal(size=(3 if "T" in want or "[" in want else 1, 2 if "B" in want else 1, 4))
    np.testing.assert_array_equal(restored(arranged(array, "TBn", want), "TBn", want, array.shape, "x"), array)


def test_another_shape_is_refused():
    with pytest.raises(MisfitError, match=r"x has shape \(2, 3\); \(2, 4\) is needed"):
        restored(np.zeros((2, 3)), "Bn", "Bn", (2, 4), "x")
    with pytest.raises(MisfitError, match="x has 2 steps; 3 are needed"):
        restored([np.zeros(4)] * 2, "TBn", "[n]", (3, 1, 4), "x")


def test_given_layouts_are_the_only_ones_tried():
    assert {one.sequence for one in layouts("rows", None)} == {"TBn"}
    assert {one.weights for one in layouts(None, "in, out")} == {"in, out"}


def test_samples_lie_outside_of_what_hides_mistakes():
    for size in USUAL:
        sample = draw(LSTM, size, Given())
        numbers = [sample.steps, sample.batch, *(value for key, value in sample.sizes.items() if key != T)]
        assert len(set(numbers)) == len(numbers)
        assert sample.steps >= 4
        assert sample.batch >= 2
        assert np.abs(sample.arrays["h0"]).min() > 0
        assert np.abs(sample.arrays["W_hf"] - sample.arrays["W_hf"].T).max() > 0.1


# -- names -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [("x", "x"), ("h_prev", "h0"), ("dhs", "dh"), ("Wf", "W_if"), ("W_hf", "W_hf"), ("bf", "b_if"), ("c0", "c0")],
)
def test_usual_names_are_known(name, words):
    assert candidates(name, LSTM)[0].words == words


def test_the_roles_of_weights_are_read_off_the_equations():
    found = roles(driver.network("gru", "none"))
    assert (found["W_in"].kind, found["W_hn"].kind, found["b_in"].kind, found["b_hn"].kind) == ("x", "h", "b", "b2")
    assert roles(driver.network("elman", "none"))["W"].kind == "xh"
    assert roles(driver.network("rnn", "linear"))["W_hy"].kind == "out"


def test_stacks_and_blocks_are_parsed():
    assert parsed("W", ("W_ii", "W_if"), LSTM).parts == (("W_ii",), ("W_if",))
    assert parsed("W", ["W_ii", "W_hi"], LSTM).parts == (("W_ii", "W_hi"),)
    assert parsed("W", 0.5, LSTM).value == 0.5
    with pytest.raises(SymrnnError, match="h0"):
        parsed("W", ("W_ii", "h0"), LSTM)


# -- files -----------------------------------------------------------------------------------------------------------------------


def test_a_function_is_loaded_from_a_file(tmp_path):
    (tmp_path / "beside.py").write_text("import numpy as np\n")
    file = tmp_path / "mine.py"
    file.write_text(
        "from beside import np\n\ndef backward(x):\n    return np.tanh(x)\n\nif __name__ == '__main__':\n    1 / 0\n"
    )
    assert load_function(file, "backward")(0.0) == 0.0


@pytest.mark.parametrize(
    ("text", "name", "part"),
    [
        ("def other(): pass", "backward", "has no function backward; it has other"),
        ("1 / 0", "backward", "cannot be loaded: ZeroDivisionError: division by zero (mine.py:1)"),
        ("def f(:", "f", "cannot be loaded: SyntaxError"),
    ],
)
def test_a_file_that_cannot_be_used_is_said(tmp_path, text, name, part):
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(SymrnnError) as error:
        load_function(file, name)
    assert part in str(error.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(SymrnnError, match="is not a Python file"):
        load_function(tmp_path / "none.py", "f")


def test_a_wrong_derivation_is_not_believed():
    case = Case.of(driver.network("rnn", "none"))
    sample = case.sample(Size(3), Given())
    assert case.confirm(sample) < 1e-13
    case.truths[sample] = {name: value * 1.001 for name, value in case.truth(sample).items()}
    with pytest.raises(SymrnnError, match="nothing can be held against it"):
        case.confirm(sample)


def test_a_forward_that_raises_is_said():
    def forward(x, h0, Wx, Wh, b):
        raise ValueError("no")

    assert "forward raised ValueError: no" in said(right.rnn_backward, forward=forward)
