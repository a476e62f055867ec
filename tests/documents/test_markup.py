"""The markup says what it says, and user text says itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symrnn.documents.document import plain
from symrnn.documents.markup import Code, Emphasis, Mathematics, Reference, Words, parse, references, words
from symrnn.errors import SymrnnError


def test_every_mark_is_read():
    assert parse("a $x_1$ *b `c` $y$* `d*` @(z.h)") == (
        Words("a "),
        Mathematics("x_1"),
        Words(" "),
        Emphasis((Words("b "), Code("c"), Words(" "), Mathematics("y"))),
        Words(" "),
        Code("d*"),
        Words(" "),
        Reference("z.h"),
    )


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text())
def test_plain_text_reads_as_itself(text):
    assert parse(plain(text)) == ((Words(text),) if text else ())


@settings(derandomize=True, deadline=None)
@given(st.text(min_size=1))
def test_plain_text_in_code_reads_as_itself(text):
    assert parse(f"`{plain(text)}`") == (Code(text),)


def test_backslashes_inside_mathematics_belong_to_latex():
    assert parse(r"$\bm{x}\$$") == (Mathematics(r"\bm{x}\$"),)


@pytest.mark.parametrize("text", ["cost $5", "a *b", "`a", "@ home", "@(", "@()", r"\alpha", "a\\", "$$", "**"])
def test_an_open_mark_is_an_error_that_says_where(text):
    with pytest.raises(SymrnnError, match="character"):
        parse(text)


def test_references_inside_emphasis_count():
    assert references("@(a) *see @(b)*") == ("a", "b")


def test_words_drop_the_marks():
    assert words(r"the *state* $\bar{\bm{h}}^{(t)}$ of `c`") == "the state h\u0304^(t) of c"
