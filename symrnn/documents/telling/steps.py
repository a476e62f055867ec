"""From a network to the drawing of one step of a cell: nodes for quantities, edges for what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from symrnn.algebra.nodes import Apply, Concat, Leaf, Node, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.documents import drawings
from symrnn.model.equations import Cell, Equation
from symrnn.model.network import Network, Single


@dataclass(frozen=True, slots=True)
class Graph:
    """What `drawings.block` draws."""

    nodes: tuple[drawings.Node, ...]
    edges: tuple[drawings.Edge, ...]


def whole(derivation: Derivation) -> Graph:
    """Return one step of a network that is a single recurrence: its cell and its head."""
    network = derivation.network
    lines = [line for line in network.equations if line.target.time is not None]
    return _graph(derivation, lines, [of for of, _ in network.seeds])


def of_cell(derivation: Derivation, cell: Cell) -> Graph:
    """Return one step of a cell, with what other parts of the network read of it."""
    network = derivation.network
    own = {line.target.name for line in cell.equations}
    lines = [line for line in network.equations if line.target.name in own and line.target.time in _times(network)]
    others = [line for line in network.equations if line.target.name not in own]
    read = {leaf.name for line in others for leaf in leaves(line.expr) if leaf.time is not None}
    read |= {of.name for of, _ in network.seeds}
    return _graph(derivation, lines, [line.target for line in lines if line.target.name in read])


def _times(network: Network) -> set[object]:
    """Return the steps of equations that are no initial states: t, or the only one."""
    return {t} if network.lengths else {stage.when.step for stage in network.stages if isinstance(stage.when, Single)}


def _graph(derivation: Derivation, lines: Sequence[Equation], above: Iterable[Leaf]) -> Graph:
    network = derivation.network
    known = {adjoint.of for adjoint in derivation.adjoints}
    defined = {line.target for line in lines}
    inputs = {leaf.name for leaf in network.targets}
    nodes: dict[str, drawings.Node] = {}
    for leaf in _outside(network, lines):
        if leaf not in defined:
            nodes[_key(leaf)] = _source(
                leaf, "target" if leaf.name in inputs else "input", _comes_back(derivation, leaf, lines)
            )
    edges = [drawings.Edge(_key(of), _key(line.target)) for line in lines for of in _moving(line.expr)]
    nodes |= {
        _key(line.target): _node(network, line, line.target in known or line.target == network.loss) for line in lines
    }
    for leaf in above:
        if leaf in defined and leaf in known:
            nodes[f"{leaf.name}^"] = drawings.Node(f"{leaf.name}^", leaf.name, "above", at=_at(leaf))
            edges.append(drawings.Edge(_key(leaf), f"{leaf.name}^"))
    return Graph(tuple(nodes.values()), tuple(edges))


def _outside(network: Network, lines: Sequence[Equation]) -> list[Leaf]:
    """Return what is read, inputs and targets first, in the order of the network; then in the order of reading."""
    read = dict.fromkeys(of for line in lines for of in _moving(line.expr))
    first = [leaf for leaf in (*network.inputs, *network.targets) if leaf in read]
    return list(dict.fromkeys((*first, *_previous(network, read), *read)))


def _previous(network: Network, read: Iterable[Leaf]) -> list[Leaf]:
    """Return the states of earlier steps that are read, in the order of the states."""
    several = list(read)
    return [leaf for state in network.states for leaf in several if leaf.name == state.leaf.name and leaf.time != t]


def _moving(expr: Node) -> list[Leaf]:
    return [leaf for leaf in leaves(expr) if leaf.time is not None]


def _comes_back(derivation: Derivation, leaf: Leaf, lines: Sequence[Equation]) -> bool:
    """Tell whether one of the equations gives something to the adjoint of what it reads."""
    labels = {line.label for line in lines}
    found = (
        one for passage in derivation.reaching if passage.equation.label in labels for one in passage.contributions
    )
    return any(one.of == leaf for one in found)


def _source(leaf: Leaf, kind: str, adjoint: bool) -> drawings.Node:
    """Return the node of something that is read: beside the step if it is of another one."""
    if leaf.moves:
        back = int(t - leaf.time)
        if back:
            return drawings.Node(_key(leaf), leaf.name, "previous", adjoint=adjoint, back=back)
        return drawings.Node(_key(leaf), leaf.name, kind, adjoint=adjoint)
    kind = "previous" if leaf.time == 0 else kind
    return drawings.Node(_key(leaf), leaf.name, kind, adjoint=adjoint, at=_at(leaf))


def _at(leaf: Leaf) -> str:
    return "" if leaf.moves else str(leaf.time)


def _key(of: Leaf) -> str:
    return of.name if of.time == t else f"{of.name}@{of.time}"


def _node(network: Network, line: Equation, adjoint: bool) -> drawings.Node:
    of = line.target
    kind = "named"
    if of == network.loss:
        kind = "loss"
    elif network.state(of.name) is not None:
        kind = "state"
    elif of in network.outputs:
        kind = "output"
    parameters = tuple(one.name for one in leaves(line.expr) if one.time is None)
    return drawings.Node(_key(of), of.name, kind, _note(line.expr, kind), parameters, adjoint, at=_at(of))


def _note(expr: Node, kind: str) -> str:
    if isinstance(expr, Apply):
        return expr.function.replace("_", " ")
    if isinstance(expr, Concat):
        return "stack"
    return "loss" if kind == "loss" else ""


def contracted(graph: Graph) -> Graph:
    """Return the same step with every quantity that only a function reads drawn in the box of that function."""
    readers = {node.key: [edge.target for edge in graph.edges if edge.source == node.key] for node in graph.nodes}
    known = {node.key: node for node in graph.nodes}
    into: dict[str, str] = {}
    for node in graph.nodes:
        reading = readers[node.key]
        if node.kind == "named" and len(reading) == 1:
            above = known[reading[0]]
            alone = sum(edge.target == above.key for edge in graph.edges) == 1
            if alone and above.note and not node.note and above.kind != "loss":
                into[node.key] = above.key
    taken = {high: known[low].parameters for low, high in into.items()}
    nodes = tuple(
        replace(node, parameters=tuple(dict.fromkeys((*taken.get(node.key, ()), *node.parameters))))
        for node in graph.nodes
        if node.key not in into
    )
    edges = (
        drawings.Edge(edge.source, into.get(edge.target, edge.target))
        for edge in graph.edges
        if edge.source not in into
    )
    return Graph(nodes, tuple(dict.fromkeys(edges)))
