"""What is said of a recurrence that is linear: its diagonal, and what follows for the gradient."""

from __future__ import annotations

from symrnn.algebra.nodes import t
from symrnn.calculus.linear import Linear, linear_recurrences
from symrnn.calculus.records import Derivation
from symrnn.documents.document import Block, Paragraph
from symrnn.documents.telling.words import enumerated, inline


def linear(derivation: Derivation) -> tuple[Block, ...]:
    """Return a paragraph for each linear recurrence of a network that is one cell."""
    return tuple(Paragraph(_sentence(one)) for one in linear_recurrences(derivation))


def _sentence(found: Linear) -> str:
    new = enumerated([inline(of) for of in found.states])
    old = enumerated([inline(of.at(t - 1)) for of in found.states])
    if found.diagonals[0][0] is None:
        what = f"Every entry of {new} is the same entry of {old} times a factor, plus a term"
        factor, free = "the same factors", "and neither depends on a state that this one reaches"
    elif len(found.states) == 1:
        what = f"The Jacobian of {new} with respect to {old} is diagonal, with the entries of {inline(found.diagonals[0][0])}"
        factor, free = "the same diagonal", "and these do not depend on it"
    else:
        what = f"Every block of the Jacobian of {new} with respect to {old} is diagonal"
        factor, free = "the same diagonals", "and none depends on them"
    return (
        f"{what}, {free}: the recurrence is linear. So is the recursion of its adjoint, with {factor}: a product of Jacobians is "
        f"a product of factors entry by entry, all of which are known before the first step, and everything else can be computed "
        f"for all steps at once."
    )
