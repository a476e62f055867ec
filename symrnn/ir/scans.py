"""Loops that are nothing but a linear recurrence, element by element: what a backend may compute for many steps at once."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.ir.nodes import At, Call, Load, Loop, Map, Program, Ref, full
from symrnn.ir.shapes import dims
from symrnn.ir.walk import leaves


@dataclass(frozen=True, slots=True)
class Scan:
    """new = factor ∘ old + term in every step, with `old` what the step before computed."""

    factor: Ref
    term: Ref
    old: Ref
    new: Ref


def scan_of(program: Program, loop: Loop) -> Scan | None:
    """Return what a loop scans: `h[t + 1] = a[t] ∘ h[t] + b[t]`, or, downwards, `h[t] = a[t] ∘ h[t + 1] + b[t]`; else nothing.

    a and b are arrays of the dimensions of h, and others than h.
    """
    body = tuple(leaves(loop.body))
    if len(body) != 1 or not isinstance(body[0], Map) or body[0].accumulate:
        return None
    new, value = body[0].out, body[0].value
    if not (isinstance(value, Call) and value.function == "add" and isinstance(value.arguments[0], Call)):
        return None
    product, term = value.arguments
    if not (isinstance(product, Call) and product.function == "mul"):
        return None
    whole = full(len(dims(program, new)))
    found = (*product.arguments, term)
    refs = [one.ref for one in found if isinstance(one, Load) and one.axes == whole and one.ref.columns == one.ref.rows]
    if len(refs) != 3 or new.columns is not None or new.rows is not None:
        return None
    factor, old, added = refs
    apart = new.buffer not in (factor.buffer, added.buffer) and all(one.at == At("t") for one in (factor, added))
    return Scan(factor, added, old, new) if apart and old.buffer == new.buffer and _follows(old, new, loop) else None


def _follows(old: Ref, new: Ref, loop: Loop) -> bool:
    """Return whether `old` is what `new` was one step before."""
    if not (isinstance(old.at, At) and isinstance(new.at, At) and old.at.base == new.at.base == "t"):
        return False
    return new.at.offset - old.at.offset == (-1 if loop.reverse else 1)
