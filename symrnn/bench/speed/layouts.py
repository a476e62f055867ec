"""How the parameters of a cell stack into the few arrays of a fast recurrence, and how gradients of those come apart again.

Rows of gates are stacked in the order in which PyTorch has them: r z n, i f g o. The names of a stack are

    W_x  all that multiplies the input       b, or b_x beside it and b_h beside W_h: biases
    W_h  all that multiplies the state       the rest is called as in the cell
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Mapping[str, Array]


def _gates(pattern: str, gates: str) -> tuple[str, ...]:
    return tuple(pattern.format(gate) for gate in gates)


STACKS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "rnn": {"W_x": ("W_xh",), "W_h": ("W_hh",), "b": ("b_h",)},
    "gru": {
        "W_x": _gates("W_i{}", "rzn"),
        "W_h": _gates("W_h{}", "rzn"),
        "b_x": _gates("b_i{}", "rzn"),
        "b_h": _gates("b_h{}", "rzn"),
    },
    "lstm": {
        "W_x": _gates("W_i{}", "ifgo"),
        "W_h": _gates("W_h{}", "ifgo"),
        "b_x": _gates("b_i{}", "ifgo"),
        "b_h": _gates("b_h{}", "ifgo"),
    },
    "lstm_peephole": {
        "W_x": _gates("W_{}", "ifgo"),
        "W_h": _gates("U_{}", "ifgo"),
        "b": _gates("b_{}", "ifgo"),
        "p_i": ("p_i",),
        "p_f": ("p_f",),
        "p_o": ("p_o",),
    },
    "lstm_layer_norm": {name: (name,) for name in ("W_x", "W_h", "alpha_1", "alpha_2", "b", "alpha_3", "beta_3")},
    "mgu": {"W_x": _gates("W_{}", "fh"), "U_f": ("U_f",), "U_h": ("U_h",), "b": _gates("b_{}", "fh")},
    "indrnn": {"W_x": ("W",), "u": ("u",), "b": ("b",)},
}


def stacked(cell: str, arrays: Arrays) -> dict[str, Array]:
    """Return the stacks of a cell, from its parameters."""
    return {name: np.concatenate([arrays[part] for part in parts]) for name, parts in STACKS[cell].items()}


def apart(cell: str, gradients: Arrays) -> dict[str, Array]:
    """Return the gradients of a cell's parameters, `dW_hi`, from those of its stacks by the names of the stacks."""
    found = {}
    for name, parts in STACKS[cell].items():
        for part, rows in zip(parts, np.split(gradients[name], len(parts)), strict=True):
            found[f"d{part}"] = rows
    return found
