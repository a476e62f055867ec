"""The mutation campaign: the mistakes are mistakes, their truth is known without the verifier, and no verdict is false."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sympy import Integer

from symrnn import driver
from symrnn.algebra.nodes import Leaf
from symrnn.bench import verify
from symrnn.bench.campaign import NAMES, RIGHT, SHAPELESS, WRONG, Generator, Result, campaign, is_named, spelling
from symrnn.bench.mutants import MUTATORS, mutations
from symrnn.bench.numbers import EQUAL, MOVE, Numbers, Truth
from symrnn.bench.scenes import Scene, is_typed, places
from symrnn.bench.statements import STYLES, Claim, Style, in_layout, right_claims, text
from symrnn.bench.verify import HEAD, Row
from symrnn.claims.diagnosis import kinds as known
from symrnn.claims.records import Answer, Repair, Verdict
from symrnn.claims.verifying import verify_text
from symrnn.cli import main
from symrnn.language.formulas.nodes import Number
from symrnn.model.network import Network
from symrnn.verify.oracle import loss

PLAIN = Style("gradient", latex=False, named=True)

# For each class: the cell, a right statement, and what becomes of its right side.
MADE: dict[str, tuple[str, str, str]] = {
    "transpose": ("rnn", "dh_t = W_hyᵀ dz_{y, t} + W_hhᵀ dz_{h, t+1}", "W_hyᵀ dz_{y, t} + W_hh dz_{h, t+1}"),
    "carry missing": ("rnn", "dh_t = W_hyᵀ dz_{y, t} + W_hhᵀ dz_{h, t+1}", "W_hyᵀ dz_{y, t}"),
    "direct term missing": ("rnn", "dh_t = W_hyᵀ dz_{y, t} + W_hhᵀ dz_{h, t+1}", "W_hhᵀ dz_{h, t+1}"),
    "without −y": ("rnn", "dz_{y, t} = ŷ_t - y_t", "ŷ_t"),
    "time index": ("rnn", "dW_hh = Σ_{t=1}^T dz_{h, t} h_{t-1}ᵀ", "Σ_{t=1}^T dz_{h, t} h_tᵀ"),
    "derivative at the wrong value": (
        "rnn",
        "dz_{h, t} = dh_t ⊙ (1 - (h_t)^2)",
        "dh_t ⊙ (1 - (tanh(h_t))^2)",
    ),
    "activated twice": ("rnn", "dW_hh = Σ_{t=1}^T dz_{h, t} h_{t-1}ᵀ", "Σ_{t=1}^T dz_{h, t} (tanh(h_{t-1}))ᵀ"),
    "activation derivative missing": ("rnn", "dz_{h, t} = dh_t ⊙ (1 - (h_t)^2)", "dh_t"),
    "parentheses": ("rnn", "dz_{h, t} = dh_t ⊙ (1 - (h_t)^2)", "dh_t ⊙ 1 - (h_t)^2"),
    "carry on the wrong side": (
        "rnn",
        "dz_{h, t} = (W_hyᵀ dz_{y, t} + W_hhᵀ dz_{h, t+1}) ⊙ (1 - (h_t)^2)",
        "W_hyᵀ dz_{y, t} ⊙ (1 - (h_t)^2) + W_hhᵀ dz_{h, t+1}",
    ),
    "factor": ("rnn", "dx_t = W_xhᵀ dz_{h, t}", "2 (W_xhᵀ dz_{h, t})"),
    "elementwise": ("rnn", "dx_t = W_xhᵀ dz_{h, t}", "W_xhᵀ ⊙ dz_{h, t}"),
    "not summed": ("rnn", "dW_hh = Σ_{t=1}^T dz_{h, t} h_{t-1}ᵀ", "dz_{h, t} h_{t-1}ᵀ"),
    "copy-paste": ("gru", "dz_{n, t} = dn_t ⊙ (1 - (n_t)^2)", "dz_t ⊙ (1 - (n_t)^2)"),
    "beside the activation": ("rnn", "dx_t = W_xhᵀ dz_{h, t}", "W_xhᵀ dh_t"),
    "sign": ("rnn", "dz_{y, t} = ŷ_t - y_t", "-ŷ_t - y_t"),
    "complement": ("gru", "dn_t = dh_t ⊙ (1 - z_t)", "dh_t ⊙ z_t"),
    "range": ("rnn", "dW_hh = Σ_{t=1}^T dz_{h, t} h_{t-1}ᵀ", "Σ_{t=2}^T dz_{h, t} h_{t-1}ᵀ"),
    "order": ("rnn", "dW_hh = Σ_{t=1}^T dz_{h, t} h_{t-1}ᵀ", "Σ_{t=1}^T h_{t-1} dz_{h, t}ᵀ"),
    "extra term": ("rnn", "dx_t = W_xhᵀ dz_{h, t}", "W_xhᵀ dz_{h, t} + dx_{t+1}"),
}


@pytest.fixture(scope="module")
def networks() -> dict[str, Network]:
    return {name: driver.network(name, head=HEAD) for name in ("rnn", "gru", "lstm")}


@pytest.fixture(scope="module")
def truths(networks: dict[str, Network]) -> dict[str, Truth]:
    return {name: Truth.of(network, 1) for name, network in networks.items()}


def claimed(network: Network, wanted: str) -> Claim:
    """Return the right statement with this text."""
    return next(claim for claim in right_claims(network) if plain(claim, network) == wanted)


def plain(claim: Claim, network: Network) -> str:
    """Return a statement as plain text, a letter with its hat as one sign."""
    return unicodedata.normalize("NFC", text(claim, PLAIN, network))


# ---- the mistakes


@pytest.mark.parametrize("name", MUTATORS)
def test_a_mistake_is_made_and_is_wrong(name: str, networks: dict[str, Network], truths: dict[str, Truth]) -> None:
    cell, statement, expected = MADE[name]
    network = networks[cell]
    claim = claimed(network, statement)
    made = {}
    for mutant in MUTATORS[name](claim.right, Scene.of(network, claim)):
        made[plain(replace(claim, right=mutant), network)] = mutant
    mutant = made[f"{statement.split(' = ')[0]} = {expected}"]
    assert truths[cell].holds(claim.left, claim.right) is True
    if name == "elementwise":
        assert not is_typed(mutant)
    else:
        assert is_typed(mutant)
        assert mutant.shape == claim.left.shape
        assert truths[cell].holds(claim.left, mutant) is False


def test_every_class_has_names_that_the_verifier_can_say() -> None:
    said = {getattr(known, name) for name in known.__all__}
    assert set(NAMES) == set(MUTATORS) == set(MADE)
    for name, kinds in NAMES.items():
        assert kinds <= said, name


def test_a_change_is_put_where_it_belongs(networks: dict[str, Network]) -> None:
    claim = claimed(networks["rnn"], "dh_t = W_hyᵀ dz_{y, t} + W_hhᵀ dz_{h, t+1}")
    spots = list(places(claim.right))
    assert all(put(part) == claim.right for part, put in spots)
    assert {part.name for part, _ in spots if isinstance(part, Leaf)} == {"W_hy", "W_hh"}


def test_a_mutant_knows_all_its_classes(networks: dict[str, Network]) -> None:
    network = networks["rnn"]
    claim = claimed(network, "dz_{h, t} = dh_t ⊙ (1 - (h_t)^2)")
    found = mutations(claim.right, Scene.of(network, claim))
    assert frozenset({"derivative at the wrong value", "beside the activation"}) in found.values()


# ---- their truth


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_every_right_statement_is_right(cell: str, networks: dict[str, Network], truths: dict[str, Truth]) -> None:
    claims = [claim for claim in right_claims(networks[cell]) if claim.sort != "Jacobian"]
    assert Counter(claim.sort for claim in claims)["gradient"] == len(networks[cell].params)
    assert all(truths[cell].holds(claim.left, claim.right) for claim in claims)


def test_derivatives_are_those_of_the_oracle(networks: dict[str, Network]) -> None:
    """∂J/∂W_hh of the LSTM's input gate, entry by entry, against complex steps on the loss itself."""
    numbers = Numbers(networks["lstm"], 5)
    weight = next(leaf for leaf in networks["lstm"].params if leaf.name == "W_hi")
    rows, columns = numbers.shape(weight)
    value = loss(networks["lstm"], numbers.sizes)
    arrays = {name: array[np.newaxis].repeat(rows * columns, 0) + 0j for name, array in numbers.arrays.items()}
    arrays["W_hi"] += 1j * MOVE * np.eye(rows * columns).reshape(-1, rows, columns)
    wanted = np.imag(value(arrays)) / MOVE
    found = numbers.jacobian(Leaf("J", 1, 1), weight)
    assert np.allclose(found[0], wanted, rtol=1e-12, atol=1e-15)


def test_a_part_of_the_paths_is_a_part_of_the_derivative(networks: dict[str, Network]) -> None:
    numbers, total = Numbers(networks["gru"], 2), Leaf("J", 1, 1)
    h = next(state.leaf for state in networks["gru"].states).at(Integer(2))
    parts = [numbers.jacobian(total, h, route) for route in ("now", "later")]
    assert np.allclose(sum(parts), numbers.jacobian(total, h), rtol=1e-12)
    assert min(float(np.abs(part).max()) for part in parts) > EQUAL


def test_a_convention_is_confirmed_by_numbers(networks: dict[str, Network], truths: dict[str, Truth]) -> None:
    network, known = networks["rnn"], truths["rnn"]
    claim = claimed(network, "dW_hh = Σ_{t=1}^T dz_{h, t} h_{t-1}ᵀ")
    per_step = next(iter(MUTATORS["not summed"](claim.right, Scene.of(network, claim))))
    doubled = next(iter(MUTATORS["factor"](claim.right, Scene.of(network, claim))))
    assert known.convention(claim.left, per_step).endswith("step")
    assert known.convention(claim.left, doubled) == ""
    row = in_layout(claim, "numerator")
    assert known.convention(row[0].T, row[1].T) == ""  # as it stands
    assert known.holds(*row) is True


def test_a_convention_by_which_a_derivative_vanishes_is_none(
    networks: dict[str, Network], truths: dict[str, Truth]
) -> None:
    """h_{t+1} reads z_{t+1} and not h_t: by its equation alone ∂h_{t+1}/∂h_t would be zero, and any factor of it allowed."""
    network = networks["rnn"]
    claim = next(claim for claim in right_claims(network) if claim.sort == "by Jacobian")
    for mutant in MUTATORS["sign"](claim.right, Scene.of(network, claim)):
        assert truths["rnn"].convention(claim.left, mutant) == ""


# ---- the campaign


@pytest.fixture(scope="module")
def results() -> tuple[Result, ...]:
    return tuple(result for cell in ("rnn", "lstm") for result in campaign(cell, HEAD, 16, seed=1))


def test_no_verdict_is_false(results: tuple[Result, ...]) -> None:
    false = [(one.case.text, one.verdict.answer.name, one.case.kind) for one in results if one.is_false]
    assert not false
    assert {one.case.truth for one in results} == {RIGHT, WRONG, SHAPELESS}
    assert sum(one.is_undecided for one in results) <= 0.02 * len(results)
    assert {len(one.case.mistakes) for one in results} == {0, 1, 2, 3}


def test_what_is_repaired_is_right(results: tuple[Result, ...]) -> None:
    scored = [one for one in results if one.is_diagnosed]
    assert sum(one.repaired for one in scored) >= 0.9 * len(scored)


@pytest.mark.parametrize(
    ("cell", "layout"), [("rnn", "gradient"), ("rnn", "numerator"), ("rnn", "denominator"), ("gru", "numerator")]
)
def test_a_document_of_right_statements_is_right(cell: str, layout: str, networks: dict[str, Network]) -> None:
    network = networks[cell]
    known, style = Truth.of(network, 1), next(one for one in STYLES if one.layout == layout and one.latex)
    claims = [claim for claim in right_claims(network) if known.holds(claim.left, claim.right)]
    lines = [text(claim, style, network) for claim in claims]
    document = "\n\n".join(f"\\[ {line} \\]" for line in lines)
    judgement = verify_text(document, network, kind="latex", names=spelling(network))
    assert len(judgement.verdicts) == len(lines)
    assert [one.text for one in judgement.verdicts if not one.answer.is_right] == []


def test_the_same_seed_makes_the_same_cases() -> None:
    def texts(seed: int) -> Iterator[str]:
        generator = Generator("rnn", HEAD, seed)
        for order in (1, 2):
            yield from (case.text for case in generator.wrong(4, order))

    assert list(texts(1)) == list(texts(1))
    assert list(texts(1)) != list(texts(2))


def test_a_lying_verifier_is_noticed() -> None:
    def liar(network: Network) -> object:
        return lambda source, style: Verdict(Answer.PROVED, "because")

    rows = [Row.of(result) for result in campaign("rnn", HEAD, 12, 1, verifier=liar)]  # type: ignore[arg-type]
    wrong = [row for row in rows if row.truth != RIGHT]
    assert wrong
    assert all(row.is_false == (row.truth != RIGHT) for row in rows)
    assert f"{len(wrong)} false verdicts" in "\n".join(verify.table(rows))


@pytest.mark.parametrize("answer", [Answer.REFUTED, Answer.ILL_TYPED])
def test_a_verifier_that_accuses_is_noticed(answer: Answer) -> None:
    rows = [
        Row.of(one) for one in campaign("rnn", HEAD, 8, 1, (1,), lambda _: lambda source, style: Verdict(answer, "no"))
    ]
    assert [row.is_false for row in rows] == [row.truth == RIGHT for row in rows]


def test_a_verifier_that_falls_over_is_undecided() -> None:
    def broken(source: str, style: Style) -> Verdict:
        raise ValueError("oh")

    rows = [Row.of(one) for one in campaign("rnn", HEAD, 4, 1, (1,), lambda _: broken)]
    assert all(row.is_undecided and "ValueError" in row.reason for row in rows)


def test_the_name_of_a_mistake_counts_only_if_it_is_said_first() -> None:
    case = next(iter(Generator("rnn", HEAD, 1).wrong(1, 1)))
    case = replace(case, mistakes=(frozenset({"sign"}),))

    def named(*kinds: str, edits: int = 1) -> bool:
        repair = Repair(kinds, "", Number("1"), Answer.PROVED, edits)
        return is_named(case, Verdict(Answer.REFUTED, "", repairs=(repair,)), True)

    assert named("sign")
    assert not named("extra or missing factor")
    assert not named("sign", "extra term")
    assert not named("something else", edits=0)


def test_the_report_shows_what_is_false() -> None:
    rows = [Row.of(one) for one in campaign("rnn", HEAD, 8, 1, (1,), lambda _: lambda *_: Verdict(Answer.AGREES, "so"))]
    lines = "\n".join(verify.report(rows))
    first = next(row for row in rows if row.is_false)
    assert "false verdicts (" in lines
    assert first.text in lines
    assert first.text in [row["text"] for row in json.loads(verify.as_json(rows))]


def test_the_command_prints_the_table_and_writes_every_statement(tmp_path: Path) -> None:
    target = tmp_path / "campaign.json"
    words = [
        "bench",
        "verify",
        "--cells",
        "rnn",
        "--per-cell",
        "4",
        "--seed",
        "2",
        "--jobs",
        "1",
        "--json",
        str(target),
    ]
    outcome = CliRunner().invoke(main, words)
    rows = json.loads(target.read_text("utf-8"))
    assert outcome.exit_code == 0, outcome.output
    assert f"{len(rows)} statements" in outcome.output
    assert {row["head"] for row in rows} == {HEAD, "none"}
    assert all(row["text"] and row["answer"] in Answer.__members__ for row in rows)
