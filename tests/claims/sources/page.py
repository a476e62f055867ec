"""generated/verdicts: what symrnn says of the five documents, as Markdown, from the transcriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agreement import ACCUSES, BY_KEY, answered
from calls import Key
from statement import WRONG
from table import SOURCE_CALLS

from symrnn.claims.records import Answer, Verdict
from symrnn.language.formulas.write import as_latex

SOURCES = {
    "000": "notes on a formal proof: the reverse pass of one cell is the adjoint of its derivative",
    "001": "notes on programming a recurrent network, a batch in rows",
    "002": "notes on deriving the gradients of a plain recurrent network by differentials, derivatives as rows",
    "003": "lesson notes on recurrent networks: recursions, closed forms, norms, worked examples, exercises",
    "004": "notes on recurrent cells, with the outputs of a library",
}
PREFIX = {"002_words.tex": "w", "004_numbers.txt": "n"}  # of what a source says in words, and of what it prints
WRONG_ANSWERS = (*ACCUSES, Answer.CONDITION)
WORDS = {
    Answer.PROVED: "right, proved",
    Answer.AGREES: "right in every sample",
    Answer.DEFINITION: "definition",
    Answer.NOT_UNDERSTOOD: "not understood",
}
INTRODUCTION = """\
# Verdicts on five documents

symrnn has read the formulas of five documents about recurrent networks. Each page lists every statement with the answer; this
page lists every error that was found. A counterexample names sizes, steps, the entry, and the numbers on both sides of the
statement as it is printed. The tests hold each answer against evidence that was made without symrnn.

* *right, proved*: for all sizes and every number of steps; *right in every sample*: not decided by proof;
* *right under a convention*: with the meaning of the symbols that is named;
* *wrong*: with a counterexample, or because the shapes do not fit;
* *not understood*: nothing is said of it. What is wrong there was found by hand and is listed apart.
"""


@dataclass(frozen=True)
class Row:
    """One statement on a page."""

    name: str
    key: Key
    verdict: Verdict

    @property
    def formula(self) -> str:
        """The statement as LaTeX between dollars, or as it is written where it could not be read."""
        return said_in_latex(as_latex(self.verdict.formula)) if self.verdict.formula else "–"

    @property
    def is_error(self) -> bool:
        """Whether symrnn calls it wrong, and it is."""
        return self.verdict.answer in WRONG_ANSWERS


def rows(source: str) -> Iterator[Row]:
    """Yield the statements of a source, in its order."""
    files = dict.fromkeys(call.file for call in SOURCE_CALLS if call.file.startswith(source))
    for file in files:
        found = {key: verdict for call in SOURCE_CALLS if call.file == file for key, verdict in answered(call).items()}
        links = {key[1]: max(one[2] for one in found if one[1] == key[1]) for key in found}
        for key in sorted(found):
            link = f".{key[2]}" if links[key[1]] > 1 else ""
            yield Row(f"{PREFIX.get(file, '')}{key[1]}{link}", key, found[key])


def said_in_latex(text: str) -> str:
    """Return a formula between dollars that can stand in a table."""
    text = re.sub(r"\\\|", r"\\Vert ", text).replace("|", r"\vert ")
    return f"$`{' '.join(text.split())}`$"


def _plain_or_latex(text: str) -> str:
    if "\\" in text:
        return said_in_latex(text)
    return f"`{text}`" if re.search(r"[=·∂\[\]⇒^]", text) else text


def page(source: str) -> str:
    """Return the page of a source."""
    found = list(rows(source))
    conventions: dict[str, str] = {}
    for row in found:
        if row.verdict.convention:
            conventions.setdefault(row.verdict.convention, f"{chr(ord('A') + len(conventions))}")
    table = [f"| {row.name} | {row.formula} | {_answer(row, conventions)} |" for row in found]
    parts = [
        f"# Source {source}: {SOURCES[source]}",
        "A number after a point is a link of a chain of equations."
        + (" *w*: said in words." if source == "002" else "")
        + (" *n*: printed numbers." if source == "004" else ""),
        "\n".join(("| number | statement | answer |", "| --- | --- | --- |", *table)),
    ]
    if conventions:
        parts += ["## Conventions", "\n".join(f"* **{letter}**: {text}" for text, letter in conventions.items())]
    parts += [f"## Errors\n\n{text}" for text in [_errors(found)] if text]
    parts += [f"## Found by hand, not by symrnn\n\n{text}" for text in [_by_hand(found)] if text]
    return "\n\n".join(parts) + "\n"


def _answer(row: Row, conventions: dict[str, str]) -> str:
    verdict = row.verdict
    if verdict.answer is Answer.CONVENTION:
        return f"right under {conventions[verdict.convention]}"
    if verdict.answer in WRONG_ANSWERS:
        return f"**wrong**: {_kind(verdict)}"
    if verdict.assumptions:
        return f"{WORDS[verdict.answer]}, if {' and '.join(verdict.assumptions)}"
    return "right to the printed digits" if "digits" in verdict.reason else WORDS[verdict.answer]


def _kind(verdict: Verdict) -> str:
    if verdict.answer is Answer.CONDITION:
        return "right only under a condition"
    named = verdict.kind if verdict.kind != "something else" else ""
    return named or ("the shapes do not fit" if verdict.answer is Answer.ILL_TYPED else "of no class that is known")


def _errors(found: list[Row]) -> str:
    return "\n".join(_error(row) for row in found if row.is_error)


def _error(row: Row) -> str:
    verdict = row.verdict
    lines = [f"* **({row.name})** {row.formula}", f"  * class: {_kind(verdict)}"]
    if verdict.repairs and verdict.formula is not None:
        mended = as_latex(verdict.repairs[0].formula)
        if "=" in mended:
            lines.append(f"  * corrected: {said_in_latex(mended)}")
        else:
            lines.append(f"  * corrected: the right side is {said_in_latex(mended)}")
    shown = verdict.reason if "digits" not in verdict.reason else str(verdict.difference)
    label = "shapes" if verdict.answer is Answer.ILL_TYPED else "counterexample"
    lines.append(f"  * {label}: {shown}")
    if verdict.conditions:
        lines.append(f"  * hidden by: {', '.join(verdict.conditions)}")
    return "\n".join(lines)


def _by_hand(found: list[Row]) -> str:
    lines = []
    for row in found:
        said = BY_KEY[row.key]
        if said.truth == WRONG and row.verdict.answer not in WRONG_ANSWERS:
            why = (
                "right as arithmetic with the numbers printed before it"
                if row.verdict.answer.is_right
                else "not understood"
            )
            name = said.mistake or "no class"
            lines.append(f"* ({row.name}) {name}; correct: {_plain_or_latex(said.correct)}. For symrnn: {why}.")
    return "\n".join(lines)


def index() -> str:
    """Return the page that lists all errors."""
    parts = [INTRODUCTION, _counts()]
    for source in SOURCES:
        found = list(rows(source))
        errors = _errors(found) or "No error was found."
        parts.append(f"## [Source {source}](source_{source}.md): {SOURCES[source]}\n\n{errors}")
        parts += [f"Found by hand, not by symrnn:\n\n{text}" for text in [_by_hand(found)] if text]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _counts() -> str:
    columns = (
        ("definitions", lambda row: row.verdict.answer is Answer.DEFINITION),
        ("right", lambda row: row.verdict.answer in (Answer.PROVED, Answer.AGREES)),
        ("right under a convention", lambda row: row.verdict.answer is Answer.CONVENTION),
        ("wrong", lambda row: row.is_error),
        ("not understood", lambda row: row.verdict.answer is Answer.NOT_UNDERSTOOD),
    )
    lines = [
        "| source | statements | " + " | ".join(name for name, _ in columns) + " |",
        "| --- " * (len(columns) + 2) + "|",
    ]
    for source in SOURCES:
        found = list(rows(source))
        numbers = (sum(map(counted, found)) for _, counted in columns)
        lines.append(f"| [{source}](source_{source}.md) | {len(found)} | " + " | ".join(map(str, numbers)) + " |")
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Return the files of generated/verdicts."""
    return {"README.md": index(), **{f"source_{source}.md": page(source) for source in SOURCES}}


__all__ = ["pages"]
