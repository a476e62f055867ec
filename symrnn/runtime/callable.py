"""A program as something to call with NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.errors import ArrayError, IRError
from symrnn.ir.buffers import GIVEN, KEPT, Role
from symrnn.ir.checkpoints import Memory
from symrnn.ir.nodes import Procedure, Program
from symrnn.passes import CHECKPOINTED, FOR, Pass, optimize
from symrnn.runtime.arrays import Needs, checked, needs
from symrnn.runtime.bound import Bound, bind
from symrnn.runtime.checkpoints import Checkpoints
from symrnn.runtime.engines import ENGINES, Engine
from symrnn.runtime.results import Results

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Forward and backward of one program, in one backend and one precision.

    Arrays are given by the names of the program's buffers, with its shapes: `x=(T, B, I)`, `W_hh=(H, H)`; sizes are
    read off them, but for the program's given sizes, which are whole numbers, by name too. Arrays have the dtype of the
    code, are never changed, and are copied where they are not contiguous. A target that sums to one may also be class
    indices, whole numbers (T, B). Names that a procedure does not need may be given if they belong to the program. Calls
    may run in several threads.
    """

    program: Program
    backend: str
    dtype: str
    engine: Engine = field(repr=False)
    needs: Mapping[str, Needs] = field(repr=False)  # of forward and of backward
    checkpoints: Checkpoints = field(default=Checkpoints(), repr=False)

    @property
    def sizes(self) -> tuple[tuple[str, str], ...]:
        """The sizes of the program: (name, what it counts)."""
        return self.program.sizes

    @property
    def source(self) -> Mapping[str, str]:
        """The emitted files: name → text."""
        return self.engine.source

    def forward(self, /, **arrays: object) -> Results:
        """Return states, outputs, what backward needs and, if there is one, the loss.

        Raises:
            ArrayError: an array is missing, unknown, or does not fit.
        """
        return self._run(self.program.forward, arrays)

    def backward(self, kept: Mapping[str, Array], /, **arrays: object) -> Results:
        """Return every gradient, from what forward returned and the same arrays; with them, given adjoints `dh`.

        Raises:
            ArrayError: an array is missing, unknown, or does not fit; or `kept` is not what forward returned.
        """
        if not isinstance(kept, Mapping):
            found = type(kept).__name__
            raise ArrayError(f"{self.program.name}: backward first needs what forward returned, not a {found}.")
        names = {buffer.name for buffer in self.program.having(*KEPT)}
        return self._run(self.program.backward, {**arrays, **{name: kept[name] for name in kept if name in names}})

    def loss_and_gradient(self, /, **arrays: object) -> Results:
        """Return everything that forward and backward write, in one call.

        Raises:
            ArrayError: the program has no loss (use `gradient`), or an array is missing, unknown, or does not fit.
        """
        if self.program.loss is None:
            raise ArrayError(f"{self.program.name} has no loss: call gradient, with {self._seeds()}.")
        return self._both(arrays)

    def gradient(self, /, **arrays: object) -> Results:
        """Return everything that forward and backward write, for given adjoints of the outputs.

        Raises:
            ArrayError: the program has a loss (use `loss_and_gradient`), or an array is missing or does not fit.
        """
        if self.program.loss is not None:
            raise ArrayError(f"{self.program.name} has a loss, {self.program.loss.name}: call loss_and_gradient.")
        return self._both(arrays)

    def bind(self, /, **arrays: object) -> Bound:
        """Check arrays and allocate results once, for many calls of forward and backward on the same memory; see `Bound`.

        Raises:
            ArrayError: an array that forward or backward needs is missing, or one is unknown, or does not fit.
        """
        arrays = self._counted(arrays)
        self._expect_all(arrays)
        return bind(self.program, self.needs, self.engine, self.dtype, arrays)

    def memory(self, /, **sizes: int) -> Memory:
        """Return what checkpoints cost at these sizes: `memory(T=10000, B=1, I=32, H=128, O=10)`; how many there are is chosen.

        Raises:
            ArrayError: the program has no checkpoints, a size is missing, or nothing fits the budget.
        """
        return self.checkpoints.chosen(self.program, sizes, self.dtype)

    def _counted(self, arrays: Mapping[str, object]) -> dict[str, object]:
        """Return the arrays with the number of chunks between checkpoints, if it is needed and not given."""
        return {**arrays, **self.checkpoints.told(self.program, arrays, self.dtype)}

    def _both(self, arrays: Mapping[str, object]) -> Results:
        arrays = self._counted(arrays)
        self._expect_all(arrays)
        kept = self._run(self.program.forward, arrays)
        gradients = self.backward(kept, **arrays)
        return Results(self.program.name, {**kept, **gradients}, kept.loss_name)

    def _expect_all(self, arrays: Mapping[str, object]) -> None:
        needed = self.needs["backward"]
        names = (*(one.name for one in needed.buffers if one.role not in KEPT), *needed.told)
        missing = [name for name in names if name not in arrays]
        if missing:
            raise ArrayError(f"{self.program.name}: missing {', '.join(missing)}: give what backward needs too.")

    def _run(self, procedure: Procedure, arrays: Mapping[str, object]) -> Results:
        arrays = self._counted(arrays)
        roles = (*GIVEN, Role.SEED, *(KEPT if procedure is self.program.backward else ()))
        ready, sizes = checked(self.needs[procedure.name], self.program.having(*roles), arrays, self.dtype)
        written = self.engine.run(procedure, ready, sizes)
        loss = self.program.loss
        return Results(self.program.name, written, loss.name if loss and loss.name in written else None)

    def _seeds(self) -> str:
        return ", ".join(f"{seed.name}=..." for seed in self.program.having(Role.SEED)) or "the arrays"


def load(
    program: Program,
    backend: str = "numpy",
    dtype: str = "float64",
    passes: tuple[Pass, ...] | None = None,
    threads: int = 1,
    checkpoints: Checkpoints | None = None,
) -> Compiled:
    """Make a program fast, emit it, build it, and return something to call.

    `passes` are those that the backend's code is made with; None takes `symrnn.passes.FOR[backend]`, () changes nothing. With
    `checkpoints` it takes `symrnn.passes.CHECKPOINTED[backend]`; they say how many chunks there are where a call does not.
    `threads` is how many threads one call may take; where there is little to do it takes fewer. Results are the same bits.

    Raises:
        IRError: the program is not well formed, there is no such backend or dtype, or the backend has no such number of threads.
        CompilerMissingError: the backend needs a C compiler and there is none.
        BuildError: the compiler refused the source, or the cache is damaged.
        OutputError: the cache cannot be written.
    """
    if backend not in ENGINES:
        raise IRError(f"{program.name}: no backend {backend!r}: use one of {', '.join(ENGINES)}.")
    if dtype not in ("float32", "float64"):
        raise IRError(f"{program.name}: no code for dtype {dtype!r}: use float32 or float64.")
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise IRError(f"{program.name}: threads is a whole number from 1, found {threads!r}.")
    usual = FOR if checkpoints is None else CHECKPOINTED
    program = optimize(program, usual[backend] if passes is None else passes)
    needed = {one.name: needs(program, one) for one in (program.forward, program.backward)}
    engine = ENGINES[backend](program, dtype, threads)
    return Compiled(program, backend, np.dtype(dtype).name, engine, needed, checkpoints or Checkpoints())
