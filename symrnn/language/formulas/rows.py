r"""One row of factors: what a function, ∂, d, ∇ and \sum take of what follows, and which signs bind tighter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symrnn.language.formulas.nodes import (
    Big,
    Call,
    Chain,
    Derivative,
    Differential,
    Formula,
    Group,
    Letter,
    Nabla,
    Place,
    Product,
    Scripted,
    Total,
    Word,
)
from symrnn.language.formulas.signs import NEED_BRACKETS, TIGHT
from symrnn.language.formulas.source import Misread

_NOTHING = Word("")


def row_of_factors(parts: list[Any], where: Place) -> Formula:
    """Return the tree of factors and the signs between them, some of which are not written."""
    factors: list[Formula] = []
    signs: list[str] = []
    for part in parts:
        if not hasattr(part, "where"):
            signs.append(str(part))
            continue
        signs += [""] * (len(factors) - len(signs))
        factors.append(part)
    taken: list[Formula] = []  # from the end backwards, as the signs are
    between: list[str] = []
    for i in reversed(range(len(factors))):
        _take(factors[i], taken, between)
        if i:
            between.append(signs[i - 1])
    return _product(taken[::-1], between[::-1], where)


def _take(factor: Formula, after: list[Formula], signs: list[str]) -> None:
    """Add a factor in front of those after it (lists that run backwards), with what it takes of them."""
    glued = bool(after) and signs[-1] == ""
    if isinstance(factor, Big) and factor.body == _NOTHING and after and signs[-1] == "":
        signs.pop()
        body = _product(after[::-1], signs[::-1], _joint(after[-1], after[0]))
        after.clear()
        signs.clear()
        after.append(replace(factor, body=body, where=_joint(factor, body)))
        return
    whole = _applied(factor, after[-1]) if glued else None
    if whole is not None:
        after.pop()
        signs.pop()
        factor = whole
    elif _is_bare_sign(factor) and after and signs[-1] == "/" and _is_differential(after[-1]):
        by = after.pop()
        signs.pop()
        assert isinstance(by, Differential)
        direct = isinstance(factor, Scripted)
        operator = Derivative(_NOTHING, by.of, by.sign, direct, _joint(factor, by))
        _take(operator, after, signs)
        return
    after.append(factor)


def _applied(factor: Formula, to: Formula) -> Formula | None:
    """Return a factor with the next one as its argument, or None if it takes none."""
    where = _joint(factor, to)
    if isinstance(factor, Derivative) and factor.of == _NOTHING:
        return replace(factor, of=to, where=where)
    if isinstance(factor, Nabla) and factor.of is None:
        return replace(factor, of=to, where=where)
    if _is_bare_sign(factor):
        base = factor.base if isinstance(factor, Scripted) else factor
        assert isinstance(base, Letter)
        if isinstance(factor, Scripted) and factor.sup != Word("+"):
            raise Misread("a second derivative is not read", factor.where, "differentiate once")
        return Differential(to, "partial" if base.name == "partial" else "d", isinstance(factor, Scripted), where)
    base = factor.base if isinstance(factor, Scripted) else factor
    if isinstance(base, Letter) and base.style == "fn" and not (isinstance(factor, Scripted) and factor.sub):
        scripts = factor if isinstance(factor, Scripted) else Scripted(base)
        return _called(base.name, scripts, to, where)
    return None


def _called(name: str, scripts: Scripted, to: Formula, where: Place) -> Formula | None:
    """Return name(to); scripts behind the brackets belong to the whole."""
    layers: list[Scripted] = []
    inner = to
    while isinstance(inner, Scripted):
        layers.append(inner)
        inner = inner.base
    if isinstance(inner, Group) and inner.brackets != "<>":
        body = inner.body
        listed = isinstance(body, Product) and "," in body.signs
        arguments = () if body == _NOTHING else body.factors if isinstance(body, Product) and listed else (body,)
        call: Formula = Call(name, arguments, scripts.primes, scripts.sup, where)
        for layer in reversed(layers):
            call = replace(layer, base=call, where=where)
        return call
    if name in NEED_BRACKETS or isinstance(to, Word):
        return None
    return Call(name, (to,), scripts.primes, scripts.sup, where)


def _product(factors: list[Formula], signs: list[str], where: Place) -> Formula:
    factors, signs = _divided(factors, signs)
    if len(factors) == 1:
        return factors[0]
    if any(sign not in TIGHT for sign in signs):
        groups: list[Formula] = []
        loose: list[str] = []
        begin = 0
        for i, sign in enumerate([*signs, "@"]):
            if sign not in TIGHT:
                inner = factors[begin : i + 1]
                groups.append(_tight(inner, signs[begin:i], _joint(inner[0], inner[-1])))
                loose.append(sign)
                begin = i + 1
        return Product(tuple(groups), tuple(loose[:-1]), where)
    return _tight(factors, signs, where)


def _divided(factors: list[Formula], signs: list[str]) -> tuple[list[Formula], list[str]]:
    """Make Derivatives of ∂a / ∂b and of da / db."""
    kept = [factors[0]]
    between: list[str] = []
    for sign, factor in zip(signs, factors[1:], strict=True):
        above, below = _differential(kept[-1]), _differential(factor)
        if sign == "/" and above is not None and below is not None and not (between and between[-1] == "/"):
            kept[-1] = Derivative(above.of, below.of, below.sign, above.direct, _joint(above, below))
        else:
            kept.append(factor)
            between.append(sign)
    return kept, between


def _differential(factor: Formula) -> Differential | None:
    """Return a Differential, also one that is written as the beginning of a name: dL."""
    if isinstance(factor, Differential):
        return factor
    layers: list[Scripted] = []
    base: Formula = factor
    while isinstance(base, Scripted):
        layers.append(base)
        base = base.base
    if not isinstance(base, Letter) or base.style != "glued":
        return None
    whole: Formula = replace(base, name=base.name[1:], style="")
    for layer in reversed(layers):
        whole = replace(layer, base=whole)
    return Differential(whole, "d", False, factor.where)


def _tight(factors: list[Formula], signs: list[str], where: Place) -> Formula:
    """Return a product of factors; products in braces, which do not show, become part of it."""
    if len(factors) == 1:
        return factors[0]
    flat: list[Formula] = []
    between: list[str] = []
    for factor, sign in zip(factors, [*signs, ""], strict=True):
        if isinstance(factor, Product) and set(factor.signs) <= TIGHT:
            flat += factor.factors
            between += [*factor.signs, sign]
        elif isinstance(factor, Total | Chain | Product):
            raise Misread("braces do not show: write parentheses around it", factor.where)
        else:
            flat.append(factor)
            between.append(sign)
    return Product(tuple(flat), tuple(between[:-1]), where)


def _is_bare_sign(factor: Formula) -> bool:
    base = factor.base if isinstance(factor, Scripted) and factor.sub is None and not factor.primes else factor
    return isinstance(base, Letter) and base.style == "diff"


def _is_differential(factor: Formula) -> bool:
    return isinstance(factor, Differential)


def _joint(first: Formula, last: Formula) -> Place:
    return Place(first.where.line, first.where.column, first.where.start, max(first.where.end, last.where.end))


def taking(open_term: Formula, term: Formula) -> Formula | None:
    """Return a term that ends with a sum of nothing yet, with minus the next term under it; None if it does not."""
    if isinstance(open_term, Big):
        minus = Group(Total((term,), ("-",), term.where), "()", term.where)
        inner = minus if open_term.body == _NOTHING else taking(open_term.body, term)
        return None if inner is None else replace(open_term, body=inner)
    if isinstance(open_term, Product):
        last = taking(open_term.factors[-1], term)
        return None if last is None else replace(open_term, factors=(*open_term.factors[:-1], last))
    return None
