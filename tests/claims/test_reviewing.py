"""A whole document: definitions, chains, updates, recursions and boundaries each get the answer that they ask for."""

import pytest

from symrnn import driver
from symrnn.claims.records import Answer
from symrnn.claims.verifying import verify_text
from symrnn.errors import SymrnnError

NETWORK = driver.network("rnn", head="softmax_cross_entropy")
STANDS = {Answer.PROVED, Answer.AGREES}
FALLS = {Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION}


@pytest.fixture(autouse=True)
def undiagnosed(monkeypatch):
    """Repairs are the matter of other tests."""
    monkeypatch.setattr("symrnn.claims.reviewing.diagnosed", lambda *given: ())


def answers(text):
    wrapped = "\\begin{align}\n" + text.strip().replace("\n", " \\\\\n") + "\n\\end{align}" if "\\" in text else text
    return [one.answer for one in verify_text(wrapped, NETWORK).verdicts]


def test_a_chain_is_checked_link_by_link():
    right = r"\frac{\partial L}{\partial h_t} = W_{hy}^\top dz_{y,t} + W_{hh}^\top dz_{h,t+1}"
    found = answers(right + r" = W_{hy}^\top (\hat y_t - y_t) + W_{hh}^\top dz_{h,t} = dh_t")
    assert found[0] in STANDS and found[1] in FALLS and found[2] in FALLS


def test_a_chain_over_three_lines_goes_on():
    text = r"\frac{\partial L}{\partial W_{hy}} &= \sum_t \frac{\partial L}{\partial z_{y,t}} h_t^\top" + "\n"
    text += r"&= \sum_t (\hat y_t - y_t) h_t^\top" + "\n" + r"&= \sum_t \hat y_t h_t^\top - \sum_t y_t h_t^\top"
    assert all(one in STANDS for one in answers(text))
    assert [one in STANDS for one in answers(text.replace(r"- \sum_t y_t", r"+ \sum_t y_t"))] == [True, True, False]


DIRECT = r"W_{hy}^\top (\hat y_t - y_t)"
DEFINED = {
    r"\delta_t = \frac{\partial L}{\partial z_{h,t}}": r"\delta_t = (1 - h_t^2) \odot ("
    + DIRECT
    + r" + W_{hh}^\top \delta_{t+1})",
    r"\frac{\partial L}{\partial h_t} = \delta_t": r"\delta_t = "
    + DIRECT
    + r" + W_{hh}^\top ((1 - h_{t+1}^2) \odot \delta_{t+1})",
    r"e_t = \hat y_t - y_t": r"\frac{\partial L}{\partial W_{hy}} = \sum_t e_t h_t^\top",
    r"\delta^{(t)} = \nabla_{h_t} L": r"\frac{\partial L}{\partial b_h} = \sum_t (1 - h_t^2) \odot \delta^{(t)}",
    r"D_t = \operatorname{diag}(1 - h_t^2)": r"\frac{\partial h_t}{\partial h_{t-1}} = D_t W_{hh}",
    r"A_t = \frac{\partial h_t}{\partial h_{t-1}}": r"A_t = \operatorname{diag}(1 - h_t^2) W_{hh}",
}


@pytest.mark.parametrize(("first", "second"), DEFINED.items())
def test_a_name_that_is_defined_means_that_from_there_on(first, second):
    found = answers(first + "\n" + second)
    assert found[0] in STANDS | {Answer.DEFINITION} and found[1] in STANDS


@pytest.mark.parametrize(("first", "second"), DEFINED.items())
def test_a_wrong_statement_about_a_defined_name_falls(first, second):
    wrong = second.replace("h_t^2", "h_{t-1}^2").replace("h_{t+1}^2", "h_t^2").replace("e_t h_t", "e_t h_{t-1}")
    wrong = wrong.replace("D_t W", "D_{t-1} W")
    assert answers(first + "\n" + wrong)[1] in FALLS


RECURSIONS = {
    "the adjoint of h": r"\delta_t = W_{hy}^\top (\hat y_t - y_t) + W_{hh}^\top ((1 - h_{t+1}^2) \odot \delta_{t+1})",
    "the adjoint of z": r"\delta_t = (1 - h_t^2) \odot (W_{hy}^\top (\hat y_t - y_t) + W_{hh}^\top \delta_{t+1})",
}


@pytest.mark.parametrize("which", RECURSIONS)
def test_a_recursion_alone_says_what_its_name_is(which):
    assert answers(RECURSIONS[which])[0] in STANDS
    assert answers(RECURSIONS[which].replace(r"W_{hh}^\top", "W_{hh}"))[0] in FALLS


def test_what_is_used_after_a_recursion_is_what_it_said():
    text = RECURSIONS["the adjoint of z"] + "\n" + r"\frac{\partial L}{\partial W_{hh}} = \sum_t \delta_t h_{t-1}^\top"
    assert answers(text)[1] in STANDS
    assert answers(text.replace(r"\delta_t h_{t-1}", r"\delta_t h_t"))[1] in FALLS


BOUNDARIES = [r"dh_{T+1} = 0", r"\frac{\partial L}{\partial h_{T+1}} = 0", r"\frac{\partial L}{\partial z_{h,T+1}} = 0"]


@pytest.mark.parametrize("text", BOUNDARIES)
def test_nothing_comes_back_from_behind_the_last_step(text):
    assert answers(text)[0] in STANDS | {Answer.DEFINITION}
    assert answers(text.replace("T+1", "T"))[0] in FALLS


GRADIENT = r"\sum_t ((1 - h_t^2) \odot dh_t) h_{t-1}^\top"


@pytest.mark.parametrize("sign", [":=", r"\leftarrow"])
@pytest.mark.parametrize("rate", [r"\eta", r"\alpha", r"\lambda"])
def test_an_update_is_right_if_it_goes_down_the_gradient(sign, rate):
    assert answers(rf"W_{{hh}} {sign} W_{{hh}} - {rate} {GRADIENT}")[0] in STANDS
    assert answers(rf"W_{{hh}} {sign} W_{{hh}} + {rate} {GRADIENT}")[0] in FALLS


def test_an_update_with_a_wrong_gradient_falls():
    assert answers(rf"W_{{hh}} := W_{{hh}} - \eta {GRADIENT.replace('h_{t-1}', 'h_t')}")[0] in FALLS
    assert answers(r"b_h := b_h - \eta \frac{\partial L}{\partial b_y}")[0] in FALLS


def test_an_update_without_a_rate_says_which_letters_are_rates():
    verdict = verify_text(r"\[W_{hh} := W_{hh} - 2 dW_{hh}\]", NETWORK).verdicts[0]
    assert verdict.answer is Answer.NOT_UNDERSTOOD and "eta" in verdict.reason


@pytest.mark.parametrize("text", [r"x_t \in \mathbb{R}^n", r"h_t \in \mathbb R^{H}"])
def test_a_declaration_claims_nothing(text):
    assert answers(text) == [Answer.DEFINITION]


@pytest.mark.parametrize("text", [r"W_{hh} \propto W_{xh}", r"h_t \ne x_t"])
def test_a_relation_that_is_no_equality_is_not_decided(text):
    verdict = verify_text("\\[" + text + "\\]", NETWORK).verdicts[0]
    assert verdict.answer is Answer.NOT_UNDERSTOOD and "relation" in verdict.reason


LAYOUTS = {
    "gradient": r"\frac{\partial L}{\partial h_T} = W_{hy}^\top (\hat y_T - y_T)",
    "numerator": r"\frac{\partial L}{\partial h_T} = (\hat y_T - y_T)^\top W_{hy}",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_of_a_document_is_the_one_under_which_it_stands(layout):
    judgement = verify_text("\\[" + LAYOUTS[layout] + "\\]", NETWORK)
    assert judgement.is_right and judgement.reading.layout == layout


def test_two_layouts_in_one_document_are_both_right_and_one_is_a_convention():
    found = answers(LAYOUTS["gradient"] + "\n" + LAYOUTS["numerator"])
    assert found.count(Answer.CONVENTION) == 1 and sum(one in STANDS for one in found) == 1


FORWARD = "h_t = tanh(W h_{t-1} + U x_t + b)\n"


def test_a_forward_equation_that_is_written_again_must_be_the_same():
    assert verify_text(FORWARD + FORWARD + "dL/db = sum_t (1 - h_t^2) * dL/dh_t").is_right
    again = FORWARD + FORWARD.replace("W h_{t-1}", "W^T h_{t-1}") + "dL/db = sum_t (1 - h_t^2) * dL/dh_t"
    assert not verify_text(again).is_right


def test_the_identity_is_no_name_to_be_defined():
    assert answers(r"\frac{\partial h_t}{\partial h_t} = I")[0] in STANDS
    assert answers(r"\frac{\partial h_t}{\partial h_{t-1}} = I")[0] in FALLS
    assert answers(r"\frac{\partial h_t}{\partial h_{t-1}} = I W_{hh}")[0] not in STANDS | {Answer.DEFINITION}


@pytest.mark.parametrize("bar", [r"\bar{W}_{hh}", r"\overline{W}_{hh}", r"\overline{W_{hh}}"])
def test_a_bar_is_the_adjoint_and_no_new_name(bar):
    assert answers(rf"{bar} = {GRADIENT}")[0] in STANDS
    assert answers(rf"{bar} = \left({GRADIENT}\right)^\top")[0] in FALLS


def test_a_jacobian_may_be_called_j():
    text = r"J_t = \frac{\partial h_t}{\partial h_{t-1}}" + "\n" + r"J_t = \operatorname{diag}(1 - h_t^2) W_{hh}"
    assert all(one in STANDS | {Answer.DEFINITION} for one in answers(text))


OWN = r"h_t = \tanh(W h_{t-1} + U x_t) \\ o_t = V h_t \\ L_t = \frac12 (o_t - d_t)^\top (o_t - d_t) \\ "
TOTALS = {
    "mean": r"L = \frac{1}{T} \sum_{t=1}^T L_t",
    "twice": r"L = 2 \sum_{t=1}^T L_t",
    "last": r"L = L_T",
    "from the second": r"L = \sum_{t=2}^T L_t",
    "regularised": r"L = \sum_{t=1}^T L_t + \lambda \lVert V \rVert^2",
}


def of_own_loss(total, claim):
    return verify_text(r"\begin{align} " + OWN + total + r" \\ " + claim + r" \end{align}").verdicts[-1].answer


def test_a_total_loss_that_is_the_sum_is_a_definition():
    right = r"\frac{\partial L}{\partial V} = \sum_t (o_t - d_t) h_t^\top"
    assert of_own_loss(r"L = \sum_{t=1}^T L_t", right) in STANDS


@pytest.mark.parametrize("which", TOTALS)
def test_a_total_loss_that_is_another_one_is_not_taken_for_the_sum(which):
    claim = r"\frac{\partial L}{\partial V} = \sum_t (o_t - d_t) h_t^\top"
    assert of_own_loss(TOTALS[which], claim) not in STANDS


def test_a_mean_over_the_steps_divides_the_gradient():
    claim = r"\frac{\partial L}{\partial V} = \frac{1}{T} \sum_t (o_t - d_t) h_t^\top"
    assert of_own_loss(TOTALS["mean"], claim) in STANDS | {Answer.CONVENTION}


ROWS = """
z_t = x_t W_xh + h_{t-1} W_hh + b_h
h_t = tanh(z_t)
y_hat_t = h_t W_hy + b_y
"""
CODE = ("g = dL/dy_hat_t", "p = h_{t-1}", "n = h_t", "delta = dL/dz_t")


def test_names_stand_for_what_a_let_says():
    text = ROWS + "dp = delta W_hh^T\ndelta = dh_t * (1 - n * n)\ndW_hh = p^T delta"
    verdicts = verify_text(text, lets=CODE).verdicts[3:]
    assert [one.answer.is_right for one in verdicts] == [False, True, True]


def test_a_let_without_a_meaning_is_refused():
    with pytest.raises(SymrnnError, match="nothing says what Q is"):
        verify_text(ROWS + "dp = delta W_hh^T", lets=("p = Q h_t",))


def test_who_takes_a_part_for_the_whole_is_told():
    parts = "dh_t = g W_hy^T\ndelta = dh_t * (1 - n * n)\ndp = delta W_hh^T"
    direct, slope, later = verify_text(ROWS + parts, lets=CODE).verdicts[3:]
    assert direct.answer is Answer.CONVENTION and any("line 6 takes it for the whole" in note for note in direct.notes)
    assert slope.answer is Answer.PROVED and not slope.notes
    assert later.answer is Answer.CONVENTION and any("line 6" in note for note in later.notes)


def test_nobody_is_told_where_the_whole_is_given():
    whole = "dh_t = g W_hy^T + dz_{t+1} W_hh^T\ndelta = dh_t * (1 - n * n)\ndp = delta W_hh^T"
    verdicts = verify_text(ROWS + whole, lets=CODE).verdicts[3:]
    assert not any("for the whole" in note for one in verdicts for note in one.notes)


def test_the_letter_of_the_loss_is_no_jacobian_where_it_is_differentiated():
    text = "J_t = dh_t/dh_{t-1}\ndJ/dh_t = W_hy^T dJ/dz_y_t + W_hh^T dJ/dz_h_{t+1}"
    assert answers(text)[0] not in STANDS


SUMS = {
    "dW_hh += dz_h_t h_{t-1}^T": True,
    "dW_hh := dW_hh + dz_h_t h_{t-1}^T": True,
    r"\frac{\partial L}{\partial b_h} \leftarrow \frac{\partial L}{\partial b_h} + \frac{\partial L}{\partial z_{h,t}}": True,
    "dW_hy += (y_hat_t - y_t) h_t^T": True,
    "dW_hh += dz_h_t h_t^T": False,
    "db_h := db_h - dz_h_t": False,
    "dW_hh += 2 dz_h_t h_{t-1}^T": False,
    "dW_hh := 2 dW_hh + dz_h_t h_{t-1}^T": False,
}


@pytest.mark.parametrize(("text", "is_right"), SUMS.items())
def test_what_each_step_adds_to_a_sum_is_decided(text, is_right):
    verdict = verify_text(f"\\[{text}\\]" if "\\" in text else text, NETWORK).verdicts[-1]
    assert verdict.answer in (STANDS if is_right else FALLS)


def test_what_is_added_to_an_adjoint_is_not_decided():
    verdict = verify_text("dh_t += W_hy^T dz_y_t", NETWORK).verdicts[-1]
    assert verdict.answer is Answer.NOT_UNDERSTOOD and "one equation" in verdict.reason
