r"""What derivative signs stand for: ∂u/∂v of quantities of an unrolled network, along all paths or along some.

    Partial(u, v)            ∂u/∂v along every path from v to u
    Partial(u, v, "later")   along those that leave the step of v at once: what step t hands to step t + 1
    Partial(u, v, "now")     along those that stay in the step of v first: what v gives to its own step
    Partial(u, v, "path")    along those that pass no other state than v on the way: the other states are held fixed
    Partial(u, v, "own")     along the one edge from v to u: the equation of u alone, all else that it reads held fixed
    Partial(u, W)            W the same at every step: along every path from every use
    Partial(u, W at k)       from the use at step k only; for u of step k this is the immediate derivative ∂⁺u/∂W

The total loss is a leaf without a step, the loss of one step a leaf with one. Numerator layout: u of n entries by v of m is (n, m);
a number by a matrix is (columns, rows); a column of n by a matrix W of r × c is (n, r c), the entries of W row by row. What is
right under another layout is a transpose of it.
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, S
from sympy.core.symbol import Str

from symrnn.algebra.nodes import Leaf, Node

ROUTES = ("all", "now", "later", "path", "own")


class Partial(Node):
    """∂of/∂by along a route, in numerator layout; `flat` takes a matrix by its entries, row by row, also for a number."""

    def __new__(cls, of: Leaf, by: Leaf, route: str | Str = "all", flat: Any = False) -> Any:
        if str(route) not in ROUTES:
            raise ValueError(f"a route is one of {', '.join(ROUTES)}, not {route}")
        return Basic.__new__(cls, of, by, Str(str(route)), S.true if flat else S.false)

    @property
    def of(self) -> Leaf:
        """What is differentiated."""
        return self.args[0]

    @property
    def by(self) -> Leaf:
        """By what."""
        return self.args[1]

    @property
    def route(self) -> str:
        """Along which paths."""
        return self.args[2].name

    @property
    def flat(self) -> bool:
        """Whether a matrix stands for its entries in a row."""
        return bool(self.args[3])

    @property
    def text(self) -> str:
        """The derivative as plain text: `∂J/∂h[t]`, `∂J/∂h[t] (now)`."""
        return f"∂{self.of!r}/∂{self.by!r}" + ("" if self.route == "all" else f" ({self.route})")

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """(entries of `of`, entries of `by`), or the transposed shape of a matrix for a number that is not flat."""
        rows, columns = self.by.shape
        if self.of.is_scalar_shape and not self.flat:
            return columns, rows
        return self.of.shape[0] * self.of.shape[1], rows * columns


__all__ = ["ROUTES", "Partial"]
