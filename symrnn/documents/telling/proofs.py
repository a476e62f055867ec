"""A proof by induction, told: base, hypothesis, step, and how each side condition follows."""

from __future__ import annotations

from dataclasses import replace

from sympy import expand

from symrnn.algebra.domain import Domain, at_most
from symrnn.algebra.induction import Discharged, InductionProof, ProofStep
from symrnn.algebra.nodes import Node
from symrnn.algebra.time import Binder
from symrnn.documents.document import Display, Line, Paragraph, Statement
from symrnn.documents.notation import math, time

_NEUTRAL = ("drop the identity", "drop the zero")
_WORDS = {
    "a range of one step is its term": "one term remains",
    "push the factor into the sum": "the factor moved into the sum",
    "absorb the factor on the left": "the factor joins the product as its first",
    "absorb the factor on the right": "the factor joins the product as its last",
    "take the first term out": "the first term, and the rest of the sum",
    "take the last term out": "the last term, and the rest of the sum",
    "the recursion": "recursion",
    "the induction hypothesis": "induction hypothesis",
}


def proof(found: InductionProof) -> Statement:
    """Return an induction as a written proof."""
    index, start = time(found.index), time(found.start)
    opening = rf"By induction over ${index}$, from ${index} = {start}$ downwards. *Base, ${index} = {start}$.* The closed form is"
    hypothesis = (
        rf"which is ${math(found.base[-1].after)}$, the start of the recursion. *Step.* Let $1 \le {index} \le {start} - 1$, "
        rf"and let the closed form hold at ${index} + 1$. Then"
    )
    blocks = (
        Paragraph(opening),
        Display(_lines(found.base)),
        Paragraph(hypothesis),
        Display(_lines(found.step)),
        Paragraph(rf"which is the closed form at ${index}$."),
    )
    return Statement("Proof", "", blocks)


def _lines(steps: tuple[ProofStep, ...]) -> tuple[Line, ...]:
    told = _merged(tuple(step for step in steps if step.after != step.before))
    lines = [Line(math(told[0].before), "=", math(told[0].after), _reason(told[0]))]
    return (*lines, *(Line("", "=", math(step.after), _reason(step)) for step in told[1:]))


def _merged(steps: tuple[ProofStep, ...]) -> tuple[ProofStep, ...]:
    """Join a step that only drops a neutral element, or puts one in, with the step that made it, or uses it."""
    told: list[ProofStep] = []
    waiting: ProofStep | None = None
    for step in steps:
        if waiting is not None:
            step, waiting = replace(step, before=waiting.before), None
        if step.rule in _NEUTRAL and told and _is_shorter(step):
            told[-1] = replace(told[-1], after=step.after)
        elif step.rule in _NEUTRAL and not _is_shorter(step):
            waiting = step
        else:
            told.append(step)
    return tuple(told if waiting is None else [*told, waiting])


def _is_shorter(step: ProofStep) -> bool:
    return len(str(step.after)) < len(str(step.before))


def _reason(step: ProofStep) -> str:
    conditions = dict.fromkeys(_condition(one, step.before) for one in step.obligations if not _is_plain(one))
    return "; ".join([_WORDS.get(step.rule, step.rule), *conditions])


def _is_plain(one: Discharged) -> bool:
    """Return whether an inequality holds whatever the steps are: t ≤ t."""
    gap = expand(one.obligation.high - one.obligation.low)
    return bool(gap.is_number and gap >= 0)


def _condition(one: Discharged, before: Node) -> str:
    written = rf"{time(one.obligation.low)} \le {time(one.obligation.high)}"
    if _in_range(one, before):
        return f"${written}$ in the range of the sum"
    return f"${written}$, because ${_text(one.domain)}$"


def _in_range(one: Discharged, expr: Node) -> bool:
    """Return whether a condition follows from the range of a sum or product over time alone."""
    if isinstance(expr, Binder) and expr.index in one.obligation.low.free_symbols | one.obligation.high.free_symbols:
        inside = Domain.of(at_most(expr.low, expr.index), at_most(expr.index, expr.high))
        if inside.implies(one.obligation):
            return True
    return any(_in_range(one, arg) for arg in expr.args if isinstance(arg, Node))


def _text(domain: Domain) -> str:
    return str(domain).replace("≤", r"\le ").replace("−", "-").replace(", ", r",\ ")
