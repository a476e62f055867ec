"""Proofs stand alone: what is right is proved for all sizes and steps, and nothing wrong is proved, whatever samples would say."""

import pytest

from symrnn import driver
from symrnn.claims.context import Context
from symrnn.claims.judging import Judge
from symrnn.claims.verifying import verify_text
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.plain import read_plain

NETWORKS = {
    "rnn": ("rnn", "softmax_cross_entropy"),
    "lstm": ("lstm", "squared_error"),
    "gru": ("gru", "squared_error"),
}
MADE = {}


def judge(which):
    if which not in MADE:
        cell, head = NETWORKS[which]
        MADE[which] = Judge.of(Context(driver.network(cell, head=head)))
    return MADE[which]


def decision(which, text):
    chain = read_latex(text) if "\\" in text else read_plain(text)
    statement = judge(which).statement(chain.parts[0], chain.parts[1])
    return judge(which).prover.prove(statement)


PROVED = {
    "rnn": r"""
dL/dz_y_t = y_hat_t - y_t
dL/dh_t = W_hy^T dL/dz_y_t + W_hh^T dL/dz_h_{t+1}
dL/dh_{t-1} = W_hy^T dL/dz_y_{t-1} + W_hh^T dL/dz_h_t
dL/dz_h_t = (1 - h_t^2) * dL/dh_t
dL/dz_h_t = tanh'(z_h_t) * dL/dh_t
dL/dz_h_t = (1 - tanh(z_h_t)^2) * dL/dh_t
dL/dW_hh = sum_t dL/dz_h_t h_{t-1}^T
dL/dW_hh = sum_{k=1}^T ((1 - h_k^2) * dL/dh_k) h_{k-1}^T
dL/db_y = sum_t (y_hat_t - y_t)
dL/dx_t = W_xh^T dL/dz_h_t
dh_t/dh_{t-1} = diag(1 - h_t^2) W_hh
dh_t/dx_t = diag(1 - h_t^2) W_xh
dL_t/dh_t = W_hy^T (y_hat_t - y_t)
""",
    "lstm": """
dL/do_t = dL/dh_t * tanh(c_t)
dL/dc_t = dL/dh_t * o_t * (1 - tanh(c_t)^2) + dL/dc_{t+1} * f_{t+1}
dL/df_t = dL/dc_t * c_{t-1}
dL/dW_hf = sum_t (dL/df_t * f_t * (1 - f_t)) h_{t-1}^T
dL/db_if = dL/db_hf
""",
    "gru": """
dL/dn_t = dL/dh_t * (1 - z_t)
dL/dz_t = dL/dh_t * (h_{t-1} - n_t)
dL/dr_t = dL/dn_t * (1 - n_t^2) * (W_hn h_{t-1} + b_hn)
""",
}
UNPROVED = {
    "rnn": r"""
dL/dz_y_t = y_hat_t
dL/dh_t = W_hy^T dL/dz_y_t
dL/dh_t = W_hh^T dL/dz_h_{t+1}
dL/dh_t = W_hy^T dL/dz_y_t + W_hh dL/dz_h_{t+1}
dL/dh_t = W_hy^T dL/dz_y_t + W_hh^T dL/dz_h_t
dL/dh_T = W_hy^T (y_hat_T - y_T) + W_hh^T dL/dz_h_T
dL/dh_{T-1} = W_hy^T (y_hat_{T-1} - y_{T-1})
dL/dz_h_t = (1 - z_h_t^2) * dL/dh_t
dL/dW_hh = sum_t dL/dz_h_t h_t^T
dL/dW_hh = sum_{t=2}^T dL/dz_h_t h_{t-1}^T
dL/dW_hh = sum_{t=1}^{T-1} dL/dz_h_t h_{t-1}^T
dL/dW_hh = sum_t h_{t-1} (dL/dz_h_t)^T
dh_t/dh_{t-1} = W_hh diag(1 - h_t^2)
dh_t/dh_{t-1} = diag(1 - h_{t-1}^2) W_hh
dL/dx_t = dL/dx_{t-1}
h_t = h_{t-1}
\frac{\partial h_t}{\partial h_k} = \prod_{j=k}^{t} \frac{\partial h_j}{\partial h_{j-1}}
\frac{\partial h_t}{\partial h_k} = \prod_{j=k+2}^{t} \frac{\partial h_j}{\partial h_{j-1}}
\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t-1} \frac{\partial h_j}{\partial h_{j-1}}
""",
    "lstm": """
dL/dc_t = dL/dh_t * o_t * (1 - tanh(c_t)^2) + dL/dc_{t+1} * f_t
dL/dc_t = dL/dh_t * o_t * (1 - tanh(c_t)^2)
dL/df_t = dL/dc_t * c_t
dL/db_if = dL/db_ii
dc_t/dc_{t-1} = diag(f_t)
""",
    "gru": """
dL/dn_t = dL/dh_t * z_t
dL/dr_t = dL/dn_t * (1 - n_t^2) * (W_hn h_{t-1})
""",
}


def cases(table):
    return [(which, line) for which, text in table.items() for line in text.strip().splitlines()]


@pytest.mark.parametrize(("which", "text"), cases(PROVED))
def test_a_right_statement_is_proved(which, text):
    found = decision(which, text)
    assert found is not None and found.is_proved


@pytest.mark.parametrize(("which", "text"), cases(UNPROVED))
def test_a_wrong_statement_is_never_proved(which, text):
    found = decision(which, text)
    assert found is None or not found.is_proved


CLOSED = [
    (r"\frac{\partial h_t}{\partial h_k} = \prod_{j=t}^{k+1} \frac{\partial h_j}{\partial h_{j-1}}", "downwards"),
    (r"\frac{\partial h_t}{\partial h_k} = \prod_{j=t}^{k+1} \operatorname{diag}(1 - h_j^2) W_{hh}", "downwards"),
    (r"\frac{\partial L}{\partial W_{hh}} = \sum_{t=1}^T \frac{\partial L}{\partial z_{h,t}} h_{t-1}^\top", ""),
]


@pytest.mark.parametrize(("text", "words"), CLOSED)
def test_a_closed_form_over_time_is_proved_for_every_number_of_steps(text, words):
    verdict = verify_text("\\[" + text + "\\]", judge("rnn").context.network).verdicts[-1]
    assert verdict.proof and words in verdict.convention


def test_what_the_derivation_has_no_word_for_is_not_proved_and_not_denied():
    assert decision("rnn", "dL_t/dW_hh = dL_t/dW_hh") is None or decision("rnn", "dL_t/dW_hh = dL_t/dW_hh").is_proved


@pytest.mark.parametrize("text", ["dL/dh_0 = W_hh^T dL/dz_h_1", "dL/dh_T = W_hy^T (y_hat_T - y_T)"])
def test_what_is_not_proved_is_left_to_samples(text):
    assert verify_text(text, judge("rnn").context.network).is_right


def test_the_derivation_is_made_once():
    prover = judge("rnn").prover
    assert prover.derivation is prover.derivation
