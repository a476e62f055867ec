"""Jacobians of one step: of an equation with respect to what it reads, and of the new states with respect to the old ones.

The states that one step hands to the next are stacked into one column s^(t): every state, and for a state that is read k steps
back also its k − 1 earlier values. Then s^(t) depends on the past through s^(t−1) alone, and

    M^(t) = (∂s^(t)/∂s^(t−1))ᵀ

is what carries an adjoint from step t to step t − 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer

from symrnn.algebra.nodes import (
    Add,
    Concat,
    D,
    Diag,
    Eye,
    Had,
    Leaf,
    Mul,
    Multiple,
    Node,
    Ones,
    Quotient,
    Scale,
    Slice,
    Trace,
    Transpose,
    Zeros,
    shape_text,
    t,
)
from symrnn.calculus.records import Derivation, Passage
from symrnn.calculus.trace import ONE, gradient_layout, holds_differential, isolate, times
from symrnn.errors import RuleError


def read_off(term: Node) -> Node:
    """Return K with term = K du, for a column term with one differential of a column.

    Raises:
        RuleError: if the term is not of this form, e.g. dU v with a matrix U.
    """
    if isinstance(term, D):
        return Eye(term.shape[0])
    if isinstance(term, Scale):
        return Scale(term.factor, read_off(term.body))
    if isinstance(term, Multiple):
        return _of_multiple(term)
    if isinstance(term, Mul):
        return _of_product(term)
    if isinstance(term, Trace):
        return _of_trace(term)
    if isinstance(term, Had):
        place = next(place for place, factor in enumerate(term.args) if holds_differential(factor))
        others = Had(*term.args[:place], *term.args[place + 1 :])
        return _product(Diag(others), read_off(term.args[place]))
    if isinstance(term, Quotient):
        return _product(Diag(Quotient(Ones(*term.shape), term.args[1])), read_off(term.args[0]))
    if isinstance(term, Concat):
        return _of_stack(term)
    if isinstance(term, Slice):
        return Slice(read_off(term.body), term.first, term.shape[0])
    raise RuleError(f"no Jacobian for {term!r}: add one in symrnn/calculus/jacobians.py")


def _product(left: Node, right: Node) -> Node:
    """Return a product without identity factors."""
    if isinstance(right, Eye) and left != ONE:
        return left
    return right if isinstance(left, Eye) else times(left, right)


def _of_multiple(term: Multiple) -> Node:
    """Read s du off as s K, and (ds) b as b K: a column times the row of s."""
    if holds_differential(term.scalar):
        if not term.is_column:
            raise RuleError(f"no Jacobian for {term!r}: it is a matrix")
        return _product(term.body, read_off(term.scalar))
    return Multiple(term.scalar, read_off(term.body))


def _of_trace(term: Trace) -> Node:
    """Read tr(A du B) off as B A, a row."""
    found = isolate(ONE, term, [])
    if found.shape[0] != 1:
        raise RuleError(f"no Jacobian for {term!r}: it depends on a matrix")
    return found


def _of_product(term: Mul) -> Node:
    place = next(place for place, factor in enumerate(term.args) if holds_differential(factor))
    inner, before, after = term.args[place], times(*term.args[:place]), term.args[place + 1 :]
    if not after:
        return _product(before, read_off(inner))
    if isinstance(inner, Multiple):
        return read_off(Multiple(inner.scalar, times(before, inner.body, *after)))
    behind = Mul(*after)
    if behind.is_column and isinstance(inner, Transpose) and inner.args[0].is_column:
        return _product(before, _product(gradient_layout(behind), read_off(inner.args[0])))  # duᵀ v = vᵀ du
    if behind.is_column and isinstance(inner, Diag):
        return _product(before, _product(Diag(behind), read_off(inner.args[0])))  # diag(du) v = diag(v) du
    if behind.is_scalar_shape and inner.is_column:  # du s = diag(1 s) du
        return _product(before, _product(Diag(Mul(Ones(inner.shape[0]), behind)), read_off(inner)))
    raise RuleError(f"no Jacobian for {term!r}: the differential is not the last factor")


def _of_stack(term: Concat) -> Node:
    (place,) = (place for place, block in enumerate(term.args) if holds_differential(block))
    inner = read_off(term.args[place])
    blocks = [Zeros(block.shape[0], inner.shape[1]) for block in term.args]
    return Concat(*blocks[:place], inner, *blocks[place + 1 :])


def local_jacobians(passage: Passage) -> dict[Leaf, Node]:
    """Return ∂v/∂u for v = the target of an equation and every column u of a step that it reads."""
    terms = passage.expanded.args if isinstance(passage.expanded, Add) else (passage.expanded,)
    found: dict[Leaf, list[Node]] = {}
    for term in terms:
        for leaf in _differentiated(term):
            if leaf.time is not None and leaf.is_column:
                found.setdefault(leaf, []).append(read_off(term))
    return {leaf: Add(*parts) for leaf, parts in found.items()}


def _differentiated(term: Node) -> tuple[Leaf, ...]:
    if isinstance(term, D):
        return (term.leaf,)
    return tuple(leaf for arg in term.args if isinstance(arg, Node) for leaf in _differentiated(arg))


def step_jacobian(derivation: Derivation, of: Leaf, by: Leaf) -> Node | None:
    """Return the total derivative ∂of/∂by within one step, `by` an input or a state of an earlier step; None if it is zero.

    Raises:
        RuleError: if one of the two is a matrix, or the dependence goes through a matrix of the step, whose Jacobian is not
            a matrix.
    """
    for leaf in (of, by):
        _column(leaf)
    reached: dict[Leaf, Node] = {by: Eye(by.shape[0])}
    matrices: set[Leaf] = set()  # those that depend on `by`
    for passage in reversed(derivation.passages):
        target, read = passage.equation.target, {one.of for one in passage.contributions}
        if not target.is_column:
            matrices |= {target} if read & (matrices | set(reached)) else set()
            continue
        if read & matrices:
            raise RuleError(f"no Jacobian of {target!r}: it depends on {by!r} by way of a matrix")
        local = local_jacobians(passage)
        parts = [_product(jacobian, reached[leaf]) for leaf, jacobian in local.items() if leaf in reached]
        if parts:
            reached[passage.equation.target] = Add(*parts)
    return reached.get(of)


def _column(leaf: Leaf) -> None:
    if not leaf.is_column:
        raise RuleError(
            f"no Jacobian with the state {leaf!r}: it is a matrix {shape_text(leaf.shape)}, and the derivative of a column "
            f"by a matrix, or of a matrix, is no matrix; its adjoint is found by the sweep"
        )


@dataclass(frozen=True, slots=True)
class Stacked:
    """The stacked state of a network.

    Fields:
        parts: (state at step t − back, back) for every entry of the stack, newest first for each state.
        blocks: ∂s^(t)/∂s^(t−1), row by row; None is a block of zeros.
        name: how documents call the stack: the state's own name when there is only one part.
    """

    parts: tuple[tuple[Leaf, int], ...]
    blocks: tuple[tuple[Node | None, ...], ...]
    name: str

    @property
    def rows(self) -> Expr:
        """The number of entries of the stack."""
        total: Expr = Integer(0)
        for leaf, _ in self.parts:
            total = total + leaf.shape[0]
        return total

    @property
    def is_single(self) -> bool:
        """Whether the stack is one state that is read one step back."""
        return len(self.parts) == 1

    @property
    def transition(self) -> Node:
        """M^(t) of a single state: (∂h^(t)/∂h^(t−1))ᵀ."""
        block = self.blocks[0][0]
        return Zeros(self.rows, self.rows) if block is None else gradient_layout(block)


def stack(derivation: Derivation) -> Stacked:
    """Return the stacked state and the blocks of its Jacobian.

    Raises:
        RuleError: if a state is a matrix, or an equation has a form for which no Jacobian can be read off.
    """
    for state in derivation.network.states:
        _column(state.leaf)
    parts = tuple((state.leaf, back) for state in derivation.network.states for back in range(state.lags))
    blocks = tuple(tuple(_block(derivation, one, other) for other in parts) for one in parts)
    name = parts[0][0].name if len(parts) == 1 else _free_name(derivation)
    return Stacked(parts, blocks, name)


def _block(derivation: Derivation, one: tuple[Leaf, int], other: tuple[Leaf, int]) -> Node | None:
    (of, back), (by, earlier) = one, other
    if back == 0:
        return step_jacobian(derivation, of, by.at(t - 1 - earlier))
    return Eye(of.shape[0]) if of == by and earlier == back - 1 else None


def _free_name(derivation: Derivation) -> str:
    taken = {line.target.name for line in derivation.network.equations} | {
        leaf.name for leaf in derivation.network.params
    }
    return next(name for name in ("s", "S", "stack") if name not in taken)
