"""`symrnn.testing` for the tests of other people: an assertion with the report, and nothing loaded before it is used."""

import subprocess
import sys

import mutants
import pytest
import right

import symrnn.testing
from symrnn.errors import SymrnnError
from symrnn.testing import GradientError, assert_gradient


def test_a_right_function_gives_its_verdict():
    found = assert_gradient(right.time_lstm, cell="lstm")
    assert found.agrees
    assert str(found).startswith("time_lstm against lstm: AGREES on 3 samples\n")


def test_a_wrong_function_raises_with_the_report():
    with pytest.raises(AssertionError) as error:
        assert_gradient(mutants.rnn("no carry"), cell="rnn")
    assert isinstance(error.value, GradientError)
    assert str(error.value) == f"\n{error.value.verdict}"
    for part in ("REFUTED", "missing state carry", "smallest", "hidden by   a single step (T = 1)", "dWh", "repair"):
        assert part in str(error.value)


def test_what_is_not_understood_raises_too():
    with pytest.raises(AssertionError, match="NOT UNDERSTOOD"):
        assert_gradient(lambda x: x, cell="rnn")


def test_a_network_and_a_head_may_be_given():
    assert assert_gradient(mutants.with_head(), cell="rnn", head=None).agrees
    assert assert_gradient(mutants.with_head(), cell=symrnn.Network("rnn", "softmax-cross-entropy")).agrees


def test_an_unknown_cell_is_an_error_of_symrnn():
    with pytest.raises(SymrnnError):
        assert_gradient(right.time_lstm, cell="no such cell")


def test_importing_it_loads_nothing_heavy():
    code = "import sys, symrnn.testing; print(sorted({'numpy', 'sympy', 'torch'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
