"""`symrnn verify` and `symrnn.verify`, as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import symrnn
from symrnn.claims.records import Answer, Judgement
from symrnn.cli import main
from symrnn.verify.functions import load_function

RIGHT = "dW_hh = sum_t dz_h_t h_{t-1}^T\n"
WRONG = "dW_hh = sum_t dz_h_t h_t^T\n"
UNKNOWN = "dW_hh = sum_t dq_t h_t^T\n"
ILL_TYPED = "dW_hh = dh_t\n"
DOCUMENT = r"""
The state is \begin{align} \mathbf{h}^{(t)} &= \tanh(\mathbf{W} \mathbf{h}^{(t-1)} + \mathbf{U} \mathbf{x}^{(t)}) \\
 \mathbf{y}^{(t)} &= \mathbf{V} \mathbf{h}^{(t)} \end{align}
and \[ \frac{\partial \mathbf{h}^{(t)}}{\partial \mathbf{h}^{(t-1)}} = \mathbf{W} \]
"""
BACKWARD = """
import numpy as np

def backward(x, h0, W_xh, W_hh, b_h, dh):
    states = [h0]
    for step in x:
        states.append(np.tanh(step @ W_xh.T + states[-1] @ W_hh.T + b_h))
    dx, dW_xh, dW_hh, db_h = np.zeros_like(x), np.zeros_like(W_xh), np.zeros_like(W_hh), np.zeros_like(b_h)
    carry = np.zeros_like(h0)
    for t in reversed(range(len(x))):
        dz = (dh[t] + carry) * (1 - states[t + 1] ** 2)
        dx[t] = dz @ W_xh
        dW_xh += dz.T @ x[t]
        dW_hh += dz.T @ states[t]
        db_h += dz.sum(0)
        carry = dz @ W_hh
    return dx, carry, dW_xh, dW_hh, db_h
"""


def run(*arguments: str, given: str | bytes | None = None):
    return CliRunner().invoke(main, ["verify", *map(str, arguments)], input=given, catch_exceptions=False)


@pytest.fixture
def notes(tmp_path):
    def written(text: str, name: str = "notes.txt"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return written


# -- exit status -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status", "word"),
    [
        (RIGHT, 0, "PROVED"),
        (WRONG, 1, "REFUTED"),
        (ILL_TYPED, 1, "ILL-TYPED"),
        (UNKNOWN, 2, "NOT UNDERSTOOD"),
        (UNKNOWN + WRONG, 1, "REFUTED"),
        ("# only words\n", 2, "no statement was found"),
    ],
    ids=["right", "wrong", "ill-typed", "unknown", "unknown and wrong", "nothing"],
)
def test_the_exit_status_says_what_was_found(text, status, word, notes):
    done = run(notes(text), "--cell", "rnn")
    assert done.exit_code == status, done.output
    assert word in done.output


def test_a_real_process_writes_plain_text(notes):
    command = [sys.executable, "-m", "symrnn", "verify", str(notes(WRONG)), "--cell", "rnn"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1, done.stderr
    assert "\x1b" not in done.stdout
    assert "time index off by one" in done.stdout
    assert "1 statement: 1 refuted; first wrong: line 1" in done.stdout


# -- what is read and written ------------------------------------------------------------------------------------------


def test_a_document_says_itself_which_recurrence_it_is_about(notes):
    done = run(notes(DOCUMENT, "notes.tex"))
    assert done.exit_code == 1, done.output
    assert "the recurrence of the document itself" in done.output
    assert "h = tanh(W @ h[t-1] + U @ x)" in done.output
    assert "first wrong: line 4" in done.output


def test_standard_input_is_read():
    done = run("-", "--cell", "rnn", given=RIGHT)
    assert done.exit_code == 0
    assert done.output.startswith("standard input\n")


def test_definitions_and_names_are_given(notes):
    path = notes("delta_t = (1 - h_t^2) * (W_hy^T dz_y_t + U^T delta_{t+1})\n")
    options = ("--cell", "rnn", "--name", "U=W_hh")
    assert run(path, *options, "--let", "delta_t = dL/dz_h_t").exit_code == 0
    assert "U is W_hh" in run(path, *options, "-v").output


def test_the_head_and_the_layers_are_chosen(notes):
    path = notes("dz_y_t = y_hat_t - y_t\n")
    assert run(path, "--cell", "rnn").exit_code == 0
    assert run(path, "--cell", "rnn", "--head", "none").exit_code != 0


@pytest.mark.parametrize(
    ("form", "name"), [("html", "verdict.html"), ("json", "verdict.json"), ("text", "verdict.txt")]
)
def test_each_form_is_printed_or_written(form, name, notes, tmp_path):
    path, out = notes(WRONG), tmp_path / "new" / name
    printed = run(path, "--cell", "rnn", "--format", form)
    done = run(path, "--cell", "rnn", "--format", form, "--out", out)
    assert printed.exit_code == done.exit_code == 1
    assert done.output == f"{out}\n"
    assert out.read_text("utf-8") == printed.output
    assert [one.name for one in out.parent.iterdir()] == [name]
    if form == "json":
        assert json.loads(printed.output)["exit_status"] == 1
    if form == "html":
        assert printed.output.startswith("<!doctype html>")


# -- functions ---------------------------------------------------------------------------------------------------------


def test_a_function_is_verified(notes):
    path = notes(BACKWARD, "mine.py")
    named = ("--cell", "rnn", "--name", "carry=h0")
    done = run(f"{path}::backward", *named)
    assert done.exit_code == 0, done.output
    assert "AGREES" in done.output
    assert json.loads(run(f"{path}::backward", *named, "--format", "json").output)["right"] is True
    assert "Agrees" in run(f"{path}::backward", *named, "--format", "html").output


def test_a_wrong_function_is_refuted(notes):
    path = notes(BACKWARD.replace("dz.T @ states[t]", "dz.T @ states[t + 1]"), "mine.py")
    done = run(f"{path}::backward", "--cell", "rnn", "--name", "carry=h0")
    assert done.exit_code == 1, done.output
    assert "time index off by one" in done.output


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.tex",), "cannot read nowhere.tex"),
        (("NOTES",), "--cell"),
        (("NOTES", "--cell", "nonsense"), "nonsense"),
        (("NOTES", "--cell", "rnn", "--head", "nonsense"), "nonsense"),
        (("NOTES", "--layers", "2"), "--layers says something about a cell; name it with --cell"),
        (("NOTES", "--cell", "rnn", "--name", "W"), "write two names with one ="),
        (("NOTES", "--cell", "rnn", "--let", "nothing"), "a definition is written name = expression"),
        (("NOTES", "--cell", "rnn", "--format", "pdf"), "'pdf' is not one of"),
        (("mine.py",), "as file.py::function"),
        (("mine.py::backward",), "--cell"),
        (("mine.py::backward", "--cell", "rnn"), "mine.py is not a Python file"),
        (("NOTES", "--cell", "rnn", "--out", "."), "choose another folder"),
    ],
)
def test_an_error_is_one_message(arguments, message, notes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = notes(RIGHT)
    done = run(*(path if one == "NOTES" else one for one in arguments))
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in run(path, "--cell", "rnn").output
    assert "not UTF-8" in run("-", "--cell", "rnn", given=b"\xff\xfe\x00").output


# -- from Python -------------------------------------------------------------------------------------------------------


def test_the_python_call_returns_a_judgement_that_prints_itself():
    found = symrnn.verify(WRONG, cell="rnn")
    assert isinstance(found, Judgement)
    assert found.first_wrong is found.verdicts[0]
    assert (found.is_right, found.exit_status) == (False, 1)
    assert "time index off by one" in str(found)
    assert str(found) == found.report()
    assert json.loads(found.to_json())["source"] == "text"


def test_the_python_call_takes_files_names_and_definitions(notes):
    path = notes("delta_t = (1 - h_t^2) * (W_hy^T dz_y_t + U^T delta_{t+1})\n")
    found = symrnn.verify(path, "rnn", lets=["delta_t = dL/dz_h_t"], names={"U": "W_hh"})
    assert found.source == str(path)
    assert found.verdicts[-1].answer is Answer.PROVED
    assert symrnn.verify(str(path), "rnn", names={"U": "W_hh"}).source == str(path)


def test_the_python_call_takes_a_function(notes):
    path = notes(BACKWARD, "mine.py")
    for function in (f"{path}::backward", load_function(path, "backward")):
        assert symrnn.verify(function, "rnn", names={"carry": "h0"}).agrees
        assert "say it" in symrnn.verify(function, "rnn").message


def test_the_package_of_the_same_name_stays_a_package():
    import symrnn.verify.oracle as oracle
    from symrnn.verify import numeric

    assert callable(oracle.samples)
    assert numeric.__name__ == "symrnn.verify.numeric"
    assert callable(symrnn.verify)


@pytest.mark.parametrize("options", [{"head": "none"}, {"layers": 2}])
def test_options_of_a_cell_need_one(options):
    with pytest.raises(symrnn.SymrnnError, match="give the cell too"):
        symrnn.verify(RIGHT, **options)
