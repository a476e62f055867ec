"""What a change of a formula needs to know: the names of the document, how it writes, and what may have been left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from symrnn.algebra.nodes import Leaf
from symrnn.claims.context import Context
from symrnn.claims.diagnosis.omissions import Omissions
from symrnn.claims.spelling import Spelt, sort_scripts
from symrnn.claims.writing import Notation
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

Change = Iterator[
    tuple[Formula, str, str]
]  # what a part becomes, the mistake that this undoes, and the change in words


@dataclass(frozen=True)
class Editor:
    """The surroundings of a change.

    Fields:
        context: what names mean. notation: of the document. omissions: what the truth has that may have been left out.
    """

    context: Context
    notation: Notation
    omissions: Omissions = field(default_factory=Omissions)

    def spelt(self, part: Any) -> Spelt | None:
        """Return the sorted scripts of a symbol that has a meaning, or None."""
        if not isinstance(part, f.Letter | f.Scripted):
            return None
        found = sort_scripts(part, self.context.steps(frozenset({"k", "j", "s"})))
        if found is None or not found.name:
            return None
        return found if self.context.steps().exists(found.name) else None

    def leaf(self, part: Any) -> Leaf | None:
        """Return the quantity that a symbol is."""
        spelt = self.spelt(part)
        return None if spelt is None else self.context.leaf(spelt.name)

    def adjoint(self, part: Any) -> tuple[Leaf, Formula | None] | None:
        """Return the quantity by which a symbol or a fraction is the derivative of the loss, with its step as it is written."""
        if isinstance(part, f.Derivative):
            of, by = self.spelt(part.of), self.spelt(part.by)
            if by is None or not self._is_loss(part.of) or (of is not None and of.step is not None):
                return None
            leaf = self.context.leaf(by.name)
            return None if leaf is None or leaf.time is None else (leaf, by.step)
        if isinstance(part, f.Differential) and not self.context.differentials:
            of = self.spelt(part.of)
            leaf = None if of is None or of.transposed else self.context.leaf(of.name)
            return None if of is None or leaf is None or leaf.time is None else (leaf, of.step)
        spelt = self.spelt(part)
        if spelt is None or spelt.transposed or spelt.power is not None or self.context.leaf(spelt.name) is not None:
            return None
        found = self.context.adjoint(spelt.name)
        return None if found is None or found[1] or found[0].time is None else (found[0], spelt.step)

    def _is_loss(self, part: Any) -> bool:
        return isinstance(part, f.Letter) and self.context.is_loss(part.name)

    def others(self, leaf: Leaf) -> Iterator[Leaf]:
        """Yield the quantities with which one may be confused: of equal shape, and moving if it moves."""
        for name, other in {**self.context.leaves, **self.context.seeds}.items():
            if name != leaf.name and other.shape == leaf.shape and (other.time is None) == (leaf.time is None):
                yield other

    def shown(self, leaf: Leaf) -> str:
        """Return the name of a quantity in the document."""
        return self.notation.spelling.get(leaf.name, leaf.name)

    def is_pair(self, one: Leaf, other: Leaf) -> bool:
        """Return whether one is the activation of the other, h = f(z)."""
        return frozenset({one.name, other.name}) in self._pairs

    @cached_property
    def _pairs(self) -> frozenset[frozenset[str]]:
        return frozenset(
            frozenset({name, before.name}) for name, (_, before) in self.context.network.activations.items()
        )


def is_slope(editor: Editor, formula: Any) -> bool:
    """Return whether a factor looks like the derivative of an activation: f'(z), 1 − h², the 1 − σ of σ(1 − σ)."""
    if isinstance(formula, f.Call):
        return formula.primes > 0 or (
            formula.name in ("diag", "Diag") and any(is_slope(editor, one) for one in formula.arguments)
        )
    if isinstance(formula, f.Group):
        return is_slope(editor, formula.body)
    if isinstance(formula, f.Product):
        return any(is_slope(editor, one) for one in formula.factors)
    return (
        isinstance(formula, f.Total)
        and isinstance(formula.terms[0], f.Number | f.Letter | f.Scripted)
        and editor.spelt(formula.terms[0]) is None
        and "-" in formula.signs
    )


__all__ = ["Change", "Editor", "is_slope"]
