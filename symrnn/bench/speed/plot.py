"""The picture of a run."""

from __future__ import annotations

import importlib
import importlib.util
import io
from pathlib import Path
from typing import Any

from symrnn.bench.speed.run import Found
from symrnn.errors import SymrnnError

FORMATS = (".png", ".svg", ".pdf")


def expect(target: Path) -> None:
    """Refuse, before anything is measured, a picture that could not be drawn.

    Raises:
        SymrnnError: there is no matplotlib, or no such format.
    """
    if target.suffix.lower() not in FORMATS:
        raise SymrnnError(f"--plot {target}: a picture is one of {', '.join(FORMATS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise SymrnnError("--plot needs matplotlib, which is not installed: pip install 'symrnn[plot]'")


def drawn(found: Found, suffix: str) -> bytes:
    """Return the picture."""
    pyplot: Any = importlib.import_module("matplotlib.figure")
    figure = pyplot.Figure()
    memory = io.BytesIO()
    figure.savefig(memory, format=suffix.lstrip("."))
    return memory.getvalue()
