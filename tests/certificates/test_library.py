"""The Coq library proves what a certificate states, from the usual axioms alone, and wrong certificates are rejected."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import wrong_certificates as wrong

import symrnn

HERE = Path(__file__).parent
LIBRARY = Path(symrnn.__file__).parent / "certificates" / "coq"
# in the order of their imports
PARTS = (
    "Sums",
    "Calculus",
    "Expressions",
    "Networks",
    "Backpropagation",
    "Existence",
    "Unrolling",
    "Losses",
    "Checking",
    "Certificates",
)
GOOD = ("rnn", "rnn_relu", "gru", "lstm", "lstm_layer_norm", "bidirectional", "truncated", "functions")
# what the real numbers of Coq's library and Coquelicot rest on
AXIOMS = {
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "Classical_Prop.classic",
}
FORBIDDEN = r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Abort|bypass_check|Unset)\b"
SECONDS = 120  # of one file, on a machine that does something else too


@pytest.fixture(scope="module")
def coq(tmp_path_factory):
    """Compile the library once; return a function that compiles a text against it: (whether accepted, output)."""
    if shutil.which("coqc") is None:
        pytest.skip("no coqc: apt-get install coq libcoq-coquelicot")
    folder = tmp_path_factory.mktemp("coq")

    def compiled(name: str, text: str) -> tuple[bool, str]:
        path = folder / f"{name}.v"
        path.write_text(text, encoding="utf-8")
        command = ["coqc", "-q", "-w", "-all", "-Q", str(folder), "Symrnn", str(path)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
        return done.returncode == 0, done.stdout + done.stderr

    for part in PARTS:
        accepted, said = compiled(part, (LIBRARY / f"{part}.v").read_text(encoding="utf-8"))
        assert accepted, said
    return compiled


def certificate(name: str) -> str:
    """Return the text of a good certificate."""
    return (HERE / f"{name}.v").read_text(encoding="utf-8")


def altered(text: str, old: str, new: str) -> str:
    """Return a text with one place changed."""
    assert old in text, old
    return text.replace(old, new, 1)


def footer(text: str) -> str:
    """Return the last lines of a certificate: what was proved, in the library's words, and the axioms under it."""
    sizes = re.search(r"Theorem exact \(([\w ]+) : nat\)", text).group(1)
    net, adj, conditions = (f"({name} {sizes})" for name in ("net", "adj", "conditions"))
    return (
        f"Definition verdict : forall {sizes} : nat, Symrnn.Networks.certified {net} {adj} loss\n"
        f"  (Symrnn.Networks.under {net} {conditions}) := exact.\n"
        f"Definition about_something : forall {sizes} : nat, Symrnn.Existence.solvable {net} {adj} := solved.\n"
        f"Print Assumptions verdict.\nPrint Assumptions about_something.\n"
    )


def axioms(said: str) -> set[str]:
    """Return the names that `Print Assumptions` printed."""
    return set(re.findall(r"^([\w.]+)(?= :|$)", said, re.MULTILINE))


def test_library_admits_nothing():
    for path in (*LIBRARY.glob("*.v"), *HERE.glob("*.v")):
        code = re.sub(r"\(\*.*?\*\)", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.findall(FORBIDDEN, code), path
    assert {path.stem for path in LIBRARY.glob("*.v")} == set(PARTS)


def test_words_that_admit_are_found():
    for word in ("Proof. Admitted.", "Axiom a : False.", "Parameter p : nat.", "#[bypass_check(guard)]"):
        assert re.findall(FORBIDDEN, word)


@pytest.mark.parametrize("name", GOOD)
def test_certificates_are_accepted(coq, name):
    accepted, said = coq(f"good_{name}", certificate(name) + footer(certificate(name)))
    assert accepted, said
    assert axioms(said)
    assert axioms(said) <= AXIOMS


def test_theorems_of_the_library_rest_on_the_same_axioms(coq):
    theorems = ("derived_certified", "adjoint_identity", "trajectory_differentiable", "adjoints_exist", "two_steps_differentiable",
                "unroll_differentiable", "trajectory_exists", "certified_partial", "truncated_exact",
                "softmax_cross_entropy_gradient", "squared_error_gradient", "sigmoid_cross_entropy_gradient")  # fmt: skip
    text = "From Symrnn Require Import Certificates.\n" + "".join(f"Print Assumptions {name}.\n" for name in theorems)
    accepted, said = coq("theorems", text)
    assert accepted, said
    assert axioms(said)
    assert axioms(said) <= AXIOMS


# -- wrong certificates ----------------------------------------------------------------------------------------------------


def trial(name: str, text: str) -> str:
    """Return a certificate as a module that says whether each of its theorems is proved, and keeps none of them."""
    for proof in re.findall(r"^Proof\. .*$", text, re.MULTILINE):
        tactic = proof.removeprefix("Proof. ").removesuffix(" Qed.").rstrip(".").replace(". ", "; ")
        if "certified_under" not in tactic:
            said = f'Proof. first [{tactic}; idtac "{name}: accepted" | idtac "{name}: rejected"]. Abort.'
            text = text.replace(proof, said, 1)
    data = text[text.index("Definition ") : text.index("Theorem exact")]
    return f"Module {name}.\n{data}End {name}.\n"


@pytest.fixture(scope="module")
def trials(coq):
    """Return what coqc says of each wrong certificate, and of the good ones that they were made from in the same way."""
    head = "From Coq Require Import Reals List ZArith String.\nFrom Symrnn Require Import Certificates.\n"
    head += "Import ListNotations.\nOpen Scope string_scope.\n"
    found: dict[str, set[str]] = {}
    for file in dict.fromkeys(mutant.file for mutant in wrong.MUTANTS):
        texts = {f"good_{file}": certificate(file)}
        for mutant in wrong.MUTANTS:
            if mutant.file == file:
                texts[mutant.what] = altered(certificate(file), mutant.old, mutant.new)
        _, said = coq(f"trials_{file}", head + "".join(trial(name, text) for name, text in texts.items()))
        for name, verdict in re.findall(r"^(\w+): (accepted|rejected)$", said, re.MULTILINE):
            found.setdefault(name, set()).add(verdict)
        assert found.get(f"good_{file}") == {"accepted"}, said
    return found


@pytest.mark.parametrize("mutant", wrong.MUTANTS, ids=lambda mutant: f"{mutant.file}-{mutant.what}")
def test_wrong_certificates_are_rejected(trials, mutant):
    assert "rejected" in trials[mutant.what]


@pytest.mark.parametrize(("what", "old", "new"), wrong.EVASIONS, ids=[evasion[0] for evasion in wrong.EVASIONS])
def test_evasions_are_found(coq, what, old, new):
    text = certificate("rnn")
    evasive = altered(text, old, new)
    accepted, said = coq(f"evasion_{what}", evasive + footer(text))
    assert not accepted or not axioms(said) <= AXIOMS or re.findall(FORBIDDEN, evasive)
