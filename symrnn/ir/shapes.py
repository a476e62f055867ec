"""Dimensions of references, comparison of sizes, and how sizes follow from the shapes of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from symrnn.errors import IRError
from symrnn.ir.buffers import GIVEN, OWN, Buffer, Size, size
from symrnn.ir.nodes import Gemm, Procedure, Program, Reduce, Ref, Span
from symrnn.ir.walk import Leaf, sizes_mentioned, touched, written

Dims = tuple[Size, ...]
ONE = Size((), 1)


def same(left: Size, right: Size) -> bool:
    """Return whether two sizes are the same linear form, whatever the order of their terms."""
    return left.constant == right.constant and sorted(left.terms) == sorted(right.terms)


def same_dims(left: Dims, right: Dims) -> bool:
    """Return whether two tuples of dimensions agree."""
    return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))


def at_most(left: Size, right: Size) -> bool:
    """Return whether left ≤ right at all sizes ≥ 1, which for linear forms is decided exactly.

    right − left = Σ cₙ n + c₀ is smallest at n = 1 when every cₙ ≥ 0, and unbounded below otherwise.
    """
    counts = dict(right.terms)
    for name, count in left.terms:
        counts[name] = counts.get(name, 0) - count
    return all(count >= 0 for count in counts.values()) and sum(counts.values()) + right.constant >= left.constant


def dims(program: Program, ref: Ref) -> Dims:
    """Return the dimensions of what `ref` reaches: (), (n), (rows, columns) or (B, rows, columns); a span has one more."""
    inner = program.buffer(ref.buffer).inner
    if ref.rows is not None:
        inner = (*inner[:-2], ref.rows[1], inner[-1])
    if ref.columns is not None:
        inner = (*inner[:-1], ref.columns[1])
    return (size(ref.at.length), *inner) if isinstance(ref.at, Span) else inner


def domain(program: Program, statement: Leaf) -> Dims:
    """Return the dimensions over which a statement computes its value; a product has none."""
    if isinstance(statement, Gemm):
        return ()
    return statement.domain if isinstance(statement, Reduce) else dims(program, statement.out)


def matrix(inner: Dims) -> tuple[Dims, Dims]:
    """Return the sizes whose product is the number of rows, and the columns, of a scalar, vector or matrix, or a span of these.

    A vector is one row, and a span of T matrices of B rows has T·B.
    """
    return tuple(one for one in inner[:-1] if one != ONE) or (ONE,), inner[-1:] or (ONE,)


def show(inner: Dims) -> str:
    """Return dimensions as text: `(B, I + H)`."""
    return f"({', '.join(str(one) for one in inner)})"


@dataclass(frozen=True, slots=True)
class Fixing:
    """A size read off an array: size = (length of `buffer` along `axis` − the rest of `form`) / its count in `form`."""

    size: str
    buffer: str
    axis: int
    form: Size

    @property
    def count(self) -> int:
        """How often the size occurs in the form."""
        return dict(self.form.terms)[self.size]

    @property
    def rest(self) -> Size:
        """The form without the size that it fixes."""
        return Size(tuple(term for term in self.form.terms if term[0] != self.size), self.form.constant)

    @property
    def is_plain(self) -> bool:
        """Whether the length itself is the size."""
        return self.count == 1 and self.rest == Size()

    def solve(self, length: int, known: Mapping[str, int]) -> int | None:
        """Return the size that makes the form equal `length`, or None if no size ≥ 1 does."""
        value, remainder = divmod(length - self.rest.value(known), self.count)
        return value if remainder == 0 and value >= 1 else None


def sizes_used(program: Program, procedure: Procedure) -> frozenset[str]:
    """Return the names of the sizes that a procedure mentions, itself or by the buffers that it touches."""
    forms = [one for name in touched(procedure) for one in program.buffer(name).dims]
    return frozenset(name for form in (*forms, *sizes_mentioned(procedure)) for name, _ in form.terms)


def all_sizes_used(program: Program) -> frozenset[str]:
    """Return the names of the sizes that a buffer has or a procedure mentions."""
    forms = frozenset(name for buffer in program.buffers for one in buffer.dims for name, _ in one.terms)
    return forms | sizes_used(program, program.forward) | sizes_used(program, program.backward)


def given_sizes_used(program: Program, procedure: Procedure) -> tuple[str, ...]:
    """Return the sizes that the caller passes to a procedure as numbers, in the order of the interface."""
    if not program.given_sizes:
        return ()
    used = sizes_used(program, procedure)
    return tuple(name for name, _ in program.sizes if name in program.given_sizes and name in used)


def fixings(program: Program, procedure: Procedure, buffers: Iterable[Buffer]) -> tuple[Fixing, ...]:
    """Return how the sizes that a procedure uses, and is not given, follow from the shapes of `buffers`, in an order of solving.

    A length that is a size by itself is preferred to a compound one such as I + H.

    Raises:
        IRError: a size occurs in no shape, or only together with others that are unknown too.
    """
    buffers = tuple(buffers)
    found, missing = _solved(program, procedure, buffers)
    if missing:
        raise IRError(
            f"{program.name}, {procedure.name}: size {missing[0]} does not follow from the shape of any argument "
            f"({', '.join(f'{buffer.name} {show(buffer.dims)}' for buffer in buffers)}): "
            "give an argument this dimension, make it a given size, or leave it out."
        )
    return found


def _solved(
    program: Program, procedure: Procedure, buffers: tuple[Buffer, ...]
) -> tuple[tuple[Fixing, ...], tuple[str, ...]]:
    used = sizes_used(program, procedure)
    return solved([name for name, _ in program.sizes if name in used], buffers, program.given_sizes)


def solved(
    names: Iterable[str], buffers: Iterable[Buffer], known: Iterable[str] = ()
) -> tuple[tuple[Fixing, ...], tuple[str, ...]]:
    """Return how sizes follow from some shapes when others are known, and those that do not follow."""
    wanted = [name for name in names if name not in known]
    lengths = [(buffer.name, axis, form) for buffer in buffers for axis, form in enumerate(buffer.dims)]
    plain = [length for length in lengths if length[2] in [size(name) for name in wanted]]
    found: dict[str, Fixing] = {}
    for _ in wanted:
        for name, axis, form in (*plain, *lengths):
            unknown = [one for one, _ in form.terms if one not in found and one not in known]
            if len(unknown) == 1:
                found[unknown[0]] = Fixing(unknown[0], name, axis, form)
    return tuple(found.values()), tuple(name for name in wanted if name not in found)


def with_arguments(program: Program) -> Program:
    """Return the program with the arguments that its procedures need."""
    forward, backward = (replace(one, arguments=arguments(program, one)) for one in (program.forward, program.backward))
    return replace(program, forward=forward, backward=backward)


def arguments(program: Program, procedure: Procedure) -> tuple[str, ...]:
    """Return the buffers that a procedure needs of its caller, in the order of the table.

    These are the buffers that it touches, but for workspace; and where a size follows from none that it reads, the first
    given one that has it, for its shape alone. Something is read in any case, for its precision.
    """
    used, results = touched(procedure), written(procedure)
    names = {buffer.name for buffer in program.buffers if buffer.name in used and buffer.role not in OWN}
    while True:
        read = tuple(buffer for buffer in program.buffers if buffer.name in names - results)
        _, missing = _solved(program, procedure, read)
        absent = [buffer for buffer in program.having(*GIVEN) if buffer.name not in names]
        needed = [b for b in absent if (size(missing[0]) in b.dims if missing else not read)]
        if not needed:
            return tuple(buffer.name for buffer in program.buffers if buffer.name in names)
        names.add(needed[0].name)
