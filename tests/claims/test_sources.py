"""The derivations of five documents and of well-known texts: what `verify_text` answers is what independent evidence says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agreement import BY_KEY, NOTHING, answered, complaints
from calls import Call, equations, part
from known import ARITHMETIC, CONDITION_NOT_NAMED, NOT_NAMED, UNREAD
from statement import DEFINITION, RIGHT, UNDER, WRONG
from table import CALLS

from symrnn.claims.records import Answer, Repair, Verdict
from symrnn.claims.verifying import verify_text
from symrnn.errors import SymrnnError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.write import as_latex, as_plain

IDS = [f"{call.file}-{call.first}-{call.last}" for call in CALLS]
# Wrong statements whose repair is held against the right statement of the evidence: (side as it is written there, or another).
CORRECT = {
    ("001.tex", 13, 1): r"\frac{\partial L}{\partial \hat{y}_t}",
    ("001.tex", 14, 1): r"\frac{\partial L}{\partial \hat{y}_t}",
    ("002.tex", 11, 2): "",
    ("mistakes.tex", 50, 1): "",
    ("mistakes.tex", 90, 1): "",
    ("mistakes.tex", 94, 1): "",
    ("mistakes.tex", 69, 2): r"\prod_{j=k+1}^{t} \text{diag}(\tanh'(h_{j-1})) W^\top",
}
NUMBERS = {("003.txt", 32, 2): "[0.4837, 0.6442]", ("003.txt", 45, 1): "[[0.7660, 0], [0, 0.5850]]"}


@pytest.mark.parametrize("call", CALLS, ids=IDS)
def test_every_statement_gets_the_answer_of_the_evidence(call):
    found = {key: said for key, verdict in answered(call).items() if (said := list(complaints(key, verdict)))}
    assert not found, "\n".join(f"{key}: {'; '.join(said)}" for key, said in found.items())


def test_a_cell_written_for_one_step_is_read_as_it_is_meant():
    text = part("004.tex", 3, 12)
    judgement = verify_text(text + equations(r"\frac{\partial h_t}{\partial \tilde{h}^{(t)}} &= \text{diag}(z^{(t)})"))
    assert "h = (1 - z) * h[t-1] + z * h_tilde" in judgement.cell
    assert judgement.verdicts[-1].answer.is_right


def test_every_statement_is_in_one_call():
    covered = [key for call in CALLS for key in BY_KEY if key[0] == call.file and call.first <= key[1] <= call.last]
    assert sorted(covered) == sorted(BY_KEY)


def test_the_tables_are_about_statements_that_exist():
    unread = [key for group in UNREAD.values() for key in group]
    assert len(unread) == len(set(unread))
    assert {*unread, *ARITHMETIC, *CONDITION_NOT_NAMED, *NOT_NAMED, *CORRECT, *NUMBERS} <= set(BY_KEY)
    assert all(BY_KEY[key].truth == WRONG for key in (*ARITHMETIC, *NOT_NAMED, *CORRECT, *NUMBERS))


def _call(key) -> Call:
    return next(call for call in CALLS if key[0] == call.file and call.first <= key[1] <= call.last)


@pytest.mark.parametrize("key", CORRECT, ids=str)
def test_a_repair_is_what_the_evidence_calls_correct(key):
    call = _call(key)
    repair = answered(call)[key].repairs[0]
    assert repair.answer in (Answer.PROVED, Answer.AGREES)
    correct = CORRECT[key] or BY_KEY[key].correct
    last = call.judge(f"\n\\begin{{equation}}\n{as_latex(repair.formula)} = {correct}\n\\end{{equation}}").verdicts[-1]
    assert last.answer.is_right, last.reason


@pytest.mark.parametrize("key", NUMBERS, ids=str)
def test_a_number_is_repaired_to_the_digits_of_the_evidence(key):
    repair = answered(_call(key))[key].repairs[0]
    assert as_plain(repair.formula) == NUMBERS[key]
    assert repair.answer is Answer.AGREES


# ---- the checks fail where they should


def _first(truth: str):
    tables = (
        *ARITHMETIC,
        *CONDITION_NOT_NAMED,
        *NOT_NAMED,
        *(key for group in UNREAD.values() for key in group),
    )
    return next(key for key, said in BY_KEY.items() if said.truth.startswith(truth) and key not in tables)


@pytest.mark.parametrize("answer", [Answer.PROVED, Answer.AGREES, Answer.CONVENTION, Answer.DEFINITION])
def test_a_wrong_statement_that_passes_is_found(answer):
    assert any("wrong, but" in said for said in complaints(_first(WRONG), Verdict(answer, "")))


@pytest.mark.parametrize("truth", [RIGHT, UNDER, DEFINITION])
@pytest.mark.parametrize("answer", [Answer.REFUTED, Answer.ILL_TYPED])
def test_a_right_statement_that_is_accused_is_found(truth, answer):
    assert any("right, but" in said for said in complaints(_first(truth), Verdict(answer, "")))


def test_progress_and_regress_show():
    assert list(complaints(_first(RIGHT), NOTHING))
    known = UNREAD["a power of a matrix"][0]
    assert not list(complaints(known, NOTHING))
    assert list(complaints(known, Verdict(Answer.PROVED, ""))) == ["understood now"]


def test_another_class_or_convention_is_found():
    key = ("mistakes.tex", 90, 1)
    verdict = Verdict(Answer.REFUTED, "", repairs=(Repair(("sign",), "", f.Letter("x"), Answer.PROVED),))
    assert any("the class is" in said for said in complaints(key, verdict))
    under = Verdict(Answer.CONVENTION, "", convention="another")
    assert any("names another" in said for said in complaints(("002.tex", 20, 1), under))
    assert any("without it" in said for said in complaints(("002.tex", 20, 1), replace(under, convention="")))


def test_a_call_that_cannot_be_read_answers_nothing():
    call = next(call for call in CALLS if call.file == "000.md")
    with pytest.raises(SymrnnError):
        call.judge()
    assert set(answered(call).values()) == {NOTHING}
