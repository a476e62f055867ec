"""The loss of a document: of a step, or the sum over all steps, perhaps by a factor; of anything else nothing is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sympy import Rational

from symrnn.algebra.nodes import T
from symrnn.claims.spelling import sort_scripts
from symrnn.claims.symbols import open_to
from symrnn.claims.trees import every_part, letters
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

LOSSES = ("J", "L", "E", "ell", "C", "loss", "Loss")
UNKNOWN = "the total loss is not a multiple of the sum of the losses of all steps: nothing is said of it"


def loss_form(formula: Formula, step: str = "t") -> tuple[Formula, Formula] | None:
    """Return (c, l_t) for a total loss c Σ_t l_t over all steps; None for any other form. c is 1 where it is not written."""
    if isinstance(formula, f.Group):
        return loss_form(formula.body, step)
    if isinstance(formula, f.Total) and len(formula.terms) == 1 and formula.signs == ("-",):
        found = loss_form(formula.terms[0], step)
        return None if found is None else (found[0], f.Group(f.Total((found[1],), ("-",))))
    if isinstance(formula, f.Big):
        over_steps = formula.kind == "sum" and isinstance(formula.index, f.Letter) and formula.index.name == step
        whole = formula.low in (None, f.Number("1")) and (formula.high is None or _is_last(formula.high))
        return (f.Number("1"), formula.body) if over_steps and whole else None
    if isinstance(formula, f.Product) and isinstance(formula.factors[-1], f.Big):
        found = loss_form(formula.factors[-1], step)
        front = formula.factors[0] if len(formula.factors) == 2 else f.Product(formula.factors[:-1], formula.signs[:-1])
        numbers = all(name == "T" for name in letters(front))
        return (front, found[1]) if found is not None and numbers else None
    return None


def _is_last(formula: Formula) -> bool:
    base = formula.base if isinstance(formula, f.Scripted) else formula
    return isinstance(base, f.Letter) and base.name == "T"


def total_losses(chains: Iterable[f.Chain], step: str = "t") -> Iterator[Formula]:
    """Yield what a document sets the total loss equal to, where that is no loss of one step."""
    for chain in chains:
        spelt = sort_scripts(chain.parts[0], open_to(lambda name: True, step))
        if spelt is not None and spelt.step is None and spelt.name in LOSSES and chain.relations[0] in ("=", ":="):
            right = chain.parts[1]
            steps = {inner.name for part in every_part(right) if (inner := _script_letter(part)) is not None}
            if loss_form(right, step) is not None or steps - {step} or _has_sum(right, step):
                yield right


def _script_letter(part: Any) -> f.Letter | None:
    """Return the letter that stands alone as a script: T of L_T."""
    script = part.sub if isinstance(part, f.Scripted) else None
    return script if isinstance(script, f.Letter) and script.name in ("T", "t") else None


def _has_sum(formula: Formula, step: str) -> bool:
    sums = (part.index for part in every_part(formula) if isinstance(part, f.Big))
    return any(isinstance(index, f.Letter) and index.name == step for index in sums)


def is_loss_of_step(body: Formula, name: str) -> bool:
    """Return whether a formula is no more than the loss of a step under its name, L_t or L_t(y_t, target_t)."""
    while isinstance(body, f.Scripted | f.Group):
        body = body.base if isinstance(body, f.Scripted) else body.body
    if isinstance(body, f.Product) and len(body.factors) == 2 and isinstance(body.factors[1], f.Group):
        body = body.factors[0].base if isinstance(body.factors[0], f.Scripted) else body.factors[0]
    return isinstance(body, f.Letter) and body.name == name


def options(chains: Iterable[f.Chain], step: str = "t") -> dict[str, Any]:
    """Return what a context has to know of the total loss: its factor, or that nothing can be said of it."""
    for right in total_losses(chains, step):
        form = loss_form(right, step)
        if form is None:
            return {"no_total": UNKNOWN}
        if form[0] != f.Number("1"):
            return {"scale": _number(form[0])}
    return {}


def _number(formula: Formula) -> Any:
    if isinstance(formula, f.Ratio):
        return _number(formula.above) / _number(formula.below)
    if isinstance(formula, f.Group):
        return _number(formula.body)
    if isinstance(formula, f.Product):
        value: Any = 1
        for sign, factor in zip(("", *formula.signs), formula.factors, strict=True):
            value = value / _number(factor) if sign == "/" else value * _number(factor)
        return value
    return Rational(formula.text) if isinstance(formula, f.Number) else T


__all__ = ["LOSSES", "is_loss_of_step", "loss_form", "options", "total_losses"]
