"""The reverse pass is the adjoint of the derivative: ⟨cotangent, JVP(tangent)⟩ = ⟨VJP(cotangent), tangent⟩, proved.

For each equation v = f(u, w, …) the local identity

    tr(v̄ᵀ df) = Σ_u tr(K_uᵀ du),      K_u the contribution of the equation to ū,

is decided by the index normal form, independently of the trace identities by which K_u was found. Summed over the equations of a
step everything but the ends cancels, because ū is the sum of its contributions: that is the identity for one step. For two steps
of a cell of few equations it is proved once more with everything written out; for any number of steps it follows by induction.
Source: the statement for one Elman cell in "Elman RNN Cell VJP" (source 000); here also for parameters, and for every cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symrnn.algebra.functions import ALL
from symrnn.algebra.nodes import Add, Apply, Bar, D, Leaf, Node, Power, Quotient, Trace, Zeros, t
from symrnn.algebra.normal import normal_forms
from symrnn.calculus.derive import later
from symrnn.calculus.records import Derivation, Passage
from symrnn.errors import ProofError

ALWAYS_POSITIVE = ("softmax", "exp", "sigmoid", "softplus")
WRITTEN_OUT = 4  # equations of a cell up to which two steps are proved with everything written out: the terms multiply


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """tr(v̄ᵀ dv) = Σ_u tr(K_uᵀ du) for one equation, with dv and K_u written out; proved."""

    equation: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Condition:
    """What an equation needs to be differentiable: `kind` is "nonzero" or "positive", for every entry of `expr`."""

    equation: str
    kind: str
    expr: Node


@dataclass(frozen=True, slots=True)
class AdjointTheorem:
    """The adjoint identity of one step: left = right, by summing the local identities, under the conditions."""

    left: Node
    right: Node
    identities: tuple[LocalIdentity, ...]
    conditions: tuple[Condition, ...]


def one_step(derivation: Derivation) -> AdjointTheorem:
    """Prove the adjoint identity of one step.

    Raises:
        ProofError: if a local identity does not hold.
    """
    loss = derivation.network.loss
    identities = tuple(local_identity(one, loss) for one in derivation.passages)
    ends = [Bar(state.leaf) for state in derivation.network.states]
    tangents = [pairing(Bar(end.leaf), D(end.leaf)) for end in ends]
    starts = _starts(derivation)
    return AdjointTheorem(
        left=Add(*tangents),
        right=Add(*(pairing(gradient, D(leaf)) for leaf, gradient in starts)),
        identities=identities,
        conditions=conditions(derivation),
    )


def pairing(cotangent: Node, tangent: Node) -> Node:
    """Return ⟨A, B⟩ = tr(Aᵀ B)."""
    return Trace(cotangent.T @ tangent)


def local_identity(passage: Passage, loss: Leaf | None) -> LocalIdentity:
    """Prove the identity of one equation.

    Raises:
        ProofError: if the normal forms of the two sides differ.
    """
    target = passage.equation.target
    left = Trace(passage.expanded) if target == loss else pairing(Bar(target), passage.expanded)
    parts = [pairing(one.gradient, D(one.of)) for one in passage.contributions]
    right = Add(*parts) if parts else Zeros(1, 1)
    definition = {target: passage.equation.expr}  # the differential may be written in the output
    one, other = normal_forms(left, right, definitions=definition)
    if one != other:
        raise ProofError(
            f"equation ({passage.equation.label}): {left!r} and {right!r} were expected to be the same and are not; "
            f"this is a defect of symrnn, please report it with the cell"
        )
    return LocalIdentity(passage.equation.label, left, right)


def conditions(derivation: Derivation) -> tuple[Condition, ...]:
    """Return where the equations of a step must not be evaluated, because they are not differentiable there."""
    equations = derivation.network.equations
    positive = {line.target for line in equations if _is_positive(line.expr)}
    found = [one for line in equations for one in _needed(line.label, line.expr) if one.expr not in positive]
    return tuple(dict.fromkeys(one for one in found if not _is_positive(one.expr)))


def _needed(label: str, expr: Node) -> Iterator[Condition]:
    if isinstance(expr, Apply) and ALL[expr.function].kinks:
        yield Condition(label, "nonzero", expr.body)
    if isinstance(expr, Apply) and ALL[expr.function].domain == "positive":
        yield Condition(label, "positive", expr.body)
    if isinstance(expr, Quotient):
        yield Condition(label, "nonzero", expr.args[1])
    if isinstance(expr, Power) and expr.args[1] < 0:
        yield Condition(label, "nonzero", expr.args[0])
    for arg in expr.args:
        if isinstance(arg, Node):
            yield from _needed(label, arg)


def _is_positive(expr: Node) -> bool:
    return isinstance(expr, Apply) and expr.function in ALWAYS_POSITIVE


def _starts(derivation: Derivation) -> list[tuple[Leaf, Node]]:
    """Return every leaf that enters a step, with what the step gives to its adjoint."""
    found = [(gradient.of, Add(*gradient.terms)) for gradient in derivation.gradients if gradient.terms]
    for adjoint in derivation.adjoints:
        by_lag: dict[int, list[Node]] = {}
        for lag, term in adjoint.carries:
            by_lag.setdefault(lag, []).append(later(term, -lag))
        found += [(adjoint.of.at(t - lag), Add(*terms)) for lag, terms in by_lag.items()]
    return found


# -- everything written out: one step, and two steps ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """The identity for a number of composed steps with every tangent and adjoint replaced by what defines it."""

    steps: int
    left: Node
    right: Node


def written_out(derivation: Derivation, steps: int) -> WrittenOut:
    """Prove the identity for `steps` composed steps t, …, t + steps − 1 by the normal form, nothing telescoped.

    The cotangents are those of the states that leave the last step; the tangents those of everything that enters.

    Raises:
        ProofError: if the two sides differ.
    """
    last = t + steps - 1
    ends = [state.leaf.at(last - back) for state in derivation.network.states for back in range(state.lags)]
    cotangents: dict[Leaf, Node] = {leaf: Bar(leaf) for leaf in ends}
    tangents: dict[Node, Node] = {}
    entering: dict[Leaf, Node] = {}
    cell = {line.target for line in derivation.network.cell.equations}
    passages = [one for one in derivation.passages if one.equation.target in cell]
    for shift in range(steps):
        for one in reversed(passages):
            expanded = later(one.expanded, shift)
            tangents[D(later(one.equation.target, shift))] = expanded.xreplace(tangents)
    for shift in reversed(range(steps)):
        for one in passages:
            bar = cotangents.get(later(one.equation.target, shift))
            if bar is None:
                continue
            for given in one.contributions:
                part = later(given.gradient, shift).xreplace({Bar(later(one.equation.target, shift)): bar})
                of = later(given.of, shift)
                cotangents[of] = cotangents[of] + part if of in cotangents else part
    defined = {key.leaf for key in tangents}
    entering = {leaf: bar for leaf, bar in cotangents.items() if leaf not in defined}
    left = Add(*(pairing(Bar(leaf), tangents.get(D(leaf), D(leaf))) for leaf in ends))
    right = Add(*(pairing(bar, D(leaf)) for leaf, bar in entering.items()))
    here, there = normal_forms(left, right)
    if here != there:
        raise ProofError(
            f"{steps} composed steps: the two sides of the adjoint identity differ; this is a defect of symrnn"
        )
    return WrittenOut(steps, left, right)
