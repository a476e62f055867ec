"""What is to be measured: cells, sizes, precision, threads, and how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from symrnn.errors import SymrnnError


@dataclass(frozen=True, slots=True)
class Point:
    """The sizes of one measurement: T steps, B sequences, I inputs, H hidden units."""

    T: int
    B: int
    I: int  # noqa: E741
    H: int

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes by name."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.T},{self.B},{self.I},{self.H}"


GRID = (
    Point(100, 1, 16, 16),
    Point(100, 1, 64, 64),
    Point(100, 32, 64, 64),
    Point(100, 1, 256, 256),
    Point(100, 32, 256, 256),
    Point(100, 64, 512, 512),
    Point(20, 128, 128, 128),
    Point(1000, 8, 32, 128),
)
QUICK = (Point(100, 1, 16, 16), Point(100, 1, 64, 64), Point(20, 32, 64, 64))
CELLS = ("rnn", "gru", "lstm", "lstm_peephole", "lstm_layer_norm", "mgu", "indrnn")
BACKENDS = ("c", "numpy")
CLOCKS = ("wall", "cpu")


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the benchmark.

    Fields:
        cells, grid, backends, dtype: what of ours is measured, and where.
        threads: how many cores everybody may use. clock: "wall", or "cpu", the time of the process, for one thread only.
        rounds: how often everybody has a turn. seconds: of one point, after which there are fewer rounds, but at least three.
        compile_seconds: how long torch.compile may take for a point; 0 is not at all.
        unrolls: the numbers of steps that JAX may unroll its scan by.
    """

    cells: tuple[str, ...] = CELLS
    grid: tuple[Point, ...] = GRID
    backends: tuple[str, ...] = BACKENDS
    dtype: str = "float32"
    threads: int = 1
    clock: str = "wall"
    rounds: int = 31
    seconds: float = 30.0
    compile_seconds: float = 0.0
    unrolls: tuple[int, ...] = (1, 4, 8)

    @property
    def quick(self) -> Job:
        """A job of the same kind that shows in a minute or two whether everything works; its numbers are rough."""
        return replace(self, grid=QUICK, rounds=7, seconds=3.0, unrolls=(1, 4))

    def as_dict(self) -> dict[str, Any]:
        """Return the job for JSON."""
        return asdict(self)


def from_dict(fields: Mapping[str, Any]) -> Job:
    """Return the job that `as_dict` gave."""
    grid = tuple(Point(**point) for point in fields["grid"])
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Job(**{**fields, **lists, "grid": grid})


def read_grid(text: str) -> tuple[Point, ...]:
    """Return the points in `100,1,16,16;100,1,64,64`: T, B, I, H of each.

    Raises:
        SymrnnError: it does not read so.
    """
    points = []
    for part in filter(None, (one.strip() for one in text.split(";"))):
        numbers = [one.strip() for one in part.split(",")]
        if len(numbers) != 4 or not all(one.isdecimal() and int(one) for one in numbers):
            raise SymrnnError(f"--grid {part}: a point is four whole numbers T,B,I,H from 1, such as 100,32,64,64")
        points.append(Point(*(int(one) for one in numbers)))
    if not points:
        raise SymrnnError("--grid has no point: write T,B,I,H, and a semicolon between points")
    return tuple(points)
