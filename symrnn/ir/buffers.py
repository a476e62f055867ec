"""What programs compute with: named sizes, and the blocks of reals that have them. What is done with these is in `nodes`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

CHUNK = "chunk"  # the size that counts the steps of a chunk, known inside Chunks
BEGIN, END, NUMBER = (
    "begin",
    "end",
    "number",
)  # inside Chunks: its first step, the one behind its last, which chunk it is


@dataclass(frozen=True, slots=True)
class Size:
    """A non-negative linear form over named sizes, `I + H` or `T + 1`.

    Terms are in the author's order, names are unique, coefficients positive.
    """

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    def __str__(self) -> str:
        parts = [name if count == 1 else f"{count}*{name}" for name, count in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts)

    def __add__(self, other: Size) -> Size:
        counts = dict(self.terms)
        for name, count in other.terms:
            counts[name] = counts.get(name, 0) + count
        return Size(tuple(counts.items()), self.constant + other.constant)

    def value(self, sizes: Mapping[str, int]) -> int:
        """Return the number that the form is at these sizes."""
        return self.constant + sum(count * sizes[name] for name, count in self.terms)


def size(name: str) -> Size:
    """Return the size with this name."""
    return Size(((name, 1),))


class Role(Enum):
    """What a buffer is to the caller of a procedure."""

    INPUT = "input"  # read: a sequence (T, B, n), or (T, B, n, m)
    INITIAL = "initial state"  # read: (B, n), or (lags, B, n); with one more dimension for a matrix
    TARGET = "target"  # read: a sequence (T, B, n)
    PARAMETER = "parameter"  # read
    SEED = "given adjoint"  # read: the adjoint of an output that the caller's loss provides, (T, B, n)
    OUTPUT = "output"  # written by forward, read by backward, of interest to the caller
    SAVED = "saved"  # written by forward, read by backward; kept by the caller between the two
    LOSS = "loss"  # written: shape ()
    GRADIENT = "gradient"  # written by backward (overwritten, never accumulated into the caller's values)
    WORK = "workspace"  # contents mean nothing before and after a procedure
    LOCAL = "local"  # one number at a time inside an Each: takes no memory where elements are computed one by one


GIVEN = (Role.INPUT, Role.INITIAL, Role.TARGET, Role.PARAMETER)  # read by both procedures
KEPT = (Role.OUTPUT, Role.SAVED)  # what forward leaves for backward
OWN = (Role.WORK, Role.LOCAL)  # a procedure's own


@dataclass(frozen=True, slots=True)
class Buffer:
    """A named block of reals. `dims` includes the step axis, if `steps`; `about` says what it is in one line."""

    name: str
    dims: tuple[Size, ...]
    role: Role
    steps: bool = False
    about: str = ""
    sums_to_one: bool = False  # along the last dimension; the gradients are those of the loss only then
    usual: float | None = None  # the value that a constant commonly has
    parts: tuple[tuple[str, tuple[Size, Size]], ...] = ()  # what columns of it are: a name, the first, how many
    panels: bool = False  # workspace that only products read, on the right: stored in the order in which they read it

    @property
    def is_of_chunk(self) -> bool:
        """Whether it holds the steps of one chunk at a time; with a constant, (chunk + 1, B, n), some beyond its last too."""
        return bool(self.dims) and self.dims[0].terms == ((CHUNK, 1),)

    @property
    def inner(self) -> tuple[Size, ...]:
        """Dimensions of one step, or of everything if there are no steps: (), (n), (rows, columns), (B, rows, columns)."""
        return self.dims[1:] if self.steps else self.dims
