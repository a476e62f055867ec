"""The verdict on a function that computes gradients, as a page and as JSON; as text it prints itself.

The fields of the JSON:

    format          "symrnn.function-verdict", version 1
    function        its name; network: what it was held against
    answer          "agrees", "refuted" or "not understood"; right: whether it agrees; exit_status: 0, 1 or 2
    message         why it was not understood; samples: on how many it agrees
    results         a list: name, shape, error (the largest relative one), right, where, theirs, true
    convention      the reading in which it was understood, a list of sentences
    diagnoses       a list of explanations, each complete by itself: a list of mistakes with kind, words, equations
    repair          what to write, a list of lines
    counterexample  sizes, result, index from 0, theirs, true; null if there is none
    hidden          the conditions under which nobody would have noticed; forward, remarks: lists of sentences

Numbers that are not finite are null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from html import escape
from typing import Any

from symrnn.claims.records import Answer
from symrnn.claims.telling.page import description, page
from symrnn.claims.telling.words import LOOKS, RIGHT_STATUS, UNKNOWN_STATUS, WRONG_STATUS, escaped_controls
from symrnn.verify.functions.verdict import AGREES, NOT_UNDERSTOOD, REFUTED, Diagnosis, FunctionVerdict, ResultRow

FORMAT, VERSION = "symrnn.function-verdict", 1
_ANSWERS = {AGREES: Answer.AGREES, REFUTED: Answer.REFUTED, NOT_UNDERSTOOD: Answer.NOT_UNDERSTOOD}
_STATUS = {AGREES: RIGHT_STATUS, REFUTED: WRONG_STATUS, NOT_UNDERSTOOD: UNKNOWN_STATUS}


def exit_status(verdict: FunctionVerdict) -> int:
    """Return 0 when the function is right, 1 when it is wrong, 2 when it was not understood."""
    return _STATUS[verdict.answer]


def function_json(verdict: FunctionVerdict) -> str:
    """Return the verdict as JSON, with the fields that the module names."""
    small = verdict.counterexample
    found = {
        "format": FORMAT,
        "version": VERSION,
        "function": verdict.function,
        "network": verdict.network,
        "answer": _ANSWERS[verdict.answer].value,
        "right": verdict.agrees,
        "exit_status": exit_status(verdict),
        "message": verdict.message,
        "samples": verdict.samples,
        "results": [_result(row) for row in verdict.rows],
        "convention": list(verdict.convention),
        "diagnoses": [_diagnosis(one) for one in _diagnoses(verdict)],
        "repair": list(verdict.repair),
        "counterexample": None
        if small is None
        else {
            "sizes": small.sizes,
            "result": small.result,
            "index": [int(place) for place in small.index],
            "theirs": _finite(small.theirs),
            "true": _finite(small.true),
        },
        "hidden": list(verdict.hidden),
        "forward": list(verdict.forward),
        "remarks": list(verdict.remarks),
    }
    return escaped_controls(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _result(row: ResultRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "shape": [int(size) for size in row.shape],
        "error": _finite(row.error),
        "right": bool(row.right),
        "where": row.where,
        "theirs": _finite(row.theirs),
        "true": _finite(row.true),
    }


def _diagnoses(verdict: FunctionVerdict) -> tuple[Diagnosis, ...]:
    """Return the explanations, of those with the same mistakes in another order the first."""
    return tuple({frozenset(one.mistakes): one for one in reversed(verdict.diagnosis)}.values())[::-1]


def _diagnosis(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "words": one.words, "equations": list(one.equations)} for one in diagnosis.mistakes]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def function_html(verdict: FunctionVerdict) -> str:
    """Return the verdict as a complete HTML file."""
    look = LOOKS[_ANSWERS[verdict.answer]]
    chip = f'<li class="{look.tone}"><span class="sign" aria-hidden="true">{look.sign}</span> {look.word}</li>\n'
    on = f" on {verdict.samples} samples" if verdict.agrees else ""
    told = f'<p class="first">Held against {escape(verdict.network)}{on}.</p>\n'
    told += f"<p>{escape(verdict.message)}</p>\n" if verdict.message else ""
    mistakes = "".join(_mistakes(one, place) for place, one in enumerate(_diagnoses(verdict)))
    return page(
        f"Verdict on {verdict.function}",
        f"The verdict on <code>{escape(verdict.function)}</code>",
        f'<ul class="counts">\n{chip}</ul>\n{told}',
        "",
        f"{_table(verdict)}{mistakes}{description(_said(verdict))}",
    )


def _table(verdict: FunctionVerdict) -> str:
    if not verdict.rows:
        return ""
    head = "".join(f'<th scope="col">{one}</th>' for one in ("result", "shape", "answer", "error", "largest at"))
    rows = "".join(_table_row(row) for row in verdict.rows)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
    return f'<div class="scroll results" tabindex="0">\n{table}\n</div>\n'


def _table_row(row: ResultRow) -> str:
    look = LOOKS[Answer.AGREES if row.right else Answer.REFUTED]
    answer = f'<span class="sign" aria-hidden="true">{look.sign}</span> {"right" if row.right else "wrong"}'
    where = "" if row.right else f"{row.where}: {row.theirs:.6g}, true {row.true:.6g}".replace(" -", " −")
    cells = (row.name, "×".join(map(str, row.shape)) or "scalar", "", f"{row.error:.1e}".replace("e-", "e−"), where)
    shown = [f"<td>{escape(cell)}</td>" for cell in cells]
    shown[2] = f'<td class="tone">{answer}</td>'
    return f'<tr class="{look.tone}">{"".join(shown)}</tr>\n'


def _mistakes(diagnosis: Diagnosis, place: int) -> str:
    parts = "".join(
        f'<p class="kind"><b>{escape(one.kind)}</b>: {escape(one.words)}</p>\n'
        + (f'<pre tabindex="0"><code>{escape(chr(10).join(one.equations))}</code></pre>\n' if one.equations else "")
        for one in diagnosis.mistakes
    )
    return f'<div class="repair fault">\n<p class="label">{"Or" if place else "What is wrong"}</p>\n{parts}</div>\n'


def _said(verdict: FunctionVerdict) -> Iterator[tuple[str, str]]:
    if verdict.repair:
        yield "Write", f'<pre tabindex="0"><code>{escape(chr(10).join(verdict.repair))}</code></pre>'
    if verdict.counterexample is not None:
        yield "Shown by", escape(str(verdict.counterexample))
    for label, lines in (
        ("Hidden by", verdict.hidden),
        ("Read as", verdict.convention),
        ("Forward", verdict.forward),
        ("Remark", verdict.remarks),
    ):
        if lines:
            yield label, "<br>".join(map(escape, lines))
