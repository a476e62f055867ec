"""Networks run by the meaning of their programs, and the arrays that they run on."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from symrnn.calculus.derive import derive
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import Program
from symrnn.lower import lower
from symrnn.model.network import Network
from symrnn.passes import FOR
from symrnn.passes.chunk import chunk
from symrnn.verify import gradients, oracle

Arrays = Mapping[str, np.ndarray]
# What a backend's code is made with, but two steps of two rows make a chunk: five steps are three chunks, the last one shorter.
IN_CHUNKS = {
    name: tuple(partial(chunk, height=4) if one is chunk else one for one in FOR[name])
    for name in FOR
    if name != "c-mkl"  # the passes of c-openblas
}
CLOSE = 1e-12  # of the largest entry: two ways of the same sums, which differ by the order of some hundred terms
ZERO = 1e-6  # a gradient that cancels is rounding: held against this part of the largest one, it is zero within 1e-18
COUNT = 3  # directions
STEP = 1e-200  # of a complex step: its square is zero


def names_of(lowered: Program) -> set[str]:
    return {buffer.name for buffer in lowered.buffers}


def run(lowered: Program, arrays: Arrays, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return what both passes wrote, the loss under the name `loss`."""
    kept = interpret(lowered, lowered.forward, dict(arrays), sizes)
    found = {**kept, **interpret(lowered, lowered.backward, {**arrays, **kept}, sizes)}
    return {**found, "loss": found[lowered.loss.name]} if lowered.loss is not None else found


def gradient(net: Network, arrays: Arrays, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return the loss and the gradients of a network on some arrays."""
    found = run(lower(derive(net)), arrays, sizes)
    return {name: value for name, value in found.items() if name == "loss" or (name[1:] in arrays and name[0] == "d")}


def assert_close(found: np.ndarray, wanted: np.ndarray, what: str = "") -> None:
    assert np.shape(found) == np.shape(wanted), what
    assert np.abs(found - wanted).max(initial=0) <= CLOSE * max(np.abs(wanted).max(initial=0), 1e-2), what


def drawn(net: Network, steps: int = 5, batch: int = 2, **others: int) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Return random arrays and the sizes by name; `others` are sizes that are not what they usually are."""
    sizes = {size: others.get(size.name, number) for size, number in oracle.distinct_sizes(net).items()}
    arrays = oracle.samples(net, sizes, steps, batch, 0)
    return arrays, {"T": steps, "B": batch, **{size.name: number for size, number in sizes.items()}}


def slopes(net: Network, data: gradients.Case, directions: Arrays) -> np.ndarray:
    """Return the derivatives of the loss along some directions of each array, by complex steps: (arrays, directions)."""
    counted, points = dict(data.sizes), len(directions) * COUNT
    value = oracle.loss(net, {size: counted[size.name] for size in (*net.sizes, *net.lengths)})
    stacked = {key: np.repeat(array[None], points, 0).astype(complex) for key, array in data.arrays.items()}
    for place, (name, along) in enumerate(directions.items()):
        stacked[name][place * COUNT : (place + 1) * COUNT] += 1j * STEP * along
    return np.broadcast_to(value(stacked).imag / STEP, points).reshape(-1, COUNT)


def check_gradients(net: Network, data: gradients.Case, found: Arrays, close: float = CLOSE) -> None:
    """Hold every gradient against complex steps along random directions: no entry of it is left out."""
    draw = np.random.default_rng(5)
    directions = {name: draw.normal(size=(COUNT, *data.arrays[name].shape)) for name in data.names}
    parts = {name: (along * found[f"d{name}"]).reshape(COUNT, -1) for name, along in directions.items()}
    largest = max(np.abs(part).sum(1).max() for part in parts.values())
    for truth, (name, part) in zip(slopes(net, data, directions), parts.items(), strict=True):
        assert found[f"d{name}"].shape == data.arrays[name].shape
        allowed = close * np.maximum(np.abs(part).sum(1), ZERO * largest)
        assert (np.abs(part.sum(1) - truth) <= allowed).all(), (name, np.abs(part.sum(1) - truth) / allowed)
