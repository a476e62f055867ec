"""Calling compiled programs: results, what is accepted, what is refused and how the refusal reads."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from forms import every_form
from programs import NUMBERS, PROGRAMS, arguments, lagged_rnn, objective, seeded_rnn, states, tanh_rnn

from symrnn.backends.c_blas import BLAS
from symrnn.errors import ArrayError, IRError
from symrnn.ir.rename import rename
from symrnn.runtime import Compiled, Results, load
from symrnn.runtime.engines import ENGINES

HERE = tuple(name for name in ENGINES if name not in BLAS)  # those need a library: tests/backends/test_blas.py
both_backends = pytest.mark.parametrize("backend", HERE)


def central(name, arrays, of, step=1e-6):
    gradient = np.empty_like(arrays[of])
    for index in np.ndindex(gradient.shape):
        up, down = ({**arrays, of: arrays[of].copy()} for _ in range(2))
        up[of][index] += step
        down[of][index] -= step
        gradient[index] = (objective(name, up) - objective(name, down)) / (2 * step)
    return gradient


@both_backends
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_combined_call_gives_outputs_loss_and_gradients(name, backend) -> None:
    program = PROGRAMS[name]()
    compiled, arrays = load(program, backend), arguments(program)
    results = (compiled.loss_and_gradient if program.loss else compiled.gradient)(**arrays)
    assert isinstance(results, Results)
    expected = states(name, arrays)
    np.testing.assert_allclose(results["h"][-len(expected) :], expected, rtol=1e-13)
    if program.loss:
        assert results.loss == pytest.approx(objective(name, arrays), rel=1e-13) and isinstance(results.loss, float)
    for key in (key for key in results if key.startswith("d")):
        # rounding 1e-16 · 20 / 1e-6 and truncation 1e-12
        np.testing.assert_allclose(results[key], central(name, arrays, key[1:]), atol=1e-8)


@both_backends
def test_backward_takes_what_forward_returned(backend) -> None:
    program = seeded_rnn()
    compiled, arrays = load(program, backend), arguments(program)
    given = {key: array for key, array in arrays.items() if key != "dh"}
    kept = compiled.forward(**given)
    gradients = compiled.backward(kept, **arrays)
    assert set(kept) == {"h"} and set(gradients) == {"dx", "dh0", "dW_xh", "dW_hh", "db_h"}
    combined = compiled.gradient(**arrays)
    assert all(np.array_equal(combined[key], {**kept, **gradients}[key]) for key in combined)


@both_backends
def test_results_read_like_a_dictionary(backend) -> None:
    program = tanh_rnn()
    kept = load(program, backend).forward(**arguments(program))
    assert list(kept) == ["h", "p", "J"] and len(kept) == 3 and "h" in kept and "z" not in kept
    assert repr(kept) == "Results(h (6, 2, 4), p (5, 2, 6), J ())"
    with pytest.raises(KeyError, match="no result z; there are h, p, J"):
        kept["z"]
    with pytest.raises(ArrayError, match="seeded_rnn: no loss among the results h"):
        load(seeded_rnn(), backend).forward(**arguments(seeded_rnn())).loss  # noqa: B018


@both_backends
def test_sizes_and_source_are_shown(backend) -> None:
    compiled = load(tanh_rnn(), backend)
    assert isinstance(compiled, Compiled)
    assert compiled.sizes[0] == ("T", "steps") and [name for name, _ in compiled.sizes] == list("TBIHO")
    first = {"numpy": "tanh_rnn.py", "c": "tanh_rnn_f64.h", "c-small": None}  # of fixed sizes: there are none yet
    assert next(iter(compiled.source), None) == first[backend]
    assert len(repr(compiled)) < 20_000 and "engine" not in repr(compiled)


@both_backends
def test_inputs_are_never_changed_and_may_be_read_only_or_strided(backend) -> None:
    program = lagged_rnn()
    compiled, arrays = load(program, backend), arguments(program)
    plain = compiled.gradient(**arrays)
    before = {key: array.copy() for key, array in arrays.items()}
    odd = {}
    for key, array in arrays.items():
        wide = np.zeros((*array.shape, 2))
        wide[..., 0] = array
        odd[key] = wide[..., 0] if array.ndim else array
        odd[key].flags.writeable = False
    odd["W"] = np.asfortranarray(arrays["W"])
    raw = np.zeros(8 * arrays["U"].size + 1, np.uint8)
    unaligned = raw[1:].view(np.float64).reshape(arrays["U"].shape)
    unaligned[...] = arrays["U"]
    odd["U"] = unaligned
    results = compiled.gradient(**odd)
    assert all(np.array_equal(plain[key], results[key]) for key in plain)
    assert all(np.array_equal(arrays[key], before[key]) for key in arrays)


@both_backends
def test_a_scalar_may_be_a_number(backend) -> None:
    program = lagged_rnn()
    compiled, arrays = load(program, backend, "float32"), arguments(program, "float32")
    arrays["s"] = np.asarray(0.5, "float32")
    wanted = compiled.gradient(**arrays)
    for number in (0.5, np.float32(0.5)):
        found = compiled.gradient(**{**arrays, "s": number})
        assert all(np.array_equal(wanted[key], found[key]) for key in wanted)


@both_backends
def test_names_of_the_program_that_are_not_needed_are_accepted_but_checked(backend) -> None:
    program = seeded_rnn()
    compiled, arrays = load(program, backend), arguments(program)
    kept = compiled.forward(**arrays)  # dh is not read by forward, b_h and h0 not by backward
    compiled.backward(kept, **arrays)
    with pytest.raises(ArrayError, match=r"b_h has shape \(9,\); it must be \(H\) = \(4,\), where H = 4 by"):
        compiled.backward(kept, **{**arrays, "b_h": np.zeros(9)})


REFUSALS = [
    ({"W_hh": np.zeros((4, 5))}, r"W_hh has shape \(4, 5\); it must be \(H, H\) = \(4, 4\), where H = 4 by h0"),
    (
        {"h0": np.zeros((2, 9))},
        r"W_xh has shape \(4, 3\); it must be \(H, I\) = \(9, 3\), where H = 9 by h0, I = 3 by x",
    ),
    ({"y": np.zeros((4, 2, 6))}, r"y has shape \(4, 2, 6\); it must be \(T, B, O\) = \(5, 2, 6\), where T = 5 by x"),
    ({"x": np.zeros((5, 3))}, r"x has shape \(5, 3\); it must be \(T, B, I\): 3 dimensions"),
    ({"x": np.zeros((0, 2, 3))}, "x has length 0 along axis 0, which must be T: no T ≥ 1 makes it so"),
    (
        {"x": np.zeros((5, 2, 3), "float32")},
        r'x is float32; this code was made for float64: convert with x.astype\("float64"\)',
    ),
    ({"x": np.zeros((5, 2, 3), ">f8")}, "x is >f8"),
    ({"x": np.zeros((5, 2, 3), int)}, "x is int64"),
    ({"b_y": [0.0] * 6}, r"b_y is a list; it must be a NumPy array \(O\) of float64"),
    ({"b_y": None}, "b_y is a NoneType"),
    ({"W_hx": np.zeros(1)}, "there is no array W_hx to give: did you mean W_xh?"),
    ({"learning": np.zeros(1)}, "there is no array learning to give: arrays are x, h0, y"),
    ({"h": np.zeros((6, 2, 4))}, "there is no array h to give"),
]


@both_backends
@pytest.mark.parametrize(("change", "message"), REFUSALS)
def test_what_does_not_fit_is_refused(change, message, backend) -> None:
    program = tanh_rnn()
    with pytest.raises(ArrayError, match=f"^tanh_rnn: {message}"):
        load(program, backend).loss_and_gradient(**{**arguments(program), **change})


@both_backends
def test_what_is_missing_is_named(backend) -> None:
    program = tanh_rnn()
    compiled, arrays = load(program, backend), arguments(program)
    with pytest.raises(ArrayError, match=r"missing W_hh \(H, H\): give it by name"):
        compiled.forward(**{key: array for key, array in arrays.items() if key != "W_hh"})
    with pytest.raises(ArrayError, match=r"missing x \(T, B, I\), h0 \(B, H\).*: give them by name"):
        compiled.forward()
    with pytest.raises(ArrayError, match=r"missing h \(T \+ 1, B, H\), p"):
        compiled.backward({}, **arrays)
    with pytest.raises(ArrayError, match="what forward returned, not a ndarray"):
        compiled.backward(arrays["x"], **arrays)
    seeds = load(seeded_rnn(), backend)
    with pytest.raises(ArrayError, match="missing dh"):
        seeds.gradient(**{key: array for key, array in arguments(seeded_rnn()).items() if key != "dh"})


@both_backends
def test_the_wrong_combined_call_names_the_right_one(backend) -> None:
    with pytest.raises(ArrayError, match=r"seeded_rnn has no loss: call gradient, with dh=\.\.\."):
        load(seeded_rnn(), backend).loss_and_gradient()
    with pytest.raises(ArrayError, match="tanh_rnn has a loss, J: call loss_and_gradient"):
        load(tanh_rnn(), backend).gradient()


@both_backends
def test_kept_of_other_sizes_does_not_fit(backend) -> None:
    program = tanh_rnn()
    compiled = load(program, backend)
    kept = compiled.forward(**arguments(program, numbers={**NUMBERS, "T": 7}))
    with pytest.raises(ArrayError, match=r"h has shape \(8, 2, 4\); it must be \(T \+ 1, B, H\) = \(6, 2, 4\)"):
        compiled.backward(kept, **arguments(program))


def test_unknown_backends_and_precisions_are_refused() -> None:
    with pytest.raises(IRError, match="no backend 'fortran': use one of numpy, c"):
        load(tanh_rnn(), "fortran")
    for backend in ENGINES:
        with pytest.raises(IRError, match="no code for dtype 'float16': use float32 or float64"):
            load(tanh_rnn(), backend, "float16")


@both_backends
def test_threads_do_not_disturb_each_other(backend) -> None:
    program = tanh_rnn()
    compiled = load(program, backend)
    sizes = {"T": 40, "B": 5, "I": 3, "H": 24, "O": 6}
    cases = [arguments(program, seed=seed, numbers=sizes) for seed in range(4)]
    alone = [compiled.loss_and_gradient(**case) for case in cases]
    wrong: list[str] = []

    def work(case: int) -> None:
        for _ in range(15):
            results = compiled.loss_and_gradient(**cases[case])
            wrong.extend(key for key in results if not np.array_equal(results[key], alone[case][key]))

    threads = [threading.Thread(target=work, args=(case,)) for case in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@both_backends
def test_results_of_one_call_are_not_touched_by_the_next(backend) -> None:
    program = tanh_rnn()
    compiled = load(program, backend)
    first = compiled.loss_and_gradient(**arguments(program))
    copies = {key: np.copy(array) for key, array in first.items()}
    compiled.loss_and_gradient(**arguments(program, seed=1))
    assert all(np.array_equal(first[key], copies[key]) for key in copies)


@both_backends
def test_sizes_that_one_procedure_does_not_use_are_no_obstacle(backend) -> None:
    """Backward of this program reads x only, and knows nothing of H."""
    program = every_form()
    compiled, arrays = load(program, backend), arguments(program)
    assert compiled.backward({}, x=arrays["x"])["ds"] == pytest.approx(arrays["x"].sum())


@both_backends
def test_names_that_differ_by_respelling_only(backend) -> None:
    program = rename(seeded_rnn(), {"dz": "do"})
    assert set(load(program, backend).gradient(**arguments(program))) == {"h", "dx", "dh0", "dW_xh", "dW_hh", "db_h"}
