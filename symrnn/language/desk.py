"""Drafts: an expression between the moment its sizes are demanded and the moment its node can be built.

A draft is a shape that holds unknowns, and how to build the node when they are known. Numbers have no shape of their own:
`1 - z` takes that of z. The sizes of a cell are numbers too: `sum(x) / I`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sympy import Expr, Rational, S

from symrnn.algebra.nodes import Multiple, Node, Ones, Scale, Zeros
from symrnn.algebra.sizes import Reason, Shape, Sizes, is_known, size_text, unknown
from symrnn.errors import ShapeError
from symrnn.language.outline import Outline

if TYPE_CHECKING:
    from lark import Token, Tree

LARGEST_EXPONENT = 99  # of a power and of ten


@dataclass(frozen=True, slots=True)
class Draft:
    """An expression whose sizes may still be unknown.

    Fields:
        text: as the author wrote it.
        build: gives the node, when all sizes are known.
        number: the value, for an expression of numbers only; it has no shape before it meets a matrix.
        is_name: whether it is a name and nothing else.
    """

    text: str
    rows: Expr
    cols: Expr
    build: Callable[[], Node]
    number: Any = None
    is_name: bool = False

    @property
    def shape(self) -> Shape:
        """(rows, columns)."""
        return self.rows, self.cols


Pairs = tuple[tuple[int, int], ...]  # which dimension of the left one is which of the right one
SAME: Pairs = ((0, 0), (1, 1))
COLUMNS: Pairs = ((1, 1),)
INNER: Pairs = ((1, 0),)


def shortened(quote: str) -> str:
    """Return a piece of a text that is short enough for a message."""
    return quote if len(quote) <= 60 else quote[:59] + "…"


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafting needs: the statements, the sizes found so far, and what a name at a step is."""

    outline: Outline
    sizes: Sizes
    quantity: Callable[[Token, int | None], Draft]
    later: list[Callable[[], None]] = field(default_factory=list)  # checks that wait for the sizes

    def text(self, first: Tree[Token], last: Tree[Token] | None = None) -> str:
        """Return what the author wrote, with its parentheses, from one expression to another."""
        start, _ = _span(first)
        _, end = _span(first if last is None else last)
        return self.outline.page.text[start:end]

    def equate(self, token: Token, left: Draft, right: Draft, rule: str, quote: str, pairs: Pairs = SAME) -> None:
        """Demand that sizes of two drafts are equal, as a rule says; `quote` is the place, for errors to come."""
        reason = Reason(f"`{shortened(quote)}`", int(token.line or 0), int(token.column or 0))
        try:
            for side, other in pairs:
                self.sizes.equate(left.shape[side], right.shape[other], reason)
        except ShapeError as conflict:
            shapes = (f"{shortened(side.text)} is {self.shape_text(side)}" for side in (left, right))
            raise self.outline.error(token, f"{rule}, but {', '.join(shapes)}", str(conflict)) from None

    def shape_text(self, draft: Draft) -> str:
        """Return a shape as it is known so far, `(H, ?)`."""
        return f"({size_text(self.sizes.value(draft.rows))}, {size_text(self.sizes.value(draft.cols))})"

    def shape(self, draft: Draft) -> Shape:
        """Return a shape as it is known so far."""
        return self.sizes.value(draft.rows), self.sizes.value(draft.cols)

    def is_scalar(self, draft: Draft) -> bool:
        """Return whether a quantity is known to have one row and one column: such a one spreads over what it meets."""
        return draft.number is None and self.shape(draft) == (S.One, S.One)

    def is_open(self, draft: Draft) -> bool:
        """Return whether this is a name of which no size is known: it takes the shape of what it meets, even a scalar's."""
        return draft.is_name and not any(map(is_known, self.shape(draft)))

    def spread(self, given: Draft, over: Draft) -> Draft:
        """Return a number or a scalar with the shape of what it meets, the same at every entry."""

        def build() -> Node:
            shape = self.shape(over)
            if given.number is not None:
                return _filled(given.number, shape)
            return given.build() if shape == (S.One, S.One) else Multiple(given.build(), Ones(*shape))

        return Draft(given.text, over.rows, over.cols, build)


def _filled(number: Expr, shape: Shape) -> Node:
    return Zeros(*shape) if number == 0 else Scale(number, Ones(*shape))


def _span(tree: Tree[Token]) -> tuple[int, int]:
    meta = tree.meta  # an expression in parentheses has a container
    start, end = getattr(meta, "container_start_pos", meta.start_pos), getattr(meta, "container_end_pos", meta.end_pos)
    return int(start), int(end)


def as_matrix(given: Draft, desk: Desk) -> Draft:
    """Return a draft that has a shape: a number becomes a matrix of unknown shape."""
    if given.number is None:
        return given
    shape = unknown(f"rows of {given.text}"), unknown(f"columns of {given.text}")
    return desk.spread(given, Draft(given.text, *shape, given.build))


def constant(text: str, value: Expr) -> Draft:
    """Return the draft of a number."""

    def build() -> Node:
        raise AssertionError("a number is given a shape before it is built")

    return Draft(text, S.One, S.One, build, number=value)


def folded(text: str, token: Token, desk: Desk, value: Expr) -> Draft:
    """Return the draft of a number that was computed from numbers.

    Raises:
        LanguageError: it has too many digits.
    """
    if any(max(abs(number.p), number.q) >= 10**LARGEST_EXPONENT for number in value.atoms(Rational)):
        raise desk.outline.error(token, f"the value of {shortened(text)} has more than {LARGEST_EXPONENT} digits")
    return constant(text, value)
