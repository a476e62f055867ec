"""Answers held against the evidence: complaints about one statement, none if both say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from calls import Call, Key
from expected import STATEMENTS
from known import ARITHMETIC, CLASSES, CONDITION_NOT_NAMED, CONVENTIONS, NOT_NAMED, READ_SO, UNREAD
from statement import DEFINITION, ONLY_IF, RIGHT, UNDER, WRONG, Statement

from symrnn.claims.records import Answer, Verdict

BY_KEY: Mapping[Key, Statement] = {(one.file, one.number, one.link): one for one in STATEMENTS}
NOTHING = Verdict(Answer.NOT_UNDERSTOOD, "no formula was found")
WORST = (
    Answer.REFUTED,
    Answer.ILL_TYPED,
    Answer.CONDITION,
    Answer.NOT_UNDERSTOOD,
    Answer.CONVENTION,
    Answer.AGREES,
    Answer.PROVED,
    Answer.DEFINITION,
)
PASSES = (Answer.PROVED, Answer.AGREES)
ACCUSES = (Answer.REFUTED, Answer.ILL_TYPED)
STANDS = (RIGHT, DEFINITION, UNDER.strip(" :"))


@cache
def answered(call: Call) -> dict[Key, Verdict]:
    """Return one answer for every statement of a call; where a statement was read as several, the worst of them."""
    wanted = [key for key in BY_KEY if key[0] == call.file and call.first <= key[1] <= call.last]
    found = dict(call.answers())
    for key in [key for key in found if key not in BY_KEY]:
        first = (key[0], key[1], 1)
        found[first] = min(found[first], found.pop(key), key=lambda one: WORST.index(one.answer))
    return {key: found.get(key, NOTHING) for key in wanted}


def complaints(key: Key, verdict: Verdict) -> Iterator[str]:
    """Yield what is wrong with an answer, as far as it does not need the document again."""
    said = BY_KEY[key]
    unread = key in {one for group in UNREAD.values() for one in group}
    if unread != (verdict.answer is Answer.NOT_UNDERSTOOD):
        yield f"not in the table of what is not understood: {verdict.reason}" if not unread else "understood now"
    if said.truth == WRONG and verdict.answer.is_right != (key in ARITHMETIC):
        yield f"wrong, but {verdict.answer.value}" if key not in ARITHMETIC else "no longer passes as arithmetic"
    if said.verdict in STANDS and verdict.answer in ACCUSES:
        yield f"right, but {verdict.answer.value}: {verdict.reason}"
    yield from _condition(key, said, verdict)
    yield from _convention(said, verdict)
    yield from _class(key, said, verdict)


def _condition(key: Key, said: Statement, verdict: Verdict) -> Iterator[str]:
    silent = (
        said.verdict == ONLY_IF.strip()
        and verdict.answer.is_right
        and not verdict.assumptions
        and not verdict.convention
    )
    if silent != (key in CONDITION_NOT_NAMED):
        yield f"{said.truth}, but {verdict.answer.value}" if silent else "the condition is named now"


def _convention(said: Statement, verdict: Verdict) -> Iterator[str]:
    if not said.truth.startswith(UNDER) or verdict.answer not in (*PASSES, Answer.CONVENTION):
        return
    wanted = said.truth.removeprefix(UNDER)
    if verdict.convention and CONVENTIONS.get(wanted, "nothing") not in verdict.convention:
        yield f"right under {wanted}, but the answer names {verdict.convention}"
    if not verdict.convention and wanted not in READ_SO:
        yield f"right under {wanted}, but {verdict.answer.value} without it"


def _class(key: Key, said: Statement, verdict: Verdict) -> Iterator[str]:
    if said.truth != WRONG or verdict.answer not in (*ACCUSES, Answer.CONDITION):
        return
    named = verdict.kind in CLASSES.get(said.mistake, ())
    if named == (key in NOT_NAMED):
        yield f"the class is {said.mistake}, found {verdict.kind or 'none'}" if not named else "the class is named now"


__all__ = ["ACCUSES", "BY_KEY", "PASSES", "answered", "complaints"]
