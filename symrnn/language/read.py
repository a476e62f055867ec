"""Read a cell or a head: text → `Cell`, or a `LanguageError` that says where, what was found, what was needed.

The stages are in `read_cell`, one line each. Nothing of a text is ever executed.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from sympy import Expr, Integer, S, Symbol

from symrnn.algebra.nodes import Leaf
from symrnn.algebra.sizes import Sizes, is_count, is_known, size_text
from symrnn.language.drafts import Desk, Draft, as_matrix, draft
from symrnn.language.grammar import parse
from symrnn.language.outline import Outline, outline
from symrnn.language.page import did_you_mean, open_page
from symrnn.language.scope import Quantity, Scope
from symrnn.language.words import LOSS
from symrnn.model.equations import Cell, Equation, State

if TYPE_CHECKING:
    from lark import Token


def read_cell(text: str, file: str = "<text>") -> Cell:
    """Return the cell or the head that a text describes; `file` stands in errors and in the notes of the equations.

    Raises:
        LanguageError: the text does not describe one; the message starts with file:line:column.
    """
    page = open_page(text, file)
    found = outline(page, parse(page))
    scope = Scope(found, Sizes())
    scope.declare()
    desk = Desk(found, scope.sizes, scope.read)
    drafts = [(token, _read_equation(token, tree, scope, desk)) for token, tree in found.equations]
    _check_statements(found, scope)
    _check_sizes(scope)
    for check in desk.later:
        check()
    return _cell(found, scope, drafts, PurePath(file).name)


def _read_equation(token: Token, tree: Tree[Token], scope: Scope, desk: Desk) -> Draft:  # type: ignore[name-defined]
    scope.target = str(token)
    value = as_matrix(draft(tree, desk), desk)
    target = scope.quantities[scope.target]
    left = Draft(target.name, target.rows, target.cols, value.build)
    if target.name == LOSS:
        left = Draft(target.name, S.One, S.One, value.build)
        desk.equate(token, left, Draft(target.name, target.rows, target.cols, value.build), f"{LOSS} is a scalar")
    desk.equate(token, left, value, f"`{target.name} = {value.text}` needs equal shapes")
    scope.computed.add(target.name)
    return value


def _check_statements(found: Outline, scope: Scope) -> None:
    states = found.of_kind("state")
    header = _Header(found)
    if found.kind == "cell" and not states:
        raise header.error("a cell needs a state, such as: state h: H")
    for item in states:
        if item.name not in scope.computed:
            near = did_you_mean(item.name, scope.computed)
            raise found.error(item.token, f"state {item.name} is never updated; write {item.name} = …", near)
    _check_names(found, scope)
    if found.kind == "head" and not found.outputs and LOSS not in scope.computed:
        raise header.error(f"a head needs a loss, {LOSS} = …, or a line such as: output y")
    needed = scope.used | {str(token) for token in found.outputs} | {item.name for item in states} | {LOSS}
    for quantity in scope.quantities.values():
        if quantity.name not in needed:
            what = "computed" if quantity.role == "equation" else "declared"
            unused = did_you_mean(quantity.name, scope.used - {quantity.name})
            raise found.error(quantity.token, f"{quantity.name} is {what} but never used", unused)


class _Header:
    """The first statement, for errors about the whole text."""

    def __init__(self, found: Outline) -> None:
        self._page, self._kind = found.page, found.kind

    def error(self, message: str) -> Exception:
        """Return the error that points at the header."""
        lines = self._page.text.split("\n")
        number = next(i for i, line in enumerate(lines, start=1) if line.split("#")[0].split()[:1] == [self._kind])
        return self._page.error(number, 1 + len(lines[number - 1]) - len(lines[number - 1].lstrip()), message)


def _check_names(found: Outline, scope: Scope) -> None:
    for token in found.outputs:
        if str(token) not in scope.computed:
            near = did_you_mean(token, scope.computed)
            raise found.error(token, f"output {token} is not computed by any equation", near)
    states = [item.name for item in found.of_kind("state")]
    for token, _ in found.initials:
        if str(token) not in states:
            raise found.error(token, f"{token} is not a state", did_you_mean(token, states))


def _check_sizes(scope: Scope) -> None:
    for quantity in sorted(scope.quantities.values(), key=lambda quantity: quantity.role != "param"):
        shape = scope.sizes.value(quantity.rows), scope.sizes.value(quantity.cols)
        if not all(map(is_known, shape)):
            raise scope.outline.error(quantity.token, *_undetermined(quantity, shape))
        for count, what in zip(shape, ("rows", "columns"), strict=True):
            if not is_count(count) or count == 0:
                more = "; ".join(map(str, scope.sizes.reasons(quantity.rows if what == "rows" else quantity.cols)))
                raise scope.outline.error(quantity.token, f"{quantity.name} would have {size_text(count)} {what}", more)


def _undetermined(quantity: Quantity, shape: tuple[Expr, Expr]) -> tuple[str, str]:
    rows, cols = map(size_text, shape)
    if quantity.role == "param":
        line = f"param {quantity.name}: {rows}" + ("" if shape[1] == 1 else f" x {cols}")
        return (
            f"the size of {quantity.name} does not follow from the equations: ({rows}, {cols})",
            f"add a line such as: {line}   (a size for each ?)",
        )
    return (f"the size of {quantity.name} does not follow from the equations: ({rows}, {cols})", "use a declared quantity")


def _cell(found: Outline, scope: Scope, drafts: list[tuple[Token, Draft]], file: str) -> Cell:
    def leaf(token: Token) -> Leaf:
        return scope.quantities[str(token)].leaf(scope.sizes)

    def leaves(role: str) -> tuple[Leaf, ...]:
        return tuple(quantity.leaf(scope.sizes) for quantity in scope.of_role(role))

    equations = tuple(Equation(leaf(token), value.build(), note=f"{file}:{token.line}") for token, value in drafts)
    params = _in_order_of_appearance(equations, leaves("param"))
    states = tuple(State(state, max(1, scope.lags.get(state.name, 1))) for state in leaves("state"))
    return Cell(
        name=found.name,
        kind=found.kind,
        title=found.texts.get("title") or found.name,
        source=found.texts.get("source", ""),
        sizes=_sizes((*leaves("input"), *leaves("state"), *leaves("target"), *leaves("const"), *params)),
        inputs=leaves("input"),
        states=states,
        params=params,
        constants=leaves("const"),
        targets=leaves("target"),
        outputs=tuple(map(leaf, found.outputs)) or leaves("state"),
        equations=equations,
        loss=leaf(found.equations[-1][0]) if False else _loss(scope),
        assumptions=tuple(map(leaf, found.one_hot)),
        head=found.texts.get("head", ""),
    )
