"""Certificates and `symrnn prove`: what is written, what is said where Coq or a lemma is missing, and what the kernel accepts."""

import os
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from sympy import Symbol

import symrnn
from symrnn import driver, proofs
from symrnn.algebra.nodes import Leaf, Power
from symrnn.certificates import checker, gallina
from symrnn.certificates.answers import Answer, Status
from symrnn.certificates.domains import conditions
from symrnn.certificates.gallina import NotCovered
from symrnn.certificates.library import definition
from symrnn.certificates.statement import state
from symrnn.certificates.writing import certificate
from symrnn.cli import main
from symrnn.language.read import read_cell

SECONDS = 300  # of one certificate, on a machine that does something else too


def derived(cell, head="none", **options):
    return driver.derive(cell, head, **options)


def invoke(*arguments):
    return CliRunner().invoke(main, ["prove", *arguments], catch_exceptions=False)


# -- what is written -------------------------------------------------------------------------------------------------------


def test_the_text_of_a_certificate_is_the_same_every_time():
    assert certificate(derived("lstm")).text == certificate(derived("lstm")).text


@pytest.mark.parametrize("cell", symrnn.cells.names())
def test_every_cell_of_the_catalogue_has_a_certificate(cell):
    derivation = driver.derive(cell)
    found = certificate(derivation)
    assert not found.complaints
    assert found.text.isascii()
    for leaf in (*derivation.network.params, *derivation.network.inputs):
        assert f'Quantity "{leaf.name}"' in found.text


def test_every_term_that_is_printed_is_a_part_of_the_certificate():
    """Terms of initial states are those of their states: they are compared when the certificate is written."""
    for options in ({"head": "softmax-cross-entropy"}, {"bidirectional": True}, {"mode": "many-to-one", "layers": 2}):
        derivation = driver.derive("gru", **options)
        printed = sum(
            len(one.terms) + len(one.ends) + len(one.sums) + (len(one.carries) if one.of.moves else 0)
            for one in derivation.adjoints
        )
        printed += sum(len(one.terms) for one in derivation.gradients) + sum(
            len(one.ends) for one in derivation.initial
        )
        assert certificate(derivation).text.count(" Part ") == printed


@pytest.mark.parametrize("bad", ["h\nAxiom", 'h"', "h.", "ĥ", "", "h h", "1h", "(*"])
def test_names_are_checked(bad):
    with pytest.raises(NotCovered, match="letters"):
        gallina.name(bad)


def test_no_unchecked_name_reaches_a_certificate():
    derivation = derived("rnn")
    for field in ("params", "inputs"):
        leaf = getattr(derivation.network, field)[0]
        swap = {leaf: Leaf('x" now)). Admitted. (*', *leaf.args[1:])}
        network = replace(
            derivation.network, **{field: tuple(one.xreplace(swap) for one in getattr(derivation.network, field))}
        )
        with pytest.raises(NotCovered, match="letters"):
            certificate(replace(derivation, network=network))
    with pytest.raises(NotCovered, match="letters"):
        certificate(replace(derivation, network=replace(derivation.network, name="rnn *)")))


def test_sizes_are_called_as_nothing_of_coq_is():
    assert gallina.size(Symbol("O") + 2 * Symbol("S") - 1) in ("(n_O + (2 * n_S) - 1)", "((2 * n_S) + n_O - 1)")
    with pytest.raises(NotCovered, match="size"):
        gallina.size(Symbol("H") / 2)


def test_an_equation_on_which_the_loss_does_not_depend_is_left_out_by_name():
    lines = (
        "input x: I",
        "state h: H, c: H",
        "output h",
        "h = tanh(W @ x + U @ h[t-1])",
        "c = tanh(V @ x + R @ c[t-1])",
    )
    cell = "".join(f"{line}\n" for line in ("cell spare", *lines))
    found = certificate(derived(read_cell(cell)))
    assert "does not depend on c, whose equation is left out" in found.text
    assert '("c"' not in found.text


def test_a_condition_is_on_the_constant_that_makes_a_denominator_positive():
    (one,) = conditions(state(derived("lstm_layer_norm")))
    assert (one.kind, one.expr) == ("Positive", Leaf("epsilon", 1, 1))


@pytest.mark.parametrize(("cell", "count"), [("rnn", 0), ("irnn", 1), ("cornn_implicit", 2), ("deltanet", 2)])
def test_conditions_are_as_few_as_there_are_kinks_roots_and_denominators(cell, count):
    assert len(conditions(state(derived(cell)))) == count


def test_a_truncated_gradient_is_stated_of_a_window():
    found = certificate(derived("rnn", truncate="chunk"))
    assert "truncated_exact" in found.text
    assert found.text.count("; Stage (Length 0 1) (Lengths 0 1 0) true") == 1
    assert found.text.count('("h", (Apply Tanh') == 2


def test_an_initial_state_that_is_printed_otherwise_is_a_complaint():
    derivation = derived("rnn")
    (first,) = derivation.initial
    assert not certificate(derivation).complaints
    assert certificate(replace(derivation, initial=())).complaints
    assert certificate(replace(derivation, initial=(replace(first, carries=()),))).complaints


def test_what_is_written_is_what_is_committed(root):
    committed = (root / "generated" / "rnn" / "certificate_rnn.v").read_text("utf-8")
    assert proofs.certificate(driver.derive("rnn")).text == committed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cell": "irnn"}, r"- no entry of $`\mathbf{z}_h^{(t)}`$ is zero"),
        ({"cell": "rnn", "head": "none"}, "every loss that is a differentiable function of these values has a Fréchet derivative"),
        ({"cell": "rnn", "truncate": "chunk"}, "Consider one window"),
        ({"cell": "rnn"}, definition("certified")),
    ],
)  # fmt: skip
def test_documents_say_what_a_certificate_states(options, said):
    told = driver.written(driver.document(driver.derive(**options)), "markdown")["derivation.md"]
    assert said in told
    assert certificate(driver.derive(**options)).statement in " ".join(told.split())  # in lines that fit a page


# -- what is said ----------------------------------------------------------------------------------------------------------


def test_without_coq_nothing_is_checked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = symrnn.prove(derived("rnn"))
    assert found.status is Status.NOT_CHECKED
    assert "libcoq-coquelicot" in found.reason
    assert found.certificate is not None
    run = invoke("rnn", "--out", str(tmp_path / "out"))
    assert run.exit_code == 3
    assert "NOT CHECKED" in run.output
    assert (tmp_path / "out" / "certificate_rnn.v").is_file()
    assert (tmp_path / "out" / "Symrnn" / "Networks.v").is_file()


def pretend(folder, script):
    """A coqc of our own in an otherwise empty PATH."""
    program = folder / "coqc"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


NAMED = '[ "$1" = --version ] && echo version 8.4 && exit'


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 1", "does not run"),
        (f'{NAMED}; echo "Cannot find a physical path to Coquelicot" >&2; exit 1', "Coquelicot is not"),
        (f'{NAMED}; echo "Syntax error" >&2; exit 1', "does not compile with Coq 8.4"),
    ],
)  # fmt: skip
def test_a_coq_that_cannot_be_used_is_told(tmp_path, monkeypatch, script, said):
    pretend(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = checker.check(certificate(derived("rnn")), tmp_path)
    assert found.status is Status.NOT_CHECKED
    assert said in found.reason
    assert not [one for one in os.listdir(tmp_path) if one.startswith("coq-")]


def accepting(printed):
    return (
        'case "$1" in --version) echo version 8.16.1;; *) for last; do :; done; '
        f'case "$last" in statement.v) printf "{printed}";; esac;; esac'
    )


@pytest.mark.parametrize(
    ("printed", "status"),
    [
        ("Closed under the global context\\n", Status.CERTIFIED),
        ("Axioms:\\nClassical_Prop.classic : forall P : Prop, P\\n", Status.CERTIFIED),
        ("Axioms:\\nClassical_Prop.classic\\n  : forall P : Prop, P\\nmagic : False\\n", Status.NOT_CERTIFIED),
        ("Axioms:\\nClassical_Prop.NNPP : P\\n", Status.NOT_CERTIFIED),
    ],
)
def test_only_axioms_of_the_list_are_accepted(tmp_path, monkeypatch, printed, status):
    pretend(tmp_path, accepting(printed))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checker.check(certificate(derived("rnn")), tmp_path).status is status


def test_a_proof_that_takes_too_long_is_not_certified(tmp_path, monkeypatch):
    pretend(tmp_path, 'case "$*" in --version) echo version 8.16.1;; *certificate_rnn.v) while :; do :; done;; esac')
    monkeypatch.setenv("PATH", str(tmp_path))
    found = checker.check(certificate(derived("rnn")), tmp_path, 0.5)
    assert found.status is Status.NOT_CERTIFIED
    assert "within 0.5 s" in found.reason


@pytest.mark.parametrize(
    "word", ["Admitted.", "Axiom a : False.", "Parameter p : nat.", "Unset Guard Checking.", "Set X."]
)
def test_words_that_assume_something_are_found(tmp_path, monkeypatch, word):
    pretend(tmp_path, accepting("Closed under the global context\\n"))
    monkeypatch.setenv("PATH", str(tmp_path))
    right = certificate(derived("rnn"))
    assert checker.check(right, tmp_path).certified
    for text in (f"{right.text}\n{word}\n", right.text.replace("Proof. check.", f"Proof. {word}")):
        found = checker.check(replace(right, text=text), tmp_path)
        assert found.status is Status.NOT_CERTIFIED
        assert word.split()[0].strip(".") in found.reason


def test_comments_and_strings_are_no_words():
    assert checker.bare('a (* Axiom (* nested *) x *) "Admitted" b').split() == ["a", "b"]


def test_what_has_no_constructor_is_not_covered(monkeypatch):
    right = derived("rnn")
    (stage,) = right.network.stages
    lines = (replace(stage.equations[0], expr=Power(stage.equations[0].expr, -1)), *stage.equations[1:])
    network = replace(right.network, stages=(replace(stage, equations=lines),))
    wanted = replace(right, network=network)
    found = symrnn.prove(wanted)
    assert found.status is Status.NOT_COVERED
    assert "powers in Expressions.v are natural numbers" in found.reason
    monkeypatch.setattr(driver, "derive", lambda net: wanted)
    run = invoke("rnn", "--head", "none")
    assert run.exit_code == 4, run.output
    assert "NOT COVERED" in run.output


def test_only_certified_exits_with_zero():
    from symrnn.report import STATUSES

    assert [status for status in Status if STATUSES[status] == 0] == [Status.CERTIFIED]
    assert set(STATUSES) == set(Status)
    assert Answer(Status.NOT_CERTIFIED, "x", "why").certified is False


def test_what_is_no_derivation_is_refused():
    with pytest.raises(symrnn.SymrnnError, match="derive"):
        symrnn.prove("rnn")


# -- what the kernel accepts -----------------------------------------------------------------------------------------------

CERTIFIED = {
    "rnn": {},
    "rglru": {},  # a root, and what is computed once
    "narx": {},  # three steps back
    "two layers, read at the end": {"cell": "rnn", "layers": 2, "mode": "many-to-one", "masked": True},
    "gru, truncated": {"cell": "gru", "truncate": "chunk"},
    "encoder and decoder": {"cell": "rnn", "head": "none", "mode": "encoder-decoder", "initial": "learned"},
}


@pytest.mark.parametrize("name", CERTIFIED)
def test_networks_are_certified(coq, cache, name):
    found = checker.check(proofs.certificate(driver.derive(**{"cell": name, **CERTIFIED[name]})), cache, SECONDS)
    assert found.certified, str(found)
    assert set(found.axioms) <= set(checker.AXIOMS)
    assert found.axioms


def test_prove_prints_what_was_proved(coq, cache, monkeypatch):
    monkeypatch.setenv("SYMRNN_CACHE_DIR", str(cache))
    run = invoke("irnn", "--head", "none", "--coqchk")
    assert run.exit_code == 0, run.output
    assert re.search(r"^CERTIFIED$", run.output, re.MULTILINE)
    assert "read again by coqchk" in run.output
    assert "condition: z_h[t] has no zero entry, t = 1 … T" in run.output
    assert "W̄_hh" in run.output and "h̄[0]" in run.output


def test_the_campaign_has_a_line_for_every_cell(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    run = CliRunner().invoke(main, ["bench", "prove", "--cells", "rnn,gru", "--head", "none"], catch_exceptions=False)
    assert run.exit_code == 0
    lines = run.output.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["rnn", "gru"]
    assert lines[-1].startswith("2 NOT CHECKED")
