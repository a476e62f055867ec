"""symrnn: write a recurrence once; get the derivation of its gradients, gradient code, and a check of both.

    >>> import symrnn
    >>> derivation = symrnn.derive("rnn")                                  # or symrnn.derive(symrnn.cell(text), head="none")
    >>> network = symrnn.Network("lstm", layers=2, bidirectional=True)     # and symrnn.derive(network)
    >>> compiled = symrnn.compile(derivation, backend="c", dtype="float32")
    >>> result = compiled.loss_and_gradient(x=x, h0=h0, y=y, W_xh=W_xh, ...)  # result.loss, result["dW_xh"], ...

The public names are loaded on first use (PEP 562), so that `import symrnn` costs nothing.
"""

from typing import Any

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


def __dir__() -> list[str]:
    return sorted(__all__)
