"""Read a cell or a head: text → `Cell`, or a `LanguageError` that says where, what was found, what was needed.

The stages are in `read_cell`, one line each. Nothing of a text is ever executed.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from sympy import Expr, Symbol

from symrnn.algebra.nodes import Leaf
from symrnn.algebra.sizes import Sizes, is_count, is_known, size_text
from symrnn.language.desk import Desk, Draft, as_matrix
from symrnn.language.drafts import draft
from symrnn.language.grammar import parse
from symrnn.language.outline import Outline, outline
from symrnn.language.page import did_you_mean, open_page
from symrnn.language.scope import Quantity, Scope
from symrnn.language.words import LOSS
from symrnn.model.equations import Cell, Equation, State

if TYPE_CHECKING:
    from lark import Token, Tree


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
    values = _usual_values(found, desk)
    _check_statements(found, scope)
    _check_sizes(scope)
    for check in desk.later:
        check()
    return _cell(found, scope, drafts, values, PurePath(file).name)


def _read_equation(token: Token, tree: Tree[Token], scope: Scope, desk: Desk) -> Draft:
    scope.target, scope.moved = str(token), False
    value = as_matrix(draft(tree, desk), desk)
    target = scope.quantities[scope.target]
    left = Draft(target.name, target.rows, target.cols, value.build)
    desk.equate(token, left, value, "an equation needs equal shapes", f"{target.name} = {value.text}")
    scope.computed.add(target.name)
    if not scope.moved:
        _keep_still(token, target, scope)
    return value


def _keep_still(token: Token, target: Quantity, scope: Scope) -> None:
    """Enter a quantity that is computed once, before the first step."""
    what = "a state" if target.role == "state" else "the loss" if target.name == LOSS else ""
    if what:
        hint = "it reads neither an input nor an earlier step of a state; a misspelt name is taken for a parameter"
        raise scope.outline.error(token, f"{token} is {what}, but would be the same at every step", hint)
    scope.still.add(target.name)


def _usual_values(found: Outline, desk: Desk) -> dict[str, Expr]:
    """Return the numbers that constants usually are."""
    values: dict[str, Expr] = {}
    for item in found.of_kind("const"):
        if item.value is not None:
            value = draft(item.value, desk).number
            if value is None or not value.is_Rational:
                raise found.error(item.token, f"the usual value of {item.name} is a number, such as 0.1 or 1 / 3")
            values[item.name] = value
    return values


def _check_statements(found: Outline, scope: Scope) -> None:
    states = found.of_kind("state")
    if found.kind == "cell" and not states:
        raise found.error(found.word, "a cell needs a state, such as: state h: H")
    for item in states:
        if item.name not in scope.computed:
            near = did_you_mean(item.name, scope.computed)
            raise found.error(item.token, f"state {item.name} is never updated; write {item.name} = …", near)
    _check_names(found, scope)
    if found.kind == "head" and not found.outputs and LOSS not in scope.computed:
        raise found.error(found.word, f"a head needs a loss, {LOSS} = …, or a line such as: output y")
    needed = scope.used | {str(token) for token in found.outputs} | {item.name for item in states} | {LOSS}
    for quantity in scope.quantities.values():
        if quantity.name not in needed:
            what = "computed" if quantity.role == "equation" else "declared"
            unused = did_you_mean(quantity.name, scope.used - {quantity.name})
            raise found.error(quantity.token, f"{quantity.name} is {what} but never used", unused)


def _check_names(found: Outline, scope: Scope) -> None:
    for token in found.outputs:
        if str(token) not in scope.computed:
            near = did_you_mean(token, scope.computed)
            raise found.error(token, f"output {token} is not computed by any equation", near)
        if str(token) in scope.still:
            raise found.error(token, f"{token} is the same at every step and cannot be an output")
    states = [item.name for item in found.of_kind("state")]
    for token in found.initials:
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
    message = f"the size of {quantity.name} does not follow from the equations: ({rows}, {cols})"
    if quantity.role == "param":
        line = f"param {quantity.name}: {rows}" + ("" if shape[1] == 1 else f" x {cols}")
        return message, f"add a line such as: {line}   (a size for each ?)"
    return message, "numbers alone have no size; let them meet a quantity that is declared"


def _cell(found: Outline, scope: Scope, drafts: list[tuple[Token, Draft]], values: dict[str, Expr], file: str) -> Cell:
    def leaf(name: str) -> Leaf:
        return scope.leaf(scope.quantities[name])

    def leaves(role: str) -> tuple[Leaf, ...]:
        return tuple(leaf(quantity.name) for quantity in scope.of_role(role))

    states, params, masks = leaves("state"), leaves("param"), leaves("mask")
    targets = (*leaves("target"), *masks)
    initial = {str(token): how for token, how in found.initials.items()}
    return Cell(
        name=found.name,
        kind=found.kind,
        title=found.texts.get("title") or found.name,
        source=found.texts.get("source", ""),
        sizes=_sizes((*leaves("input"), *states, *targets, *leaves("const"), *params)),
        inputs=leaves("input"),
        states=tuple(State(state, scope.lags.get(state.name, 1), initial.get(state.name, "given")) for state in states),
        params=params,
        constants=leaves("const"),
        targets=targets,
        outputs=tuple(leaf(str(token)) for token in found.outputs) or states,
        equations=tuple(
            Equation(leaf(str(token)), value.build(), note=f"{file}:{token.line}") for token, value in drafts
        ),
        loss=leaf(LOSS) if LOSS in scope.computed else None,
        assumptions=tuple(leaf(str(token)) for token in found.one_hot),
        head=found.texts.get("head", ""),
        values=tuple((leaf(name), value) for name, value in values.items()),
        masks=masks,
        year=int(found.texts.get("year", 0)),
        family=found.texts.get("family", ""),
        about=found.texts.get("about", ""),
    )


def _sizes(leaves: tuple[Leaf, ...]) -> tuple[Symbol, ...]:
    """Return the named sizes, in the order in which the quantities bring them up."""
    named: dict[Symbol, None] = {}
    for extent in (extent for leaf in leaves for extent in leaf.shape):
        named.update(dict.fromkeys(sorted(extent.free_symbols, key=str)))
    return tuple(named)
