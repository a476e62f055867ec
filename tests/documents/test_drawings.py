"""The drawings are SVG that stands alone; nothing in them lies on anything else."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise

import pytest
from figures import lstm_step, lstm_unrolled, vanilla_step, vanilla_unrolled

from symrnn.documents.drawings import Drawing, Edge, Node, Unrolled, block, to_picture, to_svg, unrolled
from symrnn.documents.shapes import Arrow, Label, Rectangle, Sum
from symrnn.errors import SymrnnError


def random_step(seed: int, count: int = 14) -> Drawing:
    """A cell of this many equations, each reading up to three values before it."""
    draw = random.Random(seed)
    nodes = [Node("x", "x", "input"), Node("h[t-1]", "h", "previous"), Node("c[t-1]", "c", "previous")]
    edges = []
    for place in range(count):
        kind = "state" if place in (count - 4, count - 3) else "named"
        node = Node(f"v{place}", f"v_{place}", kind, draw.choice(("tanh", "", "softplus")), ("W_a", "b")[: place % 3])
        recent = nodes[-6:] if place else nodes
        edges += [Edge(each.key, node.key) for each in draw.sample(recent, min(len(recent), draw.randint(1, 3)))]
        nodes.append(node)
    read = {edge.source for edge in edges}
    nodes.append(Node("J", "J", "loss"))
    edges += [Edge(node.key, "J") for node in nodes[:-1] if node.key not in read]
    return block(nodes, edges)


DRAWINGS = {
    "vanilla": vanilla_step(),
    "LSTM": lstm_step(),
    "unrolled": vanilla_unrolled(),
    "unrolled LSTM": lstm_unrolled(),
    "three states": unrolled(
        Unrolled(("x", "a_hat", "b"), ("c", "n", "h", "m"), ("h",), (), "J", "a long name", "head", 3)
    ),
    "nothing read": unrolled(Unrolled((), ("h",), (), ())),
} | {f"random {seed}": random_step(seed) for seed in range(12)}


def meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float], slack: float = 0.0) -> bool:
    return a[0] + slack < b[2] and b[0] + slack < a[2] and a[1] + slack < b[3] and b[1] + slack < a[3]


def box(shape: Rectangle) -> tuple[float, float, float, float]:
    (x, y), wide, high = shape.at, shape.width, shape.height
    return x, y, x + wide, y + high


def segments(drawing: Drawing) -> list[tuple[str, tuple[float, float], tuple[float, float]]]:
    return [(s.style, a, b) for s in drawing.shapes if isinstance(s, Arrow) for a, b in pairwise(s.points)]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_xml_with_a_title(name):
    root = ElementTree.fromstring(to_svg(DRAWINGS[name]))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root[0].text


@pytest.mark.parametrize("name", DRAWINGS)
def test_labels_do_not_overlap(name):
    labels = [shape for shape in DRAWINGS[name].shapes if isinstance(shape, Label)]
    for a, b in combinations(labels, 2):
        assert not meet(a.box(), b.box(), 2.5), (a, b)


@pytest.mark.parametrize("name", DRAWINGS)
def test_boxes_do_not_overlap_and_everything_is_inside(name):
    drawing = DRAWINGS[name]
    boxes = [box(shape) for shape in drawing.shapes if isinstance(shape, Rectangle)]
    assert not any(meet(a, b) for a, b in combinations(boxes, 2))
    frame = (0.0, 0.0, drawing.width, drawing.height)
    for left, top, right, bottom in (*boxes, *(s.box() for s in drawing.shapes if isinstance(s, Label))):
        assert frame[0] <= left, name
        assert frame[1] <= top, name
        assert right <= frame[2], name
        assert bottom <= frame[3], name


@pytest.mark.parametrize("name", DRAWINGS)
def test_lines_are_horizontal_or_vertical(name):
    for _, (ax, ay), (bx, by) in segments(DRAWINGS[name]):
        assert abs(ax - bx) < 1e-6 or abs(ay - by) < 1e-6


@pytest.mark.parametrize("name", [name for name in DRAWINGS if name in ("vanilla", "LSTM") or "random" in name])
def test_no_line_runs_through_a_box_or_a_name(name):
    drawing = DRAWINGS[name]
    boxes = [box(shape) for shape in drawing.shapes if isinstance(shape, Rectangle)]
    names = [shape.box() for shape in drawing.shapes if isinstance(shape, Label)]
    for _, (ax, ay), (bx, by) in segments(drawing):
        line = (min(ax, bx) - 0.1, min(ay, by) - 0.1, max(ax, bx) + 0.1, max(ay, by) + 0.1)
        assert not any(meet(line, each, 0.3) for each in boxes), (ax, ay, bx, by)
        assert not any(meet(line, each, 1.5) for each in names), (ax, ay, bx, by)


def test_adjoints_are_added_where_a_value_is_read_twice():
    assert sum(isinstance(shape, Sum) for shape in vanilla_step().shapes) == 1  # h: the head and the next step
    assert sum(isinstance(shape, Sum) for shape in lstm_step().shapes) == 4  # h, c, x, h[t-1]
    assert sum(isinstance(shape, Sum) for shape in vanilla_unrolled().shapes) == 2


def test_what_has_no_adjoint_has_no_way_back():
    back = [
        each for each in vanilla_step().shapes if isinstance(each, Arrow) and each.style == "backward" and each.head
    ]
    assert len(back) == 6  # to y_hat, z_y, h, z, h[t-1] and x, but not to y


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_picture_is_latex_that_balances(name):
    text = to_picture(DRAWINGS[name])
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin{picture}") == text.count(r"\end{picture}") == 1


def test_a_faulty_diagram_is_refused():
    with pytest.raises(SymrnnError, match="no node"):
        block((Node("a", "a", "named"),), (Edge("a", "b"),))
    with pytest.raises(SymrnnError, match="unique"):
        block((Node("a", "a", "named"), Node("a", "a", "state")), ())
    with pytest.raises(SymrnnError, match="'gate'"):
        block((Node("a", "a", "gate"),), ())
