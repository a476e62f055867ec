"""What calls of compiled code return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from symrnn.errors import ArrayError

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Results(Mapping[str, Array]):
    """What a call wrote: arrays by the names of their buffers, read like a dictionary."""

    program: str
    arrays: Mapping[str, Array]
    loss_name: str | None = None

    @property
    def loss(self) -> float:
        """The loss, as a number.

        Raises:
            ArrayError: nothing here is a loss.
        """
        if self.loss_name is None:
            raise ArrayError(f"{self.program}: no loss among the results {', '.join(self)}.")
        return float(self.arrays[self.loss_name])

    def __getitem__(self, name: str) -> Array:
        """Return the array with this name."""
        if name not in self.arrays:
            raise KeyError(f"{self.program}: no result {name}; there are {', '.join(self)}")
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __repr__(self) -> str:
        return f"Results({', '.join(f'{name} {array.shape}' for name, array in self.arrays.items())})"
