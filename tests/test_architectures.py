"""Every way of composing cells: the program is well formed, and its gradients are those of numerical differentiation."""

from functools import cache
from itertools import combinations, product

import architectures
import numpy as np
import pytest
from architectures import ARCHITECTURES, FACTORS, IMPOSSIBLE, ROWS
from running import IN_CHUNKS, Arrays, assert_close, check_gradients, run

from symrnn.calculus.derive import derive
from symrnn.errors import CompilerMissingError
from symrnn.ir.buffers import Role
from symrnn.ir.nodes import Program
from symrnn.ir.validate import validate
from symrnn.lower import lower
from symrnn.model.composition import S
from symrnn.model.network import Network
from symrnn.passes import optimize
from symrnn.runtime import Compiled, load
from symrnn.verify import gradients, oracle
from symrnn.verify.check import runner

ALL = (*ARCHITECTURES, *ROWS)
COMPILED = (*ARCHITECTURES, *ROWS[::3])  # NumPy runs them all


pytestmark = pytest.mark.usefixtures("unoptimized")  # networks of other shapes are optimized in test_against_torch


@cache
def network(name: str) -> Network:
    return architectures.network(name) if name in ARCHITECTURES else architectures.pairwise(name)


@cache
def program(name: str) -> Program:
    return lower(derive(network(name)))


@cache
def built(name: str, backend: str) -> Compiled:
    return load(optimize(program(name)), backend, "float64", IN_CHUNKS[backend])


# -- every architecture ---------------------------------------------------------------------------------------------------


def test_every_pair_of_options_is_in_some_row():
    every = [[(factor, word) for word in words] for factor, words in FACTORS.items()]
    wanted = {pair for one, two in combinations(every, 2) for pair in product(one, two)}
    found = {pair for row in ROWS for pair in combinations(zip(FACTORS, row.split(), strict=True), 2)}
    assert {(one, two) for (_, one), (_, two) in wanted - found} == IMPOSSIBLE


@pytest.mark.parametrize("steps", [5, 1])
@pytest.mark.parametrize("name", ALL)
def test_the_gradients_are_the_numerical_ones(name, steps):
    """T = 5 and T = 1, a decoder has S = 4, two sequences; all sizes are different."""
    net, lowered = network(name), validate(program(name))
    data = gradients.case(net, steps)
    check_gradients(net, data, run(lowered, data.arrays, dict(data.sizes)))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_entry_of_the_gradients_is_the_numerical_one(name):
    net, lowered = network(name), program(name)
    data = gradients.case(net)

    def both(arrays: Arrays) -> dict[str, np.ndarray]:
        return run(lowered, arrays, dict(data.sizes))

    rows = gradients.compare(net, data, gradients.truth(net, data), "program", "float64", both)
    assert not [(row.name, row.error) for row in rows if not row.passed]


@pytest.mark.parametrize("steps", [5, 1])
@pytest.mark.parametrize(("name", "backend"), [*((name, "numpy") for name in ALL), *((name, "c") for name in COMPILED)])
def test_emitted_code_has_the_same_gradients(name, backend, steps):
    try:
        compiled = built(name, backend)
    except CompilerMissingError as error:
        pytest.skip(str(error))
    data = gradients.case(network(name), steps)
    found = runner(compiled, dict(data.sizes))
    wanted = run(program(name), data.arrays, dict(data.sizes))
    found(data.arrays)
    again = found(data.arrays)  # of the second call: nothing is left over from the first
    for key, value in wanted.items():
        if key == "loss" or program(name).buffer(key).role is not Role.SAVED:
            assert_close(again[key], value, key)


@pytest.mark.parametrize("numbers", [(2, 7), (6, 1)])
@pytest.mark.parametrize("name", [name for name in ALL if "encoder" in name or "context" in name or "lengths" in name])
def test_a_decoder_has_a_length_of_its_own(name, numbers):
    net = network(name)
    steps, decoded = numbers
    sizes = {**oracle.distinct_sizes(net), S: decoded}
    arrays = oracle.samples(net, sizes, steps, 3, 1)
    counted = (("T", steps), ("B", 3), *((size.name, number) for size, number in sizes.items()))
    data = gradients.Case(counted, arrays, gradients.case(net).names)
    check_gradients(net, data, run(program(name), arrays, dict(counted)))


def test_a_wrong_gradient_is_noticed():
    """One entry of one gradient, wrong by a thousandth of itself."""
    net, data = network("deep"), gradients.case(network("deep"))
    found = run(program("deep"), data.arrays, dict(data.sizes))
    found["dx"][2, 1, 0] *= 1.001
    with pytest.raises(AssertionError, match="'x'"):
        check_gradients(net, data, found)
