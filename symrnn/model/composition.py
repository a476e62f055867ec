"""From an architecture to a network: every cell and head is placed under its own names, and the equations sorted into stages.

    one layer                 steps ↑   z = W x + U h[t−1] …      h = tanh(z)      ŷ = softmax(V h)
    bidirectional             steps ↑   h_f ← x, h_f[t−1]
                              steps ↓   h_b ← x, h_b[t+1]         h_b^(t) has read x^(t), x^(t+1), …, x^(T)
                              steps ↑   h = [h_f; h_b], ŷ
    many to one               single T  ŷ = softmax(V h^(T))      downwards the last state is that of t = 1
    encoder-decoder           steps ↑ T the encoder;  single 0: decoder h^(0) = encoder h^(T);  steps ↑ S the decoder

Neighbouring stages of the same steps are one stage: layers upwards are one recurrence. What depends on parameters alone is
computed once, in front.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer

from symrnn.algebra.nodes import Concat, Leaf, Multiple, Node, Zeros, t
from symrnn.algebra.sizes import size
from symrnn.errors import SymrnnError
from symrnn.model.architecture import Architecture, Layer, expect
from symrnn.model.binding import bound, sources, swapped
from symrnn.model.equations import Cell, Equation, State
from symrnn.model.layers import Top, no_input, own_input, stack
from symrnn.model.naming import name_intermediates
from symrnn.model.network import Map, Network, Scan, Single, Steps, When
from symrnn.model.replacement import equalize, replaced, tied
from symrnn.model.site import Site

S = size("S")  # the steps of a decoder
UP = Steps()


def compose(cell: Cell, head: Cell | None = None) -> Network:
    """Return the network that scans `cell` and maps `head` over it.

    Raises:
        SymrnnError: if `cell` is a head or `head` a cell, or the head reads something that the cell does not put out.
    """
    expect(cell, "cell")
    return build(Architecture((Layer(cell),), head))


def build(wanted: Architecture) -> Network:
    """Return the network of an architecture.

    Raises:
        SymrnnError: if sizes or outputs do not fit, or a name that is tied does not exist.
    """
    site = Site(wanted)
    if wanted.mode == "encoder-decoder":
        _encoder_decoder(site)
    elif wanted.mode == "one-to-one":
        _one_step(site)
    else:
        top = stack(site, wanted.layers, UP, "", None, wanted.mode != "many-to-one")
        _read_out(site, top, UP)
    return tied(replaced(site.network(), site.exchanges()), wanted.tied)


# -- what is read out ------------------------------------------------------------------------------------------------------


def _read_out(site: Site, top: Top, steps: Steps) -> None:
    """Put the head on the last layer, at every step or at the end."""
    wanted = site.wanted
    offered = top.outputs
    when: Steps | Single = steps
    if wanted.mode == "many-to-one":
        offered, when = _last(site, top, steps), Single(steps.length)
    if wanted.mode == "one-to-many" and not wanted.feedback:
        _one_input(site, _fed(site, top, "start"), steps)
    if wanted.head is None:
        site.outputs = offered
        site.seeds = tuple((leaf, _seed(site, leaf)) for leaf in offered)
        return
    named = name_intermediates(wanted.head)
    last = wanted.layers[-1]
    below = f"cell {last.forward.name}" + (" in two directions" if last.backward else "")
    feeds = sources(named, [leaf.xreplace({leaf.time: t}) for leaf in offered], below)
    placed = bound(named, feeds, "", site.taken)
    if isinstance(when, Single):
        back = {leaf.xreplace({leaf.time: t}): leaf for leaf in offered}
        moving = {leaf: back.get(leaf, leaf.at(when.step)) for leaf in _moving(placed)}
        placed = swapped(placed, moving)
    placed = _weighted(site, placed, when)
    site.parts.append(Map(placed, when))
    site.add(when, *placed.equations)
    site.loss = placed.loss
    site.outputs = tuple(dict.fromkeys((*offered, *placed.outputs)))
    if placed.loss is None:
        site.seeds = tuple((leaf, _seed(site, leaf)) for leaf in placed.outputs)
    if wanted.feedback:
        _feed_back(site, _fed(site, top, "be fed"), placed, steps)


def _moving(cell: Cell) -> set[Leaf]:
    found = {*cell.inputs, *cell.targets, *(line.target for line in cell.equations)}
    return {leaf for leaf in found if leaf.time is not None}


def _last(site: Site, top: Top, steps: Steps) -> tuple[Leaf, ...]:
    """Return what the top layer puts out at its end: h^(T), and of a downward scan h^(1)."""
    if isinstance(top.at_end, Leaf) and site.wanted.head is not None:
        return (top.at_end, *(leaf.xreplace({t: steps.length}) for leaf in top.outputs[1:]))
    leaf = Leaf(site.fresh("last"), top.at_end.shape[0], top.at_end.shape[1], steps.length)
    site.add(Single(steps.length), Equation(leaf, top.at_end, note="the end of every direction"))
    return (leaf,)


def _seed(site: Site, output: Leaf) -> Leaf:
    """Return the adjoint of an output that the caller gives; it is called as in emitted code."""
    name = f"d{output.name}"
    if name in site.taken:
        raise SymrnnError(
            f"{name} is the name of the adjoint of {output.name} that the loss gives, and of a quantity of the cell; "
            f"rename the quantity"
        )
    return Leaf(name, *output.shape, output.time)


def _weighted(site: Site, head: Cell, when: When) -> Cell:
    """Multiply the loss of a step by its weight, and by the mask."""
    factors: list[Leaf] = []
    if head.loss is None:
        return head
    time = head.loss.time
    if site.wanted.masked and isinstance(when, Steps):
        factors.append(site.mask(when))
    if site.wanted.weighted:
        leaf = Leaf(site.fresh("w"), 1, 1, time)
        site.given.append(leaf)
        factors.append(leaf)
    if not factors:
        return head
    plain = Leaf(site.fresh("l"), 1, 1, time)
    lines = [replace(line, target=plain) if line.target == head.loss else line for line in head.equations]
    value: Node = plain
    for factor in factors:
        value = Multiple(factor, value)
    return replace(head, equations=(*lines, Equation(head.loss, value, note="weighted")))


# -- one input, fed back outputs, an encoder, one step ----------------------------------------------------------------------


def _fed(site: Site, top: Top, purpose: str) -> Leaf:
    """Return the input of the network that the lowest layer reads first, which something else takes the place of."""
    own = site.own or top.read
    if own is None:
        raise no_input((site.wanted.decoder or site.wanted.layers)[0].forward, purpose)
    return own


def _one_input(site: Site, leaf: Leaf, steps: Steps) -> None:
    """Turn the input into one that is read before the first step: x^(0) is given, x^(t) is zero, and step t reads x^(t−1).

    With feedback the output takes its place instead: ŷ^(0) is given.
    """
    del site.inputs[leaf]
    swap = {leaf: leaf.at(t - 1)}
    site.lines = [(when, replace(line, expr=line.expr.xreplace(swap))) for when, line in site.lines]
    site.states.append((steps, State(leaf)))
    site.add(steps, Equation(leaf, Zeros(*leaf.shape), note="there is one input only"))


def _feed_back(site: Site, leaf: Leaf, head: Cell, steps: Steps) -> None:
    """Make the output of a step the input of the next one; its initial value takes the place of the first input."""
    if not head.outputs:
        raise SymrnnError(f"head {head.name} puts out nothing that could be fed back; give it an `output` line")
    output = head.outputs[0]
    del site.inputs[leaf]
    _equal_sizes(site, leaf, output)
    site.swap[leaf] = output.at(t - 1)
    site.states.append((steps, State(output)))


def _equal_sizes(site: Site, leaf: Leaf, other: Node) -> None:
    """Give a quantity the shape of another one, everywhere."""
    alike = leaf.is_column == other.is_column
    if not alike or not all(equalize(site.equal, *pair) for pair in zip(leaf.shape, other.shape, strict=True)):
        found, wanted = (" x ".join(str(one.xreplace(site.equal)) for one in of.shape) for of in (leaf, other))
        raise SymrnnError(
            f"{leaf.name} is {found} and {other!r} is {wanted}: they cannot be made equal; use cells whose sizes can be"
        )


def _encoder_decoder(site: Site) -> None:
    """Place the encoder over t = 1 … T, and the decoder over t = 1 … S, which starts where the encoder ends."""
    wanted = site.wanted
    out = Steps(S)
    site.taken.add(S.name)
    encoder = stack(site, wanted.layers, UP, "e", None, False)
    layers = wanted.decoder or tuple(Layer(layer.forward) for layer in wanted.layers)
    if len(layers) != len(wanted.layers):
        raise SymrnnError(
            f"the decoder has {len(layers)} layers and the encoder {len(wanted.layers)}: each one starts from the one beside it"
        )
    feed = _context(site, layers[0].forward, encoder, out) if wanted.context == "every-step" else None
    mark = len(site.lines) - (1 if feed is not None else 0)  # in front of all equations of the decoder's steps
    decoder = stack(site, layers, out, "d", feed)
    handed = [line for pair in zip(encoder.scans, decoder.scans, strict=True) for line in _handed(site, *pair)]
    site.forget_starts({line.target for line in handed})
    site.lines[mark:mark] = [(Single(line.target.time), line) for line in handed]
    begun = {line.target.name for line in handed}
    site.states = [
        (when, replace(state, initial="computed") if state.leaf.name in begun else state) for when, state in site.states
    ]
    _read_out(site, decoder, out)


def _handed(site: Site, encoder: tuple[Scan, ...], decoder: tuple[Scan, ...]) -> list[Equation]:
    """Return the initial states of a layer of the decoder: the last ones of the encoder's layer, states in their order.

    What the decoder reads further back than its first initial state is zero.
    """
    (scan,) = decoder
    ends = [[state.leaf.at(one.steps.last) for state in one.cell.states] for one in encoder]
    found = []
    for state, *last in zip(scan.cell.states, *ends, strict=False):
        if len(last) > 1 and not last[0].is_column:
            raise SymrnnError(
                f"{last[0].name} is a matrix: a decoder cannot start from the two of an encoder in two directions; make the "
                f"encoder go upwards only"
            )
        value = Concat(*last)
        _equal_sizes(site, state.leaf, value)
        found += [
            Equation(state.leaf.at(-back), Zeros(*state.leaf.shape), note="nothing before the encoder's end")
            for back in range(state.lags - 1, 0, -1)
        ]
        found.append(Equation(state.leaf.at(0), value, note="the end of the encoder"))
    return found


def _context(site: Site, cell: Cell, encoder: Top, steps: Steps) -> Leaf:
    """Place what the decoder reads at every step: its own input above the last output of the encoder."""
    if not encoder.at_end.is_column:
        raise SymrnnError(
            f"{encoder.at_end!r} is no column, so no decoder can read it at every step; name a column first in the `output` "
            f"line of the encoder, or use the context initial"
        )
    context = Leaf(site.fresh("c_e"), encoder.at_end.shape[0], 1, UP.length)
    site.add(Single(UP.length), Equation(context, encoder.at_end, note="the end of the encoder"))
    own = site.own = own_input(site, cell, "d")
    if own is None:
        raise no_input(cell, "read a context")
    both = Concat(own, context)
    read = Leaf(site.fresh("u_d"), both.shape[0], 1, t)
    site.add(steps, Equation(read, both, note="input and context"))
    return read


def _one_step(site: Site) -> None:
    """Place a single step: t is 1, and the initial states are inputs."""
    top = stack(site, site.wanted.layers, UP, "", None)
    _read_out(site, top, UP)
    first = Single(Integer(1))
    site.lines = [(first if isinstance(when, Steps) else when, line) for when, line in site.lines]
    for _, state in site.states:
        for back in range(state.lags):
            old = state.leaf.at(t - 1 - back)
            start = _input_of(site, state, back)
            site.swap[old] = start
            site.inputs.update({start: None} if isinstance(start, Leaf) and state.initial == "given" else {})
    site.states = []
    site.swap[t] = Integer(1)


def _input_of(site: Site, state: State, back: int) -> Node:
    """Return what stands for an initial state when there is one step only."""
    if state.initial == "zero":
        return Zeros(*state.leaf.shape)
    if state.initial == "computed":  # learned: the parameter itself
        start = next(one for one in site.starts if one[1].target == state.leaf.at(-back))
        site.starts.remove(start)
        return start[1].expr
    return Leaf(site.fresh(f"{state.leaf.name}0" + (f"_{back + 1}" if state.lags > 1 else "")), *state.leaf.shape, 0)
