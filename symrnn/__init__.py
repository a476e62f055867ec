"""symrnn: write a recurrence once; get the derivation of its gradients, gradient code, and a check of both.

    >>> import symrnn
    >>> derivation = symrnn.derive("rnn")                                  # or symrnn.derive(symrnn.cell(text), head="none")
    >>> network = symrnn.Network("lstm", layers=2, bidirectional=True)     # and symrnn.derive(network)
    >>> compiled = symrnn.compile(derivation, backend="c", dtype="float32")
    >>> result = compiled.loss_and_gradient(x=x, h0=h0, y=y, W_xh=W_xh, ...)  # result.loss, result["dW_xh"], ...
    >>> print(symrnn.verify("dW_hh = sum_t dz_h_t h_t^T", cell="rnn"))     # somebody's derivation: right or wrong, where, why

The public names are loaded on first use (PEP 562), so that `import symrnn` costs nothing.
"""

from types import ModuleType
from typing import Any

from symrnn import verify as _verify

__version__ = "0.1.0"

_PUBLIC = {
    "cell": ("symrnn.language.read", "read_cell"),
    "cells": ("symrnn.cells", None),
    "Network": ("symrnn.driver", "network"),
    "derive": ("symrnn.driver", "derive"),
    "document": ("symrnn.driver", "document"),
    "program": ("symrnn.driver", "program"),
    "emit": ("symrnn.driver", "emit"),
    "compile": ("symrnn.driver", "compile"),
    "check": ("symrnn.driver", "check"),
    "prove": ("symrnn.proofs", "prove"),
    "verify": ("symrnn.verify", None),
    "SymrnnError": ("symrnn.errors", "SymrnnError"),
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module symrnn has no attribute {name!r}; public names: {', '.join(__all__)}")
    from importlib import import_module

    module, attribute = _PUBLIC[name]
    loaded = import_module(module)
    return loaded if attribute is None else getattr(loaded, attribute)


class _Callable(ModuleType):
    """The package `symrnn.verify`, which is also a public name: symrnn.verify(text, cell="rnn") judges a derivation."""

    def __call__(self, *given: Any, **options: Any) -> Any:
        """Return the verdict on a text, `symrnn.verdicts.verify`, or on a function, `symrnn.verdicts.verify_function`."""
        from symrnn import verdicts

        first = given[0] if given else None
        is_function = callable(first) or (isinstance(first, str) and "\n" not in first and ".py::" in first)
        return verdicts.verify_function(*given, **options) if is_function else verdicts.verify(*given, **options)


# A package hides a function of the same name as soon as anything in it is imported; so the package itself is what is called.
_verify.__class__ = _Callable


def __dir__() -> list[str]:
    return sorted(__all__)
