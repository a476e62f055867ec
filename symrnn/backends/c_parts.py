"""The functions that carry out a procedure for one of its threads: one, or several where it is long.

What stands in them is `c_statements`, what is around them the template `c/program.c.j2`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symrnn.backends.c_functions import identifiers
from symrnn.backends.c_interface import aligned, groups
from symrnn.backends.c_threads import own_names
from symrnn.backends.c_workspace import cut, names
from symrnn.ir.buffers import Buffer
from symrnn.ir.nodes import Procedure, Program
from symrnn.ir.shapes import show
from symrnn.ir.walk import arguments_read

# Lines of a function. A compiler takes more than twice as long for one of twice the length.
_LONG = 400
_CALL = "const call *of, size_t thread"


@dataclass(frozen=True, slots=True)
class Part:
    """A function that carries out a procedure, or a part of it: its name, what it does, its parameters and its lines."""

    name: str
    about: str
    parameters: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The functions of a procedure, the last of which carries it out; and the workspace that they share, if they do."""

    memory: tuple[str, ...]
    functions: tuple[Part, ...]


def parts(program: Program, procedure: Procedure, pieces: tuple[tuple[str, ...], ...]) -> Parts:
    """Return the functions whose bodies are some pieces of source, which have nothing in common but memory.

    Pieces are joined to functions of a length for which a compiler does not take long; a piece is never divided.
    """
    name, about = f"{procedure.name}_of", f"What one of the threads does in {procedure.name}."
    first, *others = _joined(pieces)
    if not others:
        lines = (*_locals(program, procedure, first, aligned(cut(program, procedure))), "", *first)
        return Parts((), (Part(name, about, _CALL, lines),))
    memory = names(program, procedure)
    parameters = f"const call *of, const {procedure.name}_memory *memory, size_t thread" if memory else _CALL
    functions = [
        Part(
            f"{procedure.name}_{number}",
            f"Part {number} of {1 + len(others)} of {procedure.name}.",
            parameters,
            (*_locals(program, procedure, piece, _found(memory, piece)), "", *piece),
        )
        for number, piece in enumerate((first, *others), 1)
    ]
    handed = "of, &memory, thread" if memory else "of, thread"
    calls = [f"    {one.name}({handed});" for one in functions]
    cuts = aligned(cut(program, procedure, "memory.")) if memory else []
    head = [f"    {procedure.name}_memory memory;", *_locals(program, procedure, cuts, cuts), ""] if memory else []
    fields = tuple(aligned([(f"real *{one};", about) for one, about in memory.items()]))
    return Parts(fields, (*functions, Part(name, about, _CALL, (*head, *calls))))


def _joined(pieces: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    """Return pieces one after the other, as many in each as are not too long together."""
    found: list[list[str]] = [[]]
    for piece in pieces:
        if found[-1] and len(found[-1]) + len(piece) > _LONG:
            found.append([])
        found[-1] += piece
    return found


def _found(memory: dict[str, str], piece: list[str]) -> list[str]:
    """Return the lines that give names to the buffers of the workspace that a piece uses."""
    used = identifiers(piece)
    found = [(f"real *const {name} = memory->{name};", about) for name, about in memory.items() if name in used]
    return aligned(found) if found or not memory else ["(void)memory;"]


def _locals(program: Program, procedure: Procedure, piece: list[str], memory: list[str]) -> Iterator[str]:
    """Yield the lines that give names to what a piece uses: sizes, arrays, its memory, and the rows of a thread."""
    members = {b.name: group.name for group in groups(program) for b in group.buffers}
    reads = {b.name for b in arguments_read(program, procedure)}
    used = identifiers(piece)
    touched = [b for b in program.buffers if b.name in procedure.arguments and b.name in used]
    own = [(count, name) for count, name in own_names(program, procedure).items() if name in used]
    ranges = [f"const range {name} = own_rows({count}, thread, of->team->threads);" for count, name in own]
    words = identifiers([*piece, *memory, *ranges])
    lines = [
        *(f"const size_t {name} = of->sizes->{name};" for name, _ in program.sizes if name in words),
        *aligned([(_local(b, members[b.name], b.name in reads), show(b.dims)) for b in touched]),
        *memory,
        *ranges,
        *([] if "thread" in words else ["(void)thread;"]),
    ]
    yield from (f"    {line}" for line in lines)


def _local(buffer: Buffer, struct: str, constant: bool) -> str:
    """Return a pointer to an array; `restrict` would be wrong for what other threads write, too."""
    kind = "const real *restrict const" if constant else "real *const"
    return f"{kind} {buffer.name} = of->{struct}->{buffer.name};"
