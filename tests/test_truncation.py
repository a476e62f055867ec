"""Truncated gradients from the cell to the numbers: interpreter, NumPy and C against the modified objective, and PyTorch."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner

import symrnn
from symrnn import driver
from symrnn.backends import BACKENDS
from symrnn.calculus.truncated import Chunk, Window
from symrnn.cli import main
from symrnn.errors import ArrayError, SymrnnError
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import Stretch, Windows
from symrnn.ir.walk import compounds
from symrnn.model.network import Network
from symrnn.runtime import load
from symrnn.verify import oracle
from symrnn.verify.gradients import TOLERANCE, case, compare
from symrnn.verify.gradients import truth as plain_truth
from symrnn.verify.numeric import relative_error
from symrnn.verify.truncated import check, chosen, numbers, runner, truth

pytestmark = pytest.mark.usefixtures("unoptimized")  # programs with windows are optimized in tests/backends

NETWORKS = {
    "rnn": lambda by: driver.network("rnn", truncate=by),
    "lstm": lambda by: driver.network("lstm", truncate=by),
    "gru": lambda by: driver.network("gru", "none", truncate=by),
    "mlstm": lambda by: driver.network("mlstm", truncate=by),
    "narx": lambda by: driver.network("narx", "none", truncate=by),  # three lags
    "stack": lambda by: driver.network(["gru", "lstm"], truncate=by),
    "static": lambda by: driver.network("mamba", "none", truncate=by),  # a matrix that is computed once
    "masked": lambda by: driver.network("gru", masked=True, weighted=True, truncate=by),
    "feedback": lambda by: driver.network(
        "rnn", mode="one-to-many", feedback=True, truncate=by
    ),  # the output is a state
    "attention": lambda by: driver.network("linear_attention", "none", truncate=by),
}
COMPILED = (("rnn", "chunk"), ("rnn", "window"), ("mlstm", "chunk"), ("narx", "chunk"), ("stack", "chunk"))
MANY, FEW = (1, 4, 7), (5,)  # numbers of steps
CUTS = [(1, 1), (1, 3), (1, 9), (2, 2), (2, 3), (3, 2), (3, 5), (4, 1), (7, 3), (9, 4), (3, 7), (9, 9)]  # k1, k2
SOME = [(1, 3), (2, 2), (2, 3), (3, 2), (9, 9)]
CASES = [(name, cut) for name in NETWORKS for cut in (CUTS if name in ("rnn", "narx") else SOME)]


@cache
def lowered(name: str, by: str):
    network = NETWORKS[name](by)
    return network, driver.program(driver.derive(network))


def interpreted(program, data, told) -> dict:
    """The gradients by the interpreter, which is the meaning of a program."""
    sizes = {**dict(data.sizes), **told}
    kept = interpret(program, program.forward, data.arrays, sizes)
    return interpret(program, program.backward, {**data.arrays, **kept}, sizes)


def worst(found, reference, names) -> float:
    """The largest error of any gradient, relative to its largest entry; or to that of any, where it is zero."""
    errors = []
    for name in names:
        wanted = reference.values[name]
        if np.abs(wanted).max(initial=0.0) < 1e-13 * reference.largest:
            errors.append(float(np.abs(found[f"d{name}"]).max(initial=0.0)) / reference.largest)
        else:
            errors.append(relative_error(found[f"d{name}"], wanted))
    return max(errors)


@cache
def expected(name: str, by: str, steps: int, every: int, span: int):
    network, _ = lowered(name, by)
    data = case(network, steps)
    return data, truth(network, data, every, span)


@pytest.mark.parametrize(("name", "cut"), CASES, ids=str)
def test_the_program_computes_the_modified_objective(name, cut) -> None:
    """Of every network, for lengths that are no multiples, blocks longer than their window, and windows over everything."""
    _, program = lowered(name, "chunk")
    for steps in MANY if name in ("rnn", "narx") else FEW:
        data, reference = expected(name, "chunk", steps, *cut)
        found = interpreted(program, data, numbers(program, Chunk(*cut)))
        assert worst(found, reference, data.names) <= TOLERANCE["float64"], steps


@pytest.mark.parametrize("name", NETWORKS)
def test_a_window_is_a_chunk_of_one_step(name) -> None:
    _, program = lowered(name, "window")
    _, other = lowered(name, "chunk")
    for k in (1, 3):
        data, reference = expected(name, "window", 4, 1, k)
        found = interpreted(program, data, numbers(program, Window(k)))
        same = interpreted(other, data, numbers(other, Chunk(1, k)))
        assert worst(found, reference, data.names) <= TOLERANCE["float64"]
        assert all(np.array_equal(found[key], same[key]) for key in found)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("name", "by"), COMPILED)
def test_emitted_code_computes_the_modified_objective(name, by, backend) -> None:
    network, program = lowered(name, by)
    compiled = load(program, backend)
    for cut in [Window(1), Window(3), Window(9)] if by == "window" else [Chunk(*one) for one in SOME]:
        data, reference = expected(name, by, 5, cut.every, cut.span)
        rows = compare(network, data, reference, backend, "float64", runner(compiled, cut))
        assert all(row.passed for row in rows), (cut, max(rows, key=lambda row: row.error))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_window_over_the_whole_sequence_gives_the_full_gradient(name) -> None:
    """In one block to the last bit: then the same operations are done in the same order."""
    network, program = lowered(name, "chunk")
    data = case(network, 5)
    full = driver.program(driver.derive(untruncated(network)))
    wanted = interpreted(full, data, {})
    for cut in (Chunk(5, 5), Chunk(9, 7), Chunk(2, 5), Chunk(1, 6)):
        found = interpreted(program, data, numbers(program, cut))
        for key, array in wanted.items():
            if cut.k1 >= 5:
                np.testing.assert_array_equal(found[key], array)
            else:
                np.testing.assert_allclose(found[key], array, rtol=1e-11, atol=1e-13 * np.abs(array).max(initial=1e-3))


def untruncated(network):
    """The same network with its full gradient."""
    return Network(**{field.name: getattr(network, field.name) for field in fields(Network)})


def test_the_oracle_of_a_whole_window_is_the_plain_one() -> None:
    network, _ = lowered("rnn", "chunk")
    data = case(network, 4)
    whole, full = truth(network, data, 4, 4), plain_truth(untruncated(network), data)
    assert whole.loss == full.loss
    for name in data.names:
        np.testing.assert_allclose(whole.values[name], full.values[name], rtol=1e-13, atol=1e-15)


# -- every mistake is noticed ----------------------------------------------------------------------------------------------


def changed(program, change):
    """The program with its windows changed."""
    body = tuple(change(one) if isinstance(one, Windows) else one for one in program.backward.body)
    return replace(program, backward=replace(program.backward, body=body))


def _losses_count(windows: Windows) -> Windows:
    *before, recent, _ = windows.body
    return replace(windows, body=(*before, recent, replace(recent, older=True)))


def _carries_stay(windows: Windows) -> Windows:
    return replace(windows, body=tuple(one for one in windows.body if isinstance(one, Stretch)))


MISTAKES = {
    "one step too few": lambda w: w,
    "one step too many": lambda w: w,
    "older losses count": _losses_count,
    "older steps are left out": lambda w: replace(w, body=w.body[:-1]),
}
OFF = {"one step too few": -1, "one step too many": 1}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("name", ["rnn", "lstm", "narx", "mlstm"])
def test_a_mistake_is_noticed(name, mistake) -> None:
    _, program = lowered(name, "chunk")
    wrong = changed(program, MISTAKES[mistake])
    data, reference = expected(name, "chunk", 7, 2, 4)
    found = interpreted(wrong, data, numbers(program, Chunk(2, 4 + OFF.get(mistake, 0))))
    assert worst(found, reference, data.names) > 1e-4


@pytest.mark.parametrize("name", ["rnn", "narx"])
def test_a_carry_that_is_not_reset_is_noticed(name) -> None:
    """The last step of a window leaves a carry; the next window must not begin with it."""
    _, program = lowered(name, "chunk")
    *zeros, windows = program.backward.body
    before = tuple(one for one in windows.body if not isinstance(one, Stretch))
    body = (*zeros, *before, _carries_stay(windows))
    data, reference = expected(name, "chunk", 7, 2, 3)
    wrong = replace(program, backward=replace(program.backward, body=body))
    found = interpreted(wrong, data, numbers(program, Chunk(2, 3)))
    assert worst(found, reference, data.names) > 1e-4


def test_the_oracle_notices_what_it_holds_constant() -> None:
    """Every number of steps gives another gradient, so that none can stand for another."""
    network, _ = lowered("rnn", "chunk")
    data = case(network, 7)
    cuts = [(1, 1), (1, 2), (2, 2), (2, 3), (3, 2), (3, 3), (7, 3), (7, 7)]
    found = [truth(network, data, *cut).values["W_hh"] for cut in cuts]
    gaps = [relative_error(one, other) for place, one in enumerate(found) for other in found[:place]]
    assert min(gaps) > 1e-4


# -- against PyTorch -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k1", "k2"), [(1, 2), (2, 2), (2, 3), (3, 5), (3, 2), (7, 7)])
def test_pytorch_with_detached_states_agrees(k1, k2) -> None:
    torch = pytest.importorskip("torch")
    network, program = lowered("rnn", "chunk")
    data = case(network, 7)
    given = {name: torch.tensor(array, requires_grad=name in data.names) for name, array in data.arrays.items()}

    def step(x, h):
        return torch.tanh(x @ given["W_xh"].T + given["b_h"] + h @ given["W_hh"].T)

    states = [given["h0"]]
    for x in given["x"]:
        states.append(step(x, states[-1]).detach())
    for begin in range(0, 7, k1):
        end = min(begin + k1, 7)
        first = max(end - k2, 0)
        h, loss = states[first], torch.zeros((), dtype=torch.float64)
        for t in range(first, end):
            h = step(given["x"][t], h)
            if t >= begin:
                loss = loss - (given["y"][t] * torch.log_softmax(h @ given["W_hy"].T + given["b_y"], -1)).sum()
        loss.backward()
    found = interpreted(program, data, numbers(program, Chunk(k1, k2)))
    for name in data.names:
        grad = given[name].grad
        wanted = np.zeros_like(data.arrays[name]) if grad is None else grad.numpy()
        np.testing.assert_allclose(found[f"d{name}"], wanted, rtol=1e-12, atol=1e-14, err_msg=name)


# -- the public side -------------------------------------------------------------------------------------------------------


def test_the_numbers_of_steps_are_given_by_name() -> None:
    compiled = symrnn.compile(symrnn.derive("rnn", truncate="chunk"))
    network, _ = lowered("rnn", "chunk")
    data, reference = expected("rnn", "chunk", 7, 2, 3)
    found = compiled.loss_and_gradient(**data.arrays, K1=2, K2=3)
    assert found.loss == pytest.approx(reference.loss, rel=1e-14)
    np.testing.assert_allclose(found["dW_hh"], reference.values["W_hh"], rtol=1e-12)
    with pytest.raises(ArrayError, match="missing K1, K2"):
        compiled.loss_and_gradient(**data.arrays)
    with pytest.raises(ArrayError, match="the size K2 is 0"):
        compiled.loss_and_gradient(**data.arrays, K1=2, K2=0)
    assert oracle.is_analytic(network)


def test_a_check_measures_what_is_dropped() -> None:
    derivation = symrnn.derive("gru", truncate="window")
    far = {}
    for k in (1, 2, 4, 5, 6):
        report = symrnn.check(derivation, "numpy", steps=5, k=k)
        assert report.passed and report.cut == Window(k)
        far[k] = dict(report.differences)
    assert far[1]["dW_hn"] > far[2]["dW_hn"] > far[4]["dW_hn"] > 1e-6
    assert max(far[5].values()) < 1e-14 and max(far[6].values()) < 1e-14  # the full gradient
    assert all(one["dW_hy"] < 1e-14 for one in far.values())  # the head is outside the recurrence
    assert far[4]["dh0"] > 1e-3 and far[1]["dh0"] > far[4]["dh0"]


def test_a_check_of_a_wrong_program_fails() -> None:
    network, program = lowered("rnn", "chunk")
    wrong = changed(program, _losses_count)
    ways = (("numpy", "float64"),)
    assert check(network, program, Chunk(2, 3), ways).passed
    report = check(network, wrong, Chunk(2, 3), ways)
    assert not report.passed and {row.name for row in report.rows if not row.passed} >= {"dW_hh", "dx"}


def test_numbers_of_steps_that_do_not_belong_are_refused() -> None:
    window, chunk, plain = (driver.network("rnn", truncate=by) for by in ("window", "chunk", None))
    assert chosen(plain, 5) is None
    assert (chosen(window, 5), chosen(chunk, 5)) == (Window(3), Chunk(2, 3))
    assert (chosen(window, 1), chosen(chunk, 2)) == (Window(1), Chunk(1, 1))
    assert chosen(chunk, 5, k1=4) == Chunk(4, 3)
    for network, given in ((plain, {"k": 2}), (window, {"k1": 2}), (chunk, {"k": 2})):
        with pytest.raises(SymrnnError, match="so there is no k"):
            chosen(network, 5, **given)


def test_the_default_numbers_drop_something_and_keep_something_older() -> None:
    for by in ("window", "chunk"):
        report = symrnn.check(symrnn.derive("rnn", truncate=by), "numpy")
        assert dict(report.differences)["dW_hh"] > 1e-3


def test_the_command_line_says_how_far_it_is_from_the_full_gradient() -> None:
    command = ["check", "rnn", "--truncate", "chunk", "--k1", "2", "--k2", "4", "--backend", "numpy"]
    found = CliRunner().invoke(main, command)
    assert found.exit_code == 0, found.output
    assert "to full" in found.output and "truncated by Chunk(k1=2, k2=4)" in found.output
    refused = CliRunner().invoke(main, ["check", "rnn", "--k", "2", "--backend", "numpy"])
    assert refused.exit_code == 2 and "is not truncated, so there is no k" in refused.output
    printed = CliRunner().invoke(main, ["derive", "rnn", "--truncate", "window"]).output
    assert "the loss of each step reaches back K steps" in printed


def test_the_emitted_code_says_what_its_numbers_are() -> None:
    source = driver.emit(driver.derive("rnn", truncate="chunk"), "numpy")["rnn.py"]
    assert "K1,  # at least 1: steps of a block, whose losses are propagated back together" in source
    assert re.search(
        r"for begin in range\(0, T, K1\):\n +end = min\(begin \+ K1, T\)\n +first = max\(end - K2, 0\)", source
    )
    window = driver.emit(driver.derive("rnn", truncate="window"), "numpy")["rnn.py"]
    assert re.search(r"for begin in range\(T\):\n +end = begin \+ 1\n", window)


def test_a_truncated_program_has_one_loop_over_windows() -> None:
    _, program = lowered("stack", "chunk")
    assert [type(one).__name__ for one in compounds(program.backward.body) if isinstance(one, Windows | Stretch)] == [
        "Windows",
        "Stretch",
        "Stretch",
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_document_has_a_section_only_when_truncated(name) -> None:
    network, _ = lowered(name, "chunk" if name != "lstm" else "window")
    told = driver.written(driver.document(driver.derive(network)), "markdown")["derivation.md"]
    assert "Truncated back-propagation through time" in told and "what is dropped" in told
    assert (
        "Truncated"
        not in driver.written(driver.document(driver.derive(untruncated(network))), "markdown")["derivation.md"]
    )
