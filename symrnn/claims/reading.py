"""From formulas to expressions: every sign gets its meaning from the context, the shapes and one `Reading`.

`Reader` walks a formula. It notes which options of the reading mattered (`asked`), so that only those are tried when a statement
is not right as it was read first, and what was settled by shapes (`notes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Integer, Rational, Symbol

from symrnn.algebra.nodes import Concat, Diag, Leaf, Mul, Node, Ones, T, Transpose, t
from symrnn.algebra.time import ProdT, SumT
from symrnn.claims import values
from symrnn.claims.context import Context, Reading
from symrnn.claims.differentials import differential
from symrnn.claims.entries import ENTRY, has_entry, is_one, pattern
from symrnn.claims.functions import FUNCTION_NAMES, called
from symrnn.claims.norms import norm
from symrnn.claims.partial import Partial
from symrnn.claims.signs import Signs
from symrnn.claims.spelling import Spelt, adjoints_marked, is_step, sort_scripts
from symrnn.claims.trees import NotUnderstood, place_of
from symrnn.claims.values import Value
from symrnn.claims.world import total_loss
from symrnn.errors import SymrnnError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Formula, Place


@dataclass
class Reader:
    """Reads formulas in one context, by one reading.

    Fields:
        context, reading: see there.
        asked: the options of the reading that mattered so far; notes: what shapes settled.
        bound: the indices of the sums and products around, each with its last value; entry: the one that runs over entries.
    """

    context: Context
    reading: Reading = field(default_factory=Reading)
    asked: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    bound: Mapping[str, Expr] = field(default_factory=dict)
    entry: str | None = None

    def read(self, formula: Formula) -> Value:
        """Return what a formula stands for.

        Raises:
            NotUnderstood: a name or a sign has no meaning here.
            ShapeError: the parts do not fit together.
        """
        return _READ[type(formula)](self, formula)

    def node(self, formula: Formula) -> Node:
        """Return what a formula stands for, as a matrix."""
        return values.as_node(self.read(formula))

    @property
    def signs(self) -> Signs:
        """What derivative signs stand for in this reading."""
        return Signs(self.context, self.reading, self.asked)

    def known(self) -> Any:
        """Return what the sorting of scripts asks."""
        return self.context.steps(frozenset(self.bound), self.entry)

    # -- symbols ----------------------------------------------------------------------------------------------------------

    def step(self, formula: Formula) -> Expr:
        """Return a step as an expression: t − 1; one that is named by a number as the reading counts them."""
        found = self._counted(formula)
        from_zero = self.reading.first != "1" and found.is_Integer
        return found + 1 if from_zero else found

    def _counted(self, formula: Formula) -> Expr:
        if isinstance(formula, f.Letter):
            return self._last() if formula.name == self.context.last else self.context.symbol(formula.name)
        if isinstance(formula, f.Number) and formula.text.isdigit():
            return Integer(formula.text)
        if isinstance(formula, f.Group):
            return self._counted(formula.body)
        if isinstance(formula, f.Scripted) and formula.base == f.Letter(self.context.last) and formula.sup is None:
            return self._last()  # T_x, the number of steps of x
        if isinstance(formula, f.Total):
            signed = zip(formula.signs, formula.terms, strict=True)
            return sum((self._counted(term) * (1 if sign == "+" else -1) for sign, term in signed), Integer(0))
        raise NotUnderstood("this is no step", place_of(formula))

    def _last(self) -> Expr:
        return T + 1 if self.reading.first == "0 to T-1" else T

    def symbol(self, formula: f.Letter | f.Scripted) -> Value:
        """Return what a symbol with its scripts stands for."""
        if is_one(formula):
            return Integer(1)
        spelt = sort_scripts(formula, self.known())
        if spelt is None:
            return self.scripted(formula)
        value = self.quantity(spelt, place_of(formula))
        return self._done(value, spelt, place_of(formula))

    def _done(self, value: Value, spelt: Spelt, where: Place) -> Value:
        if spelt.entry is not None and (self.entry is None or getattr(spelt.entry, "name", None) != self.entry):
            raise NotUnderstood(f"a single entry of {spelt.name} is read only inside a sum over entries", where)
        if spelt.power is not None:
            value = values.power(value, self.number(spelt.power))
        if spelt.transposed or spelt.primes % 2:
            value = value.T if isinstance(value, Node) else value
        return value

    def number(self, formula: Formula) -> Expr:
        """Return a plain number."""
        value = self.read(formula)
        if isinstance(value, Node):
            raise NotUnderstood("a plain number is needed here", place_of(formula))
        return value

    def quantity(self, spelt: Spelt, where: Place = f.NOWHERE) -> Value:
        """Return the quantity, the loss, the number or the definition that a name is."""
        context, name = self.context, spelt.name
        when = None if spelt.step is None else self.step(spelt.step)
        leaf = context.leaf(name)
        if name in context.defined:
            meaning = context.defined[name]
            return meaning.xreplace({t: t if when is None else when}) if meaning.has(t) else meaning
        if leaf is not None:
            return self._leaf(leaf, when, where)
        if context.is_loss(name) and when is None and context.no_total:
            raise NotUnderstood(context.no_total, where)
        if context.is_loss(name):
            return total_loss(context.network).at(when) if when is not None else total_loss(context.network)
        adjoint = self._adjoint(name, when)
        if adjoint is not None:
            return adjoint
        if name == "I" and spelt.step is None:
            return values.UNIT
        if name in context.scalars:
            return context.scalars[name]
        if spelt.step is None and (name in (context.step, context.last) or name in self.bound):
            return context.symbol(name)
        raise NotUnderstood(f"nothing says what {name} is", where, f"let {name} = …")

    def _leaf(self, leaf: Leaf, when: Expr | None, where: Place) -> Leaf:
        if leaf.time is None:
            if when is not None:
                raise NotUnderstood(f"{leaf.name} is the same at every step", where)
            return leaf
        return leaf if when is None else leaf.xreplace({t: when})

    def _adjoint(self, name: str, when: Expr | None) -> Node | None:
        """Return dX and X_bar as the gradient with respect to X; dh_next as what comes from the step after."""
        found = self.context.adjoint(name)
        if found is None:
            return None
        leaf, later = found
        leaf = leaf if when is None or leaf.time is None else leaf.xreplace({t: when})
        return self.signs.partial(total_loss(self.context.network), leaf, "later" if later else None, "denominator")

    def scripted(self, formula: f.Letter | f.Scripted) -> Value:
        """Return a bracketed expression with scripts, (…)ᵀ or (…)²."""
        if not isinstance(formula, f.Scripted) or formula.sub is not None:
            raise NotUnderstood("the scripts of this symbol have no meaning here", place_of(formula))
        if isinstance(formula.base, f.Norm) and formula.sup == f.Number("2") and formula.base.kind in ("", "2"):
            body = self.node(formula.base.body)
            if body.is_column or body.shape[0] == 1:
                return body.T @ body if body.is_column else body @ body.T
        value, sup = self.read(formula.base), formula.sup
        if sup is not None and values.is_number(value) and not isinstance(sup, f.Word):
            return values.power(value, self.number(sup))
        if sup is None:
            return value.T if isinstance(value, Node) and formula.primes % 2 else value
        sorted_ = sort_scripts(f.Scripted(f.Letter(""), sup=sup), self.known())
        if sorted_ is None or sorted_.step is not None or sorted_.name != "":
            raise NotUnderstood("this upper script has no meaning here", place_of(formula))
        return self._done(value, sorted_, place_of(formula))

    # -- operators --------------------------------------------------------------------------------------------------------

    def product(self, formula: f.Product) -> Value:
        """Return a product, from left to right."""
        call = self._function_and_group(formula)
        if call is not None:
            return call
        formula = adjoints_marked(formula, self.known())
        value = self.read(formula.factors[0])
        for sign, factor in zip(formula.signs, formula.factors[1:], strict=True):
            value = self._apply(value, sign, self.read(factor))
        return value

    def _apply(self, left: Value, sign: str, right: Value) -> Value:
        if sign in ("odot", "circ"):
            return values.elementwise(left, right)
        if sign == "*":
            return self._starred(left, right)
        if sign == "/":
            return values.over(left, right)
        if sign == ",":
            raise NotUnderstood("a list has no meaning here")
        return values.times(left, right, None if sign == "@" else self.notes)

    def _starred(self, left: Value, right: Value) -> Value:
        if values.is_scalar(left) or values.is_scalar(right) or values.shape(left) == values.shape(right):
            return values.elementwise(left, right)
        self.notes.append("* between different shapes: read as a matrix product")
        return values.times(left, right, self.notes)

    def _function_and_group(self, formula: f.Product) -> Value | None:
        """Return f(x) where f is a function that was not known as one when the text was read."""
        if len(formula.factors) == 2 and formula.signs == ("",) and isinstance(formula.factors[1], f.Group):
            head = formula.factors[0]
            spelt = sort_scripts(head, self.known())
            name = "" if spelt is None else self.context.functions.get(spelt.name, spelt.name)
            if spelt is not None and name in FUNCTION_NAMES and (spelt.name != name or self.context.leaf(name) is None):
                return self._called(name, self.read(formula.factors[1].body), spelt.primes, None)
        return None

    def total(self, formula: f.Total) -> Value:
        """Return a sum."""
        terms = [self.read(term) for term in formula.terms]
        signed = zip(formula.signs, terms, strict=True)
        return values.total([term if sign == "+" else values.negative(term) for sign, term in signed])

    def call(self, formula: f.Call) -> Value:
        """Return a function of its argument."""
        if len(formula.arguments) != 1:
            raise NotUnderstood(
                f"{formula.name} of {len(formula.arguments)} arguments has no meaning here", formula.where
            )
        exponent = None if formula.power is None else self.number(formula.power)
        return self._called(formula.name, self.read(formula.arguments[0]), formula.primes, exponent)

    def _called(self, name: str, argument: Value, primes: int, exponent: Expr | None) -> Value:
        found = called(name, argument, primes, exponent)
        if primes == 0 or not found.is_column or found.is_scalar_shape:
            return found
        self.asked.add("slope")
        return Diag(found) if self.reading.slope == "diagonal" else found

    def big(self, formula: f.Big) -> Value:
        """Return a sum or product over steps, or a sum over entries."""
        if not isinstance(formula.index, f.Letter):
            raise NotUnderstood("the index of a sum is one letter", formula.where)
        name = formula.index.name
        if self.context.leaf(name) is not None:
            raise NotUnderstood(
                f"{name} is a quantity and the index of a sum; use another letter for the index", formula.where
            )
        around = {**self.bound, name: self._end(formula)}
        inner = Reader(self.context, self.reading, self.asked, self.notes, around, self.entry)
        if formula.kind == "sum" and self._is_over_entries(formula, name):
            inner.bound, inner.entry = self.bound, name
            body = inner.node(formula.body)
            return Mul(Ones(1, body.shape[0]), body) if body.is_column else body
        body = inner.node(formula.body)
        index = self.context.symbol(name)
        fresh = Symbol(f"{name}_", integer=True) if index in (t, T) else index
        body = body.xreplace({index: fresh})
        if formula.low == f.Number("0"):
            self.asked.add("first")
        low = Integer(1) if formula.low is None else self.step(formula.low)
        high = self._end(formula)
        if formula.kind == "sum":
            return SumT(body, fresh, low, high)
        return self._ordered(body, fresh, low, high)

    def _end(self, formula: f.Big) -> Expr:
        return T if formula.high is None else self.step(formula.high)

    def _is_over_entries(self, formula: f.Big, name: str) -> bool:
        if name == self.context.step:
            return False
        free = Reader(self.context, self.reading, set(), [], self.bound, name)
        if not has_entry(formula.body, name, free.known()):
            return False
        try:
            free.read(formula.body)
        except SymrnnError:
            return False
        return True

    def _ordered(self, body: Node, index: Symbol, low: Expr, high: Expr) -> Node:
        """Return an ordered product, the first factor on the left; downwards when its first index is the later one."""
        self.asked.add("product")
        ends = {self.context.symbol(name): end for name, end in self.bound.items()}
        below = [ends.get(symbol, T) for symbol in low.free_symbols]  # up to where what it begins with can reach
        is_later = high.is_Integer and any(not (end.is_Integer and end <= high) for end in below)
        downwards = self.reading.product == "down" or is_later
        if downwards:
            low, high = high, low
        if downwards != (self.reading.product == "reversed"):
            return Transpose(ProdT(body.T, index, low, high))
        return ProdT(body, index, low, high)

    # -- calculus ---------------------------------------------------------------------------------------------------------

    def derivative(self, formula: f.Derivative) -> Node:
        """Return ∂of/∂by in the layout of the reading."""
        of, by = self.read(formula.of), self.read(formula.by)
        where = formula.where
        if not isinstance(of, Leaf):
            raise NotUnderstood("only a named quantity is differentiated", where, "name it in an equation of its own")
        if not isinstance(by, Leaf):
            raise NotUnderstood("a derivative is with respect to a named quantity", where)
        if formula.direct:
            self.asked.add("direct")
            return self.signs.immediate(of, by)
        return self.signs.partial(of, by)

    def nabla(self, formula: f.Nabla) -> Node:
        """Return the gradient, which has the shape of what it is by; with a step above, what that step gives."""
        by = self.read(formula.by)
        of = total_loss(self.context.network) if formula.of is None else self.read(formula.of)
        if not isinstance(by, Leaf) or not isinstance(of, Leaf) or not of.is_scalar_shape:
            raise NotUnderstood("a gradient is that of the loss with respect to a named quantity", formula.where)
        if formula.when is not None:
            inner = formula.when.body if isinstance(formula.when, f.Group) else formula.when
            if not is_step(inner, self.known()):
                raise NotUnderstood("what stands above the nabla is no step", formula.where)
            if by.time is None:
                return Partial(of, by.at(self.step(inner))).T
        return self.signs.partial(of, by, None, "denominator")

    def entries(self, formula: f.Entries) -> Value:
        """Return a column or row of entries that follow a pattern; numbers are read elsewhere."""
        from_pattern = pattern(formula)
        if from_pattern is None and min(len(formula.rows), len(formula.rows[0])) == 1:
            blocks = [self.read(entry) for row in formula.rows for entry in row]
            if all(isinstance(block, Node) and block.is_column for block in blocks):
                return Concat(*blocks)
        if from_pattern is None:
            raise NotUnderstood("entries have a meaning only when they follow one pattern", formula.where)
        inner = Reader(self.context, self.reading, self.asked, self.notes, self.bound, ENTRY)
        column = inner.node(from_pattern)
        is_row = len(formula.rows) == 1
        return column.T if is_row and column.is_column and not column.is_scalar_shape else column


def _ones(reader: Reader, formula: f.Word) -> Value:
    raise NotUnderstood(f"the words {formula.text!r} have no meaning in a formula", formula.where)


def _ratio(reader: Reader, formula: f.Ratio) -> Value:
    return values.over(reader.read(formula.above), reader.read(formula.below))


def _differential(reader: Reader, formula: f.Differential) -> Value:
    if reader.context.differentials and formula.sign == "d":
        return differential(reader.node(formula.of))
    spelt = sort_scripts(formula.of, reader.known())
    when = None if spelt is None or spelt.step is None else reader.step(spelt.step)
    found = None if spelt is None else reader._adjoint(f"d{spelt.name}", when)
    if spelt is None or found is None:
        message = "a d in front is the gradient of a named quantity; differentials need a statement of dJ"
        raise NotUnderstood(message, formula.where)
    return reader._done(found, spelt, formula.where)


def _refuse(reader: Reader, formula: Any) -> Value:
    raise NotUnderstood(f"a {type(formula).__name__.lower()} has no meaning inside an expression", place_of(formula))


_READ: dict[type, Callable[[Reader, Any], Value]] = {
    f.Letter: Reader.symbol,
    f.Scripted: Reader.symbol,
    f.Number: lambda reader, formula: Rational(formula.text),
    f.Word: _ones,
    f.Group: lambda reader, formula: reader.read(formula.body),
    f.Entries: lambda reader, formula: reader.entries(formula),
    f.Product: Reader.product,
    f.Total: Reader.total,
    f.Ratio: _ratio,
    f.Call: Reader.call,
    f.Derivative: Reader.derivative,
    f.Differential: _differential,
    f.Nabla: Reader.nabla,
    f.Big: Reader.big,
    f.Norm: lambda reader, formula: norm(reader.node(formula.body), formula),
    f.Chain: _refuse,
}

__all__ = ["Reader"]
