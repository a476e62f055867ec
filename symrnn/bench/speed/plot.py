"""The picture of a run: for every cell, how many times the limit of the machine everybody takes at every point."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from pathlib import Path
from typing import Any

from symrnn.bench.speed.run import Found
from symrnn.bench.speed.table import means
from symrnn.errors import SymrnnError

with contextlib.suppress(ImportError):
    import matplotlib.figure

FORMATS = (".png", ".svg", ".pdf")
# who: (what is written, colour, marker)
LOOKS = {
    "c": ("symrnn, C", "#0b5fa5", "o"),
    "numpy": ("symrnn, NumPy", "#5aa9e6", "s"),
    "torch": ("PyTorch", "#d1495b", "^"),
    "jax": ("JAX", "#edae49", "v"),
}
_COLUMNS = 3


def expect(target: Path) -> None:
    """Refuse, before anything is measured, a picture that could not be drawn.

    Raises:
        SymrnnError: there is no matplotlib, or no such format.
    """
    if target.suffix.lower() not in FORMATS:
        raise SymrnnError(f"--plot {target}: a picture is one of {', '.join(FORMATS)}; name it so")
    if importlib.util.find_spec("matplotlib") is None:
        raise SymrnnError("--plot needs matplotlib, which is not installed: pip install matplotlib")


def drawn(found: Found, suffix: str) -> bytes:
    """Return the picture of a run in a format, ".png", ".svg" or ".pdf".

    Lower is faster. Time is in units of the limit, or in milliseconds where the limit was not measured; whiskers are quartiles.
    """
    cells = [cell for cell in found.job.cells if any(row["cell"] == cell for row in found.rows)]
    columns = min(_COLUMNS, max(len(cells), 1))
    lines = -(-len(cells) // columns) or 1
    figure = matplotlib.figure.Figure(figsize=(4.6 * columns, 3.5 * lines + 0.9), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False, sharey=True).flat
    said: dict[str, Any] = {}
    for cell, panel in zip(cells, panels, strict=False):
        said |= _panel(panel, cell, found)
    for panel in list(panels):
        panel.remove()  # more places than cells
    order = [who for who in (*LOOKS, "limit") if who in said]
    figure.legend(
        [said[who] for who in order],
        [LOOKS[who][0] if who in LOOKS else "limit of the machine" for who in order],
        loc="outside upper center",
        ncols=max(len(order), 1),
        frameon=False,
    )
    unit = "time / limit of the machine" if found.machine else "milliseconds"
    figure.supylabel(f"{unit}   (lower is faster)")
    figure.supxlabel(f"T, B, I, H   ({found.job.dtype}, {found.job.threads} thread{'s' * (found.job.threads > 1)})")
    memory = io.BytesIO()
    figure.savefig(memory, format=suffix.lower().lstrip("."), dpi=150)
    return memory.getvalue()


def _panel(panel: Any, cell: str, found: Found) -> dict[str, Any]:
    """Draw one cell, and return a handle for everybody who is in it."""
    rows = [row for row in found.rows if row["cell"] == cell]
    handles: dict[str, Any] = {}
    for place, (who, (_, colour, marker)) in enumerate(LOOKS.items()):
        points = [(at, row) for at, row in enumerate(rows) if who in row["times"]]
        if not points:
            continue
        units = [row["limit"]["seconds"] if row["limit"] else 1e-3 for _, row in points]
        times = [row["times"][who] for _, row in points]
        middle = [one["median"] / unit for one, unit in zip(times, units, strict=True)]
        whiskers = [
            [max((one["median"] - one["low"]) / unit, 0.0) for one, unit in zip(times, units, strict=True)],
            [max((one["high"] - one["median"]) / unit, 0.0) for one, unit in zip(times, units, strict=True)],
        ]
        across = [at + 0.14 * (place - 1.5) for at, _ in points]
        handles[who] = panel.errorbar(
            across,
            middle,
            whiskers,
            color=colour,
            marker=marker,
            markersize=5.5,
            linewidth=0.7,
            elinewidth=1.2,
            alpha=0.95,
        )
    if found.machine:
        handles["limit"] = panel.axhline(1.0, color="#444444", linewidth=1.0, linestyle="--")
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter("{x:g}")
    panel.grid(axis="y", which="major", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
    names = [",".join(str(row["sizes"][name]) for name in "TBIH") for row in rows]
    panel.set_xticks(range(len(rows)), names, rotation=38, ha="right", fontsize=7.5)
    panel.set_title(_title(cell, found), fontsize=10, loc="left")
    return handles


def _title(cell: str, found: Found) -> str:
    """Return the name of a cell with the geometric mean of the ratio to the best peer, of our first backend."""
    for backend, cells in means(found).items():
        if "best peer" in cells.get(cell, {}):
            return f"{cell}:  best peer / {LOOKS[backend][0]} = {cells[cell]['best peer']:.2f}"
    return cell
