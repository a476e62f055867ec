"""What the answers are called, and everything about a judgement that each way of telling it says in the same words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from symrnn.claims.context import OPTIONS, Reading
from symrnn.claims.judging import CONVENTIONS
from symrnn.claims.records import Answer, Difference, Judgement, Repair, Verdict
from symrnn.claims.trees import rebuilt
from symrnn.language.formulas.nodes import Chain, Group, Letter, Number, Product, Ratio, Scripted
from symrnn.language.formulas.write import as_plain

# What would steer a terminal, or change the order in which text is shown: signs that no statement has.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
WRONG = (Answer.REFUTED, Answer.ILL_TYPED, Answer.CONDITION)
ATOMS = Letter | Number | Scripted | Group
RIGHT_STATUS, WRONG_STATUS, UNKNOWN_STATUS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Look:
    """How an answer appears: a word, a sign, and the tone that chooses the colour: right, usage, wrong, unknown or quiet."""

    word: str
    sign: str
    tone: str


LOOKS = {
    Answer.PROVED: Look("Proved", "✓", "right"),
    Answer.AGREES: Look("Agrees", "≈", "right"),
    Answer.CONVENTION: Look("Right under a convention", "◐", "usage"),
    Answer.CONDITION: Look("Right under a condition only", "✗", "wrong"),
    Answer.REFUTED: Look("Refuted", "✗", "wrong"),
    Answer.ILL_TYPED: Look("Ill-typed", "✗", "wrong"),
    Answer.NOT_UNDERSTOOD: Look("Not understood", "?", "unknown"),
    Answer.DEFINITION: Look("Definition", "≔", "quiet"),
}


def harmless(text: str) -> str:
    """Return a text with a sign of replacement for everything that would not be shown but act."""
    return _CONTROL.sub("\ufffd", text)


def escaped_controls(json: str) -> str:
    """Return JSON with the same signs as escapes; they stand in its strings only."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def exit_status(judgement: Judgement) -> int:
    """Return 0 when every statement is right, 1 when one is wrong, 2 when one was not understood or there is none."""
    answers = [verdict.answer for verdict in judgement.verdicts]
    if any(answer in WRONG for answer in answers):
        return WRONG_STATUS
    return RIGHT_STATUS if answers and all(answer.is_right for answer in answers) else UNKNOWN_STATUS


def line(verdict: Verdict) -> int:
    """Return the line of the text on which a statement stands; without a place, the number of its formula."""
    return verdict.where.line or verdict.line


def counted(judgement: Judgement) -> dict[Answer, int]:
    """Return how often each answer was given, all answers in the order of `Answer`."""
    found = Counter(verdict.answer for verdict in judgement.verdicts)
    return {answer: found[answer] for answer in Answer}


def summary(judgement: Judgement) -> str:
    """Return the whole in one sentence: the counts, and where it first goes wrong."""
    total = len(judgement.verdicts)
    counts = [f"{count} {answer_words(answer)}" for answer, count in counted(judgement).items() if count]
    text = f"{total} statement{'' if total == 1 else 's'}: {', '.join(counts)}" if total else "no statement was found"
    first = judgement.first_wrong
    return text if first is None else f"{text}; first wrong: line {line(first)}"


def answer_words(answer: Answer) -> str:
    """Return an answer as it stands in a sentence after a number."""
    return "definitions" if answer is Answer.DEFINITION else LOOKS[answer].word.lower()


def conventions(reading: Reading) -> tuple[str, ...]:
    """Return the conventions of a document in words: its layout always, of the others what is unusual."""
    usual = Reading()
    names = [name for name in OPTIONS if name == "layout" or getattr(reading, name) != getattr(usual, name)]
    return tuple(CONVENTIONS[name, getattr(reading, name)] for name in names)


def assumptions(judgement: Judgement) -> tuple[str, ...]:
    """Return everything that some proof uses."""
    return tuple(dict.fromkeys(one for verdict in judgement.verdicts for one in verdict.assumptions))


def case(difference: Difference) -> str:
    """Return the sizes and steps of a counterexample: "T = 2, t = 1, I = 1, H = 2"."""
    sizes = sorted(difference.sizes, key=lambda one: str(one[0]) != "T")  # how long it is, then where, then how large
    long, large = sizes[:1], sizes[1:]
    return ", ".join(f"{symbol} = {value}" for symbol, value in (*long, *difference.steps, *large))


def numbers(difference: Difference) -> tuple[str, str]:
    """Return both numbers of a counterexample, in as many digits as tell them apart."""
    for digits in (6, 9, 12, 17):
        left, right = f"{difference.left:.{digits}g}", f"{difference.right:.{digits}g}"
        if left != right:
            break
    return left, right


def entry(difference: Difference) -> str:
    """Return which entry of the matrices a counterexample shows."""
    return f"entry ({difference.entry[0] + 1}, {difference.entry[1] + 1})"


def kinds(repair: Repair) -> str:
    """Return the classes of mistake that a repair undoes."""
    return " and ".join(repair.kinds)


def mended(verdict: Verdict, repair: Repair) -> Chain:
    """Return the whole statement as a repair makes it: its formula is that of the right side, or a statement already."""
    if isinstance(repair.formula, Chain) or not isinstance(verdict.formula, Chain):
        return repair.formula if isinstance(repair.formula, Chain) else Chain((repair.formula,), ())
    return Chain((verdict.formula.parts[0], repair.formula), verdict.formula.relations[:1])


def on_one_line(formula: Any) -> Any:
    """Return a formula with a / b for fractions, where the notation of fractions would be {a}/{b}."""
    found = rebuilt(formula, on_one_line)
    if not isinstance(found, Ratio):
        return found
    sides = (side if isinstance(side, ATOMS) else Group(side) for side in (found.above, found.below))
    return Product(tuple(sides), ("/",))


def offered(verdict: Verdict) -> tuple[tuple[Repair, Chain], ...]:
    """Return the repairs with the statements that they make, the best first; of those that differ in brackets only, one."""
    if verdict.formula is not None and not isinstance(verdict.formula, Chain):
        return ()
    found: dict[str, tuple[Repair, Chain]] = {}
    for repair in verdict.repairs:
        after = mended(verdict, repair)
        text = as_plain(after)
        bare = re.sub(r"[(){} ]", "", text)
        if bare not in found or len(text) < len(as_plain(found[bare][1])):
            found[bare] = (repair, after)
    return tuple(found.values())
