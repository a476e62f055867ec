"""Where the torch lines of a cell are kept, and how one step is run over a sequence.

A step is a function of the weights, the input of one step (B, n), and the states it reads, each by its name: their values before
the step, rows first, and a `list` of them (the latest one first) where more than one step back is read. It returns what is new by
name: every state, every output. A state that the cell starts at zero has that as its default. A step that depends on time takes
`t`, which is 1 in the first step.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

Tensors = dict[str, Tensor]
Step = Callable[..., Tensors]
STEPS: dict[str, Step] = {}


def reference(*names: str) -> Callable[[Step], Step]:
    """Keep a step under the names of the cells that it is a reading of."""

    def keep(step: Step) -> Step:
        STEPS.update(dict.fromkeys(names, step))
        return step

    return keep


def linear(weights: Tensor, x: Tensor) -> Tensor:
    """Return W x for every row."""
    return torch.nn.functional.linear(x, weights)


def outer(u: Tensor, v: Tensor) -> Tensor:
    """Return u vᵀ for every row."""
    return torch.einsum("bi,bj->bij", u, v)


def dot(u: Tensor, v: Tensor) -> Tensor:
    """Return uᵀ v for every row, as (B, 1)."""
    return (u * v).sum(-1, keepdim=True)


def states_of(step: Step) -> list[str]:
    """Return the names of the states that a step reads."""
    return [name for name in list(inspect.signature(step).parameters)[2:] if name != "t"]


def unroll(
    step: Step, weights: Tensors, x: Tensor, initial: Tensors, held: Tensor | None = None, down: bool = False
) -> Tensors:
    """Return what every step of a sequence x (T, B, n) makes, stacked: name → (T, B, ...).

    States stay as they are where `held` (T, B, 1) is zero. Initial states of several steps are stored in the order of time: of
    what runs upwards the latest one is the last of them, of what runs `down` (x is reversed already) the first.
    """
    w = SimpleNamespace(**weights)
    parameters = inspect.signature(step).parameters
    states: dict[str, Any] = {name: initial[name] for name in states_of(step) if name in initial}
    for name in states:
        if parameters[name].annotation == "list":
            states[name] = list(states[name] if down else states[name].flip(0))
    made: dict[str, list[Tensor]] = {}
    for number, now in enumerate(x, 1):
        new = step(w, now, **states, **({"t": number} if "t" in parameters else {}))
        for name in states_of(step):
            old = states.get(name, 0.0)
            last = old[0] if isinstance(old, list) else old
            if held is not None:
                m = held[number - 1].reshape(-1, *(1,) * (new[name].ndim - 1))
                new[name] = m * new[name] + (1 - m) * last
            states[name] = [new[name], *old[:-1]] if isinstance(old, list) else new[name]
        for name, value in new.items():
            made.setdefault(name, []).append(value)
    return {name: torch.stack(values) for name, values in made.items()}
