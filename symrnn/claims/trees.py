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


def places(formula: Any) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """Yield every part of a formula, with the function that puts something else in its place."""
    yield formula, lambda new: new
    for slot in getattr(formula, "__slots__", ()):
        value = getattr(formula, slot)
        if isinstance(value, Formula) and slot != "where":
            for part, put in places(value):
                yield part, _in_slot(formula, slot, put)
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            for number, row in enumerate(value):
                for index, item in enumerate(row):
                    for part, put in places(item):
                        yield part, _in_row(formula, slot, value, number, index, put)
        elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
            for index, item in enumerate(value):
                for part, put in places(item):
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


def mentions(formula: Any, name: str) -> bool:
    """Return whether a letter stands anywhere in a formula."""
    return name in letters(formula)


def letters(formula: Any) -> set[str]:
    """Return the names of the letters of a formula."""
    if isinstance(formula, f.Letter):
        return {formula.name}
    return {name for child in children(formula) for name in letters(child)}


__all__ = ["NotUnderstood", "children", "letters", "mentions", "place_of", "places", "rebuilt"]
