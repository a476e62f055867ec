"""What every backend tells its reader about a program: arguments, shapes, equations."""

from __future__ import annotations

import textwrap
from typing import Protocol

from symrnn.backends.names import plain
from symrnn.ir.buffers import KEPT, Buffer, Role
from symrnn.ir.nodes import Program
from symrnn.ir.shapes import show


class Files(Protocol):
    """What writes a program down: file name → text."""

    def __call__(self, program: Program, dtype: str = "float64") -> dict[str, str]:
        """Return the files, the same every time."""


def combined_name(program: Program) -> str:
    """Return the name of the function that runs forward and backward in one call."""
    return "loss_and_gradient" if program.loss else "gradient"


def results(program: Program) -> tuple[Buffer, ...]:
    """Return what forward writes for its caller."""
    return program.having(*KEPT, Role.LOSS)


def description(buffer: Buffer) -> str:
    """Return what a buffer is, in one line."""
    about = plain(buffer.about)
    if buffer.role is Role.GRADIENT and not about:
        return f"∂J/∂{buffer.name[1:]}"
    return f"{buffer.role.value}: {about}" if about else buffer.role.value


def source_lines(program: Program) -> list[str]:
    """Return where the equations come from, in lines of a comment; nothing if that is not said."""
    return textwrap.wrap(f"Source: {plain(program.source)}", 100) if program.source else []


def shape_table(buffers: tuple[Buffer, ...]) -> list[str]:
    """Return one aligned line per buffer: name, shape, what it is."""
    names = max((len(buffer.name) for buffer in buffers), default=0)
    shapes = max((len(show(buffer.dims)) for buffer in buffers), default=0)
    return [f"{b.name:<{names}}  {show(b.dims):<{shapes}}  {description(b)}".rstrip() for b in buffers]


def equation_lines(program: Program) -> list[str]:
    """Return the forward equations with their labels, aligned."""
    width = max((len(plain(label)) for label, _ in program.equations), default=0)
    return [f"{f'({plain(label)})':<{width + 2}}  {plain(formula)}" for label, formula in program.equations]


def size_lines(program: Program) -> list[str]:
    """Return one line per size: name, what it counts."""
    width = max(len(name) for name, _ in program.sizes)
    return [f"{name:<{width}}  {plain(about)}".rstrip() for name, about in program.sizes]
