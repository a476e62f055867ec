"""Threads of emitted C: the same bits however many there are, no race, and a call that succeeds without them.

They are started for networks as small as these only where a test says that starting one costs nothing.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import symrnn
from symrnn.backends import c
from symrnn.errors import IRError
from symrnn.ir.buffers import GIVEN, Role
from symrnn.passes import FOR, optimize
from symrnn.runtime import load
from symrnn.verify import oracle

NETWORKS = {
    "lstm": {},
    "layers, both directions, masked": {
        "cell": "lstm",
        "layers": 2,
        "bidirectional": True,
        "mode": "many-to-one",
        "masked": True,
    },
    "encoder and decoder": {"cell": "gru", "mode": "encoder-decoder", "context": "every-step"},
    "layer norm": {"cell": "lstm_layer_norm"},
    "matrix state": {"cell": "mlstm"},
    "truncated": {"cell": "rnn", "truncate": "chunk"},
}
WARNINGS = ("-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow")


@cache
def derivation(name: str):
    return symrnn.derive(**{"cell": name, **NETWORKS[name]})


@pytest.fixture
def threads_cost_nothing(monkeypatch):
    monkeypatch.setattr(c, "STARTING", 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_results_are_the_same_bits_for_every_number_of_threads(name, threads_cost_nothing) -> None:
    network = derivation(name).network
    program = symrnn.program(derivation(name))
    compiled = {threads: load(program, "c", "float32", threads=threads) for threads in (1, 2, 3, 7)}
    for steps, batch in ((4, 1), (5, 2), (150, 5)):
        arrays = oracle.samples(network, oracle.distinct_sizes(network), steps, batch, seed=1)
        arrays |= dict.fromkeys(program.given_sizes, 2)
        arrays = {
            key: np.asarray(one, "float32") if isinstance(one, np.ndarray) else one for key, one in arrays.items()
        }
        found = {threads: one.bind(**arrays)() for threads, one in compiled.items()}
        for threads in (2, 3, 7):
            for key, array in found[1].items():
                assert found[threads][key].tobytes() == array.tobytes(), (steps, batch, threads, key)


def test_so_they_are_where_few_rows_meet_deep_products(threads_cost_nothing) -> None:
    """A part of few rows is summed as all rows together are: in parts of the same depth."""
    program = symrnn.program(symrnn.derive("rnn", "none"))
    compiled = {threads: load(program, "c", "float32", threads=threads) for threads in (1, 2, 3, 7)}
    for steps, batch in ((3, 2), (3, 5), (2, 7), (2, 13)):
        sizes, random = {"T": steps, "B": batch, "I": 530, "H": 600}, np.random.default_rng(0)
        arrays = {
            buffer.name: random.normal(size=[one.value(sizes) for one in buffer.dims]).astype("float32") / 25
            for buffer in program.having(*GIVEN, Role.SEED)
        }
        found = {threads: one.bind(**arrays)() for threads, one in compiled.items()}
        for threads in (2, 3, 7):
            for key, array in found[1].items():
                assert found[threads][key].tobytes() == array.tobytes(), (batch, threads, key)


# -- the self-test, with threads -------------------------------------------------------------------------------------------


def built(folder: Path, name: str, *flags: str, replaced: tuple[tuple[str, str], ...] = ()) -> Path:
    """Compile the self-test of a network so that it starts three threads in every call; and waits, soon, asleep."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    files = c.files(optimize(symrnn.program(derivation(name)), FOR["c"]), "float64")
    always = (("LOOKS = 1000", "LOOKS = 3"), (".T = T", ".threads = 3, .T = T"), *replaced)
    for file, text in files.items():
        for old, new in always:
            text = text.replace(old, new)
        # what is compared with differences is compared elsewhere: the calls are what counts
        lines = [line for line in text.splitlines() if not line.startswith("    compare(")]
        (folder / file).write_text("\n".join(lines).replace("static void compare", "void compare") + "\n", "utf-8")
    product, sources = folder / "selftest", [str(folder / file) for file in files if file.endswith(".c")]
    done = subprocess.run(
        ["gcc", "-pthread", *flags, *sources, "-o", str(product), "-lm"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return product


def run(product: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(product)], capture_output=True, text=True, timeout=120)


TSAN = ("-std=c11", "-g", "-O1", "-fsanitize=thread")


@pytest.mark.parametrize("name", ["layers, both directions, masked", "matrix state", "truncated"])
def test_there_is_no_race(name, threads_cost_nothing, tmp_path) -> None:
    found = run(built(tmp_path, name, *TSAN))
    assert found.returncode == 0 and "data race" not in found.stderr, found.stdout + found.stderr


def test_a_race_is_found(threads_cost_nothing, tmp_path) -> None:
    """The sanitizer is on: the same program, whose threads do not wait for one another, has one."""
    found = run(built(tmp_path, "lstm", *TSAN, replaced=(("    meet(of->team);\n", ""),)))
    assert found.returncode != 0 and "data race" in found.stderr


def test_a_call_succeeds_with_the_threads_that_can_be_started(threads_cost_nothing, tmp_path) -> None:
    """Of those that a call asks for, the second is refused by the system, or the first."""
    refusing = tmp_path / "refusing.c"
    refusing.write_text(
        "#include <errno.h>\n#include <pthread.h>\n#include <stdio.h>\n"
        "int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);\n"
        "int __wrap_pthread_create(pthread_t *to, const pthread_attr_t *with, void *(*what)(void *), void *of)\n"
        "{\n    static int calls;\n"
        '    return calls++ % 3 ? (puts("refused"), EAGAIN) : __real_pthread_create(to, with, what, of);\n}\n',
        "utf-8",
    )
    product = built(tmp_path, "lstm", *WARNINGS, "-O1", str(refusing), "-Wl,--wrap=pthread_create")
    found = run(product)
    assert found.returncode == 0 and "refused" in found.stdout, found.stdout + found.stderr


# -- where there are none --------------------------------------------------------------------------------------------------


def test_without_threads_the_file_compiles_and_runs(threads_cost_nothing, tmp_path) -> None:
    found = run(built(tmp_path, "lstm", *WARNINGS, "-O1", "-DNO_THREADS"))
    assert found.returncode == 0, found.stdout + found.stderr


def test_numpy_has_none_and_numbers_are_whole() -> None:
    with pytest.raises(IRError, match="the backend numpy has no threads of its own"):
        symrnn.compile(derivation("lstm"), "numpy", threads=2)
    for threads in (0, -1, 1.5, True, "2"):
        with pytest.raises(IRError, match="threads is a whole number from 1"):
            symrnn.compile(derivation("lstm"), "c", threads=threads)
