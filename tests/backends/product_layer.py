"""The product layer of emitted C, rendered and compiled: `Products` calls it with arrays and says what is wrong with the answer.

Whatever surrounds an operand is filled with NaN or with a sentinel: what is read from outside turns up in results, what is
written there is seen.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

from symrnn.rendering import render

STRICT = (
    *("-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow"),
    *("-Wdouble-promotion", "-Wvla", "-Wstrict-prototypes"),
)
FAST = ("-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast")
# Not optimised: what the sanitizers add to loops that are unrolled takes compilers minutes otherwise.
SANITIZED = ("-g", "-O0", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
PRECISIONS = {"float": np.float32, "double": np.float64}
PATHS = {"native": ("-march=native",), "baseline": (), "portable": ("-DPORTABLE_PRODUCTS",)}
PARTS = ("tile", "pack", "product", "once")
SENTINEL = -77.0
GUARD = 80  # elements around everything that is written: more than a panel has columns

HEAD = """#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef {precision} real;
"""
# The functions are static, and wanted from outside here.
DOORS = """
size_t do_panels_size(size_t k, size_t n);
size_t do_panels_size(size_t k, size_t n)
{
    return panels_size(k, n);
}

void do_pack(const size_t *s, const real *b, real *panels);
void do_pack(const size_t *s, const real *b, real *panels)
{
    pack(s[0], s[1], s[2], s[3], s[4], s[5], b, s[6], s[7], panels);
}

void do_product(const size_t *s, const real *a, const real *panels, real *out, bool accumulate);
void do_product(const size_t *s, const real *a, const real *panels, real *out, bool accumulate)
{
    product((range){0, s[0]}, 1, s[0], s[1], s[2], a, s[3], s[4], panels, out, s[5], accumulate);
}

void do_pages(const size_t *s, const real *a, const real *panels, real *out);
void do_pages(const size_t *s, const real *a, const real *panels, real *out)
{
    product((range){s[0], s[1]}, s[2], s[3], s[4], s[5], a, s[5], 1, panels, out, s[4], false);
}

void do_pages_once(const size_t *s, const real *a, const real *b, real *out, real *scratch);
void do_pages_once(const size_t *s, const real *a, const real *b, real *out, real *scratch)
{
    product_once((range){s[0], s[1]}, s[2], s[3], s[4], s[5], a, s[5], 1, b, 1, s[5], out, s[4], false, scratch);
}

size_t do_product_once_scratch(size_t m, size_t n, size_t k);
size_t do_product_once_scratch(size_t m, size_t n, size_t k)
{
    return product_once_scratch(m, n, k);
}

void do_product_once(const size_t *s, const real *a, const real *b, real *out, bool accumulate, real *scratch);
void do_product_once(const size_t *s, const real *a, const real *b, real *out, bool accumulate, real *scratch)
{
    product_once((range){0, s[0]}, 1, s[0], s[1], s[2], a, s[3], s[4], b, s[5], s[6], out, s[7], accumulate, scratch);
}
"""


def source(precision: str, parts: tuple[str, ...] = PARTS) -> str:
    suffix = "f" if precision == "float" else ""
    templates = ("c/range.c.j2", *(f"c/products/{part}.c.j2" for part in parts))
    return HEAD.format(precision=precision) + "\n".join(render(one, f=suffix) for one in templates)


def compiled(compiler: str, text: str, name: str, *flags: str, folder: Path | None = None) -> Path:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    folder = folder or Path(tempfile.mkdtemp())
    (folder / "products.c").write_text(text, "utf-8")
    command = [compiler, *STRICT, *flags, "products.c", "-o", name]
    done = subprocess.run(
        [*command, "-lm"] if "-c" not in flags else command, cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return folder / name


class Products:
    """A compiled product layer over arrays: builds guarded operands, calls, and tells what is wrong with the answer."""

    def __init__(self, library: Path, dtype: type) -> None:
        self.dtype = dtype
        self.calls = ctypes.CDLL(str(library))
        for name in ("do_panels_size", "do_product_once_scratch"):
            getattr(self.calls, name).restype = ctypes.c_size_t
        self.random = np.random.default_rng(7)

    def integers(self, rows: int, columns: int) -> np.ndarray:
        return self.random.integers(-8, 9, (rows, columns)).astype(self.dtype)

    def stored(self, matrix: np.ndarray, transposed: bool, gap: int) -> tuple[np.ndarray, int, int, int]:
        """Lay a matrix into memory, its rows or columns `gap` apart and NaN between and around; strides in elements."""
        lying = matrix.T if transposed else matrix
        memory = np.full((lying.shape[0] + 2, lying.shape[1] + gap + 1), np.nan, self.dtype)
        memory[1:-1, 1 : lying.shape[1] + 1] = lying
        start, stride = memory.shape[1] + 1, memory.shape[1]
        return memory, start, 1 if transposed else stride, stride if transposed else 1

    def guarded(self, count: int) -> np.ndarray:
        memory = np.full(count + 2 * GUARD, np.nan, self.dtype)
        memory[:GUARD] = memory[GUARD + count :] = SENTINEL
        return memory

    def at(self, memory: np.ndarray, start: int = GUARD) -> ctypes.c_void_p:
        return ctypes.c_void_p(memory.ctypes.data + start * memory.itemsize)

    def sizes(self, *sizes: int) -> ctypes.Array[ctypes.c_size_t]:
        return (ctypes.c_size_t * len(sizes))(*sizes)

    def count(self, name: str, *sizes: int) -> int:
        return int(getattr(self.calls, name)(*(ctypes.c_size_t(size) for size in sizes)))

    def pack(self, parts, k: int, n: int) -> tuple[np.ndarray, list[str]]:
        """Pack parts (row, column, matrix, transposed), which cover (k, n)."""
        panels = self.guarded(self.count("do_panels_size", k, n))
        for row, column, matrix, transposed in parts:
            memory, start, down, right = self.stored(matrix, transposed, 3)
            shape = self.sizes(k, n, row, column, *matrix.shape, down, right)
            self.calls.do_pack(shape, self.at(memory, start), self.at(panels))
        wrong = [] if unharmed(panels) else ["pack wrote outside the panels"]
        if np.isnan(panels).sum() != sum(np.isnan(matrix).sum() for _, _, matrix, _ in parts):
            wrong.append("pack left out a part of the panels, or read what is not of b")
        return panels, wrong

    def product(self, a, b, *, a_transposed=False, b_transposed=False, accumulate=False, once=False, gap=2, parts=None):
        """Complaints about a product (m, k) times (k, n)."""
        (m, k), n = a.shape, b.shape[1]
        a_memory, a_start, a_row, a_column = self.stored(a, a_transposed, gap)
        before = self.integers(m, n) if accumulate else np.full((m, n), np.nan, self.dtype)
        out = np.full((m + 2, n + GUARD), SENTINEL, self.dtype)
        out[1:-1, :n] = before
        left, into, wrong = self.at(a_memory, a_start), self.at(out, n + GUARD), []
        if once:
            b_memory, b_start, b_row, b_column = self.stored(b, b_transposed, gap)
            scratch = self.guarded(self.count("do_product_once_scratch", m, n, k))
            shape = self.sizes(m, n, k, a_row, a_column, b_row, b_column, n + GUARD)
            self.calls.do_product_once(
                shape, left, self.at(b_memory, b_start), into, ctypes.c_bool(accumulate), self.at(scratch)
            )
            if not unharmed(scratch):
                wrong.append("wrote outside the scratch")
        else:
            panels, wrong = self.pack(parts or [(0, 0, b, b_transposed)], k, n)
            shape = self.sizes(m, n, k, a_row, a_column, n + GUARD)
            self.calls.do_product(shape, left, self.at(panels), into, ctypes.c_bool(accumulate))
        with np.errstate(invalid="ignore"):
            wanted = a.astype(np.float64) @ b.astype(np.float64) + (before if accumulate else 0)
        if not np.array_equal(out[1:-1, :n], wanted, equal_nan=True):
            wrong.append("wrong values")
        out[1:-1, :n] = SENTINEL
        if (out != SENTINEL).any():
            wrong.append("wrote outside out")
        return [f"{m}x{n}x{k} {a_transposed=} {b_transposed=} {accumulate=} {once=}: {text}" for text in wrong]

    def pages(self, a: np.ndarray, b: np.ndarray, parts, once: bool) -> np.ndarray:
        """Return pages (P, m, k) times bᵀ (k, n), those rows of each page that are in one of the parts."""
        (pages, m, k), n = a.shape, len(b)
        out = np.full((pages, m, n), SENTINEL, self.dtype)
        scratch = self.guarded(self.count("do_product_once_scratch", m, n, k))
        panels, wrong = self.pack([(0, 0, b.T, True)], k, n)
        for begin, end in parts:
            sizes, left, into = self.sizes(begin, end, pages, m, n, k), self.at(a, 0), self.at(out, 0)
            if once:
                self.calls.do_pages_once(sizes, left, self.at(b, 0), into, self.at(scratch))
            else:
                self.calls.do_pages(sizes, left, self.at(panels), into)
        assert not wrong and unharmed(scratch) and unharmed(panels)
        return out


def unharmed(memory: np.ndarray) -> bool:
    return bool((memory[:GUARD] == SENTINEL).all() and (memory[-GUARD:] == SENTINEL).all())
