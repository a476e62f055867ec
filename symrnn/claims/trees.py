"""Ways through formulas: their parts, and formulas with a part exchanged; and the error that points into one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from symrnn.errors import LanguageError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula, Place


class NotUnderstood(LanguageError):
    """A formula, or a sign in it, has no meaning here; `where` is its place, `help` what would give it one."""

    def __init__(self, message: str, where: Place = f.NOWHERE, help: str = "") -> None:
        super().__init__(message)
        self.where, self.help = where, help


def place_of(formula: Any) -> Place:
    """Return where a formula stands."""
    return getattr(formula, "where", f.NOWHERE)


def children(formula: Any) -> tuple[Formula, ...]:
    """Return the formulas inside a formula, in order."""
    found: list[Formula] = []
    for slot in getattr(formula, "__slots__", ()):
        value = getattr(formula, slot)
        if isinstance(value, Formula):
            found.append(value)
        elif isinstance(value, tuple):
            flat = [item for row in value for item in row] if value and isinstance(value[0], tuple) else value
            found += [item for item in flat if isinstance(item, Formula)]
    return tuple(found)


def rebuilt(formula: Any, change: Callable[[Any], Any]) -> Any:
    """Return a formula with every formula inside it changed."""
    changes: dict[str, Any] = {}
    for slot in getattr(formula, "__slots__", ()):
        value = getattr(formula, slot)
        if isinstance(value, Formula):
            changes[slot] = change(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            changes[slot] = tuple(tuple(change(item) for item in row) for row in value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
            changes[slot] = tuple(change(item) for item in value)
    return replace(formula, **changes) if changes else formula


SCRIPTS = ("sub", "sup", "index", "low", "high", "when", "power")


def places(formula: Any, scripts: bool = True) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """Yield every part of a formula, with the function that puts something else in its place; on demand not those in scripts."""
    yield formula, lambda new: new
    for slot in getattr(formula, "__slots__", ()):
        if not scripts and slot in SCRIPTS:
            continue
        value = getattr(formula, slot)
        if isinstance(value, Formula) and slot != "where":
            for part, put in places(value, scripts):
                yield part, _in_slot(formula, slot, put)
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            for number, row in enumerate(value):
                for index, item in enumerate(row):
                    for part, put in places(item, scripts):
                        yield part, _in_row(formula, slot, value, number, index, put)
        elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
            for index, item in enumerate(value):
                for part, put in places(item, scripts):
                    yield part, _in_tuple(formula, slot, value, index, put)


def _in_slot(formula: Any, slot: str, put: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda new: replace(formula, **{slot: put(new)})


def _in_tuple(
    formula: Any, slot: str, value: tuple[Any, ...], index: int, put: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    return lambda new: replace(formula, **{slot: (*value[:index], put(new), *value[index + 1 :])})


def _in_row(
    formula: Any, slot: str, value: tuple[Any, ...], number: int, index: int, put: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    def within(new: Any) -> Any:
        row = (*value[number][:index], put(new), *value[number][index + 1 :])
        return replace(formula, **{slot: (*value[:number], row, *value[number + 1 :])})

    return within


def shifted(step: Formula, by: int) -> Formula | None:
    """Return a step moved by one: t → t + 1, t − 1 → t."""
    if isinstance(step, f.Group):
        inner = shifted(step.body, by)
        return None if inner is None else replace(step, body=inner)
    if isinstance(step, f.Number) and step.text.isdigit():
        value = int(step.text) + by
        return f.Number(str(value)) if value >= 0 else None
    base: Formula = step
    offset = 0
    if isinstance(step, f.Total):
        if len(step.terms) != 2 or not isinstance(step.terms[1], f.Number):
            return None
        base, offset = step.terms[0], int(step.terms[1].text) * (1 if step.signs[1] == "+" else -1)
    offset += by
    if offset == 0:
        return base
    return f.Total((base, f.Number(str(abs(offset)))), ("+", "+" if offset > 0 else "-"))


def with_step(part: Any, old: Formula, new: Formula) -> Any:
    """Return a symbol with its step exchanged, wherever it stands."""
    if part == old:
        return new
    if isinstance(part, f.Scripted):
        changes = {
            slot: with_step(getattr(part, slot), old, new)
            for slot in ("base", "sub", "sup")
            if getattr(part, slot) is not None
        }
        return replace(part, **changes)
    if isinstance(part, f.Group):
        return replace(part, body=with_step(part.body, old, new))
    if isinstance(part, f.Product) and "," in part.signs:
        return replace(part, factors=tuple(with_step(one, old, new) for one in part.factors))
    return part


def moved(formula: Any, letter: str, by: int) -> Any:
    """Return a formula in which every script that is a step relative to `letter` is `by` later: h_t becomes h_{t+1}."""
    if isinstance(formula, f.Scripted):
        sub, sup = (_moved_script(script, letter, by) for script in (formula.sub, formula.sup))
        return replace(formula, base=moved(formula.base, letter, by), sub=sub, sup=sup)
    return rebuilt(formula, lambda part: moved(part, letter, by))


def _moved_script(script: Any, letter: str, by: int) -> Any:
    if isinstance(script, f.Product) and "," in script.signs:
        return replace(script, factors=tuple(_moved_script(factor, letter, by) for factor in script.factors))
    if isinstance(script, f.Group):
        return replace(script, body=_moved_script(script.body, letter, by))
    first = script.terms[0] if isinstance(script, f.Total) else script
    if not isinstance(first, f.Letter) or first.name != letter:
        return script
    found = script
    for _ in range(abs(by)):
        step = shifted(found, 1 if by > 0 else -1)
        if step is None:
            return script
        found = step
    return found


def mentions(formula: Any, name: str) -> bool:
    """Return whether a letter stands anywhere in a formula."""
    return name in letters(formula)


def letters(formula: Any) -> set[str]:
    """Return the names of the letters of a formula."""
    if isinstance(formula, f.Letter):
        return {formula.name}
    return {name for child in children(formula) for name in letters(child)}


__all__ = [
    "NotUnderstood",
    "children",
    "letters",
    "mentions",
    "moved",
    "place_of",
    "places",
    "rebuilt",
    "shifted",
    "with_step",
]
