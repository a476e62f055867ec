"""Frames: along which axes of a statement the batch, the rows and the columns of the mathematics run.

quantity                          dimensions     frame
column of a sequence, (n, 1)      (B, n)         b r
matrix of a sequence, (n, m)      (B, n, m)      b r c
row of a sequence, (1, m)         (B, m)         b c
parameter matrix                  (n, m)         r c
parameter column                  (n)            r
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr

from symrnn.algebra.nodes import Bar, Leaf, Node
from symrnn.errors import RuleError
from symrnn.ir.buffers import Size
from symrnn.ir.nodes import Load, Ref
from symrnn.ir.shapes import same
from symrnn.lower.memory import BATCH, ONE, as_size

Axes = Mapping[str, Size]


@dataclass(frozen=True, slots=True)
class Frame:
    """The axes of a statement: "b" the batch, "r" the rows and "c" the columns of an expression, each with its size."""

    axes: tuple[tuple[str, Size], ...]

    @property
    def domain(self) -> tuple[Size, ...]:
        """The dimensions."""
        return tuple(size for _, size in self.axes)

    @property
    def letters(self) -> str:
        """The axes, as in "brc"."""
        return "".join(letter for letter, _ in self.axes)

    def place(self, letter: str) -> int | None:
        """Return the number of an axis, or None."""
        return self.letters.index(letter) if letter in self.letters else None

    def without(self, letters: str) -> Frame:
        """Return the frame without some axes."""
        return Frame(tuple(axis for axis in self.axes if axis[0] not in letters))


def moves(expr: Node) -> bool:
    """Return whether an expression belongs to a sequence: whether some quantity in it has a time."""
    if isinstance(expr, Leaf):
        return expr.time is not None
    if isinstance(expr, Bar):
        return expr.leaf.time is not None
    return any(moves(arg) for arg in expr.args if isinstance(arg, Node))


def frame_of(shape: tuple[Expr, Expr], batch: bool) -> Frame:
    """Return the frame in which an expression of a shape is computed."""
    rows, columns = map(as_size, shape)
    axes = [("b", BATCH)] if batch else []
    if not same(rows, ONE) or (batch and same(columns, ONE)):
        axes.append(("r", rows))
    if not same(columns, ONE):
        axes.append(("c", columns))
    return Frame(tuple(axes))


def stored_letters(leaf: Leaf) -> str:
    """Return along which axes the dimensions of a stored quantity run."""
    rows, columns = map(as_size, leaf.shape)
    if leaf.time is None:
        return "" if leaf.is_scalar_shape else "r" if leaf.is_column else "rc"
    if leaf.is_column:
        return "br"
    return "bc" if same(rows, ONE) and not same(columns, ONE) else "brc"


_FLIPPED = {"b": "b", "r": "c", "c": "r"}


def load(ref: Ref, dims: tuple[Size, ...], letters: str, frame: Frame, flip: bool = False) -> Load:
    """Return the load of what `ref` reaches in a frame; `flip` exchanges rows and columns.

    Raises:
        RuleError: if a dimension has no axis in the frame.
    """
    axes: list[int | None] = []
    for letter, size in zip(letters, dims, strict=True):
        place = frame.place(_FLIPPED[letter] if flip else letter)
        if same(size, ONE) and (place is None or not same(frame.domain[place], ONE)):
            axes.append(None)
        elif place is None:
            raise RuleError(f"{ref.buffer} has {size} entries along an axis that the statement does not have")
        else:
            axes.append(place)
    return Load(ref, tuple(axes))
