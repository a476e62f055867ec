"""The stages of a network in words: when each one is evaluated, which cells and heads stand in it, and one of them by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sympy import Integer

from symrnn.algebra.nodes import Leaf, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.documents.notation import leaf, time
from symrnn.documents.telling.letters import changed
from symrnn.documents.telling.words import enumerated
from symrnn.model.equations import Cell, Equation, State
from symrnn.model.network import Map, Network, Once, Scan, Single, Stage, Steps

STARTS = {"learned": "learned initial states", "the end of the encoder": "the hand-over to the decoder"}


def is_one_loop(network: Network) -> bool:
    """Whether everything is computed at every step of one loop over one cell: told without stages."""
    return [stage.when for stage in network.stages] == [Steps()] and is_one_cell(network)


def is_one_cell(network: Network) -> bool:
    """Whether the network is one cell in one loop, perhaps with a head and with quantities that are computed once."""
    scans = [part for part in network.parts if isinstance(part, Scan)]
    return network.is_single_recurrence and len(scans) == 1


def label(number: int) -> str:
    """Return the label of the forward section of a stage, counted from 0."""
    return f"stage-{number + 1}"


def reference(number: int) -> str:
    """Return `stage 2`, as it is headed, with the place where it is."""
    return f"stage {number + 1} (@({label(number)}))"


def span(when: Steps) -> str:
    r"""Return `t = 1, \dots, T` in the order of evaluation."""
    first, last = (Integer(1), when.length) if when.direction > 0 else (when.length, Integer(1))
    return rf"t = {time(first)}, \dots, {time(last)}"


def heading(stage: Stage) -> str:
    """Return when a stage is evaluated, as the head of a section."""
    match stage.when:
        case Once():
            return "once, before the first step"
        case Steps(direction=1):
            return f"upwards, ${span(stage.when)}$"
        case Steps():
            return f"downwards, ${span(stage.when)}$"
        case Single(step):
            if step == 0 or (step - 1).is_Symbol:
                notes = {STARTS.get(line.note, "") for line in stage.equations}
                return (
                    notes.pop()
                    if notes == {STARTS["the end of the encoder"]}
                    else f"before the first step, $t = {time(step)}$"
                )
            return f"at one step, $t = {time(step)}$"
    raise AssertionError(stage)


def named(number: int, stage: Stage) -> str:
    """Return the head of the section of a stage."""
    return f"Stage {number + 1}: {heading(stage)}"


# -- the cells and heads in a stage ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring equations of a stage that belong to one cell or head, or to none of them (`cell` is None).

    Fields:
        title: `layer 1, upwards`, `the head`, or what the equations are for.
    """

    title: str
    cell: Cell | None
    stage: int
    equations: tuple[Equation, ...]

    @property
    def labels(self) -> frozenset[str]:
        """The numbers of the equations."""
        return frozenset(line.label for line in self.equations)


def parts(network: Network) -> tuple[Part, ...]:
    """Return the parts of all stages, in the order of evaluation."""
    owners = _owners(network)
    found: list[Part] = []
    for number, line in network.numbered():
        title, cell = owners.get("" if line.note in STARTS else line.target.name) or (_what(line), None)
        last = found[-1] if found else None
        if last is not None and (last.stage, last.title, last.cell) == (number, title, cell):
            found[-1] = replace(last, equations=(*last.equations, line))
        else:
            found.append(Part(title, cell, number, (line,)))
    return tuple(found)


def _what(line: Equation) -> str:
    return STARTS.get(line.note, line.note) or "between the layers"


def _owners(network: Network) -> dict[str, tuple[str, Cell]]:
    """Return the title and the cell or head that each quantity belongs to, by name; not those that join them."""
    titles = dict(zip((one.cell for one in network.parts if isinstance(one, Scan)), _scans(network), strict=True))
    heads = [one.head for one in network.parts if isinstance(one, Map)]
    titles |= {head: "the head" if len(heads) == 1 else f"head {number}" for number, head in enumerate(heads, 1)}
    return {line.target.name: (title, cell) for cell, title in titles.items() for line in cell.equations}


def _scans(network: Network) -> list[str]:
    """Return what each scanned cell is called: by its side of an encoder-decoder, its layer and its direction."""
    scans = [one for one in network.parts if isinstance(one, Scan)]
    lengths = list(dict.fromkeys(one.steps.length for one in scans))
    places: list[tuple[int, int, bool]] = []  # side, layer, downwards
    layer: dict[int, int] = {}
    for one in scans:
        side = lengths.index(one.steps.length)
        layer[side] = layer.get(side, 0) + (one.steps.direction > 0)
        places.append((side, layer[side], one.steps.direction < 0))
    sides = ("the encoder", "the decoder") if len(lengths) > 1 else ("",)
    titles = []
    for side, number, down in places:
        words = [sides[side]] if sides[side] else []
        words += [f"layer {number}"] if layer[side] > 1 else [] if words else ["the cell"]
        words += [("upwards", "downwards")[down]] if (side, number, True) in places else []
        titles.append(", ".join(words))
    return titles


def cell_name(cell: Cell) -> str:
    """Return what people call a cell."""
    return cell.title or cell.name


# -- where the states start ------------------------------------------------------------------------------------------------


def starts(network: Network, stage: Stage, states: Iterable[State] | None = None) -> str:
    """Return where the states of a stage have their values before its first step, as a clause."""
    assert isinstance(stage.when, Steps)
    by_kind: dict[str, list[str]] = {}
    for state in stage.states if states is None else states:
        for back in range(state.lags):
            start = state.leaf.at(stage.when.initial(back))
            by_kind.setdefault(start_kind(network, state, start), []).append(f"${leaf(start)}$")
    words = [f"{enumerated(names)} {'is' if len(names) == 1 else 'are'} {kind}" for kind, names in by_kind.items()]
    return enumerated(words)


def start_kind(network: Network, state: State, start: Leaf) -> str:
    """Return where one initial value comes from: `given`, `zero`, `learned`, or the equation that computes it."""
    if state.initial != "computed":
        return state.initial
    line = network.targets_of[start]
    return f"the learned one of @(eq-{line.label})" if line.note == "learned" else f"computed by @(eq-{line.label})"


# -- one stage by itself ---------------------------------------------------------------------------------------------------


def mirrored(value: Any) -> Any:
    """Return an expression or a record with steps counted the other way: what is read at t + k is at t − k."""

    def other(of: Leaf) -> Leaf:
        return of.at(2 * t - of.time) if of.time is not None and of.time.has(t) and of.time != t else of

    return changed(value, other)


def alone(derivation: Derivation, number: int) -> Derivation:
    """Return one stage of steps as a recurrence upwards of its own: what it reads of others are inputs, or parameters.

    A stage downwards is mirrored: u at t + 1 stands at t − 1.
    """
    network = derivation.network
    stage = network.stages[number]
    assert isinstance(stage.when, Steps)
    mine = {line.label for line in stage.equations}
    own = {line.target.name for line in stage.equations}
    read = dict.fromkeys(of for line in stage.equations for of in leaves(line.expr) if of.name not in own)
    passive = {*network.targets, *network.constants}
    single = replace(
        network,
        parts=(),
        stages=(Stage(Steps(stage.when.length), stage.equations, stage.states),),
        params=tuple(of for of in _ordered(read, network.params) if not _moves(of) and of not in passive),
        inputs=tuple(of for of in read if _moves(of) and of not in passive),
        seeds=tuple((output, seed) for output, seed in network.seeds if output.name in own),
    )
    passages = tuple(one for one in derivation.passages if one.equation.label in mine)
    found = replace(derivation, network=single, passages=passages)
    if stage.when.direction > 0:
        return found
    return replace(found, network=mirrored(single), passages=mirrored(passages))


def _ordered(read: Iterable[Leaf], params: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
    """Return what is read, parameters of the network in their usual order first."""
    found = set(read)
    return (*(of for of in params if of in found), *(of for of in read if of not in params))


def _moves(of: Leaf) -> bool:
    return of.time is not None and of.time.has(t)


Shown = Callable[[Any], Any]


def unchanged(value: Any) -> Any:
    """Return an expression as it is."""
    return value


def as_read(stage: Stage) -> Shown:
    """Return what brings an expression of a stage that stands `alone` into the steps of the network."""
    assert isinstance(stage.when, Steps)
    return mirrored if stage.when.direction < 0 else unchanged
