"""The closed form of the adjoint of a state, with its proof, and what belongs to it: shared by one recurrence and by stages."""

from __future__ import annotations

from symrnn.algebra.nodes import Add, Bar, Leaf, t
from symrnn.calculus.closed_form import ClosedForm
from symrnn.calculus.jacobians import Stacked
from symrnn.calculus.records import Contribution, Derivation
from symrnn.calculus.unrolled import recurrence
from symrnn.documents.document import Block, Display, Line, Paragraph, Statement
from symrnn.documents.notation import breakable, leaf, math
from symrnn.documents.telling.letters import Letters, renamed
from symrnn.documents.telling.proofs import proof
from symrnn.documents.telling.stages import Shown, unchanged
from symrnn.documents.telling.words import block_of, inline, letter, reference, state


def contributions(derivation: Derivation, inside: set[Leaf], within: bool) -> list[Contribution]:
    """Return what the equations of the recurrence, or the other ones, give."""
    return [
        one
        for passage in derivation.passages
        if (passage.equation.target in inside) is within
        for one in passage.contributions
    ]


def named_form(form: ClosedForm, named: Letters) -> ClosedForm:
    """Return a closed form in free letters."""
    swap = {"M": named.transition, "g": named.source, "delta": named.adjoint}
    found: ClosedForm = renamed(form, {old: new for old, new in swap.items() if old != new})
    return found


def stacking(stacked: Stacked, named: Letters, shown: Shown = unchanged) -> list[Block]:
    """Return what stands in the stack of several states."""
    if stacked.is_single:
        return []
    rows = r" \\ ".join(leaf(shown(of.at(t - back))) for of, back in stacked.parts)
    text = "What one step hands to the next is stacked into one column, so that step $t$ depends on the past through it alone:"
    return [
        Paragraph(text),
        Display((Line(state(stacked, named), "=", rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"),)),
    ]


# -- the adjoint of the state, as it is handed on --------------------------------------------------------------------------


def handed_on(
    derivation: Derivation,
    stacked: Stacked,
    named: Letters,
    shown: Shown = unchanged,
    directly: str = "the loss of step $t$",
) -> list[Block]:
    """Return what the adjoint of a state as it is handed on has to do with that of the sweep."""
    delta, here = letter(named.adjoint), state(stacked, named)
    text = (
        rf"Let ${delta}$ be the adjoint of ${here}$ as it is handed on: $(\partial J / \partial {here})^\top$ by way of "
        rf"{directly} and of all later steps. "
    )
    if stacked.is_single:
        of = stacked.parts[0][0]
        return [Paragraph(f"{text}It is the {inline(Bar(of))} of {reference(derivation.adjoint(of).label)}.")]
    inside = contributions(derivation, recurrence(derivation), within=True)
    again = {of: [shown(one.gradient) for one in inside if one.of == of] for of, back in stacked.parts if not back}
    text += (
        "Its blocks are the adjoints of the sweep, less what the equations of step $t$ itself give to a state that they read "
        "again:"
        if any(again.values())
        else "The blocks that belong to step $t$ itself are adjoints of the sweep:"
    )
    lines = (Line(math(Bar(of)), "=", breakable(Add(block_of(of, named).at(t), *parts))) for of, parts in again.items())
    return [Paragraph(text), Display(tuple(lines))]


# -- the closed form -------------------------------------------------------------------------------------------------------


NOTHING_FOLLOWS = (
    "Nothing follows the last step, and what follows step $t$ is its own loss and step $t+1$. So the sweep is the "
    "recursion"
)


def theorem(form: ClosedForm, opening: str) -> list[Block]:
    """Return the recursion of the adjoint, its closed form, and the proof."""
    recursion = (
        Line(math(form.delta_at(form.last)), "=", math(form.base)),
        Line(math(form.delta), "=", math(form.step), r"for $1 \le t \le T - 1$"),
    )
    statement = Statement(
        "Theorem",
        "closed form",
        (
            Paragraph(r"For every $T \ge 1$ and every $1 \le t \le T$"),
            Display((Line(math(form.delta), "=", math(form.claim)),)),
            Paragraph(
                "where the factors of a product stand in the order of increasing index, and an empty product is the identity."
            ),
        ),
        "closed-form",
    )
    return [Paragraph(opening), Display(recursion), statement, proof(form.proof)]


def distance(stacked: Stacked, named: Letters) -> Statement:
    """Return the remark on the product of Jacobians: other names for it, and what its size means."""
    m, delta = letter(named.transition), letter(named.adjoint)
    h = leaf(Leaf("h", 2, 1))
    here, later = (state(stacked, named, at) for at in ("t", "k"))
    product = rf"{letter(named.transition, 't+1')} \cdots {letter(named.transition, 'k')}"
    known = (
        rf"Often the recursion is written with subscripts for steps: with ${h}_t$ for ${here}$, the whole of what is handed on, "
        rf"and the column $\partial^{{+}} J / \partial {h}_t$ for ${letter(named.source)}$, the direct part, it is "
        rf"$\boldsymbol{{\delta}}_t = \partial^{{+}} J / \partial {h}_t + "
        rf"(\partial {h}_{{t+1}} / \partial {h}_t)^\top \boldsymbol{{\delta}}_{{t+1}}$. "
    )
    size = (
        rf"The product is the Jacobian of a later state: ${product} = (\partial {later} / \partial {here})^\top$. If "
        rf"$\lVert {m} \rVert \le \gamma$ at every step, the part of ${delta}$ that comes from step $k$ is at most "
        rf"$\gamma^{{k-t}} \lVert {letter(named.source, 'k')} \rVert$: for $\gamma < 1$ it vanishes exponentially with the "
        rf"distance $k - t$. It can grow exponentially only if norms above 1 occur, and these alone do not make it grow."
    )
    return Statement("Remark", "products of Jacobians", (Paragraph(known + size),), "jacobians")
