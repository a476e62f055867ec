"""A `Cell` as text. What is written reads as the same cell again; every parameter is declared with its shape.

Only the notes of the equations are not kept: they say where a text was, and the new text is somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sympy import Expr, S

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Concat,
    Had,
    Leaf,
    Mul,
    Node,
    Ones,
    Power,
    Quotient,
    Scale,
    Slice,
    Transpose,
    Zeros,
    t,
)
from symrnn.errors import LanguageError
from symrnn.language.read import read_cell
from symrnn.model.equations import Cell

_SUM, _PRODUCT, _SIGN, _POWER, _TIGHT = range(5)  # how tightly a text binds
_DECIMALS = 12  # a fraction that needs more of them is written as a quotient


def cell_text(cell: Cell) -> str:
    """Return the text of a cell or a head: `read_cell(cell_text(c))` is c, but for the notes of its equations.

    Raises:
        LanguageError: it holds something that the language cannot say, such as a trace or a name with a space.
    """
    lines = [f"{cell.kind} {cell.name}", *(f"  {line}" for line in (*_declarations(cell), *_equations(cell)))]
    text = "\n".join(lines) + "\n"
    if without_notes(read_cell(text, f"{cell.name}.{cell.kind}")) != without_notes(cell):
        raise LanguageError(f"{cell.kind} {cell.name} cannot be written as a text: read again, it is another one")
    return text


def without_notes(cell: Cell) -> Cell:
    """Return a cell whose equations do not say where they come from."""
    return replace(cell, equations=tuple(replace(equation, note="") for equation in cell.equations))


def _declarations(cell: Cell) -> list[str]:
    texts = {"title": cell.title if cell.title != cell.name else "", "source": cell.source, "head": cell.head}
    states = tuple(state.leaf for state in cell.states)
    lines = [f"{word}: {written}" for word, written in texts.items() if written]
    lines += [_declared("input", leaf) for leaf in cell.inputs]
    lines += [_declared("state", leaf) for leaf in states]
    lines += [_declared("target", leaf, leaf in cell.assumptions) for leaf in cell.targets]
    lines += [_declared("const", leaf) for leaf in cell.constants]
    lines += [_declared("param", leaf) for leaf in cell.params]
    if cell.outputs != states:
        lines.append("output " + ", ".join(leaf.name for leaf in cell.outputs))
    return lines


def _declared(word: str, leaf: Leaf, sums_to_one: bool = False) -> str:
    rows, cols = leaf.shape
    columns = "" if cols == 1 else f" x {cols}"
    return f"{word} {leaf.name}: {rows}{columns}" + (" sums to 1" if sums_to_one else "")


def _equations(cell: Cell) -> list[str]:
    return [f"{equation.target.name} = {expression_text(equation.expr)}" for equation in cell.equations]


def expression_text(expr: Node) -> str:
    """Return an expression as it is written in a cell.

    Raises:
        LanguageError: the language has no words for it.
    """
    return _written(expr, _SUM)


def _written(expr: Node, around: int) -> str:
    number = _number(expr)
    if number is None and type(expr) not in _WRITERS:
        raise LanguageError(f"{expr!r} cannot be written in a cell: the language has no {type(expr).__name__}")
    binding, text = _WRITERS[type(expr)](expr) if number is None else _number_text(number)
    return f"({text})" if binding < around else text


def _number(expr: Node) -> Expr | None:
    """Return c of a matrix whose entries are all c, or None."""
    if isinstance(expr, Scale) and isinstance(expr.body, Ones):
        return expr.factor
    return S.One if isinstance(expr, Ones) else S.Zero if isinstance(expr, Zeros) else None


def _number_text(value: Expr) -> tuple[int, str]:
    if not value.is_Rational:
        raise LanguageError(f"{value} cannot be written in a cell: only whole numbers and fractions can")
    if value.q == 1:
        return (_SIGN if value < 0 else _TIGHT), str(value)
    if 10**_DECIMALS % value.q:
        return _PRODUCT, f"{value.p} / {value.q}"
    digits = f"{abs(value.p) * 10**_DECIMALS // value.q:0{_DECIMALS + 1}d}"
    decimal = f"{digits[:-_DECIMALS]}.{digits[-_DECIMALS:].rstrip('0')}"
    return (_SIGN, f"-{decimal}") if value < 0 else (_TIGHT, decimal)


def _leaf(leaf: Leaf) -> tuple[int, str]:
    lag = S.Zero if leaf.time is None else t - leaf.time
    return _TIGHT, leaf.name if lag == 0 else f"{leaf.name}[t-{lag}]"


def _add(node: Add) -> tuple[int, str]:
    return _SUM, _terms_text(node.args)


def _terms_text(terms: Sequence[Node]) -> str:
    text = _written(terms[0], _PRODUCT)
    if len(terms) > 1 and all(_number(term) is not None for term in terms[:2]):
        return f"{text} + ({_terms_text(terms[1:])})"  # two numbers in front would be added up
    for term in terms[1:]:
        negative = isinstance(term, Scale) and term.factor.could_extract_minus_sign()
        text += f" - {_written(-term, _PRODUCT)}" if negative else f" + {_written(term, _PRODUCT)}"
    return text


def _scale(node: Scale) -> tuple[int, str]:
    body = node.body
    if node.factor == -1:
        unlike = _PRODUCT if isinstance(body, (Had, Mul)) else _POWER
        return min(unlike, _SIGN), "-" + _written(body, unlike)
    _, factor = _number_text(node.factor)
    return _PRODUCT, f"{factor} * {_written(body, _PRODUCT if isinstance(body, Had) else _POWER)}"


def _had(node: Had) -> tuple[int, str]:
    return _PRODUCT, " * ".join(_written(factor, _POWER) for factor in node.args)


def _quotient(node: Quotient) -> tuple[int, str]:
    above, below = node.args
    return (
        _PRODUCT,
        f"{_written(above, _PRODUCT if _number(above) is not None else _POWER)} / {_written(below, _POWER)}",
    )


def _power(node: Power) -> tuple[int, str]:
    return _POWER, f"{_written(node.args[0], _TIGHT)} ** {node.args[1]}"


def _transpose(node: Transpose) -> tuple[int, str]:
    return _TIGHT, _written(node.args[0], _TIGHT) + ".T"


def _slice(node: Slice) -> tuple[int, str]:
    return _TIGHT, f"{_written(node.body, _TIGHT)}[{node.first}:{node.first + node.shape[0]}]"


def _concat(node: Concat) -> tuple[int, str]:
    return _TIGHT, f"concat({', '.join(_written(block, _SUM) for block in node.args)})"


def _apply(node: Apply) -> tuple[int, str]:
    return _TIGHT, f"{node.function}({_written(node.body, _SUM)})"


def _mul(node: Mul) -> tuple[int, str]:
    parts = _product_parts(node.args)
    if parts is None:
        raise LanguageError(f"{node!r} cannot be written in a cell: ones stand in it where no sum is meant")
    return (_PRODUCT if len(parts) > 1 else _TIGHT), " @ ".join(parts)


def _product_parts(factors: Sequence[Node]) -> list[str] | None:
    """Return the factors as texts, `1ᵀ a` and `1ᵀ A 1` as sums; None when ones are left over. Longer sums go first."""
    if not factors:
        return []
    if not _is_ones_row(factors[0]):
        rest = None if isinstance(factors[0], Ones) else _product_parts(factors[1:])
        return None if rest is None else [_written(factors[0], _POWER), *rest]
    for end in range(len(factors), 1, -1):
        inner, rest = _summed(factors[1:end]), _product_parts(factors[end:])
        if inner is not None and rest is not None:
            return [f"sum({inner})", *rest]
    return None


def _is_ones_row(factor: Node) -> bool:
    return isinstance(factor, Transpose) and isinstance(factor.args[0], Ones)


def _summed(factors: Sequence[Node]) -> str | None:
    """Return the text of what is added up in `1ᵀ factors`, or None when this is no sum of all entries."""
    if isinstance(factors[-1], Ones) and len(factors) > 1:
        factors = factors[:-1]
        if factors[-1].shape[1] == 1:
            return None
    elif factors[-1].shape[1] != 1:
        return None
    if len(factors) == 1:
        return _written(factors[0], _SUM)
    parts = _product_parts(factors)
    return None if parts is None else " @ ".join(parts)


_WRITERS: dict[type[Node], Callable[[Any], tuple[int, str]]] = {
    Leaf: _leaf,
    Add: _add,
    Scale: _scale,
    Had: _had,
    Quotient: _quotient,
    Power: _power,
    Transpose: _transpose,
    Slice: _slice,
    Concat: _concat,
    Apply: _apply,
    Mul: _mul,
}
