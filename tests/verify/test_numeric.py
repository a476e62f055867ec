"""The numeric oracle: known derivatives are found, and what cannot be trusted is reported."""

from __future__ import annotations

import numpy as np
import pytest

from symrnn.verify.numeric import (
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


# ---- central differences (where they converge and where not: test_numeric_differences)


def test_central_differences_agree_with_the_gradient_by_hand():
    arrays = arrays_of()
    found = central_difference(recurrence, arrays)
    for name, truth in by_hand(arrays).items():
        assert found[name].smooth.all()
        assert found[name].admits(truth).all()
        assert (found[name].error < 1e-9).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_recurrence_with_kinks_is_differentiated_between_them(seed):
    arrays = arrays_of(seed)
    found = central_difference(lambda a: recurrence(a, lambda z: np.maximum(z, 0)), arrays)
    truth = complex_step(lambda a: recurrence(a, lambda z: np.maximum(z, 0)), arrays)
    for name in truth:
        assert found[name].smooth.all()
        assert found[name].admits(truth[name]).all()


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
        central_difference(recurrence, arrays_of(), ["b"])["b"].admits(np.ones((3, 1)))


def test_relative_error_compares_real_arrays():
    with pytest.raises(TypeError, match="complex128"):
        relative_error(np.ones(2) * 1j, np.ones(2))
