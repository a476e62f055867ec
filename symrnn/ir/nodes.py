"""The loop language: what is computed, and when. Nodes only; meaning is in `interpret`, invariants in `validate`.

    program    = Program(name, title, source, sizes, buffers, forward, backward, equations, given_sizes)
    procedure  = Procedure(name, arguments, body)
    statement  = Loop(body, reverse, length)               for t = 0 … length−1, or down
               | When(at, body)                            inside a loop: in one step only
               | Windows(every, span, body, length)        for every block of steps, in turn: body
               | Chunks(body, rows, reverse, length)       for every few steps, in turn: body; or, `count`, so many times
               | Stretch(body, older)                      inside windows: for t down through a block, or before it
               | Share(body)                               each of several threads: the rows of the results that are its own
               | Block(label, formula, body)               one equation of the derivation
               | Each(body)                                Maps carried out together, element by element
               | Gemm(out, a, b, trans_a, trans_b, accumulate)
               | Map(out, value, accumulate)               elementwise, over the dimensions of out
               | Reduce(out, value, domain, over, operation, accumulate)
    ref        = Ref(buffer, at, columns, rows)            what one step of a buffer holds, or a Span of them
    scalar     = Number(value) | Extent(size) | Load(ref, axes) | Call(function, arguments)

A buffer's dimensions are named sizes. A buffer whose first dimension counts steps is reached through `at`; what is left
is a scalar (), a vector (n), a row-major matrix (rows, columns) or one matrix for each sequence (B, rows, columns). The
batch is an ordinary dimension: a column vector of the mathematics is a row of a (B, n) matrix here (see `symrnn.lower`).
A span of steps is one more dimension in front: (T, B, n), which a product takes as T·B rows.

A Map and a Reduce have a domain of at most three axes, numbered from 0: the dimensions of `out`, and `domain`. `axes` says
along which of them each dimension of what is loaded runs; along the others the value is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symrnn.ir.buffers import Buffer, Role, Size


@dataclass(frozen=True, slots=True)
class At:
    """A step: `t + offset` when `base` is "t", `offset` when it is "", `T + offset` when it is "T".

    The name of any other size that counts steps may stand for T. Inside Chunks, `base` may also be BEGIN, the first step of
    the chunk, END, the step behind its last, or NUMBER, the number of the chunk.
    """

    base: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.base:
            return str(self.offset)
        return self.base if not self.offset else f"{self.base}{self.offset:+d}".replace("+", " + ").replace("-", " - ")

    def value(self, sizes: Mapping[str, int], t: int) -> int:
        """Return the number of the step at these sizes, in step t of a loop."""
        return {"t": t, "": 0, **sizes}[self.base] + self.offset


@dataclass(frozen=True, slots=True)
class Span:
    """The steps first, …, first + length − 1, where `length` names a size: all steps of a loop at once."""

    length: str = "T"
    first: int = 0

    def __str__(self) -> str:
        start = At("", self.first)
        return f"{start} : {At(self.length, self.first)}"


@dataclass(frozen=True, slots=True)
class Ref:
    """What one step or a span of steps of a buffer holds, or what a buffer without steps holds.

    `at` is present exactly when the buffer has steps. `columns` = (first, count) restricts the last dimension, `rows` the
    one before it.
    """

    buffer: str
    at: At | Span | None = None
    columns: tuple[Size, Size] | None = None
    rows: tuple[Size, Size] | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: an int, or a fraction numerator/denominator, printed exactly in the precision of the code."""

    numerator: int
    denominator: int = 1


@dataclass(frozen=True, slots=True)
class Extent:
    """The value of a size as a real number: 1/H is the weight of one entry in a mean of H."""

    size: Size


Axes = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """The value at `ref`, spread over the domain of its statement.

    `axes` has one entry for each dimension of what `ref` reaches: the axis of the domain along which it runs, no two the
    same, or None for a dimension of length 1, of which the only entry is taken. Along the other axes the value is the same:

        (0, 1)    a matrix in a matrix          ()       a scalar
        (1, 0)    its transpose                 (1,)     a vector that is the same in every row, as a bias over the batch
        (0, 2)    v[b, j] in (B, n, m)          (0,)     one number for each row, as a norm of each sequence
        (1, 2)    the same matrix for each b    (0, None) the same from a (B, 1)
    """

    ref: Ref
    axes: Axes


def full(rank: int) -> tuple[int, ...]:
    """Return the axes of a load that has the dimensions of its statement's domain."""
    return tuple(range(rank))


@dataclass(frozen=True, slots=True)
class Call:
    """A scalar operation. Operators: add sub mul div neg power(x, Number); functions: see `FUNCTIONS`."""

    function: str
    arguments: tuple[Scalar, ...]


Scalar = Number | Extent | Load | Call

# name → number of arguments. Every backend and the interpreter must have each one; a test enumerates this table.
OPERATORS = {"add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1, "power": 2}
FUNCTIONS = {
    "tanh": 1,
    "sigmoid": 1,  # 1/(1 + e^−x) without overflow
    "relu": 1,  # max(x, 0); NaN stays NaN
    "step": 1,  # 1 where x > 0, else 0: the declared subgradient of relu; NaN stays NaN
    "exp": 1,
    "log": 1,
    "softplus": 1,  # log(1 + e^x) without overflow
    "sqrt": 1,
    "abs": 1,
    "sign": 1,  # −1, 0, 1
    "sin": 1,
    "cos": 1,
}


@dataclass(frozen=True, slots=True)
class Gemm:
    """out = op(a) @ op(b), or out += op(a) @ op(b); op is the transpose where its flag is set. All three are matrices.

    A vector (n) may stand for the matrix (1, n), and a span (T, B, n) of steps for one of T·B rows. Products of one matrix
    for each sequence are a Reduce.
    """

    out: Ref
    a: Ref
    b: Ref
    trans_a: bool = False
    trans_b: bool = False
    accumulate: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """out = value at every element, or out += value; the domain is the dimensions of what `out` reaches.

    `value` may load `out` itself, with axes `full(rank)`: the update is in place.
    """

    out: Ref
    value: Scalar
    accumulate: bool = False


@dataclass(frozen=True, slots=True)
class Reduce:
    """out = the sum or maximum of `value` over some axes of the domain; or added to what `out` holds (sum only).

    `domain` has one to three dimensions; `over` are the axes that are summed away, in order. `out` has the others:
    over the domain (B, n, m), over=(2,) leaves (B, n), the product of one matrix (n, m) for each sequence with a vector (m).
    """

    out: Ref
    value: Scalar
    domain: tuple[Size, ...]
    over: tuple[int, ...]
    operation: str = "sum"
    accumulate: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """The statements that carry out one equation of the derivation.

    `label` is the equation's number in the document, `formula` its plain text; both become the comment in the code.
    """

    label: str
    formula: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """Maps over the same domain, in blocks or not: all of them for one element, then all of them for the next.

    What one of them writes, the others load at the same element or not at all; so it is also one Map after the other.
    """

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """For t = 0 … length−1 (or length−1 … 0 when `reverse`): body. `length` names a size. Loops are not nested."""

    body: tuple[Statement, ...]
    reverse: bool = False
    length: str = "T"


@dataclass(frozen=True, slots=True)
class When:
    """Inside a loop or a stretch: in the step t that is `at`, and in no other: body.

    `at` is counted from 0 or from the loop's length. The body only accumulates, so that no definition depends on it.
    """

    at: At
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Windows:
    """For every block of steps, begin = 0, every, 2·every, … below length and end = min(begin + every, length): body.

    What stands in a Stretch of the body is carried out at the steps of the window of the block, which are those from
    max(end − span, 0) to end − 1; the rest, which resets carries, once for each block. `every` and `span` are numbers, or
    over sizes that the caller gives. So a gradient is truncated: the losses of a block reach back to its window.
    """

    every: Size
    span: Size
    body: tuple[Statement, ...]
    length: str = "T"

    def stretches(self, sizes: Mapping[str, int]) -> Iterator[tuple[range, range]]:
        """Yield for every block the steps of its window, last step first: those of the block, and the older ones."""
        length, every, span = sizes[self.length], self.every.value(sizes), self.span.value(sizes)
        for begin in range(0, length, every):
            end = min(begin + every, length)
            first = max(end - span, 0)
            yield range(max(begin, first), end)[::-1], range(first, begin)[::-1]


@dataclass(frozen=True, slots=True)
class Chunks:
    """For a few steps, begin … begin + chunk − 1, then for the next ones, until all are done, or, `reverse`, from the last: body.

    Inside, CHUNK is how many they are; a Loop and a Span of this length run over them. A buffer whose first dimension it is
    holds the steps of one chunk at a time. `rows` is how many rows a step has in memory: a chunk has about `height` rows,
    so that what it computes is still in cache when it is used; but one step at least.

    With `count`, the name of a given size, there are that many chunks instead, whose lengths differ by one at most; the longer
    ones are first. A chunk is empty where there are more of them than steps.
    """

    body: tuple[Statement, ...]
    rows: Size
    reverse: bool = False
    length: str = "T"
    height: int = 256
    count: str = ""

    def steps(self, sizes: Mapping[str, int]) -> int:
        """Return how many steps a chunk has; the last ones may have fewer."""
        if self.count:
            return -(-sizes[self.length] // sizes[self.count])
        return min(max(self.height // self.rows.value(sizes), 1), sizes[self.length])

    def ranges(self, sizes: Mapping[str, int], steps: int = 0) -> Iterator[range]:
        """Yield the steps of every chunk, in turn; `steps` is how many a chunk has, if neither `height` nor `count` says so."""
        length, steps = sizes[self.length], steps or self.steps(sizes)
        if self.count:
            few, longer = divmod(length, sizes[self.count])
            chunks = [
                range(k * few + min(k, longer), (k + 1) * few + min(k + 1, longer)) for k in range(sizes[self.count])
            ]
            yield from reversed(chunks) if self.reverse else chunks
        elif self.reverse:
            yield from (range(max(end - steps, 0), end) for end in range(length, 0, -steps))
        else:
            yield from (range(begin, min(begin + steps, length)) for begin in range(0, length, steps))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Inside Windows: for t = end−1 … max(begin, end − span), the steps of the block; or, `older`, for those before it: body.

    The older ones are t = begin−1 … max(end − span, 0).
    """

    body: tuple[Statement, ...]
    older: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """Each of several threads, at its own pace: of what every statement of the body writes, the rows that are its own.

    Rows are counted along the first dimension of one step of the result, the sequences of a batch or the rows of a gradient;
    consecutive rows belong to one thread. All have finished before what follows begins, which one of them carries out where
    it does not stand in a Share too. What one thread writes no other reads or writes (see `symrnn.ir.parts`); so it is also
    the body, carried out by one.
    """

    body: tuple[Statement, ...]


Compound = Loop | When | Windows | Chunks | Stretch | Block | Each | Share
Statement = Gemm | Map | Reduce | Compound


@dataclass(frozen=True, slots=True)
class Procedure:
    """A named sequence of statements over the program's buffers.

    `arguments` names every buffer the procedure touches that is not workspace, in the order of the program's buffers.
    """

    name: str
    arguments: tuple[str, ...]
    body: tuple[Statement, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """Everything that is emitted for one network.

    `sizes` lists the named sizes in the order of the interface, `T` and `B` first. They are read off the shapes of arrays,
    but for `given_sizes`, which the caller passes as whole numbers to the procedures that use them. `forward` computes
    states, outputs and, when the network has a loss, the loss; `backward` reads what forward left and writes every
    gradient; the two are also offered in one call. `equations` are the plain-text forward equations for headers, `source`
    the citation.
    """

    name: str
    title: str
    source: str
    sizes: tuple[tuple[str, str], ...]  # (name, what it counts)
    buffers: tuple[Buffer, ...]
    forward: Procedure
    backward: Procedure
    equations: tuple[tuple[str, str], ...] = ()  # (label, formula)
    given_sizes: tuple[str, ...] = ()

    def buffer(self, name: str) -> Buffer:
        """Return the buffer with this name."""
        return next(buffer for buffer in self.buffers if buffer.name == name)

    def having(self, *roles: Role) -> tuple[Buffer, ...]:
        """Return the buffers in these roles, in order."""
        return tuple(buffer for buffer in self.buffers if buffer.role in roles)

    @property
    def loss(self) -> Buffer | None:
        """The buffer of the loss, if the network has one."""
        return next(iter(self.having(Role.LOSS)), None)
