"""What a backend's code is made with keeps what every built-in network computes, after every single pass."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import networks
import numpy as np
import pytest
from running import IN_CHUNKS as PIPELINES

from symrnn.calculus.derive import derive
from symrnn.ir.buffers import GIVEN, Role
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import At, Program, Ref
from symrnn.ir.rename import exchange
from symrnn.ir.validate import validate
from symrnn.lower import lower
from symrnn.passes import FOR, KEPT, optimize

NUMBERS = (5, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12)  # pairwise different; T and B first
SEEN = (Role.OUTPUT, Role.LOSS, Role.GRADIENT)
SMALL = "c-small"  # which keeps the gates apart: to stack them would take copies of the weights
ALIKE = tuple(name for name in PIPELINES if name != SMALL)


@cache
def lowered(name: str) -> Program:
    return lower(derive(networks.network(name)))


@cache
def values(program: Program, like: Program) -> dict[str, np.ndarray]:
    """Return what a program computes from random arrays, the same ones for every program made from `like`.

    Where threads share something there are two, of which the second is carried out first.
    """
    sizes = {name: number for (name, _), number in zip(like.sizes, NUMBERS, strict=False)}
    random = np.random.default_rng(0)
    arrays = {}
    for buffer in like.having(*GIVEN, Role.SEED):
        array = random.uniform(-0.8, 0.8, [one.value(sizes) for one in buffer.dims])
        if buffer.sums_to_one:
            array = np.abs(array) + 0.1
            array /= array.sum(-1, keepdims=True)
        arrays[buffer.name] = array if buffer.usual is None else np.full(array.shape, buffer.usual)
    kept = interpret(program, program.forward, arrays, sizes, (1, 0))
    found = {**kept, **interpret(program, program.backward, {**arrays, **kept}, sizes, (1, 0))}
    return {buffer.name: found[buffer.name] for buffer in like.having(*SEEN)}


def assert_same(program: Program, name: str) -> None:
    like = lowered(name)
    expected, found = values(like, like), values(program, like)
    for key, array in expected.items():
        # sums in another order: a few units in the last place of the largest number
        assert np.abs(found[key] - array).max() <= 1e-13 * max(1.0, np.abs(array).max()), key


# What is made with passes that another backend is made with too needs one network of every kind.
PAIRS = [(name, one) for one in PIPELINES for name in (networks.THOROUGH if one == SMALL else networks.BUILT_IN)]


@pytest.mark.parametrize(("name", "backend"), PAIRS)
def test_a_pipeline_keeps_what_a_network_computes(name, backend) -> None:
    assert_same(optimize(lowered(name), PIPELINES[backend]), name)


@pytest.mark.parametrize("backend", PIPELINES)
@pytest.mark.parametrize("name", networks.THOROUGH)
def test_so_does_every_single_pass(name, backend) -> None:
    program = validate(lowered(name))
    for rewriting in PIPELINES[backend]:
        program = validate(rewriting(program))
        assert_same(program, name)


@pytest.mark.parametrize("name", networks.THOROUGH)
def test_backends_for_all_sizes_keep_the_same_for_backward(name) -> None:
    """So that what one of them saved, another can read."""
    kept = [
        [(one.name, str(one.dims)) for one in optimize(lowered(name), FOR[backend]).having(Role.OUTPUT, Role.SAVED)]
        for backend in ALIKE
    ]
    assert all(one == kept[0] for one in kept)
    assert all(FOR[backend][: len(KEPT)] == KEPT for backend in ALIKE)


def test_a_pass_that_changes_what_is_computed_is_noticed() -> None:
    """The state of the wrong step is read: everything is still well formed, and dU is wrong."""

    def later(ref: Ref) -> Ref:
        return replace(ref, at=At("t", 1)) if (ref.buffer, ref.at) == ("h", At("t")) else ref

    program = lowered("lstm+none")
    body = tuple(exchange(one, later) for one in program.backward.body)
    wrong = validate(replace(program, backward=replace(program.backward, body=body)))
    with pytest.raises(AssertionError, match="dW_h"):
        assert_same(wrong, "lstm+none")
