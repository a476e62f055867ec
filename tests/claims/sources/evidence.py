"""Recompute every number that `expected` cites, and compare."""

from __future__ import annotations

import math

import evidence_000_001
import evidence_002
import evidence_003
import evidence_004
import evidence_gated
import evidence_plain
from expected import STATEMENTS
from measure import Numbers
from statement import ALMOST_NOTHING

MODULES = (evidence_000_001, evidence_002, evidence_003, evidence_004, evidence_plain, evidence_gated)
DIGITS = 1e-9  # the values are written with twelve digits, or as printed; rounding of float64 is far below
FLOAT32 = 0.05  # a difference of rounded float32 numbers: the library may round the last digit in another way
ROUNDED = {"004: rnn", "004: gru", "004: lst", "004: num"}


def numbers() -> Numbers:
    found: Numbers = {}
    for module in MODULES:
        new = module.numbers()
        assert not found.keys() & new.keys()
        found |= new
    return found


def cited() -> dict[str, float | None]:
    """The numbers that the expected verdicts rest on; one name has one value everywhere."""
    found: dict[str, float | None] = {}
    for statement in STATEMENTS:
        for name, value in statement.evidence:
            assert found.setdefault(name, value) == value, name
    return found


def disagreements() -> list[str]:
    """What is cited and not found, or found to be another number."""
    found, wrong = numbers(), []
    for name, value in cited().items():
        if name not in found:
            wrong.append(f"{name}: nobody computes it")
        elif value is None:
            limit = 1e-6 if name.startswith("004: numbers") else ALMOST_NOTHING
            if not abs(found[name]) <= limit:
                wrong.append(f"{name}: {found[name]} is not rounding")
        else:
            tolerance = FLOAT32 if name[:8] in ROUNDED else DIGITS
            if not math.isclose(found[name], value, rel_tol=tolerance, abs_tol=1e-300):
                wrong.append(f"{name}: {found[name]!r} is not {value!r}")
    return wrong


if __name__ == "__main__":
    for name, number in numbers().items():
        print(f"{name:90s} {number:.12g}")
    complaints = disagreements()
    assert not complaints, "\n".join(complaints)
