"""What each of several threads does of a statement, and when they may do so at the same time.

A statement is divided along the first dimension of one step of its result: the sequences of a (T, B, n), the rows of a gradient
(n, m). Whatever runs along with it, row by row, belongs to the same thread; what does not is read by all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symrnn.errors import IRError
from symrnn.ir.buffers import Size
from symrnn.ir.dependence import are_apart
from symrnn.ir.nodes import Gemm, Load, Program, Reduce, Ref, Share, Span, Statement
from symrnn.ir.shapes import dims
from symrnn.ir.text import line
from symrnn.ir.walk import Leaf, compounds, leaves, loads


def part(count: int, number: int, parts: int) -> range:
    """Return which of so many rows belong to a thread: about equally many, consecutive ones."""
    each, more = divmod(count, parts)
    first = number * each + min(number, more)
    return range(first, first + each + (number < more))


def rows(program: Program, statement: Leaf) -> Size | None:
    """Return the number of rows along which a statement is divided; nothing if it writes one number, or one row."""
    inner = _inner(program, statement.out)
    if not inner or (isinstance(statement, Gemm) and len(inner) < 2):
        return None
    return inner[0]


def _inner(program: Program, ref: Ref) -> tuple[Size, ...]:
    """Return the dimensions of one step of what is reached."""
    return dims(program, replace(ref, at=None))


@dataclass(frozen=True, slots=True)
class _Access:
    """What a statement reaches; and if a thread reaches its own rows of it only, how these are counted: how many, from where."""

    statement: Leaf
    ref: Ref
    writes: bool
    own: tuple[object, ...] | None


def _accesses(program: Program, statement: Leaf) -> Iterator[_Access]:
    yield _Access(statement, statement.out, True, _counted(program, statement.out))
    if isinstance(statement, Gemm):
        own = None if statement.trans_a else _counted(program, statement.a)
        yield _Access(statement, statement.a, False, own)
        yield _Access(statement, statement.b, False, None)
        return
    along = axis(statement)
    for load in loads(statement.value):
        own = _counted(program, load.ref) if _first_axis(load) == along else None
        yield _Access(statement, load.ref, False, own)


def _counted(program: Program, ref: Ref) -> tuple[object, ...] | None:
    inner = _inner(program, ref)
    if not inner:
        return None
    first = ref.rows[0] if ref.rows is not None and len(inner) == 2 else Size()
    return tuple(sorted(inner[0].terms)), inner[0].constant, tuple(sorted(first.terms)), first.constant


def axis(statement: Leaf) -> int:
    """Return the axis of the domain along which a Map or a Reduce is divided."""
    place = int(isinstance(statement.out.at, Span))
    if isinstance(statement, Reduce):
        left = [one for one in range(len(statement.domain)) if one not in statement.over]
        return left[place] if place < len(left) else -1
    return place


def _first_axis(load: Load) -> int | None:
    """Return the axis along which the first dimension of one step runs."""
    place = int(isinstance(load.ref.at, Span))
    return load.axes[place] if place < len(load.axes) else None


def meeting(program: Program, body: Sequence[Statement]) -> tuple[Leaf, Leaf] | None:
    """Return two statements that threads must not carry out at the same time, each its own rows; nothing if there are none.

    One that cannot be divided is returned twice. Nothing is known of the order of threads in the body, so every pair counts,
    whatever the steps.
    """
    inside = tuple(leaves(tuple(body)))
    found: dict[str, list[_Access]] = {}
    for statement in inside:
        if rows(program, statement) is None:
            return statement, statement
        for access in _accesses(program, statement):
            found.setdefault(access.ref.buffer, []).append(access)
    for reached in found.values():
        for one in (access for access in reached if access.writes):
            for other in reached:
                apart = one.own is not None and one.own == other.own
                if not apart and not are_apart(one.ref, other.ref):
                    return one.statement, other.statement
    return None


def threads_do_not_meet(program: Program) -> None:
    """In a Share no thread reads or writes what another one writes."""
    for procedure in (program.forward, program.backward):
        for share in compounds(procedure.body):
            found = meeting(program, share.body) if isinstance(share, Share) else None
            if found is None:
                continue
            where, one, other = f"{program.name}, {procedure.name}", *(line(program, leaf) for leaf in found)
            if one == other and rows(program, found[0]) is None:
                raise IRError(f"{where}: «{one}» has no rows to share: let one thread carry it out.")
            raise IRError(
                f"{where}: threads meet in «{one}» and «{other}»: let all finish the first before the second."
            )
