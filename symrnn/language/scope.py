"""What a name means at a place of a text: who declares or computes it, whether it is there yet, at which step it is.

A name that nobody declares or computes is a parameter. What is computed moves when something that it reads moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S

from symrnn.algebra.nodes import Leaf, Node, t
from symrnn.algebra.sizes import Reason, Shape, Sizes, unknown
from symrnn.errors import LanguageError
from symrnn.language.desk import Draft
from symrnn.language.outline import Outline
from symrnn.language.page import did_you_mean
from symrnn.language.words import FUNCTIONS, LOSS, refused

if TYPE_CHECKING:
    from lark import Token

_ROLES = {
    "input": "an input",
    "state": "a state",
    "target": "a target",
    "mask": "a mask",
    "const": "a constant",
    "param": "a parameter",
    "equation": "computed",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named matrix of a text. `role` is the word that declares it, or "equation"."""

    token: Token
    role: str
    rows: Expr
    cols: Expr

    @property
    def name(self) -> str:
        """The name."""
        return str(self.token)


@dataclass(slots=True)
class Scope:
    """The quantities of a text while its equations are read from top to bottom."""

    outline: Outline
    sizes: Sizes
    quantities: dict[str, Quantity] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    lags: dict[str, int] = field(default_factory=dict)
    target: str = ""  # of the equation that is being read
    moved: bool = False  # whether that equation has read something that has a value at every step
    still: set[str] = field(default_factory=set)  # what was computed from nothing that moves

    def declare(self) -> None:
        """Enter what the declarations and the left-hand sides name."""
        for item in self.outline.items.values():
            self._fix(self._enter(item.token, item.kind), (item.rows, item.cols), f"`{item}`")
        for token, _ in self.outline.equations:
            if str(token) == LOSS:
                self._fix(self._enter(token, "equation"), (S.One, S.One), f"{LOSS} is the loss, a scalar")
            elif str(token) not in self.quantities:
                self._enter(token, "equation")
            elif self.quantities[str(token)].role != "state":
                role = _ROLES[self.quantities[str(token)].role]
                raise self.outline.error(token, f"{token} is {role} and cannot be computed", "use another name")

    def read(self, token: Token, lag: int | None) -> Draft:
        """Return what a name stands for; `lag` is None when no step is written."""
        name = str(token)
        quantity = self.quantities.get(name) or self._parameter(token, lag)
        if lag is not None and not self.moves(quantity):
            raise self.outline.error(token, f"{name} is {_ROLES[quantity.role]}: it is the same at every step")
        if lag:
            self._check_past(token, quantity)
            self.lags[name] = max(lag, self.lags.get(name, 0))
        else:
            self._check_present(token, quantity)
        self.used.add(name)
        self.moved = self.moved or self.moves(quantity)
        written = name if not lag else f"{name}[t-{lag}]"

        def build() -> Node:
            return self.leaf(quantity, lag or 0)

        return Draft(written, quantity.rows, quantity.cols, build, is_name=True)

    def moves(self, quantity: Quantity) -> bool:
        """Return whether a quantity has a value at every step."""
        return quantity.role not in ("param", "const") and quantity.name not in self.still

    def leaf(self, quantity: Quantity, lag: int = 0) -> Leaf:
        """Return a quantity as a leaf, `lag` steps back."""
        shape = self.sizes.value(quantity.rows), self.sizes.value(quantity.cols)
        return Leaf(quantity.name, *shape, t - lag if self.moves(quantity) else None)

    def of_role(self, role: str) -> list[Quantity]:
        """Return the quantities with a role, what is declared first."""
        return [quantity for quantity in self.quantities.values() if quantity.role == role]

    def _enter(self, token: Token, role: str) -> Quantity:
        quantity = Quantity(token, role, unknown(f"rows of {token}"), unknown(f"columns of {token}"))
        self.quantities[quantity.name] = quantity
        return quantity

    def _fix(self, quantity: Quantity, shape: Shape, because: str) -> None:
        reason = Reason(because, int(quantity.token.line or 0), int(quantity.token.column or 0))
        self.sizes.equate(quantity.rows, shape[0], reason)
        self.sizes.equate(quantity.cols, shape[1], reason)

    def _parameter(self, token: Token, lag: int | None) -> Quantity:
        name = str(token)
        if name in FUNCTIONS:
            raise self.outline.error(token, f"{name} is a function; write {name}(…)")
        if name == LOSS:
            raise self.outline.error(token, f"{LOSS} is the loss, which nothing reads")
        if reason := refused(name):
            raise self.outline.error(token, reason)
        if name in self.outline.sizes:
            raise self.outline.error(token, f"{name} is a size: it is the same at every step")
        if lag is not None:
            raise self._no_past(token, f"{name} is not known here")
        return self._enter(token, "param")

    def _check_past(self, token: Token, quantity: Quantity) -> None:
        if quantity.role != "state":
            role = _ROLES[quantity.role]
            held = f"hold it in a state, as in `state {token}_held: …` and `{token}_held = {token}`"
            more = "" if role == "computed" else held
            raise self._no_past(token, f"{token} is {role}{' here' if role == 'computed' else ''}", more)

    def _no_past(self, token: Token, what: str, more: str = "") -> LanguageError:
        states = [item.name for item in self.outline.of_kind("state")]
        known = f"states: {', '.join(states)}" if states else "there is no state"
        return self.outline.error(
            token, f"{what}; only a state has an earlier step ({known})", did_you_mean(str(token), states) or more
        )

    def _check_present(self, token: Token, quantity: Quantity) -> None:
        name = quantity.name
        if quantity.role not in ("state", "equation") or name in self.computed:
            return
        where = f"line {quantity.token.line} computes it" if quantity.role == "equation" else self._where_updated(name)
        if quantity.role == "state":
            raise self.outline.error(
                token, f"{name} is not computed yet; write {name}[t-1] for the previous one", where
            )
        if name == self.target:
            raise self.outline.error(token, f"{name} is computed from itself; only a state has an earlier step")
        raise self.outline.error(token, f"{name} is not computed yet", f"{where}; move that line above this one")

    def _where_updated(self, name: str) -> str:
        line = next((token.line for token, _ in self.outline.equations if token == name), None)
        return f"line {line} computes it" if line else ""
