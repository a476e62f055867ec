"""One mathematical statement of a document, and what is true about it."""

from __future__ import annotations

from dataclasses import dataclass

DEFINITION = "definition"
RIGHT = "right"
WRONG = "wrong"
UNDECIDABLE = "not decidable as a statement"
UNDER = "right under convention: "
ONLY_IF = "right only if "
ALMOST_NOTHING = (
    1e-11  # a relative error of rounding in float64; a wrong statement is off by more than 1e-4 of its size
)

# The classes of mistakes that a diagnosis must know and that occur here, and those that the documents add to them.
KNOWN = {
    "sign",
    "missing transpose",
    "missing state carry",
    "time index off by one",
    "derivative applied to an already activated value",
    "not summed over t",
    "layout mixed inside one formula",
    "direct term missing",
    "immediate and total confused",
    "softmax with cross-entropy for targets that do not sum to one",
    "copy-paste gate",
}
ADDED = {
    "order of a matrix product",
    "digits",
    "bound taken for the value",
    "necessary taken for sufficient",
    "eigenvalue taken for norm",
    "derivative by the wrong variable",
    "elementwise product moved through a matrix product",
    "sum of different things",
    "batch taken for time",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """`number` and `link`: the mark in the file, and which `=` or `<=` of the chain after it, from 1.

    `readings`: other meanings of the same symbols and whether the statement is right in each.
    `evidence`: names of numbers of `evidence.py` with the values they have; a value of None is rounding only.
    """

    file: str
    number: int
    link: int
    says: str
    truth: str
    correct: str = ""
    mistake: str = ""
    readings: tuple[tuple[str, str], ...] = ()
    evidence: tuple[tuple[str, float | None], ...] = ()
    note: str = ""
    citation: str = ""

    @property
    def verdict(self) -> str:
        """The kind of truth, without its condition."""
        for kind in (UNDER, ONLY_IF):
            if self.truth.startswith(kind):
                return kind.strip(" :")
        return self.truth
