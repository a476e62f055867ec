"""Every built-in cell, and networks of them, against PyTorch: values and all gradients, on every backend.

The torch lines of tests/torch_cells are a second reading of the papers. The loss of a cell is the sum of its outputs under random
weights, so that the adjoint of every entry of every output is another number; networks have their heads.
"""

import importlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import symrnn
from symrnn import cells
from symrnn.driver import program
from symrnn.ir.buffers import Role
from symrnn.runtime import load

sys.path.insert(0, str(Path(__file__).parent))

BACKENDS = ("numpy", "c")
NETWORKS = tuple(importlib.import_module("torch_cells").COMPOSITIONS) if find_spec("torch") else ("all networks",)
ROUNDING = 1e-12  # of the largest entry of each array: sums in another order differ by some 1e-15
# c and n start at zero and exp(b_i) is a factor of both: h does not depend on b_i, so that only rounding is left of its gradient
ZERO = {("slstm", "db_i"), ("slstm_stabilized", "db_i")}


@pytest.fixture(autouse=True, scope="module")
def torch_cells():
    """The torch lines, where there is torch."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    return importlib.import_module("torch_cells")


@pytest.fixture(scope="module")
def built(request, torch_cells):
    """What the tests that were chosen run, (name, backend) → compiled; C compilers work beside each other."""
    calls = [
        item.callspec.params
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    wanted = {(call["name"], call["backend"]): None for call in calls if "backend" in call}
    for name, _ in wanted:
        lowered(name)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {one: pool.submit(load, lowered(one[0]), one[1], "float64") for one in wanted}


@cache
def derived(name):
    """Return the derivation of a cell, or of a network."""
    if name not in NETWORKS:
        return symrnn.derive(name, head="none")
    from torch_cells import COMPOSITIONS

    case = COMPOSITIONS[name]
    return symrnn.derive(case.cell, case.head, **case.options)


@cache
def lowered(name):
    return program(derived(name))


@cache
def given(name):
    """Return what a program is run on."""
    from torch_cells import COMPOSITIONS
    from torch_cells.arrays import arrays

    if name not in NETWORKS:
        return arrays(lowered(name), derived(name).network)
    case = COMPOSITIONS[name]
    return arrays(lowered(name), derived(name).network, case.equal, **case.sizes) | case.given()


def of_roles(name, *roles):
    return [buffer.name for buffer in lowered(name).having(*roles)]


def of_cell(name, reading, leaves):
    """Return the loss of the torch lines called `reading`, and what every step makes."""
    from torch_cells import STEPS, unroll

    (sequence,) = of_roles(name, Role.INPUT)
    initial = {key[:-1]: leaves[key] for key in of_roles(name, Role.INITIAL)}
    weights = {key: leaves[key] for key in of_roles(name, Role.PARAMETER)}
    made = unroll(STEPS[reading], weights, leaves[sequence], initial)
    return sum((leaves[key] * made[key[1:]]).sum() for key in of_roles(name, Role.SEED)), made


def of_network(name, leaves):
    """Return the loss of a composition, and it with the prediction, as symrnn names them."""
    from torch_cells import COMPOSITIONS

    loss, prediction = COMPOSITIONS[name].reference(leaves)
    return loss, {"J": loss, **dict.fromkeys(("y_hat", "z_y", "y2"), prediction)}


@cache
def expected(name, reading):
    """Return the values of PyTorch, and the gradients of its autograd."""
    import torch

    leaves = {key: torch.tensor(value) for key, value in given(name).items()}
    for leaf in leaves.values():
        leaf.requires_grad_(leaf.is_floating_point())
    loss, made = of_network(name, leaves) if name in NETWORKS else of_cell(name, reading, leaves)
    loss.backward()
    gradients = {f"d{key}": torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for key, leaf in leaves.items()}
    return {key: value.detach().numpy() for key, value in {**made, **gradients}.items()}


def error(found, wanted, absolute=False):
    """Return the largest difference relative to the largest entry; initial states are stored in front of what steps make."""
    found = found[len(found) - len(wanted) :] if wanted.ndim else found
    assert found.shape == wanted.shape
    largest = np.abs(wanted).max()  # zero for what the loss does not read, as the queries of an encoder
    return float(np.abs(found - wanted).max() / (1.0 if absolute or not largest else largest))


def errors(name, compiled, reading=None):
    """Return the error of every gradient, and of every value that both compute."""
    whole = compiled.gradient if compiled.program.loss is None else compiled.loss_and_gradient
    result, wanted = whole(**given(name)), expected(name, reading or name)
    found = {
        key: error(np.asarray(result[key]), wanted[key], (name, key) in ZERO) for key in of_roles(name, Role.GRADIENT)
    }
    seen = given(name)["m"] if "masked" in name or "packed" in name else 1  # predictions beyond the end mean nothing
    for key in (*of_roles(name, Role.OUTPUT), *of_roles(name, Role.LOSS)):
        if key in wanted:
            part = seen if wanted[key].ndim == 3 else 1
            found[key] = error(np.asarray(result[key]) * part, wanted[key] * part)
    return found


def wrong(found):
    return {key: value for key, value in found.items() if not value < ROUNDING}


@pytest.mark.parametrize("name", cells.names())
def test_every_cell_has_a_torch_reference(torch_cells, name):
    assert name in torch_cells.STEPS, f"write the step of {name} in tests/torch_cells, from its paper"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", cells.names())
def test_a_cell_has_the_values_and_gradients_of_torch(built, name, backend):
    assert not wrong(errors(name, built[name, backend].result()))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_network_has_the_values_and_gradients_of_torch(built, name, backend):
    assert not wrong(errors(name, built[name, backend].result()))


@pytest.mark.parametrize("name", cells.names())
def test_every_array_has_a_gradient(name):
    """Inputs, initial states and parameters; constants have none."""
    constant = {leaf.name for leaf in cells.load(name).constants}
    asked = {f"d{key}" for key in of_roles(name, Role.INPUT, Role.INITIAL, Role.PARAMETER) if key not in constant}
    assert set(of_roles(name, Role.GRADIENT)) == asked


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("gru", "gru_reset_after_new"),
        ("gru_reset_before", "gru_reset_before_new"),
        ("cornn_implicit", "cornn_explicit"),
    ],
)
def test_another_variant_is_noticed(name, reading):
    """The paper's other reading has the same arrays and other gradients."""
    assert wrong(errors(name, load(lowered(name), "numpy", "float64"), reading))
