"""A proof by induction, told: base, hypothesis, step, and how each side condition follows."""

from __future__ import annotations

from symrnn.algebra.domain import Obligation
from symrnn.algebra.induction import Discharged, InductionProof, ProofStep
from symrnn.documents.document import Display, Line, Paragraph, Statement
from symrnn.documents.notation import math, time


def proof(found: InductionProof) -> Statement:
    """Return an induction as a written proof."""
    index = time(found.index)
    opening = rf"By induction over ${index}$, from ${index} = {time(found.start)}$ downwards."
    base = rf"*Base, ${index} = {time(found.start)}$.* The closed form is"
    hypothesis = (
        rf"*Step.* Let $1 \le {index} \le {time(found.start)} - 1$ and assume the closed form at ${index} + 1$. By the recursion,"
    )
    blocks = (
        Paragraph(opening),
        Paragraph(base),
        Display(_lines(found.base)),
        Paragraph(hypothesis),
        Display(_lines(found.step)),
        Paragraph(rf"which is the closed form at ${index}$."),
    )
    return Statement("Proof", "", blocks)


def _lines(steps: tuple[ProofStep, ...]) -> tuple[Line, ...]:
    lines = [Line(math(steps[0].before), "=", math(steps[0].after), _reason(steps[0]))]
    lines += [Line("", "=", math(step.after), _reason(step)) for step in steps[1:] if step.after != step.before]
    return tuple(lines)


def _reason(step: ProofStep) -> str:
    conditions = [_condition(one) for one in step.obligations]
    return "; ".join([step.rule, *conditions])


def _condition(one: Discharged) -> str:
    return f"${_inequality(one.obligation)}$ since {_since(one)}"


def _inequality(obligation: Obligation) -> str:
    return rf"{time(obligation.low)} \le {time(obligation.high)}"


def _since(one: Discharged) -> str:
    if not one.domain.symbols:
        return "it holds at every step"
    return f"${str(one.domain).replace('≤', chr(92) + 'le ').replace('−', '-').replace(', ', ', ' + chr(92) + ' ')}$"
