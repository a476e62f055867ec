"""Statements in differentials: dJ = tr(∂J/∂z dz), dz = d(W a + b) = dW a + W da + db.

In a document that speaks of dJ, a d in front of something is a differential. dX of a named quantity is any matrix of its shape;
of an expression it is found by the rules of calculus. On the left side dz of a computed quantity is the differential of its
equation when the right side speaks of what that equation reads; and dJ is the part that comes with the differentials on the
right side:

    dJ = Σ tr(∂J/∂v dv)    over the dv on the right, all others held
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symrnn.algebra.nodes import Add, D, Leaf, Node, Trace, Zeros, t
from symrnn.algebra.time import SumT
from symrnn.algebra.walk import parts
from symrnn.calculus.differential import expand
from symrnn.claims.partial import Partial
from symrnn.claims.trees import every_part
from symrnn.claims.world import total_loss
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula
from symrnn.model.network import Network


def speaks_of_them(formula: Formula, loss: str) -> bool:
    """Return whether a formula holds the differential of the loss."""
    for part in every_part(formula):
        if isinstance(part, f.Differential) and isinstance(part.of, f.Letter) and part.of.name == loss:
            return True
    return False


def differential(node: Node) -> Node:
    """Return d(node) in the differentials of the quantities that it reads."""
    if isinstance(node, Leaf):
        return D(node)
    terms = expand(node, frozenset(parts(node, Leaf, Partial)), [])
    return Add(*terms) if terms else Zeros(*node.shape)


def of_equation(left: D, right: Node, network: Network) -> Node:
    """Return dz by the equation of z, if the right side speaks of other differentials than dz itself."""
    if left in set(differentials(right)):
        return left
    line = next((line for line in network.equations if line.target.name == left.leaf.name), None)
    return left if line is None else differential(line.expr).xreplace({t: left.leaf.time})


def of_loss(right: Node, network: Network, route: str) -> Node:
    """Return the part of dJ that comes with the differentials of the right side; under a sum over steps, of all of them."""
    loss, found = total_loss(network), []
    for one, around in dict.fromkeys(_with_sums(right, None)):
        if one.leaf.time is None:
            by = one.leaf if around is not None else one.leaf.at(t)
            found.append(Trace(Partial(loss, by) @ one))
            continue
        part = Trace(Partial(loss, one.leaf, route) @ one)
        if around is not None and one.leaf.time.has(around.index):
            part = SumT(part, around.index, around.low, around.high)
        found.append(part)
    return Add(*found) if found else Zeros(1, 1)


def _with_sums(expr: Any, around: SumT | None) -> Iterator[tuple[D, SumT | None]]:
    """Yield the differentials in an expression, each with the sum over steps around it."""
    if isinstance(expr, D):
        yield expr, around
    elif isinstance(expr, Node) and not isinstance(expr, Leaf | Partial):
        for arg in expr.args:
            yield from _with_sums(arg, expr if isinstance(expr, SumT) else around)


def held(left: Node, right: Node, network: Network) -> tuple[D, ...]:
    """Return the differentials of inputs that only one side speaks of: the other one holds these inputs fixed."""
    inputs = {leaf.name for leaf in network.inputs}
    one, other = set(differentials(left)), set(differentials(right))
    return tuple(sorted((d for d in one ^ other if d.leaf.name in inputs), key=repr))


def differentials(expr: Any) -> Iterator[D]:
    """Yield the differentials in an expression."""
    return parts(expr, D, Leaf | Partial)


__all__ = ["differential", "differentials", "held", "of_equation", "of_loss", "speaks_of_them"]
