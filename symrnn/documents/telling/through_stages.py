"""Through time in a network of several stages: the closed form once, and for each stage what its steps do to an adjoint."""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.algebra.nodes import Leaf, Node, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.closed_form import closed_form
from symrnn.calculus.jacobians import Stacked, stack
from symrnn.calculus.records import Derivation
from symrnn.calculus.unrolled import recurrence
from symrnn.documents.document import Block, Display, Line, Paragraph, Section
from symrnn.documents.notation import leaf, time
from symrnn.documents.telling.closed import distance, handed_on, named_form, stacking, theorem
from symrnn.documents.telling.letters import Letters, letters
from symrnn.documents.telling.linear_map import entries, map_lines, opaque, why
from symrnn.documents.telling.stages import Shown, alone, as_read, label, named
from symrnn.documents.telling.sums import total
from symrnn.documents.telling.transition import transition_lines
from symrnn.documents.telling.words import enumerated, inline, letter, state
from symrnn.errors import RuleError
from symrnn.model.network import Scan, Stage, Steps

MOST_EQUATIONS, MOST_STATES = 20, 4  # beyond that the blocks of M fill pages and say nothing new


def through_stages(derivation: Derivation) -> Section:
    """Return the section on the stages that hand on states."""
    network = derivation.network
    recurrent = [number for number, stage in enumerate(network.stages) if stage.states]
    if not recurrent:
        text = "No step reads what another one computed: there is nothing to be followed through time."
        return Section("Through time", (Paragraph(text),), "time")
    found = letters(derivation)
    form = named_form(closed_form(opaque()), found)
    s, m, g, delta = (letter(one) for one in ("s", found.transition, found.source, found.adjoint))
    opening = (
        rf"Each stage with states is a recurrence of its own. Let ${s}$ be all that its step $t$ hands to the next, as one "
        rf"column; ${g}$ what reaches ${s}$ directly, from the loss and from other stages, which come before in the sweep; "
        rf"${m} = (\partial {s} / \partial {letter('s', 't-1')})^\top$; and ${delta}$ the adjoint of ${s}$ as it is handed on, by "
        rf"way of ${g}$ and of all later steps. For steps upwards the sweep through the stage is the recursion"
    )
    blocks = (*theorem(form, opening), distance(opaque(), found))
    sections = tuple(_stage(derivation, number, found) for number in recurrent)
    return Section("Through time", blocks, "time", sections)


def _stage(derivation: Derivation, number: int, found: Letters) -> Section:
    stage = derivation.network.stages[number]
    return Section(named(number, stage), tuple(_blocks(derivation, number, stage, found)), f"time-{label(number)}")


def _blocks(derivation: Derivation, number: int, stage: Stage, found: Letters) -> Iterator[Block]:
    recurrent, shown = alone(derivation, number), as_read(stage)
    inner = _read_inside(derivation, recurrent)
    if inner:
        yield Paragraph(
            f"Beside the states, {enumerated([inline(of) for of in inner])} {'is' if len(inner) == 1 else 'are'} read from outside "
            f"the recurrence. The equations of the sweep hold as they stand, for every number of steps; a closed form in the "
            f"states alone is not given for such a stage."
        )
        return
    large = len(stage.equations) > MOST_EQUATIONS or len(stage.states) > MOST_STATES
    try:
        stacked = None if large else stack(recurrent)
    except RuleError:
        yield Paragraph(why(recurrent, shown))
        yield from map_lines(recurrent, found, shown)
        yield Paragraph(_as_column(stage, found))
        yield from _result(stage, found, _all(recurrent, found))
        return
    if stacked is None:
        yield Paragraph(_large(derivation, recurrent, found, shown))
    else:
        yield from stacking(stacked, found, shown)
        yield Paragraph(_first(stage, stacked, found))
        yield Display(
            (*_sources(derivation, recurrent, found, shown), *transition_lines(recurrent, stacked, found, shown))
        )
        yield from handed_on(recurrent, stacked, found, shown, f"${letter(found.source)}$")
    yield from _result(stage, found, _all(recurrent, found) if stacked is None else stacked)


def _read_inside(derivation: Derivation, recurrent: Derivation) -> list[Leaf]:
    """Return what depends on the past of a stage and is read from outside its recurrence, beside its states."""
    inside = {of.name for of in recurrence(recurrent)}
    moved = {state.leaf.name for state in recurrent.network.states}
    for line in recurrent.network.equations:
        moved |= {line.target.name} if moved & {of.name for of in leaves(line.expr)} else set()
    states = {one.leaf.name for one in recurrent.network.states}
    mine = {line.target.name for line in recurrent.network.equations}
    read = {
        one.of.name
        for passage in derivation.reaching
        if passage.equation.target.name not in inside
        for one in passage.contributions
        if one.of.name in mine
    }
    read |= {output.name for output, _ in derivation.network.seeds}
    return [line.target for line in recurrent.network.equations if line.target.name in (read & inside & moved) - states]


def _all(recurrent: Derivation, found: Letters) -> Stacked:
    """Return the stack without its blocks."""
    parts = entries(recurrent)
    if len(parts) == 1 and parts[0][0].is_column:
        return Stacked(parts, ((None,),), parts[0][0].name)
    return Stacked(parts, (), found.stack)


def _ahead(stage: Stage) -> str:
    assert isinstance(stage.when, Steps)
    return "t-1" if stage.when.direction > 0 else "t+1"


def _first(stage: Stage, stacked: Stacked, found: Letters) -> str:
    here, before = state(stacked, found), state(stacked, found, _ahead(stage))
    return (
        f"Step $t$ knows the steps that were carried out before it through ${before}$ alone. What reaches ${here}$ directly, and "
        f"the transposed Jacobian by the chain rule through the equations of the step:"
    )


def _large(derivation: Derivation, recurrent: Derivation, found: Letters, shown: Shown) -> str:
    names = enumerated([inline(shown(of.at(t - back))) for of, back in entries(recurrent)])
    scanned = {one.leaf.name for part in derivation.network.parts if isinstance(part, Scan) for one in part.cell.states}
    fed_back = any(of.name not in scanned for of, _ in entries(recurrent))
    s, before = letter(found.stack), shown(Leaf(found.stack, 2, 1, t - 1))
    jacobian = rf"\partial {s} / \partial {leaf(before)}"
    layers = (
        f" A state depends on states of the step before in its own layer and in the layers below, so above the diagonal of "
        f"blocks of ${jacobian}$, layer by layer, there are zeros."
    )
    return (
        rf"Step $t$ hands on {names}. With these stacked into one column ${s}$ the step knows the steps that were carried out "
        rf"before it through ${leaf(before)}$ alone. ${letter(found.transition)}$ is $({jacobian})^\top$; its blocks follow by the "
        rf"chain rule through the {len(recurrent.network.equations)} equations of the step and are not written out: the sweep "
        rf"computes its product with an adjoint and never the matrix.{'' if fed_back else layers}"
    )


def _as_column(stage: Stage, found: Letters) -> str:
    return (
        rf"With the entries of all that is handed on in one column ${letter(found.stack)}$, this map is the product with a square "
        rf"matrix ${letter(found.transition)}$, which is never formed, and @(closed-form) holds for it."
    )


def _sources(derivation: Derivation, recurrent: Derivation, found: Letters, shown: Shown) -> Iterator[Line]:
    """Yield g: what reaches each state from the loss and from other stages."""
    network = derivation.network
    inside = {of.name for of in recurrence(recurrent)}
    seeds = dict(network.seeds)
    outside = [one for one in derivation.reaching if one.equation.target.name not in inside]
    parts = entries(recurrent)
    for of, back in parts:
        starts = _starts(derivation, of)
        given = [one for passage in outside for one in passage.contributions if one.of.name == of.name and not back]
        now: list[Node] = [one.gradient for one in given if one.of.time == t]
        ends = [(one.of.time, one.gradient) for one in given if one.of.time != t and one.of.time not in starts]
        now += [seeds[of]] if of in seeds and not back else []
        name = leaf(Leaf(found.source, 2, 1, t))
        left = name if len(parts) == 1 else rf"\left[{name}\right]_{{{leaf(shown(of.at(t - back)))}}}"
        yield Line(left, "=", total(network, now, ends) if now or ends else r"\mathbf{0}")


def _starts(derivation: Derivation, of: Leaf) -> set[object]:
    for stage in derivation.network.stages:
        for one in stage.states:
            if one.leaf.name == of.name and isinstance(stage.when, Steps):
                return {stage.when.initial(back) for back in range(one.lags)}
    return set()


def _result(stage: Stage, found: Letters, stacked: Stacked) -> Iterator[Block]:
    """Yield the closed form of the stage, and what a parameter receives from it."""
    assert isinstance(stage.when, Steps)
    length, up = time(stage.when.length), stage.when.direction > 0
    delta, m = letter(found.adjoint), found.transition
    steps = ("t+1", "t+2") if up else ("t-1", "t-2")
    chain = rf"{letter(m, steps[0])} \, {letter(m, steps[1])} \cdots {letter(m, 'k')} \, {letter(found.source, 'k')}"
    inner = rf"\sum_{{k=t}}^{{{length}}}" if up else r"\sum_{k=1}^{t}"
    if up:
        yield Paragraph("By @(closed-form)" + ("" if length == "T" else f", with ${length}$ in the place of $T$,"))
    else:
        yield Paragraph(_downwards(found, stacked, length))
    yield Display((Line(delta, "=", f"{inner} {chain}"),))
    use, any_delta = r"\mathcal{P}_W^{(t)}", leaf(Leaf(found.adjoint, 2))
    end = time(stage.when.initial())
    start = state(stacked, found, end)
    yield Paragraph(
        rf"where an empty product is the identity. Let ${use}({any_delta})$ be what the use of a parameter $W$ at step $t$ "
        rf"receives when the adjoint of ${state(stacked, found)}$ is ${any_delta}$; it is linear. By way of these states the stage "
        rf"gives to the gradient with respect to $W$, and to the adjoint of ${start}$,"
    )
    first = "1" if up else length
    total = rf"\sum_{{t=1}}^{{{length}}}"
    parts = (
        Line(rf"{total} {use}({delta})", "=", rf"{total} {inner} {use}({chain})"),
        Line(letter(found.adjoint, end), "=", rf"{letter(m, first)} \, {letter(found.adjoint, first)}"),
    )
    yield Display(parts)


def _downwards(found: Letters, stacked: Stacked, length: str) -> str:
    """Return how a stage downwards is an instance of the theorem for steps upwards."""
    m, delta, g = found.transition, found.adjoint, found.source
    return (
        rf"Here ${letter(m)} = (\partial {state(stacked, found)} / \partial {state(stacked, found, 't+1')})^\top$. Step 1 is "
        rf"carried out last, so the sweep is ${letter(delta, '1')} = {letter(g, '1')}$ and ${letter(delta)} = {letter(g)} + "
        rf"{letter(m, 't-1')} {letter(delta, 't-1')}$ for $2 \le t \le {length}$. Counted by $s = {length} + 1 - t$, the order in "
        rf"which the steps are carried out, this is the recursion of @(closed-form), which therefore holds with the order of the "
        rf"steps reversed:"
    )
