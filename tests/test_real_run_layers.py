"""A real run of a composed network: two layers of GRU learn English letter by letter from emitted C, and learn what PyTorch learns.

Both start from the weights that `torch.manual_seed(0)` gives to `torch.nn.GRU`, see the same batches, and follow the same rule
(Adam, Kingma and Ba 2015). The text is English prose.
"""

import numpy as np
import pytest
from english import ALPHABET, english

import symrnn

STEPS, BATCH, HIDDEN, UPDATES, RATE = 32, 16, 64, 120, 5e-3
GATES = ("r", "z", "n")
BETA = (0.9, 0.999)


def batches():
    """Yield letters (T + 1, B) as indices, for ever, from places drawn at random."""
    text, draw = english(), np.random.default_rng(4)
    while True:
        starts = draw.integers(0, len(text) - STEPS - 1, size=BATCH)
        yield text[starts[None, :] + np.arange(STEPS + 1)[:, None]]


def model(torch, dtype):
    """Return PyTorch's network, with the weights of a seed."""
    torch.manual_seed(0)
    count = len(ALPHABET)
    return torch.nn.GRU(count, HIDDEN, num_layers=2).to(dtype), torch.nn.Linear(HIDDEN, count).to(dtype)


def weights(torch, gru, readout, dtype: str) -> dict[str, np.ndarray]:
    """Return the same weights under the names of symrnn: one matrix for each gate."""
    found = {"W_hy": readout.weight, "b_y": readout.bias}
    for layer in (1, 2):
        for side in ("i", "h"):
            matrices = getattr(gru, f"weight_{side}h_l{layer - 1}").chunk(3)
            biases = getattr(gru, f"bias_{side}h_l{layer - 1}").chunk(3)
            for gate, matrix, bias in zip(GATES, matrices, biases, strict=True):
                found |= {f"W_{side}{gate}_{layer}": matrix, f"b_{side}{gate}_{layer}": bias}
    return {name: value.detach().numpy().astype(dtype) for name, value in found.items()}


def learn_with_c(found: dict[str, np.ndarray], dtype: str, updates: int) -> np.ndarray:
    """Return the loss per letter after each update."""
    network = symrnn.Network("gru", layers=2, initial="zero", head="softmax-cross-entropy")
    compiled = symrnn.compile(symrnn.derive(network), "c", dtype)
    data, one_hot, losses = batches(), np.eye(len(ALPHABET), dtype=dtype), []
    first = {name: np.zeros_like(value) for name, value in found.items()}
    second = {name: np.zeros_like(value) for name, value in found.items()}
    for update in range(1, updates + 1):
        piece = next(data)
        result = compiled.loss_and_gradient(x=one_hot[piece[:-1]], y=piece[1:], **found)
        losses.append(result.loss / (STEPS * BATCH))
        for name in found:
            slope = result[f"d{name}"] / (STEPS * BATCH)
            first[name] = BETA[0] * first[name] + (1 - BETA[0]) * slope
            second[name] = BETA[1] * second[name] + (1 - BETA[1]) * slope**2
            mean, square = first[name] / (1 - BETA[0] ** update), second[name] / (1 - BETA[1] ** update)
            found[name] = (found[name] - RATE * mean / (np.sqrt(square) + 1e-8)).astype(dtype)
    return np.array(losses, np.float64)


def learn_with_torch(torch, gru, readout, dtype, updates: int) -> np.ndarray:
    """Return the loss per letter after each update."""
    optimizer = torch.optim.Adam([*gru.parameters(), *readout.parameters()], lr=RATE)
    data, losses = batches(), []
    for _ in range(updates):
        piece = torch.tensor(next(data))
        x = torch.nn.functional.one_hot(piece[:-1], len(ALPHABET)).to(dtype)
        scores = readout(gru(x)[0])
        loss = torch.nn.functional.cross_entropy(scores.reshape(-1, len(ALPHABET)), piece[1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return np.array(losses)


def test_two_layers_of_gru_learn_what_pytorch_learns():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    gru, readout = model(torch, torch.float64)
    found = weights(torch, gru, readout, "float64")
    mine = learn_with_c(found, "float64", UPDATES)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # matrices this small only wait for each other
    try:
        theirs = learn_with_torch(torch, gru, readout, torch.float64, UPDATES)
    finally:
        torch.set_num_threads(threads)
    # Rounding of 1e-16 is amplified by the updates of a rule that divides by the size of the gradient.
    assert np.abs(mine - theirs).max() < 1e-9
    share = np.bincount(english(), minlength=len(ALPHABET)) / len(english())
    unigram = -(share[share > 0] * np.log(share[share > 0])).sum()
    assert mine[0] > unigram
    assert mine[-20:].mean() < 0.85 * unigram
