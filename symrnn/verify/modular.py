"""Matrix expressions over the integers modulo a prime, with tangents, and a bound of their degree in what was drawn.

Here: what every node is, the relations by which functions are differentiated, and the odds of an accident. Not here: networks,
time and the identity that is checked (`exact`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Add as Sum
from sympy import Expr, Integer, Pow, Rational, Symbol, sympify
from sympy import Mul as Product

from symrnn.algebra import nodes as node
from symrnn.algebra.nodes import Leaf, Node, t
from symrnn.certificates.gallina import NotCovered
from symrnn.errors import SymrnnError

PRIME = 2**61 - 1  # 3 modulo 4: a root of a square is a power of it
Array = npt.NDArray[Any]
Read = Callable[[Leaf, int, bool], "Number"]


class VanishedError(SymrnnError):
    """A denominator is zero at a random point, or a number that is no square has no root."""


def _inverse(number: int) -> int:
    if number % PRIME == 0:
        raise VanishedError("a denominator is zero at every random point that was tried")
    return pow(int(number), -1, PRIME)


@dataclass(frozen=True, slots=True)
class Degree:
    """A quotient of polynomials in what was drawn: the degrees of both, at most."""

    above: int = 0
    below: int = 0

    def plus(self, other: Degree) -> Degree:
        """Return that of a sum."""
        return Degree(max(self.above + other.below, other.above + self.below), self.below + other.below)

    def times(self, other: Degree) -> Degree:
        """Return that of a product."""
        return Degree(self.above + other.above, self.below + other.below)

    def summed(self, count: int) -> Degree:
        """Return that of a sum of so many."""
        return Degree(self.above + (count - 1) * self.below, count * self.below)

    def inverted(self) -> Degree:
        """Return that of a reciprocal."""
        return Degree(self.below, self.above)


@dataclass(frozen=True, slots=True)
class Number:
    """A matrix of numbers modulo the prime, and its tangent; the degrees are those of every entry."""

    value: Array
    tangent: Array
    degree: Degree
    slope: Degree  # of the tangent

    def plus(self, other: Number) -> Number:
        """Return a sum."""
        value, tangent = (self.value + other.value) % PRIME, (self.tangent + other.tangent) % PRIME
        return Number(value, tangent, self.degree.plus(other.degree), self.slope.plus(other.slope))

    def minus(self, other: Number) -> Number:
        """Return a difference."""
        return self.plus(other.mapped(np.negative))

    def times(self, other: Number, product: Callable[[Array, Array], Array] = np.multiply, terms: int = 1) -> Number:
        """Return a bilinear product, each entry of which is a sum of so many products."""
        value = product(self.value, other.value) % PRIME
        tangent = (product(self.tangent, other.value) + product(self.value, other.tangent)) % PRIME
        slope = self.slope.times(other.degree).plus(self.degree.times(other.slope))
        return Number(value, tangent, self.degree.times(other.degree).summed(terms), slope.summed(terms))

    def inner(self, other: Number) -> Number:
        """Return the sum of the products of entries."""
        return self.times(other).summed()

    def summed(self) -> Number:
        """Return the sum of all entries."""
        count = self.value.size
        value, tangent = (np.array([[array.sum() % PRIME]], object) for array in (self.value, self.tangent))
        return Number(value, tangent, self.degree.summed(count), self.slope.summed(count))

    def mapped(self, change: Callable[[Array], Array]) -> Number:
        """Return what something linear in each entry, or a rearrangement of entries, makes of both."""
        return replace(self, value=change(self.value) % PRIME, tangent=change(self.tangent) % PRIME)

    def inverted(self) -> Number:
        """Return the reciprocal of every entry."""
        value = np.vectorize(_inverse, otypes=[object])(self.value)
        degree = self.degree.inverted()
        return Number(value, -self.tangent * value * value % PRIME, degree, self.slope.times(degree).times(degree))

    def without_tangent(self) -> Number:
        """Return the value with no tangent."""
        return replace(self, tangent=self.tangent * 0, slope=Degree())

    def as_tangent(self) -> Number:
        """Return the tangent as a value."""
        return Number(self.tangent, self.tangent * 0, self.slope, Degree())

    def summing_to_one(self) -> Number:
        """Return the matrix with other last rows, so that every column sums to one."""
        value = self.value.copy()
        value[-1] = (1 - value[:-1].sum(0)) % PRIME
        return replace(self, value=value)


@dataclass
class Field:
    """Where numbers come from: what is drawn, the sizes, and the tables of the functions."""

    source: random.Random
    sizes: Mapping[Symbol, int]
    table: dict[tuple[str, int], int] = field(default_factory=dict)
    asked: int = 0  # the largest degree of what a function was asked for
    steps: dict[tuple[Leaf, int], int] = field(default_factory=dict)

    def filled(self, shape: tuple[int, int], number: int) -> Number:
        """Return a constant matrix."""
        zero = np.full(shape, 0, object)
        return Number(zero + number, zero, Degree(), Degree())

    def random(self) -> int:
        """Return a random number."""
        return self.source.randrange(PRIME)

    def scalar(self, expr: Expr) -> int:
        """Return a number of the mathematics, such as H + 1 or 1/√H, modulo the prime; whole numbers that are small as they are."""
        return _modular(sympify(expr).xreplace({size: Integer(number) for size, number in self.sizes.items()}))

    def function(self, name: str, number: int) -> int:
        """Return the entry of a function's table, a new random number if it has none."""
        return self.table.setdefault((name, number % PRIME), self.random())

    def risk(self, difference: Number) -> float:
        """Return the probability, at most, that a difference is zero by accident, or two arguments of functions are equal."""
        count = len(self.table)
        return (difference.degree.above + count * count * self.asked) / PRIME


def _modular(expr: Expr) -> int:
    if isinstance(expr, Rational):
        return int(expr) if expr.is_Integer else int(expr.p) * _inverse(int(expr.q)) % PRIME
    if isinstance(expr, Sum):
        return sum(map(_modular, expr.args))
    if isinstance(expr, Product):
        return reduce(lambda one, other: one * other, map(_modular, expr.args)) % PRIME
    if isinstance(expr, Pow) and isinstance(expr.exp, Rational) and expr.exp.q in (1, 2):
        base = _modular(expr.base) % PRIME
        root = base if expr.exp.q == 1 else _root(base)
        return pow(root if expr.exp.p > 0 else _inverse(root), abs(int(expr.exp.p)), PRIME)
    if expr.is_Float:
        return _modular(Rational(expr))
    raise NotCovered(f"the number {expr} has no meaning among whole numbers")


def _root(number: int) -> int:
    root = pow(number, (PRIME + 1) // 4, PRIME)
    if root * root % PRIME != number:
        raise VanishedError(f"{number} has no square root among the whole numbers modulo {PRIME}")
    return root


def draw(of: Field, shape: tuple[int, int], tangent: bool) -> Number:
    """Return a random matrix, with a random tangent or none."""
    count = shape[0] * shape[1]
    value, along = (np.array([of.random() for _ in range(count)], object).reshape(shape) for _ in range(2))
    return Number(value, along if tangent else along * 0, Degree(1), Degree(int(tangent)))


def step_of(leaf: Leaf, of: Field, now: int) -> int:
    """Return the step at which a leaf is read in step `now`; 0 for what is the same in every step."""
    if leaf.time is None:
        return 0
    if (leaf, now) not in of.steps:
        of.steps[leaf, now] = of.scalar(leaf.time.subs(t, now))
    return of.steps[leaf, now]


# -- functions ---------------------------------------------------------------------------------------------------------------


def _apply(name: str, of: Number, within: Field) -> Number:
    """Return a function of every entry, with its derivative as a relation between numbers that the table holds."""
    if name == "identity":
        return of
    within.asked = max(within.asked, of.degree.plus(of.degree).above)
    entries = [_entry(name, int(number), within) for number in of.value.flat]
    value, slope = (np.array([one[place] for one in entries], object).reshape(of.value.shape) for place in (0, 1))
    derivative = of.degree.inverted() if name == "log" else Degree(0, 1) if name == "sqrt" else Degree(2)
    return Number(value, slope * of.tangent % PRIME, Degree(1), derivative.times(of.slope))


def _entry(name: str, z: int, within: Field) -> tuple[int, int]:
    """Return a function of a number, and its derivative there."""
    y = within.function(name, z)
    if name == "relu":  # its derivative may be written in what it gives
        return y, within.table.setdefault(("step", y), within.function("step", z))
    if name == "softplus":  # and so may this one, as 1 - exp(-y) or 1 - 1/exp(y)
        slope = within.function("sigmoid", z)
        within.table.setdefault(("exp", -y % PRIME), (1 - slope) % PRIME)
        within.table.setdefault(("exp", y), _inverse(1 - slope))
        return y, slope
    slopes: dict[str, Callable[[], int]] = {
        "tanh": lambda: 1 - y * y,
        "sigmoid": lambda: y * (1 - y),
        "exp": lambda: y,
        "log": lambda: _inverse(z),
        "sqrt": lambda: _inverse(2 * y),
        "abs": lambda: within.function("sign", z),
        "sin": lambda: within.function("cos", z),
        "cos": lambda: -within.function("sin", z),
        "step": lambda: 0,
        "sign": lambda: 0,
    }
    if name not in slopes:
        raise NotCovered(f"the function {name} has no derivative among whole numbers")
    return y, slopes[name]() % PRIME


def _column(name: str, of: Number, within: Field) -> Number:
    """Return softmax or log softmax of a column, of exponentials and logarithms."""
    powers = _apply("exp", of, within)
    if name == "softmax":
        return powers.times(powers.summed().inverted())
    return of.minus(_apply("log", powers.summed(), within))


# -- expressions -------------------------------------------------------------------------------------------------------------


def pair(expr: Node, within: Field, read: Read, now: int) -> Number:
    """Return the value of an expression in step `now`, with its tangent; `read` gives what its leaves are.

    Raises:
        NotCovered: it has a node or a function without a meaning here.
        VanishedError: a denominator is zero.
    """

    def of(part: Any) -> Number:
        return pair(part, within, read, now)

    if isinstance(expr, Leaf):
        return read(expr, now, False)
    if isinstance(expr, node.Bar):
        return read(expr.leaf, now, True)
    if isinstance(expr, node.Ones | node.Zeros):
        return within.filled(_shape(expr, within), int(isinstance(expr, node.Ones)))
    if isinstance(expr, node.Eye):
        count = _shape(expr, within)[0]
        return _diagonal(within.filled((count, 1), 1))
    if isinstance(expr, node.Apply):
        column = expr.function in ("softmax", "log_softmax")
        return (_column if column else _apply)(expr.function, of(expr.body), within)
    return _operation(expr, tuple(of(part) for part in expr.args if isinstance(part, Node)), within)


def _operation(expr: Node, parts: tuple[Number, ...], within: Field) -> Number:
    """Return what a node is of its parts."""
    first = parts[0]
    match expr:
        case node.Add():
            return reduce(Number.plus, parts)
        case node.Scale():
            return first.times(within.filled((1, 1), within.scalar(expr.factor) % PRIME))
        case node.Multiple() | node.Had():
            return reduce(Number.times, parts)
        case node.Mul():
            return reduce(lambda one, other: one.times(other, np.dot, one.value.shape[1]), parts)
        case node.Quotient():
            return first.times(parts[1].inverted())
        case node.Power():
            exponent = int(expr.args[1])
            raised = reduce(Number.times, (first,) * abs(exponent)) if exponent else within.filled(first.value.shape, 1)
            return raised if exponent >= 0 else raised.inverted()
        case node.Transpose():
            return first.mapped(np.transpose)
        case node.Diag():
            return _diagonal(first)
        case node.Concat():
            return reduce(_stacked, parts)
        case node.Slice():
            begin, count = within.scalar(expr.first), _shape(expr, within)[0]
            return first.mapped(lambda array: array[begin : begin + count])
        case node.Trace():
            return first.mapped(lambda array: np.diag(array)[:, None]).summed()
    raise NotCovered(f"{type(expr).__name__} has no meaning among whole numbers")


def _shape(expr: Node, within: Field) -> tuple[int, int]:
    return within.scalar(expr.shape[0]), within.scalar(expr.shape[1])


def _diagonal(column: Number) -> Number:
    return column.mapped(lambda array: np.diag(array[:, 0]))


def _stacked(one: Number, other: Number) -> Number:
    value, tangent = (np.concatenate(two) for two in ((one.value, other.value), (one.tangent, other.tangent)))
    return Number(value, tangent, _larger(one.degree, other.degree), _larger(one.slope, other.slope))


def _larger(one: Degree, other: Degree) -> Degree:
    return Degree(max(one.above, other.above), max(one.below, other.below))
