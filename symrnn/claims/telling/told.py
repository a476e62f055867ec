"""A judgement that tells itself: printed, it is the report; a notebook shows the page."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from symrnn.algebra.text import text
from symrnn.claims.records import Judgement
from symrnn.claims.telling import page, plain, record, words
from symrnn.model.network import Network


@dataclass(frozen=True, slots=True)
class Told(Judgement):
    """A judgement with its ways of being told.

    Fields:
        about: the name of the network that the statements are about, or "" if the document itself says which recurrence it is.
    """

    about: str = ""

    def __str__(self) -> str:
        return self.report()

    def report(self, verbose: bool = False, width: int = plain.WIDTH) -> str:
        """Return the report as plain text; `verbose` tells how each statement was read and proved."""
        return plain.as_text(plain.report(self, verbose, width, self.about))

    def to_html(self) -> str:
        """Return the verdict as one HTML file."""
        return page.to_html(self, self.about)

    def to_json(self) -> str:
        """Return the verdict as JSON; `symrnn.claims.telling.record` says what its fields are."""
        return record.to_json(self, self.about)

    @property
    def exit_status(self) -> int:
        """What `symrnn verify` ends with: 0 all right, 1 something wrong, 2 something not understood."""
        return words.exit_status(self)

    def _repr_html_(self) -> str:
        return page.fragment(self, self.about)


def told(judgement: Judgement, network: Network | None = None) -> Told:
    """Return a judgement that tells itself; with the network that it was given, the equations of that."""
    found = Told(*(getattr(judgement, field.name) for field in fields(Judgement)))
    return found if network is None else replace(found, about=network.title or network.name, cell=recurrence(network))


def recurrence(network: Network) -> str:
    """Return the forward equations of a network, one a line."""
    return "\n".join(f"{text(line.target)} = {text(line.expr)}" for line in network.equations)
