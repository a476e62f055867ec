"""Through time: what a step does to an adjoint, the recursion, its closed form for every T with the proof, and the gradients."""

from __future__ import annotations

from symrnn.algebra.nodes import Add, Bar, Leaf, t
from symrnn.calculus.closed_form import ClosedForm, closed_form
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.records import Contribution, Derivation
from symrnn.calculus.unrolled import recurrence
from symrnn.documents.document import Block, Display, Line, Paragraph, Section, Statement
from symrnn.documents.notation import breakable, leaf, math
from symrnn.documents.telling.letters import Letters, letters, renamed
from symrnn.documents.telling.paths import gradients, written_out
from symrnn.documents.telling.proofs import proof
from symrnn.documents.telling.transition import source_line, transition_lines
from symrnn.documents.telling.words import block_of, inline, letter, reference, state


def through_time(derivation: Derivation) -> Section:
    """Return the section on the whole sequence."""
    if not _reads_states_only(derivation):
        text = (
            "The loss of a step reads quantities of the cell beside the state that it hands on. The equations of the sweep "
            "hold as they stand, for every $T$; a closed form in the state alone is not given for such a cell."
        )
        return Section("Through time", (Paragraph(text),), "time")
    stacked, named = stack(derivation), letters(derivation)
    form = _named(closed_form(stacked), named)
    blocks = (
        *_stacking(stacked, named),
        *_step(derivation, stacked, named),
        *_adjoint(derivation, stacked, named),
        *_theorem(form, named),
        *gradients(derivation, stacked, named),
        _distance(stacked, named),
    )
    return Section("Through time", blocks, "time", written_out(derivation, stacked, named))


def _reads_states_only(derivation: Derivation) -> bool:
    """Return whether everything outside the recurrence reads nothing of the cell but its new states."""
    inside = recurrence(derivation)
    states = {one.leaf for one in derivation.network.states}
    read = {one.of for one in _contributions(derivation, inside, within=False)}
    return not any(of in inside - states or of.time not in (None, t) for of in read)


def _contributions(derivation: Derivation, inside: set[Leaf], within: bool) -> list[Contribution]:
    """Return what the equations of the recurrence, or the other ones, give."""
    return [
        one
        for passage in derivation.passages
        if (passage.equation.target in inside) is within
        for one in passage.contributions
    ]


def _named(form: ClosedForm, named: Letters) -> ClosedForm:
    swap = {"M": named.transition, "g": named.source, "delta": named.adjoint}
    return renamed(form, {old: new for old, new in swap.items() if old != new})


def _stacking(stacked: Stacked, named: Letters) -> list[Block]:
    if stacked.is_single:
        return []
    rows = r" \\ ".join(leaf(of.at(t - back)) for of, back in stacked.parts)
    text = "What one step hands to the next is stacked into one column, so that step $t$ depends on the past through it alone:"
    return [
        Paragraph(text),
        Display((Line(state(stacked, named), "=", rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"),)),
    ]


def _step(derivation: Derivation, stacked: Stacked, named: Letters) -> list[Block]:
    here, before = state(stacked, named), state(stacked, named, "t-1")
    g, m = letter(named.source), letter(named.transition)
    text = (
        f"Step $t$ knows the past through ${before}$ alone. Two things describe what it does to adjoints: ${g}$, what the loss "
        f"gives directly to ${here}$, and ${m}$, the transposed Jacobian, which takes an adjoint of ${here}$ to one of "
        f"${before}$. In the theorem below both are opaque: it holds for any columns and any square matrices in their place. "
        f"For this cell the chain rule through the equations of the step gives"
    )
    return [
        Paragraph(text),
        Display((source_line(derivation, stacked, named), *transition_lines(derivation, stacked, named))),
    ]


# -- the adjoint of the state, as it is handed on --------------------------------------------------------------------------


def _adjoint(derivation: Derivation, stacked: Stacked, named: Letters) -> list[Block]:
    delta, here = letter(named.adjoint), state(stacked, named)
    text = (
        rf"Let ${delta}$ be the adjoint of ${here}$ as it is handed on: $(\partial J / \partial {here})^\top$ by way of the "
        rf"loss of step $t$ and of all later steps. "
    )
    if stacked.is_single:
        of = stacked.parts[0][0]
        return [Paragraph(f"{text}It is the {inline(Bar(of))} of {reference(derivation.adjoint(of).label)}.")]
    inside = _contributions(derivation, recurrence(derivation), within=True)
    again = {of: [one.gradient for one in inside if one.of == of] for of, back in stacked.parts if not back}
    text += (
        "Its blocks are the adjoints of the sweep, less what the equations of step $t$ itself give to a state that they read again:"
        if any(again.values())
        else "The blocks that belong to step $t$ itself are adjoints of the sweep:"
    )
    lines = (Line(math(Bar(of)), "=", breakable(Add(block_of(of, named).at(t), *parts))) for of, parts in again.items())
    return [Paragraph(text), Display(tuple(lines))]


# -- the closed form -------------------------------------------------------------------------------------------------------


def _theorem(form: ClosedForm, named: Letters) -> list[Block]:
    recursion = (
        Line(math(form.delta_at(form.last)), "=", math(form.base)),
        Line(math(form.delta), "=", math(form.step), r"for $1 \le t \le T - 1$"),
    )
    opening = Paragraph(
        "Nothing follows the last step, and what follows step $t$ is its own loss and step $t+1$. So the sweep is the recursion"
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
    return [opening, Display(recursion), statement, proof(form.proof)]


def _distance(stacked: Stacked, named: Letters) -> Statement:
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
