"""How exact the gradients are: over fifty steps, in both precisions, beside PyTorch's own.

Measured, the largest error of any gradient relative to its largest entry: 2.6e-15 in float64 over 50 steps (the demand is
1e-12); in float32 0.6 to 2.1 times what PyTorch's autograd is off by on the same formulas.
"""

from functools import cache

import networks
import numpy as np
import pytest
from recurrences import STEPS, cross_entropy, torch_backend

from symrnn.calculus.derive import derive
from symrnn.lower import lower
from symrnn.passes import optimize
from symrnn.runtime import load
from symrnn.verify import numeric
from symrnn.verify.check import check, runner
from symrnn.verify.gradients import case, compare, truth

SEEDS = (0, 1)
LONG = 50
DEMANDED = 1e-12
USUAL = 2e-14  # ten times what is measured, so that a loss of a digit or two is seen long before it breaks the demand
SMALL_FACTOR = 4.0  # in float32, of PyTorch's own error: sums are taken in another order, on either side


@cache
def program(name: str):
    return optimize(lower(derive(networks.network(name))))


@cache
def known(name: str, steps: int, seed: int):
    network = networks.network(name)
    data = case(network, steps, 2, seed)
    return network, data, truth(network, data)


def errors(name: str, steps: int, seed: int, dtype: str) -> dict[str, float]:
    """Return the error of the loss and of every gradient of the emitted NumPy."""
    network, data, reference = known(name, steps, seed)
    found = compare(network, data, reference, "numpy", dtype, runner(load(program(name), "numpy", dtype)))
    return {row.name: row.error for row in found}


# Each is some thousand forward passes of fifty steps; `symrnn bench cells --steps 50` measures all cells.
FIFTY = (
    "rnn+none",
    "rnn+softmax_cross_entropy",
    "elman+none",
    "irnn+none",
    "gru+softmax_cross_entropy",
    "antisymmetric+softmax_cross_entropy",
)


@pytest.mark.parametrize("name", FIFTY)
def test_fifty_steps_in_double_precision(name):
    found = errors(name, LONG, 0, "float64")
    network = networks.network(name)
    assert {f"d{leaf.name}" for leaf in (*network.params, *network.inputs)} < set(found)
    assert USUAL < DEMANDED
    assert max(found.values()) < USUAL, found


@pytest.mark.parametrize("name", ["lstm+none", "gru_after+softmax_cross_entropy", "two_lags+none"])
def test_fifty_steps_of_other_cells(name):
    assert max(errors(name, LONG, 0, "float64").values()) < USUAL


@pytest.mark.parametrize("name", ["rnn+softmax_cross_entropy", "elman+none"])
def test_fifty_steps_in_c(name):
    network = networks.network(name)
    report = check(network, program(name), (("c", "float64"),), LONG, 2, 0)
    if report.not_checked:
        pytest.skip(report.not_checked[0][1])
    assert max(row.error for row in report.rows) < USUAL


def test_a_lost_digit_is_noticed():
    """Gradients rounded to single precision are a thousand times further off than the bound."""
    network, data, reference = known("rnn+softmax_cross_entropy", LONG, 0)
    inner = runner(load(program("rnn+softmax_cross_entropy"), "numpy", "float64"))

    def rounded(arrays):
        return {name: value.astype(np.float32) for name, value in inner(arrays).items()}

    found = compare(network, data, reference, "rounded", "float64", rounded)
    assert all(row.error > 1e3 * USUAL and not row.passed for row in found if row.name != "J")


# -- PyTorch --------------------------------------------------------------------------------------------------------------


def autograd(torch, name: str, steps: int, seed: int, dtype: str) -> dict[str, np.ndarray]:
    """Return the loss and the gradients that PyTorch finds for the recurrence written by hand."""
    _, data, _ = known(f"{name}+softmax_cross_entropy", steps, seed)
    kind = getattr(torch, dtype)
    tensors = {
        key: torch.tensor(array, dtype=kind, requires_grad=key in data.names) for key, array in data.arrays.items()
    }
    loss = cross_entropy(torch_backend(torch), name, tensors)
    loss.backward()
    return {"J": loss.detach().numpy(), **{f"d{key}": tensors[key].grad.numpy() for key in data.names}}


@pytest.mark.parametrize("steps", [5, LONG])
@pytest.mark.parametrize("name", STEPS)
def test_the_gradients_are_those_of_pytorch(name, steps):
    """Neither numerical differentiation nor symrnn's own equations are between the two."""
    torch = pytest.importorskip("torch")
    _, data, _ = known(f"{name}+softmax_cross_entropy", steps, 1)
    found = runner(load(program(f"{name}+softmax_cross_entropy"), "numpy", "float64"))(data.arrays)
    wanted = autograd(torch, name, steps, 1, "float64")
    for key in data.names:
        assert numeric.relative_error(found[f"d{key}"], wanted[f"d{key}"]) < USUAL, key
    assert abs(found["loss"] - wanted["J"]) <= USUAL * abs(wanted["J"])


@pytest.mark.parametrize("steps", [5, LONG])
@pytest.mark.parametrize("name", STEPS)
def test_single_precision_is_as_good_as_that_of_pytorch(name, steps):
    torch = pytest.importorskip("torch")
    whole = f"{name}+softmax_cross_entropy"
    ours = [error for seed in SEEDS for key, error in errors(whole, steps, seed, "float32").items() if key != "J"]
    theirs = [
        numeric.relative_error(found[f"d{key}"].astype(float), reference.values[key])
        for seed in SEEDS
        for _, data, reference in (known(whole, steps, seed),)
        for found in (autograd(torch, name, steps, seed, "float32"),)
        for key in data.names
    ]
    assert max(ours) < SMALL_FACTOR * max(theirs)
    assert np.sqrt(np.mean(np.square(ours))) < SMALL_FACTOR * np.sqrt(np.mean(np.square(theirs)))


def test_a_wrong_recurrence_is_not_the_one_of_pytorch():
    torch = pytest.importorskip("torch")
    _, data, _ = known("rnn+softmax_cross_entropy", 5, 1)
    found = runner(load(program("rnn+softmax_cross_entropy"), "numpy", "float64"))(data.arrays)
    tensors = {key: torch.tensor(array, requires_grad=key in data.names) for key, array in data.arrays.items()}
    cross_entropy(torch_backend(torch), "irnn", tensors).backward()
    assert numeric.relative_error(found["dW_hh"], tensors["W_hh"].grad.numpy()) > 1e-2
