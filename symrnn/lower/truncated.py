"""The backward procedure of a truncated gradient: for every window, the steps of its block, then the older ones.

gradients, also those of inputs and initial states, and sums = 0
for every window:  carries = 0
                   for t down through the block:  as in the full gradient
                   for t down through the rest:   the same without the loss, from the carries alone
                   in the first step:  dh0 += carry
"""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.algebra.nodes import Leaf
from symrnn.calculus.records import Adjoint, Derivation, Gradient
from symrnn.calculus.truncated import WINDOW, Truncated, counts
from symrnn.ir.buffers import Role, Size, size
from symrnn.ir.nodes import At, Block, Loop, Map, Number, Ref, Statement, Stretch, When, Windows
from symrnn.lower.backward import StageBackward, cleared
from symrnn.lower.memory import Memory
from symrnn.lower.needs import needed
from symrnn.lower.statements import Writer
from symrnn.model.network import Steps


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of steps that the caller gives, with what they count; the steps of a block and of a window."""

    sizes: tuple[tuple[str, str], ...]
    every: Size
    span: Size
    about: str


def counted(network: Truncated) -> Counts:
    """Return what the caller of a truncated gradient gives."""
    names = counts(network)
    if network.by == WINDOW:
        (alone,) = names
        told = ((alone, "steps that the loss of a step reaches back, its own among them"),)
        about = f"Compute every gradient, truncated: the loss of each step reaches back {alone} steps."
        return Counts(told, Size((), 1), size(alone), about)
    block, window = names
    told_both = (
        (block, "steps of a block, whose losses are propagated back together"),
        (window, "steps that they reach back, counted from the end of their block"),
    )
    about = f"Compute every gradient, truncated: the losses of each block of {block} steps reach back {window} from its end."
    return Counts(told_both, size(block), size(window), about)


def truncated(derivation: Derivation, older: Derivation, cut: Counts, memory: Memory) -> tuple[Statement, ...]:
    """Return the statements that compute every gradient, truncated; `older` are the equations of carries alone."""
    network, wanted = derivation.network, needed(derivation)
    statements = cleared(derivation, wanted, memory)
    begun = {one.of.name for one in derivation.gradients if not one.summed}
    for number in reversed(range(len(network.stages))):
        stage, writer = network.stages[number], Writer(memory)
        here = StageBackward(derivation, number, stage, wanted, writer, begun)
        if not isinstance(stage.when, Steps):
            statements += here.statements()
            continue
        block = [*here.body(), *_end(here)]
        places = {of: memory.adjoints.pop(of) for of in list(memory.adjoints) if of.moves}
        before = _Older(older, number, stage, needed(older), Writer(memory), begun)
        before.places = {of: ref for of, ref in places.items() if memory.buffers[ref.buffer].role is Role.WORK}
        rest = [*before.body(), *_end(before)]
        body = (*here.before(), Stretch(tuple(block)), Stretch(tuple(rest), older=True))
        length = stage.when.length.name
        statements += [*_zeros(derivation, memory, length), Windows(cut.every, cut.span, body, length)]
    return tuple(statements)


def _end(here: StageBackward) -> list[Statement]:
    """Return what the first step adds to the gradients of the initial states."""
    added = here.after(accumulate=True)
    return [When(At("", 0), tuple(added))] if added else []


def _zeros(derivation: Derivation, memory: Memory, length: str) -> list[Statement]:
    """Return the statements that clear the gradients of inputs and initial states: several windows add to them."""
    inputs = [memory.buffers[f"d{one.of.name}"] for one in derivation.gradients if not one.summed]
    starts = [memory.buffers[f"d{name}0"] for name in dict.fromkeys(one.of.name for one in derivation.initial)]
    moving = tuple(Map(Ref(one.name, At("t")), Number(0)) for one in inputs if one.steps)
    found: list[Statement] = [Loop(moving, length=length)] if moving else []
    found += [Map(Ref(one.name), Number(0)) for one in (*inputs, *starts) if not one.steps]
    lags = [(one.name, place) for one in starts if one.steps for place in range(one.dims[0].constant)]
    return found + [Map(Ref(name, At("", place)), Number(0)) for name, place in lags]


class _Older(StageBackward):
    """A step before the block of a window. Its adjoints stand where those of the steps of the block stood."""

    places: dict[Leaf, Ref]

    def _gradient(self, gradient: Gradient) -> list[Block]:
        return super()._gradient(gradient) if gradient.terms else []

    def _place(self, adjoint: Adjoint) -> Ref:
        return self.places.get(adjoint.of) or super()._place(adjoint)
