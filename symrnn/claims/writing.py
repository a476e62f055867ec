"""From expressions back to formulas, in the notation of the document: where its steps stand, how its names are spelt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Integer, Rational, Symbol

from symrnn.algebra import nodes as n
from symrnn.algebra.nodes import Node, t
from symrnn.algebra.time import ProdT, SumT
from symrnn.claims.partial import Partial
from symrnn.claims.spelling import TRANSPOSE
from symrnn.claims.trees import children
from symrnn.errors import RuleError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula

MARKS = ("hat", "tilde", "bar", "dot", "prime")
TOP = f.Word("top")


@dataclass(frozen=True)
class Notation:
    """How a document writes.

    Fields:
        above: whether a step stands in parentheses above, h^{(t)}, instead of below. spelling: network name → document name.
        layout: of the derivatives. samples: letters as they were set, by name. step: how the current step is called.
    """

    above: bool = False
    spelling: Mapping[str, str] = field(default_factory=dict)
    layout: str = "gradient"
    loss: str = "J"
    samples: Mapping[str, f.Letter] = field(default_factory=dict)
    step: str = "t"

    @classmethod
    def of(
        cls, formulas: list[Formula], spelling: Mapping[str, str], layout: str, loss: str, step: str = "t"
    ) -> Notation:
        """Return the notation of some formulas: what most steps do, and how each letter is set."""
        counts = {"above": 0, "below": 0}
        samples: dict[str, f.Letter] = {}
        for formula in formulas:
            _count(formula, counts, samples)
        back = {value: key for key, value in spelling.items()}
        return cls(counts["above"] > counts["below"], back, layout, loss, samples, step)


def _count(formula: Any, counts: dict[str, int], samples: dict[str, f.Letter]) -> None:
    if isinstance(formula, f.Letter):
        samples.setdefault("_".join((formula.name, *formula.marks)), formula)
    if isinstance(formula, f.Scripted):
        if isinstance(formula.sup, f.Group):
            counts["above"] += 1
        elif isinstance(formula.sub, f.Total | f.Letter) and formula.sup is None:
            counts["below"] += 1
    for child in children(formula):
        _count(child, counts, samples)


def as_formula(node: Node, notation: Notation) -> Formula:
    """Return an expression as a formula.

    Raises:
        RuleError: there is no notation for it.
    """
    writer = _WRITE.get(type(node))
    if writer is None:
        raise RuleError(f"no notation for {node!r}")
    return writer(node, notation)


def step(time: Expr, notation: Notation) -> Formula:
    """Return a step as a formula: t − 1."""
    if time == t:
        return f.Letter(notation.step)
    if isinstance(time, Symbol):
        return f.Letter(time.name.rstrip("_"))
    if time.is_Integer:
        return f.Number(str(time)) if time >= 0 else f.Total((f.Number(str(-time)),), ("-",))
    constant, rest = time.as_coeff_Add()
    if constant == 0 or not isinstance(rest, Symbol):
        raise RuleError(f"no notation for the step {time}")
    number = f.Number(str(abs(constant)))
    return f.Total((step(rest, notation), number), ("+", "+" if constant > 0 else "-"))


def named(name: str, time: Expr | None, notation: Notation) -> Formula:
    """Return a quantity with its scripts."""
    return with_scripts(name, None if time is None else step(time, notation), notation)


def with_scripts(name: str, when: Formula | None, notation: Notation) -> Formula:
    """Return a quantity with its scripts; the step is a formula."""
    name = notation.spelling.get(name, name)
    head, *rest = name.split("_")
    marks = []
    while rest and rest[0] in MARKS:
        marks.append(rest.pop(0))
    letter = notation.samples.get("_".join((head, *marks)), f.Letter(head, tuple(marks)))
    sub = _letters("".join(rest)) if rest else None
    if when is None:
        return f.Scripted(letter, sub) if sub is not None else letter
    if notation.above:
        return f.Scripted(letter, sub, f.Group(when))
    below = when if sub is None else f.Product((sub, when), (",",))
    return f.Scripted(letter, below)


def _letters(word: str) -> Formula:
    parts: list[Formula] = [f.Number(one) if one.isdigit() else f.Letter(one) for one in word]
    return parts[0] if len(parts) == 1 else f.Product(tuple(parts), ("",) * (len(parts) - 1))


def _is_transpose(script: Formula | None) -> bool:
    return (script.text if isinstance(script, f.Word) else getattr(script, "name", "")) in TRANSPOSE


def transposed(formula: Formula) -> Formula:
    """Return the transpose of a formula."""
    if isinstance(formula, f.Scripted) and _is_transpose(formula.sup):
        return formula.base if formula.sub is None else f.Scripted(formula.base, formula.sub)
    if isinstance(formula, f.Scripted) and formula.sup is None and not formula.primes:
        return f.Scripted(formula.base, formula.sub, TOP)
    if isinstance(formula, f.Letter | f.Group):
        return f.Scripted(formula, None, TOP)
    return f.Scripted(f.Group(formula), None, TOP)


def _leaf(node: n.Leaf, notation: Notation) -> Formula:
    return named(node.name, node.time, notation)


def _partial(node: Partial, notation: Notation) -> Formula:
    of = (
        _leaf(node.of, notation) if node.of.time is not None or not node.of.is_scalar_shape else f.Letter(notation.loss)
    )
    found: Formula = f.Derivative(of, _leaf(node.by, notation))
    is_row = notation.layout == "numerator" or (notation.layout == "gradient" and not node.of.is_scalar_shape)
    return found if is_row else transposed(found)


def _transpose(node: n.Transpose, notation: Notation) -> Formula:
    inner = as_formula(node.args[0], notation)
    return transposed(inner)


def _sum(node: n.Add, notation: Notation) -> Formula:
    terms, signs = [], []
    for term in node.args:
        negative = isinstance(term, n.Scale) and term.factor.could_extract_minus_sign()
        body = n.Scale(-term.factor, term.body) if negative else term
        terms.append(as_formula(body, notation))
        signs.append("-" if negative else "+")
    return f.Total(tuple(terms), tuple(signs))


def _grouped(formula: Formula) -> Formula:
    return f.Group(formula) if isinstance(formula, f.Total | f.Big) else formula


def _product(node: n.Mul, notation: Notation) -> Formula:
    factors = [_grouped(as_formula(arg, notation)) for arg in node.args]
    factors = [f.Group(one) if isinstance(one, f.Product) else one for one in factors]
    return f.Product(tuple(factors), ("",) * (len(factors) - 1))


def _hadamard(node: n.Had, notation: Notation) -> Formula:
    factors = [_grouped(as_formula(arg, notation)) for arg in node.args]
    return f.Product(tuple(factors), ("odot",) * (len(factors) - 1))


def _scale(node: n.Scale, notation: Notation) -> Formula:
    if isinstance(node.body, n.Ones):
        return number(node.factor)
    body = _grouped(as_formula(node.body, notation))
    if node.factor == -1:
        return f.Total((body,), ("-",))
    return f.Product((number(node.factor), body), ("",))


def number(value: Expr) -> Formula:
    """Return a plain number as a formula."""
    if isinstance(value, Rational) and value < 0:
        return f.Total((number(-value),), ("-",))
    if isinstance(value, Integer):
        return f.Number(str(value))
    if isinstance(value, Rational):
        return f.Ratio(f.Number(str(value.p)), f.Number(str(value.q)))
    if isinstance(value, Symbol):
        return f.Letter(value.name)
    raise RuleError(f"no notation for {value}")


def _apply(node: n.Apply, notation: Notation) -> Formula:
    name = {"sigmoid": "sigma"}.get(node.function, node.function)
    return f.Call(name, (as_formula(node.body, notation),))


def _power(node: n.Power, notation: Notation) -> Formula:
    body = as_formula(node.args[0], notation)
    base = body if isinstance(body, f.Letter) else f.Group(body)
    return f.Scripted(base, None, f.Number(str(node.args[1])))


def _big(kind: str) -> Callable[[Any, Notation], Formula]:
    def write(node: Any, notation: Notation) -> Formula:
        index = f.Letter(node.index.name.rstrip("_"))
        body = node.body.xreplace({node.index: Symbol(index.name, integer=True)})
        return f.Big(
            kind, index, step(node.low, notation), step(node.high, notation), _grouped(as_formula(body, notation))
        )

    return write


_WRITE: dict[type, Callable[[Any, Notation], Formula]] = {
    n.Leaf: _leaf,
    Partial: _partial,
    n.Transpose: _transpose,
    n.Add: _sum,
    n.Mul: _product,
    n.Had: _hadamard,
    n.Scale: _scale,
    n.Apply: _apply,
    n.Power: _power,
    n.Ones: lambda node, notation: f.Number("1"),
    n.Zeros: lambda node, notation: f.Number("0"),
    n.Eye: lambda node, notation: f.Letter("I"),
    n.Diag: lambda node, notation: f.Call("diag", (as_formula(node.args[0], notation),)),
    n.Multiple: lambda node, notation: f.Product(
        (_grouped(as_formula(node.scalar, notation)), _grouped(as_formula(node.body, notation))), ("",)
    ),
    n.Quotient: lambda node, notation: f.Ratio(as_formula(node.args[0], notation), as_formula(node.args[1], notation)),
    n.Concat: lambda node, notation: f.Entries((tuple(as_formula(arg, notation) for arg in node.args),), True),
    n.Trace: lambda node, notation: f.Call("tr", (as_formula(node.args[0], notation),)),
    SumT: _big("sum"),
    ProdT: _big("prod"),
}

__all__ = ["Notation", "as_formula", "named", "step", "transposed", "with_scripts"]
