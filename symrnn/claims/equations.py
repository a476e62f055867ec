r"""Forward equations as lines in the language of cells: which formulas compute something, what they read, how a cell writes them.

    \mathbf z_a^{(t)} = \mathbf W_{aa}^\top \mathbf a^{(t-1)} + …         z_a = W_aa.T @ a[t-1] + …
    J = \sum_t \sum_i -y_i^{(t)} \log \hat y_i^{(t)}                      J = sum(-(y * log(y_hat)))

An equation for step t + 1 is one for step t. What the lines are together is in `forward`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symrnn.claims.entries import is_one
from symrnn.claims.functions import FUNCTION_NAMES
from symrnn.claims.losses import LOSSES, is_loss_of_step, loss_form
from symrnn.claims.spelling import Known, Spelt, sort_scripts
from symrnn.claims.symbols import open_to
from symrnn.claims.trees import NotUnderstood, moved
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula
from symrnn.language.words import refused

LOSS = "J"
_MATRIX_SIGNS = {"": "@", "cdot": "@", "@": "@", "times": "@", "odot": "*", "circ": "*", "*": "*", "/": "/"}


@dataclass(frozen=True, slots=True)
class Line:
    """One forward equation: what it computes, and from what; `text` in the language of cells once it is written."""

    name: str
    expr: Formula
    text: str
    reads: frozenset[tuple[str, int]]  # (name, lag); lag −1 for what has no step


@dataclass
class Writer:
    """Writes formulas in the language of cells. `moving` are the names with steps."""

    moving: frozenset[str]
    step: str = "t"
    reads: set[tuple[str, int]] = field(default_factory=set)
    entry: str | None = None
    functions: Mapping[str, str] = field(default_factory=dict)

    def write(self, formula: Formula) -> str:
        """Return an expression of the language of cells.

        Raises:
            NotUnderstood: it holds something that no cell can.
        """
        writer = _WRITE.get(type(formula))
        if writer is None:
            raise NotUnderstood(
                f"a {type(formula).__name__.lower()} cannot stand in a forward equation", _where(formula)
            )
        return writer(self, formula)

    def known(self) -> Known:
        """Return what the sorting of scripts asks."""
        return open_to(lambda name: name in self.moving, self.step, self.entry)

    def symbol(self, formula: f.Letter | f.Scripted) -> str:
        """Return a name with its step, a transpose, a power."""
        if is_one(formula):
            return "1"
        spelt = sort_scripts(formula, self.known())
        if spelt is None or spelt.name == "":
            return self._scripted(formula)
        text = self.name(spelt, formula)
        if spelt.power is not None:
            text = f"{text} ** {self.write(spelt.power)}"
        return f"{text}.T" if spelt.transposed or spelt.primes % 2 else text

    def name(self, spelt: Spelt, formula: Formula) -> str:
        """Return a quantity at its step."""
        if problem := refused(spelt.name):
            raise NotUnderstood(problem, _where(formula))
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", spelt.name):
            raise NotUnderstood(f"{spelt.name} cannot be the name of a quantity", _where(formula))
        lag = 0 if spelt.step is None else self.lag(spelt.step)
        moves = spelt.name in self.moving
        self.reads.add((spelt.name, lag if moves else -1))
        return spelt.name if lag == 0 else f"{spelt.name}[t-{lag}]"

    def lag(self, step: Formula) -> int:
        """Return k of a step t − k."""
        if isinstance(step, f.Group):
            return self.lag(step.body)
        if isinstance(step, f.Letter) and step.name == self.step:
            return 0
        if isinstance(step, f.Total) and len(step.terms) == 2 and step.signs == ("+", "-"):
            first, second = step.terms
            if (
                isinstance(first, f.Letter)
                and first.name == self.step
                and isinstance(second, f.Number)
                and second.text.isdigit()
            ):
                return int(second.text)
        raise NotUnderstood(f"a forward equation reads step {self.step} and earlier ones", _where(step))

    def _scripted(self, formula: Any) -> str:
        if not isinstance(formula, f.Scripted) or formula.sub is not None:
            raise NotUnderstood("the scripts of this symbol have no meaning here", _where(formula))
        if isinstance(formula.base, f.Norm) and formula.sup == f.Number("2") and formula.base.kind in ("", "2"):
            inside = self.write(formula.base.body)
            return f"(({inside}).T @ ({inside}))"
        inner = (
            sort_scripts(f.Scripted(f.Letter(""), sup=formula.sup), self.known())
            if formula.sup is not None
            else Spelt("")
        )
        if inner is None or inner.name or inner.step is not None:
            raise NotUnderstood("this upper script has no meaning here", _where(formula))
        text = f"({self.write(formula.base)})"
        if inner.power is not None:
            text = f"{text} ** {self.write(inner.power)}"
        return f"{text}.T" if inner.transposed or formula.primes % 2 else text

    def product(self, formula: f.Product) -> str:
        """Return factors with the operators of the language."""
        call = self._called(formula)
        if call is not None:
            return call
        text = self._factor(formula.factors[0])
        for sign, before, factor in zip(formula.signs, formula.factors, formula.factors[1:], strict=False):
            if sign not in _MATRIX_SIGNS:
                raise NotUnderstood(f"the sign {sign} has no meaning in a forward equation", _where(formula))
            operator = _MATRIX_SIGNS[sign]
            if operator == "@" and (self._is_plain(before) or self._is_plain(factor) or self.entry is not None):
                operator = "*"
            text = f"{text} {operator} {self._factor(factor)}"
        return text

    def _is_plain(self, formula: Formula) -> bool:
        if isinstance(formula, f.Ratio):
            return self._is_plain(formula.above) and self._is_plain(formula.below)
        return isinstance(formula, f.Number) or (isinstance(formula, f.Group) and self._is_plain(formula.body))

    def _factor(self, formula: Formula) -> str:
        text = self.write(formula)
        return f"({text})" if isinstance(formula, f.Total | f.Product | f.Big) else text

    def _called(self, formula: f.Product) -> str | None:
        if len(formula.factors) == 2 and formula.signs == ("",) and isinstance(formula.factors[1], f.Group):
            spelt = sort_scripts(formula.factors[0], self.known())
            name = "" if spelt is None else self.functions.get(spelt.name, spelt.name)
            if spelt is not None and name in FUNCTION_NAMES and spelt.name not in self.moving:
                return self._function(name, self.write(formula.factors[1].body), formula)
        return None

    def _function(self, name: str, argument: str, formula: Formula) -> str:
        known = FUNCTION_NAMES.get(name)
        if known is None or known in ("trace", "sech", "dtanh", "dsigmoid", "transpose"):
            raise NotUnderstood(f"the function {name} cannot stand in a forward equation", _where(formula))
        return f"{known}({argument})"

    def total(self, formula: f.Total) -> str:
        """Return a sum."""
        text = ""
        for sign, term in zip(formula.signs, formula.terms, strict=True):
            part = self.write(term)
            if isinstance(term, f.Total):
                part = f"({part})"
            text += f" {sign} {part}" if text else part if sign == "+" else f"-{_tight(part)}"
        return text

    def call(self, formula: f.Call) -> str:
        """Return a function of its argument."""
        if formula.primes or len(formula.arguments) != 1:
            raise NotUnderstood("a derivative cannot stand in a forward equation", formula.where)
        text = self._function(formula.name, self.write(formula.arguments[0]), formula)
        return text if formula.power is None else f"{text} ** {self.write(formula.power)}"

    def big(self, formula: f.Big) -> str:
        """Return a sum over entries; the sum over the steps is left out, since the loss of a step is meant."""
        if formula.kind != "sum" or not isinstance(formula.index, f.Letter):
            raise NotUnderstood("only sums can stand in a forward equation", formula.where)
        if formula.index.name == self.step:
            return self.write(formula.body)
        inner = Writer(self.moving, self.step, self.reads, formula.index.name, self.functions)
        return f"sum({inner.write(formula.body)})"


def _tight(text: str) -> str:
    return f"({text})" if " " in text else text


def _where(formula: Any) -> f.Place:
    return getattr(formula, "where", f.NOWHERE)


def _group(writer: Writer, formula: f.Group) -> str:
    return f"({writer.write(formula.body)})"


def _ratio(writer: Writer, formula: f.Ratio) -> str:
    return f"{writer._factor(formula.above)} / {writer._factor(formula.below)}"


def _stacked(writer: Writer, formula: f.Entries) -> str:
    """Return [h, x] as a concatenation."""
    flat = [entry for row in formula.rows for entry in row]
    if min(len(formula.rows), len(formula.rows[0])) != 1 or any(isinstance(entry, f.Number) for entry in flat):
        raise NotUnderstood("a matrix of entries cannot stand in a forward equation", formula.where)
    return f"concat({', '.join(writer.write(entry) for entry in flat)})"


def _norm(writer: Writer, formula: f.Norm) -> str:
    if formula.kind == "abs":
        return f"abs({writer.write(formula.body)})"
    raise NotUnderstood(
        "a norm can stand in a forward equation only as its square, written as a product", formula.where
    )


_WRITE: Mapping[type, Any] = {
    f.Letter: Writer.symbol,
    f.Scripted: Writer.symbol,
    f.Number: lambda writer, formula: formula.text,
    f.Group: _group,
    f.Product: Writer.product,
    f.Total: Writer.total,
    f.Ratio: _ratio,
    f.Call: Writer.call,
    f.Big: Writer.big,
    f.Entries: _stacked,
    f.Norm: _norm,
}


def equation(
    formula: f.Chain,
    moving: frozenset[str],
    step: str = "t",
    functions: Mapping[str, str] | None = None,
    states: frozenset[str] = frozenset(),
) -> Line | None:
    """Return a forward equation, or None if a chain is none: its left side is no plain symbol of the current step."""
    if len(formula.parts) < 2 or formula.relations[0] not in ("=", ":="):
        return None
    writer = Writer(moving, step, functions=functions or {})
    left = formula.parts[0]
    spelt = sort_scripts(left, writer.known())
    if spelt is None or spelt.transposed or spelt.primes or spelt.power is not None or spelt.entry is not None:
        return None
    right = formula.parts[1]
    try:
        if _is_next(spelt.step, step):
            right = moved(right, step, -1)
        elif spelt.step is not None and writer.lag(spelt.step) != 0:
            return None
        name = LOSS if spelt.name in LOSSES and spelt.name not in states else spelt.name
        if name == LOSS and (form := loss_form(right, step)) is not None:
            right = form[1]
        text = writer.write(right)
    except NotUnderstood:
        return None
    if name == LOSS and is_loss_of_step(right, spelt.name):
        return None
    if spelt.name.startswith("d") and spelt.name[1:] in moving:
        return None  # an adjoint
    if name != LOSS and (spelt.name not in moving or not writer.reads):
        return None
    return Line(name, right, text, frozenset(writer.reads))


def _is_next(formula: Formula | None, step: str) -> bool:
    """Return whether a step is t + 1."""
    inner = formula.body if isinstance(formula, f.Group) else formula
    return inner == f.Total((f.Letter(step), f.Number("1")), ("+", "+"))


__all__ = ["LOSS", "Line", "Writer", "equation"]
