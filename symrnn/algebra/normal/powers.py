"""Powers, reciprocals and square roots of polynomials.

A product is inverted factor by factor. A sum is not a product of atoms: its reciprocal is B^{−1} with a new atom B that stands
for the sum, B = P, and √P is B^{1/2}. Whole positive powers of B are expanded again, and P B^{−k} = B^{1−k} is applied when a
term is settled, so P/P = 1 and √P √P = P. Side conditions: P ≠ 0 below a fraction bar, P ≥ 0 under a root.
"""

from __future__ import annotations

from fractions import Fraction

from sympy import Expr, Mul, Rational, S, sqrt

from symrnn.algebra.normal.arguments import Argument, Normalised, Shape, canonical_argument, monic
from symrnn.algebra.normal.scalars import scalar
from symrnn.algebra.normal.settle import DELTA, MAX_TERMS, multiplied, product
from symrnn.algebra.normal.steps import open_scalar
from symrnn.algebra.normal.terms import (
    FIRST_DUMMY,
    ONE,
    ZERO,
    Atom,
    Factor,
    Facts,
    GaveUp,
    Monomial,
    Number,
    Poly,
    lone,
    total,
)

MAX_EXPONENT = 64


def power(poly: Poly, exponent: int, shape: Shape) -> Poly:
    """Return an entrywise power with a whole exponent; x^0 = 1.

    Raises:
        GaveUp: 0 is inverted, or the result is too large.
    """
    if exponent < 0:
        return _reciprocal(poly, -exponent, shape)
    if exponent > MAX_EXPONENT or len(poly) ** exponent > MAX_TERMS**2:
        raise GaveUp(f"the power {exponent} of a sum of {len(poly)} terms is too large to expand")
    result = ONE
    for _ in range(exponent):
        result = multiplied(result, poly)
    return result


def divided(factor: Expr) -> Poly:
    """Return a scalar, with the reciprocal of a sum as that of a polynomial: (n + m) · 1/(n + m) = 1 for sizes n, m.

    Sums with the step of an enclosing sum over time are left to `open_scalar`. The base is not multiplied out, so that the
    reciprocals of a sum and of its square are powers of one atom.
    """
    if factor.is_Add:
        return total(divided(term) for term in factor.args)
    parts = Mul.make_args(factor)
    below = [part for part in parts if _is_reciprocal_of_sum(part)]
    if not below:
        return open_scalar(factor)
    shape = S.One, S.One
    powers = (power(open_scalar(part.base), int(part.exp), shape) for part in below)
    return multiplied(open_scalar(Mul(*(part for part in parts if part not in below))), *powers)


def _is_reciprocal_of_sum(part: Expr) -> bool:
    is_reciprocal = part.is_Pow and part.base.is_Add and part.exp.is_Integer and part.exp < 0
    return is_reciprocal and all(symbol.is_positive for symbol in part.base.free_symbols)


def square_root(poly: Poly, shape: Shape) -> Poly:
    """Return √P for P ≥ 0."""
    if not poly:
        return ZERO
    scale = _magnitude(poly.leading)
    front = scalar(sqrt(Rational(scale.numerator, scale.denominator)))
    if poly.constant is not None:
        if poly.leading < 0:
            raise GaveUp("the square root of a negative number")
        return front
    argument = canonical_argument(poly, shape, _without_scale)
    return multiplied(front, _base(argument, Fraction(1, 2)))


def _without_scale(poly: Poly) -> Normalised:
    scale = _magnitude(poly.leading)
    return scale, poly.times(1 / scale)


def _magnitude(value: Number) -> Fraction:
    return Fraction(value if value > 0 else -value)


def common_factors(poly: Poly) -> tuple[Factor, ...]:
    """Return the factors without dummies that all terms share, each with the power that they share."""
    first, *others = ({f[:3]: f for f in monomial.factors if _is_free(f)} for monomial, _ in poly.terms)
    shared = list(first.values())
    for other in others:
        met = [(factor, other[factor[:3]]) for factor in shared if factor[:3] in other]
        shared = [min(pair, key=lambda factor: factor.exponent) for pair in met]
    return tuple(shared)


def divided_by(poly: Poly, factors: tuple[Factor, ...]) -> Poly:
    """Return the quotient by factors that all terms share."""
    inverted = tuple(factor._replace(exponent=-factor.exponent) for factor in factors)
    terms = []
    for monomial, coefficient in poly.terms:
        left = {factor[:3]: factor for factor in monomial.factors if _is_free(factor)}
        for factor in inverted:
            old = left[factor[:3]]
            left[factor[:3]] = old._replace(exponent=old.exponent + factor.exponent)
        bound = tuple(factor for factor in monomial.factors if not _is_free(factor))
        kept = tuple(factor for factor in left.values() if factor.exponent)
        terms.append((Monomial(tuple(sorted(bound + kept)), monomial.bounds), coefficient))
    return product((Poly(tuple(terms)), {}))


def _is_free(factor: Factor) -> bool:
    return all(label < FIRST_DUMMY for label in factor.labels)


def _reciprocal(poly: Poly, exponent: int, shape: Shape) -> Poly:
    """P^{−e}: shared factors are inverted one by one, what is left over becomes the base of a power."""
    if not poly:
        raise GaveUp("a division by zero")
    if any(factor.atom.startswith(DELTA) for monomial, _ in poly.terms for factor in monomial.factors):
        raise GaveUp("a division by a matrix with zero entries")
    shared = tuple(factor for factor in common_factors(poly) if not factor.atom.facts.idempotent)
    rest = divided_by(poly, shared) if shared else poly
    scale: Number = rest.leading
    below: tuple[Factor, ...] = tuple(factor._replace(exponent=-exponent * factor.exponent) for factor in shared)
    result = Poly(((Monomial(tuple(sorted(below))), Fraction(1) / Fraction(scale) ** exponent),))
    rest = rest.times(Fraction(1) / scale)
    if rest == ONE:
        return product((result, {}))
    argument = canonical_argument(rest, shape, monic)
    result = result.times(Fraction(1) / Fraction(argument.number) ** exponent)
    return product((result, {}), (_base(argument, -exponent), {}))


def _base(argument: Argument, exponent: Number) -> Poly:
    """Return a power of the atom B that stands for a whole polynomial P."""
    poly = argument.poly
    facts = Facts(
        "",
        argument.sizes,
        inner=poly,
        symmetry=max(argument.symmetry, 0),
        power=(1, poly),
        inverse=_inverse(poly),
        relation="reciprocal",
    )
    return lone(Atom(f"base#{poly.key}", facts), argument.labels, argument.offsets, exponent)


def _inverse(poly: Poly) -> Poly | None:
    """Return 1/P for a product of factors without dummies, else None."""
    if poly.single is None:
        return None
    monomial, coefficient = poly.single
    if monomial.bounds or any(not _is_free(factor) or factor.atom.facts.idempotent for factor in monomial.factors):
        return None
    factors = tuple(factor._replace(exponent=-factor.exponent) for factor in monomial.factors)
    return Poly(((Monomial(factors), Fraction(1) / Fraction(coefficient)),))
