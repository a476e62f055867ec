"""The order in which a network's equations are evaluated, once its numbers of steps are known. The values are not here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sympy import Expr

from symrnn.model.equations import Equation, State
from symrnn.model.network import Network, Once, Single, Steps, When


def initials(network: Network) -> Iterator[tuple[State, Steps, int]]:
    """Yield every initial value: of which state, before which steps, and its lag: 0 next to the first step, 1 before that, …"""
    for stage in network.stages:
        if isinstance(stage.when, Steps):
            for state in stage.states:
                for back in range(state.lags):
                    yield state, stage.when, back


def stored_place(state: State, steps: Steps, back: int) -> int | None:
    """Return where an initial value stands in the array that is given for a state, in the order of time; None if it is alone."""
    if state.lags == 1:
        return None
    return state.lags - 1 - back if steps.direction > 0 else back


def evaluations(network: Network, number: Callable[[Expr], int]) -> Iterator[tuple[Equation, int | None]]:
    """Yield every equation with every step at which it is evaluated, None before the first: each after what it reads.

    Args:
        network: whose equations.
        number: what a step or a number of steps is as a number.
    """
    for stage in network.stages:
        for step in _steps(stage.when, number):
            for line in stage.equations:
                yield line, step


def _steps(when: When, number: Callable[[Expr], int]) -> Sequence[int | None]:
    if isinstance(when, Once):
        return (None,)
    if isinstance(when, Single):
        return (number(when.step),)
    return range(1, number(when.length) + 1)[:: when.direction]
