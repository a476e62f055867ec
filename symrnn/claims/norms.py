"""Norms in statements, and what it means that one side is at most the other: numbers only, by which bounds can be refuted.

‖x‖      of a column or row: the root of the sum of squares      ‖W‖, ‖W‖₂   of a matrix: its largest singular value
‖W‖_F    the root of the sum of the squares of all entries       |a|          of a number
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Basic, S
from sympy.core.symbol import Str

from symrnn.algebra.nodes import Apply, Node
from symrnn.claims.trees import NotUnderstood
from symrnn.language.formulas import nodes as f

Array = npt.NDArray[Any]
ORDERS = {"2": 2, "F": "fro"}
BOUNDS = ("<=", ">=", "<", ">")


class Norm(Node):
    """‖X‖, of which only the value is known: the largest singular value with "2", over all entries with "F"."""

    def __new__(cls, body: Node, kind: str | Str = "2") -> Any:  # noqa: D102
        return Basic.__new__(cls, body, Str(str(kind)))

    @property
    def shape(self) -> tuple[Any, Any]:
        """One number."""
        return S.One, S.One

    @property
    def text(self) -> str:
        """The norm as plain text."""
        kind = "" if str(self.args[1]) == "2" else f"_{self.args[1]}"
        return f"‖{self.args[0]!r}‖{kind}"

    def numeric(self, body: Array) -> Array:
        """Return the value of the norm of a matrix, (…, 1, 1)."""
        order: Any = ORDERS[str(self.args[1])]
        return np.asarray(np.linalg.norm(body, ord=order, axis=(-2, -1), keepdims=True))


def norm(body: Node, formula: f.Norm) -> Node:
    """Return what a norm stands for.

    Raises:
        NotUnderstood: it is another norm than those above.
    """
    kind = formula.kind or "2"
    if kind == "abs":
        if not body.is_scalar_shape:
            raise NotUnderstood("bars stand for the absolute value of a number", formula.where, "write ‖…‖ for a norm")
        return Apply("abs", body)
    if kind not in ORDERS:
        raise NotUnderstood(
            f"the norm with the index {kind} has no meaning here", formula.where, "write ‖…‖_F or ‖…‖_2"
        )
    return Norm(body, kind)


def bounded(left: Array, right: Array, relation: str) -> Array:
    """Return what the right side is held against equality with: itself where the relation is broken, else the left side."""
    slack = 1e-9 * np.maximum(np.abs(left), np.abs(right))
    less, more = left - right, right - left
    holds = {"<=": less <= slack, ">=": more <= slack, "<": less < -slack, ">": more < -slack}[relation]
    broken = np.where(left == right, right + np.maximum(np.abs(right), 1.0), right)  # of a < a too
    return np.where(holds, left, broken)


__all__ = ["BOUNDS", "Norm", "bounded", "norm"]
