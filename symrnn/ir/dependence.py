"""Which statement must follow which: where two statements meet in memory, and in which steps of a loop.

Two statements depend on one another when both reach the same element and one of them writes it; two that only add to it
do not, for a sum has no order. Inside a loop the instance of a statement in one step may meet that of another in a later
step: h[t + 1], written, is h[t] one step later. What is said here is sound, not complete: where nothing is known about two
places, they are taken to meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symrnn.ir.buffers import Size
from symrnn.ir.nodes import At, Program, Ref, Statement
from symrnn.ir.shapes import at_most, same
from symrnn.ir.walk import leaves, operands

Edges = Mapping[int, frozenset[int]]  # the number of a statement → those of the statements that must follow it


@dataclass(frozen=True, slots=True)
class Access:
    """What a statement reaches: it reads there, it writes, or it adds to what is there."""

    ref: Ref
    writes: bool = False
    adds: bool = False


def accesses(statement: Statement) -> Iterator[Access]:
    """Yield everything that a statement, or what stands in it, reaches."""
    for leaf in leaves((statement,)):
        yield from (Access(ref) for ref in operands(leaf))
        yield Access(leaf.out, True, leaf.accumulate)


def are_apart(first: Ref, second: Ref) -> bool:
    """Return whether two references share no element whatever the steps: other buffers, or ranges that do not meet."""
    if first.buffer != second.buffer:
        return True
    return _are_apart(first.rows, second.rows) or _are_apart(first.columns, second.columns)


def _are_apart(first: tuple[Size, Size] | None, second: tuple[Size, Size] | None) -> bool:
    if first is None or second is None:
        return False
    return at_most(first[0] + first[1], second[0]) or at_most(second[0] + second[1], first[0])


def meet(first: Ref, second: Ref) -> bool:
    """Return whether two references may share an element in the same step of a loop."""
    a, b = first.at, second.at
    other_step = isinstance(a, At) and isinstance(b, At) and a.base == b.base and a.offset != b.offset
    return not other_step and not are_apart(first, second)


def _is_ordered(first: Access, second: Access) -> bool:
    """Return whether it matters which comes first, should they meet."""
    return (first.writes or second.writes) and not (first.adds and second.adds)


def conflict(first: Statement, second: Statement) -> bool:
    """Return whether two statements of the same step may not change places."""
    return any(
        _is_ordered(one, other) and meet(one.ref, other.ref) for one in accesses(first) for other in accesses(second)
    )


def follow(first: Statement, second: Statement) -> bool:
    """Return whether two statements, each carried out with all of its steps, may not change places."""
    return any(
        _is_ordered(one, other) and not are_apart(one.ref, other.ref)
        for one in accesses(first)
        for other in accesses(second)
    )


def _lag(first: Ref, second: Ref) -> int | None:
    """Return how many steps after `first` the other one reaches the same step of the buffer; None if that is not known."""
    a, b = first.at, second.at
    if isinstance(a, At) and isinstance(b, At) and a.base == b.base == "t":
        return a.offset - b.offset
    return None


def edges(body: Sequence[Statement], reverse: bool) -> Edges:
    """Return which statements of a loop must follow which, over all of its steps.

    An edge i → j says that some instance of j comes after an instance of i with which it shares memory. A loop may be
    taken apart into loops that are carried out one after the other if no edge leads backwards among them.
    """
    found: dict[int, set[int]] = {number: set() for number in range(len(body))}
    reached = [tuple(accesses(statement)) for statement in body]
    for i, first in enumerate(reached):
        for j in range(i, len(body)):
            for one in first:
                for other in reached[j]:
                    if not _is_ordered(one, other) or are_apart(one.ref, other.ref):
                        continue
                    lag = _lag(one.ref, other.ref)
                    ahead = None if lag is None else -lag if reverse else lag
                    if ahead is None or ahead > 0 or (ahead == 0 and i < j):
                        found[i].add(j)
                    if ahead is None or ahead < 0:
                        found[j].add(i)
    return {number: frozenset(after) for number, after in found.items()}


def reachable(start: frozenset[int], after: Edges) -> frozenset[int]:
    """Return what can be reached from `start` by one edge or more."""
    found: set[int] = set()
    front = {j for i in start for j in after[i]}
    while front:
        found |= front
        front = {j for i in front for j in after[i]} - found
    return frozenset(found)


def recurrence(after: Edges) -> frozenset[int]:
    """Return the statements that a later instance of themselves depends on, and all that stands between these."""
    cyclic = frozenset(number for number in after if number in reachable(frozenset({number}), after))
    before = {number for number in after if reachable(frozenset({number}), after) & cyclic}
    return cyclic | (reachable(cyclic, after) & before)


def covers(parts: Sequence[Ref], whole: Ref, program: Program) -> bool:
    """Return whether everything that `whole` reaches is in one of `parts`, or they lie side by side in its columns or rows."""
    parts = [one for one in parts if one.buffer == whole.buffer and one.at == whole.at]
    if any(_is_within(whole.rows, one.rows) and _is_within(whole.columns, one.columns) for one in parts):
        return True
    inner = program.buffer(whole.buffer).inner
    columns = [one.columns for one in parts if _is_within(whole.rows, one.rows) and one.columns is not None]
    rows = [one.rows for one in parts if _is_within(whole.columns, one.columns) and one.rows is not None]
    return (bool(inner) and _adjoin(columns, whole.columns, inner[-1])) or (
        len(inner) > 1 and _adjoin(rows, whole.rows, inner[-2])
    )


def _is_within(part: tuple[Size, Size] | None, whole: tuple[Size, Size] | None) -> bool:
    if whole is None:
        return True
    if part is None:
        return False
    return at_most(whole[0], part[0]) and at_most(part[0] + part[1], whole[0] + whole[1])


def _adjoin(parts: Sequence[tuple[Size, Size]], whole: tuple[Size, Size] | None, full: Size) -> bool:
    """Return whether ranges fill a whole without a gap."""
    reached, end = whole if whole is not None else (Size(), full)
    end = reached + end if whole is not None else full
    for _ in parts:
        if same(reached, end):
            return True
        following = [
            first + count for first, count in parts if at_most(first, reached) and at_most(reached, first + count)
        ]
        further = [one for one in following if not same(one, reached)]
        if not further:
            return False
        reached = further[0]
    return same(reached, end)
