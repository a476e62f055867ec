"""How it is written down: programs as NumPy and C source. Imports ir only.

A backend is a module with `files(program, dtype="float64") -> dict[str, str]`: file name → text, the same every time. The one
in `c_small` is for fixed sizes, which its `files` is given too.
"""

from functools import partial
from types import ModuleType

from symrnn.backends import c, numpy
from symrnn.backends.c_blas import BLAS
from symrnn.backends.interface import Files

BACKENDS: dict[str, ModuleType] = {"numpy": numpy, "c": c}

FILES: dict[str, Files] = {
    **{name: module.files for name, module in BACKENDS.items()},
    **{name: partial(c.files, blas=blas) for name, blas in BLAS.items()},
}
"""What writes a program down for all sizes, by the name of the backend; those of C with the products of a BLAS are here too."""

SMALL = "c-small"
"""The name of the backend for fixed sizes: C for small devices."""
