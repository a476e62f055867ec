"""What an engine returns for calls on the same memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Calls:
    """Procedures bound to memory: forward, backward, and one after the other. `memory` is what must live as long."""

    forward: Callable[[], None]
    backward: Callable[[], None]
    both: Callable[[], None]
    memory: tuple[Array, ...] = ()
