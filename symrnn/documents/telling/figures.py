"""The drawings of a document: what is drawn, taken from the network. How it is drawn is in `symrnn.documents.drawings`."""

from __future__ import annotations

from symrnn.algebra.nodes import Apply
from symrnn.algebra.walk import leaves
from symrnn.calculus.records import Derivation
from symrnn.documents import drawings
from symrnn.documents.document import Block, Figure, Paragraph, plain
from symrnn.documents.telling.steps import Graph, contracted, of_cell, whole
from symrnn.documents.telling.wires import wired
from symrnn.documents.wiring import Wiring
from symrnn.model.equations import Cell
from symrnn.model.network import Network, Scan

_SMALLEST = 0.36  # points for a unit: names are six points high
_FURTHER = " What is read from further back is handed on with the state."


def figures(derivation: Derivation) -> tuple[Block, ...]:
    """Return the drawings: one step of each different cell, as far as it is readable, and the network over its steps."""
    return (*_blocks(derivation), unrolled_figure(derivation))


# -- one step --------------------------------------------------------------------------------------------------------------


def _blocks(derivation: Derivation) -> tuple[Block, ...]:
    network = derivation.network
    cells = _cells(network)
    if len(cells) == 1 and network.is_single_recurrence:
        return (_block(whole(derivation), "block", "One step", plain(network.name)),)
    different = {cell.name: cell for cell in reversed(cells)}
    found = []
    for name in dict.fromkeys(cell.name for cell in cells):
        cell, several = different[name], sum(one.name == name for one in cells) > 1
        names = ", ".join(f"${_name(state.leaf.name)}$" for state in cell.states)
        head = f"One step of `{plain(name)}`" + (
            f", in the names that it has where its state is {names}" if several else ""
        )
        found.append(
            _block(of_cell(derivation, cell), f"block-{name}" if len(different) > 1 else "block", head, plain(name))
        )
    return tuple(found)


def _name(text: str) -> str:
    return drawings.formula(drawings.name(text))


def _cells(network: Network) -> list[Cell]:
    return [part.cell for part in network.parts if isinstance(part, Scan)]


def _block(graph: Graph, file: str, head: str, of: str) -> Block:
    """Draw one step, or say that it is too large for a page."""
    drawn, fewer = step_drawing(graph)
    if drawn is None:
        count = sum(node.kind not in ("input", "target", "previous", "above") for node in graph.nodes)
        return Paragraph(f"{head} is not drawn: with {count} quantities a drawing of it would not be readable.")
    note = " What only one function reads is drawn in the box of that function." if fewer else ""
    caption = (
        f"{head}, with the routes of back-propagation (dashed). What comes back along an arrow is a part of the adjoint that "
        rf"it is labelled with; where parts meet they are added ($\oplus$).{note}"
    )
    description = f"Block diagram of one step of {of}: forward values go up, adjoints come back down."
    return Figure(file, drawings.to_svg(drawn), caption, description, drawings.to_picture(drawn))


def step_drawing(graph: Graph) -> tuple[drawings.Drawing | None, bool]:
    """Return the drawing of one step that fits a page, if there is one, and whether it has fewer boxes than quantities."""
    drawn = drawings.block(graph.nodes, graph.edges, "one step")
    if drawings.scale(drawn) >= _SMALLEST:
        return drawn, False
    fewer = contracted(graph)
    drawn = drawings.block(fewer.nodes, fewer.edges, "one step")
    return (drawn, True) if drawings.scale(drawn) >= _SMALLEST else (None, True)


# -- all steps -------------------------------------------------------------------------------------------------------------


def unrolled_figure(derivation: Derivation) -> Figure:
    """Return the drawing of the network over its steps, with the adjoints that flow back."""
    if _is_plain(derivation.network):
        return _one_row(derivation)
    wiring = wired(derivation)
    drawn = drawings.composed(wiring)
    description = (
        f"{plain(derivation.network.name)} unrolled over its steps: a box for every part and step, and arrows."
    )
    legend = _legend(wiring)
    if any(state.lags > 1 for state in derivation.network.states):
        legend += _FURTHER
    return Figure("unrolled", drawings.to_svg(drawn), legend, description, drawings.to_picture(drawn))


def _is_plain(network: Network) -> bool:
    """Tell whether one row of boxes says all: one cell whose states are given at first, and its head at every step."""
    cells = _cells(network)
    if len(cells) != 1 or not network.is_single_recurrence:
        return False
    own = {state.leaf.name for state in cells[0].states}
    targets = {leaf.name for leaf in network.targets}
    read = {leaf.name for line in cells[0].equations for leaf in leaves(line.expr)}
    return (
        all(state.leaf.name in own and state.initial == "given" for state in network.states)
        and targets <= {leaf.name for head in network.heads for leaf in head.targets}
        and not targets & read
    )


def _one_row(derivation: Derivation) -> Figure:
    network = derivation.network
    head = next(iter(network.heads), None)
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
        caption += _FURTHER
    description = f"{plain(network.name)} unrolled over steps 1, 2, …, T with the adjoints that flow back."
    return Figure("unrolled", drawings.to_svg(drawn), caption, description, drawings.to_picture(drawn))


def _head_note(head: Cell | None) -> str:
    if head is None:
        return ""
    functions = [line.expr.function for line in head.equations if isinstance(line.expr, Apply)]
    return functions[0].replace("_", " ") if functions else "head"


def _legend(wiring: Wiring) -> str:
    """Return the caption: what the signs of this drawing mean, and no others."""
    kinds = {part.kind for part in wiring.parts}
    several = any(group.leading for group in wiring.groups)
    sentences = [
        "The network unrolled over its steps: a box for every part and every step, values forward (solid), adjoints back (dashed)."
        if several
        else "The network: a box for every part, values forward (solid), adjoints back (dashed)."
    ]
    if several:
        sentences.append("Boxes in a row use the same parameters.")
    sentences.append(
        "What comes back along an arrow is a part of the adjoint of what goes along it; where parts meet they are added "
        r"($\oplus$)."
    )
    if any(part.direction < 0 for part in wiring.parts):
        sentences.append("Where states go from right to left, the scan starts at the last step.")
    if "glue" in kinds:
        sentences.append("Thin boxes are named in the equations: quantities put together, or taken from the end.")
    if any(part.note == "learned" for part in wiring.parts):
        sentences.append("A learned initial state is a parameter, the same for every sequence.")
    if any("0" in part.names for part in wiring.parts if part.kind == "begin"):
        sentences.append("States start at zero where it says $0$.")
    masks = dict.fromkeys(name for part in wiring.parts if part.kind == "cell" for name in part.beside)
    if masks:
        names = ", ".join(f"${_name(name)}$" for name in masks)
        sentences.append(f"A box reads {names} too, where that is written in it; there is no adjoint of it.")
    if any(read.target != read.source for read in wiring.ways("back")):
        sentences.append("What is fed back comes in at the foot of the box of the next step.")
    return " ".join(sentences)
