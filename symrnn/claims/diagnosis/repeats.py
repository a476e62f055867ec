"""Changes of one quantity wherever it stands in a product: o ⊙ (1 − o) with i for o, or one step too early, is one mistake.

Only plain factors are looked at: symbols, and sums and functions of symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from symrnn.algebra.nodes import Leaf
from symrnn.claims.diagnosis.editor import Change, Editor, is_slope
from symrnn.claims.diagnosis.kinds import ACTIVATED, GATE
from symrnn.claims.diagnosis.symbols import bare, is_activation, renamed, steps, without_power
from symrnn.claims.trees import children, every_part, rebuilt
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

COMPOUND = (f.Product, f.Derivative, f.Differential, f.Big, f.Nabla)


def of_slopes(editor: Editor, part: Any) -> Change:
    """1 − z² → 1 − h²: the derivative of an activation, taken at what the activation was applied to."""
    if isinstance(part, f.Total) and is_slope(editor, part):
        for new, old, other in _exchanged(editor, part, _symbols(editor, part)):
            if editor.is_pair(old, other):
                yield new, ACTIVATED, f"{editor.shown(other)} instead of {editor.shown(old)}"


def names(editor: Editor, part: Any) -> Change:
    """i ⊙ (1 − i) → o ⊙ (1 − o)."""
    if isinstance(part, f.Product):
        for new, old, other in _exchanged(editor, part, _repeated(part, lambda one: _symbols(editor, one))):
            kind = ACTIVATED if editor.is_pair(old, other) else GATE
            yield new, kind, f"{editor.shown(other)} instead of {editor.shown(old)}, in the whole product"


def times(editor: Editor, part: Any) -> Change:
    """i_{t−1} ⊙ (1 − i_{t−1}) → i_t ⊙ (1 − i_t)."""
    if isinstance(part, f.Product):
        for symbol in _repeated(part, lambda one: _symbols(editor, one)):
            for new, kind, words in steps(editor, symbol):
                yield _everywhere(part, symbol, new), kind, f"{words}, in the whole product"


def activations(editor: Editor, part: Any) -> Change:
    """σ(i) ⊙ (1 − σ(i)) → i ⊙ (1 − i): an activation that has been applied already."""
    if isinstance(part, f.Product):
        for call in _repeated(part, _calls):
            yield (
                _everywhere(part, call, bare(call)),
                ACTIVATED,
                f"{call.name} has been applied already, in the whole product",
            )


def _exchanged(editor: Editor, part: Any, symbols: list[Any]) -> Iterator[tuple[Formula, Leaf, Leaf]]:
    """Yield a formula with one quantity exchanged wherever it stands, and both quantities."""
    for symbol in symbols:
        spelt, leaf = editor.spelt(symbol), editor.leaf(symbol)
        if spelt is not None and leaf is not None:
            for other in editor.others(leaf):
                yield _everywhere(part, symbol, renamed(symbol, spelt, editor.shown(other), editor)), leaf, other


def _symbols(editor: Editor, part: Any) -> list[Any]:
    """Return the symbols of a formula that are quantities, each as often as it stands there."""
    if editor.leaf(part) is not None:
        return [without_power(part)]
    return [symbol for one in children(part) for symbol in _symbols(editor, one)]


def _calls(part: Any) -> list[Any]:
    return [part] if is_activation(part) else [call for one in children(part) for call in _calls(one)]


def _repeated(part: f.Product, inside: Callable[[Any], list[Any]]) -> list[Any]:
    """Return what stands more than once in the plain factors of a product."""
    found = [one for factor in part.factors if _is_plain(factor) for one in inside(factor)]
    return [one for place, one in enumerate(found) if one not in found[:place] and found.count(one) > 1]


def _is_plain(factor: Any) -> bool:
    return not any(isinstance(part, COMPOUND) and not _is_script(part) for part in every_part(factor))


def _is_script(part: Any) -> bool:
    """Return whether a product is letters side by side, as in the script of W_hh or z_{i, t}."""
    return (
        isinstance(part, f.Product)
        and set(part.signs) <= {"", ","}
        and not any(isinstance(one, f.Scripted | f.Group | f.Call) for one in part.factors)
    )


def _everywhere(part: Any, old: Any, new: Any) -> Any:
    """Return a formula with something else wherever a symbol or a call stands; of a product, in its plain factors."""
    if isinstance(part, f.Product):
        return replace(part, factors=tuple(_put(one, old, new) if _is_plain(one) else one for one in part.factors))
    return _put(part, old, new)


def _put(part: Any, old: Any, new: Any) -> Any:
    if part == old:
        return new
    if isinstance(part, f.Scripted) and isinstance(part.sup, f.Number) and without_power(part) == old:
        return f.Scripted(f.Group(new), None, part.sup)
    return rebuilt(part, lambda one: _put(one, old, new))


__all__ = ["activations", "names", "of_slopes", "times"]
