"""The interface of emitted C: its types, its structs, and which function takes which of them."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.backends.interface import results
from symrnn.ir.buffers import GIVEN, Buffer, Role
from symrnn.ir.nodes import Procedure, Program

TYPES = {"float64": "double", "float32": "float"}
_SUFFIX = {"float64": "f64", "float32": "f32"}


@dataclass(frozen=True, slots=True)
class Group:
    """The buffers that one struct points to."""

    name: str
    about: str
    buffers: tuple[Buffer, ...]
    constant: bool


def stem_of(program: Program, dtype: str, kind: str = "") -> str:
    """Return the prefix of every global name: `lstm_f64`; of the C of some kind `lstm_small_f64`."""
    return "_".join(part for part in (program.name, kind, _SUFFIX[dtype]) if part)


def groups(program: Program) -> tuple[Group, ...]:
    """Return the structs of the interface, in the order of the arguments."""
    found = (
        Group("given", "What is given: read, never written.", program.having(*GIVEN), True),
        Group(
            "seeds",
            "Adjoints of outputs, from the caller's loss: read, never written.",
            program.having(Role.SEED),
            True,
        ),
        Group("kept", "Written by forward, all of it; backward reads it, but for the loss.", results(program), False),
        Group("gradients", "Written by backward: overwritten, not added to.", program.having(Role.GRADIENT), False),
    )
    return tuple(group for group in found if group.buffers)


def groups_of(program: Program, procedure: Procedure | None) -> tuple[Group, ...]:
    """Return the structs that a procedure takes; the combined function (None) takes all."""
    without = ("seeds", "gradients") if procedure is program.forward else ()
    return tuple(group for group in groups(program) if group.name not in without)


def aligned(rows: list[tuple[str, str]]) -> list[str]:
    """Return lines of code with comments behind them, one below the other."""
    width = max((len(code) for code, _ in rows), default=0)
    return [f"{code:<{width}} /* {comment} */" if comment else code for code, comment in rows]


def declared(start: str, arguments: list[str]) -> str:
    """Return the first lines of a function that begin with `start`, not too long."""
    lines, margin = [start], " " * len(start)
    for position, argument in enumerate(arguments):
        piece = argument + (")" if position == len(arguments) - 1 else ",")
        if len(lines[-1]) + len(piece) > 110:
            lines.append(margin + piece)
        else:
            lines[-1] += piece if lines[-1] == start else f" {piece}"
    return "\n".join(lines)
