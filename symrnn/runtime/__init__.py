"""How it runs: emitted source to callables over NumPy arrays. Imports ir and backends."""

from symrnn.runtime.bound import Bound
from symrnn.runtime.callable import Compiled, load
from symrnn.runtime.results import Results

__all__ = ["Bound", "Compiled", "Results", "load"]
