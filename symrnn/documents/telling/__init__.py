"""A derivation, told: what is said, in which order. How it looks is the writers' business.

the cell and its source · notation · forward · back-propagation, equation by equation · Gradient or Jacobian? · through time ·
the gradients in one box · the update rule · the adjoint identity · derivatives of the functions · rules
"""

from __future__ import annotations

from symrnn.calculus.records import Derivation
from symrnn.documents.document import Document, plain
from symrnn.documents.telling.adjoint import adjoint
from symrnn.documents.telling.backward import backward
from symrnn.documents.telling.cell import forward, notation
from symrnn.documents.telling.figures import block_figure, unrolled_figure
from symrnn.documents.telling.letters import with_told_seeds
from symrnn.documents.telling.results import layouts, lemmas, result, rules_used, update
from symrnn.documents.telling.through_time import through_time
from symrnn.model.network import Map

__all__ = ["tell"]


def tell(derivation: Derivation) -> Document:
    """Return the document of a derivation.

    Raises:
        RuleError: if an expression has no LaTeX or no Jacobian yet; ProofError: if a statement of the document is not proved.
    """
    derivation = with_told_seeds(derivation)
    network = derivation.network
    cell = network.stages[0].cell  # type: ignore[union-attr]
    abstract = (
        "Every gradient of this network, derived step by step from its forward equations, for all sizes and every number of "
        "steps. The equation numbers are those of the emitted code."
    )
    return Document(
        title=plain(f"{_capital(cell.title or cell.name)}: back-propagation through time"),
        subtitle=plain(_subtitle(derivation)),
        abstract=abstract,
        sections=(
            notation(network),
            forward(derivation, (block_figure(derivation), unrolled_figure(derivation))),
            backward(derivation),
            layouts(derivation),
            through_time(derivation),
            result(derivation),
            update(derivation),
            adjoint(derivation),
            lemmas(derivation),
            rules_used(derivation),
        ),
        name="derivation",
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _subtitle(derivation: Derivation) -> str:
    heads = [stage.head for stage in derivation.network.stages if isinstance(stage, Map)]
    put = (
        "any differentiable loss of its states"
        if not heads
        else " and ".join(head.title or head.name for head in heads)
    )
    return f"the cell {derivation.network.name}, with {put}"
