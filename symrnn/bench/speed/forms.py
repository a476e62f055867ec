"""What is measured: one way of computing forward and backward, ours or a peer's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from symrnn.errors import SymrnnError
from symrnn.ir.buffers import Role
from symrnn.runtime import Bound, Compiled

Array = NDArray[Any]
Arrays = Mapping[str, Array]


class Form(Protocol):
    """Forward and backward on some arrays; everything that can be done once was done."""

    @property
    def name(self) -> str:
        """What is done, in a few words."""

    def run(self) -> object:
        """Compute the states and every gradient, and come back when they are there."""

    def gradients(self) -> dict[str, Array]:
        """Return every gradient by the name that it has in the emitted code, after one run."""


class FormError(SymrnnError):
    """A form cannot be had here; the message says why."""


class Peer(Protocol):
    """A library that computes the same."""

    @property
    def name(self) -> str:
        """What the library is called."""

    @property
    def version(self) -> str:
        """Its version; nothing where it is not installed."""

    @property
    def remedy(self) -> str:
        """What to install."""

    def forms(self, cell: str, arrays: Arrays) -> Iterator[Form | FormError]:
        """Yield the forms of a cell, bound to arrays by our names; nothing if it has none."""


@dataclass(frozen=True, slots=True)
class Own:
    """Emitted code on memory of its own: one call."""

    name: str
    compiled: Compiled
    bound: Bound

    def run(self) -> object:
        """Compute everything."""
        return self.bound()

    def gradients(self) -> dict[str, Array]:
        """Return every gradient."""
        found = self.bound()
        return {buffer.name: found[buffer.name] for buffer in self.compiled.program.having(Role.GRADIENT)}


def own(compiled: Compiled, arrays: Arrays) -> Own:
    """Return the form of emitted code."""
    return Own(compiled.backend, compiled, compiled.bind(**arrays))
