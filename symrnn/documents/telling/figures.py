"""The two drawings of a document: what is drawn, taken from the network. How it is drawn is in `symrnn.documents.drawings`."""

from __future__ import annotations

from symrnn.algebra.nodes import Apply, Concat, Leaf, Node, t
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.documents import drawings
from symrnn.documents.document import Figure, plain
from symrnn.model.equations import Equation
from symrnn.model.network import Map, Network


def block_figure(derivation: Derivation) -> Figure:
    """Return the drawing of one step with its forward and backward routes."""
    network = derivation.network
    known = {adjoint.of for adjoint in derivation.adjoints}
    nodes = [drawings.Node(of.name, of.name, "input") for of in network.inputs]
    nodes += [drawings.Node(of.name, of.name, "target", adjoint=False) for of in network.targets]
    for state in network.states:
        nodes += [
            drawings.Node(_key(state.leaf.at(t - back)), state.leaf.name, "previous", back=back)
            for back in range(1, state.lags + 1)
        ]
    nodes += [_node(network, line, line.target in known or line.target == network.loss) for line in network.equations]
    edges = [
        drawings.Edge(_key(of), line.target.name)
        for line in network.equations
        for of in leaves(line.expr)
        if of.time is not None
    ]
    drawn = drawings.block(nodes, edges, "one step")
    caption = (
        "One step, with the routes of back-propagation (dashed). What comes back along an arrow is a part of the adjoint that "
        r"it is labelled with; where parts meet they are added ($\oplus$)."
    )
    description = f"Block diagram of one step of {plain(network.name)}: forward values go up, adjoints come back down."
    return Figure("block", drawings.to_svg(drawn), caption, description, drawings.to_picture(drawn))


def _key(of: Leaf) -> str:
    back = t - of.time
    return of.name if back == 0 else f"{of.name}@{back}"


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
    return drawings.Node(of.name, of.name, kind, _note(line.expr, kind), parameters, adjoint)


def _note(expr: Node, kind: str) -> str:
    if isinstance(expr, Apply):
        return expr.function.replace("_", " ")
    if isinstance(expr, Concat):
        return "stack"
    return "loss" if kind == "loss" else ""


def unrolled_figure(derivation: Derivation) -> Figure:
    """Return the drawing of the network over its steps, with the adjoints that flow back."""
    network = derivation.network
    head = next((stage.head for stage in network.stages if isinstance(stage, Map)), None)
    drawn = drawings.unrolled(
        drawings.Unrolled(
            inputs=tuple(of.name for of in network.inputs),
            states=tuple(state.leaf.name for state in network.states),
            read=tuple(of.name for of in (head.inputs if head is not None else network.outputs)),
            outputs=tuple(of.name for of in head.outputs) if head is not None else (),
            loss=network.loss.name if network.loss is not None else "",
            cell="cell",
            head=_head_note(head),
        )
    )
    caption = (
        "The network unrolled over its steps. The same parameters are used at every step. What comes back along a dashed arrow "
        r"is a part of the adjoint that it is labelled with; the adjoint of a state is the sum ($\oplus$) of what the loss gives "
        "at its own step and what comes back from later steps."
    )
    if any(state.lags > 1 for state in network.states):
        caption += " What is read from further back is handed on with the state."
    description = f"{plain(network.name)} unrolled over steps 1, 2, …, T with the adjoints that flow back."
    return Figure("unrolled", drawings.to_svg(drawn), caption, description, drawings.to_picture(drawn))


def _head_note(head: object) -> str:
    if head is None:
        return ""
    functions = [line.expr.function for line in head.equations if isinstance(line.expr, Apply)]  # type: ignore[attr-defined]
    return functions[0].replace("_", " ") if functions else "head"
