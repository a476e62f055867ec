"""The C of every built-in cell, as a C programmer would treat it: all warnings are errors, sanitizers and valgrind find nothing.

Each emitted file comes with a self-test that holds its gradients against differences of its own loss; it is what runs here.
"""

import shutil
import subprocess
from functools import cache

import networks
import pytest
from running import IN_CHUNKS

from symrnn.backends import c
from symrnn.calculus.derive import derive
from symrnn.lower import lower
from symrnn.passes import optimize

STRICT = (
    *("-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow"),
    *("-Wdouble-promotion", "-Wvla", "-Wstrict-prototypes"),
)
# -O0: the sanitizers make the products in registers slow to optimize, 11 s a file
SANITIZED = ("-g", "-O0", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
OTHERS = ("gru_after+none", "two_lags+none")
PRECISIONS = ("float64", "float32")
# Every cell once; both precisions and the other compilers for one of every kind.
WITH_GCC = tuple(
    dict.fromkeys(
        (
            *((name, "float64") for name in (*networks.BUILT_IN, *OTHERS)),
            *((name, "float32") for name in networks.THOROUGH),
        )
    )
)


@cache
def program(name):
    return optimize(lower(derive(networks.network(name))), IN_CHUNKS["c"])


def build(name, dtype, compiler, flags, folder):
    """Compile the self-test of a network; return the program."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    files = c.files(program(name), dtype)
    for file, text in files.items():
        (folder / file).write_text(text, "utf-8")
    sources = [str(folder / file) for file in files if file.endswith(".c")]
    product = folder / "selftest"
    done = subprocess.run(
        [compiler, *STRICT, *flags, *sources, "-o", str(product), "-lm"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return product


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "dtype"), WITH_GCC)
def test_gcc_and_its_sanitizers_find_nothing(name, dtype, tmp_path):
    run(build(name, dtype, "gcc", SANITIZED, tmp_path))


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", networks.THOROUGH)
def test_clang_finds_nothing(name, dtype, tmp_path):
    run(build(name, dtype, "clang", ("-O2",), tmp_path))


@pytest.mark.parametrize("name", [name for name in networks.THOROUGH if name.endswith("entropy")])
def test_valgrind_finds_nothing(name, tmp_path):
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    product = build(name, "float64", "gcc", ("-g", "-O1"), tmp_path)
    run("valgrind", "--error-exitcode=9", "--leak-check=full", "-q", product)


def test_a_read_beyond_an_array_is_found(tmp_path):
    """The sanitizers are on: the same program with one stride too long fails."""
    product = build("rnn+none", "float64", "gcc", SANITIZED, tmp_path)
    run(product)
    source = tmp_path / "rnn_f64.c"
    text = source.read_text("utf-8")
    assert "h0[at]" in text
    source.write_text(text.replace("h0[at]", "h0[at + 1000000]", 1), "utf-8")
    sources = [str(path) for path in tmp_path.glob("*.c")]
    subprocess.run(["gcc", "-std=c11", *SANITIZED, *sources, "-o", str(product), "-lm"], check=True)
    assert subprocess.run([str(product)], capture_output=True).returncode != 0
