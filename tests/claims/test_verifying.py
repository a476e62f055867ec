"""`verify_text` reads documents, fragments and plain text, with or without a network, and says what is missing."""

import pytest

from symrnn import driver
from symrnn.claims.records import Answer
from symrnn.claims.verifying import read_file, verify_text
from symrnn.errors import LanguageError, OutputError, SymrnnError

NETWORK = driver.network("rnn", head="softmax_cross_entropy")
RIGHT = "dW_hh = sum_t ((1 - h_t^2) * dh_t) h_{t-1}^T"
WRONG = "dW_hh = sum_t ((1 - h_t^2) * dh_t) h_t^T"

FRAGMENTS = {
    "bare": r"\frac{\partial L}{\partial W_{hh}} = \sum_t \frac{\partial L}{\partial z_{h,t}} h_{t-1}^\top",
    "inline": r"Then $\frac{\partial L}{\partial W_{hh}} = \sum_t \frac{\partial L}{\partial z_{h,t}} h_{t-1}^\top$.",
    "display": r"\[\frac{\partial L}{\partial W_{hh}} = \sum_t \frac{\partial L}{\partial z_{h,t}} h_{t-1}^\top\]",
    "dollars": r"$$\frac{\partial L}{\partial W_{hh}} = \sum_t \frac{\partial L}{\partial z_{h,t}} h_{t-1}^\top$$",
    "equation": r"\begin{equation}\label{a}\frac{\partial L}{\partial W_{hh}} = \sum_t \frac{\partial L}{\partial z_{h,t}} "
    r"h_{t-1}^\top\end{equation}",
    "plain": RIGHT,
    "plain with words": "# the recurrent weights\n" + RIGHT,
}


@pytest.mark.parametrize("which", FRAGMENTS)
def test_a_fragment_is_read_however_it_is_set(which):
    judgement = verify_text(FRAGMENTS[which], NETWORK)
    assert [one.answer for one in judgement.verdicts] == [Answer.PROVED] and judgement.is_right


def test_a_wrong_statement_makes_the_text_wrong():
    judgement = verify_text(RIGHT + "\n" + WRONG, NETWORK)
    assert not judgement.is_right and judgement.first_wrong is judgement.verdicts[1]
    assert judgement.verdicts[1].line == 2 and "h_t^T" in judgement.verdicts[1].text


def test_names_of_the_text_are_translated():
    text = "dW = sum_t ((1 - s_t^2) * ds_t) s_{t-1}^T"
    judgement = verify_text(text, NETWORK, names={"W": "W_hh", "s": "h"})
    assert judgement.verdicts[-1].answer is Answer.PROVED
    assert verify_text(text.replace("s_{t-1}", "s_t"), NETWORK, names={"W": "W_hh", "s": "h"}).verdicts[-1].answer is (
        Answer.REFUTED
    )


@pytest.mark.parametrize(
    ("let", "text"),
    [
        ("delta_t = dL/dh_t", "delta_t = W_hy^T (y_hat_t - y_t) + W_hh^T ((1 - h_{t+1}^2) * delta_{t+1})"),
        ("delta_t = dL/dz_h_t", "delta_t = (1 - h_t^2) * (W_hy^T (y_hat_t - y_t) + W_hh^T delta_{t+1})"),
        (r"\delta_t = \frac{\partial L}{\partial z_{y,t}}", r"\delta_t = \hat y_t - y_t"),
        ("G = dL/dW_hy", "G = sum_t (y_hat_t - y_t) h_t^T"),
    ],
)
def test_a_definition_in_addition_is_used(let, text):
    assert verify_text(text, NETWORK, lets=[let]).verdicts[-1].answer is Answer.PROVED
    wrong = (
        text.replace("h_{t+1}^2", "h_t^2")
        .replace("h_t^2", "h_{t-1}^2")
        .replace("- y_t", "+ y_t")
        .replace("h_t^T", "h_0^T")
    )
    assert verify_text(wrong, NETWORK, lets=[let]).verdicts[-1].answer is Answer.REFUTED


@pytest.mark.parametrize("let", ["delta_t", "delta_t <= 3", "1 + 2"])
def test_a_definition_that_is_none_is_refused_with_an_example(let):
    with pytest.raises(LanguageError, match="a definition is written"):
        verify_text(RIGHT, NETWORK, lets=[let])


def test_a_letter_may_stand_for_a_function():
    text = "dh_t/dz_h_t = diag(g'(z_h_t))"
    assert verify_text(text, NETWORK, lets=["g = tanh"]).verdicts[-1].answer is Answer.PROVED
    assert verify_text(text, NETWORK, lets=["g = sigmoid"]).verdicts[-1].answer is Answer.REFUTED


FORWARD = "h_t = tanh(W h_{t-1} + U x_t)\no_t = V h_t\np_t = softmax(o_t)\nL_t = -y_t^T log(p_t)\n"


def test_targets_of_a_softmax_are_shares_of_one():
    verdict = verify_text(FORWARD + "dL/do_t = p_t - y_t").verdicts[-1]
    assert verdict.answer is Answer.PROVED and verdict.assumptions


def test_without_a_network_the_forward_equations_are_it():
    judgement = verify_text(FORWARD + "dL/dV = sum_t (p_t - y_t) h_t^T\ndL/dV = sum_t p_t h_t^T")
    assert [one.answer.is_right for one in judgement.verdicts][-2:] == [True, False]
    assert "state h" in judgement.cell


@pytest.mark.parametrize("text", [RIGHT, "only words here", "h_t = 3"])
def test_a_text_that_says_nothing_of_its_recurrence_is_refused(text):
    with pytest.raises(SymrnnError):
        verify_text(text)


def test_an_empty_text_holds_no_formula():
    with pytest.raises(SymrnnError, match="no formula"):
        verify_text("")


UNREAD = [
    r"\begin{align} h_t &= \frac{1}{ \end{align}",
    r"\[ h_t = \unknownmacro{x} \]",
    "h_t = = 2",
    "dL/dh_t = ((h_t)",
]


@pytest.mark.parametrize("text", UNREAD)
def test_what_cannot_be_read_is_pointed_at_and_does_not_stop_the_rest(text):
    after = "\n\\[" + FRAGMENTS["bare"] + "\\]" if "\\" in text else "\n" + RIGHT
    try:
        verdicts = verify_text(text + after, NETWORK).verdicts
    except SymrnnError as problem:
        assert "line 1" in str(problem) or ":1:" in str(problem)
        return
    assert verdicts[0].answer is Answer.NOT_UNDERSTOOD and verdicts[0].reason
    assert verdicts[-1].answer is Answer.PROVED


def test_the_kind_of_a_text_may_be_given():
    assert verify_text(RIGHT, NETWORK, kind="text").is_right
    assert verify_text("\\[" + FRAGMENTS["bare"] + "\\]", NETWORK, kind="latex").is_right


def test_a_file_is_read_in_utf8(tmp_path):
    path = tmp_path / "claims.txt"
    path.write_text("δ_t = ŷ_t", "utf-8")
    assert read_file(path) == "δ_t = ŷ_t"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "missing.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OutputError, match=r"missing\.txt"):
        read_file(path)
