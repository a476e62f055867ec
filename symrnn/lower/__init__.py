"""From mathematics to memory: the only package that knows both. A derivation becomes a program of the loop language.

The layout is stated once, in `memory`: a column (H, 1) of one sequence is a row of the row-major matrix (B, H); a sequence of
them is (T, B, H); a parameter matrix (H, I) is stored as it is written. `statements` turns expressions into statements,
`procedures` puts them in order. No mathematics is done here: every equation comes from the derivation, with its number.
"""

from symrnn.lower.procedures import lower

__all__ = ["lower"]
