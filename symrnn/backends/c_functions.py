"""Elementwise functions that the emitted C brings along, one file each in templates/c/functions.

They have no branches and call nothing, so that compilers make vectors of the loops around them: -O3, and neither
`errno` nor floating-point exceptions kept (-fno-math-errno -fno-trapping-math). What differs between the precisions, such
as the degree of a polynomial, stands in float32/ and float64/. How far off each may be is said above it, and tested.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from symrnn.rendering import render

SUFFIXES = {"float64": "", "float32": "f"}
"""What literals and functions of math.h end with, for each dtype."""

_BY_PRECISION = ("bit_pattern", "exp_of", "log1p_near_0", "log_of", "tanh_of")
ORDER = (
    *("INLINED", "bit_pattern", "bits_of", "real_of", "exp_of", "log1p_near_0", "log_of"),
    *("tanh_of", "sigmoid", "softplus", "relu", "step", "sign", "square", "cube"),
)
"""Every name that is defined, each after what it calls."""


def template(name: str, dtype: str) -> str:
    """Return the path of the template that defines a function."""
    return f"c/functions/{f'{dtype}/' if name in _BY_PRECISION else ''}{name.lower()}.c.j2"


def needed(used: set[str], dtype: str) -> list[str]:
    """Return which functions are to be defined where the identifiers `used` stand in the source, in order."""
    known, found = set(used), []
    for name in reversed(ORDER):
        if name in known:
            found.append(name)
            known |= identifiers([render(template(name, dtype), f=SUFFIXES[dtype])])
    return found[::-1]


def identifiers(lines: Iterable[str]) -> set[str]:
    """Return the identifiers in lines of source code, without those in comments."""
    return set(re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", "\n".join(lines), flags=re.DOTALL)))
