"""A real run: a character model learns English from the emitted code, with the derived update, in NumPy and in C.

The update is the one of the
derivation, W := W − α Σ_t ∇_W, with the loss averaged over characters by the factor in α.
"""

import numpy as np
import pytest
from english import ALPHABET, english

import symrnn

STEPS, BATCH, HIDDEN, UPDATES, RATE = 24, 32, 48, 300, 1.0
PARAMETERS = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")


def batches(text: np.ndarray):
    """Yield one-hot inputs and targets (T, B, O), for ever, from places drawn at random."""
    draw = np.random.default_rng(1)
    one_hot = np.eye(len(ALPHABET))
    while True:
        starts = draw.integers(0, len(text) - STEPS - 1, size=BATCH)
        piece = text[starts[None, :] + np.arange(STEPS + 1)[:, None]]
        yield one_hot[piece[:-1]], one_hot[piece[1:]]


def initial() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(2)
    count = len(ALPHABET)
    return {
        "W_xh": draw.normal(size=(HIDDEN, count)) * 0.5,
        "W_hh": draw.normal(size=(HIDDEN, HIDDEN)) * (0.8 / np.sqrt(HIDDEN)),
        "b_h": np.zeros(HIDDEN),
        "W_hy": draw.normal(size=(count, HIDDEN)) / np.sqrt(HIDDEN),
        "b_y": np.zeros(count),
    }


def train(compiled, updates: int = UPDATES) -> np.ndarray:
    """Return the loss per character after each update."""
    weights, data = initial(), batches(english())
    h0 = np.zeros((BATCH, HIDDEN))
    losses = []
    for _ in range(updates):
        x, y = next(data)
        result = compiled.loss_and_gradient(x=x, h0=h0, y=y, **weights)
        losses.append(result.loss / (STEPS * BATCH))
        weights = {name: weights[name] - RATE / (STEPS * BATCH) * result[f"d{name}"] for name in PARAMETERS}
    return np.array(losses)


@pytest.fixture(scope="module")
def derivation():
    return symrnn.derive("rnn")


@pytest.fixture(scope="module")
def curve(derivation):
    return train(symrnn.compile(derivation, "numpy", "float64"))


def test_the_model_learns_more_than_letter_frequencies(curve):
    text = english()
    assert len(text) > 50_000
    share = np.bincount(text, minlength=len(ALPHABET)) / len(text)
    unigram = -(share[share > 0] * np.log(share[share > 0])).sum()
    assert curve[0] > unigram
    assert curve[-20:].mean() < 0.9 * unigram
    # below what any model of single letters reaches, but not below what English allows
    assert curve[-20:].mean() > 1.0


def test_numpy_and_c_give_the_same_loss_curve(derivation, curve):
    if not _has_compiler():
        pytest.skip("no C compiler")
    other = train(symrnn.compile(derivation, "c", "float64"))
    # Two summation orders in double precision: rounding of 1e-16 grows by a bounded factor over the updates.
    assert np.abs(other - curve).max() < 1e-11


def test_autograd_gives_the_same_gradients(derivation):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    weights, (x, y) = initial(), next(batches(english()))
    h0 = np.random.default_rng(3).normal(size=(BATCH, HIDDEN))
    result = symrnn.compile(derivation, "numpy", "float64").loss_and_gradient(x=x, h0=h0, y=y, **weights)
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in {**weights, "x": x, "h0": h0}.items()}
    h, loss = leaves["h0"], 0.0
    for t in range(STEPS):
        h = torch.tanh(leaves["x"][t] @ leaves["W_xh"].T + h @ leaves["W_hh"].T + leaves["b_h"])
        loss = loss - (torch.tensor(y[t]) * torch.log_softmax(h @ leaves["W_hy"].T + leaves["b_y"], dim=1)).sum()
    loss.backward()
    assert abs(float(loss.detach()) - result.loss) < 1e-12 * abs(result.loss)
    for name, leaf in leaves.items():
        truth = leaf.grad.numpy()
        assert np.abs(result[f"d{name}"] - truth).max() < 1e-12 * np.abs(truth).max(), name


def _has_compiler() -> bool:
    from symrnn.errors import CompilerMissingError

    try:
        symrnn.compile(symrnn.derive("rnn"), "c", "float64")
    except CompilerMissingError:
        return False
    return True
