"""Matrix expressions as one line of plain text, `(1 − h[t]²) ∘ h̄[t]`: for errors, code comments and debuggers.

This module knows the nodes by the names of their classes, so that `nodes` can use it in its error messages. LaTeX is written in
`symrnn.documents`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SUM, PRODUCT, ENTRYWISE, TIGHT = 1, 2, 3, 9  # how tightly an operator binds; parentheses where a looser one is inside
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def text(node: Any, around: int = 0) -> str:
    """Return an expression as plain text, in parentheses if it binds less tightly than `around`."""
    writer = _WRITERS.get(type(node).__name__)
    binding, written = (
        (TIGHT, node.text) if writer is None else writer(node)
    )  # other nodes say themselves how they are written
    return f"({written})" if binding < around else written


def step_text(time: Any) -> str:
    """Return a step as it stands between brackets: `t−1`."""
    return str(time).replace(" ", "").replace("-", "−")


def _named(name: str, leaf: Any) -> str:
    return name if leaf.time is None else f"{name}[{step_text(leaf.time)}]"


def bar_name(name: str) -> str:
    """Return a name with a bar over its first letter: `W̄_hh`."""
    head, underscore, tail = name.partition("_")
    return f"{head}\u0304{underscore}{tail}"


def _sum(node: Any) -> tuple[int, str]:
    written = text(node.args[0], SUM)
    for term in node.args[1:]:
        negative = type(term).__name__ == "Scale" and term.factor.could_extract_minus_sign()
        written += f" − {text(-term, PRODUCT)}" if negative else f" + {text(term, PRODUCT)}"
    return SUM, written


def _scale(node: Any) -> tuple[int, str]:
    if node.factor == -1:
        return SUM, f"−{text(node.body, PRODUCT)}"
    factor = str(node.factor).replace("-", "−")
    factor = f"({factor})" if node.factor.is_Add else factor
    kind = type(node.body).__name__
    plain = kind == "Multiple" or (kind == "Mul" and not node.factor.is_number)
    return (
        (TIGHT, factor) if kind == "Ones" else (PRODUCT, f"{factor} {text(node.body, PRODUCT if plain else ENTRYWISE)}")
    )


def _multiple(node: Any) -> tuple[int, str]:
    """`α h`, `α W h`: a number in front of a product needs no parentheses, in front of `a ∘ b` or of a sum it does."""
    tight = type(node.body).__name__ not in ("Mul", "Multiple")
    return PRODUCT, f"{text(node.scalar, ENTRYWISE)} {text(node.body, ENTRYWISE if tight else PRODUCT)}"


def _power(node: Any) -> tuple[int, str]:
    exponent = str(node.args[1]).translate(_SUPERSCRIPTS)
    return TIGHT, text(node.args[0], TIGHT) + exponent


def _time_operator(symbol: str) -> Callable[[Any], tuple[int, str]]:
    def write(node: Any) -> tuple[int, str]:
        index, low, high = node.index, step_text(node.low), step_text(node.high)
        return PRODUCT, f"{symbol}_{index}={low}…{high} {text(node.body, PRODUCT)}"

    return write


_WRITERS: dict[str, Callable[[Any], tuple[int, str]]] = {
    "Leaf": lambda node: (TIGHT, _named(node.name, node)),
    "D": lambda node: (TIGHT, "d" + _named(node.leaf.name, node.leaf)),
    "Differential": lambda node: (TIGHT, f"d({text(node.body)})"),
    "Bar": lambda node: (TIGHT, _named(bar_name(node.leaf.name), node.leaf)),
    "Jac": lambda node: (TIGHT, "∂J/∂" + _named(node.leaf.name, node.leaf)),
    "Ones": lambda node: (TIGHT, "1ᵀ" if node.shape[0] == 1 != node.shape[1] else "1"),
    "Zeros": lambda node: (TIGHT, "0"),
    "Eye": lambda node: (TIGHT, "I"),
    "Add": _sum,
    "Scale": _scale,
    "Multiple": _multiple,
    "Mul": lambda node: (PRODUCT, " ".join(text(factor, ENTRYWISE) for factor in node.args)),
    "Had": lambda node: (PRODUCT, " ∘ ".join(text(factor, ENTRYWISE) for factor in node.args)),
    "Quotient": lambda node: (PRODUCT, f"{text(node.args[0], ENTRYWISE)} ⊘ {text(node.args[1], ENTRYWISE)}"),
    "Power": _power,
    "Transpose": lambda node: (TIGHT, text(node.args[0], TIGHT) + "ᵀ"),
    "Diag": lambda node: (TIGHT, f"diag({text(node.args[0])})"),
    "Apply": lambda node: (TIGHT, f"{node.function}({text(node.body)})"),
    "Concat": lambda node: (TIGHT, "[" + "; ".join(text(block) for block in node.args) + "]"),
    "Slice": lambda node: (TIGHT, f"{text(node.body, TIGHT)}⟨{node.first} : {node.first + node.shape[0]}⟩"),
    "Trace": lambda node: (TIGHT, f"tr({text(node.args[0])})"),
    "SumT": _time_operator("∑"),
    "ProdT": _time_operator("∏"),
}
