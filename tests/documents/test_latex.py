"""The LaTeX compiles without a warning, whatever the text and however long the lines; text never acts."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from figures import figures, lstm_step, lstm_unrolled
from sample import sample

from symrnn.documents.document import (
    BREAK,
    Box,
    Display,
    Document,
    Figure,
    Items,
    Line,
    Listing,
    Paragraph,
    Section,
    Statement,
    Steps,
    Table,
    plain,
)
from symrnn.documents.drawings import to_picture, to_svg
from symrnn.documents.latex import to_latex
from symrnn.documents.tex import escape, escape_code

COMPLAINT = re.compile(r"Warning|Overfull|Underfull|^!", re.MULTILINE)
NASTY = (
    r"\input{secret} $x$ % gone {  } & # _ ^ ~ \end{document} -- --- `' \"q\" << >> !` a\\b \write18{ls} "
    "é ß Ł ÿ α ∂ ∘ − ᵀ 中 \U0001d489 \u200b \t [x] \\begin{align}"
)


def compiled(text: str, folder, runs: int = 2) -> str:
    """The log of pdflatex."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (folder / "document.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    for _ in range(runs):
        run = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60)
    log = (folder / "document.log").read_text(encoding="latin-1")
    assert run.returncode == 0, log[-3000:]
    return log.replace("infwarerr", "").replace("warning/error", "")


def complaints(log: str) -> list[str]:
    return [line for line in log.splitlines() if COMPLAINT.search(line)]


def test_the_sample_compiles_without_a_warning(tmp_path):
    assert not complaints(compiled(to_latex(sample(figures())), tmp_path))


def long_lines() -> tuple[Line, ...]:
    term = r"+ \bm{W}_{hh}^{\top} \operatorname{diag}\left( \bm{1} - \bm{h}^{(t+1)} \circ \bm{h}^{(t+1)} \right) \bar{\bm{z}}^{(t)}"
    marked = rf" {BREAK} ".join([term] * 7)
    return (
        Line(r"\bar{\bm{h}}^{(t)}", "=", marked, "a reason", "long", "1"),
        Line("", "=", " ".join([term] * 5), "a reason that goes on and on " * 5, "longer", "1.10"),
        Line("", "=", r"\left( \bm{a} \right) \bm{b} \circ " * 12 + r"\bm{c}"),
        Line(
            r"{\bar{\bm{s}}_{h}}_{[I]} + \left\langle " + "+".join([r"\bm{h}"] * 8) + r" \right\rangle",
            "=",
            " ".join([term] * 3),
        ),
        Line("", "=", r"\left\langle \bm{a} " + r"+ \bm{b}^{(t)} " * 30 + r" \right\rangle"),
        Line(r"\frac{\partial J}{\partial \bm{W}_{hh}}", r"\Rightarrow", r"\sum_{t=1}^{T} \bm{x}", "word " * 12),
    )


def hostile() -> Document:
    text = plain(NASTY)
    drawings = (("unrolled", lstm_unrolled()), ("step", lstm_step()))
    blocks = (
        Display(long_lines()[2:]),
        Steps(text, long_lines()[:2]),
        Paragraph(f"{text} and words between that let a line break `{text}` *{text}* @(here)"),
        Listing(NASTY + "\n\n\\end{listing}\n" + "long line " * 30, NASTY),
        Items((text, text)),
        Table(("*a*", "b"), ((text, text), ("a", "b")), text),
        Table(("a", "b"), (("$x$", "a short one"),)),
        Table(("a", "b"), (("$x$", "of a table longer than a page"),) * 90, "after it"),
        Table(("a rule", "b", "c"), ((r"one of many words", r"$" + r"a \circ b = " * 12 + "c$", "word " * 30),) * 3),
        Statement("Proof", text, (Display(long_lines()[2:]),)),
        Statement("Lemma", text, (Paragraph("x"), Box(text, long_lines()[2:])), "here"),
        Box(text, tuple(Line("a", "=", "b") for _ in range(70))),
        *(Figure(name, to_svg(drawing), text, NASTY, to_picture(drawing)) for name, drawing in drawings),
        Figure("none", "", text, NASTY),
    )
    return Document(text, text, text, (Section(text + " $x^2$", blocks, "nasty label %$#", (Section(text, ()),)),))


def test_hostile_text_and_long_lines_compile_without_a_warning(tmp_path):
    assert not complaints(compiled(to_latex(hostile()), tmp_path))


def test_a_warning_would_be_found(tmp_path):
    text = to_latex(sample()).replace(r"\end{document}", r"\noindent\hbox to 20cm{x}\ref{no}\end{document}")
    assert len(complaints(compiled(text, tmp_path, 1))) >= 2


@pytest.mark.parametrize("character", [chr(code) for code in range(32, 127)])
def test_every_ascii_character_is_escaped_or_harmless(character):
    active = set("\\{}$%&#_^~")
    for written in (escape(character), escape_code(character)):
        assert written != character if character in active else written


def test_every_letter_that_is_passed_through_is_in_the_face(tmp_path):
    letters = " ".join(chr(code) for code in range(0xA0, 0x180))
    assert not complaints(compiled(to_latex(Document("T", "", plain(letters), ())), tmp_path))


def test_a_figure_without_a_picture_leaves_no_trace():
    figure = Figure("f", "<svg/>", "the caption", "d")
    assert "caption}" not in to_latex(Document("T", "", "", (Section("S", (figure,)),)))
    assert "the caption" not in to_latex(Document("T", "", "", (Section("S", (figure,)),)))
