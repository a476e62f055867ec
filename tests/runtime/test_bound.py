"""Bound calls: the results of unbound ones, in the same memory at every call, of what the arrays hold at that time."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from programs import PROGRAMS, arguments, lagged_rnn, seeded_rnn, tanh_rnn

import symrnn
from symrnn.backends import BACKENDS
from symrnn.errors import ArrayError
from symrnn.ir.rename import rename
from symrnn.runtime import Bound, load
from symrnn.verify import oracle

both_backends = pytest.mark.parametrize("backend", BACKENDS)
CELLS = {"rnn": {}, "lstm": {}, "gru": {"head": "none"}, "mgu": {"layers": 2}, "slstm": {}}


def everything(compiled, arrays):
    whole = compiled.loss_and_gradient if compiled.program.loss else compiled.gradient
    return {name: array.copy() for name, array in whole(**arrays).items()}


def assert_same(found, wanted):
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array), name


@both_backends
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_bound_call_gives_what_an_unbound_one_gives(name, dtype, backend) -> None:
    compiled = load(PROGRAMS[name](), backend, dtype)
    arrays = arguments(compiled.program, dtype)
    bound = compiled.bind(**arrays)
    assert isinstance(bound, Bound)
    assert_same(bound(), everything(compiled, arrays))


@both_backends
@pytest.mark.parametrize("cell", CELLS)
def test_cells_and_networks_can_be_bound(cell, backend) -> None:
    derivation = symrnn.derive(cell, **CELLS[cell])
    network = derivation.network
    arrays = oracle.samples(network, oracle.distinct_sizes(network), 6, 3, seed=4)
    compiled = symrnn.compile(derivation, backend)
    wanted, bound = everything(compiled, arrays), compiled.bind(**arrays)
    assert_same(bound(), wanted)
    if compiled.program.loss:
        assert bound.results.loss == wanted[compiled.program.loss.name]


@both_backends
def test_the_steps_of_a_truncated_gradient_are_bound_too(backend) -> None:
    derivation = symrnn.derive("rnn", truncate="chunk")
    arrays = oracle.samples(derivation.network, oracle.distinct_sizes(derivation.network), 7, 2, seed=4)
    compiled = symrnn.compile(derivation, backend)
    given = {**arrays, "K1": 2, "K2": 4}
    assert_same(compiled.bind(**given)(), everything(compiled, given))
    with pytest.raises(ArrayError, match="missing K1"):
        compiled.bind(**{**arrays, "K2": 4})


@both_backends
def test_every_call_gives_the_same_bits_in_the_same_memory(backend) -> None:
    compiled = load(tanh_rnn(), backend)
    bound = compiled.bind(**arguments(compiled.program))
    first = bound()
    arrays, wanted = dict(first), {name: array.copy() for name, array in first.items()}
    for array in arrays.values():
        array[...] = np.nan
    again = bound()
    assert again is first is bound.results
    assert all(again[name] is arrays[name] for name in arrays)
    assert_same(again, wanted)


@both_backends
def test_what_changes_in_a_given_array_is_seen(backend) -> None:
    compiled = load(seeded_rnn(), backend)
    arrays = arguments(compiled.program)
    bound = compiled.bind(**arrays)
    bound()
    for name in arrays:
        arrays[name] *= 0.5
        assert_same(bound(), everything(compiled, arrays))


@both_backends
def test_copies_are_of_the_time_of_binding(backend) -> None:
    compiled = load(lagged_rnn(), backend)
    arrays = arguments(compiled.program)
    arrays["W"] = np.asfortranarray(arrays["W"])
    assert not arrays["W"].flags.c_contiguous
    wanted, bound = everything(compiled, arrays), compiled.bind(**arrays)
    arrays["W"] *= 2
    assert_same(bound(), wanted)


@both_backends
def test_given_arrays_may_be_read_only_and_stay_as_they_are(backend) -> None:
    compiled = load(lagged_rnn(), backend)
    arrays = {name: np.asarray(array) for name, array in arguments(compiled.program).items()}
    before = {name: array.copy() for name, array in arrays.items()}
    for array in arrays.values():
        array.flags.writeable = False
    compiled.bind(**arrays)()
    assert all(np.array_equal(arrays[name], before[name]) for name in arrays)


@both_backends
def test_forward_and_backward_run_apart(backend) -> None:
    compiled = load(tanh_rnn(), backend)
    arrays = arguments(compiled.program)
    bound, wanted = compiled.bind(**arrays), everything(compiled, arrays)
    kept = bound.forward()
    assert kept is bound.results and kept.loss == wanted["J"]
    assert not any(kept[name].any() for name in kept if name.startswith("d"))
    assert bound.backward() is kept
    assert_same(kept, wanted)


@both_backends
def test_class_indices_are_bound_as_rows(backend) -> None:
    derivation = symrnn.derive("rnn")
    sizes = oracle.distinct_sizes(derivation.network)
    arrays = oracle.samples(derivation.network, sizes, 5, 2, seed=4)
    classes = np.arange(10).reshape(5, 2) % arrays["y"].shape[-1]
    compiled = symrnn.compile(derivation, backend)
    wanted = everything(compiled, {**arrays, "y": np.eye(arrays["y"].shape[-1])[classes]})
    assert_same(compiled.bind(**{**arrays, "y": classes})(), wanted)


@both_backends
def test_memory_lives_as_long_as_the_call(backend) -> None:
    compiled = load(seeded_rnn(), backend)
    wanted = everything(compiled, arguments(compiled.program))
    bound = compiled.bind(**arguments(compiled.program))  # nothing else holds these arrays
    gc.collect()
    rubbish = [
        np.full(shape, np.nan) for shape in ((5, 2, 3), (4, 4), (4, 3), (2, 4), (5, 2, 4), (4,)) for _ in range(50)
    ]
    assert rubbish
    assert_same(bound(), wanted)


@both_backends
def test_results_begin_at_a_cache_line(backend) -> None:
    compiled = load(seeded_rnn(), backend)
    results = compiled.bind(**arguments(compiled.program)).results
    assert all(array.ctypes.data % 64 == 0 and array.flags.c_contiguous for array in results.values())


@both_backends
def test_what_does_not_fit_is_refused_as_in_an_unbound_call(backend) -> None:
    program = tanh_rnn()
    compiled, arrays = load(program, backend), arguments(program)
    refused = [
        {"W_hh": np.zeros((4, 5))},
        {"x": np.zeros((5, 2, 3), "float32")},
        {"W_hx": np.zeros(1)},
        {"b_y": [0.0] * 6},
    ]
    for change in refused:
        with pytest.raises(ArrayError) as unbound:
            compiled.loss_and_gradient(**{**arrays, **change})
        with pytest.raises(ArrayError) as bound:
            compiled.bind(**{**arrays, **change})
        assert str(bound.value) == str(unbound.value)
    with pytest.raises(ArrayError, match=r"^tanh_rnn: missing .*W_hh"):
        compiled.bind(**{name: array for name, array in arrays.items() if name != "W_hh"})
    with pytest.raises(ArrayError, match=r"^seeded_rnn: missing dh: give what backward needs too"):
        load(seeded_rnn(), backend).bind(
            **{name: array for name, array in arguments(seeded_rnn()).items() if name != "dh"}
        )


@both_backends
def test_names_that_differ_by_respelling_only(backend) -> None:
    program = rename(seeded_rnn(), {"dz": "do"})
    results = load(program, backend).bind(**arguments(program))()
    assert set(results) == {"h", "dx", "dh0", "dW_xh", "dW_hh", "db_h"}


def test_it_prints_what_it_holds() -> None:
    bound = load(seeded_rnn()).bind(**arguments(seeded_rnn()))
    assert repr(bound).startswith("Bound(results=Results(h (6, 2, 4)")
