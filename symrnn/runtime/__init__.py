"""How it runs: emitted source to callables over NumPy arrays. Imports ir and backends."""

from symrnn.runtime.callable import Compiled, Results, load

__all__ = ["Compiled", "Results", "load"]
