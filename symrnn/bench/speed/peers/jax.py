"""JAX: `jit` of `vjp` of `lax.scan`, with the input's product before the scan and gates stacked.

The scan is unrolled by several numbers of steps, and matrices are stored both ways, (columns, rows) as in its libraries and (rows,
columns) as in ours: which is the fastest depends on the sizes, so all are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symrnn.bench.speed.forms import Array, Arrays, Form, FormError
from symrnn.bench.speed.layouts import apart, stacked

try:
    import jax
    import jax.numpy as jnp
except ImportError:
    jax = None

Value = Any
Weights = Mapping[str, Value]


@dataclass(slots=True)
class Jax:
    """The library."""

    unrolls: tuple[int, ...] = (1, 4, 8)
    name: str = "jax"
    remedy: str = "pip install jax"

    @property
    def version(self) -> str:
        """Its version; nothing where it is not installed."""
        return jax.__version__ if jax else ""

    def forms(self, cell: str, arrays: Arrays) -> Iterator[Form | FormError]:
        """Yield a scan for every number of unrolled steps and every layout of the matrices."""
        if cell not in CELLS:
            return
        if arrays["x"].dtype == np.float64 and not jax.config.jax_enable_x64:
            yield FormError("jax has no float64 in this process: set JAX_ENABLE_X64=1 before it starts")
            return
        for transposed in (True, False):
            for unroll in self.unrolls:
                yield _Scan.of(cell, arrays, unroll, transposed)


@dataclass(slots=True)
class _Scan:
    """A compiled function of weights, input, initial states and adjoints, with its arguments."""

    name: str
    cell: str
    transposed: bool
    function: Callable[..., Any] = field(repr=False)
    arguments: tuple[Any, ...] = field(repr=False)

    @classmethod
    def of(cls, cell: str, arrays: Arrays, unroll: int, transposed: bool) -> _Scan:
        prepare, step, *states = CELLS[cell]
        weights = {name: jnp.asarray(_turned(array, transposed)) for name, array in stacked(cell, arrays).items()}
        epsilon = {name: float(arrays[name]) for name in ("epsilon",) if name in arrays}

        def product(value: Value, matrix: Value) -> Value:
            return value @ matrix if transposed else value @ matrix.T

        def forward(weights: Weights, x: Value, states: tuple[Value, ...]) -> Value:
            def one(carry: tuple[Value, ...], z: Value) -> tuple[tuple[Value, ...], Value]:
                carry = step(weights, product, carry, z, **epsilon)
                return carry, carry[0]

            return jax.lax.scan(one, states, prepare(weights, product, x, **epsilon), unroll=unroll)[1]

        def gradient(weights: Weights, x: Value, states: tuple[Value, ...], dh: Value) -> Any:
            h, pull = jax.vjp(forward, weights, x, states)
            return h, pull(dh)

        initial = tuple(jnp.asarray(arrays[name]) for name in states)
        arguments = (weights, jnp.asarray(arrays["x"]), initial, jnp.asarray(arrays["dh"]))
        layout = "" if transposed else ", matrices by rows"
        return cls(f"scan, unroll {unroll}{layout}", cell, transposed, jax.jit(gradient), arguments)

    def run(self) -> Any:
        """Compute the states and every gradient."""
        return jax.block_until_ready(self.function(*self.arguments))

    def gradients(self) -> dict[str, Array]:
        """Return every gradient by our names."""
        _, (weights, dx, states) = self.run()
        found = {name: _turned(np.asarray(value), self.transposed) for name, value in weights.items()}
        names = CELLS[self.cell][2:]
        initial = {f"d{name}": np.asarray(value) for name, value in zip(names, states, strict=True)}
        return {**apart(self.cell, found), "dx": np.asarray(dx), **initial}


def _turned(array: Array, transposed: bool) -> Array:
    return np.ascontiguousarray(array.T) if transposed and array.ndim == 2 else array


# -- the cells: what is computed for all steps before the scan, and one step -----------------------------------------------


def _project(w: Weights, product: Any, x: Value, **_: float) -> Value:
    return product(x, w["W_x"]) + w["b"]


def _project_two(w: Weights, product: Any, x: Value) -> Value:
    return product(x, w["W_x"]) + (w["b_x"] + w["b_h"])


def _rnn(w: Weights, product: Any, carry: Any, z: Value) -> Any:
    return (jnp.tanh(z + product(carry[0], w["W_h"])),)


def _project_gru(w: Weights, product: Any, x: Value) -> Value:
    return product(x, w["W_x"]) + w["b_x"]


def _gru(w: Weights, product: Any, carry: Any, z: Value) -> Any:
    (h,) = carry
    x_r, x_z, x_n = jnp.split(z, 3, axis=-1)
    h_r, h_z, h_n = jnp.split(product(h, w["W_h"]) + w["b_h"], 3, axis=-1)
    r, u = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
    n = jnp.tanh(x_n + r * h_n)
    return ((1 - u) * n + u * h,)


def _lstm(w: Weights, product: Any, carry: Any, z: Value) -> Any:
    h, c = carry
    i, f, g, o = jnp.split(z + product(h, w["W_h"]), 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def _lstm_peephole(w: Weights, product: Any, carry: Any, z: Value) -> Any:
    h, c = carry
    i, f, g, o = jnp.split(z + product(h, w["W_h"]), 4, axis=-1)
    i, f = jax.nn.sigmoid(i + w["p_i"] * c), jax.nn.sigmoid(f + w["p_f"] * c)
    c = f * c + i * jnp.tanh(g)
    return jax.nn.sigmoid(o + w["p_o"] * c) * jnp.tanh(c), c


def _normal(value: Value, epsilon: float) -> Value:
    apart = value - value.mean(-1, keepdims=True)
    return apart * jax.lax.rsqrt((apart * apart).mean(-1, keepdims=True) + epsilon)


def _project_layer_norm(w: Weights, product: Any, x: Value, epsilon: float) -> Value:
    return w["alpha_2"] * _normal(product(x, w["W_x"]), epsilon) + w["b"]


def _lstm_layer_norm(w: Weights, product: Any, carry: Any, z: Value, epsilon: float) -> Any:
    h, c = carry
    f, i, o, g = jnp.split(z + w["alpha_1"] * _normal(product(h, w["W_h"]), epsilon), 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(w["alpha_3"] * _normal(c, epsilon) + w["beta_3"]), c


def _mgu(w: Weights, product: Any, carry: Any, z: Value) -> Any:
    (h,) = carry
    z_f, z_n = jnp.split(z, 2, axis=-1)
    f = jax.nn.sigmoid(z_f + product(h, w["U_f"]))
    n = jnp.tanh(z_n + product(f * h, w["U_h"]))
    return ((1 - f) * h + f * n,)


def _indrnn(w: Weights, product: Any, carry: Any, z: Value) -> Any:
    return (jax.nn.relu(z + w["u"] * carry[0]),)


# cell: (what is computed before the scan, one step, the initial states)
CELLS: dict[str, tuple[Any, ...]] = {
    "rnn": (_project, _rnn, "h0"),
    "gru": (_project_gru, _gru, "h0"),
    "lstm": (_project_two, _lstm, "h0", "c0"),
    "lstm_peephole": (_project, _lstm_peephole, "h0", "c0"),
    "lstm_layer_norm": (_project_layer_norm, _lstm_layer_norm, "h0", "c0"),
    "mgu": (_project, _mgu, "h0"),
    "indrnn": (_project, _indrnn, "h0"),
}
