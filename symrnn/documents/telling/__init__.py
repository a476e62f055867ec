"""A derivation, told: what is said, in which order. How it looks is the writers' business.

the cell and its source · notation · forward · back-propagation, equation by equation · Gradient or Jacobian? · through time ·
truncated, where it is · the gradients in one box · the update rule · the adjoint identity · what a certificate states ·
derivatives of the functions · rules
"""

from __future__ import annotations

from symrnn.calculus.records import Derivation
from symrnn.documents.document import Document, plain
from symrnn.documents.telling.adjoint import adjoint
from symrnn.documents.telling.backward import backward
from symrnn.documents.telling.cell import forward, notation
from symrnn.documents.telling.certified import Certified, certified
from symrnn.documents.telling.figures import figures
from symrnn.documents.telling.letters import barred, with_told_seeds
from symrnn.documents.telling.results import layouts, lemmas, result, rules_used, update
from symrnn.documents.telling.stages import cell_name, is_one_cell
from symrnn.documents.telling.through_time import through_time
from symrnn.documents.telling.truncation import truncation
from symrnn.model.network import Network

__all__ = ["tell"]


def tell(derivation: Derivation, certificate: Certified | None = None) -> Document:
    """Return the document of a derivation, with what its certificate states if that is said.

    Raises:
        RuleError: if an expression has no LaTeX or no Jacobian yet; ProofError: if a statement of the document is not proved.
    """
    renamed = barred(derivation)
    derivation = with_told_seeds(derivation)
    network = derivation.network
    return Document(
        title=plain(_title(network)),
        subtitle=plain(_subtitle(network)),
        abstract=(
            "Every gradient of this network, derived step by step from its forward equations, for all sizes and every number "
            "of steps. The equation numbers are those of the emitted code."
        ),
        sections=(
            notation(network, renamed),
            forward(derivation, figures(derivation)),
            backward(derivation),
            layouts(derivation),
            through_time(derivation),
            *truncation(derivation),
            result(derivation),
            update(derivation),
            adjoint(derivation),
            *([certified(network, certificate)] if certificate is not None else []),
            lemmas(derivation),
            rules_used(derivation),
        ),
        name="derivation",
    )


def _title(network: Network) -> str:
    """Return the title: of the cell, or of the network if it is more than a cell with a head."""
    return f"{_capital(cell_name(network.cell) if is_one_cell(network) else network.title)}: {_what(network)}"


def _what(network: Network) -> str:
    return "back-propagation through time" if network.lengths else "back-propagation"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _subtitle(network: Network) -> str:
    if not is_one_cell(network):
        return f"the network {network.name}"
    heads = network.heads
    put = (
        "any differentiable loss of its states"
        if not heads
        else " and ".join(head.title or head.name for head in heads)
    )
    return f"the cell {network.cell.name}, with {put}"
