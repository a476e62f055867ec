"""How a backend's emitted code is called: both engines take arrays that were checked, and return what was written."""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from symrnn.backends import c, c_interface
from symrnn.backends import numpy as numpy_backend
from symrnn.backends.c_blas import BLAS, Blas
from symrnn.backends.interface import combined_name
from symrnn.errors import BuildError, IRError
from symrnn.ir.nodes import Procedure, Program
from symrnn.ir.shapes import given_sizes_used
from symrnn.ir.walk import arguments_read, arguments_written
from symrnn.runtime.calls import Calls
from symrnn.runtime.compiler import REPORT, library, stored
from symrnn.runtime.small import small_engine

Array = NDArray[Any]


class Engine(Protocol):
    """Runs the procedures of one program. Safe to call from several threads."""

    @property
    def source(self) -> Mapping[str, str]:
        """The emitted files."""

    def run(self, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return what the procedure writes, given what it reads."""

    def bind(self, arrays: Mapping[str, Array], results: Mapping[str, Array], sizes: Mapping[str, int]) -> Calls:
        """Return both procedures, bound to what they read and to `results`, which they overwrite."""


@dataclass(frozen=True, slots=True)
class NumpyEngine:
    """The emitted NumPy file, imported from the cache, so that tracebacks show its lines."""

    program: Program
    source: Mapping[str, str]
    module: ModuleType

    def run(self, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return what the procedure writes, given what it reads."""
        told = {name: sizes[name] for name in given_sizes_used(self.program, procedure)}
        written = getattr(self.module, procedure.name)(**arrays, **told)
        return {name: np.asarray(array) for name, array in written._asdict().items()}

    def bind(self, arrays: Mapping[str, Array], results: Mapping[str, Array], sizes: Mapping[str, int]) -> Calls:
        """Return both procedures, bound to what they read and to `results`: memory and views are made once."""
        forward = self._bound(self.program.forward, arrays, results, sizes)
        backward = self._bound(self.program.backward, arrays, results, sizes)

        def both() -> None:
            forward()
            backward()

        return Calls(forward, backward, both)

    def _bound(
        self,
        procedure: Procedure,
        arrays: Mapping[str, Array],
        results: Mapping[str, Array],
        sizes: Mapping[str, int],
    ) -> Callable[[], None]:
        told = {name: sizes[name] for name in given_sizes_used(self.program, procedure)}
        read = (arrays[buffer.name] for buffer in arguments_read(self.program, procedure))
        written = {buffer.name: results[buffer.name] for buffer in arguments_written(self.program, procedure)}
        kind = self.module.Kept if procedure is self.program.forward else self.module.Gradients
        call: Callable[[], None] = getattr(self.module, f"bind_{procedure.name}")(*read, **told, into=kind(**written))[
            1
        ]
        return call


def numpy_engine(program: Program, dtype: str, threads: int = 1) -> NumpyEngine:
    """Emit a program as NumPy and import it.

    Raises:
        IRError: more than one thread is asked for.
    """
    if threads > 1:
        raise IRError(
            f"{program.name}: the backend numpy has no threads of its own ({threads} asked for): leave `threads` out, or use the "
            'backend "c". How many threads NumPy takes for a matrix product is for its library to say.'
        )
    source = numpy_backend.files(program, dtype)
    name = f"{program.name}.py"
    path = stored(source, name)
    spec = importlib.util.spec_from_file_location(f"symrnn_emitted.{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return NumpyEngine(program, source, module)


@dataclass(frozen=True, slots=True)
class CEngine:
    """The emitted C, compiled. Each call has its own results, workspace and threads; Python's lock is released meanwhile."""

    program: Program
    source: Mapping[str, str]
    dtype: str
    stem: str
    functions: ctypes.CDLL
    structs: Mapping[str, type[ctypes.Structure]]
    threads: int

    def run(self, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return what the procedure writes, given what it reads."""
        c_sizes = self._sizes(sizes)
        work = self._work(c_sizes)
        results = {
            buffer.name: np.empty(tuple(one.value(sizes) for one in buffer.dims), self.dtype)
            for buffer in arguments_written(self.program, procedure)
        }
        self._bound(procedure, {**arrays, **results}, c_sizes, work)()
        return results

    def bind(self, arrays: Mapping[str, Array], results: Mapping[str, Array], sizes: Mapping[str, int]) -> Calls:
        """Return both procedures, bound to what they read and to `results`: each is one foreign call."""
        c_sizes = self._sizes(sizes)
        work = self._work(c_sizes)
        every = {**arrays, **results}
        forward = self._bound(self.program.forward, every, c_sizes, work)
        backward = self._bound(self.program.backward, every, c_sizes, work)
        return Calls(forward, backward, self._bound(None, every, c_sizes, work), (work, *every.values()))

    def _bound(
        self, procedure: Procedure | None, arrays: Mapping[str, Array], sizes: ctypes.Structure, work: Array
    ) -> Callable[[], None]:
        """Return a call of a procedure, or of the combined function (None), with every argument made ready."""
        pointers = {name: array.ctypes.data for name, array in arrays.items()}
        arguments = (
            ctypes.byref(sizes),
            *(
                ctypes.byref(self.structs[group.name](*(pointers.get(buffer.name) for buffer in group.buffers)))
                for group in c_interface.groups_of(self.program, procedure)
            ),
            ctypes.c_void_p(work.ctypes.data),
        )
        name = procedure.name if procedure else combined_name(self.program)
        function = self._call(name)

        def call() -> None:
            status = function(*arguments)
            if status:
                message = self._call("message")(status).decode()
                at = {one: getattr(sizes, one) for one, _ in self.program.sizes}
                raise BuildError(f"{self.stem}_{name} at sizes {at}: {message}.")

        return call

    def _sizes(self, sizes: Mapping[str, int]) -> ctypes.Structure:
        # a size that nothing in this procedure has may be any number
        return self.structs["sizes"](*(sizes.get(name, 1) for name, _ in self.program.sizes), self.threads)

    def _work(self, sizes: ctypes.Structure) -> Array:
        return np.empty(self._call("workspace")(ctypes.byref(sizes)), self.dtype)

    def _call(self, name: str) -> Callable[..., Any]:
        return getattr(self.functions, f"{self.stem}_{name}")


def c_engine(program: Program, dtype: str, threads: int = 1, blas: Blas | None = None) -> CEngine:
    """Emit a program as C, compile it, and load the library; calls may start so many threads."""
    source = c.files(program, dtype, blas)
    stem = c_interface.stem_of(program, dtype)
    path = library(
        {name: source[name] for name in (f"{stem}.h", f"{stem}.c")},
        stem,
        blas.flags if blas else (),
        f"If {blas.name} was not found: {blas.remedy}." if blas else REPORT,
    )
    try:
        functions = ctypes.CDLL(str(path))
    except OSError as error:
        raise BuildError(f"the library {path} cannot be loaded: {error}. Delete its folder and call again.") from error
    getattr(functions, f"{stem}_workspace").restype = ctypes.c_size_t
    getattr(functions, f"{stem}_message").restype = ctypes.c_char_p
    structs = {
        "sizes": _struct("sizes", [*(name for name, _ in program.sizes), "threads"], ctypes.c_size_t),
        **{g.name: _struct(g.name, [b.name for b in g.buffers], ctypes.c_void_p) for g in c_interface.groups(program)},
    }
    return CEngine(program, source, dtype, stem, functions, structs, threads)


def _struct(name: str, fields: list[str], kind: type) -> type[ctypes.Structure]:
    return type(name, (ctypes.Structure,), {"_fields_": [(field, kind) for field in fields]})


ENGINES: Mapping[str, Callable[[Program, str, int], Engine]] = {
    "numpy": numpy_engine,
    "c": c_engine,
    **{name: partial(c_engine, blas=blas) for name, blas in BLAS.items()},
    "c-small": small_engine,
}
