"""Derivations proved by the Coq kernel: from a derivation to its certificate, and to what the kernel says of it.

Derivation ──state, write──▶ Certificate ──check──▶ Answer
"""

from __future__ import annotations

from collections.abc import Callable

from symrnn.calculus.records import Derivation
from symrnn.certificates.answers import Answer, Status
from symrnn.certificates.checker import check
from symrnn.certificates.gallina import NotCovered
from symrnn.certificates.library import sources
from symrnn.certificates.writing import Certificate
from symrnn.certificates.writing import certificate as write
from symrnn.driver import emit
from symrnn.errors import RuleError
from symrnn.runtime.compiler import cache_folder


def prove(
    derivation: Derivation,
    seconds: float = 60.0,
    *,
    recheck: bool = False,
    say: Callable[[str], None] = lambda what: None,
) -> Answer:
    """Let the Coq kernel check that the printed adjoint equations are the gradient, for all sizes and every number of steps.

    Args:
        seconds: the time limit of coqc for the certificate.
        recheck: let coqchk, a program of its own, read the compiled proof too.
        say: is told what takes long.

    Returns:
        An `Answer`; only `Status.CERTIFIED` says that it is proved, and no other status says that it is wrong.

    Raises:
        SymrnnError: no derivation was given.
        OutputError: the folder of compiled code cannot be written.
    """
    try:
        found = certificate(derivation)
    except NotCovered as missing:
        return Answer(Status.NOT_COVERED, derivation.network.name, reason=str(missing))
    return check(found, cache_folder(), seconds, recheck=recheck, say=say)


def certificate(derivation: Derivation) -> Certificate:
    """Return the certificate of a derivation, with the hashes of the files that are emitted for it in float64.

    Raises:
        NotCovered: the Coq library has no constructor or lemma for something in it.
    """
    try:
        files = emit(derivation, dtype="float64")
    except RuleError:  # what has no code yet has no file to name
        files = {}
    return write(derivation, files)


def files(found: Certificate) -> dict[str, dict[str, str]]:
    """Return what coqc needs to check a certificate, folder by folder: the certificate itself, and the library."""
    return {".": {f"{found.module}.v": found.text}, "Symrnn": sources()}
