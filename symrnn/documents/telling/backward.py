"""Back-propagation: one section for each equation, last to first, with every identity that was applied and its name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import Add, Apply, D, Diag, Had, Jac, Leaf, Mul, Node, Scale, Trace, t
from symrnn.calculus import rules
from symrnn.calculus.activations import derivative
from symrnn.calculus.records import Adjoint, Contribution, Derivation, Passage
from symrnn.calculus.trace import ONE, traced
from symrnn.documents.document import BREAK, Block, Display, Line, Paragraph, Section
from symrnn.documents.document import Steps as Chain
from symrnn.documents.measure import width
from symrnn.documents.notation import FACTOR, breakable, leaf, math, time
from symrnn.documents.telling.alike import Entry, outline
from symrnn.documents.telling.stages import is_one_loop, span
from symrnn.documents.telling.stages import label as stage_label
from symrnn.documents.telling.sums import adjoint_line
from symrnn.documents.telling.words import derivative as partial
from symrnn.documents.telling.words import enumerated, inline, part_of, reasons, reference
from symrnn.model.network import Network, Steps, When

_LONGEST_TRACE = 29.0  # ems; a longer one says nothing that the line after it does not say


def backward(derivation: Derivation) -> Section:
    """Return the section that takes every equation backwards."""
    network = derivation.network
    text = (
        r"The equations are taken in reverse. When an equation is reached, the derivative of $J$ with respect to what it "
        r"computes is known; its differential, moved under the trace, gives the derivative with respect to what it reads. In "
        r"these lines $\mathrm{d}J$ is the share of the differential of $J$ that passes through the equation, and a bar with "
        r"the index $(n)$ marks the part of a derivative that comes by way of equation $(n)$, where there may be others. For a "
        r"parameter $W$, $\partial J / \partial W$ is here the part of step $t$; the parts of all steps are added at the end."
    )
    if is_one_loop(network):
        sections = tuple(_section(derivation, passage) for passage in derivation.passages)
        return Section("Back-propagation", (Paragraph(text),), "backward", sections)
    text += (
        " The last stage comes first, and each stage takes its steps in the order opposite to that of the forward pass. What is "
        "the same at every step of a stage that reads it is treated like a parameter: its parts are added over the steps."
    )
    return Section("Back-propagation", (Paragraph(text),), "backward", tuple(_stages(derivation)))


# -- stage by stage --------------------------------------------------------------------------------------------------------


def _stages(derivation: Derivation) -> Iterator[Section]:
    """Yield one section for each stage, last stage first; a part of the same form as one before is not told again."""
    network = derivation.network
    for number, group in groupby(outline(derivation), key=lambda entry: entry.part.stage):
        entries = tuple(group)
        names = dict.fromkeys(entry.part.title for entry in entries)
        sections = tuple(section for entry in entries for section in _part(derivation, entry))
        yield Section(
            f"Back through stage {number + 1}: {enumerated(list(names))}",
            (Paragraph(_order(network, number)),),
            f"back-{stage_label(number)}",
            sections,
        )


def _order(network: Network, number: int) -> str:
    when = network.stages[number].when
    if not isinstance(when, Steps):
        return f"The equations of @({stage_label(number)}) are evaluated once, and taken backwards once."
    back = Steps(when.length, -when.direction)
    return f"The steps of @({stage_label(number)}) are taken in the order ${span(back)}$."


def _part(derivation: Derivation, entry: Entry) -> Iterator[Section]:
    """Yield the equations of one part, or the reference to a part that was told and has the same form."""
    network, part, passages, before = derivation.network, entry.part, entry.passages, entry.before
    when = network.stages[part.stage].when
    direction = when.direction if isinstance(when, Steps) else 1
    if before is None:
        yield from (_section(derivation, passage) for passage in passages)
        return
    turned = "" if direction == before.direction else ", and with $t-1$ and $t+1$ exchanged"
    text = (
        f"Equations {reference(passages[-1].equation.label)} to {reference(passages[0].equation.label)} have the form of "
        f"{reference(before.first)} to {reference(before.last)}: every line from @(back-{before.last}) to "
        f"@(back-{before.first}) holds here too, with {before.names.words()}{turned}. The adjoints of what they compute are"
    )
    known = {one.of: one for one in derivation.adjoints}
    lines = tuple(adjoint_line(network, known[one.equation.target]) for one in passages if one.equation.target in known)
    blocks: tuple[Block, ...] = (Paragraph(text), Display(lines)) if lines else (Paragraph(text),)
    yield Section(f"{part.title[:1].upper()}{part.title[1:]}", blocks, f"back-{passages[0].equation.label}")


def _section(derivation: Derivation, passage: Passage) -> Section:
    line = passage.equation
    names = enumerated([f"${partial(one.of)}$" for one in passage.contributions])
    title = f"Computing {names}" if names else f"Equation {line.label}"
    blocks = [*_known(derivation, passage)]
    if line.target == derivation.network.loss:
        blocks += _of_loss(passage)
    elif isinstance(line.expr, Apply) and isinstance(line.expr.body, Leaf) and line.target.is_column:
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
    return (Paragraph(_origin(derivation, adjoint)), Display((adjoint_line(derivation.network, adjoint),)))


def _origin(derivation: Derivation, adjoint: Adjoint) -> str:
    of, network = adjoint.of, derivation.network
    sums = {number for number, _ in adjoint.sums}
    inside = {line.label for number in sums for line in network.stages[number].equations}
    parts = [
        f"the part from {reference(passage.equation.label)}"
        for passage in derivation.passages
        for one in passage.contributions
        if one.of == of and one.equation not in inside
    ]
    if adjoint.seed is not None:
        parts.append("what the loss gives directly")
    lags = sorted({lag for lag, _ in adjoint.carries})
    parts += [_carried(network.stages[network.stage_of(of)].when, of, lag) for lag in lags]
    parts += [
        f"what is read of it at step ${time(step)}$ only" for step in dict.fromkeys(step for step, _ in adjoint.ends)
    ]
    parts += [f"what all steps of @({stage_label(number)}) give" for number in sorted(sums)]
    computed = f"Equation {reference(_label_of(derivation, of))} computed {inline(of)}."
    if len(parts) == 1 and not (lags or adjoint.ends or sums):
        return f"{computed} Its adjoint is"
    return f"{computed} Its adjoint is {'the sum of ' if len(parts) > 1 else ''}{enumerated(parts)}:"


def _carried(when: When, of: Leaf, lag: int) -> str:
    """Return what comes back from a later step, and where there is none."""
    if of.time != t or not isinstance(when, Steps):
        return (
            "what the first step that reads it gives back" if lag == 1 else f"what comes back from {lag} steps after it"
        )
    ahead = of.time + when.direction * lag
    if when.direction > 0:
        beyond = f"t = {time(when.last)}" if lag == 1 else f"t > {time(when.last)} - {lag}"
    else:
        beyond = "t = 1" if lag == 1 else rf"t \le {lag}"
    return f"what comes back from step ${time(ahead)}$ (nothing when ${beyond}$)"


def _label_of(derivation: Derivation, of: Leaf) -> str:
    return next(line.label for line in derivation.network.equations if line.target == of)


# -- the loss --------------------------------------------------------------------------------------------------------------


def _of_loss(passage: Passage) -> list[Block]:
    line = passage.equation
    what = "the sum of the losses of the steps" if line.target.time == t else f"${leaf(line.target)}$"
    blocks: list[Block] = [
        Paragraph(
            rf"$J$ is {what}, so $\partial J / \partial {leaf(line.target)} = 1$, and the share of $\mathrm{{d}}J$ is"
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


def _contribution(outer: Node, one: Contribution, terms: tuple[Node, ...], shared: bool, left: str = "") -> Chain:
    """Return the lines from dJ to the read-off for one quantity."""
    mine = [term for term in terms if _reads(term, one.of)]
    start = Add(*(traced(outer, term) for term in mine))
    lines = [Line(r"\mathrm{d}J", "=", _traces(start))]
    lines += _steps(start, one) if len(mine) == 1 else _joined(start, one)
    lines.append(Line(rf"\Rightarrow\; {left or partial(one.of)}", "=", math(one.jacobian)))
    return Chain(_heading(one, shared), tuple(lines), folded=False)


def _steps(start: Node, one: Contribution) -> list[Line]:
    """Return one line for each rule that moved a term under the trace."""
    traces = [(step.rule.name, step.after) for step in one.steps if isinstance(step.after, Trace)]
    kept = [
        (name, after)
        for (name, after), before in zip(traces, [start, *(after for _, after in traces)], strict=False)
        if after != before
    ]
    return [Line("", "=", _traces(after), name) for name, after in kept]


def _joined(start: Node, one: Contribution) -> list[Line]:
    """Return the lines for several terms: each moved under its trace, then all of them under one."""
    current: Node = start
    for step in one.steps:
        if isinstance(step.before, Trace) and isinstance(step.after, Trace):
            current = current.xreplace({step.before: step.after})
    total = Trace(Mul(one.jacobian, D(one.of)))
    lines = [Line("", "=", _traces(current), reasons(step.rule for step in one.steps))] if current != start else []
    shown = total != current and width(math(total)) <= _LONGEST_TRACE
    return [*lines, Line("", "=", math(total), "the trace is linear")] if shown else lines


def _traces(expr: Node) -> str:
    """Return traces in LaTeX; one that is too long for a line may be broken between its factors."""
    terms = expr.args if isinstance(expr, Add) else (expr,)
    if not all(isinstance(term, Trace) for term in terms) or all(width(math(term)) <= _LONGEST_TRACE for term in terms):
        return math(expr)
    return f" {BREAK} + ".join(_broken(term) if width(math(term)) > _LONGEST_TRACE else math(term) for term in terms)


def _broken(trace: Node) -> str:
    body = trace.args[0]
    sign, inner = ("-", body.body) if isinstance(body, Scale) and body.factor == -1 else ("", body)
    if not isinstance(inner, Mul):
        return math(trace)
    factors = rf" {BREAK} \, ".join(math(factor, FACTOR) for factor in inner.args)
    return rf"\operatorname{{tr}}\Bigl({sign}{factors}\Bigr)"


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
