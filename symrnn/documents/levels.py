"""The places of a composed network from top to bottom: rows, the channels between them, and the tracks in these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symrnn.documents.channels import Channel, Join
from symrnn.documents.layers import Link
from symrnn.documents.places import HALF, LINE, NAMED_TRACK, TRACK, Across, Column, entry
from symrnn.documents.wiring import Read

_MARGIN = 16.0
_HEIGHTS = {"given": 22.0, "glue": 28.0, "head": 32.0, "loss": 32.0, "sum": 30.0}
_RAIL, _CELL = 26.0, 54.0  # of a cell with one line of states: where they go along, and its height
_EMPTY = 30.0
_EXIT, _ENTRY = 30.0, 24.0


@dataclass(frozen=True, slots=True)
class Row:
    """The vertical extent of a row; states go along it at `rail`."""

    top: float
    bottom: float
    rail: float


class Levels:
    """The places from top to bottom."""

    def __init__(self, across: Across) -> None:
        self.across = across
        self.wiring = across.wiring
        self.count = 1 + max(across.row_of.values())

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows, from the lowest."""
        top, found = _MARGIN, []
        for row in reversed(range(self.count)):
            height = self._height(row)
            found.append(Row(top, top + height, top + _RAIL + LINE * (self._lines(row) - 1)))
            top += height + (self.height(row - 1) if row else 0.0)
        return tuple(reversed(found))

    @property
    def bottom(self) -> float:
        """The height of the drawing."""
        return self.rows[0].bottom + _MARGIN

    def _lines(self, row: int) -> int:
        """Return the lines that the names of the states of a row need."""
        return max(
            (len(self.across.lines(r.names)) for r in self.wiring.ways("rail") if self.across.row_of[r.source] == row),
            default=1,
        )

    def _height(self, row: int) -> float:
        parts = [part for part in self.wiring.parts if self.across.row_of.get(part.key) == row]
        beside = 15.0 if any(part.beside for part in parts) else 0.0
        cell = _CELL + 2 * LINE * (self._lines(row) - 1) + beside
        return max((cell if part.kind == "cell" else _HEIGHTS[part.kind] for part in parts), default=0.0)

    # -- channels: the one above row r has the number r --------------------------------------------------------------------

    def exits(self, row: int) -> list[Read]:
        """Return what leaves a row upwards and then its column."""
        return [
            read
            for read in self.wiring.ways("bus", "back", "hand")
            if self.across.row_of[read.source] == row and not (self.wiring.way(read) == "hand" and self.along(read))
        ]

    def along(self, read: Read) -> bool:
        """Tell whether what is handed over leaves at the side: at the end of its states, or of its row."""
        source = self.wiring.part(read.source)
        return source.kind == "cell" and source.direction > 0 and self.wiring.place(read) == "last"

    def entries(self, row: int) -> list[tuple[str, tuple[str, ...]]]:
        """Return what comes into the boxes of a row from other columns by a track: the box, and which of its entries."""
        reads = [
            read
            for read in self.wiring.ways("bus", "back", "enter")
            if self.across.row_of[read.target] == row and (self.wiring.way(read) != "bus" or self.across.far(read))
        ]
        return list(dict.fromkeys((read.target, entry(read)) for read in reads))

    def _pitch(self, one: tuple[str, tuple[str, ...]]) -> float:
        return NAMED_TRACK if one[1][0] == "" else TRACK

    def below(self, row: int) -> float:
        """Return the room for what leaves the row."""
        count = len(self.exits(row))
        return count * TRACK + _EXIT - TRACK / 2 - HALF if count else 0.0

    def above(self, row: int) -> float:
        """Return the room for what comes into the row over it."""
        return sum(map(self._pitch, self.entries(row + 1)))

    def height(self, row: int) -> float:
        """Return the height of the channel above a row."""
        own = max(Channel(self.joins(column, row), HALF).height for column in self.across.columns)
        tracks = self.below(row) + self.above(row)
        joined = any(self.joins(column, row) for column in self.across.columns)
        return (own if joined else _EMPTY) + tracks

    def exit(self, read: Read) -> float:
        """Return the height of the track by which a value leaves its column."""
        row = self.across.row_of[read.source]
        return self.rows[row].top - _EXIT - self.exits(row).index(read) * TRACK

    def entry(self, read: Read) -> float:
        """Return the height of the track by which a value comes into a column."""
        row = self.across.row_of[read.target]
        entries = self.entries(row)
        place = entries.index((read.target, entry(read)))
        return self.rows[row].bottom + _ENTRY + sum(map(self._pitch, entries[:place]))

    # -- what is joined inside a column ------------------------------------------------------------------------------------

    def joins(self, column: Column, row: int) -> tuple[Join, ...]:
        """Return what is joined in a column between a row and the next one."""
        layout = self.across.layouts[column.group.length]
        found = []
        for link in layout.links:
            reads = self._through(link, column)
            if layout.items[link.low].layer == row and reads:
                found.append(self._join(link, reads, column))
        return tuple(found)

    def _through(self, link: Link, column: Column) -> list[Read]:
        """Return the reads that go over a link: one read at a node, all that go further at a passage."""
        reads = [read for read in self.across.joined(column) if read.source == link.net]
        if link.high in self.across.row_of:
            return [read for read in reads if read.target == link.high]
        return self.passing(link.high, column)

    def passing(self, key: str, column: Column) -> list[Read]:
        """Return the reads that go through a passage of a column."""
        layout = self.across.layouts[column.group.length]
        net = key.rpartition("|")[0]
        return [
            read
            for read in self.across.joined(column)
            if read.source == net and self.across.row_of[read.target] > layout.items[key].layer
        ]

    def _join(self, link: Link, reads: list[Read], column: Column) -> Join:
        low, high = self.across.x(link.low, column), self.across.x(link.high, column)
        if link.high in self.across.row_of:
            high = self.across.ports(link.high, column)[(link.low,)]
        cell = link.low == link.net and self.wiring.part(link.net).kind == "cell"
        return Join(
            net=link.net,
            low=low,
            high=low if abs(low - high) < 1 else high,
            starts=link.low == link.net,
            ends=link.high in self.across.row_of,
            back=any(read.adjoint for read in reads),
            arrives=not cell,
        )
