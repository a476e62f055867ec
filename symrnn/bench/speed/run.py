"""The benchmark: one process of its own, started with the environment that fixes the number of threads of every library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symrnn.bench.speed.job import Job
from symrnn.errors import SymrnnError

_WORKER = "symrnn.bench.speed.worker"
_POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NPROC",
)


@dataclass(slots=True)
class Found:
    """Everything that a run found: what it was run on, what the machine can do, what was missing, and the rows."""

    job: Job
    about: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] | None = None
    missing: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: dict[str, Any]) -> None:
        """Take in one line of what the measuring process says."""
        self.about |= line.get("about", {})
        self.machine = line.get("machine", self.machine)
        self.missing += [line["missing"]] if "missing" in line else []
        if "row" in line:
            self.rows.append(line["row"])
            self.missing += line["row"]["absent"]


def environment(threads: int, dtype: str) -> dict[str, str]:
    """Return the environment of the measuring process; every library reads its part when it is loaded."""
    flags = [os.environ.get("XLA_FLAGS", ""), f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"]
    package = str(Path(__file__).resolve().parents[3])
    return {
        **os.environ,
        **dict.fromkeys(_POOLS, str(threads)),
        "XLA_FLAGS": " ".join([*filter(None, flags), f"intra_op_parallelism_threads={threads}"]),
        "JAX_PLATFORMS": "cpu",
        "JAX_ENABLE_X64": "1" if dtype == "float64" else "0",
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")])),
    }


def run(job: Job) -> Iterator[dict[str, Any]]:
    """Yield what the measuring process finds, as it does: `about`, `machine`, `missing`, and a `row` for every cell and point.

    Raises:
        SymrnnError: the process ended before its work was done; what it printed says why.
    """
    command = [sys.executable, "-m", _WORKER]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, env=environment(job.threads, job.dtype), **pipes) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(job.as_dict()))
            process.stdin.close()
            for line in process.stdout:
                yield json.loads(line)
        except BrokenPipeError:
            pass  # it ended at once; its status says so
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise SymrnnError(f"the measuring process ended with status {process.returncode}; what it printed is above")
