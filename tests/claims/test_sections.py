"""Documents fall into parts where a recurrence is computed anew, and cells in shorthand get their steps."""

import pytest

from symrnn.claims.records import Answer
from symrnn.claims.sections import chunks, sections, with_steps
from symrnn.claims.verifying import verify_text
from symrnn.language.formulas.document import read_document
from symrnn.language.formulas.write import as_plain

PLAIN = r"""\section{Plain}
\begin{align}
h_t &= \tanh(W h_{t-1} + U x_t + b) \\
\frac{\partial L}{\partial b} &= \sum_t (1 - h_t^2) \odot \frac{\partial L}{\partial h_t}
\end{align}
"""
SIGMOID = PLAIN.replace("Plain", "Sigmoid").replace(r"\tanh", r"\sigma").replace("(1 - h_t^2)", r"h_t \odot (1 - h_t)")
CONTRARY = PLAIN.replace("Plain", "Wrong").replace(r"\tanh", r"\sigma")


def test_headings_make_chunks():
    assert [len(chunk) for chunk in chunks(read_document(PLAIN + SIGMOID))] == [2, 2]


def test_a_name_computed_anew_begins_another_part():
    assert [len(part) for part in sections(read_document(PLAIN + SIGMOID))] == [2, 2]


def test_the_same_equation_again_begins_none():
    assert len(list(sections(read_document(PLAIN + PLAIN.replace("Plain", "Again"))))) == 1


def test_each_part_is_judged_by_its_own_cell():
    judgement = verify_text(PLAIN + SIGMOID)
    assert [one.answer for one in judgement.verdicts] == [Answer.DEFINITION, Answer.PROVED] * 2
    assert "tanh" in judgement.cell and "sigmoid" in judgement.cell
    contrary = verify_text(PLAIN + CONTRARY)
    assert [one.answer.is_right for one in contrary.verdicts] == [True, True, True, False]


def test_what_follows_under_a_heading_keeps_the_cell_before():
    more = r"\section{Inputs} \[ \frac{\partial L}{\partial x_t} = U^\top ((1 - h_t^2) \odot \frac{\partial L}{\partial h_t}) \]"
    assert [one.answer for one in verify_text(PLAIN + more).verdicts] == [
        Answer.DEFINITION,
        Answer.PROVED,
        Answer.PROVED,
    ]


def shortened(text):
    return [as_plain(line.formula) for line in with_steps(read_document(text)) if line.formula is not None]


GRU = r"""\begin{align}
z &= \sigma(W_z x + U_z h + b_z) \\
r &= \sigma(W_r x + U_r h + b_r) \\
\tilde h &= \tanh(W x + U (r \odot h) + b) \\
h &= (1 - z) \odot h + z \odot \tilde h \\
"""


def test_a_cell_in_shorthand_reads_its_state_before_it_is_made():
    found = shortened(GRU + r"\end{align}")
    assert all("h^(t-1)" in line or "h_{t-1}" in line for line in found)
    assert not any("z^(t-1)" in line or "r^(t-1)" in line or "x^(t-1)" in line for line in found)
    assert any("z^(t)" in line.partition("=")[2] for line in found)


@pytest.mark.parametrize(
    ("line", "is_right"),
    [
        (r"\frac{\partial L}{\partial z_t} &= \frac{\partial L}{\partial h_t} \odot (\tilde h_t - h_{t-1})", True),
        (r"\frac{\partial L}{\partial z_t} &= \frac{\partial L}{\partial h_t} \odot (h_{t-1} - \tilde h_t)", False),
        (r"\frac{\partial L}{\partial \tilde h_t} &= \frac{\partial L}{\partial h_t} \odot z_t", True),
        (r"\frac{\partial L}{\partial \tilde h_t} &= \frac{\partial L}{\partial h_t} \odot (1 - z_t)", False),
    ],
)
def test_statements_with_steps_follow_a_cell_in_shorthand(line, is_right):
    assert verify_text(GRU + line + r"\end{align}").verdicts[-1].answer.is_right is is_right


def test_a_cell_with_steps_is_left_as_it_is():
    lines = read_document(PLAIN)
    assert with_steps(lines) == tuple(lines)
