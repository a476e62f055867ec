"""What the papers say about their cells, in numbers: closed forms, special cases, other ways to write the same step."""

from zlib import crc32

import numpy as np
import pytest
from sympy import Integer

from symrnn import cells
from symrnn.algebra.evaluate import evaluate
from symrnn.algebra.nodes import Leaf, Node, t

Array = np.ndarray
STEPS = 5
PLACE = {name: place for place, name in enumerate("PHIKNORM", start=2)}  # a number for each size, pairwise different


class Run:
    """A few steps of a cell. What is not given is random and depends on its name only, so that two cells share it."""

    def __init__(self, name: str, **given: Array | float) -> None:
        cell = cells.load(name)
        sizes = {symbol: PLACE[symbol.name] for symbol in cell.sizes}
        usual = {leaf.name: float(value) for leaf, value in cell.values}
        zero = {state.leaf.name for state in cell.states if state.initial == "zero"}
        self.values: dict[Node, Array] = {}
        self.leaves: dict[str, Leaf] = {}

        def enter(leaf: Leaf, step: int | None = None) -> None:
            shape = [int(extent.xreplace(sizes)) for extent in leaf.shape]
            value = np.random.default_rng(crc32(f"{leaf.name} {step}".encode())).normal(size=shape)
            if step is not None and step < 1 and leaf.name in zero:
                value = np.zeros(shape)
            value = np.full(shape, usual[leaf.name]) if leaf.name in usual else value
            value = np.broadcast_to(given[leaf.name], shape) if leaf.name in given else value
            self.values[leaf if step is None else leaf.at(step)] = value
            self.leaves[leaf.name] = leaf

        for leaf in (*cell.params, *cell.constants):
            enter(leaf)
        for step in range(1, STEPS + 1):
            for leaf in (*cell.inputs, *cell.targets):
                enter(leaf, step)
        for state in cell.states:
            for lag in range(state.lags):
                enter(state.leaf, -lag)
        for step in range(1, STEPS + 1):
            for equation in cell.equations:
                now = {t: Integer(step)}
                value = evaluate(equation.expr.xreplace(now), self.values, sizes)
                self.values[equation.target.xreplace(now)] = value
                self.leaves[equation.target.name] = equation.target

    def __getitem__(self, name: str) -> Array:
        """Return a weight, or a quantity at steps 1 … T, one below the other along a new first axis."""
        leaf = self.leaves[name]
        if leaf.time is None:
            return self.values[leaf]
        return np.stack([self.values[leaf.at(step)] for step in range(1, STEPS + 1)])

    def start(self, name: str, step: int = 0) -> Array:
        """Return a state before the first step."""
        return self.values[self.leaves[name].at(step)]


def same(left: Array, right: Array) -> bool:
    return bool(np.allclose(left, right, rtol=1e-11, atol=1e-13))  # the same numbers, summed in another order


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def turned(matrices: Array) -> Array:
    return np.swapaxes(matrices, -1, -2)


def test_the_stabilised_slstm_is_the_slstm() -> None:
    plain, stable = Run("slstm"), Run("slstm_stabilized")
    assert same(plain["h"], stable["h"])
    scale = np.exp(stable["m"])
    assert same(plain["c"], stable["c"] * scale)
    assert same(plain["n"], stable["n"] * scale)
    assert np.all(stable["i"] <= 1)
    assert np.all(stable["f"] <= 1)


@pytest.mark.parametrize(
    ("special", "given", "general"),
    [
        ("lstm_peephole", {"p_i": 0, "p_f": 0, "p_o": 0}, "lstm_working_memory"),
        ("lstm_working_memory", {"V_i": 0, "V_f": 0, "V_o": 0}, "lstm_peephole"),
    ],
)
def test_without_their_views_of_the_cell_both_are_one_lstm(special: str, given: dict[str, float], general: str) -> None:
    other = {"p_i": 0, "p_f": 0, "p_o": 0, "V_i": 0, "V_f": 0, "V_o": 0}
    assert same(Run(special, **given)["h"], Run(general, **other)["h"])


def test_the_squashings_of_1997_are_hyperbolic_tangents_of_half() -> None:
    run = Run("lstm_1997")
    assert same(run["h"], run["o"] * np.tanh(run["c"] / 2))
    assert np.max(np.abs(run["g"])) > 1


def test_coupled_gates_are_one() -> None:
    run = Run("lstm_coupled")
    before = np.concatenate([run.start("c")[None], run["c"][:-1]])
    assert same(run["c"], (1 - run["i"]) * before + run["i"] * run["g"])


def test_layer_normalisation_leaves_mean_zero_and_variance_one() -> None:
    run = Run("lstm_layer_norm", epsilon=0.0, alpha_2=0.0, alpha_1=1.0, b=0.0)
    z = run["z"][..., 0]
    assert same(z.mean(axis=1), np.zeros(STEPS))
    assert same(z.var(axis=1), np.ones(STEPS))


def test_rwkv_is_a_weighted_mean_of_the_values() -> None:
    run = Run("rwkv4")
    for step in range(STEPS):
        ages = [step - 1 - past for past in range(step)]
        weights = [np.exp(-age * run["w"] + run["k"][past]) for past, age in enumerate(ages)]
        weights.append(np.exp(run["u"] + run["k"][step]))
        total = sum(weight * value for weight, value in zip(weights, run["v"][: step + 1], strict=True))
        assert same(run["wkv"][step], total / sum(weights))


def test_linear_attention_is_causal_attention_with_a_feature_map() -> None:
    run = Run("linear_attention")
    elu = np.where(run["a_q"] > 0, run["a_q"], np.exp(run["a_q"]) - 1)
    assert same(run["q"], elu + 1)
    scores = (turned(run["q"])[:, None] @ run["k"][None])[..., 0, 0]
    causal = np.tril(scores)
    assert same(run["y"][..., 0], causal @ run["v"][..., 0] / causal.sum(axis=1, keepdims=True))


def test_retention_decays_by_a_power_of_the_distance() -> None:
    run = Run("retnet")
    scores = (turned(run["q"])[:, None] @ run["k"][None])[..., 0, 0]
    steps = np.arange(STEPS)
    decay = np.tril(0.96875 ** np.abs(steps[:, None] - steps[None]))
    began = np.stack([0.96875 ** (step + 1) * run.start("S").T @ run["q"][step] for step in range(STEPS)])[..., 0]
    assert same(run["y"][..., 0], (scores * decay) @ run["v"][..., 0] + began)


def test_the_gate_of_gated_attention_is_a_root_of_a_sigmoid() -> None:
    run = Run("gla")
    argument = run["W_2"] @ (run["W_1"] @ run["x"]) + run["b_alpha"]
    assert same(run["alpha"], sigmoid(argument) ** (1 / 16))


def test_the_delta_rule_is_a_householder_like_step() -> None:
    run = Run("deltanet")
    memory = run.start("S")
    for k, v, beta, q, y in zip(run["k"], run["v"], run["beta"], run["q"], run["y"], strict=True):
        assert same(k.T @ k, np.ones((1, 1)))
        memory = memory @ (np.eye(len(k)) - beta * k @ k.T) + beta * v @ k.T
        assert same(y, memory @ q)


def test_the_linear_recurrent_unit_is_complex() -> None:
    run = Run("lru")
    eigenvalues = np.exp(-np.exp(run["nu_log"]) + 1j * np.exp(run["theta_log"]))
    h = run.start("h_re") + 1j * run.start("h_im")
    for x, y in zip(run["x"], run["y"], strict=True):
        h = eigenvalues * h + np.exp(run["gamma_log"]) * ((run["B_re"] + 1j * run["B_im"]) @ x)
        assert same(y, ((run["C_re"] + 1j * run["C_im"]) @ h).real + run["D_skip"] @ x)


def test_the_state_space_model_is_exact_for_inputs_that_are_held() -> None:
    """ḣ = A h + B x over one step, in many small steps of a Taylor series of fourth order."""
    run = Run("ssm_diagonal")
    decay, parts = -np.exp(run["A_log"]), 200
    small = np.exp(run["delta_log"]) / parts
    h, x = run.start("h"), run["x"][0]
    for _ in range(parts):
        slope, total, power = decay * h + run["B_in"] @ x, h, small
        for order in (1, 2, 3, 4):
            total = total + power * slope
            slope, power = decay * slope, power * small / (order + 1)
        h = total
    assert np.allclose(run["h"][0], h, rtol=1e-8)


def test_the_real_gated_unit_raises_a_sigmoid_to_a_power() -> None:
    run = Run("rglru")
    assert same(run["a"], sigmoid(run["Lambda"]) ** (8 * run["r"]))


def test_the_selective_step_is_a_filter_bank_for_each_channel() -> None:
    run = Run("mamba")
    h = run.start("h")
    for step, x in enumerate(run["x"]):
        delta = run["delta"][step]
        h = np.exp(delta * -np.exp(run["A_log"])) * h + delta * x * run["B_t"][step].T
        assert same(run["y"][step], h @ run["C_t"][step] + run["D_skip"] * x)


def test_the_implicit_oscillator_is_damped_by_its_new_velocity() -> None:
    run = Run("cornn_implicit", dt=0.3, gamma=0.7, epsilon=1.3)
    z, y = run.start("z"), run.start("y")
    force = np.tanh(run["W"] @ y + run["W_z"] @ z + run["V"] @ run["u"][0] + run["b"])
    assert same(run["z"][0], z + 0.3 * (force - 0.7 * y - 1.3 * run["z"][0]))


def test_columns_of_dales_matrix_keep_their_sign() -> None:
    run = Run("ctrnn_dale", d=np.array([[1.0], [-1.0], [1.0]]))
    assert np.all(np.sign(run["W_rec"]) == [[1, -1, 1]] * 3)


def test_what_does_not_tick_stays() -> None:
    run = Run("clockwork", m=0.0)
    assert same(run["h"], np.stack([run.start("h")] * STEPS))


def test_the_highway_carries_when_its_gates_say_so() -> None:
    gates = {f"b_{gate}{layer}": value for gate, value in (("T", -500.0), ("C", 500.0)) for layer in (1, 2, 3)}
    run = Run("rhn", **gates)
    assert same(run["s"], np.stack([run.start("s")] * STEPS))


def test_the_previous_input_is_read() -> None:
    run = Run("qrnn")
    before = np.concatenate([run.start("p")[None], run["x"][:-1]])
    assert same(run["z"], np.tanh(run["W_z1"] @ before + run["W_z2"] @ run["x"]))
    older = Run("narx")
    inputs = [older.start("p", -1), older.start("p"), *older["u"]]
    outputs = [older.start("y", -2), older.start("y", -1), older.start("y"), *older["y"]]
    for step in range(STEPS):
        moving = sum(older[f"W_{lag}"] @ inputs[step + 2 - lag] for lag in (0, 1, 2))
        fed = sum(older[f"V_{lag}"] @ outputs[step + 3 - lag] for lag in (1, 2, 3))
        assert same(older["y"][step], older["W_y"] @ np.tanh(moving + fed + older["b"]) + older["b_y"])


def test_the_projection_is_that_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    run = Run("lstm_projection")
    hidden, small = run.start("c").shape[0], run.start("h").shape[0]
    layer = torch.nn.LSTM(run["x"].shape[1], hidden, proj_size=small, dtype=torch.float64)
    with torch.no_grad():
        for side, word in (("i", "ih"), ("h", "hh")):
            for kind, name in (("W", "weight"), ("b", "bias")):
                stacked = np.concatenate([run[f"{kind}_{side}{gate}"] for gate in "ifgo"])
                parameter = getattr(layer, f"{name}_{word}_l0")
                parameter.copy_(torch.tensor(stacked.reshape(parameter.shape)))
        layer.weight_hr_l0.copy_(torch.tensor(run["W_hr"]))
        start = torch.tensor(run.start("h").T), torch.tensor(run.start("c").T)
        found, _ = layer(torch.tensor(run["x"][..., 0]), start)
    assert same(run["h"][..., 0], found.numpy())
