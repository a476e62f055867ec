"""What a loop over steps needs before its first step: names for the views and the numbers that its statements take.

To index an array costs as much as to add a few hundred numbers. Where arrays themselves are gone through, as in
`steps = list(zip(x, h[1 : T + 1]))`, all views are made once, and have names that can be read: `for x_t, h_t in steps:`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from symrnn.backends.numpy_views import array
from symrnn.ir.buffers import CHUNK, Buffer, Role, size
from symrnn.ir.nodes import (
    At,
    Call,
    Compound,
    Extent,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Program,
    Reduce,
    Ref,
    Scalar,
    Span,
    Statement,
    When,
)
from symrnn.ir.rename import exchange, exchanged, free_name
from symrnn.ir.shapes import ONE, at_most, dims, domain
from symrnn.ir.walk import compounds, leaves, references

_WIDTH = 110


@dataclass(frozen=True, slots=True)
class View(Buffer):
    """A buffer that is what a reference to another one reaches."""

    of: Ref = field(default_factory=lambda: Ref(""))


def original(program: Program, ref: Ref) -> Ref:
    """Return what a reference reaches: itself, or what it is a view of."""
    buffer = program.buffer(ref.buffer)
    return buffer.of if isinstance(buffer, View) else ref


@dataclass(frozen=True, slots=True)
class Steps:
    """A loop in which views and numbers are buffers with names of their own, and the lines that give them these.

    `views` are carried out once for given arrays, `before` and `head` whenever the loop is.
    """

    program: Program
    body: tuple[Statement, ...]
    before: tuple[str, ...]
    head: tuple[str, ...]
    views: tuple[str, ...] = ()


def named(program: Program, loop: Loop, steps: str) -> Steps:
    """Return a loop whose statements take the views in a list by name.

    That of a chunk is indexed: its views are of other steps each time.
    """
    if loop.length == CHUNK:
        return Steps(program, loop.body, (), (_counted(loop, "begin, end"),))
    program, rows, loop = _with_rows(program, loop)
    inside, views = _with_views(program, loop)
    moving = {ref: name for ref, name in views.items() if ref.at is not None}
    fixed = tuple(f"{name} = {array(program, ref)}" for ref, name in views.items() if ref.at is None)
    final, numbers, body = _with_numbers(inside, tuple(exchange(one, _put(views)) for one in loop.body))
    before = (*rows, *fixed, *numbers)
    if not moving:
        return Steps(final, body, before, (_counted(loop, loop.length),))
    names, arrays = list(moving.values()), [_whole(program, ref, loop) for ref in moving]
    if _counts(body):
        names.insert(0, "t")
        arrays.insert(0, f"reversed(range({loop.length}))" if loop.reverse else f"range({loop.length})")
    return Steps(final, body, before, _head(names, steps), _listed(names, arrays, steps))


def _put(names: dict[Ref, str]) -> Callable[[Ref], Ref]:
    return lambda ref: Ref(names[ref]) if ref in names else ref


def _with_views(program: Program, loop: Loop) -> tuple[Program, dict[Ref, str]]:
    """Return the program with a buffer for every view that the statements of a loop take, and their names."""
    names: dict[Ref, str] = {}
    for leaf in leaves(loop.body):
        for ref in references(leaf):
            if ref not in names and _is_view(program, ref, loop.length):
                names[ref] = free_name(program, _name(program.buffer(ref.buffer), ref))
                view = View(names[ref], dims(program, ref), Role.WORK, of=ref)
                program = replace(program, buffers=(*program.buffers, view))
    return program, names


def _with_rows(program: Program, loop: Loop) -> tuple[Program, tuple[str, ...], Loop]:
    """Return a loop in which a vector that is repeated in every row is a matrix of one row, which NumPy takes faster."""
    names: dict[Ref, str] = {}

    def put(load: Load) -> Load:
        nonlocal program
        if load.axes != (1,) or load.ref.at is not None:
            return load
        if load.ref not in names:
            names[load.ref] = free_name(program, f"{load.ref.buffer.rstrip('_')}_row")
            row = View(names[load.ref], (ONE, *dims(program, load.ref)), Role.WORK, of=load.ref)
            program = replace(program, buffers=(*program.buffers, row))
        return Load(Ref(names[load.ref]), (None, 1))

    body = tuple(_with_loads(program, one, put) for one in loop.body)
    lines = tuple(f"{name} = {array(program, ref)}[np.newaxis]" for ref, name in names.items())
    return program, lines, replace(loop, body=body)


def _with_loads(program: Program, statement: Statement, put: Callable[[Load], Scalar]) -> Statement:
    """Return a statement over rows and columns with other loads."""
    if isinstance(statement, Compound):
        return replace(statement, body=tuple(_with_loads(program, one, put) for one in statement.body))
    if isinstance(statement, Gemm) or len(domain(program, statement)) != 2:
        return statement
    return replace(statement, value=exchanged(statement.value, put))


def _is_view(program: Program, ref: Ref, length: str) -> bool:
    """Return whether a reference is a part of an array, the same in every step, or moves with t through an array of arrays."""
    if ref.at is None:
        return ref.columns is not None or ref.rows is not None
    if not isinstance(ref.at, At) or ref.at.base != "t" or ref.at.offset < 0 or not dims(program, ref):
        return False
    return at_most(
        size(length) + replace(size(""), terms=(), constant=ref.at.offset), program.buffer(ref.buffer).dims[0]
    )


def _name(buffer: Buffer, ref: Ref) -> str:
    """Return `h_t`, `h_next` of the step after; `i_t` of the columns that are a gate i; `W_rows` of what does not move."""
    part = next((name for name, place in buffer.parts if place == ref.columns), "") if ref.rows is None else ""
    base = part if part.isascii() and part.isidentifier() else buffer.name.rstrip("_")
    if not isinstance(ref.at, At):
        return f"{base}_part"
    return base + {0: "_t", 1: "_next"}.get(ref.at.offset, f"_in_{ref.at.offset}")


def _whole(program: Program, ref: Ref, loop: Loop) -> str:
    """Return what a reference reaches in all steps, those of a loop that runs backwards from the last."""
    assert isinstance(ref.at, At)
    return array(program, replace(ref, at=Span(loop.length, ref.at.offset))) + ("[::-1]" if loop.reverse else "")


def _listed(names: list[str], arrays: list[str], steps: str) -> tuple[str, ...]:
    """Return `steps = list(zip(h[0:T], h[1 : T + 1]))`, one array in a line and with the name of its views."""
    if len(arrays) == 1:
        return (f"{steps} = list({arrays[0]})",)
    width = max(map(len, arrays)) + 1
    lines = (f"    {array + ',':<{width}}  # {name}" for name, array in zip(names, arrays, strict=True))
    return (f"{steps} = list(zip(", *lines, "))")


def _head(names: list[str], steps: str) -> tuple[str, ...]:
    """Return `for h_t, h_next in steps:`, in several lines where it is long."""
    short = f"for {', '.join(names)} in {steps}:"
    return (short,) if len(short) <= _WIDTH else ("for (", *(f"    {line}" for line in _lines(names)), f") in {steps}:")


def _lines(words: list[str]) -> Iterator[str]:
    """Yield words with commas, as many in a line as fit."""
    line = ""
    for word in words:
        if line and len(line) + len(word) > _WIDTH - 8:
            yield line.rstrip()
            line = ""
        line += f"{word}, "
    yield line.rstrip()


def _counted(loop: Loop, bounds: str) -> str:
    return f"for t in reversed(range({bounds})):" if loop.reverse else f"for t in range({bounds}):"


def _counts(body: tuple[Statement, ...]) -> bool:
    """Return whether something in a loop needs the number of the step."""
    left = (ref.at for leaf in leaves(body) for ref in references(leaf))
    indexed = any(isinstance(at, At) and at.base == "t" for at in left)
    return indexed or any(isinstance(one, When) for one in compounds(body))


# -- numbers: NumPy takes an array of one number faster than a number of Python --------------------------------------------


def _with_numbers(
    program: Program, body: tuple[Statement, ...]
) -> tuple[Program, tuple[str, ...], tuple[Statement, ...]]:
    """Return a body in which numbers are loaded, with a buffer and a line for each of them."""
    lines: dict[str, str] = {}
    names: dict[str, str] = {}

    def put(text: str, wanted: str) -> Load:
        nonlocal program
        if text not in names:
            names[text] = free_name(program, wanted)
            program = replace(program, buffers=(*program.buffers, Buffer(names[text], (), Role.WORK)))
            lines[text] = f"{names[text]} = np.array({text}, dtype)"
        return Load(Ref(names[text]), ())

    changed = tuple(_loaded(one, put) for one in body)
    return program, tuple(lines.values()), changed


def _loaded(statement: Statement, put: Callable[[str, str], Load]) -> Statement:
    if isinstance(statement, Compound):
        return replace(statement, body=tuple(_loaded(one, put) for one in statement.body))
    if isinstance(statement, Gemm) or not isinstance(statement.value, Call):
        return statement
    assert isinstance(statement, Map | Reduce)
    return replace(statement, value=_argument(statement.value, put))


def _argument(value: Scalar, put: Callable[[str, str], Load]) -> Scalar:
    if isinstance(value, Number):
        return put(
            literal(value), f"number_{value.numerator}_{value.denominator}".removesuffix("_1").replace("-", "minus_")
        )
    if isinstance(value, Extent):
        return put(literal(value), "extent")
    if not isinstance(value, Call):
        return value
    kept = 1 if value.function == "power" else len(value.arguments)  # an exponent stays a number: it names a function
    return replace(value, arguments=(*(_argument(one, put) for one in value.arguments[:kept]), *value.arguments[kept:]))


def literal(value: Number | Extent) -> str:
    """Return a number in the source."""
    if isinstance(value, Extent):
        return f"float({value.size})"
    if value.denominator in (1, 2, 4, 8):  # a few digits, and exactly that number
        return repr(value.numerator / value.denominator)
    return f"{value.numerator}.0 / {value.denominator}.0"
