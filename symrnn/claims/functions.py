"""The functions that a formula may call, under all their names, and their derivatives f'."""

from __future__ import annotations

from sympy import Expr

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import Add, Apply, Diag, Mul, Node, Ones, Power, Scale, Trace, Transpose
from symrnn.calculus.activations import derivative, softmax_jacobian
from symrnn.claims import values
from symrnn.claims.values import Value
from symrnn.errors import ShapeError

FUNCTION_NAMES: dict[str, str] = {
    **{
        name: name
        for name in ("tanh", "relu", "exp", "log", "sqrt", "abs", "sign", "sin", "cos", "softplus", "softmax", "step")
    },
    **dict.fromkeys(("sigmoid", "sigma", "logistic", "sigm", "expit"), "sigmoid"),
    "ReLU": "relu",
    "Relu": "relu",
    "ln": "log",
    "Softmax": "softmax",
    "sgn": "sign",
    "tr": "trace",
    "Tr": "trace",
    "trace": "trace",
    "diag": "diag",
    "Diag": "diag",
    "sech": "sech",
    "sum": "sum",
    "log_softmax": "log_softmax",
    "logsoftmax": "log_softmax",
    "transpose": "transpose",
    "dtanh": "dtanh",
    "dsigmoid": "dsigmoid",
}


def called(name: str, argument: Value, primes: int, exponent: Expr | None) -> Value:
    """Return f(x), f'(x), f''(x) or f²(x).

    Raises:
        ShapeError: the argument does not have the shape that the function needs, or the function has no derivative by a prime.
    """
    function = FUNCTION_NAMES.get(name)
    if function is None:
        raise ShapeError(f"{name} is no function that is known here; known: {', '.join(sorted(FUNCTION_NAMES))}")
    node = values.as_node(argument)
    value = _of_matrix(function, node) if primes == 0 else _derived(function, node, primes)
    return value if exponent is None else values.power(value, exponent)


def _of_matrix(function: str, node: Node) -> Node:
    if function == "trace":
        return Trace(node)
    if function == "transpose":
        return node.T
    if function == "diag":
        return _diag(node)
    if function == "sum":
        return Mul(Ones(1, node.shape[0]), node, Ones(node.shape[1], 1))
    if function == "sech":
        square = Add(Ones(*node.shape), Scale(-1, Power(Apply("tanh", node), 2)))
        return Apply("sqrt", square)
    if function in ("dtanh", "dsigmoid"):
        return derivative(function[1:], node)
    if function in COLUMN_FUNCTIONS and not node.is_column and node.shape[0] == 1:
        return Transpose(Apply(function, node.T))
    return Apply(function, node)


def _diag(node: Node) -> Node:
    if node.is_column:
        return Diag(node)
    if node.shape[0] == 1:
        return Diag(node.T)
    raise ShapeError(f"diag needs a vector, {node!r} is a matrix")


def _derived(function: str, node: Node, primes: int) -> Node:
    if function == "softmax" and primes == 1:
        column = node if node.is_column else node.T
        return softmax_jacobian(Apply("softmax", column))
    if function in ("trace", "diag", "sum", "sech", "transpose", *COLUMN_FUNCTIONS) or primes > 1:
        raise ShapeError(f"{function} with {primes} primes has no meaning here")
    return derivative(function, node)


__all__ = ["FUNCTION_NAMES", "called"]
