"""Forward runs of a network with numbers, and their derivatives by complex steps: the oracle of the tests beside it.

Only the equations of the network and `symrnn.algebra.evaluate` are used, nothing that was derived. One sequence, columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import networks
import numpy as np
from sympy import Integer, Symbol

from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Leaf, Node, t
from symrnn.calculus.derive import derive
from symrnn.calculus.records import Derivation
from symrnn.model.equations import Equation
from symrnn.model.network import Network

STEP = 1e-200  # the square vanishes: the complex step has no truncation error
Values = Mapping[Node, np.ndarray]


@cache
def derivation(name: str) -> Derivation:
    """Return the derivation of `cell+head`, once."""
    return derive(networks.network(name))


@dataclass(frozen=True)
class Run:
    """A forward run: `given` is what it starts from, `values` is everything at every step, both by leaf at a number."""

    network: Network
    sizes: Mapping[Symbol, int]
    steps: int
    given: Values
    values: Values

    def expressed(self, expr: Node, step: int | None = None) -> np.ndarray:
        """Return the value of an expression at this run, its t a number."""
        return evaluate(expr if step is None else expr.xreplace({t: Integer(step)}), self.values, self.sizes)


def run(network: Network, steps: int, seed: int = 0, first: int = 2) -> Run:
    """Return a run at random values, no two sizes alike."""
    sizes = {size: number for number, size in enumerate(network.sizes, first)}
    draw = np.random.default_rng(seed)
    given: dict[Node, np.ndarray] = {}
    for leaf in _entering(network, steps):
        shape = tuple(int(size.subs(sizes)) for size in leaf.shape)
        given[leaf] = draw.normal(size=shape) / np.sqrt(shape[1])
        if leaf.name in {one.name for one in network.targets}:
            positive = draw.uniform(0.1, 1.0, size=shape)
            given[leaf] = positive / positive.sum() if _sums_to_one(network, leaf) else positive
    for leaf, value in network.values:
        given[leaf] = np.full_like(given[leaf], float(value))
    return Run(network, sizes, steps, given, forward(network, given, sizes, steps))


def _sums_to_one(network: Network, leaf: Leaf) -> bool:
    return leaf.name in {one.name for one in network.assumptions}


def _entering(network: Network, steps: int) -> list[Leaf]:
    past = [state.leaf.at(-back) for state in network.states for back in range(state.lags)]
    each = (*network.inputs, *network.targets, *(seed for _, seed in network.seeds))
    later = [leaf.at(step) for step in range(1, steps + 1) for leaf in each]
    return [*past, *network.params, *network.constants, *later]


def forward(network: Network, given: Values, sizes: Mapping[Symbol, int], steps: int) -> Values:
    """Return every quantity at every step."""
    values = dict(given)
    for step in range(1, steps + 1):
        for line in network.equations:
            now = {t: Integer(step)}
            values[line.target.xreplace(now)] = evaluate(line.expr.xreplace(now), values, sizes)
    return values


def objective(network: Network, values: Values, steps: int) -> np.ndarray:
    """Return J = Σ_t J^(t), or Σ_t ⟨seed, output⟩ for a network without a loss."""
    return sum((of_step(network, values, step) for step in range(1, steps + 1)), np.zeros(()))


def of_step(network: Network, values: Values, step: int) -> np.ndarray:
    """Return J^(t)."""
    total = np.zeros(()) if network.loss is None else values[network.loss.at(step)][..., 0, 0]
    for output, seed in network.seeds:
        total = total + (values[seed.at(step)] * values[output.at(step)]).sum(axis=(-2, -1))
    return total


def moved(value: np.ndarray) -> np.ndarray:
    """Return one copy for each entry, with that entry moved by an imaginary step: (entries, rows, columns)."""
    return value + 1j * STEP * np.eye(value.size).reshape(value.size, *value.shape)


def gradient(at: Run, leaf: Leaf) -> np.ndarray:
    """Return ∂J/∂leaf of a run by complex steps, in the shape of the leaf."""
    given = {**at.given, leaf: moved(at.given[leaf])}
    values = forward(at.network, given, at.sizes, at.steps)
    slopes = objective(at.network, values, at.steps).imag / STEP
    return np.broadcast_to(slopes, (at.given[leaf].size,)).reshape(at.given[leaf].shape)


def local(at: Run, step: int, equation: Equation, by: Leaf) -> np.ndarray:
    """Return ∂target/∂by through one equation alone, at one step."""
    now = {t: Integer(step)}
    values = {**at.values, by.xreplace(now): moved(at.values[by.xreplace(now)])}
    found = evaluate(equation.expr.xreplace(now), values, at.sizes).imag[..., 0] / STEP
    return np.broadcast_to(found, (len(values[by.xreplace(now)]), found.shape[-1])).T


def jacobian(at: Run, step: int, of: Leaf, by: Leaf) -> np.ndarray:
    """Return ∂of/∂by through the equations of one step alone: `by` moves, everything else that enters stays."""
    network = at.network
    values = {key: value for key, value in at.values.items() if not _computed(network, key, step)}
    values[by] = moved(at.values[by])
    for line in network.equations:
        now = {t: Integer(step)}
        target = line.target.xreplace(now)
        if target != by:
            values[target] = evaluate(line.expr.xreplace(now), values, at.sizes)
    found = values[of].imag[..., 0] / STEP
    return np.broadcast_to(found, (at.values[by].size, at.values[of].size)).T


def direct(at: Run, step: int, state: Leaf) -> np.ndarray:
    """Return ∂J^(t)/∂state, a column, through what is read out alone: the other states of the step stay."""
    network, now = at.network, {t: Integer(step)}
    inside = {one.leaf for one in network.states}
    for line in reversed(network.equations):
        inside |= {leaf for leaf in line.expr.atoms(Leaf) if line.target in inside and leaf.time == t}
    values = {**at.values, state.at(step): moved(at.values[state.at(step)])}
    for line in network.equations:
        if line.target not in inside:
            values[line.target.xreplace(now)] = evaluate(line.expr.xreplace(now), values, at.sizes)
    count = len(at.values[state.at(step)])
    return np.broadcast_to(of_step(network, values, step).imag / STEP, (count,)).reshape(count, 1)


def _computed(network: Network, leaf: Node, step: int) -> bool:
    return isinstance(leaf, Leaf) and leaf.time == step and leaf.name in {one.target.name for one in network.equations}


def relative(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the largest difference relative to the largest entry of the truth; infinite for different shapes."""
    if found.shape != truth.shape:
        return float("inf")
    return float(np.abs(found - truth).max() / max(float(np.abs(truth).max()), 1e-300))
