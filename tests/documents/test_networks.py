"""Every network is told: each equation, adjoint and gradient once, when each stage runs, where states start, what is proved."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import architectures
import pytest
from sympy import Integer, symbols
from test_html import read
from test_latex import compiled, complaints

from symrnn.algebra.nodes import Bar, Leaf, T, t
from symrnn.calculus.adjointness import every_stage
from symrnn.calculus.derive import derive
from symrnn.calculus.records import Derivation
from symrnn.documents.document import Document, Paragraph, Statement
from symrnn.documents.html import to_html
from symrnn.documents.latex import to_latex
from symrnn.documents.markdown import to_markdown
from symrnn.documents.notation import leaf, math
from symrnn.documents.references import _texts as texts_of
from symrnn.documents.references import blocks, lines, numbered
from symrnn.documents.telling import tell
from symrnn.documents.telling.alike import outline
from symrnn.documents.telling.forward import remarks
from symrnn.documents.telling.letters import with_told_seeds
from symrnn.documents.telling.stages import alone, is_one_loop, mirrored, parts
from symrnn.documents.telling.sums import adjoint_line, gradient_line, initial_line
from symrnn.errors import ProofError
from symrnn.model.network import Single, Steps

ALL = tuple(architectures.ARCHITECTURES)
COMPILED = (
    "deep",
    "learned",
    "encoder_decoder_deep",
    "context_feedback",
    "masked",
    "memory_both",
    "one_to_one_learned",
)


@cache
def derived(name: str) -> Derivation:
    return with_told_seeds(derive(architectures.network(name)))


@cache
def told(name: str) -> Document:
    return tell(derived(name))


def text(document: Document) -> str:
    return to_markdown(document)["derivation.md"]


def numbered_lines(document: Document) -> dict[str, tuple[str, str]]:
    found = [line for block in blocks(document) for line in lines(block) if line.number]
    assert len({line.number for line in found}) == len(found)
    return {line.number: (line.left, line.right) for line in found}


# -- nothing is left out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_every_equation_adjoint_and_gradient_is_there_with_its_number(name):
    derivation, found = derived(name), numbered_lines(told(name))
    network = derivation.network
    expected = {line.label: leaf(line.target) for line in network.equations}
    expected |= {one.label: math(Bar(one.of)) for one in derivation.adjoints}
    assert {number: found[number][0] for number in expected} == expected
    for one in derivation.adjoints:
        assert found[one.label][1] == adjoint_line(network, one).right
    for one in derivation.gradients:
        assert found[one.label][1] == gradient_line(network, one).right
    for one in derivation.initial:
        assert found[one.label][1] == initial_line(network, one).right


@pytest.mark.parametrize("name", ALL)
def test_every_stage_is_headed_by_when_it_is_evaluated(name):
    network, document = derived(name).network, told(name)
    if is_one_loop(network):
        return  # it has no stages
    titles = {section.label: section.title for _, section in numbered(document.sections)}
    for number, stage in enumerate(network.stages, 1):
        title = titles[f"stage-{number}"]
        if isinstance(stage.when, Steps):
            ends = ("1", str(stage.when.length))[:: stage.when.direction]
            assert title.startswith(f"Stage {number}: {'upwards' if stage.when.direction > 0 else 'downwards'}")
            assert rf"$t = {ends[0]}, \dots, {ends[1]}$" in title
        else:
            assert ("t = " in title) or "hand-over" in title or "once" in title
        assert f"back-stage-{number}" in titles


@pytest.mark.parametrize("name", ALL)
def test_the_sweep_takes_the_last_stage_first(name):
    labels = [section.label for _, section in numbered(told(name).sections)]
    order = [int(label.removeprefix("back-stage-")) for label in labels if label.startswith("back-stage-")]
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize("name", ALL)
def test_every_equation_is_told_backwards_or_referred_to(name):
    derivation = derived(name)
    labels = {section.label for _, section in numbered(told(name).sections)}
    if is_one_loop(derivation.network):
        assert {f"back-{passage.equation.label}" for passage in derivation.passages} <= labels
        return
    entries = outline(derivation)
    assert [one.equation.label for entry in entries for one in entry.passages] == [
        passage.equation.label for passage in derivation.passages
    ]
    for entry in entries:
        own = [f"back-{one.equation.label}" for one in entry.passages]
        assert set(own if entry.before is None else own[:1]) <= labels


# -- once, and not again ---------------------------------------------------------------------------------------------------


def test_a_second_layer_of_the_same_cell_is_referred_to():
    entries = {entry.part.title: entry for entry in outline(derived("stacked_same"))}
    assert entries["layer 2"].before is None
    assert entries["layer 1"].before is not None
    assert r"the index $\mathrm{1}$ in the place of $\mathrm{2}$" in entries["layer 1"].before.names.words()
    assert len(text(told("stacked_same")).splitlines()) < 1.4 * len(text(tell(derived("many_to_one"))).splitlines())


def test_the_other_direction_is_told_with_steps_exchanged():
    assert "with $`t-1`$ and $`t+1`$ exchanged" in text(told("bidirectional"))


def test_a_layer_with_a_shared_matrix_is_told_in_full():
    assert all(entry.before is None for entry in outline(derived("static_both")))
    entries = {entry.part.title: entry for entry in outline(derived("tied_over_lengths"))}
    assert entries["the encoder"].before is not None


@pytest.mark.parametrize("name", ALL)
def test_parts_cover_the_network_in_order(name):
    network = derived(name).network
    assert [line for part in parts(network) for line in part.equations] == list(network.equations)


# -- what is said ----------------------------------------------------------------------------------------------------------


def statements(document: Document) -> set[str]:
    return {block.label for block in blocks(document) if isinstance(block, Statement) and block.label}


@pytest.mark.parametrize("name", ALL)
def test_all_theorems_are_stated(name):
    network = derived(name).network
    expected = {"one-step", "conditions"}
    if is_one_loop(network):
        expected |= {"two-steps", "all-steps"}
    else:
        expected |= {"whole-network"} | ({"all-steps"} if network.lengths else set())
    inside = "closed form in the state" in text(told(name))  # what is fed back, the loss reads before its softmax
    assert not inside or architectures.ARCHITECTURES[name].feedback
    if network.states and not inside:
        expected |= {"closed-form"}
    assert expected <= statements(told(name))


@pytest.mark.parametrize("name", ALL)
def test_downwards_nothing_is_read_before_its_step(name):
    """A state of a downward stage never stands at t − 1, its adjoint never at t + 1."""
    network, written = derived(name).network, text(told(name))
    for stage in network.stages:
        if isinstance(stage.when, Steps) and stage.when.direction < 0:
            for state in stage.states:
                assert leaf(state.leaf.at(t - 1)) not in written
                assert leaf(state.leaf.at(t + 1)) in written
                assert math(Bar(state.leaf.at(t + 1))) not in written
                assert leaf(state.leaf.at(T + 1)) in written


def test_the_index_of_the_backward_direction_is_derived():
    for name in ALL:
        down = any(isinstance(stage.when, Steps) and stage.when.direction < 0 for stage in derived(name).network.stages)
        assert ("backward-index" in statements(told(name))) == (down)
    assert "s = T - t + 1" in text(told("bidirectional"))


def test_a_part_of_one_step_stands_in_brackets():
    assert r"\left[t = T\right] \mathbf{W}_{hy}^\top" in text(told("many_to_one"))
    assert r"\left[t = 1\right]" in text(told("many_to_one_both"))
    assert "is 1 if $`t = T`$ and 0 otherwise" in text(told("many_to_one"))
    assert "is 1 if $`t = T`$" not in text(told("bidirectional"))


def test_a_context_is_summed_over_the_steps_that_read_it():
    found = [one for one in derived("encoder_decoder_context").adjoints if one.sums]
    assert found
    for one in found:
        assert r"\sum_{t=1}^{S}" in numbered_lines(told("encoder_decoder_context"))[one.label][1]


def test_a_static_matrix_is_summed_over_the_steps():
    (one,) = (one for one in derived("static").adjoints if one.of.time is None)
    assert r"\sum_{t=1}^{T}" in numbered_lines(told("static"))[one.label][1]


def test_a_shared_weight_has_a_sum_for_each_length():
    gradient = derived("tied_over_lengths").gradient("W_hh_e")
    right = numbered_lines(told("tied_over_lengths"))[gradient.label][1]
    assert r"\sum_{t=1}^{T}" in right
    assert r"\sum_{t=1}^{S}" in right


def test_where_states_start_is_said():
    assert r"\mathbf{h}_1^{(0)}`$ is zero" in text(told("zero")) or "are zero" in text(told("zero"))
    assert "is the learned one of" in text(told("learned"))
    assert r"^{(T+1)}`$ is given" in text(told("bidirectional"))
    assert "is computed by" in text(told("encoder_decoder"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("masked", "so that sequences of different lengths can stand in one batch"),
        ("weighted", "the weight of the step"),
        ("one_to_many", "There is one input"),
        ("one_to_many_feedback", "The output is fed back"),
        ("encoder_decoder", "The decoder knows the encoder through"),
    ],
)
def test_an_option_is_explained_where_it_is_used_and_nowhere_else(name, words):
    assert words in text(told(name))
    assert words not in text(told("bidirectional"))


def test_an_unmasked_network_needs_no_remark():
    assert not remarks(derived("stacked").network)


def test_a_matrix_state_is_told_as_a_linear_map():
    assert r"\mathcal{M}^{(t)}" in text(told("memory"))
    assert "is a matrix, and the derivative of a matrix" in text(told("memory"))
    assert r"\mathcal{M}^{(t)}" not in text(told("stacked"))


def test_a_large_stage_says_what_the_jacobian_is_without_its_blocks():
    assert "are not written out" in text(told("deep"))
    assert "are not written out" not in text(told("stacked"))


def test_what_was_not_proved_is_said(monkeypatch):
    from symrnn.algebra.decide import Answer, Decision
    from symrnn.calculus import adjointness

    real = adjointness.decide

    def doubtful(left, right, **given):
        if any(one.name == "y_hat" for one in given["definitions"]):
            return Decision(Answer.UNDECIDED, "the normal forms differ")
        return real(left, right, **given)

    monkeypatch.setattr(adjointness, "decide", doubtful)
    for name in ("bidirectional", "tied_transposed"):
        assert "*not proved symbolically* (the normal forms differ)" in text(tell(derived(name)))
    assert "not proved symbolically" not in text(told("bidirectional"))


# -- a stage by itself -----------------------------------------------------------------------------------------------------


def test_what_a_stage_only_passes_on_does_not_stand_in_the_way_of_its_closed_form():
    """[h_1f; h_1b] is computed beside the second layer and read by its other direction, but depends on no state of its stage."""
    assert "closed form in the state" not in text(told("deep_bidirectional"))


def test_mirroring_twice_changes_nothing():
    derivation = derived("bidirectional_lags")
    for passage in derivation.passages:
        assert mirrored(mirrored(passage)) == passage
    assert mirrored(Leaf("h", 2, 1, t + 2)) == Leaf("h", 2, 1, t - 2)
    assert mirrored(Leaf("h", 2, 1, T + 1)) == Leaf("h", 2, 1, T + 1)


def test_a_stage_downwards_stands_alone_as_a_recurrence_upwards():
    derivation = derived("bidirectional")
    recurrent = alone(derivation, 1)
    assert recurrent.network.stages[0].when == Steps()
    past = {one.of.time for passage in recurrent.passages for one in passage.contributions if one.of.name == "h_b"}
    assert past == {t - 1}


# -- a derivation that is wrong --------------------------------------------------------------------------------------------


def without(derivation: Derivation, what: str) -> Derivation:
    """The derivation with one kind of part dropped from the first adjoint that has it."""
    place = next(place for place, one in enumerate(derivation.adjoints) if getattr(one, what))
    adjoints = list(derivation.adjoints)
    adjoints[place] = replace(adjoints[place], **{what: ()})
    return replace(derivation, adjoints=tuple(adjoints))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("many_to_one", "ends"),
        ("encoder_decoder", "ends"),
        ("encoder_decoder_context", "sums"),
        ("static", "sums"),
        ("bidirectional", "carries"),
        ("learned", "terms"),
    ],
)
def test_a_dropped_part_changes_the_text_and_is_refused(name, what):
    derivation = derived(name)
    changed = without(derivation, what)
    before = [adjoint_line(derivation.network, one) for one in derivation.adjoints]
    assert [adjoint_line(derivation.network, one) for one in changed.adjoints] != before
    every_stage(derivation)
    with pytest.raises(ProofError, match="is not the sum"):
        every_stage(changed)
    with pytest.raises(ProofError):
        tell(changed)


# -- what the writers do with it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_the_page_stands_alone(name):
    page = to_html(told(name))
    reader = read(page)
    names = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(names) == len(set(names))
    assert all(str(attributes.get("href") or "#").startswith("#") for _, attributes in reader.tags)


@pytest.mark.parametrize("name", COMPILED)
def test_it_compiles_without_a_warning(name, tmp_path):
    assert not complaints(compiled(to_latex(told(name)), tmp_path))


@pytest.mark.parametrize("name", ALL)
def test_no_paragraph_is_empty_or_holds_a_stray_word(name):
    document = told(name)
    for block in blocks(document):
        if isinstance(block, Paragraph):
            assert block.text.strip()
        for part in texts_of(block):
            assert not re.search(r"\w  \w|[.,] [.,]| ,", re.sub(r"\$[^$]*\$", "x", part)), part
            assert "None" not in part


def test_single_stages_are_those_of_the_architectures():
    """The list of architectures has every kind of step at which something is evaluated once."""
    s = symbols("S")
    steps = {
        stage.when.step for name in ALL for stage in derived(name).network.stages if isinstance(stage.when, Single)
    }
    assert {Integer(0), Integer(1), T, T + 1} <= steps | {s}
