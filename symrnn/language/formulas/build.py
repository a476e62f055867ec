r"""From terminals to nodes, one method a rule of `formula.lark`: what a row of factors says is settled here, for both spellings.

Normal forms: braces do not show; scripts of one base are one Scripted as long as there is one of each kind; a transpose
behind other upper scripts is a Scripted of its own; a script word is a product of letters; a Big, a function, ∂, d and ∇
take what follows them.
"""

# ruff: noqa: D102 - a method is what its rule in the grammar says

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from symrnn.language.formulas.nodes import (
    Big,
    Call,
    Chain,
    Derivative,
    Differential,
    Entries,
    Formula,
    Group,
    Letter,
    Nabla,
    Norm,
    Number,
    Place,
    Product,
    Ratio,
    Scripted,
    Total,
    Word,
)
from symrnn.language.formulas.rows import row_of_factors, taking
from symrnn.language.formulas.signs import TIGHT
from symrnn.language.formulas.source import Misread

if TYPE_CHECKING:
    from lark import Token

Part = Any  # a Formula or a terminal
NOTHING = Word("")
TOP = Word("top")
_BRACKETS = {"LPAR": "()", "LSET": "{}", "LANGLE": "<>"}
_KINDS = ("F", "2", "1", "infty", "*", "op", "H", "p", "max")  # subscripts that name a norm


def span(parts: list[Part]) -> Place:
    """Return the place from the first part to the last."""
    first, last = _place(parts[0]), _place(parts[-1])
    return Place(first.line, first.column, first.start, max(last.end, first.end))


def _place(part: Part) -> Place:
    if hasattr(part, "where"):
        return part.where
    return Place(part.line, part.column, part.start_pos, part.end_pos)


class Builder:
    """The nodes of the rules; lark calls a method when its rule is complete."""

    def start(self, parts: list[Part]) -> tuple[str, Formula]:
        return (str(parts[0]) if len(parts) > 1 else "", parts[-1])

    def several(self, parts: list[Part]) -> Formula:
        chains: list[Formula] = []
        waiting: list[Formula] = []
        for part in parts[::2]:
            if isinstance(part, Chain):
                first = _listed([*waiting, part.parts[0]])
                where = span([first, part])
                chains.append(replace(part, parts=(first, *part.parts[1:]), where=where) if waiting else part)
                waiting = []
            elif chains and isinstance(chains[-1], Chain):
                last = chains[-1]
                ending = last.parts[-1]
                before = ending.factors if isinstance(ending, Product) and "," in ending.signs else (ending,)
                chains[-1] = replace(last, parts=(*last.parts[:-1], _listed([*before, part])), where=span([last, part]))
            else:
                waiting.append(part)
        return _listed([*chains, *waiting]) if chains else _listed(waiting)

    def chain(self, parts: list[Part]) -> Formula:
        for part in parts[::2]:
            if isinstance(part, Chain):
                raise Misread("a relation inside a relation; write it without braces", part.where)
        return Chain(tuple(parts[::2]), tuple(str(sign) for sign in parts[1::2]), span(parts))

    def ranged(self, parts: list[Part]) -> Formula:
        return Product(tuple(parts[::2]), tuple(str(sign) for sign in parts[1::2]), span(parts))

    def total(self, parts: list[Part]) -> Formula:
        if hasattr(parts[0], "where"):
            parts = [None, *parts]
        terms: list[Formula] = []
        signs: list[str] = []
        for sign, term in zip(parts[::2], parts[1::2], strict=True):
            plain = "-" if sign is not None and sign.type == "MINUS" else "+"
            if plain == "-" and terms and (whole := taking(terms[-1], term)) is not None:
                terms[-1] = whole  # Σ −x: the sign belongs to what is summed
            elif isinstance(term, Total) and plain == "+":
                terms += term.terms
                signs += term.signs
            elif isinstance(term, Total | Chain):
                raise Misread("braces do not show: write parentheses around it", term.where)
            else:
                terms.append(term)
                signs.append(plain)
        if len(terms) == 1 and signs == ["+"]:
            return terms[0]
        return Total(tuple(terms), tuple(signs), span([part for part in parts if part is not None]))

    def term(self, parts: list[Part]) -> Formula:
        parts = [_finished(part) if isinstance(part, Letter) else part for part in parts]
        return parts[0] if len(parts) == 1 else row_of_factors(parts, span(parts))

    def negative(self, parts: list[Part]) -> Formula:
        return Group(Total((parts[1],), ("-",), span(parts)), "()", span(parts))

    def scripted(self, parts: list[Part]) -> Formula:
        base = parts[0]
        if isinstance(base, Product | Total | Chain):
            raise Misread("braces do not show: write parentheses around it", base.where)
        for kind, script in parts[1:]:
            where = Place(_place(base).line, _place(base).column, _place(base).start, _place(script).end)
            base = _with_script(base, kind, script, where)
        return _finished(base)

    def script(self, parts: list[Part]) -> tuple[str, Part]:
        sign = parts[0]
        if sign.type == "PRIME":
            return ("prime", sign)
        if sign.type == "INDEX":
            return ("sub", self.bracket([sign, parts[1], parts[2]]))
        return ("sub" if sign.type == "SUB" else "sup", parts[1])

    def braced(self, parts: list[Part]) -> Formula:
        body = parts[1] if not isinstance(parts[1], Product | Total | Chain) else Group(parts[1], "()", span(parts[:2]))
        scripts = parts[2:]
        kind = "sub" if parts[0].value == "underbrace" else "sup"
        if scripts and scripts[0][0] == kind and parts[0].value != "boxed":
            scripts = scripts[1:]
        return self.scripted([body, *scripts]) if scripts else parts[1]

    def letter(self, parts: list[Token]) -> Formula:
        name, _, style = parts[0].value.partition("\0")
        return Letter(name, (), style, _place(parts[0]))

    def number(self, parts: list[Token]) -> Formula:
        return Number(parts[0].value, _place(parts[0]))

    def word(self, parts: list[Token]) -> Formula:
        return Word(parts[0].value, _place(parts[0]))

    def braces(self, parts: list[Part]) -> Formula:
        return parts[1]

    def ratio(self, parts: list[Part]) -> Formula:
        return _divided(parts[1], parts[5], span(parts))

    def fraction(self, parts: list[Part]) -> Formula:
        return _divided(parts[1], parts[2], span(parts))

    def group(self, parts: list[Part]) -> Formula:
        return Group(parts[1], _BRACKETS[parts[0].type], span(parts))

    def empty(self, parts: list[Part]) -> Formula:
        return Group(NOTHING, "()", span(parts))

    def rows(self, parts: list[Part]) -> list[Formula]:
        return parts[::2]

    def row(self, parts: list[Part]) -> list[Formula]:
        return parts[::2]

    def bracket(self, parts: list[Part]) -> Formula:
        rows, where = [_items(row) for row in parts[1]], span([parts[0], parts[2]])
        if len(rows) > 1:
            return Entries(tuple(rows), False, where)
        (items,) = rows
        lists = [_list_of(item) for item in items]
        if all(found is not None for found in lists):
            return Entries(tuple(found for found in lists if found is not None), False, where)
        return Entries((items,), True, where) if len(items) > 1 else Group(items[0], "[]", where)

    def norm(self, parts: list[Part]) -> Formula:
        return Norm(parts[1], "abs" if parts[0].value == "|" else "", span(parts))

    def root(self, parts: list[Part]) -> Formula:
        return Call("sqrt", (parts[1],), where=span(parts))

    def font(self, parts: list[Part]) -> Formula:
        return _styled(parts[1], parts[0].value, span(parts))

    def mark(self, parts: list[Part]) -> Formula:
        return _marked(parts[1], parts[0].value, span(parts))

    def matrix(self, parts: list[Part]) -> Formula:
        rows = tuple(tuple(part) for part in parts if isinstance(part, list))
        if len({len(row) for row in rows}) > 1:
            raise Misread("the rows of the matrix have different lengths", span(parts))
        return Entries(rows, False, span(parts))


def _listed(parts: list[Formula]) -> Formula:
    return Product(tuple(parts), (",",) * (len(parts) - 1), span(parts)) if len(parts) > 1 else parts[0]


def _items(formula: Formula) -> tuple[Formula, ...]:
    return formula.factors if isinstance(formula, Product) and "," in formula.signs else (formula,)


def _list_of(formula: Formula) -> tuple[Formula, ...] | None:
    """Return what a bracketed list holds, or None."""
    if isinstance(formula, Entries) and formula.is_list:
        return formula.rows[0]
    return (formula.body,) if isinstance(formula, Group) and formula.brackets == "[]" else None


def _styled(formula: Formula, style: str, where: Place) -> Formula:
    """Set the letters of a formula in a style; numbers 0 and 1 become letters."""
    match formula:
        case Letter("d", ()) if style == "rm":
            return replace(formula, style="diff", where=where)
        case Letter():
            plain = formula.style in ("", "rm", "bf", "glued")
            return replace(formula, style=style if plain else formula.style, where=where)
        case Number(text) if text in ("0", "1"):
            return Letter(text, (), style, where)
        case Scripted():
            return replace(formula, base=_styled(formula.base, style, where), where=where)
        case Product(factors, signs) if set(signs) <= {""}:
            return replace(formula, factors=tuple(_styled(factor, style, factor.where) for factor in factors))
        case Number() | Word() | Total() | Group():
            return formula
    raise Misread("only letters can be set in another style", where, "close the brace behind the letter")


def _marked(formula: Formula, mark: str, where: Place) -> Formula:
    match formula:
        case Letter():
            return replace(formula, marks=(*formula.marks, mark), where=where)
        case Number(text) if text in ("0", "1"):
            return Letter(text, (mark,), "", where)
        case Scripted():
            return replace(formula, base=_marked(formula.base, mark, where), where=where)
        case Product(factors, signs) if set(signs) <= {""} and all(isinstance(one, Letter) for one in factors):
            name = "".join(one.name for one in factors if isinstance(one, Letter))
            if name.isalnum() and all(isinstance(one, Letter) and one.style == "rm" for one in factors):
                return Letter(name, (mark,), "rm", where)
    raise Misread(f"a {mark} stands over one symbol only", where, "give the whole a name of its own")


def _with_script(base: Formula, kind: str, script: Part, where: Place) -> Formula:
    if kind == "prime":
        return _with_primes(base, 1, where)
    if kind == "sub":
        return _with_sub(base, script, where) or Scripted(base, sub=script, where=where)
    primes, rest = _without_primes(script)
    if primes:
        base = _with_primes(base, primes, where)
    for part in _upper(rest):
        free = isinstance(base, Scripted) and base.sup is None
        base = (
            replace(base, sup=part, where=where)
            if isinstance(base, Scripted) and free
            else Scripted(base, sup=part, where=where)
        )
    return base


def _with_sub(base: Formula, script: Formula, where: Place) -> Formula | None:
    """Put a lower script at the innermost base that has none, or return None."""
    if not isinstance(base, Scripted):
        return None
    inner = _with_sub(base.base, script, where)
    if inner is not None:
        return replace(base, base=inner, where=where)
    return replace(base, sub=script, where=where) if base.sub is None else None


def _with_primes(base: Formula, count: int, where: Place) -> Formula:
    if isinstance(base, Scripted) and base.sup is None:
        return replace(base, primes=base.primes + count, where=where)
    return Scripted(base, primes=count, where=where)


def _without_primes(script: Formula) -> tuple[int, Formula | None]:
    """Take the ′ out of an upper script."""
    parts = list(_side_by_side(script))
    rest = [part for part in parts if not (isinstance(part, Word) and part.text == "prime")]
    primes = len(parts) - len(rest)
    if not primes:
        return 0, script
    return primes, _joined(rest) if rest else None


def _upper(script: Formula | None) -> list[Formula]:
    """Split a transpose off the other upper scripts: each is a script of its own."""
    if script is None:
        return []
    parts = [TOP if _is_transpose(part) else part for part in _side_by_side(script)]
    if len(parts) == 1:
        return [replace(TOP, where=script.where)] if parts[0] is TOP else [script]
    if parts[-1] is TOP:
        return [_joined(parts[:-1]), replace(TOP, where=script.where)]
    return [replace(TOP, where=script.where), _joined(parts[1:])] if parts[0] is TOP else [script]


def _side_by_side(formula: Formula) -> tuple[Formula, ...]:
    return formula.factors if isinstance(formula, Product) and set(formula.signs) <= {""} else (formula,)


def _joined(parts: list[Formula]) -> Formula:
    return Product(tuple(parts), ("",) * (len(parts) - 1), span(parts)) if len(parts) > 1 else parts[0]


def _is_transpose(part: Formula) -> bool:
    return part == TOP or (isinstance(part, Letter) and part.name == "T" and part.style == "rm" and not part.marks)


def _finished(formula: Formula) -> Formula:
    """Make a Big, a Nabla or a named Norm of a sign with its scripts."""
    base = formula.base if isinstance(formula, Scripted) else formula
    if isinstance(base, Letter) and base.style in ("big", "nabla"):
        sub, sup = (formula.sub, formula.sup) if isinstance(formula, Scripted) else (None, None)
        if base.style == "nabla":
            return Nabla(sub or NOTHING, None, sup, formula.where)
        return big(base.name, sub, sup, formula.where)
    if isinstance(formula, Scripted) and isinstance(base, Norm) and base.kind == "" and formula.sub is not None:
        sub = formula.sub
        kind = (
            sub.text
            if isinstance(sub, Number | Word)
            else sub.name
            if isinstance(sub, Letter) and not sub.marks
            else ""
        )
        if kind in _KINDS:
            named = replace(base, kind=kind)
            whole = formula.sup is None and not formula.primes
            return replace(named, where=formula.where) if whole else replace(formula, base=named, sub=None)
    return formula


def big(kind: str, sub: Formula | None, sup: Formula | None, where: Place) -> Big:
    """Return a sum or product without its body, from what stands below and above its sign."""
    index, low, high = sub or NOTHING, None, sup
    if isinstance(sub, Chain) and isinstance(sub.parts[0], Letter | Scripted | Product) and len(sub.parts) == 2:
        name, end = sub.parts
        match sub.relations[0]:
            case "=":
                index, low = name, end
                if isinstance(end, Product) and end.signs in (("..",), (":",)) and sup is None:
                    low, high = end.factors
            case "<=" | "<" as sign if sup is None:
                index, high = name, end if sign == "<=" else _moved(end, "-")
            case ">=" | ">" as sign:
                index, low = name, end if sign == ">=" else _moved(end, "+")
    elif isinstance(sub, Chain) and len(sub.parts) == 3 and sup is None:
        first, name, last = sub.parts
        if set(sub.relations) <= {"<=", "<"}:
            low = first if sub.relations[0] == "<=" else _moved(first, "+")
            index, high = name, last if sub.relations[1] == "<=" else _moved(last, "-")
        elif set(sub.relations) <= {">=", ">"}:
            low = first if sub.relations[0] == ">=" else _moved(first, "-")
            index, high = name, last if sub.relations[1] == ">=" else _moved(last, "+")
    return Big(kind, index, low, high, NOTHING, where)


def _moved(end: Formula, sign: str) -> Formula:
    """Return the next whole number before or after an end that is not reached itself."""
    one = Number("1", end.where)
    if isinstance(end, Total):
        return replace(end, terms=(*end.terms, one), signs=(*end.signs, sign))
    return Total((end, one), ("+", sign), end.where)


def _divided(above: Formula, below: Formula, where: Place) -> Formula:
    """Return a Ratio, or the Derivative that it is."""
    if isinstance(below, Product) and all(isinstance(one, Differential) for one in below.factors):
        raise Misread("a second derivative is not read", where, "differentiate once")
    if isinstance(below, Differential):
        sign, by = below.sign, below.of
        if isinstance(above, Letter) and above.name in ("partial", "d"):
            return Derivative(NOTHING, by, sign, False, where)
        if isinstance(above, Scripted) and isinstance(above.base, Letter) and above.base.style == "diff":
            return Derivative(NOTHING, by, sign, above.sup == Word("+"), where)
        if isinstance(above, Differential):
            return Derivative(above.of, by, sign, above.direct, where)
        if isinstance(above, Product) and isinstance(above.factors[0], Differential) and set(above.signs) <= TIGHT:
            first = above.factors[0]
            of = Group(replace(above, factors=(first.of, *above.factors[1:])), "()", above.where)
            return Derivative(of, by, sign, first.direct, where)
    return Ratio(above, below, where)
