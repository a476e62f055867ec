"""Ways through formulas: their parts, and formulas with a part exchanged; and the error that points into one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from symrnn.errors import LanguageError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula, Place
from symrnn.language.formulas.signs import BY_ENTRIES


class NotUnderstood(LanguageError):
    """A formula, or a sign in it, has no meaning here; `where` is its place, `help` what would give it one."""

    def __init__(self, message: str, where: Place = f.NOWHERE, help: str = "") -> None:
        super().__init__(message)
        self.where, self.help = where, help


def place_of(formula: Any) -> Place:
    """Return where a formula stands."""
    return getattr(formula, "where", f.NOWHERE)


Path = tuple[tuple[Any, ...], ...]  # from a formula down to a part: at each turn the slot, and the places in its tuples


def children(formula: Any) -> tuple[Formula, ...]:
    """Return the formulas inside a formula, in order."""
    return tuple(part for _, part in turns(formula))


def turns(formula: Any) -> Iterator[tuple[tuple[Any, ...], Formula]]:
    """Yield the formulas inside a formula, each with its slot and its places in the tuples there."""
    for slot in getattr(formula, "__slots__", ()):
        value = getattr(formula, slot)
        if isinstance(value, Formula):
            yield (slot,), value
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            yield from (((slot, i, j), item) for i, row in enumerate(value) for j, item in enumerate(row))
        elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
            yield from (((slot, i), item) for i, item in enumerate(value))


def rebuilt(formula: Any, change: Callable[[Any], Any]) -> Any:
    """Return a formula with every formula inside it changed; the formula itself if none is."""
    changes: dict[str, Any] = {}
    for slot in getattr(formula, "__slots__", ()):
        value = getattr(formula, slot)
        if isinstance(value, Formula):
            changes[slot] = change(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], tuple):
            changes[slot] = tuple(tuple(change(item) for item in row) for row in value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
            changes[slot] = tuple(change(item) for item in value)
    is_same = all(_is_same(getattr(formula, slot), value) for slot, value in changes.items())
    return formula if is_same else replace(formula, **changes)


def _is_same(old: Any, new: Any) -> bool:
    if isinstance(old, tuple):
        return len(old) == len(new) and all(map(_is_same, old, new))
    return old is new


SCRIPTS = ("sub", "sup", "index", "low", "high", "when", "power")


def spots(formula: Any, scripts: bool = True, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every part of a formula with the path to it, the formula itself first; on demand not those in scripts."""
    yield path, formula
    for turn, part in turns(formula):
        if scripts or turn[0] not in SCRIPTS:
            yield from spots(part, scripts, (*path, turn))


def part_at(formula: Any, path: Path) -> Any:
    """Return what stands at the end of a path."""
    for slot, *indices in path:
        formula = getattr(formula, slot)
        for index in indices:
            formula = formula[index]
    return formula


def replaced(formula: Any, path: Path, new: Any) -> Any:
    """Return a formula with something else at the end of a path."""
    if not path:
        return new
    (slot, *places), rest = path[0], path[1:]
    return replace(formula, **{slot: _with(getattr(formula, slot), places, lambda old: replaced(old, rest, new))})


def _with(value: Any, places: list[int], change: Callable[[Any], Any]) -> Any:
    if not places:
        return change(value)
    first, *rest = places
    return (*value[:first], _with(value[first], rest, change), *value[first + 1 :])


def every_part(formula: Any) -> Iterator[Any]:
    """Yield every part of a formula, the formula itself first."""
    for _, part in spots(formula):
        yield part


class Numbering:
    """Numbers for formulas, equal for equal ones: quicker to compare than the formulas, where many share their parts."""

    def __init__(self) -> None:
        self._by_identity: dict[int, tuple[Formula, int]] = {}
        self._by_parts: dict[tuple[Any, ...], int] = {}

    def of(self, formula: Any) -> int:
        """Return the number of a formula."""
        known = self._by_identity.get(id(formula))
        if known is None:
            fields = (getattr(formula, one.name) for one in dataclasses.fields(formula) if one.compare)
            parts = (type(formula), *(self._key(value) for value in fields))
            known = formula, self._by_parts.setdefault(parts, len(self._by_parts))
            self._by_identity[id(formula)] = known
        return known[1]

    def _key(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._key(one) for one in value)
        return ("#", self.of(value)) if isinstance(value, Formula) else value


def flat(formula: Any) -> Any:
    """Return a formula in which products of one kind without brackets between them are one product: a ⊙ (b ⊙ c)."""
    found = rebuilt(formula, flat)
    if not isinstance(found, f.Product):
        return found
    factors: list[Formula] = []
    signs: list[str] = []
    kind = _kind(found.signs)
    for index, factor in enumerate(found.factors):
        signs += found.signs[index - 1 : index]
        if isinstance(factor, f.Product) and kind != "" and _kind(factor.signs) == kind:
            factors += factor.factors
            signs += factor.signs
        else:
            factors.append(factor)
    return replace(found, factors=tuple(factors), signs=tuple(signs))


def _kind(signs: tuple[str, ...]) -> str:
    """Return which product all signs of a product are, the same between all factors."""
    kinds = {"entries" if sign in BY_ENTRIES else "matrices" if sign == "" else "" for sign in signs}
    return kinds.pop() if len(kinds) == 1 else ""


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
    "Numbering",
    "Path",
    "children",
    "every_part",
    "flat",
    "letters",
    "mentions",
    "moved",
    "part_at",
    "place_of",
    "rebuilt",
    "replaced",
    "shifted",
    "spots",
    "turns",
    "with_step",
]
