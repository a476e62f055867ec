"""Central differences: the truth is within the error where they converge, and where they do not, that is said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from symrnn.verify.numeric import Estimate, central_difference, complex_step, relative_error


def slope_of(function, x) -> Estimate:
    return central_difference(lambda arrays: function(arrays["x"]), {"x": np.array(float(x))})["x"]


def relu(x):
    return np.maximum(x, 0)


# ---- smooth functions

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
    "sine with the period of the steps": (lambda x: np.sin(32 * np.pi * x), 0.01, 32 * np.pi * math.cos(0.32 * np.pi)),
    "large values": (lambda x: 1e8 * np.tanh(x), 0.4, 1e8 / math.cosh(0.4) ** 2),
    "small values": (lambda x: 1e-8 * np.tanh(x), 0.4, 1e-8 / math.cosh(0.4) ** 2),
    "saturated": (lambda x: np.tanh(100 * x), 0.3, 100 / math.cosh(30) ** 2),
    "steep": (lambda x: np.tanh(1000 * x), 1e-3, 1000 / math.cosh(1) ** 2),
    "cancelling": (lambda x: (np.sin(x) + 1e5) - 1e5, 0.3, math.cos(0.3)),
    "away from a kink": (relu, 1e-3, 1.0),
    "away from a kink, below": (relu, -1e-3, 0.0),
    "beside a jump": (lambda x: np.where(x > 1e-4, 5.0, 0) + x, 0.0, 1.0),
    "two parabolas": (lambda x: np.abs(x) * x, 0.0, 0.0),
}
TIGHT = 1e-9  # relative error of the estimates, unless the function itself carries more rounding, as in:
LOOSE = {
    "large wavelength on a constant": 1e-6,  # rounding of 1 against a rise of 1e-8
    "small wavelength, far out": 1e-6,  # the argument 1e8 is rounded by 1e-8
    "small wavelength": 1e-7,
    "logarithm close to zero": 1e-6,  # only eight steps are inside the domain
    "sine far out": 1e-7,
    "cancelling": 1e-8,  # rounding of 1e5
}


@pytest.mark.parametrize("case", SMOOTH)
def test_the_truth_is_within_a_small_error_of_the_estimate(case):
    function, x, truth = SMOOTH[case]
    estimate = slope_of(function, x)
    assert estimate.smooth
    assert abs(estimate.value - truth) <= estimate.error
    assert estimate.error <= LOOSE.get(case, TIGHT) * max(abs(truth), 1e-3)
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


@pytest.mark.parametrize("noise", [1e-12, 1e-9, 1e-7])
def test_noise_is_in_the_error(noise):
    for seed in range(20):
        source = np.random.default_rng(seed)
        estimate = slope_of(lambda x, s=source: np.sin(x) + noise * s.normal(size=x.shape), 0.3)
        assert estimate.smooth
        assert abs(estimate.value - math.cos(0.3)) <= estimate.error <= 1e4 * noise


# ---- what is flagged


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


NOISE = np.random.default_rng(0)
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
    "noise": (lambda x: x + 1e-3 * NOISE.normal(size=x.shape), 0.3),
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
