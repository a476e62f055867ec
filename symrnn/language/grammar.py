"""From a text to its tree: lark with the LALR grammar of `cell_text.lark`, and its errors put into words.

Nothing here knows what a statement means.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from symrnn.errors import LanguageError
from symrnn.language.page import Page, did_you_mean
from symrnn.language.words import STATEMENTS

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

DEEPEST = 60  # levels of parentheses, signs and postfixes in one expression; each factor of a product is one

_EXPRESSION = frozenset({"NAME", "NUMBER", "LPAR", "MINUS"})
_OPERATOR = frozenset({"PLUS", "MINUS", "TIMES", "OVER", "AT", "__ANON_0", "TRANSPOSED", "LSQB"})
_SPELT = {
    "NAME": "a name",
    "NUMBER": "a number",
    "EQUAL": "=",
    "COLON": ":",
    "COMMA": ",",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "PLUS": "+",
    "MINUS": "-",
    "TIMES": "*",
    "BY": "x",
    "_NL": "the end of the line",
}
_INSTEAD_OF = {
    "^": "write ** for a power, as in z ** 2",
    "'": "write .T for a transpose",
    ".": "only .T may follow a dot, and a number has a digit on both sides of its point",
    ";": "write one statement a line",
    "\\": "write plain words: this is not LaTeX",
    "_": "a name starts with a letter",
}


@cache
def _parser() -> Lark:
    from lark import Lark  # loaded on the first reading: it takes longer than everything else

    grammar = resources.files("symrnn.language").joinpath("cell_text.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def parse(page: Page) -> Tree[Token]:
    """Return the tree of a text.

    Raises:
        LanguageError: it does not follow the grammar, or an expression is nested too deeply.
    """
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    try:
        tree = _parser().parse(page.text)
    except UnexpectedToken as found:
        raise _unexpected_token(page, found.token, frozenset(found.accepts or found.expected)) from None
    except UnexpectedCharacters as found:
        raise _unexpected_character(page, found.line, found.column, found.char) from None
    _check_depth(page, tree)
    return tree


def _unexpected_token(page: Page, token: Token, accepted: frozenset[str]) -> LanguageError:
    if token.type == "$END":
        return page.error(1, 1, "the text is empty; it starts with a line such as: cell NAME")
    line, column = int(token.line or 1), int(token.column or 1)
    if accepted == {"_NL"} and "=" in page.line(line)[: column - 1]:
        accepted |= _OPERATOR
    if "CELL" in accepted and "INPUT" not in accepted:
        return page.error(line, column, f"found {_shown(token)}; the text starts with a line such as: cell NAME")
    words = page.line(line).split()
    hint = _INSTEAD_OF.get(str(token), "")
    if words and words[0] not in STATEMENTS and "EQUAL" in accepted and "LSQB" in accepted:
        guess = did_you_mean(words[0].rstrip(":"), STATEMENTS)
        hint = f"{words[0]} is not a word of the language; {guess}" if guess else hint
    if words and words[0] in STATEMENTS and str(token) == "=":
        hint = f"{words[0]} is a word of the language and cannot be a name"
    return page.error(line, column, f"found {_shown(token)}, needed {_needed(accepted)}", hint)


def _unexpected_character(page: Page, line: int, column: int, char: str) -> LanguageError:
    return page.error(line, column, f"found {char}, which has no meaning here", _INSTEAD_OF.get(char, ""))


def _shown(token: Token) -> str:
    return "the end of the line" if token.type == "_NL" else str(token).split("\n")[0][:40]


def _needed(accepted: frozenset[str]) -> str:
    if "INPUT" in accepted:
        return f"a statement: NAME = …, or one of {', '.join(STATEMENTS[:-2])}"
    words: list[str] = []
    left = accepted
    if left >= _EXPRESSION:
        words, left = ["an expression"], left - _EXPRESSION
    elif left >= {"TIMES", "OVER", "AT"}:
        words, left = ["an operator"], left - _OPERATOR
    words += sorted(_SPELT.get(name, name.lower()) for name in left)
    return " or ".join(words)


def _check_depth(page: Page, tree: Tree[Token]) -> None:
    waiting: list[tuple[Any, int]] = [(tree, -2)]  # a statement is at −1, its expression at 0
    while waiting:
        branch, depth = waiting.pop()
        below = depth + (len(branch.children) // 2 if branch.data == "product" else 1)
        if below > DEEPEST:
            raise page.error(
                branch.meta.line, branch.meta.column, f"more than {DEEPEST} levels deep; name a part of it"
            )
        waiting += [(child, below) for child in branch.children if hasattr(child, "children")]
