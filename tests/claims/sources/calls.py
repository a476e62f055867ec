"""How the parts of the transcriptions are put through `verify_text`: one call of it, and what it answers to each statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from symrnn import driver
from symrnn.claims.records import Judgement, Verdict
from symrnn.claims.verifying import verify_text
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell

Key = tuple[str, int, int]  # file, number, link
FOLDER = Path(__file__).parent
MARK = re.compile(r"^(?:%|#|<!--) \((\d+)\).*$", re.MULTILINE)
STRUCTURE = ("\\end{", "\\begin{", "\\section", "#")


def equations(*rows: str) -> str:
    """Return LaTeX with one equation on each row."""
    return "\\begin{align}\n" + " \\\\\n".join(rows) + "\n\\end{align}\n\n"


@dataclass(frozen=True)
class Call:
    """A call of `verify_text` on the formulas from `first` to `last` of a transcription.

    Fields:
        before: what the reader writes above them, in the notation of the source: its forward equations, where they stand elsewhere.
        put: what the reader spells in another way, as regular expressions and their replacements.
        cell, head: what they are about, as text or name; without them the forward equations say so.
        lets, names, sums: as for `verify_text`; names as pairs, the document's first.
    """

    file: str
    first: int
    last: int
    before: str = ""
    put: tuple[tuple[str, str], ...] = ()
    cell: str = ""
    head: str | None = None
    lets: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    sums: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is given to `verify_text`."""
        text = part(self.file, self.first, self.last)
        for pattern, replacement in self.put:
            text = re.sub(pattern, replacement, text)
        return self.before + text

    def judge(self, more: str = "") -> Judgement:
        """Return the answers, also to what is written below.

        Raises:
            SymrnnError: nothing of it could be read.
        """
        network = None
        if self.cell:
            network = driver.network(read_cell(self.cell) if "\n" in self.cell else self.cell, self.head)
        text = f"{self.text}\n{more}\n" if more else self.text
        return verify_text(text, network, lets=self.lets, names=dict(self.names), sums_to_one=self.sums)

    def answers(self) -> Iterator[tuple[Key, Verdict]]:
        """Yield the answers by file, number and link; what stands in front of the first mark is the reader's own."""
        marks = [(found.start(), int(found[1])) for found in MARK.finditer(self.text)]
        count: dict[int, int] = {}
        try:
            verdicts = self.judge().verdicts
        except SymrnnError:
            return  # that nothing was understood shows as missing answers
        for verdict in verdicts:
            number = max((n for start, n in marks if start <= verdict.where.start), default=0)
            if number and not verdict.text.startswith("#"):
                count[number] = count.get(number, 0) + 1
                yield (self.file, number, count[number]), verdict


def part(file: str, first: int, last: int) -> str:
    """Return a transcription with the formulas from `first` to `last` alone, and the headings."""
    text = (FOLDER / file).read_text("utf-8")
    if file == "004_numbers.txt":  # each number has its own data, in the same paragraph or in those before
        paragraphs = re.split(r"\n(?=# (?:Seed|RNNCell|GRUCell|LSTMCell|No seed))", text)
        text = "\n".join(one for one in paragraphs if any(first <= int(n) <= last for n in MARK.findall(one)))
    kept, inside = [], True
    for line in text.splitlines(keepends=True):
        mark = MARK.match(line)
        if mark:
            inside = first <= int(mark[1]) <= last
        elif not line.strip() or line.startswith(STRUCTURE):
            inside = True
        if inside:
            kept.append(line)
    return "".join(kept)
