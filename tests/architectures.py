"""Architectures over which tests enumerate: every mode and option, with cells that are pairwise different where they can be."""

from dataclasses import replace

from symrnn import cells
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell
from symrnn.model.architecture import Architecture, Layer
from symrnn.model.composition import build
from symrnn.model.equations import Cell
from symrnn.model.network import Network

LSTM = read_cell(
    """
cell lstm
  title: long short-term memory
  source: Gers, Schmidhuber, Cummins, "Learning to forget", Neural Computation 12 (2000)
  input x: I
  state h: H, c: H
  i = sigmoid(W_i @ x + U_i @ h[t-1] + b_i)
  f = sigmoid(W_f @ x + U_f @ h[t-1] + b_f)
  o = sigmoid(W_o @ x + U_o @ h[t-1] + b_o)
  g = tanh(W_g @ x + U_g @ h[t-1] + b_g)
  c = f * c[t-1] + i * g
  h = o * tanh(c)
  output h
"""
)
LAGS = read_cell(
    """
cell lags
  input x: I
  state h: H
  h = tanh(W @ x + U_1 @ h[t-1] + U_2 @ h[t-2] + b)
"""
)
STATIC = read_cell(
    """
cell antisymmetric_step
  title: network with an antisymmetric matrix
  input x: I
  state h: H
  h = h[t-1] + 0.5 * tanh((W - W.T) @ h[t-1] + V @ x + b)
"""
)
MEMORY = read_cell(
    """
cell memory
  title: network with a matrix memory
  input x: I
  state C: H x K, n: K
  k = W_k @ x + b_k
  v = W_v @ x
  f = sigmoid(w_f.T @ x)
  param W_k: K x I, w_f: I
  C = f * C[t-1] + v @ k.T
  n = f * n[t-1] + k
  h = C @ n
  output h
"""
)
RNN, ELMAN = cells.load("rnn"), cells.load("elman")
SOFTMAX, SQUARED = cells.load_head("softmax_cross_entropy"), cells.load_head("squared_error")
LINEAR = cells.load_head("linear")


def _layers(*found) -> tuple[Layer, ...]:
    return tuple(Layer(*one) if isinstance(one, tuple) else Layer(one) for one in found)


ARCHITECTURES: dict[str, Architecture] = {
    "stacked": Architecture(_layers(RNN, ELMAN), SOFTMAX),
    "stacked_same": Architecture(_layers(LSTM, LSTM), LINEAR),
    "deep": Architecture(_layers(RNN, ELMAN, RNN, LAGS, ELMAN), SQUARED),
    "bidirectional": Architecture(_layers((RNN, RNN)), SOFTMAX),
    "bidirectional_lags": Architecture(_layers((LSTM, LAGS)), SQUARED),
    "bidirectional_states": Architecture(_layers((RNN, ELMAN)), None),
    "deep_bidirectional": Architecture(_layers((RNN, ELMAN), (ELMAN, RNN)), SOFTMAX),
    "many_to_one": Architecture(_layers(LSTM), SOFTMAX, "many-to-one"),
    "many_to_one_both": Architecture(_layers((RNN, ELMAN)), SQUARED, "many-to-one"),
    "many_to_one_states": Architecture(_layers(ELMAN), None, "many-to-one"),
    "one_to_many": Architecture(_layers(RNN, ELMAN), SOFTMAX, "one-to-many"),
    "one_to_many_feedback": Architecture(_layers(LSTM), SOFTMAX, "one-to-many", feedback=True),
    "one_to_one": Architecture(_layers(RNN, ELMAN), SQUARED, "one-to-one"),
    "one_to_one_learned": Architecture(_layers(RNN), SOFTMAX, "one-to-one", initial="learned"),
    "zero": Architecture(_layers(RNN, ELMAN), SOFTMAX, initial="zero"),
    "learned": Architecture(_layers(RNN, (ELMAN, RNN)), SOFTMAX, initial="learned"),
    "encoder_decoder": Architecture(_layers(RNN), SOFTMAX, "encoder-decoder", decoder=_layers(ELMAN)),
    "encoder_decoder_deep": Architecture(
        _layers((RNN, RNN), ELMAN), SOFTMAX, "encoder-decoder", decoder=_layers(RNN, ELMAN)
    ),
    "encoder_decoder_feedback": Architecture(_layers(LSTM), SOFTMAX, "encoder-decoder", feedback=True),
    "encoder_decoder_context": Architecture(_layers(ELMAN), SQUARED, "encoder-decoder", context="every-step"),
    "context_feedback": Architecture(_layers(RNN), SOFTMAX, "encoder-decoder", context="every-step", feedback=True),
    "masked": Architecture(_layers((LSTM, RNN)), SOFTMAX, masked=True),
    "masked_many_to_one": Architecture(_layers((RNN, ELMAN)), SQUARED, "many-to-one", masked=True),
    "masked_encoder_decoder": Architecture(_layers(RNN), SOFTMAX, "encoder-decoder", masked=True),
    "weighted": Architecture(_layers(ELMAN), SOFTMAX, weighted=True),
    "weighted_many_to_one": Architecture(_layers(RNN), SQUARED, "many-to-one", weighted=True),
    "tied": Architecture(_layers(RNN, RNN), SOFTMAX, tied=(("W_hh_1", "W_hh_2"),)),
    "tied_over_lengths": Architecture(
        _layers(RNN), SOFTMAX, "encoder-decoder", decoder=_layers(RNN), tied=(("W_hh_e", "W_hh_d"),)
    ),
    "tied_transposed": Architecture(_layers(RNN), SOFTMAX, tied=(("W_xh.T", "W_hy"),)),
    "static": Architecture(_layers(STATIC), SOFTMAX),
    "static_both": Architecture(_layers((STATIC, RNN)), SOFTMAX),
    "memory": Architecture(_layers(MEMORY), SQUARED),
    "memory_both": Architecture(_layers((MEMORY, STATIC)), SOFTMAX, "many-to-one"),
}


def network(name: str) -> Network:
    """Return the network of an architecture by its name."""
    return build(ARCHITECTURES[name])


# -- pairs of options -----------------------------------------------------------------------------------------------------

TWO_INPUTS = read_cell(
    "cell two_inputs\n  input x: I, u: G\n  state h: H\n  h = tanh(W @ x + V @ u + U @ h[t-1])\n  y = h * h[t-1]\n  output y, h\n"
)
CELLS = {
    "gru": cells.load("gru"),
    "lstm": cells.load("lstm"),
    "memory": MEMORY,
    "static": cells.load("antisymmetric"),
    "lags": cells.load("narx"),
    "two_inputs": TWO_INPUTS,
}
OTHER = {"lstm": cells.load("lstm_projection"), "memory": cells.load("retnet")}  # decoders; else the next cell
FACTORS = {
    "mode": ("many-to-many", "many-to-one", "one-to-many", "one-to-one", "encoder-decoder"),
    "layers": ("one", "two"),
    "directions": ("upwards", "both"),
    "cell": tuple(CELLS),
    "initial": ("own", "given", "zero", "learned"),
    "length": ("full", "masked"),
    "loss": ("plain", "weighted"),
    "input": ("all", "feedback"),
    "context": ("initial", "every-step"),
    "decoder": ("same", "other"),
    "weights": ("untied", "tied", "transposed"),
    "head": ("none", "linear", "squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy"),
}

# What an architecture does not allow; every other pair of options stands together in some row.
IMPOSSIBLE = {
    ("many-to-many", "feedback"),
    ("many-to-many", "every-step"),
    ("many-to-many", "other"),
    ("many-to-one", "feedback"),
    ("many-to-one", "every-step"),
    ("many-to-one", "other"),
    ("one-to-many", "both"),
    ("one-to-many", "every-step"),
    ("one-to-many", "other"),
    ("one-to-one", "both"),
    ("one-to-one", "masked"),
    ("one-to-one", "feedback"),
    ("one-to-one", "every-step"),
    ("one-to-one", "other"),
    ("weighted", "none"),
    ("weighted", "linear"),
    ("feedback", "none"),
}
ROWS = (
    "encoder-decoder two upwards gru own full weighted all every-step same tied sigmoid_cross_entropy",
    "encoder-decoder one upwards gru learned masked plain all initial other untied softmax_cross_entropy",
    "many-to-many two both gru zero masked plain all initial same transposed linear",
    "one-to-many one upwards gru given full plain all initial same tied none",
    "encoder-decoder one upwards gru zero masked weighted feedback every-step other transposed squared_error",
    "encoder-decoder two both lags given full weighted feedback every-step same untied softmax_cross_entropy",
    "one-to-one one upwards lags own full plain all initial same untied squared_error",
    "encoder-decoder two upwards lags learned masked plain feedback every-step other tied sigmoid_cross_entropy",
    "many-to-one one upwards lags zero full plain all initial same untied linear",
    "encoder-decoder two both lags learned full plain all initial other transposed none",
    "encoder-decoder one upwards lstm own full plain feedback every-step other transposed linear",
    "many-to-one two both lstm given masked weighted all initial same untied squared_error",
    "many-to-many one upwards lstm zero masked plain all initial same tied none",
    "one-to-many two upwards lstm learned masked weighted feedback initial same transposed sigmoid_cross_entropy",
    "many-to-many two both lstm own masked weighted all initial same tied softmax_cross_entropy",
    "encoder-decoder one upwards memory given masked weighted feedback every-step other tied sigmoid_cross_entropy",
    "many-to-many two both memory learned full plain all initial same tied linear",
    "many-to-one two both memory own full plain all initial same transposed none",
    "one-to-one two upwards memory learned full plain all initial same transposed softmax_cross_entropy",
    "one-to-many one upwards memory own full plain feedback initial same untied squared_error",
    "one-to-one two upwards memory zero full weighted all initial same tied squared_error",
    "encoder-decoder one both static own masked plain all every-step other untied sigmoid_cross_entropy",
    "one-to-one two upwards static learned full weighted all initial same tied squared_error",
    "one-to-many two upwards static given masked plain all initial same transposed linear",
    "many-to-many two upwards static zero masked plain all initial same untied none",
    "many-to-one one both static zero full weighted all initial same untied softmax_cross_entropy",
    "one-to-many two upwards static zero masked weighted feedback initial same untied sigmoid_cross_entropy",
    "encoder-decoder one upwards two_inputs own masked plain all every-step same tied none",
    "many-to-many one both two_inputs given full plain all initial same transposed squared_error",
    "encoder-decoder two upwards two_inputs zero masked weighted feedback every-step other untied squared_error",
    "many-to-one one both two_inputs learned masked plain all initial same transposed linear",
    "one-to-one one upwards two_inputs given full weighted all initial same transposed sigmoid_cross_entropy",
    "one-to-many two upwards two_inputs zero masked plain all initial same untied softmax_cross_entropy",
    "many-to-many two upwards lags zero masked plain all initial same tied sigmoid_cross_entropy",
    "many-to-one one both gru own full weighted all initial same tied sigmoid_cross_entropy",
    "one-to-many one upwards lags given full plain all initial same untied none",
    "one-to-one two upwards gru own full plain all initial same untied linear",
    "one-to-one one upwards lstm given full plain all initial same untied none",
)


def pairwise(row: str) -> Network:
    """Return the network of a row, one word for each of FACTORS; a second layer and another decoder are of other cells."""
    word = dict(zip(FACTORS, row.split(), strict=True))
    found = list(CELLS.values())
    place = list(CELLS).index(word["cell"])
    ups = [found[place], found[(place + 1) % len(found)]][: 1 if word["layers"] == "one" else 2]
    downs = [found[(place + 2) % len(found)], found[place]] if word["directions"] == "both" else [None, None]
    other = [Layer(OTHER.get(name, found[(list(CELLS).index(name) + 1) % len(found)])) for name in _names(ups)]
    wanted = Architecture(
        tuple(Layer(up, down) for up, down in zip(ups, downs, strict=False)),
        None if word["head"] == "none" else cells.load_head(word["head"]),
        word["mode"],
        None if word["initial"] == "own" else word["initial"],
        word["length"] == "masked",
        word["loss"] == "weighted",
        word["input"] == "feedback",
        tuple(other) if word["decoder"] == "other" else (),
        word["context"],
    )
    return build(wanted if word["weights"] == "untied" else replace(wanted, tied=(_tie(wanted, word["weights"]),)))


def _names(layers: list[Cell]) -> list[str]:
    return [name for layer in layers for name, cell in CELLS.items() if cell is layer]


def _tie(wanted: Architecture, how: str) -> tuple[str, str]:
    """Return the first parameter, transposed or not, and the last one that can take its shape."""
    params = [leaf for leaf in build(wanted).params if not leaf.is_column]
    first = f"{params[0].name}.T" if how == "transposed" else params[0].name
    for last in reversed(params[1:]):
        try:
            build(replace(wanted, tied=((first, last.name),)))
        except SymrnnError:
            continue
        return first, last.name
    raise SymrnnError("nothing can be tied")
