"""The forward equations of a network of several stages, and what has to be said of them."""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.algebra.nodes import Leaf, t
from symrnn.algebra.walk import leaves
from symrnn.documents.document import Block, Display, Items, Line, Paragraph, Section, Statement, plain
from symrnn.documents.notation import breakable, leaf, time
from symrnn.documents.telling.stages import Part, cell_name, label, named, parts, starts
from symrnn.documents.telling.words import enumerated, inline, reference
from symrnn.documents.telling.words import label as number
from symrnn.model.equations import Equation
from symrnn.model.network import Map, Network, Once, Scan, Stage, Steps


def equations(network: Network) -> Iterator[Block]:
    """Yield the display of all equations."""
    yield _display(network.equations)


def _display(lines: tuple[Equation, ...]) -> Display:
    return Display(
        tuple(
            Line(leaf(one.target), "=", breakable(one.expr), label=number(one.label), number=one.label) for one in lines
        )
    )


# -- stage by stage --------------------------------------------------------------------------------------------------------


def overview(network: Network) -> Paragraph:
    """Return the sentence on the stages."""
    count = len(network.stages)
    if count == 1:
        return Paragraph("All equations are evaluated together, once.")
    text = (
        f"The equations are evaluated in {count} stages, one after the other: each stage is carried out for all its steps before "
        f"the next one begins, and may read everything that was computed before it."
    )
    return Paragraph(text)


def stages(network: Network) -> tuple[Section, ...]:
    """Return one section for each stage, with its equations cell by cell."""
    known: dict[str, str] = {}
    return tuple(
        Section(named(place, stage), tuple(_stage(network, place, stage, known)), label(place))
        for place, stage in enumerate(network.stages)
    )


def _stage(network: Network, place: int, stage: Stage, known: dict[str, str]) -> Iterator[Block]:
    opening = f"{_opening(network, stage)} {_steps(stage)}".strip()
    if opening:
        yield Paragraph(opening)
    for part in parts(network):
        if part.stage == place:
            yield Paragraph(_titled(part, known))
            yield _display(part.equations)


def _opening(network: Network, stage: Stage) -> str:
    if isinstance(stage.when, Once):
        return "These quantities depend on parameters alone, and are the same at every step and for every sequence."
    if not isinstance(stage.when, Steps):
        return ""
    sign = "-" if stage.when.direction > 0 else "+"
    past = [
        f"${leaf(state.leaf.at(t - stage.when.direction * back))}$"
        for state in stage.states
        for back in range(1, state.lags + 1)
    ]
    if not past:
        return "No step depends on another one."
    where = "before" if sign == "-" else "after it, which is carried out first"
    return (
        f"Step $t$ reads {enumerated(past)} of the step{'s' if any(s.lags > 1 for s in stage.states) else ''} {where}; "
        + (f"{starts(network, stage)}.")
    )


def _steps(stage: Stage) -> str:
    """Return what a state of a downward stage has seen."""
    if not isinstance(stage.when, Steps) or stage.when.direction > 0 or not stage.states:
        return ""
    length, of = time(stage.when.length), stage.states[0].leaf
    return (
        rf"The index is that of the input: ${leaf(of)}$ is what is computed when the input of step $t$ is read, after those of "
        rf"the steps ${length}, {length}-1, \dots, t+1$."
    )


def _titled(part: Part, known: dict[str, str]) -> str:
    """Return the title of a part, with its citation when its cell comes for the first time."""
    title = f"*{part.title[:1].upper()}{part.title[1:]}*"
    if part.cell is None:
        return f"{title}:"
    before = known.setdefault(part.cell.name, part.title)
    if before == part.title and part.cell.source:
        return f"{title}: {plain(cell_name(part.cell))}. Source: {plain(part.cell.source)}."
    again = "" if before == part.title else ", again"
    return f"{title}: {plain(cell_name(part.cell))}{again}."


# -- what has to be said of it ---------------------------------------------------------------------------------------------


def remarks(network: Network) -> tuple[Block, ...]:
    """Return what a reader has to know of masks, weights and directions."""
    items = [*_masks(network), *_weights(network), *_feedback(network), *_hand_over(network), *_one_input(network)]
    blocks: tuple[Block, ...] = (Items(tuple(items)),) if items else ()
    return blocks + _both_directions(network)


def _masks(network: Network) -> Iterator[str]:
    held = [line.target for line in network.equations if line.note == "held where the mask is 0"]
    for mask in network.masks:
        mine = [inline(of) for of in held if mask in leaves(network.targets_of[of].expr)]
        if mine:
            yield (
                f"The mask {inline(mask)} is 1 at the steps that a sequence has and 0 beyond its end, so that sequences of "
                f"different lengths can stand in one batch: where it is 0, {enumerated(mine)} stay{'s' if len(mine) == 1 else ''} "
                f"as the step before left it{'' if len(mine) == 1 else ', each of them'}"
                f"{', and the loss is 0' if _masks_loss(network, mask) else ''}. It has no gradient."
            )


def _masks_loss(network: Network, mask: Leaf) -> bool:
    return network.loss is not None and mask in leaves(network.targets_of[network.loss].expr)


def is_weight(network: Network, of: Leaf) -> bool:
    """Whether a given quantity multiplies the loss."""
    return (
        network.loss is not None
        and network.targets_of[network.loss].note == "weighted"
        and of in leaves(network.targets_of[network.loss].expr)
    )


def _weights(network: Network) -> Iterator[str]:
    for of in network.targets:
        if of not in network.masks and is_weight(network, of):
            yield f"The loss of a step is multiplied by a given number {inline(of)}, the weight of the step; it has no gradient."


def _feedback(network: Network) -> Iterator[str]:
    heads = {line.target.name for one in network.parts if isinstance(one, Map) for line in one.head.equations}
    fed = [state for state in network.states if state.leaf.name in heads]
    for state in fed:
        yield (
            f"The output is fed back: {inline(state.leaf.at(t - 1))} is read as the input of step $t$, so it is a state too, and "
            f"what later steps give to it is part of its adjoint."
        )


def _one_input(network: Network) -> Iterator[str]:
    for line in network.equations:
        if line.note == "there is one input only":
            of = line.target
            yield f"There is one input, {inline(of.at(0))}; it is read by the first step, and the later steps read zero."


def _hand_over(network: Network) -> Iterator[str]:
    handed = [line for line in network.equations if line.note == "the end of the encoder"]
    if handed:
        numbers = enumerated([reference(line.label) for line in handed])
        yield (
            f"The decoder knows the encoder through {numbers} alone; what the decoder gives to the adjoint of "
            f"{enumerated([inline(line.target) for line in handed])} goes back into the encoder there."
        )


def _both_directions(network: Network) -> tuple[Block, ...]:
    down = next((one for one in network.parts if isinstance(one, Scan) and one.steps.direction < 0), None)
    if down is None or not down.cell.states:
        return ()
    of, length = down.cell.states[0].leaf, time(down.steps.length)
    text = (
        rf"Here the backward state carries the index of the input beside which it stands: ${leaf(of)}$ has read "
        rf"$x^{{({length})}}, x^{{({length}-1)}}, \dots, x^{{(t)}}$, and it is this state that belongs to $x^{{(t)}}$. Often the "
        rf"backward pass is counted by steps of its own, $s = 1, \dots, {length}$, as in H. Vardhan's note on recurrent "
        rf"networks, section 4.1. Its step $s = 1$ reads $x^{{({length})}}$, and each further step the input before, so step $s$ "
        rf"reads $x^{{({length}-s+1)}}$, and the state after it, $b^{{(s)}}$, has read "
        rf"$x^{{({length})}}, \dots, x^{{({length}-s+1)}}$. The last of these is $x^{{(t)}}$ when ${length} - s + 1 = t$. So "
        rf"$s = {length} - t + 1$: the state that belongs to $x^{{(t)}}$ is $b^{{({length}-t+1)}}$, which is ${leaf(of)}$ here. "
        rf"The note writes $z^{{(t)}} = W f a^{{(t)}} + W b a^{{({length}-t)}} + b$; with this count "
        rf"$b^{{({length}-t)}}$ has read $x^{{({length})}}, \dots, x^{{(t+1)}}$ only, and at $t = {length}$ it is the initial "
        rf"state. If the count began at 0, $s = 0$ being the state after $x^{{({length})}}$ was read, and $t$ began at 1, "
        rf"$b^{{({length}-t)}}$ would be the right one."
    )
    return (Statement("Remark", "the index of the backward direction", (Paragraph(text),), "backward-index"),)
