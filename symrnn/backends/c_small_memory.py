"""The memory of C for small devices: structs of arrays whose sizes are known, all of them the caller's, and their bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from symrnn.backends.interface import description, results
from symrnn.backends.names import plain
from symrnn.errors import IRError
from symrnn.ir.buffers import CHUNK, Buffer, Role
from symrnn.ir.nodes import Chunks, Procedure, Program
from symrnn.ir.shapes import show
from symrnn.ir.walk import compounds, touched, workspace, written

BYTES = {"float64": 8, "float32": 4}
MOST_BYTES = (1 << 31) - 1  # of one object: what an `int` counts, on every machine that could hold it
WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Struct:
    """One object of the interface: a struct of the arrays that `parts` name, or a union of such structs, one for each part.

    Of the parts of a union at most one is in use at a time: the workspace of each procedure.
    """

    name: str
    about: str
    parts: Mapping[str, tuple[Buffer, ...]]

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """Every array in it."""
        return tuple(dict.fromkeys(one for part in self.parts.values() for one in part))

    def count(self, sizes: Mapping[str, int]) -> int:
        """Return how many reals it holds."""
        return max(sum(prod(shape(one, sizes)) for one in part) for part in self.parts.values())


def shape(buffer: Buffer, sizes: Mapping[str, int]) -> list[int]:
    """Return the dimensions of an array."""
    return [one.value(sizes) for one in buffer.dims]


def with_chunk(program: Program, sizes: Mapping[str, int]) -> dict[str, int]:
    """Return sizes, and how many steps a chunk has at most."""
    bodies = (program.forward.body, program.backward.body)
    found = [one.steps(sizes) for body in bodies for one in compounds(body) if isinstance(one, Chunks)]
    return {**sizes, CHUNK: max(found, default=1)}


def structs(program: Program) -> tuple[Struct, ...]:
    """Return the objects of the interface, in the order of the arguments."""
    work = {one.name: workspace(program, one) for one in (program.forward, program.backward)}
    found = (
        Struct("parameters", "Read, never written: may lie in read-only memory.", {"": program.having(Role.PARAMETER)}),
        Struct("inputs", "Read, never written.", {"": program.having(Role.INPUT, Role.INITIAL, Role.TARGET)}),
        Struct("seeds", "Adjoints of outputs, from your loss: read, never written.", {"": program.having(Role.SEED)}),
        Struct("kept", "Written by forward, all of it, and read by backward.", {"": results(program)}),
        Struct("gradients", "Written by backward: overwritten, not added to.", {"": program.having(Role.GRADIENT)}),
        Struct(
            WORKSPACE,
            "Holds nothing before or after a call: one for everything that does not run at the same time.",
            {name: buffers for name, buffers in work.items() if buffers},
        ),
    )
    return tuple(one for one in found if one.buffers)


def taken(program: Program, *procedures: Procedure) -> Iterator[tuple[Struct, bool]]:
    """Yield the objects that procedures touch, and whether they only read them."""
    for struct in structs(program):
        names = {one.name for one in struct.buffers}
        if any(names & touched(one) for one in procedures):
            yield struct, not any(names & written(one) for one in procedures)


def place(struct: Struct, buffer: Buffer, procedure: Procedure) -> str:
    """Return an array in its object: `x`, or `forward.z` in the workspace."""
    return f"{procedure.name}.{buffer.name}" if struct.name == WORKSPACE else buffer.name


def fields(struct: Struct, sizes: Mapping[str, int], kind: str) -> Iterator[tuple[str, str]]:
    """Yield the lines that declare the arrays of an object, with comments."""
    for name, buffers in struct.parts.items():
        margin = "    " if name else ""
        if name:
            yield "struct {", ""
        for buffer in buffers:
            factors = " * ".join(map(str, shape(buffer, sizes))) or "1"
            yield f"{margin}{kind} {buffer.name}[{factors}];", _about(buffer)
        if name:
            yield f"}} {name};", ""


def _about(buffer: Buffer) -> str:
    about = plain(buffer.about) if buffer.role is Role.WORK else description(buffer)
    return f"{show(buffer.dims)} {about}".rstrip()


def expect_sizes(program: Program, sizes: Mapping[str, object], dtype: str) -> dict[str, int]:
    """Return the sizes in the order of the program, if they are what it needs.

    Raises:
        IRError: one is missing, unknown, not a whole number from 1, or makes an object too large.
    """
    known = dict(program.sizes)
    for name in sizes:
        if name not in known:
            raise IRError(f"{program.name} has no size {name}: its sizes are {', '.join(known)}.")
    missing = [f"{name} ({plain(about)})" if about else name for name, about in known.items() if name not in sizes]
    if missing:
        raise IRError(
            f"{program.name}: code for a small device has fixed sizes; say also what is {', '.join(missing)}."
        )
    found: dict[str, int] = {}
    for name in known:
        value = sizes[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise IRError(f"{program.name}: the size {name} is {value!r}; it must be a whole number, at least 1.")
        if value > MOST_BYTES:
            raise IRError(f"{program.name}: the size {name} is {value}; that is more than {MOST_BYTES}.")
        found[name] = value
    for struct in structs(program):
        count = struct.count(with_chunk(program, found)) * BYTES[dtype]
        if count > MOST_BYTES:
            raise IRError(
                f"{program.name}: {struct.name} would take {count} bytes, more than {MOST_BYTES}: take smaller sizes."
            )
    return found
