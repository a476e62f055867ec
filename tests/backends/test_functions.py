"""The elementwise functions of the emitted C: how far off they are, what they make of extreme values, whether loops are vectors."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import mpmath
import numpy as np
import pytest

from symrnn.backends.c_functions import ORDER, SUFFIXES, needed, template
from symrnn.rendering import render
from symrnn.runtime import compiler

DTYPES = ("float32", "float64")
COMPILERS = ("gcc", "clang")
OWN = {"tanh": "tanh_of", "sigmoid": "sigmoid", "exp": "exp_of", "log": "log_of", "softplus": "softplus"}
PLAIN = ("relu", "step", "sign", "square", "cube")

# In units in the last place, wherever x is.
ALLOWED = {"tanh": 2.5, "sigmoid": 2.5, "exp": 1.1, "log": 1.5, "softplus": 2.5}

# A prime, so that the patterns have every ending: 4 million of the floats. With 1, all 2^32 were run once by hand (gcc 12,
# x86-64): tanh 2.444, sigmoid 2.402, exp 1.020, log 0.930, softplus 1.758 with fused multiply-add, and without
# 2.479, 2.402, 0.989, 0.905, 1.818.
STRIDE = 1021
THOUSANDS = 1000  # of doubles

FLAGS = tuple(flag for flag in compiler.FLAGS if flag not in ("-fPIC", "-shared"))


def installed(name: str) -> str:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name


def source(dtype: str) -> str:
    """The functions, as they stand in emitted files."""
    kind = {"float32": "float", "float64": "double"}[dtype]
    includes = "".join(f"#include <{name}.h>\n" for name in ("math", "stdbool", "stddef", "stdint"))
    defined = "\n".join(render(template(name, dtype), f=SUFFIXES[dtype]) for name in ORDER)
    return f"{includes}\ntypedef {kind} real;\n\n{defined}"


def loops(dtype: str) -> str:
    """A function `every_<name>` for each, which applies it to an array."""
    start = "(size_t count, const real *restrict in, real *restrict out)"
    each = "".join(
        f"void every_{name}{start};\nvoid every_{name}{start}\n{{\n"
        f"    for (size_t at = 0; at < count; ++at)\n        out[at] = {function}(in[at]);\n}}\n\n"
        for name, function in {**OWN, **{name: name for name in PLAIN}}.items()
    )
    return f"{source(dtype)}\n{each}"


GATES = """
void step_of_lstm(size_t H, const real *restrict z, const real *restrict before, real *restrict i, real *restrict f,
                  real *restrict g, real *restrict o, real *restrict c, real *restrict a, real *restrict h);
void step_of_lstm(size_t H, const real *restrict z, const real *restrict before, real *restrict i, real *restrict f,
                  real *restrict g, real *restrict o, real *restrict c, real *restrict a, real *restrict h)
{
    for (size_t at = 0; at < H; ++at) {
        i[at] = sigmoid(z[at]);
        f[at] = sigmoid(z[H + at]);
        g[at] = tanh_of(z[2 * H + at]);
        o[at] = sigmoid(z[3 * H + at]);
        c[at] = f[at] * before[at] + i[at] * g[at];
        a[at] = tanh_of(c[at]);
        h[at] = o[at] * a[at];
    }
}
"""


def compiled(text: str, name: str, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Compile the text with all warnings; what the compiler says is in the answer."""
    (folder / "functions.c").write_text(text, encoding="utf-8")
    warnings = ("-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wdouble-promotion")
    answer = subprocess.run(
        [name, *FLAGS, *warnings, *flags, "-c", "functions.c"], cwd=folder, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    return answer


def furthest(text: str, dtype: str, name: str, folder: Path, number: int, *flags: str) -> dict[str, float]:
    """The largest error of each function, with accuracy.c."""
    (folder / "functions.h").write_text(text, encoding="utf-8")
    single = ("-DSINGLE",) if dtype == "float32" else ()
    harness = str(Path(__file__).with_name("accuracy.c"))
    command = [
        name,
        *FLAGS,
        *flags,
        *single,
        f'-DFUNCTIONS="{folder / "functions.h"}"',
        harness,
        "-o",
        "accuracy",
        "-lm",
    ]
    subprocess.run(command, cwd=folder, check=True)
    answer = subprocess.run(["./accuracy", str(number)], cwd=folder, check=True, capture_output=True, text=True)
    return {line.split()[0]: float(line.split()[1]) for line in answer.stdout.splitlines()}


NUMBERS = {"float32": STRIDE, "float64": THOUSANDS}


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="long double is no wider than double here")
@pytest.mark.parametrize("target", ["this processor", "any"])
@pytest.mark.parametrize("name", COMPILERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_number_is_further_off(dtype, name, target, tmp_path) -> None:
    """On this processor sums of products are rounded once, on any of its kind perhaps twice."""
    flags = compiler.native((installed(name),))[:1] if target == "this processor" else ()
    found = furthest(source(dtype), dtype, name, tmp_path, NUMBERS[dtype], *flags)
    assert found.keys() == ALLOWED.keys()
    for function, error in found.items():
        assert error <= ALLOWED[function], (function, error)
        assert error > 0.5  # no function rounds every value correctly: the harness sees something


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", OWN)
def test_the_comment_says_how_far_off_it_may_be(function, dtype) -> None:
    text = render(template(OWN[function], dtype), f=SUFFIXES[dtype])
    (said,) = re.findall(r"t most ([\d.]+) units in the last place", " ".join(text.replace("\n * ", " ").split()))
    assert float(said) == ALLOWED[function]


MISTAKES = {
    "a coefficient": ("float32", "0x1.110594p-3f", "0x1.130594p-3f", "tanh"),
    "a coefficient in the middle": ("float64", "0x1.a01a0164ea2cap-13", "0x1.a01a0264ea2cap-13", "exp"),
    "the second part of ln(2)": ("float32", "n * 0x1.7f7d1cp-20f", "n * 0x1.7f7d1cp-21f", "exp"),
    "results below the normal numbers": ("float32", "x < -104.0f ? -104.0f", "x < -87.0f ? -87.0f", "sigmoid"),
    "arguments below the normal numbers": ("float64", "x < 0x1p-1022", "x < 0.0", "log"),
    "NaN": ("float32", "size > 10.0f ? 10.0f : size", "size < 10.0f ? size : 10.0f", "tanh"),
}


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="long double is no wider than double here")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake, tmp_path) -> None:
    dtype, right, wrong, function = MISTAKES[mistake]
    broken = source(dtype).replace(right, wrong)
    assert broken != source(dtype)
    found = furthest(broken, dtype, installed("gcc"), tmp_path, {"float32": 50021, "float64": 200}[dtype])
    assert found[function] > ALLOWED[function]


# ---- single numbers


@pytest.fixture(scope="module", params=DTYPES)
def values(request, tmp_path_factory):
    """The functions of one precision over NumPy arrays, compiled as emitted code is."""
    folder, dtype = tmp_path_factory.mktemp("values"), request.param
    (folder / "functions.c").write_text(loops(dtype), encoding="utf-8")
    chosen = compiler.find_compiler().command
    command = [*chosen, *compiler.FLAGS, *compiler.native(chosen)[:1], "functions.c", "-o", "functions.so", "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "functions.so"))

    def value(name: str, x) -> np.ndarray:
        given = np.ascontiguousarray(x, dtype)
        out = np.empty_like(given)
        getattr(library, f"every_{name}")(
            ctypes.c_size_t(given.size), ctypes.c_void_p(given.ctypes.data), ctypes.c_void_p(out.ctypes.data)
        )
        return out

    value.dtype = np.dtype(dtype)
    return value


def bits(array: np.ndarray) -> list[int]:
    return array.view(f"u{array.itemsize}").tolist()


def test_special_values(values) -> None:
    """Where each is exact, down to the sign of 0; the length makes vectors and a rest."""
    inf, nan = np.inf, np.nan
    exact = {
        "tanh": ([0.0, -0.0, inf, -inf, 50.0, -50.0], [0.0, -0.0, 1.0, -1.0, 1.0, -1.0]),
        "sigmoid": ([0.0, -0.0, inf, -inf, 800.0, -800.0], [0.5, 0.5, 1.0, 0.0, 1.0, 0.0]),
        "exp": ([0.0, -0.0, inf, -inf, 800.0, -800.0], [1.0, 1.0, inf, 0.0, inf, 0.0]),
        "log": ([1.0, 0.0, -0.0, inf], [0.0, -inf, -inf, inf]),
        "softplus": ([inf, -inf, 800.0, -800.0], [inf, 0.0, 800.0, 0.0]),
        "relu": ([2.0, -2.0, inf, -inf], [2.0, 0.0, inf, 0.0]),
        "step": ([2.0, 0.0, -0.0, -2.0, inf, -inf], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        "sign": ([2.0, -2.0, inf, -inf, 0.0], [1.0, -1.0, 1.0, -1.0, 0.0]),
        "cube": ([2.0, -2.0, inf, -inf], [8.0, -8.0, inf, -inf]),
    }
    for name, (given, wanted) in exact.items():
        found = values(name, given * 7)
        assert bits(found) == bits(np.array(wanted * 7, values.dtype)), name
    for name in (*OWN, *PLAIN):
        assert np.isnan(values(name, [nan, -nan] * 21)).all(), name
    assert np.isnan(values("log", [-1.0, -inf, -np.finfo(values.dtype).smallest_subnormal] * 7)).all()


def test_tanh_of_tiny_numbers_is_the_number(values) -> None:
    about = np.finfo(values.dtype)
    tiny = np.array([about.smallest_subnormal, about.tiny / 3, about.tiny, about.eps**2, about.eps], values.dtype)
    assert bits(values("tanh", tiny)) == bits(tiny)
    assert bits(values("tanh", -tiny)) == bits(-tiny)


def hard(dtype: np.dtype) -> np.ndarray:
    """Where reductions change, where results overflow or leave the normal numbers, and their neighbours."""
    about = np.finfo(dtype)
    lowest, highest = float(np.log(about.smallest_subnormal)), float(np.log(about.max))
    places = [
        *(k * np.log(2) / 4 for k in range(-40, 40)),
        *(lowest + k / 16 for k in range(-16, 17)),
        *(float(np.log(about.tiny)) + k / 16 for k in range(-16, 17)),
        *(highest + k / 64 for k in range(-16, 1)),
        *(2.0**k * odd for k in range(-30, 6) for odd in (1.0, 2**0.5, 1.999)),
        *(float(about.tiny) * 2.0**k for k in range(-10, 10)),
        float(about.smallest_subnormal),
        float(about.max) / 2,
    ]
    middle = np.array(places, dtype)
    both = np.concatenate([np.nextafter(middle, dtype.type(-np.inf)), middle, np.nextafter(middle, dtype.type(np.inf))])
    return np.unique(np.concatenate([both, -both]))


TRUE = {
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: mpmath.exp(x) / (1 + mpmath.exp(x)),
    "exp": mpmath.exp,
    "log": mpmath.log,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}


@pytest.mark.parametrize("name", OWN)
def test_hard_numbers_agree_with_many_digits(values, name) -> None:
    """Another reference than that of accuracy.c, with 60 digits and the numbers that are most likely wrong."""
    dtype = values.dtype
    about, given = np.finfo(dtype), hard(dtype)
    if name == "log":
        given = given[given > 0]
    if name == "exp":
        given = given[given < np.log(about.max)]
    with mpmath.workdps(60):
        for x, found in zip(given.tolist(), values(name, given).tolist(), strict=True):
            true = TRUE[name](mpmath.mpf(x)) if abs(x) < 1e5 or name == "log" else mpmath.mpf(exact_far_away(name, x))
            exponent = max(mpmath.frexp(true)[1] - 1, about.minexp) if true else about.minexp
            assert abs(found - true) <= ALLOWED[name] * mpmath.mpf(2) ** (exponent - about.nmant), (x, found, true)


def exact_far_away(name: str, x: float) -> float:
    """Return the nearest number for a large x, where powers of e need a million digits."""
    if name == "softplus":
        return max(x, 0.0)
    return {"tanh": float(np.sign(x)), "sigmoid": float(x > 0), "exp": 0.0}[name]


# ---- vectors


def vectorised(answer: str) -> set[int]:
    """The lines of the loops that a compiler says it made vectors of."""
    report = r"functions\.c:(\d+):\d+: (?:optimized: loop vectorized|remark: vectorized loop)"
    return {int(line) for line in re.findall(report, answer)}


REPORT = {"gcc": "-fopt-info-vec-optimized", "clang": "-Rpass=loop-vectorize"}


@pytest.mark.parametrize("target", ["this processor", "any"])
@pytest.mark.parametrize("name", COMPILERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_loop_becomes_vectors(dtype, name, target, tmp_path) -> None:
    """One function in a loop, and all of a step of an LSTM. Next to them is a loop that cannot: each value needs the last."""
    chain = "void chain(real *x);\nvoid chain(real *x)\n{\n    for (int at = 1; at < 99; ++at)\n"
    text = f"{loops(dtype)}{GATES}\n{chain}        x[at] = tanh_of(x[at - 1]);\n}}\n"
    flags = compiler.native((installed(name),))[:1] if target == "this processor" else ()
    answer = compiled(text, name, tmp_path, *flags, REPORT[name])
    heads = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("    for (")]
    *wanted, chained = heads
    assert len(wanted) == len(OWN) + len(PLAIN) + 1
    assert set(wanted) <= vectorised(answer.stderr), answer.stderr
    assert chained not in vectorised(answer.stderr)


@pytest.mark.parametrize("name", COMPILERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_of_the_library_is_called(dtype, name, tmp_path) -> None:
    compiled(loops(dtype), installed(name), tmp_path)
    answer = subprocess.run([installed("nm"), "-u", "functions.o"], cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 0 and not answer.stdout.strip()


# ---- what is emitted


def test_what_is_used_comes_with_what_it_needs_and_nothing_else() -> None:
    shared = ["INLINED", "bit_pattern", "bits_of", "real_of"]
    assert needed({"sigmoid", "H", "at"}, "float32") == [*shared, "exp_of", "sigmoid"]
    assert needed({"softplus"}, "float64") == [*shared, "exp_of", "log1p_near_0", "softplus"]
    assert needed({"square", "relu"}, "float64") == ["relu", "square"]
    assert needed({"H"}, "float64") == []


def test_every_definition_stands_behind_what_it_needs() -> None:
    for dtype in DTYPES:
        for position, name in enumerate(ORDER):
            assert set(needed({name}, dtype)) <= set(ORDER[: position + 1])
