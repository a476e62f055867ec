"""What the functions of the table are in normal form.

    tanh(−P) = −tanh P, sin, cos         by parity            sin² = 1 − cos²
    σ(−P) = 1 − σ(P)                     softplus(−P) = softplus P − P
    relu P = P step(P)                   |P| = 2 P step(P) − P
    sign P = 2 step(P) + zeros(P) − 1    step(−P) = 1 − step(P) − zeros(P)     P zeros(P) = 0
    step² = step, zeros² = zeros         step(s P + (1−s) Q) = s step P + (1−s) step Q      step(P) zeros(P) = 0
    exp ΣcM = Π exp(M)^c                 exp(log P) = P       exp(−softplus P) = 1 − σ(P)
    log(exp P · Q) = P + log Q           log softmax = log_softmax             log σ(P) = −softplus(−P)

`zeros(P)` is 1 where P = 0, else 0: with it the identities of sign and step hold at the kink too. Every other function of the
table is an atom, with its parity. Values at 0 are evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

from sympy import Expr, Rational

from symrnn.algebra.functions import FUNCTIONS, Z
from symrnn.algebra.normal.arguments import Argument, Shape, canonical_argument, monic, plain, unsigned
from symrnn.algebra.normal.columns import column_entries, column_entry, without_shift
from symrnn.algebra.normal.drafts import naming_of
from symrnn.algebra.normal.powers import common_factors, divided_by, power, square_root
from symrnn.algebra.normal.scalars import scalar
from symrnn.algebra.normal.settle import multiplied, renamed
from symrnn.algebra.normal.terms import (
    COL,
    FIRST_DUMMY,
    ONE,
    ROW,
    UNIT,
    ZERO,
    Atom,
    Factor,
    Facts,
    GaveUp,
    Monomial,
    Number,
    Poly,
    lone,
    number,
    total,
)

POSITIVE = frozenset({"exp", "sigmoid", "softplus"})


def apply(function: str, poly: Poly, shape: Shape) -> Poly:
    """Return an entrywise function of a polynomial, in normal form.

    Raises:
        GaveUp: the argument is outside the domain of the function, or the result is too large.
    """
    return _RULES.get(function, partial(_other, function))(poly, shape)


def apply_to_column(function: str, blocks: tuple[Poly, ...], sizes: tuple[Expr, ...]) -> tuple[Poly, ...]:
    """Return the blocks of softmax or log_softmax of a column; softmax(0) = 1/n."""
    blocks = without_shift(blocks)
    if any(blocks):
        return column_entries(function, blocks, sizes)
    shape = sizes[0], Rational(1)
    share = power(total(scalar(size) for size in sizes), -1, shape)
    return (share if function == "softmax" else _log(share, shape),) * len(blocks)


def function_atom(function: str, argument: Argument, facts: Facts | None = None, exponent: Number = 1) -> Poly:
    """Return f(P)^e as a single factor, for a canonical argument."""
    known = replace(
        facts or Facts(function, symmetry=max(argument.symmetry, 0)),
        sizes=argument.sizes,
        function=function,
        inner=argument.poly,
        positive=function in POSITIVE,
        diagonal=_diagonal(function, argument),
    )
    return lone(Atom(f"{function}#{argument.poly.key}", known), argument.labels, argument.offsets, exponent)


def _diagonal(function: str, argument: Argument) -> Callable[[], Poly] | None:
    """Return f(P) at equal indices as a function of one index, since P itself may be simpler there."""
    if len(argument.sizes) < 2:
        return None
    inner, size = argument.poly, argument.sizes[0]
    return lambda: apply(function, renamed(inner, {COL: (ROW, 0)}), (size, size))


def _inner_shape(argument: Argument) -> Shape:
    return (*argument.sizes, Rational(1), Rational(1))[:2]


# Functions with a parity, and those without


def _other(function: str, poly: Poly, shape: Shape) -> Poly:
    parity = FUNCTIONS[function].parity
    if not poly:
        return ZERO if parity == "odd" else _at_zero(function)
    argument = canonical_argument(poly, shape, unsigned if parity else plain)
    symmetry = abs(argument.symmetry) if parity == "even" else argument.symmetry
    found = function_atom(function, argument, Facts(function, symmetry=symmetry))
    return found.times(argument.number) if parity == "odd" else found


def _at_zero(function: str) -> Poly:
    value = FUNCTIONS[function].definition.subs(Z, 0)
    if not isinstance(value, Rational):
        raise GaveUp(f"the value of {function} at 0 is not known to the normal form")
    return number(Fraction(int(value.p), int(value.q)))


def _identity(poly: Poly, shape: Shape) -> Poly:
    return poly


def _sin(poly: Poly, shape: Shape) -> Poly:
    if not poly:
        return ZERO
    argument = canonical_argument(poly, shape, unsigned)
    cosine = apply("cos", argument.poly, _inner_shape(argument))
    facts = Facts("sin", symmetry=argument.symmetry, power=(2, ONE - multiplied(cosine, cosine)))
    return function_atom("sin", argument, facts).times(argument.number)


def _sigmoid(poly: Poly, shape: Shape) -> Poly:
    if not poly:
        return number(Fraction(1, 2))
    argument = canonical_argument(poly, shape, unsigned)
    found = function_atom("sigmoid", argument)
    return found if argument.number > 0 else ONE - found


def _softplus(poly: Poly, shape: Shape) -> Poly:
    if not poly:
        return _log(number(2), shape)
    argument = canonical_argument(poly, shape, unsigned)
    found = function_atom("softplus", argument)
    return found if argument.number > 0 else found + poly


# Functions with a kink


def _is_positive(poly: Poly) -> bool:
    """Whether a polynomial is seen to be above zero: a sum of positive terms, each of positive factors."""
    return bool(poly) and all(
        coefficient > 0 and not monomial.bounds and all(factor.atom.facts.positive for factor in monomial.factors)
        for monomial, coefficient in poly.terms
    )


def _without_positive(poly: Poly) -> Poly:
    """Divide by the positive factors that all terms share: sign and zeros stay what they are."""
    positive = tuple(factor for factor in common_factors(poly) if factor.atom.facts.positive)
    return divided_by(poly, positive) if positive else poly


def _cases(poly: Poly) -> tuple[Poly, Poly, Poly] | None:
    """Write P as s P₁ + (1 − s) P₀ with a step s that occurs in it: P₁ is P at s = 1, P₀ at s = 0. None if there is no step."""
    factors = (factor for monomial, _ in poly.terms for factor in monomial.factors)
    step = next((f for f in factors if f.atom.facts.function == "step" and _free(f)), None)
    if step is None:
        return None
    there = Poly(tuple(term for term in poly.terms if step in term[0].factors))
    without = poly - there
    return Poly(((Monomial((step,)), 1),)), divided_by(there, (step,)) + without, without


def _by_cases(function: Callable[[Poly, Shape], Poly], poly: Poly, shape: Shape) -> Poly | None:
    """f(s P₁ + (1 − s) P₀) = s f(P₁) + (1 − s) f(P₀), since s is 0 or 1."""
    cases = _cases(poly)
    if cases is None:
        return None
    step, one, zero = cases
    at_zero = function(zero, shape)
    return at_zero + multiplied(step, function(one, shape) - at_zero)


def _step(poly: Poly, shape: Shape) -> Poly:
    if not poly:
        return ZERO
    known = _by_cases(_step, poly, shape)
    if known is not None:
        return known
    rest = _without_positive(poly)
    if _is_positive(rest) or _is_positive(rest.times(-1)):
        return ONE if _is_positive(rest) else ZERO
    argument = canonical_argument(rest, shape, monic)
    found = function_atom("step", argument, Facts("step", symmetry=max(argument.symmetry, 0), idempotent=True))
    return found if argument.number > 0 else ONE - found - _zeros(rest, shape)


def _zeros(poly: Poly, shape: Shape) -> Poly:
    """Return 1 where P = 0, else 0."""
    if not poly:
        return ONE
    known = _by_cases(_zeros, poly, shape)
    if known is not None:
        return known
    rest = _without_positive(poly)
    if _is_positive(rest) or _is_positive(rest.times(-1)):
        return ZERO
    argument = canonical_argument(rest, shape, monic)
    excluded = f"step#{argument.poly.key}"
    facts = Facts("zeros", symmetry=abs(argument.symmetry), idempotent=True, relation="zeros", excludes=excluded)
    return function_atom("zeros", argument, facts)


def _relu(poly: Poly, shape: Shape) -> Poly:
    """P step(P), and with P = −Q: P − P step(Q), since P zeros(P) = 0."""
    if not poly:
        return ZERO
    argument = canonical_argument(poly, shape, monic)
    if argument.number > 0:
        return multiplied(poly, _step(poly, shape))
    return poly - multiplied(poly, _step(poly.times(-1), shape))


def _abs(poly: Poly, shape: Shape) -> Poly:
    return _relu(poly, shape).times(2) - poly


def _sign(poly: Poly, shape: Shape) -> Poly:
    return _step(poly, shape).times(2) + _zeros(poly, shape) - ONE


# Exponentials, logarithms, roots


def _exp(poly: Poly, shape: Shape) -> Poly:
    """exp ΣcM = Π exp(M)^c over the monomials M; exp undoes a logarithm that stands alone with a whole coefficient."""
    result = ONE
    for monomial, coefficient in poly.terms:
        result = multiplied(result, _exp_of_term(monomial, coefficient, shape))
    return result


def _exp_of_term(monomial: Monomial, coefficient: Number, shape: Shape) -> Poly:
    factor = monomial.factors[0] if len(monomial.factors) == 1 and not monomial.bounds else None
    if factor is not None and factor.exponent == 1 and coefficient == int(coefficient) and _free(factor):
        known = _exp_of_factor(factor, coefficient > 0, shape)
        if known is not None:
            return power(known, abs(int(coefficient)), shape)
    argument = canonical_argument(Poly(((monomial, 1),)), shape)
    return function_atom("exp", argument, exponent=coefficient)


def _exp_of_factor(factor: Factor, positive: bool, shape: Shape) -> Poly | None:
    """Return exp(x), or exp(−x) if not `positive`, for a factor x whose exponential is known."""
    facts = factor.atom.facts
    if facts.function == "log_softmax":
        entry = column_entry("softmax", factor)
        return entry if positive else power(entry, -1, shape)
    if facts.function not in ("log", "softplus") or facts.inner is None:
        return None
    inner = renamed(facts.inner, naming_of(factor))
    if facts.function == "log":
        return inner if positive else power(inner, -1, shape)
    return ONE + _exp(inner, shape) if positive else ONE - _sigmoid(inner, shape)


def _free(factor: Factor) -> bool:
    return all(label < FIRST_DUMMY for label in factor.labels)


def _log(poly: Poly, shape: Shape) -> Poly:
    """log of a product takes the positive factors out; log(1 − σ P) = −softplus P, log(1 + exp P) = softplus P."""
    if poly.constant is not None:
        return _log_of_number(poly.constant)
    known = _log_of_two_terms(poly, shape)
    if known is not None:
        return known
    taken = []
    rest = poly
    if poly.single is not None:
        logs = {factor: _log_of_factor(factor, shape) for factor in poly.terms[0][0].factors if _free(factor)}
        out = {factor: log for factor, log in logs.items() if log is not None}
        taken = [log.times(factor.exponent) for factor, log in out.items()]
        rest = divided_by(poly, tuple(out)) if out else poly
    if rest.constant is not None:
        return total((*taken, _log_of_number(rest.constant)))
    return total((*taken, function_atom("log", canonical_argument(rest, shape))))


def _log_of_number(value: Number) -> Poly:
    if value <= 0:
        raise GaveUp("the logarithm of a number that is not positive")
    shape = Rational(1), Rational(1)
    return ZERO if value == 1 else function_atom("log", canonical_argument(number(value), shape))


def _log_of_factor(factor: Factor, shape: Shape) -> Poly | None:
    """Return log(x) for a positive atom x (its exponent left aside), or None."""
    facts = factor.atom.facts
    if facts.function == "softmax":
        return column_entry("log_softmax", factor)
    if facts.function == "exp" and facts.inner is not None:
        return renamed(facts.inner, naming_of(factor))
    if facts.function == "sigmoid" and facts.inner is not None:
        return _softplus(renamed(facts.inner, naming_of(factor)).times(-1), shape).times(-1)
    if not facts.positive:
        return None
    alone = Poly(((Monomial((factor._replace(exponent=1),)), 1),))
    return function_atom("log", canonical_argument(alone, shape))


def _log_of_two_terms(poly: Poly, shape: Shape) -> Poly | None:
    if len(poly) != 2 or poly.terms[0] != (UNIT, 1):
        return None
    monomial, coefficient = poly.terms[1]
    if monomial.bounds or not all(_free(factor) and factor.atom.facts.inner is not None for factor in monomial.factors):
        return None
    names = {factor.atom.facts.function for factor in monomial.factors}
    inners = [renamed(f.atom.facts.inner or ZERO, naming_of(f)).times(f.exponent) for f in monomial.factors]
    if names == {"exp"} and coefficient == 1:
        return _softplus(total(inners), shape)
    if names == {"sigmoid"} and coefficient == -1 and len(inners) == 1 and monomial.factors[0].exponent == 1:
        return _softplus(inners[0], shape).times(-1)
    return None


_RULES: dict[str, Callable[[Poly, Shape], Poly]] = {
    "identity": _identity,
    "sin": _sin,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "step": _step,
    "zeros": _zeros,
    "relu": _relu,
    "abs": _abs,
    "sign": _sign,
    "exp": _exp,
    "log": _log,
    "sqrt": square_root,
}
