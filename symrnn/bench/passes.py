"""What each pass brings: emitted code that is made without it, beside the code that is made with all of them.

Nothing here is asserted in a test: what is measured belongs to machines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from symrnn import driver
from symrnn.bench.speed.data import drawn
from symrnn.bench.speed.forms import Arrays, own
from symrnn.bench.speed.job import GRID, Point, read_grid
from symrnn.bench.speed.measure import ALLOWED, CLOCKS, Spread, error, geometric_mean, once, ratios, turns
from symrnn.errors import SymrnnError
from symrnn.ir.nodes import Program
from symrnn.passes import FOR, Pass
from symrnn.runtime import Compiled, load

ALL = "all passes"
_ROUNDS = 31
_NECESSARY = (
    "drop_dead",
)  # takes away what the others leave over: without it, code is not slower but wrong in its arguments


def measure(
    chosen: str = "rnn,gru,lstm", grid: str = "", backend: str = "c", dtype: str = "float32", seconds: float = 5.0
) -> Iterator[str]:
    """Yield a table: for every cell and point the time with all passes, and without each of them how many times as long it takes.

    Units:
        Processor time of this process, in ms; `seconds` is how long a point may take.

    Raises:
        SymrnnError: there is no such cell or point, or code without some pass has other gradients.
    """
    points = read_grid(grid) if grid else GRID
    names = ways(backend)
    yield f"{'cell':<16}{'T,B,I,H':<16}{'ms':>9}" + "".join(f"{name:>11}" for name in names if name != ALL)
    every: list[Mapping[str, float]] = []
    for cell in filter(None, (one.strip() for one in chosen.split(","))):
        program = driver.program(driver.derive(cell, "none"))
        built = {name: load(program, backend, dtype, passes) for name, passes in names.items()}
        for point in points:
            times = _times(program, built, point, dtype, seconds)
            without = {name: ratios(times[name], times[ALL]).median for name in names if name != ALL}
            every.append(without)
            ms = Spread.of(times[ALL]).median * 1e3
            yield f"{cell:<16}{point!s:<16}{ms:>9.3f}" + "".join(f"{one:>11.2f}" for one in without.values())
    means = (geometric_mean(row[name] for row in every) for name in names if name != ALL)
    yield f"{'geometric mean':<41}" + "".join(f"{one:>11.2f}" for one in means)


def ways(backend: str) -> dict[str, tuple[Pass, ...]]:
    """Return all passes of a backend, and these without each of them."""
    found = {ALL: FOR[backend]}
    for name in dict.fromkeys(one.__name__ for one in FOR[backend]):
        if name not in _NECESSARY:
            found[name] = tuple(one for one in FOR[backend] if one.__name__ != name)
    return found


def _times(
    program: Program, built: Mapping[str, Compiled], point: Point, dtype: str, seconds: float
) -> dict[str, list[float]]:
    arrays = drawn(program, point, dtype)
    forms = {name: own(compiled, arrays) for name, compiled in built.items()}
    wanted = {name: np.array(array) for name, array in forms[ALL].gradients().items()}
    _expect_same({name: form.gradients() for name, form in forms.items()}, wanted, dtype, program, point)
    tried = {name: once(form, CLOCKS["cpu"]) for name, form in forms.items()}
    return turns(forms, tried, _ROUNDS, seconds, CLOCKS["cpu"])


def _expect_same(found: Mapping[str, Arrays], wanted: Arrays, dtype: str, program: Program, point: Point) -> None:
    for name, gradients in found.items():
        if not error(gradients, wanted) <= ALLOWED[dtype]:
            raise SymrnnError(f"{program.name} at {point}: without {name} the gradients are others: this is a mistake")
