"""The gradient for a given number of steps, term by term, as one writes it out by hand (source 003, problem 4).

With s^(t) the stacked state, g^(t) = ∂J^(t)/∂s^(t) as a column, M^(t) = (∂s^(t)/∂s^(t−1))ᵀ and P^(k)(δ) what step k gives to a
parameter when the adjoint of its new state is δ,

    W̄ = Σ_{s=1}^{T} Σ_{k=1}^{s} P^(k)( M^(k+1) M^(k+2) ⋯ M^(s) g^(s) ) :

the loss of step s reaches the use of W at step k through every state in between. A parameter of the head is reached directly.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Integer

from symrnn.algebra.nodes import Add, Bar, Leaf, Node, Slice, Zeros, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.records import Derivation
from symrnn.calculus.trace import times
from symrnn.errors import SymrnnError

LONGEST = 6
PLACEHOLDER = "δ"  # no quantity of a cell can have this name: names are ASCII


@dataclass(frozen=True, slots=True)
class PathTerm:
    """One term of an unrolled gradient: the loss of step `loss_step` by way of the use at step `use_step`.

    `value` is the term in gradient layout, with every adjoint written out down to g and M.
    """

    loss_step: int
    use_step: int
    value: Node


def transition_leaf(stacked: Stacked) -> Leaf:
    """Return M^(t) as an opaque matrix."""
    return Leaf("M", stacked.rows, stacked.rows, t)


def source_leaf(stacked: Stacked) -> Leaf:
    """Return g^(t) as an opaque column."""
    return Leaf("g", stacked.rows, 1, t)


def source(derivation: Derivation, stacked: Stacked) -> tuple[Node | None, ...]:
    """Return g^(t) part by part: what the loss of step t gives to each entry of the stack directly; None is zero."""
    cell = recurrence(derivation)
    found: list[Node | None] = []
    for leaf, back in stacked.parts:
        parts: list[Node] = []
        if back == 0:
            adjoint = next((one for one in derivation.adjoints if one.of == leaf), None)
            parts = [] if adjoint is None or adjoint.seed is None else [adjoint.seed]
            parts += [
                _written_out(derivation, one.gradient, stop=cell)
                for passage in derivation.reaching
                if passage.equation.target not in cell
                for one in passage.contributions
                if one.of == leaf
            ]
        found.append(Add(*parts) if parts else None)
    return tuple(found)


def recurrence(derivation: Derivation) -> set[Leaf]:
    """Return what the new states are computed from within a step, and these themselves; the rest is read out of them."""
    found = {state.leaf for state in derivation.network.states}
    computed = {line.target for line in derivation.network.equations if line.target.time is None}
    for line in reversed(derivation.network.equations):
        if line.target in found:
            found |= {leaf for leaf in leaves(line.expr) if leaf.time == t or leaf in computed}
    return {line.target for line in derivation.network.equations if line.target in found}


def reads_states_only(derivation: Derivation) -> bool:
    """Return whether everything outside the recurrence reads nothing of the cell but its new states."""
    inside = recurrence(derivation)
    states = {one.leaf for one in derivation.network.states}
    outside = (passage for passage in derivation.passages if passage.equation.target not in inside)
    read = {one.of for passage in outside for one in passage.contributions}
    return not any(of in inside - states or of.time not in (None, t) for of in read)


def _written_out(derivation: Derivation, expr: Node, stop: set[Leaf]) -> Node:
    """Replace adjoints of this step by their terms, except those of the quantities in `stop`."""
    swap = {}
    for bar in _bars(expr):
        if bar.leaf not in stop and bar.leaf.time == t:
            adjoint = derivation.adjoint(bar.leaf)
            terms = [*adjoint.terms, *([adjoint.seed] if adjoint.seed is not None else [])]
            swap[bar] = _written_out(derivation, Add(*terms), stop)
    return expr.xreplace(swap) if swap else expr


def _bars(expr: Node) -> set[Bar]:
    if isinstance(expr, Bar):
        return {expr}
    return {found for arg in expr.args if isinstance(arg, Node) for found in _bars(arg)}


def use(derivation: Derivation, stacked: Stacked, name: str, delta: Node) -> Node | None:
    """Return P^(t)(δ): what step t gives to the gradient of a parameter or input when the adjoint of its new state is `delta`.

    Only the recurrence is meant; what the loss of step t gives by way of the head is `direct`.
    """
    cell = recurrence(derivation)
    outside: dict[Leaf, Node] = {}
    first = Integer(0)
    for leaf, back in stacked.parts:
        if back == 0:
            outside[leaf] = delta if stacked.is_single else Slice(delta, first, leaf.shape[0])
        first = first + leaf.shape[0]
    adjoints: dict[Bar, Node] = {}
    for passage in derivation.passages:
        target = passage.equation.target
        if target in cell:
            parts = [outside[target]] if target in outside else []
            parts += [
                one.gradient.xreplace(adjoints)
                for other in derivation.passages
                if other.equation.target in cell
                for one in other.contributions
                if one.of == target
            ]
            adjoints[Bar(target)] = Add(*parts) if parts else Zeros(*target.shape)
    terms = [
        one.gradient.xreplace(adjoints)
        for passage in derivation.passages
        if passage.equation.target in cell
        for one in passage.contributions
        if one.of.name == name
    ]
    return Add(*terms) if terms else None


def direct(derivation: Derivation, name: str) -> Node | None:
    """Return what the loss of step t gives to a parameter without passing a state of the cell, or None."""
    cell = recurrence(derivation)
    terms = [
        _written_out(derivation, one.gradient, stop=cell)
        for passage in derivation.reaching
        if passage.equation.target not in cell
        for one in passage.contributions
        if one.of.name == name
    ]
    return Add(*terms) if terms else None


def unrolled(derivation: Derivation, name: str, steps: int) -> tuple[PathTerm, ...]:
    """Return the gradient of a parameter for T = `steps`, term by term, the loss of step 1 first.

    The terms of a cell with one state are written out completely; with several states M^(j) and g^(s) stand for the stacked
    Jacobian and the direct part.

    Raises:
        SymrnnError: if `steps` is not between 1 and 6, there is no parameter of this name, or the loss reads more than states.
    """
    if not 1 <= steps <= LONGEST:
        raise SymrnnError(
            f"a gradient is written out for 1 to {LONGEST} steps, not for {steps}; the closed form holds for every T"
        )
    names = [leaf.name for leaf in derivation.network.params]
    if name not in names:
        raise SymrnnError(f"{derivation.network.name} has no parameter {name}; its parameters are {', '.join(names)}")
    if not reads_states_only(derivation):
        raise SymrnnError(
            f"the loss of {derivation.network.name} reads quantities of the recurrence beside its new states, so that a "
            f"gradient is not a sum over states alone; `symrnn derive` without --of gives the adjoint equations"
        )
    stacked = stack(derivation)
    head = direct(derivation, name)
    found = [PathTerm(step, step, at(head, step)) for step in range(1, steps + 1)] if head is not None else []
    adjoint = Leaf(PLACEHOLDER, stacked.rows, 1, t)
    used = use(derivation, stacked, name, adjoint)
    if used is None:
        return tuple(found)
    for last in range(1, steps + 1):
        for step in range(1, last + 1):
            given = {adjoint.at(step): _delta(derivation, stacked, step, last)}
            found.append(PathTerm(last, step, at(used, step).xreplace(given)))
    return tuple(found)


def at(expr: Node, step: int) -> Node:
    """Return an expression of step t at a number."""
    return expr.xreplace({t: Integer(step)})


def _delta(derivation: Derivation, stacked: Stacked, step: int, last: int) -> Node:
    """Return M^(k+1) ⋯ M^(s) g^(s): the adjoint of s^(k) that comes from the loss of step s alone."""
    if stacked.is_single:
        (part,) = source(derivation, stacked)
        transition, last_part = stacked.transition, Zeros(stacked.rows, 1) if part is None else part
    else:
        transition, last_part = transition_leaf(stacked), source_leaf(stacked)
    return times(*(at(transition, j) for j in range(step + 1, last + 1)), at(last_part, last))
