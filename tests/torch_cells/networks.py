"""Compositions in PyTorch: `torch.nn` where it has them, the torch lines of the cells in loops where it has not.

A reference takes all arrays as leaves of autograd, by the names that symrnn gives them, and returns the loss and the prediction.
Names end in what says where a cell stands: _1 and _2 for layers, f and b for upwards and downwards, _e and _d for encoder and
decoder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, cat, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from torch_cells.registry import STEPS, linear, states_of, unroll

Leaves = dict[str, Tensor]
Reference = Callable[[Leaves], tuple[Tensor, Tensor]]
MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
GATES = {"gru": "rzn", "lstm": "ifgo"}
LENGTHS = (5, 2, 4)  # of the sequences of a masked batch; no order, one of them full


@dataclass(frozen=True)
class Case:
    """A network as symrnn is asked for it, and its reference; `equal`: all hidden sizes are one, as torch.nn needs it."""

    cell: Any
    head: str
    options: dict[str, Any]
    reference: Reference
    equal: bool = False
    sizes: dict[str, int] = field(default_factory=dict)
    given: Callable[[], dict[str, np.ndarray]] = dict


def mask() -> dict[str, np.ndarray]:
    return {"m": (np.arange(5)[:, None] < np.array(LENGTHS)).astype(float)[:, :, None]}


# -- heads -----------------------------------------------------------------------------------------------------------------


def cross_entropy(leaves: Leaves, h: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the sum over everything of the cross-entropy of a softmax, and the softmax; targets by entry or by class."""
    z = linear(leaves["W_hy"], h) + leaves["b_y"]
    y = leaves["y"]
    classes = y.reshape(-1) if y.dtype == torch.int64 else y.flatten(0, -2)
    each = functional.cross_entropy(z.flatten(0, -2), classes, reduction="none").reshape(z.shape[:-1])
    return (each if weights is None else each * weights[..., 0]).sum(), z.softmax(-1)


def squared_error(leaves: Leaves, h: Tensor) -> tuple[Tensor, Tensor]:
    y_hat = linear(leaves["W_hy"], h) + leaves["b_y"]
    target = leaves["y2"] if "y2" in leaves else leaves["y"]  # a cell may have an output of the name y
    return functional.mse_loss(y_hat, target, reduction="sum") / 2, y_hat


def independent(leaves: Leaves, h: Tensor) -> tuple[Tensor, Tensor]:
    z = linear(leaves["W_hy"], h) + leaves["b_y"]
    return functional.binary_cross_entropy_with_logits(z, leaves["y"], reduction="sum"), z


# -- torch.nn --------------------------------------------------------------------------------------------------------------


def places(layers: int, both: bool) -> list[list[str]]:
    """Return the suffixes of the names, layer by layer."""
    numbers = [str(number) for number in range(1, layers + 1)] if layers > 1 else [""]
    return [[f"_{number}f", f"_{number}b"] if both else [f"_{number}" if number else ""] for number in numbers]


def stacked(kind: str, leaves: Leaves, suffix: str) -> list[Tensor]:
    """Return weight_ih, weight_hh, bias_ih, bias_hh of one direction of one layer."""
    if kind == "rnn":
        bias = leaves[f"b_h{suffix}"]
        return [leaves[f"W_xh{suffix}"], leaves[f"W_hh{suffix}"], bias, torch.zeros_like(bias)]
    return [cat([leaves[f"{of}{gate}{suffix}"] for gate in GATES[kind]]) for of in ("W_i", "W_h", "b_i", "b_h")]


def module(kind: str, leaves: Leaves, layers: int, both: bool, lengths: tuple[int, ...] = ()) -> tuple[Tensor, Tensor]:
    """Run the module of PyTorch on the same weights; return the outputs of every step and h_n (layers · directions, B, H)."""
    x = leaves["x"]
    table = places(layers, both)
    weights = {}
    for number, row in enumerate(table):
        for suffix, way in zip(row, ("", "_reverse"), strict=False):
            names = (f"{of}_l{number}{way}" for of in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
            weights |= dict(zip(names, stacked(kind, leaves, suffix), strict=True))
    starts = [
        torch.stack([leaves[f"{state}{suffix}0"] for row in table for suffix in row])
        for state in ("hc" if kind == "lstm" else "h")
    ]
    net = MODULES[kind](x.shape[2], starts[0].shape[2], num_layers=layers, bidirectional=both, dtype=x.dtype)
    read = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False) if lengths else x
    with torch.no_grad():
        assert {name: one.shape for name, one in net.named_parameters()} == {
            name: one.shape for name, one in weights.items()
        }
    out, end = torch.func.functional_call(net, weights, (read, tuple(starts) if kind == "lstm" else starts[0]))
    out = pad_packed_sequence(out, total_length=len(x))[0] if lengths else out
    return out, end[0] if kind == "lstm" else end


def of_torch(kind: str, layers: int = 1, both: bool = False, last: bool = False, masked: bool = False) -> Case:
    """Return a stack with softmax and cross-entropy at every step, or on h_n of the top layer."""

    def reference(leaves: Leaves) -> tuple[Tensor, Tensor]:
        out, end = module(kind, leaves, layers, both, LENGTHS if masked else ())
        if last:
            return cross_entropy(leaves, cat(tuple(end[-2:] if both else end[-1:]), dim=1))
        return cross_entropy(leaves, out, leaves["m"] if masked else None)

    options = {
        "layers": layers,
        "bidirectional": both,
        "mode": "many-to-one" if last else "many-to-many",
        "masked": masked,
    }
    return Case(kind, "softmax-cross-entropy", options, reference, True, {"B": len(LENGTHS)}, mask if masked else dict)


# -- loops -----------------------------------------------------------------------------------------------------------------


def weights_at(leaves: Leaves, suffix: str) -> Leaves:
    return {name.removesuffix(suffix): leaf for name, leaf in leaves.items() if name.endswith(suffix)}


def output(made: Leaves) -> Tensor:
    """Return what a cell puts out: y where it has one beside its states."""
    return made["y"] if "y" in made else made["h"]


def scan(
    cell: str,
    leaves: Leaves,
    suffix: str,
    x: Tensor,
    start: Leaves | None = None,
    held: Tensor | None = None,
    down: bool = False,
) -> Leaves:
    """Return what every step of one cell makes; its states start where the caller says, or at arrays such as h_1f0."""
    given = {name: leaves[f"{name}{suffix}0"] for name in states_of(STEPS[cell]) if f"{name}{suffix}0" in leaves}
    return unroll(STEPS[cell], weights_at(leaves, suffix), x, start or given, held, down)


def pairs(leaves: Leaves, cells: list[tuple[str, str]], x: Tensor, held: Tensor | None = None) -> Tensor:
    """Return the outputs of layers of two directions; the downward cell reads the reversed sequence."""
    reverse = None if held is None else held.flip(0)
    for number, (up, down) in enumerate(cells, 1):
        place = number if len(cells) > 1 else ""
        upward = output(scan(up, leaves, f"_{place}f", x, None, held))
        downward = output(scan(down, leaves, f"_{place}b", x.flip(0), None, reverse, True))
        x = cat((upward, downward.flip(0)), dim=2)
    return x


def ends(made: Leaves, cell: str) -> Leaves:
    return {name: made[name][-1] for name in states_of(STEPS[cell])}


def generate(
    leaves: Leaves, suffix: str, start: Tensor, context: Tensor | None = None, cell: str = "rnn", squash: bool = True
) -> Tensor:
    """Return the states h of a cell that reads its own predictions, and the context below them if there is one."""
    h, y_hat, found = start, leaves["y_hat0"], []
    for _ in leaves["y"]:
        read = y_hat if context is None else cat((y_hat, context), dim=1)
        h = unroll(STEPS[cell], weights_at(leaves, suffix), read[None], {"h": h})["h"][0]
        z = linear(leaves["W_hy"], h) + leaves["b_y"]
        y_hat = z.softmax(-1) if squash else z
        found.append(h)
    return torch.stack(found)
