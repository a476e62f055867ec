"""The operators + - * / @ and max, min on drafts: which sizes they demand, and which node they build.

A quantity that is known to have one row and one column when its line is read spreads over the other operand:

    s * X,  X * s      Multiple(s, X)
    X / s              X ⊘ (s 1)                 s / X      (s 1) ⊘ X
    X + s,  X - s      X ± s 1                   with s 1 = Multiple(s, Ones(shape of X))

A name that nobody declares takes the shape of what it meets, which may be a scalar's, and does not spread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sympy import Expr, Integer, Max, Min

from symrnn.algebra.nodes import Add, Apply, Had, Mul, Multiple, Node, Quotient, Scale
from symrnn.language.desk import INNER, Desk, Draft, constant, folded

if TYPE_CHECKING:
    from lark import Token


# -- sums ------------------------------------------------------------------------------------------------------------------


def added(text: str, tokens: Sequence[Token], signs: Sequence[int], terms: Sequence[Draft], desk: Desk) -> Draft:
    """Return ± a ± b …; `tokens` stand before each term but the first, and errors point at them."""
    if all(term.number is not None for term in terms):
        return folded(text, tokens[0], desk, _total(signs, terms))
    signs, terms = _fold_front(signs, terms)
    tokens = tokens[len(tokens) + 1 - len(terms) :]
    lead = _lead(terms, desk)
    spread = {place for place, term in enumerate(terms) if term.number is not None or _spreads(term, lead, desk)}
    for place, term in enumerate(terms):
        if place not in spread and term is not lead:
            token = tokens[max(place - 1, 0)]
            desk.equate(token, lead, term, "a sum needs equal shapes", f"{lead.text} {token} {term.text}")
    parts = [desk.spread(term, lead) if place in spread else term for place, term in enumerate(terms)]

    def build() -> Node:
        return Add(*(Scale(sign, part.build()) for sign, part in zip(signs, parts, strict=True)))

    return Draft(text, lead.rows, lead.cols, build)


def _total(signs: Sequence[int], numbers: Sequence[Draft]) -> Expr:
    return sum((sign * term.number for sign, term in zip(signs, numbers, strict=True)), Integer(0))


def _fold_front(signs: Sequence[int], terms: Sequence[Draft]) -> tuple[Sequence[int], Sequence[Draft]]:
    """Add up the numbers in front, so that `1 + 1 - z` is `2 - z`."""
    count = next(i for i, term in enumerate(terms) if term.number is None)
    if count < 2:
        return signs, terms
    front = constant(" + ".join(term.text for term in terms[:count]), _total(signs[:count], terms[:count]))
    return [1, *signs[count:]], [front, *terms[count:]]


def _lead(terms: Sequence[Draft], desk: Desk) -> Draft:
    """Return the term that gives the shape: beside scalars, the first one that they spread over."""
    matrices = [term for term in terms if term.number is None]
    if not any(map(desk.is_scalar, matrices)):
        return matrices[0]
    return next((term for term in matrices if not desk.is_scalar(term) and not desk.is_open(term)), matrices[0])


def _spreads(given: Draft, over: Draft, desk: Desk) -> bool:
    """Return whether a draft is a scalar that spreads over another one."""
    return desk.is_scalar(given) and not desk.is_scalar(over) and not desk.is_open(over)


# -- products --------------------------------------------------------------------------------------------------------------


def times(text: str, operator: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    """Return the elementwise product, or the multiple by a number or a scalar."""
    if left.number is not None and right.number is not None:
        return folded(text, operator, desk, left.number * right.number)
    if left.number is not None or right.number is not None:
        number, body = (left.number, right) if left.number is not None else (right.number, left)
        return Draft(text, body.rows, body.cols, lambda: Scale(number, body.build()))
    for scalar, body in ((left, right), (right, left)):
        if _spreads(scalar, body, desk):
            return Draft(text, body.rows, body.cols, _multiple(scalar, body, lambda: Had(left.build(), right.build())))
    desk.equate(operator, left, right, "an elementwise product needs equal shapes", text)
    return Draft(text, left.rows, left.cols, lambda: Had(left.build(), right.build()))


def _multiple(scalar: Draft, body: Draft, otherwise: Callable[[], Node]) -> Callable[[], Node]:
    def build() -> Node:
        node = body.build()
        return otherwise() if node.is_scalar_shape else Multiple(scalar.build(), node)

    return build


def over(text: str, operator: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    """Return the elementwise quotient, or the multiple by the inverse of a number."""
    if right.number is not None:
        _check_divisor(operator, right, desk)
        inverse = 1 / right.number
        if left.number is not None:
            return folded(text, operator, desk, left.number * inverse)
        return Draft(text, left.rows, left.cols, lambda: Scale(inverse, left.build()))
    if left.number is not None or _spreads(left, right, desk):
        left = desk.spread(left, right)
    elif _spreads(right, left, desk):
        right = desk.spread(right, left)
    else:
        desk.equate(operator, left, right, "an elementwise quotient needs equal shapes", text)
    return Draft(text, left.rows, left.cols, lambda: Quotient(left.build(), right.build()))


def _check_divisor(operator: Token, divisor: Draft, desk: Desk) -> None:
    if divisor.number == 0:
        raise desk.outline.error(operator, "a division by zero")
    if not divisor.number.is_positive and not divisor.number.is_negative:
        raise desk.outline.error(operator, f"a division by {divisor.text}, which is zero for some sizes")


def at(text: str, operator: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    """Return the matrix product."""
    for side in (left, right):
        if side.number is not None:
            raise desk.outline.error(operator, f"@ multiplies matrices; write * with the number {side.text}")
    rule = "a matrix product needs as many columns on the left as rows on the right"
    desk.equate(operator, left, right, rule, text, INNER)
    return Draft(text, left.rows, right.cols, lambda: Mul(left.build(), right.build()))


PRODUCTS: dict[str, Callable[[str, Token, Draft, Draft, Desk], Draft]] = {"*": times, "/": over, "@": at}


def check_operators(factors: Sequence[Draft], operators: Sequence[Token], desk: Desk) -> None:
    """Refuse `r * W @ h`: `*` and `@` bind equally tightly, and readers do not agree on what it means.

    Raises:
        LanguageError: both stand in one product, and it is not only a number that is multiplied.
    """
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


# -- the larger and the smaller --------------------------------------------------------------------------------------------


def larger(text: str, token: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    """Return max(a, b) = b + relu(a − b), entry by entry; at a tie its derivative is that of b."""
    if left.number is not None and right.number is not None:
        return _extreme(Max, text, token, left, right, desk)
    if right.number == 0:
        return _relu(left)
    return added(text, [token], [1, 1], [right, _relu(_difference(token, left, right, desk))], desk)


def smaller(text: str, token: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    """Return min(a, b) = b − relu(b − a), entry by entry; at a tie its derivative is that of b."""
    if left.number is not None and right.number is not None:
        return _extreme(Min, text, token, left, right, desk)
    rest = _relu(_difference(token, right, left, desk))
    if right.number == 0:
        return _negative(rest)
    return added(text, [token], [1, -1], [right, rest], desk)


def _extreme(which: Callable[..., Expr], text: str, token: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    value = which(left.number, right.number)
    if value not in (left.number, right.number):
        raise desk.outline.error(token, f"which of {left.text} and {right.text} {token} is depends on the sizes")
    return folded(text, token, desk, value)


def _difference(token: Token, left: Draft, right: Draft, desk: Desk) -> Draft:
    if left.number == 0:
        return _negative(right)
    if right.number == 0:
        return left
    return added(f"{left.text} - {right.text}", [token], [1, -1], [left, right], desk)


def _negative(body: Draft) -> Draft:
    return Draft(f"-{body.text}", body.rows, body.cols, lambda: Scale(-1, body.build()))


def _relu(body: Draft) -> Draft:
    return Draft(f"relu({body.text})", body.rows, body.cols, lambda: Apply("relu", body.build()))
