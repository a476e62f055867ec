"""Where the parts of a composed network stand: columns for steps, rows for parts, lanes and tracks for what goes far.

column   one step: its parts, one above the other, arranged like the block of a cell
gap      between two columns: the states, and lanes of values that go to another row
channel  between two rows: from below, tracks of what leaves the column; what is joined in it; tracks of what comes in
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from symrnn.documents.layers import Item, Layout, arrange, spread
from symrnn.documents.shapes import name, words_width
from symrnn.documents.wiring import Group, Part, Read, Wiring, rows

HALF = 6.0  # half the distance between a value's arrow and its adjoint's
RAIL = 7.0  # the same between states
SMALL, LINE = 14.0, 22.0  # the size of a label beside a line, and the height of a line of them
PORT, LANE, TRACK, NAMED_TRACK = 26.0, 26.0, 28.0, 48.0
PAD, MARGIN = 10.0, 14.0
BETWEEN = 11.0  # between names beside each other
STEM = 34.0  # the arrow between an initial state and its cell
_GAP, _LEAST, _DOTS, _GROUPS = 18.0, 76.0, 34.0, 40.0
_LIGHT = 0.01  # the weight of a part that is no cell: cells and what passes them stand straight, the others follow


def line_width(names: Iterable[str], time: str, size: float = SMALL) -> float:
    """Return the width of names beside each other."""
    return max(sum(name(each, time).width(size) + BETWEEN for each in names) - BETWEEN, 0.0)


@dataclass(frozen=True, slots=True)
class Column:
    """One step of a group, from `left` to `right`."""

    group: Group
    position: int
    left: float
    right: float

    @property
    def time(self) -> str:
        """Return the step."""
        return self.group.times[self.position]

    @property
    def first(self) -> bool:
        """Tell whether it is the first step."""
        return self.position == 0

    @property
    def last(self) -> bool:
        """Tell whether it is the last step."""
        return self.position == len(self.group.times) - 1


class Across:
    """The places from left to right: in a column, of the columns, and beside them; `abreast` names stand in a line."""

    def __init__(self, wiring: Wiring, abreast: int = 2) -> None:
        self.wiring = wiring
        self.abreast = abreast
        self.row_of = rows(wiring)
        self._joined: dict[Column, list[Read]] = {}
        self.layouts = {group.length: self._layout(group) for group in wiring.groups}

    def of(self, group: Group) -> list[Part]:
        """Return the parts of a group."""
        return [part for part in self.wiring.parts if part.group == group.length]

    def lines(self, names: Iterable[str]) -> list[tuple[str, ...]]:
        """Return names in lines."""
        several = tuple(names)
        return [several[at : at + self.abreast] for at in range(0, len(several), self.abreast)]

    def ways(self, group: Group, *kinds: str) -> list[Read]:
        """Return the reads by parts of a group that are drawn in one of these ways."""
        return [read for read in self.wiring.ways(*kinds) if self.wiring.part(read.target).group == group.length]

    def stands(self, key: str, column: Column) -> bool:
        """Tell whether a part stands in a column."""
        part = self.wiring.part(key)
        if part.group != column.group.length or not part.in_column:
            return False
        return part.at == "" or (part.at == "first" and column.first) or (part.at == "last" and column.last)

    def joined(self, column: Column) -> list[Read]:
        """Return the reads inside a column."""
        if column not in self._joined:
            reads = self.ways(column.group, "up")
            self._joined[column] = [r for r in reads if self.stands(r.source, column) and self.stands(r.target, column)]
        return self._joined[column]

    def _layout(self, group: Group) -> Layout:
        pairs = [(read.source, read.target) for read in self.ways(group, "up")]
        items = [
            Item(part.key, self.row_of[part.key], self._wide(part), 0, 1.0 if part.kind == "cell" else _LIGHT)
            for part in self.of(group)
            if part.in_column
        ]
        return arrange(items, pairs, _GAP, 1.0)

    def _wide(self, part: Part) -> float:
        ports = len({entry(read) for read in self.wiring.ways("up", "bus", "back", "enter") if read.target == part.key})
        least = max(PORT * (3 if ports == 2 else ports) + 14, 34.0)
        time = f"({self.wiring.group(part.group).times[-1]})"
        named = line_width(part.names, time, 17.0)
        if part.kind == "given":
            return max(named, 14.0)
        if part.kind in ("glue", "loss"):
            return max(least, named + 22)
        beside = line_width(part.beside, time, 13.0) if part.kind == "cell" else 0.0
        above = 2 * line_width(self.upward(part.key), time) + 2 * HALF
        return max(least, _LEAST, min(words_width(part.note, 12.0) + 14, 150.0), beside + 16, above)

    def upward(self, key: str) -> tuple[str, ...]:
        """Return the quantities of a part that are read above it."""
        reads = [read for read in self.wiring.ways("up", "bus", "back") if read.source == key]
        return tuple(dict.fromkeys(each for read in reads for each in read.names))

    # -- columns -----------------------------------------------------------------------------------------------------------

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns from left to right."""
        found: list[Column] = []
        left = MARGIN
        for group in self.wiring.groups:
            layout = self.layouts[group.length]
            wide = max((layout.x[key] + layout.items[key].width / 2 for key in layout.x), default=0.0)
            left += self.aside(group, "before")
            for position in range(len(group.times)):
                left += self._gap(group, position == len(group.times) - 1) if position else 0.0
                found.append(Column(group, position, left, left + wide))
                left += wide
            left += self.aside(group, "after")
        return tuple(found)

    def of_group(self, group: Group) -> list[Column]:
        """Return the columns of a group."""
        return [column for column in self.columns if column.group == group]

    @property
    def width(self) -> float:
        """The width of the drawing."""
        last = self.columns[-1]
        return last.right + self.aside(last.group, "after") + MARGIN

    def x(self, key: str, column: Column) -> float:
        """Return the middle of something in a column."""
        return column.left + self.layouts[column.group.length].x[key]

    def edges(self, key: str, column: Column) -> tuple[float, float]:
        """Return the left and the right edge of a box."""
        half = self.layouts[column.group.length].items[key].width / 2
        return self.x(key, column) - half, self.x(key, column) + half

    def rail_room(self, group: Group) -> float:
        """Return the room that the names of states need between two columns."""
        lines = [line for read in self.ways(group, "rail") for line in self.lines(read.names)]
        return max((line_width(line, f"({group.length}−1)") for line in lines), default=4.0) + 2 * PAD

    def lanes(self, group: Group) -> float:
        """Return the room for the lanes of what goes back to the next step."""
        return len(self.ways(group, "back")) * LANE

    def _gap(self, group: Group, dots: bool) -> float:
        room, lanes = self.rail_room(group), self.lanes(group)
        hanging = max((self.hanging(part) for part in self.of(group)), default=0.0) + 12
        entering = self._entering(group, f"({group.length}−1)")
        return (
            max(2 * room + _DOTS + lanes, entering + lanes + _DOTS if entering else 0.0, hanging)
            if dots
            else max(room + lanes, hanging)
        )

    def _entering(self, group: Group, time: str) -> float:
        """Return the room for the names of what is fed back, in front of a column."""
        widths = [line_width(read.names, time) for read in self.ways(group, "back", "enter")]
        return max(widths, default=-PAD) + PAD

    def hanging(self, part: Part) -> float:
        """Return how far what is given to a loss stands out at the left of its column."""
        if part.kind != "loss" or not part.beside:
            return 0.0
        layout = self.layouts[part.group]
        need = line_width(part.beside, f"({part.group})", 15.0) + 30 + layout.items[part.key].width / 2
        return max(need - layout.x[part.key], 0.0)

    # -- beside the columns ------------------------------------------------------------------------------------------------

    def aside(self, group: Group, side: str) -> float:
        """Return the room beside the columns: for initial states, and for the lanes of what comes from far."""
        starts = [self.start_width(part) for part in self.of(group) if part.at == side and not part.in_column]
        room = (max(starts) + STEM) if starts else 0.0
        lanes = sum(self.side(read) == side and self.far(read) for read in self.ways(group, "bus")) * LANE
        if side == "after":
            return room + lanes
        hanging = max((self.hanging(part) for part in self.of(group)), default=0.0)
        apart = _GROUPS if group != self.wiring.groups[0] else 0.0
        return max(room, self._entering(group, "(0)"), hanging) + lanes + apart

    def start_width(self, part: Part) -> float:
        """Return the width of an initial value at the side."""
        time = f"({self.wiring.group(part.group).length}+1)" if part.at == "after" else "(0)"
        wide = max((line_width(line, time) for line in self.lines(part.names)), default=0.0)
        return max(wide + 20, words_width(part.note, 11.5) + 12) if part.kind == "start" else wide

    def start(self, part: Part) -> tuple[float, float]:
        """Return the left and the right end of an initial value."""
        columns = self.of_group(self.wiring.group(part.group))
        wide = self.start_width(part)
        if part.at == "after":
            return columns[-1].right + STEM, columns[-1].right + STEM + wide
        return columns[0].left - STEM - wide, columns[0].left - STEM

    def far(self, read: Read) -> bool:
        """Tell whether a value has to leave its row by a lane."""
        source, target = self.wiring.part(read.source), self.wiring.part(read.target)
        return source.group != target.group or self.row_of[target.key] != self.row_of[source.key] + 1

    def side(self, read: Read) -> str:
        """Return on which side of its group a value comes from far."""
        source, target = self.wiring.part(read.source), self.wiring.part(read.target)
        order = [group.length for group in self.wiring.groups]
        return "before" if order.index(source.group) < order.index(target.group) else "after"

    def lane(self, read: Read, column: Column) -> float:
        """Return the place of the lane of a value: behind the column that it leaves, or at the side of its readers."""
        group = column.group
        if self.wiring.way(read) == "back":
            place = (self.ways(group, "back").index(read) + 0.5) * LANE
            return column.right + place if self.wiring.part(read.target).direction > 0 else column.left - place
        beside = [one for one in self.ways(group, "bus") if self.far(one) and self.side(one) == self.side(read)]
        place = (beside.index(read) + 0.5) * LANE
        columns = self.of_group(group)
        if self.side(read) == "after":
            return columns[-1].right + self.aside(group, "after") - place
        return columns[0].left - self.aside(group, "before") + _GROUPS / 2 + place

    def ports(self, key: str, column: Column) -> dict[tuple[str, ...], float]:
        """Return where what a box reads comes in at its foot: straight up, if the box is wide enough."""
        layout = self.layouts[column.group.length]
        item, middle = layout.items[key], self.x(key, column)
        wanted: dict[tuple[str, ...], float] = {
            (link.low,): column.left + layout.x[link.low] for link in layout.links if link.high == key
        }
        for read in self.ways(column.group, "bus", "back", "enter"):
            if read.target == key:
                wanted[entry(read)] = column.left - 1 if self._from_left(read) else column.right + 1
        into = sorted(wanted, key=lambda each: wanted[each])
        room = item.width / 2 - PORT / 2
        places = []
        for place, each in enumerate(into):
            first, last = middle - room + place * PORT, middle + room - (len(into) - 1 - place) * PORT
            places.append(
                min(max(wanted[each], first), last) if first <= last else middle + (place - (len(into) - 1) / 2) * PORT
            )
        return dict(zip(into, spread(places, [PORT] * (len(into) - 1), [1.0] * len(into)), strict=True))

    def _from_left(self, read: Read) -> bool:
        if self.wiring.way(read) == "bus":
            return self.side(read) == "before" or self.wiring.place(read) == "first"
        return self.wiring.part(read.target).direction > 0


def entry(read: Read) -> tuple[str, ...]:
    """Return what tells apart the values that come into a box; an initial value comes in where later ones do."""
    return ("", *read.names) if read.lag else (read.source,)
