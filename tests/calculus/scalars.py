"""Backpropagation by SymPy on fully expanded scalars: a network for given sizes and steps as one formula in its entries.

Nothing of `symrnn.calculus` is used, and no matrix rule: SymPy multiplies explicit matrices and differentiates one scalar.
"""

from collections.abc import Mapping

import numpy as np
import sympy
from sympy import Expr, Integer, Matrix, Symbol

from symrnn.algebra.functions import COLUMN_FUNCTIONS, FUNCTIONS, Z
from symrnn.algebra.nodes import (
    Add,
    Apply,
    Concat,
    Had,
    Leaf,
    Mul,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    Transpose,
    t,
)
from symrnn.model.network import Network


def explicit(expr: Node, values: Mapping[Node, Matrix], sizes: Mapping[Symbol, int]) -> Matrix:
    """Return an expression as a matrix of scalar formulas."""
    if isinstance(expr, Leaf):
        return values[expr]
    if isinstance(expr, Ones):
        return sympy.ones(*(int(length.xreplace(sizes)) for length in expr.shape))
    parts = [explicit(arg, values, sizes) for arg in expr.args if isinstance(arg, Node)]
    if isinstance(expr, Apply):
        return applied(expr.function, parts[0])
    if isinstance(expr, Slice):
        first, count = (int(number.xreplace(sizes)) for number in (expr.first, expr.shape[0]))
        return parts[0][first : first + count, :]
    if isinstance(expr, Power):
        return parts[0].applyfunc(lambda entry: entry ** expr.args[1])
    plain = {
        Add: lambda *terms: sum(terms[1:], terms[0]),
        Mul: lambda *factors: sympy.prod(factors[1:], factors[0]),
        Scale: lambda body: expr.factor * body,
        Transpose: lambda body: body.T,
        Concat: Matrix.vstack,
        Had: lambda *factors: entrywise(sympy.Mul, factors),
        Quotient: lambda above, below: entrywise(lambda a, b: a / b, (above, below)),
    }
    return plain[type(expr)](*parts)


def entrywise(operation, matrices) -> Matrix:
    """Return an operation applied entry by entry."""
    rows, columns = matrices[0].shape
    return Matrix(rows, columns, lambda i, j: operation(*(one[i, j] for one in matrices)))


def applied(name: str, argument: Matrix) -> Matrix:
    """Return a function of the table by its elementary definition."""
    if name in COLUMN_FUNCTIONS:
        entries = list(argument)
        return Matrix([COLUMN_FUNCTIONS[name].entry(entries, i) for i in range(len(entries))])
    definition = sympy.tanh(Z) if name == "tanh" else FUNCTIONS[name].definition
    return argument.applyfunc(lambda entry: definition.subs(Z, entry))


def symbols(leaf: Leaf, sizes: Mapping[Symbol, int]) -> Matrix:
    """Return a matrix of scalar symbols for a leaf at a number."""
    rows, columns = (int(length.xreplace(sizes)) for length in leaf.shape)
    when = "" if leaf.time is None else f"@{leaf.time}"
    return Matrix(rows, columns, lambda i, j: Symbol(f"{leaf.name}{when}[{i},{j}]", real=True))


def loss(network: Network, sizes: Mapping[Symbol, int], steps: int, given: Mapping[Node, np.ndarray]) -> Expr:
    """Return J of a network as one scalar formula in the entries of everything that it starts from."""
    sizes = {symbol: Integer(value) for symbol, value in sizes.items()}
    values: dict[Node, Matrix] = {leaf: symbols(leaf, sizes) for leaf in given}
    total = Integer(0)
    for step in range(1, steps + 1):
        now = {t: Integer(step)}
        for line in network.equations:
            values[line.target.xreplace(now)] = explicit(line.expr.xreplace(now), values, sizes)
        if network.loss is not None:
            total += values[network.loss.at(step)][0, 0]
        for output, seed in network.seeds:
            total += (values[seed.at(step)].T * values[output.at(step)])[0, 0]
    return total


def gradient(formula: Expr, leaf: Leaf, sizes: Mapping[Symbol, int], given: Mapping[Node, np.ndarray]) -> np.ndarray:
    """Differentiate the formula with respect to every entry of a leaf, and put the numbers in."""
    places = {one: symbols(one, {size: Integer(value) for size, value in sizes.items()}) for one in given}
    names = [symbol for matrix in places.values() for symbol in matrix]
    numbers = [float(entry) for value in given.values() for entry in value.reshape(-1)]
    slopes = [sympy.diff(formula, symbol) for symbol in places[leaf]]
    found = sympy.lambdify(names, slopes, "numpy", cse=True, dummify=True)(*numbers)
    return np.array(found, dtype=float).reshape(places[leaf].shape)
