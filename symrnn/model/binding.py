"""Cells under the names and sizes that they have in a network: what one reads is bound to what another puts out.

`bound(cell, feeds, suffix, taken)` returns a cell in which the inputs in `feeds` are quantities of the network, their sizes
have followed, and everything else carries the suffix of its layer, or a number where the name is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sympy import Dummy, Expr, Symbol, expand

from symrnn.algebra.nodes import Leaf, Node
from symrnn.errors import SymrnnError
from symrnn.model.equations import Cell, Equation

Feeds = Sequence[tuple[Leaf, Leaf]]  # (input of a cell, quantity of the network that it reads)


def names_of(cell: Cell) -> dict[str, Leaf]:
    """Return every quantity of a cell by name."""
    states = tuple(state.leaf for state in cell.states)
    defined = tuple(equation.target for equation in cell.equations)
    every = (*cell.inputs, *states, *cell.params, *cell.constants, *cell.targets, *defined)
    return {leaf.name: leaf for leaf in every}


def sources(head: Cell, outputs: Sequence[Leaf], below: str) -> Feeds:
    """Return what each input of a head is among some outputs: the one with its name, else the first that no other has.

    Raises:
        SymrnnError: if there are not enough outputs.
    """
    by_name = {leaf.name: leaf for leaf in outputs}
    free = [leaf for name, leaf in by_name.items() if name not in {inner.name for inner in head.inputs}]
    found = []
    for leaf in head.inputs:
        source = by_name.get(leaf.name) or (free.pop(0) if free else None)
        if source is None:
            raise SymrnnError(
                f"head {head.name} reads {leaf.name}, but {below} puts out only {', '.join(by_name)}; "
                f"add an `output` line to the cell or use another head"
            )
        found.append((leaf, source))
    return tuple(found)


def bound(cell: Cell, feeds: Feeds, suffix: str, taken: set[str]) -> Cell:
    """Return a cell under the names of the network; `taken` grows by them.

    Raises:
        SymrnnError: if what a feed has and what the cell reads differ in size.
    """
    sizes = _bound_sizes(feeds, cell)
    for size in cell.sizes:
        if size not in sizes:
            sizes[size] = Symbol(fresh(size.name, suffix, taken), integer=True, positive=True)
            taken.add(sizes[size].name)
    renamed = {leaf.name: source.name for leaf, source in feeds}
    for name in names_of(cell):
        if name not in renamed:
            renamed[name] = fresh(name, suffix, taken)
            taken.add(renamed[name])
    return rename(cell, renamed, sizes)


def _bound_sizes(feeds: Feeds, cell: Cell) -> dict[Symbol, Expr]:
    """Return the sizes of a cell that follow from what it reads."""
    sizes: dict[Symbol, Expr] = {size: Dummy(size.name) for size in cell.sizes}  # H here is not the H of the network
    free = {dummy: size for size, dummy in sizes.items()}
    for leaf, source in feeds:
        found = solved(leaf.shape[0].xreplace(sizes), source.shape[0])
        if found is not None and found[0] in free:
            sizes[free.pop(found[0])] = found[1]
    for leaf, source in feeds:
        if leaf.shape[0].xreplace(sizes) != source.shape[0] or leaf.shape[1] != source.shape[1]:
            read, given = _entries(leaf, sizes), _entries(source, {})
            raise SymrnnError(
                f"{cell.kind} {cell.name} reads {leaf.name} with {read} entries, but {source.name} has {given}; "
                f"use a {cell.kind} whose sizes fit"
            )
    return {size: value for size, value in sizes.items() if value not in free}


def solved(mine: Expr, theirs: Expr) -> tuple[Symbol, Expr] | None:
    """Return what a symbol of `mine` must be for it to be `theirs`, if that is a sum of whole multiples of sizes."""
    for symbol in sorted(mine.free_symbols, key=str):
        value = expand((theirs - mine) / mine.coeff(symbol) + symbol)
        counts = value.as_coefficients_dict().values()
        if not value.has(symbol) and all(count.is_integer and count > 0 for count in counts):
            return symbol, value
    return None


def _entries(leaf: Leaf, sizes: Mapping[Symbol, Expr]) -> str:
    rows, columns = (one.xreplace(sizes) for one in leaf.shape)
    return f"{rows}" if columns == 1 else f"{rows} x {columns}"


def fresh(name: str, suffix: str, taken: Iterable[str]) -> str:
    """Return the name with its suffix; the first free number is put behind its first letters where it is taken."""
    candidate, count = (f"{name}_{suffix}" if suffix else name), 1
    while candidate in taken:
        count += 1
        numbered = f"{name}{count}" if "_" not in name else name.replace("_", f"{count}_", 1)
        candidate = f"{numbered}_{suffix}" if suffix else numbered
    return candidate


def rename(cell: Cell, names: Mapping[str, str], sizes: Mapping[Symbol, Expr]) -> Cell:
    """Return a cell with other names and sizes, all exchanged at once: the size H may become 2 H, or another's O."""

    def leaf(old: Leaf) -> Leaf:
        rows, columns = (size.xreplace(sizes) for size in old.shape)
        return Leaf(names[old.name], rows, columns, old.time)

    return swapped(cell, {**sizes, **{old: leaf(old) for old in every_leaf(cell)}})


def every_leaf(cell: Cell) -> set[Leaf]:
    """Return the leaves of a cell, at every step at which they occur."""
    declared = (*cell.inputs, *cell.params, *cell.constants, *cell.targets, *(state.leaf for state in cell.states))
    found = {*declared, *(line.target for line in cell.equations)}
    return found | {leaf for line in cell.equations for leaf in line.expr.atoms(Leaf)}


def swapped(cell: Cell, swap: Mapping[Leaf | Symbol, Node | Expr]) -> Cell:
    """Return a cell with leaves and sizes replaced; what is declared must stay a leaf."""

    def one(leaf: Leaf) -> Leaf:
        return leaf.xreplace(swap)

    def line(equation: Equation) -> Equation:
        return replace(equation, target=one(equation.target), expr=equation.expr.xreplace(swap))

    sizes = (swap.get(size, size) for size in cell.sizes)
    return replace(
        cell,
        sizes=tuple(dict.fromkeys(symbol for size in sizes for symbol in sorted(size.free_symbols, key=str))),
        inputs=tuple(map(one, cell.inputs)),
        states=tuple(replace(state, leaf=one(state.leaf)) for state in cell.states),
        params=tuple(map(one, cell.params)),
        constants=tuple(map(one, cell.constants)),
        targets=tuple(map(one, cell.targets)),
        outputs=tuple(map(one, cell.outputs)),
        equations=tuple(map(line, cell.equations)),
        loss=None if cell.loss is None else one(cell.loss),
        assumptions=tuple(map(one, cell.assumptions)),
        masks=tuple(map(one, cell.masks)),
        values=tuple((one(leaf), value) for leaf, value in cell.values),
    )
