"""From a network to its derivation: the sweep, the sums of what each quantity was given, and their numbers.

passages   = sweep(network)                  every equation backwards
reaching                                     those through which the loss can change: all other adjoints are zero
adjoints                                     h̄ = what step t gives + the carry from step t+1
gradients                                    W̄ = Σ_t z̄ h[t−1]ᵀ
initial                                      h̄[0] = the carry of step 1

Where a part of an adjoint is evaluated follows from where its equation and the quantity are: in the same step, as a carry, at
the one step that is read (the last state), or summed over the steps of the stage that reads it (a context, a static weight).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from sympy import Expr

from symrnn.algebra.nodes import Apply, Leaf, Node, Zeros, t
from symrnn.calculus.closing import close_softmax, split_logarithms, stable_forward
from symrnn.calculus.records import Adjoint, Contribution, Derivation, Gradient, InitialGradient, Passage, Step
from symrnn.calculus.sweep import sweep
from symrnn.model.equations import State
from symrnn.model.network import Network, Once, Stage, Steps


def derive(network: Network) -> Derivation:
    """Return the gradient of a network's loss with respect to its parameters, inputs and initial states, with its proof.

    The loss is J = Σ_t J^(t). For a network without a loss, J is any function of the outputs whose adjoints are the seeds.

    Raises:
        RuleError: if an equation holds something that has no differential rule or trace identity.
    """
    network, split = split_logarithms(network)
    forward, rewritten = stable_forward(network)
    passages = sweep(network)
    given = _Given.of(network, _reaching(network, passages))
    number = map(str, count(len(network.equations) + 1))
    adjoints = tuple(_adjoints(network, given, number))
    gradients = tuple(_gradients(network, given, number))
    initial = tuple(_initial(network, given, number))
    return Derivation(network, forward, (*split, *rewritten), passages, adjoints, gradients, initial)


# -- what reaches the loss, and what each quantity was given ---------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class _Given:
    """What the equations gave to each quantity, by its name, in the order of the sweep, and the stage of every equation."""

    passages: tuple[Passage, ...]
    by_name: Mapping[str, list[Contribution]]
    stage_by_label: Mapping[str, int]
    network: Network

    @classmethod
    def of(cls, network: Network, passages: tuple[Passage, ...]) -> _Given:
        """Sort the contributions of some passages."""
        found: defaultdict[str, list[Contribution]] = defaultdict(list)
        for passage in passages:
            for one in _nonzero(passage):
                found[one.of.name].append(one)
        return cls(passages, found, {line.label: stage for stage, line in network.numbered()}, network)

    def to(self, leaf: Leaf) -> list[Contribution]:
        """Return what was given to a quantity, at whatever step it was read."""
        return self.by_name.get(leaf.name, [])

    def stage(self, one: Contribution) -> int:
        """Return the number of the stage of the equation that gave it."""
        return self.stage_by_label[one.equation]

    def moves(self, one: Contribution) -> bool:
        """Return whether it was given at every step of a stage."""
        return isinstance(self.network.stages[self.stage(one)].when, Steps)

    def belongs_to_sequences(self, one: Contribution) -> bool:
        """Return whether it was given by every sequence, and not once by parameters alone."""
        return not isinstance(self.network.stages[self.stage(one)].when, Once)

    def passage(self, label: str) -> Passage:
        """Return an equation backwards by its number."""
        return next(passage for passage in self.passages if passage.equation.label == label)


# -- adjoints --------------------------------------------------------------------------------------------------------------


def _adjoints(network: Network, given: _Given, number: Iterator[str]) -> Iterator[Adjoint]:
    seeds = dict(network.seeds)
    for passage in given.passages:
        of = passage.equation.target
        if of == network.loss:
            continue
        stage = network.stages[given.stage_by_label[passage.equation.label]]
        found = _moving(given, of, stage.when) if isinstance(stage.when, Steps) else _fixed(network, given, of)
        seed = seeds.get(of)
        if seed is not None or found.now or found.carries or found.ends or found.sums:
            terms, steps = _closed(network, given, found.now)
            yield Adjoint(of, next(number), terms, found.carries, seed, steps, found.ends, found.sums)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of one adjoint, sorted by where they are evaluated; fields as in `Adjoint`."""

    now: list[Contribution]
    carries: tuple[tuple[int, Node], ...] = ()
    ends: tuple[tuple[Expr, Node], ...] = ()
    sums: tuple[tuple[int, Node], ...] = ()


def _moving(given: _Given, of: Leaf, steps: Steps) -> _Parts:
    """Sort what was given to a quantity of every step."""
    state = given.network.state(of.name)
    before = {steps.initial(back) for back in range(0 if state is None else state.lags)}
    moving = [one for one in given.to(of) if one.of.moves]
    ends = tuple((one.of.time, one.gradient) for one in given.to(of) if one not in moving and one.of.time not in before)
    carries = tuple((lag, shifted(one.gradient, lag, steps)) for one in moving if (lag := steps.lag(one.of)))
    return _Parts([one for one in moving if not steps.lag(one.of)], carries, ends)


def _fixed(network: Network, given: _Given, of: Leaf) -> _Parts:
    """Sort what was given to a quantity of one step, or of none: an initial state that is computed has carries alone."""
    start = _started_state(network, of)
    if start is not None:
        state, steps, back = start
        read = [one for one in given.to(of) if one.of == of]
        return _Parts(read, _leaving(given, state, steps, back))
    read = [one for one in given.to(of) if one.of == of]
    summed = [one for one in read if given.moves(one) or (of.time is None and given.belongs_to_sequences(one))]
    sums = tuple((given.stage(one), one.gradient) for one in summed)
    return _Parts([one for one in read if one not in summed], sums=sums)


def _started_state(network: Network, of: Leaf) -> tuple[State, Steps, int] | None:
    """Return the state whose initial value a quantity is, its steps, and how far before the first step it lies."""
    for stage in network.stages:
        for state in stage.states:
            if isinstance(stage.when, Steps) and state.leaf.name == of.name:
                for back in range(state.lags):
                    if of.time == stage.when.initial(back):
                        return state, stage.when, back
    return None


def _closed(network: Network, given: _Given, now: list[Contribution]) -> tuple[tuple[Node, ...], tuple[Step, ...]]:
    """Return the parts of an adjoint from where it is, a softmax with cross-entropy in closed form."""
    if len(now) == 1:
        line = given.passage(now[0].equation).equation
        output = line.target
        if isinstance(line.expr, Apply) and line.expr.function == "softmax" and output not in dict(network.seeds):
            closed = close_softmax(
                now[0].jacobian, output, [one.jacobian for one in given.to(output)], network.assumptions
            )
            if closed is not None:
                return (closed[0],), closed[1]
    return tuple(one.gradient for one in now), ()


def lag_of(leaf: Leaf) -> int:
    """Return k for a state that is read at step t − k."""
    return int(t - leaf.time)


def later(expr: Node, lag: int) -> Node:
    """Return an expression of step t written at step t + lag."""
    return expr.xreplace({t: t + lag}) if lag else expr


def shifted(expr: Node, lag: int, steps: Steps) -> Node:
    """Return an expression of step t written `lag` steps later in the direction of its stage."""
    return later(expr, steps.direction * lag)


# -- gradients -------------------------------------------------------------------------------------------------------------


def _gradients(network: Network, given: _Given, number: Iterator[str]) -> Iterator[Gradient]:
    for of in (*network.params, *network.inputs):
        found = given.to(of)
        terms, stages = tuple(one.gradient for one in found), tuple(given.stage(one) for one in found)
        yield Gradient(of, next(number), terms, of.time is None, stages)


def _initial(network: Network, given: _Given, number: Iterator[str]) -> Iterator[InitialGradient]:
    for stage, state in _states(network):
        assert isinstance(stage.when, Steps)
        for back in range(state.lags if state.initial == "given" else 0):
            of = state.leaf.at(stage.when.initial(back))
            ends = tuple((one.of.time, one.gradient) for one in given.to(of) if one.of == of)
            yield InitialGradient(of, next(number), _leaving(given, state, stage.when, back), ends)


def _states(network: Network) -> Iterator[tuple[Stage, State]]:
    for stage in network.stages:
        for state in stage.states:
            yield stage, state


def _leaving(given: _Given, state: State, steps: Steps, back: int) -> tuple[tuple[int, Node], ...]:
    """Return the carries that reach an initial state, each written at the step that gives it."""
    past = [one for one in given.to(state.leaf) if one.of.moves and steps.lag(one.of) > back]
    start = steps.initial(back)
    return tuple(
        (steps.lag(one.of), one.gradient.xreplace({t: start + steps.direction * steps.lag(one.of)})) for one in past
    )
