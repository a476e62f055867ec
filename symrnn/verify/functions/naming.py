"""What a name in somebody's function stands for: the names that people use for inputs, states, weights, gates and adjoints.

A name is compared without case and underscores. What is not found here is said by the user; what is ambiguous gives several
answers, of which the numbers take one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from symrnn.algebra.nodes import Concat, Leaf, Mul, Node
from symrnn.algebra.walk import leaves
from symrnn.model.network import Network
from symrnn.verify.functions.slots import Slot, kinds

INPUT = ("x", "xs", "inputs", "input", "xseq", "xt", "data", "sequence")
TARGET = ("y", "ys", "target", "targets", "t", "ts", "label", "labels", "ytrue")
# names of a state besides its own; the first state is also what people call the hidden state
BEFORE = ("{}0", "{}prev", "prev{}", "{}init", "init{}", "initial{}", "{}x", "{}start", "{}i", "last{}", "{}old")
HIDDEN, CELL = ("h", "a", "s", "hs", "hidden", "state", "hiddenstate"), ("c", "cs", "cell", "cellstate")
UPSTREAM = ("dout", "gradoutput", "outputgrad", "upstream", "dhs", "douts", "dhiddens", "doutput", "dy", "grad", "dys")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "x": ("wx", "wxh", "wih", "wax", "u", "w", "wi", "weightih", "weightihl0", "kernel", "win", "wxs", "wxa"),
    "h": ("wh", "whh", "waa", "weighthh", "weighthhl0", "recurrentkernel", "w", "u", "r", "v", "wr", "wrec", "wha"),
    "b": ("b", "bh", "bias", "ba", "bih", "biasih", "biasihl0", "bx", "bxh"),
    "b2": ("bhh", "biashh", "biashhl0", "br", "bh"),
    "xh": ("w", "weights", "weight"),
    "out": ("wy", "why", "wya", "v", "wout", "wo"),
    "bout": ("by", "bout", "c", "bo"),
}
GATES = {"g": ("c", "g", "a", "ctilde", "n"), "n": ("n", "h", "g", "c", "hh", ""), "z": ("z", "u"), "h": ("h", "")}
PREFIXES = ("grad", "delta", "nabla", "d", "g")


@dataclass(frozen=True, slots=True)
class Role:
    """What a parameter of a network does: what it multiplies ("x", "h", "xh", "out"; "b" added) and in which gate."""

    kind: str
    gate: str


def plain(name: str) -> str:
    """Return a name without case and underscores."""
    return name.lower().replace("_", "")


def roles(network: Network) -> Mapping[str, Role]:
    """Return the role of every parameter: read off the equation in which it stands."""
    found: dict[str, Role] = {}
    states = {state.leaf.name for state in network.states}
    inputs = {leaf.name for leaf in network.inputs}
    heads = {line.target.name for head in network.heads for line in head.equations}
    joined = {line.target.name: line.expr for line in network.equations if isinstance(line.expr, Concat)}
    for line in network.equations:
        head = line.target.name in heads
        gate = "" if head else line.target.name.partition("_")[2] or line.target.name
        own = [leaf for leaf in leaves(line.expr) if leaf in network.params and leaf.name not in found]
        read = {leaf.name: _multiplied(line.expr, leaf) for leaf in own}
        for name, names in read.items():
            blocks = {one.name for name in names & joined.keys() for one in leaves(joined[name])}
            read[name] = names - joined.keys() | blocks
        plainly = "b" if any(names & inputs for names in read.values()) or line.target.name.startswith("z_") else "b2"
        for name, names in read.items():
            kind = "xh" if names & inputs and names & states else "x" if names & inputs else "h" if names else plainly
            plainly = "b2" if kind == "b" else plainly
            found[name] = Role({"h": "out", "b": "bout"}.get(kind, kind) if head else kind, gate)
    return found


def gates_of(network: Network) -> tuple[str, ...]:
    """Return the gates of a cell, in its own order: those that have weights."""
    return tuple(dict.fromkeys(role.gate for role in roles(network).values() if role.kind in ("x", "h", "xh", "b")))


def _multiplied(expr: Node, leaf: Leaf) -> set[str]:
    """Return the names of what a parameter stands in front of."""
    if isinstance(expr, Mul) and any(leaf in leaves(factor) for factor in expr.args[:-1]):
        last = expr.args[-1]
        blocks = last.args if isinstance(last, Concat) else (last,)
        return {one.name for block in blocks for one in leaves(block)}
    found: set[str] = set()
    for arg in expr.args:
        if isinstance(arg, Node) and not isinstance(expr, Leaf):
            found |= _multiplied(arg, leaf)
    return found


def candidates(name: str, network: Network, order: tuple[str, ...] | None = None) -> tuple[Slot, ...]:
    """Return what an argument can stand for, the likeliest first; gates are stacked in the order that is given."""
    return tuple(dict.fromkeys(_candidates(name, network, order or gates_of(network))))


def _candidates(name: str, network: Network, gates: tuple[str, ...]) -> Iterator[Slot]:
    bare = plain(name)
    known = {plain(one): (one, kind) for one, kind in kinds(network).items()}
    if bare in known and (known[bare][1] != "saved" or bare not in TARGET):
        yield from _kinds(name, *known[bare], network)
    if len(network.inputs) == 1 and bare in INPUT:
        yield Slot(name, "sequence", ((network.inputs[0].name,),))
    if len(network.targets) == 1 and bare in TARGET:
        yield from _kinds(name, network.targets[0].name, "sequence", network)
    yield from _states(name, bare, network)
    yield from _seeds(name, bare, network)
    yield from _parameters(name, bare, network, gates)


def _kinds(name: str, quantity: str, kind: str, network: Network) -> Iterator[Slot]:
    yield Slot(name, kind, ((quantity,),))
    if any(quantity == leaf.name for leaf in network.targets):
        yield Slot(name, "labels", ((quantity,),))
    if kind == "saved" and network.state(quantity) is not None:
        yield Slot(name, "saved with initial", ((quantity,),))


def _states(name: str, bare: str, network: Network) -> Iterator[Slot]:
    for place, state in enumerate(one for one in network.states if one.initial == "given"):
        own = plain(state.leaf.name)
        names = {own, *(HIDDEN if place == 0 else CELL if own == "c" else ())}
        if bare in {form.format(one) for form in BEFORE for one in names}:
            yield Slot(name, "state", ((f"{state.leaf.name}0",),))


def _seeds(name: str, bare: str, network: Network) -> Iterator[Slot]:
    for place, (output, seed) in enumerate(network.seeds):
        own = plain(output.name)
        usual = (
            {f"{form}{one}" for form in ("d", "grad", "delta") for one in HIDDEN} | {*UPSTREAM} if place == 0 else set()
        )
        if bare in {plain(seed.name), f"d{own}s", f"d{own}out", f"grad{own}", *usual}:
            yield Slot(name, "sequence", ((seed.name,),))
        if bare in {
            form.format(own) for form in ("d{}next", "dnext{}", "d{}t", "d{}last", "d{}n", "d{}final", "dlast{}")
        }:
            yield Slot(name, "final", ((seed.name,),))


def _parameters(name: str, bare: str, network: Network, gates: tuple[str, ...]) -> Iterator[Slot]:
    known = roles(network)
    for kind, names in GROUPS.items():
        if bare not in names:
            continue
        found = {role.gate: one for one, role in known.items() if role.kind == kind}
        if kind in ("out", "bout"):
            yield from (Slot(name, "parameter", ((one,),)) for one in found.values())
        elif found and found.keys() == set(gates):
            yield Slot(name, "parameter", tuple((found[gate],) for gate in gates))
    if bare in GROUPS["xh"]:
        for order in (("x", "h"), ("h", "x")):
            sides = [{role.gate: one for one, role in known.items() if role.kind == kind} for kind in order]
            if gates and all(gate in side for gate in gates for side in sides):
                yield Slot(name, "parameter", tuple(tuple(side[gate] for side in sides) for gate in gates))
    for gate in gates:
        yield from _of_gate(name, bare, gate, known)


def _of_gate(name: str, bare: str, gate: str, known: Mapping[str, Role]) -> Iterator[Slot]:
    """Yield what belongs to one gate: Wxf, Whf, Uf, bf; and Wf, which may be [W_x, W_h] side by side."""
    own = {role.kind: one for one, role in known.items() if role.gate == gate}
    for letter in GATES.get(gate, (gate,)):
        forms = {
            "x": (f"wx{letter}", f"wi{letter}", f"w{letter}x", f"w{letter}", f"u{letter}"),
            "h": (f"wh{letter}", f"w{letter}h", f"u{letter}", f"r{letter}", f"w{letter}", f"v{letter}"),
            "b": (f"b{letter}", f"bi{letter}", f"bx{letter}"),
            "b2": (f"bh{letter}",),
        }
        for kind, names in forms.items():
            if bare in names and kind in own:
                yield Slot(name, "parameter", ((own[kind],),), style=(_before(bare, letter), kind))
        if bare == f"w{letter}" and {"x", "h"} <= own.keys():
            for first, second in (("x", "h"), ("h", "x")):
                style = (_before(bare, letter), first + second)
                yield Slot(name, "parameter", ((own[first], own[second]),), style=style)


def _before(bare: str, letter: str) -> str:
    return bare.removesuffix(letter) if letter and bare.endswith(letter) else bare[:1]


def consistent(options: list[tuple[Slot, ...]]) -> Iterator[tuple[Slot, ...]]:
    """Yield the choices of one slot for each argument in which what belongs to the gates is alike for all of them."""
    styles: dict[str, dict[str, None]] = {}
    for several in options:
        for slot in several:
            if slot.style is not None and len(options) > 1:
                styles.setdefault(slot.style[0], {}).setdefault(slot.style[1])
    for chosen in product(*styles.values()):
        now = dict(zip(styles, chosen, strict=True))
        left = [tuple(s for s in several if s.style is None or now[s.style[0]] == s.style[1]) for several in options]
        yield from product(*left)


def result_candidates(
    name: str, network: Network, arguments: tuple[Slot, ...], order: tuple[str, ...] | None = None
) -> tuple[Slot, ...]:
    """Return what a result can be the gradient of: what an argument of the same name stands for comes first."""
    from_arguments = {plain(slot.name): slot for slot in arguments if slot.kind in ("parameter", "sequence", "state")}
    found: list[Slot] = []
    if plain(name) in ("loss", "j", "cost", "error"):
        return (Slot(name, "loss"),)
    for bare in bases(name):
        if bare in from_arguments:
            one = from_arguments[bare]
            found.append(Slot(name, one.kind, one.parts, one.transposed))
            continue
        found += candidates(bare, network, order)
    own = {leaf.name for leaf in (*network.params, *network.inputs)}
    own |= {f"{state.leaf.name}0" for state in network.states}
    fitting = [Slot(name, one.kind, one.parts, one.transposed) for one in found if set(one.quantities) <= own]
    if not fitting:  # what is handed on to the step before the first is the gradient of the initial state
        for state in network.states:
            letter = plain(state.leaf.name)
            if plain(name) in (f"d{letter}next", f"dnext{letter}", f"d{letter}", f"d{letter}carry"):
                fitting.append(Slot(name, "state", ((f"{state.leaf.name}0",),)))
    return tuple(dict.fromkeys(fitting))


def bases(name: str) -> tuple[str, ...]:
    """Return what a name of a gradient is of: `dWx`, `grad_Wx`, `Wx_grad` and `Wx` itself are of wx."""
    bare = plain(name)
    found = [bare.removeprefix(prefix) for prefix in PREFIXES if bare.startswith(prefix) and len(bare) > len(prefix)]
    if bare.endswith("grad"):
        found.append(bare.removesuffix("grad"))
    return tuple(dict.fromkeys((*found, bare)))
