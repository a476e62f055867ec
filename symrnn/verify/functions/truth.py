"""Samples of a network and the true gradients on them, for what a function is given of it.

What a function has no argument for is zero in its samples: a second bias, an initial state. Truth is the derivation, evaluated;
`confirm` holds it against complex steps through the equations of the cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from sympy import Symbol

from symrnn.algebra.nodes import Leaf, T, t
from symrnn.calculus.derive import derive
from symrnn.calculus.records import Derivation
from symrnn.errors import SymrnnError
from symrnn.model.network import Network
from symrnn.verify import numeric, oracle
from symrnn.verify.functions.backward import Backward, gradients
from symrnn.verify.functions.values import Array, Quantities, Sample, quantities

CONFIRMED = 1e-10  # rounding of complex steps is 1e-15; a wrong derivation is off by 1e-3 or more


@dataclass(frozen=True, slots=True)
class Given:
    """What a function is given: names that are zero, seeds at the last step only, and whether targets are one class each."""

    zeroed: frozenset[str] = frozenset()
    final: frozenset[str] = frozenset()
    labels: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """The sizes of a sample: steps, sequences, and the sizes of the network from `first` on, or all `equal` to one number."""

    steps: int = 5
    batch: int = 2
    first: int = 3
    equal: int = 0
    seed: int = 0


USUAL = (Size(), Size(4, 3, 6, seed=1), Size(6, 2, 7, seed=2))  # pairwise different sizes, at least three


@dataclass(eq=False)
class Case:
    """A network with its derivation; samples and their truth are computed once."""

    network: Network
    derivation: Derivation
    forwards: dict[Sample, Quantities] = field(default_factory=dict)  # a sample is itself alone: it has no equality
    truths: dict[Sample, Mapping[str, Array]] = field(default_factory=dict)
    drawn: dict[tuple[Size, Given], Sample] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network) -> Case:
        """Return the case of a network."""
        return cls(network, derive(network))

    @property
    def backward(self) -> Backward:
        """The backward pass that was derived."""
        return Backward.of(self.derivation)

    def sample(self, size: Size, given: Given) -> Sample:
        """Return a sample; the same for the same arguments."""
        if (size, given) not in self.drawn:
            self.drawn[size, given] = draw(self.network, size, given)
        return self.drawn[size, given]

    def forward(self, sample: Sample) -> Quantities:
        """Return every quantity of the forward pass."""
        if sample not in self.forwards:
            self.forwards[sample] = quantities(sample)
        return self.forwards[sample]

    def truth(self, sample: Sample) -> Mapping[str, Array]:
        """Return the gradients by what they belong to."""
        if sample not in self.truths:
            self.truths[sample] = gradients(self.backward, self.forward(sample))
        return self.truths[sample]

    def confirm(self, sample: Sample) -> float:
        """Return how far the derivation is from complex steps through the equations.

        Raises:
            SymrnnError: if it is not rounding: then nothing can be held against it.
        """
        names = [name for name in self.truth(sample) if np.size(sample.arrays[name])]
        found = numeric.complex_step(oracle.loss(self.network, sample.sizes), sample.arrays, names)
        largest = max(float(np.abs(found[name]).max(initial=0.0)) for name in names)
        error = max(float(np.abs(found[name] - self.truth(sample)[name]).max(initial=0.0)) for name in names)
        if not error <= CONFIRMED * max(largest, 1e-30):
            raise SymrnnError(
                f"the derivation of {self.network.name} and complex steps differ by {error:.1g} on this sample, so nothing "
                f"can be held against it: a function with a kink, an overflow, or an error of symrnn"
            )
        return error / max(largest, 1e-30)


def draw(network: Network, size: Size, given: Given) -> Sample:
    """Return random arrays of these sizes, with zeros where the function is given nothing."""
    sizes: dict[Symbol, int] = oracle.distinct_sizes(network, size.first)
    if size.equal:
        sizes = dict.fromkeys(sizes, size.equal)
    sizes = {T: size.steps, **{one: sizes[one] for one in sizes if one != T}}
    for length in network.lengths[1:]:
        sizes[length] = min(sizes.get(length, 4), max(size.steps, 1))
    arrays = oracle.samples(network, sizes, size.steps, size.batch, size.seed)
    for name in given.zeroed:
        arrays[name] = np.zeros_like(arrays[name])
    for name in given.final:
        arrays[name][:-1] = 0
    if given.labels:
        for leaf in network.targets:
            arrays[leaf.name] = _one_hot(arrays[leaf.name], leaf in network.assumptions)
    return Sample(network, sizes, size.batch, arrays)


def _one_hot(array: Array, sums_to_one: bool) -> Array:
    if array.shape[-1] == 1 and not sums_to_one:
        return (array > np.median(array)).astype(float)
    return np.eye(array.shape[-1])[array.argmax(-1)]


def with_seeds(network: Network) -> Network:
    """Return a network without a loss in which the adjoint of every state is given, not only of the outputs."""
    if network.loss is not None:
        return network
    seeded = {output.name for output, _ in network.seeds}
    taken = {leaf.name for leaf in (*network.params, *network.inputs, *network.constants, *network.targets)}
    states = [state.leaf for state in network.states if state.leaf.name not in seeded]
    more = tuple((leaf, Leaf(f"d{leaf.name}", *leaf.shape, t)) for leaf in states if f"d{leaf.name}" not in taken)
    return replace(network, seeds=(*network.seeds, *more))
