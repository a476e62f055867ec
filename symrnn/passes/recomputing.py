"""What forward keeps of every step that backward can compute again, and the statements that do so.

Not a pass: `checkpoint` says when, and where states come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symrnn.ir.buffers import KEPT, Buffer, Role
from symrnn.ir.dependence import covers
from symrnn.ir.nodes import At, Compound, Loop, Program, Ref, Statement
from symrnn.ir.rename import exchange, free_name
from symrnn.ir.walk import Leaf, leaves, operands, references


def lag(buffer: Buffer) -> int:
    """Return how many steps a buffer has besides those of its loop: those of the states before the first, or behind the last."""
    return buffer.dims[0].constant


def chunked(program: Program) -> frozenset[str]:
    """Return what need not be kept for every step: every loop of backward that reads it can compute it again."""
    kept = frozenset(one.name for one in program.having(*KEPT) if one.steps and _is_of_one_loop(program, one))
    while True:
        lost = frozenset(
            name
            for loop in _loops(program.backward.body)
            for name in _read(loop) & kept
            if not _follows(program, kept, name)
        )
        if not lost:
            return frozenset(kept)
        kept -= lost


def _loops(body: tuple[Statement, ...]) -> tuple[Loop, ...]:
    return tuple(one for one in body if isinstance(one, Loop))


def _read(statement: Statement) -> frozenset[str]:
    return frozenset(ref.buffer for leaf in leaves((statement,)) for ref in operands(leaf))


def _written(statement: Statement) -> frozenset[str]:
    return frozenset(leaf.out.buffer for leaf in leaves((statement,)))


def _producers(program: Program, name: str) -> tuple[Loop, ...]:
    return tuple(loop for loop in _loops(program.forward.body) if name in _written(loop))


def _is_of_one_loop(program: Program, buffer: Buffer) -> bool:
    """Return whether one loop of forward writes a buffer, and others reach it only where a chunk of theirs holds it.

    Its states before the first and behind the last step may be read anywhere.
    """
    producers = _producers(program, buffer.name)
    if len(producers) != 1 or any(seed.name == f"d{buffer.name}" for seed in program.having(Role.SEED)):
        return False
    loop, new = producers[0], 0 if producers[0].reverse else lag(buffer)
    for procedure in (program.forward, program.backward):
        for statement in procedure.body:
            here = statement if isinstance(statement, Loop) and statement.length == loop.length else None
            inside = here is not None and (here is loop or procedure is program.backward)
            for leaf in leaves((statement,)):
                if any(ref.buffer == buffer.name and not _fits(ref, buffer, loop, inside) for ref in references(leaf)):
                    return False
                if here is loop and leaf.out.buffer == buffer.name and leaf.out.at != At("t", new):
                    return False
    return buffer.dims[0].terms == ((loop.length, 1),)


def _fits(ref: Ref, buffer: Buffer, loop: Loop, inside: bool) -> bool:
    """Return whether a reference is to a step that the chunk of step t has, or to a state at either end of the loop."""
    at = ref.at
    if not isinstance(at, At):
        return False
    if at.base == "t":
        return inside and 0 <= at.offset <= lag(buffer)
    return at.base in ("", loop.length) and 0 <= at.offset < lag(buffer)


# -- what must be computed with it -----------------------------------------------------------------------------------------


def _needed(program: Program, kept: frozenset[str], loop: Loop, wanted: frozenset[str]) -> frozenset[str]:
    """Return what a loop of forward writes that `wanted` follows from: of what is not kept, and workspace."""
    own = frozenset(one.name for one in program.having(Role.WORK))
    written = _written(loop) & (kept | own)
    found = wanted & written
    while more := {
        ref.buffer
        for leaf in leaves((loop,))
        if leaf.out.buffer in found
        for ref in operands(leaf)
        if ref.buffer in written - found
    }:
        found |= more
    return found


def _only(body: tuple[Statement, ...], names: frozenset[str]) -> tuple[Statement, ...]:
    """Return the statements that write something, in what they stand in."""
    found: list[Statement] = []
    for statement in body:
        if isinstance(statement, Compound):
            inside = _only(statement.body, names)
            found += [replace(statement, body=inside)] if inside else []
        elif statement.out.buffer in names:
            found.append(statement)
    return tuple(found)


def _follows(program: Program, kept: frozenset[str], name: str) -> bool:
    """Return whether a step of a buffer follows from what is there at the beginning of its chunk."""
    loop = _producers(program, name)[0]
    needed = _needed(program, kept, loop, frozenset({name}))
    work = {one.name: one for one in program.having(Role.WORK)}
    if any(work[one].steps for one in needed & work.keys()):
        return False
    body = tuple(leaves(_only(loop.body, needed)))
    if not _begins_in_each_step(program, body, needed & work.keys()):
        return False
    outside = frozenset(ref.buffer for leaf in body for ref in operands(leaf) if ref.buffer in work) - needed
    return outside <= _once(program, outside)


def _begins_in_each_step(program: Program, body: tuple[Leaf, ...], work: frozenset[str]) -> bool:
    """Return whether workspace is written in every step before it is read."""
    written: list[Ref] = []
    for leaf in body:
        read = (*operands(leaf), *((leaf.out,) if leaf.accumulate else ()))
        if any(ref.buffer in work and not covers(written, ref, program) for ref in read):
            return False
        written.append(leaf.out)
    return True


def _once(program: Program, names: frozenset[str]) -> frozenset[str]:
    """Return the workspace that forward computes outside its loops, of these names and of what they are computed from."""
    work = frozenset(one.name for one in program.having(Role.WORK))
    inside = frozenset(name for loop in _loops(program.forward.body) for name in _written(loop))
    found = names - inside
    outside = tuple(one for one in program.forward.body if not isinstance(one, Loop))
    while more := {
        ref.buffer
        for leaf in leaves(outside)
        if leaf.out.buffer in found
        for ref in operands(leaf)
        if ref.buffer in work - found
    }:
        if more & inside:
            return frozenset()
        found |= more
    return found


# -- the statements --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Again:
    """What a loop of backward has computed again: the loops that do so, in order, what is computed once before, and for all.

    `producers` are a loop of forward, the part of it that is carried out, and the states that it begins with. `program` has
    the buffers that are new.
    """

    program: Program
    loop: Loop
    producers: tuple[tuple[Loop, Loop, tuple[str, ...]], ...]
    before: tuple[Statement, ...]


def again(program: Program, kept: frozenset[str], loop: Loop) -> Again | None:
    """Return what a loop of backward must have computed again; None if it reads nothing of the kind."""
    wanted = _read(loop) & kept
    if not wanted:
        return None
    producers: list[tuple[Loop, Loop, tuple[str, ...]]] = []
    before: list[Statement] = []
    for producer in _loops(program.forward.body):
        needed = _needed(program, kept, producer, wanted)
        if not needed:
            continue
        program, names = _copies(program, needed, _only(producer.body, needed))
        part = replace(producer, body=_only(producer.body, needed))
        outside = _once(program, _read(part) & frozenset(names))
        before += _renamed(_only(_outside_loops(program), outside), names)
        states = tuple(sorted(name for name in needed & kept if lag(program.buffer(name))))
        producers.append((producer, replace(part, body=_renamed(part.body, names)), states))
    return Again(program, loop, tuple(producers), tuple(before))


def _outside_loops(program: Program) -> tuple[Statement, ...]:
    return tuple(one for one in program.forward.body if not isinstance(one, Loop))


def _copies(program: Program, needed: frozenset[str], body: tuple[Statement, ...]) -> tuple[Program, Mapping[str, str]]:
    """Return workspace of its own for what is computed again, and the names of it."""
    work = frozenset(one.name for one in program.having(Role.WORK))
    read = frozenset(name for one in body for name in _read(one) | _written(one)) & work
    names: dict[str, str] = {}
    for buffer in program.buffers:
        if buffer.name in (read | needed | _once(program, read - needed)) & work:
            names[buffer.name] = free_name(program, f"{buffer.name}_again")
            program = replace(program, buffers=(*program.buffers, replace(buffer, name=names[buffer.name])))
    return program, names


def _renamed(body: tuple[Statement, ...], names: Mapping[str, str]) -> tuple[Statement, ...]:
    def put(ref: Ref) -> Ref:
        return replace(ref, buffer=names.get(ref.buffer, ref.buffer))

    return tuple(exchange(one, put) for one in body)
