"""Numbers: what an expression is, given NumPy arrays for its leaves. Every rule is tested against this meaning.

Arrays are (…, rows, columns): axes in front are a batch and follow NumPy's broadcasting. Real and complex values are
both meant, so that the complex step differentiates through: nothing is conjugated, and where a function asks for a sign
or an order (relu, |z|, the shift of softmax) the real part answers.

A new node needs one function here, registered under its class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, singledispatch
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Integer, Symbol

from symrnn.algebra.functions import FUNCTIONS, Z
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Bar,
    Concat,
    D,
    Diag,
    Eye,
    Had,
    Jac,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.algebra.time import ProdT, SumT
from symrnn.errors import RuleError

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Values:
    """The given arrays and sizes. `sizes` may also hold the number of steps T and the current step t."""

    arrays: Mapping[Node, Array]
    sizes: Mapping[Symbol, int]

    def number(self, expr: Expr) -> int | float:
        """Return a scalar of the mathematics, such as I + H or 1/2, as a Python number."""
        exact = sympy.sympify(expr).xreplace({symbol: Integer(value) for symbol, value in self.sizes.items()})
        if exact.free_symbols:
            missing = ", ".join(sorted(map(str, exact.free_symbols)))
            raise RuleError(f"{expr} cannot be computed: no value is given for {missing}")
        return int(exact) if exact.is_Integer else float(exact)

    def whole(self, expr: Expr) -> int:
        """Return a size or a step as a number."""
        found = self.number(expr)
        if not isinstance(found, int):
            raise RuleError(f"{expr} is {found}, not a whole number")
        return found


def evaluate(expr: Node, values: Mapping[Node, Array], sizes: Mapping[Symbol, int]) -> Array:
    """Return the value of an expression.

    `values` holds an array for each leaf at each step (`h.at(2)`, or `h.at(t)` as it stands in an equation), and for
    each differential and adjoint that occurs. A value given for a part of the expression is taken as it is.

    Shapes: (…, rows, columns), for the result too.

    Raises:
        RuleError: a value is missing, or a node has no numeric meaning yet.
    """
    return _evaluate(expr, Values(values, sizes))


def _evaluate(expr: Node, given: Values) -> Array:
    if expr in given.arrays:
        return np.asarray(given.arrays[expr])
    return _value(expr, given)


@singledispatch
def _value(node: object, given: Values) -> Array:
    """Return the value of a node; one from elsewhere says by a method `numeric` what it is of the values of its parts."""
    numeric = getattr(node, "numeric", None)
    if numeric is not None and isinstance(node, Node):
        return np.asarray(numeric(*(_evaluate(arg, given) for arg in node.args if isinstance(arg, Node))))
    raise RuleError(f"{type(node).__name__} has no numeric value yet; add a function to symrnn/algebra/evaluate.py")


@_value.register(Leaf)
def _leaf(node: Leaf, given: Values) -> Array:
    found = given.arrays.get(_at_number(node, given))
    if found is None:
        raise RuleError(f"no value is given for {node!r}")
    return np.asarray(found)


@_value.register(D)
@_value.register(Bar)
@_value.register(Jac)
def _of_leaf(node: D | Bar | Jac, given: Values) -> Array:
    found = given.arrays.get(type(node)(_at_number(node.leaf, given)))
    if found is None:
        raise RuleError(f"no value is given for {node!r}")
    return np.asarray(found)


def _at_number(leaf: Leaf, given: Values) -> Leaf:
    """Return the leaf with its step computed: h at T−1 is h at 3 when T is 4."""
    if leaf.time is None or leaf.time.free_symbols - set(given.sizes):
        return leaf
    return leaf.at(Integer(given.whole(leaf.time)))


@_value.register(Ones)
def _ones(node: Ones, given: Values) -> Array:
    return np.ones(_shape(node, given))


@_value.register(Zeros)
def _zeros(node: Zeros, given: Values) -> Array:
    return np.zeros(_shape(node, given))


@_value.register(Eye)
def _eye(node: Eye, given: Values) -> Array:
    return np.eye(_shape(node, given)[0])


def _shape(node: Node, given: Values) -> tuple[int, int]:
    return given.whole(node.shape[0]), given.whole(node.shape[1])


@_value.register(Add)
def _add(node: Add, given: Values) -> Array:
    total, *rest = (_evaluate(term, given) for term in node.args)
    for term in rest:
        total = total + term
    return total


@_value.register(Scale)
def _scale(node: Scale, given: Values) -> Array:
    return given.number(node.factor) * _evaluate(node.body, given)


@_value.register(Multiple)
def _multiple(node: Multiple, given: Values) -> Array:
    return _evaluate(node.scalar, given) * _evaluate(node.body, given)


@_value.register(Mul)
def _mul(node: Mul, given: Values) -> Array:
    result, *rest = (_evaluate(factor, given) for factor in node.args)
    for factor in rest:
        result = result @ factor
    return result


@_value.register(Had)
def _had(node: Had, given: Values) -> Array:
    result, *rest = (_evaluate(factor, given) for factor in node.args)
    for factor in rest:
        result = result * factor
    return result


@_value.register(Quotient)
def _quotient(node: Quotient, given: Values) -> Array:
    above, below = node.args
    return _evaluate(above, given) / _evaluate(below, given)


@_value.register(Power)
def _power(node: Power, given: Values) -> Array:
    body, exponent = _evaluate(node.args[0], given), int(node.args[1])
    raised = body ** abs(exponent)
    return raised if exponent >= 0 else 1 / raised


@_value.register(Transpose)
def _transpose(node: Transpose, given: Values) -> Array:
    return np.swapaxes(_evaluate(node.args[0], given), -1, -2)


@_value.register(Diag)
def _diag(node: Diag, given: Values) -> Array:
    column = _evaluate(node.args[0], given)
    return column * np.eye(column.shape[-2])


@_value.register(Concat)
def _concat(node: Concat, given: Values) -> Array:
    blocks = [_evaluate(block, given) for block in node.args]
    batch = np.broadcast_shapes(*(block.shape[:-2] for block in blocks))
    return np.concatenate([np.broadcast_to(block, batch + block.shape[-2:]) for block in blocks], axis=-2)


@_value.register(Slice)
def _slice(node: Slice, given: Values) -> Array:
    first, count = given.whole(node.first), given.whole(node.shape[0])
    body = _evaluate(node.body, given)
    if first + count > body.shape[-2]:
        raise RuleError(f"{node!r} ends at row {first + count}, but there are {body.shape[-2]}")
    return body[..., first : first + count, :]


@_value.register(Trace)
def _trace(node: Trace, given: Values) -> Array:
    return np.trace(_evaluate(node.args[0], given), axis1=-2, axis2=-1)[..., None, None]


@_value.register(Apply)
def _apply(node: Apply, given: Values) -> Array:
    return function(node.function)(_evaluate(node.body, given))


@_value.register(SumT)
def _sum_over_time(node: SumT, given: Values) -> Array:
    total = np.zeros(_shape(node, given))
    for step in _steps(node, given):
        total = total + _evaluate(node.at(step), given)
    return total


@_value.register(ProdT)
def _product_over_time(node: ProdT, given: Values) -> Array:
    result = np.eye(_shape(node, given)[0])
    for step in _steps(node, given):
        result = result @ _evaluate(node.at(step), given)
    return result


def _steps(node: SumT | ProdT, given: Values) -> range:
    return range(given.whole(node.low), given.whole(node.high) + 1)


def _positive(z: Array) -> Array:
    return np.real(z) > 0


def _sigmoid(z: Array) -> Array:
    small = np.exp(np.where(_positive(z), -z, z))  # never overflows
    return np.where(_positive(z), 1, small) / (1 + small)


def _softplus(z: Array) -> Array:
    return np.where(_positive(z), z, 0) + np.log1p(np.exp(np.where(_positive(z), -z, z)))


def _shifted(z: Array) -> Array:
    return z - np.max(np.real(z), axis=-2, keepdims=True)


def _softmax(z: Array) -> Array:
    powers = np.exp(_shifted(z))
    return powers / np.sum(powers, axis=-2, keepdims=True)


def _log_softmax(z: Array) -> Array:
    shifted = _shifted(z)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-2, keepdims=True))


_BY_HAND: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": lambda z: np.where(_positive(z), z, 0),
    "step": lambda z: np.where(_positive(z), 1.0, 0.0),
    "sign": lambda z: np.sign(np.real(z)),
    "abs": lambda z: z * np.sign(np.real(z)),
    "softmax": _softmax,
    "log_softmax": _log_softmax,
}


@cache
def function(name: str) -> Callable[[Array], Array]:
    """Return the NumPy function of a row of the table; a row without one here is computed by its definition."""
    if name in _BY_HAND:
        return _BY_HAND[name]
    if name not in FUNCTIONS:
        raise RuleError(f"{name} has no numeric value yet; add it to _BY_HAND in symrnn/algebra/evaluate.py")
    compiled: Callable[[Array], Array] = sympy.lambdify(Z, FUNCTIONS[name].definition, "numpy")
    return compiled
