"""generated/verdicts is what symrnn says of the five documents today, byte for byte; `pytest --update-generated` rewrites it."""

import difflib

import pytest
from agreement import BY_KEY, STANDS
from page import SOURCES, pages, rows, said_in_latex

from symrnn.claims.records import Answer
from symrnn.files import write_all


@pytest.fixture(scope="module")
def files():
    return pages()


def test_what_is_committed_is_what_is_said(files, root, request):
    folder = root / "generated" / "verdicts"
    if request.config.getoption("--update-generated"):
        for stale in {path.name for path in folder.glob("*")} - set(files):
            (folder / stale).unlink()
        write_all(folder, files)
    assert {path.name for path in folder.glob("*")} == set(files), (
        "pytest --update-generated brings generated/ up to date"
    )
    for name, text in files.items():
        committed = (folder / name).read_text("utf-8")
        difference = difflib.unified_diff(
            committed.splitlines(), text.splitlines(), "committed", "said", lineterm="", n=1
        )
        assert committed == text, f"{name}; pytest --update-generated if this is meant:\n" + "\n".join(difference)


def test_every_error_is_on_the_index_and_on_its_page(files):
    for source in SOURCES:
        for row in rows(source):
            on_page = f"* **({row.name})**" in files[f"source_{source}.md"]
            assert on_page == row.is_error
            assert not row.is_error or f"* **({row.name})** {row.formula}" in files["README.md"]


def test_what_is_right_by_the_evidence_is_not_published_as_an_error():
    for source in SOURCES:
        for row in rows(source):
            assert not (row.is_error and BY_KEY[row.key].verdict in STANDS)
            assert row.verdict.answer is not Answer.CONDITION or row.is_error


def test_formulas_do_not_break_a_table():
    assert said_in_latex(r"\|W\| |x|") == r"$`\Vert W\Vert \vert x\vert`$"
