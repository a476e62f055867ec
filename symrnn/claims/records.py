"""What is claimed and what is answered. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sympy import Symbol

from symrnn.algebra.nodes import Node
from symrnn.claims.context import Reading
from symrnn.language.formulas.nodes import NOWHERE, Formula, Place


class Answer(Enum):
    """What is said of one statement."""

    PROVED = "proved"  # for all sizes and all numbers of steps
    AGREES = "agrees"  # not decided by proof; independent samples agree
    CONVENTION = "right under a convention"
    CONDITION = "right under a condition"
    REFUTED = "refuted"
    ILL_TYPED = "ill-typed"
    NOT_UNDERSTOOD = "not understood"
    DEFINITION = "definition"

    @property
    def is_right(self) -> bool:
        """Whether the statement stands, perhaps under a convention that is named."""
        return self in (Answer.PROVED, Answer.AGREES, Answer.CONVENTION, Answer.DEFINITION)


@dataclass(frozen=True, slots=True)
class Statement:
    """One equation as it was read.

    Fields:
        left, right: the two sides. reading: by which meanings.
        asked: the options of the reading that mattered; notes: what was settled by shapes.
        scalars: letters that stand for any number. relation: "=", or that one side bounds the other.
    """

    left: Node
    right: Node
    reading: Reading
    asked: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    scalars: tuple[Symbol, ...] = ()
    relation: str = "="


@dataclass(frozen=True, slots=True)
class Difference:
    """Numbers for which two sides differ: sizes and steps, the entry with the largest difference, and both values there."""

    sizes: tuple[tuple[Symbol, int], ...]
    steps: tuple[tuple[Symbol, int], ...]
    entry: tuple[int, int]
    left: float
    right: float
    relative: float

    def __str__(self) -> str:
        numbers = ", ".join(f"{symbol} = {value}" for symbol, value in (*self.sizes, *self.steps))
        entry = f"entry ({self.entry[0] + 1}, {self.entry[1] + 1})"
        return f"at {numbers}: {entry} is {self.left:.6g} on the left and {self.right:.6g} on the right"


@dataclass(frozen=True, slots=True)
class Repair:
    """A way to make a wrong statement right.

    Fields:
        kinds: the classes of mistake that were undone, in order. words: what was changed, in one sentence.
        formula: the statement mended, in the author's notation. answer: what is said of it then.
        edits: how many changes.
    """

    kinds: tuple[str, ...]
    words: str
    formula: Formula
    answer: Answer
    edits: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one statement.

    Fields:
        answer, reason: what is said, and why in one sentence.
        formula, text, where: the statement, as a tree, as it was written, and its place.
        statement: how it was read, if it could be.
        samples: how many independent samples agreed. proof: how it was proved, in words.
        difference: the smallest counterexample that was found.
        convention: under which the statement is right. conditions: under which it holds although it is wrong in general.
        repairs: the smallest ones, best first. assumptions: what the proof uses.
        line: the number of the formula in the document.
    """

    answer: Answer
    reason: str
    formula: Formula | None = None
    text: str = ""
    where: Place = NOWHERE
    statement: Statement | None = None
    samples: int = 0
    proof: str = ""
    difference: Difference | None = None
    convention: str = ""
    conditions: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    notes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    line: int = 0

    @property
    def kind(self) -> str:
        """The class of the mistake: that of the best repair."""
        return " and ".join(self.repairs[0].kinds) if self.repairs else ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answers to a document.

    Fields:
        verdicts: one for each statement, in order. reading: the conventions of the document.
        cell: the recurrence that the statements are about, as text. source: the name of the document.
        lets: definitions that were given in addition to its own.
    """

    verdicts: tuple[Verdict, ...]
    reading: Reading
    cell: str = ""
    source: str = ""
    spelling: Mapping[str, str] = field(default_factory=dict)
    lets: tuple[Formula, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether no statement is wrong, ill-typed or not understood."""
        return all(verdict.answer.is_right for verdict in self.verdicts)

    @property
    def first_wrong(self) -> Verdict | None:
        """The first statement that is refuted or ill-typed."""
        wrong = (Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION)
        return next((verdict for verdict in self.verdicts if verdict.answer in wrong), None)


__all__ = ["Answer", "Difference", "Judgement", "Repair", "Statement", "Verdict"]
