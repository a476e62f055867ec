"""What a step does to an adjoint on its way back: the Jacobian of the state, equation by equation, and what the loss adds."""

from __future__ import annotations

from typing import Any

from sympy import Basic

from symrnn.algebra.nodes import Add, Eye, Leaf, Node, Zeros, t
from symrnn.calculus.jacobians import Stacked, local_jacobians
from symrnn.calculus.records import Derivation
from symrnn.calculus.trace import gradient_layout, times
from symrnn.calculus.unrolled import source
from symrnn.documents.document import Line
from symrnn.documents.notation import TIGHT, breakable, leaf, math, write
from symrnn.documents.telling.letters import Letters
from symrnn.documents.telling.stages import Shown, unchanged


class Partial(Node):
    """∂v/∂u through the equations of one step, as one symbol."""

    def __new__(cls, of: Leaf, by: Leaf) -> Any:
        """Return the symbol; neither quantity is entered."""
        return Basic.__new__(cls, of, by)

    shape = property(lambda self: (self.args[0].shape[0], self.args[1].shape[0]))


@write.register
def _partial(expr: Partial) -> tuple[int, str]:
    return TIGHT, rf"\frac{{\partial {leaf(expr.args[0])}}}{{\partial {leaf(expr.args[1])}}}"


def earlier(stacked: Stacked) -> tuple[Leaf, ...]:
    """Return what a step reads of the past: the entries of the stack of the step before."""
    return tuple(of.at(t - 1 - back) for of, back in stacked.parts)


def chain(derivation: Derivation, by: Leaf) -> dict[Leaf, Node]:
    """Return ∂v/∂u for everything that depends on u = `by` within a step, in the order of the equations.

    What is a sum becomes a symbol where it is read again; a single term is written out there.
    """
    found: dict[Leaf, Node] = {}
    reached: dict[Leaf, Node] = {by: Eye(by.shape[0])}
    for passage in reversed(derivation.passages):
        target = passage.equation.target
        local = local_jacobians(passage) if target.is_column else {}
        parts = [_product(jacobian, reached[of]) for of, jacobian in local.items() if of in reached]
        if parts:
            found[target] = Add(*parts)
            reached[target] = Partial(target, by) if isinstance(found[target], Add) else found[target]
    return found


def _product(left: Node, right: Node) -> Node:
    if isinstance(right, Eye):
        return left
    return right if isinstance(left, Eye) else times(left, right)


def _read(found: dict[Leaf, Node], states: set[Leaf]) -> dict[Leaf, Node]:
    """Return the sums that the states' derivatives are made of, and these themselves."""
    wanted = set(states)
    for of in reversed(found):
        if of in wanted:
            wanted |= {one.args[0] for one in _partials(found[of])}
    return {of: expr for of, expr in found.items() if of in wanted}


def _partials(expr: Node) -> set[Partial]:
    if isinstance(expr, Partial):
        return {expr}
    return {one for arg in expr.args if isinstance(arg, Node) and not isinstance(arg, Leaf) for one in _partials(arg)}


def transition_lines(
    derivation: Derivation, stacked: Stacked, named: Letters, shown: Shown = unchanged
) -> tuple[Line, ...]:
    """Return the Jacobian of the new state with respect to the old one by the chain rule, and M, its transpose.

    `shown` brings an expression into the steps of the document, for a stage downwards.
    """
    states = {of for of, back in stacked.parts if back == 0}
    lines: list[Line] = []
    blocks: dict[tuple[Leaf, Leaf], Node] = {}
    for by in earlier(stacked):
        found = _read(chain(derivation, by), states)
        blocks |= {(of, by): expr for of, expr in found.items()}
        lines += [Line(math(shown(Partial(of, by))), "=", breakable(shown(expr))) for of, expr in found.items()]
    name = rf"{leaf(Leaf(named.transition, 2, 2, t))}"
    return (*lines, Line(name, "=", _transposed(stacked, blocks, shown)))


def _transposed(stacked: Stacked, blocks: dict[tuple[Leaf, Leaf], Node], shown: Shown) -> str:
    past = earlier(stacked)
    if stacked.is_single:
        (of, _), (by,) = stacked.parts[0], past
        expr = blocks.get((of, by))
        symbol = rf"\left({math(shown(Partial(of, by)))}\right)^\top"
        if expr is None:
            return f"{symbol} = {math(Zeros(*stacked.transition.shape))}"
        return (
            symbol if _partials(expr) or isinstance(expr, Add) else f"{symbol} = {math(shown(gradient_layout(expr)))}"
        )
    rows = [" & ".join(_block(of, back, by, blocks, shown) for by in past) for of, back in stacked.parts]
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}^\top"


def _block(of: Leaf, back: int, by: Leaf, blocks: dict[tuple[Leaf, Leaf], Node], shown: Shown) -> str:
    if back:
        return math(Eye(of.shape[0])) if of.at(t - back) == by else math(Zeros(of.shape[0], by.shape[0]))
    return math(shown(Partial(of, by))) if (of, by) in blocks else math(Zeros(of.shape[0], by.shape[0]))


def source_line(derivation: Derivation, stacked: Stacked, named: Letters) -> Line:
    """Return g: what the loss gives directly to the state of a step."""
    parts = zip(stacked.parts, source(derivation, stacked), strict=True)
    written = [math(Zeros(of.shape[0], 1) if part is None else part) for (of, _), part in parts]
    column = written[0] if len(written) == 1 else r"\begin{bmatrix} " + r" \\ ".join(written) + r" \end{bmatrix}"
    return Line(leaf(Leaf(named.source, 2, 1, t)), "=", column)
