"""Emitted code, run and held against numerical differentiation: every gradient, every backend, both precisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from symrnn.calculus.records import Derivation
from symrnn.certificates.gallina import NotCovered
from symrnn.errors import CompilerMissingError
from symrnn.ir.nodes import Program
from symrnn.model.network import Network
from symrnn.runtime import Compiled, load
from symrnn.verify.exact import exact
from symrnn.verify.gradients import Case, Report, Row, Run, Truth, case, compare, truth
from symrnn.verify.modular import VanishedError

WAYS = (("numpy", "float64"), ("numpy", "float32"), ("c", "float64"), ("c", "float32"))


def check(
    network: Network,
    program: Program,
    ways: Sequence[tuple[str, str]] = WAYS,
    steps: int = 5,
    batch: int = 2,
    seed: int = 0,
) -> Report:
    """Run a network's code on random data and compare every gradient with the numerical one.

    A backend without a compiler is reported as not checked, with the reason; it is not a failure.

    Raises:
        BuildError: if the emitted code does not compile.
    """
    data = case(network, steps, batch, seed)
    reference = truth(network, data)
    rows, missing = compared(network, program, data, reference, ways, lambda of: runner(of, dict(data.sizes)))
    return Report(network.name, data, reference.method, reference.kinks, rows, missing)


def with_identity(report: Report, derivation: Derivation, seed: int = 0) -> Report:
    """Return a report that also says whether the adjoint identity of the derivation holds in exact arithmetic, or why not."""
    try:
        return replace(report, identity=exact(derivation, seed))
    except (NotCovered, VanishedError) as error:
        return replace(report, not_checked=(*report.not_checked, ("adjoint identity", str(error))))


def compared(
    network: Network,
    program: Program,
    data: Case,
    reference: Truth,
    ways: Sequence[tuple[str, str]],
    run: Callable[[Compiled], Run],
) -> tuple[tuple[Row, ...], tuple[tuple[str, str], ...]]:
    """Return the rows of every backend and precision, and why those that are missing cannot be run here.

    Raises:
        BuildError: if the emitted code does not compile.
    """
    rows: list[Row] = []
    missing: dict[str, str] = {}
    for backend, dtype in ways:
        try:
            compiled = load(program, backend, dtype)
        except CompilerMissingError as error:
            missing[f"{backend} {dtype}"] = str(error)
            continue
        rows += compare(network, data, reference, f"{backend} {dtype}", dtype, run(compiled))
    return tuple(rows), tuple(missing.items())


def runner(compiled: Compiled, sizes: Mapping[str, int] | None = None) -> Run:
    """Return compiled code as a function from arrays to gradients, with the loss under the name `loss`.

    `sizes` holds those that no array tells.
    """
    told = {name: size for name, size in (sizes or {}).items() if name in compiled.program.given_sizes}

    def run(arrays: Mapping[str, npt.NDArray[Any]]) -> Mapping[str, npt.NDArray[Any]]:
        if compiled.program.loss is None:
            return compiled.gradient(**arrays, **told)
        found = compiled.loss_and_gradient(**arrays, **told)
        return {**found, "loss": np.asarray(found.loss)}

    return run
