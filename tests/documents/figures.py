"""The figures of the sample, and one of a cell with gates."""

from __future__ import annotations

from symrnn.documents.document import Figure
from symrnn.documents.drawings import Drawing, Edge, Node, Unrolled, block, to_picture, to_svg, unrolled


def vanilla_step() -> Drawing:
    nodes = (
        Node("h[t-1]", "h", "previous"),
        Node("x", "x", "input"),
        Node("z", "z", "named", "affine", ("W_hh", "W_hx", "b_h")),
        Node("h", "h", "state", "tanh"),
        Node("z_y", "z_y", "named", "affine", ("W_yh", "b_y")),
        Node("y_hat", "y_hat", "output", "softmax"),
        Node("y", "y", "target", adjoint=False),
        Node("J", "J", "loss", "cross-entropy"),
    )
    pairs = (("h[t-1]", "z"), ("x", "z"), ("z", "h"), ("h", "z_y"), ("z_y", "y_hat"), ("y_hat", "J"), ("y", "J"))
    return block(nodes, tuple(Edge(*pair) for pair in pairs), "one step of the vanilla network")


def lstm_step() -> Drawing:
    gates = tuple(
        Node(gate, gate, "named", function, (f"W_{gate}x", f"W_{gate}h", f"b_{gate}"))
        for gate, function in (("i", "sigmoid"), ("f", "sigmoid"), ("g", "tanh"), ("o", "sigmoid"))
    )
    nodes = (
        Node("c[t-1]", "c", "previous"),
        Node("h[t-1]", "h", "previous"),
        Node("x", "x", "input"),
        *gates,
        Node("c", "c", "state", "f ∘ c + i ∘ g"),
        Node("s", "s", "named", "tanh"),
        Node("h", "h", "state", "o ∘ s"),
        Node("z_y", "z_y", "named", "affine", ("W_yh", "b_y")),
        Node("p", "p", "output", "softmax"),
        Node("y", "y", "target", adjoint=False),
        Node("J", "J", "loss", "cross-entropy"),
    )
    pairs = [(source, gate) for source in ("x", "h[t-1]") for gate in "ifgo"]
    pairs += [("i", "c"), ("f", "c"), ("g", "c"), ("c[t-1]", "c"), ("c", "s"), ("s", "h"), ("o", "h")]
    pairs += [("h", "z_y"), ("z_y", "p"), ("p", "J"), ("y", "J")]
    return block(nodes, tuple(Edge(*pair) for pair in pairs), "one step of the LSTM")


def vanilla_unrolled() -> Drawing:
    return unrolled(Unrolled(("x",), ("h",), ("h",), ("y_hat",), "J", "cell"))


def lstm_unrolled() -> Drawing:
    return unrolled(Unrolled(("x", "s"), ("c", "h"), ("h",), ("p",), "J", "LSTM"))


def figures() -> tuple[Figure, ...]:
    unrolled_words = "The network over its steps: values forward (solid), adjoints back (dashed)."
    step_words = r"One step: the adjoint of $\mathbf{h}^{(t)}$ is the sum of two, from the head and from step $t+1$."
    network, step = vanilla_unrolled(), vanilla_step()
    return (
        Figure("unrolled", to_svg(network), unrolled_words, "Boxes for steps 1, 2 to T.", to_picture(network)),
        Figure("step", to_svg(step), step_words, "The equations of one step as boxes.", to_picture(step)),
    )
