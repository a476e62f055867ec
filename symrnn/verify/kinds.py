"""The classes of mistakes that statements and functions share, in the words of the field. Those of one of them stand with it."""

from __future__ import annotations

CARRY = "missing state carry"
COMPLEMENT = "z and 1 − z swapped"
DIRECT = "direct term missing"
FACTOR = "extra or missing factor"
SIGN = "sign"
STEP = "time index off by one"
SUMMED = "not summed over the steps"
TRANSPOSED = "missing or extra transpose"

__all__ = ["CARRY", "COMPLEMENT", "DIRECT", "FACTOR", "SIGN", "STEP", "SUMMED", "TRANSPOSED"]
