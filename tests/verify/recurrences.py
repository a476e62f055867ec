"""Cells as a person writes them in rows, once for NumPy and for PyTorch: nothing of symrnn is used.

`backend` is a module-like object with tanh, sigmoid, relu, exp, log, concatenate, row_max and row_sum.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

NUMPY = SimpleNamespace(
    tanh=np.tanh,
    sigmoid=lambda z: 1 / (1 + np.exp(-z)),
    relu=lambda z: np.where(z > 0, z, 0.0),
    exp=np.exp,
    log=np.log,
    concatenate=lambda parts: np.concatenate(parts, axis=-1),
    row_max=lambda z: z.max(axis=-1, keepdims=True),
    row_sum=lambda z: z.sum(axis=-1, keepdims=True),
)


def torch_backend(torch: Any) -> SimpleNamespace:
    """Return the same functions of PyTorch."""
    return SimpleNamespace(
        tanh=torch.tanh,
        sigmoid=torch.sigmoid,
        relu=torch.relu,
        exp=torch.exp,
        log=torch.log,
        concatenate=lambda parts: torch.cat(parts, dim=-1),
        row_max=lambda z: z.max(dim=-1, keepdim=True).values.detach(),
        row_sum=lambda z: z.sum(dim=-1, keepdim=True),
    )


Arrays = Mapping[str, Any]
Step = Callable[[Any, Arrays, Any, Any], tuple[Any, ...]]


def rnn(f: Any, p: Arrays, x: Any, states: Any) -> tuple[Any, ...]:
    """h = tanh(W_xh x + W_hh h + b_h)."""
    (h,) = states
    return (f.tanh(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"]),)


def irnn(f: Any, p: Arrays, x: Any, states: Any) -> tuple[Any, ...]:
    """h = relu(W_xh x + W_hh h + b_h)."""
    (h,) = states
    return (f.relu(x @ p["W_xh"].T + h @ p["W_hh"].T + p["b_h"]),)


def elman(f: Any, p: Arrays, x: Any, states: Any) -> tuple[Any, ...]:
    """h = tanh(W [x; h] + b)."""
    (h,) = states
    return (f.tanh(f.concatenate([x, h]) @ p["W"].T + p["b"]),)


def lstm(f: Any, p: Arrays, x: Any, states: Any) -> tuple[Any, ...]:
    """Gates i, f, o, the candidate g; c = f c + i g, h = o tanh(c)."""
    h, c = states
    gate = {one: x @ p[f"W_{one}"].T + h @ p[f"U_{one}"].T + p[f"b_{one}"] for one in "ifog"}
    c = f.sigmoid(gate["f"]) * c + f.sigmoid(gate["i"]) * f.tanh(gate["g"])
    return f.sigmoid(gate["o"]) * f.tanh(c), c


STEPS: dict[str, tuple[Step, tuple[str, ...]]] = {
    "rnn": (rnn, ("h",)),
    "irnn": (irnn, ("h",)),
    "elman": (elman, ("h",)),
    "lstm_text": (lstm, ("h", "c")),
}


def cross_entropy(backend: Any, name: str, arrays: Arrays) -> Any:
    """Return −Σ_t Σ_b y log softmax(W_hy h + b_y) of a cell run over (T, B, I)."""
    step, states = STEPS[name]
    current = tuple(arrays[f"{state}0"] for state in states)
    total: Any = 0.0
    for x, y in zip(arrays["x"], arrays["y"], strict=True):
        current = step(backend, arrays, x, current)
        z = current[0] @ arrays["W_hy"].T + arrays["b_y"]
        shifted = z - backend.row_max(z)
        total = total - (y * (shifted - backend.log(backend.row_sum(backend.exp(shifted))))).sum()
    return total
