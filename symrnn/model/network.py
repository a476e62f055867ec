"""Composition: a cell scanned over a sequence, and a head mapped over what it puts out.

A network is data: its `stages` say what is scanned and mapped, its `equations` are the named equations of one step, numbered.
The loss is the sum of the head's loss over the steps. Without a loss the adjoints of the outputs are given by the caller: the
network then stands for every loss that depends on those outputs, and the given adjoints are its `seeds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Leaf, t
from symrnn.errors import SymrnnError
from symrnn.model.equations import Cell, Equation, State
from symrnn.model.naming import name_intermediates


@dataclass(frozen=True, slots=True)
class Scan:
    """A cell applied at every step, its states handed from step to step."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class Map:
    """A head applied at every step; its inputs are outputs of what stands before it, under the same names."""

    head: Cell


@dataclass(frozen=True, slots=True)
class Network:
    """A differentiable function of sequences: its stages, and the numbered equations of one step.

    Fields are those of a cell; `seeds` pairs each output whose adjoint the caller gives with the leaf that stands for it.
    """

    name: str
    title: str
    source: str
    stages: tuple[Scan | Map, ...]
    sizes: tuple[Symbol, ...]
    inputs: tuple[Leaf, ...]
    states: tuple[State, ...]
    params: tuple[Leaf, ...]
    constants: tuple[Leaf, ...]
    targets: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    equations: tuple[Equation, ...]
    loss: Leaf | None
    assumptions: tuple[Leaf, ...]
    seeds: tuple[tuple[Leaf, Leaf], ...] = ()

    @property
    def targets_of(self) -> Mapping[Leaf, Equation]:
        """The equation that defines each quantity."""
        return {equation.target: equation for equation in self.equations}

    @property
    def cell(self) -> Cell:
        """The cell that is scanned."""
        return next(stage.cell for stage in self.stages if isinstance(stage, Scan))

    @property
    def heads(self) -> tuple[Cell, ...]:
        """The heads that are mapped over what it puts out."""
        return tuple(stage.head for stage in self.stages if isinstance(stage, Map))

    def state(self, name: str) -> State | None:
        """Return the state with this name, if there is one."""
        return next((state for state in self.states if state.leaf.name == name), None)


def compose(cell: Cell, head: Cell | None = None) -> Network:
    """Return the network that scans `cell` and maps `head` over it.

    Raises:
        SymrnnError: if `cell` is a head or `head` a cell, or the head reads something that the cell does not put out.
    """
    _expect(cell, "cell")
    cell = name_intermediates(cell)
    if head is None:
        return _network(cell, None)
    _expect(head, "head")
    return _network(cell, _bind(cell, name_intermediates(head)))


def _expect(cell: Cell, kind: str) -> None:
    if cell.kind != kind:
        raise SymrnnError(f"{cell.name} is a {cell.kind}; a {kind} was needed here")


def _names(cell: Cell) -> dict[str, Leaf]:
    states = tuple(state.leaf for state in cell.states)
    defined = tuple(equation.target for equation in cell.equations)
    every = (*cell.inputs, *states, *cell.params, *cell.constants, *cell.targets, *defined)
    return {leaf.name: leaf for leaf in every}


def _bind(cell: Cell, head: Cell) -> Cell:
    """Return the head with the cell's names and sizes for what it reads, and names that do not clash for the rest."""
    sources = _sources(cell, head)
    sizes = _bound_sizes(sources, cell, head)
    taken = {*_names(cell), *(size.name for size in cell.sizes)}
    for size in head.sizes:
        if size not in sizes:
            sizes[size] = Symbol(_fresh(size.name, taken), integer=True, positive=True)
            taken.add(sizes[size].name)
    renamed = {leaf.name: source.name for leaf, source in sources}
    for name in _names(head):
        if name not in renamed:
            renamed[name] = _fresh(name, taken)
            taken.add(renamed[name])
    return _rename(head, renamed, sizes)


def _sources(cell: Cell, head: Cell) -> tuple[tuple[Leaf, Leaf], ...]:
    """Return what each input of the head is of the cell: the output with its name, else the first that no other has."""
    outputs = {leaf.name: leaf for leaf in cell.outputs}
    free = [leaf for name, leaf in outputs.items() if name not in {inner.name for inner in head.inputs}]
    found = []
    for leaf in head.inputs:
        source = outputs.get(leaf.name) or (free.pop(0) if free else None)
        if source is None:
            raise SymrnnError(
                f"head {head.name} reads {leaf.name}, but cell {cell.name} puts out only {', '.join(outputs)}; "
                f"add an `output` line to the cell or use another head"
            )
        found.append((leaf, source))
    return tuple(found)


def _bound_sizes(sources: tuple[tuple[Leaf, Leaf], ...], cell: Cell, head: Cell) -> dict[Symbol, Expr]:
    """Return the sizes of the head that follow from what it reads."""
    sizes: dict[Symbol, Expr] = {}
    for leaf, source in sources:
        if isinstance(leaf.shape[0], Symbol):
            sizes.setdefault(leaf.shape[0], source.shape[0])
    for leaf, source in sources:
        if leaf.shape[0].xreplace(sizes) != source.shape[0]:
            raise SymrnnError(
                f"head {head.name} reads {leaf.name} with {leaf.shape[0].xreplace(sizes)} entries, but {source.name} of cell "
                f"{cell.name} has {source.shape[0]}; use a head whose sizes fit"
            )
    return sizes


def _fresh(name: str, taken: set[str]) -> str:
    candidate, count = name, 1
    while candidate in taken:
        count += 1
        candidate = f"{name}{count}" if "_" not in name else name.replace("_", f"{count}_", 1)
    return candidate


def _rename(head: Cell, names: Mapping[str, str], sizes: Mapping[Symbol, Expr]) -> Cell:
    def leaf(old: Leaf) -> Leaf:
        rows, columns = (size.xreplace(sizes) for size in old.shape)
        return Leaf(names[old.name], rows, columns, old.time)

    # All at once, leaves before what they hold: the size H of the head may become 2 H of the cell, or its O.
    swap = {**sizes, **{old: leaf(old) for old in _names(head).values()}}

    def line(equation: Equation) -> Equation:
        return replace(equation, target=swap[equation.target], expr=equation.expr.xreplace(swap))

    return replace(
        head,
        sizes=tuple(dict.fromkeys(symbol for size in head.sizes for symbol in _symbols(sizes.get(size, size)))),
        inputs=tuple(map(leaf, head.inputs)),
        params=tuple(map(leaf, head.params)),
        constants=tuple(map(leaf, head.constants)),
        targets=tuple(map(leaf, head.targets)),
        outputs=tuple(map(leaf, head.outputs)),
        equations=tuple(map(line, head.equations)),
        loss=None if head.loss is None else leaf(head.loss),
        assumptions=tuple(map(leaf, head.assumptions)),
    )


def _symbols(size: Expr) -> list[Symbol]:
    return sorted(size.free_symbols, key=str)


def _network(cell: Cell, head: Cell | None) -> Network:
    parts = (cell,) if head is None else (cell, head)
    last = parts[-1]
    stages: tuple[Scan | Map, ...] = (Scan(cell),) if head is None else (Scan(cell), Map(head))
    equations = tuple(equation for part in parts for equation in part.equations)
    seeds = () if last.loss is not None else tuple((out, _seed(out, parts)) for out in last.outputs)
    return Network(
        name=cell.name,
        title=" with ".join(part.title or part.name for part in parts),
        source="; ".join(dict.fromkeys(part.source for part in parts if part.source)),
        stages=stages,
        sizes=tuple(dict.fromkeys(size for part in parts for size in part.sizes)),
        inputs=cell.inputs,
        states=cell.states,
        params=tuple(leaf for part in parts for leaf in part.params),
        constants=tuple(leaf for part in parts for leaf in part.constants),
        targets=tuple(leaf for part in parts for leaf in part.targets),
        outputs=last.outputs if head is None else tuple(dict.fromkeys((*cell.outputs, *last.outputs))),
        equations=tuple(replace(line, label=str(number)) for number, line in enumerate(equations, 1)),
        loss=last.loss,
        assumptions=tuple(leaf for part in parts for leaf in part.assumptions),
        seeds=seeds,
    )


def _seed(output: Leaf, parts: tuple[Cell, ...]) -> Leaf:
    """Return the adjoint of an output that the caller gives; it is called as in emitted code."""
    name = f"d{output.name}"
    if any(name in _names(part) for part in parts):
        raise SymrnnError(
            f"{name} is the name of the adjoint of {output.name} that the loss gives, and of a quantity of the cell; "
            f"rename the quantity"
        )
    return Leaf(name, *output.shape, t)
