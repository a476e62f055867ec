"""The gradient for a given number of steps, term by term: the sum of the terms is the gradient, for every cell and T = 1 … 6."""

from math import comb

import networks
import numpy as np
import pytest
from sympy import Integer
from trajectories import STEP, Run, derivation, gradient, jacobian, relative, run

from symrnn.algebra.decide import decide
from symrnn.algebra.nodes import Add, Diag, Leaf, Mul, Node, Ones, Power
from symrnn.algebra.sizes import size
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.unrolled import LONGEST, PathTerm, source, source_leaf, transition_leaf, unrolled, use
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell
from symrnn.model.network import compose

# Products of up to six Jacobians, sums of up to 21 terms of order one; relative to the largest entry of the gradient.
TOLERANCE = 1e-13
NAMES = tuple(name for name in networks.RUNNABLE)
T_3 = {"steps": 3}


# -- what M and g stand for, by numbers alone --------------------------------------------------------------------------------


def with_opaque(at: Run, stacked: Stacked) -> Run:
    """Add the values of M and g of every step to a run, by complex steps through the equations."""
    values = dict(at.values)
    for step in range(1, at.steps + 1):
        values[transition_leaf(stacked).at(step)] = numeric_transition(at, stacked, step)
        values[source_leaf(stacked).at(step)] = numeric_source(at, stacked, step)
    return Run(at.network, at.sizes, at.steps, at.given, values)


def numeric_transition(at: Run, stacked: Stacked, step: int) -> np.ndarray:
    """Return (∂s^(t)/∂s^(t−1))ᵀ."""
    rows = [
        [numeric_block(at, step, one, other) for other in stacked.parts]
        for one in stacked.parts
    ]
    return np.block(rows).T


def numeric_block(at: Run, step: int, one: tuple[Leaf, int], other: tuple[Leaf, int]) -> np.ndarray:
    (of, back), (by, earlier) = one, other
    if back == 0:
        return jacobian(at, step, of.at(step), by.at(step - 1 - earlier))
    shape = int(of.shape[0].subs(at.sizes)), int(by.shape[0].subs(at.sizes))
    return np.eye(*shape) * (of == by and earlier == back - 1)


def numeric_source(at: Run, stacked: Stacked, step: int) -> np.ndarray:
    """Return ∂J^(t)/∂s^(t) as a column: the new state moves, the rest of the cell stays."""
    network, parts = at.network, []
    states = {state.leaf.at(step) for state in network.states}
    for leaf, back in stacked.parts:
        if back:
            parts.append(np.zeros((int(leaf.shape[0].subs(at.sizes)), 1)))
            continue
        loss = network.loss.at(step) if network.loss is not None else None
        found = np.zeros((1, len(at.values[leaf.at(step)]))) if loss is None else held(at, step, loss, leaf, states)
        for output, seed in network.seeds:
            weight = at.values[seed.at(step)]
            found = found + weight.T @ held(at, step, output.at(step), leaf, states)
        parts.append(found.T)
    return np.concatenate(parts)


def held(at: Run, step: int, of: Leaf, by: Leaf, states: set[Leaf]) -> np.ndarray:
    """Return ∂of/∂by with the other states of the step held: what only the head does."""
    if of in states:
        return np.eye(len(at.values[of])) * (of == by.at(step)) if of == by.at(step) else np.zeros(
            (len(at.values[of]), len(at.values[by.at(step)]))
        )
    head = {line.target for line in at.network.stages[-1].head.equations}
    only = replace(at.network, equations=tuple(line for line in at.network.equations if line.target in head))
    return jacobian(replace(at, network=only), step, of, by.at(step))
