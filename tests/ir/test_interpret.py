"""The interpreter against the recurrences as a person writes them, differentiated by the complex step."""

from __future__ import annotations

import numpy as np
import pytest
from programs import NUMBERS, PROGRAMS, arguments, objective, states

from symrnn.ir.interpret import MEANING, interpret
from symrnn.ir.nodes import FUNCTIONS, OPERATORS
from symrnn.ir.validate import validate

STEP = 1e-30  # the complex step has no cancellation: the smaller the better


def complex_step(name, arrays, of):
    gradient = np.empty_like(arrays[of])
    for index in np.ndindex(gradient.shape):
        shifted = {key: array.astype(complex) for key, array in arrays.items()}
        shifted[of][index] += 1j * STEP
        gradient[index] = objective(name, shifted).imag / STEP
    return gradient


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_well_formed(name) -> None:
    program = PROGRAMS[name]()
    assert validate(program) is program


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward_is_the_recurrence(name) -> None:
    program = PROGRAMS[name]()
    arrays = arguments(program)
    kept = interpret(program, program.forward, arrays, NUMBERS)
    expected = states(name, arrays)
    np.testing.assert_allclose(kept["h"][-len(expected) :], expected, rtol=1e-14)
    if "J" in kept:
        np.testing.assert_allclose(kept["J"], objective(name, arrays), rtol=1e-14)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_gradient_is_the_complex_step_derivative(name) -> None:
    program = PROGRAMS[name]()
    arrays = arguments(program)
    before = {key: array.copy() for key, array in arrays.items()}
    kept = interpret(program, program.forward, arrays, NUMBERS)
    gradients = interpret(program, program.backward, {**arrays, **kept}, NUMBERS)
    for key, gradient in gradients.items():
        # 5 steps of sums over at most 12 terms of size 1: a few units in the last place of 1
        np.testing.assert_allclose(gradient, complex_step(name, arrays, key[1:]), rtol=1e-13, atol=5e-15)
    assert all(np.array_equal(arrays[key], before[key]) for key in arrays)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_interpreter_itself_can_be_differentiated(name) -> None:
    """With complex arrays it continues analytically: its own complex step gives the gradient of its loss."""
    program = PROGRAMS[name]()
    arrays = arguments(program)
    of = next(buffer.name for buffer in program.buffers if buffer.name.startswith("W"))
    shifted = {key: array.astype(complex) for key, array in arrays.items()}
    shifted[of][1, 2] += 1j * STEP
    kept = interpret(program, program.forward, shifted, NUMBERS)
    dh = arrays.get("dh")
    value = kept["J"] if "J" in kept else np.sum(dh * kept["h"][-len(dh) :])
    expected = complex_step(name, arrays, of)[1, 2]
    np.testing.assert_allclose(value.imag / STEP, expected, rtol=1e-13)


def test_values_keep_their_precision() -> None:
    for make in PROGRAMS.values():
        program = make()
        kept = interpret(program, program.forward, arguments(program, "float32"), NUMBERS)
        assert {array.dtype for array in kept.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_stay_finite_where_their_value_is(dtype) -> None:
    x = np.array([-1e3, -1.0, 0.0, 1.0, 1e3, np.inf, -np.inf, np.nan], dtype)
    with np.errstate(all="ignore"):
        assert MEANING["sigmoid"](x).tolist()[:1] == [0.0] and MEANING["sigmoid"](x)[4] == 1
        assert MEANING["softplus"](x)[[0, 4]].tolist() == [0.0, 1000.0]
        assert MEANING["relu"](x)[:6].tolist() == [0, 0, 0, 1, 1000, np.inf]
        assert MEANING["step"](x)[:7].tolist() == [0, 0, 0, 1, 1, 1, 0]
        assert MEANING["sign"](x)[:7].tolist() == [-1, -1, 0, 1, 1, 1, -1]
        assert MEANING["abs"](x)[:7].tolist() == [1e3, 1, 0, 1, 1e3, np.inf, np.inf]
        for name in FUNCTIONS:
            assert np.isnan(MEANING[name](x)[-1]), f"{name}(NaN) must be NaN"
            assert MEANING[name](x).dtype == dtype, f"{name} must keep {dtype}"


def test_every_operator_and_function_has_a_meaning() -> None:
    assert set(MEANING) | {"power"} == set(OPERATORS) | set(FUNCTIONS)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "exp", "log", "softplus", "sqrt", "abs", "sin", "cos"])
def test_functions_continue_analytically(name) -> None:
    x = np.array([0.3, 1.7]) if name in ("log", "sqrt") else np.array([-1.3, 0.4, 2.0])
    slope = MEANING[name](x + 1j * STEP).imag / STEP
    central = (MEANING[name](x + 1e-6) - MEANING[name](x - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope, central, rtol=1e-8)
