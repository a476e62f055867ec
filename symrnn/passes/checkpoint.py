"""Keep the states of few steps, and compute again what lies between them when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symrnn.errors import IRError
from symrnn.ir.buffers import BEGIN, CHUNK, END, NUMBER, Buffer, Role, Size, size
from symrnn.ir.nodes import At, Chunks, Load, Loop, Map, Procedure, Program, Ref, Statement, full
from symrnn.ir.rename import exchange, free_name, with_bodies
from symrnn.ir.shapes import with_arguments
from symrnn.ir.walk import leaves, references
from symrnn.passes.recomputing import Again, again, chunked, lag


def checkpoint(program: Program) -> Program:
    """Keep only the states between N chunks of the steps; backward computes the rest again, one chunk at a time.

        for t = 0 … T−1:                      for N chunks of the T steps:
          z[t] = … h[t] …                       h[begin] = h_checkpoints[number]
          h[t + 1] = …                          for t through the chunk:
                                                  z[t] = … h[t] …
                                                  h[t + 1] = …
                                                h_checkpoints[number + 1] = h[end]
                                       →
        for t = T−1 … 0:                      for N chunks of the T steps, the last first:
          … h[t], z[t] …                        h[begin] = h_checkpoints[number]
                                                for t through the chunk:
                                                  z[t] = … h[t] …
                                                  h[t + 1] = …
                                                for t down through the chunk:
                                                  … h[t], z[t] …

    Valid when: what is kept is written by one loop of forward, read in backward at steps that this chunk computes, and follows
        from what is given, from other states at the beginning of the chunk and from what stays; nothing of it is wanted of the
        caller. What another loop of forward reads at every step stays, and so do outputs whose adjoints the caller gives.
    Cost: one more forward, but for the loss. Memory for N + 1 states, and for everything that is kept of T/N steps.
    Source: Chen, Xu, Zhang, Guestrin 2016, arXiv:1604.06174, section 4.2; Gruslys et al. 2016, arXiv:1606.03401.

    Raises:
        IRError: the gradient is truncated, or nothing that is kept can be computed again.
    """
    if any(not isinstance(one, Loop) and _has_steps(program, one) for one in _statements(program)):
        raise IRError(
            f"{program.name}: there are no checkpoints for a truncated gradient, whose windows reach back over any number of "
            f"chunks: leave out one of the two."
        )
    kept = chunked(program)
    if not kept:
        raise IRError(
            f"{program.name}: checkpoints would save nothing: all that forward keeps for every step is what another loop, or the "
            f"caller, reads at every step."
        )
    return _Checkpoints.of(program, kept).applied()


def _statements(program: Program) -> tuple[Statement, ...]:
    return (*program.forward.body, *program.backward.body)


def _has_steps(program: Program, statement: Statement) -> bool:
    """Return whether a statement counts steps t itself."""
    found = (ref.at for leaf in leaves((statement,)) for ref in references(leaf))
    return any(isinstance(at, At) and at.base == "t" for at in found)


@dataclass(frozen=True, slots=True)
class _Checkpoints:
    """A program, what it keeps of one chunk only, and under which names states are kept between the chunks."""

    program: Program
    kept: frozenset[str]
    count: str
    states: tuple[tuple[str, tuple[str, ...]], ...]  # a state, and for each of its lags where it is between chunks

    @classmethod
    def of(cls, program: Program, kept: frozenset[str]) -> _Checkpoints:
        """Choose the names."""
        count = free_name(program, "N")
        lags = {name: lag(program.buffer(name)) for name in kept if lag(program.buffer(name))}
        names = {
            name: tuple(
                free_name(program, f"{name}_checkpoints{f'_{place + 1}' if place else ''}")
                for place in range(lags[name])
            )
            for name in sorted(lags)
        }
        return cls(program, kept, count, tuple(names.items()))

    def applied(self) -> Program:
        """Return the program with its loops in chunks, what they need before them, and the checkpoints among its buffers."""
        computed: list[Again] = []
        program = self.program
        for loop in [one for one in program.backward.body if isinstance(one, Loop)]:
            found = again(program, self.kept, loop)
            if found is not None:
                computed.append(found)
                program = found.program
        backward = _body(program.backward, {one.loop: self._backward(one) for one in computed})
        before = tuple(statement for one in computed for statement in one.before)
        forward = _body(
            program.forward, {one: self._forward(one) for one in program.forward.body if isinstance(one, Loop)}
        )
        bodies = {"forward": forward, "backward": (*before, *backward)}
        chunks = with_bodies(program, lambda one: tuple(exchange(each, self._redirected) for each in bodies[one.name]))
        sizes = (*chunks.sizes, (self.count, "chunks of the steps, between which states are kept"))
        return with_arguments(
            replace(
                chunks,
                sizes=sizes,
                given_sizes=(*chunks.given_sizes, self.count),
                buffers=tuple(new for one in chunks.buffers for new in self._buffers(one)),
            )
        )

    def _forward(self, loop: Loop) -> tuple[Statement, ...]:
        """Return a loop of forward in chunks, each of which leaves the states with which the next one begins."""
        inside = {leaf.out.buffer for leaf in leaves((loop,))}
        if not inside & self.kept:
            return (loop,)
        states = [name for name, _ in self.states if name in inside]
        body = (*self._loaded(loop, states), replace(loop, length=CHUNK), *self._stored(loop, states))
        return (self._chunks(loop, body),)

    def _backward(self, found: Again) -> tuple[Statement, ...]:
        """Return a loop of backward in chunks, each of which first computes again what it reads."""
        body: list[Statement] = []
        for producer, loop, states in found.producers:
            body += [*self._loaded(producer, states), replace(loop, length=CHUNK)]
        return (self._chunks(found.loop, (*body, replace(found.loop, length=CHUNK))),)

    def _chunks(self, loop: Loop, body: tuple[Statement, ...]) -> Chunks:
        return Chunks(body, Size((), 1), loop.reverse, loop.length, count=self.count)

    def _loaded(self, loop: Loop, states: Sequence[str]) -> list[Statement]:
        """Return the copies that give the loop of a chunk the states with which it begins."""
        ends, number = (END, At(NUMBER, 1)) if loop.reverse else (BEGIN, At(NUMBER))
        return [
            self._copy(Ref(name, At(ends, place)), Ref(between, number))
            for name, kept in self.states
            if name in states
            for place, between in enumerate(kept)
        ]

    def _stored(self, loop: Loop, states: Sequence[str]) -> list[Statement]:
        """Return the copies that keep the states with which the loop of a chunk ends."""
        ends, number = (BEGIN, At(NUMBER)) if loop.reverse else (END, At(NUMBER, 1))
        return [
            self._copy(Ref(between, number), Ref(name, At(ends, place)))
            for name, kept in self.states
            if name in states
            for place, between in enumerate(kept)
        ]

    def _copy(self, out: Ref, source: Ref) -> Map:
        known = {between: name for name, kept in self.states for between in kept}
        return Map(out, Load(source, full(len(self.program.buffer(known.get(out.buffer, out.buffer)).inner))))

    def _redirected(self, ref: Ref) -> Ref:
        """Return where a state before the first step or behind the last one is now."""
        kept = dict(self.states).get(ref.buffer)
        if kept is None or not isinstance(ref.at, At) or ref.at.base in ("t", BEGIN, END, NUMBER):
            return ref
        return replace(ref, buffer=kept[ref.at.offset], at=At(self.count if ref.at.base else ""))

    def _buffers(self, buffer: Buffer) -> tuple[Buffer, ...]:
        if buffer.name not in self.kept:
            return (buffer,)
        steps = size(CHUNK) + Size((), lag(buffer))
        here = replace(buffer, dims=(steps, *buffer.inner), role=Role.WORK, about=f"{buffer.name} of one chunk")
        about = "the first is initial, the last is final"
        between = size(self.count) + Size((), 1)
        return (
            *(
                Buffer(
                    name,
                    (between, *buffer.inner),
                    Role.OUTPUT,
                    steps=True,
                    about=f"{buffer.name} between chunks; {about}",
                )
                for name in dict(self.states).get(buffer.name, ())
            ),
            here,
        )


def _body(procedure: Procedure, new: dict[Loop, tuple[Statement, ...]]) -> tuple[Statement, ...]:
    return tuple(each for one in procedure.body for each in (new.get(one, (one,)) if isinstance(one, Loop) else (one,)))
