"""The least time that a computation can take on one core of this machine, from what the core was measured to do."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from symrnn.errors import BuildError
from symrnn.ir.buffers import Role
from symrnn.ir.cost import cost, elements
from symrnn.ir.nodes import Gemm, Program, Ref
from symrnn.ir.walk import sites
from symrnn.runtime.compiler import Compiler, find_compiler

SOURCE = Path(__file__).with_name("limit.c")
FLAGS = ("-std=c11", "-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared")
NATIVE = ("-march=native", "-mcpu=native")  # the first that the compiler takes
SETS = tuple(1 << power for power in range(14, 29, 2))  # bytes that are read again and again: 16 KiB … 256 MiB
_TYPES = {"float32": "float", "float64": "double"}
_REPEATS = 15
_LINE = 64


@dataclass(frozen=True, slots=True)
class Machine:
    """What one core does at most.

    Units: `peak` multiplications and additions a second; `bandwidth` bytes a second, read from a working set of so many bytes;
    `tanh` seconds for one of many, by a function without branches that fills the vector registers.
    """

    peak: float
    bandwidth: Mapping[int, float]
    tanh: float
    compiler: str

    def reading(self, size: int) -> float:
        """Return the bandwidth for a working set of `size` bytes: that of the largest set measured that is not larger."""
        return self.bandwidth[max((one for one in self.bandwidth if one <= size), default=min(self.bandwidth))]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Limit:
    """The least time of forward and backward, in seconds, and what it is made of.

    `products`: all products' multiplications and additions at the peak of the machine. `reading`: the recurrent weights, once in
    every step forward and once backward, at the bandwidth of the cache that holds them all. `functions`: tanh, sigmoid and the
    like, each as long as a tanh. Products read while they multiply, and wait for functions:

        limit = max(products, reading) + functions

    Left out is all that a perfect program would hide or avoid: other elementwise work, the traffic of states and gates, input
    weights (their product is taken of all steps at once), latency, calls. No program is as fast as this, least of all at small
    sizes, where a step waits for the one before. With several threads all of it is divided by their number.
    """

    products: float
    reading: float
    functions: float

    @property
    def seconds(self) -> float:
        """The limit."""
        return max(self.products, self.reading) + self.functions


def limit(program: Program, sizes: Mapping[str, int], dtype: str, machine: Machine, threads: int = 1) -> Limit:
    """Return the limit of a program as it was lowered: passes change how it is computed, and not what has to be."""
    counted = cost(program, sizes)
    weights, streamed = _streamed(program, sizes, np.dtype(dtype).itemsize)
    return Limit(
        counted.flops / machine.peak / threads,
        streamed / machine.reading(weights) / threads,
        counted.transcendentals * machine.tanh / threads,
    )


def _streamed(program: Program, sizes: Mapping[str, int], item: int) -> tuple[int, int]:
    """Return the bytes of all weights that every step needs anew, and the bytes of them that all steps read.

    A product of an input, or one that only makes a gradient, does not have to wait for its step.
    """
    weights, read = {}, 0
    for site in sites(program):
        product = site.statement
        if not isinstance(product, Gemm) or site.loop is None or _role(program, product.out) is Role.GRADIENT:
            continue
        operands = (product.a, product.b)
        if any(_role(program, one) is Role.INPUT for one in operands):
            continue
        for one in operands:
            if _role(program, one) is Role.PARAMETER:
                size = elements(program.buffer(one.buffer).dims, sizes) * item
                weights[one.buffer] = size
                read += size * sizes[site.length]
    return sum(weights.values()), read


def _role(program: Program, ref: Ref) -> Role:
    return program.buffer(ref.buffer).role


# -- the machine -----------------------------------------------------------------------------------------------------------


def measured(dtype: str) -> Machine:
    """Measure the core that this process runs on.

    Raises:
        CompilerMissingError: there is no C compiler.
        BuildError: it refused the program, or the library cannot be loaded.
    """
    compiler = find_compiler()
    with tempfile.TemporaryDirectory(prefix="symrnn-limit-", ignore_cleanup_errors=True) as folder:
        library = _compiled(compiler, Path(folder), dtype)
        peak, tanh = _peak(library), _tanh(library, dtype)
        bandwidth = {size: _bandwidth(library, size) for size in SETS}
    return Machine(peak, bandwidth, tanh, compiler.version.splitlines()[0])


def _compiled(compiler: Compiler, folder: Path, dtype: str) -> ctypes.CDLL:
    target = folder / "limit.so"
    said = ""
    for native in (*NATIVE, ""):
        flags = [flag for flag in (*FLAGS, native) if flag]
        command = [*compiler.command, *flags, f"-DREAL={_TYPES[dtype]}", str(SOURCE), "-o", str(target)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode == 0:
            break
        said = result.stderr.strip()
    else:
        raise BuildError(f"{SOURCE.name} was refused by {' '.join(compiler.command)}: {said}")
    try:
        library = ctypes.CDLL(str(target))
    except OSError as error:
        raise BuildError(f"what was compiled from {SOURCE.name} cannot be loaded: {error}") from error
    library.multiply_add.restype = library.read_memory.restype = ctypes.c_double
    library.multiply_add_operations.restype = ctypes.c_size_t
    return library


def _least(work: Callable[[], object], repeats: int = _REPEATS) -> float:
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def _peak(library: ctypes.CDLL) -> float:
    count = 200_000
    arguments = ctypes.c_size_t(count), ctypes.c_double(0.5), ctypes.c_double(1.0)
    return count * int(library.multiply_add_operations()) / _least(lambda: library.multiply_add(*arguments))


def _bandwidth(library: ctypes.CDLL, size: int) -> float:
    memory = np.ones(size + _LINE, np.uint8)
    begin = memory.ctypes.data + -memory.ctypes.data % _LINE
    count = max(1, (1 << 24) // size)
    arguments = ctypes.c_void_p(begin), ctypes.c_size_t(size), ctypes.c_size_t(count)
    return size * count / _least(lambda: library.read_memory(*arguments), _REPEATS if size < 1 << 26 else 3)


def _tanh(library: ctypes.CDLL, dtype: str) -> float:
    length, count = 1024, 100
    given = np.linspace(-8, 8, length, dtype=dtype)
    made = np.empty_like(given)
    pointers = ctypes.c_void_p(given.ctypes.data), ctypes.c_void_p(made.ctypes.data)
    arguments = (*pointers, ctypes.c_size_t(length), ctypes.c_size_t(count))
    seconds = _least(lambda: library.tangents(*arguments)) / (length * count)
    if not np.abs(made - np.tanh(given.astype("float64"))).max() < 32 * np.finfo(dtype).eps:
        raise BuildError(
            f"{SOURCE.name}: the tanh that was timed is wrong. This is a mistake in symrnn: please report it."
        )
    return seconds
