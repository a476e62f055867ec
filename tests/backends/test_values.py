"""Emitted code against the interpreter, for every program, backend and precision."""

from __future__ import annotations

import numpy as np
import pytest
from forms import all_functions, every_form
from programs import NUMBERS, PROGRAMS, arguments
from spreads import IN_PARTS
from wide import WIDE, truncated, truncated_gradients

from symrnn.backends import BACKENDS
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import FUNCTIONS, OPERATORS
from symrnn.ir.validate import validate
from symrnn.runtime import load

ALL = {
    **PROGRAMS,
    **WIDE,
    "every_form": every_form,
    "all_functions": all_functions,
    **IN_PARTS,
}

# Sums of a few dozen terms of size 1, in another order: a few units in the last place of the largest term.
TOLERANCE = {"float64": 4e-15, "float32": 2e-6}
MANY = 10  # reductions have hundreds of terms, which cancel
LONG = {"T": 2, "B": 3, "I": 70, "H": 4}  # sums over 70 numbers run in lanes, but for the last six
DTYPES = ("float64", "float32")


def expected(program, arrays, sizes=NUMBERS):
    kept = interpret(program, program.forward, arrays, sizes)
    return {**kept, **interpret(program, program.backward, {**arrays, **kept}, sizes)}


def both(compiled, arrays):
    kept = compiled.forward(**arrays)
    return {**kept, **compiled.backward(kept, **arrays)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ALL)
def test_emitted_code_equals_the_interpreter(name, backend, dtype) -> None:
    program = validate(ALL[name]())
    compiled = load(program, backend, dtype)
    # 11 hidden units also run the part of a product that goes eight at a time
    other = {"T": 1, "B": 3, "I": 9, "H": 11, "O": 2, "S": 4, "K": 1, "N": 3}
    for sizes in (NUMBERS, other, *([LONG] if name.startswith("reductions") else [])):
        arrays = arguments(program, dtype, numbers=sizes)
        found, wanted = both(compiled, arrays), expected(program, arrays, sizes)
        assert set(found) == set(wanted)
        for key, array in wanted.items():
            assert found[key].dtype == dtype and found[key].shape == array.shape
            scale = max(1.0, float(np.nanmax(np.abs(array)))) if np.isfinite(array).any() else 1.0
            tolerance = TOLERANCE[dtype] * (MANY if name.startswith("reductions") else 1)
            np.testing.assert_allclose(found[key], array, rtol=tolerance, atol=tolerance * scale, err_msg=key)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_function_takes_extreme_values(backend, dtype) -> None:
    """Overflow, zero, infinity and NaN give what the interpreter gives, and no warning."""
    program = all_functions()
    special = [-np.inf, -1e3, -100, -50, -1, -1e-5, 0, 1e-5, 1, 50, 100, 1e3, np.inf, np.nan, 0.5]
    x = np.array(special, dtype).reshape(1, 3, 5)
    arrays = {"x": x, "w": np.ascontiguousarray(x[:, ::-1])}
    found = both(load(program, backend, dtype), arrays)
    wanted = expected(program, arrays, {"T": 1, "B": 3, "I": 5})
    tiny = float(np.finfo(dtype).tiny)  # below it a sigmoid may be 0
    for key, array in wanted.items():
        np.testing.assert_allclose(found[key], array, rtol=TOLERANCE[dtype], atol=tiny, err_msg=key)
    assert {f"y_{name}" for name in (*FUNCTIONS, "add", "sub", "mul", "div", "neg")} <= set(wanted)
    assert {name.split("_")[1] for name in wanted if name.startswith("y_")} == set(FUNCTIONS) | set(OPERATORS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_reaches_every_result_that_depends_on_it(backend) -> None:
    program = every_form()
    arrays = arguments(program)
    arrays["x"][-1, 1, 0] = np.nan
    found, wanted = both(load(program, backend), arrays), expected(program, arrays)
    for key in wanted:
        np.testing.assert_array_equal(np.isnan(found[key]), np.isnan(wanted[key]), err_msg=key)
    assert np.isnan(found["rows_max"][0]) and np.isnan(found["columns_max"][1]) and np.isnan(found["all_max"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_in_any_place_reaches_a_long_sum_and_a_long_maximum(backend) -> None:
    program = IN_PARTS["reductions_stack"]()
    compiled = load(program, backend)
    for place in (0, 31, 32, 63, 64, 69):
        arrays = arguments(program, numbers={**NUMBERS, "I": 70})
        arrays["x"][-1, 1, 0, place] = np.nan
        found = compiled.forward(**arrays)
        assert np.isnan(found["sum_stack_2"][1, 0]) and np.isnan(found["max_stack_2"][1, 0]), place
        assert np.isnan(found["sum_stack_2"]).sum() == np.isnan(found["max_stack_2"]).sum() == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_calls_in_a_row_give_the_same_bits(backend) -> None:
    for make in (*PROGRAMS.values(), *WIDE.values()):
        program = make()
        compiled, arrays = load(program, backend), arguments(program)
        first = both(compiled, arrays)
        other = both(compiled, arguments(program, seed=1))
        again = both(compiled, arrays)
        assert all(np.array_equal(first[key], again[key]) for key in first)
        assert not all(np.array_equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("every", [1, 2, 3, 5, 2**62, 2**64 + 1])
def test_a_gradient_is_cut_off_every_few_steps(backend, every) -> None:
    compiled = load(truncated(), backend)
    for span in (1, 2, 3, 5, 2**62, 2**64 + 1):
        arrays = arguments(truncated(), numbers={**NUMBERS, "K": span, "N": every})
        found = both(compiled, arrays)
        for key, wanted in truncated_gradients(arrays, span, every).items():
            np.testing.assert_allclose(found[key], wanted, rtol=1e-14, atol=1e-15, err_msg=key)
