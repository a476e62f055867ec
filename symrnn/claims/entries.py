"""Entries of vectors: the index of a sum over entries, rows of entries that follow a pattern, ones of every shape."""

from __future__ import annotations

from typing import Any

from symrnn.claims.spelling import sort_scripts
from symrnn.claims.trees import children, rebuilt
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

ENTRY = "entry"


def is_one(formula: Any) -> bool:
    """Return whether a symbol is the one of every shape: 1 set in bold, with its size below or without."""
    base = formula.base if isinstance(formula, f.Scripted) else formula
    plain = not isinstance(formula, f.Scripted) or (formula.sup is None and not formula.primes)
    return isinstance(base, f.Letter) and base.name == "1" and plain


def has_entry(formula: Any, name: str, known: Any) -> bool:
    """Return whether a formula reads an entry under an index."""
    if isinstance(formula, f.Scripted):
        spelt = sort_scripts(formula, known)
        if spelt is not None and isinstance(spelt.entry, f.Letter) and spelt.entry.name == name:
            return True
    return any(has_entry(part, name, known) for part in children(formula))


def pattern(formula: f.Entries) -> Formula | None:
    """Return the entry with number i, if all that are written are the same up to their number."""
    flat = [one for row in formula.rows for one in row if not (isinstance(one, f.Word) and one.text == "…")]
    if len(flat) < 2 or min(len(formula.rows), len(formula.rows[0])) != 1:
        return None
    first, *others = (renumbered(one) for one in flat)
    return first if first != flat[0] and all(other == first for other in others) else None


def renumbered(formula: Any) -> Any:
    """Return a formula in which the number of an entry, or the size that is the last one, is the letter `entry`."""
    if isinstance(formula, f.Scripted) and formula.sub is not None:
        base = renumbered(formula.base)
        if isinstance(formula.sub, f.Number) or (
            isinstance(formula.sub, f.Scripted) and isinstance(formula.sub.base, f.Letter)
        ):
            return f.Scripted(base, f.Letter(ENTRY), formula.sup, formula.primes, formula.where)
        return f.Scripted(base, formula.sub, formula.sup, formula.primes, formula.where)
    return rebuilt(formula, renumbered)


__all__ = ["ENTRY", "has_entry", "is_one", "pattern", "renumbered"]
