"""The reverse sweep over named equations: each equation taken backwards, and what it gives to each quantity that it reads.

The equations of one step are taken last to first. Equation v = f(u, w, …) gives to u the contribution K_u with
tr(∂J/∂v dv) = Σ_u tr(K_u du); a quantity's derivative is the sum of what it was given. What is given to a state at an earlier
step is a carry; what is given to a parameter is summed over the steps.
"""

from __future__ import annotations

from collections.abc import Collection

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import Add, Apply, D, Had, Jac, Leaf, Mul, Node, Ones, Scale, Zeros
from symrnn.algebra.walk import leaves
from symrnn.calculus import rules
from symrnn.calculus.activations import derivative_from_output, softmax_jacobian
from symrnn.calculus.differential import expand
from symrnn.calculus.records import Contribution, Differential, Passage, Step
from symrnn.calculus.trace import ONE, gradient_layout, isolate
from symrnn.model.equations import Equation
from symrnn.model.network import Network


def sweep(network: Network) -> tuple[Passage, ...]:
    """Return every equation of a network taken backwards, last equation first."""
    passive = {*network.targets, *network.constants}
    return tuple(passage(equation, passive, network.loss) for equation in reversed(network.equations))


def passage(equation: Equation, passive: Collection[Leaf], loss: Leaf | None = None) -> Passage:
    """Return one equation taken backwards. `passive` leaves have no derivative; the adjoint of `loss` is one."""
    read = tuple(leaf for leaf in leaves(equation.expr) if leaf not in passive)
    record: list[Step] = []
    # the loss is not kept step by step, so that no derivative is written in it
    through = () if equation.target == loss else _through_function(equation, read, record)
    terms = through or expand(equation.expr, read, record)
    left: Node = ONE if equation.target == loss else Jac(equation.target)
    contributions = tuple(_contribution(equation, leaf, terms, left, read) for leaf in _reading_order(read))
    return Passage(
        equation=equation,
        differential=tuple(record),
        expanded=Add(*terms) if terms else Zeros(*equation.target.shape),
        contributions=tuple(one for one in contributions if one is not None),
    )


def _reading_order(read: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
    """Parameters first, then what varies over time, each in order of appearance (the order of source 002)."""
    return (*(leaf for leaf in read if leaf.time is None), *(leaf for leaf in read if leaf.time is not None))


def _through_function(equation: Equation, read: tuple[Leaf, ...], record: list[Step]) -> tuple[Node, ...]:
    """Return dy for y = f(z) with the derivative written in the output y, or () when that does not apply."""
    expr, output = equation.expr, equation.target
    if not isinstance(expr, Apply) or not isinstance(expr.body, Leaf) or expr.body not in read:
        return ()
    inner = D(expr.body)
    form = None if expr.function in COLUMN_FUNCTIONS else derivative_from_output(expr.function, output)
    if expr.function == "softmax":
        before, after = Mul(softmax_jacobian(expr), inner), Mul(softmax_jacobian(output), inner)
        rule = rules.SOFTMAX
    elif form is None or isinstance(form, Zeros):
        return ()
    else:
        (before,) = expand(expr, read, [])
        after, rule = inner if isinstance(form, Ones) else Had(form, inner), rules.CHAIN
    record.append(Step(rule, Differential(expr), before))
    record.append(Step(rules.OUTPUT_FORM, before, after))
    return (after,)


def _contribution(
    equation: Equation, leaf: Leaf, terms: tuple[Node, ...], left: Node, read: tuple[Leaf, ...]
) -> Contribution | None:
    record: list[Step] = []
    found = [isolate(left, term, record) for term in terms if D(leaf) in _differentials(term)]
    if not found:
        return None
    jacobian = collect(found, record)
    steps = tuple(Step(step.rule, step.before, step.after, _others(read, leaf)) for step in record)
    return Contribution(leaf, equation.label, jacobian, gradient_layout(jacobian), steps)


def _others(read: tuple[Leaf, ...], leaf: Leaf) -> tuple[Leaf, ...]:
    return tuple(other for other in read if other != leaf)


def _differentials(term: Node) -> set[D]:
    if isinstance(term, D):
        return {term}
    return {found for arg in term.args if isinstance(arg, Node) for found in _differentials(arg)}


def collect(terms: list[Node], record: list[Step]) -> Node:
    """Return the sum of terms, with multiples of the same expression added up."""
    counted: dict[Node, object] = {}
    for term in terms:
        factor, body = (term.factor, term.body) if isinstance(term, Scale) else (1, term)
        counted[body] = counted.get(body, 0) + factor  # type: ignore[operator]
    kept = [Scale(factor, body) for body, factor in counted.items() if factor != 0]
    total = Add(*kept) if kept else Zeros(*terms[0].shape)
    if len(counted) < len(terms):
        record.append(Step(rules.COLLECT, Add(*terms), total))
    return total
