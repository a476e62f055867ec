"""What the command line calls: options to a job, a job to printed lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from symrnn.bench.speed.job import BACKENDS, CELLS, Job, read_grid
from symrnn.bench.speed.run import Found, run
from symrnn.bench.speed.table import HEAD, as_json, lines, summary
from symrnn.errors import SymrnnError


def job(*, chosen: str, grid: str, backends: str, quick: bool, **options: Any) -> Job:
    """Return the job that options describe; what is not given is as usual.

    Raises:
        SymrnnError: there is no such cell or backend, the grid cannot be read, or the clock does not go with the threads.
    """
    usual = Job().quick if quick else Job()
    found = replace(usual, **{name: value for name, value in options.items() if value is not None})
    if chosen.strip():
        found = replace(found, cells=_names("--cells", chosen, CELLS))
    if grid.strip():
        found = replace(found, grid=read_grid(grid))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if found.threads > cores:
        raise SymrnnError(f"--threads {found.threads}: this process may use {cores}; take at most so many")
    if found.clock == "cpu" and found.threads > 1:
        raise SymrnnError("--clock cpu adds up the time of all threads; with --threads, the clock is the wall's")
    return replace(found, backends=_names("--backends", backends, BACKENDS))


def _names(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, (one.strip() for one in text.split(",")))))
    for name in names:
        if name not in known:
            raise SymrnnError(
                f"{option} {name}: there is nothing to measure under this name; use some of {', '.join(known)}"
            )
    if not names:
        raise SymrnnError(f"{option} names nothing; use some of {', '.join(known)}")
    return names


def measured(wanted: Job, echo: Callable[[str], None]) -> Found:
    """Carry out a job; print every row when it is there, then the summary; return everything. An interrupt ends it early.

    Raises:
        SymrnnError: the measuring process ended before its work was done.
    """
    found = Found(wanted)
    echo(HEAD)
    try:
        for line in run(wanted):
            found.add(line)
            for text in lines(line["row"]) if "row" in line else ():
                echo(text)
    except KeyboardInterrupt:
        found.missing.append("interrupted: the rest was not measured")
    for text in summary(found):
        echo(text)
    return found


__all__ = ["as_json", "job", "measured"]
