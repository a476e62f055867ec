"""C with the products of a BLAS: OpenBLAS in earnest; Intel MKL, whose C interface is the same, by a header in its place."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache

import numpy as np
import pytest

import symrnn
from symrnn.backends import FILES
from symrnn.backends.c_blas import BLAS
from symrnn.errors import BuildError
from symrnn.ir.nodes import Program
from symrnn.passes import FOR, optimize
from symrnn.runtime import load
from symrnn.verify import oracle

NETWORKS = {
    "rnn": {"cell": "rnn"},
    "layer norm": {"cell": "lstm_layer_norm"},
    "matrix state": {"cell": "mlstm"},
    "two directions": {"cell": "gru", "layers": 2, "bidirectional": True},
}
STRICT = ("-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wdouble-promotion")
TOLERANCE = {"float64": 1e-13, "float32": 1e-4}  # of the largest entry; sums in another order, after some steps


@cache
def derivation(name: str):
    return symrnn.derive(**NETWORKS[name])


def code(name: str, backend: str, dtype: str) -> dict[str, str]:
    return FILES[backend](optimize(symrnn.program(derivation(name)), FOR[backend]), dtype)


@pytest.fixture
def openblas(tmp_path) -> None:
    """Skip where there is no compiler, or nothing to include and link."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    source = tmp_path / "is_there.c"
    source.write_text("#include <cblas.h>\nint main(void) { return cblas_sdot(0, 0, 1, 0, 1) != 0; }\n", "utf-8")
    done = subprocess.run(["gcc", str(source), "-lopenblas", "-o", str(tmp_path / "is_there")], capture_output=True)
    if done.returncode:
        pytest.skip(f"there is no OpenBLAS to compile with: {BLAS['c-openblas'].remedy}")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_results_are_those_of_our_own_products(name, dtype, openblas) -> None:
    network, program = derivation(name).network, symrnn.program(derivation(name))
    ours = load(program, "numpy", "float64")
    for threads, steps, batch in ((1, 5, 2), (2, 150, 3)):
        arrays = oracle.samples(network, oracle.distinct_sizes(network), steps, batch, seed=1)
        theirs = load(program, "c-openblas", dtype, threads=threads)
        wanted = ours.loss_and_gradient(**arrays)
        found = theirs.loss_and_gradient(**{key: np.asarray(one, dtype) for key, one in arrays.items()})
        for key in (key for key in wanted if key.startswith("d") or key == "J"):
            largest = max(np.abs(wanted[key]).max(), 1e-3)
            assert np.abs(found[key] - wanted[key]).max() <= TOLERANCE[dtype] * largest, key


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_compiler_warns_and_the_self_test_passes(compiler, dtype, openblas, tmp_path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    files = code("rnn", "c-openblas", dtype)
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    sources = [name for name in files if name.endswith(".c")]
    flags = (*STRICT, "-O1", "-pthread", *sources, "-o", "test", *BLAS["c-openblas"].flags, "-lm")
    done = subprocess.run([compiler, *flags], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["./test"], cwd=tmp_path, timeout=60).returncode == 0


def test_mkl_is_called_in_the_same_way(openblas, tmp_path) -> None:
    files, other = code("rnn", "c-mkl", "float32"), code("rnn", "c-openblas", "float32")
    source = files["rnn_f32.c"]
    assert source.replace("#include <mkl.h>", "#include <cblas.h>") == other["rnn_f32.c"]
    assert "link with -lmkl_rt" in files["rnn_f32.h"] and "link with -lopenblas" in other["rnn_f32.h"]
    for name, text in {**files, "mkl.h": "#include <cblas.h>\n"}.items():
        (tmp_path / name).write_text(text, "utf-8")
    done = subprocess.run(
        ["gcc", *STRICT, "-I.", "-fsyntax-only", "rnn_f32.c"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_there_are_none_of_our_own_products_and_no_panels() -> None:
    program = optimize(symrnn.program(derivation("rnn")), FOR["c-openblas"])
    assert isinstance(program, Program) and not any(buffer.panels for buffer in program.buffers)
    source = code("rnn", "c-openblas", "float64")["rnn_f64.c"]
    assert source.count("cblas_dgemm(") == 1 and "tiles(" not in source and "pack(" not in source


def test_an_array_that_a_blas_cannot_count_is_too_large(openblas) -> None:
    """2³¹ entries: the sizes are refused before any memory is read."""
    compiled = load(symrnn.program(derivation("rnn")), "c-openblas", "float32")
    for steps, is_right in ((2**15, False), (2**10, True)):
        sizes = compiled.engine._sizes({"T": steps, "B": 2**15, "I": 3, "H": 4, "O": 5})
        assert (compiled.engine._call("workspace")(ctypes.byref(sizes)) > 0) is is_right


def test_what_is_missing_is_said(monkeypatch) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    monkeypatch.setenv("CC", "gcc -nostdinc")
    with pytest.raises(BuildError, match="If OpenBLAS was not found: install OpenBLAS with its headers"):
        load(symrnn.program(derivation("rnn")), "c-openblas", "float64")
