"""The classes of mistakes, in the words of the field: what a repair says that it undoes."""

from __future__ import annotations

# -- in a symbol
TRANSPOSED = "missing or extra transpose"
STEP = "time index off by one"
GATE = "copy-paste: another quantity is meant"
COMPLEMENT = "z and 1 − z swapped"
POWER = "missing or extra square"
ACTIVATED = "derivative of the activation at the wrong value"

# -- in a product
ELEMENTWISE = "elementwise product for matrix product, or the reverse"
ORDER = "order of the factors"
FACTOR = "extra or missing factor"
SLOPE = "missing or extra derivative of an activation"
PARENTHESES = "missing parentheses"
DIRECTION = "ordered product runs the wrong way"

# -- in a sum
SIGN = "sign"
SIDE = "carry on the wrong side"
TERM = "extra term"
SUMMED = "not summed over the steps"
RANGE = "range of the sum or product"

# -- a part of the truth that is not there
CARRY = "missing state carry"
DIRECT = "direct term missing"
MINUS_TARGET = "softmax with cross-entropy without −y"
USE = "a use of the parameter is missing"

ELSE = "something else"  # the right side is to be written anew

__all__ = [
    "ACTIVATED",
    "CARRY",
    "COMPLEMENT",
    "DIRECT",
    "DIRECTION",
    "ELEMENTWISE",
    "ELSE",
    "FACTOR",
    "GATE",
    "MINUS_TARGET",
    "ORDER",
    "PARENTHESES",
    "POWER",
    "RANGE",
    "SIDE",
    "SIGN",
    "SLOPE",
    "STEP",
    "SUMMED",
    "TERM",
    "TRANSPOSED",
    "USE",
]
