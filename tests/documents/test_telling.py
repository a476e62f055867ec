"""Every cell is told with every head: correctly numbered, in formulas that all writers can set, in lines that fit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from test_html import read
from test_latex import compiled, complaints

from symrnn import cells, driver
from symrnn.algebra.nodes import Bar, Node
from symrnn.algebra.normal import normal_form
from symrnn.algebra.text import text
from symrnn.calculus.jacobians import stack, step_jacobian
from symrnn.calculus.records import Derivation
from symrnn.documents.document import BREAK, Document, Line, Statement
from symrnn.documents.html import to_html
from symrnn.documents.latex import to_latex
from symrnn.documents.markdown import to_markdown
from symrnn.documents.markup import Emphasis, Inline, Mathematics, parse
from symrnn.documents.mathematics import check, pieces
from symrnn.documents.notation import leaf, math
from symrnn.documents.notebook import repr_latex
from symrnn.documents.references import _texts as texts_of
from symrnn.documents.references import blocks, lines
from symrnn.documents.telling import tell
from symrnn.documents.telling.letters import barred, letters, renamed, with_told_seeds
from symrnn.documents.telling.stages import is_one_loop
from symrnn.documents.telling.transition import Partial, chain, earlier
from symrnn.documents.telling.words import gradient
from symrnn.ir.nodes import Block, Loop, Program
from symrnn.ir.nodes import Statement as Instruction
from symrnn.language.read import read_cell

CELLS = cells.names()
HEADS = ("none", "linear", "squared-error", "softmax-cross-entropy")
FIRST = ("rnn", "elman", "irnn", "rnn_transposed")  # with every head; the others with one each, in turn
COLUMNS = [cell for cell in CELLS if all(state.leaf.is_column for state in cells.load(cell).states)]
BOTH = [(cell, head) for cell in FIRST for head in HEADS]
BOTH += [(cell, HEADS[place % len(HEADS)]) for place, cell in enumerate(CELLS) if cell not in FIRST]

GATED = """
cell gated
  input x: I
  state h: H, c: H
  f = sigmoid(W_f @ x + U_f @ h[t-1] + p * c[t-1] + b_f)
  g = tanh(W_g @ x + U_g @ h[t-1])
  c = f * c[t-1] + (1 - f) * g
  h = f * tanh(c)
"""
LAGS = """
cell lags
  input x: I
  state h: H
  h = tanh(W @ x + U_1 @ h[t-1] + U_2 @ h[t-2] + b)
"""
READ_OUT = """
cell read_out
  input x: I
  state h: H
  h = tanh(W @ x + U @ h[t-1])
  param V: O x H
  o = V @ h
  output o
"""
READS_GATE = """
cell reads_gate
  input x: I
  state h: H
  f = sigmoid(W @ x + U @ h[t-1])
  h = f * h[t-1]
  o = f * h
  output o
"""
OTHERS = {"gated": GATED, "lags": LAGS, "read_out": READ_OUT, "reads_gate": READS_GATE}


@cache
def derived(cell: str, head: str | None = None) -> Derivation:
    return driver.derive(read_cell(OTHERS[cell]) if cell in OTHERS else cell, head)


@cache
def told(cell: str, head: str | None = None) -> Document:
    return tell(derived(cell, head))


def every_line(document: Document) -> list[Line]:
    return [line for block in blocks(document) for line in lines(block)]


# -- numbers ---------------------------------------------------------------------------------------------------------------


def computed(body: tuple[Instruction, ...]) -> Iterator[Block]:
    """The blocks of a program, each with its label and formula."""
    for one in body:
        if isinstance(one, Block):
            yield one
        elif isinstance(one, Loop):
            yield from computed(one.body)


def numbered(program: Program) -> list[tuple[str, str]]:
    both = (*computed(program.forward.body), *computed(program.backward.body))
    return [(one.label, one.formula) for one in both]


def names_in_code(derivation: Derivation) -> dict[str, str]:
    """What the left side of a numbered line in a document is called in the comments of emitted code."""
    network, bars = derivation.network, barred(derivation)

    def told(of):
        return renamed(of, bars)

    found = {leaf(told(line.target)): text(line.target) for line in network.equations if line.target != network.loss}
    if network.loss is not None:
        found[leaf(network.loss)] = network.loss.name
    found |= {math(Bar(told(one.of))): text(Bar(one.of)) for one in derivation.adjoints}
    return found | {gradient(told(one.of)): text(Bar(one.of)) for one in (*derivation.gradients, *derivation.initial)}


def wrong_numbers(document: Document, derivation: Derivation, program: Program) -> list[str]:
    numbers = {line.number: line.left for line in every_line(document) if line.number}
    names = names_in_code(derivation)
    return [
        f"({label}) {formula}"
        for label, formula in numbered(program)
        if not formula.startswith((f"{names[numbers[label]]} ", "what step t gives to "))
    ]


@pytest.mark.parametrize(("cell", "head"), [*BOTH, ("gated", "linear"), ("lags", "none"), ("read_out", "none")])
def test_numbers_are_those_of_the_emitted_code(cell, head):
    program = driver.program(derived(cell, head))
    assert len(numbered(program)) >= len(derived(cell, head).network.equations)
    assert not wrong_numbers(told(cell, head), derived(cell, head), program)


def test_a_wrong_number_is_noticed():
    program = driver.program(derived("rnn", "linear"))
    assert wrong_numbers(told("rnn"), derived("rnn"), program)


# -- what the writers do with it -------------------------------------------------------------------------------------------


def mathematics(found: tuple[Inline, ...]) -> Iterator[str]:
    for one in found:
        if isinstance(one, Mathematics):
            yield one.latex
        elif isinstance(one, Emphasis):
            yield from mathematics(one.inside)


@pytest.mark.parametrize(("cell", "head"), [*BOTH, *((cell, "none") for cell in OTHERS)])
def test_every_formula_can_be_set(cell, head):
    document = told(cell, head)
    inline = [part for block in blocks(document) for part in texts_of(block)]
    formulas = [latex for part in inline for latex in mathematics(parse(part))]
    for line in every_line(document):
        formulas += [line.left, line.relation, *pieces(line.right)]
    assert len(formulas) > 100 or cell == "reads_gate"
    for latex in formulas:
        check(latex)


@pytest.mark.parametrize(("cell", "head"), BOTH)
def test_the_page_stands_alone(cell, head):
    page = to_html(told(cell, head))
    reader = read(page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in reader.tags}
    assert all(str(attributes.get("href") or "#").startswith("#") for _, attributes in reader.tags)
    names = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(names) == len(set(names))
    assert BREAK not in page
    assert BREAK not in to_markdown(told(cell, head))["derivation.md"]


@pytest.mark.parametrize("cell", CELLS)
def test_it_compiles_without_a_warning(cell, tmp_path):
    assert not complaints(compiled(to_latex(told(cell)), tmp_path))


@pytest.mark.parametrize(
    ("cell", "head"),
    [*((cell, head) for cell in ("rnn", "elman") for head in HEADS[:3]), ("gated", "none"), ("lags", "none")],
)
def test_no_line_is_too_long(cell, head, tmp_path):
    log = compiled(to_latex(told(cell, head)), tmp_path, runs=1)  # one run: references are not yet known
    assert not [line for line in complaints(log) if "full" in line]


def test_text_from_a_cell_stays_text():
    hostile = r"50% & $x$ _a_ #1 <b>x</b> `q` *s* @(x) \input{y}"
    document = tell(
        driver.derive(
            read_cell(READ_OUT.replace("cell read_out", f"cell odd\n  title: {hostile}\n  source: {hostile}"))
        )
    )
    page = to_html(document)
    read(page)
    assert "<b>x" not in page
    assert r"\input{y}" not in to_latex(document)
    assert "<b>" not in to_markdown(document)["derivation.md"].replace(r"\<b\>", "")


# -- what is said ----------------------------------------------------------------------------------------------------------


def statements(document: Document) -> list[str]:
    return [block.label for block in blocks(document) if isinstance(block, Statement) and block.label]


@pytest.mark.parametrize(
    ("cell", "head"), [*BOTH, ("gated", "none"), ("lags", "squared-error"), ("read_out", "linear")]
)
def test_all_theorems_are_stated(cell, head):
    network = derived(cell, head).network
    expected = {"closed-form", "one-step", "all-steps", "conditions"}
    expected |= {"two-steps"} if is_one_loop(network) else {"whole-network"}
    expected |= {"gradients-for-every-T"} if all(state.leaf.is_column for state in network.states) else set()
    assert expected - set(statements(told(cell, head))) <= left_out(cell, head)


def left_out(cell: str, head: str) -> set[str]:
    """What cannot be stated, and the document says so: the reason stands in the section on the whole sequence."""
    words = to_markdown(told(cell, head))["derivation.md"]
    if "The loss of a step reads quantities of the cell beside the state" in words:
        return {"closed-form", "gradients-for-every-T"}
    return {"gradients-for-every-T"} if "is told as a linear map" in words else set()


def test_no_closed_form_is_claimed_where_the_loss_reads_more_than_states():
    assert "closed-form" not in statements(told("reads_gate", "none"))
    assert "all-steps" in statements(told("reads_gate", "none"))


def test_a_kink_is_a_condition():
    markdown = to_markdown(told("irnn"))["derivation.md"]
    assert "no entry of" in markdown
    assert "no entry of" not in to_markdown(told("rnn"))["derivation.md"]


def test_losses_are_spoken_of_only_where_there_are_some():
    assert "J^{(t)}" in to_latex(told("rnn", "squared-error"))
    for head in ("none", "linear"):
        assert "J^{(" not in to_latex(told("rnn", head))


def test_the_recurrent_matrix_is_written_out_for_three_steps():
    title = next(block.title for block in blocks(told("rnn")) if getattr(block, "title", "").endswith("$T = 3$"))
    assert r"\mathbf{W}_{hh}" in title
    box = next(block for block in blocks(told("rnn")) if getattr(block, "title", "") == title)
    assert len(lines(box)) == 6
    assert lines(box)[3].right.count(r"\mathbf{W}_{hh}^\top") == 2


def test_letters_that_the_cell_has_are_not_used_twice():
    assert letters(derived("rnn", "none")).source == "g"
    assert letters(derived("gated", "none")).source != "g"
    seeds = [seed.name for _, seed in with_told_seeds(derived("gated", "none")).network.seeds]
    assert seeds == [f"{letters(derived('gated', 'none')).source}_{name}" for name in ("h", "c")]


def test_renaming_reaches_every_part():
    written = to_latex(tell(renamed(derived("rnn", "none"), {"h": "k"})))
    assert r"\mathbf{k}^{(t)}" in written
    assert r"\mathbf{h}^" not in written


def inserted(expr: Node, known: dict[tuple[Node, Node], Node]) -> Node:
    if isinstance(expr, Partial):
        return inserted(known[expr.args], known)
    parts = [inserted(part, known) if isinstance(part, Node) else part for part in expr.args]
    return expr if tuple(parts) == expr.args else expr.func(*parts)


@pytest.mark.parametrize("cell", [*COLUMNS, "gated", "lags", "read_out"])
def test_the_chain_of_jacobians_is_the_jacobian_of_the_step(cell):
    derivation = derived(cell, "none")
    stacked = stack(derivation)
    for by in earlier(stacked):
        found = chain(derivation, by)
        known = {(of, by): expr for of, expr in found.items()}
        for of, back in stacked.parts:
            whole = step_jacobian(derivation, of, by) if not back else None
            assert (of in found) == (whole is not None) or back
            if whole is not None:
                assert normal_form(inserted(found[of], known)) == normal_form(whole)


@pytest.mark.parametrize("cell", [*CELLS, "gated", "lags"])
def test_a_notebook_shows_adjoints_and_gradients(cell):
    written = repr_latex(derived(cell))
    assert written.startswith(r"$\displaystyle \begin{aligned}")
    assert written.endswith(r"\end{aligned}$")
    check(written.strip("$"))
    for one in (*derived(cell).adjoints, *derived(cell).gradients, *derived(cell).initial):
        assert f"({one.label})" in written


def test_a_break_is_not_put_into_a_matrix():
    text = "cell bm\n  input x: H\n  state h: H\n  param b: 2*H\n  h = b[0:H] * h[t-1] + b[H:2*H] * x\n"
    to_html(tell(driver.derive(read_cell(text), "linear")))


def test_a_bar_is_kept_for_adjoints():
    told_ssm = to_markdown(told("ssm_diagonal"))["derivation.md"]
    assert "`A_bar` is written" in told_ssm
    assert barred(derived("ssm_diagonal"))["A_bar"] == "A_tilde"
    assert not barred(derived("rnn"))
