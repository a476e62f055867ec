"""Every intermediate gets a name: one nested equation becomes several flat ones, which is what the reverse sweep reads.

After `name_intermediates` each equation is one of

    y = f(x)                          one function of a leaf
    y = [a; b]  or  y = a[rows]       a concatenation or a slice of leaves
    y = …                             an expression of +, scalars, products, quotients, powers and ones over leaves and
                                      transposed leaves, in which no elementwise operation holds a matrix product
    J = …                             the loss, in which functions of leaves may stand too: −yᵀ log(ŷ)

A matrix product has two factors, each a leaf, a transposed leaf, ones or diag(leaf); only the sum of all entries of a matrix
has three, 1ᵀ A 1. A multiple s X counts as elementwise: neither s nor X holds a matrix product.

What reads nothing that moves is computed once, before the first step, and its name has no time. Inside an equation of a step
no function and no matrix product of such quantities is left.

New names say what they are for: z_h is the argument of the function in the equation of h (the pre-activation), s_h an
operand of a matrix product, u_h a product that is multiplied elementwise, a_h the value of a function (an activation).
A second one is z2_h. What is named once in a cell is not named again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Concat,
    Diag,
    Had,
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
)
from symrnn.algebra.walk import leaves
from symrnn.model.equations import Cell, Equation

_ENTRYWISE = (Had, Quotient, Power, Multiple)
_CUTS = (Concat, Slice)


def name_intermediates(cell: Cell) -> Cell:
    """Return the same cell with a name for every intermediate; doing it twice changes nothing.

    Names that the cell uses already are not taken. New equations stand directly above the one that needs them and carry
    its note.
    """
    book = _Book(taken=_names(cell))
    for equation in cell.equations:
        book.enter(equation, is_loss=equation.target == cell.loss)
    return replace(cell, equations=tuple(book.equations))


def _names(cell: Cell) -> set[str]:
    found = [leaf.name for equation in cell.equations for leaf in (equation.target, *leaves(equation.expr))]
    declared = (*cell.inputs, *cell.params, *cell.constants, *cell.targets, *(state.leaf for state in cell.states))
    return {*found, *(leaf.name for leaf in declared), *map(str, cell.sizes)}


@dataclass(slots=True)
class _Book:
    """The equations written so far, and what the expressions that were given a name are called."""

    taken: set[str]
    equations: list[Equation] = field(default_factory=list)
    called: dict[Node, Leaf] = field(default_factory=dict)

    def enter(self, equation: Equation, is_loss: bool) -> None:
        page = _Page(self, equation, is_loss)
        self.equations.append(replace(equation, expr=page.whole(equation.expr)))

    def name(self, expr: Node, letter: str, equation: Equation) -> Leaf:
        if expr not in self.called:
            time = equation.target.time if moves(expr) else None
            rows, cols = expr.shape
            leaf = Leaf(self._fresh(letter, equation.target.name), rows, cols, time)
            self.called[expr] = leaf
            self.equations.append(Equation(leaf, expr, note=equation.note))
        return self.called[expr]

    def _fresh(self, letter: str, target: str) -> str:
        candidates = (f"{letter}{number if number > 1 else ''}_{target}" for number in count(1))
        found = next(name for name in candidates if name not in self.taken)
        self.taken.add(found)
        return found


@dataclass(frozen=True, slots=True)
class _Page:
    """One equation while it is taken apart."""

    book: _Book
    equation: Equation
    is_loss: bool

    def whole(self, expr: Node) -> Node:
        """Return a right-hand side in one of the four forms."""
        if isinstance(expr, Apply):
            return Apply(expr.function, self.argument(expr.body))
        if isinstance(expr, _CUTS):
            return self.cut(expr)
        return self.part(expr)

    def part(self, expr: Node) -> Node:
        """Return an expression that may stand inside a right-hand side."""
        if isinstance(expr, Apply):
            applied = self.whole(expr)
            return applied if self.is_loss and moves(expr) else self.named(applied, "a")
        if isinstance(expr, _CUTS):
            return self.named(self.cut(expr), "s")
        if isinstance(expr, Mul):
            found = self.product(expr)
            return self.named(found, "u") if self.equation.target.time is not None and not moves(expr) else found
        if isinstance(expr, Transpose):
            return self.part(expr.args[0]).T if self.is_loss else self.operand(expr)
        if isinstance(expr, _ENTRYWISE):
            return _rebuilt(expr, (self.factor(arg) for arg in expr.args if isinstance(arg, Node)))
        if isinstance(expr, (Diag, Trace)):
            return type(expr)(self.entries(expr.args[0]))
        if isinstance(expr, (Add, Scale)):
            return _rebuilt(expr, (self.part(arg) for arg in expr.args if isinstance(arg, Node)))
        return expr

    def argument(self, body: Node) -> Node:
        """Return the argument of a function: a leaf."""
        return body if isinstance(body, Leaf) else self.named(self.whole(body), "z")

    def entries(self, body: Node) -> Node:
        """Return what stands on a diagonal, or what a trace is of: a leaf."""
        return self.named(self.whole(body), "a" if isinstance(body, Apply) else "s")

    def cut(self, expr: Node) -> Node:
        """Return a concatenation or a slice, of leaves."""
        bodies = (arg for arg in expr.args if isinstance(arg, Node))
        return _rebuilt(expr, (arg if isinstance(arg, Leaf) else self.named(self.whole(arg), "s") for arg in bodies))

    def factor(self, expr: Node) -> Node:
        """Return an operand of an elementwise operation: it holds no matrix product."""
        found = self.part(expr)
        return self.named(found, "u") if _holds_product(found) else found

    def product(self, expr: Node) -> Node:
        """Return a matrix product of leaves. What meets at a single column and row is computed on its own: a (bᵀ c)."""
        runs = _split_at_columns([self.operand(factor) for factor in expr.args])
        if len(runs) == 1:
            return self.chain(runs[0])
        return self.chain([run[0] if len(run) == 1 else self.named(self.chain(run), "u") for run in runs])

    def chain(self, factors: list[Node]) -> Node:
        """Return a product of two: from the right when it ends in a column, else from the left; 1ᵀ A 1 stays whole."""
        first, last = factors[0], factors[-1]
        if isinstance(last, Ones) and first.shape[0] == 1 and len(factors) > 1:
            if len(factors) > 2 and isinstance(first.T, Ones):
                return Mul(first, self.named(self.chain(factors[1:-1]), "u"), last)
            return Mul(last.T, self.named(self.operand(self.chain(factors[:-1]).T), "s"))  # aᵀ 1 is 1ᵀ a
        while len(factors) > 2:
            if factors[-1].is_column:
                factors = [*factors[:-2], self.named(Mul(*factors[-2:]), "u")]
            else:
                factors = [self.named(Mul(*factors[:2]), "u"), *factors[2:]]
        return Mul(*factors)

    def operand(self, expr: Node) -> Node:
        """Return a factor of a matrix product: a leaf or ones, possibly transposed, or diag; in a loss also entrywise."""
        if isinstance(expr, Transpose):
            body = self.operand(expr.args[0])
            return body if isinstance(body, Diag) else body.T
        if isinstance(expr, Diag):
            return self.part(expr)
        if isinstance(expr, (Leaf, Ones)):
            return expr
        inline = self.is_loss and moves(expr)
        found = self.factor(expr) if inline else self.whole(expr)
        if inline or isinstance(found, (Leaf, Ones)):
            return found
        return self.named(found, "s")

    def named(self, expr: Node, letter: str) -> Leaf:
        """Return a name for an expression."""
        return expr if isinstance(expr, Leaf) else self.book.name(expr, letter, self.equation)


def moves(expr: Node) -> bool:
    """Return whether an expression reads something that has a value at every step."""
    return any(leaf.time is not None for leaf in leaves(expr))


def _rebuilt(expr: Node, parts: Iterable[Node]) -> Node:
    fresh = iter(parts)
    return expr.func(*(next(fresh) if isinstance(arg, Node) else arg for arg in expr.args))


def _split_at_columns(factors: list[Node]) -> list[list[Node]]:
    runs: list[list[Node]] = [[]]
    for factor in factors:
        if runs[-1] and runs[-1][-1].is_column:
            runs.append([])
        runs[-1].append(factor)
    return runs


def _holds_product(expr: Node) -> bool:
    return isinstance(expr, Mul) or any(_holds_product(arg) for arg in expr.args if isinstance(arg, Node))
