"""From a network to its derivation: the sweep, the sums of what each quantity was given, and their numbers.

passages   = sweep(network)                  every equation backwards
reaching                                     those through which the loss can change: all other adjoints are zero
adjoints                                     h̄ = what step t gives + the carry from step t+1
gradients                                    W̄ = Σ_t z̄ h[t−1]ᵀ
initial                                      h̄[0] = the carry of step 1
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count

from symrnn.algebra.nodes import Apply, Leaf, Node, Zeros, t
from symrnn.calculus.closing import close_softmax, stable_forward
from symrnn.calculus.records import Adjoint, Contribution, Derivation, Gradient, InitialGradient, Passage, Step
from symrnn.calculus.sweep import sweep
from symrnn.model.network import Network

Given = defaultdict[str, list[Contribution]]


def derive(network: Network) -> Derivation:
    """Return the gradient of a network's loss with respect to its parameters, inputs and initial states, with its proof.

    The loss is J = Σ_t J^(t). For a network without a loss, J is any function of the outputs whose adjoints are the seeds.

    Raises:
        RuleError: if an equation holds something that has no differential rule or trace identity.
    """
    forward, rewritten = stable_forward(network)
    passages = sweep(network)
    reaching = _reaching(network, passages)
    given = _by_name(reaching)
    number = map(str, count(len(network.equations) + 1))
    adjoints = tuple(_adjoints(network, reaching, given, number))
    gradients = tuple(_gradients(network, given, number))
    initial = tuple(_initial(network, given, number))
    return Derivation(network, forward, rewritten, passages, adjoints, gradients, initial)


def _reaching(network: Network, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Return the equations through which the loss can change; the adjoint of what the others define is zero at every step."""
    reached = {network.loss.name} if network.loss is not None else {output.name for output, _ in network.seeds}
    while True:
        found = tuple(one for one in passages if one.equation.target.name in reached)
        names = {given.of.name for one in found for given in _nonzero(one)}
        if names <= reached:
            return found
        reached |= names


def _nonzero(passage: Passage) -> tuple[Contribution, ...]:
    """Return what an equation gives, without what cancelled altogether, as for a − a."""
    return tuple(one for one in passage.contributions if not isinstance(one.gradient, Zeros))


def _by_name(passages: tuple[Passage, ...]) -> Given:
    """Return what the equations gave to each quantity, in the order of the sweep."""
    found: Given = defaultdict(list)
    for passage in passages:
        for one in _nonzero(passage):
            found[one.of.name].append(one)
    return found


def _adjoints(
    network: Network, passages: tuple[Passage, ...], contributions: Given, number: Iterator[str]
) -> Iterator[Adjoint]:
    seeds = dict(network.seeds)
    by_label = {passage.equation.label: passage for passage in passages}
    for passage in passages:
        of = passage.equation.target
        if of == network.loss:
            continue
        given = contributions[of.name]
        now = [one for one in given if one.of == of]
        carries = tuple((lag_of(one.of), later(one.gradient, lag_of(one.of))) for one in given if one.of != of)
        if now or carries or of in seeds:
            terms, steps = _closed(network, by_label, contributions, now)
            yield Adjoint(of, next(number), terms, carries, seeds.get(of), steps)


def _closed(
    network: Network, by_label: Mapping[str, Passage], contributions: Given, now: list[Contribution]
) -> tuple[tuple[Node, ...], tuple[Step, ...]]:
    """Return the parts of an adjoint from step t, a softmax with cross-entropy in closed form."""
    if len(now) == 1:
        line = by_label[now[0].equation].equation
        output = line.target
        if isinstance(line.expr, Apply) and line.expr.function == "softmax" and output not in dict(network.seeds):
            given = [one.jacobian for one in contributions[output.name]]
            closed = close_softmax(now[0].jacobian, output, given, network.assumptions)
            if closed is not None:
                return (closed[0],), closed[1]
    return tuple(one.gradient for one in now), ()


def lag_of(leaf: Leaf) -> int:
    """Return k for a state that is read at step t − k."""
    return int(t - leaf.time)


def later(expr: Node, lag: int) -> Node:
    """Return an expression of step t written at step t + lag."""
    return expr.xreplace({t: t + lag}) if lag else expr


def _gradients(network: Network, contributions: Given, number: Iterator[str]) -> Iterator[Gradient]:
    for of in (*network.params, *network.inputs):
        terms = tuple(one.gradient for one in contributions[of.name])
        yield Gradient(of, next(number), terms, summed=of.time is None)


def _initial(network: Network, contributions: Given, number: Iterator[str]) -> Iterator[InitialGradient]:
    for state in network.states:
        past = [one for one in contributions[state.leaf.name] if lag_of(one.of)]
        for back in range(state.lags):
            carries = tuple(
                (lag_of(one.of), one.gradient.xreplace({t: lag_of(one.of) - back}))
                for one in past
                if lag_of(one.of) > back
            )
            yield InitialGradient(state.leaf.at(-back), next(number), carries)
