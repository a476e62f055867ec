"""Give a linear recurrence the form in which all of its steps can be computed together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symrnn.ir.buffers import BEGIN, CHUNK, END, Buffer, Role, Size, size
from symrnn.ir.nodes import At, Call, Load, Loop, Map, Number, Program, Ref, Scalar, Statement, full
from symrnn.ir.rename import all_steps, free_name
from symrnn.ir.shapes import dims
from symrnn.ir.walk import loads
from symrnn.passes.splitting import Unit, blocks, loops, put, units
from symrnn.passes.widen import moves, over_steps


def scan(program: Program) -> Program:
    """Compute factors and terms of a linear recurrence for all steps first, so that the loop holds nothing else.

        for t:                                         a[0 : T] = f[0 : T]
          h[t + 1] = f[t] ∘ h[t] + i[t] ∘ g[t]    →    b[0 : T] = i[0 : T] ∘ g[0 : T]
                                                       for t:  h[t + 1] = a[t] ∘ h[t] + b[t]

        for t down:                                    a[0 : T] = f[0 : T]
          dh[t] += carry                               b[0 : T] = a[0 : T] ∘ dh[0 : T]
          carry = dh[t] ∘ f[t]                    →    c[T] = carry
                                                       for t down:  c[t] = a[t] ∘ c[t + 1] + b[t]
                                                       dh[0 : T] += c[1 : T + 1]
                                                       carry = c[0]

    Valid when: that is all that the loop holds, and neither factor nor term reads what the loop writes: then the derivative of
        the new state by the old one is the factor, entry by entry, whatever the states are.
    Cost: memory for the factors and terms of all steps, and for what is carried. A backend that computes T steps by combining
        neighbours, (a₂, b₂) after (a₁, b₁) is (a₂ ∘ a₁, a₂ ∘ b₁ + b₂), has a number of calls that does not grow with T.
    Source: Blelloch 1990, "Prefix sums and their applications"; Martin and Cundy 2018, arXiv:1709.04057.
    """
    for name in ("forward", "backward"):
        for loop in loops(getattr(program, name)):
            found = units(loop.body)
            made = _state(program, loop, found) or _carry(program, loop, found)
            if made is not None:
                program = put(replace(program, buffers=(*program.buffers, *made.buffers)), name, loop, made.body)
    return program


@dataclass(frozen=True, slots=True)
class _Made:
    """What stands in the place of a loop, and the workspace that it needs."""

    body: tuple[Statement, ...]
    buffers: tuple[Buffer, ...]


def _state(program: Program, loop: Loop, found: tuple[Unit, ...]) -> _Made | None:
    """Return what a loop over one new state becomes."""
    statement = found[0].statement
    if len(found) != 1 or not isinstance(statement, Map) or not _is_plain(program, statement.out):
        return None
    out = statement.out
    assert isinstance(out.at, At)
    old = replace(out, at=At("t", out.at.offset + (1 if loop.reverse else -1)))
    value = Call("add", (_load(program, out), statement.value)) if statement.accumulate else statement.value
    parts = _affine(value, old, full(len(dims(program, out))))
    if parts is None or parts.factor is None or parts.factor == Number(1) or _touches(parts, out, statement.accumulate):
        return None
    made = _Scanned(program, loop, out)
    return _Made((*blocks(_in_block(found[0], made.filled(parts))), *made.loop(out, old, found[0])), made.buffers)


def _carry(program: Program, loop: Loop, found: tuple[Unit, ...]) -> _Made | None:
    """Return what a loop becomes that adds what is carried, and makes what is carried from the sum."""
    if len(found) != 2:
        return None
    first, second = (one.statement for one in found)
    if (
        not (isinstance(first, Map) and isinstance(second, Map))
        or second.accumulate
        or not _is_plain(program, first.out)
    ):
        return None
    carry, whole = second.out, full(len(dims(program, first.out)))
    value = Call("add", (_load(program, first.out), first.value)) if first.accumulate else first.value
    added, next_ = _affine(value, carry, whole), _affine(second.value, first.out, whole)
    if carry.at is not None or _parts_of(carry) or added is None or next_ is None or next_.factor is None:
        return None
    if added.factor != Number(1) or added.term is None or _reads(added, carry) or _touches(next_, first.out, False):
        return None
    if _reads(next_, carry) or (not first.accumulate and _reads(added, first.out)):
        return None
    made = _Scanned(program, loop, first.out)
    kept = made.carries()
    old, new = (At("t", 1), At("t")) if loop.reverse else (At("t"), At("t", 1))
    term = _sum(Call("mul", (_load(program, Ref(made.factors.name, At("t")), whole), added.term)), next_.term)
    filled = made.filled(_Affine(next_.factor, term))
    begin, end = made.ends()
    start, last = (end, begin) if loop.reverse else (begin, end)
    sums = Map(
        all_steps(first.out, loop.length),
        Call("add", (over_steps(added.term, loop.length), made.wide(Ref(kept.name, old)))),
        accumulate=False,
    )
    if first.accumulate:
        sums = Map(all_steps(first.out, loop.length), made.wide(Ref(kept.name, old)), accumulate=True)
    body = (
        *blocks(_in_block(found[1], filled)),
        Map(Ref(kept.name, start), _load(program, carry)),
        *made.loop(Ref(kept.name, new), Ref(kept.name, old), found[1]),
        *blocks(_in_block(found[0], [sums])),
        Map(carry, _load(program, carry, whole, Ref(kept.name, last))),
    )
    return _Made(body, (*made.buffers, kept))


def _in_block(unit: Unit, statements: list[Map]) -> list[Unit]:
    return [replace(unit, statement=one) for one in statements]


def _is_plain(program: Program, out: Ref) -> bool:
    """Return whether something is written to whole steps t of a buffer, of two dimensions at most."""
    return moves(out) and not _parts_of(out) and len(program.buffer(out.buffer).inner) <= 2


def _parts_of(ref: Ref) -> bool:
    return ref.columns is not None or ref.rows is not None


def _load(program: Program, ref: Ref, axes: tuple[int, ...] | None = None, instead: Ref | None = None) -> Load:
    return Load(instead or ref, full(len(dims(program, ref))) if axes is None else axes)


# -- factors and terms -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Affine:
    """factor ∘ x + term; None is zero."""

    factor: Scalar | None
    term: Scalar | None


def _affine(value: Scalar, x: Ref, whole: tuple[int, ...]) -> _Affine | None:
    """Return a scalar as a linear function of what is loaded from x; None if it is none."""
    if isinstance(value, Load) and value.ref == x:
        return _Affine(Number(1), None) if value.axes == whole else None
    if not any(load.ref == x for load in loads(value)):
        return _Affine(None, value)
    assert isinstance(value, Call)
    parts = [_affine(one, x, whole) for one in value.arguments]
    left, right = parts[0], parts[-1]
    if left is None or right is None:
        return None
    if value.function == "neg":
        return _Affine(_negative(left.factor), _negative(left.term))
    if value.function in ("add", "sub"):
        other = right if value.function == "add" else _Affine(_negative(right.factor), _negative(right.term))
        return _Affine(_sum(left.factor, other.factor), _sum(left.term, other.term))
    if value.function in ("mul", "div") and right.factor is None and right.term is not None:
        return _Affine(*(_times(value.function, one, right.term) for one in (left.factor, left.term)))
    if value.function == "mul" and left.factor is None and left.term is not None:
        return _Affine(*(_times("mul", one, left.term) for one in (right.factor, right.term)))
    return None


def _negative(value: Scalar | None) -> Scalar | None:
    return None if value is None else Call("neg", (value,))


def _sum(left: Scalar | None, right: Scalar | None) -> Scalar | None:
    return Call("add", (left, right)) if left is not None and right is not None else left or right


def _times(function: str, left: Scalar | None, right: Scalar) -> Scalar | None:
    if left is None:
        return None
    return right if left == Number(1) and function == "mul" else Call(function, (left, right))


def _touches(parts: _Affine, out: Ref, itself: bool) -> bool:
    """Return whether a factor or a term reads what the loop writes; `itself` allows this step of it in the term."""
    allowed = [out] if itself else []
    return any(load.ref.buffer == out.buffer and load.ref not in allowed for load in _loads(parts))


def _reads(parts: _Affine, ref: Ref) -> bool:
    return any(load.ref.buffer == ref.buffer for load in _loads(parts))


def _loads(parts: _Affine) -> Iterator[Load]:
    for one in (parts.factor, parts.term):
        if one is not None:
            yield from loads(one)


# -- the scan --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scanned:
    """A loop over steps of something, and the workspace for its factors and terms."""

    program: Program
    over: Loop
    of: Ref

    @property
    def factors(self) -> Buffer:
        """The factors of all steps."""
        return self._buffer("factors", 0, "by which a step multiplies")

    @property
    def terms(self) -> Buffer:
        """The terms of all steps."""
        return self._buffer("terms", 0, "what a step adds")

    def carries(self) -> Buffer:
        """Return what is carried between steps, for all of them."""
        return self._buffer("carries", 1, "what is carried from step to step")

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """Both."""
        return self.factors, self.terms

    def _buffer(self, what: str, more: int, about: str) -> Buffer:
        inner = self.program.buffer(self.of.buffer).inner
        name = free_name(self.program, f"{self.of.buffer}_{what}")
        steps = size(self.over.length) + Size((), more)
        return Buffer(name, (steps, *inner), Role.WORK, steps=True, about=about)

    def ends(self) -> tuple[At, At]:
        """Return the first step, and the one behind the last."""
        return (At(BEGIN), At(END)) if self.over.length == CHUNK else (At(""), At(self.over.length))

    def wide(self, ref: Ref) -> Load:
        """Return all steps of an array, over steps and the rest."""
        return Load(all_steps(ref, self.over.length), full(1 + len(self.program.buffer(self.of.buffer).inner)))

    def filled(self, parts: _Affine) -> list[Map]:
        """Return the statements that compute factors and terms of all steps."""
        assert parts.factor is not None
        return [
            Map(
                all_steps(Ref(one.name, At("t")), self.over.length),
                over_steps(value if value is not None else Number(0), self.over.length),
            )
            for one, value in ((self.factors, parts.factor), (self.terms, parts.term))
        ]

    def loop(self, new: Ref, old: Ref, unit: Unit) -> tuple[Statement, ...]:
        """Return the loop over new = factor ∘ old + term."""
        whole = full(len(self.program.buffer(self.of.buffer).inner))
        factor, term, before = (
            Load(one, whole) for one in (Ref(self.factors.name, At("t")), Ref(self.terms.name, At("t")), old)
        )
        value = Call("add", (Call("mul", (factor, before)), term))
        return (replace(self.over, body=blocks([replace(unit, statement=Map(new, value))])),)
