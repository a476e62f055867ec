"""What a certificate states, in words and in Coq: what exactly is proved. Certificates themselves are not written here."""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.algebra.nodes import Node
from symrnn.documents.document import Block, Items, Listing, Paragraph, Section, Statement
from symrnn.documents.telling.words import inline
from symrnn.model.network import Network

_HOLD = {"Nonzero": "no entry of {} is zero", "Positive": "every entry of {} is positive"}


@dataclass(frozen=True, slots=True)
class Certified:
    """What is said of a certificate: its statement and the definition of the words in it, in Coq, and its conditions by kind."""

    statement: str
    definition: str
    conditions: tuple[tuple[str, Node], ...]
    of_a_window: bool = False


def certified(network: Network, found: Certified) -> Section:
    """Return the section about the certificate."""
    blocks = (
        Paragraph(
            "`symrnn prove` writes the forward equations and the adjoint equations of this document as data for the Coq kernel, "
            "which then decides whether they belong together. No step of the derivation is taken on trust; differentiation, "
            "sums over time and induction are proved in a library."
        ),
        Statement("Theorem", "what a certificate states", tuple(_theorem(network, found)), "certified"),
        Paragraph("In Coq this is"),
        Listing(_in_lines(found.statement), "coq"),
        Paragraph("for `net`, `adj` and `conditions` of the certificate, and by the definition"),
        Listing(found.definition, "coq"),
    )
    return Section("What the Coq kernel checks", blocks, "certificate")


def _in_lines(statement: str) -> str:
    """Return a statement of Coq in lines that are not too wide for a page."""
    return statement.replace(" : nat, ", " : nat,\n  ").replace(" loss (under", " loss\n    (under")


def _theorem(network: Network, found: Certified) -> list[Block]:
    given = "Let parameters, inputs and initial states be any differentiable functions of a point of a normed space"
    if network.constants or network.targets:
        given += ", constants and targets fixed"
    given += ", and let the values of all quantities satisfy the forward equations at every point."
    if found.of_a_window:
        given += (
            " Consider one window: older steps, whose losses do not count, and then the steps of a block, whose losses do; the "
            "state before the window is held constant."
        )
    if network.assumptions:
        names = ", ".join(map(inline, network.assumptions))
        given += f" Let the entries of {names} sum to one."
    loss = "the loss" if network.loss is not None else "every loss that is a differentiable function of these values"
    pairing = r"$\langle \bar{u}, \mathrm{d}u \rangle$"
    end = (
        f"{loss} has a Fréchet derivative, and it is the sum of {pairing} over all parameters, inputs and initial states $u$, "
        "with the bars of the adjoint equations. So these are the gradients: for all sizes and for every number of steps."
    )
    if not found.conditions:
        return [Paragraph(f"{given} Then {end}")]
    items = tuple(dict.fromkeys(_HOLD[kind].format(inline(expr)) for kind, expr in found.conditions))
    return [Paragraph(f"{given} At a point where, at every step,"), Items(items), Paragraph(end)]
