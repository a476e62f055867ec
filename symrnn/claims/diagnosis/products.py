"""Changes of a product: which product it is, the order of its factors, what is inside its parentheses, a factor too many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from symrnn.claims.diagnosis.editor import Change, Editor, is_slope
from symrnn.claims.diagnosis.kinds import ELEMENTWISE, FACTOR, ORDER, PARENTHESES, SIDE, SLOPE, TRANSPOSED
from symrnn.claims.trees import every_part
from symrnn.claims.writing import transposed
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula
from symrnn.language.formulas.signs import BY_ENTRIES, OF_MATRICES


def signs(editor: Editor, part: Any) -> Change:
    """a ⊙ b → a b, or b a: what stands elementwise has no order; a b → a ⊙ b."""
    if not isinstance(part, f.Product):
        return
    for index, sign in enumerate(part.signs):
        other = "" if sign in BY_ENTRIES else "odot" if sign in OF_MATRICES else None
        if other is None or any(isinstance(one, f.Number) for one in part.factors[index : index + 2]):
            continue
        changed = replace(part, signs=(*part.signs[:index], other, *part.signs[index + 1 :]))
        yield changed, ELEMENTWISE, f"the product is {'elementwise' if other else 'a matrix product'}"
        if not other:
            before, first, second, after = _around(part.factors, index)
            swapped = replace(changed, factors=(*before, second, first, *after))
            yield swapped, ELEMENTWISE, "the product is a matrix product"
            if len(part.factors) > 2:  # a ⊙ b ⊙ c → (a b) ⊙ c
                yield _pair(part, index, (first, second)), ELEMENTWISE, "the product is a matrix product"
                yield _pair(part, index, (second, first)), ELEMENTWISE, "the product is a matrix product"


def _around(
    factors: tuple[Formula, ...], index: int
) -> tuple[tuple[Formula, ...], Formula, Formula, tuple[Formula, ...]]:
    return factors[:index], factors[index], factors[index + 1], factors[index + 2 :]


def _pair(part: f.Product, index: int, pair: tuple[Formula, Formula]) -> f.Product:
    """Return a product in which two neighbours are one factor, their matrix product."""
    inner = f.Product(pair, ("",))
    factors = (*part.factors[:index], inner, *part.factors[index + 2 :])
    return f.Product(factors, (*part.signs[:index], *part.signs[index + 1 :]))


def orders(editor: Editor, part: Any) -> Change:
    """a b → b a, and a b → bᵀ aᵀ."""
    if isinstance(part, f.Product):
        for index in range(len(part.factors) - 1):
            before, first, second, after = _around(part.factors, index)
            yield replace(part, factors=(*before, second, first, *after)), ORDER, "two factors change places"
            turned = (*before, transposed(second), transposed(first), *after)
            yield replace(part, factors=turned), TRANSPOSED, "the product is transposed"


def factors(editor: Editor, part: Any) -> Change:
    """A factor to be left out, or two of a slope σ ⊙ (1 − σ)."""
    if not isinstance(part, f.Product) or len(part.factors) < 2:
        return
    for index, factor in enumerate(part.factors):
        yield _without(part, {index}), SLOPE if is_slope(editor, factor) else FACTOR, "a factor is to be left out"
    for index, factor in enumerate(part.factors if len(part.factors) > 2 else ()):
        for other in range(len(part.factors)):
            if other != index and editor.leaf(part.factors[other]) is not None and is_slope(editor, factor):
                words = "the derivative of an activation is to be left out"
                yield _without(part, {index, other}), SLOPE, words


def _without(part: f.Product, gone: set[int]) -> Formula:
    kept = [index for index in range(len(part.factors)) if index not in gone]
    between = tuple(part.signs[index - 1] for index in kept[1:])
    rest = tuple(part.factors[index] for index in kept)
    return rest[0] if len(rest) == 1 else replace(part, factors=rest, signs=between)


def numbers(editor: Editor, part: Any) -> Change:
    """T − h² → 1 − h², and ½ in a sum → 1."""
    if isinstance(part, f.Total):
        for index, term in enumerate(part.terms):
            if _is_number(editor, term) and term != f.Number("1"):
                terms = (*part.terms[:index], f.Number("1"), *part.terms[index + 1 :])
                yield replace(part, terms=terms), FACTOR, "a number is 1"


def _is_number(editor: Editor, term: Any) -> bool:
    """Return whether a term is 2, T, ½ or 1 / T."""
    number = (f.Number, f.Ratio, f.Product, f.Group)
    return all(isinstance(part, number) or part == f.Letter(editor.context.last) for part in every_part(term))


# -- parentheses -----------------------------------------------------------------------------------------------------------


def parentheses(editor: Editor, part: Any) -> Change:
    """a − b ⊙ c → (a − b) ⊙ c, c ⊙ a − b → c ⊙ (a − b); and a ⊙ c + b → (a + b) ⊙ c: a term that the product has to take in."""
    if not isinstance(part, f.Total) or len(part.terms) < 2:
        return
    for index, term in enumerate(part.terms):
        if not isinstance(term, f.Product):
            continue
        for low, high in _runs(len(part.terms), index):
            taken = (*part.terms[low:index], *part.terms[index + 1 : high + 1])
            kind = SIDE if any(_is_ahead(editor, one) for one in taken) else PARENTHESES
            for inner, whole in _taken_out(term):
                yield _gathered(part, low, high, index, inner, whole), kind, "all of the sum is multiplied"


def _is_ahead(editor: Editor, term: Any) -> bool:
    """Return whether a term speaks of the next step: it is what that step hands back."""
    after = f.Total((f.Letter(editor.context.step), f.Number("1")), ("+", "+"))
    return any(part == after for part in every_part(term))


def _runs(count: int, index: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last place of each run of terms with a given one, the longest first."""
    found = [(low, high) for low in range(index + 1) for high in range(index, count) if low < high]
    yield from sorted(found, key=lambda run: run[0] - run[1])


def _taken_out(term: f.Product) -> Iterator[tuple[Formula, Any]]:
    """Yield a term apart: what is added, and the product that the sum goes back into."""
    count = len(term.factors)
    for cut in range(1, count):
        yield _sub(term, 0, cut), _into(term.signs[cut - 1 :], term.factors[cut:], True)
        yield _sub(term, cut, count), _into(term.signs[:cut], term.factors[:cut], False)


def _sub(term: f.Product, low: int, high: int) -> Formula:
    return term.factors[low] if high - low == 1 else f.Product(term.factors[low:high], term.signs[low : high - 1])


def _into(signs: tuple[str, ...], rest: tuple[Formula, ...], behind: bool) -> Any:
    return lambda total: f.Product((total, *rest) if behind else (*rest, total), signs)


def _gathered(part: f.Total, low: int, high: int, index: int, inner: Formula, whole: Any) -> Formula:
    """Return a sum in which a run of terms stands in parentheses, multiplied by what one of them was multiplied by."""
    terms = (*part.terms[low:index], inner, *part.terms[index + 1 : high + 1])
    signs = part.signs[low : high + 1]
    turned = low > 0 and signs[0] == "-"  # a − b ⊙ c + … keeps its sign in front of the parentheses
    if turned:
        signs = tuple("+" if sign == "-" else "-" for sign in signs)
    gathered = whole(f.Group(f.Total(terms, signs)))
    if low == 0 and high == len(part.terms) - 1:
        return gathered
    front = "-" if turned else "+"
    return f.Total(
        (*part.terms[:low], gathered, *part.terms[high + 1 :]), (*part.signs[:low], front, *part.signs[high + 1 :])
    )


def groups(editor: Editor, part: Any) -> Change:
    """(W a) ⊙ b → W (a ⊙ b), and back: what is multiplied first."""
    for index, factor in enumerate(part.factors if isinstance(part, f.Product) else ()):
        inner = factor.body if isinstance(factor, f.Group) else factor
        if not isinstance(inner, f.Product) or "," in inner.signs:
            continue
        before = _sub(part, 0, index) if index else None
        after = _sub(part, index + 1, len(part.factors)) if index + 1 < len(part.factors) else None
        for cut, between in enumerate(inner.signs, start=1):
            near, far = _sub(inner, 0, cut), _sub(inner, cut, len(inner.factors))
            if after is not None:
                right = _two(near, between, _two(far, part.signs[index], after))
                whole = right if before is None else _two(before, part.signs[index - 1], right)
                yield whole, PARENTHESES, "other factors go together"
            if before is not None:
                left = _two(_two(before, part.signs[index - 1], near), between, far)
                whole = left if after is None else _two(left, part.signs[index], after)
                yield whole, PARENTHESES, "other factors go together"


def _two(first: Formula, sign: str, second: Formula) -> f.Product:
    return f.Product((first, second), (sign,))


__all__ = ["factors", "groups", "numbers", "orders", "parentheses", "signs"]
