"""A judgement as JSON. Names and meanings of the fields stay as they are; what is added gets a new name.

format         "symrnn.verdict", version 1
source         the name of the document
right          whether every statement is right
exit_status    0, 1 or 2, as `symrnn verify` ends
summary        the whole in one sentence
counts         answer → how often, for every answer there is
first_wrong    the `number` of the first wrong statement, or null
recurrence     what the statements are about: about (the name of a given network, or null) and text
conventions    of the document: layout, weights, route, product, flat, held, slope, first, and words, a list of sentences
names          name in the document → name in the recurrence, where they differ
given          definitions that were given in addition, as plain text
statements     a list, in order:
  number         from 1; formula: the number of the formula in the document, which several statements share in a chain
  place          line and column from 1, start and end in characters from 0; null if it is not known
  text           as it was written; latex and plain: as it was understood, null if it could not be read
  answer         "proved", "agrees", "right under a convention", "right under a condition", "refuted", "ill-typed",
                 "not understood" or "definition"; right: whether the statement stands
  reason         one sentence; proof: how it was proved; assumptions: what the proof uses; samples: how many agreed
  convention     under which it is right, or by which it was read; conditions: under which it holds although it is wrong
  notes          what was settled by shapes or by the other equations
  read_as        left, right, layout, …: the reading of this statement; null if there is none
  mistake        the classes of mistake of the best repair, a list
  counterexample sizes {name: number}, steps {name: number}, entry [row, column] from 1, left, right, relative (the difference
                 by the largest entry; numbers that are not finite are null); null if there is none
  repairs        a list, the best first: kinds, words, edits, answer, latex and plain of the whole statement, and latex_right
                 and plain_right of its right side
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from typing import Any

from symrnn.claims.context import Reading
from symrnn.claims.records import Difference, Judgement, Repair, Verdict
from symrnn.claims.telling import words
from symrnn.claims.telling.plain import spelt
from symrnn.language.formulas.nodes import NOWHERE, Chain
from symrnn.language.formulas.write import as_latex

FORMAT, VERSION = "symrnn.verdict", 1


def to_json(judgement: Judgement, about: str = "") -> str:
    """Return the judgement as JSON, with the fields that the module names."""
    found = json.dumps(as_record(judgement, about), indent=2, ensure_ascii=False, allow_nan=False)
    return words.escaped_controls(found) + "\n"


def as_record(judgement: Judgement, about: str = "") -> dict[str, Any]:
    """Return the judgement as what JSON is made of."""
    verdicts, first = judgement.verdicts, judgement.first_wrong
    return {
        "format": FORMAT,
        "version": VERSION,
        "source": judgement.source,
        "right": judgement.is_right,
        "exit_status": words.exit_status(judgement),
        "summary": words.summary(judgement),
        "counts": {answer.value: count for answer, count in words.counted(judgement).items()},
        "first_wrong": next((place for place, one in enumerate(verdicts, 1) if one is first), None),
        "recurrence": {"about": about or None, "text": judgement.cell},
        "conventions": {**_reading(judgement.reading), "words": list(words.conventions(judgement.reading))},
        "names": dict(judgement.spelling),
        "given": [spelt(let) for let in judgement.lets],
        "statements": [_statement(verdict, place) for place, verdict in enumerate(verdicts, 1)],
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {field.name: getattr(reading, field.name) for field in fields(reading)}


def _statement(verdict: Verdict, number: int) -> dict[str, Any]:
    formula, read = verdict.formula, verdict.statement
    return {
        "number": number,
        "formula": verdict.line,
        "place": None if verdict.where == NOWHERE else asdict(verdict.where),
        "text": verdict.text,
        "latex": None if formula is None else as_latex(formula),
        "plain": None if formula is None else spelt(formula),
        "answer": verdict.answer.value,
        "right": verdict.answer.is_right,
        "reason": verdict.reason,
        "proof": verdict.proof,
        "assumptions": list(verdict.assumptions),
        "samples": verdict.samples,
        "convention": verdict.convention,
        "conditions": list(verdict.conditions),
        "notes": list(verdict.notes),
        "read_as": None
        if read is None
        else {"left": repr(read.left), "right": repr(read.right), **_reading(read.reading)},
        "mistake": list(verdict.repairs[0].kinds) if verdict.repairs else [],
        "counterexample": None if verdict.difference is None else _counterexample(verdict.difference),
        "repairs": [_repair(repair, after) for repair, after in words.offered(verdict)],
    }


def _counterexample(difference: Difference) -> dict[str, Any]:
    return {
        "sizes": {str(symbol): int(value) for symbol, value in difference.sizes},
        "steps": {str(symbol): int(value) for symbol, value in difference.steps},
        "entry": [place + 1 for place in difference.entry],
        "left": _finite(difference.left),
        "right": _finite(difference.right),
        "relative": _finite(difference.relative),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _repair(repair: Repair, after: Chain) -> dict[str, Any]:
    right = after.parts[-1]
    return {
        "kinds": list(repair.kinds),
        "words": repair.words,
        "edits": repair.edits,
        "answer": repair.answer.value,
        "latex": as_latex(after),
        "plain": spelt(after),
        "latex_right": as_latex(right),
        "plain_right": spelt(right),
    }
