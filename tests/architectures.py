"""Architectures over which tests enumerate: every mode and option, with cells that are pairwise different where they can be."""

from symrnn import cells
from symrnn.language.read import read_cell
from symrnn.model.architecture import Architecture, Layer
from symrnn.model.composition import build
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
