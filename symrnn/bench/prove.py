"""Which built-in cells are certified, and in what time. Nothing here is asserted in a test: it belongs to machines."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from symrnn import cells, driver, proofs
from symrnn.algebra.text import text


def prove(chosen: Sequence[str], head: str | None, seconds: float, composition: dict[str, object]) -> Iterator[str]:
    """Yield what the Coq kernel says of every cell with its usual head, or another: status, CPU seconds of coqc, conditions."""
    yield f"{'cell':<24}{'equations':>10}{'status':>16}{'coqc s':>9}  on the condition that"
    counted: Counter[str] = Counter()
    slowest = 0.0
    for name in chosen or cells.names():
        derivation = driver.derive(name, head, **composition)
        before = _seconds()
        found = proofs.prove(derivation, seconds)
        spent = _seconds() - before
        counted[found.status.value] += 1
        slowest = max(slowest, spent)
        given = found.certificate.conditions if found.certificate is not None else ()
        about = [f"{text(one.expr)} {'≠' if one.kind == 'Nonzero' else '>'} 0" for one in given]
        why = [found.reason] if found.reason else []
        gaps = [f"open: {one}" for one in found.where]
        facts = f"{name:<24}{len(derivation.network.equations):>10}{found.status.value:>16}{spent:>9.1f}"
        yield f"{facts}  {'; '.join([*about, *why, *gaps])}".rstrip()
    yield f"{', '.join(f'{count} {status}' for status, count in counted.items())}; the slowest took {slowest:.1f} s"


def _seconds() -> float:
    """Return the seconds of CPU of the processes that were started and have ended: on a busy machine too, those of coqc alone."""
    spent = os.times()
    return spent.children_user + spent.children_system
