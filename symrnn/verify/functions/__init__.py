"""A function that computes gradients, held against a network: right, or wrong with where, why and the repair.

    verify_function(backward, network)            the arguments and results are told by their names, the layout by the shapes

layout, slots, naming    what an argument means      attempts, judging    which meaning fits, and what is right in it
values, backward, truth  the truth on samples        edits, mistakes      the truth with a mistake in it
diagnosis                which mistake it is         regimes              where it shows
forwards, variants       the forward function, and cells that differ by a convention
verdict                  the answer                  calls                somebody's code, loaded and called
"""

from symrnn.verify.functions.calls import load_function
from symrnn.verify.functions.session import verify_function
from symrnn.verify.functions.verdict import (
    AGREES,
    NOT_UNDERSTOOD,
    REFUTED,
    Diagnosis,
    FunctionVerdict,
    Named,
    ResultRow,
)

__all__ = [
    "AGREES",
    "NOT_UNDERSTOOD",
    "REFUTED",
    "Diagnosis",
    "FunctionVerdict",
    "Named",
    "ResultRow",
    "load_function",
    "verify_function",
]
