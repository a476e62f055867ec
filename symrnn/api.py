"""What Python users call; thin, over `symrnn.driver`. Loaded on first use through `symrnn`."""

from __future__ import annotations

from pathlib import Path

from symrnn import driver
from symrnn.calculus.records import Derivation
from symrnn.model.equations import Cell
from symrnn.runtime import Compiled, load
from symrnn.verify.check import WAYS
from symrnn.verify.check import check as run_check
from symrnn.verify.gradients import Report


def derive(cell: str | Path | Cell, head: str | None = None) -> Derivation:
    """Derive the gradients of a cell with a head.

    Args:
        cell: a built-in name, the path of a .cell file, or what `symrnn.cell(text)` returned.
        head: "none", "linear", "squared-error", "softmax-cross-entropy"; None takes the cell's own, or the last.

    Raises:
        SymrnnError: if the cell cannot be read or differentiated; the message says where and what to do.
    """
    return driver.derivation(cell, head)


def emit(derivation: Derivation, backend: str = "all", dtype: str = "all") -> dict[str, str]:
    """Return the emitted files of a derivation, name → text, for backend "numpy", "c" or "all"."""
    return driver.code(driver.program(derivation), backend, dtype)


def compile(derivation: Derivation, backend: str = "numpy", dtype: str = "float64") -> Compiled:
    """Emit, build and load the gradient of a derivation; the result is called with NumPy arrays.

    Shapes:
        x (T, B, I), h0 (B, H), targets (T, B, O), parameters as in the cell; gradients have the shapes of what they belong to.

    Raises:
        CompilerMissingError: for backend "c" without a C compiler.
        SymrnnError: if the derivation cannot be lowered or built.
    """
    return load(driver.program(derivation), backend, dtype)


def check(derivation: Derivation, backend: str = "all", steps: int = 5, batch: int = 2, seed: int = 0) -> Report:
    """Hold every gradient of the emitted code against numerical differentiation; see `Report.passed` and `Report.rows`."""
    ways = tuple(way for way in WAYS if backend in ("all", way[0]))
    return run_check(derivation.network, driver.program(derivation), ways, steps, batch, seed)
