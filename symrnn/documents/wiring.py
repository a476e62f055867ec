"""What the drawing of a composed network shows, before anything has a place: parts, what each one reads, and rows.

    given    a label at the bottom: an input            start    a box in front of the first step: a computed initial state
    cell     a box per step, its state along the row    begin    a label there: an initial state that is given, or zero
    glue     a thin box: quantities put together        prior    the same for what is fed back from another part
    head     a box                                      loss     a box where the loss sits
                                                        sum      one box over all steps: the loss of them all

A part stands at every step of its group, or `at` one place of it: the `first` step, the `last`, `before` the first or
`after` the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from symrnn.errors import SymrnnError

KINDS = ("given", "cell", "glue", "head", "loss", "start", "begin", "prior", "sum")
PLACES = ("", "first", "last", "before", "after")
_BESIDE = ("start", "begin", "prior")  # they stand beside the columns


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that are counted by the same length; `leading` are drawn before the dots and the last one.

    No steps but one are drawn when `leading` is 0: they are called by their `length`.
    """

    length: str
    leading: int = 2

    @property
    def times(self) -> tuple[str, ...]:
        """Return the steps that are drawn."""
        return (*(str(step) for step in range(1, self.leading + 1)), self.length)


@dataclass(frozen=True, slots=True)
class Part:
    """A box or a label: `names` are the quantities that it puts out, `note` is printed in it.

    `beside` are given quantities without an adjoint that it reads at its step. The states of a cell go to the next step, of
    one before it in `direction` -1.
    """

    key: str
    kind: str
    group: str
    at: str = ""
    names: tuple[str, ...] = ()
    note: str = ""
    beside: tuple[str, ...] = ()
    direction: int = 1

    @property
    def in_column(self) -> bool:
        """Tell whether it stands in a column of its group."""
        return self.kind not in _BESIDE


@dataclass(frozen=True, slots=True)
class Read:
    """The `target` reads `names` of the `source`: of the same step, or of one step (`at`), or of the step before (`lag`).

    What comes `back` are the adjoints of these, or of some of them, or nothing.
    """

    source: str
    target: str
    names: tuple[str, ...]
    back: tuple[str, ...] = ()
    lag: int = 0
    at: str = ""

    @property
    def adjoint(self) -> bool:
        """Tell whether anything comes back."""
        return bool(self.back)


@dataclass(frozen=True)  # without slots: what is looked up often is kept
class Wiring:
    """All parts in the order of evaluation, and all reads between them; a state is a read of a part by itself."""

    groups: tuple[Group, ...]
    parts: tuple[Part, ...]
    reads: tuple[Read, ...]
    title: str = "the network, unrolled"

    def __post_init__(self) -> None:
        keys = [part.key for part in self.parts]
        for part in self.parts:
            if part.kind not in KINDS or part.at not in PLACES or keys.count(part.key) > 1:
                raise SymrnnError(
                    f"drawing: part {part.key!r} of kind {part.kind!r} at {part.at!r}: keys are unique, kinds "
                    f"{', '.join(KINDS)}, places {', '.join(PLACES[1:])}"
                )
            self.group(part.group)
        for read in self.reads:
            for end in (read.source, read.target):
                self.part(end)

    @cached_property
    def _by_key(self) -> dict[str, Part]:
        return {part.key: part for part in self.parts}

    @cached_property
    def _drawn(self) -> tuple[tuple[Read, str], ...]:
        return tuple((read, self.way(read)) for read in self.reads)

    def part(self, key: str) -> Part:
        """Return a part by its key."""
        found = self._by_key.get(key)
        if found is None:
            raise SymrnnError(
                f"drawing: there is no part {key!r}; there are {', '.join(part.key for part in self.parts)}"
            )
        return found

    def group(self, length: str) -> Group:
        """Return a group by its length."""
        found = next((group for group in self.groups if group.length == length), None)
        if found is None:
            raise SymrnnError(f"drawing: there is no group {length!r}")
        return found

    def way(self, read: Read) -> str:
        """Return how a read is drawn.

        up: in a column. rail: along a row, to the next step. back: to the next step of another part. begin, enter: from an
        initial value to the first step. hand: to a computed initial state. bus: from one step to every step, or to another.
        """
        source, target = self.part(read.source), self.part(read.target)
        if source.kind in _BESIDE:
            return "enter" if source.kind == "prior" else "begin"
        if target.kind == "start":
            return "hand"
        if read.lag:
            return "rail" if source.key == target.key else "back"
        if source.group == target.group and self.place(read) == target.at and source.at in ("", target.at):
            return "up"
        return "bus"

    def place(self, read: Read) -> str:
        """Return the place at which the source is read: the same step, or one."""
        return read.at or self.part(read.source).at

    def ways(self, *kinds: str) -> Iterator[Read]:
        """Yield the reads that are drawn in one of these ways."""
        for read, way in self._drawn:
            if way in kinds:
                yield read


def rows(wiring: Wiring) -> dict[str, int]:
    """Return the row of every part in a column, from the bottom.

    The parts of a group stand in the order of evaluation, each in a row of its own; only labels and thin boxes share one. A
    cell that starts where another one ends stands in the same row, if that is possible; no row has boxes of two kinds.
    """
    classes = _classes(wiring)
    found = _placed(wiring, classes)
    return found if found is not None else _placed(wiring, {}) or {}


def _classes(wiring: Wiring) -> dict[str, str]:
    """Return for each cell that takes over the state of another one, which it is: the last of them."""
    found: dict[str, str] = {}
    for hand in wiring.ways("hand"):
        if wiring.part(hand.source).kind == "cell":
            for begin in wiring.ways("begin"):
                if begin.source == hand.target:
                    found[begin.target] = hand.source
    return found


def _placed(wiring: Wiring, classes: dict[str, str]) -> dict[str, int] | None:
    """Place one class after the other as low as possible, or return None where they need each other."""
    parts = [part for part in wiring.parts if part.in_column]
    before = _before(wiring, classes)
    rows: dict[str, int] = {}
    kinds: dict[int, str] = {}
    waiting = list(dict.fromkeys(classes.get(part.key, part.key) for part in parts))
    kind = {part.key: part.kind for part in parts}
    while waiting:
        ready = next((key for key in waiting if before[key] <= rows.keys()), None)
        if ready is None:
            return None
        waiting.remove(ready)
        row = 0 if kind[ready] == "given" else 1 + max((rows[low] for low in before[ready]), default=0)
        while kinds.get(row, kind[ready]) != kind[ready]:
            row += 1
        rows[ready], kinds[row] = row, kind[ready]
    return {part.key: rows[classes.get(part.key, part.key)] for part in parts}


def _before(wiring: Wiring, classes: dict[str, str]) -> dict[str, set[str]]:
    """Return for each class what stands below it: all earlier parts of its group, but inputs beside each other."""
    found: dict[str, set[str]] = {}
    parts = [part for part in wiring.parts if part.in_column]
    for place, part in enumerate(parts):
        mine = found.setdefault(classes.get(part.key, part.key), set())
        if part.kind != "given":
            mine |= {classes.get(low.key, low.key) for low in parts[:place] if low.group == part.group}
            mine.discard(classes.get(part.key, part.key))
    return found
