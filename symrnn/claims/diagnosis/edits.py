"""Single changes of a formula, each the undoing of one class of mistake, the likeliest first; `search` tries them.

An edit changes one place, or one quantity in one product. Its kind is the mistake that it undoes; more than one edit may lead to
the same formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from symrnn.claims.diagnosis import missing, products, repeats, sums, symbols
from symrnn.claims.diagnosis.editor import Change, Editor
from symrnn.claims.trees import Path, replaced, spots
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed formula, the mistake that the change undoes, and the change in words.

    `new` was put at the end of `path`; `size` is −1 if that takes something away, 1 if it puts something in.
    """

    formula: Formula
    kind: str
    words: str
    path: Path = ()
    new: Any = None
    size: int = 0


CHANGES: tuple[Callable[[Editor, Any], Change], ...] = (
    sums.signs,
    symbols.transposes,
    symbols.steps,
    sums.terms,
    products.factors,
    products.numbers,
    products.signs,
    sums.ranges,
    products.orders,
    products.parentheses,
    symbols.complements,
    sums.sums,
    symbols.powers,
    symbols.activations,
    repeats.activations,
    repeats.of_slopes,
    repeats.names,
    symbols.adjoints,
    symbols.names,
    missing.slopes,
    repeats.times,
    products.groups,
    missing.terms,
    missing.in_terms,
)


SIZES: Mapping[Callable[[Editor, Any], Change], int] = {
    sums.terms: -1,
    products.factors: -1,
    missing.slopes: 1,
    missing.terms: 1,
    missing.in_terms: 1,
}


def edits(editor: Editor, formula: Formula, is_whole: bool = True) -> Iterator[Edit]:
    """Yield every single change of a formula; with `is_whole` also what may be missing around it."""
    every = [(path, part) for path, part in spots(formula, scripts=False) if not isinstance(part, f.Chain | f.Word)]
    for change in CHANGES:
        for path, part in every:
            for new, kind, words in change(editor, part):
                yield Edit(replaced(formula, path, new), kind, words, path, new, SIZES.get(change, 0))
    for new, kind, words in missing.of_whole(editor, formula) if is_whole else ():
        yield Edit(new, kind, words, (), new, 1)


__all__ = ["CHANGES", "Edit", "edits"]
