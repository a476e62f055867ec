"""The loop language: what is computed, and when. Nodes only; meaning is in `interpret`, invariants in `validate`.

    program    = Program(name, title, source, sizes, buffers, forward, backward, equations)
    procedure  = Procedure(name, arguments, body)
    statement  = Loop(body, reverse)                       for t = 0 … T−1, or down
               | Block(label, formula, body)               one equation of the derivation
               | Gemm(out, a, b, trans_a, trans_b, accumulate)
               | Map(out, value, accumulate)               elementwise, with broadcasting
               | Reduce(out, value, over, operation, accumulate)
    ref        = Ref(buffer, at, columns)                  a scalar, vector or matrix inside a buffer
    scalar     = Number(value) | Load(ref, broadcast) | Call(function, arguments)

A buffer's dimensions are named sizes. A buffer whose first dimension counts steps is reached through `at`; what is left
is a scalar (), a vector (n) or a row-major matrix (rows, columns). The batch is an ordinary dimension: a column vector
of the mathematics is a row of a (B, n) matrix here (see `symrnn.lower`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Size:
    """A non-negative linear form over named sizes, `I + H` or `T + 1`.

    Terms are in the author's order, names are unique, coefficients positive.
    """

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    def __str__(self) -> str:
        parts = [name if count == 1 else f"{count}*{name}" for name, count in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts)

    def __add__(self, other: Size) -> Size:
        counts = dict(self.terms)
        for name, count in other.terms:
            counts[name] = counts.get(name, 0) + count
        return Size(tuple(counts.items()), self.constant + other.constant)

    def value(self, sizes: Mapping[str, int]) -> int:
        """Return the number that the form is at these sizes."""
        return self.constant + sum(count * sizes[name] for name, count in self.terms)


def size(name: str) -> Size:
    """Return the size with this name."""
    return Size(((name, 1),))


class Role(Enum):
    """What a buffer is to the caller of a procedure."""

    INPUT = "input"  # read: a sequence (T, B, n)
    INITIAL = "initial state"  # read: (B, n), or (lags, B, n)
    TARGET = "target"  # read: a sequence (T, B, n)
    PARAMETER = "parameter"  # read
    SEED = "given adjoint"  # read: the adjoint of an output that the caller's loss provides, (T, B, n)
    OUTPUT = "output"  # written by forward, read by backward, of interest to the caller
    SAVED = "saved"  # written by forward, read by backward; kept by the caller between the two
    LOSS = "loss"  # written: shape ()
    GRADIENT = "gradient"  # written by backward (overwritten, never accumulated into the caller's values)
    WORK = "workspace"  # contents mean nothing before and after a procedure


GIVEN = (Role.INPUT, Role.INITIAL, Role.TARGET, Role.PARAMETER)  # read by both procedures
KEPT = (Role.OUTPUT, Role.SAVED)  # what forward leaves for backward


@dataclass(frozen=True, slots=True)
class Buffer:
    """A named block of reals. `dims` includes the step axis, if `steps`; `about` says what it is in one line."""

    name: str
    dims: tuple[Size, ...]
    role: Role
    steps: bool = False
    about: str = ""
    sums_to_one: bool = False  # along the last dimension; the gradients are those of the loss only then

    @property
    def inner(self) -> tuple[Size, ...]:
        """Dimensions of one step: () or (n) or (rows, columns)."""
        return self.dims[1:] if self.steps else self.dims


@dataclass(frozen=True, slots=True)
class At:
    """A step of a buffer: `t + offset` when `base` is "t", `offset` when it is "", `T + offset` when it is "T"."""

    base: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.base:
            return str(self.offset)
        return self.base if not self.offset else f"{self.base}{self.offset:+d}".replace("+", " + ").replace("-", " - ")


@dataclass(frozen=True, slots=True)
class Ref:
    """A scalar, vector or matrix inside a buffer.

    `at` is present exactly when the buffer has steps. `columns` = (first, count) restricts the last dimension.
    """

    buffer: str
    at: At | None = None
    columns: tuple[Size, Size] | None = None


class Broadcast(Enum):
    """How a loaded value is spread over the (rows, columns) of the statement that loads it."""

    FULL = "full"  # same dimensions as the statement
    ROW = "row"  # a vector (columns): the same for every row, as a bias over the batch
    COLUMN = "column"  # a vector (rows): the same for every column, as a norm of each sequence
    SCALAR = "scalar"  # a scalar, everywhere the same


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: an int, or a fraction numerator/denominator, printed exactly in the precision of the code."""

    numerator: int
    denominator: int = 1


@dataclass(frozen=True, slots=True)
class Load:
    """The value at `ref`, spread as `broadcast` says."""

    ref: Ref
    broadcast: Broadcast = Broadcast.FULL


@dataclass(frozen=True, slots=True)
class Call:
    """A scalar operation. Operators: add sub mul div neg power(x, Number); functions: see `FUNCTIONS`."""

    function: str
    arguments: tuple[Scalar, ...]


Scalar = Number | Load | Call

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

    A vector (n) may stand for the matrix (1, n).
    """

    out: Ref
    a: Ref
    b: Ref
    trans_a: bool = False
    trans_b: bool = False
    accumulate: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """out = value at every element, or out += value. `value` may load `out` itself (FULL): the update is in place."""

    out: Ref
    value: Scalar
    accumulate: bool = False


@dataclass(frozen=True, slots=True)
class Reduce:
    """out = the sum or maximum of `value` over rows, columns or both; or added to what `out` holds (sum only).

    The domain (rows, columns) is `domain`. over="rows" leaves a vector (columns), over="columns" a vector (rows),
    over="all" a scalar.
    """

    out: Ref
    value: Scalar
    domain: tuple[Size, Size]
    over: str
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
class Loop:
    """For t = 0 … T−1 (or T−1 … 0 when `reverse`): body. Loops are not nested."""

    body: tuple[Statement, ...]
    reverse: bool = False


Statement = Gemm | Map | Reduce | Block | Loop


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

    `sizes` lists the named sizes in the order of the interface, `T` and `B` first. `forward` computes states, outputs
    and, when the network has a loss, the loss; `backward` reads what forward left and writes every gradient; the two
    are also offered in one call. `equations` are the plain-text forward equations for headers, `source` the citation.
    """

    name: str
    title: str
    source: str
    sizes: tuple[tuple[str, str], ...]  # (name, what it counts)
    buffers: tuple[Buffer, ...]
    forward: Procedure
    backward: Procedure
    equations: tuple[tuple[str, str], ...] = ()  # (label, formula)

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
