"""What the benchmark prints, and what it writes for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from symrnn.bench.speed.measure import geometric_mean
from symrnn.bench.speed.run import Found

HEAD = (
    f"{'cell':<16}{'T,B,I,H':<16}{'ours':<7}{'ms':>10}   {'best peer':<36}{'ms':>10}"
    f"{'peer/ours':>11} {'quartiles':<14}{'limit/ours':>10}{'error':>9}{'of peer':>9}"
)


def lines(row: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each backend of ours, and one for everything that was not timed."""
    point = ",".join(str(row["sizes"][name]) for name in "TBIH")
    for backend in row["ratios"]:
        ours = row["times"][backend]
        start = f"{row['cell']:<16}{point:<16}{backend:<7}{ours['median'] * 1e3:>10.3f}   "
        peer = best(row)
        if peer is None:
            beside = f"{'none':<36}{'':>10}{'':>11} {'':<14}"
        else:
            theirs, ratio = row["times"][peer], row["ratios"][backend][peer]
            quartiles = f"{ratio['low']:.2f}–{ratio['high']:.2f}"
            beside = f"{peer + ' ' + theirs['form']:<36}{theirs['median'] * 1e3:>10.3f}{ratio['median']:>11.2f} {quartiles:<14}"
        part = share(row, backend)
        shown = "" if part is None else f"{part:.0%}"
        theirs_off = "" if peer is None else f"{row['times'][peer]['error']:.0e}"
        yield f"{start}{beside}{shown:>10}{ours['error']:>9.0e}{theirs_off:>9}"
    for reason in row["refused"]:
        yield f"  {row['cell']} {point}: {reason}"


def best(row: dict[str, Any]) -> str | None:
    """Return the peer that takes the least time."""
    peers = {who: found["median"] for who, found in row["times"].items() if who not in row["ratios"]}
    return min(peers, key=lambda who: peers[who]) if peers else None


def share(row: dict[str, Any], backend: str) -> float | None:
    """Return what part of our time the limit is."""
    return None if row["limit"] is None else row["limit"]["seconds"] / row["times"][backend]["median"]


def means(found: Found) -> dict[str, dict[str, dict[str, float]]]:
    """Return geometric means over the grid: backend → cell, or "all" → ratio to the best peer, to each peer, share of the limit."""
    made: dict[str, dict[str, dict[str, float]]] = {}
    for backend in found.job.backends:
        for cell in (*found.job.cells, "all"):
            rows = [row for row in found.rows if backend in row["ratios"] and cell in ("all", row["cell"])]
            values = _values(rows, backend)
            if values:
                made.setdefault(backend, {})[cell] = {name: geometric_mean(some) for name, some in values.items()}
    return made


def _values(rows: list[dict[str, Any]], backend: str) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for row in rows:
        peer, part = best(row), share(row, backend)
        if peer is not None:
            values.setdefault("best peer", []).append(row["ratios"][backend][peer]["median"])
        for name, ratio in row["ratios"][backend].items():
            values.setdefault(name, []).append(ratio["median"])
        if part is not None:
            values.setdefault("limit", []).append(part)
    return values


def summary(found: Found) -> Iterator[str]:
    """Yield the geometric means, what the machine can do, and what was missing."""
    for backend, cells in means(found).items():
        yield ""
        columns = list(cells["all"])
        yield f"{'geometric mean, ' + backend:<30}" + "".join(f"{_column(name):>16}" for name in columns)
        for cell, values in cells.items():
            shown = (f"{values[name]:.0%}" if name == "limit" else f"{values[name]:.2f}" for name in values)
            yield f"{cell:<30}" + "".join(f"{one:>16}" for one in shown)
    yield ""
    job = found.job
    cores = f"{job.threads} thread{'s' if job.threads > 1 else ''}"
    yield f"{job.dtype}, {cores}, {job.clock} time, medians of rounds in turn; forward and backward with every gradient"
    if found.machine is not None:
        yield _machine(found.machine)
    yield from dict.fromkeys(found.missing)


def _column(name: str) -> str:
    return "limit/ours" if name == "limit" else f"{name}/ours"


def _machine(machine: dict[str, Any]) -> str:
    reads = ", ".join(f"{_bytes(int(size))} {speed / 1e9:.0f}" for size, speed in machine["bandwidth"].items())
    return (
        f"one core: {machine['peak'] / 1e9:.0f} GFLOP/s; reads GB/s from {reads}; tanh {machine['tanh'] * 1e9:.2f} ns"
    )


def _bytes(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def as_json(found: Found) -> str:
    """Return everything for machines; times are in seconds."""
    everything = {
        "about": found.about,
        "job": found.job.as_dict(),
        "machine": found.machine,
        "missing": list(dict.fromkeys(found.missing)),
        "means": means(found),
        "rows": found.rows,
    }
    return json.dumps(everything, indent=1) + "\n"
