"""What a reference and a load are in NumPy: views of arrays that exist, never copies."""

from __future__ import annotations

from dataclasses import replace

from symrnn.ir.buffers import BEGIN, CHUNK, END, Size, size
from symrnn.ir.nodes import At, Axes, Load, Program, Ref, Span
from symrnn.ir.shapes import dims


def array(program: Program, ref: Ref) -> str:
    """Return a view of what `ref` reaches, even of one number: `h[t + 1]`, `h[1 : T + 1]`, `c[t, :, I : I + H]`."""
    buffer = program.buffer(ref.buffer)
    index = _steps(program, ref)
    if ref.columns is not None or ref.rows is not None:
        index = index or ([":"] if buffer.steps else [])
        index += [":"] * (len(buffer.inner) - 2) + ([_part(ref.rows)] if len(buffer.inner) > 1 else [])
        index += [] if ref.columns is None else [_part(ref.columns)]
    elif index and not buffer.inner:
        index.append("...")
    return f"{ref.buffer}[{', '.join(index)}]" if index else ref.buffer


def _steps(program: Program, ref: Ref) -> list[str]:
    """Return the index of a step or of several; nothing for all that there are."""
    buffer = program.buffer(ref.buffer)
    steps = buffer.dims[:1]
    if isinstance(ref.at, Span) and ref.at.length == CHUNK:
        first, last = ("", CHUNK) if buffer.is_of_chunk else (BEGIN, END)
        start, stop = At(first, ref.at.first), At(last, ref.at.first)
        return [f"{'' if str(start) == '0' else start}:{stop}" if ref.at.first == 0 else f"{start} : {stop}"]
    if buffer.is_of_chunk and isinstance(ref.at, At):
        near = {BEGIN: "", END: CHUNK}
        return [str(At(near[ref.at.base], ref.at.offset)) if ref.at.base in near else f"{ref.at} - begin"]
    if isinstance(ref.at, Span) and steps == (size(ref.at.length),):
        return []
    if isinstance(ref.at, Span):
        start, stop = At("", ref.at.first), At(ref.at.length, ref.at.first)
        return [f"{start}:{stop}" if ref.at.first == 0 else f"{start} : {stop}"]
    return [] if ref.at is None else [str(ref.at)]


def as_matrix(program: Program, ref: Ref) -> str:
    """Return a view with rows and columns: of a vector one row, of a span of steps the rows of all of them.

    NumPy would copy a part of the columns before it reshaped it, so the whole rows are reshaped first.
    """
    buffer = program.buffer(ref.buffer)
    if isinstance(ref.at, Span) and len(buffer.inner) == 2:
        rows, columns = f"{ref.at.length} * {_factor(buffer.inner[0])}", buffer.inner[1]
        whole = array(program, replace(ref, columns=None)) + f".reshape({rows}, {columns})"
        return whole if ref.columns is None else f"{whole}[:, {_part(ref.columns)}]"
    rank = len(dims(program, ref))
    return array(program, ref) + {0: "[np.newaxis, np.newaxis]", 1: "[np.newaxis]", 2: ""}[rank]


def _factor(one: Size) -> str:
    return f"({one})" if " " in str(one) else str(one)


def _part(part: tuple[Size, Size] | None) -> str:
    return ":" if part is None else _range(*part)


def _range(first: Size, count: Size) -> str:
    start = "" if first == Size() else str(first)
    return f"{start}:{first + count}" if not start else f"{start} : {first + count}"


def spread(program: Program, load: Load, rank: int) -> str:
    """Return a view whose axes, counted from the last, are those of a domain with `rank` axes.

    NumPy itself repeats along axes of length 1 and along those that are missing in front:

        (1,) b    (0,) m[:, np.newaxis]    (1, 0) W.T    (0, 2) v[:, np.newaxis, :]    (0, None) the (B, 1) array itself
    """
    whole, axes = array(program, load.ref), load.axes
    if len(axes) <= rank and all(axis in (None, place) for place, axis in enumerate(axes, start=rank - len(axes))):
        return whole
    named = tuple(axis for axis in axes if axis is not None)
    if named == tuple(sorted(named)):
        return whole + _index(_places(axes, rank))
    whole = entry(program, load)
    order = tuple(named.index(axis) for axis in sorted(named))
    whole += ".T" if order == tuple(reversed(range(len(order)))) else f".transpose{order}"
    return whole + _index(_places(tuple(sorted(named)), rank))


def entry(program: Program, load: Load) -> str:
    """Return a view with the dimensions of a load that run along an axis, in their own order."""
    dropped = ["0" if axis is None else ":" for axis in load.axes]
    return array(program, load.ref) + _index(dropped)


def _places(axes: Axes, rank: int) -> list[str]:
    """Return how each dimension is indexed, and where new axes stand between them: those in front are left out."""
    index: list[str] = []
    last: int | None = None
    for axis in axes:
        if axis is None:
            index.append("0")
            continue
        index += ["np.newaxis"] * (0 if last is None else axis - last - 1) + [":"]
        last = axis
    return index + ["np.newaxis"] * (0 if last is None else rank - 1 - last)


def _index(places: list[str]) -> str:
    """Return an index, or nothing where it would take everything as it is."""
    return f"[{', '.join(places)}]" if set(places) > {":"} or "0" in places else ""
