"""Factors put in where they may be missing: the derivative of an activation beside an adjoint, a factor of a term, a sum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symrnn.claims.diagnosis.editor import Change, Editor
from symrnn.claims.diagnosis.kinds import FACTOR, SIGN, SLOPE, SUMMED
from symrnn.claims.trees import letters, rebuilt
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula
from symrnn.language.formulas.signs import BY_ENTRIES, OF_MATRICES


def slopes(editor: Editor, part: Any) -> Change:
    """∂J/∂h → ∂J/∂h ⊙ f'(z), where h = f(z)."""
    found = editor.adjoint(part)
    slope = None if found is None else editor.omissions.slopes.get(found[0].name)
    if found is not None and slope is not None and found[1] is not None:
        when = found[1].body if isinstance(found[1], f.Group) else found[1]
        new = _by_entries(part, _at(editor, slope, when))
        yield new, SLOPE, f"the derivative of the activation {editor.shown(found[0])} is missing"


def terms(editor: Editor, part: Any) -> Change:
    """a → a + b, for a part b of an adjoint that the sum may stand for."""
    inner = part.body if isinstance(part, f.Group) else part
    if isinstance(part, f.Group) == isinstance(inner, f.Total):  # a sum, or brackets around anything else
        return
    front = (inner.terms, inner.signs) if isinstance(inner, f.Total) else ((inner,), ("+",))
    for term, sign, kind in editor.omissions.terms:
        whole = f.Total((*front[0], term), (*front[1], sign))
        yield whole if part is inner else replace(part, body=whole), kind, "a term is missing"


def in_terms(editor: Editor, part: Any) -> Change:
    """A factor beside a term of a sum, or inside of brackets, of a sum over steps or of a function."""
    if isinstance(part, f.Total):
        for index, term in enumerate(part.terms):
            for new, kind, words in factors(editor, term):
                yield replace(part, terms=(*part.terms[:index], new, *part.terms[index + 1 :])), kind, words
    elif isinstance(part, f.Big) and isinstance(part.index, f.Letter):
        for new, kind, words in factors(editor, part.body, part.index.name):
            yield replace(part, body=new), kind, words
    elif isinstance(part, f.Group) and not isinstance(part.body, f.Total):
        for new, kind, words in factors(editor, part.body):
            yield replace(part, body=new), kind, words


def factors(editor: Editor, term: Any, letter: str = "") -> Change:
    """a → a ⊙ b, M a, a M, 2 a; with the letter of the sum around for the step."""
    omissions, when = editor.omissions, f.Letter(letter or editor.notation.step)
    for factor, is_slope in omissions.columns:
        kind = SLOPE if is_slope else FACTOR
        words = f"the {'derivative of an activation' if is_slope else 'factor'} is missing"
        yield _by_entries(term, _at(editor, factor, when)), kind, words
    for matrix in omissions.matrices:
        moved = _at(editor, matrix, when)
        yield _of_matrices(moved, term), FACTOR, "a factor is missing"
        yield _of_matrices(term, moved), FACTOR, "a factor is missing"
    for number in omissions.numbers:
        yield _of_matrices(number, term), FACTOR, "a number is missing in front"


def of_whole(editor: Editor, formula: Formula) -> Change:
    """What may be missing around the whole: a sign, a sum over the steps, a factor."""
    yield f.Total((formula,), ("-",)), SIGN, "the sign of the whole is -"
    context = editor.context
    if context.step in letters(formula):
        summed = f.Big("sum", f.Letter(context.step), f.Number("1"), f.Letter(context.last), formula)
        yield summed, SUMMED, "the sum over the steps is missing"
    yield from factors(editor, formula)


def _by_entries(one: Any, other: Any) -> Formula:
    return _product(one, other, "odot", BY_ENTRIES)


def _of_matrices(one: Any, other: Any) -> Formula:
    return _product(one, other, "", OF_MATRICES)


def _product(one: Any, other: Any, sign: str, kin: tuple[str, ...]) -> Formula:
    (front, before), (back, after) = (_apart(part, kin) for part in (one, other))
    return f.Product((*front, *back), (*before, sign, *after))


def _apart(part: Any, kin: tuple[str, ...]) -> tuple[tuple[Formula, ...], tuple[str, ...]]:
    if isinstance(part, f.Product) and set(part.signs) <= set(kin):
        return part.factors, part.signs
    return (part,), ()


def _at(editor: Editor, formula: Any, when: Formula) -> Any:
    """Return what may be missing at the current step, at another step."""
    if formula == f.Letter(editor.notation.step):
        return when
    return rebuilt(formula, lambda part: _at(editor, part, when))


__all__ = ["factors", "in_terms", "of_whole", "slopes", "terms"]
