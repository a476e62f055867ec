"""Statements about numbers: worked examples and printed values, compared to the digits that are printed.

A document gives data, `W_hh = [[0.5, 0.1], [0.1, 0.5]]`, `x = [1, 2]`, and states values, `h_2 = [0.4832, 0.6437]`. A number with
decimals stands for everything that rounds to it: 0.4832 for 0.48315 … 0.48325; a whole number for itself. Two sides agree if they
differ by no more than what the printed digits on both sides leave open. What is calculated with is taken as exact when it has at
most two decimals: 1.2 and 0.99 are given, nobody rounds that coarsely on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Integer, Rational, Symbol

from symrnn.algebra.nodes import Concat, Leaf, T
from symrnn.claims import values
from symrnn.claims.context import Context, Reading
from symrnn.claims.reading import Reader
from symrnn.claims.records import Answer, Difference, Repair, Verdict
from symrnn.claims.spelling import sort_scripts
from symrnn.claims.trees import NotUnderstood, Path, every_part, replaced, spots
from symrnn.claims.world import World
from symrnn.errors import RuleError, SymrnnError
from symrnn.language.formulas import nodes as f
from symrnn.language.formulas.nodes import Chain, Formula

Array = npt.NDArray[Any]
EXACT_DECIMALS = 2  # of an operand
SLACK = 1e-9  # relative: what float64 leaves open beside the printed digits
SINGLE = 1e-6  # relative: what a few operations of float32 leave open
SINGLE_DIGITS = 9  # as many tell any two numbers of float32 apart: who prints more prints what the machine gave


@dataclass(frozen=True)
class Data:
    """The numbers that a document gives: arrays by the name in the network, and the sizes that follow from them."""

    arrays: Mapping[str, Array] = field(default_factory=dict)
    sizes: Mapping[Symbol, int] = field(default_factory=dict)

    def complete(self, context: Context) -> bool:
        """Return whether everything that is needed for a run is given."""
        return bool(self.arrays) and not self.missing(context)

    def missing(self, context: Context) -> tuple[str, ...]:
        """Return the names of what a run needs and the document does not give."""
        network = context.network
        wanted = [leaf.name for leaf in (*network.params, *network.constants, *network.inputs)]
        wanted += [f"{state.leaf.name}0" for state in network.states if state.initial == "given"]
        return tuple(name for name in wanted if name not in self.arrays)


def literal(formula: Formula) -> Array | None:
    """Return the numbers of a literal: 0.5, [1, 2], [[0.5, 0.1], [0.1, 0.5]]; None for anything else."""
    if isinstance(formula, f.Number):
        return np.asarray(float(formula.text))
    if isinstance(formula, f.Total) and len(formula.terms) == 1 and isinstance(formula.terms[0], f.Number):
        return np.asarray(float(formula.terms[0].text) * (-1 if formula.signs == ("-",) else 1))
    if isinstance(formula, f.Scripted) and formula.sub is None and isinstance(formula.sup, f.Word):
        inner = literal(formula.base)
        return None if inner is None else inner.reshape(-1, 1) if inner.ndim == 1 else inner.T
    if isinstance(formula, f.Group) and (listed := as_list(formula)) is not None:
        return literal(listed)
    if isinstance(formula, f.Entries):
        rows = [[literal(entry) for entry in row] for row in formula.rows]
        if any(entry is None or entry.ndim for row in rows for entry in row):
            return None
        found = np.asarray(rows, float)
        return found[0] if formula.is_list and len(rows) == 1 else found
    return None


def as_list(group: f.Group) -> f.Entries | None:
    """Return (a, b) as a list."""
    body = group.body
    if group.brackets == "[]" and isinstance(body, f.Number | f.Total):
        return f.Entries(((body,),), True, group.where)
    if isinstance(body, f.Product) and body.signs and set(body.signs) == {","}:
        return f.Entries((body.factors,), True, group.where)
    return None


def given(context: Context, chains: Sequence[tuple[int, Chain]]) -> tuple[Data, frozenset[int]]:
    """Return the data of a document, and the numbers of the lines that give them."""
    arrays: dict[str, Array] = {}
    sizes: dict[Symbol, int] = {}
    lines = set()
    initial = {state.leaf.name for state in context.network.states}
    for number, chain in chains:
        value = literal(chain.parts[1]) if len(chain.parts) == 2 and chain.relations[0] in ("=", ":=") else None
        spelt = sort_scripts(chain.parts[0], context.steps())
        leaf = None if spelt is None or value is None else context.leaf(spelt.name)
        if leaf is None or spelt is None or value is None:
            continue
        is_start = leaf.name in initial and isinstance(spelt.step, f.Number) and spelt.step.text == "0"
        is_whole = spelt.step is None and (leaf in context.network.params or leaf in context.network.inputs)
        name = f"{leaf.name}0" if is_start else leaf.name
        if (is_start or is_whole) and name not in arrays:
            moves = leaf in context.network.inputs
            shaped = _sequence(value) if moves else _shaped(value, leaf)
            if shaped is not None:
                arrays[name] = shaped
                lines.add(number)
                _learn(sizes, leaf, shaped, moves)
    return Data(arrays, sizes), frozenset(lines)


def _sequence(value: Array) -> Array:
    return value.reshape(len(value), 1, -1) if value.ndim else value.reshape(1, 1, 1)


def _shaped(value: Array, leaf: Leaf) -> Array | None:
    if leaf.is_column:
        return value.reshape(-1)
    return value.reshape(1, -1) if value.ndim < 2 else value


def _learn(sizes: dict[Symbol, int], leaf: Leaf, array: Array, moves: bool) -> None:
    if moves:
        sizes[T] = len(array)
        array = array[0, 0]
    for size, count in zip(leaf.shape, (*array.shape, 1), strict=False):
        if isinstance(size, Symbol):
            sizes.setdefault(size, int(count))


# -- statements -----------------------------------------------------------------------------------------------------------


def is_numeric(formula: Formula) -> bool:
    """Return whether a formula holds printed decimals or a literal matrix."""
    for part in every_part(formula):
        if isinstance(part, f.Number) and "." in part.text:
            return True
        if (
            isinstance(part, f.Entries | f.Group)
            and literal(part) is not None
            and (isinstance(part, f.Entries) or as_list(part))
        ):
            return True
    return False


def is_power_of_ten(formula: Formula) -> bool:
    """Return whether a formula is 10 to some power."""
    return isinstance(formula, f.Scripted) and formula.base == f.Number("10") and formula.sup is not None


def is_scientific(formula: Formula) -> bool:
    """Return whether a formula is one number, 4.0 · 10^(−40)."""
    if not isinstance(formula, f.Product) or len(formula.factors) != 2:
        return False
    return literal(formula.factors[0]) is not None and is_power_of_ten(formula.factors[1])


def is_single(formula: Formula, value: Array) -> bool:
    """Return whether a formula is numbers of single precision, printed with more digits than they carry."""
    digits = [len(part.text.replace(".", "").lstrip("0")) for part in every_part(formula) if isinstance(part, f.Number)]
    is_printed = literal(formula) is not None and max(digits, default=0) > SINGLE_DIGITS
    return is_printed and bool(np.all(value.astype(np.float32).astype(float) == value))


@dataclass(frozen=True)
class Calculator:
    """Computes formulas with the data of a document.

    Fields:
        context: what names mean. data: the numbers. column: whether a list [a, b] is a column.
    """

    context: Context
    data: Data

    def answer(self, left: Formula, right: Formula, about: bool = False) -> Verdict | None:
        """Return the answer to left = right by numbers, or to left ≈ right; None if a side cannot be computed."""
        for column in (True, False):
            found = self._compared(left, right, column, about)
            if found is not None and found.answer is Answer.REFUTED and about and is_power_of_ten(right):
                return self._by_magnitude(left, right, column) or found
            if found is not None:
                return found
        return None

    def _by_magnitude(self, left: Formula, right: Formula, column: bool) -> Verdict | None:
        """Return that a number is about a power of ten, if no other one is nearer."""
        sides = [self._value(side, column) for side in (left, right)]
        one, other = (0.0 if side is None or side.size != 1 else abs(float(side.item())) for side in sides)
        if not one or not other or abs(np.log10(one) - np.log10(other)) > 0.5:
            return None
        reason = f"the left side is {one:.3g}"
        return Verdict(Answer.CONVENTION, reason, samples=1, convention="a power of ten is the order of magnitude")

    def _compared(self, left: Formula, right: Formula, column: bool, about: bool) -> Verdict | None:
        one, other = self._value(left, column), self._value(right, column)
        if one is None or other is None:
            return None
        one, other = np.squeeze(one), np.squeeze(other)
        if one.shape != other.shape:
            return None
        open_left, open_right = self._open(left, one, column, False), self._open(right, other, column, about)
        allowed = open_left + open_right + SLACK * np.maximum(np.abs(one), np.abs(other))
        gap = np.abs(one - other)
        if np.all(gap <= allowed):
            return Verdict(Answer.AGREES, "to the digits that are printed", samples=1)
        if is_single(right, other) and np.all(gap <= allowed + SINGLE * np.abs(other)):
            return Verdict(Answer.CONVENTION, "to seven digits", samples=1, convention="numbers of single precision")
        worst = int(np.argmax(gap - allowed))
        exact, claimed = float(np.ravel(one)[worst]), float(np.ravel(other)[worst])
        row, column_ = divmod(worst, gap.shape[-1] if gap.ndim > 1 else 1)
        found = Difference(tuple(self.data.sizes.items()), (), (row, column_), exact, claimed, float(np.max(gap)))
        where = f" in entry {worst + 1}" if gap.ndim else ""
        reason = f"the left side is {exact:.10g}{where}, not {claimed:.10g}"
        return Verdict(Answer.REFUTED, reason, difference=found, repairs=self._repairs(right, one))

    def _repairs(self, right: Formula, exact: Array) -> tuple[Repair, ...]:
        """Return the printed numbers corrected, with as many digits."""
        flat = iter(np.ravel(exact))
        if literal(right) is None:
            return ()
        changed = right
        for path, part in _numbers(right):
            value = next(flat, None)
            if value is None:
                return ()
            digits = len(part.text.partition(".")[2])
            changed = replaced(changed, path, f.Number(f"{abs(float(value)):.{digits}f}", part.where))
        if changed == right:
            return ()  # with as many digits it is the same number
        return (Repair(("wrong number",), "the printed digits", changed, Answer.AGREES),)

    def _value(self, formula: Formula, column: bool) -> Array | None:
        try:
            reader = NumberReader(self.context, Reading(), sizes=dict(self.data.sizes), column=column)
            node = values.as_node(reader.read(formula))
            with np.errstate(all="ignore"):
                found = np.asarray(self._world().value(node, {}), float)
        except (SymrnnError, RuleError, ValueError, OverflowError, KeyError, TypeError):
            return None
        is_power = any(isinstance(part, f.Scripted) and part.sup is not None for part in every_part(formula))
        vanished = is_power and not np.all(found)  # a power below the smallest number is not zero
        return None if vanished or not np.all(np.isfinite(found)) else found

    def _world(self) -> World:
        network = self.context.network
        given = dict(self.data.arrays)
        for leaf in (*network.params, *network.constants):
            if leaf.is_scalar_shape and leaf.name in given:
                given[leaf.name] = given[leaf.name].reshape(())
        for name in [state.leaf.name for state in network.states]:
            if f"{name}0" in given:
                given[f"{name}0"] = given[f"{name}0"].reshape(1, -1)
        usual = dict.fromkeys(network.sizes, 1)
        return World(network, {**usual, T: 1, **self.data.sizes}, 0, frozenset(), given)

    def _open(self, formula: Formula, value: Array, column: bool, about: bool) -> Array:
        """Return by how much a value can move while every printed number still rounds to what is printed.

        Operands with few decimals are exact, but a number in front of a power of ten is rounded however short it is, and so is
        one that something is only about.
        """
        total = np.zeros_like(value)
        exact = 0 if literal(formula) is not None or is_scientific(formula) else EXACT_DECIMALS
        rounded = about and literal(formula) is not None
        for path, part in _numbers(formula):
            if rounded or _decimals(part) > exact or "e" in part.text.lower():
                moved = self._value(replaced(formula, path, _half_a_digit_more(part)), column)
                if moved is not None:
                    total = total + np.abs(np.squeeze(moved) - value)
        return total


def _numbers(formula: Formula) -> Iterator[tuple[Path, f.Number]]:
    for path, part in spots(formula):
        if isinstance(part, f.Number):
            yield path, part


def _half_a_digit_more(number: f.Number) -> f.Number:
    return f.Number(str(Rational(number.text) + Rational(10) ** -_decimals(number) / 2))


def _decimals(number: f.Number) -> int:
    """Return how many decimals are printed: 2 of 0.25, 0 of 12, −2 of 1.5e3."""
    return -int(Decimal(number.text).as_tuple().exponent)


@dataclass
class NumberReader(Reader):
    """Reads formulas with numbers for all sizes; literals are matrices, a list is a column or a row."""

    sizes: dict[Symbol, int] = field(default_factory=dict)
    column: bool = True

    def quantity(self, spelt: Any, where: f.Place = f.NOWHERE) -> Any:
        """Return a quantity with numbers for its sizes."""
        found = super().quantity(spelt, where)
        return found.xreplace({size: Integer(number) for size, number in self.sizes.items() if size != T})

    def read(self, formula: Formula) -> Any:
        """Return what a formula stands for; (a, b) is a list."""
        listed = as_list(formula) if isinstance(formula, f.Group) else None
        return self.entries(listed) if listed is not None else super().read(formula)

    def entries(self, formula: f.Entries) -> Any:
        """Return a literal matrix, entry by entry."""
        rows = [[values.as_node(self.read(entry)) for entry in row] for row in formula.rows]
        if any(not entry.is_scalar_shape for row in rows for entry in row):
            raise NotUnderstood("an entry of a matrix is a number", formula.where)
        lines = [Concat(*row).T for row in rows]
        whole = Concat(*lines)
        return whole.T if formula.is_list and len(rows) == 1 and self.column else whole


__all__ = ["Calculator", "Data", "NumberReader", "given", "is_numeric", "literal"]
