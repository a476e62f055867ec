r"""Syntax trees as text: `as_latex` and `as_plain`. What is written reads as the same tree; letters and signs are spelt in `spell`.

Parentheses are added where an operand binds less tightly than where it stands; a tree that was read needs none.
"""

from __future__ import annotations

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
    Product,
    Ratio,
    Scripted,
    Total,
    Word,
)
from symrnn.language.formulas.signs import FUNCTIONS, NEED_BRACKETS, TIGHT
from symrnn.language.formulas.spell import Latex, Plain, Spelling

_ITEMS, _CHAIN, _RANGE, _SUM, _LOOSE, _TIGHT, _FACTOR = range(7)
_NOTHING = Word("")
_TOP = Word("top")


def as_latex(formula: Formula) -> str:
    """Return a formula as LaTeX, without dollars."""
    return _Writer(Latex()).write(formula, _ITEMS)


def as_plain(formula: Formula) -> str:
    """Return a formula as plain text, on one line."""
    return _Writer(Plain()).write(formula, _ITEMS)


def _level(formula: Formula) -> int:
    match formula:
        case Product(_, signs) if "," in signs:
            return _ITEMS
        case Product(_, signs) if set(signs) <= TIGHT:
            return _TIGHT
        case Product(_, signs):
            return _RANGE if signs[0] in (":", ";", "..", "|") else _LOOSE
        case Chain():
            return _CHAIN
        case Total():
            return _SUM
    return _FACTOR


def _takes(formula: Formula, after: Formula) -> bool:
    """Whether a formula would take the factor behind it."""
    match formula:
        case Derivative(of) if of == _NOTHING:
            return True
        case Nabla(_, None):
            return True
        case Letter(name, ()) | Scripted(Letter(name, ()), None):
            while isinstance(after, Scripted):
                after = after.base
            called = isinstance(after, Group) or (name not in NEED_BRACKETS and not isinstance(after, Word))
            return name == "partial" or (name in FUNCTIONS and called)
    return False


def _reaches_on(formula: Formula) -> bool:
    """Whether what stands behind a formula, in its term, would become part of it."""
    match formula:
        case Big():
            return True
        case Nabla(_, of) if of is not None:
            return _reaches_on(of)
        case Differential(of):
            return _reaches_on(of)
    return False


class _Writer:
    """Writes nodes in one spelling; `script` while in a script, where words fall apart into letters."""

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling
        self.script = 0

    def write(self, formula: Formula, level: int, last: bool = True) -> str:
        """Return a formula, in parentheses if it binds less tightly than `level` or would take what follows (not `last`)."""
        if _level(formula) < level or (not last and _reaches_on(formula)):
            return self.spelling.brackets("()", self.bare(formula))
        return self.bare(formula)

    def bare(self, formula: Formula) -> str:
        match formula:
            case Letter():
                return self.spelling.letter(formula, self.script > 0)
            case Number(text):
                return self.spelling.number(text)
            case Word(text):
                return self.spelling.word(text)
            case Scripted():
                return self._scripted(formula)
            case Group(body, brackets):
                return self.spelling.brackets(brackets, self.bare(body))
            case Entries(rows, is_list):
                return self.spelling.entries([[self.write(cell, _CHAIN) for cell in row] for row in rows], is_list)
            case Product():
                return self._product(formula)
            case Total(terms, signs):
                return self._total(terms, signs)
            case Chain(parts, relations):
                return self._chain(parts, relations)
            case Norm(body, kind):
                return self.spelling.norm(self.bare(body), kind)
            case Ratio(above, below):
                return self.spelling.ratio(self.bare(above), self.bare(below))
        return self._operator(formula)

    def _operator(self, formula: Formula) -> str:
        match formula:
            case Call():
                return self._call(formula)
            case Derivative():
                return self._derivative(formula)
            case Differential(of, sign, direct):
                return self.spelling.differential(sign, direct, self._operand(of), self.script > 0)
            case Nabla(by, of, when):
                head = self.spelling.nabla + self._scripts(None if by == _NOTHING else by, when)
                return head if of is None else f"{head} {self.write(of, _FACTOR)}"
            case Big():
                return self._big(formula)
        raise TypeError(f"{type(formula).__name__} is no formula")

    def _inside(self, formula: Formula) -> str:
        self.script += 1
        text = self.bare(formula)
        self.script -= 1
        return text

    def _scripts(self, sub: Formula | None, sup: Formula | None) -> str:
        text = ""
        if sub is not None:
            text += self.spelling.sub(sub, self._inside(sub))
        if sup is not None:
            text += self.spelling.transposed if sup == _TOP else self.spelling.sup(sup, self._inside(sup))
        return text

    def _scripted(self, formula: Scripted) -> str:
        base, sub = formula.base, formula.sub
        index = (
            ""
            if sub is None or not isinstance(base, Letter | Scripted)
            else self.spelling.index(sub, self._inside(sub))
        )
        if (
            (index and isinstance(base, Scripted) and base.sup is None)
            or isinstance(base, Letter | Number | Group | Entries | Norm | Call)
            or (isinstance(base, Word) and base.text != "")
        ):
            text = self.bare(base)
        elif _level(base) < _FACTOR:
            text = self.write(base, _FACTOR)
        else:
            text = "{" + self.bare(base) + "}"
        text += index + self._scripts(None if index else sub, None) + "'" * formula.primes
        return text + self._scripts(None, formula.sup)

    def _product(self, formula: Product) -> str:
        factors, signs = formula.factors, formula.signs
        own = _level(formula)
        if own == _ITEMS:
            return ", ".join(self.write(factor, _CHAIN) for factor in factors)
        if own == _RANGE:
            text = self.write(factors[0], _SUM)
            for sign, factor in zip(signs, factors[1:], strict=True):
                text += self.spelling.between(sign, self.write(factor, _SUM), text)
            return text
        text = ""
        for i, factor in enumerate(factors):
            sign = signs[i - 1] if i else ""
            after = factors[i + 1] if i < len(signs) else None
            taken = after is not None and signs[i] == "" and _takes(factor, after)
            part = (
                self.spelling.brackets("()", self.bare(factor))
                if taken
                else self._factor(factor, own, sign, after is None)
            )
            if not i:
                text = part
            elif sign == "":
                touching = (
                    isinstance(factor, Group)
                    and factor.brackets == "()"
                    and isinstance(factors[i - 1], Letter | Scripted)
                )
                text = text + part if touching else self.spelling.joined(text, part, self.script > 0)
            else:
                text += self.spelling.between(sign, part, text)
        return text

    def _factor(self, factor: Formula, own: int, before: str, last: bool) -> str:
        if own == _LOOSE and isinstance(factor, Product) and _level(factor) == _TIGHT and not last:
            if _reaches_on(factor.factors[-1]):
                return self.spelling.brackets("()", self.bare(factor))
            return self.bare(factor)
        text = self.write(factor, _TIGHT if own == _LOOSE else _FACTOR, last)
        return "{" + text + "}" if before == "/" and isinstance(factor, Derivative | Differential) else text

    def _total(self, terms: tuple[Formula, ...], signs: tuple[str, ...]) -> str:
        text = ("-" if signs[0] == "-" else "") + self.write(terms[0], _LOOSE)
        for sign, term in zip(signs[1:], terms[1:], strict=True):
            text += f"{sign}{self.write(term, _LOOSE)}" if self.script else f" {sign} {self.write(term, _LOOSE)}"
        return text

    def _chain(self, parts: tuple[Formula, ...], relations: tuple[str, ...]) -> str:
        text = ""
        for i, part in enumerate(parts):
            outer = i in (0, len(parts) - 1) and _level(part) == _ITEMS
            text += self.bare(part) if outer else self.write(part, _RANGE)
            sign = self.spelling.relation(relations[i]) if i < len(relations) else ""
            text += sign if not sign or (self.script and sign == "=") else f" {sign} "
        return text

    def _call(self, formula: Call) -> str:
        arguments = ", ".join(self.write(one, _CHAIN) for one in formula.arguments)
        name = self.spelling.function(formula.name) + "'" * formula.primes
        power = formula.power
        if power is not None:
            name += self.spelling.sup(power, self._inside(power))
        if formula.name == "sqrt" and not formula.primes and power is None and len(formula.arguments) == 1:
            return self.spelling.root(arguments)
        return name + self.spelling.brackets("()", arguments)

    def _operand(self, formula: Formula) -> str:
        """Return what ∂ or d stands in front of: braces keep together what would not stay so."""
        text = self.write(formula, _FACTOR)
        return "{" + text + "}" if isinstance(formula, Derivative | Ratio | Big | Nabla | Differential) else text

    def _derivative(self, formula: Derivative) -> str:
        of = "" if formula.of == _NOTHING else self._operand(formula.of)
        by = self._operand(formula.by)
        return self.spelling.derivative(formula, of, by, self.script > 0)

    def _big(self, formula: Big) -> str:
        head = self.spelling.big(formula.kind)
        if formula.index != _NOTHING or formula.low is not None:
            index: Formula = formula.index
            if formula.low is not None:
                index = Chain((formula.index, formula.low), ("=",))
            head += self.spelling.sub(index, self._inside(index))
        if formula.high is not None:
            head += self.spelling.sup(formula.high, self._inside(formula.high))
        return head if formula.body == _NOTHING else f"{head} {self.write(formula.body, _LOOSE)}"
