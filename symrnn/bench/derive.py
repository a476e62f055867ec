"""How long derivations take. Nothing here is asserted in a test: times belong to machines."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from symrnn import cells, driver
from symrnn.calculus.derive import derive as derive_network
from symrnn.language.read import read_cell
from symrnn.model.composition import compose

LENGTHS = (5, 10, 20, 40, 80, 160, 320)


def derive(repeat: int) -> Iterator[str]:
    """Yield the time of a derivation for every built-in cell, then for cells with more and more equations."""
    yield f"{'cell':<22}{'equations':>10}{'steps':>8}{'median ms':>12}{'worst ms':>10}"
    for name in cells.names():
        net = driver.network(name)
        yield _row(name, len(net.equations), lambda net=net: derive_network(net), repeat)  # type: ignore[misc]
    yield ""
    for layers in (1, 2, 4):
        net = driver.network("lstm", layers=layers, bidirectional=True)
        yield _row(f"lstm {layers}x2", len(net.equations), lambda net=net: derive_network(net), repeat)  # type: ignore[misc]
    yield ""
    for length in LENGTHS:
        net = compose(read_cell(chain(length)))
        count = len(net.equations)
        found = times(lambda net=net: derive_network(net), max(repeat // 5, 3))  # type: ignore[misc]
        middle = statistics.median(found)
        yield f"{'chain':<22}{count:>10}{'':>8}{middle * 1e3:>12.2f}{max(found) * 1e3:>10.2f}   {middle / count * 1e6:.0f} µs each"


def chain(length: int) -> str:
    """Return a cell with about `length` equations: layer after layer of tanh, each with its own weights."""
    lines = ["cell chain", "  input x: I", "  state h: H", "  a0 = tanh(W0 @ x + U0 @ h[t-1] + b0)"]
    lines += [f"  a{n} = tanh(W{n} @ a{n - 1} + U{n} @ h[t-1] + b{n})" for n in range(1, max(length // 2 - 1, 1))]
    last = max(length // 2 - 1, 1) - 1
    lines += [f"  param W{n}: H x H" for n in range(1, last + 1)]
    lines += ["  param W0: H x I", f"  h = tanh(V @ a{last} + c)", "  param V: H x H"]
    return "\n".join(lines) + "\n"


def _row(name: str, count: int, work: Callable[[], object], repeat: int) -> str:
    steps = len(work().steps)  # type: ignore[attr-defined]
    found = times(work, repeat)
    return f"{name:<22}{count:>10}{steps:>8}{statistics.median(found) * 1e3:>12.2f}{max(found) * 1e3:>10.2f}"


def times(work: Callable[[], object], repeat: int) -> list[float]:
    """Return how long a piece of work takes, in seconds, several times after a first one that does not count."""
    work()
    found = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return found
