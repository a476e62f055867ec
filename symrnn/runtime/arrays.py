"""Arrays given by name: which are known, what sizes they fix, and whether every one of them fits."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symrnn.errors import ArrayError
from symrnn.ir.buffers import Buffer, Size
from symrnn.ir.nodes import Procedure, Program
from symrnn.ir.shapes import Fixing, fixings, given_sizes_used, show
from symrnn.ir.walk import arguments_read
from symrnn.runtime.classes import one_hot

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a procedure reads, the sizes that the caller gives, and how the others follow from the shapes.

    To find this takes longer than to compute a short sequence: it is done once for a program, not for each call.
    """

    program: Program
    buffers: tuple[Buffer, ...]
    told: tuple[str, ...]
    order: tuple[Fixing, ...]


def needs(program: Program, procedure: Procedure) -> Needs:
    """Return what a procedure needs of its caller."""
    buffers = arguments_read(program, procedure)
    return Needs(program, buffers, given_sizes_used(program, procedure), fixings(program, procedure, buffers))


def checked(
    needed: Needs, allowed: tuple[Buffer, ...], given: Mapping[str, object], dtype: str
) -> tuple[dict[str, Array], dict[str, int]]:
    """Return the arrays that a procedure reads, ready for emitted code, and its sizes: those that are given, or follow.

    Arrays must have the dtype: nothing is converted. An array that is not contiguous or not aligned is copied; it and
    read-only arrays are accepted, for nothing given is ever changed. A Python number stands for a scalar ().
    Names in `allowed` that are not needed are checked and left out. A target that sums to one may be class indices
    (see `one_hot`).

    Raises:
        ArrayError: a name is missing or unknown, an array has the wrong type, dtype or shape, or a size is no size.
    """
    program = needed.program
    _check_names(program, (*needed.buffers, *needed.told), allowed, given)
    known = {name: _size(program, name, given[name]) for name in program.given_sizes if name in given}
    given = one_hot(program, allowed, given, known, dtype)
    buffers = tuple(buffer for buffer in allowed if buffer.name in given)
    arrays = {buffer.name: _array(program, buffer, given[buffer.name], dtype) for buffer in buffers}
    sizes = _sizes(program, needed.order, buffers, arrays, known)
    ready = {one.name: np.require(arrays[one.name], requirements=("C", "A")) for one in needed.buffers}
    return ready, sizes


def _check_names(
    program: Program, needed: tuple[Buffer | str, ...], allowed: tuple[Buffer, ...], given: Mapping[str, object]
) -> None:
    names = [*(buffer.name for buffer in allowed), *program.given_sizes]
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else f"arrays are {', '.join(names)}."
            raise ArrayError(f"{program.name}: there is no array {name} to give: {hint}")
    wanted = [
        f"{one}, a whole number" if isinstance(one, str) else f"{one.name} {show(one.dims)}"
        for one in needed
        if (one if isinstance(one, str) else one.name) not in given
    ]
    if wanted:
        them = "it" if len(wanted) == 1 else "them"
        raise ArrayError(f"{program.name}: missing {', '.join(wanted)}: give {them} by name.")


def _size(program: Program, name: str, value: object) -> int:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer) or value < 1:
        raise ArrayError(f"{program.name}: the size {name} is {value!r}; it must be a whole number, at least 1.")
    return min(int(value), sys.maxsize)  # more than any array has steps


def _array(program: Program, buffer: Buffer, value: object, dtype: str) -> Array:
    where = f"{program.name}: {buffer.name}"
    if not buffer.dims and isinstance(value, int | float) and not isinstance(value, np.generic):
        return np.asarray(value, dtype)
    if isinstance(value, np.ma.MaskedArray):
        raise ArrayError(f"{where} is a masked array; its mask would be ignored: fill it, or give a plain array.")
    if not isinstance(value, np.ndarray | np.generic):
        found, needed = type(value).__name__, show(buffer.dims)
        raise ArrayError(f"{where} is a {found}; it must be a NumPy array {needed} of {dtype}.")
    array = np.asarray(value)
    if array.dtype != np.dtype(dtype):
        raise ArrayError(
            f'{where} is {array.dtype}; this code was made for {dtype}: convert with {buffer.name}.astype("{dtype}"), '
            f"or load with another dtype."
        )
    if array.ndim != len(buffer.dims):
        needed = f"{show(buffer.dims)}: {len(buffer.dims)} dimensions"
        raise ArrayError(f"{where} has shape {array.shape}; it must be {needed}.")
    if buffer.sums_to_one:
        _check_totals(where, array)
    return array


def _check_totals(where: str, array: Array) -> None:
    """Refuse a distribution that is none: the derivation assumes that it sums to one. Half the digits are rounding."""
    gap = np.abs(array.sum(-1) - 1).max(initial=0.0)
    if not gap <= np.sqrt(np.finfo(array.dtype).eps):
        raise ArrayError(
            f"{where} must sum to 1 along its last dimension, as a one-hot row does; it is off by up to {gap:.3g}. The gradients "
            f"were derived under this declared assumption; a head without it is written without `sums to 1`."
        )


def _sizes(
    program: Program,
    order: Iterable[Fixing],
    buffers: tuple[Buffer, ...],
    arrays: Mapping[str, Array],
    known: Mapping[str, int],
) -> dict[str, int]:
    sizes = dict(known)
    origin = dict.fromkeys(known, "the caller")
    for fixing in order:
        length = arrays[fixing.buffer].shape[fixing.axis]
        solved = fixing.solve(length, sizes)
        if solved is None:
            raise ArrayError(
                f"{program.name}: {fixing.buffer} has length {length} along axis {fixing.axis}, "
                f"which must be {fixing.form}{_where(fixing.rest, sizes, origin)}: no {fixing.size} ≥ 1 makes it so."
            )
        sizes[fixing.size] = solved
        origin[fixing.size] = fixing.buffer
    for buffer in buffers:
        if not {name for one in buffer.dims for name, _ in one.terms} <= sizes.keys():
            continue  # not needed, and of a size that nothing needed has
        wanted = tuple(one.value(sizes) for one in buffer.dims)
        found = arrays[buffer.name].shape
        if found != wanted:
            form = Size(tuple(term for one in buffer.dims for term in one.terms))
            raise ArrayError(
                f"{program.name}: {buffer.name} has shape {found}; it must be {show(buffer.dims)} = {wanted}"
                f"{_where(form, sizes, origin)}."
            )
    return sizes


def _where(form: Size, sizes: Mapping[str, int], origin: Mapping[str, str]) -> str:
    """Return how the sizes in a form came about: `, where H = 4 by W_hh`."""
    names = list(dict.fromkeys(name for name, _ in form.terms))
    return ", where " + ", ".join(f"{name} = {sizes[name]} by {origin[name]}" for name in names) if names else ""
