"""The meaning of a program, in NumPy. Slow and plain; every backend is compared with it.

Values may be float32, float64 or complex: with complex values the functions are continued analytically from the real
axis (`abs`, `relu` and `max` choose by the real part), so that the complex step Im f(x + ih)/h gives derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.ir.buffers import BEGIN, CHUNK, END, NUMBER, OWN, Size
from symrnn.ir.nodes import (
    Axes,
    Chunks,
    Compound,
    Extent,
    Gemm,
    Load,
    Loop,
    Map,
    Number,
    Procedure,
    Program,
    Reduce,
    Ref,
    Scalar,
    Share,
    Span,
    Statement,
    Stretch,
    When,
    Windows,
)
from symrnn.ir.parts import part, rows
from symrnn.ir.walk import compounds, touched, written

Array = NDArray[Any]
Memory = dict[str, Array]


def interpret(
    program: Program,
    procedure: Procedure,
    arrays: Mapping[str, Array],
    sizes: Mapping[str, int],
    order: Sequence[int] = (0,),
) -> dict[str, Array]:
    """Run a procedure and return what it wrote for the caller: every written buffer that is not workspace.

    `arrays` holds, by name, what the procedure reads; it is not changed. Values are computed in the common type of the
    arrays. Workspace starts as NaN, so that a read of what nobody wrote shows. No error is raised for ill-formed
    programs: `validate` first.

    `order` holds the numbers of threads: what they share each carries out its part of, one after the other in this order.

    Shapes: `arrays[name].shape` is the buffer's `dims` at `sizes`.
    """
    dtype = np.result_type(*arrays.values())
    fresh = written(procedure)
    lengths = [one.length for one in compounds(procedure.body) if isinstance(one, Chunks)]
    room = {**sizes, CHUNK: max((sizes[one] for one in lengths), default=0)}
    memory: Memory = {
        buffer.name: np.full([one.value(room) for one in buffer.dims], np.nan, dtype)
        if buffer.name in fresh
        else np.asarray(arrays[buffer.name], dtype)
        for buffer in program.buffers
        if buffer.name in touched(procedure)
    }
    with np.errstate(all="ignore"):
        _run(program, procedure.body, memory, {**sizes, _THREADS: len(order)}, 0, (), tuple(order))
    return {b.name: memory[b.name] for b in program.buffers if b.name in fresh and b.role not in OWN}


_THREADS, _THREAD = "threads", "the number of the thread"


def _run(
    program: Program,
    body: tuple[Statement, ...],
    memory: Memory,
    sizes: Mapping[str, int],
    t: int,
    window: tuple[range, ...],
    order: tuple[int, ...],
) -> None:
    """Run statements in step t; `window` are the steps of a block and the older ones, inside Windows.

    A buffer of the steps of one chunk has room for all of them here, and is forgotten when the next chunk begins.
    """
    for statement in body:
        if isinstance(statement, Loop):
            first = sizes[BEGIN] if statement.length == CHUNK else 0
            steps = range(first, first + sizes[statement.length])
            for step in reversed(steps) if statement.reverse else steps:
                _run(program, statement.body, memory, sizes, step, window, order)
        elif isinstance(statement, Chunks):
            last = len(tuple(statement.ranges(sizes))) - 1
            for place, chunk in enumerate(statement.ranges(sizes)):
                for buffer in program.buffers:
                    if buffer.name in memory and buffer.is_of_chunk:
                        memory[buffer.name][...] = np.nan
                number = last - place if statement.reverse else place
                here = {**sizes, CHUNK: len(chunk), BEGIN: chunk.start, END: chunk.stop, NUMBER: number}
                _run(program, statement.body, memory, here, t, window, order)
        elif isinstance(statement, Windows):
            for stretches in statement.stretches(sizes):
                _run(program, statement.body, memory, sizes, t, stretches, order)
        elif isinstance(statement, Stretch):
            for step in window[statement.older]:
                _run(program, statement.body, memory, sizes, step, window, order)
        elif isinstance(statement, Share):
            for thread in order:
                _run(program, statement.body, memory, {**sizes, _THREAD: thread}, t, window, order)
        elif isinstance(statement, Compound):
            if not isinstance(statement, When) or t == statement.at.value(sizes, t):
                _run(program, statement.body, memory, sizes, t, window, order)
        else:
            _execute(program, statement, memory, sizes, t)


def _execute(
    program: Program, statement: Gemm | Map | Reduce, memory: Memory, sizes: Mapping[str, int], t: int
) -> None:
    def reach(ref: Ref) -> Array:
        return _reach(ref, memory, sizes, t)

    out = reach(statement.out)
    if isinstance(statement, Gemm):
        a, b = _matrix(reach(statement.a)), _matrix(reach(statement.b))
        product = (a.T if statement.trans_a else a) @ (b.T if statement.trans_b else b)
        result = product.reshape(out.shape)
    elif isinstance(statement, Map):
        result = _evaluate(statement.value, reach, sizes, out.ndim, out.dtype)
    else:
        domain = [one.value(sizes) for one in statement.domain]
        values = np.broadcast_to(_evaluate(statement.value, reach, sizes, len(domain), out.dtype), domain)
        result = (np.sum if statement.operation == "sum" else np.max)(values, axis=statement.over)
    own = _own_rows(program, statement, sizes)
    out[own] = (out + result if statement.accumulate else np.broadcast_to(result, out.shape))[own]


def _own_rows(program: Program, statement: Gemm | Map | Reduce, sizes: Mapping[str, int]) -> tuple[slice, ...]:
    """Return which part of its result a thread computes; outside of what threads share that is all of it."""
    count = rows(program, statement)
    if _THREAD not in sizes or count is None:
        return ()
    own = part(count.value(sizes), sizes[_THREAD], sizes[_THREADS])
    return (*[slice(None)] * isinstance(statement.out.at, Span), slice(own.start, own.stop))


def _reach(ref: Ref, memory: Memory, sizes: Mapping[str, int], t: int) -> Array:
    array = memory[ref.buffer]
    if isinstance(ref.at, Span):
        first = ref.at.first + (sizes[BEGIN] if ref.at.length == CHUNK else 0)
        array = array[first : first + sizes[ref.at.length]]
    elif ref.at is not None:
        array = array[ref.at.value(sizes, t), ...]
    if ref.rows is not None:
        array = array[..., _part(ref.rows, sizes), :]
    if ref.columns is not None:
        array = array[..., _part(ref.columns, sizes)]
    return array


def _part(part: tuple[Size, Size], sizes: Mapping[str, int]) -> slice:
    first, count = (one.value(sizes) for one in part)
    return slice(first, first + count)


def _matrix(array: Array) -> Array:
    """Return the array with rows and columns; a vector is one row, and a span of steps has the rows of all of them."""
    return array.reshape(-1, array.shape[-1] if array.ndim else 1)


def _spread(array: Array, axes: Axes, rank: int) -> Array:
    """Return a view with the axes of the domain; those that `axes` does not name have length 1."""
    named = [axis for axis in axes if axis is not None]
    kept = array[(*(0 if axis is None else slice(None) for axis in axes), ...)]
    in_order = np.transpose(kept, np.argsort(named)) if named else kept
    return np.expand_dims(in_order, tuple(axis for axis in range(rank) if axis not in named))


def _evaluate(
    value: Scalar, reach: Callable[[Ref], Array], sizes: Mapping[str, int], rank: int, dtype: np.dtype[Any]
) -> Array:
    if isinstance(value, Number):
        return dtype.type(value.numerator) / dtype.type(value.denominator)
    if isinstance(value, Extent):
        return dtype.type(value.size.value(sizes))
    if isinstance(value, Load):
        return _spread(reach(value.ref), value.axes, rank)
    if value.function == "power":
        return _power(_evaluate(value.arguments[0], reach, sizes, rank, dtype), value.arguments[1])
    return MEANING[value.function](*(_evaluate(one, reach, sizes, rank, dtype) for one in value.arguments))


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
