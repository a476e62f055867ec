"""From the tree of a text to its statements, sorted by kind and checked one by one: names, sizes, what may stand twice.

Expressions stay trees here; their meaning is in `drafts`, what the statements say together is in `read`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer, S

from symrnn.algebra.sizes import size
from symrnn.errors import LanguageError
from symrnn.language.page import Page, did_you_mean
from symrnn.language.words import LOSS, refused, refused_title
from symrnn.model.equations import FAMILIES

if TYPE_CHECKING:
    from lark import Token, Tree

LARGEST_NUMBER = 1_000_000  # in a size
LARGEST_LAG = 99
YEARS = (1900, 2100)
INITIAL = ("given", "zero", "learned")


@dataclass(frozen=True, slots=True)
class Item:
    """A declared quantity: `input x: I`. `kind` is the word of its line; a constant may have a usual value."""

    kind: str
    token: Token
    rows: Expr
    cols: Expr
    value: Tree[Token] | None = None

    @property
    def name(self) -> str:
        """The name."""
        return str(self.token)

    def __str__(self) -> str:
        shape = f"{self.rows}" if self.cols == 1 else f"{self.rows} x {self.cols}"
        return f"{self.kind} {self.name}: {shape}"


@dataclass(slots=True)
class Outline:
    """The statements of a text, in its order."""

    page: Page
    word: Token  # `cell` or `head`
    name: str
    texts: dict[str, str] = field(default_factory=dict)  # title, source, year, family, about, head
    items: dict[str, Item] = field(default_factory=dict)
    one_hot: list[Token] = field(default_factory=list)  # targets whose entries sum to one
    outputs: list[Token] = field(default_factory=list)
    equations: list[tuple[Token, Tree[Token]]] = field(default_factory=list)
    initials: dict[Token, str] = field(default_factory=dict)
    sizes: frozenset[str] = frozenset()  # the names of the sizes that the declarations use

    def error(self, token: Token, message: str, more: str = "") -> LanguageError:
        """Return the error that points at a token."""
        return self.page.error(int(token.line or 1), int(token.column or 1), message, more)

    @property
    def kind(self) -> str:
        """What the text describes, "cell" or "head"."""
        return str(self.word)

    def of_kind(self, kind: str) -> list[Item]:
        """Return what is declared with a word."""
        return [item for item in self.items.values() if item.kind == kind]

    def names(self, word: str) -> bool:
        """Return whether a word is the name of a quantity that is declared or computed."""
        return word in self.items or any(word == token for token, _ in self.equations)


def outline(page: Page, tree: Tree[Token]) -> Outline:
    """Return the statements of a text.

    Raises:
        LanguageError: a statement is wrong by itself, or says what another one has said.
    """
    header: Any = tree.children[0]
    word, name = header.children
    found = Outline(page, word, str(name))
    if reason := refused_title(name):
        raise found.error(name, reason)
    for statement in tree.children[1:]:
        _STATEMENTS[str(statement.data)](found, list(statement.children))  # type: ignore[union-attr]
    declared = (item.rows + item.cols for item in found.items.values())
    found.sizes = frozenset(str(symbol) for expr in declared for symbol in expr.free_symbols)
    _check_sizes_are_not_quantities(found)
    return found


def _second_header(found: Outline, children: list[Any]) -> None:
    word = children[0].children[0]
    raise found.error(word, f"a text holds one {found.kind}; write the other one in a file of its own")


def _free_text(found: Outline, children: list[Any]) -> None:
    word, _, written = str(children[0]).partition(":")
    _say(found, children[0], word.strip(), written.strip())


def _say(found: Outline, token: Token, word: str, written: str) -> None:
    if word in found.texts:
        raise found.error(token, f"{word} is given twice")
    found.texts[word] = written


def _year(found: Outline, children: list[Any]) -> None:
    word, number = children
    _say(found, word, "year", str(whole_number(found, number, *YEARS, "a year")))


def _family(found: Outline, children: list[Any]) -> None:
    word, name = children
    if str(name) not in FAMILIES:
        known = f"the families are {', '.join(FAMILIES)}"
        raise found.error(name, f"{name} is not a family; {known}", did_you_mean(name, FAMILIES))
    _say(found, word, "family", str(name))


def _usual_head(found: Outline, children: list[Any]) -> None:
    word, name = children
    if found.kind == "head" or "head" in found.texts:
        raise found.error(word, "a head has no head" if found.kind == "head" else "head is given twice")
    found.texts["head"] = str(name)


def _items(found: Outline, children: list[Any]) -> None:
    word = children[0]
    wrong = {"state": "head", "target": "cell"}.get(str(word))
    if found.kind == wrong:
        hint = "a head maps the outputs of a cell" if wrong == "head" else "targets and losses belong in a head"
        raise found.error(word, f"a {wrong} has no {word}", hint)
    for item in children[1:]:
        name, rows, _, cols, value = (*item.children, None)[:5]
        _check_new(found, name)
        columns = S.One if cols is None else read_size(found, cols)
        found.items[str(name)] = Item(str(word), name, read_size(found, rows), columns, value)


def _target(found: Outline, children: list[Any]) -> None:
    word, item, sums, _, total = children
    _items(found, [word, item])
    if sums is not None:
        if str(total) != "1":
            raise found.error(total, f"only `sums to 1` is known, found {total}")
        found.one_hot.append(item.children[0])


def _outputs(found: Outline, children: list[Any]) -> None:
    for name in children[1:]:
        if str(name) in map(str, found.outputs):
            raise found.error(name, f"{name} is an output twice")
        found.outputs.append(name)


def _initial(found: Outline, children: list[Any]) -> None:
    _, name, how = children
    if str(how) not in INITIAL:
        known = f"an initial state is {', '.join(INITIAL[:-1])} or {INITIAL[-1]}"
        raise found.error(how, f"{known}, found {how}", did_you_mean(how, INITIAL))
    if name in found.initials:
        raise found.error(name, f"the initial {name} is said twice")
    found.initials[name] = str(how)


def _equation(found: Outline, children: list[Any]) -> None:
    left, expression = children
    name, index = left.children
    if index is not None and read_lag(found, name, index) != 0:
        raise found.error(name, f"an equation gives the value at step t; write {name} = …")
    earlier = next((token for token, _ in found.equations if token == name), None)
    if earlier is not None:
        raise found.error(name, f"{name} is computed twice", f"line {earlier.line} computes it; use another name")
    if str(name) == LOSS and found.kind == "cell":
        raise found.error(name, f"{LOSS} is the loss, which belongs in a head")
    if reason := refused(name):
        raise found.error(name, reason)
    found.equations.append((name, expression))


_STATEMENTS: dict[str, Callable[[Outline, list[Any]], None]] = {
    "second_header": _second_header,
    "title": _free_text,
    "source": _free_text,
    "about": _free_text,
    "year": _year,
    "family": _family,
    "usual_head": _usual_head,
    **dict.fromkeys(("inputs", "states", "params", "constants", "masks"), _items),
    "target": _target,
    "outputs": _outputs,
    "initial": _initial,
    "equation": _equation,
}


def _check_new(found: Outline, name: Token) -> None:
    reason = f"{LOSS} is the loss and cannot be declared" if str(name) == LOSS else refused(name)
    if reason:
        raise found.error(name, reason)
    if str(name) in found.items:
        raise found.error(name, f"{name} is declared twice", f"line {found.items[str(name)].token.line} declares it")


def _check_sizes_are_not_quantities(found: Outline) -> None:
    tokens = [item.token for item in found.items.values()] + [name for name, _ in found.equations]
    for token in tokens:
        if str(token) in found.sizes:
            raise found.error(token, f"{token} is a size here and cannot be a quantity as well")


def read_size(found: Outline, tree: Tree[Token]) -> Expr:
    """Return a size such as `I + 2*H + 1`; new names are allowed."""
    total: Expr = Integer(0)
    for term in tree.children:
        total += _size_term(found, term.children)  # type: ignore[union-attr]
    return total


def _size_term(found: Outline, children: list[Any]) -> Expr:
    if len(children) == 1:
        return whole_number(found, children[0], 1, LARGEST_NUMBER, "a size")
    factor, name = children
    if reason := refused(name) or (f"{LOSS} is the loss" if str(name) == LOSS else ""):
        raise found.error(name, reason)
    if str(name) == "x":
        raise found.error(name, "a size cannot be called x: x stands between rows and columns, as in H x I")
    return size(str(name)) * (1 if factor is None else whole_number(found, factor, 1, LARGEST_NUMBER, "a size"))


def whole_number(found: Outline, token: Token, least: int, most: int, what: str) -> Integer:
    """Return a number that has to be whole and in a range."""
    if not str(token).isdigit() or len(token) > 9 or not least <= int(token) <= most:
        raise found.error(token, f"{what} is a whole number from {least} to {most}, found {str(token)[:40]}")
    return Integer(int(token))


def read_lag(found: Outline, name: Token, bound: Tree[Token]) -> int:
    """Return how many steps back an index `[t-k]` points; 0 for `[t]`."""
    children: list[Any] = list(bound.children)
    first = children[0].children
    if len(first) != 2 or str(first[1]) != "t" or first[0] is not None:
        raise found.error(
            _first_token(children[0]), f"a step is written {name}[t-1]; rows are cut with both ends, as in {name}[0:1]"
        )
    if len(children) == 1:
        return 0
    _, sign, second = children[:3]
    if len(children) > 3 or len(second.children) != 1:
        raise found.error(sign, f"a step is t minus a number, as in {name}[t-1]")
    if str(sign) == "+":
        raise found.error(sign, "a step of the future cannot be read", f"write {name}[t-1] for the previous one")
    return int(whole_number(found, second.children[0], 1, LARGEST_LAG, "a lag"))


def read_bound(found: Outline, bound: Tree[Token]) -> Expr:
    """Return an end of a slice, such as `0` or `2*H`: a sum of declared sizes and numbers."""
    total: Expr = Integer(0)
    for term in bound.children:
        if isinstance(term, str):
            if str(term) == "-":
                raise found.error(term, "an end of a slice is a sum of sizes; nothing can be taken away")
            continue
        total += _bound_term(found, term.children)
    return total


def _bound_term(found: Outline, children: list[Any]) -> Expr:
    if len(children) == 1:
        return whole_number(found, children[0], 0, LARGEST_NUMBER, "an end of a slice")
    factor, name = children
    if str(name) not in found.sizes:
        known = ", ".join(sorted(found.sizes)) or "none"
        raise found.error(name, f"{name} is not a size; the sizes here are {known}", did_you_mean(name, found.sizes))
    return size(str(name)) * (1 if factor is None else whole_number(found, factor, 1, LARGEST_NUMBER, "a size"))


def _first_token(tree: Tree[Token]) -> Token:
    return next(child for child in tree.children if child is not None)  # type: ignore[return-value]
