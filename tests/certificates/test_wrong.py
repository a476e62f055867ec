"""No certificate of a wrong derivation is accepted: one record changed, one file for each network, and what cannot be exported."""

import re
import subprocess
from dataclasses import replace
from functools import cache

import pytest
from wrong_derivations import NETWORKS, WRONG

from symrnn import driver
from symrnn.certificates import checker
from symrnn.certificates.answers import Status
from symrnn.certificates.writing import certificate

SECONDS = 300  # of one file, on a machine that does something else too
RIGHT = "right"


@cache
def derived(name):
    return driver.derive(**NETWORKS[name])


def tried(module, text):
    """Return a certificate as a module that prints which of its theorems are proved, and keeps none of them."""
    data = text[text.index("Definition net") : text.index("Theorem exact")]
    for tactic in ("check", "settle", "order"):
        said = f'first [ solve [{tactic}]; idtac "{module} proved" | idtac "{module} open" ]'
        data = data.replace(f"Proof. {tactic}. Qed.", f"Proof. {said}. Abort.")
    return f"Module {module}.\n{data}\nEnd {module}.\n"


@pytest.fixture(scope="module")
def said(coq, tmp_path_factory):
    """What coqc says of every wrong certificate, and of the right ones, written in the same way."""
    (compiler, library), found = coq, {}
    for name in NETWORKS:
        texts = {RIGHT: certificate(derived(name)).text}
        for number, wrong in enumerate(WRONG):
            if wrong.network == name:
                texts[f"wrong_{number}"] = certificate(wrong.change(derived(name))).text
        folder = tmp_path_factory.mktemp("wrong")
        head = texts[RIGHT][texts[RIGHT].index("From Coq") : texts[RIGHT].index("Definition net")]
        (folder / "all.v").write_text(head + "".join(tried(*one) for one in texts.items()), encoding="utf-8")
        command = [compiler.command, "-q", "-w", "none", "-Q", str(library), "Symrnn", "all.v"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        for module, verdict in re.findall(r"^(\w+) (proved|open)$", done.stdout, re.MULTILINE):
            found.setdefault(f"{name} {module}" if module == RIGHT else module, []).append(verdict)
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_right_certificates_are_accepted_in_the_same_way(said, name):
    assert said[f"{name} {RIGHT}"] == ["proved"] * 3


@pytest.mark.parametrize("number", range(len(WRONG)), ids=[f"{one.network}: {one.what}" for one in WRONG])
def test_wrong_derivations_are_not_certified(said, number):
    """By Coq, or, for what is printed and is no data of the certificate, by the comparison when it is written."""
    wrong = WRONG[number]
    assert "open" in said[f"wrong_{number}"] or certificate(wrong.change(derived(wrong.network))).complaints


def test_a_failed_proof_names_the_equation_and_refutes_nothing(coq, cache):
    wrong = next(one for one in WRONG if one.what == "carry without transpose")
    found = checker.check(certificate(wrong.change(derived("rnn"))), cache, SECONDS)
    assert found.status is Status.NOT_CERTIFIED
    assert found.where == ("h̄[t]",)
    assert "not proved" in found.reason
    assert not re.search("wrong|false|refut", found.reason)


def test_what_is_printed_of_an_initial_state_counts(coq, cache):
    wrong = next(one for one in WRONG if one.what == "initial state without transpose")
    found = checker.check(certificate(wrong.change(derived("rnn"))), cache, SECONDS)
    assert found.status is Status.NOT_CERTIFIED
    assert "h[0]" in found.reason


EVASIONS = {
    "a proof left out": ("Proof. check. Qed.", "Proof. Admitted."),
    "an axiom": ("Theorem gradient", "Axiom anything : False.\nTheorem gradient"),
    "a weaker statement": ("under (net n_I n_H) (conditions n_I n_H)).\nProof. exact", "fun _ _ => False).\nProof. exact"),
    "words that mean something else": ("Definition net", "Definition certified (n a g s : nat) := True.\nDefinition net"),
    "another loss": ("objective := Functional", 'objective := Total "h"'),
}  # fmt: skip


@pytest.mark.parametrize("what", EVASIONS)
def test_evasions_are_found(coq, cache, what):
    right = certificate(derived("rnn"))
    old, new = EVASIONS[what]
    assert old in right.text
    found = checker.check(replace(right, text=right.text.replace(old, new, 1)), cache, SECONDS)
    assert found.status is Status.NOT_CERTIFIED


def test_a_condition_that_is_left_out_is_missed(coq, cache):
    right = certificate(derived("relu"))
    assert [one.kind for one in right.conditions] == ["Nonzero"]
    text = re.sub(r'\[ Nonzero 0 \(Var "z_h" now\)\s*\]', "[]", right.text)
    assert text != right.text
    found = checker.check(replace(right, text=text), cache, SECONDS)
    assert found.status is Status.NOT_CERTIFIED
    assert "conditions" in found.reason
