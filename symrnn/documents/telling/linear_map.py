"""The step of an adjoint where it is no matrix: states that are matrices, or Jacobians that have no matrix form."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Symbol

from symrnn.algebra.nodes import Add, Bar, Leaf, Zeros, t
from symrnn.calculus.closed_form import closed_form
from symrnn.calculus.jacobians import Stacked
from symrnn.calculus.records import Derivation
from symrnn.calculus.unrolled import recurrence
from symrnn.documents.document import Block, Display, Line, Paragraph
from symrnn.documents.notation import breakable, leaf, math
from symrnn.documents.telling.closed import contributions, named_form, theorem
from symrnn.documents.telling.letters import Letters
from symrnn.documents.telling.stages import Shown, unchanged
from symrnn.documents.telling.words import block_of, enumerated, inline, letter


def entries(derivation: Derivation) -> tuple[tuple[Leaf, int], ...]:
    """Return what a step hands on: every state, with the number of steps that it is old."""
    return tuple((state.leaf, back) for state in derivation.network.states for back in range(state.lags))


def opaque() -> Stacked:
    """Return a state of which nothing is said but that it has entries."""
    entries_of_all = Symbol("N", integer=True, positive=True)
    return Stacked(((Leaf("s", entries_of_all, 1, t), 0),), ((None,),), "s")


def why(derivation: Derivation, shown: Shown = unchanged) -> str:
    """Return why the step of an adjoint is not written as a matrix."""
    matrices = [inline(shown(of)) for of, back in entries(derivation) if not of.is_column and not back]
    if matrices:
        subject = "The states {} are matrices" if len(matrices) > 1 else "The state {} is a matrix"
        return (
            f"{subject.format(enumerated(matrices))}, and the derivative of a matrix with respect to a matrix has four indices: it "
            f"is a linear map, and no matrix."
        )
    return (
        "Within a step the new state depends on the old one by way of a matrix, or of a function for which no Jacobian is "
        "written as a matrix here: the derivative of the step is told as a linear map."
    )


def map_lines(derivation: Derivation, named: Letters, shown: Shown = unchanged) -> Iterator[Block]:
    """Yield how the sweep through one step takes the adjoints that are handed on to those of the step before."""
    inside = contributions(derivation, recurrence(derivation), within=True)
    blocks = {(of, back): Leaf(block_of(of, named, back).name, *of.shape) for of, back in entries(derivation)}
    starts, results, delta = [], [], leaf(Leaf(named.adjoint, 2))
    for of, back in entries(derivation):
        if not back:
            parts = [one.gradient for one in inside if one.of == of]
            starts.append(Line(math(Bar(of)), "=", breakable(shown(Add(blocks[of, 0], *parts)))))
        past = of.at(t - 1 - back)
        parts = [one.gradient for one in inside if one.of == past]
        parts += [blocks[of, back + 1]] if (of, back + 1) in blocks else []
        right = breakable(shown(Add(*parts))) if parts else math(Zeros(*of.shape))
        results.append(Line(rf"{_map()}({delta})_{{{leaf(shown(past))}}}", "=", right))
    given = enumerated([f"${math(block)}$" for block in blocks.values()])
    yield Paragraph(
        rf"Let ${delta}$ stand for adjoints {given} of what step $t$ hands on. The sweep through the step starts from"
    )
    yield Display(tuple(starts))
    yield Paragraph(
        rf"goes through the equations of the recurrence as in @(backward), and hands on what they give to the past: the linear map "
        rf"${_map()}$ with"
    )
    yield Display(tuple(results))


def _map() -> str:
    return r"\mathcal{M}^{(t)}"


def as_map(derivation: Derivation, named: Letters) -> Iterator[Block]:
    """Yield the section on a recurrence whose step is a linear map of adjoints."""
    yield Paragraph(f"{why(derivation)} The gradients come from the sweep, which needs no such matrix.")
    yield from map_lines(derivation, named)
    m, g, delta = letter(named.transition), letter(named.source), letter(named.adjoint)
    form = named_form(closed_form(opaque()), named)
    opening = (
        rf"With the entries of all that is handed on in one column, ${_map()}$ is the product with a square matrix ${m}$, which "
        rf"is never formed. With ${g}$ for what the loss of step $t$ gives directly, in the same order, and ${delta}$ for the "
        rf"adjoint as it is handed on, by way of step $t$ and of all later ones, the sweep is the recursion"
    )
    yield from theorem(form, opening)
