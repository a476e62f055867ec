"""What is said of a certificate, in one of four ways. A proof that fails refutes nothing: a lemma may be what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from symrnn.certificates.writing import Certificate

INSTALL = (
    "Coq 8.16 or later with Coquelicot is needed: apt-get install coq libcoq-coquelicot on Debian and Ubuntu, "
    "or opam install coq coq-coquelicot"
)


class Status(Enum):
    """CERTIFIED by the kernel; NOT CERTIFIED, something failed; NOT CHECKED, Coq is missing; NOT COVERED, a lemma is missing."""

    CERTIFIED = "CERTIFIED"
    NOT_CERTIFIED = "NOT CERTIFIED"
    NOT_CHECKED = "NOT CHECKED"
    NOT_COVERED = "NOT COVERED"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of checking a certificate.

    Fields:
        name: of the network.
        reason: what failed or is missing, "" where it is certified. where: the printed equations that are concerned.
        certificate: what was checked; None where it could not be written.
        axioms: those of Coq's standard library that the proof rests on.
        seconds: of coqc. version: of Coq. library: SHA-256 of the library and the version.
        rechecked: whether coqchk, which is another program, read the proof too.
    """

    status: Status
    name: str
    reason: str = ""
    where: tuple[str, ...] = ()
    certificate: Certificate | None = None
    axioms: tuple[str, ...] = ()
    seconds: float = 0.0
    version: str = ""
    library: str = ""
    rechecked: bool = False

    @property
    def certified(self) -> bool:
        """Whether the kernel accepted the proof."""
        return self.status is Status.CERTIFIED

    def __str__(self) -> str:
        return f"{self.name}: {self.status.value}{f'. {self.reason}' if self.reason else ''}"
