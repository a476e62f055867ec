"""The HTML stands alone, is well-formed, and holds user text as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from figures import figures
from sample import sample
from test_latex import hostile

from symrnn.documents.document import Display, Document, Line, Listing, Paragraph, Section, plain
from symrnn.documents.html import to_html

VOID = {"meta", "wbr", "br", "img", "hr", "link", "input"}
HOSTILE = "<script>alert(1)</script> \" onload='x' & </style> <!-- <img src=https://x.example/y>"


class Reader(HTMLParser):
    """Collects what a page is made of, and refuses tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


@pytest.mark.parametrize("document", [sample(figures()), hostile()], ids=["sample", "hostile"])
def test_the_page_is_well_formed_and_stands_alone(document):
    page = to_html(document)
    assert page.startswith("<!doctype html>\n")
    reader = read(page)
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "iframe", "img", "object", "embed", "form"}
    assert "math" in names
    for _, attributes in reader.tags:
        assert not {"src", "srcset", "action"} & attributes.keys()
        assert not any(key.startswith("on") for key in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    styles = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles


def test_links_lead_somewhere_and_names_are_unique():
    reader = read(to_html(sample(figures())))
    names = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(names) == len(set(names))
    links = {str(attributes["href"])[1:] for tag, attributes in reader.tags if tag == "a"}
    assert links <= set(names)
    assert {"eq:z_y", "sec:head", "thm:closed-form"} <= links


def test_hostile_text_stays_text():
    text = plain(HOSTILE)
    blocks = (
        Paragraph(f"{text} `{text}`"),
        Listing(HOSTILE, HOSTILE),
        Display((Line("a", "=", "b", text, "x", HOSTILE),)),
    )
    reader = read(to_html(Document(text, text, text, (Section(text, blocks),))))
    assert not {"script", "img"} & {tag for tag, _ in reader.tags}
    assert "".join(reader.text).count("alert(1)") >= 8


def test_a_reader_is_told_the_language_and_the_figures():
    reader = read(to_html(sample(figures())))
    assert ("html", {"lang": "en"}) in reader.tags
    assert any(tag == "meta" and attributes.get("name") == "viewport" for tag, attributes in reader.tags)
    drawings = [attributes for tag, attributes in reader.tags if attributes.get("class") == "drawing"]
    assert drawings
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in drawings)


def test_folded_steps_are_closed_at_first_and_others_open():
    page = to_html(sample())
    assert '<details class="steps" open>' in page
    assert '<details class="steps">' in page
    assert '<details class="part">' in page


def test_an_unbalanced_page_would_be_found():
    with pytest.raises(AssertionError):
        read("<p><b>x</p></b>")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("the sum ($a$) of", ["(", ")"]),
        ("of $a$, and", ["", ","]),
        ("the $a$-axis", ["", "-axis"]),
        ("of $a$ and", None),
    ],
)
def test_a_formula_stays_on_one_line_with_what_touches_it(text, kept):
    page = to_html(Document("title", "", "", (Section("section", (Paragraph(text),)),)))
    found = re.findall(r'<span class="kept">([^<]*)<math.*?</math>([^<]*)</span>', page)
    assert found == ([] if kept is None else [tuple(kept)])
    assert ".kept { white-space: nowrap; }" in page


def test_a_word_with_a_hyphen_stays_whole_in_the_title():
    html = to_html(Document("A network: back-propagation through $x-y$ time", "", "", ()))
    assert '<h1>A network: <span class="kept">back-propagation</span> through' in html
    assert html.count('class="kept">back') == 2  # the heading and the list of contents
