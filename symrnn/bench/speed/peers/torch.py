"""PyTorch: `torch.nn.RNN`, `GRU`, `LSTM`; other cells as a loop over steps, with the input's product before it and gates stacked.

The loops are run as they are, and scripted; `torch.compile` of them takes minutes for a hundred steps, so it is asked for.
"""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from symrnn.bench.speed.forms import Array, Arrays, Form, FormError
from symrnn.bench.speed.layouts import apart, stacked

try:
    import torch
except ImportError:
    torch = None

Tensor = Any
MODULES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
STATES = {"lstm": 2, "lstm_peephole": 2, "lstm_layer_norm": 2}


@dataclass(slots=True)
class Torch:
    """The library. `compile_seconds` is how long torch.compile may take, 0 is not at all."""

    threads: int = 1
    compile_seconds: float = 0.0
    name: str = "torch"
    remedy: str = "pip install torch"

    @property
    def version(self) -> str:
        """Its version; nothing where it is not installed."""
        return torch.__version__ if torch else ""

    def forms(self, cell: str, arrays: Arrays) -> Iterator[Form | FormError]:
        """Yield the module where there is one; else the loop, scripted, and compiled if that is asked for."""
        if cell not in MODULES and cell not in LOOPS:
            return
        torch.set_num_threads(self.threads)
        given = _Given.of(cell, arrays)
        if cell in MODULES:
            yield _module(cell, given)
            return
        yield _loop(cell, given, "loop", LOOPS[cell])
        yield _scripted(cell, given)
        if not self.compile_seconds:
            yield FormError("torch.compile was not run: give it time with --compile-seconds")
        else:
            yield _compiled(cell, given, self.compile_seconds)


@dataclass(slots=True)
class _Given:
    """The tensors of a cell: stacked weights, input, initial states, the adjoint of every output."""

    cell: str
    weights: dict[str, Tensor]
    constants: dict[str, float]
    x: Tensor
    states: dict[str, Tensor]
    dh: Tensor

    @classmethod
    def of(cls, cell: str, arrays: Arrays) -> _Given:
        def leaf(array: Array) -> Tensor:
            return torch.nn.Parameter(torch.tensor(array))

        names = ("h0", "c0")[: STATES.get(cell, 1)]
        weights = {name: leaf(array) for name, array in stacked(cell, arrays).items()}
        constants = {name: float(arrays[name]) for name in ("epsilon",) if name in arrays}
        states = {name: leaf(arrays[name]) for name in names}
        return cls(cell, weights, constants, leaf(arrays["x"]), states, torch.tensor(arrays["dh"]))

    @property
    def leaves(self) -> dict[str, Tensor]:
        """What gradients are taken by."""
        return {**self.weights, "x": self.x, **self.states}


@dataclass(slots=True)
class _Autograd:
    """A forward pass and autograd of it."""

    name: str
    given: _Given
    forward: Callable[[], Tensor] = field(repr=False)
    leaves: tuple[Tensor, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.leaves = tuple(self.given.leaves.values())

    def run(self) -> Any:
        """Compute the states and every gradient."""
        return torch.autograd.grad(self.forward(), self.leaves, self.given.dh)

    def gradients(self) -> dict[str, Array]:
        """Return every gradient by our names."""
        found = dict(zip(self.given.leaves, (one.numpy() for one in self.run()), strict=True))
        others = {f"d{name}": found[name] for name in ("x", *self.given.states)}
        return {**apart(self.given.cell, found), **others}


def _module(cell: str, given: _Given) -> Form:
    """Return `torch.nn.RNN`, `GRU` or `LSTM` with the given weights as its parameters."""
    module = getattr(torch.nn, MODULES[cell])(given.x.shape[2], given.dh.shape[2], dtype=given.x.dtype)
    names = {"weight_ih_l0": "W_x", "weight_hh_l0": "W_h", "bias_ih_l0": "b_x", "bias_hh_l0": "b_h"}
    if cell == "rnn":  # ours has one bias: the other one is zero, and has no gradient
        names["bias_ih_l0"] = "b"
        del names["bias_hh_l0"]
        module.bias_hh_l0 = torch.nn.Parameter(torch.zeros_like(given.weights["b"]), requires_grad=False)
    for theirs, ours in names.items():
        setattr(module, theirs, given.weights[ours])
    module.flatten_parameters()

    def forward() -> Tensor:
        h, *c = (state[None] for state in given.states.values())
        return module(given.x, (h, *c) if c else h)[0]

    return _Autograd(f"nn.{MODULES[cell]}", given, forward)


def _loop(cell: str, given: _Given, name: str, function: Callable[..., Tensor]) -> Form:
    arguments = (given.x, *given.states.values(), *given.weights.values(), *given.constants.values())
    return _Autograd(name, given, lambda: function(*arguments))


def _scripted(cell: str, given: _Given) -> Form:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is to go; as long as it is there it is quicker
        return _loop(cell, given, "scripted loop", torch.jit.script(LOOPS[cell]))


def _compiled(cell: str, given: _Given, seconds: float) -> Form | FormError:
    """Return the compiled loop, if compiling it, forward and backward, ends in time."""
    form = _loop(cell, given, "compiled loop", torch.compile(LOOPS[cell]))
    what = f"torch.compile of {cell} with {given.x.shape[0]} steps"

    def stop(*_: object) -> None:
        raise TimeoutError

    if not hasattr(signal, "SIGALRM"):
        return FormError("torch.compile was not run: its time cannot be limited here")
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    started = time.perf_counter()
    try:
        form.run()
    except TimeoutError:
        return FormError(f"{what} was given up after {seconds:g} s")
    except RuntimeError as problem:  # what torch raises without a compiler, and for much else
        late = time.perf_counter() - started >= seconds
        return FormError(f"{what} {f'was given up after {seconds:g} s' if late else f'failed: {problem}'}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return form


# -- the loops: x (T, B, I); weights (rows, columns) as in torch.nn --------------------------------------------------------


def _lstm_peephole(
    x: torch.Tensor,
    h: torch.Tensor,
    c: torch.Tensor,
    W_x: torch.Tensor,
    W_h: torch.Tensor,
    b: torch.Tensor,
    p_i: torch.Tensor,
    p_f: torch.Tensor,
    p_o: torch.Tensor,
) -> torch.Tensor:
    states = []
    for z_x in torch.nn.functional.linear(x, W_x, b).unbind(0):
        z_i, z_f, z_g, z_o = torch.addmm(z_x, h, W_h.t()).chunk(4, 1)
        i, f = torch.sigmoid(torch.addcmul(z_i, p_i, c)), torch.sigmoid(torch.addcmul(z_f, p_f, c))
        c = f * c + i * torch.tanh(z_g)
        h = torch.sigmoid(torch.addcmul(z_o, p_o, c)) * torch.tanh(c)
        states.append(h)
    return torch.stack(states)


def _lstm_layer_norm(
    x: torch.Tensor,
    h: torch.Tensor,
    c: torch.Tensor,
    W_x: torch.Tensor,
    W_h: torch.Tensor,
    alpha_1: torch.Tensor,
    alpha_2: torch.Tensor,
    b: torch.Tensor,
    alpha_3: torch.Tensor,
    beta_3: torch.Tensor,
    epsilon: float,
) -> torch.Tensor:
    states = []
    size = h.shape[1]
    z_x = torch.nn.functional.layer_norm(torch.nn.functional.linear(x, W_x), [4 * size], alpha_2, b, epsilon)
    for one in z_x.unbind(0):
        a = torch.nn.functional.layer_norm(torch.nn.functional.linear(h, W_h), [4 * size], alpha_1, None, epsilon)
        z_f, z_i, z_o, z_g = (a + one).chunk(4, 1)
        c = torch.sigmoid(z_f) * c + torch.sigmoid(z_i) * torch.tanh(z_g)
        normal = torch.nn.functional.layer_norm(c, [size], alpha_3, beta_3, epsilon)
        h = torch.sigmoid(z_o) * torch.tanh(normal)
        states.append(h)
    return torch.stack(states)


def _mgu(
    x: torch.Tensor,
    h: torch.Tensor,
    W_x: torch.Tensor,
    U_f: torch.Tensor,
    U_h: torch.Tensor,
    b: torch.Tensor,
) -> torch.Tensor:
    states = []
    z_f, z_n = torch.nn.functional.linear(x, W_x, b).chunk(2, 2)
    for one_f, one_n in zip(z_f.unbind(0), z_n.unbind(0)):  # noqa: B905 - what is scripted has no `strict`
        f = torch.sigmoid(torch.addmm(one_f, h, U_f.t()))
        n = torch.tanh(torch.addmm(one_n, f * h, U_h.t()))
        h = torch.lerp(h, n, f)
        states.append(h)
    return torch.stack(states)


def _indrnn(x: torch.Tensor, h: torch.Tensor, W_x: torch.Tensor, u: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    states = []
    for z_x in torch.nn.functional.linear(x, W_x, b).unbind(0):
        h = torch.relu(torch.addcmul(z_x, u, h))
        states.append(h)
    return torch.stack(states)


LOOPS: dict[str, Callable[..., Tensor]] = {
    "lstm_peephole": _lstm_peephole,
    "lstm_layer_norm": _lstm_layer_norm,
    "mgu": _mgu,
    "indrnn": _indrnn,
}
