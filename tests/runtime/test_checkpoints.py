"""How many chunks there are between checkpoints: read, chosen, found from what is given, and told in words."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from symrnn import driver
from symrnn.errors import ArrayError, SymrnnError
from symrnn.ir.checkpoints import memory
from symrnn.ir.nodes import Program
from symrnn.passes import CHECKPOINTED, FOR, optimize
from symrnn.runtime import Compiled, load
from symrnn.runtime.checkpoints import Checkpoints, sentence

SIZES = {"T": 1000, "B": 4, "I": 3, "H": 8, "O": 2}
SMALL = {"T": 12, "B": 2, "I": 3, "H": 4, "O": 5}


@cache
def plain() -> Program:
    return driver.program(driver.derive("lstm"))


@cache
def program() -> Program:
    return optimize(plain(), CHECKPOINTED["c"])


@cache
def compiled(choice: str | int) -> Compiled:
    return load(plain(), "numpy", checkpoints=Checkpoints.read(choice))


@cache
def arrays() -> dict[str, np.ndarray]:
    draw, found = np.random.default_rng(0), {}
    for buffer in plain().buffers:
        if buffer.name in plain().forward.arguments and buffer.role.value in ("input", "initial state", "parameter"):
            found[buffer.name] = draw.normal(size=[one.value(SMALL) for one in buffer.dims])
    return {**found, "y": np.eye(5)[draw.integers(0, 5, (12, 2))]}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("sqrt", Checkpoints()),
        (7, Checkpoints(every=7)),
        ("7", Checkpoints(every=7)),
        ("200 MB", Checkpoints(budget=200_000_000)),
        ("1.5kB", Checkpoints(budget=1500)),
        ("2 KiB", Checkpoints(budget=2048)),
        ("64 B", Checkpoints(budget=64)),
    ],
)
def test_what_is_given_is_read(given, wanted) -> None:
    assert Checkpoints.read(given) == wanted


@pytest.mark.parametrize("given", ["", "root", 0, -1, True, "0", "MB", "3 XB", "-2 MB", None, 2.5])
def test_anything_else_is_refused(given) -> None:
    with pytest.raises(SymrnnError, match="checkpoints are"):
        Checkpoints.read(given)


def test_the_least_memory_is_the_least_of_all() -> None:
    sizes = {**SIZES, "T": 150}
    chosen = Checkpoints().chosen(program(), sizes, "float64")
    assert chosen.reals == min(memory(program(), sizes, count).reals for count in range(1, 151))


def test_it_grows_with_the_root_of_the_steps() -> None:
    short, long = (Checkpoints().chosen(program(), {**SIZES, "T": steps}, "float64").reals for steps in (10**4, 10**6))
    assert 8 < long / short < 10.5  # 10, but for what does not grow


def test_the_formula_is_that_of_the_memory() -> None:
    about = dict(program().sizes)["N"]
    assert "S = 2*B*H, W = 12*B*H + 3*B*O: least at N = sqrt(T*W/S)" in about
    first, second = (memory(program(), SIZES, count) for count in (10, 20))
    assert second.kept - first.kept == 10 * 2 * 4 * 8
    assert abs((first.work - second.work) - 50 * (12 * 4 * 8 + 3 * 4 * 2)) == 0


@pytest.mark.parametrize("budget", [200_000, 400_000, 10**9])
def test_a_budget_is_kept_with_the_longest_chunks(budget) -> None:
    chosen = Checkpoints(budget=budget).chosen(program(), SIZES, "float64")
    assert chosen.reals * 8 <= budget
    assert chosen.longest == 250 or memory(program(), SIZES, chosen.count - 1).reals * 8 > budget


def test_a_budget_that_nothing_fits_is_refused() -> None:
    with pytest.raises(ArrayError, match="no checkpoints fit 1 kB: the least is"):
        Checkpoints(budget=1000).chosen(program(), SIZES, "float64")


def test_sizes_that_are_missing_are_named() -> None:
    with pytest.raises(ArrayError, match="missing H, O"):
        Checkpoints().chosen(program(), {"T": 5, "B": 2, "I": 3}, "float64")
    with pytest.raises(ArrayError, match="has no checkpoints"):
        Checkpoints().chosen(optimize(plain(), FOR["c"]), SIZES, "float64")


def test_the_number_of_chunks_is_chosen_where_it_is_not_given() -> None:
    whole = load(plain(), "numpy").loss_and_gradient(**arrays())
    for choice, count in ((5, 3), ("sqrt", compiled("sqrt").memory(**SMALL).count), ("1 GB", 1)):
        found = compiled(choice).loss_and_gradient(**arrays())
        assert len(found["h_checkpoints"]) == count + 1
        assert np.allclose(found["h_checkpoints"][-1], whole["h"][-1], rtol=1e-14)
        assert np.abs(found["dW_hi"] - whole["dW_hi"]).max() <= 1e-13 * np.abs(whole["dW_hi"]).max()


def test_what_is_given_counts_and_backward_takes_what_forward_had() -> None:
    kept = compiled(5).forward(**arrays(), N=6)
    assert len(kept["h_checkpoints"]) == 7
    assert "dx" in compiled(5).backward(kept, **arrays())
    bound = compiled(5).bind(**arrays())
    assert np.array_equal(bound()["dx"], compiled(5).loss_and_gradient(**arrays())["dx"])


def test_what_is_missing_is_told_as_without_checkpoints() -> None:
    with pytest.raises(ArrayError, match="missing x"):
        compiled(5).forward(**{name: array for name, array in arrays().items() if name != "x"})


def test_the_choice_in_words() -> None:
    chosen = Checkpoints(every=100).chosen(program(), SIZES, "float64")
    told = sentence(program(), optimize(plain(), FOR["c"]), SIZES, chosen, "float64")
    assert told.startswith("1000 steps in N = 10 chunks of at most 100: 5.63 kB kept and ")
    assert "instead of 1.95 MB; backward computes forward again, with 1.33 times" in told


def test_driver_takes_checkpoints() -> None:
    derivation = driver.derive("rnn")
    assert "h_checkpoints" in driver.emit(derivation, "numpy", checkpoint="sqrt")["rnn.py"]
    assert driver.checkpoints(derivation, "sqrt", None).startswith("N: chunks of the steps")
    assert "10 steps in N = 2 chunks of at most 5" in driver.checkpoints(derivation, 5, {**SIZES, "T": 10})
    with pytest.raises(SymrnnError, match="are about sizes"):
        driver.checkpoints(derivation, 5, None)
    assert driver.compile(derivation, checkpoint=3).memory(**SMALL).longest == 3
