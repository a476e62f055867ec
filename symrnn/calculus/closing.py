"""What is special about a loss: the derivative of softmax followed by cross-entropy in closed form, and its stable evaluation.

Both are proved, not matched by name: the closed form is accepted only when the normal form of `symrnn.algebra.normal` is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symrnn.algebra.nodes import Apply, Jac, Leaf, Mul, Node, Ones, Quotient, Scale, Transpose
from symrnn.algebra.normal import normal_form
from symrnn.calculus import rules
from symrnn.calculus.records import Step
from symrnn.calculus.trace import gradient_layout
from symrnn.model.equations import Equation
from symrnn.model.network import Network


def stable_forward(network: Network) -> tuple[tuple[Equation, ...], tuple[Step, ...]]:
    """Return the equations as they are evaluated: the logarithm of a softmax as one function that does not underflow."""
    softmaxes = {
        line.target: line.expr.body
        for line in network.equations
        if isinstance(line.expr, Apply) and line.expr.function == "softmax"
    }
    swap = {Apply("log", output): Apply("log_softmax", argument) for output, argument in softmaxes.items()}
    lines, steps = [], []
    for line in network.equations:
        expr = line.expr.xreplace(swap)
        if expr != line.expr:
            steps.append(Step(rules.LOG_OF_SOFTMAX, line.expr, expr))
        lines.append(replace(line, expr=expr))
    return tuple(lines), tuple(steps)


def close_softmax(
    jacobian: Node, output: Leaf, given: Sequence[Node], sum_to_one: Sequence[Leaf]
) -> tuple[Node, tuple[Step, ...]] | None:
    """Return ∂J/∂z in closed form for p = softmax(z) whose only use is a cross-entropy, with the steps; None if it is not.

    `jacobian` is ∂J/∂p (diag(p) − p pᵀ), `output` is p, and `given` are the parts of ∂J/∂p. With J = −yᵀ log p:

        ∂J/∂z = −(y ⊘ p)ᵀ (diag(p) − p pᵀ) = −yᵀ + (yᵀ 1) pᵀ = (p − y)ᵀ      when the entries of y sum to one.
    """
    if len(given) != 1:
        return None
    target = _cross_entropy_target(given[0], output)
    if target is None:
        return None
    ones = Ones(target.shape[0])
    inserted = jacobian.xreplace({Jac(output): given[0]})
    cancelled = Scale(-1, target.T) + Mul(target.T, ones, output.T)
    closed = Transpose(output - target)
    steps = [Step(rules.INSERT, jacobian, inserted), Step(rules.CANCEL, inserted, cancelled)]
    if normal_form(inserted) != normal_form(cancelled):
        return None
    if normal_form(cancelled, sum_to_one=tuple(sum_to_one)) != normal_form(closed, sum_to_one=tuple(sum_to_one)):
        return gradient_layout(cancelled), tuple(steps)
    steps.append(Step(rules.SUM_TO_ONE, cancelled, closed))
    return output - target, tuple(steps)


def _cross_entropy_target(part: Node, output: Leaf) -> Leaf | None:
    """Return y if a derivative is −(y ⊘ p)ᵀ, else None."""
    if not (isinstance(part, Scale) and part.factor == -1 and isinstance(part.body, Quotient)):
        return None
    above, below = part.body.args
    if below != output.T or not isinstance(above, Transpose) or not isinstance(above.args[0], Leaf):
        return None
    return above.args[0]
