"""The values of the index normal form: atoms, monomials and polynomials.

    polynomial = Σ coefficient · monomial            entry (i, j) of a matrix, as an expression in its indices
    monomial   = Π atom[labels]^exponent | bounds    summed over every dummy label; bounds limit the steps among them

A label is a whole number: `ROW` and `COL` are the free indices of the entry, labels from `FIRST_DUMMY` are summed over (indices
over their whole range, steps where the bounds hold), and negative labels are steps that an enclosing sum over time will bind.
A step carries an offset: label −1 with offset 2 is two steps after the open step −1.

An atom is its key: two atoms are equal exactly if their keys are. Nothing here computes; products are settled in `settle`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from sympy import Expr

from symrnn.errors import ProofError

ROW, COL, FIRST_DUMMY = 0, 1, 2
Number = int | Fraction


class GaveUp(ProofError):
    """The normal form is not computed: too large, or outside what it covers. Never a statement about equality."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an atom besides its identity.

    Fields:
        name: for readers.
        sizes: the sizes of its index axes; labels beyond these are steps.
        function: the function it applies, or "" for a name.
        inner: the argument of the function, in ROW, COL and the open steps −1, −2, … of its step labels.
        symmetry: 1 if exchanging the two indices changes nothing, −1 if it changes the sign, else 0.
        positive: whether every value is above zero.
        idempotent: whether atom² = atom.
        power: (p, value) if atom^p = value, and `inverse` is 1/value if that is known.
        total: the sum over its only index, if that is known.
        diagonal: the value where its two indices are equal, if that is simpler.
        relation: "zeros" if inner · atom = 0, "reciprocal" if inner · atom^(−k) = atom^(1−k), or "".
        excludes: the key of an atom whose product with this one is zero.
        column, block: for an entry of a column function, the blocks of its argument with their sizes, and which block it is in.
    """

    name: str
    sizes: tuple[Expr, ...] = ()
    function: str = ""
    inner: Poly | None = None
    symmetry: int = 0
    positive: bool = False
    idempotent: bool = False
    power: tuple[int, Poly] | None = None
    inverse: Poly | None = None
    total: Poly | None = None
    diagonal: Callable[[], Poly] | None = None
    relation: str = ""
    excludes: str = ""
    column: tuple[tuple[Poly, ...], tuple[Expr, ...]] | None = None
    block: int = 0


class Atom(str):
    """A quantity that the algebra does not look into: a string, its key, with the facts about it attached."""

    __slots__ = ("facts",)
    facts: Facts

    def __new__(cls, key: str, facts: Facts) -> Atom:
        """Return the atom with this key."""
        atom = super().__new__(cls, key)
        atom.facts = facts
        return atom


class Factor(NamedTuple):
    """atom[labels]^exponent; the last len(offsets) labels are steps, each with its offset."""

    atom: Atom
    labels: tuple[int, ...]
    offsets: tuple[int, ...]
    exponent: Number

    @property
    def indices(self) -> tuple[int, ...]:
        """The labels that are indices."""
        return self.labels[: len(self.labels) - len(self.offsets)]

    @property
    def steps(self) -> tuple[tuple[int, int], ...]:
        """The labels that are steps, with their offsets."""
        first = len(self.labels) - len(self.offsets)
        return tuple(zip(self.labels[first:], self.offsets, strict=True))


Step = tuple[str, int]  # ("#", label), (a symbol's key, 0), or the constant zero
ZERO_STEP: Step = ("", 0)


class Bound(NamedTuple):
    """low − high ≤ gap between two steps."""

    low: Step
    high: Step
    gap: int


class Monomial(NamedTuple):
    """A product of factors, summed over its dummies, where the bounds hold. Canonical: made only by `settle`."""

    factors: tuple[Factor, ...]
    bounds: tuple[Bound, ...] = ()

    @property
    def next_dummy(self) -> int:
        """The first label above all labels in use."""
        top = max((label for factor in self.factors for label in factor.labels), default=COL)
        steps = (step[1] for bound in self.bounds for step in bound[:2] if step[0] == "#")
        return max(top, max(steps, default=COL), COL) + 1


UNIT = Monomial(())


@dataclass(frozen=True)
class Poly:
    """A sum of monomials with exact rational coefficients, sorted; equal polynomials have equal terms."""

    terms: tuple[tuple[Monomial, Number], ...] = field(default=())

    def __len__(self) -> int:
        return len(self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)

    @cached_property
    def key(self) -> str:
        """A digest of 160 bits of the terms."""
        written = ";".join(f"{c}*{_code(monomial)}" for monomial, c in self.terms)
        return hashlib.blake2b(written.encode(), digest_size=20).hexdigest()

    @cached_property
    def free(self) -> frozenset[int]:
        """The free labels in use: ROW, COL and open steps."""
        found = {label for monomial, _ in self.terms for factor in monomial.factors for label in factor.labels}
        for monomial, _ in self.terms:
            found.update(step[1] for bound in monomial.bounds for step in bound[:2] if step[0] == "#")
        return frozenset(label for label in found if label < FIRST_DUMMY)

    @property
    def constant(self) -> Number | None:
        """The value of a polynomial that is a number, else None."""
        if not self.terms:
            return 0
        monomial, coefficient = self.terms[0]
        return coefficient if len(self.terms) == 1 and monomial == UNIT else None

    @property
    def single(self) -> tuple[Monomial, Number] | None:
        """The only term, if there is one."""
        return self.terms[0] if len(self.terms) == 1 else None

    @property
    def leading(self) -> Number:
        """The coefficient of the first term."""
        return self.terms[0][1]

    def __add__(self, other: Poly) -> Poly:
        return total((self, other))

    def __sub__(self, other: Poly) -> Poly:
        return total((self, other.times(-1)))

    def times(self, number: Number) -> Poly:
        """Return a multiple."""
        if number == 1 or not self.terms:
            return self
        return Poly(tuple((monomial, c * number) for monomial, c in self.terms)) if number else ZERO

    def __str__(self) -> str:
        return " + ".join(_term_text(monomial, c) for monomial, c in self.terms).replace("+ -", "− ") or "0"


def _code(monomial: Monomial) -> str:
    factors = "*".join(f"{atom}{labels}{offsets}^{e}" for atom, labels, offsets, e in monomial.factors)
    return factors + "".join(f"|{low}-{high}<={gap}" for low, high, gap in monomial.bounds)


def gather(terms: Mapping[Monomial, Number]) -> Poly:
    """Return the polynomial with these coefficients."""
    return Poly(tuple(sorted((monomial, c) for monomial, c in terms.items() if c)))


def total(polys: Iterable[Poly]) -> Poly:
    """Return the sum of polynomials."""
    terms: dict[Monomial, Number] = {}
    for poly in polys:
        for monomial, coefficient in poly.terms:
            terms[monomial] = terms.get(monomial, 0) + coefficient
    return gather(terms)


def number(value: Number) -> Poly:
    """Return a number as a polynomial."""
    return Poly(((UNIT, value),)) if value else ZERO


ZERO = Poly()
ONE = number(1)


def lone(atom: Atom, labels: tuple[int, ...] = (), offsets: tuple[int, ...] = (), exponent: Number = 1) -> Poly:
    """Return a single factor as a polynomial; its labels are free, so nothing has to be settled."""
    return Poly(((Monomial((Factor(atom, labels, offsets, exponent),)), 1),))


_LETTERS = "ijklmnpqrsuvw"


def _label_text(label: int, offset: int = 0) -> str:
    name = _LETTERS[label] if 0 <= label < len(_LETTERS) else f"τ{-label}" if label < 0 else f"a{label}"
    return name + (f"{offset:+d}".replace("-", "−") if offset else "")


def _factor_text(factor: Factor) -> str:
    labels = [_label_text(label) for label in factor.indices] + [_label_text(*step) for step in factor.steps]
    exponent = "" if factor.exponent == 1 else f"^{factor.exponent}"
    facts = factor.atom.facts
    name = facts.name if facts.inner is None else f"{facts.name}({facts.inner})"
    return name + (f"[{','.join(labels)}]" if labels else "") + exponent


def _step_text(step: Any) -> str:
    return _label_text(step[1]) if step[0] == "#" else str(step[0]).partition("|")[0] or "0"


def _term_text(monomial: Monomial, coefficient: Number) -> str:
    factors = " ".join(_factor_text(factor) for factor in monomial.factors)
    bounds = ", ".join(f"{_step_text(b.low)} ≤ {_step_text(b.high)}{b.gap:+d}" for b in monomial.bounds)
    number = "" if coefficient == 1 and factors else "-" if coefficient == -1 and factors else f"{coefficient} "
    return (number + factors).strip() + (f" {{{bounds}}}" if bounds else "")
