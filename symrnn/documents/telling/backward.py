"""Back-propagation: one section for each equation, last to first, with every identity that was applied and its name."""

from __future__ import annotations

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import Add, Apply, Bar, D, Diag, Had, Jac, Leaf, Mul, Node, Trace
from symrnn.calculus import rules
from symrnn.calculus.activations import derivative
from symrnn.calculus.records import Adjoint, Contribution, Derivation, Passage
from symrnn.calculus.trace import ONE, traced
from symrnn.documents.document import Block, Display, Line, Paragraph, Section, Steps
from symrnn.documents.notation import breakable, leaf, math
from symrnn.documents.telling.words import derivative as partial
from symrnn.documents.telling.words import enumerated, inline, label, part_of, reasons, reference


def backward(derivation: Derivation) -> Section:
    """Return the section that takes every equation backwards."""
    opening = Paragraph(
        r"The equations are taken in reverse. When an equation is reached, the derivative of $J$ with respect to what it "
        r"computes is known; its differential, moved under the trace, gives the derivative with respect to what it reads. In "
        r"these lines $\mathrm{d}J$ is the share of the differential of $J$ that passes through the equation, and a bar with "
        r"the index $(n)$ marks the part of a derivative that comes by way of equation $(n)$, where there may be others. For a "
        r"parameter $W$, $\partial J / \partial W$ is here the part of step $t$; the parts of all steps are added at the end."
    )
    return Section(
        "Back-propagation",
        (opening,),
        "backward",
        tuple(_section(derivation, passage) for passage in derivation.passages),
    )


def _section(derivation: Derivation, passage: Passage) -> Section:
    line = passage.equation
    names = enumerated([f"${partial(one.of)}$" for one in passage.contributions])
    title = f"Computing {names}" if names else f"Equation {line.label}"
    blocks = [*_known(derivation, passage)]
    if line.target == derivation.network.loss:
        blocks += _of_loss(passage)
    elif isinstance(line.expr, Apply) and isinstance(line.expr.body, Leaf):
        blocks += _of_function(derivation, passage)
    else:
        blocks += _by_trace(derivation, passage)
    return Section(title, tuple(blocks), f"back-{line.label}")


# -- what is known when an equation is reached -----------------------------------------------------------------------------


def _known(derivation: Derivation, passage: Passage) -> tuple[Block, ...]:
    """Return the adjoint of what the equation computes, put together from all its parts."""
    of = passage.equation.target
    adjoint = next((one for one in derivation.adjoints if one.of == of), None)
    if adjoint is None:
        return ()
    return (Paragraph(_origin(derivation, adjoint)), Display((adjoint_line(adjoint),)))


def _origin(derivation: Derivation, adjoint: Adjoint) -> str:
    of = adjoint.of
    parts = [
        f"the part from {reference(passage.equation.label)}"
        for passage in derivation.passages
        for one in passage.contributions
        if one.of == of
    ]
    if adjoint.seed is not None:
        parts.append("what the loss gives directly")
    lags = sorted({lag for lag, _ in adjoint.carries})
    parts += [f"what comes back from step $t+{lag}$ (nothing when ${_beyond(lag)}$)" for lag in lags]
    if len(parts) == 1 and not lags:
        return f"Equation {reference(_label_of(derivation, of))} computed {inline(of)}. Its adjoint is"
    return f"Equation {reference(_label_of(derivation, of))} computed {inline(of)}. Its adjoint is the sum of {enumerated(parts)}:"


def _beyond(lag: int) -> str:
    return "t = T" if lag == 1 else f"t > T - {lag}"


def _label_of(derivation: Derivation, of: Leaf) -> str:
    return next(line.label for line in derivation.network.equations if line.target == of)


def adjoint_line(adjoint: Adjoint) -> Line:
    """Return the numbered equation of an adjoint, in gradient layout."""
    parts = [
        *adjoint.terms,
        *([adjoint.seed] if adjoint.seed is not None else []),
        *(term for _, term in adjoint.carries),
    ]
    return Line(math(Bar(adjoint.of)), "=", breakable(Add(*parts)), label=label(adjoint.label), number=adjoint.label)


# -- the loss --------------------------------------------------------------------------------------------------------------


def _of_loss(passage: Passage) -> list[Block]:
    line = passage.equation
    blocks: list[Block] = [
        Paragraph(
            rf"$J$ is the sum of the losses of the steps, so $\partial J / \partial {leaf(line.target)} = 1$, and the share of "
            r"$\mathrm{d}J$ is"
        ),
        Display(
            (
                Line(r"\mathrm{d}J", "=", math(D(line.target))),
                Line("", "=", rf"\mathrm{{d}}\left({math(line.expr)}\right)", f"equation {reference(line.label)}"),
                Line("", "=", breakable(passage.expanded), _reasons(passage)),
            )
        ),
    ]
    terms = passage.expanded.args if isinstance(passage.expanded, Add) else (passage.expanded,)
    return blocks + [_contribution(ONE, one, terms, len(passage.contributions) > 1) for one in passage.contributions]


# -- an activation ---------------------------------------------------------------------------------------------------------


def _of_function(derivation: Derivation, passage: Passage) -> list[Block]:
    line, (given,) = passage.equation, passage.contributions or (None,)
    if given is None:
        return [Paragraph("The derivative of this function is zero wherever it exists; nothing is passed on.")]
    function, argument = line.expr.function, line.expr.body
    outer, local = Jac(line.target), rf"\frac{{\partial {leaf(line.target)}}}{{\partial {leaf(argument)}}}"
    lines = [Line(_left(derivation, given), "=", rf"{math(outer)} \, {local}", "chain rule")]
    if function in COLUMN_FUNCTIONS:
        lines.append(Line("", "=", math(given.jacobian), f"@(lemma-{function.replace('_', '-')})"))
    else:
        slope = derivative(function, argument)
        lines.append(Line("", "=", math(Mul(outer, Diag(slope))), f"@(lemma-{function})"))
        lines.append(Line("", "=", math(Had(outer, slope.T)), "a diagonal factor"))
        if Had(outer, slope.T) != given.jacobian:
            lines.append(Line("", "=", math(given.jacobian), f"${leaf(line.target)} = {math(line.expr)}$"))
    return [Display(tuple(lines)), *_closing(derivation, given)]


def _left(derivation: Derivation, given: Contribution) -> str:
    parts = [one for passage in derivation.passages for one in passage.contributions if one.of == given.of]
    several = len(parts) > 1 or derivation.network.state(given.of.name) is not None
    return part_of(given.of, given.equation) if several else partial(given.of)


def _closing(derivation: Derivation, given: Contribution) -> list[Block]:
    """Return the steps that bring a softmax with its cross-entropy into closed form."""
    adjoint = next((one for one in derivation.adjoints if one.of == given.of), None)
    if adjoint is None or not adjoint.steps:
        return []
    names = {
        rules.INSERT: _found_for(derivation, given),
        rules.CANCEL: "the quotient cancels",
        rules.SUM_TO_ONE: _assumed(derivation),
    }
    lines = [Line(partial(given.of), "=", math(adjoint.steps[0].before))]
    lines += [Line("", "=", math(step.after), names.get(step.rule, step.rule.name)) for step in adjoint.steps]
    return [Paragraph("Here the two derivatives combine:"), Display(tuple(lines))]


def _found_for(derivation: Derivation, given: Contribution) -> str:
    """Return the reference to the adjoint of what the equation computed."""
    output = next(line.target for line in derivation.network.equations if line.label == given.equation)
    return f"by {reference(derivation.adjoint(output).label)}"


def _assumed(derivation: Derivation) -> str:
    return " and ".join(f"@(assume-{of.name.replace('_', '-')})" for of in derivation.network.assumptions)


# -- everything else: by the trace -------------------------------------------------------------------------------------------


def _by_trace(derivation: Derivation, passage: Passage) -> list[Block]:
    line = passage.equation
    outer = Jac(line.target)
    terms = passage.expanded.args if isinstance(passage.expanded, Add) else (passage.expanded,)
    blocks: list[Block] = [
        Paragraph("Through this equation passes"),
        Display((Line(r"\mathrm{d}J", "=", math(traced(outer, D(line.target))), "inner product as a trace"),)),
        Paragraph(rf"where $\mathrm{{d}}{leaf(line.target)}$ expands to"),
        Display(
            (
                Line(rf"\mathrm{{d}}{leaf(line.target)}", "=", rf"\mathrm{{d}}\left({math(line.expr)}\right)"),
                Line("", "=", breakable(passage.expanded), _reasons(passage)),
            )
        ),
    ]
    shared = len(passage.contributions) > 1
    return blocks + [_contribution(outer, one, terms, shared, _left(derivation, one)) for one in passage.contributions]


def _contribution(outer: Node, one: Contribution, terms: tuple[Node, ...], shared: bool, left: str = "") -> Steps:
    """Return the lines from dJ to the read-off for one quantity."""
    mine = [term for term in terms if _reads(term, one.of)]
    start = Add(*(traced(outer, term) for term in mine))
    lines = [Line(r"\mathrm{d}J", "=", math(start))]
    lines += _steps(start, one) if len(mine) == 1 else _joined(start, one)
    lines.append(Line(rf"\Rightarrow\; {left or partial(one.of)}", "=", math(one.jacobian)))
    return Steps(_heading(one, shared), tuple(lines), folded=False)


def _steps(start: Node, one: Contribution) -> list[Line]:
    """Return one line for each rule that moved a term under the trace."""
    traces = [(step.rule.name, step.after) for step in one.steps if isinstance(step.after, Trace)]
    kept = [
        (name, after)
        for (name, after), before in zip(traces, [start, *(after for _, after in traces)], strict=False)
        if after != before
    ]
    return [Line("", "=", math(after), name) for name, after in kept]


def _joined(start: Node, one: Contribution) -> list[Line]:
    """Return the lines for several terms: each moved under its trace, then all of them under one."""
    current: Node = start
    for step in one.steps:
        if isinstance(step.before, Trace) and isinstance(step.after, Trace):
            current = current.xreplace({step.before: step.after})
    total = Trace(Mul(one.jacobian, D(one.of)))
    lines = [Line("", "=", math(current), reasons(step.rule for step in one.steps))] if current != start else []
    return [*lines, Line("", "=", math(total), "the trace is linear")] if total != current else lines


def _heading(one: Contribution, shared: bool) -> str:
    held = [rf"$\mathrm{{d}}{leaf(of)} = 0$" for of in (one.steps[0].held if one.steps else ())]
    if not shared:
        return f"With respect to {inline(one.of)}"
    return f"With respect to {inline(one.of)}, " + (
        f"with {enumerated(held)}" if held else "everything else held fixed"
    )


def _reads(term: Node, of: Leaf) -> bool:
    return term == D(of) or any(_reads(arg, of) for arg in term.args if isinstance(arg, Node))


def _reasons(passage: Passage) -> str:
    return reasons(step.rule for step in passage.differential)
