"""The first lines of compound statements in NumPy: which steps they are of. Loops over all steps are in `numpy_loops`."""

from __future__ import annotations

from symrnn.ir.buffers import CHUNK, NUMBER, Size
from symrnn.ir.nodes import Chunks, Stretch, When, Windows


def window(windows: Windows, margin: str) -> tuple[str, ...]:
    """Return the head of a loop over blocks of steps, and where the block and its window begin and end."""
    single, span = windows.every == Size((), 1), str(windows.span)
    steps = windows.length if single else f"0, {windows.length}, {windows.every}"
    end = "begin + 1" if single else f"min(begin + {windows.every}, {windows.length})"
    return (
        f"{margin}for begin in range({steps}):",
        f"{margin}    end = {end}",
        f"{margin}    first = max(end - {f'({span})' if ' ' in span else span}, 0)",
    )


def chunk(chunks: Chunks, margin: str) -> tuple[str, ...]:
    """Return the head of a loop over chunks, and where each begins and ends."""
    if chunks.count:
        few, longer = f"{chunks.length} // {chunks.count}", f"{chunks.length} % {chunks.count}"
        numbers = f"range({chunks.count})"
        return (
            f"{margin}for {NUMBER} in {f'reversed({numbers})' if chunks.reverse else numbers}:",
            f"{margin}    begin = {NUMBER} * ({few}) + min({NUMBER}, {longer})",
            f"{margin}    end = begin + {few} + ({NUMBER} < {longer})",
            f"{margin}    {CHUNK} = end - begin",
        )
    steps = f"range(0, {chunks.length}, {most_steps(chunks)})"
    return (
        f"{margin}for begin in {f'reversed({steps})' if chunks.reverse else steps}:",
        f"{margin}    end = min(begin + {most_steps(chunks)}, {chunks.length})",
        f"{margin}    {CHUNK} = end - begin",
    )


def most_steps(chunks: Chunks) -> str:
    """Return how many steps a chunk has."""
    if chunks.count:
        return f"-(-{chunks.length} // {chunks.count})"
    rows = str(chunks.rows)
    return f"max({chunks.height} // {f'({rows})' if ' ' in rows else rows}, 1)"


def first_line(statement: When | Stretch) -> str:
    """Return the head of what happens in one step, or in the steps of a window."""
    if isinstance(statement, When):
        return f"if t == {statement.at}"
    return f"for t in reversed(range({'first, begin' if statement.older else 'max(begin, first), end'}))"
