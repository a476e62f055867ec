"""A wrong statement gets its class of mistake and an exact repair, in the notation of its author."""

import pytest

from symrnn import driver
from symrnn.claims.records import Answer
from symrnn.claims.verifying import verify_text
from symrnn.language.formulas.write import as_latex, as_plain

RIGHT = {Answer.PROVED, Answer.AGREES, Answer.CONVENTION}
NETWORKS = {"rnn": ("rnn", "softmax_cross_entropy"), "lstm": ("lstm", "squared_error"), "gru": ("gru", "squared_error")}
MADE = {}


def network(which):
    if which not in MADE:
        MADE[which] = driver.network(NETWORKS[which][0], head=NETWORKS[which][1])
    return MADE[which]


def answered(text, which="rnn"):
    return verify_text(text, network(which)).verdicts[-1]


def assert_repaired(text, verdict):
    """The best repair is right when it is printed and read again."""
    assert verdict.repairs[0].answer in RIGHT
    written = (as_latex if "\\" in text else as_plain)(verdict.repairs[0].formula)
    again = answered(f"{text.partition(' = ')[0]} = {written}")
    assert again.answer in RIGHT, written


SINGLE = {
    "dh_t = W_hy^T dz_y_t": "missing state carry",
    "dh_t = W_hh^T dz_h_{t+1}": "direct term missing",
    "dz_y_t = y_hat_t": "softmax with cross-entropy without −y",
    "dz_y_t = y_t - y_hat_t": "sign",
    "dz_y_t = y_hat_t + y_t": "sign",
    "dW_hh = sum_t dz_h_t h_t^T": "time index off by one",
    "dW_hh = sum_t h_{t-1} dz_h_t^T": "missing or extra transpose",
    "dh_t = W_hy^T dz_y_t + W_hh dz_h_{t+1}": "missing or extra transpose",
    "dh_t = W_hy^T dz_y_t + W_hh^T diag(1 - h_t^2) dh_{t+1}": "time index off by one",
    "dh_t = W_hy^T dz_y_t - W_hh^T dz_h_{t+1}": "sign",
    "dh_t = W_hy^T dz_y_t + W_hh^T dz_h_{t+1} + dh_t": "extra term",
    "dz_h_t = (1 - z_h_t^2) * dh_t": "derivative of the activation at the wrong value",
    "dz_h_t = 1 - h_t^2 * dh_t": "missing parentheses",
    "dz_h_t = dh_t": "missing or extra derivative of an activation",
    "dW_hh = 2 sum_t dz_h_t h_{t-1}^T": "extra or missing factor",
    "dW_hh = (1/T) sum_t dz_h_t h_{t-1}^T": "extra or missing factor",
    "dW_xh = sum_{t=2}^T dz_h_t x_t^T": "range of the sum or product",
    "dW_xh = sum_{t=1}^{T-1} dz_h_t x_t^T": "range of the sum or product",
    "dh_t/dh_{t-1} = W_hh diag(1 - h_t^2)": "order of the factors",
    "dh_t/dh_{t-1} = diag(1 - h_{t-1}^2) W_hh": "time index off by one",
}


@pytest.mark.parametrize(("text", "kind"), SINGLE.items())
def test_a_single_mistake_is_named_and_repaired(text, kind):
    verdict = answered(text)
    assert verdict.answer in (Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION)
    assert verdict.kind == kind
    assert_repaired(text, verdict)


def test_a_product_with_one_factor_too_many_is_repaired_in_its_range():
    verdict = answered(r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k}^t \frac{\partial h_j}{\partial h_{j-1}}")
    assert verdict.kind == "range of the sum or product"


def test_the_step_of_an_adjoint_is_moved():
    assert answered("dh_t = W_hy^T dz_y_t + W_hh^T dz_h_t").kind == "time index off by one"


def test_a_gradient_that_is_not_summed_is_named_so():
    verdict = answered("dW_hh = dz_h_t h_{t-1}^T")
    assert verdict.answer is Answer.CONVENTION or verdict.kind == "not summed over the steps"


GATES = {
    ("lstm", "df_t = dc_t * c_t"): "time index off by one",
    ("lstm", "dg_t = dc_t * g_t"): "copy-paste: another quantity is meant",
    ("lstm", "do_t = dh_t * c_t"): None,
    ("gru", "dn_t = dh_t * z_t"): "z and 1 − z swapped",
    ("gru", "dz_t = dh_t * (n_t - h_{t-1})"): None,
}


@pytest.mark.parametrize(("where", "kind"), GATES.items())
def test_a_mistake_in_a_gate_is_named_and_repaired(where, kind):
    which, text = where
    verdict = answered(text, which)
    assert verdict.answer is Answer.REFUTED and verdict.repairs
    assert kind is None or verdict.kind == kind


PAIRS = {
    "dh_t = W_hy^T dz_y_t + W_hh dz_h_t": 2,
    "dW_hh = 2 sum_t dz_h_t h_t^T": 2,
    "dh_t = W_hy^T dz_y_t - W_hh dz_h_{t+1}": 2,
    "dh_t/dh_{t-1} = W_hh diag(1 - h_{t-1}^2)": 2,
    "dW_xh = 2 sum_{t=2}^T dz_h_t x_t^T": 2,
}


@pytest.mark.parametrize("text", PAIRS)
def test_two_mistakes_at_once_are_repaired(text):
    verdict = answered(text)
    assert verdict.answer in (Answer.REFUTED, Answer.CONDITION) and verdict.repairs
    assert_repaired(text, verdict)
    assert len(verdict.repairs[0].kinds) == PAIRS[text]


NOTATIONS = {
    r"dW_{hh} = \sum_t dz_h^{(t)} {h^{(t)}}^\top": r"h^{(t-1)}",
    r"dW_{hh} = \sum_t dz_h^{(t)} {\mathbf{h}^{(t)}}^\top": r"\mathbf{h}^{(t-1)}",
    r"dW_{hh} = \sum_t dz_{h,t} h_{t}^\top": "h_{t-1}",
}


@pytest.mark.parametrize(("text", "part"), NOTATIONS.items())
def test_a_repair_is_written_as_the_author_writes(text, part):
    verdict = answered(text)
    written = as_latex(verdict.repairs[0].formula)
    assert part.replace(r"\mathbf{h}", r"\mathbf h") in written.replace(r"\mathbf{h}", r"\mathbf h")


def test_a_right_statement_has_no_repairs():
    assert answered("dW_hh = sum_t dz_h_t h_{t-1}^T").repairs == ()


def test_what_is_not_understood_has_no_repairs():
    assert answered("dW_hh = Q").repairs == () or answered("dh_t = Q y_t").repairs == ()


def test_the_first_wrong_line_of_three_is_found():
    text = "dz_y_t = y_hat_t - y_t\ndW_hy = sum_t dz_y_t h_{t-1}^T\ndh_t = W_hy^T dz_y_t"
    judgement = verify_text(text, network("rnn"))
    assert [one.answer.is_right for one in judgement.verdicts] == [True, False, False]
    assert judgement.first_wrong is judgement.verdicts[1]
    assert not judgement.is_right


ROWS = "z_t = x_t W_xh + h_{t-1} W_hh + b_h\nh_t = tanh(z_t)\ny_hat_t = h_t W_hy + b_y\n"


def test_a_product_in_the_wrong_order_without_steps_is_mended_as_what_one_step_gives():
    verdict = verify_text(ROWS + "dW_hy = g h^T", lets=("g = dL/dy_hat_t",)).verdicts[-1]
    assert verdict.answer is Answer.ILL_TYPED and verdict.kind in ("order of the factors", "missing or extra transpose")
    assert "what step t alone gives" in verdict.repairs[0].words


@pytest.mark.parametrize("text", ["dW_hh += dz_h_t h_t^T", "db_h := db_h - dz_h_t"])
def test_what_each_step_adds_is_mended_as_such(text):
    verdict = answered(text)
    assert verdict.answer is Answer.REFUTED and verdict.kind in ("time index off by one", "sign")
    mended = verdict.repairs[0].formula
    assert answered(f"{text[:5].split()[0]} += {as_plain(mended)}").answer is Answer.PROVED


def test_a_transpose_of_a_transpose_is_none():
    verdict = answered("dW_xh = sum_t x_t dz_h_t^T")
    assert as_plain(verdict.repairs[0].formula).count("^T") + as_plain(verdict.repairs[0].formula).count("ᵀ") == 1


def test_a_step_is_called_what_the_author_calls_it():
    forward = ("h_k = \\tanh(W h_{k-1} + U x_k)", "o_k = V h_k", "L_k = \\frac12 \\|o_k - y_k\\|^2")
    wrong = "\\frac{\\partial L}{\\partial h_k} = V^\\top (o_k - y_k)"
    verdict = verify_text("\n".join(f"$${line}$$" for line in (*forward, wrong))).verdicts[-1]
    ((name, step),) = verdict.difference.steps
    assert (str(name), step) == ("k", 1) and "k = T" in verdict.conditions
    assert verdict.repairs[0].kinds == ("missing state carry",) and verdict.repairs[0].answer is Answer.PROVED
    written = as_latex(verdict.repairs[0].formula).replace(" ", "")
    assert "h_{k+1}" in written and "_t" not in written and "_{t" not in written
