"""The index normal form of matrix expressions: equal normal forms are a proof of equality.

    entry (i, j) = Σ coefficient · Π atom[indices, steps]^exponent

as in `terms`; `build` walks an expression, `settle` puts products (`drafts`) in order, `relations` divides by leading monomials,
`labels` names the dummies, `functions`, `powers` and `columns` know the functions by their `arguments`, `blocks` the
concatenations and slices, `steps` the sums and products over time, `scalars` the sizes and numbers.

What an equality of normal forms assumes: no denominator is zero, arguments of log and sqrt are positive, and what was declared
(definitions, columns that sum to one, positive leaves). What it does not decide: relations between different atoms, such as
tanh x = 2σ(2x) − 1. Different normal forms are therefore no disproof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr

from symrnn.algebra.nodes import Leaf, Node
from symrnn.algebra.normal.blocks import Cuts, Grid, find_cuts
from symrnn.algebra.normal.build import Builder
from symrnn.algebra.normal.terms import GaveUp, Poly

__all__ = ["GaveUp", "NormalForm", "Normalizer", "Poly", "normal_form", "normal_forms"]


@dataclass(frozen=True)
class NormalForm:
    """An expression as blocks of polynomials in indexed atoms; equality is a proof that two expressions are equal."""

    rows: tuple[Expr, ...]
    columns: tuple[Expr, ...]
    blocks: tuple[tuple[Poly, ...], ...]

    @property
    def is_zero(self) -> bool:
        """Whether every entry is zero."""
        return not any(block for row in self.blocks for block in row)

    @property
    def size(self) -> int:
        """The number of terms."""
        return sum(len(block) for row in self.blocks for block in row)

    def __str__(self) -> str:
        return "; ".join(", ".join(str(block) for block in row) for row in self.blocks)


class Normalizer:
    """Computes normal forms under the same assumptions and remembers every part, for a whole set of equations.

    Args:
        definitions: leaves (or adjoints) that stand for expressions; inlined wherever they occur.
        sum_to_one: columns whose entries sum to one, as leaves or names; at every step.
        positive: leaves whose entries are above zero.
        among: the expressions that will be compared; slices and concatenations in them decide where sizes are cut.
    """

    def __init__(
        self,
        definitions: Mapping[Node, Node] | None = None,
        sum_to_one: Iterable[Leaf | str] = (),
        positive: Iterable[Leaf | str] = (),
        among: Iterable[Node] = (),
    ) -> None:
        self._given = dict(definitions or {}), _names(sum_to_one), _names(positive)
        self._expressions = [*among, *self._given[0].values()]
        self._cuts: Cuts = find_cuts(self._expressions)
        self._builder = Builder(*self._given, self._cuts)

    def __call__(self, expr: Node) -> NormalForm:
        """Return the normal form of an expression.

        Raises:
            GaveUp: it is too large, or outside what the normal form covers.
        """
        grid: Grid = self._builder.grid(expr)
        return NormalForm(grid.rows, grid.columns, grid.blocks)


def _names(leaves: Iterable[Leaf | str]) -> frozenset[str]:
    return frozenset(leaf if isinstance(leaf, str) else leaf.name for leaf in leaves)


def normal_forms(
    *expressions: Node,
    definitions: Mapping[Node, Node] | None = None,
    sum_to_one: Iterable[Leaf | str] = (),
    positive: Iterable[Leaf | str] = (),
) -> tuple[NormalForm, ...]:
    """Return the normal forms of expressions that are to be compared with each other.

    Raises:
        GaveUp: one of them is too large, or outside what the normal form covers.
    """
    normalizer = Normalizer(definitions, sum_to_one, positive, among=expressions)
    return tuple(normalizer(expr) for expr in expressions)


def normal_form(
    expr: Node,
    definitions: Mapping[Node, Node] | None = None,
    sum_to_one: Iterable[Leaf | str] = (),
    positive: Iterable[Leaf | str] = (),
) -> NormalForm:
    """Return the normal form of one expression. To compare expressions with slices use `normal_forms`."""
    return normal_forms(expr, definitions=definitions, sum_to_one=sum_to_one, positive=positive)[0]
