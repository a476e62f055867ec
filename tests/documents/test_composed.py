"""Networks are drawn as they are: every part at its steps, an arrow for every read, its adjoint back, and nothing on anything."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import architectures
import pytest
from drawn import (
    arrows,
    boxes,
    covered,
    crooked,
    crossed,
    extent,
    from_dots,
    labels,
    length,
    linked,
    outside,
    overlapping,
    place,
    to_dots,
    within,
)

from symrnn import cells
from symrnn.calculus.derive import derive
from symrnn.documents.composed import placed
from symrnn.documents.document import Figure, Paragraph
from symrnn.documents.drawings import Drawing, Group, Part, Read, Wiring, composed, to_picture, to_svg
from symrnn.documents.levels import Levels
from symrnn.documents.places import Column
from symrnn.documents.shapes import Arrow, Label, Name
from symrnn.documents.telling.figures import figures, step_drawing
from symrnn.documents.telling.steps import contracted, of_cell, whole
from symrnn.documents.telling.wires import wired
from symrnn.errors import SymrnnError
from symrnn.model.architecture import Architecture, Layer
from symrnn.model.composition import build, compose
from symrnn.model.network import Single

GRU, SLSTM = cells.load("gru"), cells.load("slstm_stabilized")
LSTM = architectures.LSTM
MORE = {
    "four layers, both directions": Architecture((Layer(LSTM, LSTM),) * 4, architectures.SOFTMAX),
    "three layers, translated": Architecture(
        (Layer(GRU, GRU), Layer(GRU, GRU), Layer(GRU)),
        architectures.SOFTMAX,
        "encoder-decoder",
        decoder=(Layer(GRU),) * 3,
    ),
    "four states": Architecture((Layer(SLSTM), Layer(SLSTM)), architectures.SOFTMAX, initial="learned"),
    "everything": Architecture(
        (Layer(LSTM, LSTM),), architectures.SOFTMAX, "encoder-decoder", masked=True, weighted=True, context="every-step"
    ),
}
KNOWN = {**architectures.ARCHITECTURES, **MORE}
TOO_LARGE = {"deltanet", "lstm_layer_norm", "slstm_stabilized"}  # told in a sentence


@cache
def derived(name: str):
    return derive(build(KNOWN[name]))


@cache
def drawn(name: str) -> tuple[Levels, Drawing]:
    wiring = wired(derived(name))
    return placed(wiring), composed(wiring)


def faults(drawing: Drawing) -> list[object]:
    return [*overlapping(drawing), *outside(drawing), *crossed(drawing), *crooked(drawing), *covered(drawing)]


# -- how it looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_nothing_lies_on_anything(name):
    assert not faults(drawn(name)[1])


def test_what_lies_on_something_is_found():
    drawing = drawn("bidirectional")[1]
    name = next(label for label in labels(drawing) if isinstance(label.text, Name))
    box = boxes(drawing)[0]
    (x, y), line = name.at, next(shape for shape in drawing.shapes if isinstance(shape, Arrow))
    back = replace(line, style="backward")
    for extra, check in (
        (replace(name, at=(x + 3, y + 2)), overlapping),
        (replace(box, at=(box.at[0] + 9, box.at[1] + 9)), overlapping),
        (replace(name, at=(drawing.width, y)), outside),
        (Arrow(((x - 40, y - 4), (x + 40, y - 4))), crossed),
        (Arrow(((x, y), (x + 9, y + 9))), crooked),
        (back, covered),
    ):
        assert not check(drawing)
        assert check(replace(drawing, shapes=(*drawing.shapes, extra))), check


@pytest.mark.parametrize("name", KNOWN)
def test_it_is_svg_and_latex_that_fits_a_page(name):
    drawing = drawn(name)[1]
    assert to_svg(drawing).count("<rect") == len(boxes(drawing))
    text = to_picture(drawing)
    assert text.count("{") == text.count("}")
    unit = float(re.search(r"\\unitlength\}\{([\d.]+)pt", text)[1])
    assert unit >= 0.36, unit


def test_four_layers_both_ways_have_few_columns():
    levels = drawn("four layers, both directions")[0]
    assert len(levels.across.columns) <= 3


# -- what it says ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_every_part_has_a_box_at_each_of_its_steps(name):
    levels, drawing = drawn(name)
    found = [tuple(round(side, 3) for side in extent(box)) for box in boxes(drawing)]
    wanted = []
    for part in levels.wiring.parts:
        columns = [column for column in levels.across.columns if levels.across.stands(part.key, column)]
        if part.in_column and part.kind != "given":
            assert columns, part
            places = {place(levels, part, column) for column in columns}
            wanted += [tuple(round(side, 3) for side in each) for each in places]
    starts = sum(part.kind == "start" for part in levels.wiring.parts)
    assert set(wanted) <= set(found)
    assert len(found) == len(set(wanted)) + starts


@pytest.mark.parametrize("name", KNOWN)
def test_every_cell_head_and_equation_of_its_own_is_a_part(name):
    network, wiring = derived(name).network, drawn(name)[0].wiring
    kinds = [part.kind for part in wiring.parts]
    assert kinds.count("cell") + kinds.count("head") == len(network.parts)
    assert kinds.count("loss") == (network.loss is not None)
    owned = {
        line.target.name for part in network.parts for line in (getattr(part, "cell", None) or part.head).equations
    }
    thin = {line.target.name for line in network.equations if line.target.name not in owned}
    zero = {line.target.name for line in network.equations if line.note == "there is one input only"}
    starts = {state.leaf.name for state in network.states}
    assert {name for part in wiring.parts if part.kind == "glue" for name in part.names} == thin - zero - starts


def unlinked(levels: Levels, drawing: Drawing) -> list[object]:
    """Reads for which there is no arrow from the source to the reader, or none for the adjoint that comes back."""
    found: list[object] = []
    for read in levels.wiring.reads:
        target = levels.wiring.part(read.target)
        for column in levels.across.columns if target.in_column else (None,):
            if column is None or levels.across.stands(target.key, column):
                reader = place(levels, target, column)
                for style in ("forward", "backward") if read.adjoint else ("forward",):
                    if not _is_drawn(levels, drawing, read, column, reader, style):
                        found.append((read, column, style))
    return found


def _is_drawn(levels: Levels, drawing: Drawing, read: Read, column: Column | None, reader, style: str) -> bool:
    """Whether a reader has its arrow. Where steps are left out, its states come from dots, and what is fed back has a name."""
    wiring, across, way = levels.wiring, levels.across, levels.wiring.way(read)
    source = wiring.part(read.source)
    if column is None or not (read.lag or way == "begin"):
        return any(linked(drawing, reader, area, style) for area in _sources(levels, read, source, column))
    direction = wiring.part(read.target).direction
    if column.first if direction > 0 else column.last:  # the first step
        if way in ("rail", "back"):
            return True  # of the initial value another read tells
        area = place(levels, source, None) if way == "begin" else _named(levels, read, column)
        return linked(drawing, reader, area, style)
    if way in ("begin", "enter"):
        return True
    before = next(one for one in across.of_group(column.group) if one.position == column.position - direction)
    area = place(levels, source, before)
    if not (before.last or column.last):
        return linked(drawing, reader, area, style)
    near = (
        linked(drawing, reader, _named(levels, read, column), style)
        if way == "back"
        else from_dots(drawing, reader, style)
    )
    return near and to_dots(drawing, area, style)


def _sources(levels: Levels, read: Read, source: Part, column: Column | None):
    """Where the source of a read is: in the same column, or in the one column at which it is read."""
    if source.kind in ("begin", "start"):
        return [place(levels, source, None)]
    columns = [one for one in levels.across.columns if levels.across.stands(source.key, one)]
    if levels.wiring.way(read) == "up":
        columns = [column]
    elif levels.wiring.place(read):
        columns = columns[:1] if levels.wiring.place(read) == "first" else columns[-1:]
    return [place(levels, source, one) for one in columns]


def _named(levels: Levels, read: Read, column: Column):
    """Where the name of something stands that comes into a column from a step that is not drawn."""
    edge, y = (column.left if levels.wiring.part(read.target).direction > 0 else column.right), levels.entry(read)
    return edge - 30, y - 20, edge + 3, y + 20


@pytest.mark.parametrize("name", KNOWN)
def test_every_read_has_an_arrow_and_its_adjoint_comes_back(name):
    assert not unlinked(*drawn(name))


@pytest.mark.parametrize("name", ["deep_bidirectional", "context_feedback", "encoder_decoder_deep", "learned"])
def test_an_arrow_that_is_missing_is_missed(name):
    levels, drawing = drawn(name)
    areas = [extent(box) for box in boxes(drawing)]
    for style in ("forward", "backward"):
        for arrow in arrows(drawing, style):
            if arrow.head and length(arrow) > 20 and not any(within(arrow, area) for area in areas):
                rest = tuple(shape for shape in drawing.shapes if shape is not arrow)
                assert unlinked(levels, replace(drawing, shapes=rest)), arrow


@pytest.mark.parametrize("name", KNOWN)
def test_what_comes_back_is_what_the_derivation_gives(name):
    derivation = derived(name)
    given = {
        (passage.equation.target.name, one.of.name) for passage in derivation.reaching for one in passage.contributions
    }
    for read in drawn(name)[0].wiring.reads:
        for each in read.back:
            if not read.source.startswith(("start", "begin", "prior")) and read.target != "sum":
                assert any(of == each for _, of in given), read


@pytest.mark.parametrize("name", [name for name in KNOWN if KNOWN[name].head is not None])
def test_losses_stand_where_the_loss_sits(name):
    network, (levels, drawing) = derived(name).network, drawn(name)
    shown = [label.text for label in labels(drawing) if isinstance(label.text, Name) and label.text.scalar]
    if network.loss is None:
        assert [each.base for each in shown] == ["J"]
        return
    stage = network.stages[network.stage_of(network.loss)]
    times = [each.sup for each in shown if each.sup]
    if isinstance(stage.when, Single):
        assert times == [f"({stage.when.step})"]
        assert len(shown) == 1
    else:
        group = levels.wiring.group(stage.when.length.name)
        assert times == [f"({time})" for time in group.times]
        assert len(shown) == len(times) + 1  # and one over all steps


def test_reads_are_taken_from_the_equations():
    """Whatever the architecture is called: reads go from the part that defines a quantity to the one that reads it."""
    wiring = drawn("context_feedback")[0].wiring
    ways = {(wiring.part(read.source).kind, wiring.part(read.target).kind, wiring.way(read)) for read in wiring.reads}
    assert ways >= {
        ("head", "glue", "back"),
        ("prior", "glue", "enter"),
        ("glue", "glue", "bus"),
        ("cell", "start", "hand"),
        ("start", "cell", "begin"),
        ("cell", "cell", "rail"),
        ("loss", "sum", "up"),
    }


def test_masks_and_weights_are_written_where_they_are_read():
    masked, weighted = drawn("masked")[0].wiring, drawn("weighted")[0].wiring
    assert all(part.beside == ("m",) for part in masked.parts if part.kind == "cell")
    assert [set(part.beside) for part in weighted.parts if part.kind == "loss"] == [{"y", "w"}]


def test_initial_states_are_given_zero_or_learned():
    def begins(name: str) -> set[tuple[str, tuple[str, ...], str]]:
        return {
            (part.kind, part.names, part.note)
            for part in drawn(name)[0].wiring.parts
            if part.kind in ("begin", "start")
        }

    assert begins("stacked") == {("begin", ("h_1",), ""), ("begin", ("h_2",), "")}
    assert begins("zero") == {("begin", ("0",), "")}
    assert begins("learned") == {("start", (f"h_{one}",), "learned") for one in ("1", "2f", "2b")}


# -- faulty wirings, and one that no architecture has ------------------------------------------------------------------------


def test_a_faulty_wiring_is_refused():
    group = (Group("T"),)
    with pytest.raises(SymrnnError, match="'gate'"):
        Wiring(group, (Part("a", "gate", "T"),), ())
    with pytest.raises(SymrnnError, match="no part 'b'"):
        Wiring(group, (Part("a", "cell", "T"),), (Read("a", "b", ("h",)),))
    with pytest.raises(SymrnnError, match="no group 'S'"):
        Wiring(group, (Part("a", "cell", "S"),), ())


def test_a_read_of_the_step_before_from_a_layer_below_is_drawn():
    names = ("h",)
    parts = (
        Part("x", "given", "T", names=("x",)),
        Part("low", "cell", "T", note="low"),
        Part("high", "cell", "T", note="high"),
    )
    reads = (
        Read("x", "low", ("x",), ("x",)),
        Read("low", "low", names, names, 1),
        Read("low", "high", names, names, 1),
        Read("high", "high", ("s",), ("s",), 1),
    )
    wiring = Wiring((Group("T"),), parts, reads)
    drawing = composed(wiring)
    assert not faults(drawing)
    assert not unlinked(placed(wiring), drawing)


# -- one step of every cell --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", cells.names())
def test_one_step_of_every_cell_is_drawn_or_it_is_said_why_not(name):
    cell = cells.load(name)
    derivation = derive(compose(cell, cells.load_head(cell.head or "softmax_cross_entropy")))
    graph = whole(derivation)
    drawing, fewer = step_drawing(graph)
    assert (drawing is None) == (name in TOO_LARGE)
    if drawing is not None:
        assert not [*overlapping(drawing), *outside(drawing), *crooked(drawing), *crossed(drawing)]
        kinds = [node.kind for node in (contracted(graph) if fewer else graph).nodes]
        assert len(boxes(drawing)) == sum(kind in ("named", "state", "output", "loss") for kind in kinds)
    first = figures(derivation)[0]
    assert isinstance(first, Paragraph if drawing is None else Figure)


@pytest.mark.parametrize("name", KNOWN)
def test_each_different_cell_of_a_network_has_its_step(name):
    derivation = derived(name)
    told = figures(derivation)
    different = {part.cell.name for part in derivation.network.parts if hasattr(part, "cell")}
    assert len(told) == len(different) + 1
    assert isinstance(told[-1], Figure)
    assert len({one.name for one in told if isinstance(one, Figure)}) == sum(isinstance(one, Figure) for one in told)


def test_what_is_read_above_a_cell_is_shown_with_its_adjoint():
    derivation = derived("stacked")
    graph = of_cell(derivation, derivation.network.parts[0].cell)
    assert [(node.kind, node.name) for node in graph.nodes if node.kind == "above"] == [("above", "h_1")]
    drawing = step_drawing(graph)[0]
    shown = [label.text for label in labels(drawing) if isinstance(label, Label) and isinstance(label.text, Name)]
    assert sum(each.base == "h" and each.adjoint for each in shown) == 4  # in its box, above, to t + 1 and of t − 1
