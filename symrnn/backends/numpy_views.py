"""What a reference and a load are in NumPy: views of arrays that exist, never copies."""

from __future__ import annotations

from symrnn.ir.nodes import Axes, Load, Program, Ref, Size


def array(program: Program, ref: Ref) -> str:
    """Return a view of what `ref` reaches, even of one number: `h[t + 1]`, `c[t, :, I : I + H]`, `s[t, ...]`."""
    buffer = program.buffer(ref.buffer)
    index = [] if ref.at is None else [str(ref.at)]
    if ref.columns is not None:
        index += [":"] * (len(buffer.inner) - 1) + [_range(*ref.columns)]
    elif index and not buffer.inner:
        index.append("...")
    return f"{ref.buffer}[{', '.join(index)}]" if index else ref.buffer


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
