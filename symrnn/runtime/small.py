"""How C for small devices runs on this machine: one library for each set of sizes, made when a call first has them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.backends.c_small import files, small_stem
from symrnn.backends.c_small_memory import Struct, shape, structs, taken, with_chunk
from symrnn.backends.interface import combined_name
from symrnn.errors import BuildError, IRError
from symrnn.ir.nodes import Procedure, Program
from symrnn.ir.walk import arguments_written, written
from symrnn.runtime.calls import Calls
from symrnn.runtime.compiler import find_compiler, library

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class SmallEngine:
    """The emitted C for small devices, compiled for this machine. Arrays are copied into its structs and out of them."""

    program: Program
    dtype: str
    source: Mapping[str, str] = field(default_factory=dict)  # nothing: the files depend on the sizes
    built: dict[tuple[int, ...], ctypes.CDLL] = field(default_factory=dict)

    def run(self, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> dict[str, Array]:
        """Return what the procedure writes, given what it reads."""
        results = {
            buffer.name: np.empty(tuple(one.value(sizes) for one in buffer.dims), self.dtype)
            for buffer in arguments_written(self.program, procedure)
        }
        self._bound((procedure,), {**arrays, **results}, sizes)()
        return results

    def bind(self, arrays: Mapping[str, Array], results: Mapping[str, Array], sizes: Mapping[str, int]) -> Calls:
        """Return both procedures, bound to what they read and to `results`; everything is copied at every call."""
        every, forward, backward = {**arrays, **results}, self.program.forward, self.program.backward
        return Calls(
            self._bound((forward,), every, sizes),
            self._bound((backward,), every, sizes),
            self._bound((forward, backward), every, sizes),
        )

    def _bound(
        self, procedures: tuple[Procedure, ...], arrays: Mapping[str, Array], sizes: Mapping[str, int]
    ) -> Callable[[], None]:
        # a size that nothing in these procedures has may be any number
        numbers = {name: int(sizes.get(name, 1)) for name, _ in self.program.sizes}
        memory = with_chunk(self.program, numbers)
        objects = {one.name: np.zeros(one.count(memory), self.dtype) for one, _ in taken(self.program, *procedures)}
        inside = {
            name: view
            for one in structs(self.program)
            if one.name in objects
            for name, view in views(one, objects[one.name], memory)
            if name in arrays
        }
        out = frozenset().union(*(written(one) for one in procedures))
        name = procedures[0].name if len(procedures) == 1 else combined_name(self.program)
        function = getattr(self._library(numbers), f"{small_stem(self.program, self.dtype)}_{name}")
        function.restype = None
        pointers = [
            memory.ctypes.data_as(ctypes.c_void_p) for memory in objects.values()
        ]  # each keeps its memory alive

        def call() -> None:
            for one, view in inside.items():
                if one not in out:
                    np.copyto(view, arrays[one])
            function(*pointers)
            for one, view in inside.items():
                if one in out:
                    np.copyto(arrays[one], view)

        return call

    def _library(self, numbers: Mapping[str, int]) -> ctypes.CDLL:
        key = tuple(numbers.values())
        if key not in self.built:
            stem = small_stem(self.program, self.dtype)
            source = files(self.program, numbers, self.dtype)
            path = library({name: source[name] for name in (f"{stem}.h", f"{stem}.c")}, stem)
            try:
                self.built[key] = ctypes.CDLL(str(path))
            except OSError as error:
                raise BuildError(
                    f"the library {path} cannot be loaded: {error}. Delete its folder and call again."
                ) from error
        return self.built[key]


def views(struct: Struct, memory: Array, sizes: Mapping[str, int]) -> Iterable[tuple[str, Array]]:
    """Yield the arrays of an object that is no union, by name, as they lie one behind the other."""
    if "" not in struct.parts:
        return
    start = 0
    for buffer in struct.buffers:
        dimensions = shape(buffer, sizes)
        count = prod(dimensions)
        yield buffer.name, memory[start : start + count].reshape(dimensions)
        start += count


def small_engine(program: Program, dtype: str, threads: int = 1) -> SmallEngine:
    """Return the engine of a program; nothing is emitted or compiled before a call tells the sizes.

    Raises:
        IRError: more than one thread is asked for.
        CompilerMissingError: there is no C compiler.
    """
    if threads != 1:
        raise IRError(
            f"{program.name}: C for small devices takes one thread: leave threads out, or take the backend c."
        )
    find_compiler()
    return SmallEngine(program, dtype)
