"""Linear recurrences in NumPy: one call for all steps, in the place of a loop over them."""

from __future__ import annotations

from symrnn.backends.numpy_views import array
from symrnn.ir.buffers import BEGIN, CHUNK, END
from symrnn.ir.nodes import At, Loop, Program
from symrnn.ir.rename import all_steps
from symrnn.ir.scans import Scan


def scan(program: Program, loop: Loop, found: Scan) -> str:
    """Return the line that computes a loop over `new = factor ∘ old + term`."""
    views = [array(program, all_steps(ref, loop.length)) for ref in (found.factor, found.term)]
    down = "[::-1]" if loop.reverse else ""
    return f"_scan({', '.join(f'{one}{down}' for one in views)}, {_states(program, loop, found)}{down})"


def _states(program: Program, loop: Loop, found: Scan) -> str:
    """Return the states before and after every step: one more than there are steps."""
    first = found.new if loop.reverse else found.old
    assert isinstance(first.at, At)
    inside = loop.length == CHUNK and not program.buffer(first.buffer).is_of_chunk
    begin, end = (BEGIN, END) if inside else ("", loop.length)
    return f"{first.buffer}[{At(begin, first.at.offset)} : {At(end, first.at.offset + 1)}]"
