"""Whatever the text, what comes out is a tree or a LanguageError, soon."""

import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from trees import LATEX, PLAIN

from symrnn.errors import LanguageError
from symrnn.language.formulas.document import read_document
from symrnn.language.formulas.latex import read_latex
from symrnn.language.formulas.plain import read_plain
from symrnn.language.formulas.write import as_latex, as_plain

fuzz = settings(derandomize=True, deadline=None, max_examples=150, phases=[Phase.generate])
PIECES = (  # one of each kind of sign, macro and bracket
    *(r"\frac", r"\partial", r"\mathbf", r"\hat", r"\left", r"\right", r"\sum", r"\tanh", r"\cdot", r"\odot", r"\top"),
    *(
        r"\nabla",
        r"\quad",
        r"\underbrace",
        r"\middle|",
        r"\rVert",
        r"\lVert",
        r"\begin{bmatrix}",
        r"\end{bmatrix}",
        r"\\",
    ),
    *(
        r"\text{a}",
        r"\text{for}",
        r"\label{a}",
        r"\newcommand",
        r"\a",
        r"\[",
        r"\]",
        r"\{",
        r"\}",
        r"\|",
        "$",
        "$$",
        "%",
    ),
    *"{}()[]_^'|&,;:<>/+-=\"dxW∂Σᵀ₁²ŷ`",
    *("h_t", "1", "12", "**", ".T", "sum(", "d(", "dL/dh", "..", "#1"),
)

LONG = {
    "brackets": "(" * 5_000 + "x" + ")" * 5_000,
    "braces": "{" * 5_000 + "x" + "}" * 5_000,
    "scripts": "x" + "^x" * 5_000,
    "nested scripts": "x" + "^{x" * 3_000 + "}" * 3_000,
    "functions": r"\log " * 3_000 + "x",
    "differentials": r"\partial " * 2_000 + "x",
    "marks": r"\hat" * 3_000 + " x",
    "fractions": r"\frac " * 3_000 + "1 " * 3_001,
    "primes": "x" + "'" * 9_000,
    "bars": "|" * 9_000,
    "signs": "+" * 9_000,
    "letters": "x" * 25_000,
    "dollars": "$" * 19_999,
    "backslashes": "\\" * 19_999,
    "spaces": "a" + " " * 15_000 + "b",
    "begins": r"\begin{bmatrix}" * 1_000,
    "displays": r"\[" * 90_000,
    "inline": r"\(" * 90_000 + "\n\n\\)",
    "environments": r"\begin{align}" * 14_000,
    "rows of spaces": "$$a" + " " * 180_000 + "= b$$",
    "a line of spaces": "a" + " " * 19_000 + "= b",
    "backticks": "`a" * 60_000 + "$",
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("read", [read_latex, read_plain, read_document])
def test_long_and_deep_texts_end_soon(read, name):
    start = time.perf_counter()
    try:
        read(LONG[name])
    except LanguageError as error:
        assert str(error).startswith(("formula:1:", "document:1:"))
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    "text", [r"\input{/etc/passwd}", r"\include{a}", r"\write18{ls}", r"\catcode`\@=11", r"\csname x\endcsname"]
)
def test_tex_that_acts_is_refused(text):
    with pytest.raises(LanguageError, match=r"not read in a formula"):
        read_latex(text)
    (line,) = read_document(f"${text}$")
    assert line.formula is None
    assert "not read in a formula" in line.problem


@pytest.mark.parametrize("text", ["__import__('os').system('x')", "(lambda: 0)()", "{}.__class__.__mro__", "eval(x)"])
def test_python_is_only_letters(text):
    for read in (read_latex, read_plain):
        try:
            as_plain(read(text))
        except LanguageError:
            continue


def test_limits():
    with pytest.raises(LanguageError, match="20001 characters; at most 20000"):
        read_latex("x" * 20_001)
    with pytest.raises(LanguageError, match="more than 8000 signs"):
        read_latex("x" * 9_000)
    with pytest.raises(LanguageError, match="more than 60 levels of brackets"):
        read_plain("(" * 61)
    with pytest.raises(LanguageError, match="more than 200 levels deep"):
        read_latex(r"\log " * 300 + "x")
    with pytest.raises(LanguageError, match="200001 characters; at most 200000"):
        read_document("x" * 200_001)
    (line,) = read_document(f"${'x ' * 15_000}$")
    assert "at most 20000" in line.problem


def test_macros_cannot_explode():
    doubling = "".join(f"\\newcommand{{\\m{chr(97 + i)}}}{{\\m{chr(98 + i)}\\m{chr(98 + i)}}}" for i in range(18))
    (line,) = read_document(doubling + r"\newcommand{\ms}{x}$\ma$")
    assert line.formula is None
    assert "too long" in line.problem


@pytest.mark.parametrize("read", [read_latex, read_plain, read_document])
def test_any_pieces_end_in_a_tree_or_an_error(read):
    @fuzz
    @given(st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from(["", " "]))
    def check(pieces, space):
        try:
            read(space.join(pieces))
        except LanguageError as error:
            assert str(error).startswith(("formula:", "document:"))

    check()


@pytest.mark.parametrize("read", [read_latex, read_plain, read_document])
def test_any_characters_end_in_a_tree_or_an_error(read):
    @fuzz
    @given(st.text(max_size=40))
    def check(text):
        try:
            read(text)
        except LanguageError as error:
            assert str(error).startswith(("formula:", "document:"))

    check()


def test_every_beginning_of_a_formula_ends_in_a_tree_or_an_error():
    for read, texts in ((read_latex, LATEX), (read_plain, PLAIN)):
        for text in texts:
            for end in range(0, len(text), 3):
                try:
                    as_latex(read(text[:end]))
                except LanguageError:
                    continue


def test_reading_is_fast():
    text = "\n\n".join(f"$${one}$$" for one in LATEX * 12)
    read_document(text[:2_000])
    start = time.perf_counter()
    lines = read_document(text)
    assert len(lines) >= len(LATEX) * 12
    assert time.perf_counter() - start < 20e-5 * len(text)  # ten times what an idle machine needs
