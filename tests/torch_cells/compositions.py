"""The networks that are compared, by name."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, cat, zeros_like

from torch_cells.networks import (
    Case,
    Leaves,
    cross_entropy,
    ends,
    generate,
    independent,
    mask,
    of_torch,
    output,
    pairs,
    scan,
    squared_error,
)
from torch_cells.registry import linear

CROSS = "softmax-cross-entropy"
THREE = {"B": 3}
Found = tuple[Tensor, Tensor]


# -- at every step, at the end ---------------------------------------------------------------------------------------------


def both_ways(*cells: tuple[str, str], masked: bool = False) -> Case:
    """Return layers of two directions, pairwise different cells and sizes."""

    def reference(leaves: Leaves) -> Found:
        held = leaves["m"] if masked else None
        return cross_entropy(
            leaves, pairs(leaves, list(cells), leaves["x"] if "x" in leaves else leaves["u"], held), held
        )

    return Case(list(cells), CROSS, {"masked": masked}, reference, sizes=THREE, given=mask if masked else dict)


def weighted_and_learned(leaves: Leaves) -> Found:
    start = {name: leaves[f"{name}0"].expand(leaves["x"].shape[1], -1) for name in "hc"}
    return cross_entropy(leaves, scan("lstm", leaves, "", leaves["x"], start)["h"], leaves["w"])


def masked_and_weighted(leaves: Leaves) -> Found:
    h = scan("gru", leaves, "", leaves["x"], held=leaves["m"])["h"]
    return cross_entropy(leaves, h, leaves["m"] * leaves["w"])


def zero(leaves: Leaves) -> Found:
    h = torch.zeros(leaves["x"].shape[1], len(leaves["b"]), dtype=leaves["x"].dtype)
    return squared_error(leaves, scan("gru_reset_before", leaves, "", leaves["x"], {"h": h})["h"])


def labels(leaves: Leaves) -> Found:
    return independent(leaves, scan("mgu", leaves, "", leaves["x"])["h"])


def classes(leaves: Leaves) -> Found:
    return cross_entropy(leaves, scan("lstm_peephole", leaves, "", leaves["x"])["h"])


def read_out(leaves: Leaves) -> Found:
    """Without a loss the caller gives the adjoint."""
    y = linear(leaves["W_hy"], scan("lru", leaves, "", leaves["x"])["y"][-1]) + leaves["b_y"]
    return (leaves["dy2"] * y).sum(), y


def tied(leaves: Leaves) -> Found:
    both = {**leaves, "W_hh_2": leaves["W_hh_1"]}
    return cross_entropy(both, scan("rnn", both, "_2", scan("rnn", both, "_1", leaves["x"])["h"])["h"])


def tied_across(leaves: Leaves) -> Found:
    return cross_entropy({**leaves, "W_hy": leaves["W_xh"].T}, scan("rnn", leaves, "", leaves["x"])["h"])


def one_to_one(cell: str):
    def reference(leaves: Leaves) -> Found:
        return squared_error(leaves, output(scan(cell, leaves, "", leaves["x"][None]))[0])

    return reference


# -- one to many -----------------------------------------------------------------------------------------------------------


def one_input(leaves: Leaves) -> Found:
    x = leaves["x0"][None]
    sequence = cat((x, zeros_like(x).expand(len(leaves["y"]) - 1, -1, -1)))
    return squared_error(leaves, scan("lstm", leaves, "", sequence)["h"])


def fed_back(leaves: Leaves) -> Found:
    return squared_error(leaves, generate(leaves, "", leaves["h0"], squash=False))


def certain(leaves: Leaves) -> Found:
    """All predictions but one underflow; the gradient is finite, for the logarithm is of the softmax."""
    return cross_entropy(leaves, generate(leaves, "", leaves["h0"]))


# -- an encoder and a decoder ----------------------------------------------------------------------------------------------


def forced(cell: str):
    def reference(leaves: Leaves) -> Found:
        end = ends(scan(cell, leaves, "_e", leaves["x"]), cell)
        return cross_entropy(leaves, output(scan(cell, leaves, "_d", leaves["x_d"], end)))

    return reference


def forced_in_two_layers(leaves: Leaves) -> Found:
    below = scan("gru", leaves, "_e1", leaves["x"])
    above = scan("gru", leaves, "_e2", below["h"])
    h = scan("gru", leaves, "_d1", leaves["x_d"], ends(below, "gru"))["h"]
    return cross_entropy(leaves, scan("gru", leaves, "_d2", h, ends(above, "gru"))["h"])


def forced_from_a_learned_start(leaves: Leaves) -> Found:
    """The start of the encoder is learned; the decoder starts where the encoder ends."""
    h = leaves["h_e0"].expand(leaves["x"].shape[1], -1)
    end = ends(scan("gru", leaves, "_e", leaves["x"], {"h": h}), "gru")
    return cross_entropy(leaves, scan("gru", leaves, "_d", leaves["x_d"], end)["h"])


def encoder_decoder_fed_back(cell: str):
    def reference(leaves: Leaves) -> Found:
        h = scan(cell, leaves, "_e", leaves["x"])["h"][-1]
        return cross_entropy(leaves, generate(leaves, "_d", h, cell=cell))

    return reference


def context(leaves: Leaves) -> Found:
    """The decoder reads its input and the end of the encoder."""
    end = ends(scan("lstm", leaves, "_e", leaves["x"]), "lstm")
    own = leaves["x_d"]
    read = cat((own, end["h"].expand(len(own), -1, -1)), dim=2)
    return cross_entropy(leaves, scan("lstm", leaves, "_d", read, end)["h"])


def context_from_both_directions(leaves: Leaves) -> Found:
    """The decoder is fed back; the end of an encoder of two directions is where each of them ends."""
    x = leaves["x"]
    up = scan("rnn", leaves, "_ef", x)["h"][-1]
    down = scan("rnn", leaves, "_eb", x.flip(0))["h"][-1]
    end = cat((up, down), dim=1)
    return cross_entropy(leaves, generate(leaves, "_d", end, end))


def class_indices() -> dict[str, np.ndarray]:
    return {"y": np.random.default_rng(1).integers(0, 6, (5, 2))}


def certainty() -> dict[str, np.ndarray]:
    return {"b_y": np.array([0.0, 1000.0, 0.0, 0.0, 0.0, 0.0])}


ENCODER = {"mode": "encoder-decoder"}
FED = {"feedback": True}
COMPOSITIONS = {
    **{f"{kind}, two layers": of_torch(kind, layers=2) for kind in ("rnn", "gru", "lstm")},
    **{f"{kind}, two directions": of_torch(kind, both=True) for kind in ("rnn", "gru", "lstm")},
    **{f"{kind}, two layers of two directions": of_torch(kind, 2, True) for kind in ("rnn", "gru", "lstm")},
    "lstm, two layers, h_n": of_torch("lstm", 2, last=True),
    "gru, two layers of two directions, h_n": of_torch("gru", 2, True, last=True),
    "rnn, three layers of two directions, h_n": of_torch("rnn", 3, True, last=True),
    "gru, two layers, packed": of_torch("gru", 2, masked=True),
    "lstm, two layers of two directions, packed": of_torch("lstm", 2, True, masked=True),
    "rnn, two directions, packed, h_n": of_torch("rnn", 1, True, last=True, masked=True),
    "lstm, two layers of two directions, packed, h_n": of_torch("lstm", 2, True, last=True, masked=True),
    "other cells upwards and downwards": both_ways(("gru", "lstm"), ("rnn", "gru_reset_before")),
    "other cells, masked": both_ways(("gru", "lstm"), ("rnn", "gru_reset_before"), masked=True),
    "memories, masked": both_ways(("linear_attention", "lmu"), ("rwkv4", "deltanet"), masked=True),
    "several steps back": both_ways(("narx", "narx")),
    "weighted, learned start": Case("lstm", CROSS, {"weighted": True, "initial": "learned"}, weighted_and_learned),
    "masked and weighted": Case(
        "gru", CROSS, {"masked": True, "weighted": True}, masked_and_weighted, False, THREE, mask
    ),
    "start at zero": Case("gru_reset_before", "squared-error", {"initial": "zero"}, zero),
    "sigmoid and cross-entropy": Case("mgu", "sigmoid-cross-entropy", {}, labels),
    "classes by number": Case("lstm_peephole", CROSS, {}, classes, given=class_indices, sizes={"O": 6}),
    "linear readout of the last": Case("lru", "linear", {"mode": "many-to-one"}, read_out),
    "tied layers": Case("rnn", CROSS, {"layers": 2, "tied": [("W_hh_1", "W_hh_2")]}, tied),
    "tied input and output": Case("rnn", CROSS, {"tied": [("W_xh.T", "W_hy")]}, tied_across),
    "one to one": Case("gru", "squared-error", {"mode": "one-to-one"}, one_to_one("gru")),
    "one to one, lru": Case("lru", "squared-error", {"mode": "one-to-one"}, one_to_one("lru")),
    "one to many": Case("lstm", "squared-error", {"mode": "one-to-many"}, one_input),
    "one to many, fed back": Case("rnn", "squared-error", {"mode": "one-to-many"} | FED, fed_back),
    "one to many, certain of what is fed back": Case(
        "rnn", CROSS, {"mode": "one-to-many"} | FED, certain, sizes={"O": 6}, given=certainty
    ),
    "encoder and decoder, gru": Case("gru", CROSS, ENCODER, forced("gru")),
    "encoder and decoder, lstm": Case("lstm", CROSS, ENCODER, forced("lstm")),
    "encoder and decoder, gla": Case("gla", CROSS, ENCODER, forced("gla")),
    "encoder and decoder, two layers": Case("gru", CROSS, ENCODER | {"layers": 2}, forced_in_two_layers),
    "encoder and decoder, fed back": Case("rnn", CROSS, ENCODER | FED, encoder_decoder_fed_back("rnn")),
    "encoder and decoder, fed back, mut1": Case("mut1", CROSS, ENCODER | FED, encoder_decoder_fed_back("mut1")),
    "encoder and decoder, learned start": Case(
        "gru", CROSS, ENCODER | {"initial": "learned"}, forced_from_a_learned_start
    ),
    "encoder and decoder, context": Case("lstm", CROSS, ENCODER | {"context": "every-step"}, context),
    "encoder of two directions, context, fed back": Case(
        "rnn",
        CROSS,
        ENCODER | FED | {"context": "every-step", "bidirectional": True, "decoder": ["rnn"]},
        context_from_both_directions,
    ),
}
