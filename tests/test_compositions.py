"""What must be equal is equal: masked and cut, stacked and written by hand, tied and apart, one way of composing and another."""

from dataclasses import replace

import architectures
import numpy as np
import pytest
from running import assert_close, drawn, gradient, names_of, run

from symrnn import cells
from symrnn.calculus.derive import derive
from symrnn.ir.nodes import Program
from symrnn.language.read import read_cell
from symrnn.lower import lower
from symrnn.model.architecture import Architecture, Layer
from symrnn.model.composition import build

# -- masks ----------------------------------------------------------------------------------------------------------------

OUTPUT_NO_STATE = read_cell(
    "cell reads_out\n  input x: I\n  state h: H\n  h = tanh(W @ x + U @ h[t-1])\n"
    "  y = tanh(V @ h + R @ x)\n  param V: K x H\n  output y\n"
)
MASKED = {
    "lstm both": Architecture((Layer(architectures.LSTM, architectures.RNN),), architectures.SOFTMAX),
    "memory below gru": Architecture((Layer(architectures.MEMORY), Layer(cells.load("gru"))), architectures.SQUARED),
    "deep both": Architecture(
        (Layer(architectures.RNN, architectures.ELMAN), Layer(architectures.ELMAN, architectures.LSTM)), None
    ),
    "the end": Architecture((Layer(architectures.LAGS),), architectures.SOFTMAX, "many-to-one"),
    "both ends": Architecture(
        (Layer(architectures.RNN, architectures.ELMAN),), architectures.SQUARED, "many-to-one", initial="learned"
    ),
    "the end of no state": Architecture((Layer(OUTPUT_NO_STATE),), architectures.SQUARED, "many-to-one"),
    "both ends of no state": Architecture(
        (Layer(OUTPUT_NO_STATE, OUTPUT_NO_STATE),), None, "many-to-one", initial="learned"
    ),
    "decoder": Architecture(
        (Layer(architectures.LSTM, architectures.LSTM),), architectures.SOFTMAX, "encoder-decoder", feedback=True
    ),
    "context of no state": Architecture(
        (Layer(OUTPUT_NO_STATE, architectures.RNN),),
        architectures.LINEAR,
        "encoder-decoder",
        context="every-step",
        decoder=(Layer(architectures.RNN),),
    ),
    "one to many": Architecture((Layer(cells.load("gru")),), architectures.SOFTMAX, "one-to-many", weighted=True),
}
LENGTHS = {"T": (3, 5, 1), "S": (4, 1, 2)}


def cut(lowered: Program, name: str, array: np.ndarray, number: int) -> np.ndarray:
    """Return what one sequence has of an array, without its padding."""
    buffer = lowered.buffer(name)
    for axis, size in enumerate(buffer.dims):
        length = str(size)
        if length == "B":
            array = array.take([number], axis)
        elif axis == 0 and buffer.steps and length in LENGTHS:
            array = array[: LENGTHS[length][number]]
    return array


def padding(lowered: Program, name: str, array: np.ndarray) -> np.ndarray:
    """Return True where an entry of a sequence is beyond its end."""
    buffer, beyond = lowered.buffer(name), np.zeros(array.shape, bool)
    if buffer.steps and str(buffer.dims[0]) in LENGTHS:
        for number, length in enumerate(LENGTHS[str(buffer.dims[0])]):
            beyond[length:, number] = True
    return beyond


@pytest.mark.parametrize("name", MASKED)
def test_masked_sequences_are_those_without_padding_one_by_one(name):
    plain, net = build(MASKED[name]), build(replace(MASKED[name], masked=True))
    lowered, single = lower(derive(net)), lower(derive(plain))
    arrays, sizes = drawn(net, 5, 3)
    for mask in (leaf.name for leaf in net.masks):
        arrays[mask] = np.where(padding(lowered, mask, arrays[mask]), 0.0, 1.0)
    for seed in (seed.name for _, seed in net.seeds):
        arrays[seed] = np.where(padding(lowered, seed, arrays[seed]), 0.0, arrays[seed])
    together = run(lowered, arrays, sizes)
    parts = []
    for number in range(3):
        mine = {key: cut(lowered, key, arrays[key], number) for key in arrays if key in names_of(single)}
        lengths = {key: LENGTHS[key][number] if key in LENGTHS else size for key, size in sizes.items()}
        parts.append(run(single, mine, {**lengths, "B": 1}))
    for key in (f"d{key}" for key in arrays if f"d{key}" in parts[0]):
        if "B" in map(str, lowered.buffer(key).dims):
            for number, part in enumerate(parts):
                assert_close(cut(lowered, key, together[key], number), part[key], key)
            assert not together[key][padding(lowered, key, together[key])].any(), key  # zero, not almost zero
        else:
            assert_close(together[key], sum(part[key] for part in parts), key)
    if net.loss is not None:
        assert_close(together["loss"], sum(part["loss"] for part in parts))


def test_without_the_mask_padding_would_be_noticed():
    net = build(replace(MASKED["lstm both"], masked=True))
    lowered, (arrays, sizes) = lower(derive(net)), drawn(net, 5, 3)
    arrays["m"] = np.ones_like(arrays["m"])
    assert run(lowered, arrays, sizes)["dx"][padding(lowered, "dx", arrays["x"])].all()


# -- what must be equal ---------------------------------------------------------------------------------------------------

STACKS = {
    "gru": (Layer(cells.load("gru")),),
    "memory": (Layer(architectures.MEMORY),),
    "two": (Layer(architectures.LSTM), Layer(cells.load("narx"))),
    "static": (Layer(cells.load("antisymmetric")), Layer(architectures.LAGS)),
}


@pytest.mark.parametrize("initial", [None, "zero", "learned"])
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_many_to_one_is_many_to_many_with_one_weight(layers, initial):
    every = build(Architecture(layers, architectures.SOFTMAX, initial=initial, weighted=True))
    last = build(Architecture(layers, architectures.SOFTMAX, "many-to-one", initial=initial))
    arrays, sizes = drawn(every)
    arrays["w"] = np.zeros_like(arrays["w"])
    arrays["w"][-1] = 1
    found = gradient(last, {**{key: arrays[key] for key in arrays if key != "w"}, "y": arrays["y"][-1]}, sizes)
    wanted = gradient(every, arrays, sizes)
    assert set(found) == set(wanted)
    for key, value in wanted.items():
        assert_close(found[key], value, key)


@pytest.mark.parametrize("initial", [None, "zero", "learned"])
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_one_to_one_is_many_to_many_at_one_step(layers, initial):
    every = build(Architecture(layers, architectures.SQUARED, initial=initial))
    one = build(Architecture(layers, architectures.SQUARED, "one-to-one", initial=initial))
    arrays, sizes = drawn(every, 1)
    lowered, lags = lower(derive(one)), {}
    for key, array in arrays.items():
        if f"{key}_1" in names_of(lowered):  # several earlier steps are arrays of their own, the nearest first
            lags |= {f"{key}_{back}": array[-back] for back in range(1, len(array) + 1)}
        else:
            lags[key] = array[0] if key in ("x", "u", "y") else array
    found, wanted = gradient(one, lags, sizes), gradient(every, arrays, sizes)
    assert_close(found["loss"], wanted["loss"])
    for key, value in wanted.items():
        if f"{key}_1" in found:
            value = value[::-1]
            for back in range(len(value)):
                assert_close(found[f"{key}_{back + 1}"], value[back], key)
        elif key != "loss":
            assert_close(found[key], value[0] if key in ("dx", "du") else value, key)


@pytest.mark.parametrize("cell", ["gru", "lstm", "narx", "antisymmetric", "slstm"])
def test_two_directions_of_a_reversed_sequence_are_exchanged(cell):
    layer = Layer(cells.load(cell), cells.load(cell))
    net = build(Architecture((layer,), None))
    lowered = lower(derive(net))
    pairs = {size.name: size.name.replace("_f", "_b") for size in net.sizes if size.name.endswith("_f")}
    _, sizes = drawn(net)
    arrays, sizes = drawn(net, **{back: sizes[up] for up, back in pairs.items()})

    def exchanged(key: str) -> str:
        for end in ("", "0"):
            for mine, other in (("_f", "_b"), ("_b", "_f")):
                if key.endswith(mine + end):
                    return key.removesuffix(mine + end) + other + end
        return key

    (output,) = net.outputs
    half = arrays[f"d{output.name}"].shape[-1] // 2
    turned = {}
    for key, array in arrays.items():
        backwards = lowered.buffer(key).steps  # sequences, and initial values of several steps in the order of time
        turned[exchanged(key)] = array[::-1] if backwards else array
    turned[f"d{output.name}"] = np.roll(turned[f"d{output.name}"], half, -1)
    found, wanted = run(lowered, turned, sizes), run(lowered, arrays, sizes)
    assert_close(np.roll(found[output.name], half, -1)[::-1], wanted[output.name])
    for key in (f"d{key}" for key in arrays if f"d{key}" in wanted):
        value = wanted[key][::-1] if lowered.buffer(key).steps else wanted[key]
        assert_close(found[exchanged(key)], value, key)


BY_HAND = """
cell by_hand
  input x: I
  state h_1: H, h_2: K
  z_1 = W_xh_1 @ x + W_hh_1 @ h_1[t-1] + b_h_1
  h_1 = tanh(z_1)
  h_2 = tanh(W_2 @ concat(h_1, h_2[t-1]) + b_2)
  output h_2
"""


def test_two_layers_are_the_cell_that_one_writes_by_hand():
    by_hand = build(Architecture((Layer(read_cell(BY_HAND)),), architectures.SOFTMAX))
    stacked = build(Architecture((Layer(architectures.RNN), Layer(architectures.ELMAN)), architectures.SOFTMAX))
    arrays, sizes = drawn(by_hand)
    columns = {"W_2": by_hand}
    assert columns
    elman = next(leaf for leaf in stacked.params if leaf.name == "W_2")
    order = [slice(sizes["H"], None), slice(0, sizes["H"])]
    joined = arrays["W_2"]
    if str(elman.shape[1]).startswith("H_2"):  # [h; x] for [x; h]
        joined = np.concatenate([arrays["W_2"][:, one] for one in order], 1)
    wanted = gradient(by_hand, arrays, sizes)
    named = {"T": 5, "B": 2, "I": sizes["I"], "H_1": sizes["H"], "H_2": sizes["K"], "O": sizes["O"]}
    found = gradient(stacked, {**arrays, "W_2": joined}, named)
    assert set(found) == set(wanted)
    for key, value in wanted.items():
        assert_close(found[key], value, key)


@pytest.mark.parametrize("mode", ["many-to-many", "many-to-one", "one-to-one", "encoder-decoder"])
@pytest.mark.parametrize("cell", ["lstm", "narx", "mlstm"])
def test_the_gradient_of_a_learned_initial_state_is_summed_over_the_batch(cell, mode):
    given, learned = (
        build(Architecture((Layer(cells.load(cell)),), architectures.SQUARED, mode, initial=initial))
        for initial in ("given", "learned")
    )
    arrays, sizes = drawn(learned, batch=3)
    starts = {leaf.name for leaf in learned.params} - {leaf.name for leaf in given.params}
    assert starts
    lowered = lower(derive(given))
    spread = {key: array for key, array in arrays.items() if key not in starts}
    for key in starts & names_of(lowered):
        spread[key] = np.broadcast_to(arrays[key], (3, *arrays[key].shape)).copy()
    several = {key.rpartition("_")[0] for key in starts - names_of(lowered)}
    for key in several:  # h0_1 is that of t = 0, and h0 holds them in the order of time
        lags = [arrays[f"{key}_{back}"] for back in range(1, 9) if f"{key}_{back}" in starts]
        spread[key] = np.stack([np.broadcast_to(one, (3, *one.shape)) for one in reversed(lags)])
    found, wanted = gradient(learned, arrays, sizes), gradient(given, spread, sizes)
    for key in found:
        name, _, back = key.rpartition("_")
        if key[1:] in starts and name[1:] in several:
            assert_close(found[key], wanted[name][-int(back)].sum(0), key)
        else:
            assert_close(found[key], wanted[key].sum(0) if key[1:] in starts else wanted[key], key)


TIED = {
    "two layers": (Architecture((Layer(architectures.RNN),) * 2, architectures.SOFTMAX), "W_hh_1", "W_hh_2"),
    "across": (Architecture((Layer(architectures.RNN),) * 2, architectures.SOFTMAX), "W_hh_1", "W_xh_2"),
    "biases": (Architecture((Layer(cells.load("lstm")),), architectures.SOFTMAX), "b_ii", "b_hi"),
    "transposed": (Architecture((Layer(architectures.RNN),), architectures.SOFTMAX), "W_xh.T", "W_hy"),
    "both directions": (
        Architecture((Layer(cells.load("gru"), cells.load("gru")),), architectures.SQUARED),
        "W_in_f",
        "W_in_b",
    ),
    "encoder and decoder": (
        Architecture((Layer(architectures.RNN),), architectures.SOFTMAX, "encoder-decoder", feedback=True),
        "W_hh_e.T",
        "W_hh_d",
    ),
    "of one step and of every step": (
        Architecture((Layer(cells.load("antisymmetric")),) * 2, architectures.SQUARED),
        "W_h_1",
        "W_h_2",
    ),
}


@pytest.mark.parametrize("name", TIED)
def test_the_gradient_of_a_tied_weight_is_the_sum(name):
    apart, kept, dropped = TIED[name]
    together = build(replace(apart, tied=((kept, dropped),)))
    arrays, small = drawn(together)
    value = arrays[kept.removesuffix(".T")]
    other = value.T if kept.endswith(".T") else value
    separate = build(apart)
    sizes = dict(small)  # those of the separate network, some of which are equal now
    by_name = {leaf.name: leaf for leaf in separate.params}
    for mine, number in zip(by_name[dropped].shape, other.shape, strict=False):
        sizes[str(mine)] = number
    free = {size.name for size in separate.sizes} - set(sizes)
    assert not free
    wanted = gradient(separate, {**arrays, dropped: other}, sizes)
    found = gradient(together, arrays, small)
    change = wanted.pop(f"d{dropped}")
    wanted[f"d{kept.removesuffix('.T')}"] += change.T if kept.endswith(".T") else change
    assert set(found) == set(wanted)
    for key, one in wanted.items():
        assert_close(found[key], one, key)
