"""What is special about a loss: the derivative of softmax followed by cross-entropy in closed form, and its stable evaluation.

Both are proved, not matched by name: the closed form is accepted only when the normal form of `symrnn.algebra.normal` is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from symrnn.algebra.nodes import Apply, Jac, Leaf, Mul, Node, Ones, Quotient, Scale, Transpose
from symrnn.algebra.normal import normal_form
from symrnn.algebra.walk import leaves
from symrnn.calculus import rules
from symrnn.calculus.records import Step
from symrnn.calculus.trace import gradient_layout
from symrnn.model.equations import Equation
from symrnn.model.network import Network


def stable_forward(network: Network) -> tuple[tuple[Equation, ...], tuple[Step, ...]]:
    """Return the equations as they are evaluated: the logarithm of a softmax as one function that does not underflow."""
    return _with_log_softmax(network, {line.target for line in network.equations})


def split_logarithms(network: Network) -> tuple[Network, tuple[Step, ...]]:
    """Return the network in which a softmax that is read elsewhere too has its logarithm taken of its argument, with the steps.

    The adjoint of p = softmax(z) would be y ⊘ p + …, which overflows where p underflows; taken apart, the logarithm gives
    (1ᵀy) p − y to the adjoint of z directly, and only the rest goes through p.
    """
    twice = {output for output in _softmaxes(network) if _readers(network, output) > 1}
    lines, steps = _with_log_softmax(network, twice)
    if not steps:
        return network, ()
    fresh = iter(lines)
    stages = tuple(replace(stage, equations=tuple(next(fresh) for _ in stage.equations)) for stage in network.stages)
    return replace(network, stages=stages), steps


def _softmaxes(network: Network) -> dict[Leaf, Node]:
    """Return the argument of each quantity that is a softmax."""
    return {
        line.target: line.expr.body
        for line in network.equations
        if isinstance(line.expr, Apply) and line.expr.function == "softmax"
    }


def _readers(network: Network, output: Leaf) -> int:
    """Return by how many equations, or by the caller's loss, a quantity is read, at whatever step."""
    seeded = sum(seed.name == output.name for seed, _ in network.seeds)
    return seeded + sum(any(leaf.name == output.name for leaf in leaves(line.expr)) for line in network.equations)


def _with_log_softmax(network: Network, outputs: Collection[Leaf]) -> tuple[tuple[Equation, ...], tuple[Step, ...]]:
    """Return the equations with log p as log softmax(z) for those of the outputs that are p = softmax(z)."""
    softmaxes = _softmaxes(network).items()
    swap = {Apply("log", p): Apply("log_softmax", z) for p, z in softmaxes if p in outputs}
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

        ∂J/∂z = −(y ⊘ p)ᵀ (diag(p) − p pᵀ) = −yᵀ + (yᵀ 1) pᵀ = (p − y)ᵀ      when the entries of y sum to one,

    and with the derivative of J with respect to a step's loss in front, where that is weighted.
    """
    if len(given) != 1:
        return None
    found = _cross_entropy(given[0], output)
    if found is None:
        return None
    target, weight = found
    ones = Ones(target.shape[0])
    inserted = jacobian.xreplace({Jac(output): given[0]})
    cancelled = Scale(-1, Mul(*weight, target.T)) + Mul(*weight, target.T, ones, output.T)
    closed = Mul(*weight, Transpose(output - target))
    steps = [Step(rules.INSERT, jacobian, inserted), Step(rules.CANCEL, inserted, cancelled)]
    if normal_form(inserted) != normal_form(cancelled):
        return None
    if normal_form(cancelled, sum_to_one=tuple(sum_to_one)) != normal_form(closed, sum_to_one=tuple(sum_to_one)):
        return gradient_layout(cancelled), tuple(steps)
    steps.append(Step(rules.SUM_TO_ONE, cancelled, closed))
    return gradient_layout(closed), tuple(steps)


def _cross_entropy(part: Node, output: Leaf) -> tuple[Leaf, tuple[Node, ...]] | None:
    """Return y and the factors w if a derivative is −(w yᵀ ⊘ pᵀ), with w of one row and column or absent; else None."""
    if not (isinstance(part, Scale) and part.factor == -1 and isinstance(part.body, Quotient)):
        return None
    above, below = part.body.args
    *weight, last = above.args if isinstance(above, Mul) else (above,)
    if below != output.T or not isinstance(last, Transpose) or not isinstance(last.args[0], Leaf):
        return None
    return (last.args[0], tuple(weight)) if all(factor.is_scalar_shape for factor in weight) else None
