"""The transcriptions and the verdicts about them belong together, and the evidence for the verdicts recomputes."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("torch")

import evidence
import evidence_003
from expected import STATEMENTS
from statement import ADDED, DEFINITION, KNOWN, ONLY_IF, RIGHT, UNDECIDABLE, UNDER, WRONG

FOLDER = Path(__file__).parent
TRANSCRIPTIONS = (
    "000.md",
    "001.tex",
    "002.tex",
    "002_words.tex",
    "003.txt",
    "004.tex",
    "004_numbers.txt",
    "mistakes.tex",
)
MARK = re.compile(r"^(?:%|#|<!--) \((\d+)\)", re.MULTILINE)
RELATION = re.compile(r" (?::?=|≈|≤|⇒) ")

# printed in source 003: number, printed, the exact value's name, whether it rounds to what is printed
PRINTED = (
    (27, "0.1974", "27 h1[0]", True),
    (27, "0.2913", "27 h1[1]", True),
    (29, "0.1278", "29 W_hh h1[0]", True),
    (29, "0.1654", "29 W_hh h1[1]", True),
    (31, "0.5278", "31 z2[0]", True),
    (31, "0.7654", "31 z2[1]", True),
    (32, "0.4832", "32 h2[0]", False),
    (32, "0.6437", "32 h2[1]", False),
    (33, "0.4887", "33 y1", True),
    (34, "1.1269", "34 y2", False),
    (40, "0.0390", "40 tanh(0.2)^2", True),
    (40, "0.9610", "40 tanh'(0.2)", True),
    (43, "0.2335", "43 tanh(0.5278)^2", False),
    (43, "0.7665", "43 tanh'(0.5278)", False),
    (44, "0.4144", "44 tanh(0.7654)^2", False),
    (44, "0.5856", "44 tanh'(0.7654)", False),
    (46, "0.3833", "46 dh2/dh1[0,0]", False),
    (46, "0.0767", "46 dh2/dh1[0,1]", False),
    (46, "0.0586", "46 dh2/dh1[1,0]", False),
    (46, "0.2928", "46 dh2/dh1[1,1]", False),
    (48, "0.4419", "48 row[0]", False),
    (48, "0.3695", "48 row[1]", False),
    (48, "0.4247", "48 path 1", False),
    (48, "0.4247", "48 [0.4419, 0.3695] . [0.9610, 0]", True),
    (17, "0.37", "17", True),
    (18, "0.006", "18", True),
)


def test_every_number_that_is_cited_recomputes():
    assert not evidence.disagreements()


def test_a_wrong_number_is_found(monkeypatch):
    monkeypatch.setattr(evidence, "cited", lambda: {"003: 18": 0.00592052923, "003: 5": 0.1, "003: 16 norm of W": None})
    assert len(evidence.disagreements()) == 3


@pytest.mark.parametrize("file", TRANSCRIPTIONS)
def test_every_formula_has_a_verdict_for_every_link(file):
    marks = [int(mark) for mark in MARK.findall((FOLDER / file).read_text(encoding="utf-8"))]
    links = {number: [s.link for s in STATEMENTS if (s.file, s.number) == (file, number)] for number in marks}
    assert marks == list(range(1, len(marks) + 1))
    assert all(found == list(range(1, len(found) + 1)) and found for found in links.values())
    assert {s.number for s in STATEMENTS if s.file == file} == set(marks)


def test_every_file_is_known():
    assert {s.file for s in STATEMENTS} == set(TRANSCRIPTIONS)
    assert len({(s.file, s.number, s.link) for s in STATEMENTS}) == len(STATEMENTS)


def test_the_links_of_plain_text_are_its_relations():
    lines = (FOLDER / "003.txt").read_text(encoding="utf-8").splitlines()
    for mark, line in pairwise(lines):
        if found := MARK.match(mark):
            links = max(s.link for s in STATEMENTS if s.file == "003.txt" and s.number == int(found[1]))
            assert links == max(1, len(RELATION.findall(line))), line


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: f"{s.file}-{s.number}-{s.link}")
def test_a_verdict_is_complete(statement):
    assert statement.verdict in {DEFINITION, RIGHT, WRONG, UNDECIDABLE, UNDER.strip(" :"), ONLY_IF.strip()}
    assert statement.mistake in KNOWN | ADDED | {""}
    if statement.truth == WRONG:
        assert statement.correct and statement.mistake and statement.evidence
        assert any(value is not None for _, value in statement.evidence)
    if statement.mistake:
        assert statement.truth != RIGHT


@pytest.mark.parametrize(("number", "printed", "name", "right"), PRINTED)
def test_printed_digits_are_those_of_the_exact_number_or_not(number, printed, name, right):
    exact = evidence_003.numbers()[f"003: {name}"]
    line = next(
        after
        for mark, after in pairwise((FOLDER / "003.txt").read_text(encoding="utf-8").splitlines())
        if mark == f"# ({number})"
    )
    assert printed in line
    assert (f"{exact:.{len(printed.split('.')[1])}f}" == printed) is right
