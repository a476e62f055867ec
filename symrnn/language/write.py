"""A `Cell` as text. What is written reads as the same cell again; every parameter is declared with its shape.

Only the notes of the equations are not kept: they say where a text was, and the new text is somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sympy import Expr, Pow, S

from symrnn.algebra.nodes import (
    Add,
    Apply,
    Concat,
    Diag,
    Had,
    Leaf,
    Mul,
    Multiple,
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
    states, values = tuple(state.leaf for state in cell.states), dict(cell.values)
    lines = [f"{word}: {written}" for word, written in _texts(cell).items() if written]
    lines += [_declared("input", leaf) for leaf in cell.inputs]
    lines += [_declared("state", leaf) for leaf in states]
    lines += [f"initial {state.leaf.name}: {state.initial}" for state in cell.states if state.initial != "given"]
    lines += [_declared("target", leaf, leaf in cell.assumptions) for leaf in cell.targets if leaf not in cell.masks]
    lines += [_declared("mask", leaf) for leaf in cell.masks]
    lines += [_declared("const", leaf) + _usually(values.get(leaf)) for leaf in cell.constants]
    lines += [_declared("param", leaf) for leaf in cell.params]
    if cell.outputs != states:
        lines.append("output " + ", ".join(leaf.name for leaf in cell.outputs))
    return lines


def _texts(cell: Cell) -> dict[str, str]:
    return {
        "title": cell.title if cell.title != cell.name else "",
        "source": cell.source,
        "year": str(cell.year or ""),
        "family": cell.family,
        "about": cell.about,
        "head": cell.head,
    }


def _usually(value: Expr | None) -> str:
    return "" if value is None else f" = {_number_text(value)[1]}"


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
    return _held(_WRITERS[type(expr)](expr) if number is None else _number_text(number), around)


def _number(expr: Node) -> Expr | None:
    """Return c of a matrix whose entries are all c, or None."""
    if isinstance(expr, Scale) and isinstance(expr.body, Ones):
        return expr.factor
    return S.One if isinstance(expr, Ones) else S.Zero if isinstance(expr, Zeros) else None


def _number_text(value: Expr) -> tuple[int, str]:
    if value.is_Rational:
        return _fraction_text(value)
    if value.is_Symbol:
        return _TIGHT, value.name
    if value.is_Add:
        return _SUM, _size_sum(value)
    if value.is_Pow and value.exp.is_Integer and value.exp > 1:
        return _POWER, f"{_held(_number_text(value.base), _TIGHT)} ** {value.exp}"
    if value.is_Mul or (value.is_Pow and value.exp.is_Integer):
        return _PRODUCT, _size_product(value)
    raise LanguageError(f"{value} cannot be written in a cell: only numbers, sizes and what is made of them can")


def _size_sum(value: Expr) -> str:
    first, *others = value.as_ordered_terms()
    text = _held(_number_text(first), _PRODUCT)
    for term in others:
        negative = term.could_extract_minus_sign()
        text += f" {'-' if negative else '+'} {_held(_number_text(-term if negative else term), _PRODUCT)}"
    return text


def _size_product(value: Expr) -> str:
    """Return a product of sizes and their inverses, the number first: `1.5 * I / H`."""
    number, factors = value.as_coeff_mul()
    if number < 0:
        return f"-{_size_product(-value)}"
    above = [factor for factor in factors if not (factor.is_Pow and factor.exp.is_negative)]
    below = [Pow(factor.base, -factor.exp) for factor in factors if factor not in above]
    text = " * ".join(_held(_number_text(factor), _POWER) for factor in ([number] if number != 1 else []) + above)
    return " / ".join([text or "1", *(_held(_number_text(factor), _POWER) for factor in below)])


def _held(part: tuple[int, str], around: int) -> str:
    binding, text = part
    return f"({text})" if binding < around else text


def _fraction_text(value: Expr) -> tuple[int, str]:
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
    text = _written(_unspread(terms[0]), _PRODUCT)
    if len(terms) > 1 and all(_number(term) is not None for term in terms[:2]):
        return f"{text} + ({_terms_text(terms[1:])})"  # two numbers in front would be added up
    for term in map(_unspread, terms[1:]):
        negative = isinstance(term, Scale) and term.factor.could_extract_minus_sign()
        text += f" - {_written(-term, _PRODUCT)}" if negative else f" + {_written(term, _PRODUCT)}"
    return text


def _unspread(expr: Node) -> Node:
    """Return s of a matrix that is s at every entry, for a place where s spreads by itself."""
    factor, body = (expr.factor, expr.body) if isinstance(expr, Scale) else (S.One, expr)
    if isinstance(body, Multiple) and isinstance(body.body, Ones) and not body.is_scalar_shape:
        return Scale(factor, body.scalar)
    return expr


def _multiple(node: Multiple, factor: Expr = S.One) -> tuple[int, str]:
    """Write `s * X`; a number that the constructor has moved to the front goes back to s."""
    if isinstance(node.body, Ones):
        raise LanguageError(f"{node!r} cannot be written in a cell: a scalar spreads only where it meets a matrix")
    scalar = Scale(factor, node.scalar)
    front = _written(scalar, _POWER if _holds_at(scalar) else _PRODUCT)
    return _PRODUCT, f"{front} * {_written(node.body, _POWER)}"


def _holds_at(scalar: Node) -> bool:
    """Return whether a scalar is written with @, which `*` beside it needs parentheses for."""
    body = scalar.body if isinstance(scalar, Scale) else scalar
    return isinstance(body, Mul) and len(_product_parts(body.args) or ()) > 1


def _scale(node: Scale) -> tuple[int, str]:
    body = node.body
    if isinstance(body, Multiple):
        return _multiple(body, node.factor)
    if (mean := _mean(node)) is not None:
        return mean
    if node.factor == -1:
        unlike = _PRODUCT if isinstance(body, (Had, Mul)) else _POWER
        return min(unlike, _SIGN), "-" + _written(body, unlike)
    factor = _held(_number_text(node.factor), _PRODUCT)
    return _PRODUCT, f"{factor} * {_written(body, _PRODUCT if isinstance(body, Had) else _POWER)}"


def _mean(node: Scale) -> tuple[int, str] | None:
    """Return the text of a multiple of a mean, or None."""
    parts = _product_parts(node.body.args) if isinstance(node.body, Mul) and not node.factor.is_Rational else None
    if parts is None or len(parts) != 1:
        return None
    _, *summed = node.body.args
    factor = node.factor * summed[0].shape[0] * (summed[-1].shape[0] if isinstance(summed[-1], Ones) else 1)
    if not factor.is_Rational:
        return None
    mean = "mean" + parts[0].removeprefix("sum")
    if abs(factor) == 1:
        return (_SIGN, f"-{mean}") if factor < 0 else (_TIGHT, mean)
    return _PRODUCT, f"{_number_text(factor)[1]} * {mean}"


def _had(node: Had) -> tuple[int, str]:
    first, *others = node.args
    front = _written(first, _PRODUCT if isinstance(first, Multiple) else _POWER)
    return _PRODUCT, " * ".join([front, *(_written(factor, _POWER) for factor in others)])


def _quotient(node: Quotient) -> tuple[int, str]:
    above, below = map(_unspread, node.args)
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


def _diag(node: Diag) -> tuple[int, str]:
    return _TIGHT, f"diag({_written(node.args[0], _SUM)})"


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
    Multiple: _multiple,
    Diag: _diag,
    Had: _had,
    Quotient: _quotient,
    Power: _power,
    Transpose: _transpose,
    Slice: _slice,
    Concat: _concat,
    Apply: _apply,
    Mul: _mul,
}
