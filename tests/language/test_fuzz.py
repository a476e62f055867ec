"""Whatever the text, what comes out is a cell or a LanguageError that points into the text."""

import re
import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from texts import TEXTS

from symrnn.errors import LanguageError
from symrnn.language.read import read_cell
from symrnn.language.words import FUNCTIONS, STATEMENTS
from symrnn.language.write import cell_text, without_notes

fuzz = settings(derandomize=True, deadline=None, max_examples=100, phases=[Phase.generate])

WORDS = (
    *STATEMENTS,
    *FUNCTIONS,
    "x",
    "h",
    "z",
    "W",
    "I",
    "H",
    "J",
    "t",
    "T",
    "sums to 1",
    "s",
    "lstm",
    "zero",
    "1",
    "0",
    "2.5",
    "1e9",
    "é",
    "\t",
)
SIGNS = (*"+-*/@()[],:=.#\n\n\n  ", "**", ".T", "[t-1]", " = ", "\r\n", "[0:H]")
STARTS = (
    "",
    "cell a\ninput x: I\nstate h: H\n",
    "cell a\nstate h: H\nh = ",
    "head a\ninput h: H\ntarget y: O\nJ = ",
    "cell a\ninput x: H\nstate h: H\nconst s: 1 = 0.5\nmask m: H\nh = m * x + s * ",
)


def check(text: str) -> None:
    try:
        cell = read_cell(text, "my.cell")
    except LanguageError as error:
        found = re.match(r"my\.cell:(\d+):(\d+): ", str(error))
        assert found, error
        line, column = map(int, found.groups())
        lines = (text.removeprefix("\ufeff") + "\n").replace("\r\n", "\n").split("\n")
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
    else:
        assert without_notes(read_cell(cell_text(cell))) == without_notes(cell)


@fuzz
@given(st.text())
def test_any_characters(text: str) -> None:
    check(text)


@fuzz
@given(st.sampled_from(STARTS), st.text())
def test_any_characters_after_a_header(start: str, text: str) -> None:
    check(start + text)


@fuzz
@given(st.sampled_from(STARTS), st.lists(st.sampled_from(WORDS + SIGNS), max_size=40))
def test_any_words(start: str, words: list[str]) -> None:
    check(start + "".join(words))


@fuzz
@given(st.sampled_from(STARTS), st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SIGNS)), max_size=20))
def test_words_between_signs(start: str, pairs: list[tuple[str, str]]) -> None:
    check(start + "".join(word + sign for word, sign in pairs))


@fuzz
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_a_cell_with_a_piece_changed(name: str, data: st.DataObject) -> None:
    text = TEXTS[name].strip()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    check(text[:start] + data.draw(st.sampled_from((*WORDS, *SIGNS, ""))) + text[end:])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 19_000,
        "(" * 9_000 + "x" + ")" * 9_000,
        "-" * 19_000 + "x",
        "x" + ".T" * 9_000,
        "x" + "[t]" * 6_000,
        "x" + " + x" * 4_900,
        "x" + " @ x" * 4_900,
        "x" + " ** 2" * 3_900,
        "tanh(" * 3_900,
        "concat(x" + ", x" * 6_000 + ")",
        "1" * 19_000,
        "1e" + "9" * 19_000,
        "1" + "e1" * 9_000,
        "w" * 19_000,
        "9 ** 99 * " * 1_900 + "x",
        " " * 19_000,
        "x" + "\n" * 19_000,
        "a + b\n" * 3_000,
        "".join(f"a{i}\nz{i} = " for i in range(1_300)) + "x",
        "h[t-" + "9" * 19_000 + "]",
        "x[0:" + "9" * 19_000 + "]",
        "x[0:" + "H+" * 9_000 + "H]",
        "x ** " + "9" * 19_000,
        "(((2 ** 99) ** 99) ** 99) * x",
        "((((2 * H) ** 99) ** 99) ** 99) * x",
        "max(" * 50 + "x" + ", x)" * 50,
        "max(x, " * 50 + "x" + ")" * 50,
    ],
)
def test_long_texts_are_refused_or_read_in_time(text: str) -> None:
    start = time.perf_counter()
    check("cell a\ninput x: I\nstate h: H\nh = " + text)
    assert time.perf_counter() - start < 10  # seconds; a few tenths on an idle machine


def test_nothing_of_a_text_is_executed(tmp_path: object) -> None:
    for text in (
        '__import__("os").abort()',
        "x.__class__",
        "eval(x)",
        "{x}",
        "`x`",
        "lambda: x",
        "x if x else x",
        "$(x)",
    ):
        with pytest.raises(LanguageError):
            read_cell("cell a\ninput x: I\nstate h: H\nh = " + text)
