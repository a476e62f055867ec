"""The command line as a user meets it: real processes for what matters to one, click's runner for the rest."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from symrnn.cli import main

pytestmark = pytest.mark.usefixtures("unoptimized")  # but for processes of their own

HEAVY = ("sympy", "numpy", "jinja2", "rich", "lark", "math_core")
COMMANDS = ("cells", "show", "derive", "emit", "check", "make", "verify", "prove", "bench")


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "symrnn", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **{"encoding": "utf-8", **options})


def invoke(*arguments: str):
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"symrnn {command}" in result.output.split("Example", 1)[1]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["make", "--help"], ["verify", "--help"], ["prove", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(arguments):
    script = (
        "import sys, json\nfrom symrnn.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert not loaded & set(HEAVY)
    assert "symrnn" in loaded


def test_importing_the_package_imports_nothing_heavy():
    script = "import sys, symrnn; print(sorted(set(m.partition('.')[0] for m in sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not [name for name in HEAVY if f"'{name}'" in done.stdout]


def test_cells_lists_every_cell_and_head():
    from symrnn import cells

    output = invoke("cells").output
    for name in cells.names():
        assert name in output
    for name in cells.heads():
        assert name.replace("_", "-") in output


def test_show_names_every_intermediate():
    output = invoke("show", "rnn").output
    assert "z_h[t] = W_xh x[t] + W_hh h[t−1] + b_h" in output


def test_derive_prints_the_equations():
    output = invoke("derive", "rnn").output
    assert "z̄_h[t] = h̄[t] ∘ (1 − h[t]²)" in output
    assert "W̄_hh = ∑_t=1…T z̄_h[t] h[t−1]ᵀ" in output


def test_derive_writes_out_a_gradient():
    output = invoke("derive", "rnn", "--of", "W_hh", "--steps", "3").output
    assert output.count("loss of step") == 6


@pytest.mark.parametrize(
    ("form", "name"), [("latex", "derivation.tex"), ("html", "derivation.html"), ("markdown", "derivation.md")]
)
def test_derive_writes_each_form(form, name, tmp_path):
    result = invoke("derive", "elman", "--format", form, "--out", str(tmp_path / "new"))
    assert result.exit_code == 0
    assert (tmp_path / "new" / name).stat().st_size > 1000


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_emit_writes_the_chosen_backend(backend, tmp_path):
    assert invoke("emit", "rnn", "--backend", backend, "--dtype", "float32", "--out", str(tmp_path)).exit_code == 0
    suffixes = {path.suffix for path in tmp_path.iterdir()}
    assert suffixes == ({".py"} if backend == "numpy" else {".c", ".h"})


def test_make_in_a_process_of_its_own(tmp_path):
    done = run("make", "rnn", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "symrnn-out" / "rnn"
    names = {path.name for path in folder.iterdir()}
    assert {
        "derivation.tex",
        "derivation.html",
        "derivation.md",
        "rnn.py",
        "rnn_f64.c",
        "rnn_f64.h",
        "program.txt",
    } <= names
    for gradient in ("dW_xh", "dW_hh", "db_h", "dW_hy", "db_y", "dx", "dh0"):
        assert gradient in done.stdout
    assert "every gradient that was checked is right" in done.stdout
    assert not [name for name in names if name.startswith(".symrnn")]


def test_make_without_a_compiler_or_tex_says_so(tmp_path):
    """PATH holds nothing: no compiler, no TeX."""
    environment = {**os.environ, "PATH": str(tmp_path), "SYMRNN_CACHE_DIR": str(tmp_path / "cache")}
    environment.pop("CC", None)
    done = run("make", "elman", "--out", str(tmp_path / "out"), env=environment)
    assert done.returncode == 0, done.stderr
    assert re.search(r"c float64: not checked\.", done.stdout)
    assert "derivation.pdf was not written: pdflatex was not found" in done.stdout
    assert "numpy float64" in done.stdout
    assert (tmp_path / "out" / "derivation.html").exists()
    assert not (tmp_path / "out" / "derivation.pdf").exists()


@pytest.mark.parametrize("head", ["none", "linear", "squared-error", "softmax-cross-entropy"])
def test_make_takes_every_head(head, tmp_path):
    result = invoke("make", "rnn", "--head", head, "--out", str(tmp_path))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("cell", ["rnn", "rnn_transposed", "elman", "irnn"])
def test_check_passes_for_every_built_in_cell(cell):
    result = invoke("check", cell, "--steps", "7", "--batch", "3", "--seed", "5")
    assert result.exit_code == 0, result.output


def test_check_fails_when_a_gradient_is_off(monkeypatch):
    from symrnn.verify import gradients

    monkeypatch.setitem(gradients.TOLERANCE, "float64", 1e-20)
    result = invoke("check", "rnn", "--backend", "numpy")
    assert result.exit_code == 1
    assert "SOMETHING IS OFF" in result.output


# -- what goes wrong -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "rnnn"], "rnn"),
        (["derive", "no/such.cell"], "no/such.cell"),
        (["derive", "."], "director"),
        (["derive", "rnn", "--of", "W_no"], "W_xh"),
        (["derive", "rnn", "--head", "no"], "no head is called no"),
        (["mak", "rnn"], "make"),
        (["check", "rnn", "--seed", "-1"], "-1"),
        (["check", "rnn", "--steps", "1000", "--batch", "1000"], "5000"),
        (["derive", "rnn", "--of", "W_hh", "--format", "latex"], "--of prints text"),
        (["derive", "rnn", "--steps", "2"], "--steps goes with --of"),
    ],
)
def test_a_mistake_is_one_clear_message(arguments, said):
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unwritable_folder_is_one_clear_message(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    done = run("make", "rnn", "--out", str(blocked / "out"))
    assert done.returncode == 2
    assert "cannot write" in done.stderr and "Traceback" not in done.stderr
    assert blocked.read_text() == "not a folder"


def test_a_bad_cell_file_is_told_with_its_line(tmp_path):
    path = tmp_path / "my.cell"
    path.write_text("cell my\n  input x: I\n  state h: H\n  h = tanhh(W @ x)\n")
    done = run("derive", str(path))
    assert done.returncode == 2
    assert "my.cell:4:" in done.stderr and "tanh" in done.stderr


def test_an_own_cell_is_made(tmp_path):
    path = tmp_path / "gated.cell"
    path.write_text(
        "cell gated\n  input x: I\n  state h: H\n"
        "  g = sigmoid(W_g @ x + U_g @ h[t-1] + b_g)\n  h = (1 - g) * h[t-1] + g * tanh(W @ x + b)\n"
    )
    result = invoke("make", str(path), "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert Path(tmp_path / "out" / "gated.py").exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("arguments", [["derive", "rnn"], ["check", "rnn", "--backend", "numpy"], ["show", "elman"]])
def test_a_terminal_without_unicode_is_served(arguments, encoding):
    done = run(*arguments, encoding=encoding, errors="replace", env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_behind_the_output_is_one_clear_message():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "symrnn", "derive", "rnn"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_a_gradient_that_is_zero_by_cancellation_passes(tmp_path):
    """A number that shifts every entry of a softmax alike has the gradient zero, and rounding is all that is left of it."""
    path = tmp_path / "attending.cell"
    path.write_text(
        "cell attending\n  input x: I\n  state h: H\n  param b: 1\n  ones = 1 + 0 * h[t-1]\n"
        "  p = softmax(W @ x + U @ h[t-1] + ones @ b)\n  h = tanh(p * (V @ x))\n"
    )
    result = invoke("check", str(path), "--steps", "20")
    assert result.exit_code == 0, result.output


def test_a_cell_without_parameters_is_made(tmp_path):
    path = tmp_path / "decay.cell"
    path.write_text("cell decay\n  input x: H\n  state h: H\n  h = 0.5 * h[t-1] + x\n")
    result = invoke("make", str(path), "--head", "none", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output


def test_a_check_of_nothing_is_not_a_failure_of_gradients(tmp_path):
    environment = {**os.environ, "PATH": str(tmp_path), "SYMRNN_CACHE_DIR": str(tmp_path / "cache")}
    environment.pop("CC", None)
    done = run("check", "rnn", "--backend", "c", env=environment)
    assert done.returncode == 3
    assert "nothing was checked" in done.stdout and "OFF" not in done.stdout


def test_what_is_printed_can_be_written(tmp_path):
    assert invoke("derive", "rnn", "--out", str(tmp_path)).exit_code == 0
    assert invoke("derive", "rnn", "--of", "W_hh", "--out", str(tmp_path)).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"derivation.txt", "W_hh.txt"}


SIZES = ("--size", "T=3", "--size", "B=1", "--size", "I=2", "--size", "H=4")


def test_emit_writes_c_of_fixed_sizes_and_says_how_much_code_it_is(tmp_path):
    result = invoke("emit", "rnn", "--head", "none", "--backend", "c-small", *SIZES, "--out", str(tmp_path))
    assert result.exit_code == 0
    names = [f"rnn_small_{kind}{end}" for kind in ("f32", "f64") for end in (".c", ".h", "_test.c")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert "#define RNN_SMALL_F32_H 4 " in (tmp_path / "rnn_small_f32.h").read_text("utf-8")
    assert "bytes of code" in result.output or "no C compiler" in result.output


@pytest.mark.parametrize(
    ("backend", "sizes", "message"),
    [
        ("c-small", (), "say also what is T (steps), B (sequences in the batch)"),
        ("c-small", SIZES[:-2], "say also what is H (entries of h)"),
        ("c-small", (*SIZES, "--size", "Q=1"), "has no size Q: its sizes are T, B, I, H"),
        ("c-small", (*SIZES, "--size", "T=4"), "--size T is given twice"),
        ("c-small", ("--size", "T=0", *SIZES[2:]), "the size T is 0; it must be a whole number, at least 1"),
        ("c-small", ("--size", "T=many"), "--size T=many: write the name of a size and a whole number"),
        ("c-small", ("--size", "T=999999999", *SIZES[2:]), "take smaller sizes"),
        ("c", SIZES, "sizes are fixed for the backend c-small only"),
    ],
)
def test_sizes_that_do_not_fit_are_one_line(backend, sizes, message, tmp_path):
    result = invoke("emit", "rnn", "--head", "none", "--backend", backend, *sizes, "--out", str(tmp_path))
    assert result.exit_code == 2 and message in result.output and not list(tmp_path.iterdir())


def test_emit_does_not_write_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rnn.py").write_text("mine")
    assert invoke("emit", "rnn").exit_code == 0
    assert Path("rnn.py").read_text() == "mine"
    assert (tmp_path / "symrnn-out" / "rnn" / "rnn.py").exists()
