r"""The syntax of a formula: what stands where. Nothing here knows shapes, steps or meanings.

    letters     Letter           W, \mathbf{h}, \hat y, \delta, `dW_hh` (name and marks; style is how it was set)
                Scripted         W_{hh}, h_{t-1}, a^{(t)}, x^\top, f', z^{\odot 2}: scripts stay formulas
                Number Word      0.4832, \tfrac12; \text{where}
    grouping    Group            ( … ) [ … ] { … }, kept because f(x) may be a call or a product
                Entries          [0.1, 0.2], bmatrix, [[1, 2], [3, 4]]
    operators   Product          factors, and the sign between each two: "" · ⊙ ∘ × * @ /
                Total            terms, each with its sign
                Ratio            \frac{a}{b}, a / b of whole factors stays in Product
                Call             tanh(x), \sigma(x), diag(x), tr(x): a known function; `primes` counts f'
    calculus    Derivative       \frac{\partial J}{\partial h_t}, dL/dh_t
                Differential     dX, \mathrm{d}X, \mathrm{d}(A B)
                Nabla            \nabla_W L, \nabla_{W}^{(t)} J
                Big              \sum_{t=1}^{T}, \prod_{j=k}^{2}: index, ends, body
                Norm             \lVert A \rVert_F, |x|
    lines       Chain            a = b = c, a := b, a \le b: relations in order

A formula keeps its place in the text (`where`, not compared), so that an answer can point at it. Trees are printed back by `write`
and are what a diagnosis edits.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a text: line and column from 1, and the range of characters from 0."""

    line: int = 0
    column: int = 0
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Letter:
    """One symbol: `name` in plain letters ("W", "delta", "sigma", "ell", "1"), marks from the inside out ("hat", "tilde", "bar").

    `style` is how it was set ("", "bf", "rm", "cal", "bb"); it distinguishes nothing but 1 in bold, the column of ones.
    """

    name: str
    marks: tuple[str, ...] = ()
    style: str = field(default="", compare=False)
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was printed: `text` is "0.4832", "2", "7.5e3"; the digits tell the precision."""

    text: str
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Word:
    r"""Words inside a formula: \text{direct}, \dots (as "…"), \top (as "top"), \infty."""

    text: str
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Scripted:
    r"""A base with scripts. h^{(t)} has the upper script Group(t), a^{\langle t\rangle} Group(t, "<>"), W^\top Word("top").

    Several letters side by side are a Product with "" between them ("hh"), or with "," in "i, j"; a script with a sign is a
    Total ("t-1"). `z^{\odot 2}` has the upper script Product((Word("odot"), Number("2"))). At most one script of each kind: a
    second upper script makes another Scripted around.
    """

    base: Formula
    sub: Formula | None = None
    sup: Formula | None = None
    primes: int = 0
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets: "()", "[]", "{}", "<>"."""

    body: Formula
    brackets: str = "()"
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Entries:
    """A matrix by its entries, row by row. A list [a, b] has one row and `is_list`: it may mean a column."""

    rows: tuple[tuple[Formula, ...], ...]
    is_list: bool = False
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Product:
    r"""Factors side by side: `signs[i]` stands between factor i and i + 1.

    Signs: "" (nothing), "cdot", "odot", "circ", "times", "*", "@", "/", ",". Juxtaposition binds tighter than \odot and \circ: then
    the factors of the outer product are products. The order is the author's.
    """

    factors: tuple[Formula, ...]
    signs: tuple[str, ...]
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Total:
    """Terms with their signs, "+" or "-"; the first sign is "+" unless a minus stands in front."""

    terms: tuple[Formula, ...]
    signs: tuple[str, ...]
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ratio:
    r"""\frac{above}{below} that is no derivative."""

    above: Formula
    below: Formula
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A known function of its arguments; `primes` of them: tanh'(z). `name` is that of the table of the reader.

    `power` is the exponent in \\tanh^2(z); `argument` in parentheses or not is the same.
    """

    name: str
    arguments: tuple[Formula, ...]
    primes: int = 0
    power: Formula | None = None
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Derivative:
    r"""∂of/∂by, with ∂ or d; `direct` for ∂⁺, the immediate partial derivative."""

    of: Formula
    by: Formula
    sign: str = "partial"  # or "d"
    direct: bool = False
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Differential:
    """dX or ∂X alone: `sign` "d" or "partial" says which was written, `direct` that it was ∂⁺."""

    of: Formula
    sign: str = field(default="d", compare=False)
    direct: bool = field(default=False, compare=False)
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Nabla:
    r"""\nabla_{by}^{(when)} of; `of` may be left out."""

    by: Formula
    of: Formula | None = None
    when: Formula | None = None
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Big:
    """Σ or Π over a range, `kind` "sum" or "prod". Ends that were not written are None; the body reaches to the end of its term."""

    kind: str
    index: Formula
    low: Formula | None
    high: Formula | None
    body: Formula
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Norm:
    """‖body‖ with the subscript `kind` ("" or "F", "2"), or |body| with kind "abs"."""

    body: Formula
    kind: str = ""
    where: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """first relation next relation …; relations are "=", ":=", "<=", ">=", "<", ">", "~", "!=", "in", "=>", "propto"."""

    parts: tuple[Formula, ...]
    relations: tuple[str, ...]
    where: Place = field(default=NOWHERE, compare=False, repr=False)


Formula = (
    Letter
    | Number
    | Word
    | Scripted
    | Group
    | Entries
    | Product
    | Total
    | Ratio
    | Call
    | Derivative
    | Differential
    | Nabla
    | Big
    | Norm
    | Chain
)


@dataclass(frozen=True, slots=True)
class Line:
    """One displayed or inline formula of a document, one line of an aligned one, or one line of plain text.

    Fields:
        text: as it was written. formula: what was read, or None with the reason in `problem`.
        number: counted from 1 through the document. label: of \\label or \\tag, or "".
        continues: whether it goes on from the line before (an `align` line that starts with a relation).
        display: whether it stands alone; words: the text before it, up to the formula before.
    """

    text: str
    formula: Formula | None
    number: int
    where: Place = NOWHERE
    label: str = ""
    continues: bool = False
    display: bool = True
    words: str = ""
    problem: str = ""


__all__ = [
    "NOWHERE",
    "Big",
    "Call",
    "Chain",
    "Derivative",
    "Differential",
    "Entries",
    "Formula",
    "Group",
    "Letter",
    "Line",
    "Nabla",
    "Norm",
    "Number",
    "Place",
    "Product",
    "Ratio",
    "Scripted",
    "Total",
    "Word",
]
