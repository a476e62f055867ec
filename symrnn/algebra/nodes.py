"""Matrix expressions: what may be written. Constructors check shapes with symbolic sizes and keep the author's order.

    leaf       Leaf(name, rows, cols, time)          a parameter (no time) or one step of a sequence
    of a leaf  D(leaf)                                its differential dX
               Jac(leaf)                              ∂J/∂X in numerator layout: the shape of Xᵀ
               Bar(leaf)                              its adjoint ∂J/∂X in gradient layout: the shape of X
    constant   Ones Zeros Eye
    linear     Add Scale Multiple Mul (matrix product) Transpose Diag Concat Slice Trace
    entrywise  Had (product) Quotient Power Apply

Nodes are subclasses of SymPy's `MatrixExpr`, so that substitution, hashing and traversal are SymPy's; nothing of SymPy's own
matrix algebra is used. Nothing is simplified here beyond what the constructors say. Sums and ordered products over time are in
`time`; equality is decided in `normal`, values are computed in `evaluate`.

Sizes are SymPy expressions; a vector is a column (n, 1), a scalar is (1, 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from weakref import WeakValueDictionary

from sympy import Basic, Expr, Integer, S, Symbol, Tuple, sympify
from sympy.core.symbol import Str
from sympy.matrices.expressions.matexpr import MatrixExpr

from symrnn.algebra.functions import ALL, COLUMN_FUNCTIONS
from symrnn.algebra.text import text
from symrnn.errors import ShapeError

t = Symbol("t", integer=True, positive=True)  # the current step
T = Symbol("T", integer=True, positive=True)  # the number of steps
_IN_USE: WeakValueDictionary[tuple[Any, ...], Node] = WeakValueDictionary()  # nodes by class and arguments


def shape_text(shape: tuple[Expr, Expr]) -> str:
    """Return a shape as `(H, 1)`."""
    return f"({shape[0]}, {shape[1]})"


class Node(MatrixExpr):
    """Base of every matrix expression of symrnn; gives the operators `@ + - * / **` and `.T`."""

    _op_priority = 1000.0
    is_commutative = False

    @property
    def T(self) -> Node:
        """The transpose; of a transpose, what was transposed."""
        return self.args[0] if isinstance(self, Transpose) else Transpose(self)

    def __matmul__(self, other: Node) -> Node:
        return Mul(self, other)

    def __add__(self, other: Node) -> Node:
        return Add(self, other)

    def __sub__(self, other: Node) -> Node:
        return Add(self, Scale(-1, other))

    def __neg__(self) -> Node:
        return Scale(-1, self)

    def __mul__(self, other: Any) -> Node:
        return Had(self, other) if isinstance(other, Node) else Scale(other, self)

    def __rmul__(self, other: Any) -> Node:
        return Scale(other, self)

    def __truediv__(self, other: Node) -> Node:
        return Quotient(self, other)

    def __pow__(self, other: int) -> Node:
        return Power(self, other)

    @property
    def is_scalar_shape(self) -> bool:
        """Whether this is a 1 × 1 matrix."""
        return self.shape == (S.One, S.One)

    @property
    def is_column(self) -> bool:
        """Whether this is a column, (n, 1)."""
        return self.shape[1] == 1

    def __repr__(self) -> str:
        return text(self)

    __str__ = __repr__


def _new(cls: type[Node], *args: Any) -> Any:
    """Return the node of a class with some arguments, the one in use where there is one: tables find it without comparing parts."""
    key = (cls, *(sympify(arg) if not isinstance(arg, Basic) else arg for arg in args))
    found = _IN_USE.get(key)
    return _IN_USE.setdefault(key, Basic.__new__(*key)) if found is None else found


def _part(place: int, about: str) -> Any:
    """Return the property that reads one argument of a node."""
    return property(lambda self: self.args[place], doc=about)


class Leaf(Node):
    """A named matrix: a parameter when `time` is None, else one step of a sequence.

    `Leaf("h", H, 1, t - 1)` is h at step t−1. Leaves are equal when name, shape and time are.
    """

    def __new__(cls, name: str | Str, rows: Any, cols: Any = 1, time: Any = None) -> Leaf:
        when = time if isinstance(time, Tuple) else Tuple() if time is None else Tuple(sympify(time))
        return _new(cls, Str(str(name)), rows, cols, when)

    @property
    def name(self) -> str:
        """The name, as in the cell text."""
        return self.args[0].name

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """(rows, columns)."""
        return self.args[1], self.args[2]

    @property
    def time(self) -> Expr | None:
        """The step, or None for what does not change over time."""
        return self.args[3].args[0] if self.args[3].args else None

    @property
    def moves(self) -> bool:
        """Whether this is of step t, or of one relative to it."""
        return self.time is not None and self.time.has(t)

    def at(self, time: Any) -> Leaf:
        """Return the same quantity at another step."""
        return Leaf(self.name, *self.shape, time)


class OfLeaf(Node):
    """Something that belongs to a leaf and is opaque to the algebra."""

    def __new__(cls, leaf: Leaf) -> Any:
        if not isinstance(leaf, Leaf):
            raise TypeError(f"{cls.__name__} belongs to a named quantity, not to {leaf!r}")
        return _new(cls, leaf)

    leaf = _part(0, "The quantity this belongs to.")
    shape = property(lambda self: self.leaf.shape)


class D(OfLeaf):
    """The differential dX of a leaf."""


class Bar(OfLeaf):
    """The adjoint of a leaf in gradient layout: entry (i, j) is ∂J/∂X_ij."""


class Jac(OfLeaf):
    """∂J/∂X in numerator layout: the transpose of the adjoint."""

    shape = property(lambda self: (self.leaf.shape[1], self.leaf.shape[0]))


class _Filled(Node):
    """A matrix with the same number everywhere."""

    def __new__(cls, rows: Any, cols: Any = 1) -> Any:
        return _new(cls, rows, cols)

    shape = property(lambda self: (self.args[0], self.args[1]))


class Ones(_Filled):
    """The matrix of ones."""


class Zeros(_Filled):
    """The matrix of zeros."""


class Eye(Node):
    """The identity matrix."""

    def __new__(cls, rows: Any) -> Eye:
        return _new(cls, rows)

    shape = property(lambda self: (self.args[0], self.args[0]))


def _flat(cls: type[Node], items: tuple[Node, ...]) -> Iterator[Node]:
    for item in items:
        if isinstance(item, cls):
            yield from item.args
        else:
            yield item


def _apart(cls: type[Node], factors: tuple[Node, ...]) -> tuple[Expr, tuple[Node, ...]]:
    """Return the product of the scalars of some factors, and the factors without them, nested products opened."""
    scalar: Expr = Integer(1)
    bare = []
    for item in factors:
        if isinstance(item, Scale):
            scalar, item = scalar * item.factor, item.body
        bare.append(item)
    return scalar, tuple(_flat(cls, tuple(bare)))


def _same_shape(operation: str, items: tuple[Node, ...]) -> None:
    for item in items[1:]:
        if item.shape != items[0].shape:
            raise ShapeError(
                f"{operation} needs equal shapes: {items[0]!r} is {shape_text(items[0].shape)}, "
                f"{item!r} is {shape_text(item.shape)}"
            )


class Add(Node):
    """A sum, in the author's order. Nested sums are one sum."""

    def __new__(cls, *terms: Node) -> Any:
        terms = tuple(_flat(Add, terms))
        _same_shape("a sum", terms)
        return terms[0] if len(terms) == 1 else _new(cls, *terms)

    shape = property(lambda self: self.args[0].shape)


class Scale(Node):
    """A scalar multiple c X; c is a SymPy scalar. 1 X is X, and factors of nested multiples are multiplied."""

    def __new__(cls, factor: Any, body: Node) -> Any:
        factor = sympify(factor)
        if isinstance(body, Scale):
            factor, body = factor * body.args[0], body.args[1]
        return body if factor == 1 else _new(cls, factor, body)

    factor = _part(0, "The scalar.")
    body = _part(1, "What is multiplied.")
    shape = property(lambda self: self.args[1].shape)


class Multiple(Node):
    """A multiple s X of a matrix by a quantity s of one row and column: every entry of X times the one entry of s.

    `Multiple(s, Ones(n))` has s at every entry. Scalar factors move to the front, nested multiples stay nested, and with the
    1 × 1 matrix of one 1 X is X and s 1 is s.
    """

    def __new__(cls, scalar: Node, body: Node) -> Any:
        if not scalar.is_scalar_shape:
            raise ShapeError(f"a multiple needs a number in front: {scalar!r} is {shape_text(scalar.shape)}")
        factor: Expr = Integer(1)
        if isinstance(scalar, Scale):
            factor, scalar = factor * scalar.factor, scalar.body
        if isinstance(body, Scale):
            factor, body = factor * body.factor, body.body
        if scalar == Ones(1, 1):
            return Scale(factor, body)
        return Scale(factor, scalar if body == Ones(1, 1) else _new(cls, scalar, body))

    scalar = _part(0, "The 1 × 1 matrix in front.")
    body = _part(1, "What is multiplied.")
    shape = property(lambda self: self.args[1].shape)


class Mul(Node):
    """A matrix product, in the author's order. Nested products are one product; scalar multiples move to the front."""

    def __new__(cls, *factors: Node) -> Any:
        factor, bare = _apart(Mul, factors)
        for left, right in pairwise(bare):
            if left.shape[1] != right.shape[0]:
                raise ShapeError(
                    f"a matrix product needs as many columns on the left as rows on the right: "
                    f"{left!r} is {shape_text(left.shape)}, {right!r} is {shape_text(right.shape)}"
                )
        product = bare[0] if len(bare) == 1 else _new(cls, *bare)
        return Scale(factor, product)

    shape = property(lambda self: (self.args[0].shape[0], self.args[-1].shape[1]))


class Had(Node):
    """An elementwise product, in the author's order. Nested products are one; scalar multiples move to the front."""

    def __new__(cls, *factors: Node) -> Any:
        factor, bare = _apart(Had, factors)
        _same_shape("an elementwise product", bare)
        product = bare[0] if len(bare) == 1 else _new(cls, *bare)
        return Scale(factor, product)

    shape = property(lambda self: self.args[0].shape)


class Quotient(Node):
    """An elementwise quotient; the denominator has no zero entry (a side condition of every statement that uses it)."""

    def __new__(cls, above: Node, below: Node) -> Any:
        _same_shape("an elementwise quotient", (above, below))
        return _new(cls, above, below)

    shape = property(lambda self: self.args[0].shape)


class Power(Node):
    """An elementwise power with a whole exponent."""

    def __new__(cls, body: Node, exponent: Any) -> Any:
        exponent = sympify(exponent)
        if not exponent.is_Integer:
            raise ShapeError(f"an elementwise power needs a whole exponent, found {exponent}")
        return body if exponent == 1 else _new(cls, body, exponent)

    shape = property(lambda self: self.args[0].shape)


class Transpose(Node):
    """A transpose. Write `.T`: it undoes itself."""

    def __new__(cls, body: Node) -> Any:
        if isinstance(body, Transpose):
            return body.args[0]
        if isinstance(body, Scale):
            return Scale(body.factor, Transpose(body.body))
        return _new(cls, body)

    shape = property(lambda self: (self.args[0].shape[1], self.args[0].shape[0]))


class Diag(Node):
    """The diagonal matrix with a column on its diagonal."""

    def __new__(cls, column: Node) -> Any:
        if not column.is_column:
            raise ShapeError(f"diag needs a column, {column!r} is {shape_text(column.shape)}")
        return _new(cls, column)

    shape = property(lambda self: (self.args[0].shape[0], self.args[0].shape[0]))


class Apply(Node):
    """A function of the table applied to a matrix: entry by entry, or to a whole column (softmax)."""

    def __new__(cls, function: str | Str, body: Node) -> Any:
        name = str(function)
        if name not in ALL:
            raise ShapeError(f"unknown function {name}; known: {', '.join(ALL)}")
        if name in COLUMN_FUNCTIONS and not body.is_column:
            raise ShapeError(f"{name} needs a column, {body!r} is {shape_text(body.shape)}")
        return _new(cls, Str(name), body)

    @property
    def function(self) -> str:
        """The function's name in the table."""
        return self.args[0].name

    body = _part(1, "The argument.")
    shape = property(lambda self: self.args[1].shape)


class Concat(Node):
    """Matrices with the same number of columns, one below the other: [x; h]."""

    def __new__(cls, *blocks: Node) -> Any:
        for block in blocks[1:]:
            if block.shape[1] != blocks[0].shape[1]:
                raise ShapeError(
                    f"a concatenation needs equally many columns: {blocks[0]!r} is {shape_text(blocks[0].shape)}, "
                    f"{block!r} is {shape_text(block.shape)}"
                )
        return blocks[0] if len(blocks) == 1 else _new(cls, *blocks)

    shape = property(lambda self: (sum((block.shape[0] for block in self.args), S.Zero), self.args[0].shape[1]))


class Slice(Node):
    """The rows first … first + count − 1 (counted from 0) of a matrix."""

    def __new__(cls, body: Node, first: Any, count: Any) -> Any:
        return _new(cls, body, first, count)

    body = _part(0, "What is cut.")
    first = _part(1, "The first row, from 0.")
    shape = property(lambda self: (self.args[2], self.args[0].shape[1]))


class Trace(Node):
    """The trace of a square matrix, as a 1 × 1 matrix."""

    def __new__(cls, body: Node) -> Any:
        if body.shape[0] != body.shape[1]:
            raise ShapeError(f"a trace needs a square matrix, {body!r} is {shape_text(body.shape)}")
        return _new(cls, body)

    shape = property(lambda self: (S.One, S.One))
