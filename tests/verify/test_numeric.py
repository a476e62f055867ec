"""The numeric oracle: known derivatives are found, and what cannot be trusted is reported."""

from __future__ import annotations

import math

import numpy as np
import pytest

from symrnn.verify.numeric import (
    Estimate,
    NotAnalyticError,
    central_difference,
    complex_step,
    directional_central_difference,
    directional_complex_step,
    one_at_a_time,
    random_direction,
    relative_error,
    trusted_complex_step,
)

EPS = np.finfo(float).eps


def arrays_of(seed=0):
    """Different sizes everywhere, so that a missing transpose shows."""
    source = np.random.default_rng(seed)
    shapes = {"W": (3, 2), "U": (3, 3), "b": (3,), "V": (4, 3), "x": (5, 2), "h": (3,)}
    return {name: source.normal(size=shape) for name, shape in shapes.items()} | {"y": np.array([3, 0, 2, 2, 1])}


def recurrence(arrays, squash=np.tanh):
    """Softmax cross entropy over a plain recurrence, for stacked arrays and any number field."""
    h, loss = arrays["h"], 0
    points = np.arange(len(h))
    for t in range(arrays["x"].shape[1]):
        h = squash(
            np.einsum("phi,pi->ph", arrays["W"], arrays["x"][:, t])
            + np.einsum("phk,pk->ph", arrays["U"], h)
            + arrays["b"]
        )
        logits = np.einsum("poh,ph->po", arrays["V"], h)
        logits = logits - logits.real.max(axis=1, keepdims=True)
        loss = loss + np.log(np.exp(logits).sum(axis=1)) - logits[points, arrays["y"][:, t]]
    return loss


def by_hand(arrays):
    """The gradient of `recurrence`, derived by hand in single arrays."""
    h, steps = arrays["h"], []
    for x, y in zip(arrays["x"], arrays["y"], strict=True):
        after = np.tanh(arrays["W"] @ x + arrays["U"] @ h + arrays["b"])
        p = np.exp(arrays["V"] @ after)
        steps.append((x, h, after, p / p.sum() - np.eye(4)[y]))
        h = after
    grad = {name: np.zeros(arrays[name].shape) for name in ("W", "U", "b", "V", "x", "h")}
    carry = np.zeros(3)
    for t, (x, before, after, error) in reversed(list(enumerate(steps))):
        grad["V"] += np.outer(error, after)
        z = (1 - after**2) * (arrays["V"].T @ error + carry)
        grad["W"] += np.outer(z, x)
        grad["U"] += np.outer(z, before)
        grad["b"] += z
        grad["x"][t] = arrays["W"].T @ z
        carry = arrays["U"].T @ z
    grad["h"] = carry
    return grad


def slope_of(function, x) -> Estimate:
    return central_difference(lambda arrays: function(arrays["x"]), {"x": np.array(float(x))})["x"]


def relu(x):
    return np.maximum(x, 0)


# ---- complex step


def test_complex_step_gives_the_gradient_to_rounding():
    arrays = arrays_of()
    found, truth = complex_step(recurrence, arrays), by_hand(arrays)
    assert found.keys() == truth.keys()
    for name in truth:
        assert relative_error(found[name], truth[name]) < 20 * EPS, name  # some forty roundings in a row on either side


@pytest.mark.parametrize("chunk", [1, 2, 7, 1000])
def test_chunks_do_not_change_the_gradient(chunk):
    arrays = arrays_of()
    for name, found in complex_step(recurrence, arrays, chunk=chunk).items():
        assert relative_error(found, complex_step(recurrence, arrays)[name]) < 4 * EPS
    small = {"W": arrays["W"]}
    at_once, in_parts = (
        central_difference(lambda a: np.sin(a["W"]).prod(axis=(1, 2)), small, chunk=c)["W"] for c in (1000, chunk)
    )
    np.testing.assert_array_equal(at_once.value, in_parts.value)


def test_one_at_a_time_agrees_with_stacked():
    arrays = {"a": np.array([[0.3, -1.2, 2.0]]), "s": np.array(0.7)}
    stacked = complex_step(lambda v: np.exp(v["a"] * v["s"][:, None, None]).sum(axis=(1, 2)), arrays)
    single = complex_step(one_at_a_time(lambda v: np.exp(v["a"] * v["s"]).sum()), arrays)
    for name in arrays:
        assert single[name].shape == arrays[name].shape
        assert relative_error(single[name], stacked[name]) < 4 * EPS
    slow = central_difference(one_at_a_time(lambda v: np.exp(v["a"] * v["s"]).sum()), arrays)
    assert all(slow[name].admits(stacked[name]).all() for name in arrays)


def test_only_chosen_arrays_are_differentiated():
    arrays = arrays_of()
    assert complex_step(recurrence, arrays, ["b"]).keys() == {"b"}
    assert central_difference(recurrence, arrays, ["b"]).keys() == {"b"}


def test_single_precision_arrays_are_promoted():
    x = np.float32([0.1, 0.2])
    found = complex_step(lambda a: np.sin(a["x"]).sum(axis=1), {"x": x})["x"]
    assert relative_error(found, np.cos(x.astype(float))) < 2 * EPS


def test_empty_arrays_have_empty_gradients():
    arrays = {"none": np.zeros((0, 3)), "x": np.array([2.0])}
    assert complex_step(lambda a: a["x"].prod(axis=1), arrays)["none"].shape == (0, 3)
    assert central_difference(lambda a: a["x"].prod(axis=1), arrays)["none"].value.shape == (0, 3)


def test_an_error_of_one_in_ten_billion_is_caught_by_a_complex_step():
    x = np.array([0.4, -1.1])
    claimed = np.cos(x) * (1 + 1e-10)
    found = complex_step(lambda a: np.sin(a["x"]).sum(axis=1), {"x": x})["x"]
    assert 0.5e-10 < relative_error(claimed, found) < 2e-10
    assert relative_error(np.cos(x), found) < 2 * EPS


def test_an_error_of_one_in_ten_billion_is_caught_by_central_differences():
    x = np.array([0.4, -1.1])
    estimate = central_difference(lambda a: np.sin(a["x"]).sum(axis=1), {"x": x})["x"]
    assert estimate.admits(np.cos(x)).all()
    assert not estimate.admits(np.cos(x) * (1 + 1e-10)).any()


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (lambda a: np.abs(a["x"]).sum(axis=1), "imaginary part"),
        (lambda a: a["x"].real.sum(axis=1), "imaginary part"),
        (lambda a: a["x"].sum(axis=1).astype(np.float32).astype(float), "discards the imaginary part"),
        (lambda a: _written_into_reals(a["x"]), "discards the imaginary part"),
    ],
)
def test_a_lost_imaginary_part_is_an_error(function, complaint):
    with pytest.raises((TypeError, np.exceptions.ComplexWarning), match=complaint):
        complex_step(function, {"x": np.array([1.0, 2.0])})


def _written_into_reals(x):
    kept = np.zeros(x.shape)
    kept[:] = x
    return kept.sum(axis=1) + 0j


@pytest.mark.parametrize(
    "mixing",
    [
        lambda a: np.sin(a["x"]).sum(axis=1) + a["x"].mean(),
        lambda a: a["x"].sum(axis=1) / np.linalg.norm(a["x"].real) + 1e-3 * a["x"].sum(axis=0)[0],
        lambda a: a["x"].sum(axis=1) + 1j,
    ],
)
def test_mixing_the_points_of_a_stack_is_an_error(mixing):
    with pytest.raises(ValueError, match="mixes the points of a stack"):
        complex_step(mixing, {"x": np.array([1.0, 2.0, -3.0])})


@pytest.mark.parametrize("method", [complex_step, central_difference])
def test_a_function_must_answer_one_number_a_point(method):
    with pytest.raises(ValueError, match="wrap it in one_at_a_time"):
        method(lambda a: a["x"].sum(), {"x": np.ones(3)})
    with pytest.raises(ValueError, match="size 1"):
        method(one_at_a_time(lambda a: a["x"]), {"x": np.ones(3)})


@pytest.mark.parametrize("method", [complex_step, trusted_complex_step, central_difference, random_direction])
def test_what_cannot_be_differentiated_is_refused(method):
    args = () if method is random_direction else (recurrence,)
    with pytest.raises(ValueError, match="y is not one of the floating arrays"):
        method(*args, arrays_of(), ["y"])
    with pytest.raises(ValueError, match="nowhere is not one"):
        method(*args, arrays_of(), ["nowhere"])
    with pytest.raises(ValueError, match="no array to differentiate"):
        method(*args, {"y": np.arange(3)})
    with pytest.raises(TypeError, match="z must be real"):
        method(*args, {"z": np.ones(2) * 1j})


def test_arrays_are_handed_out_read_only():
    def greedy(arrays):
        arrays["x"] *= 2
        return arrays["x"].sum(axis=1)

    for method in (complex_step, central_difference):
        with pytest.raises(ValueError, match="read-only"):
            method(greedy, {"x": np.ones(3)})
    with pytest.raises(ValueError, match="read-only"):
        directional_complex_step(greedy, {"x": np.ones(3)}, {"x": np.ones(3)})


def test_a_chunk_that_makes_no_sense_never_passes():
    assert np.isnan(complex_step(recurrence, arrays_of(), ["b"], chunk=-1)["b"]).all()
    assert central_difference(recurrence, arrays_of(), ["b"], chunk=-1)["b"].unsettled.all()


# ---- trusted complex step


def test_a_trusted_complex_step_is_the_complex_step():
    arrays = arrays_of()
    trusted, plain = trusted_complex_step(recurrence, arrays), complex_step(recurrence, arrays)
    for name in plain:
        np.testing.assert_array_equal(trusted[name], plain[name])


@pytest.mark.parametrize(
    "function",
    [
        lambda a: (a["x"] * np.conj(a["x"])).sum(axis=1),
        lambda a: (np.abs(a["x"]) + 1e-6 * a["x"]).sum(axis=1),
        lambda a: np.exp(a["x"].real).sum(axis=1) * a["x"][:, 0],
        lambda a: np.einsum("pi,pi->p", a["x"], np.conj(a["x"]) ** 2) * 1e-6 + np.sin(a["x"]).sum(axis=1),
    ],
)
def test_a_function_that_is_not_analytic_is_reported(function):
    arrays = {"x": np.array([0.3, -1.4, 0.8])}
    complex_step(function, arrays)  # passes, with wrong numbers
    with pytest.raises(NotAnalyticError, match="is not analytic"):
        trusted_complex_step(function, arrays)


def test_a_kink_is_not_left_to_the_complex_step():
    with pytest.raises(NotAnalyticError, match="not smooth"):
        trusted_complex_step(lambda a: np.maximum(a["x"], 0).sum(axis=1), {"x": np.array([1.0, 0.0])})


# ---- central differences: smooth functions

SMOOTH = {
    "polynomial": (lambda x: x**3 - 2 * x, 1.3, 3 * 1.3**2 - 2),
    "square at its minimum": (lambda x: x**2, 0.0, 0.0),
    "constant": (lambda x: 0 * x + 3, 0.4, 0.0),
    "exponential": (np.exp, 1.7, math.exp(1.7)),
    "exponential close to overflow": (np.exp, 700.0, math.exp(700)),
    "logarithm": (np.log, 0.3, 1 / 0.3),
    "logarithm close to zero": (np.log, 1e-8, 1e8),
    "logarithm of a large number": (np.log, 1e8, 1e-8),
    "pole": (lambda x: 1 / x, 1e-3, -1e6),
    "small wavelength": (lambda x: np.sin(1e8 * x), 3e-9, 1e8 * math.cos(0.3)),
    "small wavelength, far out": (lambda x: np.sin(1e8 * x), 1.0, 1e8 * math.cos(1e8)),
    "large wavelength": (lambda x: np.sin(1e-8 * x), 1e7, 1e-8 * math.cos(0.1)),
    "large wavelength on a constant": (lambda x: 1 + np.sin(1e-8 * x), 1.0, 1e-8),
    "sine far out": (np.sin, 1e8, math.cos(1e8)),
    "sine with the period of the steps": (lambda x: np.sin(32 * np.pi * x), 0.0, 32 * np.pi),
    "large values": (lambda x: 1e8 * np.tanh(x), 0.4, 1e8 / math.cosh(0.4) ** 2),
    "small values": (lambda x: 1e-8 * np.tanh(x), 0.4, 1e-8 / math.cosh(0.4) ** 2),
    "saturated": (lambda x: np.tanh(100 * x), 0.3, 100 / math.cosh(30) ** 2),
    "steep": (lambda x: np.tanh(1000 * x), 1e-3, 1000 / math.cosh(1) ** 2),
    "cancelling": (lambda x: (np.sin(x) + 1e5) - 1e5, 0.3, math.cos(0.3)),
    "away from a kink": (relu, 1e-3, 1.0),
    "away from a kink, below": (relu, -1e-3, 0.0),
    "beside a jump": (lambda x: np.where(x > 1e-4, 5.0, 0) + x, 0.0, 1.0),
    "three-halves power at its edge": (lambda x: np.sign(x) * x**2, 0.0, 0.0),
}
TIGHT = 1e-9  # relative error of the estimates, unless the function itself carries more rounding, as in:
LOOSE = {
    "large wavelength on a constant": 1e-6,  # rounding of 1 against a rise of 1e-8
    "small wavelength, far out": 1e-6,  # the argument 1e8 is rounded by 1e-8
    "small wavelength": 1e-8,
    "logarithm close to zero": 1e-7,  # only eight steps are inside the domain
    "sine far out": 1e-8,
    "cancelling": 1e-8,  # rounding of 1e5
}


@pytest.mark.parametrize("case", SMOOTH)
def test_the_truth_is_within_a_small_error_of_the_estimate(case):
    function, x, truth = SMOOTH[case]
    estimate = slope_of(function, x)
    assert estimate.smooth
    assert abs(estimate.value - truth) <= estimate.error
    assert estimate.error <= LOOSE.get(case, TIGHT) * max(abs(truth), 1e-4)
    assert estimate.admits(np.array(truth))
    assert estimate.left == estimate.right == estimate.value


def test_errors_are_honest_for_random_functions():
    source = np.random.default_rng(1)
    honest = total = 0
    for _ in range(40):
        scale, mix, x = 10 ** source.uniform(-2, 2, size=3), source.normal(size=(3, 3)), source.normal(size=5)

        def wave(arrays, s=scale, m=mix):
            z = arrays["x"]
            return (m[0, 0] * np.sin(s[0] * z) + m[1, 0] * np.exp(-((s[1] * z) ** 2)) + m[2, 0] / (1 + z * z)).sum(
                axis=1
            )

        truth = complex_step(wave, {"x": x})["x"]
        estimate = central_difference(wave, {"x": x})["x"]
        assert estimate.smooth.all()
        assert (estimate.error <= 1e-8 * np.abs(truth) + 1e-9).all()
        honest, total = honest + int(estimate.admits(truth).sum()), total + 5
    assert honest == total


def test_central_differences_agree_with_the_gradient_by_hand():
    arrays = arrays_of()
    found = central_difference(recurrence, arrays)
    for name, truth in by_hand(arrays).items():
        assert found[name].smooth.all()
        assert found[name].admits(truth).all()
        assert (found[name].error < 1e-9).all()


@pytest.mark.parametrize("noise", [1e-12, 1e-9, 1e-6])
def test_noise_is_in_the_error(noise):
    for seed in range(20):
        source = np.random.default_rng(seed)
        estimate = slope_of(lambda x, s=source: np.sin(x) + noise * s.normal(size=x.shape), 0.3)
        assert estimate.smooth
        assert abs(estimate.value - math.cos(0.3)) <= estimate.error <= 1e4 * noise


# ---- central differences: what is flagged


def test_a_kink_is_flagged_with_its_one_sided_slopes():
    x = np.array([1.0, 0.0, -2.0, -0.0])
    estimate = central_difference(lambda a: (np.maximum(a["x"], 0.1 * a["x"]) + np.sin(a["x"])).sum(axis=1), {"x": x})[
        "x"
    ]
    assert estimate.kink.tolist() == [False, True, False, True]
    assert np.isnan(estimate.value[estimate.kink]).all()
    assert np.allclose(estimate.left[estimate.kink], 1.1, rtol=1e-10)
    assert np.allclose(estimate.right[estimate.kink], 2.0, rtol=1e-10)
    assert estimate.admits(np.array([1 + math.cos(1), 1.1, 0.1 + math.cos(2), 2.0])).all()
    assert not estimate.admits(np.array([1.0, 1.09, 0.1, 2.01])).any()


@pytest.mark.parametrize("distance", [0.1, 1e-2, 1e-3, 1e-4, 3e-5])
@pytest.mark.parametrize("side", [1, -1])
def test_a_kink_at_a_distance_does_not_disturb(distance, side):
    estimate = slope_of(lambda x: 1 + relu(x), side * distance)
    assert estimate.smooth
    assert estimate.admits(np.array(float(side > 0)))
    assert estimate.error < 1e-9


@pytest.mark.parametrize("distance", [1e-6, 1e-8, 1e-10, 1e-12, 1e-15])
@pytest.mark.parametrize("side", [1, -1])
def test_a_kink_close_by_is_flagged(distance, side):
    for function in (
        lambda x: 1 + relu(x),
        lambda x: 1 + np.abs(x),
        lambda x: np.sin(x) + np.where(x > 0, x, 0.1 * x) + 2,
    ):
        assert not slope_of(function, side * distance).smooth


@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-5])
def test_a_small_kink_is_flagged(size):
    estimate = slope_of(lambda x: x + size * np.abs(x), 0.0)
    assert estimate.kink
    assert estimate.right - estimate.left == pytest.approx(2 * size, rel=1e-6)


def test_a_kink_too_small_to_flag_is_in_the_error():
    estimate = slope_of(lambda x: x + 1e-8 * np.abs(x), 0.0)
    assert estimate.smooth
    assert estimate.error >= 1e-8


UNSETTLED = {
    "jump": (lambda x: np.where(x > 0, 1.0, 0.0), 0.0),
    "jump on a slope": (lambda x: np.where(x > 0, 1.0, 0.0) + x, 0.0),
    "jump on a large constant": (lambda x: 1e9 + np.where(x > 0, 1.0, 0.0) + x, 0.0),
    "edge of the domain": (np.sqrt, 0.0),
    "outside of the domain": (np.log, -1.0),
    "vertical": (lambda x: np.sqrt(np.abs(x)), 0.0),
    "oscillating": (lambda x: np.where(x == 0, 0, x * np.sin(1 / np.where(x == 0, 1, x))), 0.0),
    "infinite": (lambda x: np.exp(1e4 + x), 0.0),
    "single precision": (lambda x: np.tanh(x.astype(np.float32)).astype(float), 0.3),
    "cancelling to a staircase": (lambda x: (x + 1e8) - 1e8, 0.3),
    "noise": (lambda x, s=np.random.default_rng(0): x + 1e-3 * s.normal(size=x.shape), 0.3),
    "at infinity": (np.tanh, np.inf),
    "nowhere": (np.tanh, np.nan),
}


@pytest.mark.parametrize("case", UNSETTLED)
def test_what_does_not_converge_is_flagged(case):
    estimate = slope_of(*UNSETTLED[case])
    assert estimate.unsettled
    assert np.isnan(estimate.value)
    assert estimate.error == np.inf
    assert not estimate.admits(np.array(1.0))
    assert relative_error(estimate.value, estimate.value) == np.inf


def test_a_flagged_entry_leaves_the_others_alone():
    x = np.array([[0.0, 1.0], [-1e-9, -1.0]])
    estimate = central_difference(lambda a: (np.abs(a["x"]) + 1).sum(axis=(1, 2)), {"x": x})["x"]
    assert estimate.smooth.tolist() == [[False, True], [False, True]]
    assert estimate.value[:, 1] == pytest.approx([1, -1], rel=1e-12)


def test_central_differences_need_real_answers():
    with pytest.raises(TypeError, match="real values are needed"):
        central_difference(lambda a: a["x"].sum(axis=1) + 0j, {"x": np.ones(2)})


# ---- directions


def test_both_methods_agree_with_the_gradient_along_a_direction():
    arrays, truth = arrays_of(), by_hand(arrays_of())
    direction = random_direction(arrays, seed=3)
    assert sum(np.sum(part**2) for part in direction.values()) == pytest.approx(1)
    expected = sum(np.sum(part * truth[name]) for name, part in direction.items())
    assert directional_complex_step(recurrence, arrays, direction) == pytest.approx(expected, rel=1e-13)
    estimate = directional_central_difference(recurrence, arrays, direction)
    assert estimate.admits(np.array(expected))
    assert not estimate.admits(np.array(expected * (1 + 1e-8)))


def test_a_direction_of_some_arrays_moves_only_those():
    arrays, truth = arrays_of(), by_hand(arrays_of())
    direction = random_direction(arrays, ["U"])
    assert direction.keys() == {"U"}
    found = directional_complex_step(recurrence, arrays, direction)
    assert found == pytest.approx(np.sum(direction["U"] * truth["U"]), rel=1e-13)


def test_directions_are_random_but_repeatable():
    one, same, other = (random_direction(arrays_of(), ["U"], seed=seed)["U"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_a_direction_through_a_kink_is_flagged():
    arrays = {"x": np.array([0.0, 2.0])}
    estimate = directional_central_difference(lambda a: np.abs(a["x"]).sum(axis=1), arrays, {"x": np.array([0.6, 0.8])})
    assert estimate.kink
    assert (estimate.left, estimate.right) == (pytest.approx(0.2), pytest.approx(1.4))


def test_a_direction_has_the_shape_of_its_array():
    with pytest.raises(ValueError, match=r"found \(3, 2\), needed \(3, 3\)"):
        directional_complex_step(recurrence, arrays_of(), {"U": np.ones((3, 2))})
    with pytest.raises(ValueError, match="y is not one"):
        directional_complex_step(recurrence, arrays_of(), {"y": np.ones(5)})


# ---- comparison


@pytest.mark.parametrize(
    ("found", "truth", "error"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.5], [1.0, 2.0], 0.25),
        ([1e-9, 2.0], [0.0, 2.0], 0.5e-9),
        ([0.0, 0.0], [0.0, -0.0], 0.0),
        ([1e-300, 0.0], [0.0, 0.0], np.inf),
        ([], [], 0.0),
        ([np.nan, 2.0], [1.0, 2.0], np.inf),
        ([np.nan, 2.0], [np.nan, 2.0], np.inf),
        ([np.inf, 2.0], [np.inf, 2.0], np.inf),
        ([1.0, 2.0], [1.0, -np.inf], np.inf),
        ([1.7e308], [-1.7e308], np.inf),
        ([1.0], [5e-324], np.inf),
        ([3], [4], 0.25),
        ([True], [True], 0.0),
    ],
)
def test_relative_error_is_in_units_of_the_largest_entry(found, truth, error):
    assert relative_error(np.array(found), np.array(truth)) == error


def test_relative_error_broadcasts_nothing():
    with pytest.raises(ValueError, match=r"found \(3,\), needed \(3, 1\)"):
        relative_error(np.ones(3), np.ones((3, 1)))
    with pytest.raises(ValueError, match="shapes differ"):
        slope_of(np.sin, 1.0).admits(np.ones(1))


def test_relative_error_compares_real_arrays():
    with pytest.raises(TypeError, match="complex128"):
        relative_error(np.ones(2) * 1j, np.ones(2))
