"""The Markdown is what GitHub renders: fenced mathematics in allowed commands, and text that stays text."""

from __future__ import annotations

import re

from figures import figures
from sample import sample

from symrnn.documents.document import Box, Display, Document, Line, Listing, Paragraph, Section, Table, plain
from symrnn.documents.markdown import to_markdown


def written(*blocks) -> str:
    return to_markdown(Document("T", "", "", (Section("S", blocks),)))["derivation.md"]


def test_the_files_are_the_text_and_the_figures():
    files = to_markdown(sample(figures()))
    assert set(files) == {"vanilla.md", "unrolled.svg", "step.svg"}
    assert "](unrolled.svg)" in files["vanilla.md"]


def test_formulas_use_allowed_commands_only():
    text = to_markdown(sample(figures()))["vanilla.md"]
    assert not re.search(r"\\(operatorname|bm|mbox|phantom|tag|label)\b", text)
    assert text.count("```math") == text.count(r"\begin{aligned}") == text.count(r"\end{aligned}")


def test_every_link_has_its_place():
    text = to_markdown(sample(figures()))["vanilla.md"]
    places = re.findall(r'<a id="([^"]+)">', text)
    assert len(places) == len(set(places))
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(places)


def test_text_is_escaped():
    text = written(Paragraph(plain("<b> *a* _b_ `c` [d](e) # | ~ $x$ & 1. \\ !")))
    assert r"\<b\> \*a\* \_b\_ \`c\` \[d\](e) \# \| \~ \$x\$ \& 1. \\ \!" in text


def test_a_line_does_not_become_a_list():
    assert "\n\\- a" in written(Paragraph(plain("- a")))
    assert "\n\\1. a" in written(Paragraph(plain("1. a")))


def test_a_listing_may_hold_fences():
    assert "\n````\n```\nx\n```\n````\n" in written(Listing("```\nx\n```\n"))


def test_bars_in_tables_are_no_columns():
    text = written(Table(("a",), ((r"$|x|$ `a|b` " + plain("c|d"),),)))
    row = next(line for line in text.splitlines() if "vert" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 2


def test_reasons_and_numbers_are_in_the_formula():
    text = written(Display((Line("a", "=", "b", "by $c$, 100% {x}_y", "l", "7.2"), Line("", "=", "c"))))
    assert r"a &= b &&\text{by }c\text{, 100\% (x)\_y} &&\text{(7.2)} \\" in text


def test_a_box_is_quoted():
    assert "> **The result**\n>\n> ```math\n> \\begin{aligned}" in written(Box("The result", (Line("a", "=", "b"),)))
