"""Verdicts are told completely in every form, and what stands in a document stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sympy import Symbol

import symrnn
from symrnn import driver
from symrnn.claims.context import Reading
from symrnn.claims.records import Answer, Difference, Judgement, Repair, Verdict
from symrnn.claims.telling import as_text, exit_status, function_html, function_json, report, to_html, to_json, told
from symrnn.claims.telling.marking import END, MARK, marked, unmarked
from symrnn.claims.telling.words import LOOKS, summary
from symrnn.claims.verifying import verify_text
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.nodes import Place
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_latex, as_plain
from symrnn.verify.functions import AGREES, NOT_UNDERSTOOD, REFUTED, Diagnosis, FunctionVerdict, Named, ResultRow

HOSTILE = "<script>alert(1)</script> \" onload='x' & </style> <!-- <img src=https://x.example/y>"
VOID = {"meta", "wbr", "br", "mspace"}
WRONG = r"\frac{\partial L}{\partial W_{hh}} = \sum_{t=1}^{T} \delta_t h_t^\top"
RIGHT = r"\sum_{t=1}^{T} \delta_t h_{t-1}^\top"
DIFFERENCE = Difference(
    ((Symbol("H"), 2), (Symbol("T"), 3)), ((Symbol("t"), 1),), (0, 1), -0.25, 0.125, 0.5
)  # left and right as they are printed


def verdict(answer: Answer, latex: str = WRONG, line: int = 1, **more) -> Verdict:
    formula = read_latex(latex)
    return Verdict(answer, f"because of {answer.name}", formula, latex, Place(line + 10, 1, 0, 9), line=line, **more)


def repair(latex: str = RIGHT, kind: str = "time index off by one") -> Repair:
    return Repair((kind,), "the step of h is one earlier", read_latex(latex), Answer.PROVED)


EVERY = Judgement(
    (
        verdict(Answer.DEFINITION, r"\delta_t = \frac{\partial L}{\partial z_t}", 1),
        verdict(
            Answer.PROVED, line=2, proof="one normal form", samples=3, assumptions=("the entries of y sum to one",)
        ),
        verdict(Answer.AGREES, line=3, samples=9),
        verdict(Answer.CONVENTION, line=4, convention="numerator layout"),
        verdict(Answer.REFUTED, line=5, difference=DIFFERENCE, conditions=("H = 1",), repairs=(repair(),)),
        verdict(Answer.CONDITION, line=6, conditions=("two steps",)),
        verdict(Answer.ILL_TYPED, line=7),
        Verdict(Answer.NOT_UNDERSTOOD, "no such sign", None, r"\int x", Place(18, 1, 0, 6), line=8),
    ),
    Reading(),
    "cell forward\n  state h: H",
    "notes.tex",
    {"W": "W_hh"},
)


class Reader(HTMLParser):
    """Collects the elements of a page and refuses those that are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), set(), ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


# -- every answer, in every form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", Answer, ids=lambda answer: answer.name)
def test_every_answer_is_in_the_text(answer):
    place = list(LOOKS).index(answer)
    rows = as_text(report(EVERY)).splitlines()
    number = next(one.line + 10 for one in EVERY.verdicts if one.answer is answer)
    (row,) = (row for row in rows if row.startswith(f"  line {number} "))
    assert LOOKS[answer].word.upper() in row
    assert place >= 0


@pytest.mark.parametrize("answer", Answer, ids=lambda answer: answer.name)
def test_every_answer_is_on_the_page_as_a_word_and_a_sign(answer):
    look, page = LOOKS[answer], to_html(EVERY)
    number = next(place for place, one in enumerate(EVERY.verdicts, 1) if one.answer is answer)
    assert f'<article class="claim {look.tone}" id="s{number}">' in page
    assert f'<span class="sign" aria-hidden="true">{look.sign}</span> {look.word}</p>' in page


@pytest.mark.parametrize("answer", Answer, ids=lambda answer: answer.name)
def test_every_answer_is_in_the_json(answer):
    found = json.loads(to_json(EVERY))
    (statement,) = (one for one in found["statements"] if one["answer"] == answer.value)
    assert statement["right"] is answer.is_right
    assert found["counts"][answer.value] == 1


def test_a_refuted_statement_is_told_with_everything():
    text = as_text(report(EVERY))
    for part in (
        "∂L/∂W_hh = Σ_{t=1}^T δ_t h_tᵀ",
        "time index off by one: the step of h is one earlier",
        "∂L/∂W_hh = Σ_{t=1}^T δ_t h_{t-1}ᵀ   (proved)",
        "T = 3, t = 1, H = 2: entry (1, 2) left -0.25, right 0.125",
        "hidden by H = 1",
    ):
        assert part in text
    page = Reader(to_html(EVERY)).text
    for part in ("time index off by one", "T = 3, t = 1, H = 2: entry (1, 2)", "left −0.25", "right 0.125", "H = 1"):
        assert part in page


def test_the_json_of_a_refuted_statement():
    found = json.loads(to_json(EVERY, "a network"))
    assert found["format"] == "symrnn.verdict"
    assert found["version"] == 1
    assert (found["right"], found["exit_status"], found["first_wrong"]) == (False, 1, 5)
    assert found["recurrence"] == {"about": "a network", "text": EVERY.cell}
    assert found["names"] == {"W": "W_hh"}
    statement = found["statements"][4]
    assert statement["place"] == {"line": 15, "column": 1, "start": 0, "end": 9}
    assert statement["mistake"] == ["time index off by one"]
    assert statement["counterexample"] == {
        "sizes": {"H": 2, "T": 3},
        "steps": {"t": 1},
        "entry": [1, 2],
        "left": -0.25,
        "right": 0.125,
        "relative": 0.5,
    }
    (mended,) = statement["repairs"]
    assert read_latex(mended["latex_right"]) == read_latex(RIGHT)
    assert read_plain(mended["plain"]) == read_latex(mended["latex"])
    assert found["statements"][7]["latex"] is None


def test_numbers_that_are_not_finite_are_null():
    broken = replace(DIFFERENCE, left=float("nan"), right=float("inf"))
    judgement = Judgement((verdict(Answer.REFUTED, difference=broken),), Reading())
    shown = json.loads(to_json(judgement))["statements"][0]["counterexample"]
    assert (shown["left"], shown["right"]) == (None, None)
    assert "left nan, right inf" in as_text(report(judgement))
    assert "left nan" in to_html(judgement)


def test_short_by_default_and_all_of_it_when_asked():
    short, whole = as_text(report(EVERY)), as_text(report(EVERY, verbose=True))
    for part in ("one normal form", "3 agree", "line 15, column 1; formula 5"):
        assert part not in short
        assert part in whole


def test_the_end_counts_and_says_where_it_first_goes_wrong():
    said = "8 statements: 1 proved, 1 agrees, 1 right under a convention, 1 right under a condition only, 1 refuted"
    assert as_text(report(EVERY)).splitlines()[-1].startswith(said)
    assert summary(EVERY).endswith("first wrong: line 15")


def test_sentences_are_wrapped():
    long = replace(EVERY.verdicts[3], convention="word " * 60)
    rows = as_text(report(replace(EVERY, verdicts=(long,)), width=60)).splitlines()
    assert max(len(row) for row in rows if "word" in row) <= 60
    assert sum(row.count("word") for row in rows) == 60


def test_nothing_to_judge_is_said():
    empty = Judgement((), Reading())
    assert "no statement was found" in as_text(report(empty))
    assert exit_status(empty) == 2
    assert "No statement was found." in to_html(empty)
    assert json.loads(to_json(empty))["first_wrong"] is None


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ((Answer.DEFINITION, Answer.PROVED, Answer.AGREES, Answer.CONVENTION), 0),
        ((Answer.PROVED, Answer.REFUTED), 1),
        ((Answer.ILL_TYPED, Answer.NOT_UNDERSTOOD), 1),
        ((Answer.CONDITION,), 1),
        ((Answer.PROVED, Answer.NOT_UNDERSTOOD), 2),
    ],
)
def test_the_exit_status(answers, status):
    assert exit_status(Judgement(tuple(map(verdict, answers)), Reading())) == status


# -- marks ---------------------------------------------------------------------------------------------------------------

MARKS = [
    ("a + b h_t", "a + b h_{t-1}", "a + b ⟪h_t⟫", "a + b ⟪h_{t-1}⟫"),
    ("a + b", "a - b", "a ⟪+ b⟫", "a ⟪- b⟫"),
    ("a", "a + W b", "a", "a ⟪+ W b⟫"),
    ("2 a b", "a b", "⟪2⟫ a b", "a b"),
    ("W v", "v W", "W ⟪v⟫", "⟪v⟫ W"),
    ("W v + c", "W^T v + c", "⟪W⟫ v + c", "⟪W^T⟫ v + c"),
    ("(1 - z_t^2) * v", "(1 - h_t^2) * v", "(1 - ⟪z_t^2⟫) * v", "(1 - ⟪h_t^2⟫) * v"),
    ("a * b", "a b", "⟪a * b⟫", "⟪a b⟫"),
    ("sum_{t=1}^T a_t", "sum_{t=2}^T a_t", "Σ_{t=⟪1⟫}^T a_t", "Σ_{t=⟪2⟫}^T a_t"),
    ("a", "b", "⟪a⟫", "⟪b⟫"),
]


@pytest.mark.parametrize(("before", "after", "one", "other"), MARKS)
def test_what_differs_is_marked(before, after, one, other):
    first, second = marked(read_plain(f"x = {before}"), read_plain(f"x = {after}"), as_plain)
    shown = [text.replace(MARK, "⟪").replace(END, "⟫") for text in (first, second)]
    assert shown == [f"x = {one}", f"x = {other}"]


@pytest.mark.parametrize(("before", "after"), [pair[:2] for pair in MARKS])
@pytest.mark.parametrize("write", [as_plain, as_latex])
def test_marks_change_nothing_of_the_text(before, after, write):
    formulas = read_plain(before), read_plain(after)
    for formula, text in zip(formulas, marked(*formulas, write), strict=True):
        assert re.sub("[{} ]", "", unmarked(text)) == re.sub("[{} ]", "", write(formula))


def test_marks_are_under_the_text_and_on_the_page():
    rows = as_text(report(EVERY)).splitlines()
    place = next(number for number, row in enumerate(rows) if "(proved)" in row)
    assert rows[place + 1].strip() == "^" * len("h_{t-1}ᵀ")
    assert rows[place + 1].index("^") == rows[place].index("h_{t-1}")
    page = to_html(EVERY)
    assert page.count('class="mark"') == 2
    assert "#FF0000" not in page


# -- whatever a document says ------------------------------------------------------------------------------------------


def hostile() -> Judgement:
    mended = Repair((HOSTILE,), HOSTILE, read_latex(RIGHT), Answer.PROVED)
    said = {"proof": HOSTILE, "convention": HOSTILE, "conditions": (HOSTILE,), "notes": (HOSTILE,)}
    one = verdict(Answer.REFUTED, difference=DIFFERENCE, repairs=(mended,), assumptions=(HOSTILE,), **said)
    word = verdict(Answer.PROVED, r"a = \text{<script>alert(1)</script>}", 2)
    unread = Verdict(Answer.NOT_UNDERSTOOD, HOSTILE, None, HOSTILE, line=3)
    changed = tuple(replace(each, reason=HOSTILE, text=HOSTILE) for each in (one, word, unread))
    return Judgement(changed, Reading(), HOSTILE, HOSTILE, {HOSTILE: HOSTILE})


def test_hostile_text_stays_text():
    page = to_html(hostile(), HOSTILE)
    read = Reader(page)
    assert not read.tags & {"script", "img", "iframe", "link", "object", "form"}
    assert not {name for name in read.attributes if name.startswith("on") or name == "src"}
    assert page.count("</style>") == 1
    assert read.text.count("<script>alert(1)</script>") > 10
    assert json.loads(to_json(hostile(), HOSTILE))["source"] == HOSTILE


def test_a_hostile_document_is_only_shown():
    text = "dW_hh = sum_t dz_h_t h_t^T\ndb_h = <script>alert(1)</script>\n# <img src=x onerror=alert(1)>\n"
    found = symrnn.verify(text, cell="rnn", source="<b>notes</b>")
    read = Reader(found.to_html())
    assert not read.tags & {"script", "img"}
    assert "<b>notes</b>" in read.text
    assert not {name for name in read.attributes if name.startswith("on")}


def test_nothing_steers_a_terminal_or_turns_text_around():
    acting = "\x1b[2J\x9b31m\u202eabc\x07\r"
    one = replace(verdict(Answer.AGREES), reason=acting, notes=(acting,), text=acting, formula=None)
    judgement = Judgement((one,), Reading(), acting, acting, {acting: acting})
    for shown in (as_text(report(judgement, True, 200)), to_html(judgement, acting), to_json(judgement, acting)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown)
        assert "abc" in shown
    assert json.loads(to_json(judgement))["source"] == acting


def test_a_notebook_shows_the_page_in_a_frame():
    frame = told(hostile())._repr_html_()
    read = Reader(frame)
    assert read.tags == {"iframe"}
    assert "sandbox" in read.attributes


def test_what_cannot_be_set_is_shown_as_text():
    odd = verdict(Answer.PROVED, r"a = \text{übergang}")
    assert "<code>" in to_html(Judgement((odd,), Reading()))


def test_what_was_not_read_is_set_if_it_can_be():
    unread = Verdict(Answer.NOT_UNDERSTOOD, "no such sign", None, r"\int x &= \frac{a}{b}", line=1)
    assert "<mfrac>" in to_html(Judgement((unread,), Reading()))
    worse = replace(unread, text=r"\foo{<script>}")
    assert r"<code>\foo{&lt;script&gt;}</code>" in to_html(Judgement((worse,), Reading()))


def test_an_assignment_is_one_sign():
    page = to_html(Judgement((verdict(Answer.PROVED, r"W := W - \alpha G"),), Reading()))
    assert "<mo>≔</mo>" in page


# -- functions ---------------------------------------------------------------------------------------------------------

ROWS = (ResultRow("dx", (5, 2, 3), 1e-16, True), ResultRow("dW", (4, 3), 0.5, False, "dW[0, 1]", -1.0, 2.0))
MISTAKES = (Named("sign", HOSTILE, ("dz = -dz",)), Named("time index off by one", "h[t] for h[t-1]"))
FUNCTION = FunctionVerdict(
    REFUTED,
    HOSTILE,
    "rnn",
    rows=ROWS,
    convention=("rows",),
    diagnosis=(Diagnosis(MISTAKES), Diagnosis(MISTAKES[::-1])),
    repair=("dz = -dz",),
    hidden=("T = 1",),
)


def test_a_function_is_told_as_a_page():
    page = function_html(FUNCTION)
    read = Reader(page)
    assert not read.tags & {"script", "img"}
    for part in ("Refuted", "5×2×3", "wrong", "dW[0, 1]: −1, true 2", "dz = -dz", "T = 1", "What is wrong"):
        assert part in read.text
    assert "Or" not in re.findall(r'class="label">(\w+)', page)  # the same mistakes in another order


def test_a_function_is_told_as_json():
    found = json.loads(function_json(FUNCTION))
    assert (found["format"], found["answer"], found["exit_status"]) == ("symrnn.function-verdict", "refuted", 1)
    assert [one["kind"] for (*rest, one) in found["diagnoses"] for one in (*rest, one)] == [
        one.kind for one in MISTAKES
    ]
    assert found["results"][1] == {
        "name": "dW",
        "shape": [4, 3],
        "error": 0.5,
        "right": False,
        "where": "dW[0, 1]",
        "theirs": -1.0,
        "true": 2.0,
    }


@pytest.mark.parametrize(("answer", "status"), [(AGREES, 0), (REFUTED, 1), (NOT_UNDERSTOOD, 2)])
def test_the_exit_status_of_a_function(answer, status):
    found = json.loads(function_json(FunctionVerdict(answer, "f", "rnn", message="why")))
    assert found["exit_status"] == status
    assert "why" in function_html(FunctionVerdict(answer, "f", "rnn", message="why"))


def test_definitions_that_were_given_are_told_everywhere():
    text = "dz_y_t = y_hat_t - y_t\ndW_hy = sum_t g_t h_t^T"
    judgement = verify_text(text, driver.network("rnn", head="softmax_cross_entropy"), lets=("g_t = dL/dz_y_t",))
    assert judgement.is_right
    assert "given     g_t = dL/dz_y_t" in as_text(tuple(report(judgement)))
    assert "<code>g_t = dL/dz_y_t</code>" in to_html(judgement)
    assert json.loads(to_json(judgement))["given"] == ["g_t = dL/dz_y_t"]
