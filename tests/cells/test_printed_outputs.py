"""What the notebook "Vanilla RNN Cell Explained" prints, computed with the built-in cells.

    what is printed               cell                   reproduced
    RNN outputs, seed 0           rnn                    to 2e-8: it computes in float32
    GRU outputs, seed 42          gru_reset_after_new    to 3e-8: likewise
    outputs of GRUCell            gru                    all four decimals
    outputs of RNNCell            rnn                    all four decimals
    outputs of LSTMCell           lstm                   all four decimals

The weights of the first two are 0.1 times the first normal numbers that PyTorch draws from the seed; they are typed in. The
notebook sets no seed before the last three, but seed 42 was set in an earlier cell: 936 words of the generator (MT19937) after
that seed come the 84 weights of the GRUCell, the 28 of the RNNCell and the 112 of the LSTMCell, each uniform in ±1/2 with 24
bits. What is called "all hidden states" of the GRUCell and the RNNCell is one step for each of five inputs, from zero states.
"""

import numpy as np
import pytest
from sympy import Integer

from symrnn import cells
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Leaf, Node, t
from symrnn.algebra.sizes import size
from symrnn.model.equations import Cell

Array = np.ndarray
ROUNDING = 1e-7  # the prints are of float32: a few units of its 24 bits, in numbers below one

DRAWN_0 = [1.5409960746765137, -0.293428897857666]  # after torch.manual_seed(0): randn(1, 1), twice
DRAWN_42 = [  # after torch.manual_seed(42): six times
    *(0.33669036626815796, 0.12880940735340118, 0.23446236550807953),
    *(0.23033303022384644, -1.1228563785552979, -0.18632829189300537),
]
RNN_PRINTED = [0.15289130806922913, 0.294706791639328, 0.4248957335948944, 0.5398406982421875, 0.6379193663597107]
GRU_PRINTED = [
    -0.05656343698501587,
    -0.14032450318336487,
    -0.2349534034729004,
    -0.3311828374862671,
    -0.42367157340049744,
]


PRINTED = {
    "gru": [
        [-0.4216, -0.0231, -0.2176, -0.2058],
        [-0.5988, 0.0482, -0.4087, -0.3461],
        [-0.7258, 0.1265, -0.5571, -0.4507],
        [-0.8130, 0.2086, -0.6629, -0.5267],
        [-0.8723, 0.2918, -0.7372, -0.5849],
    ],
    "rnn": [
        [-0.7895, -0.0327, -0.3268, -0.0262],
        [-0.9114, -0.2199, -0.6464, -0.3298],
        [-0.9641, -0.3921, -0.8333, -0.5777],
        [-0.9857, -0.5407, -0.9259, -0.7511],
        [-0.9943, -0.6618, -0.9679, -0.8596],
    ],
    "lstm": [
        [0.0153, 0.0893, -0.1494, -0.1791],
        [-0.0168, 0.0562, -0.3511, -0.3371],
        [-0.0600, -0.0069, -0.5769, -0.4640],
        [-0.0847, -0.0451, -0.7566, -0.5572],
        [-0.0849, -0.0594, -0.8628, -0.6209],
    ],
}
FIRST_WORD = {"gru": 936, "rnn": 936 + 84, "lstm": 936 + 84 + 28}  # of the generator, after seed 42
GATES = {"gru": "rzn", "rnn": "h", "lstm": "ifgo"}


def outputs(cell: Cell, params: dict[str, Array], xs: list[Array], hidden: int) -> list[Array]:
    """Return h of every step, from zero states; `params` that are missing are zero. Columns."""
    sizes = {size("I"): xs[0].shape[0], size("H"): hidden}
    values: dict[Node, Array] = {}
    for leaf in cell.params:
        shape = [int(extent.xreplace(sizes)) for extent in leaf.shape]
        values[leaf] = np.reshape(params[leaf.name], shape) if leaf.name in params else np.zeros(shape)
    for state in cell.states:
        values[state.leaf.at(0)] = np.zeros((hidden, 1))
    (entered,) = cell.inputs
    for step, x in enumerate(xs, start=1):
        now = {t: Integer(step)}
        values[entered.at(step)] = x
        for equation in cell.equations:
            values[equation.target.xreplace(now)] = evaluate(equation.expr.xreplace(now), values, sizes)
    return [values[Leaf("h", size("H"), 1, step)] for step in range(1, len(xs) + 1)]


def scalars(name: str, weights: list[str], drawn: list[float]) -> list[float]:
    given = {weight: np.array([[0.1 * value]]) for weight, value in zip(weights, drawn, strict=True)}
    return [h.item() for h in outputs(cells.load(name), given, [np.array([[x]]) for x in (1.0, 2.0, 3.0, 4.0, 5.0)], 1)]


def test_the_vanilla_network() -> None:
    found = scalars("rnn", ["W_xh", "W_hh"], DRAWN_0)
    assert found == pytest.approx(RNN_PRINTED, rel=0, abs=ROUNDING)


GRU_WEIGHTS = ["W_ir", "W_hr", "W_iz", "W_hz", "W_in", "W_hn"]
BEFORE = ["W_r", "U_r", "W_z", "U_z", "W", "U"]


def test_the_gated_unit() -> None:
    found = scalars("gru_reset_after_new", GRU_WEIGHTS, DRAWN_42)
    assert found == pytest.approx(GRU_PRINTED, rel=0, abs=ROUNDING)


@pytest.mark.parametrize("name", ["gru", "gru_reset_before"])
def test_with_z_the_other_way_round_the_print_would_differ(name: str) -> None:
    weights = GRU_WEIGHTS if name == "gru" else BEFORE
    assert np.max(np.abs(np.array(scalars(name, weights, DRAWN_42)) - GRU_PRINTED)) > 1e-2


def test_one_unit_without_biases_does_not_tell_where_the_reset_stands() -> None:
    found = scalars("gru_reset_before_new", BEFORE, DRAWN_42)
    assert found == pytest.approx(GRU_PRINTED, rel=0, abs=ROUNDING)


def test_the_typed_weights_are_those_of_the_seeds() -> None:
    torch = pytest.importorskip("torch")
    for seed, drawn in ((0, DRAWN_0), (42, DRAWN_42)):
        torch.manual_seed(seed)
        assert [torch.randn(1, 1).item() for _ in drawn] == drawn


def named(name: str, stacked: dict[str, Array]) -> dict[str, Array]:
    """Return the stacked weights and biases of PyTorch under the names of the cell: W_ii … W_ho, b_ii … b_ho."""
    if name == "rnn":
        both = stacked["bias_ih"] + stacked["bias_hh"]
        return {"W_xh": stacked["weight_ih"], "W_hh": stacked["weight_hh"], "b_h": both}
    return {
        f"{kind}_{side}{gate}": part
        for kind, word in (("W", "weight"), ("b", "bias"))
        for side in "ih"
        for gate, part in zip(GATES[name], np.split(stacked[f"{word}_{side}h"], len(GATES[name])), strict=True)
    }


def drawn(name: str, inputs: int, hidden: int) -> dict[str, Array]:
    """Return the weights that the notebook's cell drew."""
    rows = hidden * len(GATES[name])
    shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden), "bias_ih": (rows,), "bias_hh": (rows,)}
    words = np.random.RandomState(42).randint(0, 2**32, size=2000, dtype=np.uint32)[FIRST_WORD[name] :]
    found = {}
    for weight, shape in shapes.items():
        count = int(np.prod(shape))
        found[weight] = ((words[:count] % 2**24) / 2**24 - 0.5).reshape(shape)
        words = words[count:]
    return found


@pytest.mark.parametrize("name", PRINTED)
def test_the_prints_of_pytorch(name: str) -> None:
    params, xs = named(name, drawn(name, 1, 4)), [np.array([[x]]) for x in (1.0, 2.0, 3.0, 4.0, 5.0)]
    cell = cells.load(name)
    runs = [xs] if name == "lstm" else [[x] for x in xs]
    found = np.concatenate([outputs(cell, params, run, 4) for run in runs])[..., 0]
    assert np.max(np.abs(found - PRINTED[name])) < 0.5e-4 + ROUNDING  # half a unit of the last printed decimal


@pytest.mark.parametrize("name", ["rnn_relu", "rnn", "gru", "lstm"])
def test_the_cells_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    classes = {"gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}
    extra = {"rnn": {"nonlinearity": "tanh"}, "rnn_relu": {"nonlinearity": "relu"}}.get(name, {})
    cell = classes.get(name, torch.nn.RNNCell)(2, 4, dtype=torch.float64, **extra)
    stacked = {key: value.detach().numpy() for key, value in cell.named_parameters()}
    renamed = {"weight_ih": "W_ih", "weight_hh": "W_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
    relu = {renamed[key]: value for key, value in stacked.items()}
    params = relu if name == "rnn_relu" else named(name, stacked)
    xs = np.random.default_rng(0).normal(size=(5, 2))
    state = None
    expected = []
    for x in xs:
        state = cell(torch.tensor(x), state)
        expected.append((state[0] if name == "lstm" else state).detach().numpy())
    found = outputs(cells.load(name), params, [x[:, None] for x in xs], 4)
    assert np.allclose(np.array(found)[..., 0], expected, rtol=1e-13, atol=1e-15)  # sums taken in another order
