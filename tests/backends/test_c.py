"""The emitted C itself: every compiler, precision and warning; sanitizers and valgrind on the emitted self-test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from forms import all_functions, every_form
from programs import PROGRAMS
from spreads import IN_PARTS
from wide import WIDE

from symrnn.backends import c
from symrnn.backends.c_interface import stem_of
from symrnn.errors import IRError
from symrnn.ir.rename import rename
from symrnn.passes import FOR, optimize
from symrnn.runtime.compiler import FLAGS, native

WARNINGS = ("-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wdouble-promotion", "-Wvla")
STRICT = ("-std=c11", "-Werror", *WARNINGS)
DTYPES = ("float64", "float32")
ALL = {
    **PROGRAMS,
    **WIDE,
    "every_form": every_form,
    "all_functions": all_functions,
    **IN_PARTS,
}
TESTED = {**PROGRAMS, **WIDE}  # their gradients are gradients


def compiler(name: str) -> str:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name


def written(folder: Path, program, dtype: str) -> str:
    for name, text in c.files(program, dtype).items():
        (folder / name).write_text(text, encoding="utf-8")
    return stem_of(program, dtype)


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment})


def built(folder: Path, name: str, stem: str, *flags: str) -> None:
    answer = run(name, *STRICT, *flags, f"{stem}.c", f"{stem}_test.c", "-o", stem, "-lm", cwd=folder)
    assert answer.returncode == 0 and not answer.stderr, answer.stderr


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_no_compiler_warns(name, dtype, tmp_path) -> None:
    """Sources alone, at the optimisation that looks at data flow most. One compiler sees every spread and reduction."""
    makes = [make for program, make in ALL.items() if name == "gcc" or program not in IN_PARTS]
    stems = [written(tmp_path, make(), dtype) for make in makes]
    answer = run(compiler(name), *STRICT, "-O2", "-c", *(f"{stem}.c" for stem in stems), cwd=tmp_path)
    assert answer.returncode == 0 and not answer.stderr, answer.stderr


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_no_compiler_warns_with_the_flags_that_are_used(name, dtype, tmp_path) -> None:
    stems = [written(tmp_path, make(), dtype) for make in (all_functions, WIDE["composed"])]
    flags = (*(flag for flag in FLAGS if flag != "-shared"), *native((compiler(name),))[:1], "-c")
    answer = run(name, *STRICT, *flags, *(f"{stem}.c" for stem in stems), cwd=tmp_path)
    assert answer.returncode == 0 and not answer.stderr, answer.stderr


def test_flags_that_change_the_arithmetic_are_refused(tmp_path) -> None:
    stem = written(tmp_path, all_functions(), "float64")
    answer = run("cc", "-std=c11", "-O2", "-ffast-math", "-c", f"{stem}.c", cwd=tmp_path)
    assert answer.returncode != 0 and "compile without them" in answer.stderr


SANITIZED = [("tanh_rnn", name, dtype) for name in ("gcc", "clang") for dtype in DTYPES]
SANITIZED += [
    ("seeded_rnn", "gcc", "float64"),
    ("concatenated_rnn", "clang", "float32"),
    ("lagged_rnn", "gcc", "float32"),
    *((name, "gcc", dtype) for name in WIDE for dtype in DTYPES),
]


@pytest.mark.parametrize(("program", "name", "dtype"), SANITIZED)
def test_the_self_test_passes_under_sanitizers(program, name, dtype, tmp_path) -> None:
    stem = written(tmp_path, TESTED[program](), dtype)
    built(tmp_path, compiler(name), stem, "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    answer = run(f"./{stem}", cwd=tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "all passed" in answer.stdout and "agrees with differences" in answer.stdout


def test_the_self_test_passes_under_valgrind(tmp_path) -> None:
    """Valgrind also sees reads of memory that nobody wrote, as workspace is before its first use."""
    compiler("valgrind")
    for program in TESTED:
        stem = written(tmp_path, TESTED[program](), "float64")
        built(tmp_path, compiler("cc"), stem, "-g", "-O1")
        answer = run("valgrind", "-q", "--error-exitcode=9", "--leak-check=full", f"./{stem}", cwd=tmp_path)
        assert answer.returncode == 0, answer.stdout + answer.stderr


MISTAKES = {
    "a gradient is overwritten, not summed": (r"(product_once\(.*dW_hh, H), true, ", r"\1, false, "),
    "the wrong step is read": (
        r"(product_once\(.*, H, B, dz, 1, H, h \+) t \* B \* H",
        r"\1 (t + 1) * B * H",
    ),
    "a transpose is missing": (
        r"(product_once\(.*, H, H, dz, H, 1, W_hh,) H, 1",
        r"\1 1, H",
    ),
    "the derivative lacks its square": (r"square\((h\[.*?\])\)", r"\1"),
    "a size is not checked": (r"if \(T == 0 \|\| ", "if ("),
    "no size is checked": (r"status = check\(sizes\);\n    if \(status", r"status = TANH_RNN_F64_OK;\n    if (status"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_self_test_fails_on_a_mistake(mistake, tmp_path) -> None:
    stem = written(tmp_path, PROGRAMS["tanh_rnn"](), "float64")
    pattern, replacement = MISTAKES[mistake]
    source = (tmp_path / f"{stem}.c").read_text(encoding="utf-8")
    broken = re.sub(pattern, replacement, source)
    assert broken != source
    (tmp_path / f"{stem}.c").write_text(broken, encoding="utf-8")
    assert run("cc", "-std=c11", "-O1", f"{stem}.c", f"{stem}_test.c", "-o", stem, "-lm", cwd=tmp_path).returncode == 0
    answer = run("timeout", "5", f"./{stem}", cwd=tmp_path)
    assert answer.returncode != 0


def test_both_precisions_live_in_one_program_and_the_header_is_cpp(tmp_path) -> None:
    stems = [written(tmp_path, PROGRAMS["tanh_rnn"](), dtype) for dtype in DTYPES]
    includes = "".join(f'#include "{stem}.h"\n' for stem in stems)
    calls = " + ".join(f"(int){stem}_workspace(0)" for stem in stems)
    (tmp_path / "main.c").write_text(f"{includes}int main(void) {{ return {calls}; }}\n", encoding="utf-8")
    sources = ["main.c", *(f"{stem}.c" for stem in stems)]
    answer = run("cc", *STRICT, *sources, "-o", "both", "-lm", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert run("./both", cwd=tmp_path).returncode == 0
    (tmp_path / "main.cpp").write_text(f"{includes}int main() {{ return 0; }}\n", encoding="utf-8")
    answer = run(compiler("g++"), "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "main.cpp", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr


def test_there_are_no_globals_and_no_allocation(tmp_path) -> None:
    """Of the object file, nothing is data that can be written; of the library, mathematics and threads are called."""
    compiler("nm")
    stem = written(tmp_path, all_functions(), "float64")
    assert run("cc", "-std=c11", "-O2", "-c", f"{stem}.c", cwd=tmp_path).returncode == 0
    symbols = [line.split()[-2:] for line in run("nm", f"{stem}.o", cwd=tmp_path).stdout.splitlines()]
    assert not [name for kind, name in symbols if kind in "BbDdCSsGg"]
    outside = {name for kind, name in symbols if kind == "U"} - {"_GLOBAL_OFFSET_TABLE_"}
    allowed = {"sqrt", "sin", "cos", "sincos", "pow", "memcpy", "memset", "memmove"}
    assert {name for name in outside if not name.startswith("pthread_")} <= allowed
    assert run("cc", "-std=c11", "-O2", "-DNO_THREADS", "-c", f"{stem}.c", cwd=tmp_path).returncode == 0
    assert "pthread" not in run("nm", f"{stem}.o", cwd=tmp_path).stdout


def test_the_header_documents_every_array() -> None:
    header = c.files(PROGRAMS["tanh_rnn"]())["tanh_rnn_f64.h"]
    assert "    const double *W_xh; /* (H, I) parameter */\n" in header
    assert "    double *h; /* (T + 1, B, H) output: states, h[0] is the initial one */\n" in header
    assert " *     (h)  h = tanh(W_xh x + W_hh h[t−1] + b_h)\n" in header
    assert "forward 3 a step and 0 outside; backward 6 a step" in header


def test_the_header_counts_products_of_a_chunk() -> None:
    header = c.files(optimize(PROGRAMS["tanh_rnn"](), FOR["c"]))["tanh_rnn_f64.h"]
    assert (
        "forward 1 a step, 2 a chunk of steps and 0 outside; backward 1 a step, 5 a chunk of steps and 0 outside"
        in header
    )


def test_workspace_with_a_name_of_c_is_respelled(tmp_path) -> None:
    stem = written(tmp_path, rename(PROGRAMS["seeded_rnn"](), {"dz": "do", "carry": "register"}), "float64")
    built(tmp_path, compiler("gcc"), stem, "-O1")
    assert run(f"./{stem}", cwd=tmp_path).returncode == 0


def test_text_from_outside_cannot_leave_its_comment(tmp_path) -> None:
    evil = replace(
        PROGRAMS["seeded_rnn"](), title="x */ #error /* ??/", source="\\\n*/ }", equations=(("*/", "/* \\"),)
    )
    stem = written(tmp_path, evil, "float64")
    built(tmp_path, compiler("gcc"), stem)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(IRError, match="no C for dtype 'float16': use one of float64, float32"):
        c.files(PROGRAMS["tanh_rnn"](), "float16")


def test_emission_is_deterministic() -> None:
    """The same bytes in processes with different hash seeds."""
    script = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]\n"
        "from forms import all_functions, every_form\n"
        "from programs import PROGRAMS\n"
        "from spreads import IN_PARTS\n"
        "from wide import WIDE\n"
        "from symrnn.backends import BACKENDS\n"
        "from symrnn.ir.text import text\n"
        "for make in (*PROGRAMS.values(), *WIDE.values(), every_form, all_functions, *IN_PARTS.values()):\n"
        "    for backend in BACKENDS.values():\n"
        "        for dtype in ('float64', 'float32'):\n"
        "            for name, source in backend.files(make(), dtype).items():\n"
        "                print(name, hashlib.sha256((source + text(make())).encode()).hexdigest())\n"
    )
    root = Path(__file__).parents[2]
    folders = [str(root), str(root / "tests" / "ir")]
    command = (sys.executable, "-c", script, *folders)
    outputs = [run(*command, cwd=root, PYTHONHASHSEED=seed).stdout for seed in ("1", "2")]
    assert outputs[0] == outputs[1] and outputs[0].count("\n") == len(ALL) * 2 * (1 + 3)


WIDE_MISTAKES = {
    "a matrix is read for the wrong sequence": (
        "matrix_memory",
        r"dC\[t \* B \* H \* I \+ page",
        "dC[t * B * H * I + 0 * page",
    ),
    "a sum runs over the wrong axis": ("matrix_memory", r"dw\[row\] \+= r", "dw[row] += row == 0 ? 0.0 : r"),
    "the adjoint of the last step is added in every step": ("composed", r"if \(t == T - 1\)", "if (t < T)"),
    "the other loop's length": ("composed", r"a \+ t|a\[S \* B \* H \+ at\]", "a[(S - 1) * B * H + at]"),
    "a mean over the wrong number": ("self_driven", r"col\] / \(\(real\)H\b", "col] / ((real)B"),
    "the window is too short by one step": ("truncated", r"end < K \? 0 :", "end < K ? 1 :"),
    "a carry is not reset": ("truncated", r"carry\[at\] = 0\.0", "carry[at] += 0.0"),
    "the losses of older steps count again": (
        "truncated",
        r"\(1\.0 - .*\) \* carry\[at\];",
        "carry[at] + dh[t * B * H + at];",
    ),
}


@pytest.mark.parametrize("mistake", WIDE_MISTAKES)
def test_the_self_test_of_a_wide_program_fails_on_a_mistake(mistake, tmp_path) -> None:
    program, pattern, replacement = WIDE_MISTAKES[mistake]
    stem = written(tmp_path, WIDE[program](), "float64")
    source = (tmp_path / f"{stem}.c").read_text(encoding="utf-8")
    broken = re.sub(pattern, replacement, source, count=1)
    assert broken != source
    (tmp_path / f"{stem}.c").write_text(broken, encoding="utf-8")
    assert run("cc", "-std=c11", "-O1", f"{stem}.c", f"{stem}_test.c", "-o", stem, "-lm", cwd=tmp_path).returncode == 0
    assert run("timeout", "5", f"./{stem}", cwd=tmp_path).returncode != 0


def test_a_matrix_for_each_sequence_is_three_plain_loops() -> None:
    source = c.files(WIDE["matrix_memory"]())["matrix_memory_f64.c"]
    nest = (
        "        /* dD += sumᵢ of g ∘ C[t] */\n"
        "        for (size_t page = 0; page < B; ++page) {\n"
        "            for (size_t row = 0; row < H; ++row) {\n"
        "                for (size_t col = 0; col < I; ++col) {\n"
        "                    dD[row * I + col] += g[page * H * I + row * I + col]"
        " * C[t * B * H * I + page * H * I + row * I + col];\n"
    )
    assert nest in source
    assert "    for (size_t at = 0; at < B * H * I; ++at) {\n        C[at] = C0[at];\n    }\n" in source


def test_the_header_counts_products_by_loop() -> None:
    header = c.files(WIDE["composed"]())["composed_f64.h"]
    assert "forward 1 a step of T, 1 a step of S and 0 outside; backward 2 a step of T, 2 a step" in header
    assert (
        "    size_t K; /* steps before the gradient is cut off */\n" in c.files(WIDE["truncated"]())["truncated_f64.h"]
    )
