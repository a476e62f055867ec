"""The networks over which tests enumerate: every built-in cell with every head, and cells that are not built in."""

import importlib.util
from pathlib import Path

from symrnn import cells
from symrnn.language.read import read_cell
from symrnn.model.equations import Cell
from symrnn.model.network import Network, compose


def _texts() -> dict[str, str]:
    place = Path(__file__).parent / "language" / "texts.py"
    spec = importlib.util.spec_from_file_location("symrnn_test_texts", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, str] = {}
    for value in vars(module).values():
        if isinstance(value, dict):
            found |= {
                name: text for name, text in value.items() if isinstance(text, str) and text.lstrip().startswith("cell")
            }
    return found


EXTRA: dict[str, Cell] = {name: read_cell(text, name) for name, text in _texts().items()}
NOT_STORED = {"antisymmetric", "normalized"}  # derived, but with a matrix or a scalar per step that no buffer holds yet
HEADS = ("none", *cells.heads())
BUILT_IN = tuple(f"{cell}+{head}" for cell in cells.names() for head in HEADS)
OTHERS = tuple(f"{cell}+{head}" for cell in EXTRA for head in ("none", "softmax_cross_entropy"))
ALL = BUILT_IN + OTHERS
RUNNABLE = tuple(name for name in ALL if name.partition("+")[0] not in NOT_STORED)


def network(name: str) -> Network:
    """Return the network `cell+head`."""
    cell, _, head = name.partition("+")
    found = EXTRA[cell] if cell in EXTRA else cells.load(cell)
    return compose(found, None if head == "none" else cells.load_head(head))
