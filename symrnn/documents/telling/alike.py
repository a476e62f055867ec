"""Parts of a network that are the same up to names: told once, and referred to.

Two parts are alike if their equations taken backwards have the same form with other names, sizes and the other direction of
steps. Then every line that was written for the first one holds for the second one with the names exchanged.
"""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.algebra.nodes import Leaf, Node, t
from symrnn.calculus.records import Derivation, Passage
from symrnn.documents.notation import leaf
from symrnn.documents.telling.stages import Part, parts
from symrnn.documents.telling.words import enumerated
from symrnn.model.network import Steps

Form = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """A part that is told as another one was: each name there with the name here."""

    pairs: tuple[tuple[Leaf, Leaf], ...]

    def words(self) -> str:
        """Return the exchange as a clause: one index for another, where that is all."""
        changed = [(there, here) for there, here in self.pairs if there != here]
        moves = [_endings(there.name, here.name) for there, here in changed]
        common = max(set(moves), key=moves.count) if moves else ("", "")
        rest = [pair for pair, move in zip(changed, moves, strict=True) if move != common]
        if not all(common) or len(rest) > len(changed) / 2:
            common, rest = ("", ""), changed
        words = [rf"the index $\mathrm{{{common[1]}}}$ in the place of $\mathrm{{{common[0]}}}$"] if all(common) else []
        words += [f"${_plain(here)}$ in the place of ${_plain(there)}$" for there, here in rest]
        return enumerated(words)


def _endings(there: str, here: str) -> tuple[str, str]:
    """Return the one part in which two names differ: z_h_1 and z_h_2f give 1 and 2f, h_1_new and h_2_new give 1 and 2."""
    old, new = there.split("_"), here.split("_")
    if len(old) != len(new):
        return "", ""
    found = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    return found[0] if len(found) == 1 and old[0] == new[0] else ("", "")


def _plain(of: Leaf) -> str:
    return leaf(of if of.time is None else of.at(t))


def form(passages: tuple[Passage, ...], direction: int) -> tuple[Form, tuple[Leaf, ...]]:
    """Return the equations of a part backwards without names, and the names in the order in which they were met."""
    names: dict[str, Leaf] = {}
    places: dict[str, int] = {}

    def bare(expr: object) -> object:
        if isinstance(expr, Leaf):
            names.setdefault(expr.name, expr)
            place = places.setdefault(expr.name, len(places))
            step = None if expr.time is None else direction * (expr.time - t) if expr.time.has(t) else expr.time
            return ("leaf", place, str(step), expr.is_column, expr.is_scalar_shape)
        if isinstance(expr, Node):
            parts = (bare(arg) if isinstance(arg, Node) else _other(arg) for arg in expr.args)
            return (type(expr).__name__, *parts)
        return _other(expr)

    found = tuple(
        (
            bare(one.equation.target),
            bare(one.equation.expr),
            *((bare(each.of), bare(each.gradient)) for each in one.contributions),
        )
        for one in passages
    )
    return found, tuple(names.values())


def _other(arg: object) -> str:
    """Return what is no matrix: a factor or a function counts, a size only by being zero or not."""
    symbols = getattr(arg, "free_symbols", None)
    return "size" if symbols else str(arg)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A part that was told: the numbers of its first and last equation, its direction, and how its names are exchanged."""

    first: str
    last: str
    direction: int
    names: Alike


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a network in the order of the sweep, with the part that was told before and has the same form."""

    part: Part
    passages: tuple[Passage, ...]
    before: Earlier | None


def outline(derivation: Derivation) -> tuple[Entry, ...]:
    """Return the parts of a network as they are told: last first, each form once."""
    network = derivation.network
    known: dict[Form, tuple[tuple[Passage, ...], int, tuple[Leaf, ...]]] = {}
    entries = []
    for part in reversed(parts(network)):
        passages = tuple(one for one in derivation.passages if one.equation.label in part.labels)
        when = network.stages[part.stage].when
        direction = when.direction if isinstance(when, Steps) else 1
        found, names = form(passages, direction)
        before = None
        if found in known and len(passages) > 1:
            told, way, theirs = known[found]
            numbers = [one.equation.label for one in told]
            before = Earlier(numbers[-1], numbers[0], way, Alike(tuple(zip(theirs, names, strict=True))))
        known.setdefault(found, (passages, direction, names))
        entries.append(Entry(part, passages, before))
    return tuple(entries)


def first_told(derivation: Derivation) -> frozenset[str]:
    """Return the numbers of the equations that are told and not referred to."""
    return frozenset(
        one.equation.label for entry in outline(derivation) if entry.before is None for one in entry.passages
    )
