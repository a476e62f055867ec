"""Every form of every peer has the gradients of our code, in the process that would time it. No time is asserted."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from symrnn.bench.speed.job import CELLS, Job, Point
from symrnn.bench.speed.layouts import STACKS, apart, stacked
from symrnn.bench.speed.run import Found, run
from symrnn.driver import derive, program
from symrnn.ir.nodes import Role

ROUNDING = 1e-13  # of the largest entry: sums of a few dozen terms in another order
UNROLLS = (2,)  # of five steps: two twice, and one more
SCANS = {f"scan, unroll {count}{layout}" for count in UNROLLS for layout in ("", ", matrices by rows")}
FORMS = {
    "c": {cell: {"c"} for cell in CELLS},
    "numpy": {cell: {"numpy"} for cell in CELLS},
    "torch": {cell: {"loop", "scripted loop"} for cell in CELLS}
    | {"rnn": {"nn.RNN"}, "gru": {"nn.GRU"}, "lstm": {"nn.LSTM"}},
    "jax": dict.fromkeys(CELLS, SCANS),
}


@pytest.fixture(scope="module")
def measured(request):
    """One run of the benchmark for the cells that were chosen, at sizes that are pairwise different, with the fewest rounds."""
    test = test_every_form_has_the_gradients_of_our_code.__name__
    chosen = {item.callspec.params["cell"] for item in request.session.items if item.originalname == test}
    cells = tuple(cell for cell in CELLS if cell in chosen)
    job = Job(cells, (Point(5, 2, 3, 4),), dtype="float64", rounds=3, seconds=0.0, unrolls=UNROLLS)
    found = Found(job)
    for line in run(job):
        found.add(line)
    return found


def assert_right(who, row):
    """Every form is there and has the gradients; one of them was timed."""
    assert row["tried"][who].keys() == FORMS[who][row["cell"]]
    assert all(form["error"] < ROUNDING for form in row["tried"][who].values())
    times = row["times"][who]
    assert 0 < times["low"] <= times["median"] <= times["high"]
    assert times["form"] in FORMS[who][row["cell"]] and times["error"] < ROUNDING


@pytest.mark.parametrize("cell", CELLS)
def test_every_form_has_the_gradients_of_our_code(cell, measured):
    found = measured
    (row,) = (row for row in found.rows if row["cell"] == cell)
    missing = [who for who in ("torch", "jax") if find_spec(who) is None]
    there = [who for who in FORMS if who not in missing]
    assert row["sizes"] == {"T": 5, "B": 2, "I": 3, "H": 4} and row["rounds"] == 3
    assert list(row["times"]) == there and not row["refused"]
    assert {backend: list(ratio) for backend, ratio in row["ratios"].items()} == {"c": there[2:], "numpy": there[2:]}
    for who in there:
        assert_right(who, row)
    parts = row["limit"]
    assert parts["seconds"] == max(parts["products"], parts["reading"]) + parts["functions"] > 0
    assert {"symrnn", "processor", "system", "python", "numpy"} <= found.about.keys()
    assert found.machine is not None and found.machine["peak"] > 0 and found.machine["compiler"]
    if "torch" not in missing and "loop" in FORMS["torch"][cell]:
        assert any("torch.compile was not run" in reason for reason in row["absent"])
    for who in missing:
        assert any(reason.startswith(f"{who} is not installed: pip install") for reason in found.missing)
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: the rest is right")


@pytest.mark.parametrize("cell", CELLS)
def test_stacks_come_apart_into_what_they_were_made_of(cell):
    lowered = program(derive(cell, "none"))
    names = [buffer.name for buffer in lowered.having(Role.PARAMETER) if buffer.usual is None]
    assert sorted(names) == sorted(part for parts in STACKS[cell].values() for part in parts)
    shapes = {
        buffer.name: [one.value({"H": 4, "I": 3}) for one in buffer.dims] for buffer in lowered.having(Role.PARAMETER)
    }
    draw = np.random.default_rng(0)
    arrays = {name: draw.normal(size=shapes[name]) for name in names}
    again = apart(cell, stacked(cell, arrays))
    assert again.keys() == {f"d{name}" for name in names}
    assert all(np.array_equal(again[f"d{name}"], array) for name, array in arrays.items())
