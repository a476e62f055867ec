"""Checkpoints: what is kept, what is computed again, that values and gradients are the same, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import architectures
import networks
import numpy as np
import pytest
import running

from symrnn.calculus.derive import derive
from symrnn.calculus.truncated import truncate
from symrnn.errors import IRError
from symrnn.ir.buffers import KEPT, NUMBER, Role
from symrnn.ir.nodes import At, Program, Ref
from symrnn.ir.rename import exchange
from symrnn.ir.text import text
from symrnn.ir.validate import validate
from symrnn.ir.walk import touched
from symrnn.lower import lower
from symrnn.model.network import Network
from symrnn.passes import CHECKPOINTED, optimize
from symrnn.passes import KEPT as WHAT_IS_KEPT
from symrnn.passes.checkpoint import checkpoint
from symrnn.runtime import load
from symrnn.verify import gradients

CLOSE = 1e-13  # of the largest entry: products of several steps are summed in another order
CELLS = tuple(f"{name}+softmax_cross_entropy" for name in ("gru", "narx", "mlstm", "rwkv4", "antisymmetric"))
LAYERS = (
    "deep_bidirectional",
    "bidirectional_lags",
    "encoder_decoder_context",
    "masked_encoder_decoder",
    "memory_both",
)
NAMES = ("lstm+softmax_cross_entropy", "lstm+none", *CELLS, *LAYERS)
# (T, N): every step, every second, every third with a shorter chunk, about the root, one chunk, more chunks than steps
CHOICES = ((10, 10), (10, 5), (10, 4), (11, 3), (7, 1), (3, 5))


@cache
def network(name: str) -> Network:
    return networks.network(name) if "+" in name else architectures.network(name)


@cache
def lowered(name: str) -> Program:
    return lower(derive(network(name)))


@cache
def checkpointed(name: str) -> Program:
    return optimize(lowered(name), (*WHAT_IS_KEPT, checkpoint))


def largest_difference(name: str, program: Program, steps: int, count: int) -> float:
    """Return how far the results that both programs have are apart, relative to the largest entry; every gradient is there."""
    arrays, sizes = running.drawn(network(name), steps=steps)
    wanted = running.run(lowered(name), arrays, sizes)
    found = running.run(program, arrays, {**sizes, program.given_sizes[-1]: count})
    common = [key for key in wanted if key in found]
    assert {one.name for one in lowered(name).having(Role.GRADIENT, Role.LOSS)} <= set(common)
    return max(np.abs(found[key] - wanted[key]).max() / max(1.0, np.abs(wanted[key]).max()) for key in common)


@pytest.mark.parametrize("backend", ("numpy", "c"))
@pytest.mark.parametrize("name", NAMES)
def test_checkpoints_keep_what_a_network_computes(name, backend) -> None:
    program = optimize(lowered(name), CHECKPOINTED[backend])
    assert all(largest_difference(name, program, steps, count) <= CLOSE for steps, count in CHOICES)


def test_a_checkpoint_of_another_chunk_is_noticed() -> None:
    def earlier(ref: Ref) -> Ref:
        return replace(ref, at=At("")) if ref.at == At(NUMBER) else ref

    program = checkpointed("gru+softmax_cross_entropy")
    body = tuple(exchange(one, earlier) for one in program.backward.body)
    wrong = validate(replace(program, backward=replace(program.backward, body=body)))
    assert largest_difference("gru+softmax_cross_entropy", wrong, 10, 1) <= CLOSE
    assert largest_difference("gru+softmax_cross_entropy", wrong, 10, 4) > 1e-3


def test_the_text() -> None:
    lines = [one.rstrip() for one in text(checkpointed("rnn+softmax_cross_entropy")).splitlines()]
    shown = [one.strip() for one in lines if "checkpoints" in one or "chunk" in one]
    assert [" ".join(one.split()) for one in shown if "chunk" in one.split(")")[0] or "between" in one][:4] == [
        "N chunks of the steps, between which states are kept (given by the caller)",
        "h_checkpoints (N + 1, B, H) output h between chunks; the first is initial, the last is final",
        "h (chunk + 1, B, H) workspace h of one chunk",
        "y_hat (chunk, B, O) workspace y_hat of one chunk",
    ]
    assert [one for one in shown if "[" in one or one.startswith("for ")] == [
        "h_checkpoints[0] = h0",
        "for N chunks of the T steps:",
        "h[begin] = h_checkpoints[number]",
        "for t through the chunk:",
        "h_checkpoints[number + 1] = h[end]",
        "for N chunks of the T steps, the last first:",
        "h[begin] = h_checkpoints[number]",
        "for t through the chunk:",
        "for t down through the chunk:",
    ]


@pytest.mark.parametrize(
    "name", ("lstm+softmax_cross_entropy", "narx+softmax_cross_entropy", "encoder_decoder_context")
)
def test_nothing_of_every_step_is_kept(name) -> None:
    program = checkpointed(name)
    kept = [one for one in program.having(*KEPT) if one.steps]
    assert kept
    assert all(dict(one.dims[0].terms) == {program.given_sizes[-1]: 1} for one in kept)


@pytest.mark.parametrize(
    ("name", "left"),
    [("lstm+none", {"h"}), ("deep_bidirectional", {"h_1f", "h_1b", "h_2f", "h_2b", "h_1"}), ("rnn+linear", {"y"})],
)
def test_what_others_read_at_every_step_stays(name, left) -> None:
    """The caller, who gives the adjoint of `h`, and another loop of forward."""
    program = checkpointed(name)
    assert {one.name for one in program.having(*KEPT) if one.steps and ("T", 1) in one.dims[0].terms} == left


def test_the_loss_is_not_computed_again() -> None:
    program = checkpointed("lstm+softmax_cross_entropy")
    assert "J" not in touched(program.backward)
    assert "log_total_again" not in touched(program.backward)


@pytest.mark.parametrize("name", ("rnn+none", "one_to_one"))
def test_where_nothing_can_be_computed_again_checkpoints_are_refused(name) -> None:
    with pytest.raises(IRError, match="checkpoints would save nothing"):
        checkpoint(lowered(name))


def test_a_truncated_gradient_is_refused() -> None:
    truncated = lower(derive(truncate(network("rnn+softmax_cross_entropy"), "chunk")))
    with pytest.raises(IRError, match="no checkpoints for a truncated gradient"):
        checkpoint(truncated)


@pytest.mark.parametrize("backend", ("numpy", "c"))
def test_the_gradients_of_emitted_code_are_those_of_the_loss(backend) -> None:
    """Every gradient against complex steps, for checkpoints at every 1, 2, 3, about sqrt(T), and T steps."""
    net = network("lstm+softmax_cross_entropy")
    compiled = load(lowered("lstm+softmax_cross_entropy"), backend, passes=CHECKPOINTED[backend])
    data = gradients.case(net, 10, 2, 0)
    for count in (10, 5, 4, 3, 1):
        found = compiled.loss_and_gradient(**data.arrays, N=count)
        running.check_gradients(net, data, found, 1e-11)
