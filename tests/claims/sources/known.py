"""What is known about the answers: what cannot be read yet and why, which wrong numbers are right as arithmetic, names of classes.

Every table is exact: an entry that is no longer needed makes a test fail, so that progress shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from calls import Key

MISTAKES = "mistakes.tex"


def keys(file: str, *numbers: int | tuple[int, int]) -> tuple[Key, ...]:
    """Return statements of a file; a plain number is its first link."""
    return tuple((file, *number) if isinstance(number, tuple) else (file, number, 1) for number in numbers)


# Statements that are not understood, by reason.
UNREAD: Mapping[str, tuple[Key, ...]] = {
    "a prime at a state means the next one, and maps and their adjoints are no quantities: there is no recurrence to read": (
        keys("000.md", 1, 2, 3, 4, 5, 6, 7, 8)
    ),
    "no statement that could be decided": keys("000.md", 9),
    "a function that is defined nowhere": keys("001.tex", (1, 1)),
    "the variable of the derivative is missing": keys("001.tex", (2, 1)),
    "the derivative of an expression, not of a named quantity": keys("001.tex", (3, 1)),
    "sums over the rows of a batch, and names that change from step to step": keys("001.tex", 6, 11, 17, 18, 19),
    "the copy of a weight that one step uses has no name: W with a step above": keys("001.tex", 15),
    "a second direction with names of two letters, and no forward equations for it": keys("002.tex", 37),
    "norms and inequalities are not decided": (
        *keys("003.txt", (14, 1), (14, 2), (14, 3), 15, 16, 51, 56),
        *keys(MISTAKES, 7, 8),
    ),
    "a printed number of a product of a hundred Jacobians, for a cell without numbers": keys("003.txt", (49, 2)),
    "words of the text between the formulas": keys("003.txt", 19, 38, 50, 52, (53, 1), 54),
    "numbers for a quantity whose step is not said": keys("003.txt", 31),
    "entries of a weight in square brackets, and names for paths": keys("003.txt", 37, 39, 41, (48, 1)),
    "a list of all states, or of the rows of a batch": (
        *keys("004.tex", 19),
        *keys("004_numbers.txt", 3, 4, 5, 6, 7),
    ),
    "one formula that stands for four: an index * for the gates; angle brackets for the outer product": keys(
        MISTAKES, 32, 33, 34
    ),
    "the entry of a gradient, and a bracket that is one where two things are equal": keys(MISTAKES, 47),
    "derivatives as an operator in front, of functions that are not written out": keys(MISTAKES, 71, 72, 73, 74),
    "a differential below the line; the loss is a mean over the steps": keys(MISTAKES, 75),
    "a power of a matrix": keys(MISTAKES, 77),
    "a system of which only the index is given": keys(MISTAKES, 81),
    "entry by entry, with steps in brackets": keys(MISTAKES, 82),
    "Greek gate names below, steps above, one cell in a block": keys(MISTAKES, 83, 84, 85, 86, 87),
}

# Wrong as statements about the network, because a number before is wrong; right as arithmetic with the printed numbers.
ARITHMETIC: Mapping[Key, str] = {
    ("003.txt", 34, 2): "the sum of the two printed numbers is what is printed",
    ("003.txt", 43, 2): "one minus the printed number is what is printed",
    ("003.txt", 44, 2): "one minus the printed number is what is printed",
    ("003.txt", 46, 2): "the products of the printed numbers are what is printed",
    ("003.txt", 48, 2): "the product of the printed numbers is what is printed",
    ("003.txt", 48, 3): "the product of the printed numbers is what is printed",
}

# Right only under a condition, and it is not named: why that is no mistake of the answer, or is one.
CONDITION_NOT_NAMED: Mapping[Key, str] = {
    ("001.tex", 8, 1): "dh_t is the whole derivative where it is used; a note at (7) says that it is a part there",
    ("003.txt", 35, 1): "the data of the example hold the condition",
    (MISTAKES, 35, 1): "steps are counted from 1 in the answer, which is one of the readings in which it is right",
    (MISTAKES, 36, 1): "steps are counted from 1 in the answer, which is one of the readings in which it is right",
}

# Classes of mistakes under the names of the answers.
CLASSES: Mapping[str, tuple[str, ...]] = {
    "sign": ("sign",),
    "time index off by one": ("time index off by one",),
    "digits": ("wrong number",),
    "order of a matrix product": ("order of the factors", "ordered product runs the wrong way"),
    "layout mixed inside one formula": ("order of the factors", "missing or extra transpose"),
    "derivative applied to an already activated value": ("derivative of the activation at the wrong value",),
}

# Wrong statements that are found, without the class of the mistake or without a repair.
NOT_NAMED: Mapping[Key, str] = {
    ("001.tex", 14, 1): "the repair is exact but rewrites the side: derivative by another variable is no class yet",
    ("003.txt", 34, 1): "a sum of numbers that disagrees with the state: no printed number is the result",
    ("003.txt", 43, 1): "the wrong number stands inside an expression",
    ("003.txt", 44, 1): "the wrong number stands inside an expression",
    ("003.txt", 46, 1): "numbers inside expressions: the repair is the formula without numbers",
    ("003.txt", 51, 2): "a number with a power of ten is not mended",
    (MISTAKES, 12, 1): "no repair: the two sides are different cells",
    (MISTAKES, 41, 1): "no repair of a forward equation that is held against a cell",
    (MISTAKES, 68, 1): "no repair of a sum that lacks a term and is read with immediate derivatives",
    (MISTAKES, 94, 1): "the repair is exact but rewrites the side: two mistakes, the bracket and the step",
}

# What is right under a convention that is named: a part of its text, by the convention of the evidence.
CONVENTIONS: Mapping[str, str] = {
    "the parameter's copy of step t, numerator layout": "what step t alone gives",
    "the differential is that of step t's copy alone, all else held": "∂J/∂v means only the part",
    "along the output of step t alone": "from the step of v itself; the part by way of the next step is to be added",
    "along step t alone": "only the part by way of the next step",
    "each further factor of the product is written to the left of those before": "the last index stands on the left",
    "dh_k/dW_hh is the immediate derivative, by the copy of step k alone; dL_t/dh_t is a row": "immediate derivative",
    "ds_k/dW is immediate; rows, Jacobians in numerator layout": "immediate derivative",
    "the direct path alone, gates held": "fixed",
    "rows, W_hy is (H, O); along the prediction of step t alone": "from the step of v itself",
    "along step t alone; rows": "only the part by way of the next step",
    "the copy of step t; rows": "what step t alone gives",
    "the nearest whole power of ten, by the logarithm": "order of magnitude",
    "float32 arithmetic; in float64 the first seven digits agree": "single precision",
    "tanh' of a vector is a diagonal matrix": "the diagonal matrix of its entries",
    "ds_k/dW is immediate; rows, Jacobians in numerator layout, later factors of the product to the left": (
        "last index stands on the left"
    ),
}
# Right as they are read, in the layout of the document or with the differentials of one step, so that no convention is named.
READ_SO = (
    "only z_y of step t moves",
    "only z_a of step t moves by itself",
    "the differential is that of step t's copy alone, all else held",
    "denominator layout",
    "later factors to the left",
)

__all__ = [
    "ARITHMETIC",
    "CLASSES",
    "CONDITION_NOT_NAMED",
    "CONVENTIONS",
    "NOT_NAMED",
    "READ_SO",
    "UNREAD",
]
