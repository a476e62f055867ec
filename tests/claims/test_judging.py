"""Statements as people write them get the answer that they deserve: right ones stand, wrong ones fall, by every reading."""

import pytest

from symrnn import driver
from symrnn.claims.records import Answer
from symrnn.claims.verifying import verify_text

STANDS = {Answer.PROVED, Answer.AGREES}
FALLS = {Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION}
NETWORKS = {
    "rnn": ("rnn", "softmax_cross_entropy"),
    "squared": ("rnn", "squared_error"),
    "lstm": ("lstm", "squared_error"),
    "gru": ("gru", "squared_error"),
    "before": ("gru_reset_before", "squared_error"),
    "turned": ("rnn_transposed", "softmax_cross_entropy_transposed"),
}
MADE = {}


@pytest.fixture(autouse=True)
def undiagnosed(monkeypatch):
    """Repairs are the matter of other tests."""
    monkeypatch.setattr("symrnn.claims.reviewing.diagnosed", lambda *given: ())


def answered(which, text, **options):
    if which not in MADE:
        MADE[which] = driver.network(NETWORKS[which][0], head=NETWORKS[which][1])
    return verify_text(text, MADE[which], **options).verdicts[-1]


RIGHT = {
    "rnn": """
dL/dz_y_t = y_hat_t - y_t
dL/dW_hy = sum_t (y_hat_t - y_t) h_t^T
dL/dW_hy = sum_t y_hat_t h_t^T - sum_t y_t h_t^T
dL/dW_hh = sum_t diag(1 - h_t^2) dL/dh_t h_{t-1}^T
dL/dW_hh = sum_{t=0}^{T-1} dL/dz_h_{t+1} h_t^T
dL/dx_t = W_xh^T ((1 - h_t * h_t) * dL/dh_t)
dL/dh_t = W_hy^T (y_hat_t - y_t) + W_hh^T diag(1 - h_{t+1}^2) dL/dh_{t+1}
dL/dh_{t-1} = W_hy^T (y_hat_{t-1} - y_{t-1}) + W_hh^T ((1 - h_t^2) * dL/dh_t)
dL/dh_t = W_hh.T @ (dL/dh_{t+1} * (1 - h_{t+1}**2)) + W_hy.T @ (y_hat_t - y_t)
(dL/dh_t)^T = (y_hat_t - y_t)^T W_hy + (dL/dh_{t+1})^T diag(1 - h_{t+1}^2) W_hh
dL/dh_t - W_hy^T (y_hat_t - y_t) = W_hh^T diag(1 - h_{t+1}^2) dL/dh_{t+1}
dL/dh_T = W_hy^T (y_hat_T - y_T)
dL/dh_0 = W_hh^T diag(1 - h_1^2) dL/dh_1
dL/dh_{T+1} = 0
dL/dy_hat_t = -y_t / y_hat_t
L = -sum_t y_t^T log(y_hat_t)
dh_t = W_hy^T dz_y_t + W_hh^T dz_h_{t+1}
dh_t/dh_{t-1} = diag(1 - h_t^2) W_hh
dy_hat_t/dz_y_t = diag(y_hat_t) - y_hat_t y_hat_t^T
""",
    "squared": """
dL_t/dh_t = W_hy^T (y_hat_t - y_t)
dL_t/dh_{t-1} = W_hh^T diag(1 - h_t^2) W_hy^T (y_hat_t - y_t)
dL_{t-1}/dh_t = 0
L = 1/2 sum_t (y_hat_t - y_t)^T (y_hat_t - y_t)
dL/db_h = sum_{k=1}^{T} (1 - h_k^2) * dL/dh_k
""",
    "lstm": """
dL/do_t = dL/dh_t * tanh(c_t)
dL/dc_t = dL/dh_t * o_t * (1 - tanh(c_t)^2) + dL/dc_{t+1} * f_{t+1}
dL/df_t = dL/dc_t * c_{t-1}
dL/dc_T = dL/dh_T * o_T * (1 - tanh(c_T)^2)
dL/dW_hi = sum_t (dL/di_t * i_t * (1 - i_t)) h_{t-1}^T
dL/db_ii = dL/db_hi
dc_t = dc_next_t + dh_t * o_t * (1 - tanh(c_t)^2)
""",
    "gru": """
dL/dz_t = dL/dh_t * (h_{t-1} - n_t)
dL/dr_t = dL/dn_t * (1 - n_t^2) * (W_hn h_{t-1} + b_hn)
dL/dW_hn = sum_t (dL/dn_t * (1 - n_t^2) * r_t) h_{t-1}^T
""",
    "before": """
dL/dr_t = (U^T (dL/dn_t * (1 - n_t^2))) * h_{t-1}
dL/dU = sum_t (dL/dn_t * (1 - n_t^2)) (r_t * h_{t-1})^T
""",
    "turned": r"""
\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} = \hat{\mathbf{y}}^{(t)} - \mathbf{y}^{(t)}
dW_{ya} = \sum_{t=1}^{T_x} a^{\langle t \rangle} (\hat y^{\langle t \rangle} - y^{\langle t \rangle})^T
da^{\langle t \rangle} = W_{ya} dz_y^{\langle t \rangle} + W_{aa} dz_a^{\langle t+1 \rangle}
\frac{\partial J}{\partial b_a} = \sum_t (1 - a^{(t)2}) \odot \frac{\partial J}{\partial a^{(t)}}
\frac{\partial J}{\partial b_a} = \sum_t \left(1 - (a^{(t)})^{\odot 2}\right) \circ \frac{\partial J}{\partial a^{(t)}}
\frac{\partial a^{(t+1)}}{\partial a^{(t)}} = \operatorname{diag}(1 - (a^{(t+1)})^2) W_{aa}^\top
""",
}
WRONG = {
    "rnn": """
dL/dz_y_t = y_hat_t
dL/dz_y_t = y_t - y_hat_t
dL/dW_hy = sum_t (y_hat_t - y_t) h_{t-1}^T
dL/dW_hy = sum_{t=1}^{T-1} (y_hat_t - y_t) h_t^T
dL/dW_hy = sum_t y_hat_t h_t^T - y_t h_t^T
dL/dh_t = W_hy^T (y_hat_t - y_t) + W_hh diag(1 - h_{t+1}^2) dL/dh_{t+1}
dL/dh_t = W_hy^T (y_hat_t - y_t) + W_hh^T diag(1 - h_t^2) dL/dh_{t+1}
dL/dh_t = W_hy^T (y_hat_t - y_t) + diag(1 - h_{t+1}^2) W_hh^T dL/dh_{t+1}
dL/dh_t = W_hy^T (y_hat_{t+1} - y_{t+1}) + W_hh^T diag(1 - h_{t+1}^2) dL/dh_{t+1}
dL/dh_t = W_hy^T (y_hat_t - y_t) + W_hh^T dL/dh_{t+1}
dL/dh_{T-1} = W_hy^T (y_hat_{T-1} - y_{T-1})
dL/dh_T = 0
dL/dW_hh = (sum_t dL/dz_h_t) (sum_t h_{t-1})^T
dL/dW_hh = (1/T) sum_t dL/dz_h_t h_{t-1}^T
dL/dW_hh = sum_t dL/dh_t h_{t-1}^T
dL/dW_hh = sum_{t=2}^T dL/dz_h_t h_{t-1}^T
dW_hh^T = sum_t dz_h_t h_{t-1}^T
dh_t = W_hy^T dz_y_t
dh_t/dh_{t-1} = W_hh diag(1 - h_t^2)
dy_hat_t/dz_y_t = diag(y_hat_t * (1 - y_hat_t))
dy_hat_t/dz_y_t = diag(y_hat_t) - y_hat_t^T y_hat_t
L = -sum_t y_t^T y_hat_t
h_t = h_{t-1}
W_hh = W_hh^T
h_t = tanh(W_xh x_t + W_hh^T h_{t-1} + b_h)
""",
    "squared": """
dL/dy_hat_t = 2 (y_hat_t - y_t)
dL_t/dh_{t-1} = W_hy^T (y_hat_t - y_t)
dL_t/dh_t = 0
dL_{t+1}/dh_t = 0
L = 1/2 (y_hat_t - y_t)^T (y_hat_t - y_t)
dL/db_h = sum_{k=1}^{T} (1 - h_k^2) * dL/dh_T
dL/dx_t = W_xh^T ((1 - h_t^2) * (W_hy^T (y_hat_t - y_t)))
""",
    "lstm": """
dL/do_t = dL/dh_t * c_t
dL/dc_t = dL/dh_t * o_t * (1 - tanh(c_t)^2) + dL/dc_{t+1} * f_t
dL/dc_t = dL/dh_t * o_t * (1 - c_t^2) + dL/dc_{t+1} * f_{t+1}
dL/df_t = dL/dc_t * c_t
dL/dg_t = dL/dc_t * g_t
dL/db_ii = dL/db_hf
""",
    "gru": """
dL/dz_t = dL/dh_t * (n_t - h_{t-1})
dL/dn_t = dL/dh_t * z_t
dL/dr_t = dL/dn_t * (1 - n_t^2) * (W_hn h_{t-1})
h_t = z_t * n_t + (1 - z_t) * h_{t-1}
""",
    "before": """
dL/dU = sum_t (dL/dn_t * (1 - n_t^2) * r_t) h_{t-1}^T
""",
    "turned": r"""
da^{(t)} = W_{ya} dz_y^{(t)} + W_{aa}^T dz_a^{(t+1)}
dW_{aa} = \sum_t dz_a^{(t)} {a^{(t-1)}}^\top
\frac{\partial a^{(t+1)}}{\partial a^{(t)}} = \operatorname{diag}(1 - (a^{(t+1)})^2) W_{aa}
""",
}


def cases(table):
    return [(which, line) for which, text in table.items() for line in text.strip().splitlines()]


@pytest.mark.parametrize(("which", "line"), cases(RIGHT))
def test_a_right_statement_stands(which, line):
    verdict = answered(which, line)
    assert verdict.answer in STANDS, verdict.reason
    assert not verdict.repairs and verdict.difference is None


@pytest.mark.parametrize(("which", "line"), cases(WRONG))
def test_a_wrong_statement_falls(which, line):
    verdict = answered(which, line)
    assert verdict.answer in FALLS, verdict.reason
    assert verdict.answer is Answer.ILL_TYPED or verdict.difference is not None


CHAIN = r"\frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial W_{hh}}"
PER_STEP = r"\frac{\partial L_t}{\partial h_t} \frac{\partial h_t}{\partial h_k} \frac{\partial h_k}{\partial W_{hh}}"
CONVENTIONS = {
    "∂J/∂W means what step t alone gives": "dL/dW_hh = dL/dz_h_t h_{t-1}^T",
    "is the immediate derivative": rf"\frac{{\partial L}}{{\partial W_{{hh}}}} = \sum_t {CHAIN}",
    "is the row of all entries": rf"\frac{{\partial L_t}}{{\partial W_{{hh}}}} = \sum_{{k=1}}^t {PER_STEP}",
    "runs against its index": r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^t \frac{\partial h_j}{\partial h_{j-1}}",
    "downwards": r"\frac{\partial h_t}{\partial h_k} = \prod_{j=t}^{k+1} \frac{\partial h_j}{\partial h_{j-1}}",
    "is the last step": r"\nabla_{h_\tau} L = W_{hy}^\top \nabla_{z_{y,\tau}} L",
}


@pytest.mark.parametrize(("words", "text"), CONVENTIONS.items())
def test_a_statement_right_by_one_convention_only_names_it(words, text):
    verdict = answered("rnn", text)
    assert verdict.answer in STANDS | {Answer.CONVENTION}
    if verdict.answer is Answer.CONVENTION:
        assert words in verdict.convention or words.replace("against its index", "downwards") in verdict.convention


CONDITIONS = {
    "zero initial states": "dL/dW_hh = sum_{t=2}^T dL/dz_h_t h_{t-1}^T",
    "symmetric recurrent weights": "dh_t = W_hy^T dz_y_t + W_hh dz_h_{t+1}",
    "a single step": "dh_t = W_hy^T dz_y_t",
    "t = T": "dh_t = W_hy^T dz_y_t",
    "H = 1": "dL/dh_t = W_hy^T dL/dz_y_t + diag(1 - h_{t+1}^2) W_hh^T dL/dh_{t+1}",
    "t = 1": "dL_t/dx_t = W_xh^T ((1 - h_1^2) * dL_t/dh_t)",
}


@pytest.mark.parametrize(("condition", "text"), CONDITIONS.items())
def test_what_hides_a_mistake_is_said(condition, text):
    verdict = answered("rnn", text)
    assert verdict.answer in FALLS and condition in verdict.conditions


def test_two_steps_hide_what_three_show():
    text = "dL/dh_1 = W_hy^T dL/dz_y_1 + W_hh^T ((1 - h_2^2) * (W_hy^T dL/dz_y_2))"
    verdict = answered("rnn", text)
    assert verdict.answer in FALLS and "T ≤ 2" in verdict.conditions


def test_targets_that_sum_to_one_are_an_assumption_of_a_proof():
    verdict = answered("rnn", "dL/dz_y_t = y_hat_t - y_t")
    assert verdict.answer is Answer.PROVED and verdict.assumptions == ("the entries of y sum to one",)
    assert answered("rnn", "dL/dW_xh = sum_t dL/dz_h_t x_t^T").assumptions == ()


def test_the_smallest_counterexample_is_small():
    found = answered("rnn", "dL/dz_y_t = y_hat_t").difference
    assert found is not None and max(number for _, number in found.sizes) <= 2
    assert found.left != pytest.approx(found.right)


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("dL/dh_t = Q y_t", "let Q"),
        ("dL/dh_t = foo_t + y_t", "let foo"),
        (r"\frac{\partial L}{\partial q_t} = y_t", "let q"),
    ],
)
def test_an_unknown_name_is_pointed_at_with_a_line_to_write(text, help_):
    verdict = answered("rnn", text)
    assert verdict.answer is Answer.NOT_UNDERSTOOD
    assert help_ in verdict.reason and verdict.where.line >= 1


@pytest.mark.parametrize("text", ["dL/dh_t = W_hy dL/dz_y_t", "dL/dW_hy = sum_t (y_hat_t - y_t)^T h_t", "h_t = x_t"])
def test_a_statement_without_a_shape_says_which_sides_do_not_fit(text):
    verdict = answered("rnn", text)
    assert verdict.answer is Answer.ILL_TYPED and "(" in verdict.reason


EMPTY = {  # what a convention would make right only because it makes something in it zero, or compares nothing
    ("squared", "dL_t/dh_t = 0"),
    ("squared", "dL_{t+1}/dh_t = 0"),
    ("rnn", r"\frac{\partial h_t}{\partial h_{t-2}} = 0"),
    ("rnn", r"\frac{\partial \hat y_t}{\partial h_{t-1}} = 0"),
    ("lstm", r"\frac{\partial c_t}{\partial h_{t-1}} = 0"),
    (
        "gru",
        r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(z_t) + 3 \frac{\partial n_t}{\partial h_{t-1}}",
    ),
    ("rnn", r"L = \frac{1}{T} \sum_t L_t"),
    ("rnn", r"\frac{\partial h_t}{\partial h_k} = \frac{\partial h_k}{\partial h_t}"),
}


@pytest.mark.parametrize(("which", "text"), sorted(EMPTY))
def test_a_convention_that_makes_a_statement_empty_is_none(which, text):
    assert answered(which, text).answer in FALLS


CARRIED = {
    r"\frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(f_t)": True,
    r"\frac{\partial^+ c_t}{\partial c_{t-1}} = \operatorname{diag}(f_t)": True,
    r"\frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(f_{t-1})": False,
    r"\frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(i_t)": False,
    r"\frac{\partial^+ c_t}{\partial c_{t-1}} = \operatorname{diag}(f_{t-1})": False,
}


@pytest.mark.parametrize("text", CARRIED)
def test_what_one_cell_state_hands_to_the_next_is_the_forget_gate(text):
    verdict = answered("lstm", text)
    assert verdict.answer.is_right is CARRIED[text]
    if "^+" not in text and CARRIED[text]:
        assert verdict.answer is Answer.CONVENTION and "fixed" in verdict.convention


def test_what_is_computed_once_belongs_to_no_step():
    """λ of a linear recurrent unit is computed from its modulus before the first step: no convention gives a step a part of it."""
    network = driver.network("lru", head="softmax_cross_entropy")
    (verdict,) = verify_text("∂J/∂a_modulus = ∂J/∂z_modulus", network).verdicts
    assert verdict.answer is Answer.REFUTED


CONVENTIONS = {
    r"\frac{\partial h_t}{\partial h_{t-1}} = \tanh'(z_{h,t}) W_{hh}": "diagonal matrix of its entries",
    r"\frac{\partial L}{\partial W_{hh}} = \sum_{k=0}^{T} \frac{\partial L}{\partial z_{h,k}} h_{k-1}^\top": "from 0 to T",
    r"\frac{\partial L}{\partial W_{hh}} = \sum_{k=0}^{T-1} \frac{\partial L}{\partial z_{h,k}} h_{k-1}^\top": "from 0 to T",
    r"\frac{\partial L}{\partial b_h} = \sum_{k=0}^{T-1} \frac{\partial L}{\partial z_{h,k}}": "from 0 to T − 1",
}


@pytest.mark.parametrize(("text", "convention"), CONVENTIONS.items())
def test_what_is_right_by_another_way_of_counting_or_writing_is_not_accused(text, convention):
    verdict = answered("rnn", text)
    assert verdict.answer is Answer.CONVENTION and convention in verdict.convention


@pytest.mark.parametrize(
    "text",
    [
        r"\frac{\partial h_t}{\partial h_{t-1}} = W_{hh} \tanh'(z_{h,t})",
        r"\frac{\partial h_t}{\partial h_{t-1}} = \tanh'(h_t) W_{hh}",
        r"\frac{\partial L}{\partial W_{hh}} = \sum_{k=0}^{T} \frac{\partial L}{\partial z_{h,k}} h_k^\top",
        r"\frac{\partial L}{\partial b_h} = \sum_{k=0}^{T-2} \frac{\partial L}{\partial z_{h,k}}",
    ],
)
def test_what_is_wrong_by_every_way_of_counting_and_writing_falls(text):
    assert answered("rnn", text).answer in FALLS


def test_a_step_far_away_is_reached():
    right = "∂h_100/∂h_98 = diag(1 - h_100^2) W_hh diag(1 - h_99^2) W_hh"
    assert answered("rnn", right).answer in STANDS
    assert answered("rnn", right.replace("h_99^2", "h_98^2")).answer in FALLS


def test_nothing_is_said_of_shapes_where_a_sign_has_no_meaning():
    assert answered("rnn", "∂L/∂Q_t = W_xh W_xh h_t").answer is Answer.NOT_UNDERSTOOD
    assert answered("rnn", "dh_t = W_xh W_xh h_t").answer is Answer.ILL_TYPED


@pytest.mark.parametrize("first", [0, 1])
def test_a_product_up_to_a_number_runs_upwards_where_its_sum_ends_there(first):
    path = (
        r"\left( \prod_{j=k+1}^{3} \frac{\partial h_j}{\partial h_{j-1}} \right) \frac{\partial h_k}{\partial W_{hh}}"
    )
    text = rf"\frac{{\partial L_3}}{{\partial W_{{hh}}}} = \sum_{{k={first}}}^{{3}} \frac{{\partial L_3}}{{\partial h_3}} {path}"
    verdict = answered("rnn", text)
    assert verdict.answer is Answer.CONVENTION and "last index stands on the left" in verdict.convention


ONE_LENGTH = [  # true of one number of steps, or of small numbers alone
    "dL/db_y = (5/T) sum_t (y_hat_t - y_t)",
    "dL/db_y = sum_{t=1}^{5} (y_hat_t - y_t)",
    "dL/dW_hh = (T - 4) sum_t dL/dz_h_t h_{t-1}^T",
    "dL/dW_hh = sum_{t=1}^{6} dL/dz_h_t h_{t-1}^T",
    "dL/dh_t = W_hy^T (y_hat_t - y_t) + (T/5) W_hh^T dL/dz_h_{t+1}",
    r"\frac{\partial h_T}{\partial h_1} = \prod_{j=2}^{5} \frac{\partial h_j}{\partial h_{j-1}}",
    "relu(2 - z_h_t) = 2 - z_h_t",
    "abs(x_t + 3) = x_t + 3",
]


@pytest.mark.parametrize("text", ONE_LENGTH)
def test_what_is_true_of_one_sample_alone_falls(text):
    assert answered("rnn", text).answer in FALLS


OUTER = [
    ("rnn", "dL/db_h = sum_t dL/dh_t (1 - h_t^2)^T"),
    ("rnn", "dL/dz_h_t = (1 - h_t^2)^T dL/dh_t"),
    ("lstm", "dL/df_t = dL/dc_t c_{t-1}^T"),
]


@pytest.mark.parametrize(("which", "text"), OUTER)
def test_a_product_of_a_column_and_a_row_is_no_elementwise_product(which, text):
    assert answered(which, text).answer in FALLS


@pytest.mark.parametrize(
    "text",
    [
        "1/0 = 0",
        "dL/dz_h_t = (1/0) dL/dh_t",
        "dL/dz_h_t = 2^2000 dL/dh_t",
        "dL/dW_hh = prod_{t=1}^{1000} W_hh",
        "x_t = 10^(10^10)",
        "0.5^2000 = 10^(-700)",
        "dh_3/dh_0 = W_hh^3",
    ],
)
def test_what_cannot_be_computed_is_not_understood(text):
    assert answered("rnn", text).answer is Answer.NOT_UNDERSTOOD


def test_the_square_of_a_norm_is_that_of_a_number():
    assert answered("rnn", "‖W_hh^T W_hh‖ = ‖W_hh‖^2").answer in STANDS


def test_a_convention_in_which_a_term_vanishes_is_none():
    text = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(z_t) + 3 \frac{\partial n_{t-1}}{\partial h_{t-1}}"
    assert answered("gru", text).answer in FALLS
