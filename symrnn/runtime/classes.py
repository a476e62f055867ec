"""Targets given as class indices: the number k stands for the row that is 1 in column k and 0 elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.errors import ArrayError
from symrnn.ir.buffers import Buffer
from symrnn.ir.nodes import Program
from symrnn.ir.shapes import show, solved

Array = NDArray[Any]


def one_hot(
    program: Program,
    allowed: tuple[Buffer, ...],
    given: Mapping[str, object],
    known: Mapping[str, int],
    dtype: str,
) -> dict[str, object]:
    """Return what is given, with one-hot rows for whole numbers where a distribution is needed.

    Such an array has one dimension less than the target. The number of classes follows from the other arrays: from the
    parameters of the head, as a rule.

    Shapes: (T, B) becomes (T, B, O).

    Raises:
        ArrayError: an index is not one of 0 … O−1, or no other array tells O.
    """
    indices = {b.name: b for b in allowed if b.sums_to_one and _are_indices(b, given.get(b.name))}
    if not indices:
        return dict(given)
    others = tuple(b for b in allowed if b.name not in indices and _fits(b, given.get(b.name)))
    sizes = _told(program, others, given, known)
    rows = {name: _rows(program, buffer, np.asarray(given[name]), sizes, dtype) for name, buffer in indices.items()}
    return {**given, **rows}


def _are_indices(buffer: Buffer, value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.ndim == len(buffer.dims) - 1


def _fits(buffer: Buffer, value: object) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == len(buffer.dims)


def _told(
    program: Program, buffers: tuple[Buffer, ...], given: Mapping[str, object], known: Mapping[str, int]
) -> dict[str, int]:
    """Return the sizes that follow from some arrays; those that do not fit are for others to refuse."""
    sizes = dict(known)
    order, _ = solved([name for name, _ in program.sizes], buffers, known)
    for fixing in order:
        if all(name in sizes for name, _ in fixing.rest.terms):
            number = fixing.solve(np.shape(np.asarray(given[fixing.buffer]))[fixing.axis], sizes)
            if number is not None:
                sizes[fixing.size] = number
    return sizes


def _rows(program: Program, buffer: Buffer, indices: Array, sizes: Mapping[str, int], dtype: str) -> Array:
    classes = buffer.dims[-1]
    where = f"{program.name}: {buffer.name}"
    if any(name not in sizes for name, _ in classes.terms):
        raise ArrayError(
            f"{where} is given as class indices, but no other array tells how many classes {classes} there are: "
            f"give it as {show(buffer.dims)}, with one-hot rows."
        )
    count = classes.value(sizes)
    wrong = np.argwhere((indices < 0) | (indices >= count))
    if len(wrong):
        place = tuple(int(one) for one in wrong[0])
        found = f"class index {int(indices[place])} at {place} of {show(buffer.dims[:-1])}"
        raise ArrayError(f"{where} has {found}; the classes are 0 … {count - 1}, for {classes} = {count}.")
    rows = np.zeros((*indices.shape, count), dtype)
    np.put_along_axis(rows, indices[..., np.newaxis].astype(np.intp), 1, axis=-1)
    return rows
