"""How exact the gradients of the built-in cells are. Nothing here is asserted in a test: what is measured belongs to machines."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from symrnn import cells, driver
from symrnn.bench.derive import times
from symrnn.calculus.derive import derive as derive_network


def catalogue(steps: int) -> Iterator[str]:
    """Yield, for every built-in cell, the largest relative error of any gradient on NumPy and C, and the time of a derivation."""
    yield f"{'cell':<22}{'equations':>10}{'states':>8}{'gradients':>11}{'numpy':>10}{'c':>10}{'derive ms':>11}  held against"
    for name in cells.names():
        net = driver.network(name)
        middle = statistics.median(times(lambda net=net: derive_network(net), 5))  # type: ignore[misc]
        ways = {backend: driver.check(driver.derive(net), backend, steps) for backend in ("numpy", "c")}
        worst = [
            max((row.error for row in report.rows if row.way.endswith("float64")), default=float("nan"))
            for report in ways.values()
        ]
        count = len([row for row in ways["numpy"].rows if row.way.endswith("float64")]) - 1
        facts = f"{name:<22}{len(net.equations):>10}{len(net.states):>8}{count:>11}"
        yield f"{facts}{worst[0]:>10.1e}{worst[1]:>10.1e}{middle * 1e3:>11.1f}  {ways['numpy'].method}"
