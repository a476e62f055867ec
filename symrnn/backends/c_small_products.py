"""Matrix products in C for small devices: calls of the two functions in templates/c/small, whose sizes are constants."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from symrnn.backends.c_products import product_of, row_length, sizes_of
from symrnn.backends.c_small_memory import BYTES
from symrnn.ir.nodes import Gemm, Program, Ref
from symrnn.ir.walk import sites

TEMPLATES = {"product": ("lanes", "product"), "product_transposed": ("lanes", "product_transposed")}
"""What each function needs, itself last."""


def product(program: Program, gemm: Gemm, address: Mapping[Ref, str], own: str) -> str:
    """Return the call that carries out a product; `address` tells where each operand begins.

    `own` is nothing: there are no threads that divide the rows.
    """
    assert not own
    stride = {ref: str(row_length(program, ref)) for ref in (gemm.a, gemm.b, gemm.out)}
    a = ("1", stride[gemm.a]) if gemm.trans_a else (stride[gemm.a], "1")
    operands = (address[gemm.a], *a, address[gemm.b], stride[gemm.b], address[gemm.out], stride[gemm.out])
    name = "product_transposed" if gemm.trans_b else "product"
    arguments = (
        *(product_of(one) for one in sizes_of(program, gemm)),
        *operands,
        "true" if gemm.accumulate else "false",
    )
    return f"{name}({', '.join(arguments)});"


_WIDEST = {
    "#if defined __AVX512F__": 64,
    "#elif defined __AVX__": 32,
    "#elif defined __SSE2__ || defined __aarch64__": 16,
}


def vectors(program: Program, sizes: Mapping[str, int], dtype: str) -> list[dict[str, object]]:
    """Return for every kind of processor how many reals a vector has, and which are the even and the odd ones of two."""
    found = []
    for condition, most in _WIDEST.items():
        lanes = best_lanes(program, sizes, most // BYTES[dtype])
        evens, odds = (", ".join(str(2 * lane + odd) for lane in range(lanes)) for odd in (0, 1))
        found.append({"condition": condition, "lanes": lanes, "evens": evens, "odds": odds})
    return found


def best_lanes(program: Program, sizes: Mapping[str, int], most: int) -> int:
    """Return with how many numbers in a vector the products take the fewest multiplications: a power of 2 from 2 to `most`."""
    products = [one.statement for one in sites(program) if isinstance(one.statement, Gemm)]
    counted = [_counts(program, one, sizes) for one in products]

    def cost(lanes: int) -> int:
        return sum(others * (along // lanes + along % lanes) for along, others in counted)

    candidates = [1 << power for power in range(1, most.bit_length())]
    return min(reversed(candidates), key=cost)


def _counts(program: Program, gemm: Gemm, sizes: Mapping[str, int]) -> tuple[int, int]:
    """Return the number of entries along which a product has vectors, and how often it goes along them."""
    m, n, k = (prod(one.value(sizes) for one in some) for some in sizes_of(program, gemm))
    return (k, m * n) if gemm.trans_b else (n, m * k)
