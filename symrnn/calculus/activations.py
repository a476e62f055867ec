"""Derivatives of the function table as matrix expressions: in the argument, and in the output.

The scalar derivative is SymPy's (`symrnn.algebra.functions`); here it becomes an expression over matrices of any size.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr

from symrnn.algebra.functions import FUNCTIONS, Y, Z
from symrnn.algebra.nodes import Add, Apply, Diag, Eye, Had, Mul, Node, Ones, Power, Quotient, Scale, Zeros
from symrnn.errors import RuleError


def derivative(function: str, argument: Node) -> Node:
    """Return f'(z), entry by entry, for z = `argument`."""
    row = FUNCTIONS[function]
    if row.from_output is not None and row.from_output.is_number:  # the same in every variable: identity, step, sign
        return elementwise(row.from_output, {Z: argument})
    return elementwise(row.derivative, {Z: argument})


def derivative_from_output(function: str, output: Node) -> Node | None:
    """Return f'(z) written in y = f(z), or None if the table has no such form."""
    form = FUNCTIONS[function].from_output
    return None if form is None else elementwise(form, {Y: output})


def elementwise(scalar: Expr, values: dict[sympy.Symbol, Node]) -> Node:
    """Return a scalar formula applied entry by entry to matrices of one shape; numbers become multiples of ones.

    Raises:
        RuleError: if the formula holds a function that is not in the table.
    """
    shape = next(iter(values.values())).shape

    def convert(part: Expr) -> Node:
        if part in values:
            return values[part]
        if part.is_number:
            return Zeros(*shape) if part == 0 else Scale(part, Ones(*shape))
        if part.is_Add:
            return Add(*map(convert, _reading_order(part)))
        if part.is_Mul:
            return _product(part, convert)
        if part.is_Pow and part.exp.is_negative:
            return Quotient(Ones(*shape), convert(part.base**-part.exp))
        if part.is_Pow and part.exp.is_Integer:
            return Power(convert(part.base), part.exp)
        if part.is_Pow and part.exp == sympy.Rational(1, 2):
            return Apply("sqrt", convert(part.base))
        name = {"exp": "exp", "log": "log", "tanh": "tanh", "absolute": "abs"}.get(
            type(part).__name__, type(part).__name__
        )
        if name in FUNCTIONS and len(part.args) == 1:
            return Apply(name, convert(part.args[0]))
        raise RuleError(f"no matrix form for {part}: add the function to symrnn/algebra/functions.py")

    return convert(scalar)


def _reading_order(total: Expr) -> list[Expr]:
    """Numbers first, then positive terms, then negative ones: 1 − y², y − y²."""
    return sorted(
        total.args, key=lambda term: (not term.is_number, term.could_extract_minus_sign(), sympy.default_sort_key(term))
    )


def _product(part: Expr, convert: Callable[[Expr], Node]) -> Node:
    above, below = part.as_numer_denom()
    if below != 1 and not below.is_number:
        return Quotient(convert(above), convert(below))
    factor, rest = part.as_coeff_Mul()
    factors = sorted(sympy.Mul.make_args(rest), key=lambda one: (one.is_Add, sympy.default_sort_key(one)))
    return Scale(factor, Had(*map(convert, factors)))


def softmax_jacobian(output: Node) -> Node:
    """Return ∂p/∂z = diag(p) − p pᵀ for p = softmax(z)."""
    return Diag(output) - output @ output.T


def log_softmax_jacobian(argument: Node) -> Node:
    """Return ∂ log softmax(z)/∂z = I − 1 softmax(z)ᵀ."""
    rows = argument.shape[0]
    return Add(Eye(rows), Scale(-1, Mul(Ones(rows), Apply("softmax", argument).T)))
