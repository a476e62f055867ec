"""How a backend's emitted code is called: both engines take arrays that were checked, and return what was written."""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from symrnn.backends import c, c_interface
from symrnn.backends import numpy as numpy_backend
from symrnn.errors import BuildError
from symrnn.ir.nodes import Procedure, Program
from symrnn.ir.shapes import given_sizes_used
from symrnn.ir.walk import arguments_read, arguments_written
from symrnn.runtime.compiler import library, stored

Array = NDArray[Any]


class Engine(Protocol):
    """Runs the procedures of one program. Safe to call from several threads."""

    @property
    def source(self) -> Mapping[str, str]:
        """The emitted files."""

    def run(self, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return what the procedure writes, given what it reads."""


@dataclass(frozen=True, slots=True)
class NumpyEngine:
    """The emitted NumPy file, imported from the cache, so that tracebacks show its lines."""

    program: Program
    source: Mapping[str, str]
    module: ModuleType

    def run(self, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return what the procedure writes, given what it reads."""
        told = {name: sizes[name] for name in given_sizes_used(self.program, procedure)}
        read = (arrays[buffer.name] for buffer in arguments_read(self.program, procedure))
        written = getattr(self.module, procedure.name)(*read, **told)
        return {name: np.asarray(array) for name, array in written._asdict().items()}


def numpy_engine(program: Program, dtype: str) -> NumpyEngine:
    """Emit a program as NumPy and import it."""
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
    """The emitted C, compiled. Each call has its own results and workspace; Python's lock is released meanwhile."""

    program: Program
    source: Mapping[str, str]
    dtype: str
    stem: str
    functions: ctypes.CDLL
    structs: Mapping[str, type[ctypes.Structure]]

    def run(self, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return what the procedure writes, given what it reads."""
        # a size that nothing in this procedure has may be any number
        c_sizes = self.structs["sizes"](*(sizes.get(name, 1) for name, _ in self.program.sizes))
        work = np.empty(self._call("workspace")(ctypes.byref(c_sizes)), self.dtype)
        results = {
            buffer.name: np.empty(tuple(one.value(sizes) for one in buffer.dims), self.dtype)
            for buffer in arguments_written(self.program, procedure)
        }
        pointers = {name: array.ctypes.data for name, array in (*arrays.items(), *results.items())}
        arguments = [
            ctypes.byref(self.structs[group.name](*(pointers.get(buffer.name) for buffer in group.buffers)))
            for group in c_interface.groups_of(self.program, procedure)
        ]
        status = self._call(procedure.name)(ctypes.byref(c_sizes), *arguments, ctypes.c_void_p(work.ctypes.data))
        if status != 0:
            message = self._call("message")(status).decode()
            raise BuildError(f"{self.stem}_{procedure.name} at sizes {dict(sizes)}: {message}.")
        return results

    def _call(self, name: str) -> Callable[..., Any]:
        return getattr(self.functions, f"{self.stem}_{name}")


def c_engine(program: Program, dtype: str) -> CEngine:
    """Emit a program as C, compile it, and load the library."""
    source = c.files(program, dtype)
    stem = c_interface.stem_of(program, dtype)
    path = library({name: source[name] for name in (f"{stem}.h", f"{stem}.c")}, stem)
    try:
        functions = ctypes.CDLL(str(path))
    except OSError as error:
        raise BuildError(f"the library {path} cannot be loaded: {error}. Delete its folder and call again.") from error
    getattr(functions, f"{stem}_workspace").restype = ctypes.c_size_t
    getattr(functions, f"{stem}_message").restype = ctypes.c_char_p
    structs = {
        "sizes": _struct("sizes", [name for name, _ in program.sizes], ctypes.c_size_t),
        **{g.name: _struct(g.name, [b.name for b in g.buffers], ctypes.c_void_p) for g in c_interface.groups(program)},
    }
    return CEngine(program, source, dtype, stem, functions, structs)


def _struct(name: str, fields: list[str], kind: type) -> type[ctypes.Structure]:
    return type(name, (ctypes.Structure,), {"_fields_": [(field, kind) for field in fields]})


ENGINES: Mapping[str, Callable[[Program, str], Engine]] = {"numpy": numpy_engine, "c": c_engine}
