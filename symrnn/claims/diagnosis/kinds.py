"""The classes of mistakes, in the words of the field: what a repair says that it undoes."""

from __future__ import annotations

from symrnn.verify.kinds import CARRY, COMPLEMENT, DIRECT, FACTOR, SIGN, STEP, SUMMED, TRANSPOSED

# -- in a symbol
GATE = "copy-paste: another quantity is meant"
POWER = "missing or extra square"
ACTIVATED = "derivative of the activation at the wrong value"

# -- in a product
ELEMENTWISE = "elementwise product for matrix product, or the reverse"
ORDER = "order of the factors"
SLOPE = "missing or extra derivative of an activation"
PARENTHESES = "missing parentheses"
DIRECTION = "ordered product runs the wrong way"

# -- in a sum
SIDE = "carry on the wrong side"
TERM = "extra term"
RANGE = "range of the sum or product"

# -- a part of the truth that is not there
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
