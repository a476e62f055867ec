"""The matrix products of emitted C: every size around the edges of their tiles, every layout, nothing outside touched.

The templates of templates/c/products are compiled in both precisions as what they are for: vectors of this machine, vectors
that any x86-64 has, and plain C11. The operands hold small integers, of which every sum is exact in both precisions, so that
results are compared for equality; rounding has a test of its own.
"""

from __future__ import annotations

import functools
import itertools
import subprocess
from pathlib import Path

import numpy as np
import pytest
from product_layer import DOORS, FAST, HEAD, PARTS, PATHS, PRECISIONS, SANITIZED, SENTINEL, Products, compiled, source


@functools.cache
def products(precision: str, path: str) -> Products:
    library = compiled("gcc", source(precision) + DOORS, "products.so", *FAST, *PATHS[path], "-shared", "-fPIC")
    return Products(library, PRECISIONS[precision])


def broken(old: str, new: str) -> Products:
    """The layer with one mistake in it."""
    text = source("float") + DOORS
    assert old in text
    flags = ("-O1", "-march=native", "-shared", "-fPIC", "-w")
    return Products(compiled("gcc", text.replace(old, new), "products.so", *flags), np.float32)


# Around every edge of a tile (at most 12 rows, panels of at most 32 columns, eight vectors for few rows), and primes.
ROWS = (*range(1, 26), 29, 37)
COLUMNS = (*range(1, 10), *range(15, 18), 23, *range(31, 34), 47, 48, 49, *range(63, 66), 97, 127, 128, 129, 160, 161)
DEPTHS = (1, 2, 3, 4, 5, 8, 13)
# Around the edges of blocks, and together with remainders of tiles.
LARGE = (
    *((m, n, k) for m in (1, 2, 3, 5, 16) for n in (33, 64) for k in (127, 255, 257, 511, 512, 513, 1031)),
    *((m, n, k) for m in (95, 96, 97, 111, 112, 113, 191, 192, 193, 389) for n, k in ((5, 7), (40, 130))),
    *((m, n, k) for n in (511, 512, 513, 1100) for m, k in ((3, 5), (14, 33))),
    (130, 530, 270),
    (13, 1, 10000),
    (1, 1, 10000),
)
# Strides at which rows of a share their places in caches.
ALIASING = ((13, 33, 1000, 24), (13, 33, 1023, 0), (26, 20, 600, 1447))

EVERY = [(precision, path) for precision in PRECISIONS for path in PATHS]


def around_tiles(layer: Products, once: bool) -> list[str]:
    """Complaints about all sizes around the edges of tiles; depths and layouts are gone through in turn."""
    depths, layouts, wrong = itertools.cycle(DEPTHS), itertools.cycle(itertools.product((False, True), repeat=3)), []
    for m, n in itertools.product(ROWS, COLUMNS):
        k = next(depths)
        a, b = layer.integers(m, k), layer.integers(k, n)
        a_transposed, b_transposed, accumulate = next(layouts)
        wrong += layer.product(
            a, b, a_transposed=a_transposed, b_transposed=b_transposed, accumulate=accumulate, once=once
        )
    return wrong


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("precision", "path"), EVERY)
def test_sizes_around_tiles(precision, path, once):
    assert not around_tiles(products(precision, path), once)


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("precision", "path"), EVERY)
def test_the_rows_of_pages_can_be_divided(precision, path, once):
    """Whoever computes a row, and whatever others are computed with it, its bits are those of the whole product."""
    layer = products(precision, path)
    for pages, m, (n, k) in itertools.product((1, 2, 9), (1, 2, 3, 5, 8, 13, 40), ((7, 5), (97, 40), (161, 1031))):
        a = layer.random.normal(size=(pages, m, k)).astype(layer.dtype)
        b = layer.random.normal(size=(n, k)).astype(layer.dtype)
        whole = layer.pages(a, b, [(0, m)], once)
        # rounding: half of the digits are more than enough to tell another row or page
        assert np.allclose(whole, a @ b.T, rtol=0, atol=k * np.sqrt(np.finfo(layer.dtype).eps))
        cuts = sorted({0, 1, m // 3, m // 2, m})
        parted = layer.pages(a, b, [*itertools.pairwise(cuts), (m, m)], once)
        assert parted.tobytes() == whole.tobytes(), (pages, m, n, k)
        assert (layer.pages(a, b, [(m // 2, m)], once)[:, : m // 2] == SENTINEL).all()


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("precision", "path"), EVERY)
def test_every_layout(precision, path, once):
    layer, wrong = products(precision, path), []
    for m, n, k in itertools.product((1, 2, 3, 4, 17), (3, 40, 150), (1, 2, 7, 19)):
        for left, right, accumulate, gap in itertools.product((False, True), (False, True), (False, True), (0, 5)):
            wrong += layer.product(
                layer.integers(m, k),
                layer.integers(k, n),
                a_transposed=left,
                b_transposed=right,
                accumulate=accumulate,
                once=once,
                gap=gap,
            )
    assert not wrong


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("precision", "path"), EVERY)
def test_sizes_around_blocks(precision, path, once):
    layer, wrong = products(precision, path), []
    for m, n, k in LARGE:
        a, b = layer.integers(m, k), layer.integers(k, n)
        for transposed in (False, True):
            wrong += layer.product(a, b, a_transposed=transposed, accumulate=not transposed, once=once)
    for m, n, k, gap in ALIASING:
        a, b = layer.integers(m, k), layer.integers(k, n)
        wrong += layer.product(a, b, once=once, gap=gap)
        wrong += layer.product(a, b, a_transposed=True, once=once, gap=4096 - m - 1)
    assert not wrong


@pytest.mark.parametrize(("precision", "path"), EVERY)
def test_parts_are_stacked_as_they_are_packed(precision, path):
    """Weights of several gates side by side, of several inputs one under the other; each as it lies or transposed."""
    layer, wrong = products(precision, path), []
    for heights, widths in [((5,), (7, 7, 7, 7)), ((16, 3), (16, 16, 16)), ((4, 33), (40, 1, 30)), ((1, 1), (1, 1))]:
        k, n = sum(heights), sum(widths)
        b = layer.integers(k, n)
        downs, rights = np.cumsum((0, *heights)), np.cumsum((0, *widths))
        for start in (False, True):
            parts = [
                (int(i), int(j), b[i : i + height, j : j + width], (x + y) % 2 == start)
                for (x, (i, height)), (y, (j, width)) in itertools.product(
                    enumerate(zip(downs[:-1], heights, strict=True)), enumerate(zip(rights[:-1], widths, strict=True))
                )
            ]
            for order in (parts, parts[::-1]):
                wrong += layer.product(layer.integers(6, k), b, parts=order)
    assert not wrong


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("precision", "path"), EVERY)
def test_numbers_that_are_not_finite_come_through(precision, path, once):
    """An infinity or NaN reaches just the elements that the definition says: padding never brings one to others."""
    layer, wrong = products(precision, path), []
    for m, n, k in ((1, 5, 3), (2, 33, 6), (7, 17, 9), (13, 70, 300)):
        for value in (np.inf, -np.inf, np.nan):
            a, b = layer.integers(m, k), layer.integers(k, n)
            a[m - 1, k - 1] = value
            wrong += layer.product(a, b, once=once, b_transposed=True)
            b[0, n - 1] = value
            wrong += layer.product(a, b, once=once, a_transposed=True)
            wrong += layer.product(layer.integers(m, k), b, once=once)
    assert not wrong


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("path", PATHS)
def test_sums_are_as_accurate_as_added_one_by_one(path, once):
    """The error over many terms is at most that of adding them in order, in the mean over the elements."""
    layer = products("float", path)
    m, n, k = 3, 150, 6000
    a, b = layer.random.standard_normal((m, k), np.float32), layer.random.standard_normal((k, n), np.float32)
    plain = np.zeros((m, n), np.float32)
    for p in range(k):
        plain += a[:, p, None] * b[p]
    exact = a.astype(np.float64) @ b.astype(np.float64)
    out, panels = np.empty((m, n), np.float32), layer.guarded(layer.count("do_panels_size", k, n))
    layer.calls.do_pack(layer.sizes(k, n, 0, 0, k, n, n, 1), layer.at(b, 0), layer.at(panels))
    if once:
        scratch = layer.guarded(layer.count("do_product_once_scratch", m, n, k))
        sizes = layer.sizes(m, n, k, k, 1, n, 1, n)
        layer.calls.do_product_once(sizes, layer.at(a, 0), layer.at(b, 0), layer.at(out, 0), False, layer.at(scratch))
    else:
        sizes = layer.sizes(m, n, k, k, 1, n)
        layer.calls.do_product(sizes, layer.at(a, 0), layer.at(panels), layer.at(out, 0), False)
    # 450 errors: their mean is known to a few percent
    assert np.abs(out - exact).mean() <= np.abs(plain - exact).mean() * 1.1


# ---- the checks fail where they should


MISTAKES = {
    "wrong values": [
        ("a[three] += a_column;", "a[three] += 1;"),
        ("of->a += now * of->a_row;", ""),
        ("from[p * from_row + j * from_column]", "from[p * from_row + j]"),
    ],
    "outside out": [("of->columns < vectors * LANES", "of->columns + 1 < vectors * LANES")],
    "outside the panels": [("row * width", "(row + (rows > 12)) * width")],
    "left out a part": [
        ("to[p * width + j] = 0.0f;", "continue;"),
        ("rows, last - first, from", "rows, last - first - 1, from"),
    ],
}


@pytest.mark.parametrize(("said", "old", "new"), [(said, *pair) for said, pairs in MISTAKES.items() for pair in pairs])
def test_a_mistake_around_tiles_is_found(said, old, new):
    assert any(said in complaint for complaint in around_tiles(broken(old, new), once=False))


def test_blocks_that_are_not_added_up_are_found():
    layer = broken("of.accumulate = adds || p > 0", "of.accumulate = adds")
    assert not around_tiles(layer, once=False)
    assert layer.product(layer.integers(40, 600), layer.integers(600, 4))


def test_a_scratch_that_is_too_small_is_found():
    layer = broken("(m > 0 ? ONCE_HEIGHT : 0));", "ONCE_HEIGHT) - 40;")
    complaints = layer.product(layer.integers(112, 9), layer.integers(9, 30), a_transposed=True, gap=999, once=True)
    assert any("outside the scratch" in complaint for complaint in complaints)


def test_padding_that_reaches_a_result_is_found():
    """Zeros that are multiplied with an infinity are harmless beyond the last column, and nowhere else."""
    layer = broken("sums[i * vectors + v] = (vector){0};", "sums[i * vectors + v] = (vector){0} * of->a[0];")
    a, b = np.ones((2, 3), np.float32), np.ones((3, 4), np.float32)
    assert not layer.product(a, b)
    a[0, 0] = np.inf
    assert layer.product(a, b)


# ---- what compilers and sanitizers say

TARGETS = {
    "gcc": (("-march=x86-64-v4",), ("-march=x86-64-v3",), (), ("-DPORTABLE_PRODUCTS",)),
    "clang": (
        *(("-march=x86-64-v4",), ("-march=x86-64-v3",), ("-DPORTABLE_PRODUCTS",)),
        ("--target=aarch64-linux-gnu", "-ffreestanding"),
    ),
}
# A program that includes what it uses, all of it, and nothing of a system.
PLAIN = "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\ntypedef {precision} real;\n"
USES = {
    ("tile", "pack", "product"): "panels_size pack product",
    ("tile", "pack", "once"): "product_once_scratch product_once",
    PARTS: "panels_size pack product product_once_scratch product_once",
}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("compiler", "flags"), [(name, flags) for name, all_ in TARGETS.items() for flags in all_])
def test_no_compiler_warns(compiler, flags, precision, tmp_path):
    for parts, used in USES.items():
        text = source(precision, parts).replace(HEAD.format(precision=precision), PLAIN.format(precision=precision))
        calls = "".join(f"    (void){name};\n" for name in used.split())
        level = "-O3" if parts == PARTS else "-O0"
        compiled(
            compiler,
            f"{text}\nvoid use(void);\nvoid use(void)\n{{\n{calls}}}\n",
            "p.o",
            level,
            *flags,
            "-c",
            folder=tmp_path,
        )


DRIVER = """
/* Every size against sums in order, each operand in a piece of memory of just its size. */
static real *some(size_t count, unsigned *seed)
{
    real *const made = malloc(count * sizeof(real));
    for (size_t at = 0; made != NULL && at < count; ++at)
        made[at] = (real)((*seed = *seed * 1103515245u + 12345u) >> 16 & 7u) - 3;
    return made;
}

static int differs(size_t m, size_t n, size_t k, bool a_turned, bool b_turned)
{
    unsigned seed = 5;
    real *const a = some(m * k, &seed), *const b = some(k * n, &seed), *const out = some(m * n, &seed);
    real *const panels = some(panels_size(k, n), &seed), *const once = some(m * n, &seed);
    real *const scratch = some(product_once_scratch(m, n, k), &seed);
    const size_t a_row = a_turned ? 1 : k, a_column = a_turned ? m : 1;
    const size_t b_row = b_turned ? 1 : n, b_column = b_turned ? k : 1;
    pack(k, n, 0, 0, k, n, b, b_row, b_column, panels);
    product((range){0, m}, 1, m, n, k, a, a_row, a_column, panels, out, n, false);
    product_once((range){0, m}, 1, m, n, k, a, a_row, a_column, b, b_row, b_column, once, n, false, scratch);
    int wrong = 0;
    for (size_t i = 0; i < m; ++i)
        for (size_t j = 0; j < n; ++j) {
            real sum = 0;
            for (size_t p = 0; p < k; ++p)
                sum += a[i * a_row + p * a_column] * b[p * b_row + j * b_column];
            wrong |= sum < out[i * n + j] || sum > out[i * n + j] || sum < once[i * n + j] || sum > once[i * n + j];
        }
    free(a), free(b), free(out), free(panels), free(once), free(scratch);
    return wrong;
}

int main(void)
{
    const size_t few[] = {1, 2, 3, 4, 5, 12, 13, 25}, wide[] = {1, 7, 8, 9, 16, 17, 31, 33, 65, 129};
    const size_t deep[] = {1, 2, 5, 17, 300};
    int wrong = differs(200, 40, 30, true, true) | differs(3, 520, 9, false, true) | differs(400, 3, 5, true, false);
    for (size_t x = 0; x < 8; ++x)
        for (size_t y = 0; y < 10; ++y)
            for (size_t z = 0; z < 5; ++z)
                wrong |= differs(few[x], wide[y], deep[z], (x + z) % 2, (y + z) % 2);
    return wrong;
}
"""


def driven(compiler: str, text: str, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    program = compiled(compiler, text, "driver", *SANITIZED, *flags, folder=folder)
    return subprocess.run([str(program)], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    ("compiler", "path"), [("gcc", "native"), ("clang", "native"), ("clang", "baseline"), ("gcc", "portable")]
)
def test_sanitizers_find_nothing(compiler, path, precision, tmp_path):
    done = driven(compiler, source(precision) + DRIVER, tmp_path, *PATHS[path])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("of->columns < vectors * LANES", "of->columns + LANES < vectors * LANES"),
        ("= from[p * from_row + j];", "= from[p * from_row + j + 1];"),
        ("if (of->accumulate)\n", "if (sums[0][0] > -1e6f || of->accumulate)\n"),
    ],
)
def test_a_mistake_is_found_under_sanitizers(old, new, tmp_path):
    text = source("float") + DRIVER
    assert old in text
    assert driven("gcc", text.replace(old, new), tmp_path, "-march=native").returncode != 0
