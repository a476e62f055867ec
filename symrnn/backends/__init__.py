"""How it is written down: programs as NumPy and C source. Imports ir only.

A backend is a module with `files(program, dtype="float64") -> dict[str, str]`: file name → text, the same every time. The one
in `c_small` is for fixed sizes, which its `files` is given too.
"""

from types import ModuleType

from symrnn.backends import c, numpy

BACKENDS: dict[str, ModuleType] = {"numpy": numpy, "c": c}

SMALL = "c-small"
"""The name of the backend for fixed sizes: C for small devices."""
