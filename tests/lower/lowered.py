"""Lowered programs run by the interpreter, and the loss of the same network by its equations differentiated by complex steps."""

from collections.abc import Mapping
from functools import cache

import networks
import numpy as np
from sympy import Symbol

from symrnn.calculus.derive import derive
from symrnn.calculus.records import Derivation
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import Block, Loop, Program, Statement
from symrnn.ir.validate import validate
from symrnn.lower import lower
from symrnn.model.network import Network
from symrnn.verify import numeric, oracle

Arrays = Mapping[str, np.ndarray]


@cache
def derivation(name: str) -> Derivation:
    """Return the derivation of `cell+head`, once."""
    return derive(networks.network(name))


@cache
def program(name: str) -> Program:
    """Return the program of `cell+head` as it is lowered, before any pass."""
    return lower(derivation(name))


def drawn(network: Network, sizes: Mapping[Symbol, int], steps: int, batch: int, seed: int) -> dict[str, np.ndarray]:
    """Return random arrays for everything that a program reads from its caller."""
    return oracle.samples(network, sizes, steps, batch, seed)


def gradients(lowered: Program, arrays: Arrays, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Run both procedures and return everything they wrote for the caller."""
    validate(lowered)
    kept = interpret(lowered, lowered.forward, arrays, sizes)
    return {**kept, **interpret(lowered, lowered.backward, {**arrays, **kept}, sizes)}


def compared(network: Network, lowered: Program, numbers: tuple[int, ...], seed: int = 0) -> dict[str, float]:
    """Return the error of every gradient relative to its largest entry, for sizes (T, B, and those of the network)."""
    steps, batch, *others = numbers
    sizes = dict(zip(network.sizes, others, strict=True))
    by_name = {"T": steps, "B": batch, **{size.name: number for size, number in sizes.items()}}
    arrays = drawn(network, sizes, steps, batch, seed)
    before = {name: array.copy() for name, array in arrays.items()}
    found = gradients(lowered, arrays, by_name)
    assert all(np.array_equal(arrays[name], before[name]) for name in arrays)
    names = [name[1:] for name in found if name.startswith("d") and name[1:] in arrays]
    truth = numeric.complex_step(oracle.loss(network, sizes, steps), arrays, names)
    largest = max(float(np.abs(truth[name]).max(initial=0.0)) for name in names)
    errors = {f"d{name}": error(found[f"d{name}"], truth[name], largest) for name in names}
    if network.loss is not None:
        value = oracle.loss(network, sizes, steps)({name: array[None] for name, array in arrays.items()})
        errors[network.loss.name] = error(found[network.loss.name], value[0])
    return errors


def error(found: np.ndarray, truth: np.ndarray, whole: float = 0.0) -> float:
    """Return the largest difference relative to the largest entry of the truth; infinite for different shapes or a NaN.

    A truth that is zero by cancellation, as that of a bias that scales a numerator and its denominator, is rounding alone: it
    is measured against the `whole`, the largest entry of any gradient.
    """
    if np.shape(found) != np.shape(truth) or np.isnan(found).any():
        return float("inf")
    largest = float(np.abs(truth).max(initial=0.0))
    largest = whole if largest < 1e-13 * whole else largest
    difference = float(np.abs(found - truth).max(initial=0.0))
    return difference / largest if largest else 0.0 if difference == 0 else float("inf")


def blocks(body: tuple[Statement, ...]) -> list[Block]:
    """Return every block of a procedure, in order."""
    found: list[Block] = []
    for statement in body:
        if isinstance(statement, Block):
            found.append(statement)
        elif isinstance(statement, Loop):
            found.extend(blocks(statement.body))
    return found
