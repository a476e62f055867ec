"""The comparison finds the classical mistakes: a backward pass written by hand passes, and each mutant of it does not."""

from collections.abc import Mapping
from functools import cache

import networks
import numpy as np
import pytest

from symrnn.calculus.derive import derive
from symrnn.errors import SymrnnError
from symrnn.language.read import read_cell
from symrnn.lower import lower
from symrnn.model.composition import compose
from symrnn.runtime import load
from symrnn.verify import gradients, numeric
from symrnn.verify.gradients import Case, Report, Row, case, compare, truth

NETWORK = networks.network("rnn+softmax_cross_entropy")
Arrays = Mapping[str, np.ndarray]
SUMMED = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")

MUTANTS = (
    "missing transpose",
    "(1 − h)² for 1 − h²",
    "slope at the step before",
    "forgotten carry",
    "carry before the slope",
    "h[t] for h[t−1]",
    "x[t−1] for x[t]",
    "= for +=",
    "missing sum over the batch",
    "mean over the batch",
    "missing sum over the steps",
    "stale accumulators",
    "sign of the loss",
    "y − ŷ",
    "ŷ alone",
    "gradient of the softmax left out",
    "head reads h[t−1]",
    "initial state forgotten",
    "slope forgotten",
    "not a number",
    "half of one entry",
)


class ByHand:
    """The vanilla cell with a softmax head, forward and backward, as it is written by hand; `mutant` is its mistake."""

    def __init__(self, mutant: str = "") -> None:
        self.mutant = mutant
        self.gradient: dict[str, np.ndarray] = {}

    def __call__(self, arrays: Arrays) -> dict[str, np.ndarray]:
        h, p, loss = self.forward(arrays)
        self.backward(arrays, h, p)
        if self.mutant == "sign of the loss":
            loss = -loss
        if self.mutant == "not a number":
            self.gradient["b_h"][0] = np.nan
        if self.mutant == "half of one entry":
            self.gradient["W_hh"][-1, 0] /= 2
        return {"loss": loss, **{f"d{name}": value.copy() for name, value in self.gradient.items()}}

    def forward(self, a: Arrays) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
        h, p, loss = [a["h0"]], [], 0.0
        for x, y in zip(a["x"], a["y"], strict=True):
            h.append(np.tanh(x @ a["W_xh"].T + h[-1] @ a["W_hh"].T + a["b_h"]))
            z = h[-1] @ a["W_hy"].T + a["b_y"]
            power = np.exp(z - z.max(-1, keepdims=True))
            p.append(power / power.sum(-1, keepdims=True))
            loss = loss - (y * np.log(p[-1])).sum()
        return h, p, np.asarray(loss)

    def backward(self, a: Arrays, h: list[np.ndarray], p: list[np.ndarray]) -> None:
        if not self.gradient or self.mutant != "stale accumulators":
            self.gradient = {name: np.zeros_like(a[name]) for name in (*SUMMED, "x")}
        carry = np.zeros_like(a["h0"])
        for step in reversed(range(len(a["x"]))):
            dz_y = self.logits(p[step], a["y"][step])
            dh = dz_y @ a["W_hy"] + (0 if self.mutant == "forgotten carry" else carry)
            dz = dh * self.slope(h, step)
            self.accumulate(a, h, step, dz, dz_y)
            into = dh if self.mutant == "carry before the slope" else dz
            carry = into @ (a["W_hh"].T if self.mutant == "missing transpose" else a["W_hh"])
        self.gradient["h0"] = np.zeros_like(carry) if self.mutant == "initial state forgotten" else carry

    def logits(self, p: np.ndarray, y: np.ndarray) -> np.ndarray:
        if self.mutant == "y − ŷ":
            return y - p
        if self.mutant == "ŷ alone":
            return p
        return -y / p if self.mutant == "gradient of the softmax left out" else p - y

    def slope(self, h: list[np.ndarray], step: int) -> np.ndarray:
        if self.mutant == "slope forgotten":
            return np.ones_like(h[0])
        if self.mutant == "(1 − h)² for 1 − h²":
            return (1 - h[step + 1]) ** 2
        return 1 - h[step if self.mutant == "slope at the step before" else step + 1] ** 2

    def accumulate(self, a: Arrays, h: list[np.ndarray], step: int, dz: np.ndarray, dz_y: np.ndarray) -> None:
        before = h[step + 1] if self.mutant == "h[t] for h[t−1]" else h[step]
        after = h[step] if self.mutant == "head reads h[t−1]" else h[step + 1]
        x = a["x"][step - 1] if self.mutant == "x[t−1] for x[t]" else a["x"][step]
        bias = {"missing sum over the batch": dz[0], "mean over the batch": dz.mean(0)}.get(self.mutant, dz.sum(0))
        terms = {"W_xh": dz.T @ x, "W_hh": dz.T @ before, "b_h": bias, "W_hy": dz_y.T @ after, "b_y": dz_y.sum(0)}
        for name, term in terms.items():
            if self.mutant == "= for +=" and name == "W_hh":
                self.gradient[name] = term
            elif self.mutant != "missing sum over the steps" or step == len(a["x"]) - 1:
                self.gradient[name] = self.gradient[name] + term
        self.gradient["x"][step] = dz @ a["W_xh"]


@cache
def reference(seed: int = 0):
    data = case(NETWORK, seed=seed)
    return data, truth(NETWORK, data)


def rows(run, dtype: str = "float64", seed: int = 0) -> dict[str, Row]:
    data, known = reference(seed)
    return {row.name: row for row in compare(NETWORK, data, known, "by hand", dtype, run)}


# -- a right one passes, a wrong one does not -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_backward_pass_is_passed(dtype, seed):
    found = rows(ByHand(), dtype, seed)
    assert set(found) == {"J", "dx", "dh0", *(f"d{name}" for name in SUMMED)}
    assert all(row.passed for row in found.values()), found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_not_passed(mutant, dtype):
    found = rows(ByHand(mutant), dtype)
    wrong = {name: row.error for name, row in found.items() if not row.passed}
    assert wrong
    assert not max(wrong.values()) < 1e-3  # far beyond any tolerance, or not a number


WHERE = {
    "missing transpose": {"dW_xh", "dW_hh", "db_h", "dx", "dh0"},
    "h[t] for h[t−1]": {"dW_hh"},
    "x[t−1] for x[t]": {"dW_xh"},
    "head reads h[t−1]": {"dW_hy"},
    "= for +=": {"dW_hh"},
    "missing sum over the batch": {"db_h"},
    "initial state forgotten": {"dh0"},
    "stale accumulators": {f"d{name}" for name in SUMMED},
    "sign of the loss": {"J"},
    "half of one entry": {"dW_hh"},
}


@pytest.mark.parametrize("mutant", WHERE)
def test_what_is_wrong_is_what_is_told(mutant):
    assert {name for name, row in rows(ByHand(mutant)).items() if not row.passed} == WHERE[mutant]


def test_stale_accumulators_hide_in_one_call():
    """Which is why the comparison calls twice: the first answer of that mutant is right."""
    data, known = reference()
    first = ByHand("stale accumulators")(data.arrays)
    assert all(
        numeric.relative_error(first[f"d{name}"], known.values[name]) < gradients.TOLERANCE["float64"]
        for name in data.names
    )


def test_a_gradient_of_another_shape_is_not_passed():
    def run(arrays):
        found = ByHand()(arrays)
        return {**found, "dW_xh": found["dW_xh"].T}

    try:
        assert not rows(run)["dW_xh"].passed
    except ValueError as error:
        assert "shapes differ" in str(error)


def test_a_missing_gradient_is_not_passed_over():
    def run(arrays):
        found = ByHand()(arrays)
        del found["dx"]
        return found

    with pytest.raises(KeyError, match="dx"):
        rows(run)


def test_a_report_passes_only_with_rows_that_do():
    data, _ = reference()
    good = Row("dW", (2, 3), "numpy", 1e-16, 1e-12)
    bad = Row("dW", (2, 3), "numpy", 1e-11, 1e-12)
    nan = Row("dW", (2, 3), "numpy", float("nan"), 1e-12)

    def report(*found: Row) -> Report:
        return Report("rnn", data, "complex step", 0, found)

    assert report(good).passed
    assert not report().passed
    assert not report(good, bad).passed
    assert not report(good, nan).passed


# -- kinks ----------------------------------------------------------------------------------------------------------------

RELU = compose(read_cell("cell a\n  input x: I\n  state h: H\n  h = relu(W @ x + U @ h[t-1] + b)\n", "a"))


def at_a_kink() -> Case:
    """Return data for which one pre-activation of one sequence at one step is zero, exactly: all numbers are eighths."""
    data = case(RELU, steps=3, seed=2)
    arrays = {name: np.round(array * 8) / 8 for name, array in data.arrays.items()}
    arrays["b"][0] -= (arrays["x"][0, 0] @ arrays["W"].T + arrays["h0"][0] @ arrays["U"].T + arrays["b"])[0]
    return Case(data.sizes, arrays, data.names)


def relu_by_hand(at_zero: float):
    """Return the gradient with a declared slope at zero."""

    def run(a: Arrays) -> dict[str, np.ndarray]:
        z, h = [], [a["h0"]]
        for x in a["x"]:
            z.append(x @ a["W"].T + h[-1] @ a["U"].T + a["b"])
            h.append(np.where(z[-1] > 0, z[-1], 0))
        found = {name: np.zeros_like(a[name]) for name in ("W", "U", "b", "x")}
        carry = np.zeros_like(a["h0"])
        for step in reversed(range(len(a["x"]))):
            dz = (a["dh"][step] + carry) * np.where(z[step] == 0, at_zero, z[step] > 0)
            found["W"] += dz.T @ a["x"][step]
            found["U"] += dz.T @ h[step]
            found["b"] += dz.sum(0)
            found["x"][step] = dz @ a["W"]
            carry = dz @ a["U"]
        return {f"d{name}": value for name, value in {**found, "h0": carry}.items()}

    return run


def test_away_from_kinks_there_is_one_slope():
    data = case(RELU, steps=3, seed=2)
    known = truth(RELU, data)
    assert known.kinks == 0
    for at_zero in (0.0, 1.0):
        assert all(row.passed for row in compare(RELU, data, known, "hand", "float64", relu_by_hand(at_zero)))


def test_a_kink_is_reported_and_not_averaged():
    """The one-sided slopes are those of the slopes 0 and 1 of relu at zero; the value between them is not a number."""
    data = at_a_kink()
    known = truth(RELU, data)
    off, on = relu_by_hand(0.0)(data.arrays), relu_by_hand(1.0)(data.arrays)
    for name in data.names:
        found = known.estimates[name]
        sides = np.sort(np.stack([found.left, found.right]), axis=0)
        np.testing.assert_allclose(sides, np.sort(np.stack([off[f"d{name}"], on[f"d{name}"]]), axis=0), atol=1e-9)
        assert np.array_equal(found.kink, off[f"d{name}"] != on[f"d{name}"])
        assert np.isnan(found.value[found.kink]).all()
    kinks = {name: int(known.estimates[name].kink.sum()) for name in data.names}
    assert kinks["b"] == 1
    assert known.kinks == sum(kinks.values()) > 1


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_a_subgradient_is_passed_at_a_kink(at_zero):
    data = at_a_kink()
    found = compare(RELU, data, truth(RELU, data), "hand", "float64", relu_by_hand(at_zero))
    assert all(row.passed for row in found), found


@pytest.mark.parametrize("at_zero", [-1.0, 1.5, 2.0])
def test_what_is_no_subgradient_is_not_passed_at_a_kink(at_zero):
    data = at_a_kink()
    found = compare(RELU, data, truth(RELU, data), "hand", "float64", relu_by_hand(at_zero))
    assert not next(row for row in found if row.name == "db").passed


def test_the_emitted_code_takes_a_subgradient_at_a_kink():
    data = at_a_kink()
    compiled = load(lower(derive(RELU)), "numpy")
    found = compare(RELU, data, truth(RELU, data), "numpy", "float64", lambda arrays: compiled.gradient(**arrays))
    assert all(row.passed for row in found), found
    np.testing.assert_allclose(compiled.gradient(**data.arrays)["db"], relu_by_hand(0.0)(data.arrays)["db"], rtol=1e-14)


def test_several_kinks_at_once_are_not_taken_for_one():
    """x = 0, h0 = 0 and b = 0: every unit is on its kink, and the declared slopes lie outside of the one-sided ones."""
    data = case(RELU, steps=3, seed=2)
    arrays = {name: array.copy() for name, array in data.arrays.items()}
    for array in (arrays["x"][0, 0], arrays["h0"][0], arrays["b"]):
        array[...] = 0
    with pytest.raises(SymrnnError, match="complex steps and central differences disagree about the gradient of"):
        truth(RELU, Case(data.sizes, arrays, data.names))
