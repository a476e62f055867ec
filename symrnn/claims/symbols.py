"""The symbols of formulas before anything has a meaning: which have steps, which are read one step back, which letter a step is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symrnn.claims.spelling import Known, sort_scripts
from symrnn.claims.trees import children, every_part, letters, mentions
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula


def step_letter(formulas: Iterable[Formula]) -> str:
    """Return the letter that a document uses for the current step: the one that stands most often in scripts such as t − 1."""
    every = list(formulas)
    plain = [one for one in every if not any(isinstance(part, f.Derivative | f.Nabla) for part in every_part(one))]
    counts: dict[str, int] = {"t": 0}
    for part in (part for formula in plain or every for part in every_part(formula)):
        if isinstance(part, f.Scripted):
            for script in (part.sub, part.sup):
                inner = script.body if isinstance(script, f.Group) else script
                if isinstance(inner, f.Total) and len(inner.terms) == 2 and isinstance(inner.terms[0], f.Letter):
                    name = inner.terms[0].name
                    counts[name] = counts.get(name, 0) + 1
    counts.pop("T", None)
    return max(counts, key=lambda name: (counts[name], name == "t"))


def moving_names(formulas: Iterable[Formula], step: str = "t") -> frozenset[str]:
    """Return the names that stand with the current step somewhere, or with one relative to it."""
    found: set[str] = set()
    for formula in formulas:
        _collect_moving(formula, step, found)
    return frozenset(found)


def _collect_moving(formula: Any, step: str, found: set[str], entry: str | None = None) -> None:
    if isinstance(formula, f.Big) and isinstance(formula.index, f.Letter) and formula.index.name != step:
        entry = formula.index.name
    if isinstance(formula, f.Scripted):
        spelt = sort_scripts(formula, open_to(lambda name: True, step, entry))
        if spelt is not None and spelt.step is not None and mentions(spelt.step, step):
            found.add(spelt.name)
    for child in children(formula):
        _collect_moving(child, step, found, entry)


def names_in(formula: Formula | None, step: str = "t") -> set[str]:
    """Return the names of the symbols of a formula, as if all of them had steps; dX and X_bar speak of X."""
    found: set[str] = set()
    for part in every_part(formula) if formula is not None else ():
        if isinstance(part, f.Letter | f.Scripted):
            spelt = sort_scripts(part, open_to(lambda name: True, step))
            if spelt is not None:
                found |= {spelt.name, spelt.name.removeprefix("d"), spelt.name.removesuffix("_bar")}
    return found


def differentiated(formulas: Iterable[Formula]) -> frozenset[str]:
    """Return the letters above the line of derivatives, and behind nablas."""
    signs = [part for one in formulas for part in every_part(one) if isinstance(part, f.Derivative | f.Nabla)]
    return frozenset(name for sign in signs if sign.of is not None for name in letters(sign.of))


def lagged_names(formulas: Iterable[Formula], step: str = "t") -> frozenset[str]:
    """Return the names that stand at the step before: they are states, whatever they are called."""
    found = set()
    earlier = f.Total((f.Letter(step), f.Number("1")), ("+", "-"))
    plain = [one for one in formulas if not any(isinstance(part, f.Derivative | f.Nabla) for part in every_part(one))]
    for part in (part for formula in plain for part in every_part(formula)):
        if isinstance(part, f.Scripted):
            spelt = sort_scripts(part, open_to(lambda name: True, step))
            inner = spelt.step.body if spelt is not None and isinstance(spelt.step, f.Group) else spelt and spelt.step
            if spelt is not None and inner == earlier:
                found.add(spelt.name)
    return frozenset(found)


def open_to(moves: Any, step: str, entry: str | None = None) -> Known:
    """Return what the sorting of scripts asks, where only steps are known."""
    return Known(moves, lambda name: name in (step, "T"), lambda name: name == entry, lambda name: False)


__all__ = ["differentiated", "lagged_names", "moving_names", "names_in", "open_to", "step_letter"]
