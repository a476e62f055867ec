"""Every block is written by every writer; labels are unique and lead somewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from figures import figures
from sample import sample

from symrnn.documents.document import (
    Block,
    Box,
    Display,
    Document,
    Figure,
    Items,
    Line,
    Listing,
    Paragraph,
    Section,
    Statement,
    Steps,
    Table,
)
from symrnn.documents.html import to_html
from symrnn.documents.latex import to_latex
from symrnn.documents.markdown import to_markdown
from symrnn.documents.references import blocks, index
from symrnn.errors import SymrnnError

LINE = Line("a", "=", "mark", "because", "l", "1")
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><title>mark</title></svg>'
ONE_OF_EACH: dict[type, Block] = {
    Paragraph: Paragraph("mark"),
    Listing: Listing("mark", "text"),
    Items: Items(("mark",)),
    Table: Table(("head",), (("mark",),), "caption"),
    Display: Display((LINE,)),
    Steps: Steps("title", (LINE,)),
    Box: Box("title", (LINE,)),
    Figure: Figure("f", SVG, "caption", "mark", r"\begin{picture}(1,1)mark\end{picture}"),
    Statement: Statement("Lemma", "title", (Paragraph("mark"),)),
}


def in_markdown(document: Document) -> str:
    return to_markdown(document)["derivation.md"]


WRITERS: tuple[Callable[[Document], str], ...] = (to_latex, to_html, in_markdown)


def of(*blocks: Block) -> Document:
    return Document("Title", "", "", (Section("Part", blocks),))


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", get_args(Block))
def test_every_block_is_written(writer, kind):
    assert "mark" in writer(of(ONE_OF_EACH[kind])).replace("<mi>", "").replace("</mi>", "")


def test_the_sample_uses_every_block():
    assert {type(block) for block in blocks(sample(figures()))} == set(get_args(Block))


def test_writing_does_not_depend_on_what_was_written_before():
    for writer in (to_latex, to_html, to_markdown):
        assert writer(sample(figures())) == writer(sample(figures()))


FAULTS = {
    "nothing has the label 'nowhere'": (Paragraph("see @(nowhere)"),),
    "nothing has the label 'lost'": (Display((Line("a", "=", "b", "by @(lost)"),)),),
    "the label 'l' is on \\(1\\) and again on \\(1\\)": (Display((LINE, LINE)),),
    "the label 'f' is on Figure 1": (ONE_OF_EACH[Figure], Display((Line("", "=", "b", "", "f", "2"),))),
    "has a label and no number": (Display((Line("a", "=", "b", "", "x"),)),),
    "has not 1 cells": (Table(("a",), (("b", "c"),)),),
    "of kind 'Conjecture'": (Statement("Conjecture", "", ()),),
    "a Display without lines": (Display(()),),
    "an empty Items": (Items(()),),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_document_is_refused(writer, fault):
    with pytest.raises(SymrnnError, match=fault):
        writer(of(*FAULTS[fault]))


def test_sections_nest_three_levels_and_no_more():
    third = Section("c", (), sections=())
    index(Document("", "", "", (Section("a", (), sections=(Section("b", (), sections=(third,)),)),)))
    fourth = Section("a", (), sections=(Section("b", (), sections=(Section("c", (), sections=(third,)),)),))
    with pytest.raises(SymrnnError, match="nested deeper"):
        index(Document("", "", "", (fourth,)))


def test_references_print_what_they_lead_to():
    targets = {label: target.text for label, target in index(sample(figures())).targets.items()}
    assert targets["z_y"] == "(3)"
    assert targets["head"] == "Section 3.1"
    assert targets["closed-form"] == "Theorem 1"
    assert targets["step"] == "Figure 2"


def test_different_labels_have_different_anchors():
    lines = tuple(Line("a", "=", "b", "", label, "1") for label in ("a b", "a_b", "a:20:b", "a-b", "a.b", "a+b"))
    anchors = [target.anchor for target in index(of(Display(lines))).targets.values()]
    assert len(set(anchors)) == len(lines)
