"""Changes to a whole network: quantities and sizes exchanged everywhere, weights that are tied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Leaf, Node, Transpose
from symrnn.errors import SymrnnError
from symrnn.model.binding import solved, swapped
from symrnn.model.equations import Cell, Equation
from symrnn.model.network import Map, Network, Scan, Single, Stage


def replaced(network: Network, swap: Mapping[Leaf | Symbol, Node | Expr]) -> Network:
    """Return a network with quantities and sizes exchanged everywhere, all at once."""
    if not swap:
        return network

    def leaf(old: Leaf) -> Leaf:
        new = old.xreplace(swap)
        return new.args[0] if isinstance(new, Transpose) else new

    def several(old: Iterable[Leaf]) -> tuple[Leaf, ...]:
        return tuple(dict.fromkeys(map(leaf, old)))

    def line(old: Equation) -> Equation:
        target = old.target if old.target in swap else old.target.xreplace(swap)
        return replace(old, target=target, expr=old.expr.xreplace(swap))

    def stage(old: Stage) -> Stage:
        when = Single(old.when.step.xreplace(swap)) if isinstance(old.when, Single) else old.when
        states = tuple(replace(state, leaf=leaf(state.leaf)) for state in old.states)
        return Stage(when, tuple(map(line, old.equations)), states)

    def part(old: Scan | Map) -> Scan | Map:
        return replace(old, cell=_cell(old.cell)) if isinstance(old, Scan) else replace(old, head=_cell(old.head))

    def _cell(old: Cell) -> Cell:
        return swapped(old, swap)

    sizes = (swap.get(one, one) for one in network.sizes)
    return replace(
        network,
        parts=tuple(map(part, network.parts)),
        stages=tuple(map(stage, network.stages)),
        sizes=tuple(dict.fromkeys(symbol for one in sizes for symbol in sorted(one.free_symbols, key=str))),
        inputs=several(network.inputs),
        params=several(network.params),
        constants=several(network.constants),
        targets=several(network.targets),
        outputs=several(network.outputs),
        loss=None if network.loss is None else leaf(network.loss),
        assumptions=several(network.assumptions),
        masks=several(network.masks),
        values=tuple((leaf(of), value) for of, value in network.values),
        seeds=tuple((leaf(output), leaf(seed)) for output, seed in network.seeds),
    )


def equalize(sizes: dict[Symbol, Expr], mine: Expr, theirs: Expr, numbers: bool = True) -> bool:
    """Make two sizes one: a symbol, of mine first, is replaced by the other size; return whether that can be done.

    `sizes` holds what has been replaced so far, none of its keys in its values. A symbol becomes a number only with `numbers`.
    """
    mine, theirs = mine.xreplace(sizes), theirs.xreplace(sizes)
    if mine == theirs:
        return True
    found = solved(mine, theirs) or solved(theirs, mine)
    if found is None or (found[1].is_number and not numbers):
        return False
    old, new = found
    for key, value in sizes.items():
        sizes[key] = value.xreplace({old: new})
    sizes[old] = new
    return True


def tied(network: Network, pairs: Iterable[tuple[str, str]]) -> Network:
    """Return a network in which one parameter takes the place of another: ("W", "V"), or transposed ("W.T", "V").

    Raises:
        SymrnnError: if there is no such parameter, or the shapes cannot be made equal.
    """
    for kept, dropped in pairs:
        by_name = {leaf.name: leaf for leaf in network.params}
        for name in (kept.removesuffix(".T"), dropped):
            if name not in by_name:
                raise SymrnnError(f"{network.name} has no parameter {name} to tie; it has {', '.join(by_name)}")
        value: Node = by_name[kept.removesuffix(".T")]
        value = value.T if kept.endswith(".T") else value
        old = by_name[dropped]
        sizes: dict[Symbol, Expr] = {}
        for mine, theirs in zip(old.shape, value.shape, strict=True):
            if not equalize(sizes, mine, theirs, numbers=False):
                raise SymrnnError(
                    f"{dropped} is {old.shape} and {kept} is {value.shape}: they cannot be the same matrix; "
                    f"tie parameters whose sizes can be equal"
                )
        network = replaced(network, {**sizes, **({} if value == old else {old: value.xreplace(sizes)})})
    return network
