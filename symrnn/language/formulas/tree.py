"""From terminals to a tree: lark with the LALR grammar of `formula.lark`, and its errors put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, get_args

from symrnn.language.formulas.build import Builder
from symrnn.language.formulas.nodes import Chain, Formula, Place
from symrnn.language.formulas.source import LONGEST_FORMULA, Misread, Source, open_source

if TYPE_CHECKING:
    from lark import Lark, Token

Start = Callable[[Source, frozenset[str]], tuple[str, Formula]]  # the relation that a text starts with, and the rest
DEEPEST_TREE = (
    200  # nodes inside one another; brackets are counted by the scanner, this bounds x^x^x^… and \log\log\log …
)

_SPELT = {
    "RPAR": ")",
    "RSQB": "]",
    "RBRACE": "}",
    "RSET": r"\}",
    "CLOSE": "a closing bar",
    "END": r"\end",
    "REL": "a relation",
    "RANGLE": ">",
    "$END": "the end of the formula",
}
_OPERAND = "LETTER"
_BRANCHES = {  # the fields of a node that may hold nodes
    kind: tuple(
        one.name for one in fields(kind) if str(one.type).startswith(("Formula", "tuple[Formula", "tuple[tuple"))
    )
    for kind in get_args(Formula)
}


@cache
def _parser() -> Lark:
    from lark import Lark  # loaded on the first reading: it takes longer than everything else
    from lark.lexer import Lexer

    class Terminals(Lexer):
        """Hands on the terminals that a scanner has found."""

        def __init__(self, _: Any) -> None:
            pass

        def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
            yield from data

    grammar = resources.files("symrnn.language.formulas").joinpath("formula.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=Terminals, transformer=Builder(), maybe_placeholders=False)


def read_whole(text: str, where: str, names: frozenset[str], start: Start) -> Formula:
    """Return the tree of a text that is one formula, or several, and does not start with a relation; `start` reads its spelling.

    Raises:
        LanguageError: it is no such text, or too long.
    """
    source = open_source(text, where, LONGEST_FORMULA)
    try:
        relation, formula = start(source, names)
        if relation:
            raise Misread(f"the formula starts with {relation}", formula.where, "write what stands before it")
    except Misread as found:
        raise source.error(found) from None
    return formula


def start_of(tokens: list[Token]) -> tuple[str, Formula]:
    """Return the relation that the terminals start with, or "", and the tree of the rest.

    Raises:
        Misread: it does not follow the grammar.
    """
    from lark.exceptions import UnexpectedToken

    try:
        found: Any = _parser().parse(tokens)
    except UnexpectedToken as error:
        raise _unexpected(error.token, frozenset(error.accepts or error.expected), tokens) from None
    relation, formula = found
    _check_depth(formula)
    return relation, formula


def continued(relation: str, before: Formula, formula: Formula) -> Chain:
    """Return the chain that goes on from the end of the line before."""
    last = before.parts[-1] if isinstance(before, Chain) else before
    if isinstance(formula, Chain):
        return Chain((last, *formula.parts), (relation, *formula.relations), formula.where)
    return Chain((last, formula), (relation,), formula.where)


def _unexpected(token: Token, accepted: frozenset[str], tokens: list[Token]) -> Misread:
    at_end = token.type == "$END"
    point = tokens[-1] if at_end else token
    place = Place(int(point.line or 1), int(point.column or 1), int(point.start_pos or 0), int(point.end_pos or 0))
    found = f"the formula ends behind {_shown(point)}" if at_end else f"found {_shown(token)}"
    needed = ["a symbol, a number or a bracket"] if _OPERAND in accepted else []
    needed += sorted({_SPELT[name] for name in accepted if name in _SPELT and name != "REL"})
    return Misread(f"{found}, needed {' or '.join(needed) or 'an operator'}", place)


def _shown(token: Token) -> str:
    text = str(token.value).partition("\0")[0]
    return {"soft": "a wide space", "begin": r"\begin"}.get(text, text)[:40]


def _check_depth(formula: Formula) -> None:
    waiting: list[tuple[Any, int]] = [(formula, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, tuple):
            waiting += [(child, depth) for child in node]
            continue
        if depth > DEEPEST_TREE:
            raise Misread(f"more than {DEEPEST_TREE} levels deep; name a part of it", node.where)
        for one in _BRANCHES[type(node)]:
            child = getattr(node, one)
            if child is not None and not isinstance(child, str):
                waiting.append((child, depth + 1))
