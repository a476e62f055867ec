"""From an expression's tree to its node, in two halves: first the equalities of sizes that it demands, then the node.

A draft is what stands between the halves: a shape that holds unknowns, and how to build the node when they are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer, Rational, S

from symrnn.algebra.functions import COLUMN_FUNCTIONS
from symrnn.algebra.nodes import Add, Apply, Concat, Had, Mul, Node, Ones, Power, Quotient, Scale, Slice, Zeros
from symrnn.algebra.sizes import Reason, Shape, Sizes, is_count, is_never_negative, size_text, unknown
from symrnn.errors import LanguageError, ShapeError
from symrnn.language.outline import Outline, read_bound, read_lag, whole_number
from symrnn.language.page import did_you_mean
from symrnn.language.words import FUNCTIONS

if TYPE_CHECKING:
    from lark import Token, Tree

LARGEST_EXPONENT = 99  # of a power and of ten


@dataclass(frozen=True, slots=True)
class Draft:
    """An expression whose sizes may still be unknown.

    Fields:
        text: as the author wrote it.
        build: gives the node, when all sizes are known.
        number: the value, for an expression of numbers only; it has no shape before it meets a matrix.
    """

    text: str
    rows: Expr
    cols: Expr
    build: Callable[[], Node]
    number: Any = None

    @property
    def shape(self) -> Shape:
        """(rows, columns)."""
        return self.rows, self.cols


Pairs = tuple[tuple[int, int], ...]  # which dimension of the left one is which of the right one
_SAME: Pairs = ((0, 0), (1, 1))
_COLUMNS: Pairs = ((1, 1),)
_INNER: Pairs = ((1, 0),)


def shortened(quote: str) -> str:
    """Return a piece of a text that is short enough for a message."""
    return quote if len(quote) <= 60 else quote[:59] + "…"


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafting needs: the statements, the sizes found so far, and what a name at a step is."""

    outline: Outline
    sizes: Sizes
    quantity: Callable[[Token, int | None], Draft]
    later: list[Callable[[], None]] = field(default_factory=list)  # checks that wait for the sizes

    def text(self, first: Tree[Token], last: Tree[Token] | None = None) -> str:
        """Return what the author wrote, with its parentheses, from one expression to another."""
        start, _ = _span(first)
        _, end = _span(first if last is None else last)
        return self.outline.page.text[start:end]

    def equate(self, token: Token, left: Draft, right: Draft, rule: str, quote: str, pairs: Pairs = _SAME) -> None:
        """Demand that sizes of two drafts are equal, as a rule says; `quote` is the place, for errors to come."""
        reason = Reason(f"`{shortened(quote)}`", int(token.line or 0), int(token.column or 0))
        try:
            for side, other in pairs:
                self.sizes.equate(left.shape[side], right.shape[other], reason)
        except ShapeError as conflict:
            shapes = (f"{shortened(side.text)} is {self.shape_text(side)}" for side in (left, right))
            raise self.outline.error(token, f"{rule}, but {', '.join(shapes)}", str(conflict)) from None

    def shape_text(self, draft: Draft) -> str:
        """Return a shape as it is known so far, `(H, ?)`."""
        return f"({size_text(self.sizes.value(draft.rows))}, {size_text(self.sizes.value(draft.cols))})"


def _span(tree: Tree[Token]) -> tuple[int, int]:
    meta = tree.meta  # an expression in parentheses has a container
    start, end = getattr(meta, "container_start_pos", meta.start_pos), getattr(meta, "container_end_pos", meta.end_pos)
    return int(start), int(end)


def draft(tree: Tree[Token], desk: Desk) -> Draft:
    """Return the draft of an expression and demand the equalities of sizes that it needs.

    Raises:
        LanguageError: a name, a number, an index or a shape is wrong.
    """
    return _DRAFTS[str(tree.data)](tree, desk)


def matrix(tree: Tree[Token], desk: Desk) -> Draft:
    """Return the draft of an expression that has to be a matrix: a number becomes one of unknown shape."""
    return as_matrix(draft(tree, desk), desk)


def as_matrix(given: Draft, desk: Desk) -> Draft:
    """Return a draft that has a shape."""
    if given.number is None:
        return given
    return _spread(given, unknown(f"rows of {given.text}"), unknown(f"columns of {given.text}"), desk)


def _spread(given: Draft, rows: Expr, cols: Expr, desk: Desk) -> Draft:
    def build() -> Node:
        shape = desk.sizes.value(rows), desk.sizes.value(cols)
        return Zeros(*shape) if given.number == 0 else Scale(given.number, Ones(*shape))

    return Draft(given.text, rows, cols, build)


def _constant(text: str, value: Expr) -> Draft:
    def build() -> Node:
        raise AssertionError("a number is given a shape before it is built")

    return Draft(text, S.One, S.One, build, number=value)


def _number(tree: Tree[Token], desk: Desk) -> Draft:
    token: Any = tree.children[0]
    _, _, exponent = str(token).lower().partition("e")
    if len(token) > LARGEST_EXPONENT or len(exponent) > 3:
        raise desk.outline.error(token, f"a number has at most {LARGEST_EXPONENT} characters and an exponent below 100")
    return _folded(str(token), token, desk, Rational(str(token)))


def _name(tree: Tree[Token], desk: Desk) -> Draft:
    token: Any = tree.children[0]
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
        return _constant(text, -body.number)
    return Draft(text, body.rows, body.cols, lambda: Scale(-1, body.build()))


def _transpose(tree: Tree[Token], desk: Desk) -> Draft:
    body = draft(tree.children[0], desk)  # type: ignore[arg-type]
    text = desk.text(tree)
    if body.number is not None:
        return _constant(text, body.number)
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
        return _folded(text, token, desk, body.number**exponent)
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


def _folded(text: str, token: Token, desk: Desk, value: Expr) -> Draft:
    if max(abs(value.p), value.q) >= 10**LARGEST_EXPONENT:
        raise desk.outline.error(token, f"the value of {shortened(text)} has more than {LARGEST_EXPONENT} digits")
    return _constant(text, value)


def _sum(tree: Tree[Token], desk: Desk) -> Draft:
    children: list[Any] = list(tree.children)
    terms = [draft(child, desk) for child in children[::2]]
    signs = [1, *(-1 if str(sign) == "-" else 1 for sign in children[1::2])]
    text = desk.text(tree)
    if all(term.number is not None for term in terms):
        return _folded(text, children[1], desk, _added(signs, terms))
    signs, terms = _fold_front(signs, terms)
    lead = next(term for term in terms if term.number is None)
    operators = children[1::2][1 - len(terms) :]
    for operator, term in zip([None, *operators], terms, strict=False):
        if term.number is None and term is not lead:
            quote = f"{lead.text} {operator} {term.text}"
            desk.equate(operator, lead, term, "a sum needs equal shapes", quote)
    spread = [term if term.number is None else _spread(term, lead.rows, lead.cols, desk) for term in terms]

    def build() -> Node:
        return Add(*(Scale(sign, term.build()) for sign, term in zip(signs, spread, strict=True)))

    return Draft(text, lead.rows, lead.cols, build)


def _added(signs: list[int], numbers: list[Draft]) -> Expr:
    return sum((sign * term.number for sign, term in zip(signs, numbers, strict=True)), Integer(0))


def _fold_front(signs: list[int], terms: list[Draft]) -> tuple[list[int], list[Draft]]:
    """Add up the numbers in front, so that `1 + 1 - z` is `2 - z`."""
    count = next(i for i, term in enumerate(terms) if term.number is None)
    if count < 2:
        return signs, terms
    front = _constant(" + ".join(term.text for term in terms[:count]), _added(signs[:count], terms[:count]))
    return [1, *signs[count:]], [front, *terms[count:]]


def _product(tree: Tree[Token], desk: Desk) -> Draft:
    children: list[Any] = list(tree.children)
    factors = [draft(child, desk) for child in children[::2]]
    operators = children[1::2]
    _check_operators(factors, operators, desk)
    result = factors[0]
    for operator, factor, part in zip(operators, factors[1:], children[2::2], strict=True):
        text = desk.text(children[0], part)
        result = _PRODUCTS[str(operator)](text, operator, result, factor, desk)
    return result


def _check_operators(factors: list[Draft], operators: list[Token], desk: Desk) -> None:
    """Refuse `r * W @ h`: `*` and `@` bind equally tightly, and readers do not agree on what it means."""
    plain: Token | None = None
    product: Token | None = None
    left_is_number = factors[0].number is not None
    for operator, factor in zip(operators, factors[1:], strict=True):
        number = factor.number is not None
        scales = number or (left_is_number and str(operator) == "*")
        if str(operator) == "@":
            product = operator
        elif not scales:
            plain = operator
        left_is_number = left_is_number and number
    if plain is not None and product is not None:
        later = max(plain, product, key=lambda token: int(token.start_pos or 0))
        raise desk.outline.error(
            later, f"{plain} and @ bind equally tightly; write parentheses", "for example r * (W @ h), or (r * h).T @ v"
        )


def _times(text: str, operator: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    if left.number is not None and right.number is not None:
        return _folded(text, operator, desk, left.number * right.number)
    if left.number is not None or right.number is not None:
        number, body = (left.number, right) if left.number is not None else (right.number, left)
        return Draft(text, body.rows, body.cols, lambda: Scale(number, body.build()))
    desk.equate(operator, left, right, "an elementwise product needs equal shapes", text)
    return Draft(text, left.rows, left.cols, lambda: Had(left.build(), right.build()))


def _over(text: str, operator: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    if right.number is not None:
        if right.number == 0:
            raise desk.outline.error(operator, "a division by zero")
        inverse = 1 / right.number
        if left.number is not None:
            return _folded(text, operator, desk, left.number * inverse)
        return Draft(text, left.rows, left.cols, lambda: Scale(inverse, left.build()))
    if left.number is not None:
        above = _spread(left, right.rows, right.cols, desk)
        return Draft(text, right.rows, right.cols, lambda: Quotient(above.build(), right.build()))
    desk.equate(operator, left, right, "an elementwise quotient needs equal shapes", text)
    return Draft(text, left.rows, left.cols, lambda: Quotient(left.build(), right.build()))


def _at(text: str, operator: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    for side in (left, right):
        if side.number is not None:
            raise desk.outline.error(operator, f"@ multiplies matrices; write * with the number {side.text}")
    rule = "a matrix product needs as many columns on the left as rows on the right"
    desk.equate(operator, left, right, rule, text, _INNER)
    return Draft(text, left.rows, right.cols, lambda: Mul(left.build(), right.build()))


_PRODUCTS: dict[str, Callable[[str, Token, Draft, Draft, Desk], Draft]] = {"*": _times, "/": _over, "@": _at}


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
    if len(arguments) != 1:
        raise desk.outline.error(token, f"{name} takes one argument, found {len(arguments)}")
    body = matrix(arguments[0], desk)
    if name == "sum":
        return _total(body, desk.text(tree), desk)
    if name in COLUMN_FUNCTIONS:
        column = Draft("a column", unknown("rows"), S.One, body.build)
        desk.equate(token, body, column, f"{name} needs a column", desk.text(tree), _COLUMNS)
    return Draft(desk.text(tree), body.rows, body.cols, lambda: Apply(name, body.build()))


def _concat(tree: Tree[Token], token: Token, blocks: list[Draft], desk: Desk) -> Draft:
    if len(blocks) < 2:
        raise desk.outline.error(token, "concat takes two arguments or more")
    text = desk.text(tree)
    for block in blocks[1:]:
        desk.equate(token, blocks[0], block, "a concatenation needs equally many columns", text, _COLUMNS)
    rows = sum((block.rows for block in blocks), Integer(0))
    return Draft(text, rows, blocks[0].cols, lambda: Concat(*(block.build() for block in blocks)))


def _total(body: Draft, text: str, desk: Desk) -> Draft:
    def build() -> Node:
        node = body.build()
        rows, cols = node.shape
        column = node if cols == 1 else Mul(node, Ones(cols))
        return Mul(Ones(rows).T, column)

    return Draft(text, S.One, S.One, build)


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
