"""From an expression's tree to its draft: numbers, names, steps, slices and functions; the operators are in `arithmetic`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sympy import Integer, Rational, S

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import Apply, Concat, Diag, Mul, Node, Ones, Power, Scale, Slice
from symrnn.algebra.sizes import is_count, is_never_negative, size, size_text, unknown
from symrnn.errors import LanguageError
from symrnn.language.arithmetic import PRODUCTS, added, check_operators, larger, smaller
from symrnn.language.desk import COLUMNS, LARGEST_EXPONENT, Desk, Draft, as_matrix, constant, folded
from symrnn.language.outline import read_bound, read_lag, whole_number
from symrnn.language.page import did_you_mean
from symrnn.language.words import FUNCTIONS

if TYPE_CHECKING:
    from lark import Token, Tree


def draft(tree: Tree[Token], desk: Desk) -> Draft:
    """Return the draft of an expression and demand the equalities of sizes that it needs.

    Raises:
        LanguageError: a name, a number, an index or a shape is wrong.
    """
    return _DRAFTS[str(tree.data)](tree, desk)


def matrix(tree: Tree[Token], desk: Desk) -> Draft:
    """Return the draft of an expression that has to be a matrix: a number becomes one of unknown shape."""
    return as_matrix(draft(tree, desk), desk)


def _number(tree: Tree[Token], desk: Desk) -> Draft:
    token: Any = tree.children[0]
    _, _, exponent = str(token).lower().partition("e")
    if len(token) > LARGEST_EXPONENT or len(exponent) > 3:
        raise desk.outline.error(token, f"a number has at most {LARGEST_EXPONENT} characters and an exponent below 100")
    return folded(str(token), token, desk, Rational(str(token)))


def _name(tree: Tree[Token], desk: Desk) -> Draft:
    token: Any = tree.children[0]
    if str(token) in desk.outline.sizes:
        return constant(str(token), size(str(token)))
    return desk.quantity(token, None)


def _at_time(tree: Tree[Token], desk: Desk) -> Draft:
    body, bound = tree.children
    token: Any = body.children[0]  # type: ignore[union-attr]
    if body.data != "name":  # type: ignore[union-attr]
        raise desk.outline.page.error(
            tree.meta.line,
            tree.meta.column,
            "only a name has an earlier step; rows are cut with both ends, as in a[0:1]",
        )
    return desk.quantity(token, read_lag(desk.outline, token, bound))  # type: ignore[arg-type]


def _negative(tree: Tree[Token], desk: Desk) -> Draft:
    body = draft(tree.children[-1], desk)  # type: ignore[arg-type]
    text = desk.text(tree)
    if body.number is not None:
        return constant(text, -body.number)
    return Draft(text, body.rows, body.cols, lambda: Scale(-1, body.build()))


def _transpose(tree: Tree[Token], desk: Desk) -> Draft:
    body = draft(tree.children[0], desk)  # type: ignore[arg-type]
    text = desk.text(tree)
    if body.number is not None:
        return constant(text, body.number)
    return Draft(text, body.cols, body.rows, lambda: body.build().T)


def _raised(tree: Tree[Token], desk: Desk) -> Draft:
    body = draft(tree.children[0], desk)  # type: ignore[arg-type]
    token: Any = tree.children[1]
    if len(tree.children) > 2:
        other: Any = tree.children[2]
        raise desk.outline.error(other, "one ** at a time; write parentheses")
    exponent = whole_number(desk.outline, token, 1, LARGEST_EXPONENT, "an exponent")
    text = desk.text(tree)
    if body.number is not None:
        return folded(text, token, desk, body.number**exponent)
    return Draft(text, body.rows, body.cols, lambda: Power(body.build(), exponent))


def _rows(tree: Tree[Token], desk: Desk) -> Draft:
    body_tree, low, high = tree.children
    body = matrix(body_tree, desk)  # type: ignore[arg-type]
    first, end = read_bound(desk.outline, low), read_bound(desk.outline, high)  # type: ignore[arg-type]
    count, text = end - first, desk.text(tree)
    where: Any = high

    def wrong(message: str) -> LanguageError:
        return desk.outline.page.error(where.meta.line, where.meta.column, message)

    if not is_count(count) or count == 0:
        raise wrong(f"the rows {first}:{end} are counted from 0 and end before the second; {end} is not beyond {first}")

    def check() -> None:
        rows = desk.sizes.value(body.rows)
        if not is_never_negative(rows - end):
            raise wrong(f"{text} needs {end} rows, but {body.text} has {size_text(rows)}")

    desk.later.append(check)
    return Draft(text, count, body.cols, lambda: Slice(body.build(), first, count))


def _sum(tree: Tree[Token], desk: Desk) -> Draft:
    children: list[Any] = list(tree.children)
    terms = [draft(child, desk) for child in children[::2]]
    signs = [1, *(-1 if str(sign) == "-" else 1 for sign in children[1::2])]
    return added(desk.text(tree), children[1::2], signs, terms, desk)


def _product(tree: Tree[Token], desk: Desk) -> Draft:
    children: list[Any] = list(tree.children)
    factors = [draft(child, desk) for child in children[::2]]
    operators = children[1::2]
    check_operators(factors, operators, desk)
    result = factors[0]
    for operator, factor, part in zip(operators, factors[1:], children[2::2], strict=True):
        text = desk.text(children[0], part)
        result = PRODUCTS[str(operator)](text, operator, result, factor, desk)
    return result


# -- functions -------------------------------------------------------------------------------------------------------------


def _call(tree: Tree[Token], desk: Desk) -> Draft:
    token: Any = tree.children[0]
    name = str(token)
    if desk.outline.names(name):
        raise desk.outline.error(token, f"{name} is not a function", f"write a product as {name} * (…) or {name} @ (…)")
    if name not in FUNCTIONS:
        more = did_you_mean(name, FUNCTIONS)
        raise desk.outline.error(token, f"unknown function {name}; known: {', '.join(sorted(FUNCTIONS))}", more)
    arguments: list[Any] = list(tree.children[1:])
    if name == "concat":
        return _concat(tree, token, [matrix(argument, desk) for argument in arguments], desk)
    if name in _TWO:
        return _of_two(tree, token, arguments, desk)
    if len(arguments) != 1:
        raise desk.outline.error(token, f"{name} takes one argument, found {len(arguments)}")
    body = matrix(arguments[0], desk)
    if name in _REDUCTIONS:
        return Draft(desk.text(tree), S.One, S.One, lambda: _REDUCTIONS[name](body.build()))
    if name in COLUMN_FUNCTIONS or name == "diag":
        column = Draft("a column", unknown("rows"), S.One, body.build)
        desk.equate(token, body, column, f"{name} needs a column", desk.text(tree), COLUMNS)
    if name == "diag":
        return Draft(desk.text(tree), body.rows, body.rows, lambda: Diag(body.build()))
    return Draft(desk.text(tree), body.rows, body.cols, lambda: Apply(name, body.build()))


def _concat(tree: Tree[Token], token: Token, blocks: list[Draft], desk: Desk) -> Draft:
    if len(blocks) < 2:
        raise desk.outline.error(token, "concat takes two arguments or more")
    text = desk.text(tree)
    for block in blocks[1:]:
        desk.equate(token, blocks[0], block, "a concatenation needs equally many columns", text, COLUMNS)
    rows = sum((block.rows for block in blocks), Integer(0))
    return Draft(text, rows, blocks[0].cols, lambda: Concat(*(block.build() for block in blocks)))


def _of_two(tree: Tree[Token], token: Token, arguments: list[Tree[Token]], desk: Desk) -> Draft:
    if len(arguments) != 2:
        raise desk.outline.error(token, f"{token} takes two arguments, found {len(arguments)}")
    if any(str(inner.children[0]) in _TWO for inner in arguments[1].find_data("call")):
        raise desk.outline.error(token, f"the second argument of {token} holds a max or min; give it a name first")
    left, right = (draft(argument, desk) for argument in arguments)
    return _TWO[str(token)](desk.text(tree), token, left, right, desk)


_TWO = {"max": larger, "min": smaller}


def _total(node: Node) -> Node:
    """Return the sum of all entries, 1ᵀ X 1."""
    rows, cols = node.shape
    return Mul(Ones(rows).T, node if cols == 1 else Mul(node, Ones(cols)))


def _mean(node: Node) -> Node:
    """Return the mean of all entries, the sum over the number of them."""
    rows, cols = node.shape
    return Scale(1 / (rows * cols), _total(node))


_REDUCTIONS: dict[str, Callable[[Node], Node]] = {"sum": _total, "mean": _mean}

_DRAFTS: dict[str, Callable[[Tree[Token], Desk], Draft]] = {
    "number": _number,
    "name": _name,
    "at_time": _at_time,
    "rows": _rows,
    "transpose": _transpose,
    "raised": _raised,
    "negative": _negative,
    "sum": _sum,
    "product": _product,
    "call": _call,
}
