"""Scalars of the mathematics as polynomials: numbers, sizes, and other symbols such as 1/T or a learning rate."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy import Add, Expr, Float, Mul, Rational, expand, srepr

from symrnn.algebra.normal.terms import Atom, Factor, Facts, Monomial, Number, Poly, gather, number

lru = lru_cache(maxsize=4096)


@lru
def symbol_key(expr: Expr) -> str:
    """Return the text by which a SymPy scalar is known: unlike its name, it tells symbols of unequal assumptions apart."""
    return f"{expr}|{srepr(expr)}" if expr.free_symbols else str(expr)


def as_number(expr: Expr) -> Number | None:
    """Return a rational number, or the exact binary value of a floating-point one; None for anything else."""
    if isinstance(expr, Rational):
        return int(expr) if expr.is_Integer else Fraction(int(expr.p), int(expr.q))
    return Fraction(float(expr)) if isinstance(expr, Float) and expr.is_finite else None


@lru
def scalar(expr: Expr) -> Poly:
    """Return a scalar as a polynomial in its symbols; what is not a power of a symbol is an atom of its own."""
    terms: dict[Monomial, Number] = {}
    for term in Add.make_args(expand(expr)):
        coefficient: Number = 1
        exponents: dict[Atom, Number] = {}
        for part in Mul.make_args(term):
            value = as_number(part)
            if value is not None:
                coefficient *= value
                continue
            base, exponent = part.as_base_exp()
            power = as_number(exponent)
            atom = scalar_atom(base if power is not None else part)
            exponents[atom] = exponents.get(atom, 0) + (1 if power is None else power)
        factors = tuple(sorted(Factor(atom, (), (), e) for atom, e in exponents.items() if e))
        monomial = Monomial(factors)
        terms[monomial] = terms.get(monomial, 0) + coefficient
    return gather(terms)


@lru
def scalar_atom(base: Expr) -> Atom:
    """Return the atom of a scalar; √2 · √2 = 2 is recorded with the number 2."""
    value = as_number(base)
    known = None if value is None else (1, number(value))
    inverse = None if not value else number(Fraction(1) / Fraction(value))
    name = f"({base})" if base.is_Add else str(base)
    return Atom(
        f"scalar:{symbol_key(base)}", Facts(name, positive=bool(base.is_positive), power=known, inverse=inverse)
    )
