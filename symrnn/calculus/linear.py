"""Linear recurrences: states whose Jacobian of one step is diagonal and free of states, read off the derived Jacobian.

    h^(t) = a^(t) ∘ h^(t−1) + b^(t)        ∂h^(t)/∂h^(t−1) = diag(a^(t)),  neither a nor b depends on h^(t−1)

Several states that depend on one another are one recurrence, of which every block of the Jacobian is such a diagonal (a complex
state in real and imaginary parts). Of a matrix, which has no Jacobian that is a matrix, the derived adjoint of S^(t−1) is that
of S^(t) times something, entry by entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.algebra.nodes import (
    Add,
    Bar,
    Diag,
    Eye,
    Had,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Scale,
    Transpose,
    t,
)
from symrnn.algebra.walk import leaves, parts
from symrnn.calculus.jacobians import step_jacobian
from symrnn.calculus.records import Derivation
from symrnn.errors import RuleError
from symrnn.model.equations import State


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear recurrence of some states.

    Fields:
        states: those that depend on one another, at step t; nearly always one.
        diagonals: a for every state by every one of them; None is zero, and a matrix has none that is a column.
    """

    states: tuple[Leaf, ...]
    diagonals: tuple[tuple[Node | None, ...], ...]


def linear_recurrences(derivation: Derivation) -> tuple[Linear, ...]:
    """Return the linear recurrences of a network, one loop upwards; what only holds an earlier input is none.

    What has a form of which this cannot be seen is left out: that a recurrence is missing here does not prove that it is not
    linear.
    """
    network = derivation.network
    if not network.is_single_recurrence:
        return ()
    reached = _past(derivation)
    groups = dict.fromkeys(_together(state, reached) for state in network.states)
    states = {state.leaf.name: state for state in network.states}
    found = (_linear(derivation, tuple(states[name] for name in states if name in group), reached) for group in groups)
    return tuple(one for one in found if one is not None)


def _past(derivation: Derivation) -> dict[str, frozenset[str]]:
    """Return, by its name, the states of which earlier steps reach a quantity of step t."""
    states = {state.leaf.name for state in derivation.network.states}
    found: dict[str, frozenset[str]] = {}
    for line in derivation.network.equations:
        read = frozenset[str]()
        for leaf in leaves(line.expr):
            before = leaf.name in states and leaf != leaf.at(t)
            read |= frozenset({leaf.name}) if before else found.get(leaf.name, frozenset())
        found[line.target.name] = read
    return found


def _together(state: State, reached: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return the states that a state depends on, over the steps, and that depend on it; none if it is not among them."""

    def all_of(name: str) -> frozenset[str]:
        known, front = frozenset[str](), reached.get(name, frozenset())
        while front - known:
            known |= front
            front = frozenset(other for one in front for other in reached.get(one, frozenset()))
        return known

    return frozenset(one for one in all_of(state.leaf.name) if state.leaf.name in all_of(one))


def _linear(derivation: Derivation, states: tuple[State, ...], reached: dict[str, frozenset[str]]) -> Linear | None:
    names = frozenset(state.leaf.name for state in states)
    if not states or any(state.lags != 1 for state in states):
        return None
    if not all(state.leaf.is_column for state in states):
        free = len(states) == 1 and _is_linear_matrix(derivation, states[0].leaf, names, reached)
        return Linear((states[0].leaf,), ((None,),)) if free else None
    rows: list[tuple[Node | None, ...]] = []
    for of in states:
        row: list[Node | None] = []
        for by in states:
            try:
                block = step_jacobian(derivation, of.leaf, by.leaf.at(t - 1))
            except RuleError:
                return None
            entries = None if block is None else diagonal(block)
            if block is not None and (entries is None or not _is_free(entries, names, reached)):
                return None
            row.append(entries)
        rows.append(tuple(row))
    return Linear(tuple(state.leaf for state in states), tuple(rows))


def _is_free(expr: Node, names: frozenset[str], reached: dict[str, frozenset[str]]) -> bool:
    """Return whether nothing in an expression depends on earlier steps of some states."""
    return all(leaf.name not in names and not reached.get(leaf.name, frozenset()) & names for leaf in leaves(expr))


def diagonal(jacobian: Node) -> Node | None:
    """Return the column a with jacobian = diag(a), if its form shows that it is diagonal."""
    if isinstance(jacobian, Eye):
        return Ones(jacobian.shape[0])
    if isinstance(jacobian, Diag):
        return jacobian.args[0]
    if isinstance(jacobian, Transpose):
        return diagonal(jacobian.args[0])
    if isinstance(jacobian, Scale | Multiple):
        inner = diagonal(jacobian.body)
        return None if inner is None else jacobian.func(jacobian.args[0], inner)
    if isinstance(jacobian, Add | Mul):
        inside = [diagonal(one) for one in jacobian.args]
        kept = [one for one in inside if one is not None]
        if len(kept) < len(inside):
            return None
        return Add(*kept) if isinstance(jacobian, Add) else Had(*kept)
    return None


def _is_linear_matrix(
    derivation: Derivation, state: Leaf, names: frozenset[str], reached: dict[str, frozenset[str]]
) -> bool:
    """Return whether the new matrix is the old one times something, entry by entry, and something else."""
    own = [
        (passage.equation.target, one.gradient)
        for passage in derivation.passages
        for one in passage.contributions
        if one.of == state.at(t - 1) and names & _later(derivation, passage.equation.target, state)
    ]
    if [target for target, _ in own] != [state]:
        return False
    gradient = own[0][1]
    return _scales_entries(gradient, Bar(state)) and _is_free(gradient, names, reached)


def _later(derivation: Derivation, target: Leaf, state: Leaf) -> frozenset[str]:
    """Return the state's name if it depends, in the same step, on a quantity; or is it."""
    known = {target}
    for line in derivation.network.equations:
        if known & set(leaves(line.expr)):
            known.add(line.target)
    return frozenset({state.name} if state in known else ())


def _scales_entries(term: Node, adjoint: Node) -> bool:
    """Return whether an expression is an adjoint with its entries multiplied by what does not depend on it."""
    if term == adjoint:
        return True
    if not any(one == adjoint for one in parts(term, Bar)):
        return False
    inside = [one for one in term.args if isinstance(one, Node) and any(part == adjoint for part in parts(one, Bar))]
    others = [one for one in term.args if one not in inside]
    if isinstance(term, Add):
        return len(inside) == len(term.args) and all(_scales_entries(one, adjoint) for one in inside)
    if isinstance(term, Had | Scale | Multiple):
        return len(inside) == 1 and _scales_entries(inside[0], adjoint)
    if isinstance(term, Mul):
        return len(inside) == 1 and _scales_entries(inside[0], adjoint) and all(isinstance(o, Diag) for o in others)
    return False
