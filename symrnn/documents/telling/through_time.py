"""Through time: the adjoint recursion, its closed form for every T with the proof, and the gradient written out for T = 3."""

from __future__ import annotations

from sympy import Expr

from symrnn.algebra.nodes import Leaf, Node, Zeros, t
from symrnn.calculus.closed_form import ClosedForm, closed_form
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.records import Derivation
from symrnn.calculus.unrolled import PathTerm, source, unrolled
from symrnn.documents.document import Block, Box, Display, Line, Paragraph, Section, Statement
from symrnn.documents.notation import leaf, math
from symrnn.documents.telling.proofs import proof
from symrnn.documents.telling.words import gradient

SHOWN = 3  # steps that are written out


def through_time(derivation: Derivation) -> Section:
    """Return the section on the whole sequence."""
    stacked = stack(derivation)
    blocks: list[Block] = [
        *_stacking(stacked),
        *_step(derivation, stacked),
        *_theorem(closed_form(stacked)),
    ]
    written = _written_out(derivation, stacked)
    return Section("Through time", tuple(blocks), "time", (written,) if written is not None else ())


def _stacking(stacked: Stacked) -> list[Block]:
    if stacked.is_single:
        return []
    rows = r" \\ ".join(leaf(of.at(t - back)) for of, back in stacked.parts)
    text = "What one step hands to the next is stacked into one column, so that step $t$ depends on the past through it alone:"
    return [
        Paragraph(text),
        Display((Line(rf"\mathbf{{{stacked.name}}}^{{(t)}}", "=", rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"),)),
    ]


def state(stacked: Stacked, at: str = "t") -> str:
    """Return the stacked state at a step in LaTeX."""
    if stacked.is_single:
        of = stacked.parts[0][0]
        return leaf(of).replace("^{(t)}", f"^{{({at})}}")
    return rf"\mathbf{{{stacked.name}}}^{{({at})}}"


def _step(derivation: Derivation, stacked: Stacked) -> list[Block]:
    here, before = state(stacked), state(stacked, "t-1")
    text = (
        rf"Two things are needed of each step: what its own loss gives to the adjoint of ${here}$, and the Jacobian by which an adjoint "
        rf"of ${here}$ becomes one of ${before}$ (found by the chain rule through the equations of the step):"
    )
    direct = [
        Zeros(of.shape[0], 1) if part is None else part
        for (of, _), part in zip(stacked.parts, source(derivation, stacked), strict=True)
    ]
    lines = (
        Line(r"\mathbf{g}^{(t)}", "=", _column(direct)),
        Line(
            r"\mathbf{M}^{(t)}",
            "=",
            rf"\left(\frac{{\partial {here}}}{{\partial {before}}}\right)^\top = {_transition(stacked)}",
        ),
    )
    return [Paragraph(text), Display(lines)]


def _column(parts: list[Node]) -> str:
    if len(parts) == 1:
        return math(parts[0])
    return r"\begin{bmatrix} " + r" \\ ".join(map(math, parts)) + r" \end{bmatrix}"


def _transition(stacked: Stacked) -> str:
    if stacked.is_single:
        return math(stacked.transition)
    rows = [" & ".join(r"\mathbf{0}" if block is None else math(block) for block in row) for row in stacked.blocks]
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}^\top"


def _theorem(form: ClosedForm) -> list[Block]:
    recursion = (
        Line(math(form.delta), "=", math(form.step), r"for $1 \le t \le T - 1$"),
        Line(math(form.delta_at(form.last)), "=", math(form.base)),
    )
    opening = Paragraph(
        rf"Write $\boldsymbol{{\delta}}^{{(t)}}$ for the adjoint of ${state(form.stacked)}$ from everything after the step. By the "
        "equations of the sweep it obeys the recursion"
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


# -- for a given number of steps -------------------------------------------------------------------------------------------


def _written_out(derivation: Derivation, stacked: Stacked) -> Section | None:
    names = {
        one.of.name
        for passage in derivation.passages
        for one in passage.contributions
        if one.of.name == _recurrent(derivation)
    }
    if not names:
        return None
    name = names.pop()
    of = next(leaf_ for leaf_ in derivation.network.params if leaf_.name == name)
    terms = unrolled(derivation, name, SHOWN)
    text = (
        rf"For $T = {SHOWN}$ the gradient with respect to ${leaf(of)}$ is a sum of {len(terms)} paths, from the loss of a step back to a "
        r"use of the parameter. With $\partial^{+}$ for the derivative within one step, the state before it held fixed:"
    )
    chains = tuple(_chain(stacked, of, term, first=place == 0) for place, term in enumerate(terms))
    values = tuple(_value(of, term, first=place == 0) for place, term in enumerate(terms))
    blocks: tuple[Block, ...] = (
        Paragraph(text),
        Display(chains),
        Paragraph("Term by term, in the same order, with every derivative written out in gradient layout:"),
        Box(rf"$T = {SHOWN}$, ${leaf(of)}$", values),
    )
    return Section(rf"Written out for $T = {SHOWN}$", blocks, "unrolled-gradient")


def _recurrent(derivation: Derivation) -> str:
    """Return the parameter that multiplies a state of an earlier step, or the first one that reaches a state."""
    for passage in derivation.passages:
        for one in passage.contributions:
            if one.of.time is None and not one.of.is_column and _reads_past(one.jacobian):
                return one.of.name
    return next((of.name for of in derivation.network.params), "")


def _reads_past(expr: Node) -> bool:
    if isinstance(expr, Leaf):
        return expr.time is not None and _is_past(expr.time)
    return any(_reads_past(arg) for arg in expr.args if isinstance(arg, Node))


def _is_past(step: Expr) -> bool:
    return bool((step - t).is_negative)


def _chain(stacked: Stacked, of: Leaf, term: PathTerm, first: bool) -> Line:
    steps = range(term.loss_step, term.use_step, -1)
    here = state(stacked, str(term.loss_step))
    factors = [rf"\frac{{\partial J^{{({term.loss_step})}}}}{{\partial {here}}}"]
    factors += [rf"\frac{{\partial {state(stacked, str(k))}}}{{\partial {state(stacked, str(k - 1))}}}" for k in steps]
    factors.append(rf"\frac{{\partial^{{+}} {state(stacked, str(term.use_step))}}}{{\partial {leaf(of)}}}")
    written = r" \, ".join(factors)
    reason = f"loss of step {term.loss_step}, use at step {term.use_step}"
    return Line(rf"\frac{{\partial J}}{{\partial {leaf(of)}}}" if first else "", "=" if first else "+", written, reason)


def _value(of: Leaf, term: PathTerm, first: bool) -> Line:
    return Line(gradient(of) if first else "", "=" if first else "+", math(term.value))
