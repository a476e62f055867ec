"""C for small devices: the values of the interpreter, nothing of a library, every byte as the header says, on a Cortex-M4 too."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import cortex_m4
import numpy as np
import pytest

from symrnn import driver
from symrnn.backends import c_small
from symrnn.backends.c_small_memory import structs, with_chunk
from symrnn.backends.interface import combined_name
from symrnn.errors import IRError
from symrnn.ir.buffers import GIVEN, Role
from symrnn.ir.interpret import interpret
from symrnn.ir.nodes import Program
from symrnn.passes import FOR, optimize
from symrnn.runtime import load
from symrnn.runtime.code_size import code_sizes, sections
from symrnn.runtime.small import views

NETWORKS = {
    "rnn": ("rnn", {"head": "none"}),
    "lstm": ("lstm", {}),
    "gru": ("gru", {}),
    "lstm_layer_norm": ("lstm_layer_norm", {}),
    "mlstm": ("mlstm", {}),
    "deep": ("gru", {"layers": 2, "bidirectional": True, "mode": "many-to-one", "masked": True}),
    "truncated": ("rnn", {"truncate": "chunk"}),
}
NUMBERS = (5, 2, 3, 4, 6, 7, 8, 9)  # pairwise different; T and B first
WARNINGS = (
    *("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wdouble-promotion", "-Wshadow", "-Wvla"),
    *("-Wstrict-prototypes", "-Werror"),
)
SMALL = ("-Os", "-ffreestanding")
FAST = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast")
OUTSIDE = {
    "sqrtf",
    "sqrt",
    "memcpy",
    "memset",
    "memmove",
}  # of the library: what compilers put in themselves, and roots


@cache
def made(name: str) -> tuple[Program, Program]:
    """The plain program, and what the code is made from."""
    cell, options = NETWORKS[name]
    plain = driver.program(driver.derive(cell, **options))
    return plain, optimize(plain, FOR["c-small"])


def fixed(program: Program) -> dict[str, int]:
    return {name: number for (name, _), number in zip(program.sizes, NUMBERS, strict=False)}


def drawn(program: Program, dtype: str) -> dict[str, np.ndarray]:
    random, sizes, arrays = np.random.default_rng(0), fixed(program), {}
    for buffer in program.having(*GIVEN, Role.SEED):
        array = random.uniform(-0.8, 0.8, [one.value(sizes) for one in buffer.dims])
        if buffer.sums_to_one:
            array = np.abs(array) + 0.1
            array /= array.sum(-1, keepdims=True)
        arrays[buffer.name] = (array if buffer.usual is None else np.full(array.shape, buffer.usual)).astype(dtype)
    return arrays


def expected(program: Program, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    exact = {name: array.astype(np.float64) for name, array in arrays.items()}
    kept = interpret(program, program.forward, exact, fixed(program))
    return {**kept, **interpret(program, program.backward, {**exact, **kept}, fixed(program))}


def assert_close(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray], dtype: str) -> None:
    """A few roundings of some hundred terms, of which the largest are of the size of the largest gradient."""
    scale = max(np.abs(array).max() for array in wanted.values())
    for name, array in wanted.items():
        assert np.abs(found[name] - array).max() <= 100 * np.finfo(dtype).eps * scale, name


def written(folder: Path, name: str, dtype: str, **sizes: int) -> str:
    program = made(name)[1]
    for file, text in c_small.files(program, {**fixed(program), **sizes}, dtype).items():
        (folder / file).write_text(text, encoding="utf-8")
    return c_small.small_stem(program, dtype)


def run(*command: str, cwd: Path) -> str:
    if shutil.which(command[0]) is None and not (cwd / command[0]).exists():
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


CASES = [(name, "float64") for name in NETWORKS] + [(name, "float32") for name in ("gru", "mlstm")]


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_it_computes_what_the_plain_program_computes(name, dtype) -> None:
    plain, small = made(name)
    arrays = drawn(small, dtype)
    compiled = load(plain, "c-small", dtype)
    given = {one: fixed(plain)[one] for one in plain.given_sizes}
    run_it = compiled.loss_and_gradient if plain.loss else compiled.gradient
    assert_close(dict(run_it(**arrays, **given)), expected(small, arrays), dtype)
    bound = compiled.bind(**arrays, **given)
    bound()
    arrays["x"] *= 2  # what changes in between is seen
    assert_close(dict(bound()), expected(small, arrays), dtype)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_compiler_warns_and_nothing_of_a_library_is_needed(compiler, tmp_path) -> None:
    stems = [written(tmp_path, name, "float32") for name in NETWORKS] + [written(tmp_path, "gru", "float64")]
    run(compiler, *WARNINGS, *SMALL, "-c", *(f"{stem}.c" for stem in stems), cwd=tmp_path)
    run(compiler, *WARNINGS, "-fsyntax-only", *(f"{stem}_test.c" for stem in stems), cwd=tmp_path)
    for stem in stems:
        symbols = [line.split()[-2:] for line in run("nm", f"{stem}.o", cwd=tmp_path).splitlines()]
        assert not [name for kind, name in symbols if kind in "BbDdCSsGg"]
        assert {name for kind, name in symbols if kind == "U"} <= OUTSIDE, stem
        assert {name for kind, name in symbols if kind == "T"} >= {f"{stem}_forward", f"{stem}_backward"}


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_compiler_warns_where_it_is_to_be_fast(compiler, tmp_path) -> None:
    stem = written(tmp_path, "gru", "float32" if compiler == "gcc" else "float64", H=17)
    run(compiler, *WARNINGS, *FAST, "-c", f"{stem}.c", cwd=tmp_path)


SANITIZED = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TESTED = [("gru", "float64", "-Os"), ("mlstm", "float32", "-Os"), ("deep", "float64", "-Os"), ("rnn", "float32", "-O1")]


@pytest.mark.parametrize(("name", "dtype", "level"), TESTED)
def test_the_self_test_passes_under_sanitizers(name, dtype, level, tmp_path) -> None:
    stem = written(tmp_path, name, dtype, **({"H": 17} if name == "rnn" else {}))
    run("gcc", *WARNINGS, level, *SANITIZED, f"{stem}.c", f"{stem}_test.c", "-o", "test", "-lm", cwd=tmp_path)
    answer = run("./test", cwd=tmp_path)
    assert "all passed" in answer and "agrees with differences" in answer


def test_the_self_test_of_a_truncated_gradient_says_that_it_is_not_that_of_the_loss(tmp_path) -> None:
    for sizes, said in (({"K1": 2, "K2": 3}, "is not compared"), ({"K1": 2, "K2": 9}, "agrees with differences")):
        stem = written(tmp_path, "truncated", "float64", **sizes)
        run("gcc", *WARNINGS, "-Os", f"{stem}.c", f"{stem}_test.c", "-o", "test", "-lm", cwd=tmp_path)
        assert said in run("./test", cwd=tmp_path)


MISTAKES = {
    "a gradient is overwritten": (r"(product\(.*dW_hh, H), true", r"\1, false"),
    "the wrong step is read": (r"(product\(H, H, chunk \* B, dz_h, 1, H, h \+ )begin \*", r"\1(begin + 1) *"),
    "a transpose is missing": (r"product\(B, H, H, dz_h", "product_transposed(B, H, H, dz_h"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_self_test_fails_on_a_mistake(mistake, tmp_path) -> None:
    stem = written(tmp_path, "rnn", "float64")
    source = (tmp_path / f"{stem}.c").read_text("utf-8")
    broken = re.sub(*MISTAKES[mistake], source)
    assert broken != source
    (tmp_path / f"{stem}.c").write_text(broken, "utf-8")
    run("gcc", "-std=c11", "-Os", f"{stem}.c", f"{stem}_test.c", "-o", "test", "-lm", cwd=tmp_path)
    assert subprocess.run(["./test"], cwd=tmp_path, capture_output=True).returncode != 0


def test_who_needs_only_forward_has_only_forward(tmp_path) -> None:
    stem = written(tmp_path, "gru", "float32")
    objects = "".join(f"static {stem}_{one} {one}; " for one in ("parameters", "inputs", "kept", "workspace"))
    call = f"{stem}_forward(&parameters, &inputs, &kept, &workspace);"
    text = f'#include "{stem}.h"\n{objects}\nint main(void)\n{{\n    {call}\n    return 0;\n}}\n'
    (tmp_path / "main.c").write_text(text, "utf-8")
    flags = ("-Os", "-ffunction-sections", "-Wl,--gc-sections")
    run("gcc", *WARNINGS, *flags, "main.c", f"{stem}.c", "-o", "program", "-lm", cwd=tmp_path)
    names = run("nm", "program", cwd=tmp_path)
    assert f"{stem}_forward" in names and f"{stem}_backward" not in names and "gradient" not in names


def test_the_header_counts_every_byte() -> None:
    """4 bytes for each number: by hand for T = 20, B = 1, I = 6, H = 16."""
    sizes = {"T": 20, "B": 1, "I": 6, "H": 16}
    header = c_small.files(made("rnn")[1], sizes, "float32")["rnn_small_f32.h"]
    parameters, states = 16 * 6 + 16 * 16 + 16, 21 * 16
    wanted = {"PARAMETERS": parameters, "INPUTS": 20 * 6 + 16, "SEEDS": 20 * 16, "KEPT": states}
    wanted |= {"GRADIENTS": parameters + 20 * 6 + 16, "WORKSPACE": 16 + 8 * 16}  # a carry, and 8 steps

    found = dict(re.findall(r"#define RNN_SMALL_F32_(\w+)_BYTES (\d+)", header))
    assert found == {name: str(4 * count) for name, count in wanted.items()}
    assert "#define RNN_SMALL_F32_H 16 /* entries of h */\n" in header
    assert "    float W_xh[16 * 6];  /* (H, I) parameter: trained */\n" in header


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({}, r"say also what is T \(steps\), B \(sequences in the batch\), I \(entries of x\), H \(entries of h\)"),
        ({"T": 1, "B": 1, "I": 1, "H": 1, "Q": 1}, "rnn has no size Q: its sizes are T, B, I, H"),
        ({"T": 1, "B": 1, "I": 1, "H": 0}, "the size H is 0; it must be a whole number, at least 1"),
        ({"T": 1, "B": 1, "I": 1, "H": 1.0}, "the size H is 1.0; it must be"),
        ({"T": 1, "B": 1, "I": 1, "H": True}, "the size H is True; it must be"),
        ({"T": 1, "B": 1, "I": 1, "H": 1 << 40}, "the size H is 1099511627776; that is more than 2147483647"),
        ({"T": 1, "B": 1, "I": 1, "H": 50000}, "parameters would take 10000400000 bytes, more than 2147483647"),
    ],
)
def test_sizes_that_are_none_are_refused(sizes, message) -> None:
    with pytest.raises(IRError, match=message):
        c_small.files(made("rnn")[1], sizes, "float32")


def test_what_has_panels_is_refused() -> None:
    program = optimize(made("rnn")[0], FOR["c"])
    with pytest.raises(IRError, match="no panels: use the passes for c-small"):
        c_small.files(program, fixed(program), "float32")


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(IRError, match="no C for dtype 'float16': use one of float64, float32"):
        c_small.files(made("rnn")[1], fixed(made("rnn")[1]), "float16")


@pytest.mark.parametrize("name", NETWORKS)
def test_no_weight_is_copied(name) -> None:
    """Nothing in the workspace has the shape of a matrix of parameters."""
    program = made(name)[1]
    weights = {one.dims for one in program.having(Role.PARAMETER) if len(one.dims) == 2}
    assert weights and not weights & {one.dims for one in program.having(Role.WORK)}


def test_code_is_measured_by_every_compiler_that_is_here(tmp_path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("cc is not installed")
    program = made("gru")[1]
    files = c_small.files(program, fixed(program), "float32")
    found = {one.target: one for one in code_sizes(files)}
    assert {one.source for one in found.values()} == {"gru_small_f32.c"}
    assert all(500 < one.forward < one.whole < 20_000 for one in found.values()) and "this machine" in found
    assert not list(code_sizes({"wrong.c": "int x = ;"})) and not sections(b"MZ" + bytes(100))


def test_a_cortex_m4_computes_the_same(tmp_path) -> None:
    """Compiled by clang for the processor, without any library, and run on an emulated board."""
    for command in ("clang", "arm-none-eabi-ld", "qemu-system-arm"):
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed")
    program = made("gru")[1]
    stem, sizes, arrays = written(tmp_path, "gru", "float32"), fixed(program), drawn(program, "float32")
    memory = with_chunk(program, sizes)
    objects = {one.name: np.zeros(one.count(memory), np.float32) for one in structs(program)}
    inside = {one.name: dict(views(one, objects[one.name], memory)) for one in structs(program)}
    for name, array in arrays.items():
        next(of for of in inside.values() if name in of)[name][...] = array
    found = cortex_m4.run(tmp_path, stem, combined_name(program), objects["parameters"], objects["inputs"])
    objects["kept"][...], objects["gradients"][...] = np.split(found, [objects["kept"].size])
    assert_close({**inside["kept"], **inside["gradients"]}, expected(program, arrays), "float32")
