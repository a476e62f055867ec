"""The words that cannot be names, each with its reason. A name also has to survive in Python, in C and in a formula."""

from __future__ import annotations

import keyword

from symrnn.algebra.functions import ALL

LONGEST_NAME = 60
STATEMENTS = (
    *("input", "state", "target", "mask", "param", "const", "output", "initial"),
    *("title", "source", "year", "family", "about", "cell", "head"),
)
FUNCTIONS = (*ALL, "concat", "sum", "mean", "max", "min", "diag")
LOSS = "J"

_C_KEYWORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
""".split()  # noqa: SIM905 - a list of words reads better as words

_REASONS: dict[str, str] = {
    **dict.fromkeys(_C_KEYWORDS, "a keyword of C, in which gradients are written"),
    **dict.fromkeys(keyword.kwlist, "a keyword of Python, in which gradients are written"),
    **dict.fromkeys(STATEMENTS, "a word of the language"),
    **dict.fromkeys(FUNCTIONS, "a function"),
    "np": "what NumPy is called in emitted code",
    "t": "the current step",
    "T": "the number of steps",
    "B": "the number of sequences in a batch",
}


def refused(name: str) -> str:
    """Return why a quantity or a size cannot have this name; "" when it can."""
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters, this one {len(name)}"
    if name in _REASONS:
        return f"{name} cannot be a name: it is {_REASONS[name]}"
    return ""


def refused_title(name: str) -> str:
    """Return why a cell or head cannot have this name; "" when it can. Only keywords and lengths are refused."""
    reserved = {*_C_KEYWORDS, *keyword.kwlist}
    return refused(name) if name in reserved or len(name) > LONGEST_NAME else ""
