"""Layers of cells: each cell under its own names, in one direction or two, one layer reading what the one below puts out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Add, Concat, Leaf, Multiple, Node, Ones, Scale, t
from symrnn.algebra.sizes import size
from symrnn.algebra.walk import leaves
from symrnn.errors import SymrnnError
from symrnn.model.architecture import Layer
from symrnn.model.binding import bound, fresh, swapped
from symrnn.model.equations import Cell, Equation, State
from symrnn.model.naming import name_intermediates
from symrnn.model.network import Scan, Single, Steps
from symrnn.model.site import Site


@dataclass(frozen=True, slots=True)
class Top:
    """What a stack of layers puts out at step t, with the states at the end of every scan, layer by layer."""

    outputs: tuple[Leaf, ...]
    scans: tuple[tuple[Scan, ...], ...]
    at_end: Node  # the first output, of the step at which each direction ends
    read: Leaf | None  # the first thing that the lowest layer reads


def stack(
    site: Site, layers: tuple[Layer, ...], steps: Steps, tag: str, feed: Leaf | None, steps_are_read: bool = True
) -> Top:
    """Place layers one above the other; `tag` tells encoder and decoder apart, `feed` is what the first one reads.

    Of the top layer of two directions only the ends are stacked unless its `steps_are_read`.
    """
    scans: list[tuple[Scan, ...]] = []
    outputs: tuple[Leaf, ...] = ()
    at_end: Node | None = None
    below = feed or own_input(site, layers[0].forward, tag)
    digits = len(str(len(layers)))  # as many for every layer: the initial state of h_1 is h_10
    for number, layer in enumerate(layers, 1):
        place = f"{number:0{digits}}" if len(layers) > 1 else ""
        ends = number == len(layers) and not steps_are_read
        if layer.backward is None:
            scan, outputs = _scan(site, layer.forward, steps, f"{tag}{place}", below, ends)
            scans.append((scan,))
            at_end = outputs[0].xreplace({t: steps.length})
        else:
            if below is None:
                raise no_input(layer.forward, "be one of two directions")
            down = Steps(steps.length, -1)
            one, up_outputs = _scan(site, layer.forward, steps, f"{tag}{place}f", below, ends)
            two, down_outputs = _scan(site, layer.backward, down, f"{tag}{place}b", below, ends)
            scans.append((one, two))
            _expect_columns(layer, up_outputs[0], down_outputs[0])
            both = Concat(up_outputs[0], down_outputs[0])
            name = site.fresh(f"h_{tag}{place}" if tag or place else "h")
            outputs = (Leaf(name, both.shape[0], 1, t),)
            if steps_are_read or number < len(layers):
                site.add(steps, Equation(outputs[0], both, note="both directions"))
            at_end = Concat(up_outputs[0].xreplace({t: steps.last}), down_outputs[0].xreplace({t: down.last}))
        below = outputs[0]
    assert at_end is not None
    return Top(outputs, tuple(scans), at_end, next(iter(scans[0][0].cell.inputs), None))


def _expect_columns(layer: Layer, *outputs: Leaf) -> None:
    for leaf in outputs:
        if not leaf.is_column:
            raise SymrnnError(
                f"cell {layer.forward.name} puts out {leaf.name}, which is no column, and two directions stack columns; "
                f"name a column first in its `output` line"
            )


def own_input(site: Site, cell: Cell, tag: str) -> Leaf | None:
    """Return the input of the network that the first layer reads, in all its directions; None if the cell reads none."""
    if not cell.inputs:
        return None
    given, suffix = cell.inputs[0], "d" if tag == "d" else ""
    renamed: dict[Symbol, Expr] = {}
    for one in sorted(given.shape[0].free_symbols, key=str):
        renamed[one] = size(fresh(one.name, suffix, site.taken))
        site.taken.add(str(renamed[one]))
    name = fresh(given.name, suffix, site.taken)
    site.taken.add(name)
    leaf = Leaf(name, given.shape[0].xreplace(renamed), given.shape[1], t)
    site.sizes.update(dict.fromkeys(renamed.values()))
    site.inputs[leaf] = None
    return leaf


def no_input(cell: Cell, purpose: str) -> SymrnnError:
    """Return the error for a cell that has to read something and has no input."""
    return SymrnnError(f"cell {cell.name} reads no input, so it cannot {purpose}; use a cell with an `input` line")


def _scan(
    site: Site, cell: Cell, steps: Steps, suffix: str, feed: Leaf | None, ends: bool
) -> tuple[Scan, tuple[Leaf, ...]]:
    """Place one cell over the steps; return it and what it puts out. `ends` says that only its last output is read."""
    named = name_intermediates(cell)
    if feed is not None and not named.inputs:
        raise SymrnnError(
            f"cell {cell.name} reads no input, so it cannot stand on {feed.name}; use a cell with an `input` line"
        )
    feeds = () if feed is None else ((named.inputs[0], feed),)
    placed = bound(named, feeds, suffix, site.taken)
    held = tuple(one for one in placed.outputs[:1] if one not in {state.leaf for state in placed.states} and ends)
    if site.wanted.masked:
        placed = _masked(site, placed, steps, held)
    if steps.direction < 0:
        placed = _downwards(placed)
    placed = _started(site, placed, steps)
    if site.wanted.masked:
        placed = replace(placed, states=(*placed.states, *(State(one, initial="zero") for one in held)))
    site.inputs.update(dict.fromkeys(leaf for leaf in placed.inputs if leaf != feed))
    scan = Scan(placed, steps)
    site.parts.append(scan)
    site.add(steps, *placed.equations)
    site.states += [(steps, state) for state in placed.states]
    return scan, placed.outputs


def _downwards(cell: Cell) -> Cell:
    """Return a cell that goes from the last step to the first: what it reads at t − k is at t + k."""
    past = {leaf for line in cell.equations for leaf in leaves(line.expr) if leaf.time not in (None, t)}
    return swapped(cell, {leaf: leaf.at(2 * t - leaf.time) for leaf in past})


def _masked(site: Site, cell: Cell, steps: Steps, held: tuple[Leaf, ...]) -> Cell:
    """Return a cell whose states stay as they are where the mask is 0: h = m ĥ + (1 − m) h[t−1].

    So does an output that is no state in `held`: what is read of it is that of the last step at which the mask is 1.
    """
    mask = site.mask(steps)
    stay = (*(state.leaf for state in cell.states), *held)
    new = {leaf: Leaf(site.fresh(f"{leaf.name}_new"), *leaf.shape, t) for leaf in stay}
    lines = [
        replace(line, target=new.get(line.target, line.target), expr=line.expr.xreplace(new)) for line in cell.equations
    ]
    for state in cell.states:
        if state.lags > 1 and steps.direction < 0:
            raise SymrnnError(
                f"{cell.name} reads {state.leaf.name} {state.lags} steps back; downwards it cannot be masked: use it upwards "
                f"only, or sequences of one length"
            )
    for leaf in stay:
        rest = Add(Ones(1), Scale(-1, mask))
        kept = Add(Multiple(mask, new[leaf]), Multiple(rest, leaf.at(t - 1)))
        lines.append(Equation(leaf, kept, note="held where the mask is 0"))
    return replace(cell, equations=tuple(lines))


def _started(site: Site, cell: Cell, steps: Steps) -> Cell:
    """Give every state its beginning: an array of the caller, zero, or a parameter, which is an equation of its own."""
    states = []
    for state in cell.states:
        kind = site.wanted.initial or state.initial
        if kind == "learned":
            for back in range(state.lags):
                name = site.fresh(f"{state.leaf.name}0" + (f"_{back + 1}" if state.lags > 1 else ""))
                param = Leaf(name, *state.leaf.shape)
                site.extra.append(param)
                start = state.leaf.at(steps.initial(back))
                site.starts.append((Single(start.time), Equation(start, param, note="learned")))
            kind = "computed"
        states.append(replace(state, initial=kind))
    return replace(cell, states=tuple(states))
