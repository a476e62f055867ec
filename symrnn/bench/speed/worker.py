"""The process in which everything is measured: reads a job from standard input, writes a line of JSON for everything found.

The environment in which it starts fixes the number of threads of every library: see `run`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from symrnn import __version__, driver
from symrnn.bench.speed.data import drawn
from symrnn.bench.speed.forms import Arrays, Peer, own
from symrnn.bench.speed.job import Job, Point, from_dict
from symrnn.bench.speed.limit import Machine, limit, measured
from symrnn.bench.speed.peers.jax import Jax
from symrnn.bench.speed.peers.torch import Torch
from symrnn.bench.speed.rows import Entrant, entrant, peers_of, row
from symrnn.errors import BuildError
from symrnn.ir.nodes import Program
from symrnn.lower import lower
from symrnn.runtime import Compiled, load

Say = Callable[[dict[str, Any]], None]


def measure(job: Job, say: Say) -> None:
    """Carry out a job, and say what was found as soon as it is."""
    peers: tuple[Peer, ...] = (Torch(job.threads, job.compile_seconds), Jax(job.unrolls))
    say({"about": {**about(), **{peer.name: peer.version for peer in peers if peer.version}}})
    for peer in peers:
        if not peer.version:
            say({"missing": f"{peer.name} is not installed: {peer.remedy}"})
    machine = None
    try:
        machine = measured(job.dtype)
        say({"machine": machine.as_dict()})
    except BuildError as problem:
        say({"missing": f"no limit: {problem}"})
    for cell in job.cells:
        derivation = driver.derive(cell, "none")
        ours = list(_compiled(driver.program(derivation), job, say))
        reference = load(lower(derivation), "numpy", "float64")
        for point in job.grid:
            say({"row": _row(cell, point, ours, reference, peers, machine, job)})


def _compiled(program: Program, job: Job, say: Say) -> Iterator[Compiled]:
    for backend in job.backends:
        try:
            # how many threads NumPy has for its products is in the environment
            yield load(program, backend, job.dtype, threads=job.threads if backend == "c" else 1)
        except BuildError as problem:
            say({"missing": f"{backend}: {problem}"})


def _row(
    cell: str,
    point: Point,
    ours: list[Compiled],
    reference: Compiled,
    peers: tuple[Peer, ...],
    machine: Machine | None,
    job: Job,
) -> dict[str, Any]:
    lowered = reference.program
    arrays = drawn(lowered, point, job.dtype)
    wanted = _reference(reference, arrays)
    entrants: list[Entrant] = [entrant(one.backend, [own(one, arrays)], wanted, job) for one in ours]
    entrants += peers_of(peers, cell, arrays, wanted, job)
    least = limit(lowered, point.sizes, job.dtype, machine, job.threads) if machine else None
    return row(cell, point, entrants, least, job)


def _reference(compiled: Compiled, arrays: Arrays) -> Arrays:
    """Return the gradients of NumPy in double precision, as they were lowered, before any pass.

    Peers compute them by other means and are held to them too: were these wrong, all of them would be refused.
    """
    return own(compiled, {name: np.asarray(array, "float64") for name, array in arrays.items()}).gradients()


def about() -> dict[str, str]:
    """Return what is measured on: the processor's name, and versions."""
    return {
        "symrnn": __version__,
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def pin(threads: int) -> None:
    """Stay on so many cores, where the system lets a process choose: the last ones, for the first have more to do."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def main() -> None:
    """Read the job and write what is found; whatever else is printed goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        job = from_dict(json.loads(sys.stdin.read()))
        pin(job.threads)

        def say(found: dict[str, Any]) -> None:
            answers.write(json.dumps(found) + "\n")
            answers.flush()

        try:
            measure(job, say)
        except KeyboardInterrupt:
            sys.exit(130)


if __name__ == "__main__":
    main()
