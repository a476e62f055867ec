"""The networks over which tests enumerate: every built-in cell with a loss, every head on some, and cells as texts.

What is composed of several cells or directions is in `architectures`.
"""

import importlib.util
from functools import cache
from pathlib import Path

from symrnn import cells
from symrnn.language.read import read_cell
from symrnn.model.composition import compose
from symrnn.model.equations import Cell
from symrnn.model.network import Network


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


EXTRA: dict[str, Cell] = {
    f"{name}_text" if name in cells.names() else name: read_cell(text, name) for name, text in _texts().items()
}
HEADS = ("none", *cells.heads())
# A head reads one column of the cell under it, whatever the cell: every head stands on these, and two kinds on every cell.
UNDER_EVERY_HEAD = ("rnn", "rnn_transposed", "elman", "irnn", "lstm", "mlstm")
USUAL_HEADS = ("none", "softmax_cross_entropy")


def _heads(cell: str) -> tuple[str, ...]:
    own = cells.load(cell).head.replace("-", "_") or "softmax_cross_entropy"
    return HEADS if cell in UNDER_EVERY_HEAD else (own,)


BUILT_IN = tuple(f"{cell}+{head}" for cell in cells.names() for head in _heads(cell))
OTHERS = tuple(f"{cell}+{head}" for cell in EXTRA for head in USUAL_HEADS)
ALL = BUILT_IN + OTHERS
# Where a test takes seconds for each network: one of every kind of equation, state, constant and weight.
THOROUGH = (
    *(f"{cell}+none" for cell in ("rnn", "lstm", "elman", "irnn", "rnn_transposed")),
    *(
        f"{cell}+softmax_cross_entropy"
        for cell in ("rnn", "gru", "mlstm", "slstm_stabilized", "lstm_layer_norm", "narx")
    ),
    *(
        f"{cell}+softmax_cross_entropy"
        for cell in ("deltanet", "mamba", "ctrnn_dale", "antisymmetric", "lmu", "clockwork")
    ),
)
# A diagonal matrix that is added instead of multiplied has no lowering.
RUNNABLE = tuple(name for name in ALL if not name.startswith("normalised_rows"))


@cache
def network(name: str) -> Network:
    """Return the network `cell+head`."""
    cell, _, head = name.partition("+")
    found = EXTRA[cell] if cell in EXTRA else cells.load(cell)
    return compose(found, None if head == "none" else cells.load_head(head))
