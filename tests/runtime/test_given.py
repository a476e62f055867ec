"""What may be given besides arrays of reals: whole sizes, class indices, matrices for each sequence and step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import NUMBERS, PROGRAMS, SIZES, B, O, T, arguments, assign, at, call, load, procedures, tanh_rnn
from wide import OBJECTIVES, WIDE, matrix_memory, self_driven, truncated, truncated_gradients

from symrnn.backends import BACKENDS
from symrnn.errors import ArrayError
from symrnn.ir.buffers import Buffer, Role
from symrnn.ir.nodes import Loop, Program, Reduce, Ref
from symrnn.ir.shapes import ONE
from symrnn.ir.validate import validate
from symrnn.runtime import load as compiled_for

both_backends = pytest.mark.parametrize("backend", BACKENDS)


def with_distributions() -> Program:
    """The tanh RNN, whose targets are declared to sum to one."""
    program = tanh_rnn()
    buffers = tuple(replace(one, sums_to_one=True) if one.name == "y" else one for one in program.buffers)
    return replace(program, buffers=buffers)


def indices() -> np.ndarray:
    return np.random.default_rng(3).integers(0, NUMBERS["O"], (NUMBERS["T"], NUMBERS["B"]))


def without_parameters() -> Program:
    """J = −Σ y ∘ y: nothing but the targets tells how many classes there are."""
    buffers = (
        Buffer("x", (T, B, ONE), Role.INPUT, True),
        Buffer("y", (T, B, O), Role.TARGET, True, sums_to_one=True),
        Buffer("J", (), Role.LOSS),
        Buffer("dx", (T, B, ONE), Role.GRADIENT, True),
    )
    square = Reduce(Ref("J"), call("neg", call("mul", at("y"), at("y"))), (B, O), (0, 1), accumulate=True)
    forward, backward = (assign("J", 0), Loop((square,))), (Loop((assign(at("dx"), load(at("x"))),)),)
    sizes = tuple(one for one in SIZES if one[0] in "TBO")
    return validate(Program("bare", "", "", sizes, buffers, *procedures(buffers, forward, backward)))


@both_backends
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", ["int64", "int32", "uint8"])
def test_class_indices_are_one_hot_rows(backend, dtype, kind) -> None:
    program, classes = with_distributions(), indices()
    compiled, arrays = compiled_for(program, backend, dtype), arguments(program, dtype)
    rows = np.eye(NUMBERS["O"], dtype=dtype)[classes]
    wanted = compiled.loss_and_gradient(**{**arrays, "y": rows})
    before = classes.copy()
    found = compiled.loss_and_gradient(**{**arrays, "y": classes.astype(kind)})
    assert all(np.array_equal(found[key], wanted[key]) for key in wanted) and set(found) == set(wanted)
    assert np.array_equal(classes, before)
    kept = compiled.forward(**{**arrays, "y": classes})
    gradients = compiled.backward(kept, **{**arrays, "y": classes})
    assert all(np.array_equal(gradients[key], wanted[key]) for key in gradients)


@both_backends
def test_class_indices_out_of_range_are_refused(backend) -> None:
    program = with_distributions()
    compiled, arrays = compiled_for(program, backend), arguments(program)
    for wrong in (6, -1):
        classes = indices()
        classes[3, 1] = wrong
        message = rf"^tanh_rnn: y has class index {wrong} at \(3, 1\) of \(T, B\); the classes are 0 … 5, for O = 6"
        with pytest.raises(ArrayError, match=message):
            compiled.loss_and_gradient(**{**arrays, "y": classes})


@both_backends
def test_class_indices_of_another_shape_are_refused(backend) -> None:
    program = with_distributions()
    compiled, arrays = compiled_for(program, backend), arguments(program)
    with pytest.raises(ArrayError, match=r"y has shape \(4, 2, 6\); it must be \(T, B, O\) = \(5, 2, 6\)"):
        compiled.loss_and_gradient(**{**arrays, "y": indices()[:4]})
    with pytest.raises(ArrayError, match="y is int64; this code was made for float64"):
        compiled.loss_and_gradient(**{**arrays, "y": indices()[0]})
    with pytest.raises(ArrayError, match="y is bool; this code was made for float64"):
        compiled.loss_and_gradient(**{**arrays, "y": indices() > 2})
    with pytest.raises(ArrayError, match=r"y has shape \(5, 2\); it must be \(T, B, O\)"):
        compiled.loss_and_gradient(**{**arrays, "y": indices().astype("float64")})


@both_backends
def test_only_what_sums_to_one_may_be_class_indices(backend) -> None:
    compiled, arrays = compiled_for(tanh_rnn(), backend), arguments(tanh_rnn())
    with pytest.raises(ArrayError, match="y is int64; this code was made for float64"):
        compiled.loss_and_gradient(**{**arrays, "y": indices()})


@both_backends
def test_the_number_of_classes_must_follow_from_other_arrays(backend) -> None:
    compiled = compiled_for(without_parameters(), backend)
    x = np.ones((5, 2, 1))
    with pytest.raises(ArrayError, match=r"no other array tells how many classes O there are: give it as \(T, B, O\)"):
        compiled.forward(x=x, y=indices())
    assert compiled.forward(x=x, y=np.eye(6)[indices()]).loss == -10


@both_backends
def test_other_arrays_that_do_not_fit_are_named_before_classes(backend) -> None:
    program = with_distributions()
    compiled, arrays = compiled_for(program, backend), {**arguments(program), "y": indices()}
    with pytest.raises(ArrayError, match=r"W_hy has shape \(6, 5\); it must be \(O, H\)"):
        compiled.loss_and_gradient(**{**arrays, "W_hy": np.zeros((6, 5))})
    with pytest.raises(ArrayError, match=r"x has shape \(5, 3\)"):
        compiled.loss_and_gradient(**{**arrays, "x": np.zeros((5, 3))})


@both_backends
def test_given_sizes_are_whole_numbers(backend) -> None:
    compiled, arrays = compiled_for(truncated(), backend), arguments(truncated())
    for key, wanted in truncated_gradients(arrays, 3, 2).items():
        for number in (3, np.int64(3), np.int8(3)):
            np.testing.assert_allclose(
                compiled.gradient(**{**arrays, "K": number})[key], wanted, rtol=1e-14, atol=1e-15
            )
    for wrong in (0, -3, 2.0, "2", True, None, np.ones(1, int)):
        with pytest.raises(ArrayError, match=r"^truncated: the size K is .*; it must be a whole number, at least 1"):
            compiled.gradient(**{**arrays, "K": wrong})


@both_backends
def test_a_given_size_that_is_missing_is_named(backend) -> None:
    compiled, arrays = compiled_for(truncated(), backend), arguments(truncated())
    del arrays["K"]
    kept = compiled.forward(**arrays)  # which needs no K
    with pytest.raises(ArrayError, match="truncated: missing K, a whole number: give it by name"):
        compiled.backward(kept, **arrays)
    with pytest.raises(ArrayError, match="truncated: missing K: give what backward needs too"):
        compiled.gradient(**arrays)
    with pytest.raises(ArrayError, match="there is no array Q to give"):
        compiled.forward(**arrays, Q=2)


@both_backends
def test_a_given_size_must_fit_the_arrays(backend) -> None:
    compiled, arrays = compiled_for(self_driven(), backend), arguments(self_driven())
    found = compiled.gradient(**arrays)
    assert found["h"].shape == (6, 2, 4)
    kept = compiled.forward(**arrays)
    with pytest.raises(
        ArrayError, match=r"h has shape \(6, 2, 4\); it must be \(T \+ 1, B, H\) = \(5, 2, 4\), where T = 4"
    ):
        compiled.backward(kept, **{**arrays, "T": 4})


@both_backends
def test_a_sequence_may_be_of_matrices(backend) -> None:
    compiled, arrays = compiled_for(matrix_memory(), backend), arguments(matrix_memory())
    found = compiled.gradient(**arrays)
    assert found["C"].shape == (6, 2, 4, 3) and found["dx"].shape == (5, 2, 4, 3)
    strided = {key: np.asfortranarray(array) for key, array in arrays.items()}
    again = compiled.gradient(**strided)
    assert all(np.array_equal(found[key], again[key]) for key in found)
    with pytest.raises(ArrayError, match=r"x has shape \(5, 2, 12\); it must be \(T, B, H, I\): 4 dimensions"):
        compiled.gradient(**{**arrays, "x": arrays["x"].reshape(5, 2, 12)})
    with pytest.raises(ArrayError, match=r"C0 has shape \(2, 3, 4\); it must be \(B, H, I\) = \(2, 4, 3\)"):
        compiled.gradient(**{**arrays, "C0": np.zeros((2, 3, 4))})


@both_backends
@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_of_wide_programs_agree_with_differences(name, backend) -> None:
    program = WIDE[name]()
    compiled, arrays = compiled_for(program, backend), arguments(program)
    results = (compiled.loss_and_gradient if program.loss else compiled.gradient)(**arrays)
    if program.loss:
        assert results.loss == pytest.approx(OBJECTIVES[name](arrays), rel=1e-13)
    for key in (key for key in results if key.startswith("d")):
        of, place = key[1:], (-1,) * results[key].ndim
        up, down = ({**arrays, of: arrays[of].copy()} for _ in range(2))
        up[of][place] += 1e-6
        down[of][place] -= 1e-6
        slope = (OBJECTIVES[name](up) - OBJECTIVES[name](down)) / 2e-6
        # rounding 1e-16 · 20 / 1e-6 and truncation 1e-12
        assert results[key][place] == pytest.approx(slope, abs=1e-8), key


def test_the_programs_without_given_sizes_take_none() -> None:
    for make in PROGRAMS.values():
        with pytest.raises(ArrayError, match="there is no array K to give"):
            compiled_for(make()).forward(**arguments(make()), K=2)
