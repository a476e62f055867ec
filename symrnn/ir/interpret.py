"""The meaning of a program, in NumPy. Slow and plain; every backend is compared with it.

Values may be float32, float64 or complex: with complex values the functions are continued analytically from the real
axis (`abs`, `relu` and `max` choose by the real part), so that the complex step Im f(x + ih)/h gives derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.ir.nodes import (
    At,
    Block,
    Broadcast,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Role,
    Scalar,
    Statement,
)
from symrnn.ir.walk import touched, written

Array = NDArray[Any]
Memory = dict[str, Array]


def interpret(
    program: Program, procedure: Procedure, arrays: Mapping[str, Array], sizes: Mapping[str, int]
) -> dict[str, Array]:
    """Run a procedure and return what it wrote for the caller: every written buffer that is not workspace.

    `arrays` holds, by name, what the procedure reads; it is not changed. Values are computed in the common type of the
    arrays. Workspace starts as NaN, so that a read of what nobody wrote shows. No error is raised for ill-formed
    programs: `validate` first.

    Shapes: `arrays[name].shape` is the buffer's `dims` at `sizes`.
    """
    dtype = np.result_type(*arrays.values())
    fresh = written(procedure)
    memory: Memory = {
        buffer.name: np.full([one.value(sizes) for one in buffer.dims], np.nan, dtype)
        if buffer.name in fresh
        else np.asarray(arrays[buffer.name], dtype)
        for buffer in program.buffers
        if buffer.name in touched(procedure)
    }
    with np.errstate(all="ignore"):
        _run(procedure.body, memory, sizes, 0)
    return {b.name: memory[b.name] for b in program.buffers if b.name in fresh and b.role is not Role.WORK}


def _run(body: tuple[Statement, ...], memory: Memory, sizes: Mapping[str, int], t: int) -> None:
    for statement in body:
        if isinstance(statement, Loop):
            steps = range(sizes["T"])
            for step in reversed(steps) if statement.reverse else steps:
                _run(statement.body, memory, sizes, step)
        elif isinstance(statement, Block):
            _run(statement.body, memory, sizes, t)
        else:
            _execute(statement, memory, sizes, t)


def _execute(statement: Gemm | Map | Reduce, memory: Memory, sizes: Mapping[str, int], t: int) -> None:
    def reach(ref: Ref) -> Array:
        return _reach(ref, memory, sizes, t)

    out = reach(statement.out)
    if isinstance(statement, Gemm):
        a, b = _matrix(reach(statement.a)), _matrix(reach(statement.b))
        result = (a.T if statement.trans_a else a) @ (b.T if statement.trans_b else b)
    elif isinstance(statement, Map):
        result = _evaluate(statement.value, reach, out.dtype)
    else:
        domain = [one.value(sizes) for one in statement.domain]
        values = np.broadcast_to(_evaluate(statement.value, reach, out.dtype), domain)
        axis = {"rows": 0, "columns": 1, "all": None}[statement.over]
        result = np.sum(values, axis=axis) if statement.operation == "sum" else np.max(values, axis=axis)
        out[...] = out + result if statement.accumulate else result
        return
    target = _matrix(out)
    target[...] = target + result if statement.accumulate else result


def _reach(ref: Ref, memory: Memory, sizes: Mapping[str, int], t: int) -> Array:
    array = memory[ref.buffer]
    if ref.at is not None:
        array = array[_step(ref.at, sizes, t), ...]
    if ref.columns is not None:
        first, count = (one.value(sizes) for one in ref.columns)
        array = array[..., first : first + count]
    return array


def _step(at: At, sizes: Mapping[str, int], t: int) -> int:
    return {"t": t, "T": sizes["T"], "": 0}[at.base] + at.offset


def _matrix(array: Array) -> Array:
    """Return a view with rows and columns; a vector is one row."""
    return array.reshape(1, 1) if array.ndim == 0 else np.atleast_2d(array)


def _evaluate(value: Scalar, reach: Callable[[Ref], Array], dtype: np.dtype[Any]) -> Array:
    if isinstance(value, Number):
        return dtype.type(value.numerator) / dtype.type(value.denominator)
    if isinstance(value, Load):
        array = reach(value.ref)
        return array[:, np.newaxis] if value.broadcast is Broadcast.COLUMN else _matrix(array)
    if value.function == "power":
        return _power(_evaluate(value.arguments[0], reach, dtype), value.arguments[1])
    return MEANING[value.function](*(_evaluate(argument, reach, dtype) for argument in value.arguments))


def _power(base: Array, exponent: Scalar) -> Array:
    assert isinstance(exponent, Number)
    special = {(2, 1): np.square, (1, 2): np.sqrt, (-1, 1): np.reciprocal}
    if (exponent.numerator, exponent.denominator) in special:
        return special[exponent.numerator, exponent.denominator](base)
    return np.power(base, base.dtype.type(exponent.numerator) / base.dtype.type(exponent.denominator))


def _sigmoid(x: Array) -> Array:
    small = np.exp(np.where(x.real >= 0, -x, x))  # at most 1 in absolute value: no overflow
    return np.where(x.real >= 0, 1 / (1 + small), small / (1 + small))


def _softplus(x: Array) -> Array:
    return np.where(x.real > 0, x, 0) + np.log1p(np.exp(np.where(x.real > 0, -x, x)))


def _relu(x: Array) -> Array:
    return np.where(x.real < 0, x.dtype.type(0), x)


def _step_function(x: Array) -> Array:
    return np.where(np.isnan(x), x, (x.real > 0).astype(x.dtype))


def _abs(x: Array) -> Array:
    return np.where(x.real < 0, -x, x)


def _sign(x: Array) -> Array:
    return np.sign(x.real).astype(x.dtype)


MEANING: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "relu": _relu,
    "step": _step_function,
    "exp": np.exp,
    "log": np.log,
    "softplus": _softplus,
    "sqrt": np.sqrt,
    "abs": _abs,
    "sign": _sign,
    "sin": np.sin,
    "cos": np.cos,
}
