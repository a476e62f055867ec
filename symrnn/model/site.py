"""What has been placed of a network while it is built: parts, equations, names that are taken; and the network made of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Leaf, Node, T, t
from symrnn.model.architecture import Architecture, Layer
from symrnn.model.equations import Equation, State
from symrnn.model.network import Map, Network, Once, Scan, Stage, Steps, When


@dataclass(slots=True)
class Site:
    """The parts and equations that have been placed so far."""

    wanted: Architecture
    taken: set[str] = field(default_factory=set)
    parts: list[Scan | Map] = field(default_factory=list)
    lines: list[tuple[When, Equation]] = field(default_factory=list)
    starts: list[tuple[When, Equation]] = field(default_factory=list)  # learned initial states: they stand in front
    states: list[tuple[When, State]] = field(default_factory=list)
    inputs: dict[Leaf, None] = field(default_factory=dict)
    sizes: dict[Symbol, None] = field(default_factory=dict)
    extra: list[Leaf] = field(default_factory=list)  # parameters that are not of a cell: learned initial states
    masks: dict[Steps, Leaf] = field(default_factory=dict)
    given: list[Leaf] = field(default_factory=list)  # masks and weights
    swap: dict[Leaf | Symbol, Node | Expr] = field(default_factory=dict)  # applied to everything at the end
    equal: dict[Symbol, Expr] = field(default_factory=dict)  # sizes that became others
    own: Leaf | None = None  # the input of a decoder that stacks a context on it
    outputs: tuple[Leaf, ...] = ()
    loss: Leaf | None = None
    seeds: tuple[tuple[Leaf, Leaf], ...] = ()

    def add(self, when: When, *lines: Equation) -> None:
        """Place equations; those of parameters alone go in front of all steps."""
        self.lines += [(Once() if line.target.time is None else when, line) for line in lines]

    def fresh(self, name: str) -> str:
        """Return a name that nothing has, and take it."""
        candidate, count = name, 1
        while candidate in self.taken:
            count += 1
            candidate = f"{name}{count}"
        self.taken.add(candidate)
        return candidate

    def exchanges(self) -> dict[Leaf | Symbol, Node | Expr]:
        """Return what is exchanged everywhere, at once."""
        return {**self.equal, **{old: new.xreplace(self.equal) for old, new in self.swap.items()}}

    def forget_starts(self, targets: set[Leaf]) -> None:
        """Drop learned initial states that something else gives."""
        dropped = {line.expr for _, line in self.starts if line.target in targets}
        self.starts = [start for start in self.starts if start[1].target not in targets]
        self.extra = [leaf for leaf in self.extra if leaf not in dropped]

    def mask(self, when: Steps) -> Leaf:
        """Return m^(t), which is 0 beyond the end of a sequence."""
        if when.length not in {steps.length for steps in self.masks}:
            leaf = Leaf(self.fresh("m" if when.length == T else "m_d"), 1, 1, t)
            self.given.append(leaf)
            self.masks[Steps(when.length)] = leaf
        return self.masks[Steps(when.length)]

    def network(self) -> Network:
        """Return everything that was placed."""
        cells = [part.cell if isinstance(part, Scan) else part.head for part in self.parts]
        titles = [cell.title or cell.name for cell in cells]
        return Network(
            name=_name(self.wanted),
            title=_title(self.wanted, titles),
            source="; ".join(dict.fromkeys(cell.source for cell in cells if cell.source)),
            parts=tuple(self.parts),
            stages=_stages([*self.starts, *self.lines], self.states),
            sizes=tuple(dict.fromkeys((*self.sizes, *(size for cell in cells for size in cell.sizes)))),
            inputs=tuple(self.inputs),
            params=tuple(dict.fromkeys((*(leaf for cell in cells for leaf in cell.params), *self.extra))),
            constants=tuple(leaf for cell in cells for leaf in cell.constants),
            targets=(*(leaf for cell in cells for leaf in cell.targets), *self.given),
            outputs=self.outputs,
            loss=self.loss,
            assumptions=tuple(leaf for cell in cells for leaf in cell.assumptions),
            masks=(*(leaf for cell in cells for leaf in cell.masks), *self.masks.values()),
            values=tuple(value for cell in cells for value in cell.values),
            seeds=self.seeds,
        )


def _stages(lines: list[tuple[When, Equation]], states: list[tuple[When, State]]) -> tuple[Stage, ...]:
    """Sort equations into stages: what is computed once in front, then neighbours of the same steps together; number them."""
    once = [line for line in lines if isinstance(line[0], Once)]
    later = [line for line in lines if not isinstance(line[0], Once)]
    groups = [(when, [line for _, line in group]) for when, group in groupby((*once, *later), key=lambda line: line[0])]
    number, stages = 0, []
    for when, group in groups:
        names = {line.target.name for line in group}
        numbered = tuple(replace(line, label=str(number + place)) for place, line in enumerate(group, 1))
        number += len(group)
        handed = tuple(state for of, state in states if of == when and state.leaf.name in names)
        stages.append(Stage(when, numbered, handed if isinstance(when, Steps) else ()))
    return tuple(stages)


def _name(wanted: Architecture) -> str:
    cells = [layer.forward.name for layer in (*wanted.layers, *wanted.decoder)]
    words = list(dict.fromkeys(cells))
    words += [str(len(wanted.layers))] if len(wanted.layers) > 1 else []
    words += ["bidirectional"] if any(layer.backward for layer in wanted.layers) else []
    words += [wanted.mode.replace("-", "_")] if wanted.mode != "many-to-many" else []
    words += ["feedback"] if wanted.feedback else []
    return "_".join(words)


def _title(wanted: Architecture, titles: list[str]) -> str:
    many = len(wanted.layers) > 1 or any(layer.backward for layer in wanted.layers) or bool(wanted.decoder)
    body = " with ".join(titles) if not many else _layered(wanted)
    return body if wanted.mode == "many-to-many" else f"{body}, {wanted.mode.replace('-', ' ')}"


def _layered(wanted: Architecture) -> str:
    def of(layers: tuple[Layer, ...]) -> str:
        names = [layer.forward.title or layer.forward.name for layer in layers]
        both = "bidirectional " if any(layer.backward for layer in layers) else ""
        if len(layers) > 1 and len(set(names)) == 1:
            return f"{len(layers)} {both}layers of {names[0]}"
        return both + " and ".join(names)

    body = of(wanted.layers)
    body += f", decoded by {of(wanted.decoder)}" if wanted.decoder else ""
    return body if wanted.head is None else f"{body} with {wanted.head.title or wanted.head.name}"
