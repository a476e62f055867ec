# ruff: noqa: E501
"""The yardstick: from the forward equations of "vanilla Recurrent Neural-Network: back-propagation derivation" (Harsha Vardhan,
2022; source 002) symrnn derives its section 3 in the same order, with the same formulas where the source is right.

Each entry is (section, left-hand side, right-hand side) as the source prints it. One formula of the source is wrong and is listed
apart: 3.1.1 lacks the minus sign of J = −Σ y log ŷ.
"""

import re
from collections.abc import Iterator

import pytest

from symrnn import driver
from symrnn.documents.document import Block, Box, Display, Line, Section, Statement, Steps
from symrnn.documents.telling import tell

SOURCE = [
    (
        "2",
        r"\mathbf{z}_a^{(t)}",
        r"\mathbf{W}_{aa}^\top \mathbf{a}^{(t-1)} + \mathbf{W}_{ax}^\top \mathbf{x}^{(t)} + \mathbf{b}_a",
    ),
    ("2", r"\mathbf{a}^{(t)}", r"\tanh(\mathbf{z}_a^{(t)})"),
    ("2", r"\mathbf{z}_y^{(t)}", r"\mathbf{W}_{ya}^\top \mathbf{a}^{(t)} + \mathbf{b}_y"),
    ("2", r"\hat{\mathbf{y}}^{(t)}", r"\text{softmax}(\mathbf{z}_y^{(t)})"),
    (
        "3.1.2",
        r"\frac{\partial J}{\partial \mathbf{z}_y^{(t)}}",
        r"\frac{\partial J}{\partial \hat{\mathbf{y}}^{(t)}} \frac{\partial \hat{\mathbf{y}}^{(t)}}{\partial \mathbf{z}_y^{(t)}}",
    ),
    (
        "3.1.2",
        "",
        r"\frac{\partial J}{\partial \hat{\mathbf{y}}^{(t)}} \left(\text{diag}(\hat{\mathbf{y}}^{(t)}) - "
        r"\hat{\mathbf{y}}^{(t)} (\hat{\mathbf{y}}^{(t)})^\top \right)",
    ),
    ("3.1.3", "dJ", r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} d\mathbf{z}_y^{(t)} \right)"),
    ("3.1.3", r"d\mathbf{z}_y^{(t)}", r"d(\mathbf{W}_{ya}^\top \mathbf{a}^{(t)} + \mathbf{b}_y)"),
    ("3.1.3", "", r"d\mathbf{W}_{ya}^\top \mathbf{a}^{(t)} + \mathbf{W}_{ya}^\top d\mathbf{a}^{(t)} + d\mathbf{b}_y"),
    (
        "3.1.3",
        "dJ",
        r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} d\mathbf{W}_{ya}^\top \mathbf{a}^{(t)} \right)",
    ),
    (
        "3.1.3",
        "",
        r"\text{tr} \left((\mathbf{a}^{(t)})^\top d\mathbf{W}_{ya} \left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} \right)^\top \right)",
    ),
    (
        "3.1.3",
        "",
        r"\text{tr} \left(\left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} \right)^\top (\mathbf{a}^{(t)})^\top d\mathbf{W}_{ya} \right)",
    ),
    (
        "3.1.3",
        r"\Rightarrow \frac{\partial J}{\partial \mathbf{W}_{ya}}",
        r"\left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} \right)^\top (\mathbf{a}^{(t)})^\top",
    ),
    ("3.1.3", "dJ", r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} d\mathbf{b}_y \right)"),
    (
        "3.1.3",
        r"\Rightarrow \frac{\partial J}{\partial \mathbf{b}_y}",
        r"\frac{\partial J}{\partial \mathbf{z}_y^{(t)}}",
    ),
    (
        "3.1.3",
        "dJ",
        r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} \mathbf{W}_{ya}^\top d\mathbf{a}^{(t)} \right)",
    ),
    (
        "3.1.3",
        r"\Rightarrow \frac{\partial J}{\partial \mathbf{a}^{(t)}}",
        r"\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} \mathbf{W}_{ya}^\top",
    ),
    (
        "3.1.4",
        r"\frac{\partial J}{\partial \mathbf{z}_a^{(t)}}",
        r"\frac{\partial J}{\partial \mathbf{a}^{(t)}} \frac{\partial \mathbf{a}^{(t)}}{\partial \mathbf{z}_a^{(t)}}",
    ),
    (
        "3.1.4",
        "",
        r"\frac{\partial J}{\partial \mathbf{a}^{(t)}} \text{diag}(\mathbf{1}_{(n_a,1)} - \tanh^2(\mathbf{z}_a^{(t)}))",
    ),
    (
        "3.1.4",
        "",
        r"\frac{\partial J}{\partial \mathbf{a}^{(t)}} \circ (\mathbf{1}_{(n_a,1)} - \tanh^2(\mathbf{z}_a^{(t)}))^\top",
    ),
    ("3.1.5", "dJ", r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} d\mathbf{z}_a^{(t)} \right)"),
    (
        "3.1.5",
        r"d\mathbf{z}_a^{(t)}",
        r"d(\mathbf{W}_{aa}^\top \mathbf{a}^{(t-1)} + \mathbf{W}_{ax}^\top \mathbf{x}^{(t)} + \mathbf{b}_a)",
    ),
    (
        "3.1.5",
        "dJ",
        r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} d\mathbf{W}_{aa}^\top \mathbf{a}^{(t-1)} \right)",
    ),
    (
        "3.1.5",
        "",
        r"\text{tr} \left((\mathbf{a}^{(t-1)})^\top d\mathbf{W}_{aa} \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \right)^\top \right)",
    ),
    (
        "3.1.5",
        "",
        r"\text{tr} \left(\left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \right)^\top (\mathbf{a}^{(t-1)})^\top d\mathbf{W}_{aa} \right)",
    ),
    (
        "3.1.5",
        r"\Rightarrow \frac{\partial J}{\partial \mathbf{W}_{aa}}",
        r"\left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \right)^\top (\mathbf{a}^{(t-1)})^\top",
    ),
    (
        "3.1.5",
        "dJ",
        r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} d\mathbf{W}_{ax}^\top \mathbf{x}^{(t)} \right)",
    ),
    (
        "3.1.5",
        "",
        r"\text{tr} \left((\mathbf{x}^{(t)})^\top d\mathbf{W}_{ax} \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \right)^\top \right)",
    ),
    (
        "3.1.5",
        "",
        r"\text{tr} \left(\left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \right)^\top (\mathbf{x}^{(t)})^\top d\mathbf{W}_{ax} \right)",
    ),
    (
        "3.1.5",
        r"\Rightarrow \frac{\partial J}{\partial \mathbf{W}_{ax}}",
        r"\left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \right)^\top (\mathbf{x}^{(t)})^\top",
    ),
    ("3.1.5", "dJ", r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} d\mathbf{b}_a \right)"),
    (
        "3.1.5",
        r"\Rightarrow \frac{\partial J}{\partial \mathbf{b}_a}",
        r"\frac{\partial J}{\partial \mathbf{z}_a^{(t)}}",
    ),
    (
        "3.1.5",
        "dJ",
        r"\text{tr} \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \mathbf{W}_{aa}^\top d\mathbf{a}^{(t-1)} \right)",
    ),
    (
        "3.1.5",
        r"\Rightarrow \frac{\partial J}{\partial \mathbf{a}^{(t-1)}}",
        r"\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \mathbf{W}_{aa}^\top",
    ),
    (
        "3.2",
        r"\nabla_{\mathbf{W}_{aa}}^{(t)} J",
        r"\left(\frac{\partial J}{\partial \mathbf{W}_{aa}} \right)^\top = \mathbf{a}^{(t-1)} \frac{\partial J}{\partial \mathbf{z}_a^{(t)}}",
    ),
    (
        "3.2",
        r"\nabla_{\mathbf{W}_{ax}}^{(t)} J",
        r"\left(\frac{\partial J}{\partial \mathbf{W}_{ax}} \right)^\top = \mathbf{x}^{(t)} \frac{\partial J}{\partial \mathbf{z}_a^{(t)}}",
    ),
    (
        "3.2",
        r"\nabla_{\mathbf{W}_{ya}}^{(t)} J",
        r"\left(\frac{\partial J}{\partial \mathbf{W}_{ya}} \right)^\top = \mathbf{a}^{(t)} \frac{\partial J}{\partial \mathbf{z}_y^{(t)}}",
    ),
    (
        "3.2",
        r"\nabla_{\mathbf{b}_a}^{(t)} J",
        r"\left(\frac{\partial J}{\partial \mathbf{b}_a} \right)^\top = \left(\frac{\partial J}{\partial \mathbf{z}_a^{(t)}} \right)^\top",
    ),
    (
        "3.2",
        r"\nabla_{\mathbf{b}_y}^{(t)} J",
        r"\left(\frac{\partial J}{\partial \mathbf{b}_y} \right)^\top = \left(\frac{\partial J}{\partial \mathbf{z}_y^{(t)}} \right)^\top",
    ),
    ("3", r"\mathbf{W}_{aa}", r"\mathbf{W}_{aa} - \alpha \sum_{t=1}^{T_x} \nabla_{\mathbf{W}_{aa}}^{(t)} J"),
    ("3", r"\mathbf{W}_{ax}", r"\mathbf{W}_{ax} - \alpha \sum_{t=1}^{T_x} \nabla_{\mathbf{W}_{ax}}^{(t)} J"),
    ("3", r"\mathbf{W}_{ya}", r"\mathbf{W}_{ya} - \alpha \sum_{t=1}^{T_x} \nabla_{\mathbf{W}_{ya}}^{(t)} J"),
    ("3", r"\mathbf{b}_a", r"\mathbf{b}_a - \alpha \sum_{t=1}^{T_x} \nabla_{\mathbf{b}_a}^{(t)} J"),
    ("3", r"\mathbf{b}_y", r"\mathbf{b}_y - \alpha \sum_{t=1}^{T_x} \nabla_{\mathbf{b}_y}^{(t)} J"),
]


def normal(latex: str) -> str:
    """Spelling only: spaces, the size of parentheses, d upright or not, names of operators, the size of a column of ones."""
    for old, new in (
        (r"\text", r"\operatorname"),
        (r"\left.", ""),
        (r"\left", ""),
        (r"\right", ""),
        (r"\,", ""),
        (r"\;", ""),
    ):
        latex = latex.replace(old, new)
    latex = (
        latex.replace(r"\mathrm{d}", "d").replace("_{(n_a,1)}", "").replace("T_x", "T").replace(r"\linebreakhere", "")
    )
    latex = re.sub(r"\|_\{\(\d+\)\}", "", latex)  # symrnn marks which equation a part of a sum comes from
    return re.sub(r"\s+", "", latex)


def lines(sections: tuple[Section, ...]) -> Iterator[Line]:
    for section in sections:
        for block in section.blocks:
            yield from lines_of(block)
        yield from lines(section.sections)


def lines_of(block: Block) -> Iterator[Line]:
    if isinstance(block, Display | Steps | Box):
        yield from block.lines
    elif isinstance(block, Statement):
        for inner in block.blocks:
            yield from lines_of(inner)


@pytest.fixture(scope="module")
def told() -> list[tuple[str, str]]:
    document = tell(driver.derive("rnn_transposed"))
    return [(normal(line.left), normal(line.right)) for line in lines(document.sections)]


def test_the_formulas_of_the_source_stand_in_the_document_in_its_order(told):
    place = -1
    for section, left, right in SOURCE:
        wanted = (normal(left), normal(right))
        after = [index for index in range(place + 1, len(told)) if told[index] == wanted]
        assert after, f"section {section}: {left} = {right} is not in the document after line {place}"
        place = after[0]


def test_the_missing_sign_of_the_source_is_put_right(told):
    """3.1.1 of the source has y/ŷ for the derivative of −Σ y log ŷ; with its minus sign it is found as −(y ⊘ ŷ)ᵀ."""
    right = r"-(\mathbf{y}^{(t)})^\top \oslash (\hat{\mathbf{y}}^{(t)})^\top"
    assert (normal(r"\Rightarrow \frac{\partial J}{\partial \hat{\mathbf{y}}^{(t)}}"), normal(right)) in told


def test_the_order_is_checked(told):
    """The subsequence check fails when two formulas are exchanged."""
    swapped = [SOURCE[-1], SOURCE[0]]
    place = told.index(tuple(map(normal, swapped[0][1:])))
    assert tuple(map(normal, swapped[1][1:])) not in told[place + 1 :]
