"""From a derivation to the drawing of its network: which part defines what, and what each one reads from the others.

A cell or a head is a part, a loss another one; an equation of no part is a thin box, or the beginning of a state. What comes
back along a read is known from the sweep: the contributions of the equations that read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from symrnn.algebra.nodes import Apply, Leaf, Zeros
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.documents.wiring import Group, Part, Read, Wiring
from symrnn.model.equations import Cell, Equation, State
from symrnn.model.network import Network, Once, Scan, Single, Stage, Steps


def wired(derivation: Derivation) -> Wiring:
    """Return what to draw of a network: its parts, and what reads what."""
    network = derivation.network
    groups = tuple(Group(length.name) for length in network.lengths) or (Group(_only_step(network), 0),)
    site = _Site(derivation, _owners(network), _given(derivation))
    for stage in network.stages:
        if not isinstance(stage.when, Once):
            for line in stage.equations:
                site.place(line, stage)
    site.begin()
    site.sum_up()
    parts = sorted(site.parts.values(), key=lambda part: part.kind != "given")
    return Wiring(groups, tuple(parts), tuple(site.reads.values()), f"{network.title}, unrolled over its steps")


def _only_step(network: Network) -> str:
    """Return the name of the step of a network that has one step only."""
    return next(str(stage.when.step) for stage in network.stages if isinstance(stage.when, Single))


def _owners(network: Network) -> dict[str, tuple[str, str]]:
    """Return the kind and the key of the part that defines each quantity: what a loss alone needs is the loss's."""
    found: dict[str, tuple[str, str]] = {}
    for number, part in enumerate(network.parts):
        if isinstance(part, Scan):
            found.update((line.target.name, ("cell", f"cell {number}")) for line in part.cell.equations)
            continue
        put_out = _needed(part.head)
        for line in part.head.equations:
            kind = "head" if part.head.loss is None or line.target.name in put_out else "loss"
            found[line.target.name] = (kind, f"{kind} {number}")
    return found


def _needed(head: Cell) -> set[str]:
    """Return the quantities that the outputs of a head are computed from, and these."""
    found = {leaf.name for leaf in head.outputs}
    for line in reversed(head.equations):
        if line.target.name in found:
            found |= {leaf.name for leaf in leaves(line.expr)}
    return found


def _given(derivation: Derivation) -> set[tuple[Leaf, Leaf]]:
    """Return which quantity's equation gives something to the adjoint of which one that it reads."""
    return {
        (passage.equation.target, one.of)
        for passage in derivation.reaching
        for one in passage.contributions
        if not isinstance(one.gradient, Zeros)
    }


@dataclass(slots=True)
class _Site:
    """The parts and reads that have been found so far; owners and what is given back are known before."""

    derivation: Derivation
    owners: dict[str, tuple[str, str]]
    given: set[tuple[Leaf, Leaf]]
    parts: dict[str, Part] = field(default_factory=dict)
    reads: dict[tuple[str, str, int, str], Read] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        return self.derivation.network

    # -- one equation ------------------------------------------------------------------------------------------------------

    def place(self, line: Equation, stage: Stage) -> None:
        """Add what an equation says to its part, and what it reads."""
        started = _started(self.network, line.target)
        if started is not None:
            self._start(line, *started)
            return
        if isinstance(line.expr, Zeros):
            return
        kind, key = self.owner(line.target.name)
        group, at = self.where(stage)
        if key not in self.parts:
            direction = stage.when.direction if isinstance(stage.when, Steps) else 1
            names = (line.target.name,) if kind == "glue" else ()
            self.parts[key] = Part(key, kind, group, at, names, self._note(key), (), direction)
        if line.target == self.network.loss:
            self.parts[key] = replace(self.parts[key], names=(line.target.name,))
        for leaf in leaves(line.expr):
            if leaf.time is not None:
                self._read(leaf, line, self.parts[key], stage)

    def owner(self, name: str) -> tuple[str, str]:
        """Return the kind and the key of the part that a quantity belongs to."""
        return self.owners.get(name, ("glue", f"glue {name}"))

    def where(self, stage: Stage) -> tuple[str, str]:
        """Return the group of a stage, and its place there."""
        lengths = self.network.lengths
        if isinstance(stage.when, Steps):
            return stage.when.length.name, ""
        assert isinstance(stage.when, Single)
        if not lengths:
            return str(stage.when.step), ""
        length = next((one for one in lengths if stage.when.step.has(one)), lengths[0])
        return length.name, "last" if stage.when.step.has(length) else "first"

    def _note(self, key: str) -> str:
        kind, number = key.split(" ", 1)
        if kind == "glue":
            return ""
        part = self.network.parts[int(number)]
        if isinstance(part, Scan):
            return part.cell.name.replace("_", " ")
        functions = [line.expr.function for line in part.head.equations if isinstance(line.expr, Apply)]
        return functions[0].replace("_", " ") if functions else "linear"

    def _read(self, leaf: Leaf, line: Equation, reader: Part, stage: Stage) -> None:
        name = leaf.name
        if name in {one.name for one in self.network.targets}:
            given = tuple(dict.fromkeys((*reader.beside, *self.parts[reader.key].beside, name)))
            self.parts[reader.key] = replace(self.parts[reader.key], beside=given)
            return
        lag = stage.when.lag(leaf) if isinstance(stage.when, Steps) and leaf.moves else 0
        back = self.back(leaf, line)
        if name in {one.name for one in self.network.inputs}:
            self._given(leaf, reader, stage, back)
            return
        source = self.owner(name)[1]
        at = self._step(leaf, stage)
        if lag and source != reader.key:
            self._prior(leaf, reader)
        if (source != reader.key or lag) and not self._only_initial(name):
            self.add(Read(source, reader.key, (name,), back, min(lag, 1), at))

    def _only_initial(self, name: str) -> bool:
        """Tell whether a quantity is zero at every step, and only its initial value is of interest."""
        return all(isinstance(line.expr, Zeros) for line in self.network.equations if line.target.name == name)

    def _step(self, leaf: Leaf, stage: Stage) -> str:
        """Return the one step at which something is read, or nothing if it is the step of the reader."""
        if leaf.moves or not self.network.lengths:
            return ""
        return "first" if leaf.time == 1 else "last"

    def back(self, leaf: Leaf, line: Equation) -> tuple[str, ...]:
        """Return the quantity to whose adjoint an equation that reads it gives something, if it does."""
        return (leaf.name,) if (line.target, leaf) in self.given else ()

    def add(self, read: Read) -> None:
        """Add a read, or its names to the one there is."""
        key = (read.source, read.target, read.lag, read.at)
        old = self.reads.get(key)
        if old is not None:
            names, back = (*old.names, *read.names), (*old.back, *read.back)
            read = replace(old, names=tuple(dict.fromkeys(names)), back=tuple(dict.fromkeys(back)))
        self.reads[key] = read

    # -- what comes from outside -------------------------------------------------------------------------------------------

    def _given(self, leaf: Leaf, reader: Part, stage: Stage, back: tuple[str, ...]) -> None:
        """Add an input: at the foot of every column, of one, or before the first step."""
        fixed = not leaf.moves
        early = isinstance(stage.when, Single) and fixed and leaf.time != stage.when.step
        key = f"given {leaf.name} {reader.group}"
        if early:
            self.parts[key] = Part(key, "begin", reader.group, "before", (leaf.name,))
        elif fixed and self.network.lengths:
            self.parts[key] = Part(key, "given", reader.group, self._step(leaf, stage), (leaf.name,))
        else:
            self.parts[key] = Part(key, "given", reader.group, "", (leaf.name,))
        self.add(Read(key, reader.key, (leaf.name,), back))

    def _prior(self, leaf: Leaf, reader: Part) -> None:
        """Add the initial value of what is fed back."""
        state = self.network.state(leaf.name)
        if state is None or state.initial != "given":
            return
        key = f"prior {leaf.name}"
        self.parts[key] = Part(key, "prior", reader.group, "before" if reader.direction > 0 else "after", (leaf.name,))
        self.add(Read(key, reader.key, (leaf.name,), self._leaving(leaf.name), 1))

    def _leaving(self, name: str) -> tuple[str, ...]:
        """Return the state if an adjoint reaches its initial value."""
        reached = any(one.of.name == name and (one.carries or one.ends) for one in self.derivation.initial)
        return (name,) if reached else ()

    # -- initial states ----------------------------------------------------------------------------------------------------

    def _start(self, line: Equation, state: State, steps: Steps) -> None:
        """Add a computed initial state: a box that reads the end of another part, or a parameter."""
        cell = self.owner(state.leaf.name)[1]
        key = f"start {cell}"
        known = tuple(one.of.name for one in self.derivation.adjoints if one.of == line.target)
        old = self.parts.get(key, Part(key, "start", steps.length.name, "before" if steps.direction > 0 else "after"))
        reads = [leaf for leaf in leaves(line.expr) if leaf.time is not None]
        names = tuple(dict.fromkeys((*old.names, state.leaf.name)))
        self.parts[key] = replace(old, names=names, note=old.note if reads else "learned")
        self.add(Read(key, cell, (state.leaf.name,), known))
        for leaf in reads:
            at = "first" if leaf.time == 1 else "last"
            self.add(Read(self.owner(leaf.name)[1], key, (leaf.name,), self.back(leaf, line), 0, at))

    def begin(self) -> None:
        """Add the initial states that are given or zero."""
        for stage in self.network.stages:
            for state in stage.states:
                kind, cell = self.owner(state.leaf.name)
                assert isinstance(stage.when, Steps)
                if kind != "cell" or state.initial == "computed":
                    continue
                name = state.leaf.name if state.initial == "given" else "0"
                if f"start {cell}" in self.parts:
                    start = self.parts[f"start {cell}"]
                    self.parts[start.key] = replace(start, note=f"{state.leaf.name}: {state.initial}")
                    continue
                key, side = f"begin {cell}", "before" if stage.when.direction > 0 else "after"
                old = self.parts.get(key, Part(key, "begin", stage.when.length.name, side))
                self.parts[key] = replace(old, names=tuple(dict.fromkeys((*old.names, name))))
                self.add(Read(key, cell, (name,), self._leaving(name) if state.initial == "given" else ()))

    # -- the loss ----------------------------------------------------------------------------------------------------------

    def sum_up(self) -> None:
        """Add the loss of all steps, over the losses of the steps or over the outputs whose adjoints are given."""
        losses = [part for part in self.parts.values() if part.kind == "loss" and part.names and not part.at]
        for part in losses if self.network.lengths else ():
            self.parts["sum"] = Part("sum", "sum", part.group, "", part.names)
            self.add(Read(part.key, "sum", part.names, part.names))
        for output, _ in self.network.seeds:
            source = self.parts[self.owner(output.name)[1]]
            self.parts["sum"] = Part("sum", "sum", source.group, source.at, ("J",))
            self.add(Read(source.key, "sum", (output.name,), (output.name,)))


def _started(network: Network, of: Leaf) -> tuple[State, Steps] | None:
    """Return the state whose initial value a quantity is, and its steps."""
    for stage in network.stages:
        for state in stage.states:
            assert isinstance(stage.when, Steps)
            if state.leaf.name == of.name and of.time in {stage.when.initial(back) for back in range(state.lags)}:
                return state, stage.when
    return None
