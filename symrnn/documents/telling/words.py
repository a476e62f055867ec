"""Small pieces of text that several parts of a document share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symrnn.algebra.nodes import Bar, Jac, Leaf, Node, Transpose
from symrnn.calculus.jacobians import Stacked
from symrnn.calculus.records import Rule
from symrnn.documents.notation import leaf, math
from symrnn.documents.telling.letters import Letters


def label(number: str) -> str:
    """Return the label of a numbered equation."""
    return f"eq-{number}"


def reference(number: str) -> str:
    """Return a reference to a numbered equation."""
    return f"@({label(number)})"


def inline(expr: Node) -> str:
    """Return an expression as inline mathematics."""
    return f"${math(expr)}$"


def derivative(of: Leaf) -> str:
    """Return ∂J/∂X in LaTeX."""
    return math(Jac(of))


def part_of(of: Leaf, number: str) -> str:
    """Return the part of ∂J/∂X that one equation contributes."""
    return rf"\left.{derivative(of)}\right|_{{({number})}}"


def step_gradient(of: Leaf) -> str:
    r"""Return \nabla_X^{(t)} J: what step t contributes to the gradient."""
    return rf"\nabla_{{{leaf(of)}}}^{{(t)}} J"


def gradient(of: Leaf) -> str:
    r"""Return \nabla_X J."""
    return rf"\nabla_{{{leaf(of)}}} J"


def enumerated(items: Sequence[str], word: str = "and") -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def in_jacobians(expr: Node) -> Node:
    """Return an expression in adjoints with every adjoint written as the transpose of ∂J/∂X."""
    if isinstance(expr, Bar):
        return Transpose(Jac(expr.leaf))
    if isinstance(expr, Transpose) and isinstance(expr.args[0], Bar):
        return Jac(expr.args[0].leaf)
    if isinstance(expr, Leaf) or not any(isinstance(arg, Node) for arg in expr.args):
        return expr
    return expr.func(*(in_jacobians(arg) if isinstance(arg, Node) else arg for arg in expr.args))


def reasons(applied: Iterable[Rule]) -> str:
    """Return the names of rules that were applied together, each once: `sum and product rule`."""
    names = list(dict.fromkeys(rule.name for rule in applied))
    if len(names) > 1:
        names = [name.removesuffix(", entry by entry") for name in names]
    return enumerated(names)


# -- the state as one column, and what belongs to it -----------------------------------------------------------------------


def letter(name: str, at: str = "t") -> str:
    """Return a bold letter at a step."""
    return rf"{leaf(Leaf(name, 2))}^{{({at})}}"


def state(stacked: Stacked, named: Letters, at: str = "t") -> str:
    """Return what one step hands to the next: the state, or the stack of several."""
    if stacked.is_single:
        return leaf(stacked.parts[0][0]).replace("^{(t)}", f"^{{({at})}}")
    return letter(named.stack, at)


def block_of(of: Leaf, named: Letters, back: int = 0) -> Leaf:
    """Return the block of δ that belongs to an entry of the stack."""
    return Leaf(f"{named.adjoint}_{of.name}" + (f"_{back}" if back else ""), *of.shape)
