"""A forward and a backward function that disagree: which cell the forward one is, and what either of them needs.

The cell is broken, as the truth of the backward pass is, until it computes what the forward function computes. Against that cell
the backward function has a mistake of its own: one repair. If its formulas are right where the forward function computes the cell
as it is written, that is the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from symrnn.algebra.nodes import Apply, Bar, Leaf, Node, t
from symrnn.model.equations import Equation
from symrnn.model.network import Network
from symrnn.verify.functions.attempts import Asked
from symrnn.verify.functions.backward import Backward, gradients
from symrnn.verify.functions.diagnosis import Explanation, Search
from symrnn.verify.functions.edits import Context, edits
from symrnn.verify.functions.forwards import outputs_of
from symrnn.verify.functions.judging import Settled, errors, held
from symrnn.verify.functions.truth import Case
from symrnn.verify.functions.values import Array, Quantities, quantities


@dataclass(frozen=True, slots=True)
class Changed:
    """A cell with a change in its forward equations: what was changed, the equation as it was, and as it is."""

    words: str
    before: str
    after: str
    network: Network
    activated: tuple[Leaf, Leaf] | None = None  # a state, and its activation, which is handed on in its place


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What a forward function computes instead of the cell, and what explains the backward function then.

    `right_for_cell`: whether the formulas of the backward function are right once the forward function is repaired.
    """

    changed: Changed
    explanations: tuple[Explanation, ...]
    right_for_cell: bool


def disagreement(asked: Asked, case: Case, settled: Settled, until: float) -> Disagreement | None:
    """Return which cell a forward function computes, and what is wrong with the backward function then."""
    theirs = outputs_of(settled.reading, settled.sample, settled.outcome.outputs, case)
    states = {name: value for name, value in theirs.items() if name != "loss"}
    for changed in (*_handed_on(case.network), *_edited(case.network)):
        if not states or monotonic() > until:
            return None
        if not _computes(changed.network, states, settled):
            continue
        other = Case.of(changed.network)
        again = held(
            other, settled.reading, settled.given, settled.size, settled.sample, settled.outcome, settled.scale
        )
        found = Search(asked, other, again, until).explanations() if again.wrong else ()
        backward = found[0].mistakes[-1].backward if found else other.backward
        return Disagreement(changed, found, _right_for(case, settled, changed, backward))
    return None


def _computes(network: Network, theirs: dict[str, Array], settled: Settled) -> bool:
    try:
        known = quantities(settled.sample, network).known
    except KeyError:  # an equation that reads what comes later
        return False
    for name, value in theirs.items():
        steps = [known[name, step][..., 0] for step in range(1, settled.sample.steps + 1)]
        true = np.stack(steps) if value.ndim == 3 else steps[-1]
        if not np.allclose(value, true, rtol=1e-8, atol=1e-10):
            return False
    return True


# -- cells with a change -------------------------------------------------------------------------------------------------------


def _handed_on(network: Network) -> Iterator[Changed]:
    """Yield cells that hand on f(s) where they should hand on the state s, for every a = f(s)."""
    states = {state.leaf: state for state in network.states}
    for line in network.equations:
        if not (isinstance(line.expr, Apply) and line.expr.body in states):
            continue
        state = line.expr.body
        own = network.targets_of[state]
        inner = Leaf(f"z_{state.name}", state.shape[0], state.shape[1], t)
        function = line.expr.function
        stages = []
        for stage in network.stages:
            lines: list[Equation] = []
            for one in stage.equations:
                if one == own:
                    lines.append(replace(one, target=inner, label=f"{one.label}a"))
                    lines.append(replace(one, expr=Apply(function, inner)))
                elif one != line:
                    lines.append(replace(one, expr=one.expr.xreplace({line.target: state})))
            stages.append(replace(stage, equations=tuple(lines)))
        words = f"it hands on {function}({state.name}) to the next step where {state.name} belongs"
        after = f"{state!r} = {function}({own.expr!r})"
        changed = replace(network, stages=tuple(stages))
        yield Changed(words, f"{state!r} = {own.expr!r}", after, changed, (state, line.target))


def _edited(network: Network) -> Iterator[Changed]:
    context = Context.of(network)
    for line in network.equations:
        for edit in edits(line.expr, context):
            if "⟨" in repr(edit.after):
                continue
            swap = replace(line, expr=edit.after)
            stages = tuple(
                replace(stage, equations=tuple(swap if one == line else one for one in stage.equations))
                for stage in network.stages
            )
            before, after = f"{line.target!r} = {line.expr!r}", f"{line.target!r} = {edit.after!r}"
            yield Changed(f"{edit.kind}: {edit.words}", before, after, replace(network, stages=stages))


# -- the other repair ----------------------------------------------------------------------------------------------------------


def _right_for(case: Case, settled: Settled, changed: Changed, backward: Backward) -> bool:
    """Return whether formulas of a backward pass are right on the quantities of the cell as it is written."""
    if changed.activated is not None:
        backward = _with_activation(backward, *changed.activated)
    known = case.forward(settled.sample)
    try:
        found = gradients(backward, Quantities(known.sample, known.known))
    except KeyError:
        return False
    parameters = frozenset(leaf.name for leaf in case.network.params)
    truth = {name: value for name, value in case.truth(settled.sample).items() if name in settled.errors}
    compared = {name: found[name] for name in truth}
    wrong = errors(compared, truth, settled.sample, replace(settled.scale, over=""), parameters)
    return all(error <= settled.tolerance for error in wrong.values())


def _with_activation(backward: Backward, state: Leaf, activation: Leaf) -> Backward:
    """Return formulas that read the activation of a state where they read the state of the same step."""

    def at(expr: Node, lag: int) -> Node:
        adjoints = {one: one for one in expr.atoms(Bar)}  # they keep their names
        return expr.xreplace({state.at(t + lag): activation.at(t + lag), **adjoints})

    adjoints = tuple(
        replace(
            one,
            terms=tuple(at(term, 0) for term in one.terms),
            carries=tuple((lag, at(term, lag)) for lag, term in one.carries),
        )
        for one in backward.adjoints
    )
    gradient = tuple(replace(one, terms=tuple(at(term, 0) for term in one.terms)) for one in backward.gradients)
    return replace(backward, adjoints=adjoints, gradients=gradient)
